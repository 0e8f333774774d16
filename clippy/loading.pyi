# Made by tools/stubs.py from the module beside it: do not edit.
"""How to load a model that somebody else has written, without running anything of theirs

Docs: https://clippy-vl.github.io/clippy/loading.html.md
"""
from pathlib import Path
from torch import nn
from typing import Any

image_settings: Any

image_families: tuple

def check_image_name(name:str)->str:
    """Accept only the name of a Vision Transformer in timm's registry.

    Parameters
    ----------
    name : str
        as somebody else's model gives it

    Returns
    -------
    str
        `name`
    """
    ...

def read_weights(path:Path):
    """Read a file of weights.

    Parameters
    ----------
    path : Path
        a safetensors file, a torch file that holds only tensors, or a folder with a `model.safetensors`

    Returns
    -------
    the object in the file
    """
    ...

def named_tensors(found, path:Path)->dict:
    """Find the tensors of a checkpoint by their names.

    Parameters
    ----------
    found
        from `read_weights`
    path : Path
        path of the file

    Returns
    -------
    dict
        name -> tensor; none of them is larger than the file
    """
    ...

def fit_weights(model:nn.Module, state:dict, source:str, spare=()):
    """Load weights into a model, and name everything that does not fit.

    Parameters
    ----------
    model : nn.Module
    state : dict
        name -> tensor
    source : str
        where the weights come from, for the error
    spare : default ()
        names of weights that may be missing
    """
    ...

architectures: Any

text_settings: Any

def text_config(folder:str | Path, sub:str=''):
    """Read the architecture of a text tower.

    Parameters
    ----------
    folder : str | Path
        folder of a model
    sub : str, default ''
        folder of the transformer inside it

    Returns
    -------
    a config of transformers
    """
    ...

def short(e):
    """an error of a library, in a line"""
    ...

def text_shapes(config)->tuple:
    """List every weight of a transformer, without taking memory for it.

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
    """Raise an error if a file lacks weights of a transformer.

    Parameters
    ----------
    config
        from `text_config`
    found : dict
        name -> (type, shape), from `read_header`
    source : str
        name of the file, for the error
    """
    ...

modules: Any

def read_modules(folder:str | Path, sub:str='')->list:
    """Read which modules a text tower is made of.

    Parameters
    ----------
    folder : str | Path
        folder of a model
    sub : str, default ''
        folder of the tower inside it

    Returns
    -------
    list
        pairs of a class's name and its folder
    """
    ...

modes: Any

activations: list

module_settings: Any

about_settings: Any

def module_config(folder:str | Path, sub:str, kind:str, place:str)->dict:
    """Read the settings of one module of a text tower.

    Parameters
    ----------
    folder : str | Path
        folder of a model
    sub : str
        folder of the tower inside it
    kind : str
        key of `module_settings`
    place : str
        folder of the module inside the tower

    Returns
    -------
    dict
        checked settings, without those that are null or empty
    """
    ...

def pooling_config(found:dict, width:int, where:str)->dict:
    """Put the settings of a pooling into today's names.

    Parameters
    ----------
    found : dict
        from `module_config`
    width : int
        width of the vectors that come in
    where : str
        where the settings are, for the error
    """
    ...

def dense_config(found:dict, width:int, where:str)->dict:
    """Check that a linear layer fits the module before it.

    Parameters
    ----------
    found : dict
        from `module_config`
    width : int
        width of the vectors that come in
    where : str
        where the settings are, for the error

    Returns
    -------
    dict
        `found`
    """
    ...

tokenizer_files: Any

token_settings: Any

def copy_tokenizer(folder:str | Path, sub:str, out:Path):
    """Copy those files and settings of a tokenizer that are known.

    Parameters
    ----------
    folder : str | Path
        folder of a model
    sub : str
        folder of the tokenizer inside it
    out : Path
        folder to copy to
    """
    ...

def link_weights(folder:str | Path, sub:str, out:Path, config):
    """Link the weights of a transformer, after a check that they fit it.

    Parameters
    ----------
    folder : str | Path
        folder of a model
    sub : str
        folder of the transformer inside it
    out : Path
        folder to link from
    config
        from `text_config`
    """
    ...

def link_dense(folder:str | Path, sub:str, out:Path, settings:dict):
    """Link the weights of a linear layer, after a check that they fit it.

    Parameters
    ----------
    folder : str | Path
        folder of a model
    sub : str
        folder of the layer inside it
    out : Path
        folder to link from
    settings : dict
        from `dense_config`
    """
    ...

tower_files: list

weight_files: list

def copy_tower(folder:str | Path, out:str | Path, sub:str='', weights:bool=True)->list:
    """Copy a text tower, with nothing in the copy that clippy does not know.

    Parameters
    ----------
    folder : str | Path
        folder of a model
    out : str | Path
        an empty folder, for the copy
    sub : str, default ''
        folder of the tower inside `folder`
    weights : bool, default True
        False: copy only settings and tokenizer

    Returns
    -------
    list
        of (class, settings, folder); the transformer comes first, with its config in place of settings
    """
    ...

def refuse_to_replace(path:Path):
    """Raise an error if there is something else than an older model, which would be lost.

    Parameters
    ----------
    path : Path
        where a model will be saved
    """
    ...
