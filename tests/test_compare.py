"What differs between two results: protocol first, numbers last, and a sentence where there is no result."
import json, re
from itertools import combinations

import numpy as np
import pytest

from clippy.cli import cli
from clippy.compare import compare, differences, every_pair, flatten, gap, holm
from clippy.eval import Task
from clippy.results import bootstrap, kept_samples

def result(**more): # by hand
    return dict(task='voc', protocol=dict(name='clippy', size=448), words=dict(names=['a','b']), images=dict(seen=9),
        files='f', model='m', config=dict(width=64), versions=dict(torch='2'), precision='fp32', batch_size=16,
        numbers=dict(miou=.5), details=dict(iou=dict(a=.25, b=.75)), clock=dict(seconds=1)) | more

def test_order_of_parts():
    "What made the number comes before the number; the clock is not compared."
    a = result()
    b = result(protocol=dict(name='clippy+size=64', size=64), model='n', numbers=dict(miou=.4), clock=dict(seconds=9))
    found = differences(b, a)
    assert list(found)==['protocol','model','numbers']
    assert found['numbers']==[('numbers.miou',.4,.5)] and found['model']==[('model','n','m')]
    assert differences(a, result(clock={}))=={}
    assert flatten(dict(a=dict(b=dict(c=1)), d=2))=={'a.b.c':1, 'd':2}

def test_largest_differences_first():
    "Of many details those that differ most are shown, and how many are left out; points are percent."
    many = {f'c{k}':k/100 for k in range(20)}
    text = str(compare(result(details=dict(iou=dict.fromkeys(many, 0.))), result(details=dict(iou=many)), top=3))
    rows = [[c.strip() for c in line.strip('|').split('|')] for line in text.splitlines()[2:]]
    assert [r[1] for r in rows]==['details.iou.c19','details.iou.c18','details.iou.c17','and 16 more']
    assert [r[4] for r in rows]==['+19.0','+18.0','+17.0','']

def test_protocols_without_a_hash():
    "A result that does not say the hash of its protocol is of another one all the same, and not of the same one."
    one,same = result(primary='miou', count=9),result(primary='miou', count=9, numbers=dict(miou=.4))
    other = same | dict(protocol=dict(name='clippy', size=64))
    assert 'a is 10.0 points better than b' in str(every_pair(dict(a=one, b=same)))
    with pytest.raises(ValueError, match='b was measured under another protocol than a'):
        every_pair(dict(a=one, b=other))
    assert 'points higher' in str(every_pair(dict(a=one, b=other), 'protocol'))

def test_not_a_result(tmp_path, capsys):
    "A file that is missing, no JSON or another JSON is said to be."
    (tmp_path/'a.json').write_text('{}')
    (tmp_path/'b.json').write_text('{')
    for name,says in ('a.json','no numbers with a protocol'),('b.json','not JSON'),('c.json','no result'):
        assert cli(['eval', '--compare', str(tmp_path/name), str(tmp_path/name)])==1
        assert says in capsys.readouterr().err

def test_a_field_that_only_one_has():
    "It is shown, and the other side has a dash."
    assert differences(result(), result(details=dict(iou=dict(a=.25))))==dict(details=[('details.iou.b',.75,'–')])
    assert pytest.approx(.75)==differences(result(), result(details={}))['details'][1][1]

# Differences and many results -----------------------------------------------------------------------------------------

class Right(Task): # rows: right or not
    primary = 'top1'
    def numbers(self, rows, weights): return dict(top1=weights@rows[:,0]/weights.sum(1))

def measured(hits, **more): # a result of these answers
    rows = np.array(hits, float)[:,None]
    kept = kept_samples(bootstrap(Right('', None, None), rows)['top1'])
    about = dict(primary='top1', numbers=dict(top1=float(rows.mean())), intervals={}, resampled=kept, count=len(rows),
        images=dict(seen=len(rows), found=len(rows)), protocol_hash='p')
    return result(**about) | more

@pytest.mark.parametrize('n', [60, 300])
def test_difference_against_a_plain_bootstrap(n):
    "The interval of a difference is what taking images again and again gives, an image for both at once."
    rng = np.random.default_rng(n)
    a = rng.random(n)<.6
    b = np.where(rng.random(n)<.8, a, rng.random(n)<.7) # mostly the same answers
    difference,(low,high) = gap(measured(a), measured(b))
    drawn = [b[i].mean()-a[i].mean() for i in (rng.integers(0, n, n) for _ in range(4000))]
    assert difference==pytest.approx(b.mean()-a.mean())
    assert (low,high)==pytest.approx(np.quantile(drawn, [.025,.975]), abs=.25/n**.5/3)
    apart = np.quantile([rng.choice(b, n).mean()-rng.choice(a, n).mean() for _ in range(4000)], [.025,.975])
    assert high-low<.75*(apart[1]-apart[0])

