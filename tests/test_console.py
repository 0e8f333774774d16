"""What was typed and what is shown: numbers have bounds in every command; no secret of an address or a command line is
written, printed, raised or pushed; text of others stays text, as a renderer of Markdown that is not ours confirms."""
import inspect, json, math, re, shlex, shutil, traceback
from configparser import ConfigParser
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pytest, yaml
from fastcore.script import CliError
from hypothesis import example, given, settings, strategies as st
from markdown_it import MarkdownIt
from PIL import Image

import clippy.train as T
from clippy.answers import Classification, Region
from clippy.cli import cli, commands, function
from clippy.console import bounds, fenced, hide, hide_address, hide_program, hide_text, hide_words
from clippy.console import in_code, in_markdown, need, on_terminal, requirement, table
from clippy.data import Report
from clippy.folders import info
from clippy.hub import model_card, read_manifest, write_repo
from clippy.pack import pack
from clippy.results import Result
from clippy.saved import boxed, load
from clippy.scenes import write_folder

# Packages that not everybody has --------------------------------------------------------------------------------------

def test_a_missing_extra():
    "The command in the message is the one that works: the package is not on PyPI, and its address is that of setup.py."
    ini = ConfigParser(delimiters=['='])
    ini.read(Path(__file__).parents[1]/'settings.ini', encoding='utf-8')
    asked = f"pip install \"clippy-vl[open_clip] @ git+{ini['DEFAULT']['git_url']}\""
    with pytest.raises(ValueError, match=re.escape(asked)): need('no_such_package', 'open_clip')
    with pytest.raises(ImportError, match='needs no_such_package'): need('no_such_package', 'open_clip')
    assert requirement('app','open_clip').startswith('clippy-vl[app,open_clip] @ git+https://')

def test_every_extra_that_a_message_names_is_one():
    "The package asks for extras that setup.py has, and no message names a distribution that pip would not find."
    here = Path(__file__).parents[1]
    source = ''.join(p.read_text(encoding='utf-8') for p in (here/'clippy').glob('*.py'))
    extras = {*re.findall(r"need\([^)]*, '(\w+)'\)", source)}
    setup = (here/'setup.py').read_text(encoding='utf-8')
    assert {'app','export','coco','analysis','open_clip'}<=extras and all(f'{e}=[' in setup for e in extras)
    assert not re.search(r"pip install ['\"]?clippy-vl(?!\[[^]]*\] @)", source)

# Numbers --------------------------------------------------------------------------------------------------------------

def numeric(command): # option -> its type
    found = inspect.signature(function(commands[command][0])).parameters
    return {k:int if p.annotation is int else float for k,p in found.items() if p.annotation in (int,float)
            or isinstance(p.default, (int,float)) and not isinstance(p.default, bool)}

every = [(c,k,t) for c in commands for k,t in numeric(c).items()]
needed = dict(eval=['scenes', '--task', 'scenes'], export=['scenes', 'onnx'], pack=['.', 'captions.csv', 'out'],
    segment=['x.png', '-l', 'boat', '-o', 'out'],
    group=['x.png', '-o', 'out'], classify=['x.png', '-l', 'boat'], data=['links', 'links.tsv', 'out'])

def test_every_number_has_bounds():
    assert len(every)>40
    assert not {k for _,k,_ in every}-bounds.keys()
    assert all(low<=high and high<math.inf for low,high in bounds.values())

@pytest.mark.parametrize('command', {c:0 for c,_,_ in every})
def test_numbers_out_of_bounds(command, tmp_path, monkeypatch, capsys):
    "One sentence that names the option, and nothing is written."
    monkeypatch.chdir(tmp_path)
    for c,k,t in every:
        if c!=command: continue
        option = f'-{k}' if k=='N' else f'--{k.replace("_","-")}'
        for v in ('-3e30','1e30','nan') if t is float else ('-3000000','9'*30):
            if k=='N': option = '-n'
            assert cli([command, *needed.get(command, []),
                f'{option}={v}' if len(option)>2 else f'{option}{v}'])==1, (k, v)
            said = capsys.readouterr().err
            assert re.match(rf'clippy {command}: {k} is (not a number|\S+, but must be at)',
                said) and len(said.splitlines())==1, said
    assert not any(tmp_path.iterdir())

@pytest.mark.parametrize('option', numeric('train'))
def test_training_refuses_numbers(option, tmp_path):
    "Also from Python; no folder of a run is left."
    for v in (-3, math.nan, 10**30):
        with pytest.raises(ValueError, match=f'{option} is '): T.train(**{option:v}, cpu=True, logs=str(tmp_path))
    assert not any(tmp_path.iterdir())

