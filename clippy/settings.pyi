# Made by tools/stubs.py from the module beside it: do not edit.
"""Options by their names, in a file that can be kept: what is typed counts more, and nothing is dropped

Docs: https://clippy-vl.github.io/clippy/settings.html.md
"""
from pathlib import Path
from typing import Any
import argparse

def read_settings(path:str | Path)->dict:
    """A table of settings from a file.

    Parameters
    ----------
    path : str | Path
        .toml or .json

    Returns
    -------
    dict
        key -> value
    """
    ...

def value_of(option:argparse.Action, value):
    """The value of an option.

    Parameters
    ----------
    option : argparse.Action
    value
        as the file has it

    Returns
    -------
    as the parser would give it; an error says what is expected
    """
    ...

class Switch(argparse.Action):
    """`--cpu` turns an option on, `--no-cpu` off."""
    own: Any
    def __init__(self, option_strings, dest, default=False, help=None, **_): ...
    def __call__(self, parser, found, values, option=None): ...

def opposite(name:str)->str:
    """The name that turns off what another turns on.

    Parameters
    ----------
    name : str
        `--cpu` or `--no-cpu`

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
    """Options from a file; relative paths in it are meant from the working directory, as typed ones are.

    Parameters
    ----------
    path : str | Path
        .toml or .json
    parser : argparse.ArgumentParser
        of the command
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
    """Options: as typed, else as in the file that `--config` names, else the defaults.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    args : list
        command line

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
    """All options of a command's function.

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
    """A value as TOML.

    Parameters
    ----------
    value
        text, number, bool, path, or a list or dict of these

    Returns
    -------
    str
        an error if TOML cannot hold it
    """
    ...

def write_config(path:str | Path, options:dict, about:dict, notes:list)->Path:
    """Write options, whole or not at all, so that `read_config` gives them back.

    Parameters
    ----------
    path : str | Path
        a file; an older one is replaced
    options : dict
        option -> value; None is left to the recipe
    about : dict
        of `origins`
    notes : list
        lines for who reads the file

    Returns
    -------
    Path
        `path`
    """
    ...

def said_otherwise(path:str | Path, now:dict)->str:
    """What is not as it was where a file of options comes from.

    Parameters
    ----------
    path : str | Path
        file of options
    now : dict
        `data` and `processes` of this run

    Returns
    -------
    str
        '': as it was, or the file does not say
    """
    ...
