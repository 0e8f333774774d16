"`clippy.pack`: the same bytes each time, and what is left out."
import io,json,sys,tarfile
from pathlib import Path
import pytest
from fastcore.script import anno_parser,parse_cli
from PIL import Image
import clippy.pack as P
from clippy.captions import read_captions
from clippy.data import shard_list, train_transform
from clippy.pack import pack
from clippy.loader import ShardLoader
from shards import coco, jpeg, photo

real = Path(__file__).resolve().parents[2]/'shared/data'

# packing

def folder_of(tmp_path, n=9):
    (tmp_path/'im').mkdir()
    for i in range(n): (tmp_path/'im'/f'{i}.jpg').write_bytes(jpeg(i, (40+i,30)))
    rows = ''.join(f'caption {i}\t{i}.jpg\nother {i}\t{i}.jpg\n' for i in range(n))
    (tmp_path/'c.tsv').write_text('title\tfilepath\n'+rows)
    return tmp_path/'im', tmp_path/'c.tsv', dict(image_column='filepath', caption_column='title', progress=False)

def members(path):
    with tarfile.open(path) as t: return {m.name:t.extractfile(m).read() for m in t}

def test_pack_is_byte_for_byte(tmp_path):
    im,c,kw = folder_of(tmp_path)
    a = pack(im, c, tmp_path/'a', shard_size=4, workers=1, **kw)
    b = pack(im, c, tmp_path/'b', shard_size=4, workers=8, **kw)
    assert a['sha256']==b['sha256']!=pack(im, c, tmp_path/'c', shard_size=4, seed=1, **kw)['sha256']
    for name in '00000.tar','00002.tar','sizes.json':
        assert (tmp_path/'a'/name).read_bytes()==(tmp_path/'b'/name).read_bytes()
    files = members(tmp_path/'a/00000.tar')
    assert files['000000001.jpg']==(im/'1.jpg').read_bytes() and files['000000001.txt']==b'caption 1'
    about = dict(captions=['caption 1','other 1'], image='1.jpg', width=41, height=30)
    assert json.loads(files['000000001.json'])==about
    assert json.loads((tmp_path/'a/sizes.json').read_text())=={'00000.tar':4,'00001.tar':4,'00002.tar':1}
    assert {p.name for p in tmp_path.iterdir()}=={'im','c.tsv','a','b','c'}  # no temporary folder stays

def test_pack_formats_and_resize(tmp_path):
    (tmp_path/'im').mkdir()
    Image.new('RGBA', (90,60), (255,0,0,128)).save(tmp_path/'im/a.png')
    Image.new('RGB', (90,60), 'blue').save(tmp_path/'im/b.webp')
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new('RGB', (90,60), 'blue').save(tmp_path/'im/c.jpg', exif=exif)
    (tmp_path/'c.csv').write_text('image,caption\na.png,A\nb.webp,B\nc.jpg,C\n')
    pack(tmp_path/'im', tmp_path/'c.csv', tmp_path/'keep', progress=False)
    kept = members(tmp_path/'keep/00000.tar')
    assert kept['000000000.png']==(tmp_path/'im/a.png').read_bytes()
    assert kept['000000002.jpg']==(tmp_path/'im/c.jpg').read_bytes()
    assert Image.open(io.BytesIO(kept['000000001.jpg'])).format=='JPEG'
    assert [json.loads(kept[f'00000000{i}.json'])['width'] for i in range(3)]==[90,90,60]
    pack(tmp_path/'im', tmp_path/'c.csv', tmp_path/'small', resize=30, progress=False)
    small = members(tmp_path/'small/00000.tar')
    assert [Image.open(io.BytesIO(small[f'00000000{i}.jpg'])).size for i in range(3)]==[(45,30),(45,30),(30,45)]
    assert abs(Image.open(io.BytesIO(small['000000000.jpg'])).getpixel((20,10))[1]-127)<4  # half red on white

@pytest.mark.parametrize('size', [(90,60), (60,90), (64,64), (200,31), (31,200)])
@pytest.mark.parametrize('short', [0, 30, 31, 59, 60, 61, 64, 75, 90, 300])
def test_pack_resizes_by_the_short_side(tmp_path, size, short):
    """The short side gets the size, the long one keeps the shape; nothing is enlarged,
    and what is small enough is kept to the byte."""
    (tmp_path/'im').mkdir()
    photo(*size).save(tmp_path/'im/a.png')
    (tmp_path/'c.csv').write_text('image,caption\na.png,A\n')
    pack(tmp_path/'im', tmp_path/'c.csv', tmp_path/'out', resize=short, progress=False)
    files = members(tmp_path/'out/00000.tar')
    if not 0<short<min(size):
        assert files['000000000.png']==(tmp_path/'im/a.png').read_bytes()
        return
    w,h = Image.open(io.BytesIO(files['000000000.jpg'])).size
    assert min(w,h)==short and (w>h)==(size[0]>size[1]) and abs(max(w,h)-short*max(size)/min(size))<=1
    about = json.loads(files['000000000.json'])
    assert (about['width'], about['height'])==(w,h)

