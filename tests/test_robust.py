"Waterbirds and ImageNet-9: layouts good and bad, the same numbers on any path, saved answers"
import csv, json, pickle, shutil
from collections import Counter
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.stats import binomtest

from clippy.eval import evaluate, find_task, pick_protocol, with_intervals
from clippy.saved import load
from clippy.robust import (BirdProtocol, DrawnBirds, ImageNet9, In9Protocol, Waterbirds, against_resolution, each_size, group_numbers,
    groups, in9_names, in9_variants, read_in9_map, show_groups, show_resolution, show_votes, vote)
from clippy.scenes import backgrounds, things
from clippy.swapped import Birds, swap_backgrounds

demo = Path(__file__).parents[1]/'nbs/demo/model'

@pytest.fixture(scope='module')
def model(): return load(demo)

@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch): monkeypatch.setenv('CLIPPY_CACHE', str(tmp_path/'cache'))

# Waterbirds ---------------------------------------------------------------------------------------------------------

columns = 'img_id','img_filename','y','split','place','place_filename'

def write(root, rows, columns=columns, bom=False):
    with open(root/'metadata.csv', 'w', newline='', encoding='utf-8-sig' if bom else 'utf-8') as f:
        out = csv.DictWriter(f, columns, extrasaction='ignore', restval=''); out.writeheader(); out.writerows(rows)

@pytest.fixture
def root(tmp_path):
    "12 pictures: 8 of the test split, two in each group, and 4 of the validation split"
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
    with pytest.raises(ValueError, match='2 data sets: waterbird_complete95_forest2water2, waterbirds_v1.0'): Waterbirds(folder.parent)

def test_items(root):
    folder,rows = root
    data = pickle.loads(pickle.dumps(Waterbirds(folder)))
    image,bird,place = data[5]
    assert image.size==(72,64) and (bird,place)==(rows[5]['y'],rows[5]['place']) and data.key(5)==rows[5]['img_filename']
    (folder/rows[0]['img_filename']).write_bytes((folder/rows[0]['img_filename']).read_bytes()[:500])
    with pytest.raises(ValueError, match=r'Bird_0.jpg: .*Mend or remove it'): data[0]

def test_bom_and_order_of_columns(root):
    folder,rows = root
    write(folder, rows, ('place','y','split','img_filename'), bom=True)
    assert Waterbirds(folder).labels==[(r['y'],r['place']) for r in rows[:8]]

@pytest.mark.parametrize('change,kind,words', [
    (lambda f,r: (f/'metadata.csv').unlink(), FileNotFoundError, 'metadata.csv and the pictures that it lists'),
    (lambda f,r: shutil.rmtree(f), FileNotFoundError, 'metadata.csv and the pictures that it lists'),
    (lambda f,r: write(f, r, ('img_filename','y','split')), ValueError, 'has no column place; its columns are img_filename, y, split'),
    (lambda f,r: (f/'metadata.csv').write_text(''), ValueError, 'has no column img_filename, y, place, split; its columns are none'),
    (lambda f,r: write(f, [r[0]|dict(y=2), *r[1:]]), ValueError, "line 2: y is '2', but must be from 0 to 1"),
    (lambda f,r: write(f, [*r[:3], r[3]|dict(place='water'), *r[4:]]), ValueError, "line 5: place is 'water'"),
    (lambda f,r: write(f, [*r[:3], r[3]|dict(split=''), *r[4:]]), ValueError, "line 5: split is ''"),
    (lambda f,r: write(f, r[8:]), ValueError, r'no picture of the split test. It has val: 4\.'),
    (lambda f,r: write(f, []), ValueError, 'It has no rows at all'),
    (lambda f,r: write(f, [*r, r[0]]), ValueError, 'lists 1 pictures twice, the first is 000.Bird/Bird_0.jpg'),
    (lambda f,r: [(f/r[i]['img_filename']).unlink() for i in (4,7)], FileNotFoundError, '8 pictures of the split test, and 2 of them are not there: 001.Bird/Bird_4.jpg'),
], ids='no-table no-folder column empty-file y place split other-split no-rows twice pictures'.split())
def test_bad_layout(root, change, kind, words):
    folder,rows = root
    change(folder, rows)
    with pytest.raises(kind, match=words): Waterbirds(folder)

def test_unknown_split(root):
    with pytest.raises(ValueError, match='splits train, val, test, not '): Waterbirds(root[0], 'dev')

