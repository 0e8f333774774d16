__version__ = "0.0.1"

def __getattr__(name): # later: importing PyTorch takes seconds, and `clippy --help` should not
    if name not in ('load','CLIPpy'): raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    from .console import quick_imports
    with quick_imports():
        from . import exchange, hub, predict, proposals # noqa: F401 (the methods of a model in use)
        from .model import CLIPpy
        from .saved import load
    globals().update(load=load, CLIPpy=CLIPpy) # the next time they are there
    return globals()[name]
