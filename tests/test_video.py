"Videos: frames as single images, times kept, parts that are joined, and files that are damaged."
import json, struct
from fractions import Fraction

import numpy as np, pytest
from PIL import Image

av = pytest.importorskip('av', reason='PyAV is optional')

from clippy import video as V # noqa: E402
from clippy.cli import cli # noqa: E402
from clippy.scenes import Scenes # noqa: E402

words = ['boat','tree','cat']
base = Fraction(1, 600)
times = [20*i+7*(i%3) for i in range(12)] # no constant rate

def write(path, images, times=times, base=base, codec='ffv1', fmt='bgr0', sound=False, format=None, **options):
    with av.open(str(path), 'w', format=format) as box:
        s = box.add_stream(codec, rate=30, options=options)
        if sound: a = box.add_stream('pcm_s16le', rate=8000)
        s.width,s.height = images[0].size
        s.pix_fmt,s.codec_context.time_base = fmt,base
        for image,at in zip(images, times):
            f = av.VideoFrame.from_image(image)
            f.pts,f.time_base = at,base
            box.mux(s.encode(f))
        box.mux(s.encode())
        if sound:
            f = av.AudioFrame.from_ndarray(np.zeros((1,800), np.int16), layout='mono')
            f.sample_rate = 8000
            for o in a,None: box.mux(a.encode(f if o else None))
    return path

def read(path): # times in seconds, and frames as arrays
    with av.open(str(path)) as box:
        return [(float(f.pts*f.time_base), np.asarray(f.to_image())) for f in box.decode(video=0)]

def lines(path): return [json.loads(o) for o in path.read_text().splitlines()]

@pytest.fixture(scope='module')
def images():
    wide = Image.fromarray(np.concatenate([s.image for s in Scenes(3, seed=12, size=64)], 1))
    return [wide.crop((8*i, 0, 8*i+81, 63)) for i in range(12)] # odd sides

@pytest.fixture(scope='module')
def clip(images, tmp_path_factory): return write(tmp_path_factory.mktemp('clip')/'clip.mkv', images)

def ask_of(model):
    calls = []
    def ask(images):
        calls.append(len(images))
        return model.segment(images, words)
    return ask,calls

def asked(): return dict(labels=words)

@pytest.fixture
def small_parts(monkeypatch): monkeypatch.setattr(V, 'part_frames', 4)

# Frames ---------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('every', [1,5,100])
def test_frames_are_single_images(boxed_model, images, clip, every):
    "Masks of a video are those of its frames, each asked about alone, and have their times."
    found = [*boxed_model.segment_video(clip, words, every=every, batch_size=5)]
    assert [t for t,_ in found]==pytest.approx([times[i]/600 for i in range(0, 12, every)], abs=6e-4)
    for (_,seg),image in zip(found, images[::every], strict=True):
        alone = boxed_model.segment(image, words)
        assert np.array_equal(seg.mask, alone.mask) and np.array_equal(np.asarray(seg.image), np.asarray(image))

@pytest.mark.parametrize('more,said', [(dict(labels=[]), 'no labels'), (dict(every=0), 'every is 1 or more'),
    (dict(every=1.5), 'not 1.5'), (dict(size='64'), "not '64'"), (dict(path='none.mp4'), 'no video none.mp4')], ids=str)
def test_segment_video_complains_at_once(boxed_model, clip, more, said):
    "Not at the first frame, which may be asked for much later."
    asked = dict(path=clip, labels=words)|more
    with pytest.raises((ValueError,FileNotFoundError), match=said): boxed_model.segment_video(**asked)

def turned(path, degrees): # the matrix of an mp4, as a telephone that was held on its side writes it
    data = bytearray(path.read_bytes())
    at = data.index(b'tkhd')+4+40 # version 0
    c,s = {90:(0,1), 180:(-1,0), 270:(0,-1)}[degrees]
    data[at:at+36] = struct.pack('>9i', *(round(v*(1<<16)) for v in (c,s,0,-s,c,0,0,0)), 1<<30)
    path.write_bytes(data)
    return path

