"""`clippy.addresses`, and what reads from there: data sets of a stand-in for the Hub and of a store in memory, streamed
and through limited copies, with cut lines, busy servers, other hosts, wrong files and refusals."""
import hashlib, json, logging, pickle
from collections import Counter
from pathlib import Path

import fsspec, huggingface_hub.constants as C, pytest
from fsspec.implementations.memory import MemoryFileSystem

import clippy.addresses as A
from clippy.addresses import about, listed, named_pause, pinned, samples_in, samples_of
from clippy.console import hide
from clippy.copies import Room
from clippy.data import Report, eval_transform, fast_transform, shard_list, shard_sizes
from clippy.loader import EpochOrder, ShardLoader
from clippy.pack import pack
from clippy.run_options import asked
from clippy.settings import read_settings
from clippy.stream import RemoteFile, Unreachable, read_all, shards_hash
from clippy.train import train, with_recipe
from hub_site import Site
from shards import epoch, flat, same, sample, write

token = 'hf_ThisIsTheSecretOfTheTest'
tfm = fast_transform(16)
quick = dict(wait=.01, timeout=5)

@pytest.fixture(scope='module')
def folder(tmp_path_factory): return write(tmp_path_factory.mktemp('d')/'s', [sample(i) for i in range(60)], 10)

@pytest.fixture(scope='module')
def files(folder): return of_folder(folder)

@pytest.fixture(scope='module')
def many(tmp_path_factory): # of two samples each
    return write(tmp_path_factory.mktemp('m')/'train', [sample(i) for i in range(60)], 2)

def of_folder(folder): return {f'train/{p.name}':p.read_bytes() for p in folder.iterdir() if p.is_file()}

def forget():
    A._known.clear()
    for cached in A._hub_files,A._book,A._count_book: cached.cache_clear()

@pytest.fixture
def alone(tmp_path, monkeypatch):
    "Nothing is remembered of other tests."
    monkeypatch.setenv('CLIPPY_CACHE', str(tmp_path/'cache-of-user'))
    monkeypatch.delenv('HF_TOKEN', raising=False)
    monkeypatch.setattr(A, '_wait', .01)
    forget()
    yield
    forget()

@pytest.fixture
def site(alone, monkeypatch):
    s = Site()
    monkeypatch.setenv('HF_ENDPOINT', s.url)
    monkeypatch.setattr(C, 'HF_HUB_OFFLINE', False)
    yield s
    s.close()

@pytest.fixture
def bucket(alone, monkeypatch, files):
    "A store in memory with the name s3."
    class Bucket(MemoryFileSystem):
        protocol,store,pseudo_dirs = 's3',{},['']
        @classmethod
        def _strip_protocol(cls, path): return super()._strip_protocol(path.removeprefix('s3://'))
    fsspec.register_implementation('s3', Bucket, clobber=True)
    fs = fsspec.filesystem('s3')
    for name,data in files.items(): fs.pipe(f's3://bucket/{name}', data)
    return fs

# Names ----------------------------------------------------------------------------------------------------------------

def test_what_an_address_names(site, files):
    """A repository, a folder, patterns, a file, a revision, several: each shard at its commit; of many pages of a
    listing."""
    old = site.commit('ada/x', {'0.tar':b'old'}, 'v1')
    new = site.commit('ada/x', files | {'val/v.tar':b'1', 'val/._v.tar':b'2', 'a b/{odd}.tar':b'3'})
    for pattern,found in {'':'{odd} 0 1 2 3 4 5 v', '/train':'0 1 2 3 4 5', '/train/':'0 1 2 3 4 5', '/**/v.tar':'v',
            '/train/{00002..00004}.tar':'2 3 4', '/train/0000[05].tar':'0 5', '/train/00001.tar':'1', '@v1':'0',
            '@v1::hf://datasets/ada/x/val/v.tar':'0 v', '/a b/*.tar':'{odd}', '/a%20b':'{odd}'}.items():
        shards = shard_list(f'hf://datasets/ada/x{pattern}')
        assert [Path(u).stem.lstrip('0') or '0' for u in shards]==found.split(), pattern
        assert {u.split('@')[1][:40] for u in shards} <= {old,new}
        assert all(new in u for u in shards if 'v1' not in pattern)
        assert shard_list(shards)==shards and shard_list(shards[0])==shards[:1]
    with pytest.raises(FileNotFoundError, match=r'ada/x has no shard \*.tar at .{7}: its 10 files end with .json, '
        r'.tar'):
        shard_list('hf://datasets/ada/x/*.tar')

