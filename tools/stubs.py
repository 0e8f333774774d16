"""clippy/*.py -> clippy/*.pyi, which editors read, and clippy/docstrings.json, which `help` reads.

The comments of a signature become a numpydoc docstring, and a class has the methods that later chapters patch into it.
In the modules themselves a docstring stays one line. `fastcore.py2pyi` keeps patches within their module, and leaves
comments of a signature out, so it is not enough here."""
import ast, io, json, re, textwrap, tokenize
from pathlib import Path

import yaml
from nbdev.config import get_config

cfg = get_config(Path(__file__).parent)
package = cfg.config_path/cfg.lib_path
made = 'Made by tools/stubs.py from the module beside it: do not edit.'
kept_decorators = {'property','classmethod','staticmethod','contextmanager','dataclass','abstractmethod'}
builtin_types = {bool:'bool', int:'int', float:'float', str:'str', tuple:'tuple', list:'list', dict:'dict'}

class Module:
    "A chapter's module: what it defines, what it imports, and the comments of its lines."
    all = {} # name -> module
    def __init__(self, name, source):
        self.name,self.tree = name,ast.parse(source)
        self.comments = {t.start[0]:t for t in tokenize.generate_tokens(io.StringIO(source).readline)
            if t.type==tokenize.COMMENT}
        self.behind = {n for n,t in self.comments.items() if t.line[:t.start[1]].strip()} # lines of code with a comment
        self.imports = {}
        for node in ast.walk(self.tree):
            if isinstance(node, (ast.Import,ast.ImportFrom)):
                for a in node.names: self.imports.setdefault(a.asname or a.name.split('.')[0], (node, a))
        self.defined = {getattr(node, 'name', None) for node in self.tree.body} | {
            t.id for node in self.tree.body for t in targets(node) if isinstance(t, ast.Name)}
        self.needs = {} # name -> line that imports it into the stub

    def said(self, line): # the comment of a line, without `#`
        return self.comments[line].string.lstrip('# ').strip() if line in self.comments else ''

    def heads(self, line): return self.comments[line].string.startswith('##') # options, of a command's help

    def above(self, line): # comments that stand alone, directly above
        found = []
        while line-1 in self.comments and line-1 not in self.behind and not self.heads(line-1):
            line -= 1
            found.insert(0, self.said(line))
        return found

    def value(self, node): # a default; of a name its value, if that is short
        if not isinstance(node, ast.Name): return node
        if node.id not in self.defined:
            source,a = self.imports.get(node.id, (None,None))
            other = self.all.get(source.module) if isinstance(source, ast.ImportFrom) and source.level else None
            return other.value(ast.Name(a.name)) if other else node
        for o in self.tree.body:
            plainly = isinstance(o, ast.Assign) and len(o.targets)==1 and getattr(o.targets[0], 'id', '')==node.id
            if plainly and not has_names(o.value) and len(ast.unparse(o.value))<60: return o.value
        return node

    def said_of(self, node, last): # of a parameter: above it, and behind it where it is the last of its line
        return ' '.join([*self.above(node.lineno), *([self.said(node.end_lineno)] if last else [])]).strip()

    def statement(self, name, into): # what imports a name of this module into the stub of another
        if into is self and name in self.defined: return ''
        if name in self.defined: return f'from .{self.name} import {name}'
        if name not in self.imports: return ''
        node,a = self.imports[name]
        alias = f' as {a.asname}' if a.asname else ''
        if isinstance(node, ast.Import): return f'import {a.name}{alias}'
        return f'from {"."*node.level}{node.module or ""} import {a.name}{alias}'

def targets(node):
    if isinstance(node, ast.AnnAssign): return [node.target]
    if not isinstance(node, ast.Assign): return []
    return [o for t in node.targets for o in (t.elts if isinstance(t, ast.Tuple) else [t])]

def decorators(node): # name -> node
    return {getattr(getattr(d, 'func', d), 'id', getattr(d, 'attr', '')):d for d in node.decorator_list}

def a_type(node): # an annotation as type checkers want it
    if isinstance(node, ast.Tuple): return ' | '.join(map(a_type, node.elts))
    odd = isinstance(node, ast.Constant) and not isinstance(node.value, (str,type(None)))
    return 'Any' if odd else ast.unparse(node)

