# Made by tools/stubs.py from the module beside it: do not edit.
"""From a folder of images and a captions file, or a data set that has both, to shards, the same bytes each time

Docs: https://clippy-vl.github.io/clippy/pack.html.md
"""
from PIL import Image
from dataclasses import dataclass
from pathlib import Path
from typing import Any

def shrunk(image:Image.Image, resize:int)->tuple[bytes, tuple] | None:
    """An image made smaller.

    Parameters
    ----------
    image : Image.Image
        upright RGB image
    resize : int
        short side, pixels; 0: as it is

    Returns
    -------
    tuple[bytes, tuple] | None
        JPEG and its size; None: it is no larger than that
    """
    ...

def image_bytes(path:Path, most:float)->bytes:
    """An image file, or `Unusable`.

    Parameters
    ----------
    path : Path
        of an image file
    most : float
        bytes
    """
    ...

@dataclass
class Source:
    """What is to be packed.

    Parameters
    ----------
    items : list
        or generator, where it does not fit into memory; of (name, callable without arguments)
    count : int, default None
        items, where that is known
    """
    items: list
    count: int = ...

def folder_source(images, captions, image_column, caption_column, resize, most)->Source:
    """Images of a folder, with the captions that a file has for them."""
    ...

def parquet_source(place, image_column, caption_column, resize, most)->Source:
    """Images of parquet files, or beside them."""
    ...

class _Counts:
    """What becomes of the items: counts, and a csv of those that are left out."""
    path: Any
    skipped: Any
    captions: int
    blank: int
    rows: Any
    def __init__(self, path): ...
    def skip(self, name, reason): ...
    def close(self): ...

def source_of(images, captions, image_column, caption_column, resize, most)->Source:
    """Find out what is to be packed."""
    ...

Place: Any

Perhaps: Any

def pack(images:str, captions:Perhaps=None, out:Place=None, shard_size:int=1000, resize:int=0, image_column:str='image', caption_column:str='caption', seed:int=None, max_sample_mb:float=100, workers:int=4, progress:bool=True)->dict:
    """Make WebDataset shards from images and their captions.

    Parameters
    ----------
    images : str
        Folder of images; or with captions inside: data set folder of parquet files, or shards (hf://
        too)
    captions : Perhaps, default None
        Captions: csv, tsv or txt with named columns, parquet, or COCO captions json
    out : Place, default None
        New folder for the shards
    shard_size : int, default 1000
        Samples per shard
    resize : int, default 0
        Shrink the short side to this many pixels; 0 keeps every file as it is
    image_column : str, default 'image'
        Column of images, or of image file names, relative to the folder
    caption_column : str, default 'caption'
        Column of captions; several with commas are kept apart for training
    seed : int, default None
        Shuffle the images by this seed; without it they keep the order of the captions file
    max_sample_mb : float, default 100
        Largest image file, or sample of shards, megabytes
    workers : int, default 4
        Threads that read and encode
    progress : bool, default True
        Show a progress bar

    Returns
    -------
    dict
        what `pack.json` says: counts, options, versions, `sha256`
    """
    ...
