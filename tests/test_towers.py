"Both towers in training: compiled, in groups of texts, by PyTorch's attention, and without waiting for the device."
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import pytest, torch
import torch._inductor.config as inductor
from fastcore.script import CliError
from torch.utils._python_dispatch import TorchDispatchMode
from transformers import AutoConfig, AutoModel

import clippy.compile as C
import clippy.train as T
from clippy.loading import architectures
from clippy.model import create_model, presets
from clippy.scenes import captions
from small import cut_before, same, scenes, spoilt_shards

pytestmark = pytest.mark.usefixtures('short_runs')
plain = dict(compile=False, no_compile=False, cpu=True, fsdp=False, memory_budget=1., grad_checkpointing=False,
    accum_freq=1)

@pytest.fixture
def quick_compiler(monkeypatch):
    "Graphs as for the compiler, but nothing is compiled; what is traced is counted."
    torch.compiler.reset()
    torch._dynamo.utils.counters.clear()
    monkeypatch.setattr(torch, 'compile', partial(torch.compile, backend='aot_eager_decomp_partition'))
    yield torch._dynamo.utils.counters
    torch.compiler.reset()

@pytest.fixture
def few_layers(monkeypatch):
    "Towers of one layer: each more is traced like the first."
    whole = presets['clippy-scenes']
    image,text = (kind | dict(depth=1) for kind in (whole.image_args, whole.text_args))
    monkeypatch.setitem(presets, 'clippy-scenes', replace(whole, image_args=image, text_args=text))

class Asked:
    "An evaluation with images and texts of shapes that training never has."
    task = 'mine'
    def measure(self, model, shared):
        with torch.no_grad():
            for n in 1,2,3: model.encode_image(torch.zeros(n,3,8*n,64))
            model.encode_text(['a boat', 'a tree and a boat'])
        return dict(task='mine', numbers={})
    def figure(self, model): return None

# Compiled -------------------------------------------------------------------------------------------------------------

def test_few_shapes_are_compiled(few_layers, quick_compiler, tmp_path):
    "One graph of images, one for each of the few lengths of texts; none after the first steps, nor by an evaluation."
    seen = []
    class Counted(Asked):
        def measure(self, model, shared):
            seen.append(quick_compiler['stats']['unique_graphs'])
            return super().measure(model, shared)
    options = scenes | dict(train_num_samples=12, steps=6, text_groups=2, zeroshot_frequency=1)
    run = T.train([Counted()], **options, logs=str(tmp_path), compile=True)
    lengths = {g['input_ids'].shape for batch in run.loader for part in batch[1] for g in part['groups']}
    assert len(seen)==2 and 2<=seen[0]==seen[-1]==quick_compiler['stats']['unique_graphs']<=1+8
    assert seen[0]>=1+len(lengths) and not quick_compiler['graph_break']

def test_compiled_is_the_same(few_layers, quick_compiler, tmp_path, monkeypatch):
    "Losses of the run that is not compiled; a run that is cut and resumed ends with the same bits and the same names."
    monkeypatch.setattr(T, 'layers', None) # whole towers
    options = scenes | dict(steps=3, log_every=1, token_drop=0., ema=.9, logs=str(tmp_path))
    eager = T.train([], **options, name='eager')
    whole = T.train([], **options, name='whole', compile=True)
    losses = lambda run: [e['loss'] for e in run.history.curve]
    assert losses(whole)==pytest.approx(losses(eager), rel=1e-3)
    cut_before(monkeypatch, 2, [], **options, name='cut', compile=True, save_every=1)
    torch.compiler.reset()
    again = T.train([], **options, name='cut', compile=True, resume='auto')
    assert same(whole, again)
    assert again.unwrapped.state_dict().keys()==eager.unwrapped.state_dict().keys()

