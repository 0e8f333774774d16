"""The notebooks -> a static site: nbdev's own processing, then Sphinx with MyST-NB. Any warning is an error.

    python tools/docs.py build/docs

tools/symbols.py says what a page shows of an exported cell, tools/links.py looks after the links. Nothing is executed:
outputs are the stored ones, and signatures are read from the source. Pages keep the addresses that Quarto would give
them: nbs/00_model.ipynb is model.html."""
import base64, io, json, os, re, shutil, sys
from collections import Counter
from pathlib import Path

import yaml
from nbdev.config import get_config, nbpath2html
from nbdev.doclinks import NbdevLookup, nbglob
from nbdev.frontmatter import FrontmatterProc
from nbdev.process import NBProcessor
from nbdev.processors import clean_magics, rm_header_dash, strip_ansi
from nbdev.readme_filter import doc_link
from PIL import Image

from links import broken_links, odd_headings, raw_links, relative_links
from stubs import Stubs
from symbols import known_names, lines_in, only_imports, qualname, shown, unmistakable

cfg = get_config(Path(__file__).parent)
repo = f'{cfg.git_url}/blob/{cfg.branch}'
flag_re = re.compile(r'^#\| *([\w-]+):? *(.*)\n?', flags=re.M)

def join(s): return s if isinstance(s, str) else ''.join(s)
def md_cell(s, id): return dict(cell_type='markdown', id=id, metadata={}, source=s)

# Cells --------------------------------------------------------------------------------------------------------------

def heading(fm, nb, module):
    "nbdev's front matter as title and subtitle, with links to the notebook and its module."
    top = [f"# {fm['title']}"] + ([f"{{.subtitle}}\n{fm['description']}"] if 'description' in fm else [])
    if nb.name==cfg.readme_nb or not nb.is_relative_to(cfg.config_path): return '\n\n'.join(top)
    path = nb.relative_to(cfg.config_path).as_posix()
    where = [f'[{path}]({repo}/{path})']
    if module: where.append(f'[{cfg.lib_path.name}.{module}]({repo}/{module_file(module)})')
    return '\n\n'.join([*top, '{.where}\n' + ' · '.join(where)])

def module_file(module): return f"{cfg.lib_path.name}/{module.replace('.', '/')}.py"

def prose(md, folder):
    "Callouts and links of a markdown cell."
    md = re.sub(r'^(:::+) *\{\.callout-(\w+)[^}]*\}', r'\1{\2}', md, flags=re.M)
    def link(m):
        to = (cfg.nbs_path/folder/m[1]).resolve()
        if m[1].startswith('../') and (not to.is_relative_to(cfg.nbs_path) or to.suffix=='.json'):
            return f"]({repo}/{to.relative_to(cfg.config_path.resolve()).as_posix()})"
        return f']({doc_link(m[1], cfg.doc_url, folder)})'
    return re.sub(r'\]\(([^)\s]+)\)', link, md)

def stored(output):
    "A stored figure, if there is one."
    png = output.get('data', {}).get('image/png')
    return Image.open(io.BytesIO(base64.b64decode(join(png)))) if png else None

def sized(output):
    "A stored figure with the width that its resolution asks for, in CSS pixels of 1/96 inch."
    if im := stored(output):
        output['metadata'] = {'image/png':{'width':f"{im.width/im.info.get('dpi', (96,))[0]*96:.0f}px"}}
    return output

def breakable(output):
    "A printed table whose long addresses and paths may go on below, after a slash."
    md = join(output.get('data', {}).get('text/markdown', ''))
    if not md.startswith('|'): return output
    def broken(m): return m[0].replace('/', '/<wbr>') if len(m[0])>=30 else m[0]
    md = re.sub(r'(?<![`(/\w.:-])[\w.:-]+(?:/[\w.-]+)+', broken, md)
    return dict(output, data=output['data'] | {'text/markdown':md})

def described(src, flags):
    "What a figure shows, in words: `#| fig-alt: ...`, or else the expression that made it."
    last = src.splitlines()[-1] if src else ''
    made = bool(re.match(r'[\w.]+[(\[]', last)) and not last.startswith(('ax','fig','plt.')) and not last.endswith(';')
    return quoted(flags, 'fig-alt') or (f'What {last} gives' if made else 'A figure, drawn by the code above it')

