"What differs between two results: protocol first, numbers last, and a sentence where there is no result."
import pytest

from clippy.cli import cli
from clippy.compare import compare, differences, flatten

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
