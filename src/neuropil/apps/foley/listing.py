"""What a library holds, to be read and to be heard.

    found = find_recordings(library.recordings, "dog")
    take_recording(library.recordings, found[0].file).read()

A cue sheet names its candidates by their files: so they are heard before one takes another's place.
"""

import csv
import io
import re
from collections.abc import Sequence
from typing import ClassVar

from neuropil.apps.foley.sound_library import Recording
from neuropil.kit.errors import UserError, suggest
from neuropil.kit.media.document import Document

MARKS = re.compile(r"[\W_]+")
COLUMNS = ("file", "class", "kind", "seconds", "LUFS", "author", "licence", "title")
MOST_NAMED = 12  # classes that an error names


class SoundList(Document):
    """Recordings, a line for each, to be read or as a table (CSV)."""

    SUFFIXES: ClassVar[tuple[str, ...]] = (".txt", ".csv")


def find_recordings(recordings: Sequence[Recording], word: str) -> list[Recording]:
    """Find what has a word in its file's name, class, title or author; raises UserError if none.

    word: case doesn't count, a blank stands for a hyphen too; nothing but blanks finds all
    """
    key = simplify(word)
    found = [
        each
        for each in recordings
        if any(begins(key, text) for text in (each.file, each.name, each.title, each.author))
    ]
    found.sort(key=lambda each: not begins(key, each.name))  # classes first
    if not found:
        raise UserError("input.content", word_unknown(recordings, word), value=word)
    return found


def take_recording(recordings: Sequence[Recording], file: str) -> Recording:
    """Find the recording of a file's name, as cue sheets have it; raises UserError if none."""
    for each in recordings:
        if each.file == file:
            return each
    of_class = [each.file for each in recordings if each.name == file]
    if of_class:
        words = f"{file} is a class of {len(of_class)}; name one of them, {of_class[0]}"
    else:
        words = word_unknown(recordings, file)
    raise UserError("input.content", words, value=file)


def word_unknown(recordings: Sequence[Recording], word: str) -> str:
    """Word that nothing is called so, and what there is."""
    classes = sorted({each.name for each in recordings})
    near = suggest(word, [*classes, *(each.file for each in recordings)])
    there = ", ".join(classes[:MOST_NAMED]) + (", ..." if len(classes) > MOST_NAMED else "")
    return f"no recording is called {word}{near}; there are {there} (a blank finds all)"


def begins(key: str, text: str) -> bool:
    """Tell whether a word of a text begins as what is sought: dog in dog-bark, not in keweldog."""
    return f" {key}" in f" {simplify(text)}"


def simplify(text: str) -> str:
    """Bring a text to the form in which it is searched."""
    return MARKS.sub(" ", text.casefold()).strip()


def list_recordings(recordings: Sequence[Recording]) -> SoundList:
    """Write recordings as lines of columns, and as a table."""
    rows = [to_cells(each) for each in recordings]
    widths = [max(map(len, column)) for column in zip(COLUMNS, *rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (COLUMNS, *rows)
    ]
    table = io.StringIO()
    csv.writer(table, lineterminator="\n").writerows((COLUMNS, *rows))
    return SoundList("\n".join(lines) + "\n", csv=table.getvalue())


def to_cells(recording: Recording) -> tuple[str, ...]:
    """Write what there is to know of a recording."""
    measured = f"{recording.seconds:.2f}", f"{recording.loudness:.1f}"
    whose = recording.author, recording.licence or "your own", recording.title
    return (recording.file, recording.name, recording.kind, *measured, *whose)
