# Made by tools/stubs.py from the module beside it: do not edit.
"""Patches of DINO, and two ways to find words among them: dino.txt and Talk2DINO

Docs: https://clippy-vl.github.io/clippy/dinotxt.html.md
"""
from .families import Family
from .families import FamilyConfig
from .registry import Entry
from pathlib import Path
from torch import Tensor
from torch import nn
from typing import Any

sizes: dict

def dino_name(state:dict, source:str)->str:
    """Which DINO with registers the weights of a file belong to.

    Parameters
    ----------
    state : dict
        name -> tensor, in the authors' layout or in timm's
    source : str
        of the weights, for the sentence of an error

    Returns
    -------
    str
        of timm
    """
    ...

def dino_tower(path:Path)->nn.Module:
    """DINOv2 or DINOv3 with registers.

    Parameters
    ----------
    path : Path
        a file of weights

    Returns
    -------
    nn.Module
        of timm, for images of any size
    """
    ...

def dino_tokens(tower:nn.Module, x:Tensor, values:bool)->Tensor:
    """Patches after the final norm.

    Parameters
    ----------
    tower : nn.Module
        of timm
    x : Tensor
        `[B,3,H,W]`
    values : bool
        by the value path?

    Returns
    -------
    Tensor
        `[B,N,D]`
    """
    ...

def renamed(state:dict, words:tuple)->dict:
    """Weights under the names of timm.

    Parameters
    ----------
    state : dict
        name -> tensor
    words : tuple
        (theirs, ours)

    Returns
    -------
    dict
        the same
    """
    ...

class Head(nn.Module):
    """The blocks that dino.txt puts on DINO.

    Parameters
    ----------
    width : int
    layers : int
    hidden : int
        width of the gated MLP
    """
    blocks: Any
    ln_final: Any
    def __init__(self, width:int, layers:int, hidden:int): ...
    def forward(self, x, values=False):
        """`[B,N,D]`"""
        ...

class Seeing(nn.Module):
    """The image tower of dino.txt: DINO, and a head on it."""
    tower: nn.Module
    head: Head
    def __init__(self, tower:nn.Module, head:Head): ...
    def forward(self, x, values=False):
        """`[B,prefix+N,D]`"""
        ...

class CausalText(nn.Module):
    """The text tower of dino.txt.

    Parameters
    ----------
    vocab : int
        tokens that there are
    length : int
        how many tokens a text has at most
    width : int
    layers : int
    out : int
        width of the common space
    """
    token_embedding: Any
    positional_embedding: Any
    blocks: Any
    ln_final: Any
    linear_projection: Any
    def __init__(self, vocab:int, length:int, width:int, layers:int, out:int): ...
    def forward(self, ids):
        """`[B,T]` -> `[B,out]`"""
        ...

class DinoTxt(Family):
    """DINOv2 or DINOv3 with the text tower of dino.txt.

    Parameters
    ----------
    config : FamilyConfig
    image : Seeing
    text : CausalText
    tokenizer
        list[str] -> `[B,T]` token ids
    scale : float
        of the logits
    whole : bool, default False
        both halves of a text, for whole images?
    """
    whole: bool
    tokenizer: Any
    def __init__(self, config:FamilyConfig, image:Seeing, text:CausalText, tokenizer, scale:float, whole:bool=False): ...
    def pooled(self, x): ...
    def patches(self, x, values): ...
    def patch_cosines(self, images, vectors): ...
    def ids(self, texts): ...
    def read(self, tokens): ...
    def project(self, raw): ...

open_files: list

def dino_files(entry:Entry)->tuple:
    """The files of a dino.txt, fetched if they are open.

    Parameters
    ----------
    entry : Entry
        of the registry

    Returns
    -------
    tuple
        files of backbone, image head and text tower; the last two may be one
    """
    ...

def open_dinotxt(entry:Entry, whole:bool | None=None)->DinoTxt:
    """Load a dino.txt.

    Parameters
    ----------
    entry : Entry
        of the registry
    whole : bool | None, default None
        both halves of a text, for whole images? None: if the name ends with `-whole`

    Returns
    -------
    DinoTxt
        in evaluation mode
    """
    ...

class Talking(nn.Module):
    """CLIP's text tower, and the two layers of Talk2DINO.

    Parameters
    ----------
    clip : nn.Module
        text tower of open_clip
    clip_width : int
    width : int
        of DINO
    """
    clip: nn.Module
    linear_layer: Any
    hidden: Any
    def __init__(self, clip:nn.Module, clip_width:int, width:int): ...
    def forward(self, raw):
        """`[B,clip_width]` -> `[B,width]`"""
        ...

class Talk2DINO(Family):
    """DINOv2 with registers, and CLIP's words carried over to it (ICCV 2025).

    Parameters
    ----------
    config : FamilyConfig
    image : nn.Module
        of timm
    text : Talking
    tokenizer
        list[str] -> `[B,T]` token ids
    """
    ids: Any
    tokenizer: Any
    def __init__(self, config:FamilyConfig, image:nn.Module, text:Talking, tokenizer): ...
    def pooled(self, x): ...
    def patches(self, x, values): ...
    def read(self, tokens): ...
    def project(self, raw): ...

def talk2dino_files(entry:Entry)->tuple:
    """Where the parts of a Talk2DINO are.

    Parameters
    ----------
    entry : Entry
        of the registry

    Returns
    -------
    tuple
        the two layers; DINO's weights, or '' for those on the Hub; a name of `clippy.openclip.find` for
        CLIP
    """
    ...

def open_talk2dino(entry:Entry)->Talk2DINO:
    """Load a Talk2DINO.

    Parameters
    ----------
    entry : Entry
        of the registry

    Returns
    -------
    Talk2DINO
        in evaluation mode
    """
    ...
