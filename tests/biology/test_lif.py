"""The leaky integrator fires when its closed form says."""

import numpy as np
import pytest

from neuropil.biology.lif import LeakyIntegrateAndFire

NEURONS = [
    LeakyIntegrateAndFire(),
    LeakyIntegrateAndFire(tau=10, refractory=0),
    LeakyIntegrateAndFire(reset=-60, rest=-65, refractory=5),
]


@pytest.mark.parametrize("neuron", NEURONS)
@pytest.mark.parametrize("current", [0.201, 0.25, 0.5, 3.0])
@pytest.mark.parametrize("piece", [0.1, 0.7, 250.0])
def test_f_I_curve_is_the_closed_form(
    neuron: LeakyIntegrateAndFire, current: float, piece: float
) -> None:
    goal = neuron.rest + neuron.resistance * current
    wait = neuron.tau * np.log((goal - neuron.reset) / (goal - neuron.threshold))
    f = 1000 / (neuron.refractory + wait)
    spikes = neuron.spikes([current] * round(2000 / piece), piece)
    assert 1000 / np.diff(spikes).mean() == pytest.approx(f, rel=1e-9)
    assert neuron.rate(current) == pytest.approx(f, rel=1e-12)


def test_silent_up_to_the_threshold() -> None:
    assert LeakyIntegrateAndFire().rate(0.2) == 0
    assert len(LeakyIntegrateAndFire().spikes([0.2] * 50, 10.0)) == 0


def test_agrees_with_small_steps_under_changing_current() -> None:
    neuron = LeakyIntegrateAndFire(refractory=3)
    currents = 0.3 + 0.3 * np.sin(np.arange(200) / 9)
    V, free, step, spikes = neuron.rest, 0.0, 0.001, []
    for i in range(200_000):
        t = i * step
        if t >= free:
            V += step / neuron.tau * (neuron.rest - V + neuron.resistance * currents[int(t)])
        if neuron.threshold <= V:
            spikes.append(t + step)
            V, free = neuron.reset, t + step + neuron.refractory
    np.testing.assert_allclose(neuron.spikes(currents.tolist(), 1.0), spikes, atol=0.02)


def test_refractory_time_is_the_ceiling() -> None:
    assert LeakyIntegrateAndFire(refractory=4).rate(1e9) == pytest.approx(250, rel=1e-6)


@pytest.mark.parametrize(
    "wrong", [{"reset": -40.0}, {"rest": -50.0}, {"tau": 0.0}, {"resistance": -1.0}]
)
def test_what_is_no_neuron_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(wrong.values())):g}"):
        LeakyIntegrateAndFire(**wrong)


def test_pieces_need_a_length() -> None:
    with pytest.raises(ValueError, match="pieces of 0"):
        LeakyIntegrateAndFire().spikes([1.0], 0)
