"The web app: asked directly, through its server, and in a browser where there is one."
import gc, importlib, json, os, re, shutil, signal, socket, subprocess, sys, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from hypothesis import HealthCheck, example, given, settings, strategies as st

from clippy.app import _on_the_page, _open_page, _reach_directly, _short, _tidy
from clippy.app import app, credentials, make_app, open_app, serve
from clippy.gate import kept, remove_old, seconds_to_wait, upload_folder
from clippy.model import create_model
from clippy.questions import ask_words, draw_examples
from clippy.saved import load
from pages import ask, file, get, post

pytestmark = pytest.mark.filterwarnings('ignore::Warning:gradio.*') # it calls pandas in ways that will go
words,background = 'car, fish','bricks, sand'
# Everything that this process asks of a network while the page is served. An audit hook cannot be taken away again,
# so it is made once.
asked = []
sys.addaudithook(lambda event, args: asked.append(args[0] if event=='socket.getaddrinfo' else args[1])
    if event in ('socket.getaddrinfo','socket.connect') else None)

@pytest.fixture(scope='module')
def images(): return draw_examples()

@pytest.fixture(scope='module')
def page(images):
    asked.clear()
    page = open_app(workers=2, images=images, words=words, background=background)
    yield page
    page.close(verbose=False)

@pytest.fixture(scope='module')
def url(page): return serve(page, port=0, max_mb=1, wait=False)

@pytest.fixture
def full_queue(page):
    page._queue.max_size,most = 0,page._queue.max_size
    yield
    page._queue.max_size = most

@pytest.fixture(scope='module')
def bad(tmp_path_factory):
    "Files that are no images, or not acceptable ones: name -> path, and what is said."
    d = tmp_path_factory.mktemp('bad')
    (d/'text.png').write_text('I am no image.')
    (d/'empty.png').write_bytes(b'')
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (64,64,3), np.uint8)).save(d/'cut.png')
    (d/'cut.png').write_bytes((d/'cut.png').read_bytes()[:5000])
    Image.new('1', (9000,9000)).save(d/'vast.png')
    return {d/'text.png':'text.png is no image', d/'empty.png':'empty.png is empty', d/'cut.png':'cut.png',
        d/'vast.png':'make it smaller'}

# Through the server -------------------------------------------------------------------------------------------------

@pytest.fixture(scope='module')
def client(url):
    from gradio_client import Client
    return Client(url, verbose=False)

def test_words(client, images):
    "The page shows what the model says."
    got, = ask(client, '/words', file(images[0]), words, background, 0)
    seg = ask_words(load('scenes'), images[0], words, background)
    assert len(got)==sum(r.area>0 for r in seg)
    for r in seg:
        if r.area: assert np.array_equal(got[f'{r.label}  {r.area:.1%}'], r.mask)
    strict, = ask(client, '/words', file(images[0]), words, background, 1)
    assert [line.split('  ') for line in strict]==[['other','100.0%']]

def test_who_answers(url, tmp_path):
    "The page names its model and what it knows, above the answers; a folder's name is text."
    def said(page): return next(b.value for b in page.blocks.values() if getattr(b, 'elem_id', '')=='model')
    here = said(open_app(words=''))
    assert '**scenes** knows drawings of ten things on seven backgrounds, and no photographs' in here
    assert 'no photographs' in json.dumps(get(url, 'config').json())
    assert here.endswith('no photographs: `clippy models` lists models that do.')
    model = create_model('clippy-scenes', captions=['a cat','a boat']).eval()
    assert said(make_app({'mine':model}))=='**mine** answers.'
    assert '<' not in said(make_app({'<img src=x>':model})).replace('\\<', '').replace('&lt;', '')

def test_background_of_the_page(client, images):
    "`auto` lets the model's own words compete; an empty line lets one word be everywhere, and the note says so."
    model = load('scenes')
    for line,known in ('auto','auto'),('none',()),('',()),('sand, sky',['sand','sky']):
        got, = ask(client, '/words', file(images[0]), 'car', line, 0)
        seg = model.segment(images[0], ['car'], known)
        assert {k.split('  ')[0] for k in got}=={r.label for r in seg if r.area}
        for r in seg:
            if r.area: assert np.array_equal(got[f'{r.label}  {r.area:.1%}'], r.mask)
        for name in '/words','/compare':
            note = client.predict(file(images[0]), 'car', line, 0, api_name=name)[-1]
            assert note.startswith('car is the only word, so it is the answer') if not known else note==''
    assert client.predict(file(images[0]), 'car, fish', '', 0, api_name='/words')[-1]==''
    with pytest.raises(Exception, match='auto stands alone'):
        client.predict(file(images[0]), 'car', 'auto, sky', 0, api_name='/words')

def test_the_page_begins_with_auto():
    "The line for the background says `auto`, and below it stands which words that means for this model."
    def line(page): return next(b for b in page.blocks.values() if getattr(b, 'elem_id', '')=='background')
    model = create_model('clippy-scenes', captions=['a cat','a boat']).eval()
    photos = make_app({'mine':model})
    for page,some in (open_app(words=''),'grass, sand, water and 4 more'),(photos,'bag, bed, bedclothes and 36 more'):
        assert line(page).value=='auto' and f'(auto: {some}; empty: none)' in line(page).info
    model.background = ()
    assert '(auto and empty: none)' in line(make_app({'mine':model})).info
    assert line(make_app({'mine':model}, background='fog')).value=='fog'

def small_model(): return create_model('clippy-scenes', captions=['a cat','a boat']).eval()

@pytest.fixture(scope='module')
def stranger(tmp_path_factory):
    "A folder with a small CLIP of open_clip, random weights."
    small = pytest.importorskip('test_openclip', reason='open_clip is optional')
    return small.write(tmp_path_factory.mktemp('models')/'small', small.settings)[0]

def test_a_model_of_others(stranger, images, tmp_path):
    "A model of open_clip answers in all tabs what it answers in Python; the page names it without its folder."
    from gradio_client import Client
    name = f'open_clip:{stranger}'
    page = open_app(name, compare='scenes')
    url = serve(page, port=0, wait=False)
    try:
        client,image = Client(url, verbose=False),file(images[0])
        assert '**open_clip:small** answers.' in (shown := json.dumps(get(url, 'config').json()))
        assert str(stranger.parent) not in shown and 'open_clip:small: class token pooling' in shown
        model,question = load(name),(words, 'sand, snow', 0)
        seg = ask_words(model, images[0], *question)
        expected = {f'{r.label}  {r.area:.1%}':r.mask for r in seg if r.area}
        for got in ask(client, '/words', image, *question)[0],ask(client, '/compare', image, *question)[0]:
            assert got.keys()==expected.keys() and all(np.array_equal(got[k], m) for k,m in expected.items())
        assert 'cosine' in client.predict('car', api_name='/heat')['label']
        got, = ask(client, '/groups', image, 3)
        assert 1<=len(got)<=3 and sum(m.astype(int) for m in got.values()).min()==1
    finally: page.close(verbose=False)

