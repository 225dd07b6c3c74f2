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

from neuropil.apps.drive.lab.expert import ExpertParameters
from neuropil.apps.drive.lab.scoring import score_expert
from neuropil.kit.cpu import cores

Floats = NDArray[np.float64]

FIRST, N_SEEDS = 30_000, 5000
GENERATIONS, DRAWN, BEST, TRACKS = 20, 16, 5, 16
SPREAD = 0.15  # of every number, at first: a share of itself
SMOOTHING = 0.3  # of the spread before, in every generation
RISK_AVERSION = 0.3  # standard deviations that are taken off the mean: steady is better
SEED = 0


def tuned_fields() -> list[str]:
    """List the numbers that are tried; how far the camera sees is not one to choose."""
    return [field.name for field in fields(ExpertParameters) if field.name != "sight"]


def to_parameters(numbers: Floats) -> ExpertParameters:
    """Make a manner of numbers, in the order of their names."""
    values = dict(zip(tuned_fields(), map(float, numbers), strict=True))
    return ExpertParameters(**values, horizon=ExpertParameters.horizon)


def cross_entropy_method() -> ExpertParameters:
    """Try generation after generation, and return the last mean."""
    rng = np.random.default_rng(SEED)
    mean = np.array([getattr(ExpertParameters(), name) for name in tuned_fields()])
    spread = SPREAD * mean
    with ProcessPoolExecutor(cores(), mp_context=get_context("spawn")) as pool:
        for generation in range(GENERATIONS):
            tried = np.vstack([mean, mean + spread * rng.standard_normal((DRAWN - 1, len(mean)))])
            tried = np.maximum(tried, 0.1 * mean)
            seeds = FIRST + rng.integers(N_SEEDS, size=TRACKS)
            points = np.array(
                [
                    list(pool.map(partial(score_parameters, to_parameters(each)), seeds.tolist()))
                    for each in tried
                ]
            )
            worth = points.mean(axis=1) - RISK_AVERSION * points.std(axis=1)
            best = tried[np.argsort(-worth)[:BEST]]
            sys.stdout.write(
                f"{generation}: {points[0].mean():.1f} points, {to_parameters(mean)}\n"
            )
            sys.stdout.flush()
            mean, spread = (
                best.mean(axis=0),
                SMOOTHING * spread + (1 - SMOOTHING) * best.std(axis=0),
            )
    return to_parameters(mean)


def score_parameters(how: ExpertParameters, seed: int) -> float:
    """Score a manner on a track."""
    return score_expert(seed, how)


if __name__ == "__main__":
    sys.stdout.write(f"{cross_entropy_method()}\n")
