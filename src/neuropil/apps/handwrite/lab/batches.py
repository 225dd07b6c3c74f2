"""Examples for the readers and the writer: real lines, and others composed of their pieces.

    B  lines in a batch      T  points of the longest      S  characters of the longest

In every batch a third of the lines are real ones as they are, two thirds are composed; all are of
about the same length. An example of a composed one: "NW1 6XE had been the Zwhere $45.50".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.handwrite.alphabet import encode_text
from neuropil.apps.handwrite.app import READER
from neuropil.apps.handwrite.lab.alignment import align
from neuropil.apps.handwrite.lab.composition import COMPOSED, Composer, measure_rarity
from neuropil.apps.handwrite.lab.data import load_lines
from neuropil.apps.handwrite.lab.glyphs import JUDGED, READER_GLYPHS, WRITER_GLYPHS, Forms
from neuropil.apps.handwrite.lab.stroke_bank import AlignedLine, aligned, build_bank
from neuropil.apps.handwrite.strokes import (
    Line,
    apply_affine,
    augment,
    normalize,
    random_affine,
    resample,
    stroke_features,
)
from neuropil.kit.progress import track
from neuropil.training.split import Split
from neuropil.training.step import TrainingStep

Floats = NDArray[np.float32]
Random = np.random.Generator

NEAR = 0.04  # of all lines by length: from so far around a length the lines of a batch are drawn
SHORT, LONG = 6, 64  # characters between which a composed line lies, about
MOST_POINTS = 650
STRETCHED = 0.15  # of the batches are of longer lines than the database's
N_SCORED = 256  # composed lines by which a reader is scored


@dataclass(frozen=True, eq=False)
class LineSet:
    """Lines of some writers, and what composes more of their strokes."""

    lines: Sequence[AlignedLine]
    composer: Composer

    @cached_property
    def by_writer(self) -> dict[str, list[AlignedLine]]:
        """Sort the lines by who wrote them."""
        writers: dict[str, list[AlignedLine]] = {}
        for line in self.lines:
            writers.setdefault(line.writer, []).append(line)
        return writers

    @cached_property
    def writer_numbers(self) -> dict[str, int]:
        """Number the writers."""
        return {name: number for number, name in enumerate(self.by_writer)}

    def length_of(self, writer: str, n_points: float) -> int:
        """Give the characters that a writer writes with so many points, about."""
        pace = self.composer.bank.writers[writer].pace
        return int(np.clip(n_points / pace, SHORT, LONG))

    @cached_property
    def composed(self) -> list[tuple[Line, str]]:
        """Compose lines that score a reader, always the same."""
        rng = np.random.default_rng(0)
        chosen = rng.integers(len(self.lines), size=N_SCORED)
        compose = self.composer.compose
        return [compose(self.lines[i], int(rng.integers(10, 40)), rng) for i in chosen]


def load_examples(data: Path, *, part: str, forms: Forms) -> Split[LineSet]:
    """Read, align and cut the lines of a part of the writers, and of those who are held out.

    What is composed of held-out writers' strokes has the writer's forms, which no reader learns.
    """
    train, held_out = align_part(data, part), align_part(data, "held out")
    train.sort(key=lambda line: line.n_points)
    return Split(
        LineSet(train, build_composer(train, forms)),
        LineSet(held_out, build_composer(held_out, WRITER_GLYPHS)),
    )


reader_examples = partial(load_examples, part="reader", forms=READER_GLYPHS)
writer_examples = partial(load_examples, part="reader", forms=WRITER_GLYPHS)
judge_examples = partial(load_examples, part="judge", forms=JUDGED)


def align_part(data: Path, part: str) -> list[AlignedLine]:
    """Read the lines of a part of the writers, and tell for each point what it is of."""
    reader, found = READER.open(threads=1), load_lines(data, part)
    pairs = ((w, align(reader, w.line, w.text)) for w in track(found, total=len(found), title=part))
    return [aligned(written, alignment) for written, alignment in pairs if alignment]


def build_composer(lines: Sequence[AlignedLine], forms: Forms) -> Composer:
    """Cut lines to pieces to compose others of."""
    rare = measure_rarity([line.text for line in lines], np.random.default_rng(0))
    return Composer(build_bank(lines), forms, rare)


def draw_lines(train: LineSet, rng: Random, n_lines: int) -> list[tuple[AlignedLine, int]]:
    """Draw lines of about as many points, each with the characters to compose with it, or 0.

    The lines of the set are in order of their length.
    """
    n = len(train.lines)
    middle = int(rng.integers(n))
    low, high = max(0, int(middle - NEAR * n)), min(n, int(middle + NEAR * n) + 1)
    chosen = [train.lines[i] for i in rng.integers(low, high, size=n_lines)]
    n_points = float(train.lines[middle].n_points)
    is_composed = rng.random(n_lines) < COMPOSED / (COMPOSED + 1)
    if rng.random() < STRETCHED:
        is_composed[:], n_points = True, rng.uniform(n_points, max(n_points, MOST_POINTS))
    return [
        (line, train.length_of(line.writer, n_points) if made else 0)
        for line, made in zip(chosen, is_composed, strict=True)
    ]


def make_line(train: LineSet, line: AlignedLine, length: int, rng: Random) -> tuple[Line, str]:
    """Give a real line (P, 4), or one composed in its writer's hand where a length is given."""
    if length:
        return train.composer.compose(line, length, rng)
    return line.line, line.text


