"`clippy.data`: fast pixels, samples, shards and reports."
import csv,json
from collections import Counter
from pathlib import Path
import numpy as np, pytest, torch
from hypothesis import given,strategies as st
from PIL import Image
import clippy.data as D
from clippy.captions import read_captions
from clippy.data import (Report, Unusable, column_captions, random_sample, eval_transform, fast_transform, normalize,
    open_image, sample_captions, shard_sizes, to_rgb, train_transform)
from clippy.pack import pack
from clippy.stream import read_all
from shards import bomb, few, json_like, photo, saved

real = Path(__file__).resolve().parents[2]/'shared/data'

def test_to_rgb():
    grey16 = Image.new('I;16', (2,1))
    grey16.putpixel((0,0),65535)
    grey16.putpixel((1,0),32768)
    assert [to_rgb(grey16).getpixel((i,0))[0] for i in range(2)]==[255,128]
    clear = Image.new('P', (1,1))
    clear.info['transparency'] = 0
    assert to_rgb(clear).getpixel((0,0))==(255,255,255)
    assert to_rgb(Image.new('LA', (1,1), (0,0))).getpixel((0,0))==(255,255,255)
    with pytest.raises(Unusable, match='unreadable image'): open_image(b'')

def differ(data, seed, **kw): # slow and fast, in 8-bit steps
    torch.manual_seed(seed)
    slow = train_transform(64, (0,0,0), (1,1,1), **kw)(open_image(data))*255
    torch.manual_seed(seed)
    fast = fast_transform(64, **kw)(data)
    assert fast.shape==(3,64,64) and fast.dtype==torch.uint8 and fast.is_contiguous()
    return (slow-fast).abs()

jfolz = pytest.mark.parametrize('library', ['simplejpeg','pillow'])

@pytest.fixture
def use(library, monkeypatch):
    if library=='pillow': monkeypatch.setattr(D, 'simplejpeg', None)
    else: pytest.importorskip('simplejpeg')

@jfolz
@pytest.mark.parametrize('mode', ['RGB','L'])
@pytest.mark.parametrize('size,mean,most', [
    ((100,75),.5,1.6), ((90,170),.5,2.1), ((181,131),.5,1.6), ((413,301),1,9), ((1003,777),1,9)])
def test_fast_pixels(use, size, mean, most, mode):
    "The same crop with the same seed: exact but for rounding while nothing is scaled, close when it is."
    for seed in range(3):
        d = differ(saved(photo(*size, mode), quality=90), seed)
        assert d.mean()<mean and d.max()<most

@jfolz
def test_fast_knows_its_limits(use):
    "What is not a plain JPEG is decoded as ever, and cut the same."
    exif = Image.Exif()
    exif[0x0112] = 6
    usual = photo(200,150)
    rare = [saved(usual, 'PNG'), saved(usual, 'WEBP', lossless=True), saved(photo(200,150,'CMYK')),
        saved(usual, exif=exif), saved(usual, quality=90, progressive=True), saved(usual, quality=90, subsampling=0),
        saved(photo(3,2)), saved(photo(700,5))]
    for data in rare: assert differ(data, 1).max()<2.1
    torch.manual_seed(2)
    a = fast_transform(32)(rare[0])
    torch.manual_seed(2)
    assert torch.equal(a, fast_transform(32)(photo(200,150)))
    for data,why in ((saved(photo(400,300))[:-200],'truncated image'), (b'\xff\xd8\xff?','unreadable image'),
                     (b'','unreadable image'), (bomb(),'image too large')):
        with pytest.raises(Unusable, match=f'^{why}$'): fast_transform(32)(data)

def test_normalize():
    x = torch.randint(0, 256, (2,3,4,4), dtype=torch.uint8)
    mean,std = (.1,.2,.3),(.4,.5,.6)
    want = torch.stack([(x[:,i]/255-mean[i])/std[i] for i in range(3)], 1)
    torch.testing.assert_close(normalize(x, mean, std), want)
    assert normalize(want, mean, std) is want

