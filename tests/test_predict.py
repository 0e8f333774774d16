"Prediction as users do it: any picture, many threads, whole folders, and what goes wrong."
import io, json, os, subprocess, sys, threading, warnings
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np, pytest, torch
from hypothesis import given, settings, strategies as st
from PIL import Image

import clippy
from clippy import answers as A, asked as Q, folders as F, predict as P
from clippy.cli import cli
from clippy.model import create_model
from clippy.scenes import Scenes, captions
from clippy.stream import RemoteFile

words = ['boat','flower','cat','house']

@pytest.fixture(scope='module')
def model(): return create_model('clippy-scenes', captions=captions(500), seed=3).eval()

@pytest.fixture(scope='module')
def saved(model, tmp_path_factory): return model.save(tmp_path_factory.mktemp('model')/'m')

@pytest.fixture(scope='module')
def picture(): return Image.fromarray(Scenes(2, seed=1, size=128)[1].image).crop((0,0,128,96))

def same(a, b): return np.array_equal(a.mask, b.mask) and np.allclose(a.scores, b.scores, atol=1e-5)

@pytest.mark.parametrize('mode', ['RGB','RGBA','L','LA','P','1','CMYK','I;16','F','YCbCr','HSV'])
def test_modes(model, picture, mode):
    "Every kind of Pillow image gives an answer of its own size."
    first = picture.convert('L') if mode in ('LA','P','F') else picture
    image = Image.fromarray(np.asarray(picture.convert('L')).astype(np.uint16)*257) if mode=='I;16' else first.convert(mode)
    seg = model.segment(image, words)
    assert seg.mask.shape==seg.scores.shape==(96,128) and seg.image.mode=='RGB' and 1<=seg.mask.min()<=seg.mask.max()<=4

@pytest.mark.parametrize('turn', range(1,9))
def test_orientation(model, picture, turn, tmp_path):
    "A photograph is seen as it is shown."
    image = picture.copy()
    exif = image.getexif(); exif[0x0112] = turn
    image.save(tmp_path/'p.png', exif=exif)
    shown = {1:None, 2:0, 3:3, 4:1, 5:5, 6:4, 7:6, 8:2}[turn] # numbers of Pillow's transpositions
    upright = picture if shown is None else picture.transpose(Image.Transpose(shown))
    assert same(model.segment(tmp_path/'p.png', words), model.segment(upright, words))

@pytest.mark.parametrize('size', [(1,1),(3,200),(200,3),(65,63),(640,480)])
def test_sizes(model, size):
    seg = model.segment(Image.new('RGB', size, 'red'), words)
    assert seg.mask.shape==size[::-1] and seg.with_legend().width>=320
    assert model.similarity(Image.new('RGB', size), 'a boat').map.shape==size[::-1]
    if min(size)>8: assert model.group(Image.new('RGB', size), 3).mask.shape==size[::-1]

def test_many_are_as_one(model, picture):
    images = [picture, picture.resize((50,90)), picture.rotate(180), np.asarray(picture)[:40]]
    for batch in (1,3,8):
        assert all(same(a, model.segment(i, words)) for a,i in zip(model.segment(images, words, batch_size=batch), images))
    assert model.segment([], words)==[] and model.classify([], words)==[]
    assert [o.best for o in model.classify(images, words)]==[model.classify(i, words).best for i in images]
    maps = model.similarity(images, ['a boat','a cat'])
    assert len(maps)==4 and [m.text for m in maps[0]]==['a boat','a cat']

def test_words_compete(model, picture):
    seg = model.segment(picture, words[:2], background=words[2:])
    plain = model.segment(picture, words)
    assert np.array_equal(seg.mask, np.where(plain.mask>2, 0, plain.mask)) and seg.labels==['other','boat','flower']
    assert not model.segment(picture, words, threshold=1.1, other='nothing').mask.any()
    t = float(np.median(plain.scores))
    assert np.array_equal(model.segment(picture, words, threshold=t).mask, np.where(plain.scores<t, 0, plain.mask))

def test_threads(model, picture):
    "A server's threads get what they would get alone."
    images = [picture.rotate(a) for a in range(0,360,30)]
    asked = [words[i%3:]+[f'word {i%5}'] for i in range(12)]
    alone = [model.segment(i, w) for i,w in zip(images, asked)]
    P._kept.clear()
    with ThreadPoolExecutor(8) as pool: together = [*pool.map(model.segment, images, asked)]
    assert all(same(a, b) for a,b in zip(alone, together))

def test_vectors_follow_training(picture):
    model = create_model('clippy-scenes', captions=captions(500)).eval()
    before = model.word_vectors(words).clone()
    with torch.no_grad():
        for p in model.text.parameters(): p.mul_(1.5)
    assert not torch.allclose(model.word_vectors(words), before)
    with pytest.raises(ValueError, match='training mode'): model.train().segment(picture, words)

def _file(data): return lambda d: ((d/'f.png').write_bytes(data), d/'f.png')[1]
def _png(image):
    image.save(b := io.BytesIO(), 'PNG')
    return b.getvalue()

