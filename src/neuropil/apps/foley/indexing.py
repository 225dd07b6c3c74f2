"""Recordings measured and tagged: what a library knows of each.

N samples
"""

import hashlib
import os
import unicodedata
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.foley.sound_library import Recording, SoundLibrary
from neuropil.apps.foley.tagger import Floats, read_kinds, tag
from neuropil.kit.audio import audio_reader
from neuropil.kit.audio.audio import Audio
from neuropil.kit.audio.loudness import SILENCE, measure_loudness
from neuropil.kit.audio.mixing import to_gain
from neuropil.kit.bounded import read_bytes
from neuropil.kit.cpu import cores
from neuropil.kit.errors import UserError
from neuropil.kit.folders import list_files
from neuropil.kit.formats import MAX_PIXELS
from neuropil.kit.networks.network import OnnxNetwork
from neuropil.kit.progress import message, track

STEP_SECONDS = 0.005  # of the envelope in which an attack is looked for
ATTACK_DB = -20.0  # below the loudest step, at which an attack has begun
LEAD_DB, LEAD_STEPS = -30.0, 6  # to which it may have begun to rise before, and for how long
MOST_BYTES = 50_000_000  # of a recording
REFERENCE_HZ = 1000.0  # of brightness
SHORTEST = 0.005  # seconds
QUIETEST = -70.0  # LUFS, of what counts as silent


@dataclass(frozen=True)
class SoundFolder:
    """A folder of recordings, and of folders of recordings.

    A folder named as a class, `dog-bark`, tells the class of what lies in it.
    """

    KIND: ClassVar = "sound-folder"
    IS_FOLDER: ClassVar = True
    SUFFIXES: ClassVar[tuple[str, ...]] = ()

    folder: Path
    files: tuple[Path, ...]

    @classmethod
    def open(cls, folder: Path | str, *, max_pixels: int = MAX_PIXELS) -> Self:
        """List the recordings of a folder; raises UserError where there is none."""
        folder = Path(folder)
        if not folder.is_dir():
            words = f"{folder} is no folder; name a folder of recordings"
            raise UserError("input.kind", words, path=folder)
        files = tuple(list_files(folder, audio_reader.SUFFIXES))
        if not files:
            endings = ", ".join(sorted(audio_reader.SUFFIXES))
            words = f"{folder} holds no recording; put some there ({endings})"
            raise UserError("input.empty", words, path=folder)
        return cls(folder, files)


def index_folder(folder: SoundFolder, network: OnnxNetwork) -> SoundLibrary:
    """Measure and tag every recording of a folder, each once; what can't be used is said."""
    index = partial(index_file, folder.folder, network)
    found: dict[str, Recording] = {}
    total = len(folder.files)
    with ThreadPoolExecutor(cores()) as pool:  # decoding and filtering leave Python's lock
        contexts = [copy_context() for _ in folder.files]
        work = pool.map(lambda context, file: context.run(index, file), contexts, folder.files)
        for each in track(work, total=total, title=folder.folder.name):
            if isinstance(each, UserError):
                message(f"left out: {each}")
            elif each.sha256 not in found:
                found[each.sha256] = each
            else:
                kept, other = prefer_told(found[each.sha256], each)
                message(f"left out: {other.file} is {kept.file} once more")
                found[each.sha256] = kept
    if not found:
        words = f"no recording of {folder.folder} can be used, of {total}; put others there"
        raise UserError("input.content", words, path=folder.folder)
    return SoundLibrary(()).join(SoundLibrary(tuple(found.values())))


def prefer_told(one: Recording, two: Recording) -> tuple[Recording, Recording]:
    """Put that of two equal recordings first whose folder tells its class."""
    return (two, one) if find_told(two.file) and not find_told(one.file) else (one, two)


def find_told(file: str) -> str:
    """Find the class that a folder on the way to a file is named as; "" where none is."""
    folders = (part.lower().replace(" ", "-") for part in reversed(Path(file).parent.parts))
    return next((name for name in folders if name in read_kinds()), "")


