"""Batches for the readers and the writer: real lines among composed ones."""

import numpy as np
import pytest
from apps.handwrite.test_stroke_bank import line_of
from numpy.typing import NDArray

from neuropil.apps.handwrite.alphabet import ALPHABET
from neuropil.apps.handwrite.lab import batches
from neuropil.apps.handwrite.lab.batches import (
    LineSet,
    build_composer,
    draw_lines,
    held_out_batch,
    judge_examples,
    pad_rows,
    reader_batch,
    writer_batch,
)
from neuropil.apps.handwrite.lab.composition import COMPOSED
from neuropil.apps.handwrite.lab.glyphs import JUDGED, READER_GLYPHS, WRITER_GLYPHS
from neuropil.training.split import Split
from neuropil.training.step import TrainingStep

TEXTS = ("some words here", "another one", "and a longer line", "more of it", "the last one")


def text_of(row: NDArray[np.float32]) -> str:
    """Spell a row of labels."""
    return "".join(ALPHABET[int(n) - 1] for n in row if n)


@pytest.fixture(scope="module")
def examples() -> Split[LineSet]:
    train = [line_of(text, writer) for writer in ("u", "v") for text in TEXTS]
    train.sort(key=lambda line: line.n_points)
    held_out = [line_of(text, "x") for text in TEXTS[:3]]
    return Split(
        LineSet(train, build_composer(train, READER_GLYPHS)),
        LineSet(held_out, build_composer(held_out, WRITER_GLYPHS)),
    )


def test_a_batch_to_read_has_lines_labels_and_lengths(examples: Split[LineSet]) -> None:
    made = reader_batch(examples, TrainingStep(step=3), n_lines=12)
    again = reader_batch(examples, TrainingStep(step=3), n_lines=12)
    assert all(np.array_equal(made[key], again[key]) for key in made)
    B, T, four = made["strokes"].shape
    assert (B, four) == (12, 4)
    assert made["lengths"][:, 0].max() == T
    assert made["lengths"][:, 1].max() == made["labels"].shape[1]
    assert np.isfinite(made["strokes"]).all()


def test_a_third_of_the_lines_are_real(examples: Split[LineSet]) -> None:
    rows = [
        row
        for step in range(40)
        for row in reader_batch(examples, TrainingStep(step=step), 12)["labels"]
    ]
    is_real = np.array([text_of(row) in TEXTS for row in rows])
    expected = (1 - batches.STRETCHED) / (COMPOSED + 1)
    assert is_real.mean() == pytest.approx(expected, abs=0.08)


def test_lines_of_a_batch_are_about_as_long(examples: Split[LineSet]) -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        chosen = draw_lines(examples.train, rng, 12)
        lengths = [length for _, length in chosen if length]
        assert max(lengths) - min(lengths) <= 3


def test_a_line_longer_than_others_are_stretched_to_is_taken(
    examples: Split[LineSet], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "STRETCHED", 1.0)
    monkeypatch.setattr(batches, "MOST_POINTS", 1)
    chosen = draw_lines(examples.train, np.random.default_rng(0), 3)
    assert all(length >= 1 for _, length in chosen)


def test_a_batch_to_write_shows_the_same_hand(examples: Split[LineSet]) -> None:
    made = writer_batch(examples, TrainingStep(step=1), 16)
    B, T, _ = made["strokes"].shape
    assert made["places"].shape == (B, T)
    assert made["shown"].shape[0] == B
    assert set(made["writer"]) <= {0.0, 1.0}
    assert {array.dtype for array in made.values()} == {np.dtype(np.float32)}
    for row, (n, _), labels in zip(
        made["places"], made["lengths"].astype(int), made["labels"], strict=True
    ):
        text = text_of(labels)
        assert (row[n:] == -1).all()
        assert sorted(set(row[:n])) == [i for i, c in enumerate(text) if c != " "]
        assert (np.diff(row[:n]) >= 0).all()


def test_held_out_lines_are_real_ones(examples: Split[LineSet]) -> None:
    made = held_out_batch(examples, TrainingStep(step=1), 8)
    assert {text_of(row) for row in made["labels"]} <= set(TEXTS[:3])
    assert "writer" not in made


def test_rows_are_padded_behind() -> None:
    rows = [np.array([1.0, 2.0], np.float32), np.array([3.0], np.float32)]
    assert pad_rows(rows, 3).tolist() == [[1, 2, -1], [3, -1, -1]]


def test_every_part_has_its_own_writers_and_drawings() -> None:
    assert batches.reader_examples.keywords == {"part": "reader", "forms": READER_GLYPHS}
    assert batches.writer_examples.keywords == {"part": "reader", "forms": WRITER_GLYPHS}
    assert judge_examples.keywords == {"part": "judge", "forms": JUDGED}


def test_lines_that_score_a_reader_are_always_the_same(examples: Split[LineSet]) -> None:
    held = examples.held_out
    assert len(held.composed) == batches.N_SCORED
    other = LineSet(held.lines, held.composer)
    assert [text for _, text in held.composed] == [text for _, text in other.composed]
