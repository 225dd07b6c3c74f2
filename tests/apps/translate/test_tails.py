"""The price of a dish stays where it is, and what leads to it is set anew."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from neuropil.apps.translate.lines import cut_line, perspective
from neuropil.apps.translate.page import TextLine, TranslatedBlock, kept_quads, replacements
from neuropil.apps.translate.replacing import replace_texts
from neuropil.apps.translate.setting import LIGHT, load_font
from neuropil.apps.translate.tails import cut_quad, find_tail, split_tail

LED = "Tagessuppe ............ 4,50 €"
Pixels = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (LED, ("Tagessuppe", ".", "4,50 €")),
        ("Huîtres ---- 12,-", ("Huîtres", "-", "12,-")),
        ("Sopa . . . . . 5", ("Sopa", ".", "5")),
        ("und Sahne .........", ("und Sahne", ".", "")),
        ("Bier 0,5 l 4,80", ("Bier 0,5 l", "", "4,80")),
        ("Seite 5", ("Seite", "", "5")),
        ("12,50", ("12,50", "", "")),
        ("Der Hund ist da...", ("Der Hund ist da...", "", "")),
        ("Ohne Zusatz", ("Ohne Zusatz", "", "")),
        ("", ("", "", "")),
    ],
)
def test_a_line_is_parted(text: str, parts: tuple[str, str, str]) -> None:
    assert split_tail(text) == parts


def draw(name: str, dots: str, price: str, start: int = 400) -> Pixels:
    """Draw a name, dots and, from a column on, a price."""
    image = Image.new("RGB", (500, 60), (240, 235, 220))
    font, pen = load_font(LIGHT, 30), ImageDraw.Draw(image)
    pen.text((20, 10), name, font=font, fill=(40, 20, 20))
    pen.text((25 + font.getlength(name), 10), dots, font=font, fill=(40, 20, 20))
    pen.text((start, 10), price, font=font, fill=(40, 20, 20))
    return np.asarray(image)


def quad(right: int = 470) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.array([[18, 12], [right, 12], [right, 46], [18, 46]], float)


@pytest.mark.parametrize("price", ["4,50", "1,20", "7,00", "18 €", "€ 14", "11,5"])
def test_a_price_begins_behind_its_dots(price: str) -> None:
    pixels = draw("Tagessuppe", "..........", price)
    share = find_tail(cut_line(pixels, quad()), f"Tagessuppe .......... {price}")
    assert share is not None
    assert 385 < 18 + share * (470 - 18) < 402


def test_a_price_apart_stays_and_one_that_is_near_does_not() -> None:
    apart = find_tail(cut_line(draw("Tagessuppe", "", "4,50"), quad()), "Tagessuppe 4,50")
    near = find_tail(cut_line(draw("Tagessuppe", "", "4,50", 190), quad(260)), "Tagessuppe 4,50")
    assert apart is not None
    assert near is None


def test_what_leads_to_nothing_is_all_to_be_set() -> None:
    line = cut_line(draw("Tagessuppe", "..........", ""), quad())
    assert find_tail(line, "Tagessuppe ..........") == 1.0
    assert find_tail(line, "..........") is find_tail(line, "Tagessuppe") is None
    assert find_tail(np.zeros((32, 64), np.float32), LED) is None


def test_quads_are_cut_as_they_are_seen() -> None:
    seen = np.array([[10, 10], [110, 20], [110, 40], [10, 60]], float)
    left, right = cut_quad(seen, 0.5)
    a, b, c, d, e, f, g, h = perspective(np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float), seen)
    middle = np.array([a, d]) * 0.5 + [c, f]
    assert np.allclose(left[1], middle / (0.5 * g + 1))
    assert np.allclose(left[1:3], right[[0, 3]])
    assert left[1, 0] > 60  # the near half is longer
    assert np.isfinite([b, e, h]).all()


def test_the_price_keeps_its_pixels_and_dots_lead_to_it() -> None:
    pixels = draw("Tagessuppe", 25 * ".", "4,50")
    text = "Tagessuppe .......... 4,50"
    line = TextLine(quad(), text, 0.9, find_tail(cut_line(pixels, quad()), text))
    block = TranslatedBlock((0,), text, "de", "Soup of the day .......... 4,50", None)
    (change,) = replacements([line], [block])
    (price,) = kept_quads([line], [block])
    assert (change.text, change.leader) == ("Soup of the day", ".")
    made = replace_texts(pixels, [change], [price])
    assert (made[:, 400:] == pixels[:, 400:]).all()
    dots = (made[30:50, 300:390].astype(int).sum(axis=2) < 400).any(axis=0)
    assert 5 < np.diff(dots.astype(int)).clip(0).sum() < 20


@pytest.mark.parametrize(
    ("text", "beside", "dx", "leader"),
    [
        ("Salat.", "4,50 €", 500, "."),
        ("Salat -", "---- 4,50", 500, "-"),
        ("Salat.", "........", 500, "."),
        ("Salat", "4,50 €", 500, ""),
        ("Salat.", "Suppe", 500, ""),
        ("Salat.", "", 500, ""),  # not read
        ("Salat.", "|", 500, ""),
        ("Salat.", "4,50 €", -500, ""),  # on the left
    ],
)
def test_dots_lead_on_to_a_price_that_is_a_line_of_its_own(
    text: str, beside: str, dx: int, leader: str
) -> None:
    lines = [TextLine(quad(), text, 0.9), TextLine(quad() + np.array([dx, 3]), beside, 0.9)]
    (change,) = replacements(lines, [TranslatedBlock((0,), text, "de", "Salad" + text[5:], None)])
    assert change.leader == leader
    assert change.text == ("Salad" if leader else "Salad" + text[5:])


def test_a_translation_without_the_price_replaces_the_whole_line() -> None:
    line = TextLine(quad(), LED, 0.9, 0.8)
    (change,) = replacements([line], [TranslatedBlock((0,), LED, "de", "4,50 € a soup", None)])
    assert change.text == "4,50 € a soup"
    assert (change.quads[0] == quad()).all()
