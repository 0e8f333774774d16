"Words as they are typed."
import pytest
from hypothesis import given, settings, strategies as st

from clippy.asked import words_of

@pytest.mark.parametrize('text,words', [
    ('cat,boat', ['cat','boat']), ('cat; a  boat\n', ['cat','a boat']), ('"salt, pepper",cat', ['salt, pepper','cat']),
    (' "a;b" ; c', ['a;b','c']), ('"a ""b"""', ['a "b"']), ('5" disk,x', ['5" disk','x']), (',, ,', []), ('', []),
    (None, []), ('a\r\nb\r\n"c,\nd"\r\n', ['a','b','c, d'])])
def test_words(text, words):
    "Commas, semicolons and line ends part words; in double quotes they belong to one."
    assert words_of(text)==words

@pytest.mark.parametrize('text', ['"a', 'b,"a,c', '"a"b', '"a" "b"', ' "a'])
def test_quotes_in_pairs(text):
    "A quote that is not one of a pair around a word is an error."
    with pytest.raises(ValueError, match='not in pairs'): words_of(text)

any_letter = st.characters(exclude_categories=['Cs','Z','Cc'])|st.sampled_from(',;" ')
@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(st.text(any_letter, min_size=1, max_size=9), max_size=5))
def test_any_words(words):
    "Words that are quoted as csv does come back as they were, but for their spaces."
    line = ','.join('"'+w.replace('"', '""')+'"' for w in words)
    assert words_of(line)==[w for w in (' '.join(w.split()) for w in words) if w]
