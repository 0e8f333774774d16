"What travels arrives as it was, in order; and numbers do not depend on who reads, how many, or where it was stopped."
import json, os, signal, time
from multiprocessing import Pipe
from pathlib import Path
from types import SimpleNamespace

import numpy as np, psutil, pytest, torch
from hypothesis import given, settings, strategies as st
from PIL import Image

from clippy import eval as E
from clippy.eval import evaluate, find_task, pick_protocol
from clippy.pipeline import (Ahead, Hands, Later, Packed, Sent, Soon, Writer, answered, can_fork, deaths_told,
    readers_for, together, unpack)
from clippy.protocol import image_transform
from clippy.saved import load
from clippy.segment_masks import MaskSource
from processes import begin

quick = settings(max_examples=40, deadline=None, derandomize=True)

@pytest.fixture(scope='module')
def model(): return load('scenes')

@pytest.fixture(scope='module')
def photographs(tmp_path_factory):
    "30 images of three shapes with masks, as a folder of one's own."
    d,rng = tmp_path_factory.mktemp('photographs'),np.random.default_rng(0)
    for k in 'images','masks': (d/k).mkdir()
    for i in range(30):
        shape = ((48,64),(64,48),(48,80))[i*7%3]
        Image.fromarray(rng.integers(0, 256, (*shape,3), dtype=np.uint8)).save(d/f'images/{i:02}.png')
        Image.fromarray(rng.choice([0,1,2,255], shape).astype(np.uint8)).save(d/f'masks/{i:02}.png')
    (d/'names.txt').write_text('boat\ncat\nflower\n')
    return d

# On the way -----------------------------------------------------------------------------------------------------------

shapes = st.sampled_from([(3,4,4),(3,4,6),(2,),()])
kinds = st.sampled_from([torch.uint8, torch.float32, torch.int64])

tensors = st.builds(lambda shape, k, kind: torch.full(shape, k).to(kind), shapes, st.integers(0, 40), kinds)

samples = st.recursive(tensors | st.integers() | st.text(max_size=3), lambda inner: st.lists(inner, max_size=3) |
    st.dictionaries(st.text(max_size=2), inner, max_size=3) | st.tuples(inner, inner), max_leaves=8)

def same(a, b):
    if isinstance(a, torch.Tensor): return isinstance(b, torch.Tensor) and a.dtype==b.dtype and torch.equal(a, b)
    if isinstance(a, dict): return type(b) is dict and list(a)==list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list,tuple)): return type(a) is type(b) and len(a)==len(b) and all(map(same, a, b))
    return a==b

@quick
@given(st.lists(samples, max_size=5))
def test_samples_arrive_as_they_were(found):
    "Whatever a source makes of lists, dicts, tuples and tensors."
    assert same(unpack(Packed(found), 'cpu'), found)

@quick
@given(st.lists(st.tuples(shapes, st.integers(0, 9)), min_size=1, max_size=9))
def test_what_is_sent_arrives_too(found):
    "And a batch of those of one shape is made without a copy exactly if they are all there is of it, in order."
    here = [torch.full(shape, k) for shape,k in found]
    there = unpack(Packed([Sent(x) for x in here]), 'cpu')
    assert same(there, here)
    for shape in {x.shape for x in here}:
        alike = [x for x in there if x.shape==shape]
        assert torch.equal(together(alike), torch.stack(alike)) and torch.equal(together(alike[::-1]),
            torch.stack(alike[::-1]))
        assert together(alike).data_ptr()==alike[0].data_ptr() or not alike[0].numel()

@pytest.mark.parametrize('workers', [0,2])
def test_batches_in_order(workers):
    "However long a reader takes for one of them, and however far the device may be behind."
    class Uneven:
        def __getitem__(self, i):
            time.sleep(.03*(i==2))
            return torch.tensor([i])
    batches = [[0,1],[2],[3,4,5],[6]]
    for behind in 0,1,9:
        found = answered(Ahead(Uneven(), batches, workers), torch.stack, behind)
        assert [rows[:,0].tolist() for rows in found]==batches

