# Made by tools/stubs.py from the module beside it: do not edit.
"""What the features of a model know: of the thing, of what is behind it, and of where it is

Docs: https://clippy-vl.github.io/clippy/analysis.html.md
"""
from .figures import Study
from .model import CLIPpy
from .swap import Swap
from dataclasses import dataclass
from matplotlib.figure import Figure
import numpy as np

@dataclass(frozen=True, eq=False)
class Features:
    """A model's features of all images of a `Swap`.

    Parameters
    ----------
    pooled : np.ndarray
        `[N,K,D]` length 1
    own : np.ndarray
        `[N,K,D]` length 1: the thing's patches
    moved : np.ndarray
        `[N,h,w]` in [0,2]: how far each patch moves from background to background
    cover : np.ndarray
        `[N,h,w]` share of each patch that the thing covers
    """
    pooled: np.ndarray
    own: np.ndarray
    moved: np.ndarray
    cover: np.ndarray

def swap_features(model:CLIPpy, swap:Swap)->Features:
    """Pooled features, the thing's own, and the movement of every patch."""
    ...

def to_average(x:np.ndarray)->np.ndarray:
    """Cosine similarity of each version of a thing to the thing's average over the backgrounds.

    Parameters
    ----------
    x : np.ndarray
        `[N,K,D]` length 1

    Returns
    -------
    np.ndarray
        `[N,K]` in [-1,1]
    """
    ...

def at_a_glance(panels:dict, swap:Swap, rows:int=10)->Figure:
    """Show a study at a glance: rows are things, columns backgrounds, colour the similarity to the average background.

    Parameters
    ----------
    panels : dict
        title -> `[N,K]` similarities to the average background
    swap : Swap
        what they were measured on
    rows : int, default 10
        how many things to show, from the first on
    """
    ...

def between_things(x:np.ndarray)->float:
    """How near the averages of different things are to each other.

    Parameters
    ----------
    x : np.ndarray
        `[N,K,D]`

    Returns
    -------
    float
        mean cosine similarity
    """
    ...

def variance_shares(x:np.ndarray)->np.ndarray:
    """Two-way decomposition of the variance of features.

    Parameters
    ----------
    x : np.ndarray
        `[N,K,D]`

    Returns
    -------
    np.ndarray
        `[3]` shares of thing, background and interaction; they add up to 1. NaN if nothing varies
    """
    ...

def resampled(f, n:int, bootstrap_samples:int=300, seed:int=0, bounds:tuple=(0, 1))->list:
    """Bootstrap intervals over things, corrected for bias.

    Parameters
    ----------
    f
        index array `[N]` -> number or array
    n : int
        how many things
    bootstrap_samples : int, default 300
    seed : int, default 0
    bounds : tuple, default (0, 1)
        least and greatest value that `f` can return

    Returns
    -------
    list
        (low, high) of the 95 % interval, for each number
    """
    ...

def cross_predict(x:np.ndarray, y:np.ndarray, rows:np.ndarray, cols:np.ndarray)->np.ndarray:
    """Predict each label with a probe that saw neither the thing nor, where held out, the background.

    Parameters
    ----------
    x : np.ndarray
        `[N,K,D]`
    y : np.ndarray
        `[...,N,K]` labels; several sets of them share the fits
    rows : np.ndarray
        `[N]` fold of each thing
    cols : np.ndarray
        `[K]` fold of each background; if all are equal, backgrounds are not held out

    Returns
    -------
    np.ndarray
        predicted labels, of the shape of `y`
    """
    ...

def read_background(x:np.ndarray, shuffles:int=2, seed:int=0, folds:int=4)->dict:
    """Can a linear probe tell what is behind a thing that it has never seen?

    Parameters
    ----------
    x : np.ndarray
        `[N,K,D]`
    shuffles : int, default 2
        how many controls with shuffled labels
    seed : int, default 0
    folds : int, default 4
        into how many folds the things are divided

    Returns
    -------
    dict
        accuracy, interval, shuffled, chance
    """
    ...

