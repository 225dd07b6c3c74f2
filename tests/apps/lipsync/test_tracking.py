"""Faces followed through a film by networks that know where they are."""

import numpy as np
import pytest
from lipsync_data import face_points

from neuropil.apps.lipsync.finder import CELL
from neuropil.apps.lipsync.landmarks import to_output
from neuropil.apps.lipsync.preprocess import map_of_points
from neuropil.apps.lipsync.shapes import transform
from neuropil.apps.lipsync.tracking import FORGET, FaceTrack, FaceTracker, runs, smooth

SIZE = (192, 192, 3)


class World:
    """Faces whose places are known: says them as the networks would."""

    def __init__(self) -> None:
        self.faces: list[np.ndarray] = []
        self.looks = 0
        self.matrix = np.zeros((2, 3))
        self.tracker = FaceTracker(self.run_finder, self.run_points)

    def run_finder(self, picture: np.ndarray) -> np.ndarray:
        self.looks += 1
        maps = np.full((1, 5, 48, 48), -9.0, np.float32)
        for face in self.faces:
            low, high = face.min(axis=0), face.max(axis=0)
            x, y = ((low + high) / 2 / CELL).astype(int)
            maps[0, 0, y, x] = 5
            edges = np.array([*(high - low) / 2, *(high - low) / 2])
            maps[0, 1:, y, x] = np.log(edges)
        return maps

    def run_points(self, crops: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        for face in self.faces:
            seen = transform(face, self.matrix)
            if (np.abs(seen.mean(axis=0) - 63.5) < 25).all():
                return to_output(seen)[None], np.array([[4.0]])
        return np.zeros((1, 136)), np.array([[-4.0]])

    def show(self, *faces: np.ndarray) -> None:
        self.faces = list(faces)
        self.tracker.add(np.zeros(SIZE, np.uint8))


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """Let the networks know by which map they look."""
    made = World()

    def remember(function: object) -> object:
        def wrapped(*given: object) -> np.ndarray:
            made.matrix = np.asarray(function(*given))  # type: ignore[operator]
            return made.matrix

        return wrapped

    from neuropil.apps.lipsync import landmarks, tracking

    monkeypatch.setattr(tracking, "map_of_points", remember(map_of_points))
    monkeypatch.setattr(landmarks, "map_of_points", remember(map_of_points))
    monkeypatch.setattr(landmarks, "map_of_box", remember(landmarks.map_of_box))
    return made


def place(x: float, y: float = 80.0, opening: float = 0.1) -> np.ndarray:
    return face_points(opening, eyes=24.0, center=(x, y))


def test_a_face_that_moves_is_followed(world: World) -> None:
    for k in range(30):
        world.show(place(60 + 2 * k))
    (track,) = world.tracker.finish()
    assert track.is_there.all()
    middle = track.points[15, 30]
    assert middle == pytest.approx(place(90)[30], abs=0.1)
    assert track.size == pytest.approx(24)
    assert world.looks <= 4  # the finder looks now and then


def test_frames_without_a_face_are_told(world: World) -> None:
    for k in range(20):
        world.show(*([] if k < 7 or k == 12 else [place(60)]))
    (track,) = world.tracker.finish()
    assert np.flatnonzero(~track.is_there).tolist() == [*range(7), 12]
    assert np.isnan(track.points[~track.is_there]).all()
    assert np.isfinite(track.points[track.is_there]).all()


def test_a_face_that_comes_back_is_the_same_for_a_while(world: World) -> None:
    for k in range(20 + 2 * FORGET):
        world.show(*([place(60)] if k < 10 or 14 <= k < 20 or k > 15 + 2 * FORGET else []))
    tracks = world.tracker.finish()
    assert len(tracks) == 2
    assert tracks[0].is_there.sum() == 16


def test_two_faces_are_two_tracks(world: World) -> None:
    for k in range(16):
        world.show(place(50), *([place(140, 90)] if k >= 5 else []))
    first, second = world.tracker.finish()
    assert first.is_there.sum() == 16
    assert 3 <= second.is_there.sum() <= 11
    assert np.nanmean(second.points[:, 30, 0]) == pytest.approx(140, abs=1)


def test_runs_are_found() -> None:
    flags = np.array([0, 1, 1, 0, 1], bool)
    assert runs(flags) == [slice(1, 3), slice(4, 5)]
    assert runs(np.zeros(3, bool)) == []


def test_smoothing_calms_the_head_more_than_the_mouth() -> None:
    rng = np.random.default_rng(0)
    still = np.stack([face_points(0.1)] * 200)
    calm = smooth(still + rng.normal(0, 1, still.shape)) - still
    assert calm[:, 48:].std() == pytest.approx(np.sqrt(6) / 4, abs=0.05)  # of 1, 2, 1
    assert calm[:, :48].std() < 0.48


def test_the_width_is_that_of_the_jaw() -> None:
    track = FaceTrack(np.stack([face_points(eyes=50.0)] * 3), np.ones(3, bool))
    assert track.width == pytest.approx(2.2 * 50)
