"Every notebook runs from top to bottom. Real data are used where a notebook finds them."
import gc, pkgutil, signal, sys, warnings
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
from nbdev.config import get_config
from nbdev.doclinks import nbglob
from nbdev.test import test_nb as run_nb  # by another name, or pytest would collect it

import clippy
from clippy.eval import all_tasks, tasks

all_tasks() # every chapter has registered its own
for module in pkgutil.iter_modules(clippy.__path__): import_module(f'clippy.{module.name}') # and patched it in
cfg = get_config(Path(__file__).parent)
nbs = sorted(nbglob(cfg.nbs_path, as_path=True))

def our_classes():
    "Every class of the package, as it is: what `@patch` in a notebook replaces, other tests would meet."
    modules = [m for name,m in sys.modules.items() if name.startswith('clippy.')]
    found = {c for m in modules for c in vars(m).values() if isinstance(c, type) and c.__module__==m.__name__}
    return {c:dict(vars(c)) for c in found}

def give_back(classes):
    for c,own in classes.items():
        for name in {*vars(c)}-{*own}: delattr(c, name)
        for name,value in own.items():
            if vars(c).get(name) is not value: setattr(c, name, value)

@pytest.fixture(autouse=True)
def tidy():
    "Leave no figures, tasks and patches of a notebook behind, and give Ctrl-C back to pytest."
    ctrl_c,own,classes = signal.getsignal(signal.SIGINT),dict(tasks),our_classes()
    yield
    give_back(classes)
    tasks.clear()
    tasks.update(own)
    signal.signal(signal.SIGINT, ctrl_c)
    plt.close('all')
    gc.collect()

def run(nb):
    "What warns may be a class of the notebook, which no other process knows: its text is handed on."
    with warnings.catch_warnings(record=True) as heard:
        ok = run_nb(nb, skip_flags=cfg.tst_flags.split(), basepath=cfg.config_path, profile=False)[0]
    for w in heard: warnings.warn(f'{w.category.__name__}: {w.message}', stacklevel=2)
    return ok

@pytest.mark.parametrize('nb', nbs, ids=[p.relative_to(cfg.nbs_path).with_suffix('').as_posix() for p in nbs])
def test_runs(nb):
    "From the first cell to the last, as its readers would."
    if nb.stem not in ('43_export','45_jax'): ok = run(nb)
    else: # in a fork: what they leave running, JAX's threads and autograd's, does not go with processes that fork later
        with get_context('fork').Pool(1) as pool: ok = pool.apply(run, (nb,))
    assert ok, f'{nb.name} failed: its traceback is in the captured stderr'
