"Images a second of one core, from shards to batches: open_clip's training pipeline against `clippy.loader`."
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from types import SimpleNamespace
from unittest.mock import patch

import numpy as np
import torch
from fastcore.script import call_parse
from PIL import Image

import clippy.data
from clippy.data import fast_transform, num_samples, open_image, shard_list, train_transform
from clippy.pack import pack
from clippy.console import table
from clippy.loader import ShardLoader
from clippy.scenes import Scenes
from record import clock, machine, save, set_threads

def pictures(folder, n, size): # PIL images, w x h
    "Photographs of a folder, cut to the shape; without one drawn scenes with noise, about as hard for a JPEG decoder."
    w,h = size
    files = sorted(o for o in Path(folder).rglob('*') if o.suffix.lower() in ('.jpg','.jpeg','.png')) if folder else []
    if folder and not files: raise FileNotFoundError(f'There are no jpg or png files in {folder}.')
    scenes,grain = Scenes(n, 0, 64),np.random.default_rng(0)
    for i in range(n):
        if files:
            im = open_image(files[i%len(files)].read_bytes())
            k = max(w/im.width, h/im.height)
            yield im.resize((w,h), Image.Resampling.BICUBIC,
                            box=((im.width-w/k)/2, (im.height-h/k)/2, (im.width+w/k)/2, (im.height+h/k)/2))
        else:
            im = Image.fromarray(np.asarray(scenes[i].image)).resize((w,h), Image.Resampling.BICUBIC)
            coarse = np.asarray(Image.fromarray(grain.integers(0, 60, (h//4,w//4), dtype=np.uint8)).resize((w,h),
                Image.Resampling.BICUBIC), np.float32)-30
            yield Image.fromarray((np.asarray(im)+coarse[...,None]+grain.normal(0, 4, (h,w,1))).clip(0,
                255).astype(np.uint8))

def make_shards(out, folder, n, size, quality, per_shard):
    (out/'images').mkdir(parents=True)
    for i,im in enumerate(pictures(folder, n, size)): im.save(out/f'images/{i}.jpg', quality=quality)
    (out/'c.csv').write_text('image,caption\n'+''.join(f'{i}.jpg,picture {i}\n' for i in range(n)))
    with patch('builtins.print'): pack(out/'images', out/'c.csv', out/'shards', shard_size=per_shard, progress=False)
    return out/'shards'

def open_clip(shards, batch, workers, size=224): # a function that reads an epoch and says how many images it had
    "open_clip_train's own loader; its tokenizer, which is not what we compare, does nothing."
    import webdataset as wds
    from open_clip import image_transform
    from open_clip_train import data
    args = SimpleNamespace(train_data='::'.join(shard_list(shards)), train_num_samples=num_samples(shards),
                           train_data_upsampling_factors=None,
        dataset_resampled=False, seed=0, batch_size=batch, workers=workers, world_size=1)
    # version 3.3 stumbles over the marks that webdataset 1.0 puts between shards:
    # webdataset's own function, which it copies, takes its place
    with patch.object(data, 'tarfile_to_samples_nothrow', wds.tarfile_to_samples(handler=data.log_and_continue)):
        info = data.get_wds_dataset(args, image_transform(size, is_train=True), True, floor=True,
                                    tokenizer=lambda t: [t])
    return lambda: sum(len(x) for x,_ in info.dataloader)

def ours(shards, batch, workers, transform, library=True):
    loader = ShardLoader(shards, transform, batch, workers=workers)
    def run():
        with patch.object(clippy.data, 'simplejpeg', clippy.data.simplejpeg if library else None):
            return sum(len(x) for x,*_ in loader)
    return run

def difference(shards, n): # 8-bit steps
    "Pixels of the fast crop against those of the exact one with the same seeds: mean, 99 % and largest difference."
    found = []
    for i,f in enumerate(sorted((shards.parent/'images').iterdir())[:n]):
        torch.manual_seed(i)
        slow = train_transform(224, (0,0,0), (1,1,1))(Image.open(f))*255
        torch.manual_seed(i)
        found.append((slow-fast_transform(224)(f.read_bytes())).abs())
    d = torch.stack(found).flatten()
    return dict(mean=round(d.mean().item(),3), most=round(d.max().item(),1),
                p99=round(d.kthvalue(int(.99*d.numel())).values.item(),1))

def measure(runs, repeats, device): # name -> function
    "Images a second by computing time and by the clock, the quickest of some runs each, in turn."
    best = {k:[0.,0.] for k in runs}
    for _ in range(repeats):
        for k,f in runs.items():
            wall,cpu = clock(device),process_time()
            n = f()
            best[k] = [max(a, n/b) for a,b in zip(best[k], (process_time()-cpu, clock(device)-wall))]
    return best

def show(rows)->str:
    cells = [(f"{r['width']} x {r['height']}", r['pipeline'], f"{r['images_per_s']:.0f}", f"{r['times']:.2f}",
              *((f"{r['mean']:.2f}", f"{r['p99']:.0f}", f"{r['most']:.0f}") if 'mean' in r else ('','',
                  ''))) for r in rows]
    return table(cells, ('photograph','pipeline','images/s','times open_clip','mean difference','99 % below','largest'),
                 range(2,7))

@call_parse
def main(
    sizes:str='500x375,1000x750', # Sizes of the photographs
    images:str='', # Folder of photographs to cut to these sizes; none: drawn scenes with noise
    n:int=192, # Photographs of each size
    quality:int=90, # Of the JPEGs
    batch_size:int=32,
    workers:int=0, # 0: in the process that is timed, which is what one core does
    repeats:int=5,
    threads:int=1,
    out:str='', # JSON file; none: the kept result
):
    "Time data loading."
    where,rows = machine(torch.device('cpu')),[]
    where['threads'] = set_threads(threads)
    with TemporaryDirectory() as tmp:
        for size in sizes.split(','):
            w,h = map(int, size.split('x'))
            shards = make_shards(Path(tmp)/size, images, n, (w,h), quality, max(1, n//4))
            runs = {'open_clip':open_clip(shards, batch_size, workers),
                    'exact':ours(shards, batch_size, workers, train_transform()),
                    'fast, Pillow':ours(shards, batch_size, workers, fast_transform(), False)}
            if clippy.data.simplejpeg: runs['fast, simplejpeg'] = ours(shards, batch_size, workers, fast_transform())
            best = measure(runs, repeats, torch.device('cpu'))
            off = difference(shards, min(n,32))
            for k,(cpu,wall) in best.items():
                rows.append(dict(width=w, height=h, pipeline=k, images_per_s=round(cpu,1),
                                 elapsed_images_per_s=round(wall,1), times=round(cpu/best['open_clip'][0],
                                     3), **(off if 'fast' in k else {})))
    settings = dict(images=Path(images).name if images else 'drawn', n=n, quality=quality, batch_size=batch_size,
                    workers=workers, repeats=repeats)
    save('data', out, where, settings, rows, show(rows))
