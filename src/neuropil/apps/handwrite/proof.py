"""Every line read back, and written again until it reads right.

A line that the reader does not read as its text is written with other random numbers, twice as many
drafts each time around, the later ones more neatly; the first draft that reads right is taken, else
the one with the fewest errors. Which draft it is depends on the line alone.
"""

import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.handwrite.reading import best_path, edits
from neuropil.apps.handwrite.strokes import Line, seen
from neuropil.apps.handwrite.writing import Penned, Task, write
from neuropil.kit.weights import Network

NEATEST = 1.0  # neatness of the very last draft


@dataclass(frozen=True, eq=False)
class Draft:
    """A line as it was written, what the reader reads, how many edits that is off, and the try."""

    penned: Penned
    text: str
    read: str
    errors: int
    attempt: int  # from 0


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
    open_lines = list(range(len(order.texts)))
    first, n = 0, 1
    while open_lines:
        attempts = range(first, min(first + n, order.tries))
        wanted = [(number, attempt) for number in open_lines for attempt in attempts]
        drafts: dict[tuple[int, int], Draft] = {}
        for i, penned in write(pen, [order.task(*pair) for pair in wanted]):
            number, attempt = wanted[i]
            drafts[wanted[i]] = judged(reader, penned, order.texts[number], attempt)
        for pair in wanted:  # in order of attempts, so that ties go to the first
            best[pair[0]] = min(best.get(pair[0], drafts[pair]), drafts[pair], key=errors)
        first, n = first + n, 2 * n
        is_last = first >= order.tries
        for number in list(open_lines):
            if is_last or best[number].errors == 0:
                open_lines.remove(number)
                yield number, best[number]


def errors(draft: Draft) -> int:
    """Tell how good a draft is."""
    return draft.errors


def judged(reader: Network, penned: Penned, text: str, attempt: int) -> Draft:
    """Read a line back."""
    read = read_line(reader, penned.line)
    return Draft(penned, text, read, edits(read, text), attempt)


def read_line(reader: Network, line: Line) -> str:
    """Read a line (P, 3) in any unit."""
    return best_path(reader.run(strokes=seen(line)[None])["logits"][0])
