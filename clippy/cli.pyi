# Made by tools/stubs.py from the module beside it: do not edit.
"""One command, `clippy`, whose sub-commands are functions of the chapters before

Docs: https://clippy-vl.github.io/clippy/cli.html.md
"""
from pathlib import Path
from typing import Any
import argparse

by_task: dict

commands: dict

def usage(table:dict=None)->str:
    """The list of commands.

    Parameters
    ----------
    table : dict, default None
        command -> (function, line), in place of `commands`

    Returns
    -------
    str
        what `clippy --help` prints
    """
    ...

examples: Any

exit_codes: dict

def codes_of(name:str)->dict:
    """The exit codes of a command.

    Parameters
    ----------
    name : str
        of a command

    Returns
    -------
    dict
        exit code -> what it means
    """
    ...

def describe(f)->dict:
    """The options of a function, as its signature gives them.

    Parameters
    ----------
    f
        function of a command

    Returns
    -------
    dict
        JSON can hold it: `help`, `options`, `old` (renamed ones), and `rest` (which takes all that has
        no name)
    """
    ...

def write_options(path:str | Path=''):
    """Keep what the signatures of all commands say.

    Parameters
    ----------
    path : str | Path, default ''
        '': where the package looks for it
    """
    ...

def options_of(name, where):
    """from the file for a command of ours, from its function for another"""
    ...

def function(where:str):
    """The function behind a row of the table.

    Returns
    -------
    `module:name`
    """
    ...

class _Parser(argparse.ArgumentParser):
    """A mistyped option gets the nearest ones that are."""
    def error(self, message): ...

def parser(name:str, said:dict, add_help:bool=True, **kw)->argparse.ArgumentParser:
    """A parser from what a signature says.

    Parameters
    ----------
    name : str
        of the command
    said : dict
        from `describe`
    add_help : bool, default True
        give it --help
    **kw
        to argparse
    """
    ...

def synopsis(name:str, said:dict)->str:
    """How a command is typed, in short.

    Parameters
    ----------
    name : str
        of the command
    said : dict
        from `describe`

    Returns
    -------
    str
        such as `clippy segment [OPTIONS] [IMAGE ...]`
    """
    ...

class _Help(argparse.HelpFormatter):
    """Every option once, and lines that are lines already as they are."""

def is_missing(name:str)->bool:
    """Whether a file or folder that was named is surely not there.

    Parameters
    ----------
    name : str
        as it was typed

    Returns
    -------
    bool
        False: it is there, or may be
    """
    ...

def is_missing_model(name:str)->bool:
    """Whether a model that was named is surely not there.

    Parameters
    ----------
    name : str
        as it was typed

    Returns
    -------
    bool
        False: it is there, or may be somewhere else
    """
    ...

places: Any

def look_first(name:str, given:dict):
    """Complain about what needs no chapter to be seen.

    Parameters
    ----------
    name : str
        of the command
    given : dict
        its arguments
    """
    ...

def command(name:str, args:list, table:dict=None)->int:
    """Run one command.

    Parameters
    ----------
    name : str
        a key of the table
    args : list
        what follows it on the command line
    table : dict, default None
        in place of `commands`

    Returns
    -------
    int
        exit code: the function's own if it returns one, else 0
    """
    ...

def cli(argv:list=None, table:dict=None)->int:
    """The `clippy` command.

    Parameters
    ----------
    argv : list, default None
        what follows `clippy`; None reads the command line
    table : dict, default None
        in place of `commands`

    Returns
    -------
    int
        exit code
    """
    ...

def whole_parser(table:dict=None)->argparse.ArgumentParser:
    """All commands as one parser."""
    ...

def completion(shell:str):
    """Print what a shell needs to complete commands and options.

    Parameters
    ----------
    shell : str
        SHELL: bash, zsh, tcsh, fish or powershell.
    """
    ...
