"A head before the pool, and towers that stay as they are: what is left out of a file, and fetched again."
import json, shutil

import pytest, torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import load_file, save_file

from clippy.folders import info, segment_files
from clippy.head import frozen_towers, new_head, tower_hash
from clippy.model import CLIPpy, Config, create_model, image_tower, new_text_tower
from clippy.saved import load
from small import small_towers

captions = ['a dog runs on the beach', 'two birds over a lake', 'a']
vit = dict(embed_dim=48, depth=2, num_heads=2, patch_size=8, img_size=32)
images = torch.randn(3, 3, 32, 40, generator=torch.Generator().manual_seed(0))

@pytest.fixture(scope='module')
def places(tmp_path_factory): return small_towers(tmp_path_factory.mktemp('towers'), captions, **vit)

def model_of(places, **changes):
    config = Config(image='vit_tiny_patch16_224', text=str(places/'t5'), pretrained_image=False, image_size=32,
        image_args=vit, **changes)
    return create_model(config, image_weights=places/'vit.safetensors', seed=3).eval()

def plain_head(model, kind, x):
    "By hand: a matrix and a bias; or two with the exact GELU between them."
    w = {k:v.double() for k,v in model.proj.state_dict().items()}
    if kind=='linear': return x.double()@w['weight'].T+w['bias']
    hidden = x.double()@w['0.weight'].T+w['0.bias']
    hidden = hidden*.5*(1+torch.erf(hidden/2**.5))
    return hidden@w['2.weight'].T+w['2.bias']

@pytest.mark.parametrize('kind', ['linear','mlp'])
@pytest.mark.parametrize('pooling', ['max','avg','cls'])
@torch.no_grad()
def test_head_before_the_pool(places, kind, pooling):
    "Each token goes through the head by itself, and is pooled after it."
    model = model_of(places, head=kind, pooling=pooling)
    tokens = plain_head(model, kind, model.image.forward_features(images))
    pooled = dict(max=tokens[:,1:].amax(1), avg=tokens[:,1:].mean(1), cls=tokens[:,0])[pooling]
    assert torch.allclose(model.encode_image(images).double(), F.normalize(pooled, dim=-1), atol=1e-5)
    patches = F.normalize(tokens[:,1:], dim=-1).unflatten(1, (4,5))
    assert torch.allclose(model.encode_patches(images).double(), patches, atol=1e-5)

def test_sizes_of_heads():
    "A projection only where the widths differ; what is asked for is there in any case."
    size = lambda *what: sum(p.numel() for p in new_head(*what).parameters())
    assert [size('', 8, 8), size('', 8, 4), size('linear', 8, 8), size('mlp', 8, 4)]==[0, 32, 72, 8*8+8+8*4+4]

@torch.no_grad()
def test_features_go_on_where_they_were_left(places):
    "What the tower made of images, and what the text tower made of captions, can take their place."
    model = model_of(places, head='mlp')
    kept = model.image_features(images)
    raw = model.read(model.tokenize(captions))
    assert torch.equal(model.encode_image(kept), model.encode_image(images))
    assert torch.equal(model.encode_tokens(dict(vectors=raw)), model.encode_text(captions))
    assert torch.allclose(model.encode_image(kept.half()), model.encode_image(images), atol=1e-3)

def test_nothing_left_to_train(places):
    "Two frozen towers of one width without a head are a sentence; a projection is a head too."
    alike = new_text_tower(captions, width=48, heads=2)
    both = CLIPpy(Config(image='vit_tiny_patch16_224'), image_tower('vit_tiny_patch16_224', **vit), alike)
    with pytest.raises(ValueError, match='--head linear or mlp'): both.freeze(image=True, text=True)
    assert [*frozen_towers(model_of(places).freeze(image=True, text=True))]==['image','text']
    with pytest.raises(ValueError, match='linear, mlp, or empty'): Config(head='deep')

# Saved without towers -----------------------------------------------------------------------------------------------

@pytest.mark.parametrize('frozen', [('image',), ('text',), ('image','text')])
@torch.no_grad()
def test_without_towers_and_back(places, tmp_path, frozen):
    "What was frozen is not in the file, and comes back to the bit; it can be saved again in the same way."
    model = model_of(places, head='linear').freeze(**dict.fromkeys(frozen, True))
    folder = model.save(tmp_path/'light', towers=False)
    inside = {k.split('.')[0] for k in load_file(folder/'model.safetensors')}
    assert ('image' in inside, (folder/'text').exists())==('image' not in frozen, 'text' not in frozen)
    again = load(load(folder).save(tmp_path/'again', towers=False))
    for k,v in model.state_dict().items(): assert torch.equal(again.state_dict()[k], v), k
    assert [*frozen_towers(again)]==[*frozen]
    whole = load(again.save(tmp_path/'whole'))
    assert torch.equal(whole.encode_image(images), model.encode_image(images)) and not whole.frozen

