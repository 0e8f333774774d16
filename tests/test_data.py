"`clippy.data`: fast pixels, packing, and real photographs."
import io,json,struct,sys,tarfile,zlib
from pathlib import Path

import numpy as np, pytest, torch, webdataset as wds
from fastcore.script import anno_parser,parse_cli
from PIL import Image

import clippy.data as D
from clippy.data import (Unusable, eval_transform, fast_transform, normalize, open_image, pack, read_captions, to_rgb,
    train_transform)
from clippy.loader import ShardLoader
from clippy.stream import read_all

real = Path(__file__).resolve().parents[2]/'shared/data'

def jpeg(i=0, size=(24,20)):
    Image.linear_gradient('L').resize(size).convert('RGB').rotate(7*i).save(b:=io.BytesIO(), 'JPEG')
    return b.getvalue()

def write(folder, samples, per_shard, sizes=True):
    "Shards of `samples`, dicts of file ending -> bytes."
    folder.mkdir()
    names = {}
    with wds.ShardWriter(str(folder/'%05d.tar'), maxcount=per_shard, verbose=0, mtime=0) as w:
        for i,s in enumerate(samples):
            w.write({'__key__':f'{i:05d}', **s})
            n = Path(w.fname).name
            names[n] = names.get(n,0)+1
    if sizes: (folder/'sizes.json').write_text(json.dumps(names))
    return folder

def sample(i): return dict(jpg=jpeg(i), json=json.dumps(dict(captions=[f'{i} a', f'{i} b', f'{i} c'])).encode())
def ids(captions): return [int(c.split()[0]) for c in captions]

def bomb():
    "A PNG of a few bytes that says it is 20,000 pixels wide and high."
    Image.new('L', (1,1)).save(b:=io.BytesIO(), 'PNG')
    head = b.getvalue()[12:16] + struct.pack('>II', 20_000, 20_000) + b.getvalue()[24:29]
    return b.getvalue()[:12] + head + struct.pack('>I', zlib.crc32(head)) + b.getvalue()[33:]

def test_to_rgb():
    grey16 = Image.new('I;16', (2,1)); grey16.putpixel((0,0),65535); grey16.putpixel((1,0),32768)
    assert [to_rgb(grey16).getpixel((i,0))[0] for i in range(2)]==[255,128]
    clear = Image.new('P', (1,1)); clear.info['transparency'] = 0
    assert to_rgb(clear).getpixel((0,0))==(255,255,255)
    assert to_rgb(Image.new('LA', (1,1), (0,0))).getpixel((0,0))==(255,255,255)
    with pytest.raises(Unusable, match='unreadable image'): open_image(b'')

# fast pixels

def photo(w, h, mode='RGB'):
    noise = np.random.default_rng(w).normal(0, 9, (h,w,1))
    smooth = np.asarray(Image.radial_gradient('L').resize((w,h)).convert('RGB')).astype(float)*[1,.7,.4]
    return Image.fromarray((smooth+noise).clip(0,255).astype(np.uint8)).convert(mode)

def saved(image, kind='JPEG', **kw):
    image.save(b:=io.BytesIO(), kind, **kw)
    return b.getvalue()

def differ(data, seed, **kw): # slow and fast, in 8-bit steps
    torch.manual_seed(seed); slow = train_transform(64, (0,0,0), (1,1,1), **kw)(open_image(data))*255
    torch.manual_seed(seed); fast = fast_transform(64, **kw)(data)
    assert fast.shape==(3,64,64) and fast.dtype==torch.uint8 and fast.is_contiguous()
    return (slow-fast).abs()

jfolz = pytest.mark.parametrize('library', ['simplejpeg','pillow'])

@pytest.fixture
def use(library, monkeypatch):
    if library=='pillow': monkeypatch.setattr(D, 'simplejpeg', None)
    else: pytest.importorskip('simplejpeg')

@jfolz
@pytest.mark.parametrize('mode', ['RGB','L'])
@pytest.mark.parametrize('size,mean,most', [((100,75),.5,1.6), ((90,170),.5,2.1), ((181,131),.5,1.6), ((413,301),1,9), ((1003,777),1,9)])
def test_fast_pixels(use, size, mean, most, mode):
    "The same crop with the same seed: exact but for rounding while nothing is scaled, close when it is."
    for seed in range(3):
        d = differ(saved(photo(*size, mode), quality=90), seed)
        assert d.mean()<mean and d.max()<most

