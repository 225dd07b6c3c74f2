"""Mixing: power and level are what the formulas say."""

import numpy as np
import pytest
from numpy.typing import NDArray

from neuropil.kit.audio.audio import Audio
from neuropil.kit.audio.loudness import measure_loudness
from neuropil.kit.audio.mixing import (
    crossfade,
    fade,
    fade_curve,
    limit_peaks,
    mix_in,
    pan,
    repeat_loop,
    to_gain,
)

RATE = 48_000


def noise(n: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(0, 0.1, (n, 1)).astype(np.float32)


def test_twenty_decibels_are_a_factor_of_ten() -> None:
    assert to_gain(-20) == pytest.approx(0.1)
    assert to_gain(0) == 1


@pytest.mark.parametrize(("place", "gains"), [(-1, (1, 0)), (0, (0.7071, 0.7071)), (1, (0, 1))])
def test_a_pan_keeps_the_power(place: float, gains: tuple[float, float]) -> None:
    made = pan(np.ones(3, np.float32), place)
    np.testing.assert_allclose(made[0], gains, atol=1e-4)
    assert (pan(np.ones(1, np.float32), 0.37) ** 2).sum() == pytest.approx(1, abs=1e-6)


def test_fades_of_equal_power() -> None:
    rising = fade_curve(100)
    np.testing.assert_allclose(rising**2 + rising[::-1] ** 2, 1, atol=1e-6)
    faded = fade(np.ones((10, 1), np.float32), 4, 20)
    assert faded[0] < 0.2
    assert faded[-1] < 0.2


def test_a_crossfade_of_two_noises_stays_as_loud() -> None:
    joined = crossfade(noise(20_000, 1), noise(20_000, 2), 8000)
    assert joined.shape == (32_000, 1)
    np.testing.assert_array_equal(joined[:12_000], noise(20_000, 1)[:12_000])
    middle = joined[14_000:18_000].std()
    assert middle == pytest.approx(0.1, rel=0.05)


def test_a_crossfade_is_no_longer_than_what_it_joins() -> None:
    assert crossfade(noise(10), noise(30), 100).shape == (30, 1)


def test_a_loop_begins_again_where_it_ends() -> None:
    loop = np.arange(5, dtype=np.float32)[:, None]
    assert repeat_loop(loop, 3, 9)[:, 0].tolist() == [3, 4, 0, 1, 2, 3, 4, 0, 1]


def test_a_sound_falls_into_the_blocks_that_it_spans() -> None:
    sound = np.arange(1, 8, dtype=np.float32)[:, None]
    blocks = np.zeros((3, 4, 1), np.float32)
    for number, block in enumerate(blocks):
        mix_in(block, sound, 2 - 4 * number)
    assert blocks.ravel().tolist() == [0, 0, 1, 2, 3, 4, 5, 6, 7, 0, 0, 0]


def test_peaks_are_limited_and_the_rest_is_left() -> None:
    moments = np.arange(RATE)[:, None] / RATE
    quiet = (0.05 * np.sin(2 * np.pi * 3000 * moments)).astype(np.float32)
    loud = quiet.copy()
    loud[RATE // 2 : RATE // 2 + 200] *= 60
    made = np.concatenate(list(limit_peaks([loud], RATE, 1, -1.0)))
    assert made.shape == loud.shape
    assert measure_loudness(Audio(loud, RATE)).true_peak > 5
    assert measure_loudness(Audio(made, RATE)).true_peak <= -1.0
    calm = slice(1000, RATE // 2 - 1000)
    assert np.abs(made[calm] - quiet[calm]).max() < 0.001
