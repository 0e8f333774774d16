"Tables of results: what stands in which cell, read back from every format by other programs."
import csv, io, json, random, re

import numpy as np
import pandas as pd
import pypandoc
import pytest

from clippy.cli import cli
from clippy.tables import Results

def result(miou=.5, **more): # by hand
    return dict(task='voc', primary='miou', protocol=dict(name='clippy', size=448), protocol_hash='p'*16, model='m',
        images=dict(seen=9, found=9, expected=9, whole=True), files='f'*16, count=9, precision='fp32',
        numbers=dict(miou=miou, pixel_accuracy=.9), intervals=dict(miou=[.45,.55]), details={}) | more

def write(folder, **files): # name -> result
    folder.mkdir(parents=True, exist_ok=True)
    for name,r in files.items(): (folder/f'{name}.json').write_text(json.dumps(r))
    return folder

def said(capsys, *args, code=0):
    assert cli(['results', *map(str, args)])==code
    return capsys.readouterr()

# Readers of the formats, none of them ours --------------------------------------------------------------------------

def words(parts): # text of pandoc's inline elements
    inner,text = (lambda c: words(c[1])),(lambda c: c[1])
    said = dict(Str=lambda c: c, Space=lambda c: ' ', SoftBreak=lambda c: ' ', LineBreak=lambda c: '\n',
        Strong=words, Emph=words, Link=inner, Span=inner, Math=text, Code=text)
    return ''.join(said[p['t']](p.get('c')) for p in parts)

def pandoc(text, form): # rows of the first table: (text, is it bold?) of each cell; and the text of what follows
    blocks = json.loads(pypandoc.convert_text(text, 'json', format=form))['blocks']
    at = next(i for i,b in enumerate(blocks) if b['t']=='Table')
    _,_,_,head,(body,),_ = blocks[at]['c']
    inlines = lambda cell: cell[4][0]['c'] if cell[4] else []
    rows = [[inlines(cell) for cell in row[1]] for row in [*head[1], *body[3]]]
    bold = lambda cell: any(p['t']=='Strong' for p in cell)
    return [[(words(c), bold(c)) for c in row] for row in rows],[words(b['c']) for b in blocks[at+1:] if b['t']=='Para']

def markdown_rows(text): # GitHub's rule: cells end at a bar without a backslash
    lines = [line for line in text.splitlines() if line.startswith('|')]
    cells = [[c.strip() for c in re.split(r'(?<!\\)\|', line)[1:-1]] for line in lines]
    assert all(set(c)<=set('-:') for c in cells[1]) and len({len(row) for row in cells})==1
    return [cells[0], *cells[2:]]

awkward = ['a|b', 'a_b_c', '50% & more', '#1', '$x$ and $y$', '{a}', 'C:\\dir\\x', '~home', 'x^2', 'ViT--B---16',
    '[1] a', '*b*', '"q" and \'s\'', '`code`', '<b>&amp;</b>', 'modèle 船 ß', '1. a', '+ b', '=1+2', '-2', '@SUM(1)',
    '\\alpha', '\\_', 'a\\', '![x](http://y)', '| | |', 'a,,b', '%', '\\\\', '- - -', '2\\|3', 'http://a.org/x_y',
    '__init__', '\x1b[31mred']