def test_only_training_is_compiled():
    "Afterwards both towers are as they were, and an evaluation in between goes through the towers as they are."
    model = create_model('clippy-scenes', captions=captions(50)).train()
    before = set(vars(model.image)), set(vars(model.text[0].model))
    images = torch.randint(0, 256, (2,3,64,64), dtype=torch.uint8)
    def refused(f, **how): return lambda *args, **kwargs: 1/0
    with pytest.MonkeyPatch.context() as m:
        m.setattr(torch, 'compile', refused)
        with C.training_towers(model, SimpleNamespace(**plain|dict(compile=True))):
            with pytest.raises(ZeroDivisionError): model.encode_image(images)
            with pytest.raises(ZeroDivisionError): model.encode_text(['a boat'])
            model.eval()
            assert model.encode_image(torch.zeros(2,3,64,64)).shape==(2,128) and len(model.encode_text(['a boat']))==1
    assert before==(set(vars(model.image)), set(vars(model.text[0].model)))

def test_compiled_towers_normalise(quick_compiler):
    "8-bit images give what normalised ones give."
    model = create_model('clippy-scenes', captions=captions(50), token_drop=0.).train()
    images = torch.randint(0, 256, (2,3,64,64), dtype=torch.uint8)
    mean,std = (torch.tensor(v).view(3,1,1) for v in (model.config.mean, model.config.std))
    want = model.encode_image((images.double()/255-mean).div(std).float())
    options = SimpleNamespace(**plain|dict(compile=True))
    with C.training_towers(model, options):
        found = model.encode_image(C.normalizer(model, options)(images))
    torch.testing.assert_close(found, want, rtol=1e-4, atol=1e-5)

def kept_bytes(model, images, texts, options):
    "Bytes that a forward pass keeps for the backward pass, weights aside."
    own,kept = {p.untyped_storage().data_ptr() for p in model.parameters()},{}
    def keep(t):
        s = t.untyped_storage()
        if s.data_ptr() not in own: kept[s.data_ptr()] = s.nbytes()
        return t
    with C.training_towers(model, options), torch.autograd.graph.saved_tensors_hooks(keep, lambda t: t):
        out = model.encode_image(images).sum()+model.encode_text(texts).sum()
        size = sum(kept.values())
        out.backward()
    return size

def test_memory_budget(quick_compiler):
    "A smaller share of the activations is kept, and the gradients stay."
    model = create_model('clippy-scenes', captions=captions(50), token_drop=0.).train()
    images,texts = torch.rand(8,3,64,64),captions(8)
    sizes,grads = [],[]
    for budget in 1.,.2:
        torch.compiler.reset()
        model.zero_grad()
        options = SimpleNamespace(**plain|dict(compile=True, memory_budget=budget))
        sizes.append(kept_bytes(model, images, texts, options))
        grads.append({k:p.grad.clone() for k,p in model.named_parameters() if p.grad is not None})
    assert sizes[0]>2*sizes[1]
    for k in grads[0]: torch.testing.assert_close(grads[1][k], grads[0][k], rtol=1e-3, atol=1e-5, msg=k)

# When -----------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('asked,there,want', [({}, True, True), ({}, False, False),
    (dict(no_compile=True), True, False), (dict(cpu=True), True, False), (dict(compile=True), False, True)], ids=str)
def test_compiling_is_the_default_where_it_works(asked, there, want, monkeypatch):
    "On CUDA with a compiler, unless told otherwise; elsewhere if asked."
    monkeypatch.setattr(C, 'compiler_found', lambda: there)
    assert C.uses_compiler(SimpleNamespace(**plain|dict(cpu=False)|asked))==want

def test_a_compiler_needs_more_than_a_gpu(monkeypatch):
    "Triton, a C compiler and Python's headers: each of them missing means none."
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: True)
    monkeypatch.setattr(C, 'has_triton', lambda: True)
    monkeypatch.setattr(C.shutil, 'which', lambda name: f'/usr/bin/{name}')
    monkeypatch.setattr(C.Path, 'is_file', lambda path: True)
    assert C.compiler_found()
    for where,name,value in (C,'has_triton',lambda: False),(C.shutil,'which',lambda name: None),(C.Path,'is_file',bool):
        with monkeypatch.context() as m:
            m.setattr(where, name, value if name!='is_file' else lambda path: False)
            assert not C.compiler_found()

