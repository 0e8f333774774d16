"What a training step holds and computes at ViT-B/16 and T5-base, by PyTorch's own accounting: no card is needed."
import gc, json
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch
from weakref import finalize

import torch
from fastcore.script import call_parse
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map
from torch.utils.flop_counter import FlopCounterMode

from clippy.compile import training_towers
from clippy.console import table
from clippy.lengths import Tokenize
from clippy.loss import clip_loss
from clippy.model import Config, create_model
from record import machine, save
from step import OpenClip, rounded, shapes, text_folder, texts

variants = { # name -> how
    'open_clip':dict(whose='open_clip'),
    'ours':{}, 'ours, one group':dict(groups=1), 'ours, 8 groups':dict(groups=8),
    'ours, checkpointed':dict(checkpointed=True),
    'ours, 448 px, 80 % dropped':dict(size=448, drop=.8),
    'ours, 448 px, 80 % dropped, checkpointed':dict(size=448, drop=.8, checkpointed=True),
    'ours, 448 px':dict(size=448), 'ours, 448 px, checkpointed':dict(size=448, checkpointed=True)}
seen_on_card = { # name -> file and row in results/ of the same step on an H200, not compiled
    'open_clip':('levers-cuda-peer','open_clip'), 'ours':('levers-cuda-peer','ours, not compiled'),
    'ours, one group':('levers-cuda-first','ours, SDPA')}
cards = dict(H100=78, H200=139) # GiB that a program finds

# Without numbers ------------------------------------------------------------------------------------------------------

class Live(TorchDispatchMode):
    "Counts the bytes of all tensors that are there, and the most that there were."
    def __init__(self):
        super().__init__()
        self.seen,self.now,self.peak = set(),0,0
    def __torch_dispatch__(self, f, types, args=(), kwargs=None):
        for t in tree_leaves((args, kwargs)): self.add(t, new=False) # was there before
        out = f(*args, **(kwargs or {}))
        for t in tree_leaves(out): self.add(t)
        return out
    def add(self, t, new=True):
        if not isinstance(t, Tensor): return
        storage = t.untyped_storage()
        key,size = storage._cdata,storage.nbytes()*new
        if key in self.seen: return
        self.seen.add(key)
        self.now += size
        if self.now>self.peak: gc.collect() # what waits for Python to find it is no part of a step
        self.peak = max(self.peak, self.now)
        finalize(storage, self.gone, key, size)
    def gone(self, key, size):
        self.seen.discard(key)
        self.now -= size

def attention(q, k, v, attn_mask=None, dropout_p=0., is_causal=False, scale=None, **kw):
    "The kernels of a card: the memory-efficient one with a mask, FlashAttention without."
    aten = torch.ops.aten
    if attn_mask is None: return aten._scaled_dot_product_flash_attention(q, k, v, dropout_p, is_causal, scale=scale)[0]
    if attn_mask.dtype==torch.bool: attn_mask = torch.zeros_like(attn_mask, dtype=q.dtype).masked_fill(~attn_mask, -1e9)
    mask = attn_mask.to(q.dtype).expand(*q.shape[:3], k.shape[2])
    return aten._scaled_dot_product_efficient_attention(q, k, v, mask, True, dropout_p, is_causal, scale=scale)[0]

@contextmanager
def without_numbers():
    "Tensors have shapes and types only; bf16 by autocast."
    with ExitStack() as stack:
        stack.enter_context(patch('torch.nn.functional.scaled_dot_product_attention', attention))
        stack.enter_context(FakeTensorMode(allow_non_fake_inputs=True))
        yield

def light(model):
    "The model with every weight as a shape and a type; weights that are shared stay so."
    found = {}
    def fake(t):
        if t not in found: found[t] = torch.empty_strided(t.shape, t.stride(), dtype=t.dtype)
        return found[t]
    def weight(p):
        if p not in found: found[p] = torch.nn.Parameter(fake(p.data), p.requires_grad)
        return found[p]
    for m in model.modules():
        for named,lighter in (m._parameters, weight), (m._buffers, fake):
            for k,t in named.items(): named[k] = None if t is None else lighter(t)
    return model

