"""What is measured without data, on small things."""

import json
from pathlib import Path

import numpy as np
import pytest
from foley_data import make_library, recording, save_recording

from neuropil.apps.foley.lab import bench, folds
from neuropil.apps.foley.lab.bench import make_film, measure_seams, measure_search, read_folds
from neuropil.apps.foley.sound_library import SoundLibrary
from neuropil.kit.media.film import Film


def test_search_is_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "MANY", 500)
    _, figures = measure_search()
    assert figures["search_ms_100k"] > 0  # type: ignore[operator]


def test_a_loop_with_a_seam_is_seen(tmp_path: Path) -> None:
    moments = np.arange(48_000) / 48_000
    wave = (np.sin(2 * np.pi * 5.5 * moments + 1) / 2).astype(np.float32)[:, None]
    jump = recording(save_recording(tmp_path / "jump.wav", wave), "sea", "ambience")
    noise = [each for each in make_library(tmp_path).recordings if each.is_loop]
    _, figures = measure_seams(SoundLibrary((*noise, jump)))
    assert figures["n_loops"] == 3
    assert figures["loop_seam_worst"] > 100  # type: ignore[operator]
    _, smooth = measure_seams(SoundLibrary(tuple(noise)))
    assert smooth["loop_seam_worst"] < 2  # type: ignore[operator]


def test_the_film_that_is_timed_has_a_cut(tmp_path: Path) -> None:
    film = Film.open(make_film(tmp_path / "film.mp4", (160, 90), 11, 5))
    first, *_, last = film.frames()
    assert film.n_frames == 55
    assert np.abs(first.pixels.astype(int) - last.pixels).mean() > 20


def test_folds_are_read_where_they_were_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "FOLDS", tmp_path / "folds.json")
    assert read_folds() == ([], {})
    (tmp_path / "folds.json").write_text(json.dumps({"esc50_accuracy": 0.5}), encoding="utf-8")
    assert read_folds()[1] == {"esc50_accuracy": 0.5}


def test_ten_networks_are_tried_by_the_folds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All clips 0.1 · fold right, those that may ship a tenth less."""
    tried: list[tuple[int, bool]] = []

    def train(output: Path, data: Path, steps: int, fold: int, *, permissive: bool) -> float:
        tried.append((fold, permissive))
        return fold / 10 - permissive / 10

    monkeypatch.setattr(folds, "train_fold", train)
    file = folds.measure_folds(tmp_path / "out", data=tmp_path, steps=2)
    assert json.loads(file.read_text(encoding="utf-8")) == pytest.approx(
        {"esc50_accuracy": 0.3, "esc50_accuracy_permissive": 0.2, "esc50_steps": 2}
    )
    assert len(set(tried)) == 10
