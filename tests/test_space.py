"`clippy.space`: a Space holds the page, the model and nothing else, and runs where it lies."
import re, runpy, shutil

import pytest

from clippy.app import app, serve
from clippy.questions import draw_examples
from clippy.saved import boxed, load
from clippy.space import write_space
from pages import ask, file

pytestmark = pytest.mark.filterwarnings('ignore::Warning:gradio.*') # it calls pandas in ways that will go

def test_space(tmp_path, capsys):
    "A Space runs where it lies, with the model that came along."
    load('scenes').save(tmp_path/'mine')
    assert app(str(tmp_path/'mine'), 'scenes', space=str(tmp_path/'space'))==0
    assert 'A Space is in' in capsys.readouterr().out
    shutil.rmtree(tmp_path/'mine')
    page = runpy.run_path(str(tmp_path/'space/app.py'))['page']
    at = serve(page, port=0, wait=False)
    from gradio_client import Client
    got, = ask(Client(at, verbose=False), '/groups', file(draw_examples()[0]), 3)
    page.close(verbose=False)
    assert len(got)>=2
    card = (tmp_path/'space/README.md').read_text()
    assert re.search(r'^sdk: "gradio"$', card, flags=re.M) and 'app_file: "app.py"' in card
    from packaging.requirements import Requirement
    need = Requirement((tmp_path/'space/requirements.txt').read_text().splitlines()[-1])
    assert (need.name, need.extras, need.url)==('clippy-vl', {'app'}, 'git+https://github.com/clippy-vl/clippy')

def test_space_of_a_family(tmp_path):
    "A model of others is fetched by its name, with the extra that it needs; one on this machine is refused."
    both = 'app,open_clip'
    for name,extra in ('tipsv2-b14','app'), ('open_clip:ViT-B-16/openai',both), ('talk2dino-b',both):
        made = write_space(tmp_path/extra/name.split(':')[0], name)
        assert f'open_app({name!r})' in (made/'app.py').read_text()
        assert (made/'requirements.txt').read_text().splitlines()[-1].startswith(f'clippy-vl[{extra}] @ git+')
    (tmp_path/'here').mkdir()
    with pytest.raises(ValueError, match='on this machine, where a Space cannot find it'):
        write_space(tmp_path/'local', f"tipsv2:{tmp_path/'here'}")

titles = ['a: b', "it's", '"', 'a\\nlicense: mit\\n---\\n# b', '👀 <img src=x onerror=alert(1)>', '- a', '# a', '{a}',
    '!!python/object:os.system', '\\x1b[2J', 'x'*300]

@pytest.mark.parametrize('title', titles)
def test_space_title(tmp_path, title):
    "A title is text, in YAML and on the page."
    import yaml
    from markdown_it import MarkdownIt
    card = (write_space(tmp_path/'space', 'scenes', title=title)/'README.md').read_text()
    _,front,page = re.split('^---\\n', card, maxsplit=2, flags=re.M)
    assert yaml.safe_load(front)['title']==title and yaml.safe_load(front)['app_file']=='app.py'
    found = MarkdownIt('commonmark', dict(html=True)).parse(page)
    kinds = 'heading_open','inline','heading_close','paragraph_open','inline','paragraph_close'
    assert tuple(t.type for t in found)==kinds
    assert {part.type for t in found for part in t.children or ()} <= {'text','text_special','code_inline'}

@pytest.mark.parametrize('where', ['config.json', 'text/extra.json', 'text', 'notes.txt', 'text/1_Pooling/config.json'])
def test_space_takes_no_links(tmp_path, where):
    "What a link leads to would become public: the Space is not written; nor are files that no model has."
    shutil.copytree(boxed()['scenes'], tmp_path/'mine')
    (tmp_path/'secret').mkdir()
    at = tmp_path/'mine'/where
    shutil.rmtree(at, ignore_errors=True) if at.is_dir() else at.unlink(missing_ok=True)
    at.symlink_to(tmp_path/'secret')
    with pytest.raises(ValueError, match='is a link'): write_space(tmp_path/'space', str(tmp_path/'mine'))
    assert not [p for p in (tmp_path/'space').rglob('*') if p.is_symlink()]

def test_space_leaves_out(tmp_path, capsys):
    "Files that no model has stay where they are, and it is said which."
    shutil.copytree(boxed()['scenes'], tmp_path/'mine')
    for name in ('.env', 'text/run.py', 'optimizer.bin', 'text/pytorch_model.bin'):
        (tmp_path/'mine'/name).write_text('secret')
    made = write_space(tmp_path/'space', str(tmp_path/'mine'))/'model'
    def names(folder): return sorted(p.relative_to(folder) for p in folder.rglob('*'))
    assert names(made)==names(boxed()['scenes'])
    said = capsys.readouterr().out
    assert 'Not copied, as no model needs it: .env, optimizer.bin, text/pytorch_model.bin, text/run.py.' in said
