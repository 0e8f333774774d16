"JPEGs to tensors: simplejpeg on one core against torchvision's decoder on a GPU, from bytes in memory."
import io, os
from time import perf_counter

import numpy as np
import simplejpeg
import torch
from fastcore.script import call_parse
from torchvision.io import ImageReadMode, decode_jpeg

from clippy.console import table
from clippy.data import fast_transform
from data import pictures
from record import clock, keep, machine, save, set_threads

def jpegs(n, size, quality=90)->list: # of bytes; 32 different ones, again and again
    "Photographs as files."
    def file(image):
        image.save(out:=io.BytesIO(), 'JPEG', quality=quality)
        return out.getvalue()
    few = [file(image) for image in pictures('', min(n,32), size)]
    return [few[i%len(few)] for i in range(n)]

def crop(x, side=224): # `[3,H,W]` uint8 on the device -> `[3,side,side]`
    "The middle, resized there: what is left of a random resized crop, which costs the same."
    square = min(x.shape[1:])
    top,left = ((n-square)//2 for n in x.shape[1:])
    part = x[None, :, top:top+square, left:left+square].float()
    small = torch.nn.functional.interpolate(part, (side,side), mode='bilinear', antialias=True)
    return small[0].round().to(torch.uint8)

def ways(device, batch)->dict: # name -> callable: files -> anything
    "What is compared. Those of the GPU leave their pixels there."
    transform = fast_transform(224)
    def core(files): return [torch.from_numpy(simplejpeg.decode_jpeg(f)) for f in files]
    def core_crop(files): return torch.stack([transform(f) for f in files])
    def raw(files): return [torch.frombuffer(bytearray(f), dtype=torch.uint8) for f in files]
    def card(files): return decode_jpeg(raw(files), mode=ImageReadMode.RGB, device=device)
    def card_crop(files): return torch.stack([crop(x) for x in card(files)])
    def card_one(files): return [decode_jpeg(f, mode=ImageReadMode.RGB, device=device) for f in raw(files)]
    return {'simplejpeg, one core':(core,1), 'simplejpeg, one core, crop':(core_crop,1),
        'torchvision on the device, one by one':(card_one,1),
        f'torchvision on the device, batches of {batch}':(card,batch),
        f'torchvision on the device, batches of {batch}, crop':(card_crop,batch)}

def speed(work, files, batch, seconds, device)->float: # images/s by the clock, the best of two rounds
    best = 0.
    work(files[:batch]) # the first one is slow
    for _ in range(2):
        began,n = clock(device),0
        while n<2*batch or perf_counter()-began<seconds/2:
            at = n%len(files)
            some = (files+files)[at:at+batch]
            work(some)
            n += len(some)
        best = max(best, n/(clock(device)-began))
    return best

def difference(files, device)->float: # 8-bit steps, the mean over all pixels
    "What the device decodes, against simplejpeg."
    ours = [torch.from_numpy(simplejpeg.decode_jpeg(f)).permute(2,0,1) for f in files]
    raw = [torch.from_numpy(np.frombuffer(f, np.uint8).copy()) for f in files]
    theirs = decode_jpeg(raw, mode=ImageReadMode.RGB, device=device)
    return float(np.mean([(a.float()-b.cpu().float()).abs().mean() for a,b in zip(ours, theirs)]))

def show(rows)->str:
    base = {r['size']:r['images_per_s'] for r in rows if r['way']=='simplejpeg, one core, crop'}
    def cells(r):
        if 'error' in r: return r['size'],r['way'],r['error'][:60],'',''
        times = r['images_per_s']/base[r['size']]
        return r['size'],r['way'],f"{r['images_per_s']:,.0f}",f'{times:.1f}',f"{r['differs']:.2f}"
    head = 'photograph','way','images/s','cores that crop','pixels differ by'
    return str(table([cells(r) for r in rows], head, (2,3,4)))

@call_parse
def main(
    sizes:str='341x256,500x375', # Of the photographs
    batch:int=128, # Files that the device decodes at once
    seconds:float=1.5, # For each row
    n:int=512, # Files, of 32 photographs
    device:str='cuda', # cuda, or cpu to try the script
    out:str='', # JSON file; none: the kept result of this device
):
    "Time JPEG decoding; the JSON is written after every size."
    device = torch.device(device)
    if device.type=='cuda' and not torch.cuda.is_available():
        raise SystemExit('There is no CUDA device: --device cpu tries the script.')
    threads = set_threads(1)
    where,rows = machine(device),[]
    settings = dict(batch=batch, seconds=seconds, n=n, quality=90, threads=threads, cores=os.cpu_count())
    for size in sizes.split(','):
        files = jpegs(n, tuple(map(int, size.split('x'))))
        for way,(work,at_once) in ways(device, batch).items():
            row = dict(size=size, way=way)
            try:
                found = speed(work, files, at_once, seconds, device)
                differs = difference(files[:8], device) if 'device' in way else 0.
                rows.append(row|dict(images_per_s=round(found, 1), differs=round(differs, 3)))
            except RuntimeError as e: rows.append(row|dict(error=str(e).splitlines()[0][:200])) # a decoder is missing
        keep('decode', out, where, settings, rows)
    save('decode', out, where, settings, rows, show(rows))
