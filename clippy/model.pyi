# Made by tools/stubs.py from the module beside it: do not edit.
"""An image tower and a text tower that meet in one space, and a maximum over patches that tells where things are

Docs: https://clippy-vl.github.io/clippy/model.html.md
"""
from .answers import Classification
from .answers import Grouping
from .answers import HeatMap
from .answers import Segmentation
from .answers import WordMaps
from .predict import Ready
from .proposals import LabelledMasks
from PIL import Image
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from sentence_transformers import SentenceTransformer
from torch import Tensor
from torch import nn
from transformers import PreTrainedTokenizerFast
from typing import Any
from typing import Literal
from typing import overload
import numpy as np

def image_tower(name:str, pretrained:bool=False, weights:str | Path | None=None, token_drop:float=0.0, **kwargs)->nn.Module:
    """A timm Vision Transformer that returns all its tokens after the final norm.

    Parameters
    ----------
    name : str
        name in timm, e.g. `vit_base_patch16_224.dino`
    pretrained : bool, default False
        start from timm's weights, which come from the Hub?
    weights : str | Path | None, default None
        or from weights in this local file, or in a folder with a `model.safetensors`
    token_drop : float, default 0.0
        share of the patch tokens that is dropped in training, in [0,1)
    **kwargs
        further arguments of the ViT, e.g. `img_size` or `depth`

    Returns
    -------
    nn.Module
        `[B,3,H,W]` -> `[B, prefix + patches, width]` through `forward_features`
    """
    ...

def text_tower(name:str | Path, pretrained:bool=True, max_tokens:int=77, sub:str='')->SentenceTransformer:
    """A sentence-transformers model that is ready to be trained.

    Parameters
    ----------
    name : str | Path
        name or folder of a sentence-transformers model, e.g. `sentence-transformers/sentence-t5-base`
    pretrained : bool, default True
        False: keep the tokenizer and the architecture, but draw the weights anew
    max_tokens : int, default 77
        longer captions are cut after so many tokens
    sub : str, default ''
        folder inside `name` that holds the tower; '': `name` itself

    Returns
    -------
    SentenceTransformer
        token ids -> one `[B,D]` sentence embedding
    """
    ...

@contextmanager
def quiet():
    """without loading bars, which are noise in logs and notebooks"""
    ...

def redraw(name:str | Path, folder:str | Path)->Path:
    """Copy a text tower's tokenizer and settings, with random weights.

    Parameters
    ----------
    name : str | Path
        folder or Hub name; only tokenizer and settings are read
    folder : str | Path
        where to write the copy

    Returns
    -------
    Path
        `folder`
    """
    ...

def train_tokenizer(captions, vocab_size:int=1024)->PreTrainedTokenizerFast:
    """A byte-level BPE tokenizer, trained here and now.

    Parameters
    ----------
    captions
        iterable of str
    vocab_size : int, default 1024
        at least 259: all bytes and three special tokens

    Returns
    -------
    PreTrainedTokenizerFast
        ends every text with `</s>`, as T5 does
    """
    ...

def new_text_tower(captions=(), width:int=128, depth:int=2, heads:int=4, vocab_size:int=1024, max_tokens:int=77)->SentenceTransformer:
    """A small Sentence-T5 with random weights and its own tokenizer.

    Parameters
    ----------
    captions : default ()
        iterable of str for the tokenizer; none: every byte is a token
    width : int, default 128
        width of the tokens and of the embedding
    depth : int, default 2
        number of layers
    heads : int, default 4
    vocab_size : int, default 1024
    max_tokens : int, default 77

    Returns
    -------
    SentenceTransformer
        token ids -> one `[B,width]` sentence embedding
    """
    ...

