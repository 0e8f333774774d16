"`clippy.copies`: several processes in one small folder; one that is killed in the middle of a shard, or holds a copy."
import multiprocessing, os, signal, time
from random import Random

import huggingface_hub.constants as C, pytest
from filelock import FileLock, Timeout

import clippy.addresses as A
from clippy.addresses import listed
from clippy.copies import Room
from clippy.stream import Unreachable
from hub_site import Site

size = 20_480
files = {f'{c}.tar':c.encode()*size for c in 'abcdef'}
fork = multiprocessing.get_context('fork')

@pytest.fixture
def site(monkeypatch):
    s = Site()
    s.commit('ada/x', files)
    monkeypatch.setenv('HF_ENDPOINT', s.url)
    monkeypatch.setattr(C, 'HF_HUB_OFFLINE', False)
    A._known.clear()
    yield s
    s.close()

def used(folder): # at one moment; a copy that just gets its name counts once
    with FileLock(folder/'room.lock'):
        files = [p for p in folder.glob('*/*') if p.suffix!='.lock']
        return size*len({p.with_suffix('') if p.suffix=='.part' else p for p in files})

def started(target, *args):
    process = fork.Process(target=target, args=args, daemon=True)
    process.start()
    return process

def reads(folder, urls, seed, out): # in an order of its own
    rng,most = Random(seed),0
    room = Room(folder, 4*size, lambda path: rng.random())
    for _ in range(25):
        url = rng.choice(urls)
        with room.open(url, wait=.01) as f: good = f.read()==files[url.rsplit('/',1)[-1]]
        most = max(most, used(folder))
        if not good: break
    out.put((good, most))

def test_nobody_counts_while_a_copy_gets_its_name(site, tmp_path, monkeypatch):
    "Or it would be counted under neither name, and one copy too many would be let in."
    free,replace = [],os.replace
    def seen(part, path):
        try: FileLock(tmp_path/'room.lock', timeout=0).acquire().lock.release()
        except Timeout: free.append(False)
        else: free.append(True)
        replace(part, path)
    monkeypatch.setattr(os, 'replace', seen)
    with Room(tmp_path, 4*size).open(listed('hf://datasets/ada/x')[0], wait=.01) as f: assert len(f.read())==size
    assert free==[False]

def test_several_processes(site, tmp_path):
    "Three processes with three orders and room for four of six shards: every read is whole, and the limit holds."
    urls,out = listed('hf://datasets/ada/x'),fork.Queue()
    found = [started(reads, tmp_path/'c', urls, seed, out) for seed in range(3)]
    for good,most in [out.get(timeout=60) for _ in found]: assert good and most<=4*size
    for process in found: process.join(10)
    assert used(tmp_path/'c')<=4*size and not [*tmp_path.rglob('*.part')]

def holds(folder, url, ready):
    file = Room(folder, size).open(url)
    ready.set()
    time.sleep(60)
    file.close()

def test_killed(site, tmp_path):
    "What a killed process was fetching or reading is free again, and nothing that is half is taken for whole."
    a,b,*_ = listed('hf://datasets/ada/x')
    slow = fork.Event()
    site.store.spoil = lambda data: slow.wait(30) and data
    child = started(holds, tmp_path/'c', a, fork.Event())
    began = time.time()
    while not any(p.stat().st_size for p in tmp_path.rglob('*.part')) and time.time()<began+20: time.sleep(.01)
    part, = tmp_path.rglob('*.part')
    assert part.stat().st_size==size # counted in full from the beginning
    with pytest.raises(Unreachable, match='is being read'): Room(tmp_path/'c', size, patience=0).open(b)
    os.kill(child.pid, signal.SIGKILL)
    child.join(10)
    slow.set()
    site.store.spoil = lambda data: data
    with Room(tmp_path/'c', size, patience=0).open(b) as f: assert f.read()==files['b.tar']
    assert not part.exists()
    ready = fork.Event()
    child = started(holds, tmp_path/'c', a, ready) # b goes
    assert ready.wait(20)
    with pytest.raises(Unreachable, match='is being read: give a larger --cache-gb'):
        Room(tmp_path/'c', size, patience=0).open(b)
    assert [p.name for p in tmp_path.rglob('*.tar')]==['a.tar']
    os.kill(child.pid, signal.SIGKILL)
    child.join(10)
    with Room(tmp_path/'c', size, patience=0).open(b) as f: assert f.read()==files['b.tar']

def test_files_of_others_stay(site, tmp_path):
    "A folder that holds other things too: they are neither counted nor removed, whatever room is needed."
    mine = {'photos/thesis.jpg':b'x'*9*size, 'results/a.json':b'1', 'raw/b.tar.part':b'2', 'list.csv':b'3'}
    for name,data in mine.items():
        (tmp_path/name).parent.mkdir(exist_ok=True)
        (tmp_path/name).write_bytes(data)
    room = Room(tmp_path, 2*size, patience=0)
    for url in listed('hf://datasets/ada/x'): room.open(url).close()
    assert {name:(tmp_path/name).read_bytes() for name in mine}==mine
    assert room.used()==2*size