whole = _png(Image.fromarray(np.random.RandomState(0).randint(0,255,(50,50,3),np.uint8)))
@pytest.mark.parametrize('source,said', [
    (_file(b''), '0 bytes'), (_file(b'no picture'), 'no image that Pillow can read'), (_file(whole[:len(whole)//2]), 'truncated'),
    (lambda d: d/'none.png', 'There is no image'), (lambda d: d, 'There is no image'), (lambda d: None, 'not NoneType'), (lambda d: np.zeros((0,4,3)), 'is no image'),
    (lambda d: np.full((4,4,3), 300), r'in \[0,255\]'), (lambda d: torch.full((3,4,4), float('nan')), r'in \[0,1\]'), (lambda d: torch.zeros(2,3,4,4), 'is no image'),
    (lambda d: Image.new('1', (9000,9000)), 'make it smaller'), (_file(_png(Image.new('1', (9000,9000)))), 'make it smaller'), (_file(_png(Image.new('1', (20000,20000)))), 'million pixels'),
    (lambda d: Image.new('L', (1,30000)), 'more than 16384'), (lambda d: 'http://127.0.0.1:9/none.png', 'cannot be read|could not be read')],
    ids='empty text truncated missing folder none no-pixels range nan batch huge huge-file bomb long unreachable'.split())
def test_bad_pictures(model, source, said, tmp_path, monkeypatch):
    monkeypatch.setattr('clippy.stream.RemoteFile', partial(RemoteFile, tries=1, wait=0))
    with pytest.raises((ValueError,OSError), match=said): model.segment(source(tmp_path), words)

@pytest.mark.parametrize('ask,said', [
    (lambda m,p: m.segment(p, []), 'at least one'), (lambda m,p: m.segment(p, 'cat'), 'Labels are a list'), (lambda m,p: m.segment(p, ['cat','cat']), 'more than once'),
    (lambda m,p: m.segment(p, ['cat'], background=['cat']), 'more than once'), (lambda m,p: m.segment(p, ['']), 'is empty'), (lambda m,p: m.segment(p, map(str, range(300))), 'room for 255'),
    (lambda m,p: m.segment(p, ['other']), 'none of the labels'), (lambda m,p: m.segment(p, ['cat'], templates='poem'), 'no set of sentences'), (lambda m,p: m.segment(p, ['cat'], size=-1), 'not -1'), (lambda m,p: m.group(p, 0), 'from 1 to 255'),
    (lambda m,p: m.group(p, 200), 'fewer groups'), (lambda m,p: m.similarity(p, ''), 'is empty'), (lambda m,p: m.classify(p, []), 'at least one')])
def test_bad_questions(model, picture, ask, said):
    with pytest.raises(ValueError, match=said): ask(model, picture)

def test_unknown_label(model, picture):
    with pytest.raises(KeyError, match='not asked for'): model.segment(picture, words)['dog']

def test_address(model, picture, tmp_path):
    picture.save(tmp_path/'a.png')
    handler = type('Quiet', (SimpleHTTPRequestHandler,), dict(log_message=lambda *a: None))
    server = ThreadingHTTPServer(('127.0.0.1',0), partial(handler, directory=tmp_path))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try: assert same(model.segment(f'http://127.0.0.1:{server.server_port}/a.png?x=1', words), model.segment(picture, words))
    finally: server.shutdown(); server.server_close()

# Commands -----------------------------------------------------------------------------------------------------------------

env = dict(os.environ, OMP_NUM_THREADS='1', HF_HUB_OFFLINE='1')
def run(*args): return subprocess.run([sys.executable, '-c', 'import sys; from clippy.cli import cli; sys.exit(cli())', *map(str, args)], env=env, capture_output=True, text=True, timeout=120)

@pytest.fixture
def photos(tmp_path, picture):
    d = tmp_path/'photos'
    (d/'deep').mkdir(parents=True)
    for i,n in enumerate(('a.png','b.jpg','deep/a.jpg')): picture.rotate(90*i, expand=True).save(d/n)
    (d/'empty.png').touch(); (d/'notes.txt').write_text('not a picture')
    return d

def test_folder(photos, saved, tmp_path, capsys):
    "Every picture is answered or reported; a second time there is nothing to do."
    args = ['segment', photos, '-l','boat','-l','cat','-b','grass','-o',tmp_path/'out','-m',saved,'--explain']
    done = run(*args)
    assert done.returncode==1 and 'empty.png is empty' in done.stderr and '1 of 4 images' in done.stderr and 'Traceback' not in done.stderr
    lines = [json.loads(l) for l in (tmp_path/'out'/'answers.jsonl').read_text().splitlines()]
    assert lines[0]['labels']==['boat','cat'] and [l['picture'] for l in lines[1:]]==['a','b','deep/a'] and sum(r['area'] for r in lines[1]['regions'])==pytest.approx(1, abs=1e-3)
    assert {p.name for p in (tmp_path/'out'/'deep').iterdir()}=={'a.png','a_mask.png','a_boat.png','a_cat.png'}
    mask = Image.open(tmp_path/'out'/'b_mask.png')
    assert mask.mode=='P' and mask.size==(96,128) and set(np.unique(mask))<={0,1,2}
    (photos/'empty.png').unlink()
    before = (tmp_path/'out'/'a.png').stat().st_mtime_ns
    assert cli([*map(str, args)])==0 and (tmp_path/'out'/'a.png').stat().st_mtime_ns==before
    assert cli([*map(str, args), '-l','dog'])==1 and 'another question' in capsys.readouterr().err

def test_stopped_and_resumed(photos, saved, tmp_path, monkeypatch):
    (photos/'empty.png').unlink()
    add,n = F.AnswerFolder.add,iter(range(9))
    def dies(self, line):
        if next(n)==1: raise KeyboardInterrupt
        add(self, line)
    kw = dict(Label=['boat'], Out=str(tmp_path/'out'), Model=str(saved), batch_size=1)
    with monkeypatch.context() as m, pytest.raises(KeyboardInterrupt):
        m.setattr(F.AnswerFolder, 'add', dies)
        F.segment_files(str(photos), **kw)
    assert F.segment_files(str(photos), **kw)==0
    assert [json.loads(l).get('picture') for l in (tmp_path/'out'/'answers.jsonl').read_text().splitlines()]==[None,'a','b','deep/a']

def test_one_at_fault_takes_no_others(model, picture):
    "A picture that is read, but that the model cannot take."
    files = dict(a=picture, long=Image.new('L',(1,30000)), b=picture)
    (found,) = F.ask_in_batches(files, lambda some: model.segment(some, words))
    assert [type(o).__name__ for _,o in found]==['Segmentation','ValueError','Segmentation']

@pytest.mark.parametrize('args,code,said', [
    (['segment','a.png'], 1, 'at least one'), (['segment','none.png','-l','cat'], 1, 'no image none.png'), (['segment','a.png','b.png','-l','cat','-o','x.png'], 1, '2 images do not fit'),
    (['segment','a.png','-l','cat','--device','moon'], 1, "device 'moon'"), (['segment','a.png','-l','cat','-m','nowhere'], 1, 'no model at'), (['segment','--size','big'], 2, 'invalid int'), (['classify','a.png','-l','cat','-o','x.png'], 1, 'Labels are no image')])
def test_misuse(args, code, said, saved, picture, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path); picture.save('a.png'); picture.save('b.png')
    try: got = cli([*args, *([] if '-m' in args or args[1].startswith('--') else ['-m', str(saved)])])
    except SystemExit as e: got = e.code
    assert got==code and said in capsys.readouterr().err

def test_front_door(saved, picture): assert clippy.load(saved).segment(picture, words).mask.shape==(96,128)

# Precision ------------------------------------------------------------------------------------------------------------

def test_asked_inside_autocast(picture):
    "Words that were first asked for inside an autocast block give the same answers outside of it as in a fresh model."
    fresh,used = (create_model('clippy-scenes', captions=captions(500), seed=3).eval() for _ in range(2))
    with torch.autocast('cpu', torch.bfloat16): inside = used.classify(picture, words), used.segment(picture, words), used.similarity(picture, 'a boat')
    assert used.classify(picture, words)==fresh.classify(picture, words)
    assert same(used.segment(picture, words), fresh.segment(picture, words))
    assert np.array_equal(used.similarity(picture, 'a boat').map, fresh.similarity(picture, 'a boat').map)
    assert inside[0].keys()==set(words) and inside[1].mask.shape==(96,128) and inside[2].map.dtype==np.float32

@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_half_precision(picture, dtype):
    "A model in half precision answers everything, and nearly as it did in float32, also if float32 was asked first."
    model = create_model('clippy-scenes', captions=captions(500), seed=3).eval()
    before = model.classify(picture, words), model.segment(picture, words), model.similarity(picture, 'a boat')
    model.to(dtype)
    after = model.classify(picture, words), model.segment(picture, words), model.similarity(picture, 'a boat')
    assert max(abs(after[0][w]-before[0][w]) for w in words)<.02
    assert (after[1].mask==before[1].mask).mean()>.9 and np.abs(after[2].map-before[2].map).max()<.02
    assert model.group(picture, 4).mask.shape==(96,128)
    assert model.word_vectors(words).dtype==torch.float32

@pytest.mark.parametrize('where', ['image.norm.weight','text.2.linear.weight','image.pos_embed'])
@pytest.mark.parametrize('value', [float('nan'), float('inf')])
def test_damaged_model(picture, where, value):
    "A model with a weight that is no number gives a sentence and never an answer."
    model = create_model('clippy-scenes', captions=captions(500), seed=3).eval()
    with torch.no_grad(): model.get_parameter(where).view(-1)[0] = value
    asks = [lambda: model.classify(picture, words), lambda: model.segment(picture, words), lambda: model.similarity(picture, 'a boat')]
    if where.startswith('image'): asks.append(lambda: model.group(picture, 4))
    for ask in asks:
        with pytest.raises(ValueError, match='not finite'): ask()

# Nothing is lost ----------------------------------------------------------------------------------------------------------

def files_of(folder): return {p.relative_to(folder).as_posix():(p.read_bytes() if p.is_file() else b'') for p in folder.rglob('*') if not p.is_dir()}

@pytest.fixture
def asks(saved, monkeypatch, tmp_path):
    "A command in an empty folder: exit code and what was said."
    monkeypatch.chdir(tmp_path)
    def run(*args, model=saved):
        err = io.StringIO()
        monkeypatch.setattr(sys, 'stderr', err)
        try: code = cli([*map(str, args), '-m', str(model)])
        except SystemExit as e: code = e.code
        return code,err.getvalue()
    return run

@pytest.mark.parametrize('out', ['.', 'w', './w/../w', 'scene.png', 'w/scene.png', './w/./scene.png', 'soft.png', 'hard.png', 'way', 'way/scene.png'])
@pytest.mark.parametrize('command', ['segment','group'])
def test_originals_stay(command, out, asks, picture, tmp_path):
    "No answer is written over the picture that it is about, whatever way leads there."
    (tmp_path/'w').mkdir()
    for p in (tmp_path/'scene.png', tmp_path/'w/scene.png'): picture.save(p)
    (tmp_path/'soft.png').symlink_to('w/scene.png'); (tmp_path/'hard.png').hardlink_to(tmp_path/'w/scene.png'); (tmp_path/'way').symlink_to('w')
    before = files_of(tmp_path)
    code,said = asks(command, 'w/scene.png' if 'w' in out or out in ('soft.png','hard.png') else 'scene.png', *(['-l','boat'] if command=='segment' else []), '-o', out)
    assert code==1 and 'would be lost' in said and 'Traceback' not in said and files_of(tmp_path)==before

@pytest.mark.parametrize('args', [['w','-o','w'], ['w','-o','.'], ['w/*.png','-o','w'], ['w/scene.png','-o','other.png'], ['w/scene.png','-o','other'], ['w/scene.png','-o','other','--explain'], ['w/scene.png','-o','new.png','--explain'], ['w/scene.png','-o','link']])
def test_other_pictures_stay(args, asks, picture, tmp_path):
    "Nor over any other picture, mask, link or list that is there and that is not an answer."
    for d in 'w','other','link': (tmp_path/d).mkdir()
    for p in 'w/scene.png','scene.png','other.png','new_boat.png': picture.save(tmp_path/p)
    if '--explain' in args: picture.save(tmp_path/'other/scene_boat.png')
    else: picture.save(tmp_path/'other/scene.png')
    (tmp_path/'link/scene.png').symlink_to(tmp_path/'gone.png')
    before = files_of(tmp_path)
    code,said = asks('segment', *args, '-l', 'boat')
    assert code==1 and ('would be lost' in said or 'the folder of the images themselves' in said) and files_of(tmp_path)==before

@pytest.mark.parametrize('text', ['my own notes\n', '[1]\n', '{"mine": 1}\n', '{"picture": "a"}\n'])
def test_lists_of_others_stay(text, asks, picture, tmp_path):
    picture.save(tmp_path/'a.png'); (tmp_path/'out').mkdir(); (tmp_path/'out/answers.jsonl').write_text(text)
    before = files_of(tmp_path)
    for command in (['segment'], ['classify','-l','cat']):
        code,said = asks(*command, 'a.png', '-l', 'boat', '-o', 'out')
        assert code==1 and ('not written by clippy' in said or 'another question' in said) and files_of(tmp_path)==before

def test_answers_may_be_replaced(asks, picture, tmp_path):
    "A file that is an earlier answer gives way; a link to one is replaced and what it leads to stays; `./` changes nothing."
    picture.save(tmp_path/'a.png')
    for ending in 'png','jpg','webp','tif':
        assert asks('segment', 'a.png', '-l', 'boat', '-o', f'./out.{ending}')[0]==asks('group', 'a.png', '-o', f'out.{ending}')[0]==0
    assert {p.name for p in tmp_path.iterdir()}=={'a.png','out.png','out.jpg','out.webp','out.tif'}
    (tmp_path/'link.png').symlink_to('out.png')
    old = (tmp_path/'out.png').read_bytes()
    assert asks('segment', 'a.png', '-l', 'boat,cat', '-o', 'link.png')[0]==0 and (tmp_path/'out.png').read_bytes()==old and not (tmp_path/'link.png').is_symlink()

@pytest.mark.parametrize('names,args', [(['x.png','x_mask.png'], []), (['x.png','x_boat.png'], ['--explain']), (['x.png','X.png'], []), (['caf\u00e9.png','cafe\u0301.png'], []), (['d/x.png','D/x.png'], []),
    (['x.png','x_mask.jpg'], []), (['x.png','x_Boat.png'], ['--explain']), (['n'*248+'.png'], []), (['n'*230+'.png'], ['--explain','-l','a'*300])], ids='mask heat case accents folder ending heat-case long long-label'.split())
def test_no_two_answers_in_one_file(names, args, asks, picture, tmp_path):
    "Answers that would share a file, or have no name, are refused before the model is loaded."
    for n in names: (tmp_path/'in'/n).parent.mkdir(parents=True, exist_ok=True); picture.save(tmp_path/'in'/n)
    code,said = asks('segment', 'in', '-l', 'boat', '-o', 'out', *args, model='nowhere')
    assert code==1 and ('both be answered' in said or 'too long' in said) and not (tmp_path/'out').exists()

def test_every_label_has_its_file(asks, picture, tmp_path):
    "Labels in any alphabet, with signs only, called mask, or of 300 letters."
    picture.save(tmp_path/'scene.png')
    labels = ['лодка','кошка','mask','Mask','C++','C#','c','???','...','a b','a-b','../up','a'*300,'a'*299+'b','語'*100]
    assert asks('segment', 'scene.png', *(x for l in labels for x in ('-l',l)), '-o', 'out', '--explain')[0]==0
    found = {p.name for p in (tmp_path/'out').iterdir()}-{'answers.jsonl'}
    assert len({n.casefold() for n in found})==len(found)==len(labels)+2 and {'scene.png','scene_mask.png','scene_лодка.png','scene_кошка.png'}<=found
    assert Image.open(tmp_path/'out/scene_mask.png').mode=='P' and {p.name for p in tmp_path.iterdir()}=={'scene.png','out'}

def test_what_was_done_is_looked_at(saved, asks, picture, tmp_path):
    "A second call makes again what was deleted or is about another picture, and nothing else."
    (tmp_path/'in').mkdir()
    for i,n in enumerate('abc'): picture.rotate(90*i, expand=True).save(tmp_path/f'in/{n}.png')
    ask = lambda: asks('segment', 'in', '-l', 'boat,cat', '-o', 'out')[0]
    assert ask()==0
    first = files_of(tmp_path/'out')
    os.utime(tmp_path/'in/a.png') # a newer date is no other picture
    (tmp_path/'out/b_mask.png').unlink()
    stat = (tmp_path/'in/c.png').stat()
    picture.rotate(270, expand=True).save(tmp_path/'in/c.png'); os.utime(tmp_path/'in/c.png', ns=(stat.st_atime_ns,stat.st_mtime_ns))
    kept = (tmp_path/'out/a.png').stat().st_mtime_ns
    assert ask()==0
    now = files_of(tmp_path/'out')
    assert (tmp_path/'out/a.png').stat().st_mtime_ns==kept and now.keys()==first.keys() and now['b_mask.png']==first['b_mask.png'] and now['c_mask.png']!=first['c_mask.png']
    fresh = files_of(tmp_path/'fresh') if asks('segment', 'in', '-l', 'boat,cat', '-o', 'fresh')[0]==0 else {}
    assert {k:v for k,v in now.items() if k!='answers.jsonl'}=={k:v for k,v in fresh.items() if k!='answers.jsonl'}
    lines = [[json.loads(l) for l in o['answers.jsonl'].splitlines()] for o in (now,fresh)]
    assert lines[0][0]==lines[1][0] and sorted(lines[0][1:], key=lambda o: o['picture'])==lines[1][1:]

@pytest.mark.parametrize('command', [['segment','-l','boat'], ['group'], ['classify','-l','boat,cat']])
def test_a_model_retrained_in_place(command, asks, picture, tmp_path):
    "Other weights, or another size, under the same name are another question; the same weights under another name are not."
    picture.save(tmp_path/'a.png')
    create_model('clippy-scenes', captions=captions(200), seed=1).eval().save('M')
    assert asks(*command, 'a.png', '-o', 'out', model='M')[0]==0
    before = files_of(tmp_path/'out')
    os.rename('M', 'N')
    assert asks(*command, 'a.png', '-o', 'out', model='./N')[0]==0 and files_of(tmp_path/'out')==before
    create_model('clippy-scenes', captions=captions(200), seed=2).eval().save('M')
    code,said = asks(*command, 'a.png', '-o', 'out', model='M')
    assert code==1 and 'another question (weights)' in said and files_of(tmp_path/'out')==before
    config = json.loads((tmp_path/'N/config.json').read_text())
    (tmp_path/'N/config.json').write_text(json.dumps(config|dict(image_size=32)))
    assert 'image_size' in asks(*command, 'a.png', '-o', 'out', model='./N')[1] and files_of(tmp_path/'out')==before

def test_killed_while_writing(asks, picture, tmp_path, monkeypatch):
    "Neither half an image nor a list without its beginning stays behind."
    picture.save(tmp_path/'a.png')
    replace = os.replace
    def killed(new, path): # before it is in its place
        if str(path).endswith('.png'): raise KeyboardInterrupt
        replace(new, path)
    with monkeypatch.context() as m, pytest.raises(KeyboardInterrupt):
        m.setattr(os, 'replace', killed)
        asks('segment', 'a.png', '-l', 'boat', '-o', 'out')
    assert {p.name for p in (tmp_path/'out').iterdir()}=={'answers.jsonl'}
    assert asks('segment', 'a.png', '-l', 'boat', '-o', 'out')[0]==0
    assert {p.name for p in (tmp_path/'out').iterdir()}=={'a.png','a_mask.png','answers.jsonl'}

# Words and folders --------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('text,words', [('cat,boat', ['cat','boat']), ('cat; a  boat\n', ['cat','a boat']), ('"salt, pepper",cat', ['salt, pepper','cat']), (' "a;b" ; c', ['a;b','c']), ('"a ""b"""', ['a "b"']),
    ('5" disk,x', ['5" disk','x']), (',, ,', []), ('', []), (None, []), ('a\r\nb\r\n"c,\nd"\r\n', ['a','b','c, d'])])
def test_words(text, words): assert Q.words_of(text)==words

@pytest.mark.parametrize('text', ['"a', 'b,"a,c', '"a"b', '"a" "b"', ' "a'])
def test_quotes_in_pairs(text):
    with pytest.raises(ValueError, match='not in pairs'): Q.words_of(text)

@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(st.text(st.characters(exclude_categories=['Cs','Z','Cc'])|st.sampled_from(',;" '), min_size=1, max_size=9), max_size=5))
def test_any_words(words):
    "Words that are quoted as csv does come back as they were, but for their spaces."
    line = ','.join('"'+w.replace('"', '""')+'"' for w in words)
    assert Q.words_of(line)==[o for o in (' '.join(w.split()) for w in words) if o]