@dataclass(frozen=True)
class Config:
    """What a CLIPpy is made of.

    Parameters
    ----------
    image : str, default 'vit_base_patch16_224.dino'
        name of the image tower in timm
    text : str, default 'sentence-transformers/sentence-t5-base'
        name or folder of the text tower; '': a new one
    pooling : str, default 'max'
        `max`, `avg` or `cls`
    image_size : int, default 224
        pixels, for training and evaluation unless told otherwise
    token_drop : float, default 0.0
        share of patch tokens dropped in training
    max_tokens : int, default 77
        captions are cut here
    pretrained_image : bool, default True
        does training start from timm's weights of the image tower?
    pretrained_text : bool, default True
        does it start from the Hub's weights of the text tower?
    mean : tuple
        subtracted from RGB in [0,1]; the public port uses CLIP's even with DINO's weights
    std : tuple
        divides RGB after that
    image_args : dict
        further arguments of timm's model
    text_args : dict
        arguments of `new_text_tower`
    logit_bias : float | None, default None
        where SigLIP's bias starts, usually at -10; None: the model has no bias
    pool_prefix : bool, default False
        are prefix tokens (class token, registers) pooled too, as in the public port?
    head : str, default ''
        on image tokens before pooling: `linear`, `mlp`, or '' for a projection only where widths differ
    """
    image: str = ...
    text: str = ...
    pooling: str = ...
    image_size: int = ...
    token_drop: float = ...
    max_tokens: int = ...
    pretrained_image: bool = ...
    pretrained_text: bool = ...
    mean: tuple = ...
    std: tuple = ...
    image_args: dict = ...
    text_args: dict = ...
    logit_bias: float | None = ...
    pool_prefix: bool = ...
    head: str = ...
    def __post_init__(self): ...

pools: Any

tower_settings: Any

