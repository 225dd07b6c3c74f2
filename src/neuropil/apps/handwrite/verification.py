"""Every line read back, and written again until it reads right beyond doubt.

A line that the reader does not read as its text, or hardly so, is written again from its first such
word on, with other random numbers: two drafts, then four each time around, the later ones more
neatly. What the reader doubts, a person may misread: a word is in doubt where more than DOUBT is
lost of the log probability of the text. A word that fails again and again beside the same others is
written on its own, first in the line's style, then in those most like it, and set into the best
draft; that counts only if the whole line reads better. The first draft that is beyond doubt is
taken, else of those with the fewest errors the one that is doubted least; which one it is depends
on the line alone.
"""

import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice, takewhile

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.handwrite.ctc import edit_distance
from neuropil.apps.handwrite.generation import (
    DecoderSnapshot,
    LineRequest,
    LineState,
    WrittenLine,
    generate_states,
)
from neuropil.apps.handwrite.mending import (
    Piece,
    behind,
    cuts,
    is_whole,
    misread,
    replace_word,
    spans,
    splice,
    without_strays,
)
from neuropil.apps.handwrite.proofreading import proofread
from neuropil.apps.handwrite.styles import nearest
from neuropil.kit.networks.network import OnnxNetwork
from neuropil.kit.progress import ticking

MAX_NEATNESS = 1.0  # neatness of the very last draft
AT_ONCE = 4  # drafts of a line, before the next ones go on from the furthest of them
FAILURES = 8  # drafts that get no further than the one before, until words are written alone
IN_WORK = 128  # lines that are written side by side, and held with all that going on needs
DOUBT = 0.1  # nats of a word at most: above, a person may misread what the reader reads right
ALONE, NEAR = 2, 6  # drafts of a word in the line's style, then styles most like it; and again


@dataclass(frozen=True, eq=False)
class Draft:
    """A line as it was written, what the reader reads, how many edits that is off, and the try.

    doubts: -log of the probability that the reader gives to the text, in nats, by word
    row: the line as the network wrote it
    pieces: what of it, and of rows whose words were set into it, the line is made of, until settled
    """

    penned: WrittenLine
    text: str
    read: str
    edit_distance: int
    doubts: NDArray[np.float64]
    attempt: int  # from 0
    row: LineState
    pieces: tuple[Piece, ...] = ()

    @property
    def rank(self) -> tuple[int, float]:
        """Order drafts, the best first: by what reads wrong, then by how much the reader doubts."""
        return self.edit_distance, float(self.doubts.sum())

    @property
    def is_sure(self) -> bool:
        """Tell whether the line reads right beyond doubt."""
        return not self.unsure

    @cached_property
    def unsure(self) -> list[int]:
        """List the words that read wrong or hardly right, by number."""
        return sorted({*self.wrong, *np.flatnonzero(self.doubts > DOUBT).tolist()})

    @property
    def correct_prefix(self) -> int:
        """Find the space behind the last of the words at the beginning that read right, or -1."""
        alike = takewhile(lambda pair: pair[0] == pair[1], zip(self.text, self.read, strict=False))
        right = self.text.rfind(" ", 0, len(list(alike)))
        return min([right, *(spans(self.text)[word][0] - 1 for word in self.unsure[:1])])

    @property
    def resume_point(self) -> DecoderSnapshot | None:
        """Find where the pen paused last before a word that reads wrong."""
        places = [place for place in self.row.pauses if place <= self.correct_prefix]
        return self.row.pauses[max(places)] if places else None

    @cached_property
    def wrong(self) -> list[int]:
        """List the words that read wrong, by number."""
        return misread(self.text, self.read)

    def settle(self) -> "Draft":
        """Keep the line as it was written, but not how: from there on nothing is mended."""
        return replace(self, row=self.row.without_points(), pieces=())

    def behind(self, point: int) -> tuple[LineState, int]:
        """Find the row, and its step, that made a point."""
        return behind(self.pieces, point)


@dataclass(frozen=True, eq=False)
class WriteRequest:
    """Lines to write in one style."""

    texts: Sequence[str]
    style: NDArray[np.float32]
    neatness: float
    seed: int
    tries: int

    def task(self, number: int, attempt: int) -> LineRequest:
        """Describe a draft of a line: random numbers of its own, late ones neater."""
        text = self.texts[number]
        again = self.occurrences[number]
        late = max(0.0, 2 * (attempt + 1) / self.tries - 1) if attempt else 0.0
        neatness = self.neatness + late * (MAX_NEATNESS - self.neatness)
        return LineRequest(
            text, self.style, neatness, (self.seed, zlib.crc32(text.encode()), again, attempt)
        )

    @cached_property
    def occurrences(self) -> list[int]:
        """Count for each line how often the same text stands above it, so that none is a copy."""
        return occurrences(self.texts)

    @cached_property
    def styles(self) -> list[NDArray[np.float32]]:
        """List the styles that a word alone is written in, one after the other."""
        return [*[self.style] * ALONE, *nearest(self.style, NEAR)]


