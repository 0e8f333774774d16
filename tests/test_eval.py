"`clippy eval`: one number whatever the processes, the kills and the order; and a sentence for every mistake."
import csv, hashlib, json, re, shutil, signal, subprocess, sys, time
from copy import deepcopy
from dataclasses import asdict, replace
from itertools import permutations
from math import comb
from pathlib import Path
from string import ascii_lowercase

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy.stats import binomtest
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from clippy.cli import cli
from clippy.pack import pack
from clippy.console import table
from clippy.retrieval import Pairs, recall
from clippy.eval import Protocol, Task, all_tasks, change, choose, evaluate, find_task, fingerprint, image_transform, pick_protocol, protocol_hash, tasks
from clippy.words import cached_vectors, fill, templates_of
from clippy.classify import folder_names
from clippy.results import lowest_interval, read_result, sum_interval, wilson, with_intervals
from clippy.measure import read_changes, share_out
from clippy.classes import labels
from clippy.model import Config, create_model
from clippy.saved import load
from clippy.predict import CLIPpy # with its methods of prediction
from clippy.scenes import Scenes, things
from clippy.segment_scenes import eval_seed

root = Path(__file__).parent.parent
demo = str(root/'nbs/demo/model')
all_tasks() # every chapter has registered its own
same = lambda a,b: {k:v for k,v in a.items() if k not in ('clock','command')}=={k:v for k,v in b.items() if k not in ('clock','command')}
base = ['--task','scenes-things','--limit','40','--batch-size','4','--workers','0']

@pytest.fixture(scope='module')
def model(): return load(demo)

