"The benchmarks run, both sides give the same answer, and the kept tables are those of the kept results."
import gc, json, sys
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import numpy as np, pytest, torch
from accelerate.state import AcceleratorState
from fastcore.script import parse_cli
from PIL import Image

from processes import Forked

root = Path(__file__).parent.parent
sys.path.insert(0, str(root/'benchmarks'))
import app, data, decode, dense_head, gpu, levers, loss, memory, overlap, predict, scaling, step, voc_loop

def run(script, *args):
    "A script as a process that need not import everything again; what it prints, but for its progress."
    def work():
        sys.stderr = open(progress, 'w', buffering=1)
        sys.argv = [f'{script.__name__}.py', *map(str, args)]
        given,options,_ = parse_cli(script.main)
        script.main(*given, **options)
    with TemporaryDirectory() as d:
        progress = Path(d)/'progress'
        forked = Forked(work, Path(d)/'said')
        assert forked.wait(300)==0, forked.said()+progress.read_text()
        return forked.said()

@pytest.fixture
def voc(tmp_path):
    "Three images with masks, as VOC has them."
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
    text = run(dense_head, '--shapes', '4:32x40', '--names', '5,40', '--width', 16, '--repeats', 2, '--out', out)
    res = json.loads(out.read_text())
    assert text.strip()==str(dense_head.show(res['rows'])) and 'dense_head.py' in res['command']
    for r,n in zip(res['rows'], (5,40), strict=True):
        assert r['names']==n and r['pixels']==32*40
        assert r['largest_difference']<1e-6 and r['largest_loss']<1e-6 # other labels only where it is a tie
        # the enlarged features are 16 numbers a pixel, and the similarities n
        assert r['port_peak_mb']>(16+n)*32*40*4/2**20-.001 and r['ours_peak_mb']>0

def test_voc_loop(voc, tmp_path):
    out = tmp_path/'voc.json'
    text = run(voc_loop, '--data', voc, '--model', 'scenes', '--sizes', '32,64', '--limit', '3,2',
        '--batch-size', 2, '--workers', 0, '--repeats', 1, '--out', out)
    res = json.loads(out.read_text())
    assert text.strip()==str(voc_loop.show(res['rows']))
    for r,(size,n) in zip(res['rows'], ((32,3),(64,2)), strict=True):
        assert (r['size'],r['images'],r['names'])==(size,n,60)
        assert r['miou']['loop']==pytest.approx(r['miou']['ours'], abs=1e-6)
        for k in 'loop','ours':
            assert sum(r['parts'][k].values())==pytest.approx(r['seconds'][k], abs=.02)
            assert all(r['parts'][k][p]>0 for p in ('decode','tower','head','metric'))

def test_overlap(voc, tmp_path):
    "The loop, reading alone, the evaluation and folders; with a simulated card what its labels are does not matter."
    out,how = tmp_path/'overlap.json',('--small', '--size', 32, '--batch-size', 2, '--workers', 0)
    text = run(overlap, '--images', 5, '--data', voc, *how, '--out', out)
    rows = json.loads(out.read_text())['rows']
    assert text.strip()==overlap.show(rows) and all(r['images_per_s']>0 and r['processor_ms']>0 for r in rows)
    found = {r['name']:r for r in rows}
    assert found['loop']['miou']==pytest.approx(found['evaluate']['miou'], abs=1e-6)
    assert [*found]==['loop','reading alone','evaluate','folder: loop, masks','folder: masks',
        'folder: masks and overlays']
    run(overlap, '--images', 5, '--simulated-tower', 1, *how, '--out', out)
    assert [r['name'] for r in json.loads(out.read_text())['rows']]==['reading alone',
        'evaluate, all of the card simulated','evaluate']

