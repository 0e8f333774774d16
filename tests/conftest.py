"What every test runs under, set before anything imports torch."
import gc, os, sys, tempfile

gc.disable() # while everything is imported: what stays need not be looked through, then or later

if os.environ.get('VIRTUAL_ENV')!=sys.prefix: os.environ.pop('VIRTUAL_ENV', None) # IPython would put the packages of another environment on the path

for k,v in dict(
    MPLBACKEND='agg',
    OMP_NUM_THREADS='1',  # the same sums on any machine, and no fight between processes
    HF_HUB_OFFLINE='1', HF_HUB_DISABLE_PROGRESS_BARS='1', TRANSFORMERS_VERBOSITY='error',
    TOKENIZERS_PARALLELISM='false', TQDM_DISABLE='1',
    CLIPPY_CACHE=tempfile.mkdtemp(prefix='clippy-cache-'),  # text vectors of this test run only
).items(): os.environ.setdefault(k, v)

early = 'notebooks','train','crash','resume','compile','signals','benchmarks','experiments','predict' # long ones
def pytest_collection_modifyitems(items):
    "Long files first; last the one that imports JAX, whose threads do not go with processes that fork."
    order = {f'test_{n}.py':i for i,n in enumerate(early)} | {'test_export.py':99}
    items.sort(key=lambda o: order.get(o.path.name, 50))

def pytest_collection_finish(session):
    "All is imported."
    gc.freeze()
    gc.enable()
