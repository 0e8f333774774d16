"""The notebooks -> a static site: nbdev's own processing, then Sphinx with MyST-NB. Any warning is an error.

    python tools/docs.py build/docs

nbdev's processors give notebooks with Quarto's notation (what `nbdev-docs` would render); the functions below turn that
notation into MyST's. Pages keep the addresses that Quarto would give them: nbs/00_model.ipynb is model.html."""
import base64, io, json, os, re, shutil, sys
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urldefrag

import yaml
from nbdev.config import get_config, nbpath2html
from nbdev.readme_filter import doc_link
from nbdev.serve import proc_nbs
from PIL import Image

import clippy

cfg = get_config(Path(__file__).parent)
repo = f'{cfg.git_url}/blob/{cfg.branch}'
flag_re = re.compile(r'^#\| *([\w-]+): *(.*)\n?', flags=re.M)

def join(s): return s if isinstance(s, str) else ''.join(s)
def md_cell(s, id): return dict(cell_type='markdown', id=id, metadata={}, source=s)

# Cells --------------------------------------------------------------------------------------------------------------

def heading(c, nb):
    "nbdev's front matter as title and subtitle, with links to the notebook and its module."
    fm = yaml.safe_load(c['source'].strip().strip('-'))
    top = [f"# {fm['title']}"] + ([f"{{.subtitle}}\n{fm['description']}"] if 'description' in fm else [])
    if nb.name==cfg.readme_nb: return '\n\n'.join(top)
    path = nb.relative_to(cfg.config_path).as_posix()
    where = [f'[{path}]({repo}/{path})']
    src = '\n'.join(join(cell['source']) for cell in json.loads(nb.read_text('utf-8'))['cells'])
    if m := re.search(r'^#\| *default_exp (\S+)', src, flags=re.M):
        where.append(f"[{cfg.lib_path.name}.{m[1]}]({repo}/{cfg.lib_path.name}/{m[1].replace('.', '/')}.py)")
    return '\n\n'.join([*top, '{.where}\n' + ' · '.join(where)])

def symbol(md, brief):
    "One symbol: Quarto's anchor, a heading and the link to its source; `brief` if the code itself follows."
    src = re.search(r'^\[source\]\((.*?)\)\{.*?\}\n+', md, flags=re.M)
    md = re.sub(r'^---\n+', '', md.replace(src[0], '') if src else md)
    if brief: md = re.match(r'#+ \S+', md)[0]
    link = f'\n\n{{.src}}\n[source]({src[1]})' if src else ''
    def head(m): return f'<a id="{m[2].lower()}"></a>\n\n{m[1]} `{m[2]}`{link}'
    return re.sub(r'^(#+) (\S+)', head, md, count=1, flags=re.M)

def prose(md, folder):
    "Callouts and links of a markdown cell."
    md = re.sub(r'^(:::+) *\{\.callout-(\w+)[^}]*\}', r'\1{\2}', md, flags=re.M)
    def link(m):
        to = (cfg.nbs_path/folder/m[1]).resolve()
        if m[1].startswith('../') and not to.is_relative_to(cfg.nbs_path):
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

def described(src, flags):
    "What a figure shows, in words: `#| fig-alt: ...`, or else the expression that made it."
    last = src.splitlines()[-1] if src else ''
    made = bool(re.match(r'[\w.]+[(\[]', last)) and not last.startswith(('ax','fig','plt.')) and not last.endswith(';')
    return flags.get('fig-alt', f'What {last} gives' if made else 'A figure, drawn by the code above it').strip()

def code(c, brief=False):
    "One code cell as MyST-NB's cells; `brief`: the next cell is its source."
    outs = [sized(output) for output in c['outputs']]
    flags = dict(flag_re.findall(join(c['source'])))
    src = flag_re.sub('', join(c['source'])).strip()
    if flags.get('include')=='false': return []
    if flags.get('output')=='asis':
        return [md_cell(symbol(join(output['data']['text/markdown']), brief), c['id']) for output in outs]
    if flags.get('output')=='false': outs = []
    figures = [im for im in map(stored, outs) if im]
    drawn = any('dpi' in im.info or im.width>600 for im in figures) # by matplotlib: its letters have a size
    options = dict(mystnb=dict(image=dict(alt=described(src, flags), classes='drawn' if drawn else 'seen')))
    if 'exports' in flags:
        cell = md_cell(f'::::{{container}} exported\n```python\n{src}\n```\n::::', c['id'])
        shown = dict(c, source='', outputs=outs, id=c['id']+'-out', metadata={'tags':['remove-input']} | options)
        return [cell, shown] if outs else [cell]
    tags = ['hide-input'] if 'code-fold' in flags else []
    if flags.get('echo')=='false' or not src: tags = ['remove-input']
    return [dict(c, source=src, outputs=outs, metadata={'tags':tags} | options)] if src or outs else []

