# Made by tools/stubs.py from the module beside it: do not edit.
"""What the web app asks a model about an image that somebody dropped and words that somebody typed

Docs: https://clippy-vl.github.io/clippy/questions.html.md
"""
from .answers import Grouping
from .answers import HeatMap
from .answers import Segmentation
from .model import CLIPpy
from PIL import Image
from dataclasses import dataclass

side: int

def open_upload(file:str | None)->Image.Image:
    """Open the image that was dropped.

    Parameters
    ----------
    file : str | None
        path; None: nothing was dropped

    Returns
    -------
    Image.Image
        RGB, upright, no side longer than `side`
    """
    ...

def draw_examples(n:int=5, seed:int=41)->list:
    """Draw images for a page to begin with.

    Parameters
    ----------
    n : int, default 5
        how many
    seed : int, default 41
        other than that of the training scenes

    Returns
    -------
    list
        paths of PNG files in the folder for uploads
    """
    ...

most_words: int

longest_word: int

def typed(*texts)->list:
    """The words of some lines, if they are text and not too many.

    Parameters
    ----------
    *texts
        lines of words; None is an empty one

    Returns
    -------
    list
        of lists of str, one for each line
    """
    ...

def checked_text(text, most:int=...)->str:
    """What was sent, if it is text and not too long.

    Parameters
    ----------
    text
        anything that JSON can hold
    most : int, default 100
        letters that it may have

    Returns
    -------
    str
        '' for None
    """
    ...

def checked_number(value, low, high):
    """What was sent, if it is a number between these.

    Parameters
    ----------
    value
        anything that JSON can hold
    low
        the least
    high
        the most

    Returns
    -------
    `value`
    """
    ...

def layers(answer:Segmentation | Grouping, names:list)->list:
    """Take a mask apart, number by number.

    Parameters
    ----------
    answer : Segmentation | Grouping
    names : list
        number in the mask -> name

    Returns
    -------
    list
        (`[H,W]` bool mask, legend entry, '#rrggbb'), the largest first
    """
    ...

def word_of(entry:str)->str:
    """The word that an entry of the legend stands for.

    Parameters
    ----------
    entry : str
        of the legend

    Returns
    -------
    str
        the word without its share
    """
    ...

def typed_question(words:str, background:str)->tuple:
    """The words of a question's two lines.

    Parameters
    ----------
    words : str
        what to look for, with commas
    background : str
        words that compete; auto: the model's own; '' or none: none

    Returns
    -------
    tuple
        list of words, and a list, () or 'auto'
    """
    ...

def note_on(models, *question)->str:
    """A note on a question that leaves the model no choice.

    Parameters
    ----------
    models
        that are asked
    *question
        as for `typed_question`

    Returns
    -------
    str
        '': there is nothing to say
    """
    ...

def ask_words(model:CLIPpy, file:str | None, words:str, background:str='auto', threshold:float=0.0)->Segmentation:
    """Find the typed words in an image.

    Parameters
    ----------
    model : CLIPpy
    file : str | None
        path of the image
    words : str
        what to look for, with commas
    background : str, default 'auto'
        words that compete, and count as other; auto: the model's own; '' or none: none
    threshold : float, default 0.0
        answers of smaller probability are other
    """
    ...

def ask_heat(model:CLIPpy, file:str | None, word:str)->HeatMap:
    """How much each pixel resembles a word.

    Parameters
    ----------
    model : CLIPpy
    file : str | None
        path of the image
    word : str
        or a phrase
    """
    ...

def ask_groups(model:CLIPpy, file:str | None, n:int)->Grouping:
    """What belongs together, without words.

    Parameters
    ----------
    model : CLIPpy
    file : str | None
        path of the image
    n : int
        groups, at most; 1 to 16
    """
    ...

@dataclass
class Found:
    """What the page shows when somebody presses Find.

    Parameters
    ----------
    segments : Segmentation
    words : list
        all that were asked for, background included if it was typed
    best : str
        the word that takes most of the image
    heat : HeatMap
        of `best`
    note : str
        '': there is nothing to say
    """
    segments: Segmentation
    words: list
    best: str
    heat: HeatMap
    note: str

def find(model:CLIPpy, file, words, background='auto', threshold=0.0)->Found:
    """Find the typed words, and how much each pixel resembles the one that takes most of the image.

    Parameters
    ----------
    model : CLIPpy
    file
    words
    background : default 'auto'
    threshold : default 0.0
        as for `ask_words`
    """
    ...

def record_of(answer:Segmentation | Grouping, names:list, image:str, model:dict, device=None, **question)->dict:
    """Write down what is known about an answer.

    Parameters
    ----------
    answer : Segmentation | Grouping
    names : list
        number in the mask -> name
    image : str
        name of the image
    model : dict
        from `identity`
    device : default None
        on which it was computed
    **question
        what was asked, with every option

    Returns
    -------
    dict
        which JSON can hold
    """
    ...

def file_title(*names)->str:
    """A file name that says what is in the file.

    Parameters
    ----------
    *names
        of an image or a model

    Returns
    -------
    str
        letters, digits, _ and -
    """
    ...

def write_answer(answer:Segmentation | Grouping, record:dict)->list:
    """Write an answer as files that can be downloaded.

    Parameters
    ----------
    answer : Segmentation | Grouping
    record : dict
        from `record_of`

    Returns
    -------
    list
        paths of the mask, the overlay and the JSON
    """
    ...
