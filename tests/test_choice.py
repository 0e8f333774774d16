"`clippy.choice`: names are looked at before the page opens, models are loaded when they are asked, and few stay."
import gc, time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from clippy.choice import Models, check_model, model_names

@pytest.mark.parametrize('typed,found', [('scenes', ['scenes']), ('scenes, scenes-avg,', ['scenes','scenes-avg']),
    (['scenes','me/model,scenes-avg'], ['scenes','me/model','scenes-avg']), ('', []), (['',' , '], [])])
def test_names_in_a_line(typed, found):
    assert model_names(typed)==found

def test_a_comma_in_a_folder(tmp_path):
    "A folder that is there is one name, whatever is in it."
    (tmp_path/'a, b').mkdir()
    assert model_names([str(tmp_path/'a, b'),'scenes'])==[str(tmp_path/'a, b'),'scenes']

@pytest.mark.parametrize('name,said', [('scnes', 'Did you mean scenes'), ('mine', 'There is no model'),
    ('./none', 'There is no model'), ('/no/model', 'There is no model'), ('a/b/c', 'There is no model'),
    ('tipsv2:./none', 'no such folder or file'), ('openclip:ViT-B-16/openai', 'Did you mean open_clip'),
    ('clippy-B-16', 'untrained'), ('http://a.b/c', 'There is no model')])
def test_wrong_names(name, said, monkeypatch):
    "A slip is told without loading anything, and without asking the Hub for what cannot be on it."
    monkeypatch.setattr('clippy.choice.hf_hub_download', lambda *a: pytest.fail('it asked the Hub'))
    with pytest.raises((ValueError,OSError), match=said): check_model(name)

def test_a_name_on_the_hub(monkeypatch, tmp_path):
    "Of a repository only its small config.json is fetched; what the Hub does not give is told."
    asked = []
    monkeypatch.setattr('clippy.choice.hf_hub_download', lambda *a: asked.append(a))
    check_model('me/model')
    assert asked==[('me/model','config.json')]
    def gone(*a): raise FileNotFoundError('no such repository')
    monkeypatch.setattr('clippy.choice.hf_hub_download', gone)
    with pytest.raises(FileNotFoundError, match="There is no model 'me/modle'.*the Hub did not give it"):
        check_model('me/modle')
    (tmp_path/'empty').mkdir()
    with pytest.raises(FileNotFoundError, match='has no config.json'): check_model(str(tmp_path/'empty'))

@pytest.fixture
def loads(monkeypatch):
    "In place of models: objects that count how many of them there are."
    alive,seen = [],[]
    class Model:
        def __init__(self, name):
            self.name = name
            alive.append(name)
            seen.append((name, len(alive)))
        def __del__(self): alive.remove(self.name)
    def opened(name, device):
        time.sleep(.002)
        if name=='broken': raise ValueError('it cannot be loaded')
        return Model(name)
    monkeypatch.setattr('clippy.choice.open_for_use', opened)
    monkeypatch.setattr('clippy.choice.identity', lambda model, name: dict(model=name, pooling='max'))
    gc.freeze() # what other tests have imported takes the longest to look through
    yield SimpleNamespace(alive=alive, seen=seen)
    gc.unfreeze()

@pytest.mark.parametrize('most', [1, 2, 3])
def test_few_in_memory(loads, most):
    "However many ask for however many models at once: each gets its own, and no more than so many are there."
    names = [f'm{i}' for i in range(5)]
    models = Models({n:n for n in names}, most=most)
    def question(model, wanted):
        time.sleep(.001)
        return model.name==wanted
    asked = [names[i*7%5] for i in range(60)]
    with ThreadPoolExecutor(8) as pool: assert all(pool.map(lambda n: models.ask(n, question, n), asked))
    assert max(n for _,n in loads.seen)<=most and len(loads.alive)<=most
    assert not +models.asked

def test_loaded_once(loads):
    "Many who ask for the same model at once wait for one load, and a model that stays is not loaded again."
    models = Models({n:n for n in 'ab'}, most=2)
    with ThreadPoolExecutor(8) as pool: list(pool.map(lambda n: models.ask(n, lambda m: m.name), 'ab'*20))
    assert sorted(n for n,_ in loads.seen)==['a','b']

def test_the_one_asked_longest_ago_goes(loads):
    models = Models({n:n for n in 'abc'}, most=2)
    for n in 'abac': models.ask(n, lambda m: None)
    assert list(models.loaded)==['a','c']

def test_a_model_that_cannot_be_loaded(loads):
    "Everybody who asks is told; it takes no place, and the others go on."
    models = Models({n:n for n in ('broken','a')}, most=1)
    def ask(n):
        try: return models.ask(n, lambda m: m.name)
        except ValueError as e: return str(e)
    with ThreadPoolExecutor(4) as pool: said = list(pool.map(ask, ['broken','a']*6))
    assert said==['it cannot be loaded','a']*6 and not +models.asked
    for odd in 'other',None,3,['a'],'': assert ask(odd)=='There is no model of this name here, only broken, a.'

def test_no_room():
    with pytest.raises(ValueError, match='At least one model'): Models({'a':'a'}, most=0)
