"`clippy.dinotxt`: dino.txt and Talk2DINO against their forward passes written out, in the layouts of their authors."
import re

import pytest, torch
import torch.nn.functional as F

open_clip = pytest.importorskip('open_clip', reason='open_clip is optional')

from clippy.dinotxt import dino_files, dino_name, dino_tower, open_dinotxt, open_talk2dino # noqa: E402
from clippy.fetch import sha256_of # noqa: E402
from clippy.model import image_tower # noqa: E402
from clippy.registry import Entry # noqa: E402
from plain_models import block, clip_text, dino_block, dino_tokens, linear, mlp, norm # noqa: E402
from plain_models import of, quick_gelu, three # noqa: E402
from test_families import random_weights # noqa: E402
from test_openclip import settings, write # noqa: E402

grid = dict(patch=14, mode='bicubic', antialias=True)
small = 'vit_small_patch14_reg4_dinov2'

def numbers(seed=0, std=.1):
    g = torch.Generator().manual_seed(seed)
    return lambda *shape: torch.randn(shape, generator=g)*std

def authors_dinov2(tower):
    "The class token without its position, which stands before the others; registers under their older name."
    state = {k:v.clone() for k,v in tower.state_dict().items()}
    first = numbers(1)(1, 1, 384)
    state['pos_embed'] = torch.cat([first, state['pos_embed']], 1)
    state['cls_token'] = state['cls_token']-first
    state['register_tokens'] = state.pop('reg_token')
    return dict(state, mask_token=torch.zeros(1, 384))

def loud(state): # norms with weights near 1: else every layer would be quiet, and a fault in it too
    return {k:v+1 if re.search(r'(norm\w*|ln_\w+)\.weight$', k) else v for k,v in state.items()}

def head_weights(width=384, hidden=1024):
    "Two blocks with a gated MLP and layer scale, no bias for queries, keys and values."
    n,state = numbers(2),{}
    for i in range(2):
        shapes = {'attn.qkv.weight':(3*width,width), 'attn.proj.weight':(width,width), 'attn.proj.bias':(width,),
            'mlp.w1.weight':(hidden,width), 'mlp.w1.bias':(hidden,),
            'mlp.w2.weight':(hidden,width), 'mlp.w2.bias':(hidden,),
            'mlp.w3.weight':(width,hidden), 'mlp.w3.bias':(width,), 'ls1.gamma':(width,), 'ls2.gamma':(width,)}
        shapes |= {f'norm{j}.{k}':(width,) for j in (1,2) for k in ('weight','bias')}
        state |= {f'blocks.{i}.{k}':n(*s) for k,s in shapes.items()}
    return loud(state | {'ln_final.weight':n(width), 'ln_final.bias':n(width)})

def text_weights(width=64, out=768, vocab=49408, length=77):
    n = numbers(3)
    state = {'backbone.token_embedding.weight':n(vocab, width), 'backbone.positional_embedding':n(length, width),
        'backbone.ln_final.weight':n(width), 'backbone.ln_final.bias':n(width),
        'head.linear_projection.weight':n(out, width)}
    for i in range(2):
        shapes = {'attention.qkv.weight':(3*width,width),
            'attention.proj.weight':(width,width), 'attention.proj.bias':(width,),
            'feed_forward.fc1.weight':(4*width,width), 'feed_forward.fc1.bias':(4*width,),
            'feed_forward.fc2.weight':(width,4*width), 'feed_forward.fc2.bias':(width,)}
        shapes |= {f'{j}_norm.{k}':(width,) for j in ('attention','ffn') for k in ('weight','bias')}
        state |= {f'backbone.blocks.{i}.{k}':n(*s) for k,s in shapes.items()}
    return loud(state)

def plain_head(x, state, values=False):
    for i in range(2): x = block(x, dino_block(state, f'blocks.{i}'), 6, 1e-5, values=values and i==1)
    return norm(x, of(state, 'ln_final'), 1e-5)

def plain_text(ids, state):
    s = {k.removeprefix('backbone.'):v for k,v in state.items()}
    x = s['token_embedding.weight'][ids]+s['positional_embedding'][:ids.shape[1]]
    for i in range(2):
        at = f'blocks.{i}'
        q,k,v = three(of(s, f'{at}.attention.qkv'))
        p = dict(norm1=of(s, f'{at}.attention_norm'), norm2=of(s, f'{at}.ffn_norm'), q=q, k=k, v=v,
                 proj=of(s, f'{at}.attention.proj'),
                 mlp=mlp(of(s, f'{at}.feed_forward.fc1'), of(s, f'{at}.feed_forward.fc2')))
        x = block(x, p, 1, 1e-5, causal=True)
    x = norm(x, of(s, 'ln_final'), 1e-5)[torch.arange(len(x)),ids.argmax(-1)]
    return x@s['head.linear_projection.weight'].T

