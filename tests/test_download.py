"""`clippy.download` against a loopback server with missing and broken images,
and a stand-in for img2dataset that can also fail."""
import csv,json,os,re,shlex,shutil,signal,sys,tarfile,threading,time
from http.server import BaseHTTPRequestHandler,ThreadingHTTPServer

import pytest, torch
import torch.nn.functional as F

from clippy.cli import cli
from clippy.data import Report,fast_transform,normalize
from clippy.download import count_samples,download,find_tool,shard_outcome,write_links
from clippy.loader import ShardLoader
from clippy.stream import read_all
from processes import Forked
from shards import jpeg

# img2dataset's options, folder and manners: it goes by the stats files, and trips over any other .json.
# FAULT=what,shard makes it fail there.
stand_in = '''
import io, json, math, os, sys, tarfile, time, urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from PIL import Image
import csv

o = dict(a[2:].split('=', 1) for a in sys.argv[1:])
assert o['input_format']=='tsv'
assert o['output_format']=='webdataset'
assert o['incremental_mode']=='incremental'
assert not any(k.startswith('-') for k in o)
out, size, what = Path(o['output_folder']), int(o['number_sample_per_shard']), os.environ.get('FAULT', ',').split(',')
print('Starting the downloading of this file', flush=True)
done = {int(p.name.split('_')[0]) for p in out.glob('*.json')}
with open(o['url_list'], newline='') as f:
    rows = [(r[o['url_col']], r[o['caption_col']]) for r in csv.DictReader(f, delimiter='\t')]

def get(row):
    for _ in range(int(o['retries'])+1):
        try:
            with urllib.request.urlopen(row[0], timeout=float(o['timeout'])) as r: data,error = r.read(),None; break
        except Exception as e: data,error = None,str(e)
    if error: return None,error
    try: image = Image.open(io.BytesIO(data)); image.load()
    except Exception: return None,'Image decoding error'
    short = int(o['image_size'])/min(image.size)
    if short<1: image = image.resize([round(s*short) for s in image.size])
    image.convert('RGB').save(b:=io.BytesIO(), 'JPEG', quality=int(o['encode_quality']))
    return b.getvalue(),None

for s in range(math.ceil(len(rows)/size)):
    if s in done: continue
    if what==['dies',str(s)]: sys.exit('RuntimeError: no space left on device')
    if what==['hangs',str(s)]: (out/'hangs').write_text(str(os.getpid())); time.sleep(60)
    if what==['skips',str(s)]: continue
    start, status = time.time(), {}
    part = rows[s*size:(s+1)*size]
    with tarfile.open(out/f'{s:05d}.tar', 'w') as tar, ThreadPoolExecutor(int(o['thread_count'])) as pool:
        for i,((url,caption),(data,error)) in enumerate(zip(part, pool.map(get, part))):
            status[error or 'success'] = status.get(error or 'success', 0)+1
            meta = dict(url=url, caption=caption, key=f'{s*size+i:09d}', status='success')
            files = () if error else (('jpg',data), ('txt',caption.encode()), ('json',json.dumps(meta).encode()))
            for ending,content in files:
                t = tarfile.TarInfo(f"{meta['key']}.{ending}")
                t.size = len(content)
                tar.addfile(t, io.BytesIO(content))
    if what==['cuts',str(s)]: os.truncate(out/f'{s:05d}.tar', 3000)
    good = status.get('success', 0)
    stats = dict(count=len(part), successes=good, failed_to_download=len(part)-good, failed_to_resize=0, duration=1,
        start_time=start, end_time=time.time(), status_dict=status)
    (out/f'{s:05d}_stats.json').write_text(json.dumps(stats))
'''

kinds = ['gone']*3 + ['page','dropped'] + ['fine']*15

