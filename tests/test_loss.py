"Two gloo processes give the loss and gradients of one process with the joined batch."
import os, socket
import pytest, torch, torch.distributed as dist, torch.multiprocessing as mp
import torch.nn.functional as F
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from clippy.loss import clip_loss

B,D_IN,D = 16,24,12

class Towers(nn.Module):
    "Two little towers and a logit scale: all that the loss can move."
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.image,self.text = nn.Linear(D_IN,D),nn.Sequential(nn.Linear(D_IN,D),nn.Tanh(),nn.Linear(D,D))
        self.logit_scale = nn.Parameter(torch.tensor(2.6593))
    def forward(self, x, y): return F.normalize(self.image(x), dim=-1), F.normalize(self.text(y), dim=-1), self.logit_scale.exp()

def batch():
    g = torch.Generator().manual_seed(1)
    return torch.randn(B,D_IN,generator=g), torch.randn(B,D_IN,generator=g)

def step(model, x, y):
    x,y = x.clone().requires_grad_(),y.clone().requires_grad_()
    loss = clip_loss(*model(x,y))
    loss.backward()
    return loss.detach(), x.grad, y.grad, {k.removeprefix('module.'):p.grad for k,p in model.named_parameters()}

def worker(rank, world, port, folder):
    os.environ.update(MASTER_ADDR='127.0.0.1', MASTER_PORT=str(port))
    torch.set_num_threads(1)
    dist.init_process_group('gloo', rank=rank, world_size=world)
    mine = slice(rank*B//world, (rank+1)*B//world)
    loss,gx,gy,gw = step(DistributedDataParallel(Towers()), *(o[mine] for o in batch()))
    torch.save(dict(loss=loss, gx=gx, gy=gy, gw=gw), f'{folder}/{rank}.pt')
    dist.destroy_process_group()

def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]

def rel(a, b): return ((a-b).norm()/b.norm()).item()

@pytest.mark.parametrize('world', [2,4])
def test_processes_equal_one(world, tmp_path):
    loss,gx,gy,gw = step(Towers(), *batch())
    mp.spawn(worker, (world, free_port(), str(tmp_path)), nprocs=world)
    got = [torch.load(tmp_path/f'{r}.pt', weights_only=True) for r in range(world)]
    assert rel(torch.stack([o['loss'] for o in got]).mean(), loss) < 1e-5
    # gradients of a process's inputs are those of the sum of all local losses: world times the mean
    assert rel(torch.cat([o['gx'] for o in got])/world, gx) < 1e-5
    assert rel(torch.cat([o['gy'] for o in got])/world, gy) < 1e-5
    assert set(gw)==set(got[0]['gw'])
    for k in gw:
        for o in got: assert rel(o['gw'][k], gw[k]) < 1e-5, k

def test_gather_without_gradient_is_noticed():
    "The check above can fail: local gradients alone differ from the true ones."
    _,gx,*_ = step(Towers(), *batch())
    half = step(Towers(), *(o[:B//2] for o in batch()))[1]
    assert rel(half, gx[:B//2]) > 1e-2
