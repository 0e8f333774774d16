# Made by tools/stubs.py from the module beside it: do not edit.
"""Drop an image, type words, and see where they are: a page for those who would rather look than program

Docs: https://clippy-vl.github.io/clippy/app.html.md
"""
from .choice import Models
from typing import Annotated

def make_app(models:dict | Models, images:list=(), words:str='', background:str='auto', workers:int=2, waiting:int=20):
    """Make the page, without serving it yet.

    Parameters
    ----------
    models : dict | Models
        name -> CLIPpy; the first answers until another one is chosen
    images : list, default ()
        paths of examples; the first is there at the beginning, with its answer if there are words
    words : str, default ''
        typed at the beginning
    background : str, default 'auto'
        words for the background, as for `ask_words`
    workers : int, default 2
        questions answered at once
    waiting : int, default 20
        questions that may wait

    Returns
    -------
    gradio.Blocks, queued
    """
    ...

def open_app(model:str | list='scenes', compare:str='', device:str='', keep:int=2, **kw):
    """Make the page for some models, by their names.

    Parameters
    ----------
    model : str | list, default 'scenes'
        name in the box, folder, Hub repo id or release; several in a list, or with commas
    compare : str, default ''
        another one; '': scenes-cls beside scenes, else none
    device : str, default ''
        cpu, cuda, mps; '': the best there is
    keep : int, default 2
        models in memory at the same time
    **kw
        further options of `make_app`

    Returns
    -------
    gradio.Blocks, queued
    """
    ...

def chosen_models(model, compare='')->list:
    """Which models a page offers; a mistyped name is refused at once.

    Parameters
    ----------
    model
    compare : default ''
        as for `open_app`

    Returns
    -------
    list
        of names, none of which is surely wrong
    """
    ...

look: str

def credentials(auth:str)->tuple | None:
    """The user and the password that the page asks for.

    Parameters
    ----------
    auth : str
        USER, or USER:PASSWORD; '': nobody is asked

    Returns
    -------
    tuple | None
        user and password; None: everybody may see the page
    """
    ...

def serve(page, host:str='127.0.0.1', port:int=7860, max_mb:int=20, share:bool=False, wait:bool=True, auth:str='', names=(), total_mb:int=500, open:bool=False)->str:
    """Serve a page until it is interrupted, or in the background.

    Parameters
    ----------
    page
        from `make_app` or `open_app`
    host : str, default '127.0.0.1'
        address to listen on; 0.0.0.0: all of them
    port : int, default 7860
        0: the first free one from 7860 on
    max_mb : int, default 20
        largest upload, megabytes
    share : bool, default False
        open a tunnel from the internet, through gradio's servers
    wait : bool, default True
        print the address and return when interrupted; False: return at once
    auth : str, default ''
        USER, or USER:PASSWORD; '': no password is asked for
    names : default ()
        further names by which the page may be asked, for example that of a proxy
    total_mb : int, default 500
        room for all uploads together, megabytes
    open : bool, default False
        open the page in a browser, where there is a display

    Returns
    -------
    str
        the page's address
    """
    ...

def app(model:Annotated[str, dict(opt=False, nargs='?')]='', compare:str='', Model:Annotated[str, dict(action='append')]=None, keep_models:int=2, device:str='', host:str='127.0.0.1', port:int=7860, open:bool=False, share:bool=False, auth:str='', names:str='', workers:int=2, waiting:int=20, max_mb:int=20, total_mb:int=500, space:str='')->int:
    """Serve a page that finds words in images.

    Parameters
    ----------
    model : Annotated[str, dict(opt=False, nargs='?')], default ''
        MODEL: Name, folder or Hub repository. Default: scenes.
    compare : str, default ''
        MODEL: Show the answers of another model beside. Default: scenes-cls beside scenes, else none.
    Model : Annotated[str, dict(action='append')], default None
        MODEL[,MODEL]: Models to choose from. May be repeated.
    keep_models : int, default 2
        Models in memory at once; the one not asked for longest goes first.
    device : str, default ''
        cpu|cuda|mps: Where to compute. Default: the fastest there is.
    host : str, default '127.0.0.1'
        ADDRESS: Address to listen on; 0.0.0.0 is all of them.
    port : int, default 7860
        Port to listen on; 0 takes the first free one from 7860 on.
    open : bool, default False
        Open the page in a browser, where there is a display.
    share : bool, default False
        Make the page reachable from the internet, through gradio's servers.
    auth : str, default ''
        USER: Ask for a password, from CLIPPY_APP_PASSWORD or typed now; others can see USER:PASSWORD.
    names : str, default ''
        NAME[,NAME]: Other names under which the page is reached, such as a proxy's.
    workers : int, default 2
        Questions that are answered at once.
    waiting : int, default 20
        Questions that may wait.
    max_mb : int, default 20
        MB: Largest upload.
    total_mb : int, default 500
        MB: Size of all images that are kept; each is deleted after an hour.
    space : str, default ''
        PATH: Write a Space into this folder, and open no page.
    """
    ...
