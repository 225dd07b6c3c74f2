"""How text is changed that the network learns from."""

import re
from collections import Counter

import numpy as np
import pytest

from neuropil.apps.translate.lab import noise

SOURCE, TARGET = "Die größte Straße führt zum Fluß.", "The largest road leads to the river."


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_accents_are_left_out_as_capitals_leave_them_out() -> None:
    assert noise.strip_accents("PRIORITÉ À L'ÉLÈVE, œuf, groß, niño") == (
        "PRIORITE A L'ELEVE, oeuf, gross, nino"
    )


def test_shouted_texts_are_in_capitals_on_both_sides() -> None:
    made = {noise.shout("Für Fußgänger", "For pedestrians", rng(i)) for i in range(20)}
    assert made == {
        ("FÜR FUßGÄNGER", "FOR PEDESTRIANS"),
        ("FUR FUSSGANGER", "FOR PEDESTRIANS"),
    }


@pytest.mark.parametrize("change", [noise.lower, noise.title, noise.lose_accents, noise.misread])
def test_what_is_wrong_with_a_source_stays_out_of_the_target(change: noise.Change) -> None:
    made, target = change(SOURCE, TARGET, rng())
    assert target == TARGET
    assert made != SOURCE


def test_a_title_keeps_what_is_a_capital() -> None:
    assert noise.title("rindfleisch mit USB-Stick", "x", rng())[0] == "Rindfleisch Mit USB-Stick"


def test_a_stop_is_lost_on_both_sides() -> None:
    assert noise.lose_stop(SOURCE, TARGET, rng()) == (SOURCE[:-1], TARGET[:-1])
    assert noise.lose_stop("Wer?", "Who?", rng()) == ("Wer?", "Who?")


def test_one_character_in_twenty_five_is_misread_and_no_digit() -> None:
    text = "einfach lesen 0123456789 " * 400
    made = noise.misread(text, "", rng())[0]
    assert Counter(c for c in made if c in "2346789") == Counter(dict.fromkeys("2346789", 400))
    wrong = 1 - Counter(made)["f"] / 400
    assert noise.MISREAD / 2 < wrong < 2 * noise.MISREAD


def test_nothing_is_misread_into_nothing() -> None:
    assert all(noise.misread("q", "q", rng(i))[0] for i in range(200))


def test_most_pairs_are_left_as_they_are() -> None:
    chance = rng()
    made = [noise.add_noise(SOURCE, TARGET, chance) for _ in range(2000)]
    share = sum(1 for pair in made if pair == (SOURCE, TARGET)) / len(made)
    assert share == pytest.approx(1 - sum(share for share, _ in noise.CHANGES), abs=0.03)
    shouted = sum(target.isupper() for _, target in made) / len(made)
    assert shouted == pytest.approx(noise.CHANGES[0][0], abs=0.02)


def test_somebody_else_takes_the_place_of_tom_on_both_sides() -> None:
    chance = rng()
    stayed = 0
    for _ in range(400):
        source, target = noise.swap_name("Tom, ruf Tom an.", "Tom, call Tom.", chance)
        name, again = re.fullmatch(r"(.+), ruf (.+) an\.", source).groups()  # type: ignore[union-attr]
        assert name == again
        assert target == f"{name}, call {name}."
        stayed += name == "Tom"
    assert stayed / 400 == pytest.approx(1 - noise.SWAPPED, abs=0.05)


def test_a_name_that_one_side_lacks_is_kept() -> None:
    pair = ("Toms Haus", "Tom's house")
    assert {noise.swap_name(*pair, rng(i)) for i in range(20)} == {pair}


def test_a_price_is_the_same_on_both_sides() -> None:
    for i in range(50):
        source, target = noise.add_price("Suppe", "Soup", rng(i))
        assert source.replace("Suppe", "") == target.replace("Soup", "")
        assert re.search(r"\d", source)
