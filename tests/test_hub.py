"The Hub, stood in for by a server on loopback: push, load back, refusals, and a token that is kept quiet."
import base64, hashlib, inspect, json, os, re, runpy, subprocess, sys, threading, traceback
from configparser import ConfigParser
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import huggingface_hub.constants as C
import pytest, torch, yaml
from huggingface_hub import PyTorchModelHubMixin, snapshot_download
from PIL import Image

from clippy.eval import evaluate
from clippy.record import weights_hash
from clippy.families import TIPSv2
from clippy.hub import hub_errors, model_card, push, read_manifest, run_manifest, write_repo
from clippy.model import CLIPpy
from clippy.saved import load

token = 'hf_ThisIsTheSecretOfTheTest'

class Hub(BaseHTTPRequestHandler):
    "As much of the Hub as pushing and loading ask for. `server.mode` says how large files travel: `regular` or `lfs`."
    protocol_version = 'HTTP/1.1'
    def answer(self, data=b'', code=200, **headers):
        data = data if isinstance(data, bytes) else json.dumps(data).encode()
        self.send_response(code)
        for k,v in {'Content-Type':'application/json', **headers, 'Content-Length':len(data)}.items():
            self.send_header(k.replace('_','-'), str(v))
        self.end_headers()
        if self.command!='HEAD': self.wfile.write(data)
    def refuse(self, code, why='', **headers): self.answer(dict(error=why or f'refused with {code}'), code, **headers)
    def body(self): return self.rfile.read(int(self.headers.get('Content-Length', 0)))
    def handle_any(self):
        s,path,body = self.server,unquote(urlsplit(self.path).path),self.body()
        s.asked.append((self.command, path))
        if s.refuses and re.search(s.refuses[0], path): return self.refuse(s.refuses[1])
        if path.startswith('/blob/'): return self.blob(path, body)
        if self.headers.get('Authorization')!=f'Bearer {token}' and (self.command=='POST' or s.private):
            return self.refuse(401, 'Invalid username or password.')
        for pattern,method in routes.items():
            if m := re.fullmatch(pattern, f'{self.command} {path}'): return getattr(self, method)(body, **m.groupdict())
        self.refuse(404, 'no such page', X_Error_Code='RepoNotFound')
    do_GET = do_HEAD = do_POST = do_PUT = handle_any
    def log_message(self, *_): pass

    def create(self, body):
        asked = json.loads(body)
        user,name = asked.get('organization') or 'ada',asked['name']
        if user!='ada': return self.refuse(403, 'You have no rights there.')
        here = f'{user}/{name}' in self.server.repos
        if not here:
            newer,older = asked.get('visibility')=='private',bool(asked.get('private')) # clients
            self.server.private = newer or older
        self.server.repos.setdefault(f'{user}/{name}', [])
        self.answer(dict(url=f'{self.server.url}/{user}/{name}', name=f'{user}/{name}'), 409 if here else 200)
    def commits(self, repo): return self.server.repos.get(repo)
    def files(self, repo, revision): # of a commit
        commits = self.commits(repo)
        if not commits: return None if commits is None else (None, {})
        for (where,name),found in self.server.branches.items():
            if where==repo and revision in (name,found[0]): return found
        return next(((sha,files) for sha,files in reversed(commits) if revision in ('main',sha)), None)
    def branch(self, body, repo, revision):
        if (repo,revision) in self.server.branches: return self.refuse(409, 'there already')
        self.server.branches[repo,revision] = self.files(repo, 'main') or (None, {})
        self.answer({})
    def info(self, body, repo, revision='main'):
        found = self.files(repo, revision)
        if found is None:
            return self.refuse(404, X_Error_Code='RevisionNotFound'
                if self.commits(repo) is not None else 'RepoNotFound')
        sha,files = found
        self.answer(dict(id=repo, modelId=repo, sha=sha, private=self.server.private, tags=[], downloads=0, likes=0,
            siblings=[dict(rfilename=f) for f in files]))
    def tree(self, body, repo, revision='main'):
        found = self.files(repo, revision)
        if found is None: return self.refuse(404, X_Error_Code='RevisionNotFound')
        self.answer([dict(type='file', path=k, size=len(v), oid=hashlib.sha1(v).hexdigest()) for k,
            v in found[1].items()])
    def preupload(self, body, repo, revision):
        if self.commits(repo) is None: return self.refuse(404, X_Error_Code='RepoNotFound')
        large = lambda f: self.server.mode if f['path'].endswith('.safetensors') else 'regular'
        self.answer(dict(files=[dict(path=f['path'], uploadMode=large(f), shouldIgnore=False)
            for f in json.loads(body)['files']]))
    def commit(self, body, repo, revision):
        if self.commits(repo) is None: return self.refuse(404, X_Error_Code='RepoNotFound')
        files = dict((self.files(repo, revision) or (None, {}))[1])
        for line in body.splitlines():
            given = json.loads(line)
            k,v = given['key'],given['value']
            if k=='header': self.server.said.append(v['summary'])
            if k=='file': files[v['path']] = base64.b64decode(v['content'])
            if k=='lfsFile': files[v['path']] = self.server.blobs[v['oid']]
            if k=='deletedFile': del files[v['path']]
        sha = hashlib.sha1(body).hexdigest()
        made = dict(commitUrl=f'{self.server.url}/{repo}/commit/{sha}', commitOid=sha, success=True)
        if 'create_pr=1' in self.path:
            self.server.branches[repo,'refs/pr/1'] = sha,files
            return self.answer(made | dict(pullRequestUrl=f'{self.server.url}/{repo}/discussions/1'))
        if revision=='main': self.commits(repo).append((sha, files))
        else: self.server.branches[repo,revision] = sha,files
        self.answer(made)
    def batch(self, body, repo): # git-lfs
        at = lambda file: dict(file, actions=dict(upload=dict(href=f"{self.server.url}/blob/{file['oid']}")))
        self.answer(dict(transfer='basic', objects=[at(o) for o in json.loads(body)['objects']]))
    def blob(self, path, body):
        self.server.blobs[path.split('/')[-1]] = body
        self.answer({})
    def yaml(self, body):
        front = json.loads(body)['content'].split('---\n')[1]
        self.answer(dict(errors=[] if yaml.safe_load(front)['license'] else [dict(message='no licence')], warnings=[]))
    def resolve(self, body, repo, revision, file):
        found = self.files(repo, revision)
        if found is None or file not in found[1]: return self.refuse(404, X_Error_Code='EntryNotFound')
        self.answer(found[1][file], ETag=f'"{hashlib.sha1(found[1][file]).hexdigest()}"', X_Repo_Commit=found[0],
            Content_Type='application/octet-stream')

