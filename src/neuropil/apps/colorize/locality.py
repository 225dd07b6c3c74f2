"""How far hints reach that the network did not expect: over the things that they lie on.

    K  hints     h, w  cells of the grid     places are (y, x) in cells, colors are (a, b)
    N  colors of the palette

The network lets a hint color much of a picture. Where the hint is about what the network thought
anyway, that is right: all of the scene becomes clearer. A strong hint of another color would tint
what has nothing to do with it. So colors are mixed, cell by cell,

    (a, b) = m · (a, b) told all hints + (1 - m) · (a, b) told none that surprises

    m = exp(-d⁶ / 2)    d = surprise · shortest path from such a hint, the least of all

where a path is longer the more lightness and the colors that the network holds possible change on
it: a white wall and a sky may be equally light, but not of the same colors. The sixth power keeps m
near 1 on the thing and near 0 off it; with a square a third of the hint's color was left behind the
first edge. All three come from the photograph and the hints, so m is a plain weight in the sum.
"""

from dataclasses import dataclass

import numpy as np

from neuropil.apps.colorize.cielab import Floats
from neuropil.apps.colorize.hints import to_cells

EXPECTED, SURPRISING = 20.0, 45.0  # ab units off what the network thought: none, full surprise
REACH = 60.0  # cells of one tone that make a path of length 1
CHANGE_OF_LIGHT = 50.0  # units of L that do
CHANGE_OF_COLORS = 1.6  # distance of √p, 0 to √2, that does
FALL = 6  # power of d
NEIGHBORS = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if dy or dx]

HintArrays = tuple[Floats, Floats]  # places (K, 2) in cells, colors (K, 2)
NO_HINTS: HintArrays = (np.zeros((0, 2), np.float32), np.zeros((0, 2), np.float32))


@dataclass(frozen=True)
class LocalColors:
    """Colors of the cells, and what they were mixed of.

    told, expected: (h, w, 2), told all hints and told none that surprises
    share: m, (h, w), of the first
    expected_hints: those that the second was told
    """

    told: Floats
    expected: Floats
    share: Floats
    expected_hints: HintArrays

    @property
    def ab(self) -> Floats:
        """Mix them: (h, w, 2)."""
        m = self.share[..., None]
        return m * self.told + (1 - m) * self.expected


def measure_surprise(told: HintArrays, ab: Floats) -> Floats:
    """Measure how far hints are from the colors (h, w, 2) thought without them: 0 to 1 each (K)."""
    places, colors = told
    row, column = to_cells(places, ab.shape[:2]).T
    off = np.hypot(*(colors - ab[row, column]).T)
    surprise: Floats = np.clip((off - EXPECTED) / (SURPRISING - EXPECTED), 0, 1)
    return surprise


def reach_of_hints(places: Floats, surprise: Floats, lightness: Floats, p: Floats) -> Floats:
    """Calculate m (h, w) of hints that surprise, with L (h, w).

    p: probabilities (N, h, w) of the colors, thought without these hints
    """
    colors = np.sqrt(np.moveaxis(p, 0, -1)) / CHANGE_OF_COLORS
    features = np.concatenate((lightness[..., None] / CHANGE_OF_LIGHT, colors), -1)
    paths = shortest_paths(to_cells(places, lightness.shape), features)
    d = (surprise[:, None, None] * paths).min(axis=0)
    m: Floats = np.exp(-(d**FALL) / 2).astype(np.float32)
    return m


def shortest_paths(
    starts: np.ndarray[tuple[int, int], np.dtype[np.intp]], values: Floats
) -> Floats:
    """Measure the shortest paths from K cells (K, 2) to all others: (K, h, w).

    A step to one of eight neighbors is as long as the change of values (h, w, C) and of place.
    """
    h, w, _ = values.shape
    length = np.full((len(starts), h + 2, w + 2), np.inf, np.float32)
    inner = length[:, 1:-1, 1:-1]
    inner[np.arange(len(starts)), starts[:, 0], starts[:, 1]] = 0
    steps = [step_lengths(values, dy, dx) for dy, dx in NEIGHBORS]
    while True:
        before = inner.copy()
        for (dy, dx), step in zip(NEIGHBORS, steps, strict=True):
            np.minimum(inner, shift(length, dy, dx) + step, out=inner)
        if np.array_equal(before, inner):
            return before


def step_lengths(values: Floats, dy: int, dx: int) -> Floats:
    """Measure the step from each cell of (h, w, C) to its neighbor: (h, w)."""
    h, w, _ = values.shape
    padded = np.pad(values, ((1, 1), (1, 1), (0, 0)), mode="edge")
    change = padded[1 + dy : 1 + dy + h, 1 + dx : 1 + dx + w] - values
    far = (dy**2 + dx**2) / REACH**2
    lengths: Floats = np.sqrt((change**2).sum(axis=-1) + far).astype(np.float32)
    return lengths


def shift(padded: Floats, dy: int, dx: int) -> Floats:
    """Look at the neighbors of all cells of (K, h + 2, w + 2): (K, h, w)."""
    _, height, width = padded.shape
    return padded[:, 1 + dy : height - 1 + dy, 1 + dx : width - 1 + dx]
