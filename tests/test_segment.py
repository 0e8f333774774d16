"`clippy.segment`: the head piece by piece, protocols of the field, and names files; measured against plain code of the same operations."
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from clippy.cli import cli
from clippy.eval import find_task, image_transform, pick_protocol, template_sets
from clippy.model import load
from clippy.scenes import Scenes, backgrounds, names, things, write_folder
from clippy.segment import Head, SegmentProtocol, pamr, words_of_file

demo = Path(__file__).resolve().parents[1]/'nbs/demo/model'
quick = settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])

@pytest.fixture(scope='module')
def model(): return load(str(demo))

# PAMR -----------------------------------------------------------------------------------------------------------------

def plain_pamr(image, maps, rounds, dilations, centre=True):
    "Pixel by pixel in float64: image `[3,H,W]`, maps `[K,H,W]`; the border is repeated."
    _,h,w = image.shape
    steps = [(dy*d, dx*d) for d in dilations for dy in (-1,0,1) for dx in (-1,0,1) if (dy,dx)!=(0,0)]
    def around(x, i, j): return np.stack([x[:,min(max(i+dy, 0), h-1),min(max(j+dx, 0), w-1)] for dy,dx in steps])
    weights = np.zeros((h, w, len(steps)))
    for i,j in np.ndindex(h, w):
        near,own = around(image, i, j),image[:,i,j]
        counted = np.concatenate([near, np.tile(own, (len(dilations),1))]) if centre else near # the published deviation counts the centre for each distance
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
    found = pamr(torch.tensor(image)[None], torch.tensor(maps)[None], rounds, dilations)[0].numpy()
    right = plain_pamr(image, maps, rounds, dilations)
    assert np.abs(found-right).max()<1e-12 and (found.argmax(0)==right.argmax(0)).all()
    assert np.abs(found-plain_pamr(image, maps, rounds, dilations, centre=False)).max()>1e-4

def test_pamr_takes_each_image_alone():
    "Images of a batch do not look at each other, and single precision stays near."
    rng = np.random.default_rng(1)
    image,maps = rng.normal(size=(2,3,9,11)).astype(np.float32),rng.random((2,3,9,11)).astype(np.float32)
    found = pamr(torch.tensor(image), torch.tensor(maps), 4, (1,2)).numpy()
    for k in range(2): assert np.abs(found[k]-plain_pamr(image[k].astype(float), maps[k].astype(float), 4, (1,2))).max()<1e-4

# Protocols of the field -----------------------------------------------------------------------------------------------

def field(task, name): return find_task(task).protocols[name]

@pytest.mark.parametrize('task,scale,size', [('voc',65,336), ('context60',50,336), ('coco-object',50,336), ('voc20',40,336), ('context59',40,336),
    ('ade20k',40,336), ('coco-stuff',40,448), ('cityscapes',40,560)])
def test_sclip_as_published(task, scale, size):
    "SCLIP's scale and size differ from set to set; its lists of names are those that it publishes."
    p = field(task, 'sclip')
    assert (p.scale, p.size, p.templates, p.window, p.stride)==(scale, size, 'openai-80', 224, 112)
    assert p.names==('name' if task.startswith('context') else 'sclip') and p.threshold==(.1 if task in ('voc','context60','coco-object') else 0)
    assert 'not as published' in p.about and 'NACLIP differs' in p.about

@pytest.mark.parametrize('task', ['voc','voc20','context60','context59','ade20k','coco-object','coco-stuff','cityscapes'])
def test_tcl_as_published(task):
    "TCL takes the names as the data set writes them, and nine sentences."
    p = field(task, 'tcl')
    assert (p.names, p.templates, p.size, p.window, p.stride)==('name', 'tcl-9', 448, 448, 224)
    assert 'not as published' in p.about and 'Talk2DINO' not in p.about
    assert sorted(template_sets['tcl-9'])==sorted(['itap of a {}.', 'a bad photo of a {}.', 'a origami {}.', 'a photo of the large {}.',
        'a {} in a video game.', 'art of the {}.', 'a photo of the small {}.', 'a photo of many {}.', 'a photo of {}s.'])

@pytest.mark.parametrize('task', ['voc20','context59','ade20k','coco-stuff','cityscapes'])
def test_dinotxt_as_published(task):
    "dino.txt has no logit scale in its softmax."
    p = field(task, 'dino.txt')
    assert (p.scale, p.names, p.templates, p.blend, p.size, p.window, p.stride)==(1, 'name', 'openai-80', 'softmax', 512, 384, 192)

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

