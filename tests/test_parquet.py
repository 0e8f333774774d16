"`clippy.parquet`, packed: the same bytes as from a folder, and whatever a table holds is used, counted or refused."
import json, shutil, sys, tarfile
from random import Random

import pytest
from hypothesis import given, strategies as st
from PIL import Image

pa = pytest.importorskip('pyarrow', reason='pyarrow is optional')
pq = pytest.importorskip('pyarrow.parquet', reason='pyarrow is optional')

from clippy.captions import read_columns
from clippy.cli import cli
from clippy.data import train_transform
from clippy.loader import ShardLoader
from clippy.pack import pack, parquet_source
from clippy.parquet import Rows
from shards import few, jpeg, saved

names = [f'{i}.jpg' for i in range(11)]
files = [jpeg(i, (40+i,30)) for i in range(11)]
captions = [[f'caption {i}'] if i%2 else [f'caption {i}', f'other {i}'] for i in range(11)]

def members(folder): # name -> bytes, of all shards
    found = {}
    for path in sorted(folder.glob('*.tar')):
        with tarfile.open(path) as t: found |= {f'{path.name}/{m.name}':t.extractfile(m).read() for m in t}
    return found

def write(path, **columns):
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path, row_group_size=4)

@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    "Images and a csv; the same as parquet, in two files, each image in a cell."
    d = tmp_path_factory.mktemp('parquet')
    (d/'im').mkdir()
    for name,data in zip(names, files): (d/'im'/name).write_bytes(data)
    rows = ''.join(f'{n},{c}\n' for n,cs in zip(names, captions) for c in cs)
    (d/'c.csv').write_text('image,caption\n'+rows)
    cells = [dict(bytes=data, path=name) for name,data in zip(names, files)]
    for k,part in enumerate((slice(0,6), slice(6,11))):
        write(d/f'hub/data/train-0000{k}-of-00002.parquet', image=cells[part], caption=captions[part])
    return d

# what is in a table --------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('how', [{}, dict(seed=5), dict(seed=5, resize=20, shard_size=4)], ids=str)
def test_the_same_bytes_as_from_a_folder(folder, tmp_path, how):
    "Order, seed, sizes and captions: a data set of parquet files is packed as its images and captions would be."
    a = pack(folder/'im', folder/'c.csv', tmp_path/'a', progress=False, **how)
    b = pack(folder/'hub', tmp_path/'b', progress=False, workers=1, **how)
    c = pack(f'{folder}/hub/**/*.parquet', None, tmp_path/'c', progress=False, workers=7, **how)
    assert a['sha256']==b['sha256']==c['sha256'] and members(tmp_path/'a')==members(tmp_path/'b')
    assert (b['samples'], b['captions'], b['skipped'])==(11, 17, {})
    assert {p.name for p in tmp_path.iterdir()}=={'a','b','c'} and not (tmp_path/'b/scratch').exists()

def test_kinds_of_columns(folder, tmp_path):
    "Bytes alone, names of files, a cell of both where one is empty, long strings, categories: the same images."
    want = list(members_of(folder, tmp_path/'want').values())
    place = tmp_path/'im'
    shutil.copytree(folder/'im', place/'files')
    paths = [f'files/{n}' for n in names]
    half = [dict(bytes=None if i%2 else data, path=path) for i,(data,path) in enumerate(zip(files, paths))]
    kinds = dict(bytes=pa.array(files), large=pa.array(files, pa.large_binary()), names=pa.array(paths),
                 both=pa.array(half), category=pa.array(paths).dictionary_encode())
    text = pa.array(captions, pa.large_list(pa.large_string()))
    for kind,column in kinds.items():
        write(place/f'{kind}.parquet', pixels=column, text=text)
        how = dict(image_column='pixels', caption_column='text', progress=False)
        about = pack(place/f'{kind}.parquet', tmp_path/kind, **how)
        assert about['samples']==11, about
        assert [data for name,data in members(tmp_path/kind).items() if name.endswith('.jpg')]==want

def members_of(folder, out): # the images as they are packed from the folder
    pack(folder/'im', folder/'c.csv', out, progress=False)
    return {name:data for name,data in members(out).items() if name.endswith('.jpg')}

