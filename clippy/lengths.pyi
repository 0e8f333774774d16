# Made by tools/stubs.py from the module beside it: do not edit.
"""A few groups instead of one long batch: the same vectors, two thirds less padding

Docs: https://clippy-vl.github.io/clippy/lengths.html.md
"""
from .model import CLIPpy
from typing import Any

def even_length(n:int, most:int | None=None)->int:
    """Round a length up to one of a few.

    Parameters
    ----------
    n : int
        tokens of the longest text
    most : int | None, default None
        tokens that a text can have at most; None: any number

    Returns
    -------
    int
        8, 16 ... 48, 64, 80, 96, 128 ...
    """
    ...

def fit_length(v, length, left, fill):
    """Token ids or their mask with more or less padding.

    Parameters
    ----------
    v
    length
    left
        at that side
    fill

    Returns
    -------
    `[B,T]` -> `[B,length]`
    """
    ...

def similar_lengths(tokens:dict, groups:int=4, most:int | None=None, pad:int=0)->dict:
    """Texts in groups of similar length, each with little padding.

    Parameters
    ----------
    tokens : dict
        `input_ids`, `attention_mask` and the like, `[B,T]`
    groups : int, default 4
        at most; as many as divide B
    most : int | None, default None
        tokens that a text can have; None: any number
    pad : int, default 0
        token that fills up

    Returns
    -------
    dict
        `groups`, a list of dicts like `tokens`, and `back`, `[B]` rows in which the texts stand there
    """
    ...

class Tokenize:
    """Makes token ids of a batch of texts, and is light enough to be sent to a worker.

    Parameters
    ----------
    model : CLIPpy
        whose tokenizer is taken
    groups : int, default 1
        groups of similar length
    even : bool, default False
        round lengths up to one of a few, even if there is only one group?
    parts : int, default 1
        parts of the batch that go through the towers one after the other
    """
    groups: int
    parts: int
    grouped: Any
    text: Any
    most: Any
    def __init__(self, model:CLIPpy, groups:int=1, even:bool=False, parts:int=1): ...
    def __call__(self, texts:list)->list:
        """texts are str; for each part, what `encode_tokens` takes"""
        ...
    def of_part(self, texts): ...
