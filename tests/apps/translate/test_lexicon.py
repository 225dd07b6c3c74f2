"""Texts whose translation is written down, and how the lists of them are made."""

from pathlib import Path

import pytest
from refusals import refused
from translate_data import write_data

from neuropil.apps.translate import lexicon
from neuropil.apps.translate.lab import data as corpus
from neuropil.apps.translate.lab import lexicon as lists
from neuropil.apps.translate.lexicon import FOLDER, IN_ALL_LANGUAGES, Lexicon, read_rows
from neuropil.apps.translate.preprocess import LANGUAGES


@pytest.mark.parametrize(
    ("from_", "to", "text", "translation"),
    [
        ("de", "en", "Ausfahrt freihalten!", "Keep exit clear!"),
        ("de", "en", "AUSFAHRT FREIHALTEN", "KEEP EXIT CLEAR"),
        ("fr", "en", "PRIORITE AUX PIETONS", "PRIORITY TO PEDESTRIANS"),
        ("fr", "en", "Cédez le passage", "Give way"),
        ("es", "en", "Prohibido el paso", "No entry"),
        ("en", "de", "Out of order.", "Außer Betrieb."),
        ("de", "fr", "Umleitung", "Déviation"),
        ("de", "en", "Eisenwarenhandel", "Hardware Store"),
        ("es", "en", "nave lateral", "aisle"),
    ],
)
def test_whole_texts_are_found(from_: str, to: str, text: str, translation: str) -> None:
    assert Lexicon.load(from_, to).find(text) == translation


def test_accents_count_but_in_capitals() -> None:
    known = Lexicon({"prêt": "ready"})
    assert known.find("pret") is None
    assert known.find("PRET") == "READY"
    assert known.find("Prêt:") == "Ready:"


def test_what_no_list_has_is_not_found() -> None:
    known = Lexicon.load("de", "en")
    for text in ("", "!", "Der Ausgang ist geschlossen, weil es regnet", "Xqzv"):
        assert known.find(text) is None


def test_signs_have_a_cell_for_every_language() -> None:
    rows = [*read_rows("signs.tsv")]
    assert len(rows) > 300
    assert all(len(row) == len(LANGUAGES) and all(row) for row in rows)


def test_the_earlier_list_is_right(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(lexicon, "FOLDER", tmp_path)
    for name, word in zip(IN_ALL_LANGUAGES, ("one", "two", "three", "five", "six"), strict=True):
        (tmp_path / name).write_text(f"{word}\teins\t\t\nown {word}\t{word}\t\t\n")
    (tmp_path / "words.de-en.tsv").write_text("eins\tfour\nvier\tfour\n")
    Lexicon.load.cache_clear()
    known = Lexicon.load("de", "en")
    assert [known.find(text) for text in ("eins", "two", "vier")] == ["one", "own two", "four"]
    Lexicon.load.cache_clear()


def test_lists_hold_words_that_are_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = {"run": 9, "laufen": 5, "rennen": 7, "x": 1, "de:": 1}
    words = [
        corpus.Pair("run", "rennen", "de", "word"),
        corpus.Pair("run", "laufen", "de", "word"),
        corpus.Pair("run", "laufen", "de", "word"),
        corpus.Pair("x", "(odd)", "de", "word"),
        corpus.Pair("unused", "laufen", "de", "word"),
    ]
    every = dict.fromkeys(LANGUAGES, counts)
    assert [*lists.choose_words(words, ("en", "de"), every, set())] == [("run", "laufen")]
    words = words[:2]
    assert [*lists.choose_words(words, ("en", "de"), every, set())] == [("run", "rennen")]
    taken = {("de", "rennen")}
    assert [*lists.choose_words(words, ("en", "de"), every, taken)] == []


def test_what_is_measured_is_in_no_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = write_data(tmp_path)
    monkeypatch.setattr(lists, "read_frequencies", lambda _: {name: {} for name in LANGUAGES})
    out = tmp_path / "out"
    out.mkdir()
    lists.write_lexicon(out, data)
    made = (out / "places.tsv").read_text(encoding="utf-8")
    measured = corpus.phrases(corpus.read_pairs(data))
    some = [pair.other for pairs in measured.values() for pair in pairs if pair.language == "de"]
    assert some
    assert not any(f"\t{text}\t" in made for text in some)
    assert "soup\tSuppe\t\tsopa" in (out / "food.tsv").read_text(encoding="utf-8")


def test_a_sign_that_is_measured_is_refused() -> None:
    with refused("input.content", str(FOLDER / "signs.tsv"), "Exit", "take it out"):
        lists.refuse_measured("signs.tsv", {("de", "ausgang")})
