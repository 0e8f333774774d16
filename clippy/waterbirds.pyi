# Made by tools/stubs.py from the module beside it: do not edit.
"""Does a model see the bird or the place? Whose the answer is, and which patches say so

Docs: https://clippy-vl.github.io/clippy/waterbirds.html.md
"""
from .figures import Study
from .model import CLIPpy
from dataclasses import dataclass
from matplotlib.figure import Figure
from torch import Tensor
import numpy as np

def group_shares(x:np.ndarray, groups:np.ndarray)->np.ndarray:
    """Divide the variance of features among bird, place, both together and the single image.

    Parameters
    ----------
    x : np.ndarray
        `[M,D]`
    groups : np.ndarray
        `[M,2]` bird and place, 0 or 1

    Returns
    -------
    np.ndarray
        `[4]` shares of bird, place, both together, single image; they add up to 1
    """
    ...

four: tuple

bird_parts: tuple

@dataclass(frozen=True, eq=False)
class BirdStudy(Study):
    """Four groups of birds: answers, features, votes of the patches.

    Parameters
    ----------
    names : tuple
        all names, the two birds first
    labels : tuple
        words for the four groups
    images : list
        as the model saw them, uint8
    groups : np.ndarray
        `[M,2]`
    answer : np.ndarray
        `[M]` 0 or 1
    pooled : np.ndarray
        `[M,D]` length 1
    cosines : Tensor
        `[M,C,h,w]`
    """
    names: tuple
    labels: tuple
    images: list = ...
    groups: np.ndarray = ...
    answer: np.ndarray = ...
    pooled: np.ndarray = ...
    cosines: Tensor = ...
    def plot(self): ...
    def errors(self, each:int=2)->Figure | None:
        """Images that got the wrong bird, and what their patches say; groups one after the other.

        Parameters
        ----------
        each : int, default 2
            of each group, at most

        Returns
        -------
        Figure | None
            None: there are no errors
        """
        ...

def show_birds(study:BirdStudy)->Figure:
    """Draw the figure of a `BirdStudy`.

    Returns
    -------
    Figure
        accuracy of the groups, shares of variance, votes of the patches
    """
    ...

def bird_study(model:CLIPpy, images:list, groups:list, birds:tuple=('landbird', 'waterbird'), others:tuple=(), masks:list | None=None, templates:tuple=..., size:int=0, seed:int=0)->BirdStudy:
    """Measure whose the answer is, the bird's or the place's, and what the patches say.

    Parameters
    ----------
    model : CLIPpy
    images : list
        PIL images or `[H,W,3]` uint8 arrays
    groups : list
        (bird, place) of each, 0 = land, 1 = water
    birds : tuple, default ('landbird', 'waterbird')
        names between which the model chooses
    others : tuple, default ()
        further names that patches may vote for, e.g. of places
    masks : list | None, default None
        `[H,W]` arrays, true on the bird; all images of one size then
    templates : tuple, default template_sets['scenes']
        sentences around a name
    size : int, default 0
        pixels, squashed; 0: the model's own
    seed : int, default 0
        of the intervals
    """
    ...
