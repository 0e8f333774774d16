"""Protocols of the field: with the same patches and words, the labels of each are those of the published loop, at every
pixel. The loops are in `published_loops`, written from their operations alone."""
import hashlib, json
from dataclasses import asdict, fields, replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

import published_loops as loops
from clippy.eval import all_tasks, evaluate, find_task
from clippy.model import alone, create_model
from clippy.protocol import Protocol, change, image_transform, new_sides, protocol_hash, resized
from clippy.segment import Head, SegmentProtocol
from clippy.words import class_vectors, template_sets, templates_of

all_tasks()

# A narrow tower, words, images ----------------------------------------------------------------------------------------

@pytest.fixture(scope='module')
def towers():
    "Random towers of one block with patches of 14 and of 16; their weights are enlarged, so that patches differ."
    found = {}
    for p in 14,16:
        image = dict(img_size=8*p, patch_size=p, embed_dim=32, depth=1, num_heads=2)
        m = create_model('clippy-scenes', image_args=image, text_args=dict(width=32, depth=1), image_size=8*p, seed=p)
        g = torch.Generator().manual_seed(p)
        with torch.no_grad():
            for k,v in m.image.named_parameters():
                if v.ndim>1: v.copy_(torch.randn(v.shape, generator=g)*(.5 if 'pos' in k else v[0].numel()**-.5))
        found[p] = m.eval()
    return found

def tower(model):
    "Patches of the tower of timm, without a line of ours."
    def patches(x):
        p,tokens = model.image.patch_embed.patch_size[0],model.image.forward_features(x)[0,1:]
        return tokens.T.reshape(-1, x.shape[-2]//p, x.shape[-1]//p)
    return patches

def value_tower(model):
    "The last block's values alone: norm, value, its projection, what was there, perceptron, final norm."
    def patches(x):
        m,p = model.image,model.image.patch_embed.patch_size[0]
        t,b = m._pos_embed(m.patch_embed(x)),m.blocks[0]
        value = F.linear(b.norm1(t), b.attn.qkv.weight[-32:], b.attn.qkv.bias[-32:])
        t = t+F.linear(value, b.attn.proj.weight, b.attn.proj.bias)
        t = m.norm(t+b.mlp(b.norm2(t)))
        return t[0,1:].T.reshape(-1, x.shape[-2]//p, x.shape[-1]//p)
    return patches

def photograph(h, w, seed=0): # large areas with edges, and noise
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (5,6,3), np.uint8)).resize((w,h), Image.Resampling.NEAREST)
    return Image.fromarray((np.asarray(coarse)*.8+rng.integers(0, 50, (h,w,3))).astype(np.uint8))

owners = 0,0,1,1,2,3,3,3,4,5 # six classes, several words for some

def words(owner, seed=0):
    return F.normalize(torch.randn(len(owner), 32, generator=torch.Generator().manual_seed(seed)), dim=-1)

def labels(monkeypatch, model, protocol, image, vectors, owner, background, size=None):
    "What the product answers."
    monkeypatch.setattr('clippy.segment.cached_vectors', lambda *args: vectors)
    head = Head(model, [f'word {i}' for i in range(len(owner))], owner, protocol, background)
    size = size or image.size[::-1]
    with torch.inference_mode(): return head(image_transform(protocol, model)(image)[None], [size])[0]

def compare(monkeypatch, model, protocol, loop, image, background=True, silent=False, size=None, tower=tower, seed=0):
    "Pixels whose label is another one: none. The answer has several classes."
    owner = tuple(o for o in owners if o or not (silent and background)) # a silent background has no words
    vectors = words(owner, seed)
    ours = labels(monkeypatch, model, protocol, image, vectors, owner, background, size)
    with torch.inference_mode():
        theirs = loop(tower(model), image, size or image.size[::-1], vectors, owner, model.patch[0],
            model.config.mean, model.config.std)
    assert ours.shape==theirs.shape and len(theirs.unique())>2, theirs.unique()
    assert int((ours!=theirs).sum())==0, f'{int((ours!=theirs).sum())} of {theirs.numel()} pixels differ'
    return theirs

