"Groups without words on data sets that are written here: void, background, instances, annotators, saved groups"
import json, pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.io import savemat

from clippy.eval import evaluate, find_task, image_transform
from clippy.group import GroupProtocol, RegionSource, enlarge, groups_by_kmeans, groups_by_pca, groups_by_spectral, jaccard, make_groups, methods, void
from clippy.masks import open_masks
from clippy.model import load
from clippy.scenes import draw_scene, show_mask, write_folder

demo = Path(__file__).parents[1]/'nbs/demo/model'
real = Path(__file__).resolve().parents[2]/'shared/data'

@pytest.fixture(scope='module')
def model(): return load(demo)

@pytest.fixture
def voc(tmp_path):
    "Four scenes as VOC: two things are classes 3 and 7, the background is 0; the upper eight rows are void"
    root = tmp_path/'VOC2012'
    for o in 'JPEGImages','SegmentationClass','SegmentationObject','ImageSets/Segmentation': (root/o).mkdir(parents=True)
    for i in range(4):
        s = draw_scene(5, i, 72, things=('boat','star'))
        label = np.select([s.mask==s.names.index(t) for t in s.things], [3,7], 0).astype(np.uint8)
        label[:8] = 255
        Image.fromarray(s.image).save(root/f'JPEGImages/{i}.jpg', quality=95)
        Image.fromarray(label).save(root/f'SegmentationClass/{i}.png')
        Image.fromarray(np.where((label>0)&(label<255), 1, label)).save(root/f'SegmentationObject/{i}.png')
    (root/'ImageSets/Segmentation/val.txt').write_text('0\n1\n2\n3\n')
    return root

def by_hand(model, voc, exclude, kind='Class', **kw):
    "JS over regions, and over images, in plain numpy"
    each,protocol = [],GroupProtocol(size=64, **kw)
    for i in range(4):
        label = np.array(Image.open(voc/f'Segmentation{kind}/{i}.png'))
        x = image_transform(protocol, model)(Image.open(voc/f'JPEGImages/{i}.jpg'))[None]
        with torch.no_grad(): groups = make_groups(model.encode_patches(x, normalize=False)[0], label.shape, protocol).numpy()
        keep = label!=255 if exclude else np.ones_like(label, bool)
        each.append([max(((groups==g)&(label==k)).sum()/(((groups==g)&keep)|(label==k)).sum() for g in range(8)) for k in np.unique(label) if k not in (0,255)])
    return np.mean(sum(each, [])), np.mean([np.mean(o) for o in each])

@pytest.mark.parametrize('rule', ['exclude','background'])
def test_void(model, voc, rule):
    r = evaluate(model, 'voc-js', voc, limit=4, size=64, void=rule)
    assert np.allclose([r.numbers['js_regions'],r.numbers['js_images']], by_hand(model, voc, rule=='exclude'), atol=1e-9)
    assert r.details['regions']==8 and {k:o['regions'] for k,o in r.details['by_class'].items()}=={'bird':4,'car':4}
    assert r.main=='js_regions' and not r.images['whole'] and r.words=={}

def test_instances(model, voc):
    r = evaluate(model, 'voc-js', voc, limit=4, size=64, regions='instance', method='kmeans')
    assert np.allclose(list(r.numbers.values()), by_hand(model, voc, True, 'Object', method='kmeans'), atol=1e-9)
    assert r.details['regions']==4 and not r.details['by_class']
    with pytest.raises(ValueError, match="voc has regions of kind class, instance, not 'thing'"): evaluate(model, 'voc-js', voc, limit=4, regions='thing')

def test_squashed(model, voc):
    "The protocol `dino`: image and regions at 512, void scored as background"
    r = evaluate(model, 'voc-js', voc, protocol='dino', limit=2)
    assert r.protocol['size']==512 and r.protocol['target']=='square'
    maps = RegionSource(open_masks('voc', voc), lambda im: im, exclude=False, side=512)[0]['maps']
    assert maps[0].shape==(512,512) and set(maps[0].unique().tolist())=={-1,3,7}
    assert set(RegionSource(open_masks('voc', voc), lambda im: im)[0]['maps'][0].unique().tolist())=={void,-1,3,7}

