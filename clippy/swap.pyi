# Made by tools/stubs.py from the module beside it: do not edit.
"""Images in which only what is behind a thing changes: drawn, or cut out of photographs

Docs: https://clippy-vl.github.io/clippy/swap.html.md
"""
from dataclasses import dataclass
from pathlib import Path
import numpy as np

@dataclass(frozen=True, eq=False)
class Swap:
    """The same things before the same backgrounds. In a notebook it shows its first things.

    Parameters
    ----------
    images : np.ndarray
        `[N,K,H,W,3]` uint8
    masks : np.ndarray
        `[N,H,W]` bool, where the thing is
    things : tuple
        `[N]` what each thing is called
    backgrounds : tuple
        `[K]`
    """
    images: np.ndarray = ...
    masks: np.ndarray = ...
    things: tuple
    backgrounds: tuple
    def __post_init__(self): ...

def scene_swap(n:int=40, size:int=64, seed:int=1000000)->Swap:
    """Drawn things before the seven drawn backgrounds.

    Parameters
    ----------
    n : int, default 40
        how many things; ten kinds in turn
    size : int, default 64
        pixels
    seed : int, default 1000000
        which data set; the default is not among those of training
    """
    ...

def composite(image, mask, background, soft:float=1.0)->np.ndarray:
    """Put a thing before another background.

    Parameters
    ----------
    image
        PIL image or `[H,W,3]` uint8 array
    mask
        `[H,W]`, true where the thing is
    background
        PIL image or `[H,W,3]` uint8 array
    soft : float, default 1.0
        pixels over which the edge fades; 0: a hard edge

    Returns
    -------
    np.ndarray
        `[H,W,3]` uint8
    """
    ...

def photo_swap(pairs:list, things:list, backgrounds:str | Path | dict, size:int=64, soft:float=1.0)->Swap:
    """Cut things out of photographs and put them before other images.

    Parameters
    ----------
    pairs : list
        (image, mask): PIL images or arrays; a mask is true where the thing is
    things : list
        what each is called
    backgrounds : str | Path | dict
        folder of images, or name -> PIL image
    size : int, default 64
        pixels; images are cut square around the thing
    soft : float, default 1.0
        see `composite`
    """
    ...
