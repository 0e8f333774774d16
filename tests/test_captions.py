"`clippy.captions`: what can be read is read whole, and what cannot is refused with its line."
import json
from collections import Counter
import pytest
from hypothesis import given,strategies as st
from clippy.captions import read_captions
from shards import coco, few, json_like

@pytest.mark.parametrize('name,text,says', [
    ('c.csv', 'a,b\n1,2\n', r"no column 'image' or 'caption': its first line names \['a', 'b'\]"),
    ('c.xlsx', 'x', r'not .\.xlsx'),
    ('c.json', '[1]', 'not a COCO captions file'),
    ('c.json', '{', 'is not JSON'),
    ('c.json', '{"images": [{"id":1,"file_name":"a"}], "annotations": [{"image_id":1,"bbox":[]}]}',
        "'caption' not found"),
    ('c.csv', b'image,caption\na.jpg,caf\xe9\n', 'is not UTF-8')])
def test_captions_that_cannot_be_read(tmp_path, name, text, says):
    (tmp_path/name).write_bytes(text if isinstance(text,bytes) else text.encode())
    with pytest.raises(ValueError, match=says): read_captions(tmp_path/name)

# tables that are not what they seem

three = [('0.jpg','a dog, a cat'), ('1.jpg','"Stop" sign'), ('2.jpg','a 12" pizza')]

@pytest.mark.parametrize('name,text', [
    ('c.csv', 'image,caption\n0.jpg,"a dog, a cat"\n1.jpg,"""Stop"" sign"\n2.jpg,a 12" pizza\n'),
    ('c.tsv', 'image\tcaption\n0.jpg\ta dog, a cat\n1.jpg\t"Stop" sign\n2.jpg\ta 12" pizza\n'),
    ('c.tsv', 'image\tcaption\n0.jpg\t"a dog, a cat"\n1.jpg\t"""Stop"" sign"\n2.jpg\t"a 12"" pizza"'),
    ('c.csv', '\ufeffimage,caption\r\n0.jpg,"a dog, a cat"\r\n\r\n1.jpg,"""Stop"" sign"\r\n2.jpg,a 12" pizza\r\n'),
    ('c.txt', 'image,caption\r0.jpg,"a dog, a cat"\r1.jpg,"""Stop"" sign"\r2.jpg,a 12" pizza'),
    ('c.csv', 'n, caption ,image\n0,"a dog, a cat",0.jpg\n1,"""Stop"" sign",1.jpg\n2,a 12" pizza,2.jpg\n')])
def test_what_can_be_read_is_read_whole(tmp_path, name, text):
    "Commas, quotation marks, empty lines, a byte-order mark and any line end: three captions, to the letter."
    (tmp_path/name).write_bytes(text.encode())
    assert read_captions(tmp_path/name)=={k:[c] for k,c in three}

@pytest.mark.parametrize('text,want', [
    ('0.jpg\t"open\n1.jpg\ta bird\n', {'0.jpg':['"open'], '1.jpg':['a bird']}),
    ('0.jpg\t"two\nlines"\n1.jpg\t"open', {'0.jpg':['two\nlines'], '1.jpg':['"open']}),
    ('0.jpg\t"open\n1.jpg\t"two\nlines, ""three"""\n2.jpg\tx"\n',
     {'0.jpg':['"open'], '1.jpg':['two\nlines, "three"'], '2.jpg':['x"']})])
def test_marks_in_a_tsv(tmp_path, text, want):
    "A field of several lines is one where its mark is closed before the next tab; else the mark is a letter."
    (tmp_path/'c.tsv').write_text('image\tcaption\n'+text)
    assert read_captions(tmp_path/'c.tsv')==want

@pytest.mark.parametrize('name,text,line', [
    ('c.csv', '0.jpg,a dog, a cat\n', 2),
    ('c.csv', '0.jpg,x\n1.jpg,"open\n2.jpg,y\n', 3),
    ('c.csv', '0.jpg,"Stop" sign\n', 2),
    ('c.csv', '0.jpg,"open\n1.jpg,a bird\n2.jpg,a 12"\n', 2),
    ('c.csv', '0.jpg,x\n1.jpg\n', 3),
    ('c.tsv', '0.jpg\tx\ty\n', 2),
    ('c.tsv', '0.jpg\tx\n1.jpg\t"two\n\nthree\n', 5),
    ('c.csv', '7,"open\n8,a bird"\n', 2),
    ('c.csv', '0.jpg,x\n1.jpg,caf\udce9\n', 3),
    ('c.csv', '0.jpg,"a, b\nc"\n1.jpg,"x" y\n', 4)])
