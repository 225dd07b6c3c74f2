"""Measures against scikit-image and against values worked out by hand."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000

from neuropil.apps.colorize.lab.metrics import (
    chroma_histogram,
    ciede2000,
    color_metrics,
    colorfulness,
    histogram_distance,
    psnr,
)


def plain(*rgb: int) -> NDArray[np.uint8]:
    return np.full((4, 6, 3), rgb, np.uint8)


def test_ciede2000_agrees_with_scikit_image() -> None:
    rng = np.random.default_rng(4)
    low, high = [0, -100, -100], [100, 100, 100]
    one, other = (rng.uniform(low, high, (5000, 3)).astype(np.float32) for _ in "12")
    near = (one + rng.normal(0, 2, one.shape)).astype(np.float32)
    reference: Any = deltaE_ciede2000  # it has no types
    for second in (other, near):
        expected = reference(one.astype(np.float64), second.astype(np.float64))
        assert np.abs(ciede2000(one, second) - expected).max() < 1e-6


def test_ciede2000_of_published_pairs() -> None:
    pairs = [  # Sharma, Wu and Dalal 2005, table 1: numbers 1, 7, 14, 17, 23
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 0, 0), (50, -1, 2), 2.3669),
        ((50, -0.0010, 2.4900), (50, 0.0011, -2.4900), 4.7461),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((50, 2.5, 0), (50, 1.8634, 0.5757), 1.0),
    ]
    for one, other, expected in pairs:
        made = ciede2000(np.array([one], np.float32), np.array([other], np.float32))
        assert made[0] == pytest.approx(expected, abs=2e-4)


def test_psnr_by_hand() -> None:
    assert psnr(plain(10, 10, 10), plain(20, 20, 20)) == pytest.approx(28.1308, abs=1e-4)
    best = 10 * np.log10(12 * 255**2)  # what rounding to whole numbers costs
    assert psnr(plain(1, 2, 3), plain(1, 2, 3)) == pytest.approx(best)


def test_colorfulness_by_hand() -> None:
    assert colorfulness(plain(90, 90, 90)) == 0
    assert colorfulness(plain(255, 0, 0)) == pytest.approx(0.3 * np.hypot(255, 127.5))
    half = np.concatenate((plain(255, 0, 0), plain(0, 255, 0)))  # rg = ±255, yb = 127.5
    assert colorfulness(half) == pytest.approx(255 + 0.3 * 127.5)


def test_histograms_of_chroma() -> None:
    lab = np.array([[[50, 0.5, 0.5], [50, 0.5, 0.5], [50, 9, -9], [50, 500, 0.5]]], np.float32)
    counts = chroma_histogram(lab)
    assert counts.shape == (32, 32)
    assert (counts[16, 16], counts[17, 14], counts[31, 16]) == (0.5, 0.25, 0.25)
    other = chroma_histogram(lab[:, :2])
    assert histogram_distance(counts, counts) == 0
    assert histogram_distance(counts, other) == pytest.approx(0.5)
    assert histogram_distance(other, np.roll(other, 3)) == pytest.approx(1)


def test_scores_of_a_picture() -> None:
    red = color_metrics(plain(200, 30, 30), plain(200, 30, 30))
    assert (red.ciede2000, red.saturated) == (0, 1)
    assert red.histogram.sum() == pytest.approx(1)
    grey = color_metrics(plain(99, 99, 99), plain(200, 30, 30))
    assert (grey.saturated, grey.colorfulness) == (0, 0)
    assert grey.ciede2000 > 20
    assert grey.psnr < red.psnr