def type_of(node, default=None): # '' where nothing says it
    if node is not None: return a_type(node)
    if isinstance(default, ast.Constant): return builtin_types.get(type(default.value), '')
    return ''

def parameters(a): # (argument, default, stars) in order; `/` and `*` are none
    plain = [*a.posonlyargs, *a.args]
    defaults = [None]*(len(plain)-len(a.defaults))+a.defaults
    yield from ((arg, d, '') for arg,d in zip(plain, defaults))
    if a.vararg: yield a.vararg, None, '*'
    yield from ((arg, d, '') for arg,d in zip(a.kwonlyargs, a.kw_defaults))
    if a.kwarg: yield a.kwarg, None, '**'

class Function:
    "A function's signature as a stub, and what its comments say."
    def __init__(self, module, node):
        self.module,self.node,self.decorated = module,node,decorators(node)
        ps = [*parameters(node.args)]
        ends = {p.lineno:p.arg for p,_,_ in ps} # the last parameter of each line
        header = range(node.lineno, max(node.body[0].lineno, node.lineno+1))
        closing = [line for line in header if line in module.behind and line not in ends]
        self.returned = module.said(closing[-1]) if closing else ''
        if node.lineno in ends and node.lineno in module.comments: self.returned = module.said(node.lineno)
        self.parameters = [(stars+p.arg, type_of(p.annotation), d, '' if p.lineno==node.lineno else
            module.said_of(p, ends[p.lineno]==p.arg)) for p,d,stars in ps]
        self.first_line = ast.get_docstring(node) or ''
        self.share_out()

    def share_out(self): # in `# `size`: pixels; an image` the first is of a parameter, the second of what comes back
        parts = [re.fullmatch(r'`(\w+)`: (.+)', part) or part for part in self.returned.split('; ')]
        own = {name.lstrip('*') for name,*_ in self.parameters}
        about = {p[1]:p[2] for p in parts if not isinstance(p, str) and p[1] in own}
        if not about: return
        self.parameters = [(name, of, d, about.get(name.lstrip('*'), text)) for name,of,d,text in self.parameters]
        kept = (p if isinstance(p, str) else p[0] for p in parts if isinstance(p, str) or p[1] not in own)
        self.returned = '; '.join(kept)

    def only_parameters(self): # of `__init__`, which returns nothing: a comment behind a single parameter is about it
        own = [name for name,*_ in self.parameters if name not in ('self','cls')]
        if len(own)==1: self.parameters = [(name, of, d, text or (self.returned if name in own else ''))
            for name,of,d,text in self.parameters]
        self.returned = ''
        return self

    def signature(self):
        a = self.node.args
        parts = [part(name, of, d) for name,of,d,_ in self.parameters]
        if a.posonlyargs: parts.insert(len(a.posonlyargs), '/')
        if a.kwonlyargs and not a.vararg: parts.insert(len(a.posonlyargs)+len(a.args)+bool(a.posonlyargs), '*')
        returns = f'->{a_type(self.node.returns)}' if self.node.returns else ''
        return f'def {self.node.name}({", ".join(parts)}){returns}: ...'

    def overloads(self): # of `->A | list`: an `A` for one image, a list for several; `->A | B | list`: `B` for tensors
        names = [name for name,*_ in self.parameters]
        *kinds,last = a_type(self.node.returns).split(' | ') if self.node.returns else ['']
        if last!='list' or 'images' not in names or not kinds: return
        asked = [('return_tensors', of) for of in ('Literal[False]','Literal[True] | str')[:len(kinds)]]
        for kind,tensors in zip(kinds, asked):
            for text in ('str',several) if 'text' in names else ('',):
                for images in one_image,several:
                    types = dict([tensors], images=images, text=text)
                    returns = kind
                    for of in text,images: returns = f'list[{returns}]' if of==several else returns
                    yield f'def {self.node.name}({", ".join(self.with_types(types))})->{returns}: ...'

    def with_types(self, types): # the parameters; without its default, one that must be given can only be named
        for name,of,d,_ in self.parameters:
            must = name=='return_tensors' and 'True' in types[name]
            if must: yield '*'
            yield part(name, types.get(name, of), None if must else d)

    def docstring(self):
        first = self.first_line or self.returned # a small function is described behind its signature
        found = [first] if first else []
        said = [(name, of, d, text) for name,of,d,text in self.parameters if name not in ('self','cls')]
        if any(text for *_,text in said):
            about = [block(name, of, self.module.value(d), text) for name,of,d,text in said]
            found.append(section('Parameters', about))
        if self.returned and self.first_line:
            of = a_type(self.node.returns) if self.node.returns else ''
            found.append(section('Returns', [f'{of}\n{wrapped(self.returned)}' if of else self.returned]))
        return '\n\n'.join(found)

