"""Writing sound: WAV, FLAC, Opus, AAC and MP3, whole or not at all.

    write_blocks(Path("new.wav"), blocks, rate=48_000, channels=2)

PyAV is imported once there is something to write.

Dimension key: N samples, C channels.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from neuropil.kit.atomic import atomic_path
from neuropil.kit.audio.filtering import BLOCK, Samples, name_layout
from neuropil.kit.audio.resampling import resample_blocks
from neuropil.kit.errors import UserError, require_ending
from neuropil.kit.formats import QUALITIES, QUALITY

if TYPE_CHECKING:
    from av import AudioFrame
    from av.audio.stream import AudioStream


@dataclass(frozen=True)
class AudioFormat:
    """How a kind of file is written: its encoder, and FFmpeg's options of its container."""

    encoder: str
    options: tuple[tuple[str, str], ...] = ()
    container: str | None = None


OGG = (("fflags", "+bitexact"),)  # else every file gets a number of its own, by chance
KINDS = {
    ".wav": AudioFormat("pcm_s16le", (("rf64", "auto"),)),  # which has no end at 4 GB
    ".flac": AudioFormat("flac"),
    ".opus": AudioFormat("libopus", OGG),
    ".ogg": AudioFormat("libopus", OGG, "ogg"),
    ".m4a": AudioFormat("aac", (("movflags", "+faststart"),), "mp4"),
    ".mp3": AudioFormat("libmp3lame"),
}
EXACT = frozenset({"pcm_s16le", "flac"})  # encoders that take any rate, and lose nothing
MOST_CHANNELS = 2
USUAL_HZ = 48_000
BITRATE = 96_000  # of sound a second and channel, at the usual quality
LOWEST_BITRATE = 24_000


def write_blocks(
    path: Path, blocks: Iterable[Samples], *, rate: int, channels: int, quality: int = QUALITY
) -> None:
    """Write blocks (N, C) that follow each other, of 1 or 2 channels; louder than 1 is clipped.

    quality: 1 to 100, of Opus, AAC and MP3; WAV and FLAC have 16 bits and no quality
    """
    import av

    require_ending(path, KINDS)
    QUALITIES.check("quality", quality)
    if channels > MOST_CHANNELS:
        words = f"{path} would have {channels} channels; at most {MOST_CHANNELS} are written"
        raise UserError("output.content", words, path=path)
    kind = KINDS[path.suffix.lower()]
    wanted = choose_rate(kind.encoder, rate)
    with (
        atomic_path(path) as temporary,
        av.open(temporary, "w", format=kind.container, options=dict(kind.options)) as target,
    ):
        layout = name_layout(channels)
        stream = cast("AudioStream", target.add_stream(kind.encoder, rate=wanted, layout=layout))
        if kind.encoder not in EXACT:
            stream.bit_rate = max(LOWEST_BITRATE, round(BITRATE * quality / QUALITY)) * channels
        for frame in to_frames(resample_blocks(blocks, rate, wanted, channels), wanted, layout):
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))


def choose_rate(encoder: str, rate: int) -> int:
    """Keep a rate that an encoder takes; others become 48 kHz."""
    import av

    possible = av.Codec(encoder, "w").audio_rates
    return rate if possible is None or rate in possible else USUAL_HZ


def to_frames(blocks: Iterable[Samples], rate: int, layout: str) -> "Iterator[AudioFrame]":
    """Turn blocks (N, C) into frames for an encoder, their times one after the other."""
    from av import AudioFrame

    done = 0
    for block in blocks:
        for start in range(0, len(block), BLOCK):
            clipped: Any = np.ascontiguousarray(block[start : start + BLOCK].clip(-1, 1).T)
            frame = AudioFrame.from_ndarray(clipped, "fltp", layout)
            frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
            frame.pts = done
            done += clipped.shape[1]
            yield frame