def test_what_is_left_out_is_counted(tmp_path):
    "Nothing, no image, half of one, one that is too large, names that are not there or lead away; captions of no use."
    (tmp_path/'secret.jpg').write_bytes(jpeg())
    cells = [dict(bytes=jpeg(), path=None), None, dict(bytes=None, path=None), dict(bytes=b'GIF?', path='a.gif'),
        dict(bytes=jpeg()[:-30], path=''), dict(bytes=saved(Image.effect_noise((400,400), 90), 'PNG'), path='b.png'),
        dict(bytes=None, path='gone.jpg'), dict(bytes=None, path='../secret.jpg'),
        dict(bytes=None, path=str(tmp_path/'secret.jpg')), *[dict(bytes=jpeg(), path='c.jpg')]*4]
    text = [b'fine']*9 + [None, b'  ', b'caf\xe9', b'last']
    latin = pa.Array.from_buffers(pa.string(), len(text), pa.array(text, pa.binary()).buffers())
    write(tmp_path/'set/data.parquet', image=cells, caption=latin)
    about = pack(tmp_path/'set', tmp_path/'out', progress=False, max_sample_mb=.05)
    assert about['samples']==2 and about['skipped']=={'no image':2, 'unreadable image':1, 'truncated image':1,
        'sample too large':1, 'missing file':1, 'name leads out of the folder':2, 'no caption':2,
        'caption is not UTF-8':1}
    rows = (tmp_path/'out/skipped.csv').read_text().splitlines()
    assert len(rows)==12 and rows[:2]==['image,reason', 'data.parquet#1,no image']
    again = pack(tmp_path/'set', tmp_path/'again', progress=False, max_sample_mb=.05, seed=1)
    assert again['skipped']==about['skipped'] and again['samples']==2

def test_tables_of_img2dataset(tmp_path):
    "A table beside each folder: key, status and caption; the image by its key, whatever its ending."
    place = tmp_path/'set'
    for k,ending in enumerate(('jpg','png')):
        keys = [f'{k}{i:04d}' for i in range(4)]
        (place/f'0000{k}').mkdir(parents=True)
        for i in (0,1,3): Image.new('RGB', (9+i,9)).save(place/f'0000{k}/{keys[i]}.{ending}')
        write(place/f'0000{k}.parquet', key=[*keys, '../x', None], caption=[f'c {key}' for key in keys]+['x','y'],
              status=['success','success','failed_to_download','success',None,'success'])
    about = pack(place, tmp_path/'out', progress=False)
    assert about['skipped']=={'not downloaded: failed_to_download':2, 'name leads out of the folder':2, 'no key':2}
    found = members(tmp_path/'out')
    assert [data.decode() for name,data in found.items() if name.endswith('.txt')]==[
        f'c {k}000{i}' for k in (0,1) for i in (0,1,3)]
    assert json.loads(found['00000.tar/000000004.json'])['image']=='00001/10001.png'
    one = pack(place, tmp_path/'one', seed=2, progress=False)
    assert one['sha256']==pack(place, tmp_path/'two', seed=2, workers=1, progress=False)['sha256']!=about['sha256']

def test_several_columns(folder, tmp_path):
    "Kept apart from parquet and csv, the same bytes; training draws from them, and a missing one is no loss."
    raw = [f'{i} raw' for i in range(11)]
    llava = [None if i==3 else [f'{i} llava', f'{i} llava too'] for i in range(11)]
    write(tmp_path/'c.parquet', file=names, raw=raw, llava=llava)
    how = dict(caption_column='raw,llava', image_column='file', progress=False)
    pack(folder/'im', tmp_path/'c.parquet', tmp_path/'a', **how)
    about = json.loads(members(tmp_path/'a')['00000.tar/000000003.json'])
    assert about['columns']==dict(raw=['3 raw']) and about['captions']==['3 raw']
    assert json.loads(members(tmp_path/'a')['00000.tar/000000004.json'])['columns']==dict(raw=['4 raw'], llava=llava[4])
    cells = [dict(bytes=data, path=name) for name,data in zip(names, files)]
    write(tmp_path/'hub/all.parquet', file=cells, raw=raw, llava=llava)
    pack(tmp_path/'hub', tmp_path/'b', **how)
    assert members(tmp_path/'a')==members(tmp_path/'b')
    loader = ShardLoader(tmp_path/'a', train_transform(8), 11, workers=0, columns=dict(raw=1e-6, llava=1))
    found = {c for _,cs,_ in loader for c in cs}
    assert sum('raw' in c for c in found)==1 and '3 raw' in found and loader.report().total==0
    assert read_columns(tmp_path/'c.parquet', 'file', 'llava')['3.jpg']==dict(llava=[])

# what is refused -----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('given,says', [
    (dict(image_column='imagee'), "no column 'imagee': it has image, caption, n, many. .* Did you mean image"),
    (dict(caption_column='captoin'), "no column 'captoin'.*--caption-column. Did you mean caption"),
    (dict(caption_column='n'), "'n' of .* holds int64, and captions are text or lists of text"),
    (dict(caption_column='caption,image'), "'image' of .* holds struct"),
    (dict(image_column='many'), "'many' of .* holds list.*, and images are bytes, names of files, or both"),
    (dict(image_column='n'), "'n' of .* holds int64")])
