"Prediction as users do it from Python: any image, many threads, and what goes wrong."
import io, json, threading, warnings
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np, pytest, torch
from PIL import Image

import clippy
from clippy import predict as P
from clippy.model import CLIPpy, create_model
from clippy.scenes import Scenes, captions, things
from clippy.stream import RemoteFile

words = ['boat','flower','cat','house']

def untrained(): return create_model('clippy-scenes', captions=captions(500), seed=3).eval()

@pytest.fixture(scope='module')
def model(): return untrained()

@pytest.fixture(scope='module')
def trained(): return clippy.load('scenes')

@pytest.fixture(scope='module')
def image(): return Image.fromarray(Scenes(2, seed=1, size=128)[1].image).crop((0,0,128,96))

def drawn(i, n=3): return Image.fromarray(Scenes(n, seed=12, size=64)[i].image)

def same(a, b): return np.array_equal(a.mask, b.mask) and np.allclose(a.scores, b.scores, atol=1e-5)

# Any image ----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('mode', ['RGB','RGBA','L','LA','P','1','CMYK','I;16','F','YCbCr','HSV'])
def test_modes(model, image, mode):
    "Every kind of Pillow image gives an answer of its own size."
    first = image.convert('L') if mode in ('LA','P','F') else image
    deep = np.asarray(image.convert('L')).astype(np.uint16)*257
    seg = model.segment(Image.fromarray(deep) if mode=='I;16' else first.convert(mode), words, background=())
    assert seg.mask.shape==seg.scores.shape==(96,128)
    assert seg.image.mode=='RGB' and 1<=seg.mask.min()<=seg.mask.max()<=4

@pytest.mark.parametrize('turn', range(1,9))
def test_orientation(model, image, turn, tmp_path):
    "A photograph is seen as it is shown."
    exif = image.copy().getexif()
    exif[0x0112] = turn
    image.save(tmp_path/'p.png', exif=exif)
    shown = {1:None, 2:0, 3:3, 4:1, 5:5, 6:4, 7:6, 8:2}[turn] # numbers of Pillow's transpositions
    upright = image if shown is None else image.transpose(Image.Transpose(shown))
    assert same(model.segment(tmp_path/'p.png', words), model.segment(upright, words))

@pytest.mark.parametrize('size', [(1,1),(3,200),(200,3),(65,63),(640,480)])
def test_sizes(model, size):
    "An answer is as large as its image, however small or narrow that is."
    seg = model.segment(Image.new('RGB', size, 'red'), words)
    assert seg.mask.shape==size[::-1] and seg.with_legend().width>=320
    assert model.similarity(Image.new('RGB', size), 'a boat').map.shape==size[::-1]
    if min(size)>8: assert model.group(Image.new('RGB', size), 3).mask.shape==size[::-1]

def test_many_are_as_one(model, image):
    "A list of images gets the answers that each would get alone."
    images = [image, image.resize((50,90)), image.rotate(180), np.asarray(image)[:40]]
    alone = [model.segment(i, words) for i in images]
    for batch in (1,3,8): assert all(map(same, model.segment(images, words, batch_size=batch), alone))
    assert model.segment([], words)==[] and model.classify([], words)==[]
    assert [c.best for c in model.classify(images, words)]==[model.classify(i, words).best for i in images]
    maps = model.similarity(images, ['a boat','a cat'])
    assert len(maps)==4 and [m.text for m in maps[0]]==['a boat','a cat']

def test_words_compete(model, image):
    "A word of the background takes its pixels away from the labels, and so does a threshold."
    seg = model.segment(image, words[:2], background=words[2:])
    plain = model.segment(image, words, background=())
    assert np.array_equal(seg.mask, np.where(plain.mask>2, 0, plain.mask)) and seg.labels==['other','boat','flower']
    assert not model.segment(image, words, threshold=1.1, other='nothing').mask.any()
    t = float(np.median(plain.scores))
    cut = model.segment(image, words, background=(), threshold=t)
    assert np.array_equal(cut.mask, np.where(plain.scores<t, 0, plain.mask))

