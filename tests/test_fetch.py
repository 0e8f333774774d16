"`clippy.fetch` against a server on loopback that drops lines, changes files, forgets them and sends other things."
import hashlib, json, socket, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import EntryPoint
from multiprocessing import get_context

import pytest, torch

from clippy import fetch, registry
from clippy.fetch import check_address, fetch_file, hosts
from clippy.registry import Entry, open_named

data = bytes(range(250))*1000
sha256 = hashlib.sha256(data).hexdigest()

class Site:
    "Serves one file, badly."
    def __init__(self):
        self.data,self.tag,self.kind = data,'"one"','application/octet-stream'
        self.most,self.errors,self.ranges,self.asked,self.to = None,[],True,[],''
        site = self
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                at = int((self.headers['Range'] or 'bytes=0-')[6:-1]) if site.ranges else 0
                site.asked.append(self.headers['Range'])
                code = site.errors.pop(0) if site.errors else 302 if site.to else 206 if at else 200
                self.send_response(code)
                if site.to: self.send_header('Location', site.to)
                if site.tag: self.send_header('ETag', site.tag)
                self.send_header('Content-Type', site.kind)
                body = site.data[at:] if code<300 else b''
                self.send_header('Content-Length', len(body))
                self.end_headers()
                self.wfile.write(body[:site.most] if site.most else body)
            def log_message(self, *_): pass
        self.server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.url = f'http://127.0.0.1:{self.server.server_port}/weights.pt'
        threading.Thread(target=self.server.serve_forever, args=(.02,), daemon=True).start()

@pytest.fixture
def site(monkeypatch):
    monkeypatch.setenv('CLIPPY_LOOPBACK', '1')
    s = Site()
    yield s
    s.server.shutdown()
    s.server.server_close()

def get(site, folder, tries=3, **kw): return fetch_file(site.url, folder=folder, tries=tries, wait=.01, timeout=2, **kw)
def left(folder): return sorted(p.name for p in folder.iterdir() if p.suffix!='.lock')

def test_lines_that_drop(site, tmp_path):
    "The file is whole, nothing comes twice, and size and hash are on record."
    site.most = 100_000
    assert get(site, tmp_path).read_bytes()==data
    assert site.asked==[None, 'bytes=100000-', 'bytes=200000-']
    record = json.loads((tmp_path/'weights.pt.json').read_text())
    assert (record['bytes'],record['sha256'],record['address'])==(len(data),sha256,site.url)
    assert left(tmp_path)==['weights.pt', 'weights.pt.json']

def test_goes_on_where_another_process_stopped(site, tmp_path):
    "What came before a failure is kept, and asked for no more."
    site.most,site.errors = 100_000,[200,503,503]
    with pytest.raises(OSError, match='the next try goes on from what came'): get(site, tmp_path)
    assert left(tmp_path)==['weights.pt.part', 'weights.pt.part.json']
    site.most,site.asked = None,[]
    assert get(site, tmp_path).read_bytes()==data and site.asked==['bytes=100000-']

def test_a_part_that_was_whole_already(site, tmp_path):
    "A process that ended between the last byte and the name."
    get(site, tmp_path)
    (tmp_path/'weights.pt').rename(tmp_path/'weights.pt.part')
    (tmp_path/'weights.pt.part.json').write_text(json.dumps(dict(address=site.url, size=len(data), tag='"one"')))
    site.asked = []
    assert get(site, tmp_path).read_bytes()==data and site.asked==[]

def test_a_server_that_knows_no_range(site, tmp_path):
    site.ranges,site.most = False,200_000
    threading.Timer(.1, lambda: setattr(site, 'most', None)).start()
    assert fetch_file(site.url, folder=tmp_path, tries=9, wait=.05).read_bytes()==data

@pytest.mark.parametrize('change', [dict(tag='"two"'), dict(data=data[::-1]+b'x')], ids=['mark','size'])
def test_halves_of_two_files_are_not_joined(site, tmp_path, change):
    "If the file at the server is another one now, it comes from its beginning."
    site.most,site.errors = 100_000,[200,503,503]
    with pytest.raises(OSError): get(site, tmp_path)
    new = change.get('data', data[::-1])
    site.data,site.tag,site.most = new,change.get('tag', '"one"'),None
    assert get(site, tmp_path).read_bytes()==new

def test_errors_of_the_server(site, tmp_path):
    "404 ends at once; 503 is asked again, and may end well. The sentence has the address and the place for the file."
    site.errors = [503,500]
    assert get(site, tmp_path).read_bytes()==data
    site.errors,site.asked,other = [404],[],tmp_path/'other'
    says = rf'404.*fetch http://127.0.0.1:\d+/weights.pt with a browser, put it at {other}/weights.pt'
    with pytest.raises(OSError, match=says): get(site, other)
    assert len(site.asked)==1
    site.errors = [503]*9
    with pytest.raises(OSError, match='503.*by hand|503.*with a browser'): get(site, other)
    assert not (other/'weights.pt').exists()

def test_no_network(site, tmp_path):
    site.server.shutdown()
    site.server.server_close()
    with pytest.raises(OSError, match='refused.*put it at .*weights.pt, and load again'): get(site, tmp_path, tries=2)

