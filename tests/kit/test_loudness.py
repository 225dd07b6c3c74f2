"""Loudness: the signals of EBU Tech 3341 give what that document says."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from neuropil.kit.audio.audio import Audio
from neuropil.kit.audio.loudness import LoudnessMeter, measure_loudness, to_decibels
from neuropil.kit.audio.mixing import fade

RATE = 48_000


def sine(
    decibels: float, seconds: float, hz: float = 1000, phase: float = 0
) -> NDArray[np.float32]:
    moments = np.arange(round(seconds * RATE)) / RATE
    wave = 10 ** (decibels / 20) * np.sin(2 * np.pi * hz * moments + phase)
    return np.repeat(wave.astype(np.float32)[:, None], 2, axis=1)


@pytest.mark.parametrize("level", [-23.0, -33.0])
def test_a_stereo_tone_is_as_loud_as_its_peak(level: float) -> None:  # cases 1 and 2
    found = measure_loudness(Audio(sine(level, 5), RATE))
    assert found.integrated == pytest.approx(level, abs=0.1)
    assert found.momentary == pytest.approx(level, abs=0.1)


def test_quiet_passages_are_gated() -> None:  # case 3
    parts = [sine(-36, 10), sine(-23, 60), sine(-36, 10)]
    found = measure_loudness(Audio(np.concatenate(parts), RATE))
    assert found.integrated == pytest.approx(-23, abs=0.1)


def test_peaks_between_samples_count() -> None:  # case 16: a tone of 12 kHz, 45° late, at -6 dBTP
    tone = fade(sine(-6, 1, RATE / 4, math.pi / 4), 4800, 4800)
    assert to_decibels(float(np.abs(tone).max())) == pytest.approx(-9, abs=0.1)  # they miss it
    assert measure_loudness(Audio(tone, RATE)).true_peak == pytest.approx(-6, abs=0.3)


def test_one_channel_is_three_decibels_less_than_two() -> None:
    found = measure_loudness(Audio(sine(-20, 3)[:, :1].copy(), RATE))
    assert found.integrated == pytest.approx(-23, abs=0.1)


def test_a_click_is_measured_with_silence_behind_it() -> None:
    short = measure_loudness(Audio(sine(-20, 0.1), RATE))
    assert short.integrated == pytest.approx(-20 + 10 * math.log10(0.25), abs=0.3)


def test_silence_has_no_loudness() -> None:
    found = measure_loudness(Audio(np.zeros((RATE, 1), np.float32), RATE))
    assert found.integrated == found.momentary == found.true_peak == -math.inf


def test_blocks_are_as_loud_as_the_whole() -> None:
    tone = sine(-18, 2)
    meter = LoudnessMeter(RATE, 2)
    for block in np.split(tone, [7, 40_000, 40_001]):
        meter.push(block)
    assert meter.finish() == measure_loudness(Audio(tone, RATE))


def test_decibels() -> None:
    assert to_decibels(0.1) == pytest.approx(-20)
    assert to_decibels(0) == -math.inf
