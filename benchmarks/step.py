"One training step at the shapes of ViT-B/16 and T5-base, ours against open_clip: the same towers, batch and precision."
import gc, json, math
from contextlib import nullcontext
from importlib.metadata import version
from itertools import cycle, islice
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from time import process_time
from types import SimpleNamespace

import torch
import torch.nn.functional as F
from fastcore.script import call_parse

from clippy.data import normalize
from clippy.console import table
from clippy.loss import clip_loss
from clippy.model import Config, create_model, train_tokenizer
from clippy.optimizer import optimizer_for
from clippy.scenes import captions
from clippy.step import layers
from loss import apart, peak_memory, start_memory
from record import bf16_peak, clock, machine, save, set_threads

shapes = dict(
    full=dict(image='vit_base_patch16_224', image_args={},
        text=dict(d_model=768, d_kv=64, d_ff=3072, num_layers=12, num_heads=12)),
    tiny=dict(image='vit_tiny_patch16_224', image_args=dict(depth=2), # to try the script
        text=dict(d_model=192, d_kv=64, d_ff=384, num_layers=2, num_heads=3)))
variants = { # name -> whose, and how
    'open_clip, 224 px':('open_clip', {}),
    'ours, 224 px, 77 text tokens':('ours', dict(tokens=77)),
    'ours, 224 px':('ours', {}),
    'ours, 448 px, 80 % dropped':('ours', dict(size=448, drop=.8)), 'ours, 448 px':('ours', dict(size=448))}

def text_folder(shape)->Path:
    "A T5 encoder with random weights, and a tokenizer trained here."
    from transformers import T5Config, T5EncoderModel, logging
    logging.disable_progress_bar()
    folder,tok = Path(mkdtemp()),train_tokenizer(captions(2000))
    tok.save_pretrained(folder)
    config = T5Config(vocab_size=32128, dropout_rate=0., pad_token_id=0, eos_token_id=1, **shapes[shape]['text'])
    T5EncoderModel(config).save_pretrained(folder)
    saved = json.loads((folder/'config.json').read_text())
    asked = dict(is_encoder_decoder=True, architectures=['T5Model']) # as in Sentence-T5's; open_clip looks
    (folder/'config.json').write_text(json.dumps(dict(saved, **asked)))
    return folder

def texts(n)->list:
    "Captions of scenes, strung together to the lengths of a web data set's: 20 words, give or take 16, as CC12M's."
    rng,words = Random(0),cycle(' '.join(captions(2000)).split())
    return [' '.join(islice(words, max(3, round(rng.lognormvariate(2.755, .708))))) for _ in range(n)]

class Ours:
    def __init__(self, o, size=224, drop=0., tokens=0): # tokens: that texts are padded to; 0: to the longest
        shape = shapes[o.shape]
        c = Config(shape['image'], str(o.text), 'max', size, drop, pretrained_image=False, pretrained_text=False,
            image_args=shape['image_args'])
        self.model = create_model(c, seed=0).to(o.device).train()
        self.towers,self.size,self.tokens,self.o = (self.model.image,self.model.text),size,tokens,o
        if o.grad_checkpointing: self.model.grad_checkpointing()
        self.opt = optimizer_for(self.model, 1e-4, .9, .98, 1e-6, .2)
    def batch(self, images, captions): return images,captions # the training process does the rest
    def tokenize(self, captions):
        t = self.model.tokenize(captions)
        return {k:F.pad(v, (0,max(0, self.tokens-v.shape[1]))) for k,v in t.items()}
    def encode_image(self, x): return self.model.encode_image(normalize(x.to(self.o.device, non_blocking=True)))
    def encode_text(self, captions): return self.model.encode_tokens(self.tokenize(captions))
    def loss(self, i, t): return clip_loss(i, t, self.model.logit_scale.exp())

class OpenClip:
    "open_clip's model of a timm tower and a Hugging Face tower, with its loss, as open_clip_train puts them together."
    def __init__(self, o, size=224):
        import open_clip
        from open_clip.hf_configs import arch_dict
        from open_clip.loss import ClipLoss
        arch_dict['t5'] = arch_dict['mt5'] # it knows T5 under this name only
        shape,width = shapes[o.shape],shapes[o.shape]['text']['d_model']
        vision = dict(timm_model_name=shape['image'], timm_model_pretrained=False, timm_pool='token', timm_proj='',
            image_size=size)
        text = dict(hf_model_name=str(o.text), hf_tokenizer_name=str(o.text), hf_model_pretrained=False,
            hf_pooler_type='mean_pooler', hf_proj_type=None, context_length=77)
        torch.manual_seed(0)
        self.model = open_clip.CustomTextCLIP(width, vision, text).to(o.device).train()
        trunk = self.model.visual.trunk
        if shape['image_args']: trunk.blocks = trunk.blocks[:shape['image_args']['depth']]
        self.towers,self.size,self.o = (self.model.visual.trunk,self.model.text.transformer),size,o
        if o.grad_checkpointing: self.model.set_grad_checkpointing()
        self.tokenizer = open_clip.tokenizer.HFTokenizer(str(o.text), context_length=77)
        decays = lambda n,p: not (p.ndim<2 or 'bn' in n or 'ln' in n or 'bias' in n or 'logit_scale' in n)
        named = [(n,p) for n,p in self.model.named_parameters() if p.requires_grad]
        free = dict(params=[p for n,p in named if not decays(n,p)], weight_decay=0.)
        decayed = dict(params=[p for n,p in named if decays(n,p)], weight_decay=.2)
        self.opt = torch.optim.AdamW([free, decayed],
                                     lr=1e-4, betas=(.9,.98), eps=1e-6)
        self.clip_loss = ClipLoss()
    def batch(self, images, captions): return normalize(images),self.tokenizer(captions) # its loader's workers do this
    def encode_image(self, x): return self.model.encode_image(x.to(self.o.device, non_blocking=True), normalize=True)
    def encode_text(self, ids): return self.model.encode_text(ids.to(self.o.device, non_blocking=True), normalize=True)
    def loss(self, i, t): return self.clip_loss(i, t, self.model.logit_scale.exp())

