"""Recorded sounds with what is known of each, in one file: a SQLite database and the recordings.

    library = SoundLibrary.open("mine.library")
    library.recordings[0].read().seconds

A file is written beside its place and then renamed, so that whoever reads an older one goes on
reading that. Recordings are known by the SHA-256 of their bytes, and stored once.

N samples   C channels   D numbers of an embedding
"""

import math
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path
from typing import ClassVar, Self

import numpy as np

from neuropil.apps.foley.tagger import EMBEDDING, Floats
from neuropil.kit.atomic import atomic_path
from neuropil.kit.audio.audio import Audio
from neuropil.kit.errors import UserError, require_file
from neuropil.kit.formats import MAX_PIXELS, QUALITY

SIGNATURE = b"SQLite format 3\0"
APPLICATION_ID = 0x666F6C79  # "foly", by which SQLite files tell whose they are
SCHEMA = """
PRAGMA application_id = {id};
CREATE TABLE recordings (
    sha256 TEXT PRIMARY KEY, file TEXT, name TEXT, kind TEXT, material TEXT, strength TEXT,
    seconds REAL, onset REAL, is_loop INTEGER, loudness REAL, brightness REAL,
    licence TEXT, author TEXT, title TEXT, source TEXT, embedding BLOB);
CREATE TABLE contents (sha256 TEXT PRIMARY KEY, data BLOB);
"""
REMEDY = "make one by: neuropil foley-index FOLDER -o mine.library"


@dataclass(frozen=True, eq=False)
class Recording:
    """One recording, and what is known of it.

    name: its class, dog-bark
    kind: event or ambience
    material: wood, metal, ...; "" where that means nothing or is not known
    strength: light, medium, heavy, or ""
    seconds: its length
    onset: of an event, where its attack begins, in seconds
    is_loop: whether its end joins its beginning
    loudness: of its loudest 0.4 s, in LUFS
    brightness: the middle of its power by frequency, in octaves above 1 kHz
    licence, author, title, source: what credits need; all "" of a person's own
    embedding: (D,), of length 1
    place: the library or the file that holds it
    """

    sha256: str
    file: str
    name: str
    kind: str
    material: str
    strength: str
    seconds: float
    onset: float
    is_loop: bool
    loudness: float
    brightness: float
    licence: str
    author: str
    title: str
    source: str
    embedding: Floats
    place: Path

    @property
    def credit(self) -> str:
        """Word whose it is, for a list of credits."""
        if not self.licence:
            return f"{self.file}: your own recording"
        whose = f"{self.file}: “{self.title}” by {self.author}, {self.licence}, {self.source}"
        return whose if self.licence == "CC0" else f"{whose}; changed: cut, resampled, gain"

    def read_content(self) -> bytes:
        """Read its bytes; raises UserError where they are gone."""
        if not is_database(self.place):
            return self.place.read_bytes()
        with read_database(self.place) as database:
            row = database.execute("SELECT data FROM contents WHERE sha256 = ?", (self.sha256,))
            found = row.fetchone()
        if found is None:
            words = f"{self.place} no longer holds {self.file}; {REMEDY}"
            raise UserError("input.damaged", words, path=self.place)
        return bytes(found[0])

    def read(self) -> Audio:
        """Decode it."""
        return Audio.decode(self.read_content(), f"{self.place.name}: {self.file}")


@cache
def list_columns() -> tuple[str, ...]:
    """List what a row of the database says of a recording."""
    return tuple(each.name for each in fields(Recording) if each.name != "place")


