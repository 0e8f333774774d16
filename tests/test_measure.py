"`clippy eval`: one number whatever the processes, the kills and the order; and a sentence for every mistake."
import json, signal, socket, sys, time
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import clippy.measure
from clippy.cli import cli
from clippy.eval import all_tasks, evaluate, find_task, pick_protocol
from clippy.measure import alone_with, for_training, read_changes, share_out
from clippy.results import Result, read_result
from clippy.words import templates_of
from shared import damaged, folders, same, start

all_tasks() # every chapter has registered its own
base = ['--task','scenes-things', '--limit','40', '--batch-size','4', '--workers','0']

@pytest.fixture
def model(boxed_model): return boxed_model

# One number -----------------------------------------------------------------------------------------------------------

@pytest.fixture(scope='module')
def reference(tmp_path_factory):
    out = tmp_path_factory.mktemp('reference')/'one.json'
    assert cli(['eval', 'scenes', *base, '--out', str(out)])==0
    return read_result(out)

def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return str(s.getsockname()[1])

def test_two_processes(tmp_path, reference):
    "Two processes, told of each other as torchrun does, share the work and write what one writes; one of them prints."
    out,port = tmp_path/'two.json',free_port()
    args,logs = ['scenes', *base, '--cpu', '--out', out],[tmp_path/f'{rank}.txt' for rank in (0,1)]
    told = dict(WORLD_SIZE='2', MASTER_ADDR='127.0.0.1', MASTER_PORT=port)
    both = [start(args, log, RANK=str(rank), LOCAL_RANK=str(rank), **told) for rank,log in enumerate(logs)]
    for p in both: p.join(120)
    text = ''.join(log.read_text() for log in logs)
    assert [p.exitcode for p in both]==[0,0], text
    two = read_result(out)
    assert two['clock']['processes']==2 and same(two, reference)
    assert text.count('| mIoU')==1

def test_killed(tmp_path, reference):
    "SIGKILL in the middle, then the same command: the same result; rows of before are not measured again."
    out = tmp_path/'killed.json'
    p = start(['scenes', *base, '--out', out], tmp_path/'log.txt')
    rows = Path(f'{out}.rows/0.33.rows')
    while p.is_alive() and not (rows.exists() and rows.stat().st_size>2*4*34*8): time.sleep(.002)
    p.kill()
    p.join()
    assert p.exitcode==-signal.SIGKILL, (tmp_path/'log.txt').read_text()
    assert not out.exists() and rows.exists(), 'it was over before it could be killed'
    had = rows.stat().st_size//(34*8)
    assert cli(['eval', 'scenes', *base, '--out', str(out)])==0
    assert 0<had<40 and same(read_result(out), reference)
    assert not rows.exists()

def test_finished(tmp_path, reference, capsys):
    "A finished result is not measured again; another evaluation does not overwrite it."
    out = tmp_path/'one.json'
    out.write_text(json.dumps(reference))
    assert cli(['eval', 'scenes', *base, '--out', str(out)])==0
    assert 'there already' in capsys.readouterr().out and read_result(out)==reference
    assert cli(['eval', 'scenes', *base, '--out', str(out), '--set', 'prior=3'])==1
    assert 'result of another evaluation' in capsys.readouterr().err

def test_two_at_once(tmp_path, monkeypatch, capsys):
    "A second command that measures into the same file is told, and what the first one had is left."
    out,state = tmp_path/'one.json',SimpleNamespace(is_main_process=True, num_processes=1)
    monkeypatch.setattr(clippy.measure, 'patience', .1)
    with alone_with(str(out), state):
        assert cli(['eval', 'scenes', *base, '--out', str(out)])==1
        assert f'Another clippy eval is measuring {out}: wait' in capsys.readouterr().err
        assert [p.name for p in tmp_path.iterdir()]==['one.json.lock']
    assert not list(tmp_path.iterdir())

def test_predictions_of_a_finished_result(tmp_path, reference, capsys):
    "Where nothing is measured again, a sentence says that no prediction is written."
    out = tmp_path/'one.json'
    out.write_text(json.dumps(reference))
    assert cli(['eval', 'scenes', *base, '--out', str(out), '--save-predictions', str(tmp_path/'images')])==0
    assert '--save-predictions adds no file' in capsys.readouterr().out and not (tmp_path/'images').exists()