@pytest.mark.parametrize('degrees', [90,180,270])
def test_rotation(images, tmp_path, degrees):
    "A video that is stored on its side is seen upright: turned clockwise, as a player shows it."
    still = [o.crop((0,0,80,62)) for o in images[:2]]
    path = turned(write(tmp_path/'r.mp4', still, codec='libx264', fmt='yuv420p', qp='0'), degrees)
    with V.Video(path) as video: seen = [np.asarray(f.image) for f in video.frames()]
    for (_,plain),upright in zip(read(path), seen, strict=True):
        assert np.array_equal(upright, np.rot90(plain, -degrees//90))

def test_times_that_go_back(images, tmp_path):
    "A frame whose time is not after the one before comes right after it; none is lost, and all can be written."
    class Raw:
        def __init__(self, pts): self.pts,self.duration,self.width,self.height = pts,20,8,8
    with V.Video(write(tmp_path/'a.mkv', images[:1])) as video:
        video._decoded = lambda stream: map(Raw, [None,20,20,10,None,300])
        assert [f.at for f in video.frames()]==[0,20,40,60,80,300]
        video._decoded = lambda stream: map(Raw, [-30,-10,10,10]) # none is before 0, or a part would be moved
        assert [f.at for f in video.frames()]==[0,20,40,60]

# Writing --------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('ending,unit', [('.mp4',Fraction(1,600)), ('.mp4',Fraction(1001,30000)),
    ('.mp4',Fraction(1,90000)), ('.mov',Fraction(1,600)), ('.mkv',Fraction(1001,30000))], ids=str)
def test_times_are_kept(boxed_model, images, tmp_path, small_parts, ending, unit):
    "Over all parts, to the unit of the video; in an .mkv to the millisecond. Odd sides are made even in H.264 alone."
    at = [i*i+int(2/unit/60) for i in range(0, 22, 2)]
    clip = write(tmp_path/'clip.mov', images[:11], at, unit, 'png', 'rgb24')
    ask,_ = ask_of(boxed_model)
    assert V.answer_video(clip, tmp_path/f'found{ending}', asked, ask)==0
    back,shown = read(tmp_path/f'found{ending}'),V.frame_shown(boxed_model.segment(images[0], words))
    want = [t for t,_ in read(clip)]
    assert np.allclose([t for t,_ in back], want, atol=1.1e-3) # where it begins is kept in milliseconds
    assert np.allclose(np.diff([t for t,_ in back]), np.diff(want), atol=1.1e-3 if ending=='.mkv' else 1e-6)
    with av.open(str(tmp_path/f'found{ending}')) as box:
        assert ending=='.mkv' or next(box.decode(video=0)).colorspace==6 # what players need for the colours as drawn
    even = lambda n: n if ending=='.mkv' else n+n%2
    assert {x.shape for _,x in back}=={(even(shown.height), even(shown.width), 3)}
    assert [o['frame'] for o in lines(tmp_path/'found.jsonl')[1:]]==[*range(11)]
    assert not (tmp_path/f'found{ending}.parts').exists() and len([*tmp_path.iterdir()])==3

def test_every_pixel_of_a_lossless_answer(boxed_model, images, clip, tmp_path, small_parts):
    "Each frame is the overlay of the single image, and below it all labels in one order; shares stand beside it."
    ask,_ = ask_of(boxed_model)
    V.answer_video(clip, tmp_path/'found.mkv', asked, ask, batch_size=3)
    question,*rows = lines(tmp_path/'found.jsonl')
    assert question['labels']==words and question['every']==1
    below = set()
    for (_,frame),image,row in zip(read(tmp_path/'found.mkv'), images, rows, strict=True):
        alone = boxed_model.segment(image, words)
        large = np.asarray(alone.overlay()).repeat(4, 0).repeat(4, 1) # narrow frames are enlarged
        assert np.array_equal(frame[:252], large)
        below.add(frame[252:].tobytes())
        count = {o:float((alone.mask==i).mean()) for i,o in enumerate(alone.labels)}
        assert row['shares']==pytest.approx({k:v for k,v in count.items() if v}, abs=1e-5)
    assert len(below)==1

