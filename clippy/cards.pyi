# Made by tools/stubs.py from the module beside it: do not edit.
"""NCCL where every process has a card of its own, gloo where cards are fewer

Docs: https://clippy-vl.github.io/clippy/cards.html.md
"""
from accelerate import PartialState

def processes_here(env)->int:
    """How many processes of this run there are on this machine.

    Parameters
    ----------
    env
        environment variables
    """
    ...

def own_card(env, cards:int)->bool:
    """Has a scheduler given this process a card that no other process has?"""
    ...

def backend(processes:int, cards:int, own:bool=False)->str:
    """Choose how the processes of a machine exchange tensors.

    Parameters
    ----------
    processes : int
        processes of this run on this machine
    cards : int
        CUDA devices that this process sees
    own : bool, default False
        does no other process see them?

    Returns
    -------
    str
        nccl or gloo, the names of `torch.distributed`
    """
    ...

def join(cpu:bool=False)->PartialState:
    """Join the other processes of this run.

    Parameters
    ----------
    cpu : bool, default False
        use no card, even if there is one

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
    """Should a command use no card?

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
