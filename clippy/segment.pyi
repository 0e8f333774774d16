# Made by tools/stubs.py from the module beside it: do not edit.
"""Top-down segmentation: each patch is compared with each word, and every choice on the way is a field of the protocol

Docs: https://clippy-vl.github.io/clippy/segment.html.md
"""
from .model import CLIPpy
from .protocol import Protocol
from PIL import Image
from dataclasses import dataclass
from torch import Tensor
from typing import Any
import numpy as np

def to_batch(scenes, model:CLIPpy)->Tensor:
    """Scenes as a batch of normalised images.

    Parameters
    ----------
    scenes
        iterable of `Scene`, all of one size
    model : CLIPpy
        whose mean and std are used, and whose device

    Returns
    -------
    Tensor
        `[B,3,H,W]`
    """
    ...

def scene_vectors(model:CLIPpy)->Tensor:
    """The zero-shot classifier of the built-in scenes.

    Returns
    -------
    Tensor
        `[17,D]`, things before backgrounds
    """
    ...

def similarity_maps(model:CLIPpy, image, words:list, templates=('{}',)):
    """Draw an image, and beside it how much each patch resembles each word.

    Parameters
    ----------
    model : CLIPpy
    image
        PIL image or `[H,W,3]` uint8 array
    words : list
        what to look for
    templates : default ('{}',)

    Returns
    -------
    a matplotlib figure
    """
    ...

def words_to_pixels(scores:Tensor, size:tuple, scale:float=0.0, rows:int=32, never=None):
    """The best word at every pixel, bilinear.

    Parameters
    ----------
    scores : Tensor
        `[B,K,h,w]` from `CLIPpy.patch_cosines`
    size : tuple
        height and width of the answer, pixels
    scale : float, default 0.0
        logit scale of a softmax; 0: no probabilities
    rows : int, default 32
        rows of pixels that are held at once; on a card more, up to 64 MB
    never : default None
        `[K]` bool: words that may not win, though a softmax counts them; None: all may

    Returns
    -------
    `[B,H,W]` word indices; with `scale` also `[B,H,W]` their probabilities
    """
    ...

def pixel_maps(scores:Tensor, size:tuple, scale:float=0.0)->Tensor:
    """How much each word fits each pixel, bilinear.

    Parameters
    ----------
    scores : Tensor
        `[B,K,h,w]` from `CLIPpy.patch_cosines`
    size : tuple
        height and width of the answer, pixels
    scale : float, default 0.0
        logit scale of a softmax; 0: cosines as they are

    Returns
    -------
    Tensor
        `[B,K,H,W]` float32, in which the first largest of K is the answer of `words_to_pixels`
    """
    ...

def areas(pred:Tensor, target:Tensor, n:int, ignore:int=255)->Tensor:
    """Count the pixels that IoU is made of: shared, predicted and true ones of each class.

    Parameters
    ----------
    pred : Tensor
        int class indices, any shape
    target : Tensor
        int class indices, same shape
    n : int
        number of classes
    ignore : int, default 255
        pixels with this target are not counted

    Returns
    -------
    Tensor
        `[3n]` pixels: shared, predicted, true
    """
    ...

def iou(areas)->np.ndarray:
    """Intersection over union of each class.

    Parameters
    ----------
    areas
        `[...,3n]` sums of `areas`, tensor or array

    Returns
    -------
    np.ndarray
        `[...,n]` in [0,1]; NaN for a class in neither prediction nor truth
    """
    ...