@pytest.mark.parametrize('wrong,says', [(dict(threshold=50), 'threshold is a probability'), (dict(threshold=-.1), '0 or more'), (dict(scale=-1), '0 or more'),
    (dict(scale='nan'), 'is not a float'), (dict(scale='inf'), 'is not a float'), (dict(prior=-1), '0 or more'), (dict(window=-64, stride=8), '0 or more'),
    (dict(window=64, stride=-8), '0 or more'), (dict(vocabulary='prot'), "no vocabulary 'prot'"), (dict(names='sclip'), "does not use 'names'")])
def test_values_that_cannot_be(wrong, says):
    with pytest.raises(ValueError, match=says): pick_protocol(find_task('scenes-things'), **wrong)

# Names files ----------------------------------------------------------------------------------------------------------

two = ('background',),('boat','ship')

@pytest.mark.parametrize('text,words', [('sky, wall\nboat|ship\n', (('sky','wall'),('boat','ship'))), ('\n a,,b \n\n{c}\n', (('a','b'),('{c}',)))])
def test_byte_order_mark_is_no_word(tmp_path, text, words):
    for mark in (b'', b'\xef\xbb\xbf'):
        (tmp_path/'n.TXT').write_bytes(mark+text.encode())
        assert words_of_file(str(tmp_path/'n.TXT'), two)==words

@pytest.mark.parametrize('data,says', [(b'sky\n,\n', "the line ',' holds no word"), ('sky\nboat'.encode('utf-16'), 'not text in UTF-8'), (b'a\nb\nc\n', 'names 3 classes')])
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
    else: assert len(found)==2 and all(w and w==w.strip() and '\ufeff' not in w for ws in found for w in ws) and all(found)

@pytest.fixture
def own(tmp_path):
    "Four scenes as a folder of one's own."
    write_folder(tmp_path/'own', 4, size=64, progress=False)
    return tmp_path/'own'

def run(*args): return cli(['eval', str(demo), '--workers','0', '--task','masks', *map(str, args)])

def test_mistyped_list(own, capsys):
    "A list that is not there ends the command with a hint, and no number is printed."
    for wrong,hint in (('nmae','Did you mean name'), ('sclpi','has no list'), ('port','has no list'), ('names.csv','has no list'), ('lost.txt','no file of names')):
        assert run('--data', own, '--set', f'names={wrong}')==1
        said = capsys.readouterr()
        assert hint in said.err and 'miou' not in said.out and 'Traceback' not in said.err

def test_names_file_on_the_command_line(own, tmp_path, capsys):
    "The same number with and without a byte-order mark, from a path with a comma, = and braces."
    words = (own/'names.txt').read_bytes()
    shown = []
    for mark in (b'', b'\xef\xbb\xbf'):
        path = tmp_path/f'a, b={{c}}:{len(mark)}.txt'; path.write_bytes(mark+words)
        assert run('--data', own, '--set', f'names={path}', '--set', 'size=64')==0
        shown.append(next(l for l in capsys.readouterr().out.splitlines() if '| miou' in l).split('|')[2])
    assert shown[0]==shown[1]

# What is odd is said --------------------------------------------------------------------------------------------------

def binary(folder, *values):
    "Masks of which the left half has the first value, the right one the second."
    for p in sorted((folder/'masks').iterdir()):
        m = np.full((64,64), values[0], np.uint8); m[:,32:] = values[1]
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
    (own/'names.txt').unlink(); (own/'names.csv').write_text('id,name\n0,background\n255,thing\n')
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

# The head, in plain numpy ----------------------------------------------------------------------------------------------

def plain_cosines(model, picture, size, words, templates):
    "`[K,h,w]` of the patches and `[K]` of the whole image: a square picture of whole patches, resized and normalised by hand."
    x = np.asarray(picture.resize((size,size), Image.Resampling.BICUBIC), np.float32)/255
    x = torch.tensor((x-np.array(model.config.mean))/np.array(model.config.std)).permute(2,0,1)[None].float()
    with torch.no_grad():
        tokens = model.proj(model.image.forward_features(x))[0,1:].double().numpy()
        vectors = np.stack([np.mean([model.encode_text([t.format(w)])[0].double().numpy() for t in templates], 0) for w in words])
    unit = lambda v: v/np.linalg.norm(v, axis=-1, keepdims=True)
    patches,whole,vectors = unit(tokens),unit(tokens.max(0)),unit(vectors)
    n = size//model.patch[0]
    return (vectors@patches.T).reshape(len(words), n, n),vectors@whole

