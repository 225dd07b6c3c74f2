"""What the network sees of a photograph: the whole, and a few squares of it, each at 32 x 32.

An object seldom fills a photograph as it fills the pictures that the network has learned from. So
it sees the whole, pressed into a square, then the largest squares at the beginning, the middle and
the end of the longer side, and a smaller one in the middle. Of a picture that is no larger than
32 x 32 there is the whole alone.

    V  views     H, W  pixels of the photograph
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture

from neuropil.apps.classify.preprocess import SIDE, Bytes
from neuropil.kit.media.image import Image
from neuropil.kit.progress import ticking

AT_ONCE = 1 << 19  # pixels that are brought to 8 bits at once
INNER_CROP = 0.7  # side of the smaller square, of the largest one that fits


@dataclass(frozen=True)
class Crop:
    """A part of a photograph, in pixels: what it is called, and where it lies."""

    name: str
    left: float
    top: float
    right: float
    bottom: float


def choose_crops(height: int, width: int) -> tuple[Crop, ...]:
    """Choose the parts of a photograph that are looked at."""
    whole = Crop("the whole", 0, 0, width, height)
    side = min(height, width)
    if max(height, width) <= SIDE:
        return (whole,)
    x, y = (width - side) / 2, (height - side) / 2
    inset = side * (1 - INNER_CROP) / 2
    near = Crop("the middle, nearer", x + inset, y + inset, x + side - inset, y + side - inset)
    middle = Crop("the middle", x, y, x + side, y + side)
    if height == width:
        return (whole, near)
    first, last = ("the top", "the bottom") if height > width else ("the left", "the right")
    begin = Crop(first, 0, 0, side, side)
    end = Crop(last, width - side, height - side, width, height)
    return (whole, begin, middle, end, near)


def crop_and_resize(pixels: Bytes, view: Crop) -> Bytes:
    """Reduce a part of a photograph (H, W, 3) to (32, 32, 3)."""
    box = (view.left, view.top, view.right, view.bottom)
    small = Picture.fromarray(pixels).resize(
        (SIDE, SIDE), Picture.Resampling.BICUBIC, box=box, reducing_gap=3.0
    )
    return np.asarray(small)


def to_rgb8(photo: Image) -> Bytes:
    """Bring a photograph to 8 bits (H, W, 3), on white where it is transparent."""
    if photo.pixels.dtype == np.uint8 and photo.alpha is None:
        return photo.pixels.astype(np.uint8)
    made = np.empty(photo.pixels.shape, np.uint8)
    most, step = np.iinfo(photo.pixels.dtype).max, max(1, AT_ONCE // photo.width)
    for rows in ticking(slice(top, top + step) for top in range(0, photo.height, step)):
        x: NDArray[np.float64] = photo.pixels[rows] / most
        if photo.alpha is not None:
            opacity = photo.alpha[rows, :, None] / most
            x = x * opacity + 1 - opacity
        made[rows] = np.round(255 * x)
    return made
