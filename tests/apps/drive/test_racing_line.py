"""A closed track as numbers."""

import numpy as np
import pytest

from neuropil.apps.drive.lab.racing_line import (
    Track,
    curvature,
    racing_line,
    resample,
    shorten,
    speed_profile,
)

R = 50.0
ANGLES = np.linspace(0, 2 * np.pi, 90, endpoint=False)
CIRCLE = np.column_stack([R * np.cos(ANGLES), R * np.sin(ANGLES)])
WAVES = CIRCLE * (1 + 0.2 * np.sin(5 * ANGLES))[:, None]


def test_points_lie_a_unit_apart() -> None:
    points = resample(CIRCLE)
    steps = np.hypot(*(np.roll(points, -1, axis=0) - points).T)[:-1]
    assert steps[5:-5] == pytest.approx(1, abs=0.02)  # the last one to the first is shorter
    assert len(points) == pytest.approx(2 * np.pi * R, abs=2)


@pytest.mark.parametrize("way", [1, -1])
def test_a_circle_has_one_curvature(way: int) -> None:
    bent = curvature(resample(CIRCLE[::way]))
    assert np.median(bent) == pytest.approx(way / R, rel=0.02)
    assert bent == pytest.approx(way / R, rel=0.2)


def test_a_fast_line_cuts_corners_and_stays_on_the_road() -> None:
    points = resample(WAVES)
    line = shorten(points, 3.0)
    length = [np.hypot(*(np.roll(p, -1, axis=0) - p).T).sum() for p in (points, line)]
    assert length[1] < length[0]
    assert np.hypot(*(line - points).T).max() <= 3.0 + 1e-9
    assert np.abs(curvature(line)).mean() < np.abs(curvature(points)).mean()
    assert np.array_equal(shorten(points, 0.0), points)


def test_the_nearest_point_is_looked_for_around_the_last_one() -> None:
    found = racing_line([(float(x), float(y)) for x, y in CIRCLE], 0.0)
    n = len(found.line)
    for point in (0, 17, n - 1):
        assert found.nearest_point(found.line[point] * 1.02, point - 3) == point
    assert found.point_ahead(n - 2, 5.0) == pytest.approx(found.line[3])
    eight = Track(np.vstack([CIRCLE, CIRCLE]), np.zeros(180))
    assert eight.nearest_point(CIRCLE[10], 95) == 100, "not on the other lap"


def test_speed_by_curvature() -> None:
    bends = np.array([0.0, 0.01, -0.04])
    assert speed_profile(bends, 100.0, 80.0) == pytest.approx([80, 80, 50])