_repo = r'(?P<repo>[\w.-]+/[\w.-]+)'
routes = {r'POST /api/repos/create':'create', rf'POST /api/models/{_repo}/preupload/(?P<revision>[\w/]+)':'preupload',
    rf'POST /api/models/{_repo}/commit/(?P<revision>[\w/]+)':'commit',
    rf'POST /api/models/{_repo}/branch/(?P<revision>\w+)':'branch',
    r'POST /api/validate-yaml':'yaml', rf'POST /{_repo}\.git/info/lfs/objects/batch':'batch',
    rf'GET /api/models/{_repo}':'info', rf'GET /api/models/{_repo}/revision/(?P<revision>[\w/]+)':'info',
    rf'GET /api/models/{_repo}/tree/(?P<revision>[\w/]+)':'tree',
    rf'(?:GET|HEAD) /{_repo}/resolve/(?P<revision>\w+)/(?P<file>.+)':'resolve'}

@pytest.fixture
def hub():
    s = ThreadingHTTPServer(('127.0.0.1', 0), Hub)
    s.url = f'http://127.0.0.1:{s.server_address[1]}'
    s.repos,s.blobs,s.asked,s.mode,s.refuses,s.private = {},{},[],'regular',None,False
    s.branches,s.said = {},[]
    threading.Thread(target=s.serve_forever, args=(.02,), daemon=True).start()
    yield s
    s.shutdown()
    s.server_close()

