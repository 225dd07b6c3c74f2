"""What is measured of writing, by networks that follow a plan and by real small ones."""

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.functional import pad

from neuropil.apps.handwrite.alphabet import ALPHABET, encode_text
from neuropil.apps.handwrite.ctc import edit_distance
from neuropil.apps.handwrite.diacritics import decompose
from neuropil.apps.handwrite.generation import LineRequest, LineState, WrittenLine
from neuropil.apps.handwrite.lab import evaluation
from neuropil.apps.handwrite.lab.data import HandwrittenLine
from neuropil.apps.handwrite.lab.evaluation import (
    aligned_matches,
    cer_on_real_lines,
    contexts,
    count_recognized,
    evaluate_cer,
    feature_table,
    field,
    nll_per_point,
    render_line,
    sentences,
    share_read,
    style_accuracy,
    tesseract_cer,
    write_drafts,
)
from neuropil.apps.handwrite.lab.model import D, HandwritingModel
from neuropil.apps.handwrite.lab.style_features import style_features
from neuropil.apps.handwrite.lab.train import loss_terms, pen_export
from neuropil.apps.handwrite.strokes import Line, to_features
from neuropil.apps.handwrite.verification import Draft, WriteRequest
from neuropil.kit.networks.network import OnnxNetwork
from neuropil.training.export import round_weights, write


def loops(n: int, *, width: float = 1.0, slant: float = 0.0, seed: int = 0) -> Line:
    """Draw n strokes, each a loop, shaken a little."""
    rng = np.random.default_rng(seed)
    t = np.linspace(0, 2 * np.pi, 30)
    rows = []
    for i in range(n):
        y = np.sin(t) + rng.normal(0, 0.1)
        x = width * (1.5 * i + np.cos(t) * rng.normal(0.6, 0.05)) - slant * y
        rows.append(np.column_stack([x, y, t == t[-1]]))
    return np.concatenate(rows)


def draft(text: str, n: int = 3) -> Draft:
    line = loops(n)
    row = LineState(
        0, LineRequest(text, np.zeros(3, np.float32), 0.0, ()), np.random.default_rng(0)
    )
    return Draft(
        WrittenLine(line, np.zeros(len(line), np.int64)),
        text,
        "never looked at",
        99,
        np.zeros(3),
        0,
        row,
    )


class Reading(OnnxNetwork):
    """Read from a table, by the number of strokes."""

    def __init__(self, said: dict[int, str]) -> None:
        self.said = said

    def run(self, **feeds: Any) -> dict[str, Any]:
        text = self.said[int(feeds["strokes"][0, :, 3].sum())]
        logits = np.zeros((1, 2 * len(text) + 1, len(ALPHABET) + 1), np.float32)
        logits[0, 0::2, 0] = 1
        logits[0, np.arange(1, 2 * len(text), 2), encode_text(text)] = 1
        return {"logits": logits}


# --- texts --------------------------------------------------------------------------------------


def test_sentences_can_be_written() -> None:
    found = sentences()
    assert len(found) == len(set(found)) == 200
    assert all(text == text.strip() and set(text) <= set(ALPHABET) for text in found)
    assert all(5 <= len(text) <= 71 for text in found)


def test_the_field_set_is_of_what_people_write() -> None:
    found = field()
    assert len(found) == len(set(found)) == 120
    texts = [decompose(text).text for text in found]  # raises where something can't be written
    assert all(5 <= len(text) <= 40 for text in texts)
    assert not {*found} & {*sentences()}
    assert set("".join(texts)) == set(ALPHABET)
    assert sum(text.isupper() for text in texts) >= 10
    assert sum(not text.isascii() for text in found) >= 8


def test_every_character_has_its_contexts() -> None:
    found = contexts()
    assert sorted(found) == sorted(ALPHABET)
    for character, texts in found.items():
        assert len(texts) == len(set(texts)) == (1 if character.islower() else 4)
        assert all(character in text and set(text) <= set(ALPHABET) for text in texts), character


# --- error rates --------------------------------------------------------------------------------


def test_drafts_come_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    made = [draft(text) for text in "abc"]

    def proofread(
        pen: OnnxNetwork, reader: OnnxNetwork, order: WriteRequest
    ) -> Iterator[tuple[int, Draft]]:
        yield from [(2, made[2]), (0, made[0]), (1, made[1])]

    monkeypatch.setattr(evaluation, "write_verified", proofread)
    order = WriteRequest("abc", np.zeros(3, np.float32), 0.5, 0, 1)
    assert [d.text for d in write_drafts(Reading({}), Reading({}), order)] == ["a", "b", "c"]


def test_the_judge_reads_for_itself() -> None:
    judge = Reading({2: "xx", 5: "abcde"})
    assert evaluate_cer(judge, [draft("xy", 2), draft("abcde", 5)]) == pytest.approx(1 / 7)
    lines = [HandwrittenLine(loops(2), "xx", "a"), HandwrittenLine(loops(5), "bcde!!", "b")]
    assert cer_on_real_lines(judge, lines) == pytest.approx(3 / 8)


