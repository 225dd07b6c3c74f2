"""How good onsets are: peaks found, and matched one to one with the true ones.

T moments of a curve
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.foley.onsets import APART

TOLERANCE = 0.1  # seconds within which an onset is right
Times = NDArray[np.float64]


@dataclass(frozen=True)
class OnsetCounts:
    """How many onsets are right, were found, are true; errors of the right ones in seconds."""

    right: int = 0
    found: int = 0
    true: int = 0
    errors: tuple[float, ...] = ()

    def __add__(self, other: "OnsetCounts") -> "OnsetCounts":
        return OnsetCounts(
            self.right + other.right,
            self.found + other.found,
            self.true + other.true,
            self.errors + other.errors,
        )

    @property
    def precision(self) -> float:
        """Give the share of what was found that is right."""
        return self.right / max(1, self.found)

    @property
    def recall(self) -> float:
        """Give the share of the true ones that were found."""
        return self.right / max(1, self.true)

    @property
    def f(self) -> float:
        """Give the harmonic mean of precision and recall."""
        return 2 * self.right / max(1, self.found + self.true)

    @property
    def median_ms(self) -> float:
        """Give the median error of the right ones, in ms; NaN where there is none."""
        return 1000 * float(np.median(self.errors)) if self.errors else float("nan")


def count_matches(found: Sequence[float] | Times, true: Sequence[float] | Times) -> OnsetCounts:
    """Match found onsets with true ones, the nearest pairs first, each once."""
    pairs = sorted(
        (abs(f - t), i, j)
        for i, f in enumerate(found)
        for j, t in enumerate(true)
        if abs(f - t) <= TOLERANCE
    )
    used_found: set[int] = set()
    used_true: set[int] = set()
    errors = []
    for error, i, j in pairs:
        if i not in used_found and j not in used_true:
            used_found.add(i)
            used_true.add(j)
            errors.append(float(error))
    return OnsetCounts(len(errors), len(found), len(true), tuple(errors))


def find_peaks(moments: Times, curve: NDArray[np.float32], threshold: float) -> list[float]:
    """Find the highest points of a curve that lie `APART` from each other, of a height at least."""
    peaks: list[float] = []
    for t in np.argsort(-curve):
        if curve[t] < threshold:
            break
        around = curve[max(0, t - 1) : t + 2]
        if curve[t] >= around.max() and all(abs(moments[t] - p) >= APART for p in peaks):
            peaks.append(float(moments[t]))
    return sorted(peaks)