one_image,several = 'str | Path | Image.Image | np.ndarray | Tensor','list | tuple'

def part(name, of, default): return f'{name}{":" if of else ""}{of}{"" if default is None else "="+short(default)}'

def short(node): # a default that says something in a line
    text = ast.unparse(node)
    plain = isinstance(node, (ast.Constant,ast.UnaryOp,ast.Tuple)) and not has_names(node)
    return text if plain and len(text)<40 else '...'

def has_names(node): return any(isinstance(o, (ast.Name,ast.Attribute,ast.Call)) for o in ast.walk(node))

def section(title, blocks): return '\n'.join([title, '-'*len(title), *blocks])

def wrapped(text): return textwrap.fill(text, 100, initial_indent='    ', subsequent_indent='    ',
    break_long_words=False, break_on_hyphens=False)

def block(name, of, default, text):
    about = ', '.join([*([of] if of else []), *([f'default {ast.unparse(default)}'] if default is not None else [])])
    return '\n'.join([f'{name} : {about}' if about else name, *([wrapped(text)] if text else [])])

def quoted(text, indent):
    if not text: return []
    text = text.replace('\\', '\\\\').replace('"""', r'\"""')
    lines = textwrap.indent(text, indent).splitlines()
    lines[0] = indent+'"""'+lines[0].lstrip()
    if len(lines)==1: return [lines[0]+('"""' if not text.endswith('"') else ' """')]
    return [*lines, indent+'"""']

def places(): # module -> its place in the book: a class has its methods in that order
    contents = yaml.safe_load((cfg.nbs_path/'sidebar.yml').read_text(encoding='utf-8'))
    def leaves(items): return [x for o in items for x in (leaves(o['contents']) if isinstance(o, dict) else [o])]
    names = leaves(contents['website']['sidebar']['contents'])
    return {Path(o).stem.split('_', 1)[-1]:i for i,o in enumerate(names)}

