"What every test runs under, set before anything imports torch."
import gc, os, sys, tempfile

gc.disable() # while everything is imported: what stays need not be looked through, then or later

import pytest

if os.environ.get('VIRTUAL_ENV')!=sys.prefix: # IPython would put the packages of another environment on the path
    os.environ.pop('VIRTUAL_ENV', None)

# The same numbers on any machine: what is tested computes on the CPU, also where there are cards. `test_cuda.py` finds
# them in a process of its own. Processes that pytest starts get here again, and must not forget what was there.
os.environ.setdefault('CLIPPY_TEST_CARDS', os.environ.get('CUDA_VISIBLE_DEVICES', 'all'))
os.environ['CUDA_VISIBLE_DEVICES'] = ''

for k,v in dict(
    MPLBACKEND='agg',
    OMP_NUM_THREADS='1',  # the same sums on any machine, and no fight between processes
    HF_HUB_OFFLINE='1', HF_HUB_DISABLE_PROGRESS_BARS='1', TRANSFORMERS_VERBOSITY='error',
    TOKENIZERS_PARALLELISM='false', TQDM_DISABLE='1',
    CLIPPY_CACHE=tempfile.mkdtemp(prefix='clippy-cache-'),  # text vectors of this test run only
).items(): os.environ.setdefault(k, v)

early = 'notebooks','train','crash','resume','compile','signals','benchmarks','experiments','predict' # long ones
def pytest_collection_modifyitems(items):
    "Long files first; last those that run JAX, whose threads do not go with processes that fork."
    order = {f'test_{n}.py':i for i,n in enumerate(early)} | {'test_export.py':98, 'test_jax_port.py':99}
    items.sort(key=lambda item: order.get(item.path.name, 50))

def pytest_collection_finish(session):
    "All is imported."
    gc.freeze()
    gc.enable()

@pytest.fixture
def short_runs(monkeypatch):
    "Runs measure nothing and save no model at the end: both are tested elsewhere."
    import clippy.train as T
    monkeypatch.setattr(T, 'evaluations_for', lambda options: [])
    monkeypatch.setattr(T.Run, 'finish', lambda run: None)
    captions = T.captions_for_tokenizer # a tokenizer of few captions is as good here, and there sooner
    monkeypatch.setattr(T, 'captions_for_tokenizer', lambda options: captions(options, 100))

# Data sets made of drawn scenes, and a model that knows them ----------------------------------------------------------

@pytest.fixture(scope='session')
def boxed_model():
    from clippy.saved import load
    return load('scenes')

@pytest.fixture(scope='session')
def voc(tmp_path_factory):
    "Four scenes as VOC2012: boat and car are VOC names, all else is background, a border of 2 px is void."
    import numpy as np
    from PIL import Image
    from clippy.classes import labels
    from clippy.scenes import Scenes, things
    d = tmp_path_factory.mktemp('voc')/'VOC2012'
    for k in ('JPEGImages','SegmentationClass','ImageSets/Segmentation'): (d/k).mkdir(parents=True)
    names = labels('voc').names
    known = [s for s in Scenes(30, seed=3, size=96) if set(s.things) & set(names)]
    for i,s in enumerate(known[:4]):
        mask = np.zeros(s.mask.shape, np.uint8)
        for k,n in enumerate(things):
            if n in names: mask[s.mask==k] = names.index(n)
        mask[:2] = 255
        Image.fromarray(s.image[:,:80]).save(d/f'JPEGImages/{i}.jpg', quality=95)
        im = Image.fromarray(mask[:,:80])
        im.putpalette([*range(256)]*3)
        im.save(d/f'SegmentationClass/{i}.png')
    for split in 'train','val': (d/f'ImageSets/Segmentation/{split}.txt').write_text('0\n1\n2\n3\n')
    return d

@pytest.fixture(scope='session')
def things_in_folders(tmp_path_factory):
    "Class folders of very different sizes: 12 boats, 3 cats, 1 tree."
    from PIL import Image
    from clippy.scenes import Scenes
    d = tmp_path_factory.mktemp('folders')
    for name,n in ('boat',12),('cat',3),('tree',1):
        (d/name).mkdir()
        scenes = Scenes(n, seed=9, size=64, n_things=1)
        for i in range(n): Image.fromarray(scenes[i].image).save(d/name/f'{i}.png')
    return d

@pytest.fixture(scope='session')
def pairs(tmp_path_factory):
    "Eight images; the first four have one caption, `a dog`, also in capitals, the others two of their own."
    from PIL import Image
    from clippy.scenes import Scenes
    d = tmp_path_factory.mktemp('pairs')
    (d/'Images').mkdir()
    lines = ['image,caption']
    for i,s in enumerate(Scenes(8, seed=6, size=64)):
        Image.fromarray(s.image).save(d/f'Images/{i}.png')
        if i<4: lines.append(f'{i}.png,{("a dog","A DOG")[i%2]}')
        else: lines += [f'{i}.png,"{s.caption}"', f'{i}.png,"{s.caption}, number {i}"']
    (d/'captions.txt').write_text('\n'.join(lines))
    return d
