"The command line: its first word comes at once, and its options are those of the functions."
import json, os, re, shlex, signal, subprocess, sys

import pytest, shtab

from clippy.cli import by_task, cli, codes_of, commands, describe, examples, function, parser, usage, whole_parser
from clippy.console import bounds
from clippy.settings import kept_options

def test_kept_options():
    "`options.json` says what the signatures say: `make export` writes it."
    said = {name:json.loads(json.dumps(describe(function(where)))) for name,(where,_) in commands.items()}
    assert kept_options()==said, 'run `make export`'

def test_flags_that_turn_something_off():
    "The help of a flag says what the flag does: none that begins with --no- says that something is shown by default."
    off = [o for said in kept_options().values() for o in said['options'] if o['names'][0].startswith('--no-')]
    assert len(off)>=2
    for option in off:
        if option['action']=='store_true': continue # an option of its own, such as --no-compile
        assert option['action']=='store_false' and option['default'] is True
        assert option['help'].startswith('Do not ') and 'default' not in option['help']

def test_every_switch_has_an_opposite():
    "`--no-cpu` after `--cpu` and the other way round, the help says so once, and completion knows both names."
    completed = {*re.findall(r'--[\w-]+', shtab.complete(whole_parser(), 'bash'))}
    switches = 0
    for name,said in kept_options().items():
        flags = {o['names'][-1]:o for o in said['options'] if o.get('action') in ('store_true','store_false')}
        p,needed = parser(name, said),['x']*sum(o['names'][0][0]!='-' and 'nargs' not in o for o in said['options'])
        for flag,o in flags.items():
            stem = flag.removeprefix('--no-').removeprefix('--')
            on,off = f'--{stem}',f'--no-{stem}'
            assert {on,off}<=completed
            if {on,off}<={*flags}: continue # two options: see test_settings.py
            found = [vars(p.parse_args([*needed, *words]))[o['dest']] for words in ([on], [off], [on,off], [off,on])]
            assert found==[True,False,False,True], (name,flag)
            switches += 1
        help = ' '.join(p.format_help().split())
        assert help.count('has its opposite')==bool(flags)
    assert switches>=15

quick = r"""
import contextlib, io, json, sys
from clippy.cli import cli, commands
def say(*args):
    out,err = io.StringIO(),io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try: code = cli(list(args))
        except SystemExit as e: code = e.code or 0
    return code, out.getvalue(), err.getvalue()
cases = json.loads(sys.argv[1])
heavy = {'torch','timm','transformers','matplotlib','scipy','sklearn'}
print(json.dumps([say(*o) for o in cases] + [sorted(heavy & {*sys.modules})]))
"""

