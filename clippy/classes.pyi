# Made by tools/stubs.py from the module beside it: do not edit.
"""Which number in a mask is which class, and in which words

Docs: https://clippy-vl.github.io/clippy/classes.html.md
"""
from dataclasses import dataclass
from pathlib import Path
from typing import Any
import numpy as np

@dataclass(frozen=True)
class Labels:
    """Names of classes, and the ids that stand for them in mask files.

    Parameters
    ----------
    names : tuple
        K names in the order of class indices; several words for a class are joined with `|`
    ids : tuple
        K tuples of ids, 0 to 65535, in the mask files
    background : bool, default False
        class 0 is background
    ignored : tuple, default (255,)
        ids that do not count
    """
    names: tuple
    ids: tuple
    background: bool = ...
    ignored: tuple = ...
    def __post_init__(self): ...
    @property
    def words(self):
        """for each class all words for it"""
        ...
    def to_index(self, raw:np.ndarray)->np.ndarray:
        """Turn the ids in a mask into class indices.

        Parameters
        ----------
        raw : np.ndarray
            `[H,W]` whole numbers, as a mask file holds them

        Returns
        -------
        np.ndarray
            `[H,W]` uint8 class indices, 255 = ignored
        """
        ...

def first_few(items, n=3)->str:
    """The first few items of a list, and how many more there are, in words."""
    ...

def read_labels(path:str | Path, column:str='name')->Labels:
    """Read a label table from a csv file.

    Parameters
    ----------
    path : str | Path
        csv with columns `id` (several ids of a class joined with `|`) and `name`; no name: ids to
        ignore
    column : str, default 'name'
        take the words from here; a table without that column, or a cell without words, gives the name

    Returns
    -------
    Labels
        255 is ignored unless the table says otherwise
    """
    ...

def lists_of_names(path:str | Path)->tuple:
    """The lists of names that a label table holds.

    Parameters
    ----------
    path : str | Path
        a label table

    Returns
    -------
    tuple
        columns, `name` first
    """
    ...

name_lists: tuple

def table_path(name):
    """of the label table"""
    ...

def labels(name:str, column:str='name')->Labels:
    """The label table of a data set.

    Parameters
    ----------
    name : str
        name of a data set
    column : str, default 'name'
        'name' as the data set has it, 'plain' as one says it, or a protocol's words: 'port', 'sclip'
    """
    ...

background_words: Any
