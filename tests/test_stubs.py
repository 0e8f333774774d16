"What editors and `help` are told equals what the code does."
import ast, importlib, inspect, pkgutil, pydoc, runpy, tempfile
from functools import lru_cache
from pathlib import Path

import jedi
import pytest
from PIL import Image

import clippy
from clippy.eval import all_tasks
from clippy.model import CLIPpy

root = Path(__file__).parents[1]
jedi.settings.cache_directory = tempfile.mkdtemp(prefix='clippy-jedi-') # that of the user is written by others, too
all_tasks()
names = [m.name for m in pkgutil.iter_modules(clippy.__path__) if not m.name.startswith('_')]
modules = {name:importlib.import_module(f'clippy.{name}') for name in names}

@lru_cache
def stubs(): return runpy.run_path(str(root/'tools/stubs.py'))['Stubs']()

def stub(name): return ast.parse((root/f'clippy/{name}.pyi').read_text(encoding='utf-8')).body
def functions(body): return [o for o in body if isinstance(o, ast.FunctionDef)]
def said(f): # name, kind, has it a default?
    a = f.args
    plain = [*a.posonlyargs, *a.args]
    first = len(plain)-len(a.defaults)
    found = [(p.arg, 0 if p in a.posonlyargs else 1, i>=first) for i,p in enumerate(plain)]
    if a.vararg: found.append((a.vararg.arg, 2, False))
    found += [(p.arg, 3, d is not None) for p,d in zip(a.kwonlyargs, a.kw_defaults)]
    return found+([(a.kwarg.arg, 4, False)] if a.kwarg else [])

def really(f): # the same, of what can be called
    ps = inspect.signature(inspect.unwrap(f)).parameters.values()
    return [(p.name, int(p.kind), p.default is not p.empty) for p in ps]

def test_made():
    "The files are what tools/stubs.py makes of the modules."
    made = stubs().files()
    differ = [p.name for p,text in made.items() if not p.exists() or p.read_text(encoding='utf-8')!=text]
    differ += [p.name for p in (root/'clippy').glob('*.pyi') if p not in made]
    assert not differ, f'run `make export`: it would change {", ".join(differ)}'

def test_signatures():
    "Every public function and method, patched ones too, is in a stub with its own parameters, and no other is."
    for name,module in modules.items(): check_signatures(name, module)

def check_signatures(name, module):
    public = {k:o for k,o in vars(module).items() if not k.startswith('_')}
    own = {k:o for k,o in public.items() if getattr(o, '__module__', '')==module.__name__}
    made = {k:o for k,o in own.items() if inspect.isfunction(inspect.unwrap(o)) and inspect.unwrap(o).__name__==k}
    written = {f.name:f for f in functions(stub(name))}
    assert {*written}=={k for k in made if '.' not in inspect.unwrap(made[k]).__qualname__}, name
    for k,f in written.items(): assert said(f)==really(made[k]), f'{name}.{k}'
    classes = {o.name:o for o in stub(name) if isinstance(o, ast.ClassDef)}
    for k,c in own.items():
        if inspect.isclass(c) and c.__name__==k: check_methods(f'{name}.{k}', c, classes[k].body)

def check_methods(name, c, body):
    methods = {f.name:f for f in functions(body)}
    variables = {o.target.id for o in body if isinstance(o, ast.AnnAssign)} # a method under a second name too
    for attr,o in vars(c).items():
        f = getattr(o, '__func__', o)
        ours = inspect.isfunction(f) and f.__code__.co_filename.endswith('.py') # what dataclasses make is not
        if attr.startswith('_') or attr in variables or not ours: continue
        assert attr in methods, f'{name}.{attr}'
        assert said(methods[attr])==really(f), f'{name}.{attr}'

def test_editor():
    "An editor completes a method that a later chapter adds, and shows what its parameters are."
    lines = "from clippy.model import CLIPpy\ndef f(m:CLIPpy):\n    m.segm"
    found = jedi.Script(lines, project=jedi.Project(root)).complete(3, 10)
    assert 'segment' in [o.name for o in found]
    text = next(o for o in found if o.name=='segment').docstring()
    assert 'words to look for' in text and 'Parameters\n-' in text

