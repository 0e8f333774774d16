"""nbs/index.ipynb -> README.md, with nbdev's own processors and pandoc (nbdev-readme does the same through Quarto).

Relative images and files are looked up from nbs/ and written relative to the repository; links to chapters lead to the
site."""
import json, re, sys
from pathlib import Path

import pypandoc, yaml
from fastcore.nbio import read_nb
from fastcore.xtras import working_directory
from nbdev.config import get_config
from nbdev.processors import FilterDefaults
from nbdev.readme_filter import doc_link

cfg = get_config(Path(__file__).parent)
flag_re = re.compile(r'^#\| *([\w-]+): *(.*)\n?', flags=re.M)

def join(s): return s if isinstance(s, str) else ''.join(s)

def out2md(output):
    "One stored output as markdown: markdown as it is, text indented."
    data = output.get('data', {'text/plain':output.get('text', '')})
    if 'text/markdown' in data: return join(data['text/markdown'])
    if any(k.startswith('image/') for k in data):
        raise ValueError(f'{cfg.readme_nb} stores a figure in an output: '
            'save it to nbs/images and show it as ![what it shows](images/name.png)')
    return re.sub(r'^(?=.)', '    ', join(data['text/plain']).rstrip(), flags=re.M)

def cell2md(c):
    "One processed cell as markdown: the front matter becomes title and subtitle."
    if c.cell_type=='raw':
        fm = yaml.safe_load(c.source.strip().strip('-'))
        return f"# {fm['title']}\n\n{fm.get('description', '')}"
    if c.cell_type=='markdown': return c.source
    flags = dict(flag_re.findall(c.source))
    code = flag_re.sub('', c.source).strip()
    if flags.get('include')=='false': return ''
    parts = [f'```python\n{code}\n```'] if code and flags.get('echo')!='false' else []
    if flags.get('output')!='false': parts += map(out2md, c.outputs)
    return '\n\n'.join(parts)

def in_repo(path):
    "A relative path in nbs/, from the repository's root."
    if re.match(r'[a-z]+:|#|/', path): return path
    file = (cfg.nbs_path/path.split('#')[0]).resolve()
    if not file.exists(): raise FileNotFoundError(f'{cfg.readme_nb} points to {path}, which is not there')
    return file.relative_to(cfg.config_path.resolve()).as_posix() + ''.join(re.findall('#.*', path))

def relink(node):
    "Rewrite links and images in pandoc's tree, in place."
    if isinstance(node, dict):
        t,c = node.get('t'),node.get('c')
        if t=='Link': c[2][0] = in_repo(doc_link(c[2][0], cfg.doc_url))
        elif t=='Image': c[2][0] = in_repo(c[2][0])
        elif t in ('RawInline','RawBlock'): c[1] = re.sub(r'(?<=src=")[^"]*', lambda m: in_repo(m[0]), c[1])
        relink(c)
    elif isinstance(node, list):
        for part in node: relink(part)

def readme():
    "The text of README.md."
    nb = read_nb(cfg.nbs_path/cfg.readme_nb)
    with working_directory(cfg.config_path): FilterDefaults()(nb)
    md = '\n\n'.join(map(cell2md, nb.cells))
    tree = json.loads(pypandoc.convert_text(md, 'json', format='markdown+autolink_bare_uris-implicit_figures-smart'))
    relink(tree['blocks'])
    return pypandoc.convert_text(json.dumps(tree), 'gfm', format='json', extra_args=['--wrap=preserve']).rstrip()+'\n'

if __name__=='__main__':
    if sys.argv[1:]: sys.exit('usage: python tools/readme.py (writes README.md; takes no options)')
    (cfg.config_path/'README.md').write_text(readme(), encoding='utf-8')
