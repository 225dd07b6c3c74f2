"""The sound of a film, rendered from its cue sheet block by block, and brought to -23 LUFS.

    track = Soundtrack(sheet, recordings)
    for block in track.blocks(): ...

Memory does not grow with the length: a second is mixed at a time, of the recordings that are heard
in it. The same sheet and recordings give the same samples.

N samples   C = 2 channels
"""

import math
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from neuropil.apps.foley.cues import Cue, CueSheet
from neuropil.apps.foley.sound_library import Recording
from neuropil.kit.audio import mixing
from neuropil.kit.audio.audio_reader import read_blocks
from neuropil.kit.audio.filtering import Samples
from neuropil.kit.audio.loudness import Loudness, measure_blocks
from neuropil.kit.audio.resampling import resample
from neuropil.kit.errors import UserError, suggest
from neuropil.kit.progress import ticking

RATE, CHANNELS = 48_000, 2
BLOCK = RATE  # samples that are mixed at once
TARGET_LUFS, CEILING_DB = -23.0, -3.0  # AAC adds up to 2 dB to peaks that were limited
NEAR_ENOUGH = 0.3  # LU, after which the gain is not corrected again
CORRECTIONS = 5
MOST_GAIN_DB = 60.0
FADE = RATE // 3  # samples in which ambiences change over at a cut
SEAM = RATE // 4  # samples in which the end of a recording that is no loop goes over into itself
SHORT_FADE = RATE // 200  # samples in which a sound that is cut off ends
KEPT = 32  # decoded recordings that are kept, the last ones used
DUCKED_DB = -12.0  # by which sound that is there already is lowered