def start(*args, n=1, **kw):
    launch = ['-m','torch.distributed.run','--standalone','--nproc_per_node',str(n)] if n>1 else []
    return subprocess.Popen([sys.executable, *launch, '-m','clippy.eval', demo, *args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=root, **kw)

def done(p):
    text = p.communicate(timeout=300)[0]
    assert p.returncode==0, text
    return text

# One number -----------------------------------------------------------------------------------------------------------

@pytest.fixture(scope='module')
def reference(tmp_path_factory):
    out = tmp_path_factory.mktemp('reference')/'one.json'
    assert cli(['eval', demo, *base, '--out', str(out)])==0
    return read_result(out)

def test_two_processes(tmp_path, reference):
    "Two processes share the work and write what one writes."
    text = done(start(*base, '--out', str(tmp_path/'two.json'), n=2))
    two = read_result(tmp_path/'two.json')
    assert two['clock']['processes']==2 and same(two, reference)
    assert text.count('| miou')==1

def test_killed(tmp_path, reference):
    "SIGKILL in the middle, then the same command: the same result; rows of before are not measured again."
    out = tmp_path/'killed.json'
    p = start(*base, '--out', str(out))
    rows = Path(f'{out}.rows/0.33.rows')
    while p.poll() is None and not (rows.exists() and rows.stat().st_size>2*4*34*8): time.sleep(.005)
    p.send_signal(signal.SIGKILL); p.wait()
    assert not out.exists() and rows.exists(), 'it was over before it could be killed'
    had = rows.stat().st_size//(34*8)
    assert cli(['eval', demo, *base, '--out', str(out)])==0
    assert 0<had<40 and same(read_result(out), reference)
    assert not rows.exists()

def test_finished(tmp_path, reference, capsys):
    "A finished result is not measured again; another evaluation does not overwrite it."
    out = tmp_path/'one.json'
    out.write_text(json.dumps(reference))
    assert cli(['eval', demo, *base, '--out', str(out)])==0
    assert 'there already' in capsys.readouterr().out and read_result(out)==reference
    assert cli(['eval', demo, *base, '--out', str(out), '--set', 'prior=3'])==1
    assert 'result of another evaluation' in capsys.readouterr().err

def test_several(tmp_path, capsys):
    "Several tasks make a folder with a file for each, and compare shows what differs."
    out = tmp_path/'all'
    assert cli(['eval', demo, '--task', 'scenes,scenes-things', '--limit', '8', '--out', str(out), '--save-predictions', str(tmp_path/'pred')])==0
    assert sorted(o.name for o in out.iterdir())==['scenes-things.json','scenes.json']
    png = Image.open(next((tmp_path/'pred'/'scenes').glob('*.png')))
    assert png.mode=='P' and png.size==(64,64) and len(list((tmp_path/'pred'/'scenes').iterdir()))==8
    capsys.readouterr()
    assert cli(['eval', '--compare', str(out/'scenes.json'), str(out/'scenes-things.json')])==0
    assert capsys.readouterr().out.splitlines()[2].startswith('| protocol')

def test_saved_predictions_make_the_number(tmp_path, model):
    "The mIoU computed from the saved label images is the one in the result."
    r = evaluate(model, 'scenes', limit=16, save_predictions=tmp_path)
    from sklearn.metrics import confusion_matrix
    m = 0
    for p in sorted((tmp_path/'scenes').iterdir()):
        m = m+confusion_matrix(Scenes(512, eval_seed, 64)[int(p.stem)].mask.flat, np.array(Image.open(p)).flat, labels=range(17))
    with np.errstate(invalid='ignore'): each = np.diag(m)/(m.sum(0)+m.sum(1)-np.diag(m))
    assert np.nanmean(each)==pytest.approx(r.numbers['miou'], abs=1e-12)
    assert np.diag(m).sum()/m.sum()==pytest.approx(r.numbers['pixel_accuracy'], abs=1e-12)
    assert list(r.details['share_of_pixels'].values())==pytest.approx(list(m.sum(1)/m.sum()), abs=1e-5) # of the truth
    assert [v for v in r.details['iou'].values() if v is not None]==pytest.approx([v for v in each if v==v])

# Intervals ------------------------------------------------------------------------------------------------------------

def test_intervals(model):
    "Weights that count draws give what the drawn rows give."
    job = find_task('scenes')('', tasks['scenes'].protocols['clippy'], model)
    rows = np.random.default_rng(0).integers(1, 50, (12,51)).astype(float)
    w = np.random.default_rng(1).multinomial(12, np.full(12, 1/12), 5)
    got = job.numbers(rows, w.astype(float))['miou']
    for weights,value in zip(w, got):
        drawn = rows[np.repeat(np.arange(12), weights)]
        assert value==pytest.approx(job.numbers(drawn, np.ones((1,12)))['miou'][0])
    assert with_intervals(job, rows, bootstrap_samples=60)==with_intervals(job, rows, bootstrap_samples=60)

# VOC, made here -------------------------------------------------------------------------------------------------------

@pytest.fixture(scope='module')
def voc(tmp_path_factory):
    "Four scenes as VOC2012: boat and car are VOC names, all else is background, a border of 2 px is void."
    d = tmp_path_factory.mktemp('voc')/'VOC2012'
    for o in ('JPEGImages','SegmentationClass','ImageSets/Segmentation'): (d/o).mkdir(parents=True)
    names = labels('voc').names
    known = [s for s in Scenes(30, seed=3, size=96) if set(s.things) & set(names)]
    for i,s in enumerate(known[:4]):
        mask = np.zeros(s.mask.shape, np.uint8)
        for k,n in enumerate(things):
            if n in names: mask[s.mask==k] = names.index(n)
        mask[:2] = 255
        Image.fromarray(s.image[:,:80]).save(d/f'JPEGImages/{i}.jpg', quality=95)
        im = Image.fromarray(mask[:,:80]); im.putpalette([*range(256)]*3); im.save(d/f'SegmentationClass/{i}.png')
    for split in 'train','val': (d/f'ImageSets/Segmentation/{split}.txt').write_text('0\n1\n2\n3\n')
    return d

@pytest.mark.parametrize('task,name', [(t,p) for t in ('voc','voc20') for p in find_task(t).protocols])
def test_protocols(task, name, voc, model):
    "Every protocol of VOC runs, and its result says what it is."
    small = dict(size=64, **({} if name in ('clippy','port') else dict(window=48, stride=24)))
    r = evaluate(model, task, voc, name, limit=4, bootstrap_samples=20, **small)
    assert r.images==dict(seen=4, found=4, expected=1464 if name=='port' else 1449, whole=False)
    assert 0<=r.numbers['miou']<=1 and r.protocol['name'].startswith(name) and r.protocol['about']
    assert r.names!=r.prompts and len(r.words['names'])>=20

def test_perfect(voc, model):
    "Ground truth fed as prediction gives exactly 1, at its own size and squashed; in the port's mean absent classes count 0."
    for p in 'clippy','port':
        job = find_task('voc')(voc, change(tasks['voc'].protocols[p], size=64), model)
        rows = []
        for i in range(4):
            sample = job.source[i]
            job.head = lambda x,sizes: [sample['target'].long().where(sample['target']!=255, 0)]
            rows.append(job.measure([sample])[0])
        there = len({int(k) for i in range(4) for k in np.unique(job.source[i]['target'])}-{255})
        assert job.numbers(np.stack(rows), np.ones((1,4)))['miou'][0]==(1 if p=='clippy' else pytest.approx(there/21))

def test_names_file(voc, model, tmp_path):
    "Another list of names is another protocol; one of another length is refused."
    (tmp_path/'names.txt').write_text('\n'.join(labels('voc').names))
    own,theirs = (evaluate(model, 'voc', voc, limit=4, bootstrap_samples=0, size=64, names=n) for n in (str(tmp_path/'names.txt'), 'name'))
    assert own.names==theirs.names and own.details==theirs.details
    (tmp_path/'names.txt').write_text('boat\ncar\n')
    with pytest.raises(ValueError, match="names 2 classes, the data set has 21"): evaluate(model, 'voc', voc, limit=4, names=str(tmp_path/'names.txt'))

def test_absent(voc, model):
    "A class in neither prediction nor truth is skipped, or counts zero."
    skip,zero = (find_task('voc')(voc, change(tasks['voc'].protocols['clippy'], size=64, absent=a), model) for a in ('skip','zero'))
    rows = np.zeros((1,63)); rows[0,[0,21,42]] = 10 # background only, all right
    assert skip.numbers(rows, np.ones((1,1)))['miou'][0]==1
    assert zero.numbers(rows, np.ones((1,1)))['miou'][0]==pytest.approx(1/21)

def test_sizes_mix(voc, model, tmp_path):
    "Images of several shapes in one batch give what they give alone."
    d = tmp_path/'VOC2012'; shutil.copytree(voc, d)
    for o in ('JPEGImages/1.jpg','SegmentationClass/1.png'):
        im = Image.open(d/o); im.crop((0,0,80,48)).save(d/o)
    together,alone = (evaluate(model, 'voc', d, 'sclip', limit=4, batch_size=b, bootstrap_samples=0, size=48, window=32, stride=16) for b in (4,1))
    assert together.details['iou']==alone.details['iou']

# Classification and retrieval -----------------------------------------------------------------------------------------

def folders(d, names, n=2):
    for k,name in enumerate(names):
        (d/name).mkdir(parents=True)
        for i in range(n): Image.fromarray(Scenes(k+1, seed=i, size=64)[k].image).save(d/name/f'{i}.JPEG', 'JPEG')
    return d

def test_imagenet(tmp_path, model):
    d = folders(tmp_path/'in'/'val', ['n01440764','n01443537'])
    with pytest.raises(ValueError, match='imagenet has 100 images, and 4 are here.*--limit 4'): evaluate(model, 'imagenet', tmp_path/'in')
    r = evaluate(model, 'imagenet', tmp_path/'in', limit=4, templates='photo', size=64)
    images = [np.asarray(Image.open(f).convert('RGB')) for f in sorted(d.rglob('*.JPEG'))]
    right = (plain_cosines(model, images, ['a photo of a tench','a photo of a goldfish']).argmax(1)==[0,0,1,1])
    assert r.numbers==dict(top1=right.mean(), top5=1) and r.details['top1']==dict(tench=right[:2].mean(), goldfish=right[2:].mean())
    assert (r.details['classes'], r.details['chance'], r.images['expected'], [n for n in r.words['names']])==(2, .5, 100, ['tench','goldfish'])
    (d/'dogs').mkdir(); Image.new('RGB', (9,9)).save(d/'dogs/1.jpg')
    with pytest.raises(ValueError, match='1 folders that are no ImageNet classes: dogs'): evaluate(model, 'imagenet', tmp_path/'in', limit=4)

def test_imagenet_top5(tmp_path, model):
    "Ten classes under three sentences: top-1 and top-5 as plain code ranks them."
    rows = list(csv.DictReader((root/'clippy/labels/imagenet.csv').open(encoding='utf-8')))[20:30]
    d = folders(tmp_path/'val', [r['id'] for r in rows], n=3)
    images,y = [np.asarray(Image.open(f).convert('RGB')) for f in sorted(d.rglob('*.JPEG'))],np.repeat(np.arange(10), 3)
    article = lambda n: 'an' if n[0].lower() in 'aeiou' else 'a'
    say = lambda n: [n, f'{article(n)} {n}', f'a picture of {article(n)} {n}']
    names = [r['name'] for r in sorted(rows, key=lambda r: r['id'])]
    with torch.no_grad(): words = np.stack([model.encode_text(say(n)).double().numpy().mean(0) for n in names])
    sim = plain_cosines(model, images, [t for n in names for t in say(n)]).reshape(30, 10, 3).mean(2)/np.linalg.norm(words, axis=1)
    rank = (sim>sim[np.arange(30), y][:,None]).sum(1)
    r = evaluate(model, 'imagenet', tmp_path, limit=30, templates='scenes', size=64)
    assert r.numbers==dict(top1=pytest.approx((rank<1).mean()), top5=pytest.approx((rank<5).mean())) and (rank<1).mean()<(rank<5).mean()<1

def test_imagenet_v2(tmp_path, model):
    "Folders are numbered: 10 sorts before 2, and both keep their names."
    d = folders(tmp_path/'v2', ['2','10'], n=10)
    r = evaluate(model, 'imagenet-v2', d, templates='photo', size=64)
    images = [np.asarray(Image.open(f).convert('RGB')) for k in ('10','2') for f in sorted((d/k).iterdir())]
    right = plain_cosines(model, images, ['a photo of a brambling','a photo of a great white shark']).argmax(1)==np.repeat([0,1], 10)
    assert r.numbers['top1']==right.mean()
    assert r.words['names']==['brambling','great white shark'] and r.images['whole']

def test_what_class_folders_have_besides(tmp_path, model, capsys):
    "Pictures of every ending count; what is hidden, empty or no picture is no class, and is said on the terminal and in the result."
    d = folders(tmp_path/'in', ['boat','cat'])
    plain = evaluate(model, 'folder', d, size=64)
    for name in ('.ipynb_checkpoints/boat.png','.hidden/1.png','@eaDir/boat.png','#recycle/1.png','__MACOSX/1.png','boat/.ipynb_checkpoints/0.png','boat/@eaDir/0.JPEG','boat/._0.JPEG','dog/readme.txt','boat/Thumbs.db','notes.txt','1.png'):
        (d/name).parent.mkdir(parents=True, exist_ok=True)
        (d/name).write_bytes((d/'boat/0.JPEG').read_bytes())
    assert cli(['eval', demo, '--task','folder','--data',str(d),'--set','size=64','--workers','0','--out',str(tmp_path/'r.json')])==0
    r = read_result(tmp_path/'r.json')
    assert (r['numbers'], r['words']['names'], r['images'])==(plain.numbers, ['boat','cat'], plain.images)
    said = ', '.join(['1 .db file','2 files beside the class folders','the folder #recycle','the folder .hidden','the folder .ipynb_checkpoints','the folder @eaDir','the folder __MACOSX','the folder dog (no images)','1 hidden file'])
    assert len(r['details']['notes'])==1 and sorted(r['details']['notes'][0].split(': ',1)[1].split(', '))==sorted(said.replace('the folder .ipynb', '2 times the folder .ipynb').replace('the folder @', '2 times the folder @').split(', '))
    assert r['details']['notes'][0] in capsys.readouterr().out
    for k,(kind,ending) in enumerate(dict(GIF='gif', JPEG='jfif', WEBP='webp', TIFF='TIF', PPM='pgm', BMP='bmp').items()): Image.open(d/'boat/0.JPEG').save(d/f'cat/{k}.{ending}', kind)
    (tmp_path/'linked').mkdir(); (tmp_path/'linked/cat').symlink_to(d/'cat'); (tmp_path/'linked/boat').symlink_to(d/'boat')
    assert evaluate(model, 'folder', d, size=64).images['seen']==evaluate(model, 'folder', tmp_path/'linked', size=64).images['seen']==10
    (tmp_path/'none/.ipynb_checkpoints').mkdir(parents=True)
    with pytest.raises(ValueError, match='not a folder of class folders with images'): evaluate(model, 'folder', tmp_path/'none')

def plain_cosines(model, images, texts, size=64):
    "`[images, texts]` from pixels to cosines in plain operations, each text alone; to five decimals, so that equal texts tie."
    x = np.stack([np.asarray(Image.fromarray(im).resize((size,size), Image.Resampling.BICUBIC), np.float32)/255 for im in images])
    x = torch.tensor((x-np.array(model.config.mean))/np.array(model.config.std)).permute(0,3,1,2).float()
    with torch.no_grad():
        tokens = model.proj(model.image.forward_features(x)).double().numpy()[:,1:]
        words = np.concatenate([model.encode_text([t]).double().numpy() for t in texts])
    pooled = tokens.max(1)
    return (pooled/np.linalg.norm(pooled, axis=1, keepdims=True)@words.T).round(5)

def plain_recall(sim, owner, ks=(1,5,10)):
    "Recall at k both ways, equals ranked by lot."
    def found(scores, right, k): # of one query
        best = scores[right].max()
        level,places = (scores==best).sum(),max(k-(scores>best).sum(), 0)
        good = (right&(scores==best)).sum()
        return 1-comb(level-good, min(places, level))/comb(level, min(places, level))
    n,m = sim.shape
    return ({f'image_to_text@{k}':np.mean([found(sim[i], owner==i, k) for i in range(n)]) for k in ks}
            | {f'text_to_image@{k}':np.mean([found(sim[:,t], np.arange(n)==owner[t], k) for t in range(m)]) for k in ks})

def test_retrieval_layouts(tmp_path, model):
    "Flickr's folder, COCO's folder and shards hold the same pairs and give the recall that plain code finds."
    scenes = list(Scenes(12, seed=4, size=64))
    flickr,coco = tmp_path/'flickr',tmp_path/'coco'
    for d in (flickr/'Images', coco/'val2017', coco/'annotations'): d.mkdir(parents=True)
    for i,s in enumerate(scenes):
        for d in (flickr/'Images', coco/'val2017'): Image.fromarray(s.image).save(d/f'{i:02d}.png')
    (flickr/'captions.txt').write_text('image,caption\n'+''.join(f'{i:02d}.png,"{s.caption}"\n{i:02d}.png,a {s.background}\n' for i,s in enumerate(scenes)))
    (coco/'annotations/captions_val2017.json').write_text(json.dumps(dict(images=[dict(id=i, file_name=f'{i:02d}.png') for i in range(12)],
        annotations=[dict(image_id=i, caption=c) for i,s in enumerate(scenes) for c in (s.caption, f'a {s.background}')])))
    pack(str(flickr/'Images'), str(flickr/'captions.txt'), str(tmp_path/'shards'), shard_size=5, progress=False)
    caps,owner = zip(*((c, i) for i,s in enumerate(scenes) for c in (s.caption, f'a {s.background}')))
    dull,mute = deepcopy(model),torch.arange(model.width)%4!=0 # that errs, so that the numbers differ
    with torch.no_grad(): dull.image.norm.weight[mute] = dull.image.norm.bias[mute] = 0
    right = plain_recall(plain_cosines(dull, [s.image for s in scenes], caps), np.array(owner))
    for d in flickr,coco,tmp_path/'shards': assert evaluate(dull, 'retrieval', d).numbers==pytest.approx(right, abs=1e-9)
    assert len(set(caps))<24 and 0<right['image_to_text@1']<right['image_to_text@5']<=1 and right['text_to_image@1']!=right['image_to_text@1']
    (flickr/'Images/03.png').unlink()
    with pytest.raises(FileNotFoundError, match='1 images that are not in .*03.png'): evaluate(model, 'retrieval', flickr)
    (tmp_path/'bad').mkdir(); (tmp_path/'bad/0.tar').write_bytes(b'no tar at all'*100)
    with pytest.raises(ValueError, match='not a whole tar file'): evaluate(model, 'retrieval', tmp_path/'bad')

@pytest.mark.parametrize('text,says', [('00.png,a dog, a cat\n','line 2, has 3 fields'), ('00.png,"open\n01.png,x\n','line 2, is not a row'), ('00.png,"open\n01.png,a 12"\n','line 2: a quotation mark')])
def test_captions_of_a_folder_are_read_strictly(tmp_path, text, says):
    "Flickr's table is read by the reader of `pack`; half a character in COCO's json is refused with the picture's name."
    (tmp_path/'captions.txt').write_text('image,caption\n'+text)
    with pytest.raises(ValueError, match=says): Pairs(tmp_path, None)
    (tmp_path/'annotations').mkdir()
    (tmp_path/'annotations/captions_val2017.json').write_text(json.dumps(dict(images=[dict(id=1, file_name='a.png')], annotations=[dict(image_id=1, caption='half \ud83d')])))
    with pytest.raises(ValueError, match='captions_val2017.json, a: caption is not UTF-8'): Pairs(tmp_path, None)

# Settings and places ------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('given,right', [
    ('size=336,resize=square', dict(size='336', resize='square')),
    ('templates=a photo of a {}, a type of pet.', dict(templates='a photo of a {}, a type of pet.')),
    ('templates=a photo of a {}, a type of pet.,size=64', dict(templates='a photo of a {}, a type of pet.', size='64')),
    ('templates=a {} = a boat, name = boat', dict(templates='a {} = a boat, name = boat')),
    ('templates="{},size=big: ""x""",size=64', dict(templates='{},size=big: "x"', size='64')),
    (['size=64', 'templates=the {}, seen', 'templates=a {}=b'], dict(size='64', templates=['the {}, seen', 'a {}=b'])),
    ('names=a:b/{c}, d=e.txt', dict(names='a:b/{c}, d=e.txt')),
    ('size=64,', dict(size='64')), ('', {}), (None, {}), ([], {})])