def test_first_words_need_no_library(tmp_path):
    "Help, a slip, a missing file or model, a number out of bounds, the models: said without importing PyTorch."
    (tmp_path/'a.png').write_bytes(b'')
    here = str(tmp_path/'a.png')
    files = dict(slip='{"epoch": 3}', kind='{"lr": "fast"}', data='{"train-data": "none.tar"}', bound='{"steps": -1}')
    for name,text in files.items(): (tmp_path/f'{name}.json').write_text(text)
    slips = {
        ('segment',here,'-l','cat','--sizes','3'):'unrecognized arguments: --sizes',
        ('segment','nothere.png','-l','cat'):'There is no image nothere.png.',
        ('segment','-l','cat'):'There are no images',
        ('classify',here):'There are no labels',
        ('classify',here,'-l',' , '):'There are no labels',
        ('segment',here,'-l','cat,boat','-b','cat'):'cat is named more than once',
        ('segment',here,'-l','cat','-m','no/such/model'):"There is no model at 'no/such/model'",
        ('info','./none'):"There is no model at './none'",
        ('export','/no/model','out'):"There is no model at '/no/model'",
        ('push','no/such/run','ada/b'):"There is no model at 'no/such/run'",
        ('train','--train-data','none/{00..09}.tar','--val-data','none.tar'):'There is no none.tar.',
        ('segment',here,'-l','cat','--batch-size','0'):'batch_size is 0, but must be at least 1',
        ('pack','nowhere','captions.csv','out'):'There is no nowhere.',
        ('runs','nowhere'):'There is no nowhere.',
        ('eval','--compare','a.json','b.json'):'There is no result a.json.',
        ('train','--lr','fast'):"invalid float value: 'fast'",
        ('train','--config','slip.json'):'slip.json: there is no option epoch. Did you mean epochs',
        ('train','--config','kind.json'):'kind.json: lr is to be a number, not "fast"',
        ('train','--config','data.json'):'There is no none.tar.',
        ('eval','--config','bound.json'):'bound.json: there is no option steps.',
        ('train','--config','bound.json'):'bound.json: steps is -1, but must be at least 0',
        ('train','--config','none.toml'):'There is no file of settings none.toml.',
        ('tarin',):'Did you mean train',
        ('export','dinov2-l14-txt-whole','out'):'export the model of that name without -whole',
        ('segment',here,'-l','cat','-m','clipy-5k'):'Did you mean clippy-5k?',
        ('segment',here,'-l','cat','-m','openclip:ViT-B-16/openai'):'Did you mean open_clip:ViT-B-16/openai?',
        ('info','tipsv2'):'Did you mean tipsv2-l14?',
        ('app','scenes','--compare','scenes-clss'):'Did you mean scenes-cls?',
        ('app','-m','scenes','-m','scenes-cls,scenes-agv'):'Did you mean scenes-avg?',
        ('app','--keep-models','0'):'keep_models is 0, but must be at least 1',
        ('classify',here,'-l','a,b','-m','tipsv2:./none'):"There is no model at 'tipsv2:./none'",
        ('eval','tipsv2-l14','--task','ade20k','--protocol','tips','--data','X'):'There is no X, which --data names.',
        ('eval','scenes','--task','voc,ade20k','--data',f'voc={here},ade20k=no/ade'):'There is no no/ade',
        ('eval','scenes','--task','voc','--data','no.toml'):'There is no no.toml',
        ('models','tipsv2-l41'):'Did you mean tipsv2-l14?',
        ('models','me/model'):"There is no model 'me/model' in the table.",
    }
    cases = [('--help',), *((c,'--help') for c in commands), *slips, ('models',)]
    res = subprocess.run([sys.executable, '-c', quick, json.dumps(cases)], capture_output=True, text=True, cwd=tmp_path)
    assert res.returncode==0, res.stderr
    *said,loaded = json.loads(res.stdout)
    assert loaded==[]
    for (code,out,err),c in zip(said[1:1+len(commands)], commands, strict=True):
        assert code==0 and not err and f'usage: clippy {c}' in out
    assert said[-1][0]==0 and 'clippy-5k' in said[-1][1] and 'untrained' in said[-1][1]
    for (code,out,err),words in zip(said[1+len(commands):-1], slips.values(), strict=True):
        assert code in (1,2) and words in err and 'Traceback' not in err, (words, err)

@pytest.mark.parametrize('line,expected', [
    ('segment a.png b.png -l cat -l dog --explain --size 64',
     dict(pictures=['a.png','b.png'], Label=['cat','dog'], explain=True, size=64)),
    ('eval scenes --task scenes --set size=96 --pretrained false',
     dict(model='scenes', task='scenes', set=['size=96'], pretrained=False)),
    ('train --no-such', None)])
def test_parsers(line, expected):
    "A parser made from `options.json` reads what the function's own would."
    name,*args = line.split()
    if expected is None:
        with pytest.raises(SystemExit): parser(name, kept_options()[name]).parse_args(args)
        return
    given = vars(parser(name, kept_options()[name]).parse_args(args))
    assert {k:given[k] for k in expected}==expected

def test_nobody_reads():
    "A pipe that is closed, as by `clippy models | head -1`, ends a command in silence."
    read,write = os.pipe()
    os.close(read)
    done = subprocess.run([sys.executable, '-c', 'from clippy.cli import cli; raise SystemExit(cli(["models"]))'],
        stdout=write, stderr=subprocess.PIPE, text=True)
    os.close(write)
    assert (done.returncode,done.stderr)==(1,'')

