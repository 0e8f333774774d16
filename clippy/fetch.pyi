# Made by tools/stubs.py from the module beside it: do not edit.
"""A file of a gigabyte arrives whole or not at all, and a download goes on where the line dropped

Docs: https://clippy-vl.github.io/clippy/fetch.html.md
"""
from .model import CLIPpy
from .registry import Entry
from .stream import RemoteFile
from pathlib import Path

hosts: tuple

def check_address(url:str):
    """Raise an error at an address that no model comes from."""
    ...

class Download(RemoteFile):
    """A remote file of which a part is already on this disk.

    Parameters
    ----------
    url : str
    at : int, default 0
        bytes that are here
    size : int | None, default None
        of the whole file, as the server said when these came
    tag : str, default ''
        its mark for the file, likewise
    pinned : int | None, default None
        bytes that the file must have
    **remote
        as for `RemoteFile`
    """
    at: int
    size: int | None
    tag: str
    pinned: int | None
    changed: bool
    body_seen: bool
    def __init__(self, url:str, at:int=0, size:int | None=None, tag:str='', pinned:int | None=None, **remote): ...

def download(url:str, part:Path, pinned:int | None=None, progress:bool | None=None, **remote):
    """Download the rest of a file.

    Parameters
    ----------
    url : str
    part : Path
        file that may have the beginning already
    pinned : int | None, default None
        bytes that the file must have
    progress : bool | None, default None
        show a progress bar? None: only in a terminal
    **remote
        as for `RemoteFile`
    """
    ...

def sha256_of(path:Path)->str:
    """SHA-256 of a file.

    Returns
    -------
    str
        64 hex digits
    """
    ...

def verified(path:Path, url:str, pinned:int | None=None, sha256:str='')->Path:
    """Check that a file is what it was when it was first loaded; the first time, write that down.

    Parameters
    ----------
    path : Path
        a file that is whole
    url : str
        where it came from, or would have
    pinned : int | None, default None
        bytes that it must have
    sha256 : str, default ''
        that it must have

    Returns
    -------
    Path
        `path`
    """
    ...

def fetch_file(url:str, pinned:int | None=None, sha256:str='', folder:str | Path='', progress:bool | None=None, **remote)->Path:
    """A file of a model, fetched if it is not here yet.

    Parameters
    ----------
    url : str
        at one of `hosts`
    pinned : int | None, default None
        bytes that the file must have
    sha256 : str, default ''
        that it must have
    folder : str | Path, default ''
        '': `models` in `cache_folder()`
    progress : bool | None, default None
        show a progress bar? None: only in a terminal
    **remote
        as for `RemoteFile`

    Returns
    -------
    Path
        the file, whole
    """
    ...

def by_hand(url:str)->str:
    """an address for people"""
    ...

def open_release(entry:Entry, text:str='', **remote)->CLIPpy:
    """Fetch the public release and load it.

    Parameters
    ----------
    entry : Entry
        of the table, with an address
    text : str, default ''
        folder or Hub name of the text tower; '': the preset's
    **remote
        as for `fetch_file`

    Returns
    -------
    CLIPpy
        in evaluation mode
    """
    ...
