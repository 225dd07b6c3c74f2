"""Texts set into frames: their size, lines, alignment and weight, and what neighbors share."""

import numpy as np
import pytest

from neuropil.apps.translate import setting
from neuropil.apps.translate.geometry import Quad, rotation, text_angle, upright_boxes
from neuropil.apps.translate.lines import Pixels, size_of
from neuropil.apps.translate.setting import (
    TextFrame,
    align_blocks,
    even_out,
    fit_together,
    group_weights,
    keep_apart,
    lay_out,
    measure_frame,
    move_inside,
    set_text,
    straighten,
)

BLACK = (0, 0, 0)


def box(left: float, top: float, right: float, bottom: float) -> Quad:
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], float)


def paper(width: int = 400, height: int = 240) -> Pixels:
    return np.full((height, width, 3), 240, np.uint8)


def ink_box(pixels: Pixels) -> tuple[int, int, int, int]:
    rows, columns = np.nonzero(pixels[:, :, 0] < 120)
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


ROWS = [(0, 0, 100, 20), (0, 30, 60, 50), (0, 60, 90, 80)]
COLUMNS = {
    "left": [box(*row) for row in ROWS],
    "right": [box(100 - r, t, 100, b) for _, t, r, b in ROWS],
    "center": [box(50 - r / 2, t, 50 + r / 2, b) for _, t, r, b in ROWS],
}


@pytest.mark.parametrize("way", COLUMNS)
def test_alignment_is_what_varies_least(way: str) -> None:
    quads, turn = COLUMNS[way], rotation(0.4)
    assert align_blocks([quads], 900) == [way]
    assert align_blocks([[quad @ turn for quad in quads]], 900) == [way]


@pytest.mark.parametrize("way", COLUMNS)
def test_a_line_alone_is_aligned_as_its_column(way: str) -> None:
    assert align_blocks([[quad] for quad in COLUMNS[way]], 900) == [way] * 3


def test_a_justified_paragraph_is_aligned_left() -> None:
    """Of its ends the right ones vary even less here, by a pixel of jitter."""
    lines = [box(left, 30 * n, 300, 30 * n + 20) for n, left in enumerate((1, 0, 2, 0))]
    assert align_blocks([lines], 900) == ["left"]
    assert align_blocks([[line] for line in lines], 900) == ["left"] * 4


def test_a_line_without_neighbors_is_in_the_middle_if_that_of_the_picture_is() -> None:
    assert align_blocks([[box(100, 50, 200, 70)]], 300) == ["center"]
    assert align_blocks([[box(100, 50, 200, 70)]], 600) == ["left"]
    assert align_blocks([], 300) == []


def frame_at(top: float, em: float, boldness: float = 0.0) -> TextFrame:
    height = setting.HEIGHT * em
    return TextFrame(box(20, top, 220, top + height), em, 1.2 * em, "left", boldness)


def test_letters_of_about_one_size_get_the_same() -> None:
    """In a row of sizes each of which is about as large as the next one, too."""
    frames = [frame_at(70 * n, em) for n, em in enumerate((20, 22, 23, 25, 60))]
    ems = [frame.em for frame in even_out(frames, [BLACK] * 5)]
    assert len(set(ems[:4])) == 1
    assert 20 < ems[0] < 25
    assert ems[4] == 60


def test_letters_of_another_color_or_weight_keep_their_size() -> None:
    frames = [frame_at(0, 20), frame_at(40, 22), frame_at(80, 23, boldness=1)]
    made = even_out(frames, [BLACK, (200, 0, 0), BLACK])
    assert [frame.em for frame in made] == [20, 22, 23]
    assert even_out([], []) == []


def test_lines_that_were_alike_get_one_weight_and_angle() -> None:
    frames = [frame_at(40 * n, 20, bold) for n, bold in enumerate((0.4, 0.6, 0.7))]
    slope = rotation(0.02).T
    middle = frames[1].quad.mean(axis=0)
    turned = TextFrame((frames[1].quad - middle) @ slope + middle, 20, 24, "left", 0.6)
    made = even_out([frames[0], turned, frames[2]], [BLACK] * 3)
    assert {frame.file for frame in made} == {setting.HEAVY}
    angles = [text_angle([frame.quad]) for frame in made]
    assert max(angles) - min(angles) < 0.001