def test_no_data(model):
    for task,words in ('waterbirds','Name the folder .*metadata.csv'),('imagenet9','Name the folder .*bg_challenge'):
        with pytest.raises(ValueError, match=words): evaluate(model, task)

def test_extra_pictures_are_noted(root, model):
    folder,_ = root
    (folder/'000.Bird/new.jpg').write_bytes(b'')
    assert Waterbirds(folder).notes==['1 pictures are in no row of metadata.csv and are not used: 000.Bird/new.jpg']
    r = evaluate(model, 'waterbirds', folder, size=64, limit=8, bootstrap_samples=0)
    assert r['details']['notes']==Waterbirds(folder).notes

def test_partial(root, model):
    with pytest.raises(ValueError, match='5794 images, and 8 are here'): evaluate(model, 'waterbirds', root[0], size=64)
    r = evaluate(model, 'waterbirds', root[0], size=64, limit=8, bootstrap_samples=20)
    assert not r['images']['whole'] and r['details']['pictures']==dict.fromkeys(groups, 2)

@pytest.mark.parametrize('protocol', find_task('waterbirds').protocols)
def test_protocols(root, model, protocol):
    "Every protocol runs; what is batched together does not matter"
    runs = [evaluate(model, 'waterbirds', root[0], protocol, size=64, limit=8, batch_size=b, workers=w, bootstrap_samples=0) for b,w in ((8,0),(3,2))]
    assert runs[0]['numbers']==runs[1]['numbers'] and runs[0]['details']==runs[1]['details']
    if protocol in ('two-way','wilds'): assert runs[0]['numbers']['other']==0

def test_whole_images_of_several_sizes(root, model):
    "`resize=short` gives tensors of several sizes"
    rows = [evaluate(model, 'waterbirds', root[0], 'patch-vote', size=64, resize='short', limit=8, batch_size=b, bootstrap_samples=0)['details'] for b in (8,1)]
    assert rows[0]==rows[1]

def test_cut(model):
    "The central part of a picture, squashed"
    picture = Image.new('RGB', (80,160), 'red'); picture.paste('blue', (10,20,70,140))
    job = object.__new__(find_task('waterbirds')); job.model = model
    for cut,seen in ((.75,1), (1.,.5625)):
        job.protocol = pick_protocol(find_task('waterbirds'), 'wilds', size=64, cut=cut)
        x = job.fit()(picture)
        assert x.shape==(3,64,64)
        blue = torch.tensor([(0-model.config.mean[0])/model.config.std[0], (1-model.config.mean[2])/model.config.std[2]])
        assert abs(((x[[0,2]]-blue[:,None,None]).abs().amax(0)<.05).float().mean()-seen)<.05

@pytest.mark.parametrize('change,words', [(dict(birds='duck'), 'two names'), (dict(inference='max'), 'pooled or vote'), (dict(voters=0), 'share above 0'),
    (dict(cut=1.5), 'at most 1'), (dict(names='x'), 'birds and others'), (dict(resize='wide'), 'crop, short or square')])
def test_bad_protocol(change, words):
    with pytest.raises(ValueError, match=words): BirdProtocol(**change)

def test_saved_predictions(root, model, tmp_path):
    r = evaluate(model, 'waterbirds', root[0], 'patch-vote', size=64, limit=8, bootstrap_samples=0, save_predictions=tmp_path/'out')
    with open(tmp_path/'out/waterbirds/predictions.csv', newline='') as f: rows = list(csv.DictReader(f))
    assert [o['picture'] for o in rows]==[o['img_filename'] for o in root[1][:8]]
    assert list(rows[0])==['picture','bird','place','answer','landbird','waterbird','background']
    right = [['landbird','waterbird'][int(o['bird'])]==o['answer'] for o in rows]
    assert np.mean(right)==r['numbers']['average']
    for o in rows: assert abs(sum(float(o[k]) for k in ('landbird','waterbird','background'))-1)<1e-5

# Numbers ------------------------------------------------------------------------------------------------------------

def test_weights_are_repetitions():
    rng = np.random.default_rng(0)
    rows = np.c_[rng.integers(0, 2, (60,2)), rng.integers(0, 3, 60)]
    w = rng.integers(0, 4, (5,60))
    together = group_numbers(rows, w)
    for k in range(5):
        for name,v in group_numbers(rows.repeat(w[k], 0), np.ones((1,w[k].sum()))).items(): np.testing.assert_allclose(v[0], together[name][k])

