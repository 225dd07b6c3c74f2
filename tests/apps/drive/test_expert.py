"""The driver that knows the track."""

import math

import numpy as np
import pytest

from neuropil.apps.drive.controls import CarState
from neuropil.apps.drive.lab.expert import (
    ExpertParameters,
    choose_controls,
    pure_pursuit_angle,
    speed_limit,
)
from neuropil.apps.drive.lab.racing_line import Track

STRAIGHT = Track(np.column_stack([np.zeros(400), np.arange(400.0)]), np.zeros(400))
MANNER = ExpertParameters()


def at(x: float, angle: float, speed: float, spin: float = 0.0) -> CarState:
    return CarState(x, 50.0, angle, speed, spin)


def test_on_the_line_it_keeps_straight_and_gains_speed() -> None:
    told = choose_controls(STRAIGHT, 50, at(0, 0, 10), MANNER)
    assert told.steer == pytest.approx(0)
    assert told.gas == MANNER.most_gas
    assert told.brake == 0


def test_it_steers_back_to_the_line() -> None:
    assert choose_controls(STRAIGHT, 50, at(2, 0, 30), MANNER).steer < 0, (
        "left, from the right of it"
    )
    assert choose_controls(STRAIGHT, 50, at(-2, 0, 30), MANNER).steer > 0
    assert choose_controls(STRAIGHT, 50, at(0, 0.2, 30), MANNER).steer > 0, "it looks to the left"
    assert choose_controls(STRAIGHT, 50, at(0, 0, 30, spin=1), MANNER).steer > 0, "it turns left"


def test_the_circle_of_the_pursuit_goes_through_the_goal() -> None:
    goal = np.array([3.0, 9.0])
    angle = pure_pursuit_angle(CarState(0, 0, 0, 0, 0), goal)
    radius = 3.24 / math.tan(angle)
    assert math.hypot(goal[0] - radius, goal[1]) == pytest.approx(radius)


def test_it_brakes_for_a_curve_in_sight_and_not_for_one_beyond() -> None:
    def bend(start: int) -> Track:
        bent = np.zeros(400)
        bent[start : start + 20] = 0.08
        return Track(STRAIGHT.line, bent)

    sharp = math.sqrt(MANNER.grip / 0.08)
    assert speed_limit(bend(50), 50, MANNER) == pytest.approx(sharp)
    far = math.sqrt(sharp**2 + 2 * MANNER.braking * 20)
    assert speed_limit(bend(70), 50, MANNER) == pytest.approx(min(far, MANNER.top))
    assert speed_limit(bend(50 + MANNER.horizon), 50, MANNER) == MANNER.top
    told = choose_controls(bend(50), 50, at(0, 0, 60), MANNER)
    assert told.gas == 0
    assert told.brake > 0


def test_controls_stay_in_their_ranges() -> None:
    for x in (-30, 30):
        for speed in (0, 200):
            told = choose_controls(STRAIGHT, 50, at(x, 3, speed, 9), MANNER)
            assert -1 <= told.steer <= 1
            assert 0 <= told.gas <= 1
            assert 0 <= told.brake <= 0.8
