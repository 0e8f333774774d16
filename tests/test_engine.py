"What the training engine promises: exact resume, nothing lost, nothing hidden, on one process and on two."
import json, math, os, shutil, signal, subprocess, sys, time
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from types import SimpleNamespace

import psutil, pytest, torch, webdataset as wds
from accelerate.state import AcceleratorState
from PIL import Image
from safetensors.torch import load_file

import clippy.train as T
from clippy.pack import pack
from clippy.scenes import write_folder
from test_train import alone, call, env, losses, torchrun

scenes = dict(train_num_samples=96, batch_size=16, steps=10, workers=0, log_every=4, cpu=True)

@pytest.fixture(autouse=True)
def bare(monkeypatch): # measuring and drawing are tested elsewhere
    monkeypatch.setattr(T, 'evaluations', lambda o: [])
    monkeypatch.setattr(T.Run, 'finish', lambda run: None)

@pytest.fixture(scope='module')
def shards(tmp_path_factory):
    "60 scenes in three shards; three of them cannot be used."
    d = tmp_path_factory.mktemp('shards')
    write_folder(d/'scenes', 60, progress=False)
    pack(d/'scenes', d/'scenes'/'captions.csv', d/'whole', shard_size=20)
    (d/'spoilt').mkdir()
    spoil = {3:dict(png=b'no picture'), 25:dict(txt=b'', json=b'{"captions": [""]}'), 47:dict(txt=b'\xff\xfe', json=b'{')}
    n = 0
    for shard in sorted((d/'whole').glob('*.tar')):
        with wds.TarWriter(str(d/'spoilt'/shard.name)) as w:
            for s in wds.WebDataset(str(shard), shardshuffle=False, empty_check=False):
                w.write({k:v for k,v in {**s, **spoil.get(n, {})}.items() if k=='__key__' or k[0]!='_'})
                n += 1
    return d

def weights(run): return run.bare.state_dict()
def same(a, b): return all(torch.equal(x, y) for x,y in zip(weights(a).values(), weights(b).values(), strict=True))
def entries(run): return [{k:v for k,v in r.items() if k not in ('images_per_s','data_wait')} for r in run.history]

def cut_at(monkeypatch, at, **options):
    "Run, dying before the given steps, one after the other; then to the end."
    step = T.train_step
    for k in at:
        calls = iter(range(10**6))
        def dies(*args):
            if next(calls)==k: raise RuntimeError('power failure')
            return step(*args)
        with monkeypatch.context() as m, pytest.raises(RuntimeError):
            m.setattr(T, 'train_step', dies)
            T.train(**options, resume='auto')
    return T.train(**options, resume='auto')

@pytest.mark.parametrize('more', [{}, dict(ema=.9), dict(opt='lamb', layer_decay=.8), dict(loss='siglip', accum_freq=2, batch_size=8)], ids=str)
def test_two_stops_in_one_epoch(more, tmp_path, monkeypatch):
    "Same batches, losses, weights, moments and averages to the bit; and the same log."
    opts = scenes | dict(logs=str(tmp_path)) | more
    whole = T.train(**opts, name='whole')
    again = cut_at(monkeypatch, (3,2), **opts, name='cut', save_every=1)
    assert same(whole, again) and entries(whole)==entries(again)
    a,b = (run.opt.state_dict()['state'] for run in (whole,again))
    assert a.keys()==b.keys() and all(torch.equal(torch.as_tensor(v), torch.as_tensor(b[i][k])) for i,s in a.items() for k,v in s.items())
    if whole.ema: assert all(torch.equal(x, y) for x,y in zip(whole.ema.module.state_dict().values(), again.ema.module.state_dict().values(), strict=True))

@pytest.mark.parametrize('workers', [0,2])
def test_two_stops_on_shards(workers, shards, tmp_path, monkeypatch):
    "Captions, crops, replaced samples and the ledger included."
    opts = dict(train_data=str(shards/'spoilt'), model='clippy-scenes', batch_size=10, epochs=2, workers=workers, warmup=2, log_every=2, cpu=True, logs=str(tmp_path))
    whole = T.train(**opts, name='whole')
    again = cut_at(monkeypatch, (3,1), **opts, name='cut', save_every=1)
    assert same(whole, again)
    epochs = [r['data'] for r in whole.history if 'data' in r]
    assert epochs==[r['data'] for r in again.history if 'data' in r]
    assert [e['skipped'] for e in epochs]==[3,3] and epochs[0]['seen']==60
    rows = (tmp_path/'cut'/'skipped_epoch_1.csv').read_text().splitlines()
    assert len(rows)==4 and (tmp_path/'whole'/'skipped_epoch_1.csv').read_text().splitlines()==rows

