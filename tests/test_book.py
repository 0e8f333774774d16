"""The pages as a reader meets them: a result first, few definitions in a row, figures in words too, lines that fit, and
cells that run when they are copied into an interpreter that has the package and nothing else."""
import ast, builtins, json, linecache, os, re, subprocess, sys
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
from processes import Forked

root = Path(__file__).parent.parent
pages = sorted((root/'nbs').rglob('[!_]*.ipynb'))
name_of = {p:p.relative_to(root/'nbs').with_suffix('').as_posix() for p in pages}
each_page = pytest.mark.parametrize('page', pages, ids=name_of.values())

def join(s): return s if isinstance(s, str) else ''.join(s)

class Cell:
    "A code cell: its flags, its code, and what a page shows of it."
    def __init__(self, cell):
        src = join(cell['source'])
        self.id,self.outputs = cell['id'],cell['outputs']
        self.flags = dict(re.findall(r'^#\| *([\w-]+):? *(.*)$', src, flags=re.M))
        self.code = re.sub(r'^#\|.*\n?', '', src, flags=re.M).strip()
        said = {k for k,v in self.flags.items() if v!='true'}
        self.exported = bool(said & {'export','exports'})
        self.hidden = 'hide' in said or 'false' in (self.flags.get('echo'), self.flags.get('include'))
        self.shown = bool(self.code) and not self.exported and not self.hidden and 'default_exp' not in said
        self.python = re.sub(r'^([ \t]*)[%!].*', r'\1pass', self.code, flags=re.M)

    @property
    def only_imports(self): return all(isinstance(o, (ast.Import,ast.ImportFrom)) for o in ast.parse(self.python).body)
    @property
    def defines(self): return self.exported and not self.only_imports
    @property
    def figures(self): return [out for out in self.outputs if 'image/png' in out.get('data', {})]

@cache
def code_cells(page): # read once: some are megabytes of figures
    return [Cell(c) for c in json.loads(page.read_text('utf-8'))['cells'] if c['cell_type']=='code' and c['source']]

# What a page looks like ---------------------------------------------------------------------------------------------

chapters = [p for p in pages if any(c.defines for c in code_cells(p))]

@pytest.mark.parametrize('page', chapters, ids=lambda p: name_of[p])
def test_result_first(page):
    "Something is shown before the first definition."
    cells = code_cells(page)
    first = next(i for i,c in enumerate(cells) if c.defines)
    assert any(c.outputs for c in cells[:first]), f'nothing is shown before cell {cells[first].id}'

@pytest.mark.parametrize('page', chapters, ids=lambda p: name_of[p])
def test_few_definitions_in_a_row(page):
    "After at most three exported cells comes one that uses them."
    row = 0
    for c in code_cells(page):
        if c.defines: row += 1
        elif c.shown and not c.only_imports: row = 0
        assert row<=3, f'cell {c.id} is the fourth in a row'

@each_page
def test_figures_in_words(page):
    "Every stored figure says what it shows to those who do not see it."
    for c in code_cells(page):
        if c.figures: assert len(c.flags.get('fig-alt', '').split())>3, f'cell {c.id} needs #| fig-alt: ...'

@each_page
def test_lines_fit(page):
    "88 columns, so that no line is cut on a page."
    long = [(c.id, line) for c in code_cells(page) if c.shown for line in c.code.splitlines() if len(line)>88]
    assert not long

# Copied from the page -----------------------------------------------------------------------------------------------

def copied(page):
    "What a reader copies: the cells that show their code and run."
    skip = {'slow','cuda'}
    return [c for c in code_cells(page) if c.shown and not skip & c.flags.keys() and c.flags.get('eval')!='false']

def spelled_out(m): # the names of `from module import *`, for ruff
    module = import_module(m[2])
    names = getattr(module, '__all__', None) or [k for k in vars(module) if not k.startswith('_')]
    return f'{m[1]}from {m[2]} import {", ".join(names)}' if names else m[0]

@pytest.fixture(scope='module')
def undefined(tmp_path_factory):
    "Page -> names that its cells use and do not have."
    folder = tmp_path_factory.mktemp('pages')
    file_of = {p:f"{name_of[p].replace('/', '_')}.py" for p in pages}
    for p,file in file_of.items():
        code = '\n'.join(c.python for c in copied(p))
        code = re.sub(r'^( *)from ([\w.]+) import \*', spelled_out, code, flags=re.M)
        (folder/file).write_text(code, 'utf-8')
    ruff = [sys.executable,'-m','ruff','check','--isolated','--no-cache','--select','F821']
    ruff += ['--config', "builtins=['display']", '--output-format','json','--exit-zero','.']
    said = subprocess.run(ruff, cwd=folder, capture_output=True, text=True, check=True).stdout
    found = [(Path(o['filename']).name, o['message']) for o in json.loads(said)]
    return {p:{message for name,message in found if name==file} for p,file in file_of.items()}

@each_page
def test_names_are_there(page, undefined):
    "No cell uses what only a hidden cell imports or defines."
    assert not undefined[page]

def needs_a_clone(page): return any('results/' in c.code for c in copied(page))

@each_page
def test_what_needs_a_clone_says_so(page):
    "Results that are kept in the repository are not in the package."
    said = page.read_text('utf-8')
    assert not needs_a_clone(page) or re.search(r"\bclone\b|\brepository\b", said)

def run_copied(page, folder):
    "As in Jupyter, on a machine that is online."
    from huggingface_hub import constants
    from IPython.display import display
    builtins.display,constants.HF_HUB_OFFLINE = display,False
    os.chdir(page.parent if needs_a_clone(page) else folder)
    found = dict(__name__='__main__')
    for c in copied(page):
        linecache.cache[c.id] = len(c.python),None,c.python.splitlines(True),c.id
        exec(compile(c.python, c.id, 'exec'), found)

quick = '00_head 00_images 01_loss 09_history 18_words 19_results 20_protocol 21_windows 40_answers'.split()
chosen = [p for p in pages if copied(p) and (os.environ.get('CLIPPY_PAGES')=='all' or p.stem in quick)]

@pytest.mark.parametrize('page', chosen, ids=lambda p: name_of[p])
def test_runs_when_copied(page, tmp_path):
    "In an empty folder, with what is installed and nothing else. CLIPPY_PAGES=all: every page, for ten minutes."
    (tmp_path/'here').mkdir()
    process = Forked(lambda: run_copied(page, tmp_path/'here'), tmp_path/'said')
    assert process.wait(600)==0, process.said()[-4000:]
