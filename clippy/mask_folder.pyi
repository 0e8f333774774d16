# Made by tools/stubs.py from the module beside it: do not edit.
"""Images and their masks, paired and checked when a folder is opened, and read as numbers and not as colours

Docs: https://clippy-vl.github.io/clippy/mask_folder.html.md
"""
from PIL import Image
from pathlib import Path
from typing import Any
import numpy as np

def names_in(folder):
    """Names of everything in a folder."""
    ...

def all_there(folder, wanted, who):
    """Paths of files in a folder, or a sentence about those that are missing."""
    ...

def need_partners(found, other, what, where):
    """Refuse names that lack a partner."""
    ...

def read_ids(path:Path)->np.ndarray:
    """The ids in a mask file, and never its colours.

    Parameters
    ----------
    path : Path
        PNG with a palette, grey, or 16-bit grey

    Returns
    -------
    np.ndarray
        `[H,W]` the numbers in the file
    """
    ...

def read_pixels(path):
    """Numbers of a PNG, and Pillow's name for their kind."""
    ...

class MaskSet:
    """Images with masks, checked when opened: a sequence of (image, mask), small enough to be sent to workers.

    Parameters
    ----------
    path : str | Path
        folder of the data set, or one above it
    split : str, default ''
        '' is the data set's own default
    column : str, default 'name'
        words of the label table, as for `labels`
    """
    name: Any
    table: Any
    needs: str
    default: Any
    splits: Any
    places: Any
    signs: Any
    kinds: tuple
    split: Any
    notes: Any
    root: Any
    expected: Any
    labels: Any
    files: Any
    def __init__(self, path:str | Path, split:str='', column:str='name'): ...
    def __len__(self): ...
    def __getitem__(self, i): ...
    def key(self, i): ...
    def image(self, i:int)->Image.Image:
        """Image `i`, upright.

        Parameters
        ----------
        i : int
            number of the image in the set

        Returns
        -------
        Image.Image
            RGB
        """
        ...
    def mask(self, i:int)->np.ndarray:
        """Mask `i` as class indices, at its own size.

        Parameters
        ----------
        i : int
            number of the image in the set

        Returns
        -------
        np.ndarray
            `[H,W]` uint8 class indices, 255 = ignored
        """
        ...
    def regions(self, i:int, kind:str='')->list:
        """The regions of image `i`, whatever their names are.

        Parameters
        ----------
        i : int
            number of the image in the set
        kind : str, default ''
            'class' or, where the data set has them, 'instance'; '' is the data set's first

        Returns
        -------
        list
            one `[H,W]` int32 map for each annotator: a number for each region, -1 = not counted (also
            background)
        """
        ...
    def __repr__(self): ...

def pair(images, masks):
    """Sorted (image, mask) paths of two folders with the same stems."""
    ...

class MaskFolder(MaskSet):
    """Your own folder: images/, masks/ and names.txt or names.csv."""
    name: Any
    default: Any
    signs: Any
    needs: str
    labels: Any
    def __init__(self, path, split='', column='name'): ...
