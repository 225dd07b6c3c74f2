"""Two inputs of different media, one of them a union; several outputs; a folder of its own kind."""

import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self, final

import numpy as np
from numpy.typing import NDArray

from neuropil.contract import App, verb
from neuropil.kit.errors import UserError
from neuropil.kit.media.document import Document
from neuropil.kit.media.film import Film
from neuropil.kit.media.frame import Frame
from neuropil.kit.progress import ticking, track
from neuropil.kit.ranges import Range

RATE = 8000  # samples a second


@dataclass(frozen=True, eq=False)
class Audio:
    """A sound: samples (T,), 16 bits."""

    KIND: ClassVar = "audio"
    SUFFIXES: ClassVar[tuple[str, ...]] = (".wav",)
    READS: ClassVar[tuple[str, ...]] = (".wav",)

    samples: NDArray[np.int16]

    @classmethod
    def open(cls, path: Path, **limits: Any) -> Self:
        try:
            with wave.open(str(path)) as file:
                return cls(np.frombuffer(file.readframes(RATE * 60), np.int16))
        except wave.Error as error:
            raise UserError("input.damaged", f"{path} is no sound: {error}") from None

    def save(self, path: Path, *, quality: int = 92) -> None:
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, RATE, 0, "NONE", "not compressed"))
            file.writeframes(self.samples.tobytes())


@dataclass(frozen=True, eq=False)
class SoundFolder:
    """Sounds by the name of their file."""

    KIND: ClassVar = "sound-folder"
    SUFFIXES: ClassVar[tuple[str, ...]] = ()
    READS: ClassVar[tuple[str, ...]] = ()
    IS_FOLDER: ClassVar = True

    sounds: dict[str, Audio]

    @classmethod
    def open(cls, path: Path, **limits: Any) -> Self:
        return cls({file.name: Audio.open(file) for file in sorted(path.glob("*.wav"))})


@dataclass(frozen=True, eq=False)
class Dubbed:
    """A film, its sound, and where it is loud.

    cues: the loud moments
    """

    film: Film
    sound: Audio
    cues: Document | None
    loudness: float
    title: str | None
    gaps: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Index:
    """How loud each sound of a folder is."""

    table: Document
    names: tuple[str, ...]


@final
class Dub(App):
    """Puts a sound under a film."""

    summary = "Put a sound under a film."

    @verb(example="neuropil dub film.mkv speech.wav -o dubbed.mp4 -o dubbed.wav")
    def __call__(
        self,
        film: Film,
        speech: Audio | Film,
        *,
        volume: Annotated[float, Range(0, 2)] = 1.0,
        cues: bool = False,
        title: str = "",
    ) -> Dubbed:
        """Put a sound under a film.

        film: the film
        speech: a sound, or a film that has one
        volume: how loud
        cues: also list the loud moments
        title: of the result
        """
        if isinstance(speech, Film):
            brightness = [int(frame.pixels.mean()) for frame in ticking(speech.frames())]
            samples = np.repeat(np.array(brightness, np.int16), RATE // 10)
        else:
            samples = (speech.samples * volume).astype(np.int16)
        loud = Document("".join(f"{i}\n" for i in np.flatnonzero(samples > 100)[:5]))
        return Dubbed(
            film.map_frames(invert),
            Audio(samples),
            loud if cues else None,
            float(np.abs(samples).mean()),
            title or None,
            (),
        )

    @verb(example="neuropil dub-index sounds")
    def index(self, folder: SoundFolder) -> Index:
        """Measure a folder of sounds.

        folder: of WAV files
        """
        every = track(folder.sounds.items(), total=len(folder.sounds), title="sounds")
        lines = [f"{name} {np.abs(sound.samples).mean():.1f}\n" for name, sound in every]
        return Index(Document("".join(lines)), tuple(folder.sounds))


def invert(frames: Iterator[Frame]) -> Iterator[Frame]:
    """Turn every frame inside out."""
    return (Frame(255 - frame.pixels, frame.time) for frame in frames)
