"""What a driver knows of the car, and what it does."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CarState:
    """Where the car is and how it moves: units, radians, seconds. Angle 0 looks along y."""

    x: float
    y: float
    angle: float
    speed: float
    yaw_rate: float


@dataclass(frozen=True)
class Controls:
    """Steering from -1 (left) to 1 (right), gas and brake from 0 to 1."""

    steer: float
    gas: float
    brake: float


@dataclass(frozen=True)
class WheelState:
    """The wheels, front left, front right, rear left, rear right.

    steering_angle: radians that the front ones are turned to the left
    spins, phases: radians a second, and radians, of each
    """

    steering_angle: float
    spins: tuple[float, float, float, float]
    phases: tuple[float, float, float, float]
