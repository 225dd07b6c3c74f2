"""Colors that stop where lightness does."""

import numpy as np
import pytest

from neuropil.apps.colorize.cielab import Floats
from neuropil.apps.colorize.preprocess import average_pool
from neuropil.apps.colorize.upsample import (
    RADIUS,
    box_filter,
    guided_filter,
    joint_bilateral,
    smooth,
)


@pytest.fixture
def guide() -> Floats:
    """Dark to the left of column 27, which cuts a cell of four pixels in two, then light."""
    light = np.full((40, 64), 25, np.float32)
    light[:, 27:] = 75
    return light


@pytest.fixture
def ab(guide: Floats) -> Floats:
    """Red cells to the left, blue ones to the right, the one in between a mixture."""
    share = ((average_pool(guide) - 25) / 50)[..., None]
    colors: Floats = (1 - share) * np.array([40, 20]) + share * np.array([0, -40])
    return colors.astype(np.float32)


def test_a_colored_edge_stays_on_the_lightness_edge(guide: Floats, ab: Floats) -> None:
    made = joint_bilateral(ab, average_pool(guide), guide)
    assert made.shape == (2, 40, 64)
    assert made.dtype == np.float32
    assert np.abs(made[0, :, :26] - 40).max() < 6
    assert np.abs(made[0, :, 28:]).max() < 6
    step = made[0, 20, 26] - made[0, 20, 27]
    assert step > 25  # of 40, from one pixel to the next


def test_specks_are_averaged_away_and_edges_of_lightness_stay(guide: Floats, ab: Floats) -> None:
    light = average_pool(guide)
    specks = ab + np.random.default_rng(8).normal(0, 10, ab.shape).astype(np.float32)
    made = smooth(specks, light)
    assert made.shape == ab.shape
    assert np.abs(made - ab)[:, :6].mean() < 3 < 7 < np.abs(specks - ab)[:, :6].mean()
    assert made[:, :6, 0].min() > 30
    assert made[:, 7:, 0].max() < 10  # 40 to the left, 0 to the right
    flat = smooth(specks, np.full_like(light, 50))
    assert flat[:, 5, 0].max() < made[:, 5, 0].min()  # nothing in the lightness holds them apart


def test_lines_draw_the_edge_too(guide: Floats, ab: Floats) -> None:
    slope, offset = guided_filter(joint_bilateral(ab, average_pool(guide), guide), guide)
    made = slope * guide + offset
    assert np.abs(made[0, :, :20] - 40).max() < 6
    assert np.abs(made[0, :, 34:]).max() < 6
    assert made[0, 20, 26] - made[0, 20, 27] > 25


@pytest.mark.parametrize("shape", [(40, 64), (33, 50), (16, 16), (1, 1), (1, 300), (300, 1)])
def test_constant_in_constant_out(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(6)
    guide = rng.uniform(0, 100, shape).astype(np.float32)
    cells = rng.uniform(0, 100, (4, 6)).astype(np.float32)
    color = np.array([17, -23], np.float32)
    made = joint_bilateral(smooth(np.full((4, 6, 2), color), cells), cells, guide)
    assert np.abs(made - color[:, None, None]).max() < 1e-4
    slope, offset = guided_filter(made, guide)
    assert np.abs(slope * guide + offset - color[:, None, None]).max() < 1e-2


def test_upsampling_mixes_but_never_invents() -> None:
    rng = np.random.default_rng(7)
    ab = rng.uniform(-50, 50, (9, 12, 2)).astype(np.float32)
    light, guide = (rng.uniform(0, 100, s).astype(np.float32) for s in ((9, 12), (70, 100)))
    made = joint_bilateral(ab, light, guide)
    assert made.min() >= ab.min()
    assert made.max() <= ab.max()


def test_a_box_is_the_mean_of_what_lies_inside() -> None:
    values = np.random.default_rng(8).normal(50, 20, (2, 13, 17)).astype(np.float32)
    means = box_filter(values)
    for y, x in [(0, 0), (6, 8), (12, 3), (3, 16)]:
        rows = slice(max(0, y - RADIUS), y + RADIUS + 1)
        columns = slice(max(0, x - RADIUS), x + RADIUS + 1)
        expected = values[:, rows, columns].mean(axis=(1, 2))
        assert means[:, y, x] == pytest.approx(expected, rel=1e-5)
