"""The record of trainings."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from refusals import refused

from neuropil.apps.classify.app import CLASSIFIER, Classify
from neuropil.apps.classify.lab import data, runs
from neuropil.apps.classify.lab.data import LabeledImages
from neuropil.apps.classify.lab.runs import TrainingRun
from neuropil.kit.media.image import Image
from neuropil.kit.networks.onnx_file import OnnxFile
from neuropil.surfaces.cli import main as cli
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
    told = [int(app.classifier("ten").predict(Image(p)).z.argmax()) for p in pixels]
    labels = np.array(told)
    labels[:6] = (labels[:6] + 1) % 10  # of which a fifth is wrong
    held = LabeledImages(pixels, labels)
    monkeypatch.setattr(data, "examples", lambda folder: Split(held, held))
    monkeypatch.setattr(data, "test_set", lambda folder: LabeledImages(pixels[6:], labels[6:]))
    others = [replace(row, recipe="classify-other") for row in runs.read_runs()[:1]]
    (tmp_path / "package.json").write_text(json.dumps([asdict(row) for row in others]))
    monkeypatch.setattr(runs, "FILE", tmp_path / "package.json")
    words = ["train", "classify", "--stage", "measure", "-o", str(tmp_path / "run")]
    words += ["--data", str(tmp_path), "--network", str(app.network(CLASSIFIER).path)]
    assert cli.run(words) == 0
    other, row = runs.read_runs(tmp_path / "run" / "package.json")
    assert other == others[0]
    assert (row.recipe, row.held_out, row.test, row.cores) == ("classify-long", 0.8, None, 2)
    assert cli.run([*words, "--set", "test=1", "--set", "cores=1"]) == 0
    other, row = runs.read_runs(tmp_path / "run" / "package.json")
    assert (row.test, row.cores) == (1.0, 1)
    assert runs.read_runs(runs.FILE) == others, "the package's own record stays as it is"
    assert row.seconds == json.loads(app.network(CLASSIFIER).metadata["scores"])["seconds"]


def test_a_record_that_is_none_is_kept(tmp_path: Path) -> None:
    (tmp_path / runs.FILE.name).write_text('[{"recipe": "classify-long"}]')
    network = Classify.networks[CLASSIFIER].path
    with refused("input.damaged", runs.FILE.name):
        runs.record_run(tmp_path, data=tmp_path, network=network, cores=2, test=0)


def test_only_trainings_are_recorded(tmp_path: Path) -> None:
    taught = OnnxFile.open(Classify.networks[CLASSIFIER].path)
    for told in (
        {"classes": json.dumps([*"abcdefghij"])},
        {"neuropil": "colorize"},
        {"recipe": "no JSON"},
        {"recipe": "[]"},
        {"scores": "{}"},
    ):
        taught.with_tensors({}, told).save(tmp_path / "taught.onnx")
        with refused("network.mismatch", "taught.onnx"):
            runs.record_run(
                tmp_path, data=tmp_path, network=tmp_path / "taught.onnx", cores=2, test=0
            )
