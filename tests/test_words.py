"Names become sentences, sentences become vectors: what is filled in, what is kept, and what nothing tells apart."
import os, re
from dataclasses import replace
from string import ascii_lowercase

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from safetensors.torch import save_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from clippy.eval import all_tasks, evaluate, find_task, tasks
from clippy.protocol import change
from clippy.files import read_ours
from clippy.model import Config, create_model
from clippy.predict import CLIPpy # with its methods of prediction
from clippy.saved import load
from clippy.scenes import Scenes, things
from clippy.words import cached_vectors, class_vectors, distinct, fill, templates_of

all_tasks() # every chapter has registered its own

# Sentences ------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('template,says', [
    ('a {style} of a {}', "has '{style}'"), ('a {0}', "has '{0}'"), ('a {', "has '{'"), ('{}}', "has '}'"),
    ('{{}}', "has '{'"), ('a {:>10}', "has"), ('{!r}', "has"), ('{0.__class__}', "has"),
    ('no place', 'no set of sentences'), ('', 'no set of sentences'), ((), 'not sentences'),
    (('a {}','b'), 'no {}'), ((1,), 'not sentences'), (None, 'not sentences')])
def test_braces(template, says):
    "Only `{}` is filled in; anything else in braces is a sentence, not a KeyError."
    with pytest.raises(ValueError, match=re.escape(says)): templates_of(template)
    if isinstance(template, str) and template:
        with pytest.raises(ValueError): fill(template, 'boat')

def test_names_are_taken_as_they_are():
    assert fill('a {} {}.', '{x} {}')=='a {x} {} {x} {}.' and fill('a(n) {}', 'a(n) owl')=='an a(n) owl'

def test_sentences_of_a_file(tmp_path):
    "One on each line, with or without a mark; a file that is missing or empty is said to be."
    (tmp_path/'s{}.txt').write_bytes(b'\xef\xbb\xbfa {}, or two\r\n\r\nthe {}\r\n')
    assert templates_of(str(tmp_path/'s{}.txt'))==('a {}, or two','the {}')
    assert templates_of('a page of a {}.txt')==('a page of a {}.txt',)
    with pytest.raises(FileNotFoundError, match='no file of sentences lost.txt'): templates_of('lost.txt')
    (tmp_path/'e.txt').write_text('\n')
    with pytest.raises(ValueError, match='e.txt is empty'): templates_of(str(tmp_path/'e.txt'))

odd_text = st.text(alphabet='{}a 0:!.[]txt', max_size=12)

@settings(max_examples=150, deadline=None, derandomize=True)
@given(odd_text | st.lists(st.text(alphabet='{}ab', max_size=5), max_size=3), st.text(max_size=8))
def test_any_sentence(template, name):
    "A text for each sentence with the name in it, or a sentence about what is wrong."
    try: found = [fill(t, name) for t in templates_of(template)]
    except (ValueError, OSError) as e: assert str(e)
    else: assert found and all(name in t for t in found)

# Vectors of names that are kept ---------------------------------------------------------------------------------------

def plain_vectors(model, names, templates):
    sentence = lambda t: model.encode_text([t])[0].double().numpy()
    with torch.no_grad(): v = np.stack([np.mean([sentence(t.format(n)) for t in templates], 0) for n in names])
    return v/np.linalg.norm(v, axis=1, keepdims=True)

questions = [
    (['boat','tree'], ['{}']), (['boat','tree'], ['a photo of a {}']), (['boat','tree'], ['{}','a photo of a {}']),
    (['boat','tree'], ['a photo of a {}','{}.']), (['tree','boat'], ['{}']), (['boat'], ['{}']),
    (['boat','tree','cat'], ['{}']), (['a photo of a boat','a photo of a tree'], ['{}.']),
    (['boat'], ['{}','a {}']), (['boat','{}'], ['a {}'])]

@pytest.mark.parametrize('keep', ['disk','memory'])
def test_kept_vectors_are_of_what_was_asked(keep, tmp_path, monkeypatch):
    "Other names, order, sentences, tower or cut: other vectors; the same question again: the same ones."
    monkeypatch.setenv('CLIPPY_CACHE', str(tmp_path))
    ask = cached_vectors if keep=='disk' else CLIPpy.word_vectors
    nets = [load('scenes') for _ in range(3)]
    with torch.no_grad(): nets[1].text[2].linear.weight.mul_(torch.linspace(.2, 2, nets[1].width)[:,None])
    nets[2].config = replace(nets[2].config, max_tokens=3)
    nets[2].text.max_seq_length = 3
    for _ in range(2):
        for net in nets:
            for names,templates in questions:
                got = ask(net, names, templates).double().numpy()
                assert got.shape==(len(names),net.width)
                assert np.abs(got-plain_vectors(net, names, templates)).max()<1e-5
    if keep=='disk': assert len(list(tmp_path.rglob('*.safetensors')))==3*len(questions)

def test_other_sentences_are_another_number(things_in_folders, boxed_model, tmp_path, monkeypatch):
    "Two evaluations that differ in their sentences alone do not share vectors."
    monkeypatch.setenv('CLIPPY_CACHE', str(tmp_path))
    found = {}
    for _ in range(2):
        for t in 'name','photo','an odd picture that shows no {} but water':
            protocol = change(tasks['folder'].protocols['clippy'], templates=t)
            job = find_task('folder')(things_in_folders, protocol, boxed_model)
            job.prepare()
            assert torch.equal(found.setdefault(t, job.vectors), job.vectors)
    a,b,c = found.values()
    assert (a-b).abs().max()>1e-3 and (b-c).abs().max()>1e-3

