# Made by tools/stubs.py from the module beside it: do not edit.
"""Your image, your words, a mask

Docs: https://clippy-vl.github.io/clippy/predict.html.md
"""
from .model import CLIPpy
from PIL import Image
from contextlib import contextmanager
from pathlib import Path
from torch import Tensor
from typing import Any

def read_image(source)->Image.Image:
    """An image, from whatever holds one.

    Parameters
    ----------
    source
        path, address, PIL image, `[H,W]`, `[H,W,C]` array or `[C,H,W]` tensor; floats in [0,1], or 8 or
        16 bits

    Returns
    -------
    Image.Image
        mode RGB, upright
    """
    ...

def read_source(source:str | Path)->bytes:
    """The bytes of an image file, wherever it lies.

    Parameters
    ----------
    source : str | Path
        path, or http(s) address

    Returns
    -------
    bytes
        of the file
    """
    ...

def decode(data:bytes, source)->Image.Image:
    """An image from the bytes of its file.

    Parameters
    ----------
    data : bytes
        from `read_source`
    source
        where it lies, for the sentence

    Returns
    -------
    Image.Image
        mode RGB, upright
    """
    ...

plain: tuple

def as_one(labels, vectors:Tensor, owner=None)->Tensor:
    """Warn of labels that have one vector.

    Parameters
    ----------
    labels
        `[K]`
    vectors : Tensor
        `[K,D]`
    owner : default None
        `[K]` number of each in the answer; None: every label has its own

    Returns
    -------
    Tensor
        `[K,D]`, where labels that are alike have the vector of the first
    """
    ...

def own_background(model:CLIPpy)->tuple:
    """What competes with labels, unless other words are named.

    Parameters
    ----------
    model : CLIPpy
        what it knows says which words

    Returns
    -------
    tuple
        words
    """
    ...

def competing(model:CLIPpy, labels, background='auto')->tuple:
    """Labels and background words; an own word that is a label is no background.

    Parameters
    ----------
    model : CLIPpy
        whose own words are meant by 'auto'
    labels
        what to look for
    background : default 'auto'
        words that compete with them; 'auto': the model's own; (): none

    Returns
    -------
    tuple
        both as tuples of str
    """
    ...

class Alone(UserWarning):
    """A label that nothing competes with."""

@contextmanager
def said_elsewhere():
    """No warning of a single label: the page or the command shows the sentence by itself."""
    ...

max_patches: int

class Ready:
    """An image that has been read, and resized to what a model sees.

    Parameters
    ----------
    image : Image.Image
        as it is, RGB
    x
        as the model sees it: `[3,h,w]`, or `Sent`
    source : default ''
        where it lies
    sha256 : str, default ''
        of the file
    """
    image: Image.Image
    x: Any
    source: str
    sha256: str
    def __init__(self, image:Image.Image, x, source='', sha256:str=''): ...
