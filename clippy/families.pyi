# Made by tools/stubs.py from the module beside it: do not edit.
"""One small interface, and behind it the best open model for segmenting by words

Docs: https://clippy-vl.github.io/clippy/families.html.md
"""
from .model import CLIPpy
from .registry import Entry
from dataclasses import dataclass
from pathlib import Path
from torch import Tensor
from torch import nn
from typing import Any

@dataclass(frozen=True)
class FamilyConfig:
    """The settings of a model of others, in those fields of `Config` that the package reads.

    Parameters
    ----------
    name : str
        of the model
    image : str
        what its image tower is
    text : str
        what its text tower is
    image_size : int
        pixels, unless told otherwise
    max_tokens : int
        texts are cut here
    mean : tuple
        of RGB in [0,1]
    std : tuple
    pooling : str
        how patches become one vector
    values : bool, default False
        patches by the value path of the last block, unless told otherwise?
    pool_prefix : bool, default False
        there because `Config` has it; no family has this choice
    """
    name: str
    image: str
    text: str
    image_size: int
    max_tokens: int
    mean: tuple
    std: tuple
    pooling: str
    values: bool = ...
    pool_prefix: bool = ...

class Family(CLIPpy):
    """A model of others behind the interface of `CLIPpy`.

    Parameters
    ----------
    config : FamilyConfig
    image : nn.Module
        image tower
    text : nn.Module
        text tower
    width : int
        of the common space
    patch : tuple
        height and width in pixels
    scale : float
        of the logits
    bias : float | None, default None
        of the logits; None: there is none
    """
    config: FamilyConfig
    image: nn.Module
    text: nn.Module
    width: int
    patch: Any
    logit_scale: Any
    logit_bias: Any
    frozen: Any
    def __init__(self, config:FamilyConfig, image:nn.Module, text:nn.Module, width:int, patch:tuple, scale:float, bias:float | None=None): ...
    def encode_image(self, x:Tensor, pool_prefix:bool | None=None)->Tensor:
        """What is in the images, pooled as the family does.

        Returns
        -------
        Tensor
            `[B,3,H,W]` -> `[B,D]`, length 1
        """
        ...
    def encode_patches(self, x:Tensor, normalize:bool=True, values:bool | None=None)->Tensor:
        """Where it is: the vector of every patch. `values`: by the value path? None: as the config says.

        Returns
        -------
        Tensor
            -> `[B,h,w,D]`
        """
        ...
    def encode_tokens(self, tokens:dict)->Tensor:
        """Embed texts that are token ids already.

        Returns
        -------
        Tensor
            from `tokenize` -> `[B,D]`, length 1
        """
        ...
    def project(self, raw:Tensor)->Tensor:
        """from what `read` gives into the common space"""
        ...
    def whole_patches(self, x:Tensor)->Tensor:
        """Check that images can be cut into whole patches.

        Parameters
        ----------
        x : Tensor
            `[B,3,H,W]`

        Returns
        -------
        Tensor
            in the precision of the tower
        """
        ...
    def tokenize(self, texts:list)->dict:
        """Token ids for the text tower.

        Parameters
        ----------
        texts : list
            list[str]

        Returns
        -------
        dict
            `input_ids` and `attention_mask`, `[B,T]`
        """
        ...
    def save(self, path, half=False):
        """Refuse, because the weights of others stay where they came from."""
        ...

def alone(block, x:Tensor, most:int=...)->Tensor:
    """What a block would make of each token if there were no others.

    Parameters
    ----------
    block
        `[B,N,D]` -> `[B,N,D]`, or `[B,1,D]` -> `[B,D]`
    x : Tensor
        `[B,N,D]` tokens
    most : int, default 1 << 14
        sequences at once: some kernels of GPUs take no more than 65,535

    Returns
    -------
    Tensor
        `[B,N,D]`
    """
    ...

def value_tokens(tower:nn.Module, x:Tensor)->Tensor:
    """Patches by the value path of the last block.

    Parameters
    ----------
    tower : nn.Module
        of timm
    x : Tensor
        `[B,3,H,W]`

    Returns
    -------
    Tensor
        `[B,N,D]` patches after the final norm
    """
    ...

class TIPSv2(Family):
    """TIPSv2 of Google (CVPR 2026), as transformers has it.

    Parameters
    ----------
    config : FamilyConfig
    model : nn.Module
        `transformers.Tipsv2Model`
    tokenizer
        `transformers.Tipsv2Tokenizer`
    """
    tokenizer: Any
    def __init__(self, config:FamilyConfig, model:nn.Module, tokenizer): ...
    def pooled(self, x): ...
    def patches(self, x, values): ...
    def tokens(self, x, values=False):
        """`[B,2+N,D]` after the final norm"""
        ...
    def embedded(self, x):
        """with positions of any grid: transformers has that too, but not so that it can be exported"""
        ...
    def ids(self, texts:list)->dict:
        """Token ids, padded to the longest text.

        Returns
        -------
        dict
            `input_ids` and `attention_mask`, `[B,T]`
        """
        ...
    def read(self, tokens:dict)->Tensor:
        """Vectors of texts. That of a text without a token is 0, because attention to nothing may give NaN.

        Returns
        -------
        Tensor
            `[B,D]`, of any length
        """
        ...

towers: Any

google_settings: Any

def from_google(said:dict, where:str)->dict:
    """The architecture of a TIPSv2.

    Parameters
    ----------
    said : dict
        config.json in Google's words
    where : str
        where it stands, for the sentence of an error

    Returns
    -------
    dict
        arguments of `transformers.Tipsv2Config`
    """
    ...

def tips_config(folder:Path):
    """The architecture of a TIPSv2, without taking memory for it.

    Parameters
    ----------
    folder : Path
        with a config.json, in Google's words or in those of transformers

    Returns
    -------
    `transformers.Tipsv2Config`, and how many numbers its weights have
    """
    ...

def hub_folder(name:str, files:list, family:str='tipsv2')->Path:
    """A folder with the files of a model.

    Parameters
    ----------
    name : str
        a folder, or a repository on the Hub
    files : list
        patterns of what is read
    family : str, default 'tipsv2'
        for the sentence of an error

    Returns
    -------
    Path
        a folder
    """
    ...

tips_files: list

def open_tips(entry:Entry)->TIPSv2:
    """Load a TIPSv2.

    Parameters
    ----------
    entry : Entry
        of the registry; its home is a repository on the Hub, or a folder

    Returns
    -------
    TIPSv2
        in evaluation mode
    """
    ...
