"""Drives recorded, to learn from: the expert says at every step what it would do, whoever drives.

    neuropil train drive --stage collect -o DIR                         the expert, unsteadily
    neuropil train drive --stage collect -o DIR --network made.onnx     a network drives

So a network is shown what to do also where it has strayed to (DAgger, Ross et al. 2011). Every
file is written whole; a drive that is there already is not driven again. Seeds from 40000 on, so
that no track is one of those that scores are measured (10000) or choices made on (20000).
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.drive.app import DRIVER, Drive
from neuropil.apps.drive.controls import Controls
from neuropil.apps.drive.lab.expert import Expert
from neuropil.apps.drive.lab.fast_camera import camera
from neuropil.apps.drive.lab.scoring import parallel_map
from neuropil.apps.drive.rollout import Policy, network_policy
from neuropil.apps.drive.simulator import Simulator
from neuropil.kit.atomic import atomic_path
from neuropil.kit.folders import create_folder
from neuropil.kit.networks.network import open_foreign

FIRST = 40_000  # seed of the first track
MAX_CROSS_TRACK_ERROR = (
    25.0  # units from the line at which a drive is given up: there is nothing to learn
)
PUSH_PROBABILITY = (
    0.04  # share of the steps in which an unsteady drive is pushed away, for PUSH steps
)
PUSH_STEPS = 8


def collect(
    seed: int, driver: Policy | None, rng: np.random.Generator
) -> Iterator[tuple[NDArray[np.uint8], Controls]]:
    """Drive a track once and yield, for every step, the picture and what the expert would do."""
    over, left, push = False, 0, 0.0
    with Simulator(seed, camera=camera) as world:
        expert = Expert(world.centerline)
        while not over:
            told = expert.drive(world.car_state)
            yield world.picture, told
            if expert.cross_track_error > MAX_CROSS_TRACK_ERROR:
                return
            if driver is not None:
                told = driver(world.picture)
            elif left == 0 and rng.random() < PUSH_PROBABILITY:
                left, push = PUSH_STEPS, float(rng.uniform(-0.7, 0.7))
            if left:
                left -= 1
                told = Controls(min(max(told.steer + push, -1.0), 1.0), told.gas, told.brake)
            over = world.step(told)


def collect_to_file(folder: Path, by: Path | None, seed: int) -> Path:
    """Record a drive into a file, if it isn't there yet."""
    file = folder / f"{seed}-{by.resolve().parent.name if by else 'expert'}.npz"
    if not file.exists():
        driver = network_policy(open_foreign(by)) if by else None
        rng = np.random.default_rng(seed)
        pictures, told = zip(*collect(seed, driver, rng), strict=True)
        expert = np.array([(c.steer, c.gas, c.brake) for c in told], np.float32)
        with atomic_path(file) as beside, beside.open("wb") as out:
            np.savez_compressed(out, pictures=np.stack(pictures), controls=expert)
    return file


def collect_drives(output: Path, *, network: Path | None, tracks: int, first: int) -> Path:
    """Record drives on a number of tracks, some side by side, beside those that are there."""
    if network:
        Drive(networks=network).network(DRIVER)  # it is one that drives
    create_folder(output)
    seeds = range(first, first + tracks)
    parallel_map(partial(collect_to_file, output, network), seeds, "drives")
    return output
