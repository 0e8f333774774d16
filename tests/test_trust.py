"""A model of others is attacked here: load ends in a model or in a sentence, runs nothing, and opens only the files of its lists.

Every payload makes the file `ran` and does nothing else."""
import json, os, pickle, re, shutil, signal, subprocess, sys
from configparser import ConfigParser
from dataclasses import fields
from pathlib import Path

import pytest, torch
from hypothesis import HealthCheck, given, settings, strategies as st
from safetensors.torch import load_file, save_file

from clippy.model import CLIPpy, Config, boxed, create_model, load, redraw, text_tower
from clippy.predict import info

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
    (repo/'blobs').mkdir(parents=True); (repo/'refs').mkdir(); (repo/'refs'/'main').write_text('c0ffee')
    for i,file in enumerate(sorted(p for p in model.rglob('*') if p.is_file())):
        at = repo/'snapshots'/'c0ffee'/file.relative_to(model)
        at.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, repo/'blobs'/f'{i:040x}')
        at.symlink_to(os.path.relpath(repo/'blobs'/f'{i:040x}', at.parent))
    monkeypatch.setattr(C, 'HF_HUB_CACHE', str(tmp_path/'hub')); monkeypatch.setattr(C, 'HF_HUB_OFFLINE', True)
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
    ways = dict(load=lambda: load(model), info=lambda: info(str(model)), cache=lambda: load('somebody/model'), text=lambda: text_tower(model/'text'))
    refused(ways[route], f"sentence_bert_config.json sets '{key}'")

@pytest.mark.parametrize('way', [lambda p: text_tower(p, pretrained=False), lambda p: create_model('clippy-scenes', text=str(p), pretrained_text=True),
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
        (d/'own.py').write_text(f"open({str(tmp_path/'ran')!r}, 'w')\nfrom transformers import PretrainedConfig as Own, AutoModel as Extra\n")

def modules(model, **changes): # of the last one
    path = model/'text/modules.json'
    found = json.loads(path.read_text())
    path.write_text(json.dumps([*found[:-1], {**found[-1], **changes}]))

@pytest.mark.parametrize('plant,said', [
    (lambda m: modules(m, type='own.Extra'), 'not part of Sentence Transformers'),
    (lambda m: modules(m, type='subprocess.Popen'), 'not part of Sentence Transformers'),
    (lambda m: modules(m, type='sentence_transformers.models.CLIPModel'), 'not part of Sentence Transformers'),
    (lambda m: modules(m, type='sentence_transformers.base.modules.router.Router'), 'not part of Sentence Transformers'),
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
    (lambda m: edit(m/'text/sentence_bert_config.json', modality_config=dict(text=dict(method='save_pretrained', method_output_name='x'))), 'modality_config'),
    (lambda m: edit(m/'text/sentence_bert_config.json', transformer_task='retrieval'), 'transformer_task'),
    (lambda m: edit(m/'text/sentence_bert_config.json', processor_kwargs=dict(trust_remote_code=True)), 'processor_kwargs'),
    (lambda m: edit(m/'text/config_sentence_transformers.json', model_type='CrossEncoder'), 'model_type'),
    (lambda m: (m/'text/modules.json').write_text('[]'), 'should name a Transformer'),
])
def test_what_a_tower_may_not_say(model, tmp_path, plant, said):
    own_code(model, tmp_path)
    plant(model)
    refused(lambda: load(model), said)

@pytest.mark.parametrize('plant', [
    lambda m: edit(m/'text/config.json', attn_implementation='kernels-community/flash-attn', _attn_implementation='kernels-community/flash-attn'),
    lambda m: edit(m/'text/config.json', quantization_config=dict(quant_method='gptq', bits=4)),
    lambda m: edit(m/'text/adapter_config.json', base_model_name_or_path='somebody/model', peft_type='LORA'),
    lambda m: edit(m/'text/tokenizer_config.json', chat_template="{{ cycler.__init__.__globals__.os.system('x') }}", pad_to_multiple_of=10**9),
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
    assert torch.equal(ours.encode_image(x), theirs.encode_image(x)) and torch.equal(ours.encode_text(words), theirs.encode_text(words))

@pytest.mark.parametrize('where', ['text','text/2_Dense'])
def test_weights_are_safetensors_or_refused(model, tmp_path, where):
    state = load_file(model/where/'model.safetensors')
    torch.save(state, model/where/'pytorch_model.bin') # harmless, but it could be anything
    (model/where/'model.safetensors').unlink()
    refused(lambda: load(model), 'weights in another format are not opened')

opened = '''
import sys, os, json, shutil
from pathlib import Path
from clippy.model import load, text_tower
from clippy.predict import info
folder,seen,bad,on = os.path.realpath(sys.argv[1]),set(),[],True
def watch(event, args):
    if not on: return
    if event=='open' and isinstance(args[0], (str,bytes)):
        real = os.path.realpath(os.fsdecode(args[0]))
        if real.startswith(folder): seen.add(os.path.relpath(real, folder))
    if event in ('pickle.find_class','subprocess.Popen','os.system','os.exec','socket.connect','socket.getaddrinfo','shutil.unpack_archive'): bad.append((event, str(args)[:200]))
sys.addaudithook(watch)
load(folder); info(folder); text_tower(folder+'/text'); text_tower(folder+'/text', pretrained=False)
on = False
print(json.dumps([sorted(seen), bad]))
'''

def test_only_listed_files_are_opened(model, tmp_path):
    "Every `open` of Python while a model is loaded, reported by the interpreter itself; no pickle, no process, no connection."
    own_code(model, tmp_path)
    extra = '''adapter_config.json adapter_model.safetensors pytorch_model.bin pytorch_model.bin.index.json training_args.bin optimizer.pt chat_template.jinja
        processor_config.json preprocessor_config.json generation_config.json added_tokens.json tokenizer.model README.md model.onnx tf_model.h5 flax_model.msgpack
        video_preprocessor_config.json tokenization_own.py'''.split()
    for name in extra:
        for d in (model, model/'text'): (d/name).write_bytes(pickle.dumps(Touch(tmp_path/'ran')) if name.endswith(('.bin','.pt')) else b'{}')
    r = subprocess.run([sys.executable, '-c', opened, str(model)], capture_output=True, text=True, timeout=200, cwd=root,
        env={**os.environ, 'PYTHONPATH':os.pathsep.join([str(root), os.environ.get('PYTHONPATH', '')])})
    assert r.returncode==0, r.stderr[-2000:]
    seen,bad = json.loads(r.stdout.splitlines()[-1])
    assert not bad, bad
    tower = {'config.json','modules.json','config_sentence_transformers.json','sentence_bert_config.json','tokenizer.json','tokenizer_config.json','model.safetensors',
        '1_Pooling/config.json','2_Dense/config.json','2_Dense/model.safetensors','3_Normalize/config.json'}
    assert {'config.json','text/modules.json'} <= set(seen) <= {'config.json','model.safetensors','manifest.json', *(f'text/{o}' for o in tower)}
