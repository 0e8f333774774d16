# Made by tools/stubs.py from the module beside it: do not edit.
"""Which runs the ablations are made of, which of them are already there, and when an ordering holds

Docs: https://clippy-vl.github.io/clippy/experiments.html.md
"""
from pathlib import Path
from types import SimpleNamespace
from typing import Any

adamw: Any

tower: Any

base: Any

starts: Any

runs: list

def quickly(run:dict)->dict:
    """A copy of a run that is too short to learn anything, to see that all of it works.

    Parameters
    ----------
    run : dict
        of `runs`

    Returns
    -------
    dict
        five steps of everything
    """
    ...

def full(config:dict)->dict:
    """Everything that the numbers of a run depend on, except its seed.

    Returns
    -------
    dict
        with that of its start
    """
    ...

def config_hash(config)->str:
    """A short SHA-256 of what JSON can hold.

    Returns
    -------
    str
        16 hex digits
    """
    ...

def result_path(out, run, seed)->Path: ...

def state(out:str | Path, run:dict, seed:int)->str:
    """Is the result of a run already there?

    Parameters
    ----------
    out : str | Path
        folder of the results
    run : dict
        of `runs`
    seed : int

    Returns
    -------
    str
        `done`, `missing`, or `other config`: it will be made again
    """
    ...

def start_folder(work, kind, config, seed)->Path: ...

def to_do(chosen:list, seeds:list, out:str | Path, work:str | Path)->list:
    """List the jobs whose results are not there yet.

    Parameters
    ----------
    chosen : list
        of `runs`
    seeds : list
    out : str | Path
        folder of the results
    work : str | Path
        folder of the starts

    Returns
    -------
    list
        of jobs in their order
    """
    ...

def begin(job, command:list, work:str | Path):
    """Start a job in a process of its own, with one thread.

    Parameters
    ----------
    job
        from `to_do`
    command : list
        of words; runs one job
    work : str | Path
        folder of the logs
    """
    ...

def work_off(jobs:list, command:list, work:str | Path, side_by_side:int=2, budget:float=0.0)->list:
    """Run jobs until all are done, the time is over, or somebody presses Ctrl-C.

    Parameters
    ----------
    jobs : list
        from `to_do`
    command : list
        of words; runs one job
    work : str | Path
        folder of the logs
    side_by_side : int, default 2
    budget : float, default 0.0
        minutes after which no further job is started; 0: no limit

    Returns
    -------
    list
        jobs that failed, or that could not be started
    """
    ...

def verdict(a:list, b:list, level:float=0.95)->SimpleNamespace:
    """Is `a` larger than `b`? By Welch's t-test on the seeds.

    Parameters
    ----------
    a : list
        a number of one run, for each seed
    b : list
        of another
    level : float, default 0.95
        of the interval

    Returns
    -------
    SimpleNamespace
        word, difference of the means, low and high end of its interval
    """
    ...
