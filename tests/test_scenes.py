"`clippy.scenes`: the same in every process and at every size, and the sentences for what cannot be drawn."
import subprocess, sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest

from clippy.scenes import (Scenes, backgrounds, captions, data_hash, draw_scene, names, palette, things,
    write_folder)

def _drawn(index):
    s = draw_scene(3, index)
    return s.image.tobytes(), s.mask.tobytes(), s.caption

def test_same_in_two_spawned_processes():
    order = list(range(40))
    with ProcessPoolExecutor(2, mp_context=get_context('spawn')) as pool:
        assert list(pool.map(_drawn, order[::-1], chunksize=3))[::-1] == [_drawn(i) for i in order]

@pytest.fixture(scope='module')
def fresh():
    "What two interpreters say, whose hashes of text differ: the hash of the scenes, and which large modules are there."
    code = '''import sys
from clippy.scenes import data_hash
print(data_hash(), [m for m in ('torch','scipy','matplotlib','tqdm') if m in sys.modules])'''
    def begin(seed):
        command = [sys.executable, '-c', code]
        return subprocess.Popen(command, env={'PYTHONHASHSEED':seed}, stdout=subprocess.PIPE, text=True)
    return [p.communicate()[0].strip().split(' ', 1) for p in (begin('1'), begin('2'))]

def test_hash_in_a_fresh_interpreter(fresh):
    "Neither hash randomisation nor the import order matters"
    assert [h for h,_ in fresh]==[data_hash()]*2

def test_import_is_light(fresh): assert [large for _,large in fresh]==['[]']*2

@pytest.mark.parametrize('size', [32, 48, 64, 128, 300])
def test_sizes(size):
    for i in range(12):
        s,ref = draw_scene(1, i, size),draw_scene(1, i)
        assert s.image.shape == (size,size,3) and s.mask.shape == (size,size)
        assert s.image.dtype == s.mask.dtype == np.uint8
        assert (s.caption,s.things,s.background) == (ref.caption,ref.things,ref.background)
        assert {names[k] for k in np.unique(s.mask)} == {*s.things, s.background}

@pytest.mark.parametrize('n', [1, 2, 3, 4])
def test_everything_named_is_visible(n):
    least = 1
    for i in range(150):
        s = draw_scene(11, i, n_things=n)
        assert len(set(s.things)) == n and all(t in s.caption for t in s.things)
        least = min(least, *((s.mask==names.index(t)).mean() for t in s.things))
    assert least > .01 # of the image: 40 pixels of 64 x 64

@pytest.mark.parametrize('kw,words', [
    (dict(things=('car','zebra')), ["'zebra'", *things]),
    (dict(background='moon'), ["'moon'", *backgrounds]),
    (dict(n_things=9), ['1 to 4']), (dict(n_things=0), ['1 to 4']), (dict(things=()), ['1 to 4']),
    (dict(things=('car','cat'), n_things=3), ['2 things are named']),
])
def test_sentences(kw, words):
    with pytest.raises(ValueError) as e: draw_scene(0, 0, **kw)
    assert all(word in str(e.value) for word in words)
    with pytest.raises(ValueError): captions(1, **kw)

def test_fixed_choices():
    s = draw_scene(0, 0, things='boat', background='water')
    assert s.things == ('boat',) and s.background == 'water' and 'boat' in s.caption
    assert set(draw_scene(0, 0, things=('star','tree')).things) == {'star','tree'}
    kw = dict(background='snow', n_things=2)
    assert captions(20, 5, **kw) == [s.caption for s in Scenes(20, 5, **kw)]

def test_palette(): assert len(set(map(tuple, palette.tolist()))) == len(names)

def test_write_folder_refuses(tmp_path):
    (tmp_path/'notes.txt').write_text('mine')
    with pytest.raises(ValueError, match='not an empty folder'): write_folder(tmp_path, 2)
    assert [p.name for p in tmp_path.iterdir()] == ['notes.txt']
    with pytest.raises(ValueError, match='not an empty folder'): write_folder(tmp_path/'notes.txt', 2)
    with pytest.raises(ValueError, match='zebra'): write_folder(tmp_path/'new', 2, things='zebra')
    assert not (tmp_path/'new').exists()
    rows = (write_folder(tmp_path/'scenes', 2)/'captions.csv').read_text().splitlines()[1:]
    quoted = [f'"{c}"' if ',' in c else c for c in captions(2)]
    assert rows==[f'images/{i:05}.png,{c}' for i,c in enumerate(quoted)]
