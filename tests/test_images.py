"Every mode is right or refused, nothing is started or decoded that should not be; any bytes end in one of two ways."
import ast, io, os, struct, subprocess, sys, zlib
from pathlib import Path

import numpy as np, pytest
from hypothesis import given, settings, strategies as st
from PIL import EpsImagePlugin, Image, ImageCms
from PIL.PngImagePlugin import PngInfo

import clippy.images as I
from clippy.data import fast_transform
from clippy.pack import pack
from clippy.eval import read_image as read_for_evaluation
from clippy.export import pixels
from clippy.images import Unusable, open_image, orientation, to_rgb
from clippy.predict import read_image

scene = np.random.default_rng(0).integers(0, 256, (5,7,3), dtype=np.uint8)
grey = scene[...,0]

def saved(image, kind, **kw):
    image.save(b := io.BytesIO(), kind, **kw)
    return b.getvalue()

def same(data, want, most=0): # one reader, in all its places
    for image in (open_image(data), to_rgb(Image.open(io.BytesIO(data)))):
        got = np.asarray(image)
        assert image.mode=='RGB' and got.shape[:2]==want.shape[:2]
        assert np.abs(got.astype(int)-np.broadcast_to(want if want.ndim==3 else want[...,None], got.shape)).max()<=most

# Files, made by hand from their specifications -----------------------------------------------------------------------

def chunk(kind, data): return struct.pack('>I', len(data))+kind+data+struct.pack('>I', zlib.crc32(kind+data))

def png(values, depth, colour, *notes): # `[H,W]` or `[H,W,C]`, the file's bits; 0: grey, 2: RGB, 4: grey with alpha
    h,w = values.shape[:2]
    rows = values.reshape(h,-1)
    if depth<8: rows = [np.packbits(np.unpackbits(r.astype(np.uint8)[:,None], axis=1)[:,
            -depth:].ravel()).tobytes() for r in rows]
    else: rows = [r.astype('>u2' if depth==16 else np.uint8).tobytes() for r in rows]
    data = zlib.compress(b''.join(b'\0'+r for r in rows))
    return b'\x89PNG\r\n\x1a\n'+chunk(b'IHDR', struct.pack('>IIBBBBB', w, h, depth, colour, 0, 0,
        0))+b''.join(notes)+chunk(b'IDAT', data)+chunk(b'IEND', b'')

def tiff(values, bits, kind=1, order='<', photometric=1, extra=(), size=None): # kind: 1 unsigned, 2 signed, 3 float
    raw = values if isinstance(values, bytes) else values.astype(values.dtype.newbyteorder(order)).tobytes()
    h,w = size or values.shape[:2]
    fields = {256:(4,w), 257:(4,h), 258:(3,bits), 259:(3,1), 262:(3,photometric), 277:(3,1), 278:(4,h),
        279:(4,len(raw)), 339:(3,kind)}|dict(extra)
    start = 8+2+12*(len(fields)+1)+4
    fields[273] = (4,start)
    entry = lambda tag,typ,v: struct.pack(order+'HHI', tag, typ,
        1)+(struct.pack(order+'HH', v, 0) if typ==3 else struct.pack(order+'I', v))
    head = (b'II' if order=='<' else b'MM')+struct.pack(order+'HIH', 42, 8, len(fields))
    return head+b''.join(entry(k,*v) for k,v in sorted(fields.items()))+struct.pack(order+'I', 0)+raw

