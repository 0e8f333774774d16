"The release's layout at full size, a model from the Hub's cache, and a save that dies midway."
import json, math, os
from itertools import count
from shutil import copytree
from types import SimpleNamespace

import numpy as np, pytest, timm, torch
import torch.nn.functional as F
from PIL import Image
from transformers import AutoTokenizer, T5Config, T5EncoderModel

from clippy.analysis import swap_features
from clippy.classes import background_words
from clippy.eval import evaluate
from clippy.export import export_onnx
from clippy.hub import write_repo
from clippy.loss import clip_loss
from clippy.maps import patch_features
from clippy.model import create_model, train_tokenizer
from clippy.predict import own_background
from clippy.registry import entry
from clippy.saved import as_device, knowledge, load, open_model
from clippy.scenes import Scenes, names
from clippy.segment import similarity_maps
from clippy.segment_scenes import show_predictions
from clippy.swap import scene_swap
from clippy.waterbirds import bird_study

captions = ['a dog runs on the beach', 'two birds over a lake, one of them white', 'a']

@pytest.fixture(scope='module')
def release(tmp_path_factory):
    "A random `clippy_5k.pt` of the public layout: ViT-B/16, T5-base encoder, 768 x 768 Dense, under the port's names."
    folder = tmp_path_factory.mktemp('release')
    torch.manual_seed(0)
    vit = timm.create_model('vit_base_patch16_224.dino', num_classes=0)
    t5 = T5EncoderModel(T5Config(vocab_size=32128, d_model=768, d_ff=3072, num_layers=12, num_heads=12))
    dense = torch.randn(768,768)/28
    state = {f'visual.trunk.{k}':v for k,v in vit.state_dict().items()}
    state |= {f'text.0.auto_model.{k}':v for k,v in t5.state_dict().items()}
    state |= {'text.2.linear.weight':dense, 'logit_scale':torch.tensor(3.1)}
    torch.save(dict(epoch=4, name='clippy', state_dict={f'module.{k}':v for k,v in state.items()}),
        folder/'clippy_5k.pt')
    text = folder/'t5'   # tokenizer and config alone: no weights
    train_tokenizer(captions, 300).save_pretrained(text)
    t5.config.save_pretrained(text)
    return SimpleNamespace(path=folder/'clippy_5k.pt', text=text, vit=vit.eval(), t5=t5.eval(), dense=dense,
        state=state)

def reference(r, images, captions):
    "The release's forward pass, from timm and transformers alone: a maximum over all tokens, class token included."
    tokens = r.vit.forward_features(images)
    image,tokens = F.normalize(tokens.amax(1), dim=-1),tokens[:,1:]
    enc = AutoTokenizer.from_pretrained(r.text)(captions, padding=True, truncation=True, max_length=77,
        return_tensors='pt')
    hidden = r.t5(input_ids=enc.input_ids, attention_mask=enc.attention_mask).last_hidden_state
    mask = enc.attention_mask[...,None]
    text = F.normalize((hidden*mask).sum(1)/mask.sum(1) @ r.dense.T, dim=-1)
    return image, F.normalize(tokens, dim=-1), text

@torch.no_grad()
def test_release_of_full_size(release, capsys):
    model = load(release.path, text=release.text)
    images = torch.randn(2,3,224,224, generator=torch.Generator().manual_seed(0))
    image,patches,text = reference(release, images, captions)
    diffs = [(model.encode_image(images)-image).abs().max(),
        (model.encode_patches(images).flatten(1,2)-patches).abs().max(),
             (model.encode_text(captions)-text).abs().max()]
    with capsys.disabled(): print(f'\nrelease layout: {len(release.state)} keys, all mapped; largest difference '
        f'image {diffs[0]:.1e}, patches {diffs[1]:.1e}, text {diffs[2]:.1e}')
    assert max(diffs) < 1e-5
    patches = release.vit.forward_features(images)[:,1:] # our own models leave the class token out
    ours = F.normalize(patches.amax(1), dim=-1)
    assert torch.allclose(model.encode_image(images, pool_prefix=False), ours, atol=1e-5)
    assert (ours-image).abs().max()>1e-3
    assert model.config.pool_prefix and not create_model('clippy-scenes', captions=captions).config.pool_prefix
    assert math.isclose(model.logit_scale.item(), 3.1, rel_tol=1e-6)