def test_no_interval_where_images_differ():
    "Other images, another task, an older result or a NaN: the difference has no interval, or there is none."
    a,b = measured([0,1,1,0]),measured([1,1,1,0])
    assert gap(a, b)[1] is not None
    for other in b|dict(files='g'), b|dict(task='coco'), b|dict(images=dict(seen=4, found=9)):
        assert gap(a, other)==(.25, None)
    assert gap(a, {k:v for k,v in b.items() if k!='resampled'})==(.25, None)
    assert gap(a, b|dict(numbers=dict(top1=None)))==gap(a, b|dict(primary='miou'))==(None, None)

def rows_of(text): # of its table
    lines = [line for line in text.splitlines() if line.startswith('|')]
    return [[c.strip() for c in line.strip('|').split('|')] for line in lines[2:]]

def test_many_in_one_table(tmp_path, capsys):
    "A row each, the difference to the first; the interval is that of the pair."
    hits = dict(a=[0,0,1,1], b=[0,1,1,1], c=[1,1,1,1])
    for k,v in hits.items(): (tmp_path/f'{k}.json').write_text(json.dumps(measured(v, model=k*3)))
    files = [str(tmp_path/f'{k}.json') for k in hits]
    assert cli(['eval', '--compare', *files])==0
    found = rows_of(capsys.readouterr().out)
    assert [r[:3] for r in found]==[['a','aaa','50.0'], ['b','bbb','75.0'], ['c','ccc','100.0']]
    assert [r[4] for r in found]==['', '+25.0', '+50.0']
    low,high = gap(measured(hits['a']), measured(hits['c']))[1]
    assert found[2][5]==f'{100*low:+.1f} to {100*high:+.1f}'

def test_of_two_the_difference_is_said(tmp_path, capsys):
    "Below what differs stands by how much, with the interval; not where the images are others."
    for k,r in dict(a=measured([0,1]), b=measured([1,1]), c=measured([1,1], files='g')).items():
        (tmp_path/f'{k}.json').write_text(json.dumps(r))
    assert cli(['eval', '--compare', str(tmp_path/'a.json'), str(tmp_path/'b.json')])==0
    said = 'top-1: a and b cannot be told apart on 2 images: b is 50.0 points better, 95 % interval 0.0 to 100.0.'
    assert capsys.readouterr().out.splitlines()[-1]==said
    assert cli(['eval', '--compare', str(tmp_path/'a.json'), str(tmp_path/'c.json')])==0
    assert '95 %' not in capsys.readouterr().out

@pytest.mark.parametrize('more,across,says', [
    (dict(protocol_hash='q'), 'data', 'b was measured under another protocol'),
    (dict(files='g'), 'protocol', 'b is of another task or of other images'), (dict(count=3), '', 'add --across data'),
    (dict(protocol_hash='q'), '', 'add --across protocol'), ({}, 'protocols', "not 'protocols'")])
def test_what_should_not_stand_in_one_table(tmp_path, capsys, more, across, says):
    "Another protocol or other images are refused, unless one asks for them."
    for k,r in dict(a=measured([0,1]), b=measured([1,1])|more, c=measured([1,0])).items():
        (tmp_path/f'{k}.json').write_text(json.dumps(r))
    files = [str(tmp_path/f'{k}.json') for k in 'abc']
    assert cli(['eval', '--compare', *files, *(['--across', across] if across else [])])==1
    assert says in capsys.readouterr().err
    assert more=={} or cli(['eval', '--compare', *files, '--across', 'protocol,data'])==0

def test_one_result_alone(tmp_path, capsys):
    (tmp_path/'a.json').write_text(json.dumps(measured([0,1])))
    assert cli(['eval', '--compare', str(tmp_path/'a.json')])==1
    assert 'takes two results or more' in capsys.readouterr().err

def test_files_of_one_name(tmp_path, capsys):
    "Runs keep their results under one name, so it is told whose it is."
    files = [tmp_path/k/'voc.json' for k in 'abc']
    for k,file in enumerate(files):
        file.parent.mkdir()
        file.write_text(json.dumps(measured([0,1,1,k>1], protocol_hash='p')))
    assert cli(['eval', '--compare', *map(str, files)])==0
    assert [r[0] for r in rows_of(capsys.readouterr().out)]==[str(file) for file in files]

def test_no_interval_of_two_bootstraps():
    "One of 1,000 samples and one of 500 are no pairs: the difference is there, its interval is not."
    a = measured([0,1,1,0])
    b = measured([1,1,1,0]) | dict(resampled=' '.join(a['resampled'].split()[:500]))
    assert gap(a, b)==(.25, None)

# Every pair -----------------------------------------------------------------------------------------------------------

class Mean(Task): # rows: intersection, prediction and truth of two classes, as areas
    primary = 'miou'
    def numbers(self, rows, weights):
        shared,predicted,true = np.split(weights@rows, 3, axis=1)
        return dict(miou=(shared/(predicted+true-shared)).mean(1))

def plain_miou(rows): # of the images in it, class by class
    shared,predicted,true = rows.sum(0).reshape(3, 2)
    return np.mean([s/(p+t-s) for s,p,t in zip(shared, predicted, true)])

