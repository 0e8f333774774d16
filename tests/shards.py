"What the tests of shards and loaders use."
import io,json,struct,zlib
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

# fast pixels

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
