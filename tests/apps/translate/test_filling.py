"""Holes filled from around them, and from places that look alike."""

import numpy as np
import pytest

from neuropil.apps.translate.filling import find_shift, pull_push, split_in_two, walk, widen
from neuropil.apps.translate.lines import Pixels


def ruled() -> Pixels:
    """Lines at every tenth row, on paper."""
    made = np.full((160, 60, 3), 250, np.uint8)
    made[::10] = (120, 150, 220)
    return made


def shift_of(pixels: Pixels, text: slice) -> int | None:
    """Ask where a hole of rows 70 to 90 is copied from; text: other rows that are in quads."""
    box = (slice(60, 100), slice(10, 50))
    hole, covered, taken = (
        np.zeros((40, 40), bool),
        np.zeros((160, 60), bool),
        np.zeros((160, 60), bool),
    )
    hole[10:30, 5:35] = True
    covered[70:90, 15:45] = True
    taken[text] = True
    ground = np.full((40, 40, 3), 250, np.float32)
    return find_shift(pixels, taken, covered, hole, ground, box, 20)


def test_a_ruled_ground_is_copied_from_where_its_lines_lie_the_same() -> None:
    assert shift_of(ruled(), slice(0, 0)) in (-20, 20)
    assert shift_of(ruled(), slice(0, 65)) == 20


def test_other_text_and_other_grounds_are_not_copied() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (160, 60, 3), np.uint8)
    assert shift_of(noise, slice(0, 0)) is None
    assert shift_of(ruled(), slice(0, 160)) is None
    assert shift_of(np.full_like(noise, 250), slice(0, 0)) is None


@pytest.mark.parametrize("steps", range(1, 9))
def test_a_mask_grows_by_so_many_pixels(steps: int) -> None:
    mask = np.zeros((21, 23), bool)
    mask[10, 11] = True
    assert widen(mask, steps).sum() == (2 * steps + 1) ** 2


def test_a_walk_stays_on_its_way() -> None:
    way = np.zeros((5, 9), bool)
    way[2, :6] = True
    start = np.zeros_like(way)
    start[2, 0] = True
    assert walk(start, way, 3).sum() == 4
    assert walk(start, way, 99).sum() == 6


def test_two_groups_are_told_apart() -> None:
    values = np.array([1, 2, 3, 101, 102, 103], np.float32)
    assert 3 < split_in_two(values) < 101


def test_a_mask_grows_in_all_directions() -> None:
    mask = np.zeros((7, 9), bool)
    mask[3, 4] = True
    grown = widen(mask, 2)
    assert grown.sum() == 25
    assert grown[1:6, 2:7].all()


def test_a_hole_is_filled_from_around_it() -> None:
    known = np.ones((16, 16, 1), np.float32)
    known[5:11, 5:11] = 0
    colors = np.repeat(np.linspace(0, 100, 16, dtype=np.float32)[None, :, None], 16, 0)
    filled = pull_push(colors * known, known)
    assert np.abs(filled - colors).max() < 20
    assert (filled[known > 0] == colors[known > 0]).all()
