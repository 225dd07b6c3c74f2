"""Drives: a network steers the car around a track, and every step of it is kept.

    lap = record_drive(seed, network).lap       lap.score, lap.instants[119].steering

T  steps of a drive, 50 a second
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.drive.controls import Controls
from neuropil.apps.drive.preprocess import SIDE, encode
from neuropil.apps.drive.simulator import Simulator
from neuropil.kit.networks.network import OnnxNetwork
from neuropil.kit.progress import tick

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Policy = Callable[[Bytes], Controls]


@dataclass(frozen=True)
class DriveStep:
    """One step of a drive: where the car was, what was done, and the score after it.

    steering: -1 (left) to 1 (right)
    gas, brake: 0 to 1
    speed: units a second; the road is 13.3 units wide
    x, y: units from the middle of the world
    """

    step: int
    steering: float
    gas: float
    brake: float
    speed: float
    x: float
    y: float
    score: float


@dataclass(frozen=True)
class DriveLog:
    """One drive around the track of a seed."""

    seed: int
    score: float
    instants: tuple[DriveStep, ...]


@dataclass(frozen=True, eq=False)
class RecordedDrive:
    """A drive with all that was to be seen on it.

    pictures: what the camera saw (96, 96, 3), packed
    centerline: corners of the road's middle, x and y
    """

    lap: DriveLog
    centerline: tuple[tuple[float, float], ...]
    pictures: list[bytes] = field(default_factory=list)

    def picture(self, step: int) -> Bytes:
        """Unpack what the camera saw at a step."""
        pixels = np.frombuffer(zlib.decompress(self.pictures[step]), np.uint8)
        return pixels.reshape(SIDE, SIDE, 3)


def network_policy(network: OnnxNetwork) -> Policy:
    """Make a driver of a network."""

    def drive(picture: Bytes) -> Controls:
        return to_controls(run_network(network, picture))

    return drive


def run_network(network: OnnxNetwork, picture: Bytes) -> dict[str, Floats]:
    """Run the network on what the camera sees (96, 96, 3)."""
    tick()
    return network.run(picture=np.ascontiguousarray(encode(picture[None])))


def to_controls(made: dict[str, Floats]) -> Controls:
    """Read the controls off the network's outputs."""
    gas, brake = made["pedals"][0]
    return Controls(float(made["steering"][0, 0]), float(gas), float(brake))


def record_drive(seed: int, network: OnnxNetwork, *, window: bool = False) -> RecordedDrive:
    """Drive a track and keep everything."""
    pictures, instants, over = [], [], False
    drive = network_policy(network)
    with Simulator(seed, window=window) as world:
        middle = tuple(world.centerline)
        while not over:
            todo, now, step = drive(world.picture), world.car_state, world.n_steps
            pictures.append(compress_pixels(world.picture))
            over = world.step(todo)
            instants.append(
                DriveStep(
                    *(step, todo.steer, todo.gas, todo.brake),
                    *(now.speed, now.x, now.y, world.score),
                )
            )
        return RecordedDrive(DriveLog(seed, world.score, tuple(instants)), middle, pictures)


def compress_pixels(pixels: Bytes) -> bytes:
    """Pack pixels: flat colors become small."""
    return zlib.compress(pixels.tobytes(), 1)
