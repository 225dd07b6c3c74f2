"""Cables of excitable membrane in time: channels, synapses and spread, each solved exactly in turn.

    V  voltage (N, B), mV          gates  m, h, n (3, N, B)          N  nodes, B  trials at once
    g  conductance (N, B), µS      drive  Σ g E + I (N, B), nA       step  ms

    C dV/dt = drive - g V    through the membrane, gates held:  V∞ + (V - V∞) exp(-g step / C)
    dV/dt   = -C⁻¹ G V       along the cables:                  `cable.spread`
    dx/dt   = α (1 - x) - β x    gates, V held:                 x∞ + (x - x∞) exp(-(α + β) step)

Each is half done, then the others, then the other half (Strang 1968): of second order in the step.
Halves of two steps that meet are done as one.
"""

from dataclasses import dataclass

import numpy as np

from neuropil.biology.cable import CableTree, propagator
from neuropil.biology.membrane import REST, Floats, Membrane, gating_rates, steady_state_gates


@dataclass
class CompartmentModel:
    """Nodes with their channels, and where they are: V (N, B), gates (3, N, B)."""

    tree: CableTree
    membrane: Membrane  # of excitable nodes
    active: Floats  # (N,) 1 where the membrane has sodium and potassium channels, else 0
    passive_leak: float  # mS/cm² where it has none, towards rest
    step: float  # ms
    trials: int = 1  # B

    def __post_init__(self) -> None:
        """Put everything at rest, the gates half a step ahead of the voltage."""
        density = 1e3 * self.tree.area * self.active  # µS per mS/cm²
        resting = 1e3 * self.tree.area * (1 - self.active) * self.passive_leak
        self.na, self.k = (g * density[:, None] for g in (self.membrane.g_na, self.membrane.g_k))
        leak = self.membrane.g_leak * density
        self.leak = (leak + resting)[:, None]
        self.leak_drive = (leak * self.membrane.e_leak + resting * REST)[:, None]
        self.per_half = -self.step / (2e3 * self.membrane.capacitance * self.tree.area[:, None])
        self.along = propagator(self.tree, self.membrane.capacitance, self.step)
        self.V = np.full((len(density), self.trials), REST)
        self.gates = steady_state_gates(self.V)

    def channels(self) -> tuple[Floats, Floats]:
        """Give conductance, µS, and drive, nA, of all channels (N, B) with gates as they are."""
        m, h, n = self.gates
        na = self.na * (m * m * m * h)
        k = self.k * np.square(n * n)
        drive = na * self.membrane.e_na + k * self.membrane.e_k + self.leak_drive
        return na + k + self.leak, drive

    def advance(self, begin: tuple[Floats, Floats], end: tuple[Floats, Floats]) -> None:
        """Take a step, given conductance and drive of synapses and electrodes at both its ends."""
        g, drive = self.channels()
        self._through(g + begin[0], drive + begin[1])
        self.V = self.along @ self.V
        self._through(g + end[0], drive + end[1])
        self._turn_gates()

    def _through(self, g: Floats, drive: Floats) -> None:
        goal = drive / g
        self.V = goal + (self.V - goal) * np.exp(self.per_half * g)

    def _turn_gates(self) -> None:
        alpha, beta = gating_rates(self.V)
        total = alpha + beta
        goal = alpha / total
        self.gates -= goal
        self.gates *= np.exp(total * (-self.step * self.membrane.speedup))
        self.gates += goal
