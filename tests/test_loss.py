"Every loss, on 1, 2 and 4 gloo processes, and the cached backward pass equal one process with the whole batch."
import math
from functools import partial
from pathlib import Path
from unittest.mock import patch

import pytest, torch, torch.distributed as dist, torch.multiprocessing as mp
import torch.nn.functional as F
from torch import nn
from torch.nn.parallel import DistributedDataParallel

import clippy.loss
from clippy.loss import Gather, cached_backward, chunked_clip_loss, clip_loss, global_clip_loss, losses, siglip_loss

B,D_IN,D,WORLDS = 16,24,12,(4,2,1)
variants = {'local':clip_loss, 'global':global_clip_loss, 'chunked':chunked_clip_loss,
    'chunked by 3':partial(chunked_clip_loss, chunk=3),
            'siglip':siglip_loss, 'siglip by 3':partial(siglip_loss, chunk=3)} # 3 divides none of 16, 8 and 4

class Towers(nn.Module):
    "Two little towers, a logit scale and perhaps a bias: all that the loss can move."
    def __init__(self, bias):
        super().__init__()
        torch.manual_seed(0)
        self.image,self.text = nn.Linear(D_IN,D),nn.Sequential(nn.Linear(D_IN,D),nn.Tanh(),nn.Linear(D,D))
        self.logit_scale = nn.Parameter(torch.tensor(2.6593))
        self.logit_bias = nn.Parameter(torch.tensor(-3.)) if bias else None
    def forward(self, x, y):
        return F.normalize(self.image(x), dim=-1), F.normalize(self.text(y), dim=-1), self.logit_scale.exp()

def batch():
    g = torch.Generator().manual_seed(1)
    return torch.randn(B,D_IN,generator=g), torch.randn(B,D_IN,generator=g)

def grads(model): return {k.removeprefix('module.'):p.grad for k,p in model.named_parameters() if p.grad is not None}

def step(model, loss, x, y):
    "Loss, and gradients of inputs, of vectors, and of all parameters."
    x,y = x.clone().requires_grad_(),y.clone().requires_grad_()
    *vectors,scale = model(x,y)
    for v in vectors: v.retain_grad()
    value = loss(*vectors, scale, getattr(model, 'module', model).logit_bias)
    value.backward()
    return dict(loss=value.detach(), x=x.grad, y=y.grad, image=vectors[0].grad, text=vectors[1].grad, **grads(model))

def by_definition(image, text, scale, bias):
    "Of the whole batch, written out."
    s,n = scale*image@text.T,len(image)
    if bias is None: return -(s.softmax(0).diagonal().log()+s.softmax(1).diagonal().log()).sum()/(2*n)
    sign = 2*torch.eye(n, dtype=s.dtype)-1
    return -torch.sigmoid(sign*(s+bias)).log().sum()/n

def reference(bias): # float64
    return step(Towers(bias).double(), by_definition, *(o.double() for o in batch()))

def rel(a, b): return ((a-b).norm()/b.norm()).item()

# Several processes --------------------------------------------------------------------------------------------------

class Dropping(Towers):
    "Drops half of an image's six tokens and a tenth of a text's numbers."
    def forward(self, x, y):
        keep = torch.rand(x.shape[:2]).argsort(1)[:,:3]
        image = self.image(x.take_along_dim(keep[...,None], 1)).amax(1)
        return F.normalize(image, dim=-1), F.normalize(self.text(F.dropout(y, .1)), dim=-1), self.logit_scale.exp()

def parts_of(rank): # 3, 3 and 2 pairs
    g = torch.Generator().manual_seed(10+rank)
    return [(torch.randn(n,6,D_IN,generator=g), torch.randn(n,D_IN,generator=g)) for n in (3,3,2)]

def cached(model, parts, rank=0, **kwargs):
    "One cached backward pass of this process, with random numbers of its own."
    bare = getattr(model, 'module', model)
    torch.manual_seed(100+rank)
    value = cached_backward(model, parts, clip_loss if bare.logit_bias is None else siglip_loss, bare.logit_bias,
        **kwargs)
    return dict(loss=value, after=torch.rand(4), **grads(model))

def large(model, *parts):
    "The same pairs of all processes and the same dropped tokens, in one large batch."
    vectors = []
    for rank,mine in enumerate(parts):
        torch.manual_seed(100+rank)
        vectors += [model(*o) for o in mine]
        after = torch.rand(4)
    image,text,scale = zip(*vectors)
    value = by_definition(torch.cat(image), torch.cat(text), scale[0], model.logit_bias)
    value.backward()
    return dict(loss=value.detach(), after=after, **grads(model))

