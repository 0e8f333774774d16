"A training step on 1 to 512 cards, computed from what one card showed and from the bandwidth of its links."
import json, math
from dataclasses import asdict, dataclass

import torch
from fastcore.script import call_parse

from clippy.console import table
from record import machine, save

@dataclass
class Assumed:
    "All that the table rests on."
    batch:int = 1024 # pairs of a card
    width:int = 768 # numbers of a vector, float32 when they are gathered
    step:float = .34757 # seconds on one card: `levers-cuda.json`, our defaults
    backward:float = .6 # share of the step in which gradients become known
    hidden:float = .8 # share of that time behind which DDP's all-reduce can hide; the last bucket never can
    parameters:float = 196e6 # ViT-B/16 and the encoder of T5-base, gradients in float32
    cards_per_machine:int = 8
    nvlink:float = 360e9 # bytes/s and card that NCCL moves inside a machine (900 GB/s both ways on paper)
    network:float = 320e9 # the same between machines, with eight cards of 400 Gb/s in each (400 GB/s on paper)
    latency:float = 20e-6 # seconds for each doubling of the number of cards, and each exchange
    local_loss:float = .052 # seconds, forward and backward, 16,384 x 16,384 pairs, float32, one H200
    chunked_loss:float = .047 # the same in blocks of 512 rows
    local_matrices:float = 4. # of all own rows and all columns, that are there at one time: `loss-cpu.json`
    chunked_matrices:float = 5.75 # of 512 rows
    decoded:float = 475. # images/s of a core: `data-cpu.json`, 500 x 375, simplejpeg
    cores:int = 16 # for each card
    image_bytes:float = 25e3 # of a JPEG at 256 px

def moved(size, cards, a, twice=False)->float: # seconds
    "An all-gather to `size` bytes on each card; `twice`: an all-reduce of so many."
    if cards==1: return 0.
    link = a.nvlink if cards<=a.cards_per_machine else a.network
    return (1+twice)*((cards-1)/cards*size/link+math.log2(cards)*a.latency)

def shared(loss, cards, a)->tuple: # bytes: of vectors, of column sums
    "What the loss has from all cards."
    pairs = cards*a.batch
    vectors = pairs*a.width*4
    return (2*vectors, 0) if loss=='local' else (vectors, pairs*4)

def exchanged(vectors, sums, cards, a)->float: # seconds
    "Vectors are gathered, and their gradient is reduced; sums of columns are reduced twice, and their gradient once."
    took = moved(vectors, cards, a)+moved(vectors, cards, a, twice=True)
    return took+3*moved(sums, cards, a, twice=True) if sums else took

def row(loss, cards, a)->dict:
    "One line of the table: seconds of each part, and memory."
    pairs = cards*a.batch
    vectors,sums = shared(loss, cards, a)
    local = loss=='local'
    exchange = exchanged(vectors, sums, cards, a)
    products = (a.local_loss if local else a.chunked_loss)*a.batch*pairs/16384**2
    reduced = moved(a.parameters*4, cards, a, twice=True)
    bucket = moved(25e6, cards, a, twice=True)
    shown = max(bucket, reduced-a.hidden*a.backward*a.step) if cards>1 else 0.
    data = a.batch/(a.cores*a.decoded)
    step = max(a.step+exchange+products+shown, data)
    matrix = pairs*4*(a.batch*a.local_matrices if local else 512*a.chunked_matrices)
    return dict(loss=loss, cards=cards, pairs=pairs, towers=a.step, exchange=exchange, products=products,
        gradients=reduced, gradients_shown=shown, data=data, seconds=step, pairs_per_s=pairs/step,
        efficiency=a.step/step, loss_gb=(vectors+sums+matrix)/1e9, read_gb_per_s=pairs/step*a.image_bytes/1e9)

def show(rows)->str:
    def cells(r):
        times = (f"{1e3*r[k]:.1f}" for k in ('towers','exchange','products','gradients','gradients_shown','data'))
        return (r['cards'], f"{r['pairs']:,}", r['loss'], *times, f"{1e3*r['seconds']:.0f}",
            f"{r['pairs_per_s']:,.0f}", f"{100*r['efficiency']:.0f}", f"{r['loss_gb']:.1f}",
            f"{r['read_gb_per_s']:.2f}")
    head = ('cards','pairs','loss','towers, ms','vectors, ms','loss, ms','gradients, ms','of them not hidden',
        'data, ms','step, ms','pairs/s','of one card, %','loss, GB','read, GB/s')
    return str(table([cells(r) for r in rows], head, (0,1,*range(3, len(head)))))

@call_parse
def main(
    cards:str='1,8,64,512', # Numbers of cards
    set:str='', # Assumptions to change, as JSON: {"batch": 256}
    out:str='', # JSON file; none: the kept result
):
    "Compute the step on many cards."
    a = Assumed(**json.loads(set or '{}'))
    losses = 'local','chunked'
    rows = [row(loss, n, a) for n in map(int, cards.split(',')) for loss in losses[:1 if n==1 else None]]
    save('scaling', out, machine(torch.device('cpu')), asdict(a), rows, show(rows))
