"`clippy.questions`: what a visitor types is answered, or refused in a sentence and at once."
import time

import numpy as np, pytest

from clippy.questions import ask_groups, ask_words, draw_examples, note_on
from clippy.saved import load

@pytest.fixture(scope='module')
def images(): return draw_examples()

@pytest.mark.parametrize('w,b,said', [('cat,'*101, '', '101 words'),
    ('cat', ','.join(map(str, range(100))), '101 words'), ('c'*101, '', 'longer than 100 letters'),
    ('cat', 'c'*101, 'longer than 100 letters'),
    ('ab,'*700_000, '', 'letters'), ('cat', 'a'*2**20, 'letters'), (['cat'], '', 'Words are text'),
    ('cat', dict(a=1), 'Words are text'), ('\udc80', '', 'halves')])
def test_many_words(images, w, b, said):
    "Words that would take time and memory are refused at once."
    model = load('scenes')
    start = time.thread_time() # however busy the machine is
    with pytest.raises(ValueError, match=said): ask_words(model, images[0], w, b)
    assert time.thread_time()-start<2

def test_most_words(images):
    "As many words as are allowed, as long as they may be, are answered."
    many = ','.join(f'{i:0>100}' for i in range(100))
    assert len(ask_words(load('scenes'), images[0], many).labels)==101

@pytest.mark.parametrize('n', [0, 17, -1, 1e9, float('nan'), float('inf'), '3', None, True, [3]])
def test_bad_numbers(images, n):
    with pytest.raises(ValueError, match='number from 1 to 16'): ask_groups(load('scenes'), images[0], n)
    if n not in (0, True):
        with pytest.raises(ValueError, match='number from 0 to 1'): ask_words(load('scenes'), images[0], 'cat', '', n)

@pytest.mark.parametrize('line,background', [('auto', 'auto'), (' Auto ', 'auto'), ('none', ()), ('', ()), (' ,', ()),
    (None, ()), ('sky, road', ['sky','road'])])
def test_background_of_a_visitor(images, line, background):
    "`auto` is the model's own list, an empty line none; each of two models has its own."
    for name in 'scenes','scenes-cls':
        model = load(name)
        want = model.segment(images[0], ['car','fish'], background)
        assert np.array_equal(ask_words(model, images[0], 'car, fish', line).mask, want.mask)
    model.background = ['fog']
    first,second = [ask_words(m, images[0], 'car, fish', line) for m in (load('scenes'), model)]
    others = ['fog'] if background=='auto' else background
    assert np.array_equal(second.mask, model.segment(images[0], ['car','fish'], others).mask)

def test_note_on_a_single_word():
    "One word against nothing gets a sentence; against the model's own words, others or a second word none."
    model = load('scenes')
    assert note_on([model], 'car', '').startswith('car is the only word') and note_on([model], 'car', 'none')
    asked = ('car', 'auto'), ('car, fish', ''), ('car', 'sky')
    assert [note_on([model], *question) for question in asked]==['','','']
    bare = load('scenes')
    bare.background = ()
    assert note_on([model,bare], 'car', 'auto').startswith('car is the only word')

def test_a_hundred_words_and_auto(images):
    "`auto` and `none` are no words of the question, so they do not count."
    many = ','.join(map(str, range(100)))
    for line in 'auto','none': assert len(ask_words(load('scenes'), images[0], many, line).labels)==101
    with pytest.raises(ValueError, match='auto stands alone'): ask_words(load('scenes'), images[0], 'cat', 'auto, sky')
