"""The rules by which readers are compared; figures are those of peers/detection.py and shapely."""

from collections.abc import Sequence

import numpy as np
import pytest

from neuropil.apps.translate.lab.measuring import (
    DetectionScore,
    FoundLine,
    count_edits,
    cut_words,
    folded_key,
    strict_key,
    word_accuracy,
)
from neuropil.apps.translate.lab.scenes import Item

Corners = Sequence[Sequence[float]]


def box(left: float, top: float, right: float, bottom: float) -> Corners:
    return [[left, top], [right, top], [right, bottom], [left, bottom]]


def truth(quad: Corners, text: str = "", unit: str = "word") -> Item:
    return Item(np.array(quad, float), text, not text, "word" if unit == "word" else "line")


def found(quad: Corners, text: str) -> FoundLine:
    return FoundLine(np.array(quad, float), text)


WORDS = [
    truth(box(10, 10, 50, 30), "Exit"),
    truth(box(60, 10, 120, 30), "only"),
    truth(box(10, 50, 90, 70)),
    truth([[20, 100], [80, 120], [75, 140], [15, 120]], "Slope"),
]
WORD_LINES = [
    found(box(10, 11, 120, 31), "Exit only"),
    found(box(15, 52, 60, 68), "dirt"),
    found([[22, 98], [82, 119], [76, 143], [14, 121]], "slope"),
    found(box(5, 5, 9, 9), "  "),
]
LINES = [
    truth(box(0, 0, 200, 20), "Käse ...... 3,50 €", "line"),
    truth(box(0, 30, 200, 50), "Crème brûlée.", "line"),
    truth(box(0, 60, 200, 80), "El Niño", "line"),
    truth(box(0, 90, 100, 110), "", "line"),
]
LINE_LINES = [
    found(box(2, 1, 198, 21), "Käse 3,50€"),
    found(box(0, 32, 190, 52), "creme brulee"),
    found(box(0, 72, 200, 92), "El Niño"),
    found(box(20, 90, 80, 112), "??"),
]
ODD = [
    truth([[0, 0], [40, 0], [0, 20], [40, 20]], "Bow", "line"),
    truth([[100, 0], [160, 0], [120, 10], [100, 40]], "Dart", "line"),
    truth(box(0, 60, 60, 80), "twice", "line"),
]
ODD_LINES = [
    found(box(0, 0, 40, 20), "Bow"),
    found([[100, 0], [160, 0], [120, 12], [100, 38]], "DART"),
    found(box(0, 61, 60, 81), "twice"),
    found(box(0, 62, 60, 82), "Twice"),
]


def test_words_are_scored_as_by_the_peers_script() -> None:
    score = DetectionScore()
    score.add(WORDS, WORD_LINES)
    assert (score.truths, score.counted, score.matched) == (3, 3, 3)
    assert (score.precision, score.recall, score.hmean) == (1, 1, 1)
    assert score.lines_right == pytest.approx(0.667, abs=5e-4)
    assert score.lines_right_folded == 1


def test_lines_are_scored_as_by_the_peers_script() -> None:
    score = DetectionScore()
    score.add(LINES, LINE_LINES)
    score.add(ODD, ODD_LINES)
    assert (score.truths, score.counted, score.matched) == (6, 7, 5)
    figures = score.precision, score.recall, score.hmean, score.lines_right
    assert figures == pytest.approx((0.714, 0.833, 0.769, 0.5), abs=5e-4)
    assert score.lines_right_folded == pytest.approx(0.833, abs=5e-4)


def test_nothing_found_is_zero() -> None:
    score = DetectionScore()
    score.add(WORDS, [])
    assert (score.precision, score.recall, score.hmean) == (0, 0, 0)


def test_a_line_is_cut_by_shares_of_characters() -> None:
    words = [*cut_words(found(box(0, 0, 90, 10), "Exit only"))]
    assert [word.text for word in words] == ["Exit", "only"]
    assert words[0].quad.tolist() == box(0, 0, 40, 10)
    assert words[1].quad.tolist() == box(50, 0, 90, 10)


def test_texts_are_compared() -> None:
    assert strict_key("Käse ..... l’an. ") == strict_key("Käse l'an") != strict_key("Kase l'an")
    assert folded_key("ÉTÉ, n° 7") == folded_key("ete n°7")
    assert word_accuracy(["Don't", "été", "!?"], ["DONT", "ete", "x"]) == 0.5


def test_edits_are_counted() -> None:
    assert count_edits("kitten", "sitting") == 3
    assert count_edits("", "abc") == count_edits("abc", "") == 3
