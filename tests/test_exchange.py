"Masks in the formats of other tools: every pixel is read back, nothing is lost, nothing is asked twice."
import io, json, os, sys
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import numpy as np, pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image
from pycocotools import mask as pycoco
from pycocotools.coco import COCO

from clippy import exchange as E, folders as F
from clippy.answers import Segmentation
from clippy.cli import cli
from clippy.mask_folder import MaskFolder, read_ids
from clippy.model import CLIPpy
from clippy.scenes import Scenes

pytestmark = pytest.mark.filterwarnings('ignore:__array__ implementation:DeprecationWarning:pycocotools')
quick = settings(max_examples=60, deadline=None, derandomize=True)
every = 'coco,cvat,fiftyone,labelstudio'
labels = ['boat','лодка','a cat & "dog"','tree, old'] # written with quotes where they have a comma
typed = 'boat,лодка,"a cat & ""dog""","tree, old"'
photos = 'a.png','deep/a.jpg','deep/er/лодка и кот.png','photo.v2.final.jpg','with space.png','日本.webp'

def files_of(folder): return {p.relative_to(folder).as_posix():p.read_bytes() for p in folder.rglob('*') if p.is_file()}

@pytest.fixture
def asks(tmp_path, monkeypatch):
    "`clippy segment` in a folder with photographs of different sizes: exit code and what was said."
    monkeypatch.chdir(tmp_path)
    for i,n in enumerate(photos):
        (tmp_path/'photos'/n).parent.mkdir(parents=True, exist_ok=True)
        scene = Image.fromarray(Scenes(30, seed=5, size=96)[i].image)
        scene.crop((0, 0, 96-8*i, 96-4*i)).save(tmp_path/'photos'/n)
    def run(*args, source='photos', label=typed):
        err = io.StringIO()
        monkeypatch.setattr(sys, 'stderr', err)
        code = cli(['segment', source, '-l', label, '-m', 'scenes', *map(str, args)])
        return code,err.getvalue()
    return run

# Run lengths --------------------------------------------------------------------------------------------------------

masks = arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=40)) | array_shapes(
    min_dims=2, max_dims=2, max_side=120).flatmap(lambda s: st.tuples(st.just(s), st.integers(0, 2**32-1)).map(stripes))

