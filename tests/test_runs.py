"The list of runs: a damaged one hides no other, and whatever the files hold comes out as a row or as one sentence."
import json
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

import numpy as np
from PIL import Image

from clippy.checkpoint import write_checkpoint
from clippy.cli import cli
from clippy.runs import compare_runs, curves_of, options_that_differ, plot_runs, read_run, runs

root = Path(__file__).parent.parent
good = json.loads((root/'nbs/results/demo/max.json').read_text())

def write(folder, metrics):
    folder.mkdir(parents=True, exist_ok=True)
    (folder/'metrics.json').write_bytes(metrics if isinstance(metrics, bytes) else json.dumps(metrics).encode())
    return folder

damaged = dict(
    empty=b'', half=json.dumps(good).encode()[:500], binary=b'\xff\xfe\x00', other=b'[1, 2]', number=b'3',
    deep=b'['*100_000, bare=b'{}', no_model=good|dict(model=None), no_pooling=good|dict(model={}),
    steps=good|dict(steps='many'), curve=good|dict(curve={'step':1}), row=good|dict(curve=[1]),
    loss=good|dict(curve=[dict(step=1, loss='low')]), results=good|dict(results=[3]),
    epochs=good|dict(epochs=[dict(data=3)]))

def test_one_damaged_file(tmp_path, capsys):
    "The others are listed, each damaged one has a line that names it, and the command succeeds."
    for k,v in damaged.items(): write(tmp_path/k, v)
    write(tmp_path/'zzz', good)
    assert cli(['runs', str(tmp_path)])==0
    said = capsys.readouterr().out.splitlines()
    assert [l.split()[0] for l in said[:2]]==['run','zzz'] and len(said)==2+len(damaged)
    assert sorted(l.split(',')[1].split(':')[0].strip() for l in said[2:])==sorted(damaged)

def test_only_damaged_files(tmp_path, capsys):
    write(tmp_path/'a', b'{')
    assert cli(['runs', str(tmp_path)])==0 and 'left out, a' in capsys.readouterr().out

def test_damaged_checkpoint(tmp_path, capsys):
    "Where there is no metrics.json yet."
    at = tmp_path/'a'/'checkpoints'/'step_2'
    at.mkdir(parents=True)
    (at/'whole.json').write_text('{}')
    for about in ('{', '{}', '{"fixed": 3, "history": []}', '{"fixed": {}, "history": [{"loss": 1}]}'):
        (at/'about.json').write_text(about)
        assert cli(['runs', str(tmp_path)])==0 and 'left out, a' in capsys.readouterr().out
    with pytest.raises(ValueError): plot_runs(tmp_path/'a')

def test_names_are_text(tmp_path, capsys):
    "Escape sequences, in a folder's name and in the file, do not reach the terminal."
    evil = '\x1b]0;owned\x07\x1b[2J\r\u202e'
    write(tmp_path/f'run{evil}', good|dict(model=dict(pooling=evil), results=[dict(numbers={evil:.5})]))
    write(tmp_path/f'bad{evil}', b'{')
    runs(str(tmp_path))
    said = capsys.readouterr().out
    assert not [c for c in said.replace('\n', '') if not c.isprintable()] and '\\u001b]0;owned' in said

simple = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
names = st.sampled_from([*good, 'step', 'loss', 'data', 'skipped', 'numbers', 'x'])
plain = st.recursive(simple, lambda v: st.lists(v, max_size=3) | st.dictionaries(names, v, max_size=4), max_leaves=12)
metrics = st.dictionaries(st.sampled_from([*good]), plain, max_size=5).map(lambda found: good|found)

@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.one_of(st.binary(max_size=60), metrics))
def test_whatever_metrics_hold(tmp_path_factory, metrics):
    folder = write(tmp_path_factory.getbasetemp()/'any'/'run', metrics)
    try: found = read_run(folder)
    except ValueError as e: assert '\n' not in str(e) and 'metrics.json' in str(e)
    else:
        assert found['folder']=='run'
        assert 'loss' in curves_of(found) or not found['curve'] or all('loss' not in e for e in found['curve'])
        compare_runs(found, good|dict(folder='good'))
    assert runs(str(folder.parent)).splitlines()[0].startswith('run')

# Two runs, and curves -------------------------------------------------------------------------------------------------

def made(folder, losses, ious, **options):
    "A run whose log has an entry each ten steps, and an evaluation each twenty."
    curve = [dict(step=10*i, loss=v, lr=1e-3) for i,v in enumerate(losses, 1)]
    numbers = lambda v: [dict(task='voc', primary='miou', numbers=dict(miou=v, pixel_accuracy=v/2))]
    epochs = [dict(step=20*i, epoch=i, data=dict(skipped=0), results=numbers(v)) for i,v in enumerate(ious, 1)]
    known = good['options']|dict(batch_size=8, accum_freq=2)|options
    return write(folder, good|dict(options=known, curve=curve, epochs=epochs, results=epochs[-1]['results'],
        steps=10*len(losses), processes=3))

def cells(said): return [[c.strip() for c in line.strip('|').split('|')] for line in said.splitlines() if '|' in line]

