"From patch features to labels: our order of the two steps against the public port's."
import json, os, statistics
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault('KINETO_LOG_LEVEL', '99') # the profiler is talkative

import torch
import torch.nn.functional as F
from fastcore.script import call_parse
from torch.profiler import ProfilerActivity, profile

from clippy.console import table
from clippy.segment import words_to_pixels
from record import clock, machine, save, set_threads

def cosines(features, vectors): # as in `CLIPpy.patch_cosines`
    return torch.einsum('bhwd,kd->bkhw', features, vectors)

def ours(features, vectors, size):
    "Compare, then enlarge K cosines."
    return words_to_pixels(cosines(features, vectors), size)

def enlarged(features, size): # channels stay last in memory: the quickest layout for this order
    return F.interpolate(features.permute(0,3,1,2), size=size, mode='bilinear', align_corners=False).permute(0,2,3,1)

def port(features, vectors, size):
    "Enlarge D features, then compare."
    return (enlarged(features, size)@vectors.T).argmax(-1)

def peak_mb(f, device):
    "The most memory that tensors made by `f` take at one time, beyond its inputs."
    if device.type=='cuda':
        before = torch.cuda.memory_allocated(device)
        torch.cuda.reset_peak_memory_stats(device)
        f()
        torch.cuda.synchronize(device)
        return (torch.cuda.max_memory_allocated(device)-before)/2**20
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as p: f()
    with TemporaryDirectory() as d:
        p.export_chrome_trace(f'{d}/trace.json')
        trace = json.loads(Path(d, 'trace.json').read_text())['traceEvents']
    events = sorted((e for e in trace if e.get('name')=='[memory]'), key=lambda e: e['ts'])
    now = most = 0
    for e in events:
        now += e['args']['Bytes']
        most = max(most, now)
    return most/2**20

def agreement(features, vectors, size):
    "Do the two say the same, and where not, how near to a tie was it?"
    a,b = ours(features, vectors, size),port(features, vectors, size)
    x = F.interpolate(cosines(features, vectors), size=size, mode='bilinear', align_corners=False)
    y = (enlarged(features, size)@vectors.T).permute(0,3,1,2)
    lost = y.gather(1, b[:,None])-y.gather(1, a[:,None])
    return dict(same_labels=(a==b).double().mean().item(), different_pixels=int((a!=b).sum()), pixels=a.numel(),
        largest_difference=(x-y).abs().max().item(), largest_loss=lost.max().item())

def measure(grid, size, n, width, repeats, device):
    "One shape: both orders in turn, `repeats` times."
    g = torch.Generator().manual_seed(0)
    unit = lambda *shape: F.normalize(torch.randn(*shape, generator=g), dim=-1).to(device)
    args = unit(1, grid, grid, width),unit(n, width),size
    times = dict(port=[], ours=[])
    for i in range(repeats+1): # the first is for warming up
        for f in port,ours:
            start = clock(device)
            f(*args)
            seconds = clock(device)-start
            if i: times[f.__name__].append(1e3*seconds)
    row = dict(patches=[grid,grid], target=list(size), names=n)
    for k,v in times.items():
        row |= {f'{k}_ms_min':min(v), f'{k}_ms_median':statistics.median(v),
            f'{k}_peak_mb':peak_mb(lambda: globals()[k](*args), device)}
    row |= dict(faster=row['port_ms_min']/row['ours_ms_min'],
        faster_by_median=row['port_ms_median']/row['ours_ms_median'],
        smaller=row['port_peak_mb']/row['ours_peak_mb'])
    return {k:round(v, 3) if isinstance(v, float) else v for k,v in row.items()} | agreement(*args)

def show(rows):
    "Markdown."
    by = lambda o: ' x '.join(map(str, o))
    lines = [(by(r['patches']), by(r['target']), r['names'], f"{r['port_ms_min']:.1f}", f"{r['ours_ms_min']:.1f}",
        f"{r['faster']:.1f}",
        f"{r['port_peak_mb']:.0f}", f"{r['ours_peak_mb']:.0f}", f"{r['smaller']:.0f}", f"{100*r['same_labels']:.4f}",
        f"{r['largest_difference']:.0e}") for r in rows]
    return table(lines, ('patches','target','names','port, ms','ours, ms','times faster','port, MB','ours, MB',
        'times smaller','same labels, %','largest difference'), tuple(range(2,11)))

@call_parse
def main(
    shapes:str='14:224x224,28:448x448,28:375x500', # Patches a side, and height x width of the answer
    names:str='21,60,171', # Numbers of names
    width:int=768, # Of the features
    repeats:int=7, # Timings of each
    threads:int=1, # Of torch on the CPU
    device:str='cpu', # `cpu` or `cuda`
    out:str='', # JSON file (results/dense_head-DEVICE.json)
):
    "Time and memory of the dense head: cosines at the patches, then enlarged, against enlarged features."
    set_threads(threads)
    device = torch.device(device)
    where = machine(device)
    cases = [(int(g), tuple(map(int, s.split('x'))), int(n)) for g,
        s in (o.split(':') for o in shapes.split(',')) for n in names.split(',')]
    with torch.inference_mode(): rows = [measure(g, s, n, width, repeats, device) for g,s,n in cases]
    settings = dict(width=width, repeats=repeats, images=1, precision='float32', features='random directions, seed 0')
    save('dense_head', out, where, settings, rows, show(rows))
