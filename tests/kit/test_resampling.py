"""Resampling: length, frequency and level stay; what is above half the rate goes."""

import numpy as np
import pytest

from neuropil.kit.audio.resampling import resample, resample_blocks


def sine(
    hz: float, rate: int, seconds: float = 1
) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.sin(2 * np.pi * hz * np.arange(round(rate * seconds)) / rate).astype(np.float32)[
        :, None
    ]


@pytest.mark.parametrize(("rate", "wanted"), [(48_000, 16_000), (16_000, 48_000), (44_100, 48_000)])
def test_a_tone_stays_the_tone(rate: int, wanted: int) -> None:
    made = resample(sine(1000, rate), rate, wanted)
    true = sine(1000, wanted)
    assert made.shape == true.shape
    inside = slice(wanted // 10, -wanted // 10)
    assert np.abs(made - true)[inside].max() < 0.01


def test_what_the_new_rate_cannot_hold_is_gone() -> None:
    made = resample(sine(10_000, 48_000), 48_000, 16_000)
    assert np.abs(made[1000:-1000]).max() < 0.01


def test_blocks_give_what_the_whole_gives() -> None:
    noise = np.random.default_rng(0).normal(size=(10_000, 2)).astype(np.float32)
    blocks = resample_blocks(np.split(noise, [10, 3000, 3001]), 48_000, 22_050, 2)
    parts = np.concatenate(list(blocks))
    np.testing.assert_allclose(parts[:4500], resample(noise, 48_000, 22_050)[:4500], atol=1e-6)
