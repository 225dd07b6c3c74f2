"""The order in which frames are played where speech is longer than the film."""

from collections.abc import Iterator

import numpy as np
import pytest
from lipsync_data import face_points

from neuropil.apps.lipsync.playback import (
    ABSENT,
    count_room,
    measure_restlessness,
    plan_playback,
    replay,
)
from neuropil.apps.lipsync.tracking import FaceTrack

QUIET = np.ones(20)


def test_a_film_that_is_long_enough_is_played_once_and_whole() -> None:
    assert plan_playback(20, 12, QUIET, 9).tolist() == list(range(20))


@pytest.mark.parametrize("room", [4, 11, 100])
def test_frames_follow_their_neighbors_forth_and_back(room: int) -> None:
    restless = np.random.default_rng(0).random(20)
    order = plan_playback(20, 90, restless, room)
    assert len(order) == 90
    assert (np.abs(np.diff(order)) <= 1).all()
    turns = np.flatnonzero(np.diff(order)[1:] != np.diff(order)[:-1]) + 1
    assert len(turns) >= 3
    later = order[turns[0] :]
    assert later.max() - later.min() < room
    assert order[: turns[0]].tolist() == list(range(turns[0]))


def test_it_turns_where_the_head_is_quietest() -> None:
    restless = np.ones(20)
    restless[[1, 18]] = 0
    order = plan_playback(20, 60, restless, 100)
    turned = order[1:-1][np.diff(order)[1:] != np.diff(order)[:-1]]
    assert set(turned.tolist()) == {1, 18}


def test_a_single_frame_stands_still() -> None:
    assert plan_playback(1, 5, np.zeros(1), 10).tolist() == [0] * 5


@pytest.mark.parametrize("needed", [20, 21, 70])
def test_replay_gives_the_frames_of_the_order_and_holds_few(needed: int) -> None:
    order = plan_playback(20, needed, np.random.default_rng(1).random(20), 8)

    def frames() -> Iterator[np.ndarray]:
        for k in range(20):
            yield np.full((2, 2, 3), k, np.uint8)

    played = [int(pixels[0, 0, 0]) for pixels in replay(frames(), order)]
    assert played == order.tolist()


def test_room_is_of_bytes() -> None:
    assert count_room(640, 360) == 384_000_000 // (640 * 360 * 3)
    assert count_room(20_000, 20_000) == 2


def test_restlessness_is_how_far_the_head_moves() -> None:
    points = np.stack([face_points() + np.array([4.0 * max(0, k - 2), 0]) for k in range(6)])
    points[5] = np.nan
    is_there = np.array([1, 1, 1, 1, 1, 0], bool)
    found = measure_restlessness(FaceTrack(points, is_there))
    assert found == pytest.approx([0, 0, 0.1, 0.1, ABSENT, ABSENT])
