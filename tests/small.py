"Small runs and data that the tests of several chapters use."
import json

import pytest, torch, webdataset as wds
from safetensors.torch import load_file, save_file

import clippy.train as T
from clippy.model import image_tower, new_text_tower
from clippy.pack import pack
from clippy.scenes import write_folder

scenes = dict(train_num_samples=24, batch_size=4, steps=10, workers=0, log_every=4, cpu=True)
small = ['--cpu', '--batch-size', '16', '--train-num-samples', '48', '--workers', '0', '--log-every', '1',
    '--zeroshot-frequency', '0', '--eval-limit', '64']

def losses(run): return [r['loss'] for r in json.loads((run/'metrics.json').read_text())['curve']]
def saved_weights(run):
    return {**load_file(run/'model'/'model.safetensors'), **load_file(run/'model'/'text'/'model.safetensors')}

def weights(run): return run.unwrapped.state_dict()
def same(a, b):
    return all(torch.equal(x, y) for x,y in zip(weights(a).values(), weights(b).values(), strict=True))

def cut_before(monkeypatch, step, *args, **options):
    "A run that dies before a step, counted from its own first one, 0."
    own,calls = T.train_step,iter(range(10**6))
    def dies(*args):
        if next(calls)==step: raise RuntimeError('power failure')
        return own(*args)
    with monkeypatch.context() as m, pytest.raises(RuntimeError, match='power failure'):
        m.setattr(T, 'train_step', dies)
        T.train(*args, **options)

def small_towers(d, captions, **vit):
    "Two small towers on the disk, `vit.safetensors` and the folder `t5`."
    torch.manual_seed(1)
    save_file(image_tower('vit_tiny_patch16_224', **vit).state_dict(), d/'vit.safetensors')
    new_text_tower(captions, width=32, heads=2).save(str(d/'t5'), create_model_card=False)
    return d

def spoilt_shards(d):
    "60 scenes in three shards; three of them cannot be used."
    write_folder(d/'scenes', 60, progress=False)
    pack(d/'scenes', d/'scenes'/'captions.csv', d/'whole', shard_size=20)
    (d/'spoilt').mkdir()
    no_caption,no_text = dict(txt=b'', json=b'{"captions": [""]}'), dict(txt=b'\xff\xfe', json=b'{')
    spoil = {3:dict(png=b'no image'), 25:no_caption, 47:no_text}
    n = 0
    for shard in sorted((d/'whole').glob('*.tar')):
        with wds.TarWriter(str(d/'spoilt'/shard.name)) as w:
            for s in wds.WebDataset(str(shard), shardshuffle=False, empty_check=False):
                sample = {**s, **spoil.get(n, {})}
                w.write({k:v for k,v in sample.items() if k=='__key__' or k[0]!='_'})
                n += 1
    return d
