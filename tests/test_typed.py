"Numbers have bounds in every command, and no secret of an address or a command line is written, printed, raised or pushed."
import inspect, math, re, shlex

import pytest

import clippy.train as T
from clippy.cli import cli, commands, function
from clippy.typed import bounds, hide, hide_address, hide_program, hide_words

# Numbers --------------------------------------------------------------------------------------------------------------

def numeric(command): # option -> its type
    found = inspect.signature(function(commands[command][0])).parameters
    return {k:int if p.annotation is int else float for k,p in found.items() if p.annotation in (int,float)
            or isinstance(p.default, (int,float)) and not isinstance(p.default, bool)}

every = [(c,k,t) for c in commands for k,t in numeric(c).items()]
needed = dict(eval=['scenes', '--task', 'scenes'], export=['scenes', 'onnx'], pack=['.', 'captions.csv', 'out'], segment=['x.png', '-l', 'boat', '-o', 'out'],
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
            assert cli([command, *needed.get(command, []), f'{option}={v}' if len(option)>2 else f'{option}{v}'])==1, (k, v)
            said = capsys.readouterr().err
            assert re.match(rf'clippy {command}: {k} is (not a number|\S+, but must be at)', said) and len(said.splitlines())==1, said
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
