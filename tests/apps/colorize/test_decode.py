"""From logits to colors, doubt and places worth asking about."""

import numpy as np
import pytest

from neuropil.apps.colorize.decode import (
    affinity,
    mean_color,
    probabilities,
    rank_hint_cells,
    uncertainty,
)

PALETTE = np.array([[0, 0], [30, 0], [0, 40]], np.float32)


def test_probabilities_sum_to_1() -> None:
    logits = np.random.default_rng(1).normal(0, 300, (2, 9, 4, 5)).astype(np.float32)
    p = probabilities(logits)
    assert p.dtype == np.float32
    assert np.allclose(p.sum(axis=1), 1)
    assert (p.argmax(axis=1) == logits.argmax(axis=1)).all()


def test_temperature_sharpens() -> None:
    logits = np.log(np.array([0.5, 0.3, 0.2], np.float32)).reshape(1, 3, 1, 1)
    assert probabilities(logits).ravel() == pytest.approx([0.5, 0.3, 0.2])
    squares = np.array([0.25, 0.09, 0.04])  # p^(1/T) at T = 1/2
    assert probabilities(logits, 0.5).ravel() == pytest.approx(squares / squares.sum())
    assert probabilities(logits, 0.01).ravel() == pytest.approx([1, 0, 0], abs=1e-6)


def test_mean_and_doubt_of_two_colors_by_hand() -> None:
    p = np.array([0.0, 0.6, 0.4], np.float32).reshape(1, 3, 1, 1)
    assert mean_color(p, PALETTE)[0, 0, 0].tolist() == pytest.approx([18, 16])
    apart = 30**2 + 40**2  # squared distance; the variance is 0.6 * 0.4 of it
    assert uncertainty(p, PALETTE)[0, 0, 0] == pytest.approx((0.24 * apart) ** 0.5)


def test_a_certain_color_has_no_doubt() -> None:
    p = np.array([0.0, 0.0, 1.0], np.float32).reshape(1, 3, 1, 1)
    assert uncertainty(p, PALETTE)[0, 0, 0] == pytest.approx(0, abs=1e-2)


def test_the_places_worth_asking_about() -> None:
    light = np.full((24, 36), 30, np.float32)
    light[:, 18:] = 80
    uncertain = np.zeros_like(light)
    uncertain[8:16, 4:12] = 20  # a large thing in doubt to the left,
    uncertain[10:13, 26:29] = 20  # a small one to the right
    first, second = rank_hint_cells(uncertain, affinity(light), 2)
    assert 8 <= first[0] < 16
    assert 4 <= first[1] < 12
    assert second[1] >= 18  # what the first hint settles is not asked again
    assert rank_hint_cells(uncertain, affinity(light), 0) == []
