"""The image at the top of the README: what its five lines of code give, beside the image that they look at.

    python tools/front.py        # writes nbs/images/front.png

The file keeps the code and a hash of the model that made it; tests/test_docs.py asks for a new one when either has
changed."""
import json, os, re, sys
from pathlib import Path
from tempfile import TemporaryDirectory

from fastcore.xtras import working_directory
from PIL import Image
from PIL.PngImagePlugin import PngInfo

nbs = Path(__file__).parent.parent/'nbs'
file = nbs/'images'/'front.png'

def five_lines()->str:
    "The first Python block of the front page."
    text = '\n'.join(''.join(c['source']) for c in json.loads((nbs/'index.ipynb').read_text('utf-8'))['cells'])
    return re.search(r'```python\n(.*?)\n```', text, flags=re.S)[1]

def run(code:str)->dict: # what it defines
    "Run it where it may write."
    with TemporaryDirectory() as d, working_directory(d):
        exec(code, found := {})
        if not Path('found.png').is_file():
            raise ValueError('The first lines of the front page save found.png, and they did not.')
    return found

def beside(*images, gap=16)->Image.Image:
    "Images in a row."
    width = sum(im.width for im in images)+gap*(len(images)-1)
    out,x = Image.new('RGB', (width, max(im.height for im in images)), 'white'),0
    for im in images:
        out.paste(im, (x,0))
        x += im.width+gap
    return out

def draw(found)->Image.Image:
    "Image, segments, heat map of the largest."
    from clippy.answers import colours, with_legend
    seg = found['seg']
    largest = max(seg.labels[1:], key=lambda label: seg[label].area)
    heat = found['model'].similarity(found['image'], largest, size=128)
    regions = sorted(seg, key=lambda r: -r.area)
    legend = [(colours()[seg.labels.index(r.label)], f'{r.label}  {r.area:.1%}') for r in regions]
    scale = [(None, f'“{heat.text}”: {heat.map.min():.2f} (dark) to {heat.map.max():.2f} (light)')]
    return beside(seg.image, with_legend(seg.overlay(), legend, least=1), with_legend(heat.overlay(), scale, least=1))

def about(model, code)->dict: # what the file keeps
    from clippy.record import weights_hash
    return dict(command='python tools/front.py', code=code, model=weights_hash(model))

def main():
    code = five_lines()
    found = run(code)
    info = PngInfo()
    for k,v in about(found['model'], code).items(): info.add_text(k, v)
    image = draw(found).quantize(200, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.FLOYDSTEINBERG)
    image.save(file, pnginfo=info, optimize=True)
    print(f'{os.path.relpath(file)}: {image.width} x {image.height}, {file.stat().st_size:,} bytes; {found["seg"]}')

if __name__=='__main__':
    if sys.argv[1:]: sys.exit('usage: python tools/front.py (writes nbs/images/front.png; takes no options)')
    main()