@pytest.fixture(scope='module')
def model(): return load('scenes')

@pytest.fixture
def online(monkeypatch): monkeypatch.setattr(C, 'HF_HUB_OFFLINE', False)

@pytest.fixture
# its address is fixed when huggingface_hub is imported: name it in every call
def pulls(hub, online, monkeypatch, tmp_path):
    monkeypatch.setattr('clippy.saved.snapshot_download', partial(snapshot_download, endpoint=hub.url,
        cache_dir=tmp_path/'cache'))

def quiet(text): assert token not in text and token[3:] not in text

# There and back -------------------------------------------------------------------------------------------------------

trip = '''
import logging
logging.basicConfig(level=logging.DEBUG)
from clippy.cli import cli
from clippy.record import weights_hash
from clippy.saved import load
assert cli(['push', 'scenes', 'ada/scenes', '--half'])==0
print('hash', weights_hash(load('ada/scenes')))
''' # a new interpreter: its client of the Hub reads the variables below when it is imported

def test_there_and_back(hub, model, tmp_path):
    "The command pushes, `load` gets equal weights; at every log level the token stays unsaid, and no file has it."
    env = {**os.environ, 'HF_ENDPOINT':hub.url, 'HF_TOKEN':token, 'HF_HOME':str(tmp_path/'home'), 'HF_HUB_OFFLINE':'0',
        'HF_HUB_VERBOSITY':'debug', 'TMPDIR':str(tmp_path), 'CLIPPY_CACHE':str(tmp_path)}
    r = subprocess.run([sys.executable, '-c', trip], capture_output=True, text=True, env=env, cwd=tmp_path)
    assert r.returncode==0, r.stderr[-3000:]
    assert f'hash {weights_hash(model)}' in r.stdout
    assert f'{hub.url}/ada/scenes/commit/' in r.stdout
    assert 'DEBUG' in r.stderr
    (sha,files), = hub.repos['ada/scenes']
    assert json.loads(files['manifest.json'])['weights']['hash']==weights_hash(model)
    assert files['picture.png'][:4]==b'\x89PNG' and b'![What' in files['README.md']
    quiet(r.stdout+r.stderr)
    for name,data in files.items(): quiet(name+data.decode('latin-1'))
    for p in tmp_path.rglob('*'):
        if p.is_file(): quiet(p.name+p.read_bytes().decode('latin-1'))

def test_large_files_and_a_private_repository(hub, model, pulls, monkeypatch):
    "Weights that travel by git-lfs, as the Hub asks where it has no xet, to a repository that only its owner sees."
    monkeypatch.setattr(C, 'HF_HUB_DISABLE_XET', True)
    hub.mode = 'lfs'
    model.push_to_hub('ada/own', private=True, token=token, endpoint=hub.url)
    assert hub.private and len(hub.blobs)==3
    with pytest.raises(FileNotFoundError, match="no model at 'ada/own'"): load('ada/own')
    monkeypatch.setenv('HF_TOKEN', token)
    assert weights_hash(load('ada/own'))==weights_hash(model)

def test_again(hub, model, pulls):
    "A second push is a second commit, without leftovers of the first text tower; both revisions can be loaded."
    kw = dict(token=token, endpoint=hub.url)
    first = model.push_to_hub('ada/mine', manifest='scenes', **kw).split('/')[-1]
    hub.repos['ada/mine'][0][1]['text/9_Old/config.json'] = b'{}'
    other = load('scenes-cls')
    other.push_to_hub('ada/mine', manifest='scenes-cls', **kw)
    assert 'text/9_Old/config.json' not in hub.repos['ada/mine'][1][1]
    assert weights_hash(load('ada/mine', revision=first))==weights_hash(model)!=weights_hash(
        load('ada/mine'))==weights_hash(other)
    with pytest.raises(FileNotFoundError, match="at revision 'v9'"): load('ada/mine', revision='v9')
    with pytest.raises(ValueError, match='is there already, and is public'):
        model.push_to_hub('ada/mine', private=True, **kw)
    assert len(hub.repos['ada/mine'])==2

