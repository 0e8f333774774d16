"What a tracker gets: numbers, and at each evaluation what the model makes of the same few images."
import io

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import clippy.train as T
from clippy.eval import find_task, pick_protocol
from clippy.measure import Evaluation
from clippy.scenes import Scenes
from clippy.trackers import as_image, drawn
from small import same

tiny = dict(train_num_samples=8, batch_size=4, epochs=2, workers=0, cpu=True, log_every=1, zeroshot_frequency=1)

@pytest.fixture
def few_captions(monkeypatch):
    captions = T.captions_for_tokenizer
    monkeypatch.setattr(T, 'captions_for_tokenizer', lambda options: captions(options, 100))

def events_of(folder):
    events = EventAccumulator(str(next(folder.rglob('events.out*')).parent), size_guidance=dict(images=0))
    return events.Reload()

def size(event): return Image.open(io.BytesIO(event.encoded_image_string)).size
def shown(figure): return [np.asarray(ax.images[0].get_array()) for ax in figure.axes]

def test_images_of_each_evaluation(tmp_path, few_captions, monkeypatch):
    """Beside the numbers, at every evaluation, for scenes and a task with masks: as many images as asked for, always
    the same ones. Training does not change by it, and with 0 there is none."""
    logged = dict(tiny, eval=['scenes','scenes-things'], eval_limit=4, report_to='tensorboard')
    drawn,log = [],T.log_figures
    def noted(acc, figures, step):
        drawn.append(figures)
        log(acc, figures, step)
    monkeypatch.setattr(T, 'log_figures', noted)
    monkeypatch.setattr(T.Run, 'finish', lambda run: None)
    runs = [T.train(**logged, logs=str(tmp_path/str(n)), name='run', tracker_images=n) for n in (2,0)]
    assert same(*runs) and len(drawn)==2
    events,none = (events_of(tmp_path/n) for n in '20')
    assert none.Tags()['images']==[] and sorted(events.Tags()['images'])==['scenes','scenes-things']
    for task in 'scenes','scenes-things':
        assert [e.step for e in none.Scalars(f'{task}/miou')]==[e.step for e in events.Scalars(f'{task}/miou')]==[2,4]
        assert [e.step for e in events.Images(task)]==[2,4]
        for e in events.Images(task): assert 300<max(size(e))<=2048 and len(e.encoded_image_string)<300_000
        first,last = (shown(figures[task]) for figures in drawn)
        assert len(first)==len(last)==6
        for a,b in zip(first[:4], last[:4]): assert np.array_equal(a, b) # two images and what is true of them
        assert any(not np.array_equal(a, b) for a,b in zip(first[4:], last[4:])) # and the answers change

def test_what_is_drawn(voc, boxed_model):
    "Image, truth and answer of images that are spread evenly, with the names that are seen; `some` says how many."
    kind = find_task('voc')
    job = kind(str(voc), pick_protocol(kind, templates='a {}.'), boxed_model)
    names = job.words()['names'] # text and class
    called = lambda k: {text for text,own in names if own==k}
    for n in 1,3:
        figure = drawn(job, boxed_model, n)
        assert len(figure.axes)==3*n
        targets = [np.asarray(Image.open(voc/f'SegmentationClass/{i*4//n}.png')) for i in range(n)]
        said = [text.get_text() for text in figure.legends[0].get_texts()]
        seen = {int(k) for target in targets for k in np.unique(target)} - {0,255}
        assert all(called(k) & {*said} for k in seen) and 'background' in said
        for ax,target in zip(figure.axes[n:2*n], targets, strict=True):
            shown = np.asarray(ax.images[0].get_array())
            assert shown.shape[:2]==target.shape and (shown[target==255]>=153).all() # what is ignored is white
    first = Scenes(2, seed=1_000_000)
    figure = drawn(Evaluation('scenes'), boxed_model, 2)
    assert len(figure.axes)==6 and (np.asarray(figure.axes[1].images[0].get_array())==first[1].image).all()

def test_an_image_is_bounded():
    "Whatever an evaluation draws, and whether or not it can be told how many."
    class Mine:
        def figure(self, model): return Figure(figsize=(300,2))
    assert max(as_image(drawn(Mine(), None, 4)).shape)==2048
    with pytest.raises(ValueError, match='tracker_images is 17, but must be at most 16'):
        T.with_recipe(dict(tracker_images=17))
