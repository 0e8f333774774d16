# Made by tools/stubs.py from the module beside it: do not edit.
"""One function reads every image file, from foreign bytes to upright RGB, or says why it cannot

Docs: https://clippy-vl.github.io/clippy/images.html.md
"""
from PIL import Image
from collections import Counter
from pathlib import Path
from typing import Any

class Unusable(Exception):
    """A sample that cannot be used; its message is the reason that reports count."""

formats: Any

max_pixels: int

max_scans: int

def open_header(data:bytes)->Image.Image:
    """Open an image file of a format and size that is read here; else raise `Unusable`, or Pillow's own error.

    Parameters
    ----------
    data : bytes
        an image file

    Returns
    -------
    Image.Image
        its format, mode and size are known, its pixels are not decoded yet
    """
    ...

def orientation(image:Image.Image)->int:
    """How an image has to be turned, by EXIF's numbers.

    Returns
    -------
    int
        1 (upright) to 8
    """
    ...

def to_rgb(image:Image.Image)->Image.Image:
    """Make upright RGB: apply the EXIF orientation, put transparency on white, scale deep greys to 8 bits.

    Parameters
    ----------
    image : Image.Image
        any mode

    Returns
    -------
    Image.Image
        mode RGB, upright
    """
    ...

def open_image(data:bytes)->Image.Image:
    """Decode an image file completely, or raise `Unusable` with the reason.

    Parameters
    ----------
    data : bytes
        an image file

    Returns
    -------
    Image.Image
        decoded, upright RGB
    """
    ...

def image_fault(e:Exception)->str:
    """The reason why an image cannot be used.

    Parameters
    ----------
    e : Exception
        from Pillow

    Returns
    -------
    str
        the reason that is counted
    """
    ...

max_bytes: Any

def read_file(path:str | Path)->bytes:
    """Read the bytes of an image file; `Unusable` if it is no file, or larger than any image may be.

    Returns
    -------
    bytes
        for `open_image`
    """
    ...

endings: tuple

def hidden(name): ...

def image_files(folder:str | Path, but:str | Path='')->tuple[list, Counter]:
    """Find the images in a folder by their endings, and count what else is there.

    Parameters
    ----------
    folder : str | Path
        is searched with all folders below it
    but : str | Path, default ''
        a folder that is left out

    Returns
    -------
    tuple[list, Counter]
        sorted paths; what was left out -> how many
    """
    ...

def left_out(left:Counter)->str:
    """Say in words what was left out.

    Parameters
    ----------
    left : Counter
        from `image_files`

    Returns
    -------
    str
        '' if there is nothing
    """
    ...
