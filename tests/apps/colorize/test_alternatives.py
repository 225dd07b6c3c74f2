"""How likely one coloring is beside another."""

import numpy as np
import pytest

from neuropil.apps.colorize.alternatives import likelihood_ratio


def test_likelihoods_are_geometric_means_over_cells() -> None:
    palette = np.array([[0, 0], [40, 0], [0, 40]], np.float32)
    p = np.array([0.5, 0.25, 0.125], np.float32)[:, None, None].repeat(2, axis=2)  # (3, 1, 2)
    grey, red, mixed = (palette[list(q)][None] for q in ((0, 0), (1, 1), (0, 2)))
    assert likelihood_ratio(red, grey, p, palette) == pytest.approx(0.5)
    assert likelihood_ratio(grey + 9, red - 9, p, palette) == pytest.approx(2)
    assert likelihood_ratio(mixed, grey, p, palette) == pytest.approx(0.5)  # 1 · 1/4, root of it
    assert likelihood_ratio(grey, grey, 0 * p, palette) == 1
