"""The mouth that speech asks for, brought to one person by the range of shapes or by learning.

    wanted = fit_range(said, seen)          # (F, 10), in this person's range

    learned = learn_mapping(readings, times, mouths)
    learned.apply(reading)                  # (T, 10)

F  frames     T  steps     H  cells of both layers
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.lipsync.hearing import sample_at
from neuropil.apps.lipsync.phones import PHONES, PHONES_OF_CUE
from neuropil.apps.lipsync.shapes import Numbers
from neuropil.apps.lipsync.speech import SpeechReading

SHUT, OPEN = 5, 95  # percentiles of the opening that are brought to the person's own
CLOSED = 0.012  # eye distances: an opening below it is closed
SCALES = (0.5, 2.0)  # by which shapes are made smaller or larger
NEIGHBORS = (-4, -2, 0, 2, 4)  # steps around a moment, whose cells the mapping is given
PENALTY = 30.0  # of the ridge regression, a second of film
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
    """A linear map from the cells of the speech network to one person's mouth.

    weights: (I, 10); intercept: (10,)
    """

    weights: Numbers
    intercept: Numbers

    def apply(self, reading: SpeechReading) -> Numbers:
        """Say the mouths (T, 10) of a recording."""
        mouths = gather_cells(reading) @ self.weights + self.intercept
        mouths[:, 0] = mouths[:, 0].clip(0)
        return mouths


def gather_cells(reading: SpeechReading) -> Numbers:
    """Set the cells of some steps around each one side by side: (T, I)."""
    cells = np.concatenate([reading.hidden, reading.mouths], axis=1).astype(np.float64)
    steps = np.arange(len(cells))
    parts = [cells[(steps + offset).clip(0, len(cells) - 1)] for offset in NEIGHBORS]
    return np.concatenate(parts, axis=1)


def learn_mapping(
    readings: Sequence[SpeechReading], times: Sequence[Numbers], mouths: Sequence[Numbers]
) -> LearnedMapping:
    """Learn one person's mapping by ridge regression, in closed form.

    times, mouths: of each recording, the moments (F,) of its frames and their mouths (F, 10)
    """
    inputs = np.concatenate(
        [sample_at(t, gather_cells(reading)) for reading, t in zip(readings, times, strict=True)]
    )
    outputs = np.concatenate(list(mouths))
    mean, center = inputs.mean(axis=0), outputs.mean(axis=0)
    spread = np.maximum(inputs.std(axis=0), 1e-6)
    centered = (inputs - mean) / spread
    gram = centered.T @ centered + PENALTY * np.eye(centered.shape[1])
    weights = np.linalg.solve(gram, centered.T @ (outputs - center)) / spread[:, None]
    return LearnedMapping(weights, center - mean @ weights)
