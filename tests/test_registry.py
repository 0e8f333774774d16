"`clippy.registry`: the table of models says what is so, and a name leads to a function."
import re
from importlib import import_module
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest, torch
from fastcore.xtras import working_directory

from clippy import registry, saved
from clippy.eval import all_tasks
from clippy.hub import push
from clippy.model import presets
from clippy.registry import about_model, entry, hint, is_family, measured, models, open_named, published
from clippy.saved import boxed

def names(kind): return {e.name for e in registry.registry().values() if e.kind==kind}

def test_every_model_that_has_a_name():
    "Models in the box and presets are all in the table, and no others; every other row says where it comes from."
    assert names('boxed')==set(boxed()) and names('preset')==set(presets)
    assert all('untrained' in e.knows for e in registry.registry().values() if e.kind=='preset')
    assert all(e.home and e.licence and e.parameters>0 and e.knows for e in registry.registry().values())

def test_numbers_of_others():
    "Every published number is of a model in the table, of a task that there is, in percent, with a source."
    for r in published():
        assert r['model'] in registry.registry() and r['task'] in all_tasks() and r['protocol'] and r['source']
        assert all(0<float(p)<100 for p in r['percent'].split('-'))
    assert [r['percent'] for r in published('tipsv2-l14', 'ade20k', 'tips')]==['24.7']
    assert published('tipsv2-l14', 'voc')==[]

def test_hints():
    assert hint('tipsv2-l41')==' Did you mean tipsv2-l14?'
    assert hint('open_clip:ViT-B-16/opnai')==' Did you mean open_clip:ViT-B-16/openai?'
    assert hint('somebody/something-else')=='' and 'clippy models' in hint('zzz')

def test_families_take_names_of_their_own():
    assert entry('open_clip:ViT-L-14/openai').family=='open_clip' and entry('dinotxt:/my/folder').home=='/my/folder'
    assert [entry(n) for n in ('C:\\models', 'me/model', 'open_clip:', 'release:x', 'boxed:scenes')]==[None]*5

def test_what_is_printed(capsys):
    "One line a model, with its number, and no address that is too long to read."
    found = models()
    assert capsys.readouterr().out==f'{found}\n'
    rows = {line.split('|')[1].strip():line for line in found.splitlines()[2:]}
    assert set(rows)==set(registry.registry())
    assert f"{100*measured('scenes')['thing_miou']:.1f} scenes (here)" in rows['scenes']
    assert '24.7 ade20k (tips)' in rows['tipsv2-l14'] and 'clippy_5k.pt' in rows['clippy-5k']
    assert max(map(len, rows.values()))<240

def test_what_is_printed_about_one(capsys):
    "All that is known: every published number with its source, or those that were measured here."
    models('talk2dino-b')
    out = capsys.readouterr().out
    assert len(rows := published('talk2dino-b'))>=7 and all(f"{r['task']} " in out and r['source'] in out for r in rows)
    assert all(f"{r['percent']} %" in out for r in rows) and entry('talk2dino-b').home in out
    models('scenes')
    assert f"{100*measured('scenes')['thing_miou']:.1f} % (here)" in capsys.readouterr().out
    with pytest.raises(ValueError, match='Did you mean clippy-5k'): models('clipy-5k')

@pytest.mark.parametrize('columns', [40,80,120])
def test_a_narrow_terminal(columns, monkeypatch, capsys):
    "No line is longer than the terminal, no name or word is lost; what is piped is one line a model."
    monkeypatch.setenv('COLUMNS', str(columns))
    models()
    piped = capsys.readouterr().out.splitlines()
    assert len(piped)==len(registry.registry())+2
    monkeypatch.setattr('sys.stdout.isatty', lambda: True, raising=False)
    models()
    shown = capsys.readouterr().out.splitlines()
    assert all(len(line)<=columns or ' ' not in line.strip() for line in shown)
    assert [line for line in shown if line[0]!=' ']==list(registry.registry())
    words = ' '.join(shown).split()
    assert all(word in words for e in registry.registry().values() for word in e.knows.split())
    assert '24.7 % ade20k (tips)' in ' '.join(words)

