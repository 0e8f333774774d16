"Retrieval: the same pairs from every kind of place, and recall as plain code finds it, ties by lot."
import csv, json
from copy import deepcopy
from math import comb

import numpy as np
import pytest
import torch
from PIL import Image

from clippy.eval import all_tasks, evaluate
from clippy.protocol import image_transform, Protocol
from clippy.pack import pack
from clippy.retrieval import Pairs, recall
from clippy.scenes import Scenes
from shared import plain_cosines

all_tasks()

@pytest.fixture
def model(boxed_model): return boxed_model

def plain_recall(sim, owner, ks=(1,5,10)):
    "Recall at k both ways, equals ranked by lot."
    def found(scores, right, k): # of one query
        best = scores[right].max()
        level,places = (scores==best).sum(),max(k-(scores>best).sum(), 0)
        good = (right&(scores==best)).sum()
        return 1-comb(level-good, min(places, level))/comb(level, min(places, level))
    n,m = sim.shape
    images = {f'image_to_text@{k}':np.mean([found(sim[i], owner==i, k) for i in range(n)]) for k in ks}
    texts = {f'text_to_image@{k}':np.mean([found(sim[:,t], np.arange(n)==owner[t], k) for t in range(m)]) for k in ks}
    return images | texts

def captions(scene): return scene.caption,f'a {scene.background}'

@pytest.fixture
def layouts(tmp_path):
    "Twelve scenes with two captions each: Flickr's folder, COCO's folder, a folder of shards."
    scenes = list(Scenes(12, seed=4, size=64))
    flickr,coco = tmp_path/'flickr',tmp_path/'coco'
    for d in (flickr/'Images', coco/'val2017', coco/'annotations'): d.mkdir(parents=True)
    for i,s in enumerate(scenes):
        for d in (flickr/'Images', coco/'val2017'): Image.fromarray(s.image).save(d/f'{i:02d}.png')
    lines = [f'{i:02d}.png,"{c}"' for i,s in enumerate(scenes) for c in captions(s)]
    (flickr/'captions.txt').write_text('\n'.join(['image,caption', *lines]))
    images = [dict(id=i, file_name=f'{i:02d}.png') for i in range(12)]
    texts = [dict(image_id=i, caption=c) for i,s in enumerate(scenes) for c in captions(s)]
    (coco/'annotations/captions_val2017.json').write_text(json.dumps(dict(images=images, annotations=texts)))
    pack(str(flickr/'Images'), str(flickr/'captions.txt'), str(tmp_path/'shards'), shard_size=5, progress=False)
    return scenes,flickr,coco,tmp_path/'shards'

def test_retrieval_layouts(layouts, tmp_path, model):
    "Flickr's folder, COCO's folder and shards hold the same pairs and give the recall that plain code finds."
    scenes,flickr,coco,shards = layouts
    caps,owner = zip(*((c, i) for i,s in enumerate(scenes) for c in captions(s)))
    dull,mute = deepcopy(model),torch.arange(model.width)%4!=0 # that errs, so that the numbers differ
    with torch.no_grad(): dull.image.norm.weight[mute] = dull.image.norm.bias[mute] = 0
    right = plain_recall(plain_cosines(dull, [s.image for s in scenes], caps), np.array(owner))
    for d in flickr,coco,shards: assert evaluate(dull, 'retrieval', d).numbers==pytest.approx(right, abs=1e-9)
    assert len(set(caps))<24 and right['text_to_image@1']!=right['image_to_text@1']
    assert 0<right['image_to_text@1']<right['image_to_text@5']<=1
    (flickr/'Images/03.png').unlink()
    with pytest.raises(FileNotFoundError, match='1 images that are not in .*03.png'):
        evaluate(model, 'retrieval', flickr)
    (tmp_path/'bad').mkdir()
    (tmp_path/'bad/0.tar').write_bytes(b'no tar at all'*100)
    with pytest.raises(ValueError, match='not a whole tar file'): evaluate(model, 'retrieval', tmp_path/'bad')

def test_shards_from_anywhere(layouts, model):
    "A pattern, a list with `::`, a Python list, pipes and a compressed shard: the same pairs and numbers."
    scenes,_,_,shards = layouts
    one,two,three = sorted(shards.glob('*.tar'))
    right = evaluate(model, 'retrieval', shards)
    ways = [f'{shards}/{{00000..00002}}.tar', f'{one}::{two}::{three}', [str(one), f'file://{two}', str(three)],
        f'pipe:cat {one}::{two}::pipe:gzip -c {three}']
    for where in ways:
        r = evaluate(model, 'retrieval', where)
        assert r.numbers==right.numbers and r.files==right.files and r.images==right.images
    for where,says in ((f'{shards}/00009.tar', '1 of 1 shards are missing'), (f'pipe:head -c 3000 {one}', 'truncated')):
        with pytest.raises((ValueError,OSError), match=says): Pairs(where, None)

@pytest.mark.parametrize('text,says', [('00.png,a dog, a cat\n','line 2, has 3 fields'),
    ('00.png,"open\n01.png,x\n','line 2, is not a row'), ('00.png,"open\n01.png,a 12"\n','line 2: a quotation mark')])
def test_captions_of_a_folder_are_read_strictly(tmp_path, text, says):
    "Flickr's table is read by the reader of `pack`; half a character in COCO's json is refused with the image's name."
    (tmp_path/'captions.txt').write_text('image,caption\n'+text)
    with pytest.raises(ValueError, match=says): Pairs(tmp_path, None)
    (tmp_path/'annotations').mkdir()
    half = dict(images=[dict(id=1, file_name='a.png')], annotations=[dict(image_id=1, caption='half \ud83d')])
    (tmp_path/'annotations/captions_val2017.json').write_text(json.dumps(half))
    with pytest.raises(ValueError, match='captions_val2017.json, a: caption is not UTF-8'): Pairs(tmp_path, None)

# Ties -----------------------------------------------------------------------------------------------------------------

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

def test_a_caption_of_several_images(pairs, model):
    "Four images with one caption: their text finds each once in four cases at most, and an image its own by lot."
    n = evaluate(model, 'retrieval', pairs).numbers
    names,caps = zip(*csv.reader((pairs/'captions.txt').read_text().splitlines()[1:]))
    owner = np.array([int(k[0]) for k in names])
    transform = image_transform(Protocol(size=0), model)
    with torch.no_grad():
        x = torch.stack([transform(Image.open(pairs/f'Images/{i}.png')) for i in range(8)])
        vectors = {c:model.encode_text([c])[0] for c in set(caps)}
        sim = (model.encode_image(x)@torch.stack([vectors[c] for c in caps]).T).numpy().round(5)
    def chance(t, i): # that image `i` is the first for text `t`
        return np.clip((1-(sim[:,t]>sim[i,t]).sum())/(sim[:,t]==sim[i,t]).sum(), 0, 1)
    def first(i): # the chance that the first of all captions is one of the image's own
        top = sim[i]==sim[i].max()
        return (top&(owner==i)).sum()/top.sum()
    assert n['text_to_image@1']==pytest.approx(np.mean([chance(t, i) for t,i in enumerate(owner)]))
    assert n['image_to_text@1']==pytest.approx(np.mean([first(i) for i in range(8)]))
