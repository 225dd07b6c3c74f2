"""What is peculiar to a hand, measured on one line: slant, roundness, width, joins.

P  points of a line, resampled      F  numbers
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.handwrite.strokes import Line, normalize, resample, split_strokes

DIRECTIONS, TURNS = 24, 12  # bins
HINGES, LAGS = 12, (1, 2, 4)  # directions, and how many points later the second is taken
SIZES = (10, 25, 50, 75, 90)  # percentiles


def style_features(line: Line) -> NDArray[np.float64]:
    """Measure a line (P, 3) in any unit: (F,), histograms as square roots of shares."""
    line = resample(normalize(line))
    pieces, width = split_strokes(line), max(1.0, float(np.ptp(line[:, 0])))
    steps = [np.diff(piece[:, :2], axis=0) for piece in pieces if len(piece) > 1]
    angles = [np.arctan2(step[:, 1], step[:, 0]) for step in steps]
    turns = [(np.diff(angle) + np.pi) % (2 * np.pi) - np.pi for angle in angles]
    high = [np.ptp(piece[:, 1]) for piece in pieces]
    wide = [np.ptp(piece[:, 0]) for piece in pieces]
    lifts = [b[0, :2] - a[-1, :2] for a, b in pairwise(pieces)]
    return np.concatenate(
        [
            sqrt_histogram(np.concatenate([np.zeros(0), *angles]), DIRECTIONS),
            sqrt_histogram(np.concatenate([np.zeros(0), *turns]), TURNS),
            np.percentile(line[:, 1], SIZES),
            np.log1p(np.percentile(high, SIZES)),
            np.log1p(np.percentile(wide, SIZES)),
            np.percentile(np.array([*lifts, [0.0, 0.0]])[:, 0], SIZES),
            [np.log(len(pieces) / width), np.log(len(line) / width)],
        ]
    )


def sqrt_histogram(angles: NDArray[np.float64], n_bins: int) -> NDArray[np.float64]:
    """Count angles into bins: the square roots of their shares."""
    counts, _ = np.histogram(angles, n_bins, (-np.pi, np.pi))
    roots: NDArray[np.float64] = np.sqrt(counts / max(1, counts.sum()))
    return roots


def hinges(line: Line) -> NDArray[np.float64]:
    """Count pairs of directions along the strokes of a line (P, 3): how one follows another.

    (Bulacu and Schomaker 2007, "Text-independent writer identification", the hinge feature, here
    along the pen's way.)
    """
    counts = np.zeros((len(LAGS), HINGES, HINGES))
    for piece in split_strokes(resample(normalize(line))):
        steps = np.diff(piece[:, :2], axis=0)
        turn = np.arctan2(steps[:, 1], steps[:, 0]) / (2 * np.pi) + 0.5
        bins = (turn * HINGES).astype(int) % HINGES
        for its, lag in zip(counts, LAGS, strict=True):
            np.add.at(its, (bins[:-lag], bins[lag:]), 1)
    roots: NDArray[np.float64] = np.sqrt(
        counts / np.maximum(1, counts.sum(axis=(1, 2), keepdims=True))
    )
    return roots.ravel()
