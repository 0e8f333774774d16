"What all tasks share: protocols, images, rows, and scores that are no numbers or all the same."
import hashlib, json
from dataclasses import asdict, replace
from math import comb
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from sklearn.metrics import confusion_matrix

import clippy
from clippy import registry
from clippy.eval import Task, all_tasks, choose, evaluate, find_task, fingerprint, pick_protocol, tasks
from clippy.protocol import Protocol, change, image_transform, protocol_hash
from clippy.predict import CLIPpy # with its methods of prediction
from clippy.registry import published
from clippy.scenes import Scenes
from clippy.segment_scenes import eval_seed
from shared import damaged, dark

all_tasks() # every chapter has registered its own

@pytest.fixture
def model(boxed_model): return boxed_model

@pytest.fixture(scope='module')
def where(things_in_folders, pairs, voc): # task -> data; tasks of every chapter
    drawn = dict.fromkeys(('scenes','scenes-things','scenes-js','birds','scenes-bg'), '')
    return {'folder':things_in_folders, 'retrieval':pairs, 'voc':voc, 'voc-js':voc} | drawn

# Protocols ------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('k,v', [('size',True), ('size',1.5), ('size','1.5'), ('size',None), ('size',[1]), ('resize',3),
    ('templates',[1]), ('templates',{}), ('templates',3), ('size','1e999'), ('names',None), ('protocol','x'),
    ('task','x'), ('about','x'), ('name','x'), ('',''), ('batch_size','1')])
def test_values_of_another_kind(k, v):
    "A value that would be another one as the field's type is refused, and so is what is no field."
    with pytest.raises(ValueError): pick_protocol(find_task('folder'), **{k:v})

@pytest.mark.parametrize('field', ['scale','threshold'])
def test_protocol_of_no_number(field):
    "NaN in a field is said to be no number."
    scenes = tasks['scenes'].protocols['clippy']
    with pytest.raises(ValueError, match=f'{field} is nan, but must be a finite number'):
        replace(scenes, **{field:float('nan')})
    with pytest.raises(ValueError, match=field): change(scenes, **{field:'nan'})

def test_hashes_of_protocols_stay():
    "A field that came later changes no hash where it says nothing, and a field that got another name changes none."
    assert protocol_hash(Protocol())!=protocol_hash(Protocol(pool_prefix='yes'))
    old = {k:v for k,v in asdict(Protocol()).items() if k not in ('name','about','pool_prefix')}
    old['fit'] = old.pop('resize') # its name when hashes began
    text = json.dumps(old, sort_keys=True, ensure_ascii=False)
    assert protocol_hash(Protocol())==hashlib.sha256(text.encode()).hexdigest()[:16]

def test_port_on_a_model_that_was_loaded_from_it(model):
    "`pool_prefix` of a protocol says yes or no to any model, and leaves the choice to it by default."
    x = torch.randn(3,3,64,64, generator=torch.Generator().manual_seed(1))
    port = CLIPpy(replace(model.config, pool_prefix=True), model.image, model.text).eval()
    with torch.no_grad():
        tokens = model.image_tokens(x)
        all_of,patches = (F.normalize(tokens[:,i:].amax(1), dim=-1) for i in (0,1))
        for m,own in (model,patches),(port,all_of):
            for says,expected in ('',own),('yes',all_of),('no',patches):
                job = Task('', Protocol(pool_prefix=says), m)
                assert torch.allclose(job.encode(x), expected, atol=1e-6)
    assert not torch.allclose(all_of, patches, atol=1e-3)

# Images ---------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('resize,size,shape', [('square',60,(120,75)), ('square',64,(33,97)), ('short',60,(150,100)),
    ('short',44,(70,211)), ('short',64,(9,400)), ('square',3,(50,20)), ('crop',56,(120,75)), ('crop',64,(64,64))])
