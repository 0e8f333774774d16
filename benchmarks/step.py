"One training step at the shapes of ViT-B/16 and T5-base, ours against open_clip: the same towers, batch and precision."
import gc, json, math
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import mkdtemp

import torch
from fastcore.script import call_parse

from clippy.data import normalize
from clippy.eval import table
from clippy.loss import clip_loss
from clippy.model import Config, create_model, train_tokenizer
from clippy.optimizer import optimizer_for
from clippy.scenes import captions
from record import clock, machine, save, set_threads

shapes = dict(
    full=dict(image='vit_base_patch16_224', image_args={}, text=dict(d_model=768, d_kv=64, d_ff=3072, num_layers=12, num_heads=12)),
    tiny=dict(image='vit_tiny_patch16_224', image_args=dict(depth=2), text=dict(d_model=192, d_kv=64, d_ff=384, num_layers=2, num_heads=3))) # to try the script

def text_folder(shape)->Path:
    "A T5 encoder with random weights, and a tokenizer trained here."
    from transformers import T5Config, T5EncoderModel
    folder,tok = Path(mkdtemp()),train_tokenizer(captions(2000))
    tok.save_pretrained(folder)
    config = T5Config(vocab_size=32128, dropout_rate=0., pad_token_id=0, eos_token_id=1, **shape['text'])
    T5EncoderModel(config).save_pretrained(folder)
    saved = json.loads((folder/'config.json').read_text())
    (folder/'config.json').write_text(json.dumps(dict(saved, is_encoder_decoder=True, architectures=['T5Model']))) # as in Sentence-T5's; open_clip asks
    return folder

class Ours:
    def __init__(self, o, size=224, drop=0.):
        shape = shapes[o['shape']]
        c = Config(shape['image'], str(o['text']), 'max', size, drop, pretrained_image=False, pretrained_text=False, image_args=shape['image_args'])
        self.model = create_model(c, seed=0).to(o['device']).train()
        if o['grad_checkpointing']: self.model.grad_checkpointing()
        self.opt,self.size,self.o = optimizer_for(self.model, 1e-4, .9, .98, 1e-6, .2),size,o
    def encode_image(self, x): return self.model.encode_image(normalize(x.to(self.o['device'], non_blocking=True)))
    def encode_text(self, texts): return self.model.encode_tokens(self.model.tokenize(texts))
    def loss(self, i, t): return clip_loss(i.float(), t.float(), self.model.logit_scale.exp())

class OpenClip:
    "open_clip's model of a timm tower and a Hugging Face tower, with its loss, as open_clip_train puts them together."
    def __init__(self, o, size=224):
        import open_clip
        from open_clip.hf_configs import arch_dict
        from open_clip.loss import ClipLoss
        arch_dict['t5'] = arch_dict['mt5'] # it knows T5 under this name only
        shape,width = shapes[o['shape']],shapes[o['shape']]['text']['d_model']
        vision = dict(timm_model_name=shape['image'], timm_model_pretrained=False, timm_pool='token', timm_proj='', image_size=size)
        text = dict(hf_model_name=str(o['text']), hf_tokenizer_name=str(o['text']), hf_model_pretrained=False, hf_pooler_type='mean_pooler', hf_proj_type=None, context_length=77)
        torch.manual_seed(0)
        self.model = open_clip.CustomTextCLIP(width, vision, text).to(o['device']).train()
        if shape['image_args']: self.model.visual.trunk.blocks = self.model.visual.trunk.blocks[:shape['image_args']['depth']]
        if o['grad_checkpointing']: self.model.set_grad_checkpointing()
        self.tokenize = open_clip.tokenizer.HFTokenizer(str(o['text']), context_length=77)
        decays = lambda n,p: not (p.ndim<2 or 'bn' in n or 'ln' in n or 'bias' in n or 'logit_scale' in n)
        named = [(n,p) for n,p in self.model.named_parameters() if p.requires_grad]
        self.opt = torch.optim.AdamW([dict(params=[p for n,p in named if not decays(n,p)], weight_decay=0.), dict(params=[p for n,p in named if decays(n,p)], weight_decay=.2)],
                                     lr=1e-4, betas=(.9,.98), eps=1e-6)
        self.clip_loss,self.size,self.o = ClipLoss(),size,o
    def encode_image(self, x): return self.model.encode_image(normalize(x).to(self.o['device'], non_blocking=True), normalize=True) # its loader normalises
    def encode_text(self, texts): return self.model.encode_text(self.tokenize(texts).to(self.o['device']), normalize=True)
    def loss(self, i, t): return self.clip_loss(i.float(), t.float(), self.model.logit_scale.exp())

