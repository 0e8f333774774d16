"Frozen towers: nothing of them is trained or kept twice, and what they answer is computed once, to the same loss."
import json, shutil
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest, torch
import torch.distributed as dist
from accelerate.state import AcceleratorState
from filelock import FileLock
from hypothesis import given, settings, strategies as st
from safetensors.torch import load_file, save_file
from torch.utils._python_dispatch import TorchDispatchMode

import clippy.batches as B
import clippy.frozen as F
import clippy.train as T
from clippy.frozen import Features, TextVectors, WholeImage, with_features
from clippy.head import tower_hash
from clippy.loader import ShardLoader
from clippy.model import Config, presets
from clippy.saved import load
from clippy.stream import Unreachable
from small import same, small_towers, spoilt_shards
from test_resume import cut_at, entries

captions = ['a red duck', 'two ships on the sea and a third behind them', 'sky', 'a', 'meadow '*30]
vit = dict(embed_dim=32, depth=2, num_heads=2, patch_size=16, img_size=64, drop_path_rate=.5, proj_drop_rate=.5)

@pytest.fixture(scope='module')
def places(tmp_path_factory):
    "Two small towers on the disk, with dropout that would show, and shards in which some samples are spoilt."
    d = small_towers(tmp_path_factory.mktemp('frozen'), captions, **vit)
    return spoilt_shards(d)

@pytest.fixture(autouse=True)
def any_precision():
    "One process has one precision, unless it forgets it."
    AcceleratorState._reset_state(reset_partial_state=True)
    yield
    AcceleratorState._reset_state(reset_partial_state=True)

@pytest.fixture
def options(places, tmp_path, monkeypatch):
    "A short run of a preset with frozen towers, as the command line would ask for it."
    preset = Config(image='vit_tiny_patch16_224', text=str(places/'t5'), pretrained_image=False, image_size=64,
        image_args=vit, head='mlp')
    monkeypatch.setitem(presets, 'tiny-hour', preset)
    monkeypatch.setattr(T, 'evaluations_for', lambda options: [])
    return dict(model='tiny-hour', train_data=str(places/'spoilt'), image_weights=str(places/'vit.safetensors'),
        freeze_image=True, freeze_text=True, batch_size=8, steps=8, workers=0, log_every=1, warmup=2, cpu=True,
        logs=str(tmp_path), max_skipped=1.)

def curve(run): return [r['loss'] for r in run.history.curve]
def log(run): # what was skipped is counted from a stop on, until the epoch is over
    return [{k:v for k,v in r.items() if k!='skipped'} for r in entries(run)]

# Training -----------------------------------------------------------------------------------------------------------

def test_only_the_head_is_trained(options, places, monkeypatch):
    "Frozen weights are the same to the bit, have no gradient and no place in the optimizer, and drop nothing out."
    seen = []
    step = T.train_step
    def looks(acc, model, *rest):
        parts = [m for tower in (model.image, model.text) for m in tower.modules()]
        seen.append({type(m).__name__:m.training for m in parts if type(m).__name__ in ('Dropout','DropPath')})
        return step(acc, model, *rest)
    monkeypatch.setattr(T, 'train_step', looks)
    run = T.train(**options, name='one')
    model,start = run.unwrapped,load_file(places/'vit.safetensors')
    for k,v in model.image.state_dict().items(): assert torch.equal(v, start[k]), k
    texts = load_file(places/'t5'/'model.safetensors')
    assert all(torch.equal(v, texts[k]) for k,v in model.text[0].model.state_dict().items() if k in texts)
    assert all(p.grad is None for tower in (model.image, model.text) for p in tower.parameters())
    own = {id(p) for p in [*model.proj.parameters(), model.logit_scale]}
    assert {id(p) for g in run.opt.param_groups for p in g['params']}==own
    assert seen==[dict(Dropout=False, DropPath=False)]*8
    moved = T.create_model(run.config, image_weights=options['image_weights'], seed=0).proj[0].weight
    assert not torch.equal(model.proj[0].weight, moved)