def test_settings(given, right): assert read_changes(given)==right

@pytest.mark.parametrize('given,says', [('size', "'size' has no ="), ('size=3,size=4', 'gives .size. twice'), (['size=3','size=4'], 'gives .size. twice'),
    ('=3', 'has no ='), ('my.toml', 'no file of settings my.toml'), ('templates="a",b', "'b' has no =")])
def test_settings_that_are_none(given, says):
    with pytest.raises(ValueError if 'file' not in says else FileNotFoundError, match=says): read_changes(given)

def test_settings_from_a_file(tmp_path):
    "TOML and JSON, with or without a byte-order mark; what is typed counts more."
    if sys.version_info>=(3,11):
        (tmp_path/'a.toml').write_bytes(b'\xef\xbb\xbf'+'size = 64\ntemplates = ["a {}, really", "the {}=x"]\nthreshold = 1\n'.encode())
        found = pick_protocol(find_task('scenes-things'), **read_changes([str(tmp_path/'a.toml'), 'resize=square']))
        assert (found.size, found.templates, found.threshold, found.resize)==(64, ('a {}, really','the {}=x'), 1., 'square')
        (tmp_path/'a.toml').write_text('size = \n')
        with pytest.raises(ValueError, match='a.toml cannot be read'): read_changes(str(tmp_path/'a.toml'))
    (tmp_path/'b.JSON').write_bytes(b'\xef\xbb\xbf{"size": 64, "resize": "short"}')
    assert read_changes([str(tmp_path/'b.JSON'), 'size=96'])==dict(size='96', resize='short')
    for text,says in (('[1]', 'not a table'), ('{"size": 1, "size": 2}', "'size' is in it twice"), ('{', 'cannot be read'), ('['*100_000, 'cannot be read')):
        (tmp_path/'b.json').write_text(text)
        with pytest.raises(ValueError, match=says): read_changes(str(tmp_path/'b.json'))

