"""A model of others is attacked here: load ends in a model or in a sentence, runs nothing, and opens only listed files.

Every payload makes the file `ran` and does nothing else."""
import json, os, pickle, re, shutil, signal, sys
from configparser import ConfigParser
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

import pytest, torch
from hypothesis import HealthCheck, given, settings, strategies as st
from safetensors.torch import load_file, save_file

from clippy.model import CLIPpy, Config, create_model, redraw, text_tower

from clippy.saved import boxed, load
from clippy.folders import info

root = Path(__file__).parent.parent

class Touch: # a pickle that makes a file when it is read
    def __init__(self, path): self.path = path
    def __reduce__(self): return open,(str(self.path),'w')

@pytest.fixture
def model(tmp_path):
    "A model of somebody else, with safetensors and all; at first it is honest."
    return Path(shutil.copytree(boxed()['scenes'], tmp_path/'model'))

@pytest.fixture(autouse=True)
def nothing_ran(tmp_path):
    yield
    assert not (tmp_path/'ran').exists(), 'code that came with the model was executed'

@pytest.fixture(autouse=True)
def not_for_ever():
    "A load that waits is a failure after 60 s, and not a test run that never ends."
    def stop(*_): raise AssertionError('it waited for ever')
    old = signal.signal(signal.SIGALRM, stop)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, old)

def edit(path, **changes): # None: without it
    found = json.loads(path.read_text()) if path.is_file() else {}
    path.write_text(json.dumps({k:v for k,v in {**found, **changes}.items() if v is not None}))

def refused(f, said):
    "One sentence, of our own."
    with pytest.raises((ValueError,FileNotFoundError), match=said) as e: f()
    assert '\n' not in str(e.value).strip() and len(str(e.value))<1200

def in_a_cache(model, tmp_path, monkeypatch): # as the Hub's client lays it out: links to blobs
    import huggingface_hub.constants as C
    repo = tmp_path/'hub'/'models--somebody--model'
    (repo/'blobs').mkdir(parents=True)
    (repo/'refs').mkdir()
    (repo/'refs'/'main').write_text('c0ffee')
    for i,file in enumerate(sorted(p for p in model.rglob('*') if p.is_file())):
        at = repo/'snapshots'/'c0ffee'/file.relative_to(model)
        at.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, repo/'blobs'/f'{i:040x}')
        at.symlink_to(os.path.relpath(repo/'blobs'/f'{i:040x}', at.parent))
    monkeypatch.setattr(C, 'HF_HUB_CACHE', str(tmp_path/'hub'))
    monkeypatch.setattr(C, 'HF_HUB_OFFLINE', True)
    return repo/'snapshots'/'c0ffee'

# 1. Code ------------------------------------------------------------------------------------------------------------

def pickled(model, tmp_path):
    "The pickle that transformers opens to find a data type, beside whole safetensors."
    edit(model/'text/config.json', dtype=None)
    torch.save(dict(w=Touch(tmp_path/'ran')), model/'text/pytorch_model.bin')

@pytest.mark.parametrize('key', ['model_kwargs','model_args'])
@pytest.mark.parametrize('route', ['load','info','cache','text'])
def test_arguments_from_a_file_are_refused(model, tmp_path, monkeypatch, key, route):
    "Arguments for `from_pretrained` in a file of settings, on every way to a text tower."
    pickled(model, tmp_path)
    edit(model/'text/sentence_bert_config.json', **{key:dict(weights_only=False, dtype='auto')})
    if route=='cache': in_a_cache(model, tmp_path, monkeypatch)
    ways = dict(load=lambda: load(model), info=lambda: info(str(model)), cache=lambda: load('somebody/model'),
        text=lambda: text_tower(model/'text'))
    refused(ways[route], f"sentence_bert_config.json sets '{key}'")

@pytest.mark.parametrize('way', [lambda p: text_tower(p, pretrained=False),
    lambda p: create_model('clippy-scenes', text=str(p), pretrained_text=True),
    lambda p: create_model('clippy-scenes', text=str(p)), lambda p: redraw(p, p.parent/'drawn')])
def test_other_ways_to_a_text_tower(model, tmp_path, way):
    "`--text`, `--pretrained-text` and `redraw` read a tower as `load` does."
    pickled(model, tmp_path)
    edit(model/'text/sentence_bert_config.json', model_kwargs=dict(weights_only=False, dtype='auto'))
    refused(lambda: way(model/'text'), 'model_kwargs')

def test_the_release_reads_a_text_tower_so_too(model, tmp_path):
    pickled(model, tmp_path)
    edit(model/'text/sentence_bert_config.json', model_kwargs=dict(weights_only=False, dtype='auto'))
    torch.save(dict(state_dict={'logit_scale':torch.tensor(1.)}), tmp_path/'clippy_5k.pt')
    refused(lambda: load(tmp_path/'clippy_5k.pt', preset='clippy-scenes', text=model/'text'), 'model_kwargs')

def own_code(model, tmp_path): # in every place where it could be looked for
    for d in (model, model/'text', model/'text/2_Dense'):
        (d/'own.py').write_text(f"open({str(tmp_path/'ran')!r}, 'w')\nfrom transformers import PretrainedConfig as "
            f"Own, AutoModel as Extra\n")

