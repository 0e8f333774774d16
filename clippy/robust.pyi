# Made by tools/stubs.py from the module beside it: do not edit.
"""Does the model look at the bird, or at what is behind it? Four groups of images, two of them out of place, and the worst one counts

Docs: https://clippy-vl.github.io/clippy/robust.html.md
"""
from .eval import Source
from .eval import Task
from .model import CLIPpy
from .protocol import Protocol
from dataclasses import dataclass
from matplotlib.figure import Figure
from pathlib import Path
from torch import Tensor
from typing import Any
import numpy as np

groups: tuple

train_counts: tuple

def group_numbers(rows:np.ndarray, weights:np.ndarray, train:tuple=..., shares:np.ndarray | None=None)->dict:
    """Accuracy of the four groups of Waterbirds, and what is made of them.

    Parameters
    ----------
    rows : np.ndarray
        `[N,3]` bird, place, answer; one row for each image
    weights : np.ndarray
        `[S,N]` how often each image counts
    train : tuple, default (3498, 184, 56, 1057)
        weights of the four groups in `train_average`
    shares : np.ndarray | None, default None
        `[N,K]` share of each name in the answer; None: all of it for the answer

    Returns
    -------
    dict
        name -> `[S]`; NaN where a group that is needed has no image
    """
    ...

def show_groups(results:dict, birds:tuple=('landbird', 'waterbird'))->Figure:
    """The four groups as the paper's figure 4 draws them: rows are birds, columns are places.

    Parameters
    ----------
    results : dict
        title -> numbers, a dict with the four groups; NaN or missing: not known
    birds : tuple, default ('landbird', 'waterbird')
        names of the rows
    """
    ...

splits: Any

def read_metadata(root:Path)->list:
    """The table of Waterbirds, checked.

    Parameters
    ----------
    root : Path
        folder with metadata.csv

    Returns
    -------
    list
        (image, bird, place, split), all but the image as numbers
    """
    ...

class Waterbirds(Source):
    """Images of one split with bird and place, checked when opened.

    Parameters
    ----------
    path : str | Path
        the folder with metadata.csv, or the one above it
    split : str, default 'test'
        `train`, `val` or `test`
    transform : default None
        PIL image -> tensor, see `image_transform`; None: the image itself
    """
    needs: str
    root: Any
    transform: Any
    expected: Any
    files: Any
    labels: Any
    notes: Any
    def __init__(self, path:str | Path, split:str='test', transform=None): ...
    def key(self, i): ...
    def __getitem__(self, i): ...
    def of_split(self, everything, split):
        """The rows of one split.

        Returns
        -------
        rows of `read_metadata`
        """
        ...
    def look(self, known, split)->list:
        """Are all listed files there, and are there others?

        Returns
        -------
        list
            notes
        """
        ...

def vote(scores:Tensor, birds:int=2, voters:float=1.0)->tuple:
    """Each patch votes for its best name, the bird with most votes is the answer; at a tie the one nearer on average.

    Parameters
    ----------
    scores : Tensor
        `[B,K,h,w]` similarity of every patch with every name, birds first
    birds : int, default 2
        how many of the names are birds
    voters : float, default 1.0
        share of the patches that vote, in (0,1]; the most bird-like ones

    Returns
    -------
    tuple
        answers `[B]`, and the share of the votes for each name `[B,K]`
    """
    ...

def vote_shares(scores, birds=2, voters=1.0)->tuple:
    """`vote`, where names that are equal in everything get equal parts.

    Returns
    -------
    tuple
        share of each name in the answer, and in the votes, both `[B,K]`
    """
    ...

