"""The benchmark measures what it says, and its known values are close to what it finds."""

import re
import subprocess
from types import SimpleNamespace

import numpy as np
import pytest

from neuropil.biology import bench


@pytest.mark.parametrize("part", [bench.bench_membrane, bench.bench_cables, bench.bench_stdp])
def test_measured_is_near_known(part: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        bench, "repetitive_firing_threshold", lambda: 6.26
    )  # slow, and tested elsewhere
    monkeypatch.setattr(bench, "rheobase", lambda: 2.24)
    assert callable(part)
    for what, measured, known, _ in part():
        if known:
            assert number(measured) == pytest.approx(number(known), rel=0.06, abs=2e-3), what


def test_the_squids_figures_are_those_of_other_simulators(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "STEPS", {"25us": 0.025})
    monkeypatch.setattr(bench, "CURRENTS", (10, 6.3))
    monkeypatch.setattr(bench, "f_I_curve", lambda currents: np.array(currents) + 60.0)  # slow, and
    monkeypatch.setattr(bench, "repetitive_firing_threshold", lambda: 6.26)  # tested elsewhere
    monkeypatch.setattr(bench, "rheobase", lambda: 2.24)
    monkeypatch.setattr(bench, "conduct", lambda pieces=120: SimpleNamespace(speed=pieces / 10))
    assert bench.squid_figures() == pytest.approx(
        {
            **{"peak_25us": 40.269, "trough_25us": -75.0781},
            **{"first_spike_25us": 1.90097, "seventh_spike_25us": 90.01771},
            **{"rate_10": 70, "rate_6_3": 66.3, "rheobase": 2.24, "firing_threshold": 6.26},
            **{"axon_speed": 12, "axon_speed_240_pieces": 24},
        },
        rel=2e-3,
    )


def number(text: str) -> float:
    """Read the first number of a text."""
    return float(re.findall(r"-?\d+\.?\d*(?:e-\d+)?", text)[0])


def test_learning_reports_every_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "SEEDS", {"hebb": 1, "backprop": 2})
    table, figures = bench.bench_learning_rules()
    assert [row[0] for row in table.rows] == ["hebb", "backprop"]
    assert {len(row) for row in table.rows} == {len(table.columns)}
    assert 0.8 < float(figures["accuracy_hebb"] or 0) < float(figures["accuracy_backprop"] or 0) < 1
    assert figures["accuracy_hebb_sd"] == 0


def test_a_fresh_process_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "STARTS", 1)
    assert bench.start_seconds() > 0
    monkeypatch.setattr(bench, "START", "raise SystemExit(3)")
    with pytest.raises(subprocess.CalledProcessError):
        bench.start_seconds()
