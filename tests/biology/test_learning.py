"""Four rules learn digits, each about as well as it can, and none sees the test."""

import numpy as np
import pytest

from neuropil.biology import learning
from neuropil.biology.learning import RULES, accuracy
from neuropil.core.digits import Digits, digits


@pytest.fixture(scope="module")
def data() -> Digits:
    return digits()


@pytest.mark.parametrize(
    ("rule", "at_least", "n"), [("hebb", 0.85, 10), ("oja", 0.87, 24), ("backprop", 0.95, 32)]
)
def test_rule_learns(rule: str, at_least: float, n: int, data: Digits) -> None:
    learned = RULES[rule](data.x_train, data.y_train, 0)
    assert accuracy(learned, data.x_test, data.y_test) >= at_least
    assert learned.pictures.shape == (n, 8, 8)
    assert learned.seconds > 0


def test_timing_learns_in_one_pass(data: Digits, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "EPOCHS", 1)
    learned = RULES["stdp"](data.x_train, data.y_train, 0)
    assert accuracy(learned, data.x_test, data.y_test) >= 0.8
    assert learned.pictures.shape == (200, 8, 8)
    assert learned.synapses == 200 * 128


def test_rules_fail_where_labels_say_nothing(data: Digits) -> None:
    nonsense = np.random.default_rng(0).permutation(data.y_train)
    learned = RULES["hebb"](data.x_train, nonsense, 0)
    assert accuracy(learned, data.x_test, data.y_test) < 0.4