def test_averages_agree_where_they_must():
    "Weighted by its own group sizes, the mean of the groups is the plain average"
    rng = np.random.default_rng(1)
    rows = np.c_[rng.integers(0, 2, (80,2)), rng.integers(0, 2, 80)]
    sizes = [int(((2*rows[:,0]+rows[:,1])==g).sum()) for g in range(4)]
    n = group_numbers(rows, np.ones((1,80)), sizes)
    np.testing.assert_allclose(n['train_average'], n['average'])
    assert n['worst_group'][0]==min(n[g][0] for g in groups)

def test_perfect_and_place_only():
    rows = np.array([[b,p,b] for b in (0,1) for p in (0,1)]); one = np.ones((1,4))
    n = {k:v[0] for k,v in group_numbers(rows, one).items()}
    assert n['average']==n['worst_group']==n['train_average']==1 and n['delta_landbird']==n['delta_waterbird']==0
    n = {k:v[0] for k,v in group_numbers(np.c_[rows[:,:2], rows[:,1]], one).items()} # the place is the answer
    assert n['worst_group']==0 and n['delta_landbird']==n['delta_waterbird']==1 and abs(n['train_average']-(3498+1057)/4795)<1e-12

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
    x[:,0] = .01; x.flatten(2)[0,1,18:] = .99
    assert vote(x)[0].tolist()==[0] and vote(x.flip(1))[0].tolist()==[1]
    assert vote(x)[1].tolist()==[[18/35, 17/35]]

def test_voters_are_the_most_bird_like():
    "Bird-like is near to a bird compared with what is no bird, not near to a bird as such."
    patches = np.array([[.9,.1,.95],[.8,.2,.9],[.1,.5,.0],[.2,.3,.1]]) # two that see more of the place, two that see a bird
    x = torch.tensor(patches.T.copy())[None,:,:,None]
    margin = patches[:,:2].max(1)-patches[:,2]
    for share,n in (.25,1),(.5,2):
        some = patches[np.argsort(-margin)[:n]].argmax(1)
        answer,votes = vote(x, voters=share)
        assert votes.tolist()==[[float(np.mean(some==k)) for k in range(3)]] and answer.tolist()==[1]

def test_gap_of_backgrounds():
    "The gap is accuracy with a background of the same class minus that with a random one, and so is its interval."
    rows = np.array([*[[0,1,1]]*8, *[[0,1,2]]*2, *[[1,4,4]]*3, *[[1,4,5]]*7], float)
    job = object.__new__(find_task('imagenet9')); job.source = SimpleNamespace(variants=('mixed_same','mixed_rand'))
    assert job.numbers(rows, np.ones((1,20)))['bg_gap'][0]==pytest.approx(.5)
    low,high = with_intervals(job, rows, 20)[1]['bg_gap']
    (l1,u1),(l2,u2) = ((lambda ci: (ci.low,ci.high))(binomtest(k, 10).proportion_ci(.95, 'wilson')) for k in (8,3))
    assert (low,high)==pytest.approx((.5-np.hypot(.8-l1, u2-.3), .5+np.hypot(u1-.8, .3-l2)), abs=1e-5) # Newcombe's

def test_each_size():
    images = [torch.full((3,4+i%2,4), float(i)) for i in range(5)]
    calls = []
    def f(x): calls.append(tuple(x.shape)); return x.mean((1,2,3))[:,None]
    assert each_size(images, f).flatten().tolist()==[0.,1.,2.,3.,4.] and sorted(calls)==[(2,3,5,4),(3,3,4,4)]

# Drawings -----------------------------------------------------------------------------------------------------------

def damped(model):
    "A model that errs: only a twelfth of its channels say anything."
    out,mute = deepcopy(model),torch.arange(model.width)%12!=0
    with torch.no_grad(): out.image.norm.weight[mute] = out.image.norm.bias[mute] = 0
    return out

