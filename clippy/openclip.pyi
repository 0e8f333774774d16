# Made by tools/stubs.py from the module beside it: do not edit.
"""Every Vision Transformer of open_clip, with vectors for its patches

Docs: https://clippy-vl.github.io/clippy/openclip.html.md
"""
from .families import Family
from .families import FamilyConfig
from .registry import Entry
from pathlib import Path
from torch import Tensor
from torch import nn
from typing import Any

def resized_positions(positions:Tensor, old:tuple, new:tuple)->Tensor:
    """Interpolate the positions of patches to another grid.

    Parameters
    ----------
    positions : Tensor
        `[1+h*w,D]`, the first one for the class token
    old : tuple
        h and w
    new : tuple
        the same, of this image

    Returns
    -------
    Tensor
        `[1+h*w,D]`
    """
    ...

def before_last(tower:nn.Module, x:Tensor)->Tensor:
    """Tokens that the last block is given.

    Parameters
    ----------
    tower : nn.Module
        `open_clip.transformer.VisionTransformer`
    x : Tensor
        `[B,3,H,W]`

    Returns
    -------
    Tensor
        `[B,1+h*w,D]`
    """
    ...

def any_size(trunk:nn.Module)->nn.Module:
    """A tower that takes images of any size.

    Parameters
    ----------
    trunk : nn.Module
        of timm

    Returns
    -------
    nn.Module
        with the same weights
    """
    ...

def pool_alone(visual:nn.Module, x:Tensor, values:bool)->Tensor:
    """Every patch as if it were pooled alone.

    Parameters
    ----------
    visual : nn.Module
        `open_clip.timm_model.TimmModel`
    x : Tensor
        `[B,3,H,W]`
    values : bool
        with a class token: by the value path of the last block? An attention pool has its own

    Returns
    -------
    Tensor
        `[B,N,D]`
    """
    ...

class OpenCLIP(Family):
    """A model of open_clip with a Vision Transformer.

    Parameters
    ----------
    config : FamilyConfig
    model : nn.Module
        `open_clip.model.CustomTextCLIP`
    tokenizer
        list[str] -> `[B,T]` token ids
    """
    self_made: Any
    tokenizer: Any
    def __init__(self, config:FamilyConfig, model:nn.Module, tokenizer): ...
    def pooled(self, x): ...
    def patches(self, x, values): ...
    def ids(self, texts): ...
    def read(self, tokens): ...

shared_settings: Any

vision_settings: Any

text_settings: Any

clip_settings: Any

pixel_settings: Any

def check_clip(said:dict, where:str)->dict:
    """Check that the settings of a CLIP only choose among numbers and known names.

    Parameters
    ----------
    said : dict
        the field `model_cfg` of open_clip_config.json
    where : str
        where it stands, for the sentence of an error

    Returns
    -------
    dict
        the same
    """
    ...

clip_files: list

def find(name:str)->tuple:
    """What a name of open_clip stands for.

    Parameters
    ----------
    name : str
        without `open_clip:`

    Returns
    -------
    tuple
        settings, pixels, tokenizer, file of weights
    """
    ...

def new_names(state:dict)->dict:
    """Weights of open_clip in its newer layout.

    Parameters
    ----------
    state : dict
        name -> tensor

    Returns
    -------
    dict
        the same, the text tower's under `text.`
    """
    ...

def build(cfg:dict, weights:Path, source:str)->nn.Module:
    """A model of open_clip with its weights, without open_clip's own loading.

    Parameters
    ----------
    cfg : dict
        settings, from `find`
    weights : Path
        file, from `find`
    source : str
        of the weights, for the sentence of an error

    Returns
    -------
    nn.Module
        `open_clip.model.CustomTextCLIP`
    """
    ...

def open_clip_model(entry:Entry)->OpenCLIP:
    """Load a model of open_clip.

    Parameters
    ----------
    entry : Entry
        of the registry; its name begins with `open_clip:`

    Returns
    -------
    OpenCLIP
        in evaluation mode
    """
    ...
