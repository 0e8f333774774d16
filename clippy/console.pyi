# Made by tools/stubs.py from the module beside it: do not edit.
"""Numbers within bounds, hints for mistyped names, no secrets in a record, and text of others that stays text

Docs: https://clippy-vl.github.io/clippy/console.html.md
"""
from contextlib import contextmanager
from typing import Any

many: Any
some: Any
share: Any

bounds: Any

def in_bounds(**values):
    """Refuse a number that makes no sense, before anything is done with it.

    Parameters
    ----------
    **values
        option -> what was typed; None and values that are no numbers are not checked
    """
    ...

def did_you_mean(word:str, known, most:int=3)->str:
    """A hint for a name that was mistyped.

    Parameters
    ----------
    word : str
        what was typed
    known
        names that exist
    most : int, default 3
        how many names are offered at most

    Returns
    -------
    str
        a sentence with a blank before it; '' if no name is similar
    """
    ...

def between_commas(text:str)->list:
    """What a list with commas names.

    Returns
    -------
    list
        of names without blanks around them
    """
    ...

def hide_address(address:str)->str:
    """An address without the parts that may be secret.

    Parameters
    ----------
    address : str
        `scheme://...`

    Returns
    -------
    str
        scheme, host and name of the file
    """
    ...

def file_name(address:str)->str:
    """The last name of a file in an address or a command.

    Parameters
    ----------
    address : str
        or a command

    Returns
    -------
    str
        '': there is none that can be shown
    """
    ...

def hide_program(line:str)->str:
    """A command without the parts that may be secret.

    Parameters
    ----------
    line : str
        a command, as a shell reads it

    Returns
    -------
    str
        the program, and addresses
    """
    ...

def hide_text(text:str)->str:
    """Any text without the secrets in it."""
    ...

programs: tuple

def hide_words(words:str | list)->str:
    """A command line without secrets.

    Parameters
    ----------
    words : str | list
        a command line

    Returns
    -------
    str
        as one would type it
    """
    ...

def hide(data):
    """Leave out what may be secret in addresses and command lines.

    Parameters
    ----------
    data
        a text, or anything that JSON can hold

    Returns
    -------
    the same without secrets
    """
    ...

def command()->str:
    """The command that is running.

    Returns
    -------
    str
        without secrets, as one would type it again
    """
    ...

def installed(group:str)->dict:
    """What the packages on this machine offer to clippy.

    Parameters
    ----------
    group : str
        e.g. `clippy.tasks`

    Returns
    -------
    dict
        name -> entry point, which is not loaded yet
    """
    ...

def front_door(command:str)->int:
    """Run a sub-command with what was typed after `python -m`.

    Parameters
    ----------
    command : str
        a sub-command of `clippy`

    Returns
    -------
    int
        exit code
    """
    ...

def requirement(*extras:str)->str:
    """This package with optional parts, from the place where it is distributed.

    Parameters
    ----------
    *extras : str
        optional parts, e.g. `app`

    Returns
    -------
    str
        a requirement as pip takes it
    """
    ...

class Missing(ImportError, ValueError):
    """A package that is optional is not installed."""

def need(package:str, extra:str):
    """Import a package that not everybody has.

    Parameters
    ----------
    package : str
        name under which it is imported
    extra : str
        optional part of clippy that needs it

    Returns
    -------
    the module
    """
    ...

@contextmanager
def quick_imports():
    """Import with the garbage collector off, and keep it away from what was imported."""
    ...

def on_terminal(text, lines:bool=False)->str:
    """Text without the characters that a terminal takes as commands.

    Parameters
    ----------
    text
        anything that has a `str`
    lines : bool, default False
        keep ends of lines and tabs?
    """
    ...

class Markdown(str):
    """Text that is Markdown already, and is not escaped again."""

def in_markdown(text)->Markdown:
    """Text as Markdown that shows just this text.

    Parameters
    ----------
    text
        anything that has a `str`; `Markdown` stays as it is

    Returns
    -------
    Markdown
        one line
    """
    ...

def in_code(text)->Markdown:
    """Text as code in a line of Markdown.

    Parameters
    ----------
    text
        anything that `str` takes

    Returns
    -------
    Markdown
        one line
    """
    ...

def fenced(text, language:str='')->Markdown:
    """Text as a block of code.

    Parameters
    ----------
    text
        anything that `str` takes; its lines stay
    language : str, default ''
        language of the code, for its colours
    """
    ...

def in_sheet(text)->str:
    """Text as a cell that no spreadsheet takes for a formula.

    Parameters
    ----------
    text
        anything that has a `str`
    """
    ...

def in_latex(text)->str:
    """Text as LaTeX that prints just this text.

    Parameters
    ----------
    text
        anything that has a `str`

    Returns
    -------
    str
        one line
    """
    ...

class Table(str):
    """A table that can be shown on a terminal and in a notebook."""
    shown: str

def table(rows:list, head:tuple, right:tuple=())->Table:
    """Make a Markdown table with even columns.

    Parameters
    ----------
    rows : list
        tuples of textss
    head : tuple
        names of the columns
    right : tuple, default ()
        numbers of the columns that are aligned to the right
    """
    ...
