"A whole evaluation on Pascal VOC: the usual loop over images against `clippy.eval.evaluate`."
import os
from collections import defaultdict
from contextlib import ExitStack, contextmanager
from functools import wraps
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from unittest.mock import patch

os.environ.setdefault('HF_HUB_OFFLINE', '1') # nothing is fetched
os.environ.setdefault('TQDM_DISABLE', '1')

import numpy as np
import torch
import torch.nn.functional as F
from fastcore.script import call_parse
from PIL import Image
from torch.utils.data import DataLoader

from clippy import segment_masks
from clippy.eval import choose, evaluate, find_task, pick_protocol
from clippy.protocol import image_transform
from clippy.words import class_vectors, templates_of
from clippy.console import table
from clippy.record import weights_hash
from clippy.masks import open_masks
from clippy.model import create_model
from clippy.saved import load
from clippy.segment import Head, class_words
from clippy.segment_masks import Segment
from record import clock, machine, save, set_threads

def new_model(): # the tower that a real one has, with a small text tower; values do not matter for the clock
    return create_model('clippy-B-16', pretrained=False, text='', text_args=dict(width=768, depth=2, heads=12)).eval()

class Watch(defaultdict):
    "Seconds by part."
    def __init__(self, device):
        super().__init__(float)
        self.device = device
    @contextmanager
    def __call__(self, part):
        start = clock(self.device)
        yield
        self[part] += clock(self.device)-start
    def over(self, part, f): # `f`, watched
        @wraps(f)
        def watched(*args, **kwargs):
            with self(part): return f(*args, **kwargs)
        return watched

@torch.inference_mode()
def loop(model, data, protocol, index, watch):
    "One image after the other, in one process: read, encode, the port's dense head, a confusion matrix."
    with watch('start'):
        masks = open_masks('voc', data, protocol.split, protocol.names)
        texts,owner = class_words(masks.labels.words, True, protocol)
        vectors = class_vectors(model, texts, templates_of(protocol.templates))
        transform,owner = image_transform(protocol, model),torch.tensor(owner, device=model.device)
    n,square = len(masks.labels.names),(protocol.size,)*2
    confusion = np.zeros((n,n), np.int64)
    for i in index:
        with watch('decode'):
            image,mask = masks[i]
            x,mask = transform(image)[None],np.array(Image.fromarray(mask).resize(square, Image.Resampling.NEAREST))
        with watch('tower'): features = model.encode_patches(x.to(model.device))
        with watch('head'):
            big = F.interpolate(features.permute(0,3,1,2), size=square, mode='bilinear', align_corners=False).permute(0,
                2,3,1)
            label = owner[(big@vectors.T).argmax(-1)][0].cpu().numpy()
        with watch('metric'):
            keep = mask!=255
            confusion += np.bincount(n*mask[keep].astype(int)+label[keep], minlength=n*n).reshape(n, n)
    shared = confusion.diagonal()
    with np.errstate(invalid='ignore'): each = shared/(confusion.sum(0)+confusion.sum(1)-shared)
    if protocol.absent=='zero':
        each = np.nan_to_num(each) # the port adds a little to the union: a class that is absent counts 0
    return float(np.nanmean(each))

def watched_loader(watch):
    "A `DataLoader` whose reader notes how long it waits."
    class Loader(DataLoader):
        def __iter__(self):
            batches = super().__iter__()
            while True:
                with watch('decode'): batch = next(batches, None)
                if batch is None: return
                yield batch
    return Loader

def ours(model, data, protocol, index, watch, batch_size, workers):
    "`evaluate`, with a clock in its parts."
    with ExitStack() as stack:
        put = lambda what, name, f: stack.enter_context(patch.object(what, name, f))
        put(model, 'encode_patches', watch.over('tower', model.encode_patches))
        put(model, 'patch_cosines', watch.over('tower and words', model.patch_cosines))
        put(segment_masks, 'areas', watch.over('metric', segment_masks.areas))
        put(Head, 'decide', watch.over('decide', Head.decide))
        put(Segment, 'prepare', watch.over('start', Segment.prepare))
        stack.enter_context(patch('clippy.pipeline.DataLoader', watched_loader(watch)))
        result = evaluate(model, 'voc', data, protocol, limit=len(index), batch_size=batch_size, workers=workers)
    watch['head'] = watch.pop('decide')+watch.pop('tower and words')-watch['tower']
    return result.numbers['miou']

parts = 'start','decode','tower','head','metric','rest'

def timed(f, model, *args):
    "One evaluation: seconds, all in all and by part, seconds that the main process computed, and the mIoU."
    watch = Watch(model.device)
    start,computed = clock(model.device),process_time()
    miou = f(model, *args[:3], watch, *args[3:])
    seconds,computed = clock(model.device)-start,process_time()-computed
    watch['rest'] = seconds-sum(watch.values())
    return dict(seconds=seconds, computed=computed, parts={p:round(watch[p], 5) for p in parts}, miou=miou)

