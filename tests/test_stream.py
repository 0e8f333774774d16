"""`clippy.stream`: damaged shards; a server with dropped connections, slow replies and errors; shards from it,
streamed and kept."""
import bz2,gzip,io,json,os,re,tarfile,threading,time,tracemalloc
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler,ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given,strategies as st

from clippy.access import scan_shard
from clippy.data import (Report,eval_transform,fast_transform,num_samples,open_image,sample_captions,shard_list,
    shard_sizes,train_transform)
from clippy.loader import ShardLoader
from clippy.retrieval import Pairs,tar_items
from clippy.stream import RemoteFile,Unreachable,cache_path,fetch,read_all,read_shard,shards_hash
from shards import epoch, few, flat, ids, jpeg, reasons, same, sample, spoilt, write

@pytest.fixture(scope='module')
def folder(tmp_path_factory): return write(tmp_path_factory.mktemp('d')/'s', [sample(i) for i in range(60)], 10)

@pytest.fixture(scope='module')
def faulty(tmp_path_factory): return spoilt(tmp_path_factory.mktemp('data')/'f')

@pytest.mark.parametrize('workers', [0,2,3])
def test_read_all(faulty, folder, workers):
    report = Report()
    batches = list(read_all(faulty, eval_transform(16), 7, workers=workers, report=report))
    keys = [int(k) for *_,ks in batches for k in ks]
    assert keys==sorted(set(range(80))-{3,11,12,13,*range(24,29),*range(54,60),67,68,69})
    assert [ids(c)[0] for _,cs,_ in batches for c in cs]==keys and all(len(c)==3 for _,cs,_ in batches for c in cs)
    assert all(x.shape==(len(c),3,16,16) for x,c,_ in batches)
    assert report.by_reason()==reasons and report.seen==62
    assert [len(k) for *_,k in read_all(folder, eval_transform(16), 16, workers=workers)]==[16,16,16,12]

# a bad line

quick = dict(wait=.01, timeout=1)

