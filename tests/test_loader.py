"`clippy.loader`: the same batches for any number of processes and workers, and every fault counted, in both modes."
import gzip,io,json,shutil,tarfile,time,warnings
from collections import Counter
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from random import Random

import pytest, torch, webdataset as wds

from clippy.data import Report,decode_sample,fast_transform,num_samples,shard_list,train_transform
from clippy.loader import IndexedBatches,EpochOrder,ShardLoader,_mixed
from shards import bomb, epoch, flat, ids, jpeg, photo, reasons as damage, same, sample, saved, spoilt, twice, write

tfm,fast = train_transform(16),fast_transform(16)

def join(parts): # the parts of all processes -> the global batches
    return [(torch.cat([x for x,*_ in b]), [c for _,cs,_ in b for c in cs], [k for *_,ks in b for k in ks])
            for b in zip(*parts)]

def streams(folder): return [f'pipe:cat {path}' for path in shard_list(folder)]

@pytest.fixture(scope='module')
def shards(tmp_path_factory): # 60 samples in shards of 7,7,...,4
    return write(tmp_path_factory.mktemp('data')/'s', [sample(i) for i in range(60)], 7)

@pytest.fixture(scope='module')
def faulty(tmp_path_factory): return spoilt(tmp_path_factory.mktemp('data')/'f', twice)

reasons = damage | {'duplicate key':2}
streamed_reasons = {k:n for k,n in reasons.items() if k!='missing from shard'} | {'truncated shard':1}

# the same order everywhere

