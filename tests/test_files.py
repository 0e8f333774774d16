"What is written is there whole or not at all, and what is read is no more than what is known."
import json, os, stat
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from clippy import files as F
from clippy.files import cache_folder, read_ours, read_text, replace_folder, write_json, write_ours, write_whole

def names(folder): return sorted(p.name for p in folder.iterdir())

# Whole or not at all ------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('fails', ['write','fsync','replace'])
def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch, fails):
    "Wherever it stops, also by Ctrl-C: the old file is there to the byte, and no other."
    path = tmp_path/'result.json'
    write_whole(path, 'old')
    def stop(*args, **kwargs): raise KeyboardInterrupt
    data = 'new'
    if fails=='write': data = 'new \ud800' # cannot be encoded
    elif fails=='fsync': monkeypatch.setattr(os, 'fsync', stop)
    else: monkeypatch.setattr(os, 'replace', stop)
    with pytest.raises((KeyboardInterrupt, UnicodeEncodeError)): write_whole(path, data, sync=True)
    assert path.read_text()=='old'
    assert names(tmp_path)==['result.json']

def test_two_writers_share_no_name(tmp_path, monkeypatch):
    "A second writer in the middle of the first one's write changes nothing of it; the last one to finish is read."
    path,real = tmp_path/'a',os.replace
    def second(new, to):
        monkeypatch.setattr(os, 'replace', real)
        write_whole(path, 'second')
        real(new, to)
    monkeypatch.setattr(os, 'replace', second)
    write_whole(path, 'first')
    assert path.read_text()=='first'
    assert names(tmp_path)==['a']

def test_permissions(tmp_path):
    "A file is as readable as this user's files are, or as it was asked for; a long name is no trouble."
    before = os.umask(0o022)
    try:
        for mode,got in {None:0o644, 0o600:0o600, 0o644:0o644}.items():
            path = write_whole(tmp_path/('n'*250), b'x', mode=mode)
            assert stat.S_IMODE(path.stat().st_mode)==got
    finally: os.umask(before)

def test_lines_stay_as_they_are(tmp_path):
    "Line ends and characters are written as they are, in UTF-8."
    assert write_whole(tmp_path/'a', 'é\r\nb\n').read_bytes()==b'\xc3\xa9\r\nb\n'

values = st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3), max_leaves=8)

def without_nan(v):
    if isinstance(v, dict): return {k:without_nan(x) for k,x in v.items()}
    if isinstance(v, list): return [without_nan(x) for x in v]
    return None if v!=v else v

@settings(max_examples=100, deadline=None, derandomize=True)
@given(values)
def test_json_of_any_data(tmp_path_factory, data):
    "Any data comes back, NaN as null; a strict reader takes it; what UTF-8 cannot hold leaves no file."
    path = tmp_path_factory.mktemp('json')/'a.json'
    def strict(word): raise AssertionError(f'{word} is no JSON')
    try: write_json(path, data)
    except UnicodeEncodeError: return
    assert json.loads(path.read_text(encoding='utf-8'), parse_constant=strict)==without_nan(data)

def test_folders_are_replaced(tmp_path):
    "Whatever had the name, a folder, a file or a link that leads nowhere, and what a kill left beside it, is gone."
    for what in 'nothing','folder','file','link':
        path = tmp_path/what
        (tmp_path/f'{what}.old.new').mkdir()
        if what=='folder':
            path.mkdir()
            (path/'old').write_text('old')
        elif what=='file': path.write_text('old')
        elif what=='link': path.symlink_to(tmp_path/'nowhere')
        (tmp_path/'made').mkdir()
        write_whole(tmp_path/'made/new', 'new')
        assert replace_folder(tmp_path/'made', path)==path
        assert names(path)==['new'] and not path.is_symlink()
    assert names(tmp_path)==['file','folder','link','nothing']

# What others may read, or have written ------------------------------------------------------------------------------

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

def test_what_will_be_run_is_in_a_folder_of_ours(tmp_path):
    "Code is read only where nobody else can put a file, and only a file that has no other name."
    place = tmp_path/'own'/'code'
    write_ours(place, b'code')
    assert read_ours(place, code=True)==b'code' and place.parent.stat().st_mode & 0o777==0o700
    for mode in 0o777,0o1777,0o770,0o702:
        place.parent.chmod(mode)
        assert read_ours(place, code=True) is None and read_ours(place)==b'code'
    place.parent.chmod(0o700)
    os.link(place, tmp_path/'elsewhere')
    assert read_ours(place, code=True) is None
    (tmp_path/'elsewhere').unlink()
    assert read_ours(place, code=True)==b'code'

def test_one_cache(monkeypatch, tmp_path):
    "`CLIPPY_CACHE`, else `clippy` in the user's cache; no other chapter reads these variables."
    monkeypatch.setenv('CLIPPY_CACHE', str(tmp_path))
    assert cache_folder()==tmp_path
    monkeypatch.delenv('CLIPPY_CACHE')
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path/'mine'))
    assert cache_folder()==tmp_path/'mine/clippy'
    readers = [p.name for p in Path(F.__file__).parent.glob('*.py') if 'XDG_CACHE_HOME' in p.read_text('utf-8')]
    assert readers==['files.py']

def test_text_in_another_encoding(tmp_path):
    "The sentence names the first byte that is not UTF-8; a byte-order mark is no text."
    (tmp_path/'a').write_bytes(b'\xef\xbb\xbfcaf\xc3\xa9')
    assert read_text(tmp_path/'a')=='café'
    (tmp_path/'a').write_bytes(b'caf\xe9')
    with pytest.raises(ValueError, match='byte 4'): read_text(tmp_path/'a')