def test_a_line_that_cannot_be_read_is_named(tmp_path, name, text, line):
    "Too many fields, too few, an open mark, a mark that swallows rows: refused, with the number of the line."
    sep = ',' if name=='c.csv' else '\t'
    (tmp_path/name).write_bytes(f'image{sep}caption\n{text}'.encode(errors='surrogateescape'))
    with pytest.raises(ValueError, match=f'{name}, line {line}[:, ]'): read_captions(tmp_path/name)

def test_a_caption_of_any_length(tmp_path):
    (tmp_path/'c.csv').write_text('image,caption\n0.jpg,'+'very long '*20_000+'\n1.jpg,"'+'x'*200_000+'"\n')
    assert [len(c) for cs in read_captions(tmp_path/'c.csv').values() for c in cs]==[200_000]*2

def test_coco_captions(tmp_path):
    """A byte-order mark, one file under two ids, captions that are no text;
    two files under one id and deep nesting are refused."""
    images = [dict(id=1, file_name='a.jpg'), dict(id=2, file_name='a.jpg'), dict(id='x', file_name='b.jpg')]
    captions = [dict(image_id=i, caption=c) for i,c in ((1,'one'),(2,'two'),('x',None),('x',3),('x',['no']))]
    assert read_captions(coco(tmp_path, images, captions, b'\xef\xbb\xbf'))=={'a.jpg':['one','two'], 'b.jpg':['','','']}
    for bad,says in ((images+[dict(id=1, file_name='c.jpg')],'image id 1 names two files'),
                     ([dict(id=1, file_name=None)],'a file_name is text, not None')):
        with pytest.raises(ValueError, match=says): read_captions(coco(tmp_path, bad, []))
    wrong = {'['*100_000:'nested too deeply', '{"images": 1}':'not a COCO captions file',
        '{"images": [{"id": [1], "file_name": "a"}]}':'not a COCO', '{"n": %s}'%('9'*5000):'is not JSON'}
    for text,says in wrong.items():
        (tmp_path/'c.json').write_text(text)
        with pytest.raises(ValueError, match=says): read_captions(tmp_path/'c.json')

def written(rows, sep, quote): # plain code, not the csv module
    def cell(c): return '"'+c.replace('"','""')+'"' if quote or any(sign in c for sign in (sep,'"','\n','\r')) else c
    return ''.join(sep.join(map(cell, r))+'\n' for r in rows)

words = st.text(st.sampled_from('ab é"\',;\t{}='), min_size=1, max_size=9)

@few
@given(st.lists(words, min_size=1, max_size=6), st.booleans())
def test_any_caption_comes_back(tmp_path, captions, quote):
    "Property: what is written by the rules is read to the letter, from csv and tsv."
    rows = [(f'{i}.jpg', c) for i,c in enumerate(captions)]
    for name,sep in (('c.csv',','),('c.tsv','\t')):
        (tmp_path/name).write_text(written([('image','caption'), *rows], sep, quote), newline='')
        assert read_captions(tmp_path/name)=={k:[c] for k,c in rows}

@few
@given(st.text(st.sampled_from('ab.jpg,\t"\n\r \ufeff'), max_size=60) | st.text(max_size=60),
       st.sampled_from(['csv','tsv','json']))
def test_any_table_ends_in_a_sentence(tmp_path, text, kind):
    "Property: whatever a table holds, no letter is lost, or the error is a sentence that names the file."
    head = {'csv':'image,caption\n', 'tsv':'image\tcaption\n', 'json':''}[kind]
    (tmp_path/f'c.{kind}').write_bytes((head+text).encode())
    try: found = read_captions(tmp_path/f'c.{kind}')
    except ValueError as e:
        assert f'c.{kind}' in str(e)
        return
    def letters(text): return Counter(c for c in text if c not in '\n\r",\t') # marks, ends and separators may go
    if kind!='json': assert letters(text)==letters(''.join(k+c for k,cs in found.items() for c in cs))

@few
@given(st.dictionaries(st.sampled_from(['images','annotations']), json_like, min_size=1))
def test_any_json_ends_in_a_sentence(tmp_path, data):
    "Property: any JSON is captions as text, or a sentence."
    (tmp_path/'c.json').write_text(json.dumps(data))
    try: found = read_captions(tmp_path/'c.json')
    except ValueError as e: assert 'c.json' in str(e)
    else: assert all(isinstance(c,str) for k,cs in found.items() for c in [k,*cs])
