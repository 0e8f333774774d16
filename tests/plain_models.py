"Vision Transformers and text towers written out, from papers and notes alone: what the families are held against."
import math

import torch
import torch.nn.functional as F

def norm(x, p, eps): return F.layer_norm(x, x.shape[-1:], p['weight'], p['bias'], eps)
def linear(x, p): return x@p['weight'].T+(p['bias'] if 'bias' in p else 0)
def quick_gelu(x): return x*torch.sigmoid(1.702*x)

def attention(q, k, v, heads, causal=False, mask=None):
    "Softmax of scaled products, times values. `[B,N,D]`"
    b,n,d = q.shape
    q,k,v = (t.reshape(b, -1, heads, d//heads).transpose(1, 2) for t in (q,k,v))
    scores = q@k.transpose(-1, -2)/math.sqrt(d//heads)
    if causal: scores = scores+torch.full((n, n), -torch.inf).triu(1)
    if mask is not None: scores = scores.masked_fill(mask[:,None,None]==0, -torch.inf)
    return (scores.softmax(-1)@v).transpose(1, 2).reshape(b, n, d)

def block(x, p, heads, eps, act=F.gelu, values=False, causal=False, mask=None):
    "One block: `p` has norm1, q, k, v, proj, norm2, mlp (a function), and ls1 and ls2 where layers are scaled."
    y = norm(x, p['norm1'], eps)
    v = linear(y, p['v'])
    if not values: v = attention(linear(y, p['q']), linear(y, p['k']), v, heads, causal, mask)
    x = x+linear(v, p['proj'])*p.get('ls1', 1)
    return x+p['mlp'](norm(x, p['norm2'], eps), act)*p.get('ls2', 1)

def mlp(first, second): return lambda x, act: linear(act(linear(x, first)), second)
def gated(w1, w2, w3): return lambda x, act: linear(F.silu(linear(x, w1))*linear(x, w2), w3)

def of(state, prefix): return {k:state[f'{prefix}.{k}'] for k in ('weight','bias') if f'{prefix}.{k}' in state}

def three(p): # one layer for queries, keys and values
    parts = {k:v.chunk(3) for k,v in p.items()}
    return [{k:v[i] for k,v in parts.items()} for i in range(3)]

def positions(pos, old, new, **how):
    "Positions `[1+h*w,D]` on another grid; the first one is the class token's."
    grid = pos[1:].T.reshape(1, -1, *old)
    grid = grid if tuple(old)==tuple(new) else F.interpolate(grid, tuple(new), align_corners=False, **how)
    return pos[:1],grid[0].flatten(1).T

def dino_tokens(x, state, heads, patch, values=False, eps=1e-6, gelu=F.gelu, **how):
    "DINOv2 with registers, from its authors' names: `[B,1+registers+N,D]` after the final norm."
    x = F.conv2d(x, state['patch_embed.proj.weight'], state['patch_embed.proj.bias'], stride=patch)
    side = round(math.sqrt(state['pos_embed'].shape[1]-1))
    first,rest = positions(state['pos_embed'][0], (side,side), x.shape[-2:], **how)
    cls = (state['cls_token'][0]+first).expand(len(x), -1, -1)
    registers = state['register_tokens'].expand(len(x), -1, -1)
    x = torch.cat([cls, registers, x.flatten(2).transpose(1, 2)+rest], 1)
    n = len({k.split('.')[1] for k in state if k.startswith('blocks.')})
    for i in range(n): x = block(x, dino_block(state, f'blocks.{i}'), heads, eps, values=values and i==n-1)
    return norm(x, of(state, 'norm'), eps)

def dino_block(state, at):
    q,k,v = three(of(state, f'{at}.attn.qkv'))
    if f'{at}.mlp.w1.weight' in state: inner = gated(*(of(state, f'{at}.mlp.w{i}') for i in (1,2,3)))
    else: inner = mlp(of(state, f'{at}.mlp.fc1'), of(state, f'{at}.mlp.fc2'))
    return dict(norm1=of(state, f'{at}.norm1'), norm2=of(state, f'{at}.norm2'), q=q, k=k, v=v, mlp=inner,
        proj=of(state, f'{at}.attn.proj'), ls1=state[f'{at}.ls1.gamma'], ls2=state[f'{at}.ls2.gamma'])

def clip_block(state, at):
    q,k,v = three({n:state[f'{at}.attn.in_proj_{n}'] for n in ('weight','bias')})
    inner = mlp(of(state, f'{at}.mlp.c_fc'), of(state, f'{at}.mlp.c_proj'))
    return dict(norm1=of(state, f'{at}.ln_1'), norm2=of(state, f'{at}.ln_2'), q=q, k=k, v=v, mlp=inner,
        proj=of(state, f'{at}.attn.out_proj'))

def layers(state, at): return len({k.removeprefix(at).split('.')[0] for k in state if k.startswith(at)})

def clip_tokens(x, state, heads, patch, grid, act=F.gelu, values=False):
    "CLIP's image tower: all tokens in the space of the text, `[B,1+N,D]`."
    x = F.conv2d(x, state['visual.conv1.weight'], stride=patch)
    first,rest = positions(state['visual.positional_embedding'], grid, x.shape[-2:], mode='bicubic')
    cls = (state['visual.class_embedding']+first[0]).expand(len(x), 1, -1)
    x = norm(torch.cat([cls, x.flatten(2).transpose(1, 2)+rest], 1), of(state, 'visual.ln_pre'), 1e-5)
    n = layers(state, at := 'visual.transformer.resblocks.')
    for i in range(n): x = block(x, clip_block(state, f'{at}{i}'), heads, 1e-5, act, values=values and i==n-1)
    return norm(x, of(state, 'visual.ln_post'), 1e-5)@state['visual.proj']

def clip_text(ids, state, heads, act=F.gelu):
    "CLIP's text tower: it looks backwards, and answers at the highest id."
    x = state['text.token_embedding.weight'][ids]+state['text.positional_embedding'][:ids.shape[1]]
    at = 'text.transformer.resblocks.'
    for i in range(layers(state, at)): x = block(x, clip_block(state, f'{at}{i}'), heads, 1e-5, act, causal=True)
    x = norm(x, of(state, 'text.ln_final'), 1e-5)
    return x[torch.arange(len(x)), ids.argmax(-1)]@state['text.text_projection']
