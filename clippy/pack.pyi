# Made by tools/stubs.py from the module beside it: do not edit.
"""Images and their captions, packed into shards for training: the same bytes each time, and a list of what was left out

Docs: https://clippy-vl.github.io/clippy/pack.html.md
"""
from PIL import Image
from dataclasses import dataclass
from pathlib import Path
from typing import Any

def shrunk(image:Image.Image, resize:int)->tuple[bytes, tuple] | None:
    """An image made smaller, as JPEG.

    Parameters
    ----------
    image : Image.Image
        upright RGB image
    resize : int
        length of the short side, pixels; 0 leaves the image as it is

    Returns
    -------
    tuple[bytes, tuple] | None
        JPEG and its size; None: it is no larger than that
    """
    ...

def image_bytes(path:Path, most:float)->bytes:
    """The bytes of an image file; `Unusable` if it cannot be read.

    Parameters
    ----------
    path : Path
        path of an image file
    most : float
        largest size, bytes
    """
    ...

@dataclass
class Source:
    """The items to pack.

    Parameters
    ----------
    items : list
        (name, callable without arguments) of each; a generator if they do not fit into memory
    count : int, default None
        how many items there are, if that is known
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

Place: Any

Perhaps: Any

def source_of(images, captions, image_column, caption_column, resize, most)->Source:
    """Find out what is to be packed."""
    ...

def pack(images:str, captions:Perhaps=None, out:Place=None, shard_size:int=1000, resize:int=0, image_column:str='image', caption_column:str='caption', seed:int=None, max_sample_mb:float=100, workers:int=4, progress:bool=True)->dict:
    """Make WebDataset shards from images and their captions.

    Parameters
    ----------
    images : str
        IMAGES: Folder of images; or, with captions inside, a folder of parquet files, or shards.
    captions : Perhaps, default None
        CAPTIONS: A csv, tsv or txt with named columns, parquet, or COCO's captions json.
    out : Place, default None
        OUT: New folder for the shards.
    shard_size : int, default 1000
        N: Samples per shard.
    resize : int, default 0
        PIXELS: Shrink the short side to this length. Default: 0, every file stays as it is.
    image_column : str, default 'image'
        COLUMN: Column of the images, or of their file names within the folder.
    caption_column : str, default 'caption'
        COLUMN[,COLUMN]: Column of the captions; several are kept apart for training.
    seed : int, default None
        N: Shuffle the images by this seed. Default: they keep the order of the captions.
    max_sample_mb : float, default 100
        MB: Largest image file, or sample of shards; larger ones are skipped and listed.
    workers : int, default 4
        N: Threads that read and encode.
    progress : bool, default True
        Show a progress bar.

    Returns
    -------
    dict
        what `pack.json` says: counts, options, versions, `sha256`
    """
    ...
