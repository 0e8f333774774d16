# Made by tools/stubs.py from the module beside it: do not edit.
"""Write a file whole or not at all, and read no more of somebody else's than you know

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
        str is written as UTF-8, and its line ends stay as they are
    mode : int | None, default None
        permissions of the file; None: those that are usual for this user
    sync : bool, default False
        wait until it is on the disk, so that it survives a power cut?

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
        anything that JSON can hold; NaN becomes null
    sync : bool, default False
        wait until it is on the disk, as for `write_whole`?

    Returns
    -------
    Path
        `path`
    """
    ...

def replace_folder(new:str | Path, path:str | Path, sync:bool=False)->Path:
    """Give a folder its name, in the place of whatever had it.

    Parameters
    ----------
    new : str | Path
        a complete folder
    path : str | Path
        its name from now on; whatever has this name is removed
    sync : bool, default False
        wait until the name is on the disk?

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
    """A short SHA-256 of some data.

    Parameters
    ----------
    data
        anything that JSON can hold

    Returns
    -------
    str
        16 hex digits
    """
    ...

def read_ours(path:str | Path, most:int=..., code:bool=False)->bytes | None:
    """Read a file that only we can have written.

    Parameters
    ----------
    path : str | Path
    most : int, default 1 << 28
        largest size that is read, in bytes
    code : bool, default False
        will it be run? Then its folder must be ours alone too, and the file must have no other name

    Returns
    -------
    bytes | None
        None: there is no such file, or others may have written it
    """
    ...

def write_ours(path:str | Path, data:bytes, private:bool=True):
    """Write a file that only we may change, and its folder if it is new.

    Parameters
    ----------
    path : str | Path
    data : bytes
    private : bool, default True
        keep others from reading it?
    """
    ...

def read_text(path:str | Path)->str:
    """Read the text of a file, or say why it cannot be read.

    Parameters
    ----------
    path : str | Path
        a text file in UTF-8, with or without a byte-order mark
    """
    ...

def inside(folder:str | Path, name:str)->Path:
    """Find an ordinary file that is really in the folder.

    Parameters
    ----------
    folder : str | Path
        folder of a model
    name : str
        name of a file below it

    Returns
    -------
    Path
        with all links resolved
    """
    ...

def named(folder:str | Path, name:str)->bool:
    """something has this name"""
    ...

def read_json(folder:str | Path, name:str, kind:type=..., most:int=...):
    """Read the settings in a file of a model's folder.

    Parameters
    ----------
    folder : str | Path
    name : str
        name of a file below it
    kind : type, default dict
        type of what it should hold
    most : int, default 1 << 20
        largest size that is read, in bytes

    Returns
    -------
    an object of that type
    """
    ...

class Kind(NamedTuple):
    """What a value may be: a test, and the same in words."""
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
    """Check that all settings are known, and each of its kind.

    Parameters
    ----------
    settings : dict
    known : dict
        name -> `Kind`
    where : str
        where the settings are, for the error

    Returns
    -------
    dict
        the same settings
    """
    ...

def kinds(*table):
    """Make a list of settings of which many are of a kind.

    Returns
    -------
    of (kind, names in one str)
    """
    ...

sizes: Any

def read_header(path:Path)->dict:
    """Read what a safetensors file says it holds.

    Parameters
    ----------
    path : Path
        path of an ordinary file

    Returns
    -------
    dict
        name -> (type, shape)
    """
    ...

def check_weights(own:dict, found:dict, source:str, spare=()):
    """Raise an error if a file does not belong to this model.

    Parameters
    ----------
    own : dict
        name -> shape of the weights of the model
    found : dict
        name -> shape of the weights in the file
    source : str
        where the file is from, for the error
    spare : default ()
        names of weights that the file may lack
    """
    ...

def need_memory(n:int, what:str):
    """Raise an error if a model would be larger than the memory of this machine.

    Parameters
    ----------
    n : int
        how many numbers, each of which takes 4 bytes
    what : str
        what they are, for the error
    """
    ...
