"Waterbirds: layouts good and bad, the same numbers on any path, saved answers."
import csv, pickle, shutil
from collections import Counter
from copy import deepcopy

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.stats import binomtest

from clippy.eval import evaluate, find_task, pick_protocol
from clippy.robust import (BirdProtocol, DrawnBirds, Waterbirds, against_resolution, group_numbers, groups, show_groups,
    show_resolution, show_votes, vote)
from clippy.saved import load
from clippy.swapped import Birds
from plain_model import plain_answers

@pytest.fixture(scope='module')
def model(): return load('scenes')

@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch): monkeypatch.setenv('CLIPPY_CACHE', str(tmp_path/'cache'))

# Waterbirds ---------------------------------------------------------------------------------------------------------

columns = 'img_id','img_filename','y','split','place','place_filename'

def write(root, rows, columns=columns, bom=False):
    with open(root/'metadata.csv', 'w', newline='', encoding='utf-8-sig' if bom else 'utf-8') as f:
        out = csv.DictWriter(f, columns, extrasaction='ignore', restval='')
        out.writeheader()
        out.writerows(rows)

@pytest.fixture
def root(tmp_path):
    "12 images: 8 of the test split, two in each group, and 4 of the validation split"
    folder,rows = tmp_path/'data/waterbird_complete95_forest2water2',[]
    for i,s in enumerate(Birds(12, 'test', size=72)):
        name = f'{i%3:03}.Bird/Bird_{i}.jpg'
        (folder/name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(s.image).crop((0,0,72,64 if i%2 else 72)).save(folder/name, quality=95)
        rows.append(dict(img_id=i, img_filename=name, y=s.group[0], split=2 if i<8 else 1, place=s.group[1]))
    write(folder, rows)
    return folder, rows

def test_root_or_parent(root):
    folder,rows = root
    for path in folder, folder.parent, str(folder):
        data = Waterbirds(path)
        assert len(data)==8 and data.expected==5794 and not data.notes
        assert Counter(data.labels)=={(b,p):2 for b in (0,1) for p in (0,1)}
    assert len(Waterbirds(folder, 'val'))==4 and Waterbirds(folder, 'val').expected==1199
    shutil.copytree(folder, folder.parent/'waterbirds_v1.0')
    with pytest.raises(ValueError, match='2 data sets: waterbird_complete95_forest2water2, waterbirds_v1.0'):
        Waterbirds(folder.parent)

def test_items(root):
    folder,rows = root
    data = pickle.loads(pickle.dumps(Waterbirds(folder)))
    image,bird,place = data[5]
    assert image.size==(72,64)
    assert (bird,place)==(rows[5]['y'],rows[5]['place'])
    assert data.key(5)==rows[5]['img_filename']
    (folder/rows[0]['img_filename']).write_bytes((folder/rows[0]['img_filename']).read_bytes()[:500])
    with pytest.raises(ValueError, match=r'Bird_0.jpg: .*Mend or remove it'): data[0]

def test_bom_and_order_of_columns(root):
    folder,rows = root
    write(folder, rows, ('place','y','split','img_filename'), bom=True)
    assert Waterbirds(folder).labels==[(r['y'],r['place']) for r in rows[:8]]

@pytest.mark.parametrize('change,kind,words', [
    (lambda f,r: (f/'metadata.csv').unlink(), FileNotFoundError, 'metadata.csv and the images that it lists'),
    (lambda f,r: shutil.rmtree(f), FileNotFoundError, 'metadata.csv and the images that it lists'),
    (lambda f,r: write(f, r, ('img_filename','y','split')), ValueError,
        'has no column place; its columns are img_filename, y, split'),
    (lambda f,r: (f/'metadata.csv').write_text(''), ValueError,
        'has no column img_filename, y, place, split; its columns are none'),
    (lambda f,r: write(f, [r[0]|dict(y=2), *r[1:]]), ValueError, "line 2: y is '2', but must be from 0 to 1"),
    (lambda f,r: write(f, [*r[:3], r[3]|dict(place='water'), *r[4:]]), ValueError, "line 5: place is 'water'"),
    (lambda f,r: write(f, [*r[:3], r[3]|dict(split=''), *r[4:]]), ValueError, "line 5: split is ''"),
    (lambda f,r: write(f, r[8:]), ValueError, r'no image of the split test. It has val: 4\.'),
    (lambda f,r: write(f, []), ValueError, 'It has no rows at all'),
    (lambda f,r: write(f, [*r, r[0]]), ValueError, 'lists 1 images twice, the first is 000.Bird/Bird_0.jpg'),
    (lambda f,r: [(f/r[i]['img_filename']).unlink() for i in (4,7)], FileNotFoundError,
        '8 images of the split test, and 2 of them are not there: 001.Bird/Bird_4.jpg'),
], ids='no-table no-folder column empty-file y place split other-split no-rows twice images'.split())
def test_bad_layout(root, change, kind, words):
    folder,rows = root
    change(folder, rows)
    with pytest.raises(kind, match=words): Waterbirds(folder)

def test_unknown_split(root):
    with pytest.raises(ValueError, match='splits train, val, test, not '): Waterbirds(root[0], 'dev')

def test_no_data(model):
    for task,words in ('waterbirds','Name the folder .*metadata.csv'),('imagenet9','Name the folder .*bg_challenge'):
        with pytest.raises(ValueError, match=words): evaluate(model, task)

def test_extra_images_are_noted(root, model):
    folder,_ = root
    (folder/'000.Bird/new.jpg').write_bytes(b'')
    assert Waterbirds(folder).notes==['1 images are in no row of metadata.csv and are not used: 000.Bird/new.jpg']
    r = evaluate(model, 'waterbirds', folder, size=64, limit=8, bootstrap_samples=0)
    assert r['details']['notes']==Waterbirds(folder).notes

def test_partial(root, model):
    with pytest.raises(ValueError, match='5794 images, and 8 are here'): evaluate(model, 'waterbirds', root[0], size=64)
    r = evaluate(model, 'waterbirds', root[0], size=64, limit=8, bootstrap_samples=20)
    assert not r['images']['whole'] and r['details']['pictures']==dict.fromkeys(groups, 2)

@pytest.mark.parametrize('protocol', find_task('waterbirds').protocols)
def test_protocols(root, model, protocol):
    "Every protocol runs; what is batched together does not matter"
    runs = [evaluate(model, 'waterbirds', root[0], protocol, size=64, limit=8, batch_size=b, workers=w,
        bootstrap_samples=0) for b,w in ((8,0),(3,2))]
    assert runs[0]['numbers']==runs[1]['numbers'] and runs[0]['details']==runs[1]['details']
    if protocol in ('two-way','wilds'): assert runs[0]['numbers']['other']==0

def test_whole_images_of_several_sizes(root, model):
    "`resize=short` gives tensors of several sizes"
    rows = [evaluate(model, 'waterbirds', root[0], 'patch-vote', size=64, resize='short', limit=8, batch_size=b,
        bootstrap_samples=0)['details'] for b in (8,1)]
    assert rows[0]==rows[1]

def test_cut(model):
    "The central part of an image, squashed."
    image = Image.new('RGB', (80,160), 'red')
    image.paste('blue', (10,20,70,140))
    job = object.__new__(find_task('waterbirds'))
    job.model = model
    for cut,seen in ((.75,1), (1.,.5625)):
        job.protocol = pick_protocol(find_task('waterbirds'), 'wilds', size=64, cut=cut)
        x = job.transform()(image)
        assert x.shape==(3,64,64)
        blue = torch.tensor([(0-model.config.mean[0])/model.config.std[0],
            (1-model.config.mean[2])/model.config.std[2]])
        assert abs(((x[[0,2]]-blue[:,None,None]).abs().amax(0)<.05).float().mean()-seen)<.05

@pytest.mark.parametrize('change,words', [(dict(birds='duck'), 'two names'), (dict(inference='max'), 'pooled or vote'),
    (dict(voters=0), 'share above 0'),
    (dict(cut=1.5), 'at most 1'), (dict(names='x'), 'birds and others'),
    (dict(resize='wide'), 'crop, short or square')])
def test_bad_protocol(change, words):
    with pytest.raises(ValueError, match=words): BirdProtocol(**change)

def test_saved_predictions(root, model, tmp_path):
    r = evaluate(model, 'waterbirds', root[0], 'patch-vote', size=64, limit=8, bootstrap_samples=0,
        save_predictions=tmp_path/'out')
    with open(tmp_path/'out/waterbirds/predictions.csv', newline='') as f: rows = list(csv.DictReader(f))
    assert [o['picture'] for o in rows]==[o['img_filename'] for o in root[1][:8]]
    assert list(rows[0])==['picture','bird','place','answer','landbird','waterbird','background']
    right = [['landbird','waterbird'][int(o['bird'])]==o['answer'] for o in rows]
    assert np.mean(right)==r['numbers']['average']
    for row in rows: assert abs(sum(float(row[k]) for k in ('landbird','waterbird','background'))-1)<1e-5

# Numbers ------------------------------------------------------------------------------------------------------------

def test_weights_are_repetitions():
    rng = np.random.default_rng(0)
    rows = np.c_[rng.integers(0, 2, (60,2)), rng.integers(0, 3, 60)]
    w = rng.integers(0, 4, (5,60))
    together = group_numbers(rows, w)
    for k in range(5):
        for name,v in group_numbers(rows.repeat(w[k], 0), np.ones((1,w[k].sum()))).items():
            np.testing.assert_allclose(v[0], together[name][k])

def test_averages_agree_where_they_must():
    "Weighted by its own group sizes, the mean of the groups is the plain average"
    rng = np.random.default_rng(1)
    rows = np.c_[rng.integers(0, 2, (80,2)), rng.integers(0, 2, 80)]
    sizes = [int(((2*rows[:,0]+rows[:,1])==g).sum()) for g in range(4)]
    n = group_numbers(rows, np.ones((1,80)), sizes)
    np.testing.assert_allclose(n['train_average'], n['average'])
    assert n['worst_group'][0]==min(n[g][0] for g in groups)

def test_perfect_and_place_only():
    rows = np.array([[b,p,b] for b in (0,1) for p in (0,1)])
    one = np.ones((1,4))
    n = {k:v[0] for k,v in group_numbers(rows, one).items()}
    assert n['average']==n['worst_group']==n['train_average']==1 and n['delta_landbird']==n['delta_waterbird']==0
    n = {k:v[0] for k,v in group_numbers(np.c_[rows[:,:2], rows[:,1]], one).items()} # the place is the answer
    assert n['worst_group']==0
    assert n['delta_landbird']==n['delta_waterbird']==1
    assert abs(n['train_average']-(3498+1057)/4795)<1e-12

def test_vote():
    g = torch.Generator().manual_seed(0)
    x = torch.randn(6, 4, 5, 7, generator=g)
    answer,share = vote(x)
    assert share.shape==(6,4) and torch.allclose(share.sum(1), torch.ones(6, dtype=share.dtype))
    for b in range(6): assert share[b].tolist()==[(x[b].argmax(0)==k).double().mean().item() for k in range(4)]
    assert (answer==share[:,:2].argmax(1)).all()
    assert (vote(x, voters=1/35)[1].max(1).values==1).all() # one voter
    flipped,_ = vote(x[:,[1,0,2,3]])
    assert (flipped==1-answer).all() # no bird is favoured
    tie = torch.tensor([[.5,.1],[.2,.6]])[None,:,:,None]
    assert vote(tie)[0].tolist()==[1] and vote(tie.flip(1))[0].tolist()==[0]
    none = torch.tensor([[.1],[.2],[.3],[.9]])[None,:,:,None]
    assert vote(none)[0].tolist()==[3]

def test_votes_come_before_nearness():
    "Eighteen of 35 patches decide, however near the other bird is to its seventeen."
    x = torch.zeros(1, 2, 5, 7)
    x[:,0] = .01
    x.flatten(2)[0,1,18:] = .99
    assert vote(x)[0].tolist()==[0] and vote(x.flip(1))[0].tolist()==[1]
    assert vote(x)[1].tolist()==[[18/35, 17/35]]

def test_voters_are_the_most_bird_like():
    "Bird-like is near to a bird compared with what is no bird, not near to a bird as such."
    # two that see more of the place, two that see a bird
    patches = np.array([[.9,.1,.95],[.8,.2,.9],[.1,.5,.0],[.2,.3,.1]])
    x = torch.tensor(patches.T.copy())[None,:,:,None]
    margin = patches[:,:2].max(1)-patches[:,2]
    for share,n in (.25,1),(.5,2):
        some = patches[np.argsort(-margin)[:n]].argmax(1)
        answer,votes = vote(x, voters=share)
        assert votes.tolist()==[[float(np.mean(some==k)) for k in range(3)]] and answer.tolist()==[1]

# Drawings -----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('split', ['test','train'])
def test_drawn_birds_by_hand(model, split):
    """Every number of the drawings from answers of plain code; `train_average` weights the groups as the drawn
    training split has them."""
    data = [Birds(200, split, 1_000_000, 64)[i] for i in sorted(range(200),
        key=Birds(200, split, 1_000_000, 64).group)][::5]
    answers = np.array(plain_answers(model, [s.image for s in data], ['robin','duck','lake','ocean']))
    bird,place = np.array([s.group for s in data]).T
    acc = np.array([np.mean((answers==b)[(bird==b)&(place==p)]) for b in (0,1) for p in (0,1)])
    n = evaluate(model, 'birds', protocol='places', others='lake/ocean', limit=40, bootstrap_samples=0,
        split=split).numbers
    want = dict(landbird_land=acc[0], landbird_water=acc[1], waterbird_land=acc[2],
        waterbird_water=acc[3]) | dict(worst_group=acc.min(), average=(answers==bird).mean(), other=(answers>1).mean(),
        train_average=(1900*acc[0]+100*acc[1]+100*acc[2]+1900*acc[3])/4000, delta_landbird=acc[0]-acc[1],
        delta_waterbird=acc[3]-acc[2])
    assert n==pytest.approx(want, nan_ok=True) and len({round(a, 6) for a in acc})>1
    assert abs(n['train_average']-np.mean(acc))>1e-3 or np.isnan(acc).any()

def test_waterbirds_training_shares():
    """The groups of Waterbirds weigh as in its training split: 3498, 184, 56 and 1057 images; other shares only
    where they are given."""
    rng = np.random.default_rng(3)
    rows = np.c_[rng.integers(0, 2, (300,2)), rng.integers(0, 3, 300)]
    acc = np.array([np.mean(rows[(rows[:,0]==b)&(rows[:,1]==p),2]==b) for b in (0,1) for p in (0,1)])
    one = np.ones((1,300))
    n = group_numbers(rows, one)
    assert [n[k][0] for k in ('landbird_land','landbird_water','waterbird_land','waterbird_water')]==pytest.approx(
        list(acc))
    assert len(set(acc))==4
    assert group_numbers(rows, one)['train_average']==pytest.approx(np.dot(acc, [3498,184,56,1057])/4795)
    assert group_numbers(rows, one, (1,2,3,4))['train_average']==pytest.approx(np.dot(acc, [1,2,3,4])/10)
    for name,train in ('waterbirds',(3498,184,56,1057)),('birds',(1900,100,100,1900)):
        job = object.__new__(find_task(name))
        job.protocol = pick_protocol(find_task(name), others='neither')
        whole = np.c_[rows, rng.random((300,3)), np.eye(3)[rows[:,2]]]
        assert job.numbers(whole, one)['train_average']==pytest.approx(np.dot(acc, train)/sum(train))

def test_drawn_birds(model):
    data = DrawnBirds(40)
    assert Counter(data[i][1:] for i in range(40))=={(b,p):10 for b in (0,1) for p in (0,1)}
    assert Counter(data[i][1:] for i in range(0, 40, 5))=={(b,p):2 for b in (0,1) for p in (0,1)} # any part is balanced
    assert data.files_hash([0,1])!=DrawnBirds(40, seed=1).files_hash([0,1])
    r = evaluate(model, 'birds', limit=24, split='train', bootstrap_samples=0)
    assert sum(r['details']['pictures'][g] for g in groups[1:3])<=2
    with pytest.raises(ValueError, match='no split called'): evaluate(model, 'birds', split='val')

def test_resolution(model):
    results = against_resolution(model, 'birds', [32,64], limit=16, bootstrap_samples=20)
    assert [r['protocol']['size'] for r in results]==[32,64]
    assert len(show_resolution(results).axes)==2
    with pytest.raises(ValueError, match='60 px is not a whole number of patches of 8 px'):
        against_resolution(model, 'birds', [32,60])

def test_figures():
    assert len(show_groups({'a':dict(landbird_land=1.), 'b':{}}).axes)==2
    x = torch.rand(1, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    assert len(show_votes([np.zeros((8,8,3), np.uint8)], x, ['a','b','c']).axes)==2
    with pytest.raises(ValueError, match='7 names, but colours for 6'):
        show_votes([], torch.rand(1,7,2,2), list('abcdefg'))

def test_tied_birds_in_the_table(root, model, tmp_path):
    "Where names tie, the saved answer names all of them, and the counts are parts."
    zero = deepcopy(model)
    with torch.no_grad():
        zero.image.norm.weight.zero_()
        zero.image.norm.bias.zero_()
    r = evaluate(zero, 'waterbirds', root[0], size=64, limit=8, save_predictions=tmp_path/'out')
    with open(tmp_path/'out/waterbirds/predictions.csv', newline='') as f: rows = list(csv.DictReader(f))
    assert {o['answer'] for o in rows}=={'landbird/waterbird/background'}
    assert r.details['answers']=={g:dict(landbird=.667, waterbird=.667, background=.667) for g in groups}
    assert r.details['pictures']==dict.fromkeys(groups, 2)
    assert [r.numbers[k] for k in (*groups,'average','other')]==pytest.approx([1/3]*6)

def test_intervals_of_groups(root, model):
    "Groups are shares, and what is made of them has intervals that hold its value and are never empty."
    r = evaluate(model, 'waterbirds', root[0], 'two-way', size=64, limit=8, bootstrap_samples=50)
    for g in groups:
        ci = binomtest(round(2*r.numbers[g]), 2).proportion_ci(.95, 'wilson')
        assert r.intervals[g]==pytest.approx([ci.low, ci.high], abs=1e-6)
    for k,(low,high) in r.intervals.items(): assert low<high and low-1e-6<=r.numbers[k]<=high+1e-6
    assert -1<=r.intervals['delta_landbird'][0] and r.intervals['delta_landbird'][1]<=1

# Pieces, against plain code -------------------------------------------------------------------------------------------

@pytest.mark.parametrize('voters', [.2, .5])
def test_the_most_birdlike_vote(voters):
    "Only the share of the patches votes whose better bird is furthest above the best other name."
    x = torch.randn(5, 4, 4, 5, generator=torch.Generator().manual_seed(1)).double()
    answer,share = vote(x, voters=voters)
    for b in range(5):
        patches = sorted((p for p in x[b].flatten(1).T.tolist()),
            key=lambda p: max(p[2:])-max(p[:2]))[:round(voters*20)]
        votes = [sum(p.index(max(p))==k for p in patches)/len(patches) for k in range(4)]
        assert share[b].tolist()==pytest.approx(votes)
        nearer = [sum(p[k] for p in patches) for k in (0,1)]
        best = max((0,1), key=lambda k: (votes[k], nearer[k])) if votes[0]+votes[1] else max((2,3),
            key=lambda k: votes[k])
        assert answer[b]==best

def test_the_middle_of_an_image():
    "A cut keeps its share of width and of height, around the centre."
    from clippy.robust import _central
    x = np.zeros((60,200,3), np.uint8)
    x[...,0] = np.arange(200)
    x[...,1] = np.arange(60)[:,None]
    found = np.array(_central(.5, lambda image: image, Image.fromarray(x)))
    assert found.shape==(30,100,3) and found[0,0].tolist()==[50,15,0] and found[-1,-1].tolist()==[149,44,0]

def bird_rows(counts):
    "(bird, place, answer) -> so many rows, as a task of birds has them, with the shares of three names at their end."
    rows = [[bird, place, answer, 0, 0, 0, *np.eye(3)[answer]] for (bird,place,answer),
        n in counts.items() for _ in range(n)]
    return np.array(rows, float)

@pytest.fixture
def bird_job(model):
    return find_task('birds')('', pick_protocol(find_task('birds'), birds='robin/duck', others='forest'), model)

def test_intervals_of_large_groups(bird_job):
    """With hundreds of images in each group they are those of the normal approximation, for differences and
    averages too."""
    shares = {(0,0):.9, (0,1):.6, (1,0):.3, (1,1):.7}
    rows = bird_rows({(b,p,a):round(2000*(s if a==b else (1-s)*(.25 if a==2 else .75))) for (b,p),
        s in shares.items() for a in (0,1,2)})
    found = bird_job.intervals(rows)
    var = {g:s*(1-s)/2000 for g,s in shares.items()}
    train = np.array([1900,100,100,1900])/4000
    right = dict(delta_landbird=(.3, var[0,0]+var[0,1]), delta_waterbird=(.4, var[1,1]+var[1,0]),
        average=(.625, .625*.375/8000), other=(.09375, .09375*.90625/8000),
        train_average=(train@[*shares.values()], train**2@[*var.values()]),
        **{g:(s, var[k]) for g,(k,s) in zip(groups, shares.items())})
    for k,(value,v) in right.items(): assert found[k]==pytest.approx([value-1.96*v**.5, value+1.96*v**.5], abs=.002), k
    low,high = found['worst_group']
    assert low<=.3-1.9*var[1,0]**.5 and .3<high<.35

def test_answers_are_counted_in_parts(bird_job):
    "Where three names tie, a third of an image each."
    rows = bird_rows({(0,0,0):2, (1,1,1):1})
    rows[0,-3:] = 1/3
    found = bird_job.details(rows)
    assert found['answers'][groups[0]]=={'robin':1.333, 'duck':.333, 'forest':.333}
    assert found['answers'][groups[3]]=={'robin':0, 'duck':1, 'forest':0}
    assert found['pictures']=={groups[0]:2, groups[1]:0, groups[2]:0, groups[3]:1}
    assert found['train_counts']==[1900,100,100,1900]
