# Made by tools/stubs.py from the module beside it: do not edit.
"""Image-caption pairs in tar shards: found, turned into pixels, and accounted for

Docs: https://clippy-vl.github.io/clippy/data.html.md
"""
from PIL import Image
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from torch import Tensor
from torchvision.transforms import v2
from typing import Any

def local_path(url:str)->Path | None:
    """The path of a shard on this machine.

    Parameters
    ----------
    url : str
        path, URL or `pipe:` command

    Returns
    -------
    Path | None
        None for a URL or a pipe
    """
    ...

def shard_list(urls:str | list)->list[str]:
    """The shards that a pattern names; if a local one is missing, an error says which.

    Parameters
    ----------
    urls : str | list
        brace pattern, glob, folder, URL, `pipe:` command; several joined with `::`, or a list of them

    Returns
    -------
    list[str]
        shards in order, at least one
    """
    ...

def read_sizes(path:Path)->dict:
    """How many samples are in each shard, or `ValueError` with a sentence.

    Parameters
    ----------
    path : Path
        path of a `sizes.json`

    Returns
    -------
    dict
        name of a shard -> samples
    """
    ...

def shard_sizes(urls:str | list)->list[int] | None:
    """Samples in every shard, from the `sizes.json` beside them.

    Parameters
    ----------
    urls : str | list
        as for `shard_list`

    Returns
    -------
    list[int] | None
        samples in each shard; None where nothing beside a shard says it
    """
    ...

def num_samples(urls:str | list)->int | None:
    """How many samples all shards have together.

    Parameters
    ----------
    urls : str | list
        as for `shard_list`

    Returns
    -------
    int | None
        samples in all shards, None if unknown
    """
    ...

CLIP_MEAN: tuple

CLIP_STD: tuple

def train_transform(size:int=224, mean:tuple=..., std:tuple=..., scale:tuple=(0.9, 1.0))->v2.Compose:
    """A random resized crop, normalised, as the public CLIPpy port trains on.

    Parameters
    ----------
    size : int, default 224
        side of the square, pixels
    mean : tuple, default (0.48145466, 0.4578275, 0.40821073)
        per channel, of values in [0,1]
    std : tuple, default (0.26862954, 0.26130258, 0.27577711)
        per channel, of values in [0,1]
    scale : tuple, default (0.9, 1.0)
        share of the area that a crop keeps

    Returns
    -------
    v2.Compose
        PIL image of any mode -> `[3,size,size]` float32
    """
    ...

def eval_transform(size:int=224, mean:tuple=..., std:tuple=...)->v2.Compose:
    """The short side resized to `size`, the centre cropped, normalised.

    Parameters
    ----------
    size : int, default 224
        side of the square, pixels
    mean : tuple, default (0.48145466, 0.4578275, 0.40821073)
        per channel, of values in [0,1]
    std : tuple, default (0.26862954, 0.26130258, 0.27577711)
        per channel, of values in [0,1]

    Returns
    -------
    v2.Compose
        PIL image of any mode -> `[3,size,size]` float32
    """
    ...

class FastCrop:
    """A random resized crop from the bytes of an image file, in 8 bits."""
    takes_bytes: bool
    size: Any
    crop: Any
    def __init__(self, size, scale): ...
    def __call__(self, file)->Tensor:
        """`[3,size,size]` uint8

        Parameters
        ----------
        file
            bytes of an image file, or a PIL image
        """
        ...

def fast_transform(size:int=224, scale:tuple=(0.9, 1.0))->FastCrop:
    """`train_transform` made for speed: 8 bits, and no more pixels decoded than the crop needs.

    Parameters
    ----------
    size : int, default 224
        side of the square, pixels
    scale : tuple, default (0.9, 1.0)
        share of the area that a crop keeps

    Returns
    -------
    FastCrop
        bytes of an image file, or PIL image -> `[3,size,size]` uint8, for `normalize`
    """
    ...

def normalize(images:Tensor, mean:tuple | Tensor=..., std:tuple | Tensor=...)->Tensor:
    """Normalise a batch of 8-bit images on the device where it is.

    Parameters
    ----------
    images : Tensor
        `[...,3,H,W]`, uint8 or float
    mean : tuple | Tensor, default (0.48145466, 0.4578275, 0.40821073)
        per channel, of values in [0,1]; a tensor is sent to the device once
    std : tuple | Tensor, default (0.26862954, 0.26130258, 0.27577711)
        per channel, of values in [0,1]

    Returns
    -------
    Tensor
        float32; floats are returned as they are, because they are normalised already
    """
    ...

