"Analysis: known features give known answers, photographs and folders good and bad, numbers as JSON, maps that repeat themselves"
import json

import numpy as np
import pytest
import torch
from PIL import Image

from clippy import analysis
from clippy.analysis import (Swap, background_study, bird_study, centred, composite, feature_map, group_shares, patch_features, photo_swap,
    read_background, read_thing, resampled, scene_swap, size_study, swap_features, to_average, trust, umap_of, variance_shares)
from clippy.model import create_model
from clippy.scenes import Scenes, names, things
from clippy.swapped import Birds, bird_names

@pytest.fixture(scope='module')
def model(): return create_model('clippy-scenes', captions=[*names, *bird_names]).eval()

@pytest.fixture(scope='module')
def swap(): return scene_swap(20)

@pytest.fixture
def rng(): return np.random.default_rng(0)

# Variance and probes ------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('size', [0., .5, 1., 2.])
def test_mixture(rng, size):
    a,b,c = rng.normal(size=(300,1,20)),rng.normal(size=(1,9,20)),size*rng.normal(size=(300,9,20))
    parts = np.array([a.var(0, ddof=1).sum(), b.var(1, ddof=1).sum(), 20*size**2])
    assert variance_shares(a+b+c)==pytest.approx(parts/parts.sum(), abs=.02)

def test_nothing_varies(): assert np.isnan(variance_shares(np.ones((3,4,5)))).all()

def test_shares_do_not_depend_on_scale_or_origin(rng):
    x = rng.normal(size=(10,4,6))
    assert variance_shares(3*x+5)==pytest.approx(variance_shares(x))

def test_intervals_hold_what_they_promise():
    "Over 60 draws of things, the interval of 95 % holds the true share of the thing nearly always."
    held = 0
    for s in range(60):
        rng = np.random.default_rng(s)
        x = rng.normal(size=(40,1,8))+rng.normal(size=(40,7,8)) # half the variance is the thing's
        low,high = resampled(lambda i: variance_shares(x[i])[0], 40, draws=120, seed=s)
        held += low<=.5<=high
    assert held>=51

def test_a_name_needs_two_things(rng):
    with pytest.raises(ValueError, match='b is there only once'): read_thing(rng.normal(size=(3,4,5)), ('a','a','b'))
    with pytest.raises(ValueError, match='All things are called a'): read_thing(rng.normal(size=(3,4,5)), ('a','a','a'))

def test_probe_does_not_remember(rng):
    "Each thing has a vector of its own, and so has its name: only the name helps with things never seen."
    own,called = rng.normal(size=(40,1,60)),tuple('ab'[i%2] for i in range(40))
    assert read_thing(own+.1*rng.normal(size=(40,5,60)), called)['accuracy']<.75
    assert read_background(own+.01*rng.normal(size=(40,5,60)))['accuracy']<.35

def test_probes_repeat(rng):
    x = rng.normal(size=(12,4,6))
    assert read_background(x, seed=3)==read_background(x, seed=3)

def test_groups_need_two_pictures():
    with pytest.raises(ValueError, match='5, 0, 0, 0'): group_shares(np.ones((5,3)), np.zeros((5,2), int))

# Pictures -----------------------------------------------------------------------------------------------------------

def test_composite(rng):
    old,new = rng.integers(0, 256, (2,20,30,3), dtype=np.uint8)
    mask = np.zeros((20,30), bool); mask[6:12,8:20] = True
    for soft in (0,.5,2,6):
        made = composite(Image.fromarray(old), mask, Image.fromarray(new), soft)
        assert (made[mask]==old[mask]).all()
        assert (made[:,:1]==new[:,:1]).all()
    edge = composite(np.zeros_like(old), mask, np.full_like(new, 255), 3)[8,19:26,0].astype(int)
    assert edge[0]==0 and edge[-1]==255 and (np.diff(edge)>=0).all() and len(set(edge))>3 # soft, and always lighter outwards

@pytest.mark.parametrize('mask,background,what', [((20,20),(20,20,3),'must be of one size'), ((20,30),(20,30,4),'must be of one size'), ((20,30),(20,30,3),'empty')])
def test_composite_refuses(mask, background, what):
    with pytest.raises(ValueError, match=what): composite(np.zeros((20,30,3), np.uint8), np.zeros(mask, bool), np.zeros(background, np.uint8))

def test_photographs(tmp_path, rng):
    "A thing at the border of a wide picture stays whole; backgrounds are read from a folder in the order of their names"
    image = Image.fromarray(rng.integers(0, 256, (40,90,3), dtype=np.uint8))
    mask = np.zeros((40,90), bool); mask[10:30,70:88] = True
    for n in ('b.png','a.jpg'): Image.fromarray(rng.integers(0, 256, (50,60,3), dtype=np.uint8)).save(tmp_path/n)
    (tmp_path/'notes.txt').write_text('not a picture')
    made = photo_swap([(image, mask)]*2, ('x','x'), tmp_path, 40, soft=0)
    assert made.backgrounds==('a','b') and made.images.shape==(2,2,40,40,3)
    assert made.masks[0].sum()==mask.sum()
    assert (made.images[0,0][made.masks[0]]==np.asarray(image)[mask]).all()
    Image.new('RGB', (9,9)).save(tmp_path/'c.webp'); assert photo_swap([(image, mask)]*2, ('x','x'), tmp_path, 40, soft=0).backgrounds==('a','b','c')
    Image.new('RGB', (9,9)).save(tmp_path/'a.png')
    with pytest.raises(ValueError, match='a more than once'): photo_swap([(image, mask)]*2, ('x','x'), tmp_path)
    (tmp_path/'a.png').unlink()
    with pytest.raises(FileNotFoundError, match='not a folder'): photo_swap([(image, mask)]*2, ('x','x'), tmp_path/'none')
    with pytest.raises(ValueError, match='empty'): photo_swap([(image, mask & False)]*2, ('x','x'), tmp_path)

