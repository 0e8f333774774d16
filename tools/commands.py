"""The help of all commands -> nbs/commands.ipynb, a page of the site.

What it says comes from the signatures, by way of clippy/options.json: edit the comments there, not the page."""
import json, re
from pathlib import Path

from nbdev.config import get_config

from clippy.cli import by_task, codes_of, examples, exit_codes, synopsis
from clippy.settings import kept_options

page = get_config(Path(__file__).parent).nbs_path/'commands.ipynb'

top = """# Commands

> Every command with its options, examples and exit codes, as `--help` tells them"""

about = """A first command to try, with a drawing and a model that come with the package, is
`clippy segment --sample -l tree`. The table below leads to what each command can be told. In a terminal,
`clippy COMMAND --help` says the same about one of them, because both are made from the signature of its function
([The command line](90_cli.ipynb) shows how). Options can be shortened as long as it is clear which one is meant, and
those of `train` and `eval` may stand in [a file](00_settings.ipynb) too."""

values = """## How to read it

What an option is given is shown behind it in capitals: `PATH` is a file or a folder, `N` a whole number, `X` a number,
and `0-1` a number in that range. For `max|avg|cls`, choose one of these words. `WORD[,WORD]` is one word, or several
with commas between them; elsewhere, what is in brackets may be left out. An option with nothing behind it is a switch,
and every switch has its opposite, `--no-explain` for `--explain`, which undoes what [a file](00_settings.ipynb)
says."""

def words(text):
    "A sentence as Markdown: what is typed, such as `--out` or `KEY=VALUE`, is code."
    def code(m): return f'`{m[1]}`{m[2]}'
    typed = r'--[\w-]|(?=[^\s]*[{}|=:*_\[\]$~<>@][\w{}/:])'
    return re.sub(rf'(?<!\S)(::|(?:{typed})[^\s;()]*?)([.,;:)]*)(?=\s|$|[;)])', code, text)

def told(text):
    "What an option does, and its default behind it."
    text,default = re.match(r'(.*?)((?:Default(?: for \w+)?:.*)?)$', text).groups()
    return ' '.join(filter(None, [words(text.strip()), f'*{words(default)}*' if default else '']))

def term(option):
    names = [n for n in option['names'] if n.startswith('--')]+[n for n in option['names'] if not n.startswith('--')]
    sign = option.get('metavar', '')
    if 'dest' not in option: return f'`{sign}`'
    first,*others = names
    return ', '.join([f'`{first} {sign}`'.replace(' `', '`'), *(f'`{n}`' for n in others)])

def described(name):
    "One command."
    said = kept_options()[name]
    parts = [f'### {name}', words(said['help']), f'```text\n{synopsis(name, said)}\n```']
    heading = ''
    for o in said['options']:
        now = o.get('heading') or ('Options' if 'dest' in o else 'Arguments')
        if now!=heading: parts.append(f'**{now}**')
        heading = now
        parts.append(f'{term(o)}\n: {told(o["help"])}')
    parts += ['**Examples**', '```sh\n'+'\n'.join(examples[name])+'\n```']
    own = {code:text for code,text in codes_of(name).items() if text!=exit_codes[code]}
    if own: parts += ['**Exit codes** of its own', *(f'`{code}`\n: {words(text)}' for code,text in own.items())]
    return '\n\n'.join(parts)

def listed():
    "All commands, by what one wants to do."
    link = '| [{0}](commands.ipynb#{0}) | {1} |'
    rows = [f'| **{task}** | |\n'+'\n'.join(link.format(k, line) for k,(_,line) in found.items())
        for task,found in by_task.items()]
    return '| Command | What it does |\n|---|---|\n'+'\n'.join(rows)

def codes():
    lines = '\n\n'.join(f'`{code}`\n: {text}' for code,text in exit_codes.items())
    return f'## Exit codes\n\nA script can tell from its exit code how a command ended.\n\n{lines}'

def notebook()->str:
    "The page, as its file has it."
    found = dict(top=top, about=about, listed=listed(), values=values, codes=codes())
    for task,rows in by_task.items():
        found[f'task-{task.split()[0].lower()}'] = f'## {task}'
        found |= {f'command-{name}':described(name) for name in rows}
    cells = [dict(cell_type='markdown', id=id, metadata={}, source=text.splitlines(keepends=True))
        for id,text in found.items()]
    kernel = dict(kernelspec=dict(display_name='python3', language='python', name='python3'))
    nb = dict(cells=cells, metadata=kernel, nbformat=4, nbformat_minor=5)
    return json.dumps(nb, indent=1, sort_keys=True, ensure_ascii=False)+'\n'

if __name__=='__main__': page.write_text(notebook(), encoding='utf-8')