def test_no_empty_folder(tmp_path, monkeypatch):
    "A run that fails before it has written anything leaves nothing; one that has written keeps it."
    def fails(*args): raise ValueError('broken')
    with monkeypatch.context() as m, pytest.raises(ValueError, match='broken'):
        m.setattr(T, 'train_step', fails)
        T.train(train_num_samples=32, batch_size=16, steps=1, workers=0, cpu=True, logs=str(tmp_path), name='run')
    assert not (tmp_path/'run').exists()

# Secrets --------------------------------------------------------------------------------------------------------------

kinds_of_secrets = 'user pass path query fragment header login name'.split()
secrets = [f'S3CRET{kind}' for kind in kinds_of_secrets]
def clean(text): return not [s for s in (*secrets, 'S3CRET') if s in text]

addresses = ['https://S3CRETuser:S3CRETpass@x.org/a.tar', 'https://S3CRETuser:S3CRET/pass@x.org/a.tar',
    'https://S3CRETuser:S3CRET pass@x.org/a.tar',
    'https://S3CRETuser@x.org/a.tar', 'https://u:S3CRET@S3CRET@x.org/a.tar', 'https://u:1S3CRET@x.org/a.tar',
    'https://u:S3CRET?a#b@x.org/a.tar', 'https://S3CRET:8/0@x.org/a.tar',
    'https://x.org/t/S3CRETpath/a.tar', 'https://x.org/S3CRETpath', 'https://x.org/a.tar?sign=S3CRETquery',
    'https://x.org/a.tar#token=S3CRETfragment',
    'https://x.org?S3CRETquery', 'https://x.org#S3CRETfragment', 'HTTPS://x.org/S3CRETpath/',
    's3://S3CRETuser:S3CRETpass@bucket/a.tar', 'hf://S3CRETuser@datasets/x/a.tar',
    'https://x.org/a.tar;S3CRETpath', 'https://u:S3CRET::more@x.org/a.tar', 'https://x.org/%53/S3CRETpath%2fa.tar']
lines = ['curl -H "Authorization: Bearer S3CRETheader" https://x.org/a.tar',
    'curl -H Authorization:S3CRETheader x.org', 'curl --header=X-Key:S3CRETheader x.org',
    'curl -u ada:S3CRETlogin https://x.org/a.tar', 'curl -uada:S3CRETlogin x.org',
    'TOKEN=S3CRETheader curl https://x.org/S3CRETpath/a.tar', 'curl -b "session=S3CRETheader" x.org',
    'wget --password S3CRETpass x.org', 'aws --profile S3CRETname s3 cp s3://b/a.tar -',
    '/opt/S3CRETname/bin/fetch a.tar', "sh -c 'echo S3CRETheader | fetch'", 'curl https://u:S3CRET pass@x.org/a.tar']
sources = [*addresses, *(f'pipe:{o}' for o in lines)]

@pytest.mark.parametrize('text', sources)
def test_nothing_shows(text):
    "As a value, in a list of shards, in a command line, in somebody's sentence, in JSON, and hidden twice."
    assert clean(hide(text)) and hide(hide(text))==hide(text)
    assert clean(hide(f'/data/b.tar::{text}::https://x.org/c.tar')) and clean(hide(f'{text}::/data/b.tar'))
    assert clean(str(hide([{text:[text]}, dict(options=dict(train_data=text))])))
    for words in (['--train-data', text, '--lr', '1e-3'], [f'--train-data={text}', '--lr', '1e-3']):
        said = hide_words(words)
        assert clean(said) and said.endswith('--lr 1e-3') and clean(str(hide(dict(command=shlex.join(words)))))
    assert clean(hide_text(f'HTTP error of {text}')) and clean(hide_text(f"cannot open '{text}'"))

@pytest.mark.parametrize('line', lines)
def test_programs(line):
    assert clean(hide_program(line)) and clean(hide_words(['--tool', line])) and clean(hide_words([f'--tool={line}']))

@pytest.mark.parametrize('text', ['curl -H "Authorization: Bearer S3CRETheader" -u ada:S3CRETlogin',
    "ada's Authorization: Basic S3CRETheader", 'X-Api-Key: S3CRETheader',
    'token=S3CRETquery&x=1', '"password": "S3CRETpass"', 'Cookie: S3CRETheader', 'AWS_SECRET_ACCESS_KEY=S3CRETname',
    'bearer S3CRETheader', 'curl --user "ada:S3CRET login"'])
