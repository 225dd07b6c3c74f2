"""A driver that knows the track: what the network learns to do from the picture alone.

It aims at a point of the line ahead (pure pursuit, Coulter 1992), the further the faster it is,
and drives as fast as the curves within the camera's view allow, given how hard it can brake. It
uses nothing that lies further ahead than the camera sees, so that whoever sees can do the same.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.drive.controls import CarState, Controls
from neuropil.apps.drive.lab.racing_line import SPACING, Track, racing_line, speed_profile

Floats = NDArray[np.float64]

WHEELBASE = 3.24  # units between the axles
MAX_STEERING_ANGLE = 0.4  # radians that the front wheels turn at most


@dataclass(frozen=True)
class ExpertParameters:
    """How the expert drives; the numbers were found by trying (expert_tuning.py)."""

    max_lateral_offset: float = 3.17  # units that a corner is cut by at most
    near: float = 2.42  # units ahead that it aims at when it stands
    seconds: float = 0.292  # and so many seconds further when it drives
    grip: float = 193.0  # units / s² sideways in a curve
    braking: float = 113.7  # units / s² that it counts on
    top: float = 83.4  # units a second
    horizon: int = 36  # units ahead that it looks at
    turn: float = 1.594  # times the angle of the pursuit
    yaw_damping: float = 0.144  # against spinning, per radian a second
    gas: float = 0.120  # for every unit a second that it is too slow
    most_gas: float = 0.645
    brake: float = 0.0192  # for every unit a second that it is too fast


class Expert:
    """A driver on one track, which remembers how far it has come."""

    def __init__(
        self, middle: Sequence[tuple[float, float]], manner: ExpertParameters | None = None
    ) -> None:
        self.manner = manner or ExpertParameters()
        self.track = racing_line(middle, self.manner.max_lateral_offset)
        self.point = 0  # of the line, the nearest
        self.cross_track_error = 0.0  # units from the line

    def drive(self, motion: CarState) -> Controls:
        """Say what to do now."""
        place = np.array([motion.x, motion.y])
        self.point = self.track.nearest_point(place, self.point)
        self.cross_track_error = float(np.hypot(*(self.track.line[self.point] - place)))
        return choose_controls(self.track, self.point, motion, self.manner)


def choose_controls(
    track: Track, point: int, motion: CarState, manner: ExpertParameters
) -> Controls:
    """Choose what to do at a place near `point` of the track."""
    goal = track.point_ahead(point, manner.near + manner.seconds * motion.speed)
    steer = (
        manner.turn * pure_pursuit_angle(motion, goal) / MAX_STEERING_ANGLE
        + manner.yaw_damping * motion.yaw_rate
    )
    lack = speed_limit(track, point, manner) - motion.speed
    gas = min(max(manner.gas * lack, 0.0), manner.most_gas)
    brake = min(max(-manner.brake * lack, 0.0), 0.8) if lack < -1 else 0.0
    return Controls(min(max(steer, -1.0), 1.0), gas, brake)


def pure_pursuit_angle(motion: CarState, goal: Floats) -> float:
    """Tell by how much the front wheels turn right for a circle through the goal, in radians."""
    dx, dy = float(goal[0]) - motion.x, float(goal[1]) - motion.y
    cos, sin = math.cos(motion.angle), math.sin(motion.angle)
    right, forward = cos * dx + sin * dy, -sin * dx + cos * dy
    off = math.atan2(right, forward)
    return math.atan(2 * WHEELBASE * math.sin(off) / max(math.hypot(right, forward), 1e-6))


def speed_limit(track: Track, point: int, manner: ExpertParameters) -> float:
    """Tell how fast the car may be now, so that every curve in sight can still be braked for."""
    ahead = (point + np.arange(manner.horizon)) % len(track.line)
    limits = speed_profile(track.curvature[ahead], manner.grip, manner.top)
    distance = SPACING * np.arange(manner.horizon)
    return float(np.sqrt(limits**2 + 2 * manner.braking * distance).min())
