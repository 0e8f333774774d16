# Made by tools/stubs.py from the module beside it: do not edit.
"""Why is a step so slow? Whether a run waits for its data, and how many workers would be enough

Docs: https://clippy-vl.github.io/clippy/balance.html.md
"""
from .epochs import EpochLoader
from .epochs import Sums
from .epochs import Took
from dataclasses import dataclass
from typing import Any

class StepClock:
    """The seconds that steps take on a device, without the time between them."""
    on_cuda: Any
    began: Any
    steps: Any
    def __init__(self, device): ...
    def mark(self):
        """a moment, on the device"""
        ...
    def start(self): ...
    def stop(self): ...
    def take(self)->float:
        """The sum so far; the next one starts from zero."""
        ...

@dataclass
class Balance:
    """How many images/s the data bring and the steps could take, over all processes.

    Parameters
    ----------
    delivered : float
        images/s that came
    wanted : float
        images/s that the steps could take
    took : Took
        what workers of this process said
    workers : int
        of a process; 0: the training process itself decodes
    processes : int, default 1
    """
    delivered: float
    wanted: float
    took: Took
    workers: int
    processes: int = ...
    @property
    def possible(self):
        """images/s, by the workers' clocks"""
        ...
    @property
    def enough(self)->int:
        """workers of a process"""
        ...
    @property
    def data_bound(self)->bool: ...

def balance_text(b:Balance, cores:int=None)->str:
    """Say which side is the limit, and how many workers are enough.

    Parameters
    ----------
    b : Balance
    cores : int, default None
        of this machine; None: those that this process may use

    Returns
    -------
    str
        one sentence
    """
    ...

@dataclass
class Pace(Sums):
    """How fast a run was.

    Parameters
    ----------
    steps : int, default 0
    images : int, default 0
        of all processes
    spent : float, default 0.0
        seconds, in all
    worked : float, default 0.0
        seconds, of the steps
    """
    steps: int = ...
    images: int = ...
    spent: float = ...
    worked: float = ...
    def balance(self, loader, processes)->Balance:
        """Whether the data were the limit, by what the workers took meanwhile."""
        ...

def data_speed(loader:EpochLoader, seconds:float)->tuple:
    """Measure what a loader delivers when nothing else is done.

    Parameters
    ----------
    loader : EpochLoader
        with `workers`
    seconds : float
        to measure for, about; at least one batch is read

    Returns
    -------
    tuple
        images/s of this process, `Took`
    """
    ...

def step_seconds(step, device, seconds:float, agreed)->float:
    """Measure what a step takes that has no data to wait for.

    Parameters
    ----------
    step
        callable: one step
    device
        on which it runs
    seconds : float
        to measure for, about
    agreed
        callable: (callable that gives a number) -> the number of the main process
    """
    ...
