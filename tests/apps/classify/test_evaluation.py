"""What is measured of answers."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from refusals import refused

from neuropil.apps.classify.lab import evaluation, runs
from neuropil.apps.classify.lab.runs import TrainingRun
from neuropil.apps.classify.prediction import CropPredictions
from neuropil.apps.classify.preprocess import CLASSES
from neuropil.eye.network import SeenClass


def answer(k: int, outside: float, views: int = 2) -> CropPredictions:
    logits = np.zeros((views, 10))
    logits[:, k] = 5
    known = tuple(SeenClass(name, "", ()) for name in CLASSES)
    return CropPredictions(known, logits, np.full(views, outside), 1.0, "none of them")


def test_the_list_of_photographs() -> None:
    with evaluation.PHOTOS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    shown = [row["shows"] for row in rows]
    assert len({row["photo"] for row in rows}) == 200
    assert shown.count("none") == 100
    assert {*shown} == {*CLASSES, "none"}


def test_measures_by_hand() -> None:
    cat, dog = CLASSES.index("cat"), CLASSES.index("dog")
    seen = evaluation.PhotoPredictions(
        ("cat", "cat", "none", "none"),
        (answer(cat, -4), answer(dog, 1), answer(dog, 4), answer(dog, 0.5)),
    )
    found = evaluation.photo_metrics(seen)
    assert found["ten"] == 50
    assert found["eleven"] == 75  # the second cat counts as none
    assert (found["ten_of_eleven"], found["none"]) == (50, 100)
    p, n = (np.exp(5) / (np.exp(5) + 9), 1 / (1 + np.exp(-np.array([-4, 1, 4, 0.5]))))
    assert found["off"] == pytest.approx(100 * abs(p - 0.5)), "two alike, half of them right"
    gaps = np.array([1, 0, 1, 1]) - [p * (1 - n[0]), n[1], n[2], n[3]]
    assert found["sure"] == pytest.approx(25 * np.sum([p * (1 - n[0]), *n[1:]]))
    together = abs(gaps[0] + gaps[2])  # 0.92 and 0.98 are in the last bin
    assert found["off_of_eleven"] == pytest.approx(25 * (together + abs(gaps[1]) + abs(gaps[3])))
    assert found["auroc"] == 0.75
    assert found["auroc_p"] == 0.5


def test_auroc() -> None:
    assert evaluation.auroc(np.array([2.0, 3.0]), np.array([0.0, 1.0])) == 1
    assert evaluation.auroc(np.array([1.0]), np.array([1.0, 2.0])) == 0.25


def test_one_view_alone() -> None:
    both = CropPredictions(
        (SeenClass("a", "", ()), SeenClass("b", "", ())),
        np.array([[1.0, 0], [0, 9]]),
        np.array([1.0, 5]),
        1.0,
        "none",
    )
    alone = evaluation.full_image_only(both)
    assert alone.z.tolist() == [1, 0]
    assert alone.none_logits.tolist() == [1]


def test_figures_of_trainings(monkeypatch: pytest.MonkeyPatch) -> None:
    row = TrainingRun("classify-short-adamw", 500, 0, 1200.0, 2, 0.875, None, "2026-11-25", "abc")
    again = TrainingRun("classify-short-adamw", 500, 1, 1200.0, 2, 0.88, 0.87, "2026-11-25", "abc")
    monkeypatch.setattr(runs, "read_runs", lambda: [row, again])
    ((table,), figures) = evaluation.runs_table()
    assert figures == {
        "short_adamw_held_out": 0.875,
        "short_adamw_seed1_held_out": 0.88,
        "short_adamw_minutes": 20.0,
        "short_adamw_seed1_minutes": 20.0,
        "short_adamw_seed1_test": 0.87,
        "short_adamw_n_seeds": 2,
        "short_adamw_held_out_mean": pytest.approx(0.8775),
        "short_adamw_held_out_sd": pytest.approx(0.005 / 2**0.5),
    }
    assert table.rows[0] == ("classify-short-adamw", 0, 500, 20.0, 2, 87.5, "")
    assert table.rows[1][-1] == "87.00"


def test_spread_over_seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    row = TrainingRun("classify-base", 500, 0, 1200.0, 2, 0.9, 0.92, "2026-11-25", "abc")
    monkeypatch.setattr(runs, "read_runs", lambda: [row, replace(row, seed=1, test=0.9)])
    _, figures = evaluation.runs_table()
    assert figures["base_test_mean"] == pytest.approx(0.91)
    assert figures["base_test_sd"] == pytest.approx(0.02 / 2**0.5)
    assert figures["base_held_out_sd"] == 0
    assert evaluation.mean_and_sd("base", [0.9]) == {"base_mean": 0.9, "base_sd": None}


def test_photographs_that_are_not_there_are_missing(tmp_path: Path) -> None:
    from neuropil.apps.classify.app import Classify

    with refused("data.missing", "photos-val.zip"):
        evaluation.evaluate_photos(Classify(), tmp_path)
