"""How loud a recording is to people, after EBU R128, by FFmpeg's filter of that name.

    measure_loudness(recording).integrated    -23.0, in LUFS

Integrated loudness is the mean power, weighted by frequency as hearing is (ITU-R BS.1770), over
blocks of 0.4 s that are neither silent (-70 LUFS) nor 10 LU below the others. The true peak is
that of the wave between the samples, too, found at four times the rate.

Dimension key: N samples, C channels.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from neuropil.kit.audio.audio import Audio
from neuropil.kit.audio.filtering import FilterChain, Samples

if TYPE_CHECKING:
    from collections.abc import Iterable

    from av import AudioFrame

SILENCE = -70.0  # LUFS: the gate below which nothing counts
BLOCK_SECONDS = 0.4  # of which momentary loudness is measured
ARGUMENTS = "metadata=1:peak=true:framelog=quiet"


@dataclass(frozen=True)
class Loudness:
    """What R128 says of a recording; of silence, -inf.

    integrated: loudness of the whole, in LUFS
    momentary: of its loudest 0.4 s, in LUFS
    true_peak: in dB of full scale (dBTP)
    """

    integrated: float
    momentary: float
    true_peak: float


class LoudnessMeter:
    """Measures what passes, block by block."""

    def __init__(self, rate: int, channels: int) -> None:
        self._chain = FilterChain(rate, channels, ("ebur128", ARGUMENTS))
        self._rate, self._channels = rate, channels
        self._n = 0
        self._integrated = self._momentary = self._sample_peak = -math.inf
        self._true_peak = 0.0

    def push(self, samples: Samples) -> None:
        """Take samples (N, C)."""
        self._n += len(samples)
        peak = float(np.abs(samples).max(initial=0))
        self._sample_peak = max(self._sample_peak, to_decibels(peak))
        for frame in self._chain.push(samples):
            self._read(frame)

    def finish(self) -> Loudness:
        """Say what has passed; a recording shorter than a block is taken with silence behind it."""
        missing = math.ceil(BLOCK_SECONDS * self._rate) - self._n
        if missing > 0:
            self.push(np.zeros((missing, self._channels), np.float32))
        for frame in self._chain.flush():
            self._read(frame)
        peak = max(to_decibels(self._true_peak), self._sample_peak)
        return Loudness(self._integrated, self._momentary, peak)

    def _read(self, frame: "AudioFrame") -> None:
        said = frame.metadata
        integrated, momentary = (float(said.get(f"lavfi.r128.{k}", "-inf")) for k in "IM")
        self._integrated = integrated if integrated > SILENCE else -math.inf
        self._momentary = max(self._momentary, momentary if momentary > SILENCE else -math.inf)
        self._true_peak = max(self._true_peak, float(said.get("lavfi.r128.true_peak", "0")))


def measure_blocks(blocks: "Iterable[Samples]", rate: int, channels: int) -> Loudness:
    """Measure blocks (N, C) that follow each other."""
    meter = LoudnessMeter(rate, channels)
    for block in blocks:
        meter.push(block)
    return meter.finish()


def measure_loudness(audio: Audio) -> Loudness:
    """Measure a whole recording."""
    return measure_blocks([audio.samples], audio.rate, audio.channels)


def to_decibels(amplitude: float) -> float:
    """Turn an amplitude, of which 1 is full scale, into decibels; -inf of 0."""
    return 20 * math.log10(amplitude) if amplitude > 0 else -math.inf
