# Made by tools/stubs.py from the module beside it: do not edit.
"""Batches that depend on seed, epoch and number only: on one machine or many, at the first batch or after a restart

Docs: https://clippy-vl.github.io/clippy/loader.html.md
"""
from .epochs import EpochLoader
from pathlib import Path
from typing import Any

class EpochOrder:
    """Which sample stands at which place of an epoch.

    Parameters
    ----------
    sizes : list
        samples in each shard
    seed : int
    epoch : int
    window : int, default 100000
        samples that are shuffled together, in whole shards; 0 keeps everything in order
    """
    shards: Any
    rank: Any
    starts: Any
    cuts: Any
    shuffled: Any
    def __init__(self, sizes:list, seed:int, epoch:int, window:int=100000): ...
    def __len__(self): ...
    def __getitem__(self, place)->tuple:
        """(number of the shard, number of the sample in it)"""
        ...
    def span(self, shard:int)->tuple:
        """The places at which a shard may have its turn: those of its window.

        Returns
        -------
        tuple
            (first place at which it may have its turn, the one after the last)
        """
        ...
    def next_use(self, shard:int, place:int)->float:
        """The next place at which a shard may be wanted.

        Returns
        -------
        float
            inf: no more in this epoch
        """
        ...

class IndexedBatches:
    """Batches of one process by (epoch, number), for a `DataLoader`.

    Parameters
    ----------
    of
        a `ShardLoader`
    """
    now: Any
    of: Any
    def __init__(self, of): ...
    def __getstate__(self):
        """a worker opens files of its own"""
        ...
    @property
    def order(self):
        """epoch -> `EpochOrder`"""
        ...
    @property
    def shard(self):
        """number -> `Shard`; as many are kept open as two windows have"""
        ...
    @property
    def numbers(self):
        """of copies"""
        ...
    def draw(self, j, i, seed, took):
        """(image, caption, key)"""
        ...
    def sample(self, epoch, place, report, took):
        """What stands at a place of an epoch, or what takes its place.

        Returns
        -------
        None if there is nothing usable
        """
        ...
    def __getitem__(self, at)->tuple:
        """(images, captions, keys), counts, error, `Took`"""
        ...
    def is_near(self, j)->bool:
        """is it of the windows in which the batch is?"""
        ...
    def wanted(self, epoch, place):
        """When a copy is wanted again, for a `Room`.

        Returns
        -------
        callable: path of a copy -> place from the epoch's first, or None
        """
        ...
    def go_to(self, epoch, places):
        """Say what is wanted from now on, and let go of the copies of other windows.

        Returns
        -------
        of a batch
        """
        ...

class ShardLoader(EpochLoader):
    """Training batches from shards, shuffled by a seed; every process gets the same number of them.

    Parameters
    ----------
    urls : str | list
        as for `shard_list`
    transform
        callable: PIL RGB image -> `[3,H,W]` tensor, or from the file's bytes where it has `takes_bytes`
    batch_size : int
        samples per batch of this process
    num_samples : int, default None
        samples per epoch over all processes; from `sizes.json` or the index if not given
    workers : int, default 2
        processes that read for this process; 0 reads in the training process itself
    seed : int, default 0
        names the order of shards and samples, and the draws of captions and crops
    shuffle : int, default 1000
        streamed: samples in the shuffle buffer of each reader; 0 keeps all in order, in either mode
    rank : int, default 0
        number of this process
    world : int, default 1
        number of processes
    window : int, default 100000
        indexed: samples that are shuffled together
    cache : str, default ''
        folder for copies of remote shards, which are then indexed
    cache_gb : float, default 0
        of copies at most, gigabytes; 0: no limit
    max_sample_mb : float, default 100
        largest sample, megabytes
    columns : dict, default None
        caption column -> weight, from `caption_weights`; none: all captions of a sample alike
    **remote
        how remote shards are asked for, as for `RemoteFile`
    """
    tokenize: Any
    remote: Any
    urls: Any
    files: Any
    room: Any
    why: Any
    mode: Any
    sizes: Any
    workers: Any
    decode: Any
    num_samples: Any
    def __init__(self, urls:str | list, transform, batch_size:int, num_samples:int=None, workers:int=2, seed:int=0, shuffle:int=1000, rank:int=0, world:int=1, window:int=100000, cache:str='', cache_gb:float=0, max_sample_mb:float=100, columns:dict=None, **remote): ...
    def __len__(self): ...
    def indexed(self):
        """what its workers have"""
        ...
    def __setstate__(self, state):
        """in a worker"""
        ...
    def path(self, j:int)->Path:
        """The path of a shard, which is fetched first if it is remote.

        Parameters
        ----------
        j : int
            number of the shard

        Returns
        -------
        Path
            fetched if need be
        """
        ...
    def held(self, j:int)->tuple:
        """A shard with an open file that keeps its copy from being removed.

        Parameters
        ----------
        j : int
            number of the shard

        Returns
        -------
        tuple
            its path, an open file that keeps a copy, or None
        """
        ...
    def describe(self)->str:
        """How the shards are read, and what the order of samples depends on."""
        ...
    def in_flight(self)->int:
        """places between the slowest worker and the fastest"""
        ...
    def share(self, epoch:int, worker:int)->list[str]:
        """The shards that one worker of this process streams in an epoch.

        Parameters
        ----------
        epoch : int
            number of the epoch
        worker : int
            number of the worker in this process

        Returns
        -------
        list[str]
            in reading order
        """
        ...

def leave_signals(worker:int=0):
    """Let a worker end when the training process says so, and not when a signal goes to all processes.

    Parameters
    ----------
    worker : int, default 0
        number of the worker, with which a `DataLoader` calls its `worker_init_fn`
    """
    ...
