"""The expert's numbers, found by trying: the cross-entropy method (Rubinstein 1999).

    neuropil train drive --stage tune-expert

Parameters are drawn around a mean, each set drives some tracks, and mean and spread move to those
of the best. Seeds 30000 to 34999, without pictures: physics alone.
"""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, fields
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.drive.lab.expert import ExpertParameters
from neuropil.apps.drive.lab.scoring import score_expert
from neuropil.kit.atomic import save_text
from neuropil.kit.cpu import cores
from neuropil.kit.progress import message, track
from neuropil.training.stages import claim_file

Floats = NDArray[np.float64]
Score = Callable[[ExpertParameters, Sequence[int]], list[float]]  # points on tracks by their seeds

FIRST, N_SEEDS = 30_000, 5000
GENERATIONS, DRAWN, BEST, TRACKS = 20, 16, 5, 16
SPREAD = 0.15  # of every number, at first: a share of itself
SMOOTHING = 0.3  # of the spread before, in every generation
RISK_AVERSION = 0.3  # standard deviations that are taken off the mean: steady is better
SEED = 0
FILE = "expert.json"


def tune_expert(output: Path) -> Path:
    """Find the numbers, and write them: the defaults of `ExpertParameters` are those found once."""
    file = claim_file(output, FILE)
    with ProcessPoolExecutor(cores(), mp_context=get_context("spawn")) as pool:

        def score(parameters: ExpertParameters, seeds: Sequence[int]) -> list[float]:
            return list(pool.map(partial(score_expert, manner=parameters), seeds))

        found = cross_entropy_method(score)
    save_text(file, json.dumps(asdict(found), indent=1) + "\n")
    return file


def cross_entropy_method(score: Score) -> ExpertParameters:
    """Try generation after generation, and return the last mean."""
    rng = np.random.default_rng(SEED)
    mean = np.array([getattr(ExpertParameters(), name) for name in tuned_fields()])
    spread = SPREAD * mean
    for generation in track(range(GENERATIONS), total=GENERATIONS, title="generations"):
        tried = np.vstack([mean, mean + spread * rng.standard_normal((DRAWN - 1, len(mean)))])
        tried = np.maximum(tried, 0.1 * mean)
        seeds = (FIRST + rng.integers(N_SEEDS, size=TRACKS)).tolist()
        points = np.array([score(to_parameters(each), seeds) for each in tried])
        worth = points.mean(axis=1) - RISK_AVERSION * points.std(axis=1)
        best = tried[np.argsort(-worth)[:BEST]]
        message(f"{generation}: {points[0].mean():.1f} points, {to_parameters(mean)}")
        mean = best.mean(axis=0)
        spread = SMOOTHING * spread + (1 - SMOOTHING) * best.std(axis=0)
    return to_parameters(mean)


def tuned_fields() -> list[str]:
    """List the numbers that are tried; how far the camera sees is not one to choose."""
    return [field.name for field in fields(ExpertParameters) if field.name != "horizon"]


def to_parameters(numbers: Floats) -> ExpertParameters:
    """Make parameters of numbers, in the order of their names."""
    values = dict(zip(tuned_fields(), map(float, numbers), strict=True))
    return ExpertParameters(**values, horizon=ExpertParameters.horizon)
