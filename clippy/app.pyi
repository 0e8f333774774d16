# Made by tools/stubs.py from the module beside it: do not edit.
"""Drop an image, type words, see where they are

Docs: https://clippy-vl.github.io/clippy/app.html.md
"""
from typing import Annotated

def make_app(models:dict, images:list=(), words:str='', background:str='auto', workers:int=2, waiting:int=20):
    """The page, not yet served.

    Parameters
    ----------
    models : dict
        name -> CLIPpy; the second, if there is one, is for comparison
    images : list, default ()
        paths of examples; the first is there at the beginning
    words : str, default ''
        typed at the beginning
    background : str, default 'auto'
        likewise
    workers : int, default 2
        questions answered at once
    waiting : int, default 20
        questions that may wait

    Returns
    -------
    gradio.Blocks, queued
    """
    ...

def open_app(model:str='scenes', compare:str='', device:str='', **kw):
    """The page for one or two models, by their names.

    Parameters
    ----------
    model : str, default 'scenes'
        name in the box, folder, Hub repo id or release
    compare : str, default ''
        another one; '': scenes-cls beside scenes, else none
    device : str, default ''
        cpu, cuda, mps; '': the best there is
    **kw
        further options of `make_app`

    Returns
    -------
    gradio.Blocks, queued
    """
    ...

look: str

def credentials(auth:str)->tuple | None:
    """Who may see the page.

    Parameters
    ----------
    auth : str
        USER, or USER:PASSWORD; '': nobody is asked

    Returns
    -------
    tuple | None
        user and password
    """
    ...

def serve(page, host:str='127.0.0.1', port:int=7860, max_mb:int=20, share:bool=False, wait:bool=True, auth:str='', names=(), total_mb:int=500)->str:
    """Serve a page.

    Parameters
    ----------
    page
        of `make_app`
    host : str, default '127.0.0.1'
        address to listen on; 0.0.0.0: all of them
    port : int, default 7860
        0: the first free one from 7860 on
    max_mb : int, default 20
        largest upload, megabytes
    share : bool, default False
        open a tunnel from the internet, through gradio's servers
    wait : bool, default True
        say where the page is, and return when it is interrupted
    auth : str, default ''
        USER, or USER:PASSWORD; '': no password is asked for
    names : default ()
        further names under which the page may be asked, for instance that of a proxy
    total_mb : int, default 500
        all images together, megabytes

    Returns
    -------
    str
        the page's address
    """
    ...

def app(model:Annotated[str, dict(opt=False, nargs='?')]='scenes', compare:str='', host:str='127.0.0.1', port:int=7860, max_mb:int=20, workers:int=2, waiting:int=20, share:bool=False, auth:str='', names:str='', total_mb:int=500, space:str='', device:str='')->int:
    """Serve a page that finds words in images.

    Parameters
    ----------
    model : Annotated[str, dict(opt=False, nargs='?')], default 'scenes'
        Name in the box, folder, Hub repo id or release
    compare : str, default ''
        Another model, for comparison (scenes-cls beside scenes)
    host : str, default '127.0.0.1'
        Address to listen on; 0.0.0.0: all of them
    port : int, default 7860
        Port; 0: the first free one from 7860 on
    max_mb : int, default 20
        Largest upload, megabytes
    workers : int, default 2
        Questions answered at once
    waiting : int, default 20
        Questions that may wait
    share : bool, default False
        Open a tunnel from the internet, through gradio's servers
    auth : str, default ''
        Ask for this user's password: CLIPPY_APP_PASSWORD, or typed now (USER:PASSWORD can be seen by
        others)
    names : str, default ''
        Further names under which the page may be asked, comma-separated, for instance that of a proxy
    total_mb : int, default 500
        All images that are kept, megabytes; they are deleted after an hour
    space : str, default ''
        Write a Hugging Face Space into this folder instead
    device : str, default ''
        cpu, cuda, mps (the best there is)
    """
    ...
