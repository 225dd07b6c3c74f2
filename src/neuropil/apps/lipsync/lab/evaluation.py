"""How good speech, closures, cues, landmarks and the judge are, on what no training saw.

Every function takes what the networks say and what is known; `bench.py` brings both together.

N  clips     F  frames     K  numbers of a mouth
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neuropil.apps.lipsync.cues import choose_cues, score_cues
from neuropil.apps.lipsync.hearing import STEPS_PER_SECOND, sample_at
from neuropil.apps.lipsync.lab.data import FPS, Word
from neuropil.apps.lipsync.lab.sounds import Sentence
from neuropil.apps.lipsync.phones import CUE_OF_PHONE, CUES, PHONES
from neuropil.apps.lipsync.preprocess import Floats
from neuropil.apps.lipsync.shapes import MOUTH, Numbers, Points, eye_distances
from neuropil.apps.lipsync.sync import Flags, correlate

CLOSING = frozenset("bin blue by b place please p m".split())  # words that begin with closed lips
PAUSES = frozenset(("sil", "sp"))
SHUT = 0.03  # eye distances: an opening below it is a closure
BEFORE, AFTER = 0.08, 0.16  # seconds around the start of a word in which its closure lies
NEAR, FAR = 1, 2  # frames: how near a found closure is, how far a false one
THRESHOLDS = (0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08)


@dataclass(frozen=True)
class Closures:
    """Closures of words: how many were seen and found, how many were predicted and false."""

    seen: int
    found: int
    predicted: int
    false: int

    @property
    def found_share(self) -> float:
        """Give the share of the closures seen that are found."""
        return self.found / max(1, self.seen)

    @property
    def false_share(self) -> float:
        """Give the share of the closures predicted that are false."""
        return self.false / max(1, self.predicted)


def count_closures(
    seen: Numbers, said: Numbers, words: Sequence[Sequence[Word]], threshold: float
) -> Closures:
    """Count closures in openings (N, F): seen under 0.03, found as minima under a threshold."""
    counts = np.zeros(4, int)
    for known, told, some in zip(seen, said, words, strict=True):
        counts += count_in_clip(known, told, some, threshold)
    return Closures(*counts.tolist())


def count_in_clip(
    known: Numbers, told: Numbers, words: Sequence[Word], threshold: float
) -> tuple[int, int, int, int]:
    """Count the closures of a clip: seen, found, predicted in speech, and false."""
    middle = told[1:-1]
    is_least = (middle <= told[:-2]) & (middle < told[2:]) & (middle < threshold)
    minima = np.flatnonzero(is_least) + 1
    n_seen = n_found = 0
    for word in words:
        if word.text in CLOSING:
            low = max(0, int(np.floor((word.start - BEFORE) * FPS)))
            high = min(len(known), int(np.ceil((word.start + AFTER) * FPS)) + 1)
            closed = np.flatnonzero(known[low:high] < SHUT) + low
            if len(closed):
                n_seen += 1
                n_found += bool((np.abs(minima[:, None] - closed) <= NEAR).any())
    spoken = [word for word in words if word.text not in PAUSES]
    if not spoken:
        return n_seen, n_found, 0, 0
    start, end = (int(t * FPS) for t in (spoken[0].start, spoken[-1].end))
    within = [int(t) for t in minima if start <= t <= end]
    false = sum(not (known[max(0, t - FAR) : t + FAR + 1] < SHUT).any() for t in within)
    return n_seen, n_found, len(within), false


def choose_threshold(seen: Numbers, said: Numbers, words: Sequence[Sequence[Word]]) -> float:
    """Choose the threshold of closures on clips to learn from."""

    def score(threshold: float) -> float:
        counted = count_closures(seen, said, words, threshold)
        return counted.found_share - 2 * max(0.0, counted.false_share - 0.05)

    return max(THRESHOLDS, key=score)


def measure_visemes(
    sentences: Sequence[Sentence], phones: Sequence[Floats]
) -> tuple[float, Numbers]:
    """Measure the share of steps whose cue is that of the phone, and the same of each cue (C,)."""
    cue_numbers = np.array([CUES.index(CUE_OF_PHONE[phone]) for phone in PHONES])
    known = np.concatenate([cue_numbers[sentence.phones] for sentence in sentences])
    silent = [np.zeros(len(logits), np.bool_) for logits in phones]
    pairs = zip(phones, silent, strict=True)
    right = np.concatenate([choose_cues(score_cues(*pair)) for pair in pairs]) == known
    shown = np.bincount(known, minlength=len(CUES))
    return float(right.mean()), np.bincount(known, right, len(CUES)) / np.maximum(shown, 1)


def mouth_motion(points: Points, silent: Flags) -> Numbers:
    """Measure how far the mouth's points move a frame, in eye distances, where nobody speaks."""
    moved = np.linalg.norm(np.diff(points[:, MOUTH], axis=0), axis=2).mean(axis=1)
    motion: Numbers = (moved / eye_distances(points).mean())[silent[1:] & silent[:-1]]
    return motion


def silent_frames(words: Sequence[Word], n: int) -> Flags:
    """Tell which of n frames lie in pauses, a tenth of a second from all words."""
    times = (np.arange(n) + 0.5) / FPS
    silent = np.ones(n, np.bool_)
    for word in words:
        if word.text not in PAUSES:
            silent &= (times < word.start - 0.1) | (times > word.end + 0.1)
    return silent


def shift_columns(columns: Floats, frames: int) -> Floats:
    """Let a sound come so many frames later, silence where nothing is known: (C, 40)."""
    n = frames * 2 * STEPS_PER_SECOND // FPS
    quiet = np.broadcast_to(columns.min(axis=0), (abs(n), columns.shape[1]))
    if n >= 0:
        return np.concatenate([quiet, columns])[: len(columns)]
    return np.concatenate([columns[-n:], quiet])


def at_frames(mouths: Numbers, times: Numbers) -> Numbers:
    """Take mouths of steps (T, 10) at moments (F,)."""
    return sample_at(times, mouths)


def best_lag(seen: Numbers, said: Numbers, most: int = 8) -> int:
    """Find the frames by which the seen opening is later where both correlate best; NaN are out."""

    def fit_at(lag: int) -> float:
        a, b = seen[max(0, lag) : len(seen) + min(0, lag)], said[max(0, -lag) :][: len(seen)]
        b = b[: len(a)]
        a = a[: len(b)]
        known = np.isfinite(a)
        return correlate(a[known], b[known])

    return max(range(-most, most + 1), key=fit_at)