def modules(model, **changes): # of the last one
    path = model/'text/modules.json'
    found = json.loads(path.read_text())
    path.write_text(json.dumps([*found[:-1], {**found[-1], **changes}]))

@pytest.mark.parametrize('plant,said', [
    (lambda m: modules(m, type='own.Extra'), 'not part of Sentence Transformers'),
    (lambda m: modules(m, type='subprocess.Popen'), 'not part of Sentence Transformers'),
    (lambda m: modules(m, type='sentence_transformers.models.CLIPModel'), 'not part of Sentence Transformers'),
    (lambda m: modules(m, type='sentence_transformers.base.modules.router.Router'),
        'not part of Sentence Transformers'),
    (lambda m: modules(m, type='sentence_transformers.models.transformer'), 'not part of Sentence Transformers'),
    (lambda m: modules(m, type=['sentence_transformers.models.Dense']), 'not part of Sentence Transformers'),
    (lambda m: modules(m, path='../../elsewhere'), 'not one beside it'),
    (lambda m: modules(m, path='/etc'), 'not one beside it'),
    (lambda m: modules(m, type='sentence_transformers.models.Transformer'), 'only Dense and Normalize'),
    (lambda m: edit(m/'text/2_Dense/config.json', activation_function='torch.hub.load'), 'activation_function'),
    (lambda m: edit(m/'text/2_Dense/config.json', activation_function='own.Extra'), 'activation_function'),
    (lambda m: edit(m/'text/2_Dense/config.json', module_output_name='attention_mask'), 'module_output_name'),
    (lambda m: edit(m/'text/config.json', model_type='own', auto_map=dict(AutoConfig='own.Own')), 'custom code'),
    (lambda m: edit(m/'text/config.json', auto_map=dict(AutoModel='own.Own')), 'custom code'),
    (lambda m: edit(m/'text/config.json', model_type='esm'), 'no text tower that clippy knows'),
    (lambda m: edit(m/'text/tokenizer_config.json', auto_map=dict(AutoTokenizer=['own.Own',None])), 'custom code'),
    (lambda m: edit(m/'text/tokenizer_config.json', tokenizer_class='OwnTokenizer'), 'tokenizer_class'),
    (lambda m: edit(m/'text/sentence_bert_config.json',
        modality_config=dict(text=dict(method='save_pretrained', method_output_name='x'))), 'modality_config'),
    (lambda m: edit(m/'text/sentence_bert_config.json', transformer_task='retrieval'), 'transformer_task'),
    (lambda m: edit(m/'text/sentence_bert_config.json', processor_kwargs=dict(trust_remote_code=True)),
        'processor_kwargs'),
    (lambda m: edit(m/'text/config_sentence_transformers.json', model_type='CrossEncoder'), 'model_type'),
    (lambda m: (m/'text/modules.json').write_text('[]'), 'should name a Transformer'),
])
def test_what_a_tower_may_not_say(model, tmp_path, plant, said):
    own_code(model, tmp_path)
    plant(model)
    refused(lambda: load(model), said)

@pytest.mark.parametrize('plant', [
    lambda m: edit(m/'text/config.json', attn_implementation='kernels-community/flash-attn',
        _attn_implementation='kernels-community/flash-attn'),
    lambda m: edit(m/'text/config.json', quantization_config=dict(quant_method='gptq', bits=4)),
    lambda m: edit(m/'text/adapter_config.json', base_model_name_or_path='somebody/model', peft_type='LORA'),
    lambda m: edit(m/'text/tokenizer_config.json', chat_template="{{ cycler.__init__.__globals__.os.system('x') }}",
        pad_to_multiple_of=10**9),
    lambda m: edit(m/'text/processor_config.json', auto_map=dict(AutoProcessor='own.Own'), processor_class='Own'),
    lambda m: edit(m/'text/generation_config.json', custom_generate='own'),
    lambda m: edit(m/'config.json', text='/etc'),
    lambda m: edit(m/'config.json', text='somebody/model'),
    lambda m: (m/'text/chat_template.jinja').write_text('{% for i in range(10**12) %}{% endfor %}'),
], ids='kernels quantised adapter template processor generation text_path text_hub jinja'.split())
def test_what_is_left_behind(model, tmp_path, plant):
    "Settings and files that a tower does not need make no difference."
    own_code(model, tmp_path)
    plant(model)
    x,words = torch.randn(1,3,64,64),['a red boat']
    ours,theirs = load('scenes'),load(model)
    assert torch.equal(ours.encode_image(x), theirs.encode_image(x))
    assert torch.equal(ours.encode_text(words), theirs.encode_text(words))

@pytest.mark.parametrize('where', ['text','text/2_Dense'])
def test_weights_are_safetensors_or_refused(model, tmp_path, where):
    state = load_file(model/where/'model.safetensors')
    torch.save(state, model/where/'pytorch_model.bin') # harmless, but it could be anything
    (model/where/'model.safetensors').unlink()
    refused(lambda: load(model), 'weights in another format are not opened')

watched = dict(on=False, opened=[], ran=[])
forbidden = ('pickle.find_class','subprocess.Popen','os.system','os.exec','socket.connect','socket.getaddrinfo',
    'shutil.unpack_archive')

def watch(event, args):
    if not watched['on']: return
    named = event=='open' and isinstance(args[0], (str,bytes))
    if named: watched['opened'].append(os.path.realpath(os.fsdecode(args[0])))
    if event in forbidden: watched['ran'].append((event, str(args)[:200]))
