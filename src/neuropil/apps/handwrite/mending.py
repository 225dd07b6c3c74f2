"""A line mended: a word that reads wrong is written on its own, and set into the line.

A word is whatever stands between spaces, so that hyphens and commas stay where they belong. The new
one takes the size of the letters around it, stands on their base line, and keeps their distance.

    P  points of a line
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.handwrite.ctc import edit_table
from neuropil.apps.handwrite.generation import LineState, WrittenLine, to_line
from neuropil.apps.handwrite.layout import (
    SMALL,
    STANDING,
    baseline_and_x_height,
    fit_baseline,
    small_heights,
)
from neuropil.apps.handwrite.strokes import Line

GAPS = 0.7, 1.5  # of the line's height: between words
SIZES = 0.7, 1.4  # how much a word may be scaled
EVEN, FEWEST = (0.85, 1.2), 2  # sizes of a word in a line, and letters that tell one
DOTTED = frozenset("ij.,:;!?%\"'`*-")  # characters that a dot may be of
LOW = frozenset(".,")  # of these, those whose dot is on the base line
SPECK = 0.12  # of the height of small letters: what reaches less far is a dot
NEAR = 0.6  # of that height: so far from such a character a dot may stand


@dataclass(frozen=True, eq=False)
class Piece:
    """Points of a row, from one to another, that a line is made of."""

    row: LineState
    start: int
    stop: int


def spans(text: str) -> list[tuple[int, int]]:
    """List where the words of a text start and end."""
    ends = [place for place, character in enumerate(text) if character == " "]
    return [(start + 1, end) for start, end in pairwise([-1, *ends, len(text)])]


def misread(text: str, read: str) -> list[int]:
    """List the words of a text, by number, that are read otherwise.

    A space that is not read is a fault of the word behind it.
    """
    numbers = np.cumsum([character == " " for character in text])
    return sorted({int(numbers[place]) for place in faults(text, read)})


def faults(text: str, read: str) -> list[int]:
    """List the places of a text at which another one has to be edited."""
    left = edit_table(text[::-1], read[::-1])[::-1, ::-1]  # edits from these places to the ends
    i, j, places = 0, 0, []
    while left[i, j]:
        both = i < len(text) and j < len(read)
        if both and left[i, j] == left[i + 1, j + 1] + (text[i] != read[j]):
            places += [i] if text[i] != read[j] else []
            i, j = i + 1, j + 1
        elif i < len(text) and left[i, j] == left[i + 1, j] + 1:
            places.append(i)
            i += 1
        else:  # one character too many, here or at the end of a word
            places.append(i if text[i : i + 1].strip() else max(0, i - 1))
            j += 1
    return places


def cuts(penned: WrittenLine, text: str) -> list[int]:
    """Find the points at which the words of a line begin, and its end.

    A word begins with the stroke of its first point that the window saw there, also where it still
    looked at the space when the stroke began; a stroke from word to word is cut at that point.
    """
    looked = np.maximum.accumulate(penned.letter)
    begins = np.concatenate([[0], np.flatnonzero(penned.line[:-1, 2] > 0) + 1])  # of strokes
    found = [0]
    for start, _ in spans(text)[1:]:
        place = np.searchsorted(looked, start)
        begin = begins[np.searchsorted(begins, place, side="right") - 1]
        is_its = begin < len(looked) and looked[begin] >= start - 1
        found.append(int(begin if is_its else place))
    return [*found, len(looked)]


def replace_word(penned: WrittenLine, text: str, number: int, word: WrittenLine) -> WrittenLine:
    """Set a word that was written alone into a line, in place of the one that stands there."""
    start, end = cuts(penned, text)[number : number + 2]
    before, after = penned.line[:start].copy(), penned.line[end:]
    new, gap = fit_word(penned, text, number, word), natural_gap(penned, text)
    (slope, _), _ = baseline_and_x_height(penned, text)
    if len(before):
        before[-1, 2] = 1  # also where it was one stroke from word to word
        new = shift(new, before[:, 0].max() + gap - new[:, 0].min(), slope)
    if len(after):
        after = shift(after, new[:, 0].max() + gap - after[:, 0].min(), slope)
    line = np.concatenate([before, new, after])
    first, _ = spans(text)[number]
    letter = np.concatenate([penned.letter[:start], word.letter + first, penned.letter[end:]])
    return WrittenLine(line, letter)


def is_whole(row: LineState) -> bool:
    """Tell whether the pen came to the last character: half a number may read better than none."""
    return max(row.letters) >= len(row.task.text) - 1


def even_words(penned: WrittenLine, text: str) -> WrittenLine:
    """Bring words that are much larger or smaller than the others of their line nearer to these."""
    base, small = baseline_and_x_height(penned, text)
    line, moved = penned.line.copy(), 0.0
    for (start, end), (first, last) in zip(spans(text), pairwise(cuts(penned, text)), strict=True):
        word = line[first:last]
        word[:, 0] += moved
        word[:, 1] += base[0] * moved
        said = "".join(c if start <= i < end else " " for i, c in enumerate(text))
        its = small_heights(penned, said, base)
        if len(its) < FEWEST or not len(word):
            continue
        size = float(np.median(its)) / small
        factor = float(np.clip(size, *EVEN) / size)
        left = word[:, 0].min()
        wide = np.ptp(word[:, 0])
        level = word[:, 1] - base[1] - base[0] * word[:, 0]
        word[:, 0] = left + factor * (word[:, 0] - left)
        word[:, 1] = base[1] + base[0] * word[:, 0] + factor * level
        moved += (factor - 1) * wide
    return WrittenLine(line, penned.letter)


def without_strays(row: LineState) -> tuple[WrittenLine, tuple[Piece, ...]]:
    """Add a row's steps up to a line without stray dots, and tell which steps are in it."""
    penned = to_line(row)
    kept = ~stray_dots(penned, row.task.text)
    ends = np.flatnonzero(np.diff(np.concatenate([[0], kept, [0]]))).reshape(-1, 2)
    pieces = tuple(Piece(row, int(start), int(stop)) for start, stop in ends)
    return WrittenLine(penned.line[kept], penned.letter[kept]), pieces


