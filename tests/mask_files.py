"What the tests of masks use: files of masks, and small data sets."
import struct, zlib
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, settings
from PIL import Image

real = Path(__file__).resolve().parents[2]/'shared/data'

quick = settings(max_examples=60, deadline=None, derandomize=True,
                 suppress_health_check=[HealthCheck.function_scoped_fixture])

mark = b'\xef\xbb\xbf' # UTF-8's byte-order mark

def put(path, array=None, size=(4,3)):
    "An image or, where numbers are given, a mask."
    path.parent.mkdir(parents=True, exist_ok=True)
    if array is None: Image.linear_gradient('L').resize(size).convert('RGB').save(path)
    else: Image.fromarray(np.asarray(array)).save(path)

def ids(*values, dtype=np.uint8): return np.resize(np.array(values, dtype), (3,4))

def png(ids, bits, colour=0, palette=b''):
    "A PNG made by hand: grey (0) or palette (3), so many bits a pixel."
    def chunk(kind, data): return struct.pack('>I', len(data))+kind+data+struct.pack('>I', zlib.crc32(kind+data))
    rows = [''.join(f'{v:0{bits}b}' for v in r) for r in ids]
    n = -(-len(rows[0])//8) # bytes of a row
    packed = b''.join(b'\0'+int(r.ljust(8*n, '0'), 2).to_bytes(n, 'big') for r in rows)
    head = struct.pack('>IIBBBBB', len(ids[0]), len(ids), bits, colour, 0, 0, 0)
    parts = [chunk(b'IHDR', head), chunk(b'IDAT', zlib.compress(packed)), chunk(b'IEND', b'')]
    if palette: parts.insert(1, chunk(b'PLTE', palette))
    return b'\x89PNG\r\n\x1a\n'+b''.join(parts)

def own(root):
    for n in 'ab':
        put(root/f'images/{n}.jpg')
        put(root/f'masks/{n}.png', ids(0,1,255))
    (root/'names.txt').write_text('background\nthing\n')
