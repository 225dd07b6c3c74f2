"""Which texts teach, and which never do."""

from pathlib import Path

import pytest
from refusals import refused
from translate_data import PEERS, write_data

from neuropil.apps.translate.lab import data
from neuropil.apps.translate.lab.data import DIRECTIONS, PHRASES, Pair, side
from neuropil.training.split import Split


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def corpus(folder: Path) -> Split[list[Pair]]:
    return data.load_corpus(folder)


def all_texts(pairs: list[Pair]) -> set[str]:
    return {text for pair in pairs for text in (pair.english, pair.other)}


def test_every_list_teaches(corpus: Split[list[Pair]]) -> None:
    kinds = {(pair.kind, pair.language) for pair in corpus.train}
    assert {("sentence", o) for o in ("de", "fr", "es")} < kinds
    assert Pair("soup", "Suppe", "de", "phrase") in corpus.train
    assert Pair("run", "laufen", "fr", "word") in corpus.train
    assert Pair("thing", "es: x", "es", "word") in corpus.train


def test_sentences_of_one_english_are_on_one_side(folder: Path, corpus: Split[list[Pair]]) -> None:
    parts = data.split_sentences(data.read_pairs(folder))
    sides = [{pair.english for pair in pairs} for pairs in parts.values()]
    assert all(sides)
    assert sum(map(len, sides)) == len(set.union(*sides))
    held_out = [pair for pair in parts["validation"] if pair.english != PEERS[0]]
    assert [*corpus.held_out] == held_out


def test_what_is_held_out_teaches_in_no_language(folder: Path, corpus: Split[list[Pair]]) -> None:
    pairs = data.read_pairs(folder)
    parts = data.split_sentences(pairs)
    phrases = [pair for chosen in data.phrases(pairs).values() for pair in chosen]
    for kept in (parts["test"], corpus.held_out, phrases):
        assert kept
        assert all_texts(kept).isdisjoint(all_texts(corpus.train))
    assert all_texts(parts["train"]) & {*PEERS} == {*PEERS}  # the data have them
    assert {*PEERS}.isdisjoint(all_texts(corpus.train) | all_texts(corpus.held_out))


def test_case_and_a_final_stop_hide_no_text() -> None:
    one, other = Pair("Give way.", "Hut!", "de", "word"), Pair("GIVE WAY", "x", "de", "word")
    assert data.text_keys([one]) & data.text_keys([other]) == {("en", "give way")}


def test_a_translation_that_is_held_out_teaches_with_no_other_english() -> None:
    kept = Pair("You go.", "Ihr geht.", "de", "sentence")
    assert data.text_keys([kept]) & data.text_keys([Pair("Go!", "Ihr geht!", "de", "sentence")])
    assert not data.text_keys([kept]) & data.text_keys([Pair("Go!", "Ihr geht!", "fr", "sentence")])


def test_phrases_are_fifty_a_direction_of_two_words_or_more(folder: Path) -> None:
    chosen = data.phrases(data.read_pairs(folder))
    assert [*chosen] == [*DIRECTIONS]
    assert len(chosen["en", "de"]) == len(chosen["de", "en"]) == PHRASES
    assert chosen["en", "de"] != chosen["de", "en"]
    for (source, _), pairs in chosen.items():
        assert all(len(side(pair, source).split()) > 1 for pair in pairs)
    again = data.phrases([*reversed(data.read_pairs(folder))])
    assert {d: {*p} for d, p in again.items()} == {d: {*p} for d, p in chosen.items()}


def test_the_archive_may_lie_above_and_the_sentences_below(folder: Path, tmp_path: Path) -> None:
    inner = tmp_path / "translate"
    inner.mkdir()
    for path in folder.glob("mt200.*"):
        (inner / path.name).write_bytes(path.read_bytes())
    (tmp_path / "parallel.zip").write_bytes((folder / "parallel.zip").read_bytes())
    train = data.load_corpus(folder).train
    assert data.load_corpus(inner).train == data.load_corpus(tmp_path).train == train


def test_missing_and_damaged_files_are_refused(folder: Path, tmp_path: Path) -> None:
    with refused("data.missing", "parallel.zip", tmp_path, "--data"):
        data.load_corpus(tmp_path)
    (tmp_path / "parallel.zip").write_bytes((folder / "parallel.zip").read_bytes())
    with refused("data.missing", "mt200.de.tsv"):
        data.load_corpus(tmp_path)
    (tmp_path / "parallel.zip").write_bytes(b"no archive")
    with refused("input.damaged", tmp_path / "parallel.zip"):
        data.load_corpus(tmp_path)


def test_entries_that_explain_teach_nothing() -> None:
    assert [*data.word_pair("obsolete spelling of abeto", "abete", "es")] == []
    assert [*data.word_pair("Abbreviation for téraoctet", "To", "fr")] == []
    assert [*data.word_pair("sort of (coll.)", "una especie de", "es")] == [
        Pair("sort of", "una especie de", "es", "word")
    ]
