"""What the tagger learns from: labels, folds, batches."""

import csv
import zipfile
from pathlib import Path

import numpy as np
import pytest
from foley_data import click, noise
from refusals import refused

from neuropil.apps.foley.lab import recordings
from neuropil.apps.foley.lab.recordings import (
    BATCH,
    TO_LIBRARY,
    TaggedRecordings,
    examples,
    fold_examples,
    make_batch,
    read_files,
)
from neuropil.apps.foley.tagger import COLUMNS, MEL, read_kinds, tag_names
from neuropil.kit.audio.audio import Audio
from neuropil.training.split import Split
from neuropil.training.step import TrainingStep

CLASSES = ("dog", "rain", "snoring")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Five folds of three classes, of which one clip may not ship, and a library of two classes."""
    clips = [
        {
            "file": f"{k}-{name}.wav",
            "class": name,
            "fold": k,
            "target": n,
            "permissive": int(n != 2),
        }
        for k in range(1, 6)
        for n, name in enumerate(CLASSES)
    ]
    sounds = [
        {"file": f"{k}{name}.wav", "class": name} for k in range(6) for name in ("splash", "sea")
    ]
    for name, rows in (("esc50", clips), ("library", sounds)):
        with (tmp_path / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, list(rows[0]))
            table.writeheader()
            table.writerows(rows)
        with zipfile.ZipFile(tmp_path / f"{name}.zip", "w") as archive:
            for row in rows:
                samples = click() if row["class"] in ("dog", "splash") else noise(0.3)
                Audio(samples, 48_000).save(tmp_path / "one.wav")
                archive.write(tmp_path / "one.wav", str(row["file"]))
    recordings.read_esc50.cache_clear()
    return tmp_path


def test_what_ships_learns_from_free_clips_and_the_library(data: Path) -> None:
    split = examples(data)
    names = [tag_names()[n] for n in split.train.labels]
    assert set(names) == {"dog-bark", "rain", "splash", "sea"}
    assert (len(split.train.labels), len(split.held_out.labels)) == (8 + 10, 2 + 2)
    assert split.held_out.of_library.sum() == 2


def test_folds_have_all_classes_and_their_own_numbers(data: Path) -> None:
    for permissive, n in ((False, 12), (True, 8)):
        split = fold_examples(data, fold=2, permissive=permissive)
        assert len(split.train.labels) == n
        assert split.held_out.labels.tolist() == [0, 1, 2]
        assert not split.train.of_library.any()


def test_a_batch_has_pieces_and_shares(data: Path) -> None:
    batch = make_batch(examples(data), TrainingStep(0, 3, 10))
    assert batch["spectrogram"].shape == (BATCH, 1, COLUMNS, MEL.bands)
    np.testing.assert_allclose(batch["shares"].sum(axis=1), 1, atol=1e-6)
    assert 0 <= batch["spectrogram"].min() <= batch["spectrogram"].max() <= 1.2
    again = make_batch(examples(data), TrainingStep(0, 3, 10))
    np.testing.assert_array_equal(batch["spectrogram"], again["spectrogram"])


def test_the_louder_of_two_has_the_larger_share() -> None:
    one = np.ones((COLUMNS, MEL.bands), np.float32)
    every = TaggedRecordings([one, one], np.array([0, 1]), np.zeros(2, bool), 3)
    shares = np.concatenate(
        [make_batch(Split(every, every), TrainingStep(0, k, 9))["shares"] for k in range(4)]
    )
    assert (shares[:, 2] == 0).all()
    assert (shares.max(axis=1) >= 0.5).all()
    assert (shares.max(axis=1) < 0.99).any()


def test_classes_of_esc50_are_classes_of_ours() -> None:
    assert set(TO_LIBRARY.values()) <= set(read_kinds())


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with refused("data.missing", tmp_path, "esc50.csv"):
        fold_examples(tmp_path, fold=1, permissive=False)
    with refused("data.missing", "none.zip"):
        read_files(tmp_path / "none.zip", ["a"])
    (tmp_path / "bad.zip").write_bytes(b"PK nothing")
    with refused("data.missing", "bad.zip"):
        read_files(tmp_path / "bad.zip", ["a"])
