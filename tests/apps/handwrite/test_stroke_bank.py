"""Words and characters cut out of lines, and lent from writer to writer."""

from itertools import pairwise

import numpy as np
import pytest

from neuropil.apps.handwrite.lab.alignment import Alignment
from neuropil.apps.handwrite.lab.data import HandwrittenLine
from neuropil.apps.handwrite.lab.stroke_bank import (
    AlignedLine,
    LineMetrics,
    StrokeBank,
    aligned,
    build_bank,
    is_crossed,
    lean,
    take,
)
from neuropil.apps.handwrite.strokes import Line


def stems(text: str, slant: float = 0.0) -> tuple[Line, list[int]]:
    """Draw a stem of nine points for each character, and whose each point is."""
    t, x = np.linspace(0, 1, 9), 0.0
    rows, owners = [], []
    for place, character in enumerate(text):
        if character != " ":
            tall = 1.0 if character.islower() else 2.0
            y = 0.5 - tall * (1 - t)
            rows.append(np.column_stack([x + slant * (0.5 - y), y, t == 1]))
            owners += [place] * 9
        x += 0.6 if character != " " else 1.2
    return np.concatenate(rows), owners


def line_of(text: str, writer: str = "w", unsure: str = "", slant: float = 0.0) -> AlignedLine:
    """Make a line that is aligned without doubt, but for some characters."""
    line, owners = stems(text, slant)
    gaps = np.full(len(text), -np.inf)
    for a, b in pairwise(sorted(set(owners))):
        gaps[a] = 0.6 + 1.2 * (b - a - 1)
    confidence = np.array([0.1 if c in unsure else 0.9 for c in text])
    return aligned(
        HandwrittenLine(line, text, writer), Alignment(np.array(owners), confidence, gaps)
    )


def test_a_piece_is_in_heights_of_a_small_letter_above_the_line() -> None:
    line = line_of("ac Xa nn")
    piece = take(line, 3, 4)
    assert piece[:, 0].min() == 0
    assert piece[:, 1].max() == pytest.approx(0, abs=0.05)
    assert np.ptp(piece[:, 1]) == pytest.approx(2, abs=0.1)
    assert set(piece[:, 3]) == {0}
    assert piece[-1, 2] == 1
    again = line.metrics.place(piece, left=7.0)
    assert again[:, 0].min() == pytest.approx(7)
    assert again[:, 1] == pytest.approx(line.line[line.line[:, 3] == 3, 1], abs=1e-9)


def test_words_and_characters_are_cut_where_the_pen_lifts() -> None:
    bank = build_bank([line_of("ac Xa nn"), line_of("vo. Xa")])
    its = bank.writers["w"]
    assert sorted(text for _, text in its.words) == ["ac", "nn"]
    assert {c: len(pieces) for c, pieces in its.characters.items()} == {
        **{"a": 3, "c": 1, "X": 2, "n": 2, "v": 1, "o": 1, ".": 1}
    }
    assert [text for _, text in its.chunks] == ["vo"]
    assert bank.counts["X"] == 2


def test_what_the_reader_doubts_is_left_out() -> None:
    its = build_bank([line_of("ac Xa nn", unsure="X")]).writers["w"]
    assert "X" not in its.characters
    assert len(its.characters["a"]) == 2


def test_a_join_stays_whole() -> None:
    line = line_of("abc")
    line.alignment.gaps[0] = -np.inf
    its = build_bank([line]).writers["w"]
    assert sorted(its.characters) == ["c"]
    assert [text for _, text in its.chunks] == ["ab"]


def test_a_character_that_a_later_stroke_crosses_is_left_out() -> None:
    line = line_of("ab").line
    assert not is_crossed(line, 0, 1, 2)
    bar = np.array([[-0.1, 0.0, 0.0, 1.0], [0.1, 0.0, 1.0, 1.0]])
    assert is_crossed(np.concatenate([line, bar]), 0, 1, 2)


def test_two_in_one_are_left_out() -> None:
    lines = [line_of("nanana") for _ in range(5)]
    blot = line_of("an")
    blot.line[:9, 0] += np.linspace(0, 40, 9)
    its = build_bank([*lines, blot]).writers["w"]
    assert len(its.characters["a"]) == 15


def test_a_missing_character_is_lent_by_the_most_similar_hand() -> None:
    lines = [
        line_of("an on", "upright"),
        line_of("an X on", "near"),
        line_of("an X on", "far", slant=0.5),
    ]
    bank = build_bank(lines)
    lenders = bank.lenders["upright", "X"]
    assert lenders == ["near", "far"]
    rng = np.random.default_rng(0)
    leaning = bank.writers["far"].metrics.slant
    for _ in range(8):  # whoever lends it, it stands as upright as the rest
        piece = bank.pick("upright", "X", rng)
        assert np.ptp(piece[:, 0]) < 0.3
    assert leaning > 0.3
    with pytest.raises(KeyError):
        bank.pick("upright", "Q", rng)


def test_own_characters_come_before_borrowed_ones() -> None:
    bank = build_bank([line_of("an X X X on", "own"), line_of("an X on", "other")])
    own = bank.writers["own"].characters["X"]
    rng = np.random.default_rng(0)
    picked = [
        any(piece is mine for mine in own)
        for piece in (bank.pick("own", "X", rng) for _ in range(200))
    ]
    assert np.mean(picked) == pytest.approx(3 / 4, abs=0.1)


def test_leaning_moves_what_is_high() -> None:
    piece = np.array([[0.0, -1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]])
    assert lean(piece, 0.5)[:, 0].tolist() == [0.5, 0.0]


def test_line_metrics_undo_slope() -> None:
    metrics = LineMetrics(0.1, 0.5, 0.5, 0.0)
    piece = metrics.cut(np.array([[0.0, 0.5, 0.0, 0.0], [2.0, 0.7, 1.0, 0.0]]))
    assert piece[:, 1] == pytest.approx([0, 0])
    assert piece[:, 0] == pytest.approx([0, 4])
    assert StrokeBank({}).counts == {}
