"""The leaky integrate-and-fire neuron (Lapicque 1907): the spike reduced to its moment.

    V  voltage, mV      I  current, nA      R  resistance, MΩ      τ  time constant, ms

    τ dV/dt = EL - V + R I;   where V reaches Vth a spike, then V = Vreset for t_ref

Between spikes V goes towards V∞ = EL + R I as an exponential, so that the moment of the next spike
has a closed form, and nothing depends on a step:

    t = τ ln((V∞ - V) / (V∞ - Vth))
    f = 1 / (t_ref + τ ln((V∞ - Vreset) / (V∞ - Vth)))
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neuropil.biology.membrane import Floats


@dataclass(frozen=True)
class LeakyIntegrateAndFire:
    """A leaky integrator with a threshold; as it stands, about a cortical pyramidal cell's size.

    Raises ValueError where reset, rest and threshold are not in this order, or times not positive.
    """

    tau: float = 20.0  # ms
    resistance: float = 100.0  # MΩ
    rest: float = -70.0  # mV
    threshold: float = -50.0  # mV
    reset: float = -70.0  # mV
    refractory: float = 2.0  # ms

    def __post_init__(self) -> None:
        """Refuse what is no neuron."""
        if not max(self.rest, self.reset) < self.threshold:
            raise ValueError(
                f"rest {self.rest} mV and reset {self.reset} mV must lie below the threshold, "
                f"{self.threshold} mV: give Leaky(rest=-70, reset=-70, threshold=-50)"
            )
        if not (self.tau > 0 and self.resistance > 0 and self.refractory >= 0):
            raise ValueError(
                f"tau {self.tau} ms and resistance {self.resistance} MΩ must be above 0, "
                f"refractory {self.refractory} ms not below"
            )

    def rate(self, current: float) -> float:
        """Give the firing rate, Hz, under a constant current, nA, in closed form."""
        interval = self.refractory + self._wait(self.reset, current)
        return 1000 / interval if interval else math.inf

    def spikes(self, currents: Sequence[float], piece_ms: float) -> Floats:
        """Find the moments of all spikes, ms, under currents, nA, that each last piece_ms.

        The neuron is at rest at 0 ms. The moments are exact, whatever the length of a piece.
        """
        if not 0 < piece_ms < math.inf:
            raise ValueError(f"pieces of {piece_ms} ms: give a time above 0, as 1.0")
        moments: list[float] = []
        V, free = self.rest, 0.0  # free: when the last refractory time is over
        for i, current in enumerate(currents):
            t, end = max(i * piece_ms, free), (i + 1) * piece_ms
            while t < end and (wait := self._wait(V, current)) <= end - t:
                moments.append(t + wait)
                V, free = self.reset, t + wait + self.refractory
                t = free
            if t < end:
                V = self._towards(V, current, end - t)
        return np.array(moments)

    def _wait(self, V: float, current: float) -> float:
        goal = self.rest + self.resistance * current
        if goal <= self.threshold:
            return math.inf
        return self.tau * math.log(max(1.0, (goal - V) / (goal - self.threshold)))

    def _towards(self, V: float, current: float, ms: float) -> float:
        goal = self.rest + self.resistance * current
        return goal + (V - goal) * math.exp(-ms / self.tau)