def measure(model, data, size, templates, limit, batch_size, workers, repeats):
    "Both ways in turn, `repeats` times: the quicker time of each."
    protocol = pick_protocol(find_task('voc'), 'port', split='val', resize='square', size=size,
        **(dict(templates=templates) if templates else {}))
    masks = open_masks('voc', data, protocol.split, protocol.names)
    index = choose(masks, limit)
    with TemporaryDirectory() as cache, patch.dict(os.environ, CLIPPY_CACHE=cache):
        evaluate(model, 'voc', data, protocol, limit=1) # the text vectors are kept from here on
        runs = dict(loop=[], ours=[])
        for _ in range(repeats):
            runs['loop'].append(timed(loop, model, data, protocol, index))
            runs['ours'].append(timed(ours, model, data, protocol, index, batch_size, workers))
    mious = {k:v[0]['miou'] for k,v in runs.items()}
    if abs(mious['loop']-mious['ours'])>1e-6: raise SystemExit(f'The two do not measure the same: mIoU {mious}.')
    return dict(size=size, protocol=protocol.name, images=len(index),
        names=len(class_words(masks.labels.words, True, protocol)[0]), miou=mious) | summary(runs, len(index))

def summary(runs, images):
    "The quickest run of each; computing time is steadier than time where others use the machine too."
    best = {k:min(v, key=lambda o: o['seconds']) for k,v in runs.items()}
    least = {k:min(o['computed'] for o in v) for k,v in runs.items()}
    ratio = lambda o: round(o['loop']/o['ours'], 2)
    seconds = {k:v['seconds'] for k,v in best.items()}
    return dict(seconds={k:round(v, 2) for k,v in seconds.items()}, computed={k:round(v, 2) for k,v in least.items()},
        images_per_s={k:round(images/v, 3) for k,v in seconds.items()}, faster=ratio(seconds),
        faster_computed=ratio(least),
        parts={k:v['parts'] for k,v in best.items()}, all_seconds={k:[round(o['seconds'], 2) for o in v] for k,
            v in runs.items()})

def show(rows):
    "Markdown: what an image costs."
    lines = [(f"{r['size']}", {'loop':'loop','ours':'evaluate'}[k], r['images'], f"{r['images_per_s'][k]:.2f}",
        *(f"{1e3*r['parts'][k][p]/r['images']:.0f}" for p in parts), f"{100*r['miou'][k]:.4f}") for r in rows
        for k in ('loop','ours')]
    head = 'size','','images','images/s','start','decode','tower','head','metric','rest','mIoU, %'
    ratios = '\n'.join(f"At {r['size']} px `evaluate` is {r['faster']:.2f} times as fast ({r['faster_computed']:.2f} "
        f"by computing time of the main process); "
        f"the image tower takes {100*r['parts']['ours']['tower']/r['seconds']['ours']:.0f} % of its time."
        for r in rows)
    return f'{table(lines, head, (0,2,3,4,5,6,7,8,9,10))}\n\nParts in ms an image.\n{ratios}'

@call_parse
def main(
    data:str='', # A VOCdevkit/VOC2012 folder; its ImageSets/Segmentation/val.txt may be shorter than the official one
    model:str='', # Saved folder (an untrained ViT-B/16 with a small text tower)
    sizes:str='224,448', # Pixels a side
    limit:str='24,8', # Images at most, for each size
    templates:str='', # Sentences around a name: a set of `clippy.eval`, or one with {} (the port's one sentence)
    batch_size:int=8, # Of `evaluate`
    workers:int=1, # Of `evaluate`
    repeats:int=2, # Evaluations of each kind
    threads:int=1, # Of torch on the CPU
    device:str='cpu', # `cpu` or `cuda`
    out:str='', # JSON file (results/voc_loop-DEVICE.json)
):
    "Images per second of a whole evaluation on Pascal VOC, both ways."
    if not data: raise SystemExit('Name the images: --data VOCdevkit/VOC2012')
    set_threads(threads)
    device = torch.device(device)
    where = machine(device)
    net = (load(model) if model else new_model()).to(device)
    sizes,limits = ([int(o) for o in t.split(',')] for t in (sizes,limit))
    if len(limits)==1: limits *= len(sizes)
    rows = [measure(net, data, s, templates, n, batch_size, workers, repeats) for s,n in zip(sizes, limits)]
    settings = dict(model=Path(model).name if model else 'untrained clippy-B-16, text tower 768 wide and 2 deep',
        weights=weights_hash(net), batch_size=batch_size,
        workers=workers, repeats=repeats, precision='float32')
    save('voc_loop', out, where, settings, rows, show(rows))
