"""Cues for shots: ambience for the scene, recordings for onsets, candidates to choose from."""

from pathlib import Path

import pytest
from foley_data import cue, make_library, onset, see

from neuropil.apps.foley.analysis import Shot
from neuropil.apps.foley.cueing import THIN, VARIED, CueWriter, end_long
from neuropil.apps.foley.onsets import Onset


def shot(name: str, start: float, end: float, *onsets: Onset, title: bool = False) -> Shot:
    return Shot(start, end, see(name), title, onsets)


@pytest.fixture
def writer(tmp_path: Path) -> CueWriter:
    return CueWriter(make_library(tmp_path).recordings)


def test_a_dog_barks_and_the_sea_is_around_a_boat(writer: CueWriter) -> None:
    cues = writer.write([shot("dog", 0, 2, onset(1.0, "call")), shot("boat", 2, 4)])
    assert [(c.kind, c.name, c.time) for c in cues] == [
        ("ambience", "birds", 0),
        ("event", "dog-bark", 1.0),
        ("ambience", "sea", 2),
    ]
    assert "call" in cues[1].why
    assert "dog" in cues[1].why
    assert {c.name for c in cues[1].candidates} >= {"hit-wood", "splash"}


def test_an_ambience_goes_on_where_the_next_shot_sounds_alike(writer: CueWriter) -> None:
    cues = writer.write([shot("dog", 0, 2), shot("bird", 2, 5), shot("sea", 5, 6)])
    assert [(c.name, c.time, c.end) for c in cues] == [("birds", 0, 5), ("sea", 5, 6)]


def test_stronger_and_larger_is_louder_and_lies_where_it_is_seen(writer: CueWriter) -> None:
    hits = [
        onset(0.5, strength=0.1, size=0.01),
        onset(1.0, strength=0.9, size=0.01, place=-0.5),
        onset(1.5, strength=0.9, size=0.3, place=0.5),
    ]
    soft, strong, large = (
        c for c in writer.write([shot("boat", 0, 2, *hits)]) if c.kind == "event"
    )
    assert strong.gain_db - soft.gain_db == pytest.approx(14 * 0.8)
    assert strong.gain_db < large.gain_db
    assert strong.pan == pytest.approx(-large.pan) == pytest.approx(-0.4)


def test_a_long_recording_ends_where_the_next_of_its_class_begins() -> None:
    long, short = cue("dog-bark", 1.0, 4.0), cue("hit-wood", 1.0, 1.2)
    later = [cue("dog-bark", 1.8, 4.0), cue("hit-wood", 1.8, 1.2)]
    assert [c.duration for c in end_long([long, later[0]])] == [pytest.approx(0.8), 4.0]
    assert end_long([short, later[1]]) == [short, later[1]]
    assert end_long([long, later[1]]) == [long, later[1]]


def test_thin_classes_are_varied_within_a_tenth(writer: CueWriter) -> None:
    assert len(writer.recordings) < 2 * THIN
    hits = [onset(0.2 * n) for n in range(1, 9)]
    speeds = {c.speed for c in writer.write([shot("boat", 0, 2, *hits)]) if c.kind == "event"}
    assert len(speeds) == 8
    assert max(abs(speed - 1) for speed in speeds) <= VARIED


def test_intertitles_are_silent_unless_a_page_is_to_turn(tmp_path: Path, writer: CueWriter) -> None:
    title = shot("room", 0, 3, onset(1.0), title=True)
    assert writer.write([title]) == ()
    assert CueWriter(writer.recordings, has_titles=True).write([title]) == ()  # no paper here


def test_a_thing_is_named_where_it_is_likely(writer: CueWriter) -> None:
    (cue, *_) = writer.write([Shot(0, 2, see("dog", pug=0.6), False, ())])
    assert cue.why == "the shot shows dog (100%) or airplane (0%), in it pug (60%)"
    assert "pug" not in writer.write([Shot(0, 2, see("dog", pug=0.1), False, ())])[0].why


def test_a_library_without_ambiences_gives_events_alone(writer: CueWriter) -> None:
    events = CueWriter([r for r in writer.recordings if r.kind == "event"])
    cues = events.write([shot("dog", 0, 2, onset(1.0, "call"))])
    assert [c.kind for c in cues] == ["event"]
