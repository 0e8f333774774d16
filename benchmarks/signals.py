"""What a run with `--compile` leaves behind when it is told to stop, in one call of less than 2 minutes.

    python benchmarks/signals.py --out signals.json          # on a CUDA machine
    python benchmarks/signals.py --cpu --out signals.json    # to try it

Needs this folder's repository and the packages that `clippy.train` needs; images and shards are made here.
Each case is a run of the small preset on shards (loader workers, pin-memory thread, inductor's pool), all at once.
It passes if 5 s after the save nothing of the run is left."""
import argparse, json, os, shutil, signal, subprocess, sys, tarfile, tempfile, time
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from threading import Thread

import psutil # comes with accelerate
from PIL import Image

root = Path(__file__).resolve().parent.parent
guard = ['timeout', '-k', '60'] # a step that is being compiled is finished first
train = ['-m', 'clippy.train']
torchrun = ['-m', 'torch.distributed.run', '--nproc_per_node', '1', '--standalone', '-m', '--', 'clippy.train']
compiled = ['--compile', '--model', 'clippy-scenes', '--batch-size', '16', '--workers', '2', '--warmup', '1',
    '--log-every', '1', '--save-every', '3']

def write_shards(folder, n=2, size=600):
    "Little pictures of one colour, with captions."
    folder.mkdir()
    for k in range(n):
        with tarfile.open(folder/f'{k:05}.tar', 'w') as tar:
            for i in range(size):
                png = BytesIO()
                Image.new('RGB', (64,64), (i%256, k*90, 77)).save(png, 'png')
                for ending,data in (('png', png.getvalue()), ('txt', b'a boat and a tree number %d' % i)):
                    info = tarfile.TarInfo(f'{k}_{i}.{ending}')
                    info.size = len(data)
                    tar.addfile(info, BytesIO(data))

# One run ------------------------------------------------------------------------------------------------------------

class Started:
    "A training run in a group of its own, its family and what it said."
    def __init__(self, case, folder, shards, seconds, launch=(), more=(), env=None):
        self.logs,self.log = folder/case/'logs',folder/case/'said.txt'
        self.logs.mkdir(parents=True)
        args = [*(launch or train), *compiled, '--train-data', shards, '--logs', self.logs, '--name', 'run', *more]
        home = dict(PYTHONPATH=f'{root}:{os.environ.get("PYTHONPATH", "")}', TMPDIR=str(folder/case),
            OMP_NUM_THREADS='2', TORCHINDUCTOR_COMPILE_THREADS='4')
        self.began = time.time()
        words = [*guard, str(seconds), sys.executable, *map(str, args)]
        self.process = subprocess.Popen(words, stdout=open(self.log, 'w'), stderr=subprocess.STDOUT,
            env=os.environ|home|(env or {}), start_new_session=True)
    def family(self):
        try: return psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess: return []
    def run(self): # the python that `timeout` started
        return next(iter(psutil.Process(self.process.pid).children()), None)
    def said(self): return self.log.read_text(errors='replace')
    def saved(self):
        found = (self.logs/'run'/'checkpoints').glob('step_*/whole.json')
        return sorted(found, key=lambda p: p.stat().st_mtime)
    def wait_for(self, what, seconds):
        "False if the run has ended, or it takes too long."
        until = time.time()+seconds
        while time.time()<until and self.process.poll() is None:
            if what(): return True
            time.sleep(.05)
        return False

def alive(p):
    try: return p.status()!=psutil.STATUS_ZOMBIE
    except psutil.Error: return False

def name(p):
    try: return ' '.join(p.cmdline())[:200]
    except psutil.Error: return '?'

def ended(run, family, patience)->dict:
    "When the run and the last of its family ended, counted from the save."
    until,gone = time.time()+patience,None
    while time.time()<until and (gone is None or any(map(alive, family))):
        if gone is None and run.process.poll() is not None: gone = time.time()
        time.sleep(.02)
    last,left = time.time(),[p for p in family if alive(p)]
    at = run.saved()[-1].stat().st_mtime if run.saved() else None
    since = lambda t: None if t is None or at is None else round(t-at, 2)
    names = [name(p) for p in left]
    for p in left: p.kill()
    if gone is None: os.killpg(run.process.pid, signal.SIGKILL)
    said = run.said()
    return dict(code=run.process.poll(), seconds_run=since(gone), seconds_all=since(last), family=len(family),
        left=names, saved='and saved' in said, traceback='Traceback' in said.split('torch/distributed')[0],
        folders=[p.name for p in run.log.parent.glob('clippy-compiled-*')])

# The cases ----------------------------------------------------------------------------------------------------------

