# Made by tools/stubs.py from the module beside it: do not edit.
from .saved import load as load

__version__: str