@pytest.mark.parametrize('ending,stop', [('.mp4',5), ('.mkv',2), ('.mkv',9)])
def test_an_interrupted_answer_goes_on(boxed_model, clip, tmp_path, small_parts, ending, stop):
    "No half answer looks like a whole one; the same command asks about no whole part again; the bytes are the same."
    ask,_ = ask_of(boxed_model)
    V.answer_video(clip, tmp_path/f'whole{ending}', asked, ask, batch_size=2)
    seen = []
    def dies(images):
        if len(seen)+len(images)>stop: raise KeyboardInterrupt
        seen.extend(images)
        return ask(images)
    out = tmp_path/f'found{ending}'
    with pytest.raises(KeyboardInterrupt): V.answer_video(clip, out, asked, dies, batch_size=2)
    assert not out.exists() and not (tmp_path/'found.jsonl').exists() and not [*tmp_path.rglob('*.new')]
    (tmp_path/f'found{ending}.parts'/f'{stop//4:06}.nut').write_bytes(b'half') # of a process that was killed
    again,calls = ask_of(boxed_model)
    with pytest.raises(ValueError, match=r'another question \(labels\)'):
        V.answer_video(clip, out, lambda: dict(labels=['cat']), again)
    assert V.answer_video(clip, out, asked, again, batch_size=2)==0
    assert sum(calls)==12-stop//4*4
    assert out.read_bytes()==(tmp_path/f'whole{ending}').read_bytes()
    assert (tmp_path/'found.jsonl').read_bytes()==(tmp_path/'whole.jsonl').read_bytes()
    calls.clear()
    assert V.answer_video(clip, out, asked, again)==0 and not calls # it is there

def test_what_is_there_stays(boxed_model, clip, images, tmp_path):
    "Videos and lists of others, another question's answer, a folder of that name, and the video itself."
    ask,_ = ask_of(boxed_model)
    write(tmp_path/'a.mkv', images[:2])
    (tmp_path/'b.jsonl').write_text('{"mine": 1}\n')
    (tmp_path/'c.mp4.parts').mkdir()
    V.answer_video(clip, tmp_path/'d.mkv', asked, ask, every=6)
    before = {p:p.read_bytes() for p in tmp_path.rglob('*') if p.is_file()}
    other = r'another question \(every\)'
    lost = 'would be lost'
    refused = {'a.mkv':lost, 'b.mkv':lost, 'c.mp4':'not written by clippy', 'd.mkv':other, 'd.mov':other}
    for name,said in refused.items():
        with pytest.raises(ValueError, match=said): V.answer_video(clip, tmp_path/name, asked, ask, every=4)
    with pytest.raises(ValueError, match='the video itself'): V.chosen_video([clip], clip)
    assert {p:p.read_bytes() for p in tmp_path.rglob('*') if p.is_file()}==before

# Files that are damaged -----------------------------------------------------------------------------------------------

