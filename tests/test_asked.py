"Words as they are typed."
import pytest
from hypothesis import given, settings, strategies as st

from clippy.asked import check_labels, lone_note, typed_labels, words_of

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

@pytest.mark.parametrize('typed,means', [(None, 'auto'), (['auto'], 'auto'), ([' Auto,'], 'auto'), (['none'], ()),
    (['NONE'], ()), ([''], ()), ([' , '], ()), (['sky','a road,sea'], ('sky','a road','sea')),
    (['automatic'], ('automatic',))])
def test_typed_background(typed, means):
    "Nothing typed is the model's own list, and so is `auto`; `none` and an empty line are no words."
    assert typed_labels(['cat'], typed)==(('cat',), means)

@pytest.mark.parametrize('typed,said', [(['auto,sky'], 'auto stands alone'), (['sky','None'], 'None stands alone'),
    (['auto','none'], 'auto stands alone'), (['sky,sky'], 'more than once'), (['cat'], 'more than once')])
def test_typed_background_that_is_unclear(typed, said):
    with pytest.raises(ValueError, match=said): typed_labels(['cat'], typed)

def test_auto_is_a_word_among_labels():
    "As a label, or in a list of words, `auto` is a word like others."
    assert check_labels(['auto'], ['auto!'])==(('auto',), ('auto!',)) and check_labels(['cat'], ['auto'])[1]==('auto',)
    assert typed_labels(['auto,none'])==(('auto','none'), 'auto')

def test_lone_note():
    "One sentence that names the word, and only where there is one word."
    assert lone_note(['a cat']).startswith('a cat is the only word') and lone_note(['a cat']).count('.')==1
    assert [lone_note(*words) for words in ((['a','b'],), (['a'], ['b']), ([],))]==['','','']
