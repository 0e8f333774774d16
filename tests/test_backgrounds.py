"Things before other backgrounds, drawn and in ImageNet-9: layouts good and bad, and the numbers of plain code."
import json, pickle, shutil
from copy import deepcopy
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.stats import binomtest

from clippy.backgrounds import ImageNet9, In9Protocol, each_size, in9_folders, in9_names, in9_variants, read_in9_map
from clippy.eval import evaluate, find_task, with_intervals
from clippy.saved import load
from clippy.scenes import backgrounds, things
from clippy.swapped import swap_backgrounds
from plain_model import plain_answers

@pytest.fixture(scope='module')
def model(): return load('scenes')

@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch): monkeypatch.setenv('CLIPPY_CACHE', str(tmp_path/'cache'))

def test_gap_of_backgrounds():
    "The gap is accuracy with a background of the same class minus that with a random one, and so is its interval."
    rows = np.array([*[[0,1,1]]*8, *[[0,1,2]]*2, *[[1,4,4]]*3, *[[1,4,5]]*7], float)
    job = object.__new__(find_task('imagenet9'))
    job.source = SimpleNamespace(variants=('mixed_same','mixed_rand'))
    assert job.numbers(rows, np.ones((1,20)))['bg_gap'][0]==pytest.approx(.5)
    low,high = with_intervals(job, rows, 20)[1]['bg_gap']
    (l1,u1),(l2,u2) = ((lambda ci: (ci.low,ci.high))(binomtest(k, 10).proportion_ci(.95, 'wilson')) for k in (8,3))
    assert (low,high)==pytest.approx((.5-np.hypot(.8-l1, u2-.3), .5+np.hypot(u1-.8, .3-l2)), abs=1e-5) # Newcombe's

def test_each_size():
    images = [torch.full((3,4+i%2,4), float(i)) for i in range(5)]
    calls = []
    def f(x):
        calls.append(tuple(x.shape))
        return x.mean((1,2,3))[:,None]
    assert each_size(images, f).flatten().tolist()==[0.,1.,2.,3.,4.] and sorted(calls)==[(2,3,5,4),(3,3,4,4)]

def damped(model):
    "A model that errs: only a twelfth of its channels say anything."
    out,mute = deepcopy(model),torch.arange(model.width)%12!=0
    with torch.no_grad(): out.image.norm.weight[mute] = out.image.norm.bias[mute] = 0
    return out

