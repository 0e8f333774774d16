"A checkpoint is whole on the disk before it has its name, and whatever lies in its place is read or refused in one sentence."
import json, os, shutil, zlib

import pytest, torch
from hypothesis import given, settings, strategies as st

import clippy.checkpoint as C
from clippy.checkpoint import checkpoints, read_checkpoint, write_checkpoint

def tensors(v=0.): return dict(model=dict(w=torch.full((3,2), v), b=torch.arange(4)))

def test_stale_rest_of_an_earlier_life(tmp_path):
    "`step_N` is there and beside it what a kill left: the step is written again, and nothing else is left."
    write_checkpoint(tmp_path/'step_3', tensors(1.), dict(step=3))
    for name in 'step_3.old.new','step_3.new':
        shutil.copytree(tmp_path/'step_3', tmp_path/name)
    write_checkpoint(tmp_path/'step_3', tensors(2.), dict(step=3))
    assert [p.name for p in tmp_path.iterdir()]==['step_3']
    assert read_checkpoint(tmp_path/'step_3')[0]['model']['w'].eq(2).all()

def test_files_with_these_names(tmp_path):
    for name in 'step_3','step_3.old.new','step_3.new': (tmp_path/name).write_text('a file')
    write_checkpoint(tmp_path/'step_3', tensors(), {})
    assert [p.name for p in tmp_path.iterdir()]==['step_3'] and checkpoints(tmp_path)==[tmp_path/'step_3']

def test_on_disk_before_it_has_its_name(tmp_path, monkeypatch):
    "Every file, whole.json and the folder are synced before the rename, and the folder above after it."
    calls,real = [],dict(fsync=os.fsync, replace=os.replace)
    where = lambda fd: os.path.basename(os.readlink(f'/proc/self/fd/{fd}'))
    monkeypatch.setattr(os, 'fsync', lambda fd: (calls.append(where(fd)), real['fsync'](fd)))
    monkeypatch.setattr(os, 'replace', lambda a,b: (calls.append(f'{os.path.basename(a)} -> {os.path.basename(b)}'), real['replace'](a, b)))
    write_checkpoint(tmp_path/'runs'/'step_1', tensors(), {})
    name = calls.index('step_1.new -> step_1')
    assert sorted(calls[:name])==['about.json','model.safetensors','step_1.new','whole.json'] and calls[name+1:]==['runs']
    assert calls.index('step_1.new')>max(calls.index(o) for o in ('about.json','model.safetensors','whole.json'))

@pytest.mark.parametrize('size', [1, 1<<22, (1<<22)+1, 8<<20])
def test_last_byte(tmp_path, size):
    "The checksum is of all bytes: one that is flipped at the end is noticed."
    write_checkpoint(tmp_path/'step_1', dict(model=dict(w=torch.zeros(size, dtype=torch.uint8))), {})
    path = tmp_path/'step_1'/'model.safetensors'
    data = bytearray(path.read_bytes())
    assert json.loads((tmp_path/'step_1'/'whole.json').read_text())[path.name]==[len(data), zlib.crc32(data)]
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match='model.safetensors is not what was written'): read_checkpoint(tmp_path/'step_1')

def test_what_is_not_listed_is_not_opened(tmp_path):
    at = write_checkpoint(tmp_path/'step_1', tensors(), {})
    (at/'more.safetensors').write_bytes(b'no tensors')
    assert list(read_checkpoint(at)[0])==['model']
    (tmp_path/'outside').write_bytes((at/'about.json').read_bytes())
    (at/'about.json').unlink()
    (at/'about.json').symlink_to(tmp_path/'outside')
    with pytest.raises(ValueError, match='about.json is missing'): read_checkpoint(at)

def listed(at): # whole.json as it fits the files
    files = [f for f in at.iterdir() if f.name!='whole.json']
    (at/'whole.json').write_text(json.dumps({f.name:[f.stat().st_size, zlib.crc32(f.read_bytes())] for f in files}))

@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.sampled_from(['model.safetensors','about.json','whole.json']), st.binary(max_size=40), st.integers(0, 400), st.booleans())
def test_whatever_bytes_it_holds(tmp_path_factory, name, data, place, whole):
    "Also where the list fits the damage, as in a checkpoint that somebody made by hand."
    folder = tmp_path_factory.getbasetemp()/'any'
    at = write_checkpoint(folder/'step_1', tensors(), dict(step=1))
    old = (at/name).read_bytes()
    (at/name).write_bytes(data if whole else old[:place]+data+old[place+len(data):])
    if name!='whole.json': listed(at)
    try: found,about = read_checkpoint(at)
    except ValueError as e: assert str(at) in str(e) and '\n' not in str(e)
    else: assert set(found)=={'model'} and isinstance(about, dict)

@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.dictionaries(st.sampled_from(['about.json','model.safetensors','..','/etc/passwd','a/b','\0','']), st.none() | st.integers() | st.lists(st.integers(-1, 99) | st.text(max_size=2), max_size=3)))
def test_whatever_the_list_says(tmp_path_factory, book):
    at = write_checkpoint(tmp_path_factory.getbasetemp()/'list'/'step_1', tensors(), {})
    (at/'whole.json').write_text(json.dumps(book))
    with pytest.raises(ValueError, match='step_1'): read_checkpoint(at)
