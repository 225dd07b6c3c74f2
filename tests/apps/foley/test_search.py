"""Search: the distance is the sum of its terms, and the nearest is found."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from foley_data import make_library

from neuropil.apps.foley.search import (
    SIZE_WEIGHT,
    STRENGTH_WEIGHT,
    TYPICAL_WEIGHT,
    Query,
    SearchIndex,
)
from neuropil.apps.foley.sound_library import Recording
from neuropil.apps.foley.tagger import EMBEDDING, tag_names


@pytest.fixture
def recordings(tmp_path: Path) -> list[Recording]:
    """Two hits and a dog; the second hit is heavy, dull, and unlike the first."""
    made = {r.name: r for r in make_library(tmp_path).recordings}
    hit = made["hit-wood"]
    other = replace(
        hit,
        file="heavy.wav",
        strength="heavy",
        brightness=-2.0,
        embedding=np.eye(EMBEDDING, dtype=np.float32)[1],
    )
    return [hit, made["dog-bark"], other, made["birds"]]


def rate(**chances: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    ratings = np.zeros(len(tag_names()))
    for name, chance in chances.items():
        ratings[tag_names().index(name.replace("_", "-"))] = chance
    return ratings


def test_the_terms_by_hand(recordings: list[Recording]) -> None:
    query = Query(rate(hit_wood=0.5, dog_bark=0.5), 0.2, 1.0, {2: 1.5})
    index = SearchIndex.of(recordings)
    (heavy,) = [
        m for m in index.search_class(query, tag_names().index("hit-wood"), 2) if m.number == 2
    ]
    assert heavy.terms == {
        "class": pytest.approx(np.log(2)),
        "strength": pytest.approx(STRENGTH_WEIGHT * 0.65),
        "size": pytest.approx(SIZE_WEIGHT * 0.0),
        "typical": pytest.approx(TYPICAL_WEIGHT * (1 - np.sqrt(0.5))),
        "repeated": 1.5,
    }
    assert heavy.distance == pytest.approx(sum(heavy.terms.values()))


def test_strong_motion_takes_the_heavy_one(recordings: list[Recording]) -> None:
    index = SearchIndex.of(recordings)
    for strength, size, number in ((0.9, 1.0, 2), (0.4, 0.0, 0)):
        assert index.search(Query(rate(hit_wood=1), strength, size), 0)[0].number == number


def test_what_was_just_heard_is_not_heard_again(recordings: list[Recording]) -> None:
    index = SearchIndex.of(recordings)
    query = Query(rate(hit_wood=1), 0.9, 1.0, {2: 2.0})
    assert index.search(query, 0)[0].number == 0


def test_a_class_of_which_all_was_just_heard_stays(recordings: list[Recording]) -> None:
    index = SearchIndex.of(recordings)
    query = Query(rate(hit_wood=0.7, dog_bark=0.3), 0.9, 1.0, {0: 2.0, 2: 1.5})
    best = index.search(query, 0)[0]
    assert (best.number, best.terms["repeated"]) == (2, 0.0)


def test_candidates_are_of_other_classes(recordings: list[Recording]) -> None:
    found = SearchIndex.of(recordings).search(Query(rate(hit_wood=0.7, dog_bark=0.3), 0.5, 0.5), 4)
    assert [recordings[m.number].name for m in found] == ["hit-wood", "dog-bark"]


def test_ambiences_are_another_index(recordings: list[Recording]) -> None:
    found = SearchIndex.of(recordings, "ambience").search(Query(rate(birds=1), 0.5, 0.5), 4)
    assert [m.number for m in found] == [3]
    assert SearchIndex.of([], "event").search(Query(rate(birds=1), 0.5, 0.5), 4) == []
