"""Texts composed of lists: grammar as a person would write it, the same thing in four languages."""

import pytest
from numpy.random import default_rng

from neuropil.apps.translate.lab.composing import (
    Lists,
    Named,
    fill_slots,
    french_adjective,
    french_of,
    french_some,
    french_with,
    make_dish,
    prepare,
    spanish_adjective,
)
from neuropil.apps.translate.preprocess import encode_source, encode_target

LISTS = Lists.read()
NOUNS = {noun.named.texts[0]: noun for noun in LISTS.nouns}
SOUP = next(row for row in LISTS.dishes if row[0] == "{} soup")
CAKE = next(row for row in LISTS.dishes if row[1] == "{}kuchen")


@pytest.mark.parametrize(
    ("pattern", "noun", "texts"),
    [
        (SOUP, "tomatoes", ("tomato soup", "Tomatensuppe", "soupe de tomates", "sopa de tomates")),
        (SOUP, "onions", ("onion soup", "Zwiebelsuppe", "soupe d'oignons", "sopa de cebollas")),
        (
            *(CAKE, "almonds"),
            ("almond cake", "Mandelkuchen", "gâteau aux amandes", "tarta de almendras"),
        ),
        (
            *(SOUP, "beetroot"),
            ("beetroot soup", "Rote-Bete-Suppe", "soupe de betterave", "sopa de remolacha"),
        ),
    ],
)
def test_a_dish_is_made_of_a_thing(
    pattern: list[str], noun: str, texts: tuple[str, str, str, str]
) -> None:
    assert make_dish(pattern, NOUNS[noun]).texts == texts


@pytest.mark.parametrize(
    ("way", "noun", "texts", "dative"),
    [
        (
            *("smoked", "trout"),
            ("smoked trout", "geräucherte Forelle", "truite fumée", "trucha ahumada"),
            "geräucherter Forelle",
        ),
        (
            *("stuffed", "tomatoes"),
            ("stuffed tomatoes", "gefüllte Tomaten", "tomates farcies", "tomates rellenos"),
            "gefüllten Tomaten",
        ),
        (
            *("steamed", "eggs"),
            ("steamed eggs", "gedämpfte Eier", "œufs à la vapeur", "huevos al vapor"),
            "gedämpften Eiern",
        ),
    ],
)
def test_how_a_thing_is_prepared_is_inflected(
    way: str, noun: str, texts: tuple[str, str, str, str], dative: str
) -> None:
    row = next(row for row in LISTS.ways if row[0] == way)
    made = prepare(NOUNS[noun].named, row)
    assert (made.texts, made.dative) == (texts, dative)


def test_adjectives_follow_gender_and_number() -> None:
    assert [french_adjective("frais", "fraîche", g) for g in "mfMF"] == [
        *("frais", "fraîche", "frais", "fraîches")
    ]
    assert [spanish_adjective("alemán", "alemana", g) for g in "mfMF"] == [
        *("alemán", "alemana", "alemanes", "alemanas")
    ]
    assert spanish_adjective("regional", "", "M") == "regionales"


def test_french_articles() -> None:
    ham, oil, leeks, lobster = (NOUNS[name].named for name in ("ham", "oil", "leeks", "lobster"))
    assert [french_with(each) for each in (ham, oil, leeks)] == [
        *("au jambon", "à l'huile", "aux poireaux")
    ]
    assert [french_some(each) for each in (ham, oil, leeks)] == [
        *("du jambon", "de l'huile", "des poireaux")
    ]
    assert french_of(oil.texts[2]) == "d'huile"
    assert french_of(lobster.texts[2]) == "de homard"


def test_slots_are_filled_alike_in_all_languages() -> None:
    row = next(row for row in LISTS.phrases if row[0] == "May contain traces of {a} and {b}")
    fills = {"a": NOUNS["eggs"].named, "b": NOUNS["milk"].named}
    assert [fill_slots(text, fills, n) for n, text in enumerate(row)] == [
        "May contain traces of eggs and milk",
        "Kann Spuren von Eiern und Milch enthalten",
        "Peut contenir des traces d'œufs et de lait",
        "Puede contener trazas de huevos y leche",
    ]


def test_composed_texts_can_be_learned_and_have_no_slot_left() -> None:
    rng = default_rng(5)
    some = [LISTS.compose(rng) for _ in range(500)]
    assert len(set(some)) > 450
    for english, *others in some:
        for text in others:
            assert text
            assert "{" not in text
            encoded = encode_source(text, "en")
            assert encode_target(english, encoded.copies) is not None, (text, english)


def test_every_noun_has_a_gender_in_each_language() -> None:
    assert len(LISTS.nouns) > 450
    for noun in LISTS.nouns:
        assert isinstance(noun.named, Named)
        assert noun.named.genders[0] in "mfnPx"
        assert {*noun.named.genders[1:]} <= {*"mfMF"}
