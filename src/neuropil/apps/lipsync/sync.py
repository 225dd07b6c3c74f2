"""How well sound and lips fit: by how many milliseconds one is late, and how sure that is.

    score = measure_sync(judge_sound, judge_mouth, heard, seen)
    score.offset_ms         # positive where the sound comes late

A network that had no part in making a film judges it: one tower hears, one sees opening and width
of the mouth, and both give each moment a direction; where they point the same way, sound and mouth
fit. The lag at which they fit best over the whole film is the offset.

T  steps of 20 ms     L  lags     D  numbers of a direction
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.lipsync.hearing import STEPS_PER_SECOND
from neuropil.apps.lipsync.preprocess import Floats
from neuropil.apps.lipsync.shapes import Numbers

Flags = NDArray[np.bool_]

JUDGE_SEEN = 3  # numbers of a mouth: opening, width, and the speed of opening
MOST_LAG = 30  # steps, either way: 600 ms
EDGE = 12  # steps at either end, of which the towers see no whole neighborhood
FEWEST_STEPS = 50  # a second, below which nothing is said
# An offset is told from this product on: of speech of others with a mouth it is lower in 98 %.
LEAST_SURE = 1.8  # confidence times correlation
LEAST_SPREAD = 0.01  # eye distances: a mouth that moves less says nothing
LEAST_HEARD = 0.01  # of the bands: what changes less is silence
LEAST_CHANGE = 1e-6  # deviation of a series, below which it does not change


@dataclass(frozen=True)
class SyncScore:
    """How sound and visible mouth fit.

    offset_ms: by how much the sound comes late; None where that is not sure
    correlation: of the opening that the sound tells with the opening that is seen, at the offset
    confidence: how far the best lag stands out of all others, in their standard deviations; an
        offset is told where this times the correlation is 1.8 or more
    """

    offset_ms: float | None
    correlation: float
    confidence: float

    def __str__(self) -> str:
        """Word it in a line."""
        late = self.offset_ms or 0.0
        told = f"sound {abs(late):.0f} ms {'late' if late >= 0 else 'early'}"
        offset = "not sure" if self.offset_ms is None else told
        return f"{offset}; correlation {self.correlation:.2f}, confidence {self.confidence:.1f}"


def look(mouths: Numbers) -> Floats:
    """Take opening and width (T, 2) of every step to what the judge sees (3, T), normalized."""
    speed = np.gradient(mouths[:, 0]) * STEPS_PER_SECOND / 10
    seen = np.column_stack([mouths, speed])
    spread = np.maximum(seen.std(axis=0), LEAST_SPREAD)
    normal: Floats = ((seen - seen.mean(axis=0)) / spread).T.astype(np.float32)
    return normal


def measure_sync(
    hear_directions: Callable[[Floats], tuple[Floats, Floats]],
    see_directions: Callable[[Floats], Floats],
    heard: Floats,
    seen: Numbers,
) -> SyncScore:
    """Measure the offset of a film.

    hear_directions: gives directions (1, D, T) and openings (1, 1, T) of what is heard (1, 80, T)
    see_directions: gives directions (1, D, T) of what is seen (1, 3, T)
    heard: (T, 80), by `hear`
    seen: (T, 2), opening and width at the same steps; NaN where no face is
    """
    n = min(len(heard), len(seen))
    known = is_known(seen[:n])
    is_still = known.sum() < FEWEST_STEPS or np.nanstd(seen[:n, 0]) < LEAST_SPREAD / 2
    if is_still or np.ptp(heard[:n]) < LEAST_HEARD:
        return SyncScore(None, 0.0, 0.0)
    filled = fill_gaps(seen[:n], known)
    sound, opening = hear_directions(np.ascontiguousarray(heard[:n].T[None]))
    mouth = see_directions(look(filled)[None])
    known[:EDGE], known[-EDGE:] = False, False
    a, b = unit_directions(sound[0]), unit_directions(mouth[0]) * known
    a[:, :EDGE], a[:, -EDGE:] = 0, 0
    evidence = np.array([match_at(a, b, known, lag) for lag in lags()])
    best = int(evidence.argmax())
    others = np.delete(evidence, np.arange(max(0, best - 6), min(len(evidence), best + 7)))
    confidence = float((evidence[best] - others.mean()) / max(others.std(), 1e-6))
    lag = int(lags()[best])
    correlation = correlate_at(opening[0, 0], filled[:, 0], known, lag)
    offset = -1000 * (lag + refine(evidence, best)) / STEPS_PER_SECOND
    is_sure = correlation > 0 and confidence * correlation >= LEAST_SURE
    return SyncScore(offset if is_sure else None, correlation, confidence)


def is_known(values: Numbers) -> Flags:
    """Tell of each row of values (T, K) whether all of it is known, that is no NaN."""
    flags: Flags = np.logical_not(np.isnan(values).any(axis=1))
    return flags


def lags() -> NDArray[np.int64]:
    """List the lags that are tried, in steps: the mouth so many after the sound."""
    return np.arange(-MOST_LAG, MOST_LAG + 1)


def fill_gaps(values: Numbers, known: Flags) -> Numbers:
    """Interpolate what is not known of values (T, K)."""
    steps = np.arange(len(values))
    there = np.flatnonzero(known)
    return np.stack([np.interp(steps, there, column[there]) for column in values.T], axis=1)


def unit_directions(directions: Floats) -> Numbers:
    """Scale directions (D, T) to length 1."""
    length = np.linalg.norm(directions, axis=0)
    made: Numbers = directions.astype(np.float64) / np.maximum(length, 1e-9)
    return made


def overlap_at(n: int, lag: int) -> tuple[slice, slice]:
    """Give the parts of two series of n steps that meet where the second is `lag` steps later."""
    return slice(max(0, -lag), n - max(0, lag)), slice(max(0, lag), n + min(0, lag))


def match_at(sound: Numbers, mouth: Numbers, known: Flags, lag: int) -> float:
    """Average how well sound and mouth (D, T) fit, the mouth `lag` steps later."""
    first, second = overlap_at(sound.shape[1], int(lag))
    total = (sound[:, first] * mouth[:, second]).sum()
    return float(total / max(1, known[second].sum()))


def correlate_at(told: Numbers, seen: Numbers, known: Flags, lag: int) -> float:
    """Correlate two openings (T,), the seen one `lag` steps later; 0 where one does not change."""
    first, second = overlap_at(len(told), lag)
    return correlate(told[first][known[second]], seen[second][known[second]])


def correlate(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Correlate two series (T,); 0 where one does not change."""
    x, y = (np.asarray(each, np.float64) for each in (a, b))
    if len(x) < 2 or min(x.std(), y.std()) < LEAST_CHANGE:
        return 0.0
    return float(np.corrcoef(x, y)[0, 1])


def refine(evidence: Numbers, best: int) -> float:
    """Find the top of the parabola through the best lag and its neighbors, -0.5 to 0.5 steps."""
    if not 0 < best < len(evidence) - 1:
        return 0.0
    before, here, after = evidence[best - 1 : best + 2]
    bend = before - 2 * here + after
    return 0.0 if bend >= 0 else float(np.clip(0.5 * (before - after) / bend, -0.5, 0.5))