def quoted(flags, key): # YAML's quotation marks are no part of the words
    words = flags.get(key, '').strip()
    return words[1:-1] if len(words)>1 and words[0]==words[-1] and words[0] in '"\'' else words

def shown_figures(outs, src, flags):
    "MyST-NB's options for figures: words for those who do not see them, which stand below them too."
    figures = [im for im in map(stored, outs) if im]
    drawn = any('dpi' in im.info or im.width>600 for im in figures) # by matplotlib: its letters have a size
    options = dict(image=dict(alt=described(src, flags), classes='drawn' if drawn else 'seen'))
    caption = quoted(flags, 'fig-cap') or quoted(flags, 'fig-alt')
    if figures and caption: options['figure'] = dict(caption=caption+'.'*(caption[-1] not in '.!?'))
    return dict(mystnb=options)

def behind(src, flags):
    "The line behind which code is folded: `#| code-fold: true`, and imports of more than a few lines."
    if only_imports(re.sub(r'^[%!].*', 'pass', src, flags=re.M)) and src.count('\n')>3: what = 'Imports'
    elif flags.get('code-fold', 'false')=='true': what = quoted(flags, 'code-summary') or 'Code'
    else: return ''
    return f'{what} · {lines_in(src)}'

def code(c, symbols=shown):
    "One code cell as MyST-NB's cells; `symbols`: source of an exported cell -> Markdown."
    outs = [breakable(sized(output)) for output in c['outputs']]
    flags = dict(flag_re.findall(join(c['source'])))
    src = flag_re.sub('', join(c['source'])).strip()
    if flags.keys() & {'hide','default_exp'} or flags.get('include')=='false': return []
    if flags.get('output')=='false': outs = []
    options = shown_figures(outs, src, flags)
    if flags.keys() & {'export','exports'}:
        md = symbols(src, 'exports' in flags)
        below = dict(c, source='', outputs=outs, id=c['id']+'-out', metadata={'tags':['remove-input']} | options)
        return ([md_cell(md, c['id'])] if md else []) + ([below] if outs else [])
    tags = []
    if what := behind(src, flags):
        tags = ['hide-input']
        options['mystnb'] |= dict(code_prompt_show=what, code_prompt_hide=what)
    if flags.get('echo')=='false' or not src: tags = ['remove-input']
    return [dict(c, source=src, outputs=outs, metadata={'tags':tags} | options)] if src or outs else []

# Pages --------------------------------------------------------------------------------------------------------------

processors = FrontmatterProc,strip_ansi,rm_header_dash,clean_magics
lookup = NbdevLookup()
link_re = re.compile(r'\[[^\[\]]*\]\([^()\s]+\)')
ours = re.compile(rf'\[`([\w.]+)`\]\({re.escape(cfg.doc_url)}/[^)]*\)') # a name of this package, linked

def processed(path):
    "A notebook after nbdev's processors: (front matter, cells)."
    proc = NBProcessor(path, processors, rm_directives=False)
    proc.process()
    nb = proc.nb
    cells = [dict(c, source=join(c['source'])) for c in nb.cells if c.get('source') and c['cell_type']!='raw']
    return nb.frontmatter_,cells

