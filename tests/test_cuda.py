"What a machine with an NVIDIA card shows beside the rest, which runs on its CPU. Each test is a process of its own."
import json, math, os, shutil, signal, subprocess, sys
from pathlib import Path

import pytest, torch

import clippy.train as T
from processes import begin, end, torchrun

here = Path(__file__).parent

def cards()->int: # how many there are; nothing is started on them
    "As the driver lists them, and as the user restricted them."
    if not shutil.which('nvidia-smi'): return 0
    listed = subprocess.run(['nvidia-smi', '-L'], capture_output=True, text=True).stdout.count('GPU ')
    seen = os.environ['CLIPPY_TEST_CARDS']
    return listed if seen=='all' else len([card for card in seen.split(',') if card])

needs = {n:pytest.mark.skipif(cards()<n, reason=f'needs {n} NVIDIA card{"s" if n>1 else ""}') for n in (1,2)}

def on_card(command, seconds=300, **variables)->str:
    "What a command says that may use the cards; one that takes too long says where each of its threads stands."
    paths = [str(here), str(here.parent), os.environ.get('PYTHONPATH', '')]
    env = dict(os.environ, PYTHONPATH=os.pathsep.join(filter(None, paths)), PYTHONFAULTHANDLER='1')
    env |= dict(TORCHINDUCTOR_COMPILE_THREADS='4') | variables # 32, as usual, would keep everything else waiting
    seen = env['CLIPPY_TEST_CARDS']
    if seen=='all': env.pop('CUDA_VISIBLE_DEVICES', None)
    else: env['CUDA_VISIBLE_DEVICES'] = seen
    pipes = dict(stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with subprocess.Popen([*map(str, command)], env=env, **pipes) as run:
        try: said,wrong = run.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            run.send_signal(signal.SIGABRT)
            said,wrong = run.communicate(timeout=60)
        assert run.returncode==0, said+wrong
        return said

no_compile = [k for k in T.main_options() if k=='no_compile'] # that takes longer than all else here

def train_on(device, logs):
    "One run left alone, one that stops in the handover between epochs, and the same evaluation here and there."
    from clippy.eval import evaluate
    from clippy.saved import load
    from small import same, scenes
    few = scenes|dict.fromkeys(no_compile, True)|dict(workers=1, steps=12, log_every=1, train_num_samples=24)
    few |= dict(cpu=device=='cpu', logs=logs)
    whole = T.train([], **few, name='whole')
    assert whole.acc.device.type==device and whole.loader.pin==(device=='cuda')
    step = T.train_step
    calls = []
    def cut(*args):
        calls.append(1)
        if len(calls)==7: raise KeyboardInterrupt # the epoch has six steps
        return step(*args)
    T.train_step = cut
    try: T.train([], **few, name='cut')
    except KeyboardInterrupt: pass
    T.train_step = step
    assert same(whole, T.train([], **few, name='cut', resume='auto'))
    model = load('scenes')
    found = {where:evaluate(model.to(where), 'scenes', limit=32, precision='fp32') for where in ('cpu',device)}
    assert abs(found['cpu']['numbers']['miou']-found[device]['numbers']['miou'])<2e-3
    print(json.dumps([entry['loss'] for entry in whole.history.curve]))

def curve(said): return json.loads(said.splitlines()[-1])

def test_the_checks_themselves(tmp_path):
    "What the next test asks of a card holds for a CPU."
    found = curve(end(begin(tmp_path/'said', work=lambda: train_on('cpu', str(tmp_path/'logs')))))
    assert len(found)==12 and all(map(math.isfinite, found))

@needs[1]
def test_one_card(tmp_path):
    "Training, resumed to the bit, and evaluation: the losses and the mIoU of the CPU."
    def run(where): return curve(on_card([sys.executable, '-c', f'import test_cuda; '
        f'test_cuda.train_on({where!r}, {str(tmp_path/where)!r})']))
    both = [run(where) for where in ('cpu','cuda')]
    assert both[1][0]==pytest.approx(both[0][0], rel=.2) # other tokens are dropped
    assert all(map(math.isfinite, both[1]))

def evaluate_on(device, folder):
    "Evaluation and folders: rows of a protocol at patches and of one at pixels, in fp32; masks of 30 images, as it is."
    import numpy as np
    from PIL import Image
    from clippy.eval import evaluate
    from clippy.folders import segment_files
    from clippy.saved import load
    from clippy.scenes import Scenes
    model,how = load('scenes').to(device),dict(limit=40, batch_size=8, workers=2, bootstrap_samples=0)
    exact = [evaluate(model, 'scenes', precision='fp32', **how, **more) for more in ({}, dict(upsampling='bilinear'))]
    quick = evaluate(model, 'scenes', **how)
    assert quick['precision']==dict(cuda='bf16').get(device, 'as the model')
    (folder/'photos').mkdir(parents=True)
    for i,scene in enumerate(Scenes(30, seed=3, size=96)):
        Image.fromarray(scene.image[:96-i%3*16]).save(folder/f'photos/{i:02}.png')
    assert segment_files(str(folder/'photos'), Label=['boat','cat'], Out=str(folder/'out'), device=device)==0
    masks = [np.asarray(Image.open(folder/f'out/{i:02}_mask.png')).ravel() for i in range(30)]
    np.save(folder/'masks.npy', np.concatenate(masks))
    print(json.dumps([r['numbers']['miou'] for r in (*exact, quick)]))

def evaluated(where, folder):
    return curve(on_card([sys.executable, '-c', 'import test_cuda; from pathlib import Path; '
        f'test_cuda.evaluate_on({where!r}, Path({str(folder/where)!r}))']))

def test_the_evaluation_itself(tmp_path):
    "What the next test asks of a card holds for a CPU."
    exact,_,quick = curve(end(begin(tmp_path/'said', work=lambda: evaluate_on('cpu', tmp_path/'cpu'))))
    assert exact==quick

@needs[1]
def test_evaluation_on_a_card(tmp_path):
    "The numbers and masks of the CPU: to rounding in fp32, and within half a point in bf16, the default."
    import numpy as np
    here,there = (evaluated(where, tmp_path) for where in ('cpu','cuda'))
    assert there[:2]==pytest.approx(here[:2], abs=2e-3) and there[2]==pytest.approx(here[2], abs=5e-3)
    masks = [np.load(tmp_path/where/'masks.npy') for where in ('cpu','cuda')]
    assert (masks[0]==masks[1]).mean()>.999

words = ['--train-num-samples', 48, '--epochs', 1, '--workers', 1, '--log-every', 1, '--token-drop', 0,
    '--zeroshot-frequency', 0, '--eval-limit', 16, *(f'--{k.replace("_", "-")}' for k in no_compile)]

def both_processes(logs, **variables)->tuple: # what they say, losses
    said = on_card([*torchrun, *words, '--batch-size', 4, '--logs', logs, '--name', 'two'], **variables)
    found = json.loads((logs/'two'/'metrics.json').read_text())
    assert found['processes']==2 and found['results'][0]['images']['seen']==16
    return said, [entry['loss'] for entry in found['curve']]

@needs[1]
def test_two_processes_on_one_card(tmp_path):
    "They talk by gloo, say so, and have the losses of one process with the whole batch."
    on_card([sys.executable, '-m', 'clippy.train', *words, '--batch-size', 8, '--logs', tmp_path, '--name', 'one'])
    want = [entry['loss'] for entry in json.loads((tmp_path/'one'/'metrics.json').read_text())['curve']]
    first = os.environ['CLIPPY_TEST_CARDS'].replace('all', '0').split(',')[0]
    said,found = both_processes(tmp_path, CLIPPY_TEST_CARDS=first)
    assert 'share a card' in said and found==pytest.approx(want, abs=2e-3)

@needs[2]
def test_two_cards(tmp_path):
    "A process each: NCCL, and nothing is said of sharing."
    said,found = both_processes(tmp_path)
    assert 'on cuda, DDP' in said and all(map(math.isfinite, found))

@needs[1]
def test_training_towers_on_a_card():
    "Compiled towers, bits of a resumed run, signals, and a host that never waits."
    on_card([sys.executable, '-m', 'pytest', '-q', '--noconftest', '-p', 'no:cacheprovider', here/'card_towers.py'],
        seconds=900)

def test_who_takes_too_long_says_where():
    "A command that hangs fails, with its stack."
    with pytest.raises(AssertionError, match='in never_ends'):
        on_card([sys.executable, '-c', 'import time\ndef never_ends(): time.sleep(99)\nnever_ends()'], seconds=4)

def test_everything_else_sees_no_card():
    "Tests compute on the CPU, on any machine."
    assert not torch.cuda.is_available() and torch.cuda.device_count()==0