# As huggingface_hub has it --------------------------------------------------------------------------------------------

def test_the_signatures_of_others(model):
    "Whatever huggingface_hub's own mixin takes, apart from what only its models and cards have, is taken here too."
    patterns = 'allow','ignore','delete'
    names = lambda f: set(inspect.signature(f).parameters)
    own = 'config','model_card_kwargs','model_kwargs','push_to_hub_kwargs',*(f'{k}_patterns' for k in patterns)
    theirs = names(PyTorchModelHubMixin.from_pretrained)|{'map_location','strict'}
    assert theirs-set(own)<=names(CLIPpy.from_pretrained)
    for name in 'push_to_hub','save_pretrained':
        assert names(getattr(PyTorchModelHubMixin, name))-set(own)<=names(getattr(CLIPpy, name))
    first = lambda f: next(k for k in inspect.signature(f).parameters if k!='self')
    for name in 'push_to_hub','save_pretrained','from_pretrained':
        assert first(getattr(PyTorchModelHubMixin, name))==first(getattr(CLIPpy, name))

def test_branches_and_proposals(hub, model, pulls, tmp_path, monkeypatch):
    "A branch is made, main stays what it was; a pull request is proposed; the message is as it was given."
    kw = dict(token=token, endpoint=hub.url)
    model.push_to_hub('ada/m', commit_message='The first', **kw)
    other = load('scenes-cls')
    assert '/commit/' in other.push_to_hub('ada/m', branch='cls', **kw)
    monkeypatch.setattr(C, 'HF_HUB_DISABLE_XET', True) # one commit, as older clients send it
    proposed = other.push_to_hub('ada/m', create_pr=True, commit_message='Try this', **kw)
    assert proposed==f'{hub.url}/ada/m/discussions/1'
    assert hub.said==['The first','A model of clippy','Try this'] and len(hub.repos['ada/m'])==1
    for revision,want in (None,model), ('cls',other), ('refs/pr/1',other):
        got = CLIPpy.from_pretrained('ada/m', revision=revision, cache_dir=tmp_path/'c')
        assert weights_hash(got)==weights_hash(want) and not got.training
    other.push_to_hub('ada/m', revision='cls', **kw) # it is there
    with pytest.raises(ValueError, match='two names for one thing'):
        model.push_to_hub('ada/m', branch='a', revision='b', **kw)
    with pytest.raises(ValueError, match='proposes a change of main'):
        model.push_to_hub('ada/m', branch='a', create_pr=True, **kw)

