"""Recordings of somebody's own handwriting: one to ten lines of strokes and what they say.

    P  points of a line      K  strokes of a drawing

A recording is a file of pen strokes, of one of three kinds that its content tells apart:

JSON    {"lines": [{"text": "what it says", "strokes": [[[x, y], [x, y], ...], ...]}, ...]}
        or one drawing, {"strokes": [...], "text": "..."}, or its strokes, [[[x, y], ...], ...].
        A point is [x, y], [x, y, time], [x, y, time, pressure] or {"x": 1, "y": 2}.
SVG     <path>, <polyline>, <line> and <polygon> that have a stroke; a <circle> is a dot.
InkML   <trace>x y, x y, ...</trace>, its channels in the order of <traceFormat>.

x runs to the right and y downwards, in any unit. A drawing that holds several lines of writing is
cut where its text has a new line. Where a text is typed, a new line may be typed as \\n.
"""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from neuropil.apps.handwrite.line_clustering import (
    TEXTS,
    cluster_lines,
    mismatch_message,
    pluralize,
)
from neuropil.apps.handwrite.recording_formats import StrokeGroup, check_line_count, parse_recording
from neuropil.apps.handwrite.strokes import DISTANCE, Line, normalize, resample
from neuropil.apps.handwrite.svg_strokes import Places
from neuropil.kit.bounded import read_bytes
from neuropil.kit.errors import UserError, require_file

MOST_BYTES = 20_000_000
DENSITY = (3, 60)  # resampled points per character between which a text is believed


@dataclass(frozen=True, eq=False)
class RecordedLine:
    """One line of writing: strokes (P, 3) as they were recorded, and what they say."""

    strokes: Line
    text: str


@dataclass(frozen=True, eq=False)
class StrokeRecording:
    """One to ten lines that one hand wrote, from the top of the page down."""

    lines: tuple[RecordedLine, ...]

    @classmethod
    def open(cls, path: Path | str, text: str | None) -> "StrokeRecording":
        r"""Read a recording (JSON, SVG or InkML) and match its lines with what they say.

        `text` says what was written, a new line or a typed \n between two lines; None leaves that
        to the file. Raises UserError where the file is no recording, or the text can't be its.
        """
        path = Path(path)
        require_file(path, "recording of handwriting")
        data = read_bytes(path, MOST_BYTES, "save the strokes alone, without pictures")
        try:
            lines = [
                line
                for one in match_text(parse_recording(data), text)
                for line in assign_text(*one)
            ]
            check_line_count(len(lines))
            for number, line in enumerate(lines, 1):
                check_density(line, number)
        except UserError as error:
            raise error.wrap(f"{path}: {error}", path) from error
        return cls(tuple(lines))


# --- what the lines say ---


def match_text(found: list[StrokeGroup], text: str | None) -> list[tuple[StrokeGroup, list[str]]]:
    """Match drawings with the lines of text that each holds; raises UserError."""
    if text is None:
        if any(drawing.text is None for drawing in found):
            raise UserError(
                "option.missing",
                f"it does not say what was written; give the text by --text, {TEXTS}",
                name="text",
            )
        return [(drawing, split_lines(drawing.text or "")) for drawing in found]
    given = split_lines(re.sub(r"\\n", "\n", text))
    if len(found) == 1:
        return [(found[0], given)]
    if len(found) != len(given):
        raise UserError("text.mismatch", mismatch_message(len(found), len(given)))
    return [(drawing, [row]) for drawing, row in zip(found, given, strict=True)]


def split_lines(text: str) -> list[str]:
    """Cut a text into its lines, without blank ones; raises UserError."""
    made = [row.strip() for row in re.split(r"\r\n|\r|\n", text) if row.strip()]
    if not made:
        raise UserError(
            "input.empty",
            f"the text of a line is empty; give what was written, {TEXTS}",
            name="text",
        )
    check_line_count(len(made))
    for number, row in enumerate(made, 1):
        odd = next((c for c in row if unicodedata.category(c) in ("Cc", "Cs")), None)
        if odd is not None:
            raise UserError(
                "text.unwritable",
                f"line {number} of the text has the control character U+{ord(odd):04X}; "
                "type letters, digits, punctuation and spaces",
                value=odd,
            )
    return made


def check_density(line: RecordedLine, number: int) -> None:
    """Raise UserError where a text is too long or too short for what the pen did."""
    low, high = (bound * len(line.text) for bound in DENSITY)
    n = count_points(line.strokes, high)
    if not low <= n <= high:
        raise UserError(
            "text.mismatch",
            f"line {number} has {pluralize(n, 'point')} for"
            f" {pluralize(len(line.text), 'character')} of text:"
            f" {line.text[:60]!r} would have {low} to {high}; "
            "check that this is what was written there",
        )


def count_points(strokes: Line, most: int) -> int:
    """Count the points of a line after resampling, roughly where they are far too many."""
    level = normalize(strokes)
    drawn = np.hypot(*np.diff(level[:, :2], axis=0).T) @ (1 - level[:-1, 2]) / DISTANCE
    return int(drawn) if drawn > 2 * most + len(level) else len(resample(level))


# --- lines of writing in a drawing ---


def assign_text(drawing: StrokeGroup, texts: list[str]) -> list[RecordedLine]:
    """Cut a drawing into as many lines as its text has; raises UserError."""
    if drawing.is_line and len(texts) == 1:
        parts = [drawing.strokes]
    else:
        parts = cluster_lines(drawing.strokes, len(texts))
    return [RecordedLine(join_strokes(part), text) for part, text in zip(parts, texts, strict=True)]


def join_strokes(strokes: list[Places]) -> Line:
    """Join strokes to a line (P, 3); the pen leaves the paper after each."""
    up = np.concatenate([np.arange(len(places), 0, -1) == 1 for places in strokes])
    return np.column_stack([np.concatenate(strokes), up])
