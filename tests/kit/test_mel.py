"""Log-mel spectrograms: shapes, bands and moments, against a plain sum."""

import numpy as np
import pytest

from neuropil.kit.audio.mel import (
    FLOOR,
    MelSettings,
    compute_log_mel,
    from_mel,
    mel_weights,
    to_mel,
)

SETTINGS = MelSettings()


def test_the_formula_by_hand() -> None:
    """One column and band, summed term by term."""
    samples = np.random.default_rng(0).normal(size=2000).astype(np.float32)
    t, b = 5, 20
    at = t * SETTINGS.hop - SETTINGS.window // 2
    n = np.arange(SETTINGS.window)
    windowed = samples[at : at + SETTINGS.window] * (0.5 - 0.5 * np.cos(2 * np.pi * n / len(n)))
    power = 0.0
    for f in range(SETTINGS.window // 2 + 1):
        value = np.sum(windowed * np.exp(-2j * np.pi * f * n / len(n)))
        power += mel_weights(SETTINGS)[b, f] * abs(value) ** 2
    assert compute_log_mel(samples, SETTINGS)[t, b] == pytest.approx(np.log(power), abs=1e-4)


def test_mel_of_1000_hz_is_1000() -> None:
    assert to_mel(np.array([1000.0]))[0] == pytest.approx(999.99, abs=0.01)
    np.testing.assert_allclose(from_mel(to_mel(np.array([50.0, 7600.0]))), [50, 7600])


def test_a_tone_lights_the_band_that_holds_it() -> None:
    tone = np.sin(2 * np.pi * 2000 * np.arange(16_000) / 16_000).astype(np.float32)
    band = int(compute_log_mel(tone, SETTINGS)[50].argmax())
    peaks = from_mel(np.linspace(to_mel(np.array(50.0)), to_mel(np.array(7600.0)), 66))
    assert abs(peaks[band + 1] - 2000) == np.abs(peaks - 2000).min()


def test_a_click_lights_its_moment() -> None:
    samples = np.zeros(16_000, np.float32)
    samples[8000] = 1
    columns = compute_log_mel(samples, SETTINGS)
    assert columns.shape == (101, 64)
    assert int(columns.sum(axis=1).argmax()) == 50
    assert columns[0].max() == pytest.approx(np.log(FLOOR))


def test_no_sound_at_all_is_one_column_of_silence() -> None:
    assert compute_log_mel(np.zeros(0, np.float32), SETTINGS).shape == (1, 64)


def test_the_triangles_leave_no_gap() -> None:
    """Between the outer peaks the weights of neighbors sum to 1."""
    settings = MelSettings(window=2048, bands=20)
    sums = mel_weights(settings).sum(axis=0)
    frequencies = np.arange(1025) * 16_000 / 2048
    peaks = from_mel(np.linspace(to_mel(np.array(50.0)), to_mel(np.array(7600.0)), 22))
    inside = (frequencies > peaks[1]) & (frequencies < peaks[-2])
    np.testing.assert_allclose(sums[inside], 1)
