"""The drawn face, and the section of the demo."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from films import cut

from neuropil.apps.lipsync import demo
from neuropil.apps.lipsync.drawn_face import (
    MOUTHS,
    SIZE,
    draw_face,
    place_points,
    shape_frames,
    write_person,
)
from neuropil.apps.lipsync.hearing import RATE
from neuropil.apps.lipsync.phones import CUES
from neuropil.apps.lipsync.shapes import opening
from neuropil.kit.audio.audio import Audio
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


def test_the_section_shows_the_film_and_the_cues(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut(demo.SAMPLES / "person.mp4", tmp_path / "person.mp4", 3)
    shutil.copy(demo.SAMPLES / "speech.opus", tmp_path)
    monkeypatch.setattr(demo, "SAMPLES", tmp_path)
    (section,) = demo.sections()
    assert "video/mp4" in section.body
    assert "how lips and sound fit: sound" in section.body
    assert "from, s" in section.body


def test_the_drawn_face_says_what_is_heard(tmp_path: Path) -> None:
    cues = ["X"] * 10 + ["A"] * 10 + ["D"] * 10 + ["F"] * 10
    speech = Audio(np.full((12_800, 1), 0.1, np.float32), RATE)
    write_person(tmp_path / "drawn.mp4", speech, cues)
    film = Film.open(tmp_path / "drawn.mp4")
    assert (film.width, film.height) == SIZE
    assert sum(1 for _ in film.frames()) == 20
    assert Audio.open(film.path).seconds == pytest.approx(0.8, abs=0.05)
    shapes = shape_frames(cues)
    assert shapes[7] == pytest.approx(MOUTHS["A"], abs=0.02)
    assert shapes[12] == pytest.approx(MOUTHS["D"], abs=0.05)
    assert shapes[17] == pytest.approx(MOUTHS["F"], abs=0.05)
    assert MOUTHS["A"][0] < shapes[10, 0] < MOUTHS["D"][0]
    assert MOUTHS.keys() == {*CUES}