def test_names_without_folders(tmp_path):
    "Folders and files of weights, as they are and behind a family: the last part; other names stay."
    (tmp_path/'mine').mkdir()
    (tmp_path/'own.pt').touch()
    names = {str(tmp_path/'mine'):'mine', str(tmp_path/'own.pt'):'own.pt', f'tipsv2:{tmp_path}/mine':'tipsv2:mine',
        f'open_clip:ViT-B-16/{tmp_path}/own.pt':'open_clip:ViT-B-16/own.pt', 'tipsv2-l14':'tipsv2-l14',
        'open_clip:ViT-B-16/openai':'open_clip:ViT-B-16/openai', 'me/model':'me/model'}
    assert {n:_short(n) for n in names}==names

def test_groups(client, images):
    got, = ask(client, '/groups', file(images[0]), 3)
    assert 2<=len(got)<=3 and sum(m.astype(int) for m in got.values()).min()==1

def test_compare(client, images):
    got = ask(client, '/compare', file(images[0]), words, background, 0)
    for masks,name in zip(got, ('scenes','scenes-cls'), strict=True):
        seg = ask_words(load(name), images[0], words, background)
        assert all(np.array_equal(masks[f'{r.label}  {r.area:.1%}'], r.mask) for r in seg if r.area)
    assert got[0].keys()!=got[1].keys()

def test_heat(client, images):
    "A heat map is of the image in which words were found, not of one dropped since."
    first = client.predict(file(images[1]), 'house', 'flower', 0, api_name='/words')[2]
    again = client.predict('house', api_name='/heat')
    assert again['label']==first['label'] and re.search(r'house: cosine -?\d\.\d\d \(dark\) to', again['label'])
    assert client.predict('flower', api_name='/heat')['label']!=first['label']

def test_at_once(url, client, images):
    "Questions asked at the same time get the answers that they get one after the other."
    from gradio_client import Client
    questions = [(p, w) for p in images[:2] for w in ('car, fish','house, flower, star')]
    clients = client,Client(url, verbose=False)
    def one(i): return ask(clients[i%2], '/words', file(questions[i][0]), questions[i][1], background, 0)[0]
    alone = [one(i) for i in range(len(questions))]
    with ThreadPoolExecutor(2) as pool: together = list(pool.map(one, range(len(questions))))
    for a,b in zip(alone, together):
        assert a.keys()==b.keys() and all(np.array_equal(a[k], b[k]) for k in a)

@pytest.mark.parametrize('w,b,said', [('', '', 'at least one thing'), (' , ', 'sand', 'at least one thing'),
    ('car, car', '', 'car is named more than once'), ('car', 'car', 'more than once'),
    ('other', '', 'called other'), ('<b>x</b>, <b>x</b>', '', '&lt;b&gt;x')])
def test_bad_words(client, images, w, b, said):
    with pytest.raises(Exception, match=said): client.predict(file(images[0]), w, b, 0, api_name='/words')

def test_files(client, images, url):
    "Mask, overlay and JSON of an answer: they hold what the answer says, and no path of this machine."
    *_,mask,overlay,data,note = client.predict(file(images[1]), 'house, flower', 'night', .5, api_name='/words')
    mask,overlay,data = (o['value'] for o in (mask, overlay, data))
    title = '2-flower-and-house-night_scenes'
    assert [os.path.basename(o) for o in (mask, overlay, data)]==[
        f'{title}_mask.png', f'{title}_overlay.png', f'{title}.json']
    model = load('scenes')
    seg = ask_words(model, images[1], 'house, flower', 'night', .5)
    with Image.open(mask) as m: assert m.mode=='P' and np.array_equal(np.asarray(m), seg.mask)
    assert np.array_equal(np.asarray(Image.open(overlay)), np.asarray(seg.overlay()))
    with open(data) as f: text = f.read()
    said = json.loads(text)
    assert str(upload_folder()) not in text and os.path.expanduser('~') not in text
    assert said['image']==os.path.basename(images[1]) and said['size']==[384,384]
    assert {o['number']:(o['label'], o['share']) for o in said['labels']}=={
        i:(n, round(float((seg.mask==i).mean()), 5)) for i,n in enumerate(seg.labels) if (seg.mask==i).any()}
    asked = dict(words=['house','flower'], background=['night'], threshold=.5, longest_side=1280)
    assert said['model']['model']=='scenes' and said['question']==asked
    assert said['model']['knows'].startswith('drawings') and re.fullmatch('[0-9a-f]{16}', said['model']['weights'])
    assert {'clippy-vl','torch','python'}<=said['versions'].keys()
    groups = client.predict(file(images[1]), 3, api_name='/groups')
    with open(groups[3]['value']) as f: said = json.load(f)
    assert said['question']==dict(groups=3, longest_side=1280) and said['labels'][0]['label']=='group 1'
    both = client.predict(file(images[1]), words, background, 0, api_name='/compare')
    names = [os.path.basename(o['value']) for o in both[2:8]]
    assert names[0]=='2-flower-and-house-night_scenes_mask.png'
    assert names[5]=='2-flower-and-house-night_scenes-cls.json'

def test_which_model(client, images, url):
    "A program names the model; without a name the first one answers, and a name that is not there is told."
    want = {name:ask_words(load(name), images[2], words, background) for name in ('scenes','scenes-cls')}
    for name,seg in want.items():
        got, = ask(client, '/words', file(images[2]), words, background, 0, name)
        assert got.keys()=={f'{r.label}  {r.area:.1%}' for r in seg if r.area}
        assert all(np.array_equal(got[f'{r.label}  {r.area:.1%}'], r.mask) for r in seg if r.area)
    path = post(url, 'upload', files=dict(files=('a.png', open(images[2], 'rb').read()))).json()[0]
    for more,name in ([], 'scenes'),(['scenes-cls'], 'scenes-cls'):
        event,said = ends(url, 'words', dict(path=path), words, background, 0, *more)
        legend = [o['label'] for o in said[0]['value']['annotations']]
        assert event=='complete' and {*legend}=={f'{r.label}  {r.area:.1%}' for r in want[name] if r.area}
    for odd in 'scenes-avg',7,['scenes'],'/etc':
        told = ends(url, 'words', dict(path=path), words, background, 0, odd)[1]['error']
        assert told.startswith('There is no model of this name here, only scenes, scenes-cls')
    same = ends(url, 'compare', dict(path=path), words, background, 0, 'scenes', 'scenes')[1]['error']
    assert same.startswith('scenes would be compared with itself')

