# Made by tools/stubs.py from the module beside it: do not edit.
"""How a number is made, as a small object with a name, a hash, and a table that shows it

Docs: https://clippy-vl.github.io/clippy/protocol.html.md
"""
from .console import Table
from .model import CLIPpy
from PIL import Image
from dataclasses import dataclass
from torch import Tensor
from typing import Any

def of(group:str, default, later:bool=False):
    """A decision of a protocol.

    Parameters
    ----------
    group : str
        of decisions: one of `groups`
    default
        what most protocols say
    later : bool, default False
        younger than the hashes of protocols: counts only where it says something else

    Returns
    -------
    dataclass field
    """
    ...

groups: tuple

@dataclass(frozen=True)
class Protocol:
    """How a number is made.

    Parameters
    ----------
    name : str, default 'clippy'
    size : int, default 224
        pixels of the short side; 0: the model's own size
    resize : str, default 'crop'
        centre cut out; `short`: whole image in its proportions; `square`: squashed
    templates : str | tuple, default 'openai-80'
        sentences with `{}`, a name of some, or a .txt file of them
    names : str, default ''
        which class names, where a data set has several lists; or a file of them
    split : str, default ''
        part of the data set; '': its usual one
    about : str, default ''
        where the protocol comes from
    pool_prefix : str, default ''
        prefix tokens in the pool: `yes`, `no`; '': as the model says
    """
    name: str = ...
    size: int = ...
    resize: str = ...
    templates: str | tuple = ...
    names: str = ...
    split: str = ...
    about: str = ...
    pool_prefix: str = ...
    rounding: Any
    kernel: Any
    longest: Any
    def __post_init__(self): ...

def change(protocol:Protocol, /, **changes)->Protocol:
    """A protocol with some fields changed.

    Parameters
    ----------
    protocol : Protocol
        stays as it is
    **changes
        fields and values; text is converted to the field's type

    Returns
    -------
    Protocol
        named after what was changed
    """
    ...

def protocol_hash(protocol:Protocol)->str:
    """A short hash of all that a protocol decides.

    Returns
    -------
    str
        its name and its story do not count
    """
    ...

def protocol_table(*protocols:Protocol)->Table:
    """Protocols side by side.

    Parameters
    ----------
    *protocols : Protocol
        one or more

    Returns
    -------
    Table
        a row for each field that one of them fills, a column for each protocol
    """
    ...

def field_groups(protocol:Protocol)->dict:
    """Which group each decision belongs to.

    Returns
    -------
    dict
        field -> one of `groups`; `task` for those that its task adds
    """
    ...

def new_sides(h:int, w:int, size:int, resize:str='short', rounding:str='patches', longest:int=0, patch:int=1)->tuple:
    """To what size an image is resized.

    Parameters
    ----------
    h : int
    w : int
        of the image
    size : int
        pixels of the short side
    resize : str, default 'short'
        or `square`
    rounding : str, default 'patches'
        both sides to whole patches; `down`: the long side cut to pixels; `nearest`: both rounded
    longest : int, default 0
        pixels of the long side, at most; 0: any
    patch : int, default 1
        pixels

    Returns
    -------
    tuple
        height and width
    """
    ...

def resized(image:Image.Image, sides:tuple, kernel:str='bicubic')->Tensor:
    """An image at another size.

    Parameters
    ----------
    image : Image.Image
        RGB
    sides : tuple
        height and width
    kernel : str, default 'bicubic'
        PIL's; `bilinear`: OpenCV's, without antialias

    Returns
    -------
    Tensor
        `[3,h,w]` uint8
    """
    ...

def image_transform(protocol:Protocol, model:CLIPpy):
    """What happens to an image before the model sees it.

    Parameters
    ----------
    protocol : Protocol
        its size, and how images are resized
    model : CLIPpy
        its size, patch, mean and std

    Returns
    -------
    callable, can be sent to workers: PIL image or `[H,W,3]` uint8 array -> `[3,h,w]` float32
    """
    ...
