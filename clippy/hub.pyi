# Made by tools/stubs.py from the module beside it: do not edit.
"""A repository on the Hub, with a card that says how every number was made

Docs: https://clippy-vl.github.io/clippy/hub.html.md
"""
from .model import CLIPpy
from contextlib import contextmanager
from pathlib import Path

def without_paths(data):
    """What is nobody else's business is left out.

    Parameters
    ----------
    data
        what JSON can hold

    Returns
    -------
    the same; in its text only the last part of a path, and no address with a password or a signature
    """
    ...

def run_manifest(metrics:dict)->dict:
    """What is to be known about a run by those who get its model.

    Parameters
    ----------
    metrics : dict
        `metrics.json` of a run

    Returns
    -------
    dict
        without curves and paths
    """
    ...

def read_manifest(source:str | Path | dict)->dict | None:
    """What is known about a model.

    Parameters
    ----------
    source : str | Path | dict
        folder of a run or of a model, a json file, or a key of `boxed`

    Returns
    -------
    dict | None
        None: nothing was written down
    """
    ...

def numbers_of(result:dict)->dict:
    """The numbers of a result, without those that describe it.

    Parameters
    ----------
    result : dict
        of an evaluation

    Returns
    -------
    dict
        name -> share of one
    """
    ...

def filed_under(number:str)->tuple:
    """The Hub's names for what a number is.

    Parameters
    ----------
    number : str
        such as `thing_miou`

    Returns
    -------
    tuple
        task and measure
    """
    ...

tags: list

def card_metadata(manifest:dict, name:str, license:str='apache-2.0')->str:
    """The lines for machines.

    Parameters
    ----------
    manifest : dict
        from `read_manifest`; {}: nothing is known
    name : str
        of the model
    license : str, default 'apache-2.0'

    Returns
    -------
    str
        YAML
    """
    ...

def model_card(manifest:dict | None, name:str, image:str='', license:str='apache-2.0')->str:
    """A model's page on the Hub.

    Parameters
    ----------
    manifest : dict | None
        from `read_manifest`
    name : str
        repo id, or what else the model is loaded by
    image : str, default ''
        file of the repository
    license : str, default 'apache-2.0'
        of the weights, as the Hub writes it

    Returns
    -------
    str
        the README.md of a repository
    """
    ...

def fits(manifest:dict, model:CLIPpy)->dict:
    """Raise an error if a manifest is of another model.

    Parameters
    ----------
    manifest : dict
        from `read_manifest`
    model : CLIPpy
        of which it should be

    Returns
    -------
    dict
        the manifest
    """
    ...

def write_repo(model:CLIPpy, folder:str | Path, name:str, manifest:dict | None=None, image:str | Path='', half:bool=False, license:str='apache-2.0')->Path:
    """Write all that a repository holds.

    Parameters
    ----------
    model : CLIPpy
        with its towers
    folder : str | Path
        is made
    name : str
        repo id
    manifest : dict | None, default None
        from `read_manifest`
    image : str | Path, default ''
        file; '': drawn, if the model knows the built-in scenes
    half : bool, default False
        float16 weights
    license : str, default 'apache-2.0'
        of the weights, as the Hub calls it

    Returns
    -------
    Path
        `folder`
    """
    ...

@contextmanager
def hub_errors(repo_id:str):
    """Say in a sentence what the Hub, or the way to it, objects to."""
    ...

def clean_token(token:str | bool | None)->str | bool | None:
    """Keep a token that no header could hold from being quoted in an error.

    Parameters
    ----------
    token : str | bool | None
        True: there has to be one on this machine; False: none is sent

    Returns
    -------
    str | bool | None
        without spaces around it
    """
    ...

def licence_of(name:str)->str:
    """The licence of weights, if nobody says another.

    Parameters
    ----------
    name : str
        as a model was called; a file by its path

    Returns
    -------
    str
        as the Hub writes it
    """
    ...

def push(model:str, repo:str, results:str='', image:str='', license:str='', private:bool=False, half:bool=False, out:str='', picture:str=''):
    """Upload a model to the Hugging Face Hub, with a card made from its numbers.

    Parameters
    ----------
    model : str
        MODEL: Folder of a run or of a model, or the name of a model.
    repo : str
        USER/NAME: Repository on the Hub.
    results : str, default ''
        FILE[,FILE]: Results of clippy eval --out whose numbers the card shows too.
    image : str, default ''
        FILE: Image for the card. Default: one is drawn for a model of scenes, else none.
    license : str, default ''
        NAME: Licence of the weights. Default: Apache-2.0, or that of the release they are from.
    private : bool, default False
        Let nobody else see a new repository.
    half : bool, default False
        Write the weights as float16.
    out : str, default ''
        PATH: Write the repository into this new folder, and send nothing.
    picture : str, default ''
        OLD: --image
    """
    ...
