"""Words to pixels: find what you name in an image, pixel by pixel.

    import clippy
    model = clippy.load('scenes')                         # a name, a folder, or a repository on the Hub
    seg = model.segment('photo.jpg', ['boat', 'tree'])    # one image, or a list of them
    seg.shares                                            # which part of the image is what
    seg.save('found.png')

A model also has `group`, `classify`, `similarity`, `label_masks` and `segment_video`. `help(clippy.load)` and
`help(model.segment)` tell the parameters, and in a terminal there is `clippy --help`.

Docs: https://clippy-vl.github.io/clippy"""
__version__ = "0.0.1"

import json, sys
from importlib.machinery import PathFinder, SourceFileLoader
from pathlib import Path

class _Documented(SourceFileLoader):
    "Modules of this package: `help` tells what the comments of a signature say (docstrings.json)."
    known = {}
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if not name.startswith(__name__+'.'): return None
        spec = PathFinder.find_spec(name, path, target)
        if spec and type(spec.loader) is SourceFileLoader: spec.loader = cls(name, spec.origin)
        return spec
    def exec_module(self, module):
        super().exec_module(module)
        if not self.known:
            self.known.update(json.loads(Path(__file__).with_name('docstrings.json').read_text(encoding='utf-8')))
        for qualname,text in self.known.get(module.__name__.removeprefix(__name__+'.'), {}).items():
            *owner,name = qualname.split('.')
            found = getattr(getattr(module, *owner, None) if owner else module, '__dict__', {}).get(name)
            found = getattr(found, '__func__', getattr(found, 'f', found)) # class methods: of Python, of fastcore
            if found: found.__doc__ = text # what was renamed since has none

sys.meta_path.insert(0, _Documented)

def __getattr__(name): # later: importing PyTorch takes seconds, and `clippy --help` should not
    if name not in ('load','CLIPpy'): raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    from .console import quick_imports
    with quick_imports():
        from . import exchange, hub, predict, proposals, video # noqa: F401 (the methods of a model in use)
        from .model import CLIPpy
        from .saved import load
    globals().update(load=load, CLIPpy=CLIPpy) # the next time they are there
    return globals()[name]

def __dir__(): # what there is, imported or not, and nothing that was only used above
    modules = (p.stem for p in Path(__file__).parent.glob('[a-z]*.py'))
    return sorted({'load', 'CLIPpy', *modules, *(name for name in globals() if name.startswith('__'))})
