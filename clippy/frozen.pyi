# Made by tools/stubs.py from the module beside it: do not edit.
"""Read each caption and each image only once, where a tower is not trained

Docs: https://clippy-vl.github.io/clippy/frozen.html.md
"""
from .data import FastCrop
from .loader import IndexedBatches
from .loader import ShardLoader
from .model import CLIPpy
from pathlib import Path
from torch import Tensor
from typing import Any

class TextVectors:
    """The vectors that a frozen text tower makes of captions, each of which it reads once.

    Parameters
    ----------
    model : CLIPpy
    parts : int, default 1
        of a batch that go through the towers one after the other
    rows : int | None, default None
        captions that are read together, always as many; None: 64, on a CPU 8
    most : int, default 1 << 30
        bytes of memory; when they are full, further captions are read each time
    """
    model: CLIPpy
    parts: int
    rows: Any
    most: int
    known: Any
    size: int
    read: int
    def __init__(self, model:CLIPpy, parts:int=1, rows:int | None=None, most:int=...): ...
    def __call__(self, texts:list)->list:
        """for each part, what `encode_tokens` takes"""
        ...
    def keep(self, text, vector): ...
    def encode(self, texts:list)->Tensor:
        """Read captions, in batches of one shape for each length.

        Parameters
        ----------
        texts : list
            of str

        Returns
        -------
        Tensor
            `[len(texts),D]` float32, on the CPU
        """
        ...
    def plain(self, tokens):
        """in evaluation: towers that are compiled for training would be, for each length"""
        ...
    @property
    def left(self): ...
    def fill(self, kind): ...

class WholeImage(FastCrop):
    """The whole image as a square of 8-bit pixels; nothing is random.

    Parameters
    ----------
    size
        side of the square, pixels
    """
    size: Any
    crop: Any
    def __init__(self, size): ...
    def make_params(self, images): ...

def feature_shape(model:CLIPpy, images:int, size:int)->tuple:
    """The shape of the features of some images.

    Parameters
    ----------
    model : CLIPpy
    images : int
        how many
    size : int
        side in pixels

    Returns
    -------
    tuple
        images, tokens of each, numbers of each
    """
    ...

def feature_size(shape:tuple)->int:
    """bytes of float16"""
    ...

def in_bytes(n:int)->str: ...

def feature_folder(base:str | Path, model:CLIPpy, data:str, size:int, precision:str)->Path:
    """The folder for the features of one tower, data set, size and precision.

    Parameters
    ----------
    base : str | Path
        where such folders are
    model : CLIPpy
    data : str
        hash of the shards
    size : int
        side in pixels
    precision : str
        in which the tower works

    Returns
    -------
    Path
        below `base`
    """
    ...

class Features:
    """The features that a frozen image tower made of every sample, on the disk.

    Parameters
    ----------
    path
        a folder, from `make_features`
    """
    path: Any
    captions: Any
    starts: Any
    unusable: Any
    def __init__(self, path): ...
    def __getstate__(self):
        """a worker opens the file by itself"""
        ...
    @property
    def tokens(self):
        """`[images, tokens, width]` float16"""
        ...
    def __len__(self): ...
    def sample(self, j, i):
        """tokens `[N,width]` and captions of a shard's sample"""
        ...

class _Samples:
    """Every sample of the shards by its number, for a `DataLoader`."""
    batches: Any
    starts: Any
    def __init__(self, loader): ...
    def __len__(self): ...
    def __getitem__(self, row):
        """pixels or None, captions, why it cannot be used"""
        ...

def need_room(folder:Path, size:int, images:int):
    """Raise an error if the disk has no room for the features.

    Parameters
    ----------
    folder : Path
    size : int
        bytes of all features
    images : int
    """
    ...

def make_features(model:CLIPpy, loader:ShardLoader, path:Path, forward, batch:int=64)->Features:
    """Go through all samples once; the folder is there whole or not at all.

    Parameters
    ----------
    model : CLIPpy
        with a frozen image tower, on its device
    loader : ShardLoader
        indexed, with a transform that is not random
    path : Path
        of the folder
    forward
        callable: `[B,3,H,W]` normalised images -> `[B,N,width]`
    batch : int, default 64
        images at once
    """
    ...

class FeatureLoader(ShardLoader):
    """`ShardLoader` with features in place of images.

    Parameters
    ----------
    of : ShardLoader
        an indexed one
    features : Features
        of its shards
    """
    features: Features
    def __init__(self, of:ShardLoader, features:Features): ...
    def indexed(self): ...

class _FeatureBatches(IndexedBatches):
    def draw(self, j, i, seed, took):
        """(features, caption, key)"""
        ...

def with_features(loader:ShardLoader, model:CLIPpy, base:str | Path, data:str, acc, make:bool=True)->ShardLoader:
    """A loader of features, which are made first if they are not there yet.

    Parameters
    ----------
    loader : ShardLoader
        with a transform that is not random
    model : CLIPpy
        on its device
    base : str | Path
        where folders of features are
    data : str
        hash of the shards
    acc
        the run's `Accelerator`
    make : bool, default True
        False: say what it would take

    Returns
    -------
    ShardLoader
        a `FeatureLoader`, or the same if none is made
    """
    ...