@pytest.mark.skipif(sys.platform!='linux', reason='memory is read from /proc')
def test_loss(tmp_path):
    out = tmp_path/'loss.json'
    text = run(loss, '--pairs', '256,2048', '--width', 16, '--chunk', 100, '--out', out)
    rows = json.loads(out.read_text())['rows']
    assert text.strip()==str(loss.show(rows)) and len(rows)==2*len(loss.variants)
    for r in rows:
        assert r['seconds']>0 and r['peak_mb']>0
        assert (r['gradients_differ'] is None)==(r['loss']=='open_clip' or r['loss']=='siglip'), r['loss']
        assert r['gradients_differ'] is None or r['gradients_differ']<1e-5
    by = {r['loss']:r for r in rows if r['pairs']==2048}
    for k in 'local','global','chunked': assert by[k]['value']==pytest.approx(by['open_clip']['value'], rel=1e-3)
    assert by['global']['peak_mb']>2*2048**2*4/2**20 # the matrix and its softmax
    assert by['chunked']['peak_mb']<by['global']['peak_mb']/2 and by['siglip']['peak_mb']<by['global']['peak_mb']

def test_data(tmp_path):
    pytest.importorskip('open_clip_train.data', reason='needs pip install clippy-vl[bench]')
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (40,50,3), dtype=np.uint8)).save(tmp_path/'a.png')
    for more in ((), ('--images', tmp_path)):
        out = tmp_path/'data.json'
        few = '--sizes','250x240,700x690','--n',8,'--batch-size',2,'--repeats',1
        text = run(data, *few, '--out', out, *more)
        rows = json.loads(out.read_text())['rows']
        assert text.strip()==str(data.show(rows))
        assert [r['pipeline'] for r in rows[:3]]==['open_clip','exact','fast, Pillow']
        assert all(r['images_per_s']>0 for r in rows)
        assert rows[2]['most']<2.1 and all(r['mean']<4 for r in rows if 'mean' in r)

@pytest.fixture(scope='module')
def tiny():
    "Options of a training step."
    pytest.importorskip('open_clip', reason='needs pip install clippy-vl[bench]')
    return SimpleNamespace(device=torch.device('cpu'), shape='tiny', precision='fp32', grad_checkpointing=False,
        compile=False, text=step.text_folder('tiny'))

@pytest.mark.skipif(sys.platform!='linux', reason='memory is read from /proc')
def test_step(tmp_path, tiny):
    out = tmp_path/'step.json'
    few = '--shape','tiny','--batch',3,'--rounds',1,'--precision','fp32,bf16','--only','0,1,2'
    text = run(step, *few, '--out', out)
    rows = json.loads(out.read_text())['rows']
    assert text.strip()==step.show(rows) and [r['name'] for r in rows]==2*list(step.variants)[:3]
    assert rows[0]['parameters']-192*192-192==rows[1]['parameters']==rows[2]['parameters'] # open_clip has a head
    assert {r['layers'] for r in rows}=={4}
    assert [r['text_tokens'] for r in rows[:2]]==[77,77] and rows[2]['text_tokens']<77
    for r in rows:
        assert sum(r['parts'].values())==pytest.approx(r['seconds'], rel=.01)
        assert r['peak_mb']>4*4*r['parameters']/2**20 # weights, gradients and two moments

def test_step_same_towers(tiny):
    "With the same weights both sides' towers give the same vectors, however the text is padded."
    theirs,ours,padded = (step.build(k, tiny) for k in list(step.variants)[:3])
    trunk = theirs.model.visual.trunk
    head = {k:v for k,v in trunk.state_dict().items() if 'head' in k}
    trunk.load_state_dict(ours.model.image.state_dict()|head)
    theirs.model.text.transformer.load_state_dict(ours.model.text[0].model.encoder.state_dict())
    padded.model.load_state_dict(ours.model.state_dict())
    (images,ids),(raw,captions) = step.batch_for(theirs, 3),step.batch_for(ours, 3)
    with torch.no_grad():
        for m in ours,padded:
            torch.testing.assert_close(theirs.encode_text(ids), m.encode_text(captions), atol=1e-5, rtol=0)
        a,b = trunk.forward_features(images),ours.model.image_tokens(step.normalize(raw))
    torch.testing.assert_close(a, b, atol=1e-5, rtol=0)

def test_texts():
    "Captions are as long as those of real data."
    n = [len(text.split()) for text in step.texts(4000)]
    assert 18<np.mean(n)<22 and 12<np.std(n)<20

