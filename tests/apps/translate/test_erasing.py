"""Text taken off grounds that are no plane of one color, drawn here."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from neuropil.apps.translate import setting
from neuropil.apps.translate.erasing import InkFound, edges, erase
from neuropil.apps.translate.geometry import Quad
from neuropil.apps.translate.lines import Pixels, size_of

WHITE, BLACK, GREEN, RED = (255, 255, 255), (0, 0, 0), (40, 140, 60), (255, 0, 0)
Color = tuple[int, int, int]


def box(left: float, top: float, right: float, bottom: float) -> Quad:
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], float)


def plain(color: Color) -> Pixels:
    return np.full((240, 400, 3), color, np.uint8)


def split() -> Pixels:
    ground = plain(WHITE).copy()
    ground[:, :200] = 0
    return ground


def shaded() -> Pixels:
    """From black to white and back, which no plane is."""
    levels = 255 * np.sin(np.linspace(0, np.pi, 400))
    return np.broadcast_to(levels[None, :, None], (240, 400, 3)).astype(np.uint8)


def colorful() -> Pixels:
    """From green above to red below."""
    down = np.linspace(0, 1, 240)[:, None, None]
    return np.broadcast_to((1 - down) * GREEN + down * RED, (240, 400, 3)).astype(np.uint8)


def write(
    ground: Pixels, *words: tuple[int, str, Color], outline: int = 0, padding: int = 5
) -> tuple[Pixels, Quad]:
    """Write words at their x on a ground; give the picture, and a quad around all of them."""
    image = Image.fromarray(ground)
    drawn, face, corners = ImageDraw.Draw(image), setting.load_font(setting.HEAVY, 40), []
    for x, word, color in words:
        drawn.text((x, 95), word, color, face, stroke_width=outline, stroke_fill=BLACK)
        corners.append(drawn.textbbox((x, 95), word, face, stroke_width=outline))
    (left, top), (right, bottom) = np.min(corners, 0)[:2], np.max(corners, 0)[2:]
    return np.asarray(image), box(left - padding, top - padding, right + padding, bottom + padding)


def residue(clean: Pixels, ground: Pixels) -> float:
    """Give the share of a picture in which something of the text can be seen."""
    return float((np.abs(clean.astype(int) - ground).max(axis=2) > 40).mean())


@pytest.mark.parametrize("ground", [plain(GREEN), colorful()], ids=["plain", "colorful"])
def test_an_outline_goes_with_its_letters(ground: Pixels) -> None:
    pixels, quad = write(ground, (30, "Rauchen verboten", WHITE), outline=4)
    clean, (found,) = erase(pixels, [quad])
    assert residue(clean, ground) == 0
    assert min(found.ink) > 240  # the fill, not the outline


def test_letters_on_two_grounds() -> None:
    pixels, quad = write(split(), (40, "Hunde", WHITE), (210, "verboten", BLACK))
    clean, (found,) = erase(pixels, [quad])
    assert residue(clean, split()) == 0
    assert set(found.pairs) == {(WHITE, BLACK), (BLACK, WHITE)}


def test_letters_on_a_ground_that_is_no_plane() -> None:
    pixels, quad = write(shaded(), (30, "Rauchen verboten", RED))
    clean, (found,) = erase(pixels, [quad])
    assert residue(clean, shaded()) == 0
    assert np.abs(np.array(found.ink) - RED).max() < 10


def test_letters_on_a_busy_ground_are_told_by_their_color() -> None:
    noise = np.random.default_rng(0).integers(0, 160, (240, 400, 1), np.uint8).repeat(3, axis=2)
    pixels, quad = write(noise, (30, "Rauchen verboten", WHITE))
    clean, (found,) = erase(pixels, [quad])
    assert found.ink == WHITE
    assert clean.max() < 200
    left, top, right, bottom = quad[[0, 2]].ravel().astype(int)
    kept = (clean == pixels).all(axis=2)[top:bottom, left:right]
    assert kept.mean() > 0.3  # what is between letters stays


def test_the_ink_tells_where_letters_stood() -> None:
    pixels, tight = write(plain(GREEN), (60, "Ausgang", WHITE), padding=0)
    _, wide = write(plain(GREEN), (60, "Ausgang", WHITE), padding=9)
    _, (found,) = erase(pixels, [wide])
    assert np.abs(found.quad - tight).max() < 3
    assert size_of(found.quad)[0] < size_of(wide)[0] - 14


def test_a_quad_without_ink_is_kept() -> None:
    quad = box(50, 30, 150, 60)
    clean, (found,) = erase(plain(GREEN), [quad])
    assert isinstance(found, InkFound)
    assert (clean == plain(GREEN)).all()
    assert np.isfinite(found.quad).all()


def test_a_band_behind_the_text_keeps_its_edge() -> None:
    pixels = np.full((120, 300, 3), (240, 230, 200), np.uint8)
    pixels[38:84] = (30, 60, 150)
    image = Image.fromarray(pixels)
    ImageDraw.Draw(image).text(
        (30, 40), "Ofen", font=setting.load_font(setting.HEAVY, 36), fill="white"
    )
    clean, _ = erase(np.asarray(image), [box(28, 42, 130, 78)])
    assert np.abs(clean.astype(int) - pixels).max() <= 3


@pytest.mark.parametrize("shape", [(1, 1, 3), (3, 900, 3), (30, 30, 3)])
def test_a_picture_that_is_all_quad(shape: tuple[int, int, int]) -> None:
    pixels = np.zeros(shape, np.uint8)
    assert (erase(pixels, [box(0, 0, shape[1], shape[0])])[0] == pixels).all()


def test_a_text_that_is_kept_stays_to_the_last_bit_where_others_reach_into_it() -> None:
    picture, quad = write(colorful(), (60, "12,50", WHITE))
    above = quad - (0, 30)  # its lower part is over the number, which it takes for its own ink
    clean, _ = erase(picture, [above])
    stays, _ = erase(picture, [above], kept=[quad])
    rows = slice(int(above[2, 1]) + 4, int(quad[2, 1]))
    assert np.array_equal(stays[rows], picture[rows])
    assert (clean[rows] != picture[rows]).any()


def test_nothing_is_copied_from_a_text_that_is_kept() -> None:
    picture = np.full((100, 300, 3), 230, np.uint8)
    picture -= (np.arange(100)[:, None, None] % 3 * 9).astype(np.uint8)  # a ruled ground
    for top in (24, 60):
        for left in range(60, 240, 18):
            picture[top : top + 16, left : left + 6] = 20
    above, below = box(52, 20, 248, 44), box(52, 56, 248, 80)
    clean, _ = erase(picture, [below], kept=[above])
    assert clean[50:].min() > 180
    copied, _ = erase(picture, [below])
    assert copied[50:].min() < 60


@pytest.mark.parametrize("shape", [(7, 9), (1, 5), (5, 1), (1, 1)])
def test_edges_are_the_largest_steps_to_the_right_and_down(shape: tuple[int, int]) -> None:
    part = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    levels = part.astype(int)
    found = edges(part)
    for y, x in np.ndindex(shape):
        below, right = levels[min(y + 1, shape[0] - 1), x], levels[y, min(x + 1, shape[1] - 1)]
        steps = [*np.abs(below - levels[y, x]), *np.abs(right - levels[y, x])]
        assert found[y, x] == max(steps)
