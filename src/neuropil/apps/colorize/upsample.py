"""From the grid on which colors are predicted up to the photograph, led by its lightness.

    h, w  cells of the grid      H, W  pixels of the guide, a reduced photograph      a, b last

Three steps. Among the cells, a bilateral filter (Tomasi and Manduchi 1998): a cell takes the mean
color of those around it that are about as light, since specks of color that nothing in the
photograph has make it harder to see what is there. Up to the guide: joint bilateral upsampling
(Kopf et al. 2007, equation 4), so that a pixel takes the color of those near cells that are as
light as it is. From the guide to the photograph, of any size: the guided filter (He, Sun and Tang
2010, equations 4-8), in whose windows color is a straight line of lightness, ab = slope * L +
offset; both are smooth, so they can be enlarged, and the photograph's own L draws the edges.
"""

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.colorize.cielab import Floats

AROUND, REACH = 2.0, 4  # cells: width of the Gaussian over distance among cells, and its end
ABOUT_ALIKE = 15.0  # units of L: width of the Gaussian over lightness among cells
NEAR = 0.65  # cells: width of the Gaussian over distance
ALIKE = 7.0  # units of L: width of the Gaussian over lightness
UNLIKE_AT_MOST = 4.5  # exponent at which a cell counts as different as can be
RADIUS = 4  # pixels of the guide: half a window of the guided filter
NOISE = 12.0  # squared units of L below which lightness says nothing about color

Neighbors = list[tuple[NDArray[np.intp], Floats]]  # near cells for each pixel: index, weight


def smooth(ab: Floats, cell_lightness: Floats) -> Floats:
    """Average channels (h, w, K) over the cells around that are about as light: (h, w, K)."""
    rows, columns = (neighbors(n, n, AROUND, REACH) for n in cell_lightness.shape)
    light = np.float32(ALIKE / ABOUT_ALIKE) * cell_lightness
    return np.moveaxis(weighted_average(ab, light, light, rows, columns), 0, -1)


def joint_bilateral(ab: Floats, cell_lightness: Floats, guide: Floats) -> Floats:
    """Bring ab (h, w, 2) up to the guide's size: (2, H, W), from L (h, w) and L (H, W)."""
    h, w, _ = ab.shape
    rows, columns = neighbors(h, guide.shape[0]), neighbors(w, guide.shape[1])
    return weighted_average(ab, cell_lightness, guide, rows, columns)


def weighted_average(
    ab: Floats, cell_lightness: Floats, guide: Floats, rows: Neighbors, columns: Neighbors
) -> Floats:
    """Average channels (h, w, K) over near cells that are as light as each pixel: (K, H, W)."""
    to_unit = np.float32(1 / (2**0.5 * ALIKE))  # so that differences need only be squared
    cells = np.concatenate((np.moveaxis(ab, -1, 0), to_unit * cell_lightness[None]))  # (K+1, h, w)
    light = to_unit * guide
    total = np.zeros(guide.shape, np.float32)
    summed = np.zeros((ab.shape[-1], *guide.shape), np.float32)
    for j, near_column in columns:
        strips = cells.take(j, axis=2)  # (K+1, h, W)
        for i, near_row in rows:
            weight = light - strips[-1].take(i, axis=0)
            weight *= weight
            np.minimum(weight, UNLIKE_AT_MOST, out=weight)
            np.exp(np.negative(weight, out=weight), out=weight)
            weight *= near_row[:, None] * near_column
            total += weight
            for channel, strip in zip(summed, strips, strict=False):
                channel += weight * strip.take(i, axis=0)
    summed /= total
    return summed


def neighbors(n: int, size: int, width: float = NEAR, reach: int = 1) -> Neighbors:
    """List the nearest of n cells along an axis of `size` pixels: index, weight (size).

    width: of the Gaussian over distance, in cells; reach: cells to each side of the nearest
    """
    place = (np.arange(size) + 0.5) * (n / size) - 0.5
    found = []
    for step in range(-reach, reach + 1):
        near = np.rint(place) + step
        weight = np.exp(-((near - place) ** 2) / (2 * width**2)).astype(np.float32)
        found.append((np.clip(near, 0, n - 1).astype(np.intp), weight))
    return found


def guided_filter(ab: Floats, guide: Floats) -> tuple[Floats, Floats]:
    """Fit ab = slope * L + offset in each window of the guide: two arrays (2, H, W)."""
    mean_light, mean_ab = box_filter(guide), box_filter(ab)
    covariance = box_filter(guide * ab) - mean_light * mean_ab
    variance = box_filter(np.square(guide)) - np.square(mean_light)
    slope = covariance / (variance + np.float32(NOISE))
    return box_filter(slope), box_filter(mean_ab - slope * mean_light)


def box_filter(values: Floats) -> Floats:
    """Average (..., H, W) over windows of 2 RADIUS + 1 pixels, cut at the border."""
    *_, H, W = values.shape
    edges = [(0, 0)] * (values.ndim - 2) + [(RADIUS, RADIUS)] * 2
    padded = np.pad(values, edges)
    tall = padded[..., :H, :].copy()
    for shift in range(1, 2 * RADIUS + 1):
        tall += padded[..., shift : shift + H, :]
    whole = tall[..., :W].copy()
    for shift in range(1, 2 * RADIUS + 1):
        whole += tall[..., shift : shift + W]
    whole /= window_counts(H)[:, None] * window_counts(W)
    return whole


def window_counts(n: int) -> Floats:
    """Count the pixels in each window along an axis of n."""
    place = np.arange(n)
    low, high = np.maximum(place - RADIUS, 0), np.minimum(place + RADIUS + 1, n)
    return (high - low).astype(np.float32)
