"Many visitors of `clippy app` at the same time: who is answered, who is told to wait, and how much memory it takes."
import io, json, re, signal, subprocess, sys, threading, time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np
import torch
from fastcore.script import call_parse
from httpx import Client
from PIL import Image

from clippy.console import table
from record import machine, save

def photo(width=640, height=480):
    "Noise as JPEG."
    pixels = np.random.default_rng(0).integers(0, 256, (height,width,3), np.uint8)
    Image.fromarray(pixels).save(out:=io.BytesIO(), 'JPEG')
    return out.getvalue()

def visit(url, image):
    "Five requests of one visitor: page, settings, upload, question, a file of the answer. How it ended, and seconds."
    start = time.monotonic()
    with Client(trust_env=False, verify=False, base_url=url, timeout=120) as c:
        for path in '','config': c.get(path).raise_for_status()
        path = c.post('gradio_api/upload', files=dict(files=('a.jpg', image))).raise_for_status().json()[0]
        asked = c.post('gradio_api/call/words', json=dict(data=[dict(path=path),'cat, dog, car','auto',0]))
        event = asked.raise_for_status().json()['event_id']
        text = c.get(f'gradio_api/call/words/{event}').text
        how,said = re.findall('event: (complete|error)\ndata: (.*)', text)[-1]
        if how=='error': return json.loads(said)['error'], time.monotonic()-start
        found = json.loads(said)[0]
        mask = found.get('value', found)['annotations'][0]['image']['path']
        Image.open(io.BytesIO(c.get(f'gradio_api/file={mask}').raise_for_status().content)).load()
    return '', time.monotonic()-start

def visitors(url, n, image):
    "So many at once; a row."
    start = time.monotonic()
    with ThreadPoolExecutor(n) as pool: ends = list(pool.map(lambda _: visit(url, image), range(n)))
    answered = [seconds for said,seconds in ends if not said]
    told = Counter(said for said,_ in ends if said)
    return dict(visitors=n, answered=len(answered), slowest=max(answered, default=None), told=dict(told),
                seconds=time.monotonic()-start)

def watch(process, seen): # most memory that the server had, MB
    while process.poll() is None:
        found = re.search(r'VmHWM:\s+(\d+)', Path(f'/proc/{process.pid}/status').read_text())
        if found: seen.append(int(found[1])/1024)
        time.sleep(.2)

def show(rows):
    "Markdown."
    lines = [(r['round'], r['visitors'], r['answered'], sum(r['told'].values()), f"{r['slowest'] or 0:.1f}",
        f"{r['seconds']:.1f}", f"{r['peak_mb']:,.0f}") for r in rows]
    head = 'round','visitors','answered','told when to come back','slowest answer, s','all, s','most memory so far, MB'
    return table(lines, head, (0,1,2,3,4,5,6))

@call_parse
def main(
    n:int=24, # Visitors at once
    rounds:int=2, # One after the other
    quick:bool=False, # Two visitors, once: to try the script
    out:str='', # JSON file; none: the kept result of this device
):
    "Start `clippy app` with its defaults on the CPU, and send visitors."
    if quick: n,rounds = 2,1
    where,image,rows,peak = machine(torch.device('cpu')),photo(),[],[]
    run = 'import sys; from clippy.app import app; sys.exit(app(port=0, device="cpu"))'
    with TemporaryFile() as wrong:
        p = subprocess.Popen([sys.executable, '-c', run], stdout=subprocess.PIPE, stderr=wrong, text=True)
        try:
            url = re.search(r'http://\S+/', p.stdout.readline())[0]
            threading.Thread(target=watch, args=(p, peak), daemon=True).start()
            for i in range(rounds): rows.append(dict(round=i+1, **visitors(url, n, image), peak_mb=max(peak)))
        finally:
            p.send_signal(signal.SIGTERM)
            p.wait(60)
    save('app', out, where, dict(visitors=n, rounds=rounds, workers=2, waiting=20, image='640x480'), rows, show(rows))
