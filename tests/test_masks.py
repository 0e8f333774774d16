"`clippy.masks`: every layout, what is wrong with it in a sentence, workers, and real photographs."
import csv, json, pickle, re
from importlib.resources import files

import numpy as np
import pytest
from torch.utils.data import DataLoader

from clippy.classes import labels
from clippy.masks import mask_sets, open_masks
from clippy.files import read_text
from mask_files import ids, mark, own, put, real
tables = [name for name,kind in mask_sets.items() if kind.table]

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

def test_mistyped_data_set():
    with pytest.raises(ValueError, match="no data set 'VOC'; choose from"): open_masks('VOC', '.')

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

def ground_truth(root):
    from scipy.io import savemat
    both = np.empty((1,2), object)
    for j in (0,1): both[0,j] = dict(Segmentation=ids(1,2,3,dtype=np.uint16), Boundaries=ids(0))
    for n in 'ab':
        put(root/f'images/test/{n}.jpg')
        (root/'groundTruth/test').mkdir(parents=True, exist_ok=True)
        savemat(root/f'groundTruth/test/{n}.mat', dict(groundTruth=both))

def context(root, value=59): pascal(root, 'VOC2010', 'SegmentationClassContext', 'SegmentationContext', value)

# name -> what makes it, folder above it, folder below that may be named too, indices in its masks
made = {
    'voc':(pascal, '', 'VOC2012', [0,1]),
    'voc20':(pascal, '', 'VOC2012', [0,255]),
    'context60':(context, '', 'VOC2010', [0,59]),
    'context59':(context, '', 'VOC2010', [58,255]),
    'ade20k':(ade, 'ADEChallengeData2016', '', [0,149,255]),
    'coco':(semantic_coco, 'coco', '', [0,132,255]),
    'coco-stuff':(pixelmaps, 'coco', '', [0,79,80,170,255]),
    'coco-object':(pixelmaps, 'coco', '', [0,1,80]),
    'cityscapes':(cities, 'cityscapes', '', [0,18,255]),
    'cityscapes27':(cities, 'cityscapes', '', [0,26,255]),
    'masks':(own, '', '', [0,1,255]),
    'bsds':(ground_truth, 'BSR/BSDS500/data', '', None)}
assert made.keys()==mask_sets.keys()
pytestmark = pytest.mark.filterwarnings('ignore:__array__ implementation:DeprecationWarning:pycocotools')
every = pytest.mark.parametrize('name', made)

sizes = dict(voc=1449, voc20=1449, context60=5104, context59=5104, ade20k=2000, cityscapes=500, cityscapes27=500,
    masks=None, bsds=200) # images of the whole split; all others 5000

@every
def test_layout(name, tmp_path):
    "From the data set's own folder and from above: pairs, indices, regions, keys, workers."
    make,below,inside,found = made[name]
    make(tmp_path/below)
    masks = open_masks(name, tmp_path)
    assert masks.files==open_masks(name, tmp_path/below/inside).files and len(masks)==2
    assert masks.expected==sizes.get(name, 5000)
    assert all(path.is_file() for pair in masks.files for path in pair) and len({masks.key(i) for i in range(2)})==2
    if found:
        for image,mask in DataLoader(masks, batch_size=None, num_workers=1, collate_fn=tuple):
            assert image.mode=='RGB' and image.size==(4,3)
            assert mask.shape==(3,4) and mask.dtype==np.uint8 and np.unique(mask).tolist()==found
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
        put(mask, np.full((5,4), 7 if 'cityscapes' in name else 1, np.uint8))
        says = re.escape(f'{mask.name} is 4 x 5 pixels, its image {image.name} is 4 x 3')
        for f in (masks.__getitem__, masks.regions):
            with pytest.raises(ValueError, match=says): f(0)
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
    context(tmp_path, 1)
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
    forms = [open_masks('coco-stuff', tmp_path/form) for form in 'abc']
    assert all((masks[0][1]==forms[0][0][1]).all() and len(masks)==2 for masks in forms)

def test_object_forms(tmp_path):
    pixelmaps(tmp_path/'a')
    pixelmaps(tmp_path/'b', 'annotations', 'images', '_instanceTrainIds', (1,80,0,0,0))
    a,b = (open_masks('coco-object', tmp_path/form) for form in 'ab')
    assert (a[0][1]==b[0][1]).all() and a.kinds==('class',)

