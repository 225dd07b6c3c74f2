"""Faces found in a picture: from what the finder says of each cell to boxes.

    found = find_faces(pixels, run)     # pixels (H, W, 3); run gives the maps of a picture
    found.boxes, found.confidences

h, w  cells of CELL x CELL pixels     N  faces
maps (5, h, w): logit that a face has its center here, logarithms of the distances to its left, top,
right and lower edge, in pixels
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.lipsync.preprocess import Floats, Pixels, finder_input
from neuropil.apps.lipsync.shapes import Numbers

CELL = 4  # pixels, in either direction
SURE = 0.3  # probability from which a cell is taken for a center
OVERLAP = 0.35  # intersection over union, above which two boxes are one face
SPAN = (0.0, 5.5)  # of the logarithm of a distance in pixels
SUREST = 50.0  # logit, beyond which nothing changes and exp overflows
MOST_FACES = 16


@dataclass(frozen=True, eq=False)
class FoundFaces:
    """Boxes (N, 4), x0, y0, x1, y1 in pixels, the surest first, and confidences (N,)."""

    boxes: Numbers
    confidences: Floats


def find_faces(pixels: Pixels, run: Callable[[Floats], Floats], sure: float = SURE) -> FoundFaces:
    """Find the faces of a picture (H, W, 3).

    run: gives the maps (1, 5, h, w) of a normalized picture
    """
    picture, scale = finder_input(pixels)
    found = decode_maps(run(picture)[0], sure)
    return FoundFaces(found.boxes * scale, found.confidences)


def decode_maps(maps: Floats, sure: float = SURE) -> FoundFaces:
    """Take boxes from the maps of a picture: of those that overlap the surest."""
    chances = 1 / (1 + np.exp(-maps[0].clip(-SUREST, SUREST)))
    rows, columns = np.nonzero((chances > sure) & (chances >= neighborhood_max(chances)))
    order = np.argsort(-chances[rows, columns], kind="stable")[: 4 * MOST_FACES]
    rows, columns = rows[order], columns[order]
    left, top, right, below = np.exp(maps[1:, rows, columns].clip(*SPAN).astype(np.float64))
    x, y = cell_centers(columns), cell_centers(rows)
    boxes = np.stack([x - left, y - top, x + right, y + below], axis=1)
    kept = suppress_overlaps(boxes)[:MOST_FACES]
    return FoundFaces(boxes[kept], chances[rows, columns][kept].astype(np.float32))


def cell_centers(numbers: NDArray[np.integer]) -> Numbers:
    """Give the middle of cells in pixels, where the center of the first pixel is 0."""
    return CELL * (numbers.astype(np.float64) + 0.5) - 0.5


def neighborhood_max(values: Floats) -> Floats:
    """Give the largest of each cell and its eight neighbors."""
    padded = np.pad(values, 1, constant_values=-np.inf)
    h, w = values.shape
    parts = [padded[i : i + h, j : j + w] for i in range(3) for j in range(3)]
    largest: Floats = np.max(parts, axis=0)
    return largest


def suppress_overlaps(boxes: Numbers) -> list[int]:
    """List the boxes, the surest first, that overlap no surer one much."""
    kept: list[int] = []
    for number in range(len(boxes)):
        if not kept or overlaps(boxes[number], boxes[kept]).max() < OVERLAP:
            kept.append(number)
    return kept


def overlaps(box: Numbers, boxes: Numbers) -> Numbers:
    """Measure the intersection over the union of a box (4,) with boxes (N, 4)."""
    low, high = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])
    both = np.clip(high - low, 0, None).prod(axis=1)
    sizes = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1) + (box[2:] - box[:2]).prod()
    share: Numbers = both / np.maximum(sizes - both, 1e-9)
    return share
