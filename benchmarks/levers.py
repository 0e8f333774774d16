"What each lever gives a training step on one GPU: compiling, texts in groups, T5's attention, a memory budget."
import gc, math, sys
from importlib.metadata import version
from time import perf_counter
from types import SimpleNamespace

import torch
import torch.nn.functional as F
from fastcore.script import call_parse

from clippy.console import table
from loss import peak_memory, start_memory
from record import bf16_peak, clock, keep, machine, save, set_threads
from step import Ours, OpenClip, batch_for, flops, layers, rounded, step, text_folder

ours = dict(whose='ours', attention='eager', groups=1, compile='', budget=1., checkpointed=False)
best = ours | dict(attention='sdpa', groups=4, compile='towers')
levers = { # name -> how; what matters most comes first, for the time may run out
    'open_clip':dict(whose='open_clip', compile=''),
    'ours':ours,
    'ours, SDPA':ours | dict(attention='sdpa'),
    'ours, SDPA, 4 groups':ours | dict(attention='sdpa', groups=4),
    'ours, SDPA, 4 groups, towers compiled':best,
    'open_clip, compiled':dict(whose='open_clip', compile='model'),
    'ours, SDPA, 4 groups, layers compiled':best | dict(compile='layers'),
    'ours, written out, 4 groups, towers compiled':best | dict(attention='eager'),
    'ours, FlexAttention, 4 groups, towers compiled':best | dict(attention='flex'),
    'ours, budget .5':best | dict(budget=.5),
    'ours, 448 px, 80 % dropped':best | dict(size=448, drop=.8),
    'ours, checkpointed':best | dict(checkpointed=True),
    'ours, budget .2':best | dict(budget=.2),
    'ours, 8 groups':best | dict(groups=8),
    'ours, 448 px, budget .3':best | dict(size=448, budget=.3),
}

def flex(module, query, key, value, attention_mask, scaling=1., position_bias=None, **kwargs):
    "T5's attention by FlexAttention: the position bias is added inside the kernel, with its gradient."
    from torch.nn.attention.flex_attention import flex_attention
    bias = position_bias[0].float()
    keep_it = None if attention_mask is None else attention_mask[:,0,0]
    def score(s, b, h, i, j):
        s = s+bias[h,i,j]
        if keep_it is None: return s
        return torch.where(keep_it[b,j], s, -1e4) if keep_it.dtype==torch.bool else s+keep_it[b,j]
    out = flex_attention(query, key, value, score_mod=score, scale=scaling)
    return out.transpose(1, 2).contiguous(), None

