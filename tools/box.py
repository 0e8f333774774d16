"""A finished run -> a model that comes with the package: half precision, its numbers measured again, at most 3 MB.

    python -m clippy.train --epochs 16 --warmup 100 --name scenes
    python tools/box.py logs/scenes scenes

    python tools/box.py scenes scenes        # measures a model in the box again; its weights stay as they are"""
import json, shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from fastcore.script import call_parse

models = Path(__file__).parent.parent/'clippy'/'models'
limit = 3_000_000 # bytes of a model with its manifest

def size(folder)->int: # bytes
    "What a folder holds."
    return sum(p.stat().st_size for p in Path(folder).rglob('*') if p.is_file())

def measure(model, n=512)->list: # of `Result`, without intervals
    "What training measures, of so many scenes."
    from clippy.eval import evaluate
    few = {} if n==512 else dict(limit=n)
    return [evaluate(model, task, batch_size=128, bootstrap_samples=0, **few) for task in ('scenes','scenes-one')]

def write(folder, about):
    "The manifest, and the whole of the model small enough?"
    text = json.dumps(about, indent=1, ensure_ascii=False)
    (folder/'manifest.json').write_text(text+'\n', encoding='utf-8')
    if size(folder)>limit: raise ValueError(f'The model takes {size(folder):,} bytes, and may take {limit:,}.')

def box(
    run, # folder of a finished run
    folder, # where to put the model; what is there is replaced
    n=512, # scenes of each measurement, as in training
)->dict: # its manifest
    "Round, measure what is left, write both."
    from clippy.hub import read_manifest
    from clippy.record import weights_hash
    from clippy.saved import load
    run,folder = Path(run),Path(folder)
    if not (run/'model').is_dir():
        raise FileNotFoundError(f'{run} is not the folder of a finished run: it has no model.')
    with TemporaryDirectory() as d:
        new = load(run/'model').save(Path(d)/'model', half=True)
        model,about = load(new),read_manifest(run)
        weights = dict(dtype='float16', hash=weights_hash(model))
        about = dict(about, results=measure(model, n), before_rounding=about['results'], weights=weights)
        write(new, about)
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.move(new, folder)
    return about

def again(
    folder, # a model with its manifest
    n=512, # scenes of each measurement
)->dict: # its manifest
    "Measure a model in the box again; its weights stay as they are."
    from clippy.hub import read_manifest
    from clippy.record import weights_hash
    from clippy.saved import load
    model,about = load(folder),read_manifest(folder)
    if weights_hash(model)!=about['weights']['hash']:
        raise ValueError(f'The weights in {folder} are not those of its manifest.')
    about = dict(about, results=measure(model, n))
    write(Path(folder), about)
    return about

@call_parse
def main(
    run:str, # Folder of a finished run, such as logs/scenes; or the name itself, to measure it again
    name:str, # What the model is loaded by
):
    "Put a trained model into the package."
    about = again(models/name) if run==name else box(run, models/name)
    for when in 'before_rounding','results':
        numbers = {k:v for r in about[when] for k,v in r['numbers'].items()}
        print(f'{when:<15} ', ', '.join(f'{k} {v:.4f}' for k,v in numbers.items()))
    print(f'{models/name}: {size(models/name):,} bytes')
