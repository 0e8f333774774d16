"""What the site shows of an exported cell: a heading for each public symbol, and below it the symbol's own code.

Where the source is the lesson (`#| exports`), it stands open. Where it is not (`#| export`), the signature, its one
line and its parameters stand open, and the source is folded. A private helper belongs to the symbol that follows it."""
import ast, re
from dataclasses import dataclass, field
from html import escape
from textwrap import dedent

from stubs import Function, Module, a_type, builtin_types, decorators, targets

defs = ast.FunctionDef,ast.AsyncFunctionDef,ast.ClassDef

def qualname(node):
    "`f`, or `Class.f` of what is patched into a class (of several: the first)."
    if not isinstance(node, defs): return ''
    if 'patch' not in decorators(node): return node.name
    owners = [o.id for o in ast.walk(node.args.args[0].annotation) if isinstance(o, ast.Name)]
    return f'{owners[0]}.{node.name}'

def is_public(name): return bool(name) and not name.split('.')[-1].startswith('_')

@dataclass
class Piece:
    "A public symbol with all that belongs to it, or helpers alone."
    source: str
    name: str = '' # of the symbol; '': there is none
    node: ast.AST = None # its definition
    also: list = field(default_factory=list) # names that are defined beside it

def also(nodes):
    "Names that statements define."
    for node in nodes:
        if isinstance(node, defs): yield qualname(node)
        yield from (t.id for t in targets(node) if isinstance(t, ast.Name))

def pieces(source):
    "A cell, cut after each public definition; what follows the last one belongs to it."
    lines,found,start,nodes = source.splitlines(),[],0,[]
    for node in ast.parse(source).body:
        nodes.append(node)
        if not is_public(qualname(node)): continue
        text = '\n'.join(lines[start:node.end_lineno]).strip('\n')
        found.append(Piece(text, qualname(node), node, [*also(nodes[:-1])]))
        start,nodes = node.end_lineno,[]
    rest = '\n'.join(lines[start:]).strip()
    if not found: return [Piece(rest, also=[*also(nodes)])]
    if rest:
        found[-1].source += '\n'+'\n'.join(lines[start:]).rstrip()
        found[-1].also += also(nodes)
    return found

def only_imports(source):
    return all(isinstance(o, (ast.Import,ast.ImportFrom)) for o in ast.parse(source).body)

# Names in prose -----------------------------------------------------------------------------------------------------

def unmistakable(name): return '_' in name or '.' in name or not name.islower()

def known_names(sources, modules):
    "Names that a page's prose may mean: what its code defines, imports, or calls after a star import."
    found,called,stars = set(),set(),set()
    for src in sources:
        tree = ast.parse(re.sub(r'^\s*[%!].*', '', src, flags=re.M))
        found |= {*map(qualname, tree.body)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name): called.add(node.func.id)
            if isinstance(node, ast.ImportFrom) and (node.module or '').startswith('clippy.'):
                names = {a.name for a in node.names}
                if '*' in names: stars.add(node.module.split('.')[1])
                found |= names
    for m in stars & modules.keys(): found |= called & {qualname(node) for node in modules[m].tree.body}
    return found

# Signatures ---------------------------------------------------------------------------------------------------------

def value(node, whole):
    "A default as a reader wants it: the value of a name, if that is short."
    text = ast.unparse(whole.value(node))
    return text if len(text)<=40 else '…'

def is_told(of, default):
    "Does the default say the type?"
    return isinstance(default, ast.Constant) and builtin_types.get(type(default.value))==of

def call(name, params, node, whole, typed):
    "How to call it, in a line."
    parts = []
    for p,of,default,_ in params:
        kind = f':{of}' if typed and of and not is_told(of, default) else ''
        parts.append(p+kind+('' if default is None else f'={value(default, whole)}'))
    if isinstance(node, ast.FunctionDef):
        a = node.args
        if a.kwonlyargs and not a.vararg: parts.insert(len(a.posonlyargs)+len(a.args), '*')
        if a.posonlyargs: parts.insert(len(a.posonlyargs), '/')
        bound = bool(parts) and parts[0].split(':')[0] in ('self','cls')
        parts = parts[bound:]
    return f'{name}({", ".join(parts)})'

def is_property(f):
    patch = f.decorated.get('patch')
    as_prop = isinstance(patch, ast.Call) and any(k.arg=='as_prop' for k in patch.keywords)
    return as_prop or {*f.decorated} & {'property','cached_property'}

def own(params): return [p for p in params if p[0] not in ('self','cls')]

def fields(module, node):
    "What makes a class: the parameters of `__init__`, or the fields of a dataclass or a named tuple."
    made = [c for c in node.body if isinstance(c, ast.FunctionDef) and c.name=='__init__']
    if made: return Function(module, made[0]).only_parameters().parameters,made[0]
    typed = [c for c in node.body if isinstance(c, ast.AnnAssign) and isinstance(c.target, ast.Name)]
    plain = 'dataclass' in decorators(node) or any(ast.unparse(b)=='NamedTuple' for b in node.bases)
    return [(c.target.id, a_type(c.annotation), c.value, module.said_of(c, True)) for c in typed if plain],node

