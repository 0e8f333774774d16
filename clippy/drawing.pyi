# Made by tools/stubs.py from the module beside it: do not edit.
"""A pen, ten things and seven backgrounds: what the built-in scenes are made of

Docs: https://clippy-vl.github.io/clippy/drawing.html.md
"""
from PIL import Image
from typing import Any

def sheet(images:list, labels:list | None=None, cols:int=6, side:int=128)->Image.Image:
    """Images side by side in rows, each with a line of text below it.

    Parameters
    ----------
    images : list
        PIL images or `[H,W,3]` uint8 arrays
    labels : list | None, default None
        a line of text below each
    cols : int, default 6
        images in a row
    side : int, default 128
        width and height of each, pixels

    Returns
    -------
    Image.Image
        RGB
    """
    ...

def mix(a, b, t): ...

def spline(p, k=10):
    """Closed Catmull-Rom curve through points `p`, `k` steps from point to point."""
    ...

class Pen:
    """Filled, outlined shapes in unit coordinates on a square of `side` pixels."""
    rng: Any
    side: int
    im: Any
    alpha: Any
    ink: Any
    cover: Any
    def __init__(self, rng, side=512): ...
    def r(self, lo, hi): ...
    def px(self, pts): ...
    def line(self, pts, fill, width): ...
    def shape(self, pts, fill, smooth=True, edge=0.014): ...
    def oval(self, x, y, rx, ry, fill, turn=0, edge=0.014): ...

sprites: dict

white: Any
dark: Any

def thing(colour, lean): ...

def eye(pen, x, y, r): ...

variants: int

def sprite(kind, variant):
    """Premultiplied `[256,256,4]` image of one version of a thing."""
    ...

def sprite_at(kind, variant, side):
    """A sprite at the size that a scene needs; it is kept for the next scene."""
    ...

textures: dict

WIDE: Any
HIGH: Any
VIEW: Any

def texture(*places): ...

def clip(a): ...

def noise(rng, across, down):
    """Smooth noise in [-1,1], `across` x `down` bumps."""
    ...

def wash(top, bottom, *noises):
    """A vertical ramp of colour, with noise added."""
    ...

def strokes(im, rng, n, paint):
    """`paint(ink, x, y, r)` `n` times from back to front at twice the size, `r` being 4 random numbers."""
    ...

def blades(rng, im, n, dark, light, tall=60):
    """Blades of grass on a background."""
    ...

def waves(rng, im, n, crest, trough, wide=80):
    """Waves on a background."""
    ...

def texture_at(kind, view):
    """A background drawing in which zoom 1 shows `view` pixels across; it is kept for the next scene."""
    ...
