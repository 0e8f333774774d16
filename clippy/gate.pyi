# Made by tools/stubs.py from the module beside it: do not edit.
"""Who may ask the web app what

Docs: https://clippy-vl.github.io/clippy/gate.html.md
"""
from pathlib import Path
from typing import Any

def upload_folder()->Path:
    """Where this process keeps what its visitors send and get.

    Returns
    -------
    Path
        of mode 0700; inside `GRADIO_TEMP_DIR`, if that is set
    """
    ...

def kept(page)->set:
    """The examples of a page.

    Parameters
    ----------
    page
        of gradio

    Returns
    -------
    set
        paths
    """
    ...

def is_stored(page, path)->bool:
    """Whether a visitor uploaded this file, or it is an example.

    Parameters
    ----------
    page
        of gradio
    path
        what came in
    """
    ...

def host_name(value:str)->str:
    """Which host is meant.

    Parameters
    ----------
    value : str
        a Host header or an address

    Returns
    -------
    str
        in small letters, without port and brackets; '' if there is none
    """
    ...

def is_known(host:str, names)->bool:
    """Whether a host is ours: one of the names, or this machine's address in numbers.

    Parameters
    ----------
    host : str
        from `host_name`
    names
        under which we serve
    """
    ...

may_get: Any

may_post: Any

def may(method:str, path:str)->bool:
    """Whether somebody needs this.

    Parameters
    ----------
    method : str
    path : str
        percent signs decoded
    """
    ...

class Refused(Exception):
    """A request that is not answered, with the status that says so."""
    status: int
    def __init__(self, status:int, why:str): ...

def only_stored(data, stored, depth:int=8):
    """What of a question is handed on.

    Parameters
    ----------
    data
        what JSON can hold
    stored
        function of a path: was it uploaded here?
    depth : int, default 8

    Returns
    -------
    the same, but files that were not uploaded are gone
    """
    ...

def no_file(): ...

def read_question(body:bytes, stored)->dict:
    """A question, as it is handed on.

    Parameters
    ----------
    body : bytes
    stored
        as for `only_stored`
    """
    ...

def check_parts(page, path:str, question:dict)->dict:
    """Refuse a question that no function of the page is made for.

    Parameters
    ----------
    page
        of gradio
    path : str
        that is asked
    question : dict
        from `read_question`

    Returns
    -------
    dict
        the question, with a file where one is expected
    """
    ...

def make_room(folder:Path, room:int, keep=(), most:int=5000)->bool:
    """Remove the oldest files, if there are too many.

    Parameters
    ----------
    folder : Path
    room : int
        bytes that all files together may have
    keep : default ()
        paths that stay
    most : int, default 5000
        files

    Returns
    -------
    bool
        whether they fit now
    """
    ...

def remove_old(folder:Path, age:float=3600, keep=()):
    """Remove files of this age, and empty folders.

    Parameters
    ----------
    folder : Path
    age : float, default 3600
        seconds
    keep : default ()
        paths that stay
    """
    ...

most_body: int

most_open: int

most_of_one: int

most_files: int

most_query: int

class Gate:
    """Lets through what is allowed."""
    app: Any
    page: Any
    names: Any
    upload: Any
    room: Any
    open: Any
    coming: int
    tries: Any
    def __init__(self, app, page, names, max_mb, total_mb): ...

class Body:
    """What is received, and whether there is more."""
    receive: Any
    bytes: int
    more: bool
    def __init__(self, receive): ...

def seconds_to_wait(queue, workers:int, names)->int:
    """How long it takes until all who wait have an answer.

    Parameters
    ----------
    queue
        of gradio
    workers : int
        questions answered at once
    names
        of the functions that are asked

    Returns
    -------
    int
        in steps of 5
    """
    ...

def tell_when(page, workers):
    """in place of gradio's "Queue is full" """
    ...
