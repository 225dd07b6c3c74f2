"""How onsets are scored: each true one is matched once, the nearest first."""

import math

import numpy as np
import pytest

from neuropil.apps.foley.lab.evaluation import OnsetCounts, count_matches, find_peaks


def test_matching_by_hand() -> None:
    """1.05 is nearer to 1.0 than 0.92 is, which is left over; 3.2 is too far from 3.0."""
    counts = count_matches([0.92, 1.05, 2.0, 3.2], [1.0, 2.03, 3.0, 5.0])
    assert (counts.right, counts.found, counts.true) == (2, 4, 4)
    assert sorted(counts.errors) == pytest.approx([0.03, 0.05])
    assert counts.precision == counts.recall == counts.f == 0.5
    assert counts.median_ms == pytest.approx(40)


def test_counts_add_up() -> None:
    total = count_matches([1.0], [1.0]) + count_matches([], [4.0, 5.0])
    assert (total.right, total.found, total.true) == (1, 1, 3)
    assert total.f == pytest.approx(0.5)
    assert math.isnan(OnsetCounts().median_ms)
    assert OnsetCounts().f == 0


def test_peaks_are_apart() -> None:
    moments = np.arange(100) / 25
    curve = np.zeros(100, np.float32)
    curve[[10, 12, 50, 80]] = 0.9, 0.8, 0.7, 0.4
    assert find_peaks(moments, curve, 0.5) == pytest.approx([0.4, 2.0])
