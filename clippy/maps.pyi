# Made by tools/stubs.py from the module beside it: do not edit.
"""Features and names on a page, made with UMAP, and how far such a page can be trusted

Docs: https://clippy-vl.github.io/clippy/maps.html.md
"""
from .figures import Study
from .model import CLIPpy
from dataclasses import dataclass
from matplotlib.figure import Figure
import numpy as np

def centred(x:np.ndarray)->np.ndarray:
    """Features without their mean.

    Parameters
    ----------
    x : np.ndarray
        `[M,D]`

    Returns
    -------
    np.ndarray
        `[M,D]` length 1
    """
    ...

@dataclass(frozen=True, eq=False)
class FeatureMap(Study):
    """Features and names on a page.

    Parameters
    ----------
    points : np.ndarray
        `[M,2]`
    words : np.ndarray
        `[C,2]`
    names : tuple
        `[C]`
    labels : dict
        what it may be coloured by -> `[M]` str
    features : np.ndarray
        `[M,D]` what was laid out
    thumbnails : np.ndarray | None
        `[M,s,s,3]` uint8
    """
    points: np.ndarray = ...
    words: np.ndarray = ...
    names: tuple
    labels: dict = ...
    features: np.ndarray = ...
    thumbnails: np.ndarray | None = ...
    def plot(self): ...

def show_maps(maps:dict, by:list=None, size:float=9.0, thumbnails:bool=True)->Figure:
    """Draw maps side by side, coloured by the labels that are asked for.

    Parameters
    ----------
    maps : dict
        name -> `FeatureMap`; a row for each
    by : list, default None
        what to colour by; None: all
    size : float, default 9.0
        of a point
    thumbnails : bool, default True
        in the first column
    """
    ...

def umap_of(x:np.ndarray, neighbors:int=30, seed:int=0)->np.ndarray:
    """Lay features out on a page by their cosine similarities; the same for the same seed.

    Parameters
    ----------
    x : np.ndarray
        `[M,D]`
    neighbors : int, default 30
        UMAP's `n_neighbors`: small shows the near, large the whole
    seed : int, default 0

    Returns
    -------
    np.ndarray
        `[M,2]`
    """
    ...

def trust_of(x:np.ndarray, page:np.ndarray, neighbors:int)->float:
    """Trustworthiness: are neighbours on the page neighbours among the features?

    Parameters
    ----------
    x : np.ndarray
        `[M,D]` features
    page : np.ndarray
        `[M,2]` where they lie on the page
    neighbors : int
        how many neighbours are asked about

    Returns
    -------
    float
        at most 1
    """
    ...

def feature_map(model:CLIPpy, features:np.ndarray, names:list, labels:dict, thumbnails=None, neighbors:int=30, templates:tuple=..., seed:int=0)->FeatureMap:
    """UMAP of features, with the text embeddings of names in it.

    Parameters
    ----------
    model : CLIPpy
    features : np.ndarray
        `[M,D]` of the model: pooled ones, or of patches
    names : list
        class names to place in the map
    labels : dict
        title -> `[M]` words: what the points may be coloured by
    thumbnails : default None
        `[M,s,s,3]` uint8, an image for each
    neighbors : int, default 30
    templates : tuple, default template_sets['scenes']
    seed : int, default 0
    """
    ...

def patch_features(model:CLIPpy, images:list, masks:list, names:tuple, most:int=1000, seed:int=0)->tuple:
    """Features of patches, with what each patch shows.

    Parameters
    ----------
    model : CLIPpy
    images : list
        `[H,W,3]` uint8 arrays, all of one size
    masks : list
        `[H,W]` class indices
    names : tuple
        what the indices mean
    most : int, default 1000
        how many patches are kept at most, chosen at random
    seed : int, default 0
        of that choice

    Returns
    -------
    tuple
        features `[M,D]` length 1; what covers the middle of each `[M]`; its pixels `[M,p,p,3]`; its
        image `[M]`
    """
    ...

@dataclass(frozen=True, eq=False)
class Trust(Study):
    """How far maps can be trusted."""
    def plot(self): ...

def trust(model:CLIPpy, features:np.ndarray, neighbors:tuple=(5, 15, 50), asked:tuple=(5, 10, 20, 40, 80), seed:int=0)->Trust:
    """Trustworthiness of UMAP and of PCA.

    Parameters
    ----------
    model : CLIPpy
        whose features they are
    features : np.ndarray
        `[M,D]`
    neighbors : tuple, default (5, 15, 50)
        values of UMAP's `n_neighbors`
    asked : tuple, default (5, 10, 20, 40, 80)
        how many neighbours are asked about; below M/2
    seed : int, default 0
    """
    ...