@jfolz
def test_fast_knows_its_limits(use):
    "What is not a plain JPEG is decoded as ever, and cut the same."
    exif = Image.Exif(); exif[0x0112] = 6
    rare = [saved(photo(200,150), 'PNG'), saved(photo(200,150), 'WEBP', lossless=True), saved(photo(200,150,'CMYK')), saved(photo(200,150), exif=exif),
        saved(photo(200,150), quality=90, progressive=True), saved(photo(200,150), quality=90, subsampling=0), saved(photo(3,2)), saved(photo(700,5))]
    for data in rare: assert differ(data, 1).max()<2.1
    torch.manual_seed(2); a = fast_transform(32)(rare[0])
    torch.manual_seed(2); assert torch.equal(a, fast_transform(32)(photo(200,150)))
    for data,why in ((saved(photo(400,300))[:-200],'truncated image'), (b'\xff\xd8\xff?','unreadable image'), (b'','unreadable image'), (bomb(),'image too large')):
        with pytest.raises(Unusable, match=f'^{why}$'): fast_transform(32)(data)

def test_normalize():
    x = torch.randint(0, 256, (2,3,4,4), dtype=torch.uint8)
    mean,std = (.1,.2,.3),(.4,.5,.6)
    want = torch.stack([(x[:,i]/255-mean[i])/std[i] for i in range(3)], 1)
    torch.testing.assert_close(normalize(x, mean, std), want)
    assert normalize(want, mean, std) is want

# packing

def folder_of(tmp_path, n=9):
    (tmp_path/'im').mkdir()
    for i in range(n): (tmp_path/'im'/f'{i}.jpg').write_bytes(jpeg(i, (40+i,30)))
    (tmp_path/'c.tsv').write_text('title\tfilepath\n'+''.join(f'caption {i}\t{i}.jpg\nother {i}\t{i}.jpg\n' for i in range(n)))
    return tmp_path/'im', tmp_path/'c.tsv', dict(image_column='filepath', caption_column='title', progress=False)

def members(path):
    with tarfile.open(path) as t: return {o.name:t.extractfile(o).read() for o in t}

def test_pack_is_byte_for_byte(tmp_path):
    im,c,kw = folder_of(tmp_path)
    a = pack(im, c, tmp_path/'a', shard_size=4, workers=1, **kw)
    b = pack(im, c, tmp_path/'b', shard_size=4, workers=8, **kw)
    assert a['sha256']==b['sha256']!=pack(im, c, tmp_path/'c', shard_size=4, seed=1, **kw)['sha256']
    assert all((tmp_path/'a'/o).read_bytes()==(tmp_path/'b'/o).read_bytes() for o in ('00000.tar','00002.tar','sizes.json'))
    files = members(tmp_path/'a/00000.tar')
    assert files['000000001.jpg']==(im/'1.jpg').read_bytes() and files['000000001.txt']==b'caption 1'
    assert json.loads(files['000000001.json'])==dict(captions=['caption 1','other 1'], image='1.jpg', width=41, height=30)
    assert json.loads((tmp_path/'a/sizes.json').read_text())=={'00000.tar':4,'00001.tar':4,'00002.tar':1}
    assert {o.name for o in tmp_path.iterdir()}=={'im','c.tsv','a','b','c'}  # no temporary folder stays

def test_pack_formats_and_resize(tmp_path):
    (tmp_path/'im').mkdir()
    Image.new('RGBA', (90,60), (255,0,0,128)).save(tmp_path/'im/a.png')
    Image.new('RGB', (90,60), 'blue').save(tmp_path/'im/b.webp')
    exif = Image.Exif(); exif[0x0112] = 6
    Image.new('RGB', (90,60), 'blue').save(tmp_path/'im/c.jpg', exif=exif)
    (tmp_path/'c.csv').write_text('image,caption\na.png,A\nb.webp,B\nc.jpg,C\n')
    pack(tmp_path/'im', tmp_path/'c.csv', tmp_path/'keep', progress=False)
    kept = members(tmp_path/'keep/00000.tar')
    assert kept['000000000.png']==(tmp_path/'im/a.png').read_bytes() and kept['000000002.jpg']==(tmp_path/'im/c.jpg').read_bytes()
    assert Image.open(io.BytesIO(kept['000000001.jpg'])).format=='JPEG'
    assert [json.loads(kept[f'00000000{i}.json'])['width'] for i in range(3)]==[90,90,60]
    pack(tmp_path/'im', tmp_path/'c.csv', tmp_path/'small', resize=30, progress=False)
    small = members(tmp_path/'small/00000.tar')
    assert [Image.open(io.BytesIO(small[f'00000000{i}.jpg'])).size for i in range(3)]==[(45,30),(45,30),(30,45)]
    assert abs(Image.open(io.BytesIO(small['000000000.jpg'])).getpixel((20,10))[1]-127)<4  # half red on white