def test_swap_is_checked(swap):
    with pytest.raises(ValueError, match='need 20 masks'): Swap(swap.images, swap.masks[:3], swap.things, swap.backgrounds)
    with pytest.raises(ValueError, match='two things'): Swap(swap.images[:1], swap.masks[:1], swap.things[:1], swap.backgrounds)
    with pytest.raises(ValueError, match='Thing 1 has an empty mask'): Swap(swap.images[:2], np.stack([swap.masks[0], swap.masks[0]&False]), swap.things[:2], swap.backgrounds)

# Studies ------------------------------------------------------------------------------------------------------------

def test_features(model, swap):
    f = swap_features(model, swap)
    for x in (f.pooled, f.own): np.testing.assert_allclose(np.linalg.norm(x, axis=-1), 1, atol=1e-5)
    assert f.moved.min()>=-1e-6 and f.cover.max()<=1
    still = Swap(np.repeat(swap.images[:3,:1], 4, 1), swap.masks[:3], swap.things[:3], ('a','b','c','d')) # the same picture four times
    f = swap_features(model, still)
    np.testing.assert_allclose(to_average(f.pooled), 1, atol=1e-5); np.testing.assert_allclose(f.moved, 0, atol=1e-5)

def test_small_things_keep_their_best_patch(model, swap):
    masks = np.zeros_like(swap.masks[:2]); masks[:,9:12,9:12] = True # a ninth of one patch
    f = swap_features(model, Swap(swap.images[:2], masks, swap.things[:2], swap.backgrounds))
    assert f.cover.max()<.5 and np.isfinite(f.own).all()

def test_background_study(model, swap, tmp_path):
    one,two = background_study(model, swap),background_study(model, swap)
    saved = [json.loads(o.save(tmp_path/f'{i}.json').read_text()) for i,o in enumerate((one,two))]
    assert saved[0]==saved[1] and {'numbers','model','pictures','seed','versions','pooling'}<=set(saved[0])
    assert sum(p['share'] for p in one.numbers['pooled']['shares'].values())==pytest.approx(1)
    assert one._repr_png_()[:4]==b'\x89PNG' and one._repr_png_()==two._repr_png_()

def test_things_without_a_second_one(model):
    s = scene_swap(10)
    n = background_study(model, s).numbers
    assert 'two things of each' in n['pooled']['read_thing']['left_out']
    analysis.side_by_side({'one':background_study(model, s)})

def test_sizes(model):
    s = size_study(model, [scene_swap(4, 32), scene_swap(4, 64)])
    assert list(s.numbers)==[32,64] and s._repr_png_()
    with pytest.raises(ValueError, match='of 32 pixels'): size_study(model, [scene_swap(4, 32)]*2)

def test_birds(model, tmp_path):
    scenes = [Birds(16, 'test')[i] for i in range(16)]
    look = lambda masks=None: bird_study(model, [s.image for s in scenes], [s.group for s in scenes], bird_names[:2], bird_names[2:], masks)
    plain,masked = look(),look([s.mask<2 for s in scenes])
    assert list(plain.numbers['votes'])==['all'] and list(masked.numbers['votes'])==['on_bird','elsewhere']
    for v in masked.numbers['votes'].values(): assert np.array(v).sum(1)==pytest.approx(1)
    right = np.array([s.group[0] for s in scenes])==plain.answer
    assert plain.numbers['accuracy']['average']==pytest.approx(right.mean())
    assert json.loads(masked.save(tmp_path/'birds.json').read_text())['numbers']['pictures']==[4]*4 and masked._repr_png_()
    assert (plain.errors() is None)==right.all()

# Maps ---------------------------------------------------------------------------------------------------------------

def test_maps(model, tmp_path):
    scenes = list(Scenes(12))
    x,is_of,pixels,picture = patch_features(model, [s.image for s in scenes], [s.mask for s in scenes], names, most=120)
    assert x.shape==(120,128) and pixels.shape==(120,8,8,3) and set(is_of)<=set(names) and set(picture)<=set(range(12))
    one,two = (feature_map(model, x, things, {'what':is_of}, pixels, neighbors=10) for _ in range(2))
    assert (one.points==two.points).all() and one.numbers==two.numbers
    assert one._repr_png_() and json.loads(one.save(tmp_path/'map.json').read_text())['versions']['umap-learn']
    assert not np.allclose(umap_of(one.features, 10, seed=1), umap_of(one.features, 10, seed=0))
    t = trust(model, x, neighbors=(10,), asked=(5,10))
    assert t.numbers==trust(model, x, neighbors=(10,), asked=(5,10)).numbers and t._repr_png_()
    with pytest.raises(ValueError, match='less than half'): trust(model, x, asked=(60,))
    with pytest.raises(ValueError, match='labels for 120'): feature_map(model, x, things, {'what':is_of[:5]})
    with pytest.raises(ValueError, match='less than the number of features'): umap_of(x, 120)

def test_map_keeps_what_is_apart(rng):
    "Three far groups stay three groups"
    group = np.arange(90)%3
    page = umap_of(centred(np.eye(12)[group]+.02*rng.normal(size=(90,12))), 10)
    middle = np.stack([page[group==k].mean(0) for k in range(3)])
    assert (np.linalg.norm(page[:,None]-middle, axis=-1).argmin(1)==group).all()

def test_umap_is_an_extra(monkeypatch):
    monkeypatch.setitem(__import__('sys').modules, 'umap', None)
    with pytest.raises(ImportError, match='pip install'): umap_of(np.eye(40), 5)