def of(task, name): return find_task(task).protocols[name]

shapes = [(14,(75,101)), (16,(101,76)), (16,(61,61))] # patch; odd sides, landscape, portrait, square

# Each loop ------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('patch,shape', [*shapes, (14,(40,203))])
def test_dino_txt(monkeypatch, towers, patch, shape):
    "Windows stretched to whole patches, a softmax with scale 1 at their pixels."
    compare(monkeypatch, towers[patch], of('ade20k', 'dino.txt'), loops.dino_txt, photograph(*shape), background=False)

@pytest.mark.parametrize('patch,shape', [*shapes, (14,(97,71))])
def test_tips(monkeypatch, towers, patch, shape):
    "The same with the value path of the last block."
    compare(monkeypatch, towers[patch], of('ade20k', 'tips'), loops.tips, photograph(*shape), background=False,
        tower=value_tower)

@pytest.mark.parametrize('patch,shape', [*shapes, (14,(31,163)), (16,(240,36))])
@pytest.mark.parametrize('task', ['voc','ade20k'])
def test_tcl(monkeypatch, towers, patch, shape, task):
    "Windows padded with zeros, a sigmoid, PAMR at the size of the scores, a constant score for background."
    named = task=='voc'
    def loop(*args): return loops.tcl(*args, background=.4, named_background=named, refine=loops.pamr)
    compare(monkeypatch, towers[patch], of(task, 'tcl'), loop, photograph(*shape), named, silent=True)

def test_tcl_without_edges(monkeypatch, towers):
    "Without PAMR the background scores .5; the command's text says so as well as Python."
    p = change(of('voc', 'tcl'), refine='', refine_at='image', constant='0.5')
    found = compare(monkeypatch, towers[14], p, loops.tcl, photograph(88, 131), silent=True)
    assert (found==0).any()

@pytest.mark.parametrize('patch,shape', [*shapes, (16,(31,163)), (14,(240,36))])
@pytest.mark.parametrize('task', ['voc','ade20k'])
def test_talk2dino(monkeypatch, towers, patch, shape, task):
    "Windows squashed to a square, joined with corners aligned, sigmoid of the cosine, a constant for background."
    named = task=='voc'
    def loop(*args): return loops.talk2dino(*args, named_background=named)
    found = compare(monkeypatch, towers[patch], of(task, 'talk2dino'), loop, photograph(*shape), named, silent=True)
    assert (found==0).any()

def test_talk2dino_with_edges(monkeypatch, towers):
    "Its optional PAMR moves the edges of each window at the window's pixels."
    p = change(of('voc', 'talk2dino'), size=224, window=224, stride=112, refine='pamr', refine_at='window')
    compare(monkeypatch, towers[16], p, small_talk, photograph(45, 61), silent=True)

def small_talk(tower, image, size, words, owner, p, mean, std):
    "Talk2DINO's loop with windows of 224 and PAMR."
    x = loops.prepared_mm(image, 224, mean, std)
    h,w = x.shape[-2:]
    total,times = torch.zeros(1, 6, h, w),torch.zeros(h, w)
    for y0,y1,x0,x1 in loops.windows(h, w, 224, 112):
        crop = x[:,:,y0:y1,x0:x1]
        found = loops.cosines(tower, loops.bilinear(crop, (224,224)), words).sigmoid()
        scores = torch.full((1, 6, *found.shape[2:]), -9.)
        for c in set(owner): scores[:,c] = found[:,[i for i,o in enumerate(owner) if o==c]].amax(1)
        total[:,:,y0:y1,x0:x1] += loops.pamr(crop, loops.bilinear(scores, crop.shape[-2:], corners=True))
        times[y0:y1,x0:x1] += 1
    maps = loops.bilinear(total/times, size)
    maps[:,0] = .55
    return maps.argmax(1)[0]

