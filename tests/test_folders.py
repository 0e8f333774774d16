"The commands that ask about files: nothing is lost, what is done is done once, and what goes wrong is said."
import io, json, os, shlex, sys
from contextlib import contextmanager
from pathlib import Path
from threading import Event, current_thread, main_thread
from types import SimpleNamespace

import numpy as np, pytest, torch
from PIL import Image
from pytest import MonkeyPatch

import clippy
from clippy import folders as F
from clippy.answers import Classification
from clippy.asked import words_of
from clippy.cli import cli
from clippy.model import CLIPpy, create_model
from clippy.pipeline import Soon
from clippy.predict import Ready
from clippy.scenes import Scenes, captions, things

words = ['boat','flower','cat','house']

@pytest.fixture(scope='module')
def model(): return create_model('clippy-scenes', captions=captions(500), seed=3).eval()

@pytest.fixture(scope='module')
def saved(model, tmp_path_factory): return model.save(tmp_path_factory.mktemp('model')/'m')

@pytest.fixture(scope='module')
def trained(): return clippy.load('scenes')

@pytest.fixture(scope='module')
def image(): return Image.fromarray(Scenes(2, seed=1, size=128)[1].image).crop((0,0,128,96))

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

def lines_of(folder): return [json.loads(line) for line in (folder/'answers.jsonl').read_text().splitlines()]

def files_of(folder):
    found = [p for p in folder.rglob('*') if not p.is_dir()]
    return {p.relative_to(folder).as_posix():p.read_bytes() if p.is_file() else b'' for p in found}

# Whole folders ------------------------------------------------------------------------------------------------------

@pytest.fixture
def photos(tmp_path, image):
    folder = tmp_path/'photos'
    (folder/'deep').mkdir(parents=True)
    for i,name in enumerate(('a.png','b.jpg','deep/a.jpg')): image.rotate(90*i, expand=True).save(folder/name)
    (folder/'empty.png').touch()
    (folder/'notes.txt').write_text('not an image')
    return folder

def test_folder(photos, asks, tmp_path):
    "Every image is answered or reported; a second time there is nothing to do."
    args = ['segment', photos, '-l','boat','-l','cat','-b','grass','-o','out','--explain']
    code,said = asks(*args)
    assert code==1 and 'empty.png is empty' in said and '1 of 4 images' in said and 'Traceback' not in said
    asked,*lines = lines_of(tmp_path/'out')
    assert asked['labels']==['boat','cat'] and [line['picture'] for line in lines]==['a','b','deep/a']
    assert sum(r['area'] for r in lines[0]['regions'])==pytest.approx(1, abs=1e-3)
    assert {p.name for p in (tmp_path/'out'/'deep').iterdir()}=={'a.png','a_mask.png','a_boat.png','a_cat.png'}
    mask = Image.open(tmp_path/'out'/'b_mask.png')
    assert mask.mode=='P' and mask.size==(96,128) and set(np.unique(mask))<={0,1,2}
    (photos/'empty.png').unlink()
    before = (tmp_path/'out'/'a.png').stat().st_mtime_ns
    assert asks(*args)[0]==0 and (tmp_path/'out'/'a.png').stat().st_mtime_ns==before
    code,said = asks(*args, '-l','dog')
    assert code==1 and 'another question' in said

def test_frames_come_in_their_order(tmp_path):
    "Frame 2 before frame 10, in a folder and by a pattern; folders as before."
    names = ['1','2','9','10','11','b10','b9x','cam2/3','cam2/20','cam10/1']
    for name in names:
        (tmp_path/name).parent.mkdir(exist_ok=True)
        (tmp_path/f'{name}.png').touch()
    assert [*F.chosen_images([tmp_path])]==[*names[:5], 'b9x', 'b10', *names[7:]]
    assert [*F.chosen_images([tmp_path/'*.png'])]==[*names[:5], 'b9x', 'b10']

def test_stopped_and_resumed(photos, saved, tmp_path, monkeypatch):
    "A command that was interrupted goes on where it stopped."
    (photos/'empty.png').unlink()
    add = F.AnswerFolder.add
    lines = []
    def dies(self, line):
        if lines: raise KeyboardInterrupt
        lines.append(line)
        add(self, line)
    kw = dict(Label=['boat'], Out=str(tmp_path/'out'), Model=str(saved), batch_size=1)
    with monkeypatch.context() as m, pytest.raises(KeyboardInterrupt):
        m.setattr(F.AnswerFolder, 'add', dies)
        F.segment_files(str(photos), **kw)
    assert F.segment_files(str(photos), **kw)==0
    assert [line.get('picture') for line in lines_of(tmp_path/'out')]==[None,'a','b','deep/a']

def test_one_at_fault_takes_no_others(model, image):
    "An image that is read, but that the model cannot take."
    files = dict(a=image, long=Image.new('L',(1,30000)), b=image)
    (found,) = F.ask_in_batches(files, lambda some: model.segment(some, words))
    assert [type(answer).__name__ for _,answer in found]==['Segmentation','ValueError','Segmentation']

