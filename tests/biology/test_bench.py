"""The benchmark measures what it says, and its known values are close to what it finds."""

import re
import subprocess

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
