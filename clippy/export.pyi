# Made by tools/stubs.py from the module beside it: do not edit.
"""A model in two files that run without PyTorch, for any size of image

Docs: https://clippy-vl.github.io/clippy/export.html.md
"""
from pathlib import Path
from typing import Any
import numpy as np

def pixels(image, info:dict, size:int=0, resize:str='crop')->np.ndarray:
    """What happens to an image before the model sees it.

    Parameters
    ----------
    image
        PIL image, or `[H,W,3]` uint8 array
    info : dict
        what `clippy.json` says
    size : int, default 0
        pixels of the short side; 0: the model's own
    resize : str, default 'crop'
        `crop`: a square from the centre; `short`: the whole image, to whole patches

    Returns
    -------
    np.ndarray
        `[1,3,h,w]` float32, normalised
    """
    ...

info_settings: Any

class OnnxCLIPpy:
    """An exported model: numpy in, numpy out, no PyTorch.

    Parameters
    ----------
    folder : str | Path
        from `export_onnx`
    threads : int, default 0
        0: as many as there are cores
    providers : list, default None
        where onnxruntime computes, as it names it; None: the CPU
    """
    info: Any
    tokenizer: Any
    image: Any
    text: Any
    def __init__(self, folder:str | Path, threads:int=0, providers:list=None): ...
    def prepare(self, image, size:int=0, resize:str='crop')->np.ndarray:
        """`pixels` for this model.

        Parameters
        ----------
        image
            PIL image, or `[H,W,3]` uint8 array
        size : int, default 0
            pixels of the short side; 0: the model's own
        resize : str, default 'crop'
            `crop`: a square from the centre; `short`: the whole image, to whole patches

        Returns
        -------
        np.ndarray
            `[1,3,h,w]` float32; several of one shape are stacked with `np.concatenate`
        """
        ...
    def encode_image(self, x)->np.ndarray:
        """What is in the images.

        Parameters
        ----------
        x
            `[B,3,H,W]` normalised images, from `prepare`

        Returns
        -------
        np.ndarray
            `[B,D]`, length 1
        """
        ...
    def encode_patches(self, x)->np.ndarray:
        """Where it is: the vector of every patch.

        Parameters
        ----------
        x
            `[B,3,H,W]` normalised images, from `prepare`

        Returns
        -------
        np.ndarray
            `[B,h,w,D]`, length 1
        """
        ...
    def tokenize(self, texts:list)->dict:
        """Token ids for the text tower.

        Parameters
        ----------
        texts : list
            list[str]

        Returns
        -------
        dict
            `input_ids` and `attention_mask`, `[B,T]` int64
        """
        ...
    def encode_tokens(self, tokens:dict)->np.ndarray:
        """Embed texts that are token ids already.

        Parameters
        ----------
        tokens : dict
            from `tokenize`

        Returns
        -------
        np.ndarray
            `[B,D]`, length 1
        """
        ...
    def encode_text(self, texts:list)->np.ndarray:
        """Embed texts.

        Parameters
        ----------
        texts : list
            list[str]

        Returns
        -------
        np.ndarray
            `[B,D]`, length 1
        """
        ...

def trace(forward, model, examples:dict, shapes:dict, outputs:list, opset:int=20):
    """A function of tensors as an ONNX graph.

    Parameters
    ----------
    forward
        of named tensors
    model
        the `CLIPpy` whose weights it uses
    examples : dict
        name -> example tensor
    shapes : dict
        name -> what is free: axis -> `torch.export.Dim`
    outputs : list
        names of what it returns
    opset : int, default 20
        operator set of ONNX

    Returns
    -------
    `torch.onnx.ONNXProgram`
    """
    ...

def own_grid(model)->tuple:
    """The grid that the position embeddings are made for; with a model of others, that of its usual images.

    Parameters
    ----------
    model
        `CLIPpy`, or a model of others

    Returns
    -------
    tuple
        patches, down and across
    """
    ...

def image_outputs(model, images)->tuple:
    """Both vectors of the same images, from one pass through the tower.

    Parameters
    ----------
    model
        `CLIPpy`; models of others have patches of another way through the tower
    images
        `[B,3,H,W]` normalised

    Returns
    -------
    tuple
        `[B,D]` pooled vectors, and `[B,h,w,D]` those of patches
    """
    ...

def export_image(model, opset:int=20):
    """The image tower as an ONNX graph.

    Parameters
    ----------
    model
        `CLIPpy`, float32, in evaluation mode
    opset : int, default 20
        operator set of ONNX, 18 or later

    Returns
    -------
    `torch.onnx.ONNXProgram`: `image` -> `pooled`, `patches`
    """
    ...

def fixed_length(model)->int | None:
    """How long every text has to be.

    Parameters
    ----------
    model
        `CLIPpy`, or a model of others

    Returns
    -------
    int | None
        tokens; None: any number
    """
    ...

def export_text(model, opset:int=20):
    """The text tower as an ONNX graph.

    Parameters
    ----------
    model
        `CLIPpy`, float32, in evaluation mode
    opset : int, default 20
        operator set of ONNX

    Returns
    -------
    `torch.onnx.ONNXProgram`: `input_ids`, with free lengths `attention_mask` -> `vectors`
    """
    ...

def export_onnx(model, folder:str | Path, opset:int=20)->Path:
    """Write a model as ONNX, with what a program needs to know about it.

    Parameters
    ----------
    model
        `CLIPpy`; it stays as it is
    folder : str | Path
        files of an earlier export are replaced
    opset : int, default 20
        operator set of ONNX, 18 or later

    Returns
    -------
    Path
        `folder`
    """
    ...

tolerance: float

def sizes(model)->list:
    """The model's own size and three that are not square.

    Parameters
    ----------
    model
        `CLIPpy`

    Returns
    -------
    list
        of (height, width) in pixels
    """
    ...

trial_texts: tuple

def differences(model, other, batches=(1, 3), at=None, texts=..., seed:int=0)->list:
    """How far an export is from the model.

    Parameters
    ----------
    model
        `CLIPpy`
    other
        with `encode_image`, `encode_patches` and `encode_tokens`, such as `OnnxCLIPpy`
    batches : default (1, 3)
        how many images at a time
    at : default None
        (height, width) of the images; None: `sizes(model)`
    texts : default trial_texts
        in batches
    seed : int, default 0
        of the images

    Returns
    -------
    list
        of (output, batch, size of the input, largest difference)
    """
    ...

def show_differences(rows):
    """The rows of `differences` in short.

    Parameters
    ----------
    rows
        from `differences`

    Returns
    -------
    a table that shows itself: for each size of the input, the next power of ten above the largest of all batches
    """
    ...

def export(model:str, out:str, format:str='onnx', opset:int=20, what:str=''):
    """Write a model in a form that runs without PyTorch, and check it.

    Parameters
    ----------
    model : str
        MODEL: Name, saved folder, or repository on the Hub.
    out : str
        PATH: Folder to write.
    format : str, default 'onnx'
        FORMAT: What to write; JAX needs no export, clippy.jax_port reads a saved folder.
    opset : int, default 20
        N: Version of ONNX's operators, 18 or later.
    what : str, default ''
        OLD: --format
    """
    ...
