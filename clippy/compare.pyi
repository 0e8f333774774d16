# Made by tools/stubs.py from the module beside it: do not edit.
"""What differs between two numbers, protocol first

Docs: https://clippy-vl.github.io/clippy/compare.html.md
"""
from .console import Table
from pathlib import Path
from typing import NamedTuple

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

def wide_gap(a:dict, b:dict)->tuple:
    """The difference of two results, which is not certain where every image says the same.

    Parameters
    ----------
    a : dict
        a result
    b : dict
        another

    Returns
    -------
    tuple
        as of `gap`
    """
    ...

def question(r:dict)->tuple:
    """What a result is an answer to.

    Parameters
    ----------
    r : dict
        a result

    Returns
    -------
    tuple
        task, protocol, data, how many images: the same for results that may stand side by side
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

def read_named(results:list | dict, needed:tuple=())->tuple:
    """Results with the names that they have in a table.

    Parameters
    ----------
    results : list | dict
        results or their files; or name -> result or file
    needed : tuple, default ()
        fields

    Returns
    -------
    tuple
        names, results
    """
    ...

def compare_many(results:list | dict, across:str='')->Table:
    """The primary number of each result, and how it differs from the first.

    Parameters
    ----------
    results : list | dict
        results or their files, two or more; or name -> result or file
    across : str, default ''
        what may differ: `protocol`, `data`, or both with a comma
    """
    ...

class Pair(NamedTuple):
    """What two results say about each other."""
    first: str
    second: str
    difference: float | None
    ends: tuple | None
    images: int
    word: str
    why: str = ...
    @property
    def apart(self)->bool:
        """can they be told apart?"""
        ...
    @property
    def chance(self)->float:
        """how likely so large a difference is between two that are equal"""
        ...

def every_pair(results:list | dict, across:str='')->list:
    """Every two results, by the paired bootstrap.

    Parameters
    ----------
    results : list | dict
        results or their files, two or more; or name -> result or file
    across : str, default ''
        what may differ: `protocol`, `data`, or both with a comma

    Returns
    -------
    list
        of `Pair`, each two once
    """
    ...

def holm(chances:list, level:float=0.05)->list:
    """Holm's correction for many questions.

    Parameters
    ----------
    chances : list
        p-values
    level : float, default 0.05

    Returns
    -------
    list
        of bool: which remain
    """
    ...

def sentence(p:Pair, firm:bool=True, many:int=1)->str:
    """What the difference is, and whether one can rely on it.

    Parameters
    ----------
    p : Pair
    firm : bool, default True
        does it remain after the correction?
    many : int, default 1
        pairs that were looked at
    """
    ...

class Pairs(list):
    """Pairs of results: a sentence for each, or a figure."""
    def firm(self)->list:
        """Which differences remain after Holm's correction.

        Returns
        -------
        list
            of bool
        """
        ...
    def sentences(self)->list:
        """One for each pair, and for several pairs one about all."""
        ...
    def __repr__(self): ...

def draw_pairs(pairs:list):
    """Differences with their intervals.

    Parameters
    ----------
    pairs : list
        of `Pair`; those without an interval are left out

    Returns
    -------
    a matplotlib figure
    """
    ...
