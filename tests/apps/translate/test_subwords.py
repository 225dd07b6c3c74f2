"""Words cut into pieces as the library cuts them that learned the pieces."""

import numpy as np
import pytest

from neuropil.apps.translate.copying import COPIED
from neuropil.apps.translate.lab.vocabulary import ALPHABET, fold_text, learn_model
from neuropil.apps.translate.subwords import BLANK, Subwords

WORDS = (
    "the cat the hat der hut die katze le chat el gato gegrillt gegrillte gegrillter gegrilltes "
    "lachs lachse kartoffel kartoffeln poulet poulets pollo pollos straße straßen salat salate "
    "señor señora niño niños élève élèves où déjà über grüße aaaa ananas banana bananen papaya"
).split()
SENTENCE = "der gegrillte lachs, die straße: où est l'élève?"


def make_sentences(n: int) -> list[str]:
    rng = np.random.default_rng(0)
    ends = ["", ".", "!", "?", " 12", ","]
    return [
        " ".join(rng.choice(WORDS, rng.integers(1, 9))) + ends[int(rng.integers(len(ends)))]
        for _ in range(n)
    ]


def test_pieces_are_those_of_sentencepiece() -> None:
    model = learn_model(make_sentences(400), 240)
    pieces = [model.id_to_piece(i) for i in range(1, model.vocab_size())]
    ours = Subwords(pieces)
    assert any(len(piece) > 3 for piece in pieces)
    rng = np.random.default_rng(1)
    strange = ["".join(rng.choice(list(ALPHABET), 12)) for _ in range(100)]
    repeated = ["a" * n for n in range(1, 12)] + ["anan" * n + "a" for n in range(1, 8)]
    for text in [*make_sentences(300), *strange, *repeated, SENTENCE]:
        assert list(ours.split(text)) == model.encode(text, out_type=str), text


def test_the_shipped_vocabulary_writes_every_letter() -> None:
    subwords = Subwords.load()
    assert {*ALPHABET, BLANK} <= subwords.characters
    assert len({*subwords.pieces}) == len(subwords) == 7980
    assert all(
        piece == fold_text(piece) for piece in subwords.pieces if not COPIED.fullmatch(piece)
    )


def test_pieces_put_together_are_the_text() -> None:
    subwords = Subwords.load()
    parts = subwords.split(SENTENCE)
    assert "".join(parts).replace(BLANK, " ").strip() == SENTENCE
    assert len(parts) < len(SENTENCE) / 2


def test_the_pair_that_was_learned_first_is_joined_first() -> None:
    subwords = Subwords(["bc", "ab", "a", "b", "c", BLANK])
    assert subwords.split_word("abc") == ("a", "bc")
    assert subwords.split_word("abab") == ("ab", "ab")


@pytest.mark.parametrize("text", ["日本", ""])
def test_what_is_unknown_is_left_out(text: str) -> None:
    assert Subwords.load().split_word(text) == ()