@pytest.mark.parametrize('more,said', [(dict(memory_budget=.5, no_compile=True), 'add --compile'),
    (dict(memory_budget=0), 'at least'), (dict(memory_budget=1.5), 'at most'),
    (dict(compile=True, no_compile=True), 'not both'), (dict(text_groups=-1), 'at least')], ids=str)
def test_what_cannot_be_is_said(more, said, tmp_path):
    with pytest.raises(ValueError, match=said): T.train([], **scenes, logs=str(tmp_path), **more)

def test_a_full_device_is_a_sentence(tmp_path, monkeypatch):
    "It names what takes less memory."
    def full(*args): raise torch.OutOfMemoryError('CUDA out of memory. Tried to allocate 2.00 GiB.')
    monkeypatch.setattr(T, 'train_step', full)
    with pytest.raises(CliError, match='--memory-budget .5.*--grad-checkpointing.*--accum-freq'):
        T.main(**scenes, logs=str(tmp_path))

# Compiled once --------------------------------------------------------------------------------------------------------

def test_compiled_code_outlives_a_run(tmp_path, monkeypatch):
    "What one run has compiled the next one takes; what others may have written, or is no such thing, is passed over."
    monkeypatch.setenv('CLIPPY_CACHE', str(tmp_path))
    monkeypatch.delenv('TORCHINDUCTOR_CACHE_DIR', raising=False)
    monkeypatch.setattr(inductor.cpp, 'vec_isa_ok', True) # what the CPU says it can do is not tried out
    counters = torch._dynamo.utils.counters
    def found():
        torch.compiler.reset()
        counters.clear()
        with C.compiling(True): torch.compile(lambda x: x.tanh()+1)(torch.ones(3))
        return {k:counters['inductor'][f'fxgraph_cache_{k}'] for k in ('hit','miss')}
    assert found()==dict(hit=0, miss=1)
    assert found()==dict(hit=1, miss=0)
    taken = []
    with monkeypatch.context() as m:
        m.setattr(torch.compiler, 'load_cache_artifacts', lambda code: taken.append(code) or taken)
        C.take_code()
        C.kept_code().chmod(0o666)
        C.take_code()
        C.kept_code().chmod(0o600)
        C.kept_code().parent.chmod(0o777) # anybody may put a file there
        C.take_code()
        C.kept_code().parent.chmod(0o700)
    assert len(taken)==1
    C.kept_code().chmod(0o600)
    C.kept_code().write_bytes(b'nothing of the kind')
    with monkeypatch.context() as m:
        def refuse(path, missing_ok=False): raise PermissionError('it belongs to another')
        m.setattr(C.Path, 'unlink', refuse)
        C.take_code() # a run needs no cache
    C.take_code()
    assert not C.kept_code().exists()

# Attention ------------------------------------------------------------------------------------------------------------

def test_fused_attention_is_the_written_one():
    "T5 by PyTorch's attention: vectors and all gradients, that of the position bias too, in float32."
    model = create_model('clippy-scenes', captions=captions(50)).train()
    encoder = model.text[0].model
    if encoder.config._attn_implementation!='sdpa': pytest.skip('this transformers has no SDPA for T5')
    tokens,found = model.tokenize(captions(12)),{}
    for how in 'sdpa','eager':
        encoder.set_attn_implementation(how)
        model.zero_grad()
        with C.training_towers(model, SimpleNamespace(**plain)):
            out = model.encode_tokens(tokens)
            (out*torch.linspace(-1, 1, out.numel()).view_as(out)).sum().backward()
        found[how] = dict(out=out.detach(), **{k:p.grad.clone() for k,p in encoder.named_parameters()})
    assert any('relative_attention_bias' in k for k in found['eager'])
    for k,v in found['eager'].items(): torch.testing.assert_close(found['sdpa'][k], v, rtol=1e-4, atol=1e-6, msg=k)

