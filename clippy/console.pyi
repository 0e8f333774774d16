# Made by tools/stubs.py from the module beside it: do not edit.
"""Numbers within their bounds, hints for mistyped names, secrets out of every record, and text of others that stays text

Docs: https://clippy-vl.github.io/clippy/console.html.md
"""
from contextlib import contextmanager
from typing import Any

many: Any
some: Any
share: Any

bounds: Any

def in_bounds(**values):
    """Complain about a number that makes no sense, before anything is done with it.

    Parameters
    ----------
    **values
        option -> what was typed; None and what is no number are passed over
    """
    ...

def did_you_mean(word:str, known, most:int=3)->str:
    """A hint for a name that was mistyped.

    Parameters
    ----------
    word : str
        what was typed
    known
        names that there are
    most : int, default 3
        hints

    Returns
    -------
    str
        a sentence with a blank before it; '' if nothing is near
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
    """An address without what it may hide.

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
        '': it has none that can be shown
    """
    ...

def hide_program(line:str)->str:
    """A command without what it may hide.

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
    """What an address or a command line hides is left out.

    Parameters
    ----------
    data
        text, or what JSON can hold

    Returns
    -------
    the same, without secrets
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
    """What packages on this machine offer to clippy.

    Parameters
    ----------
    group : str
        e.g. `clippy.tasks`

    Returns
    -------
    dict
        name -> what the package offers, not loaded
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
    """This package, where it is distributed now.

    Parameters
    ----------
    *extras : str
        of this distribution

    Returns
    -------
    str
        as pip takes it
    """
    ...

class Missing(ImportError, ValueError):
    """A package that is optional is not installed."""

def need(package:str, extra:str):
    """A package that not everybody has.

    Parameters
    ----------
    package : str
        as it is imported
    extra : str
        of this distribution

    Returns
    -------
    the module
    """
    ...

@contextmanager
def quick_imports():
    """Import without looking for garbage, then or later, in what is imported."""
    ...

def on_terminal(text, lines:bool=False)->str:
    """Text without characters that a terminal obeys.

    Parameters
    ----------
    text
        anything that `str` takes
    lines : bool, default False
        are ends of lines meant?
    """
    ...

class Markdown(str):
    """Text that is Markdown already, and is not escaped again."""

def in_markdown(text)->Markdown:
    """Text that Markdown shows as it is.

    Parameters
    ----------
    text
        anything that `str` takes; `Markdown` stays as it is

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
        for the colours
    """
    ...

def in_sheet(text)->str:
    """A cell that no spreadsheet takes for a formula.

    Parameters
    ----------
    text
        anything that `str` takes
    """
    ...

def in_latex(text)->str:
    """Text that LaTeX prints as it is.

    Parameters
    ----------
    text
        anything that `str` takes

    Returns
    -------
    str
        one line
    """
    ...

class Table(str):
    """Text that a terminal shows as a table, and a notebook too."""
    shown: str

def table(rows:list, head:tuple, right:tuple=())->Table:
    """A Markdown table with even columns.

    Parameters
    ----------
    rows : list
        tuples of text
    head : tuple
        of the columns
    right : tuple, default ()
        columns that are set to the right
    """
    ...