class Site:
    "Serves a folder, badly."
    def __init__(self, folder):
        self.folder,self.most = folder,None
        self.asked,self.slow,self.errors = [],[],[]
        self.ranges,self.chunked = True,False
        site = self
        class Handler(BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'
            def do_GET(self):
                path = site.folder/self.path.split('?')[0].lstrip('/')
                at = int(self.headers['Range'][6:-1]) if self.headers['Range'] and site.ranges else 0
                site.asked.append((path.name, self.headers['Range']))
                if site.slow: time.sleep(site.slow.pop())
                code = site.errors.pop() if site.errors else 200 if path.is_file() else 404
                self.close_connection = True
                data = path.read_bytes()[at:] if code==200 else b''
                self.send_response(206 if code==200 and at else code)
                if site.chunked: self.send_header('Transfer-Encoding', 'chunked')
                else: self.send_header('Content-Length', len(data))
                self.end_headers()
                part = data[:site.most] if site.most else data
                if site.chunked:
                    part = b'%x\r\n%s\r\n'%(len(part), part) + (b'0\r\n\r\n' if len(part)==len(data) else b'')
                try: self.wfile.write(part)
                except OSError: pass # the other side gave up
            def log_message(self, *_): pass
        self.server = ThreadingHTTPServer(('127.0.0.1',0), Handler)
        self.url = f'http://127.0.0.1:{self.server.server_port}'
        threading.Thread(target=self.server.serve_forever, args=(.02,), daemon=True).start()

@pytest.fixture
def site(tmp_path):
    (tmp_path/'www').mkdir()
    (tmp_path/'www/a.bin').write_bytes(bytes(range(256))*1000)
    s = Site(tmp_path/'www')
    yield s
    s.server.shutdown()
    s.server.server_close()

data = bytes(range(256))*1000

@pytest.mark.parametrize('block', [-1, 1000])
@pytest.mark.parametrize('how', [
    {}, dict(most=70_000), dict(most=200_000, ranges=False), dict(errors=[503,429,500]), dict(slow=[.6,.6]),
    dict(chunked=True)])
def test_every_byte(site, how, block):
    "Whole, in the right order, whatever the server does."
    for k,v in how.items(): setattr(site, k, v)
    if how.get('ranges') is False: # begins again, and gets further the second time
        threading.Timer(.05, lambda: setattr(site, 'most', None)).start()
    with RemoteFile(f'{site.url}/a.bin', tries=9, wait=.02, timeout=.3) as f:
        got = b''.join(iter(lambda: f.read(block), b''))
    assert got==data
    if 'most' in how and how.get('ranges',True):
        assert [r for _,r in site.asked]==[None,'bytes=70000-','bytes=140000-','bytes=210000-']

def test_a_chunked_reply_that_drops(site):
    site.chunked,site.most,site.ranges = True,100_000,False
    with pytest.raises(Unreachable, match=r'a.bin could not be read past byte .* in 2 tries'):
        RemoteFile(f'{site.url}/a.bin', tries=2, **quick).read()

@pytest.mark.parametrize('how,asked,says', [
    (dict(most=1, ranges=False), 3, 'could not be read past byte 1 in 3 tries. '
        'The last one ended with: the connection dropped with 255,999 bytes to come'),
    (dict(errors=[503]*9), 3, 'past byte 0 in 3 tries. The last one ended with: HTTP Error 503'),
    (dict(errors=[403]), 1, 'cannot be read: HTTP Error 403'),
    (dict(slow=[.8]*9), 2, 'past byte 0 in 2 tries. The last one ended with: .*timed out')])
def test_a_sentence_at_last(site, how, asked, says):
    for k,v in how.items(): setattr(site, k, v)
    with pytest.raises(Unreachable, match=says):
        RemoteFile(f'{site.url}/a.bin', tries=2 if 'slow' in how else 3, wait=.01, timeout=.3).read()
    assert len(site.asked)==asked

def test_nobody_there():
    with pytest.raises(Unreachable, match='past byte 0 in 2 tries. .*refused'):
        RemoteFile('http://127.0.0.1:9/a.tar', tries=2, **quick).read()

def test_a_file_that_changes(site):
    "Halves of two files are not joined."
    site.most = 100_000
    f = RemoteFile(f'{site.url}/a.bin', **quick)
    f.read(50_000)
    (site.folder/'a.bin').write_bytes(data+b'x')
    with pytest.raises(Unreachable, match='it had 256000 bytes and now has 256001'): f.read()

def test_pipes(tmp_path):
    (tmp_path/'a').write_bytes(data)
    with RemoteFile(f'pipe:cat {tmp_path}/a') as f: assert f.read(10)+f.read()==data
    flaky = (f'pipe:echo >> {tmp_path}/n; if test $(wc -l < {tmp_path}/n) -lt 3; '
             f'then head -c 100000 {tmp_path}/a; exit 7; else cat {tmp_path}/a; fi')
    with RemoteFile(flaky, **quick) as f: assert f.read()==data
    with pytest.raises(Unreachable, match='exit 3'): RemoteFile('pipe:exit 3', tries=2, **quick).read()
    with RemoteFile(f'pipe:cat {tmp_path}/a') as f: f.read(10) # leaving early is no error

class Slow(BaseHTTPRequestHandler):
    """Never silent, never done: a byte at a time in the headers, the body or a chunk; the same for ever;
    a byte a connection."""
    protocol_version = 'HTTP/1.1'
    def do_GET(self):
        self.server.asked += 1
        how = self.path.strip('/').split('.')[0]
        at = int(self.headers['Range'][6:-1]) if self.headers['Range'] else 0
        self.close_connection = True
        try:
            if how=='headers': self.drip(b'HTTP/1.1 200 OK\r\nX: '+b'x'*10_000)
            if how=='status': self.drip(b'x'*10_000)
            self.send_response(206 if how=='byte' and at else 200)
            if how=='lies': self.send_header('Content-Length', 10**15)
            if how=='odd': self.send_header('Content-Length', '-5')
            if how=='byte': self.send_header('Content-Length', 10**6-at)
            if how=='chunk': self.send_header('Transfer-Encoding', 'chunked')
            self.end_headers()
            if how=='chunk': self.drip(b'0'*10_000)
            if how=='body': self.drip(b'x'*10_000)
            if how in ('endless','lies'):
                while True: self.wfile.write(bytes(1<<16))
            if how in ('byte','odd'): self.wfile.write(b'x')
        except OSError: pass
    def drip(self, data):
        for number in data:
            self.wfile.write(bytes([number]))
            self.wfile.flush()
            time.sleep(.02)
    def log_message(self, *_): pass

@pytest.fixture(scope='module')
def slow():
    server = ThreadingHTTPServer(('127.0.0.1',0), Slow)
    server.daemon_threads,server.asked = True,0
    threading.Thread(target=server.serve_forever, args=(.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()

limits = dict(timeout=1, wait=.02, tries=3, patience=.6, slowest=1000, largest=1_000_000)

@pytest.mark.parametrize('how,says', [
    *((how,'seconds of waiting') for how in ('headers','status','body','chunk','byte')),
    ('endless','goes on after 1,000,000 bytes'), ('lies','it has 1,000,000,000,000,000 bytes, and may have 1,000,000')])
def test_a_total_limit(slow, tmp_path, how, says):
    "A server that is never done ends in a sentence, in time: read, kept as a copy, and as a shard of a run."
    url = f'http://127.0.0.1:{slow.server_port}/{how}.tar'
    limits = dict(wait=.01, tries=3, slowest=1000, largest=1_000_000, patience=.3 if 'waiting' in says else .6)
    limits['timeout'] = 10 # of one answer: a busy machine is not to reach it
    began = time.time()
    with pytest.raises(Unreachable, match=rf'{how}.tar cannot be read: .*{says}'): RemoteFile(url, **limits).read()
    with pytest.raises(Unreachable, match=says): fetch(url, tmp_path/'c', **limits)
    assert not [p for p in (tmp_path/'c').rglob('*') if p.is_file() and p.suffix!='.lock']
    if how!='endless': # zeros are the end of a tar
        with pytest.raises(Unreachable, match=says):
            epoch(ShardLoader(url, fast_transform(16), 1, num_samples=2, workers=0, **limits))
        with pytest.raises(Unreachable, match=says):
            ShardLoader(url, fast_transform(16), 1, workers=0, cache=tmp_path/'d', **limits)
    assert time.time()-began<15

def test_a_length_that_is_none(slow):
    assert RemoteFile(f'http://127.0.0.1:{slow.server_port}/odd.tar', **limits).read()==b'x'

def test_slow_is_not_too_slow(site):
    "What has come is worth waiting for; a reader that takes its time is not the server's fault."
    with RemoteFile(f'{site.url}/a.bin', **quick|dict(patience=.3, slowest=1e6)) as f:
        got = f.read(1000)
        time.sleep(.5)
        got += f.read()
    assert got==data

def test_the_hash_of_large_shards(tmp_path):
    """Beyond a gigabyte 16 pieces of each shard are read: another size, another beginning, middle or end,
    another order is seen, and a date is not."""
    def shard(name, size=600_000_000, at=None):
        with open(tmp_path/name, 'wb') as f:
            f.truncate(size)
            if at is not None:
                f.seek(at)
                f.write(b'x')
        os.utime(tmp_path/name, ns=(0, next(times)))
    times = iter(range(99))
    shard('0.tar')
    shard('1.tar', at=0)
    seen = [shards_hash(tmp_path)]
    shard('0.tar')
    assert shards_hash(tmp_path)==seen[0]
    for at in (0, 599_999_999, 40_000_000-5, 560_000_000-1):
        shard('0.tar', at=at)
        seen.append(shards_hash(tmp_path))
    shard('0.tar', 599_999_999)
    seen.append(shards_hash(tmp_path))
    shard('0.tar')
    seen += [shards_hash([tmp_path/'1.tar', tmp_path/'0.tar']), shards_hash(tmp_path/'0.tar')]
    assert len(set(seen))==len(seen)==8

# names

odd_names = ['pipe:touch ran;.tar', 'http:x.tar', 'file:x.tar', 's3:x.tar', 'a::pipe:touch ran;.tar', '{0..2}.tar',
    '-.tar', '-', 'a#b?c.tar', '[a].tar', '*.tar', '${HOME}.tar', '%2e.tar', 'a b\'"$(touch ran).tar',
    'x;touch ran.tar', '{.tar', 'http:[.tar']

@pytest.mark.parametrize('name', odd_names)
def test_a_file_is_never_an_address(tmp_path, monkeypatch, name):
    "Found by a pattern, in a folder or named itself: a file is read, and nothing runs; for the list of a list too."
    d = write(tmp_path/'d', [sample(i) for i in range(4)], 4)
    (d/'00000.tar').rename(d/name)
    (d/'sizes.json').write_text(json.dumps({name:4}))
    monkeypatch.chdir(d)
    ways = ['.', '*.tar', str(d), f'{d}/*.tar', name, [name], Path('.'), d/name]
    for way in ways if name.endswith('.tar') else [name]:
        found = shard_list(way)
        assert [Path(p).resolve() for p in found]==[(d/name).resolve()]
        assert shard_list(found)==found and shard_sizes(found)==[4]
        assert sorted(ids(flat(epoch(ShardLoader(way, fast_transform(16), 2, workers=0)))))==[0,1,2,3]
        assert len(shards_hash(way))==16 and sum(len(k) for *_,k in read_all(way, eval_transform(16)))==4
    assert not list(tmp_path.rglob('ran*'))
    if not name.endswith('.tar'): return
    source = Pairs('.', lambda image: image)
    assert [source.key(i) for i in range(4)]==[f'{i:05d}' for i in range(4)]
    assert not list(tmp_path.rglob('ran*'))

def test_a_folder_is_never_an_address(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ('pipe:touch ran;','a::b','{0..1}','http:','-'):
        d = write(tmp_path/name, [sample(i) for i in range(4)], 4)
        is_pattern = any(sign in name for sign in ('::','{','http','pipe'))
        for way in (name,) if is_pattern else (name, f'{name}/*.tar'):
            assert [Path(p).resolve() for p in shard_list(way)]==[d/'00000.tar'] and num_samples(way)==4
    assert not list(tmp_path.rglob('ran*'))

def test_hidden_files_and_pipes_are_no_shards(tmp_path):
    "macOS's second files are passed by; a FIFO is an error and not waited for."
    d = write(tmp_path/'d', [sample(i) for i in range(4)], 4)
    (d/'._00000.tar').write_bytes(b'Mac OS X')
    for way in d, f'{d}/*.tar': assert [Path(p).name for p in shard_list(way)]==['00000.tar']
    os.mkfifo(d/'1.tar')
    with pytest.raises(FileNotFoundError, match='1 of 2 shards are missing, the first is .*1.tar'): shard_list(d)

@pytest.mark.parametrize('url', [
    'http://a.org/../..', 'http://a.org/x/..', 'http://a.org/', 'http://a.org', 'http://a.org/pipe:touch x;.tar',
    'http://a.org/'+'é'*300+'.tar', 'http://a.org/.hidden', 'http://a.org/%2e%2e', 'pipe:cat ../../x.tar',
    'pipe:cat ..', 's3://b/../..', 'http://a.org/a\\b.tar', 'http://a.org/a\nb.tar', 'http://a.org/\udc80.tar'])
def test_a_copy_stays_in_its_folder(tmp_path, url):
    "Whatever an address ends with, its copy is a plain file two levels down, and has a name that a file can have."
    path = cache_path(url, tmp_path)
    assert path.parent.parent==tmp_path
    assert path.name not in ('','.','..') and not path.name.startswith('.')
    assert re.fullmatch(r'[\w.+=,@-]+', path.name)
    path.parent.mkdir()
    path.write_text('fits')

def test_copies_do_not_meet():
    "A name that is also in the path does not make two places one."
    urls = ['http://h/a0/0', 'http://h/a/0', 'http://h/0/a', 'http://h/a/b:c', 'http://h/a/b_c', 'http://h/a/b;c',
            'http://h/a/'+'x'*70, 'http://h/a/y'+'x'*70, 'https://h/a/0', 'http://h/a/.0']
    assert len({cache_path(u, 'c') for u in urls})==len(urls)

# shards

def urls(site, folder):
    site.folder = folder
    return f'{site.url}/{{00000..00005}}.tar'

@pytest.mark.parametrize('workers', [0,2])
def test_streamed_over_a_bad_line(site, folder, workers):
    "Dropped connections change nothing: the batches are those of pipes."
    u,tfm = urls(site, folder),fast_transform(16)
    site.most = 9_000 # of about 30,000
    loader = ShardLoader(u, tfm, 5, num_samples=60, workers=workers, **quick)
    assert loader.mode=='streamed' and '00000.tar is remote' in loader.describe()
    got = epoch(loader, 1)
    assert sorted(ids(flat(got)))==list(range(60)) and loader.report().total==0
    pipes = [f'pipe:cat {path}' for path in shard_list(folder)]
    assert same(got, epoch(ShardLoader(pipes, tfm, 5, num_samples=60, workers=workers), 1))
    assert any(r for _,r in site.asked)

@pytest.mark.parametrize('workers', [0,2])
def test_an_unreachable_shard_stops_the_run(site, folder, workers):
    "Nobody knows what was in it, so it cannot be counted: a sentence, from a worker too."
    u = urls(site, folder).replace('00005','00006')
    with pytest.raises(Unreachable, match=r'^http\S+/00006.tar cannot be read: HTTP Error 404'):
        epoch(ShardLoader(u, fast_transform(16), 5, num_samples=70, workers=workers, shuffle=0, **quick))
    with pytest.raises(Unreachable, match='404'): list(read_all(u, eval_transform(16)))

def test_a_damaged_shard_over_http_is_counted(site, folder, tmp_path):
    "What is wrong in the file is not the network's fault."
    (tmp_path/'00000.tar').write_bytes((folder/'00000.tar').read_bytes()[:20_000])
    site.folder = tmp_path
    report = Report()
    assert len(list(read_all(f'{site.url}/00000.tar', eval_transform(16), 1, report=report)))==report.seen>0
    assert report.by_reason()=={'truncated shard':1} and report.rows[0][1]==f'{report.seen:05d}'

@pytest.mark.parametrize('sizes', [True,False])
def test_cached_is_indexed(site, folder, tmp_path, sizes):
    """With a folder of copies the batches are those of local shards, for any number of readers,
    and each file comes once."""
    u,tfm = urls(site, folder),fast_transform(16)
    if not sizes: site.folder = write(tmp_path/'s', [sample(i) for i in range(60)], 10, sizes=False)
    want = epoch(ShardLoader(folder, tfm, 10, workers=0), 1)
    site.most = 20_000
    loaders = [ShardLoader(u, tfm, 10, workers=w, cache=tmp_path/'copies', **quick) for w in (0,2)]
    assert {loader.mode for loader in loaders}=={'indexed'} and loaders[0].num_samples==60
    for loader in loaders: assert same(epoch(loader, 1), want)
    whole = [n for n,r in site.asked if r is None and n!='sizes.json']
    assert sorted(whole)==[f'{i:05d}.tar' for i in range(6)]
    site.server.shutdown() # all is there
    assert same(epoch(ShardLoader(u, tfm, 5, workers=0, rank=1, world=2, cache=tmp_path/'copies', **quick), 1),
                [(x[5:],c[5:],k[5:]) for x,c,k in want])

def test_an_unreachable_copy_stops_the_run(site, folder, tmp_path):
    u = urls(site, folder).replace('00005','00006')
    with pytest.raises(Unreachable, match='404'):
        ShardLoader(u, fast_transform(16), 5, workers=0, cache=tmp_path/'c', **quick)
    (tmp_path/'w').mkdir()
    (tmp_path/'w/sizes.json').write_text(json.dumps({f'{i:05d}.tar':10 for i in range(7)}))
    for path in folder.glob('*.tar'): (tmp_path/'w'/path.name).write_bytes(path.read_bytes())
    site.folder = tmp_path/'w'
    for workers in (0,1):
        with pytest.raises(Unreachable, match=r'^http\S+/00006.tar cannot be read: HTTP Error 404'):
            epoch(ShardLoader(u, fast_transform(16), 5, workers=workers, cache=tmp_path/'d', **quick))

def test_one_fetches_for_all(site, tmp_path):
    site.most = 60_000
    with ThreadPoolExecutor(6) as pool:
        paths = list(pool.map(lambda _: fetch(f'{site.url}/a.bin', tmp_path/'c', **quick), range(6)))
    assert len(set(paths))==1 and paths[0].read_bytes()==data and sum(r is None for _,r in site.asked)==1
    assert {p.name for p in paths[0].parent.iterdir()}<={'a.bin','a.bin.lock'}

def test_cache_paths():
    "Files of different places do not meet; a signature does not count."
    c = lambda u: cache_path(u, 'c')
    assert c('https://a.org/x/0.tar?sig=1')==c('https://a.org/x/0.tar?sig=2')!=c('https://a.org/y/0.tar')
    assert c('https://a.org/x/0.tar').parent==c('https://a.org/x/sizes.json').parent!=c('https://b.org/x/0.tar').parent
    assert c('pipe:aws s3 cp s3://b/x/0.tar -').name=='0.tar'
    assert c('pipe:aws s3 cp s3://b/x/0.tar -')!=c('pipe:aws s3 cp s3://b/y/0.tar -')
    assert c('s3://b/x/0.tar').name=='0.tar' and c('pipe:cmd').name

# tars from elsewhere

def tar(path, files, mode='w', **kw):
    "A tar of (name, bytes)."
    with tarfile.open(path, mode, **kw) as t:
        for name,content in files:
            m = tarfile.TarInfo(name)
            m.size = len(content)
            t.addfile(m, io.BytesIO(content))
    return path

layouts = {'./':'./{}', 'in a folder':'a/b/{}', 'a folder with dots':'v1.0/train.2/{}', 'both':'./v1.0/{}',
           'upper case':'{}', 'beside macOS files':'{}'}

def beside_macos(name, content): # a file, and what macOS puts beside it
    return [(f'x.y/._{name}',b'Mac OS X'), (f'x.y/{name}',content), ('x.y/.DS_Store',b'?'), ('._x.y',b'?')]

@pytest.mark.parametrize('how', layouts)
@pytest.mark.parametrize('mode', ['w','w:gz','w:bz2','w:xz'])
def test_one_reader_of_tars(tmp_path, how, mode):
    """Training, streaming and evaluation read the same samples of a tar,
    whatever its names look like and however it is compressed."""
    files = []
    for i in range(4):
        for ending,content in (('jpg',jpeg(i)), ('txt',f'{i} a'.encode())):
            name = layouts[how].format(f'{i:03d}.{ending.upper() if how=="upper case" else ending}')
            if how=='beside macOS files': files += beside_macos(name, content)
            else: files.append((name, content))
    path = tar(tmp_path/'0.tar', files, mode)
    place = 'x.y/{}' if how=='beside macOS files' else layouts[how]
    want = {place.format(f'{i:03d}'):f'{i} a' for i in range(4)}
    assert {k:c[0] for _,c,_,k in tar_items(path)}==want
    report = Report()
    assert {s['__key__']:sample_captions(s)[0] for s in read_shard(str(path), report)}==want and not report.total
    loader = ShardLoader(str(path), train_transform(16), 1, num_samples=4, workers=0)
    assert {k.split('/',1)[1]:c for _,cs,ks in epoch(loader) for c,k in zip(cs,ks)}==want and not loader.report().total
    source = Pairs(path, lambda image: image)
    assert [(source.key(i), source[i][1]) for i in range(4)]==[(k,1) for k in want]
    assert all(source[i][0].tobytes()==open_image(jpeg(i)).tobytes() for i in range(4))

@pytest.mark.parametrize('files,says', [
    ([('0.txt',b'x')], '(1 samples have no image, the first is 0|, 0: no image)'),
    ([('0.jpg',jpeg()), ('0.txt',b' ')], '0: empty caption. Mend'),
    ([('0.jpg',jpeg()), ('0.json',b'{"captions": ["\\ud83d"]}')], '0: caption is not UTF-8'),
    ([('0.jpg',jpeg()), ('0.txt',b'x')]*2, '0: duplicate key'),
    ([('0.jpg',jpeg()), ('0.json',b'['*100_000)], '0: json is broken')])
@pytest.mark.parametrize('mode', ['w','w:gz'])
def test_an_evaluation_leaves_nothing_out(tmp_path, files, says, mode):
    "What training skips and counts ends an evaluation, with the key and the reason."
    path = tar(tmp_path/'0.tar', files, mode)
    with pytest.raises(ValueError, match=f'0.tar.*{says}'): Pairs(path, None)

# tars that mean harm

def member(name, size, kind=tarfile.REGTYPE):
    m = tarfile.TarInfo(name)
    m.size = size
    m.type = kind
    return m.tobuf(tarfile.GNU_FORMAT)

def negative(): # the size of a file is -1024
    b = bytearray(member('1.jpg', 0))
    b[124:136] = (-1024).to_bytes(12, 'big', signed=True)
    b[148:156] = b' '*8
    b[148:156] = b'%06o\0 '%sum(b)
    return bytes(b)

def padded(data): return data+bytes(-len(data)%512)
def attributes(text, kind=tarfile.XHDTYPE): return member('attributes', len(text), kind)+padded(text)
def pax(k, v):
    n = len(k)+len(v)+3
    while len(f'{n} {k}={v}\n')!=n: n = len(f'{n} {k}={v}\n')
    return f'{n} {k}={v}\n'.encode()

def whole(name, content): return member(name, len(content))+padded(content)
def long_name(content): return member('././@LongLink', len(content), tarfile.GNUTYPE_LONGNAME)+padded(content)

good = [whole(f'{i}.jpg', jpeg(i))+whole(f'{i}.txt', f'{i}'.encode()) for i in range(3)]
huge = 5_000_000
sparse = b''.join(pax(f'GNU.sparse.{k}', v) for k,v in dict(major='1', minor='0', realsize='9000000000',
    name='1.jpg').items())
harm = { # what is wrong with the sample in the middle -> its bytes, and the reason that is counted
    'a file':(whole('1.jpg', bytes(huge)), 'sample too large'),
    'many small files':(b''.join(whole(f'1.{i}', bytes(300_000)) for i in range(20)), 'sample too large'),
    'many empty files':(b''.join(member(f'1.{i}', 0) for i in range(3000)), 'sample too large'),
    'a negative size':(negative(), None),
    'a negative attribute':(attributes(pax('size','-1536'))+member('1.jpg',0), None),
    'attributes':(attributes(bytes(huge)), None),
    'common attributes':(attributes(bytes(huge), tarfile.XGLTYPE), None),
    'a long name':(long_name(b'x'*huge), None),
    'names within names':(long_name(b'name\0')*3000, None),
    'a name of 5000 letters':(attributes(pax('path', 'x'*5000+'.jpg'))+member('1.jpg',0), None),
    'a sparse file':(attributes(sparse)+member('x',512)+padded(b'1\n0\n0\n'), 'sparse file'),
    'deep json':(whole('1.jpg', b'x')+whole('1.json', b'['*100_000), None)}

@pytest.mark.parametrize('packed', [False,True])
@pytest.mark.parametrize('what', harm)
def test_a_tar_that_means_harm(tmp_path, what, packed):
    """The sample before it is read, and so is the one after it where the tar goes on; what is lost is counted;
    little memory and time."""
    middle,why = harm[what]
    content = good[0]+middle+good[2]+bytes(10240)
    path = tmp_path/'0.tar'
    path.write_bytes(gzip.compress(content, 1) if packed else content)
    report = Report()
    began = time.process_time() # however busy the machine is
    tracemalloc.start()
    keys = [s['__key__'] for s in read_shard(str(path), report, 0, 3, max_sample_mb=1)]
    read = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert keys[0]=='0' and report.total+len(keys)==3 and ('2' in keys)==(why is not None or what=='deep json')
    assert read<4_000_000 and time.process_time()-began<5
    if why: assert report.by_reason()=={why:1} and report.rows[0][1]=='1'
    if packed: return
    tfm = train_transform(16)
    loader = ShardLoader(str(path), tfm, 1, num_samples=1, workers=0, shuffle=0, max_sample_mb=1)
    assert flat(epoch(loader))==['0'] and len(scan_shard(path))==len({*keys,'1'} if why or what=='deep json' else keys)
    loader = ShardLoader(str(path), tfm, 3, workers=0, shuffle=0, max_sample_mb=1) if why else loader
    epoch(loader)
    if why: assert loader.report().by_reason()=={why:1}

pieces = st.sampled_from([*good, *(data for data,_ in harm.values() if len(data)<9000), bytes(512), bytes(1024),
    b'x'*512, member('a.jpg',100)])

@few
@given(st.lists(pieces, max_size=6), st.lists(st.tuples(st.integers(0,6000), st.integers(0,255)), max_size=4),
       st.integers(0,200_000), st.sampled_from(['','gz','bz2']))
def test_any_tar_ends_in_samples_and_counts(tmp_path, parts, changes, end, packed):
    """Property: whatever the bytes, readers end without an exception, agree with each other,
    and account for all that was wanted."""
    content = bytearray(b''.join(parts)[:end])
    for at,v in changes:
        if at<len(content): content[at] = v
    path = tmp_path/'0.tar'
    path.write_bytes(dict(gz=gzip.compress, bz2=bz2.compress).get(packed, bytes)(bytes(content)))
    report,free = Report(),Report()
    keys = [s['__key__'] for s in read_shard(str(path), report, 0, 5, max_sample_mb=1)]
    assert len(keys)==len(set(keys)) and len(keys)+report.total==5
    assert [s['__key__'] for s in read_shard(str(path), free, max_sample_mb=1)][:len(keys)]==keys
    try: items = tar_items(path)
    except ValueError as e: assert '0.tar' in str(e)
    else: assert {k for *_,k in items}<={*keys} or len(items)>5
    index = scan_shard(path)
    if packed: return
    known = [k for i,k in enumerate(index.keys.tolist()) if not index.duplicate[i]]
    want = [k.encode(errors='surrogateescape') for k in keys]
    assert [k for k in known if k in want]==want

def test_a_book_that_promises_too_much(tmp_path):
    "A billion samples that are missing are counted, and not named one by one in memory."
    folder,report = write(tmp_path/'s', [sample(i) for i in range(3)], 3),Report()
    assert len([*read_shard(str(folder/'00000.tar'), report, last=1_000_000_000)])==3
    assert report.by_reason()=={'missing from shard':999_999_997} and len(report.rows)<=1000
    assert report.rows[0][1]=='#3'
