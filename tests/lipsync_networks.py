"""Networks of a few weights, and stand-ins that know the answer, for tests of lipsync."""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lipsync_data import RATE, draw_face, face_points, open_and_close, speak

from neuropil.apps.lipsync import app as app_module
from neuropil.apps.lipsync.app import Lipsync
from neuropil.apps.lipsync.phones import PAUSE, PHONES
from neuropil.apps.lipsync.shapes import MouthBasis
from neuropil.apps.lipsync.speech import AHEAD, STATE
from neuropil.apps.lipsync.survey import Survey
from neuropil.apps.lipsync.tracking import FaceTrack
from neuropil.kit.audio.audio import Audio
from neuropil.kit.audio.audio_writer import to_frames
from neuropil.kit.media.film import Film
from neuropil.kit.media.film_writer import FilmSound, write_film
from neuropil.kit.media.frame import Frame

SIZE = (240, 200)
CENTER = (120.0, 80.0)


class Hearing:
    """Stands in for the speech network: the mouth is as open as the sound was loud, AHEAD ago."""

    path = Path("speech.onnx")

    def __init__(self) -> None:
        self.input_shapes = {name: ["B", 1] for name in STATE}
        self.heard: list[float] = []

    def run(self, **feeds: Any) -> dict[str, Any]:
        if not feeds["h1"].any():
            self.heard = []
        self.heard.append(float(feeds["heard"].mean()))
        loud = self.heard[max(0, len(self.heard) - 1 - AHEAD)] > 0
        basis = MouthBasis.load()
        mouth = np.zeros((1, 10), np.float32)
        mouth[0, 0] = ((0.2 if loud else 0.0) - basis.mean[0]) / basis.spread[0]
        phone = np.full((1, len(PHONES)), -9.0, np.float32)
        phone[0, PHONES.index("A" if loud else PAUSE)] = 9
        state = {f"next_{name}": np.ones((1, 1), np.float32) for name in STATE}
        return {"mouth": mouth, "phone": phone, **state}


class JudgeOfSound:
    """Stands in for the judge's hearing: its direction is how loud it is."""

    def run(self, heard: Any) -> dict[str, Any]:
        loud = heard.mean(axis=1, keepdims=True)
        loud = (loud - loud.mean()) / max(loud.std(), 1e-6)
        return {"direction": to_direction(loud), "opening": loud}


class JudgeOfMouth:
    """Stands in for the judge's sight: its direction is how open the mouth is."""

    def run(self, seen: Any) -> dict[str, Any]:
        return {"direction": to_direction(seen[:, :1])}


def to_direction(values: Any) -> Any:
    """Turn numbers into directions that fit where the numbers do."""
    angle = np.tanh(values) * np.pi / 2
    return np.concatenate([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)


def write_person(
    path: Path,
    openings: Any,
    fps: Fraction = Fraction(25),
    without_face: frozenset[int] = frozenset(),
    sound: bool = True,
) -> Path:
    """Write a film of a drawn face that speaks; grey where it is not there."""
    samples = speak(np.asarray(openings), float(fps))[:, None]
    frames = (
        Frame(
            np.full((SIZE[1], SIZE[0], 3), 128, np.uint8)
            if k in without_face
            else draw_face(face_points(float(o), 40.0, CENTER), SIZE),
            k / fps,
        )
        for k, o in enumerate(openings)
    )
    heard = (
        FilmSound(
            to_frames([Audio(samples, RATE).resample(48_000).samples], 48_000, "mono"),
            48_000,
            "mono",
        )
        if sound
        else None
    )
    write_film(path, frames, fps=fps, sound=heard)
    return path


@contextmanager
def known_faces(
    patch: pytest.MonkeyPatch, openings: Any, without_face: frozenset[int] = frozenset()
) -> Iterator[Lipsync]:
    """Give an application whose networks are stand-ins, its faces where they are drawn."""
    points = np.stack([face_points(float(o), 40.0, CENTER) for o in openings])
    is_there = np.array([k not in without_face for k in range(len(openings))])
    points[~is_there] = np.nan

    def look(film: Film, *_: Any) -> Survey:
        times = tuple(frame.time for frame in film.frames())
        return Survey([FaceTrack(points, is_there)], times)

    patch.setattr(app_module, "look_through", look)
    made = Lipsync()
    stand_ins: dict[str, Any] = {
        "speech": Hearing(),
        "judge-sound": JudgeOfSound(),
        "judge-mouth": JudgeOfMouth(),
    }
    made._open |= stand_ins
    yield made


def random_mouth(n: int, seed: int = 0) -> Any:
    """Open and close a mouth at random."""
    return open_and_close(n, np.random.default_rng(seed))