def test_layer_decay_trains_the_head_at_the_full_rate(options):
    "Biases of a head do not decay, its matrices do, and frozen layers are in no group."
    run = T.train(**options, name='layers', layer_decay=.8)
    groups = {(g['lr_scale'], bool(g['weight_decay'])):{p.ndim for p in g['params']} for g in run.opt.param_groups}
    assert groups=={(1.,True):{2}, (1.,False):{0,1}}

def test_processes_exchange_no_gradient_of_what_is_frozen(options, tmp_path):
    "What DistributedDataParallel reduces is the head and the logit scale."
    model = T.create_model(presets['tiny-hour'], image_weights=options['image_weights']).freeze(image=True, text=True)
    dist.init_process_group('gloo', init_method=f'file://{tmp_path}/meet', rank=0, world_size=1)
    try:
        wrapped,sent = torch.nn.parallel.DistributedDataParallel(model), []
        def hook(state, bucket):
            sent.extend(bucket.parameters())
            done = torch.futures.Future()
            done.set_result(bucket.buffer())
            return done
        wrapped.register_comm_hook(None, hook)
        image,text,scale = wrapped(torch.zeros(2, 3, 64, 64), model.tokenize(['a ship','a duck']))
        (scale*image@text.T).sum().backward()
    finally: dist.destroy_process_group()
    assert {id(p) for p in sent}=={id(p) for p in [*model.proj.parameters(), model.logit_scale]}

class Casts(TorchDispatchMode):
    "Counts the float32 matrices that become bfloat16."
    n = 0
    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        cast = func is torch.ops.aten._to_copy.default and (kwargs or {}).get('dtype')==torch.bfloat16
        self.n += bool(cast and args[0].ndim==2)
        return func(*args, **(kwargs or {}))

def test_autocast_keeps_no_copy_of_what_is_frozen(options):
    "Under bf16, autocast keeps the copies of weights that learn until the step is over, and none of frozen ones."
    model = T.create_model(presets['tiny-hour'], image_weights=options['image_weights']).eval()
    def casts_of_a_second_pass(model):
        x = torch.zeros(1, 3, 64, 64)
        with torch.autocast('cpu', torch.bfloat16):
            model.image_features(x)
            with Casts() as count: model.image_features(x)
        return count.n
    kept,matrices = casts_of_a_second_pass(model),2*4 # of two blocks
    assert casts_of_a_second_pass(model.freeze(image=True))==kept+matrices

def test_checkpoints_leave_frozen_weights_out(options):
    "A checkpoint has what is trained, and names the towers by a hash; one with all weights is read as well."
    run = T.train(**options, name='kept', ema=.9)
    last = run.folder/'checkpoints'/'step_8'
    for file in 'model','ema':
        assert {k.split('.')[0] for k in load_file(last/f'{file}.safetensors')}=={'proj','logit_scale'}
    fixed = json.loads((last/'about.json').read_text())['fixed']
    assert fixed['frozen']==dict(image=tower_hash(run.unwrapped.image), text=tower_hash(run.unwrapped.text))
    F_all = T.Checkpoints.learned
    try:
        T.Checkpoints.learned = lambda self, state: state # as it was once
        old = T.train(**options, name='old', ema=.9)
    finally: T.Checkpoints.learned = F_all
    assert 'image.norm.weight' in load_file(old.folder/'checkpoints'/'step_8'/'model.safetensors')
    assert same(T.train(**options, name='old', ema=.9, resume='auto'), run)

@pytest.mark.parametrize('more', [{}, dict(cache=True), dict(ema=.9, accum_freq=2, batch_size=4), dict(cache=True,
    precision='bf16')], ids=str)
def test_resumed_to_the_bit(more, options, tmp_path, monkeypatch):
    "With captions and images kept or not: weights, moments and log are those of a run without a stop."
    opts = options | {k:v for k,v in more.items() if k!='cache'}
    if 'cache' in more: opts['cache_features'] = str(tmp_path/'features')
    whole = T.train(**opts, name='whole')
    if 'cache' in more: shutil.rmtree(tmp_path/'features') # what is made anew is the same
    again = cut_at(monkeypatch, (3,2), **opts, name='cut', save_every=1)
    assert same(whole, again) and log(whole)==log(again)
    a,b = (run.opt.state_dict()['state'] for run in (whole,again))
    assert all(torch.equal(torch.as_tensor(v), torch.as_tensor(b[i][k])) for i,s in a.items() for k,v in s.items())