class Web(BaseHTTPRequestHandler):
    def do_GET(self):
        kind,i = self.path.strip('/').removesuffix('.jpg').split('/')
        self.server.asked.append(int(i))
        if kind=='gone' or self.server.down: return self.send_error(404)
        if kind=='slow': time.sleep(3)
        data = b'<html></html>' if kind=='page' else jpeg(int(i), (64,48))
        self.send_response(200)
        self.send_header('Content-Length', len(data))
        if kind=='noai': self.send_header('X-Robots-Tag', 'noai')
        self.end_headers()
        try: self.wfile.write(data[:len(data)//2] if kind=='dropped' else data)
        except OSError: pass
    def log_message(self, *_): pass

class Server(ThreadingHTTPServer): request_queue_size = 64

@pytest.fixture
def web(tmp_path, monkeypatch):
    "A server, a list of 200 links to it in shards of 40, and the stand-in. 150 images are there."
    server = Server(('127.0.0.1',0), Web)
    server.asked,server.down = [],False
    threading.Thread(target=server.serve_forever, args=(.02,), daemon=True).start()
    server.table = listed(tmp_path/'cc12m.tsv', server, kinds)
    (tmp_path/'tool.py').write_text(stand_in)
    server.tool = shlex.join([sys.executable, str(tmp_path/'tool.py')])
    monkeypatch.setenv('CLIPPY_IMG2DATASET', server.tool)
    monkeypatch.delenv('FAULT', raising=False)
    yield server
    server.shutdown()
    server.server_close()

def listed(path, server, kinds, n=200):
    path.write_text(''.join(f'http://127.0.0.1:{server.server_port}/{kinds[i%len(kinds)]}/{i}.jpg\tpicture "{i}"\n'
                            for i in range(n)))
    return path

quick = dict(image_size=32, shard_size=40, threads=4, timeout=2, retries=0, progress=False)
fine = [i for i in range(200) if kinds[i%20]=='fine']

def test_download(web, tmp_path, capsys):
    "Counts that add up, and shards that a model can be trained on."
    about = download('cc12m', web.table, tmp_path/'out', **quick)
    assert capsys.readouterr().out.startswith('cc12m: 150 of 200 links gave an image (75.0%), in 5 shards. '
                                              'The others: HTTP Error 404: Not Found (30), ')
    assert (about['listed'], about['found'], about['yield'], about['shards'])==(200, 150, .75, 5)
    assert about['failures']=={'HTTP Error 404: Not Found':30, 'Image decoding error':10, 'IncompleteRead':10}
    assert about==json.loads((tmp_path/'out/download.json').read_text())
    assert len(about['plan']['list_sha256'])==64
    assert about['fetched'][0].startswith('20')
    assert about['plan']['image_size']==32
    assert about['how']['timeout']==2
    assert about['versions']['img2dataset']=='unknown'
    assert json.loads((tmp_path/'out/sizes.json').read_text())=={f'{i:05d}.tar':30 for i in range(5)}
    assert not {'links.tsv','download.part'} & {p.name for p in (tmp_path/'out').iterdir()}

    report = Report()
    got = [(c,x) for xs,cs,_ in read_all(tmp_path/'out', fast_transform(32), report=report) for c,x in zip(cs, xs)]
    assert [c for c,_ in got]==[[f'picture "{i}"'] for i in fine] and report.total==0
    loader = ShardLoader(tmp_path/'out', fast_transform(32), 50, workers=0)
    w = torch.zeros(3*32*32, 50, requires_grad=True)
    losses = []
    for x,captions,_ in loader: # a few steps of telling the images of a batch apart
        assert x.shape==(50,3,32,32) and len(set(captions))==50
        loss = F.cross_entropy(normalize(x).flatten(1)@w, torch.arange(50))
        loss.backward()
        with torch.no_grad():
            w -= .01*w.grad
            w.grad = None
        losses.append(loss.item())
    assert len(losses)==3 and all(torch.isfinite(torch.tensor(losses)))

def test_again_asks_nobody(web, tmp_path, monkeypatch, capsys):
    about = download('cc12m', web.table, tmp_path/'out', **quick)
    said,n = capsys.readouterr().out,len(web.asked)
    monkeypatch.setenv('CLIPPY_IMG2DATASET', 'no-such-tool') # is not even looked for
    assert download('cc12m', web.table, tmp_path/'out', **quick)==about and len(web.asked)==n
    assert capsys.readouterr().out==said
    (tmp_path/'out/00003.tar').unlink()
    with pytest.raises(FileNotFoundError, match='1 of the 5 shards in .* are gone, the first is 00003.tar.*--again'):
        download('cc12m', web.table, tmp_path/'out', **quick)
    monkeypatch.setenv('CLIPPY_IMG2DATASET', web.tool)
    assert download('cc12m', web.table, tmp_path/'out', again=.001, **quick)['found']==150
    assert sorted(web.asked[n:])==list(range(120,160))

dies = r'exit code 1 after 80 of 200 links. The same command goes on(.|\n)*no space left on device'

@pytest.mark.parametrize('fault,says', [('dies,2',dies), ('skips,2','exit code 0 after 160 of 200 links')])
def test_goes_on(web, tmp_path, monkeypatch, fault, says):
    "What is done stays done; what was left is fetched, once."
    monkeypatch.setenv('FAULT', fault)
    with pytest.raises(ChildProcessError, match=says): download('cc12m', web.table, tmp_path/'out', **quick)
    assert not (tmp_path/'out/download.json').exists() and not (tmp_path/'out/sizes.json').exists()
    with pytest.raises(ValueError, match='begun with shard_size=40, not 20: give the same options'):
        download('cc12m', web.table, tmp_path/'out', **quick|dict(shard_size=20))
    monkeypatch.delenv('FAULT')
    assert download('cc12m', web.table, tmp_path/'out', **quick)['found']==150
    assert sorted(web.asked)==list(range(200))

def test_another_list_is_refused(web, tmp_path, monkeypatch):
    monkeypatch.setenv('FAULT', 'dies,2')
    with pytest.raises(ChildProcessError): download('cc12m', web.table, tmp_path/'out', **quick)
    web.table.write_text(web.table.read_text().replace('picture "7"','picture "8"')) # of the same length
    with pytest.raises(ValueError, match='begun with list_sha256='):
        download('cc12m', web.table, tmp_path/'out', **quick)
    assert len(list((tmp_path/'out').glob('*_stats.json')))==2

def test_a_damaged_shard_is_fetched_again(web, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv('FAULT', 'cuts,1')
    with pytest.raises(ChildProcessError, match='exit code 0 after 160 of 200 links'):
        download('cc12m', web.table, tmp_path/'out', **quick)
    monkeypatch.delenv('FAULT')
    assert download('cc12m', web.table, tmp_path/'out', **quick)['found']==150
    assert 'shards fetched again: 1, the first is 00001.tar' in capsys.readouterr().out
    assert sorted(web.asked)==sorted([*range(200), *range(40,80)])

def test_after_an_outage(web, tmp_path, capsys):
    "Nothing found is an error and is asked for again; poor shards are on request."
    web.down = True
    with pytest.raises(ValueError, match=r'None of the 200 links gave an image: HTTP Error 404: Not Found \(200\)'):
        download('cc12m', web.table, tmp_path/'out', **quick)
    web.down = False
    assert download('cc12m', web.table, tmp_path/'out', **quick)['found']==150
    stats = tmp_path/'out/00004_stats.json' # as if the network had been down for the last shard
    none = dict(successes=0, status_dict={'<urlopen error [Errno -2] Name or service not known>':40})
    stats.write_text(json.dumps(json.loads(stats.read_text())|none))
    tarfile.open(stats.with_name('00004.tar'), 'w').close()
    n = len(web.asked)
    assert download('cc12m', web.table, tmp_path/'out', again=.5, **quick)['found']==150
    assert sorted(web.asked[n:])==list(range(160,200))
    assert 'the first is 00004.tar' in capsys.readouterr().out

def test_an_empty_shard(web, tmp_path):
    "A shard of which nothing was found is a shard, and the loader passes over it."
    table = listed(tmp_path/'t.tsv', web, ['fine']*40+['gone']*40, 120)
    about = download('cc12m', table, tmp_path/'out', **quick)
    assert (about['found'], about['shards'])==(80, 3)
    assert json.loads((tmp_path/'out/sizes.json').read_text())['00001.tar']==0
    assert sum(len(c) for _,c,_ in ShardLoader(tmp_path/'out', fast_transform(32), 10, workers=0))==80

def test_stopped(web, tmp_path):
    "Ctrl-C leaves no process behind and a folder that can be gone on with."
    args = ['data','cc12m',str(web.table),str(tmp_path/'out'),'--shard-size','40','--no-progress']
    run = Forked(lambda: cli(args), tmp_path/'said', FAULT='hangs,2')
    hangs = tmp_path/'out/hangs'
    until = time.time()+120
    while not (hangs.is_file() and hangs.read_text()) and run.poll() is None and time.time()<until: time.sleep(.1)
    pid = int(hangs.read_text())
    os.kill(run.pid, signal.SIGINT)
    assert run.wait()==1
    assert run.said()=='clippy data: Stopped. The same command goes on from here\n'
    with pytest.raises(ProcessLookupError): os.kill(pid, 0)
    assert len(list((tmp_path/'out').glob('*_stats.json')))==2 and (tmp_path/'out/download.part').is_file()

def test_command(web, tmp_path, capsys):
    assert cli(['data','links',str(web.table),str(tmp_path/'out'),'--url-column','link'])==1
    said = capsys.readouterr().err
    assert "clippy data: " in said
    assert "has no column 'link'" in said
    assert not (tmp_path/'out').exists()
    web.table.write_text('link\ttext\n'+web.table.read_text().replace('picture "7"','"picture ""7"""'))
    args = [str(web.table), str(tmp_path/'out'), '--url-column','link','--caption-column','text','--image-size','32',
            '--threads','4','--no-progress']
    assert cli(['data','links',*args])==0
    assert 'links: 150 of 200 links gave an image (75.0%), in 1 shard.' in capsys.readouterr().out

@pytest.mark.parametrize('change,says', [
    (dict(name='cc13m'), "no list 'cc13m': it is one of cc12m, cc3m, links"),
    (dict(table='none.tsv'), 'There is no list none.tsv.*conceptual-12m'),
    (dict(resize_mode='stretch'), "no resize_mode 'stretch'"),
    (dict(distributor='mpi'), "no distributor 'mpi'"),
    (dict(shard_size=0), 'shard_size=0: it is at least 1'),
    (dict(tool='no-such-tool --x'), "no command 'no-such-tool'"),
    (dict(name='cc3m'), "no line with a link and a caption. For cc3m each line is caption, url; "
        "the first one is \\['http")])
def test_bad_input(web, tmp_path, change, says):
    with pytest.raises((ValueError,OSError), match=says):
        download(**dict(name='cc12m', table=web.table, out=tmp_path/'out', **quick)|change)
    assert not (tmp_path/'out').exists() and not web.asked

def test_a_folder_of_something_else(web, tmp_path):
    (tmp_path/'out').mkdir()
    (tmp_path/'out/00000.tar').touch()
    with pytest.raises(FileExistsError, match='is not empty and has no download.json'):
        download('cc12m', web.table, tmp_path/'out', **quick)

def test_no_tool(tmp_path, monkeypatch):
    monkeypatch.setenv('PATH', str(tmp_path))
    monkeypatch.delenv('CLIPPY_IMG2DATASET', raising=False)
    with pytest.raises(FileNotFoundError, match='there is no uvx or pipx to make it: `pip install uv`'): find_tool()
    (tmp_path/'pipx').touch(0o755)
    assert find_tool()[:2]==['pipx','run']
    with pytest.raises(FileNotFoundError, match='there is no uvx to make it'): find_tool('', 'ray')
    (tmp_path/'uvx').touch(0o755)
    assert find_tool()[0]=='uvx' and '--with ray' in shlex.join(find_tool('', 'ray'))

def test_lists(tmp_path):
    "Whatever a caption holds, it comes out as one field; columns may be named where they need not be."
    def links(text, *args):
        (tmp_path/'t').write_bytes(text)
        about = write_links(tmp_path/'t', tmp_path/'l.tsv', *args)
        with open(tmp_path/'l.tsv', newline='') as f: return about,[tuple(r) for r in csv.reader(f, delimiter='\t')][1:]
    a = b'http://a/1\t"Untitled\r\nhttp://a/2\tsaid "no"\twith more\n\nhttp://a/3\t \nftp://a/4\tna\xc3\xafve'
    about,rows = links(a)
    assert rows==[('http://a/1','"Untitled'), ('http://a/2','said "no" with more'), ('ftp://a/4','naïve')]
    assert about['listed']==5 and about['faults']=={'too few columns':1, 'no caption':1}
    assert links(b'\xef\xbb\xbfurl\tcaption\n'+a)[1]==rows
    assert links(b'a dog\thttp://a/1\n', 'cc3m')[1]==[('http://a/1','a dog')]
    assert links(b'id,text,link\n1,"a, b\nc",https://a/1\n', 'links', 'link', 'text')[1]==[('https://a/1','a, b c')]
    assert links(b'a dog\twith more\thttp://a/1\n', 'cc3m')[1]==[('http://a/1','a dog with more')]
    about,rows = links(b'url\tcaption\nhttp://a/1\ta dog\nhttp://a/2\t"Stop here\n'
                       b'http://a/3\ta bird\nhttp://a/4\t"a ""fish"""\n', 'links')
    assert rows==[('http://a/1','a dog'), ('http://a/2','"Stop here'), ('http://a/3','a bird'),
                  ('http://a/4','a "fish"')]
    about,rows = links(b'url,caption\nhttp://a/1,a dog, a cat\nhttp://a/2,"a dog, a cat"\n', 'links')
    assert rows==[('http://a/2','a dog, a cat')] and about['faults']=={'too many columns':1}
    for text in (b'url,caption\nhttp://a/1,"open\nhttp://a/2,a bird\n',
                 b'url,caption\nhttp://a/1,"open\nhttp://a/2,a 12"\n',
                 b'caption,url\n"open,http://a/1\na 12",http://a/2\n'):
        with pytest.raises(ValueError, match='t, line 2'): links(text, 'links')
    with pytest.raises(ValueError, match='t, line 2, is not UTF-8'): links(b'http://a/1\ta\nhttp://a/1\tna\xefve\n')
    with pytest.raises(ValueError, match='no line with a link'): links(b'')

def test_outcomes(tmp_path):
    stats = tmp_path/'00000_stats.json'
    assert count_samples(tmp_path/'00000.tar') is None
    for text in ('{"count": 5, "succ', '[]', '{}', '{"count": null, "status_dict": 3}', '['*100_000):
        stats.write_text(text)
        assert shard_outcome(stats) is None
    tarfile.open(tmp_path/'00000.tar', 'w').close()
    status = {"<urlopen error [SSL: X] Hostname mismatch, certificate is not valid for 'a.org'. (_ssl.c:1)>":1,
              'IncompleteRead(5 bytes read)':1, 'IncompleteRead(7 bytes read)':1}
    about = dict(count=5, successes=1, status_dict={'success':1, **status}, start_time=0, end_time=1)
    stats.write_text(json.dumps(about))
    failures = {'<urlopen error [SSL: X] Hostname mismatch, certificate is not valid for . >':1, 'IncompleteRead':2,
                'not in the shard':2}
    assert shard_outcome(stats)==dict(listed=5, found=0, dates=[0,1], failures=failures)

@pytest.mark.skipif(not (shutil.which('uvx') or shutil.which('pipx')),
                    reason='the real img2dataset needs uvx or pipx, and neither is on PATH')
def test_the_real_img2dataset(web, tmp_path, monkeypatch):
    "The stand-in's manners are the original's."
    monkeypatch.delenv('CLIPPY_IMG2DATASET')
    table = listed(tmp_path/'real.tsv', web, kinds[:5]+['slow','noai']+kinds[7:])
    options = quick|dict(processes=1, timeout=1)
    try: about = download('cc12m', table, tmp_path/'out', **options)
    except ChildProcessError as e:
        if re.search('Failed to fetch|network was disabled|Could not find a version', str(e)):
            pytest.skip('the real img2dataset cannot be fetched: no network')
        raise
    assert about['versions']['img2dataset']=='1.47.0'
    assert about['found']==130
    assert about['failures'].pop('HTTP Error 404: Not Found')==30
    assert all(n==10 for n in about['failures'].values())
    assert len(about['failures'])==4
    (tmp_path/'out/00002_stats.json').unlink() # as after an interruption
    for name in ('download.json','sizes.json'): (tmp_path/'out'/name).rename(tmp_path/name)
    (tmp_path/'out/download.part').write_text(json.dumps(dict(plan=about['plan'])))
    n = len(web.asked)
    assert download('cc12m', table, tmp_path/'out', **options)['found']==130
    assert sorted(web.asked[n:])==list(range(80,120))
    report = Report()
    assert sum(len(k) for *_,k in read_all(tmp_path/'out', fast_transform(32), report=report))==130 and report.total==0
