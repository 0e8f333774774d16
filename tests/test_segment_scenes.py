"Tasks on drawn scenes: things and backgrounds apart, one thing by its name, and figures."
import numpy as np
import pytest

from clippy.eval import evaluate, find_task, pick_protocol
from clippy.saved import load
from clippy.scenes import Scenes, names, things
from plain_model import plain_answers

@pytest.fixture(scope='module')
def model(): return load('scenes')

def test_things_and_backgrounds_apart(model):
    "Their means are those of the IoUs in the details, absent classes left out."
    r = evaluate(model, 'scenes', limit=6, bootstrap_samples=0)
    each = np.array([np.nan if v is None else v for v in r.details['iou'].values()])
    assert r.numbers['thing_miou']==pytest.approx(np.nanmean(each[:10]))
    assert r.numbers['background_miou']==pytest.approx(np.nanmean(each[10:]))
    assert list(r.details['iou'])==list(names)

def test_one_thing(model):
    "Accuracy is that of plain code on scenes with one thing, of the seed after that of the other scenes."
    scenes = list(Scenes(12, seed=1_000_001, n_things=1))
    answers = plain_answers(model, [s.image for s in scenes], things)
    right = np.mean([things[a]==s.things[0] for a,s in zip(answers, scenes)])
    assert evaluate(model, 'scenes-one', number=12, bootstrap_samples=0).numbers=={'accuracy':pytest.approx(right)}

@pytest.mark.parametrize('task,columns', [('scenes',8), ('scenes-things',4)])
def test_figures(model, task, columns):
    "Three rows: image, ground truth, prediction."
    job = find_task(task)('', pick_protocol(find_task(task)), model)
    assert len(job.figure(model).axes)==3*columns
