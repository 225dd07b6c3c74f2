"""The committed tables name classes that are there, and ratings are what the formula says."""

import numpy as np
import pytest

from neuropil.apps.foley.onsets import FORMS
from neuropil.apps.foley.scene import scene_names
from neuropil.apps.foley.sound_table import (
    ANYHOW,
    ANYWHERE,
    rate_ambience,
    rate_events,
    read_lines,
    read_table,
)
from neuropil.apps.foley.tagger import read_kinds, tag_names


def test_names_are_classes_of_their_kind() -> None:
    kinds = read_kinds()
    for line in read_lines("scenes.tsv"):
        _, around, struck = line.split("\t")
        assert {kinds[name] for name in around.split()} == {"ambience"}
        assert {kinds[name] for name in struck.split()} == {"event"}
    for line in read_lines("forms.tsv"):
        assert {kinds[name] for name in line.split("\t")[1].split()[::2]} == {"event"}


def test_every_form_and_scene_has_a_row() -> None:
    assert [line.split("\t")[0] for line in read_lines("forms.tsv")] == list(FORMS)
    assert len(set(scene_names())) == 48
    assert (read_table().ambience.sum(axis=1) > 0).all()


def test_ratings_by_hand() -> None:
    """A dog for certain, a call for certain: bark 1 · 4, meow 0.05 · 2, engine is no event."""
    scene = np.eye(48)[scene_names().index("dog")]
    form = np.eye(len(FORMS))[FORMS.index("call")]
    ratings, names = rate_events(scene, form), tag_names()
    bark, meow = ratings[names.index("dog-bark")], ratings[names.index("cat-meow")]
    assert bark / meow == pytest.approx(4 / (ANYWHERE * 2))
    assert ratings[names.index("hit-wood")] / meow == pytest.approx(ANYHOW / 2)
    assert ratings[names.index("engine")] == 0
    assert ratings.sum() == pytest.approx(1)


def test_a_bird_sounds_like_birds() -> None:
    ratings = rate_ambience(np.eye(48)[scene_names().index("bird")])
    assert tag_names()[int(ratings.argmax())] == "birds"
