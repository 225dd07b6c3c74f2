"""A recording: samples, and how many of them pass in a second.

    bark = Audio.open("bark.opus")
    bark.resample(16_000).save("bark.wav")

What fits no memory is read and written in blocks, by audio_reader.py and audio_writer.py.

Dimension key: N samples, C channels.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from neuropil.kit.audio import audio_reader, audio_writer, resampling
from neuropil.kit.audio.filtering import Samples
from neuropil.kit.errors import UserError
from neuropil.kit.formats import MAX_PIXELS, QUALITY
from neuropil.kit.media import film

LONGEST = 3600.0  # seconds of a recording that is held in memory
RATES = (1_000, 384_000)  # Hz


@dataclass(frozen=True, eq=False, repr=False)
class Audio:
    """A recording of `samples` (N, C), float32 from -1 to 1, of which `rate` pass in a second."""

    KIND: ClassVar = "audio"
    SUFFIXES: ClassVar = tuple(audio_writer.KINDS)
    READS: ClassVar = audio_reader.SUFFIXES | film.SUFFIXES

    samples: Samples
    rate: int

    def __post_init__(self) -> None:
        shape, kind = self.samples.shape, self.samples.dtype
        if len(shape) != 2 or shape[1] == 0 or kind != np.float32:
            words = f"samples are {kind} of shape {shape}; a recording takes (N, C) float32"
            raise UserError("input.content", words)
        if not RATES[0] <= self.rate <= RATES[1]:
            words = f"the rate is {self.rate} Hz; it lies between {RATES[0]} and {RATES[1]}"
            raise UserError("input.content", words, value=self.rate)

    def __repr__(self) -> str:
        return f"Audio({self.seconds:.2f} s, {self.channels} x {self.rate} Hz)"

    @classmethod
    def open(cls, path: Path | str, *, max_pixels: int = MAX_PIXELS) -> Self:
        """Read WAV, FLAC, Opus, MP3, AAC, ... or the sound of a film, of at most an hour.

        Of several sounds the one that players play; more than two channels are mixed to two.
        Raises UserError where there is no sound, or it is damaged or too long.
        """
        path = Path(path)
        info = audio_reader.read_info(path)
        if info.seconds > LONGEST:
            raise _too_long(path)
        rate = info.rate if RATES[0] <= info.rate <= RATES[1] else audio_writer.USUAL_HZ
        channels = min(info.channels, audio_writer.MOST_CHANNELS)
        blocks: list[Samples] = []
        left = round(LONGEST * rate)
        for block in audio_reader.read_blocks(path, rate=rate, channels=channels):
            left -= len(block)
            if left < 0:
                raise _too_long(path)
            blocks.append(block)
        return cls(np.concatenate(blocks), rate)

    @classmethod
    def recognize(cls, path: Path) -> bool:
        """Tell by its content whether a file has sound, whatever its name ends in."""
        return audio_reader.has_sound(path)

    def save(self, path: Path | str, *, quality: int = QUALITY) -> None:
        """Write WAV, FLAC, Opus, AAC or MP3, by the ending of `path`; louder than 1 is clipped."""
        audio_writer.write_blocks(
            Path(path), [self.samples], rate=self.rate, channels=self.channels, quality=quality
        )

    @property
    def channels(self) -> int:
        """Count the channels."""
        return int(self.samples.shape[1])

    @property
    def seconds(self) -> float:
        """Give the length in seconds."""
        return len(self.samples) / self.rate

    def resample(self, rate: int) -> "Audio":
        """Make a copy of so many samples a second."""
        return Audio(resampling.resample(self.samples, self.rate, rate), rate)

    def mix_down(self) -> NDArray[np.float32]:
        """Average the channels to one, (N,)."""
        mono: NDArray[np.float32] = self.samples.mean(axis=1, dtype=np.float32)
        return mono


def _too_long(path: Path) -> UserError:
    words = (
        f"{path} is longer than {LONGEST / 60:g} minutes, the most that is held in memory;"
        " cut it into parts"
    )
    return UserError("input.too_large", words, path=path, high=LONGEST)
