"""Text as tokens and back."""

import pytest

from neuropil.apps.translate.casing import FIRST, LOWER, UPPER
from neuropil.apps.translate.copying import Copies
from neuropil.apps.translate.preprocess import (
    END,
    FIRST_PIECE,
    FROM,
    MARK_TOKENS,
    TO,
    decode,
    encode_source,
    encode_target,
    normalize,
    vocabulary_size,
)

TEXTS = [
    "Ich hätte gern zwei Bier, bitte!",
    "CÉDEZ LE PASSAGE",
    "¿Dónde está el baño?",
    "McDonald's iPhone GmbH & Co. KG",
    "Gegrillter Lachs mit Kartoffeln 14,50 €",
    "Straße STRAßE œuf ÆON",
    "Xyzqkw",
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_comes_back(text: str) -> None:
    source = encode_source(text, to="en")
    assert source.copies.restore(decode(source.tokens, source.cases)) == text
    assert len(source.tokens) == len(source.cases)
    assert max(source.tokens) < vocabulary_size()


def test_a_source_tells_where_it_goes_and_where_it_comes_from() -> None:
    assert encode_source("Hut", to="en").tokens[0] == TO["en"]
    told = encode_source("Hut", to="en", from_="de").tokens
    assert told[:2] == (TO["en"], FROM["de"])
    assert told[-1] == END
    assert {*TO.values(), *FROM.values(), *MARK_TOKENS.values(), 0, END} == {*range(FIRST_PIECE)}


def test_cases_differ_and_letters_do_not() -> None:
    small, first, big = (encode_source(t, to="en") for t in ("hut", "Hut", "HUT"))
    assert small.tokens == first.tokens == big.tokens
    assert [t.cases[1] for t in (small, first, big)] == [LOWER, FIRST, UPPER]


def test_a_translation_copies_what_its_source_has() -> None:
    source = encode_source("Flug 123 um 14:30", to="en")
    target = encode_target("At 14:30, flight 123", source.copies)
    assert target is not None
    a, b = (
        MARK_TOKENS.values().__iter__(),
        [t for t in target.tokens if FROM["es"] < t < FIRST_PIECE],
    )
    assert b[::-1] == [next(a), next(a)]
    assert target.copies.restore(decode(target.tokens, target.cases)) == "At 14:30, flight 123"
    assert target.tokens[-1] == END


@pytest.mark.parametrize("translation", ["It costs 5000 yen", "It costs much", "5,000 or 3"])
def test_a_translation_with_other_numbers_teaches_nothing(translation: str) -> None:
    assert encode_target(translation, encode_source("5,000 Yen", to="en").copies) is None


def test_a_target_leaves_the_copies_of_its_source_alone() -> None:
    copies = Copies()
    encode_target("three or 3", copies)
    assert copies.texts == []


def test_spaces_quotes_and_accents_are_made_one() -> None:
    assert normalize(" L’e\u0301le\u0300ve\u00a0 a\u00ad\n… ") == "L'élève a ..."
