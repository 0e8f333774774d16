# Made by tools/stubs.py from the module beside it: do not edit.
"""One name opens a model: from your folder, from the package, from the Hub, or from the authors' file

Docs: https://clippy-vl.github.io/clippy/saved.html.md
"""
from .model import CLIPpy
from pathlib import Path
from typing import Any
import torch

def boxed()->dict:
    """The trained models that come with the package.

    Returns
    -------
    dict
        name -> folder
    """
    ...

def load(source:str | Path, preset:str='clippy-B-16', text:str | Path | None=None, revision:str | None=None, device=None, dtype=None)->CLIPpy:
    """Load a trained model by its name, from a folder, from the Hub or from the public release.

    Parameters
    ----------
    source : str | Path
        a name of `clippy models`, a saved folder, a repository on the Hub, or the file `clippy_5k.pt`
    preset : str, default 'clippy-B-16'
        release only: the preset that says what its towers are
    text : str | Path | None, default None
        release only: folder with the text tower's tokenizer and config; None: as the preset says
    revision : str | None, default None
        Hub only: branch, tag or commit; if it is given, local names are not tried
    device : default None
        where the model computes: cpu, cuda, cuda:1, mps, ...; None: cpu
    dtype : default None
        type of its weights: fp32, bf16 or fp16, or the torch.dtype of one of these; None: fp32

    Returns
    -------
    CLIPpy
        in evaluation mode
    """
    ...

def by_name(name:str, text:str | Path | None=None):
    """Ask every registered family of models for a model of this name.

    Parameters
    ----------
    name : str
        e.g. one that `clippy models` lists
    text : str | Path | None, default None
        release only: folder with the text tower's tokenizer and config

    Returns
    -------
    a model; None: nobody knows the name
    """
    ...

model_files: list

def from_hub(name:str, revision:str | None=None, **options)->Path:
    """Fetch the files of a model from the Hub, and no others.

    Parameters
    ----------
    name : str
        id of the repository
    revision : str | None, default None
        branch, tag or commit
    **options
        options of `huggingface_hub.snapshot_download`

    Returns
    -------
    Path
        folder in the Hub's cache
    """
    ...

dtypes: Any

def as_dtype(dtype)->torch.dtype:
    """The type of number that weights are kept in.

    Parameters
    ----------
    dtype
        a key of `dtypes`, a longer name such as `bfloat16`, or a torch.dtype; None: fp32
    """
    ...

def as_device(device)->torch.device:
    """A device that this machine has.

    Parameters
    ----------
    device
        a name, such as `cuda` or `cuda:1`, a number of a card, or a torch.device; None: cpu
    """
    ...

def placed(model:CLIPpy, device:torch.device, dtype:torch.dtype)->CLIPpy:
    """Move a model to a device, and its weights to another type of number.

    Parameters
    ----------
    model : CLIPpy
        is moved itself, so this makes no copy
    device : torch.device
        from `as_device`
    dtype : torch.dtype
        from `as_dtype`

    Returns
    -------
    CLIPpy
        the same
    """
    ...

drawings: str

def knowledge(manifest:dict)->str:
    """What a model was trained on, in words.

    Parameters
    ----------
    manifest : dict
        a manifest, or the `metrics.json` of a run

    Returns
    -------
    str
        '': the manifest does not say
    """
    ...

config_settings: Any

release_names: dict

release_knows: str

def load_release(path:str | Path, preset:str='clippy-B-16', text:str | Path | None=None)->CLIPpy:
    """Load a checkpoint of the authors' public port.

    Parameters
    ----------
    path : str | Path
        the file, e.g. `clippy_5k.pt`
    preset : str, default 'clippy-B-16'
        the preset that says what its towers are
    text : str | Path | None, default None
        folder or Hub name of the text tower, for its tokenizer and config
    """
    ...

def rename_release(state:dict)->dict:
    """Translate the release's keys to our names.

    Parameters
    ----------
    state : dict
        the release's `state_dict`, perhaps wrapped by DistributedDataParallel

    Returns
    -------
    dict
        the same tensors under our names; an unknown key is kept, so that an error can name it
    """
    ...

def open_model(name:str, text:str='', pretrained:bool | None=None, seed:int=0, device=None, dtype=None)->CLIPpy:
    """Open a trained model, or an untrained preset.

    Parameters
    ----------
    name : str
        a name of `clippy models`, a saved folder, a repository on the Hub, a release, or a preset
    text : str, default ''
        preset or release only: folder or Hub name of the text tower
    pretrained : bool | None, default None
        preset only: start the towers from pretrained weights?
    seed : int, default 0
        preset only: seed of the random weights
    device : default None
        where the model computes, as for `load`
    dtype : default None
        type of its weights, as for `load`

    Returns
    -------
    CLIPpy
        in evaluation mode
    """
    ...