def test_several(tmp_path, capsys):
    "Several tasks make a folder with a file for each, and compare shows what differs."
    out,answers = tmp_path/'all',tmp_path/'pred'
    args = ['--task','scenes,scenes-things', '--limit','8', '--out',str(out), '--save-predictions',str(answers)]
    assert cli(['eval', 'scenes', *args])==0
    assert sorted(p.name for p in out.iterdir())==['scenes-things.json','scenes.json']
    png = Image.open(next((answers/'scenes').glob('*.png')))
    assert png.mode=='P' and png.size==(64,64) and len(list((answers/'scenes').iterdir()))==8
    capsys.readouterr()
    assert cli(['eval', '--compare', str(out/'scenes.json'), str(out/'scenes-things.json')])==0
    assert capsys.readouterr().out.splitlines()[2].startswith('| protocol')
    other = out/'other.json'
    changed = json.loads((out/'scenes.json').read_text()) | dict(files='other', numbers=dict(miou=.1))
    other.write_text(json.dumps(changed))
    assert cli(['eval', '--compare', str(out/'scenes.json'), str(other)])==0
    last = capsys.readouterr().out.splitlines()[-1]
    assert 'than other, without an interval, because they were not measured on the same images.' in last

# Settings -------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('given,right', [
    ('size=336,resize=square', dict(size='336', resize='square')),
    ('templates=a photo of a {}, a type of pet.', dict(templates='a photo of a {}, a type of pet.')),
    ('templates=a photo of a {}, a type of pet.,size=64', dict(templates='a photo of a {}, a type of pet.', size='64')),
    ('templates=a {} = a boat, name = boat', dict(templates='a {} = a boat, name = boat')),
    ('templates="{},size=big: ""x""",size=64', dict(templates='{},size=big: "x"', size='64')),
    (['size=64', 'templates=the {}, seen', 'templates=a {}=b'], dict(size='64', templates=['the {}, seen', 'a {}=b'])),
    ('names=a:b/{c}, d=e.txt', dict(names='a:b/{c}, d=e.txt')),
    ('size=64,', dict(size='64')), ('', {}), (None, {}), ([], {})])
def test_settings(given, right):
    "Sentences and paths keep their commas and `=`."
    assert read_changes(given)==right

@pytest.mark.parametrize('given,says', [
    ('size', "'size' has no ="), ('size=3,size=4', 'gives .size. twice'), (['size=3','size=4'], 'gives .size. twice'),
    ('=3', 'has no ='), ('my.toml', 'no file of settings my.toml'), ('templates="a",b', "'b' has no =")])
def test_settings_that_are_none(given, says):
    "A sentence says what is wrong."
    with pytest.raises(ValueError if 'file' not in says else FileNotFoundError, match=says): read_changes(given)

def test_settings_from_a_file(tmp_path):
    "TOML and JSON, with or without a byte-order mark; what is typed counts more."
    if sys.version_info>=(3,11):
        text = 'size = 64\ntemplates = ["a {}, really", "the {}=x"]\nthreshold = 1\n'
        (tmp_path/'a.toml').write_bytes(b'\xef\xbb\xbf'+text.encode())
        changes = read_changes([str(tmp_path/'a.toml'), 'resize=square'])
        found = pick_protocol(find_task('scenes-things'), **changes)
        assert (found.size, found.templates)==(64, ('a {}, really','the {}=x'))
        assert (found.threshold, found.resize)==(1., 'square')
        (tmp_path/'a.toml').write_text('size = \n')
        with pytest.raises(ValueError, match='a.toml cannot be read'): read_changes(str(tmp_path/'a.toml'))
    (tmp_path/'b.JSON').write_bytes(b'\xef\xbb\xbf{"size": 64, "resize": "short"}')
    assert read_changes([str(tmp_path/'b.JSON'), 'size=96'])==dict(size='96', resize='short')
    for text,says in (('[1]', 'not a table'), ('{"size": 1, "size": 2}', "'size' is in it twice"),
            ('{', 'cannot be read'), ('['*100_000, 'cannot be read')):
        (tmp_path/'b.json').write_text(text)
        with pytest.raises(ValueError, match=says): read_changes(str(tmp_path/'b.json'))