def test_a_text_that_is_a_little_too_long_makes_its_like_smaller() -> None:
    frames = [frame_at(40 * n, 20) for n in range(3)]
    long = "Twenty-two little letters, even more"
    ems = [frame.em for frame in fit_together(frames, ["Exit", long[:25], long * 3])]
    assert ems[0] == ems[1] <= 20
    assert ems[2] < 0.85 * 20


def test_lines_too_near_to_each_other_share_what_is_between_them() -> None:
    frames = keep_apart([frame_at(0, 20), frame_at(16, 20), frame_at(100, 20)])
    upper, lower, far = upright_boxes([frame.quad for frame in frames])
    assert upper.bottom <= lower.top + 1e-6
    assert far.height == pytest.approx(20 * setting.HEIGHT)
    assert lay_out("Exit", frames[0]).em < 20


def test_a_text_starts_where_the_ink_started() -> None:
    pixels = paper()
    quad = box(60, 100, 260, 140)
    set_text(pixels, measure_frame([quad], ["HAUS"], 0.3), "HIM", BLACK)
    left, top, _, bottom = ink_box(pixels)
    assert abs(left - 60) <= 1
    assert abs(top - 100) <= 2
    assert abs(bottom - 140) <= 2


@pytest.mark.parametrize("place", [(-6, -5, 94, 25), (330, 222, 410, 252)])
def test_no_letter_leaves_the_picture(place: tuple[float, float, float, float]) -> None:
    frame = measure_frame([move_inside(box(*place), 240, 400)], ["Hof"], 0.3)
    wide = paper(800, 480)
    narrow = wide[120:360, 200:600]
    set_text(narrow, frame, "Yard", BLACK)
    left, top, right, bottom = ink_box(narrow)
    assert left >= 0
    assert top >= 0
    alone = paper()
    whole = TextFrame(box(40, 60, 40 + size_of(frame.quad)[0], 100), frame.em, 40, "left")
    set_text(alone, whole, "Yard", BLACK)
    assert right - left == pytest.approx(np.subtract(*ink_box(alone)[2::-2]), abs=2)
    assert bottom - top == pytest.approx(np.subtract(*ink_box(alone)[3:0:-2]), abs=2)


def test_a_very_long_text_uses_the_width() -> None:
    frame = frame_at(0, 30)
    layout = lay_out("The exit of this building is on the left behind the door, " * 4, frame)
    widths = [setting.text_width(line, layout.em, frame.file) for line in layout.lines]
    assert len(layout.lines) > 2
    assert max(widths) * layout.width > 0.8 * 200


def test_a_quad_that_is_about_a_rectangle_becomes_one() -> None:
    wobbly, slanted = box(0, 0, 100, 20), box(0, 0, 100, 20)
    wobbly[1:3, 1] += (-1, 1)
    slanted[1:3, 1] += (-20, 20)
    (a, b, c, d), same = straighten(wobbly), straighten(slanted)
    assert b - a == pytest.approx(c - d)
    assert same is slanted


@pytest.mark.parametrize("em", [20, 50, 90])
def test_large_letters_are_as_dark_as_small_ones(em: int) -> None:
    """Sheets are finer for small letters; the ink of a text grows with the square of its size."""
    pixels = np.full((em + 40, 3 * em + 40, 3), 255, np.uint8)
    quad = box(20, 20, 20 + 3 * em, 20 + em)
    setting.set_text(pixels, TextFrame(quad, em, em, "left"), "Hof", (0, 0, 0))
    ink = (255 - pixels[:, :, 0].astype(float)).sum() / 255 / em**2
    assert ink == pytest.approx(0.36, rel=0.04)


def test_an_empty_text_leaves_the_ground() -> None:
    pixels = paper()
    frame = TextFrame(box(40, 40, 200, 80), 40, 47, "left")
    setting.set_text(pixels, frame, " ", (0, 0, 0))
    assert (pixels == paper()).all()


def test_a_word_that_is_too_long_is_made_to_fit() -> None:
    frame = TextFrame(box(0, 0, 30, 10), 10, 12, "left")
    layout = lay_out("Donaudampfschifffahrtsgesellschaft", frame)
    width = setting.text_width(layout.lines[0], layout.em, setting.LIGHT) * layout.width
    assert width == pytest.approx(30)


def test_letters_have_other_weights_where_none_lies_between() -> None:
    assert group_weights(np.array([0.9, 0.2, 0.97, 0.3])).tolist() == [1, 0, 1, 0]
    assert group_weights(np.array([0.9, 0.2, 0.5, 0.7, 0.3])).tolist() == [0] * 5
    assert group_weights(np.zeros(0)).tolist() == []
