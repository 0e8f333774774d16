"`clippy eval`: one number whatever the processes, the kills and the order; and a sentence for every mistake."
import json, shutil, signal, subprocess, sys, time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from clippy.cli import cli
from clippy.data import pack
from clippy.eval import Pairs, change, choose, evaluate, find_task, fingerprint, pick_protocol, read_result, tasks, with_intervals
from clippy.masks import labels
from clippy.model import load
from clippy.scenes import Scenes, things
from clippy.segment import eval_seed

root = Path(__file__).parent.parent
demo = str(root/'nbs/demo/model')
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
    assert with_intervals(job, rows, draws=60)==with_intervals(job, rows, draws=60)

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
    r = evaluate(model, task, voc, name, limit=4, draws=20, **small)
    assert r.images==dict(seen=4, found=4, expected=1464 if name=='port' else 1449, whole=False)
    assert 0<=r.numbers['miou']<=1 and r.protocol['name'].startswith(name) and r.protocol['about']
    assert r.names!=r.prompts and len(r.words['names'])>=20

def test_perfect(voc, model):
    "Ground truth fed as prediction gives exactly 1, at its own size and squashed."
    for p in 'clippy','port':
        job = find_task('voc')(voc, change(tasks['voc'].protocols[p], size=64), model)
        rows = []
        for i in range(4):
            sample = job.source[i]
            job.head = lambda x,sizes: [sample['target'].long().where(sample['target']!=255, 0)]
            rows.append(job.measure([sample])[0])
        assert job.numbers(np.stack(rows), np.ones((1,4)))['miou'][0]==1

def test_names_file(voc, model, tmp_path):
    "Another list of names is another protocol; one of another length is refused."
    (tmp_path/'names.txt').write_text('\n'.join(labels('voc').names))
    own,theirs = (evaluate(model, 'voc', voc, limit=4, draws=0, size=64, names=n) for n in (str(tmp_path/'names.txt'), 'name'))
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
    together,alone = (evaluate(model, 'voc', d, 'sclip', limit=4, batch_size=b, draws=0, size=48, window=32, stride=16) for b in (4,1))
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
    assert (r.details['classes'], r.details['chance'], r.images['expected'], [n for n in r.words['names']])==(2, .5, 100, ['tench','goldfish'])
    (d/'dogs').mkdir(); Image.new('RGB', (9,9)).save(d/'dogs/1.jpg')
    with pytest.raises(ValueError, match='1 folders that are no ImageNet classes: dogs'): evaluate(model, 'imagenet', tmp_path/'in', limit=4)

def test_imagenet_v2(tmp_path, model):
    "Folders are numbered: 10 sorts before 2, and both keep their names."
    d = folders(tmp_path/'v2', ['2','10'], n=10)
    r = evaluate(model, 'imagenet-v2', d, templates='photo', size=64)
    assert r.words['names']==['brambling','great white shark'] and r.images['whole']

def test_retrieval_layouts(tmp_path, model):
    "Flickr's folder, COCO's folder and shards hold the same pairs and give the same numbers."
    scenes = list(Scenes(12, seed=4, size=64))
    flickr,coco = tmp_path/'flickr',tmp_path/'coco'
    for d in (flickr/'Images', coco/'val2017', coco/'annotations'): d.mkdir(parents=True)
    for i,s in enumerate(scenes):
        for d in (flickr/'Images', coco/'val2017'): Image.fromarray(s.image).save(d/f'{i:02d}.png')
    (flickr/'captions.txt').write_text('image,caption\n'+''.join(f'{i:02d}.png,"{s.caption}"\n{i:02d}.png,a {s.background}\n' for i,s in enumerate(scenes)))
    (coco/'annotations/captions_val2017.json').write_text(json.dumps(dict(images=[dict(id=i, file_name=f'{i:02d}.png') for i in range(12)],
        annotations=[dict(image_id=i, caption=c) for i,s in enumerate(scenes) for c in (s.caption, f'a {s.background}')])))
    pack(str(flickr/'Images'), str(flickr/'captions.txt'), str(tmp_path/'shards'), shard_size=5, progress=False)
    found = [evaluate(model, 'retrieval', d).numbers for d in (flickr, coco, tmp_path/'shards')]
    assert found[0]==found[1]==found[2] and 0<found[0]['image_to_text@1']<=1
    (flickr/'Images/03.png').unlink()
    with pytest.raises(FileNotFoundError, match='1 pictures that are not in .*03.png'): evaluate(model, 'retrieval', flickr)
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

# Mistakes -------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('args,says', [
    (['--task','scenos'], "no task 'scenos'. Did you mean"),
    (['--task','voc','--protocol','ports'], 'protocols clippy, tcl, sclip, port'),
    (['--task','scenes','--set','sise=3'], "no field 'sise'. Did you mean size"),
    (['--task','scenes','--set','size'], 'has no ='),
    (['--task','scenes','--set','window=64'], 'A window needs a stride'),
    (['--task','scenes','--set','size=64,window=50,stride=8','--limit','2'], 'multiples of the patch'),
    (['--task','scenes','--limit','-1'], 'limit is a number of images'),
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