def test_other_towers_are_not_resumed(options, places, tmp_path):
    "A checkpoint without its towers goes on with the towers that it had, or not at all."
    T.train(**options, name='run')
    other = {k:v*1.01 for k,v in load_file(places/'vit.safetensors').items()}
    save_file(other, tmp_path/'other.safetensors')
    with pytest.raises(ValueError, match='was made with frozen='):
        T.train(**options | dict(image_weights=str(tmp_path/'other.safetensors')), name='run', resume='auto')

def test_a_model_of_its_head_alone(options, tmp_path):
    "--save-towers false: what a run leaves is its head, and gives the same vectors when it is loaded."
    run = T.train(**options, name='light', save_towers=False)
    files = [p for p in (run.folder/'model').rglob('*') if p.is_file()]
    assert sorted(p.name for p in files)==['config.json','model.safetensors']
    assert sum(p.stat().st_size for p in files)<40_000
    x = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    again = load(run.folder/'model')
    with torch.no_grad():
        assert torch.equal(again.encode_image(x), run.unwrapped.eval().encode_image(x))
        assert torch.equal(again.encode_text(captions), run.unwrapped.encode_text(captions))

# Captions -----------------------------------------------------------------------------------------------------------

def text_model(places, side='right'):
    model = T.create_model(Config(image='vit_tiny_patch16_224', text=str(places/'t5'), pretrained_image=False,
        image_args=vit)).freeze(text=True)
    model.text.tokenizer.padding_side = side
    return model

@pytest.mark.parametrize('side', ['right','left'])
def test_captions_in_any_company(places, side):
    "The vector is that of the tower, read once, and the same to the bit whoever stands beside it."
    model = text_model(places, side)
    vectors = TextVectors(model, parts=2)
    first = vectors(captions)
    assert [len(part['vectors']) for part in first]==[3,2]
    found = torch.cat([part['vectors'] for part in first])
    with torch.no_grad():
        alone = torch.cat([model.read(model.tokenize([t])) for t in captions])
    assert torch.allclose(found, alone, atol=1e-6)
    rng = np.random.default_rng(0)
    for n in 1,7,40:
        others = [f'thing {k} '*(1+k%9) for k in range(n)]
        texts = list(rng.permutation(captions+others))
        again = torch.cat([p['vectors'] for p in TextVectors(model)(texts)])
        assert all(torch.equal(again[texts.index(t)], found[i]) for i,t in enumerate(captions))
    assert (vectors.read, len(vectors.known))==(5,5) and vectors(captions+captions) and vectors.read==5

@settings(max_examples=20, deadline=None, derandomize=True)
@given(st.lists(st.lists(st.sampled_from(captions+['', ' a', 'A red duck', 'x'*9000]), min_size=1, max_size=6),
    min_size=1, max_size=4), st.integers(0, 3000))
def test_keys_are_the_exact_strings(batches, most):
    "However little is kept, each text has its own vector."
    model = test_keys_are_the_exact_strings.model
    vectors = TextVectors(model, most=most)
    for texts in batches:
        (part,) = vectors(texts)
        with torch.no_grad(): plain = torch.cat([model.read(model.tokenize([t])) for t in texts])
        assert torch.allclose(part['vectors'], plain, atol=1e-5)
        assert vectors.size<=most and set(vectors.known)<={t for b in batches for t in b}

@pytest.fixture(autouse=True, scope='module')
def model_for_keys(places): test_keys_are_the_exact_strings.model = text_model(places)

def test_captions_are_read_as_in_evaluation(places, monkeypatch):
    "Towers that are compiled while the model trains are not compiled for captions; the model trains on afterwards."
    model = text_model(places).train()
    read,modes = model.read,[]
    monkeypatch.setattr(model, 'read', lambda tokens: modes.append(model.training) or read(tokens), raising=False)
    TextVectors(model)(captions)
    assert modes and not any(modes) and model.training

def test_same_loss_with_captions_kept(options, monkeypatch):
    "The run that reads every caption each time has the same losses, to rounding."
    kept = T.train(**options, name='kept')
    monkeypatch.setattr(T.Run, 'read', lambda run, texts: texts)
    assert curve(kept)==pytest.approx(curve(T.train(**options, name='read')), abs=2e-4)

