"""The front page and the tutorials say what is so: their commands exist, their images are current,
and what SECURITY.md states about loading holds."""
import inspect, json, pickle, re, runpy, shlex, shutil, sys
from importlib import import_module
from pathlib import Path

import pytest, torch
from PIL import Image

from clippy.cli import commands
from clippy.model import image_tower, text_tower
from clippy.saved import boxed, load

root = Path(__file__).parent.parent
nbs = [root/'nbs/index.ipynb', *sorted((root/'nbs/tutorials').glob('*.ipynb'))]
pages = [*nbs, root/'CONTRIBUTING.md', root/'SECURITY.md', root/'CHANGELOG.md']
each_page = pytest.mark.parametrize('page', pages, ids=[p.stem for p in pages])

def join(s): return s if isinstance(s, str) else ''.join(s)
def cells(nb): return json.loads(nb.read_text('utf-8'))['cells']
def text(page):
    if page.suffix=='.md': return page.read_text('utf-8')
    return '\n'.join(join(c['source']) for c in cells(page))

# Front page ---------------------------------------------------------------------------------------------------------

front = runpy.run_path(str(root/'tools/front.py'))

def test_first_lines():
    "The lines at the top run, find what they look for, and drew the image above them."
    code = front['five_lines']()
    found = front['run'](code)
    for label in found['seg'].labels[1:]: assert found['seg'][label].area>.01, label
    kept = Image.open(root/'nbs/images/front.png').text
    about = {k:kept.get(k) for k in ('code','model','command')}
    assert about==front['about'](found['model'], code), 'run `python tools/front.py`'

def chapters(): return re.findall(r'- (\S+\.ipynb)', (root/'nbs/sidebar.yml').read_text())

def test_every_chapter_is_listed():
    "The table of contents has every page of the sidebar, by its title and what it says of itself, in the same order."
    made = (out['data']['text/markdown'] for c in cells(root/'nbs/contents.ipynb') for out in c.get('outputs', []))
    listed = re.findall(r'^\* \[(.*?)\]\(\S+?\): (.*)$', '\n'.join(map(join, made)), flags=re.M)
    first = [join(cells(root/'nbs'/name)[0]['source']) for name in chapters()[1:]]
    assert len(first)>60 and '(contents.ipynb)' in text(nbs[0])
    assert listed==[re.match(r'# (.*)\n+> (.*)', cell).groups() for cell in first], 'run nbs/contents.ipynb'

# Tutorials ----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('nb', nbs[1:], ids=[p.stem for p in nbs[1:]])
def test_colab(nb):
    "A tutorial begins with a link that opens it, and a cell that installs the package there and does not run here."
    _,badge,install = (join(c['source']) for c in cells(nb)[:3])
    assert f'blob/main/nbs/tutorials/{nb.name})' in badge
    assert re.match(r"#\| eval: false\n%pip install -q .*git\+https://github.com/clippy-vl/clippy", install)

# Commands -----------------------------------------------------------------------------------------------------------

def typed(page): # the commands of its shell blocks, as words
    for block in re.findall(r'^```sh\n(.*?)^```', text(page), flags=re.S|re.M):
        for line in block.replace('\\\n', ' ').splitlines():
            words = shlex.split(line, comments=True)
            if words[:1]==['clippy'] and len(words)>1: yield words[1],words[2:]
            if '-m' in words and words[0]=='accelerate':
                after = words[words.index('-m')+1:]
                yield after[0].split('.')[1],after[1:]

commanding = [p for p in pages if list(typed(p))]
file_re = r'(?<![\w./-])(?:configs|tools|tests|nbs|benchmarks)/[\w/-]+\.(?:yaml|yml|py|json|ipynb)'
naming = [p for p in pages if re.search(file_re, text(p))]