def test_resize_by_hand(resize, size, shape, model):
    "Bicubic, sides rounded to whole patches (at least one), height and width in place, the model's mean and std."
    image = Image.fromarray(np.random.default_rng(size).integers(0, 256, (*shape,3), np.uint8))
    (h,w),p = shape,model.patch[0]
    if resize=='square': sides = (max(p, round(size/p)*p),)*2
    if resize=='short': sides = tuple(max(p, round(s*size/min(h,w)/p)*p) for s in (h,w))
    if resize=='crop': sides = tuple(int(size*s/min(h,w)) for s in (h,w)) # then the centre is cut out
    x = np.asarray(image.resize(sides[::-1], Image.Resampling.BICUBIC), float)/255
    if resize=='crop':
        top,left = (round((s-size)/2) for s in sides)
        x = x[top:top+size,left:left+size]
    x = ((x-model.config.mean)/model.config.std).transpose(2,0,1)
    transform = image_transform(Protocol(size=size, resize=resize), model)
    got = transform(image)
    assert got.shape==x.shape and np.abs(got.numpy()-x).max()<1e-5
    if resize!='crop': assert torch.equal(got, transform(np.asarray(image))) # an array is the same image

# Rows and results -----------------------------------------------------------------------------------------------------

def test_rows_of_another(tmp_path, model):
    "Rows of another protocol are not mixed in."
    out = tmp_path/'r.json'
    job = find_task('scenes')('', pick_protocol(tasks['scenes'], prior=3), model)
    Path(f'{out}.rows').mkdir()
    Path(f'{out}.rows/about.json').write_text(json.dumps(fingerprint(job, choose(job.source, 8), 16, '')))
    with pytest.raises(ValueError, match=r'beginning of another evaluation \(other protocol, protocol_hash\)'):
        evaluate(model, 'scenes', limit=8, out=out)

def test_saved_predictions_make_the_number(tmp_path, model):
    "The mIoU computed from the saved label images is the one in the result."
    r = evaluate(model, 'scenes', limit=16, save_predictions=tmp_path)
    scenes,m = Scenes(512, eval_seed, 64),0
    for p in sorted((tmp_path/'scenes').iterdir()):
        m = m+confusion_matrix(scenes[int(p.stem)].mask.flat, np.array(Image.open(p)).flat, labels=range(17))
    with np.errstate(invalid='ignore'): each = np.diag(m)/(m.sum(0)+m.sum(1)-np.diag(m))
    assert np.nanmean(each)==pytest.approx(r.numbers['miou'], abs=1e-12)
    assert np.diag(m).sum()/m.sum()==pytest.approx(r.numbers['pixel_accuracy'], abs=1e-12)
    assert list(r.details['share_of_pixels'].values())==pytest.approx(list(m.sum(1)/m.sum()), abs=1e-5) # of the truth
    assert [v for v in r.details['iou'].values() if v is not None]==pytest.approx([v for v in each if v==v])

# Scores that are no numbers -------------------------------------------------------------------------------------------

every = 'folder','retrieval','voc','voc-js','scenes','scenes-things','scenes-js','birds','scenes-bg'

@pytest.mark.parametrize('value', [float('nan'), float('inf')])
@pytest.mark.parametrize('task', every)
def test_scores_that_are_no_numbers(task, value, where, model, tmp_path):
    "One image weight that is NaN or infinite stops every task with a sentence, and no result is written."
    bad = damaged(model)
    with torch.no_grad(): bad.image.norm.weight[0] = value
    names = {} if task in ('retrieval','voc-js','scenes-js') else dict(templates='name')
    with pytest.raises(ValueError, match='not finite.*so nothing can be measured'):
        evaluate(bad, task, where[task], limit=4, size=64, out=tmp_path/'r.json', **names)
    assert not (tmp_path/'r.json').exists()

@pytest.mark.parametrize('protocol', ['places','patch-vote'])
def test_bird_scores_that_are_no_numbers(protocol, model):
    "The other protocols of the birds stop too."
    bad = damaged(model, image__norm__bias=float('nan'))
    with pytest.raises(ValueError, match='not finite'): evaluate(bad, 'birds', protocol=protocol, limit=4)