@pytest.mark.skipif(sys.platform!='linux', reason='memory is read from /proc')
def test_gpu_twin(tmp_path, tiny):
    out = tmp_path/'gpu.json'
    few = '--device','cpu','--shape','tiny','--batches',1,'--seconds',0,'--pairs',64,'--no-compile','--budget',500
    text = run(gpu, *few, '--out', out)
    rows = json.loads(out.read_text())['rows']
    assert text.strip()==gpu.show(rows) and [r['part'] for r in rows]==['loss']*2+['dense_head']+['step']*8
    assert rows[1]['gradients_differ']<1e-5 and all(r['pairs_per_s']>0 for r in rows[3:])

def test_gpu_limits(tiny, monkeypatch):
    "What does not fit, and what there is no time for, is written down."
    def full(*args): raise torch.OutOfMemoryError
    monkeypatch.setattr(gpu, 'speed', full)
    monkeypatch.setattr(gpu, 'start_memory', lambda device: 0.)
    two = [('ours, 224 px', False, False, [2,4]), ('open_clip, 224 px', False, True, [2])]
    monkeypatch.setattr(gpu, 'cases', lambda *args: two)
    rows = list(gpu.steps(tiny, [2,4], 0, True, lambda: 70))
    assert [(r.get('batch'), r.get('out_of_memory'), r.get('no_time')) for r in rows]==[(2,True,None), (None,None,True)]
    head = dense_head.measure(4, (8,8), 3, 16, 1, tiny.device)|dict(part='dense_head')
    text = gpu.show(rows+[head, dict(part='loss', loss='open_clip', pairs=64, out_of_memory=True)])
    assert text.count('out of memory')==2 and 'No time was left for: open_clip, 224 px, compiled.' in text

def test_levers_twin(tmp_path, tiny):
    "A row in a process of its own, by the functions of a run; the table is that of the rows."
    out = tmp_path/'levers.json'
    few = '--device','cpu','--shape','tiny','--batch',4,'--timed',0,'--only','5','--seconds',250
    text = run(levers, *few, '--out', out)
    rows = json.loads(out.read_text())['rows']
    assert text.strip()==levers.show(rows) and [r['name'] for r in rows]==['ours, 448 px, 80 % dropped']
    assert all(r['seconds']>0 and r['tflop_per_pair']>0 for r in rows)

def test_levers_keep_their_towers(tiny, monkeypatch):
    "The row of compiled towers is of compiled towers, which normalise 8-bit images, for as long as the step is there."
    monkeypatch.setattr(torch, 'compile', lambda f, **how: f)
    AcceleratorState._reset_state(reset_partial_state=True) # one process has one precision
    try:
        once,more = levers.mine(tiny, 4, 224, 0., compile=True)
        gc.collect()
        assert more['compiled'] and all(once().isfinite() for _ in range(2))
    finally: AcceleratorState._reset_state(reset_partial_state=True)

def test_levers_limits(tmp_path):
    "What the card cannot hold together comes one by one; each row is in one group; what was killed is written down."
    assert sorted(n for names in levers.groups for n in names)==sorted(levers.levers)
    assert levers.together(levers.groups[0], 200)==[levers.groups[0]]
    assert levers.together(levers.groups[0], 100)==[[n] for n in levers.groups[0]]
    rows = list(levers.run_group(['ours'], tmp_path, ['--folder',str(tmp_path)], lambda: 1, lambda text: None))
    assert len(rows)==1 and 'killed' in rows[0]['error'] and 'killed' in levers.show(rows)

def test_scaling_by_hand():
    "A step of 64 cards, from the operations: what is moved, in bytes over bytes a second, and what hides it."
    a = scaling.Assumed(batch=1000, width=500, step=.3, backward=.5, hidden=.8, parameters=1e8, cards_per_machine=8,
        nvlink=4e11, network=1e11, latency=1e-5, local_loss=.05, decoded=500., cores=10)
    found = scaling.row('local', 64, a)
    vectors = 2*64*1000*500*4 # 256 MB: images and texts of all cards, float32
    gather = 63/64*vectors/1e11 + 6*1e-5 # 2.52 ms and six doublings
    assert found['exchange']==pytest.approx(3*gather) # gathered once, and its gradient reduced, which is twice as much
    assert found['products']==pytest.approx(.05*1000*64000/268435456)
    assert found['gradients']==pytest.approx(2*(63/64*4e8/1e11+6e-5)) # 8.0 ms, all but a bucket behind .12 s
    assert found['gradients_shown']==pytest.approx(2*(63/64*25e6/1e11+6e-5))
    assert found['data']==pytest.approx(.2)
    assert found['seconds']==pytest.approx(.3+.00774+.01192+.00061, abs=1e-4)
    assert found['loss_gb']==pytest.approx(.256+4*1000*64000*4/1e9)
    alone = scaling.row('local', 1, a)
    assert alone['exchange']==alone['gradients']==0 and alone['efficiency']==pytest.approx(1, abs=1e-3)
    starved = scaling.row('local', 8, scaling.Assumed(cores=2)) # 1,024 images at 950 images/s
    assert starved['seconds']==starved['data']==pytest.approx(1024/950)

