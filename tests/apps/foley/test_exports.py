"""What other programs read: labels, edit lists, stems, credits."""

import csv
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from foley_data import cue, make_library, sheet
from refusals import refused

from neuropil.apps.foley.exports import EditList, Labels, Stems, list_credits
from neuropil.apps.foley.soundtrack import Mix, Soundtrack, name_recordings
from neuropil.kit.audio.audio import Audio
from neuropil.kit.audio.loudness import measure_loudness


def test_labels_are_a_table_and_a_track_of_audacity(tmp_path: Path) -> None:
    made = Labels(sheet(cue("birds", 0.0, 3.0), cue("hit-wood", 1.5, pan=-0.25)))
    for path, content in made.split(tmp_path / "l.csv").items():
        content.save(path)
    with (tmp_path / "l.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[1] == {
        **{"start": "1.500", "end": "1.800", "kind": "event", "class": "hit-wood"},
        **{"file": "hit-wood.wav", "gain_db": "0.00", "pan": "-0.25"},
    }
    text = (tmp_path / "l-audacity.txt").read_text(encoding="utf-8")
    assert text.splitlines()[1] == "1.500000\t1.800000\thit-wood"
    with refused("output.ending", "l.txt"):
        made.save(tmp_path / "l.txt")


@pytest.mark.parametrize(
    ("seconds", "fps", "code"),
    [
        *((0, 25, "00:00:00:00"), (61.52, 25, "00:01:01:13"), (3600.5, 24, "01:00:00:12")),
        (3600, Fraction(30_000, 1001), "00:59:56:12"),  # frame 107,892, counted by 30
    ],
)
def test_time_codes(seconds: float, fps: int | Fraction, code: str) -> None:
    assert EditList(sheet(), {}, Fraction(fps)).time_code(seconds) == code


def test_an_edit_list_has_a_line_for_each_cue_and_begins_at_onsets(tmp_path: Path) -> None:
    known = name_recordings(make_library(tmp_path).recordings)
    known["hit-wood.wav"] = replace(known["hit-wood.wav"], onset=0.2)
    cues = sheet(cue("birds", 0.0, 3.0), cue("hit-wood", 1.5))
    lines = EditList(cues, known, Fraction(25)).to_text().splitlines()
    assert lines[0] == "TITLE: film.mp4"
    assert lines[6] == (
        "002  AX       A     C        00:00:00:05 00:00:00:12 00:00:01:13 00:00:01:20"
    )
    assert lines[7] == "* FROM CLIP NAME: hit-wood.wav"


def test_stems_add_up_to_the_mix(tmp_path: Path) -> None:
    known = name_recordings(make_library(tmp_path / "sounds").recordings)
    track = Soundtrack(sheet(cue("birds", 0.0, 3.0), cue("hit-wood", 1.0)), known)
    Stems(track, -6.0).save(tmp_path / "s.wav")
    parts = [Audio.open(tmp_path / f"s-{name}.wav").samples for name in ("ambience", "events")]
    whole = np.concatenate(list(Mix(track).blocks(-6.0)))
    np.testing.assert_allclose(parts[0] + parts[1], whole, atol=2.1 / 32768)
    assert np.abs(parts[1][: 48_000 - 100]).max() < 1e-3


def test_stems_are_not_clipped(tmp_path: Path) -> None:
    known = name_recordings(make_library(tmp_path / "sounds").recordings)
    track = Soundtrack(sheet(cue("birds", 0.0, 3.0), cue("hit-wood", 1.0)), known)
    Stems(track, 20.0).save(tmp_path / "s.wav")
    assert measure_loudness(Audio.open(tmp_path / "s-events.wav")).true_peak < -2


def test_every_recording_is_credited_once(tmp_path: Path) -> None:
    known = name_recordings(make_library(tmp_path).recordings)
    cues = sheet(cue("birds", 0.0, 3.0), cue("splash", 1.0), cue("splash", 2.0))
    lines = list_credits(cues, known).text.splitlines()
    assert [line.partition(":")[0] for line in lines[1:]] == ["birds.wav", "splash.wav"]
