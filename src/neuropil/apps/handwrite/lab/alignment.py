"""Which character each point of a real line belongs to, as a reader tells it.

    P  points of the recording      T  points after resampling      U = T/2  places of the reader
    S  characters of the text       N  labels of the reader, the blank first

The likeliest walk through the text along the reader's probabilities (Viterbi over CTC's labels,
Graves et al. 2006, section 4.1) says at which places each character is surest. Between two such
peaks the line is cut where the pen lifts, at the widest gap, or else in the middle of the join.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.handwrite.alphabet import BLANK, encode_text
from neuropil.apps.handwrite.strokes import Line, resample, stroke_features
from neuropil.kit.networks.network import OnnxNetwork

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Alignment:
    """What the points of a line are of.

    characters: (P,), for each point the place in the text of the character that it belongs to
    confidence: (S,), the reader's probability of each character where it is surest; spaces too
    gaps: (S,), how far the next character of the text starts to the right of this one's end, in
        units of the line's height, where the pen lifts between them; -inf in a join and at the end
    """

    characters: Ints
    confidence: Floats
    gaps: Floats


def align(reader: OnnxNetwork, line: Line, text: str) -> Alignment | None:
    """Align a normalized line (P, 3) to its text; None where it has too few points for it."""
    origin = np.arange(len(line), dtype=np.float64)
    points = resample(np.column_stack([line, origin]))  # (T, 4): which point each came from
    logits = reader.run(strokes=stroke_features(points)[None])["logits"][0].astype(np.float64)
    log_p = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    peaks = force_align(log_p, encode_text(text))
    if peaks is None:
        return None
    at = points[np.minimum(2 * peaks, len(points) - 1), 3].round().astype(np.int64)  # (S, 2)
    confidence = np.exp(
        [log_p[a : b + 1, n].max() for (a, b), n in zip(peaks, encode_text(text), strict=True)]
    )
    characters, gaps = cut(line, text, at)
    return Alignment(characters, confidence, gaps)


def force_align(log_p: Floats, text: Ints) -> Ints | None:
    """Find each label's first and last place (S, 2) on the likeliest path through (U, N).

    States are blank, label, blank, label, ..., blank: 2S + 1. None if there is no path.
    """
    states = np.full(2 * len(text) + 1, BLANK)
    states[1::2] = text
    may_skip = np.zeros(len(states), bool)  # over the blank between two different labels
    may_skip[3::2] = text[1:] != text[:-1]
    emitted = log_p[:, states]
    best = np.full(len(states), -np.inf)
    best[:2] = emitted[0, :2]
    came_from = np.zeros(emitted.shape, np.int64)  # how many states back
    ways = np.full((3, len(states)), -np.inf)
    for u in range(1, len(log_p)):
        ways[0], ways[1, 1:] = best, best[:-1]
        ways[2, 2:] = np.where(may_skip[2:], best[:-2], -np.inf)
        came_from[u] = ways.argmax(axis=0)
        best = ways.max(axis=0) + emitted[u]
    state = len(states) - 1 - int(best[-2] > best[-1])
    if not np.isfinite(best[state]):
        return None
    path = np.zeros(len(log_p), np.int64)
    for u in range(len(log_p) - 1, -1, -1):
        path[u] = state
        state -= came_from[u, state]
    odd = np.arange(1, len(states), 2)
    first = np.searchsorted(path, odd)  # the path never goes back
    return np.stack([first, np.searchsorted(path, odd, side="right") - 1], axis=1)


def cut(line: Line, text: str, peaks: Ints) -> tuple[Ints, Floats]:
    """Give each point (P,) its character, and each character (S,) the gap behind it."""
    inked = [i for i, character in enumerate(text) if character != " "]
    gaps = np.full(len(text), -np.inf)
    starts = [0]
    for i, j in pairwise(inked):
        end, gaps[i] = boundary(line, peaks[i], peaks[j])
        starts.append(max(end + 1, starts[-1]))
    which = np.searchsorted(starts, np.arange(len(line)), side="right") - 1
    return np.array(inked)[which], gaps


def boundary(line: Line, one: Ints, other: Ints) -> tuple[int, float]:
    """Find the last point of a character before another, by both peaks, and the gap there.

    Of several lifts of the pen, that one counts beyond which the next character is furthest.
    """
    (first, last), then = one, max(int(other[0]), int(one[1]) + 1)
    lifts = last + np.flatnonzero(line[last:then, 2])
    if not len(lifts):
        return (last + then) // 2, -np.inf
    x = line[first : then + 1, 0]
    reach = np.maximum.accumulate(x)
    ahead = np.minimum.accumulate(x[::-1])[::-1]
    gaps = ahead[np.minimum(lifts + 1 - first, len(x) - 1)] - reach[lifts - first]
    widest = int(gaps.argmax())
    return int(lifts[widest]), float(gaps[widest])