class Page:
    "One notebook as a MyST-NB notebook; `modules`: their names -> what tools/stubs.py knows of them."
    def __init__(self, path, modules={}):
        self.path,self.modules = path,modules
        self.front,self.cells = processed(path)
        found = [m[1] for c in self.cells if (m := re.search(r'^#\| *default_exp (\S+)', c['source'], flags=re.M))]
        self.module = found[0] if found else ''
        self.whole = modules.get(self.module)
        self.lines = lines_of_symbols(self.whole) if self.whole else {}
        self.known = known_names([c['source'] for c in self.cells if c['cell_type']=='code'], modules)
        self.homes = Counter(name for m in modules.values() for name in lines_of_symbols(m))
        self.folder = path.parent.relative_to(cfg.nbs_path).as_posix() if path.is_relative_to(cfg.nbs_path) else '.'

    def where(self, name): # a symbol's file, and its line there
        return name in self.lines and (f'{self.module}.py', f'{repo}/{module_file(self.module)}#L{self.lines[name]}')

    def linked(self, md): # names as nbdev links them, but for those that may mean something else
        def sure(m):
            if m[1] in self.lines: return m[0]
            return m[0] if self.homes[m[1]]<2 and (unmistakable(m[1]) or m[1] in self.known) else f'`{m[1]}`'
        links = [m[0] for m in link_re.finditer(md)] # which have their address
        md = ours.sub(sure, lookup.linkify(link_re.sub('\0', md)) or '')
        return re.sub('\0', lambda m: links.pop(0), md)

    def symbols(self, src, is_open): # of an exported cell
        return prose(shown(src, is_open, self.module, self.whole, self.where, self.linked), self.folder)

    def notebook(self):
        cells = [md_cell(heading(self.front, self.path, self.module), 'heading')]
        for c in self.cells:
            if c['cell_type']=='markdown': cells.append(md_cell(prose(self.linked(c['source']), self.folder), c['id']))
            else: cells += code(c, self.symbols)
        kernel = dict(name='python3', display_name='python3', language='python')
        metadata = dict(kernelspec=kernel, language_info=dict(name='python', pygments_lexer='python'))
        return dict(cells=cells, nbformat=4, nbformat_minor=5, metadata=metadata)

def lines_of_symbols(module): return {name:node.lineno for node in module.tree.body if (name := qualname(node))}

def contents():
    "The left-hand contents, one tree per section of nbs/sidebar.yml."
    items = yaml.safe_load((cfg.nbs_path/'sidebar.yml').read_text())['website']['sidebar']['contents']
    trees = []
    for item in items:
        if not isinstance(item, dict): continue  # the front page
        names = [nbpath2html(p).with_suffix('').as_posix() for p in item['contents'] if (cfg.nbs_path/p).exists()]
        if names: trees.append('\n'.join(['```{toctree}', ':hidden:', f":caption: {item['section']}", *names, '```']))
    return '\n\n'.join(trees)

def write_pages(src):
    "All pages and images into `src`."
    shutil.rmtree(src, ignore_errors=True)
    modules = Stubs().modules
    for path in sorted(nbglob(cfg.nbs_path, as_path=True)):
        rel = path.relative_to(cfg.nbs_path)
        d = Page(path, modules).notebook()
        if rel.as_posix()==cfg.readme_nb: d['cells'].append(md_cell(contents(), 'contents'))
        to = (src/nbpath2html(rel)).with_suffix('.ipynb')
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_text(json.dumps(d), encoding='utf-8')
    if (cfg.nbs_path/'images').exists(): shutil.copytree(cfg.nbs_path/'images', src/'images')

# Site ---------------------------------------------------------------------------------------------------------------

def main(out):
    "Build the site into folder `out`."
    try: from sphinx.cmd.build import main as sphinx
    except ImportError: sys.exit('The site needs Sphinx and MyST-NB, which need Python 3.11 or later: run `make docs`')
    out,src = Path(out).absolute(),Path(out).absolute().with_name('docs-src')
    os.chdir(cfg.config_path)
    write_pages(src)
    shutil.rmtree(out, ignore_errors=True)
    places = '-c',Path(__file__).parent/'site','-d',out.with_name('doctrees'),src,out
    rc = sphinx(['-q', '-W', '--keep-going', '-b', 'html', *map(str, places)])
    if rc: sys.exit(rc)
    relative_links(out, cfg.doc_url)
    if broken := list(broken_links(out)): sys.exit('Links that lead nowhere:\n' + '\n'.join(broken))
    checks = {'Links that are shown as text':raw_links, 'Headings that do not say what follows':odd_headings}
    for said,check in checks.items():
        odd = [f'{f.relative_to(out)}: {s}' for f in sorted(out.rglob('*.html')) for s in check(f.read_text('utf-8'))]
        if odd: sys.exit(f'{said}:\n' + '\n'.join(odd))
    print(f'{len(list(src.rglob("*.ipynb")))} pages in {os.path.relpath(out)}')

if __name__=='__main__':
    if len(sys.argv)!=2: sys.exit('usage: python tools/docs.py FOLDER')
    main(sys.argv[1])
