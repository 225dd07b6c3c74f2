"""Every line read back, and written again until it reads right.

A line that the reader does not read as its text is written again from its first wrong word on, with
other random numbers: two drafts, then four each time around, the later ones more neatly. The first
draft that reads right is taken, else the one with the fewest errors; which one it is depends on the
line alone.
"""

import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.handwrite.reading import best_path, edits
from neuropil.apps.handwrite.strokes import Line, seen
from neuropil.apps.handwrite.writing import Pause, Penned, Row, Task, penned, rows_over
from neuropil.kit.weights import Network

NEATEST = 1.0  # neatness of the very last draft
AT_ONCE = 4  # drafts of a line, before the next ones go on from the furthest of them


@dataclass(frozen=True, eq=False)
class Draft:
    """A line as it was written, what the reader reads, how many edits that is off, and the try."""

    penned: Penned
    text: str
    read: str
    errors: int
    attempt: int  # from 0
    row: Row

    @property
    def right(self) -> int:
        """Find the space behind the last of the words at the beginning that read right, or -1."""
        alike = takewhile(lambda pair: pair[0] == pair[1], zip(self.text, self.read, strict=False))
        return self.text.rfind(" ", 0, len(list(alike)))

    @property
    def kept(self) -> Pause | None:
        """Find where the pen paused last before a word that reads wrong."""
        places = [place for place in self.row.pauses if place <= self.right]
        return self.row.pauses[max(places)] if places else None


@dataclass(frozen=True, eq=False)
class Order:
    """Lines to write in one style."""

    texts: Sequence[str]
    style: NDArray[np.float32]
    neatness: float
    seed: int
    tries: int

    def task(self, number: int, attempt: int) -> Task:
        """Describe a draft of a line: random numbers of its own, late ones neater."""
        text = self.texts[number]
        again = self.occurrences[number]
        late = max(0.0, 2 * (attempt + 1) / self.tries - 1) if attempt else 0.0
        neatness = self.neatness + late * (NEATEST - self.neatness)
        return Task(
            text, self.style, neatness, (self.seed, zlib.crc32(text.encode()), again, attempt)
        )

    @property
    def occurrences(self) -> list[int]:
        """Count for each line how often the same text stands above it, so that none is a copy."""
        seen_before: Counter[str] = Counter()
        counts = []
        for text in self.texts:
            counts.append(seen_before[text])
            seen_before[text] += 1
        return counts


def proofread(pen: Network, reader: Network, order: Order) -> Iterator[tuple[int, Draft]]:
    """Write all lines, and yield each with its number once it reads right, or tries are used up."""
    best: dict[int, Draft] = {}
    furthest: dict[int, Draft] = {}
    open_lines = list(range(len(order.texts)))
    first, n = 0, 1
    while open_lines:
        attempts = range(first, min(first + n, order.tries))
        wanted = [(number, attempt) for number in open_lines for attempt in attempts]
        kept = {number: furthest[number].kept for number in furthest}
        tasks = [replace(order.task(*pair), kept=kept.get(pair[0])) for pair in wanted]
        drafts = {
            row.number: judged(reader, row, wanted[row.number][1]) for row in rows_over(pen, tasks)
        }
        for i, (number, _) in enumerate(wanted):  # in order of attempts: ties go to the first
            draft = drafts[i]
            best[number] = min(best.get(number, draft), draft, key=lambda d: d.errors)
            furthest[number] = max(furthest.get(number, draft), draft, key=lambda d: d.right)
        first, n = first + n, min(2 * n, AT_ONCE)
        is_last = first >= order.tries
        for number in list(open_lines):
            if is_last or best[number].errors == 0:
                open_lines.remove(number)
                yield number, best[number]


def judged(reader: Network, row: Row, attempt: int) -> Draft:
    """Read a line back."""
    line, text = penned(row), row.task.text
    read = read_line(reader, line.line)
    return Draft(line, text, read, edits(read, text), attempt, row)


def read_line(reader: Network, line: Line) -> str:
    """Read a line (P, 3) in any unit."""
    return best_path(reader.run(strokes=seen(line)[None])["logits"][0])