def test_commas_part_labels(asks, picture, tmp_path, capsys):
    "In every command that takes labels, and as the app does."
    from clippy.questions import words_of
    assert words_of is Q.words_of
    picture.save(tmp_path/'a.png')
    assert asks('classify', 'a.png', '-l', 'cat,boat', '-l', '"salt, pepper"')[0]==0
    assert set(json.loads(capsys.readouterr().out)['labels'])=={'cat','boat','salt, pepper'}
    assert asks('segment', 'a.png', '-l', 'cat,boat', '-b', 'grass,"sea, sky"', '-o', 'out')[0]==0
    asked = json.loads((tmp_path/'out/answers.jsonl').read_text().splitlines()[0])
    assert (asked['labels'],asked['background'])==(['cat','boat'],['grass','sea, sky'])
    for args,said in [(['-l','"cat'], 'not in pairs'), (['-l','cat,boat','-b','boat'], 'more than once'), (['-l',','], 'at least one'), (['-l','\udcff'], 'are no text')]:
        code,err = asks('segment', 'a.png', *args)
        assert code==1 and said in err

@pytest.mark.parametrize('args,said', [(['segment','a.png','-l','boat','--batch-size','0'], 'must be at least 1'), (['group','a.png','--batch-size','-2'], 'must be at least 1'), (['classify','a.png','-l','boat','--batch-size','0'], 'must be at least 1'),
    (['segment','-l','boat'], 'There are no images'), (['group'], 'There are no images'), (['classify','-l','boat'], 'There are no images'), (['segment','empty','-l','boat'], 'There are no images in empty'),
    (['segment','a.png','-l','boat','--explain'], '--out says where'), (['segment','a.png','-l','boat','-o','notes'], 'notes is a file')])