sys.addaudithook(watch) # it cannot be taken away again, so it has a switch

@contextmanager
def watching():
    "What Python opens and runs meanwhile, as the interpreter itself reports it, is in `watched`."
    watched.update(on=True, opened=[], ran=[])
    try: yield
    finally: watched['on'] = False

def opened_in(folder):
    "Files of a folder among those that were opened."
    folder = os.path.realpath(folder)
    return {os.path.relpath(p, folder) for p in watched['opened'] if p.startswith(folder)}

def test_only_listed_files_are_opened(model, tmp_path):
    """Every `open` of Python while a model is loaded, reported by the interpreter itself; no pickle, no process, no
    connection."""
    own_code(model, tmp_path)
    extra = '''adapter_config.json adapter_model.safetensors pytorch_model.bin pytorch_model.bin.index.json
        training_args.bin optimizer.pt chat_template.jinja processor_config.json preprocessor_config.json
        generation_config.json tokenizer.model README.md model.onnx tf_model.h5 flax_model.msgpack
        video_preprocessor_config.json tokenization_own.py'''.split()
    for name in extra:
        for d in (model, model/'text'):
            (d/name).write_bytes(pickle.dumps(Touch(tmp_path/'ran')) if name.endswith(('.bin','.pt')) else b'{}')
    with watching():
        load(model)
        info(str(model))
        text_tower(model/'text')
        text_tower(model/'text', pretrained=False)
    assert not watched['ran']
    seen = opened_in(model)
    tower = '''config.json modules.json config_sentence_transformers.json sentence_bert_config.json tokenizer.json
        tokenizer_config.json model.safetensors special_tokens_map.json added_tokens.json 1_Pooling/config.json
        2_Dense/config.json 2_Dense/model.safetensors 3_Normalize/config.json'''.split()
    assert {'config.json','text/modules.json'} <= seen
    assert seen <= {'config.json','model.safetensors','manifest.json', *(f'text/{name}' for name in tower)}

# Honest towers, of every architecture ---------------------------------------------------------------------------------

small = dict(vocab_size=60, pad_token_id=0, bos_token_id=1, eos_token_id=2)
bert = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=48,
    max_position_embeddings=90, **small)
t5 = dict(d_model=32, d_kv=16, d_ff=48, num_layers=2, num_heads=2, **small)
towers = {'t5':t5, 'mt5':t5, 'umt5':t5, 'bert':bert, 'roberta':bert, 'xlm-roberta':bert, 'camembert':bert,
    'mpnet':bert, 'albert':bert|dict(embedding_size=16),
    'electra':bert|dict(embedding_size=16), 'deberta':bert|dict(relative_attention=True, pos_att_type=['c2p','p2c']),
    'deberta-v2':bert|dict(relative_attention=True, pos_att_type=['c2p','p2c'], position_buckets=8, share_att_key=True,
    norm_rel_ebd='layer_norm'),
    'modernbert':bert|dict(cls_token_id=1, sep_token_id=2, local_attention=8),
    'distilbert':dict(dim=32, n_layers=2, n_heads=2, hidden_dim=48, max_position_embeddings=90, **small)}

def written(folder, kind, pooling='mean'):
    "A tower as sentence-transformers itself writes it, and itself."
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Dense, Normalize, Pooling, Transformer
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import CONFIG_MAPPING, AutoModel, PreTrainedTokenizerFast
    raw = folder.with_name('raw')
    known = '<pad> <s> </s> <unk> a red boat on the sea'.split()
    tok = Tokenizer(models.WordLevel({w:i for i,w in enumerate(known)}, unk_token='<unk>'))
    tok.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=tok, pad_token='<pad>', unk_token='<unk>', bos_token='<s>',
        eos_token='</s>').save_pretrained(raw)
    torch.manual_seed(0)
    AutoModel.from_config(CONFIG_MAPPING[kind](**towers[kind])).save_pretrained(raw)
    parts = [Transformer(str(raw), max_seq_length=77), Pooling(32, pooling_mode=pooling),
        Dense(32*(1 if isinstance(pooling, str) else len(pooling)), 24), Normalize()]
    theirs = SentenceTransformer(modules=parts, device='cpu')
    theirs.save(str(folder), create_model_card=False)
    return SentenceTransformer(str(folder), device='cpu').eval()

def vectors(tower):
    tokens = tower.preprocess(['a red boat', 'the sea', 'a boat on the red sea'])
    with torch.no_grad(): return tower(tokens)['sentence_embedding']

@pytest.mark.parametrize('kind', towers)
def test_every_architecture_reads_as_sentence_transformers_reads_it(tmp_path, kind):
    "The same vectors to the bit; a second save and load change nothing; new weights are others."
    theirs = written(tmp_path/'tower', kind)
    ours = text_tower(tmp_path/'tower').eval()
    assert type(ours[0].model) is type(theirs[0].model) and torch.equal(vectors(ours), vectors(theirs))
    ours.save(str(tmp_path/'again'), create_model_card=False)
    assert torch.equal(vectors(text_tower(tmp_path/'again').eval()), vectors(theirs))
    assert not torch.equal(vectors(text_tower(tmp_path/'tower', pretrained=False).eval()), vectors(theirs))