def test_what_a_listing_knows(site, files):
    site.commit('ada/x', files)
    for url in listed('hf://datasets/ada/x'):
        data = files[url.split('/',5)[5]]
        assert about(url)[:2]==(len(data), hashlib.sha256(data).hexdigest()) and samples_of(url)==10
    assert shard_sizes('hf://datasets/ada/x')==[10]*6

@pytest.mark.parametrize('book', [
    dict(splits=dict(train=dict(name='train', num_samples=30, filenames=['a.tar','b.tar'], shard_lengths=[10,20]))),
    dict(shardlist=[dict(url='a.tar', nsamples=10), dict(url='b.tar', nsamples=20)]), {'a.tar':10, 'b.tar':20}])
def test_books_of_others(site, book):
    "timm's, webdataset's and our own; of a shape that nobody knows, nothing."
    assert samples_in(book)=={'a.tar':10, 'b.tar':20}
    site.commit('ada/x', {'a.tar':b'1', 'b.tar':b'2', '_info.json':json.dumps(book).encode(), 'info.json':b'[1]',
        'sizes.json':b'{"a'})
    assert shard_sizes('hf://datasets/ada/x')==[10,20]
    for odd in (dict(splits=3), dict(splits=[dict(filenames=7)]), dict(shardlist=['a']), {'a.tar':True}, {'a.tar':-1}):
        assert samples_in(odd)=={}

@pytest.mark.parametrize('url,says', [
    ('hf://ada/x', 'is no data set: it is hf://datasets/OWNER/NAME'), ('hf://datasets/x', 'is no data set'),
    ('hf://datasets/ada/y', r'shows no data set ada/y \(404\): mind the spelling; if it is private, log in with `hf '
        r'auth'),
    ('hf://datasets/ada/x@v9', r'ada/x has no revision v9 \(404\): name a branch'),
    ('hf://datasets/ada/x/train/0000.tar', r'has no shard train/0000.tar at .* Did you mean train/0000'),
    ('hf://datasets/ada/p', r'has no shard \(no .tar file\) at .{7}: its 2 files end with .md, .parquet'),
    ('hf://datasets/-ada-/x', 'no name of a data set'), ('az://b/0.tar',
        r'needs adlfs .* pip install "clippy-vl\[az\] @'),
    ('gs://b/0.tar', r'needs gcsfs .* pip install "clippy-vl\[gs\] @')])
def test_names_of_nothing(site, files, url, says):
    site.commit('ada/x', files)
    site.commit('ada/p', {'0.parquet':b'', 'README.md':b''})
    with pytest.raises((ValueError,OSError), match=says): shard_list(url)

def test_a_record_names_the_data():
    for url in ('hf://datasets/ada/x', f'hf://datasets/ada/x@{"0a"*20}/t/{{0..9}}.tar',
        'hf://datasets/a/b@refs/pr/3/*.tar'):
        assert hide(url)==url and hide(f'{url}::{url}')==f'{url}::{url}'
    for url in (f'hf://datasets/ada/x@{token}/a.tar', f'hf://datasets/ada/x/a.tar?token={token}',
        f'hf://u:{token}@datasets/a/b'):
        assert token not in hide(url) and token[3:] not in hide(url)

def test_pauses():
    assert [named_pause(h) for h in ({'Retry-After':'2.5'}, {'RateLimit':'"api";r=0;t=55'}, {},
        {'Retry-After':'-1'})]==[2.5,55,0,0]

# Streams --------------------------------------------------------------------------------------------------------------

