"`clippy.openclip`: CLIP, SigLIP 2 and the Perception Encoder against their forward passes written out."
import json
from copy import deepcopy

import pytest, torch
import torch.nn.functional as F
from safetensors.torch import save_file

open_clip = pytest.importorskip('open_clip', reason='open_clip is optional')
from open_clip.model import CustomTextCLIP # noqa: E402

from clippy import openclip # noqa: E402
from clippy.families import FamilyConfig # noqa: E402
from clippy.openclip import OpenCLIP, any_size, check_clip, find, new_names, open_clip_model # noqa: E402
from clippy.registry import Entry # noqa: E402
from plain_models import clip_text, clip_tokens, linear, norm, of, quick_gelu # noqa: E402
from test_families import random_weights # noqa: E402

settings = dict(embed_dim=24, vision_cfg=dict(image_size=64, layers=3, width=32, patch_size=16, head_width=8),
    text_cfg=dict(context_length=20, vocab_size=49408, width=32, heads=4, layers=2))
pooled = settings | dict(embed_dim=64, init_logit_bias=-10, init_logit_scale=2.3,
    vision_cfg=dict(image_size=160, timm_model_name='test_vit', timm_pool='map', timm_proj='none'))

def write(folder, settings, half=False, **more):
    "A folder as the Hub has it."
    folder.mkdir(exist_ok=True)
    state = random_weights(CustomTextCLIP(**deepcopy(settings)), .1).state_dict()
    save_file({k:(v.half() if half else v).contiguous() for k,v in state.items()}, folder/'open_clip_model.safetensors')
    pixels = dict(mean=[.5,.5,.4], std=[.5,.5,.5], size=[64,64], interpolation='bicubic')
    (folder/'open_clip_config.json').write_text(json.dumps(dict(model_cfg=settings|more, preprocess_cfg=pixels)))
    return folder,state

def opened(name): return open_clip_model(Entry(f'open_clip:{name}', 'family', 'open_clip', '', 0, '', str(name)))

@pytest.mark.parametrize('quick', [False,True], ids=['gelu','quick_gelu'])
@pytest.mark.parametrize('size', [(64,64), (48,96), (80,32)], ids=str)
@torch.no_grad()
def test_clip(tmp_path, size, quick):
    "Tokens of the whole tower and by the value path, at other sizes too; the class token; the text."
    folder,state = write(tmp_path/'m', settings|dict(quick_gelu=quick))
    model,x = opened(folder),torch.randn(2, 3, *size)
    how = dict(heads=4, patch=16, grid=(4,4), act=quick_gelu if quick else F.gelu)
    for values in False,True:
        theirs = clip_tokens(x, state, values=values, **how)[:,1:]
        assert (model.encode_patches(x, normalize=False, values=values).flatten(1, 2)-theirs).abs().max()<1e-5
    assert (model.encode_image(x)-F.normalize(clip_tokens(x, state, **how)[:,0], dim=-1)).abs().max()<1e-5
    ids = open_clip.SimpleTokenizer(context_length=20)(['a photo of a cat', 'dog'])
    theirs = F.normalize(clip_text(ids, state, 4, how['act']), dim=-1)
    assert (model.encode_text(['a photo of a cat', 'dog'])-theirs).abs().max()<1e-5
    assert model.config.mean==(.5,.5,.4) and model.config.image_size==64 and model.logit_bias is None

@torch.no_grad()
def test_the_real_layout():
    "The image tower of ViT-B-16 as it is: the value path and the class token."
    made = open_clip.get_model_config('ViT-B-16')
    made['text_cfg'] |= dict(layers=1, vocab_size=100)
    net = random_weights(CustomTextCLIP(**made), .02)
    config = FamilyConfig('b', '', '', 224, 77, (0,)*3, (1,)*3, 'class token', values=True)
    model,state,x = OpenCLIP(config, net, None).eval(),net.state_dict(),torch.randn(1, 3, 112, 160)
    how = dict(heads=12, patch=16, grid=(14,14))
    ours = model.encode_patches(x, normalize=False).flatten(1, 2)
    assert (ours-clip_tokens(x, state, values=True, **how)[:,1:]).abs().max()<1e-4
    assert (model.encode_image(x)-F.normalize(clip_tokens(x, state, **how)[:,0], dim=-1)).abs().max()<1e-4

