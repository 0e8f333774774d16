"Options from a file: every one by its name, what is typed counts more, what is no option is refused, nothing is lost."
import argparse, json, re, sys

import pytest
from hypothesis import given, settings, strategies as st

from clippy.cli import cli, parser
from clippy.results import read_result
from clippy.settings import kept_options, origins, parsed, read_config, read_settings, write_config
from processes import begin, end
from shared import same
from small import losses

toml = pytest.mark.skipif(sys.version_info<(3,11), reason='Python reads TOML from 3.11 on')
right = dict(int='3', float='0.5', str='"a b"', bool='true') # what a file would say of each kind

def kind(option):
    if option.get('action')=='store_true' or option.get('type')=='bool_arg': return 'bool'
    return option.get('type') or 'str'

def options(command): return [o for o in kept_options()[command]['options'] if o.get('dest')!='config']
def dest(option): return option.get('dest', option['names'][0])
def is_list(option): return option.get('action')=='append' or option.get('nargs')=='+'

@toml
@pytest.mark.parametrize('command', ['train','eval'])
def test_every_option(command, tmp_path):
    "Each option is taken under its name, with - or _, in its own type; of any other type the sentence names it."
    p,file = parser(command, kept_options()[command]),tmp_path/'run.toml'
    def read(text):
        file.write_text(text)
        return read_config(file, p)
    value = dict(int=3, float=.5, str='a b', bool=True)
    in_range = dict(beta1='0.5', layer_decay='0.5') # right for all other numbers too
    for o in options(command):
        name,k = dest(o),kind(o)
        for key in {name, name.replace('_', '-')}:
            found = read(f'{key} = {in_range.get(name, right[k])}')
            assert found=={name:['a b'] if is_list(o) else value[k]}, name
            assert type(found[name]) is (list if is_list(o) else type(value[k]))
        if is_list(o): assert read(f'{name} = ["a", "b,c=d"]')=={name:['a','b,c=d']}
        wrong = {k2:text for k2,text in right.items() if k2!=k and (k,k2)!=('float','int')} | dict(day='2026-01-01')
        wrong['list'] = '[1]' if is_list(o) else '["a b"]'
        if not is_list(o): wrong['table'] = '{ a = 1 }'
        for text in wrong.values():
            with pytest.raises(ValueError, match=f'^{re.escape(str(file))}: {name} is to be '): read(f'{name} = {text}')

@toml
@pytest.mark.parametrize('text,says', [
    ('leanring_rate = 1', 'no option leanring_rate'), ('epoch = 3', 'no option epoch. Did you mean epochs'),
    ('batch-sise = 3', 'Did you mean batch_size'), ('"" = 3', 'no option'), ('help = true', 'no option help'),
    ('xtra = "a"', 'no option xtra'), ('config = "other.toml"', 'names no other'), ('from = 3', 'from says where'),
    ('[train]\nlr = 1', r'no section \[train\]'), ('[lr]\nvalue = 1', 'lr is to be a number'),
    ('[[eval]]\nvoc = "x"', 'eval is to be'), ('eval = []', 'eval is to be'), ('[eval]\nvoc = [[1]]', 'neither text'),
    ('lr = nan', 'lr is not a number'), ('steps = -3', 'steps is -3, but must be at least 0'), ('lr = 1e400', 'most'),
    ('token-drop = 0.1\ntoken_drop = 0.2', 'token_drop twice'), ('lr = 1\nlr = 2', 'cannot be read'),
    ('[from]\ndata = "c0"\nlr = 0.1', 'lr stands under from'), ('from = {left_out = "lr"}', 'list of options'),
    ('from = {left_out = ["train_data"]}', 'does not hold train_data.*give --train-data'),
    (f'lr = {10**400}', 'lr is'), ('lr = "Authorization: Bearer abcdef0123"', 'not "Authorization: ...')])
def test_slips(text, says, tmp_path):
    "One sentence that names the file, and keeps secrets to itself; never a traceback, and nothing is passed over."
    (tmp_path/'run.toml').write_text(text)
    with pytest.raises(ValueError, match=says) as e:
        parsed(parser('train', kept_options()['train']), ['--config', str(tmp_path/'run.toml')])
    assert str(tmp_path/'run.toml') in str(e.value) and '\n' not in str(e.value).strip()

