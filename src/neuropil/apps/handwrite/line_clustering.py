"""Which strokes of a drawing make a line of writing: hills of ink along the slope of the page.

K  strokes of a drawing
"""

from itertools import pairwise

import numpy as np

from neuropil.apps.handwrite.svg_strokes import Places
from neuropil.kit.errors import UserError

TILTS = np.linspace(-0.25, 0.25, 51)  # slopes dy/dx that the lines of a page may have
BLURS = (0.35, 0.3, 0.4)  # of a stroke's height: widths to see lines at, best first
TALL = 0.4  # of a stroke's height: what is less tall is a dot or a cross
DOTS = 0.4  # of the way down to the next line: dots from there on are the next line's
FAINT = 1e-3  # of the highest hill: what is lower is none
LIKELY_TILT = 0.2  # standard deviation of the slopes of lines
MAX_SAMPLED_STROKES = 800  # strokes that the lines are found by
GRID = 4000  # places between top and bottom where strokes are counted
TEXTS = 'as in "first line\\nsecond line"'


def cluster_lines(strokes: list[Places], n: int) -> list[list[Places]]:
    """Sort strokes into n lines of writing, top first; raises UserError where n are not seen.

    Seen from along the lines, the middles of strokes are dense at each line and rare between two.
    A stroke is of the line whose hill of density it lies on. Dots and crosses don't make hills;
    they lie above what they belong to, so a line begins nearer to the line above for them.
    """
    middle, height = project(strokes, estimate_slope(strokes))
    typical = weighted_height(height)
    tall = height >= TALL * typical
    seen = [density_peaks(middle[tall], blur * typical) for blur in BLURS]
    tops, valleys = next(((t, v) for t, v in seen if len(t) == n), seen[0])
    if len(tops) != n:
        raise UserError("text.mismatch", mismatch_message(len(tops), n))
    dots_from = tops[:-1] + DOTS * np.diff(tops)
    place = np.where(tall, np.searchsorted(valleys, middle), np.searchsorted(dots_from, middle))
    return [[strokes[i] for i in np.flatnonzero(place == k)] for k in range(n)]


def project(strokes: list[Places], slope: float) -> tuple[Places, Places]:
    """Measure strokes across lines of a slope dy/dx: their middles (K) and heights (K)."""
    x, y = np.concatenate(strokes).T
    starts = np.cumsum([0] + [len(places) for places in strokes[:-1]])
    down = y - slope * x
    top, foot = np.minimum.reduceat(down, starts), np.maximum.reduceat(down, starts)
    return (top + foot) / 2, foot - top


def weighted_height(height: Places) -> float:
    """Average heights (K), each as heavy as it is tall, so that dots don't count."""
    return float((height @ height) / max(height.sum(), 1e-300))


def estimate_slope(strokes: list[Places]) -> float:
    """Find the slope dy/dx of the lines: that from along which strokes are flat and lie close."""
    if len(strokes) > MAX_SAMPLED_STROKES:
        strokes = strokes[:: -(-len(strokes) // MAX_SAMPLED_STROKES)]
    return float(max(sorted(TILTS, key=abs), key=lambda slope: density_score(strokes, slope)))


def density_score(strokes: list[Places], slope: float) -> float:
    """Weigh a slope s: exp(-s²/2S²) sum_ij w_i w_j N(m_i - m_j; 2σ²), the squared density."""
    middle, height = project(strokes, slope)
    width = max(BLURS[0] * weighted_height(height), 1e-9 * np.ptp(middle), 1e-12)
    apart = (middle[:, None] - middle) / width
    likely = np.exp(-((slope / LIKELY_TILT) ** 2) / 2)
    return float(likely * (height @ np.exp(-(apart**2) / 4) @ height) / width)


def density_peaks(middle: Places, width: float) -> tuple[Places, Places]:
    """Find where strokes are dense, blurred by a width: the tops, the valleys between them."""
    low, high = middle.min() - 3 * width, middle.max() + 3 * width
    count, edges = np.histogram(middle, GRID, (low, high) if high > low else None)
    step = edges[1] - edges[0]
    reach = min(int(5 * width / step) + 1, GRID // 2 - 1)
    kernel = np.exp(-((np.arange(-reach, reach + 1) * step / max(width, step)) ** 2) / 2)
    density = np.convolve(count, kernel, mode="same")
    rises = np.diff(density) > 0
    tops = np.flatnonzero(rises[:-1] & ~rises[1:]) + 1
    tops = tops[density[tops] > FAINT * density.max()]
    valleys = [a + int(density[a:b].argmin()) for a, b in pairwise(tops)]
    return edges[tops] + step / 2, edges[valleys] + step / 2


def mismatch_message(n_found: int, n_given: int) -> str:
    """Say that lines of writing and lines of text are not as many."""
    return (
        f"{pluralize(n_found, 'line')} of writing found and"
        f" {pluralize(n_given, 'line')} of text given;"
        f" give one line of text for each, {TEXTS}, or save the lines one by one under"
        ' "lines" of a JSON file'
    )


def pluralize(n: int, what: str) -> str:
    """Word a number of things."""
    return f"{n} {what}" if n == 1 else f"{n} {what}s"