sclips = [('voc',dict(scale=65., area=.1)), ('context60',dict(scale=50.)), ('ade20k',dict(threshold=0.)),
    ('coco-stuff',dict(threshold=0., short=448)), ('cityscapes',dict(threshold=0., short=560))]

@pytest.mark.parametrize('patch', [14,16])
@pytest.mark.parametrize('task,how', sclips, ids=[t for t,_ in sclips])
def test_sclip(monkeypatch, towers, patch, task, how):
    "The rest of a window is dropped, words compete to the end, scale, size and thresholds as the data set wants them."
    def loop(*args): return loops.sclip(*args, **how)
    image = photograph(73, 58) if patch==14 else photograph(67, 90)
    compare(monkeypatch, towers[patch], of(task, 'sclip'), loop, image, task in ('voc','context60'))

@pytest.mark.parametrize('patch,shape', [(14,(20,200)), (16,(203,26))])
def test_sclip_smaller_than_a_window(monkeypatch, towers, patch, shape):
    "A long strip is at most 2048 pixels long, and then less high than a window."
    compare(monkeypatch, towers[patch], of('context60', 'sclip'), lambda *args: loops.sclip(*args, scale=50.),
        photograph(*shape))

def test_sclip_with_thresholds_that_bite(monkeypatch, towers):
    "Higher ones: unsure pixels and rare classes become background or the next best, and the order of the two counts."
    p,image = change(of('voc', 'sclip'), threshold=.5, area=.2),photograph(80, 77, 3)
    def loop(*args): return loops.sclip(*args, scale=65., threshold=.5, area=.2)
    found = compare(monkeypatch, towers[16], p, loop, image)
    plain = labels(monkeypatch, towers[16], change(p, area=0), image, words(owners), owners, True)
    sure = labels(monkeypatch, towers[16], change(p, threshold=0), image, words(owners), owners, True)
    assert (found!=plain).float().mean()>.02 and (found!=sure).float().mean()>.02

def refine(image, maps): return loops.pamr(image, maps, dilations=(8,16))

@pytest.mark.parametrize('patch,shape', [*shapes, (14,(20,200))])
@pytest.mark.parametrize('task', ['voc','voc20'])
def test_naclip(monkeypatch, towers, patch, shape, task):
    "VOC whole, its cosines enlarged to the ground truth and moved to the edges there."
    how = dict(threshold=.1 if task=='voc' else 0.)
    def loop(*args): return loops.naclip(*args, refine, **how)
    compare(monkeypatch, towers[patch], of(task, 'naclip'), loop, photograph(*shape), task=='voc')

def test_naclip_in_windows(monkeypatch, towers):
    "Other sets in SCLIP's windows: the joined cosines are moved."
    def loop(tower, image, size, words, owner, p, mean, std):
        x = loops.prepared_mm(image, 336, mean, std)
        h,w = x.shape[-2:]
        total,times = torch.zeros(1, len(words), h, w),torch.zeros(h, w)
        for y0,y1,x0,x1 in loops.windows(h, w, 224, 112):
            total[:,:,y0:y1,x0:x1] += loops.bilinear(loops.cosines(tower, x[:,:,y0:y1,x0:x1], words), (y1-y0,x1-x0))
            times[y0:y1,x0:x1] += 1
        maps = refine(loops.bilinear(x, size), loops.bilinear(total/times, size))
        return loops.best_of_class((40*maps).softmax(1), owner).argmax(1)[0]
    compare(monkeypatch, towers[16], of('ade20k', 'naclip'), loop, photograph(70, 83), background=False)

