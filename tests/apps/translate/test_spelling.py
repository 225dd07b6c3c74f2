"""What is likely to be written: texts found by their look and their spelling together."""

from collections import defaultdict
from itertools import groupby, pairwise, product
from pathlib import Path
from string import digits

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from reading_data import write_reading_data

from neuropil.apps.translate import spelling
from neuropil.apps.translate.alphabet import BLANK, CHARACTERS, MARKS, N_OUTPUTS, NUMBERS
from neuropil.apps.translate.lab import spelling as lab
from neuropil.apps.translate.networks import NETWORKS, SPELLER
from neuropil.apps.translate.spelling import (
    END,
    LETTER_NUMBERS,
    LETTERS,
    F,
    K,
    Speller,
    align,
    likeliest_path,
    list_before,
    number_letters,
    softmax,
)
from neuropil.training.step import TrainingStep

Floats = NDArray[np.float32]


def no_opinion(before: NDArray[np.int64]) -> Floats:
    return np.zeros((len(before), F), np.float32)


def silent(before: NDArray[np.int64]) -> Floats:
    raise AssertionError


def opinion(before: NDArray[np.int64]) -> Floats:
    """Say something of each letter that depends on those before it."""
    rows = [np.random.default_rng(row.tolist()).normal(0, 2, F) for row in before]
    return np.array(rows, np.float32)


def logits_of(*steps: dict[str, float]) -> Floats:
    """Make logits of the probabilities of a few characters at each step; `_` is the blank."""
    made = np.full((len(steps), N_OUTPUTS), -30, np.float32)
    for row, step in zip(made, steps, strict=True):
        for character, p in step.items():
            row[BLANK if character == "_" else NUMBERS[character]] = np.log(p)
    return made


def read(speller: Speller, logits: Floats) -> str:
    return "".join(each.character for each in speller.find(logits))


def test_every_character_has_a_letter_and_case_is_none() -> None:
    speller = Speller(no_opinion)
    assert len(speller.letters) == len(speller.shares) == N_OUTPUTS
    for big, small in ("AÀ", "aà"), ("ÄẞŒ", "äßœ"):
        assert number_letters(big) == number_letters(small)
    assert len(set(number_letters(digits))) == 1
    assert len(set(number_letters(MARKS))) == 1
    assert number_letters("é") != number_letters("e")
    assert END not in number_letters(CHARACTERS)
    shares = [np.exp(speller.shares[NUMBERS[c]]) for c in digits]
    assert sum(shares) == pytest.approx(1)
    assert speller.shares[NUMBERS["a"]] == 0


def test_letters_before_a_text_are_none() -> None:
    assert list_before("").tolist() == [[END] * K]
    assert list_before("ab").tolist()[0][-3:] == [END, *number_letters("ab")]
    long = "a longer text than is looked at"
    assert list_before(long).tolist() == [number_letters(long)[-K:]]


def test_a_doubtful_letter_is_what_the_spelling_says() -> None:
    doubt = {"l": 0.6, "t": 0.4}
    steps = [{"c": 1.0}, {"i": 1.0}, doubt, {"i": 1.0}, {"e": 1.0}, {"s": 1.0}]

    def knows_cities(before: NDArray[np.int64]) -> Floats:
        made = no_opinion(before)
        made[(before[:, -2:] == number_letters("ci")).all(axis=1), LETTER_NUMBERS["t"]] = 5
        return made

    assert read(Speller(no_opinion), logits_of(*steps)) == "cilies"
    speller = Speller(knows_cities)
    assert read(speller, logits_of(*steps)) == "cities"
    found = speller.find(logits_of(*steps))
    assert [each.step for each in found] == [*range(6)]
    assert found[2].probability == pytest.approx(0.4, abs=1e-4)
    steps[2] = {"l": 0.99, "t": 0.01}  # of this the reader is too sure
    assert read(speller, logits_of(*steps)) == "cilies"


def test_what_the_reader_is_sure_of_is_not_asked() -> None:
    steps = [{"Z": 0.95, "z": 0.05}, {"_": 1.0}, {"q": 1.0}, {" ": 1.0}]
    assert read(Speller(silent), logits_of(*steps)) == "Zq"


def test_an_empty_line_says_nothing() -> None:
    assert Speller(no_opinion).find(logits_of({"_": 0.6, "a": 0.1}, {"_": 0.6, " ": 0.1})) == []


