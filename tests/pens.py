"""Pens and readers that stand in for networks: they write what is planned, and read it back."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.handwrite.alphabet import ALPHABET
from neuropil.apps.handwrite.generation import UP, LineRequest, LineState, WrittenLine
from neuropil.apps.handwrite.strokes import FEATURE_SCALE, Line, split_strokes
from neuropil.kit.networks.network import OnnxNetwork

SURE = 50  # logit


def dashes(n: int) -> Line:
    """Draw n strokes."""
    rows = [[[2 * i, 0, 0], [2 * i + 1, i % 2, 1]] for i in range(n)]
    return np.array(rows, np.float64).reshape(-1, 3)


def points_of(line: Line) -> NDArray[np.float32]:
    """Turn a line into points as a pen makes them: dx, dy, y, pen up."""
    x, y, up = line.T
    dx, dy = np.diff(x, prepend=0) * FEATURE_SCALE[0], np.diff(y, prepend=0) * FEATURE_SCALE[1]
    return np.column_stack([dx, dy, y * FEATURE_SCALE[1], up]).astype(np.float32)


def spaces(text: str) -> list[int]:
    return [place for place, letter in enumerate(text) if letter == " "]


class Counting(OnnxNetwork):
    """Read an x for every stroke."""

    def __init__(self) -> None:
        self.given: list[Any] = []

    def run(self, **feeds: Any) -> dict[str, Any]:
        (strokes,) = feeds["strokes"]
        self.given.append(strokes)
        n = int(strokes[:, 3].sum())
        logits = np.zeros((1, 2 * n + 1, len(ALPHABET) + 1), np.float32)
        logits[0, 0::2, 0] = SURE  # blanks around each
        logits[0, 1::2, 1 + ALPHABET.index("x")] = SURE
        return {"logits": logits}


class Spelling(OnnxNetwork):
    """Stand for a pen that writes a letter as one stroke, of as many points as its place in a-z.

    wrong: by a word and whether it stands alone, what is written instead, draft after draft of it
    """

    def __init__(self, wrong: Mapping[tuple[str, bool], Sequence[str]]) -> None:
        self.wrong = {key: iter(its) for key, its in wrong.items()}
        self.asked: list[tuple[str, int]] = []
        self.styles: list[NDArray[np.float32]] = []

    def rows_over(self, tasks: Sequence[LineRequest]) -> Iterator[LineState]:
        for number, task in enumerate(tasks):
            self.asked.append((task.text, task.seed[3]))
            self.styles.append(task.style)
            yield self.row(number, task)

    def row(self, number: int, task: LineRequest) -> LineState:
        words = task.text.split(" ")
        said = [self.spell(word, len(words) == 1) for word in words]
        row = LineState(number, task, np.random.default_rng(0))
        line = []
        for place, letter in enumerate(" ".join(said)):
            if letter != " ":
                steps = np.linspace(0, 0.3, ord(letter) - 95)
                y = 0.4 - 0.6 * np.sin(np.pi * steps / 0.3)  # an arch on the base line
                line += [np.column_stack([0.5 * place + steps, y, steps == 0.3])]
                row.letters += [place] * len(steps)
        row.points = list(points_of(np.concatenate(line)))
        row.states = [UP] * len(row.points)
        return row

    def spell(self, word: str, is_alone: bool) -> str:
        return next(self.wrong.get((word, is_alone), iter(())), word)


def spelling(
    reader: OnnxNetwork, penned: WrittenLine, text: str
) -> tuple[str, NDArray[np.float64]]:
    """Read what `Spelling` wrote: strokes by their points, wide gaps as spaces."""
    read, end = "", None
    for stroke in split_strokes(penned.line):
        if end is not None and stroke[0, 0] - end > 0.35:
            read += " "
        read, end = read + chr(len(stroke) + 95), stroke[-1, 0]
    return read, np.zeros(len(text.split(" ")))
