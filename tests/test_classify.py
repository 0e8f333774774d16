"Zero-shot classification: which folders are classes, what they are called, and which answers are right."
import csv
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from clippy.classify import folder_names
from clippy.cli import cli
from clippy.eval import all_tasks, evaluate, tasks
from clippy.results import read_result
from clippy.scenes import Scenes
from shared import folders, pixels, plain_cosines, pooled

all_tasks() # every chapter has registered its own
classes = list(csv.DictReader((Path(__file__).parent.parent/'clippy/labels/imagenet.csv').open(encoding='utf-8')))

@pytest.fixture
def model(boxed_model): return boxed_model

# ImageNet -------------------------------------------------------------------------------------------------------------

def test_imagenet(tmp_path, model):
    "A part is refused or measured as one, names are CLIP's, and a folder that is no class is named."
    d = folders(tmp_path/'in'/'val', ['n01440764','n01443537'])
    with pytest.raises(ValueError, match='imagenet has 100 images, and 4 are here.*--limit 4'):
        evaluate(model, 'imagenet', tmp_path/'in')
    r = evaluate(model, 'imagenet', tmp_path/'in', limit=4, templates='photo', size=64)
    cosines = plain_cosines(model, pixels(sorted(d.rglob('*.JPEG'))), ['a photo of a tench','a photo of a goldfish'])
    right = cosines.argmax(1)==[0,0,1,1]
    assert r.numbers==dict(top1=right.mean(), top5=1)
    assert r.details['top1']==dict(tench=right[:2].mean(), goldfish=right[2:].mean())
    assert (r.details['classes'], r.details['chance'], r.images['expected'])==(2, .5, 100)
    assert list(r.words['names'])==['tench','goldfish']
    (d/'dogs').mkdir()
    Image.new('RGB', (9,9)).save(d/'dogs/1.jpg')
    with pytest.raises(ValueError, match='1 folders that are no ImageNet classes: dogs'):
        evaluate(model, 'imagenet', tmp_path/'in', limit=4)

def test_imagenet_top5(tmp_path, model):
    "Ten classes under three sentences: top-1 and top-5 as plain code ranks them."
    rows = classes[20:30]
    d = folders(tmp_path/'val', [r['id'] for r in rows], n=3)
    images,y = pixels(sorted(d.rglob('*.JPEG'))),np.repeat(np.arange(10), 3)
    article = lambda n: 'an' if n[0].lower() in 'aeiou' else 'a'
    say = lambda n: [n, f'{article(n)} {n}', f'a picture of {article(n)} {n}']
    names = [r['name'] for r in sorted(rows, key=lambda r: r['id'])]
    with torch.no_grad(): words = np.stack([model.encode_text(say(n)).double().numpy().mean(0) for n in names])
    each = plain_cosines(model, images, [t for n in names for t in say(n)]).reshape(30, 10, 3)
    sim = each.mean(2)/np.linalg.norm(words, axis=1)
    rank = (sim>sim[np.arange(30), y][:,None]).sum(1)
    r = evaluate(model, 'imagenet', tmp_path, limit=30, templates='scenes', size=64)
    assert r.numbers==dict(top1=pytest.approx((rank<1).mean()), top5=pytest.approx((rank<5).mean()))
    assert (rank<1).mean()<(rank<5).mean()<1

def test_imagenet_v2(tmp_path, model):
    "Folders are numbered: 10 sorts before 2, and both keep their names."
    d = folders(tmp_path/'v2', ['2','10'], n=10)
    r = evaluate(model, 'imagenet-v2', d, templates='photo', size=64)
    images = pixels([f for k in ('10','2') for f in sorted((d/k).iterdir())])
    cosines = plain_cosines(model, images, ['a photo of a brambling','a photo of a great white shark'])
    assert r.numbers['top1']==(cosines.argmax(1)==np.repeat([0,1], 10)).mean()
    assert r.words['names']==['brambling','great white shark'] and r.images['whole']