@pytest.mark.parametrize('args,code,said', [
    (['segment','a.png'], 1, 'at least one'), (['segment','none.png','-l','cat'], 1, 'no image none.png'),
    (['segment','a.png','b.png','-l','cat','-o','x.png'], 1, '2 images do not fit'),
    (['segment','a.png','-l','cat','--device','moon'], 1, "device 'moon'"),
    (['segment','--size','big'], 2, 'invalid int'),
    (['classify','a.png','-l','cat','-o','x.png'], 1, 'Labels are no image')])
def test_misuse(args, code, said, asks, image, capsys):
    "What makes no sense is said in a sentence, with the customary exit code."
    for name in 'a.png','b.png': image.save(name)
    got,err = asks(*args)
    assert got==code and said in err

def test_no_such_model(asks, image):
    "A model that is nowhere is a sentence too."
    image.save('a.png')
    code,said = asks('segment', 'a.png', '-l', 'cat', model='nowhere')
    assert code==1 and 'no model at' in said

# Nothing is lost ----------------------------------------------------------------------------------------------------

ways = ('.', 'w', './w/../w', 'scene.png', 'w/scene.png', './w/./scene.png', 'soft.png', 'hard.png', 'way',
    'way/scene.png')
@pytest.mark.parametrize('out', ways)
@pytest.mark.parametrize('command', ['segment','group'])
def test_originals_stay(command, out, asks, image, tmp_path):
    "No answer is written over the image that it is about, whatever way leads there."
    (tmp_path/'w').mkdir()
    for p in (tmp_path/'scene.png', tmp_path/'w/scene.png'): image.save(p)
    (tmp_path/'soft.png').symlink_to('w/scene.png')
    (tmp_path/'hard.png').hardlink_to(tmp_path/'w/scene.png')
    (tmp_path/'way').symlink_to('w')
    before = files_of(tmp_path)
    source = 'w/scene.png' if 'w' in out or out in ('soft.png','hard.png') else 'scene.png'
    labels = ['-l','boat'] if command=='segment' else []
    code,said = asks(command, source, *labels, '-o', out)
    assert code==1 and 'would be lost' in said and 'Traceback' not in said and files_of(tmp_path)==before

@pytest.mark.parametrize('args', [['w','-o','w'], ['w','-o','.'], ['w/*.png','-o','w'],
    ['w/scene.png','-o','other.png'], ['w/scene.png','-o','other'], ['w/scene.png','-o','other','--explain'],
    ['w/scene.png','-o','new.png','--explain'], ['w/scene.png','-o','link']])
def test_other_images_stay(args, asks, image, tmp_path):
    "Nor over any other image, mask, link or list that is there and that is not an answer."
    for d in 'w','other','link': (tmp_path/d).mkdir()
    for p in 'w/scene.png','scene.png','other.png','new_boat.png': image.save(tmp_path/p)
    image.save(tmp_path/('other/scene_boat.png' if '--explain' in args else 'other/scene.png'))
    (tmp_path/'link/scene.png').symlink_to(tmp_path/'gone.png')
    before = files_of(tmp_path)
    code,said = asks('segment', *args, '-l', 'boat')
    assert code==1 and ('would be lost' in said or 'the folder of the images themselves' in said)
    assert files_of(tmp_path)==before

@pytest.mark.parametrize('text', ['my own notes\n', '[1]\n', '{"mine": 1}\n', '{"picture": "a"}\n'])
def test_lists_of_others_stay(text, asks, image, tmp_path):
    "A file called answers.jsonl that is somebody else's is not written to."
    image.save(tmp_path/'a.png')
    (tmp_path/'out').mkdir()
    (tmp_path/'out/answers.jsonl').write_text(text)
    before = files_of(tmp_path)
    for command in (['segment'], ['classify','-l','cat']):
        code,said = asks(*command, 'a.png', '-l', 'boat', '-o', 'out')
        assert code==1 and ('not written by clippy' in said or 'another question' in said)
        assert files_of(tmp_path)==before

def test_answers_may_be_replaced(asks, image, tmp_path):
    "An earlier answer gives way; a link to one is replaced and what it leads to stays; `./` changes nothing."
    image.save(tmp_path/'a.png')
    for ending in 'png','jpg','webp','tif':
        assert asks('segment', 'a.png', '-l', 'boat', '-o', f'./out.{ending}')[0]==0
        assert asks('group', 'a.png', '-o', f'out.{ending}')[0]==0
    assert {p.name for p in tmp_path.iterdir()}=={'a.png','out.png','out.jpg','out.webp','out.tif'}
    (tmp_path/'link.png').symlink_to('out.png')
    old = (tmp_path/'out.png').read_bytes()
    assert asks('segment', 'a.png', '-l', 'boat,cat', '-o', 'link.png')[0]==0
    assert (tmp_path/'out.png').read_bytes()==old and not (tmp_path/'link.png').is_symlink()

