"`clippy.repack`: shards packed again lose nothing, and what was damaged is counted."
import gzip, io, json, tarfile
from collections import Counter
from random import Random

import pytest
from PIL import Image

from clippy.data import train_transform
from clippy.loader import ShardLoader
from clippy.pack import pack
from shards import flat, ids, jpeg, reasons, sample, saved, spoilt, twice, write

def samples_of(folder): # [ending -> bytes], in order, by plain code
    found = []
    for path in sorted(folder.glob('*.tar')):
        with tarfile.open(path) as t:
            for m in t:
                key,_,ending = m.name.partition('.')
                if not found or found[-1][0]!=(path.name,key): found.append(((path.name,key), {}))
                found[-1][1][ending] = t.extractfile(m).read()
    return [files for _,files in found]

def rich(i): # files of many kinds
    files = dict(jpg=jpeg(i), txt=f'{i} a'.encode(), cls=str(i).encode(), json=json.dumps(dict(n=i, width=24)).encode())
    return files | {'seg.png':saved(Image.new('L', (24,20), i), 'PNG'), 'json.gz':gzip.compress(b'{}')}

@pytest.mark.parametrize('seed', [None,0,1])
def test_every_file_goes_along(tmp_path, seed):
    "Shards of 4 become shards of 5: every byte of every file, in the order of the seed by plain shuffling."
    old = write(tmp_path/'old', [rich(i) for i in range(13)], 4)
    about = pack(str(old), tmp_path/'new', shard_size=5, seed=seed, progress=False)
    want = list(range(13))
    if seed is not None: Random(seed).shuffle(want)
    given = samples_of(old) # whose json.gz webdataset's writer has compressed once more
    assert [s['cls'] for s in given]==[str(i).encode() for i in range(13)] and {*given[0]}=={*rich(0)}
    assert samples_of(tmp_path/'new')==[given[i] for i in want]
    assert json.loads((tmp_path/'new/sizes.json').read_text())=={'00000.tar':5, '00001.tar':5, '00002.tar':3}
    assert (about['samples'], about['captions'], about['skipped'])==(13, 13, {})
    again = pack(f'{old}/{{00000..00003}}.tar', tmp_path/'again', shard_size=5, seed=seed, workers=1, progress=False)
    assert again['sha256']==about['sha256']
    found = flat(ShardLoader(tmp_path/'new', train_transform(8), 13, workers=0, shuffle=0))
    assert ids(found)==want

def test_smaller_images(tmp_path):
    "The image alone is made anew, with its size in the json; one that is small enough is kept, as is a webp."
    webp = saved(Image.new('RGB', (20,16), 'red'), 'WEBP')
    png = saved(Image.new('RGB', (60,40), 'blue'), 'PNG')
    old = write(tmp_path/'old', [dict(webp=webp, txt=b'small', json=b'{"width": 20}'),
        dict(png=png, json=b'{"caption": "large", "width": 60, "height": 40, "x": "\xc3\xa9"}', cls=b'1')], 2)
    pack(str(old), tmp_path/'new', resize=20, progress=False)
    small,large = samples_of(tmp_path/'new')
    assert small==dict(webp=webp, txt=b'small', json=b'{"width": 20}')
    assert Image.open(io.BytesIO(large['jpg'])).size==(30,20) and sorted(large)==['cls','jpg','json','txt']
    assert json.loads(large['json'])==dict(caption='large', width=30, height=20, x='é') and large['txt']==b'large'

def test_damage_is_counted_as_the_loader_does(tmp_path):
    "Broken samples, keys that come twice, cut shards: the same reasons and numbers, each with its name."
    old = spoilt(tmp_path/'old', twice)
    about = pack(str(old), tmp_path/'new', progress=False)
    want = Counter(reasons) + Counter({'duplicate key':2})
    rows = (tmp_path/'new/skipped.csv').read_text().splitlines()[1:]
    assert about['skipped']==dict(want) and len(rows)==want.total() and about['samples']==80-want.total()
    assert '00003.tar/00033,duplicate key' in rows and '00005.tar/00054,truncated shard' in rows
    assert pack(str(old), tmp_path/'seed', seed=3, progress=False)['skipped']==about['skipped']

def test_from_anywhere(tmp_path):
    "Compressed, or through a pipe: the same bytes. Columns that a sample must have; names that no shard can hold."
    old = write(tmp_path/'old', [sample(i) for i in range(5)], 5)
    want = pack(str(old), tmp_path/'a', progress=False)['sha256']
    (tmp_path/'z.tar.gz').write_bytes(gzip.compress((old/'00000.tar').read_bytes()))
    assert pack(tmp_path/'z.tar.gz', tmp_path/'b', progress=False)['sha256']==want
    assert pack(f'pipe:cat {old}/00000.tar', tmp_path/'c', progress=False)['sha256']==want
    two = write(tmp_path/'two', [dict(jpg=jpeg(), txt=b'a', json=b'{"llava": "b"}'), dict(jpg=jpeg(), txt=b'a')], 2)
    about = pack(str(two), tmp_path/'d', caption_column='llava', progress=False)
    assert about['skipped']=={'no caption in these columns':1}
    with tarfile.open(tmp_path/'odd.tar', 'w') as t:
        for name,data in (('1.jpg',jpeg()), ('1.txt',b'a'), ('1._x',b'b'), ('2.jpg',jpeg()), ('2.txt',b'a')):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            t.addfile(info, io.BytesIO(data))
    assert pack(tmp_path/'odd.tar', tmp_path/'e', progress=False)['skipped']=={'odd name of a file':1}
    (old/'sizes.json').write_text('{"00000.tar": 100000000}')
    with pytest.raises(ValueError, match='00000.tar holds 5 samples, and the sizes.json beside it says 100,000,000'):
        pack(str(old), tmp_path/'f', progress=False)
    assert not (tmp_path/'f').exists()
