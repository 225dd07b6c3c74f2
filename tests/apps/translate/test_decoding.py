"""Beam search: with one beam what torch writes greedily, with more what is likelier."""

from typing import Any, cast

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from tiny_translator import tiny_translator, write_translator

from neuropil.apps.translate import decoding
from neuropil.apps.translate.copying import Copies
from neuropil.apps.translate.decoding import LONGER, MORE, log_softmax, search
from neuropil.apps.translate.lab.model import translate_greedily
from neuropil.apps.translate.preprocess import (
    END,
    FIRST_PIECE,
    MARK_TOKENS,
    EncodedText,
    encode_source,
)
from neuropil.kit.networks.network import OnnxNetwork

TEXTS = ["Der Hund", "Zwei Bier, bitte!", "Où est la gare ?", "HUT", "¿Dónde está el baño de Ada?"]


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> tuple[OnnxNetwork, OnnxNetwork]:
    return write_translator(tmp_path_factory.mktemp("translator"))


def test_one_beam_is_greedy_as_in_torch(networks: tuple[OnnxNetwork, OnnxNetwork]) -> None:
    encoded = [encode_source(text, "en") for text in TEXTS]
    made = search(*networks, encoded, beams=1)
    for text, found in zip(encoded, made, strict=True):  # alone: nothing is filled up
        tokens, cases = (torch.tensor([part]) for part in (text.tokens, text.cases))
        most = LONGER * len(text.tokens) + MORE
        written, told = translate_greedily(tiny_translator(), tokens, cases, most)
        row = written[0].tolist()
        end = row.index(END) if END in row else len(row)
        assert list(found.tokens) == row[:end]
        whole = end - (END not in row)  # nothing tells the case of a last token without END
        assert list(found.cases)[:whole] == told[0].tolist()[:whole]
    assert len({len(found.tokens) for found in made}) > 1


def test_texts_beside_each_other_change_nothing(networks: tuple[OnnxNetwork, OnnxNetwork]) -> None:
    encoded = [encode_source(text, "en") for text in TEXTS]
    together = search(*networks, encoded, beams=3)
    alone = [search(*networks, [text], beams=3)[0] for text in encoded]
    assert [found.tokens for found in together] == [found.tokens for found in alone]
    scores = [[found.score for found in each] for each in (together, alone)]
    assert scores[0] == pytest.approx(scores[1], abs=1e-4)


def test_more_beams_find_what_is_likelier(networks: tuple[OnnxNetwork, OnnxNetwork]) -> None:
    encoded = [encode_source(text, "en") for text in TEXTS]
    one, many = (search(*networks, encoded, beams=k) for k in (1, 6))
    assert sum(m.score for m in many) > sum(o.score for o in one)


# --- a made-up network: p of each token after another, written out -------------------------------

A, B, C = FIRST_PIECE, FIRST_PIECE + 1, FIRST_PIECE + 2
V = FIRST_PIECE + 3
MARK = next(iter(MARK_TOKENS.values()))


class Table:
    """A decoder whose next token depends on the last one alone; what isn't listed has p = 1e-9."""

    def __init__(self, after: dict[int, dict[int, float]]) -> None:
        p = np.full((V, V), 1e-9, np.float32)
        for token, following in after.items():
            for nxt, share in following.items():
                p[token, nxt] = share
        self.log_p = np.log(p)
        self.input_shapes = {"state": ["B", 1, 1]}
        self.runs = 0

    def run(self, /, **feeds: NDArray[Any]) -> dict[str, NDArray[Any]]:
        self.runs += 1
        case = np.zeros((len(feeds["token"]), 3), np.float32)
        case[:, 1] = feeds["token"] == B
        logits = self.log_p[feeds["token"]].copy()
        return {"logits": logits, "case": case, "next_state": feeds["state"]}


class Reader:
    """An encoder that reads nothing."""

    def run(self, /, **feeds: NDArray[Any]) -> dict[str, NDArray[Any]]:
        return {"keys": np.zeros((len(feeds["tokens"]), 1), np.float32)}


def search_table(after: dict[int, dict[int, float]], beams: int, copied: int = 0) -> Any:
    copies = Copies()
    copies.texts = [str(n) for n in range(copied)]
    text = EncodedText((A, END), (0, 0), copies)
    encoder, step = cast(OnnxNetwork, Reader()), cast(OnnxNetwork, Table(after))
    (found,) = search(encoder, step, [text], beams)
    return found


GARDEN_PATH = {END: {A: 0.6, B: 0.4}, A: {A: 0.3, B: 0.3, C: 0.4}, B: {C: 1.0}, C: {END: 1.0}}


def test_a_beam_leaves_the_garden_path() -> None:
    assert search_table(GARDEN_PATH, beams=1).tokens == (A, C)
    found = search_table(GARDEN_PATH, beams=2)
    assert found.tokens == (B, C)
    assert found.score == pytest.approx(np.log(0.4) / 3, abs=1e-4)


def test_each_token_has_the_case_that_is_told_after_it() -> None:
    assert search_table(GARDEN_PATH, beams=2).cases == (1, 0)


def test_length_is_made_up_for(monkeypatch: pytest.MonkeyPatch) -> None:
    after = {END: {A: 0.5, C: 0.5}, A: {B: 0.9, C: 0.1}}
    after |= {B: {END: 0.9, C: 0.1}, C: {END: 0.85, B: 0.15}}
    assert search_table(after, beams=3).tokens == (A, B)
    monkeypatch.setattr(decoding, "LENGTH_POWER", 0.0)
    assert search_table(after, beams=3).tokens == (C,)


def test_what_never_ends_is_ended() -> None:
    found = search_table({END: {A: 1.0}, A: {A: 1.0}}, beams=2)
    assert found.tokens == (A,) * (LONGER * 2 + MORE)
    assert len(found.cases) == len(found.tokens)


def test_marks_are_written_where_the_source_has_them() -> None:
    after = {END: {MARK: 0.9, A: 0.1}, MARK: {END: 1.0}, A: {END: 1.0}}
    assert search_table(after, beams=1).tokens == (A,)
    assert search_table(after, beams=1, copied=1).tokens == (MARK,)


def test_a_translation_that_copies_everything_wins() -> None:
    after = {END: {A: 0.9, MARK: 0.1}, MARK: {END: 1.0}, A: {END: 1.0}}
    assert search_table(after, beams=2, copied=1).tokens == (MARK,)


def test_log_p_adds_up_to_one() -> None:
    logits = np.array([[1e3, 999.0, -np.inf], [0, 0, 0]], np.float32)
    made = np.exp(log_softmax(logits))
    assert made.sum(axis=1) == pytest.approx([1, 1])
    assert made[0, :2] == pytest.approx([1 / (1 + np.exp(-1)), 1 / (1 + np.exp(1))], rel=1e-4)