def test_every_pair_against_a_plain_bootstrap(tmp_path, capsys):
    "Each sentence has the difference and the interval that taking images again gives, an image for both at once."
    rng,n = np.random.default_rng(3),150
    true = rng.integers(5, 60, (n,2))
    hard = rng.random((n,1)) # for all models
    def areas(skill):
        found = np.clip(skill*hard+.1*rng.random((n,2)), 0, 1)
        return np.c_[np.floor(true*found), true, true].astype(float)
    rows = dict(a=areas(.6), b=areas(.6), c=areas(.9))
    for k,r in rows.items():
        kept = kept_samples(bootstrap(Mean('', None, None), r)['miou'])
        about = dict(primary='miou', numbers=dict(miou=float(plain_miou(r))), intervals={}, resampled=kept, count=n,
            images=dict(seen=n, found=n), protocol_hash='p', model=k)
        (tmp_path/f'{k}.json').write_text(json.dumps(result(**about)))
    assert cli(['eval', '--compare', *(str(tmp_path/f'{k}.json') for k in 'cab')])==0
    *said,last = capsys.readouterr().out.split('\n\n')[1].strip().splitlines()
    assert len(said)==3
    for line,(x,y) in zip(said, combinations('cab', 2)):
        drawn = [plain_miou(rows[y][i])-plain_miou(rows[x][i]) for i in (rng.integers(0, n, n) for _ in range(1500))]
        difference,(low,high) = plain_miou(rows[y])-plain_miou(rows[x]),np.quantile(drawn, [.025,.975])
        points,*ends = map(float, re.findall(r'(\S+) points .*interval (\S+) to (-?\d+\.\d+)', line)[0])
        sign = 1 if difference>0 else -1
        assert points==pytest.approx(100*abs(difference), abs=.051)
        assert ends==pytest.approx(sorted([100*sign*low, 100*sign*high]), abs=.35)
        better,worse = (y,x) if difference>0 else (x,y)
        if low<=0<=high: assert line.startswith(f'{x} and {y} cannot be told apart on 150 images: {better} is')
        else: assert line.startswith(f'{better} is') and f'points better than {worse} on 150 images (95 %' in line
    assert [('told apart' in line) for line in said]==[False,False,True] # a and b
    assert last=="Of 3 pairs 2 can be told apart, and 2 after Holm's correction."

def test_equal_models_are_rarely_told_apart():
    "Of five equal models the ten pairs are told apart by luck far more often than once in twenty, but not after Holm."
    rng,lucky,firm = np.random.default_rng(0),0,0
    for _ in range(30):
        found = every_pair({f'm{k}':measured(rng.random(120)<.6) for k in range(5)})
        lucky,firm = lucky+any(p.apart for p in found),firm+any(found.firm())
        assert len(found)==10 and [f.apart or not ok for f,ok in zip(found, found.firm())]==[True]*10
        luck = sum('may be luck among 10 pairs' in s for s in found.sentences())
        assert luck==sum(p.apart for p in found)-sum(found.firm())
    assert lucky>=5 and firm<=3

@pytest.mark.parametrize('n', [1, 2, 7, 40])
def test_holm(n):
    "As its definition by adjusted p-values has it, whatever the order."
    rng = np.random.default_rng(n)
    for _ in range(50):
        p = rng.random(n)**4
        order = np.argsort(p)
        adjusted = np.maximum.accumulate([min(1, (n-i)*p[k]) for i,k in enumerate(order)])
        expected = {int(k) for k,a in zip(order, adjusted) if a<=.05}
        assert {i for i,ok in enumerate(holm([*p])) if ok}==expected

def test_which_is_better():
    "Other protocols say higher, not better; where less is better the lower one is named; unpaired, no interval."
    a,b = measured([0]*60+[1]*40),measured([0]*20+[1]*80)
    said = lambda a, b, **kw: str(every_pair(dict(a=a, b=b), **kw))
    assert said(a, b).startswith('b is 40.0 points better than a on 100 images (95 % interval ')
    assert said(b, a)==said(a, b).replace('b is', 'a is').replace('than a', 'than b')
    assert said(a, b|dict(protocol_hash='q'), across='protocol').startswith('b is 40.0 points higher than a')
    less = dict(smaller=['top1'])
    assert said(a|less, b|less).startswith('a is 40.0 points lower than b on 100 images (95 % interval ')
    bare = 'b is 40.0 points better than a, without an interval, because '
    assert said(a, b|dict(files='g'), across='data')==f'{bare}they were not measured on the same images.'
    assert said(a, {k:v for k,v in b.items() if k!='resampled'})==f'{bare}one of them has no bootstrap samples.'
    assert said(a, b|dict(numbers=dict(top1=None)))=='a and b have no number in common.'
    assert said(a, a)=='a and b cannot be told apart on 100 images (95 % interval 0.0 to 0.0).'

@pytest.mark.parametrize('n,apart', [(1,False), (3,False), (30,True)])
def test_where_every_image_says_the_same(n, apart):
    "Three answers that are all better prove little: no bootstrap sample differs, and the interval still has a width."
    pair, = every_pair(dict(a=measured([0]*n), b=measured([1]*n)))
    low,high = pair.ends
    assert pair.difference==1 and high==1 and low<1 and pair.apart==apart
    assert 1-low==pytest.approx(2*1.96**2/(n+1.96**2), abs=1e-3) # Wilson: none of n
