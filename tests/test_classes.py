"`clippy.classes`: the tables of names, and any table of one's own: read whole, or a sentence."
import pickle, re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clippy.classes import Labels, background_words, labels, read_labels
from mask_files import mark, quick

@pytest.mark.parametrize('name,classes,background', [
    ('voc',21,True), ('voc20',20,False), ('context60',60,True), ('context59',59,False), ('ade20k',150,False),
    ('coco',133,False), ('coco-object',81,True), ('coco-stuff',171,False), ('cityscapes',19,False),
    ('cityscapes27',27,False)])
def test_table(name, classes, background):
    "As many names as the data set has classes, each once, in every list; every id of the file has its index."
    for column in ('name','plain','port','sclip'):
        table = labels(name, column)
        assert len(table.names)==len(set(table.names))==len(table.ids)==classes and table.background==background
        assert all(w==w.strip()!='' for words in table.words for w in words)
        assert table.ids==labels(name).ids and table.ignored==labels(name).ignored
    for k,own in enumerate(table.ids): assert set(table.to_index(np.array([own])).flat)=={k}
    assert set(table.to_index(np.array([table.ignored])).flat)=={255}

def test_names_that_are_facts():
    "A few ids that the data sets' own documents give, at the ends and at the gaps."
    def at(name, id):
        table = labels(name)
        return table.names[int(table.to_index(np.array([[id]]))[0,0])]
    assert [at('voc',k) for k in (0,1,20)]==['background','aeroplane','tvmonitor']
    assert [at('coco',k) for k in (11,13,27,90,92,200)]==['fire hydrant','stop sign','backpack','toothbrush','banner',
        'rug-merged']
    assert [at('coco-stuff',k) for k in (0,12,89,91,181)]==['person','stop sign','toothbrush','banner','wood']
    assert [at('cityscapes27',k) for k in (7,9,29,33)]==['road','parking','caravan','bicycle']
    assert [at('ade20k',k) for k in (1,13,150)]==['wall','person','flag']
    assert [at('context60',k) for k in (0,1,2,59)]==['background','aeroplane','bag','wood']
    assert set(labels('cityscapes').names)<set(labels('cityscapes27').names)
    assert labels('voc','port').names[11::9]==('table','television monitor')
    assert labels('voc','sclip').words[15][:2]==('person','person in shirt')
    assert labels('voc20','sclip').names==labels('voc','sclip').names[1:]

def test_background_words():
    assert {k:len(set(words)) for k,words in background_words.items()}=={'port':39, 'sclip':26, 'coco-stuff':53}
    assert not set(background_words['port']) & {*labels('voc','plain').names, *labels('voc','port').names}

def test_lookup():
    two = Labels(('a','b'), ((3,300),(65535,)), ignored=(0,))
    assert two.to_index(np.array([[0,3,300,65535]], np.uint16)).tolist()==[[255,0,0,1]]
    for bad in (-1,4,65536,10**6):
        with pytest.raises(ValueError, match=f'id {bad}, which no class has'): two.to_index(np.array([[bad]]))
    assert pickle.loads(pickle.dumps(two))==two
    with pytest.raises(ValueError, match='255 names: a mask holds 1 to 254'):
        Labels(tuple('x'*255), tuple((k,) for k in range(255)))
    with pytest.raises(ValueError, match='2 names for 1 classes'): Labels(('a','b'), ((0,),))
    with pytest.raises(ValueError, match='id 70000 does not fit'): Labels(('a',), ((70000,),))

@pytest.mark.parametrize('text,message', [
    ('number,name\n0,a\n', "has no column 'id': its first line names"),
    ('id,name\nzero,a\n', "'zero' is not an id"),
    ('id,name\n-1,a\n', "'-1' is not an id"),
    ('id,name\n0,a\n0,b\n', 'id 0 is listed more than once'),
    ('id,name\n', '0 names: a mask holds 1 to 254'),
    ('', 'has no column')])
def test_wrong_table(tmp_path, text, message):
    (tmp_path/'t.csv').write_text(text)
    with pytest.raises(ValueError, match=re.escape(message)): read_labels(tmp_path/'t.csv')

@pytest.mark.parametrize('text,message', [
    ('id,name\n0,lamp, red\n', "'0,lamp, red' has 3 fields, its first line 2"),
    ('id,name\n0,"lamp\n1,boat\n', 'is not a csv table'),
    ('id,name\n0,'+'a'*140_000+'\n', 'is not a csv table'),
    ('id,name\n²,a\n', "'²' is not an id"),
    ('id,name\n'+'9'*5000+',a\n', 'is not an id')])
def test_tables_read_whole_or_not_at_all(tmp_path, text, message):
    (tmp_path/'t.csv').write_text(text, encoding='utf-8')
    with pytest.raises(ValueError, match=re.escape(message)): read_labels(tmp_path/'t.csv')

def test_commas_and_marks_in_tables(tmp_path):
    "A quoted comma stays in its name; a byte-order mark is not part of `id`."
    (tmp_path/'t.csv').write_bytes(mark+b'id,name,said\r\n3,"lamp, red",\r\n4,boat,ship\r\n')
    assert read_labels(tmp_path/'t.csv', 'said').names==('lamp, red','ship')

pieces = ['id,name', 'id,name,plain', '0,a', '1|2,b', '255,', '7,"x, y"', '"', '0,a,b,c', 'id', '\ufeff', '-1,z', ' , ',
    '0,']
lines = st.lists(st.sampled_from(pieces), max_size=6).map('\n'.join)


@quick
@given(lines.map(str.encode) | st.binary(max_size=60))
def test_any_table(tmp_path, data):
    (tmp_path/'t.csv').write_bytes(data)
    try: found = read_labels(tmp_path/'t.csv')
    except ValueError as e: assert 't.csv' in str(e)
    else: assert len(found.names)==len(found.ids)>0 and all(found.names)

def test_mistyped_names():
    with pytest.raises(ValueError, match="no label table 'imagenet'; choose from: voc, voc20"): labels('imagenet')
    with pytest.raises(ValueError, match="no list of names 'sclpi'. Did you mean sclip"): labels('voc', 'sclpi')
