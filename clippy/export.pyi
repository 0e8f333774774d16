# Made by tools/stubs.py from the module beside it: do not edit.
"""A model in a small folder that runs without PyTorch, for images of any size

Docs: https://clippy-vl.github.io/clippy/export.html.md
"""
from pathlib import Path
from typing import Any
import numpy as np

def pixels(image, info:dict, size:int=0, resize:str='crop')->np.ndarray:
    """Resize and normalise an image, as the model wants to see it.

    Parameters
    ----------
    image
        PIL image, or `[H,W,3]` uint8 array
    info : dict
        content of `clippy.json`
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
        names of what onnxruntime computes on; None: the CPU
    """
    info: Any
    tokenizer: Any
    image: Any
    text: Any
    def __init__(self, folder:str | Path, threads:int=0, providers:list=None): ...
    def prepare(self, image, size:int=0, resize:str='crop')->np.ndarray:
        """Resize and normalise an image for this model.

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
        """A vector for each image as a whole.

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
        """A vector for each patch of each image.

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
        """Turn texts into token ids for the text tower.

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
        """A vector for each text that is token ids already.

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
        """A vector for each text.

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
    """Write a function of tensors as an ONNX graph.

    Parameters
    ----------
    forward
        function of named tensors
    model
        the `CLIPpy` whose weights it uses
    examples : dict
        name -> example tensor
    shapes : dict
        name -> its free axes: axis -> `torch.export.Dim`
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
    """The grid of patches that a model's position embeddings are made for.

    Parameters
    ----------
    model
        `CLIPpy`, or a model of others, whose grid is that of its usual images

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
    """Write the image tower as an ONNX graph.

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
    """The number of tokens that every text must have.

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
    """Write the text tower as an ONNX graph.

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
    """Write a model as ONNX, with all that a program needs to use it.

    Parameters
    ----------
    model
        `CLIPpy`, or a model of others; it is not changed
    folder : str | Path
        where; the files of an earlier export are replaced
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
    """The model's own image size, and three that are not square.

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
    """How far the answers of an export are from those of the model.

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
    """Show the rows of `differences` in short.

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
