# Made by tools/stubs.py from the module beside it: do not edit.
"""From a list such as CC-12M's to shards, with img2dataset, and a record of how many links still work

Docs: https://clippy-vl.github.io/clippy/download.html.md
"""
from pathlib import Path
from typing import Any

tables: Any

img2dataset: str

def write_links(table:str, path:str, name:str='cc12m', url_column:str='url', caption_column:str='caption')->dict:
    """Copy the links and captions of a table into the form that img2dataset reads.

    Parameters
    ----------
    table : str
        the list, as published
    path : str
        where the tsv with columns `url` and `caption` goes
    name : str, default 'cc12m'
        which of `tables` it is
    url_column : str, default 'url'
        for `links`: column of links
    caption_column : str, default 'caption'
        for `links`: column of captions

    Returns
    -------
    dict
        `listed` lines, `faults` reason -> lines, `sha256` of the table
    """
    ...

def find_tool(tool:str='', distributor:str='multiprocessing')->list[str]:
    """The command that runs img2dataset in an environment of its own.

    Parameters
    ----------
    tool : str, default ''
        a command of your own; if empty, `CLIPPY_IMG2DATASET`, then uvx, then pipx
    distributor : str, default 'multiprocessing'
        what spreads the work: multiprocessing, pyspark or ray

    Returns
    -------
    list[str]
        words of a command
    """
    ...

def count_samples(path:Path)->int | None:
    """Count the samples in a shard without reading their contents.

    Parameters
    ----------
    path : Path
        path of a tar

    Returns
    -------
    int | None
        None if it is damaged or not there
    """
    ...

def shard_outcome(stats:Path)->dict | None:
    """What became of the links of one shard.

    Parameters
    ----------
    stats : Path
        `00000_stats.json` beside `00000.tar`

    Returns
    -------
    dict | None
        `listed`, `found`, `failures` reason -> links, `dates`; None for a damaged shard
    """
    ...

def yield_line(about:dict)->str:
    """The yield in a sentence.

    Parameters
    ----------
    about : dict
        content of `download.json`
    """
    ...

def download(name:str, table:str, out:str, image_size:int=256, resize_mode:str='keep_ratio', quality:int=90, shard_size:int=10000, processes:int=4, threads:int=64, timeout:int=10, retries:int=1, again:float=0, url_column:str='url', caption_column:str='caption', distributor:str='multiprocessing', tool:str='', progress:bool=True)->dict:
    """Download the images of a list of links into shards, with img2dataset.

    Parameters
    ----------
    name : str
        KIND: cc12m, cc3m, or links for a csv or tsv whose first line names the columns.
    table : str
        LIST: File with the list.
    out : str
        OUT: Folder for the shards; a download that was begun there goes on.
    image_size : int, default 256
        PIXELS: Length that a side is shrunk to.
    resize_mode : str, default 'keep_ratio'
        keep_ratio|keep_ratio_largest|center_crop|border|no: Which side, and how.
    quality : int, default 90
        1-100: Quality of the JPEG files.
    shard_size : int, default 10000
        Links per shard.
    processes : int, default 4
        Processes that download.
    threads : int, default 64
        Connections of each process.
    timeout : int, default 10
        SECONDS: How long to wait for a server.
    retries : int, default 1
        Further tries for a link that failed.
    again : float, default 0
        0-1: Download shards again of which a smaller share arrived. Default: 0, none.
    url_column : str, default 'url'
        COLUMN: Column of the links, if the list is of the kind links.
    caption_column : str, default 'caption'
        COLUMN: Column of the captions, if the list is of the kind links.
    distributor : str, default 'multiprocessing'
        multiprocessing|pyspark|ray: What shares out the work.
    tool : str, default ''
        COMMAND: Command that runs img2dataset. Default: uvx or pipx runs it.
    progress : bool, default True
        Show a progress bar.

    Returns
    -------
    dict
        what `download.json` says: counts, failures, plan, versions
    """
    ...