def test_parts_give_the_large_batch(tmp_path):
    opts = dict(scenes, logs=str(tmp_path), token_drop=0)
    large,parts = T.train(**opts),T.train(**opts | dict(batch_size=4, accum_freq=4))
    for k,v in weights(large).items(): torch.testing.assert_close(weights(parts)[k], v, rtol=1e-3, atol=1e-4)
    assert [r['loss'] for r in large.history if 'loss' in r]==pytest.approx([r['loss'] for r in parts.history if 'loss' in r], abs=1e-4)

def test_other_options_are_refused(tmp_path):
    opts = dict(scenes, steps=2, logs=str(tmp_path), name='run')
    T.train(**opts)
    for k,v in dict(loss='chunked', opt='lamb', accum_freq=2, ema=.9, seed=1, pooling='avg').items():
        with pytest.raises(ValueError, match='resume with the same options'): T.train(**opts | {k:v}, resume='auto')
    AcceleratorState._reset_state(reset_partial_state=True) # one process has one precision
    with pytest.raises(ValueError, match='precision=no, this run has bf16'): T.train(**opts, precision='bf16', resume='auto')
    AcceleratorState._reset_state(reset_partial_state=True)
    with pytest.raises(ValueError, match='no checkpoint in'): T.train(**opts, resume=str(tmp_path/'nothing'))
    at = tmp_path/'run'/'checkpoints'/'step_2'
    with open(at/'optimizer.safetensors', 'r+b') as f: f.truncate(1000)
    with pytest.raises(ValueError, match='optimizer.safetensors has 1000 bytes'): T.train(**opts, resume=str(at))

def test_other_shards_are_refused(shards, tmp_path):
    "Shards that were swapped, cut, or spoilt in the middle of a file: a sentence, before the model is touched; the same shards elsewhere in time go on."
    data = Path(shutil.copytree(shards/'whole', tmp_path/'data'))
    opts = dict(train_data=str(data), model='clippy-scenes', batch_size=10, steps=2, workers=0, warmup=1, cpu=True, logs=str(tmp_path/'logs'), name='run')
    T.train(**opts)
    first = data/'00000.tar'
    kept,at = first.read_bytes(),first.stat().st_size//2
    def refused():
        with pytest.raises(ValueError, match=r'was trained on other data than is in .*data now: bring the old data back'): T.train(**opts, resume='auto')
    first.write_bytes(kept[:at]+bytes([kept[at]^1])+kept[at+1:])
    refused()
    shutil.copy(data/'00001.tar', first)
    refused()
    first.unlink()
    refused()
    for o in data.glob('*.json'): o.unlink() # what says how they were packed is not the data
    shutil.copytree(shards/'spoilt', data, dirs_exist_ok=True)
    refused()
    for o in (shards/'whole').glob('*.tar'): shutil.copyfile(o, data/o.name)
    assert T.train(**opts, resume='auto').step==2

def test_checkpoint_of_somebody_else(tmp_path):
    "A checkpoint of another run, of another shape, or with parts exchanged, ends in a sentence; no run goes on from a part of it."
    opts = scenes | dict(logs=str(tmp_path), steps=2)
    T.train(**opts, name='mine')
    T.train(**opts, name='avg', pooling='avg')
    def refused(where, words, **kw):
        with pytest.raises(ValueError, match=words): T.train(**opts|kw, name='mine', resume=str(where))
    refused(tmp_path/'avg', 'made with pooling=avg, this run has max')
    refused(tmp_path/'mine', 'made with batch_size=16, this run has 8', batch_size=8)
    last = sorted((tmp_path/'mine'/'checkpoints').glob('step_*'))[-1]
    for name,change,words in (
        ('notes', lambda a: {**a, 'fixed':None}, 'no checkpoint of a run'),
        ('state', lambda a: {k:v for k,v in a.items() if k!='rng'}, 'does not hold what this run needs'),
        ('moments', lambda a: {**a, 'optimizer':[['group',0,'lr','fast']]}, 'does not hold what this run needs'),
        ('ledger', lambda a: {**a, 'since':[['a','b']]}, 'does not hold what this run needs')):
        folder = tmp_path/name/'checkpoints'/last.name
        files,about = T.read_checkpoint(last)
        T.write_checkpoint(folder, files, change(about))
        refused(tmp_path/name, words)
    files,about = T.read_checkpoint(last)
    smaller = {k:v[:1] if v.ndim else v for k,v in files['model'].items()}
    T.write_checkpoint(tmp_path/'shapes'/'checkpoints'/last.name, {**files, 'model':smaller}, about)
    refused(tmp_path/'shapes', 'does not hold what this run needs')

