"""Words of lists in a text that the network is asked again, and in pairs that teach it to."""

import numpy as np
import pytest

from neuropil.apps.translate.glossing import Glossary
from neuropil.apps.translate.lab import switching as lab
from neuropil.apps.translate.switching import (
    find_runs,
    has_words,
    is_form,
    loops,
    prefer_known,
    switch,
)
from neuropil.apps.translate.translator import LEAST_SCORE, Translation


@pytest.mark.parametrize(
    ("from_", "to", "text", "made"),
    [
        ("es", "en", "Pista de patinaje", "Track de skating"),
        ("de", "en", "Forelle, mit Xqz (5 %)", "Trout, mit Xqz (5 %)"),
        ("fr", "en", "l'huile  d'olive", "l'oil  d'olive"),
        ("en", "de", "HERB BUTTER!", "KRÄUTERBUTTER!"),
        ("de", "en", "12,50 € ...", "12,50 € ..."),
    ],
)
def test_only_what_lists_know_changes(from_: str, to: str, text: str, made: str) -> None:
    runs = [*find_runs(text, Glossary.load(from_, to), longest=2)]
    assert switch(text, runs) == made
    assert all(text[run.start : run.end].strip() for run in runs)


@pytest.mark.parametrize(
    ("word", "other", "same"),
    [
        ("trout", "trouts", True),
        ("gebratene", "gebraten", True),
        ("rare", "rate", False),
        ("a", "a", True),
        ("", "a", False),
        ("sel", "selle", False),
        ("salty", "salad", False),
        ("sea", "season", False),
    ],
)
def test_forms_of_a_word_begin_alike(word: str, other: str, same: bool) -> None:
    assert is_form(word, other) is is_form(other, word) is same


def test_all_words_of_a_translation_have_to_be_there() -> None:
    assert has_words({"herb", "butters"}, "Herb butter")
    assert not has_words({"butter"}, "Herb butter")


def change(kind: str, source: str, target: str) -> set[tuple[str, str]]:
    """Give all that becomes of a Spanish pair in thirty draws."""
    draws = (np.random.default_rng(n) for n in range(30))
    return {getattr(lab, kind)(source, target, ("es", "en"), rng) for rng in draws}


def test_words_are_switched_that_the_target_has() -> None:
    made = change("switch_words", "Pista de patinaje azul", "Blue skating track")
    assert {target for _, target in made} == {"Blue skating track"}
    sources = {source for source, _ in made}
    assert {"Pista de patinaje azul", "Track de skating blue"} < sources
    assert len(sources) == 8


def test_a_short_text_that_a_list_has_is_not_switched_as_a_whole() -> None:
    assert "Ice cream" not in {s for s, _ in change("switch_words", "Helado frío", "Ice cream")}


def test_a_name_takes_the_place_of_a_word_on_both_sides() -> None:
    for source, target in change("name_word", "Pista de patinaje", "Skating track"):
        changed = {*source.casefold().split()} - {"pista", "de", "patinaje"}
        assert len(changed) == 1
        assert changed < {*target.casefold().split()}


def test_without_a_word_that_both_have_a_pair_stays() -> None:
    pair = ("Xqz brmpf", "Something else")
    assert change("name_word", *pair) == change("switch_words", *pair) == {pair}


def test_most_pairs_stay_as_they_are() -> None:
    rng = np.random.default_rng(0)
    pair = ("Pista de patinaje", "Skating track")
    same = sum(lab.mix(*pair, ("es", "en"), rng) == pair for _ in range(1000))
    assert 690 < same < 800
    assert lab.mix("Pista", "Track", ("es", "en"), rng) == ("Pista", "Track")


def answer(text: str, score: float) -> Translation:
    return Translation(text, score)


@pytest.mark.parametrize(
    ("again", "score", "is_taken"),
    [
        ("Skating track", -0.9, True),
        ("Skating track", -1.1, False),  # no more likely than what is not set
        ("Skating", -0.2, False),  # loses a word
        ("Skating track track", -0.2, False),  # says one twice
    ],
)
def test_a_second_answer_has_all_words_and_is_likely(
    again: str, score: float, is_taken: bool
) -> None:
    text, glossary = "Pista de patinaje", Glossary.load("es", "en")
    first = [answer("Pistachio", -1.2)]
    (made,) = prefer_known([text], first, lambda asked: [answer(again, score)], glossary)
    assert (made.text == again) is is_taken
    assert made.word_for_word is not is_taken
    assert (made.asked == "Track de skating") is is_taken


@pytest.mark.parametrize(
    ("again", "asked"), [("Petrol grounds", None), ("Grounds of brmpfq", "Ground de brmpfq")]
)
def test_words_that_no_list_knows_have_to_be_there_too(again: str, asked: str | None) -> None:
    glossary, first = Glossary.load("fr", "en"), [answer("Petrol", -1.2)]
    (made,) = prefer_known(
        ["Terrain de brmpfq"], first, lambda asked: [answer(again, -0.5)], glossary
    )
    assert made.asked == asked


@pytest.mark.parametrize(
    "fixed",
    [
        *("www.krone.de", "info@hotel-krone.de", "https://krone.de/zimmer?id=3"),
        *("3b", "A12-B7", "U4", "#krone", "@krone", "01", "14.30", "0,5l"),
    ],
)
def test_addresses_and_codes_stay(fixed: str) -> None:
    glossary = Glossary.load("de", "en")
    text = f"Suppe {fixed} Hund"
    assert switch(text, find_runs(text, glossary, 1)) == f"Soup {fixed} dog"
    assert glossary.translate(text).text == f"Soup {fixed} dog"


LOOP = "barley malt, wheat beer, barley malt, wheat beer, barley malt, wheat beer, barley malt"


def test_what_says_the_same_again_and_again_is_not_taken() -> None:
    glossary = Glossary.load("de", "en")
    sure = Translation(LOOP, -0.1)
    (known,) = prefer_known(["Forelle mit Butter"], [sure], lambda texts: [sure], glossary)
    assert (known.text, known.word_for_word) == ("Trout with Butter", True)
    (lost,) = prefer_known(["Xqzw Yqzw"], [sure], lambda texts: [], glossary)
    assert lost.score < LEAST_SCORE
    assert not loops(LOOP, LOOP)
    assert loops("no no no no no", "nein nein")
    assert not loops("no no no no no", "nein nein nein nein nein")
