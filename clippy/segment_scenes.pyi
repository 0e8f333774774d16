# Made by tools/stubs.py from the module beside it: do not edit.
"""A benchmark that runs anywhere, in seconds: things and backgrounds by their names, one thing by its name, and what each choice of a protocol is worth

Docs: https://clippy-vl.github.io/clippy/segment_scenes.html.md
"""
from .eval import Source
from .eval import Task
from .model import CLIPpy
from .protocol import Protocol
from .segment import SegmentProtocol
from .segment_masks import Segment
from dataclasses import dataclass
from typing import Any

eval_seed: int

@dataclass(frozen=True)
class SceneProtocol(SegmentProtocol):
    """Scenes are drawn at a size of choice.

    Parameters
    ----------
    size : int, default 0
    templates : str, default 'scenes'
    upsampling : str, default 'bilinear'
    draw : int, default 0
        side of the scenes, pixels; 0: the model's own size
    seed : int
    number : int, default 512
    """
    size: int = ...
    templates: str = ...
    upsampling: str = ...
    draw: int = ...
    seed: int = ...
    number: int = ...

class SceneMasks(Source):
    """Scenes, drawn when asked for."""
    scenes: Any
    transform: Any
    things_only: bool
    expected: Any
    def __init__(self, protocol, model, things_only=False): ...
    def __len__(self): ...
    def key(self, i): ...
    def __getitem__(self, i): ...
    def files_hash(self, index): ...

class SceneSegment(Segment):
    name: Any
    about: Any
    needs: Any
    kind: Any
    unused: tuple
    protocols: Any
    source: Any
    def __init__(self, data, protocol, model): ...
    def numbers(self, rows, weights):
        """the same, of things and of backgrounds alone"""
        ...
    def figure(self, model:CLIPpy, some:int=8):
        """What the model makes of the first held-out scenes.

        Parameters
        ----------
        model : CLIPpy
        some : int, default 8
            scenes

        Returns
        -------
        a matplotlib figure
        """
        ...

def show_predictions(model:CLIPpy, scenes):
    """What the model makes of some scenes.

    Parameters
    ----------
    model : CLIPpy
    scenes
        a handful of `Scene`s

    Returns
    -------
    a matplotlib figure, rows: image, ground truth, words-to-pixels prediction
    """
    ...

class SceneThings(Segment):
    name: Any
    about: Any
    needs: Any
    kind: Any
    unused: tuple
    protocols: Any
    source: Any
    def __init__(self, data, protocol, model): ...

@dataclass(frozen=True)
class OneProtocol(Protocol):
    """Scenes with one thing, drawn at a size of choice.

    Parameters
    ----------
    size : int, default 0
    templates : str, default 'scenes'
    draw : int, default 0
        side of the scenes, pixels; 0: the model's own size
    seed : int
    number : int, default 512
    """
    size: int = ...
    templates: str = ...
    draw: int = ...
    seed: int = ...
    number: int = ...

class OneThing(Source):
    """Scenes with one thing and its number, drawn when asked for."""
    scenes: Any
    transform: Any
    expected: Any
    def __init__(self, protocol, model): ...
    def __len__(self): ...
    def key(self, i): ...
    def __getitem__(self, i): ...
    def files_hash(self, index): ...

class SceneOne(Task):
    name: Any
    about: Any
    needs: Any
    primary: str
    unused: tuple
    protocols: Any
    source: Any
    def __init__(self, data, protocol, model): ...
    def words(self): ...
    def prepare(self): ...
    def measure(self, samples):
        """which thing, and its share in the answer"""
        ...
    def numbers(self, rows, weights): ...
    def shares(self, rows): ...
    def details(self, rows): ...

def show_protocols(model:CLIPpy, task:type, protocols:dict, item:int=0, data='', cols:int=5):
    """One image under several protocols.

    Parameters
    ----------
    model : CLIPpy
    task : type
        sub-class of `Segment`
    protocols : dict
        title -> protocol
    item : int, default 0
        of the task's source
    data : default ''
        the task's data
    cols : int, default 5

    Returns
    -------
    a matplotlib figure, image, ground truth, and what each protocol makes of it
    """
    ...