def told_once(run): run.run().send_signal(signal.SIGTERM) # as `kill` does
def told_by_timeout(run): run.process.send_signal(signal.SIGTERM) # `timeout` tells its child and then its group
def told_in_group(run): os.killpg(run.process.pid, signal.SIGTERM)

def told_twice(run):
    told_in_group(run)
    time.sleep(.3)
    if run.process.poll() is None: told_in_group(run)

def checkpoint(run): return run.saved()

def first_step(run): # two seconds into it: the compilers are at work
    if '| 0/' not in run.said(): return False
    time.sleep(2)
    return True

cases = dict(one=(told_once, checkpoint, 143), group=(told_by_timeout, checkpoint, 143),
    torchrun=(told_in_group, checkpoint, 1),
    twice=(told_twice, checkpoint, 143), compiling=(told_by_timeout, first_step, 143))

def stopped(case, folder, shards, seconds, cpu)->dict:
    "A run that gets a signal."
    tell,when,code = cases[case]
    launch = torchrun if case=='torchrun' else ()
    run = Started(case, folder, shards, seconds, launch, ['--device', 'cpu'] if cpu else [])
    if not run.wait_for(lambda: when(run), seconds):
        return dict(ok=False, why='it did not get so far', said=run.said()[-2000:])
    began,family = round(time.time()-run.began, 1),run.family()
    compilers = sum('compile_worker' in name(p) for p in family)
    tell(run)
    found = ended(run, family, 60)
    soon = found['seconds_all'] is not None and found['seconds_all']<5
    ok = found['saved'] and not found['left'] and not found['traceback'] and soon
    return dict(ok=ok, signal_after=began, compilers=compilers, code_expected=code, **found,
        said='' if ok else run.said()[-2000:])

def damaged(case, folder, shards, seconds, cpu)->dict:
    "A run whose cache of compiled code holds empty files."
    cache = folder/case/'cache'
    how = dict(TORCHINDUCTOR_CACHE_DIR=str(cache))
    more = ['--steps', '1', '--zeroshot-frequency', '0', *(['--device', 'cpu'] if cpu else [])]
    first = Started(case, folder, shards, seconds, more=more, env=how)
    first.process.wait()
    took = round(time.time()-first.began, 1)
    files = [p for p in cache.rglob('*') if p.is_file()]
    if first.process.returncode or not files:
        return dict(ok=False, why='the first run failed', said=first.said()[-2000:])
    for p in files: p.write_bytes(b'')
    again = Started(f'{case}_again', folder, shards, seconds, more=more, env=how)
    again.process.wait()
    said = again.said()
    named = str(cache) in said and 'remove the folder' in said
    ok = not again.process.returncode or (named and 'Traceback (most' not in said.split('torch.compile failed')[-1])
    lines = [l for l in said.splitlines() if 'torch.compile failed' in l]
    return dict(ok=ok, first_run=took, files=len(files), code=again.process.returncode,
        sentence=lines[-1] if lines else '', said='' if ok else said[-2000:])

def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--out', default='signals.json', help='JSON file')
    parser.add_argument('--cpu', action='store_true', help='without a GPU')
    parser.add_argument('--only', default='', help='cases, separated by commas')
    parser.add_argument('--seconds', type=int, default=95, help='until a run is killed')
    o = parser.parse_args()
    folder,out,found = Path(tempfile.mkdtemp(prefix='signals-')),Path(o.out),{}
    write_shards(folder/'shards')
    ask = ['nvidia-smi', '--query-gpu=name', '--format=csv,noheader']
    gpu = subprocess.run(ask, capture_output=True, text=True).stdout.strip() if shutil.which('nvidia-smi') else ''
    about = dict(command=' '.join(sys.argv), gpu=gpu, cores=os.cpu_count(), python=sys.version.split()[0],
        torch=version('torch'))
    def one(case, f):
        try: found[case] = f(case, folder, folder/'shards', o.seconds, o.cpu)
        except Exception as e: found[case] = dict(ok=False, why=f'{type(e).__name__}: {e}')
        out.write_text(json.dumps(dict(about, ok=all(r['ok'] for r in found.values()), cases=dict(found)), indent=1))
        print(case, json.dumps({k:v for k,v in found[case].items() if k!='said'}), flush=True)
    every = dict({k:stopped for k in cases}, damaged=damaged)
    chosen = {k:f for k,f in every.items() if not o.only or k in o.only.split(',')}
    threads = [Thread(target=one, args=o) for o in chosen.items()]
    for t in threads: t.start()
    for t in threads: t.join()
    shutil.rmtree(folder, ignore_errors=True)
    return 0 if all(r['ok'] for r in found.values()) else 1

if __name__=='__main__': sys.exit(main())
