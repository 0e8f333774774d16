"A run is killed at every call to the file system that a save makes, and at random times; each time it ends as the run that was left alone."
import hashlib, json, os, random, shutil, signal, subprocess, sys, tempfile, time
from itertools import count
from pathlib import Path

import pytest

def life(logs, name, kill_at=None, report=None, **options):
    "In a process of its own: train, resuming from whatever is there; die at the given call while a checkpoint is written."
    pid = os.fork()
    if pid: return pid
    try:
        import clippy.train as T
        calls,saving,step = count(),[],[0]
        def hook(event, args):
            if saving and event.split('.')[0] in ('open','os','shutil') and next(calls)==kill_at: os.kill(os.getpid(), signal.SIGKILL)
        def watched(f):
            def inner(*args):
                saving.append(1)
                try: return f(*args)
                finally: saving.pop()
            return inner
        T.write_checkpoint,T.prune = watched(T.write_checkpoint),watched(T.prune)
        T.Run.measure,T.Run.finish,T.captions_for_tokenizer = lambda run: None, lambda run: None, lambda o: ['a boat and a tree'] # what has no part in saving
        sys.addaudithook(hook)
        run = T.train(batch_size=4, train_num_samples=12, workers=0, log_every=2, cpu=True, logs=str(logs), name=name, resume='auto', **options)
        digest = hashlib.sha256(b''.join(v.numpy().tobytes() for v in run.bare.state_dict().values())).hexdigest()
        losses = [r['loss'] for r in run.history if 'loss' in r]
        (Path(logs)/f'{name}.json').write_text(json.dumps(dict(weights=digest, losses=losses, calls=next(calls))))
        os._exit(0)
    except BaseException:
        import traceback
        traceback.print_exc()
        os._exit(1)

def end(pid): return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
def result(logs, name): return json.loads((logs/f'{name}.json').read_text())

def main(logs, random_kills):
    import clippy.train, clippy.checkpoint as C # once, so that each life begins at once
    clippy.train.torch.set_num_threads(1)
    opts = dict(steps=5, save_every=1, keep=1, seed=3)
    assert end(life(logs, 'steady', **opts))==0
    want = result(logs, 'steady')
    same = lambda name: {k:result(logs, name)[k] for k in ('weights','losses')}=={k:want[k] for k in ('weights','losses')}

    # a run of which two steps are done; the save after the third replaces the checkpoint of the second
    assert end(life(logs, 'first', kill_at=2*want['calls']//5, **opts))==-signal.SIGKILL
    start = [p.name for p in C.checkpoints(logs/'first'/'checkpoints')]
    killed = []
    for k in count():
        name = f'call{k}'
        shutil.copytree(logs/'first', logs/name)
        assert end(life(logs, name, kill_at=k, **opts))==-signal.SIGKILL
        left = C.checkpoints(logs/name/'checkpoints')
        assert left, f'no checkpoint is left after call {k}'
        C.read_checkpoint(left[-1])
        killed.append(left[-1].name)
        assert end(life(logs, name, **opts))==0 and same(name), f'call {k}'
        shutil.rmtree(logs/name)
        if killed[-1]=='step_4': break # every call of a save after an epoch, and half of one within, are behind us

    rng,times = random.Random(0),0
    while times<random_kills:
        name = f'time{times}'
        for _ in range(3): # three lives, the last one to the end
            pid = life(logs, name, **opts)
            time.sleep(rng.uniform(.02, .8))
            os.kill(pid, signal.SIGKILL)
            times += end(pid)==-signal.SIGKILL
        assert end(life(logs, name, **opts))==0 and same(name), name
    print(json.dumps(dict(start=start, at_calls=len(killed), left=sorted(set(killed)), at_times=times)))

@pytest.mark.skipif(not hasattr(os, 'fork'), reason='needs fork')
def test_killed(tmp_path):
    "More than fifty times, and not once is a checkpoint lost or a weight changed."
    env = dict(os.environ, OMP_NUM_THREADS='1', TQDM_DISABLE='1', TOKENIZERS_PARALLELISM='false', PYTHONWARNINGS='ignore')
    done = subprocess.run([sys.executable, __file__, str(tmp_path), '6'], env=env, capture_output=True, text=True, timeout=800)
    assert done.returncode==0, (done.stdout+done.stderr)[-6000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found['at_calls']+found['at_times']>=50, found
    assert len(found['left'])>=2, found # killed before and after the folder got its name

if __name__=='__main__': main(Path(sys.argv[1]), int(sys.argv[2]))
