# Made by tools/stubs.py from the module beside it: do not edit.
"""Written whole or not at all, and read no further than what is known

Docs: https://clippy-vl.github.io/clippy/files.html.md
"""
from pathlib import Path
from typing import Any
from typing import NamedTuple

def write_whole(path:str | Path, data:str | bytes, mode:int | None=None, sync:bool=False)->Path:
    """Write a file, whole or not at all.

    Parameters
    ----------
    path : str | Path
        a file; an older one there is replaced
    data : str | bytes
        str is written as UTF-8, its line ends as they are
    mode : int | None, default None
        permissions; None: what is usual for this user
    sync : bool, default False
        wait for the disk, so that it lasts through a power cut?

    Returns
    -------
    Path
        `path`
    """
    ...

def write_json(path:str | Path, data, sync:bool=False)->Path:
    """Write JSON, whole or not at all.

    Parameters
    ----------
    path : str | Path
        a file; an older one there is replaced
    data
        what JSON can hold; NaN becomes null
    sync : bool, default False
        as for `write_whole`

    Returns
    -------
    Path
        `path`
    """
    ...

def replace_folder(new:str | Path, path:str | Path, sync:bool=False)->Path:
    """Give a folder its name, in the place of what had it.

    Parameters
    ----------
    new : str | Path
        a folder, complete
    path : str | Path
        its name from now on; what has this name is removed
    sync : bool, default False
        wait for the disk, for the name too?

    Returns
    -------
    Path
        `path`
    """
    ...

def remove(path:Path):
    """Remove whatever has this name.

    Returns
    -------
    a folder, or what else has its name
    """
    ...

def sync_names(folder:Path):
    """Wait until the names in a folder are on the disk."""
    ...

def cache_folder()->Path:
    """Where clippy keeps what it can compute again.

    Returns
    -------
    Path
        `CLIPPY_CACHE`, or `clippy` in the cache of this user
    """
    ...

def digest(data)->str:
    """A short SHA-256.

    Parameters
    ----------
    data
        what JSON can hold

    Returns
    -------
    str
        16 hex digits
    """
    ...

def read_ours(path:str | Path, most:int=..., code:bool=False)->bytes | None:
    """What is in a file that only we can have written.

    Parameters
    ----------
    path : str | Path
    most : int, default 1 << 28
        bytes
    code : bool, default False
        will it be run? Then its folder must be ours alone too, and the file have no other name

    Returns
    -------
    bytes | None
        None: there is none, or others may have written it
    """
    ...

def write_ours(path:str | Path, data:bytes, private:bool=True):
    """Write a file, whole, that only we may change; its folder too, if it is new.

    Parameters
    ----------
    path : str | Path
    data : bytes
    private : bool, default True
        may nobody else read it?
    """
    ...

def read_text(path:str | Path)->str:
    """The text of a file, or a sentence that says why there is none.

    Parameters
    ----------
    path : str | Path
        a text file in UTF-8, with or without a byte-order mark
    """
    ...

def inside(folder:str | Path, name:str)->Path:
    """An ordinary file that is really in the folder.

    Parameters
    ----------
    folder : str | Path
        of a model
    name : str
        of a file, below it

    Returns
    -------
    Path
        with links resolved
    """
    ...

def named(folder:str | Path, name:str)->bool:
    """something has this name"""
    ...

def read_json(folder:str | Path, name:str, kind:type=..., most:int=...):
    """The settings in a file of a model's folder.

    Parameters
    ----------
    folder : str | Path
    name : str
        of a file below it
    kind : type, default dict
        what it should hold
    most : int, default 1 << 20
        bytes

    Returns
    -------
    a `kind`
    """
    ...

class Kind(NamedTuple):
    """What a value may be."""
    fits: object
    says: str

def whole(low, high): ...

def real(low, high): ...

def text(most): ...

def one_of(*names): ...

def either(a, b): ...

def maybe(kind): ...

def several(kind, most=1000): ...

flag: Any

def checked(settings:dict, known:dict, where:str)->dict:
    """Settings that are all known, each of its kind.

    Parameters
    ----------
    settings : dict
    known : dict
        name -> `Kind`
    where : str
        the settings are, for the sentence

    Returns
    -------
    dict
        `settings`
    """
    ...

def kinds(*table):
    """A list of settings, many of a kind.

    Returns
    -------
    of (kind, names in one str)
    """
    ...

sizes: Any

def read_header(path:Path)->dict:
    """What a safetensors file says that it holds.

    Parameters
    ----------
    path : Path
        of an ordinary file

    Returns
    -------
    dict
        name -> (type, shape)
    """
    ...

def check_weights(own:dict, found:dict, source:str, spare=()):
    """Raise an error if a file is not of this model.

    Parameters
    ----------
    own : dict
        name -> shape, of the model
    found : dict
        name -> shape, of the file
    source : str
        of the file, for the sentence
    spare : default ()
        names that the file may lack
    """
    ...

def need_memory(n:int, what:str):
    """Raise an error if a model is larger than the memory of this machine.

    Parameters
    ----------
    n : int
        numbers, as float32
    what : str
        they are, for the sentence
    """
    ...
