"""Pen strokes on paper, and the smooth curves through their points.

    P  points of a stroke      S  Bézier pieces of a curve      N  samples of a curve

Millimeters, x to the right and y DOWN from the upper left corner of the page.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropil.kit.errors import UserError
from neuropil.kit.ranges import Range

Floats = NDArray[np.float64]

SIDES = Range(1, 5000)  # mm: PDF can hold no larger page
MAX_COORDINATE = 10_000.0  # mm from the corner of the page at which a point can only be a mistake


@dataclass(frozen=True, eq=False)
class Stroke:
    """Where the pen went between two lifts: points (P, 2) in mm, in its pace; one is a dot."""

    points: Floats

    def __post_init__(self) -> None:
        points = np.array(self.points, np.float64)  # a copy, which nobody changes afterward
        if points.ndim != 2 or points.shape[1] != 2 or len(points) == 0:
            raise UserError(
                "input.content",
                f"a stroke has points of shape {points.shape}; it takes (P, 2), P >= 1",
            )
        wrong = np.flatnonzero(
            ~(np.abs(points) <= MAX_COORDINATE).all(axis=1)
        )  # also what is no number
        if len(wrong):
            x, y = points[wrong[0]]
            raise UserError(
                "input.content",
                f"point {wrong[0]} of a stroke is ({x:g}, {y:g}); give millimeters between"
                f" {-MAX_COORDINATE:g} and {MAX_COORDINATE:g}",
            )
        points.setflags(write=False)
        object.__setattr__(self, "points", points)


@dataclass(frozen=True)
class Paper:
    """A white page in mm, and the heights of its ruled lines, drawn from margin to margin."""

    width: float
    height: float
    ruling: tuple[float, ...] = ()
    margin: float = 20.0

    def __post_init__(self) -> None:
        SIDES.check("the paper's width", self.width)
        SIDES.check("the paper's height", self.height)
        widest = self.width / 2 if self.ruling else SIDES.high  # it matters to rules alone
        Range(0, widest).check("the paper's margin", self.margin)
        for y in self.ruling:
            Range(0, self.height).check("the height of a ruled line", y)


# Curves


def catmull_rom_beziers(points: Floats) -> Floats:
    """Lay cubic Béziers through points (P, 2): (S, 4, 2), none where all points are one.

    Catmull-Rom, with the centripetal clock of Yuksel, Schaefer and Keyser (2011), which makes no
    loops where points come close:

        d_i = sqrt|p_i+1 - p_i|     v_i = (p_i+1 - p_i) / d_i
        m_i = v_i-1 + v_i - (p_i+1 - p_i-1) / (d_i-1 + d_i)          velocity at p_i
        piece i:  p_i,  p_i + d_i m_i / 3,  p_i+1 - d_i m_i+1 / 3,  p_i+1
    """
    moved = (np.diff(points, axis=0) != 0).any(axis=1)
    p = points[np.concatenate([[True], moved])]
    if len(p) < 2:
        return np.empty((0, 4, 2))
    p = np.vstack([2 * p[0] - p[1], p, 2 * p[-1] - p[-2]])  # ends go straight on
    ahead = np.diff(p, axis=0)
    d = np.sqrt(np.hypot(ahead[:, :1], ahead[:, 1:]))
    v = ahead / d
    m = v[:-1] + v[1:] - (p[2:] - p[:-2]) / (d[:-1] + d[1:])
    start, end, third = p[1:-2], p[2:-1], d[1:-1] / 3
    return np.stack([start, start + third * m[:-1], end - third * m[1:], end], axis=1)


def flatten_beziers(pieces: Floats, tolerance: float) -> tuple[Floats, Floats]:
    """Flatten Béziers (S, 4, 2) to samples (N, 2), and say at which piece and share each lies (N).

    Chords of n equal shares are within n^-2 * 3/4 * max|b_j - 2 b_j+1 + b_j+2| of a cubic.
    """
    second = np.diff(pieces, n=2, axis=1)
    bend = np.hypot(second[..., 0], second[..., 1]).max(axis=1)
    n = np.maximum(1, np.ceil(np.sqrt(0.75 * bend / tolerance))).astype(np.intp)
    piece = np.repeat(np.arange(len(n)), n)
    t = (np.arange(len(piece)) - np.repeat(n.cumsum() - n, n) + 1) / n[piece]
    share = np.stack([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3], axis=1)
    samples = (share[:, :, None] * pieces[piece]).sum(axis=1)
    return np.vstack([pieces[0, :1], samples]), np.concatenate([[0.0], piece + t])