wide = grey.astype(np.uint16)*257
deep = {
    'png 16': png(wide, 16, 0), 'png 16 grey with alpha': png(np.dstack([wide,np.full_like(wide, 65535)]), 16, 4),
    'pgm 16': b'P5 7 5 65535\n'+wide.astype('>u2').tobytes(),
    'pgm 4080': b'P5 7 5 4080\n'+(grey.astype(np.uint16)*16).astype('>u2').tobytes(), 'tiff 16': tiff(wide, 16),
    'tiff 16 big-endian': tiff(wide, 16, order='>'),
    'tiff 16 from white': tiff(65535-wide, 16, photometric=0), 'tiff 16 signed': tiff(grey.astype(np.int16), 16, 2),
    'tiff 32': tiff(wide.astype(np.int32), 32, 2), 'tiff 32 big-endian': tiff(wide.astype(np.int32), 32, 2, '>'),
    'tiff 32 unsigned': tiff(wide.astype(np.uint32), 32),
    'tiff 32 to 255': tiff(grey.astype(np.int32), 32, 2), 'tiff float': tiff(np.float32(grey/255), 32, 3),
    'tiff float big-endian': tiff(np.float32(grey/255), 32, 3, '>'),
    'tiff float to 255': tiff(grey.astype(np.float32), 32, 3),
    'tiff float to 65535': tiff(wide.astype(np.float32), 32, 3),
    'pfm': b'Pf\n7 5\n-1.0\n'+np.float32(grey[::-1]/255).tobytes()}

@pytest.mark.parametrize('name', deep)
def test_deep_greys(name):
    "A grey of 16 or 32 bits or of floats looks as the same image in 8 bits does, whatever the order of its bytes."
    same(deep[name], grey, most=1 if name=='pgm 4080' else 0)

def test_twelve_bits():
    "The white of a 12-bit TIFF is 4095."
    values = np.arange(0, 4096, 63, dtype=np.uint16)[None,:64]
    raw = b''.join(bytes([a>>4, (a&15)<<4|b>>8, b&255]) for a,b in values.reshape(-1,2).astype(int).tolist())
    same(tiff(raw, 12, size=values.shape), (values/4095*255).astype(np.uint8), most=1)

@pytest.mark.parametrize('data', [tiff(np.int16([[-1,5]]), 16, 2), tiff(np.int32([[0,65536]]), 32, 2),
    tiff(np.uint32([[0,2**32-1]]), 32), tiff(np.int8([[-1,5]]), 8, 2),
    *(tiff(np.float32([[0,v]]), 32, 3) for v in (-.1, 65536, np.nan, np.inf))],
    ids='negative large unsigned int8 minus much nan inf'.split())
def test_greys_without_a_range(data):
    "Where nobody can know what is white, the image is refused and does not turn black or white."
    with pytest.raises(Unusable, match='outside 0 to 65535'): open_image(data)
    with pytest.raises(ValueError, match='outside 0 to 65535'): read_image(Image.open(io.BytesIO(data)))

def test_values_of_a_mode():
    "Every mode that Pillow has becomes the colours that it means."
    image = Image.fromarray(scene)
    alpha = np.linspace(0, 255, 35).reshape(5,7).round()[...,None]
    on_white = lambda x: (x.astype(float)*alpha+255*(255-alpha))/255
    def with_alpha(mode, x): return Image.merge(mode, [*Image.fromarray(x).split(),
            Image.fromarray(alpha[...,0].astype(np.uint8))])
    yes,no = np.full_like(grey, 255),np.zeros_like(grey)
    cmyk = np.dstack([255-scene, no])
    lab = ImageCms.profileToProfile(image, ImageCms.createProfile('sRGB'), ImageCms.createProfile('LAB'),
        outputMode='LAB')
    palette = Image.fromarray(grey).convert('P')
    palette.putpalette(bytes(v for i in range(256) for v in (255-i,i,7)))
    found = {'1':(Image.fromarray(grey>99), np.where(grey>99, yes, no)), 'L':(Image.fromarray(grey), grey),
        'P':(palette, np.dstack([255-grey, grey, no+7])), 'RGB':(image, scene),
        'LA':(with_alpha('LA', grey), on_white(grey[...,None])), 'RGBA':(with_alpha('RGBA', scene), on_white(scene)),
        'RGBX':(image.convert('RGBX'), scene),
        'CMYK':(Image.fromarray(cmyk, 'CMYK'), scene), 'LAB':(lab, np.asarray(lab.convert('RGB'))),
        'HSV':(Image.fromarray(np.dstack([no, yes, grey]), 'HSV'), np.dstack([grey, no, no])),
        'YCbCr':(Image.fromarray(np.dstack([grey, no+128, no+128]), 'YCbCr'), grey),
        'I':(Image.fromarray(wide.astype(np.int32)), grey), 'F':(Image.fromarray(np.float32(grey/255)), grey),
        'I;16':(Image.fromarray(wide), grey), 'I;16B':(Image.frombytes('I;16B', (7,5), wide.astype('>u2').tobytes()),
        grey), 'I;16L':(Image.frombytes('I;16L', (7,5), wide.tobytes()), grey),
        'I;16N':(Image.frombytes('I;16N', (7,5), wide.tobytes()), grey)}
    found |= {o:(found[o.upper()][0].convert(o), found[o.upper()][1]) for o in ('La','RGBa')}
    found['PA'] = found['P'][0].convert('PA'),found['P'][1]
    assert set(found)==set(Image.MODES)
    for mode,(im,want) in found.items():
        assert im.mode==mode
        got,want = np.asarray(to_rgb(im)).astype(float),np.broadcast_to(want if want.ndim==3 else want[...,None],
            scene.shape)
        loose = (alpha>128)|(alpha==0) if mode in ('La','RGBa') else np.ones_like(alpha,
            bool) # what is nearly clear has lost its colour
        assert np.abs(got-want)[loose[...,0]].max()<=(2 if mode in ('La','RGBa') else 1), mode
    assert np.abs(np.asarray(to_rgb(lab)).astype(int)-scene).mean()<4 # 8 bits of LAB, there and back
    same(saved(lab, 'TIFF'), np.asarray(to_rgb(lab)))
    for mode in ('CMYK','1','L','RGBA','LA','I','F',
            'I;16'): np.testing.assert_array_equal(open_image(saved(found[mode][0], 'TIFF')), to_rgb(found[mode][0]))

