"""The mouth that speech asks for, brought to one person by the range of shapes or by learning.

    wanted = fit_range(said, seen)          # (F, 10), in this person's range

    learned = learn_mapping(readings, times, mouths)
    learned.apply(reading)                  # (T, 10)

F  frames     T  steps     I  inputs of the mapping
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.lipsync.hearing import STEPS_PER_SECOND, sample_at, step_times
from neuropil.apps.lipsync.phones import PHONES, PHONES_OF_CUE
from neuropil.apps.lipsync.shapes import Numbers
from neuropil.apps.lipsync.speech import SpeechReading
from neuropil.kit.errors import UserError
from neuropil.kit.progress import ticking

SHUT, OPEN = 5, 95  # percentiles of the opening that are brought to the person's own
CLOSED = 0.012  # eye distances: an opening below it is closed
SCALES = (0.5, 2.0)  # by which shapes are made smaller or larger
CELL_STEPS = (-6, -3, 0, 3, 6)  # steps around a moment, whose cells the mapping is given
SOUND_STEPS = tuple(range(-12, 13, 3))  # and those whose sound
PENALTIES = (0.03, 0.1, 0.3, 1.0, 3.0)  # of the ridge regression, of which one is chosen
BLOCK = 250  # frames that are summed up at once
CLOSED_CUE = "A"  # of p, b, m
REST_STEPS = 5  # in which the mouth closes where silence begins, and opens where it ends


def fit_range(said: Numbers, seen: Numbers) -> Numbers:
    """Bring what speech asks for (F, 10) to the range of the mouths that were seen (N, 10).

    The opening is scaled from how closed the person's lips are seen at rest; all else about its
    mean.
    """
    wanted = said.copy()
    closed, widest = np.percentile(seen[:, 0], [SHUT, OPEN])
    ratio = (widest - closed) / max(np.percentile(said[:, 0], OPEN), 1e-6)
    wanted[:, 0] = closed + said[:, 0].clip(0) * np.clip(ratio, *SCALES)
    spread = seen[:, 1:].std(axis=0) / np.maximum(said[:, 1:].std(axis=0), 1e-6)
    wanted[:, 1:] = (said[:, 1:] - said[:, 1:].mean(axis=0)) * np.clip(spread, *SCALES)
    return wanted


def close_lips(mouths: Numbers, chances: Numbers, rest: Numbers) -> Numbers:
    """Close the lips of mouths (T, 10) as far as p, b or m is heard, by chances of phones (T, P).

    The opening that the network tells follows one man's lips; the phones it knows of more voices.
    """
    closing = [PHONES.index(phone) for phone in PHONES_OF_CUE[CLOSED_CUE].split()]
    share = chances[:, closing].sum(axis=1)[:, None]
    closed: Numbers = mouths * (1 - share) + rest * share
    return closed


def rest_in_silence(mouths: Numbers, is_silent: NDArray[np.bool_], rest: Numbers) -> Numbers:
    """Let the mouth (T, 10) rest where nothing is heard, and come to rest without a jump.

    rest: (10,), the mouth of the person when it is closed
    """
    silent = is_silent.astype(np.float64)
    kernel = np.ones(2 * REST_STEPS + 1) / (2 * REST_STEPS + 1)
    padded = np.pad(silent, REST_STEPS, mode="edge")
    share = np.convolve(padded, kernel, mode="valid")[:, None]
    share = np.where(is_silent[:, None], share, share * share)
    return mouths * (1 - share) + rest * share


def find_rest(mouths: Numbers) -> Numbers:
    """Find how a person's mouth (N, 10) is when closed: the median of the most closed."""
    limit = max(CLOSED, float(np.percentile(mouths[:, 0], 10)))
    rest: Numbers = np.median(mouths[mouths[:, 0] <= limit], axis=0)
    return rest