def test_what_differs(tmp_path, capsys):
    "Only the options that are not the same, and each number at the end and at the last step that both have."
    made(tmp_path/'a', [4., 3., 2., 1.], [.25, .5], lr=1e-3, name='a', eval=['voc=x'])
    made(tmp_path/'b', [4., 3.5], [.125], lr=2e-3, name='b', seed=7, eval=None)
    assert cli(['runs', str(tmp_path), '--compare', 'a', 'b'])==0
    rows = cells(capsys.readouterr().out)
    found = {r[0]:r[1:] for r in rows}
    options = [r[0] for r in rows[2:[r[0] for r in rows].index('number')]]
    assert set(options)=={'lr','seed','eval','steps'} and found['lr']==['0.001','0.002'] and found['eval'][1]=='-'
    assert found['loss, at the end']==['1','3.5','2.5'] and found['loss, at step 20']==['3','3.5','0.5']
    assert found['voc miou, at the end']==['50.0 %','12.5 %','-37.5']
    assert found['voc miou, at step 20']==['25.0 %','12.5 %','-12.5']
    assert cli(['runs', str(tmp_path), '--compare', 'a', 'a'])==0
    assert 'all options are the same' in capsys.readouterr().out

def test_a_run_under_way_is_compared(tmp_path):
    "Its checkpoint knows some options and its curve: only what both know is compared."
    fixed = dict(steps=12, processes=1, batch_size=32, pooling='avg', lr=.5)
    history = [dict(step=s, loss=5-s/10, lr=.5) for s in (10,20)]
    write_checkpoint(tmp_path/'cut'/'checkpoints'/'step_20', {}, dict(history=history, fixed=fixed))
    a,b = read_run(made(tmp_path/'a', [4., 3.], [.5])),read_run(tmp_path/'cut')
    assert {*options_that_differ(a, b)}=={'steps','processes','batch_size','pooling','lr'}
    assert ['voc miou, at the end','50.0 %','-',''] in cells(str(compare_runs(a, b)))

def test_a_run_is_named_in_more_than_one_way(tmp_path, capsys, monkeypatch):
    "By its path too, as the Tab key makes it; the folder of one run is not a folder of runs, and that is said."
    monkeypatch.chdir(tmp_path)
    for name in 'a','b': made(tmp_path/'logs'/name, [4.], [.5])
    made(tmp_path/'other'/'c', [4.], [.5])
    for names in (['a','b'], ['logs/a','logs/b/'], [str(tmp_path/'logs'/'a'),'b']):
        assert cli(['runs', 'logs', '--compare', *names])==0
        assert cells(capsys.readouterr().out)[0]==['option','a','b']
    for args,says in ((['logs','--compare','a','other/c'], 'no run other/c'), (['logs/a'], 'logs/a is a run itself')):
        assert cli(['runs', *args])==1 and says in capsys.readouterr().err

def test_one_precision_has_one_name(tmp_path):
    "A checkpoint has accelerate's word for it."
    fixed = dict(steps=12, processes=1, batch_size=32, pooling='max', precision='no')
    write_checkpoint(tmp_path/'cut'/'checkpoints'/'step_20', {}, dict(history=[dict(step=20, loss=1.)], fixed=fixed))
    cut = read_run(tmp_path/'cut')
    for precision,differs in ('fp32',False), ('bf16',True):
        whole = read_run(made(tmp_path/precision, [4.], [.5], precision=precision))
        assert ('precision' in options_that_differ(whole, cut))==differs

def test_curves_against_samples(tmp_path):
    "A step is as many samples as all processes have in all parts of a batch."
    run = read_run(made(tmp_path/'a', [4., 3.], [.5]))
    assert curves_of(run)['loss']==[(10,4.),(20,3.)] and curves_of(run)['voc miou, %']==[(20,50.)]
    assert curves_of(run, 'samples')['loss']==[(480,4.),(960,3.)]
    with pytest.raises(ValueError, match='steps or samples'): curves_of(run, 'time')

def test_a_plot_is_written(tmp_path, capsys):
    "Of all runs that can be read, or of two; an older plot is replaced, anything else stays as it is."
    for name in 'a','b','_c$','bad': made(tmp_path/'logs'/name, [4., 3.], [.5])
    (tmp_path/'logs'/'bad'/'metrics.json').write_text('{')
    out = tmp_path/'out.png'
    for args in ([], ['--compare','a','b'], ['--against','samples']):
        assert cli(['runs', str(tmp_path/'logs'), '--plot', str(out), *args])==0
        assert f'Curves: {out}' in capsys.readouterr().out and np.asarray(Image.open(out)).std()>10
    legend, = plot_runs(*(tmp_path/'logs'/n for n in ('a','_c$'))).legends
    assert [text.get_text().strip() for text in legend.get_texts()]==['a',r'_c\$']
    Image.new('RGB', (3,3)).save(tmp_path/'photo.png')
    kept = (tmp_path/'photo.png').read_bytes()
    says = {'photo.png':'it would be lost', 'no/where.png':'no folder', 'curves.jpg':'has to end in .png'}
    for name,words in says.items():
        assert cli(['runs', str(tmp_path/'logs'), '--plot', str(tmp_path/name)])==1
        assert words in capsys.readouterr().err
    assert (tmp_path/'photo.png').read_bytes()==kept and not (tmp_path/'curves.jpg').exists()

@pytest.mark.parametrize('args,says', [
    (['--compare','a'], 'two runs, not 1'), (['--compare','a','a','a'], 'not 3'),
    (['--compare','a','bb'], 'Did you mean b?'), (['--compare','a','bad'], 'metrics.json'),
    (['--plot','x.png','--against','time'], 'steps or samples'), (['--against','samples'], '--plot where')])
def test_runs_that_cannot_be_compared(args, says, tmp_path, capsys, monkeypatch):
    "One sentence."
    monkeypatch.chdir(tmp_path)
    for name in 'a','b','bad': made(tmp_path/name, [4.], [.5])
    (tmp_path/'bad'/'metrics.json').write_text('[]')
    assert cli(['runs', str(tmp_path), *args])==1
    said = capsys.readouterr().err
    assert says in said and 'Traceback' not in said and not (tmp_path/'x.png').exists()