def test_the_release_says_what_it_knows(release):
    "A file of the release that lies here knows what the release by its name does, and has its words for backgrounds."
    model = load(release.path, text=release.text)
    assert model.knows==entry('clippy-5k').knows and model.knows.startswith('photographs')
    assert own_background(model)==background_words['port']

@pytest.mark.parametrize('change,said', [
    (lambda s: s.pop('text.2.linear.weight'), 'text.2.linear.weight'),
    (lambda s: s.pop('visual.trunk.norm.bias'), 'image.norm.bias'),
    (lambda s: s.update({'visual.head.proj.weight':torch.zeros(2,2)}), 'visual.head.proj.weight'),
    (lambda s: s.update({'visual.trunk.pos_embed':torch.zeros(1,50,768)}),
    r'image.pos_embed \[1, 50, 768\] for \[1, 197, 768\]')])
def test_release_misfits_are_named(release, tmp_path, change, said):
    state = dict(release.state)
    change(state)
    torch.save(dict(state_dict=state), tmp_path/'odd.pt')
    with pytest.raises(ValueError, match=said): load(tmp_path/'odd.pt', text=release.text)

def test_release_that_is_none(release, tmp_path):
    torch.save(dict(model={}), tmp_path/'a.pt')
    with pytest.raises(ValueError, match='no state_dict'): load(tmp_path/'a.pt', text=release.text)
    torch.save(dict(state_dict=SimpleNamespace(evil=1)), tmp_path/'b.pt')
    with pytest.raises(ValueError, match='not a whole file of tensors'): load(tmp_path/'b.pt', text=release.text)
    (tmp_path/'c.pt').write_bytes(release.path.read_bytes()[:10_000])
    with pytest.raises(ValueError, match='not a whole file of tensors'): load(tmp_path/'c.pt', text=release.text)

def test_hub_repo_from_its_cache(tmp_path, monkeypatch):
    "A saved model in the Hub's cache layout is found by its repo id, with no network."
    import huggingface_hub.constants as C
    repo = tmp_path/'models--someone--clippy-scenes'
    model = create_model('clippy-scenes', captions=captions).eval()
    model.save(repo/'snapshots'/'abc123')
    (repo/'refs').mkdir()
    (repo/'refs'/'main').write_text('abc123')
    monkeypatch.setattr(C, 'HF_HUB_CACHE', str(tmp_path))
    monkeypatch.setattr(C, 'HF_HUB_OFFLINE', True)
    back = load('someone/clippy-scenes')
    x = torch.randn(1,3,64,64)
    assert torch.equal(back.encode_image(x), model.encode_image(x))

def test_an_interrupted_save_is_no_model(tmp_path, monkeypatch):
    "A save that dies midway leaves the older model in place and nothing new under its name."
    model = create_model('clippy-scenes', captions=captions).eval()
    model.save(tmp_path/'m')
    before = (tmp_path/'m'/'model.safetensors').read_bytes()
    monkeypatch.setattr(json, 'dumps', lambda *a,**k: (_ for _ in ()).throw(KeyboardInterrupt()))
    with torch.no_grad(): model.logit_scale.fill_(1.)
    with pytest.raises(KeyboardInterrupt): model.save(tmp_path/'m')
    monkeypatch.undo()
    assert (tmp_path/'m'/'model.safetensors').read_bytes()==before
    load(tmp_path/'m')

# What a model knows -------------------------------------------------------------------------------------------------

drawn = 'drawings of ten things on seven backgrounds'

