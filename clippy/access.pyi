# Made by tools/stubs.py from the module beside it: do not edit.
"""Where the files of a tar begin, so that training can go straight to each of them

Docs: https://clippy-vl.github.io/clippy/access.html.md
"""
from dataclasses import dataclass
from typing import Any
import numpy as np

@dataclass
class ShardIndex:
    """Where the samples of a shard lie.

    Parameters
    ----------
    keys : np.ndarray
        `[n]` bytes
    duplicate : np.ndarray
        `[n]` bool: the key was there before
    first : np.ndarray
        `[n+1]` number of each sample's first file
    endings : np.ndarray
        `[m]` bytes, one for each file
    offsets : np.ndarray
        `[m]`
    sizes : np.ndarray
        `[m]`, -1 for a file that is cut off, -2 for a sparse one
    damaged : np.ndarray
        `[]` bool: the tar ends before its end
    """
    keys: np.ndarray
    duplicate: np.ndarray
    first: np.ndarray
    endings: np.ndarray
    offsets: np.ndarray
    sizes: np.ndarray
    damaged: np.ndarray
    def __len__(self): ...
    @property
    def most(self):
        """samples at most: one more may have begun where it ends"""
        ...
    def files(self, i):
        """ending -> (offset, bytes)"""
        ...

def scan_shard(path)->ShardIndex:
    """Find the samples of a shard by its headers.

    Parameters
    ----------
    path
        path of a tar that is not compressed
    """
    ...

def shard_index(path)->ShardIndex:
    """The index of a shard, made when it is first asked for.

    Parameters
    ----------
    path
        path of a tar that is not compressed

    Returns
    -------
    ShardIndex
        kept in a file, where one can be written
    """
    ...

class Shard:
    """A shard, open for reading in any order.

    Parameters
    ----------
    url : str
        its name in reports
    path
        path of a tar that is not compressed
    n : int
        samples that it should have
    most : float
        bytes of the largest sample
    index : default shard_index
        callable: path -> `ShardIndex`
    held : default None
        open file that keeps a copy in its place, closed with the shard
    """
    url: str
    most: float
    held: Any
    index: Any
    file: Any
    why: str
    beyond: Any
    def __init__(self, url:str, path, n:int, most:float, index=..., held=None): ...
    def __del__(self): ...
    def key(self, i): ...
    def read(self, i:int, wanted=None)->dict:
        """The files of a sample, or `Unusable` with the reason.

        Parameters
        ----------
        i : int
            number of the sample
        wanted : default None
            file endings that are wanted; None for all

        Returns
        -------
        dict
            raw sample: ending -> bytes
        """
        ...
    def __getitem__(self, i): ...

def unseekable(url:str)->str:
    """Why a shard cannot be read in any order.

    Parameters
    ----------
    url : str
        one shard

    Returns
    -------
    str
        the reason, '' if it can
    """
    ...
