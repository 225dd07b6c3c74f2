"""Letters and their cases, taken apart and put together."""

import pytest

from neuropil.apps.translate.casing import (
    FIRST,
    LOWER,
    UPPER,
    apply_case,
    case_of,
    even_out,
    fold,
    upper_text,
)


@pytest.mark.parametrize(
    ("text", "case"),
    [
        ("paris", LOWER),
        ("Paris", FIRST),
        ("PARIS", UPPER),
        ("I", FIRST),
        ("Straße", FIRST),
        ("STRAßE", UPPER),
        ("É", FIRST),
        ("¿Qué", FIRST),
        ("¿QUÉ", UPPER),
        ("...", LOWER),
        ("iPhone", None),
    ],
)
def test_a_case_is_named_and_given_back(text: str, case: int | None) -> None:
    folded, capitals = fold(text)
    assert case_of(folded, capitals) == case
    if case is not None:
        assert apply_case(folded, case) == text


def test_folding_keeps_every_character_in_its_place() -> None:
    folded, capitals = fold("İstanbul ẞ ÄÖ")
    assert folded == "İstanbul ẞ äö"
    assert [i for i, big in enumerate(capitals) if big] == [11, 12]


def test_capitals_fold_to_the_letters_that_they_came_from() -> None:
    for text in ("Vorfahrt für Fußgänger", "CÉDEZ le passage", "¿Dónde está el baño?"):
        assert fold(upper_text(text))[0] == fold(text)[0]


@pytest.mark.parametrize(
    ("pieces", "cases", "made"),
    [
        (("sk", "ating"), (FIRST, UPPER), "Skating"),
        (("home", "m", "ade"), (UPPER, LOWER, UPPER), "HOMEMADE"),
        (("home", "made"), (UPPER, LOWER), "HOMEMADE"),
        (("as", "sor", "ted"), (FIRST, LOWER, UPPER), "Assorted"),
        (("mc", "donald"), (FIRST, FIRST), "McDonald"),
        (("usb", "-", "stick"), (UPPER, LOWER, FIRST), "USB-Stick"),
        (("i", "p", "hone"), (LOWER, FIRST, LOWER), "iPhone"),
        (("c", "édez"), (FIRST, UPPER), "CÉDEZ"),
    ],
)
def test_a_word_has_one_case(pieces: tuple[str, ...], cases: tuple[int, ...], made: str) -> None:
    evened = even_out(pieces, cases)
    assert "".join(map(apply_case, pieces, evened)) == made
