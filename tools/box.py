"""A finished run -> a model that comes with the package: half precision, its numbers measured again, at most 3 MB.

    python -m clippy.train --epochs 16 --warmup 100 --name scenes
    python tools/box.py logs/scenes scenes"""
import json, shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from fastcore.script import call_parse

models = Path(__file__).parent.parent/'clippy'/'models'
limit = 3_000_000 # bytes of a model with its manifest

def size(folder)->int: # bytes
    "What a folder holds."
    return sum(p.stat().st_size for p in Path(folder).rglob('*') if p.is_file())

def box(
    run, # folder of a finished run
    folder, # where to put the model; what is there is replaced
    n=512, # scenes of the measurement, as in training
)->dict: # its manifest
    "Round, measure what is left, write both."
    from clippy.record import weights_hash
    from clippy.hub import read_manifest
    from clippy.saved import load
    from clippy.segment_scenes import evaluate_scenes
    run,folder = Path(run),Path(folder)
    if not (run/'model').is_dir(): raise FileNotFoundError(f'{run} is not the folder of a finished run: it has no model.')
    with TemporaryDirectory() as d:
        new = load(run/'model').save(Path(d)/'model', half=True)
        model,about = load(new),read_manifest(run)
        about = dict(about, results=[evaluate_scenes(model, n)], before_rounding=about['results'], weights=dict(dtype='float16', hash=weights_hash(model)))
        (new/'manifest.json').write_text(json.dumps(about, indent=1, ensure_ascii=False)+'\n', encoding='utf-8')
        if size(new)>limit: raise ValueError(f'The model takes {size(new):,} bytes, and may take {limit:,}.')
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.move(new, folder)
    return about

@call_parse
def main(
    run:str, # Folder of a finished run, such as logs/scenes
    name:str, # What the model is loaded by
):
    "Put a trained model into the package."
    about = box(run, models/name)
    for when in 'before_rounding','results':
        print(f'{when:<15} ', ', '.join(f'{k} {v:.4f}' for r in about[when] for k,v in r.items() if isinstance(v, float)))
    print(f'{models/name}: {size(models/name):,} bytes')
