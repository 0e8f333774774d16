"`clippy.drawing`: every thing and every background can be drawn, differs from the others, and is the same again."
import numpy as np
import pytest
from PIL import Image

from clippy.drawing import HIGH, VIEW, WIDE, sheet, spline, sprite, sprite_at, sprites, texture_at, textures, variants

def sprite_pixels(kind, variant): return np.asarray(sprite(kind, variant))

@pytest.mark.parametrize('kind', sprites)
def test_sprites(kind):
    "A thing covers a good part of its square and none of the rim, and its versions differ."
    versions = [sprite_pixels(kind, v) for v in range(variants)]
    for rgba in versions:
        assert rgba.shape==(256,256,4)
        solid = rgba[...,3]>250
        assert .05<solid.mean()<.9 and not solid[0].any() and not solid[:,[0,-1]].any()
        assert (rgba[...,:3]<=rgba[...,3:]).all() # premultiplied
    assert len({rgba.tobytes() for rgba in versions})==variants

def test_things_differ():
    "No two things have the same outline."
    assert len({(sprite_pixels(k, 0)[...,3]>127).tobytes() for k in sprites})==len(sprites)

@pytest.mark.parametrize('side', [20, 64, 256])
def test_sprites_at_a_size(side):
    small = sprite_at('boat', 2, side)
    assert small.size==(side,side)
    share = lambda image: np.asarray(image)[...,3].mean()/255
    assert share(small)==pytest.approx(share(sprite('boat', 2)), abs=.01)

@pytest.mark.parametrize('kind', textures)
def test_textures(kind):
    "A background is as large as it says, is more than one colour, and keeps its mean when it is shrunk."
    whole = np.asarray(texture_at(kind, VIEW), float)
    assert whole.shape==(HIGH,WIDE,3) and whole.std(axis=(0,1)).min()>2
    half = np.asarray(texture_at(kind, VIEW//2), float)
    assert half.shape==(HIGH//2,WIDE//2,3) and np.abs(half.mean((0,1))-whole.mean((0,1))).max()<1

def test_the_same_again():
    "What is kept is what would be drawn anew."
    for f,args in (sprite,('cat',3)), (texture_at,('wood',VIEW)):
        assert f.__wrapped__(*args).tobytes()==f(*args).tobytes()

def test_splines_pass_through_their_points():
    points = np.array([(0,0), (1,0), (1,2), (-1,1)], float)
    curve = spline(points, k=5)
    assert curve.shape==(20,2)
    np.testing.assert_allclose(curve[::5], points, atol=1e-12)

def test_a_contact_sheet():
    "Images of any size in rows, with what stands below them."
    images = [Image.new('RGB', (30,50), 'red'), np.zeros((8,8,3), np.uint8), Image.new('L', (5,5), 255)]
    plain,named = sheet(images, cols=2, side=40),sheet(images, ['a','b','c'], cols=2, side=40)
    assert plain.width==named.width==2*46+6 and plain.height==2*46+6<named.height
    assert plain.getpixel((20,20))==(255,0,0) and plain.getpixel((60,20))==(0,0,0)
    assert set(np.asarray(named)[46:62,:46].flat)!={255}
