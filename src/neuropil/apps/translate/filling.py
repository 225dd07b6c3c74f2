"""Holes of a picture filled: smoothly from what is around them, or from a place that looks alike.

    filled = fill_hole(part, ground, covered)   # a part of a picture, and what lies under its hole

H, W  height and width     h, w  those of the part     S  shifts     N  points

A hole takes the ground, and of what differs from it around the hole a smooth mean, the nearer the
more (pull and push: Gortler et al. 1996, "The lumigraph", section 4.3); what is of another ground,
beyond the edge of a band, has no say in it.
"""

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.translate.lines import Floats, Pixels

AROUND = 0.12  # heights around a hole where a place that it is copied from must look the same
LEAST_TEXTURE = 2.5  # levels by which a ground varies, for it to be copied
FARTHEST = 2.5  # heights above or below a quad from where it is copied
SAMPLES = 200  # points by which places are compared
MOST_KNOWN = 0.7  # share of these that must be ground there
MUCH_MORE_ALIKE = 0.5  # of the difference from the ground that was laid
OTHER = 40.0  # levels from the plane beyond which what is around a hole is another ground

Mask = NDArray[np.bool_]
Window = tuple[slice, slice]  # rows and columns of a picture


def fill_hole(part: Pixels, plane: Floats, covered: Mask) -> Pixels:
    """Fill a part of a picture: the plane, and smoothly what differs from it around the hole.

    covered: what holes, also of other quads, hide (h, w)
    """
    differs = part.astype(np.float32) - plane
    known = ~covered & (lengths(differs) < OTHER)
    if not known.any():
        known = ~covered
    weights = known.astype(np.float32)[:, :, None]
    filled = plane + pull_push(differs * weights, weights)
    made: Pixels = np.clip(np.rint(filled), 0, 255).astype(np.uint8)
    return made


def find_shift(
    pixels: Pixels, text: Mask, covered: Mask, hole: Mask, ground: Floats, box: Window, tall: float
) -> int | None:
    """Find how many rows it is to a place that looks as what is around a hole does: a ruled ground.

    hole, ground: in a box of the picture (h, w), and what was laid under it (h, w, 3)
    tall: the height of the letters that were there
    text, covered: what is in quads, and in holes (H, W), of both nothing is copied

    None where no place is much more alike than the ground that was laid.
    """
    rim = widen(hole, AROUND * tall) & ~covered[box]
    off = np.sqrt(np.square(pixels[box] - ground)[rim].mean()) if rim.any() else 0.0
    if off < LEAST_TEXTURE:
        return None
    far, near = int(FARTHEST * tall), max(1, int(tall))
    shifts = np.array(sorted({*range(-far, far + 1)} - {*range(1 - near, near)}, key=abs))
    free = ~(text | covered)
    _, may = look_up(pixels, free, points_of(hole, box), shifts)
    around = points_of(rim, box)
    there, known = look_up(pixels, free, around, shifts)
    differs = np.square(there - pixels[around[:, 0], around[:, 1]].astype(np.float32)).mean(axis=2)
    errors = np.sqrt((differs * known).sum(axis=1) / np.maximum(known.sum(axis=1), 1))
    errors[~may.all(axis=1) | (known.mean(axis=1) < MOST_KNOWN)] = np.inf
    best = int(errors.argmin())
    if errors[best] > MUCH_MORE_ALIKE * off:
        return None
    return int(shifts[best])


