# Made by tools/stubs.py from the module beside it: do not edit.
"""One run of the ablations: a start for the image tower, contrastive training by `clippy train`, and all its numbers

Docs: https://clippy-vl.github.io/clippy/small_runs.html.md
"""
from .model import CLIPpy
from pathlib import Path
from torch import nn

def device(): ...

def descend(model:nn.Module, recipe:dict, loss_at, after=...)->list:
    """Train by a given loss, which is all that a start needs.

    Parameters
    ----------
    model : nn.Module
        whose parameters are trained
    recipe : dict
        steps, learning rate and the rest
    loss_at
        step -> loss
    after : default lambda step: None
        what follows an optimizer step

    Returns
    -------
    list
        mean loss of every ten steps
    """
    ...

def one_thing(step, config, seed)->list:
    """The scenes of one step of training."""
    ...

def tensors(scenes): ...

def train_supervised(image, config, seed)->list:
    """Train a tower to name the thing in a scene.

    Returns
    -------
    list
        loss
    """
    ...

def train_dino(image, config, seed)->list:
    """Train a tower by self-distillation, without labels.

    Returns
    -------
    list
        loss
    """
    ...

def seconds_since(began:tuple)->dict:
    """Seconds since a pair of times, and seconds of the processor.

    Returns
    -------
    dict
        on a busy machine the clock on the wall says little
    """
    ...

def now()->tuple: ...

def new_tower(config, seed): ...

def grouping(image, config)->dict:
    """What a tower groups, with a text tower as wide as it is, so that no projection stands between.

    Returns
    -------
    dict
        name@size -> Result
    """
    ...

def make_start(kind:str, seed:int, config:dict, folder:Path):
    """Make the weights that an image tower starts from, and measure what it can do.

    Parameters
    ----------
    kind : str
        of `starts`
    seed : int
    config : dict
        from `full`
    folder : Path
        where the weights go
    """
    ...

def text_folder()->Path:
    """The folder of all-MiniLM-L6-v2."""
    ...

def training_options(config:dict, seed:int, weights:Path)->dict:
    """The options of `clippy train` for a run.

    Parameters
    ----------
    config : dict
        from `full`
    seed : int
    weights : Path
        of the image tower
    """
    ...

def train_pairs(config, seed, weights)->tuple:
    """Train contrastively, by `clippy train`.

    Returns
    -------
    tuple
        model, mean loss of every ten steps
    """
    ...

def measure(model:CLIPpy, sizes:list, n:int)->tuple:
    """Measure everything that the tables show, at several sizes.

    Parameters
    ----------
    model : CLIPpy
    sizes : list
        pixels
    n : int
        scenes

    Returns
    -------
    tuple
        name@size -> number, name@size -> hash of the protocol, name@size -> IoU of each class
    """
    ...

def make_run(run:dict, seed:int, out:Path, work:Path, command:str):
    """Train, measure, and write the JSON file.

    Parameters
    ----------
    run : dict
        of `runs`
    seed : int
    out : Path
        folder of the results
    work : Path
        folder of the starts
    command : str
        for the record
    """
    ...
