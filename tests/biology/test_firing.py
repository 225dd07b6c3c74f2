"""Thresholds and firing rates of the squid's membrane are those that are known."""

import numpy as np
import pytest

from neuropil.biology.firing import (
    f_I_curve,
    instability_range,
    repetitive_firing_threshold,
    rheobase,
)


def test_one_spike_needs_less_than_many() -> None:
    assert rheobase() == pytest.approx(2.24, abs=0.02)


def test_repetition_sets_in_where_the_limit_cycle_is_born() -> None:
    """At 6.2649 the stable and the unstable cycle almost coincide.

    Balti, Lanza and Aziz-Alaoui (Math. Biosci. Eng. 15:807, 2018), figure 6.
    """
    assert repetitive_firing_threshold() == pytest.approx(6.265, abs=0.03)


def test_rest_is_unstable_between_the_hopf_bifurcations() -> None:
    first, last = instability_range()
    assert first == pytest.approx(9.78, abs=0.01)
    assert last == pytest.approx(154.5, abs=0.1)


def test_firing_sets_in_at_fifty_a_second_and_ends_in_a_block() -> None:
    f = f_I_curve([0, 6.0, 6.4, 10, 20, 50, 100, 160, 200], ms=150)
    assert (f[[0, 1, 7, 8]] == 0).all()
    assert 50 < f[2] < 58  # class 2: no slow firing
    assert (np.diff(f[1:7]) > 0).all()
    assert f[3] == pytest.approx(68.3, abs=0.1)


@pytest.mark.parametrize(("currents", "ms"), [([np.nan], 300.0), ([1e9], 300.0), ([10.0], 10.0)])
def test_currents_and_times_that_say_nothing(currents: list[float], ms: float) -> None:
    with pytest.raises(ValueError, match="at least 100 ms"):
        f_I_curve(currents, ms=ms)
