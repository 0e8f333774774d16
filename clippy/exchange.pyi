# Made by tools/stubs.py from the module beside it: do not edit.
"""From one folder of answers to COCO, palette PNGs, CVAT, FiftyOne and Label Studio

Docs: https://clippy-vl.github.io/clippy/exchange.html.md
"""
from pathlib import Path
from typing import Any
from typing import NamedTuple
import numpy as np

def coco_rle(mask:np.ndarray)->dict:
    """Write a mask as COCO's compressed run lengths.

    Parameters
    ----------
    mask : np.ndarray
        `[H,W]` bool

    Returns
    -------
    dict
        `size`: [H,W], `counts`: text
    """
    ...

def coco_mask(rle:dict)->np.ndarray:
    """Read a mask from COCO's run lengths.

    Parameters
    ----------
    rle : dict
        `size`: [H,W]; `counts`: text, bytes or a list

    Returns
    -------
    np.ndarray
        `[H,W]` bool
    """
    ...

def coco_annotations(regions, labels:list, image_id:int=1, first:int=1)->list:
    """Write the regions of an image as annotations of COCO.

    Parameters
    ----------
    regions
        `Region`s of one image
    labels : list
        that were asked for
    image_id : int, default 1
    first : int, default 1
        id of the first annotation

    Returns
    -------
    list
        of dicts
    """
    ...

def brush_rle(mask:np.ndarray)->list:
    """Write a mask as Label Studio's brush paints it.

    Parameters
    ----------
    mask : np.ndarray
        `[H,W]` bool

    Returns
    -------
    list
        of bytes, as numbers
    """
    ...

class Answered(NamedTuple):
    """An image with its answer, as the files of a folder say."""
    name: str
    file: str
    path: str
    mask: Path
    size: tuple
    scores: dict
    def regions(self, labels:list)->list:
        """of `Region`, of the labels that are there"""
        ...

def each_image(f, images):
    """what `f` makes of each, in their order"""
    ...

def coco_text(images:list, labels:list, model:str)->str:
    """Write images and their annotations in COCO's format.

    Parameters
    ----------
    images : list
        of `Answered`
    labels : list
    model : str
        its name

    Returns
    -------
    str
        JSON, a line for each image and annotation
    """
    ...

def fiftyone_data(images, labels, model):
    """JSON: name -> path"""
    ...

def cvat_labels(images, labels, model):
    """a line for each label, with the colour that it has in a mask"""
    ...

def cvat_list(images, labels, model): ...

def labelstudio_tasks(images, labels, model):
    """JSON"""
    ...

def labelstudio_config(images, labels, model):
    """XML"""
    ...

makers: Any

painted: Any

def check_names(formats, labels, sources:dict):
    """Refuse names that a format cannot hold.

    Parameters
    ----------
    formats
        names of formats
    labels
        that are asked for
    sources : dict
        name of the answer -> path or address of the image
    """
    ...

def is_address(source)->bool: ...

class DataSets:
    """The data sets in a folder of answers.

    Parameters
    ----------
    folder
        of answers
    formats : default ()
        formats that are asked for, in addition to those that the folder has already
    """
    folder: Any
    notes: Any
    formats: Any
    images: Any
    written: Any
    def __init__(self, folder, formats=()): ...
    @property
    def files(self)->dict:
        """name below the folder -> function that makes its text"""
        ...
    @property
    def folders(self)->list:
        """of PNGs, below the folder of answers"""
        ...
    def check(self, labels, sources:dict):
        """Refuse, before anything is made, what cannot be written and files that would be lost.

        Parameters
        ----------
        labels
            that are asked for
        sources : dict
            name of the answer -> path or address of the image
        """
        ...
    def write(self, asked:dict, lines:list, sources:dict)->list:
        """Make all data sets of a folder.

        Parameters
        ----------
        asked : dict
            the question
        lines : list
            the answers
        sources : dict
            name of the answer -> path or address of the image, of those that are named now

        Returns
        -------
        list
            names of answers that had to be left out
        """
        ...
    def left_out(self, left)->str:
        """Say what the data sets lack.

        Returns
        -------
        str
            a sentence
        """
        ...

def content(data:bytes)->str:
    """what is known of it later"""
    ...
