# Made by tools/stubs.py from the module beside it: do not edit.
"""Your image and your words: where each of them is, what the image shows, and what in it belongs together

Docs: https://clippy-vl.github.io/clippy/predict.html.md
"""
from .model import CLIPpy
from PIL import Image
from contextlib import contextmanager
from pathlib import Path
from torch import Tensor
from typing import Any

def read_image(source)->Image.Image:
    """Read an image from whatever holds one.

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
    """Read the bytes of an image file, from disk or from the web.

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
    """Decode the bytes of an image file.

    Parameters
    ----------
    data : bytes
        from `read_source`
    source
        path or address, for messages

    Returns
    -------
    Image.Image
        mode RGB, upright
    """
    ...

plain: tuple

def as_one(labels, vectors:Tensor, owner=None)->Tensor:
    """Warn of labels that have the same vector, and let the first of them stand for all.

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
    """The words for the background that a model competes with when none are named.

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
    """The labels and the words they compete with; a word that is asked for is no background.

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
    """Keep the warning of a single label back, where a page or a command shows the sentence itself."""
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
        path or address
    sha256 : str, default ''
        of the file
    """
    image: Image.Image
    x: Any
    source: str
    sha256: str
    def __init__(self, image:Image.Image, x, source='', sha256:str=''): ...
