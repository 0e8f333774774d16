"Every notebook runs from top to bottom. Real data are used where a notebook finds them."
import gc, signal, warnings
from multiprocessing import get_context
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
from nbdev.config import get_config
from nbdev.doclinks import nbglob
from nbdev.test import test_nb as run_nb  # by another name, or pytest would collect it

from clippy.eval import all_tasks, tasks

all_tasks() # every chapter has registered its own
cfg = get_config(Path(__file__).parent)
nbs = sorted(nbglob(cfg.nbs_path, as_path=True))

@pytest.fixture(autouse=True)
def tidy():
    "Leave no figures and no tasks of a notebook behind, and give Ctrl-C back to pytest."
    ctrl_c,own = signal.getsignal(signal.SIGINT),dict(tasks)
    yield
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
    if nb.stem!='45_jax': ok = run(nb)
    else: # in a process of its own: JAX's threads do not go with processes that fork
        with get_context('spawn').Pool(1) as pool: ok = pool.apply(run, (nb,))
    assert ok, f'{nb.name} failed: its traceback is in the captured stderr'
