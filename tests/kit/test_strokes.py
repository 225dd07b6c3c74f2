from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from refusals import refused

from neuropil.kit.drawing.strokes import Floats, Paper, Stroke, catmull_rom_beziers, flatten_beziers

PAPER = Paper(40, 30)
CLOCK = np.linspace(0, 6, 40)
LOOP = np.stack([8 + 3 * CLOCK + 3 * np.sin(2 * CLOCK), 14 - 5 * np.cos(2 * CLOCK)], axis=1)
CUSP = np.array([[5.0, 5], [9, 20], [9.2, 5.1], [13, 20]])
STRAIGHT = np.array([[2.0, 4], [32, 4]])


def along(pieces: Floats, t: float) -> Floats:
    """Evaluate Béziers by de Casteljau's way, which the code does not go."""
    while pieces.shape[1] > 1:
        pieces = (1 - t) * pieces[:, :-1] + t * pieces[:, 1:]
    return pieces[:, 0]


# Values


def test_a_stroke_keeps_a_copy_that_nobody_changes() -> None:
    given = np.array([[1, 2], [3, 4]])
    stroke = Stroke(given.astype(float))
    given[0] = 9
    assert stroke.points.tolist() == [[1, 2], [3, 4]]
    with pytest.raises(ValueError, match="read-only"):
        stroke.points[0, 0] = 5


@pytest.mark.parametrize("points", [np.zeros((0, 2)), np.zeros(2), np.zeros((4, 3))])
def test_other_shapes_are_no_strokes(points: Any) -> None:
    with refused("input.content", points.shape):
        Stroke(points)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e5])
def test_points_are_places_on_a_desk(bad: float) -> None:
    points = np.ones((5, 2))
    points[3, 1] = bad
    with refused("input.content", f"point 3 of a stroke is (1, {bad:g})"):
        Stroke(points)


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ({"width": 0}, "0"),
        ({"height": float("nan")}, "nan"),
        (
            {"margin": 20.5, "ruling": (1.0,)},
            "20.5",
        ),
        ({"ruling": (3.0, 31.0)}, "31"),
    ],
)
def test_paper_has_a_size(change: dict[str, Any], value: str) -> None:
    with refused("option.range", value):
        replace(PAPER, **change)


# Curves


@pytest.mark.parametrize("points", [LOOP, CUSP, STRAIGHT])
def test_curves_go_through_the_points_without_a_kink(points: Floats) -> None:
    pieces = catmull_rom_beziers(points)
    assert pieces.shape == (len(points) - 1, 4, 2)
    np.testing.assert_array_equal(pieces[:, 0], points[:-1])
    np.testing.assert_array_equal(pieces[:, 3], points[1:])
    came, goes = pieces[:-1, 3] - pieces[:-1, 2], pieces[1:, 1] - pieces[1:, 0]
    cross = came[:, 0] * goes[:, 1] - came[:, 1] * goes[:, 0]
    np.testing.assert_allclose(cross, 0, atol=1e-9)
    assert ((came * goes).sum(axis=1) > 0).all()


def test_even_points_make_the_well_known_curve() -> None:
    """With even distances, b1 = p1 + (p2 - p0) / 6 and b2 = p2 - (p3 - p1) / 6."""
    p = np.array([[0.0, 0], [3, 4], [6, 0], [9, 4]])
    (_, b1, b2, _) = catmull_rom_beziers(p)[1]
    np.testing.assert_allclose([b1, b2], [[3 + 1, 4], [6 - 1, 0]])
    np.testing.assert_allclose(
        catmull_rom_beziers(p)[0, 1], p[0] + (p[1] - p[0]) / 3
    )  # the end goes straight on


def test_the_clock_is_the_root_of_the_distance() -> None:
    """Steps of 1 and 4: d = 1, 2; v = 1, 2; m = 1 + 2 - 5 / 3; b1 = 1 + 2 m / 3."""
    pieces = catmull_rom_beziers(np.array([[0.0, 0], [1, 0], [5, 0]]))
    assert pieces[1, 1].tolist() == pytest.approx([1 + 8 / 9, 0])


def test_points_that_come_close_make_no_loop() -> None:
    pieces = catmull_rom_beziers(np.array([[0.0, 0], [10, 0], [10.1, 0.01], [20, 0]]))
    middle = np.array([along(pieces, t)[1] for t in np.linspace(0, 1, 50)])
    assert (np.diff(middle[:, 0]) > 0).all()


def test_points_twice_in_a_place_count_once() -> None:
    twice = np.repeat(CUSP, 2, axis=0)
    np.testing.assert_array_equal(catmull_rom_beziers(twice), catmull_rom_beziers(CUSP))
    assert catmull_rom_beziers(np.ones((3, 2))).shape == (0, 4, 2)


@pytest.mark.parametrize("tolerance", [0.3, 0.02])
def test_samples_are_on_the_curve_and_chords_near_it(tolerance: float) -> None:
    pieces = catmull_rom_beziers(LOOP)
    samples, at = flatten_beziers(pieces, tolerance)
    assert at[0] == 0
    assert at[-1] == len(pieces)
    assert (np.diff(at) > 0).all()
    piece = np.minimum(at.astype(int), len(pieces) - 1)
    exact = [along(pieces[i : i + 1], a - i)[0] for i, a in zip(piece, at, strict=True)]
    np.testing.assert_allclose(samples, exact, atol=1e-12)
    fine, where = flatten_beziers(pieces, 1e-5)
    chords = np.stack([np.interp(where, at, samples[:, i]) for i in (0, 1)], axis=1)
    off = np.hypot(*(chords - fine).T).max()
    assert tolerance / 40 < off <= tolerance  # neither too coarse nor far too fine
