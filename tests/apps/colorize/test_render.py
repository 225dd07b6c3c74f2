"""Painting: lightness kept, whatever the size, depth, strips and threads."""

import numpy as np
import pytest
from numpy.typing import NDArray

from neuropil.apps.colorize import render
from neuropil.apps.colorize.cielab import (
    Floats,
    Pixels,
    encode_srgb,
    lab_f_of_y,
    lab_from_rgb,
    lightness,
)
from neuropil.apps.colorize.preprocess import resize_uint8
from neuropil.apps.colorize.rectangle import Rectangle
from neuropil.apps.colorize.render import (
    GUIDE,
    apply_color,
    confidence_map,
    draw_markers,
    guide_size,
    upsample_to_guide,
)
from neuropil.apps.colorize.upsample import smooth


def photo(height: int, width: int) -> NDArray[np.uint8]:
    """A picture with smooth shades and colors of its own."""
    y, x = np.mgrid[0:height, 0:width]
    shades = [40 + 170 * y / height, 220 - 180 * x / width, 128 + 90 * np.sin(x / 9 + y / 31)]
    return np.stack(shades, axis=-1).astype(np.uint8)


def prediction(height: int = 9, width: int = 12) -> Floats:
    """Colors of a grid, within what a screen can show for most."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack((20 * np.sin(x / 4), 20 * np.cos(y / 4)), axis=-1).astype(np.float32)


def paint(pixels: Pixels, strength: float = 1.0, threads: int = 1) -> Pixels:
    cells = lightness(resize_uint8(pixels, 9, 12))
    return apply_color(pixels, upsample_to_guide(prediction(), cells, pixels), strength, threads)


@pytest.mark.parametrize("size", [(60, 90), (700, 900)], ids=str)
def test_strength_0_is_grey_of_the_same_lightness(size: tuple[int, int]) -> None:
    made = paint(photo(*size), strength=0)
    assert (made[..., 0] == made[..., 1]).all()
    assert (made[..., 0] == made[..., 2]).all()
    assert np.abs(lightness(made) - lightness(photo(*size))).max() < 0.5


@pytest.mark.parametrize("size", [(60, 90), (700, 900)], ids=str)
def test_strength_drives_chroma_and_leaves_lightness(size: tuple[int, int]) -> None:
    pixels = photo(*size)
    chroma = []
    for strength in (0.5, 1.0, 1.5):
        made = paint(pixels, strength)
        assert np.abs(lightness(made) - lightness(pixels)).max() < 0.5
        chroma.append(np.linalg.norm(lab_from_rgb(made)[..., 1:], axis=-1).mean())
    assert chroma[0] == pytest.approx(chroma[1] / 2, rel=0.05)
    assert chroma[2] > 1.2 * chroma[1]


def test_colors_come_to_their_places() -> None:
    grey = np.full((90, 120, 3), 120, np.uint8)
    made = lab_from_rgb(paint(grey))[4::10, 4::10, 1:]
    colors = smooth(prediction(), np.full(prediction().shape[:2], 50, np.float32))
    assert np.abs(made - colors)[1:-1, 1:-1].max() < 1.5


def test_the_photographs_own_colors_do_not_matter() -> None:
    pixels = photo(80, 120)
    zero = np.zeros((80, 120, 3), np.float32)
    grey = encode_srgb(zero + np.float32(0.2), pixels.dtype)
    assert (lab_f_of_y(grey) == lab_f_of_y(grey)[0, 0]).all()
    shades = (90 * np.random.default_rng(9).random((80, 120, 1)) + 80).astype(np.uint8)
    one = paint(shades.repeat(3, axis=2))
    other = paint(one)
    assert np.abs(one.astype(int) - other).max() <= 3


def test_neither_strips_nor_threads_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = photo(701, 900)
    expected = paint(pixels)
    assert np.array_equal(paint(pixels, threads=3), expected)
    for strip in (1, 900 * 7, 1 << 22):
        monkeypatch.setattr(render, "STRIP", strip)
        assert np.abs(paint(pixels, threads=2).astype(int) - expected).max() <= 1


def test_16_bits_stay_16_bits() -> None:
    pixels = photo(700, 800)
    deep = pixels.astype(np.uint16) * 257
    made = paint(deep)
    assert made.dtype == np.uint16
    assert np.abs(made / 257 - paint(pixels)).max() < 0.6
    assert np.abs(lightness(made) - lightness(deep)).max() < 0.01


@pytest.mark.parametrize("size", [(1, 1), (1, 2000), (2000, 1), (30, 9000), (2, 3)], ids=str)
def test_odd_shapes(size: tuple[int, int]) -> None:
    pixels = photo(*size)
    made = paint(pixels)
    assert made.shape == pixels.shape
    assert np.abs(lightness(made) - lightness(pixels)).max() < 0.5


def test_the_guide_is_never_larger_than_the_photograph() -> None:
    assert guide_size(480, 640) == (480, 640)
    assert guide_size(3000, 4000) == (GUIDE * 3 // 4, GUIDE)
    assert guide_size(10, 100_000) == (1, GUIDE)


def test_enlarging_in_two_steps_is_linear_between() -> None:
    ramp = np.arange(8, dtype=np.float32)[:, None] + 10 * np.arange(5, dtype=np.float32)
    values = np.stack((ramp, -ramp))
    wide = render.resize_columns(values, 20, 2.0)
    made = render.resize_rows(wide, 3, 20, 32)
    y, x = (np.arange(3, 23) + 0.5) / 4 - 0.5, (np.arange(20) + 0.5) / 4 - 0.5
    expected = 2 * (y[:, None] + 10 * np.clip(x, 0, 4))
    assert np.abs(made[0] - expected).max() < 1e-4
    assert np.array_equal(made[1], -made[0])


def test_reducing_averages() -> None:
    pixels = photo(40, 60)
    assert resize_uint8(pixels, 40, 60) is pixels
    mean = pixels.reshape(10, 4, 15, 4, 3).mean(axis=(1, 3))
    assert np.abs(resize_uint8(pixels, 10, 15) - mean).max() < 1.1
    assert np.array_equal(resize_uint8(pixels.astype(np.uint16) * np.uint16(256), 40, 60), pixels)


def test_confidence_is_light_where_there_is_no_doubt() -> None:
    doubt = np.array([[0.0, 15, 30, 99]], np.float32)
    made = confidence_map(doubt, (1, 4), Rectangle(0, 0, 4, 1))
    brightness = made.sum(axis=-1)[0]
    assert (np.diff(brightness.astype(int)) <= 0).all()
    assert brightness[0] > brightness[-1]
    assert confidence_map(doubt, (30, 40), Rectangle(0, 0, 40, 30)).shape == (30, 40, 3)


def test_confidence_is_light_on_a_border() -> None:
    unsure, sure = np.full((2, 2), 30, np.float32), np.zeros((1, 1), np.float32)
    made = confidence_map(unsure, (30, 40), Rectangle(4, 5, 38, 27)).copy()
    assert (made[5:27, 4:38] == made[10, 10]).all()
    made[5:27, 4:38] = made[0, 0]
    assert (made == confidence_map(sure, (30, 40), Rectangle(0, 0, 40, 30))).all()


def test_rings_mark_places() -> None:
    grey = np.full((100, 120, 3), 90, np.uint8)
    made = draw_markers(grey, [(30, 40), (119, 0)])
    assert (made[40, 26] == [255, 212, 0]).all() or (made[40, 27] == [255, 212, 0]).all()
    assert np.array_equal(made[60:], grey[60:])
    assert np.array_equal(draw_markers(grey, []), grey)
    assert (grey == 90).all()