class CLIPpy(nn.Module):
    """An image tower and a text tower that meet in one space.

    Parameters
    ----------
    config : Config
        what the towers were made from
    image : nn.Module
        from `image_tower`
    text : SentenceTransformer
        from `text_tower` or `new_text_tower`
    """
    knows: str
    name: str
    background: Any
    sources: Any
    config: Config
    image: nn.Module
    text: SentenceTransformer
    width: Any
    patch: Any
    proj: Any
    logit_scale: Any
    logit_bias: Any
    frozen: Any
    def __init__(self, config:Config, image:nn.Module, text:SentenceTransformer): ...
    @property
    def device(self): ...
    @property
    def dtype(self):
        """of the image tower"""
        ...
    def image_tokens(self, x:Tensor)->Tensor:
        """All tokens of the images, after the final norm and the head.

        Parameters
        ----------
        x : Tensor
            `[B,3,H,W]` normalised images, or what `image_features` made of them

        Returns
        -------
        Tensor
            `[B, prefix + patches, D]`, in the space of the text, not normalised
        """
        ...
    def image_features(self, x:Tensor)->Tensor:
        """What the image tower makes of the images, which the head has not seen yet.

        Parameters
        ----------
        x : Tensor
            `[B,3,H,W]` normalised images, H and W multiples of the patch; `[B,N,width]` features are kept

        Returns
        -------
        Tensor
            `[B, prefix + patches, width]`
        """
        ...
    def encode_image(self, x:Tensor, pool_prefix:bool | None=None)->Tensor:
        """What is in the images: pooled tokens.

        Parameters
        ----------
        x : Tensor
            `[B,3,H,W]` normalised images
        pool_prefix : bool | None, default None
            are prefix tokens pooled too? None: as the config says

        Returns
        -------
        Tensor
            `[B,D]`, length 1
        """
        ...
    def encode_patches(self, x:Tensor, normalize:bool=True, values:bool | None=None)->Tensor:
        """Where things are: the vector of every patch. Never drops tokens.

        Parameters
        ----------
        x : Tensor
            `[B,3,H,W]` normalised images
        normalize : bool, default True
            bring them to length 1? False: as they are when they are pooled
        values : bool | None, default None
            take the value path of the last block? None: no, because the model was trained without

        Returns
        -------
        Tensor
            `[B,h,w,D]`, length 1, with h = H/patch
        """
        ...
    def tokenize(self, texts:list)->dict:
        """Token ids for the text tower.

        Parameters
        ----------
        texts : list
            a list of str

        Returns
        -------
        dict
            `input_ids` and `attention_mask`, `[B,T]`, where T is the longest of the batch and at most
            `max_tokens`
        """
        ...
    def encode_tokens(self, tokens:dict)->Tensor:
        """Embed texts that are already token ids.

        Parameters
        ----------
        tokens : dict
            from `tokenize`; or groups from `similar_lengths`; or `vectors` that `read` gave

        Returns
        -------
        Tensor
            `[B,D]`, length 1
        """
        ...
    def read(self, tokens:dict)->Tensor:
        """What the text tower makes of token ids.

        Parameters
        ----------
        tokens : dict
            from `tokenize`

        Returns
        -------
        Tensor
            `[B,D]`, of any length
        """
        ...
    def project(self, raw:Tensor)->Tensor:
        """what `read` gives, in the common space"""
        ...
    def encode_text(self, texts:list)->Tensor:
        """Embed texts.

        Parameters
        ----------
        texts : list
            a list of str

        Returns
        -------
        Tensor
            `[B,D]`, length 1
        """
        ...
    def patch_cosines(self, images:Tensor, vectors:Tensor, **options)->Tensor:
        """Cosine similarity of every patch with every vector, whatever the model's precision.

        Parameters
        ----------
        images : Tensor
            `[B,3,H,W]` normalised images
        vectors : Tensor
            `[K,D]` of length 1, e.g. from `encode_text`
        **options
            options of `encode_patches`

        Returns
        -------
        Tensor
            `[B,K,h,w]` float32, in [-1,1]
        """
        ...
    def forward(self, images:Tensor, tokens:dict)->tuple:
        """Embed a batch of image-caption pairs.

        Parameters
        ----------
        images : Tensor
            `[B,3,H,W]`
        tokens : dict
            from `tokenize`

        Returns
        -------
        tuple
            image vectors `[B,D]`, text vectors `[B,D]`, logit scale in [1,100]
        """
        ...
    def clamp_logit_scale(self):
        """Keep the logit scale between 1 and 100: call it after every optimizer step."""
        ...
    def freeze(self, image:bool=False, text:bool=False)->CLIPpy:
        """Keep the named towers as they are in training: no gradients, no dropout.

        Parameters
        ----------
        image : bool, default False
            freeze the image tower?
        text : bool, default False
            freeze the text tower?
        """
        ...
    def train(self, mode:bool=True)->CLIPpy:
        """Switch to training or evaluation mode; frozen towers stay in evaluation mode.

        Parameters
        ----------
        mode : bool, default True
            False is `eval`

        Returns
        -------
        CLIPpy
            the model itself
        """
        ...
    def grad_checkpointing(self):
        """Compute activations again in the backward pass, which takes less memory and a second forward pass."""
        ...
    def save(self, path:str | Path, half:bool=False, towers:bool=True)->Path:
        """Write the model to a folder, so that `load` needs nothing else (or only the frozen towers).

        Parameters
        ----------
        path : str | Path
            a folder; an older model there is replaced
        half : bool, default False
            write float16, which takes half the bytes? `load` gives float32 either way
        towers : bool, default True
            False: write no frozen towers, only the names from which `load` fetches them
        """
        ...
    def left_out(self)->dict:
        """The frozen towers, after a check that all of them can be fetched again.

        Returns
        -------
        dict
            `image` or `text` -> its source, and a hash of its weights
        """
        ...
    def word_vectors(self, words, templates=...)->Tensor:
        """A vector for each label, kept in memory for the next time.

        Parameters
        ----------
        words
            labels
        templates : default ('{}', 'a(n) {}', 'a picture of a(n) {}')
            sentences around a label: several with `{}`, one, or a name such as `photo` or `openai-80`

        Returns
        -------
        Tensor
            `[K,D]`, length 1
        """
        ...
    def ready(self, image, size:int=0, **about)->Ready:
        """Read and resize an image: the part of the work that needs no weights.

        Parameters
        ----------
        image
            anything that `read_image` takes
        size : int, default 0
            short side that the model sees, pixels; 0: its own
        **about
            `source` and `sha256` of `Ready`
        """
        ...
    def look(self, images, encode, answer, size:int=0, batch_size:int=8, there=None):
        """Ask the model about images, in batches, and make an answer of each.

        Parameters
        ----------
        images
            anything that `read_image` takes, `Ready`, or a list of these
        encode
            function that gets `[B,3,h,w]`
        answer
            function of an image and its share of what `encode` gives, or what `there` makes of it
        size : int, default 0
            short side, pixels; 0: the model's own
        batch_size : int, default 8
            images at once
        there : default None
            function of an image and its share -> tensors, on the device

        Returns
        -------
        one answer, or a list
        """
        ...
    @overload
    def segment(self, images:str | Path | Image.Image | np.ndarray | Tensor, labels:list, background:str | list | tuple='auto', threshold:float=0.0, other:str='other', size:int=0, templates=..., batch_size:int=8, return_tensors:Literal[False]=False)->Segmentation: ...
    @overload
    def segment(self, images:list | tuple, labels:list, background:str | list | tuple='auto', threshold:float=0.0, other:str='other', size:int=0, templates=..., batch_size:int=8, return_tensors:Literal[False]=False)->list[Segmentation]: ...
    @overload
    def segment(self, images:str | Path | Image.Image | np.ndarray | Tensor, labels:list, background:str | list | tuple='auto', threshold:float=0.0, other:str='other', size:int=0, templates=..., batch_size:int=8, *, return_tensors:Literal[True] | str)->WordMaps: ...
    @overload
    def segment(self, images:list | tuple, labels:list, background:str | list | tuple='auto', threshold:float=0.0, other:str='other', size:int=0, templates=..., batch_size:int=8, *, return_tensors:Literal[True] | str)->list[WordMaps]: ...
    @overload
    def segment(self, images, labels:list, background:str | list | tuple='auto', threshold:float=0.0, other:str='other', size:int=0, templates=..., batch_size:int=8, return_tensors:bool | str=False)->Segmentation | WordMaps | list:
        """Find words in images, pixel by pixel.

        Parameters
        ----------
        images
            a path, address, PIL image, array or tensor, or a list of these
        labels : list
            words to look for
        background : str | list | tuple, default 'auto'
            words for what is `other`; 'auto': the model's own list; (): none
        threshold : float, default 0.0
            pixels whose best word has a smaller probability than this are `other`
        other : str, default 'other'
            name of number 0 in the mask
        size : int, default 0
            short side that the model sees, pixels; 0: its own
        templates : default ('{}', 'a(n) {}', 'a picture of a(n) {}')
            sentences around a label: several with `{}`, one, or a name such as `photo` or `openai-80`
        batch_size : int, default 8
            images at once
        return_tensors : bool | str, default False
            True or 'probabilities', or 'cosines': tensors of all words, on the model's device

        Returns
        -------
        Segmentation | WordMaps | list
            `WordMaps` where tensors are asked for; a list of these for a list of images
        """
        ...
    @overload
    def similarity(self, images:str | Path | Image.Image | np.ndarray | Tensor, text:str, size:int=0, batch_size:int=8)->HeatMap: ...
    @overload
    def similarity(self, images:list | tuple, text:str, size:int=0, batch_size:int=8)->list[HeatMap]: ...
    @overload
    def similarity(self, images:str | Path | Image.Image | np.ndarray | Tensor, text:list | tuple, size:int=0, batch_size:int=8)->list[HeatMap]: ...
    @overload
    def similarity(self, images:list | tuple, text:list | tuple, size:int=0, batch_size:int=8)->list[list[HeatMap]]: ...
    @overload
    def similarity(self, images, text, size:int=0, batch_size:int=8)->HeatMap | list:
        """Show how much each pixel resembles a phrase.

        Parameters
        ----------
        images
            a path, address, PIL image, array or tensor, or a list of these
        text
            any phrase, taken as it is, or a list of phrases for a list of answers about each image
        size : int, default 0
            short side that the model sees, pixels; 0: its own
        batch_size : int, default 8
            images at once

        Returns
        -------
        HeatMap | list
            a list for a list of images, and for a list of phrases
        """
        ...
    @overload
    def group(self, images:str | Path | Image.Image | np.ndarray | Tensor, n:int=8, size:int=0, batch_size:int=8)->Grouping: ...
    @overload
    def group(self, images:list | tuple, n:int=8, size:int=0, batch_size:int=8)->list[Grouping]: ...
    @overload
    def group(self, images, n:int=8, size:int=0, batch_size:int=8)->Grouping | list:
        """Group the pixels that belong together, without words (CLIPpy, section 3.5).

        Parameters
        ----------
        images
            a path, address, PIL image, array or tensor, or a list of these
        n : int, default 8
            largest number of groups, 1 to 255
        size : int, default 0
            short side that the model sees, pixels; 0: its own
        batch_size : int, default 8
            images at once

        Returns
        -------
        Grouping | list
            a list for a list of images
        """
        ...
    @overload
    def classify(self, images:str | Path | Image.Image | np.ndarray | Tensor, labels:list, templates=..., size:int=0, batch_size:int=8)->Classification: ...
    @overload
    def classify(self, images:list | tuple, labels:list, templates=..., size:int=0, batch_size:int=8)->list[Classification]: ...
    @overload
    def classify(self, images, labels:list, templates=..., size:int=0, batch_size:int=8)->Classification | list:
        """Choose the label that describes the whole image.

        Parameters
        ----------
        images
            a path, address, PIL image, array or tensor, or a list of these
        labels : list
            words to choose from
        templates : default ('{}', 'a(n) {}', 'a picture of a(n) {}')
            sentences around a label: several with `{}`, one, or a name such as `photo` or `openai-80`
        size : int, default 0
            short side that the model sees, pixels; 0: its own
        batch_size : int, default 8
            images at once

        Returns
        -------
        Classification | list
            a list for a list of images
        """
        ...
    def label_masks(self, image, masks, labels:list, background:str | list | tuple='auto', threshold:float=0.0, other:str='other', size:int=0, templates=..., pool:str='mean', on_top:str='smaller')->LabelledMasks:
        """Give each mask the label that fits best inside it.

        Parameters
        ----------
        image
            path, address, PIL image, array or tensor
        masks
            `[N,H,W]` bool, of the upright image: array, tensor, or a list of `[H,W]`; may overlap
        labels : list
            words to look for
        background : str | list | tuple, default 'auto'
            words for what is `other`; 'auto': the model's own list; (): none
        threshold : float, default 0.0
            masks whose best word has a smaller probability than this are `other`
        other : str, default 'other'
            name of number 0 in the mask
        size : int, default 0
            short side that the model sees, pixels; 0: its own
        templates : default ('{}', 'a(n) {}', 'a picture of a(n) {}')
            sentences around a label: several with `{}`, one, or a name such as `photo` or `openai-80`
        pool : str, default 'mean'
            how similarities inside a mask become one: `mean` or `max`
        on_top : str, default 'smaller'
            which of several masks wins a pixel: the `smaller` or the `surer` one
        """
        ...
    def segment_video(self, path, labels:list, every:int=1, batch_size:int=8, **options):
        """Find words in a video, frame by frame; a warning tells of frames that could not be read.

        Parameters
        ----------
        path
            path of a video
        labels : list
            words to look for
        every : int, default 1
            look at one frame of so many
        batch_size : int, default 8
            frames at once
        **options
            of `segment`

        Returns
        -------
        pairs of seconds since the beginning and `Segmentation`, one after the other
        """
        ...
    def push_to_hub(self, repo_id:str, private:bool | None=None, token:str | bool | None=None, manifest:str | Path | dict | None=None, image:str | Path='', half:bool=False, license:str='', endpoint:str | None=None, commit_message:str='A model of clippy', branch:str | None=None, revision:str | None=None, create_pr:bool=False)->str:
        """Upload the model to the Hugging Face Hub, with a card made from its record.

        Parameters
        ----------
        repo_id : str
            USER/NAME; made if it is not there, else a new commit
        private : bool | None, default None
            make it for you alone; None: as your organisation sets it, otherwise public
        token : str | bool | None, default None
            None: that of `hf auth login` or HF_TOKEN
        manifest : str | Path | dict | None, default None
            for `read_manifest`: folder of a run, `metrics.json`, `manifest.json`
        image : str | Path, default ''
            file for the card; '': drawn, if the model knows the built-in scenes
        half : bool, default False
            float16 weights
        license : str, default ''
            of the weights; '': `licence_of` the model's name
        endpoint : str | None, default None
            address of another Hub; None: HF_ENDPOINT, or huggingface.co
        commit_message : str, default 'A model of clippy'
            its first line is the title on the Hub
        branch : str | None, default None
            made if it is not there; None: main
        revision : str | None, default None
            another name for `branch`
        create_pr : bool, default False
            propose the commit in a pull request

        Returns
        -------
        str
            address of the commit, or of the pull request
        """
        ...
    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path:str | Path, *, revision:str | None=None, token:str | bool | None=None, cache_dir:str | Path | None=None, force_download:bool=False, local_files_only:bool=False, map_location=None, strict:bool=True, device=None, dtype=None)->CLIPpy:
        """Load a model from the Hub, or from a folder.

        Parameters
        ----------
        pretrained_model_name_or_path : str | Path
            repo id, folder of a saved model, or another name that `load` knows
        revision : str | None, default None
            branch, tag or commit
        token : str | bool | None, default None
            None: that of `hf auth login` or HF_TOKEN
        cache_dir : str | Path | None, default None
            None: the Hub's usual one
        force_download : bool, default False
            fetch again what the cache has
        local_files_only : bool, default False
            use only what the cache has
        map_location : default None
            another name for `device`
        strict : bool, default True
            accepted and ignored: weights always have to fit
        device : default None
            as for `load`
        dtype : default None
            as for `load`

        Returns
        -------
        CLIPpy
            in evaluation mode
        """
        ...
    def save_pretrained(self, save_directory:str | Path, *, push_to_hub:bool=False, repo_id:str | None=None, **options)->str | None:
        """Write the model into a folder, as `save` does.

        Parameters
        ----------
        save_directory : str | Path
            a new or an empty folder, or one with an older model
        push_to_hub : bool, default False
            upload it to the Hub as well
        repo_id : str | None, default None
            USER/NAME there
        **options
            of `push_to_hub`

        Returns
        -------
        str | None
            address of the commit; None: nothing was sent
        """
        ...

