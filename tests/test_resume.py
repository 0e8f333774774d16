"A run goes on as if it had not been interrupted, to the bit, and only as the run that it was."
import json, shutil, time
from pathlib import Path

import pytest, torch, webdataset as wds
from accelerate.state import AcceleratorState
from PIL import Image

import clippy.checkpoint as C
import clippy.train as T
from small import cut_before, same, scenes, spoilt_shards, weights

pytestmark = pytest.mark.usefixtures('short_runs')

@pytest.fixture(scope='module')
def shards(tmp_path_factory): return spoilt_shards(tmp_path_factory.mktemp('shards'))

def entries(run):
    "The log without what depends on the clock."
    return [{k:v for k,v in r.items() if k not in ('images_per_s','data_wait')} for r in run.history.entries]

def cut_at(monkeypatch, at, **options):
    "Run, dying before the given steps, one after the other; then to the end."
    for step in at: cut_before(monkeypatch, step, **options, resume='auto')
    return T.train(**options, resume='auto')

@pytest.mark.parametrize('more', [{}, dict(birds=1), dict(ema=.9), dict(opt='lamb', layer_decay=.8),
    dict(loss='siglip', accum_freq=2, batch_size=2)], ids=str)
def test_two_stops_in_one_epoch(more, tmp_path, monkeypatch):
    "Same batches, losses, weights, moments and averages to the bit; and the same log."
    opts = scenes | dict(logs=str(tmp_path)) | more
    whole = T.train(**opts, name='whole')
    again = cut_at(monkeypatch, (3,2), **opts, name='cut', save_every=1)
    assert same(whole, again) and entries(whole)==entries(again)
    a,b = (run.opt.state_dict()['state'] for run in (whole,again))
    assert a.keys()==b.keys()
    assert all(torch.equal(torch.as_tensor(v), torch.as_tensor(b[i][k])) for i,s in a.items() for k,v in s.items())
    if not whole.ema: return
    averages = [run.ema.module.state_dict().values() for run in (whole,again)]
    assert all(torch.equal(x, y) for x,y in zip(*averages, strict=True))

@pytest.mark.parametrize('workers,columns', [(0,''),(2,'captions,txt:0.5')])
def test_two_stops_on_shards(workers, columns, shards, tmp_path, monkeypatch):
    "Captions, by weight too, crops, replaced samples and the ledger included."
    opts = dict(train_data=str(shards/'spoilt'), model='clippy-scenes', batch_size=10, epochs=2, workers=workers,
        warmup=2, log_every=2, cpu=True, logs=str(tmp_path), caption_column=columns)
    whole = T.train(**opts, name='whole')
    again = cut_at(monkeypatch, (3,1), **opts, name='cut', save_every=1)
    assert same(whole, again)
    epochs = [r['data'] for r in whole.history.epochs]
    assert epochs==[r['data'] for r in again.history.epochs]
    assert [e['skipped'] for e in epochs]==[3,3] and epochs[0]['seen']==60
    assert json.loads((tmp_path/'cut'/'metrics.json').read_text())['options']['caption_column']==columns
    rows = (tmp_path/'cut'/'skipped_epoch_1.csv').read_text().splitlines()
    assert len(rows)==4 and (tmp_path/'whole'/'skipped_epoch_1.csv').read_text().splitlines()==rows

def test_parts_give_the_large_batch(tmp_path):
    "Four parts of four pairs learn what one batch of sixteen does."
    opts = scenes | dict(train_num_samples=96, batch_size=16, logs=str(tmp_path), token_drop=0)
    large = T.train(**opts)
    parts = T.train(**opts | dict(batch_size=4, accum_freq=4))
    for k,v in weights(large).items(): torch.testing.assert_close(weights(parts)[k], v, rtol=1e-3, atol=1e-4)
    one,four = ([entry['loss'] for entry in run.history.curve] for run in (large,parts))
    assert one==pytest.approx(four, abs=1e-4)

def test_other_options_are_refused(tmp_path):
    "A checkpoint goes on with the options it was made with, or says in a sentence which one differs."
    opts = dict(scenes, steps=2, logs=str(tmp_path), name='run')
    T.train(**opts)
    for k,v in dict(loss='chunked', opt='lamb', accum_freq=2, ema=.9, seed=1, pooling='avg', birds=1).items():
        with pytest.raises(ValueError, match='resume with the same options'):
            T.train(**opts | {k:v}, resume='auto')
    AcceleratorState._reset_state(reset_partial_state=True) # one process has one precision
    with pytest.raises(ValueError, match='precision=no, this run has bf16'):
        T.train(**opts, precision='bf16', resume='auto')
    AcceleratorState._reset_state(reset_partial_state=True)
    with pytest.raises(ValueError, match='no checkpoint in'): T.train(**opts, resume=str(tmp_path/'nothing'))
    at = tmp_path/'run'/'checkpoints'/'step_2'
    with open(at/'optimizer.safetensors', 'r+b') as f: f.truncate(1000)
    with pytest.raises(ValueError, match='optimizer.safetensors has 1000 bytes'): T.train(**opts, resume=str(at))