def test_pages_that_are_checked():
    "The two checks below look at these pages and no others, because these name commands and files."
    assert {p.stem for p in commanding} >= {'index'} and len(commanding)>=6
    assert sum(len(list(typed(p))) for p in commanding)>=15
    assert {p.stem for p in naming} >= {'CONTRIBUTING'} and len(naming)>=5
    for p in pages: # a shell block that names our command is seen by `typed`, whatever it is indented by or called
        blocks = '\n'.join(re.findall(r'^ *```.*?\n(.*?)^ *```', text(p), flags=re.S|re.M))
        named = re.findall(r'^ *(?:!|\$ )?clippy (?=[a-z])', blocks, flags=re.M)
        assert not named or p in commanding, p.name

@pytest.mark.parametrize('page', commanding, ids=[p.stem for p in commanding])
def test_commands(page):
    "Every command that is named exists, with its options."
    for name,args in typed(page):
        module,func = commands[name][0].split(':')
        known = inspect.signature(inspect.unwrap(getattr(import_module(module), func))).parameters
        for a in args:
            if re.match('-[a-z]$', a): ok = [k for k in known if k[0]==a[1].upper()]
            elif a.startswith('--'):
                said = a[2:].split('=')[0].replace('-','_')
                ok = {said, said.removeprefix('no_')} & {k.lower() for k in known}
            else: continue
            assert ok, f'clippy {name} has no option {a}'

@pytest.mark.parametrize('page', naming, ids=[p.stem for p in naming])
def test_files(page):
    "Every file of the repository that is named is there."
    for name in re.findall(file_re, text(page)): assert (root/name).exists(), name

sys.path.insert(0, str(root/'tools')) # where its parts are
docs = runpy.run_path(str(root/'tools/docs.py'))

def test_links_shown_as_text():
    "The site's check sees a link that a page shows as text, also where another link is inside it; code may show one."
    raw = docs['raw_links']
    assert raw('<p>[<a href="x"><code>ShardLoader</code></a>](https://x.org/loader.html) reads</p>')
    assert raw('<p>see [the loader](06_loader.ipynb).</p>')
    assert not raw('<p>see <a href="x">the loader</a> (https://x.org)</p>')
    assert not raw('<pre>[a](b.html)</pre><code>[a](b)</code><script>x[0](f)</script>')

def test_figures_have_words():
    "Who does not see a figure of the site is told what it is: by the page, or by the code that made it."
    said = lambda src: docs['code'](dict(id='a', source=src, outputs=[]))[0]['metadata']['mystnb']['image']['alt']
    assert said('#| fig-alt: four bars: one a run\nfig')=='four bars: one a run'
    assert said('#| fig-alt: "four bars: one a run"\nfig')=='four bars: one a run'
    assert said("x = 1\nmodel.similarity(x, 'a boat')")=="What model.similarity(x, 'a boat') gives"
    for src in ("for ax in axs:\n    ax.grid()", 'fig', 'ax.plot(x);'):
        assert said(src)=='A figure, drawn by the code above it'

def test_long_addresses_break():
    "A long address in a printed table goes on below after a slash; short names, code and links stay as they are."
    shown = lambda md: docs['breakable'](dict(data={'text/markdown':md}))['data']['text/markdown']
    where = 'ai.meta.com/resources/models-and-libraries'
    assert shown(f'| {where} |')=='| ai.meta.com/<wbr>resources/<wbr>models-and-libraries |'
    for md in ('| google/tips |', f'| `{where}` |', where, f'| [x](https://{where}) |'): assert shown(md)==md

def test_a_link_stays_one(made):
    "nbdev makes a link of a name in code; a link whose text is such a name leads where it says."
    prose = next(c['source'] for c in made if c['id']=='p')
    assert prose.startswith('From [`load`](https://example.org/a) and [`Scenes`](https://example.org/b), or ')
    assert re.search(r'\[`CLIPpy.segment`\]\(https://clippy-vl\S+predict.html#clippy.segment\)\.$', prose)

