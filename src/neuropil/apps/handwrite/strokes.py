"""Pen strokes as networks see them: leveled, of one height, points at even distances.

    P  points of a recording      T  points after resampling      4 features

A line of writing is (P, 3): x to the right and y downwards in any unit, and 1 where the pen leaves
the paper after the point, else 0. What a network sees of it is (T, 4), in units of the line's
height: the step to the point (dx, dy), its y above (-) or below (+) the middle, and the pen.
"""

import numpy as np
from numpy.typing import NDArray

Line = NDArray[np.float64]  # (P, 3): x, y, pen up after the point
Features = NDArray[np.float32]  # (T, 4): dx, dy, y, pen up

FEATURE_SCALE = (
    4.0,
    4.0,
    4.0,
    1.0,
)  # what the writer multiplies features with, so that they are about 1
MAX_CORRELATION = 0.95  # correlation that a Gaussian of the writer may reach
DISTANCE = 0.22  # of the line's height between points: about ten points to a character
# percentiles of y between which the height is taken, so that one loop counts little
INNER = (10, 90)
TRIM_QUANTILE = (
    0.7  # share of the points, those nearest to the first fit, by which a line is leveled
)


def to_features(line: Line) -> Features:
    """Bring a line to the form that networks see."""
    return stroke_features(resample(normalize(line)))


def normalize(line: Line) -> Line:
    """Turn a line until it is level, put its middle on y = 0, and make its height 1."""
    x, y = (line[:, i] - line[:, i].mean() for i in (0, 1))
    angle = np.arctan(fit_slope(x, y))
    across, down = np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x
    low, high = np.percentile(down, INNER)
    height = max(high - low, 1e-6 + 0.02 * np.ptp(across))  # a dash has no height of its own
    level = np.stack([across - across.min(), down - (low + high) / 2], axis=1) / height
    return np.column_stack([level, line[:, 2:]])


def fit_slope(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Fit dy/dx by least squares, then again by the points that the first fit is nearest to."""
    if np.ptp(x) <= 2 * np.ptp(y):  # too short to say, or one dot
        return 0.0
    near = np.ones(len(x), bool)
    for _ in range(3):
        across, down = x - x[near].mean(), y - y[near].mean()
        spread = (across[near] ** 2).sum()
        a = (across[near] * down[near]).sum() / spread if spread > 0 else 0.0
        off = np.abs(down - a * across)
        near = off <= np.quantile(off, TRIM_QUANTILE)
    return float(a)


def resample(line: Line, distance: float = DISTANCE) -> Line:
    """Place points at even distances along each stroke; its first and last point stay.

    Further columns than three are interpolated beside the places.
    """
    lifts = line[:, 2] != 0
    lifts[-1] = True
    last = np.flatnonzero(lifts)
    first = np.concatenate([[0], last[:-1] + 1])
    steps = np.hypot(*np.diff(line[:, :2], axis=0).T)
    steps[last[:-1]] = 1.0  # through the air, where no point is placed
    along = np.concatenate([[0.0], steps.cumsum()])
    length = along[last] - along[first]
    n_steps = np.where(length > distance / 4, np.maximum(1, np.round(length / distance)), 0)
    counts = n_steps.astype(np.int64) + 1
    ends = counts.cumsum()
    number = np.arange(ends[-1]) - np.repeat(ends - counts, counts)  # of a point in its stroke
    share = number / np.repeat(np.maximum(n_steps, 1), counts)
    at = np.repeat(along[first], counts) + share * np.repeat(length, counts)
    at[ends - 1] = along[last]
    made = np.stack([np.interp(at, along, column) for column in line.T], axis=1)
    made[:, 2] = 0
    made[ends - 1, 2] = 1
    return made


def split_strokes(line: Line) -> list[Line]:
    """Cut a line where the pen leaves the paper."""
    ends = np.flatnonzero(line[:, 2]) + 1
    return [stroke for stroke in np.split(line, ends) if len(stroke)]


def stroke_features(line: Line) -> Features:
    """List steps, heights and pen (T, 4) of a line; the first step comes from the middle, y = 0."""
    steps = np.diff(line[:, :2], axis=0, prepend=line[:1, :2] * [1, 0])
    return np.column_stack([steps, line[:, 1], line[:, 2]]).astype(np.float32)


def augment(line: Line, rng: np.random.Generator) -> Line:
    """Slant, stretch, turn and shake a normalized line, as another hand or day would."""
    slanted, angle = apply_affine(line, random_affine(rng, 0.35)), rng.normal(0, 0.02)
    x, y = slanted[:, 0], slanted[:, 1]
    turned = np.stack([x + angle * y, y - angle * (x - x.mean())], axis=1)
    shaken = turned + smooth_noise(len(line), rng)
    return np.column_stack([shaken, line[:, 2:]])


def random_affine(rng: np.random.Generator, slant: float = 0.2) -> NDArray[np.float64]:
    """Draw how another hand slants and stretches: (2, 2), for places as rows."""
    wide, tall = np.exp(rng.normal(0, 0.12)), np.exp(rng.normal(0, 0.06))
    return np.array([[wide, 0.0], [-wide * rng.uniform(-slant, slant), tall]])


def apply_affine(line: Line, change: NDArray[np.float64]) -> Line:
    """Slant and stretch a line (P, 3)."""
    return np.column_stack([line[:, :2] @ change, line[:, 2:]])


def smooth_noise(n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw a smooth wandering (n, 2) of a few hundredths of the line's height."""
    knots = rng.normal(0, 0.03, (max(2, n // 40), 2))
    at, every = np.linspace(0, 1, n), np.linspace(0, 1, len(knots))
    return np.stack([np.interp(at, every, knots[:, i]) for i in (0, 1)], axis=1)