def points_of(mask: Mask, box: Window) -> NDArray[np.int64]:
    """List some points of a mask, as rows and columns of the picture (N, 2)."""
    points = np.argwhere(mask) + np.array([box[0].start, box[1].start])
    some: NDArray[np.int64] = points[:: 1 + len(points) // SAMPLES]
    return some


def look_up(
    pixels: Pixels, free: Mask, points: NDArray[np.int64], shifts: NDArray[np.int64]
) -> tuple[Pixels, Mask]:
    """Give the colors of points (N, 2) some rows down (S,), and whether each is free (S, N)."""
    rows, columns = points[:, 0] + shifts[:, None], points[:, 1]
    inside = (rows >= 0) & (rows < len(free))
    rows = np.clip(rows, 0, len(free) - 1)
    return pixels[rows, columns], inside & free[rows, columns]


def shift_part(pixels: Pixels, box: Window, rows: int) -> Floats:
    """Copy what is some rows down from a box; beyond the picture its edge goes on."""
    there = np.clip(np.arange(box[0].start, box[0].stop) + rows, 0, len(pixels) - 1)
    return pixels[there, box[1]].astype(np.float32)


def lengths(differences: Floats) -> Floats:
    """Measure how long each vector is (h, w, 3): three times as fast as np.linalg.norm."""
    found: Floats = np.sqrt(np.einsum("hwc,hwc->hw", differences, differences))
    return found


def fit_plane(colors: Floats, known: Mask) -> Floats:
    """Lay a plane of color (h, w, 3) through known pixels, those far from it left out at last."""
    h, w = known.shape
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    places = np.stack([np.ones_like(x), x / w, y / h], axis=2)
    plane = np.zeros_like(colors)
    for _ in range(2):
        some = places[known]
        found = np.linalg.lstsq(some.T @ some, some.T @ colors[known], rcond=None)[0]
        plane = places @ found
        off = lengths(colors - plane)
        known = known & (off <= 2 * np.median(off[known]) + 1)
    return plane


def split_in_two(values: Floats) -> float:
    """Find the threshold between which and the rest both groups are most alike (Otsu 1979).

    Of values that are all the same it is the value.
    """
    if values.min() == values.max():
        return float(values.min())
    counts, edges = np.histogram(values, bins=64)
    middles = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)
    total, sums = below[-1], np.cumsum(counts * middles)
    above = total - below
    with np.errstate(divide="ignore", invalid="ignore"):
        between = below * above * (sums / below - (sums[-1] - sums) / above) ** 2
    return float(edges[1 + int(np.nanargmax(between[:-1]))])


def walk(start: Mask, through: Mask, steps: int) -> Mask:
    """Find what can be reached from a start through a mask, in a few steps."""
    found = start
    for _ in range(steps):
        before = found
        found = before | (widen(before, 1) & through)
        if (found == before).all():
            break
    return found


def widen(mask: Mask, pixels: float) -> Mask:
    """Grow a mask by some pixels in every direction, by one at least."""
    steps = max(1, round(pixels))
    return widen_rows(widen_rows(mask, steps).T, steps).T


def widen_rows(mask: Mask, steps: int) -> Mask:
    """Grow a mask by some rows, up and down."""
    grown, done = mask, 0
    while done < steps:
        by = min(2 * done + 1, steps - done)
        before, grown, done = grown, grown.copy(), done + by
        grown[by:] |= before[:-by]
        grown[:-by] |= before[by:]
    return grown


def pull_push(sums: NDArray[np.floating], weights: NDArray[np.floating]) -> Floats:
    """Fill a picture of weighted colors: halve it until nothing is missing, then come back.

    sums: colors times weights (H, W, 3); weights: 0..1 (H, W, 1)
    """
    h, w, _ = weights.shape
    if max(h, w) == 1 or weights.all():
        made: Floats = sums / np.maximum(weights, np.float32(1e-6))
        return made
    small_sums, small_weights = halve(sums), halve(weights)
    capped: Floats = np.minimum(small_weights, np.float32(1))
    means = small_sums / np.maximum(small_weights, np.float32(1e-6))
    coarse = pull_push(means * capped, capped)
    filled: Floats = sums + (1 - weights) * double(coarse)[:h, :w]
    return filled


def halve(picture: NDArray[np.floating]) -> Floats:
    """Add up squares of four pixels."""
    h, w, c = picture.shape
    even = np.pad(picture, ((0, h % 2), (0, w % 2), (0, 0)))
    made: Floats = even.reshape((h + 1) // 2, 2, (w + 1) // 2, 2, c).sum(axis=(1, 3))
    return made


def double(picture: Floats) -> Floats:
    """Make a picture twice as large, in straight lines between its pixels."""
    near: Floats = np.pad(picture, ((1, 1), (1, 1), (0, 0)), mode="edge")
    rows: Floats = np.stack(
        [0.25 * near[:-2] + 0.75 * near[1:-1], 0.75 * near[1:-1] + 0.25 * near[2:]], 1
    )
    rows = rows.reshape(-1, *near.shape[1:])
    both = np.stack(
        [
            0.25 * rows[:, :-2] + 0.75 * rows[:, 1:-1],
            0.75 * rows[:, 1:-1] + 0.25 * rows[:, 2:],
        ],
        axis=2,
    )
    made: Floats = both.reshape(rows.shape[0], -1, rows.shape[2])
    return made