@pytest.fixture(scope='module')
def parts(tmp_path_factory):
    "DINOv2's three files, and what is in them."
    folder = tmp_path_factory.mktemp('dinov2')
    backbone = authors_dinov2(random_weights(image_tower(small), .1))
    head,text = head_weights(),text_weights()
    torch.save(backbone, folder/'dinov2_vits14_reg4_pretrain.pth')
    renamed = {k.replace('blocks.', 'block_list.'):v for k,v in head.items()}
    torch.save(renamed, folder/'dinov2_vits14_dinotxt_vision_head.pth')
    torch.save(text, folder/'dinov2_vits14_dinotxt_text_encoder.pth')
    return folder,backbone,head,text

def opened(folder, **options):
    return open_dinotxt(Entry(f'dinotxt:{folder}', 'family', 'dinotxt', '', 0, '', str(folder)), **options)

@torch.no_grad()
def test_dino_txt(parts):
    "DINOv2 from its authors' names, the head on it, patches past class token and registers; the second half of a text."
    folder,backbone,head,text = parts
    model,x = opened(folder),torch.randn(2, 3, 56, 70)
    seen = dino_tokens(x, backbone, 6, **grid)
    assert (dino_tower(folder/'dinov2_vits14_reg4_pretrain.pth').forward_features(x)-seen).abs().max()<1e-4
    for values in False,True:
        theirs = plain_head(seen, head, values)[:,5:]
        ours = model.encode_patches(x, normalize=False, values=values).flatten(1, 2)
        assert (ours-theirs).abs().max()<1e-4
    assert not model.config.values # published numbers leave attention in
    tokens = plain_head(seen, head)
    assert (model.encode_image(x)-F.normalize(tokens[:,5:].mean(1), dim=-1)).abs().max()<1e-4
    texts = ['a photo of a cat', 'dog']
    whole = plain_text(open_clip.tokenize(texts), text)
    assert (model.encode_text(texts)-F.normalize(whole[:,384:], dim=-1)).abs().max()<1e-4
    both = open_dinotxt(Entry('small-whole', 'family', 'dinotxt', '', 0, '', str(folder)))
    assert (both.encode_text(texts)-F.normalize(whole, dim=-1)).abs().max()<1e-4
    image = torch.cat([tokens[:,0], tokens[:,5:].mean(1)], 1)
    assert (both.encode_image(x)-F.normalize(image, dim=-1)).abs().max()<1e-4
    cosines = torch.einsum('bnd,kd->bkn', F.normalize(tokens[:,5:], dim=-1), F.normalize(whole[:,384:], dim=-1))
    for m in model,both: assert (m.patch_cosines(x, m.encode_text(texts)).flatten(2)-cosines).abs().max()<1e-4

@torch.no_grad()
def test_dinov3_s_two_files(parts, tmp_path):
    "Rotary positions, and head and text in one file with a scale: as Meta sends them, a hash at the end of each name."
    _,_,head,text = parts
    tower = random_weights(image_tower('vit_small_patch16_dinov3_qkvb'), .1)
    state = {k:v.clone() for k,v in tower.state_dict().items()}
    state['storage_tokens'] = state.pop('reg_token')
    for k in [k for k in state if k.endswith('q_bias')]:
        q,v = state.pop(k),state.pop(k.replace('q_bias', 'v_bias'))
        state[k.replace('q_bias', 'qkv.bias')] = torch.cat([q, torch.zeros_like(q), v])
        state[k.replace('q_bias', 'qkv.bias_mask')] = torch.ones(3*len(q))
    state = {k.replace('gamma_1', 'ls1.gamma').replace('gamma_2', 'ls2.gamma'):v for k,v in state.items()}
    state |= {'mask_token':torch.zeros(1, 384), 'rope_embed.periods':torch.ones(16)}
    both = {f'visual_model.head.{k}':v for k,v in head.items()} | {f'text_model.{k}':v for k,v in text.items()}
    for name,what in ('dinov3_vits16_pretrain_lvd1689m',state), ('dinov3_vits16_dinotxt_vision_head_and_text_encoder',
                                                                 both | dict(logit_scale=torch.tensor([3.]))):
        torch.save(what, path := tmp_path/'new.pth')
        path.rename(tmp_path/f'{name}-{sha256_of(path)[:8]}.pth')
    model,x = opened(tmp_path),torch.randn(1, 3, 48, 80)
    theirs = plain_head(tower.forward_features(x), head)[:,5:]
    assert (model.encode_patches(x, normalize=False).flatten(1, 2)-theirs).abs().max()<1e-4
    assert model.patch==(16,16) and abs(model.logit_scale-3)<1e-6 and model.config.image_size==512
    bad = next(tmp_path.glob('*pretrain*'))
    bad.write_bytes(bad.read_bytes()+b'x')
    with pytest.raises(ValueError, match='is damaged: its name ends with'): opened(tmp_path)

