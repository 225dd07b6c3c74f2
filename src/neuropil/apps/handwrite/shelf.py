"""The styles of the package made: vectors of all writers, and twelve of them named.

    python -m neuropil.apps.handwrite.shelf DIR

DIR holds the database. Of the writers whose style the network writes most legibly, those are named
that look least alike, as numbers of the lines written tell (`character.py`).
"""

import json
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.handwrite.character import measured
from neuropil.apps.handwrite.data import Examples, reader_examples
from neuropil.apps.handwrite.infer import HAND, PEN, READER
from neuropil.apps.handwrite.proof import Draft, Order, proofread
from neuropil.apps.handwrite.styles import DIGITS, FILE, told
from neuropil.kit.atomic import written
from neuropil.kit.progress import on_terminal, track

NAMES = (
    *("ada", "blaise", "clara", "dora", "emil", "flora"),
    *("gustav", "hedy", "ivan", "june", "karl", "lise"),
)
FEWEST, MOST = 4, 16  # lines of a writer that a style is told from
TEXTS = (
    "He was happy to see them all again",
    "The quick brown fox jumps over lazy dogs",
    "In May 1912 they left for Boston; why?",
)
NEATNESS = 0.5
LEGIBLE = 0.4  # of the writers, those with the fewest errors, may be named


def main() -> None:
    """Write styles.json anew."""
    (folder,) = sys.argv[1:]
    with on_terminal():
        found = made(reader_examples(Path(folder)))
    with written(FILE) as beside:
        beside.write_text(json.dumps(found) + "\n", encoding="utf-8")


def made(examples: Examples) -> dict[str, object]:
    """Tell all writers' styles, write a little in each, and name twelve."""
    hand, pen, reader = HAND.open(), PEN.open(), READER.open()
    writers = {name: its for name, its in examples.by_writer.items() if len(its) >= FEWEST}
    vectors = [told(hand, [w.line for w in its[:MOST]]) for its in writers.values()]
    tried = [
        [draft for _, draft in proofread(pen, reader, Order(TEXTS, vector, NEATNESS, 1, 1))]
        for vector in track(vectors, total=len(vectors), title="styles")
    ]
    chosen = unlike(tried)
    shelf = [[round(float(v), DIGITS) for v in vector] for vector in vectors]
    named = dict(zip(NAMES, chosen, strict=True))
    return {"named": named, "writers": list(writers), "all": shelf}


def unlike(tried: list[list[Draft]]) -> list[int]:
    """Choose styles that are legible and far from each other, one after the other."""
    wrong = np.array([sum(draft.errors for draft in drafts) for drafts in tried])
    able = np.argsort(wrong, kind="stable")[: max(len(NAMES), int(LEGIBLE * len(tried)))]
    places = standardized(
        np.array([np.mean([measured(d.penned.line) for d in tried[i]], axis=0) for i in able])
    )
    chosen = [0]  # the most legible comes first
    while len(chosen) < len(NAMES):
        away = np.linalg.norm(places[:, None] - places[chosen], axis=2).min(axis=1)
        chosen.append(int(away.argmax()))
    return [int(able[i]) for i in chosen]


def standardized(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bring every column to mean 0 and deviation 1."""
    made: NDArray[np.float64] = (values - values.mean(axis=0)) / (values.std(axis=0) + 1e-9)
    return made


if __name__ == "__main__":
    main()
