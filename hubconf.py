"Models for torch.hub: `torch.hub.load('clippy-vl/clippy', 'clippy', name='scenes')`."
dependencies = ['accelerate', 'fastcore', 'filelock', 'fsspec', 'huggingface_hub', 'matplotlib', 'numpy', 'PIL', 'psutil',
    'safetensors', 'scipy', 'sentence_transformers', 'shtab', 'sklearn', 'threadpoolctl', 'timm', 'torch', 'torchvision',
    'tqdm', 'transformers', 'webdataset'] # as in settings.ini, by the names under which they are imported

def clippy(name='scenes', **options):
    "A trained CLIPpy in evaluation mode; `options` are those of `clippy.load`, such as device and dtype."
    from clippy import load # here: torch.hub first looks whether all the above is installed
    return load(name, **options)
