"The gate before the web app, asked as a server asks it; and the folder that it guards."
import asyncio, json, os, subprocess, sys, time
from pathlib import Path
from types import SimpleNamespace

import pytest

from clippy.gate import Gate, make_room, most_of_one, most_open, remove_old, upload_folder

@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    "No other test's uploads take the room of these."
    monkeypatch.setenv('GRADIO_TEMP_DIR', str(tmp_path))
    upload_folder.cache_clear()
    yield
    upload_folder.cache_clear()

class Inner:
    "Stands where gradio stands: notes what reaches it, and answers."
    def __init__(self): self.got,self.hold = [],None
    async def __call__(self, scope, receive, send):
        if self.hold: await self.hold.wait()
        body,more = b'',True
        while more:
            message = await receive()
            body,more = body+message.get('body', b''),message.get('more_body')
        self.got.append((scope, body))
        await send(dict(type='http.response.start', status=200, headers=[]))
        await send(dict(type='http.response.body', body=b'{}'))

question = b'{"data": ["a", {"path": "/etc/hosts"}], "fn_index": 3}'

def page():
    f = SimpleNamespace(api_name='words', api_visibility='public', inputs=[SimpleNamespace(skip_api=False)]*2)
    return SimpleNamespace(blocks={}, upload_file_set=set(), fns={3:f})

def gate(**kw): return Gate(Inner(), **dict(dict(page=page(), names={'localhost'}, max_mb=1, total_mb=2), **kw))

async def ask(g, method, path, parts=(b'',), wait=0, client='127.0.0.1', query=b'', root='', **headers):
    "Status and sentence, as a client sees them."
    sent,parts = [],list(parts)
    async def receive():
        await asyncio.sleep(wait)
        return dict(type='http.request', body=parts.pop(0), more_body=bool(parts)) if parts else await asyncio.sleep(
            999)
    async def send(message): sent.append(message)
    headers = [(k.replace('_','-').encode(), str(v).encode()) for k,
        v in dict(dict(host='localhost'), **headers).items()]
    if 'post' in method.lower() and not path.startswith('/login') and not any(k==b'content-type' for k,_ in headers):
        headers.append((b'content-type', b'application/json'))
    await g(dict(type='http', method=method, path=path, query_string=query, root_path=root, headers=headers,
        client=(client, 1)), receive, send)
    return sent[0]['status'],json.loads(sent[1]['body']).get('detail', '')

def run(*a, **kw): return asyncio.run(ask(*a, **kw))

def test_passes_a_question_on():
    "gradio gets the question whole, its length right, and in place of a foreign file one that is not there."
    g = gate()
    assert run(g, 'POST', '/gradio_api/queue/join', [question[:9], question[9:]])==(200, '')
    (scope,body), = g.app.got
    assert dict(scope['headers'])[b'content-length']==str(len(body)).encode()
    assert json.loads(body)['data'][0]=='a' and json.loads(body)['data'][1]['path']==f'{upload_folder()}/gone'