@pytest.mark.parametrize('k,v', [('size',True), ('size',1.5), ('size','1.5'), ('size',None), ('size',[1]), ('resize',3), ('templates',[1]), ('templates',{}), ('templates',3),
    ('size','1e999'), ('names',None), ('protocol','x'), ('task','x'), ('about','x'), ('name','x'), ('',''), ('batch_size','1')])
def test_values_of_another_kind(k, v):
    with pytest.raises(ValueError): pick_protocol(find_task('folder'), **{k:v})

text_of_settings = st.lists(st.sampled_from(['size=','64','templates=','a {}','{style}',',','=','"','""','names=','\0','\n','é','threshold=','nan','.toml','{','[',' ','scale=-1','prior=1']), max_size=8).map(''.join)
@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(text_of_settings | st.text(max_size=20), max_size=3))
def test_any_settings(given):
    "A protocol, or one sentence."
    try: found = pick_protocol(find_task('scenes-things'), **read_changes(given))
    except (ValueError, OSError) as e: assert str(e)
    else: assert found.size>=0 and templates_of(found.templates)

@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(st.lists(st.sampled_from(['voc','coco','voc=','coco=','a','/b c',',','=','"',':','{0..2}','~','\0','.json']), max_size=6).map(''.join) | st.text(max_size=12), max_size=3),
    st.sampled_from([['voc'],['voc','coco'],['voc','coco','voc-js']]))
def test_any_places(given, names):
    "A path for each task, or one sentence."
    try: found = share_out(given if len(given)!=1 else given[0], names)
    except (ValueError, OSError) as e: assert str(e)
    else: assert list(found)==names and all(isinstance(v, str) for v in found.values())

def test_places(tmp_path):
    "One task takes the path as it is; of several, a path that is there, a name before it, or --data for each."
    odd = tmp_path/'a, b=c,voc=d {0}:1'; odd.mkdir()
    assert share_out('a,b,voc=c', ['voc'])=={'voc':'a,b,voc=c'} and share_out(str(odd), ['voc','coco'])=={'voc':str(odd), 'coco':str(odd)}
    assert share_out(f'voc={odd}', ['voc'])=={'voc':str(odd)} and share_out(f'"{odd}"'.join(['voc=',',coco=x']), ['voc','coco'])=={'voc':str(odd), 'coco':'x'}
    assert share_out([str(odd),'x,y'], ['voc','coco'])=={'voc':str(odd), 'coco':'x,y'}
    assert share_out([f'coco={odd}','voc=x=y'], ['voc','coco'])=={'voc':'x=y', 'coco':str(odd)}
    assert share_out(['coco=x','y'], ['voc','coco','voc-js'])=={'voc':'y', 'coco':'x', 'voc-js':'y'}
    (tmp_path/'p.json').write_text(json.dumps(dict(voc=str(odd), coco='x')))
    assert share_out(str(tmp_path/'p.json'), ['voc','coco'])=={'voc':str(odd), 'coco':'x'}
    assert share_out(None, ['voc'])==share_out('', ['voc'])=={'voc':''}
    for given,says in (('vox=a', "names 'vox', which is not among.*Did you mean voc"), (['voc=a','voc=b'], 'a task twice'), (['a','b','c'], '3 paths for 2 tasks'), (['voc=a','coco=b','c'], "'c' that belongs to no task")):
        with pytest.raises(ValueError, match=says): share_out(given, ['voc','coco'])

def test_a_path_with_everything(tmp_path, model, capsys):
    "A folder whose name holds a comma, =, braces, a colon and spaces; sentences with commas, given twice; the same number as without."
    d = folders(tmp_path/'a, b=c {0..1}:x'/'{1}', ['boat','car {x}'])
    same = folders(tmp_path/'plain', ['boat','car {x}'])
    ask = lambda *more: cli(['eval', demo, '--task','folder', '--workers','0', '--set','templates=a {}, a thing.', '--set','templates=the {}=it', *map(str, more)])
    assert ask('--data', d, '--out', tmp_path/'a,b={}.json')==0 and ask('--data', f'folder={same}', '--out', tmp_path/'b.json')==0
    a,b = read_result(tmp_path/'a,b={}.json'),read_result(tmp_path/'b.json')
    assert a['numbers']==b['numbers'] and a['words']==dict(names=['boat','car {x}'], prompts=['a {}, a thing.','the {}=it'])

# Sentences --------------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('template,says', [('a {style} of a {}', "has '{style}'"), ('a {0}', "has '{0}'"), ('a {', "has '{'"), ('{}}', "has '}'"), ('{{}}', "has '{'"),
    ('a {:>10}', "has"), ('{!r}', "has"), ('{0.__class__}', "has"), ('no place', 'no set of sentences'), ('', 'no set of sentences'), ((), 'not sentences'), (('a {}','b'), 'no {}'), ((1,), 'not sentences'), (None, 'not sentences')])
def test_braces(template, says):
    "Only `{}` is filled in; anything else in braces is a sentence, not a KeyError."
    with pytest.raises(ValueError, match=re.escape(says)): templates_of(template)
    if isinstance(template, str) and template:
        with pytest.raises(ValueError): fill(template, 'boat')

def test_names_are_taken_as_they_are():
    assert fill('a {} {}.', '{x} {}')=='a {x} {} {x} {}.' and fill('a(n) {}', 'a(n) owl')=='an a(n) owl'

def test_sentences_of_a_file(tmp_path):
    (tmp_path/'s{}.txt').write_bytes(b'\xef\xbb\xbfa {}, or two\r\n\r\nthe {}\r\n')
    assert templates_of(str(tmp_path/'s{}.txt'))==('a {}, or two','the {}')
    assert templates_of('a page of a {}.txt')==('a page of a {}.txt',)
    with pytest.raises(FileNotFoundError, match='no file of sentences lost.txt'): templates_of('lost.txt')
    (tmp_path/'e.txt').write_text('\n')
    with pytest.raises(ValueError, match='e.txt is empty'): templates_of(str(tmp_path/'e.txt'))

@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.text(alphabet='{}a 0:!.[]txt', max_size=12) | st.lists(st.text(alphabet='{}ab', max_size=5), max_size=3), st.text(max_size=8))
def test_any_sentence(template, name):
    "A text for each sentence with the name in it, or a sentence about what is wrong."
    try: found = [fill(t, name) for t in templates_of(template)]
    except (ValueError, OSError) as e: assert str(e)
    else: assert found and all(name in t for t in found)

# Names of class folders ---------------------------------------------------------------------------------------------------------

def test_names_of_folders(tmp_path):
    "A csv file with or without a mark, in any order of columns; a mistyped list of ImageNet is refused, and one for other folders."
    def named(text, folders=('a','b'), mark=b''):
        (tmp_path/'n.csv').write_bytes(mark+text.encode())
        return folder_names(folders, str(tmp_path/'n.csv'))
    for mark in (b'', b'\xef\xbb\xbf'): assert named('a,boat\nb,"car, red"\n', mark=mark)==named('folder,name\nb,"car, red"\na,boat\n', mark=mark)==['boat','car, red']
    assert named('name,folder,note\nboat,a,\ncar,b,x\n')==['boat','car']
    for text,says in (('a,boat\nb,car, red\n', "'b,car,red' is not a folder and its name"), ('a,boat\nb,\n', "'b,' is not"), ('a,"boat\nb,car\n', 'not a csv table'), ('', 'no name for 2 of 2')):
        with pytest.raises(ValueError, match=says): named(text)
    for names,folders,says in (('wordnte', ['n01440764'], 'Did you mean wordnet'), ('id', ['n01440764'], 'not .id.'), ('wordnet', ['boat'], "'boat' is none of its classes"), ('nmae', ['boat'], 'Did you mean name')):
        with pytest.raises(ValueError, match=says): folder_names(folders, names)

@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=50) | st.lists(st.sampled_from(['a,boat','b,"x, y"','folder,name','"','a','a,b,c',',,','\ufeff','']), max_size=5).map(lambda o: '\n'.join(o).encode()))
def test_any_names_of_folders(tmp_path, data):
    (tmp_path/'n.csv').write_bytes(data)
    try: found = folder_names(['a'], str(tmp_path/'n.csv'))
    except ValueError as e: assert 'n.csv' in str(e)
    else: assert len(found)==1 and found[0]

