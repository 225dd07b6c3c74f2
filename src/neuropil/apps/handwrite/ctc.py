"""From a reader's probabilities to text, and how far a text is from another.

T  places in time      N  labels, the blank first      S, R  characters
"""

from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.handwrite.alphabet import ALPHABET, BLANK

LEAST = 1e-30  # probability: so little is as good as none


def greedy_decode(log_p: NDArray[np.float32]) -> str:
    """Read (T, N): the likeliest label of each place, repetitions once, blanks left out.

    (Graves et al. 2006, "Connectionist temporal classification", section 3.2)
    """
    path = (int(label) for label in log_p.argmax(axis=1))
    return "".join(ALPHABET[label - 1] for label, _ in groupby(path) if label != BLANK)


def losses(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Tell how much of the log probability of labels (S) is lost at each place in time (T), nats.

    The sum is -log p(labels), by the forward variables of Graves et al. 2006, section 4.1: the
    losses are the logarithms of their normalizers.
    """
    p = np.exp(logits - logits.max(axis=1, keepdims=True), dtype=np.float64)
    p = np.maximum(p / p.sum(axis=1, keepdims=True), LEAST)
    path = np.full(2 * len(labels) + 1, BLANK)
    path[1::2] = labels
    may_skip = np.zeros(len(path), bool)  # a blank between two labels that differ
    may_skip[3::2] = labels[1:] != labels[:-1]
    reached = np.arange(len(path)) < 2.0
    found = np.zeros(len(p))
    for t, now in enumerate(p[:, path]):
        alpha = reached * now
        found[t] = -np.log(alpha.sum())
        alpha /= alpha.sum()
        reached = alpha.copy()
        reached[1:] += alpha[:-1]
        reached[2:] += alpha[:-2] * may_skip[2:]
    found[-1] -= np.log(max(LEAST, alpha[-2:].sum()))  # the text has to be over
    return found


def edit_distance(one: str, other: str) -> int:
    """Count the insertions, deletions and replacements between two texts (Levenshtein 1966)."""
    return int(edit_table(one, other)[-1, -1])


def edit_table(one: str, other: str) -> NDArray[np.int64]:
    """Count the edits (S + 1, R + 1) between all beginnings of two texts."""
    letters, columns = np.array(list(other), np.str_), np.arange(len(other) + 1)
    table = np.add.outer(np.arange(len(one) + 1), columns)
    for i, letter in enumerate(one, 1):
        above, row = table[i - 1], table[i]
        row[1:] = np.minimum(above[1:] + 1, above[:-1] + (letters != letter))
        row[:] = np.minimum.accumulate(row - columns) + columns  # insertions, from left to right
    return table


def character_error_rate(read: list[str], written: list[str]) -> float:
    """Give the character error rate: all edits over all characters written."""
    wrong = sum(edit_distance(a, b) for a, b in zip(read, written, strict=True))
    return wrong / max(1, sum(map(len, written)))