def outlined(root, *instances): # (id, category, left, right)
    put(root/'val2017/000000000009.jpg')
    (root/'annotations').mkdir(exist_ok=True)
    image = dict(id=9, file_name='000000000009.jpg', height=3, width=4)
    boxes = [dict(id=k, image_id=9, category_id=c, iscrowd=0, segmentation=[[left,0,right,0,right,3,left,3]])
             for k,c,left,right in instances]
    (root/'annotations/instances_val2017.json').write_text(json.dumps(dict(images=[image], annotations=boxes)))
    return open_masks('coco-object', root)

def test_overlap(tmp_path):
    "The smaller is on top; of equals the higher id; the order in the file does not matter."
    big,small,equal = (5,18,0,4),(2,17,1,3),(7,90,1,3)
    for order in ((big,small),(small,big)): assert outlined(tmp_path, *order).mask(0)[0].tolist()==[17,16,16,17]
    for order in ((small,equal),(equal,small)): assert outlined(tmp_path, *order).mask(0)[0].tolist()==[0,80,80,0]
    masks = pickle.loads(pickle.dumps(outlined(tmp_path, big, small)))
    assert masks.regions(0,'instance')[0][0].tolist()==[0,1,1,0]

def test_drawing_needs_pycocotools(tmp_path, monkeypatch):
    import sys
    for name in 'pycocotools','pycocotools.mask': monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=r'pip install "clippy-vl\[coco\] @ git\+'): outlined(tmp_path, (1,18,0,4))

def panoptic(root, table, segments, about=None):
    put(root/'val2017/000000000139.jpg')
    x = ids(*table, dtype=np.int32)
    put(root/'annotations/panoptic_val2017/000000000139.png', np.stack([x&255,x>>8&255,x>>16],2).astype(np.uint8))
    parts = [dict(id=k, category_id=c, iscrowd=w) for k,c,w in segments]
    found = dict(images=[], annotations=[dict(image_id=139, file_name='000000000139.png', segments_info=parts)])
    (root/'annotations/panoptic_val2017.json').write_text(json.dumps(found) if about is None else about)
    return open_masks('coco', root)

def test_panoptic(tmp_path):
    made = panoptic(tmp_path, (0,1,65536,16777215), [(16777215,200,0), (1,1,0), (65536,13,1)])
    masks = pickle.loads(pickle.dumps(made))
    assert masks.mask(0)[0].tolist()==[255,0,11,132]
    one = masks.regions(0,'instance')[0][0]
    assert one[0]==one[2]==-1 and one[1]>0 and one[3]>0 and one[1]!=one[3]
    with pytest.raises(ValueError, match='139.png: segment 9 is not in the json'):
        panoptic(tmp_path, (9,1), [(1,1,0)]).mask(0)
    with pytest.raises(ValueError, match='139.png: it holds id 12'): panoptic(tmp_path, (1,), [(1,12,0)]).mask(0)
    with pytest.raises(ValueError, match='is not JSON'): panoptic(tmp_path, (1,), [], '{')
    with pytest.raises(ValueError, match="has no 'annotations'"): panoptic(tmp_path, (1,), [], '[]')

def test_byte_order_marks(tmp_path):
    "Every text file beside the masks is the same file with a byte-order mark."
    def put_mark(path): path.write_bytes(mark+path.read_bytes())
    own(tmp_path/'a')
    put_mark(tmp_path/'a/names.txt')
    found = open_masks('masks', tmp_path/'a').labels
    assert found.names==('background','thing') and found.background
    pascal(tmp_path/'b')
    put_mark(tmp_path/'b/VOC2012/ImageSets/Segmentation/val.txt')
    assert [open_masks('voc', tmp_path/'b').key(i) for i in (0,1)]==['b','a']
    panoptic(tmp_path/'c', (0,1), [(1,1,0)])
    put_mark(tmp_path/'c/annotations/panoptic_val2017.json')
    assert open_masks('coco', tmp_path/'c').mask(0)[0].tolist()==[255,0,255,0]
    (tmp_path/'n.txt').write_bytes('b\xe4r'.encode('latin-1'))
    with pytest.raises(ValueError, match='n.txt is not text in UTF-8 .byte 2.: save it as UTF-8'):
        read_text(tmp_path/'n.txt')

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
        table = {int(row['id']):row['name'] for row in csv.DictReader(f) if row['name']}
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
