"Maps of the feature space: they repeat themselves, keep apart what is apart, and refuse what they cannot do."
import json, sys

import numpy as np
import pytest

from clippy.maps import centred, feature_map, patch_features, trust, umap_of
from clippy.model import create_model
from clippy.scenes import Scenes, names, things

@pytest.fixture(scope='module')
def model(): return create_model('clippy-scenes', captions=list(names)).eval()

@pytest.fixture(scope='module')
def patches(model):
    scenes = list(Scenes(12))
    return patch_features(model, [s.image for s in scenes], [s.mask for s in scenes], names, most=120)

def test_patches(patches):
    "As many patches as asked for, each with its pixels, what it shows and the image it is from."
    x,is_of,pixels,image = patches
    assert x.shape==(120,128) and pixels.shape==(120,8,8,3)
    assert set(is_of)<=set(names) and set(image)<=set(range(12))

def test_maps_repeat(model, patches, tmp_path):
    "One seed, one map; another seed, another."
    x,is_of,pixels,_ = patches
    one,two = (feature_map(model, x, things, {'what':is_of}, pixels, neighbors=10) for _ in range(2))
    assert (one.points==two.points).all() and one.numbers==two.numbers
    assert one._repr_png_() and json.loads(one.save(tmp_path/'map.json').read_text())['versions']['umap-learn']
    assert not np.allclose(umap_of(one.features, 10, seed=1), umap_of(one.features, 10, seed=0))

def test_trust_repeats(model, patches):
    t = trust(model, patches[0], neighbors=(10,), asked=(5,10))
    assert t.numbers==trust(model, patches[0], neighbors=(10,), asked=(5,10)).numbers and t._repr_png_()

def test_what_does_not_fit(model, patches):
    "Too many neighbours, and labels that are too few, are refused with the number that is allowed."
    x,is_of,*_ = patches
    with pytest.raises(ValueError, match='less than half'): trust(model, x, asked=(60,))
    with pytest.raises(ValueError, match='labels for 120'): feature_map(model, x, things, {'what':is_of[:5]})
    with pytest.raises(ValueError, match='less than the number of features'): umap_of(x, 120)

def test_map_keeps_what_is_apart():
    "Three far groups stay three groups."
    rng,group = np.random.default_rng(0),np.arange(90)%3
    page = umap_of(centred(np.eye(12)[group]+.02*rng.normal(size=(90,12))), 10)
    middle = np.stack([page[group==k].mean(0) for k in range(3)])
    assert (np.linalg.norm(page[:,None]-middle, axis=-1).argmin(1)==group).all()

def test_umap_is_an_extra(monkeypatch):
    "Without umap-learn the sentence says how to install it."
    monkeypatch.setitem(sys.modules, 'umap', None)
    with pytest.raises(ImportError, match='pip install'): umap_of(np.eye(40), 5)
