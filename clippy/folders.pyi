# Made by tools/stubs.py from the module beside it: do not edit.
"""Ask about a thousand files with one command, stop it and go on, and lose nothing

Docs: https://clippy-vl.github.io/clippy/folders.html.md
"""
from .model import CLIPpy
from .pipeline import Soon
from typing import Any

def chosen_images(sources:list, but:str='')->dict:
    """Find the images that are meant.

    Parameters
    ----------
    sources : list
        files, folders, patterns such as `photos/*.jpg`, or addresses
    but : str, default ''
        the folder of the answers, whose images are left out

    Returns
    -------
    dict
        name for the answer -> source
    """
    ...

def is_image_name(out): ...

def planned(sources:list, out:str, suffixes:list, copies=())->tuple[dict, dict]:
    """Plan what is read and what will be written.

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
    """Refuse to overwrite files that are not answers.

    Parameters
    ----------
    paths
        that will be written
    """
    ...

def ask_in_batches(files:dict, ask, batch_size:int=8, read=..., workers:int=0, device='cpu'):
    """Answer about many images, batch by batch.

    Parameters
    ----------
    files : dict
        name -> source
    ask
        function of a list of images -> a list of answers
    batch_size : int, default 8
    read : default read_image
        function that reads a source into an image
    workers : int, default 0
        processes that read, if `read` gives a `Ready`; 0: threads of this process
    device : default 'cpu'
        where these processes put their images

    Returns
    -------
    lists of (name, answer or error)
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
    """A folder of answers to one question.

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
        """The images that are still to be asked about.

        Parameters
        ----------
        files : dict
            name -> source
        plan : dict
            name -> paths of the files of its answer

        Returns
        -------
        dict
            those without an answer, or with an answer about another content
        """
        ...
    def keep(self, names):
        """Write down the question, and of the answers those about these images only.

        Parameters
        ----------
        names
            of images
        """
        ...

def answer_files(files:dict, plan:dict, out:str, asked, ask, draw, batch_size:int, model:CLIPpy, size:int=0, precision:str='')->int:
    """Ask about images, write the answers, and report what was wrong.

    Parameters
    ----------
    files : dict
        name -> source, from `planned`
    plan : dict
        name -> paths of the files of its answer
    out : str
        '', an image, or a folder
    asked
        function that gives the question to be kept beside the answers; called in a thread
    ask
        function of a list of `Ready` that gives a list of answers
    draw
        function of an answer that gives an image for each of its paths
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
    """Load a model onto the best device.

    Parameters
    ----------
    model : str
        a name in the package, a folder, a repo id on the Hub, or the public release
    device : str, default ''
        cpu, cuda, mps, ...; '': the best there is

    Returns
    -------
    CLIPpy
        in evaluation mode
    """
    ...

def identity(model:CLIPpy, name:str)->dict:
    """What the answers of a model depend on, wherever it lies.

    Parameters
    ----------
    model : CLIPpy
    name : str
        by which it was loaded

    Returns
    -------
    dict
        what its answers depend on
    """
    ...

Words: Any

sample_image: Any

class _Asking:
    labels: Any
    background: Any
    model: Any
    name: Any
    threshold: Any
    precision: Any
    looks: Any
    seen: Any
    def __init__(self, model, name, words, threshold, explain, size, templates, batch_size, precision): ...
    def asked(self):
        """the question"""
        ...
    def ask(self, images):
        """segmentations, with a list of heat maps each"""
        ...
    def about_files(self, files, plan, out, shown, sets):
        """exit code"""
        ...
    def about_video(self, path, out, every):
        """exit code"""
        ...

def segment_files(*pictures:str, sample:bool=False, Label:Words=None, Background:Words=None, threshold:float=0.0, templates:str='', every:int=1, Out:str='', Format:str='', explain:bool=False, Model:str='scenes', size:int=0, batch_size:int=8, device:str='', precision:str='')->int:
    """Find words in images, or in the frames of a video.

    Parameters
    ----------
    *pictures : str
        IMAGE: Files, folders, patterns or addresses; or one video.
    sample : bool, default False
        Ask about a drawing that comes with the package.
    Label : Words, default None
        WORD[,WORD]: What to look for. May be repeated.
    Background : Words, default None
        WORD[,WORD]: Words for all else; or auto, or none. Default: auto, the model's own.
    threshold : float, default 0.0
        0-1: Give pixels of a smaller probability no label. Default: 0, each pixel gets one.
    templates : str, default ''
        name|photo|openai-80|TEXT: Sentences around a label; TEXT has {} in it. Default: three.
    every : int, default 1
        Of a video, look at one frame in so many.
    Out : str, default ''
        PATH: Image to write, folder for several, or video. Default: print JSON lines.
    Format : str, default ''
        FORMAT[,FORMAT]: images, palette, coco, cvat, fiftyone or labelstudio. Default: images.
    explain : bool, default False
        Draw a heat map for each label beside the image.
    Model : str, default 'scenes'
        MODEL: Name, folder or repository on the Hub.
    size : int, default 0
        PIXELS: Short side that the model sees. Default: 0, the model's own.
    batch_size : int, default 8
        Images at once.
    device : str, default ''
        cpu|cuda|mps: Where to compute. Default: the fastest there is.
    precision : str, default ''
        bf16|fp16|fp32: Precision of the computation. Default: bf16 on a card, else the model's own.
    """
    ...

def group_files(*pictures:str, N:int=8, Out:str='', Model:str='scenes', size:int=0, batch_size:int=8, device:str='', precision:str='')->int:
    """Find what belongs together, without words.

    Parameters
    ----------
    *pictures : str
        IMAGE: Files, folders, patterns or addresses.
    N : int, default 8
        Largest number of groups.
    Out : str, default ''
        PATH: Image to write, or folder for several. Default: print JSON lines.
    Model : str, default 'scenes'
        MODEL: Name, folder or repository on the Hub.
    size : int, default 0
        PIXELS: Short side that the model sees. Default: 0, the model's own.
    batch_size : int, default 8
        Images at once.
    device : str, default ''
        cpu|cuda|mps: Where to compute. Default: the fastest there is.
    precision : str, default ''
        bf16|fp16|fp32: Precision of the computation. Default: bf16 on a card, else the model's own.
    """
    ...

def classify_files(*pictures:str, Label:Words=None, Out:str='', Model:str='scenes', size:int=0, templates:str='', batch_size:int=8, device:str='', precision:str='')->int:
    """Choose a label for each image.

    Parameters
    ----------
    *pictures : str
        IMAGE: Files, folders, patterns or addresses.
    Label : Words, default None
        WORD[,WORD]: What to choose from. May be repeated.
    Out : str, default ''
        PATH: Folder for answers.jsonl. Default: print JSON lines.
    Model : str, default 'scenes'
        MODEL: Name, folder or repository on the Hub.
    size : int, default 0
        PIXELS: Short side that the model sees. Default: 0, the model's own.
    templates : str, default ''
        name|photo|openai-80|TEXT: Sentences around a label; TEXT has {} in it. Default: three.
    batch_size : int, default 8
        Images at once.
    device : str, default ''
        cpu|cuda|mps: Where to compute. Default: the fastest there is.
    precision : str, default ''
        bf16|fp16|fp32: Precision of the computation. Default: bf16 on a card, else the model's own.
    """
    ...

def info(model:str)->str:
    """Say what a model is.

    Parameters
    ----------
    model : str
        MODEL: Name, folder or repository on the Hub.

    Returns
    -------
    str
        what is printed
    """
    ...
