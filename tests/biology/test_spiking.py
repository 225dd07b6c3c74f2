"""A layer of spiking neurons finds the patterns that it is shown, by timing alone."""

import numpy as np
import pytest

from neuropil.biology.membrane import Floats
from neuropil.biology.spiking import (
    TARGET,
    SpikingLayer,
    T,
    class_tuning,
    geometric_schedule,
    spike_trains,
)

LABELS = np.arange(120) % 3


@pytest.fixture(scope="module")
def pictures() -> Floats:
    """Blur three patterns of 16 pixels: 120 pictures."""
    rng = np.random.default_rng(0)
    patterns = rng.random((3, 16)) > 0.5
    return np.clip(patterns[LABELS] + rng.normal(0, 0.15, (120, 16)), 0, 1)


@pytest.fixture(scope="module")
def layer(pictures: Floats) -> SpikingLayer:
    taught = SpikingLayer(16, neurons=9, seed=0)
    taught.thresholds *= 16 / 64  # as many fewer fibers
    taught.learn(pictures, epochs=3)
    return taught


def test_trains_have_the_rates_of_the_pixels() -> None:
    x = np.array([[0.0, 0.25, 1.0]])
    spikes = spike_trains(x, np.random.default_rng(0))
    assert spikes.shape == (T, 1, 6)
    expected = 0.1 * T * np.concatenate((x, 1 - x), axis=1)
    assert abs(spikes.sum(axis=0) - expected).max() <= 1


def test_neurons_come_to_prefer_one_pattern(layer: SpikingLayer, pictures: Floats) -> None:
    counts = layer.count(pictures, seed=1)
    shares = class_tuning(counts, LABELS, 3)
    firing = counts.sum(axis=0) > 0
    assert firing.sum() >= 3
    assert shares[firing].max(axis=1).mean() > 0.9
    assert ((counts @ shares).argmax(axis=1) == LABELS).mean() > 0.9


def test_learning_is_what_makes_them_prefer(layer: SpikingLayer, pictures: Floats) -> None:
    """A neuron's weights, shuffled after learning, say less."""
    scrambled = SpikingLayer(16, neurons=9, seed=0)
    scrambled.weights = np.random.default_rng(5).permuted(layer.weights, axis=1)
    scrambled.thresholds = layer.thresholds
    assert right(scrambled, pictures) < right(layer, pictures)
    assert right(layer, pictures) > 0.95


def right(layer: SpikingLayer, pictures: Floats) -> float:
    """Read other spikes of the pictures by each neuron's preference on half of them."""
    prefers = class_tuning(layer.count(pictures[:60], seed=1), LABELS[:60], 3)
    read = (layer.count(pictures[60:], seed=2) @ prefers).argmax(axis=1)
    return float((read == LABELS[60:]).mean())


def test_weights_become_what_is_seen(layer: SpikingLayer, pictures: Floats) -> None:
    winner = layer.count(pictures, seed=1).sum(axis=0).argmax()
    means = np.array([pictures[c == LABELS].mean(axis=0) for c in range(3)])
    alike = [np.corrcoef(layer.receptive_fields()[winner], mean)[0, 1] for mean in means]
    assert max(alike) > 0.9
    assert ((layer.weights >= 0) & (layer.weights <= 1)).all()


def test_thresholds_adapt_until_the_layer_spikes_as_often_as_it_should(pictures: Floats) -> None:
    layer = SpikingLayer(16, neurons=9, seed=0)
    layer.thresholds[:] = 8  # far too low
    before = layer.count(pictures, seed=1).sum(axis=1).mean()
    layer.learn(pictures, epochs=3)
    after = layer.count(pictures, seed=1).sum(axis=1).mean()
    assert before > 2.5 * TARGET
    assert after == pytest.approx(TARGET, rel=0.3)


def test_same_seed_same_weights(pictures: Floats) -> None:
    one, other = (SpikingLayer(16, neurons=5, seed=2) for _ in range(2))
    for layer in (one, other):
        layer.thresholds *= 16 / 64
        layer.learn(pictures[:30], epochs=1)
    np.testing.assert_array_equal(one.weights, other.weights)
    assert not np.array_equal(one.weights, SpikingLayer(16, neurons=5, seed=2).weights)


def test_rates_fall_by_equal_factors() -> None:
    assert [geometric_schedule(8, 2, part) for part in (0, 0.5, 1)] == pytest.approx([8, 4, 2])