def alone(block, x:Tensor, most:int=...)->Tensor:
    """What a block would make of each token if there were no others.

    Parameters
    ----------
    block
        `[B,N,D]` -> `[B,N,D]`
    x : Tensor
        `[B,N,D]` tokens
    most : int, default 1 << 14
        sequences at once, because some kernels of GPUs take no more than 65,535

    Returns
    -------
    Tensor
        `[B,N,D]`
    """
    ...

@contextmanager
def value_path(block:nn.Module):
    """Let the block see each token alone inside this context.

    Parameters
    ----------
    block : nn.Module
        a block of an image tower
    """
    ...

@contextmanager
def checks_later():
    """Collect checks of what a GPU computes in a list, to look at them later.

    Returns
    -------
    gives a list of (bool tensor, sentence)
    """
    ...

def check(ok:Tensor, sentence:str):
    """Stop with a sentence: now, or later inside `checks_later`.

    Parameters
    ----------
    ok : Tensor
        bool, a single one
    sentence : str
        of the error, if it is False
    """
    ...

def finite(x:Tensor, what:str='Scores')->Tensor:
    """Stop at NaN and infinity.

    Parameters
    ----------
    x : Tensor
        vectors or scores
    what : str, default 'Scores'
        what they are; the sentence begins with it

    Returns
    -------
    Tensor
        the same
    """
    ...