@pytest.mark.parametrize('status,method,path,kw', [(421, 'GET', '/', dict(host='evil.example')),
    (421, 'GET', '/', dict(x_forwarded_host='localhost, evil.example')),
    (421, 'GET', '/', dict(x_gradio_server='http://evil.example')),
    (403, 'POST', '/gradio_api/upload', dict(origin='https://evil.example', content_length=5)),
    (403, 'POST', '/gradio_api/upload', dict(origin='null', content_length=5)),
    (403, 'GET', '/gradio_api/proxy=http://a', {}),
    (413, 'POST', '/gradio_api/upload', dict(content_length=2**21)), (411, 'POST', '/gradio_api/upload', {}),
    (413, 'POST', '/gradio_api/call/words', dict(content_length=10**6)),
    (413, 'POST', '/gradio_api/call/words', dict(parts=[b'a'*60_000]*2)),
    (413, 'POST', '/gradio_api/upload', dict(content_length='1e9')),
    (413, 'POST', '/gradio_api/upload', dict(content_length='-1')),
    (413, 'POST', '/gradio_api/upload', dict(content_length=9, parts=[b'a'*10])),
    (413, 'POST', '/gradio_api/upload', dict(content_length=900_000,
        parts=[b'content-disposition: form-data; name=files; file', b'NAME=a\r\n', *[b'x; filename="a"']*20])),
    (414, 'GET', '/gradio_api/upload_progress', dict(query=b'upload_id='+b'a'*1000)),
    (415, 'POST', '/gradio_api/call/words', dict(content_type='text/plain', parts=[question])),
    (403, 'POST', '/gradio_api/call/v2/words', dict(parts=[question])),
    (403, 'GET', '/gradio_api/file=\0', {}), (403, 'GET', '/gradio_api/file='+'a/'*5000, {}),
    (403, 'GET', 'http://evil.example/', {}), (403, 'GET', '/clippy/../gradio_api/monitoring', dict(root='/clippy')),
    (422, 'POST', '/gradio_api/queue/join', dict(parts=[json.dumps(
        dict(data=[1,2], fn_index=3, session_hash='a'*65)).encode()])),
        (422, 'POST', '/gradio_api/cancel', dict(parts=[b'{"session_hash": {"a": 1}}'])),
    (413, 'POST', '/login', dict(content_length=10**6)), (404, 'POST', '/gradio_api/call/other',
        dict(parts=[question])), (422, 'POST', '/gradio_api/call/words', dict(parts=[b'{"data": [1]}'])),
        (422, 'POST', '/gradio_api/queue/join', dict(parts=[b'{"data": [1, 2], "fn_index": 3, "batched": true}']))])
def test_refuses(status, method, path, kw):
    g = gate()
    got,said = run(g, method, path, **kw)
    assert got==status and said.endswith('.') and not g.app.got and not g.open and not g.coming

def test_behind_a_proxy():
    "Below another address, the same is open."
    g = gate()
    assert run(g, 'GET', '/clippy/config', root='/clippy')[0]==200 and run(g, 'GET', '/config', root='/clippy')[0]==200
    assert run(g, 'GET', '/clippyconfig', root='/clippy')[0]==403 and run(g, 'GET', '/clippy/config')[0]==403

def test_a_few_files():
    "Some files in one upload pass, whole."
    g,parts = gate(),[b'name=files; filename="a"']*9
    assert run(g, 'POST', '/gradio_api/upload', parts, content_length=len(b''.join(parts)))[0]==200
    assert g.app.got[0][1]==b''.join(parts)

def test_slow_bodies(monkeypatch):
    "A question that comes too slowly is given up, and its place is free again."
    import clippy.gate
    monkeypatch.setattr(clippy.gate._read, '__defaults__', (100_000, .2))
    g,start = gate(),time.monotonic()
    assert run(g, 'POST', '/gradio_api/call/words', [b'a']*100, wait=.05)[0]==408
    assert time.monotonic()-start<8 and not g.open

def test_many_at_once():
    "So many requests are answered at a time, and no more."
    async def all_of_them():
        g = gate()
        g.app.hold = asyncio.Event()
        first = [asyncio.create_task(ask(g, 'GET', '/config')) for _ in range(most_open)]
        await asyncio.sleep(.1)
        assert (await ask(g, 'GET', '/config'))[0]==503
        g.app.hold.set()
        assert {o[0] for o in await asyncio.gather(*first)}=={200}
        assert (await ask(g, 'GET', '/config'))[0]==200
    asyncio.run(all_of_them())

def test_one_takes_not_all():
    "A visitor with an address of his own leaves room for others."
    async def all_of_them():
        g = gate()
        g.app.hold = asyncio.Event()
        first = [asyncio.create_task(ask(g, 'GET', '/config', client='10.0.0.1')) for _ in range(most_of_one)]
        await asyncio.sleep(.1)
        assert (await ask(g, 'GET', '/config', client='10.0.0.1'))[0]==503
        other = asyncio.create_task(ask(g, 'GET', '/config', client='10.0.0.2'))
        await asyncio.sleep(.1)
        g.app.hold.set()
        assert {o[0] for o in await asyncio.gather(*first, other)}=={200} and not g.open
    asyncio.run(all_of_them())

