# Made by tools/stubs.py from the module beside it: do not edit.
"""Keep the options of a run in a file: what is typed beside it wins, and nothing in it is silently ignored

Docs: https://clippy-vl.github.io/clippy/settings.html.md
"""
from pathlib import Path
from typing import Any
import argparse

def read_settings(path:str | Path)->dict:
    """Read a table of settings from a file.

    Parameters
    ----------
    path : str | Path
        a file that ends in .toml or .json

    Returns
    -------
    dict
        key -> value
    """
    ...

def value_of(option:argparse.Action, value):
    """Translate a value in a file to the value of an option.

    Parameters
    ----------
    option : argparse.Action
    value
        the value in the file

    Returns
    -------
    the value that the parser would give; an error says what is expected
    """
    ...

class Switch(argparse.Action):
    """An option that `--dry-run` turns on and `--no-dry-run` turns off."""
    own: Any
    def __init__(self, option_strings, dest, default=False, help=None, **_): ...
    def __call__(self, parser, found, values, option=None): ...

def opposite(name:str)->str:
    """The name that turns off what another turns on.

    Parameters
    ----------
    name : str
        such as `--dry-run` or `--no-dry-run`

    Returns
    -------
    str
        the other one
    """
    ...

Flag: Any

Several: Any

origins: tuple

def read_config(path:str | Path, parser:argparse.ArgumentParser, typed=())->dict:
    """Read options from a file; relative paths in it start from the working directory, as typed ones do.

    Parameters
    ----------
    path : str | Path
        a file that ends in .toml or .json
    parser : argparse.ArgumentParser
        parser of the command
    typed : default ()
        options that were given beside the file

    Returns
    -------
    dict
        option -> value
    """
    ...

def kept_options()->dict:
    """What the signatures of all commands said when the package was exported.

    Returns
    -------
    dict
        command -> its `options`, as the arguments that make them
    """
    ...

def origin(path:str | Path, found:dict)->dict:
    """Where a file of options comes from.

    Parameters
    ----------
    path : str | Path
        for messages
    found : dict
        what is in the file

    Returns
    -------
    dict
        `data`, `processes`, `left_out`, ...: those that it says
    """
    ...

def parsed(parser:argparse.ArgumentParser, args:list)->dict:
    """The options as they were typed, else as in the file that `--config` names, else the defaults.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    args : list
        words of the command line

    Returns
    -------
    dict
        option -> value
    """
    ...

def old_names(f)->dict:
    """The options of a function that have another name now: their comments begin with `OLD:`.

    Parameters
    ----------
    f
        function of a command

    Returns
    -------
    dict
        old name -> what is typed now, such as `--device cpu`
    """
    ...

def renewed(given:dict, old:dict, aloud:str='')->dict:
    """Options under the names that they have now.

    Parameters
    ----------
    given : dict
        option -> value
    old : dict
        from `old_names`
    aloud : str, default ''
        say what an option is called now, after this; '': say nothing

    Returns
    -------
    dict
        without old names; where both were given, the new one counts
    """
    ...

def with_config(f, given:dict)->dict:
    """All options of a command's function, with those of its file.

    Parameters
    ----------
    f
        function of a command
    given : dict
        its arguments

    Returns
    -------
    dict
        with those of the file that `config` names
    """
    ...

def given_or_read(given:dict, f)->dict:
    """Options that are given, and for the others the file.

    Parameters
    ----------
    given : dict
        option -> value, without defaults; None counts as not given
    f
        function of a command, whose options they are

    Returns
    -------
    dict
        the same, and what is in the file that `config` names
    """
    ...

def as_toml(value)->str:
    """Write a value as TOML.

    Parameters
    ----------
    value
        a text, number, bool or path, or a list or dict of these

    Returns
    -------
    str
        it is an error if TOML cannot hold the value
    """
    ...

def write_config(path:str | Path, options:dict, about:dict, notes:list)->Path:
    """Write options to a file, whole or not at all, so that `read_config` gives them back.

    Parameters
    ----------
    path : str | Path
        a file; an older one is replaced
    options : dict
        option -> value; an option that is None is not written
    about : dict
        where the options come from, by the names in `origins`
    notes : list
        lines of comment for people who read the file

    Returns
    -------
    Path
        `path`
    """
    ...

def said_otherwise(path:str | Path, now:dict)->str:
    """Say what has changed since the run from which a file of options comes.

    Parameters
    ----------
    path : str | Path
        the file of options
    now : dict
        `data` and `processes` of this run

    Returns
    -------
    str
        '': nothing has changed, or the file does not say
    """
    ...
