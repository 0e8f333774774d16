# Made by tools/stubs.py from the module beside it: do not edit.
"""Told to stop, a run finishes its step, saves, and leaves nothing behind

Docs: https://clippy-vl.github.io/clippy/signals.html.md
"""
from contextlib import contextmanager
from psutil import Process
from typing import Any

class Signals:
    """Remembers the signal that asks a run to stop, whichever process it came to.

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
        """Remember SIGTERM and Ctrl-C meanwhile; afterwards they are handled as before."""
        ...
    def any_process_told(self)->bool:
        """Has any process got a signal?

        Returns
        -------
        bool
            the same on every process
        """
        ...
    def limit_end(self):
        """Give a command three seconds to end."""
        ...
    def end(self):
        """End a run that is saved, by an exception."""
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
    """End this process after some seconds, if nothing else has.

    Parameters
    ----------
    seconds
    code
        exit code
    """
    ...

def children(of:Process=None)->list:
    """The processes that a process has started.

    Returns
    -------
    list
        of this process, or of another; and theirs
    """
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
    """Block SIGTERM and Ctrl-C for what is started in here; this thread hears them afterwards."""
    ...