@pytest.mark.parametrize('data,clear', [
    (png(np.uint8([[0,1,2,3]]), 2, 0, chunk(b'tRNS', b'\0\1')), 1),
    (png(np.uint8([[0,1,2,3]])*5, 4, 0, chunk(b'tRNS', b'\0\5')), 1),
    (png(np.uint8([[0,1,0,0]]), 1, 0, chunk(b'tRNS', b'\0\1')), 1),
    (png(np.uint8([[0,85,170,255]]), 8, 0, chunk(b'tRNS', b'\0\x55')), 1),
    (png(np.uint16([[0,0x5512,0xaa00,0xffff]]), 16, 0, chunk(b'tRNS', b'\x55\x12')), 1),
    (png(np.uint16([[[0]*3,[0x5512,0x5513,0x5514],[0xaa00]*3,[0xffff]*3]]), 16, 2,
    chunk(b'tRNS', b'\x55\x12\x55\x13\x55\x14')), 1)], ids='2 4 1 8 16 rgb16'.split())
def test_transparent_colour(data, clear):
    "A colour that a PNG calls transparent is white, in any number of bits, and the others stay."
    want = np.uint8([[0,85,170,255]]) if data[24]>1 else np.zeros((1,4), np.uint8)
    want[0,clear] = 255
    same_rgb = np.asarray(open_image(data))
    np.testing.assert_array_equal(same_rgb, np.repeat(want[...,None], 3, 2))

# Notes ---------------------------------------------------------------------------------------------------------------

junk = b'Exif\0\0garbage garbage'
def app(kind, data): return lambda jpg: jpg[:2]+b'\xff'+bytes([kind])+struct.pack('>H', len(data)+2)+data+jpg[2:]
def note(kind, data): return lambda png: png[:33]+chunk(kind, data)+png[33:]
def end(kind, data): return lambda png: png[:-12]+chunk(kind, data)+png[-12:]
def bad_crc(png): return png[:33]+chunk(b'tEXt', b'a\0b')[:-1]+b'!'+png[33:]
def long_text():
    text = PngInfo()
    text.add_text('a', 'b'*3_000_000, zip=True)
    return text

