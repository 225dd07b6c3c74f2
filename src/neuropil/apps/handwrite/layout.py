"""Lines put on paper: leveled on their base line, placed as a hand would place them.

Whatever was written, no ink lies outside the margins: a line is pressed into its room, and moved
where its tallest letters would stick out at the top of a page, or its lowest ones at the bottom.

P  points of a line, (P, 3): x, y downwards, pen up; in units of the line's height, then in mm
"""

import re
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.handwrite.generation import WrittenLine
from neuropil.apps.handwrite.strokes import Line, split_strokes
from neuropil.kit.drawing.strokes import SIDES, Paper, Stroke
from neuropil.kit.errors import UserError
from neuropil.kit.progress import ticking
from neuropil.kit.ranges import Range

SMALL = frozenset("acemnorsuvwxz")  # letters whose tops show how high small ones are
TALL = frozenset("ABCDEFGHIJKLMNOPRSTUVWXZ0123456789")  # as high as capitals
TELLING = SMALL | TALL  # that tell how high letters are
STANDING = TELLING | frozenset("bdhikl")  # that stand on the base line
SHEETS = {  # width and height in mm
    "a3": (297.0, 420.0),
    "a4": (210.0, 297.0),
    "a5": (148.0, 210.0),
    "a6": (105.0, 148.0),
    "legal": (215.9, 355.6),
    "letter": (215.9, 279.4),
}
FREE = "none"  # paper that is as large as the writing
SIZE, SPACING, MARGIN = Range(0.5, 100), Range(1, 20), Range(0, 100)
SLANT = Range(-45, 45)
CAPITAL_HEIGHT = 1.75  # of a capital, in heights of a small letter
FEW = 3  # small letters of a line; where there are fewer, capitals and digits tell their height too
LEVEL = 0.4  # of a line's width: feet that reach less far tell no slope
ABOVE, BELOW = 0.62, 0.36  # of the spacing: the band of a line, which its neighbors don't reach
LEAST_ABOVE, LEAST_BELOW = 1.9, 1.1  # of the height of small letters, where the spacing is narrow
KNEE = 0.85  # of a band, up to which letters keep their height
MAX_COMPRESSION = 0.86  # a line that is too wide for the paper is pressed together so far at most
EDGE = 0.8  # of the spacing: margin around writing that is on no paper
LEAD = 0.6  # of the spacing: from the top margin to the first base line at least
USUAL = 0.9  # of the lines have room above the first base line; another is moved down
SLOPE_SD = 0.004  # slope of a line, in radians, that differs from line to line (standard deviation)
JITTER = 0.025  # of the spacing: how much a line's place differs (standard deviation)
FARTHEST = 1.5  # of these, at most, up or down: two lines that come closer would touch
BROADEST = 0.4  # of the height of small letters: pen whose line is no blot
DOUBT = 2.0  # so many characters of average width are added to those that were measured
TAB_STOP = 4  # columns of average width from one tab stop to the next
TINY = 1e-9  # mm


@dataclass(frozen=True)
class Layout:
    """How writing lies on paper; lengths in mm."""

    paper: str = FREE  # or a name of SHEETS, or "WIDTHxHEIGHT"
    ruled: bool = False
    size: float = 2.5  # height of small letters
    spacing: float = 4.0  # between base lines, in heights of small letters
    margin: float = 20.0
    align: str = "left"  # "left", "center", "right"
    slant: float = 0.0  # degrees to the right
    pen: float = 0.0  # width of the line that is drawn

    @property
    def step(self) -> float:
        """Give the distance of base lines."""
        return self.spacing * self.size

    @property
    def is_free(self) -> bool:
        """Tell whether the paper will be as large as the writing."""
        return self.paper == FREE

    @property
    def edge(self) -> float:
        """Give how far from the paper's edge points lie at least."""
        # by a whole width of the pen, as swelling lines and rounded turns reach beyond half of it
        return EDGE * self.step if self.is_free else self.margin + self.pen

    @property
    def room(self) -> tuple[float, float]:
        """Give width and height that are left between the margins."""
        if self.is_free:
            return np.inf, np.inf
        width, height = sheet_size(self.paper)
        return width - 2 * self.edge, height - 2 * self.edge

    @property
    def lean(self) -> float:
        """Give how far a point moves to the right for each mm that it lies higher."""
        return float(np.tan(np.radians(self.slant)))


