"""The database of handwritten lines: what the pen did, what was written, and by whom.

    P  points of a line      S  characters of its text

The data is the IAM On-Line Handwriting Database (Liwicki and Bunke 2005) in one file,
`iam_ondb_lines.npz`; one line of it: 640 points, "Ball's house in the country", writer 41. Lines
are split by writer, so that nobody is on two sides: some writers teach the reader that the writing
is checked with, some a second reader that judges it, and some are never learned from.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.handwrite.strokes import Line, normalize
from neuropil.kit.bounded import read_arrays
from neuropil.kit.errors import UserError

FILE = "iam_ondb_lines.npz"
MOST_BYTES = 1_000_000_000  # of the database, unpacked
NEEDED = ("dx", "dy", "pen_up", "offsets", "text", "form", "writer", "blacklisted")  # of its arrays
DENSITY = (12, 36)  # points per character between which a line is believed
SHORTEST = 5  # characters
CROSSED_OUT = "#"  # stands in the transcripts for words that were struck through
EXCLUDED_FORM = "a08-551z"
PARTS = {  # of the writers, by a number modulo 16
    "reader": (2, 3, 4, 6, 7, 10, 11, 13, 14, 15),  # also what the writer learns from
    "judge": (0, 1, 5, 8, 12),
    "held out": (9,),
}


@dataclass(frozen=True)
class HandwrittenLine:
    """A line: normalized strokes (P, 3), the text, and who wrote it."""

    line: Line
    text: str
    writer: str


def load_lines(data: Path, part: str) -> list[HandwrittenLine]:
    """Read the lines of one part of the writers; raises UserError where there is no such file."""
    path = data / FILE
    if not path.is_file():
        raise UserError(
            "data.missing", f"there is no {FILE} in {data}; the card says how it is made", path=path
        )
    arrays = read_arrays(path, MOST_BYTES, "make it anew, as the card says", names=NEEDED)
    x, y = (
        cumulative_positions(arrays["dx"], arrays["offsets"]),
        cumulative_positions(arrays["dy"], arrays["offsets"]),
    )
    writers = writer_names(arrays["writer"], arrays["form"])
    found = []
    for i, (start, end) in enumerate(
        zip(arrays["offsets"][:-1], arrays["offsets"][1:], strict=True)
    ):
        text = normalize_spaces(str(arrays["text"][i]))
        usable = is_plausible(text, end - start) and not arrays["blacklisted"][i]
        if usable and arrays["form"][i] != EXCLUDED_FORM and split_of_writer(writers[i]) == part:
            raw = np.column_stack([x[start:end], y[start:end], arrays["pen_up"][start:end]])
            found.append(HandwrittenLine(normalize(raw.astype(np.float64)), text, writers[i]))
    return found


def normalize_spaces(text: str) -> str:
    """Take out the spaces before punctuation that the transcripts have and the writers did not."""
    return re.sub(r" ([.,;:!?)])", r"\1", " ".join(text.split()))


def cumulative_positions(steps: NDArray[np.int16], offsets: NDArray[np.int32]) -> NDArray[np.int64]:
    """Add steps up to places, beginning anew at each line."""
    total = np.cumsum(steps, dtype=np.int64)
    before = np.concatenate([[0], total])[offsets[:-1]]
    places: NDArray[np.int64] = total - np.repeat(before, np.diff(offsets))
    return places


def writer_names(writer: NDArray[np.int32], form: NDArray[np.str_]) -> list[str]:
    """Name who wrote each line; where that is unknown, its form counts as a writer."""
    return [str(w) if w >= 0 else f"form {f}" for w, f in zip(writer, form, strict=True)]


def is_plausible(text: str, n_points: int) -> bool:
    """Tell whether a line's text is what the pen wrote."""
    low, high = DENSITY
    fits = len(text) >= SHORTEST and low <= n_points / len(text) <= high
    return fits and CROSSED_OUT not in text


def split_of_writer(writer: str) -> str:
    """Choose the part that a writer belongs to, by the name alone."""
    number = sum(ord(c) * 31**i for i, c in enumerate(writer)) % 16
    return next(part for part, numbers in PARTS.items() if number in numbers)


def sort_by_writer(lines: Sequence[HandwrittenLine]) -> dict[str, list[HandwrittenLine]]:
    """Sort lines by who wrote them."""
    writers: dict[str, list[HandwrittenLine]] = {}
    for written in lines:
        writers.setdefault(written.writer, []).append(written)
    return writers
