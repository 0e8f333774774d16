# Made by tools/stubs.py from the module beside it: do not edit.
"""Save a run so that it goes on to the last bit, whatever happens while it is saved

Docs: https://clippy-vl.github.io/clippy/checkpoint.html.md
"""
from contextlib import contextmanager
from pathlib import Path
from typing import Any

def untied(state:dict)->dict:
    """Each tensor once, where several names stand for the same one.

    Parameters
    ----------
    state : dict
        name -> tensor

    Returns
    -------
    dict
        the first name of each tensor
    """
    ...

def split_optimizer(state:dict)->tuple:
    """An optimizer's state as tensors and plain values.

    Parameters
    ----------
    state : dict
        from `opt.state_dict()`

    Returns
    -------
    tuple
        tensors by name, and a list of the rest, which JSON can hold
    """
    ...

def join_optimizer(tensors:dict, plain:list)->dict:
    """The reverse of `split_optimizer`.

    Returns
    -------
    dict
        as `state_dict()` gave it
    """
    ...

def sharded(model)->bool:
    """Is the model spread over processes?"""
    ...

def gather_state(model, opt)->tuple:
    """The whole states; those of a sharded model are on the CPU of the main process.

    Returns
    -------
    tuple
        state of the model, state of the optimizer; every process has to call it
    """
    ...

def scatter_state(model, opt, weights:dict, moments:dict):
    """The reverse of `gather_state`.

    Returns
    -------
    every process has the whole states
    """
    ...

def rng_state()->dict:
    """The state of every random generator of this process.

    Returns
    -------
    dict
        which JSON can hold
    """
    ...

def set_rng_state(state:dict):
    """Put every generator back.

    Returns
    -------
    from `rng_state`
    """
    ...

@contextmanager
def rng_kept():
    """Put every generator back afterwards, whatever was drawn meanwhile."""
    ...

def need_space(folder:Path, size:int):
    """Raise an error if the disk has no room.

    Parameters
    ----------
    folder : Path
        on the disk that is asked for
    size : int
        bytes of the tensors
    """
    ...

def write_checkpoint(path:str | Path, tensors:dict, about:dict)->Path:
    """Write a checkpoint, whole or not at all.

    Parameters
    ----------
    path : str | Path
        the folder to be made; one of that name is replaced
    tensors : dict
        file name -> (name -> tensor)
    about : dict
        whatever else is to be kept; JSON can hold it

    Returns
    -------
    Path
        `path`
    """
    ...

def read_checkpoint(path:str | Path)->tuple:
    """Read a checkpoint, checked against its `whole.json`.

    Parameters
    ----------
    path : str | Path
        a folder that `write_checkpoint` made

    Returns
    -------
    tuple
        file name -> (name -> tensor), and what else was kept
    """
    ...

def checkpoints(folder:str | Path)->list:
    """The checkpoints that were finished.

    Parameters
    ----------
    folder : str | Path
        of the checkpoints of one run

    Returns
    -------
    list
        of Path, oldest first
    """
    ...

def prune(folder:str | Path, keep:int):
    """Remove old checkpoints, and what an interrupted save left.

    Parameters
    ----------
    folder : str | Path
        of the checkpoints of one run
    keep : int
        how many of the last stay; 0: all
    """
    ...

def on_main(acc, f):
    """Do something on the main process; its answer, or its error, comes to every process.

    Parameters
    ----------
    acc
        the run's `Accelerator`
    f
        what only the main process should do; without arguments

    Returns
    -------
    what it gave, on every process
    """
    ...

class Checkpoints:
    """Saves a training run, and resumes it.

    Parameters
    ----------
    acc
        the run's `Accelerator`
    folder : str | Path
        of the run; its checkpoints are in `checkpoints`
    model
        a `CLIPpy`, as it is without accelerate's wrapping
    opt
        its optimizer, likewise
    fixed : dict
        what must not change between two parts of one run
    ema : default None
        average of the weights
    keep : int, default 2
        how many checkpoints stay; 0: all
    """
    acc: Any
    folder: Any
    model: Any
    opt: Any
    ema: Any
    fixed: Any
    keep: int
    def __init__(self, acc, folder:str | Path, model, opt, fixed:dict, ema=None, keep:int=2): ...
    def save(self, progress:dict)->dict:
        """Write all that `resume` needs.

        Parameters
        ----------
        progress : dict
            how far the run has come: `step`, and whatever else JSON can hold

        Returns
        -------
        dict
            the weights that were saved
        """
        ...
    def learned(self, state:dict)->dict:
        """The weights without frozen towers, which come from elsewhere; all weights of a model that is spread.

        Returns
        -------
        dict
            of the model, or of its average
        """
        ...
    def write(self, weights, moments, about):
        """on the main process, the only one that has what was spread"""
        ...
    def find(self, resume:str)->Path | None:
        """The checkpoint that `--resume` means.

        Parameters
        ----------
        resume : str
            what the option says

        Returns
        -------
        Path | None
            None: there is nothing to go on from
        """
        ...
    def check_fixed(self, path:Path, known:dict):
        """Raise an error if a checkpoint is of another run.

        Parameters
        ----------
        path : Path
            of the checkpoint
        known : dict
            what its run had
        """
        ...
    def resume(self, path:Path, restore)->dict:
        """Go on from a checkpoint, or say in a sentence why not.

        Parameters
        ----------
        path : Path
            from `find`
        restore
            gets the progress that was given to `save`

        Returns
        -------
        dict
            the weights
        """
        ...
    def take_up(self, files, about):
        """any error means that it is no checkpoint of ours"""
        ...

def checkpoint_folder(path:str | Path)->Path:
    """The folder that `--resume` names.

    Parameters
    ----------
    path : str | Path
        a checkpoint, or a run, whose last one is taken
    """
    ...