@pytest.mark.parametrize('transform', [tfm,fast], ids=['exact','fast'])
@pytest.mark.parametrize('data', ['shards','faulty'])
def test_same_batches_everywhere(data, transform, request):
    "Batches of 20 are identical on 1, 2 and 4 processes with 0 to 3 workers, whole or damaged."
    folder = request.getfixturevalue(data)
    def batches(world, workers, e):
        parts = [ShardLoader(folder, transform, 20//world, workers=workers, rank=r, world=world, window=30)
                 for r in range(world)]
        got = join([epoch(p, e) for p in parts])
        total = Report()
        for p in parts: total.update(p.report())
        return got,total
    one,report = batches(1, 0, 1)
    assert len(one)==(4 if data=='faulty' else 3)
    for world,workers in ((1,3),(2,2),(4,0)) if transform is tfm else ((2,1),):
        got,again = batches(world, workers, 1)
        assert same(one, got)
        assert (again.seen, again.repeated, again.skipped)==(report.seen, report.repeated, report.skipped)
        assert sorted(again.rows)==sorted(report.rows)
    assert flat(batches(1, 0, 2)[0])!=flat(one)

@pytest.mark.parametrize('world,workers', [(1,2),(2,0),(3,1)])
def test_every_sample_once(shards, world, workers):
    "Each epoch is a permutation, whatever the sizes of the shards; workers that live on see the new epoch."
    loaders = [ShardLoader(shards, tfm, 5, workers=workers, rank=r, world=world) for r in range(world)]
    orders = []
    for e in range(2):
        per_rank = [epoch(l,e) for l in loaders]
        assert [len(b) for b in per_rank]==[12//world]*world
        orders.append([i for b in per_rank for i in ids(flat(b))])
        assert sorted(orders[-1])==list(range(60))
        assert [l.report().seen for l in loaders]==[60//world]*world
    assert orders[0]!=orders[1]

@pytest.mark.parametrize('window', [0,1,10,23,1000])
def test_epoch_order(window):
    sizes = [5,0,9,1,30,7,0,2]
    every = [(j,i) for j,n in enumerate(sizes) for i in range(n)]
    def places(order): return [order[p] for p in range(len(order))]
    orders = [places(EpochOrder(sizes, s, e, window)) for s in (0,1) for e in (0,1)]
    assert all(sorted(order)==every for order in orders)
    if window==0: assert all(order==every for order in orders)
    else: assert len(set(map(tuple, orders)))==4
    first = EpochOrder(sizes, 0, 0, window)
    assert [first[p] for p in (40,3,17)]==[orders[0][p] for p in (40,3,17)]

def test_the_order_is_pinned():
    "An order that changes between versions would change every resumed run."
    order = EpochOrder([5,9,4], 7, 3, 10)
    want = [(1,4),(1,5),(0,1),(1,8),(1,3),(1,7),(0,0),(2,2),(0,3),
            (1,0),(1,2),(0,2),(2,3),(0,4),(2,0),(1,1),(1,6),(2,1)]
    assert [order[p] for p in range(18)]==want

def test_keys(shards):
    "A key names the shard and the sample."
    for x,cs,ks in epoch(ShardLoader(shards, tfm, 5, workers=0)):
        assert ks==[f'{i//7:05d}.tar/{i:05d}' for i in ids(cs)]
    got = epoch(ShardLoader(streams(shards), tfm, 5, num_samples=60, workers=0))
    assert all(ks==[f'{i//7:05d}.tar/{i:05d}' for i in ids(cs)] for _,cs,ks in got)

def test_chance_does_not_depend_on_readers(shards):
    "In a stream captions and pixels are a function of seed, epoch and key."
    def by_caption(workers):
        loader = ShardLoader(streams(shards)[:8], tfm, 2, num_samples=24, workers=workers, shuffle=0)
        return {c:x for xs,cs,_ in epoch(loader, 3) for x,c in zip(xs, cs)}
    one,two = by_caption(0),by_caption(2)
    both = one.keys() & two.keys()
    assert both and all(torch.equal(one[c], two[c]) for c in both)

@pytest.mark.parametrize('mode', ['indexed','streamed'])
def test_repeatable_and_quiet(shards, mode):
    "The same epoch twice is the same, and reading leaves torch's generator alone."
    urls = shards if mode=='indexed' else streams(shards)
    def new(**kw): return ShardLoader(urls, tfm, 5, num_samples=60, workers=0, **kw)
    loader = new()
    assert loader.mode==mode and loader.describe().startswith(mode)
    torch.manual_seed(0)
    before = torch.get_rng_state()
    first = epoch(loader, 1)
    assert torch.equal(torch.get_rng_state(), before)
    assert same(first, epoch(new(), 1))
    assert flat(epoch(loader, 2))!=flat(first)!=flat(epoch(new(seed=1), 1))

@pytest.mark.parametrize('mode', ['indexed','streamed'])
@pytest.mark.parametrize('workers', [0,2])
@pytest.mark.parametrize('start', [1,12])
def test_resume(shards, mode, workers, start):
    "Beginning at batch `start` gives the rest of the epoch, bit for bit, and counts only the rest."
    def new():
        return ShardLoader(shards if mode=='indexed' else streams(shards), tfm, 5, num_samples=60, workers=workers)
    whole,loader = epoch(new(), 2),new()
    assert same(epoch(loader, 2, start), whole[start:])
    assert loader.report().seen==(12-start)*5
    assert flat(epoch(loader, 3))==flat(epoch(new(), 3))

def recaptioned(i): # what `sample` has, and two columns; the second is missing in every third sample
    about = json.loads(sample(i)['json']) | dict(raw=f'{i} raw') | (dict(llava=f'{i} llava') if i%3 else {})
    return dict(jpg=jpeg(i), json=json.dumps(about).encode())

def test_captions_by_weight(tmp_path):
    """Drawn anew in each epoch, the same for any number of processes and workers and after a resume, indexed and
    streamed; one column that holds all captions is the run without columns, to the pixel."""
    samples = [recaptioned(i) for i in range(60)]
    samples[7] = dict(jpg=jpeg(7), json=b'{"captions": ["7 a"]}')
    folder,weights = write(tmp_path/'s', samples, 15),dict(raw=1, llava=2)
    def parts(world, workers, urls, e, start=0, **kw):
        loaders = [ShardLoader(urls, tfm, 20//world, num_samples=60, workers=workers, rank=r, world=world, **kw)
                   for r in range(world)]
        return join([epoch(l, e, start) for l in loaders]),sum(l.report().by_reason().get(lost,0) for l in loaders)
    lost = 'no caption in these columns'
    one,n = parts(1, 0, folder, 1, columns=weights)
    assert n==1 and same(one, parts(2, 1, folder, 1, columns=weights)[0])
    assert same(one[2:], parts(1, 2, folder, 1, start=2, columns=weights)[0])
    found = flat(one)+flat(parts(1, 0, folder, 2, columns=weights)[0])
    assert {c.split()[1] for c in found}=={'raw','llava'} and 45<sum('llava' in c for c in found)<70 # of 80 with two
    assert all('raw' in c for c in found if not int(c.split()[0])%3)
    assert len(set(found))>60 # another epoch, another draw
    plain = parts(1, 0, folder, 1)[0]
    assert same(plain, parts(1, 0, folder, 1, columns=dict(captions=1))[0])
    stream,n = parts(1, 1, streams(folder), 1, columns=weights)
    assert n==1 and same(stream[1:], parts(1, 1, streams(folder), 1, start=1, columns=weights)[0])
    assert {c.split()[1] for c in flat(stream)}=={'raw','llava'}

def test_resume_opens_nothing_before(shards, monkeypatch):
    "Indexed: a resumed epoch decodes the batches that are left and no others."
    seen = []
    def decode(s, *how):
        seen.append(s)
        return decode_sample(s, *how)
    monkeypatch.setattr('clippy.loader.decode_sample', decode)
    epoch(ShardLoader(shards, tfm, 5, workers=0), 2, 10)
    assert len(seen)==10

def test_leaving_early(shards):
    "An epoch that is left early does not leak into the next one."
    loader = ShardLoader(shards, tfm, 5, workers=2)
    for i,_ in enumerate(loader):
        if i==1: break
    assert loader.report().seen==10
    assert flat(epoch(loader, 1))==flat(epoch(ShardLoader(shards, tfm, 5, workers=0), 1))
    assert loader.report().seen==60

@pytest.mark.parametrize('mode', ['indexed','streamed'])
@pytest.mark.parametrize('workers', [0,3])
def test_one_epoch_after_the_other(faulty, mode, workers):
    "Workers that go on into the next epoch bring the batches, and the counts, of workers that do not."
    urls = faulty if mode=='indexed' else streams(faulty)
    def new(): return ShardLoader(urls, tfm, 5, num_samples=80, workers=workers)
    going = new()
    # the fourth goes back within its epoch; the first ends sooner than the second wants
    for e,start,last in ((0,3,1),(1,0,3),(2,0,3),(2,7,3),(3,0,3)):
        alone = new()
        want = epoch(alone, e, start)
        going.set_epoch(e, start, last)
        assert same(list(going), want)
        a,b = going.report(),alone.report()
        assert (a.seen, a.repeated, a.skipped, a.rows)==(b.seen, b.repeated, b.skipped, b.rows)
    going.set_epoch(4)
    assert same(list(going), epoch(new(), 4))

@pytest.mark.parametrize('mode', ['indexed','streamed'])
@pytest.mark.parametrize('world', [1,2])
def test_interrupted_in_the_handover(shards, mode, world):
    "A run that stops when batches of the next epoch are there already goes on with them, on one process and on two."
    urls = shards if mode=='indexed' else streams(shards)
    def new(rank): return ShardLoader(urls, tfm, 10//world, num_samples=60, workers=2, rank=rank, world=world)
    for rank in range(world):
        plain = new(rank) # whose workers never go on by themselves
        want = [epoch(plain, e) for e in range(3)]
        for read in 0,2: # batches of epoch 1 before it stops
            run,again = new(rank),new(rank)
            run.set_epoch(0, last=2)
            assert same(list(run), want[0])
            run.set_epoch(1, last=2)
            assert same(list(islice(run, read)), want[1][:read])
            again.set_epoch(1, read, last=2)
            assert same(list(again), want[1][read:])
            again.set_epoch(2, last=2)
            assert same(list(again), want[2])

def first_wait(shards, **kw): # seconds until the first batch of the second epoch
    def slow(image):
        time.sleep(.03)
        return tfm(image)
    loader = ShardLoader(shards, slow, 5, num_samples=20, workers=2) # 75 ms a batch from both of them
    for e in 0,1:
        loader.set_epoch(e, **kw)
        began = time.perf_counter()
        for _ in loader:
            if e: return time.perf_counter()-began
            time.sleep(.12) # a step

def test_no_cold_start(shards):
    "A simulated step that is slower than its workers waits for the second epoch's first batch only if they pause."
    cold,warm = first_wait(shards),first_wait(shards, last=1)
    assert cold>.14 and warm<cold/3

def test_what_waits_is_bounded(shards):
    "Before the next epoch is asked for, each worker has read two batches of it and no more."
    read = torch.zeros(1, dtype=torch.int64).share_memory_()
    def counted(image):
        read.add_(1)
        return tfm(image)
    loader = ShardLoader(shards, counted, 5, num_samples=20, workers=1)
    loader.set_epoch(0, last=9)
    list(loader)
    end = time.monotonic()+20
    while read<30 and time.monotonic()<end: time.sleep(.01)
    time.sleep(.3)
    assert read==30

@pytest.mark.parametrize('mode', ['indexed','streamed'])
def test_workers_say_how_long_they_took(shards, mode):
    "Seconds of decoding travel with each batch: 20 images that sleep 5 ms took a tenth of a second, in any worker."
    def slow(image):
        time.sleep(.005)
        return tfm(image)
    for workers in 0,2:
        loader = ShardLoader(shards if mode=='indexed' else streams(shards), slow, 5, num_samples=20, workers=workers)
        batches = iter(loader)
        next(batches)
        assert loader.took.images==5 # of what was handed over
        list(batches)
        took = loader.took
        assert took.images==20 and .1<took.decoding<took.seconds and 0<took.reading<=took.seconds-took.decoding+1e-6

def test_spawned_workers(faulty):
    "Nothing in a loader keeps it from a worker that is spawned rather than forked."
    loader = ShardLoader(faulty, fast, 20, workers=1)
    loader.loader.multiprocessing_context = 'spawn'
    for e in range(2): assert same(epoch(loader, e), epoch(ShardLoader(faulty, fast, 20, workers=0), e))

def test_fast_batches(shards):
    "The fast transform comes with the same captions, and gives 8 bits."
    a,b = (epoch(ShardLoader(shards, f, 5, workers=0)) for f in (tfm,fast))
    assert flat(a)==flat(b) and b[0][0].dtype==torch.uint8
    assert same(epoch(ShardLoader(streams(shards), fast, 5, num_samples=60, workers=0)),
                epoch(ShardLoader(streams(shards), fast, 5, num_samples=60, workers=1)))

def test_a_shorter_epoch(shards):
    "num_samples below the whole is a different part each epoch."
    loader = ShardLoader(shards, tfm, 5, num_samples=20, workers=0)
    parts = [set(ids(flat(epoch(loader, e)))) for e in range(2)]
    assert [len(p) for p in parts]==[20,20] and parts[0]!=parts[1]

# faults

ok = dict(jpg=jpeg(), txt=b'0 fine')
faults = {
    'truncated image':dict(ok, jpg=jpeg()[:-30]),
    'unreadable image':dict(ok, jpg=b'\xff\xd8\xff'),
    'image too large':dict(png=bomb(), txt=b'x'),
    'no image':dict(txt=b'x'),
    'no caption':dict(jpg=jpeg()),
    'empty caption':dict(ok, txt=b' \n'),
    'caption is not UTF-8':dict(ok, txt=b'caf\xe9'),
    'json is broken':dict(jpg=jpeg(), json=b'['),
    'duplicate key':dict(ok, __key__='00000'),
    'truncated shard':None}

@pytest.mark.parametrize('mode', ['indexed','streamed'])
@pytest.mark.parametrize('why', faults)
def test_each_fault(tmp_path, why, mode):
    """One sample of 16 is spoilt: a full epoch without a warning, and a row with shard, key and reason,
    with 0 and 2 workers."""
    folder = write(tmp_path/'s', [faults[why] or ok if i==7 else ok for i in range(16)], 8)
    first = folder/'00000.tar'
    row = '00000.tar','00000' if why=='duplicate key' else '00007',why
    if why=='truncated shard':
        with tarfile.open(first) as t: at = t.getmember('00007.jpg').offset_data
        first.write_bytes(first.read_bytes()[:at+300])
    for workers,transform in ((0,tfm),(2,tfm),(0,fast)):
        loader = ShardLoader(folder if mode=='indexed' else streams(folder), transform, 4, num_samples=16,
                             workers=workers)
        with warnings.catch_warnings():
            warnings.simplefilter('error')
            assert [len(k) for *_,k in loader]==[4]*4
        r = loader.report()
        assert [(Path(s).name,k,w) for s,k,w in r.rows]==[row] and r.total==1
        assert (r.seen, r.repeated)==(16,1) and r.rate==1/16

@pytest.mark.parametrize('world,workers', [(1,0),(2,2)])
@pytest.mark.parametrize('mode', ['indexed','streamed'])
def test_counts_are_exact(faulty, mode, world, workers):
    "Summed over workers and processes every sample is seen or skipped, by shard and reason, and every epoch is full."
    for e in range(2):
        total,good = Report(),set()
        for r in range(world):
            if mode=='indexed': loader = ShardLoader(faulty, tfm, 5, workers=workers, rank=r, world=world)
            else: loader = ShardLoader(streams(faulty), tfm, 5, num_samples=80, workers=workers, rank=r, world=world)
            batches = epoch(loader, e)
            assert [len(c) for _,c,_ in batches]==[5]*(16//world)
            good |= set(ids(flat(batches)))
            total.update(loader.report())
        if mode=='streamed': # the tar cannot say what is missing from it
            assert total.by_reason()==streamed_reasons
            continue
        assert total.by_reason()==reasons
        assert total.seen==80 and total.repeated==total.total==len(total.rows)==20 and len(good)==60
        assert total.to_dict()['shards'][str(faulty/'00005.tar')]=={'truncated shard':6}
        again = {(Path(s).name,k) for s,k,why in total.rows if why=='duplicate key'}
        assert again=={('00003.tar','00033'), ('00003.tar','00031')}
        assert total.rate==20/80

def test_a_long_ledger(tmp_path):
    "A report names the first thousand and counts them all."
    a,b = Report(),Report()
    a.skip('s','why',*map(str,range(700)))
    b.skip('t','why',*map(str,range(700)))
    a.update(b)
    a.skip('u','why','x')
    assert len(a.rows)==1000 and a.total==1401
    a.save_ledger(tmp_path/'l.csv')
    lines = (tmp_path/'l.csv').read_text().splitlines()
    assert len(lines)==1002 and lines[0]=='shard,key,reason' and lines[-1]==',,and 401 more'
    assert a.take().total==1401 and (a.total, a.rows)==(0,[])

@pytest.mark.parametrize('mode', ['indexed','streamed'])
@pytest.mark.parametrize('workers', [0,2])
def test_nothing_usable(tmp_path, workers, mode):
    "Shards without a usable sample are an error in a sentence, from a worker too."
    bad = write(tmp_path/'bad', [dict(jpg=jpeg(), txt=b'') for _ in range(8)], 2)
    with pytest.raises(ValueError, match=r'^Process 0.* found no usable sample .* \(empty caption [148]\)$'):
        list(ShardLoader(bad if mode=='indexed' else streams(bad), tfm, 2, num_samples=8, workers=workers))

def test_errors_of_a_transform_are_not_skips(shards):
    def wrong(image): raise RuntimeError('mistake in the transform')
    with pytest.raises(RuntimeError, match='mistake in the transform'): list(ShardLoader(shards, wrong, 5, workers=0))

def test_a_shard_that_vanishes(tmp_path):
    folder = write(tmp_path/'s', [sample(i) for i in range(20)], 5)
    loader = ShardLoader(folder, tfm, 5, workers=0)
    (folder/'00002.tar').unlink()
    assert len(epoch(loader))==4 and loader.report().by_reason()=={'unreadable shard':5}
    with pytest.raises(FileNotFoundError, match='1 of 4 shards are missing, the first is .*00002.tar'):
        ShardLoader(str(folder/'{00000..00003}.tar'), tfm, 5)

def test_more_than_sizes_json_says(tmp_path):
    folder = write(tmp_path/'s', [sample(i) for i in range(20)], 5)
    (folder/'sizes.json').write_text(json.dumps({f'{i:05d}.tar':4 for i in range(4)}))
    loader = ShardLoader(folder, tfm, 4, workers=0)
    assert len(epoch(loader))==4 and loader.report().by_reason()=={'not in sizes.json':4}
    assert sorted(k for _,k,_ in loader.report().rows)==['00004','00009','00014','00019']

# the index

def test_without_sizes(tmp_path, faulty):
    "Indexed shards are counted; a damaged one has a sample more, the one that was cut."
    folder = write(tmp_path/'s', [sample(i) for i in range(23)], 5, sizes=False)
    assert num_samples(folder) is None
    loader = ShardLoader(folder, tfm, 2, workers=0)
    assert loader.num_samples==23 and len(set(ids(flat(epoch(loader)))))==22
    copy = Path(shutil.copytree(faulty, tmp_path/'f'))
    (copy/'sizes.json').unlink()
    loader = ShardLoader(copy, tfm, 1, workers=0)
    epoch(loader)
    assert loader.num_samples==72 and loader.report().by_reason()==streamed_reasons
    with pytest.raises(ValueError, match='num_samples=24, but the shards hold 23'):
        ShardLoader(folder, tfm, 2, num_samples=24)

def test_streams_are_shared_out(tmp_path):
    "Whole shards are dealt out; a short share goes round again."
    folder = write(tmp_path/'s', [sample(i) for i in range(23)], 5)  # 5,5,5,5,3
    pipes = streams(folder)
    with pytest.raises(ValueError, match='give num_samples'): ShardLoader(pipes, tfm, 2)
    loader = ShardLoader(pipes, tfm, 2, num_samples=23, workers=2, shuffle=0)
    # worker 0 has shards 0, 2, 4 and 6 batches; worker 1 has shards 1, 3 and 5 batches
    assert sorted(ids(flat(epoch(loader))))==[*range(22)]
    loader = ShardLoader(pipes, tfm, 3, num_samples=23, workers=0, rank=1, world=2, shuffle=0)
    assert sorted(ids(flat(epoch(loader))))==sorted([5,6,7,8,9,15,16,17,18])
    short = ShardLoader(pipes[4:], tfm, 4, num_samples=8, workers=0)
    assert sorted(ids(flat(epoch(short))))==sorted([20,21,22]*2+ids(flat(epoch(short)))[6:])
    assert (short.report().seen, short.report().repeated)==(8,5)

def test_odd_tars(tmp_path):
    "Folders, long names, upper-case endings, files without an ending, empty and useless tars."
    long = 'd'*120+'/'+'x'*150
    with tarfile.open(tmp_path/'odd.tar','w') as t:
        folder = tarfile.TarInfo('d')
        folder.type = tarfile.DIRTYPE
        t.addfile(folder)
        for name,data in ((f'{long}.JPG',jpeg()), (f'{long}.txt',b'0 long'), ('README',b'?'), ('__meta__.json',b'{}'),
                          ('caf\udce9.jpg',jpeg()), ('caf\udce9.txt',b'1 odd')):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            t.addfile(member, io.BytesIO(data))
    with tarfile.open(tmp_path/'empty.tar','w'): pass
    (tmp_path/'zero.tar').write_bytes(b'')
    (tmp_path/'text.tar').write_text('x'*3000)
    loader = ShardLoader(tmp_path, tfm, 1, workers=0)
    got = epoch(loader)
    assert loader.num_samples==5 and {c for c in flat(got)}=={'0 long','1 odd'}
    assert loader.report().by_reason()=={'unreadable shard':2, 'no image':1} and loader.report().seen==5
    assert f'odd.tar/{long}' in {k for *_,ks in got for k in ks}
    loader.report().save_ledger(tmp_path/'l.csv')

def test_compressed_shards_are_streamed(tmp_path):
    folder = write(tmp_path/'s', [sample(i) for i in range(20)], 5)
    for path in folder.glob('*.tar'): path.write_bytes(gzip.compress(path.read_bytes()))
    loader = ShardLoader(folder, tfm, 5, workers=0)
    assert loader.mode=='streamed' and 'compressed' in loader.describe()
    assert sorted(ids(flat(epoch(loader))))==list(range(20))

def test_a_buffer_of_large_samples():
    "A stream's shuffle buffer is webdataset's, and holds no more bytes than it may."
    held = [0]
    class Large(bytes):
        def __del__(self): held[0] -= 1
    def raw(n):
        for i in range(n):
            held[0] += 1
            yield dict(i=i, jpg=Large(1000))
    for n in (1,2,30,400):
        want = [s['i'] for s in wds.shuffle(n, initial=n, rng=Random(3))(dict(i=i) for i in range(300))]
        assert [s['i'] for s in _mixed(raw(300), n, Random(3))]==want
    got,most = [],0
    for s in _mixed(raw(300), 200, Random(3), most=20_000):
        got.append(s['i'])
        most = max(most, held[0])
    assert sorted(got)==list(range(300))!=got and most<=23

# bugs that were planted and not seen

grainy = sample(0)|dict(jpg=saved(photo(60,50))) # each crop of it is another

def test_epochs_differ(tmp_path):
    "A shard of one sample: over 12 epochs its crop and its caption change."
    folder = write(tmp_path/'s', [grainy], 1)
    for urls in (folder, streams(folder)):
        loader = ShardLoader(urls, train_transform(16, scale=(.3,1)), 1, num_samples=1, workers=0)
        batches = [b for e in range(12) for b in epoch(loader, e)]
        assert len({x.numpy().tobytes() for x,*_ in batches})==12 and set(flat(batches))=={'0 a','0 b','0 c'}

def test_seeds_differ(shards):
    "Another seed is another order, other crops and other captions."
    def read(urls, seed): # number of the sample -> pixels and caption
        batches = epoch(ShardLoader(urls, tfm, 5, num_samples=60, workers=0, seed=seed))
        return {int(c.split()[0]):(x.numpy().tobytes(),c) for xs,cs,_ in batches for x,c in zip(xs, cs)}
    for urls in (shards, streams(shards)):
        a,b = read(urls, 0),read(urls, 1)
        assert list(a)!=list(b)
        assert sum(a[i][0]!=b[i][0] for i in a)>40 and sum(a[i][1]!=b[i][1] for i in a)>20

def test_readers_get_other_shards_each_epoch(shards):
    "Whole shards are dealt anew; together the readers have each one once; another seed is another deal."
    def deal(seed, e):
        ranks = [ShardLoader(streams(shards), tfm, 2, num_samples=60, workers=2, rank=r, world=2, seed=seed)
                 for r in (0,1)]
        return [loader.share(e, w) for loader in ranks for w in (0,1)]
    deals = [deal(seed, e) for seed in (0,1) for e in range(4)]
    assert all(sorted(url for share in d for url in share)==streams(shards) for d in deals)
    assert len({str(d) for d in deals})==8

def test_places_differ(tmp_path):
    """Two places of an epoch are two crops and two captions: the same sample packed 60 times has different crops,
    and all captions equally often."""
    folder = write(tmp_path/'s', [grainy]*60, 20)
    for urls in (folder, streams(folder)):
        batches = epoch(ShardLoader(urls, tfm, 10, num_samples=60, workers=0))
        assert len({x.numpy().tobytes() for xs,*_ in batches for x in xs})>25
        assert all(10<=n<=30 for n in Counter(flat(batches)).values())

def test_a_process_without_workers_reads_by_itself(shards):
    "Two processes without workers are two readers, and one streamed shard is too few for them."
    with pytest.raises(ValueError, match='1 shards for 2 readers'):
        ShardLoader(streams(shards)[:1], tfm, 2, num_samples=8, workers=0, rank=0, world=2)

def test_shards_of_two_windows_stay_open():
    "50 shards of 10 samples and a window of 100: 20 shards and two more; never fewer than 8, never more than 256."
    def most(window, n):
        batches = IndexedBatches(SimpleNamespace(window=window, urls=['u']*n, sizes=[10]*n))
        return batches.shard.cache_parameters()['maxsize']
    assert (most(100, 50), most(10, 50), most(100_000, 5000))==(22, 8, 256)
