"`clippy.data`: fast pixels, packing, and real photographs."
import csv,io,json,struct,sys,tarfile,zlib
from collections import Counter
from pathlib import Path

import numpy as np, pytest, torch, webdataset as wds
from fastcore.script import anno_parser,parse_cli
from hypothesis import HealthCheck,given,settings,strategies as st
from PIL import Image

import clippy.data as D
import clippy.pack as P
from clippy.captions import read_captions
from clippy.data import Report, Unusable, draw_sample, eval_transform, fast_transform, normalize, open_image, sample_captions, shard_list, shard_sizes, to_rgb, train_transform
from clippy.pack import pack
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
    grey16 = Image.new('I;16', (2,1))
    grey16.putpixel((0,0),65535)
    grey16.putpixel((1,0),32768)
    assert [to_rgb(grey16).getpixel((i,0))[0] for i in range(2)]==[255,128]
    clear = Image.new('P', (1,1))
    clear.info['transparency'] = 0
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
@pytest.mark.parametrize('size,mean,most',
                         [((100,75),.5,1.6), ((90,170),.5,2.1), ((181,131),.5,1.6), ((413,301),1,9), ((1003,777),1,9)])
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
    rare = [saved(photo(200,150), 'PNG'), saved(photo(200,150), 'WEBP', lossless=True), saved(photo(200,150,'CMYK')),
            saved(photo(200,150), exif=exif),
        saved(photo(200,150), quality=90, progressive=True), saved(photo(200,150), quality=90,
            subsampling=0), saved(photo(3,2)), saved(photo(700,5))]
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

# packing

def folder_of(tmp_path, n=9):
    (tmp_path/'im').mkdir()
    for i in range(n): (tmp_path/'im'/f'{i}.jpg').write_bytes(jpeg(i, (40+i,30)))
    (tmp_path/'c.tsv').write_text('title\tfilepath\n'+''.join(f'caption {i}\t{i}.jpg\nother {i}\t{i}.jpg\n'
        for i in range(n)))
    return tmp_path/'im', tmp_path/'c.tsv', dict(image_column='filepath', caption_column='title', progress=False)

def members(path):
    with tarfile.open(path) as t: return {o.name:t.extractfile(o).read() for o in t}

def test_pack_is_byte_for_byte(tmp_path):
    im,c,kw = folder_of(tmp_path)
    a = pack(im, c, tmp_path/'a', shard_size=4, workers=1, **kw)
    b = pack(im, c, tmp_path/'b', shard_size=4, workers=8, **kw)
    assert a['sha256']==b['sha256']!=pack(im, c, tmp_path/'c', shard_size=4, seed=1, **kw)['sha256']
    assert all((tmp_path/'a'/o).read_bytes()==(tmp_path/'b'/o).read_bytes()
               for o in ('00000.tar','00002.tar','sizes.json'))
    files = members(tmp_path/'a/00000.tar')
    assert files['000000001.jpg']==(im/'1.jpg').read_bytes() and files['000000001.txt']==b'caption 1'
    assert json.loads(files['000000001.json'])==dict(captions=['caption 1','other 1'], image='1.jpg', width=41,
        height=30)
    assert json.loads((tmp_path/'a/sizes.json').read_text())=={'00000.tar':4,'00001.tar':4,'00002.tar':1}
    assert {o.name for o in tmp_path.iterdir()}=={'im','c.tsv','a','b','c'}  # no temporary folder stays

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
    assert kept['000000000.png']==(tmp_path/'im/a.png').read_bytes() and kept['000000002.jpg']==(tmp_path/'im/c.jpg').read_bytes()
    assert Image.open(io.BytesIO(kept['000000001.jpg'])).format=='JPEG'
    assert [json.loads(kept[f'00000000{i}.json'])['width'] for i in range(3)]==[90,90,60]
    pack(tmp_path/'im', tmp_path/'c.csv', tmp_path/'small', resize=30, progress=False)
    small = members(tmp_path/'small/00000.tar')
    assert [Image.open(io.BytesIO(small[f'00000000{i}.jpg'])).size for i in range(3)]==[(45,30),(45,30),(30,45)]
    assert abs(Image.open(io.BytesIO(small['000000000.jpg'])).getpixel((20,10))[1]-127)<4  # half red on white

