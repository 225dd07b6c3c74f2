"""Four rules learn the same digits: Hebb, Oja, timing of spikes, gradients.

    N  digits      P  pixels, 64      C  classes, 10      k  features
    x  (N, P) 0..1      t  (N, C) 1 where it is this class, else 0      W  (C, P) or (C, k)

    train_hebb     W = Σ t xᵀ, rows of length 1: a teacher makes the class's neuron fire, and each
                   synapse counts how often its pixel fired with it
    train_oja      features y = V x by Sanger's form of Oja's rule, untaught, each brought to the
                   same loudness; then Hebb from features to classes
    train_stdp     spikes, untaught (`spiking`); then each neuron is asked what it fires for
    train_backprop gradients of the loss through two layers (`neuropil.core`)

Each function takes digits to learn from and a seed, and returns what it learned. How strongly, how
long, how many: chosen on every fifth of the digits for training, never on those for testing.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropil.biology.membrane import Floats
from neuropil.biology.plasticity import oja
from neuropil.biology.spiking import EPOCHS, SpikingLayer, class_tuning, geometric_schedule
from neuropil.core import Dense, Network, Sigmoid

Labels = NDArray[np.int64]

CLASSES = 10
FEATURES = 24  # k
OJA_EPOCHS = 20
OJA_RATE = (0.02, 0.001)  # from the first to the last digit
HIDDEN = 32
BACKPROP_EPOCHS = 100


@dataclass(frozen=True)
class TrainedClassifier:
    """What a rule made of its synapses.

    classify: reads (N, P) -> labels (N,). pictures: (n, 8, 8), what the n neurons wait for.
    synapses: how many weights were learned. seconds: how long that took.
    """

    classify: Callable[[Floats], Labels]
    pictures: Floats
    synapses: int
    seconds: float


def train_hebb(x: Floats, labels: Labels, seed: int) -> TrainedClassifier:
    """Associate pixels with classes by Hebb's rule; nothing is drawn, so seeds change nothing."""
    began = time.perf_counter()
    W = hebbian_weights(x, labels)
    seconds = time.perf_counter() - began
    return TrainedClassifier(
        lambda shown: most_active_class(shown @ W.T), weight_images(W), W.size, seconds
    )


def hebbian_weights(x: Floats, labels: Labels) -> Floats:
    """Sum Hebb's growth, teacher times input, over all digits; scale each row to length 1."""
    teacher = np.eye(CLASSES)[labels]
    W = teacher.T @ x
    scaled: Floats = W / np.linalg.norm(W, axis=1, keepdims=True)
    return scaled


def train_oja(x: Floats, labels: Labels, seed: int) -> TrainedClassifier:
    """Find principal components by Oja's rule, then associate them with classes by Hebb's."""
    began = time.perf_counter()
    mean = x.mean(axis=0)
    V = sanger_components(x - mean, np.random.default_rng(seed))
    loud = ((x - mean) @ V.T).std(axis=0)
    W = hebbian_weights((x - mean) @ V.T / loud, labels)
    seconds = time.perf_counter() - began

    def classify(shown: Floats) -> Labels:
        return most_active_class((shown - mean) @ V.T / loud @ W.T)

    return TrainedClassifier(classify, weight_images(V), V.size + W.size, seconds)


def sanger_components(centered: Floats, rng: np.random.Generator) -> Floats:
    """Turn k random vectors into the first principal components (k, P), one digit at a time."""
    N, P = centered.shape
    V: Floats = rng.normal(0, 0.1, (FEATURES, P))
    for epoch in range(OJA_EPOCHS):
        rate = geometric_schedule(*OJA_RATE, epoch / OJA_EPOCHS)
        for i in rng.permutation(N):
            V = oja(V, centered[i], rate)
    return V


def train_stdp(x: Floats, labels: Labels, seed: int) -> TrainedClassifier:
    """Let spiking neurons learn by timing alone, then ask each what it fires for."""
    began = time.perf_counter()
    layer = SpikingLayer(x.shape[1], seed=seed)
    layer.learn(x, EPOCHS)
    prefers = class_tuning(layer.count(x, seed + 1), labels, CLASSES)
    seconds = time.perf_counter() - began

    def classify(shown: Floats) -> Labels:
        return most_active_class(layer.count(shown, seed + 2) @ prefers)

    return TrainedClassifier(
        classify, weight_images(layer.receptive_fields()), layer.weights.size, seconds
    )


def train_backprop(x: Floats, labels: Labels, seed: int) -> TrainedClassifier:
    """Learn two layers by gradients, Adam, cross-entropy."""
    began = time.perf_counter()
    hidden = Dense(x.shape[1], HIDDEN)
    network = Network(hidden, Sigmoid(), Dense(HIDDEN, CLASSES), seed=seed)
    network.fit(x, labels, epochs=BACKPROP_EPOCHS, seed=seed)
    seconds = time.perf_counter() - began
    synapses = x.shape[1] * HIDDEN + HIDDEN * CLASSES
    pictures = weight_images(np.asarray(hidden.weight.value))
    return TrainedClassifier(
        lambda shown: most_active_class(network.predict(shown)), pictures, synapses, seconds
    )


RULES: dict[str, Callable[[Floats, Labels, int], TrainedClassifier]] = {
    "hebb": train_hebb,
    "oja": train_oja,
    "stdp": train_stdp,
    "backprop": train_backprop,
}


def accuracy(learned: TrainedClassifier, x: Floats, labels: Labels) -> float:
    """Count for how many of x (N, P) the right class is read: 0..1."""
    return float((learned.classify(x) == labels).mean())


def most_active_class(outputs: Floats) -> Labels:
    """Read the class (N,) whose neuron is the most active, of (N, C)."""
    read: Labels = outputs.argmax(axis=1)
    return read


def weight_images(weights: Floats) -> Floats:
    """Lay rows of weights (n, P) out as square pictures (n, √P, √P)."""
    n, P = weights.shape
    side = round(P**0.5)
    return weights.reshape(n, side, side)
