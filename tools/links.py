"The built site: its links work wherever it is put, names lead to their symbols, headings stand above what they name."
import os, re
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urldefrag

# Symbols ------------------------------------------------------------------------------------------------------------

def anchors(out): # page -> the places in it that a link can lead to
    return {f.relative_to(out).as_posix():set(re.findall(r'\bid="([^"]+)"', f.read_text('utf-8')))
        for f in out.rglob('*.html')}

def words(html): return unescape(re.sub(r'<[^>]*>', '', html))

symbol_re = re.compile(r'<a class="symbol" id="(clippy\.\w+\.([\w.]+))"></a>')

def symbols_of(out): # page -> {name of a symbol: its anchor}
    return {f.relative_to(out).as_posix():{name:id for id,name in symbol_re.findall(f.read_text('utf-8'))}
        for f in out.rglob('*.html')}

def place_of(name, page, said, symbols):
    "Where a page's link to a name leads: to its own symbol, or that of the page `said`; or to the class of a method."
    for name in (name, name.rpartition('.')[0]):
        near = [p for p in (page, said) if name in symbols.get(p, ())]
        pages = near[:1] or [p for p in symbols if name in symbols[p]]
        if len(pages)==1: return f"{'' if pages[0]==page else pages[0]}#{symbols[pages[0]][name]}"

def relative_links(out, site):
    "Links from page to page, which nbdev makes absolute, made to work wherever the site is put."
    symbols = symbols_of(out)
    for page in symbols:
        up = '../'*page.count('/')
        def link(m):
            to = m[1]
            if m[2].startswith('<code') and '#' in to: # nbdev knows names that no page shows, and one of a name
                name = words(m[2]).removesuffix('()')
                if not (to := place_of(name, page, to.partition('#')[0], symbols)): return m[2]
            return f'<a class="reference internal" href="{to if to[0]=="#" else up+to}">{m[2]}</a>'
        absolute = rf'<a [^>]*href="{re.escape(site)}/([^"]*)"[^>]*>(.*?)</a>'
        html = re.sub(absolute, link, (out/page).read_text('utf-8'), flags=re.S)
        (out/page).write_text(quarto_anchors(html), encoding='utf-8')

def quarto_anchors(html):
    "The anchors that nbdev and Quarto give symbols too, `video.frames`, where they are free."
    ids = {*re.findall(r'\bid="([^"]+)"', html)}
    def both(m):
        if (old := m[2].lower()) in ids: return m[0]
        ids.add(old)
        return f'<a id="{old}"></a>{m[0]}'
    return symbol_re.sub(both, html)

def odd_headings(html):
    "Symbols of a page whose heading is not there once, or stands over the code of another symbol."
    _,*parts = re.split(r'(?=<a class="symbol" )', html)
    titles = [words(t).strip('#\n ') for t in re.findall(r'<h\d>(<code.*?)</h\d>', html, flags=re.S)]
    for part in parts:
        name = symbol_re.match(part)[2]
        h,pre = (re.search(rf'<{tag}>(.*?)</{tag}>', part, flags=re.S) for tag in (r'h\d','pre'))
        below = words(pre[1]) if pre and h else ''
        its_own = rf'{re.escape(name)}\b|(?s:.*)^ *(?:async )?(?:def|class) {name.rpartition(".")[2]}\b'
        if titles.count(name)!=1 or words(h[1]).strip('#\n ')!=name: yield f'{name}: {titles.count(name)} headings'
        elif not re.match(its_own, below, flags=re.M): yield f'{name} stands over {below[:60]!r}'

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
