"`clippy.families`: the interface, and TIPSv2 against its forward pass written out."
import json, math, re

import numpy as np, pytest, torch
import torch.nn.functional as F
import transformers
from PIL import Image
from safetensors.torch import save_file, save_model

from clippy import families
from clippy.dinotxt import DinoTxt, Talk2DINO
from clippy.classes import background_words
from clippy.eval import evaluate
import clippy.predict # noqa: F401 (its methods of a model)
from clippy.families import alone, from_google, open_tips, tips_config
from clippy.openclip import OpenCLIP
from clippy.registry import Entry
from clippy.saved import placed
from plain_models import block, layers, linear, mlp, norm, of, positions

def random_weights(module, std=.2, seed=0):
    g = torch.Generator().manual_seed(seed)
    for k,p in module.named_parameters():
        p.data = torch.randn(p.shape, generator=g)*std
        if re.search(r'(norm\w*|ln_\w+)\.weight$', k): p.data += 1 # else a layer, and a fault in it, is quiet
    return module.eval()

def tips_settings(gated=False):
    vision = dict(hidden_size=32, num_hidden_layers=3, num_attention_heads=2, image_size=56, use_swiglu_ffn=gated)
    text = dict(hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2, vocab_size=30,
                max_position_embeddings=16)
    return dict(vision_config=vision, text_config=text, temperature_init_value=.005)

def write_tokenizer(folder):
    vocab = {t:i for i,t in enumerate(['<pad>', '<unk>', '▁', *'abcdefghijklmnopqrstuvwxyz'])}
    transformers.Tipsv2Tokenizer(vocab, []).save_pretrained(folder)

