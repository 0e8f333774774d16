"How the code is written: a line holds one idea, a chapter uses only what stands before it, no module is too long."
import ast, json, re, subprocess, sys
from pathlib import Path

import pytest, yaml

root = Path(__file__).parent.parent
folders = 'nbs','tests','tools','benchmarks','clippy'
known = {'clippy/_modidx.py'} # written by nbdev

def join(s): return s if isinstance(s, str) else ''.join(s)
def is_code(path): return path.suffix in ('.py','.ipynb') and '_proc' not in path.parts and '.' not in path.parent.name
files = [p for d in folders for p in sorted((root/d).rglob('*')) if is_code(p)]
name_of = {p:p.relative_to(root).as_posix() for p in files}

# Lines --------------------------------------------------------------------------------------------------------------

@pytest.fixture(scope='module')
def found():
    "File -> what ruff says of it, under the rules of pyproject.toml."
    command = [sys.executable, '-m', 'ruff', 'check', '--no-cache', '--exit-zero', '--output-format', 'json', *folders]
    out = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    by_file = {}
    for r in json.loads(out):
        name = Path(r['filename']).relative_to(root).as_posix()
        where = f"line {r['location']['row']}, cell {r.get('cell')}"
        by_file.setdefault(name, []).append(f"{r['code']} {where}: {r['message']}")
    return by_file

def test_lines(found):
    "At most 120 columns, no `;` between statements, no name that is imported or assigned for nothing."
    odd = {k:v for k,v in found.items() if k not in known}
    assert not odd, '\n'.join(f'{k}: {line}' for k,v in odd.items() for line in v)

def sources(path):
    "The Python of a file or of a notebook's cells, each as (where, code)."
    if path.suffix=='.py': return [('', path.read_text('utf-8'))]
    cells = [c for c in json.loads(path.read_text('utf-8'))['cells'] if c['cell_type']=='code']
    return [(f" cell {c['id']}", re.sub(r'^\s*[%!].*', '', join(c['source']), flags=re.M)) for c in cells]

def sequences(src):
    "Lines where a list stands for a sequence: a comprehension whose list nobody keeps, `for _ in [f()]`."
    for node in ast.walk(ast.parse(src)):
        lists = ast.ListComp,ast.SetComp,ast.DictComp,ast.GeneratorExp
        if isinstance(node, ast.Expr) and isinstance(node.value, lists): yield node.lineno
        loops = [node] if isinstance(node, ast.For) else node.generators if isinstance(node, lists) else []
        for loop in loops:
            one = isinstance(loop.iter, (ast.List,ast.Tuple)) and len(loop.iter.elts)==1
            if one and not isinstance(loop.iter.elts[0], ast.Starred): yield loop.iter.lineno

def last_line_shown(path, src): # a notebook shows a comprehension that ends a cell
    body = ast.parse(src).body
    return {body[-1].lineno} if path.suffix=='.ipynb' and body and isinstance(body[-1], ast.Expr) else set()

def odd_sequences(path):
    return [f'{name_of[path]}{where} line {n}' for where,src in sources(path)
        for n in sorted({*sequences(src)}-last_line_shown(path, src))]

def test_sequences():
    "A sequence is written as a sequence."
    odd = [line for path in files if name_of[path] not in known for line in odd_sequences(path)]
    assert not odd, '\n'.join(odd)

@pytest.mark.parametrize('src,lines', [
    ('[f(x) for x in xs]', [1]),
    ('for _ in [f()]: pass', [1]),
    ('y = [x*2 for x in xs for z in (x+1,)]', [1]),
    ('y = [f(x) for x in xs]\nfor x in [*a]: f(x)\nfor x in (1,2): f(x)', [])])
def test_sequences_are_seen(src, lines):
    "The check above sees what it is for, and nothing else."
    assert list(sequences(src))==lines

# Chapters -----------------------------------------------------------------------------------------------------------

def leaves(items):
    for item in items:
        if isinstance(item, dict): yield from leaves(item['contents'])
        else: yield item

sidebar = yaml.safe_load((root/'nbs/sidebar.yml').read_text())['website']['sidebar']['contents']
chapters = [root/'nbs'/p for p in leaves(sidebar) if re.match(r'\d\d_', p)]

def module_of(path):
    found = re.search(r'^#\| *default_exp (\w+)', '\n'.join(src for _,src in sources(path)), flags=re.M)
    return found and found[1]

modules = {m:i for i,path in enumerate(chapters) if (m := module_of(path))}

def imported(src):
    "Modules of the package that some code imports, functions included."
    for node in ast.walk(ast.parse(src)):
        if isinstance(node, ast.ImportFrom) and not node.level:
            if node.module=='clippy': yield from (a.name for a in node.names)
            elif node.module.startswith('clippy.'): yield node.module.split('.')[1]
        if isinstance(node, ast.Import):
            yield from (a.name.split('.')[1] for a in node.names if a.name.startswith('clippy.'))

exported = re.compile(r'^#\| *exports?\b', flags=re.M)

@pytest.mark.parametrize('i', range(len(chapters)), ids=[p.stem for p in chapters])
def test_order(i):
    "A chapter imports no chapter that stands later in the contents, not even inside a function."
    late = {m for _,src in sources(chapters[i]) for m in imported(src) if modules.get(m, -1)>i}
    assert not late, f'{chapters[i].name} imports {sorted(late)}, which stand later in nbs/sidebar.yml'

def test_numbers():
    "The numbers of the chapters rise with the contents."
    numbers = [int(p.name[:2]) for p in chapters]
    assert numbers==sorted(numbers)

@pytest.mark.parametrize('module', modules)
def test_length(module):
    "No module above 470 lines of code, none below 25."
    cells = [src for _,src in sources(chapters[modules[module]]) if exported.search(src)]
    lines = [line for src in cells for line in src.splitlines() if line.strip() and not line.startswith('#|')]
    assert 25<=len(lines)<=470, f'{module} has {len(lines)} lines'