def test_chance_is_fair_and_leaves_the_generator_alone():
    """Captions equally often, over 300 seeds; pixels and caption are of the seed alone;
    torch's own random numbers go on as if nothing had been."""
    def transform(image): return torch.rand(2)
    found = [random_sample(None, ['a','b','c'], transform, f'0 {e} x') for e in range(300)]
    assert all(70<n<130 for n in Counter(c for _,c in found).values())
    assert len({tuple(x.tolist()) for x,_ in found})==300
    torch.manual_seed(5)
    want = torch.rand(3)
    torch.manual_seed(5)
    again = random_sample(None, ['a','b','c'], transform, '0 7 x')
    assert torch.equal(torch.rand(3), want) and torch.equal(again[0], found[7][0]) and again[1]==found[7][1]

def test_columns_are_drawn_by_weight():
    """Of 3,000 seeds as many from each column as its weight says, among the columns that are there; captions of a
    column equally often; the crop is that of the same seed without columns."""
    def transform(image): return torch.rand(2)
    weights = dict(raw=1, llava=.5, blip=2.5)
    whole = dict(raw=['r'], llava=['l1','l2'], blip=['b'])
    for captions in (whole, dict(llava=['l1','l2'], blip=['b']), dict(raw=['r'])):
        found = [random_sample(None, captions, transform, f'0 {e} x', weights) for e in range(3000)]
        drawn,total = Counter(c for _,c in found),sum(weights[k] for k in captions)
        assert set(drawn)=={c for cs in captions.values() for c in cs}
        for name,texts in captions.items():
            want = 3000*weights[name]/total/len(texts)
            assert all(abs(drawn[c]-want)<=4*want**.5 for c in texts)
    plain = random_sample(None, ['r'], transform, '0 7 x')
    assert torch.equal(plain[0], found[7][0])

@pytest.mark.parametrize('files,want', [
    (dict(json=b'{"raw": "a", "columns": {"llava": ["b", " ", null]}}'), dict(raw=['a'], llava=['b'])),
    (dict(json=b'{"raw": 3, "llava": {"x": 1}}', txt=b'plain'), 'no caption in these columns'),
    (dict(json=b'{"raw": null}', **{'raw.txt':b'a\n', 'llava.txt':b' '}), dict(raw=['a'])),
    (dict(json=b'{"columns": ["raw"], "raw": "a"}'), dict(raw=['a'])),
    (dict(json=b'{"raw": "half \\ud83d"}'), 'caption is not UTF-8'),
    ({'raw.txt':b'caf\xe9'}, 'caption is not UTF-8'),
    (dict(json=b'[1]'), 'json is broken'), (dict(json=b'{"raw"'), 'json is broken'),
    ({}, 'no caption in these columns')])
def test_columns_of_a_sample(files, want):
    "From the json, under `columns` or beside it, or from a text file of that name; what is no text is not there."
    if isinstance(want, dict):
        assert column_captions(files, ['raw','llava'])==want
        return
    with pytest.raises(Unusable, match=f'^{want}$'): column_captions(files, ['raw','llava'])

def test_crops_cover_the_range():
    "Crops of the fast transform have the area that was asked for, and are not always at one place."
    across,down = np.meshgrid(*[np.arange(200, dtype=np.uint8)]*2)
    ramp = Image.fromarray(np.stack([across, down, np.zeros_like(down)], 2))
    exact = train_transform(32, (0,0,0), (1,1,1), scale=(.25,.36))
    for transform in (fast_transform(32, scale=(.25,.36)), lambda image: exact(image)*255):
        boxes = []
        for s in range(40):
            torch.manual_seed(s)
            x = transform(ramp).float()
            left,right = x[0,:,0].mean(),x[0,:,-1].mean()
            top,bottom = x[1,0].mean(),x[1,-1].mean()
            boxes.append([right-left, bottom-top, left, top])
        w,h,left,top = torch.tensor(boxes).T
        assert (.2<(w*h/200**2)).all() and ((w*h/200**2)<.38).all() and left.std()>10 and top.std()>10

def test_evaluation_sees_the_centre():
    "The short side becomes the size, and the middle of the long one is kept; numbers are those of OpenAI's CLIP."
    from transformers.image_utils import OPENAI_CLIP_MEAN,OPENAI_CLIP_STD
    assert D.CLIP_MEAN==tuple(OPENAI_CLIP_MEAN) and D.CLIP_STD==tuple(OPENAI_CLIP_STD)
    ramp = Image.fromarray(np.tile(np.arange(200, dtype=np.uint8)[None,:,None], (100,1,3)))
    for image,axis in ((ramp,2), (ramp.transpose(Image.Transpose.TRANSPOSE),1)):
        x = eval_transform(50)(image)*torch.tensor(D.CLIP_STD)[:,None,None]+torch.tensor(D.CLIP_MEAN)[:,None,None]
        line = (x*255).select(3-axis, 25) # along the ramp
        torch.testing.assert_close(line, (50.5+2*torch.arange(50.)).expand(3,50), atol=1.5, rtol=0)

