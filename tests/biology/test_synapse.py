"""A synapse's conductance has its analytic peak, and its battery decides what it does."""

import math

import numpy as np
import pytest

from neuropil.biology.synapse import EXCITATORY, INHIBITORY, Synapse, current


@pytest.mark.parametrize("synapse", [EXCITATORY, INHIBITORY, Synapse(2, 3, 0)])
def test_peak_is_one_at_the_analytic_time(synapse: Synapse) -> None:
    t = np.linspace(0, 60, 60_001)
    g = synapse.conductance(t)
    assert g.max() == pytest.approx(1, abs=1e-6)
    assert t[g.argmax()] == pytest.approx(synapse.peak_time, abs=2e-3)


def test_area_is_the_integral() -> None:
    t = np.linspace(0, 200, 200_001)
    assert np.trapezoid(INHIBITORY.conductance(t), t) == pytest.approx(INHIBITORY.area, rel=1e-6)


def test_nothing_before_the_spike_and_a_tail_after() -> None:
    g = EXCITATORY.conductance(np.array([-3.0, 0.0, 30.0, 35.0]))
    assert g[:2].tolist() == [0, 0]
    assert g[3] / g[2] == pytest.approx(math.exp(-1), rel=1e-6)


def test_reversal_decides_the_sign() -> None:
    g, V = np.ones(3), np.array([-90.0, -65.0, 20.0])
    assert np.sign(current(g, V, EXCITATORY.reversal)).tolist() == [1, 1, -1]
    assert np.sign(current(g, V, INHIBITORY.reversal)).tolist() == [1, -1, -1]


@pytest.mark.parametrize(("rise", "decay"), [(0, 5), (5, 5), (5, 1), (-1, 5), (1, math.inf)])
def test_times_that_make_no_peak_are_refused(rise: float, decay: float) -> None:
    with pytest.raises(ValueError, match="no peak"):
        Synapse(rise, decay, 0)