class Stubs:
    "The stubs of all modules, which know of each other."
    def __init__(self, folder=package):
        sources = {p.stem:p.read_text(encoding='utf-8') for p in sorted(folder.glob('[!_]*.py'))}
        found = {name:Module(name, source) for name,source in sources.items()}
        place = places()
        self.modules = {name:found[name] for name in sorted(found, key=lambda name: place.get(name, 0))}
        Module.all = self.modules
        self.patched = {} # (module, class) -> functions
        for m in self.modules.values():
            for node in m.tree.body:
                if not isinstance(node, ast.FunctionDef) or 'patch' not in decorators(node): continue
                for home in self.homes(m, node): self.patched.setdefault(home, []).append((m, node))

    def homes(self, m, node): # the classes of ours into which a function is patched
        names = [o.id for o in ast.walk(node.args.args[0].annotation) if isinstance(o, ast.Name)] # A, (A,B) or A|B
        return [o for o in (self.home(m, name) for name in names) if o]

    def home(self, m, name): # (module, class) where a name of a module is defined
        if name in m.defined: return m.name,name
        node,a = m.imports.get(name, (None,None))
        if isinstance(node, ast.ImportFrom) and (node.level or (node.module or '').startswith(package.name)):
            other = (node.module or '').removeprefix(package.name+'.')
            if other in self.modules: return self.home(self.modules[other], a.name)

    def function(self, m, node, into, indent='', of=None):
        f = Function(m, node)
        made = of and node.name=='__init__' # what its parameters are, the class says
        if of and f.parameters and f.parameters[0][0] in ('self','cls'):
            f.parameters[0] = (f.parameters[0][0], '', None, '') # the class says it
        lines = []
        for name,d in f.decorated.items():
            as_prop = name=='patch' and isinstance(d, ast.Call) and any(k.arg=='as_prop' for k in d.keywords)
            if as_prop or name=='cached_property': lines.append(f'{indent}@property')
            elif name=='patch' and isinstance(d, ast.Call) and any(k.arg=='cls_method' for k in d.keywords):
                lines.append(f'{indent}@classmethod')
            elif name in kept_decorators or name=='setter':
                self.need(m, d, into)
                lines.append(f'{indent}@{ast.unparse(d)}')
        for p in ast.walk(node.args): self.need(m, getattr(p, 'annotation', None), into)
        self.need(m, node.returns, into)
        signature = f.signature()
        if 'Any' in signature and 'Any' not in m.imports: into.needs['Any'] = 'from typing import Any'
        ways = [*f.overloads()]
        for way in ways: lines += [f'{indent}@overload', indent+way]
        if ways:
            lines.append(f'{indent}@overload')
            self.need(m, ast.parse(one_image, mode='eval').body, into)
            names = 'overload', *(['Literal'] if 'Literal' in str(ways) else [])
            into.needs |= {name:f'from typing import {name}' for name in names}
        doc = quoted(f.first_line if made else f.docstring(), indent+'    ')
        if not doc: return [*lines, indent+signature]
        return [*lines, indent+signature.removesuffix(' ...'), *doc, indent+'    ...']

    def need(self, m, node, into):
        if node is None: return
        for name in (o.id for o in ast.walk(node) if isinstance(o, ast.Name)):
            line = m.statement(name, into)
            if line.startswith(f'from .{into.name} import') or not line: continue
            if into.needs.setdefault(name, line)!=line or (name in into.defined and m is not into):
                raise ValueError(f'{into.name}.pyi: {name} is one thing here and another in {m.name}')

    def a_class(self, m, node):
        extra = self.patched.get((m.name, node.name), [])
        keep = [d for name,d in decorators(node).items() if name in kept_decorators]
        for d in (*node.bases, *keep): self.need(m, d, m)
        bases = ', '.join(map(ast.unparse, [*node.bases, *node.keywords]))
        head = f'class {node.name}({bases}):' if bases else f'class {node.name}:'
        lines = [*(f'@{ast.unparse(d)}' for d in keep), head]
        lines += quoted(self.about(m, node), '    ')
        known = set()
        for child in node.body:
            for t in targets(child):
                if isinstance(t, ast.Name) and not t.id.startswith('__'):
                    lines.append('    '+self.variable(m, child, t))
                    known.add(t.id)
        methods = [(m, child) for child in node.body if isinstance(child, ast.FunctionDef)]+extra
        known |= {f.name for _,f in methods}
        for source,f in methods:
            lines += [f'    {name}: {of}' for name,of in self.attributes(source, f, known, m)]
        for source,f in methods:
            private = f.name.startswith('_') and not f.name.startswith('__')
            if not private: lines += self.function(source, f, m, '    ', node.name)
        return [*lines, '    ...'] if len(lines)==1+len(keep) else lines

    def about(self, m, node): # a class: its line, and the parameters of what makes one
        first = ast.get_docstring(node) or ''
        made = [c for c in node.body if isinstance(c, ast.FunctionDef) and c.name=='__init__']
        if made:
            f = Function(m, made[0]).only_parameters()
            f.first_line = first
            return f.docstring()
        fields = [c for c in node.body if isinstance(c, ast.AnnAssign) and isinstance(c.target, ast.Name)]
        if 'dataclass' not in decorators(node) or not fields: return first
        def default(c): # also of `field(default=0)`, and of `of(group, 0)` of protocols
            given = c.value
            if isinstance(given, ast.Call):
                found = [k.value for k in given.keywords if k.arg=='default']
                if getattr(given.func, 'id', '')=='of': found = given.args[1:2]
                given = found[0] if found else None
            return None if given is None or has_names(given) else given
        blocks = [block(c.target.id, a_type(c.annotation), default(c), m.said_of(c, True)) for c in fields]
        return '\n\n'.join([*([first] if first else []), section('Parameters', blocks)])

    def attributes(self, m, f, known, into): # what `self.name = …` in a method adds
        if not f.args.args: return
        own = f.args.args[0].arg
        types = {p.arg:(p.annotation, d) for p,d,_ in parameters(f.args)}
        for node in ast.walk(f):
            if not isinstance(node, (ast.Assign,ast.AnnAssign)): continue
            names = targets(node)
            several = isinstance(node.value, ast.Tuple) and len(node.value.elts)==len(names)
            values = node.value.elts if several else [node.value]*len(names)
            for t,value in zip(names, values):
                if not (isinstance(t, ast.Attribute) and isinstance(t.value, ast.Name) and t.value.id==own): continue
                if t.attr in known or t.attr.startswith('_'): continue
                known.add(t.attr)
                kind,default = types.get(value.id, (None,None)) if isinstance(value, ast.Name) else (None,value)
                of = type_of(kind, default)
                if kind is not None: self.need(m, kind, into)
                if not of or of=='Any' or ' ' in of and '|' not in of:
                    into.needs['Any'],of = 'from typing import Any','Any'
                yield t.attr,of

    def variable(self, m, node, t):
        name = t.id
        if isinstance(node, ast.AnnAssign):
            self.need(m, node.annotation, m)
            of = a_type(node.annotation)
            if of=='Any' or ' Any' in of: m.needs['Any'] = 'from typing import Any'
            return f'{name}: {of}'+(' = ...' if node.value is not None else '')
        of = type_of(None, node.value)
        if not of:
            kinds = {ast.Dict:'dict', ast.DictComp:'dict', ast.List:'list', ast.ListComp:'list', ast.Set:'set',
                ast.JoinedStr:'str', ast.Tuple:'tuple'}
            single = len(targets(node))==1
            of = kinds.get(type(node.value), 'Any') if single else 'Any'
        if of=='Any': m.needs['Any'] = 'from typing import Any'
        return f'{name}: {of}'

    def text(self, name):
        m = self.modules[name]
        m.needs,body = {},[]
        for node in m.tree.body:
            if isinstance(node, ast.FunctionDef) and 'patch' not in decorators(node) and not node.name.startswith('_'):
                body += ['', *self.function(m, node, m)]
            elif isinstance(node, ast.ClassDef): body += ['', *self.a_class(m, node)]
            else:
                found = [self.variable(m, node, t) for t in targets(node)
                    if isinstance(t, ast.Name) and not t.id.startswith('_')]
                body += [*([''] if found else []), *found]
        first = quoted(ast.get_docstring(m.tree) or '', '')
        head = [f'# {made}', *first, *sorted({*m.needs.values()})]
        return '\n'.join([*head, *body])+'\n'

    def docstrings(self, name): # name -> docstring, of what has more to say than its line
        m,found = self.modules[name],{}
        def take(qualname, node, text):
            if text!=(ast.get_docstring(node) or ''): found[qualname] = text
        for node in m.tree.body:
            if isinstance(node, ast.ClassDef):
                take(node.name, node, self.about(m, node))
                for f in (f for f in node.body if isinstance(f, ast.FunctionDef) and not f.name.startswith('_')):
                    take(f'{node.name}.{f.name}', f, Function(m, f).docstring())
            if not isinstance(node, ast.FunctionDef) or node.name.startswith('_'): continue
            if 'call_parse' in decorators(node): continue # a command's help is made from its docstring
            text = Function(m, node).docstring()
            if 'patch' not in decorators(node): take(node.name, node, text)
            else:
                for of in self.homes(m, node): take(f'{of[1]}.{node.name}', node, text)
        return found

    def files(self): # path -> text, of all that is made
        found = {package/f'{name}.pyi':self.text(name) for name in self.modules}
        names = 'from .model import CLIPpy as CLIPpy', 'from .saved import load as load', '', '__version__: str'
        found[package/'__init__.pyi'] = '\n'.join([f'# {made}', *names, ''])
        docstrings = {name:self.docstrings(name) for name in self.modules}
        found[package/'docstrings.json'] = json.dumps(docstrings, indent=0, ensure_ascii=False)+'\n'
        return found

if __name__=='__main__':
    for path,text in Stubs().files().items(): path.write_text(text, encoding='utf-8')