@dataclass(frozen=True)
class SegmentProtocol(Protocol):
    """How words become pixels, and pixels a number.

    Parameters
    ----------
    size : int, default 448
    resize : str, default 'square'
    window : int, default 0
        pixels of a sliding window; 0: the whole image at once
    stride : int, default 0
        pixels from window to window
    blend : str, default 'cosine'
        what windows average: `cosine`, `softmax`, or `sigmoid` (of scale*cosine+bias)
    positions : str, default 'bicubic'
        interpolation of position embeddings: `bicubic` or `bilinear`
    background : str, default 'name'
        its own words (`name`), a `vocabulary`, a `constant` score, or `none`
    vocabulary : str, default ''
        key of `vocabularies`: further words for background
    threshold : float, default 0.0
        a winner of smaller probability is background
    scale : float, default 0.0
        logit scale; 0: the model's own
    prior : int, default 0
        how many words may win: those that fit the whole image best; 0: all may
    upsampling : str, default 'nearest'
        `nearest`: decided at the patches; `bilinear`: cosines are enlarged first
    refine : str, default ''
        `pamr`: maps are pulled to the edges of the image
    target : str, default 'own'
        ground truth at its `own` size, or resized to the `square` that the model sees
    absent : str, default 'skip'
        a class in neither prediction nor truth: `skip` it, or count `zero`
    rounding : str, default 'patches'
        of the new sides, see `new_sides`: `patches`, `down`, `nearest`
    kernel : str, default 'bicubic'
        PIL's; `bilinear`: OpenCV's, without antialias
    longest : int, default 0
        pixels of the long side, at most; 0: any
    odd : str, default ''
        windows of no whole patches: `stretch`, `pad`, `drop`, `squash`
    join : str, default 'patches'
        windows are averaged at `patches`, `pixels`, aligned `corners`
    values : str, default ''
        by the value path of the last block? `yes`, `no`; '': as the model
    bias : float, default 0.0
        of the sigmoid
    mean : str, default 'unit'
        of sentences: vectors of length 1, or `raw`
    compete : str, default 'words'
        `words` to the end, or `classes`: the best word at each patch first
    constant : float, default 0.0
        score of background, where it is `constant`
    area : float, default 0.0
        a class with no larger share of what is not background may not win
    refine_on : str, default 'masks'
        probabilities of classes; `cosines`: of words
    refine_at : str, default 'image'
        size of the `image`, of the `target`; each `window`'s, `scores`
    dilations : str, default '1,2,4,8,12,24'
        distances of neighbours, pixels
    """
    size: int = ...
    resize: str = ...
    window: int = ...
    stride: int = ...
    blend: str = ...
    positions: str = ...
    background: str = ...
    vocabulary: str = ...
    threshold: float = ...
    scale: float = ...
    prior: int = ...
    upsampling: str = ...
    refine: str = ...
    target: str = ...
    absent: str = ...
    rounding: str = ...
    kernel: str = ...
    longest: int = ...
    odd: str = ...
    join: str = ...
    values: str = ...
    bias: float = ...
    mean: str = ...
    compete: str = ...
    constant: float = ...
    area: float = ...
    refine_on: str = ...
    refine_at: str = ...
    dilations: str = ...
    def __post_init__(self): ...

vocabularies: Any

def class_words(words:tuple, background:bool, protocol:SegmentProtocol)->tuple:
    """All words that compete.

    Parameters
    ----------
    words : tuple
        for each class a tuple of its words
    background : bool
        is class 0 background?
    protocol : SegmentProtocol

    Returns
    -------
    tuple
        words, and the class of each
    """
    ...

def words_of_file(path:str, words:tuple)->tuple:
    """Words for classes from a file.

    Parameters
    ----------
    path : str
        text, a line for each class
    words : tuple
        the data set's own words, for their number and for the message

    Returns
    -------
    tuple
        for each class a tuple of its words
    """
    ...

