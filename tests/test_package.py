"The wheel: complete, licensed, and light to import."
import os, subprocess, sys, tarfile
from email.parser import Parser
from importlib.metadata import packages_distributions, requires, PackageNotFoundError
from pathlib import Path
from shutil import copytree, copy, ignore_patterns
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

root = Path(__file__).parent.parent
heavy = {'torch', 'timm', 'sentence_transformers', 'transformers', 'matplotlib', 'webdataset'}

def py(code, *args, **kw): return subprocess.run([sys.executable, '-c', code, *args], capture_output=True, text=True, **kw)

@pytest.fixture(scope='module')
def wheel(tmp_path_factory):
    "A wheel built from a clean copy, where no old build can leak in."
    src,out = tmp_path_factory.mktemp('src'),tmp_path_factory.mktemp('wheel')
    copytree(root/'clippy', src/'clippy')
    for o in 'settings.ini setup.py pyproject.toml MANIFEST.in README.md LICENSE'.split(): copy(root/o, src)
    subprocess.run([sys.executable, '-m', 'pip', 'wheel', '-q', '--no-deps', '--no-build-isolation', '-w', out, src], check=True)
    return next(out.glob('*.whl'))

@pytest.fixture(scope='module')
def meta(wheel):
    with ZipFile(wheel) as z: return Parser().parsestr(z.read(next(o for o in z.namelist() if o.endswith('METADATA'))).decode())

def test_metadata(meta):
    assert meta['Name']=='clippy-vl'
    assert meta['License-Expression']=='Apache-2.0' and meta['License-File']=='LICENSE'
    assert 'Programming Language :: Python :: 3' in meta.get_all('Classifier')
    assert meta['Description-Content-Type']=='text/markdown'

def test_tables(wheel):
    "Label tables are package data: all that are here are in the wheel."
    here = {f'clippy/labels/{o.name}' for o in (root/'clippy/labels').iterdir()}
    assert 'clippy/labels/voc.csv' in here
    with ZipFile(wheel) as z: assert here=={o for o in z.namelist() if o.startswith('clippy/labels/')}

def test_models(wheel, tmp_path):
    "The trained models are in the wheel, small and readable by all, and load from there with no network."
    here = {o.relative_to(root).as_posix() for o in (root/'clippy/models').rglob('*') if o.is_file()}
    with ZipFile(wheel) as z:
        assert here=={o for o in z.namelist() if o.startswith('clippy/models/')}
        assert all((z.getinfo(o).external_attr>>16)&0o444==0o444 for o in here)
        z.extractall(tmp_path)
    code = 'import clippy.saved as m; print(m.__file__); [print(k, m.load(k).config.pooling) for k in m.boxed()]'
    res = py(code, cwd=tmp_path, env={**os.environ, 'PYTHONPATH':str(tmp_path), 'HF_HUB_OFFLINE':'1'})
    assert res.stdout.split()==[str(tmp_path/'clippy/model.py'), 'scenes','max', 'scenes-cls','cls'], res.stderr

def test_source_archive(tmp_path):
    "So are they in the sdist, from which a wheel can be built."
    copytree(root/'clippy', tmp_path/'clippy', ignore=ignore_patterns('__pycache__'))
    for o in 'settings.ini setup.py pyproject.toml MANIFEST.in README.md LICENSE CITATION.cff'.split(): copy(root/o, tmp_path)
    subprocess.run([sys.executable, 'setup.py', '-q', 'sdist'], cwd=tmp_path, check=True, capture_output=True)
    with tarfile.open(next((tmp_path/'dist').glob('*.tar.gz'))) as t: found = {o.split('/',1)[1] for o in t.getnames() if '/' in o}
    assert {o.relative_to(root).as_posix() for d in ('models','labels') for o in (root/'clippy'/d).rglob('*') if o.is_file()} <= found

def allowed(meta):
    "Distributions that the wheel's plain requirements bring, by name."
    todo,seen = list(meta.get_all('Requires-Dist')),set()
    while todo:
        r = Requirement(todo.pop())
        if r.marker and not any(r.marker.evaluate({'extra':o}) for o in r.extras|{''}): continue
        nm = canonicalize_name(r.name)
        if (nm, *sorted(r.extras)) in seen: continue
        seen.add((nm, *sorted(r.extras)))
        try: subs = requires(r.name) or []
        except PackageNotFoundError: continue
        for s in subs:
            q = Requirement(s)
            if not q.marker or any(q.marker.evaluate({'extra':o}) for o in r.extras|{''}): todo.append(s.split(';')[0])
    return {o[0] for o in seen}

imports = '''
import sys, pkgutil, importlib
from importlib.machinery import PathFinder
sys.path.insert(0, sys.argv[1])
denied = set(sys.argv[2].split())
class Allowed(PathFinder):  # denied packages look as if they were not installed
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name in denied else super().find_spec(name, path, target)
sys.meta_path[sys.meta_path.index(PathFinder)] = Allowed
import clippy
assert clippy.__file__.startswith(sys.argv[1]), clippy.__file__
names = [o.name for o in pkgutil.iter_modules(clippy.__path__)]
for o in names:
    try: importlib.import_module('clippy.'+o)
    except ImportError as e: # a port to jax is nothing without it, and says so
        if o!='jax_port' or "pip install 'clippy-vl[export]'" not in str(e): raise
print(*names)
'''

def test_imports(wheel, meta, tmp_path):
    "Every module imports with only what the requirements bring: no nbdev, no pytest, no optional package."
    subprocess.run([sys.executable, '-m', 'pip', 'install', '-q', '--no-deps', '--target', tmp_path, wheel], check=True)
    ok = allowed(meta)
    denied = [k for k,v in packages_distributions().items() if k!='clippy' and not ok & {canonicalize_name(o) for o in v}]
    assert 'nbdev' in denied and 'torch' not in denied
    res = py(imports, str(tmp_path), ' '.join(denied), cwd=tmp_path)
    assert res.returncode==0, res.stderr
    here = {o.stem for o in (root/'clippy').glob('*.py')}-{'__init__'}
    assert set(res.stdout.split())==here

def test_light():
    "`import clippy` and `clippy --help` load none of the heavy libraries."
    loaded = f"print('loaded:', *sorted({heavy!r} & set(sys.modules)), file=sys.stderr)"
    assert py('import sys, clippy; '+loaded).stderr=='loaded:\n'
    res = py('import sys; from clippy.cli import cli; assert cli(["--help"])==0; '+loaded)
    assert res.stderr=='loaded:\n' and 'train' in res.stdout

def test_command(tmp_path):
    "The installed command: help of a sub-command, and a sentence with an exit code for what is wrong."
    def run(*args, **env):
        return subprocess.run([Path(sys.executable).with_name('clippy'), *args], capture_output=True, text=True, cwd=tmp_path, env={**os.environ, **env})
    assert run('--version').stdout.split()[0]=='clippy'
    assert 'usage: clippy pack' in run('pack', '--help').stdout
    res = run('pakc')
    assert res.returncode==2 and 'pack' in res.stderr
    wrong = 'pack','no-folder','none.csv','out'
    res = run(*wrong, CLIPPY_TRACEBACK='0')
    assert res.returncode==1 and res.stderr.startswith('clippy pack: ') and 'Traceback' not in res.stderr
    assert 'Traceback' in run(*wrong, CLIPPY_TRACEBACK='1').stderr
