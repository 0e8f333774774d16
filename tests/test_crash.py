"A run is killed at every call to the file system that a save makes, and at random times; it ends as if left alone."
import hashlib, json, os, random, shutil, signal, sys, time
from copy import deepcopy
from dataclasses import replace
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

import clippy.checkpoint as C
import clippy.train as T
from clippy.model import create_model, get_config
from processes import Forked

options = dict(steps=5, save_every=1, keep=1, seed=3, batch_size=2, train_num_samples=6, workers=0, log_every=2,
    cpu=True)

def smaller():
    "A model of one layer a tower, which is saved like any other; made once, so that each life begins at once."
    image = dict(img_size=64, patch_size=32, embed_dim=32, depth=1, num_heads=1)
    config = replace(get_config('clippy-scenes'), image_args=image, text_args=dict(width=32, depth=1))
    return create_model(config, captions=['a boat and a tree'], seed=3)

def count_calls(kill_at):
    "From now on the calls to the file system that a save makes are counted, and one of them is the last."
    calls,saving = count(),[]
    def hook(event, args):
        watched = saving and event.split('.')[0] in ('open','os','shutil')
        if watched and next(calls)==kill_at: os.kill(os.getpid(), signal.SIGKILL)
    def while_saving(f):
        def inner(*args):
            saving.append(1)
            try: return f(*args)
            finally: saving.pop()
        return inner
    C.write_checkpoint = while_saving(C.write_checkpoint)
    C.prune = while_saving(C.prune)
    sys.addaudithook(hook)
    return calls

def life(logs, name, model, kill_at=None)->int: # id of the process
    "In a process of its own: train, resuming from whatever is there; die at the given call of a save."
    def work():
        T.torch.set_num_threads(1)
        T.Run.measure = T.Run.finish = lambda run: None # what has no part in saving
        T.captions_for_tokenizer = lambda options: []
        T.create_model = lambda *args, **kwargs: deepcopy(model)
        calls = count_calls(kill_at)
        run = T.train([], **options, logs=str(logs), name=name, resume='auto')
        state = b''.join(v.numpy().tobytes() for v in run.unwrapped.state_dict().values())
        losses = [entry['loss'] for entry in run.history.curve]
        found = dict(weights=hashlib.sha256(state).hexdigest(), losses=losses, calls=next(calls))
        (Path(logs)/f'{name}.json').write_text(json.dumps(found))
    return Forked(work, logs/f'{name}.txt')

def result(logs, name): return json.loads((logs/f'{name}.json').read_text())

@pytest.fixture
def logs():
    "A folder in memory where there is one: what a killed process has written is there as it is on a disk, and sooner."
    with TemporaryDirectory(dir='/dev/shm' if os.access('/dev/shm', os.W_OK) else None) as d: yield Path(d)

@pytest.mark.skipif(not hasattr(os, 'fork'), reason='needs fork')
def test_killed(logs):
    "More than fifty times, and not once is a checkpoint lost or a weight changed."
    model = smaller()
    T.train([], **options, logs=str(logs), name='warm') # each life begins with what this imports late and draws
    steady = life(logs, 'steady', model)
    assert steady.wait()==0, steady.said()
    want = result(logs, 'steady')
    def ends_the_same(name):
        last = life(logs, name, model)
        assert last.wait()==0, f'{name}: {last.said()}'
        found = result(logs, name)
        assert [found[k] for k in ('weights','losses')]==[want[k] for k in ('weights','losses')], name

    # a run of which two steps are done; the save after the third replaces the checkpoint of the second
    assert life(logs, 'first', model, kill_at=2*want['calls']//5).wait()==-signal.SIGKILL
    killed = []
    for k in count():
        name = f'call{k}'
        shutil.copytree(logs/'first', logs/name)
        assert life(logs, name, model, kill_at=k).wait()==-signal.SIGKILL
        left = C.checkpoints(logs/name/'checkpoints')
        assert left, f'no checkpoint is left after call {k}'
        C.read_checkpoint(left[-1])
        killed.append(left[-1].name)
        ends_the_same(name)
        shutil.rmtree(logs/name)
        if killed[-1]=='step_4': break # every call of a save after an epoch, and half of one within, are behind us
    assert len(set(killed))>=2, killed # killed before and after the folder got its name

    rng,times = random.Random(0),0
    while times<6 or len(killed)+times<50:
        name = f'time{times}'
        for _ in range(3): # three lives, the last one to the end
            run = life(logs, name, model)
            time.sleep(rng.uniform(.02, .3))
            if run.poll() is None: os.kill(run.pid, signal.SIGKILL)
            times += run.wait()==-signal.SIGKILL
        ends_the_same(name)
    print(f'killed at {len(killed)} calls and {times} times')