photo = Image.fromarray(scene)
notes = {'png exif': saved(photo, 'PNG', exif=junk), 'webp exif': saved(photo, 'WEBP', exif=junk, lossless=True),
    'jpg exif': app(0xe1, junk)(saved(photo, 'JPEG')),
    'png text': saved(photo, 'PNG', pnginfo=long_text()), 'png checksum': bad_crc(saved(photo, 'PNG')),
    'tiff exif': tiff(grey, 8, extra={34665:(4,2**32-1)}), 'tiff xmp': tiff(grey, 8, extra={700:(3,7)}),
    **{f'png {k.decode()} {f.__name__}':f(k, b'\x01')(saved(photo, 'PNG')) for k in (b'iCCP',b'cHRM',b'gAMA',b'pHYs',
    b'zTXt',b'acTL',b'fcTL',b'eXIf',b'sRGB') for f in (note,end)},
    **{f'jpg {k:x} {d!r}':app(k, d)(saved(photo, 'JPEG')) for k,
    d in ((0xe0,b'JFIF\0'), (0xe2,b'ICC_PROFILE\0'), (0xe2,b'MPF\0junk'), (0xed,b'Photoshop 3.0\x008BIM'),
    (0xee,b'Adobe'), (0xfe,b''))}}

@pytest.mark.parametrize('name', notes)
def test_broken_notes(name):
    "Notes that cannot be read, or are too long, do not make good pixels unreadable."
    want = np.asarray(Image.open(io.BytesIO(saved(photo, 'JPEG')))) if name.startswith('jpg') else grey[...,
        None]+np.zeros_like(scene) if name.startswith('tiff') else scene
    np.testing.assert_array_equal(open_image(notes[name]), want)

def test_broken_avif():
    if 'AVIF' not in I.formats: pytest.skip('this Pillow has no AVIF')
    about = Image.Exif()
    about[0x010e] = 'a scene'
    good = saved(photo, 'AVIF', exif=about)
    at = good.index(b'MM\0*')
    assert np.asarray(open_image(good[:at]+b'junk'+good[at+4:])).size==scene.size

@pytest.mark.parametrize('kind', ['JPEG','PNG','WEBP','TIFF'])
@pytest.mark.parametrize('turn', range(1,9))
def test_turned_once(kind, turn):
    "Lying images are turned upright, once, in every format with EXIF; a number that is no orientation turns nothing."
    big = Image.fromarray(np.kron(np.arange(6, dtype=np.uint8).reshape(2,3)*40, np.ones((16,16), np.uint8)))
    tag = Image.Exif()
    tag[0x0112] = turn
    x = np.asarray(big)
    want = {1:x, 2:x[:,::-1], 3:x[::-1,::-1], 4:x[::-1], 5:x.T, 6:x[::-1].T, 7:x[::-1,::-1].T, 8:x.T[::-1]}[turn]
    image = open_image(saved(big, kind, exif=tag, **(dict(lossless=True) if kind=='WEBP' else {})))
    for upright in (image, to_rgb(image), read_image(image)):
        assert upright.size==want.shape[::-1] and orientation(upright)==1
        assert np.abs(np.asarray(upright)[...,0].astype(int)-want).max()<9
    tag[0x0112] = 9
    assert open_image(saved(big, kind, exif=tag)).size==big.size

# What must not happen -------------------------------------------------------------------------------------------------

postscript = b'%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n{} loop\n'
foreign = {'eps': postscript, 'ico': saved(Image.new('RGB', (16,16)), 'ICO'), 'tga': saved(photo, 'TGA'),
    'sgi': saved(photo, 'SGI'), 'pdf': saved(photo, 'PDF'), 'icns': b'icns\0\0\0\x08', 'psd': b'8BPS\0\1'+bytes(20)}

@pytest.mark.parametrize('kind', foreign)
def test_foreign_formats(kind, tmp_path, monkeypatch):
    "Only formats on the list are tried, wherever an image is read, and Ghostscript is not started."
    def started(*args, **kw): raise AssertionError('another program was started')
    monkeypatch.setattr(EpsImagePlugin, 'Ghostscript', started)
    monkeypatch.setattr(subprocess, 'Popen', started)
    (tmp_path/'im').mkdir()
    (tmp_path/'im/a.jpg').write_bytes(foreign[kind])
    (tmp_path/'c.csv').write_text('image,caption\na.jpg,A\n')
    with pytest.raises(Unusable, match='unreadable image'): open_image(foreign[kind])
    with pytest.raises(Unusable, match='unreadable image'): fast_transform(32)(foreign[kind])
    with pytest.raises(ValueError, match='unreadable image'): read_for_evaluation(tmp_path/'im/a.jpg')
    with pytest.raises(ValueError, match='no image that Pillow can read as one of JPEG, PNG'):
        read_image(tmp_path/'im/a.jpg')
    with pytest.raises(ValueError, match="'unreadable image': 1"): pack(tmp_path/'im', tmp_path/'c.csv',
            tmp_path/'out', progress=False)