@pytest.mark.parametrize('size', [(90,60), (60,90), (64,64), (200,31), (31,200)])
@pytest.mark.parametrize('short', [0, 30, 31, 59, 60, 61, 64, 75, 90, 300])
def test_pack_resizes_by_the_short_side(tmp_path, size, short):
    "The short side gets the size, the long one keeps the shape; nothing is enlarged, and what is small enough is kept to the byte."
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
        found = [json.loads(v) for o in shard_list(tmp_path/name) for k,v in members(o).items() if k.endswith('.json')]
        orders.append([o['image'] for o in found])
        assert sorted(orders[-1])==[f'{i}.jpg' for i in range(9)] and about['captions']==sum(len(o['captions'])
            for o in found)==18 and about['samples']==9
        assert all(o['captions']==[f"caption {o['image'][0]}", f"other {o['image'][0]}"] for o in found)
    assert orders[0]==[f'{i}.jpg' for i in range(9)]!=orders[1]!=orders[2]==orders[3]

def test_a_draw_is_fair_and_leaves_the_generator_alone():
    "Captions equally often, over 300 seeds; pixels and caption are of the seed alone; torch's own random numbers go on as if nothing had been."
    def transform(image): return torch.rand(2)
    found = [draw_sample(None, ['a','b','c'], transform, f'0 {e} x') for e in range(300)]
    assert all(70<n<130 for n in Counter(c for _,c in found).values()) and len({tuple(x.tolist()) for x,
        _ in found})==300
    torch.manual_seed(5)
    want = torch.rand(3)
    torch.manual_seed(5)
    again = draw_sample(None, ['a','b','c'], transform, '0 7 x')
    assert torch.equal(torch.rand(3), want) and torch.equal(again[0], found[7][0]) and again[1]==found[7][1]

def test_crops_cover_the_range():
    "Crops of the fast transform have the area that was asked for, and are not always at one place."
    ramp = Image.fromarray(np.stack([np.tile(np.arange(200, dtype=np.uint8),(200,1)),
                                     np.tile(np.arange(200, dtype=np.uint8)[:,None],(1,200)), np.zeros((200,200),
                                         np.uint8)], 2))
    for transform in (fast_transform(32, scale=(.25,.36)),
                      lambda im: train_transform(32, (0,0,0), (1,1,1), scale=(.25,.36))(im)*255):
        boxes = []
        for s in range(40):
            torch.manual_seed(s)
            x = transform(ramp).float()
            boxes.append([x[0,:,-1].mean()-x[0,:,0].mean(), x[1,-1].mean()-x[1,0].mean(), x[0,:,0].mean(),
                          x[1,0].mean()])
        w,h,left,top = torch.tensor(boxes).T
        assert (.2<(w*h/200**2)).all() and ((w*h/200**2)<.38).all() and left.std()>10 and top.std()>10

def test_the_hash_is_over_all_of_it(tmp_path):
    "One byte at the end of 3 MB, a name, a number of samples: each is another data set."
    (tmp_path/'0.tar').write_bytes(bytes(3_000_000))
    seen = [P._digest(tmp_path, {'0.tar':1}), P._digest(tmp_path, {'0.tar':2})]
    (tmp_path/'0.tar').write_bytes(bytes(2_999_999)+b'x')
    seen.append(P._digest(tmp_path, {'0.tar':1}))
    (tmp_path/'0.tar').rename(tmp_path/'1.tar')
    seen.append(P._digest(tmp_path, {'1.tar':1}))
    assert len(set(seen))==4

