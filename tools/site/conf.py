"Sphinx settings of the site; tools/docs.py writes the pages that it reads."
import re
from html import unescape
from pathlib import Path

from docutils.nodes import SkipNode
from docutils.utils.math.latex2mathml import tex2mathml
from nbdev.config import get_config
from pygments.formatters import HtmlFormatter
from sphinx.highlighting import PygmentsBridge

cfg = get_config(Path(__file__).parent)
project = html_title = cfg.title
author = 'The clippy developers'
copyright = f'2026, {author}'
release = cfg.version

extensions = ['myst_nb', 'sphinx_copybutton', 'sphinx.ext.githubpages']
exclude_patterns = ['jupyter_execute']
nb_execution_mode = 'off'               # the stored outputs are the ones to show
nb_render_markdown_format = 'myst'
myst_enable_extensions = ['amsmath', 'attrs_block', 'attrs_inline', 'colon_fence', 'deflist', 'dollarmath',
    'html_image']
suppress_warnings = ['myst.header']     # symbols are level 3 under any heading

html_theme = 'sphinx_book_theme'
html_static_path = ['.']
html_css_files = ['site.css']
html_math_renderer = 'mathml'
smartquotes_action = 'qe'               # two hyphens begin an option
html_use_index = html_copy_source = html_show_sourcelink = html_show_sphinx = False
html_context = {'default_mode':'auto'}
html_theme_options = dict(
    repository_url=cfg.git_url, repository_branch=cfg.branch, use_repository_button=True, use_download_button=False,
    show_toc_level=2, navbar_persistent=[], pygments_light_style='friendly', pygments_dark_style='github-dark',
)

class Lines(HtmlFormatter):
    "Each line of code knows its indent, so that what does not fit goes on below it, further in (site.css)."
    def _format_lines(self, tokens):
        for is_line,html in super()._format_lines(tokens):
            text = unescape(re.sub('<[^>]*>', '', html)).rstrip('\n')
            indent = min(len(text)-len(text.lstrip()), 20)
            kind = 'line of-table' if text.startswith('|') and text.rstrip().endswith('|') else 'line' # a printed table
            yield is_line, f'<span class="{kind}" style="--in:{indent}">{html}</span>' if len(text)>40 else html

def braced(tex):
    "Braces where TeX needs none: docutils takes the 12 of `\\frac12` and of `x^12` for one number."
    tex = re.sub(r'(\\[td]?frac)\s*(\w)\s*(\w)', r'\1{\2}{\3}', tex)
    return re.sub(r'([\^_])(\d)(?=\d)', r'\1{\2}', tex)

def mathml(block):
    "Formulas as MathML, which browsers draw without a script."
    def visit(self, node):
        self.body.append(tex2mathml(braced(node.astext()), as_block=block))
        raise SkipNode
    return visit

def setup(app):
    PygmentsBridge.html_formatter = Lines
    app.add_html_math_renderer('mathml', (mathml(False),None), (mathml(True),None))
