"A checkpoint is whole on the disk before it has its name; whatever lies in its place is read or refused in a sentence."
import json, os, random, shutil, zlib
from types import SimpleNamespace

import numpy as np
import pytest, torch
from hypothesis import given, settings, strategies as st

import clippy.checkpoint as C
from clippy.checkpoint import (checkpoints, gather_state, join_optimizer, read_checkpoint, scatter_state, sharded,
    split_optimizer, untied, write_checkpoint)
from clippy.step import skip_if_not_finite

def tensors(v=0.): return dict(model=dict(w=torch.full((3,2), v), b=torch.arange(4)))

def test_stale_rest_of_an_earlier_life(tmp_path):
    "`step_N` is there and beside it what a kill left: the step is written again, and nothing else is left."
    write_checkpoint(tmp_path/'step_3', tensors(1.), dict(step=3))
    for name in 'step_3.old.new','step_3.new':
        shutil.copytree(tmp_path/'step_3', tmp_path/name)
    write_checkpoint(tmp_path/'step_3', tensors(2.), dict(step=3))
    assert [p.name for p in tmp_path.iterdir()]==['step_3']
    assert read_checkpoint(tmp_path/'step_3')[0]['model']['w'].eq(2).all()

@pytest.mark.parametrize('was,now', [(False,True), (True,False)], ids=['from CPU to card','from card to CPU'])
def test_the_kernel_is_that_of_the_device(was, now):
    "A run that began with another kernel of AdamW goes on: the next steps are those of a run that never stopped."
    def begun(fused):
        torch.manual_seed(0)
        model = torch.nn.Linear(3, 2)
        return model, torch.optim.AdamW(model.parameters(), lr=.1, fused=fused)
    def steps(model, opt, n):
        for i in range(n):
            opt.zero_grad()
            norm = model(torch.full((1,3), 1.+i)).square().sum()
            norm.backward()
            skip_if_not_finite(opt, norm)
            opt.step()
    before,other = begun(was),begun(now)
    steps(*before, 3)
    tensors,plain = split_optimizer(before[1].state_dict())
    read = {k:v.clone() for k,v in tensors.items()},json.loads(json.dumps(plain)) # as from a file
    scatter_state(*other, before[0].state_dict(), join_optimizer(*read))
    for run in before,other: steps(*run, 2)
    for a,b in zip(before[0].parameters(), other[0].parameters()): assert torch.allclose(a, b, atol=1e-6)
    assert [bool(group['fused']) for group in other[1].param_groups]==[now]

def test_files_with_these_names(tmp_path):
    for name in 'step_3','step_3.old.new','step_3.new': (tmp_path/name).write_text('a file')
    write_checkpoint(tmp_path/'step_3', tensors(), {})
    assert [p.name for p in tmp_path.iterdir()]==['step_3'] and checkpoints(tmp_path)==[tmp_path/'step_3']

def test_on_disk_before_it_has_its_name(tmp_path, monkeypatch):
    "Every file, whole.json and the folder are synced before the rename, and the folder above after it."
    calls = []
    real = dict(fsync=os.fsync, replace=os.replace)
    def fsync(fd):
        calls.append(os.path.basename(os.readlink(f'/proc/self/fd/{fd}')))
        real['fsync'](fd)
    def replace(a, b):
        calls.append(f'{os.path.basename(a)} -> {os.path.basename(b)}')
        real['replace'](a, b)
    monkeypatch.setattr(os, 'fsync', fsync)
    monkeypatch.setattr(os, 'replace', replace)
    write_checkpoint(tmp_path/'runs'/'step_1', tensors(), {})
    name = calls.index('step_1.new -> step_1')
    assert sorted(calls[:name])==['about.json','model.safetensors','step_1.new','whole.json']
    assert calls[name+1:]==['runs']
    files = 'about.json','model.safetensors','whole.json'
    assert calls.index('step_1.new')>max(calls.index(f) for f in files)

@pytest.mark.parametrize('size', [1, 1<<22, (1<<22)+1, 8<<20])
def test_last_byte(tmp_path, size):
    "The checksum is of all bytes: one that is flipped at the end is noticed."
    write_checkpoint(tmp_path/'step_1', dict(model=dict(w=torch.zeros(size, dtype=torch.uint8))), {})
    path = tmp_path/'step_1'/'model.safetensors'
    data = bytearray(path.read_bytes())
    book = json.loads((tmp_path/'step_1'/'whole.json').read_text())
    assert book[path.name]==[len(data), zlib.crc32(data)]
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match='model.safetensors is not what was written'):
        read_checkpoint(tmp_path/'step_1')

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
    book = {f.name:[f.stat().st_size, zlib.crc32(f.read_bytes())] for f in files}
    (at/'whole.json').write_text(json.dumps(book))

@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.sampled_from(['model.safetensors','about.json','whole.json']), st.binary(max_size=40), st.integers(0, 400),
    st.booleans())
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
@given(st.dictionaries(st.sampled_from(['about.json','model.safetensors','..','/etc/passwd','a/b','\0','']),
    st.none() | st.integers() | st.lists(st.integers(-1, 99) | st.text(max_size=2), max_size=3)))
def test_whatever_the_list_says(tmp_path_factory, book):
    at = write_checkpoint(tmp_path_factory.getbasetemp()/'list'/'step_1', tensors(), {})
    (at/'whole.json').write_text(json.dumps(book))
    with pytest.raises(ValueError, match='step_1'): read_checkpoint(at)

