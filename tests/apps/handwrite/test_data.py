"""The database's file read: what is believed, and who is on which side."""

from pathlib import Path

import numpy as np
import pytest
from refusals import refused

from neuropil.apps.handwrite.alphabet import ALPHABET, encode_text
from neuropil.apps.handwrite.lab import data
from neuropil.apps.handwrite.lab.data import (
    FILE,
    PARTS,
    is_plausible,
    load_lines,
    normalize_spaces,
    sort_by_writer,
    split_of_writer,
)

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
    found = {part: load_lines(folder, part) for part in PARTS}
    assert sum(map(len, found.values())) == N - 3
    writers = [{w.writer for w in part} for part in found.values()]
    assert not writers[0] & writers[1] | writers[0] & writers[2] | writers[1] & writers[2]
    assert "form f4" in set().union(*writers)
    assert all(writers)


def test_parts_hold_every_writer_once() -> None:
    numbers = [n for part in PARTS.values() for n in part]
    assert sorted(numbers) == list(range(16))
    counts = {part: sum(split_of_writer(str(w)) == part for w in range(200)) for part in PARTS}
    assert counts["reader"] > counts["judge"] > counts["held out"] > 5


def test_labels_are_places_in_the_alphabet() -> None:
    assert len(ALPHABET) == 95
    assert encode_text(" ~").tolist() == [1, 95]
    with pytest.raises(ValueError, match="substring"):
        encode_text("é")


def test_what_is_believed() -> None:
    assert is_plausible("house", 5 * 20)
    assert not is_plausible("house", 5 * 11)
    assert not is_plausible("house", 5 * 37)
    assert not is_plausible("hous", 4 * 20)
    assert not is_plausible("ho#se", 5 * 20)  # stands for what was struck through


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with refused("data.missing", "iam_ondb_lines.npz", tmp_path):
        load_lines(tmp_path, "reader")


def test_lines_are_sorted_by_who_wrote_them(folder: Path) -> None:
    found = load_lines(folder, "reader")
    by_writer = sort_by_writer(found)
    assert sorted(by_writer) == sorted({w.writer for w in found})
    assert all(w.writer == name for name, its in by_writer.items() for w in its)


def test_spaces_that_were_not_written_are_taken_out() -> None:
    assert normalize_spaces("so , and . ( why ) ? : yes ; no !") == "so, and. ( why)?: yes; no!"
    assert normalize_spaces("3 % of 'a' - b") == "3 % of 'a' - b"


def test_the_database_is_read_up_to_a_limit(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "MOST_BYTES", 1000)
    with refused("input.too_large", folder / FILE):
        load_lines(folder, "reader")
    (folder / FILE).write_bytes((folder / FILE).read_bytes()[:-50])
    with refused("input.damaged", folder / FILE):
        load_lines(folder, "reader")
