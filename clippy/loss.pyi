# Made by tools/stubs.py from the module beside it: do not edit.
"""Each image should find its caption among all captions of the batch, and each caption its image

Docs: https://clippy-vl.github.io/clippy/loss.html.md
"""
from torch import Tensor
from typing import Any
import torch

def clip_logits(image:Tensor, text:Tensor, scale:Tensor)->Tensor:
    """The cosine similarity of every image with every text, times the logit scale.

    Parameters
    ----------
    image : Tensor
        `[B,D]`, length 1
    text : Tensor
        `[C,D]`, length 1
    scale : Tensor
        logit scale, the inverse temperature

    Returns
    -------
    Tensor
        `[B,C]`
    """
    ...

class Gather(torch.autograd.Function):
    """Gather the vectors of all processes; backward, each process gets what all of them ask of its own."""
    @staticmethod
    def forward(ctx, x): ...
    @staticmethod
    def backward(ctx, grad): ...

def gather_pairs(x:Tensor)->Tensor:
    """Gather the vectors of all processes, with their gradient.

    Parameters
    ----------
    x : Tensor
        `[b,D]`, the same b on every process

    Returns
    -------
    Tensor
        `[W*b,D]` in the order of the processes
    """
    ...

def clip_loss(image:Tensor, text:Tensor, scale:Tensor, bias:None=None)->Tensor:
    """Symmetric InfoNCE (CLIP; CLIPpy, section 3.1) over the batch of all processes.

    Parameters
    ----------
    image : Tensor
        `[b,D]`, length 1: this process's images
    text : Tensor
        `[b,D]`, length 1: their captions
    scale : Tensor
        logit scale, the inverse temperature
    bias : None, default None
        none, because a softmax does not see one

    Returns
    -------
    Tensor
        scalar; its mean over processes is the loss of the whole batch
    """
    ...

def global_clip_loss(image:Tensor, text:Tensor, scale:Tensor, bias:None=None)->Tensor:
    """Symmetric InfoNCE over the batch of all processes, computed in full by each of them.

    Parameters
    ----------
    image : Tensor
        `[b,D]`, length 1: this process's images
    text : Tensor
        `[b,D]`, length 1: their captions
    scale : Tensor
        logit scale, the inverse temperature
    bias : None, default None
        none, because a softmax does not see one

    Returns
    -------
    Tensor
        scalar, the same on every process
    """
    ...

def row_column_sums(x, y, scale, first, chunk):
    """Log-sum-exps of the rows and columns of `scale * x @ y.T`, and its diagonal from column `first` on."""
    ...

def row_column_grads(x, y, scale, first, chunk, rows, cols, g, h, k):
    """Gradients of `x`, `y` and `scale`, given those of the sums and of the diagonal."""
    ...

class RowColumnSums(torch.autograd.Function):
    """Log-sum-exps and diagonal of logits that are computed block by block, and once more in the backward pass."""
    where: Any
    @staticmethod
    def forward(ctx, x, y, scale, first, chunk): ...
    @staticmethod
    def backward(ctx, *grads): ...

class SummedColumns(torch.autograd.Function):
    """Column log-sum-exps over the rows of all processes, for which one number a column is moved at a time."""
    @staticmethod
    def forward(ctx, cols): ...
    @staticmethod
    def backward(ctx, grad): ...

def chunked_clip_loss(image:Tensor, text:Tensor, scale:Tensor, bias:None=None, chunk:int=512)->Tensor:
    """Symmetric InfoNCE in memory that grows with the batch, not with its square.

    Parameters
    ----------
    image : Tensor
        `[b,D]`, length 1: this process's images
    text : Tensor
        `[b,D]`, length 1: their captions
    scale : Tensor
        logit scale, the inverse temperature
    bias : None, default None
        none, because a softmax does not see one
    chunk : int, default 512
        rows of a block; it has as many columns as all processes have captions

    Returns
    -------
    Tensor
        scalar; its mean over processes is the loss of the whole batch
    """
    ...

def siglip_block(x, y, scale, bias, first):
    """rows of x belong to the columns of y from `first` on"""
    ...

def siglip_loss(image:Tensor, text:Tensor, scale:Tensor, bias:Tensor | None=None, chunk:int=512)->Tensor:
    """SigLIP's sigmoid loss (Zhai et al., 2023) over the batch of all processes.

    Parameters
    ----------
    image : Tensor
        `[b,D]`, length 1: this process's images
    text : Tensor
        `[b,D]`, length 1: their captions
    scale : Tensor
        logit scale, which starts at 10
    bias : Tensor | None, default None
        logit bias, which starts at -10; None: no bias
    chunk : int, default 512
        rows of a block; it has as many columns as all processes have captions

    Returns
    -------
    Tensor
        scalar; its mean over processes is the loss of the whole batch
    """
    ...

losses: dict

def embed_parts(encode, parts):
    """Embed all parts: their vectors with the logit scale, their lengths, and the random state before each."""
    ...

def back_through(tensors, grads):
    """Go on backward from several tensors, except those that are frozen."""
    ...

def cached_backward(encode, parts:list, loss, bias:Tensor | None=None, backward=..., no_sync=...)->Tensor:
    """Add the gradient of one large batch to `.grad`, in the memory of its parts (GradCache).

    Parameters
    ----------
    encode
        the model: called with a part, it gives image vectors, text vectors and the logit scale
    parts : list
        parts of the batch, each a tuple of what `encode` takes: `(images, tokens)`
    loss
        one of `losses`; it is called with all vectors, the scale and, if there is one, the bias
    bias : Tensor | None, default None
        the model's logit bias, for SigLIP's loss
    backward : default Tensor.backward
        backward pass of the loss, e.g. `accelerator.backward`, which scales it for fp16
    no_sync : default nullcontext
        makes a context in which processes exchange no gradients, e.g. `ddp.no_sync`

    Returns
    -------
    Tensor
        the loss of all parts together, without its graph
    """
    ...
