"Text of others: on terminals, in notebooks, in model cards. A renderer of Markdown, which is not ours, says what came out."
import json, re, shutil

import numpy as np
import pytest, yaml
from hypothesis import example, given, settings, strategies as st
from markdown_it import MarkdownIt
from PIL import Image

from clippy.cli import cli
from clippy.data import Report
from clippy.results import Result
from clippy.console import table
from clippy.hub import model_card, read_manifest
from clippy.saved import boxed
from clippy.answers import Classification, Region
from clippy.folders import info
from clippy.console import fenced, in_code, in_markdown, on_terminal

attacks = ['<img src=x onerror=alert(1)>', '<script>alert(1)</script>', '&lt;b&gt;', '[a](javascript:alert(1))', '![a](http://b/c.png)', '`x` <b>', '``', 'a\n\n# b', 'a\n---\nb: c', '# a', '- a', '1. a', '> a', '===', '---', '***',
    '| a | b |', 'a\\|b', '\\', '*a*', '__a__', '~~a~~', '$x$', '\x1b[2Ja', '\x9b2J', '\u202eabc', "'a\nlicense: b", '"', '<!-- a', '</td></tr></table>', '<https://a.b>', 'https://a.b', '\r\n\r\n<b>', '    code', 'a  \nb', '\\<b>', '{{ a }}', '&#60;b&#62;']
texts = st.sampled_from(attacks) | st.text(max_size=30) | st.text('<>&*_`[]()!#|\\~$-=+.\n 1a"\'', max_size=20)
md = MarkdownIt('commonmark', dict(html=True)).enable('table').enable('strikethrough')
often = settings(max_examples=200, deadline=None, derandomize=True)

def tokens(page): return [o for t in md.parse(page) for o in (t, *(t.children or ()))]
def words(text): return ' '.join(on_terminal(' '.join(text.split())).split())

@often
@given(texts)
def test_markdown_shows_the_text(text):
    "What a reader sees is what was written, and it is text: no element, link, picture, heading or list."
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
    assert len(cells)==6 and cells[4:]==['x','y'] and not [o for o in tokens(shown._repr_markdown_()) if o.type in ('html_inline','html_block','link_open','image','code_inline','em_open','strong_open')]
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
    result = Result(primary='top1', numbers={text:.5}, intervals={}, task=text, protocol=dict(name=text), protocol_hash='0'*6, images=dict(seen=1, found=1, expected=1, whole=True), files='0'*6, model='0'*6)
    for o in (Classification({text:.5}), report, result):
        page = o._repr_markdown_()
        assert not {o.type for o in tokens(page)} & {'html_inline','html_block','link_open','image','heading_open','hr','em_open','strong_open','s_open'}, page
        assert all(c.isprintable() or c=='\n' for c in page+repr(o))
    assert all(c.isprintable() for c in repr(Region(text, np.ones((2,2), bool), 1.)))

def poisoned(o, text): # every text of a manifest replaced, keys of options and numbers too
    if isinstance(o, dict): return {(text if k in ('top1','car','lr','torch') else k):(v if k in ('pooling','train_data') else poisoned(v, text)) for k,v in o.items()}
    if isinstance(o, list): return [poisoned(v, text) for v in o]
    return text if isinstance(o, str) else o

known = read_manifest('scenes')
kinds = lambda page: [o.type for o in md.parse(page)]

@pytest.mark.parametrize('text', attacks)
def test_card(text):
    "Whatever stands in a manifest, a name or a licence: the lines for machines are YAML with that text in it, and the page has its own headings and no others."
    card = model_card(poisoned(known, text), f'ada/{text}', license=text)
    _,front,page = re.split(r'^---\n', card, maxsplit=2, flags=re.M)
    about = yaml.safe_load(front)
    assert about['license']==text and about['model-index'][0]['name']==f'ada/{text}'.split('/')[-1] and about['tags'][0]=='clippy' and set(about)>={'license','library_name','pipeline_tag','tags','model-index'}
    assert {r['dataset']['name'] for r in about['model-index'][0]['results']}=={text}
    plain = model_card(known, 'ada/scenes').split('\n---\n', 1)[1]
    assert [k for k in kinds(page) if k!='softbreak']==kinds(plain)
    assert not {o.type for o in tokens(page)} & {'html_inline','html_block'}
    assert {o.attrGet('href') for o in tokens(page) if o.type=='link_open'}=={'https://clippy-vl.github.io/clippy'} and not [o for o in tokens(page) if o.type=='image']

def test_terminal_of_commands(tmp_path, capsys):
    "A foreign model's record, a file's name and a label print nothing that a terminal obeys; no line is added."
    shutil.copytree(boxed()['scenes'], tmp_path/'mine')
    about = json.loads((tmp_path/'mine/manifest.json').read_text())
    (tmp_path/'mine/manifest.json').write_text(json.dumps(dict(about, command='\x1b]0;hacked\x07\nlogit scale  99', data='\x9b31m')))
    lines = len(info('scenes').splitlines())
    assert len(info(str(tmp_path/'mine')).splitlines())==lines
    (tmp_path/'bad\x1b[2J.png').write_text('x')
    assert cli(['classify', str(tmp_path/'bad\x1b[2J.png'), '--label', 'a\x9b\u202e', '--label', 'b'])==1
    assert cli(['classify', str(tmp_path/'no\x1b[2J.png'), '--label', 'a', '--label', 'b'])==1
    Image.new('RGB', (64,64)).save(tmp_path/'good.png')
    assert cli(['classify', str(tmp_path/'good.png'), '--label', 'a\x9b\u202e', '--label', 'b'])==0
    out,err = capsys.readouterr()
    assert all(c.isprintable() or c in '\n\r\t' for c in out+err) and 'a\x9b\u202e' in json.loads(out.splitlines()[-1])['labels']
