"""The committed tables name classes that are there, and ratings are what the formula says."""

import numpy as np
import pytest
from foley_data import see

from neuropil.apps.foley.onsets import FORMS
from neuropil.apps.foley.scene import scene_names
from neuropil.apps.foley.sound_table import (
    ANYWHERE,
    FAINT,
    FORM,
    LATER,
    THING,
    all_alike,
    rate_ambience,
    rate_events,
    read_lines,
    read_table,
)
from neuropil.apps.foley.tagger import read_kinds, tag_names
from neuropil.eye.network import classes

EVENTS = all_alike("event").max()


def call(form: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    named: np.ndarray[tuple[int], np.dtype[np.float64]] = np.eye(len(FORMS))[FORMS.index(form)]
    return named


@pytest.mark.parametrize("name", ["scenes.tsv", "things.tsv"])
def test_names_are_classes_of_their_kind(name: str) -> None:
    kinds = read_kinds()
    for _, around, struck in read_lines(name):
        assert {kinds[each] for each in around.split()} <= {"ambience"}
        assert {kinds[each] for each in struck.split()} <= {"event"}
        assert around or struck


def test_forms_name_events() -> None:
    for _, weights in read_lines("forms.tsv"):
        assert {read_kinds()[name] for name in weights.split()[::2]} == {"event"}


def test_every_form_and_scene_has_a_row_and_things_are_of_the_eye() -> None:
    assert [form for form, _ in read_lines("forms.tsv")] == list(FORMS)
    assert [scene for scene, _, _ in read_lines("scenes.tsv")] == list(scene_names())
    assert (read_table().scene_ambience.sum(axis=1) > 0).all()
    names = [name for name, _, _ in read_lines("things.tsv")]
    known = {each.name for each in classes()} | {each.group for each in classes()}
    assert len(set(names)) == len(names)
    assert set(names) <= known


def test_ratings_by_hand() -> None:
    """A dog for certain and a call for certain: of the call's 37 parts four are barks, two mews."""
    ratings, names = rate_events(see("dog"), call("call")), tag_names()
    bark, meow = ratings[names.index("dog-bark")], ratings[names.index("cat-meow")]
    weights = sum(map(float, dict(read_lines("forms.tsv"))["call"].split()[1::2]))
    by_form = [FORM * n / weights + (1 - FORM) * EVENTS for n in (4, 2)]
    by_sight = 1 / (1 + LATER + LATER**2) + ANYWHERE * EVENTS, ANYWHERE * EVENTS
    assert bark / meow == pytest.approx(by_form[0] * by_sight[0] / by_form[1] / by_sight[1])
    assert ratings[names.index("engine")] == 0
    assert ratings.sum() == pytest.approx(1)


def test_things_count_more_than_scenes() -> None:
    seen = see("room", drum=0.5)
    ratings, names = rate_events(seen, call("strike")), tag_names()
    assert names[int(ratings.argmax())] == "drum-snare"
    stream = rate_ambience(see("room", fountain=0.5))[names.index("stream")]
    weight = THING * (0.5 - FAINT)
    assert stream == pytest.approx(weight / (1 + weight))


def test_many_faint_things_say_nothing() -> None:
    dogs = {each.name: 0.9 * FAINT for each in classes() if each.group == "dog"}
    np.testing.assert_array_equal(
        rate_events(see("room", **dogs), call("strike")), rate_events(see("room"), call("strike"))
    )


def test_a_bird_sounds_like_birds() -> None:
    ratings = rate_ambience(see("bird"))
    assert tag_names()[int(ratings.argmax())] == "birds"
