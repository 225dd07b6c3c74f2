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

from neuropil.apps.drive.controls import Controls, Motion
from neuropil.apps.drive.lab.racing_line import SPACING, Track, fastest, track

Floats = NDArray[np.float64]

WHEELBASE = 3.24  # units between the axles
LOCK = 0.4  # radians that the front wheels turn at most


@dataclass(frozen=True)
class Manner:
    """How the expert drives; the numbers were found by trying (tuning.py)."""

    sideways: float = 3.17  # units that a corner is cut by at most
    near: float = 2.42  # units ahead that it aims at when it stands
    seconds: float = 0.292  # and so many seconds further when it drives
    grip: float = 193.0  # units / s² sideways in a curve
    braking: float = 113.7  # units / s² that it counts on
    top: float = 83.4  # units a second
    sight: int = 36  # units ahead that it looks at
    turn: float = 1.594  # times the angle of the pursuit
    calm: float = 0.144  # against spinning, per radian a second
    gas: float = 0.120  # for every unit a second that it is too slow
    most_gas: float = 0.645
    brake: float = 0.0192  # for every unit a second that it is too fast


class Expert:
    """A driver on one track, which remembers how far it has come."""

    def __init__(self, middle: Sequence[tuple[float, float]], manner: Manner | None = None) -> None:
        self.manner = manner or Manner()
        self.track = track(middle, self.manner.sideways)
        self.point = 0  # of the line, the nearest
        self.astray = 0.0  # units from the line

    def drive(self, motion: Motion) -> Controls:
        """Say what to do now."""
        place = np.array([motion.x, motion.y])
        self.point = self.track.near(place, self.point)
        self.astray = float(np.hypot(*(self.track.line[self.point] - place)))
        return controls(self.track, self.point, motion, self.manner)


def controls(track: Track, point: int, motion: Motion, manner: Manner) -> Controls:
    """Choose what to do at a place near `point` of the track."""
    goal = track.ahead(point, manner.near + manner.seconds * motion.speed)
    steer = manner.turn * pursuit(motion, goal) / LOCK + manner.calm * motion.spin
    lack = allowed(track, point, manner) - motion.speed
    gas = min(max(manner.gas * lack, 0.0), manner.most_gas)
    brake = min(max(-manner.brake * lack, 0.0), 0.8) if lack < -1 else 0.0
    return Controls(min(max(steer, -1.0), 1.0), gas, brake)


def pursuit(motion: Motion, goal: Floats) -> float:
    """Tell by how much the front wheels turn right for a circle through the goal, in radians."""
    dx, dy = float(goal[0]) - motion.x, float(goal[1]) - motion.y
    cos, sin = math.cos(motion.angle), math.sin(motion.angle)
    right, forward = cos * dx + sin * dy, -sin * dx + cos * dy
    off = math.atan2(right, forward)
    return math.atan(2 * WHEELBASE * math.sin(off) / max(math.hypot(right, forward), 1e-6))


def allowed(track: Track, point: int, manner: Manner) -> float:
    """Tell how fast the car may be now, so that every curve in sight can still be braked for."""
    ahead = (point + np.arange(manner.sight)) % len(track.line)
    limits = fastest(track.curvature[ahead], manner.grip, manner.top)
    distance = SPACING * np.arange(manner.sight)
    return float(np.sqrt(limits**2 + 2 * manner.braking * distance).min())
