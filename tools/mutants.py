"""Plant bugs in the modules that carry numbers, one at a time, and count those that the tests notice: make mutants

cosmic-ray makes the bugs. A fork of this process, with the libraries already imported, tries each in a copy of the project (links,
but for the changed module, so that processes that a test starts see the bug too): the quick tests that reach the changed lines run,
fastest first, until one fails; last the chapter's own checks."""
import argparse, ast, importlib, json, multiprocessing, os, random, signal, sys, tempfile, time
from difflib import ndiff
from pathlib import Path

root = Path(__file__).resolve().parent.parent
tests = dict(
    loss=['loss'], loader=['loader','stream'], checkpoint=['checkpoint'], eval=['eval'], segment=['segment'], group=['group'], robust=['robust'])
heavy = 'torch torchvision timm transformers sentence_transformers accelerate webdataset sklearn scipy matplotlib.pyplot hypothesis fastcore.all safetensors.torch torchmetrics'

def chapter(name):
    "The notebook of a module."
    return next((root/'nbs').glob(f'*_{name}.ipynb'))

# Bugs ------------------------------------------------------------------------------------------------------------------

def passed_over(source):
    "Places of type hints, of the figures in the sentence of an error, and of what draws a picture: ((first line, column), (last line, column))."
    found = []
    for o in ast.walk(ast.parse(source)):
        if getattr(getattr(o, 'returns', None), 'id', '')=='Figure': found.append(((min(d.lineno for d in (o, *o.decorator_list)), 0), (o.end_lineno, 999)))
        words = [p for p in ast.walk(o) if isinstance(p, ast.JoinedStr)] if isinstance(o, ast.Raise) else []
        for p in (getattr(o, 'annotation', None), getattr(o, 'returns', None), *words):
            if p: found.append(((p.lineno, p.col_offset), (p.end_lineno, p.end_col_offset)))
    return found

def places(source):
    "Place -> what cosmic-ray can do there, as (operator, number of its occurrence)."
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.plugins import get_operator, operator_names
    tree,skip,found = get_ast(source),passed_over(source),{}
    for name in operator_names():
        operator = get_operator(name)
        if operator.arguments(): continue
        positions = (p for node in ast_nodes(tree) for p in operator().mutation_positions(node))
        for k,(start,end) in enumerate(positions):
            if not any(a<=start and end<=b for a,b in skip): found.setdefault((start, end), []).append((name, k))
    return found

def draw(source, n, seed):
    "So many bugs at different places, as (first line, last line, changed source, `- old + new`)."
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator
    found,rng,bugs = places(source),random.Random(seed),[]
    for place in rng.sample(sorted(found), len(found)):
        name,k = rng.choice(found[place])
        try:
            changed = mutate_code(source, get_operator(name)(), k)
            same = changed is None or ast.dump(ast.parse(changed))==ast.dump(ast.parse(source))
        except (AttributeError, SyntaxError): continue # `except a.b`, or `not` before `:=`: more than cosmic-ray can change
        if same: continue
        what = [o[0]+o[2:].strip() for o in ndiff(source.splitlines(), changed.splitlines()) if o[0] in '-+']
        bugs.append(dict(first=place[0][0], last=place[1][0], source=changed, what=what))
        if len(bugs)==n: break
    return bugs

# One run of the tests, in a fork ----------------------------------------------------------------------------------------

def chapter_test(name, folder):
    "The cells of a chapter that are not exported, as one test on the exported module."
    cells = [''.join(c['source']) for c in json.loads(chapter(name).read_text(encoding='utf-8'))['cells'] if c['cell_type']=='code']
    flags = '#| export', '#| default_exp', '#| slow', '#| cuda', '#| eval: false'
    cells = [c for c in cells if not c.startswith(flags) and 'show_doc' not in c]
    path = Path(folder)/f'test_chapter_{name}.py'
    path.write_text(f'''import clippy.{name} as module
cells = {cells!r}
def test_chapter(monkeypatch):
    monkeypatch.chdir({str(root/"nbs")!r})
    space = dict(vars(module), __name__="__main__")
    for c in cells: exec(compile(c, "cell", "exec"), space)
''', encoding='utf-8')
    return str(path)

