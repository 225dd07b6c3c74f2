"""The sounds of the data as columns of a spectrogram, and what they sound like elsewhere.

    columns = read_clip_columns(speaker, clips)                 # (N, 300, 40)
    heard = hear_elsewhere(columns[0], rng)                        # another throat, room and noise

C  columns of 10 ms     B  bands
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from neuropil.apps.lipsync.hearing import (
    BANDS,
    COLUMNS,
    HEARD,
    RATE,
    log_mel_columns,
    mono,
    normalize_bands,
    step_times,
)
from neuropil.apps.lipsync.lab.data import Speaker, read_file
from neuropil.apps.lipsync.phones import PAUSE, PHONES
from neuropil.apps.lipsync.preprocess import Floats
from neuropil.kit.audio.audio import Audio
from neuropil.kit.progress import track

CLIP_SECONDS = 3.0  # of the speaker's clips
WARP = 0.09  # by which frequencies are stretched or shrunk, as by another throat
TEMPO = (0.85, 1.2)  # times as fast
EQUALIZER = 0.5  # logarithm of power: deviation of a microphone's bands
NOISY, ECHOING = 0.4, 0.3  # shares of what is heard with noise, in a room
NOISE = (-7.0, -2.5)  # logarithm of power of the noise, below the loudest
DECAY = (0.3, 0.75)  # of an echo, a column
MASKED = 0.5  # share of what is heard with a gap in bands or in time
MOST_BANDS, MOST_COLUMNS = 7, 16  # of a gap


@dataclass(frozen=True, eq=False)
class Sentence:
    """A sentence: its columns (2 T, 40), and the phone of each step (T,)."""

    columns: Floats
    phones: NDArray[np.int64]


def decode_all(
    files: Sequence[bytes], title: str, seconds: float | None = None
) -> Iterator[NDArray[np.float32]]:
    """Decode Ogg Opus files to samples (N,) of 16 kHz, each cut or filled up to so many seconds."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "clip.opus")
        for opus in track(files, total=len(files), title=title):
            path.write_bytes(opus)
            samples = mono(Audio.open(path))
            if seconds is not None:
                n = round(seconds * RATE)
                samples = np.pad(samples, (0, max(0, n - len(samples))))[:n]
            yield samples


def read_clip_samples(speaker: Speaker, clips: NDArray[np.intp]) -> list[NDArray[np.float32]]:
    """Decode the sounds of clips, three seconds each."""
    return list(decode_all([speaker.opus(int(n)) for n in clips], "clips heard", CLIP_SECONDS))


def read_clip_columns(speaker: Speaker, clips: NDArray[np.intp]) -> Floats:
    """Decode the sounds of clips to columns: (N, 300, 40)."""
    return np.stack([log_mel_columns(samples) for samples in read_clip_samples(speaker, clips)])


def read_texts(data: Path, part: str) -> list[str]:
    """Read what the sentences of a part say."""
    z = read_file(data, "phones.npz", ("text", "split"))
    return [str(text) for text in z["text"][z["split"] == part]]


def read_sentences(data: Path, part: str) -> list[Sentence]:
    """Read the sentences of a part, with their phones."""
    z = read_file(data, "phones.npz", ("opus", "phone", "split"))
    chosen = np.flatnonzero(z["split"] == part).tolist()
    ends = z["opus_offsets"]
    files = [z["opus"][ends[n] : ends[n + 1]].tobytes() for n in chosen]
    found = []
    for n, samples in zip(chosen, decode_all(files, "sentences heard"), strict=True):
        columns = log_mel_columns(samples)
        first, last = z["phone_offsets"][n : n + 2]
        times = step_times(len(columns) // COLUMNS)
        number = np.searchsorted(z["phone_start_s"][first:last], times, side="right") - 1
        names = z["phone"][first:last][number.clip(0)]
        known = np.array([PHONES.index(str(name)) for name in names])
        known[number < 0] = PHONES.index(PAUSE)
        found.append(Sentence(columns, known))
    return found


# --- heard elsewhere -----------------------------------------------------------------------------


def hear_elsewhere(columns: Floats, rng: Generator) -> Floats:
    """Change columns (C, 40) as another throat, microphone, room and noise would; (C / 2, 80)."""
    changed: NDArray[np.floating] = warp_bands(columns, 1 + rng.uniform(-WARP, WARP))
    changed = changed + np.interp(
        np.arange(BANDS), np.linspace(0, BANDS - 1, 8), rng.normal(0, EQUALIZER, 8)
    )
    if rng.random() < ECHOING:
        changed = add_echo(changed, rng.uniform(*DECAY), rng.uniform(0.05, 0.4))
    if rng.random() < NOISY:
        level = np.percentile(changed, 98) + rng.uniform(*NOISE)
        tilt = np.linspace(0.5, -0.5, BANDS) * rng.uniform(-1, 3)
        changed = np.logaddexp(changed, level + tilt + rng.normal(0, 0.5, changed.shape))
    heard = normalize_bands(changed.astype(np.float32))
    return mask_some(heard, rng) if rng.random() < MASKED else heard


def warp_bands(columns: Floats, times: float) -> Floats:
    """Stretch the frequencies of columns (C, B) by so many times."""
    places = (np.arange(BANDS) * times).clip(0, BANDS - 1)
    low = np.floor(places).astype(int).clip(0, BANDS - 2)
    part = (places - low).astype(np.float32)
    made: Floats = columns[:, low] * (1 - part) + columns[:, low + 1] * part
    return made


def add_echo(columns: NDArray[np.floating], decay: float, share: float) -> Floats:
    """Let each column (C, B) linger in those that follow, as in a room."""
    power = np.exp(columns.astype(np.float64))
    tail = np.zeros(BANDS)
    for k in range(len(power)):
        tail = decay * (tail + power[k])
        power[k] += share * tail
    return np.log(power).astype(np.float32)


def mask_some(heard: Floats, rng: Generator) -> Floats:
    """Hide some bands, and a moment (Park et al. 2019, SpecAugment); (T, 80)."""
    hidden = heard.copy().reshape(-1, COLUMNS, BANDS)
    band, wide = rng.integers(0, BANDS - MOST_BANDS), rng.integers(1, MOST_BANDS + 1)
    hidden[:, :, band : band + wide] = 0
    moment, long = rng.integers(0, len(hidden)), rng.integers(1, MOST_COLUMNS // COLUMNS + 1)
    hidden[moment : moment + long] = 0
    return hidden.reshape(-1, HEARD)


def change_tempo(columns: Floats, times: float) -> Floats:
    """Resample columns (C, B) in time, so many times as fast; an even number of them."""
    n = max(COLUMNS, round(len(columns) / times / COLUMNS) * COLUMNS)
    places = ((np.arange(n) + 0.5) * len(columns) / n - 0.5).clip(0, len(columns) - 1)
    low = np.floor(places).astype(int).clip(0, max(0, len(columns) - 2))
    part = (places - low).astype(np.float32)[:, None]
    high = np.minimum(low + 1, len(columns) - 1)
    made: Floats = columns[low] * (1 - part) + columns[high] * part
    return made
