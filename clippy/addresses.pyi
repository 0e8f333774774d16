# Made by tools/stubs.py from the module beside it: do not edit.
"""Which shards `hf://datasets/...`, `s3://...` and `gs://...` name, and which version of them

Docs: https://clippy-vl.github.io/clippy/addresses.html.md
"""
from contextlib import contextmanager
from typing import Any
from typing import NamedTuple

class Address(NamedTuple):
    """A place on the Hub: repository, revision and path."""
    repo: str
    revision: str
    path: str

def hub_address(url:str)->Address:
    """What an address of a data set says.

    Parameters
    ----------
    url : str
        `hf://datasets/...`
    """
    ...

def refusal(url:str, code:int, mark:str)->str:
    """What a refusal of the Hub means, and what to do.

    Parameters
    ----------
    url : str
        `hf://datasets/...`
    code : int
        HTTP status of the answer
    mark : str
        the answer's `X-Error-Code`, '' if it has none

    Returns
    -------
    str
        a sentence
    """
    ...

def named_pause(headers)->float:
    """How long a server asks to wait.

    Parameters
    ----------
    headers
        headers of an answer, anything with `get`

    Returns
    -------
    float
        seconds, 0 to 600
    """
    ...

def endpoint()->str:
    """Address of the Hub: `HF_ENDPOINT`, or huggingface.co.

    Returns
    -------
    str
        without a slash at its end
    """
    ...

def is_token(text:str)->bool:
    """can a header hold it?"""
    ...

def passes(code:int)->bool:
    """another try may go well"""
    ...

def pinned(urls:str, known:str='', tell=...)->str:
    """Addresses on the Hub with the commit in them.

    Parameters
    ----------
    urls : str
        addresses, several joined with `::`; those of other kinds stay as they are
    known : str, default ''
        the same addresses as they were pinned before
    tell : default noop
        callable that gets a sentence if the data set has changed since
    """
    ...

class File(NamedTuple):
    """What a listing says of a file."""
    size: int | None = ...
    sha256: str = ...
    mark: str = ...

stores: Any

def scheme(url:str)->str: ...

def store(url:str):
    """The file system that an address belongs to.

    Parameters
    ----------
    url : str
        an address in one of `stores`

    Returns
    -------
    an fsspec filesystem
    """
    ...

@contextmanager
def store_errors(url):
    """the libraries raise what they like"""
    ...

def is_listed(url:str)->bool:
    """is it of a kind that can be listed?"""
    ...

def is_known(url:str)->bool:
    """a shard that was found already"""
    ...

def listed(url:str)->list[str]:
    """The shards that an address names.

    Parameters
    ----------
    url : str
        shard, folder or pattern, on the Hub or in one of `stores`

    Returns
    -------
    list[str]
        shards in order, on the Hub with their commit
    """
    ...

def about(url:str)->File:
    """What a listing says of a shard.

    Parameters
    ----------
    url : str
        a shard of any kind

    Returns
    -------
    File
        empty if a shard of this kind cannot be listed
    """
    ...

def listing(urls:list)->dict:
    """for `remember`, in another process"""
    ...

def remember(files:dict):
    """what `listing` gave"""
    ...

def samples_in(book:dict)->dict:
    """How many samples the shards have, according to a file beside them.

    Parameters
    ----------
    book : dict
        content of one of the files

    Returns
    -------
    dict
        name of a shard -> samples
    """
    ...

def read_small(url:str, most:int=50000000)->bytes:
    """The content of a small file.

    Parameters
    ----------
    url : str
        a file on the Hub or in a store
    most : int, default 50000000
        largest size that is read, bytes
    """
    ...

def request(url:str)->tuple:
    """How a file is asked for by HTTP.

    Parameters
    ----------
    url : str
        an http or https address, or one on the Hub

    Returns
    -------
    tuple
        address, headers that no other host may see
    """
    ...

def samples_of(url:str)->int | None:
    """How many samples a shard has, if a file beside it or an earlier reading says so.

    Parameters
    ----------
    url : str
        a shard
    """
    ...

def in_book(url:str)->int | None:
    """How many samples a shard has, if a file beside it says so.

    Parameters
    ----------
    url : str
        a shard that can be listed
    """
    ...

def content_of(url:str)->str:
    """A name for what is in a shard, as far as its listing knows.

    Parameters
    ----------
    url : str
        a shard on the Hub or in a store

    Returns
    -------
    str
        32 hex digits
    """
    ...

def counted(url:str)->int | None:
    """How many samples were counted when a shard was read to its end.

    Parameters
    ----------
    url : str
        a shard

    Returns
    -------
    int | None
        None: nobody has read it to its end
    """
    ...

def record_count(url:str, n:int):
    """Write down how many samples a shard has.

    Returns
    -------
    of a shard that was read to its end
    """
    ...