def test_nothing_to_do_is_said(args, said, asks, picture, tmp_path):
    picture.save(tmp_path/'a.png'); (tmp_path/'empty').mkdir(); (tmp_path/'notes').touch()
    code,err = asks(*args)
    assert code==1 and said in err and 'Traceback' not in err and {p.name for p in tmp_path.iterdir()}=={'a.png','empty','notes'}

def test_batches_of_none(model, picture):
    for ask in (partial(model.segment, labels=words), model.group, partial(model.classify, labels=words), partial(model.similarity, text='a')):
        with pytest.raises(ValueError, match='at least 1'): ask([picture], batch_size=0)

def test_what_a_folder_has_besides(asks, picture, tmp_path):
    "Pictures of every ending are looked at; what is hidden or no picture is left out, and said."
    kinds = 'a.gif','b.jfif','c.JPG','d.webp','e.ppm','deep/f.tif'
    for n in (*kinds, '.ipynb_checkpoints/a-checkpoint.png', '@eaDir/a.gif', '._a.png'):
        (tmp_path/'in'/n).parent.mkdir(parents=True, exist_ok=True)
        picture.save(tmp_path/'in'/n, format='JPEG' if n.endswith('jfif') else None)
    (tmp_path/'in/g.heic').touch(); (tmp_path/'in/h.heic').touch()
    (tmp_path/'in/again').symlink_to(tmp_path/'in')
    code,said = asks('group', 'in', '-o', 'in/out')
    names = {json.loads(l)['picture'] for l in (tmp_path/'in/out/answers.jsonl').read_text().splitlines()[1:]}
    assert code==0 and names=={'a','b','c','d','e','deep/f'}
    assert 'left out 2 .heic files, the folder .ipynb_checkpoints, the folder @eaDir, 1 hidden file.' in said
    again = asks('group', 'in', '-o', 'in/out') # its own answers are not among them
    assert again[0]==0 and again[1].splitlines()[0]==said.splitlines()[0]

