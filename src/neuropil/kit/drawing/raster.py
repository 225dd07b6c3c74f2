"""Ink: what a pen covers along a stroke, as outlines and as pixels.

    P  points of a stroke      S  Bézier pieces of a curve      N  samples of a trace
    H, W  pixels of a canvas   K  corners of an outline

A stroke's curve (`strokes.py`) becomes a trace, close samples with the pen's radius at each, for
whatever is filled.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageDraw

from neuropil.kit.drawing.strokes import Floats, Paper, catmull_rom_beziers, flatten_beziers
from neuropil.kit.errors import UserError
from neuropil.kit.formats import MAX_PIXELS
from neuropil.kit.progress import tick, ticking

Complex = NDArray[np.complex128]
Bytes = NDArray[np.uint8]
Color = tuple[int, int, int]
Box = tuple[slice, slice]  # rows, columns

WHITE: Color = (255, 255, 255)
RULE: Color = (195, 206, 222)  # the light blue-grey of ruled lines
RULE_WIDTH = 0.2  # mm

FINE = 0.02  # mm at most between a curve and its trace
SPEED_EXPONENT = 0.35  # exponent by which ink gets thinner as the pen gets faster
THIN, THICK = 0.65, 1.3  # limits of that
DOWNSTROKE_GAIN = 0.2  # share by which a stroke straight down is wider than one across
TAPER = 2.7  # widths of the pen over which an end gets thinner
TIP = 0.45  # width at the very end, as a share
DOT_FACTOR = 1.15  # a single dot, made by a pen that rests
TURN = 0.6  # radians from which the corner of an outline is rounded with points of its own
CAP = 9  # points around the end of an outline
FINER = 4  # subpixels to a pixel, each way
AT_ONCE = 64  # samples drawn together, so that a long stroke needs no large tile
SIDE = 512  # pixels of a tile at most, for samples that are far apart
MIXED = 1 << 18  # pixels whose colors are mixed at once


# Traces


@dataclass(frozen=True, eq=False)
class InkPath:
    """What the tip of a pen covered: disks of `radii` (N) around `points` (N, 2), joined."""

    points: Floats
    radii: Floats

    @cached_property
    def arc_length(self) -> Floats:
        """Measure the way to each sample (N), in mm."""
        return np.concatenate([[0.0], np.hypot(*np.diff(self.points, axis=0).T).cumsum()])

    def subpath(self, start: float, end: float) -> "InkPath":
        """Cut out what lies between two places along the way, in mm."""
        inside = (self.arc_length > start) & (self.arc_length < end)
        at = np.concatenate([[start], self.arc_length[inside], [end]])
        columns = [
            np.interp(at, self.arc_length, values) for values in (*self.points.T, self.radii)
        ]
        return InkPath(np.stack(columns[:2], axis=1), columns[2])

    def chunks(self) -> "list[InkPath]":
        """Cut into short traces that share their ends."""
        starts = range(0, max(1, len(self.points) - 1), AT_ONCE)
        cuts = [slice(start, start + AT_ONCE + 1) for start in starts]
        return [InkPath(self.points[cut], self.radii[cut]) for cut in cuts]


def ink_path(points: Floats, pen: float, filled: bool) -> InkPath:
    """Follow a stroke with a pen of even width in mm, or, filled, with one that has its weight."""
    pieces = catmull_rom_beziers(points)
    if not len(pieces):
        return InkPath(points[:1], np.array([pen / 2 * (DOT_FACTOR if filled else 1)]))
    samples, at = flatten_beziers(pieces, FINE)
    line = InkPath(samples, np.full(len(samples), pen / 2))
    if not filled:
        return line
    knots = pen_pressure(np.vstack([pieces[:1, 0], pieces[:, 3]]))
    weight = np.interp(at, np.arange(len(knots)), knots)
    return taper(InkPath(samples, line.radii * weight), TAPER * pen)


def taper(trace: InkPath, reach: float) -> InkPath:
    """Make both ends thinner: r(s) (TIP + (1 - TIP) sin(pi/2 s / reach)), s mm from the end."""
    length = trace.arc_length[-1]
    near = np.linspace(0, min(reach, 0.45 * length), 4)[1:]  # a straight line has no samples there
    s = np.sort(np.concatenate([trace.arc_length, near, length - near]))
    x, y, r = (np.interp(s, trace.arc_length, values) for values in (*trace.points.T, trace.radii))
    share = np.sin(np.pi / 2 * np.clip(np.minimum(s, length - s) / reach, 0, 1))
    return InkPath(np.stack([x, y], axis=1), r * (TIP + (1 - TIP) * share))


def pen_pressure(points: Floats) -> Floats:
    """Weigh the pen at each point (P, 2): light where it is fast, heavy on its way down."""
    step = np.diff(points, axis=0)
    pace = np.hypot(step[:, 0], step[:, 1])  # mm to a point: points are even in time
    haste = np.clip((pace / pace.mean()) ** -SPEED_EXPONENT, THIN, THICK)
    weight = haste * (1 + DOWNSTROKE_GAIN * np.clip(step[:, 1] / pace, 0, 1))
    wide = np.concatenate([weight[:1], weight[:1], weight, weight[-1:], weight[-1:]])
    weighed: Floats = (wide[:-3] + 3 * wide[1:-2] + 3 * wide[2:-1] + wide[3:]) / 8
    return weighed


# Outlines


def stroke_outline(trace: InkPath) -> Floats:
    """Go around what a trace covers: corners (K, 2), to be filled by the nonzero rule.

    The polygon is the sum of a trapezoid for each step, a wedge on the outer side of each sharp
    corner and a cap at each end. All turn the same way, so that none takes away from another,
    however tight the curve: the inner side of a sharp corner goes by way of the sample itself.
    """
    p, r = trace.points[:, 0] + 1j * trace.points[:, 1], trace.radii
    step = np.diff(p) if len(p) > 1 else np.ones(1, np.complex128)  # a dot looks to the right
    length, angle = np.abs(step), np.angle(step)
    turn = (np.diff(angle) + np.pi) % (2 * np.pi) - np.pi
    tight = r[1:-1] * np.abs(turn) > np.minimum(length[:-1], length[1:])
    sharp = tight | (np.abs(turn) > TURN)
    bow = np.exp(1j * np.linspace(np.pi / 2, -np.pi / 2, CAP))
    ahead = np.exp(1j * angle)
    corners = np.concatenate(
        [
            _side(p, r, ahead, turn, sharp, 1j),
            p[-1] + r[-1] * ahead[-1] * bow,
            _side(p, r, ahead, turn, sharp, -1j)[::-1],
            p[0] - r[0] * ahead[0] * bow,
        ]
    )
    return np.stack([corners.real, corners.imag], axis=1)


def _side(
    p: Complex, r: Floats, ahead: Complex, turn: Floats, sharp: NDArray[np.bool_], quarter: complex
) -> Complex:
    """Follow one side of a trace, a quarter turn off its direction."""
    across = quarter * ahead
    start, end, inner = p[:-1] + r[:-1] * across, p[1:] + r[1:] * across, p[1:-1]
    outer = inner + r[1:-1] * across[:-1] * np.exp(0.5j * turn)
    middle = np.where(sharp & (turn * quarter.imag > 0), inner, outer)
    corners = np.stack([end[:-1], middle, start[1:]], axis=1)
    kept = np.stack([sharp, np.ones_like(sharp), sharp], axis=1)
    return np.concatenate([start[:1], corners[kept], end[-1:]])


# Pixels


class Canvas:
    """A page in pixels, on which ink only ever gets more."""

    def __init__(self, paper: Paper, ink: Color, dots: float, multiple: int = 1) -> None:
        """Lay out `dots` pixels to a mm; width and height are multiples of `multiple`."""
        H, W = (
            multiple * max(1, round(side * dots / multiple)) for side in (paper.height, paper.width)
        )
        if H * W > MAX_PIXELS:
            raise UserError(
                "output.content",
                f"{W} × {H} pixels are more than {MAX_PIXELS}; take fewer dots, or .svg or .pdf",
                value=H * W,
                high=MAX_PIXELS,
            )
        self.ink, self.dots = ink, dots
        self.coverage = np.zeros((H, W), np.uint8)
        self.ruled = np.zeros((H, W), np.uint8)
        for y in paper.ruling:
            ends = np.array([[paper.margin, y], [paper.width - paper.margin, y]])
            self._cover(self.ruled, InkPath(ends, np.full(2, RULE_WIDTH / 2)))

    def draw(self, trace: InkPath) -> Box:
        """Put ink on the canvas and return where."""
        return bounding_union([self._cover(self.coverage, run) for run in trace.chunks()])

    def pixels(self, box: Box) -> Bytes:
        """Look at a part of the canvas: (rows, columns, 3)."""
        pixels = np.empty((*self.coverage[box].shape, 3), np.uint8)
        step = max(1, MIXED // max(1, pixels.shape[1]))
        for top in ticking(range(0, len(pixels), step)):
            rows = slice(box[0].start + top, min(box[0].start + top + step, box[0].stop))
            pixels[top : top + step] = self._colors((rows, box[1]))
        return pixels

    def blocks(self, rows: int) -> Iterator[Bytes]:
        """Look at the whole canvas from above downward, so many rows at once."""
        H, W = self.coverage.shape
        for top in range(0, H, rows):
            yield self.pixels((slice(top, min(top + rows, H)), slice(0, W)))

    def _colors(self, box: Box) -> Bytes:
        """Mix paper, rules and ink; where there are no rules, there are 256 colors."""
        white, rule, ink = (np.array(color, np.float32) for color in (WHITE, RULE, self.ink))
        ruled, covered = self.ruled[box], self.coverage[box]
        if not ruled.any():
            ruled, covered = np.zeros(256, np.uint8), np.arange(256, dtype=np.uint8)
        page = white + ruled[..., None] / np.float32(255) * (rule - white)
        mixed = page + covered[..., None] / np.float32(255) * (ink - page) + np.float32(0.5)
        colors: Bytes = mixed.astype(np.uint8)
        return colors if colors.ndim == 3 else colors.take(self.coverage[box], axis=0)

    @property
    def whole(self) -> Box:
        """Name the box that holds everything."""
        H, W = self.coverage.shape
        return slice(0, H), slice(0, W)

    def _cover(self, plane: Bytes, trace: InkPath) -> Box:
        """Raise the coverage of each pixel to the share of it that the trace covers."""
        H, W = plane.shape
        p, r = trace.points * self.dots, trace.radii * self.dots
        low = np.floor((p - r[:, None]).min(axis=0)).clip(0, (W, H)).astype(int)
        high = np.ceil((p + r[:, None]).max(axis=0)).clip(0, (W, H)).astype(int)
        for y, x in product(*(range(low[i], high[i], SIDE) for i in (1, 0))):
            tick()
            corner = np.array([x, y])
            size = np.minimum(high - corner, SIDE)
            steps = _near(p - corner, r, size)
            if steps.any():
                tile = slice(y, y + size[1]), slice(x, x + size[0])
                share = _tile(p - corner, r, size, steps)
                np.maximum(plane[tile], share, out=plane[tile])
        return slice(low[1], high[1]), slice(low[0], high[0])


def bounding_union(boxes: list[Box]) -> Box:
    """Find the smallest box that holds all; one without a pixel where none has any."""
    full = [box for box in boxes if all(side.start < side.stop for side in box)]
    if not full:
        return slice(0, 0), slice(0, 0)
    (top, bottom), (left, right) = (
        (min(box[i].start for box in full), max(box[i].stop for box in full)) for i in (0, 1)
    )
    return slice(top, bottom), slice(left, right)


def _near(p: Floats, r: Floats, size: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Tell which steps (N - 1) may reach into a tile from (0, 0) to its size; a dot is one."""
    a, b = (p[:-1], p[1:]) if len(p) > 1 else (p, p)
    reach = 1 + (np.maximum(r[:-1], r[1:]) if len(p) > 1 else r)  # a pixel more than is needed
    aside = np.maximum(-np.maximum(a, b), np.minimum(a, b) - size).max(axis=1) > reach
    ahead, middle = b - a, size / 2 - a
    turned = np.abs(ahead[:, 0] * middle[:, 1] - ahead[:, 1] * middle[:, 0])
    passing = turned > (reach + np.hypot(*size) / 2) * np.hypot(*ahead.T)  # the line misses it
    near: NDArray[np.bool_] = ~(aside | passing)
    return near