def test_guessed_passwords():
    "The 31st password of a minute is not looked at, whatever address it seems to come from."
    g = gate()
    assert [run(g, 'POST', '/login', [b'username=a'], client=f'10.0.0.{i}')[0] for i in range(31)]==[200]*30+[429]

def test_uploads_have_a_total(tmp_path, monkeypatch):
    "Uploads that are on their way count too; when there is no room, old files go, and those of the last minute stay."
    monkeypatch.setattr('clippy.gate.upload_folder', lambda: tmp_path)
    def store(name, age):
        (tmp_path/name).write_bytes(b'0'*900_000)
        os.utime(tmp_path/name, (time.time()-age,)*2)
    store('old', 100)
    store('new', 10)
    async def three():
        g = gate()
        g.app.hold = asyncio.Event()
        up = [asyncio.create_task(ask(g, 'POST', '/gradio_api/upload', content_length=700_000)) for _ in range(2)]
        await asyncio.sleep(.3)
        g.app.hold.set()
        return sorted([o[0] for o in await asyncio.gather(*up)])
    assert asyncio.run(three())==[200, 507]
    assert [o.name for o in tmp_path.iterdir()]==['new']
    assert run(gate(total_mb=0), 'POST', '/gradio_api/queue/join', [question])[0]==507 # answers take room as well

def test_many_small_files(tmp_path):
    "Their number has a limit, too."
    for i in range(30):
        (tmp_path/str(i)).touch()
        os.utime(tmp_path/str(i), (i, i))
    assert make_room(tmp_path, 1000, most=10) and {o.name for o in tmp_path.iterdir()}=={str(i) for i in range(20, 30)}

def test_old_files(tmp_path):
    "After an hour a file goes, with its folder, but no example, and nothing that a link leads to."
    for name,age in (('in/a/old.png', 3700), ('in/b/example.png', 3700), ('in/c/new.png', 3500), ('other/x.png', 9999)):
        (tmp_path/name).parent.mkdir(parents=True)
        (tmp_path/name).touch()
        os.utime(tmp_path/name, (time.time()-age,)*2)
    (tmp_path/'in/d').mkdir()
    os.symlink(tmp_path/'other', tmp_path/'in/d/link')
    for p in (tmp_path/'in').iterdir(): os.utime(p, (time.time()-3700,)*2)
    remove_old(tmp_path/'in', keep={str(tmp_path/'in/b/example.png')})
    assert not (tmp_path/'in/a/old.png').exists()
    assert (tmp_path/'in/b/example.png').exists()
    assert (tmp_path/'in/c/new.png').exists()
    assert (tmp_path/'other/x.png').exists()

program = '''
import os, sys, time
from clippy.gate import upload_folder
at = upload_folder()
(at/'a.png').write_bytes(b'0')
os.umask(0)
print(at, oct(at.stat().st_mode & 0o777), os.environ['GRADIO_TEMP_DIR'], flush=True)
if len(sys.argv)>1: os._exit(1)
'''

def process(*args, **env):
    return subprocess.run([sys.executable, '-c', program, *args], env={**os.environ, **env}, capture_output=True,
        text=True, check=not args).stdout.split()

def test_folder_ends_with_its_process(tmp_path):
    """The folder is private, in GRADIO_TEMP_DIR if that is set, and goes at the end; that of a killed process goes a
    day later, and nobody else's."""
    first,mode,variable = process(GRADIO_TEMP_DIR=str(tmp_path))
    assert Path(first).parent==tmp_path and mode=='0o700' and variable==first and not Path(first).exists()
    killed,young,other = process('kill', GRADIO_TEMP_DIR=str(tmp_path))[0],process('kill',
        GRADIO_TEMP_DIR=str(tmp_path))[0],tmp_path/'other'
    other.mkdir()
    os.symlink(other, tmp_path/'clippy-app-link')
    for p in (killed, other): os.utime(p, (0, 0))
    os.utime(tmp_path/'clippy-app-link', (0, 0), follow_symlinks=False)
    process(GRADIO_TEMP_DIR=str(tmp_path))
    assert not Path(killed).exists() and Path(young).exists() and other.exists()
