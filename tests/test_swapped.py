"`clippy.swapped`: the background changes and the thing stays; birds in equal shares, the same in every process."
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from clippy.scenes import backgrounds, names, show_mask, things
from clippy.swapped import Birds, bird_names, swap_backgrounds

def _bird(index):
    s = Birds(40, 'test', seed=3)[index]
    return s.image.tobytes(), s.mask.tobytes(), s.caption, s.group

def test_same_in_a_spawned_process():
    with ProcessPoolExecutor(1, mp_context=get_context('spawn')) as pool:
        assert list(pool.map(_bird, range(40))) == [_bird(i) for i in range(40)]

def test_swaps_of_each_thing():
    for t in things:
        first,*rest = swap_backgrounds(2, 9, t)
        m = first.mask==names.index(t)
        assert m.any() and len(rest) == len(backgrounds)-1
        for s in rest: assert (s.mask==names.index(t)).tolist() == m.tolist() and (s.image[m]==first.image[m]).all()

def test_birds():
    for c in (.5, .8, .9, .95, .99, 1.):
        b = Birds(2000, correlation=c)
        home = [g[0]==g[1] for g in map(b.group, range(2000))]
        assert sum(home) == round(2000*c)
    for s in Birds(8, 'test'):
        assert s.names == bird_names and show_mask(s.mask, s.names).getpixel((0,0)) == s.mask[0,0]
    with pytest.raises(ValueError, match='train, test'): Birds(8, 'valid')
    with pytest.raises(ValueError, match='multiple of 4'): Birds(10, 'test')
    with pytest.raises(ValueError, match='between 0 and 1'): Birds(8, correlation=95)
    with pytest.raises(IndexError): Birds(8)[8]