def methods(module, node, whole):
    "Public methods of a class: (how to call one, its line)."
    for c in node.body:
        if not isinstance(c, ast.FunctionDef) or c.name.startswith('_'): continue
        f = Function(module, c)
        how = c.name if is_property(f) else call(c.name, f.parameters, c, whole, True)
        yield '.'+how+returns(c),f.first_line or f.returned

def returns(node): return f' -> {a_type(node.returns)}' if getattr(node, 'returns', None) else ''

# Markdown -----------------------------------------------------------------------------------------------------------

def code(text): return f'`{text}`' if text else ''
def html_code(text): return f'<code>{escape(text)}</code>'

def plain(text, link):
    "A comment as Markdown: its code stays code, and nothing else in it is a mark."
    parts = re.split(r'(`[^`]+`)', text)
    return link(''.join(s if s.startswith('`') else re.sub(r'([*_<$\[\]{}~\\])', r'\\\1', s) for s in parts))

def table(rows, kind):
    "A compact table without a visible head."
    if not rows: return []
    n = len(rows[0])
    lines = ['| '+' | '.join(s.replace('|', r'\|') for s in row)+' |' for row in rows]
    return ['\n'.join([f'{{.{kind}}}', '| '*n+'|', '|-'*n+'|', *lines])]

def stub(piece, module, whole, link):
    "A symbol without its source: signature, one line, parameters, what it returns."
    node,name = piece.node,piece.name
    if isinstance(node, ast.ClassDef):
        (params,made),first,returned = fields(module, node),ast.get_docstring(node) or '',''
        how = call(name, params, made, whole, not any(text for *_,text in params))
        extra = [(code(line), plain(text, link)) for line,text in methods(module, node, whole)]
    else:
        f = Function(module, node)
        params,extra = f.parameters,[]
        first,returned = (f.first_line,f.returned) if f.first_line else (f.returned,'')
        typed = not any(text for *_,text in own(params)) # or the table says the types
        how = name if is_property(f) else call(name, params, node, whole, typed)
        if typed and not returned: how += returns(node)
    parts = [f'```python\n{how}\n```']
    if first: parts.append(link(dedent(first)))
    rows = [(code(p), plain(code(of), link), plain(text, link)) for p,of,_,text in own(params)]
    if not any(text for *_,text in own(params)): rows = []
    if returned: rows.append(('*returns*', plain(code(returns(node)[4:]), link), plain(returned, link)))
    return parts+table(rows, 'params')+table(extra, 'methods')

def lines_in(source):
    n = source.count('\n')+1
    return f'{n} line{"s" if n>1 else ""}'

def names_of(names):
    names = [html_code(name) for name in names]
    if len(names)>6: names = [*names[:5], f'{len(names)-5} more']
    return ' and '.join(filter(None, [', '.join(names[:-1]), *names[-1:]]))

def title(piece):
    "What a folded source is, in words."
    if piece.name: return f'Source of {html_code(piece.name)}'
    if not piece.also: return 'Source'
    kind = 'Source of' if any(map(is_public, piece.also)) else 'Helper' if len(piece.also)==1 else 'Helpers'
    return f'{kind} {names_of(piece.also)}'

def folded(piece):
    "The source, behind a line that says what it is."
    summary = f'<summary>{title(piece)}<span class="size"> · {lines_in(piece.source)}</span></summary>'
    return [f'<details class="fold">{summary}', f'```python\n{piece.source}\n```', '</details>']

def opened(piece): return box('exported', [f'```python\n{piece.source}\n```'])
def box(kind, parts): return [f'::::{{container}} {kind}', *parts, '::::']

def heading(name, place, where):
    "A symbol's heading, with an anchor of its own and where its code is."
    at = where(name)
    file = [f'{{.src}}\n[{at[0]}]({at[1]})'] if at else []
    return [f'<a class="symbol" id="clippy.{place}.{name}"></a>', f'### `{name}`', *file]

def shown(source, is_open, module='', whole=None, where=lambda name: None, link=lambda text: text):
    "An exported cell as Markdown. Cells that only import are not shown, and short constants are never folded."
    if not source.strip() or only_imports(source): return ''
    m,parts = Module('cell', source),[]
    for piece in pieces(source):
        if piece.name: parts += heading(piece.name, module, where)
        short = not piece.name and any(map(is_public, piece.also)) and piece.source.count('\n')<4
        if is_open or short: parts += opened(piece)
        elif piece.name: parts += box('stub', stub(piece, m, whole or m, link)+folded(piece))
        else: parts += folded(piece)
    return '\n\n'.join(parts)