def test_knowledge_travels(tmp_path):
    "What a model was trained on comes from its record, and stays with it when it is saved again."
    model = load('scenes')
    assert model.knows==drawn and load(model.save(tmp_path/'copy')).knows==drawn
    new = create_model('clippy-scenes', captions=captions)
    assert new.knows=='' and load(new.save(tmp_path/'run/model')).knows==''
    cases = (dict(train_data=''),drawn), (dict(train_data='s.tar'),'images with captions'), ([],''), ({},'')
    for options,says in cases:
        (tmp_path/'run/metrics.json').write_text(json.dumps(dict(options=options)))
        assert load(tmp_path/'run/model').knows==says
    (tmp_path/'run/model/manifest.json').write_text('{"knows": "birds"}')
    assert load(tmp_path/'run/model').knows=='birds' # what lies beside the weights comes first

@pytest.mark.parametrize('manifest', ['{', '[]', '{"knows": 3}', '{"knows": ["a"]}', '{"options": 1}', '{"knows": ""}'])
def test_knowledge_of_a_broken_record(tmp_path, manifest):
    "A record that cannot be read is none: the model is loaded all the same, and knows nothing that we could say."
    folder = create_model('clippy-scenes', captions=captions).save(tmp_path/'m')
    (folder/'manifest.json').write_text(manifest)
    assert load(folder).knows==''
    assert knowledge(dict(knows='x'*1000))==''

# Where and in what a model computes ---------------------------------------------------------------------------------

@pytest.mark.parametrize('given,kept', [(None,'float32'), ('fp32','float32'), ('bf16','bfloat16'), ('fp16','float16'),
    ('float32','float32'), ('bfloat16','bfloat16'), ('float16','float16'), (torch.bfloat16,'bfloat16'),
    (torch.float16,'float16')], ids=str)
def test_dtype_of_a_model(given, kept):
    "By each of its names; all weights are in it, those of the text too."
    more = [open_model('clippy-scenes', dtype=given)] if given in (None,'bf16') else []
    for model in load('scenes', dtype=given), *more:
        assert {str(p.dtype) for p in model.parameters()}=={f'torch.{kept}'} and not model.training
        assert model.device==torch.device('cpu')

@pytest.mark.parametrize('given',
    ['', 'half', 'fp8', 'int8', 'float64', torch.float64, torch.int8, 16, 'bf-16', ['bf16']], ids=str)
def test_no_such_dtype(given):
    with pytest.raises(ValueError, match='The dtype of a model is fp32, bf16, fp16, not'): load('scenes', dtype=given)

@pytest.mark.parametrize('given', ['', 'cuda', 'cuda:0', 'mps', 'gpu', 'moon', 'meta', 'cpu:1', 'cuda:-1', 0, 1.5,
    'auto', torch.device('cuda'), torch.device('meta'), ['cpu']], ids=str)
def test_no_such_device(given, monkeypatch):
    "On a machine without a card, and before anything is read."
    monkeypatch.setattr('clippy.saved._load_folder', None)
    for opens in load, open_model:
        with pytest.raises(ValueError, match=r'The device .* cannot be used: on this machine there is cpu\.$'):
            opens('scenes', device=given)

def test_devices_that_are_there(monkeypatch):
    "Of two cards the third is none; a number is a card."
    monkeypatch.setattr(torch.accelerator, 'is_available', lambda: True)
    monkeypatch.setattr(torch.accelerator, 'current_accelerator', lambda: torch.device('cuda'))
    monkeypatch.setattr(torch.accelerator, 'device_count', lambda: 2)
    assert [str(as_device(o)) for o in (None,'cpu','cuda','cuda:1')]==['cpu','cpu','cuda','cuda:1']
    with pytest.raises(ValueError, match='there is cpu and cuda:0 to cuda:1'): as_device('cuda:2')
    with pytest.raises(ValueError, match='cannot be used'): as_device('mps')

def test_weights_that_half_precision_cannot_hold(tmp_path):
    "Float16 has no room for them, bfloat16 has."
    model = load('scenes')
    with torch.no_grad(): model.image.norm.bias[0] = 1e5
    model.save(tmp_path/'hot')
    with pytest.raises(ValueError, match='image.norm.bias has values that float16 cannot hold'):
        load(tmp_path/'hot', dtype='fp16')
    assert load(tmp_path/'hot', dtype='bf16').image.norm.bias[0]==99_840 # 1e5, rounded to 8 bits

