# Made by tools/stubs.py from the module beside it: do not edit.
"""`clippy eval`: any task, with the protocol beside every number

Docs: https://clippy-vl.github.io/clippy/measure.html.md
"""
from .model import CLIPpy
from .results import Result
from .settings import Flag
from .settings import Several
from .waterfall import Waterfall
from contextlib import contextmanager
from fastcore.script import bool_arg
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated
from typing import Any

def list_tasks()->str:
    """All tasks, what they need on disk, and their protocols.

    Returns
    -------
    str
        for `clippy eval --list`
    """
    ...

def protocol_lines()->list:
    """What each protocol stands for, once.

    Returns
    -------
    list
        of text
    """
    ...

def pairs_of(text:str, option:str='--set')->list:
    """Keys and values of an option.

    Parameters
    ----------
    text : str
        `key=value`, or `key=value,key=value`; a value in double quotes is taken as it is
    option : str, default '--set'
        for messages

    Returns
    -------
    list
        (key, value)
    """
    ...

def is_settings(text)->bool: ...

def read_changes(given:str | list | None)->dict:
    """Fields of a protocol from a command line; what is typed counts more than what is in a file.

    Parameters
    ----------
    given : str | list | None
        `size=336,templates=a photo of a {}`, or a .toml or .json file; or several of these

    Returns
    -------
    dict
        field -> value; a list where templates were given more than once
    """
    ...

def share_out(data:str | Path | list | None, names:list)->dict:
    """Which data belongs to which task.

    Parameters
    ----------
    data : str | Path | list | None
        `path`, `path,path`, `task=path,task=path`, a .toml or .json file of these; or several
    names : list
        of the tasks

    Returns
    -------
    dict
        task -> path
    """
    ...

def out_file(out, name, n):
    """one result: the file itself; several: a folder with a file for each"""
    ...

def finished(out, about)->Result | None:
    """The result in `out` if it is of the same evaluation."""
    ...

def beside_each_other(files:list, across:str='')->str:
    """What `--compare` prints.

    Parameters
    ----------
    files : list
        of results
    across : str, default ''
        what may differ between three or more
    """
    ...

patience: int

@contextmanager
def alone_with(out:str, state):
    """No other command measures into this file meanwhile.

    Parameters
    ----------
    out : str
        JSON file of a result; '': none
    state
        of the processes that share the work
    """
    ...

def short_name(model:str)->str:
    """What a model is called in a table.

    Parameters
    ----------
    model : str
        as it was typed
    """
    ...

def run_task(net, name:str, data:str, protocol, changes:dict, out:str, state, **kwargs)->Result:
    """One task of the command, unless its result is there already.

    Parameters
    ----------
    net
        model
    name : str
        of the task
    data : str
        its data set; '': it needs none
    protocol
        its name, or a `Protocol`
    changes : dict
        fields of the protocol that are another -> value
    out : str
        JSON file of the result; '': none
    state
        of the processes that share the work
    **kwargs
        to `evaluate`
    """
    ...

def protocols_of(task:str, asked:str='')->list:
    """Which protocols `--protocol` names.

    Parameters
    ----------
    task : str
        its name
    asked : str, default ''
        a name, several with commas, or `all`; '': the task's first

    Returns
    -------
    list
        of names
    """
    ...

def waterfall_end(options, starts, changes):
    """the protocol where it ends, once nothing speaks against it"""
    ...

def run_waterfall(net, options, data, start, end, state, **kwargs)->Waterfall:
    """Measure, print and keep a waterfall."""
    ...

def run_command(options:SimpleNamespace):
    """What `clippy eval` does.

    Parameters
    ----------
    options : SimpleNamespace
        those of `main`
    """
    ...

