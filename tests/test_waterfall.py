"A waterfall: every field is changed once, every protocol between is one, and each step is what it says."
import io, json
from dataclasses import asdict, replace
from itertools import permutations

import pytest

from clippy.cli import cli
from clippy.eval import all_tasks, evaluate, find_task
from clippy.protocol import groups, protocol_hash
from clippy.waterfall import arrows, both_orders, steps, waterfall, Waterfall

all_tasks() # every chapter has registered its own

def said(p): return {k:v for k,v in asdict(p).items() if k not in ('name','about')}

# The way --------------------------------------------------------------------------------------------------------------

pairs = [(task,a,b) for task in ('voc','voc20','imagenet') for a,b in permutations(find_task(task).protocols, 2)]

@pytest.mark.parametrize('task,a,b', pairs, ids=['-'.join(p) for p in pairs])
def test_every_field_once(task, a, b):
    "Between any two protocols of a task: what changes is what differs, once; the end decides what the end decides."
    start,end = (find_task(task).protocols[k] for k in (a,b))
    differs = {k for k,v in said(start).items() if v!=said(end)[k]}
    for by in 'group','field':
        way,now = steps(start, end, by),start
        assert sorted(k for _,changed,_ in way for k in changed)==sorted(differs)
        for _,changed,p in way: # each is made of the one before, by what the step says and nothing else
            assert said(p)==said(now) | {k:new for k,(_,new) in changed.items()}
            assert all(old==said(now)[k] and new==said(end)[k] for k,(old,new) in changed.items())
            now = p
        assert not way or protocol_hash(way[-1][2])==protocol_hash(end) and way[-1][2].name==end.name

def test_a_step_is_as_small_as_can_be():
    "Fields that are no protocol alone go together, and with no others."
    start = find_task('voc20').protocols['clippy']
    end = replace(start, window=64, stride=32, resize='short', templates='name', absent='zero')
    assert [what for what,*_ in steps(start, end)]==['resize','windows','words','truth']
    assert [what for what,*_ in steps(start, end, 'field')]==['resize','window+stride','templates','absent']
    for p in (p for _,_,p in steps(start, find_task('voc20').protocols['dino.txt'], 'field')): type(p)(**asdict(p))

def test_order():
    "Groups come in the order of the chapter, or those that are named first."
    start,end = (find_task('voc20').protocols[k] for k in ('clippy','tips'))
    names = [what.split('+')[0] for what,*_ in steps(start, end)]
    assert names==[g for g in groups if g in names]
    assert [what for what,*_ in steps(start, end, first=('refine','words'))][:2]==['refine','words']
    assert steps(start, end, 'field', ('upsampling',))[0][0]=='upsampling'

@pytest.mark.parametrize('how,says', [(dict(by='both'), 'a group or a field'),
    (dict(first=('word',)), "no group or field 'word'")])
def test_ways_that_are_none(how, says):
    start,end = (find_task('voc20').protocols[k] for k in ('clippy','tips'))
    with pytest.raises(ValueError, match=says): steps(start, end, **how)
    with pytest.raises(ValueError, match='different tasks'): steps(start, find_task('imagenet').protocols['port'])

# The numbers ----------------------------------------------------------------------------------------------------------

def made(value, files='f', samples=''): # a result
    return dict(primary='miou', numbers=dict(miou=value), task='voc20', model='m', files=files, count=9,
        images=dict(seen=9, found=9), resampled=samples or ' '.join(f'{value+.01*k:.5f}' for k in range(5)))

def fallen(values, **more):
    "A waterfall whose results are made up; what was asked for, in order."
    asked,left = [],iter(values)
    def run(name, protocol):
        asked.append((name, protocol))
        return made(next(left), **{k:v[len(asked)-1] for k,v in more.items()})
    start = find_task('voc20').protocols['clippy']
    end = replace(start, name='mine', resize='short', templates='name', absent='zero')
    return waterfall(run, start, end),asked

