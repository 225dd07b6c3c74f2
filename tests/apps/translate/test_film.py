"""Texts of a film: read once, followed, read again."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image, ImageFilter

from neuropil.apps.translate import film
from neuropil.apps.translate.film import ReadView, has_new_text, translate_frames
from neuropil.apps.translate.geometry import Quad
from neuropil.apps.translate.lines import Pixels
from neuropil.kit.media.frame import Frame

SIGN = np.array([[40, 40], [120, 40], [120, 70], [40, 70]], np.float64)

BELOW = SIGN + np.array([0, 60])


def scene(seed: int, shift: int = 0) -> Pixels:
    """Draw blots that move to the right."""
    rng = np.random.default_rng(seed)
    image = Image.fromarray(rng.integers(256, size=(160, 240), dtype=np.uint8))
    soft = np.asarray(image.filter(ImageFilter.GaussianBlur(2)), np.float32)
    wide = ((soft - soft.mean()) * 6 + 128).clip(0, 255).astype(np.uint8)
    return np.ascontiguousarray(np.roll(wide, shift, axis=1)[:, :, None].repeat(3, axis=2))


class Reader:
    """Paints the sign red, and counts how often it was asked."""

    def __init__(self, *quads: Quad) -> None:
        self.quads, self.asked, self.found = quads, 0, [*quads]

    def read(self, pixels: Pixels) -> ReadView:
        self.asked += 1
        made = pixels.copy()
        for quad in self.quads:
            (left, top), (right, bottom) = quad[0].astype(int), quad[2].astype(int)
            made[top:bottom, left:right] = (255, 0, 0)
        return ReadView(self.quads, made)

    def find(self, pixels: Pixels) -> Sequence[Quad]:
        return self.found


def run(reader: Reader, pictures: Sequence[Pixels]) -> list[Pixels]:
    frames = (Frame(pixels, Fraction(n, 25)) for n, pixels in enumerate(pictures))
    return [frame.pixels for frame in translate_frames(frames, reader.read, reader.find)]


def test_a_view_is_read_once_and_followed() -> None:
    reader = Reader(SIGN)
    made = run(reader, [scene(0, shift) for shift in range(0, 12, 2)])
    assert reader.asked == 1
    for n, pixels in enumerate(made):
        assert (pixels[55, 80 + 2 * n] == (255, 0, 0)).all()
        assert (pixels[55, 30 + 2 * n] != (255, 0, 0)).any()


def test_another_view_is_read_anew() -> None:
    reader = Reader(SIGN)
    run(reader, [scene(0), scene(0, 1), scene(1), scene(1, 1)])
    assert reader.asked == 2


def test_text_that_comes_into_view_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(film, "LOOK_AGAIN", 3)
    reader = Reader(SIGN)
    run(reader, [scene(0)] * 7)
    assert reader.asked == 1
    reader = Reader(SIGN)
    reader.found = [SIGN, BELOW]
    run(reader, [scene(0)] * 4)
    assert reader.asked == 2


def test_pictures_without_text_pass_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(film, "LOOK_AGAIN", 2)
    reader = Reader()
    pictures = [scene(n) for n in range(5)]
    assert all(np.array_equal(a, b) for a, b in zip(run(reader, pictures), pictures, strict=True))
    assert reader.asked == 1
    reader.found = [SIGN]
    run(reader, pictures)
    assert reader.asked == 1 + 3


def test_new_text_is_what_no_known_quad_covers() -> None:
    assert not has_new_text([], [])
    assert not has_new_text([SIGN], [SIGN + 4])
    assert has_new_text([SIGN, BELOW], [SIGN])
    assert not has_new_text([SIGN] * 4 + [BELOW], [SIGN])
