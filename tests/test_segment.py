"""`clippy.segment`: the head piece by piece, protocols of the field, and names files; measured against plain code of
the same operations."""
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from clippy.cli import cli
from clippy.eval import find_task, pick_protocol
from clippy.protocol import image_transform
from clippy.words import template_sets
from clippy.saved import load
from clippy.scenes import Scenes, backgrounds, names, things, write_folder
from clippy.segment import (Head, SegmentProtocol, _areas_there, areas, iou,
    pamr, save_labels, window_scores, words_of_file, words_to_pixels)
from clippy.segment_masks import squash

quick = settings(max_examples=40, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture])

@pytest.fixture(scope='module')
def model(): return load('scenes')

# PAMR -----------------------------------------------------------------------------------------------------------------

def plain_pamr(image, maps, rounds, dilations, centre=True):
    "Pixel by pixel in float64: image `[3,H,W]`, maps `[K,H,W]`; the border is repeated."
    _,h,w = image.shape
    steps = [(dy*d, dx*d) for d in dilations for dy in (-1,0,1) for dx in (-1,0,1) if (dy,dx)!=(0,0)]
    def around(x, i, j): return np.stack([x[:,min(max(i+dy, 0), h-1),min(max(j+dx, 0), w-1)] for dy,dx in steps])
    weights = np.zeros((h, w, len(steps)))
    for i,j in np.ndindex(h, w):
        near,own = around(image, i, j),image[:,i,j]
        # the published deviation counts the centre for each distance
        counted = np.concatenate([near, np.tile(own, (len(dilations),1))]) if centre else near
        alike = (-np.abs(near-own)/(1e-8+.1*counted.std(0, ddof=1))).mean(1)
        weights[i,j] = np.exp(alike-alike.max())/np.exp(alike-alike.max()).sum()
    for _ in range(rounds):
        maps = np.stack([np.stack([weights[i,j]@around(maps, i, j) for j in range(w)], 1) for i in range(h)], 1)
    return maps

@pytest.mark.parametrize('dilations,rounds', [((1,2,4,8,12,24),10), ((8,16),10), ((1,),3)])
def test_pamr_is_the_published_one(dilations, rounds):
    "Equal to a plain implementation of the published operations, to rounding, and to none without the centre pixel."
    rng = np.random.default_rng(0)
    image,maps = rng.normal(size=(3,14,18)),rng.dirichlet(np.ones(4), (14,18)).transpose(2,0,1)
    how = (rounds, dilations) if len(dilations)<6 else () # the published ones are the usual ones
    found = pamr(torch.tensor(image)[None], torch.tensor(maps)[None], *how)[0].numpy()
    right = plain_pamr(image, maps, rounds, dilations)
    assert np.abs(found-right).max()<1e-12 and (found.argmax(0)==right.argmax(0)).all()
    assert np.abs(found-plain_pamr(image, maps, rounds, dilations, centre=False)).max()>1e-4

def test_pamr_takes_each_image_alone():
    "Images of a batch do not look at each other, and single precision stays near."
    rng = np.random.default_rng(1)
    image,maps = rng.normal(size=(2,3,9,11)).astype(np.float32),rng.random((2,3,9,11)).astype(np.float32)
    found = pamr(torch.tensor(image), torch.tensor(maps), 4, (1,2)).numpy()
    for k in range(2):
        assert np.abs(found[k]-plain_pamr(image[k].astype(float), maps[k].astype(float), 4, (1,2))).max()<1e-4

# From patches to labels, each step against loops ----------------------------------------------------------------------

def bilinear(x, h, w):
    "Bilinear between the centres of pixels, the border repeated: `[K,a,b]` -> `[K,h,w]`, one pixel after the other."
    k,a,b = x.shape
    out = np.zeros((k, h, w))
    def at(i, n, m):
        c = min(max((i+.5)*m/n-.5, 0), m-1)
        return int(c), min(int(c)+1, m-1), c-int(c)
    for i,j in np.ndindex(h, w):
        (y0,y1,fy),(x0,x1,fx) = at(i, h, a),at(j, w, b)
        out[:,i,j] = (1-fy)*((1-fx)*x[:,y0,x0]+fx*x[:,y0,x1])+fy*((1-fx)*x[:,y1,x0]+fx*x[:,y1,x1])
    return out

def softmax(x): # over the first axis
    e = np.exp(x-x.max(0))
    return e/e.sum(0)

def drawn(*shape, seed=0): return np.random.default_rng(seed).normal(size=shape)

