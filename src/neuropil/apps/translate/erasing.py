"""Text taken out of a picture: its ink found in each quad, and filled from what is around it.

    clean, inks = erase(pixels, quads)      # pixels (H, W, 3), 0..255

H, W  height and width     M  quads

The colors of a quad fall into two groups; the one that most of its rim has is the ground, through
which a plane of color is laid. What is farther from the plane than the ground itself varies is ink.
A hole takes the plane, and of what differs from it around the hole a smooth mean, the nearer the
more (pull and push: Gortler et al. 1996, "The lumigraph", section 4.3); what is of another ground,
beyond the edge of a band, has no say in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from neuropil.apps.translate.geometry import Quad, grow
from neuropil.apps.translate.lines import Floats, Pixels, size_of

REACH = 0.5  # heights around a quad from which its holes are filled
GROWN = 0.06  # heights by which ink may stick out of its quad
RIM = 0.12  # heights of the rim inside of a quad
HALO = 0.12  # heights around ink that blur, sharpening and JPEG's rings reach
NOISE = 3.0  # deviations of the ground beyond which a color is none
LEAST_DISTANCE = 18.0  # of a color from the ground, in levels, for ink
BEYOND = 0.25  # heights from a quad where what is no ground is no ink of it either
MOST_BEYOND = 0.4  # share of a quad that may belong to what is beyond it
OTHER = 40.0  # levels from the plane beyond which what is around a hole is another ground

Mask = NDArray[np.bool_]
Window = tuple[slice, slice]  # rows and columns of a picture


@dataclass(frozen=True)
class InkFound:
    """What the letters of a quad were: their color, that of the ground, and the share they cover.

    ink, ground: red, green, blue, 0..255; share: of the quad's area, 0..1
    """

    ink: tuple[int, int, int]
    ground: tuple[int, int, int]
    share: float


def erase(pixels: Pixels, quads: Sequence[Quad]) -> tuple[Pixels, list[InkFound]]:
    """Take the text of quads out of a picture; the rest of it stays as it is to the last bit."""
    height, width, _ = pixels.shape
    boxes = [box_around(q, REACH * size_of(q)[1] + 4, height, width) for q in quads]
    text = mark_quads(quads, GROWN, height, width)
    found = [find_ink(pixels[b], text[b], q, b) for q, b in zip(quads, boxes, strict=True)]
    covered = np.zeros((height, width), bool)
    for box, (_, hole, _) in zip(boxes, found, strict=True):
        covered[box] |= hole
    clean = pixels.copy()
    for box, (_, hole, plane) in zip(boxes, found, strict=True):
        clean[box][hole] = fill_hole(pixels[box], plane, covered[box])[hole]
    return clean, [ink for ink, _, _ in found]


def mark_quads(quads: Sequence[Quad], heights: float, height: int, width: int) -> Mask:
    """Mark the pixels of a picture that are in a quad, or within some of its heights around it."""
    mask = np.zeros((height, width), bool)
    for quad in quads:
        wide = grow(quad, heights * size_of(quad)[1])
        box = box_around(wide, 0, height, width)
        mask[box] |= fill_polygon(wide, box)
    return mask


def box_around(quad: Quad, margin: float, height: int, width: int) -> Window:
    """Give rows and columns of the upright box around a quad, inside of the picture."""
    left, top = np.floor(quad.min(axis=0) - margin).astype(int)
    right, bottom = np.ceil(quad.max(axis=0) + margin).astype(int) + 1
    rows = slice(min(max(top, 0), height - 1), min(max(bottom, 1), height))
    columns = slice(min(max(left, 0), width - 1), min(max(right, 1), width))
    return rows, columns


def fill_polygon(quad: Quad, box: Window) -> Mask:
    """Give the mask of a quad inside of a box."""
    rows, columns = box
    image = Image.new("1", (columns.stop - columns.start, rows.stop - rows.start))
    corners = [(float(x - columns.start), float(y - rows.start)) for x, y in quad]
    ImageDraw.Draw(image).polygon(corners, fill=1)
    return np.asarray(image)


def find_ink(part: Pixels, text: Mask, quad: Quad, box: Window) -> tuple[InkFound, Mask, Floats]:
    """Find the ink of a quad in the part of the picture around it.

    text: what is in this quad or another one (h, w)

    Also gives the hole that it leaves (h, w), and the plane of its ground (h, w, 3).
    """
    tall = size_of(quad)[1]
    inside = fill_polygon(grow(quad, GROWN * tall), box)
    rim = inside & ~fill_polygon(grow(quad, -RIM * tall), box)
    colors = part.astype(np.float32)
    ground = choose_ground(colors, inside, rim)
    plane = fit_plane(colors, ground)
    distance = np.linalg.norm(colors - plane, axis=2)
    varies = NOISE * 1.48 * float(np.median(distance[ground]))
    threshold = max(varies, LEAST_DISTANCE, split_in_two(distance[inside]))
    letters = inside & (distance >= min(threshold, float(distance[inside].max())))
    faint = distance > max(varies, 0.5 * threshold)
    near = text | fill_polygon(grow(quad, BEYOND * tall), box)
    beyond = find_beyond(faint, near, int(tall))
    if beyond[inside].mean() < MOST_BEYOND and not beyond[letters].all():
        letters, faint = letters & ~beyond, faint & ~beyond
    core = letters & (distance >= np.median(distance[letters]))
    share = letters.sum() / inside.sum()
    ink = InkFound(median_color(colors[core]), median_color(plane[inside]), float(share))
    return ink, widen(inside & (letters | faint), HALO * tall) & ~beyond, plane


def find_beyond(other: Mask, near: Mask, steps: int) -> Mask:
    """Find what comes into a quad from beyond: the edge of a band, a frame, a line of a table.

    other: what is not of the ground (h, w); of it, all that a way of a few steps joins to what is
        not near, and in no other quad
    """
    beyond = other & ~near
    for _ in range(steps):
        before = beyond
        beyond = widen(before, 1) & other
        if (beyond == before).all():
            break
    return beyond


def choose_ground(colors: Floats, inside: Mask, rim: Mask) -> Mask:
    """Split the colors of a quad in two where they differ most; the ground is what the rim has."""
    centered = colors - colors[inside].mean(axis=0)
    _, directions = np.linalg.eigh(centered[inside].T @ centered[inside])
    along: Floats = centered @ directions[:, -1]
    high = along > split_in_two(along[inside])
    return inside & (high if high[rim].mean() > 0.5 else ~high)


def fill_hole(part: Pixels, plane: Floats, covered: Mask) -> Pixels:
    """Fill a part of a picture: the plane, and smoothly what differs from it around the hole.

    covered: what holes, also of other quads, hide (h, w)
    """
    differs = part.astype(np.float32) - plane
    known = ~covered & (np.linalg.norm(differs, axis=2) < OTHER)
    if not known.any():
        known = ~covered
    weights = known.astype(np.float32)[:, :, None]
    filled = plane + pull_push(differs * weights, weights)
    made: Pixels = np.clip(np.rint(filled), 0, 255).astype(np.uint8)
    return made


def median_color(colors: Floats) -> tuple[int, int, int]:
    """Give the median of colors (N, 3)."""
    red, green, blue = (int(c) for c in np.median(colors, axis=0))
    return red, green, blue


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
        off = np.linalg.norm(colors - plane, axis=2)
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


def widen(mask: Mask, pixels: float) -> Mask:
    """Grow a mask by some pixels in every direction, by one at least."""
    steps = max(1, round(pixels))
    return widen_rows(widen_rows(mask, steps).T, steps).T


def widen_rows(mask: Mask, steps: int) -> Mask:
    """Grow a mask by some rows, up and down."""
    sums = np.cumsum(np.pad(mask, ((steps + 1, steps), (0, 0))), axis=0, dtype=np.int32)
    grown: Mask = sums[2 * steps + 1 :] > sums[: -2 * steps - 1]
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
