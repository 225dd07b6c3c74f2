"""The database's file read: what is believed, who is on which side, what a batch is."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from neuropil.apps.handwrite import data
from neuropil.apps.handwrite.data import (
    ALPHABET,
    FILE,
    PARTS,
    Examples,
    Written,
    batch,
    believed,
    judge_examples,
    labels,
    lines,
    located,
    reader_examples,
    side,
    tidy,
    writer_batch,
)
from neuropil.apps.handwrite.glyphs import RARE, READ, WRITTEN, Forms
from neuropil.apps.handwrite.strokes import DISTANCE, Line, features
from neuropil.kit.moment import Moment
from neuropil.kit.problem import Problem

N = 60


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write a file of the database's form with N short lines of 30 writers."""
    rng = np.random.default_rng(0)
    lengths = np.full(N, 160)
    lengths[1] = 20  # too few points for its text
    text = np.array(["some words"] * N)
    text[2] = "ab"
    blacklisted = np.zeros(N, bool)
    blacklisted[3] = True
    total = int(lengths.sum())
    writer = (np.arange(N) % 30).astype(np.int32)
    writer[4] = -1
    np.savez(
        tmp_path / FILE,
        dx=rng.integers(0, 30, total).astype(np.int16),
        dy=rng.integers(-40, 41, total).astype(np.int16),
        dt=np.ones(total, np.int16),
        pen_up=(rng.random(total) < 0.1).astype(np.uint8),
        offsets=np.concatenate([[0], lengths.cumsum()]).astype(np.int32),
        origin=np.zeros((N, 2), np.int16),
        text=text,
        form=np.array([f"f{i}" for i in range(N)]),
        line=np.ones(N, np.int16),
        writer=writer,
        blacklisted=blacklisted,
    )
    return tmp_path


def test_every_believed_line_is_on_one_side(folder: Path) -> None:
    found = {part: lines(folder, part) for part in PARTS}
    assert sum(map(len, found.values())) == N - 3
    writers = [{w.writer for w in part} for part in found.values()]
    assert not writers[0] & writers[1] | writers[0] & writers[2] | writers[1] & writers[2]
    assert "form f4" in set().union(*writers)
    assert all(writers)


def test_parts_hold_every_writer_once() -> None:
    numbers = [n for part in PARTS.values() for n in part]
    assert sorted(numbers) == list(range(16))
    counts = {part: sum(side(str(w)) == part for w in range(200)) for part in PARTS}
    assert counts["reader"] > counts["judge"] > counts["held out"] > 5


def test_a_batch_has_lines_labels_and_lengths(folder: Path) -> None:
    examples = reader_examples(folder)
    made = batch(examples, Moment(step=3), n_lines=6)
    again = batch(examples, Moment(step=3), n_lines=6)
    assert all(np.array_equal(made[key], again[key]) for key in made)
    B, T, four = made["strokes"].shape
    assert (B, four) == (6, 4)
    assert made["lengths"][:, 0].max() == T
    lengths = made["lengths"][:, 1]
    assert (lengths >= 10).all()
    assert 0 < (lengths > 10).sum() < 6  # some lines have rare characters among their words
    assert np.isfinite(made["strokes"]).all()
    whole = [row[row > 0].tolist() for row in made["labels"]]
    assert labels("some words").tolist() in whole
    assert isinstance(examples, Examples)


def test_labels_are_places_in_the_alphabet() -> None:
    assert len(ALPHABET) == 95
    assert labels(" ~").tolist() == [1, 95]
    with pytest.raises(ValueError, match="substring"):
        labels("é")


def test_what_is_believed() -> None:
    assert believed("house", 5 * 20)
    assert not believed("house", 5 * 11)
    assert not believed("house", 5 * 37)
    assert not believed("hous", 4 * 20)


def test_a_missing_file_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(Problem, match=r"there is no iam_ondb_lines\.npz"):
        reader_examples(tmp_path)


def test_the_judge_learns_from_other_writers_than_the_reader(folder: Path) -> None:
    judged, read = judge_examples(folder), reader_examples(folder)
    assert {w.writer for w in judged.learn}.isdisjoint(w.writer for w in read.learn)
    assert [w.writer for w in judged.held_out] == [w.writer for w in read.held_out]


def test_spaces_that_were_not_written_are_taken_out() -> None:
    assert tidy("so , and . ( why ) ? : yes ; no !") == "so, and. ( why)?: yes; no!"
    assert tidy("3 % of 'a' - b") == "3 % of 'a' - b"


# --- how many points a character takes ----------------------------------------------------------


def long(n_points: int, text: str, writer: str = "a") -> Written:
    """Draw one stroke that has so many points once it is resampled."""
    line = np.array([[0.0, 0.0, 0.0], [(n_points - 1) * DISTANCE, 0.5e-3, 1.0]])
    return Written(line, text, writer)


def paced(points: dict[str, int]) -> NDArray[np.float64]:
    """Fit the pace of lines in which every character takes so many points."""
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list(points), 25)) for _ in range(600)]
    found = [long(sum(points[c] for c in text), text) for text in texts]
    return Examples(found, []).pace


def test_the_pace_is_told_from_whole_lines() -> None:
    pace = paced({"i": 6, "m": 18, "a": 11})
    assert pace.shape == (len(ALPHABET) + 1,)
    assert pace[labels("ima")] == pytest.approx([6, 18, 11], abs=1)
    assert (np.delete(pace, labels("ima")) == 10).all()