@pytest.mark.parametrize('kind', sorted(architectures))
def test_masks_of_every_architecture(kind):
    "Each text tower that there may be takes its mask in training as in evaluation."
    t5 = dict(d_model=32, d_kv=16, d_ff=32, num_layers=1, num_heads=2)
    other = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, pad_token_id=0,
        **dict(local_attention=4) if kind=='modernbert' else {})
    config = AutoConfig.for_model(kind, vocab_size=50, **t5 if 't5' in kind else other)
    build = architectures[kind]
    encoder = (build.from_config(config) if build is AutoModel else build(config)).eval()
    model = SimpleNamespace(training=False)
    forward = C._text_forward(model, encoder, False)
    tokens = dict(input_ids=torch.randint(3, 50, (2,12)), attention_mask=torch.tensor([[1]*12, [1]*7+[0]*5]))
    want = forward(**tokens).last_hidden_state
    model.training = True
    found = forward(**tokens).last_hidden_state
    real = tokens['attention_mask'].bool()
    torch.testing.assert_close(found[real], want[real])

# Waiting --------------------------------------------------------------------------------------------------------------

class Reads(TorchDispatchMode):
    "Counts how often a number is asked for, for which the host would wait for a GPU."
    n = 0
    def __torch_dispatch__(self, f, types, args=(), kwargs=None):
        waits = '_local_scalar_dense','nonzero','equal','unique','masked_select'
        self.n += any(part in f.name() for part in waits)
        return f(*args, **(kwargs or {}))

@pytest.mark.parametrize('more', [{}, dict(accum_freq=2, batch_size=2), dict(ema=.9), dict(text_groups=2)], ids=str)
def test_no_step_waits_for_the_device(more, tmp_path, monkeypatch):
    "Between two entries of the log nothing is read from the device."
    step,counts,counter = T.train_step,[],Reads()
    def watched(*args):
        with counter: found = step(*args)
        counts.append(counter.n)
        return found
    monkeypatch.setattr(T, 'train_step', watched)
    monkeypatch.setattr(T, 'optimizer_for', partial(_fused, T.optimizer_for))
    T.train([], **scenes | dict(log_every=5, steps=6) | more, logs=str(tmp_path))
    assert counts==[0]*6

def _fused(make, *args, **more):
    opt = make(*args, **more) # as on CUDA, where the fused optimizer keeps its counters on the device
    groups = [g | dict(fused=True, foreach=None) for g in opt.param_groups]
    return torch.optim.AdamW(groups, fused=True)

@pytest.mark.parametrize('bad', [float('nan'), float('inf')])
def test_what_is_not_finite_is_never_stepped_on(bad, tmp_path, monkeypatch):
    "Where the optimizer is fused, as on CUDA, the weights stay those of the step before, and the run stops."
    backward = T.Accelerator.backward
    calls,kept = iter(range(99)),[]
    def spoilt(acc, loss, **more): backward(acc, loss*(bad if next(calls)==2 else 1), **more)
    step = T.train_step
    def watched(acc, model, *args):
        found = step(acc, model, *args)
        kept.append({k:v.clone() for k,v in model.state_dict().items()})
        return found
    monkeypatch.setattr(T.Accelerator, 'backward', spoilt)
    monkeypatch.setattr(T, 'train_step', watched)
    monkeypatch.setattr(T, 'optimizer_for', partial(_fused, T.optimizer_for))
    with pytest.raises(ValueError, match='At step 3'): T.train([], **scenes|dict(log_every=3), logs=str(tmp_path))
    assert all(torch.equal(kept[1][k], v) for k,v in kept[2].items()) # no bit of the third step
    assert not all(torch.equal(kept[0][k], v) for k,v in kept[1].items())

# In workers -----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('workers', [0,2])
def test_texts_are_tokenized_where_batches_are_made(workers, tmp_path, monkeypatch):
    "Token ids reach the step; the run is the same to the bit, whoever makes them."
    shards = spoilt_shards(tmp_path)/'whole'
    options = dict(train_data=str(shards), model='clippy-scenes', batch_size=10, steps=4, epochs=1, cpu=True,
        log_every=1, logs=str(tmp_path/'logs'))
    run = T.train([], **options, workers=workers)
    images,tokens,keys = next(iter(run.loader))
    assert images.dtype==torch.uint8 and len(tokens)==1 and tokens[0]['input_ids'].shape[0]==len(keys)==10
    monkeypatch.setattr(T, 'make_tokenize', lambda *args: None) # captions, tokenized by the step
    other = T.train([], **options, workers=workers, name='other')
    assert same(run, other)
