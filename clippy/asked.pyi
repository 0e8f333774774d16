# Made by tools/stubs.py from the module beside it: do not edit.
"""From a typed line to a list of labels, and what is said about labels that leave no choice

Docs: https://clippy-vl.github.io/clippy/asked.html.md
"""
from typing import Any

def words_of(text:str)->list:
    """Take a line of words apart.

    Parameters
    ----------
    text : str
        words between commas, semicolons or line ends; in double quotes if they have these themselves

    Returns
    -------
    list
        of str, in that order
    """
    ...

def check_labels(labels, also=())->tuple:
    """Check labels, and refuse those that cannot be chosen from.

    Parameters
    ----------
    labels
        of str
    also : default ()
        words for the background; a single one, or 'none', may be a str; 'auto' stays as it is

    Returns
    -------
    tuple
        both as tuples of str
    """
    ...

alone: Any

def lone_note(labels, others=())->str:
    """What to say about a label that nothing competes with.

    Parameters
    ----------
    labels
        what was asked for
    others : default ()
        words that compete with it

    Returns
    -------
    str
        '' if there is a choice
    """
    ...

def typed_labels(given, also=('auto',))->tuple:
    """Labels, and words for the background, from typed lines.

    Parameters
    ----------
    given
        lines of labels; None: none were typed
    also : default ('auto',)
        lines of words for the background; None: auto

    Returns
    -------
    tuple
        both as tuples of str; 'auto' for the second
    """
    ...

def typed_background(words):
    """Typed words for the background, with what `auto` and `none` stand for.

    Parameters
    ----------
    words
        the words that were typed

    Returns
    -------
    `words`; 'auto' or () if they say so
    """
    ...

def typed_for_masks(given, also=('auto',))->tuple:
    """Labels from typed lines, if a mask can hold them.

    Parameters
    ----------
    given
        as for `typed_labels`
    also : default ('auto',)

    Returns
    -------
    tuple
        likewise
    """
    ...

mask_formats: tuple

def typed_formats(line:str)->list:
    """Formats of masks, from a typed line.

    Parameters
    ----------
    line : str
        names between commas; '': images

    Returns
    -------
    list
        of `mask_formats`, in their order
    """
    ...

def label_names(labels:list)->list:
    """A name for the files of each label.

    Parameters
    ----------
    labels : list
        of str

    Returns
    -------
    list
        a part of a file's name for each, no two alike
    """
    ...