def test_from_pretrained(hub, model, pulls, tmp_path, monkeypatch):
    "Options of `huggingface_hub`: a token for what is private, a cache of one's own, and nothing from the network."
    model.push_to_hub('ada/m', private=True, token=token, endpoint=hub.url)
    here = dict(cache_dir=tmp_path/'c')
    with pytest.raises(FileNotFoundError, match="no model at 'ada/m'"): CLIPpy.from_pretrained('ada/m', **here)
    with pytest.raises(FileNotFoundError): CLIPpy.from_pretrained('ada/m', token=token, local_files_only=True, **here)
    got = CLIPpy.from_pretrained('ada/m', token=token, dtype='bf16', map_location='cpu', **here)
    assert got.dtype==torch.bfloat16 and [p.name for p in (tmp_path/'c').iterdir() if 'ada' in p.name]
    hub.asked.clear()
    got = CLIPpy.from_pretrained('ada/m', local_files_only=True, strict=False, **here)
    assert weights_hash(got)==weights_hash(model) and not hub.asked
    CLIPpy.from_pretrained('ada/m', token=token, force_download=True, **here)
    assert any(path.endswith('model.safetensors') for _,path in hub.asked)
    with pytest.raises(ValueError, match='no token has') as e:
        CLIPpy.from_pretrained('ada/m', token=f'{token} x', **here)
    quiet(str(e.value))
    with pytest.raises(ValueError, match='cannot be used'): CLIPpy.from_pretrained('scenes', device='moon')
    with pytest.raises(FileNotFoundError, match='Did you mean scenes'): CLIPpy.from_pretrained('scene')
    with pytest.raises(ValueError, match='give one of them'):
        CLIPpy.from_pretrained('scenes', device='cpu', map_location='cpu:0')
    with pytest.raises(ValueError, match='TIPSv2 is a model of others'): TIPSv2.from_pretrained('google/tipsv2-b14')
    monkeypatch.setenv('HF_TOKEN', token)
    assert weights_hash(CLIPpy.from_pretrained('ada/m', token=True, cache_dir=tmp_path/'d'))==weights_hash(model)

def test_save_pretrained(hub, model, online, tmp_path):
    "What else a folder holds stays; an older model goes; with a name the model is pushed too."
    (tmp_path/'thesis.tex').write_text('years')
    for place in tmp_path, tmp_path/'thesis.tex':
        with pytest.raises(ValueError, match='would be lost|is a file'): model.save_pretrained(place)
    assert (tmp_path/'thesis.tex').read_text()=='years'
    assert model.save_pretrained(tmp_path/'m') is None
    other = load('scenes-cls')
    url = other.save_pretrained(tmp_path/'m', push_to_hub=True, repo_id='ada/m', token=token, endpoint=hub.url)
    assert f'{hub.url}/ada/m/commit/' in url and weights_hash(CLIPpy.from_pretrained(tmp_path/'m'))==weights_hash(other)
    with pytest.raises(ValueError, match='needs a repo_id'): model.save_pretrained(tmp_path/'n', push_to_hub=True)
    with pytest.raises(ValueError, match='is for push_to_hub'): model.save_pretrained(tmp_path/'n', private=True)
    assert not (tmp_path/'n').exists()

def test_torch_hub(model, monkeypatch):
    "`hubconf.py` gives a model with its methods; it names what the package needs, and a bad name is a sentence."
    root = Path(__file__).parent.parent
    got = torch.hub.load(str(root), 'clippy', source='local', name='scenes', dtype='fp16')
    assert got.dtype==torch.float16 and not got.training and got.segment and got.push_to_hub
    with pytest.raises(FileNotFoundError, match='Did you mean scenes'):
        torch.hub.load(str(root), 'clippy', 'scene', source='local')
    ini = ConfigParser(delimiters=['='])
    ini.read(root/'settings.ini', encoding='utf-8')
    needs = [re.match(r'[\w-]+', o)[0].replace('-','_') for o in ini['DEFAULT']['requirements'].split()]
    other = dict(pillow='PIL', scikit_learn='sklearn')
    assert sorted(runpy.run_path(str(root/'hubconf.py'))['dependencies'])==sorted(other.get(o, o) for o in needs)

# Refusals -------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('repo,secret,refuses,said', [
    ('ada/m', 'hf_wrong', None, r'does not take this token.*\(401\)'),
    ('bob/m', token, None, r'may not write to bob/m \(403\).*be bob'),
    ('ada/m', token, ('preupload', 404), r'has no ada/m.*\(404\)'),
    ('ada/m', token, ('commit', 403), r'may not write to ada/m \(403\)'),
    ('ada/m', token, ('create', 500), r'answered 500, and ada/m is not complete'),
    ('ada/m n', token, None, 'is no repo id'), ('m', token, None, 'is no repo id'),
    ('ada/-m-', token, None, 'is no repo id')])
