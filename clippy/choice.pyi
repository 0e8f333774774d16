# Made by tools/stubs.py from the module beside it: do not edit.
"""Many models on one page, and only a few of them in memory

Docs: https://clippy-vl.github.io/clippy/choice.html.md
"""
from typing import Any

def model_names(typed)->list:
    """The names of models in what was typed.

    Parameters
    ----------
    typed
        a line of names with commas between them, or a list of such lines

    Returns
    -------
    list
        of names, in that order
    """
    ...

def check_model(name:str):
    """Refuse a name that no model has, without loading any.

    Parameters
    ----------
    name : str
        as `load` takes it
    """
    ...

class Models:
    """Models by name: each is loaded when it is first asked, and only a few stay.

    Parameters
    ----------
    sources : dict
        name on the page -> what `load` takes, or a `CLIPpy`, which stays
    device : str, default ''
        cpu, cuda, mps; '': the best there is
    most : int, default 2
        loaded at the same time
    """
    sources: dict
    device: str
    most: Any
    loaded: Any
    about: Any
    asked: Any
    free: Any
    opening: Any
    def __init__(self, sources:dict, device:str='', most:int=2): ...
    @property
    def names(self)->list: ...
    def ask(self, name, question, *args):
        """Ask a question of a model, by its name.

        Parameters
        ----------
        name
            one of `names`; anything else is refused
        question
            function that gets the model
        *args
            that follow it

        Returns
        -------
        what the question gives
        """
        ...
