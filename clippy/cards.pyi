# Made by tools/stubs.py from the module beside it: do not edit.
"""NCCL where every process has a card of its own, gloo where cards are fewer

Docs: https://clippy-vl.github.io/clippy/cards.html.md
"""
from accelerate import PartialState

def processes_here(env)->int:
    """How many processes of this run are on this machine.

    Parameters
    ----------
    env
        environment
    """
    ...

def own_card(env, cards:int)->bool:
    """Has a scheduler given this process a card that no other process has?"""
    ...

def backend(processes:int, cards:int, own:bool=False)->str:
    """How the processes of a machine exchange tensors.

    Parameters
    ----------
    processes : int
        of this run on this machine
    cards : int
        CUDA devices that this process sees
    own : bool, default False
        does no other process see them?

    Returns
    -------
    str
        nccl or gloo, as `torch.distributed` calls them
    """
    ...

def join(cpu:bool=False)->PartialState:
    """Meet the other processes of this run.

    Parameters
    ----------
    cpu : bool, default False
        leave the cards alone

    Returns
    -------
    PartialState
        with `process_index`, `num_processes`, `device`
    """
    ...

def shares_a_card(state:PartialState)->bool:
    """Do several processes of this run compute on one card?"""
    ...

def without_cards(device:str)->bool:
    """Is a command to leave the cards alone?

    Parameters
    ----------
    device : str
        cpu, cuda or mps; '': the best there is

    Returns
    -------
    bool
        for `join`
    """
    ...