def test_streamed_over_a_bad_line(site, folder, files):
    """Cut lines, a busy Hub, a broken store and signatures that ran out: the batches are those of pipes, and when they
    are resumed they are the same; the store is asked for the rest, and sees no token."""
    site.hub.token = token
    site.commit('ada/x', files)
    with pytest.MonkeyPatch.context() as m:
        m.setenv('HF_TOKEN', token)
        site.hub.troubles += [('revision', 429, dict(Retry_After='0')), ('tree', 503, {}),
            ('00002', 429, dict(Retry_After='0')),
            ('00003', 502, {})]
        site.store.troubles += [('00004', 500, {}), ('00005', 403, {})] # this signature has expired
        site.store.most = 9000 # of about 30,000
        loader = ShardLoader('hf://datasets/ada/x', tfm, 5, workers=0, **quick)
        assert loader.mode=='streamed' and loader.num_samples==60 and 'is remote' in loader.describe()
        got = epoch(loader, 1)
        assert same(epoch(loader, 1, start=7), got[7:])
    pipes = [f'pipe:cat {path}' for path in shard_list(folder)]
    assert same(got, epoch(ShardLoader(pipes, tfm, 5, num_samples=60, workers=0), 1))
    assert not site.hub.troubles and not site.store.troubles
    assert any(r for _,r,_ in site.store.asked) and {t for *_,t in site.store.asked}=={None}
    assert {t for *_,t in site.hub.asked}=={f'Bearer {token}'}

def test_a_token_stays_quiet(site, files, capfd, caplog, monkeypatch):
    "In no sentence, log, record and request to another host, whatever goes wrong."
    caplog.set_level(logging.DEBUG)
    site.commit('ada/x', files)
    monkeypatch.setenv('HF_TOKEN', token)
    url = listed('hf://datasets/ada/x')[0]
    said = []
    for troubles in ([('resolve',401,{})], [('resolve',403,dict(X_Error_Code='GatedRepo'))], [('resolve',500,{})]*3):
        site.hub.troubles[:] = troubles
        with pytest.raises(Unreachable) as e: RemoteFile(url, tries=3, **quick).read()
        said.append(str(e.value)+repr(e.value))
    assert 'does not take this token (401)' in said[0] and 'is gated (403): ask for access' in said[1]
    monkeypatch.setenv('HF_TOKEN', f'hf\u00e9{token}')
    with pytest.raises(OSError, match='has characters that no token has') as f: listed('hf://datasets/ada/x@v1')
    with pytest.raises(Unreachable, match='has characters that no token has') as e: RemoteFile(url, **quick).read()
    text = ''.join([*said, str(e.value), str(f.value), caplog.text, *capfd.readouterr()])
    assert token not in text and token[3:] not in text

@pytest.mark.parametrize('code,mark,says', [
    (401, 'RepoNotFound', r'shows no data set ada/x \(401\).*if it is private, log in with `hf auth login`, or set '
        r'HF_TOKEN'),
    (403, 'GatedRepo', r'ada/x is gated \(403\): ask for access on its page on the Hub, then log in'),
    (403, '', r'ada/x may not be read with this token \(403\)'),
    (404, 'EntryNotFound', r'ada/x has no file .*00000.tar at'),
    (451, '', r'The Hub refuses ada/x \(451\)')])
def test_refusals(site, files, code, mark, says):
    "One sentence that says what to do, at once, of a listing and of a file."
    site.commit('ada/x', files)
    url = listed('hf://datasets/ada/x')[0]
    headers = dict(X_Error_Code=mark) if mark else {}
    site.hub.troubles += [('revision|resolve', code, headers)]*2
    with pytest.raises(Unreachable, match='hf://datasets/ada/x@.*/00000.tar cannot be read: .*'+says):
        RemoteFile(url).read()
    with pytest.raises(OSError, match=says if code!=404 else 'has no file'): pinned('hf://datasets/ada/x')
    assert not site.hub.troubles

def test_a_hub_that_is_always_busy(site, files, monkeypatch):
    site.commit('ada/x', files)
    site.hub.troubles += [('revision', 503, {})]*99
    with pytest.raises(OSError, match='The Hub answered 503, 6 times: ada/x cannot be listed'):
        listed('hf://datasets/ada/x')
    monkeypatch.setenv('HF_ENDPOINT', 'http://127.0.0.1:9')
    with pytest.raises(OSError, match='The Hub cannot be reached .*, 6 times'): listed('hf://datasets/ada/x')
    monkeypatch.setattr(C, 'HF_HUB_OFFLINE', True)
    with pytest.raises(OSError, match='HF_HUB_OFFLINE is set'): listed('hf://datasets/ada/x')

