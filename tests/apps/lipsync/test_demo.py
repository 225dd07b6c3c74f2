"""The drawn face, its syllables, and the section of the demo."""

from pathlib import Path

import numpy as np
import pytest

from neuropil.apps.lipsync import demo
from neuropil.apps.lipsync.drawn_face import (
    CLOSED,
    FPS,
    QUIET,
    REST,
    SIZE,
    SYLLABLE,
    draw_face,
    make_syllables,
    place_points,
    shape_at,
    write_person,
)
from neuropil.apps.lipsync.hearing import RATE
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


def test_syllables_are_quiet_while_the_lips_are_closed() -> None:
    samples = make_syllables("aiu")
    assert np.abs(samples).max() < 1
    power = np.square(samples[: len(samples) // 160 * 160].reshape(-1, 160)).mean(axis=1)
    start = round(QUIET * 100)
    closed, vowel = power[start + 2 : start + 7].mean(), power[start + 12 : start + 28].mean()
    assert vowel > 5 * closed > 0
    assert len(samples) == round((0.6 + 3 * SYLLABLE) * RATE)


def test_the_section_shows_the_film_and_the_cues() -> None:
    (section,) = demo.sections()
    assert "video/mp4" in section.body
    assert "how lips and sound fit: sound" in section.body
    assert "from, s" in section.body


def test_the_drawn_face_says_what_is_heard(tmp_path: Path) -> None:
    write_person(tmp_path / "drawn.mp4", "au")
    film = Film.open(tmp_path / "drawn.mp4")
    assert (film.width, film.height) == SIZE
    assert sum(1 for _ in film.frames()) == round((2 * QUIET + 2 * SYLLABLE) * FPS)
    assert Audio.open(film.path).seconds == pytest.approx(2 * QUIET + 2 * SYLLABLE, abs=0.05)
    assert shape_at("au", 0.1) == (REST, 1.0) == shape_at("au", QUIET + CLOSED / 2)
    wide_open, round_lips = (shape_at("au", QUIET + k * SYLLABLE + 0.205) for k in (0, 1))
    assert wide_open[0] > round_lips[0] > 0
    assert round_lips[1] < 0.85 < wide_open[1]
