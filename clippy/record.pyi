# Made by tools/stubs.py from the module beside it: do not edit.
"""Versions, weights and memory, written down beside every result

Docs: https://clippy-vl.github.io/clippy/record.html.md
"""
import torch

def manifest(device=None)->dict:
    """The versions of everything that a number depends on.

    Parameters
    ----------
    device : default None
        the torch device that computed; None: the first card, if there is one

    Returns
    -------
    dict
        package -> version, and what it ran on
    """
    ...

def weights_hash(model:torch.nn.Module)->str:
    """A hash of the names, types, shapes and values of all weights.

    Returns
    -------
    str
        16 hex digits, the same on every machine
    """
    ...

def sampled(module:torch.nn.Module)->tuple:
    """A sample of up to eight numbers of each weight, and how often PyTorch thinks that weights were changed.

    Returns
    -------
    tuple
        of floats
    """
    ...

def peak_memory(device)->int:
    """The most memory used so far.

    Returns
    -------
    int
        MB, of the process; on CUDA of the device
    """
    ...
