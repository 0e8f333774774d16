"Groups without words on data sets that are written here: void, background, instances, annotators, saved groups"
import json, pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.io import savemat
from sklearn.cluster import KMeans, SpectralClustering

from clippy.eval import evaluate, find_task
from clippy.group import Group, GroupProtocol, RegionSource, background, enlarge, jaccard, methods, region_row, void
from clippy.masks import open_masks
from clippy.saved import load
from clippy.scenes import draw_scene, write_folder
from clippy.segment_masks import MaskSource

real = Path(__file__).resolve().parents[2]/'shared/data'

@pytest.fixture(scope='module')
def model(): return load('scenes')

@pytest.fixture
def voc(tmp_path):
    "Four scenes as VOC: two things are classes 3 and 7, the background is 0; the upper eight rows are void"
    root = tmp_path/'VOC2012'
    for part in 'JPEGImages','SegmentationClass','SegmentationObject','ImageSets/Segmentation':
        (root/part).mkdir(parents=True)
    for i in range(4):
        s = draw_scene(5, i, 72, things=('boat','star'))
        label = np.select([s.mask==s.names.index(t) for t in s.things], [3,7], 0).astype(np.uint8)
        label[:8] = 255
        Image.fromarray(s.image).save(root/f'JPEGImages/{i}.jpg', quality=95)
        Image.fromarray(label).save(root/f'SegmentationClass/{i}.png')
        Image.fromarray(np.where((label>0)&(label<255), 1, label)).save(root/f'SegmentationObject/{i}.png')
    (root/'ImageSets/Segmentation/val.txt').write_text('0\n1\n2\n3\n')
    return root

