"`clippy segment` on a folder of pictures, against the loop that one usually writes."
import os
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault('TQDM_DISABLE', '1')

import numpy as np
import torch
import torch.nn.functional as F
from fastcore.script import call_parse
from PIL import Image

from clippy.data import open_image
from clippy.eval import Protocol, image_transform
from clippy.words import class_vectors
from clippy.console import table
from clippy.model import create_model
from clippy.predict import answer_files, plain
from clippy.scenes import Scenes, names
from clippy.segment import save_labels
from record import clock, machine, save, set_threads

def photos(folder, n):
    "Drawn pictures of 500 x 375, as JPEG."
    for i,s in enumerate(Scenes(n, seed=0, size=500)): Image.fromarray(s.image[:375]).save(Path(folder)/f'{i}.jpg', quality=90)
    return folder

@torch.inference_mode()
def loop(model, folder, out, labels):
    "Image by image: features enlarged to the picture, every pixel compared with every word, the mask written."
    Path(out).mkdir()
    vectors,transform = class_vectors(model, labels, plain),image_transform(Protocol(size=0, resize='short'), model)
    for path in sorted(Path(folder).iterdir(), key=lambda p: p.name):
        image = open_image(path.read_bytes())
        features = model.encode_patches(transform(image)[None].to(model.device))
        big = F.interpolate(features.permute(0,3,1,2), size=image.size[::-1], mode='bilinear', align_corners=False).permute(0,2,3,1)
        save_labels((big@vectors.T).argmax(-1)[0]+1, Path(out)/f'{path.stem}.png')

def ours(model, folder, out, labels, full):
    "What the command does; `full`: with overlays, as it writes them."
    def write(o, path):
        o.save_mask(path)
        if full: o.save(path.with_name(f'{path.stem}_overlay.png'))
    answer_files([folder], str(out), dict(labels=labels), lambda some: model.segment(some, labels), write, 8)

def differ(a, b): # share of pixels
    read = lambda d: [np.asarray(Image.open(p)) for p in sorted(Path(d).glob('*.png')) if '_' not in p.stem]
    return float(np.mean([(x!=y).mean() for x,y in zip(read(a), read(b), strict=True)]))

def show(rows):
    "Markdown."
    return table([(r['name'], f"{r['images_per_s']:.2f}", f"{r['faster']:.2f}", f"{100*r['differ']:.3f}") for r in rows],
                 ('way', 'images/s', 'times faster', 'other pixels, %'), (1,2,3))

@call_parse
def main(
    images:int=24, # Pictures
    rounds:int=2, # Times that each has its turn; the quickest counts
    device:str='cpu', # cpu or cuda
    threads:int=1, # Of torch
    small:bool=False, # The towers of the demo, to try the script
    out:str='', # JSON file; none: the kept result of this device
):
    "Time a folder of pictures: ViT-B/16 with a small text tower, random weights, 224 px, 17 words."
    set_threads(threads)
    device = torch.device(device)
    where = machine(device)
    how = dict(name='clippy-scenes') if small else dict(name='clippy-B-16', pretrained=False, text='', text_args=dict(width=768, depth=2, heads=12))
    model,times = create_model(**how).eval().to(device),{}
    ways = {'loop, masks':loop, 'ours, masks':lambda *a: ours(*a, False), 'ours, masks and overlays':lambda *a: ours(*a, True)}
    with TemporaryDirectory() as d:
        (Path(d)/'photos').mkdir()
        folder,differs = photos(f'{d}/photos', images),{}
        for k in range(rounds):
            for i,(name,f) in enumerate(ways.items()):
                start = clock(device)
                f(model, folder, Path(d)/f'{i}-{k}', list(names))
                times.setdefault(name, []).append(clock(device)-start)
                differs[name] = differ(f'{d}/0-{k}', f'{d}/{i}-{k}')
    base = min(times['loop, masks'])
    rows = [dict(name=n, images_per_s=images/min(t), faster=base/min(t), differ=differs[n], all_seconds=t) for n,t in times.items()]
    save('predict', out, where, dict(images=images, rounds=rounds, small=small), rows, show(rows))
