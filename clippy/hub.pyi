# Made by tools/stubs.py from the module beside it: do not edit.
"""A repository on the Hugging Face Hub, with a card that says how every number was made

Docs: https://clippy-vl.github.io/clippy/hub.html.md
"""
from .model import CLIPpy
from contextlib import contextmanager
from pathlib import Path

def without_paths(data):
    """Leave out of a record where things lie, and every password.

    Parameters
    ----------
    data
        what JSON can hold

    Returns
    -------
    the same, with only the last part of each path, and no password or signature in an address
    """
    ...

def run_manifest(metrics:dict)->dict:
    """What those who get a model should know about the run that made it.

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
    """Read what is known about how a model was made.

    Parameters
    ----------
    source : str | Path | dict
        folder of a run or of a model, a json file, or a key of `boxed`

    Returns
    -------
    dict | None
        of `run_manifest`; None: nothing was written down
    """
    ...

def numbers_of(result:dict)->dict:
    """The measured numbers of a result, without what describes it.

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
    """The Hub's names for the task and the measure of a number.

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
    """The lines of a card that machines read.

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
    """Write a model's page on the Hub.

    Parameters
    ----------
    manifest : dict | None
        from `read_manifest`
    name : str
        repo id, or another name that the model is loaded by
    image : str, default ''
        file of the repository; '': none
    license : str, default 'apache-2.0'
        of the weights, as the Hub writes it

    Returns
    -------
    str
        the README.md of a repository
    """
    ...

def fits(manifest:dict, model:CLIPpy)->dict:
    """Make sure that a manifest is of this model.

    Parameters
    ----------
    manifest : dict
        from `read_manifest`
    model : CLIPpy
        that it should describe

    Returns
    -------
    dict
        the manifest; an error if it describes another model
    """
    ...

def write_repo(model:CLIPpy, folder:str | Path, name:str, manifest:dict | None=None, image:str | Path='', half:bool=False, license:str='apache-2.0')->Path:
    """Write a repository into a folder: weights, card, manifest and image.

    Parameters
    ----------
    model : CLIPpy
        with its towers
    folder : str | Path
        where; it is made
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
    """Turn a refusal of the Hub, or a network that fails, into a sentence that says what to do."""
    ...

def clean_token(token:str | bool | None)->str | bool | None:
    """Refuse a token that no header could hold, before an error can quote it.

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
    """The licence of weights, unless somebody names another.

    Parameters
    ----------
    name : str
        by which the model was loaded: a name or a path

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
