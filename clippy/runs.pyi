# Made by tools/stubs.py from the module beside it: do not edit.
"""What was trained, how it went, and how two runs compare

Docs: https://clippy-vl.github.io/clippy/runs.html.md
"""
from .console import Table
from matplotlib.figure import Figure
from pathlib import Path
from typing import Annotated
from typing import Any

def read_run(folder:str | Path)->dict | None:
    """Read the numbers of a run.

    Parameters
    ----------
    folder : str | Path
        of one run

    Returns
    -------
    dict | None
        what `metrics.json` says, or as much of it as the last checkpoint knows; None: no run
    """
    ...

fields: Any

def read_runs(folder:str | Path)->tuple:
    """Read all runs of a folder.

    Parameters
    ----------
    folder : str | Path
        where runs are kept

    Returns
    -------
    tuple
        the runs that can be read, and a sentence for each one that cannot
    """
    ...

def list_runs(folder:str | Path)->str:
    """List the runs of a folder with their key numbers.

    Parameters
    ----------
    folder : str | Path
        where runs are kept

    Returns
    -------
    str
        a line for each
    """
    ...

def options_that_differ(a:dict, b:dict)->dict:
    """The options in which two runs differ.

    Parameters
    ----------
    a : dict
    b : dict
        from `read_run`

    Returns
    -------
    dict
        option -> its two values; None: that run has not written it down
    """
    ...

panels: Any

def numbers_of(run:dict)->dict:
    """All numbers that a run has measured, by step.

    Parameters
    ----------
    run : dict
        from `read_run`

    Returns
    -------
    dict
        step -> name -> number; numbers of evaluations are shares of one
    """
    ...

def last_of(numbers:dict, name:str, steps=None)->int | None:
    """The last step at which a number was written down.

    Parameters
    ----------
    numbers : dict
        from `numbers_of`
    name : str
        of a number
    steps : default None
        among these; None: any

    Returns
    -------
    int | None
        a step
    """
    ...

def compare_runs(a:dict, b:dict)->Table:
    """Compare two runs: the options that differ, then their numbers at the end and at the same step.

    Parameters
    ----------
    a : dict
    b : dict
        from `read_run`
    """
    ...

def curves_of(run:dict, against:str='steps')->dict:
    """The curves that can be drawn of a run.

    Parameters
    ----------
    run : dict
        from `read_run`
    against : str, default 'steps'
        or `samples`

    Returns
    -------
    dict
        title -> (x, y) of each point
    """
    ...

def plot_runs(*folders, smooth:int=1, against:str='steps')->Figure:
    """Draw the curves of some runs, side by side.

    Parameters
    ----------
    *folders
        of runs
    smooth : int, default 1
        entries of the log in a running mean
    against : str, default 'steps'
        or `samples`
    """
    ...

def save_plot(figure:Figure, path:str | Path)->Path:
    """Write a plot of runs as a PNG; only an older plot is overwritten.

    Parameters
    ----------
    figure : Figure
    path : str | Path
        a .png

    Returns
    -------
    Path
        `path`
    """
    ...

def may_be_written(path:Path):
    """Raise an error for a name that a plot cannot have."""
    ...

def two_of(folder:str | Path, names:list)->list:
    """Read two runs of a folder by their names.

    Parameters
    ----------
    folder : str | Path
        where runs are kept
    names : list
        two of its runs

    Returns
    -------
    list
        of `read_run`
    """
    ...

def runs(folder:str, compare:Annotated[str, dict(nargs='+')]=None, plot:str='', against:str='steps')->str:
    """List the runs of a folder with their key numbers, compare two of them, or plot their curves.

    Parameters
    ----------
    folder : str
        PATH: Folder where runs are kept, such as logs.
    compare : Annotated[str, dict(nargs='+')], default None
        RUN: Two runs, by their names: show where they differ.
    plot : str, default ''
        FILE: Draw the curves of all runs, or of those of --compare, into this PNG file.
    against : str, default 'steps'
        steps|samples: What the curves are drawn against.

    Returns
    -------
    str
        what is printed
    """
    ...
