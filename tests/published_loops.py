"Published dense evaluations as plain loops, written from their operations: what our protocols are held against."
import math

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

# A tower is a function `[1,3,h,w]` -> `[D,h/p,w/p]`: patch vectors in the space of the words, of any length.
# `words` are `[K,D]` of length 1, `owner` the class of each word. Every loop gives `[H,W]` class indices.

def pixels(image, mean, std): # PIL -> [1,3,h,w]
    x = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].float()/255
    return (x-torch.tensor(mean).view(1,3,1,1))/torch.tensor(std).view(1,3,1,1)

def cosines(tower, x, words): # [1,K,h,w]
    v = tower(x)
    return torch.einsum('dhw,kd->khw', v/v.norm(dim=0, keepdim=True), words)[None]

def best_of_class(maps, owner): # several words a class: the best counts
    return torch.stack([maps[:,[k for k,o in enumerate(owner) if o==c]].amax(1) for c in range(max(owner)+1)], 1)

def bilinear(x, size, corners=False): return F.interpolate(x, size=tuple(size), mode='bilinear', align_corners=corners)

def starts(length, window, stride): # windows of mmsegmentation: the last one is pulled back inside
    n = max(length-window+stride-1, 0)//stride+1
    found = []
    for i in range(n):
        end = min(i*stride+window, length)
        found.append((max(end-window, 0), end))
    return found

def windows(h, w, window, stride):
    for y0,y1 in starts(h, window, stride):
        for x0,x1 in starts(w, window, stride): yield y0,y1,x0,x1

# dino.txt and TIPS: PIL's bicubic, sides of windows stretched to whole patches, softmax at the window's pixels

def short_side_pil(image, short):
    w,h = image.size
    size = (short, int(short*h/w)) if w<=h else (int(short*w/h), short)
    return image.resize(size, Image.Resampling.BICUBIC)

def stretched(x, p):
    h,w = (math.ceil(s/p)*p for s in x.shape[-2:])
    return x if (h,w)==tuple(x.shape[-2:]) else F.interpolate(x, size=(h,w), mode='bicubic', align_corners=False)

def joined_softmax(tower, image, size, words, owner, p, mean, std, short, window, stride, scale=1.):
    x = pixels(short_side_pil(image, short), mean, std)
    h,w = x.shape[-2:]
    total,times = torch.zeros(1, max(owner)+1, h, w),torch.zeros(h, w)
    for y0,y1,x0,x1 in windows(h, w, window, stride):
        crop = x[:,:,y0:y1,x0:x1]
        scores = best_of_class(cosines(tower, stretched(crop, p), words), owner)
        total[:,:,y0:y1,x0:x1] += (scale*bilinear(scores, crop.shape[-2:])).softmax(1)
        times[y0:y1,x0:x1] += 1
    return bilinear(total/times, size).argmax(1)[0]

def dino_txt(tower, image, size, words, owner, p, mean, std):
    return joined_softmax(tower, image, size, words, owner, p, mean, std, 512, 384, 192)

def tips(tower, image, size, words, owner, p, mean, std): # the tower gives the value path of its last block
    return joined_softmax(tower, image, size, words, owner, p, mean, std, 448, 448, 336)

# TCL, SCLIP, NACLIP, Talk2DINO: mmsegmentation's resize (short side, long at most 2048, bilinear without antialias)

def short_side_mm(image, short, most=2048):
    w,h = image.size
    factor = min(short/min(h, w), most/max(h, w))
    new_h,new_w = int(h*factor+.5),int(w*factor+.5)
    x = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].float()
    return bilinear(x, (new_h,new_w)) # OpenCV's rule for the places of pixels

def prepared_mm(image, short, mean, std):
    x = short_side_mm(image, short).round().clamp(0, 255)/255
    return (x-torch.tensor(mean).view(1,3,1,1))/torch.tensor(std).view(1,3,1,1)

def padded(x, p): # zeros all round, the odd one right and below; and where the window lies in it
    h,w = x.shape[-2:]
    top,left = (-h%p)//2,(-w%p)//2
    return F.pad(x, (left, -w%p-left, top, -h%p-top)),top,left

