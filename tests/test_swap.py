"Things before other backgrounds: drawn, cut from photographs, from folders good and bad."
import numpy as np
import pytest
from PIL import Image

from clippy.swap import Swap, composite, photo_swap, scene_swap

@pytest.fixture(scope='module')
def swap(): return scene_swap(20)

@pytest.fixture
def rng(): return np.random.default_rng(0)

def noise(rng, h, w): return Image.fromarray(rng.integers(0, 256, (h,w,3), dtype=np.uint8))

# One thing before one background ------------------------------------------------------------------------------------

@pytest.fixture
def box():
    mask = np.zeros((20,30), bool)
    mask[6:12,8:20] = True
    return mask

@pytest.mark.parametrize('soft', [0,.5,2,6])
def test_composite(rng, box, soft):
    "The thing keeps every pixel, and far from it every pixel is the background's."
    old,new = rng.integers(0, 256, (2,20,30,3), dtype=np.uint8)
    made = composite(Image.fromarray(old), box, Image.fromarray(new), soft)
    assert (made[box]==old[box]).all()
    assert (made[:,:1]==new[:,:1]).all()

def test_edge_is_soft(box):
    "From a black thing to a white background it gets lighter outwards, in several steps."
    black,white = np.zeros((20,30,3), np.uint8),np.full((20,30,3), 255, np.uint8)
    edge = composite(black, box, white, 3)[8,19:26,0].astype(int)
    assert edge[0]==0 and edge[-1]==255 and (np.diff(edge)>=0).all() and len(set(edge))>3

@pytest.mark.parametrize('mask,background,what', [
    ((20,20), (20,20,3), 'must be of one size'),
    ((20,30), (20,30,4), 'must be of one size'),
    ((20,30), (20,30,3), 'empty')])
def test_composite_refuses(mask, background, what):
    "Other sizes, other channels and an empty mask are refused with what is wrong."
    with pytest.raises(ValueError, match=what):
        composite(np.zeros((20,30,3), np.uint8), np.zeros(mask, bool), np.zeros(background, np.uint8))

# Photographs --------------------------------------------------------------------------------------------------------

@pytest.fixture
def pair(rng):
    "A wide photograph with a thing at its border."
    mask = np.zeros((40,90), bool)
    mask[10:30,70:88] = True
    return noise(rng, 40, 90),mask

@pytest.fixture
def folder(tmp_path, rng):
    "Two backgrounds, and what is none."
    for name in ('b.png','a.jpg'): noise(rng, 50, 60).save(tmp_path/name)
    (tmp_path/'notes.txt').write_text('no image')
    return tmp_path

def test_photographs(pair, folder):
    "A thing at the border of a wide image stays whole; backgrounds are read from a folder in the order of their names."
    image,mask = pair
    made = photo_swap([pair]*2, ('x','x'), folder, 40, soft=0)
    assert made.backgrounds==('a','b') and made.images.shape==(2,2,40,40,3)
    assert made.masks[0].sum()==mask.sum()
    assert (made.images[0,0][made.masks[0]]==np.asarray(image)[mask]).all()
    Image.new('RGB', (9,9)).save(folder/'c.webp')
    assert photo_swap([pair]*2, ('x','x'), folder, 40, soft=0).backgrounds==('a','b','c')

def test_one_name_twice(pair, folder):
    "Two backgrounds of one name are refused, for nobody could tell their numbers apart."
    Image.new('RGB', (9,9)).save(folder/'a.png')
    with pytest.raises(ValueError, match='a more than once'): photo_swap([pair]*2, ('x','x'), folder)

def test_photographs_refused(pair, folder):
    "No folder, and a mask without a thing."
    image,mask = pair
    with pytest.raises(FileNotFoundError, match='not a folder'): photo_swap([pair]*2, ('x','x'), folder/'none')
    with pytest.raises(ValueError, match='empty'): photo_swap([(image, mask & False)]*2, ('x','x'), folder)

def test_swap_is_checked(swap):
    "Numbers that do not fit, a single thing and an empty mask are refused."
    few = swap.images[:2],swap.things[:2]
    with pytest.raises(ValueError, match='need 20 masks'):
        Swap(swap.images, swap.masks[:3], swap.things, swap.backgrounds)
    with pytest.raises(ValueError, match='two things'):
        Swap(swap.images[:1], swap.masks[:1], swap.things[:1], swap.backgrounds)
    with pytest.raises(ValueError, match='Thing 1 has an empty mask'):
        Swap(few[0], np.stack([swap.masks[0], swap.masks[0]&False]), few[1], swap.backgrounds)
