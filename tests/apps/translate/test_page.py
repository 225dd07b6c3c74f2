"""A page that was read becomes blocks: which are translated, and why the others are not."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from neuropil.apps.translate.language import NETWORK, language_probabilities
from neuropil.apps.translate.page import (
    TextLine,
    TranslatedBlock,
    name_languages,
    replacements,
    translate_page,
    why_kept,
)
from neuropil.apps.translate.translator import LEAST_SCORE, Translation

ROWS = [("Ausgang bitte", 0), ("freihalten", 22), ("12,50 €", 100), ("No smoking here", 200)]


def tell(texts: Sequence[str]) -> NDArray[np.float32]:
    return language_probabilities(NETWORK.open(threads=1), texts)


def shout(texts: Sequence[str], to: str, from_: str) -> list[Translation]:
    return [Translation(f"{from_} to {to}: {text.upper()}", -0.5) for text in texts]


def guess(texts: Sequence[str], to: str, from_: str) -> list[Translation]:
    return [Translation(made.text, LEAST_SCORE - 0.1) for made in shout(texts, to, from_)]


def page(confidence: float = 0.9) -> list[TextLine]:
    corners = np.array([[0, 0], [200, 0], [200, 20], [0, 20]], float)
    return [TextLine(corners + np.array([10, top]), text, confidence) for text, top in ROWS]


def test_blocks_are_translated_or_kept() -> None:
    blocks = translate_page(page(), tell, shout, to="en", from_=None, least=0.5)
    found = {block.text: block for block in blocks}
    sign = found["Ausgang bitte freihalten"]
    assert sign.lines == (0, 1)
    assert sign.language == "de"
    assert sign.translation == "de to en: AUSGANG BITTE FREIHALTEN"
    assert sign.kept is None
    assert found["12,50 €"].kept == "it has no words"
    assert found["No smoking here"].kept == "it is English already"
    assert found["No smoking here"].translation == "No smoking here"


def test_a_given_language_is_that_of_all() -> None:
    blocks = translate_page(page(), tell, shout, to="en", from_="fr", least=0.5)
    assert {block.translation[:8] for block in blocks if not block.kept} == {"fr to en"}


def test_a_short_word_is_of_the_language_of_its_page() -> None:
    assert name_languages(["Fromage"], tell, None) == [None]
    page = ["Fromage", "Salade verte du jardin", "Soupe à l'oignon gratinée"]
    assert name_languages(page, tell, None) == ["fr"] * 3
    mixed = [*page, "The dog is in the garden with a cat and a bird", "12,50"]
    assert name_languages(mixed, tell, None)[1:] == ["fr", "fr", "en", None]
    assert name_languages([], tell, None) == []


def test_what_was_read_badly_is_kept() -> None:
    blocks = translate_page(page(0.3), tell, shout, to="en", from_=None, least=0.5)
    assert all(block.kept for block in blocks)
    assert any("confidence of 0.300, below 0.5" in str(block.kept) for block in blocks)
    assert translate_page([], tell, shout, to="en", from_=None, least=0.5) == []


def test_what_the_translator_is_not_sure_of_is_kept() -> None:
    kept = translate_page(page(), tell, guess, to="en", from_=None, least=0.5)
    assert "the translator is not sure of it (de to en: AUSGANG" in str(kept[0].kept)
    assert kept[0].translation == kept[0].text
    sure, *_ = translate_page(page(), tell, guess, to="en", from_=None, least=0.0)
    assert sure.kept is None


@pytest.mark.parametrize(
    ("text", "language", "to", "why"),
    [
        ("www.gasthof-adler.de", "de", "en", "no words"),
        ("-.50", None, "en", "no words"),
        ("Abtei", None, "en", "not known"),
        ("\ue100 \ue100", None, "en", "written in Cyrillic"),
        ("Eingang", "de", "de", "German already"),
    ],
)
def test_reasons(text: str, language: str | None, to: str, why: str) -> None:
    assert why in str(why_kept(text, language, 1.0, to, 0.5))


def test_a_sign_that_is_hardly_seen_is_of_no_script() -> None:
    assert "confidence of 0.440" in str(why_kept("\ue100", None, 0.44, "en", 0.5))
    assert "Cyrillic" in str(why_kept("\ue100", None, 0.44, "en", 0.0))


def test_only_what_changes_is_set_anew() -> None:
    lines = page()
    blocks = [
        TranslatedBlock((0, 1), "Hotel Post", "de", "Hotel Post", None),
        TranslatedBlock((2,), "12,50 €", None, "12,50 €", "it has no words"),
        TranslatedBlock((3,), "Eingang", "de", "Entrance", None),
    ]
    (only,) = replacements(lines, blocks)
    assert only.text == "Entrance"
    assert only.texts == ("No smoking here",)
    assert (only.quads[0] == lines[3].quad).all()
