"""What only a GPU can show: compiled towers, bits, signals, and a host that never waits.

`test_cuda.py` runs this where there is a card, without what hides cards from all other tests:
`PYTHONPATH=tests python -m pytest --noconftest tests/card_towers.py`"""
import os, signal, subprocess, sys, time
from types import SimpleNamespace

import psutil, pytest, torch
from accelerate import Accelerator

import clippy.train as T
from clippy.batches import make_tokenize
from clippy.compile import normalizer, training_towers
from clippy.model import create_model
from clippy.optimizer import optimizer_for
from clippy.scenes import captions
from clippy.step import train_step
from small import cut_before, same

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason='no CUDA device')

@pytest.fixture(autouse=True)
def short_runs(monkeypatch):
    "Runs measure nothing and save no model at the end."
    monkeypatch.setattr(T, 'evaluations_for', lambda options: [])
    monkeypatch.setattr(T.Run, 'finish', lambda run: None)

scenes = dict(train_num_samples=256, batch_size=32, steps=12, workers=2, log_every=4, precision='bf16', warmup=1)

def setting(**more):
    "Model, optimizer, images and tokens as a run has them."
    options = SimpleNamespace(**T.main_options()|dict(cpu=False, compile=False, accum_freq=1)|more)
    acc = Accelerator(mixed_precision='bf16')
    model = create_model('clippy-scenes', captions=captions(200), token_drop=0.).train()
    model,opt = acc.prepare(model, optimizer_for(model, 1e-3, .9, .98, 1e-6, .1))
    images = torch.randint(0, 256, (32,3,64,64), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    return options,acc,model,opt,images.pin_memory(),make_tokenize(options, model)(captions(32))

def pinned(tokens): return torch.utils.data._utils.pin_memory.pin_memory(tokens)

@pytest.mark.parametrize('compiled', [False,True], ids=['eager','compiled'])
def test_no_step_waits(compiled):
    "CUDA itself says when the host waits for it."
    options,acc,model,opt,images,tokens = setting(compile=compiled)
    normalize,tokens = normalizer(model, options),pinned(tokens)
    def step(): return train_step(acc, model, opt, normalize(images.to('cuda', non_blocking=True)), tokens, 1e-3, 1.)
    with training_towers(model, options):
        for _ in range(3): step()
        torch.cuda.set_sync_debug_mode('error')
        try: found = [step() for _ in range(4)]
        finally: torch.cuda.set_sync_debug_mode('default')
    assert all(loss.isfinite() for loss,_ in found)

def test_compiled_towers_in_bf16():
    "Vectors of compiled towers, texts in groups, are those of the plain model in float32, to bf16's rounding."
    options,acc,model,opt,images,tokens = setting(compile=True)
    assert len(tokens[0]['groups'])==4
    mean,std = (torch.tensor(v, device='cuda').view(3,1,1) for v in (model.config.mean, model.config.std))
    with torch.no_grad():
        want = model.encode_image((images.cuda()/255-mean)/std),model.encode_text(captions(32))
    with training_towers(model, options), torch.no_grad():
        image,text,_ = model(normalizer(model, options)(images.cuda()), tokens[0])
    for found,plain in zip((image,text), want): assert (found.float()*plain.float()).sum(-1).min()>.995

def test_a_gradient_that_is_not_finite():
    "The fused optimizer leaves the step out."
    options,acc,model,opt,images,tokens = setting()
    bad = lambda *vectors: vectors[0].sum()*float('nan')
    before = {k:v.clone() for k,v in model.state_dict().items()}
    train_step(acc, model, opt, normalizer(model, options)(images.cuda()), tokens, 1e-3, 1., bad)
    assert all(torch.equal(before[k], v) for k,v in model.state_dict().items())

def test_resumed_run_has_the_same_bits(tmp_path, monkeypatch):
    "Compiled by default, in bf16; evaluation mode in between; the second run takes what the first one compiled."
    monkeypatch.setenv('CLIPPY_CACHE', str(tmp_path/'cache'))
    options = scenes | dict(logs=str(tmp_path))
    whole = T.train([], **options, name='whole')
    assert whole.options.compile and list((tmp_path/'cache'/'compiled').glob('*.bin'))
    cut_before(monkeypatch, 5, [], **options, name='cut', save_every=3)
    torch.compiler.reset()
    torch._dynamo.utils.counters.clear()
    again = T.train([], **options, name='cut', resume='auto')
    assert torch._dynamo.utils.counters['inductor']['fxgraph_cache_hit']>0
    assert same(whole, again)

def test_a_signal_ends_a_compiled_run(tmp_path):
    "Within 5 s of its save, with all that it started."
    words = ['--train-num-samples','100000','--batch-size','32','--steps','20000','--workers','2','--save-every','20',
        '--log-every','1000','--eval','scenes','--logs',str(tmp_path),'--name','run']
    with open(tmp_path/'said', 'w') as said:
        run = subprocess.Popen([sys.executable,'-m','clippy.train',*words], stdout=said, stderr=said, process_group=0)
    said = (tmp_path/'said').read_text
    try:
        while not list((tmp_path/'run'/'checkpoints').glob('step_*/whole.json')):
            assert run.poll() is None, said()
            time.sleep(.1)
        family = psutil.Process(run.pid).children(recursive=True)
        os.killpg(run.pid, signal.SIGTERM)
        assert run.wait(30)==143, said()
        step = int(said().split('SIGTERM after step ')[1].split()[0])
        saved = (tmp_path/'run'/'checkpoints'/f'step_{step}'/'whole.json').stat().st_mtime
        assert time.time()-saved<5.5
        gone,alive = psutil.wait_procs(family, 2)
        assert not alive, alive
    finally:
        if run.poll() is None: os.killpg(run.pid, signal.SIGKILL)
