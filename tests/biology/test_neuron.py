"""The biological and the artificial neuron make of the same inputs what they should."""

import dataclasses
import math
from collections.abc import Iterable, Iterator

import numpy as np
import pytest

from neuropil.biology.neuron import (
    NeuronRecording,
    bias_current,
    firing_rates,
    poisson_spike_times,
    sigmoid,
    simulate,
)


@pytest.fixture(scope="module")
def trace() -> NeuronRecording:
    return simulate([0.4, 0.9, 0.0], [4.0, -2.0, 3.0], 0.5, ms=100, seed=3)


def test_shapes(trace: NeuronRecording) -> None:
    M = len(trace.time)
    assert M == 1001
    assert trace.conductances.shape == trace.dendritic_currents.shape == (3, M)
    assert trace.axon.shape == (len(trace.axon_places), M)
    assert trace.dendrites.shape == (8, M)
    for one in (trace.soma, trace.next_conductance, trace.next_soma):
        assert one.shape == (M,)


def test_same_seed_same_trace(trace: NeuronRecording) -> None:
    again = simulate([0.4, 0.9, 0.0], [4.0, -2.0, 3.0], 0.5, ms=100, seed=3)
    for field in dataclasses.fields(NeuronRecording):
        one, other = getattr(trace, field.name), getattr(again, field.name)
        for a, b in zip(one, other, strict=True) if field.name == "spike_times" else [(one, other)]:
            np.testing.assert_array_equal(a, b)
    other_seed = simulate([0.4, 0.9, 0.0], [4.0, -2.0, 3.0], 0.5, ms=100, seed=4)
    assert not np.array_equal(trace.soma, other_seed.soma)


def test_artificial_neuron_on_the_same_inputs(trace: NeuronRecording) -> None:
    assert trace.z == pytest.approx(0.4 * 4 - 0.9 * 2 + 0.5, abs=1e-15)
    assert trace.a == pytest.approx(1 / (1 + math.exp(-trace.z)), abs=1e-15)
    assert sigmoid(-1000) == 0
    assert sigmoid(1000) == 1


def test_sign_of_a_weight_is_the_sign_of_its_current(trace: NeuronRecording) -> None:
    assert trace.dendritic_currents[0].max() > 0.1
    assert trace.dendritic_currents[1].min() < -0.01
    assert not trace.dendritic_currents[2].any()
    assert len(trace.spike_times[2]) == 0


def test_current_is_conductance_times_driving_force(trace: NeuronRecording) -> None:
    for i, reversal in ((0, 0.0), (1, -80.0)):
        expected = trace.conductances[i] * (reversal - trace.dendrites[i])
        np.testing.assert_allclose(trace.dendritic_currents[i], expected, atol=1e-12)


def test_inhibition_keeps_the_neuron_silent() -> None:
    excited = simulate([1, 1], [6, 0], ms=200)
    inhibited = simulate([1, 1], [6, -12], ms=200)
    assert excited.firing_rate > 2 * inhibited.firing_rate
    assert simulate([1], [-5], ms=60).firing_rate == 0


def test_bias_alone_can_fire_it_and_the_next_cell_follows() -> None:
    run = simulate([0], [1], 5, ms=60)
    assert len(run.spikes) >= 3
    after = run.next_spikes - run.spikes[: len(run.next_spikes)]
    assert len(run.next_spikes) >= len(run.spikes) - 1
    assert ((after > 5) & (after < 10)).all()
    assert run.firing_rate == pytest.approx(1000 * len(run.spikes) / 60)


def test_bias_current_is_the_mean_of_unit_input() -> None:
    spikes = poisson_spike_times(np.ones(1), 1e6, np.random.default_rng(0))[0]
    assert len(spikes) == pytest.approx(5 * 100_000, rel=0.01)  # five fibers
    kernel_ms = 4.5 * (0.1 ** (-1 / 9)) / (1 - 0.1)  # k (τd - τr), τr/τd = 0.1, by hand
    assert bias_current() == pytest.approx(60 * 5e-3 * kernel_ms * 0.1, rel=1e-9)


def test_response_is_an_S() -> None:
    f = firing_rates([-5, 0, 2, 4, 6, 9], ms=400)
    assert f[:2].tolist() == [0, 0]
    assert f[2] < f[3] < f[5]
    assert 35 < f[5] < 80
    np.testing.assert_array_equal(
        firing_rates([-5, 0, 2], ms=100), firing_rates([-5, 0, 2], ms=100)
    )


def test_halving_the_step_quarters_the_error() -> None:
    runs = [simulate([1, 1], [3, 3], ms=30, step=step) for step in (0.05, 0.025, 0.0125)]
    coarse, fine, finest = (run.spikes[:2] for run in runs)
    ratio = (coarse - fine) / (fine - finest)
    assert np.log2(ratio) == pytest.approx(2, abs=0.3)
    assert abs(coarse - finest).max() < 0.2  # ms


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"inputs": [0.5]}, "two lists"),
        ({"inputs": [], "weights": []}, "two lists"),
        ({"inputs": [0.5, 1.5]}, "from 0 to 1"),
        ({"inputs": [0.5, math.nan]}, "from 0 to 1"),
        ({"weights": [1.0, 101.0]}, "from -100 to 100"),
        ({"bias": math.nan}, "from -100 to 100"),
        ({"ms": 0.0}, "from 1 to 5000"),
        ({"ms": 6000.0}, "from 1 to 5000"),
        ({"step": 0.03}, "divided by"),
        ({"step": 0.0}, "divided by"),
        ({"inputs": [0.5, 1.0, 1.0]}, "as long as"),
    ],
)
def test_what_is_refused(wrong: dict[str, float], said: str) -> None:
    given = {"inputs": [0.5, 1.0], "weights": [1.0, 2.0], "bias": 0.0} | wrong
    with pytest.raises(ValueError, match=said):
        simulate(**given)  # type: ignore[arg-type]


def test_too_much_for_memory_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 1000 inputs"):
        simulate(np.ones(1001), np.ones(1001), ms=500)


@pytest.mark.parametrize("weight", [100.0, -100.0])
def test_the_strongest_synapses_stay_between_their_batteries(weight: float) -> None:
    run = simulate([1, 1], [weight, weight], ms=30)
    assert run.dendrites.min() > -81
    assert run.dendrites.max() < 51
    assert np.isfinite(run.dendritic_currents).all()


def test_progress_wraps_spikes_inputs_and_steps() -> None:
    counted: list[list[int]] = []

    def wrap(steps: Iterable[int]) -> Iterator[int]:
        counted.append([])
        for step in steps:
            counted[-1].append(step)
            yield step

    trace = simulate([0.4, 0.9], [4.0, -2.0], ms=20, progress=wrap)
    n_spikes = sum(map(len, trace.spike_times))
    assert n_spikes > 0
    assert counted == [[*range(n_spikes)], [0, 1], [*range(1, 401)]]
    counted.clear()
    firing_rates([2.0, 4.0], ms=20, progress=wrap)
    assert [len(each) for each in counted[1::2]] == [8, 8]
    assert len(counted) == 5
    assert all(counted)


def test_response_refuses_wild_drives() -> None:
    with pytest.raises(ValueError, match="from -100 to 100"):
        firing_rates([1000.0])
