"""The 68 points of a face: found in a crop.

    points, chance = find_points(pixels, map_of_points(before), run)

run gives points (B, 136) and logits (B, 1) of crops (B, 1, 128, 128)
"""

from collections.abc import Callable

import numpy as np

from neuropil.apps.lipsync.preprocess import (
    CROP,
    Floats,
    Pixels,
    crop_map,
    cut_face,
    invert_map,
    map_of_points,
    normalize_crop,
)
from neuropil.apps.lipsync.shapes import N_POINTS, Numbers, Points, transform

RunPoints = Callable[[Floats], tuple[Floats, Floats]]

MIRRORED = (  # which point of the mirrored face each one is
    *range(16, -1, -1),  # jaw
    *range(26, 16, -1),  # brows
    *(27, 28, 29, 30, 35, 34, 33, 32, 31),  # nose
    *(45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40),  # eyes
    *(54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55),  # outer lips
    *(64, 63, 62, 61, 60, 67, 66, 65),  # inner lips
)
BOX_SIDE = 1.55  # side of the first crop, of the width of the finder's box
BOX_DOWN = 0.06  # of the box's height, by which its center lies above that of the points
LOOKS = 3  # at a face that was just found, each from where the last one saw it
SUREST = 50.0  # logit, beyond which nothing changes and exp overflows


def to_output(points: Points) -> Numbers:
    """Take points (.., 68, 2) of a crop to the network's output (.., 136), -1 to 1."""
    scaled = np.asarray(points, np.float64) * (2 / (CROP - 1)) - 1
    return scaled.reshape(*points.shape[:-2], 2 * N_POINTS)


def from_output(output: Floats) -> Numbers:
    """Take the network's output (.., 136) to points (.., 68, 2) of the crop."""
    pairs = output.astype(np.float64).reshape(*output.shape[:-1], N_POINTS, 2)
    return (pairs + 1) * ((CROP - 1) / 2)


def mirror_points(points: Points) -> Numbers:
    """Mirror the points (.., 68, 2) of a crop from left to right."""
    mirrored = np.asarray(points, np.float64)[..., list(MIRRORED), :].copy()
    mirrored[..., 0] = CROP - 1 - mirrored[..., 0]
    return mirrored


def map_of_box(box: Numbers) -> Numbers:
    """Make the map to the crop of a face that the finder has boxed (4,)."""
    x0, y0, x1, y1 = box
    center = np.array([(x0 + x1) / 2, (y0 + y1) / 2 + BOX_DOWN * (y1 - y0)])
    return crop_map(center, BOX_SIDE * (x1 - x0))


def find_points(pixels: Pixels, matrix: Numbers, run: RunPoints) -> tuple[Numbers, float]:
    """Find the points (68, 2) of a face in a picture, and how probable it is that there is one.

    matrix: the map from the picture to the crop that is looked at
    """
    output, logit = run(normalize_crop(cut_face(pixels, matrix)[None]))
    chance = 1 / (1 + np.exp(-float(np.clip(logit[0, 0], -SUREST, SUREST))))
    return transform(from_output(output[0]), invert_map(matrix)), chance


def find_boxed_points(pixels: Pixels, box: Numbers, run: RunPoints) -> tuple[Numbers, float]:
    """Find the points of a face that the finder has boxed: looked at again from where they lie."""
    points, chance = find_points(pixels, map_of_box(box), run)
    for _ in range(LOOKS - 1):
        points, chance = find_points(pixels, map_of_points(points), run)
    return points, chance
