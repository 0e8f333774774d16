# Made by tools/stubs.py from the module beside it: do not edit.
"""The commands that ask about files, folders and addresses, and lose nothing

Docs: https://clippy-vl.github.io/clippy/folders.html.md
"""
from .model import CLIPpy
from .pipeline import Soon
from typing import Any

def chosen_images(sources:list, but:str='')->dict:
    """The images that are meant.

    Parameters
    ----------
    sources : list
        files, folders, patterns such as `photos/*.jpg`, or addresses
    but : str, default ''
        a folder for answers, whose images are not meant

    Returns
    -------
    dict
        name for the answer -> source
    """
    ...

def label_names(labels:list)->list:
    """What files of labels are called.

    Parameters
    ----------
    labels : list
        of str

    Returns
    -------
    list
        a part of a file's name for each, no two alike
    """
    ...

def is_image_name(out): ...

def planned(sources:list, out:str, suffixes:list, copies=())->tuple[dict, dict]:
    """What is read and what will be written.

    Parameters
    ----------
    sources : list
        as for `chosen_images`
    out : str
        '', an image, or a folder
    suffixes : list
        of the files of one answer: '' is the image, `_mask` its mask, ...
    copies : default ()
        folders below `out` with one more file of an answer

    Returns
    -------
    tuple[dict, dict]
        name -> source, name -> paths
    """
    ...

def refuse_to_lose(paths):
    """Complain about files that are there and are not answers.

    Parameters
    ----------
    paths
        that will be written
    """
    ...

def ask_in_batches(files:dict, ask, batch_size:int=8, read=..., workers:int=0, device='cpu'):
    """Answers about many images, batch by batch.

    Parameters
    ----------
    files : dict
        name -> source
    ask
        function of a list of images -> a list of answers
    batch_size : int, default 8
    read : default read_image
        function of a source -> image
    workers : int, default 0
        processes that read, if what `read` gives is `Ready`; 0: threads of this one
    device : default 'cpu'
        where such images are wanted

    Returns
    -------
    lists of (name, answer or what was wrong)
    """
    ...

class _Files:
    items: Any
    read: Any
    def __init__(self, files, read): ...
    def __getitem__(self, i): ...

many_pixels: Any

earlier: Any

class AnswerFolder:
    """Answers on disk.

    Parameters
    ----------
    folder
        new, or with earlier answers to the same question
    asked : dict | Soon
        the question, which JSON can hold; the name of the `model` is only a note
    """
    path: Any
    question: dict | Soon
    begun: Any
    done: Any
    def __init__(self, folder, asked:dict | Soon): ...
    @property
    def asked(self)->dict: ...
    def checked(self, kept):
        """what was asked before, if that is the same"""
        ...
    def add(self, line:dict): ...
    def todo(self, files:dict, plan:dict)->dict:
        """What is still to be asked.

        Parameters
        ----------
        files : dict
            name -> source
        plan : dict
            name -> paths of the files of its answer

        Returns
        -------
        dict
            those whose answer is not there, or is about another image
        """
        ...
    def keep(self, names):
        """Write down the question and the answers about these, and no others.

        Parameters
        ----------
        names
            of images
        """
        ...

def answer_files(files:dict, plan:dict, out:str, asked, ask, draw, batch_size:int, model:CLIPpy, size:int=0, precision:str='')->int:
    """Answer, write, report.

    Parameters
    ----------
    files : dict
        name -> source, from `planned`
    plan : dict
        name -> paths of the files of its answer
    out : str
        '', an image, or a folder
    asked
        function -> what is kept beside the answers; called in a thread
    ask
        function of a list of `Ready` -> a list of answers
    draw
        function of an answer -> images, one for each path
    batch_size : int
    model : CLIPpy
        that sees the images
    size : int, default 0
        short side that it sees, pixels; 0: its own
    precision : str, default ''
        `bf16`, `fp16` or `fp32`; '': bf16 on a card, otherwise as the model is

    Returns
    -------
    int
        exit code: 1 if something was wrong with an image
    """
    ...