def test_what_is_no_video(boxed_model, clip, tmp_path, monkeypatch):
    "Each is a sentence, and leaves nothing behind."
    ask,_ = ask_of(boxed_model)
    whole = clip.read_bytes()
    bad = dict(empty=b'', text=b'no video', header=whole[:300], noise=bytes(range(256))*40)
    for name,data in bad.items():
        (tmp_path/f'{name}.mkv').write_bytes(data)
        with pytest.raises(ValueError, match='no video that can be read|no frames|no pictures'):
            V.answer_video(V.chosen_video([tmp_path/f'{name}.mkv'], tmp_path/'o.mp4'), tmp_path/'o.mp4', asked, ask)
    (tmp_path/'list.mp4').write_text(f'#EXTM3U\n#EXTINF:1,\n{clip}\n#EXT-X-ENDLIST\n')
    with pytest.raises(ValueError, match='no video that can be read'): V.chosen_video([tmp_path/'list.mp4'])
    with av.open(str(tmp_path/'sound.mkv'), 'w') as box:
        a = box.add_stream('pcm_s16le', rate=8000)
        f = av.AudioFrame.from_ndarray(np.zeros((1,800), np.int16), layout='mono')
        f.sample_rate = 8000
        box.mux(a.encode(f))
    with pytest.raises(ValueError, match='no pictures in it'): V.chosen_video([tmp_path/'sound.mkv'])
    monkeypatch.setattr(V, 'max_pixels', 5000)
    with pytest.raises(ValueError, match='clip.mkv have 81 x 63 pixels, more than 0 million'): V.chosen_video([clip])
    with pytest.raises(FileNotFoundError, match='no video'): V.chosen_video([tmp_path/'none.mp4'])
    assert not [*tmp_path.glob('o.*')]

def test_frames_that_cannot_be_asked_about(boxed_model, tmp_path):
    "What is wrong with the first frames leaves nothing behind."
    long = write(tmp_path/'long.mkv', [Image.new('RGB', (6000,2))])
    ask,_ = ask_of(boxed_model)
    with pytest.raises(ValueError, match='more than 16384'): V.answer_video(long, tmp_path/'o.mp4', asked, ask)
    assert [*tmp_path.iterdir()]==[long]

def test_a_disk_that_is_full(boxed_model, clip, tmp_path, monkeypatch, small_parts):
    "What FFmpeg cannot write is a sentence; the parts before it are kept, and the answer goes on after them."
    ask,calls = ask_of(boxed_model)
    own,added = V.Encoder.add,[]
    def full(encoder, image, at):
        added.append(at)
        if len(added)>6: raise av.error.ExternalError(1, 'no space left')
        own(encoder, image, at)
    with monkeypatch.context() as m, pytest.raises(OSError, match='found.mkv could not be made .*no space left'):
        m.setattr(V.Encoder, 'add', full)
        V.answer_video(clip, tmp_path/'found.mkv', asked, ask, batch_size=2)
    calls.clear()
    assert V.answer_video(clip, tmp_path/'found.mkv', asked, ask, batch_size=2)==0 and sum(calls)==8

@pytest.mark.parametrize('share', [.3,.7])
def test_a_telephone_that_stopped(boxed_model, images, tmp_path, share, capsys):
    "An mp4 whose list of frames stands first, cut off: what is there is answered, and the rest is said."
    path,still = tmp_path/'a.mp4',[Image.fromarray(np.random.default_rng(i).integers(0, 255, (64,80,3), np.uint8))
        for i in range(60)]
    with av.open(str(path), 'w', options=dict(movflags='faststart')) as box:
        s = box.add_stream('libx264', rate=30)
        s.width,s.height,s.pix_fmt = 80,64,'yuv420p'
        for o in still: box.mux(s.encode(av.VideoFrame.from_image(o)))
        box.mux(s.encode())
    data = path.read_bytes()
    path.write_bytes(data[:int(len(data)*share)])
    ask,_ = ask_of(boxed_model)
    assert V.answer_video(path, tmp_path/'found.mkv', asked, ask, every=5)==1
    assert 'a.mp4 is damaged or cut off' in capsys.readouterr().err
    assert 12*share-4<len(read(tmp_path/'found.mkv'))<12*share+2

