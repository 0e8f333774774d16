# Made by tools/stubs.py from the module beside it: do not edit.
"""From disk, through a pipe or over HTTP: every sample once, in order, and every loss counted

Docs: https://clippy-vl.github.io/clippy/stream.html.md
"""
from .data import Report
from pathlib import Path
from typing import Any
from urllib.request import HTTPRedirectHandler
import io
import tarfile

class Unreachable(OSError):
    """A shard that could not be fetched: the run stops with this sentence."""

class RemoteFile(io.RawIOBase):
    """A URL or a `pipe:` command as a stream of bytes that survives dropped connections.

    Parameters
    ----------
    url : str
        http, https, an address on the Hub or in a store, `pipe:`, or what else webdataset opens
    tries : int, default 5
        tries without a new byte after which it is `Unreachable`
    timeout : float, default 30
        seconds to wait for a reply, for http only
    wait : float, default 1
        seconds before the second try; doubles up to a minute
    patience : float, default 300
        seconds to wait in all for the whole file
    slowest : float, default 1000
        bytes that earn another second of waiting
    largest : int, default 100000000000
        largest size of the file, bytes
    """
    at: int
    size: Any
    body: Any
    done: bool
    waited: float
    fresh: int
    began: Any
    def __init__(self, url:str, tries:int=5, timeout:float=30, wait:float=1, patience:float=300, slowest:float=1000, largest:int=100000000000): ...
    def readable(self): ...
    def readinto(self, buffer):
        """the one method that `read` needs"""
        ...
    def close(self): ...

class _Timed(io.RawIOBase):
    """A socket that says what came out of it."""
    def __init__(self, socket, came): ...
    def readable(self): ...
    def readinto(self, buffer): ...
    def close(self): ...

class SameHost(HTTPRedirectHandler):
    """Follow a redirection, and take the token along to the same host only."""
    def redirect_request(self, request, *args): ...

class Stored:
    """A file in a store that raises the errors of this chapter."""
    def __init__(self, file, url): ...
    def read1(self, n): ...
    def close(self): ...

def open_shard(url:str, **remote):
    """A shard as a stream of bytes.

    Parameters
    ----------
    url : str
        path, URL or `pipe:` command
    **remote
        how a remote shard is asked for, as for `RemoteFile`

    Returns
    -------
    binary file, to be read from front to back
    """
    ...

def group_members(files):
    """Samples of a shard from its files.

    Parameters
    ----------
    files
        (name, content) in the order of the tar

    Returns
    -------
    generator of samples: file ending -> content, and `__key__`
    """
    ...

class _Member(tarfile.TarInfo):
    """The header of a file, with bounds for what stands in it."""
    @classmethod
    def frombuf(cls, buf, encoding, errors): ...

def open_tar(stream, mode:str='r|')->tarfile.TarFile:
    """A tar from elsewhere, open for `tar_files`.

    Parameters
    ----------
    stream
        binary file
    mode : str, default 'r|'
        as for `tarfile.open`
    """
    ...

def tar_files(tar:tarfile.TarFile, content, damage:list):
    """The files of a tar that webdataset would take.

    Parameters
    ----------
    tar : tarfile.TarFile
        from `open_tar`
    content
        callable: member -> what is wanted of that file
    damage : list
        gets the exception that stopped the reading

    Returns
    -------
    generator of (name, content) in the order of the tar; content None for a file that is cut off
    """
    ...

def read_shard(url:str, report:Report, first:int=0, last:int=None, max_sample_mb:float=100, **remote):
    """Raw samples `first:last` of a shard, in order.

    Parameters
    ----------
    url : str
        one shard
    report : Report
        counts what a damaged shard lost
    first : int, default 0
        number of the first sample wanted
    last : int, default None
        number after the last one wanted; None reads to the end and cannot know what is missing
    max_sample_mb : float, default 100
        largest sample, megabytes
    **remote
        how a remote shard is asked for, as for `RemoteFile`

    Returns
    -------
    generator of raw samples: file ending -> bytes, `__key__` and `__url__`
    """
    ...

def read_all(urls:str | list, transform, batch_size:int=64, workers:int=0, report:Report=None, max_sample_mb:float=100):
    """Every usable sample of the shards once, in order, with all its captions.

    Parameters
    ----------
    urls : str | list
        as for `shard_list`
    transform
        callable: PIL RGB image -> `[3,H,W]` float32
    batch_size : int, default 64
        samples per batch; a batch with skipped samples, and the last, are smaller
    workers : int, default 0
        number of processes that decode
    report : Report, default None
        counts what was seen and skipped
    max_sample_mb : float, default 100
        largest sample, megabytes

    Returns
    -------
    iterator of images `[B,3,H,W]`, captions (a list for each image) and keys
    """
    ...

def first_captions(urls:str | list, n:int=10000, max_sample_mb:float=100, columns=())->list[str]:
    """Captions from the start of the shards; images are not decoded.

    Parameters
    ----------
    urls : str | list
        as for `shard_list`
    n : int, default 10000
        how many at most
    max_sample_mb : float, default 100
        largest sample, megabytes
    columns : default ()
        names of caption columns; without any, all captions of a sample
    """
    ...

def check_columns(urls:str | list, columns, n:int=1000, max_sample_mb:float=100):
    """Raise an error with a sentence for a caption column that none of the first samples has.

    Parameters
    ----------
    urls : str | list
        as for `shard_list`
    columns
        names of caption columns
    n : int, default 1000
        how many samples are looked at, at most
    max_sample_mb : float, default 100
        largest sample, megabytes
    """
    ...

def shards_hash(urls:str | list)->str:
    """A hash that says which data a number was made from.

    Parameters
    ----------
    urls : str | list
        as for `shard_list`

    Returns
    -------
    str
        16 hex digits
    """
    ...

def cache_path(url:str, folder:str)->Path:
    """Where the copy of a remote file is kept.

    Parameters
    ----------
    url : str
    folder : str
        folder of the copies

    Returns
    -------
    Path
        `folder/<where it comes from>/<its name>`
    """
    ...

def fetch(url:str, folder:str, room=..., name=..., **remote)->Path:
    """A local copy of a remote file, fetched if it is not there yet.

    Parameters
    ----------
    url : str
        as for `RemoteFile`
    folder : str
        folder of the copies
    room : default noop
        callable: (file that will be written, its bytes or None); makes room for it
    name : default os.replace
        callable: (file that was written, path); gives it its name
    **remote
        options of `RemoteFile`

    Returns
    -------
    Path
        path of the whole copy
    """
    ...