def pool_alone(tokens, state, at, eps):
    "Attention pooling with one token: its value, projection, and MLP with a residual."
    v = linear(tokens, {k:v.chunk(2)[1] for k,v in of(state, f'{at}.kv').items()})
    x = linear(v, of(state, f'{at}.proj'))
    y = F.gelu(linear(norm(x, of(state, f'{at}.norm'), eps), of(state, f'{at}.mlp.fc1')))
    return x+linear(y, of(state, f'{at}.mlp.fc2'))

@torch.no_grad()
def test_siglip(tmp_path):
    "Each patch through the attention pool alone; the pool itself for the image; a bias of the logits."
    folder,state = write(tmp_path/'m', pooled)
    model,x = opened(folder),torch.randn(2, 3, 160, 160)
    trunk = model.image.trunk
    tokens = trunk.forward_features(x)[:,trunk.num_prefix_tokens:]
    ours = model.encode_patches(x, normalize=False).flatten(1, 2)
    assert (ours-pool_alone(tokens, state, 'visual.trunk.attn_pool', 1e-6)).abs().max()<1e-5
    one = torch.stack([trunk.attn_pool(tokens[:,i:i+1]) for i in range(tokens.shape[1])], 1)
    assert (ours-one).abs().max()<1e-5
    whole = CustomTextCLIP(**deepcopy(pooled))
    whole.load_state_dict(state)
    assert (model.encode_image(x)-whole.eval().encode_image(x, normalize=True)).abs().max()<1e-5
    assert model.encode_patches(torch.randn(1, 3, 48, 80)).shape==(1,3,5,64)
    assert abs(model.logit_bias.item()-state['logit_bias'].item())<1e-6
    assert abs(model.logit_scale.item()-state['logit_scale'].item())<1e-5

@torch.no_grad()
def test_perception_encoder():
    "Rotary positions at any size; past the class token, through the pool alone and the head."
    made = open_clip.get_model_config('PE-Core-T-16-384')
    made.pop('custom_text')
    made['text_cfg'] |= dict(layers=1)
    net = random_weights(CustomTextCLIP(**made), .05)
    x = torch.randn(1, 3, 384, 384)
    before = F.normalize(net.encode_image(x), dim=-1)
    config = FamilyConfig('pe', '', '', 384, 32, (.5,)*3, (.5,)*3, 'attention', values=True)
    model,state = OpenCLIP(config, net, None).eval(),net.state_dict()
    assert (model.encode_image(x)-before).abs().max()<1e-5 # the tower that takes any size gives the same
    x = torch.randn(1, 3, 96, 160)
    tokens = model.image.trunk.forward_features(x)[:,1:]
    theirs = linear(pool_alone(tokens, state, 'visual.trunk.attn_pool', 1e-5), of(state, 'visual.trunk.head'))
    assert (model.encode_patches(x, normalize=False).flatten(1, 2)-theirs).abs().max()<1e-5
    assert model.width==512

def test_gelu_of_openai(monkeypatch, tmp_path):
    "The tag says which GELU, and open_clip's settings do not: the tag is right. For weights of one's own the name is."
    _,_ = write(tmp_path/'hub', settings)
    asked = []
    monkeypatch.setattr(openclip, 'hub_folder', lambda name, *_: asked.append(name) or tmp_path/'hub')
    cfg,pixels,_,weights = find('ViT-B-16/openai')
    assert cfg['quick_gelu'] and asked==['timm/vit_base_patch16_clip_224.openai']
    assert weights.name=='open_clip_model.safetensors'
    cfg,pixels,_,_ = find('ViT-B-16/laion2b_s34b_b88k')
    assert not cfg.get('quick_gelu') and pixels['mean']==open_clip.constants.OPENAI_DATASET_MEAN
    cfg,_,_,own = find(f'ViT-B-16/{weights}')
    assert not cfg.get('quick_gelu') and own==weights
    assert find('PE-Core-B-16/meta')[1]['mean']==(.5,.5,.5)

def test_older_layout(tmp_path):
    "The text tower without a name, and numbers in half precision: the same model, in single precision."
    folder,state = write(tmp_path/'m', settings)
    old = {k.removeprefix('text.'):v.half() for k,v in state.items()}
    save_file({k:v.contiguous() for k,v in old.items()}, folder/'open_clip_model.safetensors')
    assert set(new_names(old))==set(state)
    model = opened(folder)
    assert model.dtype==torch.float32
    assert torch.equal(model.text.token_embedding.weight, state['text.token_embedding.weight'].half().float())

