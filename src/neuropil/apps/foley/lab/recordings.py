"""Recordings to learn tags from: ESC-50, and the library that ships.

N recordings   T columns   F bands
"""

import csv
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import compress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.foley.tagger import (
    COLUMNS,
    FEWEST_COLUMNS,
    MEL,
    Floats,
    compute_spectrogram,
    cut,
    normalize,
    tag_names,
)
from neuropil.kit.audio.audio import Audio
from neuropil.kit.bounded import MISREAD, check_unpacked
from neuropil.kit.errors import UserError
from neuropil.kit.progress import track
from neuropil.training.recipe import Batch
from neuropil.training.split import Split
from neuropil.training.step import TrainingStep

MOST_BYTES = 100_000_000  # of an archive, unpacked
ADVICE = "copy the folder foley of the training data again"
BATCH = 32
HELD_OUT_FOLD = 5  # of ESC-50, which the score of the shipped tagger is of
EVERY = 10  # one recording of the library in so many is held out
SHIPPED_SHARE = 0.4  # of a batch that comes from the library
MIXED = 0.7  # share of the examples that are two recordings, one over the other
MASKS = 2  # of bands, and of columns, that are blanked
WIDEST_MASK = (8, 30)  # bands, columns
TO_LIBRARY = {  # classes of ESC-50 by what the library calls them; others keep their names
    "car_horn": "car-horn",
    "cat": "cat-meow",
    "chirping_birds": "birds",
    "church_bells": "church-bells",
    "clapping": "applause",
    "clock_tick": "clock-tick",
    "coughing": "cough",
    "cow": "cow-moo",
    "crackling_fire": "fire",
    "crow": "crow-caw",
    "crying_baby": "baby-cry",
    "dog": "dog-bark",
    "door_wood_creaks": "door-creak",
    "door_wood_knock": "door-knock",
    "fireworks": "firework",
    "footsteps": "walking",
    "glass_breaking": "glass-break",
    "hand_saw": "hand-saw",
    "keyboard_typing": "typing",
    "laughing": "laugh",
    "mouse_click": "click",
    "pouring_water": "pour-water",
    "sea_waves": "sea",
    "sheep": "sheep-bleat",
    "sneezing": "sneeze",
    "toilet_flush": "toilet-flush",
    "water_drops": "water-drops",
}


@dataclass(frozen=True, eq=False)
class TaggedRecordings:
    """Normalized spectrograms (T, F) and the numbers of their classes; some are of the library."""

    spectrograms: Sequence[Floats]
    labels: NDArray[np.int64]
    of_library: NDArray[np.bool_]
    n_classes: int

    def where(self, chosen: NDArray[np.bool_]) -> "TaggedRecordings":
        """Take some of them."""
        some = list(compress(self.spectrograms, chosen))
        labels, of_library = self.labels[chosen], self.of_library[chosen]
        return TaggedRecordings(some, labels, of_library, self.n_classes)


def read_table(data: Path, name: str) -> list[dict[str, str]]:
    """Read a table of the data; raises UserError where it is not there."""
    path = data / name
    if not path.is_file():
        words = f"{data} has no {name}; name the folder foley of the training data by --data"
        raise UserError("data.missing", words, path=path)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_files(archive: Path, names: Iterable[str]) -> dict[str, bytes]:
    """Read files of an archive by name; raises UserError where it is damaged or lacks one."""
    try:
        with zipfile.ZipFile(archive) as files:
            check_unpacked(files, MOST_BYTES, ADVICE)
            return {name: files.read(name) for name in names}
    except FileNotFoundError:
        words = f"there is no {archive}; {ADVICE}"
        raise UserError("data.missing", words, path=archive) from None
    except MISREAD as error:
        words = f"{archive} is damaged ({error}); {ADVICE}"
        raise UserError("data.missing", words, path=archive) from error


def compute_spectrograms(contents: Mapping[str, bytes], title: str) -> list[Floats]:
    """Compute the normalized spectrograms of recordings."""
    every = track(contents.items(), total=len(contents), title=title)
    return [normalize(compute_spectrogram(Audio.decode(each, name))) for name, each in every]


@cache
def read_esc50(data: Path) -> tuple[list[dict[str, str]], list[Floats]]:
    """Read ESC-50: its table, and the spectrogram of each clip."""
    rows = read_table(data, "esc50.csv")
    files = read_files(data / "esc50.zip", (row["file"] for row in rows))
    return rows, compute_spectrograms(files, "ESC-50")