def sheet_size(paper: str) -> tuple[float, float]:
    """Give width and height in mm of a paper by its name, or as "148x210"; raises UserError."""
    if paper.lower() in SHEETS:
        return SHEETS[paper.lower()]
    sides = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*[x×]\s*(\d+(?:\.\d+)?)\s*", paper)
    if not sides:
        raise UserError(
            "option.choice",
            f"paper is {paper}; it is {FREE}, {', '.join(SHEETS)}, or width and height in mm, "
            "as in 148x210",
            name="paper",
            value=paper,
            possible=(FREE, *SHEETS),
        )
    width, height = map(float, sides.groups())
    SIDES.check("paper's width", width)
    SIDES.check("paper's height", height)
    return width, height


@dataclass(frozen=True)
class StyleMetrics:
    """What a style's lines measure; all but the first in heights of small letters."""

    small: float  # height of small letters, in units of a line's height
    advance: float  # width of a character, on average
    widths: Mapping[str, float] = field(default_factory=dict)  # of some characters
    tall: float = 0.0  # a line, from the foot of its lowest letter to the top of its highest

    def reach(self, text: str) -> NDArray[np.float64]:
        """Estimate how wide a text is up to the end of each character."""
        return np.cumsum([self.widths.get(character, self.advance) for character in text])


def measure_style(lines: Sequence[WrittenLine], texts: Sequence[str]) -> StyleMetrics:
    """Measure a style by lines written in it."""
    found = [baseline_and_x_height(line, text) for line, text in zip(lines, texts, strict=True)]
    median = float(np.median([small for _, small in found]))
    units = [blend_height(small, median) for _, small in found]
    steps = [
        advances(line, text) / unit for line, text, unit in zip(lines, texts, units, strict=True)
    ]
    # a line that the pen gave up half way is not to make the others seem narrow
    advance = float(np.median([its.mean() for its in steps]))
    total, count = Counter[str](), Counter[str]()
    for text, its in zip(texts, steps, strict=True):
        count.update(text)
        for character, step in zip(text, its, strict=True):
            total[character] += step
    widths = {c: (DOUBT * advance + total[c]) / (DOUBT + count[c]) for c in count}
    levels = [
        (line.line[:, 1] - at - slope * line.line[:, 0]) / unit
        for line, ((slope, at), _), unit in zip(lines, found, units, strict=True)
    ]
    return StyleMetrics(
        median, advance, widths, float(np.median([np.ptp(level) for level in levels]))
    )


def blend_height(small: float, median: float) -> float:
    """Give the height of small letters to scale a line by: half of what differs is kept."""
    return 0.5 * small + 0.5 * median


def advances(penned: WrittenLine, text: str) -> NDArray[np.float64]:
    """Measure how far each character of a line reaches beyond those before it."""
    x = penned.line[:, 0]
    reach = np.full(len(text), x.min())
    np.maximum.at(reach, penned.letter.clip(0, len(text) - 1), x)
    return np.diff(np.maximum.accumulate(reach), prepend=x.min())


def baseline_and_x_height(penned: WrittenLine, text: str) -> tuple[Line, float]:
    """Find a line's base line (slope, y at x = 0), and the height of its small letters above it."""
    feet = [
        points[points[:, 1].argmax(), :2]
        for place, letter in enumerate(text)
        if letter in STANDING and len(points := penned.line[penned.letter == place]) > 2
    ]
    if len(feet) < 2:
        low = np.percentile(penned.line[:, 1], 85)
        return np.array([0.0, low]), max(0.2, float(low - np.percentile(penned.line[:, 1], 30)))
    base = fit_baseline(np.array(feet), float(np.ptp(penned.line[:, 0])))
    tops = small_heights(penned, text, base)
    return base, float(np.clip(np.median(tops), 0.2, 1.5)) if tops else 0.6


def small_heights(penned: WrittenLine, text: str, base: Line) -> list[float]:
    """List how high small letters are by each that tells it: few small ones, capitals and digits.

    base: slope of the base line, and y at x = 0
    """
    small: list[float] = []
    tall: list[float] = []
    for place, letter in enumerate(text):
        if letter in TELLING and len(points := penned.line[penned.letter == place]) > 2:
            x, y, _ = points[points[:, 1].argmin()]
            high = float(base[0] * x + base[1] - y)
            (small if letter in SMALL else tall).append(high)
    return small if len(small) >= FEW else [*small, *(high / CAPITAL_HEIGHT for high in tall)]


