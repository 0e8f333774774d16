"`clippy.record`: what a number depends on: versions, the weights, and the memory that it took."
import hashlib, platform
from importlib.metadata import version

import torch
from torch import nn

from clippy.record import manifest, peak_memory, weights_hash

def test_versions():
    "Of Python and of each package, as they are installed."
    found = manifest()
    assert found['python']==platform.python_version() and found['device']
    for name in ('torch','timm','numpy','transformers'): assert found[name]==version(name)

def layer(**changes):
    torch.manual_seed(0)
    return nn.Sequential(*(nn.Linear(3, 2) for _ in range(2))).to(**changes)

def test_a_hash_of_weights_by_hand():
    "SHA-256 over name, type, shape and bytes of each weight, in the order of the names."
    net,total = layer(),hashlib.sha256()
    for k,shape in ('0.bias','[2]'), ('0.weight','[2, 3]'), ('1.bias','[2]'), ('1.weight','[2, 3]'):
        total.update(f'{k} torch.float32 {shape}'.encode())
        total.update(net.state_dict()[k].numpy().tobytes())
    assert weights_hash(net)==total.hexdigest()[:16]

def test_every_weight_counts():
    "One number, another type or another name is another hash; how the numbers lie in memory is not."
    net,seen = layer(),[weights_hash(layer()), weights_hash(layer(dtype=torch.float16))]
    with torch.no_grad(): net[1].bias[1] += 1e-6
    seen += [weights_hash(net), weights_hash(nn.Sequential(layer()))]
    assert len(set(seen))==4
    turned = layer()
    turned[0].weight = nn.Parameter(turned[0].weight.detach().t().contiguous().t())
    assert weights_hash(turned)==seen[0]

def test_peak_memory():
    "In MB, and what has been used once stays counted."
    before = peak_memory(torch.device('cpu'))
    used = torch.ones(60<<20)
    after = peak_memory(torch.device('cpu'))
    del used
    assert 50<before<=after and after>=240 and peak_memory(torch.device('cpu'))>=after