@pytest.mark.parametrize('names,args', [(['x.png','x_mask.png'], []), (['x.png','x_boat.png'], ['--explain']),
    (['x.png','X.png'], []), (['caf\u00e9.png','cafe\u0301.png'], []), (['d/x.png','D/x.png'], []),
    (['x.png','x_mask.jpg'], []), (['x.png','x_Boat.png'], ['--explain']), (['n'*248+'.png'], []),
    (['n'*230+'.png'], ['--explain','-l','a'*300])],
    ids='mask heat case accents folder ending heat-case long long-label'.split())
def test_no_two_answers_in_one_file(names, args, asks, image, tmp_path):
    "Answers that would share a file, or have no name, are refused before the model is loaded."
    for name in names:
        (tmp_path/'in'/name).parent.mkdir(parents=True, exist_ok=True)
        image.save(tmp_path/'in'/name)
    code,said = asks('segment', 'in', '-l', 'boat', '-o', 'out', *args, model='nowhere')
    assert code==1 and ('both be answered' in said or 'too long' in said) and not (tmp_path/'out').exists()

def test_every_label_has_its_file(asks, image, tmp_path):
    "Labels in any alphabet, with signs only, called mask, or of 300 letters."
    image.save(tmp_path/'scene.png')
    labels = ['лодка','кошка','mask','Mask','C++','C#','c','???','...','a b','a-b','../up','a'*300,'a'*299+'b','語'*100]
    typed = [x for label in labels for x in ('-l',label)]
    assert asks('segment', 'scene.png', *typed, '-o', 'out', '--explain')[0]==0
    found = {p.name for p in (tmp_path/'out').iterdir()}-{'answers.jsonl'}
    assert len({n.casefold() for n in found})==len(found)==len(labels)+2
    assert {'scene.png','scene_mask.png','scene_лодка.png','scene_кошка.png'}<=found
    assert Image.open(tmp_path/'out/scene_mask.png').mode=='P'
    assert {p.name for p in tmp_path.iterdir()}=={'scene.png','out'}

def test_what_was_done_is_looked_at(asks, image, tmp_path):
    "A second call makes again what was deleted or is about another image, and nothing else."
    (tmp_path/'in').mkdir()
    for i,n in enumerate('abc'): image.rotate(90*i, expand=True).save(tmp_path/f'in/{n}.png')
    def ask(out): return asks('segment', 'in', '-l', 'boat,cat', '-o', out)[0]
    assert ask('out')==0
    first = files_of(tmp_path/'out')
    os.utime(tmp_path/'in/a.png') # a newer date is no other image
    (tmp_path/'out/b_mask.png').unlink()
    stat = (tmp_path/'in/c.png').stat()
    image.rotate(270, expand=True).save(tmp_path/'in/c.png')
    os.utime(tmp_path/'in/c.png', ns=(stat.st_atime_ns,stat.st_mtime_ns))
    kept = (tmp_path/'out/a.png').stat().st_mtime_ns
    assert ask('out')==0
    now = files_of(tmp_path/'out')
    assert (tmp_path/'out/a.png').stat().st_mtime_ns==kept and now.keys()==first.keys()
    assert now['b_mask.png']==first['b_mask.png'] and now['c_mask.png']!=first['c_mask.png']
    assert ask('fresh')==0
    fresh = files_of(tmp_path/'fresh')
    lines,others = lines_of(tmp_path/'out'),lines_of(tmp_path/'fresh')
    assert lines[0]==others[0] and sorted(lines[1:], key=lambda line: line['picture'])==others[1:]
    del now['answers.jsonl'], fresh['answers.jsonl']
    assert now==fresh

@pytest.mark.parametrize('command', [['segment','-l','boat'], ['group'], ['classify','-l','boat,cat']])
def test_a_model_retrained_in_place(command, asks, image, tmp_path):
    "Other weights or another size under the same name are another question; other names for the same weights are not."
    image.save(tmp_path/'a.png')
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

def test_killed_while_writing(asks, image, tmp_path, monkeypatch):
    "Neither half an image nor a list without its beginning stays behind."
    image.save(tmp_path/'a.png')
    replace = os.replace
    def dies(new, path): # before an image is in its place
        if str(path).endswith('.png'): raise KeyboardInterrupt
        replace(new, path)
    with monkeypatch.context() as m:
        m.setattr(os, 'replace', dies)
        assert asks('segment', 'a.png', '-l', 'boat', '-o', 'out')[0]==130
    assert {p.name for p in (tmp_path/'out').iterdir()}=={'answers.jsonl'}
    assert asks('segment', 'a.png', '-l', 'boat', '-o', 'out')[0]==0
    assert {p.name for p in (tmp_path/'out').iterdir()}=={'a.png','a_mask.png','answers.jsonl'}

# Words and folders --------------------------------------------------------------------------------------------------

