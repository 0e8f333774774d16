# Made by tools/stubs.py from the module beside it: do not edit.
"""Both towers are compiled where there is a compiler, and a run that ends leaves no compiler behind

Docs: https://clippy-vl.github.io/clippy/compile.html.md
"""
from contextlib import contextmanager
from pathlib import Path
from typing import Any

def compiler_found()->bool:
    """Can code for this machine's GPU be compiled?"""
    ...

def uses_compiler(options)->bool:
    """Are its towers compiled?

    Parameters
    ----------
    options
        of a run
    """
    ...

wide_masks: Any

@contextmanager
def training_towers(model, options):
    """Meanwhile both towers are compiled in training, if the run is; weights and their names stay.

    Parameters
    ----------
    model
        a `CLIPpy`, as it is without accelerate's wrapping
    options
        of the run
    """
    ...

def normalizer(model, options):
    """What is done to 8-bit images before they come to the towers.

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
    """Compilers finish, and what they cannot do is said in a sentence.

    Parameters
    ----------
    on : bool
        is the model compiled?
    """
    ...

def compile_cache()->str:
    """A new folder for compiled code.

    Returns
    -------
    str
        '': the user's own stays in use
    """
    ...

def end_compilers():
    """Close inductor's pool of processes; the next compilation opens another."""
    ...

def kept_code()->Path:
    """Where compiled code is kept between runs, for this torch and this device."""
    ...

def take_code():
    """Unpack what an earlier run has compiled."""
    ...

def keep_code():
    """Keep what this run has compiled, if some of it is new."""
    ...

@contextmanager
def compiling(on:bool):
    """A cache of compiled code for this process alone; afterwards no compiler is left.

    Parameters
    ----------
    on : bool
        is the model compiled?
    """
    ...
