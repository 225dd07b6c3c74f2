"""From the grid on which colors are predicted up to the photograph, led by its lightness.

    h, w  cells of the grid      H, W  pixels of the guide, a reduced photograph      a, b last

Two steps. Up to the guide: joint bilateral upsampling (Kopf et al. 2007, equation 4), so that a
pixel takes the color of those near cells that are as light as it is. From the guide to the
photograph, of any size: the guided filter (He, Sun and Tang 2010, equations 4-8), in whose windows
color is a straight line of lightness, ab = slope * L + offset; both are smooth, so they can be
enlarged, and the photograph's own L draws the edges.
"""

import numpy as np

from neuropil.apps.colorize.color import Floats

NEAR = 0.65  # cells: width of the Gaussian over distance
ALIKE = 7.0  # units of L: width of the Gaussian over lightness
UNLIKE_AT_MOST = 4.5  # exponent at which a cell counts as different as can be
RADIUS = 4  # pixels of the guide: half a window of the guided filter
NOISE = 12.0  # squared units of L below which lightness says nothing about color


def joint_bilateral(ab: Floats, cell_lightness: Floats, guide: Floats) -> Floats:
    """Bring ab (h, w, 2) up to the guide's size: (H, W, 2), from L (h, w) and L (H, W)."""
    h, w, _ = ab.shape
    H, W = guide.shape
    row, column = (np.arange(H) + 0.5) * (h / H) - 0.5, (np.arange(W) + 0.5) * (w / W) - 0.5
    total = np.zeros((H, W, 1), np.float32)
    summed = np.zeros((H, W, 2), np.float32)
    for dy in (-1, 0, 1):
        near_row = np.rint(row) + dy
        for dx in (-1, 0, 1):
            near_column = np.rint(column) + dx
            far = (near_row - row)[:, None] ** 2 + (near_column - column)[None, :] ** 2
            i = np.clip(near_row, 0, h - 1).astype(np.intp)[:, None]
            j = np.clip(near_column, 0, w - 1).astype(np.intp)[None, :]
            unlike = (guide - cell_lightness[i, j]) ** 2 / (2 * ALIKE**2)
            exponent = far.astype(np.float32) / (2 * NEAR**2) + np.minimum(unlike, UNLIKE_AT_MOST)
            weight = np.exp(-exponent)[..., None]
            total += weight
            summed += weight * ab[i, j]
    return summed / total


def lines(ab: Floats, guide: Floats) -> tuple[Floats, Floats]:
    """Fit ab = slope * L + offset in each window of the guide: two arrays (H, W, 2)."""
    light = guide[..., None]
    mean_light, mean_ab = box(light), box(ab)
    covariance = box(light * ab) - mean_light * mean_ab
    variance = box(light * light) - mean_light**2
    slope = covariance / (variance + NOISE)
    return box(slope), box(mean_ab - slope * mean_light)


def box(values: Floats) -> Floats:
    """Average (H, W, C) over windows of 2 RADIUS + 1 pixels, cut at the border."""
    return running_mean(running_mean(values, 0), 1)


def running_mean(values: Floats, axis: int) -> Floats:
    """Average along one axis by differences of a running sum."""
    n = values.shape[axis]
    zero = np.zeros_like(values.take([0], axis=axis), dtype=np.float64)
    sums = np.concatenate((zero, np.cumsum(values, axis=axis, dtype=np.float64)), axis=axis)
    low = np.clip(np.arange(n) - RADIUS, 0, n)
    high = np.clip(np.arange(n) + RADIUS + 1, 0, n)
    shape = [1] * values.ndim
    shape[axis] = n
    counts = (high - low).reshape(shape)
    return ((sums.take(high, axis=axis) - sums.take(low, axis=axis)) / counts).astype(np.float32)
