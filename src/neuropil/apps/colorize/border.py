"""The border around a picture: mounts, margins, the black edge of a negative, the bars of a film.

    H, W  pixels of the picture     h, w  of the reduced one in which a border is sought

A border is peeled off in layers: the bed of a scanner, a mat, the edge of a print. A side of a
layer has one tone from the edge of the picture to a straight line, at which most of its pixels
leave that tone at once. Snow, a night sky, a white backdrop have one tone too, but they end at the
outlines of things, and not on all sides. One side alone is a border where it is blank paper or film
and ends as if cut, as a strip for a caption does. An oval mount is sought inside of all layers.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from neuropil.apps.colorize.cielab import Floats, Pixels, lightness
from neuropil.apps.colorize.oval import find_oval
from neuropil.apps.colorize.preprocess import resize_uint8
from neuropil.apps.colorize.rectangle import Rectangle

LONGER_SIDE = 320  # pixels at which a border is sought
N_LAYERS = 4  # at most
SMALLEST = 32  # pixels a side in which a border is sought
DEEPEST = 0.3  # share of the picture that one side of a layer takes at most
SWAY = 0.02  # share of the picture by which an edge sways that is deckled or turned
STRIP = 0.006  # share of the picture: the outermost lines, which give a side its tone
TOLERANCE = (3.0, 10.0)  # units of L around the tone, least and most
GRAINS = 5  # times the grain that pixels may lie off the tone
EVEN = 0.8  # share of a side that has its tone
SAME_TONE = 15.0  # units of L between the sides of one layer
BLACK, WHITE = 20.0, 88.0  # L of borders that need not be on all sides
SHALLOW = 0.15  # share of the picture that a side of such a border takes at most, but for bars
# Share of a side's pixels that leave its tone at the edge (its drop):
WEAK, STRONG = 0.25, 0.5  # of any side; of any side of an inner layer
MOST, AVERAGE = 0.6, 0.72  # of all but one side; of all sides together
SHARP, BAR = 0.8, 0.75  # of three sides where there is no fourth; of two
CUT = 0.94  # of a strip, which is a border by itself
BLANK = 1.0  # units of L: the grain of a strip, at most; walls and skies have more
THINNEST = 0.01  # share of the picture that a strip takes at least
LASTING = 30  # levels of 255: standard deviation over time of a border that lasts
REST = 0.2  # of the drop: what is left of it at the end of an edge that sways


@dataclass(frozen=True)
class Side:
    """One side of a layer: its L, how many lines it has, the share of pixels that change there.

    grain: units of L by which its pixels lie off its tone (median)
    """

    tone: float
    depth: int
    drop: float
    grain: float


Depths = tuple[int, ...]  # lines of a layer above, below, left and right
NO_SIDE = Side(-1.0, 0, 0.0, 0.0)
NO_LAYER: Depths = (0, 0, 0, 0)


def find_inside(pixels: Pixels) -> Rectangle | None:
    """Find what a border leaves of a picture (H, W, 3); None where there is no border."""
    H, W, _ = pixels.shape
    scale = min(1.0, LONGER_SIDE / max(H, W))
    h, w = max(1, round(H * scale)), max(1, round(W * scale))
    light = lightness(resize_uint8(pixels, h, w))
    box = whole = Rectangle(0, 0, w, h)
    for layer in range(N_LAYERS):
        # In pictures that were reduced the first line of what lies inside a layer blends both.
        clear = inset(box, whole)
        part = light[clear.top : clear.bottom, clear.left : clear.right]
        depths = measure_layer(part, is_outermost=layer == 0)
        if depths == NO_LAYER:
            break
        above, below, left, right = depths
        box = Rectangle(
            clear.left + left, clear.top + above, clear.right - right, clear.bottom - below
        )
    clear = inset(box, whole)
    if oval := find_oval(light[clear.top : clear.bottom, clear.left : clear.right]):
        return oval.move(clear.left, clear.top).scale(W / w, H / h)
    return None if box == whole else enlarge_box(box, (h, w), pixels)


def inset(box: Rectangle, whole: Rectangle) -> Rectangle:
    """Leave out a line on each side on which a layer has been peeled off."""
    return Rectangle(
        box.left + (box.left > whole.left),
        box.top + (box.top > whole.top),
        box.right - (box.right < whole.right),
        box.bottom - (box.bottom < whole.bottom),
    )


def find_lasting_inside(frames: Iterable[Pixels], height: int, width: int) -> Rectangle | None:
    """Find what a border leaves of a film's frames (H, W, 3) that all have it."""
    mean = np.zeros((height, width, 3), np.float32)
    squares = np.zeros((height, width), np.float32)  # mean of green's
    for n, pixels in enumerate(frames, 1):
        mean += (pixels - mean) / n
        squares += (np.square(pixels[..., 1], dtype=np.float32) - squares) / n
    box = find_inside(mean.round().astype(np.uint8))
    if box is None:
        return None
    change = np.sqrt((squares - mean[..., 1] ** 2).clip(0))
    change[box.top : box.bottom, box.left : box.right][box.mask()] = np.nan
    return box if np.nanmean(change) < LASTING else None