def test_no_name_inside_a_link():
    "On the front page, which is README.md too, nbdev would make two links of it."
    from clippy._modidx import d
    names = {k.split('.',2)[-1] for m in d['syms'].values() for k in m}
    for linked in re.findall(r'\[`([\w.]+)`\]\(', text(nbs[0])): assert linked not in names, linked

# Symbols ------------------------------------------------------------------------------------------------------------

chapter = [
    '#| default_exp parts',
    '#| export\nimport re\nfrom pathlib import Path',
    '''#| exports
def _open(path): return Path(path).open()

class Part:
    "A file in pieces."
    def __init__(self, path): self.file = _open(path)

@patch
def total(self:Part)->int: return 3

def is_part(path)->bool:
    return Path(path).suffix=='.part'
''',
    '''#| export
def join(
    parts:list, # of `Part`, in order
    *, sep='|', # between two
    most:int=9, # of them
)->str: # one text
    "All parts in a row."
    return sep.join(map(str, parts[:most]))

@patch(as_prop=True)
def size(self:Part)->int:
    "Bytes on the disk."
    return 1
# what follows belongs to it
Part.extent = Part.size''',
    '#| export\ndef _halve(x):\n    return x//2\n\ndef _double(x): return x*2',
    "#| export\nendings = '.part','.piece'",
    'Part("a").total()']

@pytest.fixture(scope='module')
def made(tmp_path_factory):
    "The cells that the site makes of a chapter."
    path = tmp_path_factory.mktemp('nbs')/'10_parts.ipynb'
    def cell(i, kind, src): return dict(cell_type=kind, id=f'c{i}', metadata={}, source=src)
    code = [cell(i, 'code', src) | dict(outputs=[], execution_count=None) for i,src in enumerate(chapter)]
    title = cell('t', 'markdown', '# Parts\n> What a file is made of')
    links = '[`load`](https://example.org/a) and [`Scenes`](https://example.org/b)'
    prose = cell('p', 'markdown', f'From {links}, or `CLIPpy.segment`.') | dict(id='p')
    path.write_text(json.dumps(dict(cells=[title, prose, *code], metadata={}, nbformat=4, nbformat_minor=5)), 'utf-8')
    return docs['Page'](path).notebook()['cells']

def by_heading(cells):
    "Name -> what stands below its heading."
    text = '\n\n'.join(c['source'] for c in cells if c['cell_type']=='markdown')
    _,*parts = re.split(r'^### `([\w.]+)`$', text, flags=re.M)
    assert len({*parts[::2]})*2==len(parts), 'a symbol has two headings'
    return dict(zip(parts[::2], parts[1::2]))

def test_headings_of_symbols(made):
    "A heading for every public symbol, in the order of the code and above its own; none for anything else."
    found = by_heading(made)
    assert [*found]==['Part','Part.total','is_part','join','Part.size']
    for name,below in found.items():
        assert re.findall(r'(?:def|class) ([a-z]\w+|Part)', below)==[name.split('.')[-1]], name
    assert 'def _open' in found['Part'] and 'Part.extent = Part.size' in found['Part.size']

def test_open_and_folded(made):
    "The source of `exports` is open, with its own signature; that of `export` is folded, below its parameters."
    found = by_heading(made)
    for name in ('Part','Part.total','is_part'): assert 'details' not in found[name] and found[name].count('```')==2
    said,source = found['join'].split('<details class="fold"><summary>')
    assert "```python\njoin(parts, *, sep='|', most=9)\n```\n\nAll parts in a row." in said
    rows = [[s.strip() for s in re.split(r'(?<!\\)\|', line)[1:-1]] for line in said.splitlines() if line[:2]=='| ']
    assert rows[1:]==[['`parts`','`list`','of `Part`, in order'], ['`sep`','','between two'],
        ['`most`','`int`','of them'], ['*returns*','`str`','one text']]
    assert source.startswith('Source of <code>join</code><span class="size"> · 7 lines</span></summary>')
    assert '```python\nPart.size -> int\n```' in found['Part.size']

