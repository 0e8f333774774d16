# Made by tools/stubs.py from the module beside it: do not edit.
"""Where the options that you do not give come from, and which mistakes are found before training begins

Docs: https://clippy-vl.github.io/clippy/options.html.md
"""
from .model import Config
from pathlib import Path
from types import SimpleNamespace
from typing import Any

recipes: Any

precisions: Any

def completed(options:dict, known:dict)->SimpleNamespace:
    """Complete the options by their recipe, and check them.

    Parameters
    ----------
    options : dict
        what was asked for; None or missing: as the recipe says
    known : dict
        every option there is -> its default

    Returns
    -------
    SimpleNamespace
        every option has a value
    """
    ...

def check_data(options:SimpleNamespace):
    """Raise an error for data that is not there, now rather than at the end of the first epoch."""
    ...

def pin_evaluations(options:SimpleNamespace):
    """Add the commit to addresses on the Hub; a resumed run keeps the commit with which it began."""
    ...

def check_choices(options:SimpleNamespace):
    """Raise an error for a value that does not exist, or that does not go with another option."""
    ...

def check_frozen(options:SimpleNamespace):
    """Raise an error for what needs frozen towers, or does not go with them."""
    ...

def model_config(options)->Config:
    """The model of a run.

    Returns
    -------
    Config
        the preset, with the changes that the options name
    """
    ...

def run_folder(options)->Path:
    """Where a run keeps its files; nothing of others may be where its model goes.

    Returns
    -------
    Path
        an old one to resume, or a new one
    """
    ...

def pinned_data(options, tell)->str:
    """The training data; addresses on the Hub get their commit.

    Parameters
    ----------
    options
        of a run
    tell
        callable: is given a sentence where the data set has changed since

    Returns
    -------
    str
        of a resumed run, at the commit with which it began
    """
    ...

def precision_option(found:str)->str:
    """The precision that a run has, whoever chose it.

    Parameters
    ----------
    found : str
        as accelerate calls it

    Returns
    -------
    str
        as an option
    """
    ...

def write_run_config(folder:Path, asked:dict, precision:str, about:dict, versions:dict)->str:
    """Write the `config.toml` of a run.

    Parameters
    ----------
    folder : Path
        of the run
    asked : dict
        its options, completed
    precision : str
        as accelerate calls it
    about : dict
        `data`, its hash, and the number of `processes`
    versions : dict
        package -> version

    Returns
    -------
    str
        what is not as it was where `config` comes from; '': nothing
    """
    ...

def asked(options:SimpleNamespace)->dict:
    """The evaluations that the options name.

    Returns
    -------
    dict
        task -> path; '' where a task needs no data
    """
    ...

def evaluations_for(options:SimpleNamespace)->list:
    """The evaluations of a run, each with its data found.

    Returns
    -------
    list
        with `task`, `measure` and `figure`
    """
    ...

def holds_imagenet(path)->bool:
    """Are there a thousand folders such as n01440764?"""
    ...