def _tile(p: Floats, r: Floats, size: NDArray[np.intp], steps: NDArray[np.bool_]) -> Bytes:
    """Measure the share of each pixel that steps cover, by counting subpixels: uint8 (H, W)."""
    W, H = (int(side) * FINER for side in size)
    tile = Picture.new("L", (W, H))
    pen = ImageDraw.Draw(tile)
    places, reach = p * FINER - 0.5, np.maximum(r * FINER - 0.5, 0)  # Pillow names pixel centers
    disks = np.column_stack([places - reach[:, None], places + reach[:, None]])
    ends = np.append(steps, False) | np.append(False, steps) if len(p) > 1 else steps
    for disk in np.floor(disks[ends]).tolist():  # Pillow itself cuts towards 0
        pen.ellipse(disk, fill=255)
    step = np.diff(places, axis=0)
    angle = np.arctan2(step[:, 1], step[:, 0])
    across = np.stack([-np.sin(angle), np.cos(angle)], axis=1)
    start, end = reach[:-1, None] * across, reach[1:, None] * across
    corners = (places[:-1] + start, places[1:] + end, places[1:] - end, places[:-1] - start)
    for corner in np.rint(np.column_stack(corners))[steps if len(step) else []].tolist():
        pen.polygon(corner, fill=255)
    return np.asarray(tile.reduce(FINER))
