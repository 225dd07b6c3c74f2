"""Text erased and set anew, on pages that are drawn here."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from neuropil.apps.translate import setting
from neuropil.apps.translate.erasing import InkFound, erase, pull_push, split_in_two, widen
from neuropil.apps.translate.geometry import Quad, grow, rotation
from neuropil.apps.translate.lines import Pixels, size_of
from neuropil.apps.translate.replacing import Replacement, color_of, replace_texts
from neuropil.apps.translate.setting import TextFrame, align, even_out, lay_out, measure_frame

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


def test_a_band_behind_the_text_keeps_its_edge() -> None:
    pixels = np.full((120, 300, 3), PAPER, np.uint8)
    pixels[38:84] = BAND
    image = Image.fromarray(pixels)
    ImageDraw.Draw(image).text(
        (30, 40), "Ofen", font=setting.load_font(setting.HEAVY, 36), fill="white"
    )
    clean, _ = erase(np.asarray(image), [box(28, 42, 130, 78)])
    assert np.abs(clean.astype(int) - pixels).max() <= 3


def test_letters_at_the_edge_of_a_picture() -> None:
    pixels, _ = draw_sign("Ausgang")
    clean, _ = erase(pixels, [box(-30, -20, 90, 85), box(390, 230, 430, 260)])
    assert clean.shape == pixels.shape


@pytest.mark.parametrize(("font", "is_bold"), [(setting.LIGHT, False), (setting.HEAVY, True)])
def test_size_and_weight_are_those_of_the_old_text(font: str, is_bold: bool) -> None:
    pixels, quads = draw_sign("Bitte nicht", "füttern", font=font)
    _, inks = erase(pixels, quads)
    share = float(np.mean([ink.share for ink in inks]))
    frame = measure_frame(quads, ["Bitte nicht", "füttern"], share)
    assert frame.em == pytest.approx(40, rel=0.08)
    assert frame.is_bold == is_bold
    assert frame.alignment == "left"


def test_alignment_is_what_varies_least() -> None:
    rows = [(0, 0, 100, 20), (0, 30, 60, 50), (0, 60, 90, 80)]
    left = [box(*row) for row in rows]
    right = [box(100 - r, t, 100, b) for _, t, r, b in rows]
    center = [box(50 - r / 2, t, 50 + r / 2, b) for _, t, r, b in rows]
    turn = rotation(0.4)
    for way, quads in (("left", left), ("right", right), ("center", center)):
        assert align(quads) == align([quad @ turn for quad in quads]) == way
    assert align(left[:1]) == "left"


def test_a_longer_text_is_set_smaller_and_stays_inside() -> None:
    frame = TextFrame(box(0, 0, 200, 40), 40, 47, "left", is_bold=False)
    short, long = lay_out("Exit", frame), lay_out("Please keep this exit clear at all times", frame)
    assert short.em == 40
    assert short.lines == ("Exit",)
    assert long.em < 40
    for layout in (short, long):
        widths = [setting.text_width(t, layout.em, setting.LIGHT) for t in layout.lines]
        assert max(widths) * layout.width <= 200.5
        assert "".join(layout.lines)


@pytest.mark.parametrize("em", [20, 50, 90])
def test_large_letters_are_as_dark_as_small_ones(em: int) -> None:
    """Sheets are finer for small letters; the ink of a text grows with the square of its size."""
    pixels = np.full((em + 40, 3 * em + 40, 3), 255, np.uint8)
    quad = box(20, 20, 20 + 3 * em, 20 + em)
    setting.set_text(pixels, TextFrame(quad, em, em, "left", is_bold=False), "Hof", (0, 0, 0))
    ink = (255 - pixels[:, :, 0].astype(float)).sum() / 255 / em**2
    assert ink == pytest.approx(0.36, rel=0.04)


def test_an_empty_text_leaves_the_ground() -> None:
    pixels = plain_paper().copy()
    frame = TextFrame(box(40, 40, 200, 80), 40, 47, "left", is_bold=False)
    setting.set_text(pixels, frame, " ", (0, 0, 0))
    assert (pixels == plain_paper()).all()


def test_a_word_that_is_too_long_is_made_to_fit() -> None:
    frame = TextFrame(box(0, 0, 30, 10), 10, 12, "left", is_bold=False)
    layout = lay_out("Donaudampfschifffahrtsgesellschaft", frame)
    width = setting.text_width(layout.lines[0], layout.em, setting.LIGHT) * layout.width
    assert width == pytest.approx(30)


def test_letters_of_about_one_size_get_the_same() -> None:
    frames = [
        TextFrame(box(0, 0, 9, 9), em, 1.2 * em, "left", is_bold=False) for em in (20, 22, 21, 60)
    ]
    assert [frame.em for frame in even_out(frames)] == [21, 21, 21, 60]


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


def test_two_groups_are_told_apart() -> None:
    values = np.array([1, 2, 3, 101, 102, 103], np.float32)
    assert 3 < split_in_two(values) < 101


def test_a_mask_grows_in_all_directions() -> None:
    mask = np.zeros((7, 9), bool)
    mask[3, 4] = True
    grown = widen(mask, 2)
    assert grown.sum() == 25
    assert grown[1:6, 2:7].all()


def test_a_hole_is_filled_from_around_it() -> None:
    known = np.ones((16, 16, 1), np.float32)
    known[5:11, 5:11] = 0
    colors = np.repeat(np.linspace(0, 100, 16, dtype=np.float32)[None, :, None], 16, 0)
    filled = pull_push(colors * known, known)
    assert np.abs(filled - colors).max() < 20
    assert (filled[known > 0] == colors[known > 0]).all()


def test_a_quad_grows_on_all_sides() -> None:
    quad = box(10, 10, 30, 20) @ rotation(0.5)
    assert size_of(grow(quad, 2)) == pytest.approx((24, 14))
    assert grow(grow(quad, 2), -2) == pytest.approx(quad)