def test_evaluation_sees_the_centre():
    "The short side becomes the size, and the middle of the long one is kept; numbers are those of OpenAI's CLIP."
    from transformers.image_utils import OPENAI_CLIP_MEAN,OPENAI_CLIP_STD
    assert D.CLIP_MEAN==tuple(OPENAI_CLIP_MEAN) and D.CLIP_STD==tuple(OPENAI_CLIP_STD)
    ramp = Image.fromarray(np.tile(np.arange(200, dtype=np.uint8)[None,:,None], (100,1,3)))
    for image,axis in ((ramp,2), (ramp.transpose(Image.Transpose.TRANSPOSE),1)):
        x = eval_transform(50)(image)*torch.tensor(D.CLIP_STD)[:,None,None]+torch.tensor(D.CLIP_MEAN)[:,None,None]
        line = (x*255).select(3-axis, 25) # along the ramp
        torch.testing.assert_close(line, (50.5+2*torch.arange(50.)).expand(3,50), atol=1.5, rtol=0)

def test_pack_reports_what_it_leaves_out(tmp_path):
    im,c,kw = folder_of(tmp_path)
    (im/'0.jpg').unlink()
    (im/'1.jpg').write_bytes(jpeg(1)[:-30])
    (im/'2.jpg').write_bytes(b'?')
    c.write_text(c.read_text()+' \t9.jpg\n')
    about = pack(im, c, tmp_path/'out', **kw)
    assert about['skipped']=={'missing file':1,'truncated image':1,'unreadable image':1,'no caption':1}
    assert (about['samples'], about['captions'])==(6,12)
    assert (tmp_path/'out/skipped.csv').read_text().split()==['image,reason','0.jpg,missing','file','1.jpg,truncated',
        'image','2.jpg,unreadable','image','9.jpg,no','caption']
    assert json.loads((tmp_path/'out/pack.json').read_text())==about

def test_pack_that_fails_leaves_nothing(tmp_path, monkeypatch):
    im,c,kw = folder_of(tmp_path)
    monkeypatch.setattr('clippy.pack._digest', lambda *_: 1/0)
    with pytest.raises(ZeroDivisionError): pack(im, c, tmp_path/'deep/out', **kw)
    assert list((tmp_path/'deep').iterdir())==[]

@pytest.mark.parametrize('name,text,says',
                         [('c.csv', 'a,b\n1,2\n', r"no column 'image' or 'caption': its first line names \['a', 'b'\]"),
    ('c.parquet', 'x', 'not .\\.parquet'), ('c.json', '[1]', 'not a COCO captions file'), ('c.json', '{',
        'is not JSON'),
    ('c.json', '{"images": [{"id":1,"file_name":"a"}], "annotations": [{"image_id":1,"bbox":[]}]}',
     "'caption' not found"),
    ('c.csv', b'image,caption\na.jpg,caf\xe9\n', 'is not UTF-8')])
def test_captions_that_cannot_be_read(tmp_path, name, text, says):
    (tmp_path/name).write_bytes(text if isinstance(text,bytes) else text.encode())
    with pytest.raises(ValueError, match=says): read_captions(tmp_path/name)

# tables that are not what they seem

three = [('0.jpg','a dog, a cat'), ('1.jpg','"Stop" sign'), ('2.jpg','a 12" pizza')]

@pytest.mark.parametrize('name,text',
                         [('c.csv', 'image,caption\n0.jpg,"a dog, a cat"\n1.jpg,"""Stop"" sign"\n2.jpg,a 12" pizza\n'),
    ('c.tsv', 'image\tcaption\n0.jpg\ta dog, a cat\n1.jpg\t"Stop" sign\n2.jpg\ta 12" pizza\n'),
    ('c.tsv', 'image\tcaption\n0.jpg\t"a dog, a cat"\n1.jpg\t"""Stop"" sign"\n2.jpg\t"a 12"" pizza"'),
    ('c.csv', '\ufeffimage,caption\r\n0.jpg,"a dog, a cat"\r\n\r\n1.jpg,"""Stop"" sign"\r\n2.jpg,a 12" pizza\r\n'),
    ('c.txt', 'image,caption\r0.jpg,"a dog, a cat"\r1.jpg,"""Stop"" sign"\r2.jpg,a 12" pizza'),
    ('c.csv', 'n, caption ,image\n0,"a dog, a cat",0.jpg\n1,"""Stop"" sign",1.jpg\n2,a 12" pizza,2.jpg\n')])