def test_types_are_told_once():
    "In the signature where no comment tells of a parameter, in the table where one does."
    from symbols import shown
    md = shown('def f(a:str, n:int=2)->int: # how many\n    "Count."\n    return n', False)
    assert '```python\nf(a:str, n=2)\n```' in md and '| *returns* | `int` | how many |' in md
    assert '\n| `' not in md

def test_helpers_and_constants(made):
    "Helpers are folded under their names, a short constant stands open, and imports are not shown."
    text = [c['source'] for c in made]
    assert not any('from pathlib' in src or 'default_exp' in src for src in text)
    helpers = 'Helpers <code>_halve</code> and <code>_double</code><span class="size"> · 4 lines'
    assert any(helpers in src for src in text)
    assert any("endings = '.part','.piece'" in src and 'details' not in src for src in text)
    assert text[-1]=='Part("a").total()'

def page_of(*symbols):
    "HTML of symbols, each (name, heading, code)."
    return ''.join(f'''<a class="symbol" id="clippy.parts.{name}"></a>
<section id="x"><h3><code><span>{head}</span></code><a href="#x">#</a></h3>
<div><pre><span class="k">{code}</span></pre></div></section>''' for name,head,code in symbols)

def test_odd_headings_are_seen():
    "The build stops at a heading over another symbol's code, at one that is missing and at one that is there twice."
    odd = lambda *symbols: [s.split(':')[0].split()[0] for s in docs['odd_headings'](page_of(*symbols))]
    good = ('Part.total','Part.total','def _a(): ...\n\n@patch\ndef total(self): ...'), ('join','join','join(parts)')
    assert odd(*good)==[]
    assert odd(*good, ('size','size','def sizes(): ...'))==['size']
    assert odd(*good, ('size','sizes','def size(): ...'))==['size']
    assert odd(*good, ('join','join','def join(): ...'))==['join','join']

def test_where_names_lead():
    "To the page's own symbol, or to the only one of that name; a method that no page shows leads to its class."
    from links import place_of
    symbols = dict.fromkeys(('c.html','d/e.html'), {}) | {'a.html':dict(read='clippy.a.read', Rows='clippy.a.Rows'),
        'b.html':dict(read='clippy.b.read')}
    place = lambda name, page, said='': place_of(name, page, said, symbols)
    assert place('read', 'b.html', 'a.html')=='#clippy.b.read'
    assert place('read', 'c.html', 'b.html')=='b.html#clippy.b.read'
    assert place('read', 'c.html') is None
    assert place('Rows', 'd/e.html')==place('Rows.close', 'd/e.html')=='a.html#clippy.a.Rows'
    assert place('Columns', 'c.html') is None

def test_words_that_are_no_links():
    "A plain word in code is linked where the page uses the function of that name; other names always."
    from symbols import known_names, unmistakable
    from stubs import Module
    modules = dict(files=Module('files', 'def text(path): pass\ndef whole(path): pass'))
    used = ['!ls', "from clippy.files import *\nfrom clippy.saved import load\ntext('a')", 'def pair(): pass']
    assert {'text','load','pair'} <= known_names(used, modules) and 'whole' not in known_names(used, modules)
    assert [*map(unmistakable, ('read_rows','Rows','Rows.at','text'))]==[True, True, True, False]

def test_long_lines_go_on_below():
    "A line of code that does not fit goes on below, further in than it begins, and what is copied stays as it is."
    pytest.importorskip('sphinx')
    from html import unescape
    from pygments.lexers import PythonLexer
    lines = runpy.run_path(str(root/'tools/site/conf.py'))['Lines']()
    src = 'for x in xs:\n    print(' + "'a', "*20 + ')\n\n' + ' '*60 + "'<b>'\n"
    html = ''.join(line for _,line in lines._format_lines(PythonLexer().get_tokens(src)))
    assert unescape(re.sub('<[^>]*>', '', html))==src
    assert re.findall(r'class="line" style="--in:(\d+)"', html)==['4','20']
    css = (root/'tools/site/site.css').read_text('utf-8')
    assert re.search(r'article pre \{[^}]*white-space: pre-wrap; overflow-wrap: anywhere', css)
    assert re.search(r'\.line \{ display: block; padding-left: calc\(\(var\(--in\)', css)

