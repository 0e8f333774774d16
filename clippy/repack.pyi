# Made by tools/stubs.py from the module beside it: do not edit.
"""Shards into shards of another size, with smaller images or in another order, and nothing else lost

Docs: https://clippy-vl.github.io/clippy/repack.html.md
"""
from .pack import Source

class _Lost(list):
    """In place of a `Report`: every sample that was lost, as an item."""
    why: str
    def skip(self, shard, reason, *keys): ...
    def take(self): ...

def shard_source(images:str, image_column:str, caption_column:str, resize:int, most:float)->Source:
    """The samples of shards, to be packed again.

    Parameters
    ----------
    images : str
        shards, as for `shard_list`
    image_column : str
        is not used: the image of a sample is a file of it
    caption_column : str
        'caption': as the loader reads them; else columns that samples must have
    resize : int
        short side, pixels; 0 keeps every image
    most : float
        largest size of a sample, bytes
    """
    ...
