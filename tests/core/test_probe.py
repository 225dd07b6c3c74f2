"""What a goal says of a tensor, and that its gradient is what differences of it say."""

import numpy as np
import pytest

from neuropil.core.probe import Goal, Unit

LOGITS = np.random.default_rng(0).normal(size=(1, 5, 2, 3))
PLACE = (0, slice(None), 1, 2)
GOALS = [
    Goal.of_unit(Unit("y", (0, 3, 1, 2)), "a unit"),
    Goal.cross_entropy("-ln p", "y", PLACE, 4, 0.1),
    Goal.cross_entropy("-ln p", "y", PLACE, 0, 0.1, temperature=0.4),
]


@pytest.mark.parametrize("goal", GOALS, ids=lambda goal: goal.text)
def test_gradients_are_those_of_differences(goal: Goal) -> None:
    gradient, h = goal.gradient(LOGITS), 1e-6
    for index in np.ndindex(LOGITS.shape):
        moved = [LOGITS.copy() for _ in range(2)]
        moved[0][index] += h
        moved[1][index] -= h
        difference = (goal.value(moved[0]) - goal.value(moved[1])) / (2 * h)
        assert gradient[index] == pytest.approx(difference, rel=1e-6, abs=1e-9)


def test_cross_entropy_is_the_logarithm_of_softmax() -> None:
    z = LOGITS[PLACE] / 0.4
    p = np.exp(z) / np.exp(z).sum()
    goal = Goal.cross_entropy("-ln p", "y", PLACE, 2, 0.1, temperature=0.4)
    assert goal.value(LOGITS) == pytest.approx(-np.log(p[2]), rel=1e-12)
    assert goal.learning_rate == 0.1
    assert np.isfinite(goal.value(1000 * LOGITS))


def test_a_unit_is_looked_at_and_not_moved() -> None:
    goal = Goal.of_unit(Unit("y", (0, 3, 1, 2)), "a unit")
    assert goal.value(LOGITS) == LOGITS[0, 3, 1, 2]
    assert goal.learning_rate is None
