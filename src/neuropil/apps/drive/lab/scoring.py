"""Score drivers on tracks, in as many processes as there are cores."""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from neuropil.apps.drive.lab.expert import Expert, Manner
from neuropil.apps.drive.rollout import Driver, by_network
from neuropil.apps.drive.simulator import Simulator
from neuropil.kit.cpu import cores
from neuropil.kit.networks.network import Network
from neuropil.kit.progress import track

T = TypeVar("T")


def scored(seed: int, driver: Driver) -> float:
    """Drive a track, keep nothing but the score."""
    over = False
    with Simulator(seed) as world:
        while not over:
            over = world.step(driver(world.picture))
        return world.score


def file_scored(path: Path, change: Callable[[Driver], Driver] | None, seed: int) -> float:
    """Drive a track by the network of a file, changed or not: what a process of its own does."""
    driver = by_network(Network(path, threads=1))
    return scored(seed, change(driver) if change else driver)


def side_by_side(drive: Callable[[int], T], seeds: Sequence[int], title: str) -> list[T]:
    """Drive tracks in as many processes as there are cores; results in the order of the seeds."""
    with ProcessPoolExecutor(cores(), mp_context=get_context("spawn")) as pool:
        return list(track(pool.map(drive, seeds), total=len(seeds), title=title))


def expert_scored(seed: int, manner: Manner | None = None) -> float:
    """Let the expert drive a track."""
    over = False
    with Simulator(seed) as world:
        expert = Expert(world.middle, manner)
        while not over:
            over = world.step(expert.drive(world.motion), blind=True)
        return world.score
