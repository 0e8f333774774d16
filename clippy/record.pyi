# Made by tools/stubs.py from the module beside it: do not edit.
"""A result that cannot be traced is gossip

Docs: https://clippy-vl.github.io/clippy/record.html.md
"""
import torch

def manifest(device=None)->dict:
    """Versions of everything that a number depends on.

    Parameters
    ----------
    device : default None
        torch device that computed; None: the first card, if there is one

    Returns
    -------
    dict
        package -> version, and what it ran on
    """
    ...

def weights_hash(model:torch.nn.Module)->str:
    """SHA-256 over names, shapes and values of all weights.

    Returns
    -------
    str
        16 hex digits, the same on every machine
    """
    ...

def sampled(module:torch.nn.Module)->tuple:
    """Up to eight numbers of each weight, and how often it was changed as PyTorch counts.

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
        MB: of the process, and on CUDA of the device instead
    """
    ...