def head(owner=(0,1,1,2), background=False, scale=2., **fields):
    "A head without a model: what happens to scores."
    h = Head.__new__(Head)
    h.protocol,h.owner,h.background,h.scale = SegmentProtocol(**fields),torch.tensor(owner),background,scale
    return h

@pytest.mark.parametrize('rows', [1,5,32])
def test_words_to_pixels(rows):
    "The winner of the enlarged similarities, and its probability, whatever the bands of rows."
    x = drawn(2, 4, 3, 5)
    index,sure = words_to_pixels(torch.tensor(x).float(), (11,7), 3., rows)
    for k in range(2):
        big = bilinear(x[k], 11, 7)
        assert (index[k].numpy()==big.argmax(0)).all() and np.abs(sure[k].numpy()-softmax(3*big).max(0)).max()<1e-5
    assert torch.equal(words_to_pixels(torch.tensor(x).float(), (11,7), rows=rows), index)

@pytest.mark.parametrize('never', [None, torch.arange(9)>6], ids=['all','some'])
@pytest.mark.parametrize('layout', ['patches','pixels'])
def test_probability_by_logsumexp(layout, never):
    "The winner's probability is that of a plain softmax by `logsumexp`, to the bit, and the scores stay as they are."
    x = torch.rand(2, 9, 5, 6, generator=torch.Generator().manual_seed(0))*2-1
    size = (5,6) if layout=='pixels' else (70,45)
    kept = x.clone()
    index,sure = words_to_pixels(x, size, 40., 32, never)
    wide = x.contiguous(memory_format=torch.channels_last)
    for to in (size[0],6),size: wide = torch.nn.functional.interpolate(wide, size=to, mode='bilinear')
    free = wide if never is None else wide.masked_fill(never[:,None,None], -torch.inf)
    assert torch.equal(index, free.argmax(1)) and torch.equal(x, kept)
    assert torch.equal(sure, (40*free.amax(1)-(40*wide).logsumexp(1)).exp())

@pytest.mark.parametrize('background', [True,False])
@pytest.mark.parametrize('threshold', [0.,.6])
def test_decided_at_pixels(threshold, background):
    "A word stands for its class; a winner below the threshold is background, if there is one."
    x = drawn(4, 3, 4)
    found = head(background=background, threshold=threshold,
        upsampling='bilinear').decide(torch.tensor(x[None]).float(), None, (10,9))
    big = bilinear(x, 10, 9)
    right = np.array([0,1,1,2])[big.argmax(0)]
    unsure = softmax(2*big).max(0)<threshold
    assert (found.numpy()==np.where(unsure & background, 0, right)).all()
    assert (unsure.any() and (~unsure).any())==bool(threshold)

@pytest.mark.parametrize('size', [(5,7),(6,8),(9,4),(2,3)])
def test_decided_at_patches(size):
    "A pixel gets the label of the patch in which its centre lies."
    x = drawn(4, 3, 4)
    found = head(upsampling='nearest').decide(torch.tensor(x[None]).float(), None, size).numpy()
    label = np.array([0,1,1,2])[x.argmax(0)]
    for i,j in np.ndindex(*size): assert found[i,j]==label[int((i+.5)*3/size[0]), int((j+.5)*4/size[1])], (i,j)

def test_threshold_on_probabilities():
    """With averaged probabilities the probability of each patch's winner is enlarged, and no softmax is taken of it
    again."""
    x = softmax(3*drawn(4, 3, 4))
    found = head(background=True, blend='softmax', threshold=.7,
        upsampling='bilinear').decide(torch.tensor(x[None]).float(), None, (8,8)).numpy()
    sure = bilinear(x.max(0)[None], 8, 8)[0]
    right = np.where(sure<.7, 0, np.array([0,1,1,2])[bilinear(x, 8, 8).argmax(0)])
    assert (found==right).all() and (sure<.7).any() and (sure>.7).any()

@pytest.mark.parametrize('blend', ['cosine','softmax'])
def test_refined_maps(blend):
    """A class is as probable as its best word; classes that occur are refined at the size of the image, others stay
    at zero."""
    x,image = 4*drawn(4, 3, 3),drawn(3, 9, 12, seed=1)
    x[3] -= 30 # class 2 is nowhere
    scores = softmax(2*x) if blend=='softmax' else x
    h = head(blend=blend, refine='pamr', upsampling='bilinear')
    probs = softmax(2*x)
    maps = np.stack([probs[0], probs[1:3].max(0)])
    right = plain_pamr(image, np.stack([bilinear(m[None], 9, 12)[0] for m in maps]), 10, (1,2,4,8,12,24))
    found = h.refined(torch.tensor(scores[None]).float(), torch.tensor(image[None]).float())[0].numpy()
    assert np.abs(found[:2]-right).max()<1e-4 and (found[2]==0).all() and found.shape==(3,9,12)
    label = h.decide(torch.tensor(scores[None]).float(), torch.tensor(image[None]).float(), (9,12)).numpy()
    assert (label==right.argmax(0)).mean()>.99