def test_a_list_of_models(monkeypatch):
    "Models are named in a list or with commas, and a slip is told before anything is loaded or opened."
    def opened(*a): raise AssertionError('it was loaded')
    page = open_app('scenes-avg,scenes', words='', images=[])
    choice = next(b for b in page.blocks.values() if getattr(b, 'elem_id', '')=='choice')
    assert [v for v,_ in choice.choices]==['scenes-avg','scenes'] and choice.value=='scenes-avg'
    monkeypatch.setattr('clippy.choice.open_for_use', opened)
    for typed in dict(Model=['scenes','scenes-agv']),dict(Model=['scenes,scenes-agv']),dict(model='scenes-agv'):
        with pytest.raises(FileNotFoundError, match='Did you mean scenes-avg'): app(**typed)
    with pytest.raises(ValueError, match='more than once'): app(Model=['scenes','scenes'])

def test_two_folders_of_one_name(tmp_path):
    "Models whose folders have the same name are told apart by as little of their paths as it takes."
    paths = [tmp_path/'runs'/run/'model' for run in ('max','cls')]
    for p in paths: p.mkdir(parents=True)
    assert _on_the_page([str(p) for p in paths])==dict(zip(('max/model','cls/model'), map(str, paths)))

def test_bad_images(client, bad):
    others = iter([('/groups', [3]), ('/compare', [words, background, 0])])
    for path,said in bad.items():
        name,rest = next(others, ('/words', [words, background, 0]))
        with pytest.raises(Exception, match=re.escape(said)): client.predict(file(path), *rest, api_name=name)
    with pytest.raises(Exception, match='drop one first'): client.predict(None, words, background, 0, api_name='/words')

def test_large_upload(url):
    "The server, whoever asks it, takes no more than max_mb."
    assert post(url, 'upload', files=dict(files=('small.png', b'0'*900_000))).status_code==200
    assert post(url, 'upload', files=dict(files=('large.png', b'0'*1_100_000))).status_code==413

def test_other_files(url, tmp_path):
    "Only what was uploaded is looked at: no other file of this machine."
    from httpx import get
    Image.new('RGB', (64,64)).save(tmp_path/'own.png')
    own = dict(path=str(tmp_path/'own.png'), meta=dict(_type='gradio.FileData'))
    asked = post(url, 'call/words', json=dict(data=[own, words, background, 0])).json()
    assert 'event: error' in get(f'{url}gradio_api/call/words/{asked["event_id"]}', trust_env=False).text
    assert get(f'{url}gradio_api/file={tmp_path}/own.png', trust_env=False).status_code==403

# Attacks on the server ----------------------------------------------------------------------------------------------

gone = 'This image is no longer here: drop it again.'

def ends(url, name, *data):
    "How a question ends: `complete` or `error`, and what is said."
    asked = post(url, f'call/{name}', json=dict(data=data))
    if asked.status_code!=200: return asked.status_code,asked.json()['detail']
    event,said = re.findall('event: (complete|error)\\ndata: (.*)',
        get(url, f'gradio_api/call/{name}/{asked.json()["event_id"]}').text)[-1]
    return event,json.loads(said)

@pytest.fixture(scope='module')
def secret(tmp_path_factory):
    d = tmp_path_factory.mktemp('secret')
    Image.new('RGB', (64,64), 'red').save(d/'own.png')
    return d

@pytest.mark.parametrize('meta', [{}, dict(meta=dict(_type='gradio.FileData')), dict(meta=7),
    dict(url='http://127.0.0.1:9/a.png'), dict(is_stream=True)])
@pytest.mark.parametrize('path', ['own.png', 'no.png', '.', 'own.png/..', '../../../../../etc/hostname'])
def test_paths_tell_nothing(url, secret, path, meta):
    "A path that was not uploaded gets one answer, with and without gradio's mark, whether or not a file is there."
    for name,rest in (('words', [words, background, 0]), ('groups', [3]), ('compare', [words, background, 0])):
        for p in (f'{secret}/{path}', f'file://{secret}/{path}'):
            answer = 'error',dict(error=gone, duration=10, visible=True, title='Error')
            assert ends(url, name, dict(path=p, **meta), *rest)==answer

def test_links_in_the_folder(url, secret):
    "A link in the folder for uploads leads nowhere, not even under the name of an upload."
    path = post(url, 'upload', files=dict(files=('a.png', (secret/'own.png').read_bytes()))).json()[0]
    assert ends(url, 'groups', dict(path=path), 3)[0]=='complete'
    os.remove(path)
    assert ends(url, 'groups', dict(path=path), 3)[1]['error']==gone
    os.symlink(secret/'own.png', path)
    assert ends(url, 'groups', dict(path=path), 3)[1]['error']==gone
    assert get(url, f'gradio_api/file={path}').status_code==403
    beside = upload_folder()/'beside.png'
    shutil.copy(secret/'own.png', beside)
    assert ends(url, 'groups', dict(path=str(beside)), 3)[1]['error']==gone

def test_nothing_is_fetched(url, monkeypatch):
    "An address in place of a file, or of a word, is not asked."
    import gradio.processing_utils
    fetched = []
    async def fetch(address, **kw): fetched.append(address)
    monkeypatch.setattr(gradio.processing_utils, 'async_ssrf_protected_download', fetch)
    bad = dict(path='http://example.com/a.png', meta=dict(_type='gradio.FileData'))
    for data in ([bad, words, background, 0], [None, bad, background, 0], [None, words, [[bad]], bad]):
        assert ends(url, 'words', *data)[0]=='error'
    assert ends(url, 'heat', bad)[0]=='error'
    assert get(url, 'gradio_api/file=http://example.com/a.png').status_code==403 and not fetched

@pytest.mark.parametrize('name', ['evil.example', 'evil.example:7860', 'localhost.evil.example',
    '127.0.0.1.evil.example', '192.168.0.1', '', 'null', '127.0.0.1@evil.example', '[::ffff:1.2.3.4]'])
def test_other_names(url, name):
    """A name that is rebound to the loopback address is refused: of the page, of a question, of a proxy, of the page
    that asks."""
    for path in ('', 'config', 'gradio_api/info'): assert get(url, path, headers={'Host':name}).status_code==421
    assert post(url, 'call/groups', json=dict(data=[None, 3]), headers={'Host':name}).status_code==421
    if name: assert get(url, 'config', headers={'X-Forwarded-Host':name}).status_code==421
    assert post(url, 'upload', files=dict(files=('a.png', b'0')), headers={'Origin':f'http://{name}'}).status_code==403