@pytest.mark.parametrize('tex,parts', [
    (r'\tfrac12 x', [('mfrac','12')]), (r'\frac1B', [('mfrac','1B')]), (r'\dfrac{ab}{10}', [('mfrac','ab10')]),
    ('x^23', [('msup','x2')]), ('y_12', [('msub','y1')])])
def test_formulas(tex, parts):
    "A fraction and an exponent without braces take one digit, as in TeX."
    pytest.importorskip('sphinx')
    import xml.etree.ElementTree as ET
    conf = runpy.run_path(str(root/'tools/site/conf.py'))
    tree = ET.fromstring(conf['tex2mathml'](conf['braced'](tex)))
    tags = {kind for kind,_ in parts}
    found = [(e.tag.split('}')[-1], ''.join(e.itertext()).split()) for e in tree.iter()]
    assert [(kind, ''.join(text)) for kind,text in found if kind in tags]==parts
    if parts[0]==('mfrac','12'): assert [e.text for e in tree.iter() if e.tag.endswith('mn')]==['1','2']

# Security -----------------------------------------------------------------------------------------------------------

@pytest.fixture
def model(tmp_path): return Path(shutil.copytree(boxed()['scenes'], tmp_path/'model'))

def test_no_foreign_class(model, tmp_path):
    "A text tower that names code of its own is refused, and the code does not run."
    touch = f"open({str(tmp_path/'ran')!r}, 'w')\n"
    for where in (model, model/'text'): (where/'extra.py').write_text(f'{touch}class Extra: pass\n')
    path = model/'text/modules.json'
    modules = json.loads(path.read_text())
    for name in ('extra.Extra', 'subprocess.Popen'):
        path.write_text(json.dumps([*modules, dict(idx=len(modules), name='9', path='', type=name)]))
        with pytest.raises(ValueError, match='not part of Sentence Transformers'): load(model)
    assert not (tmp_path/'ran').exists()

def test_no_foreign_config(model, tmp_path):
    "Nor is code run where only the settings of a text tower are used."
    config = model/'text/config.json'
    own = dict(model_type='own', auto_map=dict(AutoConfig='own.Own', AutoModel='own.Own'))
    config.write_text(json.dumps(json.loads(config.read_text()) | own))
    touch = f"open({str(tmp_path/'ran')!r}, 'w')\n"
    (model/'text/own.py').write_text(f'{touch}from transformers import PretrainedConfig as Own\n')
    with pytest.raises(ValueError, match='custom code'): text_tower(str(model/'text'), pretrained=False)
    assert not (tmp_path/'ran').exists()

class Touch: # a pickle that makes a file when it is read
    def __init__(self, path): self.path = path
    def __reduce__(self): return open,(str(self.path),'w')

def test_no_pickles(tmp_path):
    "A torch file with other objects than tensors is refused, and they are not made."
    torch.save(dict(state_dict=Touch(tmp_path/'ran')), tmp_path/'bad.pt')
    (tmp_path/'old.pt').write_bytes(pickle.dumps(Touch(tmp_path/'ran')))
    for name in ('bad.pt','old.pt'):
        with pytest.raises(ValueError, match='other Python objects are not opened'): load(tmp_path/name)
    assert not (tmp_path/'ran').exists()

def test_no_addresses():
    "The image tower is one of the installed timm."
    for name in ('hf-hub:somebody/model', 'local-dir:model'):
        with pytest.raises(ValueError, match='timm has no model'): image_tower(name)
