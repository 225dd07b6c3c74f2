"""What the benchmark counts, on answers whose counts are known."""

from pathlib import Path

import numpy as np
import pytest
from refusals import refused
from translate_data import write_data

from neuropil.apps.translate.alphabet import MARKS
from neuropil.apps.translate.lab import peers, text_evaluation
from neuropil.apps.translate.lab.film_evaluation import (
    HEIGHT,
    WIDTH,
    film_of,
    fit,
    measure_jitter,
    shake,
)
from neuropil.apps.translate.lab.measuring import FoundLine
from neuropil.apps.translate.lab.result_evaluation import (
    ResultCounts,
    count_blocks,
    holds,
    is_same,
    list_kept_numbers,
)
from neuropil.apps.translate.lab.scene_evaluation import (
    Counts,
    TrueBlock,
    assign,
    content_words,
    count,
    stop_words,
)
from neuropil.apps.translate.lexicon import Lexicon
from neuropil.apps.translate.page import TextLine, TranslatedBlock
from neuropil.apps.translate.told import ReadPage

BOX = np.array([[0, 0], [100, 0], [100, 20], [0, 20]], np.float64)


def block(top: float, text: str = "", english: str = "") -> TrueBlock:
    return TrueBlock((BOX + np.array([0, top]),), text, english, "de")


def test_blocks_are_found_by_their_centers() -> None:
    upper, lower = block(0), block(10)
    places = [np.array([50, 8.0]), np.array([50, 18.0]), np.array([50, 90.0])]
    found = {truth.quads[0][0, 1]: numbers for truth, numbers in assign([upper, lower], places)}
    assert found == {0: [0], 10: [1]}


def test_content_words_that_come_through_are_counted() -> None:
    counts = Counts()
    truth = block(0, "Frische Suppe", "The fresh soup of the day, 5 €")
    count(counts, truth, read="Frische Supe", made="Day: fresh, fresh!", of_truth="soup of the day")
    assert (counts.edits, counts.characters) == (1, 12)
    assert counts.words == [True, False, True]  # fresh, soup, day
    assert counts.words_of_true_text == [False, True, True]
    count(counts, block(0, "Ei", "egg"), "lauter anderes", "", "egg")
    assert counts.edits == 3  # never more than there are characters


def test_stop_words_are_a_hundred() -> None:
    assert len(stop_words()) == 100
    assert content_words("It's the cook's own soup", stop_words()) == ["it's", "cook's", "soup"]


def test_what_was_set_is_compared_with_the_translation() -> None:
    quads = [BOX, BOX + np.array([0, 100]), BOX + np.array([0, 200])]
    texts = ("Frische Suppe", "Offene Weine", "ab 9:30")
    lines = tuple(TextLine(q, t, 1.0) for q, t in zip(quads, texts, strict=True))
    blocks = (
        TranslatedBlock((0,), texts[0], "de", "Fresh soup", None),
        TranslatedBlock((1,), texts[1], "de", "Open wines", None),
        TranslatedBlock((2,), texts[2], "de", texts[2], "it has no words"),
    )
    page, counts = ReadPage(lines, ("de",) * 3, blocks), ResultCounts()
    after = [FoundLine(quads[0], "FRESH SUPPE"), FoundLine(quads[1], "Open wines")]
    count_blocks(counts, page, after)
    assert counts.has_residue == [True, False]
    assert counts.characters == len("freshsoup") + len("openwines")
    assert counts.edits == 3  # suppe, soup
    (kept,) = list_kept_numbers(page)
    assert np.array_equal(kept, quads[2])
    assert is_same("ab 9:30", "Ab 9.30")
    assert not is_same("ab 9:30", "ab 9:80")


def test_a_tilted_quad_holds_what_is_in_it_alone() -> None:
    tilted = np.array([[0, 0], [300, 60], [296, 80], [-4, 20]], np.float64)
    assert holds(tilted, tilted.mean(axis=0))
    assert not holds(tilted, tilted.mean(axis=0) + np.array([0, 25]))  # in the box around it
    assert not holds(tilted, tilted.mean(axis=0) + np.array([160, 32]))


def test_a_still_sign_does_not_jitter_and_a_wrong_one_does() -> None:
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (24, 32, 3), dtype=np.uint8)
    still = fit(coarse.repeat(8, axis=0).repeat(8, axis=1))
    assert still.shape == (HEIGHT, WIDTH, 3)
    matrices = shake(np.random.default_rng(1))[:6]
    frames = [*film_of(still, matrices)]
    quads = [np.array([[200, 160], [440, 160], [440, 320], [200, 320]], np.float64)]
    assert measure_jitter(frames, matrices, quads) < 0.2
    assert measure_jitter(frames, matrices[::-1], quads) > 1


def test_words_are_put_in_their_places(tmp_path: Path) -> None:
    data = write_data(tmp_path)
    table = peers.word_table(data / "parallel.zip", ("en", "de"))
    assert table == {"run": "laufen"}
    assert peers.word_for_word("run, run or Go!", table) == "Laufen, laufen or Go!"
    turned = peers.word_table(data / "parallel.zip", ("de", "en"))
    assert turned == {"laufen": "run", "rennen": "run"}


def test_directions_that_a_peer_has_not_are_left_out() -> None:
    assert peers.apertium(("de", "en")) is None


def test_phrases_are_compared_without_case_and_articles() -> None:
    key = text_evaluation.phrase_key
    assert key("The Fire-Station!") == key("fire station")
    assert key("La gare") == key("gare")
    assert key("fire") != key("station")


def test_a_phrase_that_the_lexicon_has_is_refused() -> None:
    text_evaluation.require_unknown(["Xqzv der Stadt"], ("de", "en"))
    assert Lexicon.load("de", "en").find("Umleitung")
    with refused("input.content", "Umleitung", "--stage lexicon"):
        text_evaluation.require_unknown(["Umleitung"], ("de", "en"))


def test_sentences_have_all_their_translations(tmp_path: Path) -> None:
    texts, known = text_evaluation.read_sentences(write_data(tmp_path), ("en", "de"))
    assert texts == ["Tom sees a dog."]
    assert known == [["Tom sees: Hund.", "Ein Satz."]]


@pytest.mark.parametrize("mark", MARKS)
def test_marks_are_no_content_words(mark: str) -> None:
    assert content_words(f"{mark} soup", stop_words()) == ["soup"]
