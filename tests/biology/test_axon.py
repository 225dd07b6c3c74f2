"""Spikes travel at the known speed."""

from typing import Any

import numpy as np
import pytest

from neuropil.biology.axon import conduct
from neuropil.biology.membrane import Membrane


def test_squid_giant_axon() -> None:
    """Hodgkin and Huxley (1952, page 527) computed 18.8 m/s, by hand."""
    assert conduct().speed == pytest.approx(18.8, rel=0.01)


def test_speed_hardly_depends_on_cutting() -> None:
    assert conduct(pieces=160, step=0.0025).speed == pytest.approx(conduct().speed, rel=0.005)


def test_speed_goes_with_the_root_of_the_diameter() -> None:
    """Cut differently, so that one isn't the other scaled."""
    thin, thick = conduct(10, pieces=150), conduct(1000, pieces=110)
    assert thick.speed / thin.speed == pytest.approx(10, rel=0.01)


def test_cold_axons_are_slower() -> None:
    assert conduct(celsius=6.3).speed == pytest.approx(12.3, abs=0.2)


def test_spike_does_not_fade() -> None:
    run = conduct()
    peaks = run.voltage[:, 40:80].max(axis=0)
    assert np.ptp(peaks) < 0.5
    assert run.voltage.shape == (len(run.time), len(run.place))


@pytest.mark.parametrize("wrong", [{"diameter": 0}, {"celsius": 40}, {"diameter": np.nan}])
def test_axons_that_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"from 0\.1 to 2000"):
        conduct(**wrong)


def test_without_sodium_nothing_arrives() -> None:
    with pytest.raises(ValueError, match="no spike"):
        conduct(membrane=Membrane(g_na=0), step=0.05, pieces=20)