@pytest.mark.parametrize('cache,said', [('/home/me/.cache/inductor', 'remove the folder /home/me/.cache/inductor'), (T.own_cache+'x', None)])
def test_damaged_cache_of_compiled_code(cache, said, monkeypatch):
    "What inductor trips over is a sentence: it names the folder to remove, unless that is the run's own and goes by itself."
    from torch._inductor.exc import InductorError
    monkeypatch.setenv('TORCHINDUCTOR_CACHE_DIR', cache)
    broken = InductorError(ImportError('/x/y.so: file too short'), None) if InductorError.__init__ is not Exception.__init__ else InductorError('file too short')
    with pytest.raises(ValueError, match=r'torch.compile failed .*file too short.*Without --compile') as e, T.compiled_step(True): raise broken
    assert (said in str(e.value)) if said else 'remove the folder' not in str(e.value)
    with pytest.raises(ImportError), T.compiled_step(True): raise ImportError('not of a compiler') # passed on as it is

@pytest.mark.parametrize('text', ['very long '*10_000, 'x'*100_000, 'é, '*33_333], ids=['words','one word','signs'])
def test_a_long_caption_costs_little(text, tmp_path):
    "A caption of 100,000 characters, and one that is no text: trained on in seconds, counted, and embedded as a class name."
    (tmp_path/'d').mkdir()
    Image.radial_gradient('L').convert('RGB').save(tmp_path/'d/x.jpg')
    with wds.TarWriter(str(tmp_path/'d/00000.tar')) as w:
        for i in range(8): w.write({'__key__':str(i), 'jpg':(tmp_path/'d/x.jpg').read_bytes(), 'json':dict(captions=['a cat \ud83d' if i==3 else text])})
    began = time.process_time()
    run = T.train(train_data=str(tmp_path/'d'), model='clippy-scenes', batch_size=4, steps=2, workers=0, warmup=1, cpu=True, logs=str(tmp_path), max_skipped=.5)
    assert run.history[-1]['data']['reasons']=={'caption is not UTF-8':1} and time.process_time()-began<20
    began = time.process_time()
    vectors = run.bare.eval().encode_text([text]*20+['a cat'])
    assert vectors.isfinite().all() and time.process_time()-began<2
    assert torch.equal(run.bare.tokenize([text])['input_ids'], run.bare.tokenize([text[:20_000]])['input_ids'])

@pytest.mark.parametrize('spoil', ['loss','gradient'])
def test_what_is_no_number_stops(spoil, tmp_path, monkeypatch):
    "At the next entry of the log; nothing is saved, and the samples are named."
    step,calls = T.train_step,iter(range(99))
    def nan(*args):
        loss,norm = step(*args)
        if next(calls)!=5: return loss,norm
        return (loss*math.nan,norm) if spoil=='loss' else (loss,norm*math.inf)
    monkeypatch.setattr(T, 'train_step', nan)
    with pytest.raises(ValueError, match='At step 6 the'): T.train(**scenes, logs=str(tmp_path), name='run', save_every=4)
    assert [p.name for p in (tmp_path/'run'/'checkpoints').iterdir()]==['step_4']
    found = json.loads((tmp_path/'run'/'not_finite.json').read_text())
    assert found['step']==6 and found['samples']==[f'scene {i}' for i in range(5*16, 6*16)]

def test_too_much_is_skipped(shards, tmp_path):
    with pytest.raises(ValueError, match=r'5.0% of the samples were skipped.*max-skipped'):
        T.train(train_data=str(shards/'spoilt'), model='clippy-scenes', batch_size=10, epochs=1, workers=0, cpu=True, logs=str(tmp_path), max_skipped=.02)

@pytest.mark.parametrize('kind', ['FSDP','DEEPSPEED'])
def test_accelerates_own_spreading_is_refused(kind, tmp_path, monkeypatch):
    monkeypatch.setenv(f'ACCELERATE_USE_{kind}', 'true')
    with pytest.raises(ValueError, match=f'configured for {kind}.*give --fsdp'): T.train(**scenes, logs=str(tmp_path))

