"A whole evaluation and a folder of images, beside the usual loop and what reading alone reaches."
import faulthandler, json, os, resource, sys
from contextlib import ExitStack, contextmanager
from functools import partial
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, sleep
from unittest.mock import patch

os.environ.setdefault('HF_HUB_OFFLINE', '1') # nothing is fetched
os.environ.setdefault('TQDM_DISABLE', '1')

import numpy as np
import torch
from fastcore.script import call_parse
from PIL import Image

from clippy import eval as evaluation
from clippy.console import table
from clippy.eval import choose, evaluate, find_task, pick_protocol
from clippy.masks import open_masks
from clippy.model import create_model
from clippy.pipeline import Ahead, readers_for
from clippy.saved import load
from clippy.scenes import Scenes, names
from clippy.segment import Head
from record import clock, machine, keep, save, set_threads
from step import text_folder
import predict, voc_loop

sides = (500,375),(500,333),(375,500),(500,332),(333,500),(500,375),(500,375),(400,500),(320,240) # as often as in VOC

def drawn(n, seed=0): # yields JPEG bytes, PNG bytes
    "Scenes of VOC's sizes, with grain, so that a file is as large as a photograph's."
    rng = np.random.default_rng(seed)
    for i,scene in enumerate(Scenes(n, seed=seed, size=500)):
        w,h = sides[i%len(sides)]
        grain = rng.normal(0, 9, (h,w,3))
        image,mask = BytesIO(),BytesIO()
        Image.fromarray((scene.image[:h,:w]+grain).clip(0, 255).astype(np.uint8)).save(image, 'JPEG', quality=90)
        Image.fromarray(scene.mask[:h,:w].astype(np.uint8)).save(mask, 'PNG')
        yield image.getvalue(),mask.getvalue()

def sources(data, some): # yields image file, mask file, as bytes
    if not data: return drawn(some)
    masks = open_masks('voc', data)
    return ((image.read_bytes(), mask.read_bytes()) for image,mask in masks.files)

def voc_folder(root, n, data='', some=60)->Path:
    "VOC's layout with `n` images: those of `data`, or `some` that are drawn, again and again."
    root,kinds = Path(root),('JPEGImages','SegmentationClass')
    for d in (*kinds,'ImageSets/Segmentation'): (root/d).mkdir(parents=True)
    found = list(sources(data, some))
    for i in range(n):
        for d,end,content in zip(kinds, ('jpg','png'), found[i%len(found)]):
            (root/d/f'{i:06}.{end}').write_bytes(content)
    (root/'ImageSets/Segmentation/val.txt').write_text(''.join(f'{i:06}\n' for i in range(n)))
    return root

def processor_time(): # seconds of all cores, of this process and of those that it has waited for
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(o.ru_utime+o.ru_stime for o in spent)

@contextmanager
def simulated(ms, all_of_it=False): # of an image; 0: the real thing
    "A card that takes its time and leaves the processor alone: tower and head sleep, and the labels are random."
    known = {}
    def answer(self, images, sizes):
        sleep(ms*len(images)/1000)
        for s in sizes:
            if s not in known: known[s] = torch.from_numpy(np.random.default_rng(0).integers(0, 21, s))
        return [known[s] for s in sizes]
    with ExitStack() as stack:
        if ms: stack.enter_context(patch.object(Head, '__call__', answer))
        if all_of_it: # a card normalises and counts too
            stack.enter_context(patch('clippy.pipeline._normalized', lambda x, *norm: x))
            stack.enter_context(patch('clippy.segment_masks.areas', lambda *args: torch.ones(3*args[2])))
        yield

class Times:
    "When the first batch was answered, and the last."
    def __init__(self): self.at = []
    def over(self, answered):
        def watched(*args):
            for found in answered(*args):
                self.at.append(perf_counter())
                yield found
        return watched