pieces = ['size=','64','templates=','a {}','{style}',',','=','"','""','names=','\0','\n','é','threshold=','nan','.toml',
    '{','[',' ','scale=-1','prior=1']
text_of_settings = st.lists(st.sampled_from(pieces), max_size=8).map(''.join)

@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(text_of_settings | st.text(max_size=20), max_size=3))
def test_any_settings(given):
    "A protocol, or one sentence."
    try: found = pick_protocol(find_task('scenes-things'), **read_changes(given))
    except (ValueError, OSError) as e: assert str(e)
    else: assert found.size>=0 and templates_of(found.templates)

# Places ---------------------------------------------------------------------------------------------------------------

bits = ['voc','coco','voc=','coco=','a','/b c',',','=','"',':','{0..2}','~','\0','.json']
text_of_places = st.lists(st.sampled_from(bits), max_size=6).map(''.join)

@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(text_of_places | st.text(max_size=12), max_size=3),
    st.sampled_from([['voc'],['voc','coco'],['voc','coco','voc-js']]))
def test_any_places(given, names):
    "A path for each task, or one sentence."
    try: found = share_out(given if len(given)!=1 else given[0], names)
    except (ValueError, OSError) as e: assert str(e)
    else: assert list(found)==names and all(isinstance(v, str) for v in found.values())

def test_places_of_one_task():
    "One task takes the path as it is."
    assert share_out('a,b,voc=c', ['voc'])=={'voc':'a,b,voc=c'}
    assert share_out(None, ['voc'])==share_out('', ['voc'])=={'voc':''}

def test_places(tmp_path):
    "Of several tasks: a path that is there, a name before it, --data for each, or a file of tasks and paths."
    odd = tmp_path/'a, b=c,voc=d {0}:1'
    odd.mkdir()
    two,three = ['voc','coco'],['voc','coco','voc-js']
    assert share_out(str(odd), two)=={'voc':str(odd), 'coco':str(odd)}
    assert share_out(f'voc={odd}', ['voc'])=={'voc':str(odd)}
    assert share_out(f'voc="{odd}",coco=x', two)=={'voc':str(odd), 'coco':'x'}
    assert share_out([str(odd),'x,y'], two)=={'voc':str(odd), 'coco':'x,y'}
    assert share_out([f'coco={odd}','voc=x=y'], two)=={'voc':'x=y', 'coco':str(odd)}
    assert share_out(['coco=x','y'], three)=={'voc':'y', 'coco':'x', 'voc-js':'y'}
    (tmp_path/'p.json').write_text(json.dumps(dict(voc=str(odd), coco='x')))
    assert share_out(str(tmp_path/'p.json'), two)=={'voc':str(odd), 'coco':'x'}

@pytest.mark.parametrize('given,says', [
    ('vox=a', "names 'vox', which is not among.*Did you mean voc"), (['voc=a','voc=b'], 'a task twice'),
    (['a','b','c'], '3 paths for 2 tasks'), (['voc=a','coco=b','c'], "'c' that belongs to no task")])
def test_places_that_do_not_fit(given, says):
    "A sentence says which task or path is left."
    with pytest.raises(ValueError, match=says): share_out(given, ['voc','coco'])

def test_a_path_with_everything(tmp_path):
    "A folder whose name holds a comma, =, braces, a colon and spaces, and sentences with commas: the same number."
    d = folders(tmp_path/'a, b=c {0..1}:x'/'{1}', ['boat','car {x}'])
    plain = folders(tmp_path/'plain', ['boat','car {x}'])
    said = ['--set','templates=a {}, a thing.', '--set','templates=the {}=it']
    for data,out in (d,'a,b={}.json'),(f'folder={plain}','b.json'):
        args = ['--task','folder', '--workers','0', *said, '--data',str(data), '--out',str(tmp_path/out)]
        assert cli(['eval', 'scenes', *args])==0
    a,b = (read_result(tmp_path/out) for out in ('a,b={}.json','b.json'))
    assert a['numbers']==b['numbers']
    assert a['words']==dict(names=['boat','car {x}'], prompts=['a {}, a thing.','the {}=it'])

