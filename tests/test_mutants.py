"`tools/mutants.py`: what it knows of the modules is true today. (`make mutants` itself takes half an hour.)"
import importlib.util, json
from pathlib import Path

import pytest

root = Path(__file__).resolve().parent.parent
spec = importlib.util.spec_from_file_location('mutants', root/'tools/mutants.py')
mutants = importlib.util.module_from_spec(spec)
spec.loader.exec_module(mutants)
listed = json.loads((root/'tools/equivalent.json').read_text(encoding='utf-8'))

@pytest.mark.parametrize('name', mutants.tests)
def test_modules_and_their_tests(name):
    "Every module, its chapter and at least one file of its tests are there."
    assert (root/f'clippy/{name}.py').is_file() and mutants.chapter(name).is_file()
    assert [t for t in mutants.tests[name] if (root/f'tests/test_{t}.py').is_file()]

def test_equivalents_are_of_these_modules():
    "A change that is listed as none has its line in the module, and a reason."
    for change in listed:
        lines = [l.strip() for l in (root/f"clippy/{change['module']}.py").read_text(encoding='utf-8').splitlines()]
        assert all(w[1:] in lines for w in change['what'] if w[0]=='-'), change['what']
        assert len(change['why'])>20 and len({w[0] for w in change['what']})>0

def test_figures_are_left_alone():
    "From the decorator to the last line of what returns a Figure."
    source = '@wraps\ndef show(x)->Figure:\n    return Figure(figsize=(3*x, 4))\ndef number(x): return 2*x\n'
    assert ((1,0),(3,999)) in mutants.passed_over(source) and all(b[0]<4 for _,b in mutants.passed_over(source))

def test_hints_and_sentences_are_left_alone():
    source = ("def f(a:int|None=3)->str|None:\n    b:int|str = 2\n"
        "    if b>9: raise ValueError(f'{b+1} is too much')\n    return f'{b+1}'\n")
    assert sorted(mutants.passed_over(source))==[((1,8),(1,16)), ((1,21),(1,29)), ((2,6),(2,13)), ((3,29),(3,49))]

@pytest.mark.parametrize('line,lines', [(1,[1]), (2,[2]), (3,[3,4]), (4,[3,4]), (6,[6])])
def test_the_statement_around_a_line(line, lines):
    "Of a compound statement only the head: the tests that reach its body are others."
    source = 'a = 1\nif a:\n    b = (a,\n         2)\nelse:\n    c = 3\n'
    assert [*mutants.statement(source, line, line)]==lines

def test_tests_that_fit():
    seconds = dict(a=1, b=2, c=9, test_chapter=20)
    assert mutants.within([*seconds], seconds, 5)==['a','b','test_chapter'] and mutants.within(['c'], seconds, 5)==['c']

def test_a_chapter_as_a_test(tmp_path):
    "The cells that are checks, and none that is exported, slow or for a GPU."
    text = Path(mutants.chapter_test('loss', tmp_path)).read_text(encoding='utf-8')
    compile(text, 'chapter', 'exec')
    assert 'test_close' in text and '#| export' not in text and '#| slow' not in text
