"""A patch of excitable membrane: the squid axon of Hodgkin and Huxley (J. Physiol. 117, 1952).

    V        voltage inside against outside, mV         t        time, ms
    m, h, n  open gates, 0..1                           I        current, µA/cm²
    N        patches computed at once                   T        moments recorded

    C dV/dt = I - gNa m³h (V - ENa) - gK n⁴ (V - EK) - gL (V - EL)       (their equation 26)
    dx/dt   = φ (αₓ(V) (1 - x) - βₓ(V) x)     for x = m, h, n            (equations 7, 15, 16)
    φ       = 3^((°C - 6.3) / 10)                                        (page 524)

The voltage is in today's convention, rest at -65 mV: V = -65 - (theirs). Time goes in steps of the
classical Runge-Kutta method, of fourth order.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Membrane:
    """What a square centimeter of membrane is made of; as it stands, the squid axon's."""

    capacitance: float = 1.0  # µF/cm²
    g_na: float = 120.0  # mS/cm², sodium, all gates open
    g_k: float = 36.0  # mS/cm², potassium
    g_leak: float = 0.3  # mS/cm²
    e_na: float = 50.0  # mV
    e_k: float = -77.0  # mV
    e_leak: float = -54.387  # mV, such that no current flows at -65 mV
    celsius: float = 6.3

    @property
    def speedup(self) -> float:
        """Tell how much faster gates are than at 6.3 °C: φ."""
        return float(3 ** ((self.celsius - 6.3) / 10))

    def ionic(self, V: Floats, gates: Floats) -> Floats:
        """Sum the outward currents through all channels, µA/cm², for gates (3, ...)."""
        m, h, n = gates
        sodium = self.g_na * (m * m * m * h) * (V - self.e_na)  # powers are slow, products fast
        potassium = self.g_k * np.square(n * n) * (V - self.e_k)
        total: Floats = sodium + potassium + self.g_leak * (V - self.e_leak)
        return total


SQUID = Membrane()
REST = -65.0  # mV

# The exponents in the rates αm, αh, αn, βm, βh, βn are shift - u / width: all six at once.
INVERSE_WIDTHS = 1 / np.array([10.0, 20.0, 10.0, 18.0, 10.0, 80.0])  # per mV
SHIFTS = np.array([2.5, 0.0, 1.0, 0.0, 3.0, 0.0])
NEXT_TO_NOTHING = 1e-12


@dataclass(frozen=True)
class PatchRecording:
    """What was seen of N patches at T moments: time (T,) ms, voltage (T, N) mV, gates (T, 3, N)."""

    time: Floats
    voltage: Floats
    gates: Floats


def gating_rates(V: Floats) -> tuple[Floats, Floats]:
    """Tell how fast gates m, h, n open (α) and close (β) at 6.3 °C: two (3, ...), per ms.

    Hodgkin and Huxley's equations 12, 13, 20, 21, 23 and 24, whose u is -V there:

        αm = 0.1 (25 - u) / (exp((25 - u) / 10) - 1)      βm = 4 exp(-u / 18)
        αh = 0.07 exp(-u / 20)                            βh = 1 / (exp((30 - u) / 10) + 1)
        αn = 0.01 (10 - u) / (exp((10 - u) / 10) - 1)     βn = 0.125 exp(-u / 80)
    """
    u = V - REST
    x = np.multiply.outer(-INVERSE_WIDTHS, u)
    x += SHIFTS.reshape(-1, *(1,) * u.ndim)
    x += NEXT_TO_NOTHING * (x == 0)  # 0 / (exp(0) - 1) is nothing, its limit is 1
    less_one = np.expm1(x)
    alpha = np.array((x[0] / less_one[0], 0.07 + 0.07 * less_one[1], 0.1 * x[2] / less_one[2]))
    beta = np.array((4 + 4 * less_one[3], 1 / (less_one[4] + 2), 0.125 + 0.125 * less_one[5]))
    return alpha, beta


def steady_state_gates(V: ArrayLike) -> Floats:
    """Give the gates (3, ...) that a voltage held for long leads to: α / (α + β)."""
    alpha, beta = gating_rates(np.asarray(V, float))
    return alpha / (alpha + beta)


def steady_current(V: ArrayLike, membrane: Membrane = SQUID) -> Floats:
    """Give the current, µA/cm², that holds the membrane at V for long; at rest it is zero."""
    held = np.asarray(V, float)
    return membrane.ionic(held, steady_state_gates(held))


def derivatives(state: Floats, current: Floats, membrane: Membrane) -> Floats:
    """Compute d/dt of the state (4, N), which is V, m, h, n."""
    V, gates = state[0], state[1:]
    alpha, beta = gating_rates(V)
    change = np.empty_like(state)
    change[0] = (current - membrane.ionic(V, gates)) / membrane.capacitance
    change[1:] = membrane.speedup * (alpha * (1 - gates) - beta * gates)
    return change


def simulate(
    current: ArrayLike,
    ms: float,
    *,
    shock: ArrayLike = 0.0,
    step: float = 0.025,
    membrane: Membrane = SQUID,
) -> PatchRecording:
    """Follow patches at rest under constant currents (N,), µA/cm², switched on at 0 ms.

    shock: mV by which the voltage is displaced at 0 ms, as by a very short pulse, for each patch
    step: ms, at most 0.05. Raises ValueError for other steps, or where nothing would be simulated.
    """
    current, shock = np.broadcast_arrays(
        np.atleast_1d(np.asarray(current, float)), np.asarray(shock, float)
    )
    check_time(ms, step)
    rest = np.full(current.shape, REST)
    state = np.concatenate(((rest + shock)[None], steady_state_gates(rest)))
    states = np.empty((round(ms / step) + 1, *state.shape))
    states[0] = state
    for i in range(1, len(states)):
        states[i] = state = runge_kutta(state, current, step, membrane)
    return PatchRecording(step * np.arange(len(states)), states[:, 0], states[:, 1:])


def check_time(ms: float, step: float) -> None:
    """Refuse times that can't be simulated, by ValueError."""
    if not 0 < step <= 0.05:
        raise ValueError(f"a step of {step} ms: spikes need more than 0 and at most 0.05, as 0.025")
    if not step <= ms <= 1e5:
        raise ValueError(f"{ms} ms can't be simulated: give from {step} to 100000, as 50")


def runge_kutta(state: Floats, current: Floats, step: float, membrane: Membrane) -> Floats:
    """Take one step of the classical method: four slopes, the middle ones counted twice."""
    first = derivatives(state, current, membrane)
    second = derivatives(state + step / 2 * first, current, membrane)
    third = derivatives(state + step / 2 * second, current, membrane)
    fourth = derivatives(state + step * third, current, membrane)
    return state + step / 6 * (first + 2 * second + 2 * third + fourth)


def spike_times(time: Floats, voltage: Floats, level: float = 0.0) -> Floats:
    """Find when a voltage (T,) rises through a level, mV: moments between samples, ms."""
    before, after = voltage[:-1], voltage[1:]
    (i,) = np.nonzero((before < level) & (after >= level))
    part = (level - before[i]) / (after[i] - before[i])
    return time[i] + part * (time[i + 1] - time[i])
