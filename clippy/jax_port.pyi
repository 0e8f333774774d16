# Made by tools/stubs.py from the module beside it: do not edit.
"""Both towers again, as functions of arrays that JAX can compile, differentiate and spread over a TPU

Docs: https://clippy-vl.github.io/clippy/jax.html.md
"""
from dataclasses import dataclass
from typing import Any

jax: Any
jnp: Any

def linear(p, name, x):
    """`x` times the weight of that name"""
    ...

def layer_norm(p, name, x, eps): ...

def rms_norm(p, name, x, eps): ...

def unit(x): ...

def split_heads(x, heads):
    """`[B,N,D]` -> `[B,N,heads,D/heads]`"""
    ...

@dataclass(frozen=True)
class ViT:
    """All of an image tower that is not a weight.

    Parameters
    ----------
    patch : tuple
        height and width in pixels
    grid : tuple
        patches that the position embeddings were learned for, down and across
    heads : int
    depth : int
    eps : float
        of the norms
    pooling : str
        `max`, `avg` or `cls`
    pool_prefix : bool, default False
        pool the prefix tokens as well
    """
    patch: tuple
    grid: tuple
    heads: int
    depth: int
    eps: float
    pooling: str
    pool_prefix: bool = ...

def embed_patches(p, x, vit:ViT):
    """`[B,3,H,W]` -> `[B,h,w,D]`"""
    ...

def positions(p, h, w, vit:ViT):
    """`[1, prefix+h*w, D]`"""
    ...

def vit_block(p, i, x, vit:ViT):
    """one layer, `[B,N,D]`"""
    ...

def vit_tokens(p, x, vit:ViT):
    """`[B,3,H,W]` -> prefix tokens `[B,n,D]`, patch tokens `[B,h,w,D]`"""
    ...

@dataclass(frozen=True)
class T5:
    """All of a text tower that is not a weight.

    Parameters
    ----------
    heads : int
    depth : int
    eps : float
        of the norms
    buckets : int
        of distances
    far : int
        distance in tokens from which on all share one bucket
    act : str
        activation, by its name in transformers
    dense : tuple, default ()
        activation after each linear layer that follows the mean
    """
    heads: int
    depth: int
    eps: float
    buckets: int
    far: int
    act: str
    dense: tuple = ...

def distance_buckets(d, t5:T5):
    """integers -> bucket numbers"""
    ...

acts: Any

def t5_block(p, i, x, bias, mask, t5:T5):
    """one layer, `[B,T,D]`"""
    ...

def t5_vectors(p, ids, mask, t5:T5):
    """`[B,T]` -> `[B,D]`: tokens, their mean, what follows it"""
    ...

@dataclass(frozen=True)
class JaxCLIPpy:
    """A CLIPpy's weights as JAX arrays, by their names in the saved folder.

    Parameters
    ----------
    image : dict
        of the image tower
    text : dict
        of the text tower
    proj : dict
        `{}`: both towers are equally wide
    logit_scale : jax.Array
        its logarithm, as in `CLIPpy`
    vit : ViT
    t5 : T5
    """
    image: dict
    text: dict
    proj: dict
    logit_scale: jax.Array
    vit: ViT
    t5: T5
    def image_tokens(self, x):
        """`[B,3,H,W]` -> prefix tokens, patch tokens, in the space of the text"""
        ...
    def encode_image(self, x)->jax.Array:
        """A vector for each image as a whole.

        Parameters
        ----------
        x
            `[B,3,H,W]` normalised images

        Returns
        -------
        jax.Array
            `[B,D]`, length 1
        """
        ...
    def encode_patches(self, x)->jax.Array:
        """A vector for each patch of each image.

        Parameters
        ----------
        x
            `[B,3,H,W]` normalised images

        Returns
        -------
        jax.Array
            `[B,h,w,D]`, length 1
        """
        ...
    def encode_tokens(self, tokens:dict)->jax.Array:
        """A vector for each text that is token ids.

        Parameters
        ----------
        tokens : dict
            `input_ids` and `attention_mask`, `[B,T]`: from `CLIPpy.tokenize` or `OnnxCLIPpy.tokenize`

        Returns
        -------
        jax.Array
            `[B,D]`, length 1
        """
        ...

def vit_of(model)->ViT:
    """The fixed part of an image tower; a tower that the port does not know is refused.

    Parameters
    ----------
    model
        `CLIPpy`
    """
    ...

def t5_of(model)->T5:
    """The fixed part of a text tower; a tower that the port does not know is refused.

    Parameters
    ----------
    model
        `CLIPpy`
    """
    ...

def to_jax(source)->JaxCLIPpy:
    """Turn a trained model into one for JAX.

    Parameters
    ----------
    source
        `CLIPpy`, or what `clippy.saved.load` reads: a saved folder, a repo id

    Returns
    -------
    JaxCLIPpy
        float32
    """
    ...
