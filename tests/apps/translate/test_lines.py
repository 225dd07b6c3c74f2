import numpy as np
import pytest
from numpy.typing import NDArray

from neuropil.apps.translate.lines import (
    HEIGHT,
    WIDER,
    WIDEST,
    cut_line,
    perspective,
    size_of,
    stack_lines,
    to_grey,
)


def stripes(height: int, width: int, period: int) -> NDArray[np.uint8]:
    """Draw black and white columns."""
    row = (np.arange(width) // period % 2 * 255).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(row[None, :, None], (height, width, 3)))


def test_a_line_is_a_little_wider_than_it_was_in_proportion() -> None:
    line = cut_line(stripes(16, 100, 10))
    assert line.shape == (HEIGHT, WIDER * 200)
    assert line.mean() == pytest.approx(0, abs=1e-5)
    assert line.std() == pytest.approx(1, abs=1e-5)


def test_a_turned_quad_is_straightened() -> None:
    upright = stripes(32, 128, 16)
    turned = np.ascontiguousarray(np.rot90(upright, -1))  # clockwise: what was left is at the top
    quad = np.array([[32, 0], [32, 128], [0, 128], [0, 0]], np.float64)
    off = np.abs(cut_line(turned, quad) - cut_line(upright))
    assert off[2:-2, 2:-2].max() < 0.05


def test_a_large_line_is_averaged_before_it_is_made_small() -> None:
    fine = stripes(320, 1280, 3)  # more than three in a pixel of the line: even grey
    assert np.abs(cut_line(fine)[:, 2:-2]).max() < 0.1


def test_the_edge_goes_on_outside_of_the_picture() -> None:
    pixels = np.full((20, 40, 3), 200, np.uint8)
    quad = np.array([[-15, -9], [60, -9], [60, 30], [-15, 30]], np.float64)
    assert np.abs(cut_line(pixels, quad)).max() < 0.5
    assert np.isfinite(cut_line(pixels, quad + 500)).all()


def test_colors_of_one_brightness_are_told_apart() -> None:
    pixels = np.zeros((8, 16, 3), np.uint8)
    pixels[:, :8], pixels[:, 8:] = (150, 60, 60), (34, 119, 60)  # of equal luma
    grey = to_grey(pixels)
    assert abs(grey[:, :8].mean() - grey[:, 8:].mean()) > 100


def test_light_text_stays_light() -> None:
    pixels = np.full((8, 16, 3), 20, np.uint8)
    pixels[:, 4:8] = 240
    grey = to_grey(pixels)
    assert grey[0, 5] > grey[0, 0]


def test_noise_is_not_blown_up() -> None:
    rng = np.random.default_rng(0)
    assert cut_line(rng.integers(99, 101, (32, 64, 3)).astype(np.uint8)).std() < 0.5


def test_a_perspective_moves_four_points() -> None:
    from_ = np.array([[0, 0], [10, 0], [10, 10], [0, 10]], np.float64)
    to = np.array([[1, 2], [9, 0], [12, 11], [-1, 9]], np.float64)
    a, b, c, d, e, f, g, h = perspective(from_, to)
    x, y = from_.T
    below = g * x + h * y + 1
    assert (a * x + b * y + c) / below == pytest.approx(to[:, 0])
    assert (d * x + e * y + f) / below == pytest.approx(to[:, 1])


def test_sizes() -> None:
    assert size_of(np.array([[0, 0], [30, 0], [30, 10], [0, 10]])) == (30, 10)
    assert cut_line(np.zeros((1, 1000, 3), np.uint8)).shape == (HEIGHT, WIDEST)


def test_lines_are_padded_to_the_longest() -> None:
    batch, steps = stack_lines(
        [np.ones((HEIGHT, 16), np.float32), np.ones((HEIGHT, 24), np.float32)]
    )
    assert batch.shape == (2, 1, HEIGHT, 24)
    assert batch[0, 0, :, 16:].max() == 0
    assert steps.tolist() == [4, 6]
