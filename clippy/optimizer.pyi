# Made by tools/stubs.py from the module beside it: do not edit.
"""Which weights learn, how fast, and what their gradients say

Docs: https://clippy-vl.github.io/clippy/optimizer.html.md
"""
from torch import nn
from typing import Any
import torch

text_layers: Any

def layer_groups(model:nn.Module, wd:float, decay:float)->list:
    """Group parameters by their layer and by whether they decay.

    Parameters
    ----------
    model : nn.Module
        a `CLIPpy`
    wd : float
        weight decay of matrices
    decay : float
        rate of a layer, relative to the one above it

    Returns
    -------
    list
        parameter groups with `weight_decay` and `lr_scale`
    """
    ...

def optimizer_for(model:nn.Module, lr:float, beta1:float, beta2:float, eps:float, wd:float, name:str='adamw', layer_decay:float=1.0, on_cuda:bool=None)->torch.optim.Optimizer:
    """AdamW as CLIP uses it, or another optimizer of timm.

    Parameters
    ----------
    model : nn.Module
        a `CLIPpy`
    lr : float
    beta1 : float
    beta2 : float
    eps : float
    wd : float
        weight decay; none for 1-D parameters and the logit scale
    name : str, default 'adamw'
        of `timm.optim.list_optimizers()`
    layer_decay : float, default 1.0
        rate of a layer, relative to the one above it
    on_cuda : bool, default None
        will it run there? AdamW is a single kernel then; None: if there is a card
    """
    ...

def lr_at(step:int, total:int, warmup:int, peak:float)->float:
    """The learning rate of a step.

    Parameters
    ----------
    step : int
        from 0
    total : int
        steps of the run
    warmup : int
        steps of linear warm-up
    peak : float
        learning rate after warm-up

    Returns
    -------
    float
        linear up, then half a cosine to 0
    """
    ...

def tower_norms(model:nn.Module)->dict:
    """The norm of the gradient of each tower.

    Parameters
    ----------
    model : nn.Module
        a `CLIPpy` after a backward pass

    Returns
    -------
    dict
        tower -> norm of its gradient
    """
    ...