def open_for_use(model:str, device:str='')->CLIPpy:
    """A model, on its device.

    Parameters
    ----------
    model : str
        a name in the box, a folder, a Hub repo id, or the public release
    device : str, default ''
        cpu, cuda, mps, ...; '': the best there is

    Returns
    -------
    CLIPpy
        in evaluation mode
    """
    ...

def identity(model:CLIPpy, name:str)->dict:
    """Which model this is, wherever it lies.

    Parameters
    ----------
    model : CLIPpy
    name : str
        what it was called

    Returns
    -------
    dict
        what its answers depend on
    """
    ...

Words: Any

sample_image: Any

def segment_files(*pictures:str, sample:bool=False, Label:Words=None, Background:Words=None, Out:str='', Model:str='scenes', threshold:float=0.0, explain:bool=False, size:int=0, templates:str='', batch_size:int=8, device:str='', precision:str='', Format:str='', every:int=1)->int:
    """Find words in images, or in the frames of a video.

    Parameters
    ----------
    *pictures : str
        Files, folders, patterns or addresses; or one video
    sample : bool, default False
        Ask about a drawing that comes with the package
    Label : Words, default None
        What to look for, between commas; may be given several times
    Background : Words, default None
        Words that compete; where one wins, the answer is other (auto: the model's own; none)
    Out : str, default ''
        An image to be written, a folder of images with masks, or a video; none: print JSON
    Model : str, default 'scenes'
        Name in the box, folder, Hub repo id or release
    threshold : float, default 0.0
        Answers of smaller probability are other
    explain : bool, default False
        A heat map for each label, beside the image
    size : int, default 0
        Short side that the model sees, pixels (the model's own)
    templates : str, default ''
        Sentences around a label: name, photo, openai-80, or one with {}
    batch_size : int, default 8
        Images at once
    device : str, default ''
        cpu, cuda, mps (the best there is)
    precision : str, default ''
        bf16, fp16 or fp32 (bf16 on a card, which moves few pixels; otherwise as the model is)
    Format : str, default ''
        images, palette, coco, cvat, fiftyone, labelstudio, or several with commas (images)
    every : int, default 1
        Of a video, one frame of so many
    """
    ...

def group_files(*pictures:str, N:int=8, Out:str='', Model:str='scenes', size:int=0, batch_size:int=8, device:str='', precision:str='')->int:
    """Find what belongs together, without words.

    Parameters
    ----------
    *pictures : str
        Files, folders, patterns or addresses
    N : int, default 8
        Groups, at most
    Out : str, default ''
        An image to be written, or a folder of images with masks; none: print JSON
    Model : str, default 'scenes'
        Name in the box, folder, Hub repo id or release
    size : int, default 0
        Short side that the model sees, pixels (the model's own)
    batch_size : int, default 8
        Images at once
    device : str, default ''
        cpu, cuda, mps (the best there is)
    precision : str, default ''
        bf16, fp16 or fp32 (bf16 on a card, otherwise as the model is)
    """
    ...

def classify_files(*pictures:str, Label:Words=None, Out:str='', Model:str='scenes', size:int=0, templates:str='', batch_size:int=8, device:str='', precision:str='')->int:
    """Choose a label for each image.

    Parameters
    ----------
    *pictures : str
        Files, folders, patterns or addresses
    Label : Words, default None
        What to choose from, between commas; may be given several times
    Out : str, default ''
        A folder for answers.jsonl; none: print JSON
    Model : str, default 'scenes'
        Name in the box, folder, Hub repo id or release
    size : int, default 0
        Short side that the model sees, pixels (the model's own)
    templates : str, default ''
        Sentences around a label: name, photo, openai-80, or one with {}
    batch_size : int, default 8
        Images at once
    device : str, default ''
        cpu, cuda, mps (the best there is)
    precision : str, default ''
        bf16, fp16 or fp32 (bf16 on a card, otherwise as the model is)
    """
    ...

def info(model:str)->str:
    """Say what a model is.

    Parameters
    ----------
    model : str
        Name in the box, folder, Hub repo id or release

    Returns
    -------
    str
        what is printed
    """
    ...
