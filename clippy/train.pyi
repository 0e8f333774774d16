# Made by tools/stubs.py from the module beside it: do not edit.
"""From images and captions to a model that knows where things are

Docs: https://clippy-vl.github.io/clippy/train.html.md
"""
from .balance import Balance
from .settings import Flag
from .settings import Several
from fastcore.script import bool_arg
from types import SimpleNamespace
from typing import Any

def with_recipe(options:dict)->SimpleNamespace:
    """Complete the options by their recipe.

    Parameters
    ----------
    options : dict
        those of `main`; None or missing: as the recipe says

    Returns
    -------
    SimpleNamespace
        every option has a value
    """
    ...

def main_options()->dict:
    """The options of the command line, with their defaults.

    Returns
    -------
    dict
        name -> default
    """
    ...

class Run:
    """A training run: options, folder, data, model, and how far it has come.

    Parameters
    ----------
    options : SimpleNamespace
        from `with_recipe`
    evaluations : default ()
        what is measured: objects with `task`, `measure` and `figure`
    asked : dict, default None
        the options before it was looked what this machine can do
    """
    options: SimpleNamespace
    asked: Any
    evaluations: Any
    config: Any
    acc: Any
    is_main: Any
    steps: Any
    folder: Any
    history: Any
    checkpoints: Any
    signals: Any
    told_enough: Any
    loader: Any
    data: Any
    pairs: Any
    frozen: Any
    copy: Any
    model: Any
    opt: Any
    unwrapped: Any
    ema: Any
    normalize: Any
    texts: Any
    lr: Any
    bar: Any
    def __init__(self, options:SimpleNamespace, evaluations=(), asked:dict=None): ...
    def find_data(self):
        """The batches, and a hash of what they are made of."""
        ...
    def fixed(self)->dict:
        """What must not change between two parts of one run."""
        ...
    def build(self):
        """Model and optimizer, on their devices."""
        ...
    def plan(self)->str:
        """Say what is going to happen, in a few lines."""
        ...
    @property
    def eval_model(self):
        """The model that is evaluated and kept.

        Returns
        -------
        under FSDP on the main process only
        """
        ...
    def fill_copy(self, weights):
        """Put whole weights into the copy, if there is one.

        Parameters
        ----------
        weights
            a state dict, whole
        """
        ...
    def advance(self, images, texts, keys):
        """Make one step, and whatever is due after it.

        Parameters
        ----------
        images
            `[B,3,H,W]`
        texts
            captions or tokens
        keys
            their names
        """
        ...
    def step_on(self, images, texts, lr)->tuple:
        """Make one step on a batch whose images are on the device.

        Parameters
        ----------
        images
            float32
        texts
        lr
            learning rate

        Returns
        -------
        tuple
            loss, norm of the gradient
        """
        ...
    def read(self, texts):
        """by a frozen text tower, each once"""
        ...
    def log(self)->str:
        """Make an entry of the log.

        Returns
        -------
        str
            for the progress bar
        """
        ...
    def tell_balance(self):
        """Say that data are the limit, once, and again when another number of workers would be enough."""
        ...
    def leave(self):
        """End a run that has been saved."""
        ...
    def count_samples(self): ...
    def save_checkpoint(self)->dict:
        """Write what `resume` needs.

        Returns
        -------
        dict
            the weights that were saved
        """
        ...
    def resume(self)->bool:
        """Go on from the checkpoint that `--resume` names.

        Returns
        -------
        bool
            False if there is nothing to go on from
        """
        ...
    def result_of(self, evaluation)->dict:
        """What an evaluation finds, or why it could not be measured.

        Parameters
        ----------
        evaluation
            with `task` and `measure`

        Returns
        -------
        dict
            a `Result`; `failed`, a sentence, if there is none
        """
        ...
    def figures(self, some:int=0)->dict:
        """What the model makes of some images of each evaluation that could be measured.

        Parameters
        ----------
        some : int, default 0
            items of each, 0: as the task says

        Returns
        -------
        dict
            task -> Figure
        """
        ...
    def figure_of(self, evaluation, some:int=0):
        """Parameters
        ----------
        evaluation
        some : int, default 0
            items, 0: as the task says
        """
        ...
    def measure(self):
        """Evaluate if it is time to, and write `metrics.json`."""
        ...
    def write_metrics(self):
        """All numbers of the run so far, and where they come from."""
        ...
    @property
    def knows(self):
        """what its model has been taught"""
        ...
    def keep_results(self, results):
        """Add results to the history, and give them to the trackers with figures.

        Parameters
        ----------
        results
            of `measure`, one for each evaluation
        """
        ...
    def end_epoch(self):
        """Count, save, evaluate."""
        ...
    def fit(self):
        """Train to the end, epoch by epoch."""
        ...
    def finish(self):
        """Save the model, and show what it can do."""
        ...
    def summary(self, results)->str:
        """The results as text, by whoever made the evaluations.

        Parameters
        ----------
        results
            of `measure`, one for each evaluation
        """
        ...
    def keep_options(self):
        """Write `config.toml`, and say where this run is not the one that it was started from."""
        ...
    def go(self)->Run:
        """Make the folder and train to the finished model."""
        ...
    def start_to_end(self)->Run:
        """Make all steps, and keep what comes of them."""
        ...
    def rehearse(self)->Run:
        """Rehearse: make a few steps, and say what they took."""
        ...
    def weigh(self, images, texts)->Balance:
        """Measure what the loader delivers alone, and what the step takes on a repeated batch."""
        ...
    def shapes(self, images, texts)->str:
        """What a batch is made of."""
        ...
    def memory(self)->str:
        """How much memory is in use."""
        ...