# Answers, in plain numpy -----------------------------------------------------------------------------------------------

@pytest.fixture(scope='module')
def trained(): return clippy.load('scenes')

def plain_vectors(model, labels):
    "Cosines' other half: the mean of three sentences, of length 1."
    article = lambda w: 'an' if w[0] in 'aeiou' else 'a'
    with torch.no_grad(): v = np.stack([model.encode_text([w, f'{article(w)} {w}', f'a picture of {article(w)} {w}']).double().numpy().mean(0) for w in labels])
    return v/np.linalg.norm(v, axis=1, keepdims=True)

def plain_tokens(model, picture): # a square picture of whole patches, of the model's own size: `[h*w,D]`
    x = (np.asarray(picture, np.float32)/255-np.array(model.config.mean))/np.array(model.config.std)
    with torch.no_grad(): return model.proj(model.image.forward_features(torch.tensor(x).permute(2,0,1)[None].float()))[0,1:].double().numpy()

def softmax(z):
    e = np.exp(z-z.max(0))
    return e/e.sum(0)

@pytest.mark.parametrize('scale', [None, 1., 7., 100.])
def test_probabilities_by_hand(trained, scale):
    "A softmax of cosines times e to the model's logit scale, for a picture and for its pixels; another scale is another probability."
    model = trained if scale is None else clippy.load('scenes')
    if scale is not None:
        with torch.no_grad(): model.logit_scale.fill_(np.log(scale))
    scene = Image.fromarray(Scenes(3, seed=12, size=64)[2].image)
    tokens,vectors = plain_tokens(model, scene),plain_vectors(model, words)
    pooled,times = tokens.max(0),np.exp(model.logit_scale.item())
    p = softmax(times*vectors@pooled/np.linalg.norm(pooled))
    got = model.classify(scene, words)
    assert [got[w] for w in words]==pytest.approx(list(p), abs=2e-5) and list(got)==[words[i] for i in np.argsort(-p, kind='stable')]
    cosines = (vectors@(tokens/np.linalg.norm(tokens, axis=1, keepdims=True)).T).reshape(len(words), 8, 8)
    seg = model.segment(scene, words[:2], background=words[2:])
    at = (np.arange(64)+.5)/8-.5 # between the centres of the patches
    low = np.clip(at.astype(int), 0, 6); part = np.clip(at-low, 0, 1)
    w = np.zeros((64,8)); w[np.arange(64),low] = 1-part; w[np.arange(64),low+1] = part
    q = softmax(times*np.einsum('yh,xw,khw->kyx', w, w, cosines))
    assert np.abs(seg.scores-q.max(0)).max()<1e-4
    assert (seg.mask==np.array([1,2,0,0])[q.argmax(0)]).mean()>.999
    for t in .3,.5,.9:
        cut = model.segment(scene, words, threshold=t)
        sure = np.abs(q.max(0)-t)>1e-4
        assert (cut.mask==np.where(q.max(0)<t, 0, 1+q.argmax(0)))[sure].mean()>.999

