# Made by tools/stubs.py from the module beside it: do not edit.
"""VOC, ADE20K, COCO, Cityscapes, or a folder of your own: images with masks become a task, and what others have published becomes a protocol with a name

Docs: https://clippy-vl.github.io/clippy/segment_masks.html.md
"""
from .eval import Source
from .eval import Task
from .model import CLIPpy
from torch import Tensor
from typing import Any
import numpy as np

def squash(mask, side):
    """labels, so nearest"""
    ...

class MaskSource(Source):
    """Images and masks, ready for the model.

    Parameters
    ----------
    masks
        from `open_masks`
    transform
        from `image_transform`
    side : int, default 0
        squash the ground truth to this square; 0: leave it
    """
    masks: Any
    files: Any
    expected: Any
    transform: Any
    side: int
    def __init__(self, masks, transform, side:int=0): ...
    def __len__(self): ...
    def key(self, i): ...
    def __getitem__(self, i): ...

class Segment(Task):
    """Top-down segmentation of a data set with masks."""
    primary: Any
    kind: Any
    sorts: bool
    masks: Any
    source: Any
    background: Any
    classes: Any
    texts: Any
    owner: Any
    head: Any
    named: Any
    vectors: Any
    first: Any
    def __init__(self, data, protocol, model): ...
    def setup(self, words, background): ...
    def words(self): ...
    def prepare(self): ...
    def measure(self, samples):
        """Three counts of each class for each image; labels are saved if they are asked for."""
        ...
    def each_iou(self, rows, weights):
        """IoU of each class; one that is absent is NaN, or 0 if the protocol counts it.

        Returns
        -------
        `[S,n]`
        """
        ...
    def numbers(self, rows, weights):
        """mIoU and the share of pixels that are right."""
        ...
    def details(self, rows):
        """IoU and share of the pixels, of each class."""
        ...
    def notes(self, rows):
        """Notes of the data set, and how many images have no pixel that counts."""
        ...
    def figure(self, model:CLIPpy, some:int=4):
        """What the model makes of some images.

        Parameters
        ----------
        model : CLIPpy
        some : int, default 4
            images, evenly spread over the data set

        Returns
        -------
        a matplotlib figure, rows: what the model sees, ground truth, prediction
        """
        ...

def mean_iou(each):
    """IoU of each class `[S,n]` -> their mean `[S]`, over the classes that are there"""
    ...

def overlaid(image:np.ndarray, labels:Tensor, alpha:float=0.6)->np.ndarray:
    """Class indices as colours over the image in grey.

    Parameters
    ----------
    image : np.ndarray
        `[h,w,3]` in [0,1], as `seen_image` gives it
    labels : Tensor
        `[H,W]` class indices; 255 is white
    alpha : float, default 0.6
        share of the colours

    Returns
    -------
    np.ndarray
        `[H,W,3]` uint8
    """
    ...

def legend_of(classes:list, truth:list, answers:list, most:int=20)->dict:
    """What the colours of some masks mean.

    Parameters
    ----------
    classes : list
        names
    truth : list
        of `[H,W]` class indices, whose names come first
    answers : list
        likewise
    most : int, default 20
        classes: those that cover most

    Returns
    -------
    dict
        name -> colour, three numbers in [0,1]
    """
    ...

def with_background(vocabulary:str, scale:float, names:str='plain', sclip:str='sclip', area:float=0.0, whole:bool=False, **extra)->dict:
    """Protocols of a data set with a background class.

    Parameters
    ----------
    vocabulary : str
        further words for background, one of `vocabularies`; '': its name alone
    scale : float
        SCLIP's
    names : str, default 'plain'
        list of the data set's names
    sclip : str, default 'sclip'
        list of SCLIP and NACLIP
    area : float, default 0.0
        SCLIP's
    whole : bool, default False
        does NACLIP see whole images?
    **extra
        further protocols

    Returns
    -------
    dict
        name -> protocol
    """
    ...

def all_named(size:int=336, names:str='plain', sclip:str='sclip', naclip:int=336, whole:bool=False)->dict:
    """Protocols of a data set in which every counted pixel has a name.

    Parameters
    ----------
    size : int, default 336
        pixels of SCLIP's short side
    names : str, default 'plain'
        list of the data set's names
    sclip : str, default 'sclip'
        list of SCLIP and NACLIP
    naclip : int, default 336
        pixels of NACLIP's short side
    whole : bool, default False
        does NACLIP see whole images?

    Returns
    -------
    dict
        name -> protocol
    """
    ...
