"Compilers end with the run, and what they cannot do is said in a sentence."
import os, signal, subprocess, sys, time
from types import SimpleNamespace

import psutil, pytest

import clippy.compile as C
import clippy.signals as S
from processes import env

kept = '/home/me/.cache/inductor'

@pytest.mark.parametrize('cache,said', [(kept, f'remove the folder {kept}'), (C.own_cache+'x', None)])
def test_damaged_cache_of_compiled_code(cache, said, monkeypatch):
    "What inductor trips over is a sentence, with the folder to remove, unless that is the run's own."
    from torch._inductor.exc import InductorError
    monkeypatch.setenv('TORCHINDUCTOR_CACHE_DIR', cache)
    own = InductorError.__init__ is not Exception.__init__
    broken = InductorError(ImportError('/x/y.so: file too short'), None) if own else InductorError('file too short')
    sentence = r'torch.compile failed .*file too short.*Without --compile'
    with pytest.raises(ValueError, match=sentence) as e, C.compiled_step(True): raise broken
    if said: assert said in str(e.value)
    else: assert 'remove the folder' not in str(e.value)
    with pytest.raises(ImportError), C.compiled_step(True): raise ImportError('not of a compiler') # passed on

small_compile = """
import clippy.train as T
T.layers = lambda model: [model.image.norm]
T.captions_for_tokenizer = lambda options: ['a boat and a tree']
step,pools = T.train_step,[]
def with_pool(*args):
    from torch._inductor.async_compile import AsyncCompile
    if not pools:
        pools.append(AsyncCompile.process_pool())
        pools[0].submit(len, []).result()
    return step(*args)
T.train_step = with_pool
"""
go = "import sys; from clippy.cli import cli; sys.exit(cli(['train', '--compile', *sys.argv[1:]]))"
compiled_run = small_compile+go

def alive(p):
    try: return p.status()!=psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess: return False

class Launched(subprocess.Popen):
    "A command in a new interpreter, with the words of `Forked`."
    def __init__(self, out, *words, **variables):
        self.out = out
        with open(out, 'w') as f:
            super().__init__([*map(str, words)], env=env|variables, stdout=f, stderr=subprocess.STDOUT,
                start_new_session=True)
    def said(self): return self.out.read_text()

@pytest.mark.parametrize('ranks,when', [(1,'compiling'), (2,'saved')], ids=['while it compiles','two processes'])
def test_signal_when_compiled(ranks, when, tmp_path):
    "A signal to the whole group, and again, ends loader, compilers and run within 5 s of the save of the step at work."
    args = ['--batch-size',8,'--train-num-samples',100000,'--steps',6000,'--workers',1,'--log-every',1,
        '--logs',tmp_path,'--name','run','--save-every',3]
    own = dict(TORCHINDUCTOR_COMPILE_THREADS='2', TMPDIR=str(tmp_path))
    script = tmp_path/'run.py'
    script.write_text(compiled_run)
    if ranks==1: run = Launched(tmp_path/'said', sys.executable, script, *args, '--cpu', **own)
    else: run = Launched(tmp_path/'said', sys.executable, '-m', 'torch.distributed.run', '--nproc_per_node', 2,
        '--standalone', '--', script, *args, **own)
    def family(): return [p for p in psutil.Process(run.pid).children(recursive=True) if alive(p)]
    def begun():
        if when=='compiling': return any(p.name()=='cc1plus' for p in family())
        return list((tmp_path/'run'/'checkpoints').glob('step_*'))
    while not begun():
        assert run.poll() is None, run.said()
        time.sleep(.02)
    mine = family()
    assert any('compile_worker' in word for p in mine for word in p.cmdline())
    for _ in range(2):
        os.killpg(run.pid, signal.SIGTERM)
        time.sleep(.1)
    assert run.wait(120)==(143 if ranks==1 else 1), run.said()
    step = int(run.said().split('SIGTERM after step ')[1].split()[0])
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