def plain_tokens(model, path, size):
    "A squashed image through the tower, in plain operations: `[h,w,D]`, as they are pooled"
    x = np.asarray(Image.open(path).convert('RGB').resize((size,size), Image.Resampling.BICUBIC), np.float32)/255
    x = torch.tensor((x-np.array(model.config.mean))/np.array(model.config.std)).permute(2,0,1)[None].float()
    with torch.no_grad(): tokens = model.proj(model.image.forward_features(x))[0,model.image.num_prefix_tokens:]
    return tokens.double().numpy().reshape(size//model.patch[0], -1, tokens.shape[-1])

def plain_pca(tokens, n, center='pca', sign='patch', normalize=False):
    """Singular vectors of the patches; the patch that lies furthest along one is on its positive side; cosines.
    `[h,w,n]`"""
    x = tokens.reshape(-1, tokens.shape[-1])
    if normalize: x = x/np.linalg.norm(x, axis=1, keepdims=True)
    z = x if center=='none' else x-x.mean(0)
    axes = np.linalg.svd(z, full_matrices=False)[2][:n//2 if sign=='pair' else n]
    along = axes@z.T
    if sign=='pair': axes = np.concatenate([axes, -axes])
    else: axes = axes*np.sign(along[np.arange(n), np.abs(along).argmax(1)])[:,None]
    x = z if center=='both' else x
    return (x/np.linalg.norm(x, axis=1, keepdims=True)@axes.T).reshape(*tokens.shape[:2], -1)

def plain_kmeans(tokens, n, normalize=False):
    "How near each patch is to scikit-learn's means"
    x = tokens.reshape(-1, tokens.shape[-1])
    if normalize: x = x/np.linalg.norm(x, axis=1, keepdims=True)
    means = KMeans(n, n_init=4, random_state=0).fit(x).cluster_centers_
    return -((x[:,None]-means)**2).sum(2).reshape(*tokens.shape[:2], n)

def plain_spectral(tokens, n):
    "scikit-learn's clusters of patches that are as near as their cosine, where that is above zero"
    x = tokens.reshape(-1, tokens.shape[-1])
    x = x/np.linalg.norm(x, axis=1, keepdims=True)
    found = SpectralClustering(n, affinity='precomputed', assign_labels='cluster_qr',
        random_state=0).fit_predict(np.maximum(x@x.T, 0))
    return np.eye(n)[found].reshape(*tokens.shape[:2], n)

def weights_along(n, m):
    "What each of `m` pixels takes from `n` patches, linear between their centres"
    at = np.clip((np.arange(m)+.5)*n/m-.5, 0, n-1)
    low = np.minimum(at.astype(int), n-2)
    w = np.zeros((m,n))
    w[np.arange(m),low] = 1-(at-low)
    w[np.arange(m),low+1] = at-low
    return w

def plain_groups(scores, size, nearest=False):
    "The best group of every pixel; `nearest`: of the patch that the pixel's centre lies in"
    h,w = scores.shape[:2]
    if nearest: return scores.argmax(2)[np.ix_(*(((np.arange(m)+.5)*n/m).astype(int) for n,m in zip((h,w), size)))]
    return np.einsum('yh,xw,hwn->yxn', weights_along(h, size[0]), weights_along(w, size[1]), scores).argmax(2)

def by_hand(model, voc, exclude, kind='Class', scores=plain_pca, nearest=False, **kw):
    "JS over regions, and over images, in plain numpy from the image to the number"
    each = []
    for i in range(4):
        label = np.array(Image.open(voc/f'Segmentation{kind}/{i}.png'))
        groups = plain_groups(scores(plain_tokens(model, voc/f'JPEGImages/{i}.jpg', 64), 8, **kw), label.shape, nearest)
        keep = label!=255 if exclude else np.ones_like(label, bool)
        each.append([max(((groups==g)&(label==k)).sum()/(((groups==g)&keep)|(label==k)).sum() for g in range(8))
            for k in np.unique(label) if k not in (0,255)])
    return np.mean(sum(each, [])), np.mean([np.mean(o) for o in each])

@pytest.mark.parametrize('rule', ['exclude','background'])
def test_void(model, voc, rule):
    r = evaluate(model, 'voc-js', voc, limit=4, size=64, void=rule)
    assert np.allclose([r.numbers['js_regions'],r.numbers['js_images']], by_hand(model, voc, rule=='exclude'),
        atol=1e-9)
    assert r.details['regions']==8 and {k:o['regions'] for k,o in r.details['by_class'].items()}=={'bird':4,'car':4}
    assert r.primary=='js_regions' and not r.images['whole'] and r.words=={}

@pytest.mark.parametrize('how', [dict(upsampling='nearest'), dict(center='none'), dict(center='both'),
    dict(normalize=True), dict(center='both', sign='pair')],
    ids=lambda changes: '+'.join(f'{k}={v}' for k,v in changes.items()))
def test_choices_by_hand(model, voc, how):
    "Every choice of the protocol gives what plain numpy makes of it"
    r = evaluate(model, 'voc-js', voc, limit=4, size=64, bootstrap_samples=0, **how)
    plain = dict(how)
    nearest = plain.pop('upsampling', '')=='nearest'
    assert np.allclose([r.numbers['js_regions'],r.numbers['js_images']],
        by_hand(model, voc, True, nearest=nearest, **plain), atol=1e-9)

def test_spectral_by_hand(model, voc):
    r = evaluate(model, 'voc-js', voc, protocol='spectral', limit=4, size=64, bootstrap_samples=0, upsampling='nearest')
    assert np.allclose([r.numbers['js_regions'],r.numbers['js_images']],
        by_hand(model, voc, True, scores=plain_spectral, nearest=True), atol=1e-9)
    x = torch.randn(6, 7, 32, generator=torch.Generator().manual_seed(2)).double() # half of the cosines are below zero
    assert np.array_equal(methods['spectral'](x, 5).numpy(), plain_spectral(x.numpy(), 5))

@pytest.mark.parametrize('h,w,size', [(3,5,(7,16)), (4,4,(6,10)), (8,8,(72,72)), (5,3,(4,2)), (7,7,(20,21)),
    (1,2,(3,5))])
def test_nearest_is_where_the_centre_lies(h, w, size):
    "A pixel takes the group of the patch that holds its centre, at any ratio of sizes, smaller ones too"
    scores = torch.rand(h, w, 9, generator=torch.Generator().manual_seed(h*w)).double()
    assert (enlarge(scores, size, 'nearest').numpy()==plain_groups(scores.numpy(), size, nearest=True)).all()
    if min(h,w)>1: assert (enlarge(scores, size).numpy()==plain_groups(scores.numpy(), size)).all()

def test_squashed_regions_are_where_the_centre_lies(model, voc):
    "Ground truth at the size of the model, for groups and for words: the label under each pixel's centre, and no other"
    at = ((np.arange(20)+.5)*72/20).astype(int)
    for i in range(4):
        label = np.array(Image.open(voc/f'SegmentationClass/{i}.png'))
        want = np.where(label==255, void, np.where(label==0, background, label.astype(int)))[np.ix_(at, at)]
        assert (RegionSource(open_masks('voc', voc), lambda im: im, side=20)[i]['maps'][0].numpy()==want).all()
        assert (MaskSource(open_masks('voc', voc), lambda im: im, side=20)[i]['target'].numpy()
            ==label[np.ix_(at, at)]).all()

def test_instances(model, voc):
    r = evaluate(model, 'voc-js', voc, limit=4, size=64, regions='instance', method='kmeans')
    assert np.allclose(list(r.numbers.values()), by_hand(model, voc, True, 'Object', plain_kmeans), atol=1e-9)
    assert r.details['regions']==4 and not r.details['by_class']
    r = evaluate(model, 'voc-js', voc, protocol='kmeans', limit=4, size=64)
    assert np.allclose(list(r.numbers.values()), by_hand(model, voc, True, 'Class', plain_kmeans, normalize=True),
        atol=1e-9)
    with pytest.raises(ValueError, match="voc has regions of kind class, instance, not 'thing'"):
        evaluate(model, 'voc-js', voc, limit=4, regions='thing')

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
    b = evaluate(model, 'voc-js', voc, limit=4, size=64, batch_size=4, workers=1, save_predictions=tmp_path/'out',
        out=tmp_path/'r.json')
    assert np.allclose(list(a.numbers.values()), list(b.numbers.values()), atol=1e-3)
    assert json.loads((tmp_path/'r.json').read_text())['numbers']==b.numbers
    saved = [np.array(Image.open(tmp_path/f'out/voc-js/{i}.png')) for i in range(4)]
    assert all(o.shape==(72,72) and o.max()<8 for o in saved)
    again = [jaccard(torch.from_numpy(g), RegionSource(open_masks('voc', voc), lambda im: im)[i]['maps'][0]) for i,
        g in enumerate(saved)]
    assert np.isclose(torch.cat(again).mean().item(), b.numbers['js_regions'])

def test_annotators(model, tmp_path):
    "BSDS: two people, one of whom sees two regions, the other four"
    for part in 'images/test','groundTruth/test': (tmp_path/part).mkdir(parents=True)
    left,quarters = np.ones((40,56), np.uint16),np.ones((40,56), np.uint16)
    left[:,28:] = 2
    quarters[:,28:] += 1
    quarters[20:] += 2
    Image.fromarray(draw_scene(0, 0, 56).image[:40]).save(tmp_path/'images/test/1.jpg')
    cells = np.empty((1,2), object)
    for j,m in enumerate((left,quarters)): cells[0,j] = dict(Segmentation=m, Boundaries=np.zeros_like(m))
    savemat(tmp_path/'groundTruth/test/1.mat', dict(groundTruth=cells))
    r = evaluate(model, 'bsds-js', tmp_path, limit=1, size=64, save_predictions=tmp_path/'out')
    groups = torch.from_numpy(np.array(Image.open(tmp_path/'out/bsds-js/1.png')))
    a,b = (jaccard(groups, torch.from_numpy(m.astype(np.int64))) for m in (left,quarters))
    assert np.isclose(r.numbers['js_regions'], torch.cat([a,b]).mean())
    assert np.isclose(r.numbers['js_images'], (a.mean()+b.mean())/2)
    assert r.details['regions']==6 and np.isclose(r.details['one_group']['js_images'], (1/2+1/4)/2)

def test_own_folder(model, tmp_path):
    write_folder(tmp_path/'own', 4, seed=3, progress=False)
    own = evaluate(model, 'masks-js', tmp_path/'own', size=64)
    drawn = evaluate(model, 'scenes-js', number=4, seed=3, size=64, draw=64)
    assert np.allclose(list(own.numbers.values()), list(drawn.numbers.values()), atol=1e-9)
    assert own.details['by_class']==drawn.details['by_class']
    assert pickle.loads(pickle.dumps(find_task('masks-js')(tmp_path/'own', GroupProtocol(), model).source)).key(
        2)=='00002'

def test_no_region(model, voc):
    "An image of nothing but background has no say"
    whole = evaluate(model, 'voc-js', voc, limit=4, size=64)
    Image.fromarray(np.zeros((72,72), np.uint8)).save(voc/'SegmentationClass/0.png')
    r = evaluate(model, 'voc-js', voc, limit=4, size=64)
    assert r.details['regions']==6
    assert r.details['images_without_region']==1
    assert whole.details['images_without_region']==0
    groups = [plain_groups(plain_pca(plain_tokens(model, voc/f'JPEGImages/{i}.jpg', 64), 8), (72,72)) for i in (1,2,3)]
    labels = [np.array(Image.open(voc/f'SegmentationClass/{i}.png')) for i in (1,2,3)]
    each = [np.mean([max(((g==j)&(m==k)).sum()/(((g==j)&(m!=255))|(m==k)).sum() for j in range(8)) for k in (3,7)])
        for g,m in zip(groups, labels)]
    assert r.numbers['js_images']==pytest.approx(np.mean(each), abs=1e-6)
    for i in range(4): Image.fromarray(np.zeros((72,72), np.uint8)).save(voc/f'SegmentationClass/{i}.png')
    assert np.isnan(evaluate(model, 'voc-js', voc, limit=4, size=64).numbers['js_regions'])

@pytest.mark.parametrize('method', methods)
def test_odd_images(method):
    "One row of patches; all the same; two kinds"
    rng = torch.Generator().manual_seed(0)
    row,flat = torch.rand(1,40,32, generator=rng),torch.ones(6,6,32)
    two = torch.where(torch.arange(6)[:,None,None]<3, torch.rand(32, generator=rng),
        torch.rand(32, generator=rng)).expand(6,6,32)
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

def test_small_medium_large():
    """Regions below a hundredth of the image are small, below a tenth medium; void pixels are no part of the image;
    by class as by size"""
    regions = np.full((110,100), background)
    regions[100:] = void
    at = 0
    sizes_of = {0:99, 1:100, 2:999, 3:1000, 4:5000, 5:1}
    flat = regions[:100].reshape(-1)
    for k,n in sizes_of.items():
        flat[at:at+n] = k
        at += n
    regions[:100] = flat.reshape(100,100)
    groups = np.add.outer(np.arange(110)//37, np.arange(100)//50*3)
    job = object.__new__(Group)
    job.classes = [f'class {k}' for k in range(6)]
    d = job.details(np.stack([region_row(torch.from_numpy(groups), [torch.from_numpy(regions)], 6)]*2))
    keep = regions!=void
    best = [max(((groups==g)&(regions==k)).sum()/(((groups==g)&keep)|(regions==k)).sum() for g in range(6))
        for k in range(6)]
    kinds = dict(small=[0,5], medium=[1,2], large=[3,4])
    assert d['by_size']=={o:dict(regions=2*len(ks), js=pytest.approx(np.mean([best[k] for k in ks]))) for o,
        ks in kinds.items()}
    assert d['by_class']=={f'class {k}':dict(regions=2, js=pytest.approx(best[k])) for k in range(6)}
    assert d['regions']==12 and d['groups_with_pixels']==len(np.unique(groups))
    assert d['one_group']['js_regions']==pytest.approx(sum(sizes_of.values())/6/10000)

# Pieces, against plain code -------------------------------------------------------------------------------------------

@pytest.mark.parametrize('method', ['kmeans','spectral'])
def test_kinds_of_patches_are_found(method):
    "Patches of three kinds, two of them opposite, in patches of noise: three groups, exactly these."
    rng = np.random.default_rng(0)
    kinds = rng.integers(0, 3, (6,7))
    axes = np.zeros((3,8))
    axes[0,0] = 1
    axes[1,0] = -1
    axes[2,1] = 1
    patches = torch.tensor(5*axes[kinds]+.2*rng.normal(size=(6,7,8)))
    found = methods[method](patches, 3).argmax(-1).numpy()
    assert len({*zip(kinds.flat, found.flat)})==3

def test_painted_groups():
    "65 % of the colour of a group over the grey image."
    from clippy.group import _paint
    from matplotlib import colormaps
    groups,image = np.array([[0,1],[3,1]]),np.full((2,2,3), 100, np.uint8)
    colours = np.array(colormaps['tab10'].colors)*255
    assert np.abs(_paint(groups, image)-(.65*colours[groups]+.35*100)).max()<=1
    assert np.abs(_paint(groups)-colours[groups]).max()<=1

def test_details_by_hand(model):
    "Regions of three sizes, images without any, and how many groups have pixels."
    job = find_task('scenes-js')('', find_task('scenes-js').protocols['clippy'], model)
    job.classes = ['a','b']
    rows = np.array([[2, 1.2, .6, .5, .25, 4, 1,1,0, .7,.5,0, 2,0, 1.2,0], [0]*5+[6]+[0]*10,
        [1, .4, .4, .3, .3, 5, 0,0,1, 0,0,.4, 0,1, 0,.4]], float)
    found = job.details(rows)
    assert (found['regions'], found['images_without_region'], found['groups_with_pixels'])==(3, 1, 5)
    assert found['one_group']==dict(js_regions=pytest.approx(.8/3), js_images=pytest.approx(.55/2))
    assert found['by_size']==dict(small=dict(regions=1, js=.7), medium=dict(regions=1, js=.5),
        large=dict(regions=1, js=.4))
    assert found['by_class']==dict(a=dict(regions=2, js=.6), b=dict(regions=1, js=.4))
    numbers = job.numbers(rows, np.array([[1,1,1],[0,1,2]]))
    assert numbers['js_regions']==pytest.approx([1.6/3, .4]) and numbers['js_images']==pytest.approx([.5, .4])
