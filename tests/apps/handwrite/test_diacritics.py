"""Texts spelled with what the network knows, and the marks that make them what they were."""

import unicodedata

import numpy as np
import pytest
from refusals import refused

from neuropil.apps.handwrite.alphabet import ALPHABET
from neuropil.apps.handwrite.diacritics import (
    BELOW,
    CHANGED,
    GRID_STEP,
    MARKS,
    STRETCHED,
    SUBSTITUTES,
    DecomposedText,
    Diacritic,
    add_diacritics,
    decompose,
    describe_character,
)
from neuropil.apps.handwrite.generation import WrittenLine
from neuropil.apps.handwrite.glyph_outlines import parse_glyph
from neuropil.apps.handwrite.strokes import split_strokes

ACUTE, CIRCUMFLEX = "\N{COMBINING ACUTE ACCENT}", "\N{COMBINING CIRCUMFLEX ACCENT}"
EM_DASH = "\N{EM DASH}"


def arches(n: int, *, cursive: bool = False) -> WrittenLine:
    """Pen n letters, each an arch from its foot (y = 0.5) up to -0.5 and down, 0.6 wide."""
    rows = [[[i, 0.5, 0], [i + 0.3, -0.5, 0], [i + 0.6, 0.5, not cursive]] for i in range(n)]
    line = np.array(rows, np.float64).reshape(-1, 3)
    line[-1, 2] = 1
    return WrittenLine(line, np.repeat(np.arange(n), 3))


