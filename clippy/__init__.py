__version__ = "0.0.1"

def __getattr__(name): # later: importing PyTorch takes seconds, and `clippy --help` should not
    if name!='load': raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    from .console import quick_imports
    with quick_imports():
        from . import predict, proposals # noqa: F401 (the methods of a model in use)
        from .saved import load
    globals()['load'] = load # the next time it is there
    return load