@pytest.mark.parametrize('n', [2, 5, 8])
def test_the_largest_group_comes_first(trained, n):
    "Group 1 is the largest, and so on; which pixels belong together is what plain code finds."
    unlike = 0
    for i in range(4):
        scene = Image.fromarray(Scenes(4, seed=12, size=64)[i].image)
        tokens = plain_tokens(trained, scene)
        z = tokens-tokens.mean(0)
        axes = np.linalg.svd(z, full_matrices=False)[2][:n]
        reach = axes@z.T
        axes *= np.sign(reach[np.arange(n), np.abs(reach).argmax(1)])[:,None]
        scores = (tokens/np.linalg.norm(tokens, axis=1, keepdims=True)@axes.T).T.reshape(n, 8, 8)
        big = torch.nn.functional.interpolate(torch.tensor(scores)[None], size=(64,64), mode='bilinear')[0].numpy().argmax(0)
        got = trained.group(scene, n)
        sizes = [(got.mask==k).sum() for k in range(1, n+1)]
        assert sizes==sorted(sizes, reverse=True) and sum(sizes)==64*64
        for k in np.unique(big): assert len(np.unique(got.mask[big==k]))==1
        assert sizes==sorted(np.bincount(big.flat, minlength=n).tolist(), reverse=True)
        unlike += np.bincount(big.flat, minlength=n).tolist()!=sizes
        assert list(got.to_dict()['groups'].values())==sorted(got.to_dict()['groups'].values(), reverse=True)
    assert unlike # else the order of the components would do

