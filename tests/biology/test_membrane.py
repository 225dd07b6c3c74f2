"""The squid's membrane does what Hodgkin and Huxley's equations are known to do."""

import math

import numpy as np
import pytest

from neuropil.biology.membrane import (
    SQUID,
    Membrane,
    gating_rates,
    simulate,
    spike_times,
    steady_current,
    steady_state_gates,
)


def peak(shock: float) -> float:
    return float(simulate(0, 20, shock=shock).voltage[1:].max())


def test_rest_is_at_minus_65() -> None:
    V = np.linspace(-80, -50, 3001)
    root = V[np.argmax(steady_current(V) > 0)]
    assert root == pytest.approx(-65, abs=0.02)
    assert simulate(0, 50).voltage[-1, 0] == pytest.approx(-65, abs=0.02)


def test_returns_to_rest() -> None:
    assert simulate(0, 60, shock=-10).voltage[-1, 0] == pytest.approx(-65, abs=0.05)


def test_rates_at_rest_by_hand() -> None:
    alpha, beta = gating_rates(np.array(-65.0))
    known_alpha = [2.5 / (math.exp(2.5) - 1), 0.07, 0.1 / (math.e - 1)]
    np.testing.assert_allclose(alpha, known_alpha, rtol=1e-12)
    np.testing.assert_allclose(beta, [4, 1 / (math.exp(3) + 1), 0.125], rtol=1e-11)
    gates = steady_state_gates(-65.0)
    np.testing.assert_allclose(gates, [0.0529, 0.5961, 0.3177], atol=5e-5)


@pytest.mark.parametrize(("V", "gate", "limit"), [(-40.0, 0, 1.0), (-55.0, 2, 0.1)])
def test_rates_where_the_formula_is_nothing_by_nothing(V: float, gate: int, limit: float) -> None:
    alpha, _ = gating_rates(np.array([V - 1e-6, V, V + 1e-6]))
    np.testing.assert_allclose(alpha[gate], limit, rtol=1e-6)
    assert alpha[gate, 0] < alpha[gate, 1] < alpha[gate, 2]


def test_spike_and_what_follows_it() -> None:
    V = simulate(0, 30, shock=15).voltage[:, 0]
    assert V.max() == pytest.approx(40, abs=3)
    after = V[V.argmax() :].min()
    assert -77 < after < -75  # towards potassium's -77 mV, below rest


def test_all_or_none() -> None:
    """Their figure 12: 6 mV fade away, 7 mV make a spike, which 90 mV make little larger."""
    assert peak(6) < -55
    assert peak(7) > 35
    assert peak(15) - peak(7) < 5
    assert peak(40) - peak(15) < 5


def test_step_is_of_fourth_order() -> None:
    def at_end(step: float) -> float:
        return float(simulate(10, 2.0, step=step).voltage[-1, 0])  # on the upstroke

    exact = at_end(0.0015625)
    errors = [abs(at_end(step) - exact) for step in (0.05, 0.025, 0.0125)]
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert (orders > 3.5).all()
    assert errors[1] < 5e-3  # mV, where it rises by 300 mV a ms


def test_same_spikes_as_other_simulators() -> None:
    """NEURON 9.0.2, `hh`, CVODE at 1e-9; Brian2 2.9.0, rk4, 0.01 ms, is within 2e-5 ms of it."""
    neuron = [1.90097, 16.82258, 31.47183, 46.10900, 60.74528]
    run = simulate(10, 65, step=0.01)
    np.testing.assert_allclose(spike_times(run.time, run.voltage[:, 0]), neuron, atol=5e-5)
    assert run.voltage.max() == pytest.approx(40.2687, abs=2e-3)
    assert run.voltage.min() == pytest.approx(-75.0781, abs=2e-4)


def test_warmth_shortens_spikes() -> None:
    assert Membrane(celsius=16.3).speedup == pytest.approx(3)

    def width(membrane: Membrane) -> float:
        run = simulate(0, 10, shock=30, membrane=membrane)
        return float(0.025 * (run.voltage > -20).sum())

    assert width(Membrane(celsius=16.3)) < 0.6 * width(SQUID)


def test_many_at_once_are_as_one() -> None:
    together = simulate([0, 10, 20], 20).voltage
    alone = simulate(10, 20).voltage
    np.testing.assert_array_equal(together[:, 1:2], alone)


@pytest.mark.parametrize("step", [0, -1, 0.1, math.nan])
def test_steps_that_are_refused(step: float) -> None:
    with pytest.raises(ValueError, match="step"):
        simulate(10, 50, step=step)


@pytest.mark.parametrize("ms", [0, -5, math.nan, 1e9])
def test_times_that_are_refused(ms: float) -> None:
    with pytest.raises(ValueError, match="simulated"):
        simulate(10, ms)