def test_what_can_be_read_is_read_whole(tmp_path, name, text):
    "Commas, quotation marks, empty lines, a byte-order mark and any line end: three captions, to the letter."
    (tmp_path/name).write_bytes(text.encode())
    assert read_captions(tmp_path/name)=={k:[c] for k,c in three}

@pytest.mark.parametrize('text,want', [('0.jpg\t"open\n1.jpg\ta bird\n', {'0.jpg':['"open'], '1.jpg':['a bird']}),
    ('0.jpg\t"two\nlines"\n1.jpg\t"open', {'0.jpg':['two\nlines'], '1.jpg':['"open']}),
    ('0.jpg\t"open\n1.jpg\t"two\nlines, ""three"""\n2.jpg\tx"\n',
     {'0.jpg':['"open'], '1.jpg':['two\nlines, "three"'], '2.jpg':['x"']})])
def test_marks_in_a_tsv(tmp_path, text, want):
    "A field of several lines is one where its mark is closed before the next tab; else the mark is a letter."
    (tmp_path/'c.tsv').write_text('image\tcaption\n'+text)
    assert read_captions(tmp_path/'c.tsv')==want

@pytest.mark.parametrize('name,text,line',
                         [('c.csv', '0.jpg,a dog, a cat\n', 2), ('c.csv', '0.jpg,x\n1.jpg,"open\n2.jpg,y\n', 3),
                          ('c.csv', '0.jpg,"Stop" sign\n', 2),
    ('c.csv', '0.jpg,"open\n1.jpg,a bird\n2.jpg,a 12"\n', 2), ('c.csv', '0.jpg,x\n1.jpg\n', 3), ('c.tsv',
        '0.jpg\tx\ty\n', 2), ('c.tsv', '0.jpg\tx\n1.jpg\t"two\n\nthree\n', 5),
    ('c.csv', '7,"open\n8,a bird"\n', 2), ('c.csv', '0.jpg,x\n1.jpg,caf\udce9\n', 3), ('c.csv',
        '0.jpg,"a, b\nc"\n1.jpg,"x" y\n', 4)])
def test_a_line_that_cannot_be_read_is_named(tmp_path, name, text, line):
    "Too many fields, too few, an open mark, a mark that swallows rows: refused, with the number of the line."
    sep = ',' if name=='c.csv' else '\t'
    (tmp_path/name).write_bytes(f'image{sep}caption\n{text}'.encode(errors='surrogateescape'))
    with pytest.raises(ValueError, match=f'{name}, line {line}[:, ]'): read_captions(tmp_path/name)

def test_a_caption_of_any_length(tmp_path):
    (tmp_path/'c.csv').write_text('image,caption\n0.jpg,'+'very long '*20_000+'\n1.jpg,"'+'x'*200_000+'"\n')
    assert [len(c) for cs in read_captions(tmp_path/'c.csv').values() for c in cs]==[200_000]*2

def coco(tmp_path, images, annotations, bom=b''):
    (tmp_path/'c.json').write_bytes(bom+json.dumps(dict(images=images, annotations=annotations)).encode())
    return tmp_path/'c.json'

