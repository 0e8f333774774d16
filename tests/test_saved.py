"The release's layout at full size, a model from the Hub's cache, and a save that dies midway."
import json, math
from types import SimpleNamespace

import pytest, timm, torch
import torch.nn.functional as F
from transformers import AutoTokenizer, T5Config, T5EncoderModel

from clippy.classes import background_words
from clippy.model import create_model, train_tokenizer
from clippy.predict import own_background
from clippy.registry import entry
from clippy.saved import knowledge, load

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
