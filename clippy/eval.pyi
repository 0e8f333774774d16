# Made by tools/stubs.py from the module beside it: do not edit.
"""One command for every number, and no number without the protocol that made it

Docs: https://clippy-vl.github.io/clippy/eval.html.md
"""
from .model import CLIPpy
from .pipeline import Soon
from .protocol import Protocol
from .results import Result
from PIL import Image
from contextlib import contextmanager
from pathlib import Path
from torch import Tensor
from typing import Any
import numpy as np

class Source:
    """Items of a data set, read in workers."""
    files: tuple
    expected: Any
    def __len__(self): ...
    def __getitem__(self, i):
        """What `measure` gets for item `i`."""
        ...
    def key(self, i)->str:
        """a short name"""
        ...
    def files_hash(self, index)->str:
        """names and sizes, not pixels: quick even for ImageNet"""
        ...

def read_image(path:str | Path)->Image.Image:
    """Open an image file, or say in a sentence what is wrong with it.

    Returns
    -------
    Image.Image
        upright RGB
    """
    ...

class Task:
    """One measurement. Sub-classes say what it is, and fill in its four methods.

    Parameters
    ----------
    data
        what the user named with `--data`
    protocol : Protocol
        how it is measured
    model : CLIPpy
        what is measured
    """
    name: str
    about: str
    needs: str
    protocols: dict
    primary: str
    smaller: tuple
    unused: tuple
    folder: Any
    write: Any
    at_once: int
    sorts: bool
    vectors: Any
    owner: Any
    named: Any
    first: Any
    def __init__(self, data, protocol:Protocol, model:CLIPpy):
        """Check the layout of the data and set `self.source`."""
        ...
    def prepare(self):
        """Called once, before the first batch, for example to make text vectors."""
        ...
    def measure(self, samples:list)->np.ndarray:
        """`[B,R]` float64, or a tensor: one row for each of the source's items."""
        ...
    def numbers(self, rows:np.ndarray, weights:np.ndarray)->dict:
        """`[N,R]` rows, `[S,N]` weights: name -> `[S]` values."""
        ...
    def collect(self, index:list, rows:np.ndarray)->np.ndarray:
        """Rows to make numbers of, where those need all images together.

        Parameters
        ----------
        index : list
            items
        rows : np.ndarray
            `[N,R]`, a row for each
        """
        ...
    def shares(self, rows:np.ndarray)->dict:
        """Number -> (right, n), for numbers that are plain shares of images.

        Parameters
        ----------
        rows : np.ndarray
            `[N,R]` of `measure`
        """
        ...
    def intervals(self, rows:np.ndarray)->dict:
        """Number -> (low, high), for numbers that are made of such shares.

        Parameters
        ----------
        rows : np.ndarray
            `[N,R]` of `measure`
        """
        ...
    def details(self, rows:np.ndarray)->dict:
        """What is worth keeping beside the numbers, e.g. those of each class.

        Parameters
        ----------
        rows : np.ndarray
            `[N,R]` of `measure`

        Returns
        -------
        dict
            what JSON can hold
        """
        ...
    def words(self)->dict:
        """Class names and sentences."""
        ...
    def notes(self, rows:np.ndarray)->tuple:
        """Sentences about what is odd in the data.

        Parameters
        ----------
        rows : np.ndarray
            `[N,R]` of `measure`

        Returns
        -------
        tuple
            of str
        """
        ...
    def figure(self, model:CLIPpy, some:int=0):
        """What the model makes of some items, to look at while it is trained.

        Parameters
        ----------
        model : CLIPpy
        some : int, default 0
            items, 0: as the task says

        Returns
        -------
        a matplotlib `Figure`, or None
        """
        ...
    def embed(self, names, owner=None):
        """Vectors of the names, by the sentences of the protocol.

        Parameters
        ----------
        names
            words
        owner : default None
            the class of each, None: each its own
        """
        ...
    def encode(self, x:Tensor)->Tensor:
        """Image vectors, pooled as the protocol says.

        Parameters
        ----------
        x : Tensor
            `[B,3,H,W]`

        Returns
        -------
        Tensor
            `[B,D]` float32, length 1, on the model's device
        """
        ...
    def scores(self, x:Tensor)->Tensor:
        """How near images are to the names. In float32: in 16 bits half of a thousand names would tie.

        Parameters
        ----------
        x : Tensor
            `[B,3,H,W]`

        Returns
        -------
        Tensor
            `[B,K]` float32 cosines
        """
        ...
    def same_names(self)->list:
        """Names of different classes that no image can tell apart.

        Returns
        -------
        list
            of lists of names
        """
        ...

tasks: dict

def register(task:type)->type:
    """Class decorator: make a task known.

    Parameters
    ----------
    task : type
        sub-class of `Task`
    """
    ...