def train(evaluations:list=None, **options)->Run:
    """Train a CLIPpy.

    Parameters
    ----------
    evaluations : list, default None
        objects with `task`, `measure` and `figure`; None: those that `eval` names
    **options
        those of the command line

    Returns
    -------
    Run
        the finished run; its model is in `run.eval_model`
    """
    ...

rehearsal: float

def main(train_data:str='', cache:str='', cache_gb:float=0, train_num_samples:int=None, caption_column:str='', birds:int=0, max_skipped:float=0.1, max_sample_mb:float=100, workers:int=None, model:str=None, pooling:str='', head:str='', token_drop:float=None, image_size:int=None, text:str='', image_weights:str='', pretrained_image:bool_arg=None, pretrained_text:bool_arg=None, freeze_image:Flag=False, freeze_text:Flag=False, cache_features:str='', save_towers:bool_arg=True, batch_size:int=None, epochs:int=None, steps:int=0, lr:float=None, beta1:float=None, beta2:float=None, eps:float=None, wd:float=None, warmup:int=None, grad_clip_norm:float=None, loss:str='local', accum_freq:int=1, opt:str='adamw', layer_decay:float=1.0, ema:float=0.0, device:str='', precision:str='', grad_checkpointing:Flag=False, memory_budget:float=1.0, compile:bool=False, no_compile:bool=False, text_groups:int=0, fsdp:Flag=False, eval:Several=None, eval_limit:int=0, val_data:str='', imagenet_val:str='', zeroshot_frequency:int=2, report_to:str='', tracker_images:int=4, log_every:int=None, name:str='', logs:str='logs', config:str='', seed:int=0, resume:str='', save_every:int=0, keep:int=2, dry_run:Flag=False, cpu:Flag=False):
    """Train a CLIPpy from image-caption pairs; with no options, on the built-in scenes.

    Parameters
    ----------
    train_data : str, default ''
        SHARDS: Folder, brace pattern or address; several with :: between. Default: drawn scenes.
    cache : str, default ''
        PATH: Folder for copies of shards from elsewhere. Default: none, they are streamed.
    cache_gb : float, default 0
        GB: Largest size of --cache; what is needed last is removed first. Default: 0, no limit.
    train_num_samples : int, default None
        Pairs per epoch, over all processes. Default: 12800 scenes, or all of the shards.
    caption_column : str, default ''
        COLUMN[:WEIGHT],...: Captions to draw from: raw,llava:0.5. Default: all of a sample.
    birds : int, default 0
        Images of robins and ducks in each batch of drawn scenes.
    max_skipped : float, default 0.1
        0-1: Share of unusable samples above which the run stops.
    max_sample_mb : float, default 100
        MB: Largest sample of the shards; larger ones are skipped and counted.
    workers : int, default None
        Processes that prepare data, per process that trains. Default: 1 for scenes, up to 4 for shards.
    model : str, default None
        PRESET: Architecture to begin with. Default: clippy-scenes, or clippy-B-16 for shards.
    pooling : str, default ''
        max|avg|cls: How the image's tokens become one vector. Default: the preset's.
    head : str, default ''
        linear|mlp: Layers on the image's tokens before they are pooled. Default: the preset's.
    token_drop : float, default None
        0-1: Share of tokens dropped (open_clip: --force-patch-dropout). Default: the preset's.
    image_size : int, default None
        PIXELS: Side of the images (open_clip: --force-image-size). Default: the preset's.
    text : str, default ''
        NAME|PATH: Text tower, by its sentence-transformers name or its folder. Default: the preset's.
    image_weights : str, default ''
        PATH: File or folder with weights for the image tower. Default: those of its name.
    pretrained_image : bool_arg, default None
        Start the image tower from pretrained weights? Default: as the preset says.
    pretrained_text : bool_arg, default None
        Start the text tower from pretrained weights? Default: as the preset says.
    freeze_image : Flag, default False
        Keep the image tower as it is (open_clip: --lock-image).
    freeze_text : Flag, default False
        Keep the text tower as it is (open_clip: --lock-text).
    cache_features : str, default ''
        PATH: Compute a frozen image tower once per image, into this folder; nothing is cropped.
    save_towers : bool_arg, default True
        Keep frozen towers in the saved model? false keeps their names: a model of a few MB.
    batch_size : int, default None
        Pairs per process and step. Default: 128 for scenes, 1024 for shards.
    epochs : int, default None
        Passes over the data. Default: 4 for scenes, 32 for shards.
    steps : int, default 0
        Optimizer steps in all. Default: 0, as many as --epochs take.
    lr : float, default None
        Peak learning rate. Default: 1e-3 for scenes, 5e-4 for shards.
    beta1 : float, default None
        0-1: Adam's first momentum, of the gradients. Default: .9.
    beta2 : float, default None
        0-1: Adam's second momentum, of their squares. Default: .98 for scenes, .999 for shards.
    eps : float, default None
        Adam's epsilon, added to its denominator. Default: 1e-6 for scenes, 1e-8 for shards.
    wd : float, default None
        Weight decay. Default: .1 for scenes, .2 for shards.
    warmup : int, default None
        Steps in which the learning rate rises to --lr. Default: 50 for scenes, 10000 for shards.
    grad_clip_norm : float, default None
        Gradients with a larger norm are scaled down to it. Default: 1.
    loss : str, default 'local'
        local|global|chunked|siglip: Loss (open_clip: --local-loss --gather-with-grad, --siglip).
    accum_freq : int, default 1
        Parts of --batch-size pairs that make one step; the loss compares all of them.
    opt : str, default 'adamw'
        NAME: Optimizer, by its name in timm.
    layer_decay : float, default 1.0
        0-1: Learning rate of a layer, relative to the layer above it; 1: all learn alike.
    ema : float, default 0.0
        0-1: Decay of an average of the weights (.9999), which is then evaluated and saved; 0: no
        average.
    device : str, default ''
        cpu|cuda|mps: Where to compute. Default: the fastest there is.
    precision : str, default ''
        fp32|bf16|fp16|amp: Precision of the computation. Default: as accelerate is configured.
    grad_checkpointing : Flag, default False
        Take less memory, at the cost of a second forward pass.
    memory_budget : float, default 1.0
        0-1: Share of their activations that compiled towers keep; less is slower.
    compile : bool, default False
        Compile both towers, as is usual on CUDA (open_clip: --torchcompile).
    no_compile : bool, default False
        Do not compile the towers, on CUDA either.
    text_groups : int, default 0
        Encode texts in so many groups of similar length. Default: 0, which is 4 on CUDA, else 1.
    fsdp : Flag, default False
        Spread the model over the processes (FSDP2).
    eval : Several, default None
        TASK[=PATH]: Task to measure. May be repeated. Default for scenes: scenes and scenes-one.
    eval_limit : int, default 0
        Images of each evaluation at most, evenly spread. Default: 0, all of them.
    val_data : str, default ''
        SHARDS: Measure image-text retrieval on these, as --eval retrieval=SHARDS does.
    imagenet_val : str, default ''
        PATH: Measure zero-shot accuracy on a folder of class folders, as --eval imagenet=PATH does.
    zeroshot_frequency : int, default 2
        Epochs between evaluations; the last one is at the end. 0: only at the end.
    report_to : str, default ''
        tensorboard|wandb: Tracker that gets the log too. Default: none.
    tracker_images : int, default 4
        Images of each task with masks whose answers the tracker gets per evaluation; 0: none.
    log_every : int, default None
        Steps between entries (open_clip: --log-every-n-steps). Default: 5 for scenes, 50 for shards.
    name : str, default ''
        NAME: Name of the run's folder. Default: model, pooling and seed.
    logs : str, default 'logs'
        PATH: Folder where runs are kept.
    config : str, default ''
        FILE: Read options by their names from this TOML or JSON file; what is typed counts more.
    seed : int, default 0
        Seed of the weights, the order, the captions and the scenes.
    resume : str, default ''
        auto|PATH: Go on from a checkpoint; auto takes the last (open_clip: latest). Default: begin
        anew.
    save_every : int, default 0
        Steps between checkpoints (open_clip counts epochs). Default: 0, after each epoch.
    keep : int, default 2
        Checkpoints to keep, 0: all of them (open_clip: 1 is --delete-previous-checkpoint).
    dry_run : Flag, default False
        Build everything, make a few steps, say what they took, and write nothing.
    cpu : Flag, default False
        OLD: --device cpu
    """
    ...
