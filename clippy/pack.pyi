# Made by tools/stubs.py from the module beside it: do not edit.
"""From a folder of images and a captions file to shards, the same bytes each time

Docs: https://clippy-vl.github.io/clippy/pack.html.md
"""

def pack(images:str, captions:str, out:str, shard_size:int=1000, resize:int=0, image_column:str='image', caption_column:str='caption', seed:int=None, max_sample_mb:float=100, workers:int=4, progress:bool=True)->dict:
    """Make WebDataset shards from a folder of images and their captions.

    Parameters
    ----------
    images : str
        Folder of images
    captions : str
        Captions: csv, tsv or txt with named columns, or COCO captions json
    out : str
        New folder for the shards
    shard_size : int, default 1000
        Samples per shard
    resize : int, default 0
        Shrink the short side to this many pixels; 0 keeps every file as it is
    image_column : str, default 'image'
        Column of image file names, relative to the folder
    caption_column : str, default 'caption'
        Column of captions
    seed : int, default None
        Shuffle the images by this seed; without it they keep the order of the captions file
    max_sample_mb : float, default 100
        Largest image file, megabytes
    workers : int, default 4
        Threads that read and encode
    progress : bool, default True
        Show a progress bar

    Returns
    -------
    dict
        what `pack.json` says: counts, options, versions, `sha256`
    """
    ...