@pytest.mark.parametrize('task', [t for t in every if not t.endswith('-js')])
def test_words_that_are_no_numbers(task, where, model, tmp_path, monkeypatch):
    "A damaged text tower stops every task that has words, and its vectors are not kept for others."
    monkeypatch.setenv('CLIPPY_CACHE', str(tmp_path/'cache'))
    bad = damaged(model)
    weight = next(p for k,p in bad.text.named_parameters() if k.endswith('linear.weight'))
    with torch.no_grad(): weight[0,0] = float('nan')
    names = {} if task=='retrieval' else dict(templates='name')
    with pytest.raises(ValueError, match='not finite'): evaluate(bad, task, where[task], limit=4, size=64, **names)
    assert not list(tmp_path.rglob('*.safetensors'))

# Models without an answer ---------------------------------------------------------------------------------------------

def parts(keys, zero, value): # number -> 0 for those that begin like this, else `value`
    return {k:0 if k.startswith(zero) else value for k in keys}

def test_tower_of_zeros_gets_chance(where, model):
    "A model without an answer scores chance in every number: not the share of the first class, and not 100 %."
    zero = damaged(model, **dark)
    numbers = lambda t,**kw: evaluate(zero, t, where[t], bootstrap_samples=20, **kw).numbers
    assert numbers('folder')==pytest.approx(dict(top1=1/3, top5=1)) # of three names five are all
    n = numbers('birds', limit=40)
    assert n==pytest.approx(parts(n, ('delta','other'), .5))
    n = numbers('birds', protocol='places', limit=40)
    assert n==pytest.approx(parts(n, 'delta', 1/6) | dict(other=4/6))
    n = numbers('birds', protocol='patch-vote', limit=40) # birds come before places there, so half
    assert n==pytest.approx(parts(n, ('delta','other'), .5))
    n = numbers('scenes-bg', limit=8)
    assert n==pytest.approx({k:dict(same_answer=1e-6, all_right=1e-7).get(k, .1) for k in n})
    n = numbers('retrieval')
    assert [n[f'text_to_image@{k}'] for k in (1,5,10)]==pytest.approx([1/8, 5/8, 1])
    own = [1]*4+[2]*4 # captions of each image, 12 in all
    chance = [np.mean([1-comb(12-c, k)/comb(12, k) for c in own]) for k in (1,5,10)]
    assert [n[f'image_to_text@{k}'] for k in (1,5,10)]==pytest.approx(chance)
    assert numbers('scenes', limit=8)['miou']<1/17 and numbers('scenes-things', limit=8)['miou']<.2

def test_intervals_of_answers_that_all_agree(where, model):
    "Not 0.0 to 0.0 and not 100.0 to 100.0, in any number of any task."
    few = {'birds':16, 'scenes-bg':4, 'scenes':4, 'scenes-js':4}
    for task in 'folder','retrieval',*few:
        for net in model,damaged(model, **dark):
            r = evaluate(net, task, where[task], bootstrap_samples=40, limit=few.get(task, 0))
            for k,(low,high) in r.intervals.items():
                inside = low-1e-6<=r.numbers[k]<=high+1e-6 or k=='worst_group'
                assert low<high and inside, (task,k,low,high)
    r = evaluate(damaged(model, **dark), 'folder', where['folder'], bootstrap_samples=0)
    assert r.intervals=={}

# Numbers of others ----------------------------------------------------------------------------------------------------

@pytest.fixture
def talk(model): # answers to a name of the registry; its weights are those of the drawings
    net = damaged(model)
    net.name = 'talk2dino-b'
    return net

@pytest.fixture
def whole(monkeypatch):
    "Four images are all there are."
    from clippy import segment_masks
    def open_four(*args):
        masks = open_masks(*args)
        masks.expected = 4
        return masks
    open_masks = segment_masks.open_masks
    monkeypatch.setattr(segment_masks, 'open_masks', open_four)

def listed(task): # what the file of published numbers says, read by hand
    lines = (Path(clippy.__file__).parent/'labels/published.csv').read_text().splitlines()[1:]
    return [line.split(',') for line in lines if line.startswith(f'talk2dino-b,{task},')]

