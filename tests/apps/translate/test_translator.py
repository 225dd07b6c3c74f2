"""Texts cut, translated and put together."""

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest
from refusals import refused
from tiny_translator import write_translator

from neuropil.apps.translate import translator
from neuropil.apps.translate.decoding import Hypothesis
from neuropil.apps.translate.preprocess import FIRST_PIECE, MOST_TOKENS, TO, EncodedText
from neuropil.apps.translate.translator import Translator, cut_sentences, encode_parts
from neuropil.kit.networks.network import OnnxNetwork


@pytest.fixture
def echo(monkeypatch: pytest.MonkeyPatch) -> Translator:
    """Make a translator that says what it was given, in small letters."""

    def search(a: object, b: object, texts: Sequence[EncodedText], k: int) -> list[Hypothesis]:
        assert [*texts] == sorted(texts, key=lambda text: len(text.tokens))
        kept = [tuple(t for t in text.tokens if t >= FIRST_PIECE - 10) for text in texts]
        return [Hypothesis(tokens, (0,) * len(tokens), 0.0) for tokens in kept]

    monkeypatch.setattr(translator, "search", search)
    monkeypatch.setattr(translator, "TOGETHER", 2)
    return Translator(cast(OnnxNetwork, None), cast(OnnxNetwork, None))


def test_texts_keep_their_order_and_their_lines(echo: Translator) -> None:
    texts = ["Der lange Satz steht hier. Und\nnoch einer!", "", "HUT", "Hut 4,50 €", "14:30\n\n%"]
    made = ["der lange satz steht hier. und\nnoch einer!", "", "hut", "hut 4,50 €", "14:30\n\n%"]
    assert echo.translate(texts, to="en") == made


@pytest.mark.parametrize(
    ("line", "cut"),
    [
        ("Wer? Ich! Gut.", ["Wer?", "Ich!", "Gut."]),
        ("um 14.30 Uhr, bzw. später", ["um 14.30 Uhr, bzw. später"]),
        ("Er sagte: „Komm!“ Dann ging er.", ["Er sagte: „Komm!“", "Dann ging er."]),
        ("¡Hola! ¿Qué tal?", ["¡Hola!", "¿Qué tal?"]),
        ("Voilà ! Écoute.", ["Voilà !", "Écoute."]),
    ],
)
def test_lines_are_cut_behind_sentences(line: str, cut: list[str]) -> None:
    assert [*cut_sentences(line)] == cut


def test_what_is_too_long_for_the_network_is_cut_at_blanks() -> None:
    sentence = "Kuchen und " * 400
    parts = [*encode_parts(sentence, "en", None)]
    assert len(parts) > 1
    assert all(len(part.tokens) <= MOST_TOKENS for part in parts)
    pieces = [t for part in parts for t in part.tokens if t >= FIRST_PIECE]
    short = [
        t for t in encode_parts("Kuchen und", "en", None).__next__().tokens if t >= FIRST_PIECE
    ]
    assert pieces == short * 400
    assert {part.tokens[0] for part in parts} == {TO["en"]}
    (copied,) = encode_parts("qxz" * 900, "en", None)
    assert copied.copies.texts == ["qxz" * 900]


def test_directions_that_there_are_none_of_are_refused(echo: Translator) -> None:
    with refused("option.choice", "--to it", "en, de, fr, es"):
        echo.translate(["a"], to="it")
    with refused("option.choice", "--from dee", "did you mean de?"):
        echo.translate(["a"], to="en", from_="dee")
    with refused("option.conflict", "--from de --to de", "two languages"):
        echo.translate(["a"], to="de", from_="de")


def test_the_networks_are_run(tmp_path: Path) -> None:
    made = Translator(*write_translator(tmp_path)).translate(["Hut 7.", "Zwei Bier"], to="en")
    assert len(made) == 2
    assert "7" in made[0]
