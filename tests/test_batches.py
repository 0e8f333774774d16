"Which scenes and birds are in a batch depends on seed, epoch and step alone."
import json
from types import SimpleNamespace

import pytest

from clippy.batches import SceneLoader, captions_for_tokenizer, make_loader, which_data
from clippy.model import Config
from shards import jpeg, write

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

def test_a_caption_column_that_is_not_there(tmp_path):
    "A column that no sample has is refused with the columns that there are; what is weighted goes to the loader."
    about = json.dumps(dict(raw='a', columns=dict(llava=['b']), width=24)).encode()
    folder = write(tmp_path/'s', [dict(jpg=jpeg(i), json=about, txt=b'c') for i in range(4)], 2)
    options = SimpleNamespace(train_data=str(folder), batch_size=2, accum_freq=1, seed=0, train_num_samples=0,
        workers=0, cache='', cache_gb=0, cache_features='', max_sample_mb=1, caption_column='raw,llawa')
    with pytest.raises(ValueError, match="'llawa': their columns are llava, raw, txt. Did you mean llava"):
        make_loader(options, Config(image_size=16))
    options.caption_column = 'llava:0.5,txt'
    assert make_loader(options, Config(image_size=16)).columns==dict(llava=.5, txt=1)
    assert captions_for_tokenizer(options)==['b','c']*4