@pytest.mark.parametrize('task', ['imagenet','imagenet-v2'])
def test_port_pools_the_class_token(tmp_path, model, task):
    "Protocol `port` ranks with the maximum over all tokens, class token included; the others over patches."
    ids = ['n01440764','n01443537','n01484850','n01491361'] if task=='imagenet' else ['0','1','2','3']
    d = folders(tmp_path/'val', ids, n=3)
    names = ['tench','goldfish','great white shark','tiger shark']
    files,right = sorted(d.rglob('*.JPEG')),{}
    with torch.no_grad():
        words = [F.normalize(model.encode_text([f'a photo of a {n}']).mean(0), dim=-1) for n in names]
        for name,first in ('port',0),('clippy',1):
            scores = (pooled(model, files, first)@torch.stack(words).T).numpy()
            right[name] = [scores[i].argmax()==i//3 for i in range(12)]
    for name in right:
        where = tmp_path if task=='imagenet' else d
        r = evaluate(model, task, where, name, limit=12, templates='photo', size=64)
        each = [np.mean(right[name][3*k:3*k+3]) for k in range(4)]
        assert [r.details['top1'][n] for n in names]==pytest.approx(each)
        assert r.protocol['pool_prefix']==('yes' if name=='port' else '') and r.config['pool_prefix'] is False

def test_names_of_imagenet(tmp_path, model):
    "ImageNet's two missiles and two sunglasses tie, and are named."
    ids = [r['id'] for r in classes if r['name'] in ('missile','sunglasses','tench')]
    folders(tmp_path/'val', ids, n=1)
    r = evaluate(model, 'imagenet', tmp_path, limit=5, templates='photo', size=64)
    assert len(ids)==5 and sorted(r.details['same_vector'])==[['missile','missile'],['sunglasses','sunglasses']]
    assert 'missile = missile, sunglasses = sunglasses' in repr(r)
    for n in 'missile','sunglasses':
        assert r.details['top1'][n] in (0,.5) and r.details['top1'][f'{n} (2)'] in (0,.5)

# Folders of one's own -------------------------------------------------------------------------------------------------

no_class = ('.ipynb_checkpoints/boat.png','.hidden/1.png','@eaDir/boat.png','#recycle/1.png','__MACOSX/1.png',
    'boat/.ipynb_checkpoints/0.png','boat/@eaDir/0.JPEG','boat/._0.JPEG','dog/readme.txt','boat/Thumbs.db',
    'notes.txt','1.png')
left_out = ['1 .db file','2 files beside the class folders','the folder #recycle','the folder .hidden',
    '2 times the folder .ipynb_checkpoints','2 times the folder @eaDir','the folder __MACOSX',
    'the folder dog (no images)','1 hidden file']

def test_what_class_folders_have_besides(tmp_path, model, capsys):
    "What is hidden, empty or no image is no class, and is said on the terminal and in the result."
    d = folders(tmp_path/'in', ['boat','cat'])
    plain = evaluate(model, 'folder', d, size=64)
    for name in no_class:
        (d/name).parent.mkdir(parents=True, exist_ok=True)
        (d/name).write_bytes((d/'boat/0.JPEG').read_bytes())
    args = ['--task','folder', '--data',str(d), '--set','size=64', '--workers','0', '--out',str(tmp_path/'r.json')]
    assert cli(['eval', 'scenes', *args])==0
    r = read_result(tmp_path/'r.json')
    assert (r['numbers'], r['words']['names'], r['images'])==(plain.numbers, ['boat','cat'], plain.images)
    notes = r['details']['notes']
    assert len(notes)==1 and sorted(notes[0].split(': ',1)[1].split(', '))==sorted(left_out)
    assert notes[0] in capsys.readouterr().out

def test_images_of_every_ending(tmp_path, model):
    "Also behind links; a folder that holds only hidden ones is refused."
    d = folders(tmp_path/'in', ['boat','cat'])
    kinds = dict(GIF='gif', JPEG='jfif', WEBP='webp', TIFF='TIF', PPM='pgm', BMP='bmp')
    for kind,ending in kinds.items(): Image.open(d/'boat/0.JPEG').save(d/f'cat/{kind}.{ending}', kind)
    (tmp_path/'linked').mkdir()
    for name in 'boat','cat': (tmp_path/'linked'/name).symlink_to(d/name)
    for where in d,tmp_path/'linked': assert evaluate(model, 'folder', where, size=64).images['seen']==10
    (tmp_path/'none/.ipynb_checkpoints').mkdir(parents=True)
    with pytest.raises(ValueError, match='not a folder of class folders with images'):
        evaluate(model, 'folder', tmp_path/'none')

def test_names_that_nothing_tells_apart(tmp_path, model, capsys):
    "Folders whose names become one text: a warning on the terminal and in the result, a half right answer for each."
    for name in 'sea_lion','sea-lion','boat':
        (tmp_path/name).mkdir()
        Image.fromarray(Scenes(1, seed=3, size=64)[0].image).save(tmp_path/name/'0.png')
    args = ['--task','folder', '--data',str(tmp_path), '--workers','0', '--out',str(tmp_path/'r.json')]
    assert cli(['eval', 'scenes', *args])==0
    said = capsys.readouterr().out
    assert 'names with the same vector' in said and 'sea lion = sea lion' in said
    kept,r = read_result(tmp_path/'r.json')['details'],evaluate(model, 'folder', tmp_path)
    assert kept['same_vector']==[['sea lion','sea lion']] and 'sea lion = sea lion' in ' '.join(kept['notes'])
    assert set(kept['top1'])=={'boat','sea lion','sea lion (2)'}
    top1 = r.details['top1']
    assert top1['sea lion']==top1['sea lion (2)'] and top1['sea lion'] in (0,.5)

def test_ties_by_lot():
    "Expected shares are the average over all orders in which equals can be ranked."
    class Few(tasks['folder']):
        def __init__(self): pass
    job,labels = Few(),(0,2,0,3)
    scores = torch.tensor([[.3,.3,.1,.3],[.1,.2,.2,.4],[.5,.1,.1,.1],[.2,.2,.2,.2]])
    job.scores = lambda x: scores
    rows = job.measure([(torch.zeros(1), y) for y in labels])
    got = job.numbers(rows, np.ones((1,4)))
    def place(s, y, order): return sorted(range(4), key=lambda j: (-s[j], order[j])).index(y)
    for name,k in ('top1',1),('top5',5):
        within = lambda s, y: np.mean([place(s, y, order)<k for order in permutations(range(4))])
        lots = [within(s, y) for s,y in zip(scores.tolist(), labels)]
        assert got[name][0]==pytest.approx(np.mean(lots))
    assert rows.tolist()==[[0,0,2],[2,1,1],[0,0,0],[3,0,3]]

# Names of class folders -----------------------------------------------------------------------------------------------

def test_names_of_folders(tmp_path):
    "A csv file with or without a mark, in any order of columns; a list of ImageNet only for its classes."
    def named(text, mark=b''):
        (tmp_path/'n.csv').write_bytes(mark+text.encode())
        return folder_names(('a','b'), str(tmp_path/'n.csv'))
    for mark in b'',b'\xef\xbb\xbf':
        assert named('a,boat\nb,"car, red"\n', mark)==['boat','car, red']
        assert named('folder,name\nb,"car, red"\na,boat\n', mark)==['boat','car, red']
    assert named('name,folder,note\nboat,a,\ncar,b,x\n')==['boat','car']
    for text,says in (('a,boat\nb,car, red\n', "'b,car,red' is not a folder and its name"),
            ('a,boat\nb,\n', "'b,' is not"), ('a,"boat\nb,car\n', 'not a csv table'), ('', 'no name for 2 of 2')):
        with pytest.raises(ValueError, match=says): named(text)
    for names,folder,says in (('wordnte', 'n01440764', 'Did you mean wordnet'), ('id', 'n01440764', 'not .id.'),
            ('wordnet', 'boat', "'boat' is none of its classes"), ('nmae', 'boat', 'Did you mean name')):
        with pytest.raises(ValueError, match=says): folder_names([folder], names)

lines = st.sampled_from(['a,boat','b,"x, y"','folder,name','"','a','a,b,c',',,','\ufeff',''])

@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=50) | st.lists(lines, max_size=5).map(lambda rows: '\n'.join(rows).encode()))
def test_any_names_of_folders(tmp_path, data):
    "A name, or a sentence that names the file."
    (tmp_path/'n.csv').write_bytes(data)
    try: found = folder_names(['a'], str(tmp_path/'n.csv'))
    except ValueError as e: assert 'n.csv' in str(e)
    else: assert len(found)==1 and found[0]
