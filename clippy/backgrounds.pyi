# Made by tools/stubs.py from the module beside it: do not edit.
"""Does the model look at the thing, or at what is behind it? One thing before seven backgrounds in drawings, and ImageNet-9 in photographs

Docs: https://clippy-vl.github.io/clippy/backgrounds.html.md
"""
from .eval import Source
from .eval import Task
from .protocol import Protocol
from dataclasses import dataclass
from pathlib import Path
from torch import Tensor
from typing import Any
import numpy as np

class SwappedScenes(Source):
    """One thing on every background.

    Parameters
    ----------
    n : int, default 100
        how many things
    size : int, default 64
        pixels
    transform : default None
        `[H,W,3]` uint8 array -> tensor; None: the array itself
    seed : int, default 1000000
        which data set
    """
    n: int
    size: int
    seed: int
    transform: Any
    def __init__(self, n:int=100, size:int=64, transform=None, seed:int=1000000): ...
    def __len__(self): ...
    def key(self, i): ...
    def scenes(self, i): ...
    def files_hash(self, index): ...
    def __getitem__(self, i): ...

class ScenesBackground(Task):
    name: Any
    about: Any
    needs: Any
    primary: str
    unused: tuple
    protocols: Any
    source: Any
    def __init__(self, data, protocol, model): ...
    def words(self): ...
    def prepare(self): ...
    def measure(self, samples): ...
    def parts(self, rows):
        """What of each thing is the same, right everywhere, and right before each background.

        Returns
        -------
        number -> `[N]`
        """
        ...
    def numbers(self, rows, weights):
        """Shares of the things; and of the backgrounds the mean and the worst."""
        ...
    def shares(self, rows):
        """Numbers that are plain shares of the things."""
        ...
    def intervals(self, rows):
        """Of the lowest of seven shares."""
        ...

in9_names: tuple

in9_variants: tuple

def find_folder(path:str | Path, wanted, needs:str)->Path:
    """The folder of a data set.

    Parameters
    ----------
    path : str | Path
        what the user named
    wanted
        folder -> is it the one?
    needs : str
        a sentence about what it must hold

    Returns
    -------
    Path
        `path`, or the one folder in it that is wanted
    """
    ...

def in9_folders(path:Path)->list:
    """The class folders of a variant of ImageNet-9.

    Parameters
    ----------
    path : Path
        `<variant>/val`

    Returns
    -------
    list
        the nine folders in the order of their numbers
    """
    ...

class ImageNet9(Source):
    """Images of some variants with their class, checked when opened.

    Parameters
    ----------
    path : str | Path
        bg_challenge, or the folder above it
    variants : tuple, default in9_variants
        which of them
    transform : default None
        PIL image -> tensor; None: the image itself
    """
    needs: str
    each: int
    root: Any
    variants: tuple
    transform: Any
    files: Any
    labels: Any
    expected: Any
    def __init__(self, path:str | Path, variants:tuple=..., transform=None): ...
    def key(self, i): ...
    def __getitem__(self, i): ...
    def add(self, k, folder):
        """The files of variant `k`, labelled with variant and class."""
        ...

@dataclass(frozen=True)
class In9Protocol(Protocol):
    """How an image gets one of nine names.

    Parameters
    ----------
    templates : str, default 'photo'
    variants : str, default ''
        names with / between them; '': all eight
    classes : str, default 'in9'
        nine names; or `imagenet`: a thousand, mapped to nine
    """
    templates: str = ...
    variants: str = ...
    classes: str = ...
    def __post_init__(self): ...

def split_names(text):
    """`duck/robin`, as --set can give it"""
    ...

def read_in9_map(root:Path)->np.ndarray:
    """Which of the nine an ImageNet class belongs to.

    Parameters
    ----------
    root : Path
        folder of the variants

    Returns
    -------
    np.ndarray
        `[1000]` number from 0 to 8; -1: none of the nine
    """
    ...

def in9_right(rows)->np.ndarray:
    """What of each answer is right.

    Returns
    -------
    np.ndarray
        `[N]` in [0,1]
    """
    ...

def in9_numbers(rows:np.ndarray, weights:np.ndarray, variants:tuple=...)->dict:
    """Accuracy on each variant of ImageNet-9, and the gap between same and random backgrounds.

    Parameters
    ----------
    rows : np.ndarray
        `[N,3]` variant, class, answer (or a tie)
    weights : np.ndarray
        `[S,N]` how often each image counts
    variants : tuple, default in9_variants
        what the numbers in the first column mean

    Returns
    -------
    dict
        name -> `[S]`
    """
    ...

def each_size(images:list, f)->Tensor:
    """Apply `f` to images of several sizes, all of one size at once.

    Parameters
    ----------
    images : list
        `[3,h,w]` tensors
    f
        `[b,3,h,w]` -> `[b,R]`

    Returns
    -------
    Tensor
        `[B,R]`
    """
    ...

class ImageNet9Task(Task):
    name: Any
    about: Any
    needs: str
    primary: str
    smaller: tuple
    unused: tuple
    protocols: Any
    source: Any
    to9: Any
    classes: Any
    def __init__(self, data, protocol, model): ...
    def words(self): ...
    def prepare(self): ...
    def answer(self, x):
        """The name that wins, and the share of each of the nine in the answer.

        Returns
        -------
        `[b,1+9]`
        """
        ...
    def measure(self, samples):
        """Variant, class and answer of each image."""
        ...
    def numbers(self, rows, weights):
        """Accuracy on each variant, and the gap."""
        ...
    def details(self, rows):
        """How many images of each variant."""
        ...
    def shares(self, rows):
        """Numbers that are plain shares of images."""
        ...
    def intervals(self, rows):
        """Of the gap, which is a difference of two shares."""
        ...
