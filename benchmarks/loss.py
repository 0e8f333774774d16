"One loss over a large batch, forward and backward: what it takes beyond the features."
import ctypes
import multiprocessing as mp
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from time import process_time

import torch
import torch.nn.functional as F
from fastcore.script import call_parse

from clippy.console import table
from clippy.loss import chunked_clip_loss, clip_loss, global_clip_loss, siglip_loss
from record import clock, machine, save, set_threads

def open_clip(image, text, scale):
    "open_clip's loss in one process; where it is not installed, the same operations written out."
    try: from open_clip.loss import ClipLoss
    except ImportError: pass
    else: return ClipLoss()(image, text, scale)
    to_text,to_image = scale*image@text.T,scale*text@image.T
    target = torch.arange(len(image), device=image.device)
    return (F.cross_entropy(to_text, target)+F.cross_entropy(to_image, target))/2

variants = {'open_clip':open_clip, 'local':clip_loss, 'global':global_clip_loss, 'chunked':chunked_clip_loss,
            'siglip':lambda image,text,scale,**kw: siglip_loss(image, text, scale, image.new_tensor(-10.), **kw)}

def features(pairs, width, device):
    "Captions at a cosine of about .3 to their pictures, and CLIP's first logit scale."
    g = torch.Generator().manual_seed(0)
    image = F.normalize(torch.randn(pairs, width, generator=g), dim=-1)
    text = F.normalize(image+3*torch.randn(pairs, width, generator=g)/width**.5, dim=-1)
    return [o.to(device).requires_grad_() for o in (image, text, torch.tensor(1/.07))]

def memory(key): # MB, of this process
    line = next(o for o in Path('/proc/self/status').read_text().splitlines() if o.startswith(key))
    return int(line.split()[1])/1024

def start_memory(device)->float: # MB in use
    "Forget the highest mark so far."
    if device.type=='cuda':
        torch.cuda.reset_peak_memory_stats(device)
        return torch.cuda.memory_allocated(device)/2**20
    ctypes.CDLL(None).malloc_trim(0) # what was freed before would be used again without a trace
    Path('/proc/self/clear_refs').write_text('5')
    return memory('VmRSS')

def peak_memory(device):
    return torch.cuda.max_memory_allocated(device)/2**20 if device.type=='cuda' else memory('VmHWM')

def measure(name, pairs, width, chunk, device):
    "Loss and gradients once, after a small batch for warming up."
    loss = partial(variants[name], chunk=chunk) if name in ('chunked','siglip') else variants[name]
    loss(*features(64, width, device)).backward()
    inputs = features(pairs, width, device)
    before,start,cpu = start_memory(device),clock(device),process_time()
    value = loss(*inputs)
    value.backward()
    row = dict(loss=name, pairs=pairs, seconds=clock(device)-start, cpu_seconds=process_time()-cpu,
        peak_mb=peak_memory(device)-before)
    return row|dict(value=value.item()), [inputs[0].grad[:256].cpu().numpy(), inputs[1].grad[:256].cpu().numpy(),
        inputs[2].grad.cpu().numpy()]

def apart(f, *args, how='fork'): # in a process of its own, with nothing allocated; torch.compile needs `spawn`
    start = dict(initializer=set_threads, initargs=(torch.get_num_threads(),
        )) if how=='spawn' else {} # the other inherits it
    with ProcessPoolExecutor(1, mp_context=mp.get_context(how), **start) as pool: return pool.submit(f, *args).result()

def difference(a, b): # largest of the relative differences; gradients of 256 images and texts, and of the scale
    return max(float(((x-y)**2).sum()**.5/(y**2).sum()**.5) for x,y in zip(a, b))

def show(rows):
    "Markdown."
    first = {r['pairs']:r['peak_mb'] for r in rows if r['loss']=='open_clip'}
    def smaller(r): # a tiny batch fits into what was free
        return f"{first[r['pairs']]/r['peak_mb']:.1f}" if r['peak_mb'] else ''
    lines = [(f"{r['pairs']:,}", r['loss'], f"{r['peak_mb']:.0f}", smaller(r), f"{r['cpu_seconds']:.1f}",
        f"{r['seconds']:.1f}", '' if r['gradients_differ'] is None else f"{r['gradients_differ']:.0e}") for r in rows]
    return table(lines, ('pairs','loss','MB','times smaller','computing, s','elapsed, s','gradients differ by'),
        (0,2,3,4,5,6))

@call_parse
def main(
    pairs:str='4096,16384', # Sizes of the batch
    width:int=768, # Of the features
    chunk:int=512, # Rows of a block, for chunked and siglip
    threads:int=1, # Of torch on the CPU
    device:str='cpu', # `cpu` (Linux) or `cuda`
    out:str='', # JSON file (results/loss-DEVICE.json)
):
    "Time and memory of the losses in one process."
    set_threads(threads)
    device,rows = torch.device(device),[]
    where = machine(device)
    for n in map(int, pairs.split(',')):
        for name in variants:
            row,grads = measure(name, n, width, chunk, device) if device.type=='cuda' else apart(measure, name, n,
                width, chunk, device)
            if name=='open_clip': plain = grads
            row['gradients_differ'] = None if name in ('open_clip','siglip') else difference(grads, plain)
            rows.append({k:float(f'{v:.4g}') if isinstance(v, float) else v for k,v in row.items()})
    try:
        import open_clip as o
        source = f'open_clip {o.__version__}'
    except ImportError: source = 'its operations written out: open_clip is not installed'
    settings = dict(width=width, chunk=chunk, precision='float32', features='pairs at a cosine of about .3, seed 0',
        open_clip=source)
    save('loss', out, where, settings, rows, show(rows))