def test_a_model_with_a_mark(tmp_path, model):
    "A config.json that an editor saved with a byte-order mark is the same model, and a metrics.json the same run."
    from clippy.runs import read_run
    shutil.copytree(demo, tmp_path/'run/model')
    path = tmp_path/'run/model/config.json'; path.write_bytes(b'\xef\xbb\xbf'+path.read_bytes())
    assert load(str(tmp_path/'run/model')).config==model.config
    (tmp_path/'run/metrics.json').write_bytes(b'\xef\xbb\xbf'+(root/'nbs/demo/metrics-max.json').read_bytes())
    assert read_run(tmp_path/'run')['command']==json.loads((root/'nbs/demo/metrics-max.json').read_text())['command']

def test_a_result_with_a_mark(tmp_path, reference):
    (tmp_path/'r.json').write_bytes(b'\xef\xbb\xbf'+json.dumps(reference).encode())
    assert read_result(tmp_path/'r.json')==reference

# Mistakes -------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('args,says', [
    (['--task','scenos'], "no task 'scenos'. Did you mean"),
    (['--task','voc','--protocol','ports'], 'protocols clippy, tcl, sclip, port'),
    (['--task','scenes','--set','sise=3'], "no field 'sise'. Did you mean size"),
    (['--task','scenes','--set','size'], 'has no ='),
    (['--task','scenes','--set','window=64'], 'A window needs a stride'),
    (['--task','scenes','--set','size=64,window=50,stride=8','--limit','2'], 'multiples of the patch'),
    (['--task','scenes','--limit','-1'], 'limit is -1, but must be at least 0'), # said before the model is loaded; from Python: a number of images
    (['--task','voc','--data','nowhere'], 'no folder nowhere'),
    (['--task','folder','--data','nowhere'], 'no folder nowhere'),
    (['--task','scenes,voc','--data','a,b,c'], '3 paths for 2 tasks'),
    ([], 'Name a model and a task'),
])
def test_sentences(args, says, capsys):
    assert cli(['eval', demo, *args, '--workers', '0'])==1
    err = capsys.readouterr().err
    assert says in err and 'Traceback' not in err

def test_no_model(capsys):
    assert cli(['eval', 'no/such/model', '--task', 'scenes'])==1
    assert "no model at 'no/such/model'" in capsys.readouterr().err

def test_not_a_result(tmp_path, capsys):
    (tmp_path/'a.json').write_text('{}'); (tmp_path/'b.json').write_text('{')
    for name,says in ('a.json','no numbers with a protocol'),('b.json','not JSON'),('c.json','no result'):
        assert cli(['eval', '--compare', str(tmp_path/name), str(tmp_path/name)])==1
        assert says in capsys.readouterr().err

def test_broken_files(voc, model, tmp_path):
    "A truncated image, a mask of another size and an unknown label stop the evaluation with the file's name, in workers too."
    for file,harm,says in (
        ('JPEGImages/2.jpg', lambda p: p.write_bytes(p.read_bytes()[:900]), '2.jpg: truncated image'),
        ('SegmentationClass/2.png', lambda p: Image.open(p).crop((0,0,40,40)).save(p), '2.png is 40 x 40 pixels'),
        ('SegmentationClass/2.png', lambda p: Image.fromarray(np.full((96,80), 77, np.uint8)).save(p), '2.png: it holds id 77')):
        d = tmp_path/'VOC2012'; shutil.rmtree(d, ignore_errors=True); shutil.copytree(voc, d)
        harm(d/file)
        for workers in 0,1:
            with pytest.raises(ValueError) as e: evaluate(model, 'voc', d, limit=4, size=64, workers=workers)
            assert says in str(e.value) and '\n' not in str(e.value)

def test_rows_of_another(tmp_path, model):
    "Rows of another protocol are not mixed in."
    out = tmp_path/'r.json'
    job = find_task('scenes')('', pick_protocol(tasks['scenes'], prior=3), model)
    Path(f'{out}.rows').mkdir()
    Path(f'{out}.rows/about.json').write_text(json.dumps(fingerprint(job, choose(job.source, 8), 16, '')))
    with pytest.raises(ValueError, match=r'beginning of another evaluation \(other protocol, protocol_hash\)'): evaluate(model, 'scenes', limit=8, out=out)

# Ties, and scores that are no numbers ----------------------------------------------------------------------------------

@pytest.fixture(scope='module')
def things_in_folders(tmp_path_factory):
    "Class folders of very different sizes: 12 boats, 3 cats, 1 tree."
    d = tmp_path_factory.mktemp('folders')
    for name,n in ('boat',12),('cat',3),('tree',1):
        (d/name).mkdir()
        for i in range(n): Image.fromarray(Scenes(n, seed=9, size=64, n_things=1)[i].image).save(d/name/f'{i}.png')
    return d

@pytest.fixture(scope='module')
def pairs(tmp_path_factory):
    "Eight pictures; the first four have one caption, `a dog`, also in capitals, the others two of their own."
    d = tmp_path_factory.mktemp('pairs'); (d/'Images').mkdir()
    lines = ['image,caption']
    for i,s in enumerate(Scenes(8, seed=6, size=64)):
        Image.fromarray(s.image).save(d/f'Images/{i}.png')
        lines += [f'{i}.png,{("a dog","A DOG")[i%2]}'] if i<4 else [f'{i}.png,"{s.caption}"', f'{i}.png,"{s.caption}, number {i}"']
    (d/'captions.txt').write_text('\n'.join(lines))
    return d

@pytest.fixture(scope='module')
def where(things_in_folders, pairs, voc): # task -> data; tasks of every chapter
    return {'folder':things_in_folders, 'retrieval':pairs, 'voc':voc, 'voc-js':voc} | dict.fromkeys(('scenes','scenes-things','scenes-js','birds','scenes-bg'), '')

def damaged(model, **weights): # name -> what every entry of it becomes
    out = deepcopy(model)
    with torch.no_grad():
        for k,v in weights.items(): out.get_parameter(k.replace('__','.')).fill_(v)
    return out

dark = dict(image__norm__weight=0., image__norm__bias=0.) # all tokens are zero
every = 'folder','retrieval','voc','voc-js','scenes','scenes-things','scenes-js','birds','scenes-bg'

@pytest.mark.parametrize('value', [float('nan'), float('inf')])
@pytest.mark.parametrize('task', every)
def test_scores_that_are_no_numbers(task, value, where, model, tmp_path):
    "One image weight that is NaN or infinite stops every task with a sentence, and no result is written."
    bad = deepcopy(model)
    with torch.no_grad(): bad.image.norm.weight[0] = value
    with pytest.raises(ValueError, match='not finite.*so nothing can be measured'):
        evaluate(bad, task, where[task], limit=4, size=64, out=tmp_path/'r.json')
    assert not (tmp_path/'r.json').exists()

@pytest.mark.parametrize('protocol', ['places','patch-vote'])
def test_bird_scores_that_are_no_numbers(protocol, model):
    with pytest.raises(ValueError, match='not finite'): evaluate(damaged(model, image__norm__bias=float('nan')), 'birds', protocol=protocol, limit=4)

@pytest.mark.parametrize('task', [t for t in every if not t.endswith('-js')])
def test_words_that_are_no_numbers(task, where, model, tmp_path, monkeypatch):
    "A damaged text tower stops every task that has words, and its vectors are not kept for others."
    monkeypatch.setenv('CLIPPY_CACHE', str(tmp_path/'cache'))
    bad = deepcopy(model)
    with torch.no_grad(): next(p for k,p in bad.text.named_parameters() if k.endswith('linear.weight'))[0,0] = float('nan')
    with pytest.raises(ValueError, match='not finite'): evaluate(bad, task, where[task], limit=4, size=64, **({} if task=='retrieval' else dict(templates='name')))
    assert not list(tmp_path.rglob('*.safetensors'))

