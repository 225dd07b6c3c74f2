"""A synapse: a conductance that rises and decays after a spike, in series with a battery.

    g  conductance, µS      E  reversal potential, mV      V  voltage of the dendrite, mV
    I  = g (E - V)          current into the cell, nA: depolarizing above 0

    g(t) = g_peak · k (exp(-t/τd) - exp(-t/τr))        k such that the peak is g_peak
    t_peak = τr τd / (τd - τr) · ln(τd / τr)

The voltage goes towards E: above threshold a synapse excites, below it inhibits (Eccles 1964).
"""

import math
from dataclasses import dataclass

import numpy as np

from neuropil.biology.membrane import Floats


@dataclass(frozen=True)
class Synapse:
    """How a conductance goes: times in ms, the potential that it leads to in mV."""

    rise: float
    decay: float
    reversal: float

    def __post_init__(self) -> None:
        """Refuse times that make no peak, by ValueError."""
        if not 0 < self.rise < self.decay < math.inf:
            raise ValueError(
                f"a rise in {self.rise} ms and a decay in {self.decay} ms make no peak: "
                "rise must be above 0 and below decay, as Synapse(rise=0.5, decay=5, reversal=0)"
            )

    @property
    def peak_time(self) -> float:
        """Tell how long after the spike the conductance is largest, ms."""
        return self.rise * self.decay / (self.decay - self.rise) * math.log(self.decay / self.rise)

    @property
    def scale(self) -> float:
        """Give k, by which the difference of the exponentials gets a peak of 1."""
        t = self.peak_time
        return 1 / (math.exp(-t / self.decay) - math.exp(-t / self.rise))

    @property
    def area(self) -> float:
        """Give the area under g / g_peak, ms, which is how long the peak would have to last."""
        return self.scale * (self.decay - self.rise)

    def conductance(self, since: Floats) -> Floats:
        """Give g / g_peak at times since the spike, ms; nothing before it."""
        t = np.maximum(since, 0)
        shape: Floats = self.scale * (np.exp(-t / self.decay) - np.exp(-t / self.rise))
        return shape


EXCITATORY = Synapse(rise=0.5, decay=5.0, reversal=0.0)  # AMPA-like
INHIBITORY = Synapse(rise=0.5, decay=10.0, reversal=-80.0)  # GABA-A-like


def current(conductance: Floats, V: Floats, reversal: float | Floats) -> Floats:
    """Give the current into the cell, nA: depolarizing above 0."""
    return conductance * (reversal - V)
