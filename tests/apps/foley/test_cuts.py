"""Cuts: shots that are joined are found; flicker, flashes and motion are none."""

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.foley.cuts import CutFinder


def shot(seed: int, n: int) -> list[NDArray[np.float32]]:
    """Make frames of a scene in which something moves."""
    rng = np.random.default_rng(seed)
    ground = np.kron(rng.uniform(20, 230, (9, 12)), np.ones((8, 8)))
    frames = []
    for k in range(n):
        frame = ground + rng.normal(0, 3, ground.shape)
        frame[20:40, 3 * k % 76 : 3 * k % 76 + 20] = 240
        frames.append(frame.astype(np.float32))
    return frames


def find_cuts(frames: list[NDArray[np.float32]]) -> list[int]:
    finder = CutFinder()
    return [n - 1 for n, frame in enumerate(frames) if finder.push(frame)]


def test_joined_shots_are_told_apart() -> None:
    assert find_cuts([*shot(1, 20), *shot(2, 9), *shot(3, 20)]) == [20, 29]


def test_a_film_that_flickers_has_no_cut() -> None:
    rng = np.random.default_rng(0)
    assert find_cuts([frame * rng.uniform(0.6, 1.2) for frame in shot(1, 40)]) == []


def test_a_flash_is_no_cut() -> None:
    frames = shot(1, 30)
    frames[14] = np.full_like(frames[14], 250)
    assert find_cuts(frames) == []


def test_black_frames_are_no_cut_and_what_follows_is_one() -> None:
    black = [np.zeros((72, 96), np.float32)] * 5
    assert find_cuts([*shot(1, 12), *black, *shot(2, 12)]) == [12, 17]