def fit_baseline(feet: NDArray[np.float64], width: float) -> Line:
    """Fit slope and height to the feet of letters, most of which stand on the line (Theil-Sen).

    width: of the whole line, of which a few letters close together tell no slope
    """
    if np.ptp(feet[:, 0]) < max(2, LEVEL * width):
        return np.array([0.0, np.median(feet[:, 1])])
    i, j = np.triu_indices(len(feet), 1)
    far = np.abs(feet[j, 0] - feet[i, 0]) > 0.5
    slopes = (feet[j, 1] - feet[i, 1])[far] / (feet[j, 0] - feet[i, 0])[far]
    slope = float(np.clip(np.median(slopes), -0.1, 0.1)) if len(slopes) else 0.0
    return np.array([slope, np.median(feet[:, 1] - slope * feet[:, 0])])


def check_room(its: StyleMetrics, layout: Layout) -> None:
    """Raise UserError where not even one letter of a style has room between the margins."""
    wide = max([its.advance, *its.widths.values()]) + its.tall * abs(layout.lean)
    width, height = (max(0.0, side) for side in layout.room)
    largest = min(width / wide, height / max(its.tall, 1e-9))
    if layout.size > largest:
        letter = f"{layout.size * wide:.0f} x {layout.size * its.tall:.0f} mm"
        smaller = np.floor(largest * 10) / 10
        remedy = f"a size of at most {smaller:g} or " if smaller >= SIZE.low else ""
        raise UserError(
            "option.conflict",
            f"a letter of size {layout.size:g} takes up to {letter}, and margins of "
            f"{layout.margin:g} mm leave {width:.0f} x {height:.0f} mm of {layout.paper} paper; "
            f"give {remedy}smaller margins",
            name="size",
            value=layout.size,
        )


def check_pen(layout: Layout) -> None:
    """Raise UserError where a pen is so wide that it fills the loops of small letters."""
    if layout.pen > BROADEST * layout.size:
        raise UserError(
            "option.conflict",
            f"a pen of {layout.pen:g} mm fills letters of size {layout.size:g}; give a width of at"
            f" most {BROADEST * layout.size:g} or a size of at least {layout.pen / BROADEST:g}",
            name="width",
            value=layout.pen,
            high=BROADEST * layout.size,
        )


def place_line(
    penned: WrittenLine,
    text: str,
    its: StyleMetrics,
    layout: Layout,
    seed: int,
    bare: WrittenLine | None = None,
) -> Line:
    """Bring a line to mm: its base line on y = 0, sloped and slanted a little, x from 0 on.

    bare: the line before accents were added, which are no part of how high its letters are
    """
    rng = np.random.default_rng((seed, zlib.crc32(text.encode()), 2))
    (slope, at), small = baseline_and_x_height(bare or penned, text)
    scale = layout.size / blend_height(small, its.small)
    x = penned.line[:, 0]
    y = penned.line[:, 1] - at - slope * x
    x = (x - y * layout.lean) * scale
    x -= x.min()
    sway = rng.normal(0, SLOPE_SD)
    y = hold_in_band(y * scale, layout) + sway * (x - x.max() / 2)
    return np.column_stack([x, y, penned.line[:, 2]])


def hold_in_band(y: NDArray[np.float64], layout: Layout) -> NDArray[np.float64]:
    """Hold loops that reach far up or down, in mm from the base line, out of the next lines."""
    above = max(ABOVE * layout.step, LEAST_ABOVE * layout.size)
    below = max(BELOW * layout.step, LEAST_BELOW * layout.size)
    return np.where(y < 0, -squash(-y, above), squash(y, below))


def squash(high: NDArray[np.float64], most: float) -> NDArray[np.float64]:
    """Leave heights up to the knee as they are, and bring what is higher below the most."""
    knee = KNEE * most
    beyond = np.maximum(high - knee, 0) / (most - knee)
    return np.minimum(high, knee) + (most - knee) * (1 - np.exp(-beyond))