def enlarge_box(box: Rectangle, size: tuple[int, int], pixels: Pixels) -> Rectangle:
    """Bring a box found at a size (h, w) to the picture (H, W, 3), its edges to the pixel."""
    H, W, _ = pixels.shape
    h, w = size
    if (h, w) == (H, W):
        return box
    rows = slice(round(box.top * H / h), round(box.bottom * H / h))
    columns = slice(round(box.left * W / w), round(box.right * W / w))
    upright = pixels[:, columns]
    lying = np.swapaxes(pixels[rows], 0, 1)
    return Rectangle(
        columns.start and refine_edge(lying, columns.start, W / w),
        rows.start and refine_edge(upright, rows.start, H / h),
        W - (W - columns.stop and refine_edge(lying[::-1], W - columns.stop, W / w)),
        H - (H - rows.stop and refine_edge(upright[::-1], H - rows.stop, H / h)),
    )


def refine_edge(pixels: Pixels, depth: int, scale: float) -> int:
    """Find the line of a picture (H, W, 3) at which it leaves the tone, near `depth` lines."""
    reach = int(np.ceil(2 * scale))
    first = max(0, depth - reach)
    light = lightness(pixels[first : depth + reach, :: int(scale)])
    away = np.abs(light - np.median(light[0])).mean(axis=1)
    return first + int((away > (away.min() + away.max()) / 2).argmax())


def measure_layer(light: Floats, is_outermost: bool) -> Depths:
    """Measure the layer around L (h, w), one border as a whole or none."""
    if min(light.shape) < SMALLEST:
        return NO_LAYER
    depths, sides = NO_LAYER, [NO_SIDE] * 4
    for least in (WEAK, STRONG):  # first with corners that belong to other sides, then without
        sides = [measure_side(turn(light, k), cut_ends(depths, k)) for k in range(4)]
        depths = tuple(side.depth if side.drop >= least else 0 for side in sides)
    tone = max(sides, key=lambda side: side.drop).tone
    alike = [side if abs(side.tone - tone) <= SAME_TONE else NO_SIDE for side in sides]
    if is_border(alike, is_outermost):
        return tuple(side.depth for side in alike)
    if not is_outermost:
        return NO_LAYER
    depths = find_open_border(alike, light.shape)
    return find_strips(sides, light.shape) if depths == NO_LAYER else depths


def turn(light: Floats, k: int) -> Floats:
    """Turn a picture so that side k lies above; 0 to 3: above, below, left, right."""
    return (light, light[::-1], light.T, light.T[::-1])[k]


def cut_ends(depths: Depths, k: int) -> tuple[int, int]:
    """Tell how much of both ends of side k belongs to the sides next to it."""
    return (depths[2], depths[3]) if k < 2 else (depths[0], depths[1])


