# Made by tools/stubs.py from the module beside it: do not edit.
"""Forward, loss, backward, clip, update, on one process or on many

Docs: https://clippy-vl.github.io/clippy/step.html.md
"""
from accelerate import Accelerator
from torch import Tensor
from torch import nn
import torch

def clip_gradients(acc, model, clip)->Tensor:
    """Limit the norm of the gradient, also that of a model that is spread over processes.

    Returns
    -------
    Tensor
        norm of the gradient before it was clipped
    """
    ...

def skip_if_not_finite(opt:torch.optim.Optimizer, norm:Tensor):
    """A fused optimizer leaves its next step out, on the device, if the gradient is not finite.

    Parameters
    ----------
    opt : torch.optim.Optimizer
        not wrapped
    norm : Tensor
        of the gradient; the same on every process
    """
    ...

def train_step(acc:Accelerator, model:nn.Module, opt, images:Tensor, texts:list, lr:float, clip:float, loss=..., accum:int=1)->tuple:
    """One optimizer step; the gradients stay until the next.

    Parameters
    ----------
    acc : Accelerator
    model : nn.Module
        a `CLIPpy`, as accelerate wrapped it
    opt
        its optimizer, likewise
    images : Tensor
        `[b,3,H,W]`, normalised; or `[b,N,width]` features
    texts : list
        `[b]` captions, or for each part what `encode_tokens` takes
    lr : float
    clip : float
        largest norm of the gradient
    loss : default clip_loss
        one of `losses`
    accum : int, default 1
        parts of the batch that go through the towers one after the other

    Returns
    -------
    tuple
        this process's loss, norm of the gradient before it was clipped; on the device
    """
    ...

def layers(model:nn.Module)->list:
    """The transformer layers of both towers.

    Parameters
    ----------
    model : nn.Module
        a `CLIPpy`

    Returns
    -------
    list
        of modules
    """
    ...

def shard(model:nn.Module)->nn.Module:
    """Spread weights, gradients and moments over all processes."""
    ...

def strategy(model:nn.Module)->str:
    """How processes share the work.

    Parameters
    ----------
    model : nn.Module
        as accelerate wrapped it
    """
    ...
