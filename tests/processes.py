"Commands in processes that begin at once: forks of this one, which has imported everything. And the slow way."
import io, os, signal, socket, subprocess, sys, time, traceback
from pathlib import Path

from accelerate.state import AcceleratorState

from clippy.cli import cli

env = dict(os.environ, OMP_NUM_THREADS='1', HF_HUB_OFFLINE='1')
# `--` keeps torchrun from reading --logs as its own --logs-specs
torchrun = [sys.executable, '-m', 'torch.distributed.run', '--nproc_per_node', '2', '--standalone', '-m', '--',
    'clippy.train']

def call(command, *args, ok=True, **kw):
    "Run a command in a new interpreter, as a user does."
    done = subprocess.run([*command, *map(str, args)], env=env, capture_output=True, text=True, timeout=300, **kw)
    assert (done.returncode==0)==ok, done.stdout+done.stderr
    return done

class Forked:
    "A function in a fork of this process, in a group of its own, with the interface of `subprocess.Popen`."
    def __init__(self, work, out, group=0, **variables):
        self.out = Path(out)
        self.out.parent.mkdir(parents=True, exist_ok=True)
        self.returncode = None
        self.pid = os.fork()
        os.setpgid(self.pid, group or self.pid) # in both processes: whichever is first
        if self.pid: return
        try: self.be_a_command(work, variables)
        except SystemExit as e:
            code = e.code if isinstance(e.code, int) else int(e.code is not None)
            if isinstance(e.code, str): print(e.code) # as an interpreter does
        except BaseException:
            traceback.print_exc()
            code = 1
        else: code = 0
        sys.stdout.flush()
        os._exit(code)

    def be_a_command(self, work, variables):
        for number in 1,2: os.dup2(os.open(self.out, os.O_WRONLY|os.O_CREAT|os.O_APPEND), number)
        sys.stdout = io.TextIOWrapper(open(1, 'wb', 0, closefd=False), write_through=True)
        sys.stderr = io.TextIOWrapper(open(2, 'wb', 0, closefd=False), write_through=True)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.environ.update(variables)
        code = work()
        if code: raise SystemExit(code)

    def poll(self):
        if self.returncode is None:
            pid,status = os.waitpid(self.pid, os.WNOHANG)
            if pid: self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode
    def wait(self, seconds=120):
        end = time.monotonic()+seconds
        while self.poll() is None:
            if time.monotonic()>end:
                os.kill(self.pid, signal.SIGKILL)
                raise TimeoutError(self.said())
            time.sleep(.01)
        return self.returncode
    def said(self): return self.out.read_text()

def train_command(*args):
    "What `python -m clippy.train` does with these words, but for the imports."
    AcceleratorState._reset_state(reset_partial_state=True) # of what was trained in this process before
    return cli(['train', *map(str, args)])

def begin(out, *args, group=0, work=None, **variables)->Forked:
    "The training command in a fork."
    return Forked(work or (lambda: train_command(*args)), out, group, **variables)

def rank_variables(rank, n, port)->dict: # as torchrun sets them
    "What process `rank` of `n` on one machine is told."
    return dict(RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE=str(n), LOCAL_WORLD_SIZE=str(n),
        MASTER_ADDR='127.0.0.1', MASTER_PORT=str(port))

def begin_ranks(n, out, *args, work=None, **variables)->list:
    "The training command in forks that find each other, as torchrun starts them; all in one process group."
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        port = s.getsockname()[1]
    found = []
    for rank in range(n):
        where = rank_variables(rank, n, port)
        found.append(begin(f'{out}.{rank}', *args, group=found[0].pid if found else 0, work=work, **where, **variables))
    return found

def end(*runs, ok=True)->str:
    "Wait for all; what the first one said."
    for run in runs: assert (run.wait()==0)==ok, run.said()
    return runs[0].said()