def test_rows():
    "Each step has the value after it, its difference to the one before with its interval; the last row is the sum."
    fall,asked = fallen([.5, .25, .375, .75])
    assert [name for name,_ in asked]==['0-clippy','1-resize','2-words','3-truth']
    assert [r['value'] for r in fall['rows']]==[.5, .25, .375, .75, .75]
    assert [r['points'] for r in fall['rows']]==[None, -.25, .125, .375, .25]
    assert [r['step'] for r in fall['rows']]==['clippy','resize','words','truth','mine']
    assert fall['rows'][1]['changes']==dict(resize=['square','short'])
    assert fall['rows'][2]['interval']==pytest.approx((.125,.125))
    assert Waterfall(json.loads(json.dumps(fall))).table()==fall.table()
    lines = str(fall).splitlines()
    assert '| resize square → short' in lines[3] and '-25.0' in lines[3] and lines[2].split('|')[5].strip()==''

def test_other_images_have_no_interval():
    "A step that changes the images is a difference without an interval, and so is the sum."
    fall,_ = fallen([.5, .25, .375, .75], files='ffgg')
    assert [r['interval'] is None for r in fall['rows']]==[True, False, True, False, True]

def test_a_number_that_is_none():
    "No class at all is no number: a dash, in the table and nowhere a traceback."
    fall,_ = fallen([.5, .25, .25, .75])
    fall['rows'][2] |= dict(value=None, points=None, interval=None)
    assert '–' in str(fall).splitlines()[4]

def test_figure():
    "Two bars from zero and each step between its two numbers; every step is labelled; twice the same bytes."
    fall,_ = fallen([.5, .25, .375, .75])
    ax, = fall.plot().axes
    bars = sorted((round(b.get_y()+b.get_height()/2), b.get_x(), b.get_width()) for b in ax.patches)
    assert bars==[(0,0,50), (1,50,-25), (2,25,12.5), (3,37.5,37.5), (4,0,75)]
    assert ax.get_xlabel()=='mIoU, %' and '| mIoU, % |' in str(fall)
    assert [t.get_text() for t in ax.texts]==['50.0','-25.0','+12.5','+37.5','75.0']
    assert [t.get_text().split('\n')[0] for t in ax.get_yticklabels()]==['clippy','resize','words','truth','mine']
    def png():
        fall.plot().savefig(drawn := io.BytesIO(), format='png')
        return drawn.getvalue()
    assert png()==png() and len(png())<150_000

def test_figure_of_odd_values(recwarn):
    "Numbers that are all 0, and a field that is a long path, leave room for the bars."
    fall,_ = fallen([0., 0., 0., 0.])
    fall['rows'][0] |= dict(step=f'clippy+names={"/folder"*40}/names.txt')
    fall['rows'][1] |= dict(changes=dict(names=['–', f'{"/folder"*40}/names.txt']))
    fig = fall.plot()
    fig.savefig(io.BytesIO(), format='png')
    ax, = fig.axes
    assert ax.get_position().width>.4 and [str(w.message) for w in recwarn]==[]

def test_two_orders():
    "What both ways have stands side by side."
    a,_ = fallen([.5, .25, .375, .75])
    b = Waterfall(a | dict(rows=[a['rows'][k] for k in (0,3,2,4)]))
    assert [line.split('|')[1].strip() for line in str(both_orders(a, b)).splitlines()[2:]]==['words','truth','mine']
    assert arrows(dict(a=['1','2'], b=['–','x']))=='a 1 → 2, b – → x'

# The command ----------------------------------------------------------------------------------------------------------

