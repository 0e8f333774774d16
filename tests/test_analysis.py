"What the features know: known features give known answers, studies repeat, and their numbers are JSON."
import json

import numpy as np
import pytest

from clippy import analysis
from clippy.analysis import (background_study, read_background, read_thing, resampled, size_study, swap_features,
    to_average, variance_shares)
from clippy.model import create_model
from clippy.scenes import names
from clippy.swap import Swap, scene_swap

@pytest.fixture(scope='module')
def model(): return create_model('clippy-scenes', captions=list(names)).eval()

@pytest.fixture(scope='module')
def swap(): return scene_swap(20)

@pytest.fixture
def rng(): return np.random.default_rng(0)

# Variance and probes ------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('size', [0., .5, 1., 2.])
def test_mixture(rng, size):
    "Thing, background and noise of known variance have these shares."
    a,b,c = rng.normal(size=(300,1,20)),rng.normal(size=(1,9,20)),size*rng.normal(size=(300,9,20))
    parts = np.array([a.var(0, ddof=1).sum(), b.var(1, ddof=1).sum(), 20*size**2])
    assert variance_shares(a+b+c)==pytest.approx(parts/parts.sum(), abs=.02)

def test_nothing_varies():
    "Where nothing varies there are no shares."
    assert np.isnan(variance_shares(np.ones((3,4,5)))).all()

def test_shares_do_not_depend_on_scale_or_origin(rng):
    x = rng.normal(size=(10,4,6))
    assert variance_shares(3*x+5)==pytest.approx(variance_shares(x))

def test_intervals_hold_what_they_promise():
    "For 60 sets of things, the interval of 95 % holds the true share of the thing nearly always."
    held = 0
    for s in range(60):
        rng = np.random.default_rng(s)
        x = rng.normal(size=(40,1,8))+rng.normal(size=(40,7,8)) # half the variance is the thing's
        low,high = resampled(lambda i: variance_shares(x[i])[0], 40, bootstrap_samples=120, seed=s)
        held += low<=.5<=high
    assert held>=51

def test_a_name_needs_two_things(rng):
    "Reading names needs two names, and two things of each."
    x = rng.normal(size=(3,4,5))
    with pytest.raises(ValueError, match='b is there only once'): read_thing(x, ('a','a','b'))
    with pytest.raises(ValueError, match='All things are called a'): read_thing(x, ('a','a','a'))

def test_probe_does_not_remember(rng):
    "Each thing has a vector of its own, and so has its name: only the name helps with things never seen."
    own,called = rng.normal(size=(40,1,60)),tuple('ab'[i%2] for i in range(40))
    assert read_thing(own+.1*rng.normal(size=(40,5,60)), called)['accuracy']<.75
    assert read_background(own+.01*rng.normal(size=(40,5,60)))['accuracy']<.35

def test_probes_repeat(rng):
    "One seed, one answer."
    x = rng.normal(size=(12,4,6))
    assert read_background(x, seed=3)==read_background(x, seed=3)

# Features -----------------------------------------------------------------------------------------------------------

def test_features(model, swap):
    "Vectors have length 1, no patch moves by less than nothing, and no cover is more than all."
    f = swap_features(model, swap)
    for x in (f.pooled, f.own): np.testing.assert_allclose(np.linalg.norm(x, axis=-1), 1, atol=1e-5)
    assert f.moved.min()>=-1e-6 and f.cover.max()<=1

def test_nothing_moves(model, swap):
    "The same image four times: every version is the average, and no patch moves."
    four = np.repeat(swap.images[:3,:1], 4, 1)
    f = swap_features(model, Swap(four, swap.masks[:3], swap.things[:3], ('a','b','c','d')))
    np.testing.assert_allclose(to_average(f.pooled), 1, atol=1e-5)
    np.testing.assert_allclose(f.moved, 0, atol=1e-5)

def test_small_things_keep_their_best_patch(model, swap):
    "A thing of a ninth of a patch still has a vector of its own."
    masks = np.zeros_like(swap.masks[:2])
    masks[:,9:12,9:12] = True
    f = swap_features(model, Swap(swap.images[:2], masks, swap.things[:2], swap.backgrounds))
    assert f.cover.max()<.5 and np.isfinite(f.own).all()

# Studies ------------------------------------------------------------------------------------------------------------

def test_background_study(model, swap, tmp_path):
    "A study repeats itself to the bit, in its file and in its figure."
    one,two = background_study(model, swap),background_study(model, swap)
    saved = [json.loads(s.save(tmp_path/f'{i}.json').read_text()) for i,s in enumerate((one,two))]
    assert saved[0]==saved[1] and {'numbers','model','pictures','seed','versions','pooling'}<=set(saved[0])
    assert sum(p['share'] for p in one.numbers['pooled']['shares'].values())==pytest.approx(1)
    assert one._repr_png_()[:4]==b'\x89PNG' and one._repr_png_()==two._repr_png_()

def test_things_without_a_second_one(model):
    "Where names cannot be read the study says why, and its figure leaves that out."
    study = background_study(model, scene_swap(10))
    assert 'two things of each' in study.numbers['pooled']['read_thing']['left_out']
    analysis.side_by_side({'one':study})

def test_sizes(model):
    "Each resolution once."
    study = size_study(model, [scene_swap(4, 32), scene_swap(4, 64)])
    assert list(study.numbers)==[32,64] and study._repr_png_()
    with pytest.raises(ValueError, match='of 32 pixels'): size_study(model, [scene_swap(4, 32)]*2)
