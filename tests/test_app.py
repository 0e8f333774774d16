"The web app: asked directly, through its server, and in a browser where there is one."
import re, runpy, shutil, socket, sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from clippy.app import app, ask_words, draw_examples, open_app, open_upload, serve, write_space
from clippy.model import load

pytestmark = pytest.mark.filterwarnings('ignore::Warning:gradio.*') # it calls pandas in ways that will go
words,background = 'car, fish','bricks, sand'
# Everything that this process asks of a network while the page is served. An audit hook cannot be taken away again, so it is made once.
asked = []
sys.addaudithook(lambda event, args: asked.append(args[0] if event=='socket.getaddrinfo' else args[1]) if event in ('socket.getaddrinfo','socket.connect') else None)

@pytest.fixture(scope='module')
def pictures(): return draw_examples()

@pytest.fixture(scope='module')
def url(pictures):
    asked.clear()
    page = open_app(workers=2, pictures=pictures, words=words, background=background)
    yield serve(page, port=0, max_mb=1, wait=False)
    page.close(verbose=False)

@pytest.fixture(scope='module')
def bad(tmp_path_factory):
    "Files that are no pictures, or not acceptable ones: name -> path, and what is said."
    d = tmp_path_factory.mktemp('bad')
    (d/'text.png').write_text('I am no picture.')
    (d/'empty.png').write_bytes(b'')
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (64,64,3), np.uint8)).save(d/'cut.png')
    (d/'cut.png').write_bytes((d/'cut.png').read_bytes()[:5000])
    Image.new('1', (9000,9000)).save(d/'vast.png')
    return {d/'text.png':'text.png is no picture', d/'empty.png':'empty.png is empty', d/'cut.png':'cut.png', d/'vast.png':'make it smaller'}

# Through the server -------------------------------------------------------------------------------------------------

@pytest.fixture(scope='module')
def client(url):
    from gradio_client import Client
    return Client(url, verbose=False)

def file(path):
    from gradio_client import handle_file
    return handle_file(path)

def ask(client, name, *args):
    "The legend and the masks of an answer, for each picture in it."
    found = client.predict(*args, api_name=name)
    found = [o['value'] for o in (found if isinstance(found, (list,tuple)) else [found]) if isinstance(o, dict) and 'annotations' in (o.get('value') or {})]
    return [{a['label']:np.asarray(Image.open(a['image']))[...,3]>0 for a in o['annotations']} for o in found]

def test_words(client, pictures):
    "The page shows what the model says."
    got, = ask(client, '/words', file(pictures[0]), words, background, 0)
    seg = ask_words(load('scenes'), pictures[0], words, background)
    assert len(got)==sum(r.area>0 for r in seg)
    for r in seg:
        if r.area: assert np.array_equal(got[f'{r.label}  {r.area:.1%}'], r.mask)
    strict, = ask(client, '/words', file(pictures[0]), words, background, 1)
    assert [o.split('  ') for o in strict]==[['other','100.0%']]

def test_groups(client, pictures):
    got, = ask(client, '/groups', file(pictures[0]), 3)
    assert 2<=len(got)<=3 and sum(m.astype(int) for m in got.values()).min()==1

def test_compare(client, pictures):
    got = ask(client, '/compare', file(pictures[0]), words, background, 0)
    for o,name in zip(got, ('scenes','scenes-cls'), strict=True):
        seg = ask_words(load(name), pictures[0], words, background)
        assert all(np.array_equal(o[f'{r.label}  {r.area:.1%}'], r.mask) for r in seg if r.area)
    assert got[0].keys()!=got[1].keys()

def test_heat(client, pictures):
    "A heat map is of the picture in which words were found, not of one dropped since."
    first = client.predict(file(pictures[1]), 'house', 'flower', 0, api_name='/words')[2]
    again = client.predict('house', api_name='/heat')
    assert again['label']==first['label'] and re.search(r'house: cosine -?\d\.\d\d \(dark\) to', again['label'])
    assert client.predict('flower', api_name='/heat')['label']!=first['label']

def test_at_once(url, client, pictures):
    "Questions asked at the same time get the answers that they get one after the other."
    from gradio_client import Client
    questions = [(p, w) for p in pictures[:2] for w in ('car, fish','house, flower, star')]
    clients = client,Client(url, verbose=False)
    def one(i): return ask(clients[i%2], '/words', file(questions[i][0]), questions[i][1], background, 0)[0]
    alone = [one(i) for i in range(len(questions))]
    with ThreadPoolExecutor(2) as pool: together = list(pool.map(one, range(len(questions))))
    for a,b in zip(alone, together):
        assert a.keys()==b.keys() and all(np.array_equal(a[k], b[k]) for k in a)

