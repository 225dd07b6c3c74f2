"""Lines put on paper: wrapped, leveled on their base line, placed as a hand would place them.

P  points of a line, (P, 3): x, y downwards, pen up; in units of the line's height, then in mm
"""

import textwrap
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.handwrite.strokes import Line, strokes
from neuropil.apps.handwrite.writing import LONGEST, Penned
from neuropil.kit.between import Between
from neuropil.kit.drawing import Paper, Stroke

SMALL = frozenset("acemnorsuvwxz")  # letters whose tops show how high small ones are
STANDING = SMALL | frozenset("bdhiklABCDEFGHIJKLMNOPRSTUVWXZ")  # that stand on the base line
SHEETS = {"a4": (210.0, 297.0), "letter": (215.9, 279.4)}  # mm
SIZE, SPACING, MARGIN = Between(0.5, 100), Between(1, 20), Between(0, 100)
SLANT = Between(-45, 45)
NARROWEST = 0.86  # a line that is too wide for the paper is pressed together so far at most
EDGE = 0.8  # of the spacing: margin around writing that is on no paper
SWAY = 0.004  # slope of a line, in radians, that differs from line to line (standard deviation)
JITTER = 0.05  # of the spacing: how much a line's place differs


@dataclass(frozen=True)
class Layout:
    """How writing lies on paper; lengths in mm."""

    paper: str = "none"  # "none", "a4", "letter"
    ruled: bool = False
    size: float = 2.5  # height of small letters
    spacing: float = 3.6  # between base lines, in heights of small letters
    margin: float = 20.0
    align: str = "left"  # "left", "center", "right"
    slant: float = 0.0  # degrees to the right

    def __post_init__(self) -> None:
        SIZE.check("size", self.size)
        MARGIN.check("margin", self.margin)
        SLANT.check("slant", self.slant)
        SPACING.check("spacing", self.spacing)

    @property
    def step(self) -> float:
        """Give the distance of base lines."""
        return self.spacing * self.size

    @property
    def width(self) -> float:
        """Give the room for a line."""
        return SHEETS[self.paper][0] - 2 * self.margin if self.paper in SHEETS else np.inf


@dataclass(frozen=True)
class Measures:
    """What a style's lines measure, in units of their height."""

    small: float  # height of small letters
    advance: float  # width of a character, on average


def measures(lines: Sequence[Penned], texts: Sequence[str]) -> Measures:
    """Measure a style by lines written in it."""
    small = np.median([heights(line, text)[1] for line, text in zip(lines, texts, strict=True)])
    wide = sum(float(np.ptp(line.line[:, 0])) for line in lines)
    return Measures(float(small), wide / sum(map(len, texts)))


def heights(penned: Penned, text: str) -> tuple[Line, float]:
    """Find a line's base line (slope, y at x = 0), and the height of its small letters above it."""
    feet, tops = [], []
    for place, letter in enumerate(text):
        points = penned.line[penned.letter == place]
        if len(points) > 2 and letter in STANDING:
            feet.append(points[points[:, 1].argmax(), :2])
            if letter in SMALL:
                tops.append(points[points[:, 1].argmin(), :2])
    if len(feet) < 2:
        low = np.percentile(penned.line[:, 1], 85)
        return np.array([0.0, low]), max(0.2, float(low - np.percentile(penned.line[:, 1], 30)))
    base = leveled(np.array(feet))
    if not tops:
        return base, 0.6
    small = np.median([base[0] * x + base[1] - y for x, y in tops])
    return base, float(np.clip(small, 0.2, 1.5))


def leveled(feet: NDArray[np.float64]) -> Line:
    """Fit slope and height to the feet of letters, most of which stand on the line (Theil-Sen)."""
    if np.ptp(feet[:, 0]) < 2:
        return np.array([0.0, np.median(feet[:, 1])])
    i, j = np.triu_indices(len(feet), 1)
    far = np.abs(feet[j, 0] - feet[i, 0]) > 0.5
    slopes = (feet[j, 1] - feet[i, 1])[far] / (feet[j, 0] - feet[i, 0])[far]
    slope = float(np.clip(np.median(slopes), -0.1, 0.1)) if len(slopes) else 0.0
    return np.array([slope, np.median(feet[:, 1] - slope * feet[:, 0])])


def wrapped(text: str, layout: Layout, its: Measures) -> list[str]:
    """Break a text into lines that fit; an empty one is an empty line."""
    per_mm = its.small / layout.size  # units of the line's height
    room = min(LONGEST, layout.width * per_mm / its.advance)
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines += textwrap.wrap(paragraph, max(4, int(room))) or [""]
    return lines


def placed(
    penned: Penned,
    text: str,
    its: Measures,
    layout: Layout,
    seed: int,
    bare: Penned | None = None,
) -> Line:
    """Bring a line to mm: its base line on y = 0, sloped and slanted a little, x from 0 on.

    bare: the line before accents were added, which are no part of how high its letters are
    """
    rng = np.random.default_rng((seed, zlib.crc32(text.encode()), 2))
    (slope, at), small = heights(bare or penned, text)
    scale = layout.size / (0.5 * small + 0.5 * its.small)  # half of what differs is kept
    x = penned.line[:, 0]
    y = penned.line[:, 1] - at - slope * x
    x = (x - y * np.tan(np.radians(layout.slant))) * scale
    wide = float(np.ptp(x))
    x = (x - x.min()) * max(NARROWEST, min(1.0, layout.width / max(wide, 1e-9)))
    sway = rng.normal(0, SWAY)
    return np.column_stack([x, y * scale + sway * (x - wide / 2), penned.line[:, 2]])


def laid(
    lines: Sequence[Line | None], layout: Layout, seed: int
) -> tuple[list[list[Stroke]], Paper]:
    """Put lines one below the other onto pages; None is an empty line."""
    rng = np.random.default_rng((seed, 1))
    step, free = layout.step, layout.paper not in SHEETS
    wide = max((float(line[:, 0].max()) for line in lines if line is not None), default=1.0)
    edge = EDGE * step if free else layout.margin
    width, height = (wide + 2 * edge, (len(lines) + 1) * step) if free else SHEETS[layout.paper]
    first = edge / 2 + step if free else layout.margin + 0.8 * step
    room = len(lines) if free else max(1, int((height - layout.margin - first) / step) + 1)
    pages: list[list[Stroke]] = []
    for number, line in enumerate(lines):
        if number % room == 0:
            pages.append([])
        if line is None:
            continue
        spare = width - 2 * edge - line[:, 0].max()
        left = edge + {"left": 0.0, "center": 0.5, "right": 1.0}[layout.align] * spare
        if not free and layout.align == "left":
            left += abs(rng.normal(0, JITTER * step))
        low = first + number % room * step + rng.normal(0, JITTER * step * (not layout.ruled))
        pages[-1] += [Stroke(stroke[:, :2] + [left, low]) for stroke in strokes(line)]
    ruling = tuple(first + i * step for i in range(room)) if layout.ruled else ()
    return pages, Paper(width, height, ruling, edge)