@pytest.mark.parametrize('name', ['localhost', 'LOCALHOST:1', '127.0.0.1', '127.0.0.2:80', '[::1]:7860'])
def test_own_names(url, name):
    assert get(url, 'config', headers={'Host':name, 'Origin':f'http://{name}'}).status_code==200

@pytest.mark.parametrize('ask', ['GET proxy=https://a.hf.space/', 'GET stream/a/b/1/playlist.m3u8',
    'GET custom_component/a/client/b/c', 'POST component_server', 'POST process_recording',
    'POST vibe-edit', 'GET runs', 'GET run-history/buckets', 'GET deep_link?session_hash=a', 'GET dev/reload',
    'GET file=', 'GET file=//etc/hosts', 'GET file/etc/hosts', 'POST stream/a', 'GET mcp/sse', 'POST call/v2/words',
    'POST call/v2/nothing',
    'GET ../monitoring', 'GET ../monitoring/summary', 'DELETE upload', 'PUT queue/join', 'GET file=%2fetc%2fhosts'])
def test_closed(url, ask):
    "What the page does not need is not served."
    from httpx import Client as Http
    method,path = ask.split(' ', 1)
    address = f'{url}{path[3:]}' if path.startswith('../') else f'{url}gradio_api/{path}'
    with Http(trust_env=False) as c: assert c.request(method, address).status_code==403

def test_no_way_around_the_queue(url, images):
    "What is asked directly, and not in the queue, is not answered."
    assert post(url, 'run/groups', json=dict(data=[None, 3], fn_index=None)).status_code==404
    by_name = {f['api_name']:f['id'] for f in get(url, 'config').json()['dependencies']}
    assert post(url, 'run/groups', json=dict(data=[None, 3], fn_index=by_name['groups'])).status_code==404

def test_folder(url):
    "Uploads and answers lie in a folder that nobody else can read, under a name that nobody can guess."
    path = post(url, 'upload', files=dict(files=('a.png', b'0'))).json()[0]
    at = upload_folder()
    assert at in type(at)(path).parents and at.stat().st_mode & 0o777==0o700 and at.stat().st_uid==os.getuid()
    assert re.fullmatch(r'clippy-app-\w{8}', at.name)

def test_forgotten_visitors(images):
    """Visitors who never come back for their answers are forgotten: their states when there are too many, the rest
    with them."""
    page = open_app('scenes-cls', images=images, words='')
    url = serve(page, port=0, wait=False)
    page.state_holder.capacity = 20
    take = next(i for i,f in page.fns.items() if f.api_name=='take')
    for i in range(60):
        assert post(url, 'queue/join', json=dict(data=[0], fn_index=take, session_hash=f'visitor{i}')).status_code==200
    end = time.monotonic()+10
    while page._queue.event_ids_to_events and time.monotonic()<end: time.sleep(.05)
    _tidy(page)
    assert len(page.state_holder.session_data)<=21
    assert len(page._queue.pending_messages_per_session)<=21
    assert len(page._queue.pending_event_ids_session)<=21
    page.close(verbose=False)

def test_many_files_at_once(url):
    "Each file of an upload would be held open: a few are taken, hundreds are not, and nothing stays open."
    held = lambda: len(os.listdir('/proc/self/fd'))
    before = held()
    assert len(post(url, 'upload', files=[('files', (f'{i}.png', b'0')) for i in range(5)]).json())==5
    assert post(url, 'upload', files=[('files', (f'{i}.png', b'0')) for i in range(900)]).status_code==413
    gc.collect()
    assert held()<before+20

def test_a_length_that_lies(url):
    "An upload in pieces of unknown length, which says that it is short, is not written."
    port = int(url.rsplit(':', 1)[1].strip('/'))
    def used(): return sum(p.stat().st_size for p in upload_folder().rglob('*') if p.is_file())
    before = used()
    with socket.create_connection(('127.0.0.1', port)) as s:
        s.sendall(b'POST /gradio_api/upload HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; '
            b'boundary=x\r\nContent-Length: 100\r\nTransfer-Encoding: chunked\r\n\r\n')
        try:
            s.sendall(b'57\r\n--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\nContent-Type: '
                b'a/b\r\n\r\n\r\n')
            for _ in range(100): s.sendall(b'10000\r\n'+b'0'*65536+b'\r\n')
        except OSError: pass # closed before the end
        s.settimeout(10)
        try: answer = s.recv(1000)
        except OSError: answer = b''
    assert b' 200 ' not in answer
    assert used()<before+2**20

def test_promises(url):
    "Every answer tells the browser to load nothing from elsewhere, and to take no file for something else."
    for path in ('', 'config', 'theme.css'):
        found = get(url, path).headers
        assert found['x-content-type-options']=='nosniff'
        assert "default-src 'self'" in found['content-security-policy']
        assert 'http' not in found['content-security-policy']

def rss(): # MB
    with open('/proc/self/statm') as f: return int(f.read().split()[1])*os.sysconf('SC_PAGE_SIZE')/2**20

@pytest.mark.parametrize('path', ['call/words', 'queue/join', 'run/predict', 'cancel', 'upload'])
@pytest.mark.parametrize('known', [True, False])
def test_large_bodies(url, path, known):
    "64 MB are refused before they are read, whether or not their length is said, and take no memory."
    pieces = (b'"'+b'a'*65_535 for _ in range(1024))
    before,headers = rss(),{'Content-Type':'application/json'} | ({'Content-Length':str(2**26)} if known else {})
    assert post(url, path, content=pieces, headers=headers).status_code in (411, 413)
    assert rss()-before<40

@pytest.mark.parametrize('body', [b'['*90_000, b'{"data":'*10_000, b'{"data": '+b'['*20+b']'*20+b'}', b'[]', b'"a"',
    b'', b'{"data": [1e999999]}', b'{"data": ['+b'9'*9000+b']}', b'\xff\xfe{}'])
def test_bad_bodies(url, body):
    got = post(url, 'call/groups', content=body, headers={'Content-Type':'application/json'})
    assert 400<=got.status_code<500 and got.json()['detail'].endswith('.')

json_values = st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20)
    | st.sampled_from(['car', '/etc/hosts', '<b>', 'other']),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(['path','url','meta','value','a']),
        inner, max_size=3), max_leaves=6)

@settings(max_examples=24, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(['words','heat','groups','compare','pick','predict','x']), st.lists(json_values, max_size=5),
    json_values)