def test_an_error_ends_it():
    "Of a reader, of a check that was left for later, of a thread that writes, of a process that draws."
    class Broken:
        def __getitem__(self, i): raise ValueError('no such image')
    for workers in 0,1:
        with pytest.raises(ValueError, match='no such image'): list(Ahead(Broken(), [[0]], workers))
    with pytest.raises(ValueError, match='not finite'):
        Later(torch.ones(1), [(torch.tensor(True), 'well'), (torch.tensor(False), 'not finite')]).get()
    def full(*_): raise OSError('no space left')
    with pytest.raises(OSError, match='no space left'), Writer(1) as write:
        for i in range(100): write(full, i)
    for workers in 0,1:
        with Hands(full, workers) as hands, pytest.raises(OSError, match='no space left'): hands(1).result()
    with pytest.raises(OSError, match='no space left'): Soon(full).get()

def test_hands_end_with_who_was_killed(tmp_path):
    "Nobody tells them, and they hold each other's pipes open: they look."
    def work():
        with Hands(os.getpid, 2) as hands:
            (tmp_path/'hands').write_text(' '.join(str(p.pid) for p in psutil.Process().children()))
            hands().result()
            (tmp_path/'ready').touch()
            time.sleep(60)
    run = begin(tmp_path/'said', work=work)
    while not (tmp_path/'ready').exists(): assert run.poll() is None, run.said()
    hands = [psutil.Process(int(n)) for n in (tmp_path/'hands').read_text().split()]
    os.kill(run.pid, signal.SIGKILL)
    run.wait(10)
    gone,alive = psutil.wait_procs(hands, 10)
    for p in alive: p.kill()
    assert len(gone)==2 and not alive

# Numbers --------------------------------------------------------------------------------------------------------------

how = dict(size=48, templates='name', bootstrap_samples=20)

def counted(r): return {k:v for k,v in r.items() if k!='clock'}

@pytest.mark.parametrize('shape', ['square','short'])
def test_rows_by_hand(shape, photographs, model):
    "Each row is that of its image alone: float pixels, the head, and three counts a class by numpy."
    task = find_task('masks')
    job = task(photographs, pick_protocol(task, size=48, templates='name', resize=shape), model)
    job.prepare()
    transform,rows = image_transform(job.protocol, model),[]
    for i in range(30):
        image = Image.open(photographs/f'images/{i:02}.png')
        mask = np.array(Image.open(photographs/f'masks/{i:02}.png'))
        with torch.inference_mode(): said = job.head(transform(image)[None], [mask.shape])[0].numpy()
        keep = mask!=255
        rows.append(np.concatenate([[((said==k)&(mask==k)).sum() for k in range(3)],
            [((said==k)&keep).sum() for k in range(3)], [(mask==k).sum() for k in range(3)]]))
    want = job.numbers(np.stack(rows).astype(float), np.ones((1,30)))
    for workers in 0,2:
        r = evaluate(model, 'masks', photographs, resize=shape, workers=workers, batch_size=4, **how)
        assert r.numbers=={k:v[0] for k,v in want.items()}

@pytest.mark.parametrize('shape', ['square','short'])
def test_stopped_anywhere(shape, photographs, model, tmp_path, monkeypatch):
    "The same result to the digit, whichever image it stopped at, and nothing but the clock differs."
    whole = counted(evaluate(model, 'masks', photographs, resize=shape, batch_size=4, **how))
    read,out = MaskSource.__getitem__,tmp_path/'r.json'
    for k in 3,17,29:
        def breaks(self, i):
            if i==k: raise ValueError('power cut')
            return read(self, i)
        monkeypatch.setattr(MaskSource, '__getitem__', breaks)
        with pytest.raises(ValueError, match='power cut'):
            evaluate(model, 'masks', photographs, resize=shape, batch_size=4, out=out, **how)
        assert not out.exists()
    monkeypatch.setattr(MaskSource, '__getitem__', read)
    assert counted(evaluate(model, 'masks', photographs, resize=shape, batch_size=4, out=out, **how))==whole