# A step ---------------------------------------------------------------------------------------------------------------

def theirs(o, n): # the model, its tokens, and what gives vectors of images and of tokens
    m = OpenClip(SimpleNamespace(**vars(o), device=torch.device('cpu'), grad_checkpointing=False))
    def both(images, ids): return m.encode_image(images),m.encode_text(ids),m.model.logit_scale.exp()
    return m.model, m.tokenizer(texts(n)), both

def mine(o, n, size=224, drop=0., groups=4, checkpointed=False): # likewise
    shape = shapes[o.shape]
    config = Config(shape['image'], str(o.text), 'max', size, drop, pretrained_image=False, pretrained_text=False,
        image_args=shape['image_args'])
    model = create_model(config, seed=0).train()
    if checkpointed: model.grad_checkpointing()
    return model, Tokenize(model, groups, even=True)(texts(n))[0], model

def measure(name, o, n)->dict:
    "Forward and backward of one variant."
    how = dict(variants[name])
    model,tokens,both = theirs(o, n) if how.pop('whose', '') else mine(o, n, **how)
    options = SimpleNamespace(compile=False, fsdp=False)
    live,flops = Live(),FlopCounterMode(display=False)
    with without_numbers():
        light(model)
        images = torch.empty(n, 3, how.get('size', 224), how.get('size', 224))
        tokens = tree_map(lambda t: torch.empty(t.shape, dtype=t.dtype), tokens)
        towers = nullcontext() if name=='open_clip' else training_towers(model, options)
        gc.collect()
        gc.freeze() # what is here need not be looked through again
        with towers, live, flops:
            with torch.autocast('cpu', torch.bfloat16): image,text,scale = both(images, tokens)
            held = live.now
            clip_loss(image.float(), text.float(), scale).backward()
    weights = sum(p.numel() for p in model.parameters())
    always = (3*4*weights+images.numel()*4)/2**30 # weights and AdamW's two moments; normalised images
    return dict(name=name, batch=n, parameters=weights, held_gib=held/2**30, peak_gib=always+live.peak/2**30,
        tflop_per_pair=flops.get_total_flops()/1e12/n)

def card_gib(name): # GiB, or None
    if name not in seen_on_card: return None
    file,row = seen_on_card[name]
    rows = json.loads((Path(__file__).parent/f'results/{file}.json').read_text())['rows']
    return next(r['peak_mb'] for r in rows if r['name']==row)/1024

def show(rows)->str:
    "A markdown table."
    base = next((r['tflop_per_pair'] for r in rows if r['name']=='ours'), None)
    def cells(r):
        fits = [name for name,most in cards.items() if r['peak_gib']<most]
        seen = r['card_gib']
        return (r['name'], f"{r['held_gib']:.1f}", f"{r['peak_gib']:.1f}", f'{seen:.1f}' if seen else '',
            ', '.join(fits) or 'none', f"{1e3*r['tflop_per_pair']:.0f}",
            f"{r['tflop_per_pair']/base:.2f}" if base else '')
    head = 'step','held, GiB','at most, GiB','an H200 showed','fits','GFLOP a pair','times ours'
    return str(table([cells(r) for r in rows], head, (1,2,3,5,6)))

@call_parse
def main(
    batch:int=1024, # Pairs of a step
    only:str='', # Comma-separated numbers of rows, from 0, in the order of the table
    shape:str='full', # full: ViT-B/16 and T5-base; tiny: to try the script
    out:str='', # JSON file; none: the kept result
):
    "Count the memory of a bf16 training step of each kind, and its products."
    o = SimpleNamespace(shape=shape, text=text_folder(shape), precision='bf16')
    names = [k for i,k in enumerate(variants) if not only or str(i) in only.split(',')]
    rows = []
    for name in names:
        row = measure(name, o, batch)
        rows.append(rounded(row|dict(card_gib=card_gib(name) if (batch,shape)==(1024,'full') else None)))
    settings = dict(batch=batch, shape=shape, precision='bf16')
    save('memory', out, machine(torch.device('cpu')), settings, rows, show(rows))