def test_commas_part_labels(asks, image, tmp_path, capsys):
    "In every command that takes labels, and as the app does."
    from clippy import questions
    assert questions.words_of is words_of
    image.save(tmp_path/'a.png')
    assert asks('classify', 'a.png', '-l', 'cat,boat', '-l', '"salt, pepper"')[0]==0
    assert set(json.loads(capsys.readouterr().out)['labels'])=={'cat','boat','salt, pepper'}
    assert asks('segment', 'a.png', '-l', 'cat,boat', '-b', 'grass,"sea, sky"', '-o', 'out')[0]==0
    asked = lines_of(tmp_path/'out')[0]
    assert (asked['labels'],asked['background'])==(['cat','boat'],['grass','sea, sky'])
    for args,said in [(['-l','"cat'], 'not in pairs'), (['-l','cat,boat','-b','boat'], 'more than once'),
                      (['-l',','], 'at least one'), (['-l','\udcff'], 'are no text')]:
        code,err = asks('segment', 'a.png', *args)
        assert code==1 and said in err

@pytest.mark.parametrize('args,said', [
    (['segment','a.png','-l','boat','--batch-size','0'], 'must be at least 1'),
    (['group','a.png','--batch-size','-2'], 'must be at least 1'),
    (['classify','a.png','-l','boat','--batch-size','0'], 'must be at least 1'),
    (['segment','-l','boat'], 'There are no images'), (['group'], 'There are no images'),
    (['classify','-l','boat'], 'There are no images'),
    (['segment','empty','-l','boat'], 'There are no images in empty'),
    (['segment','a.png','-l','boat','--explain'], '--out says where'),
    (['segment','a.png','-l','boat','-o','notes'], 'notes is a file')])
def test_nothing_to_do_is_said(args, said, asks, image, tmp_path):
    "Where there is nothing to look at, or nowhere to write, nothing is made."
    image.save(tmp_path/'a.png')
    (tmp_path/'empty').mkdir()
    (tmp_path/'notes').touch()
    code,err = asks(*args)
    assert code==1 and said in err and 'Traceback' not in err
    assert {p.name for p in tmp_path.iterdir()}=={'a.png','empty','notes'}

def test_what_a_folder_has_besides(asks, image, tmp_path):
    "Images of every ending are looked at; what is hidden or no image is left out, and said."
    kinds = 'a.gif','b.jfif','c.JPG','d.webp','e.ppm','deep/f.tif'
    for n in (*kinds, '.ipynb_checkpoints/a-checkpoint.png', '@eaDir/a.gif', '._a.png'):
        (tmp_path/'in'/n).parent.mkdir(parents=True, exist_ok=True)
        image.save(tmp_path/'in'/n, format='JPEG' if n.endswith('jfif') else None)
    for n in 'g.heic','h.heic': (tmp_path/'in'/n).touch()
    (tmp_path/'in/again').symlink_to(tmp_path/'in')
    code,said = asks('group', 'in', '-o', 'in/out')
    names = {line['picture'] for line in lines_of(tmp_path/'in/out')[1:]}
    assert code==0 and names=={'a','b','c','d','e','deep/f'}
    assert 'left out 2 .heic files, the folder .ipynb_checkpoints, the folder @eaDir, 1 hidden file.' in said
    code,second = asks('group', 'in', '-o', 'in/out') # its own answers are not among them
    assert code==0 and second.splitlines()[0]==said.splitlines()[0]

# Words for the background ---------------------------------------------------------------------------------------------

@pytest.mark.parametrize('typed,background', [([], 'auto'), (['-b','auto'], 'auto'), (['-b','none'], ()),
    (['-b',''], ()), (['-b','sky','-b','road'], ['sky','road'])], ids='left-out auto none empty words'.split())
def test_background_of_a_command(typed, background, trained, asks, image, tmp_path, capsys):
    "What competes is as typed, the model's own where nothing is; a single label against nothing is said on one line."
    for name in 'a.png','b.png','c.png': image.save(tmp_path/name)
    code,said = asks('segment', 'a.png', 'b.png', 'c.png', '-l', 'boat', '--batch-size', '1', *typed, model='scenes')
    line,*_ = map(json.loads, capsys.readouterr().out.splitlines())
    own = trained.segment(image, ['boat'], background) if background else None
    assert code==0 and [r['label'] for r in line['regions']]==(['other','boat'] if background else ['boat'])
    if background: assert line['regions']==json.loads(json.dumps(own.to_dict()['regions']))
    alone = [s for s in said.splitlines() if 'only word' in s]
    assert len(alone)==(not background) and 'Warning' not in said and len(said.splitlines())==1+len(alone)
    assert (alone or ['boat is the only word'])[0].startswith('boat is the only word')

def test_one_choice_is_said(asks, image, tmp_path, capsys):
    "A command that classifies with one label says so on one line."
    image.save(tmp_path/'a.png')
    code,said = asks('classify', 'a.png', '-l', 'boat')
    assert code==0 and said.startswith('boat is the only word') and len(said.splitlines())==1
    assert asks('classify', 'a.png', '-l', 'boat,cat')==(0, '')

