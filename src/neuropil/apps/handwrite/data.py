"""Handwritten lines as examples: what the pen did, and what was written.

    B  lines in a batch      T  points of the longest      S  characters of the longest

The data is the IAM On-Line Handwriting Database (Liwicki and Bunke 2005) in one file,
`iam_ondb_lines.npz`; one line of it: 640 points, "Ball's house in the country", writer 41. Lines
are split by writer, so that nobody is on two sides: some writers teach the reader that the writing
is checked with, some a second reader that judges it, and some are never learned from.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.handwrite.glyphs import READ, WRITTEN, mixed, words
from neuropil.apps.handwrite.strokes import (
    Line,
    affine,
    changed,
    distorted,
    features,
    normalized,
    resampled,
)
from neuropil.kit.moment import Moment
from neuropil.kit.problem import Problem

FILE = "iam_ondb_lines.npz"
ALPHABET = (  # the 95 printable ASCII characters
    " !\"#$%&'()*+,-./0123456789:;<=>?"
    "@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"
)
BLANK = 0  # the label of "no character"; a character's own is its place in ALPHABET plus 1
DENSITY = (12, 36)  # points per character between which a line is believed
SHORTEST = 5  # characters
RARELY = 0.4  # of the lines get characters that the database hardly has
ODD_FORM = "a08-551z"
PARTS = {  # of the writers, by a number modulo 16
    "reader": (2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 15),  # also what the writer learns from
    "judge": (0, 1, 8),
    "held out": (9,),
}


@dataclass(frozen=True)
class Written:
    """A line: normalized strokes (P, 3), the text, and who wrote it."""

    line: Line
    text: str
    writer: str


@dataclass(frozen=True)
class Examples:
    """Lines to learn from and lines of writers that are never learned from."""

    learn: Sequence[Written]
    held_out: Sequence[Written]

    @cached_property
    def by_writer(self) -> dict[str, list[Written]]:
        """Sort the lines to learn from by who wrote them."""
        writers: dict[str, list[Written]] = {}
        for written in self.learn:
            writers.setdefault(written.writer, []).append(written)
        return writers

    @cached_property
    def pace(self) -> NDArray[np.float64]:
        """Fit how many points each character takes, by its label: least squares over all lines."""
        counts = np.zeros((len(self.learn), len(ALPHABET) + 1))
        for count, written in zip(counts, self.learn, strict=True):
            np.add.at(count, labels(written.text), 1)
        n_points = np.array([len(resampled(written.line)) for written in self.learn])
        ridge = 200 * np.eye(len(ALPHABET) + 1)  # towards 10, for those that hardly occur
        fit = np.linalg.solve(
            counts.T @ counts + ridge, counts.T @ (n_points - 10 * counts.sum(axis=1))
        )
        points: NDArray[np.float64] = np.maximum(10 + fit, 3.0)
        return points


def labels(text: str) -> NDArray[np.int64]:
    """Number the characters of a text, 1 to 95 (S)."""
    return np.array([ALPHABET.index(character) + 1 for character in text], np.int64)


def lines(data: Path, part: str) -> list[Written]:
    """Read the lines of one part of the writers; raises Problem where the file is not there."""
    path = data / FILE
    if not path.is_file():
        raise Problem(f"there is no {FILE} in {data}; the card says how it is made")
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    x, y = absolute(arrays["dx"], arrays["offsets"]), absolute(arrays["dy"], arrays["offsets"])
    writers = writer_names(arrays["writer"], arrays["form"])
    found = []
    for i, (start, end) in enumerate(
        zip(arrays["offsets"][:-1], arrays["offsets"][1:], strict=True)
    ):
        text = tidy(str(arrays["text"][i]))
        usable = believed(text, end - start) and not arrays["blacklisted"][i]
        if usable and arrays["form"][i] != ODD_FORM and side(writers[i]) == part:
            raw = np.column_stack([x[start:end], y[start:end], arrays["pen_up"][start:end]])
            found.append(Written(normalized(raw.astype(np.float64)), text, writers[i]))
    return found


def tidy(text: str) -> str:
    """Take out the spaces before punctuation that the transcripts have and the writers did not."""
    return re.sub(r" ([.,;:!?)])", r"\1", " ".join(text.split()))


def absolute(steps: NDArray[np.int16], offsets: NDArray[np.int32]) -> NDArray[np.int64]:
    """Add steps up to places, beginning anew at each line."""
    total = np.cumsum(steps, dtype=np.int64)
    before = np.concatenate([[0], total])[offsets[:-1]]
    places: NDArray[np.int64] = total - np.repeat(before, np.diff(offsets))
    return places


def writer_names(writer: NDArray[np.int32], form: NDArray[np.str_]) -> list[str]:
    """Name who wrote each line; where that is unknown, its form counts as a writer."""
    return [str(w) if w >= 0 else f"form {f}" for w, f in zip(writer, form, strict=True)]


def believed(text: str, n_points: int) -> bool:
    """Tell whether a line's text fits what the pen did."""
    low, high = DENSITY
    return len(text) >= SHORTEST and low <= n_points / len(text) <= high


