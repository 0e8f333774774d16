# Made by tools/stubs.py from the module beside it: do not edit.
"""What differs between two numbers, protocol first

Docs: https://clippy-vl.github.io/clippy/compare.html.md
"""
from .console import Table
from pathlib import Path

def flatten(data:dict, prefix:str='')->dict:
    """A nested dict as one level.

    Returns
    -------
    dict
        `a.b.c` -> value
    """
    ...

def differences(a:dict, b:dict)->dict:
    """What differs between two results.

    Parameters
    ----------
    a : dict
        a result
    b : dict
        another

    Returns
    -------
    dict
        part -> rows (what, in a, in b), protocol first
    """
    ...

def compare(a:str | Path | dict, b:str | Path | dict, top:int=12)->Table:
    """What differs between two results, protocol first.

    Parameters
    ----------
    a : str | Path | dict
        a result or its file
    b : str | Path | dict
        another
    top : int, default 12
        rows of a part at most; of details those that differ most
    """
    ...

def same_images(a:dict, b:dict)->bool:
    """Whether two results measured the same images.

    Returns
    -------
    bool
        two results
    """
    ...

def gap(a:dict, b:dict)->tuple:
    """The difference of two results.

    Parameters
    ----------
    a : dict
        a result
    b : dict
        another

    Returns
    -------
    tuple
        how much higher the primary number of `b` is, and (low, high) of 95 %; None: no samples, or
        other images
    """
    ...

def points(difference:float | None, ends:tuple | None)->tuple:
    """A difference and its interval, in points.

    Parameters
    ----------
    difference : float | None
        in [-1,1]
    ends : tuple | None
        low, high

    Returns
    -------
    tuple
        two texts
    """
    ...

def check_alike(found:list, names:list, across:tuple=()):
    """Refuse what should not stand in one table.

    Parameters
    ----------
    found : list
        results
    names : list
        of theirs
    across : tuple, default ()
        what may differ: `protocol`, `data`
    """
    ...

def compare_many(results:list, across:str='')->Table:
    """The primary number of each result, and how it differs from the first.

    Parameters
    ----------
    results : list
        results or their files, two or more
    across : str, default ''
        what may differ: `protocol`, `data`, or both with a comma
    """
    ...
