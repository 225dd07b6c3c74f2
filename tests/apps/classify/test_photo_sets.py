"""Labeled photographs of others: the words that are right, and what is missing."""

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture
from refusals import refused

from neuropil.apps.classify.lab import eye_evaluation, photo_sets, thousand
from neuropil.eye.network import classes


def test_every_word_of_the_lists_is_a_class() -> None:
    for table, column in ((photo_sets.CALTECH, "shows"), (photo_sets.OLD, "shows")):
        with table.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
        for row in rows:
            for word in row[column].split(", "):
                assert word == "none" or photo_sets.find_classes(word), word
    assert photo_sets.find_classes("none") == ()
    dogs = photo_sets.find_classes("dog")
    assert len(dogs) == 118
    assert classes()[dogs[0]].group == "dog"


def test_folders_are_spread_evenly(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.JPG", "c.png", "d.jpg", "notes.txt"):
        (tmp_path / name).touch()
    assert [file.name for file in photo_sets.evenly(tmp_path, 2)] == ["a.jpg", "c.png"]
    assert len(photo_sets.evenly(tmp_path, 9)) == 4
    with refused("data.missing", "101_ObjectCategories/Leopards", "the card says"):
        photo_sets.caltech(tmp_path, 5)
    with refused("data.missing", "imagenet-sample-images"):
        photo_sets.samples(tmp_path)
    with refused("data.missing", "old-photos.zip"):
        next(photo_sets.old(tmp_path))
    with refused("data.missing", "intel"):
        eye_evaluation.album_files(tmp_path)


def test_temperature_and_neuron_are_found() -> None:
    """Logits four times too sure are made a quarter; what stands out is known."""
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(4000, 6))
    p = np.exp(truth) / np.exp(truth).sum(axis=1, keepdims=True)
    labels = np.array([rng.choice(6, p=row) for row in p])
    assert thousand.fit_temperature(2.5 * truth, np.eye(6, dtype=bool)[labels]) == pytest.approx(
        2.5, rel=0.1
    )
    known = np.arange(2000) % 2 == 0
    e = np.where(known, 8.0, 6.0) + rng.normal(size=2000)
    w, b = thousand.fit_none(e, known)
    assert w == pytest.approx(-2, rel=0.1), "two normal clouds, two standard deviations apart"
    assert -b / w == pytest.approx(7, abs=0.1)


def test_the_stage_writes_what_ships(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import json

    from neuropil.apps.classify.classifier import THOUSAND

    rng = np.random.default_rng(0)
    for folder in ("Leopards", "Faces"):
        (tmp_path / "101_ObjectCategories" / folder).mkdir(parents=True)
        for i in range(3):
            pixels = rng.integers(256, size=(40, 50, 3), dtype=np.uint8)
            Picture.fromarray(pixels).save(tmp_path / "101_ObjectCategories" / folder / f"{i}.jpg")
    table = tmp_path / "table.tsv"
    table.write_text("folder\tshows\nLeopards\tleopard\nFaces\tnone\n", encoding="utf-8")
    monkeypatch.setattr(photo_sets, "CALTECH", table)
    file = thousand.calibrate_thousand(tmp_path / "out", data=tmp_path)
    made, ships = (json.loads(f.read_text(encoding="utf-8")) for f in (file, THOUSAND))
    assert made.keys() == ships.keys()
    assert made["photographs"] == 6


def test_heads_are_compared_on_the_same_pictures() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3, 100, 20)) + 4 * np.eye(3, 20)[:, None]
    ours, theirs, of_grey = eye_evaluation.compare_heads(x, np.zeros_like(x), 5, 0)
    assert ours > 0.95
    assert theirs > 0.9
    assert of_grey == pytest.approx(1 / 3), "features that tell nothing: always the same class"