@pytest.mark.parametrize('value', [float('nan'), 1e4])
def test_damaged_logit_scale(trained, picture, value):
    model = clippy.load('scenes')
    with torch.no_grad(): model.logit_scale.fill_(value)
    for ask in lambda: model.classify(picture, words), lambda: model.segment(picture, words):
        with pytest.raises(ValueError, match='Probabilities are not finite'): ask()

def test_labels_that_nothing_tells_apart(trained):
    "A warning names them; they share the probability, and the first has all pixels."
    scene = Image.fromarray(Scenes(3, seed=12, size=64)[2].image)
    one = trained.segment(scene, ['boat','cat'])
    with pytest.warns(UserWarning, match='same vector, .*: boat = Boat'): two = trained.segment(scene, ['boat','cat','Boat'])
    assert np.array_equal(one.mask, two.mask)
    with pytest.warns(UserWarning, match='boat = BOAT'): p = trained.classify(scene, ['cat','boat','BOAT'])
    assert p['boat']==pytest.approx(p['BOAT'], abs=1e-7)
    with warnings.catch_warnings():
        warnings.simplefilter('error') # words for the same answer may be alike, and others are not
        trained.segment(scene, ['boat'], background=['grass','Grass'])
        trained.classify(scene, words)

# What is shown and written ------------------------------------------------------------------------------------------------

def by_hand():
    mask = np.zeros((4,6), np.uint8); mask[1:3,2:5] = 1; mask[3,0] = 2; mask[0,5] = 2
    scores = np.linspace(.1, .9, 24, dtype=np.float32).reshape(4,6)
    return A.Segmentation(Image.new('RGB', (6,4), (90,90,90)), ['other','boat','cat','dog'], mask, scores)

def test_regions_by_hand():
    "Share, box and score of a label, counted pixel by pixel."
    seg = by_hand()
    boat,cat,dog = seg['boat'],seg['cat'],seg['dog']
    assert (boat.area, cat.area, dog.area)==(6/24, 2/24, 0)
    assert (boat.box, cat.box, dog.box)==((2,1,5,3), (0,0,6,4), None)
    assert boat.score==pytest.approx(np.mean([seg.scores[y,x] for y in (1,2) for x in (2,3,4)])) and cat.score==pytest.approx((seg.scores[3,0]+seg.scores[0,5])/2) and dog.score==0
    assert seg.to_dict()==dict(size=(6,4), regions=[dict(label='other', area=round(16/24,5), score=pytest.approx(float(seg.scores[seg.mask==0].mean()), abs=1e-4), box=(0,0,6,4)),
        dict(label='boat', area=.25, score=pytest.approx(boat.score, abs=1e-4), box=(2,1,5,3)), dict(label='cat', area=round(2/24,5), score=pytest.approx(cat.score, abs=1e-4), box=(0,0,6,4))])
    assert repr(seg)=='Segmentation(other 66.7%, boat 25.0%, cat 8.3%)' and [r.label for r in seg]==['other','boat','cat','dog']