def test_one_way_to_open():
    "No module of the package lets Pillow choose the format."
    for path in sorted(Path(I.__file__).parent.glob('**/*.py')):
        for node in ast.walk(ast.parse(path.read_text('utf-8'))):
            if not isinstance(node, ast.Call) or ast.unparse(node.func)!='Image.open': continue
            said = f'{path.name} line {node.lineno}: Image.open without formats'
            assert any(k.arg=='formats' for k in node.keywords), said

def webp(w, h): # an animation that says how large it is
    d = bytearray(saved(Image.new('RGB', (16,16), 'red'), 'WEBP', save_all=True,
        append_images=[Image.new('RGB', (16,16))]))
    d[24:27],d[27:30] = ((o-1).to_bytes(3, 'little') for o in (w,h))
    return bytes(d)
def gif(w, h): return b'GIF89a'+struct.pack('<HHBBB', 9, 9, 128, 0, 0)+bytes(6)+b','+struct.pack('<HHHHB', 0, 0, w, h,
        0)+b'\x02\x02\x4c\x01\0;'
def scans(n):
    d = saved(Image.new('L', (2000,2000)), 'JPEG', progressive=True)
    return d[:-2]+d[d.rfind(b'\xff\xda'):-2]*n+d[-2:]
body = zlib.compress(bytes(1000))
tile = tiff(body, 8, size=(16,16), extra={259:(3,8), 322:(4,20_000), 323:(4,20_000), 324:(4,8+2+12*14+4),
    325:(4,len(body))})
bombs = {'png': (saved(Image.new('1', (13_000,13_000)), 'PNG'), 'large'),
    'jpg': (saved(Image.new('L', (9000,9000)), 'JPEG'), 'large'), 'webp': (webp(12_000,12_000), 'large'),
    'gif': (gif(9000,9000), 'large'),
    'gif frame': (gif(60_000,60_000), 'large'), 'tiff': (tiff(b'0', 8, size=(9000,9000)), 'large'),
    'tiff tile': (tile, 'large'), 'ppm': (b'P5 9000 9000 255\n', 'large'),
    'bmp': (saved(Image.new('1', (9000,9000)), 'BMP'), 'large'),
    'scans': (scans(200), 'too many scans')}

@pytest.mark.parametrize('name', bombs)
def test_size_is_asked_first(name, monkeypatch):
    "What is too large is refused by its header: nothing is decoded, for training, evaluation or prediction."
    data,why = bombs[name]
    def decoded(*args): raise AssertionError('pixels were decoded')
    monkeypatch.setattr(Image.Image, 'load', decoded)
    monkeypatch.setattr('PIL.ImageFile.ImageFile.load', decoded)
    with pytest.raises(Unusable, match=why): open_image(data)
    with pytest.raises(Unusable, match=why): fast_transform(32)(data)

def test_memory_of_bombs(tmp_path):
    "A process that is given every bomb stays small."
    for name,(data,_) in bombs.items(): (tmp_path/name).write_bytes(data)
    code = '''import resource, sys, pathlib
from clippy.images import Unusable, open_image
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for p in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    try: open_image(p.read_bytes())
    except Unusable: print('refused')
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss-before)//1024)'''
    *found,grown = subprocess.run([sys.executable, '-W', 'ignore', '-c', code, str(tmp_path)], capture_output=True,
        text=True, check=True).stdout.split()
    assert found==['refused']*len(bombs) and int(grown)<200

