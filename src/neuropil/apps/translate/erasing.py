"""Text taken out of a picture: its ink found in each quad, and filled from what is around it.

    clean, inks = erase(pixels, quads)      # pixels (H, W, 3), 0..255

H, W  height and width     M  quads

The colors of a quad fall into two groups; the one that most of its rim has is the ground, through
which a plane of color is laid. What is farther from the plane than the ground itself varies is ink.
A hole takes the plane, and of what differs from it around the hole a smooth mean, the nearer the
more (pull and push: Gortler et al. 1996, "The lumigraph", section 4.3); what is of another ground,
beyond the edge of a band, has no say in it.

Where strokes are left, the ground was no plane: it is laid once more, from the colors around the
quad. Where strokes are left even then, all of the quad is filled.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from neuropil.apps.translate.geometry import Quad, axes, grow, project
from neuropil.apps.translate.lines import Floats, Pixels, perspective, size_of

REACH = 0.5  # heights around a quad from which its holes are filled
GROWN = 0.06  # heights by which ink may stick out of its quad
RIM = 0.12  # heights of the rim inside of a quad
HALO = 0.12  # heights around ink that blur, sharpening and JPEG's rings reach
NOISE = 3.0  # deviations of the ground beyond which a color is none
LEAST_DISTANCE = 18.0  # of a color from the ground, in levels, for ink
BEYOND = 0.25  # heights from a quad where what is no ground is no ink of it either
MOST_BEYOND = 0.4  # share of a quad that may belong to what is beyond it
FULL = 0.45  # of what most ink is far from the ground: what is less so is no letter by itself
CORE = 0.3  # share of ink that must be inside of strokes for them to be told by it
FEWEST = 12  # pixels of ink that tell where letters stood
STRAY = 0.3  # per cent of ink on each side that may be no letter
LEAST_EDGE = 12.0  # levels from a pixel to the next
MOST_LEFT = 0.2  # share of the edges in a quad that may be left when its letters are gone
MOST_JUMPS = 0.3  # share of a hole's border where it may be seen
OTHER = 40.0  # levels from the plane beyond which what is around a hole is another ground

Mask = NDArray[np.bool_]
Window = tuple[slice, slice]  # rows and columns of a picture


@dataclass(frozen=True, eq=False)
class InkFound:
    """What the letters of a quad were: their color, that of the ground, and where they stood.

    ink, ground: red, green, blue, 0..255
    share: of the area of the quad around them that they cover, 0..1
    quad: no larger than the letters (4, 2)
    """

    ink: tuple[int, int, int]
    ground: tuple[int, int, int]
    share: float
    quad: Quad


@dataclass(frozen=True, eq=False)
class Spot:
    """A quad, and the part of the picture around it (h, w, 3).

    text: what is in this quad or another one (h, w)
    depth: how near each pixel is to the middle of a line, that of the nearest (h, w)
    """

    part: Pixels
    text: Mask
    depth: Floats
    quad: Quad
    box: Window

    @property
    def tall(self) -> float:
        """Measure the height of the quad."""
        return size_of(self.quad)[1]

    def within(self, heights: float) -> Mask:
        """Mark what is in the quad when its sides are moved outward by some of its heights."""
        return fill_polygon(grow(self.quad, heights * self.tall), self.box)


@dataclass(frozen=True, eq=False)
class FoundText:
    """The ink of a spot, the hole that it leaves (h, w), and the ground under it (h, w, 3)."""

    ink: InkFound
    hole: Mask
    ground: Floats


def erase(pixels: Pixels, quads: Sequence[Quad]) -> tuple[Pixels, list[InkFound]]:
    """Take the text of quads out of a picture; the rest of it stays as it is to the last bit."""
    height, width, _ = pixels.shape
    text = mark_quads(quads, GROWN, height, width)
    boxes = [box_around(q, REACH * size_of(q)[1] + 4, height, width) for q in quads]
    depth = np.full((height, width), np.inf, np.float32)
    for quad, box in zip(quads, boxes, strict=True):
        depth[box] = np.minimum(depth[box], depth_of(quad, box))
    spots = [Spot(pixels[b], text[b], depth[b], q, b) for q, b in zip(quads, boxes, strict=True)]
    found = [find_ink(spot, lay_ground(spot)) for spot in spots]
    covered = np.zeros((height, width), bool)
    for spot, each in zip(spots, found, strict=True):
        covered[spot.box] |= each.hole
    clean, inks = pixels.copy(), []
    for spot, each in zip(spots, found, strict=True):
        last, filled = fill_spot(spot, each, covered[spot.box])
        covered[spot.box] |= last.hole
        clean[spot.box][last.hole] = filled[last.hole]
        inks.append(last.ink)
    return clean, inks


def depth_of(quad: Quad, box: Window) -> Floats:
    """Measure how far each pixel in a box is from the line through the middle of a quad (h, w).

    In heights of the quad.
    """
    rows, columns = box
    y, x = np.ogrid[rows, columns]
    middle, (_, down) = quad.mean(axis=0), axes(quad)
    way = down / max(1.0, float(down @ down))
    made: Floats = np.abs((x - middle[0]) * way[0] + (y - middle[1]) * way[1]).astype(np.float32)
    return np.where(
        fill_polygon(grow(quad, GROWN * size_of(quad)[1]), box), made, np.float32(np.inf)
    )


def fill_spot(spot: Spot, found: FoundText, covered: Mask) -> tuple[FoundText, Pixels]:
    """Fill the hole of a spot; where strokes are left, one found otherwise, and at last all of it.

    covered: what holes, also of other quads, hide (h, w)
    """
    filled = fill_hole(spot.part, found.ground, covered)
    if not shows_strokes(spot, found.hole, filled):
        return found, filled
    found = find_ink(spot, ground_around(spot))
    filled = fill_hole(spot.part, found.ground, covered | found.hole)
    if not shows_strokes(spot, found.hole, filled):
        return found, filled
    found = replace(found, hole=spot.within(HALO))
    return found, fill_hole(spot.part, found.ground, covered | found.hole)


def shows_strokes(spot: Spot, hole: Mask, filled: Pixels) -> bool:
    """Tell whether a filled hole leaves edges of letters, or has an edge of its own.

    A ground has edges too: as many as there are around the quad are its own.
    """
    inside, around = spot.within(0), spot.within(REACH) & ~spot.text
    before = edges(spot.part)
    after = edges(np.where(hole[:, :, None], filled, spot.part))
    strong = max(LEAST_EDGE, 0.3 * float(np.percentile(before[inside], 95)))
    was, left = ((each > strong)[inside].mean() for each in (before, after))
    usual = (before > strong)[around].mean() if around.any() else 0.0
    seam = widen(hole, 1) & ~hole
    jumps = (after > before + LEAST_EDGE)[seam].mean() if seam.any() else 0.0
    return bool(left > MOST_LEFT * was + 1.2 * usual or jumps > MOST_JUMPS)


def edges(part: Pixels) -> Floats:
    """Measure how much each pixel differs from those right of it and below it, in levels."""
    levels = part.astype(np.float32)
    right = np.abs(np.diff(levels, axis=1, append=levels[:, -1:])).max(axis=2)
    down = np.abs(np.diff(levels, axis=0, append=levels[-1:])).max(axis=2)
    found: Floats = np.maximum(right, down)
    return found


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


def lay_ground(spot: Spot) -> Floats:
    """Lay a plane of color through the ground of a quad, as far as its colors tell it (h, w, 3)."""
    colors = spot.part.astype(np.float32)
    inside = spot.within(GROWN)
    return fit_plane(colors, choose_ground(colors, inside, inside & ~spot.within(-RIM)))


def ground_around(spot: Spot) -> Floats:
    """Let the colors around a quad run smoothly into it (h, w, 3)."""
    around = spot.within(REACH) & ~(spot.text | spot.within(HALO))
    if not around.any():
        return lay_ground(spot)
    weights = around.astype(np.float32)[:, :, None]
    return pull_push(spot.part * weights, weights)


def find_ink(spot: Spot, ground: Floats) -> FoundText:
    """Find the ink of a quad: what differs from the ground (h, w, 3) more than that itself does."""
    colors, inside = spot.part.astype(np.float32), spot.within(GROWN)
    distance = np.linalg.norm(colors - ground, axis=2)
    usual = distance[inside]
    varies = NOISE * 1.48 * float(np.median(usual[usual <= split_in_two(usual)]))
    threshold = max(varies, LEAST_DISTANCE, split_in_two(usual))
    threshold = min(threshold, float(usual.max()))
    strong = distance >= max(threshold, FULL * float(np.percentile(usual[usual >= threshold], 75)))
    faint = distance > max(varies, 0.5 * threshold)
    letters = inside & strong
    beyond = find_beyond(strong, faint, spot)
    if beyond[inside].mean() < MOST_BEYOND and not beyond[letters].all():
        letters = letters & ~beyond
    reached = walk(letters, faint & inside & ~beyond, max(1, round(HALO * spot.tall)))
    hole = widen(reached, HALO * spot.tall) & ~(beyond & ~widen(letters, 1))
    tight = quad_of(letters & (depth_of(spot.quad, spot.box) <= spot.depth), spot)
    covers = letters[fill_polygon(tight, spot.box)]
    share = float(covers.mean()) if covers.size else 0.0
    ink = median_color(colors[find_core(letters, distance)])
    return FoundText(InkFound(ink, median_color(ground[inside]), share, tight), hole, ground)


def find_core(letters: Mask, distance: Floats) -> Mask:
    """Find ink that is surely of its full color: inside of strokes, or farthest from the ground.

    So letters with an outline have the color that is inside of it.
    """
    core, count = letters, letters.sum()
    while True:
        inner = core & ~widen(~core, 1)
        if inner.sum() < CORE * count:
            break
        core = inner
    return core & (distance >= np.median(distance[core])) if core is letters else core


def quad_of(letters: Mask, spot: Spot) -> Quad:
    """Find the quad around letters whose sides run as those of the spot's quad."""
    y, x = np.nonzero(letters)
    if len(x) < FEWEST:
        return spot.quad
    rows, columns = spot.box
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float64)
    places = np.stack([x + columns.start + 0.5, y + rows.start + 0.5], axis=1)
    inward = matrix_of(perspective(spot.quad, square))
    low, high = np.percentile(project(inward, places), (STRAY, 100 - STRAY), axis=0)
    half = 0.5 / np.array(size_of(spot.quad))
    (left, top), (right, bottom) = low - half, high + half
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    found = project(matrix_of(perspective(square, spot.quad)), corners)
    return found if np.isfinite(found).all() else spot.quad


def matrix_of(numbers: Sequence[float]) -> NDArray[np.float64]:
    """Write the eight numbers of a perspective as a matrix (3, 3)."""
    return np.array([*numbers, 1.0]).reshape(3, 3)


def find_beyond(strong: Mask, faint: Mask, spot: Spot) -> Mask:
    """Find what comes into a quad from beyond: the edge of a band, a frame, a line of a table.

    strong, faint: what is as far from the ground as letters are, and what is less so (h, w); of
        each, all that a way of a few steps joins to what is not near, and in no other quad
    """
    away = ~(spot.text | spot.within(BEYOND))
    found = np.zeros_like(away)
    for other in (strong, faint & ~strong):
        found |= walk(other & away, other, int(spot.tall))
    return found


def walk(start: Mask, through: Mask, steps: int) -> Mask:
    """Find what can be reached from a start through a mask, in a few steps."""
    found = start
    for _ in range(steps):
        before = found
        found = before | (widen(before, 1) & through)
        if (found == before).all():
            break
    return found


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
