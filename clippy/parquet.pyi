# Made by tools/stubs.py from the module beside it: do not edit.
"""Data sets as they are shared on Hugging Face, read a few rows at a time

Docs: https://clippy-vl.github.io/clippy/parquet.html.md
"""
from pathlib import Path
from typing import Any

splits: Any

def parquet_files(place:str)->tuple[Path, list[Path]]:
    """The parquet files of one split.

    Parameters
    ----------
    place : str
        a file, a folder, or a pattern such as `data/train-*.parquet`

    Returns
    -------
    tuple[Path, list[Path]]
        the folder, and its files in order
    """
    ...

def holds(kind)->str:
    """What is in a column.

    Parameters
    ----------
    kind
        type of a column, pyarrow's

    Returns
    -------
    str
        text, texts, bytes, image, or '' for what is none of them
    """
    ...

class Rows:
    """A parquet file, read row by row.

    Parameters
    ----------
    path
        of the file
    """
    path: Any
    errors: Any
    file: Any
    kinds: Any
    def __init__(self, path): ...
    def __len__(self): ...
    def read(self, columns:list):
        """The rows, a few megabytes at a time; `ValueError` where the file is damaged.

        Parameters
        ----------
        columns : list
            names

        Returns
        -------
        generator of (number of the row, column -> cell)
        """
        ...

def need_column(table, name:str, kinds:tuple, option:str):
    """A sentence for a column that is not there, or holds something else.

    Parameters
    ----------
    table
        `Rows`
    name : str
        of the column
    kinds : tuple
        what it may hold, as `holds` says it: ('text','bytes','image'), ('text','texts') or ('text',)
    option : str
        that names it on the command line
    """
    ...

def text_cell(cell)->list:
    """The captions in a cell, or `Unusable`.

    Parameters
    ----------
    cell
        of a column that holds text or lists of text

    Returns
    -------
    list
        of text and None; [] for an empty cell
    """
    ...

def image_cell(cell, most:float)->tuple[bytes | None, str]:
    """What a cell says of an image, or `Unusable`.

    Parameters
    ----------
    cell
        of a column that holds images
    most : float
        bytes

    Returns
    -------
    tuple[bytes | None, str]
        bytes of an image file, None if there are none, and its name, '' if it has none
    """
    ...

def inside(folder, name:str)->Path:
    """The path of a file, or `Unusable` if it leads out of the folder.

    Parameters
    ----------
    folder
        that holds the files
    name : str
        of a file, as a table gives it
    """
    ...