def index_file(folder: Path, network: OnnxNetwork, file: Path) -> Recording | UserError:
    """Measure and tag one recording, or say why it can't be used."""
    try:
        name = os.fspath(file.relative_to(folder))
        if not is_writable(name):
            words = f"{name!a} is no name that can be written down; give the file another"
            return UserError("input.content", words, path=file)
        content = read_bytes(file, MOST_BYTES, "cut it into parts")
        audio = Audio.decode(content, str(file))
        return describe(audio, content, file, name, network)
    except UserError as error:
        return error


def is_writable(name: str) -> bool:
    """Tell a name that a cue sheet and its credits can hold: Unicode without control characters."""
    return not any(unicodedata.category(letter) in ("Cc", "Cs") for letter in name)


def describe(
    audio: Audio, content: bytes, place: Path, name: str, network: OnnxNetwork
) -> Recording:
    """Say of a recording what a library knows; raises UserError where it is silent."""
    if audio.seconds < SHORTEST or not np.isfinite(audio.samples).all():
        words = f"{name} lasts {audio.seconds:.3g} s, {SHORTEST:g} is needed at least"
        if audio.seconds >= SHORTEST:
            words = f"{name} holds samples that are no numbers; save it again"
        raise UserError("input.content", words, path=place)
    loudness = measure_loudness(audio).momentary
    if loudness <= max(SILENCE, QUIETEST):
        words = f"{name} is silent; record it again, or louder"
        raise UserError("input.content", words, path=place)
    heard = tag(network, audio)
    kinds = read_kinds()
    sort = find_told(name) or heard.name
    return Recording(
        sha256=hashlib.sha256(content).hexdigest(),
        file=name,
        name=sort,
        kind=kinds[sort],
        material="",
        strength="",
        seconds=audio.seconds,
        onset=find_onset(audio) if kinds[sort] == "event" else 0.0,
        is_loop=False,
        loudness=loudness,
        brightness=measure_brightness(audio),
        **dict.fromkeys(("licence", "author", "title", "source"), ""),
        embedding=heard.embedding,
        place=place,
    )


def find_onset(audio: Audio) -> float:
    """Find where the first attack begins, in seconds.

    That is where the envelope first comes within 20 dB of the loudest, and from there back as long
    as it only rises, and is within 30 dB.
    """
    levels = compute_envelope(audio.mix_down(), round(audio.rate * STEP_SECONDS))
    first = int(np.argmax(levels >= levels.max() * to_gain(ATTACK_DB)))
    for _ in range(LEAD_STEPS):
        before = levels[first - 1] if first else 0.0
        if not levels.max() * to_gain(LEAD_DB) <= before < levels[first]:
            break
        first -= 1
    return first * STEP_SECONDS


def compute_envelope(mono: Floats, step: int) -> NDArray[np.float64]:
    """Compute the root mean square of each step of samples (N,)."""
    padded = np.pad(mono, (0, -len(mono) % step)).reshape(-1, step).astype(np.float64)
    levels: NDArray[np.float64] = np.sqrt((padded**2).mean(axis=1))
    return levels


def measure_brightness(audio: Audio) -> float:
    """Measure the middle of the power by frequency, in octaves above 1 kHz."""
    power = np.abs(np.fft.rfft(audio.mix_down())) ** 2
    frequencies = np.fft.rfftfreq(len(audio.samples), 1 / audio.rate)
    octaves = np.log2(np.maximum(frequencies, 20) / REFERENCE_HZ)
    return float((octaves * power).sum() / max(power.sum(), 1e-20))


def join_libraries(libraries: Iterable[SoundLibrary]) -> SoundLibrary:
    """Put libraries together, in their order."""
    whole = SoundLibrary(())
    for each in libraries:
        whole = whole.join(each)
    return whole
