# Made by tools/stubs.py from the module beside it: do not edit.
"""Bottom-up segmentation: patches that look alike to the model form groups, and each region of the ground truth is compared with the group that fits it best

Docs: https://clippy-vl.github.io/clippy/group.html.md
"""
from .eval import Source
from .eval import Task
from .protocol import Protocol
from .segment_scenes import SceneMasks
from dataclasses import dataclass
from torch import Tensor
from typing import Any
import numpy as np

def principal_axes(z:Tensor, k:int)->Tensor:
    """The first principal axes of some vectors.

    Parameters
    ----------
    z : Tensor
        `[N,D]` float64, centred or not
    k : int
        how many, below D

    Returns
    -------
    Tensor
        `[k,D]` of length 1, the largest first; their signs are arbitrary
    """
    ...

centers: tuple

signs: dict

def pca_centers(tokens:Tensor, n:int=8, center:str='pca', sign:str='patch')->Tensor:
    """Principal components as centres of groups.

    Parameters
    ----------
    tokens : Tensor
        `[N,D]` float64
    n : int, default 8
        groups
    center : str, default 'pca'
        one of `centers`
    sign : str, default 'patch'
        one of `signs`, or `pair`

    Returns
    -------
    Tensor
        `[n,D]` of length 1
    """
    ...

def groups_by_pca(patches:Tensor, n:int=8, center:str='pca', sign:str='patch', normalize:bool=False)->Tensor:
    """Groups of patches around principal components (CLIPpy, section 3.5).

    Parameters
    ----------
    patches : Tensor
        `[h,w,D]` of one image
    n : int, default 8
        groups
    center : str, default 'pca'
        what is centred: one of `centers`
    sign : str, default 'patch'
        which end of a component is its group: one of `signs`, or `pair`
    normalize : bool, default False
        patch vectors to length 1 before anything else?

    Returns
    -------
    Tensor
        `[h,w,n]` float64 cosines
    """
    ...

def enlarge(scores:Tensor, size:tuple, upsampling:str='bilinear')->Tensor:
    """Groups of pixels from scores of patches.

    Parameters
    ----------
    scores : Tensor
        `[h,w,n]`
    size : tuple
        height and width, pixels
    upsampling : str, default 'bilinear'
        `bilinear`: scores are enlarged; `nearest`: groups are

    Returns
    -------
    Tensor
        `[H,W]` group of every pixel, 0 to n-1
    """
    ...

def show_groups(images:list, rows:dict):
    """Images, and below them their groups.

    Parameters
    ----------
    images : list
        `[H,W,3]` uint8 arrays or PIL images
    rows : dict
        title -> `[H,W]` groups of each image

    Returns
    -------
    a matplotlib figure
    """
    ...

def groups_by_kmeans(patches:Tensor, n:int=8, normalize:bool=True, seed:int=0)->Tensor:
    """Groups of patches by k-means.

    Parameters
    ----------
    patches : Tensor
        `[h,w,D]` of one image
    n : int, default 8
        groups
    normalize : bool, default True
        patch vectors to length 1?
    seed : int, default 0

    Returns
    -------
    Tensor
        `[h,w,n]` float64; half the squared distance to a mean, negative, less what all groups share
    """
    ...

def groups_by_spectral(patches:Tensor, n:int=8, seed:int=0)->Tensor:
    """Groups of patches by spectral clustering; patches are as near as their cosine, at least 0.

    Parameters
    ----------
    patches : Tensor
        `[h,w,D]` of one image
    n : int, default 8
        groups
    seed : int, default 0

    Returns
    -------
    Tensor
        `[h,w,n]` float64, 1 for the group of a patch, else 0
    """
    ...

methods: Any

background: Any
void: Any

def overlaps(groups:Tensor, regions:Tensor, ignore:int=...)->tuple:
    """How many pixels regions and groups share.

    Parameters
    ----------
    groups : Tensor
        `[H,W]` int, 0 and up
    regions : Tensor
        `[H,W]` int, 0 and up; or `background`
    ignore : int, default void
        pixels with this region are left out

    Returns
    -------
    tuple
        region ids `[R]`; shared pixels `[R,G]` int; pixels of each group `[G]` and each region `[R]`
    """
    ...

def jaccard(groups:Tensor, regions:Tensor, ignore:int=...)->Tensor:
    """Best IoU that any group reaches with each region (CLIPpy, section 4.2).

    Parameters
    ----------
    groups : Tensor
        `[H,W]` int, 0 and up
    regions : Tensor
        `[H,W]` int, 0 and up; or `background`
    ignore : int, default void
        pixels with this region are left out of every union

    Returns
    -------
    Tensor
        `[R]` float64 in [0,1], for the regions in the order of their ids
    """
    ...

