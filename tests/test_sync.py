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

def cells(nb, kind='code'): return [o for o in json.loads(nb.read_text('utf-8'))['cells'] if o['cell_type']==kind]
def join(s): return s if isinstance(s, str) else ''.join(s)
def outputs(nb): return [o for c in cells(nb) for o in c['outputs']]

# Exported modules ---------------------------------------------------------------------------------------------------

def files(folder): return {o.relative_to(folder).as_posix():o.read_text('utf-8')
    for d in ('nbs','clippy') for o in (folder/d).rglob('*') if o.suffix in ('.py','.ipynb','.txt') and '_proc' not in o.parts}

def test_exported(tmp_path):
    "`nbdev-clean` and `nbdev-export` on a copy change nothing: no dirty notebook, no module edited by hand."
    for d in ('nbs','clippy'): shutil.copytree(root/d, tmp_path/d, ignore=shutil.ignore_patterns('__pycache__', '.*', '_proc'))
    shutil.copy(root/'pyproject.toml', tmp_path)
    for o in (tmp_path/'clippy').rglob('*.py'):
        if o.name!='__init__.py': o.unlink()
    run = 'from nbdev.clean import nbdev_clean; from nbdev.doclinks import nbdev_export; nbdev_clean(); nbdev_export()'
    subprocess.run([sys.executable, '-c', run], cwd=tmp_path, check=True)
    had,gets = files(root),files(tmp_path)
    differ = [o for o in sorted(had.keys()|gets.keys()) if had.get(o)!=gets.get(o)]
    assert not differ, f'run `make export`: it would change {", ".join(differ)}'

def test_readme():
    "README.md is what tools/readme.py makes of nbs/index.ipynb."
    readme = runpy.run_path(str(root/'tools/readme.py'))['readme']
    assert (root/'README.md').read_text('utf-8')==readme(), 'run `make readme`'

def test_settings():
    "settings.ini, which setup.py reads, says what pyproject.toml, which nbdev reads, says."
    ini = ConfigParser(delimiters=['='])
    ini.read(root/'settings.ini', encoding='utf-8')
    ini = ini['DEFAULT']
    for k in 'lib_name version min_python description git_url doc_host doc_baseurl branch tst_flags title repo user'.split():
        assert ini[k]==getattr(cfg, k), k
    for k in ('lib_path','nbs_path','doc_path'): assert root/ini[k]==cfg[k], k
    for k in 'recursive put_version_in_init custom_sidebar jupyter_hooks update_pyproject'.split(): assert ini.getboolean(k)==cfg[k], k

# The book -----------------------------------------------------------------------------------------------------------

def leaves(items):
    for o in items:
        if isinstance(o, dict): yield from leaves(o['contents'])
        else: yield o

def test_sidebar():
    "Every notebook has its place in the contents, and every place its notebook."
    listed = list(leaves(yaml.safe_load((nbs_path/'sidebar.yml').read_text())['website']['sidebar']['contents']))
    assert sorted(listed)==sorted(map(name, nbs))

def chapter(nb): return re.match(r'\d+', nb.name)
exports = {m[1]:nb for nb in nbs for c in cells(nb) if (m := re.match(r'#\| *default_exp (\S+)', join(c['source'])))}

@each_nb
def test_order(nb):
    "A chapter imports only chapters before it; inside a function a command may name a later one, to tie things together."
    src = '\n'.join(join(o['source']) for o in cells(nb))
    used = set(re.findall(r'^(?:from|import) clippy\.(\w+)', src, flags=re.M)) & exports.keys()
    if nb.parent==nbs_path and chapter(nb):
        late = [o for o in used if exports[o].name>nb.name]
        assert not late, f'{nb.name} imports {late} from later chapters'

@each_nb
def test_imports_alone(nb):
    "Cells that import do nothing else: building the site executes them, out of context."
    for c in cells(nb):
        src = re.sub(r'^\s*[%!].*', '', join(c['source']), flags=re.M)
        kinds = {type(o) for o in ast.parse(src).body}
        mixed = kinds & {ast.Import, ast.ImportFrom} and kinds & {ast.Expr, ast.Assign}
        assert not mixed, f'{nb.name} mixes imports and other code:\n{src}'

# Stored outputs -----------------------------------------------------------------------------------------------------

tops = '|'.join({'home','Users','root','tmp'} | {o.name for o in Path('/').iterdir()})
path_re = re.compile(rf'(?<![\w:/.<~-])/(?:{tops})/\w\S*')
rate_re = re.compile(r'\d(?:it/s|s/it)\b')

@each_nb
def test_outputs(nb):
    "No stored output holds an error, an absolute path, a progress bar, or a figure over 150 kB."
    for o in outputs(nb):
        assert o['output_type']!='error', f"{nb.name}: {o.get('ename')}: {o.get('evalue')}"
        data = o.get('data', {})
        text = join(o.get('text', '')) + '\n'.join(join(v) for k,v in data.items() if k.startswith('text/'))
        text = re.sub(r'base64,[\w+/=\s]+', '', text)
        for r,what in ((path_re, 'an absolute path'), (rate_re, 'a progress bar')):
            assert not (m := r.search(text)), f'{nb.name} keeps {what} in an output: {m[0]}'
        for k in ('image/png','image/jpeg'):
            if k in data: assert len(base64.b64decode(join(data[k])))<=150_000, f'{nb.name} keeps a figure over 150 kB'
