# Made by tools/stubs.py from the module beside it: do not edit.
"""Is the right caption among the first, and the right image?

Docs: https://clippy-vl.github.io/clippy/retrieval.html.md
"""
from .eval import Source
from .eval import Task
from .model import CLIPpy
from pathlib import Path
from torch import Tensor
from typing import Any

def recall(similarity:Tensor, owner:Tensor, ks=(1, 5, 10))->dict:
    """Recall at k, both ways.

    Parameters
    ----------
    similarity : Tensor
        `[images, texts]`
    owner : Tensor
        `[texts]` index of the image that each text belongs to
    ks : default (1, 5, 10)
        how many of the best count

    Returns
    -------
    dict
        `image_to_text@k` and `text_to_image@k` in [0,1]
    """
    ...

def found_at(similarity, owner, ks=(1, 5, 10))->dict:
    """Which queries find what they should among the first k, ties broken by lot.

    Returns
    -------
    dict
        (direction, k) -> `[images]` or `[texts]` in [0,1]
    """
    ...

def text_vectors(model:CLIPpy, texts:list, batch_size:int=64)->tuple:
    """Embed texts, each different one once.

    Parameters
    ----------
    model : CLIPpy
        its text tower
    texts : list
        some may be equal
    batch_size : int, default 64
        texts at once

    Returns
    -------
    tuple
        `[U,D]` float32 vectors of the different texts, `[N]` which of them each text is
    """
    ...

def folder_items(path, split)->list:
    """Pairs of a folder with a captions file.

    Returns
    -------
    list
        (image, captions, None, key)
    """
    ...

def tar_items(url, max_sample_mb=100)->list:
    """Pairs of one shard.

    Returns
    -------
    list
        (shard, captions, (offset, bytes) of the image, key)
    """
    ...

class Pairs(Source):
    """Images and all their captions.

    Parameters
    ----------
    data : str | Path | list
        a folder with captions; or shards, as for `shard_list`
    transform
        from `image_transform`
    split : str, default 'val2017'
        COCO only
    max_sample_mb : float, default 100
        largest sample of a shard, megabytes
    """
    transform: Any
    items: Any
    files: Any
    def __init__(self, data:str | Path | list, transform, split:str='val2017', max_sample_mb:float=100): ...
    def key(self, i): ...
    def captions(self, i): ...
    def __getitem__(self, i): ...
    def files_hash(self, index): ...

def pair_items(data, split, max_sample_mb=100)->list:
    """Pairs of a folder or of shards.

    Returns
    -------
    list
        (file, captions, place in it, key)
    """
    ...

class Retrieval(Task):
    name: Any
    about: Any
    needs: str
    primary: Any
    unused: Any
    max_sample_mb: float
    _all: str
    protocols: Any
    source: Any
    columns: Any
    def __init__(self, data, protocol, model): ...
    def measure(self, samples): ...
    def shares(self, rows): ...
    def numbers(self, rows, weights): ...
    def details(self, rows): ...
    def collect(self, index, rows):
        """From vectors to counts: captions of each image, and what it and they find."""
        ...
