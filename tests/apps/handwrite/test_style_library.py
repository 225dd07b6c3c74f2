"""Which styles are named: those whose lines are told apart."""

import numpy as np
import pytest
from numpy.typing import NDArray

from neuropil.apps.handwrite.lab.style_library import select_distinct, separability


def log_shares(confused: list[tuple[int, int]], N: int, L: int = 2) -> NDArray[np.float64]:
    """Let every line be its writer's, but those of the pairs given be either's."""
    p = np.full((N, L, N), 0.01)
    for i in range(N):
        p[i, :, i] = 1
    for i, j in confused:
        p[i, :, j] = p[j, :, i] = 1
    shares: NDArray[np.float64] = p / p.sum(axis=2, keepdims=True)
    return np.log(shares)


def test_lines_are_clear_where_nothing_like_them_is_chosen() -> None:
    log_p = log_shares([(0, 1)], 3)
    assert separability(log_p, [0, 1]) == pytest.approx(np.log(0.5))
    assert separability(log_p, [0, 2]) == pytest.approx(np.log(1 / 1.01))
    assert separability(log_p, [0, 1, 2]) == pytest.approx(
        (2 * np.log(1 / 2.01) + np.log(1 / 1.02)) / 3
    )


def test_styles_that_are_confused_are_not_both_chosen() -> None:
    confused = [(0, 1), (2, 3), (4, 5), (6, 7)]
    chosen = select_distinct(log_shares(confused, 8), 4)
    assert sorted(place // 2 for place in chosen) == [0, 1, 2, 3]


def test_a_choice_that_came_too_early_is_exchanged() -> None:
    """0 is clearest among few, but like each of the three that go together best."""
    log_p = log_shares([(0, 1), (0, 2), (0, 3)], 4)
    assert sorted(select_distinct(log_p, 3)) == [1, 2, 3]