def test_swapped_backgrounds(model):
    """The numbers are those of plain code: one answer for each of seven drawings of a thing; a model that errs, and
    any batch."""
    dull = damped(model)
    answers,right = [],[]
    for i in [k*100//12 for k in range(12)]:
        scenes = swap_backgrounds(1_000_000, i, size=64)
        answers.append(plain_answers(dull, [s.image for s in scenes], things))
        right.append(things.index(scenes[0].things[0]))
    ok = np.array(answers)==np.array(right)[:,None]
    each = dict(zip(backgrounds, ok.mean(0)))
    want = dict(average=ok.mean(), worst_background=ok.mean(0).min(),
        same_answer=np.mean([len(set(a))==1 for a in answers]), all_right=ok.all(1).mean(), **each)
    for n in 6,5:
        assert evaluate(dull, 'scenes-bg', limit=12, batch_size=n, bootstrap_samples=0)['numbers']==pytest.approx(want)
    assert 0<want['all_right']<want['same_answer']<1 and want['worst_background']<want['average']

@pytest.fixture
def in9(tmp_path):
    root = tmp_path/'release/bg_challenge'
    for j,v in enumerate(in9_variants):
        for k,n in enumerate(in9_names):
            folder = root/v/'val'/f'{k:02}_{n}'
            folder.mkdir(parents=True)
            Image.new('RGB', (40,48), (25*k,20*j,90)).save(folder/f'fg_{k}.JPEG')
    return root

def test_in9(in9, model):
    for path in in9, in9.parent:
        data = pickle.loads(pickle.dumps(ImageNet9(path)))
        assert len(data)==72 and data.expected==8*4050
        assert data.labels==[(v,y) for v in range(8) for y in range(9)]
        assert data.key(10)=='mixed_same/val/01_bird/fg_1.JPEG'
    with pytest.raises(ValueError, match='32400 images, and 72 are here'): evaluate(model, 'imagenet9', in9, size=64)
    r = evaluate(model, 'imagenet9', in9, size=64, limit=72, bootstrap_samples=20)
    assert set(r['numbers'])=={*in9_variants, 'bg_gap'} and r['primary']=='original'
    assert abs(r['numbers']['bg_gap']-(r['numbers']['mixed_same']-r['numbers']['mixed_rand']))<1e-12

def test_in9_some_variants(in9, model):
    for v in in9_variants[3:]: shutil.rmtree(in9/v)
    with pytest.raises(FileNotFoundError, match='has no mixed_next, only_fg, .*--set '
        'variants=original/mixed_same/mixed_rand$'):
        ImageNet9(in9)
    r = evaluate(model, 'imagenet9', in9, size=64, limit=18, bootstrap_samples=0, variants='mixed_same/mixed_rand')
    assert list(r['numbers'])==['mixed_same','mixed_rand','bg_gap']
    assert r['primary']=='mixed_same'
    assert r['images']['expected']==8100
    with pytest.raises(ValueError, match="no variant 'mixed'"): evaluate(model, 'imagenet9', in9, variants='mixed')

@pytest.mark.parametrize('change,kind,words', [
    (lambda r: shutil.rmtree(r), FileNotFoundError, '<variant>/val/<NN_class>'),
    (lambda r: [shutil.rmtree(r/v) for v in in9_variants], FileNotFoundError,
        'bg_challenge does not hold the data set'),
    (lambda r: shutil.rmtree(r/'no_fg/val/03_reptile'), ValueError, r'It lacks 03_reptile\.$'),
    (lambda r: (r/'no_fg/val/09_cat').mkdir(), ValueError, r'It has 09_cat too\.$'),
    (lambda r: (r/'no_fg/val/00_dog/fg_0.JPEG').unlink(), FileNotFoundError, '00_dog holds no images'),
], ids='no-folder empty lacks extra no-images'.split())
def test_in9_bad_layout(in9, change, kind, words):
    change(in9)
    with pytest.raises(kind, match=words): ImageNet9(in9)

def test_in9_from_a_thousand(in9, model):
    with pytest.raises(FileNotFoundError, match='no in_to_in9.json'):
        evaluate(model, 'imagenet9', in9, 'imagenet', size=64, limit=8)
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
    job = object.__new__(find_task('imagenet9'))
    job.source = ImageNet9(in9, ('original',))
    job.to9 = np.array([-1,0,5])
    job.answer = lambda x: torch.tensor([[1],[0],[2]])
    rows = job.measure([(torch.zeros(3,8,8),0,0), (torch.zeros(3,8,8),0,1), (torch.zeros(3,8,8),0,5)])
    assert rows.tolist()==[[0,0,0],[0,1,-1],[0,5,5]]
    assert job.numbers(rows, np.ones((1,3)))['original'].tolist()==[2/3]

def test_imagenet9_ties(in9, model):
    """A tower of zeros gets a ninth of each variant, or the share of names that are right; names of one class do not
    compete."""
    zero = deepcopy(model)
    with torch.no_grad():
        zero.image.norm.weight.zero_()
        zero.image.norm.bias.zero_()
    n = evaluate(zero, 'imagenet9', in9, size=64, limit=72, bootstrap_samples=20).numbers
    assert n==pytest.approx({k:0 if k=='bg_gap' else 1/9 for k in n})
    (in9/'in_to_in9.json').write_text(json.dumps({str(k):k%20-1 if k%20<10 else -1 for k in range(1000)}))
    n = evaluate(zero, 'imagenet9', in9, 'imagenet', size=64, limit=72, bootstrap_samples=0, templates='name').numbers
    assert n==pytest.approx({k:0 if k=='bg_gap' else 50/1000 for k in n})
    with torch.no_grad(): zero.image.norm.bias.fill_(float('nan'))
    with pytest.raises(ValueError, match='not finite'): evaluate(zero, 'imagenet9', in9, size=64, limit=8)

def test_names_of_one_class_may_be_alike(in9, model):
    "Names with one vector are told of where they stand for different classes."
    table = {str(k):-1 for k in range(1000)}
    (in9/'in_to_in9.json').write_text(json.dumps(table))
    r = evaluate(model, 'imagenet9', in9, 'imagenet', size=64, limit=8, bootstrap_samples=0, templates='name')
    assert 'same_vector' not in r.details and 'same vector' not in repr(r)
    (in9/'in_to_in9.json').write_text(json.dumps(table|{'744':0})) # one of two missiles
    r = evaluate(model, 'imagenet9', in9, 'imagenet', size=64, limit=8, bootstrap_samples=0, templates='name')
    assert r.details['same_vector']==[['missile','missile']] and 'missile = missile' in repr(r)

def test_files_beside_the_nine_folders(tmp_path):
    "A list or a hidden folder beside them is nothing to complain about; a tenth folder is."
    for k,n in enumerate(in9_names): (tmp_path/f'{k:02}_{n}').mkdir()
    (tmp_path/'list.txt').write_text('')
    (tmp_path/'.cache').mkdir()
    assert [p.name for p in in9_folders(tmp_path)]==[f'{k:02}_{n}' for k,n in enumerate(in9_names)]
    (tmp_path/'09_boat').mkdir()
    with pytest.raises(ValueError, match='It has 09_boat too'): in9_folders(tmp_path)

@pytest.mark.parametrize('above', [False,True])
def test_the_table_of_a_thousand(tmp_path, above):
    "In the folder of the variants or the one above; every class has its number."
    root = tmp_path/'bg'
    root.mkdir()
    table = {k:k%10-1 for k in range(1000)}
    ((tmp_path if above else root)/'in_to_in9.json').write_bytes(b'\xef\xbb\xbf'+json.dumps(table).encode())
    assert read_in9_map(root).tolist()==[*table.values()]
    for wrong in ({**table, 3:9}, {k:v for k,v in table.items() if k}, {**table, 1000:0}):
        (root/'in_to_in9.json').write_text(json.dumps(wrong))
        with pytest.raises(ValueError, match='a number from -1 to 8'): read_in9_map(root)