# Images -------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('precision', ['','bf16'])
def test_same_loss_with_features_kept(precision, options, tmp_path, monkeypatch):
    "Whole images through the tower at each step give the same losses, and counts of what was skipped."
    if not precision: options['caption_column'] = 'captions,txt:2' # the same draw of captions, too
    kept = T.train(**options, precision=precision, name='kept', cache_features=str(tmp_path/'features'))
    monkeypatch.setattr(B, 'fast_transform', WholeImage)
    plain = T.train(**options, precision=precision, name='plain')
    assert curve(kept)==pytest.approx(curve(plain), abs=2e-2 if precision else 3e-3)
    skipped = [[(e['data']['seen'], e['data']['skipped']) for e in run.history.epochs] for run in (kept,plain)]
    assert skipped[0]==skipped[1] and skipped[0][0][1]

def test_made_once(options, tmp_path, monkeypatch, capsys):
    "The second run of the same tower and data makes nothing; another size is another folder; a rehearsal makes none."
    opts = options | dict(cache_features=str(tmp_path/'features'))
    T.train(**opts, dry_run=True)
    assert not (tmp_path/'features').exists()
    assert '60 images, 17 x 32 numbers each, 0.1 MB, go to' in capsys.readouterr().out
    T.train(**opts, name='a')
    made = F.make_features
    monkeypatch.setattr(F, 'make_features', lambda *a: 1/0)
    T.train(**opts, name='b', seed=3, pooling='avg', head='linear')
    assert 'are in' in capsys.readouterr().out
    monkeypatch.setattr(F, 'make_features', made)
    T.train(**opts, name='c', image_size=32)
    assert len([*(tmp_path/'features').iterdir()])==2

def test_rows_are_what_the_tower_says(options, places, tmp_path):
    "Each row against the tower on that image alone, read by plain code; spoilt samples have their reason."
    import io, tarfile
    from PIL import Image
    T.train(**options, name='a', cache_features=str(tmp_path/'features'))
    (folder,) = (tmp_path/'features').iterdir()
    kept = Features(folder)
    model = T.create_model(presets['tiny-hour'], image_weights=options['image_weights']).eval()
    mean,std = (torch.tensor(v)[:,None,None] for v in (model.config.mean, model.config.std))
    row,reasons = 0,Counter()
    for shard in sorted((places/'spoilt').glob('*.tar')):
        with tarfile.open(shard) as tar:
            members = {}
            for m in tar:
                name,ending = m.name.split('.', 1)
                members.setdefault(name, {})[ending] = tar.extractfile(m).read()
        for parts in members.values():
            if row in kept.unusable: reasons[kept.unusable[row]] += 1
            else:
                image = next(v for k,v in parts.items() if k in ('png','jpg'))
                x = torch.tensor(np.array(Image.open(io.BytesIO(image)).convert('RGB'))).permute(2,0,1)/255
                with torch.no_grad(): plain = model.image.forward_features(((x-mean)/std)[None])[0]
                assert torch.allclose(torch.tensor(kept.tokens[row]).float(), plain, atol=6e-3), row
            row += 1
    assert row==len(kept)==60 and sum(reasons.values())==3 and not kept.captions[3]