def stray_dots(penned: WrittenLine, text: str) -> NDArray[np.bool_]:
    """Mark the points (P,) of dots that no character has.

    Behind the text a dot is nobody's, as the pen is being put away.
    """
    line, letter = penned.line, penned.letter
    (slope, at), small = baseline_and_x_height(penned, text)
    level = (line[:, :2] - np.column_stack([0 * line[:, 0], at + slope * line[:, 0]])) / small
    strays = np.zeros(len(line), bool)
    ends = np.flatnonzero(line[:, 2] > 0) + 1
    for start, end in pairwise([0, *ends.tolist()]):
        its, dot = int(np.median(letter[start:end])), level[start:end]
        if np.ptp(dot, axis=0).max() < SPECK:
            strays[start:end] = not any(
                may_have_dot(text, place, its, level[letter == place], dot.mean(axis=0))
                for place, character in enumerate(text)
                if character in DOTTED
            )
    return strays if not strays.all() else ~strays


def may_have_dot(text: str, place: int, its: int, ink: Line, dot: NDArray[np.float64]) -> bool:
    """Tell whether a dot may be of the character at a place, which has dots.

    its: place of the character that the window looked at
    ink: points (.., 2) of the character; as the dot, in heights of small letters from the base line
    """
    if text[place] in LOW and dot[1] < -NEAR:
        return False
    is_beside = abs(its - place) == 1 and (not len(ink) or text[its : its + 1].strip() != "")
    if its == place or is_beside:
        return True
    below = len(ink) and ink[:, 0].min() - NEAR < dot[0] < ink[:, 0].max() + NEAR
    return bool(below and its < len(text))


def shift(line: Line, right: float, slope: float) -> Line:
    """Move points to the right, along a base line."""
    shifted: Line = line + np.array([right, slope * right, 0.0])
    return shifted


def fit_word(penned: WrittenLine, text: str, number: int, word: WrittenLine) -> Line:
    """Bring a word to the size of a line, and onto the base line where that passes x = 0."""
    said = text[slice(*spans(text)[number])]
    (slope, at), _ = baseline_and_x_height(penned, text)
    (tilt, _), _ = baseline_and_x_height(word, said)
    feet = [
        points[points[:, 1].argmax(), :2]
        for place, letter in enumerate(said)
        if letter in STANDING and len(points := word.line[word.letter == place]) > 2
    ]
    foot = (
        fit_baseline(np.array(feet), np.inf)[1] if feet else at
    )  # a dash keeps the height it was written at
    size = scale(penned, text, number, word)
    x, y, up = word.line.T
    level = (y - foot - tilt * x) * size
    return np.column_stack([x * size, at + level + slope * x * size, up])


def scale(penned: WrittenLine, text: str, number: int, word: WrittenLine) -> float:
    """Choose by how much a word is enlarged: small letters as high as those of the line."""
    said = text[slice(*spans(text)[number])]
    if sum(letter in SMALL for letter in said) > 1:
        (_, small), (_, its_small) = (
            baseline_and_x_height(penned, text),
            baseline_and_x_height(word, said),
        )
        return float(np.clip(small / its_small, *SIZES))
    start, end = cuts(penned, text)[number : number + 2]
    old, new = penned.line[start:end, 1], word.line[:, 1]
    if not len(old) or np.ptp(old) == 0 or np.ptp(new) == 0:
        return 1.0
    return float(np.clip(np.ptp(old) / np.ptp(new), *SIZES))  # as high as what stood there


def natural_gap(penned: WrittenLine, text: str) -> float:
    """Measure how far apart the words of a line stand."""
    words = [its for its in np.split(penned.line[:, 0], cuts(penned, text)[1:-1]) if len(its)]
    gaps = [b.min() - a.max() for a, b in pairwise(words)]
    return float(np.clip(np.median(gaps), *GAPS)) if gaps else GAPS[0]


def splice(
    pieces: Sequence[Piece], start: int, end: int, new: Sequence[Piece]
) -> tuple[Piece, ...]:
    """Put others in place of the points from one to another."""
    n = sum(piece.stop - piece.start for piece in pieces)
    return (*among(pieces, 0, start), *new, *among(pieces, end, n))


def among(pieces: Sequence[Piece], start: int, end: int) -> list[Piece]:
    """Take the points from one to another out of pieces."""
    found, at = [], 0
    for piece in pieces:
        low = piece.start + max(0, start - at)
        high = min(piece.stop, piece.start + end - at)
        if low < high:
            found.append(Piece(piece.row, low, high))
        at += piece.stop - piece.start
    return found


def behind(pieces: Sequence[Piece], point: int) -> tuple[LineState, int]:
    """Find the row, and its step, that made a point of a line."""
    (piece,) = among(pieces, point, point + 1)
    return piece.row, piece.start