def test_threads(model, image):
    "A server's threads get what they would get alone."
    images = [image.rotate(a) for a in range(0,360,30)]
    asked = [words[i%3:]+[f'word {i%5}'] for i in range(12)]
    alone = [model.segment(i, w) for i,w in zip(images, asked)]
    P._kept.clear()
    with ThreadPoolExecutor(8) as pool: together = [*pool.map(model.segment, images, asked)]
    assert all(same(a, b) for a,b in zip(alone, together))

def test_vectors_follow_training(image):
    "A step of training makes other vectors; a model in training mode is not asked."
    model = create_model('clippy-scenes', captions=captions(500)).eval()
    before = model.word_vectors(words).clone()
    with torch.no_grad():
        for p in model.text.parameters(): p.mul_(1.5)
    after = model.word_vectors(words).clone()
    assert not torch.allclose(after, before)
    for p in model.text.parameters(): p.grad = torch.ones_like(p)
    torch.optim.AdamW(model.text.parameters(), lr=.01, fused=True).step() # PyTorch does not count these changes
    assert not torch.allclose(model.word_vectors(words), after)
    with pytest.raises(ValueError, match='training mode'): model.train().segment(image, words)

def _file(data):
    def write(folder):
        (folder/'f.png').write_bytes(data)
        return folder/'f.png'
    return write

def _png(image):
    out = io.BytesIO()
    image.save(out, 'PNG')
    return out.getvalue()

