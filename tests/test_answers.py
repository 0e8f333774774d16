"What an answer shows and writes, counted by hand."
import numpy as np, pytest
from PIL import Image

from clippy.answers import Grouping, HeatMap, Segmentation, colours

@pytest.fixture
def seg():
    mask = np.zeros((4,6), np.uint8)
    mask[1:3,2:5] = 1
    mask[3,0] = mask[0,5] = 2
    scores = np.linspace(.1, .9, 24, dtype=np.float32).reshape(4,6)
    return Segmentation(Image.new('RGB', (6,4), (90,90,90)), ['other','boat','cat','dog'], mask, scores)

def test_regions_by_hand(seg):
    "Share, box and score of a label, counted pixel by pixel."
    boat,cat,dog = seg['boat'],seg['cat'],seg['dog']
    assert (boat.area, cat.area, dog.area)==(6/24, 2/24, 0)
    assert (boat.box, cat.box, dog.box)==((2,1,5,3), (0,0,6,4), None)
    assert boat.score==pytest.approx(np.mean([seg.scores[y,x] for y in (1,2) for x in (2,3,4)]))
    assert cat.score==pytest.approx((seg.scores[3,0]+seg.scores[0,5])/2)
    assert dog.score==0
    other = pytest.approx(float(seg.scores[seg.mask==0].mean()), abs=1e-4)
    regions = [dict(label='other', area=round(16/24,5), score=other, box=(0,0,6,4)),
        dict(label='boat', area=.25, score=pytest.approx(boat.score, abs=1e-4), box=(2,1,5,3)),
        dict(label='cat', area=round(2/24,5), score=pytest.approx(cat.score, abs=1e-4), box=(0,0,6,4))]
    assert seg.to_dict()==dict(size=(6,4), regions=regions)
    assert repr(seg)=='Segmentation(other 66.7%, boat 25.0%, cat 8.3%)'
    assert [r.label for r in seg]==['other','boat','cat','dog']

def test_colours_of_a_mask(seg, tmp_path):
    "Each number has the colour of its entry in the legend, the largest first; what is written has the numbers."
    over = np.asarray(seg.overlay(1.))
    assert len({tuple(c) for c in colours()[:40].tolist()})==40
    for k in range(3): assert (over[seg.mask==k]==colours()[k]).all()
    half = np.asarray(seg.overlay(.5)).astype(int)
    assert np.abs(half-(colours()[seg.mask].astype(int)+90)/2).max()<=1
    shown = np.asarray(seg.with_legend())
    column = [tuple(c) for c in shown[4*-(-320//6):,4].tolist()]
    colour = [tuple(c) for c in colours()[:4].tolist()]
    order = [k for _,k in sorted((column.index(colour[k]), k) for k in range(3))]
    assert order==[0,1,2]
    assert colour[3] not in column and shown.shape[1]==6*54
    assert np.array_equal(np.asarray(Image.open(seg.save_mask(tmp_path/'m.png'))), seg.mask)

def test_groups_by_hand(seg):
    "Groups are counted as regions are."
    few = Grouping(seg.image, np.where(seg.mask==1, 2, 1).astype(np.uint8))
    assert few.to_dict()==dict(size=(6,4), groups={1:.75, 2:.25})
    assert repr(few)=='Grouping(2 groups)'

def test_a_flat_map_is_black():
    "A similarity that is the same everywhere has no least and no most."
    assert not HeatMap(Image.new('RGB', (4,4)), 'flat', np.full((4,4), .3, np.float32)).mask.any()