def build(name, o):
    kind,how = variants[name]
    m = dict(open_clip=OpenClip, ours=Ours)[kind](o, **how)
    if o.compile:
        both = SimpleNamespace(image=m.towers[0], text=m.towers[1])
        for layer in layers(both): layer.compile() # as clippy.train does
    return m

def batch_for(m, n):
    "What the loader hands over."
    seed = torch.Generator().manual_seed(0)
    eight = torch.randint(0, 256, (min(n,8),3,m.size,m.size), dtype=torch.uint8, generator=seed)
    images = eight.repeat(-(-n//8), 1, 1, 1)[:n]
    batch = m.batch(images, texts(n))
    return [o.pin_memory() if m.o.device.type=='cuda' and isinstance(o, torch.Tensor) else o for o in batch]

def step(m, images, captions, mark=lambda part: None)->torch.Tensor: # the loss
    "One step of training."
    device = m.o.device
    with torch.autocast(device.type, torch.bfloat16) if m.o.precision=='bf16' else nullcontext():
        i = m.encode_image(images)
        mark('image tower')
        t = m.encode_text(captions)
        mark('text tower')
    loss = m.loss(i.float(), t.float())
    mark('loss')
    loss.backward()
    mark('backward')
    torch.nn.utils.clip_grad_norm_(m.model.parameters(), 1.)
    m.opt.step()
    m.opt.zero_grad()
    mark('optimizer')
    return loss.detach()

def timed(m, batch)->dict: # seconds, as a whole, of each part, and by the clock on the wall
    "A step with the time read after each part: on a CPU that of computing, which other work disturbs less."
    now = process_time if m.o.device.type=='cpu' and torch.get_num_threads()==1 else lambda: clock(m.o.device)
    start,marks = clock(m.o.device),[('',now())]
    loss = step(m, *batch, lambda part: marks.append((part, now())))
    elapsed = clock(m.o.device)-start
    if not math.isfinite(loss.item()): raise ValueError('The loss is no number.')
    parts = {k:b-a for (_,a),(k,b) in zip(marks, marks[1:])}
    return dict(seconds=marks[-1][1]-marks[0][1], elapsed_seconds=elapsed, parts=parts)

def flops(shape, size, drop, tokens)->float: # of one pair, forward and backward; matrix products of the layers only
    def tower(d, ff, layers, n): return 6*n*layers*(4*d*d+2*d*ff) + 12*layers*n*n*d
    d = dict(full=(768,3072,12), tiny=(192,768,2))[shape]
    t = shapes[shape]['text']
    return tower(*d, int((size//16)**2*(1-drop))+1) + tower(t['d_model'], t['d_ff'], t['num_layers'], tokens)

def about(name, m, captions)->dict: # what a row says of the model
    how = variants[name][1]
    tokens = captions.shape[1] if isinstance(captions, torch.Tensor) else m.tokenize(captions)['input_ids'].shape[1]
    both = SimpleNamespace(image=m.towers[0], text=m.towers[1])
    parameters = sum(p.numel() for p in m.model.parameters() if p.requires_grad)
    tflops = flops(m.o.shape, m.size, how.get('drop', 0.), tokens)/1e12
    return dict(name=name, precision=m.o.precision, compiled=m.o.compile, text_tokens=tokens, parameters=parameters,
        layers=len(layers(both)), tflops_per_pair=tflops)

def measure(name, o, n, steps)->tuple: # the row without its times, and what each step took
    "Some steps of one variant, after one for warming up: a small one, unless that would be compiled for another shape."
    before = start_memory(o.device)
    m = build(name, o)
    batch = batch_for(m, n)
    start_memory(o.device) # what building took for a moment does not count
    first = timed(m, batch if o.compile else batch_for(m, 2))['elapsed_seconds']
    found = [timed(m, batch) for _ in range(steps)]
    peak = peak_memory(o.device)-before
    row = about(name, m, batch[1])|dict(batch=n, first_seconds=first if o.compile else 0., peak_mb=peak)
    del m, batch
    gc.collect()
    if o.device.type=='cuda': torch.cuda.empty_cache()
    return row,found

def rounded(o):
    if isinstance(o, dict): return {k:rounded(v) for k,v in o.items()}
    if isinstance(o, list): return [rounded(v) for v in o]
    return float(f'{o:.5g}') if isinstance(o, float) else o

def label(r): return r['name']+', compiled'*r['compiled']+', checkpointed'*r.get('checkpointed', False)

def goals(rows)->list: # sentences, one of each precision
    "The comparisons for which this was made."
    def line(p):
        seconds = {(r['name'], r['compiled']):r['seconds'] for r in reversed(rows) if r['precision']==p}
        theirs,same,ours,dropped,large = (seconds.get((k,False)) for k in variants)
        compiled = seconds.get(('ours, 224 px', True))
        said = [theirs and ours and f'ours at 224 px is {theirs/ours:.2f} times as fast as open_clip',
            theirs and same and f'with as many text tokens {theirs/same:.2f} times',
            dropped and ours and f'448 px with 80 % of the tokens dropped takes {dropped/ours:.2f} times '
                'as long as 224 px with all',
            dropped and large and f'it is {large/dropped:.2f} times as fast as 448 px with all',
            compiled and ours and f'torch.compile makes ours at 224 px {ours/compiled:.2f} times as fast']
        return '; '.join(words for words in said if words)
    return [f'{p}: {line(p)}.' for p in dict.fromkeys(r['precision'] for r in rows) if line(p)]

def show(rows)->str:
    base = {r['precision']:r for r in rows if 'open_clip' in r['name'] and not r['compiled']}
    def times(r): return f"{base[r['precision']]['seconds']/r['seconds']:.2f}" if r['precision'] in base else ''
    share = any(r['mfu'] for r in rows) # of the peak, on a card whose peak is known
    lines = [(label(r), r['precision'], r['text_tokens'], f"{r['seconds']:.2f}", times(r), f"{r['peak_mb']:.0f}",
        *(f'{v:.2f}' for v in r['parts'].values()),
        *([f"{100*r['mfu']:.0f}" if r['mfu'] else ''] if share else [])) for r in rows]
    head = ('step','precision','text tokens','s','times faster','MB','image tower','text tower','loss','backward',
        'optimizer', *(['of the peak, %'] if share else []))
    spread = max(max(r['all_seconds'])/min(r['all_seconds']) for r in rows)-1
    slowest = f'The slowest step of a row took up to {spread:.0%} longer than its quickest.'
    return '\n\n'.join([str(table(lines, head, range(2, len(head)))), *goals(rows), slowest])

@call_parse
def main(
    batch:int=8, # Pairs of a step
    steps:int=1, # Steps of each, of which the quickest counts
    rounds:int=2, # Times that each has its turn
    shape:str='full', # full: ViT-B/16 and T5-base; tiny: to try the script
    precision:str='fp32', # fp32, bf16, or fp32,bf16
    compile:bool=False, # One more row: ours at 224 px with torch.compile of the layers
    grad_checkpointing:bool=False, # Recompute activations, in all
    only:str='', # Comma-separated numbers of the rows, from 0
    device:str='cpu', # cpu (Linux) or cuda
    threads:int=1, # Of torch
    out:str='', # JSON file; none: the kept result of this device
):
    "Time training steps, in turns."
    set_threads(threads)
    device = torch.device(device)
    def call(f, *args, how='fork'): return apart(f, *args, how=how) if device.type=='cpu' else f(*args)
    where,folder,found = machine(device),call(text_folder, shape),{}
    names = [k for i,k in enumerate(variants) if not only or str(i) in only.split(',')]
    plain = [(k,False) for k in names]
    twice = [(k,True) for k in names if compile and k=='ours, 224 px']
    turns = [(k,p,c) for p in precision.split(',') for k,c in plain+twice]
    for _ in range(rounds):
        for k,p,c in turns:
            o = SimpleNamespace(device=device, shape=shape, precision=p, grad_checkpointing=grad_checkpointing,
                text=folder, compile=c)
            row,times = call(measure, k, o, batch, steps, how='spawn' if c else 'fork')
            before,so_far = found.get((k,p,c), (row,[]))
            found[k,p,c] = row|{o:max(row[o], before[o]) for o in ('peak_mb','first_seconds')},so_far+times
    rows,peak = [],bf16_peak(device)
    for row,times in found.values():
        best = min(times, key=lambda s: s['seconds'])
        rows.append(rounded(row|best|dict(all_seconds=[s['seconds'] for s in times], pairs_per_s=batch/best['seconds'],
            mfu=batch*row['tflops_per_pair']/best['seconds']/peak if peak and row['precision']=='bf16' else None)))
    settings = dict(batch=batch, steps=steps, rounds=rounds, shape=shape, grad_checkpointing=grad_checkpointing,
        open_clip=version('open_clip_torch'))
    save('step', out, where, settings, rows, show(rows))
