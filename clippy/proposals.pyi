# Made by tools/stubs.py from the module beside it: do not edit.
"""Sharp masks from somewhere else, for example from SAM, and words for them from this model

Docs: https://clippy-vl.github.io/clippy/proposals.html.md
"""
from .answers import Segmentation
from dataclasses import dataclass
from torch import Tensor
import numpy as np

def check_masks(masks, size:tuple)->Tensor:
    """Put masks into one tensor, or say what is wrong with them.

    Parameters
    ----------
    masks
        `[N,H,W]` bool, array or tensor; or a list of N `[H,W]`
    size : tuple
        height and width of the image

    Returns
    -------
    Tensor
        `[N,H,W]` bool, on the device of the masks
    """
    ...

def pooled(cosines:Tensor, masks:Tensor, pool:str='mean')->Tensor:
    """How well each word fits each mask.

    Parameters
    ----------
    cosines : Tensor
        `[K,H,W]` of each word at each pixel
    masks : Tensor
        `[N,H,W]` bool, each with a pixel
    pool : str, default 'mean'
        or `max`

    Returns
    -------
    Tensor
        `[N,K]`
    """
    ...

def painting_order(masks:Tensor, probabilities:list, on_top:str='smaller')->list:
    """The order in which masks are painted over one another.

    Parameters
    ----------
    masks : Tensor
        `[N,H,W]` bool
    probabilities : list
        `[N]`
    on_top : str, default 'smaller'
        or `surer`

    Returns
    -------
    list
        of numbers of masks; the last is on top
    """
    ...

@dataclass(repr=False)
class LabelledMasks:
    """Masks with their labels.

    Parameters
    ----------
    labels : list
        `[N]` of each mask; `other` where a background word won
    probabilities : np.ndarray
        `[N]` float32, of the words that won
    segmentation : Segmentation
        all of them in one mask
    """
    labels: list
    probabilities: np.ndarray
    segmentation: Segmentation
    def __repr__(self): ...
