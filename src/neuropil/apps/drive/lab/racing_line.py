"""A closed track as numbers: the line that a fast driver takes, and how fast it may be taken.

    P  points along the track, a unit of length apart (the car is 2.4 wide, the road 13.3)

Units are those of the simulator: CarRacing-v3 of Gymnasium, 50 steps a second.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SPACING = 1.0  # units between points
SMOOTH = 9  # points over which the simulator's corners are rounded
NEIGHBOR_SPAN = 12  # points between which the line is pulled straight
ITERATIONS = 90  # of pulling


@dataclass(frozen=True, eq=False)
class Track:
    """A closed line to drive along: points (P, 2), curvature (P,) in 1/units, left is positive."""

    line: Floats
    curvature: Floats

    def nearest_point(self, place: Floats, before: int) -> int:
        """Find the point nearest to a place (x, y), not far from the one of the step before."""
        around = (before + np.arange(-15, 40)) % len(self.line)
        distance = ((self.line[around] - place) ** 2).sum(axis=1)
        return int(around[distance.argmin()])

    def point_ahead(self, point: int, units: float) -> Floats:
        """Find the place so many units ahead of a point."""
        place: Floats = self.line[(point + round(units / SPACING)) % len(self.line)]
        return place


def racing_line(middle: Sequence[tuple[float, float]], sideways: float) -> Track:
    """Find the line through the middle of a road that cuts corners by up to `sideways` units."""
    points = resample(np.asarray(middle, np.float64))
    line = shorten(points, sideways)
    return Track(line, curvature(line))


def resample(corners: Floats) -> Floats:
    """Walk along a closed line in steps of SPACING, its corners rounded: (P, 2)."""
    closed = np.vstack([corners, corners[:1]])
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(closed, axis=0).T))])
    steps = np.arange(0, along[-1], SPACING)
    points = np.column_stack([np.interp(steps, along, closed[:, i]) for i in (0, 1)])
    return np.column_stack([smooth(points[:, i]) for i in (0, 1)])


def smooth(values: Floats) -> Floats:
    """Average around every place of a closed row (P,), near ones more."""
    weights = np.hanning(SMOOTH + 2)[1:-1]
    return circular_filter(values, weights / weights.sum())


def circular_filter(values: Floats, weights: Floats) -> Floats:
    """Weigh every place of a closed row (P,) with its neighbors."""
    side = len(weights) // 2
    around = np.concatenate([values[-side:], values, values[:side]])
    return np.convolve(around, weights, mode="valid")


def shorten(points: Floats, sideways: float) -> Floats:
    """Pull a closed line straight, but no point further than `sideways` to either side: (P, 2)."""
    forward = np.roll(points, -1, axis=0) - np.roll(points, 1, axis=0)
    forward /= np.linalg.norm(forward, axis=1, keepdims=True)
    left = np.column_stack([-forward[:, 1], forward[:, 0]])
    offset = np.zeros(len(points))
    line = points
    for _ in range(ITERATIONS):
        straight = (
            np.roll(line, NEIGHBOR_SPAN, axis=0) + np.roll(line, -NEIGHBOR_SPAN, axis=0)
        ) / 2
        offset += 0.5 * ((straight - line) * left).sum(axis=1)
        offset = circular_filter(np.clip(offset, -sideways, sideways), np.full(SMOOTH, 1 / SMOOTH))
        line = points + offset[:, None] * left
    return line


def curvature(line: Floats) -> Floats:
    """Measure by how many radians a closed line (P, 2) turns left per unit: (P,)."""
    forward = np.roll(line, -1, axis=0) - np.roll(line, 1, axis=0)
    heading = np.arctan2(forward[:, 1], forward[:, 0])
    turned = np.angle(np.exp(1j * (np.roll(heading, -2) - np.roll(heading, 2))))
    step = np.hypot(*(np.roll(line, -1, axis=0) - line).T)
    length = sum(np.roll(step, shift) for shift in (-1, 0, 1, 2))
    return smooth(turned / np.maximum(length, 1e-9))


def speed_profile(curvature: Floats, grip: float, top: float) -> Floats:
    """Tell how fast each point may be passed: v² · curvature = grip, at most `top` units a second.

    grip: the acceleration sideways that the tires hold, units / s²
    """
    limit: Floats = np.minimum(top, np.sqrt(grip / np.maximum(np.abs(curvature), 1e-4)))
    return limit
