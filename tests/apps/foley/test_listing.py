"""What a library holds, found by a word and taken out."""

import csv
import io
from pathlib import Path

import pytest
from refusals import refused

from neuropil import foley
from neuropil.apps.foley.app import DEFAULT_LIBRARY
from neuropil.apps.foley.listing import find_recordings, list_recordings, take_recording
from neuropil.apps.foley.sound_library import SoundLibrary
from neuropil.kit.audio.audio import Audio

RECORDINGS = SoundLibrary.open(DEFAULT_LIBRARY).recordings


@pytest.mark.parametrize(
    ("word", "file"),
    [
        ("dog", "dog-bark/dog-bark_01.opus"),
        ("DOG BARK", "dog-bark/dog-bark_03.opus"),
        ("dog_bark", "dog-bark/dog-bark_03.opus"),
        ("moffet", "dog-bark/dog-bark_03.opus"),  # its author
        ("bark", "dog-bark/dog-bark_03.opus"),  # a later word
    ],
)
def test_recordings_are_found_by_a_word(word: str, file: str) -> None:
    assert file in [each.file for each in find_recordings(RECORDINGS, word)]


def test_words_are_found_by_their_beginning_and_classes_come_first() -> None:
    assert "thunder" in {each.name for each in find_recordings(RECORDINGS, "thunder")}
    with refused("input.content", "no recording is called hund"):
        find_recordings(RECORDINGS, "hund")
    dogs = [each.name for each in find_recordings(RECORDINGS, "dog")]
    assert dogs[0] == "dog-bark"
    assert dogs == sorted(dogs, key=lambda name: name != "dog-bark")


def test_a_blank_finds_all() -> None:
    assert find_recordings(RECORDINGS, " ") == [*RECORDINGS]


def test_a_word_that_nothing_has_is_refused() -> None:
    with refused("input.content", "dog-brak", "did you mean dog-bark?", "a blank finds all"):
        find_recordings(RECORDINGS, "dog-brak")


def test_a_class_is_no_recording() -> None:
    with refused("input.content", "dog-bark is a class of", "dog-bark/dog-bark_01.opus"):
        take_recording(RECORDINGS, "dog-bark")


def test_a_file_that_is_misspelled_is_refused() -> None:
    with refused("input.content", "did you mean dog-bark/dog-bark_03.opus?"):
        take_recording(RECORDINGS, "dog-bark/dog-bark_03.opu")


def test_the_list_is_a_table_too() -> None:
    found = find_recordings(RECORDINGS, "dog-bark")
    made = list_recordings(found)
    rows = [*csv.DictReader(io.StringIO(made.csv))]
    assert [row["file"] for row in rows] == [each.file for each in found]
    assert len(str(made).splitlines()) == len(found) + 1
    assert rows[0]["seconds"] == f"{found[0].seconds:.2f}"


def test_a_recording_comes_out_as_it_lies_in_the_library(tmp_path: Path) -> None:
    made = foley.sound("dog-bark/dog-bark_03.opus")
    (recording,) = (r for r in RECORDINGS if r.file == "dog-bark/dog-bark_03.opus")
    assert (made.audio.samples == recording.read().samples).all()
    assert (made.name, made.kind) == ("dog-bark", "event")
    made.audio.save(tmp_path / "bark.wav")
    assert Audio.open(tmp_path / "bark.wav").seconds == pytest.approx(recording.seconds, abs=0.01)