@dataclass(frozen=True, eq=False)
class LearnedMapping:
    """A linear map from what is heard and the cells of the speech network to one person's mouth.

    weights: (I, 10); intercept: (10,)
    """

    weights: Numbers
    intercept: Numbers

    def apply(self, reading: SpeechReading) -> Numbers:
        """Say the mouths (T, 10) of a recording; raises UserError for one of other cells."""
        inputs = gather_cells(reading, step_times(len(reading.heard)))
        if inputs.shape[1] != len(self.weights):
            words = "the voice was learned by another version of Neuropil, or another network;"
            way = "learn it again: neuropil lipsync-learn FILM -o NAME.voice"
            raise UserError("network.mismatch", f"{words} {way}")
        mouths: Numbers = inputs @ self.weights + self.intercept
        mouths[:, 0] = mouths[:, 0].clip(0)
        return mouths


def gather_cells(reading: SpeechReading, times: Numbers) -> Numbers:
    """Set the cells and the sound of some steps around moments (F,) side by side: (F, I)."""
    cells = np.concatenate([reading.hidden, reading.mouths], axis=1).astype(np.float64)
    heard = reading.heard.astype(np.float64)
    near = [(cells, k) for k in CELL_STEPS] + [(heard, k) for k in SOUND_STEPS]
    parts = [sample_at(times + k / STEPS_PER_SECOND, values) for values, k in near]
    return np.concatenate(parts, axis=1)


@dataclass(frozen=True, eq=False)
class Moments:
    """What a linear regression needs to know of n inputs x (I,) and outputs y (10,): their sums."""

    n: int
    x: Numbers
    y: Numbers
    xx: Numbers
    xy: Numbers
    yy: Numbers  # (10,), of squares

    @classmethod
    def of(cls, x: Numbers, y: Numbers) -> "Moments":
        """Sum up inputs (N, I) and outputs (N, 10)."""
        return cls(len(x), x.sum(axis=0), y.sum(axis=0), x.T @ x, x.T @ y, (y**2).sum(axis=0))

    def __add__(self, other: "Moments") -> "Moments":
        """Sum up both."""
        mine, its = vars(self).values(), vars(other).values()
        return Moments(*(a + b for a, b in zip(mine, its, strict=True)))

    def fit(self, penalty: float) -> LearnedMapping:
        """Find the map of the least squared error, by ridge regression in closed form.

        penalty: of the squared weights of inputs and outputs of variance 1
        """
        mean, center = self.x / self.n, self.y / self.n
        covariance = self.xx / self.n - np.outer(mean, mean)
        spread = np.sqrt(np.maximum(np.diag(covariance), 1e-12))
        gram = covariance / np.outer(spread, spread) + penalty * np.eye(len(mean))
        shared = (self.xy / self.n - np.outer(mean, center)) / spread[:, None]
        weights = np.linalg.solve(gram, shared) / spread[:, None]
        return LearnedMapping(weights, center - mean @ weights)

    def measure(self, mapping: LearnedMapping) -> float:
        """Measure the squared error of a map, in variances of each output, mean of all ten."""
        w, b = mapping.weights, mapping.intercept
        said = (w * (self.xx @ w)).sum(axis=0) + 2 * b * (self.x @ w) + self.n * b**2
        error = self.yy - 2 * ((w * self.xy).sum(axis=0) + b * self.y) + said
        variance = self.yy - self.y**2 / self.n
        return float(np.mean(error / np.maximum(variance, 1e-12)))


def learn_mapping(
    readings: Sequence[SpeechReading], times: Sequence[Numbers], mouths: Sequence[Numbers]
) -> LearnedMapping:
    """Learn one person's mapping; how strongly it is held back, the last fifth of the film tells.

    times, mouths: of each recording, the moments (F,) of its frames and their mouths (F, 10)
    """
    blocks = [
        (reading, t[start : start + BLOCK], y[start : start + BLOCK])
        for reading, t, y in zip(readings, times, mouths, strict=True)
        for start in range(0, len(t), BLOCK)
    ]
    first = len(blocks) - max(1, len(blocks) // 5)
    learned, rest = (
        reduce(add, (Moments.of(gather_cells(r, t), y) for r, t, y in ticking(some)))
        for some in (blocks[: max(1, first)], blocks[first:])
    )
    best = min(ticking(PENALTIES), key=lambda penalty: rest.measure(learned.fit(penalty)))
    return (learned + rest).fit(best)