def test_colours_of_a_mask(tmp_path):
    "Each number has the colour of its entry in the legend, the largest first, and the mask that is written has the numbers."
    seg = by_hand()
    over = np.asarray(seg.overlay(1.))
    assert len({tuple(c) for c in A.colours()[:40].tolist()})==40
    for k in range(3): assert (over[seg.mask==k]==A.colours()[k]).all()
    half = np.asarray(seg.overlay(.5)).astype(int)
    assert np.abs(half-(A.colours()[seg.mask].astype(int)+90)/2).max()<=1
    shown = np.asarray(seg.with_legend())
    column = [tuple(c) for c in shown[4*-(-320//6):,4].tolist()]
    order = [k for _,k in sorted((column.index(tuple(A.colours()[k].tolist())), k) for k in range(3))]
    assert order==[0,1,2] and tuple(A.colours()[3].tolist()) not in column and shown.shape[1]==6*54
    assert np.array_equal(np.asarray(Image.open(seg.save_mask(tmp_path/'m.png'))), seg.mask)
    few = A.Grouping(seg.image, np.where(seg.mask==1, 2, 1).astype(np.uint8))
    assert few.to_dict()==dict(size=(6,4), groups={1:.75, 2:.25}) and repr(few)=='Grouping(2 groups)'

def test_heat_map_by_hand(trained):
    "Cosines with the text as it is, between the centres of patches; black is the least and white the most."
    scene = Image.fromarray(Scenes(3, seed=12, size=64)[1].image)
    tokens = plain_tokens(trained, scene)
    with torch.no_grad(): vectors = [trained.encode_text([t]).double().numpy()[0] for t in ('a boat on the sea','cat')]
    at = (np.arange(64)+.5)/8-.5
    low = np.clip(at.astype(int), 0, 6); part = np.clip(at-low, 0, 1)
    w = np.zeros((64,8)); w[np.arange(64),low] = 1-part; w[np.arange(64),low+1] = part
    want = [w@((tokens/np.linalg.norm(tokens, axis=1, keepdims=True)@v).reshape(8,8))@w.T for v in vectors]
    maps = trained.similarity(scene, ['a boat on the sea','cat'])
    for m,x,t in zip(maps, want, ('a boat on the sea','cat')):
        assert m.text==t and np.abs(m.map-x).max()<1e-4
        assert np.abs(m.mask-(x-x.min())/(x.max()-x.min())*255).max()<1.1 and m.mask.flat[x.argmax()]>253 and m.mask.flat[x.argmin()]<2
        bright = np.asarray(m.overlay(1.)).astype(int).sum(2)
        assert bright.flat[x.argmax()]>600 and bright.flat[x.argmin()]<60
    assert np.abs(trained.similarity(scene, 'cat').map-want[1]).max()<1e-4
    assert not A.HeatMap(scene, 'flat', np.full((4,4), .3, np.float32)).mask.any()

def test_vectors_are_kept_by_words_and_sentences(trained):
    "Asked again, the same; with other sentences, other words or another order, what a model without a memory says."
    ask = [(('cat','boat'), P.plain), (('boat','cat'), P.plain), (('cat','boat'), ('{}',)), (('cat',), P.plain), (('cat','boat'), ('a {} at night',))]
    P._kept.clear()
    for _ in range(2):
        for words_,sentences in ask:
            with torch.no_grad(): plain = [np.mean([trained.encode_text([s.format(w) if 'a(n)' not in s else s.replace('a(n)', 'a').format(w)]).double().numpy()[0] for s in sentences], 0) for w in words_]
            got = trained.word_vectors(words_, sentences).double().numpy()
            assert np.abs(got-[v/np.linalg.norm(v) for v in plain]).max()<1e-5
            assert trained.word_vectors(words_, sentences) is trained.word_vectors(list(words_), sentences)

def test_arrays_mean_what_their_type_says():
    x = np.arange(48, dtype=np.uint8).reshape(4,4,3)*5
    deep = (x.astype(int)*256+x).astype(np.uint16)
    half = torch.tensor(x[...,0]/255).to(torch.bfloat16)
    for array,want in [(deep, x), (x[...,0]>99, np.repeat((x[...,:1]>99)*np.uint8(255), 3, 2)), ((x+.4)/255.5, np.round((x+.4)/255.5*255)), (x[...,:1], np.repeat(x[...,:1], 3, 2)), (torch.tensor(x).permute(2,0,1), x), (x[:3,:3], x[:3,:3]), (torch.tensor(x[:3,:3]), x[:3,:3].transpose(1,2,0)), (half, np.repeat((half.float().numpy()*255).round()[...,None], 3, 2))]:
        assert np.array_equal(np.asarray(P.read_image(array)), want), (array.dtype, array.shape)
    clear = np.dstack([x, np.full((4,4), 51, np.uint8)])
    assert np.abs(np.asarray(P.read_image(clear)).astype(int)-(x*.2+255*.8)).max()<=1

@pytest.mark.parametrize('options', [dict(), dict(threshold=.6), dict(size=48), dict(templates='a {} at night'), dict(background=['grass','sea'])], ids='none threshold size templates background'.split())
def test_commands_answer_as_methods_do(options, trained, tmp_path, monkeypatch):
    "Every option of a command reaches the model, and each file holds the answer that its name says."
    Image.fromarray(Scenes(3, seed=12, size=96, n_things=2)[2].image).save(tmp_path/'a.png')
    labels,kw = ['boat','flower','cat'],dict(options, background=options.get('background', ()))
    args = [x for k,v in options.items() for x in ([f'--{k}', str(v)] if k!='background' else ['-b', ','.join(v)])]
    assert cli(['segment', str(tmp_path/'a.png'), '-l', ','.join(labels), '-m', 'scenes', '-o', str(tmp_path/'out'), '--explain', *args])==0
    seg,look = trained.segment(tmp_path/'a.png', labels, **kw),{k:v for k,v in options.items() if k=='size'}
    plain = trained.segment(tmp_path/'a.png', labels)
    read = lambda n: np.asarray(Image.open(tmp_path/f'out/{n}.png'))
    assert np.array_equal(read('a_mask'), seg.mask) and np.array_equal(read('a'), seg.with_legend())
    if options: assert not np.array_equal(seg.mask, plain.mask) or not np.array_equal(seg.scores, plain.scores)
    for o in labels: assert np.array_equal(read(f'a_{o}'), trained.similarity(tmp_path/'a.png', o, **look).with_legend())
    line = json.loads((tmp_path/'out/answers.jsonl').read_text().splitlines()[1])
    assert line['regions']==json.loads(json.dumps(seg.to_dict()['regions'])) and line['size']==[96,96]

def test_the_other_commands_answer_as_methods_do(trained, tmp_path, capsys):
    picture = Image.fromarray(Scenes(3, seed=12, size=96, n_things=2)[2].image)
    picture.save(tmp_path/'a.png')
    assert cli(['group', str(tmp_path/'a.png'), '-n', '5', '--size', '48', '-m', 'scenes', '-o', str(tmp_path/'g')])==0
    assert np.array_equal(np.asarray(Image.open(tmp_path/'g/a_mask.png')), trained.group(picture, 5, size=48).mask)
    assert np.array_equal(np.asarray(Image.open(tmp_path/'g/a.png')), trained.group(picture, 5, size=48).with_legend())
    capsys.readouterr()
    assert cli(['classify', str(tmp_path/'a.png'), '-l', 'boat,cat', '--size', '48', '--templates', 'a {} at night', '-m', 'scenes'])==0
    assert json.loads(capsys.readouterr().out)['labels']==trained.classify(picture, ['boat','cat'], 'a {} at night', size=48).to_dict()['labels']!=trained.classify(picture, ['boat','cat'], size=48).to_dict()['labels']

def test_info_counts(trained, capsys):
    "What is said about a model is what it has."
    said = F.info('scenes')
    assert said.strip()==capsys.readouterr().out.strip()
    for part,name in (trained.image,'image tower'),(trained.text,'text tower'):
        line = next(l for l in said.splitlines() if l.startswith(name))
        assert f'{sum(p.numel() for p in part.parameters())/1e6:.1f} M parameters' in line
    assert f'logit scale {np.exp(trained.logit_scale.item()):.1f}' in said and f'{trained.word_vectors(["cat"]).shape[1]} numbers' in said and 'pooling      max' in said
