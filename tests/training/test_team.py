"""Several processes train as one would: the same losses, the same weights, stopped and resumed."""

import csv
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from refusals import refused
from tiny_recipe import sober
from torch import nn

from neuropil.training.fit import fit
from neuropil.training.team import ALONE, Team

pytestmark = pytest.mark.usefixtures("one_thread")
TESTS = Path(__file__).parent.parent


def train_together(out: Path, size: int, *, until: float = 1.0, resume: bool = False) -> list[int]:
    """Train in so many processes on this machine, and give their exit codes."""
    meeting = out.with_name(f"{out.name}-{size}-{resume}")
    code = "import sys, tiny_recipe; tiny_recipe.fit_together(*sys.argv[1:])"
    path = os.pathsep.join((str(TESTS), str(TESTS.parent / "src")))
    words = [str(out), str(meeting), str(size), str(until), str(int(resume))]
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, *words, str(rank)],
            env={**os.environ, "PYTHONPATH": path},
        )
        for rank in range(size)
    ]
    return [process.wait() for process in running]


def course(out: Path) -> list[tuple[float, float]]:
    """Read losses, and scores of the averaged weights."""
    with (out / "curve.csv").open(encoding="utf-8") as file:
        return [(float(row["loss"]), float(row["error"])) for row in csv.DictReader(file)]


def test_two_train_as_one(tmp_path: Path) -> None:
    alone, pair = tmp_path / "alone", tmp_path / "pair"
    fit(sober(), data=Path(), out=alone, device="cpu")
    assert train_together(pair, 2) == [0, 0]
    assert len(course(pair)) > 10
    assert np.abs(np.subtract(course(pair), course(alone))).max() < 1e-3


def test_another_number_goes_on(tmp_path: Path) -> None:
    whole, part = tmp_path / "whole", tmp_path / "part"
    fit(sober(), data=Path(), out=whole, device="cpu")
    assert -signal.SIGKILL in train_together(part, 2, until=0.6)
    fit(sober(), data=Path(), out=part, device="cpu", resume=True)
    assert np.abs(np.subtract(course(part), course(whole))).max() < 1e-3
    assert (part / "tiny-base.onnx").exists()


def test_each_takes_its_share() -> None:
    batch = {"x": np.arange(6), "y": np.arange(12).reshape(6, 2), "scale": np.arange(3)}
    parts = [Team(rank, 2).share(batch) for rank in range(2)]
    assert [part["x"].tolist() for part in parts] == [[0, 2, 4], [1, 3, 5]]
    assert all(part["scale"].tolist() == [0, 1, 2] for part in parts)
    assert ALONE.share(batch) is batch
    with refused("option.conflict", "6", "4"):
        Team(0, 4).share(batch)


def test_alone_nothing_is_changed() -> None:
    network = nn.Sequential(nn.BatchNorm2d(3))
    names = network.state_dict().keys()
    ALONE.share_statistics(network)
    assert type(network[0]) is nn.BatchNorm2d
    Team(0, 2).share_statistics(network)
    assert type(network[0]) is not nn.BatchNorm2d
    assert network.state_dict().keys() == names  # so that checkpoints fit both
