"Waterbirds, looked into: shares of four groups, answers that are counted right, votes that add up."
import json

import numpy as np
import pytest

from clippy.model import create_model
from clippy.swapped import Birds, bird_names
from clippy.waterbirds import bird_study, group_shares

@pytest.fixture(scope='module')
def model(): return create_model('clippy-scenes', captions=list(bird_names)).eval()

@pytest.fixture(scope='module')
def scenes(): return [Birds(16, 'test')[i] for i in range(16)]

def study(model, scenes, masks=None):
    images,groups = [s.image for s in scenes],[s.group for s in scenes]
    return bird_study(model, images, groups, bird_names[:2], bird_names[2:], masks)

def test_groups_need_two_images():
    "Variance within a group needs two images."
    with pytest.raises(ValueError, match='5, 0, 0, 0'): group_shares(np.ones((5,3)), np.zeros((5,2), int))

def test_accuracy(model, scenes):
    "The accuracy is the share of right answers, and where all are right there are no errors to show."
    found = study(model, scenes)
    right = np.array([s.group[0] for s in scenes])==found.answer
    assert found.numbers['accuracy']['average']==pytest.approx(right.mean())
    assert (found.errors() is None)==right.all()
    assert list(found.numbers['votes'])==['all']

def test_votes(model, scenes, tmp_path):
    "With masks, votes are counted on the bird and elsewhere, and each row of them adds up to one."
    found = study(model, scenes, [s.mask<2 for s in scenes])
    assert list(found.numbers['votes'])==['on_bird','elsewhere']
    for v in found.numbers['votes'].values(): assert np.array(v).sum(1)==pytest.approx(1)
    saved = json.loads(found.save(tmp_path/'birds.json').read_text())
    assert saved['numbers']['pictures']==[4]*4 and found._repr_png_()
