"""A drive that goes on step by step: the network's, a person's, its end."""

from collections.abc import Iterator

import pytest

from neuropil.apps.drive import simulator
from neuropil.apps.drive.app import Drive
from neuropil.apps.drive.live import LiveDrive
from neuropil.apps.drive.rollout import record_drive


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveDrive]:
    pytest.importorskip("gymnasium")
    monkeypatch.setattr(simulator, "MAX_STEPS", 12)
    made = LiveDrive(Drive(threads=1), seed=1000)
    yield made
    made.close()


def test_the_network_drives_as_it_does_elsewhere(live: LiveDrive) -> None:
    seen = live.advance(steps=7)
    lap = record_drive(1000, Drive(threads=1).network("driver")).lap
    assert seen["step"] == 7
    assert seen["score"] == lap.instants[6].score
    assert seen["steer"] == lap.instants[6].steering
    assert not seen["over"]
    assert live.advance(steps=10)["over"]
    assert live.advance()["step"] == 12


def test_a_person_takes_the_wheel_and_hands_it_back(live: LiveDrive) -> None:
    mine = live.advance(steer=-0.5, gas=0.25, brake=0.125)
    assert (mine["steer"], mine["gas"], mine["brake"]) == (-0.5, 0.25, 0.125)
    assert live.advance()["gas"] != 0.25


def test_what_the_network_looks_at_is_laid_over_the_picture(live: LiveDrive) -> None:
    assert live.advance(steps=10)["picture"] != live.advance(steps=1, saliency=True)["picture"]