def test_what_a_chunked_loss_moves():
    "Texts, gathered and their gradient reduced, and one sum for every column, which is reduced three times."
    a,n = scaling.Assumed(batch=100, width=10, nvlink=1e9, latency=0.),800
    assert scaling.shared('local', 8, a)==(2*n*10*4, 0)
    assert scaling.shared('chunked', 8, a)==(n*10*4, n*4)
    assert scaling.row('chunked', 8, a)['exchange']==pytest.approx(7/8*(3*n*10*4 + 3*2*n*4)/1e9)

def test_memory_by_hand():
    "What is alive at one time, and no more: of a product and its gradients, in bytes."
    x,w = torch.randn(100, 50),torch.randn(50, 20, requires_grad=True)
    with memory.Live() as live:
        y = x@w # 8,000 bytes
        held = live.now
        y.square().sum().backward() # squares, their sum, gradient of the squares and of the product, that of the weight
    assert held==8000 and live.now==8000+4000 # the product and a gradient are left
    assert 2*8000<=live.peak<=4*8000+4000+100

def test_memory_counts_activations(tiny):
    "In proportion to the batch; less where texts come in groups, or where the backward pass computes again."
    o = SimpleNamespace(shape='tiny', text=tiny.text)
    few = memory.measure('ours', o, 8)
    by = {k:memory.measure(k, o, 16) for k in ('ours','ours, one group','ours, checkpointed')}
    ours,whole,again = by.values()
    assert ours['parameters']==sum(p.numel() for p in step.build('ours, 224 px', tiny).model.parameters())
    assert 1.8<ours['held_gib']/few['held_gib']<2.2
    assert again['held_gib']<ours['held_gib']<whole['held_gib']
    assert ours['tflop_per_pair']<min(r['tflop_per_pair'] for r in (whole, again))
    assert all(r['held_gib']<r['peak_gib'] for r in by.values())

def test_memory_is_what_a_card_showed():
    "The accounting of the steps that an H200 has measured is within 3 % of it."
    rows = json.loads((root/'benchmarks/results/memory-cpu.json').read_text())['rows']
    found = {r['name']:r['peak_gib']/memory.card_gib(r['name']) for r in rows if r['name'] in memory.seen_on_card}
    assert len(found)==3 and all(.97<far<1.03 for far in found.values()), found

def test_decode_twin(tmp_path):
    "Every way is timed, and decodes the same picture."
    out = tmp_path/'decode.json'
    few = '--device','cpu','--batch',2,'--seconds',0,'--n',2,'--sizes','64x48'
    text = run(decode, *few, '--out', out)
    rows = json.loads(out.read_text())['rows']
    assert text.strip()==decode.show(rows) and len(rows)==5
    assert all(r['images_per_s']>0 and r['differs']<1 for r in rows)

def test_cases():
    "The plan of a GPU: both sides at all batches, then the variants at some."
    plan = gpu.cases([64,256,1024], True)
    assert len(plan)==11 and plan[0]==('open_clip, 224 px', False, False, [64,256,1024])
    assert plan[5][1:]==(True, False, [1024]) and plan[8][1:]==(False, True, [256])

here = app,data,dense_head,loss,memory,scaling,overlap,predict,step,voc_loop

@pytest.mark.parametrize('script,device', [*((script, 'cpu') for script in here), (decode,'cuda'), (overlap,'cuda')])
def test_kept(script, device):
    "README.md shows what results/ holds."
    rows = json.loads((root/f'benchmarks/results/{script.__name__}-{device}.json').read_text())['rows']
    assert str(script.show(rows)) in (root/'benchmarks/README.md').read_text()