def completed(line): # names that an editor offers behind it
    lines = f"import clippy\nmodel = clippy.load('scenes')\n{line}."
    found = jedi.Script(lines, project=jedi.Project(root)).complete(3, len(line)+1)
    return {o.name for o in found if not o.name.startswith('_')}

@pytest.mark.parametrize('call,kind', [("segment('a.jpg', ['boat'])", 'Segmentation'),
    ("segment(['a.jpg'], ['boat'])[0]", 'Segmentation'), ("segment(['a.jpg'], ['boat'])", 'list'),
    ("segment('a.jpg', ['boat'], return_tensors=True)", 'WordMaps'), ("group('a.jpg')", 'Grouping'),
    ("similarity('a.jpg', 'a boat')", 'HeatMap'), ("similarity(['a.jpg'], ['a boat'])[0][0]", 'HeatMap'),
    ("classify('a.jpg', ['boat'])", 'Classification')])
def test_editor_completes_answers(call, kind):
    "One image gives an answer, several a list of them; behind each an editor offers what it has."
    own = list if kind=='list' else getattr(modules['answers'], kind)
    public = {name for name in {*vars(own), *getattr(own, '__annotations__', {})} if not name.startswith('_')}
    assert len(public)>1 and public<=completed(f'model.{call}')

def shape(o): return f'list[{shape(o[0])}]' if isinstance(o, list) else type(o).__name__

def test_overloads_are_what_comes_back():
    "Each way to call a method that the stub tells gives what it says, and there is one for images and for lists."
    model,image = clippy.load('scenes'),Image.new('RGB', (64,64), 'red')
    own = next(o for o in stub('model') if getattr(o, 'name', '')=='CLIPpy').body
    told = [f for f in functions(own) if f.returns and [ast.unparse(d) for d in f.decorator_list]==['overload']
        and 'images' in ast.unparse(f.args) and '|' not in ast.unparse(f.returns)]
    assert {(f.name, ast.unparse(f.returns).count('list')) for f in told}=={
        *((name, n) for name in ('segment','group','classify','similarity') for n in (0,1)), ('similarity',2)}
    for f in told:
        types = {p.arg:ast.unparse(p.annotation) for p in [*f.args.args, *f.args.kwonlyargs] if p.annotation}
        several = types['images']=='list | tuple'
        given = dict(labels=['boat','sky']) if 'labels' in types else {}
        if 'text' in types: given['text'] = 'a boat' if types['text']=='str' else ['a boat','sky']
        if 'True' in types.get('return_tensors', ''): given['return_tensors'] = True
        found = getattr(model, f.name)([image,image] if several else image, **given)
        assert shape(found)==ast.unparse(f.returns), f.name

def test_a_class_tells_its_parameters_once():
    "They stand in the class's docstring, where an editor finds them, and not once more in that of `__init__`."
    for name in names:
        for c in (o for o in stub(name) if isinstance(o, ast.ClassDef)):
            made = [ast.get_docstring(f) or '' for f in functions(c.body) if f.name=='__init__']
            assert not any('Parameters' in text for text in made), f'{name}.{c.name}'
    lines = 'from clippy.loader import ShardLoader', 'ShardLoader('
    found, = jedi.Script('\n'.join(lines), project=jedi.Project(root)).get_signatures(2, len(lines[1]))
    assert 'batch_size : int\n    samples per batch of this process' in found.docstring()
    assert [p.name for p in found.params][:3]==['urls','transform','batch_size']
    assert stubs().docstrings('frozen')['WholeImage'].endswith('size\n    side of the square, pixels')

def test_comments_of_a_body_are_not_told():
    "What stands behind the first line of a body, or alone above it, says nothing about what is called."
    assert 'first signal' not in stubs().docstrings('signals').get('Signals', '')
    assert 'TextVectors.keep' not in stubs().docstrings('frozen')
    assert 'in memory that workers' not in ast.unparse(stub('epochs'))