def timed(device, images, f)->dict:
    "A row: seconds, images a second, processor time."
    start,spent = clock(device),processor_time()
    more = f() or {}
    seconds,spent = clock(device)-start,processor_time()-spent
    return dict(images=images, seconds=seconds, images_per_s=images/seconds, processor_ms=1e3*spent/images)|more

def loop_row(o, model, data, size, n):
    protocol = pick_protocol(find_task('voc'), 'port', split='val', resize='square', size=size)
    index = choose(open_masks('voc', data, 'val', 'port'), n)
    return timed(o.device, n, lambda: dict(miou=voc_loop.loop(model, data, protocol, index, voc_loop.Watch(o.device))))

def asked(size): return dict(protocol='port', split='val', resize='square', size=size)

def reading_row(o, model, data, size, n):
    voc = find_task('voc')
    job = voc(data, pick_protocol(voc, 'port', split='val', resize='square', size=size), model)
    index = choose(job.source, n)
    batches = [index[i:i+o.batch_size] for i in range(0, n, o.batch_size)]
    def read(): return dict(batches=sum(1 for _ in Ahead(job.source, batches, o.workers).read))
    return timed(o.device, n, read)

def evaluate_row(o, model, data, size, n, precision='', all_of_it=False):
    times,began = Times(),perf_counter()
    def measure():
        with simulated(o.simulated, all_of_it), patch.object(evaluation, 'answered', times.over(evaluation.answered)):
            r = evaluate(model, 'voc', data, limit=n, batch_size=o.batch_size, workers=o.workers,
                precision=precision, **asked(size))
        return dict(miou=r.numbers['miou'], precision=r.precision)
    row = timed(o.device, n, measure)
    return row|dict(start=times.at[0]-began, end=began+row['seconds']-times.at[-1])

def folder_row(o, model, folder, out, full, precision=''):
    n = len(list(Path(folder).iterdir()))
    row = timed(o.device, n, lambda: predict.ours(model, folder, out, list(names), full, precision))
    kept = (Path(out)/'answers.jsonl').read_text().splitlines()[0]
    return row|dict(precision=json.loads(kept)['precision'])

def folder_loop_row(o, model, folder, out):
    n = len(list(Path(folder).iterdir()))
    return timed(o.device, n, lambda: predict.loop(model, folder, out, list(names)))

def parts(o, model, tmp): # yields what is measured, how
    data,few = voc_folder(f'{tmp}/voc', o.images, o.data),min(64, o.images)
    evaluate(model, 'voc', data, limit=2, **asked(o.size)) # the text vectors are kept from here on
    if not o.simulated:
        if o.device.type=='cuda': loop_row(o, model, data, o.size, 2) # the first calls of a library take long
        yield 'loop', partial(loop_row, o, model, data, o.size, few)
    yield 'reading alone', partial(reading_row, o, model, data, o.size, o.images)
    if o.simulated: yield 'evaluate, all of the card simulated', partial(evaluate_row, o, model, data, o.size, o.images,
        all_of_it=True)
    yield 'evaluate', partial(evaluate_row, o, model, data, o.size, o.images)
    if o.device.type=='cuda':
        yield 'evaluate, fp32', partial(evaluate_row, o, model, data, o.size, o.images, 'fp32')
        yield 'evaluate again', partial(evaluate_row, o, model, data, o.size, o.images)
    if o.simulated: return
    small,large = (photos(data, f'{tmp}/{n}', n) for n in (few, min(o.images, 512)))
    if o.device.type=='cuda': folder_row(o, model, photos(data, f'{tmp}/two', 2), f'{tmp}/3', True)
    yield 'folder: loop, masks', partial(folder_loop_row, o, model, small, f'{tmp}/0')
    yield 'folder: masks', partial(folder_row, o, model, large, f'{tmp}/1', False)
    yield 'folder: masks and overlays', partial(folder_row, o, model, large, f'{tmp}/2', True)
    if o.device.type=='cuda':
        yield 'folder: masks, fp32', partial(folder_row, o, model, large, f'{tmp}/4', False, 'fp32')