class Head:
    """From images to labels, as a protocol says.

    Parameters
    ----------
    model : CLIPpy
    words : tuple
        all words that compete
    owner : tuple
        the class of each
    protocol : SegmentProtocol
    background : bool, default False
        is class 0 background?
    """
    model: CLIPpy
    protocol: SegmentProtocol
    background: bool
    first: Any
    vectors: Any
    words_owner: Any
    owner: Any
    scale: Any
    def __init__(self, model:CLIPpy, words:tuple, owner:tuple, protocol:SegmentProtocol, background:bool=False): ...
    def __call__(self, images:Tensor, sizes:list)->list:
        """Labels of some images.

        Parameters
        ----------
        images : Tensor
            `[B,3,h,w]`
        sizes : list
            height and width of each answer

        Returns
        -------
        list
            `[H,W]` class indices for each image
        """
        ...
    def patch_scores(self, x:Tensor)->Tensor:
        """What is enlarged, at the patches.

        Parameters
        ----------
        x : Tensor
            `[B,3,h,w]`, whole patches

        Returns
        -------
        Tensor
            `[B,K,h,w]`
        """
        ...
    def edges(self, image, maps, corners=False):
        """edges of the image, at the size of the maps"""
        ...
    def window_maps(self, images:Tensor)->Tensor:
        """Scores of some images.

        Parameters
        ----------
        images : Tensor
            `[B,3,h,w]`

        Returns
        -------
        Tensor
            `[B,K,h/patch,w/patch]`, or `[1,K,h,w]` where windows are joined at pixels
        """
        ...
    def at_window(self, maps, pixels):
        """maps of windows, at their pixels"""
        ...
    def keep_likely(self, scores:Tensor, images:Tensor)->Tensor:
        """Only the words that fit the whole image best stay.

        Parameters
        ----------
        scores : Tensor
            `[B,K,h,w]`
        images : Tensor
            `[B,3,h,w]`

        Returns
        -------
        Tensor
            `[B,K,h,w]`, very low where a word is out
        """
        ...
    def winner(self, scores, at, never=None):
        """the best word at every place, its probability if there is a threshold"""
        ...
    def decide(self, scores:Tensor, image:Tensor, size:tuple)->Tensor:
        """Scores of one image to labels.

        Parameters
        ----------
        scores : Tensor
            `[1,K,h,w]`
        image : Tensor
            `[1,3,H,W]`
        size : tuple
            height and width of the answer

        Returns
        -------
        Tensor
            `[H,W]` class indices
        """
        ...
    def each_alone(self)->bool:
        """may images be decided together? Areas and classes that occur are those of one image"""
        ...
    def decide_all(self, scores, image, size):
        """`[B,H,W]`; several images only where `each_alone`"""
        ...
    def rare(self, scores, at, owner)->Tensor:
        """Words of classes that win too small an area.

        Returns
        -------
        Tensor
            `[K]` bool
        """
        ...
    def refined(self, scores:Tensor, image:Tensor, size=None)->Tensor:
        """Maps with edges moved to those of the image.

        Parameters
        ----------
        scores : Tensor
            `[1,K,h,w]`
        image : Tensor
            `[1,3,H,W]`
        size : default None
            height and width of the maps; None: those of the image

        Returns
        -------
        Tensor
            `[1,C,H,W]` probabilities of classes, or `[1,K,H,W]` cosines
        """
        ...

def label_image(labels:Tensor)->Image.Image:
    """Class indices as an image with VOC's palette.

    Parameters
    ----------
    labels : Tensor
        `[H,W]` class indices below 256

    Returns
    -------
    Image.Image
        mode P
    """
    ...

def save_labels(labels:Tensor, path):
    """Class indices as a PNG with VOC's palette.

    Parameters
    ----------
    labels : Tensor
        `[H,W]` class indices below 256
    path
        PNG
    """
    ...

def label_colours(labels:Tensor)->np.ndarray:
    """Class indices in VOC's colours, to look at.

    Parameters
    ----------
    labels : Tensor
        `[H,W]` class indices; 255 is white

    Returns
    -------
    np.ndarray
        `[H,W,3]` uint8
    """
    ...

def seen_image(x:Tensor, model:CLIPpy)->np.ndarray:
    """What the model sees, to look at.

    Parameters
    ----------
    x : Tensor
        `[3,h,w]` normalised
    model : CLIPpy
        whose mean and std were used

    Returns
    -------
    np.ndarray
        `[h,w,3]` in [0,1]
    """
    ...

def image_grid(rows:dict, legend:dict | None=None):
    """Rows of images, one below the other.

    Parameters
    ----------
    rows : dict
        title -> images, as many in each row
    legend : dict | None, default None
        name -> colour

    Returns
    -------
    a matplotlib figure
    """
    ...