def test_other_shards_are_refused(shards, tmp_path):
    "Shards that were swapped, cut or spoilt: a sentence, before the model is touched; the same shards, later, go on."
    data = Path(shutil.copytree(shards/'whole', tmp_path/'data'))
    opts = dict(train_data=str(data), model='clippy-scenes', batch_size=10, steps=2, workers=0, warmup=1, cpu=True,
        logs=str(tmp_path/'logs'), name='run')
    T.train(**opts)
    first = data/'00000.tar'
    kept,at = first.read_bytes(),first.stat().st_size//2
    def refused():
        sentence = r'was trained on other data than is in .*data now: bring the old data back'
        with pytest.raises(ValueError, match=sentence): T.train(**opts, resume='auto')
    first.write_bytes(kept[:at]+bytes([kept[at]^1])+kept[at+1:])
    refused()
    shutil.copy(data/'00001.tar', first)
    refused()
    first.unlink()
    refused()
    for p in data.glob('*.json'): p.unlink() # what says how they were packed is not the data
    shutil.copytree(shards/'spoilt', data, dirs_exist_ok=True)
    refused()
    for p in (shards/'whole').glob('*.tar'): shutil.copyfile(p, data/p.name)
    assert T.train(**opts, resume='auto').history.step==2

def test_checkpoint_of_somebody_else(tmp_path):
    "A checkpoint of another run, of another shape, or with parts exchanged ends in a sentence."
    opts = scenes | dict(logs=str(tmp_path), steps=2)
    T.train(**opts, name='mine')
    T.train(**opts, name='avg', pooling='avg')
    def refused(where, words, **kw):
        with pytest.raises(ValueError, match=words): T.train(**opts|kw, name='mine', resume=str(where))
    refused(tmp_path/'avg', 'made with pooling=avg, this run has max')
    refused(tmp_path/'mine', 'made with batch_size=4, this run has 2', batch_size=2)
    last = sorted((tmp_path/'mine'/'checkpoints').glob('step_*'))[-1]
    for name,change,words in (
        ('notes', lambda a: {**a, 'fixed':None}, 'no checkpoint of a run'),
        ('state', lambda a: {k:v for k,v in a.items() if k!='rng'}, 'does not hold what this run needs'),
        ('moments', lambda a: {**a, 'optimizer':[['group',0,'lr','fast']]}, 'does not hold what this run needs'),
        ('ledger', lambda a: {**a, 'since':[['a','b']]}, 'does not hold what this run needs')):
        folder = tmp_path/name/'checkpoints'/last.name
        files,about = C.read_checkpoint(last)
        C.write_checkpoint(folder, files, change(about))
        refused(tmp_path/name, words)
    files,about = C.read_checkpoint(last)
    smaller = {k:v[:1] if v.ndim else v for k,v in files['model'].items()}
    C.write_checkpoint(tmp_path/'shapes'/'checkpoints'/last.name, {**files, 'model':smaller}, about)
    refused(tmp_path/'shapes', 'does not hold what this run needs')

@pytest.mark.parametrize('text', ['very long '*10_000, 'x'*100_000, 'é, '*33_333], ids=['words','one word','signs'])
def test_a_long_caption_costs_little(text, tmp_path):
    "A caption of 100,000 characters, and one that is no text: trained on in seconds, counted, and embedded."
    (tmp_path/'d').mkdir()
    Image.radial_gradient('L').convert('RGB').save(tmp_path/'d/x.jpg')
    with wds.TarWriter(str(tmp_path/'d/00000.tar')) as w:
        for i in range(8):
            captions = ['a cat \ud83d' if i==3 else text]
            w.write({'__key__':str(i), 'jpg':(tmp_path/'d/x.jpg').read_bytes(), 'json':dict(captions=captions)})
    began = time.process_time()
    run = T.train(train_data=str(tmp_path/'d'), model='clippy-scenes', batch_size=4, steps=2, workers=0, warmup=1,
        cpu=True, logs=str(tmp_path), max_skipped=.5)
    assert run.history.epochs[-1]['data']['reasons']=={'caption is not UTF-8':1}
    assert time.process_time()-began<20
    began = time.process_time()
    vectors = run.unwrapped.eval().encode_text([text]*20+['a cat'])
    assert vectors.isfinite().all() and time.process_time()-began<2
    whole,start = (run.unwrapped.tokenize([t])['input_ids'] for t in (text, text[:20_000]))
    assert torch.equal(whole, start)

def test_keep(tmp_path):
    "`--keep 0` removes no checkpoint."
    T.train(**scenes, logs=str(tmp_path), name='all', save_every=3, keep=0)
    found = sorted(p.name for p in (tmp_path/'all'/'checkpoints').iterdir())
    assert found==['step_10','step_3','step_6','step_9']
