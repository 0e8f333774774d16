"What a run writes down, and when it stops because a number is not finite or too much was skipped."
import json, math
from types import SimpleNamespace

import pytest, torch

import clippy.train as T
from clippy.data import Report
from clippy.history import History
from small import scenes, spoilt_shards

pytestmark = pytest.mark.usefixtures('short_runs')

@pytest.fixture(scope='module')
def shards(tmp_path_factory): return spoilt_shards(tmp_path_factory.mktemp('shards'))

@pytest.mark.parametrize('spoil', ['loss','gradient'])
def test_what_is_not_finite_stops(spoil, tmp_path, monkeypatch):
    "At the next entry of the log; nothing is saved, and the samples are named."
    step,calls = T.train_step,iter(range(99))
    def nan(*args):
        loss,norm = step(*args)
        if next(calls)!=5: return loss,norm
        return (loss*math.nan,norm) if spoil=='loss' else (loss,norm*math.inf)
    monkeypatch.setattr(T, 'train_step', nan)
    with pytest.raises(ValueError, match='At step 6 the'):
        T.train(**scenes, logs=str(tmp_path), name='run', save_every=4)
    assert [p.name for p in (tmp_path/'run'/'checkpoints').iterdir()]==['step_4']
    found = json.loads((tmp_path/'run'/'not_finite.json').read_text())
    assert found['step']==6 and found['samples']==[f'scene {i}' for i in range(5*4, 6*4)]

def test_too_much_is_skipped(shards, tmp_path):
    "A run stops when more samples are skipped than `--max-skipped` allows."
    with pytest.raises(ValueError, match=r'5.0% of the samples were skipped.*max-skipped'):
        T.train(train_data=str(shards/'spoilt'), model='clippy-scenes', batch_size=10, epochs=1, workers=0, cpu=True,
            logs=str(tmp_path), max_skipped=.02)

def test_learning_rate(tmp_path, monkeypatch):
    "Step k of n has the rate of the schedule at k: linear for the warm-up, then half a cosine."
    step = T.train_step
    rates = []
    def watched(acc, model, opt, images, texts, lr, *more):
        rates.append(lr)
        return step(acc, model, opt, images, texts, lr, *more)
    monkeypatch.setattr(T, 'train_step', watched)
    run = T.train(**scenes|dict(warmup=4, lr=.01, save_every=0), logs=str(tmp_path))
    want = [.0025, .005, .0075, .01, *(.005*(1+math.cos(math.pi*k/6)) for k in range(6))]
    assert rates==pytest.approx(want, rel=1e-12)
    logged = [want[i] for i in (3,5,7,9)] # at steps 4, 6 (an epoch ends), 8 and 10
    assert [entry['lr'] for entry in run.history.curve]==pytest.approx(logged, rel=1e-12)

def test_logit_scale_stays_in_range(tmp_path, monkeypatch):
    "A run that starts at 9, which is a scale of 8103, is at 100 after its first step."
    create = T.create_model
    def hot(*args, **kwargs):
        model = create(*args, **kwargs)
        model.logit_scale.data.fill_(9.)
        return model
    monkeypatch.setattr(T, 'create_model', hot)
    run = T.train(**scenes|dict(steps=2, log_every=1, save_every=0), logs=str(tmp_path))
    assert [entry['logit_scale'] for entry in run.history.curve]==pytest.approx([100,100], rel=1e-2)
    assert run.unwrapped.logit_scale.item()<=math.log(100)+1e-6

def test_gradients_that_overflowed(tmp_path):
    "In fp16 the scaler skips a step whose gradients overflowed: an entry has the loss, and no norm that is none."
    acc = SimpleNamespace(scaler=True, is_main_process=True, device='cpu',
        reduce=lambda rows, how: rows, log=lambda *args, **kwargs: None)
    model = SimpleNamespace(image=torch.nn.Linear(2,2), proj=torch.nn.Identity(), text=torch.nn.Linear(2,2),
        logit_scale=torch.tensor(2.))
    for p in model.image.parameters(): p.grad = torch.full_like(p, math.nan)
    history = History(acc, tmp_path)
    history.add_step(torch.tensor(3.), torch.tensor(math.inf), ['a'])
    history.log(model, 1e-3, 8, 1., 0)
    assert history.curve[0]['loss']==3. and not any(k.startswith('grad') for k in history.curve[0])
    history.end_epoch(history.count_samples(Report(seen=8), 1.))
    history.write_metrics({})
    assert json.loads((tmp_path/'metrics.json').read_text())['curve'][0]['loss']==3.
