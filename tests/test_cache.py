"What is kept between runs, in a folder that others may write too."
import os

import pytest, torch
from safetensors.torch import save_file

from clippy.words import cached_vectors, class_vectors
from clippy.files import read_ours, write_ours
from clippy.saved import load

names,templates = ['boat','cat'],('{}',)

@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv('CLIPPY_CACHE', str(tmp_path/'cache'))
    return tmp_path/'cache'

@pytest.fixture(scope='module')
def model(): return load('scenes')

def poison(path, change):
    "Wrong vectors under the name of right ones, as somebody else would put them there."
    wrong = torch.nn.functional.normalize(torch.randn(2, 128, generator=torch.manual_seed(0)), dim=-1)
    if change=='link':
        save_file(dict(vectors=wrong), path.with_name('other'))
        path.unlink()
        path.symlink_to(path.with_name('other'))
    elif change=='pipe':
        path.unlink()
        os.mkfifo(path)
    else:
        save_file(dict(vectors=dict(shape=wrong[:1], length=wrong*2, kind=wrong.to(torch.int32)).get(change, wrong)),
            path)
        path.chmod(dict(group=0o620, world=0o602).get(change, 0o600))
        if change=='owner': os.chown(path, 12345, 12345)

@pytest.mark.parametrize('change', ['group', 'world', 'link', 'pipe', 'shape', 'length', 'kind', 'owner'])
def test_text_vectors_of_others(model, cache, change):
    "Vectors that others can have written, or that are none, are not believed, and made anew."
    if change=='owner' and os.getuid(): pytest.skip('only the administrator can give files away')
    right = class_vectors(model, names, templates)
    assert torch.equal(cached_vectors(model, names, templates), right)
    path, = cache.rglob('*.safetensors')
    assert path.stat().st_mode & 0o777==0o600 and path.parent.stat().st_mode & 0o777==0o700
    poison(path, change)
    assert torch.equal(cached_vectors(model, names, templates), right)
    assert torch.equal(cached_vectors(model, names, templates), right) and read_ours(path)

def test_text_vectors_are_kept(model, cache, monkeypatch):
    "They are computed once; and where nothing can be kept, they are computed all the same."
    right = cached_vectors(model, names, templates)
    monkeypatch.setattr('clippy.eval.class_vectors', None)
    assert torch.equal(cached_vectors(model, names, templates), right)
    monkeypatch.undo()
    monkeypatch.setenv('CLIPPY_CACHE', '/dev/null/cache')
    assert torch.equal(cached_vectors(model, names, templates), right)

def test_nothing_else_is_overwritten(tmp_path):
    "A link under the name that is written is replaced, not followed, and no half file stays behind."
    (tmp_path/'precious').write_bytes(b'mine')
    (tmp_path/'kept').symlink_to(tmp_path/'precious')
    write_ours(tmp_path/'kept', b'new')
    assert (tmp_path/'precious').read_bytes()==b'mine' and read_ours(tmp_path/'kept')==b'new'
    (tmp_path/'folder').mkdir()
    with pytest.raises(OSError): write_ours(tmp_path/'folder', b'new')
    assert sorted(o.name for o in tmp_path.iterdir())==['folder','kept','precious']
    assert read_ours(tmp_path/'kept', most=2) is None
    assert read_ours(tmp_path/'folder') is None
    assert read_ours(tmp_path/'no') is None