def test_refined_and_decided_at_the_size_of_the_image():
    "With `nearest` the refined maps decide where the image has its pixels, and those labels are enlarged."
    x,image = 4*drawn(4, 3, 3),drawn(3, 9, 12, seed=1)
    h = head(refine='pamr', upsampling='nearest')
    args = torch.tensor(x[None]).float(),torch.tensor(image[None]).float()
    label = h.refined(*args)[0].argmax(0).numpy()
    found = h.decide(*args, (20,17)).numpy()
    for i,j in np.ndindex(20, 17): assert found[i,j]==label[int((i+.5)*9/20), int((j+.5)*12/17)], (i,j)

@pytest.mark.parametrize('size,side', [(48,48), (0,64)])
def test_squashed_ground_truth(model, tmp_path, size, side):
    "It has the size of the protocol, or the model's own where that is asked for."
    write_folder(tmp_path/'own', 2, size=80, progress=False)
    task = find_task('masks')
    for target,right in (('square',side), ('own',80)):
        job = task(tmp_path/'own', pick_protocol(task, size=size, target=target), model)
        assert tuple(job.source[0]['target'].shape)==(right,right) and tuple(job.source[0]['x'].shape[1:])==(side,side)

def test_rare_classes_are_refined_too():
    "One patch of 1.5 % is enough; of half a percent it is not."
    for probability,there in ((.015,True), (.005,False)):
        x = np.full((1,2,4,4), probability)
        x[:,0] = 1-probability
        found = head(owner=(0,1), blend='softmax', refine='pamr').refined(torch.tensor(x).float(), torch.zeros(1,3,8,8))
        assert bool(found[0,1].any())==there

@pytest.mark.parametrize('blend,out', [('cosine',-9), ('softmax',0)])
@pytest.mark.parametrize('background', [True,False])
@pytest.mark.parametrize('prior', [1,2,99])
def test_words_that_fit_the_image(prior, background, blend, out):
    """The best words of the whole image stay, and those of a background class; without such a class, class 0 is one
    like the others."""
    whole = np.array([[.1,.9,.2,.3,.8], [.5,.1,.2,.6,.3]])
    h = head(owner=(0,0,1,2,2), background=background, prior=prior, blend=blend)
    h.model,h.vectors = SimpleNamespace(encode_image=lambda *_: torch.tensor(whole)),torch.eye(5)
    scores = torch.ones(2, 5, 2, 3, dtype=torch.float64)
    found = h.keep_likely(scores, torch.zeros(2,3,8,8)).numpy()
    for k in range(2):
        rivals = [i for i in range(5) if not (background and i<2)]
        stay = {*sorted(rivals, key=lambda i: -whole[k,i])[:prior]} | ({0,1} if background else set())
        for i in range(5): assert (found[k,i]==(1 if i in stay else out)).all(), (k,i)

