import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Picture
from refusals import refused

from neuropil.kit.media import icc


def test_srgb_is_known_by_what_it_does_and_left_alone(
    colors: NDArray[np.uint8], adobe_rgb: bytes
) -> None:
    picture = Picture.fromarray(colors)
    assert icc.is_srgb(icc.srgb())
    assert not icc.is_srgb(adobe_rgb)
    assert icc.to_srgb(picture, icc.srgb()) is picture
    assert icc.from_srgb(colors, None) is colors


def test_the_srgb_profile_is_the_same_every_time() -> None:
    first = icc.srgb()
    icc.srgb.cache_clear()
    assert icc.srgb() == first


@pytest.mark.parametrize("damaged", [b"", b"not a profile", b"\0" * 200])
def test_a_damaged_profile_counts_as_none(damaged: bytes, colors: NDArray[np.uint8]) -> None:
    assert icc.color_space(damaged) is None
    assert np.array_equal(np.asarray(icc.to_srgb(Picture.fromarray(colors), damaged)), colors)


def test_adobe_rgb_is_brought_to_srgb_and_back(colors: NDArray[np.uint8], adobe_rgb: bytes) -> None:
    muted = (colors // 2 + 64).astype(np.uint8)  # of colors that both can show
    there = icc.from_srgb(muted, adobe_rgb)
    back = np.asarray(icc.to_srgb(Picture.fromarray(there), adobe_rgb))
    assert np.abs(there.astype(int) - muted).max() > 10
    assert np.abs(back.astype(int) - muted).max() <= 2


def test_sixteen_bits_agree_with_little_cms(colors: NDArray[np.uint8], adobe_rgb: bytes) -> None:
    ours = icc.to_srgb_16_bit(colors.astype(np.uint16) * 257, adobe_rgb)
    theirs = np.asarray(icc.to_srgb(Picture.fromarray(colors), adobe_rgb))
    assert np.abs(ours / 257 - theirs).max() < 1


def test_sixteen_bits_come_back_with_sixteen(
    deep_colors: NDArray[np.uint16], adobe_rgb: bytes
) -> None:
    muted = deep_colors // 2 + 16384
    there = icc.from_srgb(muted, adobe_rgb)
    assert np.abs(icc.to_srgb_16_bit(there, adobe_rgb).astype(int) - muted).max() <= 6


def test_a_picture_wider_than_a_block_is_mapped_whole(
    adobe_rgb: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = np.random.default_rng(1).integers(0, 65536, (7, 5, 3), dtype=np.uint16)
    at_once = icc.to_srgb_16_bit(pixels, adobe_rgb)
    monkeypatch.setattr(icc, "PIXELS_AT_ONCE", 11)
    assert np.array_equal(icc.to_srgb_16_bit(pixels, adobe_rgb), at_once)


def test_grey_is_brought_to_srgb_at_both_depths(grey_profile: bytes) -> None:
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
    theirs = np.asarray(icc.to_srgb(Picture.fromarray(grey), grey_profile))
    ours = icc.to_srgb_16_bit(grey.astype(np.uint16) * 257, grey_profile)
    assert theirs[8, 0, 0] != 128
    assert np.abs(ours / 257 - theirs).max() < 2  # its tables are coarse in the dark
    assert np.abs(ours / 257 - theirs)[4:].max() < 1


def test_grey_with_a_profile_for_colors_is_read_by_it(adobe_rgb: bytes) -> None:
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
    theirs = np.asarray(icc.to_srgb(Picture.fromarray(grey), adobe_rgb))
    ours = icc.to_srgb_16_bit(grey.astype(np.uint16) * 257, adobe_rgb)
    assert theirs[2, 0, 0] < 32
    assert np.abs(ours / 257 - theirs).max() < 1


def test_grey_without_a_profile_is_repeated() -> None:
    assert np.array_equal(
        icc.to_srgb_16_bit(np.array([[1, 2]], np.uint16), None)[0], [[1, 1, 1], [2, 2, 2]]
    )


def test_the_curve_of_srgb_itself_is_read_in_its_parametric_form() -> None:
    shape = icc._shape(icc.srgb())
    assert np.abs(shape.curves[0] - icc._srgb_curve()).max() < 1e-4
    assert np.abs(shape.primaries - icc.XYZ_FROM_SRGB).max() < 2e-3


@pytest.mark.parametrize(
    ("kind", "numbers", "half"),
    [
        (0, [2], 0.25),
        (1, [2, 1, 0.25], 0.5625),
        (2, [2, 1, 0, 0.1], 0.35),
        (3, [2, 1, 0, 0.5, 0.6], 0.25),
        (4, [2, 1, 0, 0.5, 0.6, 0.1, 0.2], 0.45),
    ],
)
def test_every_parametric_curve_of_the_standard(
    kind: int, numbers: list[float], half: float
) -> None:
    value = icc._parametric(np.array([0.5]), kind, np.array(numbers))
    assert value[0] == pytest.approx(half)


def test_sixteen_bits_with_a_profile_of_tables_are_refused(
    deep_colors: NDArray[np.uint16], adobe_rgb: bytes
) -> None:
    tables = adobe_rgb.replace(b"rTRC", b"A2B0")
    with refused("input.kind"):
        icc._map_linear(deep_colors, icc._shape(tables), icc._srgb_shape())
