# Made by tools/stubs.py from the module beside it: do not edit.
"""`accelerate launch -m clippy.train`: from captions to a model that knows where things are

Docs: https://clippy-vl.github.io/clippy/train.html.md
"""
from .balance import Balance
from .settings import Flag
from .settings import Several
from fastcore.script import bool_arg
from types import SimpleNamespace
from typing import Any

def with_recipe(options:dict)->SimpleNamespace:
    """Options, completed.

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
    """The options of the command line.

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
        """What is going to happen, in a few lines."""
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
        """One step, and what is due after it.

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
        """One step on a batch whose images are on the device.

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
        """An entry of the log.

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
        """End a run that is saved."""
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
        """What an evaluation finds.

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
        """Results go to the history, and with figures to the trackers.

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
        """Keep the model, show what it can do."""
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
        """From the folder to the finished model."""
        ...
    def start_to_end(self)->Run:
        """All steps, and what is kept of them."""
        ...
    def rehearse(self)->Run:
        """One step, and what it took."""
        ...
    def weigh(self, images, texts)->Balance:
        """What the loader delivers alone, and what the step takes on a repeated batch."""
        ...
    def shapes(self, images, texts)->str:
        """What a batch is made of."""
        ...
    def memory(self)->str:
        """How much is in use."""
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

def main(train_data:str='', cache:str='', cache_gb:float=0, train_num_samples:int=None, caption_column:str='', birds:int=0, eval:Several=None, eval_limit:int=0, val_data:str='', imagenet_val:str='', model:str=None, pooling:str='', head:str='', token_drop:float=None, image_size:int=None, text:str='', image_weights:str='', pretrained_image:bool_arg=None, pretrained_text:bool_arg=None, freeze_image:Flag=False, freeze_text:Flag=False, cache_features:str='', save_towers:bool_arg=True, batch_size:int=None, epochs:int=None, steps:int=0, lr:float=None, beta1:float=None, beta2:float=None, eps:float=None, wd:float=None, warmup:int=None, grad_clip_norm:float=None, loss:str='local', accum_freq:int=1, opt:str='adamw', layer_decay:float=1.0, ema:float=0.0, precision:str='', grad_checkpointing:Flag=False, memory_budget:float=1.0, compile:bool=False, no_compile:bool=False, text_groups:int=0, fsdp:Flag=False, workers:int=None, report_to:str='', tracker_images:int=4, name:str='', logs:str='logs', config:str='', seed:int=0, zeroshot_frequency:int=2, log_every:int=None, resume:str='', save_every:int=0, keep:int=2, max_skipped:float=0.1, max_sample_mb:float=100, dry_run:Flag=False, cpu:Flag=False):
    """Train a CLIPpy from image-caption pairs; with no options, on the built-in scenes.

    Parameters
    ----------
    train_data : str, default ''
        Shards: brace pattern, folder or list with `::`; none: the built-in scenes
    cache : str, default ''
        Folder for copies of remote shards
    cache_gb : float, default 0
        Copies in it at most, gigabytes: those whose next use is farthest away go; 0: no limit
    train_num_samples : int, default None
        Samples per epoch over all processes (scenes: 12800; shards: from sizes.json)
    caption_column : str, default ''
        Captions to draw from, by weight: raw,llava:0.5 (all captions of a sample alike)
    birds : int, default 0
        Of the images in a batch of built-in scenes, how many are robins and ducks
    eval : Several, default None
        Task to measure: TASK=PATH, or TASK; more than once if you like (scenes: scenes, scenes-one)
    eval_limit : int, default 0
        Images at most of each evaluation, evenly spread; 0: all
    val_data : str, default ''
        Shards for image-text retrieval: --eval retrieval=PATH
    imagenet_val : str, default ''
        Folder of class folders for zero-shot accuracy: --eval imagenet=PATH or --eval folder=PATH
    model : str, default None
        Preset (scenes: clippy-scenes; shards: clippy-B-16)
    pooling : str, default ''
        max, avg or cls (the preset's)
    head : str, default ''
        On the image's tokens, before the pool: linear or mlp (the preset's)
    token_drop : float, default None
        Share of patch tokens dropped in training (the preset's); open_clip: --force-patch-dropout
    image_size : int, default None
        Pixels (the preset's); open_clip: --force-image-size
    text : str, default ''
        Text tower, sentence-transformers name or folder (the preset's)
    image_weights : str, default ''
        Local file or folder with the image tower's weights
    pretrained_image : bool_arg, default None
        Start the image tower from pretrained weights? true or false (the preset's)
    pretrained_text : bool_arg, default None
        Start the text tower from pretrained weights? true or false (the preset's)
    freeze_image : Flag, default False
        Do not train the image tower; open_clip: --lock-image
    freeze_text : Flag, default False
        Do not train the text tower; open_clip: --lock-text
    cache_features : str, default ''
        Folder for what a frozen image tower makes of every image, computed once; no random crops
    save_towers : bool_arg, default True
        Keep frozen towers in the saved model? false: their names, for a model of few MB
    batch_size : int, default None
        Pairs per process (scenes: 128; shards: 1024)
    epochs : int, default None
        Passes over the data (scenes: 4; shards: 32)
    steps : int, default 0
        Optimizer steps; 0: as many as the epochs take
    lr : float, default None
        Peak learning rate (scenes: 1e-3; shards: 5e-4)
    beta1 : float, default None
        Of AdamW (.9)
    beta2 : float, default None
        Of AdamW (scenes: .98; shards: .999)
    eps : float, default None
        Of AdamW (scenes: 1e-6; shards: 1e-8)
    wd : float, default None
        Weight decay (scenes: .1; shards: .2)
    warmup : int, default None
        Steps of linear warm-up (scenes: 50; shards: 10000)
    grad_clip_norm : float, default None
        Largest gradient norm (1)
    loss : str, default 'local'
        local, global, chunked or siglip; open_clip: --local-loss --gather-with-grad, --siglip
    accum_freq : int, default 1
        Parts of a batch, one after the other: batch_size pairs each, the gradient of all
    opt : str, default 'adamw'
        Optimizer, by its name in timm
    layer_decay : float, default 1.0
        Learning rate of a layer, relative to the one above it
    ema : float, default 0.0
        Decay of the average of the weights, such as .9999, which is evaluated and kept; 0: none
    precision : str, default ''
        fp32, bf16, fp16 or amp (as accelerate is configured)
    grad_checkpointing : Flag, default False
        Less memory, a second forward pass
    memory_budget : float, default 1.0
        Share of the activations that compiled towers keep; less is slower
    compile : bool, default False
        torch.compile for both towers, as is usual on CUDA; open_clip: --torchcompile
    no_compile : bool, default False
        No torch.compile on CUDA either
    text_groups : int, default 0
        Groups of similar length in which texts are encoded; 0: 4 on CUDA, 1 elsewhere
    fsdp : Flag, default False
        Spread the model over the processes (FSDP2)
    workers : int, default None
        Processes that prepare data, per process (scenes: 1; shards: 4, or one a shard)
    report_to : str, default ''
        Tracker: tensorboard or wandb
    tracker_images : int, default 4
        Images of each task with masks whose answers the tracker gets at each evaluation; 0: none
    name : str, default ''
        Of the run's folder (model, pooling and seed)
    logs : str, default 'logs'
        Where runs are kept
    config : str, default ''
        TOML or JSON file with these options by name; what is typed counts more
    seed : int, default 0
        Of weights, order, captions and scenes
    zeroshot_frequency : int, default 2
        Evaluate every so many epochs, and at the end; 0: only at the end
    log_every : int, default None
        Steps between entries of the log (scenes: 5; shards: 50); open_clip: --log-every-n-steps
    resume : str, default ''
        Go on from: auto, the last checkpoint of this name (open_clip: latest); or a folder
    save_every : int, default 0
        Steps between checkpoints; 0: only after each epoch (open_clip's --save-frequency counts epochs)
    keep : int, default 2
        Checkpoints that stay; 0: all (open_clip: --delete-previous-checkpoint is 1)
    max_skipped : float, default 0.1
        Share of unusable samples above which the run stops
    max_sample_mb : float, default 100
        Largest sample of the shards, megabytes; larger ones are skipped and counted
    dry_run : Flag, default False
        Build everything, make a few steps, say what they took and what is the limit, write nothing
    cpu : Flag, default False
        Leave the GPU alone
    """
    ...
