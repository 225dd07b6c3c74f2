"""A text set in lines that fit the paper: broken, written, measured, and broken again.

How wide a line becomes is known only when it is written. One that is too wide is ended earlier, and
what follows in its paragraph moves on; lines that stay as they were are not written again. Where no
line above is too wide, a line is settled and not looked at again, and of what may still move only
so much is broken and written: a paragraph of any length takes time in proportion to it.

    P  points of a line
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.handwrite.breaking import Part, break_paragraph, shorter
from neuropil.apps.handwrite.diacritics import DecomposedText, add_diacritics
from neuropil.apps.handwrite.generation import MAX_CHARACTERS
from neuropil.apps.handwrite.layout import (
    Layout,
    StyleMetrics,
    indent_line,
    is_fitting,
    place_line,
)
from neuropil.apps.handwrite.mending import even_words
from neuropil.apps.handwrite.strokes import Line
from neuropil.apps.handwrite.verification import Draft
from neuropil.kit.progress import ticking

FULL = 0.95  # of the room is filled by estimate, as lines come out wider or narrower
WINDOW = 1024  # lines that are looked at together: those of a text of thirty pages
MOST_INDENTED = 0.5  # of the room: so far in a line begins at most
AHEAD = 32  # lines of a paragraph that are written at once after one was too wide: all may move on

Key = tuple[DecomposedText, int]  # a line, and how many with the same text stand above it
Pen = Callable[[Sequence[str], Sequence[int]], Iterable[tuple[int, Draft]]]


@dataclass(frozen=True, eq=False)
class Placed:
    """A line in mm: its draft, its points, and for each (P,) the character it belongs to."""

    draft: Draft
    line: Line
    letter: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class SetLine:
    """A line of a paragraph; one without characters is not placed."""

    paragraph: int
    part: Part
    text: str
    placed: Placed | None


@dataclass(frozen=True, eq=False)
class Paragraph:
    """A paragraph while it is broken into lines.

    reach: how wide it is up to the end of each character
    limits: by the place where a line starts, the most characters that it may have
    """

    its: DecomposedText
    reach: NDArray[np.float64]
    limits: dict[int, int] = field(default_factory=dict)

    def parts(self, start: int, word: int, room: float) -> Iterator[Part]:
        """Break off line after line, from a place on and the word that begins there."""
        rest: tuple[int, int] | None = (start, word)
        while rest:
            start, word = rest
            near = slice(
                start, start + MAX_CHARACTERS + 1
            )  # as much as a line and what ends it can be
            before = self.reach[start - 1] if start else 0.0
            limit = {0: self.limits[start]} if start in self.limits else {}
            first = break_paragraph(self.its.text[near], self.reach[near], before + room, limit)[0]
            part = Part(start, start + first.end, word)
            yield part
            rest = self.behind(part)

    def behind(self, part: Part) -> tuple[int, int] | None:
        """Find where the line behind another starts, and its first word."""
        text, end = self.its.text, part.end
        after = end + (text[end : end + 1] == " ")
        return (
            (after, part.word + text.count(" ", part.start, after)) if after < len(text) else None
        )

    def cut_text(self, part: Part) -> DecomposedText:
        """Cut out a line, with its marks alone, which are in order of their places."""
        marks = self.its.marks
        first, last = (
            bisect_left(marks, place, key=lambda mark: mark.place)
            for place in (part.start, part.end)
        )
        return replace(self.its, marks=marks[first:last]).part(part.start, part.end)


@dataclass(frozen=True, eq=False)
class Setter:
    """What a text is set by.

    pen: writes, of some lines, those with certain numbers
    """

    pen: Pen
    its: StyleMetrics
    layout: Layout
    seed: int

    @property
    def room(self) -> float:
        """Give the room that is filled by how wide characters are on average."""
        return FULL * self.layout.room[0] / self.layout.size - self.its.tall * abs(self.layout.lean)

    def lines(self, paragraphs: Sequence[DecomposedText]) -> list[SetLine]:
        """Write paragraphs in lines none of which is too wide."""
        work = Work(self, [Paragraph(its, self.its.reach(its.text)) for its in paragraphs])
        while work.front[0] < len(paragraphs):
            work.go_on()
        return work.lines

    def write(self, keys: Sequence[Key]) -> dict[Key, Placed]:
        """Write lines, in order; the pen counts for itself how many stand above with their text."""
        texts: list[str] = []
        there: Counter[str] = Counter()
        numbers: dict[int, Key] = {}
        for its, copies in keys:
            texts += [its.text] * (copies - there[its.text])
            numbers[len(texts)] = (its, copies)
            texts.append(its.text)
            there[its.text] = copies + 1
        drafts = self.pen(texts, list(numbers)) if numbers else ()
        return {numbers[i]: self.to_paper(numbers[i][0], draft) for i, draft in ticking(drafts)}

    def to_paper(self, its: DecomposedText, draft: Draft) -> Placed:
        """Bring a line to mm, with its accents."""
        even = even_words(draft.penned, its.text)
        penned = add_diacritics(even, its.marks)
        line = place_line(penned, its.text, self.its, self.layout, self.seed, bare=even)
        column, indent = self.layout.size * self.its.advance, self.indent(its)
        line = indent_line(line, penned.letter, its.tabs, indent, column)
        return Placed(draft, line, penned.letter)

    def indent(self, its: DecomposedText) -> float:
        """Give the mm before a line; only lines that begin at the left have any."""
        column = self.layout.size * self.its.advance
        wanted = its.indent * column if self.layout.align == "left" else 0.0
        return min(wanted, MOST_INDENTED * self.layout.room[0])

    def is_too_wide(self, line: SetLine) -> bool:
        """Tell a line that has no room, though fewer characters may have."""
        its = line.placed
        return its is not None and len(line.text) > 1 and not is_fitting(its.line, self.layout)

    def limit(self, line: SetLine) -> int:
        """Limit the characters of a line that is too wide."""
        assert line.placed
        letter, n = line.placed.letter, len(line.text)
        room = self.layout.room[0] - line.placed.line[:, 0].min()
        return shorter(line.text, count_fitting(line.placed.line, letter, n, room))


@dataclass(eq=False)
class Work:
    """A text while it is set.

    lines: those that are settled
    above: how many of these have a certain text
    made: the lines written further on, each of which may yet move
    """

    setter: Setter
    paragraphs: Sequence[Paragraph]
    lines: list[SetLine] = field(default_factory=list)
    above: Counter[str] = field(default_factory=Counter)
    made: dict[Key, Placed] = field(default_factory=dict)

    @property
    def front(self) -> tuple[int, int, int]:
        """Find where the first line starts that is not settled: paragraph, place there, word."""
        if not self.lines:
            return 0, 0, 0
        last = self.lines[-1]
        rest = self.paragraphs[last.paragraph].behind(last.part)
        return (last.paragraph, *rest) if rest else (last.paragraph + 1, 0, 0)

    def go_on(self) -> None:
        """Write what is ahead, limit each paragraph's first line that is too wide, settle others.

        The first line ahead is settled or limited, so that there is an end.
        """
        ahead = list(islice(self.ahead(), WINDOW))
        if len(self.made) > 2 * WINDOW:  # most of which has moved on since
            self.made = {key: self.made[key] for *_, key in ahead if key in self.made}
        self.made |= self.setter.write([key for *_, key in ahead if self.lacks(key)])
        limited = set()
        for number, part, key in ahead:
            line = SetLine(number, part, key[0].text, self.made.get(key))
            if number in limited:
                continue
            if self.setter.is_too_wide(line):
                self.paragraphs[number].limits[part.start] = self.setter.limit(line)
                limited.add(number)
            elif (number, part.start, part.word) == self.front:
                self.lines.append(line)
                self.above[line.text] += 1
                self.made.pop(key, None)

    def ahead(self) -> Iterator[tuple[int, Part, Key]]:
        """Break what is not settled into lines as far as it is worth to write them."""
        first, start, word = self.front
        there: Counter[str] = Counter()
        for number in range(first, len(self.paragraphs)):
            paragraph, lacking = self.paragraphs[number], 0
            for part in paragraph.parts(start, word, self.setter.room):
                its = paragraph.cut_text(part)
                key = its, self.above[its.text] + there[its.text]
                lacking += self.lacks(key)
                if paragraph.limits and lacking > AHEAD:
                    break
                there[its.text] += 1
                yield number, part, key
            start = word = 0

    def lacks(self, key: Key) -> bool:
        """Tell a line that is not written yet; one without characters never is."""
        return bool(key[0].text) and key not in self.made


def count_fitting(line: Line, letter: NDArray[np.int64], n: int, room: float) -> int:
    """Count the characters at the beginning of a line, of n, that have room together."""
    left, right = np.full(n, np.inf), np.full(n, -np.inf)
    places = letter.clip(0, n - 1)
    np.minimum.at(left, places, line[:, 0])
    np.maximum.at(right, places, line[:, 0])
    wide = np.maximum.accumulate(right) - np.minimum.accumulate(left)
    return int((wide <= room).sum())
