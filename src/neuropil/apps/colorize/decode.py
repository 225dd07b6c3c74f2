"""From the network's logits to colors: what comes after the last neuron, as plain arithmetic.

    N  colors of the palette c_1 ... c_N      h, w  cells of the grid      B  colorings at once

    p_n = exp(z_n / T) / sum_m exp(z_m / T)          softmax, annealed by the temperature T
    (a, b) = sum_n p_n * c_n                         annealed mean (Zhang et al. 2016, equation 5)

T = 1 is the mean of all that the network thinks possible, which is what has the least squared error
and is pale where it is unsure; as T falls the mean moves towards the likeliest color and becomes
vivid.
"""

import numpy as np

from neuropil.apps.colorize.cielab import Floats
from neuropil.apps.colorize.hints import NARROW, WIDE


def probabilities(logits: Floats, temperature: float = 1.0) -> Floats:
    """Turn logits (B, N, h, w) into probabilities over N."""
    z = logits / np.float32(temperature)
    likely = np.exp(z - z.max(axis=1, keepdims=True))
    p: Floats = likely / likely.sum(axis=1, keepdims=True)
    return p


def mean_color(p: Floats, palette: Floats) -> Floats:
    """Average the palette (N, 2) by probabilities (B, N, h, w): (B, h, w, 2)."""
    return np.tensordot(p, palette, axes=(1, 0)).astype(np.float32)


def uncertainty(p: Floats, palette: Floats) -> Floats:
    """Measure by how many ab units the color may well be off: (B, h, w).

    The root of the variance, sum_n p_n |c_n - mean|^2 = sum_n p_n |c_n|^2 - |mean|^2.
    """
    mean = mean_color(p, palette)
    square = np.tensordot(p, (palette**2).sum(axis=1), axes=(1, 0))
    variance: Floats = np.maximum(square - (mean**2).sum(axis=-1), 0).astype(np.float32)
    return np.sqrt(variance)


def rank_hint_cells(doubt: Floats, likeness: Floats, n: int) -> list[tuple[int, int]]:
    """Find the n cells (row, column) where being told the color would help most, best first.

    A hint at cell i is worth the doubt that it takes away: sum_j w_ij * doubt_j^2, with the weights
    w_ij (h w, h w) by which hints spread. What one hint settles is not counted for the next.
    """
    open_doubt = doubt.ravel() ** 2
    asked = np.zeros(open_doubt.shape, bool)
    found = []
    for _ in range(min(n, len(asked))):
        worth = np.where(asked, -1, likeness @ open_doubt)
        i = int(worth.argmax())
        asked[i] = True
        found.append(divmod(i, doubt.shape[1]))
        open_doubt = open_doubt * (1 - likeness[i])
    return found


def affinity(lightness: Floats) -> Floats:
    """Weigh every pair of cells as hints spread, near and as light: (h w, h w)."""
    h, w = lightness.shape
    y, x = (axis.ravel() for axis in np.indices((h, w), dtype=np.float32))
    light = lightness.ravel()
    reach, tolerance = (NARROW[0] + WIDE[0]) / 2, (NARROW[1] + WIDE[1]) / 2
    far = (y[:, None] - y) ** 2 + (x[:, None] - x) ** 2
    unlike = (light[:, None] - light) ** 2
    weight: Floats = np.exp(-far / (2 * reach**2) - unlike / (2 * tolerance**2))
    return weight