def show_matches(image, groups:Tensor, regions:Tensor, names=None):
    """An image, its groups, and which group fits which region.

    Parameters
    ----------
    image
        `[H,W,3]` uint8 array or PIL image
    groups : Tensor
        `[H,W]`
    regions : Tensor
        `[H,W]`, see `jaccard`
    names : default None
        of regions by their ids; None: no names

    Returns
    -------
    a matplotlib figure: image, groups, then for each region its outline and its best group
    """
    ...

@dataclass(frozen=True)
class GroupProtocol(Protocol):
    """How patches become groups, and groups a number.

    Parameters
    ----------
    size : int, default 448
    resize : str, default 'square'
    templates : str, default 'name'
        not used: there are no words
    method : str, default 'pca'
        one of `methods`
    n : int, default 8
        groups
    center : str, default 'pca'
        PCA: one of `centers`
    sign : str, default 'patch'
        PCA: one of `signs`, or `pair`
    normalize : bool, default False
        PCA and k-means: vectors to length 1 first?
    upsampling : str, default 'bilinear'
        or `nearest`
    regions : str, default ''
        of the data set: `class`: pixels of one class in one image; `instance`; '': the data set's first
    void : str, default 'exclude'
        or `background`: void pixels count in unions
    target : str, default 'own'
        ground truth at its `own` size, or resized to the `square` that the model sees
    """
    size: int = ...
    resize: str = ...
    templates: str = ...
    method: str = ...
    n: int = ...
    center: str = ...
    sign: str = ...
    normalize: bool = ...
    upsampling: str = ...
    regions: str = ...
    void: str = ...
    target: str = ...
    def __post_init__(self): ...

def make_groups(patches:Tensor, size:tuple, protocol:GroupProtocol)->Tensor:
    """Make the groups of one image, as a protocol says.

    Parameters
    ----------
    patches : Tensor
        `[h,w,D]` of one image, not normalised
    size : tuple
        height and width of the answer
    protocol : GroupProtocol

    Returns
    -------
    Tensor
        `[H,W]` int64
    """
    ...

sizes: Any

def region_row(groups:Tensor, maps:list, classes:int=0)->np.ndarray:
    """What one image contributes.

    Parameters
    ----------
    groups : Tensor
        `[H,W]`
    maps : list
        of `[H,W]` regions, one for each annotator
    classes : int, default 0
        number of classes, if region ids are classes; 0: they are not

    Returns
    -------
    np.ndarray
        `[6 + 2*3 + 2*classes]` float64
    """
    ...

class RegionSource(Source):
    """Images and their regions, ready for the model.

    Parameters
    ----------
    masks
        from `open_masks`
    transform
        from `image_transform`
    kind : str, default ''
        of regions
    exclude : bool, default True
        leave void pixels out?
    side : int, default 0
        squash the regions to this square; 0: leave them
    """
    masks: Any
    files: Any
    expected: Any
    transform: Any
    kind: str
    exclude: bool
    side: int
    def __init__(self, masks, transform, kind:str='', exclude:bool=True, side:int=0): ...
    def __len__(self): ...
    def key(self, i): ...
    def maps(self, i):
        """`MaskSet.regions` has -1 for background and for void"""
        ...
    def __getitem__(self, i): ...

class Group(Task):
    """Bottom-up segmentation of a data set with regions."""
    primary: Any
    kind: Any
    unused: tuple
    source: Any
    classes: Any
    def __init__(self, data, protocol, model): ...
    def measure(self, samples): ...
    def row(self, tokens, sample): ...
    def numbers(self, rows, weights):
        """The mean over all regions, and over images."""
        ...
    def details(self, rows):
        """By size and by class, and what one group over everything would reach."""
        ...

protocols: dict

@dataclass(frozen=True)
class SceneGroupProtocol(GroupProtocol):
    """Scenes are drawn at a size of choice.

    Parameters
    ----------
    size : int, default 128
    draw : int, default 128
        side of the scenes, pixels
    seed : int
    number : int, default 512
    """
    size: int = ...
    draw: int = ...
    seed: int = ...
    number: int = ...

class SceneRegions(SceneMasks):
    """Scenes with a region for each thing, and one for the background."""
    def __getitem__(self, i): ...

class SceneGroup(Group):
    name: Any
    about: Any
    needs: Any
    protocols: dict
    source: Any
    classes: Any
    def __init__(self, data, protocol, model): ...
