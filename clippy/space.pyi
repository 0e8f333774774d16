# Made by tools/stubs.py from the module beside it: do not edit.
"""The web app as a folder that Hugging Face runs, with your own model in it

Docs: https://clippy-vl.github.io/clippy/space.html.md
"""
from pathlib import Path
from typing import Any

model_file: Any

def copy_model(source:Path, target:Path):
    """Copy the files that belong to a model, and refuse links.

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
    """The packages that the program needs.

    Parameters
    ----------
    models
        names of models

    Returns
    -------
    str
        lines of requirements.txt
    """
    ...

def write_space(folder:str | Path, model:str | list='scenes', compare:str='', title:str='clippy')->Path:
    """Write the folder of a Hugging Face Space.

    Parameters
    ----------
    folder : str | Path
        new or empty
    model : str | list, default 'scenes'
        as for `open_app`; of several, the first answers until another one is chosen
    compare : str, default ''
        one more model, to compare with
    title : str, default 'clippy'
        of the Space

    Returns
    -------
    Path
        `folder`
    """
    ...
