"The ablations: the table of runs, what is skipped, the rule, and one tiny run from the command to its JSON."
import json, math, os, runpy, signal, subprocess, sys, time
from pathlib import Path

import pytest
from accelerate.state import AcceleratorState
from fastcore.script import CliError

import clippy.experiments as ab
from processes import Forked

root = Path(__file__).parent.parent
tool = root/'tools/ablation.py'
run_ablations = runpy.run_path(str(tool))['main']
by_name = {r['name']:r for r in ab.runs}


# The table ----------------------------------------------------------------------------------------------------------

def test_runs():
    "Names and configs are unique, every setting is known, and each of the paper's tables has its rows."
    assert len(by_name)==len(ab.runs)
    assert len({ab.config_hash(ab.full(r['config'])) for r in ab.runs})==len(ab.runs)
    for r in ab.runs:
        c = r['config']
        assert c.keys()==ab.base.keys() and c['image'] in ab.starts
        assert c['text'] in ('pretrained','random') and c['freeze'] in ('','image','text')
        json.dumps(r)
    rows = {t:{r['name'] for r in ab.runs if t in r['tables']} for t in (7,8,9,10)}
    assert {t:len(v) for t,v in rows.items()}=={7:4, 8:6, 9:3, 10:2}
    assert set.intersection(*rows.values())=={'clippy'}

@pytest.mark.parametrize('table,keys', [(8, {'image','text'}), (9, {'pooling'}), (10, {'image_size','token_drop'})])
def test_one_thing_at_a_time(table, keys):
    "The rows of a table differ in what the table is about, and in nothing else."
    rows = [r['config'] for r in ab.runs if table in r['tables']]
    assert {k for k in ab.base if len({json.dumps(c[k]) for c in rows})>1}==keys

def test_as_many_tokens():
    "Twice the resolution and a fifth of the tokens are no more work than all tokens."
    base,dropped = (by_name[k]['config'] for k in ('clippy','dropped-tokens'))
    side = dropped['image_size']//ab.tower['patch_size']
    assert int(side**2*(1-dropped['token_drop']))<=(base['image_size']//ab.tower['patch_size'])**2

# What is skipped ----------------------------------------------------------------------------------------------------

def finish(job): # as if it had run
    job.makes.parent.mkdir(parents=True, exist_ok=True)
    job.makes.write_text(json.dumps(dict(config_hash=ab.config_hash(ab.full(job.run['config'])))))

def names(jobs): return [(j.name, j.seed) for j in jobs]

def test_order(tmp_path):
    "Seed by seed; each start once, before the first run that needs it."
    jobs = ab.to_do(ab.runs, [0,1], tmp_path/'out', tmp_path/'work')
    found = names(jobs)
    assert len(found)==len(set(found))==2*(len(ab.runs)+3)
    assert [s for _,s in found]==[0]*(len(found)//2)+[1]*(len(found)//2)
    for j in jobs:
        if j.needs: assert j.needs in [job.makes for job in jobs[:jobs.index(j)]]

def test_skip(tmp_path):
    "A finished run is not run again, one of another config is, and a start on disk serves all later runs."
    out,work = tmp_path/'out',tmp_path/'work'
    some = [by_name[k] for k in ('clippy','avg')]
    jobs = ab.to_do(some, [0], out, work)
    assert names(jobs)==[('start-dino',0), ('clippy',0), ('avg',0)]
    finish(jobs[1])
    assert ab.state(out, some[0], 0)=='done' and ab.state(out, some[0], 1)=='missing'
    assert names(ab.to_do(some, [0], out, work))==[('start-dino',0), ('avg',0)]
    finish(jobs[0])
    assert names(ab.to_do(some, [0], out, work))==[('avg',0)]
    other = dict(some[0], config=dict(some[0]['config'], lr=1e-4))
    assert ab.state(out, other, 0)=='other config'
    assert names(ab.to_do([other], [0], out, work))==[('clippy',0)]

def test_list(capsys):
    "`--list` shows every run; an unknown name gets a sentence."
    run_ablations(list=True, seeds='0,7')
    said = capsys.readouterr().out
    assert all(f'\n{r["name"]} ' in f'\n{said}' for r in ab.runs) and 'seed 7 missing' in said
    with pytest.raises(CliError, match='No run is called nothing'): run_ablations(only='nothing')

@pytest.mark.parametrize('seed', [0,1,2])
def test_committed_results_count(seed):
    "What is in the repository is not made again."
    for run in ab.runs: assert ab.state(root/'nbs/results/ablation', run, seed)=='done', run['name']

# The rule -----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('a,b,word', [
    ([.50,.52,.51], [.10,.12,.09], 'holds'),
    ([.10,.12,.09], [.50,.52,.51], 'does not hold'),
    ([.50,.40,.60], [.45,.55,.35], 'within noise'),
    ([.50,.52], [.40,.46], 'within noise'), # two seeds say little
    ([1.,1.,1.], [1.,1.,1.], 'within noise'),
    ([1.,1.,1.], [.9,.9,.9], 'holds'),
    ([.5], [.1,.2,.3], 'not enough runs'),
    ([], [], 'not enough runs')])