@pytest.mark.parametrize('w,b,said', [('', '', 'at least one thing'), (' , ', 'sand', 'at least one thing'), ('car, car', '', 'car is named more than once'),
    ('car', 'car', 'more than once'), ('other', '', 'called other'), ('<b>x</b>, <b>x</b>', '', '&lt;b&gt;x')])
def test_bad_words(client, pictures, w, b, said):
    with pytest.raises(Exception, match=said): client.predict(file(pictures[0]), w, b, 0, api_name='/words')

def test_bad_pictures(client, bad):
    others = iter([('/groups', [3]), ('/compare', [words, background, 0])])
    for path,said in bad.items():
        name,rest = next(others, ('/words', [words, background, 0]))
        with pytest.raises(Exception, match=re.escape(said)): client.predict(file(path), *rest, api_name=name)
    with pytest.raises(Exception, match='drop one first'): client.predict(None, words, background, 0, api_name='/words')

def post(url, path, **kw):
    from httpx import Client as Http # comes with gradio
    with Http(trust_env=False) as c: return c.post(f'{url}gradio_api/{path}', **kw)

def test_large_upload(url):
    "The server, whoever asks it, takes no more than max_mb."
    assert post(url, 'upload', files=dict(files=('small.png', b'0'*900_000))).status_code==200
    assert post(url, 'upload', files=dict(files=('large.png', b'0'*1_100_000))).status_code==413

def test_other_files(url, tmp_path):
    "Only what was uploaded is looked at: no other file of this machine."
    from httpx import get
    Image.new('RGB', (64,64)).save(tmp_path/'own.png')
    asked = post(url, 'call/words', json=dict(data=[dict(path=str(tmp_path/'own.png'), meta=dict(_type='gradio.FileData')), words, background, 0])).json()
    assert 'event: error' in get(f'{url}gradio_api/call/words/{asked["event_id"]}', trust_env=False).text
    assert get(f'{url}gradio_api/file={tmp_path}/own.png', trust_env=False).status_code==403

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
    t.wait_for_selector('#find')
    yield t
    t.close()
    assert not wrong
    assert not [o for o in seen if not o.startswith((url, 'data:', 'blob:'))]

def drop(tab, path):
    tab.click('#picture button[aria-label*="emove"], #picture button[aria-label*="lear"]')
    tab.set_input_files('#picture input[type=file]', path)
def masks(tab, part): return tab.eval_on_selector_all(f'{part} img', 'l => l.map(o => o.src)')
def legend(tab, part): return tab.locator(f'{part} .legend-item').all_inner_texts()

def press(tab, button, part):
    "Press, and wait until other pictures are there."
    before = masks(tab, part)
    tab.click(button)
    tab.wait_for_function('([part, before]) => { const l = [...document.querySelectorAll(part+" img")].map(o => o.src); return l.length && l.join()!==before }', arg=[part, ','.join(before)])
    return masks(tab, part)

def test_browser_words(tab, pictures):
    "Upload, type, find: segments with shares; other words: other segments; a click: a heat map."
    drop(tab, pictures[2])
    tab.wait_for_selector('#picture img')
    tab.fill('#words textarea, #words input', 'star, mushroom')
    tab.fill('#background textarea, #background input', 'wood')
    first = press(tab, '#find', '#segments')
    assert re.fullmatch(r'other\s+\d+\.\d%', legend(tab, '#segments')[0]) and len(legend(tab, '#segments'))==3
    tab.fill('#words textarea, #words input', 'star')
    assert press(tab, '#find', '#segments')!=first
    assert {o.split()[0] for o in legend(tab, '#segments')}=={'other','star'}
    heat = masks(tab, '#heat')
    tab.locator('#word label', has_text='wood').click()
    tab.wait_for_function('before => document.querySelector("#heat img").src!==before', arg=heat[0])
    assert 'wood: cosine' in tab.inner_text('#heat')
    tab.locator('#segments .legend-item', has_text='star').click()
    tab.wait_for_function('() => document.querySelector("#heat").innerText.includes("star: cosine")')
    assert tab.locator('#word input:checked').get_attribute('value')=='star'

def test_browser_groups(tab):
    tab.get_by_role('tab', name='Groups').click()
    press(tab, '#group', '#groups')
    assert legend(tab, '#groups')[0].startswith('group 1')

def test_browser_compare(tab):
    tab.get_by_role('tab', name='Compare').click()
    press(tab, '#compare', '#model1')
    assert 'max pooling' in tab.inner_text('#model0') and 'cls pooling' in tab.inner_text('#model1')
    assert legend(tab, '#model0')!=legend(tab, '#model1')