def test_no_character_takes_less_than_three_points() -> None:
    assert paced({"i": 0, "m": 20})[labels("i")[0]] == 3


# --- which character a point belongs to ---------------------------------------------------------


def row_of(*words: tuple[float, int]) -> Line:
    """Draw words: upright strokes of 6 points from x on, 0.4 apart."""
    t = np.linspace(-0.5, 0.5, 6)
    made = [
        np.column_stack([np.full(6, x + 0.4 * i), t, t == 0.5]) for x, n in words for i in range(n)
    ]
    return np.concatenate(made)


def even() -> NDArray[np.float64]:
    return np.full(len(ALPHABET) + 1, 10.0)


def test_points_are_shared_out_by_pace() -> None:
    pace = even()
    pace[labels("m")] = 30
    places = located(features(row_of((0, 4))), "mi", pace)
    assert places.dtype == np.float32
    points = (np.arange(24) + 0.5) / 24 * 40  # in units of the pace
    expected = np.where(points < 30, points / 30 - 0.5, (points - 30) / 10 + 0.5)
    assert places == pytest.approx(expected, abs=1e-5)


def test_every_word_is_shared_out_for_itself() -> None:
    places = located(features(row_of((0, 3), (4, 2))), "abc de", even())
    first, second = places[:18], places[18:]
    assert first == pytest.approx((np.arange(18) + 0.5) / 6 - 0.5, abs=1e-5)
    assert second == pytest.approx(3.5 + (np.arange(12) + 0.5) / 6, abs=1e-5)


def test_where_words_cannot_be_told_apart_nothing_is_said() -> None:
    line = features(row_of((0, 5)))
    assert located(line, "abc de", even()).tolist() == [-1] * 30
    assert located(line, "abcde", even()).min() > -0.5


# --- batches for the writer ---------------------------------------------------------------------


@pytest.fixture
def hands() -> Examples:
    """Make five writers, who write one line each, but for the last, who writes three."""
    found = [
        Written(row_of((0, 3), (5, n)), f"abc {'defgh'[:n]}", f"writer {n}") for n in range(1, 5)
    ]
    found += [Written(row_of((0, 3 + i), (6, 2)), f"{'opqrs'[: 3 + i]} xy", "e") for i in range(3)]
    return Examples(found, [])


def test_a_batch_to_write_shows_another_line_of_the_writer(
    hands: Examples, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "RARELY", 0.0)
    made = writer_batch(hands, Moment(step=2), 40)
    again = writer_batch(hands, Moment(step=2), 40)
    assert all(np.array_equal(made[name], again[name]) for name in made)
    names, others = list(hands.by_writer), 0
    for i in range(40):
        text = "".join(ALPHABET[int(n) - 1] for n in made["labels"][i] if n)
        (written,) = [w for w in hands.learn if w.text == text]
        assert names[int(made["writer"][i])] == written.writer
        n, n_shown = int(made["lengths"][i, 0]), int(made["shown_lengths"][i, 0])
        line, shown = made["strokes"][i, :n], made["shown"][i, :n_shown]
        if written.writer != "e":  # the only line, which is changed in the same way
            assert np.array_equal(line, shown)
        others += len(line) != len(shown)
    assert others > 3
    assert {made[name].dtype for name in made} == {np.dtype(np.float32)}


def test_every_line_of_a_batch_is_changed_otherwise(
    hands: Examples, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "RARELY", 0.0)
    one = Examples(hands.learn[:1], [])
    made = writer_batch(one, Moment(step=2), 8)
    assert len({row[:, 0].tobytes() for row in made["strokes"]}) == 8
    leaning = (made["strokes"][:, :, 0] * (made["strokes"][:, :, 1] > 0.1)).sum(axis=1)
    assert leaning.min() < 0 < leaning.max()


def test_places_go_with_the_points(hands: Examples) -> None:
    made = writer_batch(hands, Moment(step=4), 30)
    B, T, _ = made["strokes"].shape
    assert made["places"].shape == (B, T)
    known = 0
    for row, (n, n_characters) in zip(made["places"], made["lengths"].astype(int), strict=True):
        assert (row[n:] == -1).all()
        told = row[:n]
        if told.max() >= 0:
            known += 1
            assert -0.5 <= told.min() < 0.5
            assert n_characters - 1.5 < told.max() <= n_characters - 0.5
            assert (np.diff(told) > 0).all()
    assert known > 10


def test_rare_characters_come_into_batches(
    hands: Examples, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rare(share: float) -> int:
        monkeypatch.setattr(data, "RARELY", share)
        made = writer_batch(hands, Moment(step=4), 30)
        return int(np.isin(made["labels"], labels(RARE)).any(axis=1).sum())

    assert (rare(0.0), rare(1.0)) == (0, 30)
    assert 4 < rare(0.4) < 20


def test_readers_learn_other_drawings_than_the_writer(
    hands: Examples, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[Forms] = []

    def mixed(line: Line, text: str, forms: Forms, *chance: object) -> tuple[Line, str]:
        taken.append(forms)
        return line, text

    monkeypatch.setattr(data, "RARELY", 1.0)
    monkeypatch.setattr(data, "mixed", mixed)
    for make, forms in ((batch, READ), (writer_batch, WRITTEN)):
        taken.clear()
        make(hands, Moment(), 3)
        assert len(taken) == 3
        assert all(found is forms for found in taken)