def examples(data: Path) -> Split[TaggedRecordings]:
    """Read what the shipped tagger learns from: permissive clips of ESC-50, and the library.

    Held out are a fold of ESC-50 and every tenth recording of the library. Library recordings that
    were cut from clips of that fold are left out of both.
    """
    names = {name: number for number, name in enumerate(tag_names())}
    clips, heard = read_esc50(data)
    sounds = read_table(data, "library.csv")
    files = read_files(data / "library.zip", (row["file"] for row in sounds))
    heard = [*heard, *compute_spectrograms(files, "library")]
    labels = [names[TO_LIBRARY.get(row["class"], row["class"])] for row in clips]
    labels += [names[row["class"]] for row in sounds]
    of_library = np.arange(len(heard)) >= len(clips)
    may_ship = np.array([row["permissive"] == "1" for row in clips] + [True] * len(sounds))
    held = np.array([int(row["fold"]) == HELD_OUT_FOLD for row in clips] + [False] * len(sounds))
    held[len(clips) :: EVERY] = True
    every = TaggedRecordings(heard, np.array(labels), of_library, len(names))
    return Split(every.where(may_ship & ~held), every.where(may_ship & held))


def fold_examples(data: Path, *, fold: int, permissive: bool) -> Split[TaggedRecordings]:
    """Read ESC-50 by its own fifty classes, a fold of it held out.

    permissive: learn from clips alone whose licence lets the weights ship
    """
    clips, heard = read_esc50(data)
    labels = np.array([int(row["target"]) for row in clips])
    every = TaggedRecordings(heard, labels, np.zeros(len(clips), bool), 50)
    held = np.array([int(row["fold"]) == fold for row in clips])
    may_learn = np.array([not permissive or row["permissive"] == "1" for row in clips])
    return Split(every.where(~held & may_learn), every.where(held))


def make_batch(examples: Split[TaggedRecordings], step: TrainingStep) -> Batch:
    """Make a batch: pieces of recordings (B, 1, T, F), mostly two mixed, and shares of classes.

    Mixed are the spectrograms, as sound is: the louder band of the two is what is heard.
    """
    rng, known = step.rng(), examples.train
    spectrograms = np.zeros((BATCH, 1, COLUMNS, MEL.bands), np.float32)
    shares = np.zeros((BATCH, known.n_classes), np.float32)
    for row in range(BATCH):
        first = draw(known, rng)
        made, label = vary(known.spectrograms[first], rng), known.labels[first]
        shares[row, label] = 1
        if rng.random() < MIXED:
            second = draw(known, rng)
            level = rng.uniform(0, 0.4)  # of 12 nats: by how much the second is softer
            other = vary(known.spectrograms[second], rng) - level
            made = np.maximum(made, other)
            share = 0.5 + 0.5 * level / 0.4 * 0.8
            shares[row] *= share
            shares[row, known.labels[second]] += 1 - share
        spectrograms[row, 0] = blank(made, rng)
    return {"spectrogram": spectrograms, "shares": shares}


def draw(known: TaggedRecordings, rng: np.random.Generator) -> int:
    """Draw a recording, from the library as often as is wanted where there is one."""
    from_library = bool(known.of_library.any()) and rng.random() < SHIPPED_SHARE
    return int(rng.choice(np.flatnonzero(known.of_library == from_library)))


def vary(spectrogram: Floats, rng: np.random.Generator) -> Floats:
    """Take a piece of a recording at a random place, of another pitch, timbre and floor: (T, F)."""
    T = len(spectrogram)
    length = int(rng.integers(min(FEWEST_COLUMNS * 2, COLUMNS), COLUMNS + 1))
    start = int(rng.integers(0, max(1, T - length // 2)))
    piece = cut(np.roll(spectrogram, -start, axis=0) if T >= COLUMNS else spectrogram, 0, length)
    piece = np.roll(piece, int(rng.integers(-2, 3)), axis=1)  # bands: up to two thirds of a tone
    tilt = rng.normal(0, 0.06) * np.linspace(-1, 1, piece.shape[1], dtype=np.float32)
    piece = np.where(piece > 0, piece + tilt, 0).clip(0, 1.2)
    late = int(rng.integers(0, COLUMNS - length + 1))
    return np.pad(piece, ((late, COLUMNS - length - late), (0, 0))).astype(np.float32)


def blank(made: Floats, rng: np.random.Generator) -> Floats:
    """Blank some bands and some columns (SpecAugment, Park et al. 2019)."""
    made = np.maximum(made, np.float32(rng.uniform(0, 0.25)) * (rng.random() < 0.3))
    for axis, widest in zip((1, 0), WIDEST_MASK, strict=True):
        for _ in range(MASKS):
            width = int(rng.integers(0, widest + 1))
            start = int(rng.integers(0, made.shape[axis] - width + 1))
            made[(slice(None),) * axis + (slice(start, start + width),)] = 0
    return made
