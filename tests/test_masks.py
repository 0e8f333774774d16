"`clippy.masks`: every layout, what is wrong with it in a sentence, workers, and real photographs."
import csv, io, json, pickle, re, shutil, struct, zlib
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from torch.utils.data import DataLoader

from clippy.classes import Labels, background_words, labels, read_labels
from clippy.mask_folder import read_ids
from clippy.masks import mask_sets, open_masks
from clippy.files import read_text

real = Path(__file__).resolve().parents[2]/'shared/data'
tables = [n for n,o in mask_sets.items() if o.table]
quick = settings(max_examples=60, deadline=None, derandomize=True,
                 suppress_health_check=[HealthCheck.function_scoped_fixture])
mark = b'\xef\xbb\xbf' # UTF-8's byte-order mark

def put(path, array=None, size=(4,3)):
    "An image or, where numbers are given, a mask."
    path.parent.mkdir(parents=True, exist_ok=True)
    if array is None: Image.linear_gradient('L').resize(size).convert('RGB').save(path)
    else: Image.fromarray(np.asarray(array)).save(path)

def ids(*values, dtype=np.uint8): return np.resize(np.array(values, dtype), (3,4))

# Tables -------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('name,classes,background',
                         [('voc',21,1),('voc20',20,0),('context60',60,1),('context59',59,0),('ade20k',150,0),
    ('coco',133,0),('coco-object',81,1),('coco-stuff',171,0),('cityscapes',19,0),('cityscapes27',27,0)])
def test_table(name, classes, background):
    for column in ('name','plain','port','sclip'):
        o = labels(name, column)
        assert len(o.names)==len(set(o.names))==len(o.ids)==classes and o.background==bool(background)
        assert all(w==w.strip()!='' for words in o.words for w in words)
        assert o.ids==labels(name).ids and o.ignored==labels(name).ignored
    for k,own in enumerate(o.ids): assert set(o.to_index(np.array([own])).flat)=={k}
    assert set(o.to_index(np.array([o.ignored])).flat)=={255}

def test_names_that_are_facts():
    "A few ids that the data sets' own documents give, at the ends and at the gaps."
    def at(name, id):
        o = labels(name)
        return o.names[int(o.to_index(np.array([[id]]))[0,0])]
    assert [at('voc',k) for k in (0,1,20)]==['background','aeroplane','tvmonitor']
    assert [at('coco',k) for k in (11,13,27,90,92,200)]==['fire hydrant','stop sign','backpack','toothbrush','banner',
        'rug-merged']
    assert [at('coco-stuff',k) for k in (0,12,89,91,181)]==['person','stop sign','toothbrush','banner','wood']
    assert [at('cityscapes27',k) for k in (7,9,29,33)]==['road','parking','caravan','bicycle']
    assert [at('ade20k',k) for k in (1,13,150)]==['wall','person','flag']
    assert [at('context60',k) for k in (0,1,2,59)]==['background','aeroplane','bag','wood']
    assert set(labels('cityscapes').names)<set(labels('cityscapes27').names)
    assert labels('voc','port').names[11::9]==('table','television monitor')
    assert labels('voc','sclip').words[15][:2]==('person','person in shirt')
    assert labels('voc20','sclip').names==labels('voc','sclip').names[1:]

def test_background_words():
    assert {k:len(set(o)) for k,o in background_words.items()}=={'port':39, 'sclip':26, 'coco-stuff':53}
    assert not set(background_words['port']) & {*labels('voc','plain').names, *labels('voc','port').names}

def test_lookup():
    o = Labels(('a','b'), ((3,300),(65535,)), ignored=(0,))
    assert o.to_index(np.array([[0,3,300,65535]], np.uint16)).tolist()==[[255,0,0,1]]
    for bad in (-1,4,65536,10**6):
        with pytest.raises(ValueError, match=f'id {bad}, which no class has'): o.to_index(np.array([[bad]]))
    assert pickle.loads(pickle.dumps(o))==o
    with pytest.raises(ValueError, match='255 names: a mask holds 1 to 254'):
        Labels(tuple('x'*255), tuple((k,) for k in range(255)))
    with pytest.raises(ValueError, match='2 names for 1 classes'): Labels(('a','b'), ((0,),))
    with pytest.raises(ValueError, match='id 70000 does not fit'): Labels(('a',), ((70000,),))

