"""Words found in a line, told right from wrong, and set in anew."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropil.apps.handwrite.ctc import edit_distance
from neuropil.apps.handwrite.generation import LineRequest, LineState, WrittenLine
from neuropil.apps.handwrite.layout import baseline_and_x_height
from neuropil.apps.handwrite.mending import (
    GAPS,
    SIZES,
    Piece,
    behind,
    cuts,
    even_words,
    faults,
    misread,
    natural_gap,
    replace_word,
    spans,
    splice,
    stray_dots,
    without_strays,
)
from neuropil.apps.handwrite.strokes import split_strokes

SHORT = st.text("ab ", max_size=12)


def penned(text: str, *, size: float = 0.6, foot: float = 0.4, slope: float = 0.0) -> WrittenLine:
    """Pen an arch for each letter, 0.5 apart, small letters `size` high, others twice that."""
    rows, letter = [], []
    for place, character in enumerate(text):
        if character == " ":
            continue
        high = size if character in "acemnorsuvwxz" else 2 * size
        for dx, y, up in ((0.0, foot, 0), (0.15, foot - high, 0), (0.3, foot, 1)):
            x = 0.5 * size / 0.6 * place + dx
            rows.append([x, y + slope * x, up])
            letter.append(place)
    return WrittenLine(np.array(rows, np.float64), np.array(letter))


def word_of(
    made: WrittenLine, text: str, number: int
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    start, end = cuts(made, text)[number : number + 2]
    return made.line[start:end]


# --- words, and which of them read wrong ---------------------------------------------------------


def test_words_are_what_stands_between_spaces() -> None:
    assert spans("my e-mail: so") == [(0, 2), (3, 10), (11, 13)]
    assert spans("so") == [(0, 2)]


@given(SHORT, SHORT)
def test_faults_are_as_many_as_edits(text: str, read: str) -> None:
    places = faults(text, read)
    assert len(places) == edit_distance(read, text)
    assert all(0 <= place < max(1, len(text)) for place in places)


@pytest.mark.parametrize(
    ("read", "words"),
    [
        ("my e-mail: so", []),
        ("my c --mail: so", [1]),
        ("my e-mail so", [1]),
        ("mx e-mail: sa", [0, 2]),
        ("my e-mail:: so", [1]),
        ("mye-mail: so", [1]),
        ("m y e-mail: so", [0]),
        ("my e-mail: soo", [2]),
        ("my e-mail:", [2]),
        ("", [0, 1, 2]),
    ],
)
def test_words_that_read_wrong_are_told(read: str, words: list[int]) -> None:
    assert misread("my e-mail: so", read) == words


# --- where words are ----------------------------------------------------------------------------


def test_a_line_is_cut_at_its_spaces() -> None:
    assert cuts(penned("no we so"), "no we so") == [0, 6, 12, 18]


def test_a_line_is_cut_where_the_pen_was_lifted_last() -> None:
    line = penned("no we").line
    crossing = WrittenLine(
        line, np.array([0, 0, 0, 1, 2, 2, 3, 3, 3, 4, 4, 4])
    )  # late, but of "no"
    assert cuts(crossing, "no we") == [0, 6, 12]


def test_a_line_without_a_lift_is_cut_where_the_window_moves_on() -> None:
    line = penned("no we").line * [1, 1, 0]
    joined = WrittenLine(line, np.array([0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 4]))
    assert cuts(joined, "no we") == [0, 7, 12]


def test_a_stroke_that_begins_while_the_window_is_at_the_space_is_of_the_next_word() -> None:
    line = penned("no we").line
    early = WrittenLine(line, np.array([0, 0, 0, 1, 1, 1, 2, 3, 3, 4, 4, 4]))
    assert cuts(early, "no we") == [0, 6, 12]


def test_a_word_that_was_passed_over_has_no_points() -> None:
    made = penned("no we so")
    kept = (made.letter < 3) | (made.letter > 5)
    assert cuts(WrittenLine(made.line[kept], made.letter[kept]), "no we so") == [0, 6, 6, 12]


# --- a word set in ------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize(("size", "foot", "tilt"), [(0.5, 0.4, 0.0), (0.75, -0.2, 0.02)])
def test_a_word_has_the_size_of_its_neighbors_and_stands_beside_them(
    number: int, size: float, foot: float, tilt: float
) -> None:
    text = "nose mouse sunrose"
    line = penned(text, slope=0.05)
    word = text.split(" ")[number]
    made = replace_word(line, text, number, penned(word, size=size, foot=foot, slope=tilt))
    assert baseline_and_x_height(made, text)[1] == pytest.approx(0.6, abs=0.03)
    new = word_of(made, text, number)
    slope, at = baseline_and_x_height(line, text)[0]
    feet = new[[0, 2]]
    assert feet[:, 1] == pytest.approx(at + slope * feet[:, 0], abs=0.05)
    gap = natural_gap(line, text)
    words = [word_of(made, text, i)[:, 0] for i in range(3)]
    for i in (number - 1, number):
        if 0 <= i < 2:
            assert words[i + 1].min() - words[i].max() == pytest.approx(gap)


def test_the_other_words_stay_as_they_were() -> None:
    text = "nose mouse sunrose"
    line = penned(text, slope=0.05)
    before = line.line.copy()
    made = replace_word(line, text, 1, penned("mouse", size=0.9))
    assert np.array_equal(line.line, before)
    assert np.array_equal(word_of(made, text, 0), word_of(line, text, 0))
    last, was = word_of(made, text, 2), word_of(line, text, 2)
    shift = last[0] - was[0]
    assert last == pytest.approx(was + shift)
    assert shift[1] == pytest.approx(0.05 * shift[0])  # along the base line
    assert made.letter.tolist() == line.letter.tolist()


def test_a_dash_stays_as_high_as_it_was_written() -> None:
    text = "nose - mouse"
    line = penned(text)
    dash = WrittenLine(np.array([[0.0, 0.1, 0.0], [0.4, 0.1, 1.0]]), np.array([0, 0]))
    new = word_of(replace_word(line, text, 1, dash), text, 1)
    assert (new[:, 1] < 0.3).all()


def test_a_number_is_as_high_as_the_one_before_and_on_the_base_line() -> None:
    text = "nose 17 mouse"
    made = replace_word(penned(text), text, 1, penned("17", size=0.5, foot=0.0))
    new = word_of(made, text, 1)
    assert new[:, 1].max() == pytest.approx(0.4, abs=0.02)
    assert np.ptp(new[:, 1]) == pytest.approx(1.2)


def test_no_word_is_scaled_without_measure() -> None:
    text = "nose mouse"
    new = word_of(replace_word(penned(text), text, 1, penned("mouse", size=0.1)), text, 1)
    assert np.ptp(new[:, 1]) < 0.2 * SIZES[1] + 1e-9


def test_a_stroke_through_two_words_is_cut() -> None:
    text = "no we"
    line = penned(text)
    joined = WrittenLine(line.line * [1, 1, 0] + [0, 0, 0], line.letter)
    joined.line[-1, 2] = 1
    assert len(split_strokes(replace_word(joined, text, 1, penned("we")).line)) == 3


def test_a_word_alone_is_put_in_place_of_the_line() -> None:
    made = replace_word(penned("nose"), "nose", 0, penned("nose", size=0.5))
    assert baseline_and_x_height(made, "nose")[1] == pytest.approx(0.6, abs=0.02)
    assert len(made.line) == 12


def test_gaps_are_natural() -> None:
    assert natural_gap(penned("no we so"), "no we so") == pytest.approx(0.7)
    wide = penned("no we so")
    assert natural_gap(WrittenLine(wide.line * [9, 1, 1], wide.letter), "no we so") == GAPS[1]
    assert natural_gap(penned("no"), "no") == GAPS[0]


def is_stray(text: str, x: float, y: float, place: int) -> bool:
    """Touch the paper once behind a text that was penned, and tell whether that is stray."""
    made = penned(text)
    line = np.vstack([made.line, [[x, y, 1.0]]])
    strays = stray_dots(WrittenLine(line, np.append(made.letter, place)), text)
    assert not strays[:-1].any()
    return bool(strays[-1])


def test_a_speck_behind_a_word_is_stray() -> None:
    assert is_stray("so", 2.0, 0.0, 2)
    assert is_stray("so.", 2.0, 0.0, 3), "the full stop stands there already"


def test_a_dot_is_stray_where_no_character_has_one() -> None:
    assert is_stray("some rooms", 2.6, 0.0, 5)
    assert is_stray("some rooms", 2.6, 0.0, 9)


@pytest.mark.parametrize(("text", "x", "place"), [("sir so", 0.6, 1), ("sir so", 0.9, 5)])
def test_the_dot_of_an_i_stays_also_where_it_is_written_late(
    text: str, x: float, place: int
) -> None:
    assert not is_stray(text, x, -0.5, place)


def test_a_dot_above_a_full_stop_is_stray() -> None:
    assert is_stray("no. so", 1.2, -0.4, 3)


def test_a_point_beside_a_full_stop_stays() -> None:
    assert not is_stray("no. so", 1.2, 0.4, 3)


def test_what_is_dots_alone_stays() -> None:
    made = WrittenLine(np.array([[0.0, 0.0, 1.0]]), np.array([1]))
    assert not stray_dots(made, "-").any()


def test_steps_of_stray_dots_are_in_no_piece() -> None:
    made = row(0)
    its = [[0, 0, 0], [9, 0, 0], [9, 0, 1], [9, 0, 1], [9, 0, 0], [9, 0, 1]]
    made.points = [np.array([dx, 0, y, up], np.float32) for dx, y, up in its]
    made.letters = [0, 0, 0, 1, 1, 1]
    line, pieces = without_strays(made)
    assert [(piece.start, piece.stop) for piece in pieces] == [(0, 3), (4, 6)]
    assert len(line.line) == len(line.letter) == 5


def test_words_of_another_size_are_brought_nearer_to_their_line() -> None:
    text = "some more rooms were near"
    line = penned(text)
    number = 1
    first, last = cuts(line, text)[number : number + 2]
    small = line.line.copy()
    left = small[first, 0]
    small[first:last, :2] = [left, 0.4] + 0.5 * (small[first:last, :2] - [left, 0.4])
    made = even_words(WrittenLine(small, line.letter), text)
    assert np.ptp(made.line[first:last, 1]) == pytest.approx(0.85 * 0.6)
    assert made.line[first:last, 1].max() == pytest.approx(0.4)
    assert made.line[last, 0] > small[last, 0], "what follows moves on"
    assert np.array_equal(even_words(line, text).line, line.line)


# --- pieces -------------------------------------------------------------------------------------


def row(n: int) -> LineState:
    made = LineState(
        0, LineRequest("so", np.zeros(3, np.float32), 0.0, ()), np.random.default_rng(0)
    )
    made.points = [np.zeros(4, np.float32)] * n
    return made


def test_every_point_is_found_in_the_row_that_made_it() -> None:
    line, word, other = row(10), row(4), row(2)
    pieces = splice([Piece(line, 0, 10)], 3, 6, [Piece(word, 0, 4)])
    made = [behind(pieces, point) for point in range(11)]
    assert made == [
        *((line, i) for i in range(3)),
        *((word, i) for i in range(4)),
        *((line, i) for i in range(6, 10)),
    ]
    pieces = splice(pieces, 2, 5, [Piece(other, 0, 2)])
    assert [behind(pieces, point) for point in range(6)] == [
        *((line, 0), (line, 1), (other, 0), (other, 1)),
        *((word, 2), (word, 3)),
    ]
    assert sum(piece.stop - piece.start for piece in pieces) == 10


def test_the_last_word_is_replaced_to_the_end() -> None:
    line, word = row(5), row(3)
    pieces = splice([Piece(line, 0, 5)], 2, 5, [Piece(word, 0, 3)])
    assert [(p.row, p.start, p.stop) for p in pieces] == [(line, 0, 2), (word, 0, 3)]
