"""From a reader's probabilities to text, and how far a text is from another.

T  places in time      N  labels, the blank first      S, R  characters
"""

from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.handwrite.alphabet import ALPHABET, BLANK


def greedy_decode(log_p: NDArray[np.float32]) -> str:
    """Read (T, N): the likeliest label of each place, repetitions once, blanks left out.

    (Graves et al. 2006, "Connectionist temporal classification", section 3.2)
    """
    path = (int(label) for label in log_p.argmax(axis=1))
    return "".join(ALPHABET[label - 1] for label, _ in groupby(path) if label != BLANK)


def edit_distance(one: str, other: str) -> int:
    """Count the insertions, deletions and replacements between two texts (Levenshtein 1966)."""
    row = np.arange(len(other) + 1)
    letters = np.array(list(other))
    for i, letter in enumerate(one, 1):
        replaced = row[:-1] + (letters != letter)
        above = np.minimum(row[1:] + 1, replaced)
        new = np.concatenate([[i], above])
        row = np.minimum.accumulate(new - np.arange(len(new))) + np.arange(len(new))
    return int(row[-1])


def character_error_rate(read: list[str], written: list[str]) -> float:
    """Give the character error rate: all edits over all characters written."""
    wrong = sum(edit_distance(a, b) for a, b in zip(read, written, strict=True))
    return wrong / max(1, sum(map(len, written)))