def test_answers_against_one_background(photos, asks, tmp_path):
    "A folder is continued against the same words, by whatever name, and refused against others; nothing is lost."
    (photos/'empty.png').unlink()
    args = ['segment', photos, '-l', 'boat', '-o', 'out']
    assert asks(*args, model='scenes')[0]==0
    before = files_of(tmp_path/'out')
    seven = 'grass,sand,water,snow,night,bricks,wood'
    assert lines_of(tmp_path/'out')[0]['background']==seven.split(',')
    for same in ['-b','auto'],['-b',seven]:
        assert asks(*args, *same, model='scenes')[0]==0 and files_of(tmp_path/'out')==before
    for other in ['-b','none'],['-b','grass'],['-b',seven+',sky']:
        code,said = asks(*args, *other, model='scenes')
        assert code==1 and 'another question (background)' in said and files_of(tmp_path/'out')==before

def test_answers_of_before(photos, asks, tmp_path):
    "A folder that was answered when nothing competed by itself is not mixed with those of today; it can be continued."
    (photos/'empty.png').unlink()
    args = ['segment', photos, '-l', 'boat,cat', '-o', 'out']
    assert asks(*args, '-b', 'none')[0]==0
    assert lines_of(tmp_path/'out')[0]['background']==[]
    code,said = asks(*args)
    assert code==1 and 'another question (background)' in said
    (tmp_path/'out/a.png').unlink()
    assert asks(*args, '-b', 'none')[0]==0 and (tmp_path/'out/a.png').is_file()

def test_the_first_command(tmp_path, monkeypatch, trained):
    "The first command of the README finds what it names, on a drawing that comes with the package, without a network."
    readme = (Path(__file__).parents[1]/'README.md').read_text()
    line = next(s for s in readme.splitlines() if s.startswith('clippy segment')).split('#')[0]
    monkeypatch.chdir(tmp_path)
    drawing = Scenes(1, seed=2_000_000, size=256, n_things=3)[0]
    assert np.array_equal(Image.open(F.sample_image), drawing.image)
    args = shlex.split(line)[1:]
    assert '--sample' in args and cli(args)==0
    found = Path(args[args.index('-o')+1])
    labels = [args[i+1] for i,a in enumerate(args) if a=='-l']
    mask = np.asarray(Image.open(found/'sample_mask.png'))
    assert labels and set(labels)<=set(drawing.things)
    for i,label in enumerate(labels, 1):
        truth = drawing.mask==things.index(label)
        assert ((mask==i)&truth).sum()/((mask==i)|truth).sum()>.4

def test_a_sample_beside_others(asks, image, tmp_path):
    "The drawing is one image among others, and without it and them there is nothing to ask about."
    image.save(tmp_path/'a.png')
    assert asks('segment', 'a.png', '--sample', '-l', 'boat', '-o', 'out')[0]==0
    assert {line['picture'] for line in lines_of(tmp_path/'out')[1:]}=={'a','sample'}
    assert 'There are no images' in asks('segment', '-l', 'boat')[1]
    assert 'no image none.png' in asks('segment', 'none.png', '--sample', '-l', 'boat')[1]

# In which precision ---------------------------------------------------------------------------------------------------

commands = pytest.mark.parametrize('command', [['segment','-l','boat,cat'], ['group'], ['classify','-l','boat,cat']],
    ids=lambda command: command[0])

@commands
def test_one_precision_in_a_folder(command, photos, asks, tmp_path):
    "It is written down, and answers in another are refused with what to do, in both directions; nothing is lost."
    (photos/'empty.png').unlink()
    for out,typed,said in ('plain','','fp32'),('exact','fp32','fp32'),('quick','bf16','bf16'):
        args,other = [*command, photos, '-o', out],dict(fp32='bf16', bf16='fp32')[said]
        assert asks(*args, *['--precision', typed]*bool(typed))[0]==0 and lines_of(tmp_path/out)[0]['precision']==said
        before = files_of(tmp_path/out)
        code,why = asks(*args, '--precision', other)
        assert code==1 and files_of(tmp_path/out)==before
        assert f'{out} holds answers in {said}, and these would be in {other}: go on with --precision {said}' in why
        assert asks(*args, '--precision', said)[0]==0 and files_of(tmp_path/out)==before
    assert files_of(tmp_path/'plain')==files_of(tmp_path/'exact')

@commands
def test_folders_without_a_precision(command, photos, asks, tmp_path):
    "Answers from before there was a choice are in float32: they are continued so, byte for byte, and not otherwise."
    (photos/'empty.png').unlink()
    args = [*command, photos, '-o', 'out']
    assert asks(*args)[0]==0
    whole = files_of(tmp_path/'out')
    asked,first,*_ = lines_of(tmp_path/'out')
    del asked['precision']
    older = ''.join(json.dumps(line)+'\n' for line in (asked, first))
    (tmp_path/'out/answers.jsonl').write_text(older)
    code,why = asks(*args, '--precision', 'bf16')
    assert code==1 and 'go on with --precision fp32' in why and (tmp_path/'out/answers.jsonl').read_text()==older
    assert asks(*args)[0]==0
    assert lines_of(tmp_path/'out')[0]==asked and files_of(tmp_path/'out').keys()==whole.keys()
    now = files_of(tmp_path/'out')
    assert now.pop('answers.jsonl').splitlines()[1:]==whole.pop('answers.jsonl').splitlines()[1:] and now==whole

