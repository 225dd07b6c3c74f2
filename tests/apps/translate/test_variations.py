"""What is done to real lines, so that none is seen twice the same."""

import numpy as np
import pytest
from numpy.random import default_rng
from PIL import Image, ImageDraw
from reading_data import plain_fonts

from neuropil.apps.translate.lab import variations
from neuropil.apps.translate.lab.variations import (
    bend,
    change_colors,
    change_width,
    lean,
    turn,
    vary,
)
from neuropil.apps.translate.lines import Pixels, size_of

QUAD = np.array([[20, 10], [180, 10], [180, 50], [20, 50]], np.float64)


def draw_line() -> Pixels:
    image = Image.new("RGB", (200, 60), (40, 90, 160))
    ImageDraw.Draw(image).text((22, 12), "Brot 42", font=plain_fonts().every[0].load(36))
    return np.asarray(image)


def test_no_two_are_the_same_but_those_of_one_seed() -> None:
    line = draw_line()
    made = [vary(line, QUAD, default_rng(seed)) for seed in (0, 1, 2, 0)]
    assert len({pixels.tobytes() + quad.tobytes() for pixels, quad in made}) == 3
    assert np.array_equal(made[0][0], made[3][0])
    assert all(pixels.dtype == np.uint8 and pixels.ndim == 3 for pixels, _ in made)


def test_each_change_is_made_as_often_as_its_share_says(monkeypatch: pytest.MonkeyPatch) -> None:
    line = draw_line()
    for name in variations.SHARES:
        monkeypatch.setattr(variations, "SHARES", dict.fromkeys(variations.SHARES, 0.0))
        assert np.array_equal(vary(line, QUAD, default_rng(7))[0], line)
        monkeypatch.setitem(variations.SHARES, name, 1.0)
        pixels, quad = vary(line, QUAD, default_rng(7))
        assert not np.array_equal(pixels, line) or not np.array_equal(quad, QUAD)


def test_colors_become_grey_and_stay_apart() -> None:
    for seed in range(8):
        made = change_colors(draw_line(), default_rng(seed)).astype(int)
        assert (made == made[:, :, :1]).all()
        assert made.max() - made.min() > 60


def test_letters_stay_apart_from_a_ground_that_is_as_bright() -> None:
    line = np.full((20, 60, 3), (180, 60, 60), np.uint8)
    line[5:15, 10:50:4] = (60, 120, 120)
    spreads = [change_colors(line, default_rng(seed)).std(axis=(0, 1)).max() for seed in range(99)]
    assert min(spreads) > 0.2 * line.std(axis=(0, 1)).max()  # light that is bent takes some, too


def test_the_quad_stays_around_the_letters_of_a_wider_picture() -> None:
    pixels, quad = change_width(draw_line(), QUAD, 1.5)
    assert pixels.shape == (60, 300, 3)
    assert quad[:, 0] == pytest.approx(1.5 * QUAD[:, 0])
    assert quad[:, 1] == pytest.approx(QUAD[:, 1])


def test_a_bent_line_is_higher_in_its_middle_than_at_its_ends() -> None:
    line = np.zeros((41, 101, 3), np.uint8)
    line[20] = 255
    rows = bend(line, -10.0)[:, :, 0].argmax(axis=0)
    assert (rows[0], rows[50], rows[100]) == (25, 15, 25)
    assert rows.max() - rows.min() == 10


def test_leaning_moves_edges_along_and_turning_keeps_sizes() -> None:
    leaning = lean(QUAD, 0.5)
    assert leaning - QUAD == pytest.approx(np.array([[10, 0], [10, 0], [-10, 0], [-10, 0]]))
    turned = turn(QUAD, np.pi / 2)
    assert size_of(turned) == pytest.approx(size_of(QUAD))
    assert turned.mean(axis=0) == pytest.approx(QUAD.mean(axis=0))
    assert turned[1] - turned[0] == pytest.approx((0, 160))
