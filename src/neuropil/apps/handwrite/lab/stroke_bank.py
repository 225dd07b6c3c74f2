"""Words and single characters cut out of real lines, sorted by writer, to make new lines of.

    P  points of a piece: (P, 4), x, y, pen up after the point, the place in its text that each
       point belongs to; x from 0 on, y from the base line, both in heights of a small letter

A cut is made where the pen lifts; a join stays whole. Characters that the reader is not sure of are
left out. A writer who lacks a character borrows it from those whose hand is most alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.handwrite.generation import WrittenLine
from neuropil.apps.handwrite.lab.alignment import Alignment
from neuropil.apps.handwrite.lab.data import HandwrittenLine
from neuropil.apps.handwrite.lab.glyphs import measure_geometry
from neuropil.apps.handwrite.lab.style_features import style_features
from neuropil.apps.handwrite.layout import baseline_and_x_height
from neuropil.apps.handwrite.strokes import Line, resample

SURE = 0.5  # probability from which a character is believed to be what the text says
APART = -0.25  # gap in units of the line's height from which two characters are apart
SPACED = 0.1  # the same of two words
LONGEST_CHUNK = 4  # characters of a part of a word
TYPICAL = 4.0  # times the median deviation of log width and height by which a character may differ
SHOWN = 8  # lines of a writer by which hands are compared
NEAREST = 8  # writers of whom a missing character is borrowed

Piece = Line


@dataclass(frozen=True)
class LineMetrics:
    """Where a line's letters stand: y = slope x + foot, how high small ones are, the slant."""

    slope: float
    foot: float
    small: float
    slant: float

    def cut(self, line: Line) -> Piece:
        """Bring points (P, 4) of a line to heights of a small letter above its base line."""
        x, y = line[:, 0], line[:, 1] - self.slope * line[:, 0] - self.foot
        return np.column_stack([(x - x.min()) / self.small, y / self.small, line[:, 2:]])

    def place(self, piece: Piece, left: float) -> Line:
        """Bring a piece back to a line's units, its leftmost point at x = left."""
        x = piece[:, 0] - piece[:, 0].min()
        y = piece[:, 1] * self.small + self.foot
        return np.column_stack([x * self.small + left, y, piece[:, 2:]])


@dataclass(frozen=True, eq=False)
class AlignedLine:
    """A line whose points (P, 4) carry the place in the text of what they belong to."""

    line: Line
    text: str
    writer: str
    metrics: LineMetrics
    alignment: Alignment
    n_points: int  # after resampling

    def is_apart(self, place: int) -> bool:
        """Tell whether the word that ends before this place of the text, a space, is well apart."""
        return place in (-1, len(self.text)) or bool(self.alignment.gaps[place - 1] > SPACED)


def aligned(written: HandwrittenLine, alignment: Alignment) -> AlignedLine:
    """Measure a line by its small letters and by those that stand on the base line."""
    line, text = written.line, written.text
    (slope, foot), small = baseline_and_x_height(WrittenLine(line, alignment.characters), text)
    metrics = LineMetrics(float(slope), float(foot), max(0.25, small), measure_geometry(line).slant)
    points = np.column_stack([line, alignment.characters])
    n_points = len(resample(line))
    return AlignedLine(points, text, written.writer, metrics, alignment, n_points)


@dataclass
class WriterPieces:
    """What was cut out of one writer's lines, and how that writer sets letters and words."""

    metrics: LineMetrics
    letter_gap: float  # between letters of a word where the pen lifts, in heights of a small letter
    word_gap: float
    pace: float  # points that a character takes, after resampling
    features: NDArray[np.float64]
    characters: dict[str, list[Piece]] = field(default_factory=dict)
    words: list[tuple[Piece, str]] = field(default_factory=list)  # of small letters alone
    chunks: list[tuple[Piece, str]] = field(default_factory=list)  # parts of words


@dataclass(frozen=True, eq=False)
class StrokeBank:
    """Pieces of all writers."""

    writers: dict[str, WriterPieces]

    @cached_property
    def lenders(self) -> dict[tuple[str, str], list[str]]:
        """List for a writer and a character those with the most similar hands who have it."""
        names = list(self.writers)
        features = np.array([self.writers[name].features for name in names])
        features = (features - features.mean(axis=0)) / (features.std(axis=0) + 1e-6)
        square = (features**2).sum(axis=1)
        away = square[:, None] + square - 2 * features @ features.T
        found: dict[tuple[str, str], list[str]] = {}
        for i, name in enumerate(names):
            for j in away[i].argsort():
                for character in self.writers[names[j]].characters if i != j else ():
                    its = found.setdefault((name, character), [])
                    if len(its) < NEAREST:
                        its.append(names[j])
        return found

    @cached_property
    def counts(self) -> dict[str, int]:
        """Count how often each character was cut out, over all writers."""
        counts: dict[str, int] = {}
        for its in self.writers.values():
            for character, pieces in its.characters.items():
                counts[character] = counts.get(character, 0) + len(pieces)
        return counts

    def pick(self, writer: str, character: str, rng: np.random.Generator) -> Piece:
        """Draw a writer's own character, or one that is borrowed; KeyError if nobody has it."""
        own = self.writers[writer].characters.get(character, [])
        lenders = self.lenders.get((writer, character), [])
        if own and (not lenders or rng.random() < len(own) / (len(own) + 1)):
            return own[int(rng.integers(len(own)))]
        if not lenders:
            raise KeyError(character)
        lender = self.writers[lenders[int(rng.integers(len(lenders)))]]
        pieces = lender.characters[character]
        piece = pieces[int(rng.integers(len(pieces)))]
        return lean(piece, self.writers[writer].metrics.slant - lender.metrics.slant)


