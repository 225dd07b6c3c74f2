"""Other colorings that a person could believe, by letting the network imagine its own hints.

One coloring is made like this: find the place of the greatest doubt, draw one color from what the
network thinks possible there, tell it that color as a hint, and look again; three times. Because
each draw is made knowing the ones before, the colors of a picture fit together. The first draws of
the n colorings are spread evenly over the possible colors, so that the colorings differ. Each draw
reaches over the thing that it lies on, as hints that surprise do (`locality.py`).

    N  colors of the palette     h, w  cells of the grid     K  hints
"""

from collections.abc import Callable, Sequence

import numpy as np

from neuropil.apps.colorize.cielab import Floats
from neuropil.apps.colorize.decode import affinity, probabilities, rank_hint_cells, uncertainty
from neuropil.apps.colorize.locality import HintArrays

N_DRAWS = 3  # imagined hints in one coloring
SAMPLING_POWER = 1.5  # colors are drawn by p^1.5: likely ones more often, absurd ones never


def sample_hint_sets(
    predict: Callable[[Sequence[HintArrays]], Floats],
    palette: Floats,
    lightness: Floats,
    told: HintArrays,
    n: int,
    rng: np.random.Generator,
) -> list[HintArrays]:
    """Imagine n sets of hints; `predict` maps sets of hints to logits (n, N, h, w)."""
    sets, weights = [told] * n, affinity(lightness)
    for draw in range(N_DRAWS):
        p = probabilities(predict(sets))
        uncertain = uncertainty(p, palette)
        chances = (np.arange(n) + rng.random()) / n if draw == 0 else rng.random(n)
        for i in range(n):
            ((row, column),) = rank_hint_cells(uncertain[i], weights, 1)
            color = sample_color(p[i, :, row, column], palette, chances[i])
            place = np.array([[row + 0.5, column + 0.5]], np.float32)
            places, colors = sets[i]
            sets[i] = np.concatenate((places, place)), np.concatenate((colors, color[None]))
    return sets


def sample_color(p: Floats, palette: Floats, chance: float) -> Floats:
    """Draw the color (a, b) at which `chance` (0..1) of the probability lies behind.

    The colors stand in a row along the main axis of their distribution.
    """
    sharp = p.astype(np.float64) ** SAMPLING_POWER
    sharp /= sharp.sum()
    apart = palette - sharp @ palette
    _, axes = np.linalg.eigh((apart * sharp[:, None]).T @ apart)
    order = np.argsort(apart @ axes[:, -1])
    reached = int(np.searchsorted(np.cumsum(sharp[order]), chance))
    chosen: Floats = palette[order[min(reached, len(order) - 1)]]
    return chosen


def likelihood_ratio(one: Floats, other: Floats, p: Floats, palette: Floats) -> float:
    """Divide how likely two colorings (h, w, 2) are by p (N, h, w): geometric means over cells."""
    log_p = np.log(np.maximum(p, np.finfo(np.float32).tiny))

    def mean_log(ab: Floats) -> float:
        nearest = ((ab[..., None, :] - palette) ** 2).sum(axis=-1).argmin(axis=-1)
        return float(np.take_along_axis(log_p, nearest[None], axis=0).mean())

    return float(np.exp(mean_log(one) - mean_log(other)))