@commands
@pytest.mark.parametrize('typed,hint', [('bf61', ' Did you mean'), ('half', '')])
def test_no_such_precision(typed, hint, command, asks, image, tmp_path):
    "The sentence of `clippy eval`, and nothing is written."
    from clippy.eval import pick_precision
    image.save(tmp_path/'a.png')
    with pytest.raises(ValueError) as e: pick_precision(clippy.load('scenes'), typed)
    code,said = asks(*command, 'a.png', '-o', 'out', '--precision', typed)
    assert code==1 and str(e.value) in said and f'The precision is bf16, fp16, fp32, not {typed!r}.{hint}' in said
    assert {p.name for p in tmp_path.iterdir()}=={'a.png'}

@pytest.mark.parametrize('device,dtype,asked,entered,written', [
    ('cuda', torch.float32, '', [('cuda',torch.bfloat16)], 'bf16'), ('cuda', torch.float32, 'fp32', [], 'fp32'),
    ('cuda', torch.float32, 'fp16', [('cuda',torch.float16)], 'fp16'), ('cuda', torch.float16, '', [], 'as the model'),
    ('cpu', torch.float32, '', [], 'fp32'), ('mps', torch.float32, '', [], 'fp32'),
    ('cpu', torch.float32, 'bf16', [('cpu',torch.bfloat16)], 'bf16')])
def test_autocast_on_a_card(device, dtype, asked, entered, written, image, tmp_path, monkeypatch):
    "The model looks in bf16 where it is on a card in float32, or as it is asked to; elsewhere as it is."
    image.save(tmp_path/'a.png')
    seen,open_ones = [],[]
    @contextmanager
    def autocast(*args):
        open_ones.append(args)
        yield
        open_ones.remove(args)
    def ready(image, size, **about): return Ready(image, None, **about)
    model = SimpleNamespace(device=torch.device(device), dtype=dtype, ready=ready)
    def ask(some):
        seen.append([*open_ones])
        return [Classification(dict(boat=1.))]*len(some)
    monkeypatch.setattr(F.torch, 'autocast', autocast)
    monkeypatch.setattr(Soon, 'run', lambda self: self.f()) # there is no stream of a card
    files,plan = F.planned([tmp_path/'a.png'], tmp_path/'out', [])
    assert F.answer_files(files, plan, tmp_path/'out', dict, ask, list, 1, model, precision=asked)==0
    assert seen==[entered] and lines_of(tmp_path/'out')[0]==dict(precision=written) and not open_ones

def test_only_the_tower_is_quick(trained, image):
    "In an autocast block what encodes images is in bf16, and what is made of its vectors is that of float32."
    plain,quick = {k:getattr(trained, k) for k in ('patch_cosines','encode_patches','encode_image')},[]
    def hasty(f):
        def encode(*args, **options):
            quick.append(torch.is_autocast_enabled('cpu'))
            with torch.autocast('cpu', enabled=False): return f(*args, **options)
        return encode
    def answers():
        seg,heat,groups = trained.segment(image, words),trained.similarity(image, 'boat'),trained.group(image, 4)
        return [seg.mask, seg.scores, heat.map, groups.mask, [*trained.classify(image, words).items()]]
    want = answers()
    with MonkeyPatch.context() as m, torch.autocast('cpu', torch.bfloat16):
        for k,f in plain.items(): m.setattr(trained, k, hasty(f))
        got = answers()
    for a,b in zip(got, want, strict=True): assert np.array_equal(a, b)
    assert sum(quick)==4

def test_bf16_moves_few_pixels(trained, tmp_path):
    "Masks in bf16 are not those of float32 to the last pixel, but nearly."
    (tmp_path/'in').mkdir()
    for i,s in enumerate(Scenes(24, seed=4, size=96)): Image.fromarray(s.image).save(tmp_path/f'in/{i}.png')
    def masks(precision):
        asked = ['segment', str(tmp_path/'in'), '-l', ','.join(things), '--precision', precision]
        assert cli([*asked, '-m', 'scenes', '-o', str(tmp_path/precision)])==0
        return np.concatenate([np.asarray(Image.open(tmp_path/precision/f'{i}_mask.png')).ravel() for i in range(24)])
    assert .999<(masks('fp32')==masks('bf16')).mean()<1

# The start ----------------------------------------------------------------------------------------------------------