def test_rehearsal_writes_nothing(tmp_path, capsys):
    T.train(**scenes, logs=str(tmp_path), dry_run=True, accum_freq=2)
    said = capsys.readouterr().out
    assert not any(tmp_path.iterdir()) and '32 of 64 patch tokens' in said and 'in 2 parts' in said and 'GB in this process' in said and 'checkpoint takes' in said

def test_keep(tmp_path):
    T.train(**scenes, logs=str(tmp_path), name='all', save_every=3, keep=0)
    assert sorted(p.name for p in (tmp_path/'all'/'checkpoints').iterdir())==['step_10','step_3','step_6','step_9']

def test_learning_rate(tmp_path, monkeypatch):
    "Step k of n has the rate of the schedule at k: linear for the warm-up, then half a cosine, which the last step does not quite reach the end of."
    step,rates = T.train_step,[]
    monkeypatch.setattr(T, 'train_step', lambda acc, model, opt, images, texts, lr, *more: (rates.append(lr), step(acc, model, opt, images, texts, lr, *more))[1])
    run = T.train(**scenes|dict(warmup=4, lr=.01, save_every=0), logs=str(tmp_path))
    want = [.0025, .005, .0075, .01, *(.005*(1+math.cos(math.pi*k/6)) for k in range(6))]
    assert rates==pytest.approx(want, rel=1e-12)
    assert [r['lr'] for r in run.history if 'lr' in r]==pytest.approx([want[i] for i in (3,5,7,9)], rel=1e-12) # at steps 4, 6 (an epoch ends), 8 and 10

@pytest.mark.parametrize('ends', ['well','badly'])
def test_signal_handlers_are_given_back(ends, tmp_path, monkeypatch):
    def mine(*args): pass
    before = {k:signal.signal(k, mine) for k in (signal.SIGTERM, signal.SIGINT)}
    step,seen = T.train_step,[]
    def watched(*args):
        seen.append(signal.getsignal(signal.SIGTERM))
        if ends=='badly': raise RuntimeError('power failure')
        return step(*args)
    monkeypatch.setattr(T, 'train_step', watched)
    try:
        with pytest.raises(RuntimeError) if ends=='badly' else nullcontext(): T.train(**scenes|dict(steps=1), logs=str(tmp_path))
        assert seen and mine not in seen and [signal.getsignal(k) for k in before]==[mine, mine]
    finally:
        for k,v in before.items(): signal.signal(k, v)

def test_logit_scale_stays_in_range(tmp_path, monkeypatch):
    "A run that starts at 9, which is a scale of 8103, is at 100 after its first step."
    create = T.create_model
    def hot(*args, **kwargs):
        model = create(*args, **kwargs)
        model.logit_scale.data.fill_(9.)
        return model
    monkeypatch.setattr(T, 'create_model', hot)
    run = T.train(**scenes|dict(steps=2, log_every=1, save_every=0), logs=str(tmp_path))
    assert [r['logit_scale'] for r in run.history if 'loss' in r]==pytest.approx([100,100], rel=1e-2)
    assert run.bare.logit_scale.item()<=math.log(100)+1e-6

def test_scalars_of_a_spread_model(monkeypatch):
    "What is not spread, the logit scale, gets the mean of the processes' gradients, as the rest does; the norm is of all together."
    model = torch.nn.Module()
    model.matrix,model.scale = torch.nn.Parameter(torch.zeros(2,2)),torch.nn.Parameter(torch.tensor(1.))
    model.matrix.grad,model.scale.grad = torch.full((2,2), 3.),torch.tensor(2.)
    acc = SimpleNamespace(num_processes=2, unscale_gradients=lambda: None)
    monkeypatch.setattr(T, 'sharded', lambda model: True)
    monkeypatch.setattr(T.dist, 'all_reduce', lambda grad: grad.add_(14.)) # the other process has 14
    total = T.clip_gradients(acc, model, 100.)
    assert model.scale.grad.item()==8. and model.matrix.grad.eq(3).all() # (2 + 14)/2
    assert total.item()==pytest.approx(math.sqrt(4*9+64))
    model.scale.grad = torch.tensor(2.)
    T.clip_gradients(acc, model, 1.)
    assert torch.stack([model.scale.grad.square(), model.matrix.grad.square().sum()]).sum().item()==pytest.approx(1, rel=1e-4)
    assert model.scale.grad.item()==pytest.approx(.8, rel=1e-4)

