import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from reading_data import plain_fonts

from neuropil.apps.translate.lab import pages, rendering
from neuropil.apps.translate.lab.dirt import add_dirt
from neuropil.apps.translate.lab.pages import SIDE, Sheet, Stock, render_page
from neuropil.apps.translate.lab.rendering import Grounds, draw_ink, render_line
from neuropil.apps.translate.lab.texts import LanguageTexts

RNG = np.random.default_rng(0)
PHOTOS = [*RNG.integers(256, size=(4, 96, 120, 3), dtype=np.uint8)]
PHRASES = ("Zwei Bier", "Käse 3,50 €", "No entry")
TEXTS = {
    name: LanguageTexts(name, ("Das ist ein Satz.",), PHRASES, ("Brot",), np.ones(1))
    for name in ("en", "de", "fr", "es")
}
STOCK = Stock(TEXTS, plain_fonts(), Grounds(()))


def test_ink_is_in_its_box() -> None:
    ink = draw_ink("Ägypten", plain_fonts().every[0], 20, 7)
    left, top, right, bottom = map(int, ink.box)
    cover = np.array(ink.cover)
    assert left >= 6
    assert cover[top:bottom, left:right].max() > 200
    cover[top:bottom, left:right] = 0
    assert not cover.any()


def test_spaced_letters_are_wider() -> None:
    font = plain_fonts().every[0]
    close, wide = draw_ink("abc", font, 20, 4), draw_ink("abc", font, 20, 4, spacing=10)
    assert wide.box[2] - wide.box[0] >= close.box[2] - close.box[0] + 18


def test_letters_stand_out_from_the_ground() -> None:
    grounds, rng = Grounds(PHOTOS), np.random.default_rng(1)
    for _ in range(40):
        made = render_line("Hallo", plain_fonts(), grounds, rng)
        h, w, _ = made.pixels.shape
        assert (made.quad.min(axis=0) >= 0).all()
        assert (made.quad.max(axis=0) <= (w, h)).all()
        (left, top), (right, bottom) = made.quad[0].astype(int), made.quad[2].astype(int)
        part = made.pixels[top:bottom, left:right].astype(float)
        assert part.std() > 3


def test_a_turned_word_is_in_an_upright_box() -> None:
    ink = draw_ink("MM..", plain_fonts().every[0], 30, 20)
    left, top, right, bottom = ink.box
    quad = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], float)
    for angle in (12.0, -20.0, 90.0):
        made, box = rendering.turn(ink.cover, quad, angle)
        low, high = box[0], box[2]
        x0, y0, x1, y1 = made.point(lambda v: 255 if v > 127 else 0).getbbox() or (0, 0, 0, 0)
        assert (low <= np.array([x0, y0]) + 2).all()
        assert (high >= np.array([x1, y1]) - 2).all()
    width, height = box[2] - box[0]
    assert (width, height) == pytest.approx((bottom - top, right - left))
    rows = np.asarray(made, float).sum(axis=1)
    assert rows @ np.arange(len(rows)) < rows.sum() * len(rows) / 2  # clockwise: M is at the top


def test_the_same_chance_makes_the_same_line() -> None:
    made = [
        render_line("Brot", plain_fonts(), Grounds(PHOTOS), np.random.default_rng(3)) for _ in "ab"
    ]
    assert np.array_equal(made[0].pixels, made[1].pixels)


def test_a_bent_line_keeps_its_ink() -> None:
    ink = draw_ink("mmmmmm", plain_fonts().every[0], 20, 12)
    bent = np.asarray(rendering.bend(ink.cover, 6), float)
    assert bent.sum() == pytest.approx(np.asarray(ink.cover, float).sum(), rel=0.01)
    rows = [
        np.average(np.arange(len(bent)), weights=bent[:, x : x + 8].sum(axis=1)) for x in (14, 60)
    ]
    assert abs(rows[0] - rows[1]) > 2


@pytest.mark.parametrize("seed", range(6))
def test_dirt_keeps_form_and_content(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pixels = np.asarray(Image.fromarray(PHOTOS[0][:9, :9]).resize((160, 50)))
    for _ in range(10):
        made = add_dirt(pixels, rng)
        assert made.shape == pixels.shape
        assert made.dtype == np.uint8
        assert np.corrcoef(made.ravel(), pixels.ravel())[0, 1] > 0.3


def test_grounds_fill_what_is_asked_for() -> None:
    grounds, rng = Grounds(PHOTOS), np.random.default_rng(0)
    for height, width in ((5, 7), (300, 40), (40, 700)):
        for make in (grounds.make, grounds.cut, grounds.lay_out):
            assert make(height, width, rng).shape == (height, width, 3)
    assert Grounds(()).make(20, 30, rng).shape == (20, 30, 3)


@pytest.mark.parametrize(
    "kind", [pages.scatter, pages.put_signs, pages.put_columns, pages.put_entries]
)
def test_boxes_of_a_page_hold_all_its_ink(kind: object) -> None:
    rng = np.random.default_rng(2)
    for _ in range(4):
        sheet = Sheet(np.full((SIDE, SIDE, 3), 128, np.uint8), [])
        assert callable(kind)
        kind(sheet, STOCK, rng)
        assert sheet.boxes
        assert all(0 <= a < c <= SIDE and 0 <= b < d <= SIDE for a, b, c, d in sheet.boxes)
        assert not any(
            pages.overlap(a, b) for k, a in enumerate(sheet.boxes) for b in sheet.boxes[:k]
        )
        inked = [sheet.pixels[b:d, a:c].std() for a, b, c, d in sheet.boxes]
        assert np.median(inked) > 5


def test_the_back_of_the_paper_shows_faintly_and_is_no_text() -> None:
    sheet = Sheet(np.full((SIDE, SIDE, 3), 220, np.uint8), [])
    pages.show_through(sheet, STOCK, np.random.default_rng(0))
    off = np.abs(sheet.pixels.astype(int) - 220)
    assert sheet.boxes == []
    assert 3 < off.max() <= 220 * pages.FAINT + 1
    assert off.any(axis=2)[:, SIDE // 2 :].sum() > off.any(axis=2)[:, : SIDE // 2].sum()  # mirrored


def test_quads_follow_the_perspective(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "PAGE_SHARES", (0, 0, 0, 1))
    monkeypatch.setattr(pages, "TILTED", 1)
    monkeypatch.setattr(pages, "TURNED", 1)
    page = render_page(STOCK, np.random.default_rng(5))
    assert page.pixels.shape == (SIDE, SIDE, 3)
    contrasts = [spread(page.pixels, quad) for quad in page.quads if inside(quad)]
    assert len(contrasts) > 3
    assert np.median(contrasts) > 5
    assert all(quad[1, 1] < quad[0, 1] for quad in page.quads)  # laid down: it reads upward


def inside(quad: NDArray[np.float64]) -> bool:
    return bool((quad >= 0).all() and (quad <= SIDE).all())


def spread(pixels: NDArray[np.uint8], quad: NDArray[np.float64]) -> float:
    """Measure how much pixels differ along the middle of a quad."""
    start, end = (quad[0] + quad[3]) / 2, (quad[1] + quad[2]) / 2
    points = (start + np.linspace(0, 1, 200)[:, None] * (end - start)).astype(int)
    x, y = points.clip(0, SIDE - 1).T
    return float(pixels[y, x].astype(float).std())