# Mistakes -------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('args,says', [
    (['--task','scenos'], "no task 'scenos'. Did you mean"),
    (['--task','voc','--protocol','ports'], 'protocols clippy, tcl, sclip, naclip, talk2dino, port'),
    (['--task','scenes','--set','sise=3'], "no field 'sise'. Did you mean size"),
    (['--task','scenes','--set','size'], 'has no ='),
    (['--task','scenes','--set','window=64'], 'A window needs a stride'),
    (['--task','scenes','--set','size=64,window=50,stride=8','--limit','2'], 'multiples of the patch'),
    (['--task','scenes','--limit','-1'], 'limit is -1, but must be at least 0'), # said before the model is loaded
    (['--task','voc','--data','nowhere'], 'There is no nowhere'),
    (['--task','folder','--data','nowhere'], 'There is no nowhere'),
    (['--task','scenes,voc','--data','a,b,c'], '3 paths for 2 tasks'),
    ([], 'Name a model and a task'),
])
def test_sentences(args, says, capsys):
    "A mistake is one sentence and exit code 1, never a traceback."
    assert cli(['eval', 'scenes', *args, '--workers', '0'])==1
    err = capsys.readouterr().err
    assert says in err and 'Traceback' not in err

def test_no_model(capsys):
    "A model that is not there is named."
    assert cli(['eval', 'no/such/model', '--task', 'scenes'])==1
    assert "no model at 'no/such/model'" in capsys.readouterr().err

def test_nan_on_the_command_line(things_in_folders, model, tmp_path, capsys):
    "Exit code 1 and one sentence, where 100.0 was printed."
    damaged(model, image__norm__weight=float('nan')).save(tmp_path/'nan')
    args = ['--task','folder', '--data',str(things_in_folders), '--workers','0']
    assert cli(['eval', str(tmp_path/'nan'), *args])==1
    said = capsys.readouterr()
    assert 'not finite' in said.err and 'Traceback' not in said.err and '100.0' not in said.out

# Evaluations of a training run ----------------------------------------------------------------------------------------

def test_evaluations_of_training(things_in_folders, pairs, model):
    "They measure what `evaluate` measures, with the limit for each, and the table has them all."
    asked = {'scenes':'', 'folder':str(things_in_folders), 'retrieval':str(pairs)}
    found = for_training(asked, limit=8)
    assert [e.task for e in found]==list(asked)
    results = [e.measure(model) for e in found]
    for r,(task,data) in zip(results, asked.items()):
        plain = evaluate(model, task, data, limit=8, bootstrap_samples=0)
        assert isinstance(r, Result) and r.numbers==pytest.approx(plain.numbers) and r.images==plain.images
        assert r.protocol_hash==plain.protocol_hash and r.intervals=={}
    rows = found[0].summary(results).splitlines()
    assert sum('8 of 512 images' in row for row in rows)==len(results[0].numbers)
    assert any('top-1' in row for row in rows)
    assert for_training({}, limit=8)==[]

@pytest.mark.parametrize('asked,says', [
    ({'scenos':''}, "no task 'scenos'. Did you mean scenes"), ({'scenes':'', 'folder':'nowhere'}, 'no folder nowhere'),
    ({'imagenet':''}, 'not a folder of class folders with images'),
    ({'retrieval':'nowhere.tar'}, 'shards are missing'), ({'voc':'.'}, 'Wanted: VOC2012')])
def test_evaluations_that_cannot_be(asked, says, tmp_path, monkeypatch):
    "A wrong name or layout is said at the start of a run, not after its first epoch."
    monkeypatch.chdir(tmp_path)
    with pytest.raises((ValueError,OSError), match=says): for_training(asked, limit=4)

def test_a_part_of_a_data_set_is_refused_at_the_start(tmp_path):
    "As `clippy eval` does: with a limit it is measured, without one it is another number."
    d = folders(tmp_path/'val', ['n01440764','n01443537'])
    with pytest.raises(ValueError, match='imagenet has 100 images, and 4 are here'): for_training({'imagenet':str(d)})
    assert len(for_training({'imagenet':str(d)}, limit=4))==1