def test_refusals(hub, model, online, caplog, capfd, repo, secret, refuses, said):
    "A sentence for each, without the token, in the message and in the whole traceback."
    hub.refuses = refuses
    caplog.set_level('DEBUG')
    with pytest.raises((OSError,ValueError), match=said) as e: model.push_to_hub(repo, token=secret, endpoint=hub.url)
    text = ''.join(traceback.format_exception(e.value))+caplog.text+''.join(capfd.readouterr())
    assert 'HTTPError' not in str(e.value) and secret not in text
    assert not any(hub.repos.values())

@pytest.mark.parametrize('secret', [f'{token}\nx', f'{token} x', f'{token}é', ' '])
def test_tokens_that_are_none(hub, model, online, secret):
    "A header that cannot be sent is not quoted in an error."
    with pytest.raises(ValueError, match='characters that no token has') as e:
        model.push_to_hub('ada/m', token=secret, endpoint=hub.url)
    quiet(str(e.value))
    assert not hub.asked
    model.push_to_hub('ada/m', token=f'{token}\n', endpoint=hub.url) # as it comes from a file

def test_no_token(hub, model, online, monkeypatch, tmp_path):
    monkeypatch.delenv('HF_TOKEN', raising=False)
    monkeypatch.setattr(C, 'HF_TOKEN_PATH', str(tmp_path/'none'))
    with pytest.raises(OSError, match='or was given none'): model.push_to_hub('ada/m', endpoint=hub.url)

def test_no_network(model, online, monkeypatch):
    with pytest.raises(OSError, match='cannot be reached'):
        model.push_to_hub('ada/m', token=token, endpoint='http://127.0.0.1:9')
    monkeypatch.setattr(C, 'HF_HUB_OFFLINE', True)
    with pytest.raises(OSError, match='HF_HUB_OFFLINE'):
        model.push_to_hub('ada/m', token=token, endpoint='http://127.0.0.1:9')
    with pytest.raises(ZeroDivisionError), hub_errors('ada/m'): 1/0 # what is no matter of the Hub stays what it is

# Manifest and card ----------------------------------------------------------------------------------------------------

def test_a_run_and_more_results(model, tmp_path, capsys, monkeypatch):
    "The folder of a run, with results of `clippy eval`, which have to be of these weights."
    run = tmp_path/'run'
    model.save(run/'model')
    metrics = {**read_manifest('scenes'), 'curve':[dict(step=1, loss=3.)],
        'command':'python -m clippy.train --logs /home/ada/logs'}
    del metrics['seed'], metrics['weights'], metrics['before_rounding']
    (run/'metrics.json').write_text(json.dumps(metrics))
    evaluate(model, 'scenes', limit=8, out=tmp_path/'r.json', bootstrap_samples=20)
    kw = dict(results=str(tmp_path/'r.json'), out=str(tmp_path/'repo'))
    push(str(run), 'ada/b', half=True, **kw)
    card,about = (tmp_path/'repo'/'README.md').read_text(),json.loads((tmp_path/'repo'/'manifest.json').read_text())
    assert 'rounded to float16' in card and about['rounded'] and len(about['results'])==3 and 'curve' not in about
    assert 'ada/logs' not in card+str(about) and '--logs logs' in card
    front = yaml.safe_load(card.split('---\n')[1])
    shown = [(r['dataset']['config'], len(r['metrics'])) for r in front['model-index'][0]['results']]
    assert shown==[('clippy, 512 images',4),('clippy, 512 images',1),('clippy, 8 images',4)]
    assert front['library_name']=='clippy' and 'base_model' not in front
    assert load(tmp_path/'repo').config==model.config and read_manifest(tmp_path/'repo')==about
    with pytest.raises(ValueError, match='of other weights'):
        push('scenes-cls', 'ada/b', results=kw['results'], out=str(tmp_path/'other'))
    (tmp_path/'scenes').mkdir()
    (tmp_path/'scenes'/'metrics.json').write_text('{}')
    monkeypatch.chdir(tmp_path)
    push('scenes', 'ada/b', out='boxed') # not the run of that name
    model.save(tmp_path/'bare')
    with pytest.raises(ValueError, match='no manifest.json'):
        push(str(tmp_path/'bare'), 'ada/b', results=kw['results'], out=str(tmp_path/'other'))
    push(str(tmp_path/'bare'), 'ada/b', out=str(tmp_path/'other'))
    assert 'will have no numbers' in capsys.readouterr().out and not (tmp_path/'other'/'manifest.json').exists()

