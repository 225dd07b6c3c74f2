"""What the pieces are learned from."""

from pathlib import Path

import pytest
from refusals import refused

from neuropil.apps.translate.lab import vocabulary
from neuropil.apps.translate.lab.data import Pair
from neuropil.apps.translate.lab.vocabulary import PHRASES_COUNT, texts
from neuropil.training.split import Split

PAIRS = [
    Pair("Hi 12.", "Hallo 12!", "de", "sentence"),
    Pair("Hi 12.", "Salut !", "fr", "sentence"),
    Pair("Soup", "Suppe", "de", "phrase"),
    Pair("hat", "Hut", "de", "word"),
]


def test_texts_are_in_small_letters_english_ones_once() -> None:
    counted = ["soup", "suppe"] * PHRASES_COUNT
    assert [*texts(PAIRS)] == ["hi .", "hallo !", "salut !", *counted, "hut"]


def test_a_vocabulary_is_written_and_never_over_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = Split(PAIRS * 30, PAIRS[:0])
    monkeypatch.setattr(vocabulary, "load_corpus", lambda data: corpus)
    monkeypatch.setattr(vocabulary, "SIZE", 130)
    file = vocabulary.learn_vocabulary(tmp_path / "made", tmp_path)
    pieces = file.read_text(encoding="utf-8").splitlines()
    assert (len(pieces), file.name) == (130, "subwords.txt")
    assert {"▁", "q", "€"} < {*pieces}
    assert any(piece in ("suppe", "▁suppe", "▁hallo") for piece in pieces)
    with refused("output.exists", file):
        vocabulary.learn_vocabulary(tmp_path / "made", tmp_path)