@dataclass(frozen=True, eq=False)
class SoundLibrary:
    """Recordings, in the order of their names."""

    KIND: ClassVar = "library"
    SUFFIXES: ClassVar[tuple[str, ...]] = (".library",)
    READS: ClassVar = (".library",)

    recordings: tuple[Recording, ...]

    @classmethod
    def open(cls, path: Path | str, *, max_pixels: int = MAX_PIXELS) -> Self:
        """Read what a library knows of its recordings; raises UserError where it is none."""
        path = Path(path)
        require_file(path, "library")
        with read_database(path) as database:
            told = database.execute("PRAGMA application_id").fetchone()[0]
            if told != APPLICATION_ID:
                words = f"{path} is a database of something else; {REMEDY}"
                raise UserError("input.kind", words, path=path)
            columns = ", ".join(list_columns())
            rows = database.execute(f"SELECT {columns} FROM recordings ORDER BY file, sha256")
            return cls(tuple(_to_recording(row, path) for row in rows))

    def save(self, path: Path | str, *, quality: int = QUALITY) -> None:
        """Write the file whole or not at all; `quality` is of pictures and films."""
        columns, marks = ", ".join(list_columns()), ", ".join("?" * len(list_columns()))
        with (
            atomic_path(Path(path)) as beside,
            closing(sqlite3.connect(beside, isolation_level=None)) as database,
        ):
            database.execute("PRAGMA page_size = 1024")  # small, so that little is left empty
            database.execute("PRAGMA journal_mode = OFF")  # the rename is what makes it whole
            database.executescript(SCHEMA.format(id=APPLICATION_ID))
            database.execute("BEGIN")
            for each in self.recordings:
                database.execute(
                    f"INSERT INTO recordings ({columns}) VALUES ({marks})", _to_row(each)
                )
                content = (each.sha256, each.read_content())
                database.execute("INSERT INTO contents VALUES (?, ?)", content)
            database.execute("COMMIT")

    def join(self, other: "SoundLibrary") -> "SoundLibrary":
        """Put two libraries together; what both hold is taken from this one.

        Another recording of a name that is taken gets the beginning of its hash behind it.
        """
        known = {each.sha256 for each in self.recordings}
        names = {each.file for each in self.recordings}
        more = [each for each in other.recordings if each.sha256 not in known]
        told = [replace(e, file=tell_apart(e)) if e.file in names else e for e in more]
        every = sorted((*self.recordings, *told), key=lambda each: (each.file, each.sha256))
        return replace(self, recordings=tuple(every))


def tell_apart(recording: Recording) -> str:
    """Name a recording by its hash too: click-1a2b3c4d.wav."""
    stem, dot, ending = recording.file.rpartition(".")
    return f"{stem or ending}-{recording.sha256[:8]}{dot and '.' + ending if stem else ''}"


def is_database(path: Path) -> bool:
    """Tell a library, whatever it is called, from a recording."""
    with path.open("rb") as file:
        return file.read(len(SIGNATURE)) == SIGNATURE


@contextmanager
def read_database(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database for reading; raises UserError where it is damaged or none."""
    try:
        address = f"{path.resolve().as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True)) as database:
            yield database
    except (sqlite3.DatabaseError, TypeError, ValueError) as error:
        if isinstance(error, UserError):
            raise
        words = f"{path} is no library of sounds, or is damaged ({error}); {REMEDY}"
        raise UserError("input.damaged", words, path=path) from error


def _to_recording(row: tuple[object, ...], path: Path) -> Recording:
    """Make a recording of a row; raises ValueError where the row is damaged."""
    given = dict(zip(list_columns(), row, strict=True))
    packed = given.pop("embedding")
    if not isinstance(packed, bytes) or len(packed) != 2 * EMBEDDING or not is_sound(given):
        raise ValueError(f"damaged row of {given['file']}")
    embedding = np.frombuffer(packed, np.float16).astype(np.float32)
    given["is_loop"] = bool(given["is_loop"])
    return Recording(**given, embedding=embedding, place=path)  # type: ignore[arg-type]


def is_sound(given: Mapping[str, object]) -> bool:
    """Tell whether a row has numbers where it should, a length, and an onset in it."""
    numbers = [given[key] for key in ("seconds", "onset", "loudness", "brightness")]
    texts = [given[key] for key in ("sha256", "file", "name", "kind", "licence")]
    if not all(isinstance(n, float) and math.isfinite(n) for n in numbers):
        return False
    seconds, onset, *_ = (float(str(n)) for n in numbers)
    return all(isinstance(text, str) for text in texts) and 0 <= onset <= seconds > 0


def _to_row(recording: Recording) -> tuple[object, ...]:
    """Give the values of the columns."""
    values = {name: getattr(recording, name) for name in list_columns()}
    values["embedding"] = recording.embedding.astype(np.float16).tobytes()
    values["is_loop"] = int(recording.is_loop)
    return tuple(values.values())