@pytest.mark.parametrize('name', ['openclip:ViT-B-16/openai', 'foo:bar', 'open_clip:', 'hf-hub:me/model'])
def test_no_family_before_a_colon(name):
    "A name with a colon is no name of the Hub, which is not asked."
    says = 'a family, one of dinotxt, open_clip, talk2dino, tipsv2'
    with pytest.raises(FileNotFoundError, match=says): open_named(name)

class Opened(tuple):
    "Something that can be told what it knows."
    def parameters(self): return [torch.zeros(1)]
    def to(self, **_): return self
    def eval(self): return self

def opener(entry, text=''): return Opened((entry.name, entry.home, text))

def test_a_name_leads_to_a_function(monkeypatch):
    "The function of a family comes from an entry point; what `clippy.saved` opens itself is left to it."
    found = {k:EntryPoint(k, 'test_registry:opener', 'clippy.families') for k in ('tipsv2','open_clip','release')}
    monkeypatch.setattr(registry, 'installed', lambda group: found if group=='clippy.families' else {})
    assert open_named('tipsv2-b14')==('tipsv2-b14', 'google/tipsv2-b14', '')
    assert open_named('clippy-5k', text='t5')[2]=='t5'
    assert open_named('clippy-5k').knows==entry('clippy-5k').knows and open_named('open_clip:RN50/openai').knows==''
    with pytest.raises(ValueError, match='brings its own text tower'): open_named('tipsv2-b14', text='t5')
    assert open_named('open_clip:RN50/openai')==('open_clip:RN50/openai', 'RN50/openai', '')
    assert [open_named(n) for n in ('scenes','me/model','zzz')]==[None]*3
    with pytest.raises(FileNotFoundError, match='There is no model .*Did you mean tipsv2-l14'): open_named('tipsv2-l41')
    with pytest.raises(ValueError, match='untrained, and knows nothing'): open_named('clippy-B-16')

def test_load_asks_the_table(monkeypatch, tmp_path):
    "`load` and `open_model` find a name of the table after what is on this disk, and before the Hub."
    way_in = EntryPoint('registry', 'clippy.registry:open_named', 'clippy.models')
    monkeypatch.setattr(saved, 'entry_points', lambda group: [way_in] if group=='clippy.models' else [])
    found = dict(tipsv2=EntryPoint('tipsv2', 'test_registry:opener', 'clippy.families'))
    monkeypatch.setattr(registry, 'installed', lambda group: found)
    assert saved.load('tipsv2-b14')==saved.open_model('tipsv2-b14')==('tipsv2-b14', 'google/tipsv2-b14', '')
    with pytest.raises(FileNotFoundError, match='Did you mean tipsv2-l14'): saved.load('tipsv2-l41')
    with pytest.raises(FileNotFoundError, match='the Hub did not give it'): saved.load('somebody/else')
    monkeypatch.chdir(tmp_path)
    (tmp_path/'tipsv2-b14').mkdir()
    with pytest.raises(ValueError, match='is not a saved CLIPpy'): saved.load('tipsv2-b14')

def test_every_family_has_its_function():
    "setup.py names a function that there is for each family of the table, and one way in."
    text = (Path(registry.__file__).parent.parent/'setup.py').read_text(encoding='utf-8')
    found = dict(re.findall(r"'(\w+) = (clippy\.\w+:\w+)'", text))
    for family in {e.family for e in registry.registry().values()}-{'clippy'}:
        module,name = found[family].split(':')
        assert callable(getattr(import_module(module), name))
    assert found['registry']=='clippy.registry:open_named'

def test_push_refuses_models_of_others(tmp_path):
    "`push` says so before anything is fetched; a folder of that name is a folder."
    with pytest.raises(ValueError, match='pushes its own models only'): push('open_clip:ViT-B-16/openai', 'me/b')
    assert is_family('talk2dino-b') and not is_family('clippy-5k')
    with working_directory(tmp_path):
        Path('tipsv2-l14').mkdir()
        assert not is_family('tipsv2-l14')

def test_numbers_are_called_what_papers_call_them():
    "A card of a model says mIoU and top-1, not the keys of files."
    said = '\n'.join(str(about_model(e)) for e in registry.registry().values())
    assert 'miou' not in said and 'top1' not in said
    for title in 'scenes, mIoU','scenes, thing mIoU','imagenet top-1','ade20k mIoU': assert title in said