def test_no_row_without_its_note(photographs, model, tmp_path, monkeypatch):
    "Rows are held back until it is written what they are of, however long that takes."
    out,order = tmp_path/'r.json',[]
    hashed,write = E.weights_hash,E.Rows.write
    def slow(model):
        time.sleep(1)
        return hashed(model)
    def noted(self):
        order.append((self.folder/'about.json').exists())
        return write(self)
    monkeypatch.setattr(E, 'weights_hash', slow)
    monkeypatch.setattr(E.Rows, 'write', noted)
    r = evaluate(model, 'masks', photographs, out=out, batch_size=4, **how)
    assert order and all(order) and json.loads(out.read_text())['model']==r.model==hashed(model)

def test_saved_predictions_are_complete(photographs, model, tmp_path):
    "Every image has its labels when the result is there."
    evaluate(model, 'masks', photographs, save_predictions=tmp_path, batch_size=4, **how)
    found = {p.stem:np.array(Image.open(p)).shape for p in (tmp_path/'masks').iterdir()}
    assert found=={p.stem:np.array(Image.open(p)).shape for p in Path(photographs, 'masks').iterdir()}

def test_precision_is_one_that_is_known(photographs, model):
    "And what was asked for is written down."
    with pytest.raises(ValueError, match="bf16, fp16, fp32, not 'half'"):
        evaluate(model, 'masks', photographs, precision='half', **how)
    named = {p:evaluate(model, 'masks', photographs, precision=p, **how) for p in ('','fp32','bf16')}
    assert {p:r.precision for p,r in named.items()}=={'':'as the model', 'fp32':'fp32', 'bf16':'bf16'}
    assert named[''].numbers==named['fp32'].numbers

# Processes that die ---------------------------------------------------------------------------------------------------

@pytest.mark.skipif(not can_fork, reason='processes are forked on Linux only')
def test_a_reader_that_is_killed_is_a_sentence(photographs, model, tmp_path, monkeypatch):
    "Memory runs out, and the system kills it: no traceback of others, and with `out` the rest is measured later."
    read,out = MaskSource.__getitem__,tmp_path/'r.json'
    def killed(self, i):
        if i==21: os.kill(os.getpid(), signal.SIGKILL)
        return read(self, i)
    heard = signal.getsignal(signal.SIGCHLD)
    with monkeypatch.context() as m, pytest.raises(ChildProcessError, match='was killed, most likely because memory'):
        m.setattr(MaskSource, '__getitem__', killed)
        evaluate(model, 'masks', photographs, batch_size=4, workers=2, out=out, **how)
    signal.signal(signal.SIGCHLD, heard)
    whole = counted(evaluate(model, 'masks', photographs, batch_size=4, **how))
    assert counted(evaluate(model, 'masks', photographs, batch_size=4, out=out, **how))==whole

def test_a_death_that_its_connection_tells():
    "The reader was killed while a tensor of it was fetched, so that not the loader but the connection complains."
    ours,theirs = Pipe()
    theirs.close()
    heard = signal.getsignal(signal.SIGCHLD)
    with pytest.raises(ChildProcessError, match='was killed'), deaths_told(): ours.recv()
    signal.signal(signal.SIGCHLD, heard)

def test_other_errors_stay_themselves():
    for e in RuntimeError('shapes do not fit'), ValueError('DataLoader worker'), ConnectionResetError('a server'):
        with pytest.raises(type(e)) as found, deaths_told(): raise e
        assert found.value is e

@pytest.mark.parametrize('error', [PermissionError, FileNotFoundError, ValueError])
def test_what_a_reader_cannot_read_is_a_sentence(error, photographs, model, monkeypatch):
    "Whatever kind of error it is, and without the traceback that comes from a process."
    def breaks(self, i): raise error('a.png: it cannot be read')
    monkeypatch.setattr(MaskSource, '__getitem__', breaks)
    with pytest.raises((ValueError, OSError)) as found: evaluate(model, 'masks', photographs, workers=1, **how)
    assert str(found.value)=='a.png: it cannot be read'

def test_no_readers_where_they_cannot_hand_over(monkeypatch):
    "A container has 64 MB of shared memory unless it is given more."
    room = SimpleNamespace(free=64<<20)
    monkeypatch.setattr('shutil.disk_usage', lambda path: room)
    assert (readers_for(1000), readers_for(1000, 3))==(0,3)
    room.free = 8<<30
    assert readers_for(1000)>0
