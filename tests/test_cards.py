"`clippy.cards`: NCCL where each process has a card, gloo where it has not, and a sentence where that is no use."
import json, platform
from types import SimpleNamespace

import pytest, torch

import clippy.cards as C
import clippy.record as R
import clippy.train as T
from clippy.eval import evaluate
from small import scenes

launcher = dict(LOCAL_RANK='1', RANK='1') # what torchrun tells its processes
elastic = launcher | dict(TORCHELASTIC_RUN_ID='none')

def by_srun(n, machines): # as the usual script makes of it what PyTorch wants to know
    slurm = dict(SLURM_NTASKS=str(n), SLURM_TASKS_PER_NODE=machines)
    return launcher | slurm | dict(WORLD_SIZE=str(n))

@pytest.mark.parametrize('env,cards,expected', [
    ({}, 0, 'gloo'), # alone, no card
    ({}, 1, 'nccl'),
    (elastic|dict(LOCAL_WORLD_SIZE='2', WORLD_SIZE='2'), 0, 'gloo'),
    (elastic|dict(LOCAL_WORLD_SIZE='2', WORLD_SIZE='2'), 1, 'gloo'), # two processes on one card
    (elastic|dict(LOCAL_WORLD_SIZE='2', WORLD_SIZE='2'), 2, 'nccl'),
    (elastic|dict(LOCAL_WORLD_SIZE='8', WORLD_SIZE='8'), 8, 'nccl'),
    (elastic|dict(LOCAL_WORLD_SIZE='9', WORLD_SIZE='9'), 8, 'gloo'),
    (elastic|dict(LOCAL_WORLD_SIZE='8', WORLD_SIZE='32'), 8, 'nccl'), # four machines
    (elastic|dict(LOCAL_WORLD_SIZE='1', WORLD_SIZE='4'), 1, 'nccl'), # four machines with a card each
    (launcher|dict(WORLD_SIZE='2'), 1, 'gloo'), # who does not say how many are here has them all here
    (dict(SLURM_PROCID='3', WORLD_SIZE='8', LOCAL_RANK='3'), 1, 'nccl'), # srun gave each process its own card
    (by_srun(32, '8(x4)'), 8, 'nccl'), # srun, four machines, all cards for all; what the script exports says no more
    (by_srun(28, '8(x3),4'), 8, 'nccl'),
    (by_srun(28, '4,8(x3)'), 4, 'gloo'),
    (by_srun(2, '2'), 1, 'gloo'),
    (by_srun(1, '1')|dict(WORLD_SIZE='2'), 1, 'gloo'), # started by hand inside an allocation, both here
    (dict(OMPI_COMM_WORLD_LOCAL_SIZE='8', OMPI_COMM_WORLD_RANK='3'), 8, 'nccl'), # mpirun, all cards for all
    (dict(SLURM_PROCID='0', TORCHELASTIC_RUN_ID='a', LOCAL_WORLD_SIZE='2'), 1, 'gloo'), # torchrun inside srun
])
def test_the_backend(env, cards, expected):
    assert C.backend(C.processes_here(env), cards, C.own_card(env, cards))==expected

@pytest.mark.parametrize('cpu', [True,False])
@pytest.mark.parametrize('cards,processes,backend', [(0,2,None), (1,1,None), (1,2,'gloo'), (2,2,None), (8,9,'gloo')])
def test_what_accelerate_is_told(cpu, cards, processes, backend, monkeypatch):
    "gloo by name where processes share a card; otherwise accelerate chooses: NCCL for cards, gloo for a CPU."
    told = []
    monkeypatch.setattr(C, 'PartialState', lambda **how: told.append(how))
    monkeypatch.setattr(torch.accelerator, 'is_available', lambda: cards>0)
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: cards>0)
    monkeypatch.setattr(torch.cuda, 'device_count', lambda: cards)
    for k,v in dict(LOCAL_WORLD_SIZE=processes, TORCHELASTIC_RUN_ID='a').items(): monkeypatch.setenv(k, str(v))
    C.join(cpu)
    on_cpu = cpu or not cards
    assert told==[dict(cpu=on_cpu) | (dict(backend=backend) if backend and not on_cpu else {})]

def sharing(n=2): return SimpleNamespace(num_processes=n, device=torch.device('cuda', 0), backend='gloo')

def test_who_shares_a_card():
    assert C.shares_a_card(sharing()) and not C.shares_a_card(sharing(1))
    for k,v in dict(device=torch.device('cpu'), backend='nccl').items():
        assert not C.shares_a_card(SimpleNamespace(**vars(sharing())|{k:v}))

def test_a_model_is_not_spread_over_one_card(monkeypatch, tmp_path):
    "--fsdp with two processes on one card is a sentence, before anything is built."
    monkeypatch.setattr(T, 'join', lambda cpu: sharing())
    with pytest.raises(ValueError, match='one process for each card'):
        T.train([], **scenes|dict(cpu=False), fsdp=True, logs=str(tmp_path/'logs'))
    assert not (tmp_path/'logs').exists()

def test_the_plan_says_so(monkeypatch, tmp_path, capsys):
    "A run whose processes share a card says what that costs."
    monkeypatch.setattr(T, 'shares_a_card', lambda state: True)
    run = T.Run(T.with_recipe(scenes|dict(logs=str(tmp_path))), [])
    assert 'share a card, so they talk by gloo' in run.plan()

def test_a_cpu_run_leaves_the_card_alone(monkeypatch, tmp_path):
    "With --cpu nothing is pinned and AdamW is not the fused one, whatever there is."
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: True)
    run = T.Run(T.with_recipe(scenes|dict(logs=str(tmp_path))), [])
    assert run.acc.device.type=='cpu' and not run.loader.pin and not run.opt.optimizer.defaults.get('fused')

def test_what_a_processor_computed_is_recorded_so(monkeypatch, tmp_path):
    "A card that is there is neither named in metrics and results of a CPU, nor asked for its name."
    def touched(*_): raise AssertionError('the card was touched')
    cuda = SimpleNamespace(is_available=lambda: True, get_device_name=touched)
    monkeypatch.setattr(R, 'torch', SimpleNamespace(device=torch.device, uint8=torch.uint8, cuda=cuda))
    run = T.train([], **scenes|dict(logs=str(tmp_path), steps=2))
    written = json.loads((run.folder/'metrics.json').read_text())
    measured = evaluate(run.eval_model, 'scenes', limit=4, bootstrap_samples=0)
    assert {r['versions']['device'] for r in (written, measured)}=={platform.machine()}
