"What is generated equals what it is generated from, and the notebooks are fit to be kept in git."
import ast, base64, json, re, runpy, shutil, subprocess, sys
from configparser import ConfigParser
from pathlib import Path

import pytest, yaml
from nbdev.config import get_config
from nbdev.doclinks import nbglob

cfg = get_config(Path(__file__).parent)
root,nbs_path = cfg.config_path,cfg.nbs_path
nbs = sorted(nbglob(nbs_path, as_path=True))
name = lambda nb: nb.relative_to(nbs_path).as_posix()
each_nb = pytest.mark.parametrize('nb', nbs, ids=map(name, nbs))

def cells(nb): return [c for c in json.loads(nb.read_text('utf-8'))['cells'] if c['cell_type']=='code']
def join(s): return s if isinstance(s, str) else ''.join(s)
def outputs(nb): return [out for c in cells(nb) for out in c['outputs']]

# Exported modules ---------------------------------------------------------------------------------------------------

def files(folder):
    every = [p for d in ('nbs','clippy') for p in (folder/d).rglob('*') if p.suffix in ('.py','.ipynb','.txt')]
    return {p.relative_to(folder).as_posix():p.read_text('utf-8') for p in every if '_proc' not in p.parts}

def test_exported(tmp_path):
    "`nbdev-clean` and `nbdev-export` on a copy change nothing: no dirty notebook, no module edited by hand."
    left_out = shutil.ignore_patterns('__pycache__', '.*', '_proc')
    for d in ('nbs','clippy'): shutil.copytree(root/d, tmp_path/d, ignore=left_out)
    shutil.copy(root/'pyproject.toml', tmp_path)
    for p in (tmp_path/'clippy').rglob('*.py'):
        if p.name!='__init__.py': p.unlink()
    imports = 'from nbdev.clean import nbdev_clean\nfrom nbdev.doclinks import nbdev_export'
    subprocess.run([sys.executable, '-c', f'{imports}\nnbdev_clean()\nnbdev_export()'], cwd=tmp_path, check=True)
    had,gets = files(root),files(tmp_path)
    differ = [k for k in sorted(had.keys()|gets.keys()) if had.get(k)!=gets.get(k)]
    assert not differ, f'run `make export`: it would change {", ".join(differ)}'

def test_readme():
    "README.md is what tools/readme.py makes of nbs/index.ipynb."
    readme = runpy.run_path(str(root/'tools/readme.py'))['readme']
    assert (root/'README.md').read_text('utf-8')==readme(), 'run `make readme`'

def test_commands_page():
    "nbs/commands.ipynb is what tools/commands.py makes of the help of all commands."
    notebook = runpy.run_path(str(root/'tools/commands.py'))['notebook']
    assert (nbs_path/'commands.ipynb').read_text('utf-8')==notebook(), 'run `make export`'

def test_settings():
    "settings.ini, which setup.py reads, says what pyproject.toml, which nbdev reads, says."
    ini = ConfigParser(delimiters=['='])
    ini.read(root/'settings.ini', encoding='utf-8')
    ini = ini['DEFAULT']
    same = 'lib_name version min_python description git_url doc_host doc_baseurl branch tst_flags title repo user'
    for k in same.split(): assert ini[k]==getattr(cfg, k), k
    for k in ('lib_path','nbs_path','doc_path'): assert root/ini[k]==cfg[k], k
    switches = 'recursive put_version_in_init custom_sidebar jupyter_hooks update_pyproject'
    for k in switches.split(): assert ini.getboolean(k)==cfg[k], k

# The book -----------------------------------------------------------------------------------------------------------

def leaves(items):
    for item in items:
        if isinstance(item, dict): yield from leaves(item['contents'])
        else: yield item

def test_sidebar():
    "Every notebook has its place in the contents, and every place its notebook."
    contents = yaml.safe_load((nbs_path/'sidebar.yml').read_text())['website']['sidebar']['contents']
    assert sorted(leaves(contents))==sorted(map(name, nbs))

@each_nb
def test_imports_alone(nb):
    "Cells that import do nothing else: building the site executes them, out of context."
    for c in cells(nb):
        src = re.sub(r'^\s*[%!].*', '', join(c['source']), flags=re.M)
        kinds = {type(statement) for statement in ast.parse(src).body}
        mixed = kinds & {ast.Import, ast.ImportFrom} and kinds & {ast.Expr, ast.Assign}
        assert not mixed, f'{nb.name} mixes imports and other code:\n{src}'

# Stored outputs -----------------------------------------------------------------------------------------------------

tops = '|'.join({'home','Users','root','tmp'} | {p.name for p in Path('/').iterdir()})
path_re = re.compile(rf'(?<![\w:/.<~-])/(?:{tops})/\w\S*')
rate_re = re.compile(r'\d(?:it/s|s/it)\b|\d%\|') # what tqdm writes, whatever it counts

@each_nb
def test_outputs(nb):
    "No stored output holds an error, an absolute path, a progress bar, or a figure over 150 kB."
    for out in outputs(nb):
        assert out['output_type']!='error', f"{nb.name}: {out.get('ename')}: {out.get('evalue')}"
        data = out.get('data', {})
        text = join(out.get('text', '')) + '\n'.join(join(v) for k,v in data.items() if k.startswith('text/'))
        text = re.sub(r'base64,[\w+/=\s]+', '', text)
        for r,what in ((path_re, 'an absolute path'), (rate_re, 'a progress bar')):
            assert not (m := r.search(text)), f'{nb.name} keeps {what} in an output: {m[0]}'
        for k in ('image/png','image/jpeg'):
            if k not in data: continue
            assert len(base64.b64decode(join(data[k])))<=150_000, f'{nb.name} keeps a figure over 150 kB'
