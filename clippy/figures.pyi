# Made by tools/stubs.py from the module beside it: do not edit.
"""Numbers that carry with them what they depend on, and the few kinds of figure that the analysis draws

Docs: https://clippy-vl.github.io/clippy/figures.html.md
"""
from .model import CLIPpy
from PIL import Image
from dataclasses import dataclass
from matplotlib.figure import Figure
from pathlib import Path
import numpy as np

def light(fig:Figure, dpi:int=105)->Image.Image:
    """A figure as a small image, for a page.

    Returns
    -------
    Image.Image
        RGB; by itself a figure is shown at twice the resolution, which is four times the bytes
    """
    ...

@dataclass(frozen=True, eq=False)
class Study:
    """Numbers of an analysis, with everything that they depend on. In a notebook it shows its figure.

    Parameters
    ----------
    numbers : dict
    about : dict
        seed, model, images, versions
    """
    numbers: dict
    about: dict = ...
    def plot(self)->Figure:
        """The figure of this study."""
        ...
    def save(self, path:str | Path)->Path:
        """Write numbers and what they depend on.

        Parameters
        ----------
        path : str | Path
            JSON file

        Returns
        -------
        Path
            the same
        """
        ...

def depends_on(model:CLIPpy, images:list, seed:int, **more)->dict:
    """Hashes of weights and images, the seed, and the versions of the libraries.

    Parameters
    ----------
    model : CLIPpy
    images : list
        arrays that the numbers were made from
    seed : int
    **more
        whatever else the numbers depend on

    Returns
    -------
    dict
        `about` of a `Study`
    """
    ...

okabe: tuple

markers: tuple

def beside(j, n):
    """how far study j of n is moved, so that none covers another"""
    ...

def points(ax, studies:dict, rows:dict):
    """A row for each number, a point for each study, a bar for its interval.

    Parameters
    ----------
    ax
        matplotlib's Axes
    studies : dict
        name -> `Study`
    rows : dict
        label -> function of a study's numbers that gives (value, (low, high))
    """
    ...

def heat_panel(ax, values:np.ndarray, low:float, columns:tuple, title:str):
    """A table in colours, with each value in hundredths.

    Parameters
    ----------
    ax
        matplotlib's Axes
    values : np.ndarray
        `[N,K]`
    low : float
        what is darkest; 1 is lightest
    columns : tuple
        `[K]` names
    title : str

    Returns
    -------
    matplotlib's image, for a colour bar
    """
    ...

def bare(axs):
    """Take the ticks and the frame away."""
    ...

def colour_bar(shown, axs, label:str, fraction:float=0.03):
    """Add a small colour bar.

    Parameters
    ----------
    shown
        matplotlib's image
    axs
        axes beside which it stands
    label : str
    fraction : float, default 0.03
        of the width of the axes
    """
    ...