def side(writer: str) -> str:
    """Choose the part that a writer belongs to, by the name alone."""
    number = sum(ord(c) * 31**i for i, c in enumerate(writer)) % 16
    return next(part for part, numbers in PARTS.items() if number in numbers)


def judge_examples(data: Path) -> Examples:
    """Read what the judge learns from, and the writers that nobody learns from."""
    return Examples(lines(data, "judge"), lines(data, "held out"))


def reader_examples(data: Path) -> Examples:
    """Read what the reader learns from, and the writers that nobody learns from."""
    return Examples(lines(data, "reader"), lines(data, "held out"))


def batch(examples: Examples, moment: Moment, n_lines: int) -> dict[str, NDArray[np.float32]]:
    """Draw B lines of similar length: strokes (B, T, 4), labels (B, S), lengths (B, 2)."""
    rng = moment.rng()
    chosen = similar(examples.learn, rng, n_lines)
    return stacked([read_example(written, rng) for written in chosen])


def similar(learn: Sequence[Written], rng: np.random.Generator, n_lines: int) -> Sequence[Written]:
    """Draw lines that have about the same number of points."""
    some = [learn[i] for i in rng.integers(len(learn), size=4 * n_lines)]
    some.sort(key=lambda written: len(written.line))
    first = int(rng.integers(3 * n_lines + 1))
    return some[first : first + n_lines]


def read_example(written: Written, rng: np.random.Generator) -> tuple[NDArray[np.float32], str]:
    """Make strokes and text for a reader: rare characters among them, otherwise than written."""
    line, text = resampled(written.line), written.text
    if rng.random() < RARELY:
        line, text = mixed(line, text, READ, rng, int(rng.integers(1, 5)))
    return features(resampled(distorted(line, rng))), text


def writer_batch(
    examples: Examples, moment: Moment, n_lines: int
) -> dict[str, NDArray[np.float32]]:
    """Draw B lines to write, each beside another line of the same writer that shows the hand.

    To `stacked`'s three come the other line's, `shown` (B, T, 4) and `shown_lengths` (B, 2), the
    writers' numbers `writer` (B,), and which character each point belongs to, `places` (B, T), as
    far as that can be guessed (else -1).
    """
    rng = moment.rng()
    chosen = similar(examples.learn, rng, n_lines)
    pairs, shown, places = [], [], []
    for written in chosen:
        its = examples.by_writer[written.writer]
        other = its[int(rng.integers(len(its)))]
        change = affine(rng)
        pairs.append(written_example(written, change, rng))
        places.append(located(*pairs[-1], examples.pace))
        shown.append((features(resampled(changed(other.line, change))), ""))
    arrays, others = stacked(pairs), stacked(shown)
    numbers = np.array([list(examples.by_writer).index(w.writer) for w in chosen], np.float32)
    return {
        **arrays,
        "shown": others["strokes"],
        "shown_lengths": others["lengths"],
        "writer": numbers,
        "places": padded(places, arrays["strokes"].shape[1]),
    }


def written_example(
    written: Written, change: NDArray[np.float64], rng: np.random.Generator
) -> tuple[NDArray[np.float32], str]:
    """Make strokes and text for the writer: as written, with rare characters among them."""
    line, text = resampled(written.line), written.text
    if rng.random() < RARELY:
        line, text = mixed(line, text, WRITTEN, rng, int(rng.integers(1, 5)))
    return features(resampled(changed(line, change))), text


def located(
    strokes: NDArray[np.float32], text: str, pace: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Guess which character each point (T,) belongs to; -1 where the words can't be told apart.

    Inside a word, every character takes the share of points that it takes on average.
    """
    line = np.column_stack([strokes[:, :2].cumsum(axis=0), strokes[:, 3]]).astype(np.float64)
    pieces = words(line, text)
    if len(pieces) == 1 and " " in text:
        return np.full(len(line), -1, np.float32)
    places, first = [], 0
    for piece, word in pieces:
        ends = pace[labels(word)].cumsum()
        at = (np.arange(len(piece)) + 0.5) / len(piece) * ends[-1]
        places.append(first + np.interp(at, [0, *ends], np.arange(len(word) + 1) - 0.5))
        first += len(word) + 1
    return np.concatenate(places).astype(np.float32)


def padded(rows: Sequence[NDArray[np.float32]], length: int) -> NDArray[np.float32]:
    """Stack rows of different lengths, -1 behind them."""
    made = np.full((len(rows), length), -1, np.float32)
    for place, row in zip(made, rows, strict=True):
        place[: len(row)] = row
    return made


def stacked(pairs: Sequence[tuple[NDArray[np.float32], str]]) -> dict[str, NDArray[np.float32]]:
    """Pad strokes and labels to the longest, and note how long each is."""
    T, S = max(len(f) for f, _ in pairs), max(len(text) for _, text in pairs)
    strokes = np.zeros((len(pairs), T, 4), np.float32)
    numbers = np.zeros((len(pairs), S), np.float32)
    for row, number, (feature, text) in zip(strokes, numbers, pairs, strict=True):
        row[: len(feature)] = feature
        number[: len(text)] = labels(text)
    lengths = np.array([(len(f), len(text)) for f, text in pairs], np.float32)
    return {"strokes": strokes, "labels": numbers, "lengths": lengths}
