"""Reading sound: of recordings, and of films as it goes with their pictures.

    for block in read_blocks(Path("bark.opus"), rate=48_000, channels=2): ...

Blocks pass one by one, so that memory does not grow with the length. The first sample belongs to
the moment at which the file begins: sound of a film that begins late has silence before it.

Dimension key: N samples, C channels.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neuropil.kit.audio.filtering import Samples, name_layout, to_samples
from neuropil.kit.errors import UserError, require_file
from neuropil.kit.media.film_container import Tell, list_sounds, open_container
from neuropil.kit.media.film_packets import Damage, read_packets
from neuropil.kit.progress import tell_of

if TYPE_CHECKING:
    from av import AudioFrame
    from av.audio.resampler import AudioResampler
    from av.audio.stream import AudioStream
    from av.container import InputContainer

SUFFIXES = frozenset(  # by which recordings are looked for in folders; others are tried when named
    ".aac .ac3 .aif .aiff .au .caf .flac .m4a .mka .mp2 .mp3 .oga .ogg .opus .w64 .wav .wma".split()
)
WHAT = "recording"
LATE = 0.05  # seconds between two pieces of sound that count as a gap
LONGEST_GAP = 600  # seconds; longer ones are damage of the time stamps


@dataclass(frozen=True)
class AudioInfo:
    """What a file says of its sound: samples a second, channels, seconds (0 where untold)."""

    rate: int
    channels: int
    seconds: float


def read_info(path: Path, content: bytes | None = None) -> AudioInfo:
    """Read what a file says of its sound; raises UserError where there is none.

    content: the file's bytes, where they are at hand
    """
    if content is None:
        require_file(path, WHAT)
    with open_container(path, WHAT, content) as source:
        stream = find_sound(path, source)
        ticks = stream.duration * stream.time_base if stream.duration and stream.time_base else 0
        seconds = float(ticks) or (source.duration or 0) / 1e6
        return AudioInfo(stream.rate, stream.channels, seconds)


def has_sound(path: Path) -> bool:
    """Tell whether a file has sound that can be read, whatever its name ends in."""
    try:
        with open_container(path, WHAT) as source:
            return bool(list_sounds(source))
    except UserError:
        return False


def find_sound(path: Path, source: "InputContainer") -> "AudioStream":
    """Find the sound that players play by default."""
    from av.stream import Disposition

    streams = list_sounds(source)
    if not streams:
        words = f"{path} has no sound in it; name a recording, or a film with sound"
        raise UserError("input.kind", words, path=path)
    usual = (stream for stream in streams if stream.disposition & Disposition.default)
    return next(usual, streams[0])


def read_blocks(
    path: Path, *, rate: int, channels: int, content: bytes | None = None
) -> Iterator[Samples]:
    """Read sound block by block (N, C), in so many samples a second and channels.

    Damaged pieces are left out, which is said, and silence keeps their place. Raises UserError
    where nothing can be read.

    content: the file's bytes, where they are at hand
    """
    if content is None:
        require_file(path, WHAT)
    tell = partial(tell_of, path)
    convert = _Converter(rate, channels, tell)
    with open_container(path, WHAT, content) as source:
        for frame in _decode(source, find_sound(path, source), tell):
            yield from convert.push(frame)
        yield from convert.flush()
    if not convert.reached:
        words = f"{path} has no sound that can be read; find a whole copy"
        raise UserError("input.damaged", words, path=path)


def _decode(
    source: "InputContainer", stream: "AudioStream", tell: Tell
) -> "Iterator[tuple[AudioFrame, float | None]]":
    """Decode one sound; each piece comes with its moment in seconds, where it has one."""
    damage = _damage()
    for packet in read_packets(source, (stream,), tell):
        yield from map(_time, damage.decode(stream, packet))
    yield from map(_time, damage.decode(stream, None))
    damage.tell(tell)


def _damage() -> Damage:
    return Damage("piece of sound")


def _time(frame: "AudioFrame") -> "tuple[AudioFrame, float | None]":
    told = frame.pts is not None and frame.time_base is not None
    return frame, float(frame.pts * frame.time_base) if told else None  # type: ignore[operator]


class _Converter:
    """Brings frames to one rate and layout, each to its moment.

    reached: samples of the result so far
    """

    def __init__(self, rate: int, channels: int, tell: Tell) -> None:
        self._rate, self._channels, self._tell = rate, channels, tell
        self._form: Any = None
        self._resampler: AudioResampler | None = None
        self.reached = 0

    def push(self, piece: "tuple[AudioFrame, float | None]") -> Iterator[Samples]:
        """Convert a frame; silence comes before it where it begins late."""
        from av.audio.resampler import AudioResampler

        frame, time = piece
        gap = 0.0 if time is None else time - self._heard()
        early = 0
        if (LATE if self.reached else 0) < gap < LONGEST_GAP:
            yield from self.flush()
            if self.reached:
                self._tell(
                    f"{gap:.2f} s of sound are missing at {self._heard():.2f} s; silent there"
                )
            yield self._count(np.zeros((round(gap * self._rate), self._channels), np.float32))
        elif gap < 0 and not self.reached:  # before the film begins
            early = round(-gap * self._rate)
        form = frame.format.name, frame.layout.name, frame.sample_rate
        if self._resampler is None or form != self._form:  # broadcasts change theirs midway
            yield from self.flush()
            layout = name_layout(self._channels)
            self._resampler, self._form = AudioResampler("fltp", layout, self._rate), form
        frame.pts = None  # times are kept here: the resampler would fill gaps of its own
        for made in self._resampler.resample(frame):
            yield self._count(to_samples(made)[early:])
            early = max(0, early - made.samples)

    def flush(self) -> Iterator[Samples]:
        """Give what the resampler still holds."""
        if self._resampler is not None:
            yield from (self._count(to_samples(made)) for made in self._resampler.resample(None))
        self._resampler = None

    def _heard(self) -> float:
        """Give the moment that the result has come to, in seconds."""
        return self.reached / self._rate

    def _count(self, samples: Samples) -> Samples:
        self.reached += len(samples)
        return samples
