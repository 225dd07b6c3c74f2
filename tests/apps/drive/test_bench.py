"""What is measured of the driver; the drives themselves are elsewhere."""

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest
from refusals import refused

from neuropil.apps.classify.app import CLASSIFIER, Classify
from neuropil.apps.drive.app import DRIVER, Drive
from neuropil.apps.drive.lab import bench, scoring, selection
from neuropil.surfaces.cli import main as cli


@pytest.fixture
def scores(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """In place of drives: points by the seed, fewer for each disturbance."""
    titles: list[str] = []

    def side_by_side(
        drive: Callable[[int], float], seeds: Sequence[int], title: str
    ) -> list[float]:
        titles.append(title)
        return [1000.0 - 100 * len(titles) - seed % 10 for seed in seeds]

    monkeypatch.setattr(bench, "parallel_map", side_by_side)
    monkeypatch.setattr(selection, "parallel_map", side_by_side)
    return titles


def test_scores_and_their_spread_are_told(app: Drive, scores: list[str]) -> None:
    table, figures = bench.compare_drivers([899.0, 900.0, 650.0], range(10_000, 10_003))
    assert scores == ["the expert"]
    assert figures["score_mean"] == pytest.approx(2449 / 3)
    assert figures["score_min"] == 650
    assert figures["score_sd"] == pytest.approx(144.05, abs=0.01)
    assert (figures["n_tracks"], figures["n_below_700"], figures["expert_mean"]) == (3, 1, 899)
    assert figures["below_700"] == "10002"
    assert figures["share_of_expert"] == pytest.approx(2449 / 3 / 899)
    assert table.title == "Points on 3 tracks, seeds 10000 to 10002"
    assert table.rows[0] == ("neuropil drive", "816.3 ± 144.0", 650, 1)
    assert all("published" in str(row[0]) for row in table.rows[2:])


def test_every_track_has_its_score() -> None:
    table = bench.track_table([float(i) for i in range(12)])
    assert table.rows[0] == (10_000, *map(str, range(10)))
    assert table.rows[1] == (10_010, "10", "11", *[""] * 8)


def test_each_disturbance_has_a_score(app: Drive, scores: list[str]) -> None:
    table, figures = bench.bench_perturbations(app, [920.0, 910.0])
    assert [row[0] for row in table.rows] == ["nothing", *scores]
    names = ["overdrawn", "recolored", "noisy", "late"]
    assert [figures[f"score_{n}"] for n in ("undisturbed", *names)] == [
        915,
        899.5,
        799.5,
        699.5,
        599.5,
    ]
    assert [figures[f"n_below_700_{n}"] for n in names] == [0, 0, 1, 2]
    assert [row[3] for row in table.rows] == [0, 0, 0, 1, 2]


def test_decisions_are_timed(app: Drive, untaught: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "DECISIONS", 3)
    monkeypatch.setattr(Drive, "networks", {DRIVER: SimpleNamespace(path=untaught)})
    table, figures = bench.bench_latency(app)
    assert len(table.rows) == 4
    assert 0 < figures["network_share"] < 1  # type: ignore[operator]
    assert figures["decisions_per_second"] > 0  # type: ignore[operator]
    assert 0 < figures["weights_mb"] < 3  # type: ignore[operator]


def test_there_is_no_data_to_measure_on() -> None:
    with refused("option.conflict", "--data photos"):
        bench.measure(Path("photos"))


def test_the_best_driver_is_copied(
    tmp_path: Path, untaught: Path, scores: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Points fall with every driver that is tried: the first one is the best."""
    other = Path(shutil.copy(Drive.networks[DRIVER].path, tmp_path / "other.onnx"))
    words = ["train", "drive", "--stage", "select", "-o", str(tmp_path / "run")]
    words += [f"--network={path}" for path in (untaught, other)]
    assert cli.run(words) == 0
    made = tmp_path / "run" / "drive-driver.onnx"
    printed = capsys.readouterr()
    assert printed.out == f"{made}\n"
    first, second, third, *_ = printed.err.splitlines()
    assert first.startswith("expert: 895.5 ± ")
    assert second.startswith(f"{untaught}: 795.5 ± ")
    assert second.endswith("the worst 791, 791, 791")
    assert third.startswith(f"{other}: 695.5")
    assert made.read_bytes() == untaught.read_bytes()
    points = json.loads((tmp_path / "run" / "scores.json").read_text(encoding="utf-8"))
    assert [len(its) for its in points.values()] == [50, 50, 50]
    assert cli.run(words) == 2
    assert f"{made} is there already" in capsys.readouterr().err
    assert not set(selection.SEEDS) & set(range(bench.FIRST, bench.FIRST + 1000))


def test_only_drivers_are_compared(tmp_path: Path, scores: list[str]) -> None:
    with refused("network.mismatch", "classify"):
        selection.select_driver(tmp_path / "run", networks=[Classify.networks[CLASSIFIER].path])
    assert scores == []
    assert not (tmp_path / "run").exists()


def test_tracks_are_driven_side_by_side() -> None:
    assert scoring.parallel_map(float, [3, 1, 2], "numbers") == [3.0, 1.0, 2.0]
