# Made by tools/stubs.py from the module beside it: do not edit.
"""Which models there are, what each of them knows, and where it comes from

Docs: https://clippy-vl.github.io/clippy/registry.html.md
"""
from .console import Table
from dataclasses import dataclass
from typing import Annotated

@dataclass(frozen=True)
class Entry:
    """A model that has a name.

    Parameters
    ----------
    name : str
        e.g. `tipsv2-l14`
    kind : str
        `boxed`, `release`, `family` or `preset`
    family : str
        whose function opens it: an entry point of `clippy.families`
    knows : str
        what it was trained on
    parameters : int
        millions, of both towers
    licence : str
        of the weights
    home : str
        address of a file, or name on the Hub
    bytes : int | None, default None
        size of the file; None: nobody has written it down yet
    sha256 : str, default ''
        hash of the file; '': nobody has written it down yet
    """
    name: str
    kind: str
    family: str
    knows: str
    parameters: int
    licence: str
    home: str
    bytes: int | None = ...
    sha256: str = ...

def registry()->dict:
    """All models that have a name.

    Returns
    -------
    dict
        name -> `Entry`
    """
    ...

def families()->list:
    """The families of models of others.

    Returns
    -------
    list
        of names
    """
    ...

def entry(name:str)->Entry | None:
    """Look a model up.

    Parameters
    ----------
    name : str
        a name of the table, or a family and its own name, e.g. `open_clip:ViT-L-14/openai`,
        `tipsv2:my/folder`

    Returns
    -------
    Entry | None
        None: no name of ours
    """
    ...

def is_family(name:str)->bool:
    """Whether a name stands for a model of others.

    Parameters
    ----------
    name : str
        as it was typed

    Returns
    -------
    bool
        nothing is loaded for the answer
    """
    ...

def hint(name:str)->str:
    """What may have been meant by a name that does not exist.

    Parameters
    ----------
    name : str
        that nothing was found for

    Returns
    -------
    str
        a sentence with a blank before it; '' if nothing is near
    """
    ...

def mistyped(name:str)->str:
    """What is wrong with the name of a model, if anything is.

    Parameters
    ----------
    name : str
        as it was typed

    Returns
    -------
    str
        a sentence; '': it is a name, something on this disk, or perhaps something on the Hub
    """
    ...

def open_named(name:str, text:str=''):
    """Open a model of the table.

    Parameters
    ----------
    name : str
        a name of the table
    text : str, default ''
        a release: folder or Hub name of the text tower; '': the usual one

    Returns
    -------
    `CLIPpy`, in evaluation mode; None: no name of ours, or a model in the box
    """
    ...

def is_changed(model)->bool:
    """Has a model been trained, or been given other weights, since it was opened?

    Parameters
    ----------
    model
        `CLIPpy`

    Returns
    -------
    bool
        False too for a model that was not opened by its name
    """
    ...

def caution(model, name:str)->str:
    """What to know before believing an answer about a photograph.

    Parameters
    ----------
    model
        `CLIPpy`
    name : str
        as it was called

    Returns
    -------
    str
        a sentence; '': there is nothing to say
    """
    ...

def published(model:str='', task:str='', protocol:str='')->list:
    """Numbers that others published.

    Parameters
    ----------
    model : str, default ''
        a name of the table; '': all
    task : str, default ''
        e.g. `ade20k`; '': all
    protocol : str, default ''
        e.g. `tips`; '': all

    Returns
    -------
    list
        of dicts: model, task, protocol, set, metric, percent, source
    """
    ...

def short_title(metric:str)->str:
    """What papers call a number.

    Parameters
    ----------
    metric : str
        key of a number

    Returns
    -------
    str
        for a table or an axis
    """
    ...

def measured(name:str)->dict:
    """The numbers of the task `scenes`, from a model's manifest.

    Parameters
    ----------
    name : str
        of a model that comes with the package

    Returns
    -------
    dict
        number -> value in [0,1]
    """
    ...

def number_of(e:Entry)->str:
    """One number that says how good a model is.

    Returns
    -------
    str
        with task and protocol; '' if there is none
    """
    ...

def model_table()->Table:
    """All models that have a name.

    Returns
    -------
    Table
        one row a model
    """
    ...

def home_of(e:Entry)->str:
    """Where a model comes from.

    Returns
    -------
    str
        host and name of a file: rows stay short
    """
    ...

def about_model(e:Entry)->Table:
    """What is known about a model."""
    ...

def models(name:Annotated[str, dict(opt=False, nargs='?')]='')->Table:
    """List the models that have a name.

    Parameters
    ----------
    name : Annotated[str, dict(opt=False, nargs='?')], default ''
        NAME: One model: show all that is known about it.

    Returns
    -------
    Table
        what is printed
    """
    ...