@few
@given(json_like | st.dictionaries(st.sampled_from(['00000.tar','x']), json_like))
def test_any_sizes_end_in_a_sentence(tmp_path, data):
    "Property: sizes.json gives whole numbers from 0, nothing, or a sentence."
    (tmp_path/'00000.tar').write_bytes(b'')
    (tmp_path/'sizes.json').write_text(json.dumps(data))
    try: sizes = shard_sizes(tmp_path)
    except ValueError as e: assert 'sizes.json' in str(e)
    else: assert sizes is None or sizes==[data['00000.tar']] and type(sizes[0]) is int and sizes[0]>=0

@few
@given(st.dictionaries(st.sampled_from(['txt','json','jpg','TXT']),
                       st.binary(max_size=30) | json_like.map(lambda data: json.dumps({'captions':data}).encode())))
def test_any_sample_is_read_or_counted(files):
    "Property: captions that can be encoded, or the reason why there are none."
    try: captions = sample_captions(files)
    except Unusable as e: assert str(e) in ('no caption','empty caption','caption is not UTF-8','json is broken')
    else: assert captions and all(c.strip()==c!='' and c.encode() for c in captions)

@pytest.mark.parametrize('files,why', [
    (dict(json=b'{"captions": ["a", "b \\ud83d"]}'), 'caption is not UTF-8'),
    (dict(json=b'['*100_000), 'json is broken'),
    (dict(json=b'{"captions": 5}'), 'json is broken'),
    (dict(json=b'{"captions": {"a": 1}}'), 'json is broken'),
    (dict(json=b'[]'), 'json is broken'),
    (dict(txt=b'\xed\xa0\xbd'), 'caption is not UTF-8')])
def test_captions_of_a_sample(files, why):
    "Half a character, deep nesting, no list: a reason that is counted, before any tokenizer."
    with pytest.raises(Unusable, match=f'^{why}$'): sample_captions(files)

def test_a_mark_at_the_beginning_of_a_sample(): # as Windows writes text files
    assert sample_captions(dict(txt='\ufeffa dog'.encode()))==['a dog']
    assert sample_captions(dict(json=b'\xef\xbb\xbf{"captions": "a dog"}'))==['a dog']

@pytest.mark.skipif(not (real/'coco').is_dir(),
                    reason=f'needs the images of coco in {real.name}/coco beside the checkout')
def test_coco(tmp_path):
    about = pack(real/'coco/train2017', real/'coco/annotations/captions_train2017.json', tmp_path/'c', shard_size=30,
                 progress=False)
    assert (about['samples'], about['shards'], about['skipped'])==(80, 3, {})
    batches = list(read_all(tmp_path/'c', eval_transform(64), 32))
    assert sum(len(k) for *_,k in batches)==80
    names = list(read_captions(real/'coco/annotations/captions_train2017.json').values())
    assert [c for _,cs,_ in batches for c in cs]==[[c.strip() for c in cs if c.strip()] for cs in names]

def test_no_cell_of_a_report_is_a_formula(tmp_path):
    "A shard, a key or an image that is called like a formula is text in the tables of what was left out."
    report = Report()
    report.skip('/data/00000.tar', 'empty caption', '=HYPERLINK("http://x.example")', '+1', '@a', 'plain')
    report.save_ledger(tmp_path/'ledger.csv')
    with open(tmp_path/'ledger.csv', newline='', encoding='utf-8') as f: keys = [r['key'] for r in csv.DictReader(f)]
    assert keys==["'+1", "'=HYPERLINK(\"http://x.example\")", "'@a", 'plain']
    (tmp_path/'images').mkdir()
    Image.new('RGB', (8,8)).save(tmp_path/'images/ok.png')
    (tmp_path/'c.csv').write_text('image,caption\nok.png,a boat\n=1+2.png,a house\n')
    pack(tmp_path/'images', tmp_path/'c.csv', tmp_path/'out', progress=False)
    assert (tmp_path/'out/skipped.csv').read_text().splitlines()[1]=="'=1+2.png,missing file"
