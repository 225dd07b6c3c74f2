"""What a recording is of: its log-mel spectrogram through a small convolutional network.

B  recordings   T  columns of 20 ms   F = 64 bands   N  classes   D = 96 numbers of the embedding
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from neuropil.kit.audio.audio import Audio
from neuropil.kit.audio.mel import MelSettings, compute_log_mel
from neuropil.kit.networks.network import OnnxNetwork

Floats = NDArray[np.float32]

MEL = MelSettings(rate=16_000, window=640, hop=320, bands=64, low=50.0, high=7_600.0)
EMBEDDING = 96
COLUMNS = 250  # of five seconds, the most that is listened to at once
FEWEST_COLUMNS = 50  # a click has silence behind it
DEPTH = 12.0  # nats below the loudest band at which silence begins
HERE = Path(__file__).parent


@dataclass(frozen=True, eq=False)
class Tag:
    """What a recording is likely of, how likely, and its embedding (D,) of length 1."""

    name: str
    probability: float
    embedding: Floats


@cache
def read_kinds() -> Mapping[str, str]:
    """Give each class its kind, event or ambience; those of the library, then a few others."""
    lines = (HERE / "tags.tsv").read_text(encoding="utf-8").splitlines()
    return MappingProxyType(dict(line.split("\t") for line in lines))


@cache
def tag_names() -> tuple[str, ...]:
    """List the classes in the order of the logits."""
    return tuple(read_kinds())


def compute_spectrogram(audio: Audio) -> Floats:
    """Compute the log-mel spectrogram (T, F) of a recording, mixed to one channel."""
    mono = audio.resample(MEL.rate).mix_down()
    return compute_log_mel(mono, MEL)


def normalize(spectrogram: Floats) -> Floats:
    """Bring a spectrogram (T, F) to 0..1, whatever the level: 1 is its loudest band."""
    level = np.clip(spectrogram - spectrogram.max(initial=-np.inf), -DEPTH, 0)
    scaled: Floats = (level / DEPTH + 1).astype(np.float32)
    return scaled


def cut(spectrogram: Floats, start: int, length: int) -> Floats:
    """Cut columns out of a normalized spectrogram (T, F); silence follows what is too short."""
    piece: Floats = spectrogram[start : start + length]
    padded: Floats = np.pad(piece, ((0, length - len(piece)), (0, 0)))
    return padded


def encode(audio: Audio) -> Floats:
    """Prepare a recording for the network: (1, 1, T, F), its loudest five seconds."""
    spectrogram = normalize(compute_spectrogram(audio))
    T = len(spectrogram)
    length = min(max(T, FEWEST_COLUMNS), COLUMNS)
    energy = np.concatenate([[0.0], spectrogram.mean(axis=1).cumsum()])
    sums = energy[length:] - energy[:-length]
    start = int(np.argmax(sums)) if len(sums) else 0
    return cut(spectrogram, start, length)[None, None]


def tag(network: OnnxNetwork, audio: Audio) -> Tag:
    """Say what a recording is of."""
    made = network.run(spectrogram=encode(audio))
    logits = made["logits"][0].astype(np.float64)
    chances = np.exp(logits - logits.max())
    chances /= chances.sum()
    best = int(np.argmax(chances))
    embedding = made["embedding"][0]
    length = float(np.linalg.norm(embedding)) or 1.0
    return Tag(tag_names()[best], float(chances[best]), embedding / length)