@pytest.mark.parametrize('seed', [0, 1])
def test_names_come_back(seed):
    "Every name is in every format what it was, whatever it is made of, and stays in its cell."
    rng = random.Random(seed)
    letters = 'ab |&_%#${}\\~^*`<>[]-,;"\'=+@!:/()船é'
    mixed = [''.join(rng.choices(letters, k=rng.randint(2, 12))) for _ in range(30)]
    names = [*dict.fromkeys(' '.join(n.split()) for n in [*awkward, *mixed] if n.strip())]
    found = Results({n:result(.3+i/1000, model=str(i)) for i,n in enumerate(names)})
    clean = [n.replace('\x1b', '\\u001b') for n in names] # a terminal would obey it
    values = [f'{30+i/10:.1f}' for i in range(len(names))]
    for text,form in ((found.markdown(),'gfm'), (found.latex(),'latex')):
        rows,_ = pandoc(text, form)
        assert [row[0][0] for row in rows[1:]]==clean and [row[1][0] for row in rows[1:]]==values, form
        assert [row[1][1] for row in rows[1:]]==[False]*(len(names)-1)+[True], form
    assert [row[1].strip('*') for row in markdown_rows(found.markdown())[1:]]==values
    rows = [*csv.reader(io.StringIO(found.csv()))][1:]
    assert [row[0].removeprefix("'") if n[:1] in '=+-@' else row[0] for n,row in zip(clean, rows)]==clean
    assert not any(row[0][:1] in tuple('=+-@\t\r') for row in rows) # no spreadsheet takes it for a formula
    assert [float(row[1]) for row in rows]==pytest.approx([30+i/10 for i in range(len(names))])

# What is where ------------------------------------------------------------------------------------------------------

def test_rows_columns_and_the_best(tmp_path, capsys):
    "A row a model, a column a task; the best of each is bold, ties both, NaN never; nothing is compared with nothing."
    one = dict(task='coco', files='c')
    models = dict(a=[result(.4), result(.7, **one)], b=[result(.60004, model='n'), result(None, model='n', **one)],
        c=[result(.59996, model='o'), result(float('nan'), model='o', **one)],
        d=[result(.1, model='p', task='ade', files='d')])
    for name,(first,*rest) in models.items(): write(tmp_path/name, **{r['task']:r for r in (first, *rest)})
    rows,notes = pandoc(said(capsys, tmp_path, '--format', 'latex').out, 'latex')
    assert [c for c,_ in rows[0]]==['', 'coco mIoU', 'voc mIoU', 'ade mIoU']
    bold = [[f'{c}!' if b else c for c,b in row] for row in rows[1:]]
    assert bold==[['a','70.0','40.0','–'], ['b','–','60.0!','–'], ['c','–','60.0!','–'], ['d','–','–','10.0']]
    lines = said(capsys, tmp_path).out
    assert [c.strip() for c in markdown_rows(lines)[2]]==['b', '–', '60.0*', '–'] and lines.count('protocol')==3
    assert sum('voc: protocol clippy (pppppp), 9 images' in note for note in notes)==1

def test_smaller_is_better():
    "Of a gap the one that is nearest to 0 is the best; a result says which of its numbers are gaps."
    def birds(model, gap, mine): return result(model=model, primary='delta_landbird',
        numbers=dict(delta_landbird=gap, mine=mine), smaller=['delta_landbird','mine'])
    found = dict(a=birds('a', -.02, .3), b=birds('b', .30, .2), c=birds('c', .019, .1))
    best = lambda **kw: [[c.best for c in row] for row in Results(found, metrics='delta_landbird,mine', **kw).body]
    assert best()==[[False,False], [False,False], [True,True]]
    for r in found.values(): del r['smaller'] # an older result
    assert best()==[[False,True], [False,False], [True,False]]
    assert '$-$2.0' in Results(found).latex() and '**1.9**' in Results(found).markdown()

def test_the_tasks_say_what_is_smaller():
    "Gaps of the package's own tasks, and what is right without the thing."
    from clippy.eval import all_tasks
    known = {k:t.smaller for k,t in all_tasks().items() if t.smaller}
    assert {'waterbirds','birds','imagenet9'}=={*known} and 'bg_gap' in known['imagenet9']
    assert 'delta_waterbird' in known['birds'] and 'worst_group' not in known['birds']