def test_pack_reports_what_it_leaves_out(tmp_path):
    im,c,kw = folder_of(tmp_path)
    (im/'0.jpg').unlink(); (im/'1.jpg').write_bytes(jpeg(1)[:-30]); (im/'2.jpg').write_bytes(b'?')
    c.write_text(c.read_text()+' \t9.jpg\n')
    about = pack(im, c, tmp_path/'out', **kw)
    assert about['skipped']=={'missing file':1,'truncated image':1,'unreadable image':1,'no caption':1}
    assert (about['samples'], about['captions'])==(6,12)
    assert (tmp_path/'out/skipped.csv').read_text().split()==['image,reason','0.jpg,missing','file','1.jpg,truncated','image','2.jpg,unreadable','image','9.jpg,no','caption']
    assert json.loads((tmp_path/'out/pack.json').read_text())==about

def test_pack_that_fails_leaves_nothing(tmp_path, monkeypatch):
    im,c,kw = folder_of(tmp_path)
    monkeypatch.setattr('clippy.data._digest', lambda *_: 1/0)
    with pytest.raises(ZeroDivisionError): pack(im, c, tmp_path/'deep/out', **kw)
    assert list((tmp_path/'deep').iterdir())==[]

@pytest.mark.parametrize('name,text,says', [('c.csv', 'a,b\n1,2\n', r"no column 'image' or 'caption': its first line names \['a', 'b'\]"),
    ('c.parquet', 'x', 'not .\\.parquet'), ('c.json', '[1]', 'not a COCO captions file'), ('c.json', '{', 'is not JSON'),
    ('c.json', '{"images": [{"id":1,"file_name":"a"}], "annotations": [{"image_id":1,"bbox":[]}]}', "'caption' not found"),
    ('c.csv', b'image,caption\na.jpg,caf\xe9\n', 'is not UTF-8')])
def test_captions_that_cannot_be_read(tmp_path, name, text, says):
    (tmp_path/name).write_bytes(text if isinstance(text,bytes) else text.encode())
    with pytest.raises(ValueError, match=says): read_captions(tmp_path/name)

def test_command_line(tmp_path, monkeypatch):
    im,c,_ = folder_of(tmp_path)
    text = anno_parser(pack).format_help()
    assert 'Samples per shard' in text and '--image-column' in text and '--no-progress' in text
    monkeypatch.setattr(sys, 'argv', ['pack', *map(str,(im, c, tmp_path/'out')), *'--image-column filepath --caption-column title --shard-size 5 --no-progress'.split()])
    args,kw,_ = parse_cli(pack)
    assert pack(*args, **kw)['shards']==2

# real photographs

@pytest.mark.skipif(not (real/'flickr8k').is_dir(), reason=f'needs the photographs of flickr8k in {real.name}/flickr8k beside the checkout')
def test_flickr8k(tmp_path):
    about = pack(real/'flickr8k/Images', real/'flickr8k/captions.txt', tmp_path/'f', shard_size=100, resize=128, workers=2, progress=False)
    assert (about['samples'], about['captions'], about['shards'], about['skipped'])==(800, 4000, 8, {})
    every = {c.strip():n for n,cs in read_captions(real/'flickr8k/captions.txt').items() for c in cs}
    loader = ShardLoader(tmp_path/'f', train_transform(64), 32, workers=2)
    found = [c for _,cs,_ in loader for c in cs]
    assert len(found)==800 and set(found)<=set(every)
    assert loader.report().to_dict()==dict(seen=800, repeated=0, skipped=0, reasons={}, shards={})

@pytest.mark.skipif(not (real/'coco').is_dir(), reason=f'needs the images of coco in {real.name}/coco beside the checkout')
def test_coco(tmp_path):
    about = pack(real/'coco/train2017', real/'coco/annotations/captions_train2017.json', tmp_path/'c', shard_size=30, progress=False)
    assert (about['samples'], about['shards'], about['skipped'])==(80, 3, {})
    batches = list(read_all(tmp_path/'c', eval_transform(64), 32))
    assert sum(len(k) for *_,k in batches)==80
    names = list(read_captions(real/'coco/annotations/captions_train2017.json').values())
    assert [c for _,cs,_ in batches for c in cs]==[[o.strip() for o in cs if o.strip()] for cs in names]
