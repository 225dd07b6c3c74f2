"""A slope proven by differences of its function, however large or small the numbers are.

    error, allowed = deviation(slope, f, Place(z, kinks=(0.0,)))

    slope ≈ (f(b) - f(a)) / (b - a)      a, b: by how much the argument is moved from z

A span is too long where the function bends within it, and too short where what it changes is lost
in rounding. So several are tried, in proportion to 1, z or f / slope, and the first one that the
slope agrees with proves it. Where none agrees, f may be too large for what the slope makes of it:
then each span is measured, and the longest decides that says the same as the shorter ones, with
what it can't tell allowed.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

Moved = Callable[[float], float]  # the amount by which the argument is moved -> the value
Span = tuple[float, float]

AGREES = 1e-4  # by how much a difference may be off, relative
STEPS = tuple(2.0**-n for n in (17, 20, 13, 10))  # powers of two, so that z + step is exact
ROUNDED = 8  # units in the last place by which a value may be off
PARTS = (7 / 8, 3 / 4, 1 / 2)  # of a span, by which it is measured
SPREAD = 2.0  # times the spread of these, by which a difference may be off


@dataclass(frozen=True)
class Place:
    """Where a function is looked at.

    z, kinks: its argument, and the arguments at which it has kinks
    reach: how far it is known to go without bending much, or having a kink of another kind
    noise: by how much its values may be off, besides by their own rounding
    """

    z: float
    kinks: tuple[float, ...] = ()
    reach: float = math.inf
    noise: float = 0.0

    @property
    def nearest(self) -> float:
        """Give how far the nearest kink is."""
        return min((abs(self.z - kink) for kink in self.kinks), default=math.inf)

    def is_smooth(self, span: Span) -> bool:
        """Tell a span within which no kink lies."""
        return not any(self.z + span[0] < kink < self.z + span[1] for kink in self.kinks)

    def spans(self, size: float) -> Iterator[Span]:
        """List spans in proportion to a size: around z, or at a kink on either side of it."""
        # (f(z + h) - f(z - h)) / 2h = f'(z) + h²/6 f'''(z) + ...: the terms in h cancel. At a kink
        # there is no such middle, and each side has a slope of its own.
        for h in (step * power_of_two(size) for step in STEPS):
            sides = [span for span in ((-h, h), (0.0, h), (-h, 0.0)) if self.is_smooth(span)]
            yield from sides if self.nearest == 0 else sides[:1]


def deviation(slope: float, f: Moved, place: Place) -> tuple[float, float]:
    """Measure by how much a slope is off the differences of f, and by how much it may be."""
    f, close, tried = cache(f), AGREES * abs(slope), list[Span]()
    with np.errstate(all="ignore"):  # a span may lead far out
        for span in candidates(f(0.0), slope, place):
            error = abs(slope - difference(f, span))
            if error <= close:  # a wrong slope would have to meet a wrong difference by chance
                return error, close
            tried.append(span)
        found = [agreeing_difference(f, spans, place.noise) for spans in families(tried, place)]
    errors = [(abs(slope - value), close + doubt) for value, doubt in found]
    return min(errors, key=lambda pair: pair[0] - pair[1], default=(math.inf, close))


def candidates(value: float, slope: float, place: Place) -> Iterator[Span]:
    """List the spans that may prove a slope."""
    # Rounding changes a difference by about u |f| / h and bending by h² |f'''|: which h is best
    # depends on f, so several are on offer.
    size = max(1.0, abs(place.z))
    yield from place.spans(size)
    smaller = [abs(place.z), place.reach] + ([abs(value / slope)] if slope else [])
    for other in smaller:
        yield from place.spans(other) if 0 < other < size else ()
    if 0 < place.nearest < math.inf:
        yield -place.nearest / 2, place.nearest / 2  # as near to the kink as is safe on either side


def families(spans: list[Span], place: Place) -> list[list[Span]]:
    """Order the spans within reach by their length; at a kink those of either side apart."""
    most = 2 * STEPS[-1] * place.reach
    near = sorted((s for s in spans if s[1] - s[0] <= most), key=lambda s: s[1] - s[0])
    if place.nearest > 0:
        return [near]
    return [[s for s in near if s[0] == 0], [s for s in near if s[1] == 0]]


def agreeing_difference(f: Moved, spans: list[Span], noise: float) -> tuple[float, float]:
    """Give what the longest span says that says the same as all shorter ones, and its doubt."""
    value, doubt = math.nan, math.inf
    for span in spans:
        # A longer span has less of rounding and more of bending. It is believed as long as it and
        # the shorter ones differ by no more than either may be off.
        longer, unsure = difference(f, span), doubtful(f, span, noise)
        if math.isfinite(longer) and (doubt == math.inf or abs(longer - value) <= doubt + unsure):
            value, doubt = (longer, unsure) if unsure < doubt else (value, doubt)
        elif doubt < math.inf:
            break
    return value, doubt


def difference(f: Moved, span: Span) -> float:
    """Take the difference of f over a span; NaN where it has none."""
    a, b = span
    return (f(b) - f(a)) / (b - a) if b > a else math.nan


def doubtful(f: Moved, span: Span, noise: float) -> float:
    """Measure by how much a difference may be off: rounding, and how far its parts differ."""
    a, b = span
    # If f is straight, all parts have the same difference.
    parts = [difference(f, (part * a, part * b)) for part in (1.0, *PARTS)]
    rounding = (ROUNDED * math.ulp(max(abs(f(a)), abs(f(b)))) + noise) / (b - a)
    return SPREAD * (max(parts) - min(parts)) + rounding


def power_of_two(size: float) -> float:
    """Find the largest power of two that is no greater."""
    return math.ldexp(1.0, math.frexp(size)[1] - 1)  # size = m 2ᵉ with m from 1/2 to 1
