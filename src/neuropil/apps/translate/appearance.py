"""How lines look in the picture in which they were read, to be compared with how they look later.

    appearance = Appearance(pixels, quads)          # a picture (H, W, 3), 0..255
    seen = appearance.compare(next_pixels, matrix)  # where the picture's points are now
    seen.gain, seen.bias, seen.alike

H, W  height and width     M  quads     N  points, laid over all quads     K  parts of quads

Both pictures are softened before: where a sharp one falls between pixels, half of the contrast of
an edge is gone, which is no change of light.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from neuropil.apps.translate.geometry import Matrix, Quad, project
from neuropil.apps.translate.lines import Floats, Pixels, size_of

SOFT = 2  # pixels around each that are averaged
ACROSS, DOWN = 8, 6  # points of a part, which is as wide as its line is high
MOST_LIT = 4000  # points that tell the light
UNLIKE = 12.0  # levels from which a difference tells less and less of the light (Geman 1987)
ROUNDS = 6  # of fitting the light
STEADY = 1.0  # squared levels; what varies less tells no gain
NOISE = 4.0  # levels, of a channel, by which a softened picture may be off
LEAST_INSIDE = 0.5  # share of a part that must be in the picture to be compared

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class SeenLines:
    """What became of lines: each color is gain times what it was, plus bias (3,).

    alike: how alike the least alike part of each line is (M,); 1 is the same, 0 is gone, below 0
        is something else; a line outside of the picture is 1
    """

    gain: Floats
    bias: Floats
    alike: Floats


class Appearance:
    """Softened colors at points of quads."""

    def __init__(self, pixels: Pixels, quads: Sequence[Quad]) -> None:
        self.points, self.parts, self.lines = lay_points(quads)
        there, self.colors = sample(soften(pixels), self.points, 1)
        self.known = there
        self.step = 1 + len(self.points) // MOST_LIT

    def compare(self, pixels: Pixels, matrix: Matrix) -> SeenLines:
        """Compare with a picture to which a homography (3, 3) leads."""
        there, colors = sample(soften(pixels), project(matrix, self.points), 1)
        there &= self.known
        lit = np.flatnonzero(there)[:: self.step]
        gain, bias = fit_light(self.colors[lit], colors[lit])
        return SeenLines(gain, bias, self.measure(self.colors * gain + bias, colors, there))

    def measure(self, expected: Floats, colors: Floats, there: Mask) -> Floats:
        """Tell how alike each line is to what is expected of it (M,)."""
        line = self.lines[self.parts]
        off = colors - expected
        off = off - means(off, line, there)[line]  # a shadow may lie on a line
        varies = expected - means(expected, line, there)[line]
        variance = means((varies**2).sum(axis=1, keepdims=True), line, there)
        errors = means((off**2).sum(axis=1, keepdims=True), self.parts, there)
        alike = 1 - (errors / (variance[self.lines] + 3 * NOISE**2))[:, 0]
        alike[means(there[:, None], self.parts, np.ones_like(there))[:, 0] < LEAST_INSIDE] = 1
        least = np.ones(int(self.lines.max(initial=-1)) + 1, np.float32)
        np.minimum.at(least, self.lines, alike)
        return least


def lay_points(quads: Sequence[Quad]) -> tuple[Matrix, NDArray[np.intp], NDArray[np.intp]]:
    """Lay points (N, 2) over quads; also give each point's part (N,), each part's line (K,)."""
    points, parts, lines = [np.zeros((0, 2))], [np.zeros(0, np.intp)], list[int]()
    for number, quad in enumerate(quads):
        width, height = size_of(quad)
        count = max(1, round(width / max(1.0, height)))
        u, v = np.meshgrid(middles(count * ACROSS), middles(DOWN))
        upper = quad[0] + (quad[1] - quad[0]) * u[..., None]
        lower = quad[3] + (quad[2] - quad[3]) * u[..., None]
        points.append((upper + (lower - upper) * v[..., None]).reshape(-1, 2))
        parts.append(len(lines) + (u * count).astype(np.intp).ravel())
        lines += [number] * count
    return np.concatenate(points), np.concatenate(parts), np.array(lines, np.intp)


def middles(count: int) -> Floats:
    """Divide 0..1, and give the middle of each piece."""
    made: Floats = (np.arange(count, dtype=np.float32) + np.float32(0.5)) / np.float32(count)
    return made


def means(values: NDArray[np.generic], groups: NDArray[np.intp], counted: Mask) -> Floats:
    """Average the counted ones of values (N, C) in each group."""
    count = int(groups.max(initial=-1)) + 1
    number = np.bincount(groups, counted, count)
    sums = [np.bincount(groups, column * counted, count) for column in np.asarray(values).T]
    made: Floats = (np.stack(sums, axis=1) / np.maximum(number, 1)[:, None]).astype(np.float32)
    return made


def fit_light(values: Floats, seen: Floats) -> tuple[Floats, Floats]:
    """Find gain and bias (3,) of colors (N, 3): seen = gain values + bias."""
    weights = np.ones(len(values), np.float32)
    gain: Floats = np.ones(3, np.float32)
    bias: Floats = np.zeros(3, np.float32)
    for _ in range(ROUNDS):
        share = weights / max(1e-6, float(weights.sum()))
        before, now = share @ values, share @ seen
        common = share @ ((values - before) * (seen - now))
        gain = np.divide(common + STEADY, share @ (values - before) ** 2 + STEADY, dtype=np.float32)
        bias = np.subtract(now, gain * before, dtype=np.float32)
        off = gain * values + bias - seen
        weights = 1 / (1 + (off**2).sum(axis=1) / UNLIKE**2) ** 2
    return gain, bias


def soften(pixels: Pixels) -> Pixels:
    """Average each pixel with those around it."""
    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.BoxBlur(SOFT)))


def sample(picture: Floats | Pixels, points: Matrix, scale: int) -> tuple[Mask, Floats]:
    """Give what is at points (N, 2) of the whole picture, in straight lines between pixels.

    picture: of brightness or of colors, scale times smaller; also tells which points are inside of
        it (N,)
    """
    h, w = picture.shape[:2]
    x, y = ((points - (scale - 1) / 2) / scale).T
    there = (x >= 0) & (x < w - 1) & (y >= 0) & (y < h - 1)
    column = np.clip(x, 0, w - 2).astype(int)
    row = np.clip(y, 0, h - 2).astype(int)
    each = (-1, *[1] * (picture.ndim - 2))  # one share for all channels of a point
    u, v = (x - column).reshape(each), (y - row).reshape(each)
    upper = picture[row, column] * (1 - u) + picture[row, column + 1] * u
    lower = picture[row + 1, column] * (1 - u) + picture[row + 1, column + 1] * u
    made: Floats = (upper * (1 - v) + lower * v).astype(np.float32)
    return there, made
