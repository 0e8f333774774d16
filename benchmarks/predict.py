"`clippy segment` on a folder of images, against the loop that one usually writes."
import os
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault('TQDM_DISABLE', '1')

import numpy as np
import torch
import torch.nn.functional as F
from fastcore.script import call_parse
from PIL import Image

from clippy.console import table
from clippy.protocol import Protocol, image_transform
from clippy.folders import answer_files, identity, planned
from clippy.images import open_image
from clippy.model import create_model
from clippy.predict import plain
from clippy.scenes import Scenes, names
from clippy.segment import save_labels
from clippy.words import class_vectors
from record import clock, machine, save, set_threads

def photos(folder, n):
    "Drawn images of 500 x 375, as JPEG."
    for i,scene in enumerate(Scenes(n, seed=0, size=500)):
        Image.fromarray(scene.image[:375]).save(Path(folder)/f'{i}.jpg', quality=90)
    return folder

@torch.inference_mode()
def loop(model, folder, out, labels):
    "Image by image: features enlarged to the image, every pixel compared with every word, the mask written."
    Path(out).mkdir()
    vectors = class_vectors(model, labels, plain)
    transform = image_transform(Protocol(size=0, resize='short'), model)
    for path in sorted(Path(folder).iterdir(), key=lambda p: p.name):
        image = open_image(path.read_bytes())
        features = model.encode_patches(transform(image)[None].to(model.device)).permute(0,3,1,2)
        big = F.interpolate(features, size=image.size[::-1], mode='bilinear', align_corners=False).permute(0,2,3,1)
        save_labels((big@vectors.T).argmax(-1)[0]+1, Path(out)/f'{path.stem}.png')

def ours(model, folder, out, labels, full, precision=''):
    "What the command does; `full`: with overlays, as it writes them."
    files,plan = planned([folder], str(out), ['','_overlay'] if full else [''])
    def draw(seg): return [seg.mask_image(), seg.with_legend()] if full else [seg.mask_image()]
    def ask(some): return model.segment(some, labels, ())
    def asked(): return dict(labels=labels, **identity(model, ''))
    answer_files(files, plan, str(out), asked, ask, draw, 8, model, precision=precision)

def differ(a, b): # share of pixels
    read = lambda d: [np.asarray(Image.open(p)) for p in sorted(Path(d).glob('*.png')) if '_' not in p.stem]
    return float(np.mean([(x!=y).mean() for x,y in zip(read(a), read(b), strict=True)]))

def show(rows):
    "Markdown."
    lines = [(r['name'], f"{r['images_per_s']:.2f}", f"{r['faster']:.2f}", f"{100*r['differ']:.3f}") for r in rows]
    return table(lines, ('way', 'images/s', 'times faster', 'other pixels, %'), (1,2,3))

@call_parse
def main(
    images:int=24, # How many
    rounds:int=2, # Times that each has its turn; the quickest counts
    device:str='cpu', # cpu or cuda
    threads:int=1, # Of torch
    small:bool=False, # The towers of the demo, to try the script
    out:str='', # JSON file; none: the kept result of this device
):
    "Time a folder of images: ViT-B/16 with a small text tower, random weights, 224 px, 17 words."
    set_threads(threads)
    device = torch.device(device)
    where = machine(device)
    base = dict(name='clippy-B-16', pretrained=False, text='', text_args=dict(width=768, depth=2, heads=12))
    model = create_model(**dict(name='clippy-scenes') if small else base).eval().to(device)
    ways = {'loop, masks':loop, 'ours, masks':partial(ours, full=False),
        'ours, masks and overlays':partial(ours, full=True)}
    times = {name:[] for name in ways}
    differs = {}
    with TemporaryDirectory() as d:
        (Path(d)/'photos').mkdir()
        folder = photos(f'{d}/photos', images)
        for k in range(rounds):
            for i,(name,f) in enumerate(ways.items()):
                start = clock(device)
                f(model, folder, Path(d)/f'{i}-{k}', list(names))
                times[name].append(clock(device)-start)
                differs[name] = differ(f'{d}/0-{k}', f'{d}/{i}-{k}')
    first = min(times['loop, masks'])
    rows = [dict(name=n, images_per_s=images/min(t), faster=first/min(t), differ=differs[n], all_seconds=t)
        for n,t in times.items()]
    save('predict', out, where, dict(images=images, rounds=rounds, small=small), rows, show(rows))