def test_other_protocols_and_images_are_other_columns():
    "Numbers stand in one column only if they answer one question; below it is said how each came about."
    tcl = dict(protocol=dict(name='tcl'), protocol_hash='q'*16)
    part = dict(images=dict(seen=4, found=9, whole=False), count=4, files='g'*16)
    found = Results(dict(a=[result()], b=result(.6, model='n', **tcl), c=result(.7, model='o', **part)))
    assert [*found.head]==['voc mIoU (clippy, 1)', 'voc mIoU (tcl)', 'voc mIoU (clippy, 2)']
    assert not any(c.best for row in found.body for c in row)
    below = '\n'.join(found.below())
    assert 'voc (tcl): protocol tcl (qqqqqq), 9 images' in below and '4 of 9 images, data gggggg' in below
    head = next(csv.reader(io.StringIO(found.csv())))
    assert 'tcl (qqqqqq)' in head[2] and '4 of 9' in head[3]
    mixed = Results(dict(a=result(), b=result(.6, model='n', precision='bf16')))
    assert 'voc: the precision is not the same for all (a: fp32, b: bf16)' in mixed.below()

def test_the_same_model_twice(tmp_path, capsys):
    "Two numbers of one model, task and protocol are both shown and both told; the same number is shown once, and told."
    write(tmp_path, a=result(), b=result(.6, precision='bf16'), c=result())
    out = said(capsys, tmp_path, '--format', 'markdown')
    rows = [[c.strip('*') for c in row] for row in markdown_rows(out.out)[1:]]
    assert rows==[[tmp_path.name,'50.0'], [f'{tmp_path.name} (2)','60.0']]
    assert re.search(r'\(2\), voc: from \S+b\.json, and .* from \S+a\.json', out.out) and 'other precision' in out.out
    assert re.search(r'c\.json holds the same numbers as \S+a\.json', out.err)

def test_a_row_has_the_name_of_its_model(tmp_path, capsys):
    "Also where a file is called after the task, or two of them lie in one folder; a typed name counts more."
    folder = write(tmp_path/'try', voc=result(name='scenes'), one=result(.6, name='scenes', task='coco', files='g'),
        avg=result(.3, model='n', name='scenes-avg'))
    def names(*args): return [row[0] for row in markdown_rows(said(capsys, *args).out)[1:]]
    assert names(folder)==names(*sorted(folder.glob('*.json')))==['scenes-avg','scenes']
    assert names(f'ours={folder}/voc.json', folder/'one.json')==['ours','scenes']
    write(tmp_path/'old', voc=result(.2, model='o', name='scenes'))
    write(tmp_path/'old', b=result(.1, model='q', name='scenes'))
    assert {*names(folder, tmp_path/'old')}=={'scenes-avg', f'{folder}/one', f'{tmp_path}/old', f'{tmp_path}/old/b'}

def test_a_path_that_is_empty_is_no_folder(tmp_path, capsys, monkeypatch):
    "A shell's variable that is not set makes one, and the working directory is not meant."
    monkeypatch.chdir(write(tmp_path, a=result(), b=result(.6, model='')))
    for typed,says in {'':'path is empty', 'ours=':'path is empty', ' ':'path is empty', '=a.json':'NAME=PATH'}.items():
        assert says in said(capsys, typed, code=1).err
    assert 'Name results' in said(capsys, code=1).err
    write(tmp_path, **{'x=y':result()}) # a file may be called so
    assert [row[0] for row in markdown_rows(said(capsys, 'x=y.json', 'c=b.json').out)]==['model','x=y','c']
    bare = [result(v, model='', config=dict(pooling=p)) for v,p in ((.1,'a'), (.2,'b'))] # no hash of the weights
    assert [name for name, in Results(dict(a=bare)).labels]==['a','a (2)']

def test_no_row_takes_the_name_of_another():
    "A model that is called as a second answer would be keeps its row, and so does the answer."
    twice = [result(.1), result(.2)]
    for found in ({'a':twice, 'a (2)':result(.3, model='n')}, {'a (2)':result(.3, model='n'), 'a':twice}):
        values = {name:cells[0].value for (name,),cells in zip(Results(found).labels, Results(found).body)}
        assert values=={'a':10, 'a (3)':20, 'a (2)':30}

