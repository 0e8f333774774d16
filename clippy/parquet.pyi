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
    """What kind of thing a column holds.

    Parameters
    ----------
    kind
        pyarrow's type of a column

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
        path of the file
    """
    path: Any
    errors: Any
    file: Any
    kinds: Any
    def __init__(self, path): ...
    def __len__(self): ...
    def read(self, columns:list):
        """Go through the rows, a few megabytes at a time; `ValueError` where the file is damaged.

        Parameters
        ----------
        columns : list
            names of the columns to read

        Returns
        -------
        generator of (number of the row, column -> cell)
        """
        ...

def need_column(table, name:str, kinds:tuple, option:str):
    """Raise an error with a sentence if a column is not there, or holds something else.

    Parameters
    ----------
    table
        `Rows`
    name : str
        name of the column
    kinds : tuple
        what it may hold, as `holds` says it: ('text','bytes','image'), ('text','texts') or ('text',)
    option : str
        option that names the column on the command line
    """
    ...

def text_cell(cell)->list:
    """The captions in a cell, or `Unusable`.

    Parameters
    ----------
    cell
        a cell of a column that holds text or lists of text

    Returns
    -------
    list
        texts, or None for a missing one; [] for an empty cell
    """
    ...

def image_cell(cell, most:float)->tuple[bytes | None, str]:
    """What a cell says of an image, or `Unusable`.

    Parameters
    ----------
    cell
        a cell of a column that holds images
    most : float
        largest size of an image, bytes

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
        folder that holds the files
    name : str
        name of a file, as a table gives it
    """
    ...
