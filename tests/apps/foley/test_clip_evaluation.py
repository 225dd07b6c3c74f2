"""How real clips are scored, on two that are made here."""

import csv
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from foley_data import onset, see, shoot_hits
from refusals import refused

from neuropil.apps.foley.analysis import Shot
from neuropil.apps.foley.lab import clip_evaluation
from neuropil.apps.foley.lab.clip_evaluation import (
    best_constant,
    bootstrap_f,
    count_cuts,
    count_flow,
    rank_classes,
    read_labels,
    score_chance,
    unpack_clips,
)
from neuropil.apps.foley.lab.evaluation import OnsetCounts
from neuropil.apps.foley.tagger import read_kinds

HITS = {"a.mp4": (0.6, 1.2), "b.mp4": (0.4, 0.9, 1.5)}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rows: dict[str, list[dict[str, Any]]] = {"clips": [], "onsets": []}
    with zipfile.ZipFile(tmp_path / "clips.zip", "w") as archive:
        for name, hits in HITS.items():
            archive.write(shoot_hits(tmp_path / name, hits), name)
            span = {"eval_from_s": "0.5", "eval_to_s": "2", "checked": "1"}
            rows["clips"].append({"file": name, "label": "hit-metal", **span})
            rows["onsets"] += [{"file": name, "time_s": f"{t}", "label": "x"} for t in hits]
    rows["clips"].append({**rows["clips"][0], "checked": "0", "label": "cello"})
    for name, table in rows.items():
        with (tmp_path / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            made = csv.DictWriter(file, list(table[0]))
            made.writeheader()
            made.writerows(table)
    return tmp_path


@pytest.fixture
def clips(data: Path) -> Iterator[list[clip_evaluation.CheckedClip]]:
    with unpack_clips(data) as found:
        yield found


def test_clips_have_their_onsets_and_what_counts(clips: list[clip_evaluation.CheckedClip]) -> None:
    assert [clip.onsets for clip in clips[:2]] == list(HITS.values())
    assert clips[1].keep_inside(clips[1].onsets) == [0.9, 1.5]
    assert clips[2].inside is None


def test_the_baseline_of_flow_finds_where_motion_stops(
    clips: list[clip_evaluation.CheckedClip],
) -> None:
    total = clip_evaluation.sum_counts(count_flow(clips[:2]))
    assert total.true == 4
    assert total.recall >= 0.5
    assert 0 < score_chance(clips[:2]) < 0.6


def test_cuts_lie_where_clips_are_joined(clips: list[clip_evaluation.CheckedClip]) -> None:
    counts = count_cuts([clips[0], clips[1]])
    assert counts.true == 1
    assert counts.found <= 1


def test_the_interval_holds_the_figure() -> None:
    counts = [OnsetCounts(3, 5, 4), OnsetCounts(1, 4, 3), OnsetCounts(6, 8, 7)]
    low, high = bootstrap_f(counts)
    assert 0 < low < 20 / 31 < high < 1


def test_the_best_constant_answers() -> None:
    true = [{"a"}, {"a", "b"}, {"b"}, {"c"}, {"a"}]
    assert best_constant(true, 1) == pytest.approx(3 / 5)
    assert best_constant(true, 2) == pytest.approx(4 / 5)
    assert best_constant(true, 9) == 1


def test_classes_are_ranked_by_onsets_or_else_by_scenes() -> None:
    assert rank_classes([Shot(0, 1, see("dog"), False, (onset(0.5, "call"),))])[0] == "dog-bark"
    assert rank_classes([Shot(0, 1, see("dog"), False, ())])[0] == "birds"


def test_labels_name_classes() -> None:
    labels = read_labels()
    assert len(labels) == 27
    assert set().union(*labels.values()) <= set(read_kinds())


def test_without_the_clips_it_says_what_is_missing(tmp_path: Path) -> None:
    with refused("data.missing", tmp_path, "clips.csv"), unpack_clips(tmp_path):
        pass
