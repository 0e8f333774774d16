"A training step on one GPU: ours as `clippy.train` makes it, with its levers, against open_clip. In one call."
import json, math, os, subprocess, sys, time
from importlib.metadata import version
from pathlib import Path
from tempfile import mkdtemp
from types import SimpleNamespace

import torch
from fastcore.script import call_parse

from clippy.console import table
from record import bf16_peak, clock, keep, machine, save, set_threads
from step import OpenClip, batch_for, flops, rounded, shapes, step, text_folder, texts

ours = dict(whose='ours', size=224, drop=0., gib=80)
levers = { # name -> how, and what it takes on the card, about
    'open_clip':dict(whose='open_clip', gib=103),
    'open_clip, compiled':dict(whose='open_clip', compile=True, gib=89),
    'ours':ours,
    'ours, memory budget .5':ours|dict(memory_budget=.5, gib=46),
    'ours, checkpointed':ours|dict(grad_checkpointing=True, gib=18),
    'ours, 448 px, 80 % dropped':ours|dict(size=448, drop=.8, gib=68),
    'ours, 448 px, checkpointed':ours|dict(size=448, grad_checkpointing=True, gib=62),
    'ours, not compiled':ours|dict(no_compile=True, gib=86),
    'ours, one group':ours|dict(text_groups=1, gib=97),
    'ours, 8 groups':ours|dict(text_groups=8),
    'ours, 448 px, memory budget .3':ours|dict(size=448, memory_budget=.3, gib=110),
}
# What matters most comes first, for the time may run out. Those of a group compile at the same time, and are timed
# one after the other while the others rest.
groups = [['ours','ours, memory budget .5'], ['open_clip, compiled','ours, checkpointed'], ['open_clip'],
    ['ours, 448 px, 80 % dropped','ours, 448 px, checkpointed'], ['ours, not compiled'], ['ours, 8 groups'],
    ['ours, one group'], ['ours, 448 px, memory budget .3']]

# A row, in a process of its own ---------------------------------------------------------------------------------------

def theirs(o, n, compile=False, gib=0): # the step, and what is known of it
    "open_clip's step; compiled as its --torchcompile does, whose forward calls these two."
    m = OpenClip(SimpleNamespace(**vars(o), grad_checkpointing=False))
    if compile:
        m.model.encode_image = torch.compile(m.model.encode_image)
        m.model.encode_text = torch.compile(m.model.encode_text)
    batch = batch_for(m, n)
    return lambda: step(m, *batch), dict(shapes=[tuple(batch[1].shape)])

