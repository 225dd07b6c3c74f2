"""Text erased and set anew, on pages that are drawn here."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from neuropil.apps.translate import setting
from neuropil.apps.translate.erasing import InkFound, erase
from neuropil.apps.translate.geometry import Quad, grow, rotation
from neuropil.apps.translate.lines import Pixels, size_of
from neuropil.apps.translate.replacing import Replacement, color_grounds, color_of, replace_texts
from neuropil.apps.translate.setting import measure_frame

Color = tuple[int, int, int]

PAPER, INK, BAND = (240, 230, 200), (120, 20, 30), (30, 60, 150)


def box(left: float, top: float, right: float, bottom: float) -> Quad:
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], float)


def draw_sign(
    *texts: str, em: int = 40, font: str = setting.LIGHT, left: int = 40, pitch: int = 50
) -> tuple[Pixels, list[Quad]]:
    """Draw lines of text on shaded paper, and give the picture and the quads around them."""
    shade = np.linspace(0.8, 1, 400)[None, :, None]
    image = Image.fromarray((np.full((240, 400, 3), PAPER) * shade).astype(np.uint8))
    drawn, quads = ImageDraw.Draw(image), []
    face = setting.load_font(font, em)
    for n, text in enumerate(texts):
        place = (left, 40 + pitch * n)
        drawn.text(place, text, font=face, fill=INK)
        quads.append(box(*drawn.textbbox(place, text, font=face)))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(0.7))), quads


def plain_paper() -> Pixels:
    return draw_sign()[0]


def test_erased_text_leaves_the_paper() -> None:
    pixels, quads = draw_sign("Ausgang", "freihalten")
    clean, inks = erase(pixels, quads)
    assert np.abs(clean.astype(int) - plain_paper()).max() <= 3
    assert np.abs(np.array(inks[0].ink) - INK).max() < 25
    assert 0.1 < inks[0].share < 0.4


def test_what_is_in_no_quad_stays_as_it_is() -> None:
    pixels, quads = draw_sign("Ausgang", "freihalten")
    clean, _ = erase(pixels, quads[:1])
    assert (clean[100:] == pixels[100:]).all()
    assert erase(pixels, [])[0].tolist() == pixels.tolist()


def test_letters_at_the_edge_of_a_picture() -> None:
    pixels, _ = draw_sign("Ausgang")
    clean, _ = erase(pixels, [box(-30, -20, 90, 85), box(390, 230, 430, 260)])
    assert clean.shape == pixels.shape


@pytest.mark.parametrize("font", [setting.LIGHT, setting.HEAVY])
def test_size_and_weight_are_those_of_the_old_text(font: str) -> None:
    pixels, quads = draw_sign("Bitte nicht", "füttern", font=font)
    _, inks = erase(pixels, quads)
    share = float(np.mean([ink.share for ink in inks]))
    frame = measure_frame(quads, ["Bitte nicht", "füttern"], share)
    assert frame.em == pytest.approx(40, rel=0.08)
    assert frame.file == font
    assert frame.alignment == "left"


def test_what_is_set_has_the_old_color_and_place() -> None:
    pixels, quads = draw_sign("Ausgang")
    block = Replacement(tuple(quads), ("Ausgang",), "Exit")
    made = replace_texts(pixels, [block])
    changed = np.abs(made.astype(int) - plain_paper()).max(axis=2) > 60
    rows, columns = np.nonzero(changed)
    (left, top), bottom = quads[0][0], quads[0][2, 1]
    assert abs(columns.min() - left) < 6
    assert abs(rows.min() - top) < 8
    assert abs(rows.max() - bottom) < 12  # "Ausgang" reaches below the line, "Exit" doesn't
    assert np.abs(np.median(made[changed], axis=0) - INK).max() < 60


def test_a_turned_text_is_set_as_it_was_turned() -> None:
    pixels, quads = draw_sign("Ausgang")
    turned = np.ascontiguousarray(np.rot90(pixels))
    corners = np.stack([quads[0][:, 1], pixels.shape[1] - quads[0][:, 0]], axis=1)
    made = replace_texts(turned, [Replacement((corners,), ("Ausgang",), "Exit")])
    upright = replace_texts(pixels, [Replacement(tuple(quads), ("Ausgang",), "Exit")])
    assert np.abs(np.rot90(made, -1).astype(int) - upright).mean() < 1


def found(ink: Color, ground: Color) -> InkFound:
    return InkFound(ink, ground, 0.2, box(0, 0, 9, 9))


def test_faint_letters_are_raised_a_little() -> None:
    assert color_of([found((160, 160, 160), (130, 130, 130))]) == (165, 165, 165)
    assert color_of([found((80, 80, 80), (60, 60, 60))]) == (86, 86, 86)
    assert color_of([found((40, 120, 90), (240, 240, 240))]) == (40, 120, 90)


def test_of_lines_in_two_colors_none_is_mixed() -> None:
    red, blue = found((200, 0, 0), (255, 255, 255)), found((0, 0, 200), (255, 255, 255))
    assert color_of([blue, red]) == blue.ink
    assert color_of([blue, red, red]) == red.ink


def test_a_quad_grows_on_all_sides() -> None:
    quad = box(10, 10, 30, 20) @ rotation(0.5)
    assert size_of(grow(quad, 2)) == pytest.approx((24, 14))
    assert grow(grow(quad, 2), -2) == pytest.approx(quad)


def test_on_two_grounds_each_letter_has_the_color_for_its_own() -> None:
    black, white = (0, 0, 0), (255, 255, 255)
    pixels = np.array([[black, white, (30, 30, 30)]], np.uint8)
    made = color_grounds(pixels, [(white, black), (black, white)])
    assert made.tolist() == [[[255] * 3, [0] * 3, [255] * 3]]


@pytest.mark.parametrize("corners", [box(10, 10, 10, 10), box(9, 9, 99, 9), box(900, 9, 990, 40)])
def test_a_quad_with_no_area_or_outside_of_the_picture(corners: Quad) -> None:
    pixels, quads = draw_sign("Ausgang")
    block = Replacement((corners,), ("Hof",), "Yard")
    assert replace_texts(pixels, [block, block]).shape == pixels.shape
