"""Motion: what moves is found where and how far it moves; lamps and cameras are taken out."""

import numpy as np
import pytest

from neuropil.apps.foley.motion import (
    CELL,
    CHANNELS,
    FASTEST,
    WINDOW,
    Floats,
    H,
    MotionTracker,
    W,
    compare,
    reduce_frame,
    stack_windows,
)


def texture(seed: int = 0) -> Floats:
    """Make a smooth texture of 96 × 72 pixels."""
    coarse = np.random.default_rng(seed).uniform(40, 215, (12, 16))
    rows = np.linspace(0, 11, H * CELL)
    columns = np.linspace(0, 15, W * CELL)
    across = np.stack([np.interp(columns, np.arange(16), row) for row in coarse])
    made = np.stack([np.interp(rows, np.arange(12), column) for column in across.T]).T
    return made.astype(np.float32)


def test_a_patch_that_goes_right_flows_right() -> None:
    before = np.full((72, 96), 100, np.float32)
    before[24:48, 32:56] += texture()[24:48, 32:56] - 128
    after = np.full((72, 96), 100, np.float32)
    after[24:48, 33:57] = before[24:48, 32:56]
    maps = compare(before, after).maps
    inside = maps[0, 8:10, 10:12]
    assert inside.mean() * FASTEST == pytest.approx(1, abs=0.35)
    assert abs(maps[1, 8:10, 10:12].mean() * FASTEST) < 0.35
    assert np.abs(maps[:2, :, 20:]).max() < 0.02
    assert maps[5, 6:12, 8:14].mean() > 10 * maps[5, :, 20:].mean() + 0.01


def test_a_lamp_that_flickers_moves_nothing() -> None:
    still = texture()
    made = compare(still, still * 0.85 + 8)
    assert np.abs(made.maps[:6]).max() < 0.01
    assert made.light < -0.03


def test_a_camera_that_pans_moves_nothing() -> None:
    wide = np.concatenate([texture(1), texture(2)], axis=1)
    panned = compare(wide[:, 40:136], wide[:, 41:137])
    assert np.median(np.abs(panned.maps[:2])) * FASTEST < 0.3


def test_the_first_frame_does_not_move() -> None:
    assert np.abs(MotionTracker().push(texture()).maps[:6]).max() == 0


def test_frames_of_any_shape_are_reduced() -> None:
    assert reduce_frame(np.full((30, 200, 3), 77, np.uint8)).shape == (72, 96)
    assert reduce_frame(np.full((480, 360, 3), 77, np.uint8)).mean() == 77


def test_windows_stack_neighbors() -> None:
    tracker = MotionTracker()
    motion = [tracker.push(texture(seed)) for seed in range(6)]
    stacks = stack_windows(motion, 1 / 12.5)
    assert stacks.shape == (3, CHANNELS, H, W)
    np.testing.assert_array_equal(stacks[1, :7], motion[1].maps)
    np.testing.assert_array_equal(stacks[0, 7 * (WINDOW - 1) : -2], motion[3].maps)
    assert stacks[0, -1, 0, 0] == pytest.approx(1)  # an octave slower than 25 a second