def test_counted_by_the_first_pass(site, folder, files, tmp_path):
    """Without a book an epoch has to be given; once all shards were read to their ends, its length is known, and
    copies too."""
    site.commit('ada/x', {k:v for k,v in files.items() if k.endswith('.tar')})
    with pytest.raises(ValueError, match='give num_samples'): ShardLoader('hf://datasets/ada/x', tfm, 5, workers=0)
    first = epoch(ShardLoader('hf://datasets/ada/x', tfm, 5, num_samples=60, workers=0))
    forget()
    loader = ShardLoader('hf://datasets/ada/x', tfm, 5, workers=0)
    assert loader.sizes==[10]*6 and same(epoch(loader), first)
    asked = len(site.store.asked)
    want = epoch(ShardLoader(folder, tfm, 10, workers=0))
    kept = ShardLoader('hf://datasets/ada/x', tfm, 10, workers=0, cache=tmp_path/'c', cache_gb=1)
    assert len(site.store.asked)==asked and same(epoch(kept), want)

def test_a_run_goes_on_with_its_number(site, files):
    """A stream that was told more samples than there are, and was counted meanwhile, is read as before; where a file
    beside the shards knows better it is refused."""
    site.commit('ada/x', {k:v for k,v in files.items() if k.endswith('.tar')})
    how = dict(num_samples=100, workers=0)
    first = epoch(ShardLoader('hf://datasets/ada/x', tfm, 5, **how))
    forget()
    loader = ShardLoader('hf://datasets/ada/x', tfm, 5, **how)
    assert loader.sizes==[10]*6 and same(epoch(loader, start=7), first[7:])
    site.commit('ada/x', files)
    with pytest.raises(ValueError, match='num_samples=100, but the shards hold 60'):
        ShardLoader('hf://datasets/ada/x', tfm, 5, **how)

def test_evaluation_reads_it_too(site, folder, files):
    site.commit('ada/x', files)
    report = Report()
    keys = [k for *_,ks in read_all('hf://datasets/ada/x', eval_transform(16), 16, report=report) for k in ks]
    assert [int(k) for k in keys]==[*range(60)] and report.total==0

def test_packed_from_the_hub(site, folder, files, tmp_path):
    "By its name alone, in the order of its shards; the record has the commit, and nothing that is secret."
    commit = site.commit('ada/x', files)
    about = pack('hf://datasets/ada/x', tmp_path/'o', shard_size=30, progress=False)
    assert (about['samples'], about['shards'])==(60,2)
    assert about['options']['images']==f'hf://datasets/ada/x@{commit}'
    secret = f'pipe:curl -H "Authorization: Bearer {token}" file://{folder}/00000.tar'
    pack(secret, tmp_path/'p', progress=False)
    assert token[3:] not in (tmp_path/'p/pack.json').read_text()
    with pytest.raises(ValueError, match='Fetch them first, as with `hf download'):
        pack('hf://datasets/ada/x/*.parquet', tmp_path/'q', progress=False)

# Copies ---------------------------------------------------------------------------------------------------------------

def bytes_in(folder):
    return sum(p.stat().st_size for p in Path(folder).glob('*/*') if p.is_file() and p.suffix!='.lock')

@pytest.mark.parametrize('workers', [0,2])
def test_through_limited_copies(site, many, tmp_path, workers):
    """The batches are those of local shards, from the first, from the middle of an epoch and for two processes, and the
    folder never has more than it may; fewer shards are fetched than are used."""
    site.commit('ada/x', of_folder(many))
    how = dict(workers=workers, window=4)
    want = [epoch(ShardLoader(many, tfm, 2, **how|dict(workers=0)), e) for e in range(2)]
    most = (20 if workers else 16)*10240
    kept = dict(cache=tmp_path/'c', cache_gb=most/1e9, **quick)
    loader = ShardLoader('hf://datasets/ada/x', tfm, 2, **how, **kept)
    assert 'GB of copies: the batches are a function of seed and epoch' in loader.describe()
    assert 'up to 2 shards are fetched before a window begins' in loader.describe()
    for e in range(2):
        loader.set_epoch(e, last=1)
        for got,meant in zip(loader, want[e], strict=True):
            assert same([got], [meant]) and bytes_in(tmp_path/'c')<=most
    assert 30<len(site.store.asked)<60
    assert same(epoch(loader, 1, start=20), want[1][20:])
    loader.close()
    half = ShardLoader('hf://datasets/ada/x', tfm, 1, rank=1, world=2, **how|dict(workers=0), **kept)
    assert flat(epoch(half))==[b[1][1] for b in want[0]]

