"Sphinx settings of the site; tools/docs.py writes the pages that it reads."
from pathlib import Path
from nbdev.config import get_config

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
suppress_warnings = ['myst.header']     # nbdev's symbols are level 3 under any heading

html_theme = 'sphinx_book_theme'
html_static_path = ['.']
html_css_files = ['site.css']
html_use_index = html_copy_source = html_show_sourcelink = html_show_sphinx = False
html_context = {'default_mode':'auto'}
html_theme_options = dict(
    repository_url=cfg.git_url, repository_branch=cfg.branch, use_repository_button=True, use_download_button=False,
    show_toc_level=2, navbar_persistent=[], pygments_light_style='friendly', pygments_dark_style='github-dark',
)