class Pulled(Ours):
    "Ours, with some levers pulled."
    def __init__(self, o, attention, groups, size=224, drop=0.):
        super().__init__(o, size, drop)
        self.groups,encoder = groups,self.model.text[0].model
        if attention=='flex':
            from transformers import AttentionInterface, AttentionMaskInterface
            from transformers.masking_utils import sdpa_mask
            AttentionInterface.register('flex', flex)
            AttentionMaskInterface.register('flex', sdpa_mask)
        encoder.set_attn_implementation(attention)
        self.attention = encoder.config._attn_implementation
    def batch(self, images, captions): # what a loader's worker could do: token ids, in groups of similar length
        tokens = self.tokenize(captions)
        length = tokens['attention_mask'].sum(1)
        self.real = length.float().mean().item()
        order = length.argsort(stable=True)
        parts = []
        for some in order.chunk(self.groups):
            longest = -(-int(length[some].max())//16)*16 if self.groups>1 else int(length.max())
            cut = {k:F.pad(v[some], (0,max(0, longest-v.shape[1])))[:,:longest] for k,v in tokens.items()}
            parts.append({k:v.contiguous().pin_memory() if self.o.device.type=='cuda' else v for k,v in cut.items()})
        self.shapes = [tuple(p['input_ids'].shape) for p in parts]
        self.back = order.argsort().to(self.o.device)
        return images,parts
    def encode_text(self, parts):
        moved = [{k:v.to(self.o.device, non_blocking=True) for k,v in p.items()} for p in parts]
        found = [self.model.encode_tokens(p) for p in moved]
        return torch.cat(found)[self.back]

def build(name, o):
    how = dict(levers[name])
    whose,compile = how.pop('whose'),how.pop('compile')
    o = SimpleNamespace(**(vars(o)|dict(grad_checkpointing=how.pop('checkpointed', False))))
    torch._functorch.config.activation_memory_budget = how.pop('budget', 1.)
    m = OpenClip(o) if whose=='open_clip' else Pulled(o, **how)
    if compile=='model': # as open_clip's --torchcompile, whose forward calls these two
        m.model.encode_image = torch.compile(m.model.encode_image)
        m.model.encode_text = torch.compile(m.model.encode_text)
    elif compile=='layers':
        for layer in layers(SimpleNamespace(image=m.towers[0], text=m.towers[1])): layer.compile()
    elif compile=='towers':
        m.model.image.forward_features = torch.compile(m.model.image.forward_features)
        encoder = m.model.text[0].model
        encoder.forward = torch.compile(encoder.forward) # which is called, so encoder.compile() would be passed over
    return m

def work(m, name, shape)->float: # TFLOP of one pair, forward and backward, without padding
    how = levers[name]
    return flops(shape, m.size, how.get('drop', 0.), getattr(m, 'real', 0) or texts_mean)/1e12

texts_mean = 0. # tokens a text, of the batch

def trial(name, o, n, seconds)->dict:
    device = o.device
    gc.collect()
    if device.type=='cuda': torch.cuda.empty_cache()
    torch.compiler.reset()
    before = start_memory(device)
    m = build(name, o)
    batch = batch_for(m, n)
    how = {k:v for k,v in levers[name].items() if k!='whose'}
    row = dict(name=name, batch=n, **how, shapes=getattr(m, 'shapes', None), out_of_memory=False)
    try:
        begun = clock(device)
        for _ in range(2): step(m, *batch)
        first = clock(device)-begun
        begun = clock(device)
        step(m, *batch)
        times = max(3, min(30, int(seconds/(clock(device)-begun))))
        begun = clock(device)
        for _ in range(times): loss = step(m, *batch)
        took = (clock(device)-begun)/times
    except torch.OutOfMemoryError: return row|dict(out_of_memory=True)
    if not math.isfinite(loss.item()): raise ValueError('The loss is not finite.')
    peak,tflop = bf16_peak(device),work(m, name, o.shape)
    graphs = torch._dynamo.utils.counters['stats'].get('unique_graphs', 0)
    return row|dict(seconds=took, first_seconds=first, pairs_per_s=n/took, peak_mb=peak_memory(device)-before,
        tflop_per_pair=tflop,
        mfu=n*tflop/took/peak if peak else None, graphs=graphs, loss=loss.item())

def show(rows)->str:
    "A markdown table."
    base = next((r['seconds'] for r in rows if r['name']=='open_clip' and r.get('seconds')), None)
    def cells(r):
        if r.get('no_time'): return 'no time left','','','','',''
        if r.get('error'): return r['error'][:60],'','','','',''
        if r['out_of_memory']: return 'out of memory','','','','',''
        return (f"{1e3*r['seconds']:.0f}", f"{r['pairs_per_s']:.0f}", f"{base/r['seconds']:.2f}" if base else '',
            '' if r['mfu'] is None else f"{100*r['mfu']:.0f}", f"{r['peak_mb']/1024:.1f}", f"{r['first_seconds']:.0f}")
    head = 'step','ms','pairs/s','times open_clip','of the peak without padding, %','GB','first two steps, s'
    return str(table([(r['name'], *cells(r)) for r in rows], head, range(1, 7)))

@call_parse
def main(
    batch:int=1024, # Pairs of a step
    seconds:float=2., # Of timed steps for each row
    budget:float=400., # Seconds after which nothing new begins
    only:str='', # Comma-separated numbers of the rows, from 0, in the order in which they run
    shape:str='full', # full: ViT-B/16 and T5-base; tiny: to try the script
    device:str='cuda', # cuda, or cpu to try the script
    out:str='', # JSON file; none: the kept result of this device
):
    "Time a bf16 training step with one lever after the other; the JSON is written after every row."
    global texts_mean
    began,device = perf_counter(),torch.device(device)
    if device.type=='cuda' and not torch.cuda.is_available():
        raise SystemExit('There is no CUDA device: --device cpu --shape tiny tries the script.')
    if device.type=='cpu': set_threads(1)
    else: torch.backends.cuda.matmul.allow_tf32 = True
    where,rows = machine(device),[]
    settings = dict(batch=batch, seconds=seconds, budget=budget, shape=shape, precision='bf16',
        open_clip=version('open_clip_torch'))
    o = SimpleNamespace(device=device, shape=shape, precision='bf16', text=text_folder(shape), compile=False,
        grad_checkpointing=False)
    probe = Pulled(SimpleNamespace(**(vars(o)|dict(device=torch.device('cpu')))), 'eager', 1)
    batch_for(probe, batch)
    texts_mean = probe.real
    del probe
    names = list(levers)
    for name in [names[int(i)] for i in only.split(',')] if only else names:
        need = 20 if not levers[name]['compile'] else 60
        if budget-(perf_counter()-began)<need: row = dict(name=name, no_time=True)
        else:
            try: row = trial(name, o, batch, seconds)
            except Exception as e: row = dict(name=name, error=f'{type(e).__name__}: {e}'.splitlines()[0][:300])
        rows.append(rounded(row))
        print(f'{perf_counter()-began:5.0f} s  {rows[-1]}', file=sys.stderr, flush=True)
        keep('levers', out, where, settings, rows)
    save('levers', out, where, settings, rows, show(rows))