def test_a_name_that_is_not_known(tmp_path, monkeypatch):
    "Without a network the first try is the last; one that goes away later may come back."
    asked = []
    def fails(*a, **k):
        asked.append(a)
        raise socket.gaierror(-2, 'Name or service not known')
    monkeypatch.setattr(socket, 'getaddrinfo', fails)
    url = 'https://github.com/kahnchana/clippy/releases/download/v1.0/clippy_5k.pt'
    says = f'there is no network.*fetch github.com/kahnchana/.*clippy_5k.pt with a browser, put it at {tmp_path}'
    with pytest.raises(OSError, match=says): fetch_file(url, folder=tmp_path, tries=4, wait=30)
    assert len(asked)==1

def test_a_file_put_there_by_hand(site, tmp_path):
    "It is as good as one that was fetched: nobody is asked, and it is on record from then on."
    (tmp_path/'weights.pt').write_bytes(data)
    assert get(site, tmp_path, sha256=sha256)==tmp_path/'weights.pt' and site.asked==[]
    (tmp_path/'weights.pt').write_bytes(data[1:]+b'x')
    with pytest.raises(ValueError, match='damaged, or another file: its sha256'): get(site, tmp_path)
    with pytest.raises(ValueError, match='by the table of models'): get(site, tmp_path, sha256=sha256)
    (tmp_path/'weights.pt').write_bytes(data[1:])
    with pytest.raises(ValueError, match='its bytes is 249999'): get(site, tmp_path)

def test_wrong_size_and_hash(site, tmp_path):
    "A pinned size is compared before a byte is kept, a pinned hash at the end; neither leaves a file."
    with pytest.raises(OSError, match='has 250,000 bytes, and should have 7'): get(site, tmp_path, pinned=7)
    with pytest.raises(OSError, match='its sha256 is .* and should be f{64}'): get(site, tmp_path, sha256='f'*64)
    assert left(tmp_path)==[]
    assert get(site, tmp_path, pinned=len(data), sha256=sha256).read_bytes()==data

def test_a_page_is_no_model(site, tmp_path):
    "The login page of a hotel's network answers everything with 200."
    site.kind = 'text/html; charset=utf-8'
    with pytest.raises(OSError, match='a web page came'): get(site, tmp_path)
    assert not (tmp_path/'weights.pt').exists()

def test_where_an_address_leads(site, tmp_path):
    "The server that answers in the end has to be one of the list, as the first one."
    other = ThreadingHTTPServer(('127.0.0.2', 0), site.server.RequestHandlerClass)
    threading.Thread(target=other.serve_forever, args=(.02,), daemon=True).start()
    site.to = f'http://127.0.0.2:{other.server_port}/weights.pt'
    threading.Timer(.05, lambda: setattr(site, 'to', '')).start()
    site.errors = [302,200]
    with pytest.raises(OSError, match='and not from http://127.0.0.2'): get(site, tmp_path, tries=1)
    other.shutdown()
    other.server_close()
    assert not (tmp_path/'weights.pt').exists()

@pytest.mark.parametrize('url', ['http://github.com/a', 'https://github.com.example.org/a', 'https://user@github.com/a',
    'https://github.com:8443/a', 'ftp://github.com/a', 'file:///etc/passwd', 'https://[::1/a', 'https://evil.org/github.com'])
def test_addresses_that_no_model_comes_from(url):
    with pytest.raises(ValueError, match='Models are fetched|no address'): check_address(url)

def test_loopback_is_for_tests_alone(monkeypatch):
    monkeypatch.delenv('CLIPPY_LOOPBACK', raising=False)
    with pytest.raises(ValueError, match='and not from http'): check_address('http://127.0.0.1/a')
    assert all(check_address(f'https://{h}/a') is None for h in hosts)

def other_process(url, folder): assert fetch_file(url, folder=folder).read_bytes()==data

def test_two_processes_at_once(site, tmp_path):
    "One fetches, the other waits, and both have the file."
    fork = get_context('fork')
    both = [fork.Process(target=other_process, args=(site.url, tmp_path)) for _ in range(2)]
    for p in both: p.start()
    for p in both: p.join(60)
    assert [p.exitcode for p in both]==[0,0] and len(site.asked)==1
    assert left(tmp_path)==['weights.pt', 'weights.pt.json']

def test_no_room(site, tmp_path, monkeypatch):
    monkeypatch.setattr(fetch.shutil, 'disk_usage', lambda _: type('Usage', (), dict(free=1000)))
    with pytest.raises(OSError, match='250,000 bytes have no room in .*, where 1,000 are free'): get(site, tmp_path)

def test_the_release_by_name(site, tmp_path, monkeypatch):
    "`clippy-5k` is fetched into the cache, with the pins of its row, and loaded with the text tower that was named."
    monkeypatch.setenv('CLIPPY_CACHE', str(tmp_path))
    row = Entry('clippy-5k', 'release', 'release', 'photographs', 196, 'GPL-3.0', site.url, len(data), sha256)
    class Given(tuple):
        "What a model was loaded from; it can be told what it knows."
        def parameters(self): return [torch.zeros(1)]
    class Loaded:
        def __init__(self, *a, **k): self.given = Given((a,k))
        def eval(self): return self.given
    monkeypatch.setattr(fetch, 'load_release', Loaded)
    monkeypatch.setattr(registry, 'registry', lambda: {'clippy-5k':row})
    found = dict(release=EntryPoint('release', 'clippy.fetch:open_release', 'clippy.families'))
    monkeypatch.setattr(registry, 'installed', lambda group: found)
    assert open_named('clippy-5k', text='t5')==((tmp_path/'models'/'weights.pt',), dict(text='t5'))
