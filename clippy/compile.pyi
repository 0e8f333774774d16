# Made by tools/stubs.py from the module beside it: do not edit.
"""What `torch.compile` gives to training, and how to use it without leaving anything behind

Docs: https://clippy-vl.github.io/clippy/compile.html.md
"""
from contextlib import contextmanager
from pathlib import Path
from typing import Any

def compiler_found()->bool:
    """Can this machine compile code for its GPU?"""
    ...

def uses_compiler(options)->bool:
    """Will the towers of a run be compiled?

    Parameters
    ----------
    options
        of a run
    """
    ...

wide_masks: Any

@contextmanager
def training_towers(model, options):
    """Compile both towers for training meanwhile, if the run asks for it; weights keep their names.

    Parameters
    ----------
    model
        a `CLIPpy`, as it is without accelerate's wrapping
    options
        of the run
    """
    ...

def normalizer(model, options):
    """What normalises 8-bit images before they come to the towers.

    Parameters
    ----------
    model
        likewise
    options
        of the run

    Returns
    -------
    of images on the device
    """
    ...

own_cache: str

@contextmanager
def compiled_step(on:bool):
    """Let compilers finish their work; what they cannot do is said in a sentence.

    Parameters
    ----------
    on : bool
        is the model compiled?
    """
    ...

def compile_cache()->str:
    """Make a new folder for compiled code.

    Returns
    -------
    str
        '': the user's own stays in use
    """
    ...

def end_compilers():
    """Close inductor's pool of processes; the next compilation opens another one."""
    ...

def kept_code()->Path:
    """The file in which compiled code is kept between runs, for this torch and this device."""
    ...

def take_code():
    """Unpack what an earlier run has compiled."""
    ...

def keep_code():
    """Keep what this run has compiled, if some of it is new."""
    ...

@contextmanager
def compiling(on:bool):
    """Give this process a cache of compiled code for itself, and leave no compiler behind.

    Parameters
    ----------
    on : bool
        is the model compiled?
    """
    ...
