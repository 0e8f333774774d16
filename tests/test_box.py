"The models that come with the package: small, whole, and with numbers that can be measured again."
import json, re, runpy
from pathlib import Path

import pytest, torch
from safetensors.torch import load_file

from clippy.record import weights_hash
from clippy.hub import read_manifest
from clippy.model import create_model
from clippy.saved import boxed, load
from clippy.scenes import captions
from clippy.segment_scenes import evaluate_scenes

root = Path(__file__).parent.parent
tool = runpy.run_path(str(root/'tools/box.py'))

@pytest.fixture(scope='module', params=['scenes','scenes-cls'])
def name(request): return request.param

def test_manifest(name):
    "Everything that the weights come from, no path of the machine they were made on, and the numbers of what is shipped."
    folder,m = boxed()[name],read_manifest(name)
    assert tool['size'](folder)<=tool['limit'] and not (folder/'manifest.json').read_text().count('/home/')
    assert {'command','options','steps','seed','data','versions','model','results','before_rounding','weights'} <= set(m)
    text = json.dumps(m)
    assert not re.search(r'(?<![\w.:/}-])/\w', text), re.search(r'.{20}(?<![\w.:/}-])/\w.{20}', text)
    assert {v.dtype for f in folder.rglob('*.safetensors') for v in load_file(f).values()}=={torch.float16}
    net = load(name)
    assert {p.dtype for p in net.parameters()}=={torch.float32} and not net.training
    assert weights_hash(net)==m['weights']['hash'] and net.config.pooling==m['model']['pooling']

def test_numbers(name):
    "Measured again on some of the same scenes, the numbers are near, and those of the two models far apart."
    says,found = read_manifest(name)['results'][0],evaluate_scenes(load(name), n=64)
    assert found['protocol']['data']==says['protocol']['data'] and says['n']==512
    for k,far in dict(accuracy=.1, thing_miou=.08, background_miou=.08).items(): assert abs(found[k]-says[k])<far, k
    assert (says['thing_miou']>.5)==(name=='scenes')

def test_names(tmp_path, monkeypatch):
    "A name in the box goes before a folder of that name; `./` asks for the folder; a mistyped name is told what there is."
    monkeypatch.chdir(tmp_path)
    mine = create_model('clippy-scenes', captions=captions(50, 0)).eval()
    mine.save('scenes')
    assert weights_hash(load('scenes'))==weights_hash(load(boxed()['scenes']))!=weights_hash(mine)
    assert weights_hash(load('./scenes'))==weights_hash(mine)
    with pytest.raises(FileNotFoundError, match='scenes, scenes-cls'): load('scene')
    with pytest.raises(FileNotFoundError, match='no folder or file'): load('./scene')
    mine.half().save('half') # a model that is half itself, and its text tower's settings say so
    assert {p.dtype for p in load('half').parameters()}=={torch.float32}

def test_tool(tmp_path):
    "A run goes into the box with its numbers; what is too large, or no run, does not."
    run = tmp_path/'run'
    load('scenes').save(run/'model')
    metrics = {k:v for k,v in read_manifest('scenes').items() if k not in ('seed','weights','before_rounding')}
    (run/'metrics.json').write_text(json.dumps(dict(metrics, options=dict(metrics['options'], logs=str(tmp_path)))))
    about = tool['box'](run, tmp_path/'in', n=8)
    assert {p.stat().st_mode for p in (tmp_path/'in').rglob('*') if p.is_file()}=={(run/'metrics.json').stat().st_mode}
    assert about['options']['logs']==tmp_path.name and about['before_rounding']==metrics['results'] and about['results'][0]['n']==8
    assert read_manifest(tmp_path/'in')==json.loads(json.dumps(about))
    with pytest.raises(FileNotFoundError, match='no model'): tool['box'](tmp_path/'in', tmp_path/'out')
    create_model('clippy-scenes', captions=captions(50, 0), image_args=dict(img_size=64, patch_size=8, embed_dim=128, depth=9, num_heads=4)).save(run/'model')
    with pytest.raises(ValueError, match='may take 3,000,000'): tool['box'](run, tmp_path/'in', n=8)
    assert read_manifest(tmp_path/'in')==json.loads(json.dumps(about))