@pytest.mark.parametrize('pooling', ['cls','max','weightedmean',('cls','mean')])
def test_poolings(tmp_path, pooling):
    theirs = written(tmp_path/'tower', 'bert', pooling)
    assert torch.equal(vectors(text_tower(tmp_path/'tower').eval()), vectors(theirs))

def test_older_layouts(tmp_path):
    "Names of version 2, weights in parts and half of them in float16, names of TensorFlow, and a bare transformer."
    from sentence_transformers import SentenceTransformer
    want,folder = vectors(written(tmp_path/'tower', 'bert')),tmp_path/'tower'
    places = dict(Transformer='', Pooling='1_Pooling', Dense='2_Dense', Normalize='3_Normalize')
    parts = [dict(idx=i, name=str(i), path=p, type=f'sentence_transformers.models.{kind}')
        for i,(kind,p) in enumerate(places.items())]
    (folder/'modules.json').write_text(json.dumps(parts))
    (folder/'sentence_bert_config.json').write_text('{"max_seq_length": 77, "do_lower_case": false}')
    (folder/'1_Pooling/config.json').write_text(json.dumps(dict(word_embedding_dimension=32,
        pooling_mode_cls_token=False, pooling_mode_mean_tokens=True,
        pooling_mode_max_tokens=False, pooling_mode_mean_sqrt_len_tokens=False)))
    shutil.rmtree(folder/'3_Normalize')
    assert torch.equal(vectors(text_tower(folder).eval()), want)
    def old_name(k): return k.replace('LayerNorm.weight', 'LayerNorm.gamma').replace('LayerNorm.bias', 'LayerNorm.beta')
    state = {f'bert.{old_name(k)}':v.clone() for k,v in load_file(folder/'model.safetensors').items()}
    save_file(state, folder/'model.safetensors', metadata=dict(format='pt'))
    assert torch.equal(vectors(text_tower(folder).eval()), want)
    text_tower(folder)[0].model.save_pretrained(tmp_path/'parts', max_shard_size='20KB')
    for path in (tmp_path/'parts').iterdir(): shutil.copy(path, folder)
    assert len([*folder.glob('model-0*-of-0*.safetensors')])>1
    (folder/'model.safetensors').unlink(missing_ok=True)
    assert torch.equal(vectors(text_tower(folder).eval()), want)
    edit(folder/'model.safetensors.index.json', weight_map=dict(w='../../elsewhere/model-00001-of-00002.safetensors'))
    refused(lambda: text_tower(folder), 'weight_map')
    bare = SentenceTransformer(str(tmp_path/'raw'), device='cpu').eval()
    assert torch.equal(vectors(text_tower(tmp_path/'raw').eval()), vectors(bare))

def test_the_decoder_may_be_there_and_a_layer_may_not_be_missing(tmp_path):
    """A file of a whole T5 is read as its encoder; a file without one of the encoder's weights is refused, where
    transformers draws it at random."""
    want,file = vectors(written(tmp_path/'tower', 't5')),tmp_path/'tower/model.safetensors'
    state = {k:v.clone() for k,v in load_file(file).items()}
    save_file(state | {'decoder.block.0.layer.0.SelfAttention.q.weight':torch.zeros(32,32),
        'lm_head.weight':torch.zeros(60,32)}, file, metadata=dict(format='pt'))
    assert torch.equal(vectors(text_tower(tmp_path/'tower').eval()), want)
    save_file({k:v for k,v in state.items() if k!='encoder.block.1.layer.0.SelfAttention.q.weight'}, file,
        metadata=dict(format='pt'))
    refused(lambda: text_tower(tmp_path/'tower'),
        r'1 weights that the file lacks: encoder\.block\.1\.layer\.0\.SelfAttention\.q\.weight')

# 2. Settings of the image tower ---------------------------------------------------------------------------------------

def plant(model, **image_args): edit(model/'config.json',
        image_args=json.loads((model/'config.json').read_text())['image_args'] | image_args)

@pytest.mark.parametrize('args,said', [
    (dict(pretrained_cfg=dict(file='{}/bad.pth')), 'pretrained_cfg'),
    (dict(pretrained_cfg=dict(url='file://{}/bad.pth')), 'pretrained_cfg'),
    (dict(pretrained_cfg=dict(url='http://127.0.0.1:9/resnet18-f37072fd.pth')), 'pretrained_cfg'),
    (dict(pretrained_cfg='orig_in21k'), 'pretrained_cfg'),
    (dict(pretrained_cfg_overlay=dict(file='{}/bad.pth')), 'pretrained_cfg_overlay'),
    (dict(checkpoint_path='{}/bad.pth'), 'checkpoint_path'),
    (dict(pretrained=True), 'pretrained'), (dict(cache_dir='{}/cache'), 'cache_dir'),
    (dict(num_classes=10**9), 'num_classes'), (dict(features_only=True), 'features_only'),
    (dict(block_fn='own.Block'), 'block_fn'), (dict(norm_layer='own.Norm'), 'norm_layer'),
    (dict(act_layer=dict(a=1)), 'act_layer'), (dict(global_pool='map'), 'global_pool'),
    (dict(weight_init='jax'), 'weight_init'), (dict(device='cuda'), 'device'), (dict(in_chans=4), 'in_chans'),
    (dict(scriptable=True), 'scriptable'),
    (dict(embed_dim=10**9), 'embed_dim'), (dict(depth=10**6), 'depth'), (dict(depth=True), 'depth'),
    (dict(depth='3'), 'depth'), (dict(img_size=[64]*9), 'img_size'),
    (dict(img_size=10**6), 'img_size'), (dict(patch_size=0), 'patch_size'),
    (dict(mlp_ratio=float('inf')), 'mlp_ratio'), (dict(num_heads=0), 'num_heads'),
    (dict(mlp_ratio=float('nan')), 'mlp_ratio')])
