"Told to stop, a run finishes its step, saves, and leaves nothing behind."
import os, signal, time
from contextlib import nullcontext

import pytest

import clippy.signals as S
import clippy.train as T
from processes import begin, begin_ranks
from small import scenes

pytestmark = pytest.mark.usefixtures('short_runs')

@pytest.mark.parametrize('ends', ['well','badly'])
def test_signal_handlers_are_given_back(ends, tmp_path, monkeypatch):
    "After a run, however it ends, signals are handled by whoever handled them before."
    def mine(*args): pass
    before = {k:signal.signal(k, mine) for k in (signal.SIGTERM, signal.SIGINT)}
    step = T.train_step
    seen = []
    def watched(*args):
        seen.append(signal.getsignal(signal.SIGTERM))
        if ends=='badly': raise RuntimeError('power failure')
        return step(*args)
    monkeypatch.setattr(T, 'train_step', watched)
    try:
        with pytest.raises(RuntimeError) if ends=='badly' else nullcontext():
            T.train(**scenes|dict(steps=1), logs=str(tmp_path))
        assert seen and mine not in seen
        assert [signal.getsignal(k) for k in before]==[mine, mine]
    finally:
        for k,v in before.items(): signal.signal(k, v)

@pytest.mark.parametrize('ranks,number,code,workers',
    [(1, signal.SIGTERM, 143, 0), (1, signal.SIGTERM, 143, 1), (1, signal.SIGINT, 130, 1), (2, signal.SIGTERM, 143, 1)],
    ids=['TERM','TERM group','INT group','TERM group of two'])
def test_signal(ranks, number, code, workers, tmp_path):
    "The step is finished and saved. With workers the signal goes to the whole group, as a terminal sends it."
    args = ['--batch-size',4,'--train-num-samples',100000,'--steps',6000,'--workers',workers,'--log-every',1,
        '--logs',tmp_path,'--name','run','--save-every',3]
    if ranks==1: runs = [begin(tmp_path/'said', *args, '--cpu')]
    else: runs = begin_ranks(ranks, tmp_path/'said', *args) # joined without being told that there is no GPU
    folder = tmp_path/'run'/'checkpoints'
    while not list(folder.glob('step_*')):
        for run in runs: assert run.poll() is None, run.said()
        time.sleep(.05)
    if workers: os.killpg(runs[0].pid, number)
    else: os.kill(runs[0].pid, number)
    assert [run.wait() for run in runs]==[code]*ranks, [run.said() for run in runs]
    said = runs[0].said()
    assert 'and saved' in said and 'Traceback' not in said, said
    step = int(said.split('after step ')[1].split()[0])
    assert (folder/f'step_{step}'/'whole.json').exists()
    with pytest.raises(ProcessLookupError): os.killpg(runs[0].pid, 0) # no worker is left

@pytest.mark.parametrize('command,after', [('clippy train', signal.SIG_IGN), ('called from Python', signal.SIG_DFL)])
def test_second_signal_while_stopping_goes_wrong(command, after, monkeypatch):
    "A command that is told to stop and then fails lets nobody cut its last words short; in Python, handlers return."
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    monkeypatch.setattr(S, 'command', lambda: command)
    signals = S.Signals()
    try:
        with pytest.raises(OSError), signals.catch():
            signal.raise_signal(signal.SIGTERM)
            raise OSError('the disk is full')
        assert signals.number==signal.SIGTERM and signal.getsignal(signal.SIGTERM)==after
    finally: signal.signal(signal.SIGTERM, before)
