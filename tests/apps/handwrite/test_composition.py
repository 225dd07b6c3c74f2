"""Lines composed of pieces: every text is spelled by its strokes, every character comes often."""

import re
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from apps.handwrite.test_stroke_bank import line_of

from neuropil.apps.handwrite.alphabet import ALPHABET
from neuropil.apps.handwrite.lab import composition
from neuropil.apps.handwrite.lab.composition import (
    CHUNKS,
    OFTEN,
    PATTERNS,
    SLACK,
    WORD,
    Composer,
    append,
    draw_pattern,
    measure_rarity,
    take_run,
    vary,
)
from neuropil.apps.handwrite.lab.glyphs import WRITER_GLYPHS
from neuropil.apps.handwrite.lab.stroke_bank import build_bank

LINES = [
    line_of("the quick brown fox jumps over"),
    line_of("a lazy dog. ABCDEFGHIJ"),
    line_of("KLMNOPQRST UVWXYZ maze"),
    line_of("pack my box with five dozen", "v"),
    line_of("'liquor' jugs - no, yes!", "v"),
]


@pytest.fixture(scope="module")
def composer() -> Composer:
    rare = measure_rarity([line.text for line in LINES], np.random.default_rng(0))
    return Composer(build_bank(LINES), WRITER_GLYPHS, rare)


def test_what_is_written_is_what_is_said(composer: Composer) -> None:
    rng = np.random.default_rng(1)
    texts = []
    for _ in range(200):
        line, text = composer.compose(LINES[int(rng.integers(len(LINES)))], 30, rng)
        inked = [i for i, character in enumerate(text) if character != " "]
        assert sorted(set(line[:, 3].astype(int))) == inked
        assert set(text) <= set(ALPHABET)
        assert "  " not in text
        assert text == text.strip()
        assert line[-1, 2] == 1
        assert np.isfinite(line).all()
        texts.append(text)
    assert np.mean([abs(len(text) - 30) <= SLACK for text in texts]) > 0.8


def test_characters_stand_in_the_order_of_the_text(composer: Composer) -> None:
    rng = np.random.default_rng(2)
    for _ in range(50):
        line, text = composer.compose(LINES[0], 24, rng)
        middles = [line[line[:, 3] == i, 0].mean() for i in range(len(text)) if text[i] != " "]
        assert np.mean(np.diff(middles) > 0) > 0.95
        words = re.finditer("[^ ]+", text)
        spans = [line[(line[:, 3] >= w.start()) & (line[:, 3] < w.end()), 0] for w in words]
        gaps = [b.min() - a.max() for a, b in pairwise(spans)]
        assert min(gaps, default=1.0) > 0


def test_real_words_come_among_the_patterns(composer: Composer) -> None:
    rng = np.random.default_rng(3)
    found = [composer.compose(LINES[0], 40, rng)[1] for _ in range(40)]
    assert sum("quick" in text or "fox" in text or "the" in text for text in found) > 20


def test_every_pattern_can_be_written(composer: Composer) -> None:
    rng = np.random.default_rng(4)
    for _, pattern in PATTERNS:
        for _ in range(40):
            made = pattern(rng)
            assert set(made) <= {*ALPHABET, WORD, CHUNKS}
            if not composer.writable.issuperset(made):
                continue
            _, text = composer.write(made, "w", rng)
            shape = re.sub(f"[{WORD}{CHUNKS}]", "[a-z]+", re.escape(made))
            assert re.fullmatch(shape.replace("\\\x00", "[a-z]+").replace("\\\x01", "[a-z]+"), text)


def test_characters_that_are_rare_come_as_often_as_others() -> None:
    rng = np.random.default_rng(5)
    texts = ["the cat sat on the mat and it was e"] * 8000
    rare = measure_rarity(texts, rng)
    assert rare.sum() == pytest.approx(1)
    assert rare[ALPHABET.index(" ")] == 0
    assert rare[ALPHABET.index("e")] < 0.001
    assert rare[ALPHABET.index("^")] > 0.005
    n_patterns = composition.COMPOSED * len("".join(texts)) / 2 / 7  # of some 7 characters each
    n_rarities = composition.RARITIES * n_patterns * 3
    drawn = Counter(
        "".join(draw_pattern(rng) for _ in range(int(n_patterns * (1 - composition.RARITIES))))
    )
    written = Counter("".join(texts))
    for character in ALPHABET[1:]:
        seen = written[character] + drawn[character]
        assert seen + n_rarities * rare[ALPHABET.index(character)] > OFTEN / 2, character


def test_characters_nobody_wrote_are_drawn_and_others_are_not(composer: Composer) -> None:
    rng = np.random.default_rng(6)
    its = composer.bank.writers["w"].characters
    assert "@" not in its
    assert len(composer.character("@", "w", rng)) > 5
    picked = composer.character("e", "w", rng)
    lent = composer.bank.writers["v"].characters["e"]
    assert any(picked is piece for piece in its["e"]) or len(picked) == len(lent[0])


def test_pieces_follow_each_other_with_a_gap() -> None:
    one = np.array([[0.0, 0.0, 0.0, 0.0], [1.0, 0.0, 1.0, 1.0]])
    made = append(append(np.zeros((0, 4)), one, 9.0, 0), one + np.array([5, 0, 0, 0]), 0.5, 3)
    assert made[:, 0].tolist() == [0, 1, 1.5, 2.5]
    assert made[:, 3].tolist() == [0, 1, 3, 4]


def test_a_piece_varies_little() -> None:
    one = np.array([[0.0, -1.0, 0.0, 0.0], [1.0, 0.0, 1.0, 1.0]])
    made = vary(one, np.random.default_rng(0))
    assert made[:, 2:].tolist() == one[:, 2:].tolist()
    assert 0 < np.abs(made[:, :2] - one[:, :2]).max() < 0.4


def test_a_run_is_of_whole_words_that_fit() -> None:
    rng = np.random.default_rng(7)
    for _ in range(60):
        found = take_run(LINES[0], 12, rng)
        if found is not None:
            piece, text = found
            assert f" {text} " in f" {LINES[0].text} "
            assert len(text) <= 12
            assert sorted(set(piece[:, 3])) == [i for i, c in enumerate(text) if c != " "]
    assert take_run(LINES[0], 2, rng) is None
