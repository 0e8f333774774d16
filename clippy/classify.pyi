# Made by tools/stubs.py from the module beside it: do not edit.
"""ImageNet, its second edition, and folders of your own

Docs: https://clippy-vl.github.io/clippy/classify.html.md
"""
from .eval import Source
from .eval import Task
from pathlib import Path
from typing import Any

def imagenet_names(column:str='name')->dict:
    """Words for the classes of ImageNet.

    Parameters
    ----------
    column : str, default 'name'
        `name`: CLIP's, `wordnet`: the first word of the synset

    Returns
    -------
    dict
        wnid -> name, in the order of the 1000 classes
    """
    ...

def folder_names(folders:list, names:str | Path='')->list:
    """Words for the class folders of a data set.

    Parameters
    ----------
    folders : list
        names of the class folders
    names : str | Path, default ''
        csv file: folder, name; or a list of ImageNet's

    Returns
    -------
    list
        class names in the order of `folders`
    """
    ...

class ClassFolders(Source):
    """A folder for each class, whose images are checked as they are read.

    Parameters
    ----------
    path : str | Path
        one folder for each class
    transform
        from `image_transform`
    """
    transform: Any
    left: Any
    classes: Any
    labels: Any
    files: Any
    notes: Any
    def __init__(self, path:str | Path, transform): ...
    def add(self, p):
        """A class, or something that is none."""
        ...
    def __getitem__(self, i): ...

def among_first(higher, level, k:int):
    """The chance of being among the first `k` when ties are broken by lot.

    Parameters
    ----------
    higher
        how many have a higher score
    level
        how many others have the same
    k : int

    Returns
    -------
    in [0,1]
    """
    ...

class Folder(Task):
    name: Any
    about: Any
    needs: str
    primary: Any
    unused: Any
    _own: str
    protocols: Any
    source: Any
    classes: Any
    def __init__(self, data, protocol, model): ...
    def find(self, data): ...
    def name_them(self, folders): ...
    def words(self): ...
    def prepare(self): ...
    def measure(self, samples): ...
    def right(self, rows): ...
    def numbers(self, rows, weights): ...
    def shares(self, rows): ...
    def details(self, rows): ...

class ImageNet(Folder):
    name: Any
    about: Any
    needs: str
    each: Any
    roots: Any
    protocols: Any
    def __init__(self, data, protocol, model): ...
    def find(self, data): ...
    def name_them(self, folders): ...

class ImageNetV2(ImageNet):
    name: Any
    about: Any
    needs: str
    each: Any
    roots: Any