def test_coco_captions(tmp_path):
    "A byte-order mark, one file under two ids, captions that are no text; two files under one id and deep nesting are refused."
    images = [dict(id=1, file_name='a.jpg'), dict(id=2, file_name='a.jpg'), dict(id='x', file_name='b.jpg')]
    captions = [dict(image_id=i, caption=c) for i,c in ((1,'one'),(2,'two'),('x',None),('x',3),('x',['no']))]
    assert read_captions(coco(tmp_path, images, captions, b'\xef\xbb\xbf'))=={'a.jpg':['one','two'], 'b.jpg':['','','']}
    for bad,says in ((images+[dict(id=1, file_name='c.jpg')],'image id 1 names two files'),
                     ([dict(id=1, file_name=None)],'a file_name is text, not None')):
        with pytest.raises(ValueError, match=says): read_captions(coco(tmp_path, bad, []))
    for text,says in (('['*100_000,'nested too deeply'), ('{"images": 1}','not a COCO captions file'),
                      ('{"images": [{"id": [1], "file_name": "a"}]}','not a COCO'), ('{"n": %s}'%('9'*5000),
                          'is not JSON')):
        (tmp_path/'c.json').write_text(text)
        with pytest.raises(ValueError, match=says): read_captions(tmp_path/'c.json')

def test_pack_counts_captions_that_are_no_text(tmp_path, capsys):
    "No caption, half a character, an empty one beside others; names that are no UTF-8, or too long for a file."
    (tmp_path/'im').mkdir()
    for i in range(4): (tmp_path/'im'/f'{i}.jpg').write_bytes(jpeg(i))
    names = ['0.jpg','1.jpg','2.jpg','\ud800.jpg','x'*5000,'a\0b']
    captions = [(0,'fine'), (0,' '), (1,None), (2,'a cat'), (2,'half \ud83d'), (3,'x'), (4,'y'), (5,'z')]
    path = coco(tmp_path, [dict(id=i, file_name=n) for i,n in enumerate(names)],
                [dict(image_id=i, caption=c) for i,c in captions])
    about = pack(tmp_path/'im', path, tmp_path/'out', progress=False)
    assert about['skipped']=={'no caption':1, 'caption is not UTF-8':1, 'missing file':3} and (about['samples'],
        about['captions'], about['empty_captions'])==(1,1,1)
    assert 'left out, caption is not UTF-8: 1\n' in (said := capsys.readouterr().out) and said.endswith('left out, empty captions of other images: 1\n')
    assert (tmp_path/'out/skipped.csv').read_text().splitlines()[2]=='2.jpg,caption is not UTF-8'

few = settings(max_examples=150, deadline=None, derandomize=True,
               suppress_health_check=[HealthCheck.function_scoped_fixture])

def written(rows, sep, quote): # plain code, not the csv module
    cell = lambda c: '"'+c.replace('"','""')+'"' if quote or any(o in c for o in (sep,'"','\n','\r')) else c
    return ''.join(sep.join(map(cell, r))+'\n' for r in rows)

words = st.text(st.sampled_from('ab é"\',;\t{}='), min_size=1, max_size=9)

@few
@given(st.lists(words, min_size=1, max_size=6), st.booleans())
def test_any_caption_comes_back(tmp_path, captions, quote):
    "Property: what is written by the rules is read to the letter, from csv and tsv."
    rows = [(f'{i}.jpg', c) for i,c in enumerate(captions)]
    for name,sep in (('c.csv',','),('c.tsv','\t')):
        (tmp_path/name).write_text(written([('image','caption'), *rows], sep, quote), newline='')
        assert read_captions(tmp_path/name)=={k:[c] for k,c in rows}

@few
@given(st.text(st.sampled_from('ab.jpg,\t"\n\r \ufeff'), max_size=60) | st.text(max_size=60),
       st.sampled_from(['csv','tsv','json']))