@example('words', [None, 'car', None, {}], None)
@example('groups', [[], 3], None)
@example('groups', ['/etc/hosts', 3], None)
@example('compare', [True, 'car', '', 0], None)
@example('heat', [[None, 7]], None)
@example('groups', [None, 'a'], None)
@example('pick', [None, None], dict(value=3))
@example('predict', [7], None)
def test_any_json(url, name, data, event):
    "Whatever JSON comes in: an answer or a sentence."
    fn = next((f['id'] for f in get(url, 'config').json()['dependencies'] if f['api_name']==name), 99)
    body = json.dumps(dict(data=data, event_data=event, fn_index=fn, session_hash='any')).encode()
    for way in (f'call/{name}', 'queue/join', f'run/{name}'):
        got = post(url, way, content=body, headers={'Content-Type':'application/json'})
        assert got.status_code in (200, 400, 404, 422, 500)
        if got.status_code!=200 or 'data' in got.json():
            said = got.json().get('detail') or got.json().get('error', 'An answer.')
        else:
            path = f'gradio_api/{way}/{got.json()["event_id"]}' if way.startswith(
                'call') else 'gradio_api/queue/data?session_hash=any'
            text = get(url, path).text
            said = re.findall(r'"error": ?"(.*?)", ?"', text) or re.findall('event: complete|"success": ?true', text)
            assert said, text
            continue
        assert isinstance(said, str) and len(said)>10, (way, got.text)

# In a browser -------------------------------------------------------------------------------------------------------

chromium = next(filter(None, map(shutil.which, ('chromium','chromium-browser','google-chrome'))), None)

@pytest.fixture(scope='module')
def browser():
    if not chromium: pytest.skip('no chromium, chromium-browser or google-chrome on this machine')
    from playwright.sync_api import sync_playwright
    with sync_playwright() as p:
        b = p.chromium.launch(executable_path=chromium, args=['--no-sandbox'])
        yield b.new_context(viewport=dict(width=1280, height=900)) # shared: scripts are loaded once
        b.close()

@pytest.fixture
def tab(browser, url):
    "A page in a browser that has asked nobody but the server, and has met no error of a script."
    t = browser.new_page()
    seen,wrong = [],[]
    t.on('request', lambda r: seen.append(r.url))
    t.on('pageerror', lambda e: wrong.append(str(e)))
    t.set_default_timeout(15_000)
    t.goto(url)
    wait_for_answer(t)
    yield t
    t.close()
    assert not wrong
    assert not [address for address in seen if not address.startswith((url, 'data:', 'blob:'))]

def wait_for_answer(tab, part='#segments'):
    "Until the answer with which a page begins is there, a mask for each entry; only then there can be another one."
    tab.wait_for_function("""part => { const n = o => document.querySelectorAll(`${part} ${o}`).length
        return n('.legend-item') && n('img')==n('.legend-item')+1 }""", arg=part)

def show(tab, name):
    "Choose a tab, and wait until it is there."
    tab.get_by_role('tab', name=name).click()
    tab.wait_for_selector(dict(Words='#find', Groups='#group', Compare='#compare')[name])

def drop(tab, path):
    tab.click('#image button[aria-label*="emove"], #image button[aria-label*="lear"]')
    tab.set_input_files('#image input[type=file]', path)

def masks(tab, part): return tab.eval_on_selector_all(f'{part} img', 'l => l.map(o => o.src)')
def legend(tab, part): return tab.locator(f'{part} .legend-item').all_inner_texts()

full = r'The queue is full: 0 questions wait, about [1-9]\d* s\. Try again then\.'

def press(tab, button, part):
    "Press, and wait until other images are there."
    before = masks(tab, part)
    tab.click(button)
    tab.wait_for_function('([part, before]) => { const l = [...document.querySelectorAll(part+" img")].map(o => '
        'o.src); return l.length && l.join()!==before }', arg=[part, ','.join(before)])
    return masks(tab, part)

def test_browser_words(tab, images):
    "Upload, type, find: segments with shares; other words: other segments; a click: a heat map."
    drop(tab, images[2])
    tab.wait_for_selector('#image img')
    tab.fill('#words textarea, #words input', 'star, mushroom')
    tab.fill('#background textarea, #background input', 'wood')
    first = press(tab, '#find', '#segments')
    assert re.fullmatch(r'other\s+\d+\.\d%', legend(tab, '#segments')[0]) and len(legend(tab, '#segments'))==3
    tab.fill('#words textarea, #words input', 'star')
    assert press(tab, '#find', '#segments')!=first
    assert {line.split()[0] for line in legend(tab, '#segments')}=={'other','star'}
    heat = masks(tab, '#heat')
    tab.locator('#word label', has_text='wood').click()
    tab.wait_for_function('before => document.querySelector("#heat img").src!==before', arg=heat[0])
    tab.locator('#heat', has_text='wood: cosine').wait_for()
    tab.locator('#segments .legend-item', has_text='star').click()
    tab.wait_for_function('() => document.querySelector("#heat").innerText.includes("star: cosine")')
    tab.locator('#word input[value=star]:checked').wait_for()

def test_browser_labels_are_text(tab):
    "What is typed runs nothing and makes no element, in legend, heat map, row of words and complaint."
    bad = '<img src=x onerror="window.hacked=1">'
    tab.fill('#words textarea, #words input', f'{bad}, **b**')
    press(tab, '#find', '#segments')
    for word in bad,'**b**': tab.locator('#word label', has_text=word).wait_for() # one; of two it complains
    tab.fill('#words textarea, #words input', f'{bad}, {bad}')
    tab.click('#find')
    tab.get_by_text(f'{bad} is named more than once').wait_for()
    assert tab.evaluate('window.hacked') is None

def test_browser_groups(tab):
    show(tab, 'Groups')
    wait_for_answer(tab, '#groups')
    tab.fill('#n input[type=number]', '2') # with 4 they are there at the beginning
    press(tab, '#group', '#groups')
    assert legend(tab, '#groups')[0].startswith('group 1')

def test_browser_compare(tab):
    show(tab, 'Compare')
    press(tab, '#compare', '#model1')
    for part,pooling in ('#model0','max pooling'),('#model1','cls pooling'):
        tab.locator(part, has_text=pooling).wait_for()
    assert legend(tab, '#model0')!=legend(tab, '#model1')