# Signals ------------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('command,sig,code,workers', [(alone, signal.SIGTERM, 143, 0), (alone, signal.SIGTERM, 143, 1), (alone, signal.SIGINT, 130, 1), (torchrun, signal.SIGTERM, None, 1)],
    ids=['TERM','TERM group','INT group','TERM group of two'])
def test_signal(command, sig, code, workers, tmp_path):
    "The step is finished and saved; the run goes on from there. With workers: the signal goes to the whole group, as from a terminal or a scheduler."
    args = ['--batch-size','8','--train-num-samples','100000','--steps','6000','--workers',str(workers),'--log-every','1','--logs',str(tmp_path),'--name','run','--save-every','3']
    run = subprocess.Popen([*command, *args, *(['--cpu'] if command is alone else [])], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
    folder = tmp_path/'run'/'checkpoints'
    while not list(folder.glob('step_*')):
        assert run.poll() is None, run.stdout.read()
        time.sleep(.05)
    os.killpg(run.pid, sig) if workers else run.send_signal(sig)
    said = run.communicate(timeout=120)[0]
    assert run.returncode==code if code else run.returncode, said
    assert 'and saved' in said and 'Traceback' not in said.split('torch/distributed')[0], said
    step = int(said.split('after step ')[1].split()[0])
    assert (folder/f'step_{step}'/'whole.json').exists()
    with pytest.raises(ProcessLookupError): os.killpg(run.pid, 0) # no worker is left

compiled_run = """
import sys
import clippy.train as T
from clippy.cli import cli
T.layers = lambda model: [model.image.norm]
T.captions_for_tokenizer = lambda o: ['a boat and a tree']
step,pools = T.train_step,[]
def with_pool(*args):
    from torch._inductor.async_compile import AsyncCompile
    if not pools:
        pools.append(AsyncCompile.process_pool())
        pools[0].submit(len, []).result()
    return step(*args)
T.train_step = with_pool
sys.exit(cli(['train', '--compile', *sys.argv[1:]]))
"""

@pytest.fixture(scope='module')
def compiled(tmp_path_factory):
    "The command with --compile, of one small layer; with inductor's pool of processes, as a GPU has it."
    d = tmp_path_factory.mktemp('compiled')
    (d/'run.py').write_text(compiled_run)
    return d

def alive(p):
    try: return p.status()!=psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess: return False

@pytest.mark.parametrize('command,when', [(alone,'compiling'), (torchrun,'saved')], ids=['while it compiles','two processes'])
def test_signal_when_compiled(command, when, compiled, tmp_path):
    "A signal to the whole group, and again, ends loader, compilers and run within 5 s of the save, and the step that is being compiled is saved too."
    start = [*(command[:-3] if command is torchrun else command[:-2]), *(['--'] if command is torchrun else []), compiled/'run.py']
    args = ['--batch-size',8,'--train-num-samples',100000,'--steps',6000,'--workers',1,'--log-every',1,'--logs',tmp_path,'--name','run','--save-every',3]
    own = dict(TORCHINDUCTOR_COMPILE_THREADS='2', TMPDIR=str(tmp_path))
    run = subprocess.Popen([*map(str, start+args), *(['--cpu'] if command is alone else [])], env=env|own, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, start_new_session=True)
    begun = lambda: any(p.name()=='cc1plus' for p in family()) if when=='compiling' else list((tmp_path/'run'/'checkpoints').glob('step_*'))
    family = lambda: [p for p in psutil.Process(run.pid).children(recursive=True) if alive(p)]
    while not begun():
        assert run.poll() is None, run.stdout.read()
        time.sleep(.02)
    mine = family()
    assert any('compile_worker' in o for p in mine for o in p.cmdline())
    for _ in range(2): os.killpg(run.pid, signal.SIGTERM); time.sleep(.1)
    said = run.communicate(timeout=120)[0]
    assert run.returncode==(143 if command is alone else 1), said
    step = int(said.split('SIGTERM after step ')[1].split()[0])
    saved = (tmp_path/'run'/'checkpoints'/f'step_{step}'/'whole.json').stat().st_mtime
    while any(map(alive, mine)): assert time.time()-saved<5, [p.cmdline() for p in mine if alive(p)]
    assert time.time()-saved<5 and step>=(1 if when=='compiling' else 3)
    assert not [p.name for p in tmp_path.glob('clippy-compiled-*')]

def test_compilers_that_have_ended_already(monkeypatch):
    "A child that is dead, and that nobody has waited for, does not end the closing of the compilers in a traceback."
    stopped = []
    pool = SimpleNamespace(shutdown_compile_workers=lambda: stopped.append(True))
    monkeypatch.setitem(sys.modules, 'torch._inductor.async_compile', pool)
    child = subprocess.Popen(['true'])
    while psutil.Process(child.pid).status()!=psutil.STATUS_ZOMBIE: time.sleep(.01)
    T.end_compilers()
    assert stopped==[True] and T.words_of(psutil.Process(child.pid))==''
    child.wait()

@pytest.mark.parametrize('command,after', [('clippy train', signal.SIG_IGN), ('called from Python', signal.SIG_DFL)])
def test_second_signal_while_stopping_goes_wrong(command, after, monkeypatch):
    "A command that was told to stop and then fails lets nobody cut its last words short; called from Python, the handlers come back."
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    monkeypatch.setattr(T, 'command', lambda: command)
    run = SimpleNamespace(signal=0, told=0., leaving=False)
    run.heard = lambda number: T.Run.heard(run, number)
    try:
        with pytest.raises(OSError), T.Run.catch_signals(run):
            signal.raise_signal(signal.SIGTERM)
            raise OSError('the disk is full')
        assert run.signal==signal.SIGTERM and signal.getsignal(signal.SIGTERM)==after
    finally: signal.signal(signal.SIGTERM, before)

# Two processes --------------------------------------------------------------------------------------------------------------

def test_two_processes_on_shards(shards, tmp_path):
    "The same batches on one process without workers and on two with one each; skipped samples are counted together."
    args = ['--train-data',str(shards/'spoilt'),'--model','clippy-scenes','--epochs','1','--warmup','2','--log-every','1','--token-drop','0','--logs',str(tmp_path),'--zeroshot-frequency','0']
    for command,name,size,workers in ((alone,'one','20','0'), (torchrun,'two','10','1')):
        done = call(command, *args, '--name',name,'--batch-size',size,'--workers',workers)
    one,two = (json.loads((tmp_path/n/'metrics.json').read_text()) for n in ('one','two'))
    assert losses(tmp_path/'one')==pytest.approx(losses(tmp_path/'two'), abs=2e-3)
    assert one['epochs'][0]['data']==two['epochs'][0]['data'] and two['epochs'][0]['data']['skipped']==3
    assert 'DDP' in done.stdout and 'the batches are a function of seed and epoch' in done.stdout

def test_spread_model(tmp_path):
    "FSDP2 on gloo: the losses of one process, gradients of the towers too; a run that was stopped goes on to the bit."
    args = ['--train-num-samples','96','--workers','0','--log-every','1','--token-drop','0','--logs',str(tmp_path),'--zeroshot-frequency','0','--epochs','1']
    def go(command, name, size, *more):
        done = call(command, *args, '--name',name,'--batch-size',size, *more)
        return json.loads((tmp_path/name/'metrics.json').read_text()),done.stdout
    one,_ = go(alone, 'one', '16')
    spread,said = go(torchrun, 'spread', '8', '--fsdp', '--save-every', '4')
    assert 'FSDP2' in said
    for k,tolerance in dict(loss=2e-3, grad_image=2e-2, grad_text=2e-2, logit_scale=1e-3).items():
        assert [r[k] for r in spread['curve']]==pytest.approx([r[k] for r in one['curve']], rel=tolerance), k
    assert spread['results'][0]['task']=='scenes' # evaluated whole
    for p in (tmp_path/'spread'/'checkpoints').iterdir():
        if p.name!='step_4': shutil.rmtree(p)
    before = {p.name:load_file(p) for p in (tmp_path/'spread'/'model').glob('*.safetensors')}
    shutil.rmtree(tmp_path/'spread'/'model')
    again,_ = go(torchrun, 'spread', '8', '--fsdp', '--save-every', '4', '--resume', 'auto')
    assert [r['loss'] for r in again['curve']]==[r['loss'] for r in spread['curve']]
    after = {p.name:load_file(p) for p in (tmp_path/'spread'/'model').glob('*.safetensors')}
    assert all(torch.equal(v, after[f][k]) for f,ts in before.items() for k,v in ts.items())

@pytest.mark.parametrize('name,processes', [('one_gpu',1), ('eight_gpus',8), ('nodes',32)])
def test_configurations(name, processes):
    "Accelerate reads what is committed."
    from accelerate.commands.config.config_args import load_config_from_file
    c = load_config_from_file(str(Path(__file__).parent.parent/'configs'/'accelerate'/f'{name}.yaml'))
    assert (c.num_processes, c.mixed_precision)==(processes, 'bf16')
