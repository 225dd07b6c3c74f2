"""Log-mel spectrograms, as hearing networks take them.

    S[t, b] = ln(max(Σ_f M[b, f] · |X[t, f]|², 1e-10))
    X[t]    = FFT of window · samples[t·hop - width/2 : t·hop + width/2], with silence outside
    m    = 2595 · log10(1 + f / 700), in mel of f in Hz (HTK)

M has triangles that are evenly spaced in mel, each reaching from the peak of the one before to
that of the next, 1 at its own peak; the window is a periodic Hann. Column t is of the moment t·hop.

Dimension key: N samples, T columns, B bands, F frequencies.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

FLOOR = 1e-10  # of power, so that silence has a logarithm
CHUNK = 4096  # columns at once, so that a long recording fills no memory


@dataclass(frozen=True)
class MelSettings:
    """What a log-mel spectrogram is made by; window and hop in samples, frequencies in Hz."""

    rate: int = 16_000
    window: int = 400
    hop: int = 160
    bands: int = 64
    low: float = 50.0
    high: float = 7_600.0


def compute_log_mel(samples: NDArray[np.float32], settings: MelSettings) -> NDArray[np.float32]:
    """Compute the log-mel spectrogram (T, B) of one channel (N,); T = 1 + N // hop."""
    width, hop = settings.window, settings.hop
    T = 1 + len(samples) // hop
    padded = np.pad(np.asarray(samples, np.float32), (width // 2, width))
    frames = np.lib.stride_tricks.sliding_window_view(padded, width)[::hop][:T]
    weights = mel_weights(settings).T  # (F, B)
    window = hann(width)
    log_mel = np.empty((T, settings.bands), np.float32)
    for start in range(0, T, CHUNK):
        spectrum = np.fft.rfft(frames[start : start + CHUNK] * window)
        power = spectrum.real**2 + spectrum.imag**2
        log_mel[start : start + CHUNK] = np.log(np.maximum(power @ weights, FLOOR))
    return log_mel


def hann(width: int) -> NDArray[np.float64]:
    """Give the periodic Hann window (width,): (1 - cos(2πn / width)) / 2."""
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(width) / width)


@lru_cache(maxsize=8)
def mel_weights(settings: MelSettings) -> NDArray[np.float64]:
    """Give the triangles (B, F) that gather frequencies into bands."""
    frequencies = np.arange(settings.window // 2 + 1) * settings.rate / settings.window
    low, high = to_mel(np.array([settings.low, settings.high]))
    peaks = from_mel(np.linspace(low, high, settings.bands + 2))
    left, middle, right = peaks[:-2, None], peaks[1:-1, None], peaks[2:, None]
    rising = (frequencies - left) / (middle - left)
    falling = (right - frequencies) / (right - middle)
    return np.maximum(0, np.minimum(rising, falling))


def to_mel(hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn frequencies in Hz into mel."""
    return 2595 * np.log10(1 + hz / 700)


def from_mel(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn mel into frequencies in Hz."""
    return 700 * (10 ** (mel / 2595) - 1)