@pytest.fixture(scope='module', params=[False,True], ids=['mlp','gated'])
def folder(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp('tips')
    config = transformers.Tipsv2Config(**tips_settings(request.param))
    made = random_weights(transformers.Tipsv2Model(config))
    save_model(made, str(folder/'model.safetensors'), metadata=dict(format='pt'))
    config.save_pretrained(folder)
    write_tokenizer(folder)
    return folder

def opened(folder): return open_tips(Entry('tiny', 'family', 'tipsv2', '', 0, '', str(folder)))

def plain_image(x, state, heads=2, values=False, grid=(4,4)):
    "TIPSv2's tokens after the final norm, `[B,2+N,D]`: two class tokens first."
    s = {k.removeprefix('vision_model.'):v for k,v in state.items()}
    x = F.conv2d(x, s[f'{(e := "embeddings")}.patch_embeddings.projection.weight'],
                 s[f'{e}.patch_embeddings.projection.bias'], stride=14)
    first,rest = positions(s[f'{e}.position_embeddings'][0], grid, x.shape[-2:], mode='bilinear', antialias=True)
    both = torch.cat([s[f'{e}.cls_token'][0]+first, s[f'{e}.register_tokens'][0]]).expand(len(x), -1, -1)
    x = torch.cat([both, x.flatten(2).transpose(1, 2)+rest], 1)
    n = layers(s, 'encoder.layer.')
    for i in range(n): x = block(x, plain_block(s, f'encoder.layer.{i}'), heads, 1e-6, values=values and i==n-1)
    return norm(x, of(s, 'layernorm'), 1e-6)

def plain_block(s, at):
    q,k,v = (of(s, f'{at}.attention.{n}_proj') for n in 'qkv')
    if f'{at}.mlp.gate_proj.weight' in s:
        gate,up,down = (of(s, f'{at}.mlp.{n}_proj') for n in ('gate','up','down'))
        inner = lambda x, act: linear(F.silu(linear(x, gate))*linear(x, up), down)
    else: inner = mlp(of(s, f'{at}.mlp.fc1'), of(s, f'{at}.mlp.fc2'))
    return dict(norm1=of(s, f'{at}.norm1'), norm2=of(s, f'{at}.norm2'), q=q, k=k, v=v, mlp=inner,
        proj=of(s, f'{at}.attention.o_proj'), ls1=s[f'{at}.layer_scale1.lambda1'], ls2=s[f'{at}.layer_scale2.lambda1'])

def plain_text(ids, mask, state, heads=2):
    "The mean of TIPSv2's text tokens that are no padding."
    s = {k.removeprefix('text_model.'):v for k,v in state.items()}
    table = s['embeddings.token_embedding.weight']
    d = table.shape[1]
    angles = torch.arange(ids.shape[1])[:,None]*torch.exp(-math.log(10000)/(d//2-1)*torch.arange(d//2))
    x = table[ids]*math.sqrt(d)+torch.cat([angles.sin(), angles.cos()], 1)
    for i in range(layers(s, 'encoder.layers.')):
        at = f'encoder.layers.{i}'
        q,k,v,o = (of(s, f'{at}.self_attn.{n}_proj') for n in ('q','k','v','out'))
        p = dict(norm1=of(s, f'{at}.layer_norm1'), norm2=of(s, f'{at}.layer_norm2'), q=q, k=k, v=v, proj=o,
                 mlp=mlp(of(s, f'{at}.mlp.fc1'), of(s, f'{at}.mlp.fc2')))
        x = block(x, p, heads, 1e-5, act=F.relu, mask=mask)
    x = norm(x, of(s, 'final_layer_norm'), 1e-5)
    return (x*mask[...,None]).sum(1)/mask.sum(1, keepdim=True)

@pytest.mark.parametrize('size', [(56,56), (28,84), (98,42)], ids=str)
@torch.no_grad()
def test_tips_image(folder, size):
    "Patches past two prefix tokens, with attention and by the value path; the first class token for the image."
    model = opened(folder)
    state = transformers.Tipsv2Model.from_pretrained(folder).state_dict()
    x = torch.rand(2, 3, *size)
    for values in False,True:
        theirs = plain_image(x, state, values=values)[:,2:]
        ours = model.encode_patches(x, normalize=False, values=values)
        assert ours.shape==(2, size[0]//14, size[1]//14, 32)
        assert (ours.flatten(1, 2)-theirs).abs().max()<2e-5
    assert torch.equal(model.encode_patches(x, normalize=False), ours) # published numbers take the value path: it is on
    assert (model.encode_image(x)-F.normalize(plain_image(x, state)[:,0], dim=-1)).abs().max()<2e-6

@torch.no_grad()
def test_the_real_layout():
    "The image tower of TIPSv2 B/14 as it is, away from its own 448 pixels."
    config = transformers.Tipsv2Config(text_config=dict(num_hidden_layers=1, vocab_size=30))
    net = random_weights(transformers.Tipsv2Model(config), .02)
    about = families.FamilyConfig('b', '', '', 448, 64, (0.,)*3, (1.,)*3, 'class token', values=True)
    model,state,x = families.TIPSv2(about, net, None).eval(),net.state_dict(),torch.rand(1, 3, 112, 154)
    ours = model.encode_patches(x, normalize=False).flatten(1, 2)
    assert (ours-plain_image(x, state, 12, values=True, grid=(32,32))[:,2:]).abs().max()<2e-5

@torch.no_grad()
def test_tips_text(folder):
    "The mean over tokens that are no padding, whatever stands beside a text; the scale is one over the temperature."
    model = opened(folder)
    state = transformers.Tipsv2Model.from_pretrained(folder).state_dict()
    texts = ['cat', 'a longer text', 'z']
    t = model.tokenize(texts)
    theirs = F.normalize(plain_text(t['input_ids'], t['attention_mask'].float(), state), dim=-1)
    assert (model.encode_text(texts)-theirs).abs().max()<2e-6
    assert (model.encode_text(['cat'])-theirs[:1]).abs().max()<2e-6
    assert abs(model.logit_scale.exp()-200)<.01 and model.config.mean==(0,0,0) and model.config.std==(1,1,1)
    assert model.tokenize(['word '*100])['input_ids'].shape==(1,16)

def google_layout(state):
    "The same weights under the names of Google's files: queries, keys and values in one."
    words = [('text_model.encoder.layers.','text_encoder.transformer.resblocks.'),
        ('text_model.embeddings.','text_encoder.'), ('text_model.final_layer_norm','text_encoder.ln_final'),
        ('.layer_norm','.ln_'), ('.self_attn.','.attn.'), ('vision_model.encoder.layer.','vision_encoder.blocks.'),
        ('vision_model.layernorm','vision_encoder.norm'),
        ('vision_model.embeddings.patch_embeddings.projection','vision_encoder.patch_embed.proj'),
        ('vision_model.embeddings.position_embeddings','vision_encoder.pos_embed'),
        ('vision_model.embeddings.','vision_encoder.'), ('.attention.o_proj','.attn.proj'), ('.attention.','.attn.'),
        ('layer_scale1.lambda1','ls1.gamma'), ('layer_scale2.lambda1','ls2.gamma'), ('.mlp.down_proj','.mlp.w3')]
    found = {}
    for k,v in state.items():
        for a,b in words: k = k.replace(a, b)
        if k.startswith('text_encoder'): k = k.replace('mlp.fc1', 'mlp.c_fc').replace('mlp.fc2', 'mlp.c_proj')
        found[k] = v
    for names,one in (('q_proj','k_proj','v_proj'),None), (('gate_proj','up_proj'),'w12'):
        for k in [k for k in found if f'.{names[0]}.' in k]:
            parts = [found.pop(k.replace(names[0], n)) for n in names]
            text = k.startswith('text_encoder')
            to = f'.{one}.' if one else '.in_proj_' if text else '.qkv.'
            found[k.replace(f'.{names[0]}.', to)] = torch.cat(parts)
    return {k:v.contiguous() for k,v in found.items() if k!='temperature'}

@torch.no_grad()
def test_google_s_own_files(folder, tmp_path):
    "A folder as it is on the Hub, in Google's words and names, is the same model; its Python is not run."
    state = transformers.Tipsv2Model.from_pretrained(folder).state_dict()
    save_file(google_layout(state), tmp_path/'model.safetensors', metadata=dict(format='pt'))
    gated = 'vision_model.encoder.layer.0.mlp.gate_proj.weight' in state
    code = dict(AutoModel='modeling_tips.TIPSv2Model')
    said = dict(architectures=['TIPSv2Model'], auto_map=code, model_type='tipsv2',
        patch_size=14, img_size=56, init_values=1., num_register_tokens=1, vocab_size=30, max_len=16, vision_fn='tiny',
        embed_dim=32, text_hidden_size=32, text_mlp_dim=64, text_num_heads=2, text_num_layers=2, temperature=.005,
        ffn_layer='swiglu' if gated else 'mlp')
    (tmp_path/'config.json').write_text(json.dumps(said))
    (tmp_path/'modeling_tips.py').write_text('raise SystemExit')
    write_tokenizer(tmp_path)
    families.towers['tiny'] = 3,2
    known = families.google_settings
    families.google_settings = known|dict(vision_fn=families.one_of('tiny'))
    try: ours = opened(tmp_path)
    finally:
        families.google_settings = known
        del families.towers['tiny']
    x,theirs = torch.rand(1, 3, 56, 70),opened(folder)
    assert torch.equal(ours.encode_patches(x), theirs.encode_patches(x))
    assert torch.equal(ours.encode_text(['a cat']), theirs.encode_text(['a cat']))

published = dict(
    b=('vit_base', 768, 3072, 12, 12, 'mlp', 86, 110),
    l=('vit_large', 1024, 4096, 16, 12, 'mlp', 304, 184),
    so400m=('vit_so400m', 1152, 4304, 16, 27, 'mlp', 413, 448),
    g=('vit_giant2', 1536, 6144, 24, 12, 'swiglu', 1136, 389))

@pytest.mark.parametrize('fn,width,hidden,heads,n,ffn,image,text', published.values(), ids=published)
def test_the_four_sizes(fn, width, hidden, heads, n, ffn, image, text):
    "Google's settings of each size make towers of the published millions."
    said = dict(vision_fn=fn, embed_dim=width, text_mlp_dim=hidden, text_num_heads=heads, text_num_layers=n)
    config = transformers.Tipsv2Config(**from_google(said|dict(ffn_layer=ffn), 'config.json'))
    with torch.device('meta'): m = transformers.Tipsv2Model(config)
    sizes = [round(sum(p.numel() for p in t.parameters())/1e6) for t in (m.vision_model,m.text_model)]
    assert sizes==[image,text]

@pytest.mark.parametrize('change,says', [(dict(code='x.py'), "sets 'code'"), (dict(vision_fn='resnet'), 'vision_fn is'),
    (dict(embed_dim=10**9), 'embed_dim is'), (dict(text_num_layers='12'), 'text_num_layers is'),
    (dict(model_type='bert'), 'no TIPSv2'), (dict(text_num_heads=7), 'no TIPSv2'),
    (dict(vision_config=dict(hidden_size=-1), text_config={}), 'no TIPSv2|hidden_size'),
    (dict(vision_config=dict(run='x'), text_config={}), "sets 'run'"), (dict(vision_config=3), 'should be names')])
def test_settings_that_are_none(tmp_path, change, says):
    said = dict(model_type='tipsv2', vision_fn='vit_base', embed_dim=768, text_mlp_dim=3072, text_num_heads=12,
                text_num_layers=12)
    (tmp_path/'config.json').write_text(json.dumps(said|change))
    with pytest.raises(ValueError, match=says): tips_config(tmp_path)

def test_weights_that_do_not_fit(folder, tmp_path):
    "Too few numbers, other shapes, a file that is cut: a sentence each, and no model with random weights in it."
    for p in folder.iterdir(): (tmp_path/p.name).write_bytes(p.read_bytes())
    path,said = tmp_path/'model.safetensors',json.loads((tmp_path/'config.json').read_text())
    said['text_config']['num_hidden_layers'] = 3
    (tmp_path/'config.json').write_text(json.dumps(said))
    with pytest.raises(ValueError, match='lacks weights: [0-9,]+ numbers'): opened(tmp_path)
    said['text_config'] |= dict(num_hidden_layers=2, vocab_size=15)
    (tmp_path/'config.json').write_text(json.dumps(said))
    with pytest.raises(ValueError, match='other shapes'): opened(tmp_path)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(ValueError, match='not a whole safetensors file'): opened(tmp_path)

def test_no_network():
    says = 'Without a network, bring config.json, .*huggingface.co/google/tipsv2-g14 .* as tipsv2:FOLDER'
    with pytest.raises(FileNotFoundError, match=says):
        open_tips(Entry('tipsv2-g14', 'family', 'tipsv2', '', 0, '', 'google/tipsv2-g14'))

@torch.no_grad()
def test_alone():
    "A block on single tokens, in as many parts as are asked for, is its value path."
    layer = torch.nn.TransformerEncoderLayer(16, 4, 32, batch_first=True, norm_first=True).eval()
    x = torch.randn(3, 7, 16)
    w,b = layer.self_attn.in_proj_weight[32:],layer.self_attn.in_proj_bias[32:]
    y = x+layer.self_attn.out_proj(F.linear(layer.norm1(x), w, b))
    theirs = y+layer.linear2(F.relu(layer.linear1(layer.norm2(y))))
    for most in 1,4,21,99: assert (alone(layer, x, most)-theirs).abs().max()<1e-6

def test_everything_else_takes_a_family(folder):
    "Segmenting, grouping, classifying, similarity and `evaluate`, with no word about which model it is."
    model = opened(folder)
    image = Image.new('RGB', (80,60), 'red')
    assert model.segment(image, ['cat','dog'], size=56).mask.shape==(60,80)
    own = model.segment(image, ['cat','Tree'], size=56) # against the list for photographs
    others = [w for w in background_words['port'] if w!='tree']
    named = model.segment(image, ['cat','Tree'], background=others, size=56)
    assert len(others)==38 and (own.mask==named.mask).all() and np.allclose(own.scores, named.scores, atol=1e-6)
    assert len(model.classify(image, ['cat','dog'], size=56))==2
    assert model.similarity(image, 'cat', size=56).map.shape[-2:]==(60,80)
    assert model.group(image, 2, size=56).mask.shape==(60,80)
    for task in 'scenes','scenes-js':
        result = evaluate(model, task, limit=4, size=56)
        assert result.config['name']=='tiny' and 0<=result.numbers[result.primary]<=1
    with pytest.raises(ValueError, match='multiples of the patch'): model.encode_patches(torch.rand(1, 3, 57, 56))
    with pytest.raises(ValueError, match='letter by letter'): model.encode_text('cat')
    with pytest.raises(ValueError, match='opened by its name'): model.save(folder)

def test_a_family_takes_no_name_of_clippy_s():
    "Every method of a `CLIPpy`, those of later chapters too, is the same for a family but for those of the interface."
    clippy = {k for k in dir(families.CLIPpy) if not k.startswith('__')}-set(dir(torch.nn.Module))
    interface = {'encode_image','encode_patches','encode_tokens','tokenize','read','project','save'}
    def plain(o): return getattr(o, '__func__', o) # a class method is bound anew at each look
    for kind in families.Family,families.TIPSv2,OpenCLIP,DinoTxt,Talk2DINO:
        own = {k for k in clippy if plain(getattr(kind, k)) is not plain(getattr(families.CLIPpy, k))}
        assert own-interface<=({'patch_cosines'} if kind is DinoTxt else set())

def test_a_text_without_tokens(folder):
    "An empty text has the vector 0, alone as among others, which is like nothing; the others have their own."
    model = opened(folder)
    with torch.no_grad(): alone,both,one = (model.encode_text(t) for t in ([''], ['','ab'], ['ab']))
    assert alone.shape==(1,32) and not alone.any() and not both[0].any()
    assert torch.allclose(both[1], one[0], atol=1e-6) and one[0].norm()==pytest.approx(1, abs=1e-5)

@pytest.mark.parametrize('dtype', [torch.bfloat16,torch.float16], ids=str)
def test_half_precision(folder, dtype):
    "A model of others in half precision answers everything, nearly as it does in float32."
    half,full = placed(opened(folder), torch.device('cpu'), dtype),opened(folder)
    image,words = Image.fromarray(np.random.default_rng(0).integers(0, 255, (56,84,3), np.uint8)),['a cat','b','dog']
    a,b = (m.classify(image, words) for m in (half,full))
    assert half.dtype==dtype and all(abs(a[w]-b[w])<.3 for w in words) # its logit scale is 200
    a,b = (m.segment(image, words, return_tensors='cosines').values for m in (half,full))
    assert a.dtype==torch.float32 and (a-b).abs().max()<.03
    assert half.group(image, 3).mask.shape==half.similarity(image, 'a').map.shape==(56,84)
    assert 0<=evaluate(half, 'scenes', size=56, limit=2, bootstrap_samples=0)['numbers']['miou']<=1