@pytest.mark.parametrize('patch,shape', shapes)
def test_clippy(monkeypatch, towers, patch, shape):
    "Ours: squashed to 448 px, the nearest word at each patch, and a pixel has the label of its patch."
    def loop(tower, image, size, words, owner, p, mean, std):
        x = loops.pixels(image.resize((448,448), Image.Resampling.BICUBIC), mean, std)
        label = torch.tensor(owner)[loops.cosines(tower, x, words).argmax(1)[0]]
        rows,columns = (((torch.arange(s)+.5)*(448//p)/s).long() for s in size)
        return label[rows][:,columns]
    compare(monkeypatch, towers[patch], of('voc', 'clippy'), loop, photograph(*shape))

@pytest.mark.parametrize('patch,shape', shapes)
def test_port(monkeypatch, towers, patch, shape):
    "The port: 224 px in the middle of the image, and the answer is as large."
    def loop(tower, image, size, words, owner, p, mean, std):
        w,h = image.size
        image = loops.short_side_pil(image, 224)
        left,top = (round((s-224)/2) for s in image.size)
        x = loops.pixels(image.crop((left, top, left+224, top+224)), mean, std)
        maps = loops.bilinear(loops.cosines(tower, x, words), size)
        return torch.tensor(owner)[maps.argmax(1)[0]]
    compare(monkeypatch, towers[patch], of('voc', 'port'), loop, photograph(*shape), size=(224,224))

def test_every_protocol_is_held_against_a_loop():
    "Protocols of data sets with masks have the names that are tested above, and no others."
    known = {'clippy','port','dino.txt','tips','tcl','talk2dino','sclip','naclip'}
    kinds = [t for t in all_tasks().values() if isinstance(next(iter(t.protocols.values())), SegmentProtocol)]
    assert {p for t in kinds if not t.name.startswith('scenes') for p in t.protocols}==known

# Fields ---------------------------------------------------------------------------------------------------------------

before = 'size resize templates names split window stride blend positions background vocabulary threshold scale prior '\
    'upsampling refine target absent'.split() # the fields when hashes began, pool_prefix apart

@pytest.mark.parametrize('task,name', [('voc','clippy'), ('ade20k','clippy'), ('scenes','clippy'), ('voc','port')])
def test_hashes_of_our_own_protocols_stay(task, name):
    "Fields that came later count only where they say something."
    p = of(task, name)
    kept = {k:v for k,v in asdict(p).items() if k in before or k in ('draw','seed','number')}
    kept['fit'] = kept.pop('resize')
    if p.pool_prefix: kept['pool_prefix'] = p.pool_prefix
    text = json.dumps(kept, sort_keys=True, ensure_ascii=False)
    assert protocol_hash(p)==hashlib.sha256(text.encode()).hexdigest()[:16]

def test_each_field_counts():
    "Another value of any field is another hash."
    other = dict(size=64, resize='short', templates='photo', names='x', split='x', pool_prefix='yes', window=8,
        stride=8, blend='softmax', positions='bilinear', background='none', vocabulary='port', threshold=.5,
        scale=2., prior=1, upsampling='bilinear', refine='pamr', target='square', absent='zero',
        rounding='nearest', kernel='bilinear', longest=9, odd='stretch', join='pixels', values='yes', bias=1.,
        mean='raw', compete='classes', constant=.5, area=.1, refine_on='cosines', refine_at='target',
        dilations='8,16')
    assert {*other}=={f.name for f in fields(SegmentProtocol)}-{'name','about'}
    usual = SegmentProtocol()
    def hashed(k, v):
        p = replace(usual)
        object.__setattr__(p, k, v) # some values stand only with others
        return protocol_hash(p)
    assert len({protocol_hash(usual), *(hashed(k, v) for k,v in other.items())})==len(other)+1

@pytest.mark.parametrize('wrong,says', [(dict(rounding='up'), 'rounding is'), (dict(kernel='lanczos'), 'kernel is'),
    (dict(odd='cut'), 'odd is'), (dict(join='corner'), 'join is'), (dict(values='maybe'), 'values is'),
    (dict(mean='mean'), 'mean is'), (dict(compete='all'), 'compete is'), (dict(refine_on='x'), 'refine_on is'),
    (dict(refine_at='x'), 'refine_at is'), (dict(longest=-1), '0 or more'), (dict(area=-.1), '0 or more'),
    (dict(area=2), 'a share'), (dict(dilations='8 16'), 'commas'), (dict(dilations='0'), 'commas'),
    (dict(dilations=''), 'commas'), (dict(resize='crop', kernel='bilinear'), 'short or square'),
    (dict(longest=9), 'resize=short'), (dict(rounding='down'), 'set odd'),
    (dict(odd='squash', join='pixels'), 'window'), (dict(odd='pad'), 'needs join'),
    (dict(odd='drop', window=8, stride=8), 'set join'), (dict(bias=1), 'sigmoid'),
    (dict(constant=.4), 'background=constant'), (dict(compete='classes', prior=2), 'compete=words'),
    (dict(refine='pamr', refine_at='window'), 'needs join'),
    (dict(refine='pamr', refine_at='scores', join='pixels', odd='drop', refine_on='cosines'), 'what it averages'),
    (dict(refine='pamr', refine_on='cosines', blend='softmax'), 'is for blend=cosine')])
def test_fields_that_say_nothing_together(wrong, says):
    "A wish that would be passed over is refused in a sentence."
    with pytest.raises(ValueError, match=says): change(SegmentProtocol(), **wrong)

def test_image_of_less_than_a_patch(monkeypatch, towers):
    "What is dropped may be all there is."
    with pytest.raises(ValueError, match='less than a patch of 16: nothing is left'):
        labels(monkeypatch, towers[16], of('ade20k', 'sclip'), photograph(3, 900), words(owners), owners, False)

@pytest.mark.parametrize('h,w,how,sides', [(333, 500, dict(rounding='down'), (448,672)),
    (500, 333, dict(rounding='nearest'), (673,448)), (500, 333, dict(rounding='patches', patch=14), (672,448)),
    (20, 900, dict(rounding='nearest', longest=2048), (46,2048)), (20, 900, dict(rounding='nearest'), (448,20160)),
    (900, 20, dict(rounding='down', longest=2048), (2048,45)),
    (1, 5000, dict(rounding='nearest', longest=2048), (1,2048)),
    (20, 900, dict(rounding='patches', longest=2048, patch=16), (48,2048)),
    (448, 448, dict(rounding='down'), (448,448)),
    (333, 500, dict(rounding='down', resize='square'), (448,448)),
    (333, 500, dict(rounding='patches', resize='square', patch=15), (450,450))])
def test_new_sides(h, w, how, sides):
    "Whole patches; the long side cut; both sides to the nearest pixel; and never longer than is said."
    assert new_sides(h, w, 448, **how)==sides

@pytest.mark.parametrize('shape,sides', [((7,9),(20,31)), ((40,33),(12,9)), ((5,5),(5,5))])
def test_opencv_bilinear(shape, sides):
    "Four pixels around each centre, the border repeated, rounded to 8 bits."
    image = np.random.default_rng(0).integers(0, 256, (*shape,3), np.uint8)
    found = resized(Image.fromarray(image), sides, 'bilinear')
    def at(i, n, m):
        c = min(max((i+.5)*m/n-.5, 0), m-1)
        return int(c),min(int(c)+1, m-1),c-int(c)
    for i,j in np.ndindex(*sides):
        (y0,y1,fy),(x0,x1,fx) = at(i, sides[0], shape[0]),at(j, sides[1], shape[1])
        top,bottom = (image[y,x0]*(1-fx)+image[y,x1]*fx for y in (y0,y1))
        assert np.abs(found[:,i,j].numpy()-(top*(1-fy)+bottom*fy)).max()<.5001

# Words and patches ----------------------------------------------------------------------------------------------------

def test_mean_of_raw_vectors():
    "Raw: the mean of what the text tower gives, then the projection, then length 1; unit: each at length 1 first."
    weight = torch.randn(5, 4, generator=torch.Generator().manual_seed(0))
    raw = {'a boat':[9.,0,0,1], 'the boat':[0.,1,0,0], 'a tree':[0.,0,2,1], 'the tree':[1.,1,1,1]}
    class Tower: # as Talk2DINO's: what is read is projected
        device = torch.device('cpu')
        def tokenize(self, texts): return texts
        def read(self, texts): return torch.tensor([raw[t] for t in texts])
        def project(self, x): return torch.tanh(x@weight.T)
        def encode_text(self, texts): return F.normalize(self.project(self.read(texts)), dim=-1)
    found = {m:class_vectors(Tower(), ['boat','tree'], ['a {}','the {}'], 3, m) for m in ('unit','raw')}
    for k,name in enumerate(('boat','tree')):
        x = np.array([raw[f'a {name}'], raw[f'the {name}']])
        right = np.tanh(x.mean(0)@weight.numpy().T)
        one = np.tanh(x@weight.numpy().T)
        unit = (one/np.linalg.norm(one, axis=1, keepdims=True)).mean(0)
        for m,v in ('raw',right),('unit',unit): assert np.abs(found[m][k].numpy()-v/np.linalg.norm(v)).max()<1e-6
    with pytest.raises(ValueError, match='unit or raw'): class_vectors(Tower(), ['boat'], mean='all')

def test_sentences_of_tcl():
    "Seven, and nine with the two for many: neither are OpenAI's seven."
    assert templates_of('tcl-9')[:7]==templates_of('tcl-7') and len(templates_of('tcl-9'))==9
    assert 'a bad photo of a {}.' in template_sets['tcl-7'] and 'a bad photo of the {}.' in template_sets['openai-7']

@pytest.mark.parametrize('patch', [14,16])
def test_value_path(towers, patch):
    "Equal to the block's layers by hand, for the projected patches, and back to normal afterwards."
    model,x = towers[patch],torch.randn(1, 3, 3*patch, 5*patch, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        usual = model.encode_patches(x)
        found = model.encode_patches(x, normalize=False, values=True)
        assert (found[0].permute(2, 0, 1)-value_tower(model)(x)).abs().max()<1e-5
        assert torch.equal(model.encode_patches(x), usual) and (usual-F.normalize(found, dim=-1)).abs().max()>.01

def test_tokens_alone_in_parts():
    "However many sequences a kernel takes."
    block,x = torch.nn.Linear(4, 4),torch.randn(3, 7, 4)
    assert torch.allclose(alone(block, x, 5), block(x), atol=1e-6)

# What is shown --------------------------------------------------------------------------------------------------------

def test_a_protocol_is_a_table():
    "By group, only what is said."
    rows = [[c.strip() for c in line.strip('|').split('|')] for line in of('voc', 'tcl')._repr_markdown_().splitlines()]
    assert rows[0]==['','','tcl'] and ['windows','window','448'] in rows and ['','odd','pad'] in rows
    assert [r[0] for r in rows[2:] if r[0]]==['resize','windows','score','words','background','refine','truth']
    assert not [r for r in rows[2:] if not r[2]]
    assert 'dilations' not in of('voc', 'clippy')._repr_markdown_() # it says nothing there
    assert 'protocol' not in Protocol()._repr_markdown_()

def test_settings_of_a_protocol_on_the_command_line(voc, boxed_model):
    "Text is enough for every field, and the result keeps them."
    r = evaluate(boxed_model, 'voc', voc, 'talk2dino', limit=2, bootstrap_samples=0, size='64', window='64',
        stride='32', refine='pamr', refine_at='window', dilations='1,2', templates='photo', constant='0.6')
    assert r.protocol['dilations']=='1,2' and r.protocol['constant']==.6 and 0<=r.numbers['miou']<=1
