# Made by tools/stubs.py from the module beside it: do not edit.
"""Files are read, the device computes and numbers come back, all at the same time

Docs: https://clippy-vl.github.io/clippy/pipeline.html.md
"""
from contextlib import contextmanager
from torch import Tensor
from typing import Any
import numpy as np

@contextmanager
def sending():
    """as a reader does"""
    ...

class Sent:
    """A tensor on its way to the device.

    Parameters
    ----------
    x : Tensor
        without a batch dimension
    norm : tuple, default ()
        from `sent_pixels`: what is to be done with it there
    """
    x: Tensor
    norm: tuple
    shape: Any
    def __init__(self, x:Tensor, norm:tuple=()): ...

def sent(x:Tensor):
    """Something that the device will want.

    Returns
    -------
    the same; in a reader `Sent`
    """
    ...

def sent_pixels(x:Tensor, mean:tuple, std:tuple, inverse:bool=False):
    """Pixels that the model will see, normalised as late as possible.

    Parameters
    ----------
    x : Tensor
        `[3,H,W]` uint8
    mean : tuple
        per channel, of values in [0,1]
    std : tuple
        per channel, of values in [0,1]
    inverse : bool, default False
        multiply by 1/255, as torchvision does, instead of dividing by 255: the last bit may differ

    Returns
    -------
    `[3,H,W]` float32; in a reader `Sent`
    """
    ...

class Packed:
    """Samples of a batch, whose tensors travel together."""
    groups: Any
    samples: Any
    def __init__(self, samples:list): ...
    def pack(self, x): ...
    def pin_memory(self):
        """a `DataLoader` calls it where there is a card"""
        ...

class _Row:
    group: Any
    row: Any
    def __init__(self, group, row): ...

def unpack(packed:Packed, device)->list:
    """Samples, what the device wants on the device.

    Parameters
    ----------
    packed : Packed
    device
        torch device, where to tensors go that were `sent`

    Returns
    -------
    list
        samples
    """
    ...

def together(tensors:list)->Tensor:
    """A batch of tensors; of those that travelled together without a copy.

    Parameters
    ----------
    tensors : list
        of one shape

    Returns
    -------
    Tensor
        `[B,...]`
    """
    ...

can_fork: Any

def readers_for(items:int, asked:int | None=None)->int:
    """How many processes read.

    Parameters
    ----------
    items : int
        to be read
    asked : int | None, default None
        None: as many as are good for so many items

    Returns
    -------
    int
        0: the process that computes reads too
    """
    ...

class _Reader:
    source: Any
    def __init__(self, source): ...
    def __getitem__(self, i): ...

class Ahead:
    """Batches of a source, read while others are looked at.

    Parameters
    ----------
    source
        has `__getitem__`
    batches : list
        of lists of items
    workers : int, default 0
        processes that read; 0: none but this one
    device : default 'cpu'
        where the samples are wanted
    early : int, default 2
        batches that each process reads before they are asked for
    """
    n: Any
    device: Any
    read: Any
    def __init__(self, source, batches:list, workers:int=0, device='cpu', early:int=2): ...
    def __len__(self): ...
    def __iter__(self): ...

class Later:
    """What a device is computing.

    Parameters
    ----------
    x
        `[B,R]` tensor, or an array, which is there already
    checks : list, default ()
        from `checks_later`
    """
    x: Any
    sentences: Any
    event: Any
    fine: Any
    def __init__(self, x, checks:list=()): ...
    def get(self)->np.ndarray:
        """The result, when it is there.

        Returns
        -------
        np.ndarray
            `[B,R]` float64
        """
        ...

def answered(batches, measure, behind:int=0):
    """What is made of each batch.

    Parameters
    ----------
    batches
        of samples, as from `Ahead`
    measure
        function of samples -> `[B,R]` tensor or array
    behind : int, default 0
        batches that the device may be ahead

    Returns
    -------
    yields `[B,R]` float64 arrays, in order
    """
    ...

class Soon:
    """What a function returns, computed in a thread once it is started."""
    f: Any
    device: Any
    job: Any
    def __init__(self, f, device='cpu'): ...
    def start(self): ...
    def run(self): ...
    def ready(self)->bool: ...
    def get(self):
        """waits, and raises what the function raised"""
        ...

class Writer:
    """Threads that write."""
    pool: Any
    most: Any
    waiting: Any
    def __init__(self, threads:int=4): ...
    def __call__(self, f, *args): ...
    def __enter__(self): ...
    def __exit__(self, kind, *_):
        """all is written when it is left; an error of a thread is raised here, or before"""
        ...

def write_now(f, *args):
    """without threads"""
    ...

class Hands:
    """One function, called in other processes.

    Parameters
    ----------
    f
        anything that can be called; what it gets and returns is pickled
    workers : int, default 0
        processes; 0: threads of this one
    """
    f: Any
    pool: Any
    def __init__(self, f, workers:int=0): ...
    def __call__(self, *args):
        """a `Future`"""
        ...
    def __enter__(self): ...
    def __exit__(self, kind, *_): ...

@contextmanager
def deaths_told():
    """A process that was killed is a sentence."""
    ...
