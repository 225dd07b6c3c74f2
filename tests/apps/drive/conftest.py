"""Short drives by a network that has learned nothing."""

from pathlib import Path

import pytest
import torch

from neuropil.apps.drive import simulator
from neuropil.apps.drive.app import Drive, DriveResult
from neuropil.apps.drive.lab.train import driver
from neuropil.training.export import export

STEPS = 12


@pytest.fixture(scope="session")
def untaught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a driver with random weights."""
    torch.manual_seed(0)
    recipe = driver()
    return export(recipe.network(), recipe, {}, tmp_path_factory.mktemp("untaught"))


@pytest.fixture(scope="session")
def app(untaught: Path) -> Drive:
    """The application with that driver."""
    return Drive(networks=[untaught], threads=1)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drives are over after a few steps."""
    monkeypatch.setattr(simulator, "MAX_STEPS", STEPS)


@pytest.fixture(scope="session")
def drove(app: Drive) -> DriveResult:
    """Two short drives, and their map."""
    usual, simulator.MAX_STEPS = simulator.MAX_STEPS, STEPS
    try:
        return app(tracks=2, seed=1000, map=True)
    finally:
        simulator.MAX_STEPS = usual