@pytest.mark.parametrize('part,change,says', [
    ('text_cfg', dict(tokenizer_kwargs=dict(trust_remote_code=True)), 'how a text is cleaned'),
    ('text_cfg', dict(hf_model_name='me/model'), "sets 'hf_model_name'"),
    ('vision_cfg', dict(timm_model_name='hf-hub:me/model'), 'Vision Transformers'),
    ('vision_cfg', dict(timm_model_name='resnet50'), 'Vision Transformers'),
    ('vision_cfg', dict(width=10**9), 'width is'), ('vision_cfg', dict(layers=[3,4,6,3]), 'layers is'),
    ('vision_cfg', dict(attentional_pool=True), "sets 'attentional_pool'"),
    (None, dict(multimodal_cfg={}), "sets 'multimodal_cfg'")])
def test_settings_of_others(part, change, says):
    "What a repository may say is on a list: no code, no other model, no size without bounds."
    said = deepcopy(settings)
    (said[part] if part else said).update(change)
    with pytest.raises(ValueError, match=says): check_clip(said, 'open_clip_config.json')

def test_weights_that_do_not_fit(tmp_path):
    folder,state = write(tmp_path/'m', settings)
    wide = deepcopy(settings)
    wide['vision_cfg']['width'] = 64
    (folder/'open_clip_config.json').write_text(json.dumps(dict(model_cfg=wide)))
    with pytest.raises(ValueError, match='of another shape'): opened(folder)
    torch.save(dict(state_dict=state, epoch=torch.nn.Linear(2, 2)), path := folder/'open_clip_pytorch_model.bin')
    (folder/'open_clip_model.safetensors').unlink()
    with pytest.raises(ValueError, match='other Python objects are not opened'): opened(folder)
    path.unlink()
    with pytest.raises(FileNotFoundError, match='has no open_clip_model.safetensors'): opened(folder)

def test_names(tmp_path):
    wrong = {'ViT-B-61/openai':'Did you mean ViT-B-16', 'ViT-B-16/opnai':'Did you mean openai',
             'ViT-B-16':'It has openai'}
    for name,says in wrong.items():
        with pytest.raises(ValueError, match=says): find(name)
    with pytest.raises(FileNotFoundError, match='huggingface.co/me/clip .*open_clip:FOLDER'): find('hf-hub:me/clip')
    resnet = CustomTextCLIP(**dict(deepcopy(settings), vision_cfg=dict(image_size=64, layers=[1,1,1,1], width=8)))
    assert not openclip._has_patches(resnet.visual)

@torch.no_grad()
def test_a_tower_with_a_class_token(tmp_path):
    "EVA-CLIP and its kin are towers of timm that pool with a class token: the last block's value path, or its tokens."
    classy = deepcopy(pooled)
    classy['vision_cfg'] |= dict(timm_pool='token')
    folder,state = write(tmp_path/'m', classy)
    model,x = opened(folder),torch.randn(1, 3, 160, 160)
    trunk = model.image.trunk
    tokens = trunk.forward_features(x)
    assert (model.encode_image(x)-F.normalize(tokens[:,0], dim=-1)).abs().max()<1e-5
    ours = model.encode_patches(x, normalize=False, values=False).flatten(1, 2)
    assert (ours-tokens[:,trunk.num_prefix_tokens:]).abs().max()<1e-5
    before = trunk.forward_intermediates(x, indices=[len(trunk.blocks)-2], intermediates_only=True, output_fmt='NLC')[0]
    b = trunk.blocks[-1]
    v = before+b.ls1(b.attn.proj(b.attn.qkv(b.norm1(before))[...,128:]))
    theirs = trunk.norm(v+b.ls2(b.mlp(b.norm2(v))))
    assert (model.encode_patches(x, normalize=False).flatten(1, 2)-theirs).abs().max()<1e-5

@torch.no_grad()
def test_any_size_keeps_the_tower():
    import timm
    trunk = random_weights(timm.create_model('test_vit', num_classes=0, global_pool='map'), .1)
    x = torch.randn(1, 3, 160, 160)
    assert (any_size(trunk)(x)-trunk(x)).abs().max()<1e-5
