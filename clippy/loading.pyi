# Made by tools/stubs.py from the module beside it: do not edit.
"""The settings of the two towers that clippy reads from a model of others, and a copy without the rest

Docs: https://clippy-vl.github.io/clippy/loading.html.md
"""
from pathlib import Path
from torch import nn
from typing import Any

image_settings: Any

image_families: tuple

def check_image_name(name:str)->str:
    """A Vision Transformer in timm's registry.

    Parameters
    ----------
    name : str
        from a model of others

    Returns
    -------
    str
        `name`
    """
    ...

def read_weights(path:Path):
    """Read a file of tensors.

    Parameters
    ----------
    path : Path
        a safetensors file, a torch file without pickled objects, or a folder with a `model.safetensors`

    Returns
    -------
    what the file holds
    """
    ...

def named_tensors(found, path:Path)->dict:
    """The tensors of a checkpoint, by their names.

    Parameters
    ----------
    found
        from `read_weights`
    path : Path
        of the file

    Returns
    -------
    dict
        name -> tensor, none of them larger than the file
    """
    ...

def fit_weights(model:nn.Module, state:dict, source:str, spare=()):
    """Load weights into a model; every misfit is named.

    Parameters
    ----------
    model : nn.Module
    state : dict
        name -> tensor
    source : str
        of the weights, for the sentence
    spare : default ()
        names that may be missing
    """
    ...

architectures: Any

text_settings: Any

def text_config(folder:str | Path, sub:str=''):
    """The architecture of a text tower.

    Parameters
    ----------
    folder : str | Path
        of a model
    sub : str, default ''
        folder of the transformer in it

    Returns
    -------
    config of transformers
    """
    ...

def short(e):
    """an error of a library, in a line"""
    ...

def text_shapes(config)->tuple:
    """Every weight of a transformer, with no memory taken.

    Parameters
    ----------
    config
        from `text_config`

    Returns
    -------
    tuple
        prefix that the names may have in a file, and a list of (names of one tensor, its shape)
    """
    ...

def fit_text(config, found:dict, source:str):
    """Raise an error if a file has not all the weights of a transformer.

    Parameters
    ----------
    config
        from `text_config`
    found : dict
        name -> (type, shape), from `read_header`
    source : str
        of the file, for the sentence
    """
    ...

modules: Any

def read_modules(folder:str | Path, sub:str='')->list:
    """Which modules a text tower is made of.

    Parameters
    ----------
    folder : str | Path
        of a model
    sub : str, default ''
        folder of the tower in it

    Returns
    -------
    list
        of (name of the class, its folder)
    """
    ...

modes: Any

activations: list

module_settings: Any

about_settings: Any

def module_config(folder:str | Path, sub:str, kind:str, place:str)->dict:
    """The settings of one module of a text tower.

    Parameters
    ----------
    folder : str | Path
        of a model
    sub : str
        folder of the tower in it
    kind : str
        key of `module_settings`
    place : str
        folder of the module in the tower

    Returns
    -------
    dict
        checked; what is null or empty is not set
    """
    ...

def pooling_config(found:dict, width:int, where:str)->dict:
    """Settings of a pooling in today's names.

    Parameters
    ----------
    found : dict
        from `module_config`
    width : int
        of the vectors that come in
    where : str
        the settings are, for the sentence
    """
    ...

def dense_config(found:dict, width:int, where:str)->dict:
    """Settings of a linear layer that fits the module before it.

    Parameters
    ----------
    found : dict
        from `module_config`
    width : int
        of the vectors that come in
    where : str
        the settings are, for the sentence

    Returns
    -------
    dict
        `found`
    """
    ...

tokenizer_files: Any

token_settings: Any

def copy_tokenizer(folder:str | Path, sub:str, out:Path):
    """Copy what is known of a tokenizer.

    Parameters
    ----------
    folder : str | Path
        of a model
    sub : str
        folder of the tokenizer in it
    out : Path
        a folder
    """
    ...

def link_weights(folder:str | Path, sub:str, out:Path, config):
    """Link the weights of a transformer, if they fit it.

    Parameters
    ----------
    folder : str | Path
        of a model
    sub : str
        folder of the transformer in it
    out : Path
        a folder
    config
        from `text_config`
    """
    ...

def link_dense(folder:str | Path, sub:str, out:Path, settings:dict):
    """Link the weights of a linear layer, if they fit it.

    Parameters
    ----------
    folder : str | Path
        of a model
    sub : str
        folder of the layer in it
    out : Path
        a folder
    settings : dict
        from `dense_config`
    """
    ...

tower_files: list

weight_files: list

def copy_tower(folder:str | Path, out:str | Path, sub:str='', weights:bool=True)->list:
    """A text tower with nothing in it that clippy does not know.

    Parameters
    ----------
    folder : str | Path
        of a model
    out : str | Path
        an empty folder
    sub : str, default ''
        folder of the tower in `folder`
    weights : bool, default True
        False: settings and tokenizer alone

    Returns
    -------
    list
        of (class, settings, folder); the first is the transformer, with its config instead of settings
    """
    ...

def refuse_to_replace(path:Path):
    """Complain about what is no older model, and would be lost.

    Parameters
    ----------
    path : Path
        where a model will be
    """
    ...