class PatchMeans:
    """In place of a model: a patch's vector is its mean colour and its place in the window, so that it matters what
    a window sees."""
    patch = (4,4)
    seen = 0
    def encode_patches(self, x):
        self.seen = max(self.seen, len(x))
        b,_,h,w = x.shape
        v = x.reshape(b, 3, h//4, 4, w//4, 4).mean((3,5))
        place = torch.arange(h//4)[:,None]*10.+torch.arange(w//4)
        return torch.cat([v, place.expand(b, 1, h//4, w//4)], 1).permute(0,2,3,1)
    def patch_cosines(self, x, vectors): return torch.einsum('bhwd,kd->bkhw', self.encode_patches(x), vectors)

@pytest.mark.parametrize('h,w,window,stride', [(24,24,12,8), (20,32,12,12), (16,24,16,4), (12,40,8,4), (28,8,8,8)])
@pytest.mark.parametrize('soft', [0.,2.])
def test_windows_are_averaged(h, w, window, stride, soft):
    "Every patch is the mean over the windows that see it; the last window ends with the image; four windows at a time."
    images,vectors = torch.tensor(drawn(2, 3, h, w)).float(),torch.tensor(drawn(5, 4, seed=1)).float()/10
    model = PatchMeans()
    found = window_scores(model, images, vectors, window, stride, soft).numpy()
    total,times = np.zeros((2, 5, h//4, w//4)),np.zeros((h//4, w//4))
    def begins(n): return [min(k*stride, max(n-window, 0)) for k in range(-(-max(n-window, 0)//stride)+1)]
    for y in begins(h):
        for x in begins(w):
            part = images[:,:,y:y+window,x:x+window]
            scores = np.einsum('bhwd,kd->bkhw', PatchMeans().encode_patches(part).numpy(), vectors.numpy())
            if soft: scores = np.stack([softmax(soft*o) for o in scores])
            a,b = slice(y//4, y//4+scores.shape[2]),slice(x//4, x//4+scores.shape[3])
            total[:,:,a,b] += scores
            times[a,b] += 1
    assert times.min()>=1 and np.abs(found-total/times).max()<1e-4 and model.seen<=8

@pytest.mark.parametrize('window,stride', [(10,4), (12,6), (12,0), (12,-4)])
def test_windows_of_whole_patches(window, stride):
    with pytest.raises(ValueError, match='multiples of the patch, 4 pixels'):
        window_scores(PatchMeans(), torch.zeros(1,3,24,24), torch.zeros(2,4), window, stride)

# Counts ---------------------------------------------------------------------------------------------------------------

@quick
@given(st.integers(0, 10**6), st.integers(1, 6))
def test_counts_by_hand(seed, n):
    "Shared, predicted and true pixels of each class; what is ignored counts nowhere."
    rng = np.random.default_rng(seed)
    pred,target = rng.integers(0, n, (4,5)),rng.choice([*range(n), 255], (4,5))
    found = areas(torch.tensor(pred), torch.tensor(target), n).numpy()
    pairs = [(p,t) for p,t in zip(pred.flat, target.flat) if t!=255]
    right = [sum(p==t==k for p,t in pairs) for k in range(n)]+[sum(p==k for p,_ in pairs)
        for k in range(n)]+[sum(t==k for _,t in pairs) for k in range(n)]
    assert found.tolist()==right
    each = iou(found)
    for k in range(n):
        union = right[n+k]+right[2*n+k]-right[k]
        assert np.isnan(each[k]) if union==0 else each[k]==pytest.approx(right[k]/union)

@quick
@given(st.integers(0, 10**6), st.integers(1, 6), st.integers(1, 30))
def test_counts_of_a_card(seed, n, most):
    "What a card counts, in pieces of any size, is what a processor counts; another label is no class for either."
    rng = np.random.default_rng(seed)
    pred = torch.tensor(rng.integers(0, n, (4,5)))
    target = torch.tensor(rng.choice([*range(n), 255], (4,5)).astype(np.uint8))
    assert torch.equal(_areas_there(pred.flatten(), target.flatten(), n, 255, most), areas(pred, target, n))
    target[1,1] = n
    with pytest.raises(ValueError, match=f'there are {n} classes'):
        _areas_there(pred.flatten(), target.flatten(), n, 255, most)

@pytest.mark.parametrize('how', [{}, dict(upsampling='bilinear'), dict(threshold=.2, background='name'),
    dict(background='constant', constant=.3, upsampling='bilinear'), dict(target='square', upsampling='bilinear')])
def test_decided_together(how, model):
    "A card decides a batch at once; every label is that of its image alone."
    head = Head(model, names, tuple(range(17)), SegmentProtocol(size=64, templates='name', **how), background=True)
    scores,images = torch.randn(3, 17, 8, 8, generator=torch.Generator().manual_seed(0)),torch.zeros(3, 3, 64, 64)
    alone = [head.decide(s[None], x[None], (50,70)) for s,x in zip(scores, images)]
    assert head.each_alone() and torch.equal(head.decide_all(scores, images, (50,70)), torch.stack(alone))

@pytest.mark.parametrize('label,n', [(3,3), (254,3), (-1,3)])
def test_labels_that_are_no_class(label, n):
    with pytest.raises(ValueError, match='3 classes'):
        areas(torch.zeros(2,2).long(), torch.tensor([[0,1],[2,label]]), n)

def test_last_class_is_one():
    assert areas(torch.tensor([2]), torch.tensor([2]), 3).tolist()==[0,0,1]*3

def test_numbers_of_a_task():
    "mIoU skips what is absent, or counts it zero; weights say how often an image is drawn."
    job = SimpleNamespace(protocol=SegmentProtocol())
    numbers = find_task('masks').numbers
    rows = np.array([[2,0,0, 4,0,0, 2,2,0], [1,3,0, 1,5,0, 3,3,0]], float) # class 2 is nowhere
    got = numbers(job, rows, np.array([[1,1],[0,3]]))
    assert got['miou']==pytest.approx([(3/7+3/7)/2, (1/3+3/5)/2]) and got['pixel_accuracy']==pytest.approx([6/10, 4/6])
    job.protocol = SegmentProtocol(absent='zero')
    assert numbers(job, rows, np.array([[1,1]]))['miou']==pytest.approx([2/7])
    assert np.isnan(numbers(SimpleNamespace(protocol=SegmentProtocol()), np.zeros((1,9)), np.ones((1,1)))['miou'][0])

def test_details_of_a_task():
    job = SimpleNamespace(classes=['a','b','c'])
    found = find_task('masks').details(job, np.array([[2,0,0, 4,0,0, 2,2,0]], float))
    assert found==dict(iou=dict(a=.5, b=0., c=None), share_of_pixels=dict(a=.5, b=.5, c=0.))
    assert find_task('masks').details(job, np.zeros((1,9)))['share_of_pixels']==dict(a=0, b=0, c=0)
    assert find_task('masks').details(job, np.array([[0,0,0, 0,0,1, 0,0,1]], float))['share_of_pixels']==dict(a=0, b=0,
        c=1)

def test_saved_labels(tmp_path):
    "A palette PNG: the indices, and VOC's colours to look at."
    label = torch.arange(256).reshape(16,16)
    save_labels(label, tmp_path/'l.png')
    with Image.open(tmp_path/'l.png') as im:
        assert im.mode=='P' and (np.array(im)==label.numpy()).all()
        colours = np.array(im.convert('RGB')).reshape(256,3)
    for i in (0,1,2,4,7,8,15,20,37,128,255):
        rgb = [0,0,0]
        for b in range(8):
            for c in range(3): rgb[c] |= (i>>(3*b+c)&1)<<(7-b)
        assert colours[i].tolist()==rgb

def test_squashed_labels():
    "Nearest: no label appears that was not there, and each comes from where its centre lies."
    m = np.arange(24, dtype=np.uint8).reshape(4,6)*10
    found = squash(m, 3)
    for i,j in np.ndindex(3, 3): assert found[i,j]==m[int((i+.5)*4/3), int((j+.5)*6/3)]

# Protocols of the field -----------------------------------------------------------------------------------------------

def field(task, name): return find_task(task).protocols[name]

@pytest.mark.parametrize('task,scale,size', [('voc',65,336), ('context60',50,336), ('coco-object',50,336),
    ('voc20',40,336), ('context59',40,336),
    ('ade20k',40,336), ('coco-stuff',40,448), ('cityscapes',40,560)])
def test_sclip_as_published(task, scale, size):
    "SCLIP's scale and size differ from set to set; its lists of names are those that it publishes."
    p = field(task, 'sclip')
    assert (p.scale, p.size, p.templates, p.window, p.stride)==(scale, size, 'openai-80', 224, 112)
    assert p.names==('name' if task.startswith('context') else 'sclip')
    assert p.threshold==(.1 if task in ('voc','context60','coco-object') else 0)
    assert 'not as published' in p.about and 'NACLIP differs' in p.about

@pytest.mark.parametrize('task', ['voc','voc20','context60','context59','ade20k','coco-object','coco-stuff',
    'cityscapes'])
def test_tcl_as_published(task):
    "TCL takes the names as the data set writes them, and nine sentences."
    p = field(task, 'tcl')
    assert (p.names, p.templates, p.size, p.window, p.stride)==('name', 'tcl-9', 448, 448, 224)
    assert 'not as published' in p.about and 'Talk2DINO' not in p.about
    assert sorted(template_sets['tcl-9'])==sorted(['itap of a {}.', 'a bad photo of a {}.', 'a origami {}.',
        'a photo of the large {}.',
        'a {} in a video game.', 'art of the {}.', 'a photo of the small {}.', 'a photo of many {}.',
        'a photo of {}s.'])

@pytest.mark.parametrize('task', ['voc20','context59','ade20k','coco-stuff','cityscapes'])
def test_dinotxt_as_published(task):
    "dino.txt has no logit scale in its softmax."
    p = field(task, 'dino.txt')
    assert (p.scale, p.names, p.templates, p.blend, p.size, p.window, p.stride)==(1, 'name', 'openai-80', 'softmax',
        512, 384, 192)

def test_scale_of_the_softmax(model):
    "With scale 1 the probabilities that are averaged are softmaxes of the cosines themselves."
    job = find_task('scenes')('', pick_protocol(find_task('scenes'), blend='softmax', scale=1, number=1), model)
    job.prepare()
    x = job.source[0]['x'][None]
    with torch.inference_mode():
        cosines = torch.einsum('bhwd,kd->bkhw', model.encode_patches(x), job.head.vectors)
        seen = {}
        job.head.decide = lambda s,im,size: seen.setdefault('probabilities', s)
        job.head(x, [(64,64)])
    right = np.exp(cosines.numpy())/np.exp(cosines.numpy()).sum(1, keepdims=True)
    assert job.head.scale==1 and np.abs(seen['probabilities'].numpy()-right).max()<1e-6

@pytest.mark.parametrize('wrong,says', [(dict(threshold=50), 'threshold is a probability'),
    (dict(threshold=-.1), '0 or more'), (dict(scale=-1), '0 or more'),
    (dict(scale='nan'), 'is not a float'), (dict(scale='inf'), 'is not a float'), (dict(prior=-1), '0 or more'),
    (dict(window=-64, stride=8), '0 or more'),
    (dict(window=64, stride=-8), '0 or more'), (dict(window=8, stride=16), 'leaves gaps'),
    (dict(vocabulary='prot'), "no vocabulary 'prot'"), (dict(names='sclip'), "does not use 'names'")])
def test_values_that_cannot_be(wrong, says):
    with pytest.raises(ValueError, match=says): pick_protocol(find_task('scenes-things'), **wrong)

# Names files ----------------------------------------------------------------------------------------------------------

two = ('background',),('boat','ship')

@pytest.mark.parametrize('text,words', [('sky, wall\nboat|ship\n', (('sky','wall'),('boat','ship'))),
    ('\n a,,b \n\n{c}\n', (('a','b'),('{c}',)))])
def test_byte_order_mark_is_no_word(tmp_path, text, words):
    for mark in (b'', b'\xef\xbb\xbf'):
        (tmp_path/'n.TXT').write_bytes(mark+text.encode())
        assert words_of_file(str(tmp_path/'n.TXT'), two)==words

@pytest.mark.parametrize('data,says', [(b'sky\n,\n', "the line ',' holds no word"),
    ('sky\nboat'.encode('utf-16'), 'not text in UTF-8'), (b'a\nb\nc\n', 'names 3 classes')])
def test_names_files_that_are_none(tmp_path, data, says):
    (tmp_path/'n.txt').write_bytes(data)
    with pytest.raises(ValueError, match=says): words_of_file(str(tmp_path/'n.txt'), two)

@quick
@given(st.binary(max_size=60) | st.text(max_size=40).map(lambda t: t.encode('utf-8', 'surrogatepass')))
def test_any_names_file(tmp_path, data):
    "Whatever the file holds: as many classes as the data set has, each with words, or a sentence."
    (tmp_path/'n.txt').write_bytes(data)
    try: found = words_of_file(str(tmp_path/'n.txt'), two)
    except ValueError as e: assert 'n.txt' in str(e)
    else:
        assert len(found)==2 and all(w and w==w.strip() and '\ufeff' not in w for ws in found
            for w in ws) and all(found)

@pytest.fixture
def own(tmp_path):
    "Four scenes as a folder of one's own."
    write_folder(tmp_path/'own', 4, size=64, progress=False)
    return tmp_path/'own'

def run(*args): return cli(['eval', 'scenes', '--workers','0', '--task','masks', *map(str, args)])

def test_mistyped_list(own, capsys):
    "A list that is not there ends the command with a hint, and no number is printed."
    for wrong,hint in (('nmae','Did you mean name'), ('sclpi','has no list'), ('port','has no list'),
        ('names.csv','has no list'), ('lost.txt','no file of names')):
        assert run('--data', own, '--set', f'names={wrong}')==1
        said = capsys.readouterr()
        assert hint in said.err and 'miou' not in said.out and 'Traceback' not in said.err

def test_names_file_on_the_command_line(own, tmp_path, capsys):
    "The same number with and without a byte-order mark, from a path with a comma, = and braces."
    words = (own/'names.txt').read_bytes()
    shown = []
    for mark in (b'', b'\xef\xbb\xbf'):
        path = tmp_path/f'a, b={{c}}:{len(mark)}.txt'
        path.write_bytes(mark+words)
        assert run('--data', own, '--set', f'names={path}', '--set', 'size=64')==0
        shown.append(next(l for l in capsys.readouterr().out.splitlines() if '| mIoU' in l).split('|')[2])
    assert shown[0]==shown[1]

# What is odd is said --------------------------------------------------------------------------------------------------

def binary(folder, *values):
    "Masks of which the left half has the first value, the right one the second."
    for p in sorted((folder/'masks').iterdir()):
        m = np.full((64,64), values[0], np.uint8)
        m[:,32:] = values[1]
        Image.fromarray(m).save(p)
    (folder/'names.txt').write_text('background\nthing\n')
    return folder

def test_black_and_white_masks(own, capsys):
    "Masks of 0 and 255: the terminal says that half of the pixels is ignored, and how to say that it is a class."
    binary(own, 0, 255)
    assert run('--data', own, '--set', 'size=64')==0
    said = capsys.readouterr().out
    assert 'masks: names.txt names 2 classes, 1 of them are in no mask: thing' in said
    assert 'masks: 50 % of all pixels are 255, which is ignored' in said and 'names.csv' in said
    (own/'names.txt').unlink()
    (own/'names.csv').write_text('id,name\n0,background\n255,thing\n')
    assert run('--data', own, '--set', 'size=64')==0
    assert '255' not in capsys.readouterr().out.replace('255, ','')

def test_nothing_counts(own, capsys):
    "Masks that are ignored as a whole are counted aloud."
    binary(own, 255, 255)
    assert run('--data', own, '--set', 'size=64')==0
    assert 'in 4 of 4 images no pixel counts' in capsys.readouterr().out

def test_usual_masks_are_not_odd(own, capsys):
    binary(own, 0, 1)
    assert run('--data', own, '--set', 'size=64')==0
    assert capsys.readouterr().out.splitlines()[-1].startswith('| ')

def test_notes_of_a_finished_result(own, tmp_path, capsys):
    "The same command again says the same."
    binary(own, 0, 255)
    said = []
    for _ in range(2):
        assert run('--data', own, '--set', 'size=64', '--out', tmp_path/'r.json')==0
        said.append([l for l in capsys.readouterr().out.splitlines() if l.startswith('masks:')])
    assert said[0]==said[1] and len(said[0])==2

# The head, in plain numpy ---------------------------------------------------------------------------------------------

def plain_cosines(model, image, size, words, templates):
    """`[K,h,w]` of the patches and `[K]` of the whole image: a square image of whole patches, resized and
    normalised by hand."""
    x = np.asarray(image.resize((size,size), Image.Resampling.BICUBIC), np.float32)/255
    x = torch.tensor((x-np.array(model.config.mean))/np.array(model.config.std)).permute(2,0,1)[None].float()
    with torch.no_grad():
        tokens = model.proj(model.image.forward_features(x))[0,1:].double().numpy()
        vectors = np.stack([np.mean([model.encode_text([t.format(w)])[0].double().numpy() for t in templates], 0)
            for w in words])
    unit = lambda v: v/np.linalg.norm(v, axis=-1, keepdims=True)
    patches,whole,vectors = unit(tokens),unit(tokens.max(0)),unit(vectors)
    n = size//model.patch[0]
    return (vectors@patches.T).reshape(len(words), n, n),vectors@whole

def along(n, m): # what each of m pixels takes from n patches, linear between their centres
    at = np.clip((np.arange(m)+.5)*n/m-.5, 0, n-1)
    low = np.minimum(at.astype(int), n-2)
    w = np.zeros((m,n))
    w[np.arange(m),low] = 1-(at-low)
    w[np.arange(m),low+1] = at-low
    return w

def enlarged(scores, size): # [K,h,w] -> [K,H,W]
    return np.einsum('yh,xw,khw->kyx', along(scores.shape[1], size[0]), along(scores.shape[2], size[1]), scores)

def nearest(labels, size): # the label of the patch that holds the centre of the pixel
    return labels[np.ix_(*(((np.arange(m)+.5)*n/m).astype(int) for n,m in zip(labels.shape, size)))]

def kept(whole, owner, prior, background):
    """The words that the prior lets win: of a data set with background, all of class 0 and as many others; else the
    best alone."""
    free = [k for k in range(len(owner)) if background and owner[k]==0]
    rest = [k for k in np.argsort(-whole, kind='stable') if k not in free][:prior]
    return sorted(free+rest)

class_sets = {'named':(names, tuple(range(17)), False), 'background':((*things,*backgrounds), (*range(1, 11), *[0]*7),
    True)}

@pytest.mark.parametrize('prior', [1, 3, 16, 99])
@pytest.mark.parametrize('kind', class_sets)
def test_prior_by_hand(model, kind, prior):
    "Only the words that fit the image best may win; class 0 is spared where it is background, and nowhere else."
    words,owner,background = class_sets[kind]
    head = Head(model, words, owner, SegmentProtocol(size=64, templates='name', prior=prior, upsampling='bilinear'),
        background)
    differ = 0
    for i in range(6):
        image = Image.fromarray(Scenes(8, seed=21, size=64)[i].image)
        cosines,whole = plain_cosines(model, image, 64, words, ['{}'])
        some = kept(whole, owner, prior, background)
        x = image_transform(SegmentProtocol(size=64), model)(image)[None]
        with torch.no_grad(): likely = head.keep_likely(torch.zeros(1,len(words),2,2), x)[0,:,0,0]
        assert torch.where(likely==0)[0].tolist()==some
        want = np.array(owner)[some][enlarged(cosines[some], (50,70)).argmax(0)]
        with torch.no_grad(): got = head(x, [(50,70)])[0].numpy()
        assert (got==want).mean()>.999 and set(got.flat)<={owner[k] for k in some}
        differ += 0 not in set(got.flat)
    if kind=='named' and prior==1: assert differ # an image in which class 0 is not the best word has none of it

@pytest.mark.parametrize('blend', ['cosine','softmax'])
def test_prior_of_a_batch(model, blend):
    "Each image of a batch has its own words, whatever the scores are."
    head = Head(model, names, tuple(range(17)), SegmentProtocol(size=64, templates='name', prior=2, blend=blend,
        upsampling='bilinear'))
    transform = image_transform(SegmentProtocol(size=64), model)
    x = torch.stack([transform(s.image) for s in Scenes(5, seed=4, size=64)])
    with torch.no_grad():
        together = head(x, [(64,64)]*5)
        for k in range(5):
            assert torch.equal(together[k], head(x[k:k+1], [(64,64)])[0]) and len(together[k].unique())<=2

@pytest.mark.parametrize('size', [(64,64), (50,70), (21,100), (5,3)])
def test_decided_at_the_patches(model, size):
    "`upsampling=nearest`: a pixel has the label of the patch that holds its centre."
    head = Head(model, names, tuple(range(17)), SegmentProtocol(size=64, templates='name', upsampling='nearest'))
    image = Image.fromarray(Scenes(3, seed=21, size=64)[2].image)
    cosines,_ = plain_cosines(model, image, 64, names, ['{}'])
    with torch.no_grad(): got = head(image_transform(SegmentProtocol(size=64), model)(image)[None], [size])[0].numpy()
    assert (got==nearest(cosines.argmax(0), size)).all()

@pytest.mark.parametrize('scale', [0, 1, 40])
@pytest.mark.parametrize('threshold', [.3, .6, .95])
def test_threshold_by_hand(model, scale, threshold):
    """A winner of smaller probability is background: a softmax of enlarged cosines times e to the logit scale, or
    times the protocol's own."""
    words,owner,background = class_sets['background']
    protocol = SegmentProtocol(size=64, templates='scenes', threshold=threshold, scale=float(scale),
        upsampling='bilinear')
    head = Head(model, words, owner, protocol, background)
    image = Image.fromarray(Scenes(2, seed=21, size=64)[1].image)
    x = image_transform(protocol, model)(image)[None]
    article = lambda w: 'an' if w[0] in 'aeiou' else 'a'
    cosines = np.concatenate([plain_cosines(model, image, 64, [w],
        ['{}', article(w)+' {}', f'a picture of {article(w)} {{}}'])[0] for w in words])
    z = (scale or np.exp(model.logit_scale.item()))*enlarged(cosines, (48,40))
    p = np.exp(z-z.max(0))/np.exp(z-z.max(0)).sum(0)
    want = np.where(p.max(0)<threshold, 0, np.array(owner)[p.argmax(0)])
    sure = np.abs(p.max(0)-threshold)>1e-5 # the rest is rounding
    with torch.no_grad(): got = head(x, [(48,40)])[0].numpy()
    assert (got==want)[sure].mean()>.999 and sure.mean()>.9

def test_areas_by_hand():
    """Shared, predicted and true pixels, in this order; pixels that do not count are in none; intersection over
    union of each class."""
    rng = np.random.default_rng(0)
    said,true = rng.integers(0, 5, (2,9,11)),rng.choice([0,1,2,255], (2,9,11))
    keep = true!=255
    plain = [[((said==k)&(true==k)).sum() for k in range(6)], [((said==k)&keep).sum() for k in range(6)],
        [(true==k).sum() for k in range(6)]]
    got = areas(torch.tensor(said), torch.tensor(true), 6)
    assert got.tolist()==np.concatenate(plain).tolist()
    union = [(((said==k)|(true==k))&keep).sum() for k in range(6)]
    assert iou(got)[:5]==pytest.approx(np.array(plain[0][:5])/union[:5]) and np.isnan(iou(got)[5])
