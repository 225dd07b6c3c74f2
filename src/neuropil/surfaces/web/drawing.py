"""A digit drawn by mouse or finger, as `core.digits` has them: 8 × 8 pixels, 0 paper to 1 ink.

    to_pixels([[(0.5, 0.1), (0.5, 0.9)]])       a 1: (64,), rows from the top

However large it was drawn, it fills the square, with a pen as broad as that of the known digits.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Strokes = Sequence[Sequence[Sequence[float]]]  # lines of points (x, y), y downwards

SIDE, FINE = 8, 8  # pixels of a side, and parts of a pixel's side in which ink is measured
PEN = 1.36  # pixels


def to_pixels(strokes: Strokes) -> Floats:
    """Reduce a drawing to 64 pixels: each is the share of it that is ink."""
    begins, ends = fit(*split(strokes))
    axis = (np.arange(SIDE * FINE) + 0.5) / FINE
    places = np.stack(np.meshgrid(axis, axis), axis=-1)  # (H, H, 2)
    far = np.full(places.shape[:2], np.inf)
    for begin, end in zip(begins, ends, strict=True):
        far = np.minimum(far, distance(places, begin, end))
    ink = (far <= PEN / 2).reshape(SIDE, FINE, SIDE, FINE).mean(axis=(1, 3)).ravel()
    made: Floats = ink / ink.max()
    return made


def split(strokes: Strokes) -> tuple[Floats, Floats]:
    """Split lines into their straight pieces: where these begin and end, two (S, 2)."""
    lines = [np.array(stroke if len(stroke) > 1 else [*stroke, *stroke]) for stroke in strokes]
    return np.concatenate([line[:-1] for line in lines]), np.concatenate([x[1:] for x in lines])


def fit(begins: Floats, ends: Floats) -> tuple[Floats, Floats]:
    """Move and scale pieces so that the drawing, with its pen, fills the square."""
    every = np.concatenate([begins, ends])
    low, high = every.min(axis=0), every.max(axis=0)
    scale = (SIDE - PEN) / max(float((high - low).max()), 1e-9)
    middle = (low + high) / 2
    return (begins - middle) * scale + SIDE / 2, (ends - middle) * scale + SIDE / 2


def distance(places: Floats, begin: Floats, end: Floats) -> Floats:
    """Measure how far places (H, H, 2) are from a straight piece: (H, H)."""
    along = end - begin
    length = float(along @ along)
    part = (
        np.clip((places - begin) @ along / length, 0, 1) if length else np.zeros(places.shape[:2])
    )
    made: Floats = np.linalg.norm(places - begin - part[..., None] * along, axis=-1)
    return made
