"""The styles of the package made: vectors of all writers, and twelve of them named.

    neuropil train handwrite --stage styles --data DIR

DIR holds the database. Of the writers whose style the network writes legibly, those are named whose
written lines a classifier of real lines takes least for one another's (`evaluation.py`).

N  styles that may be named      L  lines written in each
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.handwrite.app import Handwrite
from neuropil.apps.handwrite.lab import evaluation
from neuropil.apps.handwrite.lab.data import HandwrittenLine, load_lines, sort_by_writer
from neuropil.apps.handwrite.styles import DIGITS, FILE, encode_style, exaggerate
from neuropil.apps.handwrite.verification import WriteRequest, write_verified
from neuropil.kit.atomic import save_text
from neuropil.kit.progress import track
from neuropil.training.stages import claim_file

NAMES = (
    *("ada", "blaise", "clara", "dora", "emil", "flora"),
    *("gustav", "hedy", "ivan", "june", "karl", "lise"),
)
MIN_LINES, MOST = 4, 16  # lines of a writer that a style is told from
MIN_LINES_NAMED = 24  # lines of a writer who may be named, for the classifier to learn from
TEXTS = (
    "He was happy to see them all again",
    "The quick brown fox jumps over lazy dogs",
    "In May 1912 they left for Boston; why?",
    "She said that nothing could be done",
    "Good work takes time, as everybody knows",
    "On Friday the shop is open until nine",
    "The captain asked them to wait below",
    "Nothing grew in the garden that year",
    "We counted 27 ships before the evening",
    "My sister has a house near the river",
    "Every word of it was true, he wrote",
    "Please come back when the rain is over",
)
NEATNESS = 0.5
LEGIBLE = 0.5  # of the writers, those with the fewest errors, may be named
ROUNDS = 3  # of exchanges


def write_styles(output: Path, *, data: Path, networks: Sequence[Path]) -> Path:
    """Write the styles of the package anew, by networks of a training or those that ship."""
    app = Handwrite(networks=networks)
    file = claim_file(output, FILE.name)
    found = build_styles(app, sort_by_writer(load_lines(data, "reader")))
    save_text(file, json.dumps(found) + "\n")
    return file


def build_styles(
    app: Handwrite, by_writer: Mapping[str, Sequence[HandwrittenLine]]
) -> dict[str, object]:
    """Tell all writers' styles, write a little in each, and name twelve."""
    hand, pen, reader = (app.network(role) for role in ("hand", "pen", "reader"))
    evaluation.style_classifier()  # so that a library that is missing is missed before the work
    writers = {name: its for name, its in by_writer.items() if len(its) >= MIN_LINES}
    vectors = [encode_style(hand, [w.line for w in its[:MOST]]) for its in writers.values()]
    able = [number for number, its in enumerate(writers.values()) if len(its) >= MIN_LINES_NAMED]
    drawn = exaggerate(np.array(vectors, np.float64))
    tried = {
        number: list(
            write_verified(pen, reader, WriteRequest(TEXTS, drawn[number], NEATNESS, 1, 1))
        )
        for number in track(able, total=len(able), title="styles")
    }
    wrong = {number: sum(draft.edit_distance for _, draft in tried[number]) for number in able}
    able = sorted(able, key=lambda number: wrong[number])[: int(LEGIBLE * len(able))]
    real = [[w.line for w in list(writers.values())[number]] for number in able]
    written_lines = [[draft.penned.line for _, draft in tried[number]] for number in able]
    chosen = [
        able[i]
        for i in select_distinct(
            evaluation.writer_log_probabilities(real, written_lines), len(NAMES)
        )
    ]
    shelf = [[round(float(v), DIGITS) for v in vector] for vector in vectors]
    named = dict(zip(NAMES, sorted(chosen, key=lambda number: wrong[number]), strict=True))
    return {"named": named, "writers": list(writers), "all": shelf}


def select_distinct(log_p: NDArray[np.float64], n: int) -> list[int]:
    """Choose n of N styles whose lines are told apart best, by log p (N, L, N) whose they are.

    One after the other joins that leaves the lines of all clearest; then each in turn is exchanged
    for whichever is best beside the others.
    """
    chosen: list[int] = []
    for turn in range(n + ROUNDS * n):
        others = chosen if turn < n else chosen[1:]  # the one that was chosen first leaves
        free = set(range(len(log_p))) - {*others}
        chosen = [*others, max(free, key=lambda i: separability(log_p, [*others, i]))]
    return chosen


def separability(log_p: NDArray[np.float64], chosen: list[int]) -> float:
    """Give the mean log p that a line is of its own writer, were there but the chosen ones."""
    among = log_p[np.ix_(chosen, range(log_p.shape[1]), chosen)]
    own = among[range(len(chosen)), :, range(len(chosen))]
    return float((own - np.logaddexp.reduce(among, axis=2)).mean())