@toml
@pytest.mark.parametrize('command,text,says', [
    ('train', 'task = "voc"', 'no option task. clippy eval has it: is the file meant for that command?'),
    ('train', 'save-predictions = "a"', 'no option save-predictions. clippy eval has it'),
    ('train', '[set]\nsize = 64', 'no section [set]. clippy eval has it'),
    ('train', 'limit = 8', 'no option limit. Did you mean eval_limit? clippy eval has it'),
    ('eval', 'train_data = "a"', 'no option train_data. Did you mean pretrained? clippy train has it'),
    ('eval', '[eval]\nvoc = "a"', 'no section [eval]. clippy train has it')])
def test_file_of_another_command(command, text, says, tmp_path):
    "Whose option it is, where a file was written for another command that takes one."
    (tmp_path/'run.toml').write_text(text)
    with pytest.raises(ValueError, match=re.escape(says)):
        parsed(parser(command, kept_options()[command]), ['--config', str(tmp_path/'run.toml')])

def test_no_other_command_has_it(tmp_path):
    "Of a command that takes no file nothing is said."
    (tmp_path/'run.json').write_text('{"quality": 90}')
    with pytest.raises(ValueError, match='no option quality.$'):
        parsed(parser('train', kept_options()['train']), ['--config', str(tmp_path/'run.json')])

@toml
@pytest.mark.parametrize('typed,expected', [
    ('', dict(seed=3, lr=.5, cpu=True, eval=['voc=a','coco=b'], save_towers=False, name='mine')),
    ('--seed 0', dict(seed=0)), ('--seed=0 --lr 1', dict(seed=0, lr=1.)), ('--eval scenes', dict(eval=['scenes'])),
    ('--no-cpu', dict(cpu=False)), ('--cpu --no-cpu', dict(cpu=False)), ('--no-cpu --cpu', dict(cpu=True)),
    ('--save-towers true', dict(save_towers=True)), ('--name=', dict(name='')), ('--see 7', dict(seed=7))])
def test_the_command_line_wins(typed, expected, tmp_path):
    "Also where what is typed is the default; a typed list takes the place of the file's."
    file = tmp_path/'run.toml'
    file.write_text('seed = 3\nlr = 0.5\ncpu = true\nsave-towers = false\nname = "mine"\n[eval]\nvoc = "a"\ncoco = "b"')
    args = [*typed.split(), '--config', str(file)]
    found = parsed(parser('train', kept_options()['train']), args)
    plain = parser('train', kept_options()['train']).parse_args([])
    assert {k:found[k] for k in expected}==expected
    others = dict(seed=3, lr=.5, cpu=True, eval=['voc=a','coco=b'], save_towers=False, name='mine', config=str(file))
    assert found==vars(plain) | others | expected

@toml
def test_switches_of_a_file_are_undone_by_the_line(tmp_path):
    "Also the two that are options of their own, and where a chapter reads the line itself; without a word they stay."
    from fastcore.script import anno_parser
    from clippy import measure, train
    file = tmp_path/'run.toml'
    def compiles(given, *typed):
        file.write_text(f'{given} = true')
        found = parsed(parser('train', kept_options()['train']), ['--config', str(file), *typed])
        return found['compile'],found['no_compile']
    assert [compiles('compile', *w) for w in ([], ['--no-compile'])]==[(True,False),(False,True)]
    assert [compiles('no_compile', *w) for w in ([], ['--compile'])]==[(False,True),(True,False)]
    file.write_text('cpu = true')
    for f in train.main, measure.main:
        found = [parsed(anno_parser(f), ['--config', str(file), *typed])['cpu'] for typed in ([], ['--no-cpu'])]
        assert found==[True,False]

