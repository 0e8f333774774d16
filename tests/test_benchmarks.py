"The benchmarks run, both sides give the same answer, and the kept tables are those of the kept results."
import json, subprocess, sys
from pathlib import Path

import numpy as np, pytest
from PIL import Image

root = Path(__file__).parent.parent
sys.path.insert(0, str(root/'benchmarks'))
import data, dense_head, loss, voc_loop

def run(script, *args):
    res = subprocess.run([sys.executable, root/'benchmarks'/script, *map(str, args)], capture_output=True, text=True)
    assert res.returncode==0, res.stderr
    return res.stdout

@pytest.fixture
def voc(tmp_path):
    "Three pictures with masks, as VOC has them."
    rng = np.random.default_rng(0)
    for d in 'JPEGImages','SegmentationClass','ImageSets/Segmentation': (tmp_path/d).mkdir(parents=True)
    for k in range(3):
        Image.fromarray(rng.integers(0, 256, (40,50,3), dtype=np.uint8)).save(tmp_path/f'JPEGImages/{k}.jpg')
        mask = Image.fromarray(rng.choice([0,3,15,255], (40,50)).astype(np.uint8), mode='P')
        mask.putpalette([*range(256)]*3)
        mask.save(tmp_path/f'SegmentationClass/{k}.png')
    (tmp_path/'ImageSets/Segmentation/val.txt').write_text('0\n1\n2\n')
    return tmp_path

def test_dense_head(tmp_path):
    out = tmp_path/'head.json'
    text = run('dense_head.py', '--shapes', '4:32x40', '--names', '5,40', '--width', 16, '--repeats', 2, '--out', out)
    res = json.loads(out.read_text())
    assert text.strip()==str(dense_head.show(res['rows'])) and 'dense_head.py' in res['command']
    for r,n in zip(res['rows'], (5,40), strict=True):
        assert r['names']==n and r['pixels']==32*40
        assert r['largest_difference']<1e-6 and r['largest_loss']<1e-6 # other labels only where it is a tie
        # the enlarged features are 16 numbers a pixel, and the similarities n
        assert r['port_peak_mb']>(16+n)*32*40*4/2**20-.001 and r['ours_peak_mb']>0

def test_voc_loop(voc, tmp_path):
    out = tmp_path/'voc.json'
    text = run('voc_loop.py', '--data', voc, '--model', root/'nbs/demo/model', '--sizes', '32,64', '--limit', '3,2',
        '--batch-size', 2, '--workers', 0, '--repeats', 1, '--out', out)
    res = json.loads(out.read_text())
    assert text.strip()==str(voc_loop.show(res['rows']))
    for r,(size,n) in zip(res['rows'], ((32,3),(64,2)), strict=True):
        assert (r['size'],r['images'],r['names'])==(size,n,60)
        assert r['miou']['loop']==pytest.approx(r['miou']['ours'], abs=1e-6)
        for k in 'loop','ours':
            assert sum(r['parts'][k].values())==pytest.approx(r['seconds'][k], abs=.02)
            assert all(r['parts'][k][p]>0 for p in ('decode','tower','head','metric'))

@pytest.mark.skipif(sys.platform!='linux', reason='memory is read from /proc')
def test_loss(tmp_path):
    out = tmp_path/'loss.json'
    text = run('loss.py', '--pairs', '256,2048', '--width', 16, '--chunk', 100, '--out', out)
    rows = json.loads(out.read_text())['rows']
    assert text.strip()==str(loss.show(rows)) and len(rows)==2*len(loss.variants)
    for r in rows:
        assert r['seconds']>0 and r['gradients_differ'] is None or r['gradients_differ']<1e-5
    by = {r['loss']:r for r in rows if r['pairs']==2048}
    for k in 'local','global','chunked': assert by[k]['value']==pytest.approx(by['open_clip']['value'], rel=1e-3)
    assert by['global']['peak_mb']>2*2048**2*4/2**20 # the matrix and its softmax
    assert by['chunked']['peak_mb']<by['global']['peak_mb']/2 and by['siglip']['peak_mb']<by['global']['peak_mb']

def test_data(tmp_path):
    pytest.importorskip('open_clip_train.data', reason='needs pip install clippy-vl[bench]')
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (40,50,3), dtype=np.uint8)).save(tmp_path/'a.png')
    for more in ((), ('--images', tmp_path)):
        out = tmp_path/'data.json'
        text = run('data.py', '--sizes', '250x240,700x690', '--n', 8, '--batch-size', 2, '--repeats', 1, '--out', out, *more)
        rows = json.loads(out.read_text())['rows']
        assert text.strip()==str(data.show(rows)) and [r['pipeline'] for r in rows[:3]]==['open_clip','exact','fast, Pillow']
        assert all(r['images_per_s']>0 for r in rows) and rows[2]['most']<2.1 and all(r['mean']<4 for r in rows if 'mean' in r)

@pytest.mark.parametrize('script', [data, dense_head, loss, voc_loop])
def test_kept(script):
    "README.md shows what results/ holds."
    rows = json.loads((root/f'benchmarks/results/{script.__name__}-cpu.json').read_text())['rows']
    assert str(script.show(rows)) in (root/'benchmarks/README.md').read_text()
