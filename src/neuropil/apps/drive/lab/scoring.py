"""Score drivers on tracks, in as many processes as there are cores."""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from neuropil.apps.drive.lab.expert import Expert, ExpertParameters
from neuropil.apps.drive.rollout import Policy, network_policy
from neuropil.apps.drive.simulator import Simulator
from neuropil.kit.cpu import cores
from neuropil.kit.networks.network import open_foreign
from neuropil.kit.progress import track

T = TypeVar("T")


def score_policy(seed: int, driver: Policy) -> float:
    """Drive a track, keep nothing but the score."""
    over = False
    with Simulator(seed) as world:
        while not over:
            over = world.step(driver(world.picture))
        return world.score


def score_network_file(path: Path, change: Callable[[Policy], Policy] | None, seed: int) -> float:
    """Drive a track by the network of a file, changed or not: what a process of its own does."""
    driver = network_policy(open_foreign(path))
    return score_policy(seed, change(driver) if change else driver)


def parallel_map(drive: Callable[[int], T], seeds: Sequence[int], title: str) -> list[T]:
    """Drive tracks in as many processes as there are cores; results in the order of the seeds."""
    with ProcessPoolExecutor(cores(), mp_context=get_context("spawn")) as pool:
        return list(track(pool.map(drive, seeds), total=len(seeds), title=title))


def score_expert(seed: int, manner: ExpertParameters | None = None) -> float:
    """Let the expert drive a track."""
    over = False
    with Simulator(seed) as world:
        expert = Expert(world.centerline, manner)
        while not over:
            over = world.step(expert.drive(world.car_state), blind=True)
        return world.score