def array_transform(mean:tuple=..., std:tuple=...):
    """Normalise an image that needs no decoding and no resizing.

    Parameters
    ----------
    mean : tuple, default (0.48145466, 0.4578275, 0.40821073)
        per channel, of values in [0,1]
    std : tuple, default (0.26862954, 0.26130258, 0.27577711)
        per channel, of values in [0,1]

    Returns
    -------
    callable: `[H,W,3]` uint8 array -> `[3,H,W]` float32; can be sent to workers
    """
    ...

def sample_captions(sample:dict)->list[str]:
    """Captions of a raw sample, or `Unusable` with the reason.

    Parameters
    ----------
    sample : dict
        file ending -> bytes, as webdataset reads it

    Returns
    -------
    list[str]
        at least one, none blank
    """
    ...

def column_captions(sample:dict, columns)->dict[str, list[str]]:
    """Captions of a raw sample by column, or `Unusable` with the reason.

    Parameters
    ----------
    sample : dict
        file ending -> bytes, as webdataset reads it
    columns
        names of caption columns

    Returns
    -------
    dict[str, list[str]]
        column -> captions, of those that have any; at least one
    """
    ...

def column_names(sample:dict)->list[str]:
    """The columns that a raw sample has.

    Parameters
    ----------
    sample : dict
        file ending -> bytes, as webdataset reads it
    """
    ...

image_endings: tuple

def image_ending(files)->str:
    """Which file of a sample is its image; `Unusable` if none is.

    Parameters
    ----------
    files
        file endings of a sample

    Returns
    -------
    str
        the ending of the image
    """
    ...

def decode_sample(sample:dict, decode=..., columns=())->tuple[Image.Image, list | dict]:
    """Image and captions of a raw sample, or `Unusable` with the reason.

    Parameters
    ----------
    sample : dict
        file ending -> bytes, as webdataset reads it
    decode : default open_image
        callable: bytes of an image file -> image
    columns : default ()
        names of caption columns; without any, all captions of the sample

    Returns
    -------
    tuple[Image.Image, list | dict]
        upright RGB image, its captions (at least one, none blank), by column if asked for
    """
    ...

def drawn_captions(captions:list | dict, seed:str, weights:dict=None)->list[str]:
    """The captions to draw from: all of them, or those of a column that is drawn by weight.

    Parameters
    ----------
    captions : list | dict
        list; or column -> list
    seed : str
        a name for this draw, so that it can be repeated
    weights : dict, default None
        column -> weight, if captions stand in columns

    Returns
    -------
    list[str]
        all captions, or those of one column
    """
    ...

def random_sample(image:Image.Image, captions:list | dict, transform, seed:str, weights:dict=None)->tuple[Tensor, str]:
    """Transform an image and draw one of its captions, as a function of the seed alone.

    Parameters
    ----------
    image : Image.Image
        decoded image
    captions : list | dict
        its captions; column -> captions, where there are `weights`
    transform
        callable: image -> tensor, random numbers from torch
    seed : str
        a name for this draw, so that it can be repeated
    weights : dict, default None
        column -> weight, if captions stand in columns

    Returns
    -------
    tuple[Tensor, str]
        transformed image, one caption
    """
    ...

def shard_name(url:str)->str:
    """The name of a shard in reports and keys.

    Parameters
    ----------
    url : str
        path, URL or `pipe:` command

    Returns
    -------
    str
        the file's name
    """
    ...

def sample_key(url, key): ...

ledger_rows: int

@dataclass(repr=False)
class Report:
    """What became of the samples of an epoch.

    Parameters
    ----------
    seen : int, default 0
        samples handed over
    repeated : int, default 0
        of these, samples handed over once more, in the place of skipped ones
    skipped : Counter
        (shard, reason) -> samples
    rows : list
        (shard, key, reason) of the first skipped; key `#7` is the eighth of a shard
    """
    seen: int = ...
    repeated: int = ...
    skipped: Counter = ...
    rows: list = ...
    def skip(self, shard, reason, *keys, more=0):
        """one sample for each key, and more without"""
        ...
    def update(self, other): ...
    def take(self):
        """Hand over the counts so far and start from zero."""
        ...
    @property
    def total(self): ...
    @property
    def rate(self):
        """Share of the samples met that were skipped, in [0,1]."""
        ...
    def by_reason(self)->dict:
        """How many samples were skipped for each reason.

        Returns
        -------
        dict
            reason -> samples, most first
        """
        ...
    def to_dict(self)->dict:
        """The counts as plain dictionaries.

        Returns
        -------
        dict
            for a log: plain counts, `shards` is shard -> reason -> samples
        """
        ...
    def save_ledger(self, path):
        """Write shard, key and reason of the skipped samples as csv; a last line says how many more there are."""
        ...
    def __repr__(self): ...