def reader_batch(examples: Split[LineSet], moment: TrainingStep, n_lines: int) -> dict[str, Floats]:
    """Draw B lines to read: strokes (B, T, 4), labels (B, S), lengths (B, 2)."""
    rng, train = moment.rng(), examples.train
    made = [make_line(train, line, n, rng) for line, n in draw_lines(train, rng, n_lines)]
    return collate([(see_distorted(line, rng), text) for line, text in made])


def see_distorted(line: Line, rng: Random) -> Floats:
    """Make a line as a reader sees one: as another hand would have written it, leveled again."""
    return stroke_features(resample(normalize(augment(line[:, :3], rng))))


def writer_batch(examples: Split[LineSet], moment: TrainingStep, n_lines: int) -> dict[str, Floats]:
    """Draw B lines to write, each beside a real line of the same writer that shows the hand.

    To `collate`'s three come the other line's, `shown` (B, T, 4) and `shown_lengths` (B, 2), the
    place in the text of what each point belongs to, `places` (B, T), and the writers' numbers,
    `writer` (B,).
    """
    rng, train = moment.rng(), examples.train
    chosen = draw_lines(train, rng, n_lines)
    made = [make_line(train, line, length, rng) for line, length in chosen]
    writers = [line.writer for line, _ in chosen]
    numbers = [train.writer_numbers[writer] for writer in writers]
    arrays = show_hands(made, [train.by_writer[writer] for writer in writers], rng)
    return {**arrays, "writer": np.array(numbers, np.float32)}


def held_out_batch(
    examples: Split[LineSet], moment: TrainingStep, n_lines: int
) -> dict[str, Floats]:
    """Draw B real lines of writers that nobody learns from, each beside another one."""
    rng, lines = moment.rng(), examples.held_out.lines
    chosen = [lines[i] for i in rng.integers(len(lines), size=n_lines)]
    others = [[o for o in lines if o.writer == line.writer] for line in chosen]
    return show_hands([(line.line, line.text) for line in chosen], others, rng)


def show_hands(
    made: Sequence[tuple[Line, str]], hands: Sequence[Sequence[AlignedLine]], rng: Random
) -> dict[str, Floats]:
    """Put beside each line (P, 4) one of others by the same hand, slanted and stretched alike."""
    pairs, shown, places = [], [], []
    for (line, text), others in zip(made, hands, strict=True):
        change = random_affine(rng)
        points = resample(apply_affine(line, change))
        pairs.append((stroke_features(points), text))
        places.append(points[:, 3].round().astype(np.float32))
        other = others[int(rng.integers(len(others)))].line[:, :3]
        shown.append((stroke_features(resample(apply_affine(other, change))), ""))
    arrays, beside = collate(pairs), collate(shown)
    return {
        **arrays,
        "shown": beside["strokes"],
        "shown_lengths": beside["lengths"],
        "places": pad_rows(places, arrays["strokes"].shape[1]),
    }


def pad_rows(rows: Sequence[Floats], length: int) -> Floats:
    """Stack rows of different lengths, -1 behind them."""
    made = np.full((len(rows), length), -1, np.float32)
    for place, row in zip(made, rows, strict=True):
        place[: len(row)] = row
    return made


def collate(pairs: Sequence[tuple[Floats, str]]) -> dict[str, Floats]:
    """Pad strokes and labels to the longest, and note how long each is."""
    T, S = max(len(f) for f, _ in pairs), max(len(text) for _, text in pairs)
    strokes = np.zeros((len(pairs), T, 4), np.float32)
    numbers = np.zeros((len(pairs), S), np.float32)
    for row, number, (feature, text) in zip(strokes, numbers, pairs, strict=True):
        row[: len(feature)] = feature
        number[: len(text)] = encode_text(text)
    lengths = np.array([(len(f), len(text)) for f, text in pairs], np.float32)
    return {"strokes": strokes, "labels": numbers, "lengths": lengths}
