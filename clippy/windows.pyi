# Made by tools/stubs.py from the module beside it: do not edit.
"""How a large image goes through a model that was trained on small ones, as the published loops do it

Docs: https://clippy-vl.github.io/clippy/windows.html.md
"""
from .model import CLIPpy
from contextlib import contextmanager
from torch import Tensor

def window_scores(model:CLIPpy, images:Tensor, vectors:Tensor, window:int=0, stride:int=0, softmax:float=0.0, score=None)->Tensor:
    """Patch similarities, averaged over windows.

    Parameters
    ----------
    model : CLIPpy
    images : Tensor
        `[B,3,H,W]`, whole patches
    vectors : Tensor
        `[K,D]`
    window : int, default 0
        pixels; 0: the whole image
    stride : int, default 0
        pixels
    softmax : float, default 0.0
        average probabilities with this logit scale instead of cosines
    score : default None
        images, whole patches -> `[B,K,h,w]`; None: cosine similarities with the vectors

    Returns
    -------
    Tensor
        `[B,K,h,w]`
    """
    ...

def whole_patches(x:Tensor, patch:int, odd:str='stretch', side:int=0)->tuple:
    """Images that can be cut into patches.

    Parameters
    ----------
    x : Tensor
        `[B,3,h,w]`
    patch : int
        pixels
    odd : str, default 'stretch'
        or `pad`, `drop`, `squash`; '': they are whole already
    side : int, default 0
        pixels of the square of `squash`

    Returns
    -------
    tuple
        `[B,3,h',w']` of whole patches, and the window's place in it, if it was padded: top, left
    """
    ...

def pixel_scores(score, image:Tensor, patch:int, window:int=0, stride:int=0, odd:str='stretch', corners:bool=False, after=None)->Tensor:
    """Scores of windows, averaged at the pixels of the image.

    Parameters
    ----------
    score
        images, whole patches -> `[B,K,h,w]`
    image : Tensor
        `[1,3,H,W]`
    patch : int
        pixels
    window : int, default 0
        pixels; 0: the whole image
    stride : int, default 0
        pixels
    odd : str, default 'stretch'
        see `whole_patches`
    corners : bool, default False
        are the corners of maps and windows aligned?
    after : default None
        (maps, pixels of the windows) -> maps: what happens before the mean

    Returns
    -------
    Tensor
        `[1,K,H,W]`
    """
    ...

def pamr(image:Tensor, maps:Tensor, rounds:int=10, dilations=(1, 2, 4, 8, 12, 24))->Tensor:
    """Pixel-adaptive mask refinement.

    Parameters
    ----------
    image : Tensor
        `[B,3,H,W]`
    maps : Tensor
        `[B,K,H,W]` probabilities
    rounds : int, default 10
    dilations : default (1, 2, 4, 8, 12, 24)
        distances of the neighbours, pixels

    Returns
    -------
    Tensor
        `[B,K,H,W]`
    """
    ...

@contextmanager
def positions(interpolation:str):
    """How timm's ViT interpolates position embeddings, for as long as this is entered.

    Parameters
    ----------
    interpolation : str
        `bicubic`, timm's own, or `bilinear`
    """
    ...
