"""CIELAB against scikit-image, there and back, and colors that a screen can't show."""

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.color import rgb2lab

from neuropil.apps.colorize.cielab import (
    Depth,
    Pixels,
    encode_srgb,
    lab_f,
    lab_f_inverse,
    lab_f_of_y,
    lab_from_rgb,
    lightness,
    to_gamut,
)

BYTE, WORD = np.dtype(np.uint8), np.dtype(np.uint16)


@pytest.fixture(scope="module")
def every_color() -> NDArray[np.uint8]:
    """Every third value of each channel, both ends among them: 86^3 colors."""
    steps = np.arange(0, 256, 3, dtype=np.uint8)
    return np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(86, -1, 3)


def random_pixels(depth: np.dtype[Depth]) -> NDArray[Depth]:
    rng = np.random.default_rng(2)
    most = np.iinfo(depth).max
    return rng.integers(0, most, (60, 500, 3), endpoint=True).astype(np.uint16).astype(depth)


def test_there_and_back_is_exact(every_color: NDArray[np.uint8]) -> None:
    lab = lab_from_rgb(every_color)
    assert np.array_equal(
        encode_srgb(to_gamut(lab_f_of_y(every_color), lab[..., 1:]), BYTE), every_color
    )


def test_agrees_with_scikit_image(every_color: NDArray[np.uint8]) -> None:
    lab = lab_from_rgb(every_color)
    assert np.abs(lab - rgb2lab(every_color)).max() < 0.05  # it rounds its matrix to six digits
    assert np.abs(lightness(every_color) - lab[..., 0]).max() < 1e-3


def test_16_bits_are_the_same_colors(every_color: NDArray[np.uint8]) -> None:
    words = every_color.astype(np.uint16) * 257
    lab = lab_from_rgb(words)
    assert np.abs(lab - lab_from_rgb(every_color)).max() < 1e-3
    back = encode_srgb(to_gamut(lab_f_of_y(words), lab[..., 1:]), WORD)
    assert np.abs(back.astype(int) - words).max() <= 8  # of 65535


def test_grey_has_no_color() -> None:
    greys = np.arange(256, dtype=np.uint8)[:, None].repeat(3, axis=1)
    assert np.abs(lab_from_rgb(greys)[:, 1:]).max() < 1e-4
    assert np.array_equal(
        encode_srgb(to_gamut(lab_f_of_y(greys), np.zeros((256, 2), np.float32)), BYTE), greys
    )


def test_white_and_black_have_the_lightness_of_the_definition() -> None:
    ends = np.array([[0, 0, 0], [119, 119, 119], [255, 255, 255]], np.uint8)
    assert lightness(ends) == pytest.approx([0, 50.03, 100], abs=0.01)


def test_bending_is_undone() -> None:
    t = np.linspace(0, 1.2, 10001, dtype=np.float32)
    assert np.abs(lab_f_inverse(lab_f(t)) - t).max() < 1e-6
    ends = np.array([4 / 29, 6 / 29, 1], np.float32)
    assert lab_f_inverse(ends) == pytest.approx([0, (6 / 29) ** 3, 1], abs=1e-8)


@pytest.mark.parametrize("rgb", [random_pixels(BYTE), random_pixels(WORD)], ids=["8", "16"])
def test_lightness_stays_whatever_the_color(rgb: Pixels) -> None:
    ab = np.random.default_rng(3).uniform(-150, 150, (*rgb.shape[:2], 2)).astype(np.float32)
    light = to_gamut(lab_f_of_y(rgb), ab)
    made = encode_srgb(light, BYTE) if rgb.dtype == BYTE else encode_srgb(light, WORD)
    assert np.abs(lightness(made) - lightness(rgb)).max() < 0.5


def test_hue_stays_where_chroma_must_shrink() -> None:
    fy = np.full((1, 360), (50 + 16) / 116, np.float32)
    angle = np.radians(np.arange(360.0))[None]
    asked = np.stack((np.cos(angle), np.sin(angle)), axis=-1).astype(np.float32)
    ab = lab_from_rgb(encode_srgb(to_gamut(fy, 140 * asked), WORD))[..., 1:]
    chroma = np.hypot(ab[..., 0], ab[..., 1])
    assert 25 < chroma.min() < chroma.max() < 120  # shrunk, but no further than it must
    cosine = (ab * asked).sum(axis=-1) / chroma
    assert np.degrees(np.arccos(np.clip(cosine, -1, 1))).max() < 0.2


def test_a_color_that_fits_is_left_alone() -> None:
    fy, ab = np.full((1, 1), 0.6, np.float32), np.array([[[12.0, -9.0]]], np.float32)
    made = lab_from_rgb(encode_srgb(to_gamut(fy, ab), WORD))
    assert made[0, 0] == pytest.approx([116 * 0.6 - 16, 12, -9], abs=0.01)