def plain_answers(model, images, names):
    "The name whose mean vector is nearest to the maximum over the patches; sentences of drawings, from pixels on in plain operations."
    x = np.stack([np.asarray(im, np.float32)/255 for im in images])
    x = torch.tensor((x-np.array(model.config.mean))/np.array(model.config.std)).permute(0,3,1,2).float()
    article = lambda n: 'an' if n[0] in 'aeiou' else 'a'
    with torch.no_grad():
        pooled = model.proj(model.image.forward_features(x)).numpy()[:,1:].max(1)
        words = np.stack([model.encode_text([n, f'{article(n)} {n}', f'a picture of {article(n)} {n}']).numpy().mean(0) for n in names])
    return (pooled@(words/np.linalg.norm(words, axis=1, keepdims=True)).T).argmax(1).tolist()

@pytest.mark.parametrize('split', ['test','train'])
def test_drawn_birds_by_hand(model, split):
    "Every number of the drawings from answers of plain code; `train_average` weights the groups as the drawn training split has them."
    data = [Birds(200, split, 1_000_000, 64)[i] for i in sorted(range(200), key=Birds(200, split, 1_000_000, 64).group)][::5]
    answers = np.array(plain_answers(model, [s.image for s in data], ['robin','duck','forest','meadow','lake','ocean']))
    bird,place = np.array([s.group for s in data]).T
    acc = np.array([np.mean((answers==b)[(bird==b)&(place==p)]) for b in (0,1) for p in (0,1)])
    n = evaluate(model, 'birds', protocol='places', limit=40, bootstrap_samples=0, split=split)['numbers']
    want = dict(landbird_land=acc[0], landbird_water=acc[1], waterbird_land=acc[2], waterbird_water=acc[3]) | dict(worst_group=acc.min(), average=(answers==bird).mean(), other=(answers>1).mean(),
        train_average=(1900*acc[0]+100*acc[1]+100*acc[2]+1900*acc[3])/4000, delta_landbird=acc[0]-acc[1], delta_waterbird=acc[3]-acc[2])
    assert n==pytest.approx(want, nan_ok=True) and len({round(a, 6) for a in acc})>1
    assert abs(n['train_average']-np.mean(acc))>1e-3 or np.isnan(acc).any()

def test_waterbirds_training_shares():
    "The groups of Waterbirds weigh as in its training split: 3498, 184, 56 and 1057 pictures; other shares only where they are given."
    rng = np.random.default_rng(3)
    rows = np.c_[rng.integers(0, 2, (300,2)), rng.integers(0, 3, 300)]
    acc = np.array([np.mean(rows[(rows[:,0]==b)&(rows[:,1]==p),2]==b) for b in (0,1) for p in (0,1)])
    one = np.ones((1,300))
    n = group_numbers(rows, one)
    assert [n[k][0] for k in ('landbird_land','landbird_water','waterbird_land','waterbird_water')]==pytest.approx(list(acc)) and len(set(acc))==4
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
    with pytest.raises(ValueError, match='60 px is not a whole number of patches of 8 px'): against_resolution(model, 'birds', [32,60])

