# Made by tools/stubs.py from the module beside it: do not edit.
"""What you get back when you ask a model about an image: an object that shows itself in a notebook, holds its numbers for a program, and writes its own files

Docs: https://clippy-vl.github.io/clippy/answers.html.md
"""
from PIL import Image
from dataclasses import dataclass
from pathlib import Path
import numpy as np

def colours()->np.ndarray:
    """A colour for each number of a mask.

    Returns
    -------
    np.ndarray
        `[256,3]` uint8; 0 is grey
    """
    ...

def with_legend(image:Image.Image, entries:list, least:int=320)->Image.Image:
    """Put a legend below an image.

    Parameters
    ----------
    image : Image.Image
    entries : list
        (colour or None, text)
    least : int, default 320
        pixels; a narrower image is enlarged
    """
    ...

def warm_up():
    """Load what drawing needs the first time: colours and a font."""
    ...

def write_image(image:Image.Image, path:str | Path)->Path:
    """Write an image that says it is an answer, whole or not at all.

    Parameters
    ----------
    image : Image.Image
    path : str | Path
        its ending, such as .png, says the format

    Returns
    -------
    Path
        `path`
    """
    ...

def is_answer(path)->bool:
    """Whether a file is an answer, and not somebody's photograph.

    Returns
    -------
    bool
        True: `write_image` wrote it
    """
    ...

def refuse_other(place, asked:dict, kept:dict):
    """Refuse to go on in a place that holds answers to another question.

    Parameters
    ----------
    place
        file or folder of the answers, for the message
    asked : dict
        the question that is asked now
    kept : dict
        the question that was asked before
    """
    ...

class Shown:
    """An answer with a mask, which shows itself in a notebook."""
    def save(self, path)->Path:
        """Write the image with its legend.

        Parameters
        ----------
        path
            its ending says the format

        Returns
        -------
        Path
            that path
        """
        ...
    def save_mask(self, path)->Path:
        """Write the numbers of the mask as a PNG with a palette.

        Parameters
        ----------
        path
            ends in .png

        Returns
        -------
        Path
            that path
        """
        ...
    def mask_image(self)->Image.Image:
        """The mask as an image with the palette of VOC.

        Returns
        -------
        Image.Image
            mode P
        """
        ...
    def overlay(self, alpha:float=0.6)->Image.Image:
        """The image in grey under the colours of its mask.

        Parameters
        ----------
        alpha : float, default 0.6
            from 0, the image in grey, to 1

        Returns
        -------
        Image.Image
            as large as the image
        """
        ...

@dataclass(repr=False)
class Region:
    """Where one label is.

    Parameters
    ----------
    label : str
    mask : np.ndarray
        `[H,W]` bool
    score : float
        mean probability of its pixels, in [0,1]; 0 if it has none
    """
    label: str
    mask: np.ndarray
    score: float
    @property
    def area(self)->float:
        """share of the image, in [0,1]"""
        ...
    @property
    def box(self)->tuple:
        """left, top, right, bottom in pixels, as Pillow counts; None if it is nowhere"""
        ...
    def to_dict(self): ...
    def __repr__(self): ...
    def rle(self)->dict:
        """Where labels are, as run lengths of COCO.

        Returns
        -------
        dict
            of a region as `coco_rle`; of a segmentation one for each label that is there
        """
        ...

@dataclass(repr=False)
class Segmentation(Shown):
    """Which label is where in an image.

    Parameters
    ----------
    image : Image.Image
        RGB, upright
    labels : list
        number in the mask -> name; 0 is what was not asked for
    mask : np.ndarray
        `[H,W]` uint8
    scores : np.ndarray
        `[H,W]` float32, probability of the word that won
    """
    image: Image.Image
    labels: list
    mask: np.ndarray
    scores: np.ndarray
    def __getitem__(self, label:str)->Region: ...
    def __iter__(self): ...
    @property
    def shares(self)->dict:
        """label -> share of the image, of those that are there"""
        ...
    def with_legend(self)->Image.Image:
        """The image, its segments, and below them their names and shares, the largest first."""
        ...
    def colour(self, label): ...
    def to_dict(self)->dict:
        """what JSON can hold: the size of the image, and its regions"""
        ...
    def __repr__(self): ...
    def rle(self)->dict:
        """Where labels are, as run lengths of COCO.

        Returns
        -------
        dict
            of a region as `coco_rle`; of a segmentation one for each label that is there
        """
        ...
    def to_coco(self, image_id:int=1, first:int=1)->list:
        """Write all regions of an image as annotations of COCO.

        Returns
        -------
        list
            of dicts; the id of the first is `first`
        """
        ...

@dataclass(repr=False)
class WordMaps:
    """How well each word fits each pixel, as tensors.

    Parameters
    ----------
    values : object
        tensor `[C,H,W]` float32, on the model's device: probabilities that sum to 1, or cosines
    names : list
        one for each channel: the labels, then the words that compete with them
    labels : list
        number in the mask -> name; 0 is what was not asked for
    mask : object
        tensor `[H,W]` uint8, on the same device
    """
    values: object
    names: list
    labels: list
    mask: object
    def __getitem__(self, name:str):
        """-> `[H,W]`"""
        ...
    def __repr__(self): ...

@dataclass(repr=False)
class HeatMap(Shown):
    """How much each pixel resembles a phrase.

    Parameters
    ----------
    image : Image.Image
    text : str
    map : np.ndarray
        `[H,W]` float32 cosine similarities
    """
    image: Image.Image
    text: str
    map: np.ndarray
    @property
    def mask(self):
        """`[H,W]` uint8: from the least to the most similar pixel"""
        ...
    def overlay(self, alpha:float=0.6)->Image.Image:
        """Parameters
        ----------
        alpha : float, default 0.6
            from 0, the image in grey, to 1
        """
        ...
    def with_legend(self)->Image.Image:
        """The map over the image, with its range below."""
        ...
    def __repr__(self): ...

@dataclass(repr=False)
class Grouping(Shown):
    """Which pixels of an image belong together.

    Parameters
    ----------
    image : Image.Image
    mask : np.ndarray
        `[H,W]` uint8, 1 to n, the largest group first
    """
    image: Image.Image
    mask: np.ndarray
    @property
    def shares(self)->dict:
        """group -> share of the image"""
        ...
    def with_legend(self)->Image.Image:
        """The image, its groups, and below them their shares."""
        ...
    def to_dict(self): ...
    def __repr__(self): ...

class Classification(dict):
    """A probability for each label, the best label first."""
    @property
    def best(self)->str: ...
    def to_dict(self): ...