def all_tasks()->dict:
    """The tasks of all chapters, and of other packages.

    Returns
    -------
    dict
        name -> class
    """
    ...

def find_task(name:str)->type:
    """The task of this name.

    Parameters
    ----------
    name : str
        e.g. `voc`

    Returns
    -------
    type
        sub-class of `Task`
    """
    ...

def alike_note(same:list, most:int=5)->str:
    """A sentence about names that have one vector.

    Parameters
    ----------
    same : list
        of lists of names
    most : int, default 5
        groups that are named
    """
    ...

def choose(source:Source, limit:int=0, name:str='the data set')->list:
    """Choose which items are measured.

    Parameters
    ----------
    source : Source
    limit : int, default 0
        at most so many, evenly spread; 0: all of a whole data set
    name : str, default 'the data set'
        in the sentence, if there is nothing

    Returns
    -------
    list
        indices
    """
    ...

def pick_protocol(task:type, protocol:str | Protocol='', /, **changes)->Protocol:
    """A task's protocol by its name, with changes.

    Parameters
    ----------
    task : type
        sub-class of `Task`
    protocol : str | Protocol, default ''
        '': the task's first
    **changes
        fields
    """
    ...

class Rows:
    """Rows of an evaluation under way, on disk or only in memory.

    Parameters
    ----------
    folder : Path | None
        None: memory only
    about : dict | Soon
        model, data, protocol: everything the rows depend on
    rank : int, default 0
        of this process
    """
    folder: Path | None
    about: Any
    rank: int
    new: Any
    held: Any
    def __init__(self, folder:Path | None, about:dict | Soon, rank:int=0): ...
    def start(self):
        """on the main process, before the others look"""
        ...
    def check(self, found): ...
    def add(self, index:list, rows:np.ndarray): ...
    def write(self): ...
    def noted(self, wait:bool=False)->bool:
        """is it written what the rows are of? The main process does that"""
        ...
    def finish(self):
        """Write what was held back."""
        ...
    def done(self)->dict:
        """All rows so far, of every process.

        Returns
        -------
        dict
            item -> row
        """
        ...
    def repair(self):
        """Cut off half a row at the end of this process's file."""
        ...

numerics: Any

def pick_precision(model:CLIPpy, asked:str='')->str:
    """In which precision the towers compute.

    Parameters
    ----------
    model : CLIPpy
    asked : str, default ''
        one of `numerics`; '': bf16 for a model in float32 on a card, otherwise as the model is

    Returns
    -------
    str
        what is written down
    """
    ...

@contextmanager
def in_every_process(state):
    """An error of one process is raised in all of them.

    Parameters
    ----------
    state
        `PartialState`, or what stands for it
    """
    ...

def fingerprint(job:Task, index:list, batch_size:int, precision:str)->dict:
    """Hashes of all that goes into a result.

    Returns
    -------
    dict
        what rows depend on
    """
    ...

def beside(job:Task, images:dict)->list:
    """What others published of the same model, task and protocol.

    Parameters
    ----------
    job : Task
        whose model has a name, or no one published anything
    images : dict
        how many were measured, and of how many

    Returns
    -------
    list
        of rows of `published`, with `differs`: why they are not compared; '': they are
    """
    ...

def evaluate(model:CLIPpy, task:str | type, data:str | Path='', protocol:str | Protocol='', limit:int=0, batch_size:int=16, workers:int | None=0, out:str | Path='', save_predictions:str | Path='', shared:bool=False, precision:str='', bootstrap_samples:int=1000, command:str='called from Python', called:str='', **changes)->Result:
    """Measure one task.

    Parameters
    ----------
    model : CLIPpy
        is put into evaluation mode
    task : str | type
        name of a task, see `clippy eval --list`; or a sub-class of `Task`
    data : str | Path, default ''
        its data set
    protocol : str | Protocol, default ''
        name of one of the task's protocols; '': its first
    limit : int, default 0
        images at most; a partial data set needs one
    batch_size : int, default 16
        images at once
    workers : int | None, default 0
        processes that read images; None: as many as suit the number of images
    out : str | Path, default ''
        JSON file for the result; rows are kept beside it until it is complete
    save_predictions : str | Path, default ''
        folder for what the model answered
    shared : bool, default False
        share the work with the other processes of `accelerate launch`
    precision : str, default ''
        `bf16`, `fp16` or `fp32`; '': bf16 on a card, otherwise as the model is
    bootstrap_samples : int, default 1000
        for the intervals; 0: none
    command : str, default 'called from Python'
        for the record
    called : str, default ''
        what the model is called, for tables
    **changes
        fields of the protocol

    Returns
    -------
    Result
        a dict: `numbers` in [0,1] by name, `intervals`, `protocol`, `images`, ...
    """
    ...