def test_command(voc, boxed_model, tmp_path, capsys):
    "Each step is the number of its protocol, as measured alone; done steps are not measured again."
    out = tmp_path/'fall'
    args = ['eval','scenes', '--task','voc20', '--data',str(voc), '--limit','4', '--workers','0', '--set','size=64',
        '--protocol','clippy', '--waterfall','dino.txt', '--out',str(out)]
    assert cli(args)==0
    first = capsys.readouterr().out
    fall = json.loads((out/'waterfall.json').read_text())
    kind = find_task('voc20').protocols
    changes = dict(size=64)
    for row in fall['rows'][:-1]:
        changes |= {k:getattr(kind['dino.txt'], k) for k in row['changes']}
        alone = evaluate(boxed_model, 'voc20', voc, 'clippy', limit=4, bootstrap_samples=0, **changes)
        assert row['value']==pytest.approx(alone.numbers['miou'], abs=1e-9), row['step']
    end = evaluate(boxed_model, 'voc20', voc, 'dino.txt', limit=4, size=64, bootstrap_samples=0)
    assert fall['rows'][-1]['value']==pytest.approx(end.numbers['miou'], abs=1e-9)
    names = sorted(p.name for p in out.iterdir())
    assert names[0]=='0-clippy+size=64.json' and names[-2:]==['waterfall.json','waterfall.png']
    (out/names[2]).unlink() # as if it had been stopped there
    assert cli(args)==0
    again = capsys.readouterr().out
    assert again.count('is there already')==len(names)-3
    assert again.splitlines()[-len(first.splitlines()):]==first.splitlines()

@pytest.mark.parametrize('more,says', [
    (['--task','voc20,voc'], 'name one of each'), (['--protocol','all'], 'name one of each'),
    (['--waterfall','tisp'], "not 'tisp'"), (['--by','fields'], 'a group or a field'), (['--first','word'], "'word'"),
    (['--save-predictions','p'], 'many answers'), (['--out','names.txt'], 'needs a folder')])
def test_what_is_no_waterfall(voc, tmp_path, monkeypatch, capsys, more, says):
    "A sentence, before anything is measured."
    monkeypatch.chdir(tmp_path)
    (tmp_path/'names.txt').write_text('a')
    assert cli(['eval','scenes', '--task','voc20', '--data',str(voc), '--limit','4', '--waterfall','tips', *more])==1
    assert says in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()]==['names.txt']

def test_every_protocol(voc, tmp_path, capsys):
    "`--protocol all` measures each, in a file and a folder of answers of its own, and shows them beside the first."
    assert cli(['eval','scenes', '--task','voc20', '--data',str(voc), '--limit','2', '--workers','0', '--set','size=64',
        '--protocol','clippy, tips', '--out',str(tmp_path/'o'), '--save-predictions',str(tmp_path/'p')])==0
    said = capsys.readouterr().out
    assert sorted(p.name for p in (tmp_path/'o').iterdir())==['voc20-clippy.json','voc20-tips.json']
    assert [len(list((tmp_path/'p'/k/'voc20').iterdir())) for k in ('clippy','tips')]==[2,2]
    numbers = [json.loads((tmp_path/f'o/voc20-{k}.json').read_text())['numbers']['miou'] for k in ('clippy','tips')]
    last = [c.strip() for c in said.splitlines()[-1].split('|')]
    assert last[1]=='tips+size=64' and last[4]==f'{100*(numbers[1]-numbers[0]):+.1f}'
    assert cli(['eval','scenes', '--task','voc20', '--data',str(voc), '--protocol','clippy,tisp'])==1
    assert "not 'tisp'" in capsys.readouterr().err

def test_files_whose_names_hold_a_path(voc, tmp_path, capsys):
    "A field that is set to a path or a long sentence does not become a folder, nor too long a name."
    names = tmp_path/'my names.txt'
    from clippy.classes import labels
    names.write_text('\n'.join(labels('voc').names[1:]))
    out = tmp_path/'fall'
    assert cli(['eval','scenes', '--task','voc20', '--data',str(voc), '--limit','2', '--workers','0', '--set','size=64',
        '--set',f'names={names}', '--set',f'templates=a {"very "*60}good {{}}', '--protocol','clippy',
        '--waterfall','tips', '--out',str(out)])==0, capsys.readouterr().err
    found = sorted(p.name for p in out.iterdir())
    assert found[0].startswith('0-clippy+') and all(p.is_file() for p in out.iterdir())
    assert len(found)==len(json.loads((out/'waterfall.json').read_text())['rows'])-1+2
