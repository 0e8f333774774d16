"Compilers end with the run, and what they cannot do is said in a sentence."
import os, signal, subprocess, sys, tempfile, time
from contextlib import contextmanager
from types import SimpleNamespace

import psutil, pytest

import clippy.compile as C
import clippy.signals as S
import clippy.train as T
from processes import begin, begin_ranks, train_command

kept = '/home/me/.cache/inductor'

@pytest.mark.parametrize('cache,said', [(kept, f'remove the folder {kept}'), (C.own_cache+'x', None)])
def test_damaged_cache_of_compiled_code(cache, said, monkeypatch):
    "What inductor trips over is a sentence, with the folder to remove, unless that is the run's own."
    from torch._inductor.exc import InductorError
    monkeypatch.setenv('TORCHINDUCTOR_CACHE_DIR', cache)
    own = InductorError.__init__ is not Exception.__init__
    broken = InductorError(ImportError('/x/y.so: file too short'), None) if own else InductorError('file too short')
    sentence = r'torch.compile failed .*file too short.*With --no-compile'
    with pytest.raises(ValueError, match=sentence) as e, C.compiled_step(True): raise broken
    if said: assert said in str(e.value)
    else: assert 'remove the folder' not in str(e.value)
    with pytest.raises(ImportError), C.compiled_step(True): raise ImportError('not of a compiler') # passed on

@contextmanager
def compiled_norm(model, options):
    "In the place of both towers: little to compile."
    model.image.norm.compile()
    yield

def compiled_run(*args):
    "The training command, with a model of which only a norm is compiled, and with the compilers' own processes open."
    from torch._inductor import config
    from torch._inductor.async_compile import AsyncCompile
    tempfile.tempdir = None # TMPDIR is looked at again
    config.compile_threads = 2
    step,pools = T.train_step,[]
    def with_pool(*args):
        if not pools:
            pools.append(AsyncCompile.process_pool())
            pools[0].submit(len, []).result()
        return step(*args)
    T.training_towers = compiled_norm
    T.normalizer = lambda model, options: lambda images: images # drawn scenes are normalised already
    T.captions_for_tokenizer = lambda options: ['a boat and a tree']
    T.train_step = with_pool
    return train_command('--compile', *args)

def alive(p):
    try: return p.status()!=psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess: return False

@pytest.mark.parametrize('ranks,when', [(1,'compiling'), (2,'saved')], ids=['while it compiles','two processes'])
def test_signal_when_compiled(ranks, when, tmp_path):
    "A signal to the whole group, and again, ends loader, compilers and run within 5 s of the save of the step at work."
    args = ['--batch-size',8,'--train-num-samples',100000,'--steps',6000,'--workers',1,'--log-every',1,
        '--logs',tmp_path,'--name','run','--save-every',3]
    own = dict(TMPDIR=str(tmp_path), work=lambda: compiled_run(*args))
    if ranks==1: args.append('--cpu')
    runs = [begin(tmp_path/'said', **own)] if ranks==1 else begin_ranks(ranks, tmp_path/'said', **own)
    def family(): return [p for run in runs for p in psutil.Process(run.pid).children(recursive=True) if alive(p)]
    def begun():
        if when=='compiling': return any(p.name()=='cc1plus' for p in family())
        return list((tmp_path/'run'/'checkpoints').glob('step_*'))
    while not begun():
        for run in runs: assert run.poll() is None, run.said()
        time.sleep(.02)
    mine = family()
    workers = [p for p in mine if any('compile_worker' in word for word in p.cmdline())]
    assert len(workers)>=ranks
    for _ in range(2):
        os.killpg(runs[0].pid, signal.SIGTERM)
        time.sleep(.1)
    assert [run.wait(120) for run in runs]==[143]*ranks, [run.said() for run in runs]
    step = int(runs[0].said().split('SIGTERM after step ')[1].split()[0])
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
    C.end_compilers()
    assert stopped==[True] and S.command_line(psutil.Process(child.pid))==''
    child.wait()
