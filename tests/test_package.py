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

def py(code, *args, **kw):
    return subprocess.run([sys.executable, '-c', code, *args], capture_output=True, text=True, **kw)

@pytest.fixture(scope='module')
def wheel(tmp_path_factory):
    "A wheel built from a clean copy, where no old build can leak in."
    src,out = tmp_path_factory.mktemp('src'),tmp_path_factory.mktemp('wheel')
    copytree(root/'clippy', src/'clippy')
    for name in 'settings.ini setup.py pyproject.toml MANIFEST.in README.md LICENSE'.split(): copy(root/name, src)
    pip = sys.executable,'-m','pip','wheel','-q','--no-deps','--no-build-isolation'
    subprocess.run([*pip, '-w', out, src], check=True)
    return next(out.glob('*.whl'))

@pytest.fixture(scope='module')
def meta(wheel):
    with ZipFile(wheel) as z:
        name = next(n for n in z.namelist() if n.endswith('METADATA'))
        return Parser().parsestr(z.read(name).decode())

def test_metadata(meta):
    "Name, licence and the kind of its long description."
    assert meta['Name']=='clippy-vl'
    assert meta['License-Expression']=='Apache-2.0' and meta['License-File']=='LICENSE'
    assert 'Programming Language :: Python :: 3' in meta.get_all('Classifier')
    assert meta['Description-Content-Type']=='text/markdown'

def test_tables(wheel):
    "Label tables are package data: all that are here are in the wheel."
    here = {f'clippy/labels/{p.name}' for p in (root/'clippy/labels').iterdir()}
    assert 'clippy/labels/voc.csv' in here
    with ZipFile(wheel) as z: assert here=={n for n in z.namelist() if n.startswith('clippy/labels/')}

def test_models(wheel, installed):
    "The trained models are in the wheel, small and readable by all, and load from there with no network."
    here = {p.relative_to(root).as_posix() for p in (root/'clippy/models').rglob('*') if p.is_file()}
    with ZipFile(wheel) as z:
        assert here=={name for name in z.namelist() if name.startswith('clippy/models/')}
        assert all((z.getinfo(name).external_attr>>16)&0o444==0o444 for name in here)
    folder,said = installed
    models = 'scenes:max','scenes-avg:avg','scenes-cls:cls'
    assert said[1].split()==[str(folder/'clippy/saved.py'), *models]

def test_size(wheel):
    "The wheel, with its three models, is below 8 MB."
    assert wheel.stat().st_size<8_000_000

def test_source_archive(tmp_path):
    "So are they in the sdist, from which a wheel can be built."
    copytree(root/'clippy', tmp_path/'clippy', ignore=ignore_patterns('__pycache__'))
    needed = 'settings.ini setup.py pyproject.toml MANIFEST.in README.md LICENSE CITATION.cff'.split()
    for name in needed: copy(root/name, tmp_path)
    subprocess.run([sys.executable, 'setup.py', '-q', 'sdist'], cwd=tmp_path, check=True, capture_output=True)
    with tarfile.open(next((tmp_path/'dist').glob('*.tar.gz'))) as t: inside = t.getnames()
    found = {name.split('/',1)[1] for name in inside if '/' in name}
    here = [p for d in ('models','labels') for p in (root/'clippy'/d).rglob('*') if p.is_file()]
    assert {p.relative_to(root).as_posix() for p in here} <= found

def allowed(meta):
    "Distributions that the wheel's plain requirements bring, by name."
    todo,seen = list(meta.get_all('Requires-Dist')),set()
    while todo:
        r = Requirement(todo.pop())
        if r.marker and not any(r.marker.evaluate({'extra':e}) for e in r.extras|{''}): continue
        nm = canonicalize_name(r.name)
        if (nm, *sorted(r.extras)) in seen: continue
        seen.add((nm, *sorted(r.extras)))
        try: subs = requires(r.name) or []
        except PackageNotFoundError: continue
        for s in subs:
            q = Requirement(s)
            if not q.marker or any(q.marker.evaluate({'extra':e}) for e in r.extras|{''}): todo.append(s.split(';')[0])
    return {name for name,*_ in seen}

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
        if o!='jax_port' or 'pip install "clippy-vl[export] @ git+' not in str(e): raise
print(*names)
from clippy import saved
print(saved.__file__, *(f'{k}:{saved.load(k).config.pooling}' for k in saved.boxed()))
'''

@pytest.fixture(scope='module')
def installed(wheel, meta, tmp_path_factory):
    "Where the wheel is installed, and what an interpreter says that has only this and what the requirements bring."
    folder = tmp_path_factory.mktemp('installed')
    pip = sys.executable,'-m','pip','install','-q','--no-deps'
    subprocess.run([*pip, '--target', folder, wheel], check=True)
    ok = allowed(meta)
    brought_by = {k:{canonicalize_name(d) for d in v} for k,v in packages_distributions().items()}
    denied = [k for k,v in brought_by.items() if k!='clippy' and not ok & v]
    assert 'nbdev' in denied and 'torch' not in denied
    res = py(imports, str(folder), ' '.join(denied), cwd=folder, env={**os.environ, 'HF_HUB_OFFLINE':'1'})
    assert res.returncode==0, res.stderr
    return folder,res.stdout.splitlines()

def test_imports(installed):
    "Every module imports with only what the requirements bring: no nbdev, no pytest, no optional package."
    here = {p.stem for p in (root/'clippy').glob('*.py')}-{'__init__'}
    assert set(installed[1][0].split())==here

def test_light():
    "`import clippy` and `clippy --help` load none of the heavy libraries."
    loaded = f"print('loaded:', *sorted({heavy!r} & set(sys.modules)), file=sys.stderr)"
    assert py('import sys, clippy; '+loaded).stderr=='loaded:\n'
    res = py('import sys; from clippy.cli import cli; assert cli(["--help"])==0; '+loaded)
    assert res.stderr=='loaded:\n' and 'train' in res.stdout

def test_command(tmp_path):
    "The installed command: help of a sub-command, and a sentence with an exit code for what is wrong."
    def run(*args, **env):
        command = [Path(sys.executable).with_name('clippy'), *args]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env={**os.environ, **env})
    assert run('--version').stdout.split()[0]=='clippy'
    assert 'usage: clippy pack' in run('pack', '--help').stdout
    res = run('pakc')
    assert res.returncode==2 and 'pack' in res.stderr
    wrong = 'pack','no-folder','none.csv','out'
    res = run(*wrong, CLIPPY_TRACEBACK='0')
    assert res.returncode==1 and res.stderr.startswith('clippy pack: ') and 'Traceback' not in res.stderr
    assert 'Traceback' in run(*wrong, CLIPPY_TRACEBACK='1').stderr
