"""What the color of one pixel was made of: the same arithmetic as for all, followed for one.

H, W  pixels of the photograph     Hg, Wg  pixels of the guide     h, w  cells of the grid

(a, b) of the pixel = Σ weight · (a, b) of a near cell        the weights depend on L alone
"""

import math
from dataclasses import dataclass

import numpy as np

from neuropil.apps.colorize.cielab import (
    Floats,
    Pixels,
    encode_srgb,
    gamut_chroma_scale,
    in_gamut,
    lab_f_of_y,
    lightness,
    linear_rgb,
    srgb_encode,
    to_gamut,
)
from neuropil.apps.colorize.preprocess import resize_uint8
from neuropil.apps.colorize.render import (
    LocalLinearColor,
    guide_size,
    resize_columns,
    resize_rows,
)
from neuropil.apps.colorize.upsample import (
    RADIUS,
    REACH,
    guided_filter,
    neighbors,
    smooth,
    weighted_average,
)

SPAN = 2 * RADIUS + 1  # pixels of the guide that a pixel's color depends on, to each side


@dataclass(frozen=True)
class PixelTrace:
    """One pixel and what its color came from.

    rgb: 0..255, before it is rounded to what is painted
    fy: f(Y) of its lightness
    ab: a and b as they came from the cells
    share: by what a and b are multiplied: the strength, and what of it a screen can show
    cells, weights: row and column of the cells that give it color, and how much each counts
    """

    rgb: Floats
    painted: tuple[int, ...]
    fy: float
    ab: Floats
    share: float
    cells: tuple[tuple[int, int], ...]
    weights: Floats


def trace_pixel(
    pixels: Pixels, place: tuple[int, int], colors: LocalLinearColor, cells: Floats, strength: float
) -> PixelTrace:
    """Follow the pixel at (x, y) of a photograph (H, W, 3), with the L of the cells (h, w)."""
    x, y = place
    H, W, _ = pixels.shape
    fy = lab_f_of_y(pixels[y : y + 1, x])  # (1,)
    light = np.float32(116) * fy - np.float32(16)
    ab = upsample_at(colors.offset, x, y, (H, W))
    if colors.slope is not None:
        ab = ab + upsample_at(colors.slope, x, y, (H, W)) * light
    a, b = np.float32(strength) * ab[:, None]
    made = to_gamut(fy, np.stack([a, b], axis=-1))  # (1, 3)
    inside = bool(in_gamut(linear_rgb(fy, a, b))[0])
    share = strength * (1.0 if inside else float(gamut_chroma_scale(fy, a, b)[0]))
    painted = tuple(int(v) for v in encode_srgb(made, np.dtype(np.uint8))[0])
    near, weights = cell_weights(pixels, x, y, cells)
    return PixelTrace(
        255 * np.clip(srgb_encode(made[0]), 0, 1), painted, float(fy[0]), ab, share, near, weights
    )


def upsample_at(values: Floats, x: int, y: int, size: tuple[int, int]) -> Floats:
    """Enlarge (K, Hg, Wg) to the photograph's size at one pixel: (K,)."""
    H, W = size
    at: Floats = resize_rows(resize_columns(values, W, 1.0), y, 1, H)[:, 0, x]
    return at


def cell_weights(
    pixels: Pixels, x: int, y: int, cells: Floats
) -> tuple[tuple[tuple[int, int], ...], Floats]:
    """Find how much each cell counts for a pixel, by lighting up one after the other.

    Each cell near enough gets a channel of its own that is 1 there and 0 elsewhere; what arrives
    at the pixel is its weight.
    """
    H, W, _ = pixels.shape
    h, w = cells.shape
    Hg, Wg = guide_size(H, W)
    guide = lightness(resize_uint8(pixels, Hg, Wg))
    (top, bottom), (left, right) = guide_span(y, H, Hg), guide_span(x, W, Wg)
    near = [(i, j) for i in cell_span(top, bottom, Hg, h) for j in cell_span(left, right, Wg, w)]
    lit = np.zeros((h, w, len(near)), np.float32)
    for channel, (i, j) in enumerate(near):
        lit[i, j, channel] = 1
    rows = [(i[top:bottom], weight[top:bottom]) for i, weight in neighbors(h, Hg)]
    columns = [(j[left:right], weight[left:right]) for j, weight in neighbors(w, Wg)]
    crop = guide[top:bottom, left:right]
    arrived = weighted_average(smooth(lit, cells), cells, crop, rows, columns)
    if (Hg, Wg) != (H, W):
        slope, offset = guided_filter(arrived, crop)
        arrived = slope * lightness(pixels[y, x]) + offset
    weights = interpolate_at(interpolate_at(arrived, y, H, Hg, top), x, W, Wg, left)
    counted = np.flatnonzero(weights)
    return tuple(near[k] for k in counted), weights[counted]


def guide_span(place: int, size: int, guide_size: int) -> tuple[int, int]:
    """Find the pixels of the guide, along one axis, that a pixel's color depends on."""
    middle = int((place + 0.5) * guide_size / size - 0.5)
    return max(0, middle - SPAN), min(guide_size, middle + 2 + SPAN)


def cell_span(first: int, end: int, guide_size: int, n: int) -> range:
    """List the cells, along one axis, that such a stretch of the guide depends on."""
    low, high = int(first * n / guide_size), int(end * n / guide_size)
    return range(max(0, low - 2 - REACH), min(n, high + 3 + REACH))


def interpolate_at(values: Floats, place: int, size: int, guide_size: int, first: int) -> Floats:
    """Interpolate along the second axis at a pixel; `first` is where the stretch begins."""
    at = min(max((place + 0.5) * guide_size / size - 0.5, 0), guide_size - 1)
    low = math.floor(at)
    high = min(low + 1, guide_size - 1)
    start, end = values[:, low - first], values[:, high - first]
    made: Floats = start + np.float32(at - low) * (end - start)
    return made
