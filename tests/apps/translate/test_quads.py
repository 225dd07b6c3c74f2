import numpy as np
import pytest

from neuropil.apps.translate.quads import area, common_area, hull

SQUARE = np.array([[0, 0], [10, 0], [10, 10], [0, 10]], np.float64)
BOW = np.array([[0, 0], [10, 0], [0, 10], [10, 10]], np.float64)  # its sides cross
DART = np.array([[0, 0], [10, 0], [4, 4], [0, 10]], np.float64)  # with a corner that goes inward


def test_areas() -> None:
    assert area(SQUARE) == area(SQUARE[::-1]) == 100
    assert area(DART) == 40
    assert area(BOW) == 100  # of its hull
    assert area(np.array([[0, 0], [5, 5], [9, 9], [2, 2]], np.float64)) == 0


def test_what_two_quads_share() -> None:
    assert common_area(SQUARE, SQUARE + 4) == 36
    assert common_area(SQUARE, (SQUARE + 4)[::-1]) == 36
    assert common_area(SQUARE, SQUARE + 10) == 0
    assert common_area(SQUARE, np.array([[5, -5], [15, 5], [5, 15], [-5, 5]])) == pytest.approx(100)
    assert common_area(SQUARE, DART) == pytest.approx(40)
    assert common_area(DART, np.array([[0, 5], [5, 5], [5, 10], [0, 10]])) == pytest.approx(25 / 3)
    assert common_area(BOW, SQUARE) == pytest.approx(100)


def test_a_hull_has_the_corners_alone() -> None:
    points = np.array([[0, 0], [5, 0], [10, 0], [10, 10], [5, 5], [0, 10], [0, 0]], np.float64)
    assert sorted(map(tuple, hull(points))) == [(0, 0), (0, 10), (10, 0), (10, 10)]