def photos(data, folder, n):
    Path(folder).mkdir(exist_ok=True)
    for p in sorted((data/'JPEGImages').iterdir())[:n]: (Path(folder)/p.name).write_bytes(p.read_bytes())
    return folder

def show(rows)->str:
    "Markdown."
    number = lambda r,k,form: '' if r.get(k) is None else form.format(r[k])
    forms = dict(images_per_s='{:.1f}', times_loop='{:.1f}', of_limit='{:.0%}', processor_ms='{:.1f}', start='{:.2f}',
        end='{:.2f}', miou='{:.6f}', precision='{}')
    lines = [(r['name'], r['images'], *(number(r, k, form) for k,form in forms.items())) for r in rows if 'images' in r]
    late = [r['name'] for r in rows if 'images' not in r]
    head = ('what','images','images/s','times the loop','of reading alone','processor, ms an image','start, s','end, s',
        'mIoU','precision')
    return str(table(lines, head, (1,2,3,4,5,6,7,8)))+(f'\n\nNo time was left for: {"; ".join(late)}.' if late else '')

def compared(row, rows):
    "How many times the loop of its kind, and what share of reading alone."
    loop = 'folder: loop, masks' if row['name'].startswith('folder') else 'loop'
    base = next((r for r in rows if r['name']==loop and 'images' in r), None)
    limit = next((r for r in rows if r['name']=='reading alone' and 'images' in r), None)
    if base: row = row|dict(times_loop=row['images_per_s']/base['images_per_s'])
    if limit and row['name'].startswith('evaluate'): row = row|dict(of_limit=row['images_per_s']/limit['images_per_s'])
    return row

def build(o):
    "A model of the real shape with random weights, or a smaller one to try the script."
    if o.small: return load('scenes').eval()
    return create_model('clippy-B-16', pretrained=False, text=str(text_folder('full'))).eval()

@call_parse
def main(
    images:int=1449, # Of the evaluation
    size:int=448, # Pixels a side
    data:str='', # A VOCdevkit folder whose images are repeated (drawn ones)
    simulated_tower:float=0., # ms that a simulated card takes for an image; 0: the real model
    batch_size:int=32, # Of `evaluate`
    workers:int=-1, # Of `evaluate`; -1: as many as it chooses
    seconds:float=120., # After which nothing new begins
    device:str='cpu', # cpu or cuda
    threads:int=1, # Of torch on the CPU
    small:bool=False, # The model of the scenes, to try the script
    out:str='', # JSON file, written after each row; none: the kept result of this device
):
    "Time evaluation and prediction, from files to numbers."
    from types import SimpleNamespace
    began = perf_counter()
    faulthandler.dump_traceback_later(seconds+60, exit=True) # should anything hang
    set_threads(threads)
    device = torch.device(device)
    workers = readers_for(images) if workers<0 else workers
    o = SimpleNamespace(images=images, size=size, data=data, simulated=simulated_tower, batch_size=batch_size,
        workers=workers, device=device, small=small)
    where,rows = machine(device),[]
    settings = dict(images=images, size=size, simulated_tower=simulated_tower, batch_size=batch_size, workers=workers,
        small=small, data='real' if data else 'drawn')
    model = build(o).to(device)
    with TemporaryDirectory() as tmp, patch.dict(os.environ, CLIPPY_CACHE=f'{tmp}/cache'):
        for name,run in parts(o, model, tmp):
            if perf_counter()-began>seconds: row = dict(name=name)
            else: row = compared(dict(name=name)|run(), rows)
            rows.append(row)
            print(f'{perf_counter()-began:5.0f} s  {name}: {row.get("images_per_s", 0):.1f} images/s', file=sys.stderr,
                flush=True)
            keep('overlap', out, where, settings, rows)
    faulthandler.cancel_dump_traceback_later()
    save('overlap', out, where, settings, rows, show(rows))