def tcl(tower, image, size, words, owner, p, mean, std, w=10., b=-2.5, background=.5, named_background=True,
    refine=None):
    "Class 0 is background where `named_background`: it has no words, and the constant score."
    x = prepared_mm(image, 448, mean, std)
    h,wide = x.shape[-2:]
    k = max(owner)+1
    total,times = torch.zeros(1, k, h, wide),torch.zeros(h, wide)
    for y0,y1,x0,x1 in windows(h, wide, 448, 224):
        crop = x[:,:,y0:y1,x0:x1]
        fed,top,left = padded(crop, p)
        scores = torch.full((1, k, fed.shape[-2]//p, fed.shape[-1]//p), -9.)
        found = (w*cosines(tower, fed, words)+b).sigmoid()
        for c in range(k):
            mine = [i for i,o in enumerate(owner) if o==c]
            if mine: scores[:,c] = found[:,mine].amax(1)
        if refine: scores = refine(bilinear(fed, scores.shape[-2:], corners=True), scores) # at the size of the scores
        big = bilinear(scores, fed.shape[-2:])
        total[:,:,y0:y1,x0:x1] += big[:,:,top:top+crop.shape[-2],left:left+crop.shape[-1]]
        times[y0:y1,x0:x1] += 1
    maps = bilinear(total/times, size)
    if named_background: maps[:,0] = background
    return maps.argmax(1)[0]

def sclip(tower, image, size, words, owner, p, mean, std, short=336, window=224, stride=112, scale=40., threshold=.1,
    area=0.):
    """The rest of a window that fills no patch is dropped. `threshold`: a winner below it is class 0; `area`: a rare
    class may not win."""
    x = prepared_mm(image, short, mean, std)
    h,w = x.shape[-2:]
    if not window: window,stride = max(h, w),max(h, w)
    total,times = torch.zeros(1, len(words), h, w),torch.zeros(h, w)
    for y0,y1,x0,x1 in windows(h, w, window, stride):
        crop = x[:,:,y0:y1,x0:x1]
        fed = crop[:,:,:crop.shape[-2]//p*p,:crop.shape[-1]//p*p]
        total[:,:,y0:y1,x0:x1] += bilinear(cosines(tower, fed, words), crop.shape[-2:])
        times[y0:y1,x0:x1] += 1
    probs = best_of_class((scale*bilinear(total/times, size)).softmax(1), owner)
    if area: probs = without_rare(probs, area)
    label = probs.argmax(1)[0]
    if threshold: label[probs[0].amax(0)<threshold] = 0
    return label

def without_rare(probs, area):
    "Classes but the first get nothing, if their share of all that is not the first is no larger than `area`."
    label = probs.argmax(1)[0]
    count = [(label==c).sum().item() for c in range(probs.shape[1])]
    out = probs.clone()
    for c in range(1, len(count)):
        if not count[c]>area*sum(count[1:]): out[:,c] = 0
    return out

def naclip(tower, image, size, words, owner, p, mean, std, refine, short=336, threshold=.1):
    "The whole image at once; `refine` (PAMR) moves the cosines at the size of the ground truth."
    x = prepared_mm(image, short, mean, std)
    fed = x[:,:,:x.shape[-2]//p*p,:x.shape[-1]//p*p]
    maps = bilinear(cosines(tower, fed, words), size)
    maps = refine(bilinear(x, size), maps)
    probs = best_of_class((40.*maps).softmax(1), owner)
    label = probs.argmax(1)[0]
    label[probs[0].amax(0)<threshold] = 0
    return label

def talk2dino(tower, image, size, words, owner, p, mean, std, background=.55, named_background=True, refine=None):
    "Windows of 448, each squashed to 448 x 448; sigmoid of the cosine; joined at pixels with corners aligned."
    x = prepared_mm(image, 448, mean, std)
    h,w = x.shape[-2:]
    k = max(owner)+1
    total,times = torch.zeros(1, k, h, w),torch.zeros(h, w)
    for y0,y1,x0,x1 in windows(h, w, 448, 224):
        crop = x[:,:,y0:y1,x0:x1]
        fed = bilinear(crop, (448,448))
        scores = torch.full((1, k, 448//p, 448//p), -9.)
        found = cosines(tower, fed, words).sigmoid()
        for c in range(k):
            mine = [i for i,o in enumerate(owner) if o==c]
            if mine: scores[:,c] = found[:,mine].amax(1)
        big = bilinear(scores, crop.shape[-2:], corners=True)
        total[:,:,y0:y1,x0:x1] += refine(bilinear(crop, big.shape[-2:], corners=True), big) if refine else big
        times[y0:y1,x0:x1] += 1
    maps = bilinear(total/times, size)
    if named_background: maps[:,0] = background
    return maps.argmax(1)[0]

# The refinement of TCL and its kin: affinities to neighbours, whose standard deviation counts the pixel itself too

def pamr(image, maps, rounds=10, dilations=(1,2,4,8,12,24)):
    "Pixel-adaptive refinement; the border is repeated."
    _,_,h,w = image.shape
    near = [(dy,dx) for d in dilations for dy in (-d,0,d) for dx in (-d,0,d) if dy or dx]
    def seen(x, dy, dx):
        rows,columns = (torch.arange(h)+dy).clamp(0, h-1),(torch.arange(w)+dx).clamp(0, w-1)
        return x[:,:,rows][:,:,:,columns]
    around = torch.stack([seen(image, *step) for step in near])
    spread = torch.cat([around, torch.stack([image]*len(dilations))]).std(0)
    weight = (-(around-image).abs()/(1e-8+.1*spread)).mean(2).softmax(0)
    for _ in range(rounds): maps = sum(weight[i][:,None]*seen(maps, *step) for i,step in enumerate(near))
    return maps