presets: dict

def create_model(name:str | Config='clippy-B-16', pretrained:bool | None=None, image_weights:str | Path | None=None, captions=(), seed:int=0, **changes)->CLIPpy:
    """Build a CLIPpy from a preset, or from a `Config` of your own.

    Parameters
    ----------
    name : str | Config, default 'clippy-B-16'
        a preset, or a `Config` of your own
    pretrained : bool | None, default None
        start both towers from pretrained weights? None: as the preset says
    image_weights : str | Path | None, default None
        local file or folder with weights of the image tower
    captions : default ()
        texts that the tokenizer of a new text tower (`text=''`) is trained on
    seed : int, default 0
        seed of all random weights
    **changes
        any field of `Config`
    """
    ...

def get_config(name:str | Config='clippy-B-16', pretrained:bool | None=None, **changes)->Config:
    """The `Config` of a preset, with changes.

    Parameters
    ----------
    name : str | Config, default 'clippy-B-16'
        a preset, or a `Config` to change
    pretrained : bool | None, default None
        start both towers from pretrained weights? None: as the preset says
    **changes
        any field of `Config`
    """
    ...

def fetch_tower(kind:str, config:Config, source:str)->nn.Module:
    """Fetch a tower as it was before it was joined with the other one.

    Parameters
    ----------
    kind : str
        `image` or `text`
    config : Config
        config of the model
    source : str
        a local file or folder, or a name in timm or on the Hub

    Returns
    -------
    nn.Module
        in evaluation mode
    """
    ...
