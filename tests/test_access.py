"`clippy.access`: where the files of every sample lie in a shard, found once and kept."
import shutil
from pathlib import Path

import numpy as np, pytest, webdataset as wds

from clippy.access import scan_shard,shard_index
from clippy.data import shard_list
from shards import jpeg, sample, spoilt, twice, write

@pytest.fixture(scope='module')
def faulty(tmp_path_factory): return spoilt(tmp_path_factory.mktemp('data')/'f', twice)

def test_index_agrees_with_webdataset(faulty):
    "Every file of every sample lies where the index says."
    for url in shard_list(faulty):
        index,data = scan_shard(url),Path(url).read_bytes()
        got = [{e:data[at:at+n] for e,(at,n) in index.files(i).items()}
               for i in range(len(index)) if not index.duplicate[i] and all(n>=0 for _,n in index.files(i).values())]
        want = [{k:v for k,v in s.items() if not k.startswith('__')}
                for s in wds.tarfile_to_samples(handler=lambda e: isinstance(e,ValueError))([dict(url=url)])
                if s['__key__'] not in ('00031',) or s['jpg']==jpeg(31)]
        assert len(got)>0 and got==[w for i,w in enumerate(want) if w not in want[:i]][:len(got)]

def test_index_is_kept(tmp_path, monkeypatch):
    "Beside the shard, or in the cache; a changed shard or half an index is looked at again."
    folder = write(tmp_path/'s', [sample(i) for i in range(6)], 3)
    shard,kept = folder/'00000.tar',folder/'.index/00000.tar.npz'
    a = shard_index(shard)
    assert kept.is_file() and [p.name for p in kept.parent.iterdir()]==[kept.name]
    monkeypatch.setattr('clippy.access.scan_shard', lambda p: pytest.fail('scanned again'))
    assert shard_index(shard).keys.tolist()==a.keys.tolist()==[b'00000',b'00001',b'00002']
    monkeypatch.undo()
    kept.write_bytes(kept.read_bytes()[:100])
    assert len(shard_index(shard))==3 and kept.stat().st_size>100
    shutil.copy(folder/'00001.tar', shard)
    assert shard_index(shard).keys[0]==b'00003'
    shutil.rmtree(kept.parent)
    kept.parent.write_text('in the way')
    monkeypatch.setenv('CLIPPY_CACHE', str(tmp_path/'cache'))
    assert len(shard_index(shard))==3 and len(list((tmp_path/'cache/index').iterdir()))==1
    (tmp_path/'file').write_text('')
    monkeypatch.setenv('CLIPPY_CACHE', str(tmp_path/'file'))
    assert len(shard_index(shard))==3

def test_an_index_that_was_not_made_here(tmp_path):
    "An index beside the shards that does not fit them, or is compressed, is made again."
    folder = write(tmp_path/'s', [sample(i) for i in range(4)], 4)
    shard,kept = folder/'00000.tar',folder/'.index/00000.tar.npz'
    want = shard_index(shard)
    parts = dict(np.load(kept))
    for change in (dict(offsets=parts['offsets']+10**9), dict(sizes=parts['sizes']*0-7),
                   dict(first=parts['first'][:-1]), dict(first=parts['first'][::-1].copy()),
                   dict(keys=parts['keys'][:2]), dict(duplicate=np.zeros((4,2),bool))):
        with open(kept,'wb') as f: np.savez(f, **parts|change)
        assert shard_index(shard).offsets.tolist()==want.offsets.tolist()
        assert shard_index(shard).first.tolist()==want.first.tolist()
    with open(kept,'wb') as f: np.savez_compressed(f, **parts)
    assert shard_index(shard).keys.tolist()==want.keys.tolist()
