# Made by tools/stubs.py from the module beside it: do not edit.
"""What a run writes down, and how it stops when a loss is NaN

Docs: https://clippy-vl.github.io/clippy/history.html.md
"""
from .data import Report
from pathlib import Path
from torch import Tensor
from typing import Any

class History:
    """The log of a training run, and how far it has come.

    Parameters
    ----------
    acc
        the run's `Accelerator`
    folder : str | Path
        of the run
    """
    acc: Any
    folder: Any
    epoch: int
    step: int
    entries: Any
    unlogged: Any
    earlier: Any
    clock: Any
    pace: Any
    started: Any
    waited: float
    def __init__(self, acc, folder:str | Path): ...
    def start_clock(self):
        """evaluation does not count as training time"""
        ...
    @property
    def curve(self): ...
    @property
    def epochs(self): ...
    def add_step(self, loss:Tensor, norm:Tensor, keys:list):
        """Count a step and keep its loss.

        Parameters
        ----------
        loss : Tensor
            this process's; stays on the device
        norm : Tensor
            of the gradient, before it was clipped
        keys : list
            of the samples of this process
        """
        ...
    def finite_losses(self)->Tensor:
        """The means over all processes; raise an error if one of them is NaN or infinite.

        Returns
        -------
        Tensor
            `[k,2]` loss and gradient norm of each step since the last entry
        """
        ...
    def stop_at(self, i, rows):
        """Write down the samples of a step, and raise an error."""
        ...
    def log(self, model, lr:float, pairs:int, clip:float, skipped:int)->str:
        """Make an entry of the log from the steps since the last one.

        Parameters
        ----------
        model
            a `CLIPpy`, after a step
        lr : float
            of the last step
        pairs : int
            of all processes in a step
        clip : float
            largest norm of a gradient
        skipped : int
            samples of this epoch

        Returns
        -------
        str
            for the progress bar
        """
        ...
    def speed(self, images)->tuple:
        """How fast the run was since the last entry.

        Returns
        -------
        tuple
            images/s, share of the time without data
        """
        ...
    def gradients(self, model, norm, clip)->dict:
        """Norms of the gradient: the mean over all steps, and that of each tower in the last one.

        Returns
        -------
        dict
            name -> norm, of those that are finite
        """
        ...
    def timed(self, batches):
        """Give the same batches, and add up how long each was waited for."""
        ...
    def count_samples(self, report:Report, most:float)->Report:
        """Add up the counts of all processes; raise an error if too many samples were skipped.

        Parameters
        ----------
        report : Report
            of this process's loader
        most : float
            share that may be skipped

        Returns
        -------
        Report
            of all processes, since the epoch began
        """
        ...
    def end_epoch(self, total:Report):
        """Make an entry for the epoch that is over.

        Parameters
        ----------
        total : Report
            from `count_samples`
        """
        ...
    def state(self, report:Report)->dict:
        """What a checkpoint keeps of the history.

        Parameters
        ----------
        report : Report
            what was skipped since the epoch began, of all processes

        Returns
        -------
        dict
            which JSON can hold
        """
        ...
    def restore(self, state:dict, within:bool):
        """Go on from what a checkpoint kept.

        Parameters
        ----------
        state : dict
            from `state`
        within : bool
            did the run stop within an epoch?
        """
        ...
    def write_metrics(self, about:dict):
        """Write `metrics.json`.

        Parameters
        ----------
        about : dict
            how the numbers were made
        """
        ...
