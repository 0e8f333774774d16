"`clippy.questions`: what a visitor types is answered, or refused in a sentence and at once."
import time

import pytest

from clippy.questions import ask_groups, ask_words, draw_examples
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
    start = time.perf_counter()
    with pytest.raises(ValueError, match=said): ask_words(load('scenes'), images[0], w, b)
    assert time.perf_counter()-start<2

def test_most_words(images):
    "As many words as are allowed, as long as they may be, are answered."
    many = ','.join(f'{i:0>100}' for i in range(100))
    assert len(ask_words(load('scenes'), images[0], many).labels)==101

@pytest.mark.parametrize('n', [0, 17, -1, 1e9, float('nan'), float('inf'), '3', None, True, [3]])
def test_bad_numbers(images, n):
    with pytest.raises(ValueError, match='number from 1 to 16'): ask_groups(load('scenes'), images[0], n)
    if n not in (0, True):
        with pytest.raises(ValueError, match='number from 0 to 1'): ask_words(load('scenes'), images[0], 'cat', '', n)
