# Made by tools/stubs.py from the module beside it: do not edit.
"""The web app as a folder for the Hugging Face Hub, with a model that comes along

Docs: https://clippy-vl.github.io/clippy/space.html.md
"""
from pathlib import Path
from typing import Any

model_file: Any

def copy_model(source:Path, target:Path):
    """Copy the files that a model has, if none is a link.

    Parameters
    ----------
    source : Path
        folder of a model
    target : Path
        new folder
    """
    ...

program: Any

def requirements_of(models)->str:
    """What the program needs.

    Parameters
    ----------
    models
        by their names

    Returns
    -------
    str
        lines of requirements.txt
    """
    ...

def write_space(folder:str | Path, model:str | list='scenes', compare:str='', title:str='clippy')->Path:
    """Write a Hugging Face Space.

    Parameters
    ----------
    folder : str | Path
        new or empty
    model : str | list, default 'scenes'
        as for `open_app`; of several, the first answers until another one is chosen
    compare : str, default ''
        one more
    title : str, default 'clippy'
        of the Space

    Returns
    -------
    Path
        `folder`
    """
    ...