@toml
def test_settings_of_a_protocol_as_a_section(tmp_path):
    "`[set]` is what `--set` would be, whatever a sentence holds."
    from clippy.measure import read_changes
    sentences = ['a {}, size=3', '"quoted" {}', 'the {}.']
    text = f'model = "scenes"\n[set]\nsize = 64\nthreshold = 0.5\ntemplates = {json.dumps(sentences)}'
    (tmp_path/'e.toml').write_text(text)
    found = parsed(parser('eval', kept_options()['eval']), ['--config', str(tmp_path/'e.toml')])
    assert found['model']=='scenes'
    assert read_changes(found['set'])==dict(size='64', threshold='0.5', templates=sentences)
    assert parsed(parser('eval', kept_options()['eval']), ['mine','--config',str(tmp_path/'e.toml')])['model']=='mine'

def test_before_python_3_11(tmp_path, monkeypatch):
    "JSON is read everywhere; for TOML a sentence says what to do where Python cannot read it."
    (tmp_path/'run.toml').write_text('lr = 1')
    (tmp_path/'run.json').write_text('{"lr": 1, "seed": null, "eval": ["scenes"]}')
    def nothing(name): raise ImportError(name)
    monkeypatch.setattr('clippy.settings.import_module', nothing)
    p = parser('train', kept_options()['train'])
    assert read_config(tmp_path/'run.json', p)==dict(lr=1., eval=['scenes'])
    with pytest.raises(ValueError, match='write it as .json'): read_config(tmp_path/'run.toml', p)

# Written and read -----------------------------------------------------------------------------------------------------

class Options(argparse.ArgumentParser):
    def __init__(self):
        super().__init__('x')
        for k,t in {'train-data':str, 'name':str, 'lr':float, 'steps':int}.items(): self.add_argument(f'--{k}', type=t)
        self.add_argument('--cpu', action='store_true')
        self.add_argument('--eval', action='append')

odd_texts = 'a\x7f"\\\n', "'''", '# x', '\ud800', '\x1b'
texts = st.text(st.characters(exclude_categories=()), max_size=12) | st.sampled_from(odd_texts)
any_options = st.fixed_dictionaries({}, optional=dict(train_data=texts, name=texts, lr=st.floats(0, 1e6),
    steps=st.integers(0, 2**53), cpu=st.booleans(), eval=st.lists(texts, min_size=1, max_size=3)))

@toml
@settings(max_examples=80, deadline=None, derandomize=True)
@given(any_options, texts)
def test_written_and_read(tmp_path_factory, options, note):
    "What is written is read back the same, or is named as left out; an option added at the end counts."
    file = tmp_path_factory.getbasetemp()/'any.toml'
    write_config(file, options, dict(data='c0ffee', processes=2), [note])
    lost = read_settings(file)['from'].get('left_out', [])
    found = read_config(file, Options(), typed=lost)
    assert {*lost}|{*found}=={*options} and not {*lost}&{*found}
    for k,v in found.items(): assert v==options[k] and type(v)==type(options[k])
    for k in lost: # for a reason: no text, or something of an address or a token
        assert any(0xd800<=ord(c)<0xe000 or c in ':/=-' for t in options[k] for c in t), options[k]
    if 'lr' in options: return
    file.write_text(file.read_text(encoding='utf-8')+'lr = 0.25\n', encoding='utf-8')
    assert read_config(file, Options(), typed=lost)['lr']==.25

@toml
def test_no_secret_is_written(tmp_path):
    "Addresses with a password, commands and tokens are not in the file, which then wants them to be given."
    pipe = 'voc=pipe:curl -u ada:5ecret https://x'
    secret = dict(train_data='https://ada:5ecret@x.org/a.tar', name='run', eval=[pipe])
    text = write_config(tmp_path/'c.toml', secret, {}, ['clippy train --train-data https://x.org/a.tar?sign=5ecret'])
    assert '5ecret' not in text.read_text() and 'name = "run"' in text.read_text()
    with pytest.raises(ValueError, match='does not hold train_data.*give --train-data beside it'):
        parsed(Options_with_config(), ['--config', str(text)])
    found = parsed(Options_with_config(), ['--config', str(text), '--train-data', 'a', '--eval', 'voc'])
    assert (found['train_data'], found['name'], found['eval'])==('a', 'run', ['voc'])

def Options_with_config():
    p = Options()
    p.add_argument('--config', default='')
    return p

