"""What a benchmark of the classifier measures."""

from pathlib import Path

import pytest

from neuropil.apps.classify.app import Classify
from neuropil.apps.classify.lab import bench


def test_photographs_are_timed_on_all_cores_and_on_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cat.jpg").write_bytes((bench.SAMPLES / "cat-color.jpg").read_bytes())
    monkeypatch.setattr(bench, "SAMPLES", tmp_path)
    monkeypatch.setattr(bench, "TURNS", 1)
    table, figures = bench.bench_photos(Classify(), Classify(threads=1))
    assert figures.keys() == {"photos_per_second", "photos_per_second_one_thread"}
    assert [name for name, _ in table.rows] == ["all cores", "one thread"]
    assert [rate for _, rate in table.rows] == list(figures.values())
    assert all(isinstance(rate, float) and rate > 0 for rate in figures.values())