def test_verdict(a, b, word): assert ab.verdict(a, b).word==word

def test_verdict_by_hand():
    "Welch's interval: equal variances of .01 and three seeds each give four degrees of freedom, t = 2.7764."
    v = ab.verdict([.4,.5,.6], [.1,.2,.3])
    half = 2.77645*math.sqrt(.01/3+.01/3)
    assert (v.gap, v.low, v.high)==pytest.approx((.3, .3-half, .3+half), abs=1e-5)
    w = ab.verdict([.1,.2,.3], [.4,.5,.6])
    assert (w.low, w.high)==pytest.approx((-v.high, -v.low))

# A run --------------------------------------------------------------------------------------------------------------

def one_at_a_time(monkeypatch, out, work):
    "The runner, with its jobs in forks of this process instead of new interpreters."
    def begin(job, command, work):
        log = Path(work)/f'{job.name}-seed{job.seed}.log'
        words = dict(only=job.run['name'], seeds=str(job.seed), out=str(out), work=str(work), quick=True, one=job.name)
        def go():
            AcceleratorState._reset_state(reset_partial_state=True)
            run_ablations(**words)
        job.process = Forked(go, log, CLIPPY_CACHE=str(work/'cache'))
        job.log,job.began = log,time.time()
    monkeypatch.setattr(ab, 'begin', begin)

def test_tiny_run(tmp_path, monkeypatch):
    "DINO start and training of five steps, measured and written; a second call has nothing to do."
    out,work = tmp_path/'out',tmp_path/'work'
    one_at_a_time(monkeypatch, out, work)
    args = dict(quick=True, only='dropped-tokens', seeds='3', jobs=1, out=str(out), work=str(work))
    run_ablations(**args)
    assert [p.name for p in out.iterdir()]==['dropped-tokens-seed3.json'] # nothing half written
    r = json.loads((out/'dropped-tokens-seed3.json').read_text())
    quick = ab.quickly(by_name['dropped-tokens'])
    assert r['config_hash']==ab.config_hash(r['config'])==ab.config_hash(ab.full(quick['config']))
    assert r['protocols'].keys()==r['numbers'].keys()
    for k in 'accuracy','things_miou','miou','jaccard','worst_group':
        for size in 64,128: assert 0<=r['numbers'][f'{k}@{size}']<=1 and len(r['protocols'][f'{k}@{size}'])==16
    assert r['start']['kind']=='dino' and len(r['loss'])==len(r['start']['loss'])==1
    assert r['versions']['lightly'] and str(tmp_path) not in json.dumps(r)
    before = {p:p.stat().st_mtime_ns for p in tmp_path.rglob('*') if p.is_file()}
    run_ablations(**args)
    assert before=={p:p.stat().st_mtime_ns for p in tmp_path.rglob('*') if p.is_file()}

def test_failure(tmp_path, monkeypatch):
    "A start that cannot be made is named, with its log and the run that waited for it; nothing is written."
    (tmp_path/'work').mkdir()
    (tmp_path/'out').mkdir()
    one_at_a_time(monkeypatch, tmp_path/'out', tmp_path/'work')
    config = ab.full(ab.quickly(by_name['clip'])['config'])
    ab.start_folder(tmp_path/'work', 'random', config, 0).write_text('in the way')
    with pytest.raises(CliError) as e:
        run_ablations(quick=True, only='clip', seeds='0', out=str(tmp_path/'out'), work=str(tmp_path/'work'))
    assert 'start-random seed 0: see ' in str(e.value) and 'clip seed 0: its start is missing' in str(e.value)
    assert not list((tmp_path/'out').iterdir())

def test_stop(tmp_path):
    "Ctrl-C ends the runner and its processes, and leaves no result behind."
    words = [sys.executable, tool, '--only', 'clip', '--seeds', '0', '--out', tmp_path/'out', '--work', tmp_path/'work']
    deaf_no_more = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL) # which a background job may be
    p = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, 'CLIPPY_TRACEBACK':'0'}, preexec_fn=deaf_no_more)
    for _ in range(300):
        if (log := tmp_path/'work/start-random-seed0.log').exists(): break
        time.sleep(.1)
    assert log.exists()
    p.send_signal(signal.SIGINT)
    said = p.communicate(timeout=30)[0]
    assert p.returncode and 'the same command goes on from there' in said
    assert not (tmp_path/'out').exists()