def added(
    before: WrittenLine, after: WrittenLine
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return the points that came behind a line, which itself stayed."""
    n = len(before.line)
    assert np.array_equal(after.line[:n], before.line)
    assert len(after.letter) == len(after.line)
    return after.line[n:]


# --- spelling -----------------------------------------------------------------------------------


def test_a_text_is_spelled_and_marked() -> None:
    made = decompose("Müßig — déjà vu")
    assert made.text == "MuBig - deja vu"
    assert [(mark.place, unicodedata.name(mark.character)) for mark in made.marks] == [
        (1, "COMBINING DIAERESIS"),
        (2, "LATIN SMALL LETTER SHARP S"),
        (6, "EM DASH"),
        (9, "COMBINING ACUTE ACCENT"),
        (11, "COMBINING GRAVE ACCENT"),
    ]


def test_the_95_characters_are_themselves() -> None:
    made = decompose(ALPHABET)
    assert made.text == ALPHABET
    assert made.marks == ()


def test_places_count_what_is_written() -> None:
    assert decompose("…é").text == "...e"
    assert decompose("…é").marks == (Diacritic(3, ACUTE),)


def test_signs_of_other_languages_are_spelled_by_those_that_look_alike() -> None:
    made = decompose("¿Qué? 5 € a 3 £, cœur, Ø")
    assert made.text == "?Que? 5 C a 3 L, coeur, O"
    assert [m.character for m in made.marks if m.character != ACUTE] == ["¿", "€", "£", "Ø"]
    assert {c for c in SUBSTITUTES if decompose(c).marks} == CHANGED


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("½ l, ¼ h", "1/2 l, 1/4 h"),
        ("12 m², Nike™", "12 m2, NikeTM"),
        ("20 °C", "20 'C"),
        ("• milk → tea", "- milk -> tea"),
        ("Łódź, żółć", "Lodz, zolc"),
        ("ﬁne ＡＢ", "fine AB"),
    ],
)
def test_what_people_write_by_hand_stands_for_what_they_type(text: str, written: str) -> None:
    assert decompose(text).text == written


def test_a_ring_takes_the_place_of_the_apostrophe() -> None:
    line = arches(2)
    ring = add_diacritics(line, decompose("2°").marks).line[3:]
    assert np.ptp(ring[:, 0]) == pytest.approx(0.9)
    assert np.ptp(ring[:, 1]) == pytest.approx(1.0)
    assert ring[0, :2] == pytest.approx(ring[-1, :2])  # it is closed


@pytest.mark.parametrize("sign", ["¿", "¡"])
def test_an_inverted_sign_has_its_dot_above(sign: str) -> None:
    before = arches(3)
    after = add_diacritics(before, (Diacritic(1, sign),))
    assert np.array_equal(after.line[after.letter != 1], before.line[before.letter != 1])
    dot, stem = split_strokes(after.line[after.letter == 1])
    top, bottom = before.line[before.letter == 1, 1].min(), before.line[before.letter == 1, 1].max()
    assert dot[:, 1].min() == pytest.approx(top)
    assert dot[:, 1].max() < stem[:, 1].min()
    assert stem[:, 1].max() == pytest.approx(bottom)


@pytest.mark.parametrize(("sign", "n"), [("€", 2), ("ø", 1), ("¥", 2)])
def test_bars_cross_their_character(sign: str, n: int) -> None:
    before = arches(3)
    rows = added(before, add_diacritics(before, (Diacritic(1, sign),)))
    assert len(split_strokes(rows)) == n
    for bar in split_strokes(rows):
        assert bar[0, 0] < 1.2 < bar[-1, 0]
        assert -0.8 < bar[:, 1].min() <= bar[:, 1].max() < 0.8


def test_nothing_of_what_a_sign_replaces_stays() -> None:
    before = arches(3)
    letter = before.letter.copy()
    first = np.flatnonzero(letter == 1)[0]
    letter[first] = 0  # as where the window moves on a point late
    line = before.line.copy()
    line[first - 1, 2] = 1  # the pen is lifted between them
    after = add_diacritics(WrittenLine(line, letter), (Diacritic(1, "£"),))
    kept = after.line[after.letter == 0]
    assert len(kept) == first
    assert not (kept == line[first]).all(axis=1).any()


def test_both_ways_of_storing_an_accent_are_one() -> None:
    assert decompose("e" + ACUTE) == decompose("é")
    assert decompose("ế").marks == (Diacritic(0, CIRCUMFLEX), Diacritic(0, ACUTE))


def test_accents_that_unicode_has_no_whole_letter_for_are_drawn_too() -> None:
    assert decompose("ax̂b") == DecomposedText("axb", (Diacritic(1, CIRCUMFLEX),))
    with refused("text.unwritable", "combining acute accent"):
        decompose(ACUTE + "a")  # stands on nothing


def test_plain_signs_stand_for_typographic_ones() -> None:
    assert decompose("„so“ ‘so’ ”so\N{NO-BREAK SPACE}“").text == '"so" \'so\' "so "'
    assert decompose("“’").marks == ()
    assert all(set(written) <= set(ALPHABET) for written in SUBSTITUTES.values())


def test_what_cannot_be_written_is_listed_once() -> None:
    with refused("text.unwritable", "✓ (check mark) 你 (cjk") as caught:
        decompose("a✓b你✓\v")
    said = caught.value.message
    assert caught.value.facts["value"] == "✓你\v"
    assert said.count("✓") == 1
    assert "U+000B;" in said
    assert "--replace" in said
    with refused("text.unwritable", "ơ (latin small letter o with horn)"):
        decompose("ơ")  # an accent without a drawing


def test_what_cannot_be_written_may_be_replaced() -> None:
    made = decompose("a✓é", replace=True)
    assert made.text == "a?e"
    assert made.marks == (Diacritic(2, ACUTE),)


def test_a_part_of_a_text_keeps_its_own_marks() -> None:
    made = decompose("Müßig — déjà vu")
    assert made.part(0, 5) == decompose("Müßig")
    assert made.part(6, 12) == decompose("— déjà"[:6])
    assert made.part(13, 15) == DecomposedText("vu")
    assert made.part(0, 99) == made


def test_unseen_characters_are_told_by_number() -> None:
    assert describe_character("\N{ZERO WIDTH SPACE}") == "U+200B (zero width space)"
    assert describe_character("\x07") == "U+0007"
    assert describe_character("é") == "é (latin small letter e with acute)"


# --- composing ----------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", sorted(set(MARKS) - BELOW), ids=unicodedata.name)
def test_an_accent_stands_above_the_middle_of_its_letter(mark: str) -> None:
    line = arches(3)
    made = add_diacritics(line, (Diacritic(1, mark),))
    accent = added(line, made)
    assert (accent[:, 0].min() + accent[:, 0].max()) / 2 == pytest.approx(1.3)
    assert -1.0 < accent[:, 1].min() <= accent[:, 1].max() < -0.5
    assert 0.02 < -0.5 - accent[:, 1].max() < 0.3
    assert np.ptp(accent[:, 0]) == pytest.approx(GRID_STEP * np.ptp(parse_glyph(MARKS[mark])[:, 0]))
    assert (made.letter[len(line.letter) :] == 1).all()
    assert len(split_strokes(accent)) == MARKS[mark].count(",") + 1
    assert accent[-1, 2] == 1


def test_acute_and_grave_lean_their_own_ways() -> None:
    line = arches(1)
    acute, grave = (
        added(line, add_diacritics(line, decompose(letter).marks))[[0, -1], :2] for letter in "éè"
    )
    (right, top), (left, foot) = acute
    assert right > left
    assert top < foot
    assert grave[0, 0] < grave[1, 0]
    assert grave[0, 1] < grave[1, 1]


@pytest.mark.parametrize("letter", "çęșạ")
def test_a_cedilla_and_its_like_hang_below(letter: str) -> None:
    line = arches(2)
    tail = added(line, add_diacritics(line, decompose(f"a{letter}").marks))
    assert tail[:, 1].min() == pytest.approx(0.5)
    assert tail[:, 0].min() > 1.0


def test_a_second_accent_stands_above_the_first() -> None:
    line = arches(1)
    accents = added(line, add_diacritics(line, decompose("ế").marks))
    n = len(parse_glyph(MARKS[CIRCUMFLEX]))
    assert accents[n:, 1].max() < accents[:n, 1].min()


def test_a_letter_that_the_window_passed_over_lends_its_neighbor() -> None:
    line = arches(4)
    skipped = WrittenLine(line.line, np.where(line.letter == 2, 3, line.letter))
    accent = added(skipped, add_diacritics(skipped, (Diacritic(2, ACUTE),)))
    assert 1 < accent[:, 0].mean() < 3.6


def test_a_dash_is_widened_and_the_rest_moves() -> None:
    line = arches(3)
    for dash, factor in STRETCHED.items():
        made = add_diacritics(line, decompose(f"a{dash}b").marks)
        more = (factor - 1) * 0.6
        assert np.array_equal(made.line[:3], line.line[:3])
        assert made.line[3:6, 0] == pytest.approx(1 + factor * np.array([0, 0.3, 0.6]))
        assert made.line[6:, 0] == pytest.approx(line.line[6:, 0] + more)
        assert np.array_equal(made.line[:, 1:], line.line[:, 1:])
        assert np.array_equal(made.letter, line.letter)
    assert line.line[8, 0] == 2.6  # the line that was given is left alone
    assert STRETCHED[EM_DASH] > STRETCHED["\N{EN DASH}"] > 1


def test_a_dash_that_was_not_drawn_changes_nothing() -> None:
    line = arches(3)
    gone = WrittenLine(line.line, np.where(line.letter == 1, 0, line.letter))
    assert np.array_equal(add_diacritics(gone, (Diacritic(1, EM_DASH),)).line, line.line)


def test_an_eszett_takes_the_place_of_the_b() -> None:
    made = add_diacritics(arches(3), decompose("aßb").marks)
    old, new = made.line[:6], made.line[6:]
    assert np.array_equal(old[:, 0], arches(3).line[[0, 1, 2, 6, 7, 8], 0])
    assert made.letter.tolist() == [0] * 3 + [2] * 3 + [1] * len(new)
    assert [new[:, 0].min(), new[:, 0].max()] == pytest.approx([1, 1.6])
    assert [new[:, 1].min(), new[:, 1].max()] == pytest.approx([-0.5, 0.5])
    assert len(split_strokes(new)) == 1


def test_a_narrow_b_becomes_no_bar() -> None:
    line = arches(1)
    bar = WrittenLine(line.line * [0.01, 1, 1], line.letter)
    made = add_diacritics(bar, decompose("ß").marks).line
    assert np.ptp(made[:, 0]) == pytest.approx(0.3)


def test_the_pen_lifts_where_a_letter_was_taken_out() -> None:
    made = add_diacritics(arches(3, cursive=True), decompose("aßb").marks)
    assert [len(stroke) for stroke in split_strokes(made.line)][:2] == [3, 3]
    assert len(split_strokes(made.line)) == 3


def test_the_pen_lifts_before_an_eszett_at_the_end() -> None:
    made = add_diacritics(arches(2, cursive=True), decompose("aß").marks)
    assert len(split_strokes(made.line)[0]) == 3
    assert len(split_strokes(made.line)) == 2
    alone = add_diacritics(arches(1), decompose("ß").marks)
    assert len(split_strokes(alone.line)) == 1


def test_marks_of_letters_before_a_dash_stay_with_them() -> None:
    for text, left, right in (("é—", 0.2, 0.5), ("ß—", 0.0, 0.6)):
        made = add_diacritics(arches(2), decompose(text).marks)
        its = made.line[made.letter == 0]
        assert left - 0.2 <= its[:, 0].min() <= its[:, 0].max() <= right + 0.2
    after = add_diacritics(arches(2), decompose("—é").marks)
    accent = after.line[6:]
    assert accent[:, 0].mean() == pytest.approx(1.3 + 0.6 * (STRETCHED[EM_DASH] - 1), abs=0.1)