# The commands ---------------------------------------------------------------------------------------------------------

@toml
def test_evaluation_from_a_file(tmp_path, monkeypatch):
    "`clippy eval --config` gives the result of the same options typed; relative paths are the working directory's."
    monkeypatch.chdir(tmp_path)
    (tmp_path/'in').mkdir()
    (tmp_path/'in'/'eval.toml').write_text('model = "scenes"\ntask = "scenes"\nlimit = 8\nworkers = 0\nout = "a.json"\n'
        'cpu = true\n[set]\nsize = 48\n')
    assert cli(['eval', '--config', 'in/eval.toml'])==0
    typed = '--task','scenes', '--limit','8', '--workers','0', '--set','size=48', '--out','b.json'
    assert cli(['eval', 'scenes', *typed])==0
    assert same(read_result('a.json'), read_result('b.json'))
    assert read_result('a.json')['command']=='clippy eval --config in/eval.toml'

def test_from_python(tmp_path):
    "`train(config=...)` completes what is given with the file, and the rest by the recipe; a slip is a ValueError."
    import clippy.train as T
    (tmp_path/'run.json').write_text('{"lr": 0.5, "seed": 3, "steps": 7, "model": "clippy-scenes"}')
    found = T.with_recipe(dict(config=str(tmp_path/'run.json'), seed=0, lr=None))
    assert (found.lr, found.seed, found.steps, found.batch_size)==(.5, 0, 7, 128)
    (tmp_path/'run.json').write_text('{"stpes": 7}')
    with pytest.raises(ValueError, match='Did you mean steps'): T.train(config=tmp_path/'run.json')

tiny = ['--cpu','--train-num-samples','8','--batch-size','4','--epochs','2','--workers','0','--log-every','1',
    '--eval','scenes-one','--eval-limit','4','--zeroshot-frequency','0']

@toml
def test_a_run_again(tmp_path, monkeypatch):
    "The file that a run leaves gives its losses to the bit; typed options win; a resumed run leaves it as it is."
    monkeypatch.chdir(tmp_path)
    end(begin('said', 'x', work=lambda: train(*tiny, '--seed', 5, '--name', 'one')))
    file = tmp_path/'logs'/'one'/'config.toml'
    text = file.read_text()
    found,metrics = read_settings(file),json.loads((tmp_path/'logs'/'one'/'metrics.json').read_text())
    assert found['precision']==metrics['options']['precision']=='fp32' # whoever chose it
    assert found['from']==dict(data=metrics['data'], processes=1) and {*found['from']}<={*origins}
    assert (found['lr'], found['seed'], found['batch_size'], found['name'], found['logs'])==(1e-3, 5, 4, 'one', 'logs')
    assert f"torch {metrics['versions']['torch']}" in text and metrics['command'] in text
    assert not {'config','resume','dry_run'} & {*found}
    end(begin('said2', 'x', work=lambda: train('--config', 'logs/one/config.toml', '--name', 'again')))
    assert losses(tmp_path/'logs'/'again')==losses(file.parent) and 'Other' not in (tmp_path/'said2').read_text()
    again = tmp_path/'logs'/'again'/'config.toml'
    assert read_settings(again)==found|dict(name='again')
    text = again.read_bytes()
    end(begin('said3', 'x', work=lambda: train('--config', again, '--resume', 'auto', '--log-every', '2')))
    assert again.read_bytes()==text
    other = '--config', again, '--name', 'other', '--seed', '6', '--batch-size', '2'
    end(begin('said4', 'x', work=lambda: train(*other, '--dry-run')))
    assert not (tmp_path/'logs'/'other').exists() and '8 steps of 2 pairs' in (tmp_path/'said4').read_text()
    end(begin('said5', 'x', work=lambda: train('--config', again)), ok=False)
    assert 'again is there already' in (tmp_path/'said5').read_text()

def train(*args): # the options of the run are the file's, whatever process starts it
    import clippy.train as T
    from processes import train_command
    T.rehearsal = .01
    captions = T.captions_for_tokenizer
    T.captions_for_tokenizer = lambda options: captions(options, 100)
    return train_command(*args)
