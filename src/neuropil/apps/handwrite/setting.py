"""A text set in lines that fit the paper: broken, written, measured, and broken again.

How wide a line becomes is known only when it is written. One that is too wide is ended earlier, and
what follows in its paragraph moves on; lines that stay as they were are not written again.

    P  points of a line
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.handwrite.accents import Spelled, composed
from neuropil.apps.handwrite.breaking import Part, broken, shorter
from neuropil.apps.handwrite.pages import Layout, Measures, is_fitting, placed
from neuropil.apps.handwrite.proof import Draft, occurrences
from neuropil.apps.handwrite.strokes import Line

FULL = 0.95  # of the room is filled by estimate, as lines come out wider or narrower

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
class Setter:
    """What a text is set by.

    pen: writes, of some lines, those with certain numbers
    """

    pen: Pen
    its: Measures
    layout: Layout
    seed: int

    def lines(self, paragraphs: Sequence[Spelled]) -> list[SetLine]:
        """Write paragraphs in lines none of which is too wide."""
        limits: list[dict[int, int]] = [{} for _ in paragraphs]
        made: dict[tuple[Spelled, int], Placed] = {}
        while True:
            parts = list(self.parts(paragraphs, limits))
            spelled = [paragraphs[number].part(part.start, part.end) for number, part in parts]
            texts = [its.text for its in spelled]
            keys = list(zip(spelled, occurrences(texts), strict=True))
            missing = [i for i, key in enumerate(keys) if texts[i] and key not in made]
            made |= {keys[i]: self.placed(keys[i][0], d) for i, d in self.pen(texts, missing)}
            lines = [
                SetLine(number, part, text, made.get(key))
                for (number, part), text, key in zip(parts, texts, keys, strict=True)
            ]
            wide = self.first_too_wide(lines)
            if not wide:
                return lines
            for line, most in wide:
                limits[line.paragraph][line.part.start] = shorter(line.text, most)

    def parts(
        self, paragraphs: Sequence[Spelled], limits: Sequence[Mapping[int, int]]
    ) -> Iterator[tuple[int, Part]]:
        """Break each paragraph by how wide its characters are on average."""
        lean = self.its.tall * abs(self.layout.lean)
        room = FULL * self.layout.room[0] / self.layout.size - lean
        for number, (paragraph, limit) in enumerate(zip(paragraphs, limits, strict=True)):
            reach = self.its.reach(paragraph.text)
            yield from ((number, part) for part in broken(paragraph.text, reach, room, limit))

    def placed(self, its: Spelled, draft: Draft) -> Placed:
        """Bring a line to mm, with its accents."""
        penned = composed(draft.penned, its.marks)
        line = placed(penned, its.text, self.its, self.layout, self.seed, bare=draft.penned)
        return Placed(draft, line, penned.letter)

    def first_too_wide(self, lines: Sequence[SetLine]) -> list[tuple[SetLine, int]]:
        """Find each paragraph's first line that is too wide, and how many characters have room."""
        found: dict[int, tuple[SetLine, int]] = {}
        for line in lines:
            its = line.placed
            if its and len(line.text) > 1 and not is_fitting(its.line, self.layout):
                most = leading(its.line, its.letter, len(line.text), self.layout.room[0])
                found.setdefault(line.paragraph, (line, most))
        return list(found.values())


def leading(line: Line, letter: NDArray[np.int64], n: int, room: float) -> int:
    """Count the characters at the beginning of a line, of n, that have room together."""
    left, right = np.full(n, np.inf), np.full(n, -np.inf)
    places = letter.clip(0, n - 1)
    np.minimum.at(left, places, line[:, 0])
    np.maximum.at(right, places, line[:, 0])
    wide = np.maximum.accumulate(right) - np.minimum.accumulate(left)
    return int((wide <= room).sum())
