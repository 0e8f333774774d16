"Models whose weights all count, and what the tests of exports compare them by."
from functools import partial
from types import SimpleNamespace

import jax, torch

from clippy import export as ex
from clippy.jax_port import JaxCLIPpy
from clippy.model import create_model

def tiny(image='vit_tiny_patch16_224', text='', seed=3, width=32, **changes): # weights of every part count
    image_args = dict(img_size=64, patch_size=8, embed_dim=32, depth=2, num_heads=2)|changes.pop('image_args', {})
    changes = dict(text_args=dict(width=width, depth=2, heads=2))|changes
    model = create_model('clippy-scenes', image=image, text=text, seed=seed, image_args=image_args, **changes).eval()
    g = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for n,p in model.named_parameters():
            if 'logit' not in n: p.add_(torch.randn(p.shape, generator=g)*.1) # norms and biases too
    return model

def worst(model, other, **kw): return max(r[-1] for r in ex.differences(model, other, **kw))

methods = 'encode_image','encode_patches','encode_tokens'

def compiled(port): return SimpleNamespace(**{k:partial(jax.jit(getattr(JaxCLIPpy, k)), port) for k in methods})