def test_files_that_are_missing(tmp_path, monkeypatch):
    "DINOv3 is sent by mail, and the sentence says where to ask and where to put it."
    monkeypatch.setenv('CLIPPY_CACHE', str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r'models lacks dinov3\*pretrain\*.pth. .*ai.meta.com'):
        dino_files(Entry('dinov3-l16-txt', 'family', 'dinotxt', '', 0, '', 'ai.meta.com/dinov3'))

def test_parts_that_do_not_fit(parts, tmp_path):
    folder,backbone,head,text = parts
    for p in folder.iterdir(): (tmp_path/p.name).symlink_to(p)
    path = tmp_path/'dinov2_vits14_dinotxt_vision_head.pth'
    path.unlink()
    torch.save(head_weights(128, 256), path)
    with pytest.raises(ValueError, match='takes patches of 128 numbers, and .* gives 384'): opened(tmp_path)
    torch.save(text, path)
    with pytest.raises(ValueError, match='no part of this model|does not fit'): opened(tmp_path)
    torch.save({k:v for k,v in backbone.items() if k!='register_tokens'}, path)
    with pytest.raises(ValueError, match='no DINO with registers'): dino_tower(path)

@pytest.mark.parametrize('name', ['vit_small_patch14_reg4_dinov2', 'vit_base_patch14_reg4_dinov2',
    'vit_large_patch14_reg4_dinov2', 'vit_small_patch16_dinov3', 'vit_large_patch16_dinov3',
    'vit_large_patch16_dinov3_qkvb'])
def test_which_dino_it_is(name):
    with torch.device('meta'): assert dino_name(image_tower(name).state_dict(), 'a file')==name

@pytest.mark.parametrize('older', [False,True])
@torch.no_grad()
def test_talk2dino(parts, tmp_path, older):
    "CLIP's raw vector, a layer, tanh, a layer; DINOv2's patches from the sixth token on; a mean before the layers."
    folder,backbone,*_ = parts
    (tmp_path/'dinov2_pretrain.pth').symlink_to(folder/'dinov2_vits14_reg4_pretrain.pth')
    _,clip = write(tmp_path/'clip', settings|dict(quick_gelu=True))
    n = numbers(5, .3)
    p = {'linear_layer.weight':n(384, 24), 'linear_layer.bias':n(384)}
    second = 'linear_layer2' if older else 'hidden_layers.0'
    p |= {f'{second}.weight':n(384, 384), f'{second}.bias':n(384)}
    torch.save(p, tmp_path/'vits_mlp_infonce.pth')
    model = open_talk2dino(Entry('t', 'family', 'talk2dino', '', 0, '', str(tmp_path)))
    x,texts = torch.randn(2, 3, 42, 56),['a photo of a cat', 'dog', 'a red boat']
    seen = dino_tokens(x, backbone, 6, **grid)[:,5:]
    assert (model.encode_patches(x, normalize=False).flatten(1, 2)-seen).abs().max()<1e-4
    assert (model.encode_image(x)-F.normalize(seen.mean(1), dim=-1)).abs().max()<1e-4
    by_value = dino_tokens(x, backbone, 6, values=True, **grid)[:,5:]
    assert (model.encode_patches(x, normalize=False, values=True).flatten(1, 2)-by_value).abs().max()<1e-4
    raw = clip_text(open_clip.SimpleTokenizer(context_length=20)(texts), clip, 4, quick_gelu)
    project = lambda v: linear(torch.tanh(linear(v, of(p, 'linear_layer'))), of(p, second))
    assert (model.encode_text(texts)-F.normalize(project(raw), dim=-1)).abs().max()<1e-4
    mean = model.project(model.read(model.tokenize(texts)).mean(0))
    assert (mean-project(raw.mean(0))).abs().max()<1e-4