def test_shapes(text): assert clean(hide(text)) and clean(hide_text(text))

@pytest.mark.parametrize('text', ['a photo of a {}.', 'logs/max', '../data/{00..99}.tar', 'C:\\data\\a.tar',
    's3://bucket/a.tar', 'https://x.org/{000..999}.tar', 'clippy-B-16', 'token_drop=0.5',
    'things mIoU 50', '3 tokens: 77', 'a: b', '--batch-size 16 --user'])
def test_what_is_no_secret_stays(text): assert hide(text)==text

@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.text(max_size=12), st.text(st.characters(blacklist_characters='@'), max_size=12), st.text(max_size=12),
    st.text(max_size=12))
def test_any_address(user, word, path, query):
    "Whatever stands before the host, in the path or behind it."
    mark = 'S3CRET'
    for address in (f'https://{user}:{word}{mark}@x.org/a.tar', f'https://x.org/{path}{mark}/a.tar',
            f'https://x.org/a.tar?{query}{mark}', f'https://{user}:{mark}{path}@x.org/{query}'):
        assert mark not in hide_address(address) and mark not in hide(address)

class Quiet(SimpleHTTPRequestHandler):
    "Files of a folder, whatever the path before the name; 403 where it says so."
    def do_GET(self):
        if 'forbidden' in self.path: return self.send_error(403)
        self.path = '/'+self.path.split('?')[0].rsplit('/')[-1]
        super().do_GET()
    def log_message(self, *args): pass

@pytest.fixture
def site(tmp_path):
    write_folder(tmp_path/'scenes', 40, progress=False)
    pack(tmp_path/'scenes', tmp_path/'scenes'/'captions.csv', tmp_path/'shards', shard_size=20, progress=False)
    server = ThreadingHTTPServer(('127.0.0.1', 0), partial(Quiet, directory=str(tmp_path/'shards')))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f'http://127.0.0.1:{server.server_port}'
    server.shutdown()
    server.server_close()

def test_planted_in_a_run(site, tmp_path, monkeypatch, capfd):
    "Neither the folder of a run with its tracker, nor the terminal, nor the card that is pushed shows one of them."
    shards = (f'{site}/t/S3CRETpath/00000.tar?sign=S3CRETquery#S3CRETfragment::'
        f'pipe:cat {tmp_path}/shards/00001.tar; : -H "Authorization: Bearer S3CRETheader" '
        '-u ada:S3CRETlogin https://S3CRETuser:S3CRET/pass@x.org/a.tar')
    args = ['--cpu', '--model', 'clippy-scenes', '--train-num-samples', '40', '--batch-size', '10', '--epochs', '1',
        '--warmup', '1', '--workers', '0', '--save-every', '2',
        '--report-to', 'tensorboard', '--logs', str(tmp_path/'logs'), '--name', 'run', '--zeroshot-frequency', '0']
    assert cli(['train', '--train-data', shards, *args])==0
    said = ''.join(capfd.readouterr())
    files = [p for p in (tmp_path/'logs').rglob('*') if p.is_file()]
    assert {'metrics.json','about.json','whole.json','model.safetensors'} <= {p.name for p in files}
    assert any('events.out' in p.name for p in files)
    for p in files: assert b'S3CRET' not in p.read_bytes(), p
    assert clean(said) and clean(' '.join(map(str, files)))
    m = json.loads((tmp_path/'logs/run/metrics.json').read_text())
    assert m['options']['train_data']==f'{site}/.../00000.tar::pipe:cat ... https://x.org/a.tar'
    assert '--batch-size 10' in m['command']
    assert cli(['train', '--train-data', shards.replace('S3CRETquery', 'S3CRETother'), *args, '--resume',
        'auto'])==0 # a new signature is no other data
    raw = dict(m, command=f'clippy train --train-data {shlex.quote(shards)} --logs "/my disk/S3CRETname/a b"',
        options=m['options']|dict(train_data=shards, logs='/my disk/S3CRETname/a b'))
    (tmp_path/'logs/run/metrics.json').write_text(json.dumps(raw)) # as an older version wrote it
    monkeypatch.setattr('clippy.hub._card_image', lambda *args: '')
    write_repo(load(tmp_path/'logs/run/model'), tmp_path/'repo', 'me/model', read_manifest(tmp_path/'logs/run/model'))
    for p in (tmp_path/'repo').rglob('*'): assert not p.is_file() or b'S3CRET' not in p.read_bytes(), p
    capfd.readouterr()