@pytest.mark.parametrize('text,message', [
    ('number,name\n0,a\n', "has no column 'id': its first line names"),
    ('id,name\nzero,a\n', "'zero' is not an id"),
    ('id,name\n-1,a\n', "'-1' is not an id"),
    ('id,name\n0,a\n0,b\n', 'id 0 is listed more than once'),
    ('id,name\n', '0 names: a mask holds 1 to 254'),
    ('', 'has no column')])
def test_wrong_table(tmp_path, text, message):
    (tmp_path/'t.csv').write_text(text)
    with pytest.raises(ValueError, match=re.escape(message)): read_labels(tmp_path/'t.csv')

@pytest.mark.parametrize('text,message', [
    ('id,name\n0,lamp, red\n', "'0,lamp, red' has 3 fields, its first line 2"),
    ('id,name\n0,"lamp\n1,boat\n', 'is not a csv table'),
    ('id,name\n0,'+'a'*140_000+'\n', 'is not a csv table'),
    ('id,name\n²,a\n', "'²' is not an id"),
    ('id,name\n'+'9'*5000+',a\n', 'is not an id')])
def test_tables_read_whole_or_not_at_all(tmp_path, text, message):
    (tmp_path/'t.csv').write_text(text, encoding='utf-8')
    with pytest.raises(ValueError, match=re.escape(message)): read_labels(tmp_path/'t.csv')

def test_commas_and_marks_in_tables(tmp_path):
    "A quoted comma stays in its name; a byte-order mark is not part of `id`."
    (tmp_path/'t.csv').write_bytes(mark+b'id,name,said\r\n3,"lamp, red",\r\n4,boat,ship\r\n')
    assert read_labels(tmp_path/'t.csv', 'said').names==('lamp, red','ship')

lines = st.lists(st.sampled_from(['id,name','id,name,plain','0,a','1|2,b','255,','7,"x, y"','"','0,a,b,c','id','\ufeff',
                                  '-1,z',' , ','0,']), max_size=6).map('\n'.join)
@quick
@given(lines.map(str.encode) | st.binary(max_size=60))
def test_any_table(tmp_path, data):
    (tmp_path/'t.csv').write_bytes(data)
    try: found = read_labels(tmp_path/'t.csv')
    except ValueError as e: assert 't.csv' in str(e)
    else: assert len(found.names)==len(found.ids)>0 and all(found.names)

@pytest.mark.parametrize('name', tables)
def test_lists_of_names_are_not_guessed(name, tmp_path):
    "A list that the table does not have is refused with a hint; the lists of its own columns and `plain` are taken."
    make,below,_,_ = made[name]
    make(tmp_path/below)
    table = {'voc20':'voc','context59':'context60'}.get(name, name)
    with open(files('clippy')/f'labels/{table}.csv') as f: own = {*next(csv.reader(f))}-{'id','kind'} | {'plain'}
    for column in ('name','plain','port','sclip'):
        if column in own: assert open_masks(name, tmp_path, column=column).labels.names==labels(name, column).names
        else:
            with pytest.raises(ValueError, match=f'has no list of names {column!r}'):
                open_masks(name, tmp_path, column=column)
    for wrong,hint in (('nmae','Did you mean name'), ('kind',''), ('id','')):
        with pytest.raises(ValueError, match=f'has no list of names {wrong!r}.*{hint}'):
            open_masks(name, tmp_path, column=wrong)

def test_mistyped_list_of_a_table():
    with pytest.raises(ValueError, match="no list of names 'sclpi'. Did you mean sclip"): labels('voc', 'sclpi')

def test_names():
    with pytest.raises(ValueError, match="no label table 'imagenet'; choose from: voc, voc20"): labels('imagenet')
    with pytest.raises(ValueError, match="no data set 'VOC'; choose from"): open_masks('VOC', '.')