def test_what_is_needed_last_goes_first(site, many, tmp_path):
    """One shard after the other, room for a third of them: no more are fetched than by a plain simulation of all the
    future."""
    site.commit('ada/x', of_folder(many))
    loader = ShardLoader('hf://datasets/ada/x', tfm, 2, workers=0, window=2, cache=tmp_path/'c', cache_gb=1)
    loader.in_flight = lambda: 0
    batches,room = loader.indexed(),Room(tmp_path/'c', 10*10240)
    uses = [j for e in range(2) for j in EpochOrder([2]*30, 0, e, 2).shards.tolist()]
    fetched,here = 0,set()
    for at,j in enumerate(uses): # the best that can be done, in plain code
        later = lambda k: uses.index(k, at+1) if k in uses[at+1:] else 99
        fetched += j not in here
        if j not in here and len(here)==10: here.remove(max(here, key=later))
        here.add(j)
    for at,j in enumerate(uses):
        room.next_use = batches.wanted(at//30, at%30*2)
        room.open(loader.urls[j]).close()
    assert len(site.store.asked)==fetched<60

def test_workers_that_are_new_processes_ask_nobody(site, many, tmp_path):
    "What the listing said goes to them with the loader, and no token does."
    site.commit('ada/x', of_folder(many))
    with pytest.MonkeyPatch.context() as m:
        m.setenv('HF_TOKEN', token)
        loader = ShardLoader('hf://datasets/ada/x', tfm, 2, workers=0, cache=tmp_path/'c', cache_gb=1)
        sent = pickle.dumps(loader.indexed())
    forget()
    site.hub.asked.clear()
    assert token.encode() not in sent
    (_,captions,_),_,error,_ = pickle.loads(sent)[0,0]
    assert len(captions)==2 and not error and all('/resolve/' in path for path,*_ in site.hub.asked)

@pytest.mark.parametrize('workers,batch', [(0,2),(2,2)])
def test_the_smallest_room_that_is_taken_is_enough(site, many, tmp_path, monkeypatch, workers, batch):
    """Windows of one shard or two, in the least space that a loader does not refuse: nobody waits for a copy that is
    still open. Some samples cannot be used, so others come from anywhere."""
    def spoilt(i): return sample(i)|dict(jpg=b'none') if i%7==0 else sample(i)
    folder = write(tmp_path/'spoilt', [spoilt(i) for i in range(60)], 2)
    site.commit('ada/x', of_folder(folder))
    monkeypatch.setattr(Room.__init__, '__defaults__', (None,2.)) # seconds of waiting
    how = dict(workers=workers, window=3)
    def through(gb): return ShardLoader('hf://datasets/ada/x', tfm, batch, **how, cache=tmp_path/'c', cache_gb=gb)
    with pytest.raises(ValueError, match='are too few') as refused: through(1e-6)
    least = float(str(refused.value).split()[-2])
    assert least<16*10_240/1e9 # of 30 shards
    loader = through(least*1.005) # it is said in three digits
    plain = ShardLoader(folder, tfm, batch, **how|dict(workers=0))
    for e in range(2):
        loader.set_epoch(e, last=1)
        assert same([*loader], epoch(plain, e))
    loader.close()

def test_too_small_a_room(site, files, tmp_path):
    site.commit('ada/x', files)
    with pytest.raises(ValueError, match=r'GB of copies \(--cache-gb\) are too few: up to 6 of the 6 shards are read '
        r'at a time'):
        ShardLoader('hf://datasets/ada/x', tfm, 5, workers=0, cache=tmp_path/'c', cache_gb=1e-5)

@pytest.mark.parametrize('spoil,says', [
    (lambda data: data[:-512], 'it has .* bytes, and its listing says'),
    (lambda data: data[:600]+b'x'+data[601:], 'came twice with another SHA-256 than its listing says')])
def test_wrong_files(site, files, tmp_path, spoil, says):
    """Another size is said at once, in a stream too, another hash after a second try; nothing is left, and a good
    one is taken."""
    site.commit('ada/x', files)
    how = dict(workers=0, cache=tmp_path/'c', cache_gb=1)
    site.store.spoil = spoil
    with pytest.raises(Unreachable, match=says): epoch(ShardLoader('hf://datasets/ada/x', tfm, 5, **how, **quick))
    if 'listing says' in says and 'twice' not in says:
        with pytest.raises(Unreachable, match=says): RemoteFile(listed('hf://datasets/ada/x')[0]).read()
    assert bytes_in(tmp_path/'c')==0
    turns = iter([spoil])
    site.store.spoil = lambda data: next(turns, lambda data: data)(data) if 'twice' in says else data
    assert len(epoch(ShardLoader('hf://datasets/ada/x', tfm, 5, **how, **quick)))==12

def test_a_copy_holds_for_every_commit_that_has_it(site, files, tmp_path):
    "What is known by its hash is fetched once; a copy whose size is wrong is fetched again."
    site.commit('ada/x', files)
    room = Room(tmp_path/'c', 10**9)
    first = room.open(listed('hf://datasets/ada/x')[0])
    first.close()
    site.commit('ada/x', files|{'train/00009.tar':b'more'})
    assert room.open(listed('hf://datasets/ada/x')[0]).name==first.name and len(site.store.asked)==1
    Path(first.name).write_bytes(b'half')
    with room.open(listed('hf://datasets/ada/x')[0]) as f: assert f.read()==files['train/00000.tar']

# A run ----------------------------------------------------------------------------------------------------------------

def test_a_run_stays_with_its_commit(site, files, tmp_path, short_runs, capsys):
    """The record has the commit, a resumed run reads it although the data set has moved on and says so, a new run
    does not."""
    old = site.commit('ada/x', files)
    how = dict(model='clippy-scenes', batch_size=10, warmup=1, workers=0, cpu=True, logs=str(tmp_path/'l'),
        save_every=2,
        zeroshot_frequency=0, train_data='hf://datasets/ada/x', cache=str(tmp_path/'c'), cache_gb=1.)
    run = train(**how, name='a', steps=2)
    about = json.loads((tmp_path/'l/a/metrics.json').read_text())
    assert about['options']['train_data']==f'hf://datasets/ada/x@{old}' and about['data']==run.data
    kept = read_settings(tmp_path/'l/a/config.toml')
    assert kept['train_data']==f'hf://datasets/ada/x@{old}' and kept['from']['data']==run.data
    new = site.commit('ada/x', {k:v for k,v in files.items() if '00005' not in k})
    with pytest.raises(ValueError, match='was made with steps=2'): train(**how, name='a', steps=3, resume='auto')
    said = capsys.readouterr().out
    assert f'since this run began: its main is {new[:7]} now, and the run goes on with {old[:7]}' in said
    again = train(**how, name='a', steps=2, resume='auto')
    assert again.data==run.data and again.loader.num_samples==60
    assert train(config=str(tmp_path/'l/a/config.toml'), name='c').data==run.data
    several = train(**how|dict(train_data=['hf://datasets/ada/x/train/00000.tar','hf://datasets/ada/x/train/00001.tar']),
        name='d', steps=2)
    assert several.options.train_data.count(f'@{new}')==2
    assert train(**how, name='b', steps=2).data==shards_hash(f'hf://datasets/ada/x@{new}')!=run.data

def test_evaluations_stay_with_their_commit(site, files, tmp_path, short_runs, capsys):
    """`--val-data` and `--eval task=` of a run have the commit, in its record too; a resumed run reads that commit
    although the data set has moved on and says so, a new run does not."""
    old = site.commit('ada/x', files)
    at = 'hf://datasets/ada/x/train/00001.tar'
    def pin(commit, url=at): return url.replace('/x', f'/x@{commit}')
    how = dict(model='clippy-scenes', batch_size=10, warmup=1, workers=0, cpu=True, logs=str(tmp_path/'l'),
        train_num_samples=20, zeroshot_frequency=0, val_data=at, eval=[f'voc=elsewhere::{at}', 'scenes'])
    run = train(**how, name='a', steps=1)
    kept = read_settings(tmp_path/'l/a/config.toml')
    for found in vars(run.options),kept:
        assert (found['val_data'],found['eval'])==(pin(old), [f'voc=elsewhere::{pin(old)}', 'scenes'])
    new = site.commit('ada/x', {k:v for k,v in files.items() if '00001' not in k} | {'train/00001.tar':b'new'})
    forget()
    capsys.readouterr()
    resumed = with_recipe(how|dict(name='a', resume='auto'))
    assert asked(resumed)==dict(voc=f'elsewhere::{pin(old)}', scenes='', retrieval=pin(old))
    assert capsys.readouterr().out.count(f'and the run goes on with {old[:7]}')==2
    assert asked(with_recipe(how|dict(name='b')))==dict(voc=f'elsewhere::{pin(new)}', scenes='', retrieval=pin(new))
    other = with_recipe(how|dict(name='a', resume='auto', val_data=at.replace('1.tar', '2.tar'), eval=None))
    assert asked(other)['retrieval']==pin(new, at.replace('1.tar', '2.tar')) # it began with another shard

# Stores ---------------------------------------------------------------------------------------------------------------

def test_a_store(bucket, folder, tmp_path):
    """Streamed and through copies, the batches of s3:// are those of local shards; patterns, sizes and hashes as of
    the Hub."""
    assert shard_list('s3://bucket/train')==shard_list('s3://bucket/*/*.tar')==shard_list(
        's3://bucket/train/{00000..00005}.tar')
    loader = ShardLoader('s3://bucket/train', tfm, 5, workers=0)
    pipes = [f'pipe:cat {path}' for path in shard_list(folder)]
    assert loader.mode=='streamed' and loader.num_samples==60
    assert same(epoch(loader, 1), epoch(ShardLoader(pipes, tfm, 5, num_samples=60, workers=0), 1))
    kept = ShardLoader('s3://bucket/train', tfm, 10, workers=2, cache=tmp_path/'c', cache_gb=1)
    assert kept.mode=='indexed' and same(epoch(kept, 1), epoch(ShardLoader(folder, tfm, 10, workers=0), 1))
    kept.close()
    before = shards_hash('s3://bucket/train')
    bucket.pipe('s3://bucket/train/00003.tar', b'other')
    with pytest.raises(Unreachable, match='it has 5 bytes, and its listing says'):
        RemoteFile('s3://bucket/train/00003.tar').read()
    forget()
    assert shards_hash('s3://bucket/train')!=before

def test_what_a_store_says(bucket, monkeypatch):
    "Of libraries that raise what they like there are sentences, and a dropped line is read on."
    for error,says in ((FileNotFoundError('x'), 'There is nothing at s3://bucket'), (PermissionError('key=5ecret'),
            'may not be read with the credentials of this machine'),
            (RuntimeError('5ecret'), r'cannot be read \(RuntimeError\)')):
        def fail(*_, **__): raise error
        with monkeypatch.context() as m, pytest.raises(OSError, match=says) as e:
            m.setattr(type(bucket), 'info', fail)
            m.setattr(type(bucket), 'ls', lambda *_, **__: [])
            listed('s3://bucket/0.tar')
        assert '5ecret' not in str(e.value)
    url,drops = listed('s3://bucket/train')[0],Counter()
    opened = type(bucket)._open
    def flaky(self, *args, **kw):
        file = opened(self, *args, **kw)
        if drops['opened']<2:
            drops['opened'] += 1
            file.read = lambda n: (_ for _ in ()).throw(RuntimeError('dropped'))
        return file
    monkeypatch.setattr(type(bucket), '_open', flaky)
    with pytest.raises(Unreachable, match=r'in 1 tries. The last one ended with: .*cannot be read \(RuntimeError\)'):
        RemoteFile(url, tries=1).read()
