"""The benchmark of the microscope hands back its figures."""

import pytest

from neuropil.microscope import bench


def test_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "UNITS", 2)
    small = {name: size // 4 for name, size in bench.SIZES.items()}
    monkeypatch.setattr(bench, "SIZES", small | {"B": 1, "T": 12})
    monkeypatch.setattr(bench, "in_a_fresh_process", lambda file, depth: 1.0)
    report = bench.measure(None)
    keys = {"seconds_open_unit", "nodes_checked", "worst_relative_error"}
    assert keys <= report.figures.keys()
    assert float(report.figures["worst_relative_error"] or 1) < 1e-4
    assert int(report.figures["nodes_checked"] or 0) > 50
    (table,) = report.tables
    assert all(row[3] == row[4] for row in table.rows)  # as many proven as opened