class Evaluation:
    """A task to measure again and again, while a model is trained.

    Parameters
    ----------
    task : str
        its name
    data : str, default ''
        its data set
    limit : int, default 0
        images at most
    workers : int, default 0
        processes that read images
    max_sample_mb : float, default 100
        largest sample of shards, megabytes
    """
    kind: Any
    def __init__(self, task:str, data:str='', limit:int=0, workers:int=0, max_sample_mb:float=100): ...
    def job(self, model:CLIPpy): ...
    def check(self, model:CLIPpy):
        """Raise an error if the data is not as the task needs it."""
        ...
    def measure(self, model:CLIPpy, shared:bool=False)->Result:
        """The numbers, without intervals; `shared`: every process does a part."""
        ...
    def figure(self, model:CLIPpy, some:int=0):
        """What the model makes of some items; 0: as many as the task shows.

        Returns
        -------
        matplotlib `Figure`, or None
        """
        ...
    @staticmethod
    def summary(results:list)->str:
        """The table of all results, and what is odd about their data."""
        ...

def at_once(kind:type, data:str)->int:
    """Drawn scenes are small, and images with masks may be large.

    Returns
    -------
    int
        images in a batch
    """
    ...

def for_training(asked:dict, limit:int=0, workers:int=0, max_sample_mb:float=100)->list:
    """The evaluations of a training run, whose names and data have been checked.

    Parameters
    ----------
    asked : dict
        task -> its data
    limit : int, default 0
        images of each at most; 0: all
    workers : int, default 0
        processes that read images
    max_sample_mb : float, default 100
        largest sample of shards, megabytes

    Returns
    -------
    list
        of `Evaluation`
    """
    ...

Optional: Any

def main(model:Optional='', task:str='', data:Several=None, protocol:str='', set:Several=None, limit:int=0, list:Flag=False, text:str='', pretrained:bool_arg=None, batch_size:int=16, workers:int=None, device:str='', precision:str='', out:str='', save_predictions:str='', compare:Annotated[str, dict(nargs='+')]=None, across:str='', waterfall:str='', by:str='group', first:str='', config:str='', cpu:Flag=False):
    """Measure a model: any task, with the protocol beside every number.

    Parameters
    ----------
    model : Optional, default ''
        MODEL: Name of a model or preset, saved folder, or repository on the Hub.
    task : str, default ''
        TASK[,TASK]: What to measure; --list shows the tasks.
    data : Several, default None
        PATH: Where the data are; for several tasks task=PATH,task=PATH. May be repeated.
    protocol : str, default ''
        NAME[,NAME]: How to measure; all takes every protocol. Default: the task's first.
    set : Several, default None
        KEY=VALUE: Change fields of the protocol; also KEY=VALUE,KEY=VALUE or a file. May be repeated.
    limit : int, default 0
        Images at most, evenly spread; a data set that is not complete needs it. Default: 0, all.
    list : Flag, default False
        Show the tasks, their protocols, and what each needs on the disk.
    text : str, default ''
        NAME|PATH: Text tower of a preset or a release. Default: the one that it names.
    pretrained : bool_arg, default None
        Do a preset's towers begin with pretrained weights? Default: as the preset says.
    batch_size : int, default 16
        Images at once.
    workers : int, default None
        Processes that read images. Default: as many as are good for so many images.
    device : str, default ''
        cpu|cuda|mps: Where to compute. Default: the fastest there is.
    precision : str, default ''
        bf16|fp16|fp32: Precision of the computation. Default: bf16 on a card, else the model's own.
    out : str, default ''
        FILE: JSON file for the result, a folder for several; an interrupted run goes on from it.
    save_predictions : str, default ''
        PATH: Folder for what the model answered.
    compare : Annotated[str, dict(nargs='+')], default None
        RESULT: Show how two results differ, or a row for each of several.
    across : str, default ''
        PART[,PART]: What may differ between several results: protocol, data, or both. Default: nothing.
    waterfall : str, default ''
        PROTOCOL: Show what each step from --protocol to this one is worth; --out is a folder then.
    by : str, default 'group'
        group|field: What a step of the waterfall changes: a group of fields, or one field.
    first : str, default ''
        NAME[,NAME]: Groups or fields that change before the others. Default: in their own order.
    config : str, default ''
        FILE: Read options by their names from this TOML or JSON file; what is typed counts more.
    cpu : Flag, default False
        OLD: --device cpu
    """
    ...
