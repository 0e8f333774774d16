# Made by tools/stubs.py from the module beside it: do not edit.
"""Workers that do not pause between two epochs, and say how long they take

Docs: https://clippy-vl.github.io/clippy/epochs.html.md
"""
from .data import Report
from dataclasses import dataclass
from torch.utils.data import DataLoader
from typing import Any

class Sums:
    """Numbers that are added up until somebody takes them; a dataclass."""
    def add(self, other): ...
    def take(self):
        """Hand over what there is and start from zero."""
        ...

@dataclass
class Took(Sums):
    """How many seconds workers took, each by its own clock.

    Parameters
    ----------
    images : int, default 0
        how many were made in this time
    reading : float, default 0.0
        seconds spent reading
    decoding : float, default 0.0
        seconds spent decoding, with crop and resize
    seconds : float, default 0.0
        seconds in all
    """
    images: int = ...
    reading: float = ...
    decoding: float = ...
    seconds: float = ...
    @property
    def each(self):
        """seconds of one worker for an image"""
        ...

def asked(epoch:int, start:int, last:int, n:int):
    """The batches of an iteration, epoch after epoch.

    Parameters
    ----------
    epoch : int
    start : int
        batch to begin with
    last : int
        last epoch
    n : int
        batches in an epoch

    Returns
    -------
    generator of (epoch, number)
    """
    ...

class Asked:
    """A sampler of (epoch, number) for a `DataLoader`."""
    at: Any
    n: Any
    def __init__(self, at, n): ...
    def __iter__(self): ...

class EpochLoader:
    """Batches of one epoch after the other; a subclass defines its length and `_loader`."""
    at: Any
    took: Any
    pin: Any
    def __init__(self): ...
    def __getstate__(self):
        """what a worker gets; with the loader it would be a cycle, which keeps workers alive"""
        ...
    @property
    def loader(self)->DataLoader:
        """of batch, `Report`, error or None, and `Took`"""
        ...
    def report(self)->Report:
        """Counts of the epoch that is being read or was read last.

        Returns
        -------
        Report
            of this process, the epoch so far
        """
        ...
    def close(self):
        """End the workers; the next iteration starts others."""
        ...
    def set_epoch(self, epoch:int, start:int=0, last:int=None):
        """Choose the epoch, and the batch in it, that the next iteration begins with.

        Parameters
        ----------
        epoch : int
            number of the epoch that the next iteration reads
        start : int, default 0
            batch to begin with
        last : int, default None
            epoch up to which workers may go on by themselves; None: no further than this one
        """
        ...
    def __iter__(self):
        """batches of one epoch"""
        ...