def test_browser_bad(tab, bad, tmp_path):
    "A text that is called an image, and then an image that is too large: the page says so and goes on."
    drop(tab, next(iter(bad)))
    tab.wait_for_selector('#image img', state='attached')
    tab.click('#find')
    tab.get_by_text('text.png is no image').wait_for()
    (tmp_path/'large.png').write_bytes(b'0'*1_100_000)
    drop(tab, tmp_path/'large.png')
    tab.get_by_text(re.compile('maximum allowed|too large|exceed', re.I)).first.wait_for()
    tab.reload()
    wait_for_answer(tab)
    tab.fill('#words textarea', 'fish')
    press(tab, '#find', '#segments')

# Every sentence that a visitor can read, whatever element has it: messages, boxes, notes. What gradio has read aloud
# besides, while it works ("Processing", "Error"), is not seen.
seen_texts = '''() => {
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = []
    for (let n; n = walk.nextNode();) {
        const shown = n.parentElement.checkVisibility({opacityProperty: true, visibilityProperty: true})
        if (shown && !n.parentElement.closest('.sr-only') && n.textContent.trim()) found.push(n.textContent.trim())
    }
    return found
}'''
mistakes = dict(no_image='There is no image yet: drop one first.',
    no_words='There are no labels: name at least one thing to look for.', twice='cat is named more than once.',
    many='There are 101 words; 100 are the most.', long='A word is longer than 100 letters.',
    background='auto stands alone: leave it out, or the other words.', text='This is too large',
    broken='text.png is no image', cut='cut.png: truncated image.', vast='vast.png has more than 64 million pixels',
    large='exceed the maximum allowed size')

def test_browser_one_message(tab, bad, tmp_path):
    "Each mistake has one message in one place, in every tab; boxes say nothing of it, and the next question ends it."
    paths = {p.stem:p for p in bad}|dict(large=tmp_path/'large.png')
    paths['large'].write_bytes(b'0'*1_100_000)
    many = ','.join(map(str, range(101)))
    line = dict(no_words='', twice='cat, cat', many=many, long='c'*101, text='c'*200_000)
    def make(name):
        tab.fill('#words textarea', line.get(name, 'car, fish'))
        tab.fill('#background textarea', 'auto, sky' if name=='background' else 'auto')
        if name=='no_image':
            tab.click('#image button[aria-label*="emove"]')
            tab.wait_for_selector('#image img', state='detached')
        stem = dict(broken='text').get(name, name)
        if name in ('broken','cut','vast','large'): drop(tab, paths[stem])
        if name in ('broken','cut','vast'): tab.wait_for_selector('#image img', state='attached')
    def said(name):
        end = time.monotonic()+15
        calm = 0 # messages come and go slowly: it has to be one, three times in a row
        while calm<3 and time.monotonic()<end:
            tab.wait_for_timeout(200)
            texts = tab.evaluate(seen_texts)
            one = sum(mistakes[name] in t for t in texts)==1 and texts.count('Error')==1
            calm = calm+1 if one else 0
        assert calm==3 and not any('no answer' in t for t in texts), (name, texts)
        assert tab.get_by_test_id('toast-body').count()==1
    for name in ('no_words','twice','many','long','background','text','broken','cut','vast'):
        make(name)
        tab.click('#find')
        said(name)
    tab.click('#find') # the same again: still one
    said('vast')
    make('no_image')
    for part,button in ('Groups','#group'),('Compare','#compare'),('Words','#find'):
        show(tab, part)
        tab.click(button)
        said('no_image')
    tab.reload()
    wait_for_answer(tab)
    make('large')
    said('large')
    tab.reload()
    wait_for_answer(tab)
    tab.fill('#words textarea', 'cat, cat')
    tab.press('#words textarea', 'Enter')
    said('twice')
    tab.fill('#words textarea', 'fish')
    press(tab, '#find', '#segments')
    tab.get_by_test_id('toast-body').wait_for(state='detached') # it goes slowly

def test_browser_names(tab):
    "Whatever can be pressed, typed into or looked at has a name for those who listen; examples say what they show."
    tab.wait_for_selector('#examples button[aria-label]')
    for part in 'Words','Groups','Compare':
        show(tab, part)
        tree = tab.locator('body').aria_snapshot()
        kinds = 'button|img|textbox|radio|slider|spinbutton|group|tab|link'
        bare = [o for o in tree.splitlines() if re.fullmatch(rf' *- ({kinds})( \[\w+\])?:?', o)]
        assert not bare, tree
    examples = re.findall('button "(Example .*)"', tree)
    assert len({*examples})==5 and 'fish and car, bricks' in examples[0]
    assert tab.locator('#words textarea').evaluate('o => o.labels.length || o.closest("label")!=null')

def test_browser_begins_with_an_answer(tab):
    "Before anybody asks, an example is answered; its files can be kept, under names without folders."
    assert {line.split()[0] for line in legend(tab, '#segments')}=={'other','car','fish'}
    tab.wait_for_selector('#heat img') # it is seen, perhaps after the segments
    tab.wait_for_selector('#word input:checked')
    assert tab.locator('#word input:checked').count()==1
    for kind,ending in ('Mask (PNG)','_mask.png'),('Overlay (PNG)','_overlay.png'),('Data (JSON)','_scenes.json'):
        with tab.expect_download() as got: tab.get_by_role('button', name=kind).first.click()
        assert got.value.suggested_filename.startswith('1-fish-and-car-bricks_scenes')
        assert got.value.suggested_filename.endswith(ending)

def test_browser_chooses_a_model(tab):
    "The chosen model answers, says what it knows, and is not compared with itself."
    before = legend(tab, '#segments')
    tab.locator('#choice label', has_text='scenes-cls').click()
    tab.locator('#model', has_text='scenes-cls knows drawings').wait_for()
    press(tab, '#find', '#segments')
    assert legend(tab, '#segments')!=before
    show(tab, 'Compare')
    tab.locator('#other input[value=scenes]:checked').wait_for()

def test_browser_full_queue(tab, full_queue):
    "A full queue is told once, with a time, and the model that is named is still the one that is chosen."
    tab.locator('#choice label', has_text='scenes-cls').click()
    tab.get_by_text(re.compile(full)).wait_for()
    tab.locator('#choice input[value=scenes]:checked').wait_for()
    assert tab.inner_text('#model strong')=='scenes'
    show(tab, 'Compare')
    tab.locator('#other input[value=scenes-cls]:checked').wait_for()
    show(tab, 'Words')
    tab.click('#find')
    tab.wait_for_function('() => document.querySelectorAll("[data-testid=toast-body]").length==1')
    assert re.search(full, tab.inner_text('[data-testid=toast-body]'))