class Chosen:
    "pytest plugin: run these tests in this order; note how long each takes, and under whose name lines are reached."
    def __init__(self, wanted=None, cover=None): self.wanted,self.cover,self.seconds,self.bad = wanted,cover,{},[]
    def pytest_collection_modifyitems(self, items):
        if self.wanted is not None:
            order = {o:i for i,o in enumerate(self.wanted)}
            items[:] = sorted((o for o in items if o.nodeid in order), key=lambda o: order[o.nodeid])
    def pytest_runtest_setup(self, item):
        if self.cover: self.cover.switch_context(item.nodeid)
    def pytest_runtest_logreport(self, report):
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0)+report.duration
        if report.failed: self.bad.append(report.nodeid)

def shadow(name, source):
    "The project in links, with one module from another source."
    top = Path(tempfile.mkdtemp())/'project'
    (top/'clippy/__pycache__').mkdir(parents=True)
    for path in (*root.iterdir(), *(root/'clippy').iterdir(), *(root/'clippy/__pycache__').glob('*.pyc')):
        new = top/path.relative_to(root)
        if not new.exists() and not path.name.startswith((f'{name}.py' if path.parent==root/'clippy' else f'{name}.cpython' if path.suffix=='.pyc' else '.git')):
            new.symlink_to(path)
    (top/f'clippy/{name}.py').write_text(source, encoding='utf-8')
    return top

def quiet(name, source):
    "A process of its own: a group to be ended together, no output, caches of its own, the shadow for a project."
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for k in (0,1,2): os.dup2(null, k)
    top = shadow(name, source)
    os.environ.update(CLIPPY_CACHE=tempfile.mkdtemp(), PYTHONPATH=str(top), PYTHONDONTWRITEBYTECODE='1')
    sys.path.insert(0, str(top)); sys.dont_write_bytecode = True
    os.chdir(top)
    return top

def pytest_run(files, plugin):
    import pytest
    return pytest.main([*files, '-x' if plugin.wanted is not None else '-q', '-q', '--rootdir=.', '-p','no:cacheprovider', '-p','no:xdist',
        f'--basetemp={tempfile.mkdtemp()}/t'], plugins=[plugin])

def survey(name, source, files, pipe):
    "Which test reaches which line, and how long it takes."
    top = quiet(name, source)
    import coverage
    path = str(top/f'clippy/{name}.py')
    cover = coverage.Coverage(data_file=None, include=[path], config_file=False)
    plugin = Chosen(cover=cover)
    cover.start(); pytest_run(files, plugin); cover.stop()
    lines = {l:[c for c in cs if c] for l,cs in cover.get_data().contexts_by_lineno(path).items()}
    pipe.send((lines, plugin.seconds, plugin.bad)); os._exit(0)

def attempt(name, changed, files, wanted, pipe):
    "0: every test passes. 1: one fails. 3: the module cannot even be imported."
    quiet(name, changed)
    try: importlib.import_module(f'clippy.{name}')
    except BaseException: pipe.send(3); os._exit(0)
    code = pytest_run(files, Chosen(wanted))
    pipe.send(0 if code in (0,5) else 1); os._exit(0)

class Fork:
    "A function in a fork, with a time limit."
    def __init__(self, f, *args, limit=600):
        self.mine,other = multiprocessing.Pipe(False)
        self.p = multiprocessing.get_context('fork').Process(target=f, args=(*args, other))
        self.p.start(); other.close()
        self.end = time.time()+limit
    def result(self):
        "Its answer; 'slow' after the limit, 'died' without an answer; None: not yet."
        if self.mine.poll():
            try: found = self.mine.recv()
            except EOFError: found = 'died'
        elif not self.p.is_alive() and not self.mine.poll(.1): found = 'died'
        elif time.time()>self.end: found = 'slow'
        else: return None
        try: os.killpg(self.p.pid, signal.SIGKILL)
        except ProcessLookupError: pass
        self.p.join()
        return found
    def wait(self):
        while (found := self.result()) is None: time.sleep(.02)
        return found

# All of it --------------------------------------------------------------------------------------------------------------

def statement(source, first, last):
    "The lines of the smallest statement around some lines; of a compound one only its head."
    best = (1, 10**9)
    for o in ast.walk(ast.parse(source)):
        if not isinstance(o, ast.stmt): continue
        end = o.body[0].lineno-1 if getattr(o, 'body', None) and isinstance(o.body, list) and o.body[0].lineno>o.lineno else o.end_lineno
        if o.lineno<=first and last<=end and end-o.lineno<best[1]-best[0]: best = (o.lineno, end)
    return range(best[0], best[1]+1) if best[1]<10**9 else range(first, last+1)

def known(name):
    "Changes that are no bugs, with the reason: tools/equivalent.json."
    path = root/'tools/equivalent.json'
    return {tuple(o['what']):o['why'] for o in (json.loads(path.read_text(encoding='utf-8')) if path.exists() else []) if o['module']==name}

