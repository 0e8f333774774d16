"`clippy.balance`: which side a run waits for, by what the workers and the device say, in the log and before a run."
import math, re, time

import pytest, torch

import clippy.batches
import clippy.train as T
from clippy.balance import Balance, StepClock, balance_text, data_speed, step_seconds
from clippy.batches import SceneLoader
from clippy.epochs import Took
from processes import begin_ranks, end, train_command
from small import scenes

pytestmark = pytest.mark.usefixtures('short_runs')

def took(ms, images=1000, reading=0.): return Took(images, reading*images/1000, ms*images/1000, ms*images/1000)

@pytest.mark.parametrize('delivered,wanted,ms,workers,processes,bound,enough', [
    (1450, 2100, 9.6, 14, 1, True, 22),   # 2100 x 9.6 ms are 20.2 workers, and a twentieth more 21.2
    (2900, 4200, 9.6, 14, 2, True, 22),   # the same on each of two cards
    (300, 2100, 5, 14, 1, False, 12),     # a cold start: 14 workers at 5 ms could deliver 2,800
    (2090, 2100, 9.6, 14, 1, False, 22),  # hardly any wait
    (100, 300, 10, 0, 1, True, 4),        # the training process decodes: 3 workers, and a twentieth more
    (1450, 2100, 0, 14, 1, False, 0),     # workers that say nothing
])
def test_verdict(delivered, wanted, ms, workers, processes, bound, enough):
    "By hand: images/s that the steps could take, times seconds of a worker for an image."
    b = Balance(delivered, wanted, took(ms, images=1000 if ms else 0), workers, processes)
    assert (b.data_bound, b.enough)==(bound, enough)

def test_sentence():
    "The numbers that the issue asks for, and the cores where they are too few."
    b = Balance(1450, 2100, took(9.6), 14)
    told = ('data-bound: 14 workers deliver 1,450 images/s, decoding takes 9.6 ms an image; '
        '22 workers would be enough for 2,100 (--workers 22)')
    assert balance_text(b, cores=32)==told
    assert balance_text(b, cores=16)==f'{told}, but there are 16 cores'
    two = balance_text(Balance(2900, 4200, took(9.6), 14, 2), cores=64)
    assert '2 x 14 workers deliver 2,900' in two and '2 x 22 workers would be enough' in two
    disk = balance_text(Balance(100, 200, Took(100, reading=.9, decoding=.1, seconds=1.), 1), cores=16)
    assert 'decoding takes 1.0 ms an image and reading 9.0 ms' in disk and '1 worker delivers 100' in disk
    fast,level = (balance_text(Balance(n, n, took(9.6), 14), cores=32) for n in (500,1480)) # of 1,458 that are possible
    assert fast.startswith('the step is the limit: it takes 500')
    assert level.startswith('data and step are level: the step takes 1,480')

def test_a_cuda_step_is_timed_by_events(monkeypatch):
    "The device's own clock counts, in ms, read once: nothing waits for the device in between."
    now,waits = iter([10., 35., 100., 125.]),[]
    class Event:
        def __init__(self, enable_timing): assert enable_timing
        def record(self): self.at = next(now)
        def elapsed_time(self, other): return other.at-self.at
        def synchronize(self): waits.append(self.at)
    monkeypatch.setattr(torch.cuda, 'Event', Event)
    clock = StepClock('cuda')
    for _ in range(2):
        clock.start()
        clock.stop()
        clock.stop() # a second time is nothing
    assert not waits
    assert clock.take()==pytest.approx(.05) and waits==[125.]
    assert clock.take()==0

@pytest.fixture
def drawn_in(monkeypatch): # seconds that drawing an image takes
    def sleeps(seconds):
        def draw(self, kind, i):
            time.sleep(seconds)
            return torch.zeros(3,64,64),'a boat',f'{kind} {i}'
        monkeypatch.setattr(clippy.batches._Drawn, 'draw', draw)
    return sleeps

