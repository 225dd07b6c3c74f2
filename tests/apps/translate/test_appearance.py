"""Lines of a picture compared with what they are in another one: the light, and what they say."""

from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image, ImageDraw

from neuropil.apps.translate import setting
from neuropil.apps.translate.appearance import Appearance, lay_points
from neuropil.apps.translate.geometry import Matrix, Quad
from neuropil.apps.translate.lines import Pixels

LINES = ("Bitte warten", "Frisches Brot", "Eingang")
STILL = np.eye(3)


def draw(lines: Sequence[str] = LINES) -> tuple[Pixels, list[Quad]]:
    """Draw lines with sharp edges."""
    image = Image.new("RGB", (320, 240), (20, 60, 140))
    font, quads = setting.load_font(setting.HEAVY, 32), []
    for n, line in enumerate(lines):
        place = (30, 20 + 70 * n)
        ImageDraw.Draw(image).text(place, line, font=font, fill="white")
        quads.append(box(*ImageDraw.Draw(image).textbbox(place, line, font=font)))
    return np.asarray(image), quads


def box(left: float, top: float, right: float, bottom: float) -> Quad:
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float64)


def move(pixels: Pixels, x: float, y: float) -> tuple[Pixels, Matrix]:
    """Move a picture, in straight lines between its pixels; also give the homography."""
    image, numbers = Image.fromarray(pixels), (1, 0, -x, 0, 1, -y)
    moved = image.transform(
        image.size, Image.Transform.AFFINE, numbers, Image.Resampling.BILINEAR, fillcolor="navy"
    )
    return np.asarray(moved), np.array([[1, 0, x], [0, 1, y], [0, 0, 1]])


def test_what_falls_between_pixels_is_no_change_of_light() -> None:
    pixels, quads = draw()
    seen = Appearance(pixels, quads).compare(*move(pixels, 2.5, -1.5))
    assert seen.gain == pytest.approx([1, 1, 1], abs=0.05)
    assert seen.gain * [20, 60, 140] + seen.bias == pytest.approx([20, 60, 140], abs=3)
    assert seen.alike.min() > 0.95


def test_the_light_of_each_color_is_found() -> None:
    pixels, quads = draw()
    lit = (pixels * [0.5, 0.7, 0.9] + [10, 0, 20]).astype(np.uint8)
    seen = Appearance(pixels, quads).compare(lit, STILL)
    assert seen.gain == pytest.approx([0.5, 0.7, 0.9], abs=0.02)
    assert seen.bias == pytest.approx([10, 0, 20], abs=2)
    assert seen.alike.min() > 0.95


@pytest.mark.parametrize("other", ["Kein Zutritt", "Bitte wartet", ""])
def test_a_line_that_says_something_else_is_not_alike(other: str) -> None:
    pixels, quads = draw()
    changed, _ = draw([other, *LINES[1:]])
    first, *rest = Appearance(pixels, quads).compare(*move(changed, 0.5, 0.5)).alike
    assert first < 0.3
    assert min(rest) > 0.9


def test_a_line_beyond_the_edge_is_not_told_of() -> None:
    pixels, quads = draw()
    seen = Appearance(pixels, quads).compare(*move(pixels, 0, -60))
    assert seen.alike[0] == 1
    assert seen.alike.min() > 0.95


def test_noise_is_no_other_text() -> None:
    pixels, quads = draw()
    faint = (pixels * 0.15 + 60).astype(np.uint8)
    noise = np.random.default_rng(0).normal(0, 6, pixels.shape)
    seen = Appearance(faint, quads).compare((faint + noise).astype(np.uint8), STILL)
    assert seen.alike.min() > 0.7


def test_parts_are_as_wide_as_a_line_is_high() -> None:
    points, parts, lines = lay_points([box(0, 0, 80, 20), box(0, 40, 5, 60)])
    assert lines.tolist() == [0, 0, 0, 0, 1]
    assert points[parts == 1].min(axis=0) == pytest.approx([21.25, 20 / 12])
    assert points[parts == 4].max(axis=0) == pytest.approx([5 * 15 / 16, 60 - 20 / 12])


def test_without_lines_nothing_is_told() -> None:
    pixels, _ = draw()
    seen = Appearance(pixels, []).compare(pixels, STILL)
    assert (seen.gain == 1).all()
    assert len(seen.alike) == 0