@pytest.mark.parametrize("seed", range(6))
def test_the_text_found_is_the_best_of_all(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """All ways through the steps, added up by what they say."""
    monkeypatch.setattr(spelling, "WIDTH", 10_000)
    monkeypatch.setattr(spelling, "SURE", 1.1)
    rng = np.random.default_rng(seed)
    characters = "_ab1"
    steps = [dict(zip(characters, rng.dirichlet(np.ones(4)), strict=True)) for _ in range(5)]
    chances: dict[str, float] = defaultdict(float)
    for path in product(characters, repeat=len(steps)):
        said = "".join(c for c, _ in groupby(path) if c != "_")
        chances[said] += float(np.prod([s[c] for s, c in zip(steps, path, strict=True)]))

    speller = Speller(opinion)

    def worth(text: str) -> float:
        total = np.log(chances[text]) + spelling.LENGTH * len(text)
        for k, c in enumerate([*text, None]):
            row = np.log(softmax(opinion(list_before(text[:k])))[0].clip(spelling.ODDEST))
            number = END if c is None else speller.letters[NUMBERS[c]]
            total += spelling.TRUST * (row[number] + (speller.shares[NUMBERS[c]] if c else 0))
        return float(total)

    best = max(chances, key=worth)
    numbers = speller.search(softmax(logits_of(*steps)))
    assert "".join(CHARACTERS[n - 1] for n in numbers) == best


@pytest.mark.parametrize("seed", range(6))
def test_the_likeliest_way_is_the_best_of_all(seed: int) -> None:
    rng = np.random.default_rng(seed)
    states = np.array([0, 5, 0, 5, 0, 7, 0])
    logs = rng.normal(0, 1, (6, len(states)))
    logs[:, 2::2] = logs[:, :1]  # all blanks are one output
    logs[:, 3] = logs[:, 1]

    def is_way(path: tuple[int, ...]) -> bool:
        steps = pairwise(path)
        fits = all(
            0 <= b - a <= (2 if states[b] and states[b] != states[a] else 1) for a, b in steps
        )
        return fits and path[0] < 2 and path[-1] >= len(states) - 2

    ways = filter(is_way, product(range(len(states)), repeat=len(logs)))
    totals = {way: sum(logs[t, s] for t, s in enumerate(way)) for way in ways}
    found = tuple(likeliest_path(logs, states).tolist())
    assert totals[found] == pytest.approx(max(totals.values()))


def test_each_character_stands_where_it_is_surest() -> None:
    chances = softmax(
        logits_of({"_": 1.0}, {"a": 0.5, "_": 0.5}, {"a": 0.9, "_": 0.1}, {"_": 1.0}, {"a": 1.0})
    )
    found = align(chances, (NUMBERS["a"], NUMBERS["a"]))
    assert [(each.character, each.step) for each in found] == [("a", 2), ("a", 4)]
    assert align(chances, ()) == []


def test_a_letter_that_was_left_out_makes_the_one_before_doubtful() -> None:
    steps = [{"a": 1.0}, {"_": 1.0}, {"b": 0.7, "_": 0.3}, {"_": 1.0}, {"c": 1.0}]
    chances = softmax(logits_of(*steps))
    whole, short, late = (
        align(chances, tuple(NUMBERS[c] for c in text)) for text in ("abc", "ac", "c")
    )
    assert [each.probability for each in whole] == pytest.approx([1, 0.7, 1], abs=1e-4)
    assert [each.probability for each in short] == pytest.approx([0.3, 1], abs=1e-4)
    assert late[0].probability == pytest.approx(0, abs=1e-4)


def test_an_odd_letter_of_which_the_reader_is_sure_stays() -> None:
    """As the @ of an address, which no spelling makes likely."""
    steps = [{"a": 1.0}, {"@": 0.96, "_": 0.04}, {"b": 0.9, "d": 0.1}]

    def hates_it(before: NDArray[np.int64]) -> Floats:
        made = no_opinion(before)
        made[:, LETTER_NUMBERS["@"]] = -50
        return made

    assert read(Speller(hates_it), logits_of(*steps)) == "a@b"
    steps[1] = {"@": 0.7, "_": 0.3}  # dearer than a letter that is one of a hundred it is never
    assert read(Speller(hates_it), logits_of(*steps)) == "a@b"


# --- the shipped network ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "following"),
    [("restauran", "t"), ("ausgan", "g"), ("fromag", "e"), ("prohibid", "o"), ("12,5", "0")],
)
def test_the_shipped_speller_has_read_much(text: str, following: str) -> None:
    network = NETWORKS[SPELLER].open(threads=1)
    assert network.metadata["letters"] == LETTERS
    chances = softmax(network.run(before=list_before(text))["logits"])[0]
    assert chances.sum() == pytest.approx(1)
    best = np.argsort(chances)[::-1][:3]
    assert LETTER_NUMBERS[following] in best


# --- what teaches it ----------------------------------------------------------------------------


def test_a_text_is_cut_into_its_letters() -> None:
    before, following = lab.cut_letters("Ab")
    a, b = number_letters("ab")
    assert before[:, -2:].tolist() == [[END, END], [END, a], [a, b]]
    assert following.tolist() == [a, b, END]
    assert before.shape == (3, K)


def test_batches_are_the_same_for_the_same_step(tmp_path: Path) -> None:
    examples = lab.examples(write_reading_data(tmp_path))
    first, again = (lab.make_batch(examples, TrainingStep(seed=3, step=7)) for _ in range(2))
    other = lab.make_batch(examples, TrainingStep(seed=3, step=8))
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert first["before"].shape == (len(first["following"]), K)
    assert not np.array_equal(first["following"][:50], other["following"][:50])
    found = lab.score(lab.SpellerNet(), examples)
    assert set(found) == {"nats_en", "nats_de", "nats_fr", "nats_es"}
    assert found["nats_en"] == pytest.approx(np.log(F), abs=0.5)  # that knows nothing yet


def test_a_text_is_learned_by_heart() -> None:
    torch.manual_seed(0)
    network = lab.SpellerNet()
    before, following = (
        torch.from_numpy(part.astype(np.float32)) for part in lab.cut_letters("Zwei Bier, bitte")
    )
    batch = {"before": before, "following": following}
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)
    for _ in range(60):
        optimizer.zero_grad()
        loss = lab.loss(network, batch)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    assert loss.item() < 0.05