@pytest.mark.parametrize('width', [1280, 400])
def test_browser_fits(tab, width):
    "Nothing is wider than the screen, and no answer is higher."
    tab.set_viewport_size(dict(width=width, height=900))
    tab.fill('#words textarea', 'fish')
    press(tab, '#find', '#segments')
    assert tab.evaluate('document.documentElement.scrollWidth')<=width
    # they come one after the other
    tab.wait_for_function("() => [...document.querySelectorAll('#segments img')].every(o => o.complete && "
        "o.naturalWidth)")
    base,mask = (tab.locator(f'#segments img.{k}').first.bounding_box() for k in ('base-image','mask'))
    assert base==mask and base['height']<=900

# The command and the Space ------------------------------------------------------------------------------------------

def test_no_network(url, client):
    "While all of this went on, nothing but the loopback address was asked."
    hosts = {place[0] if isinstance(place, tuple) else place for place in asked}
    hosts = {h.decode() if isinstance(h, bytes) else h for h in hosts}
    assert '127.0.0.1' in hosts
    assert not {h for h in hosts if h and not str(h).startswith(('127.','/','localhost','::1','0.0.0.0'))}

def test_bound_to_loopback(url):
    "Other addresses of this machine are not served."
    port = int(url.rsplit(':', 1)[1].strip('/'))
    own = {found[4][0] for found in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)} - {'127.0.0.1'}
    for number in own|{'127.0.0.2'}:
        with socket.socket() as s:
            s.settimeout(2)
            assert s.connect_ex((number, port))!=0

def test_queue(images):
    "Workers and waiting places are what was said."
    page = open_app('scenes-cls', workers=3, waiting=7, words='')
    assert page.max_threads>=3
    assert page._queue.max_size==7
    assert {f.concurrency_limit for f in page.fns.values() if f.api_visibility=='public'}=={3}
    assert 'compare' not in {f.api_name for f in page.fns.values()}
    assert not any(getattr(b, 'elem_id', '')=='choice' for b in page.blocks.values())

def test_full_queue(images):
    "Whoever finds the queue full is told when to try again: a program, a client of gradio, and after it the next one."
    from gradio_client import Client
    page = open_app('scenes-cls', words='', images=images)
    url = serve(page, port=0, wait=False)
    try:
        client = Client(url, verbose=False)
        page._queue.max_size = 0
        event,said = ends(url, 'groups', None, 3)
        assert event=='error' and re.fullmatch(full, said['error'])
        with pytest.raises(Exception, match=full): client.predict(file(images[0]), 3, api_name='/groups')
        page._queue.max_size = 20
        assert len(ask(client, '/groups', file(images[0]), 3)[0])>=2
        _tidy(page)
        assert not page._queue.pending_event_ids_session or not any(page._queue.pending_event_ids_session.values())
    finally: page.close(verbose=False)

@pytest.mark.parametrize('waiting,running,took,workers,seconds', [
    (20, 2, [1.5]*5, 2, 20), (20, 2, [9]*50+[1]*20, 2, 15),
    (20, 0, [], 2, 20), (1, 0, [.1], 4, 5), (0, 0, [.1], 4, 5), (20, 2, [None,3], 1, 70)])
def test_time_to_wait(waiting, running, took, workers, seconds):
    "All who are before one, in the time that the last 20 answers took, so many at once; in steps of five seconds."
    class Queue:
        event_analytics = {i:dict(process_time=t, function='words') for i,t in enumerate(took)}
        event_analytics['other'] = dict(process_time=1000, function='take')
        event_queue_per_concurrency_id = dict(model=SimpleNamespace(current_concurrency=running))
        def __len__(self): return waiting
    assert seconds_to_wait(Queue(), workers, {'words'})==seconds

def test_benchmark(url, request, monkeypatch):
    "benchmarks/app.py: some visitors are answered in full; who is told that the queue is full counts as told."
    monkeypatch.syspath_prepend(str(Path(__file__).parent.parent/'benchmarks'))
    bench = importlib.import_module('app')
    row = bench.visitors(url, 2, bench.photo(64, 48))
    assert row['answered']==2 and not row['told'] and 0<row['slowest']<=row['seconds']
    request.getfixturevalue('full_queue')
    row = bench.visitors(url, 2, bench.photo(64, 48))
    (said,many), = row['told'].items()
    assert row['answered']==0 and many==2 and re.fullmatch(full, said)
    shown = bench.show([dict(row, round=1, peak_mb=1300.)]).splitlines()[-1]
    assert [cell.strip() for cell in shown.strip('|').split('|')][:4]==['1','2','0','2']

def test_open(monkeypatch, capsys):
    "`--open` opens the page where there is a display; elsewhere a sentence has the address; without it nothing opens."
    import gradio
    asked = []
    monkeypatch.setattr('clippy.app.webbrowser.open', lambda url: asked.append(url) or len(asked)<2)
    monkeypatch.setattr(gradio.Blocks, 'block_thread', lambda page: None)
    monkeypatch.setattr(sys, 'platform', 'linux')
    for k in 'DISPLAY','WAYLAND_DISPLAY': monkeypatch.delenv(k, raising=False)
    page = make_app({'mine':small_model()})
    url = serve(page, port=0, open=True)
    page.close(verbose=False)
    assert not asked and f'No browser could be opened here: go to {url} in yours.' in capsys.readouterr().out
    monkeypatch.setenv('WAYLAND_DISPLAY', 'wayland-0')
    assert [_open_page('http://a/'),_open_page('http://b/')]==[True,False] and asked==['http://a/','http://b/']
    monkeypatch.setattr(sys, 'platform', 'darwin')
    monkeypatch.setenv('SSH_CONNECTION', '10.0.0.1 1 10.0.0.2 22')
    assert not _open_page('http://c/') and len(asked)==2

def test_names_reached_directly(monkeypatch):
    "However often a page is served, the variable that names what is reached without a proxy stays as long as it is."
    for k in 'no_proxy','NO_PROXY': monkeypatch.setenv(k, 'intranet.example, other.example')
    for _ in range(3): _reach_directly('0.0.0.0')
    names = ['intranet.example','other.example','localhost','127.0.0.1','::1','0.0.0.0']
    assert os.environ['no_proxy'].split(',')==os.environ['NO_PROXY'].split(',')==names