def test_commands_take_a_model_without_towers(places, tmp_path):
    "`clippy info` and `clippy segment` open it as any other."
    folder = model_of(places, head='mlp').freeze(image=True, text=True).save(tmp_path/'m', towers=False)
    assert 'after a head: mlp' in info(str(folder))
    Image.new('RGB', (40,40), 'red').save(tmp_path/'red.png')
    asked = dict(Label=['red','blue'], Out=str(tmp_path/'out'), device='cpu')
    segment_files(str(tmp_path/'red.png'), Model=str(folder), **asked)
    answer = json.loads((tmp_path/'out'/'answers.jsonl').read_text().splitlines()[-1])
    assert answer['regions'] and answer['size']==[40,40]

def test_a_tower_that_is_gone_or_another(places, tmp_path):
    "The sentence names the tower and its place; other weights of the same shape are refused."
    shutil.copytree(places, tmp_path/'towers')
    here = tmp_path/'towers'
    folder = model_of(here, head='mlp').freeze(image=True, text=True).save(tmp_path/'m', towers=False)
    weights = load_file(here/'vit.safetensors')
    save_file({k:v*1.001 for k,v in weights.items()}, here/'vit.safetensors')
    with pytest.raises(ValueError, match='other weights than .*vit.safetensors holds now'): load(folder)
    (here/'vit.safetensors').unlink()
    with pytest.raises(ValueError, match='image tower .*vit.safetensors.* cannot be had'): load(folder)
    shutil.rmtree(here/'t5')
    with pytest.raises(ValueError, match='text tower .*t5.* cannot be had'): load(folder)

def test_a_tower_of_the_hub_that_is_not_here(places, tmp_path):
    "Without a network the sentence has the command that fetches it."
    folder = model_of(places, head='mlp').freeze(image=True, text=True).save(tmp_path/'m', towers=False)
    config = json.loads((folder/'config.json').read_text())
    config['towers']['text']['source'] = 'someone/nowhere-MiniLM'
    (folder/'config.json').write_text(json.dumps(config))
    with pytest.raises(ValueError, match='hf download someone/nowhere-MiniLM'): load(folder)

@pytest.mark.parametrize('towers', [[], {'audio':{}}, {'text':{'source':'a'}}, {'text':{'source':'', 'weights':'0'*16}},
    {'text':{'source':'a', 'weights':'0'*15}}, {'image':{'source':3, 'weights':'0'*16}}, {'text':'a'},
    {'text':{'source':'a; rm -r b', 'weights':'0'*16}}, {'text':{'source':'../t5', 'weights':'0'*16}}], ids=str)
def test_what_is_no_list_of_towers(places, tmp_path, towers):
    "Settings that say nothing of use are refused before anything is built from them."
    folder = model_of(places, head='mlp').freeze(image=True, text=True).save(tmp_path/'m', towers=False)
    config = json.loads((folder/'config.json').read_text())
    (folder/'config.json').write_text(json.dumps(dict(config, towers=towers)))
    with pytest.raises(ValueError, match='towers is .* and should be'): load(folder)

def test_what_cannot_be_left_out(places, tmp_path):
    "Towers that are trained, were drawn at random, or have changed since stay in the file."
    model = model_of(places, head='mlp')
    with pytest.raises(ValueError, match='no tower of this model is frozen'): model.save(tmp_path/'m', towers=False)
    with torch.no_grad(): model.image.norm.bias += 1
    model.freeze(image=True)
    with pytest.raises(ValueError, match='no longer what'): model.save(tmp_path/'m', towers=False)
    drawn = create_model('clippy-scenes', captions=captions, head='mlp').freeze(text=True)
    with pytest.raises(ValueError, match='in no file'): drawn.save(tmp_path/'m', towers=False)
    assert not (tmp_path/'m').exists()

def test_hash_of_a_tower(places):
    "Names do not count, any single value does, and so does its place; tied weights count once."
    a,b = (image_tower('vit_tiny_patch16_224', weights=places/'vit.safetensors', **vit) for _ in range(2))
    assert tower_hash(a)==tower_hash(b)==tower_hash(torch.nn.ModuleDict(dict(x=a)))
    with torch.no_grad(): b.blocks[1].mlp.fc2.bias[5] += 1e-6
    assert tower_hash(a)!=tower_hash(b)
    swapped = image_tower('vit_tiny_patch16_224', weights=places/'vit.safetensors', **vit)
    swapped.norm.weight,swapped.norm.bias = swapped.norm.bias,swapped.norm.weight
    assert tower_hash(a)!=tower_hash(swapped)
    one,tied = (torch.nn.ModuleList(torch.nn.Linear(3, 3) for _ in range(n)) for n in (1,2))
    tied[0].load_state_dict(one[0].state_dict())
    tied[1].weight,tied[1].bias = tied[0].weight,tied[0].bias
    assert tower_hash(one)==tower_hash(tied)