def test_methods_are_there():
    "`import clippy` brings every method that the stub of a model promises: no chapter that adds one is left out."
    patched = stubs().patched['model','CLIPpy']
    def imported(path, level): # modules of ours
        found = [o for o in ast.walk(ast.parse(path.read_text(encoding='utf-8'))) if isinstance(o, ast.ImportFrom)
            and o.level and (level or o.col_offset==0)]
        return {*names} & {name for o in found for name in ([o.module] if o.module else [a.name for a in o.names])}
    reached,todo = set(),imported(root/'clippy/__init__.py', True)
    while todo:
        reached |= todo
        todo = {o for name in todo for o in imported(root/f'clippy/{name}.py', False)}-reached
    assert {'predict','video'} <= {m.name for m,_ in patched} <= reached

def test_help():
    "`help` says what the comments of the signature say; a command's description stays one line."
    text = pydoc.render_doc(CLIPpy.segment, renderer=pydoc.plaintext)
    for part in ('labels : list\n        words to look for', 'Returns', "default 'auto'"): assert part in text
    assert {'load','predict','train'} <= {*dir(clippy)} and 'documented' not in dir(clippy)
    assert 'model.segment' in pydoc.render_doc(clippy, renderer=pydoc.plaintext)

def test_what_help_says_of_parameters():
    "Behind a short signature each part is told where it belongs; a default that has a name is its value."
    text = stubs().docstrings('model')['CLIPpy.read']
    assert 'tokens : dict\n    from `tokenize`' in text and text.endswith('Tensor\n    `[B,D]`, of any length')
    found = {name:stubs().docstrings(name) for name in ('predict','protocol')}
    assert "default ('{}', 'a(n) {}', 'a picture of a(n) {}')" in found['predict']['CLIPpy.segment']
    assert "size : int, default 224" in found['protocol']['Protocol']
    said = found['predict']['CLIPpy.segment'], found['predict']['CLIPpy.ready']
    assert not any('default plain' in o for o in said) and 'Returns' not in said[1]

def test_types_are_those_of_the_signature():
    "A default says no type: `background='auto'` takes a list as well, and a checker would refuse it."
    own = next(o for o in stub('model') if getattr(o, 'name', '')=='CLIPpy').body
    f = [o for o in own if getattr(o, 'name', '')=='segment'][-1] # behind its overloads
    types = {p.arg:ast.unparse(p.annotation) for p in f.args.args if p.annotation}
    assert types['background']=='str | list | tuple' and types['return_tensors']=='bool | str'
    assert 'templates' not in types
    for name in names:
        tree = ast.parse((root/f'clippy/{name}.py').read_text(encoding='utf-8'))
        real = {o.name:o for o in functions(tree.body)}
        for f in functions(stub(name)):
            typed = [[bool(p.annotation) for p in o.args.args] for o in (f, real[f.name])]
            assert typed[0]==typed[1], f'{name}.{f.name}'

called = """segment similarity group classify label_masks segment_video save ready read encode_image encode_text
    patch_cosines push_to_hub from_pretrained save_pretrained freeze saved.load saved.open_model eval.evaluate
    loader.ShardLoader protocol.Protocol model.create_model model.Config answers.Segmentation
    answers.WordMaps""".split()

def test_everything_is_told():
    "Of what users call, every parameter is described."
    for f in called:
        owner,_,name = f.rpartition('.')
        found = getattr(modules[owner], name) if owner else getattr(CLIPpy, f)
        parts = found.__doc__.split('Parameters\n----------\n')[1].split('\n\nReturns')[0].splitlines()
        heads = [i for i,line in enumerate(parts) if not line.startswith(' ')]
        bare = [parts[i] for i in heads if i+1>=len(parts) or i+1 in heads]
        assert heads and not [o for o in bare if o.split(' ')[0]!='name'], (f, bare)
