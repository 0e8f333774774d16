# Made by tools/stubs.py from the module beside it: do not edit.
"""Who may ask the web app for what: a list of what is allowed, before gradio sees a request

Docs: https://clippy-vl.github.io/clippy/gate.html.md
"""
from pathlib import Path
from typing import Any

def upload_folder()->Path:
    """The folder where this process keeps what its visitors send and get.

    Returns
    -------
    Path
        of mode 0700; inside `GRADIO_TEMP_DIR`, if that is set
    """
    ...

def kept(page)->set:
    """The files of a page that stay: its examples.

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
    """Whether a file was uploaded by a visitor, or is an example.

    Parameters
    ----------
    page
        of gradio
    path
        what was sent as a path; anything
    """
    ...

def host_name(value:str)->str:
    """The host that a header or an address means.

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
    """Whether a host is ours: one of our names, or this machine's address in numbers.

    Parameters
    ----------
    host : str
        from `host_name`
    names
        names under which the page is served
    """
    ...

may_get: Any

may_post: Any

def may(method:str, path:str)->bool:
    """Whether a request is for something that the page needs.

    Parameters
    ----------
    method : str
    path : str
        percent signs decoded
    """
    ...

class Refused(Exception):
    """A request that is refused, with the HTTP status that says so."""
    status: int
    def __init__(self, status:int, why:str): ...

def only_stored(data, stored, depth:int=8):
    """What is handed on of a question: everything but files that were not uploaded here.

    Parameters
    ----------
    data
        what JSON can hold
    stored
        function that says whether a path was uploaded here
    depth : int, default 8
        how deeply lists and dicts may be nested

    Returns
    -------
    the same, but files that were not uploaded are gone
    """
    ...

def no_file(): ...

def read_question(body:bytes, stored)->dict:
    """Read a question, and take foreign files out of it.

    Parameters
    ----------
    body : bytes
        of the request
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
    """Remove the oldest files, if all together take too much room.

    Parameters
    ----------
    folder : Path
        of uploads
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
    """Remove files of this age, and folders that are empty.

    Parameters
    ----------
    folder : Path
        of uploads
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
    """A layer of ASGI that lets through what is allowed."""
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
    """The body of a request as it is received, counted, and whether there is more of it."""
    receive: Any
    bytes: int
    more: bool
    def __init__(self, receive): ...

def seconds_to_wait(queue, workers:int, names)->int:
    """How long it takes, about, until all who wait have an answer.

    Parameters
    ----------
    queue
        of gradio
    workers : int
        questions answered at once
    names
        names of the functions that are asked

    Returns
    -------
    int
        in steps of 5
    """
    ...

def tell_when(page, workers):
    """in place of gradio's "Queue is full" """
    ...
