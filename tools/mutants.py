"""Plant bugs in the modules that carry numbers, one at a time, and count those that the tests notice: make mutants

cosmic-ray makes the bugs. A fork of this process, with the libraries already imported, tries each in a copy of the
project (links, but for the changed module, so that processes that a test starts see the bug too): the quick tests that
reach the changed lines run, fastest first, until one fails; last the chapter's own checks."""
import argparse, ast, importlib, json, multiprocessing, os, random, signal, sys, tempfile, time
from difflib import ndiff
from pathlib import Path

root = Path(__file__).resolve().parent.parent
tests = dict(loss=['loss'], loader=['loader','stream'], checkpoint=['checkpoint'], eval=['eval'],
    results=['results','eval'], segment=['segment'], group=['group'], robust=['robust'])
heavy = ('torch torchvision timm transformers sentence_transformers accelerate webdataset sklearn scipy '
    'matplotlib.pyplot hypothesis fastcore.all safetensors.torch torchmetrics').split()

def chapter(name):
    "The notebook of a module."
    return next((root/'nbs').glob(f'*_{name}.ipynb'))

# Bugs ---------------------------------------------------------------------------------------------------------------

def passed_over(source):
    """Places of type hints, of the numbers in the sentence of an error, and of what draws a figure, as
    ((first line, column), (last line, column))."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if getattr(getattr(node, 'returns', None), 'id', '')=='Figure':
            first = min(n.lineno for n in (node, *node.decorator_list))
            found.append(((first, 0), (node.end_lineno, 999)))
        sentences = [n for n in ast.walk(node) if isinstance(n, ast.JoinedStr)] if isinstance(node, ast.Raise) else []
        for n in (getattr(node, 'annotation', None), getattr(node, 'returns', None), *sentences):
            if n: found.append(((n.lineno, n.col_offset), (n.end_lineno, n.end_col_offset)))
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
        except (AttributeError, SyntaxError): continue # `except a.b`, `not` before `:=`: more than it can change
        if same: continue
        lines = ndiff(source.splitlines(), changed.splitlines())
        what = [line[0]+line[2:].strip() for line in lines if line[0] in '-+']
        bugs.append(dict(first=place[0][0], last=place[1][0], source=changed, what=what))
        if len(bugs)==n: break
    return bugs

# One run of the tests, in a fork -------------------------------------------------------------------------------------

def chapter_test(name, folder):
    "The cells of a chapter that are not exported, as one test on the exported module."
    every = json.loads(chapter(name).read_text(encoding='utf-8'))['cells']
    code = [''.join(c['source']) for c in every if c['cell_type']=='code']
    flags = '#| export', '#| default_exp', '#| slow', '#| cuda', '#| eval: false'
    cells = [c for c in code if not c.startswith(flags) and 'show_doc' not in c]
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
    def __init__(self, wanted=None, cover=None):
        self.wanted,self.cover = wanted,cover
        self.seconds = {}
        self.bad = []
    def pytest_collection_modifyitems(self, items):
        if self.wanted is None: return
        order = {name:i for i,name in enumerate(self.wanted)}
        items[:] = sorted((t for t in items if t.nodeid in order), key=lambda t: order[t.nodeid])
    def pytest_runtest_setup(self, item):
        if self.cover: self.cover.switch_context(item.nodeid)
    def pytest_runtest_logreport(self, report):
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0)+report.duration
        if report.failed: self.bad.append(report.nodeid)

def shadow(name, source):
    "The project in links, with one module from another source."
    top = Path(tempfile.mkdtemp())/'project'
    (top/'clippy/__pycache__').mkdir(parents=True)
    own = {root:'.git', root/'clippy':f'{name}.py', root/'clippy/__pycache__':f'{name}.cpython'}
    for folder,left_out in own.items():
        for path in folder.iterdir() if folder.is_dir() else ():
            new = top/path.relative_to(root)
            wanted = path.suffix=='.pyc' or folder.name!='__pycache__'
            if wanted and not new.exists() and not path.name.startswith(left_out): new.symlink_to(path)
    (top/f'clippy/{name}.py').write_text(source, encoding='utf-8')
    return top

def quiet(name, source):
    "A process of its own: a group to be ended together, no output, caches of its own, the shadow for a project."
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for k in (0,1,2): os.dup2(null, k)
    top = shadow(name, source)
    os.environ.update(CLIPPY_CACHE=tempfile.mkdtemp(), PYTHONPATH=str(top), PYTHONDONTWRITEBYTECODE='1')
    sys.path.insert(0, str(top))
    sys.dont_write_bytecode = True
    os.chdir(top)
    return top

def pytest_run(files, plugin):
    import pytest
    stop = '-x' if plugin.wanted is not None else '-q'
    options = stop,'-q','--rootdir=.','-p','no:cacheprovider','-p','no:xdist',f'--basetemp={tempfile.mkdtemp()}/t'
    return pytest.main([*files, *options], plugins=[plugin])

def survey(name, source, files, pipe):
    "Which test reaches which line, and how long it takes."
    top = quiet(name, source)
    import coverage
    path = str(top/f'clippy/{name}.py')
    cover = coverage.Coverage(data_file=None, include=[path], config_file=False)
    plugin = Chosen(cover=cover)
    cover.start()
    pytest_run(files, plugin)
    cover.stop()
    lines = {l:[c for c in cs if c] for l,cs in cover.get_data().contexts_by_lineno(path).items()}
    pipe.send((lines, plugin.seconds, plugin.bad))
    os._exit(0)

def attempt(name, changed, files, wanted, pipe):
    "0: every test passes. 1: one fails. 3: the module cannot even be imported."
    quiet(name, changed)
    try: importlib.import_module(f'clippy.{name}')
    except BaseException:
        pipe.send(3)
        os._exit(0)
    code = pytest_run(files, Chosen(wanted))
    pipe.send(0 if code in (0,5) else 1)
    os._exit(0)

class Fork:
    "A function in a fork, with a time limit."
    def __init__(self, f, *args, limit=600):
        self.mine,other = multiprocessing.Pipe(False)
        self.p = multiprocessing.get_context('fork').Process(target=f, args=(*args, other))
        self.p.start()
        other.close()
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

# All of it -----------------------------------------------------------------------------------------------------------

def statement(source, first, last):
    "The lines of the smallest statement around some lines; of a compound one only its head."
    best = (1, 10**9)
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.stmt): continue
        body = getattr(node, 'body', None)
        compound = isinstance(body, list) and body and body[0].lineno>node.lineno
        end = body[0].lineno-1 if compound else node.end_lineno
        if node.lineno<=first and last<=end and end-node.lineno<best[1]-best[0]: best = (node.lineno, end)
    return range(best[0], best[1]+1) if best[1]<10**9 else range(first, last+1)

def known(name):
    "Changes that are no bugs, with the reason: tools/equivalent.json."
    path = root/'tools/equivalent.json'
    listed = json.loads(path.read_text(encoding='utf-8')) if path.exists() else []
    return {tuple(same['what']):same['why'] for same in listed if same['module']==name}

def within(wanted, seconds, limit):
    "The first tests that fit into some seconds, one at least; and the chapter."
    total,found = 0,[]
    for t in wanted:
        total += seconds[t]
        if total<limit or not found or 'test_chapter' in t: found.append(t)
    return found

def module(name, options, end):
    "All bugs of one module."
    source = (root/f'clippy/{name}.py').read_text(encoding='utf-8')
    files = [f'tests/test_{t}.py' for t in tests[name] if (root/f'tests/test_{t}.py').exists()]
    files.append(chapter_test(name, tempfile.mkdtemp()))
    lines,seconds,bad = Fork(survey, name, source, files, limit=max(60, end-time.time())).wait()
    every = sorted((t for t in seconds if t not in bad), key=lambda t: ('test_chapter' in t, seconds[t]))
    failing = f'; failing without any bug: {", ".join(bad)}' if bad else ''
    print(f'{name}: {len(every)} tests, {sum(seconds.values()):.0f} s{failing}', flush=True)
    if Fork(attempt, name, source, files, within(every, seconds, options.quick)).wait()!=0:
        sys.exit(f'{name}: the tests fail without any bug')
    def start(bug):
        reach = {t for line in statement(source, bug['first'], bug['last']) for t in lines.get(line, ())}
        reached = [t for t in every if t in reach] or every # a line that runs on import, or in a worker, is everybody's
        wanted = within(reached, seconds, options.quick)
        bug['tests'] = len(wanted)
        return Fork(attempt, name, bug['source'], files, wanted, limit=30+3*sum(seconds[t] for t in wanted))
    return [*tried(draw(source, options.n, options.seed), start, options.jobs, end, known(name))]

def tried(waiting, start, jobs, end, same):
    "Each bug with its end, some at a time; those that time is left for."
    running = []
    while waiting or running:
        while waiting and len(running)<jobs and time.time()<end:
            bug = waiting.pop(0)
            running.append((bug, start(bug)))
        if time.time()>=end: waiting = []
        for bug,fork in running[:]:
            if (found := fork.result()) is None: continue
            running.remove((bug, fork))
            bug['end'] = end_of(bug, found, same.get(tuple(bug['what'])))
            yield bug
        time.sleep(.02)

def end_of(bug, found, why):
    "What became of a bug; one that survived is printed."
    if found==3: return 'not imported'
    if found!=0: return 'noticed'
    if why: return f'equivalent: {why}'
    print(f'  survived, line {bug["first"]}:', *bug['what'], sep='\n    ', flush=True)
    return 'survived'

ends = 'noticed','survived','equivalent','not imported'

def show(rows): # (module, bugs, how many of each end)
    "The table."
    totals = 'all',*(sum(row[k] for row in rows) for k in range(1, 6))
    print('\n| module | bugs | noticed | survived | equivalent | not imported | score |\n|---|--:|--:|--:|--:|--:|--:|')
    for row in (*rows, totals): print('| '+' | '.join(map(str, row))+f' | {100*row[2]/max(row[2]+row[3], 1):.0f} % |')

def asked():
    "The options."
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument('--modules', default=','.join(tests), help='comma-separated')
    p.add_argument('--n', type=int, default=30, help='bugs for each module, at places drawn by chance')
    p.add_argument('--seed', type=int, default=0, help='of the draw')
    p.add_argument('--minutes', type=float, default=30,
        help='for everything; what is left then is not tried, and the score says of how many it is')
    p.add_argument('--jobs', type=int, default=2, help='bugs at a time')
    p.add_argument('--quick', type=float, default=30.,
        help='seconds of tests for each bug, the fastest first, and the chapter')
    p.add_argument('--out', help='JSON file for all bugs and what became of them')
    return p.parse_args()

def main():
    options = asked()
    os.environ.update(MPLBACKEND='agg', OMP_NUM_THREADS='1', HF_HUB_OFFLINE='1', TOKENIZERS_PARALLELISM='false',
        TQDM_DISABLE='1', HF_HUB_DISABLE_PROGRESS_BARS='1', TRANSFORMERS_VERBOSITY='error')
    tempfile.tempdir = tempfile.mkdtemp(prefix='mutants-')
    for library in heavy: importlib.import_module(library)
    end = time.time()+60*options.minutes
    found = {name:module(name, options, end) for name in options.modules.split(',')}
    show([(name, len(bugs), *(sum(b['end'].startswith(k) for b in bugs) for k in ends)) for name,bugs in found.items()])
    if not options.out: return
    bugs = [dict(b, module=name) for name,of_module in found.items() for b in of_module]
    for b in bugs: del b['source']
    Path(options.out).write_text(json.dumps(bugs, indent=1, ensure_ascii=False), encoding='utf-8')

if __name__=='__main__': main()
