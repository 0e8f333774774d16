"Studies and their figures: what a number depends on changes with it."
import json

import numpy as np
import pytest
from matplotlib.figure import Figure

from clippy.figures import Study, depends_on, light, points
from clippy.model import create_model

@pytest.fixture(scope='module')
def model(): return create_model('clippy-scenes', captions=['a cat'])

def test_depends_on(model):
    "The hash of the images changes with one pixel, that of the weights with one weight; the seed is kept."
    image = np.zeros((4,4,3), np.uint8)
    first,again = (depends_on(model, [image], seed=2, names=('cat',)) for _ in range(2))
    assert first==again and (first['seed'],first['names'])==(2,('cat',))
    changed = image.copy()
    changed[0,0,0] = 1
    other = depends_on(model, [changed], seed=2)
    assert other['pictures']!=first['pictures'] and other['model']==first['model']
    model.logit_scale.data += 1
    assert depends_on(model, [image], seed=2)['model']!=first['model']

def test_saved(tmp_path):
    "A saved study is its numbers and what they depend on, with null where there is no number."
    path = Study(dict(a=float('nan'), b=[1]), dict(seed=3)).save(tmp_path/'study.json')
    assert json.loads(path.read_text())==dict(numbers=dict(a=None, b=[1]), seed=3)

def test_points_stand_at_their_values():
    "One point for each number and study, at its value, with its interval."
    fig = Figure()
    ax = fig.subplots()
    studies = dict(a=Study(dict(x=.5), {}), b=Study(dict(x=.25), {}))
    points(ax, studies, dict(one=lambda n: (n['x'],(n['x']-.1,n['x']+.2))))
    drawn = [bars.lines[0].get_xdata() for bars in ax.containers]
    assert [list(x) for x in drawn]==[[.5],[.25]]
    ends = [bars.lines[2][0].get_segments()[0][:,0] for bars in ax.containers]
    np.testing.assert_allclose(ends, [[.4,.7],[.15,.45]])
    assert light(fig, dpi=50).mode=='RGB'