@pytest.mark.parametrize('workers', [0,2])
def test_what_the_loader_delivers(workers, drawn_in):
    "Workers that sleep 20 ms an image deliver 50 a second each, over epochs that are shorter than the measurement."
    drawn_in(.02)
    loader = SceneLoader(None, 4, 24, workers=workers)
    speed,found = data_speed(loader, .6)
    most = 50*max(1,workers)
    assert .4*most<speed<1.25*most # what was read ahead comes at once on a busy machine
    assert found.images%4==0 and .02<=found.each<.05

def test_one_large_batch_is_enough(drawn_in):
    "A batch that takes longer than the measurement is read, and the workers' clocks tell what two would deliver."
    drawn_in(.02)
    speed,found = data_speed(SceneLoader(None, 40, 400, workers=2), .1)
    assert found.images<=80 and speed==pytest.approx(2/found.each, rel=.5)

def test_all_processes_make_the_same_steps():
    "How many steps are timed is what the main process says."
    steps = []
    seconds = step_seconds(lambda: steps.append(time.sleep(.005)), 'cpu', .05, agreed=lambda number: 7)
    assert len(steps)==2+7 and .005<=seconds<.02

@pytest.mark.parametrize('slow', [True,False])
def test_the_log_says_that_data_are_the_limit(slow, tmp_path, capsys, monkeypatch, drawn_in):
    "Once, with the workers' own numbers; not a word where the step takes longer."
    drawn_in(.03 if slow else 0)
    def step(acc, model, *args):
        time.sleep(.02 if slow else .2)
        return torch.tensor(1.),torch.tensor(1.)
    monkeypatch.setattr(T, 'train_step', step)
    monkeypatch.setattr(T.Run, 'save_checkpoint', lambda run: run.count_samples() and {})
    T.train(**scenes|dict(log_every=3, steps=12, workers=1), logs=str(tmp_path))
    said = capsys.readouterr().out
    found = re.findall(r'data-bound: 1 worker delivers (\d+) images/s, decoding takes ([\d.]+) ms an image; '
        r'(\d+) workers? would be enough for (\d+)', said)
    assert len(found)==slow, said
    if not slow: return
    delivered,decoding,enough,wanted = map(float, found[0])
    assert 10<delivered<=35 and 30<decoding<60 and 60<wanted<=200
    assert enough==pytest.approx(math.ceil(1.05*wanted*decoding/1000), abs=1)

def test_rehearsal_weighs_both_sides(tmp_path, capsys, monkeypatch, drawn_in):
    "`--dry-run`: the step on a repeated batch, what the loader delivers alone, and which of them is the limit."
    def one_step(*args):
        time.sleep(.01)
        return torch.tensor(1.),torch.tensor(1.)
    monkeypatch.setattr(T, 'rehearsal', .2)
    drawn_in(.05)
    monkeypatch.setattr(T, 'train_step', one_step)
    T.train(**scenes, logs=str(tmp_path), dry_run=True)
    said = capsys.readouterr().out
    ms,most,data = map(float, re.search(r'the step alone: (\d+) ms on a repeated batch, ([\d,]+) images/s; '
        r'the data alone: (\d+) images/s', said).groups())
    assert 10<=ms<40 and most==pytest.approx(4000/ms, rel=.1) and 10<data<=20
    assert re.search(r'data-bound: the training process delivers \d+ images/s, .*; \d+ workers would be enough', said)

def test_rehearsal_of_two_processes(tmp_path, monkeypatch):
    "Both make the same number of steps, or one would wait for ever; images/s are of both."
    monkeypatch.setattr(T, 'rehearsal', .1)
    words = '--batch-size',4,'--train-num-samples',64,'--workers',1,'--logs',tmp_path/'logs','--dry-run'
    said = end(*begin_ranks(2, tmp_path/'said', work=lambda: train_command(*words)))
    ms,most = map(float, re.search(r'the step alone: (\d+) ms on a repeated batch, (\d+) images/s', said).groups())
    assert most==pytest.approx(8000/ms, rel=.1)
    assert '2 x 1 worker' in said and said.count('would be enough')==1
