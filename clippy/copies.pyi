# Made by tools/stubs.py from the module beside it: do not edit.
"""A terabyte of shards through a disk of a hundred gigabytes: what is needed last goes first

Docs: https://clippy-vl.github.io/clippy/copies.html.md
"""
from pathlib import Path
from typing import Any

def hold(path:Path):
    """Open a copy so that nobody removes it before the file is closed.

    Parameters
    ----------
    path : Path
        path of a copy

    Returns
    -------
    the open file, or None: it has just been removed
    """
    ...

def remove_copy(path:Path)->bool:
    """Remove a copy that nobody reads, with its index.

    Parameters
    ----------
    path : Path
        path of a copy, or of a part of one

    Returns
    -------
    bool
        False if it is in use
    """
    ...

class Room:
    """A folder of copies that does not grow beyond a limit.

    Parameters
    ----------
    folder : str | Path
    most : int
        largest size of all copies together, bytes
    next_use : default None
        callable: path of a copy -> place in the order, or None if it is not in it
    patience : float, default 300
        seconds to wait for a reader who is in the way
    """
    folder: Any
    most: int
    next_use: Any
    patience: float
    def __init__(self, folder:str | Path, most:int, next_use=None, patience:float=300): ...
    def open(self, url:str, **remote):
        """A copy of a shard, fetched if it is not there.

        Parameters
        ----------
        url : str
            address of a shard
        **remote
            options of `RemoteFile`

        Returns
        -------
        binary file; while it is open, the copy stays
        """
        ...
    def reserve(self, part, size):
        """Make room for a file, and take it."""
        ...
    def name(self, part, path):
        """Give a file its name, while nobody counts: who lists a folder may see neither the old name nor the new one."""
        ...
    def copies(self):
        """Go through the copies in the folder.

        Returns
        -------
        generator of (path, bytes with its index, time of the last change)
        """
        ...
    def used(self)->int:
        """bytes"""
        ...
    def make(self, size:int, then=...):
        """Remove what is needed last until there is room, or wait for those who read.

        Parameters
        ----------
        size : int
            how many bytes have to fit
        then : default noop
            callable that takes the room before anybody else does
        """
        ...
    def evict(self, size)->bool:
        """Remove copies, those whose next use is farthest away first.

        Returns
        -------
        bool
            is there room now?
        """
        ...
    def turn(self, path, size, changed):
        """the larger, the sooner it goes"""
        ...