@pytest.mark.parametrize('shards', ['{site}/forbidden/S3CRETpath/00000.tar?sign=S3CRETquery',
    'http://S3CRETuser:S3CRET pass@127.0.0.1:9/a.tar', 'pipe:exit 3 # -u ada:S3CRETlogin',
    'http://[S3CRETuser/a.tar', 'http://127.0.0.1:9/S3CRETpath/a.tar'])
def test_planted_in_an_error(shards, site, tmp_path, monkeypatch, capfd):
    "Nor does the sentence of what went wrong, nor the traceback that a developer asks for."
    monkeypatch.setattr('time.sleep', lambda s: None)
    args = ['train', '--train-data', shards.format(site=site), '--cpu', '--model', 'clippy-scenes',
        '--train-num-samples', '20', '--batch-size', '10', '--workers', '0', '--warmup', '1', '--logs',
        str(tmp_path/'logs')]
    assert cli(args)==1
    said = ''.join(capfd.readouterr())
    assert clean(said) and said.startswith('clippy train: ')
    monkeypatch.setenv('CLIPPY_TRACEBACK', '1')
    with pytest.raises((CliError, ValueError, OSError)) as e: cli(args)
    assert clean(''.join(traceback.format_exception(e.value)))

def test_planted_in_a_tool():
    from clippy.download import _recorded
    for line in lines: assert clean(_recorded(shlex.split(line)))
    assert clean(_recorded(['uvx', '--from', 'img2dataset', 'img2dataset', '--header', 'S3CRETheader']))

# Text of others ------------------------------------------------------------------------------------------------------

attacks = ['<img src=x onerror=alert(1)>', '<script>alert(1)</script>', '&lt;b&gt;', '[a](javascript:alert(1))',
    '![a](http://b/c.png)', '`x` <b>', '``', 'a\n\n# b', 'a\n---\nb: c', '# a', '- a', '1. a', '> a', '===', '---',
    '***',
    '| a | b |', 'a\\|b', '\\', '*a*', '__a__', '~~a~~', '$x$', '\x1b[2Ja', '\x9b2J', '\u202eabc', "'a\nlicense: b",
    '"', '<!-- a', '</td></tr></table>', '<https://a.b>', 'https://a.b', '\r\n\r\n<b>', '    code', 'a  \nb', '\\<b>',
    '{{ a }}', '&#60;b&#62;']
texts = st.sampled_from(attacks) | st.text(max_size=30) | st.text('<>&*_`[]()!#|\\~$-=+.\n 1a"\'', max_size=20)
md = MarkdownIt('commonmark', dict(html=True)).enable('table').enable('strikethrough')
often = settings(max_examples=200, deadline=None, derandomize=True)

def tokens(page): return [o for t in md.parse(page) for o in (t, *(t.children or ()))]
def words(text): return ' '.join(on_terminal(' '.join(text.split())).split())

@often
@given(texts)
def test_markdown_shows_the_text(text):
    "What a reader sees is what was written, and it is text: no element, link, image, heading or list."
    for page in (in_markdown(text), f'begin {in_markdown(text)} end'):
        assert {o.type for o in tokens(page)} <= {'paragraph_open','paragraph_close','inline','text','text_special'}
        shown = ''.join(o.content for o in tokens(page) if o.type in ('text','text_special'))
        assert shown==words(text) or shown==f'begin {words(text)} end'.replace('  ', ' ') or not words(text)

@often
@given(texts, texts)
def test_tables(a, b):
    "Text in a cell stays in its cell, on a terminal and in a notebook."
    shown = table([(a, b), ('x', 'y')], ('one','two'))
    cells = [o.content for o in tokens(shown._repr_markdown_()) if o.type=='inline']
    assert len(cells)==6
    assert cells[4:]==['x','y']
    assert not [o for o in tokens(shown._repr_markdown_()) if o.type in ('html_inline','html_block','link_open',
        'image','code_inline','em_open','strong_open')]
    assert len(shown.splitlines())==4 and all(c.isprintable() or c=='\n' for c in shown)

@often
@given(texts)
def test_code(text):
    "Code ends where it should."
    types = [o.type for o in tokens(f'a {in_code(text)} b')]
    assert types.count('code_inline')==1 and 'html_inline' not in types
    assert [o.type for o in md.parse(f'{fenced(text)}\n\nb')]==['fence','paragraph_open','inline','paragraph_close']

@often
@given(texts)
@example('\ud800')
def test_terminal(text):
    "Nothing is left that a terminal obeys, and JSON stays what it was."
    assert on_terminal(text).isprintable()
    assert json.loads(on_terminal(json.dumps(dict(a=text), ensure_ascii=False)))==dict(a=text)