@dataclass(eq=False)
class Soundtrack:
    """What is heard of a cue sheet.

    recordings: by name; raises UserError where a cue names none of them
    kinds: which cues are heard
    """

    sheet: CueSheet
    recordings: Mapping[str, Recording]
    kinds: tuple[str, ...] = ("event", "ambience")
    decoded: "OrderedDict[tuple[str, float], Samples]" = field(default_factory=OrderedDict)

    def __post_init__(self) -> None:
        for number, cue in enumerate(self.sheet.cues):
            if cue.file not in self.recordings:
                raise unknown_recording(number, cue, self.recordings)

    @property
    def n_samples(self) -> int:
        """Count the samples of the whole."""
        return math.ceil(self.sheet.seconds * RATE)

    def blocks(self) -> Iterator[Samples]:
        """Mix block after block (N, 2), at the level of the cues."""
        cues = [cue for cue in self.sheet.cues if cue.kind in self.kinds]
        active: list[Cue] = []
        coming = 0
        for start in ticking(range(0, self.n_samples, BLOCK)):
            block = np.zeros((min(BLOCK, self.n_samples - start), CHANNELS), np.float32)
            end = start + len(block)
            while coming < len(cues) and self.find_first(cues[coming]) < end:
                active.append(cues[coming])
                coming += 1
            for cue in active:
                self.mix(cue, block, start)
            active = [cue for cue in active if self.find_end(cue) > end]
            yield block

    def find_first(self, cue: Cue) -> int:
        """Give the first sample of a cue: of an event, its onset lies at the cue's time."""
        first = round(cue.time * RATE)
        if cue.kind == "event":
            return first - round(self.recordings[cue.file].onset / cue.speed * RATE)
        return first - (FADE // 2 if first else 0)

    def find_end(self, cue: Cue) -> int:
        """Give the sample behind the last one of a cue."""
        return round(cue.end * RATE) + (FADE // 2 if cue.kind == "ambience" else 0)

    def mix(self, cue: Cue, block: Samples, start: int) -> None:
        """Mix what of a cue falls into a block that begins at a sample."""
        sound = self.decode(cue)
        first, end = self.find_first(cue), self.find_end(cue)
        gain = mixing.to_gain(cue.gain_db)
        if cue.kind == "event":
            length = min(len(sound), end - first)
            cut_off = SHORT_FADE if length < len(sound) else 0
            mixing.mix_in(block, mixing.fade(sound[:length], 0, cut_off) * gain, first - start)
            return
        a, b = max(first, start), min(end, start + len(block))
        piece = mixing.repeat_loop(sound, a - first, b - a)
        n_in = FADE if first > 0 else SHORT_FADE
        n_out = FADE if end < self.n_samples else SHORT_FADE
        level = find_level(np.arange(a, b) - first, end - first, n_in, n_out)
        block[a - start : b - start] += piece * (gain * level)[:, None]

    def decode(self, cue: Cue) -> Samples:
        """Decode the recording of a cue (N, 2), at its speed and place, or take the kept one."""
        key = cue.file, cue.speed
        if key not in self.decoded:
            self.decoded[key] = decode_recording(self.recordings[cue.file], cue)
        self.decoded.move_to_end(key)
        while len(self.decoded) > KEPT:
            self.decoded.popitem(last=False)
        return place_sound(self.decoded[key], cue.pan)


def find_level(
    places: np.ndarray[tuple[int], np.dtype[np.int64]], length: int, n_in: int, n_out: int
) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """Give the level of a sound that fades in and out, at equal power, at some of its samples."""
    rising = np.clip((places + 0.5) / n_in, 0, 1)
    falling = np.clip((length - places - 0.5) / n_out, 0, 1)
    return (np.sin(rising * np.pi / 2) * np.sin(falling * np.pi / 2)).astype(np.float32)


def decode_recording(recording: Recording, cue: Cue) -> Samples:
    """Decode a recording at the speed of a cue and 48 kHz, without a seam if it loops."""
    audio = recording.read()
    samples = resample(audio.samples, round(audio.rate * cue.speed), RATE)
    if cue.kind == "ambience" and not recording.is_loop and len(samples) > 4 * SEAM:
        return mixing.crossfade(samples[SEAM:], samples[: 2 * SEAM], SEAM)[: len(samples) - SEAM]
    return samples


def place_sound(samples: Samples, pan: float) -> Samples:
    """Place a recording between two loudspeakers; of one of two channels, one becomes softer."""
    if samples.shape[1] == CHANNELS:
        return samples * np.array([min(1, 1 - pan), min(1, 1 + pan)], np.float32)
    return mixing.pan(samples[:, 0], pan)


def unknown_recording(number: int, cue: Cue, known: Iterable[str]) -> UserError:
    """Word that a cue names a recording that no library has."""
    words = f"cue {number} names {cue.file}, which no library has{suggest(cue.file, known)}"
    words += "; name another recording, or its library by --library"
    return UserError("name.unknown", words, value=cue.file)


# Loudness -----------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Mix:
    """A soundtrack with what a film sounds like already, brought to a loudness.

    film: whose sound is there already; None where it is replaced, or there is none
    kept_db: by how much that is louder
    """

    track: Soundtrack
    film: Path | None = None
    kept_db: float = 0.0

    def blocks(self, gain_db: float) -> Iterator[Samples]:
        """Mix at a gain, peaks limited."""
        loud = partial(np.multiply, np.float32(mixing.to_gain(gain_db)))
        return mixing.limit_peaks(map(loud, self.sum()), RATE, CHANNELS, CEILING_DB)

    def sum(self) -> Iterator[Samples]:
        """Add the sound that is there already."""
        if self.film is None:
            yield from self.track.blocks()
            return
        there = rearrange(read_blocks(self.film, rate=RATE, channels=CHANNELS))
        gain = np.float32(mixing.to_gain(self.kept_db))
        for block in self.track.blocks():
            kept = next(there, None)
            if kept is not None:
                block[: len(kept)] += kept[: len(block)] * gain
            yield block

    def find_gain(self) -> tuple[float, Loudness]:
        """Find the gain in dB that makes it as loud as wanted, and how loud it is then."""
        plain = measure_blocks(self.sum(), RATE, CHANNELS)
        if plain.integrated == -math.inf:
            return 0.0, plain
        gain = min(TARGET_LUFS - plain.integrated, MOST_GAIN_DB)
        found = plain
        for _ in range(CORRECTIONS):
            found = measure_blocks(self.blocks(gain), RATE, CHANNELS)
            off = TARGET_LUFS - found.integrated
            if abs(off) <= NEAR_ENOUGH or gain + off > MOST_GAIN_DB:
                break
            gain += off
        return gain, found


def rearrange(blocks: Iterable[Samples]) -> Iterator[Samples]:
    """Cut blocks of any length into such of BLOCK samples; the last may be shorter."""
    held: Samples = np.zeros((0, CHANNELS), np.float32)
    for block in blocks:
        held = np.concatenate([held, block])
        while len(held) >= BLOCK:
            yield held[:BLOCK]
            held = held[BLOCK:]
    if len(held):
        yield held


def name_recordings(recordings: Sequence[Recording]) -> dict[str, Recording]:
    """Give recordings by name; of two of one name, the first."""
    named: dict[str, Recording] = {}
    for each in recordings:
        named.setdefault(each.file, each)
    return named
