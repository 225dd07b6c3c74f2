"""Which parts of a photograph are looked at."""

import numpy as np
import pytest

from neuropil.apps.classify.crops import Crop, choose_crops, crop_and_resize


@pytest.mark.parametrize("size", [(32, 32), (1, 1), (20, 31)])
def test_a_small_picture_is_seen_whole_alone(size: tuple[int, int]) -> None:
    (only,) = choose_crops(*size)
    assert only == Crop("the whole", 0, 0, size[1], size[0])


def test_a_picture_of_32_is_seen_as_it_is() -> None:
    pixels = np.random.default_rng(0).integers(256, size=(32, 32, 3), dtype=np.uint8)
    assert np.array_equal(crop_and_resize(pixels, choose_crops(32, 32)[0]), pixels)


@pytest.mark.parametrize(("height", "width"), [(300, 400), (400, 300), (33, 3000)])
def test_squares_lie_inside_at_both_ends_and_in_the_middle(height: int, width: int) -> None:
    whole, *squares = choose_crops(height, width)
    assert (whole.right, whole.bottom) == (width, height)
    side = min(height, width)
    for view in squares:
        assert 0 <= view.left < view.right <= width
        assert 0 <= view.top < view.bottom <= height
        assert view.right - view.left == pytest.approx(view.bottom - view.top)
    begin, middle, end, near = squares
    assert (begin.left, begin.top, end.right, end.bottom) == (0, 0, width, height)
    assert middle.left + middle.right == width
    assert near.right - near.left == pytest.approx(0.7 * side)


def test_a_square_has_the_whole_and_a_nearer_one() -> None:
    assert [view.name for view in choose_crops(100, 100)] == ["the whole", "the middle, nearer"]


def test_a_part_is_what_is_there() -> None:
    pixels = np.zeros((100, 300, 3), np.uint8)
    pixels[:, 200:] = 200
    _, begin, middle, end, near = choose_crops(100, 300)
    means = [float(crop_and_resize(pixels, v).mean()) for v in (begin, middle, end, near)]
    assert means == pytest.approx([0, 0, 200, 0], abs=3)
