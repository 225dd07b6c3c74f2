"""What breaks the driver: four disturbances, none of which it has been trained on.

Each is a driver made of another: what that sees, or when what it says comes through, is changed.
"""

from collections import deque
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.drive.controls import Controls
from neuropil.apps.drive.rollout import Policy

Bytes = NDArray[np.uint8]

GREEN = (100, 202, 100)  # the grass's own
BAND = (36, 44)  # rows of the picture, some way ahead of the car
NOISE = 25.0  # levels of 255: standard deviation
LATE = 4  # steps, 80 milliseconds


def overdrawn(driver: Policy) -> Policy:
    """Draw a band of grass over the road, always as far ahead of the car."""

    def drive(picture: Bytes) -> Controls:
        changed = picture.copy()
        changed[slice(*BAND)] = GREEN
        return driver(changed)

    return drive


def recolored(driver: Policy) -> Policy:
    """Exchange red and green: grass is red."""
    return lambda picture: driver(np.ascontiguousarray(picture[..., [1, 0, 2]]))


def noisy(driver: Policy) -> Policy:
    """Add noise to every pixel."""
    rng = np.random.default_rng(0)

    def drive(picture: Bytes) -> Controls:
        grain = rng.normal(0, NOISE, picture.shape)
        return driver((picture + grain).clip(0, 255).astype(np.uint8))

    return drive


def late(driver: Policy) -> Policy:
    """Carry out every control 80 milliseconds late."""
    waiting = deque([Controls(0.0, 0.0, 0.0)] * LATE)

    def drive(picture: Bytes) -> Controls:
        waiting.append(driver(picture))
        return waiting.popleft()

    return drive


PERTURBATIONS: dict[str, Callable[[Policy], Policy]] = {
    "a band of grass drawn over the road": overdrawn,
    "red and green exchanged": recolored,
    "noise of 25 levels": noisy,
    "controls 80 ms late": late,
}
