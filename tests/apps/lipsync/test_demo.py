"""The drawn face, its syllables, and the section of the demo, with stand-ins for networks."""

from pathlib import Path

import numpy as np
import pytest
from lipsync_networks import Hearing, JudgeOfMouth, JudgeOfSound

from neuropil.apps.lipsync import app as app_module
from neuropil.apps.lipsync import demo
from neuropil.apps.lipsync.app import Lipsync
from neuropil.apps.lipsync.drawn_face import (
    SIZE,
    draw_face,
    make_syllables,
    place_points,
    write_person,
)
from neuropil.apps.lipsync.hearing import RATE
from neuropil.apps.lipsync.shapes import opening
from neuropil.apps.lipsync.survey import Survey
from neuropil.apps.lipsync.tracking import FaceTrack
from neuropil.kit.media.film import Film


def test_the_mouth_opens_as_it_is_told() -> None:
    points = np.stack([place_points(o) for o in (-0.15, 0.1, 0.6)])
    wide = opening(points)
    assert wide[0] < 0.03
    assert 0.05 < wide[1] < wide[2]
    assert points[2, 8, 1] > points[0, 8, 1] + 5  # the chin falls
    closed, wide_open = draw_face(-0.15), draw_face(0.6)
    assert closed.shape == (SIZE[1], SIZE[0], 3)
    assert np.array_equal(closed[:150], wide_open[:150])
    assert np.abs(closed.astype(int) - wide_open)[180:240].mean() > 2


def test_syllables_are_quiet_while_the_lips_are_closed() -> None:
    samples = make_syllables("aiu")
    assert np.abs(samples).max() < 1
    power = np.square(samples[: len(samples) // 160 * 160].reshape(-1, 160)).mean(axis=1)
    start = round(0.3 * 100)
    closed, vowel = power[start + 2 : start + 7].mean(), power[start + 12 : start + 20].mean()
    assert vowel > 5 * closed > 0
    assert len(samples) == round((0.6 + 3 * 0.24) * RATE)


def test_the_section_shows_the_film_and_the_cues(monkeypatch: pytest.MonkeyPatch) -> None:
    def look(film: Film, *_: object) -> Survey:
        times = tuple(frame.time for frame in film.frames())
        points = np.stack([place_points(0.1 + 0.2 * np.sin(k)) for k in range(len(times))])
        return Survey([FaceTrack(points, np.ones(len(times), bool))], times)

    monkeypatch.setattr(app_module, "look_through", look)
    monkeypatch.setattr(app_module, "find_points", lambda *_: (place_points(0.2), 1.0))
    monkeypatch.setattr(demo, "SHOWN", 2)
    made = Lipsync()
    stand_ins = {"speech": Hearing(), "judge-sound": JudgeOfSound(), "judge-mouth": JudgeOfMouth()}
    made._open |= stand_ins  # type: ignore[arg-type]
    monkeypatch.setattr(demo, "Lipsync", lambda: made)
    (section,) = demo.sections()
    assert "video/mp4" in section.body
    assert "not sure" in section.body
    assert "from, s" in section.body


def test_the_drawn_film_is_three_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from neuropil.apps.lipsync import drawn_face

    monkeypatch.setattr(drawn_face, "FRAMES", 4)
    write_person(tmp_path / "drawn.mp4")
    film = Film.open(tmp_path / "drawn.mp4")
    assert (film.width, film.height) == SIZE
    assert sum(1 for _ in film.frames()) == 4