# Mask files ---------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('mode,top', [('P',255),('L',255),('I;16',65535),('1',1)])
def test_modes(tmp_path, mode, top):
    x = np.array([[0,1],[1,top]])
    im = Image.fromarray(x.astype(np.uint16 if mode=='I;16' else np.uint8))
    if mode=='P': im.putpalette([7]*768) # all ids in one colour
    if mode=='1': im = Image.fromarray(x.astype(bool))
    im.save(tmp_path/'m.png')
    assert Image.open(tmp_path/'m.png').mode==mode and (read_ids(tmp_path/'m.png')==x).all()

def test_broken_masks(tmp_path):
    put(tmp_path/'m.png', np.random.default_rng(0).integers(0,255,(64,64),np.uint8))
    data = (tmp_path/'m.png').read_bytes()
    (tmp_path/'m.png').write_bytes(data[:len(data)//2])
    with pytest.raises(ValueError, match=r'm\.png: (truncated|unreadable) mask'): read_ids(tmp_path/'m.png')
    (tmp_path/'m.png').write_text('no picture')
    with pytest.raises(ValueError, match=r'm\.png: unreadable mask'): read_ids(tmp_path/'m.png')
    put(tmp_path/'m.png')
    with pytest.raises(ValueError, match='is an image in RGB'): read_ids(tmp_path/'m.png')

def png(ids, bits, colour=0, palette=b''):
    "A PNG made by hand: grey (0) or palette (3), so many bits a pixel."
    def chunk(kind, data): return struct.pack('>I', len(data))+kind+data+struct.pack('>I', zlib.crc32(kind+data))
    rows = [''.join(f'{v:0{bits}b}' for v in r) for r in ids]
    packed = b''.join(b'\0'+int(r.ljust(-(-len(r)//8)*8, '0'), 2).to_bytes(-(-len(r)//8), 'big') for r in rows)
    head = struct.pack('>IIBBBBB', len(ids[0]), len(ids), bits, colour, 0, 0, 0)
    return b'\x89PNG\r\n\x1a\n'+chunk(b'IHDR', head)+(chunk(b'PLTE', palette) if palette else b'')+chunk(b'IDAT',
        zlib.compress(packed))+chunk(b'IEND', b'')

@pytest.mark.parametrize('bits,colour', [(1,0),(2,0),(4,0),(8,0),(16,0),(1,3),(2,3),(4,3),(8,3)])
def test_every_depth_holds_ids(tmp_path, bits, colour):
    "A grey or palette PNG of any depth gives the numbers in the file, not their shades."
    ids = [[(5*i+j)%2**bits for j in range(7)] for i in range(5)]
    (tmp_path/'m.png').write_bytes(png(ids, bits, colour, bytes(3*min(2**bits, 256)) if colour else b''))
    found = read_ids(tmp_path/'m.png')
    assert found.tolist()==ids and found.dtype!=bool

def test_a_mask_is_a_png(tmp_path):
    "A JPEG under the name of a PNG has smeared numbers; it is refused, and so is what is no file."
    for kind in ('JPEG','GIF','BMP','TIFF','EPS'):
        Image.fromarray(ids(0,1)).save(tmp_path/'m.png', kind)
        with pytest.raises(ValueError, match=r'm\.png: unreadable mask \(a mask is a PNG\)'): read_ids(tmp_path/'m.png')
    with pytest.raises(FileNotFoundError, match='no mask .*lost.png'): read_ids(tmp_path/'lost.png')

@st.composite
def files_of_masks(draw):
    "A PNG of any mode, whole, cut off or with a byte changed; or just bytes."
    mode = draw(st.sampled_from(['1','L','P','LA','PA','RGB','RGBA','I;16','junk']))
    if mode=='junk': return draw(st.binary(max_size=80))
    size = draw(st.integers(1, 9)),draw(st.integers(1, 9))
    image = Image.new('I;16', size, 300) if mode=='I;16' else Image.new('L', size,
        draw(st.integers(0, 255))).convert(mode)
    try: image.save(out := io.BytesIO(), 'PNG')
    except OSError: return b''
    data = bytearray(out.getvalue())
    if draw(st.booleans()): del data[draw(st.integers(0, len(data))):]
    if data and draw(st.booleans()): data[draw(st.integers(0, len(data)-1))] = draw(st.integers(0, 255))
    return bytes(data)

@quick
@given(files_of_masks())
def test_any_mask_file(tmp_path, data):
    "Numbers, one a pixel, or a sentence with the name of the file."
    (tmp_path/'m.png').write_bytes(data)
    try: found = read_ids(tmp_path/'m.png')
    except ValueError as e: assert 'm.png' in str(e)
    else: assert found.ndim==2 and found.dtype.kind in 'iu'

def test_huge_masks_are_refused(tmp_path):
    "A header that declares more pixels than any picture has: a sentence, and no memory."
    head = struct.pack('>IIBBBBB', 60000, 60000, 8, 0, 0, 0, 0)
    whole = png([[0]], 8)
    (tmp_path/'m.png').write_bytes(whole[:12]+b'IHDR'+head+struct.pack('>I', zlib.crc32(b'IHDR'+head))+whole[33:])
    with pytest.raises(ValueError, match=r'm\.png: unreadable mask'): read_ids(tmp_path/'m.png')

# Layouts ------------------------------------------------------------------------------------------------------------

def pascal(root, year='VOC2012', masks='SegmentationClass', lists='Segmentation', value=1):
    for n in 'ab':
        put(root/year/f'JPEGImages/{n}.jpg')
        put(root/year/masks/f'{n}.png', ids(0,value))
    put(root/year/'JPEGImages/of_another_task.jpg')
    (folder := root/year/'ImageSets'/lists).mkdir(parents=True)
    (folder/'val.txt').write_text('b\na\n\n')

def ade(root):
    for n in 'ab':
        put(root/f'images/validation/ADE_val_{n}.jpg')
        put(root/f'annotations/validation/ADE_val_{n}.png', ids(0,1,150))

def semantic_coco(root):
    for n in ('000000000009','000000000025'):
        put(root/f'val2017/{n}.jpg')
        put(root/f'semantic/val2017/{n}.png', ids(0,1,200))

def pixelmaps(root, top='stuffthingmaps', images='', end='', values=(0,89,91,181,255)):
    for n in ('000000000009','000000000025'):
        put(root/images/f'val2017/{n}.jpg')
        put(root/top/f'val2017/{n}{end}.png', ids(*values))

def cities(root):
    for c,n in (('ulm','000000'),('bonn','000001')):
        put(root/f'leftImg8bit/val/{c}/{c}_{n}_000019_leftImg8bit.png')
        put(root/f'gtFine/val/{c}/{c}_{n}_000019_gtFine_labelIds.png', ids(0,7,33))
        put(root/f'gtFine/val/{c}/{c}_{n}_000019_gtFine_color.png')

def own(root):
    for n in 'ab':
        put(root/f'images/{n}.jpg')
        put(root/f'masks/{n}.png', ids(0,1,255))
    (root/'names.txt').write_text('background\nthing\n')

def ground_truth(root):
    from scipy.io import savemat
    both = np.empty((1,2), object)
    for j in (0,1): both[0,j] = dict(Segmentation=ids(1,2,3,dtype=np.uint16), Boundaries=ids(0))
    for n in 'ab':
        put(root/f'images/test/{n}.jpg')
        (root/'groundTruth/test').mkdir(parents=True, exist_ok=True)
        savemat(root/f'groundTruth/test/{n}.mat', dict(groundTruth=both))

made = {'voc':(pascal,'','VOC2012',[0,1]), 'voc20':(pascal,'','VOC2012',[0,255]),
    'context60':(lambda r: pascal(r,'VOC2010','SegmentationClassContext','SegmentationContext',59),'','VOC2010',[0,59]),
    'context59':(lambda r: pascal(r,'VOC2010','SegmentationClassContext','SegmentationContext',59),'','VOC2010',
                 [58,255]),
    'ade20k':(ade,'ADEChallengeData2016','',[0,149,255]), 'coco':(semantic_coco,'coco','',[0,132,255]),
    'coco-stuff':(pixelmaps,'coco','',[0,79,80,170,255]), 'coco-object':(pixelmaps,'coco','',[0,1,80]),
    'cityscapes':(cities,'cityscapes','',[0,18,255]), 'cityscapes27':(cities,'cityscapes','',[0,26,255]),
    'masks':(own,'','',[0,1,255]), 'bsds':(ground_truth,'BSR/BSDS500/data','',None)}
assert made.keys()==mask_sets.keys()
pytestmark = pytest.mark.filterwarnings('ignore:__array__ implementation:DeprecationWarning:pycocotools')
every = pytest.mark.parametrize('name', made)

@every
def test_layout(name, tmp_path):
    "From the data set's own folder and from above: pairs, indices, regions, keys, workers."
    make,below,inside,found = made[name]
    make(tmp_path/below)
    masks = open_masks(name, tmp_path)
    assert masks.files==open_masks(name, tmp_path/below/inside).files and len(masks)==2
    assert masks.expected==dict(voc=1449,voc20=1449,context60=5104,context59=5104,ade20k=2000,cityscapes=500,
                                cityscapes27=500,masks=None,bsds=200).get(name,5000)
    assert all(p.is_file() for o in masks.files for p in o) and len({masks.key(i) for i in range(2)})==2
    if found:
        for image,mask in DataLoader(masks, batch_size=None, num_workers=1, collate_fn=tuple):
            assert image.mode=='RGB' and image.size==(4,3) and mask.shape==(3,
                4) and mask.dtype==np.uint8 and np.unique(mask).tolist()==found
    counted = [k for k in found if k!=255 and not (k==0 and masks.labels.background)] if found else [1,2,3]
    for m in masks.regions(0): assert m.dtype==np.int32 and [k for k in np.unique(m) if k>=0]==counted
    assert len(masks.regions(0))==(2 if name=='bsds' else 1)
    with pytest.raises(ValueError, match='no regions of kind'): masks.regions(0,'objects')
    with pytest.raises(IndexError): masks[2]

@every
def test_no_data(name, tmp_path):
    with pytest.raises(FileNotFoundError, match='There is no folder .*nothing'): open_masks(name, tmp_path/'nothing')
    with pytest.raises(FileNotFoundError, match=r'has no .* in it.*Wanted: '): open_masks(name, tmp_path)
    with pytest.raises(ValueError, match="no split 'dev'"): open_masks(name, tmp_path, 'dev')

@every
@pytest.mark.parametrize('which', [0,1])
def test_missing_file(name, which, tmp_path):
    "An image or a mask short: refused when opened, by name. (A COCO mask short is a smaller set, and noted.)"
    make,below,_,_ = made[name]
    make(tmp_path/below)
    path = open_masks(name, tmp_path).files[1][which]
    path.unlink()
    if which==1 and name.startswith('coco'):
        masks = open_masks(name, tmp_path)
        assert len(masks)==1 and path.stem in masks.notes[0]
    else:
        stem = re.escape(path.stem.split('_gtFine')[0].split('_leftImg')[0])
        with pytest.raises(FileNotFoundError, match=stem): open_masks(name, tmp_path)

@every
def test_broken_files(name, tmp_path):
    "A truncated image, a mask of another size, an id without a class: said with the name of the file."
    make,below,_,_ = made[name]
    make(tmp_path/below)
    masks = open_masks(name, tmp_path)
    image,mask = masks.files[0]
    if name!='bsds':
        put(mask, np.full((3,4), 222, np.uint8))
        with pytest.raises(ValueError, match=re.escape(mask.name)+': it holds id 222'): masks[0]
        put(mask, np.full((5,4), 1, np.uint8) if 'cityscapes' not in name else np.full((5,4), 7, np.uint8))
        for f in (masks.__getitem__, masks.regions):
            with pytest.raises(ValueError,
                               match=re.escape(f'{mask.name} is 4 x 5 pixels, its image {image.name} is 4 x 3')):
                f(0)
    image.write_bytes(image.read_bytes()[:-40])
    with pytest.raises(ValueError, match=re.escape(image.name)+': (truncated|unreadable) image'): masks[0]

# Each data set's own --------------------------------------------------------------------------------------------------

def test_lists(tmp_path):
    pascal(tmp_path)
    path = tmp_path/'VOC2012/ImageSets/Segmentation/val.txt'
    assert [open_masks('voc',tmp_path).key(i) for i in (0,1)]==['b','a'] # the order of the list
    for text,message in (('a\nb\na\n','names a more than once'),('\n','val.txt is empty')):
        path.write_text(text)
        with pytest.raises(ValueError, match=message): open_masks('voc', tmp_path)
    path.unlink()
    with pytest.raises(FileNotFoundError, match='There is no list .*val.txt'): open_masks('voc', tmp_path)

def test_voc_instances(tmp_path):
    pascal(tmp_path)
    masks = open_masks('voc', tmp_path)
    with pytest.raises(FileNotFoundError, match='SegmentationObject'): masks.regions(0,'instance')
    put(tmp_path/'VOC2012/SegmentationObject/b.png', ids(0,1,2,255))
    assert masks.regions(0,'instance')[0].tolist()==[[-1,1,2,-1]]*3

@pytest.mark.parametrize('n', [5104,5105,5103])
def test_context_lists(tmp_path, n, monkeypatch):
    "Both published lists are complete; which one it is, is said."
    pascal(tmp_path, 'VOC2010', 'SegmentationClassContext', 'SegmentationContext')
    monkeypatch.setattr('clippy.masks._read_list', lambda path: ['a']*n)
    masks = open_masks('context60', tmp_path)
    assert masks.expected==(5105 if n==5105 else 5104) and ('original list' in ' '.join(masks.notes))==(n==5105)

def test_extra_files(tmp_path):
    ade(tmp_path)
    put(tmp_path/'images/validation/ADE_val_c.jpg')
    with pytest.raises(FileNotFoundError, match='1 of 3 images have no mask of the same name in .*: ADE_val_c'):
        open_masks('ade20k', tmp_path)

def test_stuff_forms(tmp_path):
    "Published pixel maps and mmsegmentation's, in mmsegmentation's folders, are the same masks."
    raw = (0,89,91,181,255)
    pixelmaps(tmp_path/'a', 'stuffthingmaps_trainval2017', values=raw)
    pixelmaps(tmp_path/'b', 'annotations', 'images', '_labelTrainIds', (0,79,80,170,255))
    pixelmaps(tmp_path/'c', 'annotations', 'images', '', raw)
    pixelmaps(tmp_path/'c', 'annotations', 'images', '_labelTrainIds', (0,79,80,170,255)) # the converter leaves both
    x = [open_masks('coco-stuff', tmp_path/o) for o in 'abc']
    assert all((o[0][1]==x[0][0][1]).all() and len(o)==2 for o in x)

def test_object_forms(tmp_path):
    pixelmaps(tmp_path/'a')
    pixelmaps(tmp_path/'b', 'annotations', 'images', '_instanceTrainIds', (1,80,0,0,0))
    a,b = (open_masks('coco-object', tmp_path/o) for o in 'ab')
    assert (a[0][1]==b[0][1]).all() and a.kinds==('class',)

def drawn(root, *instances):
    put(root/'val2017/000000000009.jpg')
    (root/'annotations').mkdir(exist_ok=True)
    (root/'annotations/instances_val2017.json').write_text(json.dumps(dict(images=[dict(id=9,
        file_name='000000000009.jpg',height=3,width=4)],
        annotations=[dict(id=k,image_id=9,category_id=c,iscrowd=0,segmentation=[[x0,0,x1,0,x1,3,x0,3]]) for k,c,x0,
                     x1 in instances])))
    return open_masks('coco-object', root)

def test_overlap(tmp_path):
    "The smaller is on top; of equals the higher id; the order in the file does not matter."
    big,small,equal = (5,18,0,4),(2,17,1,3),(7,90,1,3)
    for order in ((big,small),(small,big)): assert drawn(tmp_path, *order).mask(0)[0].tolist()==[17,16,16,17]
    for order in ((small,equal),(equal,small)): assert drawn(tmp_path, *order).mask(0)[0].tolist()==[0,80,80,0]
    masks = pickle.loads(pickle.dumps(drawn(tmp_path, big, small)))
    assert masks.regions(0,'instance')[0][0].tolist()==[0,1,1,0]

def test_drawing_needs_pycocotools(tmp_path, monkeypatch):
    import sys
    monkeypatch.setitem(sys.modules, 'pycocotools', None)
    with pytest.raises(ImportError, match=r'pip install "clippy-vl\[coco\]"'): drawn(tmp_path, (1,18,0,4))

def panoptic(root, table, segments, about=None):
    put(root/'val2017/000000000139.jpg')
    x = ids(*table, dtype=np.int32)
    put(root/'annotations/panoptic_val2017/000000000139.png', np.stack([x&255,x>>8&255,x>>16],2).astype(np.uint8))
    found = dict(images=[],
                 annotations=[dict(image_id=139,file_name='000000000139.png',
                                   segments_info=[dict(id=k,category_id=c,iscrowd=w) for k,c,w in segments])])
    (root/'annotations/panoptic_val2017.json').write_text(json.dumps(found) if about is None else about)
    return open_masks('coco', root)

def test_panoptic(tmp_path):
    masks = pickle.loads(pickle.dumps(panoptic(tmp_path, (0,1,65536,16777215),
                                               [(16777215,200,0),(1,1,0),(65536,13,1)])))
    assert masks.mask(0)[0].tolist()==[255,0,11,132]
    one = masks.regions(0,'instance')[0][0]
    assert one[0]==one[2]==-1 and one[1]>0 and one[3]>0 and one[1]!=one[3]
    with pytest.raises(ValueError, match='139.png: segment 9 is not in the json'):
        panoptic(tmp_path, (9,1), [(1,1,0)]).mask(0)
    with pytest.raises(ValueError, match='139.png: it holds id 12'): panoptic(tmp_path, (1,), [(1,12,0)]).mask(0)
    with pytest.raises(ValueError, match='is not JSON'): panoptic(tmp_path, (1,), [], '{')
    with pytest.raises(ValueError, match="has no 'annotations'"): panoptic(tmp_path, (1,), [], '[]')

def test_own_names(tmp_path):
    own(tmp_path)
    masks = open_masks('masks', tmp_path)
    assert masks.labels.background and masks.labels.ignored==(255,) and not masks.notes
    def names(text, file='names.txt'):
        for o in ('names.txt','names.csv'): (tmp_path/o).unlink(missing_ok=True)
        if text is not None: (tmp_path/file).write_text(text)
        return open_masks('masks', tmp_path)
    assert names('a\nb\nc\nd\n').notes==('names.txt names 4 classes, 2 of them are in no mask: c, d',)
    with pytest.raises(ValueError,
                       match='names.txt names 1 ids, 0 to 0, but the masks hold 1 too: the first is in .*a.png'):
        names('background\n')
    with pytest.raises(ValueError, match='line 2 is empty'): names('background\n\nthing\n')
    with pytest.raises(FileNotFoundError, match='no names.txt and no names.csv'): names(None)
    assert names('id,name\n0|1,all\n', 'names.csv').mask(0).max()==255
    assert names('id,name\n1,thing\n0|255,\n', 'names.csv').labels.names==('thing',)
    (tmp_path/'names.txt').write_text('a\nb\n')
    with pytest.raises(ValueError, match='both names.csv and names.txt'): open_masks('masks', tmp_path)

def test_byte_order_marks(tmp_path):
    "Every text file beside the masks is the same file with a byte-order mark."
    def again(path): path.write_bytes(mark+path.read_bytes())
    own(tmp_path/'a')
    again(tmp_path/'a/names.txt')
    assert open_masks('masks', tmp_path/'a').labels.names==('background','thing') and open_masks('masks',
        tmp_path/'a').labels.background
    pascal(tmp_path/'b')
    again(tmp_path/'b/VOC2012/ImageSets/Segmentation/val.txt')
    assert [open_masks('voc', tmp_path/'b').key(i) for i in (0,1)]==['b','a']
    panoptic(tmp_path/'c', (0,1), [(1,1,0)])
    again(tmp_path/'c/annotations/panoptic_val2017.json')
    assert open_masks('coco', tmp_path/'c').mask(0)[0].tolist()==[255,0,255,0]
    (tmp_path/'n.txt').write_bytes('b\xe4r'.encode('latin-1'))
    with pytest.raises(ValueError, match='n.txt is not text in UTF-8 .byte 2.: save it as UTF-8'):
        read_text(tmp_path/'n.txt')

def test_odd_ids_of_own_masks(tmp_path):
    "What is ignored is noted where nothing else is left to tell apart, and only there."
    def notes(*values, names='background\nthing\n'):
        shutil.rmtree(tmp_path, ignore_errors=True)
        own(tmp_path)
        for n in 'ab': put(tmp_path/f'masks/{n}.png', ids(*values))
        (tmp_path/'names.txt').write_text(names)
        return ' '.join(open_masks('masks', tmp_path).notes)
    assert '50 % of all pixels are 255, which is ignored' in notes(0,255)
    assert '75 % of all pixels are 255' in notes(1,255,255,255)
    assert '100 % of all pixels are 255' in notes(255)
    assert 'ignored' not in notes(0,1,255) and 'ignored' not in notes(0,1) and 'ignored' not in notes(0)

def test_own_files(tmp_path):
    own(tmp_path)
    (tmp_path/'images/.DS_Store').write_text('')
    assert len(open_masks('masks', tmp_path))==2
    put(tmp_path/'images/a.png')
    with pytest.raises(ValueError, match='several files of one name'): open_masks('masks', tmp_path)
    shutil.rmtree(tmp_path/'images')
    (tmp_path/'images').mkdir()
    shutil.rmtree(tmp_path/'masks')
    (tmp_path/'masks').mkdir()
    with pytest.raises(ValueError, match='holds no images'): open_masks('masks', tmp_path)

def test_turned_photographs(tmp_path):
    "A mask belongs to the photograph as one sees it, upright."
    own(tmp_path)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.linear_gradient('L').resize((3,4)).convert('RGB').rotate(90, expand=True).save(tmp_path/'images/a.jpg',
        exif=exif)
    put(tmp_path/'masks/a.png', np.ones((4,3), np.uint8))
    masks = open_masks('masks', tmp_path)
    assert masks[0][0].size==(3,4) and masks.regions(0)[0].shape==(4,3)

def test_bsds(tmp_path):
    ground_truth(tmp_path)
    masks = open_masks('bsds', tmp_path)
    assert masks.labels is None and masks[0][1] is None
    with pytest.raises(ValueError, match='regions, not classes'): masks.mask(0)
    masks.files[0][1].write_text('no matrix')
    with pytest.raises(ValueError, match='a.mat: not a ground truth file'): masks.regions(0)

# Real photographs ---------------------------------------------------------------------------------------------------

def needs(folder): return pytest.mark.skipif(not (real/folder).is_dir(), reason=f'no {folder} in shared/data')

@needs('VOCdevkit')
def test_real_voc():
    masks = open_masks('voc', real)
    assert (len(masks),masks.expected)==(120,1449)
    seen = set()
    for i in range(0,120,6):
        image,mask = masks[i]
        seen |= set(np.unique(mask)) # every mask has background, an object and a rim
        assert {0,255}<set(np.unique(mask)) and (masks.regions(i)[0]>=0).any()
    assert seen<={*range(21),255} and len(seen)>10

@needs('bsds500')
def test_real_bsds():
    masks = open_masks('bsds', real, 'train')
    for i in (0,40,79): assert 3<len(masks.regions(i))<10 and all(m.min()==1 for m in masks.regions(i))

@needs('coco')
def test_real_coco():
    masks = open_masks('coco', real, 'train')
    assert len(masks)==100 and all(masks.mask(i).shape[::-1]==masks.image(i).size for i in (0,50,99))
    with open(files('clippy')/'labels/coco.csv') as f:
        table = {int(o['id']):o['name'] for o in csv.DictReader(f) if o['name']}
    named = dict(re.findall(r'^  (\d+): (.+)$', (real/'coco/semantic/categories.yaml').read_text(), flags=re.M))
    assert len(named)>100 and all(table[int(k)]==v for k,v in named.items() if k!='0')

@needs('coco')
def test_real_instances():
    pytest.importorskip('pycocotools')
    masks = open_masks('coco-object', real, 'train')
    assert len(masks)==80
    for i in (0,40,79):
        image,mask = masks[i]
        assert mask.max()>0 and mask.max()<255 and masks.regions(i,'instance')[0].max()>=0
