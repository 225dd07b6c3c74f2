"""Lightness L as the network takes it: H rows and W columns of pixels, in cells of 4 × 4."""

from itertools import product

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture

from neuropil.apps.colorize.cielab import Floats, Pixels, encode_uint8, lab_f_inverse

CELL = 4  # pixels to a cell
LIGHT_MEAN, LIGHT_SCALE = 50.0, 1 / 50  # L 0..100 becomes -1..1
WORKING_AREA = 144 * 192  # pixels that the network sees of a photograph
MULTIPLE = 32  # of which its sides are


def working_size(height: int, width: int) -> tuple[int, int]:
    """Choose the size at which a photograph is seen: about as many pixels always, of its shape."""
    scale = (WORKING_AREA / (height * width)) ** 0.5

    def misfit(size: tuple[int, int]) -> float:
        off = [
            np.log(seen / (scale * side)) for seen, side in zip(size, (height, width), strict=True)
        ]
        return float(abs(off[1] - off[0]) + abs(sum(off)) / 2)  # of the shape, and of the area

    return min(product(near_sides(scale * height), near_sides(scale * width)), key=misfit)


def near_sides(side: float) -> tuple[int, int]:
    """Give the multiples below and above; a panorama is squeezed rather than seen at length."""
    least = int(side // MULTIPLE)
    low, high = (min(max(n, 1), WORKING_AREA // MULTIPLE**2) for n in (least, least + 1))
    return MULTIPLE * low, MULTIPLE * high


def resize_uint8(pixels: Pixels, height: int, width: int) -> NDArray[np.uint8]:
    """Average the photograph down (or bring it up) to height x width, 8 bits."""
    bytes_ = (pixels if pixels.dtype == np.uint8 else pixels >> 8).astype(np.uint8, copy=False)
    if bytes_.shape[:2] == (height, width):
        return bytes_
    smaller = height < pixels.shape[0] or width < pixels.shape[1]
    how = Picture.Resampling.BOX if smaller else Picture.Resampling.BILINEAR
    return np.asarray(Picture.fromarray(bytes_).resize((width, height), how))


def average_pool(values: Floats) -> Floats:
    """Average (H, W, ...) over cells of 4 x 4 pixels to (H/4, W/4, ...)."""
    H, W = values.shape[:2]
    split = values.reshape(H // CELL, CELL, W // CELL, CELL, *values.shape[2:])
    means: Floats = split.mean(axis=(1, 3))
    return means


def normalize_lightness(light: Floats) -> Floats:
    """Bring L 0..100 to the -1..1 that the network takes."""
    return (light - LIGHT_MEAN) * LIGHT_SCALE


def gray_pixels(light: Floats) -> NDArray[np.uint8]:
    """Render L (..., H, W), 0..100, as grey RGB (..., H, W, 3): what the eye is shown."""
    fy = (light + np.float32(16)) * np.float32(1 / 116)
    level = encode_uint8(lab_f_inverse(fy))
    return np.repeat(level[..., None], 3, axis=-1)
