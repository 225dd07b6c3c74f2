"""The expert's numbers, found by trying: the cross-entropy method (Rubinstein 1999).

    python -m neuropil.apps.drive.lab.expert_tuning

Manners are drawn around a mean, each drives some tracks, and mean and spread move to those of the
best. Seeds 30000 to 34999, without pictures: physics alone. Prints a Manner for every generation.
"""

import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields
from functools import partial
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.drive.lab.expert import Manner
from neuropil.apps.drive.lab.scoring import expert_scored
from neuropil.kit.cpu import cores

Floats = NDArray[np.float64]

FIRST, N_SEEDS = 30_000, 5000
GENERATIONS, DRAWN, BEST, TRACKS = 20, 16, 5, 16
SPREAD = 0.15  # of every number, at first: a share of itself
KEPT = 0.3  # of the spread before, in every generation
CAUTION = 0.3  # standard deviations that are taken off the mean: steady is better
SEED = 0


def tuned_names() -> list[str]:
    """List the numbers that are tried; how far the camera sees is not one to choose."""
    return [field.name for field in fields(Manner) if field.name != "sight"]


def manner(numbers: Floats) -> Manner:
    """Make a manner of numbers, in the order of their names."""
    values = dict(zip(tuned_names(), map(float, numbers), strict=True))
    return Manner(**values, sight=Manner.sight)


def tuned() -> Manner:
    """Try generation after generation, and return the last mean."""
    rng = np.random.default_rng(SEED)
    mean = np.array([getattr(Manner(), name) for name in tuned_names()])
    spread = SPREAD * mean
    with ProcessPoolExecutor(cores(), mp_context=get_context("spawn")) as pool:
        for generation in range(GENERATIONS):
            tried = np.vstack([mean, mean + spread * rng.standard_normal((DRAWN - 1, len(mean)))])
            tried = np.maximum(tried, 0.1 * mean)
            seeds = FIRST + rng.integers(N_SEEDS, size=TRACKS)
            points = np.array(
                [list(pool.map(partial(drive, manner(each)), seeds.tolist())) for each in tried]
            )
            worth = points.mean(axis=1) - CAUTION * points.std(axis=1)
            best = tried[np.argsort(-worth)[:BEST]]
            sys.stdout.write(f"{generation}: {points[0].mean():.1f} points, {manner(mean)}\n")
            sys.stdout.flush()
            mean, spread = best.mean(axis=0), KEPT * spread + (1 - KEPT) * best.std(axis=0)
    return manner(mean)


def drive(how: Manner, seed: int) -> float:
    """Score a manner on a track."""
    return expert_scored(seed, how)


if __name__ == "__main__":
    sys.stdout.write(f"{tuned()}\n")
