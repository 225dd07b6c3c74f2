"""Where a text went from one picture of a film to the next: how the camera moved.

    tracker = Tracker(pixels, quads)            # a picture (H, W, 3) whose quads are known
    motion = tracker.follow(next_pixels)        # None where the view has changed
    motion.move(quads)

H, W  height and width     N  points of the texts     P = 8 + 2  numbers of a motion

Every picture is compared with the first one, never with the last, so that nothing drifts. The
motion of a plane is a homography, p its eight numbers. Points where the brightness changes most are
compared in both pictures, and p is moved until they agree: the inverse compositional algorithm
(Baker and Matthews 2004, "Lucas-Kanade 20 years on", section 3.2), from a coarse picture to the
fine one. The light, and what became of each line, is told by other points (appearance.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from neuropil.apps.translate.appearance import Appearance, sample
from neuropil.apps.translate.erasing import mark_quads
from neuropil.apps.translate.geometry import Matrix, Quad, project
from neuropil.apps.translate.lines import Floats, Pixels

LEVELS = (8, 4, 2, 1)  # how much smaller the pictures are that are compared, one after the other
MOST_POINTS = 4000  # of each level
ROUNDS = 12  # of moving p at each level, at most
STILL = 0.01  # pixels; where no corner moves farther, p is found
AROUND = 0.3  # heights around a quad in which there are points, too
UNLIKE = 6.0  # levels of brightness from which a difference counts less (Huber 1964)
LEAST_GAIN = 0.05  # of the light, below which nothing more is divided by it
LEAST_LIKENESS = 0.7  # correlation of both pictures at the points, below which the view has changed
LEAST_INSIDE = 0.5  # share of the points that must be in the picture
FEWEST_POINTS = 30  # of a level, or it is left out


@dataclass(frozen=True, eq=False)
class Motion:
    """A homography (3, 3), from the first picture's pixels to this one's, and the light.

    gain, bias: a color here is gain times that of the first picture, plus bias; of red, green and
        blue (3,), or of all
    alike: how alike the least alike part of each quad is, 1 at most (appearance.py)
    """

    matrix: Matrix
    gain: Floats | float = 1.0
    bias: Floats | float = 0.0
    alike: Sequence[float] = ()

    def move(self, points: Matrix) -> Matrix:
        """Move points (..., 2) of the first picture to where they are in this one."""
        return project(self.matrix, points)


@dataclass(frozen=True, eq=False)
class Level:
    """What is known of the first picture at one scale.

    points: (N, 2), in pixels of the whole picture; values: brightness there (N,)
    slopes: how the brightness changes with each number of p (N, 8)
    """

    scale: int
    points: Matrix
    values: Floats
    slopes: Matrix


class Tracker:
    """The texts of a picture, to be found again in pictures that follow it."""

    def __init__(self, pixels: Pixels, quads: Sequence[Quad]) -> None:
        self.center = np.array([pixels.shape[1], pixels.shape[0]]) / 2
        self.unit = float(self.center.max())
        mask = mark_quads(quads, AROUND, *pixels.shape[:2])
        grey = Image.fromarray(pixels).convert("L")
        self.levels = [self.look(grey, mask, scale) for scale in LEVELS]
        self.appearance = Appearance(pixels, quads)
        self.last: Matrix = np.eye(3)

    def look(self, image: Image.Image, mask: NDArray[np.bool_], scale: int) -> Level:
        """Choose the points of a level where the brightness changes most."""
        grey = brightness(image, scale)
        dy, dx = np.gradient(grey)
        strength: Floats = np.hypot(dx, dy)
        strength *= mask[::scale, ::scale]
        strength[[0, -1]] = strength[:, [0, -1]] = 0
        best = np.argsort(strength, axis=None)[::-1][:MOST_POINTS]
        rows, columns = np.unravel_index(best[strength.ravel()[best] > 0], grey.shape)
        points: Matrix = np.stack([columns, rows], axis=1) * scale + (scale - 1) / 2
        gx, gy = (np.asarray(each)[rows, columns] * self.unit / scale for each in (dx, dy))
        x, y = ((points - self.center) / self.unit).T
        slopes = [gx * x, gx * y, gx, gy * x, gy * y, gy]
        slopes += [-(gx * x * x + gy * x * y), -(gx * x * y + gy * y * y)]
        return Level(scale, points, grey[rows, columns], np.stack(slopes, axis=1))

    def follow(self, pixels: Pixels) -> Motion | None:
        """Find the motion to a picture of the same size; None where the view has changed."""
        image = Image.fromarray(pixels).convert("L")
        matrix, found = self.last, None
        for level in self.levels:
            if len(level.points) >= FEWEST_POINTS:
                found = self.refine(matrix, level, brightness(image, level.scale))
                matrix = matrix if found is None else found  # small text is nothing at 1 in 8
        if found is None:
            return None
        self.last = matrix
        seen = self.appearance.compare(pixels, matrix)
        return Motion(matrix, seen.gain, seen.bias, tuple(seen.alike.tolist()))

    def refine(self, matrix: Matrix, level: Level, grey: Floats) -> Matrix | None:
        """Move p until the points of a level agree in both pictures."""
        corners = np.array([[-1.0, -1], [1, -1], [1, 1], [-1, 1]]) * self.center + self.center
        for _ in range(ROUNDS):
            there, seen = sample(grey, project(matrix, level.points), level.scale)
            if there.mean() < LEAST_INSIDE:
                return None
            values, slopes = level.values[there], level.slopes[there]
            step = solve(values, seen[there], slopes)
            moved: Matrix = matrix @ self.in_pixels(inverse(homography(step)))
            moved /= moved[2, 2]
            farthest = np.abs(project(moved, corners) - project(matrix, corners)).max()
            matrix = moved
            if farthest < STILL:
                break
        there, seen = sample(grey, project(matrix, level.points), level.scale)
        alike = likeness(level.values[there], seen[there])
        if there.mean() < LEAST_INSIDE or alike < LEAST_LIKENESS:
            return None
        return matrix

    def in_pixels(self, matrix: Matrix) -> Matrix:
        """Bring a homography of centered units to one of pixels."""
        to_units = np.array(
            [
                [1 / self.unit, 0, -self.center[0] / self.unit],
                [0, 1 / self.unit, -self.center[1] / self.unit],
                [0, 0, 1],
            ]
        )
        made: Matrix = inverse(to_units) @ matrix @ to_units
        return made


def brightness(image: Image.Image, scale: int) -> Floats:
    """Give a grey picture as numbers, 0..255, whole squares of scale x scale pixels averaged."""
    return np.asarray(image.reduce(scale) if scale > 1 else image, np.float32)


def homography(p: Matrix) -> Matrix:
    """Make the matrix of the eight numbers by which it differs from the identity."""
    return np.array([[1 + p[0], p[1], p[2]], [p[3], 1 + p[4], p[5]], [p[6], p[7], 1]])


def inverse(matrix: Matrix) -> Matrix:
    """Invert a homography."""
    made: Matrix = np.linalg.inv(matrix)
    return made


def solve(values: Floats, seen: Floats, slopes: Matrix) -> Matrix:
    """Find p: seen = gain (values + slopes p) + bias, differences beyond UNLIKE less.

    The light is taken off first, by what both vary, then what is left of it is fitted together with
    p. A gain that is fitted alone is far too small where the pictures do not agree yet; a p that
    is divided by it goes far beyond where they would.
    """
    gain = max(LEAST_GAIN, float(seen.std()) / max(1e-6, float(values.std())))
    plain = values - values.mean()
    left = (seen - seen.mean()) / gain - plain
    columns = np.hstack([slopes, plain[:, None], np.ones((len(values), 1))])
    weights = np.ones(len(values))
    found = np.zeros(columns.shape[1])
    for _ in range(2):
        weighted = columns * weights[:, None]
        found = np.linalg.lstsq(weighted.T @ columns, weighted.T @ left, rcond=None)[0]
        off = gain * np.abs(columns @ found - left)
        weights = np.minimum(1, UNLIKE / np.maximum(off, 1e-6))
    return found[:8]


def likeness(values: Floats, seen: Floats) -> float:
    """Correlate the brightness at points of both pictures, -1..1."""
    a, b = values - values.mean(), seen - seen.mean()
    return float(a @ b / max(1e-6, float(np.linalg.norm(a) * np.linalg.norm(b))))
