"What several files of tests use."
import os, runpy, sys
from copy import deepcopy
from multiprocessing import get_context

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from clippy.scenes import Scenes

# Models ---------------------------------------------------------------------------------------------------------------

def damaged(model, **weights): # name -> what every entry of it becomes
    out = deepcopy(model)
    with torch.no_grad():
        for k,v in weights.items(): out.get_parameter(k.replace('__','.')).fill_(v)
    return out

dark = dict(image__norm__weight=0., image__norm__bias=0.) # all tokens are zero

def vit_blocks(vit, x): # the tower in plain operations: patches, class token, positions, blocks
    t = vit.patch_embed.proj(x).flatten(2).transpose(1, 2)
    t = torch.cat([vit.cls_token.expand(len(x), -1, -1), t], 1)+vit.pos_embed
    for b in vit.blocks: t = b(t)
    return t

# Plain code for what evaluations compute ------------------------------------------------------------------------------

def plain_cosines(model, images, texts, size=64):
    "`[images, texts]` cosines in plain operations, each text alone; to five decimals, so that equal texts tie."
    resized = [Image.fromarray(im).resize((size,size), Image.Resampling.BICUBIC) for im in images]
    x = np.stack([np.asarray(im, np.float32)/255 for im in resized])
    x = torch.tensor((x-np.array(model.config.mean))/np.array(model.config.std)).permute(0,3,1,2).float()
    with torch.no_grad():
        tokens = model.proj(model.image.forward_features(x)).double().numpy()[:,1:]
        words = np.concatenate([model.encode_text([t]).double().numpy() for t in texts])
    pooled = tokens.max(1)
    return (pooled/np.linalg.norm(pooled, axis=1, keepdims=True)@words.T).round(5)

def pooled(model, files, first): # unit vectors; `first` token in the pool: 0 with the class token, 1 without
    from clippy.protocol import image_transform, Protocol
    transform = image_transform(Protocol(size=64), model)
    x = torch.stack([transform(Image.open(f)) for f in files])
    return F.normalize(model.proj(model.image.norm(vit_blocks(model.image, x)))[:,first:].amax(1), dim=-1)

# Data -----------------------------------------------------------------------------------------------------------------

def folders(d, names, n=2):
    "A folder for each name with `n` scenes in it."
    for k,name in enumerate(names):
        (d/name).mkdir(parents=True)
        for i in range(n): Image.fromarray(Scenes(k+1, seed=i, size=64)[k].image).save(d/name/f'{i}.JPEG', 'JPEG')
    return d

def pixels(files): return [np.asarray(Image.open(f).convert('RGB')) for f in files]

# Results and processes ------------------------------------------------------------------------------------------------

def same(a, b): # two results, but for the clock
    bare = [{k:v for k,v in r.items() if k not in ('clock','command')} for r in (a,b)]
    return bare[0]==bare[1]

def start(args, log, **env):
    "`python -m clippy.eval ARGS` in a process that forks from this one, so that it need not import everything again."
    p = get_context('fork').Process(target=_run_module, args=([*map(str, args)], log, env))
    p.start()
    return p

def _run_module(args, log, env):
    from accelerate import PartialState
    PartialState._reset_state() # what the parent knows of its processes is not true of this one
    os.environ.update(env)
    sys.stdout = sys.stderr = open(log, 'w', buffering=1)
    sys.argv = ['eval.py', *args]
    runpy.run_module('clippy.eval', run_name='__main__', alter_sys=True)