def test_a_video_that_breaks_off(boxed_model, images, tmp_path, capsys):
    "What can be read is answered, the rest is said, and the exit code tells."
    whole = write(tmp_path/'a.mkv', images*8, [20*i for i in range(96)])
    (tmp_path/'cut.mkv').write_bytes(whole.read_bytes()[:whole.stat().st_size//2])
    ask,_ = ask_of(boxed_model)
    assert V.answer_video(tmp_path/'cut.mkv', tmp_path/'found.mkv', asked, ask, every=10)==1
    assert 'cut.mkv is damaged or cut off' in capsys.readouterr().err
    assert 2<=len(read(tmp_path/'found.mkv'))<10
    with pytest.warns(UserWarning, match='cut.mkv is damaged or cut off'):
        assert len([*boxed_model.segment_video(tmp_path/'cut.mkv', words, every=10)])==len(read(tmp_path/'found.mkv'))
    data = bytearray(whole.read_bytes())
    data[len(data)//2:len(data)//2+3000] = bytes(3000)
    (tmp_path/'spoilt.mkv').write_bytes(data)
    V.answer_video(tmp_path/'spoilt.mkv', tmp_path/'other.mkv', asked, ask, every=10)
    assert len(read(tmp_path/'other.mkv'))>=5

def test_a_size_that_changes(images, tmp_path):
    with V.Video(write(tmp_path/'a.mkv', images[:1])) as video:
        raws = [av.VideoFrame.from_image(o) for o in (images[0], images[0], images[0].resize((40,40)))]
        video._decoded = lambda stream: raws
        with pytest.raises(ValueError, match='changes its size at frame 2, from 81 x 63 pixels to 40 x 40'):
            [*video.frames()]

# The command ----------------------------------------------------------------------------------------------------------

def test_command(boxed_model, images, tmp_path, capsys):
    "One video with its words; its sound is left out, and that is said; without --out a line a frame."
    clip = write(tmp_path/'clip.mkv', images, sound=True)
    ask = ['segment', str(clip), '-l', 'boat,tree,cat', '--every', '4']
    assert cli([*ask, '-o', str(tmp_path/'found.mkv')])==0
    assert 'sound is left out' in capsys.readouterr().err
    question,*rows = lines(tmp_path/'found.jsonl')
    assert question['command']=='segment' and question['background'] and [r['frame'] for r in rows]==[0,4,8]
    with av.open(str(tmp_path/'found.mkv')) as box: assert not box.streams.audio
    assert cli(ask)==0
    out = capsys.readouterr().out
    assert [json.loads(o) for o in out.splitlines()]==rows
    for r,image in zip(rows, images[::4]):
        assert r['shares']==pytest.approx(boxed_model.segment(image, words).shares, abs=1e-5)

@pytest.mark.parametrize('args,said', [
    (['*.mkv'], 'one at a time'), (['[c]lip.mkv','-o','a.png'], 'ends in .mp4'), (['none*.mp4'], 'no video none'),
    (['clip.mkv','-o','found'], 'ends in .mp4, .mov, .mkv, not as found does'),
    (['clip.mkv','-o','a.png'], 'ends in .mp4'),
    (['clip.mkv','clip.mkv'], 'one at a time'), (['clip.mkv','a.png'], 'one at a time'),
    (['clip.mkv','-o','a.mp4','--explain'], '--explain is for images'),
    (['clip.mkv','-o','a.mp4','--format','coco'], '--format is for images'),
    (['a.png','--every','2'], '--every is for videos'), (['a.png','-o','a.mp4'], 'images are asked about'),
    (['clip.mkv','--every','0'], 'at least 1'), (['http://a.org/clip.mp4'], 'fetch http://a.org/')], ids=str)
def test_misuse(args, said, images, tmp_path, monkeypatch, capsys):
    "A sentence before the model is loaded."
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr('clippy.folders.open_for_use', None)
    write('clip.mkv', images[:1])
    images[0].save('a.png')
    if args[0]=='*.mkv': write('other.mkv', images[:1])
    assert cli(['segment', *args, '-l', 'boat,tree'])==1
    assert said in capsys.readouterr().err

def test_without_pyav(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__('sys').modules, 'av', None)
    with pytest.raises(ValueError, match=r'needs av .* pip install "clippy-vl\[video\]'): V.chosen_video(['clip.mp4'])