def step(m, images, texts)->dict: # part -> seconds
    "One step, with the clock read after each part."
    device,marks = m.o['device'],[]
    def mark(name): marks.append((name, clock(device)))
    mark('start')
    with torch.autocast(device.type, torch.bfloat16) if m.o['precision']=='bf16' else nullcontext():
        i = m.encode_image(images); mark('image tower')
        t = m.encode_text(texts); mark('text tower')
    loss = m.loss(i, t); mark('loss')
    loss.backward(); mark('backward')
    torch.nn.utils.clip_grad_norm_(m.model.parameters(), 1.)
    m.opt.step(); m.opt.zero_grad(); mark('optimizer')
    if not math.isfinite(loss.item()): raise ValueError('The loss is no number.')
    return {name:b-a for (_,a),(name,b) in zip(marks, marks[1:])}

def variants(o): # name -> what makes it
    return {'open_clip, 224 px':partial(OpenClip, o), 'ours, 224 px':partial(Ours, o), 'ours, 448 px, 80% dropped':partial(Ours, o, 448, .8), 'ours, 448 px':partial(Ours, o, 448)}

def flops(shape, size, drop, tokens)->float: # of one pair, forward and backward; matrix products only
    def tower(d, ff, layers, n): return 6*n*layers*(4*d*d+2*d*ff) + 12*layers*n*n*d
    d = dict(vit_base_patch16_224=(768,3072,12), vit_tiny_patch16_224=(192,768,2))[shape['image']]
    t = shape['text']
    return tower(*d, int((size//16)**2*(1-drop))+1) + tower(t['d_model'], t['d_ff'], t['num_layers'], tokens)

def run(m, o, batch, steps, texts):
    images = torch.randint(0, 256, (batch,3,m.size,m.size), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    if o['device'].type=='cuda': images = images.pin_memory(); torch.cuda.reset_peak_memory_stats()
    rows = [step(m, images, texts[:batch]) for _ in range(steps+1)][1:] # the first one is slow
    return rows, torch.cuda.max_memory_allocated()/1e9 if o['device'].type=='cuda' else None

@call_parse
def main(
    batch:int=8, # Pairs of a step
    steps:int=3, # Steps of each, of which the quickest counts
    rounds:int=2, # Times that each has its turn
    shape:str='full', # full: ViT-B/16 and T5-base; tiny: to try the script
    precision:str='fp32', # fp32 or bf16
    grad_checkpointing:bool=False, # Recompute activations, in both
    only:str='', # Comma-separated numbers of the rows, from 0
    device:str='cpu', # cpu or cuda
    threads:int=1, # Of torch
    peak_tflops:float=0., # Of the card in bf16, for the share of it that is used
    out:str='', # JSON file; none: the kept result of this device
):
    "Time training steps, in turns."
    set_threads(threads)
    device = torch.device(device)
    o = dict(device=device, shape=shape, precision=precision, grad_checkpointing=grad_checkpointing, text=text_folder(shapes[shape]))
    where,texts = machine(device),captions(batch, seed=1)
    chosen = {k:f for i,(k,f) in enumerate(variants(o).items()) if not only or str(i) in only.split(',')}
    found = {k:[] for k in chosen}
    memory,tokens = {},{}
    for _ in range(rounds):
        for k,f in chosen.items():
            m = f()
            rows,memory[k] = run(m, o, batch, steps, texts)
            tokens[k] = 77 if 'open_clip' in k else m.model.tokenize(texts)['input_ids'].shape[1]
            found[k] += rows
            del m; gc.collect()
            if device.type=='cuda': torch.cuda.empty_cache()
    rows = []
    for k,steps_ in found.items():
        best = min(steps_, key=lambda s: sum(s.values()))
        size,drop = 448 if '448' in k else 224, .8 if 'dropped' in k else 0.
        total = sum(best.values())
        rows.append(dict(name=k, seconds=total, median=median(sum(s.values()) for s in steps_), pairs_per_s=batch/total, parts=best, peak_gb=memory[k], text_tokens=tokens[k],
                         mfu=batch*flops(shapes[shape], size, drop, tokens[k])/total/(peak_tflops*1e12) if peak_tflops else None))
    base = rows[0]['seconds']
    head = ('step', 's', 'times faster', 'image tower', 'text tower', 'loss', 'backward', 'optimizer', 'text tokens', *(('GB',) if memory[rows[0]['name']] else ()), *(('of the peak, %',) if peak_tflops else ()))
    text = table([(r['name'], f"{r['seconds']:.2f}", f"{base/r['seconds']:.2f}", *(f'{v:.2f}' for v in r['parts'].values()), r['text_tokens'],
        *((f"{r['peak_gb']:.1f}",) if r['peak_gb'] else ()), *((f"{100*r['mfu']:.0f}",) if r['mfu'] else ())) for r in rows], head, range(1, len(head)))
    save('step', out, where, dict(batch=batch, steps=steps, rounds=rounds, shape=shape, precision=precision, grad_checkpointing=grad_checkpointing), rows, text)