def test_damaged_logit_scale(voc, model):
    "Where probabilities decide, the logit scale has to be a number too."
    with pytest.raises(ValueError, match='not finite'): evaluate(damaged(model, logit_scale=float('nan')), 'voc', voc, 'tcl', limit=4, size=64, window=48, stride=24)

def test_nan_on_the_command_line(things_in_folders, model, tmp_path, capsys):
    "Exit code 1 and one sentence, where 100.0 was printed."
    damaged(model, image__norm__weight=float('nan')).save(tmp_path/'nan')
    assert cli(['eval', str(tmp_path/'nan'), '--task', 'folder', '--data', str(things_in_folders), '--workers', '0'])==1
    said = capsys.readouterr()
    assert 'not finite' in said.err and 'Traceback' not in said.err and '100.0' not in said.out

@pytest.mark.parametrize('field', ['scale','threshold'])
def test_protocol_of_no_number(field):
    with pytest.raises(ValueError, match=f'{field} is nan, but must be a finite number'): replace(tasks['scenes'].protocols['clippy'], **{field:float('nan')})
    with pytest.raises(ValueError, match=field): change(tasks['scenes'].protocols['clippy'], **{field:'nan'})

def test_tower_of_zeros_gets_chance(where, model):
    "A model without an answer scores chance in every number: not the share of the class that comes first, and not 100 %."
    zero = damaged(model, **dark)
    numbers = lambda t,**kw: evaluate(zero, t, where[t], bootstrap_samples=20, **kw).numbers
    assert numbers('folder')==pytest.approx(dict(top1=1/3, top5=1)) # of three names five are all
    n = numbers('birds', limit=40)
    assert n==pytest.approx({k:0 if k.startswith(('delta','other')) else .5 for k in n})
    n = numbers('birds', protocol='places', limit=40)
    assert n==pytest.approx({k:0 if k.startswith('delta') else 2/3 if k=='other' else 1/6 for k in n if k!='other'} | dict(other=4/6))
    n = numbers('birds', protocol='patch-vote', limit=40) # birds come before places there, so half
    assert n==pytest.approx({k:0 if k.startswith(('delta','other')) else .5 for k in n})
    n = numbers('scenes-bg', limit=8)
    assert n==pytest.approx({k:1e-6 if k=='same_answer' else 1e-7 if k=='all_right' else .1 for k in n})
    n = numbers('retrieval')
    assert [n[f'text_to_image@{k}'] for k in (1,5,10)]==pytest.approx([1/8, 5/8, 1])
    own = [1]*4+[2]*4 # captions of each picture, 12 in all
    assert [n[f'image_to_text@{k}'] for k in (1,5,10)]==pytest.approx([np.mean([1-comb(12-o, k)/comb(12, k) for o in own]) for k in (1,5,10)])
    assert numbers('scenes', limit=8)['miou']<1/17 and numbers('scenes-things', limit=8)['miou']<.2

def test_ties_by_lot(model):
    "Expected shares are the average over all orders in which equals can be ranked."
    class Few(tasks['folder']):
        def __init__(self): pass
    job = Few()
    scores = torch.tensor([[.3,.3,.1,.3],[.1,.2,.2,.4],[.5,.1,.1,.1],[.2,.2,.2,.2]])
    job.scores = lambda x: scores
    rows = job.measure([(torch.zeros(1), y) for y in (0,2,0,3)])
    got = job.numbers(rows, np.ones((1,4)))
    for name,k in ('top1',1),('top5',5):
        lots = [np.mean([sorted(range(4), key=lambda j: (-s[j], order[j])).index(y)<k for order in permutations(range(4))])
                for s,y in zip(scores.tolist(), (0,2,0,3))]
        assert got[name][0]==pytest.approx(np.mean(lots))
    assert rows.tolist()==[[0,0,2],[2,1,1],[0,0,0],[3,0,3]]

def test_recall_ties_by_lot():
    "Recall with equal scores, against the average over many random rankings."
    rng = np.random.default_rng(0)
    sim = rng.integers(0, 3, (6,15))/4
    owner = np.r_[np.arange(6), rng.integers(0, 6, 9)]
    got = recall(torch.tensor(sim), torch.tensor(owner), ks=(1,3,5))
    for k in 1,3,5:
        hits,found = [],[]
        for _ in range(4000):
            rank = np.argsort(-(sim+1e-6*rng.random(sim.shape)), axis=1)[:,:k]
            hits.append(np.mean([(owner[r]==i).any() for i,r in enumerate(rank)]))
            rank = np.argsort(-(sim+1e-6*rng.random(sim.shape)), axis=0)[:k]
            found.append(np.mean((rank==owner[None]).any(0)))
        assert got[f'image_to_text@{k}']==pytest.approx(np.mean(hits), abs=.012)
        assert got[f'text_to_image@{k}']==pytest.approx(np.mean(found), abs=.012)

def test_a_caption_of_several_pictures(pairs, model):
    "Four pictures with one caption: their text finds each of them once in four cases at most, and an image finds its own by lot."
    n = evaluate(model, 'retrieval', pairs).numbers
    caps = [c for _,c in csv.reader((pairs/'captions.txt').read_text().splitlines()[1:])]
    owner = np.array([int(k[0]) for k,_ in csv.reader((pairs/'captions.txt').read_text().splitlines()[1:])])
    with torch.no_grad():
        x = torch.stack([image_transform(Protocol(size=0), model)(Image.open(pairs/f'Images/{i}.png')) for i in range(8)])
        vectors = {c:model.encode_text([c])[0] for c in set(caps)}
        sim = (model.encode_image(x)@torch.stack([vectors[c] for c in caps]).T).numpy().round(5)
    t2i = np.mean([np.clip((1-(sim[:,t]>sim[o,t]).sum())/(sim[:,t]==sim[o,t]).sum(), 0, 1) for t,o in enumerate(owner)])
    def first(i): # the chance that the first of all captions is one of the picture's own
        top = sim[i]==sim[i].max()
        return (top&(owner==i)).sum()/top.sum()
    assert n['text_to_image@1']==pytest.approx(t2i) and n['image_to_text@1']==pytest.approx(np.mean([first(i) for i in range(8)]))

def test_names_that_nothing_tells_apart(tmp_path, model, capsys):
    "Folders whose names become one text: a warning on the terminal and in the result, a half right answer for each."
    for name in 'sea_lion','sea-lion','boat':
        (tmp_path/name).mkdir()
        Image.fromarray(Scenes(1, seed=3, size=64)[0].image).save(tmp_path/name/'0.png')
    assert cli(['eval', demo, '--task', 'folder', '--data', str(tmp_path), '--workers', '0', '--out', str(tmp_path/'r.json')])==0
    said = capsys.readouterr().out
    assert 'names with the same vector' in said and 'sea lion = sea lion' in said
    kept,r = read_result(tmp_path/'r.json'),evaluate(model, 'folder', tmp_path)
    assert kept['details']['same_vector']==[['sea lion','sea lion']] and 'sea lion = sea lion' in ' '.join(kept['details']['notes'])
    assert set(kept['details']['top1'])=={'boat','sea lion','sea lion (2)'}
    assert r.details['top1']['sea lion']==r.details['top1']['sea lion (2)'] and r.details['top1']['sea lion'] in (0,.5)

def test_names_of_imagenet(tmp_path, model):
    "ImageNet's two missiles and two sunglasses tie, and are named."
    ids = [r['id'] for r in csv.DictReader((root/'clippy/labels/imagenet.csv').open(encoding='utf-8')) if r['name'] in ('missile','sunglasses','tench')]
    folders(tmp_path/'val', ids, n=1)
    r = evaluate(model, 'imagenet', tmp_path, limit=5, templates='photo', size=64)
    assert len(ids)==5 and sorted(r.details['same_vector'])==[['missile','missile'],['sunglasses','sunglasses']]
    assert 'missile = missile, sunglasses = sunglasses' in repr(r)
    for n in 'missile','sunglasses': assert r.details['top1'][n] in (0,.5) and r.details['top1'][f'{n} (2)'] in (0,.5)

