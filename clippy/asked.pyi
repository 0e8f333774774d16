# Made by tools/stubs.py from the module beside it: do not edit.
"""Words as they are typed, and labels that leave a choice

Docs: https://clippy-vl.github.io/clippy/asked.html.md
"""
from typing import Any

def words_of(text:str)->list:
    """The words of a line.

    Parameters
    ----------
    text : str
        words or phrases between commas, semicolons or line ends; in double quotes where they have these

    Returns
    -------
    list
        of str, in that order
    """
    ...

def check_labels(labels, also=())->tuple:
    """Complain about labels that leave no choice.

    Parameters
    ----------
    labels
        of str
    also : default ()
        words for the background, or one of them; 'none'; 'auto', which is handed on

    Returns
    -------
    tuple
        both as tuples of str
    """
    ...

alone: Any

def lone_note(labels, others=())->str:
    """A sentence about a label that nothing competes with.

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
    """Labels from what was typed.

    Parameters
    ----------
    given
        lines of labels; None: none were typed
    also : default ('auto',)
        likewise, of further words; None: auto

    Returns
    -------
    tuple
        both as tuples of str; 'auto' for the second
    """
    ...

def typed_background(words):
    """What `auto` and `none` stand for.

    Parameters
    ----------
    words
        that were typed

    Returns
    -------
    `words`; 'auto' or () if they say so
    """
    ...

def typed_for_masks(given, also=('auto',))->tuple:
    """Labels from what was typed, that a mask can hold.

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
    """Formats of masks from what was typed.

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
