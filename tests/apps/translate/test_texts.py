from pathlib import Path

import numpy as np
import pytest
from reading_data import write_reading_data
from translate_data import write_data

from neuropil.apps.translate.alphabet import encode, unify
from neuropil.apps.translate.lab import texts
from neuropil.apps.translate.lab.texts import (
    LONGEST,
    LanguageTexts,
    drop_accents,
    read_texts,
    vary_case,
)
from neuropil.kit.errors import UserError


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_reading_data(tmp_path_factory.mktemp("data"))


def test_texts_of_every_language_can_be_read(data: Path) -> None:
    found = read_texts(data)
    assert sorted(found.train) == ["de", "en", "es", "fr"]
    rng = np.random.default_rng(0)
    for of_language in found.train.values():
        drawn = [of_language.draw(rng) for _ in range(300)]
        assert all(0 < len(text) <= LONGEST and encode(text) for text in drawn)
        assert all(unify(text) == text for text in drawn)


def test_held_out_sentences_teach_nothing(data: Path) -> None:
    found = read_texts(data)
    for name, of_language in found.held_out.items():
        assert of_language.sentences
        assert not {*of_language.sentences} & {*found.train[name].sentences}


def test_frequent_words_are_drawn_more_often(data: Path) -> None:
    english = read_texts(data).train["en"]
    rng = np.random.default_rng(0)
    words = " ".join(english.draw_words(rng) for _ in range(600)).split()
    share = words.count("bread") / len(words)
    assert share == pytest.approx(90**0.5 / (90**0.5 + 40**0.5), abs=0.06)


def test_a_missing_list_is_told(tmp_path: Path) -> None:
    write_data(tmp_path)
    with pytest.raises(UserError, match=r"frequency.en.txt") as caught:
        read_texts(tmp_path)
    assert caught.value.code == "input.damaged"


def test_capitals_lose_accents_in_french_and_spanish_alone() -> None:
    assert drop_accents("PRIORITÉ À L'AÎNÉ, ESPAÑA, ŒUF") == "PRIORITE A L'AINE, ESPAÑA, ŒUF"
    rng = np.random.default_rng(0)
    french = {vary_case("été", "fr", rng) for _ in range(200)}
    assert french == {"été", "Été", "ÉTÉ", "ETE"}
    assert {vary_case("für", "de", rng) for _ in range(200)} == {"für", "Für", "FÜR"}


def test_signs_have_many_forms() -> None:
    rng = np.random.default_rng(0)
    for draw in (texts.draw_price, texts.draw_date, texts.draw_time, texts.draw_code):
        assert len({draw(rng) for _ in range(100)}) > 50
    drawn = [unify(texts.draw_sign(rng)) for _ in range(500)]
    assert sum(encode(text) is not None for text in drawn) > 450
    assert any("€" in text for text in drawn)


def test_some_lines_end_within_a_word() -> None:
    long = LanguageTexts("de", ("Zusammenstellung",), ("x",), ("x",), np.ones(1))
    rng = np.random.default_rng(0)
    drawn = [long.draw_sentence(rng) for _ in range(300)]
    ends = [text for text in drawn if text.endswith("-")]
    assert 5 < len(ends) < 60
    assert all("Zusammenstellung".startswith(text[:-1]) and len(text) > 3 for text in ends)
