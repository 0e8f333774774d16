# Made by tools/stubs.py from the module beside it: do not edit.
"""Which caption belongs to which image: a table or COCO's json, read whole or refused with the number of the line

Docs: https://clippy-vl.github.io/clippy/captions.html.md
"""
from contextlib import contextmanager

def json_object(path:str, what:str='a file of that kind')->dict:
    """The object in a JSON file, with a byte-order mark or without, or `ValueError` with a sentence.

    Parameters
    ----------
    path : str
        a file that anybody may have made
    what : str, default 'a file of that kind'
        what it should be, for the error's sentence

    Returns
    -------
    dict
        what it says
    """
    ...

def text_lines(path:str, digest=None):
    """The lines of a text file; `ValueError` with the number of a line that is not UTF-8.

    Parameters
    ----------
    path : str
        a text file, UTF-8 with or without a byte-order mark
    digest : default None
        is updated with all bytes, such as `hashlib.sha256()`

    Returns
    -------
    generator of lines with their ends
    """
    ...

largest_field: int

@contextmanager
def field_limit(most:int):
    """Limit the length of a csv field inside a `with`, because the csv module has one limit for all readers.

    Parameters
    ----------
    most : int
        largest number of characters
    """
    ...

def table_rows(path:str, key:str, digest=None):
    """The rows of a table; `ValueError` with the number of the line where they cannot be told apart.

    Parameters
    ----------
    path : str
        csv or tsv, whose first line names the columns
    key : str
        the column of images or links: it tells a row that was swallowed by a quotation mark
    digest : default None
        is updated with all bytes, such as `hashlib.sha256()`

    Returns
    -------
    generator of (number of its first line, fields); names first, then rows as they are, [] for an empty line
    """
    ...

def table_column(path, names, wanted, hint='')->int:
    """The place of a column, or `ValueError` with the names that are there.

    Returns
    -------
    int
        number of a column
    """
    ...

def column_list(text:str, names)->list[str]:
    """Names of columns, as they are typed.

    Parameters
    ----------
    text : str
        a name, or several with commas
    names
        the columns that there are: a name may have a comma in it
    """
    ...

def read_columns(path:str, image_column:str='image', caption_column:str='caption')->dict[str, dict]:
    """Captions of every image that a captions file names, by column.

    Parameters
    ----------
    path : str
        `.csv`, `.tsv` or `.txt` with a first line of column names, `.parquet`, or a COCO captions
        `.json`
    image_column : str, default 'image'
        column of image file names
    caption_column : str, default 'caption'
        column of captions, or several with commas

    Returns
    -------
    dict[str, dict]
        image file name -> column -> captions, in the order of the file
    """
    ...

def read_captions(path:str, image_column:str='image', caption_column:str='caption')->dict[str, list[str]]:
    """Captions of every image that a captions file names.

    Parameters
    ----------
    path : str
        as for `read_columns`
    image_column : str, default 'image'
        column of image file names
    caption_column : str, default 'caption'
        column of captions, or several with commas, whose captions are joined

    Returns
    -------
    dict[str, list[str]]
        image file name -> its captions, in the order of the file
    """
    ...

def usable_captions(captions:list, none:str='empty caption')->list[str]:
    """Captions without the blank ones, or `Unusable`.

    Parameters
    ----------
    captions : list
        as they were read
    none : str, default 'empty caption'
        the reason if none is left

    Returns
    -------
    list[str]
        at least one, none blank
    """
    ...

def caption_weights(text:str)->dict[str, float]:
    """How often each column is drawn, relative to the sum of the weights.

    Parameters
    ----------
    text : str
        names of columns, with weights or without: `raw,llava:0.5`

    Returns
    -------
    dict[str, float]
        column -> weight; {} for no columns
    """
    ...