def lean(piece: Piece, slant: float) -> Piece:
    """Lean a piece further to the right, by so much for each unit upwards."""
    return np.column_stack([piece[:, 0] - slant * piece[:, 1], piece[:, 1:]])


def build_bank(lines: Sequence[AlignedLine]) -> StrokeBank:
    """Cut the lines of all writers to pieces."""
    by_writer: dict[str, list[AlignedLine]] = {}
    for line in lines:
        by_writer.setdefault(line.writer, []).append(line)
    writers = {name: cut_writer(its) for name, its in by_writer.items()}
    drop_outliers(list(writers.values()))
    return StrokeBank(writers)


def drop_outliers(writers: Sequence[WriterPieces]) -> None:
    """Leave out characters much larger or smaller than others of their kind: two in one, blots."""
    for character in {c for its in writers for c in its.characters}:
        sizes = [size(p) for its in writers for p in its.characters.get(character, [])]
        middle = np.median(sizes, axis=0)
        reach = TYPICAL * np.maximum(np.median(np.abs(sizes - middle), axis=0), 0.1)
        for its in writers:
            pieces = its.characters.pop(character, [])
            kept = [p for p in pieces if (np.abs(size(p) - middle) <= reach).all()]
            if kept:
                its.characters[character] = kept


def size(piece: Piece) -> NDArray[np.float64]:
    """Give the logarithms of a piece's width and height; a dot has 0.1 of each."""
    logs: NDArray[np.float64] = np.log(np.ptp(piece[:, :2], axis=0) + 0.1)
    return logs


def cut_writer(its: Sequence[AlignedLine]) -> WriterPieces:
    """Cut all lines of one writer."""
    each = np.array([[line.metrics.foot, line.metrics.small, line.metrics.slant] for line in its])
    foot, small, slant = np.median(each, axis=0).tolist()
    within, between = measure_gaps(its)
    pace = sum(line.n_points for line in its) / sum(len(line.text) for line in its)
    features = np.mean([style_features(line.line) for line in its[:SHOWN]], axis=0)
    metrics = LineMetrics(0.0, foot, small, slant)
    writer = WriterPieces(metrics, within / small, between / small, pace, features)
    for line in its:
        cut_line(writer, line)
    return writer


def measure_gaps(its: Sequence[AlignedLine]) -> tuple[float, float]:
    """Take the medians of gaps between letters and between words, in units of a line's height."""
    within, between = [0.12], [0.7]
    for line in its:
        for i in np.flatnonzero(np.isfinite(line.alignment.gaps[:-1])):
            gaps = between if line.text[i + 1] == " " else within
            gaps.append(float(line.alignment.gaps[i]))
    return float(np.clip(np.median(within), 0.0, 0.4)), float(np.clip(np.median(between), 0.4, 1.5))


def cut_line(writer: WriterPieces, line: AlignedLine) -> None:
    """Put the words of a line, parts of them and their characters with the writer's pieces."""
    start = 0
    for word in line.text.split(" "):
        end = start + len(word)
        if word and line.is_apart(start - 1) and line.is_apart(end):
            cut_word(writer, line, start, word)
        start = end + 1


def cut_word(writer: WriterPieces, line: AlignedLine, start: int, word: str) -> None:
    """Cut a word wherever the pen lifts between two characters that are apart."""
    end = start + len(word)
    sure = line.alignment.confidence[start:end] > SURE
    apart = line.alignment.gaps[start : end - 1] > APART
    lifts = [0, *(np.flatnonzero(apart) + 1).tolist(), len(word)]
    if sure.all() and word.isalpha() and word.islower():
        writer.words.append((take(line, start, end), word))
    for n, first in enumerate(lifts[:-1]):
        for last in lifts[n + 1 :]:
            if last - first > LONGEST_CHUNK or not sure[first:last].all():
                break
            piece, text = take(line, start + first, start + last), word[first:last]
            if not len(piece) or is_crossed(line.line, start + first, start + last, end):
                continue
            if len(text) == 1:
                writer.characters.setdefault(text, []).append(piece)
            elif text.isalpha() and text.islower() and len(text) < len(word):
                writer.chunks.append((piece, text))


def take(line: AlignedLine, start: int, end: int) -> Piece:
    """Take the points of characters start to end out of a line; empty if it has none."""
    its = line.line[(line.line[:, 3] >= start) & (line.line[:, 3] < end)]
    if not len(its):
        return its
    piece = line.metrics.cut(its)
    piece[:, 3] -= start
    piece[-1, 2] = 1
    return piece


def is_crossed(line: Line, start: int, end: int, word_end: int) -> bool:
    """Tell whether a later stroke of the word, a dot or a bar, was put over these characters."""
    its = line[(line[:, 3] >= start) & (line[:, 3] < end), 0]
    later = line[(line[:, 3] >= end) & (line[:, 3] < word_end), 0]
    return bool(len(later) and (later < its.min() + 0.7 * np.ptp(its)).any())