def within(wanted, seconds, limit):
    "The first tests that fit into some seconds, one at least; and the chapter."
    total,found = 0,[]
    for t in wanted:
        total += seconds[t]
        if total<limit or not found or 'test_chapter' in t: found.append(t)
    return found

def module(name, o, end):
    "All bugs of one module."
    source,folder = (root/f'clippy/{name}.py').read_text(encoding='utf-8'),tempfile.mkdtemp()
    files = [f'tests/test_{t}.py' for t in tests[name] if (root/f'tests/test_{t}.py').exists()]+[chapter_test(name, folder)]
    lines,seconds,bad = Fork(survey, name, source, files, limit=max(60, end-time.time())).wait()
    every = sorted((t for t in seconds if t not in bad), key=lambda t: ('test_chapter' in t, seconds[t]))
    print(f'{name}: {len(every)} tests, {sum(seconds.values()):.0f} s'+(f'; failing without any bug: {", ".join(bad)}' if bad else ''), flush=True)
    if Fork(attempt, name, source, files, within(every, seconds, o.quick)).wait()!=0: sys.exit(f'{name}: the tests fail without any bug')
    waiting,running,done,same = draw(source, o.n, o.seed),[],[],known(name)
    while waiting or running:
        while waiting and len(running)<o.jobs and time.time()<end:
            bug = waiting.pop(0)
            reach = {t for l in statement(source, bug['first'], bug['last']) for t in lines.get(l, ())}
            wanted = within([t for t in every if t in reach] or every, seconds, o.quick) # a line that runs on import, or in a worker only, is everybody's
            bug['tests'] = len(wanted)
            running.append((bug, Fork(attempt, name, bug['source'], files, wanted, limit=30+3*sum(seconds[t] for t in wanted))))
        if time.time()>=end: waiting = []
        for bug,fork in running[:]:
            if (found := fork.result()) is None: continue
            running.remove((bug, fork)); done.append(bug)
            why = same.get(tuple(bug['what']))
            bug['end'] = {0:f'equivalent: {why}' if why else 'survived', 1:'noticed', 3:'not imported'}.get(found, 'noticed')
            if bug['end']=='survived' : print(f'  survived, line {bug["first"]}:', *bug['what'], sep='\n    ', flush=True)
        time.sleep(.02)
    return done

def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument('--modules', default=','.join(tests), help='comma-separated')
    p.add_argument('--n', type=int, default=30, help='bugs for each module, at places drawn by chance')
    p.add_argument('--seed', type=int, default=0, help='of the draw')
    p.add_argument('--minutes', type=float, default=30, help='for everything; what is left then is not tried, and the score says of how many it is')
    p.add_argument('--jobs', type=int, default=2, help='bugs at a time')
    p.add_argument('--quick', type=float, default=30., help='seconds of tests for each bug, the fastest first, and the chapter')
    p.add_argument('--out', help='JSON file for all bugs and what became of them')
    o = p.parse_args()
    os.environ.update(MPLBACKEND='agg', OMP_NUM_THREADS='1', HF_HUB_OFFLINE='1', TOKENIZERS_PARALLELISM='false', TQDM_DISABLE='1',
        HF_HUB_DISABLE_PROGRESS_BARS='1', TRANSFORMERS_VERBOSITY='error')
    tempfile.tempdir = tempfile.mkdtemp(prefix='mutants-')
    for m in heavy.split(): importlib.import_module(m)
    end,all_bugs,rows = time.time()+60*o.minutes,[],[]
    for name in o.modules.split(','):
        found = module(name, o, end)
        all_bugs += [dict(module=name, **{k:v for k,v in b.items() if k!='source'}) for b in found]
        count = {k:sum(b['end'].startswith(k) for b in found) for k in ('noticed','survived','equivalent','not imported')}
        rows.append((name, len(found), *count.values()))
    rows.append(('all', *(sum(r[k] for r in rows) for k in range(1, 6))))
    print('\n| module | bugs | noticed | survived | equivalent | not imported | score |\n|---|--:|--:|--:|--:|--:|--:|')
    for r in rows: print('| '+' | '.join(map(str, r))+f' | {100*r[2]/max(r[2]+r[3], 1):.0f} % |')
    if o.out: Path(o.out).write_text(json.dumps(all_bugs, indent=1, ensure_ascii=False), encoding='utf-8')

if __name__=='__main__': main()