def moved(loss, pairs):
    "How many numbers each collective call of a loss, forward and backward, leaves with this process."
    found = dict(all_gather=[], all_reduce=[])
    def counted(name):
        own = getattr(dist, name)
        def call(x, *args, **kw):
            found[name].append(sum(o.numel() for o in x) if isinstance(x, list) else x.numel())
            return own(x, *args, **kw)
        return patch.object(dist, name, call)
    with counted('all_gather'), counted('all_reduce'): step(Towers(False), loss, *pairs)
    return found

def worker(rank, folder):
    torch.set_num_threads(1)
    for world in WORLDS:
        if rank>=world: return
        dist.init_process_group('gloo', init_method=f'file://{folder}/store{world}', rank=rank, world_size=world)
        mine = slice(rank*B//world, (rank+1)*B//world)
        out = {}
        for name,loss in variants.items():
            model = Towers('siglip' in name)
            out[name] = step(DistributedDataParallel(model), loss, *(o[mine] for o in batch()))
        if world==4: out['moved'] = moved(chunked_clip_loss, [o[mine] for o in batch()])
        if world==2:
            clippy.loss.Gather = Detached
            out['detached'] = step(DistributedDataParallel(Towers(False)), clip_loss, *(o[mine] for o in batch()))
            clippy.loss.Gather = Gather
            for bias in False,True:
                model = DistributedDataParallel(Dropping(bias))
                out[f'cached {bias}'] = cached(model, parts_of(rank), rank, no_sync=model.no_sync)
        torch.save(out, f'{folder}/{world}-{rank}.pt')
        dist.destroy_process_group()

@pytest.fixture(scope='module')
def runs(tmp_path_factory):
    "world -> what its processes found; the same four processes take all turns, and are forks that import nothing anew."
    folder = tmp_path_factory.mktemp('runs')
    mp.start_processes(worker, (str(folder),), nprocs=max(WORLDS), start_method='fork')
    return {w:[torch.load(folder/f'{w}-{r}.pt', weights_only=True) for r in range(w)] for w in WORLDS}

@pytest.mark.parametrize('world', WORLDS)
@pytest.mark.parametrize('name', variants)
def test_processes_equal_one(runs, name, world):
    want,got = reference('siglip' in name),[o[name] for o in runs[world]]
    assert set(want)==set(got[0])
    assert rel(torch.stack([o.pop('loss') for o in got]).mean(), want.pop('loss')) < 1e-5
    for k in 'x','y','image','text': # of a process's own vectors, and of the sum of all local losses
        assert rel(torch.cat([o.pop(k) for o in got])/world, want.pop(k)) < 1e-5, k
    assert {'logit_scale','image.weight','text.2.weight'} <= set(want) and ('logit_bias' in want)==('siglip' in name)
    for k in want:
        for found in got: assert rel(found[k], want[k]) < 1e-5, k

def test_chunked_moves_texts_and_one_number_a_column(runs):
    "Not one for every process and every column: texts are gathered, and column sums are reduced, there and back."
    for out in runs[4]: assert out['moved']==dict(all_gather=[B*D], all_reduce=[B,B,B,B*D])

class Detached(torch.autograd.Function): # as `dist.all_gather` alone gathers: nothing comes back
    @staticmethod
    def forward(ctx, x): return Gather.forward(ctx, x)
    @staticmethod
    def backward(ctx, grad): return grad.chunk(dist.get_world_size())[dist.get_rank()]

def test_gather_without_gradient_is_noticed(runs):
    "The check above can fail: where each process keeps only what it asked of its own vectors, gradients differ."
    want,got = reference(False),[o['detached'] for o in runs[2]]
    assert rel(torch.stack([o['loss'] for o in got]).mean(), want['loss']) < 1e-5 # the loss alone does not show it
    assert rel(torch.cat([o['x'] for o in got])/2, want['x']) > 1e-2
    assert rel(got[0]['image.weight'], want['image.weight']) > 1e-2

# The cached backward pass -------------------------------------------------------------------------------------------

def check_cached(got, want):
    assert set(got[0])==set(want)
    assert rel(torch.stack([o.pop('loss') for o in got]).mean(), want.pop('loss')) < 1e-5
    assert torch.equal(got[-1].pop('after'), want.pop('after')) # random numbers go on as if nothing had been repeated
    for k in want:
        for found in got: assert rel(found[k], want[k]) < 1e-5, k

@pytest.mark.parametrize('bias', [False,True])
def test_cached_on_two_processes(runs, bias):
    check_cached([o[f'cached {bias}'] for o in runs[2]], large(Dropping(bias), parts_of(0), parts_of(1)))

def clippy_model(bias): # small; drops half of its patches, and a tenth of what passes through the text tower
    from clippy.model import create_model # here, for the processes above need not wait for all that it imports
    small = dict(img_size=32, patch_size=8, embed_dim=32, depth=1, num_heads=2)
    model = create_model('clippy-scenes', image_size=32, image_args=small, text_args=dict(width=32, depth=1),
        logit_bias=bias)
    for m in model.text.modules():
        if isinstance(m, nn.Dropout): m.p = .1
    return model.train()

def clippy_parts(model): # 3, 3 and 2 pairs
    g = torch.Generator().manual_seed(0)
    texts = lambda n: model.tokenize([f'thing no {i+n} of {n}' for i in range(n)])
    return [(torch.randn(n,3,32,32,generator=g), texts(n)) for n in (3,3,2)]

@pytest.mark.parametrize('bias', [None,-10])
def test_cached_clippy(bias):
    a,b = clippy_model(bias),clippy_model(bias)
    check_cached([cached(a, clippy_parts(a))], large(b, clippy_parts(b)))

def test_other_tokens_are_noticed():
    "The checks above can fail: with other random numbers in the second pass the gradients differ."
    want,model = large(Dropping(False), parts_of(0)),Dropping(False)
    def encode(*part):
        if torch.is_grad_enabled(): torch.rand(1)
        return model(*part)
    torch.manual_seed(100)
    cached_backward(encode, parts_of(0), clip_loss)
    assert rel(model.image.weight.grad, want['image.weight']) > 1e-2

def test_cached_frozen_and_scaled():
    "A frozen tower gets no gradient, and what `backward` does to the loss reaches every parameter."
    both = []
    for factor in 1,8:
        model = Towers(False)
        model.image.requires_grad_(False)
        cached_backward(model, list(zip(*(o.split(6) for o in batch()))), chunked_clip_loss,
            backward=lambda l: (factor*l).backward())
        both.append(grads(model))
    assert 'image.weight' not in both[0] and 'text.0.weight' in both[0]
    want = step(Towers(False), clip_loss, *batch())
    for k in both[0]:
        assert rel(both[0][k], want[k]) < 1e-5 and rel(both[1][k], 8*want[k]) < 1e-5

def test_cached_in_one_part_and_none():
    model,calls = Towers(False),[]
    value = cached_backward(lambda *x: calls.append(0) or model(*x), [batch()], clip_loss)
    want = step(Towers(False), clip_loss, *batch())
    assert len(calls)==1
    assert rel(value, want['loss']) < 1e-6
    assert rel(model.image.weight.grad, want['image.weight']) < 1e-6
    with pytest.raises(ValueError, match='no parts'): cached_backward(model, [], clip_loss)

def test_cached_adds_to_what_is_there():
    model = Towers(True)
    cached_backward(model, [batch()], siglip_loss, model.logit_bias)
    once = [p.grad.clone() for p in model.parameters()]
    cached_backward(model, list(zip(*(o.split(5) for o in batch()))), siglip_loss, model.logit_bias)
    for p,g in zip(model.parameters(), once): assert rel(p.grad, 2*g) < 1e-5

# Precision, memory, sentences ---------------------------------------------------------------------------------------

def vectors(b, d, dtype=torch.float32):
    g = torch.Generator().manual_seed(0)
    return [F.normalize(torch.randn(b,d,generator=g), dim=-1).to(dtype).requires_grad_() for _ in range(2)]

def run(loss, x, y, s, bias=None):
    value = loss(x, y, s, bias)
    return [value.detach(), *torch.autograd.grad(value, [o for o in (x,y,s,bias) if o is not None])]

@pytest.mark.parametrize('scale', [1.,100.])
@pytest.mark.parametrize('name', losses)
def test_extreme_scales(name, scale):
    "Blind and near-certain vectors, at both ends of the logit scale: exact in float64, close in float32."
    x,y = vectors(50, 8, torch.float64)
    y = F.normalize(x.detach()+y.detach()/2, dim=-1).requires_grad_()
    s = torch.tensor(scale, dtype=torch.float64, requires_grad=True)
    bias = torch.tensor(-10., dtype=torch.float64, requires_grad=True) if name=='siglip' else None
    want,got = run(by_definition, x, y, s, bias),run(losses[name], x, y, s, bias)
    for a,b in zip(got, want, strict=True): assert rel(a, b) < 1e-11
    # float32 rounds logits of 100 by up to 4e-6, and exponentials by as much
    small = run(losses[name], *(None if o is None else o.detach().float().requires_grad_() for o in (x,y,s,bias)))
    for a,b in zip(small, want, strict=True): assert rel(a.double(), b) < (1e-5 if scale==1 else 1e-3)

def test_chunked_computes_in_float32():
    "Under autocast and for half-precision vectors too; gradients have the vectors' type."
    x,y = vectors(40, 16, torch.bfloat16)
    s = torch.tensor(20., requires_grad=True)
    want = run(chunked_clip_loss, x.detach().float().requires_grad_(), y.detach().float().requires_grad_(), s)
    with torch.autocast('cpu', dtype=torch.bfloat16): got = run(chunked_clip_loss, x, y, s)
    assert got[0].dtype==torch.float32 and got[1].dtype==torch.bfloat16
    assert rel(got[0], want[0]) < 1e-6 and rel(got[3], want[3]) < 1e-5 and rel(got[1].float(), want[1]) < 1e-2

@pytest.mark.parametrize('name', losses)
def test_memory(name, monkeypatch):
    "Memory, forward and backward, grows with the batch for chunked and siglip, with its square for the others."
    monkeypatch.syspath_prepend(Path(__file__).parent.parent/'benchmarks')
    from dense_head import peak_mb
    loss = partial(losses[name], chunk=128) if name in ('chunked','siglip') else losses[name]
    def peak(b): return peak_mb(lambda: run(loss, *vectors(b, 8), s), torch.device('cpu'))
    s = torch.tensor(10., requires_grad=True)
    small,big = peak(1024),peak(4096)
    if name in ('chunked','siglip'): assert big < 4.4*small and big < 8*128*4096*4/2**20
    else: assert big > 12*small and big > 2*4096*4096*4/2**20

@pytest.mark.parametrize('name', losses)
def test_sentences(name):
    (x,y),s = vectors(6, 4),torch.tensor(3.)
    for a,b in ((x,y[:5]),(x[:5],y),(x,y[:,:3]),(x[:,:3],y),(x[0],y[0]),(x[None],y[None])):
        with pytest.raises(ValueError, match='one text'): losses[name](a, b, s)
    with pytest.raises(ValueError, match='no pairs'): losses[name](x[:0], y[:0], s)
    for bad in math.nan,math.inf: # it is for the training loop to stop, so nothing may hide it
        z = y.detach().clone()
        z[[1,4],2] = bad
        assert not losses[name](x, z, s).isfinite()
    assert losses[name](x, y, s*math.nan).isnan()
    if name!='siglip':
        with pytest.raises(ValueError, match='softmax'): losses[name](x, y, s, torch.tensor(-10.))

def test_no_gradient_of_a_gradient():
    "The first derivative of the chunked loss is the same where a second is asked for; the second is refused."
    x,y = vectors(6, 4)
    s = torch.tensor(3.)
    plain, = torch.autograd.grad(chunked_clip_loss(x, y, s), x)
    first, = torch.autograd.grad(chunked_clip_loss(x, y, s), x, create_graph=True)
    assert torch.equal(first, plain)
    with pytest.raises(RuntimeError, match='once_differentiable'): first.sum().backward()

def test_random_state_of_the_accelerator(monkeypatch):
    "Each part is embedded again from the accelerator's state before it, which is not the CPU's."
    class Device:
        "Counts, as a generator would go on."
        state,seen = torch.tensor([100]),[]
        def get_rng_state(self): return self.state.clone()
        def set_rng_state(self, state):
            self.state = state
            self.seen.append(state.item())
    device = Device()
    monkeypatch.setattr(torch.accelerator, 'is_available', lambda: True)
    monkeypatch.setattr(torch, 'get_device_module', lambda *_: device)
    model = Towers(False)
    def encode(*part):
        device.state = device.state+1
        return model(*part)
    cached_backward(encode, list(zip(*(o.split(6) for o in batch()))), clip_loss)
    assert device.seen==[100,101,102]

def test_bias_is_saved(tmp_path):
    "With the model, and only where there is one."
    from clippy.saved import load
    for bias in None,-10:
        model = clippy_model(bias)
        state = load(model.save(tmp_path/'m')).state_dict()
        assert set(state)==set(model.state_dict()) and ('logit_bias' in state)==(bias is not None)
    assert state['logit_bias']==-10 and math.isclose(state['logit_scale'].exp(), 10, rel_tol=1e-6)