def read_thing(x:np.ndarray, things:tuple, shuffles:int=2, seed:int=0, folds:int=4)->dict:
    """Can a linear probe name a thing that it has never seen, before a background that it has never seen?

    Parameters
    ----------
    x : np.ndarray
        `[N,K,D]`
    things : tuple
        `[N]` names; each at least twice
    shuffles : int, default 2
        how many controls with shuffled labels
    seed : int, default 0
    folds : int, default 4
        into how many folds the things are divided, at most

    Returns
    -------
    dict
        accuracy, interval, shuffled, chance
    """
    ...

def answers(x:np.ndarray, vectors:np.ndarray, right:np.ndarray, seed:int=0)->dict:
    """Zero-shot answers, and how often a background changes them.

    Parameters
    ----------
    x : np.ndarray
        `[N,K,D]` length 1
    vectors : np.ndarray
        `[C,D]` length 1, of the names that may win
    right : np.ndarray
        `[N]` index of the right name
    seed : int, default 0
        of the intervals

    Returns
    -------
    dict
        right, changed, both with intervals; right_by_background `[K]`
    """
    ...

@dataclass(frozen=True, eq=False)
class BackgroundStudy(Study):
    """What swapping the background does to features, as numbers and as a figure.

    Parameters
    ----------
    swap : Swap
    pooled : np.ndarray
        `[N,K]` similarity to the average background
    own : np.ndarray
        `[N,K]` the same of the thing's patches
    moved : np.ndarray
        `[N,h,w]`
    """
    swap: Swap = ...
    pooled: np.ndarray = ...
    own: np.ndarray = ...
    moved: np.ndarray = ...
    def plot(self): ...

def background_study(model:CLIPpy, swap:Swap, templates:tuple=..., seed:int=0)->BackgroundStudy:
    """Measure what features know of thing and background: those of the whole image, and those of the thing alone.

    Parameters
    ----------
    model : CLIPpy
    swap : Swap
        from `scene_swap` or `photo_swap`
    templates : tuple, default template_sets['scenes']
        sentences around a name
    seed : int, default 0
        of shuffled labels and intervals
    """
    ...

parts: tuple

def side_by_side(studies:dict)->Figure:
    """Draw several studies side by side: of several models, or of one model under several conditions.

    Parameters
    ----------
    studies : dict
        name -> `BackgroundStudy`

    Returns
    -------
    Figure
        shares of variance, probes, answers; bars are intervals of 95 %
    """
    ...

def shares_table(studies:dict):
    """Tabulate the shares of thing, background and interaction.

    Parameters
    ----------
    studies : dict
        name -> `BackgroundStudy`

    Returns
    -------
    a Markdown table: shares of variance in %, with intervals
    """
    ...

def where_it_moves(studies:dict, which:list=(0, 1, 2, 3, 5, 7))->Figure:
    """How far each patch moves when the background is swapped.

    Parameters
    ----------
    studies : dict
        name -> `BackgroundStudy`, all of one `Swap`
    which : list, default (0, 1, 2, 3, 5, 7)
        which things

    Returns
    -------
    Figure
        a row for each model
    """
    ...

@dataclass(frozen=True, eq=False)
class SizeStudy(Study):
    """Shares of variance at several resolutions."""
    def plot(self): ...

def size_study(model:CLIPpy, swaps:list, seed:int=0)->SizeStudy:
    """Measure at each resolution whose variance it is: the thing's or the background's.

    Parameters
    ----------
    model : CLIPpy
    swaps : list
        a `Swap` for each resolution, e.g. `[scene_swap(40, s) for s in (32,64,96)]`
    seed : int, default 0
        of the intervals
    """
    ...

def show_sizes(studies:dict)->Figure:
    """Shares of variance against resolution.

    Parameters
    ----------
    studies : dict
        name -> `SizeStudy`

    Returns
    -------
    Figure
        a panel for each; bands are intervals of 95 %
    """
    ...
