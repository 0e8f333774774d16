"What only a GPU can show, in less than 8 minutes: training steps in bf16, the loss of a large batch, the dense head."
import gc, math, sys
from importlib.metadata import version
from time import perf_counter
from types import SimpleNamespace

import torch
from fastcore.script import call_parse

import dense_head, loss
from clippy.console import table
from record import bf16_peak, clock, keep, machine, save, set_threads
from step import about, batch_for, build, goals, label, rounded, step, text_folder, variants

compared = 'open_clip, 224 px', 'ours, 224 px', 'ours, 448 px, 80 % dropped'

def cases(batches, compile)->list: # variant, checkpointed?, compiled?, sizes of the batch
    "What matters most comes first: the last ones are left out if time runs short."
    plain = [(k, False, False, batches) for k in variants]
    checkpointed = [(k, True, False, batches[-1:]) for k in compared]
    compiled = [(k, False, True, batches[len(batches)//2:][:1]) for k in compared if compile]
    return plain + checkpointed + compiled

def speed(m, batch, seconds)->float: # seconds a step
    "Steps that follow each other without a pause, for about so long."
    device = m.o.device
    for _ in range(2): # the first one is slow
        start = clock(device)
        step(m, *batch)
        once = clock(device)-start
    n,start = max(2, min(50, int(seconds/once))),clock(device)
    for _ in range(n): value = step(m, *batch)
    took = (clock(device)-start)/n
    if not math.isfinite(value.item()): raise ValueError('The loss is no number.')
    return took

def trial(name, m, n, seconds, before)->dict:
    "A row: speed and memory at one size of the batch, or that it does not fit."
    device = m.o.device
    batch = batch_for(m, n)
    row = about(name, m, batch[1])|dict(part='step', batch=n, checkpointed=m.o.grad_checkpointing, out_of_memory=False)
    start_memory(device)
    try: took = speed(m, batch, seconds)
    except torch.OutOfMemoryError: return row|dict(out_of_memory=True)
    peak = bf16_peak(device)
    mfu = n*row['tflops_per_pair']/took/peak if peak else None
    return row|dict(seconds=took, pairs_per_s=n/took, peak_mb=loss.peak_memory(device)-before, mfu=mfu)

def start_memory(device): # MB, without what is left of the model before
    gc.collect()
    if device.type=='cuda': torch.cuda.empty_cache()
    return loss.start_memory(device)

def steps(o, batches, seconds, compile, left): # yields rows
    "Training steps. A larger batch than one that does not fit is not tried."
    for name,checkpointed,compiled,sizes in cases(batches, compile):
        need = 75 if compiled else 20 # seconds
        how = dict(part='step', name=name, checkpointed=checkpointed, compiled=compiled)
        if left()<need:
            yield how|dict(no_time=True)
            continue
        torch.compiler.reset()
        before = start_memory(o.device)
        m = build(name, SimpleNamespace(**(vars(o)|dict(grad_checkpointing=checkpointed, compile=compiled))))
        for n in sizes:
            if left()<need:
                yield how|dict(batch=n, no_time=True)
                continue
            row = trial(name, m, n, seconds, before)
            yield row
            if row['out_of_memory']: break
        del m

def big_losses(device, pairs, width): # yields rows
    "open_clip's loss and ours in blocks, in float32."
    for n in pairs:
        plain = None
        for name in 'open_clip','chunked':
            try:
                for _ in range(2): row,grads = loss.measure(name, n, width, 512, device) # the first one is slow
            except torch.OutOfMemoryError:
                yield dict(part='loss', loss=name, pairs=n, out_of_memory=True)
                continue
            finally: start_memory(device)
            differ = loss.difference(grads, plain) if plain else None
            yield row|dict(part='loss', out_of_memory=False, gradients_differ=differ)
            plain = plain or grads

def heads(device, shapes, names): # yields rows
    "The dense head, ours and the port's."
    with torch.inference_mode():
        for grid,size in shapes:
            for n in names: yield dict(part='dense_head')|dense_head.measure(grid, (size,size), n, 768, 7, device)

def told(r)->str: # one line of progress
    if r['part']=='step': name = label(r)
    elif r['part']=='loss': name = f"{r['loss']} of {r['pairs']}"
    else: name = f"{r['target'][0]} px, {r['names']} names"
    if r.get('no_time'): return f'{name}: no time left'
    if r.get('out_of_memory'): return f"{name}, batch {r.get('batch', '')}: out of memory"
    if r['part']=='step': return f"{name}, batch {r['batch']}: {r['pairs_per_s']:.1f} pairs/s"
    return f"{name}: {1e3*r['seconds']:.1f} ms" if r['part']=='loss' else f"{name}: {r['faster']:.1f} times faster"

def show(rows)->str:
    "Markdown: three tables."
    of = lambda part: [r for r in rows if r['part']==part and not r.get('no_time')]
    kind = lambda r: (r['batch'], r['checkpointed'], r['compiled'])
    ran = [r for r in of('step') if not r['out_of_memory']]
    base = {kind(r):r['seconds'] for r in ran if r['name']==compared[0]}
    def cells(r):
        if r['out_of_memory']: return 'out of memory','','','',''
        times = f"{base[kind(r)]/r['seconds']:.2f}" if kind(r) in base else ''
        return (f"{1e3*r['seconds']:.1f}", f"{r['pairs_per_s']:.0f}", times,
            '' if r['mfu'] is None else f"{100*r['mfu']:.0f}", f"{r['peak_mb']/1024:.1f}")
    lines = [(r['batch'], label(r), r['text_tokens'], *cells(r)) for r in sorted(of('step'), key=kind)]
    head = 'batch','step','text tokens','ms','pairs/s','times open_clip','of the peak, %','GB'
    parts = [str(table(lines, head, (0,2,3,4,5,6,7)))] if lines else []
    for b in dict.fromkeys(r['batch'] for r in ran):
        plain = [r for r in ran if r['batch']==b and not r['checkpointed']]
        parts += [f'Batch {b}, {goal}' for goal in goals(plain)]
    late = [r for r in rows if r.get('no_time')]
    names = [label(r)+(f", batch {r['batch']}" if 'batch' in r else '') for r in late]
    if late: parts.append(f'No time was left for: {"; ".join(names)}.')
    def of_loss(r):
        if r['out_of_memory']: return 'out of memory','',''
        differ = '' if r['gradients_differ'] is None else f"{r['gradients_differ']:.0e}"
        return f"{1e3*r['seconds']:.1f}", f"{r['peak_mb']:.0f}", differ
    lines = [(f"{r['pairs']:,}", r['loss'], *of_loss(r)) for r in of('loss')]
    parts.append(str(table(lines, ('pairs','loss','ms','MB','gradients differ by'), (0,2,3,4))))
    return '\n\n'.join([*parts, str(dense_head.show(of('dense_head')))])

@call_parse
def main(
    batches:str='64,256,1024', # Pairs of a step; checkpointing at the last of them, compiling at the one in the middle
    seconds:float=3., # Of timed steps for each row
    budget:float=390., # Seconds after which nothing new begins
    pairs:str='16384,65536', # Of the loss
    no_compile:bool=False, # Leave torch.compile out
    shape:str='full', # full: ViT-B/16 and T5-base; tiny: to try the script
    device:str='cuda', # cuda, or cpu to try the script
    out:str='', # JSON file; none: the kept result of this device
):
    "Time on a GPU all that is worth it; the JSON is written after every row."
    began,device = perf_counter(),torch.device(device)
    if device.type=='cuda' and not torch.cuda.is_available():
        raise SystemExit('There is no CUDA device: --device cpu --shape tiny tries the script.')
    if device.type=='cpu': set_threads(1)
    left = lambda: budget-(perf_counter()-began)
    full,sizes = shape=='full',sorted(map(int, batches.split(',')))
    where,rows = machine(device),[]
    settings = dict(batches=sizes, seconds=seconds, budget=budget, shape=shape,
        precision='bf16 steps, float32 loss and head', peak_tflops=bf16_peak(device),
        open_clip=version('open_clip_torch'))
    o = SimpleNamespace(device=device, shape=shape, precision='bf16', text=text_folder(shape))
    def parts():
        yield from big_losses(device, [int(n) for n in pairs.split(',')], 768 if full else 16)
        yield from heads(device, ((14,224),(28,448)) if full else ((4,32),), (21,171) if full else (5,))
        yield from steps(o, sizes, seconds, not no_compile, left)
    for row in parts():
        rows.append(rounded(row))
        print(f'{perf_counter()-began:5.0f} s  {row["part"]}: {told(row)}', file=sys.stderr, flush=True)
        keep('gpu', out, where, settings, rows)
    save('gpu', out, where, settings, rows, show(rows))