def occurrences(texts: Sequence[str]) -> list[int]:
    """Count for each text how often the same one stands before it."""
    before: Counter[str] = Counter()
    counts = []
    for text in texts:
        counts.append(before[text])
        before[text] += 1
    return counts


@dataclass
class Proof:
    """A line until it reads right: its best drafts, and what was tried.

    failures: drafts since one got further
    words: how often each word was written alone
    round: the word that each draft of this round is of, or None for the line
    """

    order: WriteRequest
    number: int
    best: Draft | None = None
    furthest: Draft | None = None
    attempts: int = 0
    failures: int = 0
    words: Counter[int] = field(default_factory=Counter)
    round: list[int | None] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        """Tell whether the line reads right, or tries are used up."""
        return self.best is not None and (self.best.is_sure or self.attempts >= self.order.tries)

    def tasks(self) -> list[LineRequest]:
        """Describe the next round of drafts."""
        n = min(self.attempts + 1, AT_ONCE, self.order.tries - self.attempts)
        self.round = []
        return [self.task(self.attempts + i) for i in range(n)]

    def task(self, attempt: int) -> LineRequest:
        """Describe a draft: what follows the words that read right, or a wrong word alone."""
        task = self.order.task(self.number, attempt)
        if self.best is None or self.failures < FAILURES:
            self.round.append(None)
            return replace(task, resume_from=self.furthest.resume_point if self.furthest else None)
        word = min(self.best.unsure, key=lambda number: self.words[number])  # tried least so far
        style = self.order.styles[self.words[word] % len(self.order.styles)]
        self.words[word] += 1
        self.round.append(word)
        start, end = spans(task.text)[word]
        return replace(task, text=task.text[start:end], style=style)

    def take(self, reader: OnnxNetwork, rows: Sequence[LineState]) -> None:
        """Judge the drafts of a round, in order: ties go to the first."""
        before = self.furthest
        for word, row in zip(self.round, ticking(rows), strict=True):
            if word is None:
                draft = recognize(reader, row, self.attempts)
                self.furthest = max(self.furthest or draft, draft, key=lambda d: d.correct_prefix)
                self.best = min(self.best or draft, draft, key=lambda d: d.rank)
            elif self.best and word in self.best.unsure and is_whole(row):
                draft = remade(reader, self.best, word, row, self.attempts)
                self.best = min(self.best, draft, key=lambda d: d.rank)
            self.attempts += 1
        further = before and self.furthest and self.furthest.correct_prefix > before.correct_prefix
        self.failures = 0 if further else self.failures + len(rows)


def write_verified(
    pen: OnnxNetwork, reader: OnnxNetwork, order: WriteRequest, numbers: Sequence[int] | None = None
) -> Iterator[tuple[int, Draft]]:
    """Write all lines, or some, and yield each with its number once it is as right as can be.

    So many lines are in work at once that memory is bounded, and that hardly a row ever waits.
    """
    waiting = iter(range(len(order.texts)) if numbers is None else numbers)
    proofs: list[Proof] = []
    while proofs := [*proofs, *take_up(order, waiting, IN_WORK - len(proofs))]:
        rounds = [proof.tasks() for proof in proofs]
        rows = {
            row.number: row
            for row in generate_states(pen, [task for its in rounds for task in its])
        }
        first = 0
        for proof, tasks in zip(proofs, rounds, strict=True):
            proof.take(reader, [rows[first + i] for i in range(len(tasks))])
            first += len(tasks)
        over = [proof for proof in proofs if proof.is_over]
        proofs = [proof for proof in proofs if not proof.is_over]
        yield from ((proof.number, proof.best) for proof in over if proof.best)


def take_up(order: WriteRequest, numbers: Iterator[int], n: int) -> list[Proof]:
    """Take up the next n lines."""
    return [Proof(order, number) for number in islice(numbers, n)]


def recognize(reader: OnnxNetwork, row: LineState, attempt: int) -> Draft:
    """Read a line back."""
    line, pieces = without_strays(row)
    read, doubts = proofread(reader, line, row.task.text)
    edits = edit_distance(read, row.task.text)
    return Draft(line, row.task.text, read, edits, doubts, attempt, row, pieces)


def remade(reader: OnnxNetwork, draft: Draft, word: int, row: LineState, attempt: int) -> Draft:
    """Set a word into a draft, and read the whole line back."""
    text = draft.text
    new, its = without_strays(row)
    line = replace_word(draft.penned, text, word, new)
    start, end = cuts(draft.penned, text)[word : word + 2]
    pieces = splice(draft.pieces, start, end, its)
    read, doubts = proofread(reader, line, text)
    return Draft(line, text, read, edit_distance(read, text), doubts, attempt, draft.row, pieces)
