# Made by tools/stubs.py from the module beside it: do not edit.
"""Told to stop, a run finishes its step, saves, and leaves nothing behind

Docs: https://clippy-vl.github.io/clippy/signals.html.md
"""
from contextlib import contextmanager
from psutil import Process
from typing import Any

class Signals:
    """The signal that asks a run to stop, whichever process it came to.

    Parameters
    ----------
    processes : int, default 1
        of the run
    """
    number: int
    time: float
    leaving: bool
    group: Any
    def __init__(self, processes:int=1): ...
    def remember(self, number):
        """of a signal; 0: none"""
        ...
    @property
    def name(self): ...
    @contextmanager
    def catch(self):
        """Meanwhile SIGTERM and Ctrl-C are remembered; afterwards whoever handled them before does again."""
        ...
    def any_process_told(self)->bool:
        """Has any process got a signal?

        Returns
        -------
        bool
            on every process the same
        """
        ...
    def limit_end(self):
        """A command has three seconds left."""
        ...
    def end(self):
        """End a run that is saved."""
        ...

def end_now(code:int):
    """End this process and all that it started, whatever they wait for.

    Parameters
    ----------
    code : int
        exit code
    """
    ...

def end_within(seconds, code):
    """`end_now`, if nothing else has ended this process by then."""
    ...

def children(of:Process=None)->list:
    """of this process, or of another; and theirs"""
    ...

def command_line(process:Process)->str:
    """The words that started a process.

    Returns
    -------
    str
        '' if it has ended, or is a zombie that nobody has waited for
    """
    ...

def kill(processes):
    """End processes that may have ended already."""
    ...

@contextmanager
def signals_blocked():
    """What is started in here never hears SIGTERM or Ctrl-C; this thread does afterwards."""
    ...