def test_first_answer(images):
    "A page with examples shows the answer to the first; its files and those of the example stay, others go."
    page = open_app('scenes-cls', images=images, words='fish')
    seg = ask_words(load('scenes-cls'), images[0], 'fish')
    blocks = {b.elem_id:b for b in page.blocks.values() if getattr(b, 'elem_id', '')}
    legend = [o['label'] for o in blocks['segments'].value['annotations']]
    assert {*legend}=={f'{r.label}  {r.area:.1%}' for r in seg if r.area} and blocks['heat'].visible
    assert blocks['groups'].value['annotations']
    offered = [b.value['path'] for b in page.blocks.values() if type(b).__name__=='DownloadButton' and b.value]
    assert len(offered)==6
    lost = upload_folder()/'lost.png'
    lost.touch()
    remove_old(upload_folder(), age=-1, keep=kept(page))
    assert not lost.exists() and all(map(os.path.exists, [*offered, images[0]]))
    bare = {b.elem_id:b for b in make_app({'mine':small_model()}).blocks.values() if getattr(b, 'elem_id', '')}
    assert not any(bare[k].visible for k in ('segments','heat','word','groups'))
    assert 'press **Find**' in bare['note'].value

def test_password(images, monkeypatch):
    "Without the password: no page, no question, no file. With it, all of them. And a wrong one is counted."
    from httpx import Client as Http
    monkeypatch.setenv('CLIPPY_APP_PASSWORD', 'correct horse')
    page = open_app('scenes-cls', images=images, words='')
    url = serve(page, port=0, wait=False, auth='ada')
    with Http(trust_env=False, base_url=url) as c:
        closed = [c.get('config'), c.post('gradio_api/call/groups', json=dict(data=[None, 3])),
            c.post('gradio_api/upload', files=dict(files=('a.png', b'0'))), c.get(f'gradio_api/file={images[0]}')]
        assert [r.status_code for r in closed]==[401]*4
        assert c.post('login', data=dict(username='ada', password='wrong')).status_code==400
        assert c.post('login', data=dict(username='ada', password='correct horse')).status_code==200
        assert c.get('config').status_code==200 and c.get(f'gradio_api/file={images[0]}').status_code==200
        assert [c.post('login', data=dict(username='ada', password=str(i))).status_code for i in range(30)][-1]==429
    page.close(verbose=False)

@pytest.mark.parametrize('auth,variable,said', [('ada', 'short', 'at least 8'), ('ada:', 'long enough', 'at least 8'),
    (':long enough', '', 'has a name'), ('ada', '', 'nobody to ask')])
def test_bad_passwords(monkeypatch, auth, variable, said):
    def nobody(prompt): raise EOFError
    monkeypatch.setattr('clippy.app.getpass', nobody)
    monkeypatch.setenv('CLIPPY_APP_PASSWORD', variable)
    with pytest.raises(ValueError, match=said): credentials(auth)

def test_share(monkeypatch, capsys):
    "A shared page says to whom it is open, and answers to the name of the tunnel. No tunnel is opened here."
    import gradio
    monkeypatch.setattr(gradio.networking, 'setup_tunnel', lambda **kw: 'https://abc.gradio.live')
    monkeypatch.setattr(gradio.Blocks, 'block_thread', lambda page: None)
    page = open_app('scenes-cls', words='')
    assert serve(page, port=0, share=True)=='https://abc.gradio.live'
    said = capsys.readouterr().out
    assert 'It is open to everybody in the internet, and nobody is asked for a password (--auth USER).' in said
    for name,status in (('abc.gradio.live', 200), ('b.gradio.live', 421), ('gradio.live', 421)):
        assert get(page.local_url, 'config', headers={'Host':name}).status_code==status
    page.share = False
    page.close(verbose=False)

def test_open_to_the_network(monkeypatch, capsys):
    """A page for the network says so, answers to numbers, to the name of this machine, and to the names that are
    given, and to no other."""
    import gradio
    monkeypatch.setattr(gradio.Blocks, 'block_thread', lambda page: None)
    page = open_app('scenes-cls', words='')
    here = page.launch
    # but is not opened to it here
    monkeypatch.setattr(page, 'launch', lambda **kw: here(**dict(kw, server_name='127.0.0.1')))
    serve(page, '0.0.0.0', port=0, auth='ada:long enough', names=['My.Proxy.example'])
    said = capsys.readouterr().out
    assert 'It is open to everybody in the network of this machine, if they know the password.' in said
    assert 'Nothing is encrypted on the way.' in said
    for name,status in (('192.168.7.7', 401), ('my.proxy.example', 401), (socket.gethostname(), 401),
        ('localhost', 401), ('evil.example', 421)):
        assert get(page.local_url, 'config', headers={'Host':name}).status_code==status
    page.close(verbose=False)

def test_without_gradio(monkeypatch):
    monkeypatch.setitem(sys.modules, 'gradio', None)
    with pytest.raises(ValueError, match=re.escape('pip install "clippy-vl[app] @ git+')): app()

def test_command(monkeypatch, capsys):
    "`clippy app` says where the page is, and serves it until it is interrupted."
    import gradio
    served = []
    monkeypatch.setattr(gradio.Blocks, 'block_thread', lambda page: served.append(page))
    monkeypatch.setattr('clippy.app.webbrowser.open', lambda url: pytest.fail('nobody asked for that'))
    assert app('scenes-cls', port=0, workers=1)==0
    page, = served
    assert signal.getsignal(signal.SIGTERM)==signal.SIG_DFL # given back
    page.close(verbose=False)
    assert f'The page is at {page.local_url}' in capsys.readouterr().out
    assert page.local_url.startswith('http://127.0.0.1:') and page.max_file_size==20*2**20 and not page.share

def test_behind_a_proxy(monkeypatch):
    "A machine that reaches the web through a proxy still reaches its own page without."
    for k in 'http_proxy','https_proxy','all_proxy','HTTP_PROXY','HTTPS_PROXY','ALL_PROXY':
        monkeypatch.setenv(k, 'http://127.0.0.1:9')
    for k in 'no_proxy','NO_PROXY': monkeypatch.setenv(k, 'intranet.example')
    page = open_app('scenes-cls', words='')
    try:
        url = serve(page, port=0, wait=False)
        assert get(url, 'config').status_code==200
        assert os.environ['no_proxy'].split(',')[0]=='intranet.example' # what was there is kept
    finally: page.close()

def test_ends_in_order(tmp_path):
    "Told to end by a service manager, the command takes its folder with it."
    run = "from clippy.app import app; app('scenes-cls', port=0)"
    p = subprocess.Popen([sys.executable, '-c', run], env={**os.environ, 'GRADIO_TEMP_DIR':str(tmp_path)},
        stdout=subprocess.PIPE, text=True)
    assert 'The page is at' in p.stdout.readline() and len(list(tmp_path.iterdir()))==1
    p.terminate()
    assert p.wait(20)==128+signal.SIGTERM and not list(tmp_path.iterdir())

def test_port_taken(url):
    with pytest.raises(OSError, match='port'):
        serve(open_app('scenes-cls', words=''), port=int(url.rsplit(':', 1)[1].strip('/')), wait=False)