def mine(o, n, size, drop, gib=0, **options): # likewise
    "Our step, by the functions of a run and with its defaults."
    from accelerate import Accelerator
    from clippy.batches import make_tokenize
    from clippy.compile import normalizer, training_towers, uses_compiler
    from clippy.model import Config, create_model
    from clippy.optimizer import optimizer_for
    from clippy.step import train_step
    from clippy.train import main_options
    shape,cuda = shapes[o.shape],o.device.type=='cuda'
    options = SimpleNamespace(**main_options()|dict(batch_size=n, train_data='shards', cpu=not cuda)|options)
    options.compile = uses_compiler(options)
    config = Config(shape['image'], str(o.text), 'max', size, drop, pretrained_image=False, pretrained_text=False,
        image_args=shape['image_args'])
    acc = Accelerator(mixed_precision='bf16', cpu=not cuda)
    model = create_model(config, seed=0).train()
    if options.grad_checkpointing: model.grad_checkpointing()
    model,opt = acc.prepare(model, optimizer_for(model, 1e-4, .9, .98, 1e-6, .2))
    unwrapped = acc.unwrap_model(model)
    normalize,tokens = normalizer(unwrapped, options),make_tokenize(options, unwrapped)(texts(n))
    eight = torch.randint(0, 256, (min(n,8),3,size,size), dtype=torch.uint8)
    images = eight.repeat(-(-n//8), 1, 1, 1)[:n]
    if cuda: images,tokens = torch.utils.data._utils.pin_memory.pin_memory([images, tokens]) # as a loader's
    towers = training_towers(unwrapped, options)
    towers.__enter__()
    def once(towers=towers): # held as long as the step: a context that is collected has ended
        on_device = normalize(images.to(acc.device, non_blocking=True))
        return train_step(acc, model, opt, on_device, tokens, 1e-4, 1.)[0]
    parts = [tuple(g['input_ids'].shape) for t in tokens for g in t.get('groups', [t])]
    return once, dict(shapes=parts, compiled=options.compile)

def measure(name, o, n, seconds, told, wait)->None:
    "Time a row; what is known so far is told after each part."
    how = dict(levers[name])
    row = dict(name=name, batch=n, **how)
    try:
        once,more = dict(ours=mine, open_clip=theirs)[how.pop('whose')](o, n, **how)
        begun = clock(o.device)
        for _ in range(3): once()
        row |= more | dict(first_seconds=clock(o.device)-begun, ready=True)
        graphs = lambda: torch._dynamo.utils.counters['stats'].get('unique_graphs', 0)
        compiled = graphs()
        told(row)
        wait()
        begun = clock(o.device)
        once()
        times = max(3, min(30, int(seconds/(clock(o.device)-begun))))
        begun = clock(o.device)
        for _ in range(times): loss = once()
        took = (clock(o.device)-begun)/times
    except torch.OutOfMemoryError: return told(row|dict(out_of_memory=True))
    if not math.isfinite(loss.item()): raise ValueError('The loss is not finite.')
    peak = torch.cuda.max_memory_allocated()/2**20 if o.device.type=='cuda' else None
    told(row|dict(out_of_memory=False, seconds=took, pairs_per_s=n/took, peak_mb=peak, graphs=compiled,
        graphs_later=graphs()-compiled, steps=times, loss=loss.item()))

def child(name, folder, o, n, seconds):
    "The process of a row: its JSON is whole after every part."
    path = folder/f'{list(levers).index(name)}.json'
    def told(row):
        path.with_suffix('.new').write_text(json.dumps(row))
        path.with_suffix('.new').rename(path)
    def wait():
        while not path.with_suffix('.go').exists(): time.sleep(.02)
    try: measure(name, o, n, seconds, told, wait)
    except Exception as e: told(dict(name=name, batch=n, error=f'{type(e).__name__}: {e}'.splitlines()[0][:300]))
    sys.stdout.flush()
    os._exit(0) # whatever compilers are still there

# All rows -------------------------------------------------------------------------------------------------------------

def together(names, room)->list: # lists of names that the card can hold at a time
    "As they are, if there is room; else one by one."
    return [names] if sum(levers[n]['gib'] for n in names)<=room else [[n] for n in names]

def run_group(names, folder, args, left, say): # yields rows
    "Processes that get ready side by side, and are timed in turn."
    at = {n:folder/f'{list(levers).index(n)}.json' for n in names}
    read = lambda n: json.loads(at[n].read_text()) if at[n].exists() else dict(name=n)
    begin = ['timeout','-k','5',str(max(1, int(left())))]
    running = {n:subprocess.Popen([*begin, sys.executable, __file__, *args, '--row', n], stdout=sys.stderr)
        for n in names}
    settled = lambda n: running[n].poll() is not None or read(n).get('ready')
    while not all(map(settled, names)): time.sleep(.05)
    for n in names:
        say(f'{n}: ready, timed now')
        at[n].with_suffix('.go').touch()
        running[n].wait()
        row = read(n)
        ended = 'seconds' in row or row.get('out_of_memory') or 'error' in row
        yield row if ended else row|dict(error=f'killed ({running[n].returncode}) before it was timed')

def show(rows)->str:
    "A markdown table."
    base = next((r['seconds'] for r in rows if r['name']=='open_clip' and r.get('seconds')), None)
    def cells(r):
        if r.get('no_time'): return 'no time left',*['']*6
        if r.get('error'): return r['error'][:60],*['']*6
        if r['out_of_memory']: return 'out of memory',*['']*6
        gib = '' if r['peak_mb'] is None else f"{r['peak_mb']/1024:.1f}"
        return (f"{1e3*r['seconds']:.0f}", f"{r['pairs_per_s']:.0f}", f"{base/r['seconds']:.2f}" if base else '',
            '' if r['mfu'] is None else f"{100*r['mfu']:.0f}", gib, f"{r['first_seconds']:.0f}", str(r['graphs']))
    head = 'step','ms','pairs/s','times open_clip','of the peak, %','GiB','first three steps, s','graphs'
    return str(table([(r['name'], *cells(r)) for r in rows], head, range(1, 8)))

def with_share(row, o, tokens)->dict: # of the card's peak
    "What the products of real tokens are of what the card can do."
    if 'seconds' not in row: return row
    how,peak = levers[row['name']],bf16_peak(o.device)
    tflop = flops(o.shape, how.get('size', 224), how.get('drop', 0.), tokens)/1e12
    return row|dict(tflop_per_pair=tflop, mfu=row['batch']*tflop/row['seconds']/peak if peak else None)

def real_tokens(o, n)->float:
    "Tokens of a text in the batch, without padding."
    from transformers import AutoTokenizer
    ids = AutoTokenizer.from_pretrained(str(o.text))(texts(n), truncation=True, max_length=77)['input_ids']
    return sum(map(len, ids))/n

@call_parse
def main(
    batch:int=1024, # Pairs of a step
    seconds:float=290., # After which nothing is begun or goes on
    timed:float=2., # Seconds of timed steps for each row
    only:str='', # Comma-separated numbers of rows, from 0, in the order of the table; one after the other
    shape:str='full', # full: ViT-B/16 and T5-base; tiny: to try the script
    device:str='cuda', # cuda, or cpu to try the script
    out:str='', # JSON file; none: the kept result of this device
    row:str='', # For its own use: the row of this process
    folder:str='', # For its own use: where processes leave what they know
):
    "Time a bf16 training step of each kind; the JSON is written after every row."
    began,device = time.monotonic(),torch.device(device)
    if device.type=='cuda' and not torch.cuda.is_available():
        raise SystemExit('There is no CUDA device: --device cpu --shape tiny tries the script.')
    if device.type=='cpu': set_threads(1)
    else: torch.backends.cuda.matmul.allow_tf32 = True
    place = Path(folder or mkdtemp())
    o = SimpleNamespace(device=device, shape=shape, precision='bf16', text=place/'text')
    if row: return child(row, place, o, batch, timed)
    text_folder(shape).rename(o.text)
    os.environ.setdefault('TORCHINDUCTOR_CACHE_DIR', str(place/'inductor')) # what one row compiled, another takes
    os.environ.setdefault('PYTORCH_CUDA_ALLOC_CONF', 'expandable_segments:True')
    where,rows,names = machine(device),[],list(levers)
    settings = dict(batch=batch, seconds=seconds, timed=timed, shape=shape, precision='bf16',
        open_clip=version('open_clip_torch'))
    room = .92*torch.cuda.get_device_properties(device).total_memory/2**30 if device.type=='cuda' else 1e9
    plan = [[names[int(i)]] for i in only.split(',')] if only else [g for some in groups for g in together(some, room)]
    args = ['--batch',str(batch),'--timed',str(timed),'--shape',shape,'--device',device.type,'--folder',str(place)]
    left = lambda: seconds-(time.monotonic()-began)
    say = lambda text: print(f'{time.monotonic()-began:5.0f} s  {text}', file=sys.stderr, flush=True)
    tokens = real_tokens(o, batch)
    for some in plan:
        need = 20 if some==['open_clip'] or device.type=='cpu' else 45
        found = run_group(some, place, args, left, say) if left()>need else (dict(name=n, no_time=True) for n in some)
        for r in found:
            rows.append(rounded(with_share(r, o, tokens)))
            say(rows[-1])
            keep('levers', out, where, settings, rows)
    save('levers', out, where, settings, rows, show(rows))
