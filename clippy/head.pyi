# Made by tools/stubs.py from the module beside it: do not edit.
"""A small layer that brings the tokens of a frozen image tower into the space of the text

Docs: https://clippy-vl.github.io/clippy/head.html.md
"""
from torch import nn

heads: tuple

def new_head(kind:str, width:int, dim:int)->nn.Module:
    """Make a layer that takes tokens of the image tower to the space of the text.

    Parameters
    ----------
    kind : str
        one of `heads`
    width : int
        width of the image tower's tokens
    dim : int
        width of the common space, which is the text tower's

    Returns
    -------
    nn.Module
        `[...,width]` -> `[...,dim]`
    """
    ...

def tower_hash(tower:nn.Module)->str:
    """A hash of the shapes and values of a tower's weights, whatever their names.

    Returns
    -------
    str
        16 hex digits
    """
    ...

def frozen_towers(model:nn.Module)->dict:
    """The towers of a model that are not trained.

    Parameters
    ----------
    model : nn.Module
        a `CLIPpy`, whose `frozen` lists its frozen towers; any other model has none

    Returns
    -------
    dict
        `image` or `text` -> the tower
    """
    ...
