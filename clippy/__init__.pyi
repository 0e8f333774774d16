# Made by tools/stubs.py from the module beside it: do not edit.
from .model import CLIPpy as CLIPpy
from .saved import load as load

__version__: str