def measure_side(light: Floats, ends: tuple[int, int]) -> Side:
    """Measure the side above of L (h, w), without the columns at both ends."""
    light = light[:, ends[0] : light.shape[1] - ends[1]]
    strip = light[: max(1, round(STRIP * len(light)))]
    tone = float(np.median(strip))
    grain = float(np.median(np.abs(strip - tone)))
    has_tone = np.abs(light - tone) < np.clip(GRAINS * grain, *TOLERANCE)
    depth, drop = find_edge(has_tone.mean(axis=1))
    return Side(tone, depth, drop, float(np.median(np.abs(light[:depth] - tone))))


def find_edge(share: Floats) -> tuple[int, float]:
    """Find the line at which most pixels leave the tone, by the share of each line that has it.

    Returns how many lines come before, and the share of pixels that leave it.
    """
    h = len(share)
    reach = max(1, round(SWAY * h))
    total = np.concatenate(([0.0], np.cumsum(share)))
    d = np.arange(1, max(2, int(DEEPEST * h)))  # lines that the side may have
    first = np.maximum(d - reach, 1)
    even = np.minimum.accumulate(total[first] / first)
    before = np.max([share[np.maximum(d - 1 - k, 0)] for k in range(reach + 1)], axis=0)
    after = (total[d + 2 * reach] - total[d + reach - 1]) / (reach + 1)
    drop = np.where(even >= EVEN, before - after, 0)
    best = int(drop.argmax())
    near = max(1, int(d[best]) - reach)
    left = after[best] + REST * drop[best]
    below = np.flatnonzero(share[near : int(d[best]) + 2 * reach + 1] < left)
    depth = near + int(below[0]) if len(below) else int(d[best])
    return depth, float(drop[best])


def is_border(sides: Sequence[Side], is_outermost: bool) -> bool:
    """Tell a border on all four sides by how sharply these end."""
    drops = sorted(side.drop for side in sides)
    least = WEAK if is_outermost else STRONG
    return drops[0] >= least and drops[1] >= MOST and float(np.mean(drops)) >= AVERAGE


def find_open_border(sides: Sequence[Side], shape: tuple[int, ...]) -> Depths:
    """Find a black or white border on three sides, or bars on two that face each other."""
    if any(side != NO_SIDE and BLACK <= side.tone <= WHITE for side in sides):
        return NO_LAYER
    lengths = side_lengths(shape)
    sharp = [side.drop >= SHARP for side in sides]
    depths = tuple(side.depth if side.drop >= SHARP else 0 for side in sides)
    if sum(sharp) == 3 and all(d <= SHALLOW * n for d, n in zip(depths, lengths, strict=True)):
        return depths
    for k in (0, 2):
        one, other = sides[k : k + 2]
        if min(one.drop, other.drop) >= BAR and abs(one.depth - other.depth) <= SWAY * lengths[k]:
            bars = [0, 0, 0, 0]
            bars[k : k + 2] = one.depth, other.depth
            return tuple(bars)
    return NO_LAYER


def side_lengths(shape: tuple[int, ...]) -> Depths:
    """Tell of how many lines of (h, w) each side has its share."""
    return shape[0], shape[0], shape[1], shape[1]


def find_strips(sides: Sequence[Side], shape: tuple[int, ...]) -> Depths:
    """Find sides that are borders by themselves, as a strip for a caption is."""
    pairs = zip(sides, side_lengths(shape), strict=True)
    return tuple(side.depth if is_strip(side, n) else 0 for side, n in pairs)


def is_strip(side: Side, n: int) -> bool:
    """Tell blank paper or film, cut straight, from a wall or a sky; n lines are the picture's."""
    is_blank = not BLACK < side.tone < WHITE and side.grain <= BLANK
    return is_blank and side.drop >= CUT and side.depth >= THINNEST * n