@pytest.mark.parametrize(
    ("text", "read", "character", "n"),
    [
        ("banana", "banana", "a", 3),
        ("banana", "bonana", "a", 2),
        ("banana", "bnana", "a", 2),
        ("banana", "", "a", 0),
        ("", "aaa", "a", 0),
        ("banana", "xxbanana", "n", 2),
        ("a b", "ab", " ", 0),
        ("abc", "cab", "c", 0),  # one that stands elsewhere is not kept
        ("Q and Q", "O and Q", "Q", 1),
        ("kitten", "sitting", "t", 2),
    ],
)
def test_places_are_kept_or_not(text: str, read: str, character: str, n: int) -> None:
    assert aligned_matches(text, read, character) == n


def test_what_is_kept_goes_with_the_edits() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        one, other = ("".join(rng.choice(list("abc"), n)) for n in rng.integers(0, 8, 2))
        n = sum(aligned_matches(one, other, c) for c in "abc")
        assert max(len(one), len(other)) - n <= edit_distance(one, other)
        assert n <= min(len(one), len(other))
        assert (n == len(one) == len(other)) == (one == other)


def test_a_character_is_counted_where_it_stands() -> None:
    assert count_recognized(Reading({3: "On Qn"}), draft("Qn Qn"), "Q") == (1, 2)
    assert count_recognized(Reading({3: "On Qn"}), draft("Qn Qn"), "n") == (2, 2)


# --- whose a line looks -------------------------------------------------------------------------


def test_shares_are_of_the_characters_asked_for() -> None:
    lines = [(loops(2), "A b"), (loops(5), "cde"), (loops(3), "AA")]
    judge = Reading({2: "A x", 5: "zzz", 3: "Ab"})
    assert share_read(judge, lines, "A") == pytest.approx(2 / 3)
    assert share_read(judge, lines, "bx") == 0
    assert share_read(judge, lines, "Q") == 0


def hands(seed: int) -> list[list[Line]]:
    """Draw ten lines each of three writers: slanted, upright, wide."""
    return [
        [loops(8, width=w, slant=s, seed=100 * seed + 10 * i + k) for k in range(10)]
        for i, (w, s) in enumerate([(1.0, 0.8), (1.0, 0.0), (2.5, 0.0)])
    ]


def test_lines_are_told_apart_by_real_ones() -> None:
    on_real, on_made = style_accuracy(hands(0), hands(1))
    assert on_real > 0.9
    assert on_made > 0.9
    _, moved = style_accuracy(hands(0), [*hands(1)[1:], hands(1)[0]])
    assert moved < 0.1


def test_a_table_has_a_row_for_each_line() -> None:
    lines = [[loops(3), loops(4)], [loops(5)], [loops(6), loops(7), loops(8)]]
    x, y = feature_table(lines, style_features)
    assert x.shape[0] == 6
    assert len(np.unique(x, axis=0)) == 6
    assert y.tolist() == [0, 0, 1, 2, 2, 2]


# --- how likely a line is -----------------------------------------------------------------------


def test_a_line_is_as_likely_as_in_training(tmp_path: Path) -> None:
    torch.manual_seed(9)
    writer = HandwritingModel(low=8, high=8, writers=2).eval()
    round_weights(writer)
    with torch.no_grad():
        writer.pen.window.bias[: 2 * 8] += 1  # a window that is well seen
    file = write(writer.pen, pen_export(8, 8), tmp_path / "pen.onnx", {})
    line, text = loops(6), "a loop"
    points = torch.from_numpy(to_features(line))[None]
    told = torch.from_numpy(encode_text(text))[None].float()
    batch = {
        "strokes": points,
        "labels": pad(told, (0, 71 - len(text))),
        "lengths": torch.tensor([[points.shape[1], float(len(text))]]),
        "shown": torch.randn(1, 40, 4),
        "shown_lengths": torch.tensor([[40.0, 0.0]]),
        "places": -torch.ones(1, points.shape[1]),
    }
    with torch.no_grad():
        expected, _, style = loss_terms(writer, batch)
    pen = OnnxNetwork(file, threads=1)
    found = nll_per_point(pen, line, text, style[0].numpy())
    assert found == pytest.approx(expected.item(), rel=1e-4)
    assert nll_per_point(pen, line, "x" + text, style[0].numpy()) != pytest.approx(found, rel=1e-4)
    assert D == 48  # what shipped styles have


# --- a reader that is not ours ------------------------------------------------------------------


def test_without_tesseract_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert tesseract_cer([(loops(3), "abc")]) is None


def test_tesseract_reads_pictures_of_single_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[Sequence[str]] = []

    def run(call: Sequence[str], **options: object) -> Any:
        calls.append(call)
        assert Path(call[1]).read_bytes().startswith(b"\x89PNG")
        return type("Done", (), {"stdout": f" ab{'c' * len(calls)}\n"})

    monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(subprocess, "run", run)
    rate = tesseract_cer([(loops(3), "abc"), (loops(2), "abx!")])
    assert rate == pytest.approx(2 / 7)
    assert all(call[0] == "/bin/tesseract" for call in calls)
    assert all(list(call[2:]) == ["-", "--psm", "7"] for call in calls)


def test_a_line_is_pictured_alone_in_black() -> None:
    drawing = render_line(300 * loops(4))
    assert drawing.ink == "#000000"
    ((*strokes,),) = drawing.pages
    assert len(strokes) == 4
    places = np.concatenate([stroke.points for stroke in strokes])
    assert places.min() > 0
    assert places[:, 0].max() < drawing.paper.width < 100
    assert places[:, 1].max() < drawing.paper.height < 30
    pixels = drawing.image().pixels
    assert pixels.min() < 0.2 * pixels.max()
