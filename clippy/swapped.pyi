# Made by tools/stubs.py from the module beside it: do not edit.
"""The same thing where it belongs and where it does not: two data sets that show what a model looks at

Docs: https://clippy-vl.github.io/clippy/swapped.html.md
"""

def swap_backgrounds(seed:int, index:int, thing:str | None=None, size:int=64)->list:
    """Draw one thing in one pose on every background; its pixels are identical in all of them.

    Parameters
    ----------
    seed : int
        which data set
    index : int
        which scene of it
    thing : str | None, default None
        name of the thing, None: by chance
    size : int, default 64
        width and height, pixels

    Returns
    -------
    list
        one `Scene` for each of `backgrounds`
    """
    ...

bird_names: tuple

class Birds:
    """Two kinds of bird, at home or out of place; a sequence of `Scene`, with `group` and masks in `bird_names`.

    Parameters
    ----------
    n : int
        how many; for the test split a multiple of 4
    split : str, default 'train'
        'train' or 'test'; no scene is in both
    seed : int, default 0
        which data set
    size : int, default 64
        width and height, pixels
    correlation : float, default 0.95
        share of the training birds that are at home
    """
    n: int
    seed: int
    size: int
    split: str
    correlation: float
    def __init__(self, n:int, split:str='train', seed:int=0, size:int=64, correlation:float=0.95): ...
    def __len__(self): ...
    def __getitem__(self, i): ...
    def group(self, i:int)->tuple:
        """The group of scene `i`, without drawing it.

        Returns
        -------
        tuple
            (bird, place), 0 = land, 1 = water
        """
        ...
