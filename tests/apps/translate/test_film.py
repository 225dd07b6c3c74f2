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
EIGHT = [SIGN / [1, 2] + [0, 15 * n] for n in range(8)]  # lines


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
        self.quads, self.asked, self.looked, self.found = quads, 0, 0, [*quads]

    def read(self, pixels: Pixels) -> ReadView:
        self.asked += 1
        made = pixels.copy()
        for quad in self.quads:
            (left, top), (right, bottom) = quad[0].astype(int), quad[2].astype(int)
            made[top:bottom, left:right] = (255, 0, 0)
        return ReadView(self.quads, made)

    def find(self, pixels: Pixels) -> Sequence[Quad]:
        self.looked += 1
        return self.found


def put(pixels: Pixels, quad: Quad, seed: int) -> Pixels:
    """Put something else where a quad is."""
    (left, top), (right, bottom) = quad[0].astype(int), quad[2].astype(int)
    made = pixels.copy()
    made[top:bottom, left:right] = scene(seed)[top:bottom, left:right]
    return made


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


def test_a_line_that_changes_is_read_anew_at_once() -> None:
    reader = Reader(*EIGHT)
    before, after = scene(0), put(scene(0), EIGHT[7], seed=1)
    made = run(reader, [before] * 8 + [after] * 3)
    assert reader.asked == 2
    assert all((pixels[130, 80] == (255, 0, 0)).all() for pixels in made)


def test_nothing_is_laid_over_a_line_that_changes_too_fast() -> None:
    reader = Reader(*EIGHT)
    pictures = [put(scene(0), EIGHT[7], seed=n) for n in range(1, 25)]
    made = run(reader, pictures)
    assert reader.asked == 3 + 3
    as_they_are = 0
    for before, after in zip(pictures, made, strict=True):
        assert after[27, 80].astype(int) == pytest.approx([255, 0, 0], abs=12)
        as_they_are += (before[130, 80] == after[130, 80]).all()
    assert as_they_are == len(pictures) - reader.asked


def test_cuts_from_picture_to_picture_are_not_all_read() -> None:
    reader = Reader(SIGN)
    run(reader, [scene(n) for n in range(24)])
    assert reader.asked == 3 + 3


def test_a_line_that_began_at_the_edge_is_read_again_when_it_is_inside() -> None:
    cut = np.array([[0, 40], [60, 40], [60, 60], [0, 60]], np.float64)
    reader = Reader(cut)
    run(reader, [scene(0, shift) for shift in (0, 4, 8, 12, 16)])
    assert reader.asked == 1
    run(reader, [scene(0, shift) for shift in (0, 5, 10, 15, 20, 25)])
    assert reader.asked == 1 + 2
    whole = Reader(SIGN)
    run(whole, [scene(0, shift) for shift in (0, 5, 10, 15, 20, 25)])
    assert whole.asked == 1


def test_text_that_fades_in_is_read_again_when_it_is_clearer() -> None:
    reader = Reader(SIGN)
    shown = [(scene(0) * share + 128 * (1 - share)).astype(np.uint8) for share in (0.3, 0.4, 0.5)]
    run(reader, shown[:2])
    assert reader.asked == 1
    run(reader, shown)
    assert reader.asked == 1 + 2
    run(reader, shown[::-1])
    assert reader.asked == 1 + 2 + 1


def test_text_that_comes_into_view_is_read_at_once() -> None:
    reader = Reader(SIGN)
    before, after = scene(0), put(scene(0), BELOW, seed=1)
    run(reader, [before] * 5)
    assert (reader.asked, reader.looked) == (1, 0)
    reader.found = [SIGN, BELOW]
    run(reader, [before] * 4 + [after])
    assert (reader.asked, reader.looked) == (1 + 2, 1)


def test_what_comes_into_view_and_is_no_text_is_looked_at_once() -> None:
    reader = Reader(SIGN)
    before, after = scene(0), put(scene(0), BELOW, seed=1)
    run(reader, [before] * 4 + [after] * 10)
    assert (reader.asked, reader.looked) == (1, 1)


def test_a_still_picture_is_looked_at_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(film, "LOOK_AGAIN", 6)
    reader = Reader(SIGN)
    run(reader, [scene(0)] * 14)
    assert (reader.asked, reader.looked) == (1, 2)
    reader = Reader(SIGN)
    reader.found = [SIGN, BELOW]
    run(reader, [scene(0)] * 7)
    assert reader.asked == 2


def test_pictures_without_text_pass_as_they_are() -> None:
    reader = Reader()
    pictures = [scene(n) for n in range(24)]
    assert all(np.array_equal(a, b) for a, b in zip(run(reader, pictures), pictures, strict=True))
    assert reader.asked == 1
    assert reader.looked <= 3 + 24 // film.LOOK


def test_text_after_a_picture_without_any_is_read_at_once() -> None:
    reader = Reader()
    plain = np.full_like(scene(0), 90)
    reader.found = [SIGN]
    run(reader, [plain] * 4 + [put(plain, SIGN, seed=1)])
    assert (reader.asked, reader.looked) == (2, 1)


def test_new_text_is_what_no_known_quad_covers() -> None:
    assert not has_new_text([], [])
    assert not has_new_text([SIGN], [SIGN + 4])
    assert has_new_text([SIGN, BELOW], [SIGN])
    assert has_new_text([SIGN] * 7 + [BELOW], [SIGN])
    speck = BELOW[0] + (BELOW - BELOW[0]) / 4
    assert not has_new_text([SIGN] * 2 + [speck], [SIGN])