def indent_line(
    line: Line, letter: NDArray[np.int64], tabs: Sequence[int], indent: float, column: float
) -> Line:
    """Move a line behind its indent, and what follows a tab to the next stop, in mm.

    The stop is the one that an editor would take, or where the ink reaches beyond it the next.
    Strokes are moved whole, by the character that most of their points belong to.

    letter: of each point (P,) the character it belongs to
    tabs: the places of characters behind which a stop is sought
    column: width of a column
    """
    stop, x = TAB_STOP * column, line[:, 0] + indent
    strokes = np.cumsum(line[:, 2]) - line[:, 2]  # the number of each point's stroke
    medians = [np.median(letter[strokes == number]) for number in np.unique(strokes)]
    owner = np.array(medians)[strokes.astype(int)]
    columns, last = round(indent / column), -1
    for place in tabs:
        columns = TAB_STOP * ((columns + place - last - 1) // TAB_STOP + 1)
        last = place
        before, after = owner <= place, owner > place
        if before.any() and after.any():
            reached = stop * np.ceil((x[before].max() + column) / stop)
            goal = max(reached, columns * column)
            x[after] += goal - x[after].min()
    return np.column_stack([x, line[:, 1:]])


def is_fitting(line: Line, layout: Layout) -> bool:
    """Tell whether a line has room on the paper, pressed together a little."""
    return bool(MAX_COMPRESSION * line[:, 0].max() <= layout.room[0])


def press_into_margins(line: Line, layout: Layout) -> Line:
    """Press a line into the room between the margins."""
    room, extent = np.array(layout.room), [line[:, 0].max(), np.ptp(line[:, 1])]
    shares = np.minimum(1.0, room / np.maximum(extent, TINY))
    return np.column_stack([line[:, :2] * shares, line[:, 2]])


def lay_out(
    lines: Sequence[Line | None], layout: Layout, seed: int
) -> tuple[list[list[Stroke]], Paper]:
    """Put lines one below the other onto pages; None is an empty line."""
    fitted = [None if line is None else press_into_margins(line, layout) for line in ticking(lines)]
    (width, height), rules = sheet(fitted, layout)
    rng = np.random.default_rng((seed, 1))
    pages: list[list[Stroke]] = []
    number = len(rules)
    for line in ticking(fitted):
        below = 0.0 if line is None else line[:, 1].max()
        if number == len(rules) or (number and rules[number] + below > height - layout.edge + TINY):
            pages.append([])
            number = 0
        if line is not None:
            place = choose_start(line, rules[number], (width, height), layout, rng)
            pages[-1] += [Stroke(stroke[:, :2] + place) for stroke in split_strokes(line)]
        number += 1
    edge = layout.edge if layout.is_free else layout.margin
    return pages, Paper(width, height, tuple(rules) if layout.ruled else (), edge)


def sheet(lines: Sequence[Line | None], layout: Layout) -> tuple[tuple[float, float], list[float]]:
    """Choose the size of the pages, and how low the base lines of each lie."""
    there = [(i, line) for i, line in enumerate(lines) if line is not None]
    edge, step = layout.edge, layout.step
    tops = [-line[:, 1].min() for _, line in there] or [0.0]
    first = edge + max(LEAD * step, np.quantile(tops, 1.0 if layout.is_free else USUAL))
    if layout.is_free:
        width = max([1.0, *(line[:, 0].max() for _, line in there)]) + 2 * edge
        n, last = len(lines), (len(lines) - 1) * step
        foot = max([last, *(i * step + line[:, 1].max() for i, line in there)])
        height = first + foot + edge
    else:
        width, height = sheet_size(layout.paper)
        first = min(first, height - edge)
        n = max(1, int((height - edge - first) / step) + 1)
    return (float(width), float(height)), [float(first + i * step) for i in range(n)]


def choose_start(
    line: Line,
    low: float,
    size: tuple[float, float],
    layout: Layout,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """Choose where a line begins: at a base line, and about there where the paper is not ruled."""
    width, height = size
    edge, shake = layout.edge, JITTER * layout.step
    spare = max(0.0, width - 2 * edge - line[:, 0].max())
    left = {"left": 0.0, "center": 0.5, "right": 1.0}[layout.align] * spare
    if not layout.is_free and layout.align == "left":
        left = min(spare, abs(rng.normal(0, shake)))
    if not layout.ruled:
        low += shake * float(np.clip(rng.normal(), -FARTHEST, FARTHEST))
    top, bottom = edge - line[:, 1].min(), height - edge - line[:, 1].max()
    return edge + left, float(np.clip(low, top, bottom))