@pytest.mark.parametrize('text', attacks)
def test_results_in_notebooks(text):
    "Classifications, reports and results hold labels and names; in a notebook and on a terminal they are text."
    report = Report(seen=1)
    report.skip(f'{text}.tar', text, text)
    result = Result(primary='top1', numbers={text:.5}, intervals={}, task=text, protocol=dict(name=text),
        protocol_hash='0'*6, images=dict(seen=1, found=1, expected=1, whole=True), files='0'*6, model='0'*6)
    marks = {'html_inline','html_block','link_open','image','heading_open','hr','em_open','strong_open','s_open'}
    for shown in (Classification({text:.5}), report, result):
        page = shown._repr_markdown_()
        assert not {t.type for t in tokens(page)} & marks, page
        assert all(c.isprintable() or c=='\n' for c in page+repr(shown))
    assert all(c.isprintable() for c in repr(Region(text, np.ones((2,2), bool), 1.)))

def poisoned(data, text): # every text of a manifest replaced, keys of options and numbers too
    def key(k): return text if k in ('top1','car','lr','torch') else k
    def value(k, v): return v if k in ('pooling','train_data') else poisoned(v, text)
    if isinstance(data, dict): return {key(k):value(k, v) for k,v in data.items()}
    if isinstance(data, list): return [poisoned(v, text) for v in data]
    return text if isinstance(data, str) else data

known = read_manifest('scenes')
kinds = lambda page: [o.type for o in md.parse(page)]

@pytest.mark.parametrize('text', attacks)
def test_card(text):
    "Whatever stands in a manifest, a name or a licence: YAML with that text, and a page with its own headings alone."
    card = model_card(poisoned(known, text), f'ada/{text}', license=text)
    _,front,page = re.split(r'^---\n', card, maxsplit=2, flags=re.M)
    about = yaml.safe_load(front)
    assert about['license']==text
    assert about['model-index'][0]['name']==f'ada/{text}'.split('/')[-1]
    assert about['tags'][0]=='clippy'
    assert set(about)>={'license','library_name','pipeline_tag','tags','model-index'}
    assert {r['dataset']['name'] for r in about['model-index'][0]['results']}=={text}
    plain = model_card(known, 'ada/scenes').split('\n---\n', 1)[1]
    assert [k for k in kinds(page) if k!='softbreak']==kinds(plain)
    assert not {o.type for o in tokens(page)} & {'html_inline','html_block'}
    assert {o.attrGet('href') for o in tokens(page) if o.type=='link_open'}=={'https://clippy-vl.github.io/clippy'}
    assert not [o for o in tokens(page) if o.type=='image']

def test_terminal_of_commands(tmp_path, capsys):
    "A foreign model's record, a file's name and a label print nothing that a terminal obeys; no line is added."
    shutil.copytree(boxed()['scenes'], tmp_path/'mine')
    about = json.loads((tmp_path/'mine/manifest.json').read_text())
    (tmp_path/'mine/manifest.json').write_text(json.dumps(dict(about, command='\x1b]0;hacked\x07\nlogit scale  99',
        data='\x9b31m')))
    lines = len(info('scenes').splitlines())
    assert len(info(str(tmp_path/'mine')).splitlines())==lines
    (tmp_path/'bad\x1b[2J.png').write_text('x')
    assert cli(['classify', str(tmp_path/'bad\x1b[2J.png'), '--label', 'a\x9b\u202e', '--label', 'b'])==1
    assert cli(['classify', str(tmp_path/'no\x1b[2J.png'), '--label', 'a', '--label', 'b'])==1
    Image.new('RGB', (64,64)).save(tmp_path/'good.png')
    assert cli(['classify', str(tmp_path/'good.png'), '--label', 'a\x9b\u202e', '--label', 'b'])==0
    out,err = capsys.readouterr()
    assert all(c.isprintable() or c in '\n\r\t' for c in out+err)
    assert 'a\x9b\u202e' in json.loads(out.splitlines()[-1])['labels']

def test_addresses_in_a_sentence():
    "What stands behind an address is not taken for a part of it, and nothing secret is shown for that."
    said = 'it is hf://datasets/OWNER/NAME, or https://host/a.tar: read s3://bucket/b.tar; see http://host.'
    assert hide_text(said)==said
    secret = 'https://host/a.tar?token=5ecret, https://u:5ecret@host/b.tar: no'
    assert hide_text(secret)=='https://host/a.tar, https://host/b.tar: no'