def test_columns_that_cannot_be(tmp_path, given, says):
    "A sentence with the columns that there are, before anything is written."
    write(tmp_path/'set/x.parquet', image=[dict(bytes=jpeg())], caption=['a'], n=[1], many=[[dict(bytes=jpeg())]])
    with pytest.raises(ValueError, match=says): pack(tmp_path/'set', tmp_path/'out', progress=False, **given)
    assert not (tmp_path/'out').exists()

def test_files_that_cannot_be(folder, tmp_path, monkeypatch):
    "Several splits, a file that was cut or spoilt inside, one of other columns, no pyarrow: a sentence each."
    place = tmp_path/'set'
    shutil.copytree(folder/'hub', place)
    train = place/'data/train-00001-of-00002.parquet'
    def refused(says, kind=ValueError):
        with pytest.raises(kind, match=says): pack(place, tmp_path/'out', progress=False)
        assert [p.name for p in tmp_path.iterdir()]==['set']
    shutil.copy(train, place/'data/test-00000-of-00001.parquet')
    refused(r"files of several splits \(test, train\): name those of one")
    (place/'data/test-00000-of-00001.parquet').unlink()
    whole = train.read_bytes()
    train.write_bytes(whole[:-100])
    refused('train-00001-of-00002.parquet is not a whole parquet file')
    start = Rows(folder/'hub/data'/train.name).file.metadata.row_group(0).column(0).data_page_offset
    train.write_bytes(whole[:start]+b'\xff'*60+whole[start+60:])
    refused('train-00001-of-00002.parquet is damaged after row 0: .*Fetch it again')
    write(train, picture=['a'], caption=['b'])
    refused("train-00001-of-00002.parquet has no column 'image'")
    monkeypatch.setitem(sys.modules, 'pyarrow', None)
    refused(r'needs pyarrow.*which is optional: pip install "clippy-vl\[parquet\]')

@few
@given(st.binary(min_size=1, max_size=4), st.floats(0, 1))
def test_any_spoilt_file_ends_in_a_sentence(folder, tmp_path, junk, where):
    "Property: bytes overwritten anywhere: what is read is whole samples, or the error names the file."
    data = (folder/'hub/data/train-00001-of-00002.parquet').read_bytes()
    at = int(where*(len(data)-4))
    path = tmp_path/'x.parquet'
    path.write_bytes(data[:at]+junk+data[at+len(junk):])
    try: items = list(parquet_source(path, 'image', 'caption', 0, 1e6).items)
    except ValueError as e: assert 'x.parquet' in str(e)
    else: assert len(items)==5

# how it is done ------------------------------------------------------------------------------------------------------

def test_no_table_is_in_memory(tmp_path):
    "A file of 48 MB in one group of rows is read in less than half of that."
    noise = Random(0).randbytes(1<<20)
    table = pa.table(dict(image=[noise]*48, caption=['x']*48))
    pq.write_table(table, tmp_path/'x.parquet', use_dictionary=False, compression='none', write_batch_size=1)
    del table
    before = pa.total_allocated_bytes()
    most = 0
    for _ in Rows(tmp_path/'x.parquet').read(['image','caption']): most = max(most, pa.total_allocated_bytes()-before)
    assert 1e6<most<20e6

def test_interrupted_and_done_again(folder, tmp_path, monkeypatch):
    "A pack that is stopped in the middle leaves nothing, and the same command gives the same bytes."
    want = pack(folder/'hub', tmp_path/'want', seed=3, shard_size=2, progress=False)['sha256']
    calls = iter(range(100))
    own = Rows.read
    def stopped(self, columns):
        for row in own(self, columns):
            if next(calls)==7: raise KeyboardInterrupt
            yield row
    with monkeypatch.context() as m, pytest.raises(KeyboardInterrupt):
        m.setattr(Rows, 'read', stopped)
        pack(folder/'hub', tmp_path/'out', seed=3, shard_size=2, progress=False)
    assert [p.name for p in tmp_path.iterdir()]==['want']
    assert pack(folder/'hub', tmp_path/'out', seed=3, shard_size=2, progress=False)['sha256']==want

def test_arguments_in_any_order(folder, tmp_path, capsys):
    "Two arguments or three, with options between them."
    hub,im,c = (str(folder/p) for p in ('hub','im','c.csv'))
    for k,args in enumerate(([hub,'OUT','--no-progress'], [hub,'--no-progress','OUT'], [im,c,'--no-progress','OUT'],
                             ['--no-progress',im,'--seed','1',c,'OUT'])):
        assert cli(['pack', *(str(tmp_path/f'{k}') if a=='OUT' else a for a in args)])==0
        assert f'{k}: 11 images with 17 captions' in capsys.readouterr().out
    assert cli(['pack', im, c])==1 and 'c.csv is a file: name a new folder' in capsys.readouterr().err
    assert cli(['pack', im, str(tmp_path/'x')])==1
    assert 'no shards and no parquet files: name the captions' in capsys.readouterr().err