def test_browser_bad(tab, bad, tmp_path):
    "A text that is called a picture, and then a picture that is too large: the page says so and goes on."
    drop(tab, next(iter(bad)))
    tab.wait_for_selector('#picture img', state='attached')
    tab.click('#find')
    tab.get_by_text('text.png is no picture').wait_for()
    (tmp_path/'large.png').write_bytes(b'0'*1_100_000)
    drop(tab, tmp_path/'large.png')
    tab.get_by_text(re.compile('maximum allowed|too large|exceed', re.I)).first.wait_for()
    tab.reload()
    tab.wait_for_selector('#picture img')
    press(tab, '#find', '#segments')

@pytest.mark.parametrize('width', [1280, 400])
def test_browser_fits(tab, width):
    "Nothing is wider than the screen, and no answer is higher."
    tab.set_viewport_size(dict(width=width, height=900))
    press(tab, '#find', '#segments')
    assert tab.evaluate('document.documentElement.scrollWidth')<=width
    tab.wait_for_function("() => [...document.querySelectorAll('#segments img')].every(o => o.complete && o.naturalWidth)") # they come one after the other
    base,mask = (tab.locator(f'#segments img.{o}').first.bounding_box() for o in ('base-image','mask'))
    assert base==mask and base['height']<=900

# The command and the Space ------------------------------------------------------------------------------------------

def test_no_network(url, client):
    "While all of this went on, nothing but the loopback address was asked."
    hosts = {o[0] if isinstance(o, tuple) else o for o in asked}
    hosts = {o.decode() if isinstance(o, bytes) else o for o in hosts}
    assert '127.0.0.1' in hosts
    assert not {o for o in hosts if o and not str(o).startswith(('127.','/','localhost','::1','0.0.0.0'))}

def test_bound_to_loopback(url):
    "Other addresses of this machine are not served."
    port = int(url.rsplit(':', 1)[1].strip('/'))
    own = {o[4][0] for o in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)} - {'127.0.0.1'}
    for o in own|{'127.0.0.2'}:
        with socket.socket() as s:
            s.settimeout(2)
            assert s.connect_ex((o, port))!=0

def test_queue(pictures):
    "Workers and waiting places are what was said."
    page = open_app('scenes-cls', workers=3, waiting=7)
    assert page.max_threads>=3 and page._queue.max_size==7 and {o.concurrency_limit for o in page.fns.values() if o.api_visibility=='public'}=={3}
    assert 'compare' not in {o.api_name for o in page.fns.values()}

def test_space(tmp_path, pictures, capsys):
    "A Space runs where it lies, with the model that came along."
    load('scenes').save(tmp_path/'mine')
    assert app(str(tmp_path/'mine'), 'scenes', space=str(tmp_path/'space'))==0
    assert 'A Space is in' in capsys.readouterr().out
    shutil.rmtree(tmp_path/'mine')
    page = runpy.run_path(str(tmp_path/'space/app.py'))['page']
    at = serve(page, port=0, wait=False)
    from gradio_client import Client
    got, = ask(Client(at, verbose=False), '/groups', file(pictures[0]), 3)
    page.close(verbose=False)
    assert len(got)>=2
    card = (tmp_path/'space/README.md').read_text()
    assert re.search(r'^sdk: "gradio"$', card, flags=re.M) and 'app_file: "app.py"' in card
    from packaging.requirements import Requirement
    need = Requirement((tmp_path/'space/requirements.txt').read_text().splitlines()[-1])
    assert (need.name, need.extras)==('clippy-vl', {'app'})

def test_without_gradio(monkeypatch):
    monkeypatch.setitem(sys.modules, 'gradio', None)
    with pytest.raises(ValueError, match=re.escape("pip install 'clippy-vl[app]'")): app()

def test_command(monkeypatch, capsys):
    "`clippy app` says where the page is, and serves it until it is interrupted."
    import gradio
    served = []
    monkeypatch.setattr(gradio.Blocks, 'block_thread', lambda page: served.append(page))
    assert app('scenes-cls', port=0, workers=1)==0
    page, = served
    page.close(verbose=False)
    assert f'The page is at {page.local_url}' in capsys.readouterr().out
    assert page.local_url.startswith('http://127.0.0.1:') and page.max_file_size==20*2**20 and not page.share

def test_port_taken(url):
    with pytest.raises(OSError, match='port'): serve(open_app('scenes-cls'), port=int(url.rsplit(':', 1)[1].strip('/')), wait=False)
