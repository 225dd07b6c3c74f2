"""From sound to what the networks hear: the bands of a log-mel spectrogram, two columns a step.

    steps = hear(samples)           # (T, 2 · BANDS), STEPS_PER_SECOND of them
    step_times(T)                   # the moment of each in seconds

Bands are normalized over the whole recording, so that neither loudness nor the microphone matters.

N  samples     T  steps
"""

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.lipsync.preprocess import Floats
from neuropil.apps.lipsync.shapes import Numbers
from neuropil.kit.audio.audio import Audio
from neuropil.kit.audio.mel import MelSettings, compute_log_mel

RATE = 16_000
BANDS = 40
STEPS_PER_SECOND = 50
COLUMNS = 2  # of the spectrogram, in a step
HEARD = BANDS * COLUMNS
MEL = MelSettings(
    rate=RATE,
    window=400,
    hop=RATE // STEPS_PER_SECOND // COLUMNS,
    bands=BANDS,
    low=60.0,
    high=7600.0,
)
RANGE = 11.0  # logarithm of power, below the loudest of a band, under which all is silence
LOUD = 98  # percentile that is taken for the loudest
LEAST_SPREAD = 0.5  # of a band, in which nothing is heard
LEAST_POWER = 1e-6  # mean square of samples, -60 dB, below which a step is silence
QUIET = 1e-4  # of the loudest steps: in a recording that is quieter, what is below it is
NOTHING = 1e-10  # below which it is silence wherever it is
CANCELED = 0.02  # of the power of the loudest channel: a mean with less has lost what was said


def mono(sound: Audio) -> NDArray[np.float32]:
    """Take a recording as one channel of 16 kHz, about 0; the loudest where they cancel out."""
    samples = (sound if sound.rate == RATE else sound.resample(RATE)).samples
    if not len(samples):
        return np.zeros(0, np.float32)
    mixed = samples.mean(axis=1, dtype=np.float32)
    powers = np.square(samples, dtype=np.float64).mean(axis=0)
    if np.square(mixed, dtype=np.float64).mean() < CANCELED * powers.max():
        mixed = samples[:, int(powers.argmax())]
    made: NDArray[np.float32] = mixed - mixed.mean(dtype=np.float32)
    return made


def hear(samples: NDArray[np.float32]) -> Floats:
    """Take samples (N,) of 16 kHz to steps (T, 80), each band of mean 0 and deviation 1."""
    return normalize_bands(log_mel_columns(samples))


def log_mel_columns(samples: NDArray[np.float32]) -> Floats:
    """Compute the columns (2 T, 40) of a spectrogram; the first is in the middle of its 10 ms."""
    hop = MEL.hop
    n = max(1, round(len(samples) / (hop * COLUMNS))) * COLUMNS
    shifted = np.pad(samples, (0, hop))[hop // 2 :]
    columns = compute_log_mel(shifted, MEL)[:n]
    return np.pad(columns, ((0, n - len(columns)), (0, 0)), mode="edge")


def normalize_bands(columns: Floats) -> Floats:
    """Take columns (2 T, 40) to steps (T, 80)."""
    loudest = np.percentile(columns, LOUD)
    kept = np.maximum(columns, loudest - RANGE)
    spread = np.maximum(kept.std(axis=0), LEAST_SPREAD)
    normal = (kept - kept.mean(axis=0)) / spread
    made: Floats = normal.astype(np.float32).reshape(-1, HEARD)
    return made


def step_times(n: int) -> Numbers:
    """Give the moments of n steps, in seconds: the middle of each."""
    return (np.arange(n) + 0.5) / STEPS_PER_SECOND


def sample_at(times: Numbers, values: Numbers) -> Numbers:
    """Interpolate what is known at steps (T, K) at moments (F,), in seconds: (F, K)."""
    steps = step_times(len(values))
    return np.stack([np.interp(times, steps, column) for column in values.T], axis=1)


def find_silence(samples: NDArray[np.float32], n: int) -> NDArray[np.bool_]:
    """Tell which of n steps are silent: below -60 dB, where all is quiet -40 below the loudest."""
    power = loudness(samples, n)
    loudest = float(np.percentile(power, LOUD)) if n else 0.0
    return power < max(NOTHING, min(LEAST_POWER, QUIET * loudest))


def loudness(samples: NDArray[np.float32], n: int) -> Numbers:
    """Measure the mean square of samples around each of n steps, over 60 ms: (n,)."""
    width = RATE // STEPS_PER_SECOND
    whole = np.zeros(n * width)
    kept = samples[: len(whole)].astype(np.float64)
    whole[: len(kept)] = kept**2
    power = np.pad(whole.reshape(n, width).mean(axis=1), 1, mode="edge")
    made: Numbers = (power[:-2] + power[1:-1] + power[2:]) / 3
    return made
