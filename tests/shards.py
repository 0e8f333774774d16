"What the tests of shards and loaders use."
import io,json,struct,tarfile,zlib
from pathlib import Path
import numpy as np, torch, webdataset as wds
from hypothesis import HealthCheck,settings,strategies as st
from PIL import Image

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

# Damaged shards

reasons = {'no image':1, 'no caption':1, 'empty caption':2, 'caption is not UTF-8':1, 'json is broken':1,
    'truncated image':1, 'unreadable image':1, 'image too large':1, 'truncated shard':6, 'missing from shard':3}

def spoilt(folder, more={}):
    """80 samples in shards of 10: nine ways to be broken and `more`, by number; one shard is cut in the middle of a
    member, one at a member's edge."""
    ok = dict(jpg=jpeg())
    broken = {3:dict(txt=b'no image'), 11:ok, 12:dict(ok, txt=b' \n'), 13:dict(ok, txt=b'caf\xe9'),
        24:dict(ok, json=b'{"captions": ['), 25:dict(jpg=jpeg()[:-30], txt=b'x'), 26:dict(jpg=b'GIF?', txt=b'x'),
        27:dict(png=bomb(), txt=b'x'), 28:dict(ok, json=b'{"captions": ["", null]}')}
    broken |= more
    write(folder, [broken.get(i, sample(i)) for i in range(80)], 10)
    for n,(name,most) in {5:('00054.jpg',700), 6:('00067.jpg',0)}.items(): # 54..59 and 67..69 are lost
        path = folder/f'{n:05d}.tar'
        with tarfile.open(path) as t: at = t.getmember(name).offset
        path.write_bytes(path.read_bytes()[:at+most])
    return folder

twice = {34:dict(sample(33), __key__='00033'), 38:dict(sample(31), __key__='00031')} # samples with the key of another

# Fast pixels

def photo(w, h, mode='RGB'):
    noise = np.random.default_rng(w).normal(0, 9, (h,w,1))
    smooth = np.asarray(Image.radial_gradient('L').resize((w,h)).convert('RGB')).astype(float)*[1,.7,.4]
    return Image.fromarray((smooth+noise).clip(0,255).astype(np.uint8)).convert(mode)

def saved(image, kind='JPEG', **kw):
    image.save(b:=io.BytesIO(), kind, **kw)
    return b.getvalue()

def coco(tmp_path, images, annotations, bom=b''):
    (tmp_path/'c.json').write_bytes(bom+json.dumps(dict(images=images, annotations=annotations)).encode())
    return tmp_path/'c.json'

few = settings(max_examples=150, deadline=None, derandomize=True,
               suppress_health_check=[HealthCheck.function_scoped_fixture])

coco_keys = st.sampled_from(['id','file_name','image_id','caption','images','annotations','captions'])

def nested(inner): return st.lists(inner, max_size=3) | st.dictionaries(coco_keys, inner, max_size=4)

plain_values = st.none() | st.booleans() | st.integers() | st.text(max_size=4)

json_like = st.recursive(plain_values, nested, max_leaves=12)

def epoch(loader, e=0, start=0):
    loader.set_epoch(e, start)
    return list(loader)

def flat(batches): return [c for _,cs,_ in batches for c in cs]

def same(a, b): # batches, to the pixel
    return len(a)==len(b) and all(torch.equal(x,y) and c==d and k==l for (x,c,k),(y,d,l) in zip(a,b))
