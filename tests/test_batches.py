"Which scenes and birds are in a batch depends on seed, epoch and step alone."
from types import SimpleNamespace

import pytest

from clippy.batches import SceneLoader, which_data
from clippy.model import Config

@pytest.mark.parametrize('birds', [0,3])
def test_numbers(birds):
    "By plain counting: no image twice, the birds last, and each process has its part of the batch of all."
    loader = SceneLoader(None, 4, 40, birds=birds, world=2)
    scenes,seen = 8-birds,[]
    for epoch in range(2):
        for step in range(5):
            parts = []
            for rank in range(2):
                one = SceneLoader(None, 4, 40, birds=birds, rank=rank, world=2)
                parts += one.numbers(epoch, step)
            first = 40*epoch+scenes*step
            assert parts[:scenes]==[('scene',first+i) for i in range(scenes)]
            assert parts[scenes:]==[('bird',(5*epoch+step)*birds+i) for i in range(birds)]
            seen += parts
    assert len(loader)==5 and len(set(seen))==len(seen)==80

def test_birds_are_other_data():
    "A run with birds has another hash of its data, so a checkpoint of one is none of the other."
    some = [SimpleNamespace(train_data='', seed=seed, birds=birds) for seed,birds in ((0,0), (0,2), (1,2))]
    assert len({which_data(options, Config(image_size=32)) for options in some})==3
