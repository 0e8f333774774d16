"One step on several processes."
import math
from types import SimpleNamespace

import pytest, torch

import clippy.step as S

def test_scalars_of_a_spread_model(monkeypatch):
    "The logit scale, which is not spread, gets the mean of the processes' gradients; the norm is of all together."
    model = torch.nn.Module()
    model.matrix = torch.nn.Parameter(torch.zeros(2,2))
    model.scale = torch.nn.Parameter(torch.tensor(1.))
    model.matrix.grad = torch.full((2,2), 3.)
    model.scale.grad = torch.tensor(2.)
    acc = SimpleNamespace(num_processes=2, unscale_gradients=lambda: None)
    monkeypatch.setattr(S, 'sharded', lambda model: True)
    monkeypatch.setattr(S.dist, 'all_reduce', lambda grad: grad.add_(14.)) # the other process has 14
    total = S.clip_gradients(acc, model, 100.)
    assert model.scale.grad.item()==8. and model.matrix.grad.eq(3).all() # (2 + 14)/2
    assert total.item()==pytest.approx(math.sqrt(4*9+64))
    model.scale.grad = torch.tensor(2.)
    S.clip_gradients(acc, model, 1.)
    squares = model.scale.grad.square()+model.matrix.grad.square().sum()
    assert squares.item()==pytest.approx(1, rel=1e-4)
    assert model.scale.grad.item()==pytest.approx(.8, rel=1e-4)