def test_weights_are_hashed_beside_the_start(asks, photos, tmp_path, monkeypatch):
    "The model looks while a thread takes the hash, and nothing is written before that is there."
    (photos/'empty.png').unlink()
    looked,hashed,hash_of = Event(),[],F.weights_hash
    def slow(model):
        assert looked.wait(20), 'the model waits for the hash'
        hashed.append((current_thread(), (tmp_path/'out').exists()))
        return hash_of(model)
    group = CLIPpy.group
    def watched(*args):
        looked.set()
        return group(*args)
    monkeypatch.setattr(F, 'weights_hash', slow)
    monkeypatch.setattr(CLIPpy, 'group', watched)
    assert asks('group', photos, '-o', 'out')[0]==0
    (thread,written), = hashed
    assert thread is not main_thread() and not written
    assert lines_of(tmp_path/'out')[0]['weights'] and len(lines_of(tmp_path/'out'))==4
    assert asks('group', photos, '-o', 'out')[0]==0 and len(hashed)==2
    hashed.clear()
    assert asks('group', photos/'a.png')[0]==0 and not hashed # what is only printed needs none

def test_nothing_could_be_answered(asks, tmp_path):
    "The question is written all the same, so that what follows is held against it."
    (tmp_path/'a.png').touch()
    assert asks('group', 'a.png', '-o', 'out')[0]==1
    asked, = lines_of(tmp_path/'out')
    assert asked['command']=='group' and asked['weights']
    assert 'another question (n)' in asks('group', 'a.png', '-n', '3', '-o', 'out')[1]

# As the methods answer ----------------------------------------------------------------------------------------------

def scene(): return Image.fromarray(Scenes(3, seed=12, size=96, n_things=2)[2].image)

@pytest.mark.parametrize('options', [dict(), dict(threshold=.6), dict(size=48), dict(templates='a {} at night'),
    dict(background=['grass','sea'])], ids='none threshold size templates background'.split())
def test_commands_answer_as_methods_do(options, trained, tmp_path):
    "Every option of a command reaches the model, and each file holds the answer that its name says."
    scene().save(tmp_path/'a.png')
    labels = ['boat','flower','cat']
    background = ['-b', ','.join(options['background'])] if 'background' in options else []
    typed = [x for k,v in options.items() if k!='background' for x in (f'--{k}', str(v))]
    asked = ['segment', str(tmp_path/'a.png'), '-l', ','.join(labels), '-m', 'scenes', '--explain']
    assert cli([*asked, '-o', str(tmp_path/'out'), *typed, *background])==0
    seg = trained.segment(tmp_path/'a.png', labels, **options)
    plain = trained.segment(tmp_path/'a.png', labels)
    def read(name): return np.asarray(Image.open(tmp_path/f'out/{name}.png'))
    assert np.array_equal(read('a_mask'), seg.mask) and np.array_equal(read('a'), seg.with_legend())
    if options: assert not np.array_equal(seg.mask, plain.mask) or not np.array_equal(seg.scores, plain.scores)
    size = options.get('size', 0)
    for label in labels:
        heat = trained.similarity(tmp_path/'a.png', label, size=size)
        assert np.array_equal(read(f'a_{label}'), heat.with_legend())
    line = lines_of(tmp_path/'out')[1]
    assert line['regions']==json.loads(json.dumps(seg.to_dict()['regions'])) and line['size']==[96,96]

def test_group_answers_as_its_method_does(trained, tmp_path):
    "Masks and images of groups are those of the method."
    scene().save(tmp_path/'a.png')
    assert cli(['group', str(tmp_path/'a.png'), '-n', '5', '--size', '48', '-m', 'scenes', '-o', str(tmp_path/'g')])==0
    groups = trained.group(scene(), 5, size=48)
    assert np.array_equal(np.asarray(Image.open(tmp_path/'g/a_mask.png')), groups.mask)
    assert np.array_equal(np.asarray(Image.open(tmp_path/'g/a.png')), groups.with_legend())

def test_classify_answers_as_its_method_does(trained, tmp_path, capsys):
    "Probabilities are those of the method, with the sentences and the size that were asked for."
    scene().save(tmp_path/'a.png')
    how = ['--size', '48', '--templates', 'a {} at night', '-m', 'scenes']
    assert cli(['classify', str(tmp_path/'a.png'), '-l', 'boat,cat', *how])==0
    got = json.loads(capsys.readouterr().out)['labels']
    assert got==trained.classify(scene(), ['boat','cat'], 'a {} at night', size=48).to_dict()['labels']
    assert got!=trained.classify(scene(), ['boat','cat'], size=48).to_dict()['labels']

def test_what_a_model_does_not_know(asks, image, saved, tmp_path, capsys):
    "A model of drawings says so, once a command and not among the answers; one without a record does not."
    for name in 'a.png','b.png': image.save(tmp_path/name)
    says = 'scenes knows drawings of ten things on seven backgrounds, and no photographs: `clippy models`'
    for args in (['segment','a.png','b.png','-l','cat,boat'], ['group','a.png'], ['classify','a.png','-l','cat,boat']):
        code,said = asks(*args, model='scenes')
        assert code==0 and said.count(says)==1
        assert all('knows' not in json.loads(line) for line in capsys.readouterr().out.splitlines())
        assert 'knows' not in asks(*args)[1]
        capsys.readouterr()
    assert 'background   grass, sand, water, snow, night, bricks, wood\n' in F.info('scenes')
    assert 'background   bag, bed, bedclothes, bench, book, building, cabinet and 32 more\n' in F.info(str(saved))
    assert 'knows        drawings of ten things' in F.info('scenes') and 'knows        unknown' in F.info(str(saved))