def test_intervals_and_metrics(tmp_path, capsys):
    "Intervals stand beside the numbers if they are asked for, and only where there are any."
    write(tmp_path, a=result(), b=result(.6, model='n', intervals={}))
    args = tmp_path, '--metrics','miou,pixel_accuracy', '--intervals'
    rows,_ = pandoc(said(capsys, *args, '--format','latex').out, 'latex')
    assert [[c for c,_ in row] for row in rows[1:]]==[['a','50.0 (45.0 to 55.0)','90.0'], ['b','60.0','90.0']]
    rows = [*csv.reader(io.StringIO(said(capsys, *args, '--format','csv').out))]
    assert len(rows[0])==7 and rows[1][1:4]==['50.0','45.0','55.0'] and rows[2][1:4]==['60.0','','']
    assert '45' not in said(capsys, tmp_path).out
    assert "Did you mean pixel_accuracy" in said(capsys, tmp_path, '--metrics','pixel_acuracy', code=1).err

def test_classes():
    "A row a class, a column a model, best of each row in bold, the number of all below; names are text here too."
    iou = lambda **kw: dict(details=dict(iou=kw))
    js = result(model='o', task='coco-js', primary='js_regions', numbers=dict(js_regions=.3),
        details=dict(by_class=dict(cat=dict(regions=2, js=.25))))
    two = result(.4, model='n', **iou(boat=.6, cat=.1))
    found = Results(dict(m_1=result(**iou(boat=.5, **{'a_&_b':None})), m_2=two, js=js), per_class=True)
    expected = [('voc','boat','50.0','60.0','–'), ('voc','a_&_b','–','–','–'), ('voc','cat','–','10.0','–'),
        ('voc','all: mIoU','50.0','40.0','–'), ('coco-js','cat','–','–','25.0'),
        ('coco-js','all: js regions','–','–','30.0')]
    for text,form in ((found.markdown(),'gfm'), (found.latex(),'latex')):
        rows,_ = pandoc(text, form)
        assert [c for c,_ in rows[0]]==['task','class','m_1','m_2','js']
        assert [tuple(c for c,_ in row) for row in rows[1:]]==expected
        bold = [[j for j,(_,b) in enumerate(row) if b] for row in rows[1:]]
        assert bold==[[3], [], [], [2], [], []]
    rows = [*csv.reader(io.StringIO(found.csv()))]
    assert rows[1][0].startswith('voc [protocol clippy (pppppp)') and rows[1][2:]==['50.0','60.0','']

def test_a_frame():
    "pandas has the numbers of the table, NaN where there is none, and reads the same from the CSV."
    found = Results(dict(a=result(1/3), b=result(None, model='n')), metrics='all', intervals=True)
    frame = found.frame()
    assert [*frame.index]==['a','b'] and [*frame.columns][:3]==['voc mIoU','voc mIoU, low','voc mIoU, high']
    np.testing.assert_allclose(frame.iloc[:,:3], [[100/3,45,55], [np.nan]*3], atol=1e-4)
    read = pd.read_csv(io.StringIO(found.csv()), index_col=0)
    np.testing.assert_allclose(read, frame)
    assert all(kind==float for kind in read.dtypes) and 'protocol clippy' in frame.attrs['notes'][0]
    classes = Results(dict(a=result(details=dict(iou=dict(boat=.5)))), per_class=True).frame()
    assert classes.loc[('voc','boat'),'a']==50

# Files --------------------------------------------------------------------------------------------------------------

def test_folders(tmp_path, capsys):
    "A folder is searched: other JSON is counted, broken files and failed evaluations are named."
    write(tmp_path/'max', voc=result(), coco=result(.3, task='coco'))
    failed = dict(task='coco', numbers={}, failed='no disk')
    run = dict(options=dict(batch_size=2), curve=[], results=[result(.2, model='r'), failed, dict(task='ade')])
    write(tmp_path/'logs/mine', metrics=run, config=dict(a=1))
    write(tmp_path/'logs/mine/model', config=dict(b=1))
    (tmp_path/'half.json').write_text('{"task": "voc", "numb')
    (tmp_path/'latin.json').write_bytes(b'{"a": "\xe9"}')
    write(tmp_path, odd=result() | dict(numbers=[1]))
    out = said(capsys, tmp_path)
    rows = [[c.strip(' *') for c in row] for row in markdown_rows(out.out)[1:]]
    assert rows==[['mine','20.0','–'], ['max','50.0','30.0']]
    told = ('2 JSON files without results', 'half.json is not JSON', 'latin.json is not text',
        'odd.json is no result', 'its numbers cannot be used', 'metrics.json: coco could not be measured (no disk)',
        'metrics.json is no result of `clippy eval`: it has no numbers')
    assert [text for text in told if text not in out.err]==[]
    for file,text in {'half.json':'not JSON', 'odd.json':'cannot be used', 'logs/mine/config.json':'holds no result',
        'none.json':'There is no result'}.items():
        assert text in said(capsys, tmp_path/'max', tmp_path/file, code=1).err # who names a file means it
    assert 'There are no results' in said(capsys, tmp_path/'logs/mine/model', code=1).err

