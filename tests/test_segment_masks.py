"Words to pixels on data sets with masks, here on four scenes in the layout of VOC2012."
import shutil

import numpy as np
import pytest
import torch
from PIL import Image

from clippy.classes import labels
from clippy.eval import all_tasks, evaluate, find_task, tasks
from clippy.protocol import change
from shared import damaged

all_tasks() # every chapter has registered its own

@pytest.fixture
def model(boxed_model): return boxed_model

@pytest.mark.parametrize('task,name', [(t,p) for t in ('voc','voc20') for p in find_task(t).protocols])
def test_protocols(task, name, voc, model):
    "Every protocol of VOC runs, and its result says what it is."
    small = dict(size=64, templates='photo') # eighty sentences take their time
    if name not in ('clippy','port','naclip'): small |= dict(window=48, stride=24) # NACLIP sees VOC whole
    r = evaluate(model, task, voc, name, limit=4, bootstrap_samples=20, **small)
    assert r.images==dict(seen=4, found=4, expected=1464 if name=='port' else 1449, whole=False)
    assert 0<=r.numbers['miou']<=1 and r.protocol['name'].startswith(name) and r.protocol['about']
    assert r.names!=r.prompts and len(r.words['names'])>=20

def test_perfect(voc, model):
    "Ground truth as prediction gives exactly 1, at its own size and squashed; for the port absent classes count 0."
    for p in 'clippy','port':
        job = find_task('voc')(voc, change(tasks['voc'].protocols[p], size=64), model)
        rows = []
        for i in range(4):
            sample = job.source[i]
            job.head = lambda x,sizes: [sample['target'].long().where(sample['target']!=255, 0)]
            rows.append(job.measure([sample])[0])
        there = len({int(k) for i in range(4) for k in np.unique(job.source[i]['target'])}-{255})
        miou = job.numbers(np.stack(rows), np.ones((1,4)))['miou'][0]
        assert miou==(1 if p=='clippy' else pytest.approx(there/21))

def test_names_file(voc, model, tmp_path):
    "Another list of names is another protocol; one of another length is refused."
    own = tmp_path/'names.txt'
    own.write_text('\n'.join(labels('voc').names))
    small = dict(limit=4, bootstrap_samples=0, size=64, templates='photo')
    mine,theirs = (evaluate(model, 'voc', voc, names=n, **small) for n in (str(own), 'name'))
    assert mine.names==theirs.names and mine.details==theirs.details
    own.write_text('boat\ncar\n')
    with pytest.raises(ValueError, match="names 2 classes, the data set has 21"):
        evaluate(model, 'voc', voc, limit=4, names=str(own))

def test_absent(voc, model):
    "A class in neither prediction nor truth is skipped, or counts zero."
    protocol = tasks['voc'].protocols['clippy']
    skip,zero = (find_task('voc')(voc, change(protocol, size=64, absent=how), model) for how in ('skip','zero'))
    rows = np.zeros((1,63))
    rows[0,[0,21,42]] = 10 # background only, all right
    assert skip.numbers(rows, np.ones((1,1)))['miou'][0]==1
    assert zero.numbers(rows, np.ones((1,1)))['miou'][0]==pytest.approx(1/21)

def test_sizes_mix(voc, model, tmp_path):
    "Images of several shapes in one batch give what they give alone."
    d = tmp_path/'VOC2012'
    shutil.copytree(voc, d)
    for name in 'JPEGImages/1.jpg','SegmentationClass/1.png': Image.open(d/name).crop((0,0,80,48)).save(d/name)
    small = dict(limit=4, bootstrap_samples=0, size=48, window=32, stride=16, templates='photo')
    together,alone = (evaluate(model, 'voc', d, 'sclip', batch_size=b, **small) for b in (4,1))
    assert together.details['iou']==alone.details['iou']

def test_words_for_pixels_that_nothing_tells_apart(voc, model, tmp_path):
    "Two classes of a names file with one word are named; several words of one class are nobody's business."
    names = list(labels('voc').names)
    names[3],names[4] = 'bird, Bird',names[5]
    (tmp_path/'names.txt').write_text('\n'.join(names))
    small = dict(limit=4, size=64, bootstrap_samples=0, templates='name')
    r = evaluate(model, 'voc', voc, names=str(tmp_path/'names.txt'), **small)
    assert r.details['same_vector']==[[names[5],names[5]]] and f'{names[5]} = {names[5]}' in repr(r)
    assert f'{names[5]} (2)' in r.details['iou'] and len(r.details['iou'])==21
    assert r.details['iou'][f'{names[5]} (2)'] in (0,None) # the first of two equals wins, as argmax has it

def test_damaged_logit_scale(voc, model):
    "Where probabilities decide, the logit scale has to be a number too."
    bad = damaged(model, logit_scale=float('nan'))
    with pytest.raises(ValueError, match='not finite'):
        evaluate(bad, 'voc', voc, limit=4, size=64, threshold=.5, templates='photo')

def test_port_counts_absent_classes_as_zero(voc, model, tmp_path):
    "The port's mIoU: eps in the union, a mean over all 21 classes; from the saved masks, in plain numpy."
    r = evaluate(model, 'voc', voc, 'port', limit=4, size=64, save_predictions=tmp_path)
    inter,union = np.zeros(21),np.zeros(21)
    for i in range(4):
        truth = Image.open(voc/f'SegmentationClass/{i}.png').resize((64,64), Image.Resampling.NEAREST)
        truth,said = np.array(truth),np.array(Image.open(tmp_path/f'voc/{i}.png'))
        keep = truth!=255
        for k in range(21):
            inter[k] += ((truth==k)&(said==k)&keep).sum()
            union[k] += (((truth==k)|(said==k))&keep).sum()
    miou = np.mean(inter/(union+np.finfo(float).eps))
    assert (union==0).any() and r.numbers['miou']==pytest.approx(miou, abs=1e-12)
    assert r.protocol['absent']=='zero' and tasks['voc'].protocols['clippy'].absent=='skip'

def cut(path): path.write_bytes(path.read_bytes()[:900])
def crop(path): Image.open(path).crop((0,0,40,40)).save(path)
def relabel(path): Image.fromarray(np.full((96,80), 77, np.uint8)).save(path)

@pytest.mark.parametrize('file,harm,says', [
    ('JPEGImages/2.jpg', cut, '2.jpg: truncated image'),
    ('SegmentationClass/2.png', crop, '2.png is 40 x 40 pixels'),
    ('SegmentationClass/2.png', relabel, '2.png: it holds id 77')])
def test_broken_files(file, harm, says, voc, model, tmp_path):
    "A truncated image, a mask of another size and an unknown label stop it with the file's name, in workers too."
    shutil.copytree(voc, tmp_path/'VOC2012')
    harm(tmp_path/'VOC2012'/file)
    for workers in 0,1:
        with pytest.raises(ValueError) as e:
            evaluate(model, 'voc', tmp_path/'VOC2012', limit=4, size=64, templates='photo', workers=workers)
        assert says in str(e.value) and '\n' not in str(e.value)

def test_names_below_a_figure():
    "Those that cover most, at most twenty, in the order of the classes, and with the colours of the masks."
    from clippy.segment_masks import legend_of
    classes = [f'class {i}' for i in range(30)]
    masks = [torch.full((i+1,8), i) for i in range(30)] + [torch.full((99,99), 255)]
    legend = legend_of(classes, [torch.tensor([[2,255]])], masks)
    assert list(legend)==[classes[2], *classes[11:]] # what is true has a name, however small
    assert [round(255*v) for v in legend['class 15']]==[192,128,128] # VOC's colour of a person