def test_python_says_nothing(trained, image, capsys):
    "The answers of a model that is called from Python are answers alone."
    trained.segment(image, ['cat','boat'])
    trained.classify(image, ['cat','boat'])
    assert capsys.readouterr()==('','')

def test_info_counts(trained, capsys):
    "What is said about a model is what it has."
    said = F.info('scenes')
    assert said.strip()==capsys.readouterr().out.strip()
    for part,name in (trained.image,'image tower'),(trained.text,'text tower'):
        line = next(line for line in said.splitlines() if line.startswith(name))
        assert f'{sum(p.numel() for p in part.parameters())/1e6:.1f} M parameters' in line
    assert f'logit scale {np.exp(trained.logit_scale.item()):.1f}' in said
    assert f'{trained.word_vectors(["cat"]).shape[1]} numbers' in said and 'pooling      max' in said

# Many images ----------------------------------------------------------------------------------------------------------

def test_many_as_few(saved, tmp_path, monkeypatch):
    "Processes that read and draw make the same files and lines as one process does, in the same order."
    (tmp_path/'photos').mkdir()
    for i in range(30):
        scene = Scenes(30, seed=5, size=96)[i].image[:96-i%3*16]
        Image.fromarray(scene).save(tmp_path/f'photos/{i:02}.png')
    (tmp_path/'photos/07.png').write_bytes(b'')
    def answers(out):
        how = dict(Label=['boat','cat'], Model=str(saved), Out=str(tmp_path/out), batch_size=4, explain=True)
        assert F.segment_files(str(tmp_path/'photos'), **how)==1
        return files_of(tmp_path/out)
    many = answers('many')
    monkeypatch.setattr(F, 'can_fork', False)
    assert many==answers('few') and len(many)==29*4+1
    assert [line['picture'] for line in lines_of(tmp_path/'many')[1:]]==[f'{i:02}' for i in range(30) if i!=7]

# Many large images ----------------------------------------------------------------------------------------------------

def test_large_images_are_few_at_once(model, tmp_path, monkeypatch):
    "What is read ahead does not grow with the number of processes, and batches of large images are smaller."
    made = []
    class Watched(F.Ahead):
        def __init__(self, source, batches, workers, device, early):
            made.append(sum(map(len, batches[:workers*early])))
            super().__init__(source, batches, workers, device, early)
    monkeypatch.setattr(F, 'Ahead', Watched)
    names = [f'{i}.png' for i in range(12)]
    for i,n in enumerate(names): Image.new('RGB', (96,64) if i<6 else (24,16)).save(tmp_path/n)
    files = {n:tmp_path/n for n in names}
    ask = lambda some: [r.image.size for r in some]
    read = lambda source: model.ready(source, 32)
    for most,want in (1<<28,[4,4,4]), (2*96*64,[2,2,2,4,2]):
        monkeypatch.setattr(F, 'many_pixels', most)
        found = list(F.ask_in_batches(files, ask, 4, read, workers=2))
        assert [len(batch) for batch in found]==want and [n for batch in found for n,_ in batch]==names
        assert [size for batch in found for _,size in batch]==[(96,64)]*6+[(24,16)]*6
    assert made==[8,8]

def test_answers_of_large_images_do_not_pile_up(image, monkeypatch):
    "However fast the model is, only so many pixels wait to be drawn."
    waited,most = [],[]
    class Slow:
        def done(self): return False
        def result(self): return waited.pop()
    def hands(n, answer):
        waited.append(n)
        most.append(len(waited))
        return Slow()
    class Answer: image = Image.new('L', (100,100))
    batches = [[(f'{i}{k}', Answer) for k in 'ab'] for i in range(20)]
    monkeypatch.setattr(F, 'many_pixels', 50_000)
    assert F._answer_all(batches, hands, lambda n, line: None, 40, 40)==0
    assert max(most)==7 and not waited

def test_labels_that_no_mask_can_hold(asks, image):
    "They are refused once for all images, and no folder is begun; a choice without masks may have them."
    for name in 'a','b': image.save(f'{name}.png')
    many = ','.join(f'l{i}' for i in range(256))
    for labels,says in ('cat,other', 'choose another word'), (many, '255 labels, not 256'):
        code,said = asks('segment', 'a.png', 'b.png', '-l', labels, '-o', 'out', '--format', 'cvat')
        assert code==1 and says in said and len(said.strip().splitlines())==1 and not os.path.exists('out')
    assert asks('classify', 'a.png', '-l', 'cat,other')[0]==0