def stripes(x): # long runs
    (h,w),seed = x
    rng = np.random.default_rng(seed)
    return (np.add.outer(np.arange(h)//rng.integers(1, 90), np.arange(w)//rng.integers(1, 90))%2).astype(bool)

@quick
@given(masks)
def test_run_lengths_are_those_of_coco(mask):
    "The text is what pycocotools writes, letter by letter, and it is read back from text, bytes and lists."
    theirs,ours = pycoco.encode(np.asfortranarray(mask)),E.coco_rle(mask)
    assert ours==dict(size=theirs['size'], counts=theirs['counts'].decode())
    lengths,on = [0],False # one pixel after the other, column by column
    for value in mask.T.ravel().tolist():
        if value!=on: lengths.append(0)
        on = value
        lengths[-1] += 1
    for counts in (ours['counts'], theirs['counts'], lengths):
        assert np.array_equal(E.coco_mask(dict(size=ours['size'], counts=counts)), mask)

def test_a_large_mask():
    "Runs of hundreds of thousands of pixels, also negative steps between them."
    mask = np.zeros((900,700), bool)
    mask[:,50:500] = True
    mask[17:40,690:] = True
    theirs = pycoco.encode(np.asfortranarray(mask))
    assert E.coco_rle(mask)['counts'].encode()==theirs['counts']
    assert np.array_equal(E.coco_mask(theirs), mask) and np.array_equal(painted(E.brush_rle(mask), mask.shape), mask)

@pytest.mark.parametrize('rle', [None, 7, 'abc', {}, dict(size=[2,3]), dict(size=[2], counts='06'),
    dict(size=[-2,-3], counts='6'), dict(size=['a','b'], counts='6'), *(dict(size=[2,3], counts=counts) for counts in
    ('07', '', 'V', '\xff', ' ', 'o'*40, [-1,7], ['x'], [1e300]))], ids=str)
def test_run_lengths_of_others(rle):
    "What is no mask is a sentence."
    with pytest.raises(ValueError, match='[Rr]un lengths'): E.coco_mask(rle)

@pytest.mark.parametrize('mask', [np.zeros((2,3), np.uint8), np.zeros((2,3,1), bool), np.zeros(3, bool), [[.5]]])
def test_masks_are_bool(mask):
    "A mask of numbers is refused, because nobody knows which number is meant."
    for f in (E.coco_rle, E.brush_rle):
        with pytest.raises(ValueError, match='of bool'): f(mask)

# Brush strokes ------------------------------------------------------------------------------------------------------

def painted(packed, shape):
    "What Label Studio's page makes of the bytes, from the description of the format: `[H,W]` bool."
    bits,at = ''.join(f'{byte:08b}' for byte in packed),0
    def read(n):
        nonlocal at
        at += n
        return int(bits[at-n:at], 2)
    left,word = read(32),read(5)+1
    sizes,values = [read(4)+1 for _ in range(4)],[]
    while left:
        repeated = read(1)
        n = read(sizes[read(2)])+1
        values += [(n,read(word))] if repeated else [(1,read(word)) for _ in range(n)]
        left -= n
    assert at<=len(bits)<at+8 and word==8
    out = np.repeat([v for _,v in values], [n for n,_ in values]).reshape(*shape, 4)
    assert set(np.unique(out))<={0,255} and (out==out[...,:1]).all()
    return out[...,3]==255

@quick
@given(masks)
def test_brush_strokes_are_read_back(mask):
    "All four channels of every pixel, by a reader that was written from the format's description."
    assert np.array_equal(painted(E.brush_rle(mask), mask.shape), mask)

# Folders ------------------------------------------------------------------------------------------------------------

def by_colour(path, colours): # numbers from a PNG's colours, as CVAT reads it
    rgb = np.asarray(Image.open(path).convert('RGB'))
    out = np.full(rgb.shape[:2], -1)
    for k,c in enumerate(colours): out[(rgb==c).all(2)] = k
    return out

def test_every_format_holds_the_masks(asks, tmp_path):
    "Each tool's files give every pixel of every mask back, whatever images and labels are called."
    assert asks('-o', 'found', '--format', f'images,{every}')==asks('-o', 'found', '--format', 'images')
    found = tmp_path/'found'
    lines = {line['picture']:line for line in map(json.loads, (found/'answers.jsonl').read_text().splitlines()[1:])}
    truth = {n:np.asarray(Image.open(found/f'{Path(n).with_suffix("")}_mask.png')) for n in photos}
    assert sum(len(np.unique(m))>1 for m in truth.values())>=3

    for path in 'annotations.json','fiftyone/labels.json':
        coco = COCO(found/path)
        assert [(c['id'],c['name']) for c in coco.loadCats(coco.getCatIds())]==[*enumerate(labels, 1)]
        assert sorted(im['file_name'] for im in coco.imgs.values())==sorted(photos)
        for im in coco.imgs.values():
            m = truth[im['file_name']]
            assert (im['height'],im['width'])==m.shape
            some = coco.loadAnns(coco.getAnnIds(im['id']))
            assert sorted(a['category_id'] for a in some)==sorted({*np.unique(m).tolist()}-{0})
            line = lines[os.path.splitext(im['file_name'])[0]]
            scores = {r['label']:r['score'] for r in line['regions']}
            for a in some:
                assert np.array_equal(coco.annToMask(a), m==a['category_id']) and a['iscrowd']==0
                assert a['area']==pycoco.area(a['segmentation'])
                assert a['bbox']==pycoco.toBbox(a['segmentation']).tolist()
                assert a['score']==scores[labels[a['category_id']-1]]
        assert sorted(coco.anns)==[*range(1, len(coco.anns)+1)]
    data = json.loads((found/'fiftyone/data.json').read_text())
    assert {n:Path(p) for n,p in data.items()}=={n:tmp_path/'photos'/n for n in photos}
    assert str(tmp_path) not in (found/'formats.json').read_text()

    rows = [line.split(':') for line in (found/'cvat/labelmap.txt').read_text().splitlines() if line[0]!='#']
    assert [r[0] for r in rows]==['background',*labels] and {len(r) for r in rows}=={4}
    names = (found/'cvat/ImageSets/Segmentation/default.txt').read_text().splitlines()
    assert sorted(names)==sorted(os.path.splitext(n)[0] for n in photos)
    shades = [[int(v) for v in r[1].split(',')] for r in rows]
    for n,m in truth.items():
        for d in 'SegmentationClass','SegmentationObject':
            assert np.array_equal(by_colour(found/f'cvat/{d}/{Path(n).with_suffix(".png")}', shades), m)

    tags = ElementTree.parse(found/'labelstudio/config.xml').getroot()
    assert [t.get('value') for t in tags.iter('Label')]==labels
    brush,shown = tags.find('BrushLabels'),tags.find('Image')
    for task in json.loads((found/'labelstudio/tasks.json').read_text()):
        before,name = unquote(task['data'][shown.get('value').strip('$')]).split('?d=')
        got = np.zeros_like(truth[name])
        for r in task['predictions'][0]['result']:
            assert (r['from_name'],r['to_name'],r['type'])==(brush.get('name'),shown.get('name'),'brushlabels')
            assert (r['original_height'],r['original_width'])==got.shape and r['value']['format']=='rle'
            got[painted(r['value']['rle'], got.shape)] = labels.index(r['value']['brushlabels'][0])+1
        assert before=='/data/local-files/' and np.array_equal(got, truth.pop(name))
    assert not truth

def test_as_many_labels_as_there_are(tmp_path):
    "With 255 labels each has its own colour in CVAT's list, which is the one in the masks."
    many = [f'label {k}' for k in range(1, 256)]
    mask = np.arange(256, dtype=np.uint8).reshape(8,32)
    Segmentation(None, ['other',*many], mask, None).save_mask(tmp_path/'a_mask.png')
    rows = [line.split(':') for line in E.cvat_labels([], many, '').splitlines()[1:]]
    assert [r[0] for r in rows]==['background',*many]
    assert np.array_equal(by_colour(tmp_path/'a_mask.png', [[int(v) for v in r[1].split(',')] for r in rows]), mask)
    answered = E.Answered('a', 'a.jpg', '', tmp_path/'a_mask.png', (32,8), {})
    assert [r.label for r in answered.regions(many)]==many

def test_completed_without_asking_again(asks, tmp_path, monkeypatch):
    "A folder of masks gets further formats without the model; formats at once or one by one are the same to the byte."
    assert asks('-o', 'once', '--format', every)[0]==0
    assert asks('-o', 'steps', '--format', 'palette')[0]==0
    kinds = {p.relative_to(tmp_path/'steps').as_posix() for p in (tmp_path/'steps').rglob('*.*')}
    assert kinds=={'answers.jsonl', *(f'{os.path.splitext(n)[0]}_mask.png' for n in photos)}
    with monkeypatch.context() as m:
        m.setattr(CLIPpy, 'patch_cosines', lambda *_,**__: pytest.fail('the model was asked'))
        for one in every.split(','): assert asks('-o', 'steps', '--format', one)[0]==0
        before = files_of(tmp_path/'steps')
        assert before==files_of(tmp_path/'once')
        stamps = {p:p.stat().st_mtime_ns for p in (tmp_path/'steps').rglob('*.*') if p.name!='answers.jsonl'}
        assert asks('-o', 'steps', '--format', 'coco')[0]==0 and files_of(tmp_path/'steps')==before
        assert stamps=={p:p.stat().st_mtime_ns for p in stamps}

def test_interrupted_and_continued(asks, tmp_path, monkeypatch):
    "Killed while answers are written, and again while data sets are, a folder ends like one that was left alone."
    assert asks('-o', 'whole', '--format', every)[0]==0
    def dies(where, after):
        count,write = [0],E.write_whole if where is E else F.AnswerFolder.add
        def step(*args, **kw):
            count[0] += 1
            if count[0]>after: raise KeyboardInterrupt
            return write(*args, **kw)
        with monkeypatch.context() as m:
            m.setattr(*((E,'write_whole') if where is E else (F.AnswerFolder,'add')), step)
            assert asks('-o', 'cut', '--format', every, '--batch-size', 1)[0]==130
    dies(F, 2)
    assert not (tmp_path/'cut/annotations.json').exists()
    for after in 1,5,9,2: dies(E, after) # notes, PNGs, and a text
    assert asks('-o', 'cut', '--format', every)[0]==0 and files_of(tmp_path/'cut')==files_of(tmp_path/'whole')

def test_a_folder_grows(asks, tmp_path):
    "Every later call brings all formats up to date; an image that is not named again stays, or its lack is said."
    def listed():
        coco = json.loads((tmp_path/'found/annotations.json').read_text())
        names = {os.path.splitext(im['file_name'])[0] for im in coco['images']}
        assert names=={*(tmp_path/'found/cvat/ImageSets/Segmentation/default.txt').read_text().splitlines()}
        return names
    assert asks('-o', 'found', source='photos/a.png')[0]==0
    code,said = asks('-o', 'found', '--format', 'coco,cvat', source='photos/日本.webp')
    assert code==0 and listed()=={'日本'} and said.count('are not named now: a.')==1
    code,said = asks('-o', 'found', source='photos/deep/a.jpg')
    assert code==0 and listed()=={'日本','a'} and 'not named' not in said # the other image of this name gives way
    assert asks('-o', 'found')[0]==0 and listed()=={os.path.splitext(n)[0] for n in photos}
    whole = files_of(tmp_path/'found')
    assert asks('-o', 'new', '--format', 'images,coco,cvat')[0]==0
    for n,data in files_of(tmp_path/'new').items(): assert n in ('answers.jsonl','formats.json') or whole[n]==data
    (tmp_path/'photos/bad.png').touch()
    code,said = asks('-o', 'found') # what is at fault takes no others with it
    assert code==1 and 'bad.png is empty' in said and files_of(tmp_path/'found')==whole, said
    (tmp_path/'found/a_mask.png').unlink()
    code,said = asks('-o', 'found', source='photos/日本.webp')
    assert code==0 and 'not named now: a.' in said and 'a' not in listed()

def test_what_is_there_stays(asks, tmp_path):
    "A file of somebody else, or one that was changed since, is not overwritten; nothing is made, others stay."
    others = {'annotations.json':'{"info": {}}', 'cvat/labelmap.txt':'mine', 'fiftyone/data.json':'{}',
        'labelstudio/tasks.json':'[]', 'formats.json':'{"formats": [], "images": {"a": 3}, "written": {}}',
        'cvat/SegmentationClass/a.png':''}
    for name,text in others.items():
        path = tmp_path/'found'/name
        path.parent.mkdir(parents=True, exist_ok=True)
        if text: path.write_text(text)
        else: Image.new('L', (8,8)).save(path)
        before = files_of(tmp_path/'found')
        code,said = asks('-o', 'found', '--format', every)
        assert code==1 and str(path.relative_to(tmp_path)) in said and 'Traceback' not in said, said
        assert files_of(tmp_path/'found')==before
        path.unlink()
    for n in 'notes.txt','cvat/own.txt','a_mask.txt': (tmp_path/'found'/n).write_text('mine')
    (tmp_path/'found/fiftyone/labels.json').symlink_to(tmp_path/'found/notes.txt')
    assert asks('-o', 'found', '--format', 'fiftyone')[0]==1
    (tmp_path/'found/fiftyone/labels.json').unlink()
    assert asks('-o', 'found', '--format', every)[0]==0
    assert {(tmp_path/'found'/n).read_text() for n in ('notes.txt','cvat/own.txt','a_mask.txt')}=={'mine'}
    (tmp_path/'found/annotations.json').write_text('corrected by hand')
    before = files_of(tmp_path/'found')
    for args in ['--format','coco'],[]:
        code,said = asks('-o', 'found', *args)
        assert code==1 and 'annotations.json is there already and is not as clippy wrote it' in said
    assert files_of(tmp_path/'found')==before

@pytest.mark.parametrize('args,said', [
    (['-o','found','--format','cocoo'], "There is no format 'cocoo'. Did you mean coco"),
    (['--format','coco'], '--out says where'), (['-o','x.png','--format','coco'], 'coco needs a folder'),
    (['-o','x.png','--format','images,palette'], 'needs a folder'),
    (['-o','x.jpg','--format','palette'], 'end in .png'),
    (['-o','annotations.json','--format','coco'], 'has the name of a file'),
    (['-o','found','--format','cvat','-l','a:b'], "cannot hold the label 'a:b'"),
    (['-o','found','--format','cvat','-l','#1'], "cannot hold the label '#1'"),
    (['-o','found','--format','labelstudio','-l','a\x07b'], 'cannot show the label')])
def test_misuse(args, said, asks, tmp_path):
    "What no format can hold, or no file, is said before the model is loaded, and nothing is written."
    before = {p.name for p in tmp_path.iterdir()}
    code,err = asks(*args, '-m', 'nowhere')
    assert code==1 and said in err and {p.name for p in tmp_path.iterdir()}==before

def test_images_with_names_that_a_list_cannot_hold(asks, tmp_path):
    "CVAT would take them for comments, or lose a blank; two tools show no addresses. Other formats hold them all."
    (tmp_path/'odd').mkdir()
    for n in ' b.png','c\nd.png','bad\udcff.png': Image.new('RGB', (9,7)).save(tmp_path/'odd'/n)
    Image.new('RGB', (9,7)).save(tmp_path/'#1.png')
    for source in 'odd','#1.png':
        code,said = asks('-o', 'found', '--format', 'cvat', source=source)
        assert code==1 and 'rename it' in said and not (tmp_path/'found').exists()
    assert asks('-o', 'found', '--format', 'coco,fiftyone,labelstudio', source='odd')[0]==0
    coco = COCO(tmp_path/'found/annotations.json')
    assert sorted(im['file_name'] for im in coco.imgs.values())==sorted(os.listdir(tmp_path/'odd'))
    for task in json.loads((tmp_path/'found/labelstudio/tasks.json').read_text()):
        name = unquote(task['data']['image'].split('?d=')[1], errors='surrogateescape')
        assert (tmp_path/'odd'/name).is_file()
    for one in 'fiftyone','labelstudio':
        code,said = asks('-o', 'far', '--format', one, source='http://127.0.0.1:9/a.png?token=5ecret')
        assert code==1 and 'is an address' in said and '5ecret' not in said

def test_palette(asks, tmp_path):
    "Numbers of labels with fixed colours: for one image a file, for a folder masks that our own reader takes."
    assert asks('-o', 'a.png', '--format', 'palette', source='photos/a.png')[0]==0
    assert asks('-o', 'mine/masks', '--format', 'palette')[0]==0
    one = Image.open(tmp_path/'a.png')
    assert one.mode=='P' and one.getpalette()[:9]==[0,0,0, 128,0,0, 0,128,0]
    assert np.array_equal(one, read_ids(tmp_path/'mine/masks/a_mask.png')) and len(np.unique(one))>1
    for n in 'a','with space':
        (tmp_path/'mine/images').mkdir(exist_ok=True)
        os.link(tmp_path/f'photos/{n}.png', tmp_path/f'mine/images/{n}_mask.png')
    (tmp_path/'mine/names.txt').write_text('other\n'+'\n'.join(labels))
    for p in (tmp_path/'mine/masks').glob('*.png'):
        if p.name not in ('a_mask.png','with space_mask.png'): p.unlink()
    mine = MaskFolder(tmp_path/'mine')
    assert len(mine)==2 and np.array_equal(mine[0][1], one)
