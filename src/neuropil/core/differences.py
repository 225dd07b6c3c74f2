"""A slope proven by differences of its function, however large or small the numbers are.

    error, allowed = deviation(slope, f, Place(z, kinks=(0.0,)))

    slope ≈ (f(b) - f(a)) / (b - a)      a, b: by how much the argument is moved from z

A span is too long where the function bends within it, and too short where what it changes is lost
in rounding. So several are tried, in proportion to z and to f / slope, and the first one that the
slope agrees with proves it. Where none agrees, the spans themselves are measured, by halving them:
the one that knows best decides, and what it can't tell is allowed.
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
DOUBLED = 2  # times what halving a span changes, by which its difference may be off


@dataclass(frozen=True)
class Place:
    """Where a function is looked at: its argument, and the arguments at which it has kinks."""

    z: float
    kinks: tuple[float, ...] = ()

    @property
    def nearest(self) -> float:
        """Give how far the nearest kink is."""
        return min((abs(self.z - kink) for kink in self.kinks), default=math.inf)

    def is_smooth(self, span: Span) -> bool:
        """Tell a span within which no kink lies."""
        return not any(self.z + span[0] < kink < self.z + span[1] for kink in self.kinks)


def deviation(slope: float, f: Moved, place: Place) -> tuple[float, float]:
    """Measure by how much a slope is off the differences of f, and by how much it may be."""
    f, close, errors = cache(f), AGREES * abs(slope), dict[Span, float]()
    with np.errstate(all="ignore"):  # a span may lead far out
        for span in spans(f(0.0), slope, place):
            errors[span] = abs(slope - difference(f, span))
            if errors[span] <= close:
                return errors[span], close
        found = [(doubt(f, span), error) for span, error in errors.items() if math.isfinite(error)]
    unsure, error = min(found, default=(0.0, math.inf))
    return error, close + unsure


def difference(f: Moved, span: Span) -> float:
    """Take the difference of f over a span; NaN where it has none."""
    a, b = span
    return (f(b) - f(a)) / (b - a) if b > a else math.nan


def doubt(f: Moved, span: Span) -> float:
    """Measure what a difference can't tell: what rounding makes of it, and what halving changes."""
    a, b = span
    start, end = (a / 2, b / 2) if a < 0 < b else (a, (a + b) / 2) if a >= 0 else ((a + b) / 2, b)
    rounding = ROUNDED * math.ulp(max(abs(f(a)), abs(f(b)))) / (b - a)
    return DOUBLED * abs(difference(f, span) - difference(f, (start, end))) + rounding


def spans(value: float, slope: float, place: Place) -> Iterator[Span]:
    """List the spans to try: around z, near a kink on this side of it, at a kink on either."""
    near = place.nearest
    for size in sizes(value, slope, place.z):
        for h in (step * size for step in STEPS):
            sides = [span for span in ((-h, h), (0.0, h), (-h, 0.0)) if place.is_smooth(span)]
            yield from sides if near == 0 else sides[:1]
    if 0 < near < math.inf:
        yield -near / 2, near / 2


def sizes(value: float, slope: float, z: float) -> Iterator[float]:
    """List what spans are in proportion to: 1 or z, and where f changes as a whole."""
    yield power_of_two(max(1.0, abs(z)))
    if 0 < abs(z) < 1:
        yield power_of_two(abs(z))
    if slope and math.isfinite(value / slope) and value:
        yield power_of_two(abs(value / slope))


def power_of_two(size: float) -> float:
    """Find the largest power of two that is no greater."""
    return math.ldexp(1.0, math.frexp(size)[1] - 1)