@dataclass(frozen=True)
class BirdProtocol(Protocol):
    """How an image becomes `land bird`, `water bird` or neither.

    Parameters
    ----------
    size : int, default 448
    resize : str, default 'square'
    split : str, default 'test'
    cut : float, default 1.0
        share of width and height that is kept, around the centre
    birds : str, default 'landbird/waterbird'
        two names, the one of the land first
    others : str, default ''
        names that are no bird: wrong when they win
    inference : str, default 'pooled'
        or `vote`
    voters : float, default 1.0
        share of the patches that vote
    """
    size: int = ...
    resize: str = ...
    split: str = ...
    cut: float = ...
    birds: str = ...
    others: str = ...
    inference: str = ...
    voters: float = ...
    def __post_init__(self): ...

class BirdTask(Task):
    """Two kinds of bird on two kinds of place."""
    primary: str
    smaller: tuple
    train: Any
    def transform(self):
        """PIL image -> tensor"""
        ...
    @property
    def names(self): ...
    def words(self): ...
    def prepare(self): ...
    def patch_scores(self, x):
        """`[b,3,h,w]` -> `[b,K,h,w]` cosines; names that are alike have one score"""
        ...
    def answer(self, x):
        """`[b,3,h,w]` -> `[b,1+2K]` answer, what each name got, and its share of the answer"""
        ...
    def measure(self, samples): ...
    def answer_shares(self, rows): ...
    def numbers(self, rows, weights): ...
    def details(self, rows):
        """Images and answers of each group."""
        ...
    def collect(self, index, rows):
        """Write down the answers, if asked to."""
        ...
    def intervals(self, rows):
        """Of the groups, and of what is made of them."""
        ...

class WaterbirdsTask(BirdTask):
    name: Any
    about: Any
    needs: str
    protocols: dict
    source: Any
    def __init__(self, data, protocol, model): ...

class DrawnBirds(Source):
    """Drawings of `clippy.swapped.Birds`.

    Parameters
    ----------
    n : int, default 200
        how many, a multiple of 4
    size : int, default 64
        pixels
    transform : default None
        `[H,W,3]` uint8 array -> tensor; None: the array itself
    seed : int, default 1000000
        which data set
    split : str, default 'test'
        `test`: groups of one size; `train`: 95% at home
    """
    birds: Any
    transform: Any
    order: Any
    def __init__(self, n:int=200, size:int=64, transform=None, seed:int=1000000, split:str='test'): ...
    def __len__(self): ...
    def key(self, i): ...
    def files_hash(self, index): ...
    def __getitem__(self, i): ...

class DrawnBirdsTask(BirdTask):
    name: Any
    about: Any
    needs: str
    train: tuple
    _own: Any
    _places: Any
    protocols: dict
    source: Any
    def __init__(self, data, protocol, model): ...

def show_votes(images:list, scores:Tensor, names:list, voters:float=1.0)->Figure:
    """Who votes for what.

    Parameters
    ----------
    images : list
        PIL images or `[H,W,3]` uint8 arrays
    scores : Tensor
        `[B,K,h,w]` similarity of every patch with every name, birds first
    names : list
        `[K]`
    voters : float, default 1.0
        share of the patches that vote

    Returns
    -------
    Figure
        a column for each image: image, patches in the colour of their vote
    """
    ...

def against_resolution(model:CLIPpy, task:str, sizes:list, data:str | Path='', **options)->list:
    """The same evaluation at several resolutions.

    Parameters
    ----------
    model : CLIPpy
    task : str
        `waterbirds` or `birds`
    sizes : list
        pixels, multiples of the patch
    data : str | Path, default ''
        its data set
    **options
        passed to `evaluate`: `protocol`, `limit`, ...

    Returns
    -------
    list
        results, one for each size
    """
    ...

def show_resolution(results:list, labels:tuple=..., trained:int=0)->Figure:
    """Left the accuracy of the four groups, right Δ for each bird; bands are the intervals, where there are any.

    Parameters
    ----------
    results : list
        from `against_resolution`
    labels : tuple, default groups
        names of the four groups
    trained : int, default 0
        resolution of training, for a line; 0: none
    """
    ...