@pytest.mark.parametrize('junk', [None, 3, -1.5, 'x', [], [1], {}, {'a':'b'}, [{}], True, 10**400, float('inf')])
def test_damaged_fields(tmp_path, capsys, junk):
    "A result with any field of another kind is a table or one sentence, never a traceback; classes as well."
    classes = dict(details=dict(iou=dict(a=.5, b=junk), by_class=junk))
    for k in (*result(), 'resampled','smaller','config','words'):
        write(tmp_path, a=result(**classes) | {k:junk}, b=result(model='n'))
        for args in ([], ['--intervals','--metrics','all'], ['--per-class']):
            code = cli(['results', str(tmp_path/'a.json'), str(tmp_path/'b.json'), *args])
            out = capsys.readouterr()
            assert code in (0,1) and len(out.err.splitlines())<=code and 'Traceback' not in out.err, (k, junk)

def test_names_of_rows(tmp_path, capsys):
    "A row is called as its file or folder, two models of one name get their paths, and NAME=PATH is what was typed."
    write(tmp_path/'x/max', voc=result())
    write(tmp_path/'y/max', voc=result(.6, model='n'))
    write(tmp_path/'z/mine/model', manifest=dict(options={}, results=[result(model='o')]))
    names = lambda *args: [row[0] for row in markdown_rows(said(capsys, *args, '--format','markdown').out)[1:]]
    assert [n[-5:] for n in names(tmp_path)]==['x/max','y/max','mine']
    assert names(f'our_s={tmp_path}/x', f'b={tmp_path}/y/max/voc.json')==['our_s','b']
    (tmp_path/'a=b').mkdir()
    write(tmp_path/'a=b', r=result())
    assert names(tmp_path/'a=b')==['r']

def test_written_files(tmp_path, capsys):
    "The end of --out is the format; an older table is replaced, which is said; nothing else is written over."
    write(tmp_path, a=result(), b=result(.6, model='n'))
    files = tmp_path/'a.json',tmp_path/'b.json'
    begins = {'md':'| model', 'csv':'model,', 'tex':r'\begin{table}', 'txt':'| model'}
    for end,start in begins.items():
        assert 'older' not in said(capsys, *files, '--out', tmp_path/f't.{end}').out
        assert (tmp_path/f't.{end}').read_text().startswith(start)
    assert 'in place of an older one' in said(capsys, *files, '--out', tmp_path/'t.md').out
    before = files[0].read_text()
    assert 'ends in .txt' in said(capsys, *files, '--out', files[0], code=1).err and files[0].read_text()==before
    assert 'no folder for' in said(capsys, *files, '--out', tmp_path/'no/t.md', code=1).err
    assert 'Did you mean latex' in said(capsys, *files, '--format', 'latec', code=1).err

def test_notes_of_the_data_are_below():
    "What is odd about the data stands below the table, once; what only one model has, with its name."
    odd = lambda *notes: dict(details=dict(notes=list(notes)))
    two = result(.6, model='n', **odd('1 hidden file'))
    found = Results(dict(a=result(**odd('1 hidden file','same_vector')), b=two))
    assert found.below()[2:]==['voc: 1 hidden file', 'voc, a: same_vector']
    assert r'same\_vector' in found.latex() and '1 hidden file' in found.plain()
