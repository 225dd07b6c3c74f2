"""Rules of learning do what their theory says."""

from collections.abc import Callable

import numpy as np
import pytest

from neuropil.biology.membrane import Floats
from neuropil.biology.plasticity import STDP, hebb, oja, pairing_experiment

Rule = Callable[[Floats, Floats, float], Floats]


@pytest.fixture(scope="module")
def data() -> Floats:
    """Draw 2000 points in ten dimensions, with three directions of decreasing width."""
    rng = np.random.default_rng(0)
    axes, _ = np.linalg.qr(rng.normal(size=(10, 10)))
    widths = np.array([3.0, 2.0, 1.2, *[0.4] * 7])
    drawn: Floats = rng.normal(size=(2000, 10)) * widths @ axes.T
    drawn -= drawn.mean(axis=0)
    return drawn


@pytest.fixture(scope="module")
def principal(data: Floats) -> Floats:
    _, vectors = np.linalg.eigh(np.cov(data.T))
    return vectors[:, ::-1].T


def shown(rule: Rule, data: Floats, k: int, epochs: int, rate: float) -> Floats:
    W: Floats = np.random.default_rng(1).normal(0, 0.1, (k, 10))
    for epoch in range(epochs):
        for x in data:
            W = rule(W, x, rate / (1 + epoch) ** 2)
    return W


def test_oja_finds_the_first_component_and_keeps_its_length(
    data: Floats, principal: Floats
) -> None:
    w = shown(oja, data, 1, 6, 5e-3)[0]
    assert np.linalg.norm(w) == pytest.approx(1, abs=0.01)
    assert abs(w @ principal[0]) / np.linalg.norm(w) >= 0.999


def test_sanger_finds_them_in_order(data: Floats, principal: Floats) -> None:
    W = shown(oja, data, 3, 10, 5e-3)
    cosines = abs((W * principal[:3]).sum(axis=1)) / np.linalg.norm(W, axis=1)
    assert (cosines >= 0.999).all()


def test_hebb_diverges_in_the_direction_of_the_first_component(
    data: Floats, principal: Floats
) -> None:
    w = shown(hebb, data, 1, 3, 5e-4)[0]
    assert np.linalg.norm(w) > 10  # from 0.3
    assert abs(w @ principal[0]) / np.linalg.norm(w) >= 0.999


def test_traces_reproduce_the_window() -> None:
    timing = STDP()
    deltas = np.linspace(-100, 100, 81)
    np.testing.assert_allclose(
        pairing_experiment(deltas, timing), timing.window(deltas), atol=1e-12
    )


def test_window_has_the_times_of_bi_and_poo() -> None:
    deltas = np.array([5.0, 22.0, -5.0, -39.0])
    later, much_later, before, long_before = pairing_experiment(deltas, STDP())
    assert later / much_later == pytest.approx(np.e, rel=1e-9)  # 17 ms
    assert before / long_before == pytest.approx(np.e, rel=1e-9)  # 34 ms
    assert later > 0 > before


def test_all_pairs_count_and_simultaneous_spikes_are_none() -> None:
    timing = STDP()
    pre, post = np.array([0.0, 10.0, 30.0]), np.array([10.0, 12.0, 55.0])
    every_pair = timing.window(post[:, None] - pre).sum()
    assert timing.learn(pre, post) == pytest.approx(every_pair, rel=1e-12)
    assert timing.learn([5.0], [5.0]) == 0
    assert timing.learn([], [5.0]) == 0


def test_traces_have_to_fade() -> None:
    with pytest.raises(ValueError, match="above 0"):
        STDP(tau_plus=0)