def test_pack_shuffles_and_counts(tmp_path):
    "A seed is an order of its own, and all are there; the captions that are counted are those that are in the shards."
    im,c,kw = folder_of(tmp_path)
    orders = []
    for name,seed in (('a',None),('b',0),('c',1),('d',1)):
        about = pack(im, c, tmp_path/name, shard_size=2, seed=seed, **kw)
        files = [f for shard in shard_list(tmp_path/name) for f in members(shard).items()]
        found = [json.loads(data) for k,data in files if k.endswith('.json')]
        orders.append([sample['image'] for sample in found])
        assert sorted(orders[-1])==[f'{i}.jpg' for i in range(9)] and about['samples']==9
        assert about['captions']==sum(len(sample['captions']) for sample in found)==18
        for sample in found:
            i = sample['image'][0]
            assert sample['captions']==[f'caption {i}', f'other {i}']
    assert orders[0]==[f'{i}.jpg' for i in range(9)]!=orders[1]!=orders[2]==orders[3]

def test_the_hash_is_over_all_of_it(tmp_path):
    "One byte at the end of 3 MB, a name, a number of samples: each is another data set."
    (tmp_path/'0.tar').write_bytes(bytes(3_000_000))
    seen = [P._digest(tmp_path, {'0.tar':1}), P._digest(tmp_path, {'0.tar':2})]
    (tmp_path/'0.tar').write_bytes(bytes(2_999_999)+b'x')
    seen.append(P._digest(tmp_path, {'0.tar':1}))
    (tmp_path/'0.tar').rename(tmp_path/'1.tar')
    seen.append(P._digest(tmp_path, {'1.tar':1}))
    assert len(set(seen))==4

def test_pack_reports_what_it_leaves_out(tmp_path):
    im,c,kw = folder_of(tmp_path)
    (im/'0.jpg').unlink()
    (im/'1.jpg').write_bytes(jpeg(1)[:-30])
    (im/'2.jpg').write_bytes(b'?')
    c.write_text(c.read_text()+' \t9.jpg\n')
    about = pack(im, c, tmp_path/'out', **kw)
    assert about['skipped']=={'missing file':1,'truncated image':1,'unreadable image':1,'no caption':1}
    assert (about['samples'], about['captions'])==(6,12)
    assert (tmp_path/'out/skipped.csv').read_text().splitlines()==['image,reason', '0.jpg,missing file',
        '1.jpg,truncated image', '2.jpg,unreadable image', '9.jpg,no caption']
    assert json.loads((tmp_path/'out/pack.json').read_text())==about

def test_pack_that_fails_leaves_nothing(tmp_path, monkeypatch):
    im,c,kw = folder_of(tmp_path)
    monkeypatch.setattr('clippy.pack._digest', lambda *_: 1/0)
    with pytest.raises(ZeroDivisionError): pack(im, c, tmp_path/'deep/out', **kw)
    assert list((tmp_path/'deep').iterdir())==[]

def test_pack_counts_captions_that_are_no_text(tmp_path, capsys):
    "No caption, half a character, an empty one beside others; names that are no UTF-8, or too long for a file."
    (tmp_path/'im').mkdir()
    for i in range(4): (tmp_path/'im'/f'{i}.jpg').write_bytes(jpeg(i))
    names = ['0.jpg','1.jpg','2.jpg','\ud800.jpg','x'*5000,'a\0b']
    captions = [(0,'fine'), (0,' '), (1,None), (2,'a cat'), (2,'half \ud83d'), (3,'x'), (4,'y'), (5,'z')]
    path = coco(tmp_path, [dict(id=i, file_name=n) for i,n in enumerate(names)],
                [dict(image_id=i, caption=c) for i,c in captions])
    about = pack(tmp_path/'im', path, tmp_path/'out', progress=False)
    assert about['skipped']=={'no caption':1, 'caption is not UTF-8':1, 'missing file':3}
    assert (about['samples'], about['captions'], about['empty_captions'])==(1,1,1)
    said = capsys.readouterr().out
    assert 'left out, caption is not UTF-8: 1\n' in said
    assert said.endswith('left out, empty captions of other images: 1\n')
    assert (tmp_path/'out/skipped.csv').read_text().splitlines()[2]=='2.jpg,caption is not UTF-8'

def test_command_line(tmp_path, monkeypatch):
    im,c,_ = folder_of(tmp_path)
    text = anno_parser(pack).format_help()
    assert 'Samples per shard' in text and '--image-column' in text and '--no-progress' in text
    given = '--image-column filepath --caption-column title --shard-size 5 --no-progress'.split()
    monkeypatch.setattr(sys, 'argv', ['pack', *map(str, (im, c, tmp_path/'out')), *given])
    args,kw,_ = parse_cli(pack)
    assert pack(*args, **kw)['shards']==2

# real photographs

@pytest.mark.skipif(not (real/'flickr8k').is_dir(),
                    reason=f'needs the photographs of flickr8k in {real.name}/flickr8k beside the checkout')
def test_flickr8k(tmp_path):
    about = pack(real/'flickr8k/Images', real/'flickr8k/captions.txt', tmp_path/'f', shard_size=100, resize=128,
                 workers=2, progress=False)
    assert (about['samples'], about['captions'], about['shards'], about['skipped'])==(800, 4000, 8, {})
    every = {c.strip():n for n,cs in read_captions(real/'flickr8k/captions.txt').items() for c in cs}
    loader = ShardLoader(tmp_path/'f', train_transform(64), 32, workers=2)
    found = [c for _,cs,_ in loader for c in cs]
    assert len(found)==800 and set(found)<=set(every)
    assert loader.report().to_dict()==dict(seen=800, repeated=0, skipped=0, reasons={}, shards={})
