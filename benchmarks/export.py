"An exported model in onnxruntime and in JAX against PyTorch, at the shapes of ViT-B/16 and T5-base, on one core."
import os
from functools import partial
from importlib.metadata import version
from tempfile import mkdtemp
from time import process_time
from types import SimpleNamespace

# One core for all three; JAX takes a thread for each core that it is shown.
if hasattr(os, 'sched_setaffinity') and __name__=='__main__':
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])

import jax, numpy as np, torch
from fastcore.script import call_parse

from clippy.console import table
from clippy.export import OnnxCLIPpy, export_onnx
from clippy.jax_port import JaxCLIPpy, to_jax
from clippy.model import Config, create_model
from record import machine, save, set_threads
from step import shapes, text_folder, texts

methods = 'encode_image','encode_tokens'

def build(shape):
    "The same weights three times."
    s = shapes[shape]
    config = Config(s['image'], str(text_folder(shape)), 'max', pretrained_image=False, pretrained_text=False,
        image_args=s['image_args'])
    model = create_model(config, seed=0).eval()
    port = to_jax(model)
    fast = SimpleNamespace(**{k:partial(jax.jit(getattr(JaxCLIPpy, k)), port) for k in methods})
    return dict(PyTorch=model, ONNX=OnnxCLIPpy(export_onnx(model, mkdtemp()), threads=1), JAX=fast)

def ask(which, model, method, x):
    "One batch, to a numpy array."
    if which!='PyTorch': return np.asarray(getattr(model, method)(x))
    tensors = {k:torch.from_numpy(v) for k,v in x.items()} if isinstance(x, dict) else torch.from_numpy(x)
    with torch.inference_mode(): return getattr(model, method)(tensors).numpy()

def seconds(f, repeats): # of computing time, which other processes do not lengthen
    found = []
    for _ in range(repeats):
        start = process_time()
        f()
        found.append(process_time()-start)
    return min(found)

def measure(models, what, method, batch, x, repeats):
    "One batch, all three in turn."
    row = dict(what=what, batch=batch)
    answers = {}
    for k,m in models.items():
        answers[k] = ask(k, m, method, x) # the first time compiles
        row[f'{k}_s'] = seconds(lambda: ask(k, m, method, x), repeats)
    for k in 'ONNX','JAX':
        row[f'{k}_faster'] = row['PyTorch_s']/row[f'{k}_s']
        row[f'{k}_differs'] = float(np.abs(answers[k]-answers['PyTorch']).max())
    return {k:round(v, 4) if k.endswith(('_s','_faster')) else v for k,v in row.items()}

def rounds(models, batches, sizes, repeats):
    "Images of some sizes and texts, in batches."
    rng = np.random.default_rng(0)
    model = models['PyTorch']
    for b in batches:
        for h,w in sizes:
            x = rng.standard_normal((b,3,h,w), np.float32)
            yield measure(models, f'images, {h} x {w}', 'encode_image', b, x, repeats)
        tokens = {k:v.numpy() for k,v in model.tokenize(texts(b)).items()}
        yield measure(models, f'texts, {tokens["input_ids"].shape[1]} tokens', 'encode_tokens', b, tokens, repeats)

def show(rows):
    "Markdown."
    ms = lambda v: f'{1e3*v:.0f}' if v>=.01 else f'{1e3*v:.1f}'
    def line(r):
        times = [ms(r[f'{k}_s']) for k in ('PyTorch','ONNX','JAX')]
        faster = [f"{r[f'{k}_faster']:.2f}" for k in ('ONNX','JAX')]
        return r['what'], r['batch'], *times, *faster, *(f"{r[f'{k}_differs']:.0e}" for k in ('ONNX','JAX'))
    head = ('batch of','n','PyTorch, ms','ONNX, ms','JAX, ms','ONNX times faster','JAX times faster','ONNX differs by',
        'JAX differs by')
    return table([line(r) for r in rows], head, tuple(range(1,9)))

@call_parse
def main(
    shape:str='full', # `full` or `tiny`
    batches:str='1,8', # Images or texts at a time
    sizes:str='224x224,448x320', # Height x width
    repeats:int=3, # Timings of each; the best counts
    out:str='', # JSON file (results/export-cpu.json)
):
    "Computing time of both towers in PyTorch (eager), onnxruntime and JAX (compiled)."
    set_threads(1)
    where = machine(torch.device('cpu'))
    ns = [int(n) for n in batches.split(',')]
    hw = [tuple(map(int, size.split('x'))) for size in sizes.split(',')]
    rows = list(rounds(build(shape), ns, hw, repeats))
    packages = {k:version(k) for k in ('onnxruntime','jax')}
    same = dict(precision='float32', cores_used=1, weights='random, seed 0')
    settings = dict(shape=shape, repeats=repeats, **same, **packages)
    save('export', out, where, settings, rows, show(rows))
