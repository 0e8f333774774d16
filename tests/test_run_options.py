"`clippy.run_options`: options are completed by the recipe, and what cannot be is said before anything is made."
import shutil
from types import SimpleNamespace

import pytest

from clippy.run_options import asked, completed, holds_imagenet, model_config, recipes, run_folder
from clippy.train import main_options

def options(**given): return completed(given, main_options())

def test_what_is_given_goes_before_the_recipe():
    "The recipe fills in what nobody gave, whether it is left out or None; without shards it is that of the scenes."
    found = options(lr=.5, epochs=None)
    assert found.lr==.5 and found.epochs==recipes['scenes']['epochs'] and found.model=='clippy-scenes'
    assert set(vars(found))==set(main_options())
    assert options(resume=True).resume=='auto'
    with pytest.raises(ValueError, match='no option colour, lrr'): options(lrr=1, colour=2)

def test_shards_have_a_recipe_of_their_own(tmp_path):
    found = options(train_data=str(tmp_path), batch_size=7)
    assert (found.model, found.batch_size, found.warmup)==('clippy-B-16', 7, 10_000)
    with pytest.raises(ValueError, match='goes with the built-in scenes'): options(train_data=str(tmp_path), birds=2)

@pytest.mark.parametrize('given,says', [
    (dict(epoch=3), 'no option epoch. Did you mean epochs'), (dict(stpes=3, zzz=1), 'no option stpes, zzz. .*steps'),
    (dict(loss='clop'), "The loss is one of local, .*'clop'"),
    (dict(precision='fp8'), "one of fp32, .*'fp8'"),
    (dict(report_to='paper'), 'pip install paper'),
    (dict(fsdp=True, ema=.99), 'is not kept of a model that is spread'),
    (dict(caption_column='raw,llava:nan', train_data='.'), "weight of the caption column 'llava' is 'nan'"),
    (dict(caption_column='raw:0', train_data='.'), "'raw' is '0', and a weight is a number"),
    (dict(caption_column='raw,raw:2', train_data='.'), "names the caption column 'raw' twice"),
    (dict(caption_column='raw,llava'), 'goes with --train-data'),
    (dict(cache_gb=5.), '--cache-gb limits the copies in a folder: name it with --cache'),
    (dict(seed=1_000_000), 'from 0 to 999999'),
    (dict(imagenet_val='nowhere'), 'no folder nowhere'),
    (dict(birds=9, batch_size=8), 'Of 8 images in a batch 9 cannot be birds')])
def test_what_cannot_be(given, says):
    with pytest.raises((ValueError,FileNotFoundError), match=says): options(**given)

@pytest.mark.parametrize('kind', ['FSDP','DEEPSPEED'])
def test_how_accelerate_may_not_be_configured(kind, monkeypatch):
    monkeypatch.setenv(f'ACCELERATE_USE_{kind}', 'true')
    with pytest.raises(ValueError, match=f'configured for {kind}.*give --fsdp'): options()

def test_the_model_of_a_run():
    "The preset, with what the options change; SigLIP's loss begins with its bias."
    plain,other = model_config(options()),model_config(options(pooling='avg', token_drop=.5, loss='siglip'))
    assert (plain.pooling, plain.logit_bias)==('max', None)
    assert (other.pooling, other.token_drop, other.logit_bias)==('avg', .5, -10.)

def test_no_run_writes_into_another(tmp_path):
    "A name of its own is numbered where it is taken; a name that was given is refused, but for going on."
    logs = dict(logs=str(tmp_path))
    first = run_folder(options(**logs))
    first.mkdir()
    assert first.name=='clippy-scenes-max-seed0' and run_folder(options(**logs)).name==f'{first.name}-2'
    assert run_folder(options(**logs, resume='auto'))==first
    (tmp_path/'mine').mkdir()
    with pytest.raises(ValueError, match='is there already'): run_folder(options(**logs, name='mine'))
    assert run_folder(options(**logs, name='mine', resume='auto'))==tmp_path/'mine'

@pytest.mark.parametrize('resume', ['auto','path'])
def test_what_the_model_would_replace(resume, tmp_path):
    "What is no older model, where the model of a run goes, is told before the run begins; an older model is none."
    model,saved = tmp_path/'mine'/'model',tmp_path/'mine'/'checkpoints'/'step_3'
    saved.mkdir(parents=True)
    (saved/'about.json').write_text('{}')
    given = dict(logs=str(tmp_path), name='mine', resume=str(saved) if resume=='path' else resume)
    model.mkdir()
    assert run_folder(options(**given))==tmp_path/'mine'
    (model/'config.json').write_text('{"image": "a", "pooling": "max"}')
    (model/'model.safetensors').touch()
    assert run_folder(options(**given))==tmp_path/'mine'
    (model/'notes.txt').write_text('mine')
    with pytest.raises(ValueError, match="holds 'notes.txt'.*would be lost"): run_folder(options(**given))
    shutil.rmtree(model)
    model.write_text('mine')
    with pytest.raises(ValueError, match='is a file'): run_folder(options(**given))
    assert model.read_text()=='mine'

def test_evaluations_by_name(tmp_path):
    "`--eval task=path`, more than once, and the names of open_clip's options; the scenes only where they are drawn."
    none = dict(eval=[], train_data='', val_data='', imagenet_val='')
    def named(**given): return asked(SimpleNamespace(**none|given))
    assert named()=={'scenes':'', 'scenes-one':''} and named(train_data='a.tar')=={}
    assert named(eval=['voc=a=b','scenes'])=={'voc':'a=b', 'scenes':''} and named(eval='voc=a')=={'voc':'a'}
    assert named(train_data='a.tar', val_data='v', imagenet_val=tmp_path)=={'retrieval':'v', 'folder':tmp_path}
    with pytest.raises(ValueError, match='names voc twice'): named(eval=['voc=a','voc=b'])

def test_which_folder_is_imagenet(tmp_path):
    "A thousand folders with names of synsets, here or below val; not 999, and not with another name among them."
    for i in range(999): (tmp_path/f'val/n{i:08}').mkdir(parents=True)
    assert not holds_imagenet(tmp_path)
    (tmp_path/'val/boat').mkdir()
    assert not holds_imagenet(tmp_path)
    (tmp_path/'val/boat').rename(tmp_path/'val/n00000999')
    assert holds_imagenet(tmp_path) and holds_imagenet(tmp_path/'val')