# Pages --------------------------------------------------------------------------------------------------------------

def page(file, nb):
    "One processed notebook as a MyST-NB notebook."
    cells = []
    todo = json.loads(file.read_text('utf-8'))['cells']
    for c in todo: c['source'] = join(c['source'])
    for c,after in zip(todo, todo[1:]+[dict(source='')]):
        if c['cell_type']=='raw': cells.append(md_cell(heading(c, nb), c['id']))
        elif c['cell_type']=='code': cells += code(c, brief='#| exports' in after['source'])
        elif not c['source'].startswith('<!-- WARNING'): cells.append(c)
    folder = nb.parent.relative_to(cfg.nbs_path).as_posix()
    for c in cells:
        if c['cell_type']=='markdown': c['source'] = prose(c['source'], folder)
    metadata = dict(kernelspec=dict(name='python3', display_name='python3', language='python'),
        language_info=dict(name='python', pygments_lexer='python'))
    return dict(cells=cells, nbformat=4, nbformat_minor=5, metadata=metadata)

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
    proc = proc_nbs(force=True)
    for file in sorted(proc.rglob('*.ipynb')):
        rel = file.relative_to(proc)
        d = page(file, cfg.nbs_path/rel)
        if rel.as_posix()==cfg.readme_nb: d['cells'].append(md_cell(contents(), 'contents'))
        to = (src/nbpath2html(rel)).with_suffix('.ipynb')
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_text(json.dumps(d), encoding='utf-8')
    if (cfg.nbs_path/'images').exists(): shutil.copytree(cfg.nbs_path/'images', src/'images')

# Links --------------------------------------------------------------------------------------------------------------

def anchors(out): # page -> the places in it that a link can lead to
    return {f.relative_to(out).as_posix():set(re.findall(r'\bid="([^"]+)"', f.read_text('utf-8')))
        for f in out.rglob('*.html')}

def relative_links(out):
    "Links from page to page, which nbdev makes absolute, made to work wherever the site is put."
    ids = anchors(out)
    for f in out.rglob('*.html'):
        up = '../'*(len(f.relative_to(out).parts)-1)
        def link(m):
            path,frag = urldefrag(m[1])
            # nbdev knows names that no page shows
            hidden = m[2].startswith('<code') and frag not in ids.get(path, ())
            return m[2] if hidden else f'<a class="reference internal" href="{up}{m[1]}">{m[2]}</a>'
        absolute = rf'<a [^>]*href="{re.escape(cfg.doc_url)}/([^"]*)"[^>]*>(.*?)</a>'
        f.write_text(re.sub(absolute, link, f.read_text('utf-8'), flags=re.S), encoding='utf-8')

def broken_links(out):
    "Links and images within the site that lead nowhere."
    ids = anchors(out)
    for f in ids:
        for link in re.findall(r'<(?:a|img) [^>]*(?:href|src)="([^"]+)"', (out/f).read_text('utf-8')):
            if re.match(r'[a-z]+:|//', link): continue
            path,frag = urldefrag(unquote(unescape(link)))
            to = os.path.normpath(Path(f).parent/path) if path else f
            if not (out/to).exists() or frag and to in ids and frag not in ids[to]: yield f'{f}: {link}'

def raw_links(html):
    "Links of Markdown that a page shows as text, as `[name](address)`; code is left out."
    def without(m): return '' if m[1] in ('script','style') else 'code'
    shown = re.sub(r'<(pre|code|script|style)\b.*?</\1>', without, html, flags=re.S)
    return re.findall(r'\[[^\[\]]*\]\([^()\s]+\)', unescape(re.sub(r'<[^>]*>', '', shown)))

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
    relative_links(out)
    if broken := list(broken_links(out)): sys.exit('Links that lead nowhere:\n' + '\n'.join(broken))
    raw = [f'{f.relative_to(out)}: {s}' for f in sorted(out.rglob('*.html')) for s in raw_links(f.read_text('utf-8'))]
    if raw: sys.exit('Links that are shown as text:\n' + '\n'.join(raw))
    print(f'{len(list(src.rglob("*.ipynb")))} pages in {os.path.relpath(out)}')

if __name__=='__main__':
    if len(sys.argv)!=2: sys.exit('usage: python tools/docs.py FOLDER')
    sys.meta_path.remove(clippy._Documented) # here the comments of a signature are shown as they are
    main(sys.argv[1])
