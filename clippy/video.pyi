# Made by tools/stubs.py from the module beside it: do not edit.
"""Find words in every frame of a video, and get a video of the answers

Docs: https://clippy-vl.github.io/clippy/video.html.md
"""
from PIL import Image
from fractions import Fraction
from pathlib import Path
from typing import Any
from typing import NamedTuple

endings: tuple

def is_video(source)->bool: ...

class Video:
    """An open video: its frames, and what was wrong with it."""
    path: Any
    lost: int
    seen: int
    end: float
    fault: Any
    box: Any
    def __init__(self, path): ...
    def __enter__(self): ...
    def __exit__(self, *_): ...
    @property
    def stream(self):
        """The first stream of images."""
        ...
    @property
    def total(self)->int:
        """The number of frames, as far as the file says.

        Returns
        -------
        int
            0: it is not known
        """
        ...
    def frames(self, every:int=1):
        """The frames of a video, one after the other.

        Parameters
        ----------
        every : int, default 1
            one frame of so many

        Returns
        -------
        of `Frame`
        """
        ...
    def complaint(self)->str:
        """What was wrong with a video, once all its frames were seen.

        Returns
        -------
        str
            '': there is nothing to say
        """
        ...

class Frame(NamedTuple):
    """One frame of a video, not yet converted into an image."""
    number: int
    at: int
    raw: object
    @property
    def image(self)->Image.Image:
        """RGB, upright"""
        ...

def answered(frames, ask, batch_size:int=8):
    """Answer about frames, batch by batch.

    Parameters
    ----------
    frames
        of `Frame`
    ask
        function of a list of images -> a list of answers
    batch_size : int, default 8
        frames at once

    Returns
    -------
    pairs of frame and answer
    """
    ...

def frame_shown(seg)->Image.Image:
    """Draw a frame under the colours of its mask, above all labels in the order in which they were asked for.

    Parameters
    ----------
    seg
        `Segmentation`
    """
    ...

written: dict

class Encoder:
    """A part of a video on its way to the disk.

    Parameters
    ----------
    path : Path
        its name when it is whole
    codec : tuple
        of `written`
    rate
        frames a second, on average
    base : Fraction
        unit of time, seconds
    shape : Fraction
        width of a pixel by its height
    """
    path: Path
    kind: tuple
    base: Fraction
    shape: Fraction
    new: Any
    box: Any
    stream: Any
    def __init__(self, path:Path, codec:tuple, rate, base:Fraction, shape:Fraction): ...
    def add(self, image:Image.Image, at:int):
        """Write one more frame.

        Returns
        -------
        in units of `base`
        """
        ...
    def __enter__(self): ...
    def __exit__(self, fault, *_):
        """Close the file, and give it its name if it is whole."""
        ...

part_frames: int

class Parts:
    """The parts of an answer that is not whole yet.

    Parameters
    ----------
    out : Path
        the video that it will be
    asked : dict
        the question, which JSON can hold
    """
    out: Path
    asked: Any
    folder: Any
    lines: Any
    def __init__(self, out:Path, asked:dict): ...
    def path(self, k:int)->Path: ...
    def is_whole(self, k:int)->bool: ...
    def begin(self):
        """Make the folder, or refuse one that has parts of another answer."""
        ...
    def is_done(self)->bool:
        """Whether the answer is there already; a file that would be lost is refused."""
        ...
    def join(self, n:int):
        """Join the parts into one video, and their lines into one file."""
        ...

def chosen_video(sources:list, out:str='', every:int=1, **images_only)->Path | None:
    """The video that a command is about, if it is about one.

    Parameters
    ----------
    sources : list
        files, folders, patterns or addresses
    out : str, default ''
        what will be written
    every : int, default 1
        one frame of so many
    **images_only
        options of a command that are for images

    Returns
    -------
    Path | None
        None: images are meant
    """
    ...

def answer_video(path, out, asked, ask, every:int=1, batch_size:int=8)->int:
    """Ask about a video, write the answer, and report what was wrong.

    Parameters
    ----------
    path
        path of the video
    out
        path of the answer, with an ending of `written`; '': print JSON
    asked
        function that gives the question to be kept beside the answer
    ask
        function of a list of images that gives a list of `Segmentation`
    every : int, default 1
        one frame of so many
    batch_size : int, default 8
        frames at once

    Returns
    -------
    int
        exit code: 1 if something was wrong with the video
    """
    ...