# What a run goes on from --------------------------------------------------------------------------------------------

class Tied(torch.nn.Module):
    "One weight under two names, as a text tower's embeddings may be."
    def __init__(self, seed):
        super().__init__()
        torch.manual_seed(seed)
        self.a = torch.nn.Linear(4, 4, bias=False)
        self.b = torch.nn.Linear(4, 4, bias=False)
        self.b.weight = self.a.weight
    def forward(self, x): return self.b(self.a(x))

def test_tied_weights_come_back():
    "Kept under their first name only, they are both there again."
    one,two = Tied(0),Tied(1)
    kept = untied(one.state_dict())
    assert list(kept)==['a.weight']
    first,second = (torch.optim.SGD(model.parameters(), .5) for model in (one,two))
    scatter_state(two, second, kept, first.state_dict())
    assert torch.equal(two.b.weight, one.a.weight) and two.b.weight is two.a.weight

gloo = torch.distributed.is_available() and torch.distributed.is_gloo_available()

@pytest.mark.skipif(not gloo, reason='needs gloo')
def test_sharded_states_are_whole(tmp_path):
    "Of a sharded model plain tensors are gathered, which any other model, sharded or not, goes on from."
    import torch.distributed as dist
    from torch.distributed.fsdp import fully_shard
    def trained(seed):
        torch.manual_seed(seed)
        model = fully_shard(Tied(seed))
        opt = torch.optim.AdamW(model.parameters(), .1)
        model(torch.ones(2,4)).sum().backward()
        opt.step()
        return model,opt
    dist.init_process_group('gloo', init_method=f'file://{tmp_path}/store', rank=0, world_size=1)
    try:
        model,opt = trained(0)
        assert sharded(model) and not sharded(Tied(0))
        weights,moments = gather_state(model, opt)
        states = [v for s in moments['state'].values() for v in s.values()]
        flat = [*weights.values(), *(v for v in states if isinstance(v, torch.Tensor))]
        assert len(flat)>3 and not any(hasattr(v, 'placements') for v in flat)
        other,other_opt = trained(1)
        scatter_state(other, other_opt, {'a.weight':weights['a.weight']}, moments)
        again,more = gather_state(other, other_opt)
        assert all(torch.equal(again[k], weights[k]) for k in weights)
        for k,s in moments['state'].items():
            assert all(torch.equal(torch.as_tensor(more['state'][k][n]), torch.as_tensor(v)) for n,v in s.items())
    finally: dist.destroy_process_group()

def test_room_on_the_disk(tmp_path, monkeypatch):
    "Two percent and a megabyte more than the tensors: one byte less is a sentence, and no checkpoint is touched."
    size = 3*2*4+4*8 # of `tensors`
    asked = []
    def free(n):
        def usage(folder):
            asked.append(folder)
            return SimpleNamespace(free=n)
        monkeypatch.setattr(shutil, 'disk_usage', usage)
    free(int(1.02*size+(1<<20))+1)
    write_checkpoint(tmp_path/'step_1', tensors(), {})
    free(int(1.02*size+(1<<20))-1)
    with pytest.raises(OSError, match=r'A checkpoint of 0 MB does not fit on the disk of .*: 1 MB are free'):
        write_checkpoint(tmp_path/'step_2', tensors(), {})
    assert checkpoints(tmp_path)==[tmp_path/'step_1'] and all(str(tmp_path) in str(p) for p in asked)

def test_longer_than_it_was(tmp_path):
    "A file that grew is said to have grown."
    at = write_checkpoint(tmp_path/'step_1', tensors(), {})
    with open(at/'about.json', 'a') as f: f.write(' ')
    with pytest.raises(ValueError, match='about.json has 3 bytes and should have 2'): read_checkpoint(at)

def test_every_random_generator(monkeypatch):
    "Python's, NumPy's, torch's on the CPU and on the accelerator go on from where they were; the state is JSON."
    device = SimpleNamespace(state=torch.tensor([7,255], dtype=torch.uint8))
    device.get_rng_state = lambda: device.state
    device.set_rng_state = lambda state: setattr(device, 'state', state)
    monkeypatch.setattr(torch.accelerator, 'is_available', lambda: True)
    monkeypatch.setattr(torch, 'get_device_module', lambda *_: device)
    random.seed(3)
    np.random.seed(4)
    torch.manual_seed(5)
    np.random.normal() # this and the next keep a second number for later
    random.gauss(0, 1)
    state = json.loads(json.dumps(C.rng_state()))
    some = lambda: (random.random(), random.gauss(0, 1), np.random.rand(), np.random.normal(), torch.rand(2).tolist())
    want = some()
    device.state = torch.zeros(2, dtype=torch.uint8)
    some()
    C.set_rng_state(state)
    assert some()==want and device.state.tolist()==[7,255]

def test_captions_drawn_otherwise(tmp_path):
    "A checkpoint from before there were caption columns drew from all captions: no run with columns goes on from it."
    weighted,plain = (SimpleNamespace(fixed=dict(caption_column=c)) for c in (dict(raw=1., llava=.5), {}))
    check = C.Checkpoints.check_fixed
    for state in (plain, weighted): check(state, tmp_path, json.loads(json.dumps(state.fixed)))
    check(plain, tmp_path, {})
    for state,known in ((weighted,{}), (weighted,dict(caption_column=dict(raw=1.))), (plain,weighted.fixed)):
        with pytest.raises(ValueError, match='made with caption_column='): check(state, tmp_path, known)
