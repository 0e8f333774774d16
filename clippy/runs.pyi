# Made by tools/stubs.py from the module beside it: do not edit.
"""What was trained, how it went, and how it compares

Docs: https://clippy-vl.github.io/clippy/runs.html.md
"""
from matplotlib.figure import Figure
from pathlib import Path
from typing import Any

def read_run(folder:str | Path)->dict | None:
    """The numbers of a run.

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

def runs(folder:str)->str:
    """List the runs of a folder with their key numbers.

    Parameters
    ----------
    folder : str
        Where runs are kept, such as logs

    Returns
    -------
    str
        the table that is printed
    """
    ...

panels: Any

def plot_runs(*folders, smooth:int=1)->Figure:
    """The curves of some runs, side by side.

    Parameters
    ----------
    *folders
        of runs
    smooth : int, default 1
        entries of the log in a running mean
    """
    ...