# Help -----------------------------------------------------------------------------------------------------------------

def all_options(): return [(c,o) for c,said in kept_options().items() for o in said['options']]

def test_help_is_sentences():
    "Every option is told in a sentence, with a value that a person would expect; what its default means is said."
    for name,o in all_options():
        text,where = o['help'],(name, o['names'][-1])
        assert re.fullmatch(r'(\w.*[.?])( .*[.])?', text) and len(text.split())>=2, (where, text)
        assert not re.match(r'Of (?!a video)|The so many', text), (where, text)
        if o.get('action') in ('store_true','store_false'): continue
        sign = o['metavar']
        assert not re.search(r'^\(|TEXT$', sign) or '|TEXT' in sign, (where, sign)
        number = o.get('type') in ('int','float')
        if 'dest' in o and (number or '|' in sign): assert 'efault' in text, (where, text)
        if number and bounds.get(o['dest'])==(0,1) and o['dest']!='eps': assert sign=='0-1', (where, sign)

def test_long_helps_have_headings():
    "Where a command has more than a dozen options, each stands below a heading; headings are not broken up."
    for name,said in kept_options().items():
        headings = [o.get('heading') for o in said['options'] if 'dest' in o]
        if len(headings)<=12: continue
        assert all(headings), name
        runs = [h for i,h in enumerate(headings) if not i or headings[i-1]!=h]
        assert len(runs)==len({*runs})>=3, (name, runs)

@pytest.mark.parametrize('name', commands)
def test_help_ends_with_examples_and_exit_codes(name):
    "Examples are commands that the parser takes; the codes are 0, 1, 2 and those of signals."
    p = parser(name, kept_options()[name])
    help = p.format_help()
    assert help.index('Examples:')<help.index('Exit codes:') and '  -h, --help' in help
    for code in codes_of(name): assert re.search(rf'^ +{code}  \S.{{9,70}}\.$', help, flags=re.M)
    for line in examples[name]:
        _,*words = shlex.split(line.partition(' >')[0].replace('accelerate launch -m clippy.', 'clippy '))
        assert words[0]==name
        p.parse_args(words[1:])

def test_commands_are_listed_by_task():
    "Each once, below what one wants to do with it, on a line of its own."
    lines = usage().splitlines()
    found = [line.split()[0] for line in lines if line.startswith('  ')]
    assert found==[*commands] and [line for line in lines if line.endswith(':')]==[f'{t}:' for t in by_task]
    assert max(map(len, lines))<=80

@pytest.mark.parametrize('typed,says', [('train --stepss 3', ' Did you mean --steps'), ('eval --tsak voc', '--task'),
    ('segment a.png --cpuu', 'unrecognized arguments: --cpuu.'), ('info', 'are required: MODEL.'),
    ('train --lr fast', "invalid float value: 'fast'.")])
def test_command_lines_that_make_no_sense(typed, says, capsys):
    "Exit code 2, the synopsis, one sentence with the nearest option, and where to read on; an old name is no hint."
    with pytest.raises(SystemExit) as e: cli(typed.split())
    name,said = typed.split()[0],capsys.readouterr().err
    assert e.value.code==2 and says in said and said.endswith(f' clippy {name} --help explains the options.\n')
    assert said.startswith(f'usage: clippy {name} ') and len(said.splitlines())==2 and '--cpu?' not in said

def test_one_name_for_one_thing():
    "Options of one name take values of one kind, and nothing has two names."
    kinds,names = {},{}
    for _,o in all_options():
        if 'dest' not in o: continue
        name = o['names'][-1]
        kinds.setdefault(name, set()).add((o.get('type'), o.get('action')) if name!='--model' else 0)
        names.setdefault(o['help'], set()).add(name)
    assert not {k:v for k,v in kinds.items() if len(v)>1} and not {k:v for k,v in names.items() if len(v)>1}

waits = """import signal, sys, time, types
from clippy.cli import cli
def wait(): # as somebody else's command
    print('ready', flush=True)
    time.sleep(20)
signal.signal(signal.SIGINT, signal.default_int_handler) # a background job ignores it
sys.modules['toy'] = types.SimpleNamespace(wait=wait)
sys.exit(cli(['wait'], dict(wait=('toy:wait', 'Wait'))))
"""

