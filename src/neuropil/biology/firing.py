"""How fast a membrane fires under a constant current: thresholds and the f-I curve.

    I  current, µA/cm²      f  firing rate, Hz      V  voltage, mV      λ  eigenvalue, 1/ms

The squid axon is of Hodgkin's class 2 (J. Physiol. 107, 1948): as the current grows, firing sets in
at once at some fifty a second, while rest is still stable: both are possible, up to the current
at which rest becomes unstable (a Hopf bifurcation). At high currents sodium channels stay
inactivated and the membrane rests again, depolarized: the depolarization block.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neuropil.biology.membrane import (
    SQUID,
    Floats,
    Membrane,
    PatchRecording,
    derivatives,
    simulate,
    spike_times,
    steady_current,
    steady_state_gates,
)

SWING = 10.0  # mV: ripples smaller than this are no spikes
MOST = 1000.0  # µA/cm²
SHORTEST = 100.0  # ms
SETTLED = 0.4  # of the time simulated: what comes before is onset


def f_I_curve(currents: ArrayLike, *, ms: float = 300.0, membrane: Membrane = SQUID) -> Floats:
    """Measure the firing rate, Hz, that each current (N,), µA/cm², leads to in the end.

    Raises ValueError for less than 100 ms, in which no train settles, and for currents beyond 1000.
    """
    given = np.atleast_1d(np.asarray(currents, float))
    if not (np.abs(given) <= MOST).all() or not ms >= SHORTEST:
        raise ValueError(
            f"currents {given} over {ms} ms: give numbers from -{MOST:g} to {MOST:g} µA/cm²"
            f" and at least {SHORTEST:g} ms"
        )
    return sustained_rates(simulate(currents, ms, membrane=membrane))


def sustained_rates(recording: PatchRecording) -> Floats:
    """Measure the rates (N,), Hz, once the onset is over; 0 where spikes have died out."""
    late = recording.time >= SETTLED * recording.time[-1]
    time, voltages = recording.time[late], recording.voltage[late].T
    return np.array([_rate(time, voltage) for voltage in voltages])


def _rate(time: Floats, voltage: Floats) -> float:
    tail = voltage[-len(voltage) // 3 :]  # a train that dies out is none
    if np.ptp(tail) < SWING:
        return 0.0
    spikes = spike_times(time, voltage, float(tail.max() + tail.min()) / 2)
    return 1000 / float(np.diff(spikes).mean()) if len(spikes) > 1 else 0.0


def rheobase(membrane: Membrane = SQUID) -> float:
    """Find the least constant current, µA/cm², that makes one spike, to 0.01."""

    def fires(currents: Floats) -> NDArray[np.bool]:
        peaks: Floats = simulate(currents, 40, membrane=membrane).voltage.max(axis=0)
        return peaks > 0

    return _least(fires, 1.0, 5.0)


def repetitive_firing_threshold(membrane: Membrane = SQUID) -> float:
    """Find the least current, µA/cm², that, switched on at rest, makes spikes for ever, to 0.01."""

    def fires(currents: Floats) -> NDArray[np.bool]:
        return sustained_rates(simulate(currents, 400, step=0.05, membrane=membrane)) > 0

    return _least(fires, 4.0, 9.0)


def _least(fires: Callable[[Floats], NDArray[np.bool]], low: float, high: float) -> float:
    """Narrow down the least current that fires, twenty at a time."""
    for _ in range(2):
        tried = np.linspace(low, high, 21)
        first = int(np.argmax(fires(tried)))
        low, high = tried[max(first - 1, 0)], tried[first]
    return float(high)


def instability_range(membrane: Membrane = SQUID) -> tuple[float, float]:
    """Find between which currents, µA/cm², no rest is stable, by the eigenvalues of its slopes."""
    V = np.linspace(-64, -35, 1451)
    leading = np.array([_largest_real_part(v, membrane) for v in V])
    (ends,) = np.nonzero(np.diff(np.sign(leading)))
    part = leading[ends] / (leading[ends] - leading[ends + 1])
    first, last = steady_current(V[ends] + part * (V[1] - V[0]), membrane)
    return float(first), float(last)


def _largest_real_part(V: float, membrane: Membrane) -> float:
    """Give the largest real part of λ where the membrane is held at V: below 0 it is stable."""
    state = np.array([V, *steady_state_gates(V)])
    h = 1e-5
    moved = state[:, None] + h * np.concatenate((np.eye(4), -np.eye(4)), axis=1)
    changes = derivatives(moved, np.zeros(8), membrane)
    jacobian = (changes[:, :4] - changes[:, 4:]) / (2 * h)
    return float(np.linalg.eigvals(jacobian).real.max())
