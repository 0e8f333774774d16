# Made by tools/stubs.py from the module beside it: do not edit.
"""A name, and the model that it stands for

Docs: https://clippy-vl.github.io/clippy/saved.html.md
"""
from .model import CLIPpy
from pathlib import Path
from typing import Any
import torch

def by_name(name:str, text:str | Path | None=None):
    """Ask all that registered for a model.

    Parameters
    ----------
    name : str
        e.g. of `clippy models`
    text : str | Path | None, default None
        release only: tokenizer and config of the text tower

    Returns
    -------
    a model; None: nobody knows the name
    """
    ...

def boxed()->dict:
    """The trained models that come with the package.

    Returns
    -------
    dict
        name -> folder
    """
    ...

def load(source:str | Path, preset:str='clippy-B-16', text:str | Path | None=None, revision:str | None=None, device=None, dtype=None)->CLIPpy:
    """Load a trained CLIPpy.

    Parameters
    ----------
    source : str | Path
        a name of `clippy models`, a saved folder, a Hub repo id, or the public release `clippy_5k.pt`
    preset : str, default 'clippy-B-16'
        release only: what its towers are
    text : str | Path | None, default None
        release only: tokenizer and config of the text tower; None: the preset's Hub name
    revision : str | None, default None
        Hub only: branch, tag or commit; if it is given, nothing local is looked for
    device : default None
        where it computes: cpu, cuda, cuda:1, mps, ...; None: cpu
    dtype : default None
        of its weights: fp32, bf16 or fp16, or the torch.dtype of one of these; None: fp32

    Returns
    -------
    CLIPpy
        in evaluation mode
    """
    ...

dtypes: Any

def as_dtype(dtype)->torch.dtype:
    """What weights are kept in.

    Parameters
    ----------
    dtype
        a key of `dtypes`, a longer name such as `bfloat16`, or a torch.dtype; None: fp32
    """
    ...

def as_device(device)->torch.device:
    """A device that is there.

    Parameters
    ----------
    device
        a name, such as `cuda` or `cuda:1`, a number of a card, or a torch.device; None: cpu
    """
    ...

def placed(model:CLIPpy, device:torch.device, dtype:torch.dtype)->CLIPpy:
    """Move a model, and change what its weights are kept in.

    Parameters
    ----------
    model : CLIPpy
        is moved itself, and is no copy
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
        a manifest, or `metrics.json` of a run

    Returns
    -------
    str
        '': it does not say
    """
    ...

model_files: list

def from_hub(name:str, revision:str | None=None, **options)->Path:
    """The files of a model on the Hub, and no others.

    Parameters
    ----------
    name : str
        repo id
    revision : str | None, default None
        branch, tag or commit
    **options
        of `huggingface_hub.snapshot_download`

    Returns
    -------
    Path
        folder of the cache
    """
    ...

config_settings: Any

release_names: dict

release_knows: str

def load_release(path:str | Path, preset:str='clippy-B-16', text:str | Path | None=None)->CLIPpy:
    """Load a checkpoint of the public port.

    Parameters
    ----------
    path : str | Path
        `clippy_5k.pt`
    preset : str, default 'clippy-B-16'
        what its towers are
    text : str | Path | None, default None
        folder or Hub name with tokenizer and config of the text tower
    """
    ...

def rename_release(state:dict)->dict:
    """The release's keys under our names.

    Parameters
    ----------
    state : dict
        the release's `state_dict`, perhaps wrapped by DistributedDataParallel

    Returns
    -------
    dict
        the same tensors under our names; a key that is not in `release_names` is kept, to be named in
        an error
    """
    ...

def open_model(name:str, text:str='', pretrained:bool | None=None, seed:int=0, device=None, dtype=None)->CLIPpy:
    """A trained model, or an untrained preset.

    Parameters
    ----------
    name : str
        a name of `clippy models`, a saved folder, a Hub repo id, a release, or a preset
    text : str, default ''
        preset or release: folder or Hub name of the text tower
    pretrained : bool | None, default None
        preset: start the towers from pretrained weights?
    seed : int, default 0
        preset: of the random weights
    device : default None
        where it computes, as for `load`
    dtype : default None
        of its weights, as for `load`

    Returns
    -------
    CLIPpy
        in evaluation mode
    """
    ...