@pytest.mark.parametrize('what', ['no numbers','half the numbers','no list','half a list','other numbers'])
def test_damaged_features(what, options, tmp_path):
    "What a power cut or a copy left half is a sentence that names the folder, before the first step."
    opts = options | dict(cache_features=str(tmp_path/'features'))
    T.train(**opts, name='a')
    (folder,) = (tmp_path/'features').iterdir()
    file = folder/('samples.json' if 'list' in what else 'tokens.npy')
    data = file.read_bytes()
    file.unlink()
    if 'half' in what: file.write_bytes(data[:len(data)//2])
    if what=='other numbers': np.save(file, np.zeros((59,17,32), np.float16))
    with pytest.raises(ValueError, match=f'{folder.name} is damaged: remove this folder'): T.train(**opts, name='b')
    assert not (tmp_path/'b').exists()

def test_what_may_be_used_is_part_of_the_name(options, places, tmp_path):
    "Features that left large samples out are not taken by a run that takes these."
    opts = options | dict(cache_features=str(tmp_path/'features'), dry_run=False, steps=2)
    T.train(**opts, name='all')
    T.train(**opts, name='some', max_sample_mb=.009)
    kept = [len(Features(p).unusable) for p in (tmp_path/'features').iterdir()]
    assert len(kept)==2 and len(set(kept))==2

def test_two_make_the_same_features(options, places, tmp_path):
    "Who comes second takes what is there; nobody fails, and nothing else stays."
    loader = ShardLoader(str(places/'spoilt'), WholeImage(64), 4, workers=0)
    model = T.create_model(presets['tiny-hour'], image_weights=options['image_weights']).freeze(image=True)
    path,first = tmp_path/'features'/'features-x',[]
    def forward(x):
        if first: return model.image_features(x)+1
        first.append(np.array(F.make_features(model, loader, path, model.image_features).tokens)) # another process
        return model.image_features(x)
    kept = F.make_features(model, loader, path, forward, batch=8)
    assert [p.name for p in path.parent.iterdir()]==[path.name] and np.array_equal(kept.tokens, first[0])

def test_what_a_killed_process_left(options, places, tmp_path):
    "It is removed before room is looked for; what another process is making stays."
    loader = ShardLoader(str(places/'spoilt'), WholeImage(64), 4, workers=0)
    model = T.create_model(presets['tiny-hour'], image_weights=options['image_weights']).freeze(image=True)
    for name in 'x.0.new','x.1.new','y.0.new':
        (tmp_path/name).mkdir()
        (tmp_path/name/'tokens.npy').write_bytes(bytes(100))
    (tmp_path/'x.0.new.lock').touch() # a dead process holds no lock
    with FileLock(tmp_path/'x.1.new.lock'): F.make_features(model, loader, tmp_path/'x', model.image_features)
    assert sorted(p.name for p in tmp_path.iterdir()) in (
        ['x','x.1.new','x.1.new.lock','y.0.new'], ['x','x.1.new','y.0.new']) # some systems remove a lock's file

def test_the_disk_is_asked_for_all_of_it_at_once(options, places, tmp_path, monkeypatch):
    "Room that others might take meanwhile is reserved before the first image; a refusal leaves nothing."
    loader = ShardLoader(str(places/'spoilt'), WholeImage(64), 4, workers=0)
    model = T.create_model(presets['tiny-hour'], image_weights=options['image_weights']).freeze(image=True)
    held = []
    def forward(x):
        file = next(tmp_path.glob('*.new/tokens.npy')).stat()
        held.append(512*file.st_blocks-file.st_size)
        return model.image_features(x)
    F.make_features(model, loader, tmp_path/'features', forward)
    assert held and held[0]>=0
    def full(*_): raise OSError(28, 'No space left on device')
    monkeypatch.setattr(F.os, 'posix_fallocate', full)
    with pytest.raises(OSError, match='No space left'): F.make_features(model, loader, tmp_path/'more', forward)
    assert [p.name for p in tmp_path.iterdir()]==['features']

@pytest.mark.parametrize('workers', [0,1])
def test_a_shard_that_cannot_be_fetched(workers, options, places, tmp_path, monkeypatch):
    "Its sentence, from a worker too, without a traceback in it; nothing is left."
    loader = ShardLoader(str(places/'spoilt'), WholeImage(64), 4, workers=workers)
    model = T.create_model(presets['tiny-hour'], image_weights=options['image_weights']).freeze(image=True)
    def gone(self, j): raise Unreachable('https://a.b/c.tar cannot be read: it is gone')
    monkeypatch.setattr(ShardLoader, 'path', gone)
    with pytest.raises(Unreachable) as e: F.make_features(model, loader, tmp_path/'features', model.image_features)
    assert str(e.value)=='https://a.b/c.tar cannot be read: it is gone' and not [*tmp_path.iterdir()]

def test_no_room(options, tmp_path, monkeypatch):
    "It is said before it starts that the disk is too small, and nothing is left there."
    monkeypatch.setattr(F.shutil, 'disk_usage', lambda place: SimpleNamespace(free=1_000))
    with pytest.raises(OSError, match='60 images take 0.1 MB.* has 0.0 MB free'):
        T.train(**options, name='a', cache_features=str(tmp_path/'features'))
    assert not (tmp_path/'features').exists()

@pytest.mark.parametrize('fault', [RuntimeError('power failure'), KeyboardInterrupt()])
def test_whole_or_not_at_all(fault, options, tmp_path, monkeypatch):
    "What dies midway leaves no folder that a later run could take for whole."
    calls = iter(range(9))
    def dies(images, mean, std):
        if next(calls)==0: raise fault
    with monkeypatch.context() as m, pytest.raises(type(fault)):
        m.setattr(F, 'normalize', dies)
        T.train(**options, name='a', cache_features=str(tmp_path/'features'))
    assert [*(tmp_path/'features').iterdir()]==[]

def test_numbers_that_do_not_fit(options, places, tmp_path):
    "Features beyond float16 are refused, not written as infinity."
    large = load_file(places/'vit.safetensors')
    large['norm.bias'] += 1e5
    save_file(large, tmp_path/'large.safetensors')
    with pytest.raises(ValueError, match='float16 cannot hold'):
        T.train(**options | dict(image_weights=str(tmp_path/'large.safetensors')), cache_features=str(tmp_path/'f'))

def test_shards_in_no_order(options, places, tmp_path):
    "Compressed shards are read from one end to the other, so no sample has a number."
    import gzip
    (tmp_path/'gz').mkdir()
    for shard in (places/'spoilt').glob('*.tar'):
        (tmp_path/'gz'/f'{shard.name}.gz').write_bytes(gzip.compress(shard.read_bytes()))
    data = dict(train_data=str(tmp_path/'gz'/'{000000..000002}.tar.gz'), train_num_samples=60, image_size=64)
    names = sorted(p.name for p in (tmp_path/'gz').iterdir())
    data['train_data'] = '::'.join(str(tmp_path/'gz'/n) for n in names)
    with pytest.raises(ValueError, match='no order of their own.*compressed'):
        T.train(**options | data, cache_features=str(tmp_path/'f'))

def test_several_processes_make_none(options, places, tmp_path):
    "The sentence says to begin with one process."
    loader = ShardLoader(str(places/'spoilt'), WholeImage(64), 4, workers=0)
    model = T.create_model(presets['tiny-hour'], image_weights=options['image_weights'])
    acc = SimpleNamespace(num_processes=2, mixed_precision='no', print=print)
    with pytest.raises(ValueError, match='--num_processes 1'): with_features(loader, model, tmp_path, 'data', acc)

misuse = [
    (dict(cache_features='f', freeze_image=False), 'frozen image tower only'),
    (dict(cache_features='f', train_data=''), 'needs --train-data'),
    (dict(cache_features='f', token_drop=.5), '--token-drop 0'),
    (dict(cache_features='f', fsdp=True), '--fsdp'),
    (dict(save_towers=False, freeze_image=False, freeze_text=False), '--save-towers false leaves out'),
    (dict(save_towers=False, pretrained_text=False), 'text tower are in no file'),
    (dict(head='deep'), 'linear, mlp, or empty')]

@pytest.mark.parametrize('more,said', misuse, ids=[said for _,said in misuse])
def test_misuse_gets_a_sentence(more, said, options, tmp_path):
    "What cannot be is said before anything is written."
    with pytest.raises(ValueError, match=said): T.train(**options | dict(logs=str(tmp_path/'logs')) | more)
    assert not (tmp_path/'logs').exists()

def test_recipe_of_an_hour(options):
    "A preset for frozen towers has a recipe of its own; what is given comes first."
    found = T.with_recipe({k:v for k,v in options.items() if k not in ('warmup','batch_size')})
    assert (found.batch_size, found.epochs, found.lr, found.warmup)==(1024, 20, 1e-3, 100)
    assert T.with_recipe(options | dict(lr=.5)).lr==.5
    assert T.with_recipe(dict(model='tiny-hour')).warmup==50 # of scenes
    assert T.with_recipe(dict(train_data=options['train_data'])).wd==.2