of_float32 = {}

def near(a, b, far): return np.abs(np.asarray(a)-np.asarray(b)).max()<far

@pytest.mark.parametrize('dtype', ['bf16','fp16'])
def test_half_precision_everywhere(dtype, tmp_path, monkeypatch, pairs):
    "Whatever takes a model takes one in half precision, and gives nearly what it gives in float32, or a sentence."
    half,full = load('scenes', dtype=dtype),load('scenes')
    images = [Image.fromarray(s.image) for s in Scenes(12, seed=3, size=64)]
    words = ['boat','cat','tree']
    steps = count()
    def both(ask): # the model in float32 is asked once, for both halves
        step = next(steps)
        if step not in of_float32: of_float32[step] = ask(full)
        return ask(half),of_float32[step]
    for a,b in zip(*both(lambda m: m.segment(images, words))): assert (a.mask==b.mask).mean()>.97
    for kind in True,'cosines':
        for a,b in zip(*both(lambda m: m.segment(images[:2], words, return_tensors=kind))):
            assert a.values.dtype==torch.float32 and near(a.values, b.values, .06)
    for a,b in zip(*both(lambda m: m.classify(images, words))): assert all(abs(a[w]-b[w])<.05 for w in words)
    for a,b in zip(*both(lambda m: m.similarity(images, 'a boat'))): assert near(a.map, b.map, .02)
    assert all(g.mask.shape==(64,64) for g in half.group(images, 3))
    a,b = both(lambda m: m.word_vectors(words))
    assert a.dtype==torch.float32 and near(a, b, .02)
    # evaluation
    few = dict(limit=4, bootstrap_samples=0)
    sets = dict.fromkeys(('scenes','scenes-js'), '')
    for task,data in (sets | dict(retrieval=pairs)).items():
        a,b = both(lambda m: evaluate(m, task, data, size=64, **few)['numbers'])
        assert a.keys()==b.keys() and all(abs(a[k]-b[k])<.06 for k in a if not k.endswith('@1')), task
    assert evaluate(half, 'scenes', precision=dtype, **few)['numbers'].keys()
    for other in {'bf16','fp16','fp32'}-{dtype}:
        with pytest.raises(ValueError, match=f'in {dtype}, so it cannot compute in {other}'):
            evaluate(half, 'scenes', precision=other, **few)
    with torch.autocast('cpu', torch.float16 if dtype=='bf16' else torch.bfloat16):
        with pytest.raises(ValueError, match='leave autocast off'): half.segment(images[0], words)
    # analysis
    a,b = both(lambda m: bird_study(m, images, [(i%2, i//2%2) for i in range(12)]))
    assert near(a.cosines, b.cosines, .02) and near(a.pooled, b.pooled, .02)
    a,b = both(lambda m: swap_features(m, scene_swap(3, 32)))
    assert near(a.pooled, b.pooled, .02) and near(a.own, b.own, .03)
    assert patch_features(half, [np.asarray(images[0])], [np.zeros((64,64), int)], names)[0].shape==(64,128)
    show_predictions(half, [*Scenes(2, seed=1, size=64)])
    similarity_maps(half, images[0], words)
    # writing
    for k in False,True:
        back = load(half.save(tmp_path/'saved', half=k))
        assert back.dtype==torch.float32
        pairs_of_weights = zip(half.state_dict().values(), back.state_dict().values(), strict=True)
        exact = all(torch.equal(a.float(), b) for a,b in pairs_of_weights)
        assert exact or (k and dtype=='bf16') # float16 has no room for the smallest numbers of bfloat16
    assert (write_repo(half, tmp_path/'repo', 'ada/m')/'model.safetensors').is_file()
    traced = []
    monkeypatch.setattr('clippy.export.export_image', lambda m, opset: traced.append(m) or 1/0)
    with pytest.raises(ZeroDivisionError): export_onnx(half, tmp_path/'onnx')
    assert {p.dtype for p in traced[0].parameters()}=={torch.float32} and half.dtype!=torch.float32
    # a step of training
    net = load('scenes', dtype=dtype).train()
    seen,read,scale = net(torch.randn(3, 3, 64, 64), net.tokenize(words))
    clip_loss(seen, read, scale).backward()
    assert all(p.grad.isfinite().all() for p in net.image.parameters())

# What a save may replace ----------------------------------------------------------------------------------------------

def everything(folder): # name -> bytes
    return {str(p.relative_to(folder)):p.read_bytes() for p in sorted(folder.rglob('*')) if p.is_file()}

def test_a_save_replaces_older_models_alone(tmp_path, monkeypatch):
    "Files, notes beside or inside a model, models of other libraries, and the folder one works in stay to the byte."
    model = load('scenes')
    ours = model.save(tmp_path/'ours')
    places = dict(file=('',''), notes=('thesis.tex','years'), readme=('README.md','# Mine'), bert=('config.json',
        '{"model_type": "bert"}'), broken=('config.json','{'), weights=('model.safetensors','x'),
        inside=('text/notes.txt','mine'), deep=('text/1_Pooling/more/a.pt','mine'))
    for name,(file,text) in places.items():
        at = tmp_path/'there'/name/file
        if name in ('inside','deep'): copytree(ours, tmp_path/'there'/name)
        at.parent.mkdir(parents=True, exist_ok=True)
        at.write_text(text)
    before = everything(tmp_path/'there')
    assert len(before)>len(places)
    for name,(file,_) in places.items():
        for save in model.save,model.save_pretrained:
            with pytest.raises(ValueError, match='is a file: name a folder' if name=='file' else 'would be lost'):
                save(tmp_path/'there'/name)
    monkeypatch.chdir(tmp_path/'there'/'notes')
    for here in '','.','..','/':
        with pytest.raises(ValueError, match='is the folder that this program runs in'): model.save(here)
    assert everything(tmp_path/'there')==before and len([*(tmp_path/'there').iterdir()])==len(places)

def test_a_save_leaves_what_has_a_similar_name(tmp_path):
    "A model called `m.new` stays when `m` is saved; behind a link the older model goes; an empty folder is taken."
    model = load('scenes')
    model.save(tmp_path/'m.new')
    before = everything(tmp_path/'m.new')
    (tmp_path/'disk'/'m').mkdir(parents=True)
    (tmp_path/'m').symlink_to(tmp_path/'disk'/'m')
    for scale in 1.,2.:
        with torch.no_grad(): model.logit_scale.fill_(scale)
        assert model.save(tmp_path/'m')==tmp_path/'m' and (tmp_path/'m').is_symlink()
        (tmp_path/'m'/'manifest.json').write_text('{}')
        assert load(tmp_path/'disk'/'m').logit_scale==scale
    assert everything(tmp_path/'m.new')==before
    assert sorted(p.name for p in tmp_path.iterdir())==['disk','m','m.new'] and len([*(tmp_path/'disk').iterdir()])==1

@pytest.mark.parametrize('fails', ['save_file','replace'])
def test_a_failed_save_leaves_the_older_model(tmp_path, monkeypatch, fails):
    "Wherever it stops, the older model is there to the byte, and nothing else."
    model = load('scenes')
    model.save(tmp_path/'m')
    before,own = everything(tmp_path),os.replace
    def stop(*args, **kwargs): raise OSError('the disk is full')
    if fails=='save_file': monkeypatch.setattr('clippy.model.save_file', stop)
    else: monkeypatch.setattr(os, 'replace', lambda a, b: stop() if str(a).endswith('m.new') else own(a, b))
    with pytest.raises(OSError, match='disk is full'): model.save(tmp_path/'m')
    assert everything(tmp_path)==before and [p.name for p in tmp_path.iterdir()]==['m']

@pytest.mark.parametrize('name', ['', ' ', None])
def test_no_name_is_no_model(name):
    with pytest.raises(ValueError, match='A model is a name of `clippy models`'): load(name)
