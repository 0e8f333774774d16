"What all benchmarks write down: where, with what, and how fast."
import os, platform, sys
from pathlib import Path
from time import perf_counter

import torch
from clippy.record import manifest
from clippy.files import write_json
from clippy.console import hide_words

here = Path(__file__).parent

def set_threads(n): # of every sum inside torch; a worker process always has one
    torch.set_num_threads(n)
    return torch.get_num_threads()

def machine(
    device, # torch device
)->dict: # nothing that changes from day to day but the load
    "What it ran on."
    cpu = platform.processor() or platform.machine()
    try: lines = Path('/proc/cpuinfo').read_text().splitlines()
    except OSError: lines = [] # not Linux
    cpu = next((l.split(':')[1].strip() for l in lines if l.startswith('model name')), cpu)
    load = round(os.getloadavg()[0], 1) if hasattr(os, 'getloadavg') else None
    gpu = torch.cuda.get_device_name(device) if device.type=='cuda' else None
    threads = torch.get_num_threads()
    return dict(device=device.type, gpu=gpu, cpu=cpu, cores=os.cpu_count(), threads=threads, load_at_start=load)

def clock(device)->float: # seconds
    "The time, when the device has done what it was told."
    if device.type=='cuda': torch.cuda.synchronize(device)
    return perf_counter()

def bf16_peak(device)->float|None: # TFLOP/s of dense products by its makers; None: not known
    "What the card can do, for the share of it that is used."
    name = torch.cuda.get_device_name(device) if device.type=='cuda' else ''
    if 'PCIe' in name and 'A100' not in name or 'NVL' in name: return None # slower ones of the same name
    return next((v for k,v in dict(H100=989, H200=989, A100=312).items() if k in name), None)

def keep(
    name, # of the script
    out, # JSON file; '': the kept result of this device
    where:dict, # from `machine`
    settings:dict,
    rows:list, # of dicts
)->str: # name of the kept result
    "Write a result down."
    result = f'{name}-{where["device"]}'
    path = Path(out) if out else here/f'results/{result}.json'
    path.parent.mkdir(parents=True, exist_ok=True)
    short = lambda word: Path(word).name if Path(word).is_absolute() else word # the place says nothing elsewhere
    args = [short(word) for word in sys.argv[1:]]
    command = hide_words(['python', f'benchmarks/{name}.py', *args])
    write_json(path, dict(command=command, machine=where, versions=manifest(), settings=settings, rows=rows))
    return result

def save(name, out, where, settings, rows,
    text, # table of the rows
):
    "Keep a result, put the table into README.md if it is the kept one, and show it."
    result = keep(name, out, where, settings, rows)
    if not out: into_readme(result, text)
    print(text)

def into_readme(result, text):
    "Put a table where README.md has a place for it."
    path,begin = here/'README.md',f'<!-- {result} -->\n'
    page = path.read_text(encoding='utf-8')
    if begin not in page: return
    before,after = page.split(begin)
    path.write_text(f'{before}{begin}{text}\n{after[after.index("<!-- end -->"):]}', encoding='utf-8')
