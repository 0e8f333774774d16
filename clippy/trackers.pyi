# Made by tools/stubs.py from the module beside it: do not edit.
"""Follow a run in TensorBoard or Weights & Biases, with what the model sees beside the numbers

Docs: https://clippy-vl.github.io/clippy/trackers.html.md
"""
import numpy as np

def start_tracker(acc, name:str, options:dict):
    """Start the tracker, with the options of a run.

    Parameters
    ----------
    acc
        the run's `Accelerator`
    name : str
        of the run
    options : dict
        of the run
    """
    ...

longest: int

def drawn(evaluation, model, some:int=0):
    """Draw what a model makes of some images of an evaluation.

    Parameters
    ----------
    evaluation
        with a method `figure`
    model
        what it draws the answers of
    some : int, default 0
        how many images are in it, where that can be chosen; 0: as the evaluation says

    Returns
    -------
    matplotlib `Figure`, or None
    """
    ...

def as_image(figure, dpi:int=150)->np.ndarray:
    """Turn a figure into an image.

    Parameters
    ----------
    figure
        matplotlib `Figure`
    dpi : int, default 150
        pixels in an inch, or less for a large figure

    Returns
    -------
    np.ndarray
        `[H,W,3]` uint8
    """
    ...

def log_figures(acc, figures:dict, step:int):
    """Give figures to every tracker; only the main process has trackers.

    Parameters
    ----------
    acc
        the run's `Accelerator`
    figures : dict
        task -> `Figure`
    step : int
        optimizer step
    """
    ...
