# Made by tools/stubs.py from the module beside it: do not edit.
"""`clippy results`: a row for each model, a column for each task, the best in bold, as Markdown, LaTeX, CSV or pandas

Docs: https://clippy-vl.github.io/clippy/tables.html.md
"""
from pathlib import Path
from typing import Any
from typing import NamedTuple

def results_in(path:str | Path)->list:
    """The results that a file holds.

    Parameters
    ----------
    path : str | Path
        a JSON file

    Returns
    -------
    list
        of results, and of sentences about those that a run has not; empty: it is about something else
    """
    ...

class Entry(NamedTuple):
    """A result, and what its row may be called."""
    result: dict
    name: str
    file: Path | None = ...
    given: bool = ...

def gather(*given)->tuple:
    """Read all results that were named.

    Parameters
    ----------
    *given
        results, their files, folders, `NAME=PATH`, or dicts of these

    Returns
    -------
    tuple
        list of `Entry`, sentences about what was left out
    """
    ...

def models_of(entries:list)->dict:
    """Which results are of one model.

    Parameters
    ----------
    entries : list
        of `Entry`

    Returns
    -------
    dict
        name of a row -> its entries
    """
    ...

def free_name(name, taken):
    """`name`, or with a number"""
    ...

def metrics_of(results:list, asked:str='')->list:
    """Which numbers of a task are shown.

    Parameters
    ----------
    results : list
        of one question
    asked : str, default ''
        names with commas; `all`; '': the primary one

    Returns
    -------
    list
        keys of numbers
    """
    ...

def into_rows(entries:list)->tuple:
    """A row for each model, and another for what it answered twice with other numbers.

    Parameters
    ----------
    entries : list
        of `Entry`

    Returns
    -------
    tuple
        name -> question -> result; sentences about other second answers, and about the same ones
    """
    ...

def marks(results:dict)->dict:
    """What tells the columns of a task apart.

    Parameters
    ----------
    results : dict
        question -> one of its results

    Returns
    -------
    dict
        question -> what stands in brackets behind the task; '': nothing
    """
    ...

def how(r:dict)->str:
    """Protocol and data of a column, in a few words.

    Parameters
    ----------
    r : dict
        a result
    """
    ...

def best_of(values:list, smaller:bool=False)->list:
    """Which numbers are the best, as they are printed.

    Parameters
    ----------
    values : list
        percents, or None
    smaller : bool, default False
        is the one that is nearest to 0 the best?

    Returns
    -------
    list
        of bool
    """
    ...

class Cell(NamedTuple):
    value: float | None
    ends: tuple | None = ...
    best: bool = ...

class Results:
    """Results of some models as one table.

    Parameters
    ----------
    *given
        results, their files, folders, `NAME=PATH`, or dicts of these
    metrics : str, default ''
        numbers, with commas; `all`; '': the primary one of each task
    intervals : bool, default False
        95 % intervals too
    per_class : bool, default False
        a row for each class, a column for each model
    """
    lead: tuple
    said: Any
    intervals: bool
    rows: Any
    notes: Any
    each: Any
    marks: Any
    head: Any
    how: Any
    labels: Any
    body: Any
    asked: Any
    def __init__(self, *given, metrics:str='', intervals:bool=False, per_class:bool=False): ...
    def named(self, q): ...
    def set_tasks(self, metrics=''):
        """A row for each model, a column for each task and number."""
        ...
    def below(self, best:str='the best in bold')->list:
        """What a reader has to know, once.

        Parameters
        ----------
        best : str, default 'the best in bold'
            how the format marks it

        Returns
        -------
        list
            sentences
        """
        ...
    def plain(self)->str:
        """For a terminal."""
        ...
    def cells(self, row): ...
    def __repr__(self): ...
    def markdown(self)->str:
        """For a README, a model card or a pull request; what a notebook shows."""
        ...
    def latex(self)->str:
        """For a paper."""
        ...
    def columns(self, head:list)->list:
        """Titles of the numbers, with those of the ends of intervals.

        Returns
        -------
        list
            of titles
        """
        ...
    def values(self)->list:
        """The numbers in percent, as `columns` names them.

        Returns
        -------
        list
            of rows of float; NaN where there is none
        """
        ...
    def csv(self)->str:
        """For a spreadsheet."""
        ...
    def frame(self):
        """For pandas, in percent.

        Returns
        -------
        a pandas `DataFrame`; `attrs['notes']`: what stands below the table
        """
        ...
    def set_classes(self):
        """A row for each class, a column for each model."""
        ...

def each_class(r:dict)->dict:
    """The numbers of the classes, if there are any.

    Parameters
    ----------
    r : dict
        a result

    Returns
    -------
    dict
        class -> share, or None
    """
    ...

formats: Any

def pick_format(format:str, out:str)->str:
    """How a table is written.

    Parameters
    ----------
    format : str
        what was typed; '': as `out` ends, or text
    out : str
        file; '': none

    Returns
    -------
    str
        one of `formats`
    """
    ...

def results(*files:str, format:str='', metrics:str='', intervals:bool=False, per_class:bool=False, out:str=''):
    """Make a table of results: a row for each model, a column for each task.

    Parameters
    ----------
    *files : str
        RESULT: Results, folders of results or runs, or NAME=PATH for a name of your own.
    format : str, default ''
        text|markdown|csv|latex: How the table is written. Default: as --out ends, or text.
    metrics : str, default ''
        NAME[,NAME]: Numbers to show, or all. Default: the primary one of each task.
    intervals : bool, default False
        Show 95 % confidence intervals too.
    per_class : bool, default False
        Give each class a row and each model a column.
    out : str, default ''
        FILE: File for the table, which ends in .txt, .md, .csv or .tex. Default: it is printed.
    """
    ...