noise = _png(Image.fromarray(np.random.RandomState(0).randint(0,255,(50,50,3),np.uint8)))
@pytest.mark.parametrize('source,said', [
    (_file(b''), '0 bytes'), (_file(b'no image'), 'no image that Pillow can read'),
    (_file(noise[:len(noise)//2]), 'truncated'),
    (lambda d: d/'none.png', 'There is no image'), (lambda d: d, 'There is no image'), (lambda d: None, 'not NoneType'),
    (lambda d: np.zeros((0,4,3)), 'is no image'), (lambda d: np.full((4,4,3), 300), r'in \[0,255\]'),
    (lambda d: torch.full((3,4,4), float('nan')), r'in \[0,1\]'), (lambda d: torch.zeros(2,3,4,4), 'is no image'),
    (lambda d: Image.new('1', (9000,9000)), 'make it smaller'),
    (_file(_png(Image.new('1', (9000,9000)))), 'make it smaller'),
    (_file(_png(Image.new('1', (20000,20000)))), 'million pixels'),
    (lambda d: Image.new('L', (1,30000)), 'more than 16384'),
    (lambda d: 'http://127.0.0.1:9/none.png', 'cannot be read|could not be read')],
    ids='empty text cut missing folder none no-pixels range nan batch huge huge-file bomb long unreachable'.split())
def test_bad_images(model, source, said, tmp_path, monkeypatch):
    "What is no image, or too large, is said in a sentence."
    monkeypatch.setattr('clippy.stream.RemoteFile', partial(RemoteFile, tries=1, wait=0))
    with pytest.raises((ValueError,OSError), match=said): model.segment(source(tmp_path), words)

@pytest.mark.parametrize('ask,said', [
    (lambda m,i: m.segment(i, []), 'at least one'), (lambda m,i: m.segment(i, 'cat'), 'Labels are a list'),
    (lambda m,i: m.segment(i, ['cat','cat']), 'more than once'),
    (lambda m,i: m.segment(i, ['cat'], background=['cat']), 'more than once'),
    (lambda m,i: m.segment(i, ['cat'], None), 'list, not None'), (lambda m,i: m.segment(i, None), 'list, not None'),
    (lambda m,i: m.segment(i, ['cat'], 3), 'list, not 3'), (lambda m,i: m.segment(i, ['cat'], ''), 'is empty'),
    (lambda m,i: m.segment(i, ['']), 'is empty'), (lambda m,i: m.segment(i, map(str, range(300))), 'room for 255'),
    (lambda m,i: m.segment(i, ['other']), 'none of the labels'),
    (lambda m,i: m.segment(i, ['cat'], templates='poem'), 'no set of sentences'),
    (lambda m,i: m.segment(i, ['cat'], size=-1), 'not -1'), (lambda m,i: m.group(i, 0), 'from 1 to 255'),
    (lambda m,i: m.group(i, 200), 'fewer groups'), (lambda m,i: m.similarity(i, ''), 'is empty'),
    (lambda m,i: m.classify(i, []), 'at least one')])
def test_bad_questions(model, image, ask, said):
    "A question that makes no sense is answered by a sentence."
    with pytest.raises(ValueError, match=said): ask(model, image)

numbers_that_are_none = [(dict(size=o), 'size is a number of pixels') for o in ('64',None,3.5,-1)]
numbers_that_are_none += [(dict(batch_size=o), 'batch size is at least 1') for o in ('8',None,2.5,0)]
numbers_that_are_none += [(dict(threshold=o), 'threshold is a probability') for o in ('0.5',None,float('nan'))]
numbers_that_are_none += [(dict(templates=o), 'are not sentences') for o in ([],None,3,[None],{'{}'})]

@pytest.mark.parametrize('given,said', numbers_that_are_none, ids=str)
def test_options_of_the_wrong_kind(model, image, given, said):
    "A sentence for whoever asks, whatever is asked."
    asks = [model.segment] if 'threshold' in given else [model.segment,model.classify]
    for ask in asks:
        with pytest.raises(ValueError, match=said): ask(image, words, **given)
    if 'size' in given or 'batch_size' in given:
        with pytest.raises(ValueError, match=said): model.similarity(image, 'a boat', **given)
        with pytest.raises(ValueError, match=said): model.group(image, **given)

def test_numbers_of_numpy(model, image):
    "They are numbers as well."
    seg = model.segment(image, words, threshold=np.float32(.5), size=np.int64(64), batch_size=np.int32(2))
    assert same(seg, model.segment(image, words, threshold=.5, size=64))

@pytest.mark.parametrize('n', ['3',2.5,None,0,256])
def test_no_number_of_groups(model, image, n):
    with pytest.raises(ValueError, match='n is a number of groups from 1 to 255'): model.group(image, n)

def test_a_folder_is_no_image(model, tmp_path):
    with pytest.raises(ValueError, match='it is a folder, so name images in it'): model.segment(tmp_path, words)

def test_tensors_of_any_image(model, image, tmp_path):
    "Masks are the argmax of the tensors for images on their side, grey, clear ones, and sides of no whole patches."
    odd = image.resize((217,77)).crop((3,2,216,77))
    exif = Image.Exif()
    exif[0x112] = 6
    odd.save(tmp_path/'side.jpg', exif=exif)
    clear = odd.convert('RGBA')
    clear.putalpha(odd.convert('L'))
    kinds = [odd.convert(mode) for mode in ('L','1','P','LA','CMYK')]
    images = [tmp_path/'side.jpg', odd, clear, *kinds, odd.crop((0,0,5,3)), odd.crop((0,0,1,1))]
    for threshold in 0.,.5:
        for how in dict(), dict(background=()), dict(background=['sky'], size=100):
            how = dict(how, threshold=threshold, batch_size=3)
            both = zip(model.segment(images, words, **how), model.segment(images, words, return_tensors=True, **how))
            for i,(seg,maps) in enumerate(both):
                assert maps.values.shape[1:]==seg.mask.shape==((213,75) if i==0 else seg.image.size[::-1])
                best,index = maps.values.max(0)
                found = torch.where((index<len(words)) & (best>=threshold), index+1, 0)
                assert np.array_equal(found, seg.mask) and np.array_equal(maps.mask, seg.mask)

def test_batches_of_none(model, image):
    "A batch has at least one image."
    segment,classify = partial(model.segment, labels=words),partial(model.classify, labels=words)
    for ask in segment, model.group, classify, partial(model.similarity, text='a'):
        with pytest.raises(ValueError, match='at least 1'): ask([image], batch_size=0)

def test_unknown_label(model, image):
    "A label that was not asked for is an error."
    with pytest.raises(KeyError, match='not asked for'): model.segment(image, words)['dog']

def test_address(model, image, tmp_path):
    "An image may lie on a server."
    image.save(tmp_path/'a.png')
    handler = type('Quiet', (SimpleHTTPRequestHandler,), dict(log_message=lambda *a: None))
    server = ThreadingHTTPServer(('127.0.0.1',0), partial(handler, directory=tmp_path))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f'http://127.0.0.1:{server.server_port}/a.png?x=1'
    try: assert same(model.segment(address, words), model.segment(image, words))
    finally:
        server.shutdown()
        server.server_close()

def test_front_door(model, image, tmp_path):
    "`clippy.load` gives a model with all its methods."
    assert clippy.load(model.save(tmp_path/'m')).segment(image, words).mask.shape==(96,128)

def test_arrays_mean_what_their_type_says():
    "Whole numbers, floats and booleans of every width are the same image."
    x = np.arange(48, dtype=np.uint8).reshape(4,4,3)*5
    deep = (x.astype(int)*256+x).astype(np.uint16)
    half = torch.tensor(x[...,0]/255).to(torch.bfloat16)
    grey = np.repeat((half.float().numpy()*255).round()[...,None], 3, 2)
    cases = [(deep, x), (x[...,0]>99, np.repeat((x[...,:1]>99)*np.uint8(255), 3, 2)),
        ((x+.4)/255.5, np.round((x+.4)/255.5*255)), (x[...,:1], np.repeat(x[...,:1], 3, 2)),
        (torch.tensor(x).permute(2,0,1), x), (x[:3,:3], x[:3,:3]),
        (torch.tensor(x[:3,:3]), x[:3,:3].transpose(1,2,0)), (half, grey)]
    for array,want in cases: assert np.array_equal(np.asarray(P.read_image(array)), want), (array.dtype, array.shape)
    clear = np.dstack([x, np.full((4,4), 51, np.uint8)])
    assert np.abs(np.asarray(P.read_image(clear)).astype(int)-(x*.2+255*.8)).max()<=1

# Precision ----------------------------------------------------------------------------------------------------------

def test_asked_inside_autocast(image):
    "Words that were first asked for inside an autocast block give the same answers outside of it as in a fresh model."
    fresh,used = untrained(),untrained()
    with torch.autocast('cpu', torch.bfloat16):
        inside = used.classify(image, words), used.segment(image, words), used.similarity(image, 'a boat')
    assert used.classify(image, words)==fresh.classify(image, words)
    assert same(used.segment(image, words), fresh.segment(image, words))
    assert np.array_equal(used.similarity(image, 'a boat').map, fresh.similarity(image, 'a boat').map)
    assert inside[0].keys()==set(words) and inside[1].mask.shape==(96,128) and inside[2].map.dtype==np.float32

@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_half_precision(image, dtype):
    "A model in half precision answers everything, and nearly as it did in float32, also if float32 was asked first."
    model = untrained()
    def ask(): return model.classify(image, words), model.segment(image, words), model.similarity(image, 'a boat')
    before = ask()
    model.to(dtype)
    after = ask()
    assert max(abs(after[0][w]-before[0][w]) for w in words)<.02
    assert (after[1].mask==before[1].mask).mean()>.9 and np.abs(after[2].map-before[2].map).max()<.02
    assert model.group(image, 4).mask.shape==(96,128)
    assert model.word_vectors(words).dtype==torch.float32

@pytest.mark.parametrize('where', ['image.norm.weight','text.2.linear.weight','image.pos_embed'])
@pytest.mark.parametrize('value', [float('nan'), float('inf')])
def test_damaged_model(image, where, value):
    "A model with a weight that is not finite gives a sentence and never an answer."
    model = untrained()
    with torch.no_grad(): model.get_parameter(where).view(-1)[0] = value
    asks = [partial(model.classify, image, words), partial(model.segment, image, words),
        partial(model.similarity, image, 'a boat')]
    if where.startswith('image'): asks.append(partial(model.group, image, 4))
    for ask in asks:
        with pytest.raises(ValueError, match='not finite'): ask()

@pytest.mark.parametrize('value', [float('nan'), 1e4])
def test_damaged_logit_scale(image, value):
    "Nor does a logit scale that makes no probabilities."
    model = clippy.load('scenes')
    with torch.no_grad(): model.logit_scale.fill_(value)
    for ask in model.classify, model.segment:
        with pytest.raises(ValueError, match='Probabilities are not finite'): ask(image, words)

# Answers, in plain numpy --------------------------------------------------------------------------------------------

def plain_vectors(model, labels):
    "Cosines' other half: the mean of three sentences, of length 1."
    article = lambda w: 'an' if w[0] in 'aeiou' else 'a'
    sentences = [[w, f'{article(w)} {w}', f'a picture of {article(w)} {w}'] for w in labels]
    with torch.no_grad(): v = np.stack([model.encode_text(s).double().numpy().mean(0) for s in sentences])
    return v/np.linalg.norm(v, axis=1, keepdims=True)

def plain_tokens(model, image): # a square image of whole patches, of the model's own size: `[h*w,D]`
    x = (np.asarray(image, np.float32)/255-np.array(model.config.mean))/np.array(model.config.std)
    x = torch.tensor(x).permute(2,0,1)[None].float()
    with torch.no_grad(): return model.proj(model.image.forward_features(x))[0,1:].double().numpy()

def unit(x): return x/np.linalg.norm(x, axis=1, keepdims=True)

def softmax(z):
    e = np.exp(z-z.max(0))
    return e/e.sum(0)

def between_centres(): # `[64,8]`: the weight of each of 8 patches in each of 64 pixels
    at = (np.arange(64)+.5)/8-.5
    low = np.clip(at.astype(int), 0, 6)
    part = np.clip(at-low, 0, 1)
    w = np.zeros((64,8))
    w[np.arange(64),low] = 1-part
    w[np.arange(64),low+1] = part
    return w

@pytest.mark.parametrize('scale', [None, 1., 7., 100.])
def test_probabilities_by_hand(trained, scale):
    "A softmax of cosines times e to the model's logit scale, for an image and its pixels, at any scale."
    model = trained if scale is None else clippy.load('scenes')
    if scale is not None:
        with torch.no_grad(): model.logit_scale.fill_(np.log(scale))
    scene = drawn(2)
    tokens,vectors = plain_tokens(model, scene),plain_vectors(model, words)
    pooled = tokens.max(0)
    times = np.exp(model.logit_scale.item())
    p = softmax(times*vectors@pooled/np.linalg.norm(pooled))
    got = model.classify(scene, words)
    assert [got[w] for w in words]==pytest.approx(list(p), abs=2e-5)
    assert list(got)==[words[i] for i in np.argsort(-p, kind='stable')]
    cosines = (vectors@unit(tokens).T).reshape(len(words), 8, 8)
    w = between_centres()
    q = softmax(times*np.einsum('yh,xw,khw->kyx', w, w, cosines))
    seg = model.segment(scene, words[:2], background=words[2:])
    assert np.abs(seg.scores-q.max(0)).max()<1e-4
    assert (seg.mask==np.array([1,2,0,0])[q.argmax(0)]).mean()>.999
    for t in .3,.5,.9:
        cut = model.segment(scene, words, background=(), threshold=t)
        sure = np.abs(q.max(0)-t)>1e-4
        assert (cut.mask==np.where(q.max(0)<t, 0, 1+q.argmax(0)))[sure].mean()>.999

# Words for the background ---------------------------------------------------------------------------------------------

seven = ['grass','sand','water','snow','night','bricks','wood']
of_port = """bag bed bedclothes bench book building cabinet ceiling cloth computer cup curtain door fence floor flower
    food grass ground keyboard light mountain mouse plate platform road rock shelves sidewalk sign sky snow
    track tree truck wall water window wood""".split() # the classes of Pascal Context that VOC does not have

@pytest.mark.parametrize('labels,others', [(['boat'], seven), (['boat','cat'], seven), (['Grass'], seven[1:]),
    ([' water','boat','SAND '], ['grass','snow','night','bricks','wood']), (seven[:6], ['wood']), (seven, [])])
def test_own_background_by_hand(trained, labels, others):
    "Labels compete with the seven backgrounds, none of them twice; where one of those wins, nothing was found."
    for i in range(3):
        scene = drawn(i)
        vectors = plain_vectors(trained, [w.strip() for w in labels]+others)
        cosines = (vectors@unit(plain_tokens(trained, scene)).T).reshape(len(vectors), 8, 8)
        w = between_centres()
        q = softmax(np.exp(trained.logit_scale.item())*np.einsum('yh,xw,khw->kyx', w, w, cosines))
        seg = trained.segment(scene, labels)
        number = np.array([*range(1, len(labels)+1), *[0]*len(others)])
        assert (seg.mask==number[q.argmax(0)]).mean()>.999 and np.abs(seg.scores-q.max(0)).max()<1e-4
        assert seg.labels==['other', *(w.strip() for w in labels)]
        assert same(trained.segment(scene, labels, 'auto'), seg)

def test_one_word_finds_its_pixels(trained):
    "A single word against the background finds a thing and little else; against nothing it is everywhere."
    found = Scenes(24, seed=8, size=64, n_things=1)
    for s in list(found)[:6]:
        word = s.things[0]
        truth = s.mask==things.index(word)
        with warnings.catch_warnings():
            warnings.simplefilter('error')
            mask = trained.segment(s.image, [word]).mask==1
        assert (mask&truth).sum()/(mask|truth).sum()>.4
        assert abs(mask.mean()-truth.mean())<.15
        with pytest.warns(UserWarning, match=f'^{word} is the only word, so it is the answer') as said:
            assert (trained.segment(s.image, [word], background=()).mask==1).all()
        assert len(said)==1 and str(said[0].message).count('.')==1

@pytest.mark.parametrize('background', [(), [], 'none', 'sky', ['sky'], ['none'],
    np.array(['sky','sea']), ('port',), 'port', ['auto']])
def test_a_named_background_is_what_it_was(trained, background):
    "No word, one, or a list: these compete and no others do, whatever they are called."
    others = list(background)
    if isinstance(background, str): others = [] if background=='none' else [background]
    labels = ['boat','cat']
    vectors = plain_vectors(trained, labels+others)
    cosines = (vectors@unit(plain_tokens(trained, drawn(1))).T).reshape(len(vectors), 8, 8)
    w = between_centres()
    best = np.einsum('yh,xw,khw->kyx', w, w, cosines).argmax(0)
    got = trained.segment(drawn(1), labels, background).mask
    wide = f' {background} ' if isinstance(background, str) else background
    assert np.array_equal(trained.segment(drawn(1), labels, wide).mask, got)
    assert (got==np.array([1,2,*[0]*len(others)])[best]).mean()>.999

def note(folder, **facts): (folder/'config.json').write_text(json.dumps(
    json.loads((folder/'config.json').read_text()) | facts))

@pytest.fixture
def kept(tmp_path): return untrained().save(tmp_path/'run/model')

@pytest.mark.parametrize('says,others', [(dict(), of_port), (dict(knows='photographs: my own'), of_port),
    (dict(knows='drawings of ten things on seven backgrounds'), seven), (dict(background=['sky','Sea']), ['sky','Sea']),
    (dict(background=['sky',' SKY','sea']), ['sky','sea']),
    (dict(knows='drawings', background=['fog']), ['fog']), (dict(background=[]), []), (dict(background=['boat']), [])])
def test_background_of_a_saved_model(kept, says, others):
    "A file without a list, as older ones are, has that for what it knows; one with a list keeps it in its copies."
    note(kept, **says)
    model = clippy.load(kept)
    again = clippy.load(model.save(kept.parent/'copy'))
    for m in model,again:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter('always')
            own = m.segment(drawn(0), ['boat'])
        assert len(said)==(not others)
        if others: assert same(own, m.segment(drawn(0), ['boat'], background=others))
        assert (own.mask==0).any()==bool(others)

@pytest.mark.parametrize('data,others', [('', seven), ('shards', of_port)])
def test_background_of_a_run(kept, data, others):
    "A run on the built-in drawings has their seven backgrounds; a run on captions the list for photographs."
    (kept.parent/'metrics.json').write_text(json.dumps(dict(options=dict(train_data=data))))
    model = clippy.load(kept)
    assert P.competing(model, ['boat'])==(('boat',), tuple(others))

@pytest.mark.parametrize('name', ['scenes','scenes-avg','scenes-cls'])
def test_background_of_the_box(name): assert P.own_background(clippy.load(name))==tuple(seven)

def test_background_that_is_set(model, image):
    "A list that is set on a model is used; one word alone is one word."
    mine = untrained()
    mine.background = 'port'
    assert P.competing(mine, ['boat'])==(('boat',), ('port',))
    mine.background = ['water','sky']
    assert same(mine.segment(image, ['boat']), mine.segment(image, ['boat'], background=['water','sky']))

@pytest.mark.parametrize('bad', ['sky', [3], [''], ['  '], ['x'*101], {'sky':1}, 7, None, [['sky']], ['sky']*1001])
def test_background_of_a_bad_file(kept, bad):
    "A list that is none is refused when the model is loaded, and the sentence names it."
    note(kept, background=bad)
    says = 'config.json: background is .* a list of at most 1000, each a word'
    with pytest.raises(ValueError, match=says): clippy.load(kept)

def test_one_choice_is_none(trained):
    "Classifying with one label warns; with two it does not."
    with pytest.warns(UserWarning, match='^boat is the only word'): got = trained.classify(drawn(0), ['boat'])
    assert got=={'boat':1.}
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        trained.classify(drawn(0), ['boat','cat'])
        trained.group(drawn(0), 2)
        trained.similarity(drawn(0), 'boat')

def plain_groups(tokens, n): # `[64,64]`
    z = tokens-tokens.mean(0)
    axes = np.linalg.svd(z, full_matrices=False)[2][:n]
    reach = axes@z.T
    axes *= np.sign(reach[np.arange(n), np.abs(reach).argmax(1)])[:,None]
    scores = torch.tensor((unit(tokens)@axes.T).T.reshape(n, 8, 8))
    return torch.nn.functional.interpolate(scores[None], size=(64,64), mode='bilinear')[0].numpy().argmax(0)

@pytest.mark.parametrize('n', [2, 5, 8])
def test_the_largest_group_comes_first(trained, n):
    "Group 1 is the largest, and so on; which pixels belong together is what plain code finds."
    unlike = 0
    for i in range(4):
        scene = drawn(i, 4)
        big = plain_groups(plain_tokens(trained, scene), n)
        got = trained.group(scene, n)
        sizes = [(got.mask==k).sum() for k in range(1, n+1)]
        assert sizes==sorted(sizes, reverse=True) and sum(sizes)==64*64
        for k in np.unique(big): assert len(np.unique(got.mask[big==k]))==1
        found = np.bincount(big.flat, minlength=n).tolist()
        assert sizes==sorted(found, reverse=True)
        unlike += found!=sizes
        shares = list(got.to_dict()['groups'].values())
        assert shares==sorted(shares, reverse=True)
    assert unlike # else the order of the components would do

def test_heat_map_by_hand(trained):
    "Cosines with the text as it is, between the centres of patches; black is the least and white the most."
    scene,texts = drawn(1),['a boat on the sea','cat']
    patches = unit(plain_tokens(trained, scene))
    w = between_centres()
    with torch.no_grad(): vectors = [trained.encode_text([t]).double().numpy()[0] for t in texts]
    want = [w@(patches@v).reshape(8,8)@w.T for v in vectors]
    for m,x,t in zip(trained.similarity(scene, texts), want, texts, strict=True):
        assert m.text==t and np.abs(m.map-x).max()<1e-4
        assert np.abs(m.mask-(x-x.min())/(x.max()-x.min())*255).max()<1.1
        assert m.mask.flat[x.argmax()]>253 and m.mask.flat[x.argmin()]<2
        bright = np.asarray(m.overlay(1.)).astype(int).sum(2)
        assert bright.flat[x.argmax()]>600 and bright.flat[x.argmin()]<60
    assert np.abs(trained.similarity(scene, 'cat').map-want[1]).max()<1e-4

def test_labels_that_nothing_tells_apart(trained):
    "A warning names them; they share the probability, and the first has all pixels."
    scene = drawn(2)
    one = trained.segment(scene, ['boat','cat'])
    with pytest.warns(UserWarning, match='same vector, .*: boat = Boat'):
        two = trained.segment(scene, ['boat','cat','Boat'])
    assert np.array_equal(one.mask, two.mask)
    with pytest.warns(UserWarning, match='boat = BOAT'): p = trained.classify(scene, ['cat','boat','BOAT'])
    assert p['boat']==pytest.approx(p['BOAT'], abs=1e-7)
    with warnings.catch_warnings():
        warnings.simplefilter('error') # words for the same answer may be alike, and others are not
        trained.segment(scene, ['boat'], background=['grass','Grass'])
        trained.classify(scene, words)

def test_vectors_are_kept_by_words_and_sentences(trained):
    "Asked again, the same; with other sentences, words or order, what a model without a memory says."
    asked = [(('cat','boat'), P.plain), (('boat','cat'), P.plain), (('cat','boat'), ('{}',)), (('cat',), P.plain),
        (('cat','boat'), ('a {} at night',))]
    def plain(labels, sentences):
        texts = [[s.replace('a(n)', 'a').format(w) for s in sentences] for w in labels]
        with torch.no_grad(): found = [[trained.encode_text([t]).double().numpy()[0] for t in some] for some in texts]
        return unit(np.mean(found, 1))
    P._kept.clear()
    for _ in range(2):
        for labels,sentences in asked:
            got = trained.word_vectors(labels, sentences)
            assert np.abs(got.double().numpy()-plain(labels, sentences)).max()<1e-5
            assert trained.word_vectors(list(labels), sentences) is got

# Tensors --------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('background', ['auto', (), ('sky','a wall')], ids=['auto','none','own'])
@pytest.mark.parametrize('threshold', [0., .6, 1.])
def test_tensors_give_the_mask(trained, background, threshold):
    "The largest of the tensors, with the rule of background and threshold, is the mask on every pixel."
    scenes = [drawn(i) for i in range(3)]+[drawn(0).resize((97,50)), drawn(1).resize((31,160))]
    ask = dict(labels=words, background=background, threshold=threshold)
    plain = trained.segment(scenes, **ask)
    for kind in True,'probabilities','cosines':
        for seg,maps in zip(plain, trained.segment(scenes, return_tensors=kind, **ask), strict=True):
            x = maps.values
            assert x.shape==(len(maps.names), *seg.mask.shape) and x.dtype==torch.float32
            assert x.device==trained.device and not x.requires_grad
            assert maps.names[:4]==words and maps.labels==seg.labels==['other',*words]
            p = x if kind!='cosines' else (trained.logit_scale.exp()*x).softmax(0)
            best,winner = p.max(0).values,x.argmax(0)
            number = torch.where(winner<4, winner+1, 0)
            if kind!='cosines': number[best<threshold] = 0 # the sum of a softmax is rounded in another way
            if kind!='cosines' or not threshold: assert np.array_equal(number.numpy(), seg.mask)
            assert np.array_equal(maps.mask.numpy(), seg.mask) and maps.mask.dtype==torch.uint8
            assert np.allclose(best.detach().numpy(), seg.scores, atol=1e-5)
            if kind!='cosines': assert torch.allclose(x.sum(0), torch.ones_like(best), atol=1e-5)
            assert torch.equal(maps['cat'], x[words.index('cat')])

def test_tensors_of_ties():
    "Cosines that differ in their last bit have one probability, and the winner is above the others all the same."
    from clippy.segment import pixel_maps, words_to_pixels
    g = torch.Generator().manual_seed(0)
    x = torch.rand(1, 5, 4, 6, generator=g)
    x[:,3] = torch.nextafter(x[:,1], torch.ones(())) # a little more than an earlier one
    x[:,4] = x[:,0]
    for scale in 1.,14.3,100.:
        index,p = words_to_pixels(x, (37,41), scale)
        maps = pixel_maps(x, (37,41), scale)
        assert torch.equal(maps.argmax(1), index) and torch.equal(maps.amax(1), p)
        big = torch.nn.functional.interpolate(x, (37,41), mode='bilinear').double()
        assert (maps-(scale*big).softmax(1)).abs().max()<1e-5

@pytest.mark.parametrize('asked', ['pt', 1, None, 'np', ['cosines']], ids=str)
def test_no_such_tensors(model, image, asked):
    with pytest.raises(ValueError, match="True, 'probabilities' or 'cosines'"):
        model.segment(image, words, return_tensors=asked)

# Calls ----------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('ask', [partial(CLIPpy.segment, labels=words),
    partial(CLIPpy.segment, labels=words, return_tensors=True), partial(CLIPpy.classify, labels=words),
    partial(CLIPpy.similarity, text=words), CLIPpy.group], ids=['segment','tensors','classify','similarity','group'])
def test_towers_are_called_once_a_batch(image, ask):
    "Ten images in batches of four are three calls of the image tower; words are read once, and not again."
    model,seen = untrained(),[]
    model.image.patch_embed.register_forward_pre_hook(lambda m, x: seen.append(len(x[0])))
    model.text.register_forward_pre_hook(lambda m, x: seen.append('words'))
    ask(model, [image]*10, batch_size=4)
    text = seen.count('words')
    assert [o for o in seen if o!='words']==[4,4,2] and text<=2 # labels, and the words that compete with them
    ask(model, [image]*10, batch_size=16)
    assert seen[-1]==10 and seen.count('words')==text