def test_wrong_manifests_and_images(model, tmp_path):
    (tmp_path/'a.json').write_text('{')
    (tmp_path/'b.json').write_text('{"a":1}')
    (tmp_path/'c.png').write_bytes(b'')
    with pytest.raises(ValueError, match='not JSON'): read_manifest(tmp_path/'a.json')
    with pytest.raises(ValueError, match='no metrics.json of a run'): read_manifest(tmp_path/'b.json')
    with pytest.raises(FileNotFoundError, match='no file'): read_manifest(tmp_path/'d.json')
    with pytest.raises(FileNotFoundError, match='no manifest.json'): model.push_to_hub('ada/m', manifest=tmp_path)
    with pytest.raises(ValueError, match='not an image'):
        write_repo(model, tmp_path/'m', 'ada/m', image=tmp_path/'c.png')
    Image.new('RGB', (8,8)).save(tmp_path/'d.PNG')
    assert '](picture.png)' in (write_repo(model, tmp_path/'m', 'ada/m', image=tmp_path/'d.PNG')/'README.md').read_text(
        )

def test_card_of_a_large_model():
    "Pretrained towers, several processes, retrieval: what such a run's card says."
    towers = dict(image='vit_base_patch16_224.dino', text='sentence-transformers/sentence-t5-base')
    made = dict(pretrained_image=True, pretrained_text=True, pooling='max', image_size=224, token_drop=0.)
    options = dict(train_data='/data/cc12m/{000..999}.tar', batch_size=64, seed=3)
    result = dict(task='retrieval', primary='image_to_text@1', numbers={'image_to_text@1':.5}, intervals={}, details={},
        images=dict(seen=100, found=100, expected=None, whole=True), protocol=dict(name='clippy', size=224),
        protocol_hash='0123456789', files='abcdef', model='0123456789')
    about = run_manifest(dict(options=options, steps=10, processes=8, data='abc', versions={}, command='x',
        model=dict(**towers, **made, image_args={}, text_args={}), results=[result]))
    card = model_card(about, 'ada/big')
    front = yaml.safe_load(card.split('---\n')[1])
    assert front['base_model']==['timm/vit_base_patch16_224.dino','sentence-transformers/sentence-t5-base']
    found, = front['model-index'][0]['results']
    assert found['metrics'][0]==dict(type='recall', value=.5, name='image_to_text@1')
    assert about['knows']=='images with captions' and '| knows' in card
    parts = 'in each of 8 processes','`{000..999}.tar`','licences of their own','Captions from the web'
    for part in parts: assert part in card

def test_weights_keep_their_licence(tmp_path, monkeypatch):
    "The public release, by its name or its file, is under what its authors chose; what is said counts more."
    release = tmp_path/'clippy_5k.pt'
    release.touch()
    monkeypatch.setattr('clippy.hub.load', lambda _: load('scenes'))
    for i,(name,said,expected) in enumerate([('clippy-5k', {}, 'gpl-3.0'), (str(release), {}, 'gpl-3.0'),
            ('scenes', {}, 'apache-2.0'), ('clippy-5k', dict(license='mit'), 'mit')]):
        push(name, 'ada/b', out=str(tmp_path/str(i)), **said)
        card = (tmp_path/str(i)/'README.md').read_text()
        assert f'\nlicense: {expected}\n' in card and f'The weights are under `{expected}`' in card
        assert 'is under Apache-2.0' in card