def along(n, m): # what each of m pixels takes from n patches, linear between their centres
    at = np.clip((np.arange(m)+.5)*n/m-.5, 0, n-1)
    low = np.minimum(at.astype(int), n-2)
    w = np.zeros((m,n)); w[np.arange(m),low] = 1-(at-low); w[np.arange(m),low+1] = at-low
    return w

def enlarged(scores, size): # [K,h,w] -> [K,H,W]
    return np.einsum('yh,xw,khw->kyx', along(scores.shape[1], size[0]), along(scores.shape[2], size[1]), scores)

def nearest(labels, size): # the label of the patch that holds the centre of the pixel
    return labels[np.ix_(*(((np.arange(m)+.5)*n/m).astype(int) for n,m in zip(labels.shape, size)))]

def kept(whole, owner, prior, background):
    "The words that the prior lets win: of a data set with background, all of class 0 and as many others; else the best alone."
    free = [k for k in range(len(owner)) if background and owner[k]==0]
    rest = [k for k in np.argsort(-whole, kind='stable') if k not in free][:prior]
    return sorted(free+rest)

class_sets = {'named':(names, tuple(range(17)), False), 'background':((*things,*backgrounds), (*range(1, 11), *[0]*7), True)}

@pytest.mark.parametrize('prior', [1, 3, 16, 99])
@pytest.mark.parametrize('kind', class_sets)
def test_prior_by_hand(model, kind, prior):
    "Only the words that fit the image best may win; class 0 is spared where it is background, and nowhere else."
    words,owner,background = class_sets[kind]
    head = Head(model, words, owner, SegmentProtocol(size=64, templates='name', prior=prior, upsampling='bilinear'), background)
    differ = 0
    for i in range(6):
        picture = Image.fromarray(Scenes(8, seed=21, size=64)[i].image)
        cosines,whole = plain_cosines(model, picture, 64, words, ['{}'])
        some = kept(whole, owner, prior, background)
        x = image_transform(SegmentProtocol(size=64), model)(picture)[None]
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
    head = Head(model, names, tuple(range(17)), SegmentProtocol(size=64, templates='name', prior=2, blend=blend, upsampling='bilinear'))
    transform = image_transform(SegmentProtocol(size=64), model)
    x = torch.stack([transform(s.image) for s in Scenes(5, seed=4, size=64)])
    with torch.no_grad():
        together = head(x, [(64,64)]*5)
        for k in range(5): assert torch.equal(together[k], head(x[k:k+1], [(64,64)])[0]) and len(together[k].unique())<=2

@pytest.mark.parametrize('size', [(64,64), (50,70), (21,100), (5,3)])
def test_decided_at_the_patches(model, size):
    "`upsampling=nearest`: a pixel has the label of the patch that holds its centre."
    head = Head(model, names, tuple(range(17)), SegmentProtocol(size=64, templates='name', upsampling='nearest'))
    picture = Image.fromarray(Scenes(3, seed=21, size=64)[2].image)
    cosines,_ = plain_cosines(model, picture, 64, names, ['{}'])
    with torch.no_grad(): got = head(image_transform(SegmentProtocol(size=64), model)(picture)[None], [size])[0].numpy()
    assert (got==nearest(cosines.argmax(0), size)).all()

@pytest.mark.parametrize('scale', [0, 1, 40])
@pytest.mark.parametrize('threshold', [.3, .6, .95])
def test_threshold_by_hand(model, scale, threshold):
    "A winner of smaller probability is background: a softmax of enlarged cosines times e to the logit scale, or times the protocol's own."
    words,owner,background = class_sets['background']
    protocol = SegmentProtocol(size=64, templates='scenes', threshold=threshold, scale=float(scale), upsampling='bilinear')
    head = Head(model, words, owner, protocol, background)
    picture = Image.fromarray(Scenes(2, seed=21, size=64)[1].image)
    x = image_transform(protocol, model)(picture)[None]
    article = lambda w: 'an' if w[0] in 'aeiou' else 'a'
    cosines = np.concatenate([plain_cosines(model, picture, 64, [w], ['{}', article(w)+' {}', f'a picture of {article(w)} {{}}'])[0] for w in words])
    z = (scale or np.exp(model.logit_scale.item()))*enlarged(cosines, (48,40))
    p = np.exp(z-z.max(0))/np.exp(z-z.max(0)).sum(0)
    want = np.where(p.max(0)<threshold, 0, np.array(owner)[p.argmax(0)])
    sure = np.abs(p.max(0)-threshold)>1e-5 # the rest is rounding
    with torch.no_grad(): got = head(x, [(48,40)])[0].numpy()
    assert (got==want)[sure].mean()>.999 and sure.mean()>.9
