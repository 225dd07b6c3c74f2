"""The colors that the network chooses among: rings around neutral, finer where colors are common.

N  number of colors (those that an sRGB screen can show at some lightness)
q  a color's number, 0 is neutral
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.colorize.cielab import Floats, lab_from_rgb

CHROMA = (0, 4, 9, 15, 22, 30, 40, 52, 67, 85)  # radius of each ring, CIELAB units
HUES = (1, 6, 9, 12, 15, 18, 20, 22, 24, 24)  # colors on each ring
REACH = 128  # |a| and |b| stay below it in sRGB


@cache
def palette() -> Floats:
    """List the palette's colors as (N, 2) of a, b."""
    rings = [hue_ring(radius, n) for radius, n in zip(CHROMA, HUES, strict=True)]
    colors = np.concatenate(rings)
    a, b = table_index(colors).T
    kept: Floats = colors[in_srgb_gamut()[a, b]]
    return kept


def hue_ring(radius: float, n: int) -> Floats:
    """Place n colors evenly around neutral, every second ring turned by half a step."""
    angle = 2 * np.pi * (np.arange(n) + 0.5 * (n % 2)) / n
    return (radius * np.stack((np.cos(angle), np.sin(angle)), axis=1)).astype(np.float32)


@cache
def in_srgb_gamut() -> NDArray[np.bool_]:
    """Mark the whole-numbered (a, b) that occur among the sRGB colors, widened by 3 units."""
    steps = np.linspace(0, 255, 52).round().astype(np.uint8)
    rgb = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 3)
    ab = lab_from_rgb(rgb)[:, 1:]
    seen = np.zeros((2 * REACH, 2 * REACH), bool)
    for shift in np.ndindex(3, 3):
        seen[tuple(table_index(ab + 3 * (np.array(shift) - 1)).T)] = True
    return seen


@cache
def nearest_index_table() -> NDArray[np.uint8]:
    """Tabulate the nearest palette color for every whole-numbered (a, b)."""
    axis = np.arange(-REACH, REACH, dtype=np.float32)
    ab = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1)
    distance = ((ab[:, :, None, :] - palette()) ** 2).sum(axis=-1)
    number: NDArray[np.uint8] = distance.argmin(axis=-1).astype(np.uint8)
    return number


def table_index(ab: Floats) -> NDArray[np.intp]:
    """Round a, b to the indices of the tables."""
    index: NDArray[np.intp] = np.clip(np.rint(ab) + REACH, 0, 2 * REACH - 1).astype(np.intp)
    return index


def nearest_index(ab: Floats) -> NDArray[np.uint8]:
    """Number the palette color nearest to each of (..., 2)."""
    index = table_index(ab)
    return nearest_index_table()[index[..., 0], index[..., 1]]
