"""Text taken out of a picture: its ink found in each quad, and filled from what is around it.

    clean, inks = erase(pixels, quads)      # pixels (H, W, 3), 0..255

H, W  height and width     M  quads

The colors of a quad fall into two groups; the one that most of its rim has is the ground, through
which a plane of color is laid. What is farther from the plane than the ground itself varies is ink.
On a busy ground, in a photograph, ink is what has colors that are rare around the quad.

Where strokes are left, the ground was no plane: it is laid once more, from the colors around the
quad. Where strokes are left even then, all of the quad is filled.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from neuropil.apps.translate.filling import (
    Mask,
    Window,
    fill_hole,
    find_shift,
    fit_plane,
    lengths,
    pull_push,
    shift_part,
    split_in_two,
    walk,
    widen,
)
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
BUSY = 0.35  # share of a ground that is edges, for letters to be told by their color alone
COLOR_STEP = 16  # levels of red, green, blue that are one kind
FEWEST_OF_KIND = 0.01  # share of a quad that has a kind of color, for it to be of letters
RARE = 2.5  # times as much of a kind in a quad as around it
LEAST_INK, MOST_INK = 0.06, 0.5  # share of a quad that letters cover
TWO_COLORS = 120.0  # levels between letters on two grounds, and between these

Color = tuple[int, int, int]  # red, green, blue
ColorPair = tuple[Color, Color]  # of letters, and of the ground under them


@dataclass(frozen=True, eq=False)
class InkFound:
    """What the letters of a quad were: their color, that of the ground, and where they stood.

    ink, ground: red, green, blue, 0..255
    share: of the area of the quad around them that they cover, 0..1
    quad: no larger than the letters (4, 2)
    pairs: each color and its ground, where letters of two colors stand on two grounds
    """

    ink: Color
    ground: Color
    share: float
    quad: Quad
    pairs: tuple[ColorPair, ...] = ()


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


def erase(
    pixels: Pixels, quads: Sequence[Quad], kept: Sequence[Quad] = ()
) -> tuple[Pixels, list[InkFound]]:
    """Take the text of quads out of a picture; the rest of it stays as it is to the last bit.

    kept: other texts, which stay also where the first ones reach into them
    """
    height, width, _ = pixels.shape
    text = mark_quads(quads, GROWN, height, width)
    boxes = [box_around(q, REACH * size_of(q)[1] + 4, height, width) for q in quads]
    depth = np.full((height, width), np.inf, np.float32)
    for quad, box in zip(quads, boxes, strict=True):
        depth[box] = np.minimum(depth[box], depth_of(quad, box))
    spots = [Spot(pixels[b], text[b], depth[b], q, b) for q, b in zip(quads, boxes, strict=True)]
    found = [find_text(spot) for spot in spots]
    stays = mark_quads(kept, 0, height, width) & ~text
    covered = stays.copy()  # no ground either
    for spot, each in zip(spots, found, strict=True):
        covered[spot.box] |= each.hole
    clean, inks = pixels.copy(), []
    for spot, each in zip(spots, found, strict=True):
        last, filled = fill_spot(spot, each, covered[spot.box])
        covered[spot.box] |= last.hole
        shift = find_shift(pixels, text, covered, last.hole, last.ground, spot.box, spot.tall)
        if shift is not None:
            filled = fill_hole(spot.part, shift_part(pixels, spot.box, shift), covered[spot.box])
        clean[spot.box][last.hole] = filled[last.hole]
        inks.append(last.ink)
    clean[stays] = pixels[stays]
    return clean, inks


def find_text(spot: Spot) -> FoundText:
    """Find the ink of a quad; none where the quad has no pixel of the picture."""
    if not spot.within(0).any():
        ink = InkFound((0, 0, 0), (255, 255, 255), 0.0, spot.quad)
        return FoundText(ink, np.zeros_like(spot.text), spot.part.astype(np.float32))
    return find_rare_ink(spot) or find_ink(spot, lay_ground(spot))


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
    if not found.hole.any() or not shows_strokes(spot, found.hole, filled):
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
    strong = least_strong(before[inside])
    was, left = ((each > strong)[inside].mean() for each in (before, after))
    usual = (before > strong)[around].mean() if around.any() else 0.0
    seam = widen(hole, 1) & ~hole
    jumps = (after > before + LEAST_EDGE)[seam].mean() if seam.any() else 0.0
    return bool(left > MOST_LEFT * was + 1.2 * usual or jumps > MOST_JUMPS)


def least_strong(edges: Floats) -> float:
    """Say from where on an edge is as strong as those of letters are."""
    return max(LEAST_EDGE, 0.3 * float(np.percentile(edges, 95)))


def edges(part: Pixels) -> Floats:
    """Measure how much each pixel differs from those right of it and below it, in levels."""
    levels = np.moveaxis(part, 2, 0).astype(np.int16, order="C")  # a plane of each color is faster
    found = np.zeros(part.shape[:2], np.int16)
    found[:, :-1] = np.abs(np.diff(levels, axis=2)).max(axis=0)
    found[:-1] = np.maximum(found[:-1], np.abs(np.diff(levels, axis=1)).max(axis=0))
    return found.astype(np.float32)


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
    distance = lengths(colors - ground)
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
    return FoundText(measure_ink(spot, letters, ground), hole, ground)


def find_rare_ink(spot: Spot) -> FoundText | None:
    """Find the ink of a quad on a busy ground: what has colors that are hardly any around it.

    None where the ground is not busy, and where no color is rare.
    """
    inside, around = spot.within(GROWN), spot.within(REACH) & ~spot.text
    steps = edges(spot.part)
    if not around.any() or (steps[around] > least_strong(steps[inside])).mean() < BUSY:
        return None
    red, green, blue = np.moveaxis(spot.part.astype(np.int64) // COLOR_STEP, 2, 0)
    kinds = (red * 16 + green) * 16 + blue
    here, there = (np.bincount(kinds[m], minlength=4096) / m.sum() for m in (inside, around))
    letters = inside & ((here > FEWEST_OF_KIND) & (here > RARE * there))[kinds]
    if not LEAST_INK < letters[inside].mean() < MOST_INK:
        return None
    ground = ground_around(spot)
    return FoundText(
        measure_ink(spot, letters, ground), widen(letters, HALO / 2 * spot.tall), ground
    )


def measure_ink(spot: Spot, letters: Mask, ground: Floats) -> InkFound:
    """Tell what the letters of a spot were, on a ground (h, w, 3)."""
    own = letters & (depth_of(spot.quad, spot.box) <= spot.depth)
    tight = quad_of(own, spot)
    covers = letters[fill_polygon(tight, spot.box)]
    share = float(covers.mean()) if covers.size else 0.0
    core = find_core(letters, lengths(spot.part - ground))
    ink, under = median_color(spot.part[core]), median_color(ground[spot.within(GROWN)])
    pair = tell_two_inks(spot.part[core].astype(np.float32), ground[core])
    return InkFound(pair[0][0] if pair else ink, under, share, tight, pair)


def tell_two_inks(colors: Floats, grounds: Floats) -> tuple[ColorPair, ...]:
    """Tell the colors of letters that stand on two grounds, white on black and black on white.

    colors, grounds: of pixels of ink, and of what is under them (N, 3)

    Each with its ground, that of more letters first; none where one color is enough.
    """
    along = measure_along(grounds, grounds)
    high = along > split_in_two(along)
    if not LEAST_INK < high.mean() < 1 - LEAST_INK:
        return ()
    groups = sorted((high, ~high), key=np.count_nonzero, reverse=True)
    pairs = tuple((median_color(colors[m]), median_color(grounds[m])) for m in groups)
    (ink, ground), (other, beside) = np.array(pairs, np.float64)
    apart = min(np.linalg.norm(ink - other), np.linalg.norm(ground - beside))
    return pairs if apart > TWO_COLORS else ()


def find_core(letters: Mask, distance: Floats) -> Mask:
    """Find ink that is surely of its full color: inside of strokes, or farthest from the ground.

    So letters with an outline have the color that is inside of it.
    """
    core, count = letters, letters.sum()
    while True:
        inner = core & ~widen(~core, 1)
        if inner.sum() <= CORE * count or (inner == core).all():
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
    wide = grow(spot.quad, spot.tall)  # what lies farther out comes of a quad with no area
    is_inside = (found >= wide.min(axis=0)).all() and (found <= wide.max(axis=0)).all()
    return found if is_inside else spot.quad


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


def choose_ground(colors: Floats, inside: Mask, rim: Mask) -> Mask:
    """Split the colors of a quad in two where they differ most; the ground is what the rim has."""
    along = measure_along(colors, colors[inside])
    high = along > split_in_two(along[inside])
    return inside & (high if 2 * high[rim].sum() > rim.sum() else ~high)


def measure_along(colors: Floats, some: Floats) -> Floats:
    """Measure colors (.., 3) in the direction in which some of them (N, 3) differ most (..)."""
    middle = some.mean(axis=0)
    _, directions = np.linalg.eigh((some - middle).T @ (some - middle))
    along: Floats = (colors - middle) @ directions[:, -1]
    return along


def median_color(colors: Floats | Pixels) -> Color:
    """Give the median of colors (N, 3)."""
    red, green, blue = (int(c) for c in np.median(colors, axis=0))
    return red, green, blue
