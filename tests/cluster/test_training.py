"""A training on Ray: the losses of one process, and a worker that dies costs its last steps."""

import csv
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from refusals import refused
from tiny_recipe import batch_of_four, sober

from neuropil.surfaces.cluster.training import Plan, train
from neuropil.training.fit import fit
from neuropil.training.recipe import Batch
from neuropil.training.step import TrainingStep

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # of Ray's own
    pytest.mark.usefixtures("seen_by_workers"),
]


@pytest.fixture
def seen_by_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let workers find the recipe."""
    tests = str(Path(__file__).parent.parent)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([tests, os.environ.get("PYTHONPATH", "")]))


def losses(out: Path) -> list[float]:
    with (out / "curve.csv").open(encoding="utf-8") as file:
        return [float(row["loss"]) for row in csv.DictReader(file)]


def test_two_workers_train_as_one_does_and_may_die(tmp_path: Path) -> None:
    dead = tmp_path / "dead"

    def deadly(held_out: Any, moment: TrainingStep) -> Batch:
        if moment.fraction > 0.6 and not dead.exists():
            dead.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return batch_of_four(held_out, moment)

    fit(sober(), data=Path(), out=tmp_path / "alone", device="cpu")
    plan = Plan(tmp_path, tmp_path / "pair", device="cpu")
    made = train(replace(sober(), batch=deadly), plan, workers=2)
    assert made.exists()
    assert dead.exists()
    difference = np.subtract(losses(tmp_path / "pair"), losses(tmp_path / "alone"))
    assert np.abs(difference).max() < 1e-3


def test_mistakes_come_back_as_such(tmp_path: Path) -> None:
    def odd(held_out: Any, moment: TrainingStep) -> Batch:
        return {"noise": batch_of_four(held_out, moment)["noise"][:3]}

    with refused("option.conflict", "3", "2"):
        train(replace(sober(), batch=odd), Plan(tmp_path, tmp_path / "odd", device="cpu"), 2)


def test_what_one_process_refuses_is_refused_before(tmp_path: Path) -> None:
    with refused("training.checkpoint", "--resume"):
        train(sober(), Plan(tmp_path, tmp_path / "none", device="cpu", resume=True), 2)