@pytest.fixture(scope='module')
def latin(tmp_path_factory):
    "An untrained model whose tokenizer knows Latin letters only."
    vocab = {t:i for i,t in enumerate(['[PAD]','[UNK]','[CLS]','[SEP]',*ascii_lowercase,*(f'##{c}' for c in ascii_lowercase)])}
    tok = Tokenizer(WordPiece(vocab, unk_token='[UNK]'))
    tok.normalizer,tok.pre_tokenizer = BertNormalizer(lowercase=True),BertPreTokenizer()
    tok.post_processor = TemplateProcessing(single='[CLS] $A [SEP]', special_tokens=[('[CLS]',2),('[SEP]',3)])
    plain,whole = (str(tmp_path_factory.mktemp(o)) for o in ('plain','whole'))
    PreTrainedTokenizerFast(tokenizer_object=tok, pad_token='[PAD]', unk_token='[UNK]', cls_token='[CLS]', sep_token='[SEP]', model_max_length=64).save_pretrained(plain)
    torch.manual_seed(0)
    BertModel(BertConfig(vocab_size=len(vocab), hidden_size=64, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64)).save_pretrained(plain)
    SentenceTransformer(modules=[Transformer(plain), Pooling(64), Normalize()], device='cpu').save(whole, create_model_card=False)
    return create_model(Config(image='vit_tiny_patch16_224', text=whole, pretrained_image=False, image_size=64,
        image_args=dict(img_size=64, patch_size=8, embed_dim=64, depth=1, num_heads=2))).eval()

def test_names_in_letters_the_tokenizer_does_not_know(tmp_path, latin):
    "Ten Chinese names are one vector: chance exactly, and a warning that names them; in English no warning."
    chinese = dict(zip(things, ['船','房子','猫','树','汽车','鱼','花','星','蘑菇','伞']))
    scenes = Scenes(40, seed=2_000_000, size=64, n_things=1)
    for i in range(40):
        for where,name in ('en',scenes[i].things[0]),('zh',chinese[scenes[i].things[0]]):
            (tmp_path/where/name).mkdir(parents=True, exist_ok=True)
            Image.fromarray(scenes[i].image).save(tmp_path/where/name/f'{i}.png')
    zh = evaluate(latin, 'folder', tmp_path/'zh')
    k = len({s.things[0] for s in scenes})
    groups = zh.details['same_vector']
    assert '猫' in repr(zh) and sum(map(len, groups))>=k-1 # a word of two characters may be two unknown tokens
    assert zh.numbers['top1']<.35
    en = evaluate(latin, 'folder', tmp_path/'en')
    assert 'same_vector' not in en.details and 'same vector' not in repr(en)

def test_words_for_pixels_that_nothing_tells_apart(voc, model, tmp_path):
    "Two classes of a names file with one word are named; several words of one class are nobody's business."
    names = list(labels('voc').names)
    names[3],names[4] = 'bird, Bird',names[5]
    (tmp_path/'names.txt').write_text('\n'.join(names))
    r = evaluate(model, 'voc', voc, limit=4, size=64, bootstrap_samples=0, templates='name', names=str(tmp_path/'names.txt'))
    assert r.details['same_vector']==[[names[5],names[5]]] and f'{names[5]} = {names[5]}' in repr(r)
    assert f'{names[5]} (2)' in r.details['iou'] and len(r.details['iou'])==21
    assert r.details['iou'][f'{names[5]} (2)'] in (0,None) # the first of two equals wins, as argmax has it

