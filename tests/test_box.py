"The models that come with the package: small, whole, and with numbers that can be measured again."
import json, re, runpy
from pathlib import Path

import pytest, torch
from safetensors.torch import load_file

from clippy.eval import evaluate
from clippy.hub import read_manifest
from clippy.model import create_model
from clippy.record import weights_hash
from clippy.saved import boxed, load
from clippy.scenes import captions

root = Path(__file__).parent.parent
tool = runpy.run_path(str(root/'tools/box.py'))

@pytest.fixture(scope='module', params=['scenes','scenes-avg','scenes-cls'])
def name(request): return request.param

def numbers(results): return {k:v for r in results for k,v in r['numbers'].items()}

def test_manifest(name):
    "Everything that the weights come from, and no path of the machine they were made on."
    folder,m = boxed()[name],read_manifest(name)
    text = (folder/'manifest.json').read_text()
    assert tool['size'](folder)<=tool['limit'] and '/home/' not in text
    made_by = 'command','options','steps','seed','data','versions','model'
    assert {*made_by, 'results','before_rounding','weights'} <= set(m)
    path = re.search(r'.{0,20}(?<![\w.:/}-])/\w.{0,20}', text)
    assert not path, path

def test_weights(name):
    "Half precision on disk, float32 in use, and the weights that the manifest and its numbers are about."
    files = [load_file(f) for f in boxed()[name].rglob('*.safetensors')]
    assert {v.dtype for tensors in files for v in tensors.values()}=={torch.float16}
    model,m = load(name),read_manifest(name)
    assert {p.dtype for p in model.parameters()}=={torch.float32} and not model.training
    assert weights_hash(model)==m['weights']['hash'] and {r['model'] for r in m['results']}=={m['weights']['hash']}
    assert model.config.pooling==m['model']['pooling']

def test_one_recipe():
    "The three differ in pooling and name, and in nothing else that was decided."
    options = [read_manifest(name)['options'] for name in ('scenes','scenes-avg','scenes-cls')]
    assert [o['pooling'] for o in options]==['','avg','cls'] # nothing named: the preset's maximum
    known = set.intersection(*map(set, options))-{'pooling','name'} # options that came later have their default
    assert len(known)>30
    for k in known: assert options[0][k]==options[1][k]==options[2][k], k

def test_rounding(name):
    "Half precision costs no more than a thousandth."
    m = read_manifest(name)
    before,after = numbers(m['before_rounding']),numbers(m['results'])
    for k in ('accuracy','thing_miou','background_miou'): assert after[k]==pytest.approx(before[k], abs=1e-3)

def test_numbers(name):
    "Measured again on some of the same scenes, the numbers are near, and `scenes` alone finds its things."
    says = numbers(read_manifest(name)['results'])
    found = numbers(evaluate(load(name), task, limit=64) for task in ('scenes','scenes-one'))
    for k,far in dict(accuracy=.1, thing_miou=.08, background_miou=.08).items(): assert abs(found[k]-says[k])<far, k
    assert (says['thing_miou']>.5)==(name=='scenes')

def test_names(tmp_path, monkeypatch):
    "A name in the box goes before a folder of that name; `./` asks for the folder; a mistyped name is told what is."
    monkeypatch.chdir(tmp_path)
    mine = create_model('clippy-scenes', captions=captions(50, 0)).eval()
    mine.save('scenes')
    assert weights_hash(load('scenes'))==weights_hash(load(boxed()['scenes']))!=weights_hash(mine)
    assert weights_hash(load('./scenes'))==weights_hash(mine)
    with pytest.raises(FileNotFoundError, match='scenes, scenes-avg, scenes-cls'): load('scene')
    with pytest.raises(FileNotFoundError, match='no folder or file'): load('./scene')
    mine.half().save('half') # a model that is half itself, and its text tower's settings say so
    assert {p.dtype for p in load('half').parameters()}=={torch.float32}

@pytest.fixture
def run(tmp_path):
    "A finished run, on this machine."
    load('scenes').save(tmp_path/'run/model')
    metrics = {k:v for k,v in read_manifest('scenes').items() if k not in ('seed','weights','before_rounding')}
    metrics['options']['logs'] = str(tmp_path)
    (tmp_path/'run/metrics.json').write_text(json.dumps(metrics))
    return tmp_path/'run'

def test_tool(run, tmp_path):
    "A run goes into the box with its numbers, those of before rounding, and no path of this machine."
    metrics,folder = json.loads((run/'metrics.json').read_text()),tmp_path/'in'
    about = tool['box'](run, folder, n=8)
    modes = {p.stat().st_mode for p in folder.rglob('*') if p.is_file()}
    assert modes=={(run/'metrics.json').stat().st_mode}
    assert about['options']['logs']==tmp_path.name and about['before_rounding']==metrics['results']
    assert [r['images']['seen'] for r in about['results']]==[8,8]
    assert read_manifest(folder)==json.loads(json.dumps(about))
    again = tool['again'](folder, n=8)
    assert numbers(again['results'])==numbers(about['results'])

def test_tool_refuses(run, tmp_path):
    "What is no run, and what is too large, does not get in, and what is there stays."
    (tmp_path/'in').mkdir()
    (tmp_path/'in/here').write_text('still')
    with pytest.raises(FileNotFoundError, match='no model'): tool['box'](tmp_path/'in', tmp_path/'out')
    large = dict(img_size=64, patch_size=8, embed_dim=128, depth=9, num_heads=4)
    create_model('clippy-scenes', captions=captions(50, 0), image_args=large).save(run/'model')
    with pytest.raises(ValueError, match='may take 3,000,000'): tool['box'](run, tmp_path/'in', n=8)
    assert (tmp_path/'in/here').read_text()=='still'
