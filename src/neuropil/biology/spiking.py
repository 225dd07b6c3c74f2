"""A layer of spiking neurons that learns pictures by the timing of spikes, untold what they are.

    B  pictures      P  pixels       n  neurons      T  milliseconds of a picture
    v  (n,) sum of what has come in  θ  (n,) threshold        W  (n, 2 P) weights, 0..1
    r  (2 P,) traces of spikes that came in

    each millisecond      v ← v e^(-1/τ) + W s,     r ← r e^(-1/τr) + s / (rate τr)
    a neuron with v ≥ θ   spikes, and by inhibition silences the others: v ← 0 for all
    its synapses          w ← w + η (r - w)       what came in just before grows, the rest shrinks
    after a picture       θ ← θ + γ (spikes - TARGET / n)     so that all fire equally often

After Diehl and Cook (Front. Comput. Neurosci. 9:99, 2015) and Querlioz et al. (IEEE Trans.
Nanotechnology 12:288, 2013): timing is read off traces when the neuron itself spikes, a winner
takes all, and thresholds adapt. As in the eye, a pixel has an ON and an OFF fiber (x and 1 - x), so
that every picture brings as many spikes. Their trains are regular, of random phase.
"""

import math

import numpy as np
from numpy.typing import NDArray

from neuropil.biology.membrane import Floats

NEURONS = 200
EPOCHS = 6
T = 100  # ms
TOP = 0.1  # spikes per ms of a white pixel's ON fiber
TAU, TAU_TRACE = 100.0, 50.0  # ms
THRESHOLD = 115.0  # at the beginning, about what is reached in 50 ms
TARGET = 2.0  # spikes of the whole layer per picture
LEARNING = (0.2, 0.02)  # η from the first to the last picture
ADAPTING = (3.0, 0.3)  # γ likewise


class SpikingLayer:
    """Neurons with their weights (n, 2 P) and thresholds (n,)."""

    def __init__(self, pixels: int, neurons: int = NEURONS, seed: int = 0) -> None:
        """Draw weights between 0.3 and 0.7."""
        self.rng = np.random.default_rng(seed)
        self.weights: Floats = self.rng.uniform(0.3, 0.7, (neurons, 2 * pixels))
        self.thresholds = np.full(neurons, THRESHOLD)

    def learn(self, pictures: Floats, epochs: int) -> None:
        """Show pictures (B, P), 0..1, in random order, so many times each."""
        shown = epochs * len(pictures)
        order = np.concatenate([self.rng.permutation(len(pictures)) for _ in range(epochs)])
        for i, picture in enumerate(order):
            eta, gamma = (geometric_schedule(*ends, i / shown) for ends in (LEARNING, ADAPTING))
            spikes = self._watch(spike_trains(pictures[picture], self.rng), eta)
            self.thresholds += gamma * (spikes - TARGET / len(spikes))

    def _watch(self, arriving: NDArray[np.bool], eta: float) -> Floats:
        """Let a picture's spikes (T, 2 P) come in, learn from them, and count one's own (n,)."""
        keep, keep_trace = np.exp(-1 / TAU), np.exp(-1 / TAU_TRACE)
        v, count = np.zeros((2, len(self.weights)))
        trace = np.zeros(arriving.shape[1])
        for s in arriving.astype(float):
            trace = keep_trace * trace + s / (TOP * TAU_TRACE)
            v = keep * v + self.weights @ s
            winner = int(np.argmax(v - self.thresholds))
            if v[winner] >= self.thresholds[winner]:
                w = self.weights[winner]
                self.weights[winner] = np.clip(w + eta * (trace - w), 0, 1)
                count[winner] += 1
                v[:] = 0
        return count

    def count(self, pictures: Floats, seed: int) -> Floats:
        """Count the spikes (B, n) that pictures (B, P) call forth, without learning."""
        rng = np.random.default_rng(seed)
        parts = np.array_split(pictures, len(pictures) // 256 + 1)  # as much as fits into memory
        return np.concatenate([self._respond(spike_trains(part, rng)) for part in parts])

    def _respond(self, arriving: NDArray[np.bool]) -> Floats:
        T, B, _ = arriving.shape
        v, count = np.zeros((2, B, len(self.weights)), np.float32)
        weights = self.weights.T.astype(np.float32)
        for s in arriving.astype(np.float32):
            v = np.float32(np.exp(-1 / TAU)) * v + s @ weights
            above = v - self.thresholds
            winner = above.argmax(axis=1)
            (fired,) = np.nonzero(above[np.arange(B), winner] >= 0)
            count[fired, winner[fired]] += 1
            v[fired] = 0
        return count

    def receptive_fields(self) -> Floats:
        """Show what each neuron waits for, (n, P): ON less OFF weights, -1..1."""
        on, off = np.split(self.weights, 2, axis=1)
        return on - off


def geometric_schedule(first: float, last: float, part: float) -> float:
    """Go from the first rate to the last by equal factors."""
    return first * math.exp(part * math.log(last / first))


def spike_trains(pictures: Floats, rng: np.random.Generator) -> NDArray[np.bool]:
    """Turn pictures (..., P), 0..1, into spikes (T, ..., 2 P): when the phase passes a whole."""
    rate = TOP * np.concatenate((pictures, 1 - pictures), axis=-1)
    phase = rng.random(rate.shape) + np.multiply.outer(np.arange(T + 1), rate)
    spikes: NDArray[np.bool] = np.diff(np.floor(phase), axis=0) > 0
    return spikes


def class_tuning(counts: Floats, labels: NDArray[np.integer], classes: int) -> Floats:
    """Measure how each neuron's spikes (B, n) were shared by the classes: (n, classes)."""
    means = np.array([counts[labels == c].mean(axis=0) for c in range(classes)]).T
    shares: Floats = means / np.maximum(means.sum(axis=1, keepdims=True), 1e-9)
    return shares
