# Made by tools/stubs.py from the module beside it: do not edit.
"""The built-in data set: scenes with captions and masks, drawn from nothing but a seed

Docs: https://clippy-vl.github.io/clippy/scenes.html.md
"""
from PIL import Image
from dataclasses import dataclass
from pathlib import Path
from typing import Any
import numpy as np

def page(*key:int)->list:
    """The random numbers of one scene.

    Parameters
    ----------
    *key : int
        seed, index, and for other data sets one more number

    Returns
    -------
    list
        12 rows of 16 floats in [0,1)
    """
    ...

things: Any

backgrounds: tuple

names: Any

@dataclass(frozen=True)
class Pose:
    """How one thing stands in a scene; lengths in units of the image side.

    Parameters
    ----------
    kind : str
        name of the thing
    variant : int
        which of the drawn versions
    x : float
        centre, 0 left to 1 right
    y : float
        centre, 0 top to 1 bottom
    side : float
        side of the drawing's square
    aspect : float
        width over height
    angle : float
        radians
    flip : bool
        mirrored
    hue : float
        radians around the grey axis
    vivid : float
        1 = saturation as drawn
    light : float
        1 = brightness as drawn
    """
    kind: str
    variant: int
    x: float
    y: float
    side: float
    aspect: float
    angle: float
    flip: bool
    hue: float
    vivid: float
    light: float

@dataclass(frozen=True)
class Layout:
    """What is where in a scene, and the words for it; back to front.

    Parameters
    ----------
    poses : tuple
        of `Pose`, painted in this order
    background : str
        name of the background
    window : tuple
        (x, y, zoom, flip) of the part of the background
    tint : tuple
        gain of the background's red, green, blue
    caption : str
        the caption
    """
    poses: tuple
    background: str
    window: tuple
    tint: tuple
    caption: str

def compose(u, kinds, place):
    """Layout of `kinds` at `place` from a page."""
    ...

def draw_layout(lay, size, names):
    """Image `[size,size,3]` and mask `[size,size]` of a layout."""
    ...

palette: Any

alike: dict

def show_mask(mask:np.ndarray, labels:tuple=...)->Image.Image:
    """A mask as a palette image: its pixels are still the labels.

    Parameters
    ----------
    mask : np.ndarray
        `[H,W]` uint8 indices into `labels`
    labels : tuple, default names
        `names`, or `bird_names` for a mask of `Birds`

    Returns
    -------
    Image.Image
        mode `P`: the mask's numbers, with their colours as the palette
    """
    ...

@dataclass(frozen=True, eq=False)
class Scene:
    """One drawn scene. In a notebook it shows itself: image, then mask.

    Parameters
    ----------
    image : np.ndarray
        `[H,W,3]` uint8
    mask : np.ndarray
        `[H,W]` uint8, indices into `names`
    caption : str
        names every thing in the image, sometimes the background
    things : tuple
        names of the things, back to front
    background : str
        name of the background
    names : tuple
        what the mask's numbers mean
    group : tuple | None, default None
        of `Birds`: (bird, place), 0 = land, 1 = water
    """
    image: np.ndarray = ...
    mask: np.ndarray = ...
    caption: str
    things: tuple
    background: str
    names: tuple = ...
    group: tuple | None = ...

def draw_scene(seed:int, index:int, size:int=64, n_things:int | None=None, things:tuple | None=None, background:str | None=None)->Scene:
    """Draw one scene.

    Parameters
    ----------
    seed : int
        which data set
    index : int
        which scene of it
    size : int, default 64
        width and height, pixels
    n_things : int | None, default None
        1 to 4; None: 1 to 3 by chance
    things : tuple | None, default None
        names of the things, None: by chance
    background : str | None, default None
        name of the background, None: by chance

    Returns
    -------
    Scene
        the same for the same arguments, always
    """
    ...

class Scenes:
    """The first `n` scenes of data set `seed`, drawn when asked for.

    Parameters
    ----------
    n : int
        how many
    seed : int, default 0
        which data set
    size : int, default 64
        width and height, pixels
    **kw
        passed to `draw_scene`
    """
    n: int
    seed: int
    size: int
    kw: Any
    def __init__(self, n:int, seed:int=0, size:int=64, **kw): ...
    def __len__(self): ...
    def __getitem__(self, i): ...

def captions(n:int, seed:int=0, **kw)->list:
    """Captions of the first `n` scenes, without drawing them.

    Parameters
    ----------
    n : int
        how many
    seed : int, default 0
        which data set
    **kw
        `n_things`, `things`, `background` as in `draw_scene`

    Returns
    -------
    list
        captions as strings
    """
    ...

def write_folder(path:str | Path, n:int, seed:int=0, size:int=64, progress:bool=True, **kw)->Path:
    """Write scenes as a folder of images and masks, with captions and names.

    Parameters
    ----------
    path : str | Path
        folder to fill; new or empty
    n : int
        how many scenes
    seed : int, default 0
        which data set
    size : int, default 64
        width and height, pixels
    progress : bool, default True
        show a progress bar
    **kw
        `n_things`, `things`, `background` as in `draw_scene`

    Returns
    -------
    Path
        `path`; files: images/NNNNN.png, masks/NNNNN.png (palette), captions.csv, names.txt (one for
        each mask value)
    """
    ...

def data_hash(n:int=8, seed:int=0, size:int=64)->str:
    """SHA-256 over the names and the first `n` scenes: images, masks and captions.

    Parameters
    ----------
    n : int, default 8
        scenes to hash
    seed : int, default 0
        which data set
    size : int, default 64
        width and height, pixels

    Returns
    -------
    str
        64 hex digits
    """
    ...
