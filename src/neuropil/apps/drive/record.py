"""Drives recorded, to learn from: the expert says at every step what it would do, whoever drives.

    python -m neuropil.apps.drive.record FOLDER                        the expert drives, unsteadily
    python -m neuropil.apps.drive.record FOLDER --driver made.onnx     a network drives

So a network is shown what to do also where it has strayed to (DAgger, Ross et al. 2011). Every
file is written whole; a drive that is there already is not driven again. Seeds from 40000 on, so
that no track is one of those that scores are measured (10000) or choices made on (20000).
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.drive.data import encode
from neuropil.apps.drive.expert import Controls, Manner, controls
from neuropil.apps.drive.simulator import Simulator
from neuropil.apps.drive.track import track
from neuropil.kit.atomic import written
from neuropil.kit.problem import Problem
from neuropil.kit.progress import on_terminal
from neuropil.kit.progress import track as tracked
from neuropil.kit.weights import Network

FIRST = 40_000  # seed of the first track
ASTRAY = 25.0  # units from the line at which a drive is given up: there is nothing to learn
PUSHED = 0.04  # share of the steps in which an unsteady drive is pushed away, for PUSH steps
PUSH = 8
Driver = Callable[[NDArray[np.uint8]], Controls]


def recorded(
    seed: int, driver: Driver | None, rng: np.random.Generator
) -> Iterator[tuple[NDArray[np.uint8], Controls]]:
    """Drive a track once and yield, for every step, the picture and what the expert would do."""
    manner = Manner()
    with Simulator(seed, fast=True) as world:
        way, point, over, left, push = track(world.middle, manner.sideways), 0, False, 0, 0.0
        while not over:
            now = world.motion
            place = np.array([now.x, now.y])
            point = way.near(place, point)
            told = controls(way, point, now, manner)
            yield world.picture, told
            if float(np.hypot(*(way.line[point] - place))) > ASTRAY:
                return
            if driver is not None:
                told = driver(world.picture)
            elif left == 0 and rng.random() < PUSHED:
                left, push = PUSH, float(rng.uniform(-0.7, 0.7))
            if left:
                left -= 1
                told = Controls(min(max(told.steer + push, -1.0), 1.0), told.gas, told.brake)
            over = world.step(told)


def by_network(file: Path) -> Driver:
    """Make a driver of a network."""
    network = Network(file, threads=1)

    def drive(picture: NDArray[np.uint8]) -> Controls:
        made = network.run(picture=np.ascontiguousarray(encode(picture[None])))
        gas, brake = made["pedals"][0]
        return Controls(float(made["steering"][0, 0]), float(gas), float(brake))

    return drive


def save(folder: Path, seed: int, name: str, driver: Driver | None) -> Path:
    """Record a drive into a file, if it isn't there yet."""
    file = folder / f"{seed}-{name}.npz"
    if not file.exists():
        rng = np.random.default_rng(seed)
        pictures, told = zip(*recorded(seed, driver, rng), strict=True)
        expert = np.array([(c.steer, c.gas, c.brake) for c in told], np.float32)
        with written(file) as beside, beside.open("wb") as out:
            np.savez_compressed(out, pictures=np.stack(pictures), controls=expert)
    return file


def main() -> None:
    """Record drives on a number of tracks."""
    parser = argparse.ArgumentParser(prog="python -m neuropil.apps.drive.record")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tracks", type=int, default=60)
    parser.add_argument("--first", type=int, default=FIRST, help="seed of the first track")
    parser.add_argument("--driver", type=Path, help="an .onnx file that drives")
    asked = parser.parse_args()
    try:
        asked.folder.mkdir(parents=True, exist_ok=True)
        driver = by_network(asked.driver) if asked.driver else None
        name = asked.driver.stem if asked.driver else "expert"
        seeds = range(asked.first, asked.first + asked.tracks)
        with on_terminal():
            for seed in tracked(seeds, total=len(seeds), title="drives"):
                save(asked.folder, seed, name, driver)
    except (Problem, OSError) as error:
        sys.exit(f"record: {error}")


if __name__ == "__main__":
    main()
