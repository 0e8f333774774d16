# Made by tools/stubs.py from the module beside it: do not edit.
"""The same batches for one process and for many, from shards, built-in scenes, or scenes and birds

Docs: https://clippy-vl.github.io/clippy/batches.html.md
"""
from .epochs import EpochLoader
from .lengths import Tokenize
from .loader import ShardLoader
from .model import CLIPpy
from .model import Config
from types import SimpleNamespace
from typing import Any

class SceneLoader(EpochLoader):
    """Batches of newly drawn scenes, with the interface of `ShardLoader`.

    Parameters
    ----------
    transform
        `[H,W,3]` uint8 array -> `[3,H,W]` float32, such as `array_transform`
    batch_size : int
        scenes per batch of this process
    num_samples : int
        scenes per epoch over all processes
    size : int, default 64
        pixels
    seed : int, default 0
        which data set
    workers : int, default 1
        processes that draw; 0 draws in the training process
    rank : int, default 0
        number of this process
    world : int, default 1
        number of processes
    birds : int, default 0
        of the images in a batch of all processes, how many are birds
    """
    tokenize: Any
    def __init__(self, transform, batch_size:int, num_samples:int, size:int=64, seed:int=0, workers:int=1, rank:int=0, world:int=1, birds:int=0): ...
    def __len__(self): ...
    def describe(self): ...
    def numbers(self, epoch, step)->list:
        """The numbers of the images in a batch.

        Returns
        -------
        list
            (kind, number) of this process's images
        """
        ...

class _Drawn:
    """Batches of scenes and birds by (epoch, number), for a `DataLoader`."""
    loader: Any
    kinds: Any
    def __init__(self, loader): ...
    def draw(self, kind, i):
        """image, caption, key"""
        ...
    def __getitem__(self, at):
        """(images, captions, keys), counts, error, `Took`"""
        ...

def make_loader(options:SimpleNamespace, config:Config, rank:int=0, world:int=1)->SceneLoader | ShardLoader:
    """The training data of a run.

    Parameters
    ----------
    options : SimpleNamespace
        of the run
    config : Config
        says image size, mean and std
    rank : int, default 0
        number of this process
    world : int, default 1
        number of processes

    Returns
    -------
    SceneLoader | ShardLoader
        gives `(images [B,3,H,W], captions, keys)`
    """
    ...

def make_tokenize(options:SimpleNamespace, model:CLIPpy)->Tokenize:
    """The tokenizer that workers use for the captions of a batch.

    Parameters
    ----------
    options : SimpleNamespace
        of the run
    model : CLIPpy
        on its device

    Returns
    -------
    Tokenize
        for a loader's `tokenize`
    """
    ...

def which_data(options, config)->str:
    """A hash of the data that a run is trained on.

    Returns
    -------
    str
        16 hex digits
    """
    ...

def captions_for_tokenizer(options:SimpleNamespace, n:int=10000)->list:
    """Captions of the training data, for the tokenizer of a new text tower.

    Parameters
    ----------
    options : SimpleNamespace
        of the run
    n : int, default 10000
        at most

    Returns
    -------
    list
        of str
    """
    ...
