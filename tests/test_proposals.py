"Masks of a proposer: each is labelled by what is inside it, and a pixel of several has one answer."
import warnings

import numpy as np, pytest, torch
from PIL import Image

import clippy
from clippy.scenes import Scenes

labels = ['boat','flower','cat']

@pytest.fixture(scope='module')
def model(): return clippy.load('scenes')

@pytest.fixture(scope='module')
def image(): return Image.fromarray(Scenes(24, seed=8, size=128, n_things=2)[5].image).crop((0,10,128,100))

def boxes(image, seed, n=7):
    "Masks that overlap, one of a single pixel, one of all pixels, two of one size."
    rng,masks = np.random.default_rng(seed),np.zeros((n, image.height, image.width), bool)
    for m in masks[2:]:
        y,x = rng.integers(0, image.height-9),rng.integers(0, image.width-9)
        m[y:y+rng.integers(2, 60), x:x+rng.integers(2, 60)] = True
    masks[0] = True
    masks[1, rng.integers(90), rng.integers(128)] = True
    masks[-1] = np.roll(masks[-2], 1, 1)
    return masks

@pytest.mark.parametrize('seed,pool,on_top,threshold', [(0,'mean','smaller',0), (1,'mean','smaller',.6),
    (2,'max','smaller',0), (3,'mean','surer',0), (4,'max','surer',.5)])
def test_as_counted_pixel_by_pixel(seed, pool, on_top, threshold, model, image):
    "Labels, probabilities and every pixel are what a plain loop over masks and pixels makes of the cosines."
    masks,maps = boxes(image, seed),model.segment(image, labels, return_tensors='cosines')
    cosines,plain = maps.values.numpy().astype(np.float64),model.segment(image, labels, threshold=threshold)
    scale,said = float(np.exp(model.logit_scale.item())),[]
    for m in masks:
        inside = cosines[:,m]
        words = scale*(inside.mean(1) if pool=='mean' else inside.max(1))
        p = np.exp(words-words.max())/np.exp(words-words.max()).sum()
        k = int(p.argmax())
        said.append((k+1 if k<3 and p[k]>=threshold else 0, p[k]))
    found = model.label_masks(image, masks, labels, threshold=threshold, pool=pool, on_top=on_top)
    assert found.labels==[['other',*labels][k] for k,_ in said]
    assert np.allclose(found.probabilities, [p for _,p in said], atol=1e-4)
    for y in range(0, image.height, 3):
        for x in range(0, image.width, 3):
            over = [i for i in range(len(masks)) if masks[i,y,x]]
            small = lambda i: (-masks[i].sum(), said[i][1])
            rank = small if on_top=='smaller' else lambda i: small(i)[::-1]
            k,p = said[max(over, key=rank)] if over else (plain.mask[y,x],plain.scores[y,x])
            assert found.segmentation.mask[y,x]==k and abs(found.segmentation.scores[y,x]-p)<1e-4
    assert found.segmentation.labels==['other',*labels] and found.segmentation.mask.dtype==np.uint8

def test_without_masks_it_is_segment(model, image):
    "Where no mask is, the answer of `segment` stays, with its threshold, background and name of other."
    how = dict(threshold=.5, background=['grass','sky'], other='rest', size=64)
    plain = model.segment(image, labels, **how)
    none = model.label_masks(image, [], labels, **how)
    assert none.labels==[] and none.probabilities.shape==(0,) and none.segmentation.labels==plain.labels
    assert np.array_equal(none.segmentation.mask, plain.mask)
    assert np.allclose(none.segmentation.scores, plain.scores, atol=1e-5)

def test_masks_as_they_come(model, image, tmp_path):
    "Arrays, tensors, lists of either and in another order, an image on its side: one answer, without a warning."
    masks = boxes(image, 5)
    masks[-1] = masks[-2] & (np.arange(128)%2>0) # no two are of one size
    masks.setflags(write=False)
    want = model.label_masks(image, masks, labels)
    exif = Image.Exif()
    exif[0x0112] = 6
    image.rotate(90, expand=True).save(tmp_path/'turned.png', exif=exif)
    kinds = torch.tensor(masks),[*masks],[torch.tensor(m) for m in masks]
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        found = [model.label_masks(image, kind, labels) for kind in kinds]
        found.append(model.label_masks(tmp_path/'turned.png', masks, labels))
        turned = model.label_masks(image, masks[::-1], labels)
    for same in (*found, turned): assert np.array_equal(same.segmentation.mask, want.segmentation.mask)
    assert {tuple(f.labels) for f in found}=={tuple(want.labels)} and turned.labels==want.labels[::-1]

@pytest.mark.parametrize('wrong,said', [(lambda m: m*255, 'bool, not'),
    (lambda m: m.astype(np.float32), 'bool, not float32'),
    (lambda m: m[0], 'for this image, not'), (lambda m: m[:,:-1], 'for this image, not'),
    (lambda m: m[None], 'for this image'),
    (lambda m: m.transpose(0,2,1), 'for this image'), (lambda m: [*m[:2], m[2,1:]], 'Mask 2 of 3'),
    (lambda m: 'sam', 'not str'),
    (lambda m: [m[0].tolist()], 'not list'), (lambda m: m&False, 'Mask 0 of 7 has no pixel'),
    (lambda m: None, 'not NoneType'),
    (lambda m: torch.tensor(m).int(), 'bool, not torch.int32'), (lambda m: dict(masks=m), 'not dict')])
def test_wrong_masks(wrong, said, model, image):
    "What is no mask of this image is a sentence, before the model looks."
    with pytest.raises(ValueError, match=said): model.label_masks(image, wrong(boxes(image, 0)), labels)

@pytest.mark.parametrize('how,said', [(dict(pool='sum'), 'pool is mean or max'),
    (dict(on_top='larger'), 'on_top is smaller'),
    (dict(other='cat'), "'cat' is the name of"), (dict(labels=[]), 'There are no labels')])
def test_wrong_questions(how, said, model, image):
    "So is a choice that there is not, and what `segment` refuses."
    with pytest.raises(ValueError, match=said): model.label_masks(image, boxes(image, 0), **dict(labels=labels)|how)