def test_figures():
    assert len(show_groups({'a':dict(landbird_land=1.), 'b':{}}).axes)==2
    x = torch.rand(1, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    assert len(show_votes([np.zeros((8,8,3), np.uint8)], x, ['a','b','c']).axes)==2
    with pytest.raises(ValueError, match='7 names, but colours for 6'): show_votes([], torch.rand(1,7,2,2), list('abcdefg'))

def test_swapped_backgrounds(model):
    "The numbers are those of plain code: one answer for each of seven drawings of a thing; a model that errs, and any batch."
    dull = damped(model)
    answers,right = [],[]
    for i in [k*100//12 for k in range(12)]:
        scenes = swap_backgrounds(1_000_000, i, size=64)
        answers.append(plain_answers(dull, [s.image for s in scenes], things))
        right.append(things.index(scenes[0].things[0]))
    ok = np.array(answers)==np.array(right)[:,None]
    each = dict(zip(backgrounds, ok.mean(0)))
    want = dict(average=ok.mean(), worst_background=ok.mean(0).min(), same_answer=np.mean([len(set(a))==1 for a in answers]), all_right=ok.all(1).mean(), **each)
    for n in 6,5: assert evaluate(dull, 'scenes-bg', limit=12, batch_size=n, bootstrap_samples=0)['numbers']==pytest.approx(want)
    assert 0<want['all_right']<want['same_answer']<1 and want['worst_background']<want['average']

# ImageNet-9 ---------------------------------------------------------------------------------------------------------

@pytest.fixture
def in9(tmp_path):
    root = tmp_path/'release/bg_challenge'
    for j,v in enumerate(in9_variants):
        for k,n in enumerate(in9_names):
            folder = root/v/'val'/f'{k:02}_{n}'; folder.mkdir(parents=True)
            Image.new('RGB', (40,48), (25*k,20*j,90)).save(folder/f'fg_{k}.JPEG')
    return root

def test_in9(in9, model):
    for path in in9, in9.parent:
        data = pickle.loads(pickle.dumps(ImageNet9(path)))
        assert len(data)==72 and data.expected==8*4050
        assert data.labels==[(v,y) for v in range(8) for y in range(9)] and data.key(10)=='mixed_same/val/01_bird/fg_1.JPEG'
    with pytest.raises(ValueError, match='32400 images, and 72 are here'): evaluate(model, 'imagenet9', in9, size=64)
    r = evaluate(model, 'imagenet9', in9, size=64, limit=72, bootstrap_samples=20)
    assert set(r['numbers'])=={*in9_variants, 'bg_gap'} and r['primary']=='original'
    assert abs(r['numbers']['bg_gap']-(r['numbers']['mixed_same']-r['numbers']['mixed_rand']))<1e-12

def test_in9_some_variants(in9, model):
    for v in in9_variants[3:]: shutil.rmtree(in9/v)
    with pytest.raises(FileNotFoundError, match='has no mixed_next, only_fg, .*--set variants=original/mixed_same/mixed_rand$'): ImageNet9(in9)
    r = evaluate(model, 'imagenet9', in9, size=64, limit=18, bootstrap_samples=0, variants='mixed_same/mixed_rand')
    assert list(r['numbers'])==['mixed_same','mixed_rand','bg_gap'] and r['primary']=='mixed_same' and r['images']['expected']==8100
    with pytest.raises(ValueError, match="no variant 'mixed'"): evaluate(model, 'imagenet9', in9, variants='mixed')

@pytest.mark.parametrize('change,kind,words', [
    (lambda r: shutil.rmtree(r), FileNotFoundError, '<variant>/val/<NN_class>'),
    (lambda r: [shutil.rmtree(r/v) for v in in9_variants], FileNotFoundError, 'bg_challenge does not hold the data set'),
    (lambda r: shutil.rmtree(r/'no_fg/val/03_reptile'), ValueError, r'It lacks 03_reptile\.$'),
    (lambda r: (r/'no_fg/val/09_cat').mkdir(), ValueError, r'It has 09_cat too\.$'),
    (lambda r: (r/'no_fg/val/00_dog/fg_0.JPEG').unlink(), FileNotFoundError, '00_dog holds no pictures'),
], ids='no-folder empty lacks extra no-pictures'.split())
def test_in9_bad_layout(in9, change, kind, words):
    change(in9)
    with pytest.raises(kind, match=words): ImageNet9(in9)

def test_in9_from_a_thousand(in9, model):
    with pytest.raises(FileNotFoundError, match='no in_to_in9.json'): evaluate(model, 'imagenet9', in9, 'imagenet', size=64, limit=8)
    table = {str(k):k%10-1 for k in range(1000)}
    (in9/'in_to_in9.json').write_text(json.dumps(table))
    assert read_in9_map(in9).tolist()==list(table.values())
    r = evaluate(model, 'imagenet9', in9, 'imagenet', size=64, limit=72, bootstrap_samples=0, templates='name')
    assert len(r['words']['names'])==1000
    (in9/'in_to_in9.json').write_text(json.dumps(table|{'3':11}))
    with pytest.raises(ValueError, match='a number from -1 to 8'): read_in9_map(in9)
    (in9/'in_to_in9.json').write_text('[1]')
    with pytest.raises(ValueError, match='not a JSON table'): read_in9_map(in9)
    with pytest.raises(ValueError, match='in9 or imagenet'): In9Protocol(classes='ten')

def test_imagenet9_answers_are_mapped(in9):
    "An answer that is none of the nine is wrong, whatever the class"
    job = object.__new__(find_task('imagenet9')); job.source = ImageNet9(in9, ('original',)); job.to9 = np.array([-1,0,5])
    job.answer = lambda x: torch.tensor([[1],[0],[2]])
    rows = job.measure([(torch.zeros(3,8,8),0,0), (torch.zeros(3,8,8),0,1), (torch.zeros(3,8,8),0,5)])
    assert rows.tolist()==[[0,0,0],[0,1,-1],[0,5,5]]
    assert job.numbers(rows, np.ones((1,3)))['original'].tolist()==[2/3]

def test_imagenet9_ties(in9, model):
    "A tower of zeros gets a ninth of each variant, or the share of names that are right; names of one class do not compete."
    zero = deepcopy(model)
    with torch.no_grad(): zero.image.norm.weight.zero_(); zero.image.norm.bias.zero_()
    n = evaluate(zero, 'imagenet9', in9, size=64, limit=72, bootstrap_samples=20).numbers
    assert n==pytest.approx({k:0 if k=='bg_gap' else 1/9 for k in n})
    (in9/'in_to_in9.json').write_text(json.dumps({str(k):k%20-1 if k%20<10 else -1 for k in range(1000)}))
    n = evaluate(zero, 'imagenet9', in9, 'imagenet', size=64, limit=72, bootstrap_samples=0, templates='name').numbers
    assert n==pytest.approx({k:0 if k=='bg_gap' else 50/1000 for k in n})
    with torch.no_grad(): zero.image.norm.bias.fill_(float('nan'))
    with pytest.raises(ValueError, match='not finite'): evaluate(zero, 'imagenet9', in9, size=64, limit=8)

def test_tied_birds_in_the_table(root, model, tmp_path):
    "Where names tie, the saved answer names all of them, and the counts are parts."
    zero = deepcopy(model)
    with torch.no_grad(): zero.image.norm.weight.zero_(); zero.image.norm.bias.zero_()
    r = evaluate(zero, 'waterbirds', root[0], size=64, limit=8, save_predictions=tmp_path/'out')
    with open(tmp_path/'out/waterbirds/predictions.csv', newline='') as f: rows = list(csv.DictReader(f))
    assert {o['answer'] for o in rows}=={'landbird/waterbird/background'}
    assert r.details['answers']=={g:dict(landbird=.667, waterbird=.667, background=.667) for g in groups} and r.details['pictures']==dict.fromkeys(groups, 2)
    assert [r.numbers[k] for k in (*groups,'average','other')]==pytest.approx([1/3]*6)

def test_intervals_of_groups(root, model):
    "Groups are shares, and what is made of them has intervals that hold its value and are never empty."
    r = evaluate(model, 'waterbirds', root[0], 'two-way', size=64, limit=8, bootstrap_samples=50)
    for g in groups:
        ci = binomtest(round(2*r.numbers[g]), 2).proportion_ci(.95, 'wilson')
        assert r.intervals[g]==pytest.approx([ci.low, ci.high], abs=1e-6)
    for k,(low,high) in r.intervals.items(): assert low<high and low-1e-6<=r.numbers[k]<=high+1e-6
    assert -1<=r.intervals['delta_landbird'][0] and r.intervals['delta_landbird'][1]<=1

def test_names_of_one_class_may_be_alike(in9, model):
    "Names with one vector are told of where they stand for different classes."
    table = {str(k):-1 for k in range(1000)}
    (in9/'in_to_in9.json').write_text(json.dumps(table))
    r = evaluate(model, 'imagenet9', in9, 'imagenet', size=64, limit=8, bootstrap_samples=0, templates='name')
    assert 'same_vector' not in r.details and 'same vector' not in repr(r)
    (in9/'in_to_in9.json').write_text(json.dumps(table|{'744':0})) # one of two missiles
    r = evaluate(model, 'imagenet9', in9, 'imagenet', size=64, limit=8, bootstrap_samples=0, templates='name')
    assert r.details['same_vector']==[['missile','missile']] and 'missile = missile' in repr(r)

# Pieces, against plain code -----------------------------------------------------------------------------------------------

@pytest.mark.parametrize('voters', [.2, .5])
def test_the_most_birdlike_vote(voters):
    "Only the share of the patches votes whose better bird is furthest above the best other name."
    x = torch.randn(5, 4, 4, 5, generator=torch.Generator().manual_seed(1)).double()
    answer,share = vote(x, voters=voters)
    for b in range(5):
        patches = sorted((p for p in x[b].flatten(1).T.tolist()), key=lambda p: max(p[2:])-max(p[:2]))[:round(voters*20)]
        votes = [sum(p.index(max(p))==k for p in patches)/len(patches) for k in range(4)]
        assert share[b].tolist()==pytest.approx(votes)
        nearer = [sum(p[k] for p in patches) for k in (0,1)]
        best = max((0,1), key=lambda k: (votes[k], nearer[k])) if votes[0]+votes[1] else max((2,3), key=lambda k: votes[k])
        assert answer[b]==best

def test_the_middle_of_a_picture():
    "A cut keeps its share of width and of height, around the centre."
    from clippy.robust import _central
    x = np.zeros((60,200,3), np.uint8); x[...,0] = np.arange(200); x[...,1] = np.arange(60)[:,None]
    found = np.array(_central(.5, lambda image: image, Image.fromarray(x)))
    assert found.shape==(30,100,3) and found[0,0].tolist()==[50,15,0] and found[-1,-1].tolist()==[149,44,0]

def bird_rows(counts):
    "(bird, place, answer) -> so many rows, as a task of birds has them, with the shares of three names at their end."
    rows = [[bird, place, answer, 0, 0, 0, *np.eye(3)[answer]] for (bird,place,answer),n in counts.items() for _ in range(n)]
    return np.array(rows, float)

@pytest.fixture
def bird_job(model): return find_task('birds')('', pick_protocol(find_task('birds'), birds='robin/duck', others='forest'), model)

def test_intervals_of_large_groups(bird_job):
    "With hundreds of pictures in each group they are those of the normal approximation, for differences and averages too."
    shares = {(0,0):.9, (0,1):.6, (1,0):.3, (1,1):.7}
    rows = bird_rows({(b,p,a):round(2000*(s if a==b else (1-s)*(.25 if a==2 else .75))) for (b,p),s in shares.items() for a in (0,1,2)})
    found = bird_job.intervals(rows)
    var = {g:s*(1-s)/2000 for g,s in shares.items()}
    train = np.array([1900,100,100,1900])/4000
    right = dict(delta_landbird=(.3, var[0,0]+var[0,1]), delta_waterbird=(.4, var[1,1]+var[1,0]), average=(.625, .625*.375/8000), other=(.09375, .09375*.90625/8000),
        train_average=(train@[*shares.values()], train**2@[*var.values()]), **{g:(s, var[k]) for g,(k,s) in zip(groups, shares.items())})
    for k,(value,v) in right.items(): assert found[k]==pytest.approx([value-1.96*v**.5, value+1.96*v**.5], abs=.002), k
    low,high = found['worst_group']
    assert low<=.3-1.9*var[1,0]**.5 and .3<high<.35

def test_answers_are_counted_in_parts(bird_job):
    "Where three names tie, a third of a picture each."
    rows = bird_rows({(0,0,0):2, (1,1,1):1})
    rows[0,-3:] = 1/3
    found = bird_job.details(rows)
    assert found['answers'][groups[0]]=={'robin':1.333, 'duck':.333, 'forest':.333} and found['answers'][groups[3]]=={'robin':0, 'duck':1, 'forest':0}
    assert found['pictures']=={groups[0]:2, groups[1]:0, groups[2]:0, groups[3]:1} and found['train_counts']==[1900,100,100,1900]

def test_files_beside_the_nine_folders(tmp_path):
    "A list or a hidden folder beside them is nothing to complain about; a tenth folder is."
    from clippy.robust import in9_folders
    for k,n in enumerate(in9_names): (tmp_path/f'{k:02}_{n}').mkdir()
    (tmp_path/'list.txt').write_text(''); (tmp_path/'.cache').mkdir()
    assert [p.name for p in in9_folders(tmp_path)]==[f'{k:02}_{n}' for k,n in enumerate(in9_names)]
    (tmp_path/'09_boat').mkdir()
    with pytest.raises(ValueError, match='It has 09_boat too'): in9_folders(tmp_path)

@pytest.mark.parametrize('above', [False,True])
def test_the_table_of_a_thousand(tmp_path, above):
    "In the folder of the variants or the one above; every class has its number."
    root = tmp_path/'bg'; root.mkdir()
    table = {k:k%10-1 for k in range(1000)}
    ((tmp_path if above else root)/'in_to_in9.json').write_bytes(b'\xef\xbb\xbf'+json.dumps(table).encode())
    assert read_in9_map(root).tolist()==[*table.values()]
    for wrong in ({**table, 3:9}, {k:v for k,v in table.items() if k}, {**table, 1000:0}):
        (root/'in_to_in9.json').write_text(json.dumps(wrong))
        with pytest.raises(ValueError, match='a number from -1 to 8'): read_in9_map(root)
