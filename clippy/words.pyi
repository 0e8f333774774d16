# Made by tools/stubs.py from the module beside it: do not edit.
"""Names become sentences, sentences become vectors, and a vector for each name is a classifier

Docs: https://clippy-vl.github.io/clippy/words.html.md
"""
from .model import CLIPpy
from torch import Tensor

def fill(template:str, name:str)->str:
    """Put a class name into a sentence.

    Parameters
    ----------
    template : str
        e.g. `a photo of a(n) {}`
    name : str
        e.g. `umbrella`

    Returns
    -------
    str
        `a photo of an umbrella`
    """
    ...

template_sets: dict

def templates_of(name:str | tuple)->tuple:
    """The sentences that a protocol names.

    Parameters
    ----------
    name : str | tuple
        key of `template_sets`, a sentence with `{}`, several, or a .txt file with one on each line

    Returns
    -------
    tuple
        sentences
    """
    ...

def is_names_file(text)->bool:
    """a .txt of one's own, where a list could be named too; a sentence may end like one"""
    ...

def class_vectors(model:CLIPpy, names, templates=('a photo of a(n) {}',), batch_size:int=256, mean:str='unit')->Tensor:
    """A zero-shot classifier: one vector for each name.

    Parameters
    ----------
    model : CLIPpy
    names
        class names, `[K]`
    templates : default ('a photo of a(n) {}',)
        sentences around a name
    batch_size : int, default 256
        sentences at once
    mean : str, default 'unit'
        of vectors of length 1, or `raw`: as the text tower gives them, before any projection

    Returns
    -------
    Tensor
        `[K,D]`, length 1
    """
    ...

def cached_vectors(model:CLIPpy, names, templates, mean:str='unit')->Tensor:
    """`class_vectors`, computed once for the same text tower, names and sentences.

    Parameters
    ----------
    model : CLIPpy
    names
        class names, `[K]`
    templates
        sentences around a name
    mean : str, default 'unit'
        of vectors of length 1, or `raw`

    Returns
    -------
    Tensor
        `[K,D]`, length 1, on the model's device
    """
    ...

def first_alike(vectors:Tensor, far:float=1e-05)->Tensor:
    """Which names cannot be told apart.

    Parameters
    ----------
    vectors : Tensor
        `[K,D]` of names
    far : float, default 1e-05
        rounding stays below this distance, other names above it

    Returns
    -------
    Tensor
        `[K]` index of the first name with the same vector: its own, as a rule
    """
    ...

def name_groups(names, first:Tensor, owner=None)->list:
    """Names that have one vector, and stand for several classes.

    Parameters
    ----------
    names
        `[K]`
    first : Tensor
        `[K]` from `first_alike`
    owner : default None
        `[K]` class of each name: names of one class may be alike; None: every name is a class

    Returns
    -------
    list
        of lists of names
    """
    ...

def distinct(names)->list:
    """Names that can be keys.

    Parameters
    ----------
    names
        some may be equal

    Returns
    -------
    list
        the second of a name is `name (2)`
    """
    ...

def winners(scores:Tensor)->Tensor:
    """The share of each name in the answer: 1 for the best, or an equal part for each that is best.

    Parameters
    ----------
    scores : Tensor
        `[B,K,...]`

    Returns
    -------
    Tensor
        the same shape, float64, sums over K are 1
    """
    ...