def test_progressive_and_long_are_read():
    "Ten scans, a thumbnail in the EXIF, and a film behind the photograph are no bomb."
    data = saved(Image.fromarray(np.kron(scene, np.ones((9,9,1), np.uint8))), 'JPEG', progressive=True)
    film = np.random.default_rng(1).integers(0, 256, 20_000_000, dtype=np.uint8).tobytes()
    assert film.count(b'\xff\xda')>200
    assert open_image(data+film).size==open_image(app(0xe3, film[:60_000])(data)).size==(63,45)

# Any bytes -----------------------------------------------------------------------------------------------------------

turned = Image.Exif()
turned[0x0112] = 6
files = [saved(photo, 'JPEG', exif=turned), saved(photo, 'JPEG', progressive=True),
    saved(photo, 'MPO', save_all=True, append_images=[photo]), saved(photo, 'PNG', exif=turned),
    saved(photo.convert('P'), 'PNG', transparency=3),
    saved(photo, 'PNG', save_all=True, append_images=[photo.rotate(180)]), saved(photo, 'WEBP', exif=turned),
    saved(photo, 'WEBP', save_all=True, append_images=[photo.rotate(180)]), saved(photo, 'GIF'), saved(photo, 'BMP'),
    saved(photo, 'TIFF', compression='tiff_deflate'), saved(photo, 'TIFF', compression='jpeg'), saved(photo, 'PPM'),
    *([saved(photo, 'AVIF', exif=turned)] if 'AVIF' in I.formats else []), *deep.values()]

@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.sampled_from(files), st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)),
    max_size=12), st.floats(0, 1), st.binary(max_size=6), st.booleans())
def test_any_bytes(data, changes, keep, more, head):
    "Bytes that were changed, cut and added to end in an image of bounded size or in one of a few reasons."
    data = bytearray(data)
    for where,value in changes: data[int(where*min(len(data), 200 if head else len(data)))] = value
    if keep<.5: data = data[:int(2*keep*len(data))]+more
    try: image = open_image(bytes(data))
    except Unusable as e: assert str(e) in {'unreadable image','truncated image','image too large','too many scans',
        'grey values outside 0 to 65535'}
    else:
        pixels = image.width*image.height
        assert image.mode=='RGB' and pixels<=I.max_pixels and len(image.tobytes())==3*pixels

@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.sampled_from([b'', b'\xff\xd8\xff', b'\x89PNG\r\n\x1a\n', b'II*\0', b'MM\0*', b'II+\0',
    b'RIFF\0\0\0\0WEBPVP8X', b'GIF89a', b'BM', b'P5 ', b'P2 ', b'Pf\n', b'\0\0\0\x1cftypavif']),
    st.binary(max_size=300))
def test_any_start(start, data):
    try: open_image(start+data)
    except Unusable: pass

def test_export_reads_the_same():
    "The runtime of an exported model scales an array of 16 bits as PyTorch's side does."
    info = dict(image_size=32, patch=(8,8), mean=(0,0,0), std=(1,1,1))
    big = np.kron(grey, np.ones((8,8), np.uint8))
    np.testing.assert_array_equal(pixels(big.astype(np.uint16)*257, info), pixels(big, info))

def test_files_that_are_none(tmp_path):
    "A hole of a terabyte, a folder, a pipe and an endless device are refused before they are read."
    with open(tmp_path/'hole.png', 'wb') as f: f.truncate(10**12)
    (tmp_path/'folder.png').mkdir()
    os.mkfifo(tmp_path/'pipe.png')
    (tmp_path/'zero.png').symlink_to('/dev/zero')
    (tmp_path/'c.csv').write_text('image,caption\n'+''.join(f'{p.name},A\n' for p in tmp_path.glob('*.png')))
    for name,why in dict(hole='image too large', folder='not a file', pipe='not a file', zero='not a file',
            none='missing file').items():
        with pytest.raises(Unusable, match=why): I.read_file(tmp_path/f'{name}.png')
        with pytest.raises(ValueError, match=why): read_for_evaluation(tmp_path/f'{name}.png')
        with pytest.raises((ValueError,OSError),
                match='make it smaller|There is no image'): read_image(tmp_path/f'{name}.png')
    with pytest.raises(ValueError, match='none can be used'): pack(tmp_path, tmp_path/'c.csv', tmp_path/'out',
            progress=False)
