"""What a network sees of a photograph: the whole, and a few squares of it.

The network of ten classes sees 32 x 32 pixels. An object seldom fills a photograph as it fills the
pictures that it has learned from. So it sees the whole, pressed into a square, then the largest
squares at the beginning, the middle and the end of the longer side, and a smaller one in the
middle. Of a picture that is no larger than 32 x 32 there is the whole alone.

The eye sees any size. It sees the whole with its own proportions, the shorter side at 224 pixels,
and the smaller square in the middle, 224 x 224.

    V  views     H, W  pixels of the photograph
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image as Picture

from neuropil.apps.classify.preprocess import SIDE, Bytes
from neuropil.eye.network import STRIDE

INNER_CROP = 0.7  # side of the smaller square, of the largest one that fits
LONGEST = 3  # times the shorter side: a longer whole is pressed together


@dataclass(frozen=True)
class Crop:
    """A part of a photograph, in its pixels: what it is called, and where it lies.

    height, width: in pixels, what it is reduced or enlarged to
    """

    name: str
    left: float
    top: float
    right: float
    bottom: float
    height: int = SIDE
    width: int = SIDE


def choose_crops(height: int, width: int, side: int = SIDE) -> tuple[Crop, ...]:
    """Choose the parts of a photograph that a network with that shorter side looks at."""
    return square_crops(height, width) if side == SIDE else eye_crops(height, width, side)


def square_crops(height: int, width: int) -> tuple[Crop, ...]:
    """Choose the parts for the network of ten classes."""
    whole = Crop("the whole", 0, 0, width, height)
    side = min(height, width)
    if max(height, width) <= SIDE:
        return (whole,)
    x, y = (width - side) / 2, (height - side) / 2
    near = inner_square(height, width, SIDE)
    middle = Crop("the middle", x, y, x + side, y + side)
    if height == width:
        return (whole, near)
    first, last = ("the top", "the bottom") if height > width else ("the left", "the right")
    begin = Crop(first, 0, 0, side, side)
    end = Crop(last, width - side, height - side, width, height)
    return (whole, begin, middle, end, near)


def eye_crops(height: int, width: int, side: int) -> tuple[Crop, ...]:
    """Choose the parts for the eye, whose pixels are multiples of its largest stride."""

    def pixels(length: int) -> int:
        longer = min(LONGEST * side, length * side / min(height, width))
        return STRIDE * round(longer / STRIDE)

    whole = Crop("the whole", 0, 0, width, height, pixels(height), pixels(width))
    return (whole, inner_square(height, width, side))


def inner_square(height: int, width: int, side: int) -> Crop:
    """Choose the smaller square in the middle."""
    half = min(height, width) * INNER_CROP / 2
    x, y = width / 2, height / 2
    return Crop("the middle, nearer", x - half, y - half, x + half, y + half, side, side)


def crop_and_resize(pixels: Bytes, view: Crop) -> Bytes:
    """Reduce or enlarge a part of a photograph (H, W, 3) to what the view has: (h, w, 3)."""
    box = (view.left, view.top, view.right, view.bottom)
    small = Picture.fromarray(pixels).resize(
        (view.width, view.height), Picture.Resampling.BICUBIC, box=box, reducing_gap=3.0
    )
    return np.asarray(small)
