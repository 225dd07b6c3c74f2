"""The language of a text: what the shipped neurons say, and what they are given."""

import numpy as np
import pytest

from neuropil.apps.translate.language import (
    NETWORK,
    F,
    count_runs,
    identify,
    name_language,
    place_of,
    runs_of,
)
from neuropil.kit.networks.network import OnnxNetwork


@pytest.fixture(scope="module")
def network() -> OnnxNetwork:
    return NETWORK.open(threads=1)


def test_runs_of_a_word() -> None:
    assert sorted(runs_of("Ab 12")) == sorted(["a", "b", " a", "ab", "b ", " ab", "ab ", " ab "])
    assert sorted(runs_of("STRASSE")) == sorted(runs_of("Straße"))


def test_counts_are_over_the_root_of_their_sum() -> None:
    counts = count_runs("no no")
    assert counts.shape == (F,)
    assert counts.sum() == pytest.approx(np.sqrt(2 * 8))
    assert counts[place_of(" no ")] == pytest.approx(2 / 4)
    assert not count_runs("12,50 €").any()


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Ausgang freihalten", "de"),
        ("SORTIE DE SECOURS", "fr"),
        ("Ensalada de la casa", "es"),
        ("Please keep off the grass", "en"),
        ("PRIORITE AUX PIETONS", "fr"),
        ("Hunde sind an der Leine zu führen", "de"),
        ("prohibido fumar", "es"),
        ("no smoking", "en"),
    ],
)
def test_signs(network: OnnxNetwork, text: str, language: str) -> None:
    (guess,) = identify(network, [text])
    assert guess.language == language
    assert guess.probability > 0.6


def test_what_has_no_word_has_no_language(network: OnnxNetwork) -> None:
    guesses = identify(network, ["12,50 €", "", "Wir haben geschlossen"])
    assert [g.language for g in guesses] == [None, None, "de"]
    assert guesses[0].probability == 0
    assert identify(network, []) == []


def test_no_language_is_named_below_the_least_probability() -> None:
    p = np.array([0.59, 0.41, 0, 0], np.float32)
    assert name_language(p).language is None
    assert name_language(p[[1, 0, 2, 3]] + 0.02).language == "de"


def test_z_is_the_sum_that_the_file_holds(network: OnnxNetwork) -> None:
    """The logits are w·x + b of counted runs: those of a text twice as long are root two as far."""
    one, two = (network.run(runs=count_runs(t)[None])["logits"][0] for t in ("la", "la la"))
    bias = network.run(runs=np.zeros((1, F), np.float32))["logits"][0]
    assert two - bias == pytest.approx((one - bias) * np.sqrt(2), rel=1e-5)