def test_same_on_any_path(model, voc, tmp_path):
    "Batches, workers and saved groups"
    a = evaluate(model, 'voc-js', voc, limit=4, size=64, batch_size=1)
    b = evaluate(model, 'voc-js', voc, limit=4, size=64, batch_size=4, workers=1, save_predictions=tmp_path/'out', out=tmp_path/'r.json')
    assert np.allclose(list(a.numbers.values()), list(b.numbers.values()), atol=1e-3)
    assert json.loads((tmp_path/'r.json').read_text())['numbers']==b.numbers
    saved = [np.array(Image.open(tmp_path/f'out/voc-js/{i}.png')) for i in range(4)]
    assert all(o.shape==(72,72) and o.max()<8 for o in saved)
    again = [jaccard(torch.from_numpy(g), RegionSource(open_masks('voc', voc), lambda im: im)[i]['maps'][0]) for i,g in enumerate(saved)]
    assert np.isclose(torch.cat(again).mean().item(), b.numbers['js_regions'])

def test_annotators(model, tmp_path):
    "BSDS: two people, one of whom sees two regions, the other four"
    for o in 'images/test','groundTruth/test': (tmp_path/o).mkdir(parents=True)
    left,quarters = np.ones((40,56), np.uint16),np.ones((40,56), np.uint16)
    left[:,28:] = 2; quarters[:,28:] += 1; quarters[20:] += 2
    Image.fromarray(draw_scene(0, 0, 56).image[:40]).save(tmp_path/'images/test/1.jpg')
    cells = np.empty((1,2), object)
    for j,m in enumerate((left,quarters)): cells[0,j] = dict(Segmentation=m, Boundaries=np.zeros_like(m))
    savemat(tmp_path/'groundTruth/test/1.mat', dict(groundTruth=cells))
    r = evaluate(model, 'bsds-js', tmp_path, limit=1, size=64, save_predictions=tmp_path/'out')
    groups = torch.from_numpy(np.array(Image.open(tmp_path/'out/bsds-js/1.png')))
    a,b = (jaccard(groups, torch.from_numpy(m.astype(np.int64))) for m in (left,quarters))
    assert np.isclose(r.numbers['js_regions'], torch.cat([a,b]).mean()) and np.isclose(r.numbers['js_images'], (a.mean()+b.mean())/2)
    assert r.details['regions']==6 and np.isclose(r.details['one_group']['js_images'], (1/2+1/4)/2)

def test_own_folder(model, tmp_path):
    write_folder(tmp_path/'own', 4, seed=3, progress=False)
    own = evaluate(model, 'masks-js', tmp_path/'own', size=64)
    drawn = evaluate(model, 'scenes-js', number=4, seed=3, size=64, draw=64)
    assert np.allclose(list(own.numbers.values()), list(drawn.numbers.values()), atol=1e-9)
    assert own.details['by_class']==drawn.details['by_class']
    assert pickle.loads(pickle.dumps(find_task('masks-js')(tmp_path/'own', GroupProtocol(), model).source)).key(2)=='00002'

def test_no_region(model, voc):
    "An image of nothing but background has no say"
    whole = evaluate(model, 'voc-js', voc, limit=4, size=64)
    Image.fromarray(np.zeros((72,72), np.uint8)).save(voc/'SegmentationClass/0.png')
    r = evaluate(model, 'voc-js', voc, limit=4, size=64)
    assert r.details['regions']==6 and r.details['images_without_region']==1 and whole.details['images_without_region']==0
    for i in range(4): Image.fromarray(np.zeros((72,72), np.uint8)).save(voc/f'SegmentationClass/{i}.png')
    assert np.isnan(evaluate(model, 'voc-js', voc, limit=4, size=64).numbers['js_regions'])

@pytest.mark.parametrize('method', methods)
def test_odd_pictures(method):
    "One row of patches; all the same; two kinds"
    rng = torch.Generator().manual_seed(0)
    row,flat = torch.rand(1,40,32, generator=rng),torch.ones(6,6,32)
    two = torch.where(torch.arange(6)[:,None,None]<3, torch.rand(32, generator=rng), torch.rand(32, generator=rng)).expand(6,6,32)
    for x in row,flat,two:
        scores = methods[method](x)
        assert scores.shape==(*x.shape[:2],8) and scores.isfinite().all()
        assert torch.equal(scores, methods[method](x.clone()))
        assert enlarge(scores, (13,7)).shape==(13,7)
    with pytest.raises(ValueError, match='8 groups of 6 patches with 32 channels'): methods[method](flat[:2,:3])

@pytest.mark.skipif(not (real/'VOCdevkit').is_dir(), reason='needs photographs of VOC')
def test_photographs(model):
    r = evaluate(model, 'voc-js', real/'VOCdevkit', limit=6, size=128)
    assert r.details['one_group']['js_regions']<r.numbers['js_regions']<1
