"Numbers and their intervals: against scipy, against many drawn data sets, and as text."
import json, shutil
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binomtest

from clippy.console import table
from clippy.eval import Task, all_tasks, evaluate, find_task, tasks
from clippy.results import lowest_interval, read_result, sum_interval, wilson, with_intervals
from clippy.runs import read_run
from clippy.saved import boxed, load

all_tasks()

# Intervals of shares --------------------------------------------------------------------------------------------------

def scipy_wilson(k, n):
    ci = binomtest(k, n).proportion_ci(.95, 'wilson')
    return [ci.low, ci.high]

@pytest.mark.parametrize('k,n', [(0,1),(1,1),(0,20),(20,20),(7,33),(1,4050),(999,1000)])
def test_wilson(k, n):
    "As scipy has it."
    assert [float(end) for end in wilson(k, n)]==pytest.approx(scipy_wilson(k, n), abs=1e-6)

@pytest.mark.parametrize('n', [10, 40, 200])
def test_coverage_of_shares(n):
    "Of many data sets with a known share, about 95 % have it in their interval; nowhere much less, also near 0 and 1."
    rng,p = np.random.default_rng(n),np.linspace(.005, .995, 100)
    k = rng.binomial(n, p, (4000,100))
    low,high = wilson(k, n)
    inside = ((low<=p)&(p<=high)).mean(0)
    assert .94<inside.mean()<.97 and inside.min()>.82 and ((k==0)|(k==n)).any()
    assert (low[k==0]==0).all() and (high[k==0]>0).all() and (high[k==n]==1).all() and (low[k==n]<1).all()

@pytest.mark.parametrize('w', [(1,-1), (.7,.2,.1), (.1,.4,-.5)])
def test_coverage_of_sums(w):
    "Differences and weighted means of shares have their true value in the interval as often as they should."
    rng,w = np.random.default_rng(1),np.array(w)
    found = []
    for _ in range(3000):
        p,n = rng.random(len(w)),rng.integers(5, 80, len(w))
        low,high = sum_interval(w, rng.binomial(n, p), n)
        found.append(low<=w@p<=high)
    assert .93<np.mean(found)<.98

@pytest.mark.parametrize('p', [(.5,.5,.5,.5), (.9,.6,.1,.8), (1.,1.,1.,1.), (0.,.3,.5,.9)])
def test_coverage_of_the_lowest(p):
    "The lowest of four shares is in its interval at least as often as it should."
    rng,n = np.random.default_rng(2),np.array([60,20,25,50])
    found = []
    for _ in range(2000):
        low,high = lowest_interval(rng.binomial(n, p), n)
        found.append(low<=min(p)<=high)
    assert np.mean(found)>.94

def test_interval_of_a_perfect_score():
    "Twenty of twenty: 83.9 to 100, as scipy's Wilson interval has it."
    job = object.__new__(tasks['folder'])
    low,high = with_intervals(job, np.zeros((20,3)), 50)[1]['top1']
    assert (low,high)==pytest.approx((scipy_wilson(20, 20)[0],1), abs=1e-6)

# The bootstrap --------------------------------------------------------------------------------------------------------

def test_intervals(boxed_model):
    "Weights that count bootstrap samples give what the sampled rows give."
    job = find_task('scenes')('', tasks['scenes'].protocols['clippy'], boxed_model)
    rows = np.random.default_rng(0).integers(1, 50, (12,51)).astype(float)
    w = np.random.default_rng(1).multinomial(12, np.full(12, 1/12), 5)
    got = job.numbers(rows, w.astype(float))['miou']
    for weights,value in zip(w, got):
        sampled = rows[np.repeat(np.arange(12), weights)]
        assert value==pytest.approx(job.numbers(sampled, np.ones((1,12)))['miou'][0])
    assert with_intervals(job, rows, bootstrap_samples=60)==with_intervals(job, rows, bootstrap_samples=60)

@pytest.mark.parametrize('n', [50, 400])
def test_bootstrap_of_a_mean(n):
    "Of measurements that are no shares: 1.96 standard errors to either side, so samples are as large as the data."
    class Mean(Task):
        def __init__(self): pass
        def numbers(self, rows, weights):
            mean = weights@rows[:,0]/weights.sum(1)
            return dict(mean=mean, low=mean-1)
    rows = np.random.default_rng(n).gamma(2, 3, (n,1))
    value,(low,high) = rows.mean(),with_intervals(Mean(), rows, 2000)[1]['mean']
    error = rows.std()/np.sqrt(n)
    assert value-low==pytest.approx(1.96*error, rel=.12) and high-value==pytest.approx(1.96*error, rel=.12)
    constant = with_intervals(Mean(), np.full((n,1), .5), 100)[1]
    assert constant['mean']==pytest.approx(scipy_wilson(n//2, n), abs=1e-6)
    assert constant['low']==[-.5,-.5] # not between 0 and 1, so no share

# Text and files -------------------------------------------------------------------------------------------------------

def test_columns_of_numbers_stand_to_the_right():
    "Only the columns that are named are aligned to the right, in text and in Markdown."
    head,rule,row = str(table([('a',1),('bcd',22)], ('name','n'), (1,))).splitlines()[:3]
    assert rule.strip('|').split('|')[0].strip('-')=='' and rule.rstrip('|').endswith(':') and rule.count(':')==1
    assert row.split('|')[1].startswith(' a ') and row.split('|')[2].endswith(' 1 ')

def test_a_result_with_a_mark(tmp_path, boxed_model):
    "A byte-order mark, which an editor writes, changes no result."
    r = evaluate(boxed_model, 'scenes', limit=4, bootstrap_samples=20, out=tmp_path/'r.json')
    plain = read_result(tmp_path/'r.json')
    (tmp_path/'r.json').write_bytes(b'\xef\xbb\xbf'+json.dumps(plain).encode())
    assert read_result(tmp_path/'r.json')==plain and plain['numbers']==r.numbers

def test_a_model_with_a_mark(tmp_path, boxed_model):
    "A config.json that an editor saved with a byte-order mark is the same model, and a metrics.json the same run."
    shutil.copytree(boxed()['scenes'], tmp_path/'run/model')
    config = tmp_path/'run/model/config.json'
    config.write_bytes(b'\xef\xbb\xbf'+config.read_bytes())
    assert load(str(tmp_path/'run/model')).config==boxed_model.config
    metrics = Path(__file__).parent.parent/'nbs/results/demo/max.json'
    (tmp_path/'run/metrics.json').write_bytes(b'\xef\xbb\xbf'+metrics.read_bytes())
    assert read_run(tmp_path/'run')['command']==json.loads(metrics.read_text())['command']

def test_results_of_before(tmp_path):
    "Results with the old names of the primary metric and of the resize mode are read as those of today."
    old = dict(task='voc', main='miou', numbers=dict(miou=.5), protocol=dict(name='clippy', size=448, fit='square'))
    (tmp_path/'r.json').write_text(json.dumps(old))
    assert read_result(tmp_path/'r.json')==dict(task='voc', primary='miou', numbers=dict(miou=.5),
        protocol=dict(name='clippy', size=448, resize='square'))
