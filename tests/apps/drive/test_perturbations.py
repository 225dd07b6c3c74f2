"""What is done to a driver, to see what breaks it."""

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.drive.controls import Controls
from neuropil.apps.drive.lab.perturbations import (
    LATE,
    PERTURBATIONS,
    late,
    noisy,
    overdrawn,
    recolored,
)

Bytes = NDArray[np.uint8]
seen: list[Bytes] = []


def driver(picture: Bytes) -> Controls:
    seen.append(picture)
    return Controls(float(picture[0, 0, 0]) / 255, 0.0, 0.0)


def shown(changed: object) -> Bytes:
    picture = np.full((96, 96, 3), (100, 200, 50), np.uint8)
    changed(picture)  # type: ignore[operator]
    assert picture[0, 0].tolist() == [100, 200, 50], "the picture itself is left alone"
    return seen[-1]


def test_a_band_is_drawn_over() -> None:
    picture = shown(overdrawn(driver))
    assert (picture[36:44] == (100, 202, 100)).all()
    assert (picture[:36] == (100, 200, 50)).all()
    assert (picture[44:] == (100, 200, 50)).all(), "where the car is, and the instruments"


def test_red_and_green_are_exchanged() -> None:
    assert (shown(recolored(driver)) == (200, 100, 50)).all()


def test_noise_is_added() -> None:
    off = shown(noisy(driver)).astype(float) - (100, 200, 50)
    assert abs(off.mean()) < 1
    assert 20 < off.std() < 26


def test_controls_come_late() -> None:
    drive = late(driver)
    told = [drive(np.full((96, 96, 3), value, np.uint8)).steer for value in range(9)]
    assert told == [0.0] * LATE + [value / 255 for value in range(9 - LATE)]


def test_there_are_four() -> None:
    assert len(PERTURBATIONS) == 4