# The port --------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('task', ['imagenet','imagenet-v2'])
def test_port_pools_the_class_token(tmp_path, model, task):
    "Protocol `port` ranks with the maximum over all tokens, class token included; the others with the maximum over patches."
    ids = ['n01440764','n01443537','n01484850','n01491361'] if task=='imagenet' else ['0','1','2','3']
    d = folders(tmp_path/'val', ids, n=3)
    names = ['tench','goldfish','great white shark','tiger shark']
    vit = model.image
    with torch.no_grad():
        words = torch.stack([F.normalize(model.encode_text([f'a photo of a {n}']).mean(0), dim=-1) for n in names])
        files = sorted(d.rglob('*.JPEG'))
        x = torch.stack([image_transform(Protocol(size=64), model)(Image.open(f)) for f in files])
        tokens = model.proj(vit.norm(vit_blocks(vit, x)))
        right = {}
        for name,first in ('port',0),('clippy',1):
            scores = (F.normalize(tokens[:,first:].amax(1), dim=-1)@words.T).numpy()
            right[name] = [scores[i].argmax()==i//3 for i in range(12)]
    for name in right:
        r = evaluate(model, task, tmp_path if task=='imagenet' else d, name, limit=12, templates='photo', size=64)
        assert [r.details['top1'][n] for n in names]==pytest.approx([np.mean(right[name][3*k:3*k+3]) for k in range(4)])
        assert r.protocol['pool_prefix']==('yes' if name=='port' else '') and r.config['pool_prefix'] is False

def vit_blocks(vit, x): # the tower in plain operations: patches, class token, positions, blocks
    t = vit.patch_embed.proj(x).flatten(2).transpose(1, 2)
    t = torch.cat([vit.cls_token.expand(len(x), -1, -1), t], 1)+vit.pos_embed
    for b in vit.blocks: t = b(t)
    return t

def test_port_on_a_model_that_was_loaded_from_it(model):
    "`pool_prefix` of a protocol says yes or no to any model, and leaves the choice to it by default."
    x = torch.randn(3,3,64,64, generator=torch.Generator().manual_seed(1))
    port = CLIPpy(replace(model.config, pool_prefix=True), model.image, model.text).eval()
    with torch.no_grad():
        tokens = model.image_tokens(x)
        all_of,patches = (F.normalize(tokens[:,i:].amax(1), dim=-1) for i in (0,1))
        for m,own in (model,patches),(port,all_of):
            for says,expected in ('',own),('yes',all_of),('no',patches):
                job = Task('', Protocol(pool_prefix=says), m)
                assert torch.allclose(job.encode(x), expected, atol=1e-6)
    assert not torch.allclose(all_of, patches, atol=1e-3)

def test_port_counts_absent_classes_as_zero(voc, model, tmp_path):
    "The port's mIoU: eps in the union, a mean over all 21 classes; from the saved masks, in plain numpy."
    r = evaluate(model, 'voc', voc, 'port', limit=4, size=64, save_predictions=tmp_path)
    inter,union = np.zeros(21),np.zeros(21)
    for i in range(4):
        truth = Image.open(voc/f'SegmentationClass/{i}.png').resize((64,64), Image.Resampling.NEAREST)
        truth,said = np.array(truth),np.array(Image.open(tmp_path/f'voc/{i}.png'))
        for k in range(21):
            keep = truth!=255
            inter[k] += ((truth==k)&(said==k)&keep).sum(); union[k] += (((truth==k)|(said==k))&keep).sum()
    assert (union==0).any() and r.numbers['miou']==pytest.approx(np.mean(inter/(union+np.finfo(float).eps)), abs=1e-12)
    assert r.protocol['absent']=='zero' and tasks['voc'].protocols['clippy'].absent=='skip'

def test_hashes_of_protocols_stay():
    "A field that came later changes no hash where it says nothing."
    assert protocol_hash(Protocol())!=protocol_hash(Protocol(pool_prefix='yes'))
    old = {k:v for k,v in asdict(Protocol()).items() if k not in ('name','about','pool_prefix')}
    old['fit'] = old.pop('resize') # its name when hashes began
    assert protocol_hash(Protocol())==hashlib.sha256(json.dumps(old, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]

# Intervals of shares ---------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('k,n', [(0,1),(1,1),(0,20),(20,20),(7,33),(1,4050),(999,1000)])
def test_wilson(k, n):
    "As scipy has it."
    ci = binomtest(k, n).proportion_ci(.95, 'wilson')
    assert [float(o) for o in wilson(k, n)]==pytest.approx([ci.low, ci.high], abs=1e-6)

@pytest.mark.parametrize('n', [10, 40, 200])
def test_coverage_of_shares(n):
    "Of many data sets drawn with a known share, about 95 % have it in their interval; nowhere much less, also near 0 and 1."
    rng,p = np.random.default_rng(n),np.linspace(.005, .995, 100)
    k = rng.binomial(n, p, (4000,100))
    low,high = wilson(k, n)
    inside = ((low<=p)&(p<=high)).mean(0)
    assert .94<inside.mean()<.97 and inside.min()>.82 and ((k==0)|(k==n)).any()
    assert (low[k==0]==0).all() and (high[k==0]>0).all() and (high[k==n]==1).all() and (low[k==n]<1).all()

@pytest.mark.parametrize('w', [(1,-1), (.7,.2,.1), (.1,.4,-.5)])
def test_coverage_of_sums(w):
    "Differences and weighted means of shares."
    rng,w = np.random.default_rng(1),np.array(w)
    found = []
    for _ in range(3000):
        p,n = rng.random(len(w)),rng.integers(5, 80, len(w))
        low,high = sum_interval(w, rng.binomial(n, p), n)
        found.append(low<=w@p<=high)
    assert .93<np.mean(found)<.98

@pytest.mark.parametrize('p', [(.5,.5,.5,.5), (.9,.6,.1,.8), (1.,1.,1.,1.), (0.,.3,.5,.9)])
def test_coverage_of_the_lowest(p):
    "The lowest of four shares."
    rng,n = np.random.default_rng(2),np.array([60,20,25,50])
    found = []
    for _ in range(2000):
        low,high = lowest_interval(rng.binomial(n, p), n)
        found.append(low<=min(p)<=high)
    assert np.mean(found)>.94

def test_intervals_of_answers_that_all_agree(where, model):
    "Not 0.0 to 0.0 and not 100.0 to 100.0, in any number of any task."
    for t,kw in ('folder',{}),('retrieval',{}),('birds',dict(limit=16)),('scenes-bg',dict(limit=4)),('scenes',dict(limit=4)),('scenes-js',dict(limit=4)):
        for net in model,damaged(model, **dark):
            r = evaluate(net, t, where[t], bootstrap_samples=40, **kw)
            for k,(low,high) in r.intervals.items(): assert low<high and low-1e-6<=r.numbers[k]<=high+1e-6 or k=='worst_group', (t,k,low,high)
    r = evaluate(damaged(model, **dark), 'folder', where['folder'], bootstrap_samples=0)
    assert r.intervals=={}

def test_interval_of_a_perfect_score(model):
    "Twenty of twenty: 83.9 to 100, as scipy's Wilson interval has it."
    job = object.__new__(tasks['folder'])
    low,high = with_intervals(job, np.zeros((20,3)), 50)[1]['top1']
    ci = binomtest(20, 20).proportion_ci(.95, 'wilson')
    assert (low,high)==pytest.approx((ci.low,1), abs=1e-6)

# Vectors of names that are kept ----------------------------------------------------------------------------------------

def plain_vectors(model, names, templates):
    with torch.no_grad(): v = np.stack([np.mean([model.encode_text([t.format(n)])[0].double().numpy() for t in templates], 0) for n in names])
    return v/np.linalg.norm(v, axis=1, keepdims=True)

questions = [(['boat','tree'],['{}']), (['boat','tree'],['a photo of a {}']), (['boat','tree'],['{}','a photo of a {}']), (['boat','tree'],['a photo of a {}','{}.']),
    (['tree','boat'],['{}']), (['boat'],['{}']), (['boat','tree','cat'],['{}']), (['a photo of a boat','a photo of a tree'],['{}.']),
    (['boat'],['{}','a {}']), (['boat','{}'],['a {}'])]

@pytest.mark.parametrize('keep', ['disk','memory'])
def test_kept_vectors_are_of_what_was_asked(keep, tmp_path, monkeypatch):
    "Other names, another order, other sentences, another text tower or another cut: other vectors; the same question again: the same ones."
    monkeypatch.setenv('CLIPPY_CACHE', str(tmp_path))
    ask = cached_vectors if keep=='disk' else CLIPpy.word_vectors
    nets = [load(demo), load(demo), load(demo)]
    with torch.no_grad(): nets[1].text[2].linear.weight.mul_(torch.linspace(.2, 2, nets[1].width)[:,None])
    nets[2].config = replace(nets[2].config, max_tokens=3); nets[2].text.max_seq_length = 3
    for _ in range(2):
        for net in nets:
            for names,templates in questions:
                got = ask(net, names, templates).double().numpy()
                assert got.shape==(len(names),net.width) and np.abs(got-plain_vectors(net, names, templates)).max()<1e-5
    if keep=='disk': assert len(list(tmp_path.rglob('*.safetensors')))==3*len(questions)

def test_other_sentences_are_another_number(things_in_folders, model, tmp_path, monkeypatch):
    "Two evaluations that differ in their sentences alone do not share vectors."
    monkeypatch.setenv('CLIPPY_CACHE', str(tmp_path))
    found = {}
    for _ in range(2):
        for t in 'name','photo','an odd picture that shows no {} but water':
            job = find_task('folder')(things_in_folders, change(tasks['folder'].protocols['clippy'], templates=t), model)
            job.prepare()
            assert torch.equal(found.setdefault(t, job.vectors), job.vectors)
    a,b,c = found.values()
    assert (a-b).abs().max()>1e-3 and (b-c).abs().max()>1e-3

# Images --------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('fit,size,shape', [('square',60,(120,75)), ('square',64,(33,97)), ('short',60,(150,100)), ('short',44,(70,211)), ('short',64,(9,400)),
    ('square',3,(50,20)), ('crop',56,(120,75)), ('crop',64,(64,64))])
def test_fit_by_hand(fit, size, shape, model):
    "Bicubic, sides rounded to whole patches (at least one), height and width where they belong, mean and deviation of the model."
    image = Image.fromarray(np.random.default_rng(size).integers(0, 256, (*shape,3), np.uint8))
    (h,w),p = shape,model.patch[0]
    if fit=='square': sides = (max(p, round(size/p)*p),)*2
    if fit=='short': sides = tuple(max(p, round(s*size/min(h,w)/p)*p) for s in (h,w))
    if fit=='crop': sides = tuple(int(size*s/min(h,w)) for s in (h,w)) # then the centre is cut out
    x = np.asarray(image.resize(sides[::-1], Image.Resampling.BICUBIC), float)/255
    if fit=='crop':
        top,left = (round((s-size)/2) for s in sides)
        x = x[top:top+size,left:left+size]
    x = ((x-model.config.mean)/model.config.std).transpose(2,0,1)
    got = image_transform(Protocol(size=size, resize=fit), model)(image)
    assert got.shape==x.shape and np.abs(got.numpy()-x).max()<1e-5
    if fit!='crop': assert torch.equal(got, image_transform(Protocol(size=size, resize=fit), model)(np.asarray(image))) # an array is the same image

@pytest.mark.parametrize('n', [50, 400])
def test_bootstrap_of_a_mean(n):
    "A mean of measurements that are no shares: the interval is 1.96 standard errors to either side, for as many draws as there are images."
    class Mean(Task):
        def __init__(self): pass
        def numbers(self, rows, weights): return dict(mean=weights@rows[:,0]/weights.sum(1), low=(weights@rows[:,0]/weights.sum(1))-1)
    rows = np.random.default_rng(n).gamma(2, 3, (n,1))
    value,(low,high) = rows.mean(),with_intervals(Mean(), rows, 2000)[1]['mean']
    error = rows.std()/np.sqrt(n)
    assert value-low==pytest.approx(1.96*error, rel=.12) and high-value==pytest.approx(1.96*error, rel=.12)
    constant = with_intervals(Mean(), np.full((n,1), .5), 100)[1]
    assert constant['mean']==pytest.approx([binomtest(n//2, n).proportion_ci(.95, 'wilson').low, binomtest(n//2, n).proportion_ci(.95, 'wilson').high], abs=1e-6)
    assert constant['low']==[-.5,-.5] # not between 0 and 1, so no share

def test_columns_of_numbers_stand_to_the_right():
    "Only the columns that are named are aligned to the right, in text and in Markdown."
    head,rule,row = str(table([('a',1),('bcd',22)], ('name','n'), (1,))).splitlines()[:3]
    assert rule.strip('|').split('|')[0].strip('-')=='' and rule.rstrip('|').endswith(':') and rule.count(':')==1
    assert row.split('|')[1].startswith(' a ') and row.split('|')[2].endswith(' 1 ')
