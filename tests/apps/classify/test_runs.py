"""The record of trainings."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from neuropil.apps.classify.app import CLASSIFIER, Classify
from neuropil.apps.classify.lab import data, runs
from neuropil.apps.classify.lab.data import LabeledImages
from neuropil.apps.classify.lab.runs import TrainingRun
from neuropil.kit.media.image import Image
from neuropil.training.split import Split

SHIPPED = ("plateau", "shallow", "narrow", "base", "long")  # whose test was looked at, once each


def test_the_record_that_is_there() -> None:
    rows = runs.read_runs()
    assert len({(row.recipe, row.steps, row.seed) for row in rows}) == len(rows)
    for row in rows:
        assert 0.5 < row.held_out < 1
        was_shipped = row.recipe.removeprefix("classify-") in SHIPPED
        assert row.test is None or was_shipped


def test_trainings_by_the_recipe_of_the_shipped_network(monkeypatch: pytest.MonkeyPatch) -> None:
    network = Classify().network(CLASSIFIER)
    name = json.loads(network.metadata["recipe"])["name"]
    one, another = (
        TrainingRun(name, 100, seed, 60.0, 2, 0.9, 0.8, "2026-11-25", "abc") for seed in (0, 1)
    )
    monkeypatch.setattr(runs, "read_runs", lambda: [replace(one, recipe="other"), one, another])
    assert runs.runs_of_recipe(network) == [one, another]


def test_a_row_is_added_and_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = Classify()
    pixels = np.random.default_rng(0).integers(256, size=(30, 32, 32, 3), dtype=np.uint8)
    told = [int(app.predict_crops(Image(p)).z.argmax()) for p in pixels]
    labels = np.array(told)
    labels[:6] = (labels[:6] + 1) % 10  # of which a fifth is wrong
    held = LabeledImages(pixels, labels)
    monkeypatch.setattr(data, "examples", lambda folder: Split(held, held))
    monkeypatch.setattr(data, "test_set", lambda folder: LabeledImages(pixels[6:], labels[6:]))
    monkeypatch.setattr(runs, "FILE", tmp_path / "records.json")
    (tmp_path / "records.json").write_text("[]")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "classify-base.onnx").write_bytes(app.network(CLASSIFIER).path.read_bytes())
    monkeypatch.setattr(sys, "argv", ["records", str(tmp_path / "run"), str(tmp_path)])
    runs.main()
    (row,) = runs.read_runs()
    assert (row.recipe, row.held_out, row.test, row.cores) == ("classify-long", 0.8, None, 2)
    monkeypatch.setattr(sys, "argv", [*sys.argv, "--test", "--one-core"])
    runs.main()
    (row,) = runs.read_runs()
    assert (row.test, row.cores) == (1.0, 1)
    assert row.seconds == json.loads(app.network(CLASSIFIER).metadata["scores"])["seconds"]
