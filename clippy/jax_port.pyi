# Made by tools/stubs.py from the module beside it: do not edit.
"""Both towers again, as functions of arrays: to be compiled, differentiated and spread over a TPU

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
    """What of an image tower is not a weight.

    Parameters
    ----------
    patch : tuple
        height and width in pixels
    grid : tuple
        patches, of the position embeddings
    heads : int
    depth : int
    eps : float
        of the norms
    pooling : str
        `max`, `avg` or `cls`
    pool_prefix : bool, default False
        prefix tokens in the pool too
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
    """What of a text tower is not a weight.

    Parameters
    ----------
    heads : int
    depth : int
    eps : float
        of the norms
    buckets : int
        of distances
    far : int
        distance in tokens from which on all share a bucket
    act : str
        activation, by the name that transformers gives it
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
        """What is in the images.

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
        """Where it is: the vector of every patch.

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
        """Embed texts that are token ids.

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
    """The fixed part of the image tower, or a sentence on what the port lacks.

    Parameters
    ----------
    model
        `CLIPpy`
    """
    ...

def t5_of(model)->T5:
    """The fixed part of the text tower, or a sentence on what the port lacks.

    Parameters
    ----------
    model
        `CLIPpy`
    """
    ...

def to_jax(source)->JaxCLIPpy:
    """A trained model for JAX.

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
