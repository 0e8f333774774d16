# Made by tools/stubs.py from the module beside it: do not edit.
"""Ten data sets read as if they were one, and a sentence about what is wrong with yours

Docs: https://clippy-vl.github.io/clippy/masks.html.md
"""
from .mask_folder import MaskSet
from pathlib import Path
from typing import Any

mask_sets: dict

def open_masks(name:str, path:str | Path, split:str='', column:str='name')->MaskSet:
    """Open a data set with masks.

    Parameters
    ----------
    name : str
        one of `mask_sets`
    path : str | Path
        folder of the data set, or one above it under its usual name
    split : str, default ''
        '' is the data set's own: val, for BSDS500 test
    column : str, default 'name'
        words of the label table, as for `labels`

    Returns
    -------
    MaskSet
        checked; `expected` is the official number of images, `notes` what is unusual
    """
    ...

class VOC(MaskSet):
    """Pascal VOC 2012, 20 classes and background."""
    name: Any
    table: Any
    needs: str
    splits: Any
    places: Any
    signs: Any
    kinds: tuple
    lists: Any
    folder: Any

class VOC20(VOC):
    """Pascal VOC 2012, 20 classes; background is ignored."""
    name: Any
    table: Any

class Context60(VOC):
    """Pascal Context, 59 classes and background."""
    name: Any
    table: Any
    needs: str
    splits: Any
    places: Any
    signs: Any
    kinds: Any
    lists: Any
    folder: Any
    expected: Any

class Context59(Context60):
    """Pascal Context, 59 classes; background is ignored."""
    name: Any
    table: Any

class ADE20K(MaskSet):
    """ADE20K, 150 classes (MIT Scene Parsing Benchmark)."""
    name: Any
    table: Any
    needs: str
    splits: Any
    places: Any
    signs: Any

class _COCO(MaskSet):
    splits: Any
    places: Any
    signs: Any

class COCO(_COCO):
    """COCO panoptic, 80 things and 53 kinds of stuff."""
    name: Any
    table: Any
    needs: str
    kinds: Any

class COCOStuff(_COCO):
    """COCO-Stuff 164k, 171 classes."""
    name: Any
    table: Any
    needs: str
    labels: Any

class COCOObject(_COCO):
    """COCO-Object, 80 things and background."""
    name: Any
    table: Any
    needs: str
    kinds: Any
    labels: Any

class Cityscapes(MaskSet):
    """Cityscapes, 19 classes."""
    name: Any
    table: Any
    needs: str
    splits: Any
    places: Any
    signs: Any
    def key(self, i): ...

class Cityscapes27(Cityscapes):
    """Cityscapes, 27 classes."""
    name: Any
    table: Any

class BSDS(MaskSet):
    """Berkeley segmentation data set: regions without names, by several people."""
    name: Any
    default: Any
    needs: str
    splits: Any
    places: Any
    signs: Any
    kinds: Any
    def __getitem__(self, i): ...
    def mask(self, i): ...
