# Made by tools/stubs.py from the module beside it: do not edit.
"""A number, how much it depends on the images, and how it came about

Docs: https://clippy-vl.github.io/clippy/results.html.md
"""
from .console import Table
from pathlib import Path
import numpy as np

def wilson(right, n, z:float=...)->tuple:
    """Wilson's interval of a share.

    Parameters
    ----------
    right
        how many, ties in parts
    n
        of how many
    z : float, default 1.959964
        standard deviations; 1.96 is 95 %

    Returns
    -------
    tuple
        low, high
    """
    ...

def sum_interval(weights, right, n)->tuple:
    """The interval of a weighted sum of independent shares.

    Parameters
    ----------
    weights
        `[G]`, may be negative
    right
        `[G]`
    n
        `[G]`

    Returns
    -------
    tuple
        low, high
    """
    ...

def lowest_interval(right, n)->tuple:
    """The interval of the lowest of some shares.

    Parameters
    ----------
    right
        `[G]`
    n
        `[G]`

    Returns
    -------
    tuple
        low, high
    """
    ...

def with_intervals(task, rows:np.ndarray, bootstrap_samples:int=1000, seed:int=0, sampled:dict | None=None)->tuple:
    """The numbers of a task, and how much they depend on the choice of images.

    Parameters
    ----------
    task
        has `numbers(rows, weights)`, `shares(rows)`, `intervals(rows)`: a `Task` of the next chapter
    rows : np.ndarray
        `[N,R]`
    bootstrap_samples : int, default 1000
        0: no intervals
    seed : int, default 0
        of the bootstrap
    sampled : dict | None, default None
        from `bootstrap`, if they are there already

    Returns
    -------
    tuple
        name -> value, name -> (low, high) of 95 %
    """
    ...

def bootstrap(task, rows, samples=1000, seed=0, at_once=50)->dict:
    """The numbers that other choices of images might have given (bootstrap samples).

    Parameters
    ----------
    task
    rows
        `[N,R]`
    samples : default 1000
    seed : default 0
    at_once : default 50

    Returns
    -------
    dict
        name -> `[samples]` values
    """
    ...

def kept_samples(values)->str:
    """Bootstrap samples as JSON can hold them in a line.

    Parameters
    ----------
    values
        `[samples]`

    Returns
    -------
    str
        numbers with blanks between them
    """
    ...

def difference_interval(a:str, b:str)->tuple:
    """The 95 % interval of `b` minus `a`, by the paired bootstrap.

    Parameters
    ----------
    a : str
        from `kept_samples`
    b : str
        of another measurement of the same images

    Returns
    -------
    tuple
        low, high
    """
    ...

def percent(share:float | None)->float | None:
    """A share in percent.

    Returns
    -------
    float | None
        None: NaN, or not measured
    """
    ...

def shown(value:float | None)->str:
    """A number as tables have it.

    Parameters
    ----------
    value : float | None
        in percent

    Returns
    -------
    str
        – where there is none, and no -0.0
    """
    ...

def shown_number(result:dict, k:str)->tuple:
    """A number and its interval.

    Parameters
    ----------
    result : dict
        a result
    k : str
        key of one of its numbers

    Returns
    -------
    tuple
        two texts; the second may be empty
    """
    ...

def results_table(results:list)->Table:
    """Every number of some evaluations, with its interval, its protocol and what others published.

    Parameters
    ----------
    results : list
        of `Result`

    Returns
    -------
    Table
        in percent
    """
    ...

def noted(results:list)->list:
    """What is odd about the data of some results, and whose numbers stand beside them.

    Parameters
    ----------
    results : list
        of `Result`

    Returns
    -------
    list
        sentences
    """
    ...

class Result(dict):
    """Numbers of one task with their protocol and everything they depend on; shows itself as a table."""
    def __getattr__(self, k): ...
    def __repr__(self): ...

def read_result(path:str | Path | dict, needed:tuple=())->dict:
    """A result from its file.

    Parameters
    ----------
    path : str | Path | dict
        what `evaluate` wrote
    needed : tuple, default ()
        fields without which it is of no use
    """
    ...

def as_result(found, where:str | Path, needed:tuple=())->dict:
    """A result as one of today, or an error that says what is wrong with it.

    Parameters
    ----------
    found
        what JSON can hold
    where : str | Path
        what it is called in a message
    needed : tuple, default ()
        fields without which it is of no use
    """
    ...