def test_published_beside_its_own(talk, where, whole, tmp_path):
    "Model, task and protocol are those of a published number: it has a column, its source a line, the JSON both."
    r = evaluate(talk, 'voc', where['voc'], 'talk2dino', out=tmp_path/'r.json', bootstrap_samples=20)
    (*_,percent,source), = listed('voc')
    row,_ = [line.split('|') for line in str(r).splitlines()[2:4]]
    assert row[4].strip()==percent and row[2].strip()==f'{100*r.numbers["miou"]:.1f}'
    assert f'voc: beside the published mIoU of {percent} % ({source})' in str(r) and '| mIoU ' in str(r)
    kept = json.loads((tmp_path/'r.json').read_text())['published']
    row = dict(model='talk2dino-b', task='voc', protocol='talk2dino', set='', metric='miou')
    assert kept==[row | dict(percent=percent, source=source, differs='')]

def test_the_same_protocol_by_another_name(talk, where, whole):
    "What a protocol decides counts, not what it is called: a field that is set to what it is changes nothing."
    p = replace(find_task('voc').protocols['talk2dino'], name='mine')
    for how in dict(protocol=p),dict(protocol='talk2dino', constant=.55):
        assert evaluate(talk, 'voc', where['voc'], bootstrap_samples=0, **how).published[0]['differs']==''

@pytest.mark.parametrize('change,says', [(dict(limit=3), '3 of 4 images'), (dict(constant=.5), 'other constant'),
    (dict(size=64, constant=.5, limit=2), '2 of 4 images, other size, constant')])
def test_published_of_another_question(talk, where, whole, change, says):
    "Fewer images or a changed field: the number has no column, and a line says why."
    r = evaluate(talk, 'voc', where['voc'], 'talk2dino', bootstrap_samples=0, **change)
    (*_,percent,source), = listed('voc')
    assert r.published[0]['differs']==says and 'published, %' not in str(r)
    assert f'voc: not compared with the published mIoU of {percent} % ({source}): {says}' in str(r)

@pytest.mark.parametrize('change', ['train','load','none'])
def test_published_of_other_weights(model, where, whole, monkeypatch, change):
    "A model that was trained on, or was given other weights, keeps its name, and the number is no longer its own."
    opener = SimpleNamespace(load=lambda: lambda found: damaged(model))
    monkeypatch.setattr(registry, 'installed', lambda group: dict(talk2dino=opener))
    net = registry.open_named('talk2dino-b')
    for p in net.parameters(): p.grad = torch.ones_like(p)
    if change=='train': torch.optim.AdamW(net.parameters(), lr=1e-5, fused=True).step()
    if change=='load': net.load_state_dict({k:v*1.01 for k,v in net.state_dict().items()})
    r = evaluate(net, 'voc', where['voc'], 'talk2dino', bootstrap_samples=0)
    assert ('published, %' in str(r))==(change=='none')
    assert r.published[0]['differs']==('' if change=='none' else 'the weights were changed after it was loaded')

def test_nothing_published(talk, model, where, whole):
    "Another protocol, another task, or a model without a name: nothing is said and nothing is kept."
    how = dict(bootstrap_samples=0, limit=2)
    for net,task,protocol in (talk,'voc','clippy'),(talk,'voc-js',''),(model,'voc','talk2dino'):
        r = evaluate(net, task, where[task], protocol, **how)
        assert 'published' not in r and 'published' not in str(r)

def test_every_published_number_can_be_made_again():
    "Its protocol is one of its task, `set` changes fields that there are, and its metric is one of the task's numbers."
    for r in published():
        kind = find_task(r['task'])
        changes = dict(pair.split('=') for pair in r['set'].split(',') if pair)
        assert r['protocol'] in kind.protocols and pick_protocol(kind, r['protocol'], **changes)
        assert r['metric'] in (('top1','top5') if r['task']=='imagenet' else ('miou',)) and r['source'].strip()
