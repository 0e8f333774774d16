"`clippy.mask_folder`: the ids of any mask, a folder of one's own, and what is wrong with it in a sentence."
import io, shutil, struct, zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from clippy.mask_folder import read_ids
from clippy.masks import open_masks
from mask_files import ids, own, png, put, quick

@pytest.mark.parametrize('mode,top', [('P',255),('L',255),('I;16',65535),('1',1)])
def test_modes(tmp_path, mode, top):
    x = np.array([[0,1],[1,top]])
    im = Image.fromarray(x.astype(np.uint16 if mode=='I;16' else np.uint8))
    if mode=='P': im.putpalette([7]*768) # all ids in one colour
    if mode=='1': im = Image.fromarray(x.astype(bool))
    im.save(tmp_path/'m.png')
    assert Image.open(tmp_path/'m.png').mode==mode and (read_ids(tmp_path/'m.png')==x).all()

def test_broken_masks(tmp_path):
    put(tmp_path/'m.png', np.random.default_rng(0).integers(0,255,(64,64),np.uint8))
    data = (tmp_path/'m.png').read_bytes()
    (tmp_path/'m.png').write_bytes(data[:len(data)//2])
    with pytest.raises(ValueError, match=r'm\.png: (truncated|unreadable) mask'): read_ids(tmp_path/'m.png')
    (tmp_path/'m.png').write_text('no image')
    with pytest.raises(ValueError, match=r'm\.png: unreadable mask'): read_ids(tmp_path/'m.png')
    put(tmp_path/'m.png')
    with pytest.raises(ValueError, match='is an image in RGB'): read_ids(tmp_path/'m.png')

@pytest.mark.parametrize('bits,colour', [(1,0),(2,0),(4,0),(8,0),(16,0),(1,3),(2,3),(4,3),(8,3)])
def test_every_depth_holds_ids(tmp_path, bits, colour):
    "A grey or palette PNG of any depth gives the numbers in the file, not their shades."
    ids = [[(5*i+j)%2**bits for j in range(7)] for i in range(5)]
    (tmp_path/'m.png').write_bytes(png(ids, bits, colour, bytes(3*min(2**bits, 256)) if colour else b''))
    found = read_ids(tmp_path/'m.png')
    assert found.tolist()==ids and found.dtype!=bool

def test_a_mask_is_a_png(tmp_path):
    "A JPEG under the name of a PNG has smeared numbers; it is refused, and so is what is no file."
    for kind in ('JPEG','GIF','BMP','TIFF','EPS'):
        Image.fromarray(ids(0,1)).save(tmp_path/'m.png', kind)
        with pytest.raises(ValueError, match=r'm\.png: unreadable mask \(a mask is a PNG\)'): read_ids(tmp_path/'m.png')
    with pytest.raises(FileNotFoundError, match='no mask .*lost.png'): read_ids(tmp_path/'lost.png')

@st.composite
def files_of_masks(draw):
    "A PNG of any mode, whole, cut off or with a byte changed; or just bytes."
    mode = draw(st.sampled_from(['1','L','P','LA','PA','RGB','RGBA','I;16','junk']))
    if mode=='junk': return draw(st.binary(max_size=80))
    size = draw(st.integers(1, 9)),draw(st.integers(1, 9))
    if mode=='I;16': image = Image.new('I;16', size, 300)
    else: image = Image.new('L', size, draw(st.integers(0, 255))).convert(mode)
    try: image.save(out := io.BytesIO(), 'PNG')
    except OSError: return b''
    data = bytearray(out.getvalue())
    if draw(st.booleans()): del data[draw(st.integers(0, len(data))):]
    if data and draw(st.booleans()): data[draw(st.integers(0, len(data)-1))] = draw(st.integers(0, 255))
    return bytes(data)

@quick
@given(files_of_masks())
def test_any_mask_file(tmp_path, data):
    "Numbers, one a pixel, or a sentence with the name of the file."
    (tmp_path/'m.png').write_bytes(data)
    try: found = read_ids(tmp_path/'m.png')
    except ValueError as e: assert 'm.png' in str(e)
    else: assert found.ndim==2 and found.dtype.kind in 'iu'

def test_huge_masks_are_refused(tmp_path):
    "A header that declares more pixels than any image has: a sentence, and no memory."
    head = struct.pack('>IIBBBBB', 60000, 60000, 8, 0, 0, 0, 0)
    whole = png([[0]], 8)
    (tmp_path/'m.png').write_bytes(whole[:12]+b'IHDR'+head+struct.pack('>I', zlib.crc32(b'IHDR'+head))+whole[33:])
    with pytest.raises(ValueError, match=r'm\.png: unreadable mask'): read_ids(tmp_path/'m.png')

def test_own_names(tmp_path):
    own(tmp_path)
    masks = open_masks('masks', tmp_path)
    assert masks.labels.background and masks.labels.ignored==(255,) and not masks.notes
    def names(text, file='names.txt'):
        for name in ('names.txt','names.csv'): (tmp_path/name).unlink(missing_ok=True)
        if text is not None: (tmp_path/file).write_text(text)
        return open_masks('masks', tmp_path)
    assert names('a\nb\nc\nd\n').notes==('names.txt names 4 classes, 2 of them are in no mask: c, d',)
    says = 'names.txt names 1 ids, 0 to 0, but the masks hold 1 too: the first is in .*a.png'
    with pytest.raises(ValueError, match=says): names('background\n')
    with pytest.raises(ValueError, match='line 2 is empty'): names('background\n\nthing\n')
    with pytest.raises(FileNotFoundError, match='no names.txt and no names.csv'): names(None)
    assert names('id,name\n0|1,all\n', 'names.csv').mask(0).max()==255
    assert names('id,name\n1,thing\n0|255,\n', 'names.csv').labels.names==('thing',)
    (tmp_path/'names.txt').write_text('a\nb\n')
    with pytest.raises(ValueError, match='both names.csv and names.txt'): open_masks('masks', tmp_path)

def test_odd_ids_of_own_masks(tmp_path):
    "What is ignored is noted where nothing else is left to tell apart, and only there."
    def notes(*values, names='background\nthing\n'):
        shutil.rmtree(tmp_path, ignore_errors=True)
        own(tmp_path)
        for n in 'ab': put(tmp_path/f'masks/{n}.png', ids(*values))
        (tmp_path/'names.txt').write_text(names)
        return ' '.join(open_masks('masks', tmp_path).notes)
    assert '50 % of all pixels are 255, which is ignored' in notes(0,255)
    assert '75 % of all pixels are 255' in notes(1,255,255,255)
    assert '100 % of all pixels are 255' in notes(255)
    assert 'ignored' not in notes(0,1,255) and 'ignored' not in notes(0,1) and 'ignored' not in notes(0)

def test_own_files(tmp_path):
    own(tmp_path)
    (tmp_path/'images/.DS_Store').write_text('')
    assert len(open_masks('masks', tmp_path))==2
    put(tmp_path/'images/a.png')
    with pytest.raises(ValueError, match='several files of one name'): open_masks('masks', tmp_path)
    shutil.rmtree(tmp_path/'images')
    (tmp_path/'images').mkdir()
    shutil.rmtree(tmp_path/'masks')
    (tmp_path/'masks').mkdir()
    with pytest.raises(ValueError, match='holds no images'): open_masks('masks', tmp_path)

def test_turned_photographs(tmp_path):
    "A mask belongs to the photograph as one sees it, upright."
    own(tmp_path)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.linear_gradient('L').resize((3,4)).convert('RGB').rotate(90, expand=True).save(tmp_path/'images/a.jpg',
        exif=exif)
    put(tmp_path/'masks/a.png', np.ones((4,3), np.uint8))
    masks = open_masks('masks', tmp_path)
    assert masks[0][0].size==(3,4) and masks.regions(0)[0].shape==(4,3)
