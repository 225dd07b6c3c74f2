"""Cue sheets: read again as they were written, and every damage named with its line."""

import json
from pathlib import Path
from typing import Any

import pytest
from foley_data import cue, sheet
from refusals import refused

from neuropil.apps.foley.cues import Candidate, CueSheet


def test_what_is_saved_is_read_again(tmp_path: Path) -> None:
    others = (Candidate("splash", "splash.wav", 1.25, 0.3, 1.5),)
    made = sheet(cue("birds", 0.0, 3.0), cue("hit-wood", 1.5, candidates=others, pan=-0.25))
    made.save(tmp_path / "cues.json")
    assert CueSheet.open(tmp_path / "cues.json") == made
    plain = json.loads((tmp_path / "cues.json").read_text(encoding="utf-8"))
    assert plain["cues"][1]["class"] == "hit-wood"
    assert plain["cues"][1]["candidates"] == [
        {"class": "splash", "file": "splash.wav", "distance": 1.25, "duration": 0.3, "gain_db": 1.5}
    ]


def test_cues_are_sorted_and_may_leave_out_what_has_a_usual_value(tmp_path: Path) -> None:
    path = tmp_path / "cues.json"
    cues = [
        {"time": t, "duration": 1, "kind": "event", "class": "splash", "file": "a", "gain_db": 0}
        for t in (2, 1)
    ]
    path.write_text(json.dumps({"seconds": 3, "cues": cues}), encoding="utf-8")
    found = CueSheet.open(path)
    assert [each.time for each in found.cues] == [1, 2]
    assert (found.cues[0].pan, found.cues[0].speed) == (0, 1)


@pytest.mark.parametrize(
    ("changed", "code", "words"),
    [
        ({"time": "soon"}, "input.damaged", 'time is "soon"'),
        ({"time": None}, "input.damaged", "time is missing"),
        ({"time": 3.5}, "option.range", "the film ends at 3"),
        ({"time": -1}, "option.range", "time"),
        ({"duration": None}, "input.damaged", "duration is missing"),
        ({"pan": 2}, "option.range", "pan"),
        ({"kind": "music"}, "option.choice", "event, ambience"),
        ({"class": "dog-brak"}, "name.unknown", "did you mean dog-bark?"),
        ({"class": 7}, "name.unknown", "class is 7"),
        ({"file": None}, "input.damaged", "file is missing"),
        ({"gain_db": float("nan")}, "input.damaged", "gain_db"),
        ({"candidates": [1]}, "input.damaged", "a candidate is 1"),
        ({"gian_db": 2}, "name.unknown", "a cue has no gian_db (did you mean gain_db?)"),
        ({"candidates": 5}, "input.damaged", "candidates is 5; it is a list"),
        ({"time": 10**400}, "input.damaged", "time is 1000"),
    ],
)
def test_what_can_not_be_is_named_with_its_line(
    tmp_path: Path, changed: dict[str, Any], code: str, words: str
) -> None:
    path = tmp_path / "cues.json"
    sheet(cue("birds", 0.0, 3.0), cue("hit-wood", 1.5)).save(path)
    plain = json.loads(path.read_text(encoding="utf-8"))
    plain["cues"][1] |= changed
    path.write_text(json.dumps(plain, indent=1), encoding="utf-8")
    lines = path.read_text(encoding="utf-8").splitlines()
    line = [n for n, text in enumerate(lines, 1) if text == "  {"][1]
    with refused(code, f"{path} line {line}, cue 1", words):
        CueSheet.open(path)


def test_the_line_of_a_cue_that_lacks_its_time_is_found(tmp_path: Path) -> None:
    path = tmp_path / "cues.json"
    path.write_text('{"film": "a", "seconds": 3,\n"cues": [\n{"pan": 0},\n\n{"time": 1}]}')
    with refused("input.damaged", f"{path} line 3, cue 0", "time is missing"):
        CueSheet.open(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"cues": [\n{"time": 1,]}', "line 2"),
        ("[]", "no list of cues"),
        ('{"cues": 3}', "no list of cues"),
        ('{"cues": [], "seconds": 0}', "length of the film"),
        ('{"cues": [4], "seconds": 5}', "stands in braces"),
    ],
)
def test_what_is_no_cue_sheet(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "cues.json"
    path.write_text(text, encoding="utf-8")
    with refused("input.damaged", path, words):
        CueSheet.open(path)
    path.write_bytes(b"\xff\xfe")
    with refused("input.damaged", path):
        CueSheet.open(path)