# Names that nothing tells apart ---------------------------------------------------------------------------------------

@pytest.fixture(scope='module')
def latin(tmp_path_factory):
    "An untrained model whose tokenizer knows Latin letters only."
    pieces = ['[PAD]','[UNK]','[CLS]','[SEP]',*ascii_lowercase,*(f'##{c}' for c in ascii_lowercase)]
    tok = Tokenizer(WordPiece({t:i for i,t in enumerate(pieces)}, unk_token='[UNK]'))
    tok.normalizer = BertNormalizer(lowercase=True)
    tok.pre_tokenizer = BertPreTokenizer()
    tok.post_processor = TemplateProcessing(single='[CLS] $A [SEP]', special_tokens=[('[CLS]',2),('[SEP]',3)])
    plain,whole = (str(tmp_path_factory.mktemp(name)) for name in ('plain','whole'))
    special = dict(pad_token='[PAD]', unk_token='[UNK]', cls_token='[CLS]', sep_token='[SEP]')
    PreTrainedTokenizerFast(tokenizer_object=tok, model_max_length=64, **special).save_pretrained(plain)
    torch.manual_seed(0)
    BertModel(BertConfig(vocab_size=len(pieces), hidden_size=64, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=64)).save_pretrained(plain)
    modules = [Transformer(plain), Pooling(64), Normalize()]
    SentenceTransformer(modules=modules, device='cpu').save(whole, create_model_card=False)
    tower = dict(img_size=64, patch_size=8, embed_dim=64, depth=1, num_heads=2)
    config = Config(image='vit_tiny_patch16_224', text=whole, pretrained_image=False, image_size=64, image_args=tower)
    return create_model(config).eval()

def test_names_in_letters_the_tokenizer_does_not_know(tmp_path, latin):
    "Ten Chinese names are one vector: chance exactly, and a warning that names them; in English no warning."
    chinese = dict(zip(things, ['船','房子','猫','树','汽车','鱼','花','星','蘑菇','伞']))
    scenes = Scenes(40, seed=2_000_000, size=64, n_things=1)
    for i in range(40):
        for where,name in ('en',scenes[i].things[0]),('zh',chinese[scenes[i].things[0]]):
            (tmp_path/where/name).mkdir(parents=True, exist_ok=True)
            Image.fromarray(scenes[i].image).save(tmp_path/where/name/f'{i}.png')
    zh = evaluate(latin, 'folder', tmp_path/'zh')
    k = len({s.things[0] for s in scenes})
    groups = zh.details['same_vector']
    assert '猫' in repr(zh) and sum(map(len, groups))>=k-1 # a word of two characters may be two unknown tokens
    assert zh.numbers['top1']<.35
    en = evaluate(latin, 'folder', tmp_path/'en')
    assert 'same_vector' not in en.details and 'same vector' not in repr(en)

@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(['a','a (2)','a (3)','b','']), max_size=6))
def test_names_become_different_keys(names):
    "As many keys as names, all different; a name that comes once stays as it is."
    keys = distinct(names)
    assert len(keys)==len(set(keys))==len(names) and all(k.startswith(n) for k,n in zip(keys, names))
    assert [k for k,n in zip(keys, names) if names.count(n)==1]==[n for n in names if names.count(n)==1]

# Vectors that are kept, in a folder that others may write too -------------------------------------------------------

two_names,alone = ['boat','cat'],('{}',)

@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv('CLIPPY_CACHE', str(tmp_path/'cache'))
    return tmp_path/'cache'

def poison(path, change):
    "Wrong vectors under the name of right ones, as somebody else would put them there."
    wrong = torch.nn.functional.normalize(torch.randn(2, 128, generator=torch.manual_seed(0)), dim=-1)
    if change=='link':
        save_file(dict(vectors=wrong), path.with_name('other'))
        path.unlink()
        path.symlink_to(path.with_name('other'))
    elif change=='pipe':
        path.unlink()
        os.mkfifo(path)
    else:
        save_file(dict(vectors=dict(shape=wrong[:1], length=wrong*2, kind=wrong.to(torch.int32)).get(change, wrong)),
            path)
        path.chmod(dict(group=0o620, world=0o602).get(change, 0o600))
        if change=='owner': os.chown(path, 12345, 12345)

@pytest.mark.parametrize('change', ['group', 'world', 'link', 'pipe', 'shape', 'length', 'kind', 'owner'])
def test_text_vectors_of_others(boxed_model, cache, change):
    "Vectors that others can have written, or that are none, are not believed, and made anew."
    if change=='owner' and os.getuid(): pytest.skip('only the administrator can give files away')
    right = class_vectors(boxed_model, two_names, alone)
    assert torch.equal(cached_vectors(boxed_model, two_names, alone), right)
    path, = cache.rglob('*.safetensors')
    assert path.stat().st_mode & 0o777==0o600 and path.parent.stat().st_mode & 0o777==0o700
    poison(path, change)
    assert torch.equal(cached_vectors(boxed_model, two_names, alone), right)
    assert torch.equal(cached_vectors(boxed_model, two_names, alone), right) and read_ours(path)

def test_text_vectors_are_kept(boxed_model, cache, monkeypatch):
    "They are computed once; and where nothing can be kept, they are computed all the same."
    right = cached_vectors(boxed_model, two_names, alone)
    monkeypatch.setattr('clippy.words.class_vectors', None)
    assert torch.equal(cached_vectors(boxed_model, two_names, alone), right)
    monkeypatch.undo()
    monkeypatch.setenv('CLIPPY_CACHE', '/dev/null/cache')
    assert torch.equal(cached_vectors(boxed_model, two_names, alone), right)