def test_any_table_ends_in_a_sentence(tmp_path, text, kind):
    "Property: whatever a table holds, no letter is lost, or the error is a sentence that names the file."
    head = {'csv':'image,caption\n', 'tsv':'image\tcaption\n', 'json':''}[kind]
    (tmp_path/f'c.{kind}').write_bytes((head+text).encode())
    try: found = read_captions(tmp_path/f'c.{kind}')
    except ValueError as e: assert f'c.{kind}' in str(e)
    else:
        kept,gone = Counter(''.join(k+c for k,cs in found.items()
                                    for c in cs)),'\n\r",\t' # marks, ends and separators may go
        want = Counter(text) if kind!='json' else kept
        assert {k:n for k,n in want.items() if k not in gone}=={k:n for k,n in kept.items() if k not in gone}

json_like = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=4),
                         lambda o: st.lists(o,
                                            max_size=3) | st.dictionaries(st.sampled_from(['id','file_name','image_id',
                                                'caption','images','annotations','captions']), o, max_size=4), max_leaves=12)

@few
@given(st.dictionaries(st.sampled_from(['images','annotations']), json_like, min_size=1))
def test_any_json_ends_in_a_sentence(tmp_path, data):
    "Property: any JSON is captions as text, or a sentence."
    (tmp_path/'c.json').write_text(json.dumps(data))
    try: found = read_captions(tmp_path/'c.json')
    except ValueError as e: assert 'c.json' in str(e)
    else: assert all(isinstance(c,str) for k,cs in found.items() for c in [k,*cs])

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
                       st.binary(max_size=30) | json_like.map(lambda o: json.dumps({'captions':o}).encode())))
def test_any_sample_is_read_or_counted(files):
    "Property: captions that can be encoded, or the reason why there are none."
    try: captions = sample_captions(files)
    except Unusable as e: assert str(e) in ('no caption','empty caption','caption is not UTF-8','json is broken')
    else: assert captions and all(c.strip()==c!='' and c.encode() for c in captions)

@pytest.mark.parametrize('files,why',
                         [(dict(json=b'{"captions": ["a", "b \\ud83d"]}'),'caption is not UTF-8'),
                          (dict(json=b'['*100_000),'json is broken'),
    (dict(json=b'{"captions": 5}'),'json is broken'), (dict(json=b'{"captions": {"a": 1}}'),
        'json is broken'), (dict(json=b'[]'),'json is broken'), (dict(txt=b'\xed\xa0\xbd'),'caption is not UTF-8')])
def test_captions_of_a_sample(files, why):
    "Half a character, deep nesting, no list: a reason that is counted, before any tokenizer."
    with pytest.raises(Unusable, match=f'^{why}$'): sample_captions(files)

def test_a_mark_at_the_beginning_of_a_sample(): # as Windows writes text files
    assert sample_captions(dict(txt='\ufeffa dog'.encode()))==sample_captions(dict(json=b'\xef\xbb\xbf{"captions": "a dog"}'))==['a dog']

def test_command_line(tmp_path, monkeypatch):
    im,c,_ = folder_of(tmp_path)
    text = anno_parser(pack).format_help()
    assert 'Samples per shard' in text and '--image-column' in text and '--no-progress' in text
    monkeypatch.setattr(sys, 'argv',
                        ['pack', *map(str,(im, c, tmp_path/'out')),
                         *'--image-column filepath --caption-column title --shard-size 5 --no-progress'.split()])
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

@pytest.mark.skipif(not (real/'coco').is_dir(),
                    reason=f'needs the images of coco in {real.name}/coco beside the checkout')
def test_coco(tmp_path):
    about = pack(real/'coco/train2017', real/'coco/annotations/captions_train2017.json', tmp_path/'c', shard_size=30,
                 progress=False)
    assert (about['samples'], about['shards'], about['skipped'])==(80, 3, {})
    batches = list(read_all(tmp_path/'c', eval_transform(64), 32))
    assert sum(len(k) for *_,k in batches)==80
    names = list(read_captions(real/'coco/annotations/captions_train2017.json').values())
    assert [c for _,cs,_ in batches for c in cs]==[[o.strip() for o in cs if o.strip()] for cs in names]

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
