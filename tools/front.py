"""The picture at the top of the README: what its five lines of code give, beside the picture that they look at.

    python tools/front.py        # writes nbs/images/front.png

The file keeps the code and a hash of the model that made it; tests/test_docs.py asks for a new one when either has changed."""
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
        if not Path('found.png').is_file(): raise ValueError('The first lines of the front page save found.png, and they did not.')
    return found

def beside(*pictures, height=300, gap=16)->Image.Image:
    "Pictures in a row, as tall as each other but for their legends."
    scaled = [p.resize((round(p.width*height/h), round(p.height*height/h)), Image.Resampling.LANCZOS) for p,h in pictures]
    out = Image.new('RGB', (sum(p.width for p in scaled)+gap*(len(scaled)-1), max(p.height for p in scaled)), 'white')
    x = 0
    for p in scaled: out.paste(p, (x,0)); x += p.width+gap
    return out

def draw(found)->Image.Image:
    "Picture, segments, heat map."
    seg,model = found['seg'],found['model']
    word = max(seg.labels[1:], key=lambda o: seg[o].area)
    shown = [o.picture() for o in (seg, model.similarity(found['picture'], word, size=128))]
    tall = seg.image.height*shown[0].width//seg.image.width
    return beside((seg.image, seg.image.height), *((p, tall) for p in shown))

def about(model, code)->dict: # what the file keeps
    from clippy.eval import weights_hash
    return dict(command='python tools/front.py', code=code, model=weights_hash(model))

def main():
    code = five_lines()
    found,info = run(code),PngInfo()
    for k,v in about(found['model'], code).items(): info.add_text(k, v)
    image = draw(found).quantize(200, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.FLOYDSTEINBERG)
    image.save(file, pnginfo=info, optimize=True)
    print(f'{os.path.relpath(file)}: {image.width} x {image.height}, {file.stat().st_size:,} bytes; {found["seg"]}')

if __name__=='__main__':
    if sys.argv[1:]: sys.exit('usage: python tools/front.py (writes nbs/images/front.png; takes no options)')
    main()
