"Texts in groups of similar length."
import pickle
from pathlib import Path
from random import Random

import pytest, torch
from transformers import AutoTokenizer

import clippy.lengths as L
from clippy.model import create_model
from clippy.scenes import captions

real = Path(__file__).resolve().parents[2]/'shared'

@pytest.fixture(scope='module')
def model(): return create_model('clippy-scenes', captions=captions(200)).eval()

def web(n, seed=0):
    "Texts as long as a web data set's: 20 words, give or take 16."
    rng,words = Random(seed),' '.join(captions(200)).split()
    return [' '.join(rng.choices(words, k=max(2, round(rng.lognormvariate(2.755, .708))))) for _ in range(n)]

def gradients(model, tokens, wanted):
    model.zero_grad()
    (model.encode_tokens(tokens)*wanted).sum().backward()
    return {k:p.grad.clone() for k,p in model.text.named_parameters() if p.grad is not None}

@pytest.mark.parametrize('side', ['right','left'])
@pytest.mark.parametrize('n,groups', [(24,4), (24,5), (7,4), (1,4)])
def test_groups_change_no_vector(model, side, n, groups):
    "Vectors and all gradients are those of one long batch, whichever side is padded, for any number of texts."
    tokenizer = model.text.tokenizer
    tokenizer.padding_side = side
    try: tokens = model.tokenize(web(n))
    finally: tokenizer.padding_side = 'right'
    grouped = L.similar_lengths(tokens, groups, 80)
    rows = [len(g['input_ids']) for g in grouped['groups']]
    assert len(set(rows))==1 and sum(rows)==n and len(rows)<=groups
    torch.testing.assert_close(model.encode_tokens(grouped), model.encode_tokens(tokens), rtol=1e-4, atol=1e-5)
    wanted = torch.randn(n, model.width, generator=torch.Generator().manual_seed(0))
    one,several = gradients(model, tokens, wanted),gradients(model, grouped, wanted)
    assert one.keys()==several.keys() and any('relative_attention_bias' in k for k in one)
    for k in one: torch.testing.assert_close(several[k], one[k], rtol=1e-3, atol=1e-5, msg=k)

@pytest.mark.parametrize('left', [False,True], ids=['right','left'])
@pytest.mark.parametrize('lengths', [(0,12,3,5), (0,0,20,9), (0,0,0,7)], ids=str)
def test_a_text_without_tokens(lengths, left):
    "Some tokenizers make nothing of '': all tokens of the other texts stay where they are, and no group is empty."
    longest = max(lengths)
    rows = [[0]*(longest-n) for n in lengths]
    real = [[*range(1, n+1)] for n in lengths]
    ids = torch.tensor([p+r if left else r+p for p,r in zip(rows, real)])
    found = L.similar_lengths(dict(input_ids=ids, attention_mask=(ids>0).long()), 2, 80)
    assert all(g['input_ids'].shape[1]>0 for g in found['groups'])
    pairs = [pair for g in found['groups'] for pair in zip(g['input_ids'], g['attention_mask'])]
    texts = [row[mask.bool()].tolist() for row,mask in pairs]
    assert [texts[i] for i in found['back']]==real

def test_lengths_are_few():
    "Not shorter than asked, not much longer, eight in all up to 77 tokens, never above what there can be."
    found = [L.even_length(n) for n in range(1, 600)]
    assert all(f>=n for n,f in enumerate(found, 1)) and all(f*3<=n*4+21 for n,f in enumerate(found, 1))
    assert len(set(found[:77]))==8 and len(set(found[:512]))<=16
    assert [L.even_length(n, 77) for n in (60,70,77)]==[64,77,77]

def padding(lengths, groups):
    "Places without a token: in one batch, and in groups."
    mask = (torch.arange(int(max(lengths)))[None] < torch.as_tensor(lengths)[:,None]).long()
    grouped = L.similar_lengths(dict(input_ids=mask, attention_mask=mask), groups, 80)['groups']
    assert sum(int(g['attention_mask'].sum()) for g in grouped)==int(mask.sum()) # no token is lost
    return int((mask==0).sum()), sum(int((g['attention_mask']==0).sum()) for g in grouped)

def test_two_thirds_less_padding_of_web_lengths():
    "1,024 texts as long as a web data set's, in four groups."
    rng = Random(1)
    before,after = padding([min(77, max(4, round(1.3*rng.lognormvariate(2.755, .708)))) for _ in range(1024)], 4)
    assert after<before/3

@pytest.mark.skipif(not (real/'data/flickr8k/captions.txt').is_file(), reason='no data/flickr8k in shared')
def test_two_thirds_less_padding_of_real_captions():
    "All captions of a part of Flickr8k, 1,000 a batch, by T5's tokenizer."
    tokenizer = AutoTokenizer.from_pretrained(str(real/'weights/t5-tokenizer'))
    lines = (real/'data/flickr8k/captions.txt').read_text().splitlines()[1:]
    lengths = [min(77, len(ids)) for ids in tokenizer([l.split(',', 1)[1] for l in lines])['input_ids']]
    found = [padding(lengths[i:i+1000], 4) for i in range(0, len(lengths)-999, 1000)]
    before,after = map(sum, zip(*found))
    assert after<=.36*before # short captions: 64 % less with four groups
    assert sum(a for _,a in [padding(lengths[i:i+1000], 8) for i in range(0, 3001, 1000)])<before/3

def test_what_a_worker_makes(model):
    "It is small, can be sent, and gives the token ids of the model; a batch in parts is cut as the images are."
    texts = web(10)
    sent = pickle.dumps(L.Tokenize(model, parts=3))
    weights = sum(p.numel()*4 for p in model.text.parameters())
    assert len(sent)<weights/4
    parts = pickle.loads(sent)(texts)
    assert [len(p['input_ids']) for p in parts]==[4,4,2]==[len(x) for x in torch.zeros(10).split(4)]
    for p,some in zip(parts, (texts[:4],texts[4:8],texts[8:])):
        want = model.tokenize(some)
        assert p.keys()==want.keys() and all(torch.equal(p[k], want[k]) for k in p)
    one, = L.Tokenize(model, even=True)(texts)
    assert one['groups'][0]['input_ids'].shape[1]%8==0