def test_image_args_are_of_a_list(model, tmp_path, monkeypatch, args, said):
    """Arguments that fetch or open, on the way to timm: refused, nothing is fetched, and nothing lies in PyTorch's
    cache for torchvision to execute later."""
    monkeypatch.setenv('TORCH_HOME', str(tmp_path/'torch'))
    (tmp_path/'bad.pth').write_bytes(pickle.dumps(Touch(tmp_path/'ran')))
    plant(model, **json.loads(json.dumps(args).replace('{}', str(tmp_path))))
    refused(lambda: load(model), said)
    assert not (tmp_path/'torch').exists() and not (tmp_path/'cache').exists()
    refused(lambda: Config(image_args=args), said) # so that none is trained that could not be loaded

@pytest.mark.parametrize('name', ['hf-hub:somebody/model', 'hf_hub:somebody/model', 'local-dir:{}',
    'https://example.org/model', '/etc/passwd', '../model', '', None, 7, ['vit_tiny_patch16_224'],
    'resnet18', 'VIT_TINY_PATCH16_224', 'vit_tiny_patch16_224 ', 'vit_tiny_patch16_224\n',
    'vit_tiny_patch16_224.hf-hub:somebody/model', 'vit_tiny_patch16_224.no_such_tag', 'samvit_base_patch16'])
def test_image_names_are_of_timms_registry(model, tmp_path, name):
    edit(model/'config.json', image=name) if name is not None else (model/'config.json').write_text('{"image": null}')
    refused(lambda: load(model), 'none of the Vision Transformers|image is|Invalid pretrained tag')

@pytest.mark.parametrize('change,said', [(dict(image_size=10**9), 'image_size'), (dict(max_tokens=-1), 'max_tokens'),
    (dict(max_tokens=10**9), 'max_tokens'), (dict(pooling='cls.x'), 'pooling'),
    (dict(mean=[0,0]), 'mean'), (dict(std=[0,0,0]), 'std'), (dict(token_drop='x'), 'token_drop'),
    (dict(text=['a']), 'text'), (dict(text_args=dict(width=10**9)), 'width'),
    (dict(image_args=[1]), 'image_args'), (dict(logit_bias=float('nan')), 'logit_bias'),
    (dict(pretrained_image='yes'), 'pretrained_image'), (dict(own_field=1), 'own_field')])
def test_fields_of_a_config(model, change, said):
    edit(model/'config.json', **change)
    refused(lambda: load(model), said)

def test_every_field_of_a_config_has_its_kind():
    from clippy.saved import config_settings
    assert set(config_settings)=={'clippy', 'knows', 'background', 'towers', *(f.name for f in fields(Config))}

# 3. Size, and what is no file -----------------------------------------------------------------------------------------

def header(file, entries, data=b'', length=None):
    head = json.dumps(entries).encode()
    file.write_bytes((len(head) if length is None else length).to_bytes(8, 'little')+head+data)

def sparse(file, size):
    with open(file, 'wb') as f: f.truncate(size)

each_weights = pytest.mark.parametrize('where', ['.','text','text/2_Dense'])

@each_weights
@pytest.mark.parametrize('break_it,said', [
    (lambda f: header(f, dict(w=dict(dtype='F32', shape=[10**6, 3*10**6], data_offsets=[0, 12*10**12]))),
    'not a whole safetensors'),
    (lambda f: header(f, dict(w=dict(dtype='F32', shape=[10**6, 3*10**6], data_offsets=[0, 8])), bytes(8)),
    'not a whole safetensors'),
    (lambda f: header(f, dict(w=dict(dtype='F32', shape=[-1, 2], data_offsets=[8, 0])), bytes(8)),
    'not a whole safetensors'),
    (lambda f: header(f, {}, length=1<<62), 'not a whole safetensors'),
    (lambda f: f.write_bytes((20_002).to_bytes(8, 'little')+b'{"a":'+b'['*20_000), 'not a whole safetensors'),
    (lambda f: sparse(f, 1<<40), 'not a whole safetensors'), (lambda f: f.write_bytes(b''), 'not a whole safetensors'),
    (lambda f: header(f, dict(w=dict(dtype='F32', shape=[2], data_offsets=[0, 8])), bytes(8)),
    'does not fit the model'),
], ids='12TB shape negative length deep sparse empty other'.split())
def test_headers_that_lie(model, where, break_it, said):
    file = model/where/'model.safetensors'
    break_it(file)
    refused(lambda: load(model), said)