@pytest.mark.parametrize('number,code', [(signal.SIGINT,130), (signal.SIGTERM,-signal.SIGTERM)])
def test_exit_codes_of_signals(number, code, tmp_path):
    "Ctrl-C is a sentence and 130; SIGTERM ends a command as it ends any program, which a shell calls 143."
    (tmp_path/'waits.py').write_text(waits)
    pipe = subprocess.PIPE
    p = subprocess.Popen([sys.executable, tmp_path/'waits.py'], stdout=pipe, stderr=pipe, text=True)
    assert p.stdout.readline()=='ready\n'
    p.send_signal(number)
    said = p.communicate(timeout=30)[1]
    assert p.returncode==code and said==('clippy wait: stopped.\n' if code==130 else '')

# Old names ------------------------------------------------------------------------------------------------------------

def called(monkeypatch, name, *args): # the arguments with which a command calls its function
    found = {}
    monkeypatch.setattr('clippy.cli.function', lambda where: lambda *args, **given: found.update(given))
    assert cli([name, *args])==0
    return found

@pytest.mark.parametrize('typed,option,value,says', [
    ('train --cpu', 'device', 'cpu', '--cpu is called --device cpu now.'),
    ('eval scenes --task scenes --cpu', 'device', 'cpu', '--cpu is called --device cpu now.'),
    ('eval scenes --task scenes --cpu --no-cpu', 'device', '', ''),
    ('eval scenes --task scenes --device cpu', 'device', 'cpu', ''),
    ('push scenes me/mine --picture .', 'image', '.', '--picture is called --image now.'),
    ('export scenes out --what onnx', 'format', 'onnx', '--what is called --format now.')])
def test_old_names_go_on_working(typed, option, value, says, monkeypatch, capsys):
    "What an option was called before does what the new one does, and a sentence says its name."
    given = called(monkeypatch, *typed.split())
    assert given[option]==value and not {'cpu','picture','what'} & {*given}
    assert capsys.readouterr().err==(f'clippy {typed.split()[0]}: {says}\n' if says else '')

@pytest.mark.parametrize('typed,device', [([], 'cpu'), (['--no-cpu'], ''), (['--device','cuda'], 'cuda')])
def test_old_names_in_files(typed, device, tmp_path, monkeypatch, capsys):
    "`config.toml` of a run of last year says `cpu = true`; what is typed counts more."
    (tmp_path/'run.json').write_text('{"cpu": true, "seed": 3}')
    given = called(monkeypatch, 'train', '--config', str(tmp_path/'run.json'), *typed)
    assert (given['device'], given['seed'], 'cpu' in given)==(device, 3, False)
    assert ('is called' in capsys.readouterr().err)==('--no-cpu' not in typed)

def test_old_names_from_python():
    "A program that says cpu=True gets what it asked for, and the file of its run says device."
    from clippy.train import with_recipe
    found = [with_recipe(given) for given in (dict(cpu=True), dict(device='cpu'), dict(cpu=True, device='cpu'))]
    assert {(o.device, o.cpu) for o in found}=={('cpu', True)} and not with_recipe({}).cpu
    with pytest.raises(ValueError, match="The device 'gpu' cannot be used"): with_recipe(dict(device='gpu'))

def test_old_names_are_not_shown():
    "Neither the help nor completion offers them, and what they name is an option of the same command."
    script = shtab.complete(whole_parser(), 'bash')
    olds = [(name, o) for name,said in kept_options().items() for o in said['old']]
    assert {o['dest'] for _,o in olds}=={'cpu','picture','what'}
    assert not re.search(r"'--(cpu|picture|what)'", script)
    for name,o in olds:
        now = re.fullmatch(r'OLD: (--[\w-]+)( \w+)?', o['help'])[1]
        assert now in [n for o in kept_options()[name]['options'] for n in o['names']]
        assert o['names'][-1] not in parser(name, kept_options()[name]).format_help().replace(now, '')
