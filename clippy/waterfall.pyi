# Made by tools/stubs.py from the module beside it: do not edit.
"""Two protocols differ in ten fields: the waterfall changes a few at a time, and says what each is worth

Docs: https://clippy-vl.github.io/clippy/waterfall.html.md
"""
from .console import Table
from .protocol import Protocol

def steps(start:Protocol, end:Protocol, by:str='group', first:tuple=())->list:
    """The way from one protocol to another.

    Parameters
    ----------
    start : Protocol
    end : Protocol
        of the same task
    by : str, default 'group'
        what is changed at once: a `group` of fields, or a `field`
    first : tuple, default ()
        groups or fields that come before the others

    Returns
    -------
    list
        of (what, field -> (old, new), `Protocol`), the last decides what `end` does
    """
    ...

def waterfall(run, start:Protocol, end:Protocol, by:str='group', first:tuple=())->dict:
    """Measure every step from one protocol to another.

    Parameters
    ----------
    run
        (name, protocol) -> `Result`: measures the same model on the same data
    start : Protocol
    end : Protocol
    by : str, default 'group'
        or `field`
    first : tuple, default ()
        groups or fields that come before the others

    Returns
    -------
    dict
        a `Waterfall`
    """
    ...

class Waterfall(dict):
    """The way from one number to another: its rows as a table, or as a figure."""
    def __repr__(self): ...
    def table(self)->Table:
        """A row for each step, in percent and points."""
        ...
    def plot(self):
        """Bars from number to number.

        Returns
        -------
        a matplotlib figure
        """
        ...

def arrows(changes:dict)->str:
    """What a step changes.

    Parameters
    ----------
    changes : dict
        field -> [old, new]
    """
    ...

def draw_steps(rows:list, title:str):
    """A waterfall, from above to below.

    Parameters
    ----------
    rows : list
        of a `Waterfall`
    title : str
        of the axis

    Returns
    -------
    a matplotlib figure
    """
    ...

def both_orders(one:Waterfall, other:Waterfall)->Table:
    """What the steps are worth in two orders.

    Parameters
    ----------
    one : Waterfall
    other : Waterfall
        the same way in another order

    Returns
    -------
    Table
        a row for each step that both have
    """
    ...
