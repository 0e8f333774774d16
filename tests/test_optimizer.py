"`clippy.optimizer`: which parameters decay, at which rate each layer learns, and the rate of every step."
import math

import pytest, torch

from clippy.model import create_model
from clippy.optimizer import layer_groups, lr_at, optimizer_for, tower_norms

@pytest.fixture(scope='module')
def model(): return create_model('clippy-scenes', captions=['a red boat on the sea'])

asked = dict(lr=.1, beta1=.9, beta2=.98, eps=1e-6, wd=.2)
def names(model, group): return {k for k,p in model.named_parameters() if any(p is q for q in group['params'])}

def test_only_matrices_decay(model):
    "Every parameter is in one group; those with one axis or none, the logit scale among them, do not decay."
    groups = optimizer_for(model, **asked).param_groups
    assert sum(len(g['params']) for g in groups)==len(list(model.parameters()))
    for g in groups:
        assert g['weight_decay'] in (0, .2) and g['betas']==(.9,.98) and g['eps']==1e-6
        if g['weight_decay']: assert all(p.ndim>1 for p in g['params'])
    still = set().union(*(names(model, g) for g in groups if not g['weight_decay']))
    assert 'logit_scale' in still and {k for k,p in model.named_parameters() if p.ndim<2}<=still

def test_lower_layers_learn_slower(model):
    "Each parameter once; the scale is a power of the decay that falls from block to block towards the pixels."
    groups = layer_groups(model, .2, .5)
    scale = {k:g['lr_scale'] for g in groups for k in names(model, g)}
    assert scale.keys()==dict(model.named_parameters()).keys()
    assert sum(len(g['params']) for g in groups)==len(scale)
    depth = len(model.image.blocks)
    blocks = [scale[f'image.blocks.{i}.mlp.fc1.weight'] for i in range(depth)]
    assert all(b==2*a for a,b in zip(blocks, blocks[1:])) and scale['image.patch_embed.proj.weight']<=blocks[0]
    assert scale['logit_scale']==1 and max(scale.values())==1
    assert all(math.log2(v)==round(math.log2(v)) for v in scale.values())

def test_the_rate_of_every_step():
    "Linear to the peak, at the peak when the warm-up ends, half of it in the middle of what is left, never below 0."
    rates = [lr_at(i, 110, 10, 3.) for i in range(110)]
    assert rates[:10]==pytest.approx([3*(i+1)/10 for i in range(10)]) and rates[10]==3
    assert rates[60]==pytest.approx(1.5) and rates[35]==pytest.approx(1.5*(1+math.sqrt(.5)))
    assert rates[10:]==sorted(rates[10:], reverse=True) and 0<rates[-1]<.01
    assert lr_at(5, 5, 5, 3.)==3 # a run that ends with its warm-up

def test_norms_of_each_tower(model):
    "The norm of all gradients of a tower; a tower without any has 0."
    model.zero_grad()
    model.image.patch_embed.proj.bias.grad = torch.full_like(model.image.patch_embed.proj.bias, 2)
    n = model.image.patch_embed.proj.bias.numel()
    assert tower_norms(model)==dict(image=pytest.approx(2*math.sqrt(n)), text=0.)
    model.zero_grad()

@pytest.mark.parametrize('name,says', [('adamv', "timm has no optimizer 'adamv'"), ('', "timm has no optimizer ''")])
def test_no_such_optimizer(model, name, says):
    with pytest.raises(ValueError, match=says): optimizer_for(model, **asked, name=name)
