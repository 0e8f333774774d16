"""The paper's Tables 7 to 10 in small: runs those of `clippy.experiments` that are not there yet.

    python tools/ablation.py --list
    python tools/ablation.py --only 'cls*,avg' --seeds 0,1 --jobs 2

A run is a start for the image tower (made once a seed, kept in build/ablation), training with `clippy train` on the
built-in scenes, and the evaluations. Its JSON is written whole or not at all, and it is skipped as long as one of the
same config is there."""
import sys
from fnmatch import fnmatch
from pathlib import Path

from fastcore.script import CliError, call_parse

from clippy.experiments import base, config_hash, full, quickly, runs, start_folder, state, to_do, work_off

root = Path(__file__).parent.parent

def show_list(chosen, seeds, out):
    "The runs, what makes each differ, and which are there."
    for r in chosen:
        differs = ', '.join(f'{k}={v}' for k,v in r['config'].items() if v!=base.get(k))
        states = ', '.join(f'seed {s} {state(out, r, s)}' for s in seeds)
        tables = ', '.join(map(str, r['tables']))
        print(f"{r['name']:<20} table {tables:<14} {config_hash(full(r['config']))}  {states}")
        print(f"{'':<20} {differs or 'as it is'}")

def run_one(name, run, seed, out, work, quick):
    "What a process of the runner does."
    from clippy.small_runs import make_run, make_start # with torch, for which a list of runs should not wait
    command = f"python tools/ablation.py --only {run['name']} --seeds {seed}{' --quick' if quick else ''}"
    if not name.startswith('start-'): return make_run(run, seed, out, work, command)
    config = full(run['config'])
    make_start(config['image'], seed, config, start_folder(work, config['image'], config, seed))

def complaint(job): # why a job is not done
    return f'{job.name} seed {job.seed}: '+(f'see {job.log}' if hasattr(job, 'log') else 'its start is missing')

@call_parse
def main(
    only:str='*', # Runs by name, * for any letters, comma-separated
    seeds:str='0,1,2', # Seeds, comma-separated
    list:bool=False, # Show the runs and which are there
    budget:float=0., # Minutes after which no further run is started; 0: no limit
    jobs:int=2, # Runs side by side, one thread each
    out:str='', # Folder of the results (nbs/results/ablation)
    work:str='', # Folder of starts and logs (build/ablation)
    quick:bool=False, # Five steps of everything, to see that it works; results go into build/ablation/quick
    one:str='', # Used by the runner: this job, here and now
):
    "Run the ablations that are not there yet."
    work = Path(work or root/'build/ablation')
    out = Path(out or root/('build/ablation/quick' if quick else 'nbs/results/ablation'))
    numbers = [int(s) for s in seeds.split(',')]
    wanted = [r for r in runs if any(fnmatch(r['name'], p.strip()) for p in only.split(','))]
    chosen = [quickly(r) for r in wanted] if quick else wanted
    if not chosen: raise CliError(f'No run is called {only}; there are {", ".join(r["name"] for r in runs)}.')
    if one: return run_one(one, chosen[0], numbers[0], out, work, quick)
    if list: return show_list(chosen, numbers, out)
    command = [sys.executable, __file__, '--out', str(out), '--work', str(work), *(['--quick'] if quick else [])]
    try: failed = work_off(to_do(chosen, numbers, out, work), command, work, jobs, budget)
    except KeyboardInterrupt:
        raise CliError('Stopped. What is finished is kept; the same command goes on from there.') from None
    if failed: raise CliError('Not done:\n'+'\n'.join(complaint(job) for job in failed))
    done = sum(state(out, r, s)=='done' for r in chosen for s in numbers)
    print(f'{done} of {len(chosen)*len(numbers)} runs are in {out}')
