"The list of runs: a damaged one hides no other, and whatever the files hold comes out as a row or as one sentence."
import json
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from clippy.cli import cli
from clippy.runs import plot_runs, read_run, runs

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
    else: assert found['folder']=='run'
    assert runs(str(folder.parent)).splitlines()[0].startswith('run')