def giant(file): # a whole file, as far as its header goes, of 3 TB that are no bytes on the disk
    head = json.dumps(dict(w=dict(dtype='F32', shape=[3*10**11//4, 10], data_offsets=[0, 3*10**12]))).encode()
    file.write_bytes(len(head).to_bytes(8, 'little')+head)
    with open(file, 'r+b') as f: f.truncate(8+len(head)+3*10**12)

@each_weights
def test_a_sparse_giant_takes_no_memory(model, where):
    giant(model/where/'model.safetensors')
    refused(lambda: load(model), 'does not fit the model')

def test_weights_of_an_image_tower_that_are_giants(tmp_path):
    """`--image-weights`: a sparse giant, a device, and a torch file whose strides repeat one number a million
    million times."""
    from clippy.model import image_tower
    giant(tmp_path/'w.safetensors')
    torch.save({'blocks.0.attn.qkv.weight':torch.zeros(1).expand(10**6, 10**6)}, tmp_path/'w.pth')
    (tmp_path/'dir').mkdir()
    (tmp_path/'dir/model.safetensors').symlink_to('/dev/zero')
    wrong = ('w.safetensors','would take 3000 GB'), ('w.pth','does not hold tensors'), ('dir','leads out of the folder')
    for name,said in wrong: refused(lambda: image_tower('vit_tiny_patch16_224', weights=tmp_path/name), said)
    refused(lambda: image_tower('vit_tiny_patch16_224', weights='/dev/zero'), 'no ordinary file')

@each_weights
def test_a_link_to_an_endless_device(model, where):
    (model/where/'model.safetensors').unlink()
    (model/where/'model.safetensors').symlink_to('/dev/zero')
    refused(lambda: load(model), 'leads out of the folder')

tower_files = '''config.json modules.json sentence_bert_config.json config_sentence_transformers.json tokenizer.json
    tokenizer_config.json model.safetensors 1_Pooling/config.json 2_Dense/config.json 2_Dense/model.safetensors
    3_Normalize/config.json'''.split()
files = ['config.json', 'model.safetensors', *(f'text/{name}' for name in tower_files)]
settings_files = [f for f in files if f.endswith('.json') and f!='text/tokenizer.json']

@pytest.mark.parametrize('file', files)
def test_no_ordinary_file(model, tmp_path, file):
    "A pipe, a link out of the folder, a link to itself, a folder, and too many bytes, in the place of every file."
    for put,said in ((os.mkfifo, 'no ordinary file'), (lambda p: p.symlink_to(tmp_path/'secret'), 'leads out'),
            (lambda p: p.symlink_to(p.name), 'leads nowhere|no file|no ordinary'),
                     (lambda p: p.mkdir(), 'no ordinary file'),
                     (lambda p: sparse(p, 1<<36), 'more than|whole safetensors')):
        shutil.rmtree(model)
        shutil.copytree(boxed()['scenes'], model)
        (tmp_path/'secret').write_text('{}')
        (model/file).unlink()
        put(model/file)
        refused(lambda: load(model), said)

@pytest.mark.parametrize('file', settings_files)
@pytest.mark.parametrize('data', [b'['*100_000, b'[]', b'"x"', b'\xff\xfe\x00', b'', b'{"a":'*900+b'1'+b'}'*900,
    b'{"a": 1'+b'0'*10_000+b'}'], ids='deep list text bytes empty nested digits'.split())
def test_json_that_is_none(model, file, data):
    (model/file).write_bytes(data)
    refused(lambda: load(model), '.')

def test_a_giant_that_is_within_the_bounds(model, tmp_path):
    """Settings that ask for more than the file has, in either tower; and for more than the machine has, where there
    is no file."""
    plant(model, embed_dim=65536, depth=256, num_heads=1024)
    refused(lambda: load(model), 'does not fit the model')
    shutil.rmtree(model)
    shutil.copytree(boxed()['scenes'], model)
    edit(model/'text/config.json', d_model=65536, d_ff=65536, num_layers=256)
    refused(lambda: load(model), 'would take|does not fit|pools vectors')
    edit(model/'text/1_Pooling/config.json', embedding_dimension=65536)
    edit(model/'text/2_Dense/config.json', in_features=65536)
    refused(lambda: load(model), 'would take')
    refused(lambda: text_tower(model/'text', pretrained=False), 'would take')

# Whatever is in the files ---------------------------------------------------------------------------------------------

values = st.recursive(st.one_of(st.none(), st.booleans(), st.integers(-2, 300),
    st.sampled_from([2**31, 2**63, 10**30, -10**9]), st.floats(), st.text(max_size=8),
    st.sampled_from(['../../secret/s.json', '/etc/passwd', 'file:///etc/passwd', 'http://127.0.0.1:9/x',
    'somebody/model', 'own.Own', 'os.system', 'torch.hub.load', 'builtins.eval', '..', '.', 'max', 'cls', 'relu',
    'bert', 'eager'])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4), max_leaves=6)
names = st.one_of(st.text(max_size=12), st.sampled_from('''model_kwargs config_kwargs processor_kwargs
    auto_map trust_remote_code adapter_config attn_implementation quantization_config dtype torch_dtype tokenizer_class
    tokenizer_file vocab_file chat_template pretrained_cfg checkpoint_path url file path type kwargs __class__
    model_type architectures _name_or_path name_or_path max_length num_labels pruned_heads subfolder gguf_file
    weight_map image text image_args text_args pad_token extra_special_tokens base_model_name_or_path'''.split()))

@st.composite
def changes(draw):
    "A file of settings, and a function that changes one or two of its settings, somewhere within, or all of it."
    file = draw(st.sampled_from(settings_files))
    honest = json.loads((boxed()['scenes']/file).read_text())
    if draw(st.integers(0, 9))==0: return file,draw(values)
    for _ in range(draw(st.integers(1, 2))):
        place = draw(st.sampled_from(honest)) if isinstance(honest, list) and honest else honest
        inner = [v for v in place.values() if isinstance(v, dict)]
        if inner and draw(st.booleans()): place = draw(st.sampled_from(inner))
        key = draw(st.one_of(st.sampled_from(sorted(place)) if place else names, names))
        if draw(st.integers(0, 4))==0: place.pop(key, None)
        else: place[key] = draw(values)
    return file,honest

@pytest.fixture(scope='module')
def shared_model(tmp_path_factory):
    folder = tmp_path_factory.mktemp('fuzz')
    (folder/'secret').mkdir()
    (folder/'secret/s.json').write_text('{}')
    shutil.copytree(boxed()['scenes'], folder/'model')
    for name in ('pytorch_model.bin','adapter_config.json','own.py','chat_template.jinja'):
        for d in (folder/'model', folder/'model/text'):
            (d/name).write_bytes(pickle.dumps(Touch(folder/'ran')) if name.endswith('.bin') else b'{}')
    return folder

allowed = {*files, 'manifest.json'}

@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(change=changes())
def test_any_settings_end_in_a_model_or_a_sentence(shared_model, change):
    "Settings changed at random: a model that answers, or one sentence; only listed files are opened, and nothing runs."
    file,found = change
    model,before = shared_model/'model',(shared_model/'model'/file).read_bytes()
    try:
        (model/file).write_text(json.dumps(found))
        with watching():
            try: answer = load(model)
            except (ValueError,FileNotFoundError) as e: answer = str(e)
    finally: (model/file).write_bytes(before)
    assert not watched['ran'] and not (shared_model/'ran').exists()
    inside = {os.path.relpath(shared_model/p, model) for p in opened_in(shared_model)}
    assert inside<=allowed, inside-allowed
    if isinstance(answer, str): assert answer.strip() and '\n' not in answer and len(answer)<1200
    else:
        assert isinstance(answer, CLIPpy)
        assert answer.encode_text(['a red boat']).isfinite().all()
        assert answer.encode_image(torch.zeros(1,3,64,64)).isfinite().all()

shapes = st.lists(st.one_of(st.integers(-1, 4), st.sampled_from([2**31, 2**62, 10**30, 1.5, '2', None, True])),
    max_size=4)
entries = st.fixed_dictionaries(dict(dtype=st.sampled_from(['F32','F16','I64','BOOL','F128','',None]), shape=shapes,
    data_offsets=st.lists(st.one_of(st.integers(-8, 40), st.sampled_from([2**63, 12*10**12, 0.5, None])), min_size=1,
    max_size=3))) | values

@settings(max_examples=150, deadline=None, derandomize=True)
@given(head=st.dictionaries(st.text(max_size=4) | st.just('__metadata__'), entries, max_size=3) | values,
    data=st.binary(max_size=40), wrong=st.sampled_from([0]*8+[1,-1,2**40,-10**6]))
def test_a_header_is_whole_or_refused(head, data, wrong):
    """What `read_header` takes, safetensors itself takes, with the same names and shapes; it takes no more bytes
    than the file has."""
    import tempfile
    from clippy.files import read_header
    with tempfile.TemporaryDirectory() as d:
        file,text = Path(d)/'w.safetensors',json.dumps(head).encode()
        file.write_bytes(max(0, len(text)+wrong).to_bytes(8, 'little')+text+data)
        try: found = read_header(file)
        except ValueError: return
        try: state = load_file(file)
        except Exception: return # what else the library checks: that is its sentence, in `load`
        assert {k:v for k,(_,v) in found.items()}=={k:tuple(v.shape) for k,v in state.items()}

def test_whole_headers_are_taken(tmp_path):
    from clippy.files import read_header
    state = dict(a=torch.zeros(2,3), b=torch.zeros(0,4), c=torch.zeros((), dtype=torch.int64),
        d=torch.zeros(5, dtype=torch.bool), e=torch.ones(7, dtype=torch.bfloat16))
    save_file(state, tmp_path/'w.safetensors', metadata=dict(format='pt'))
    shapes = {k:shape for k,(_,shape) in read_header(tmp_path/'w.safetensors').items()}
    assert shapes=={k:tuple(v.shape) for k,v in state.items()}

# The versions ---------------------------------------------------------------------------------------------------------

def test_the_oldest_versions_are_those_that_make_oldest_tests():
    "The floors of settings.ini under what reads models and images, and the versions that `make oldest` installs."
    ini = ConfigParser(delimiters=['='])
    ini.read(root/'settings.ini', encoding='utf-8')
    floors = dict(re.findall(r'([\w-]+)>=([\d.]+)', ini['DEFAULT']['requirements']))
    tried = dict(re.findall(r'([\w-]+)==([\d.]+)', re.search(r'^OLDEST := (.*)$', (root/'Makefile').read_text(),
        re.M)[1]))
    for name in 'huggingface_hub','pillow','safetensors','sentence-transformers','timm','transformers':
        assert floors[name]==tried[name], name
    assert tuple(map(int, floors['timm'].split('.')))>=(1,0,26) # before, a pickle that was fetched ran at once

# What else is read ----------------------------------------------------------------------------------------------------

def nested(n): return json.loads('{"full_attention":'*n+'1'+'}'*n)

@pytest.mark.parametrize('file,key', [('text/config.json','rope_parameters'), ('text/config.json','model_type'),
    ('text/config.json','id2label'), ('text/modules.json','type'), ('config.json','mean'),
    ('text/tokenizer_config.json','eos_token'), ('text/tokenizer_config.json','added_tokens_decoder')])
def test_brackets_within_a_setting(model, file, key):
    "Not too deep for the reader of JSON, but for a check that follows them."
    modules(model, type=nested(450)) if file=='text/modules.json' else edit(model/file, **{key:nested(450)})
    try: load(model)
    except ValueError as e: assert len(str(e))<1200

@pytest.mark.parametrize('change', [dict(normalizer=dict(type='Precompiled', precompiled_charsmap='AAAA')),
    dict(model=dict(type='BPE', vocab=dict(a=0), merges=[['a','b']])),
    dict(model=dict(type='BPE', vocab=dict(a=2**31), merges=[])),
    dict(pre_tokenizer=dict(type='Split', pattern=dict(Regex='('), behavior='Isolated', invert=False)),
    dict(added_tokens=7)])
def test_tokenizers_that_are_none(model, change):
    "Also where the library that parses them panics."
    path = model/'text/tokenizer.json'
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    refused(lambda: load(model), 'holds no tokenizer|has 2147483649 tokens')

def test_torch_files_that_are_odd(tmp_path):
    """A packed pickle that would unfold to 200 times its size, a dict within itself, a bare tensor, and weights that
    timm's converter stumbles over."""
    from zipfile import ZIP_DEFLATED, ZipFile
    from clippy.model import image_tower
    with ZipFile(tmp_path/'bomb.pt', 'w', ZIP_DEFLATED) as z:
        z.writestr('archive/data.pkl', bytes(100<<20))
        z.writestr('archive/version', b'3\n')
        z.writestr('archive/byteorder', b'little')
    refused(lambda: load(tmp_path/'bomb.pt'), 'larger in memory than on the disk')
    within = {}
    within['state_dict'] = within
    odd = [{'pos_embed':torch.zeros(1,7,3)}, {'patch_embed.proj.weight':torch.zeros(7)},
        {'visual.trunk.pos_embed':torch.zeros(2)}, {'pos_embed':torch.zeros(1,5,192).to_sparse()}]
    for saved in within, torch.zeros(3), dict(state_dict=[1]), *odd:
        torch.save(saved, tmp_path/'odd.pt')
        refused(lambda: image_tower('vit_tiny_patch16_224', weights=tmp_path/'odd.pt'),
            'does not hold tensors|none that timm can fit')

def test_a_manifest_is_data(model, tmp_path, capsys):
    "Of other types, out of the folder, a pipe: what `info` says of it."
    manifest = model/'manifest.json'
    for data in '{"results": 3, "command": {"a": 1}}', '{"results": [], "steps": [1]}':
        manifest.write_text(data)
        info(str(model))
    wrong = {'[]':'should hold a dict', '{':'not JSON', '{"results": [1]}':'without numbers',
        '{"results": [{"numbers": 1}]}':'without numbers'}
    for data,said in wrong.items():
        manifest.write_text(data)
        refused(lambda: info(str(model)), said)
    (tmp_path/'secret').write_text('{"command": "secret"}')
    for put,said in (lambda p: p.symlink_to(tmp_path/'secret'), 'leads out'), (os.mkfifo, 'no ordinary file'):
        manifest.unlink()
        put(manifest)
        refused(lambda: info(str(model)), said)
    assert 'secret' not in capsys.readouterr().out

def test_names_that_are_somebody_elses(model, tmp_path, monkeypatch):
    """A folder in the working directory that is named as a model in the box is not taken for it; a model's folder
    may be a link, and links back into itself are its own."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(model, tmp_path/'scenes')
    edit(tmp_path/'scenes/config.json', image_size=128)
    assert load('scenes').config.image_size==64 and load('./scenes').config.image_size==128
    (tmp_path/'linked').symlink_to(model)
    (model/'text/2_Dense/weights').write_bytes((model/'text/2_Dense/model.safetensors').read_bytes())
    (model/'text/2_Dense/model.safetensors').unlink()
    (model/'text/2_Dense/model.safetensors').symlink_to('weights')
    assert isinstance(load('linked'), CLIPpy)
    shutil.move(model/'text', tmp_path/'elsewhere')
    (model/'text').symlink_to(tmp_path/'elsewhere')
    refused(lambda: load('linked'), 'leads out of the folder')

def test_a_cache_may_link_to_its_own_blobs_only(model, tmp_path, monkeypatch):
    snapshot = in_a_cache(model, tmp_path, monkeypatch)
    assert isinstance(load('somebody/model'), CLIPpy)
    other = tmp_path/'hub/models--other--model/blobs'
    other.mkdir(parents=True)
    shutil.copy(model/'config.json', other/'c')
    (snapshot/'config.json').unlink()
    (snapshot/'config.json').symlink_to(other/'c')
    refused(lambda: load('somebody/model'), 'leads out of the folder')
