"""The playground's arithmetic: it learns what it can, and its numbers are those of the books."""

from typing import Any

import numpy as np
import pytest

pytest.importorskip("pydantic")

from refusals import refused

from neuropil.surfaces.web.playground import Play, R, advance

XOR: dict[str, Any] = {
    "points": [[-1, -1], [-1, 1], [1, -1], [1, 1]],
    "targets": [[0], [1], [1], [0]],
    "loss": "log",
}
MAZUR: dict[str, Any] = {  # mattmazur.com, 2015, "A step by step backpropagation example"
    "sizes": [2, 2, 2],
    "activations": ["sigmoid", "sigmoid"],
    "points": [[0.05, 0.10]],
    "targets": [[0.01, 0.99]],
    "weights": [[[0.15, 0.20], [0.25, 0.30]], [[0.40, 0.45], [0.50, 0.55]]],
    "biases": [[0.35, 0.35], [0.60, 0.60]],
    "loss": "half-squares",
    "rate": 0.5,
}


def play(**changes: Any) -> dict[str, Any]:
    return advance(Play(**changes))


def trained(sizes: list[int], activations: list[str], rounds: int = 8) -> dict[str, Any]:
    given = {**XOR, "sizes": sizes, "activations": activations, "seed": 3, "rate": 0.5}
    told = play(**given)
    for _ in range(rounds):
        told = play(**given, weights=told["weights"], biases=told["biases"], steps=250)
    return told


def test_one_hidden_layer_learns_xor() -> None:
    told = trained([2, 4, 1], ["tanh", "sigmoid"])
    assert np.round(np.ravel(told["outputs"])).tolist() == [0, 1, 1, 0]
    assert told["losses"][-1] < 0.3


def test_without_activation_it_is_a_straight_line_and_fails() -> None:
    given = {**XOR, "loss": "mean-squares", "sizes": [2, 4, 1], "activations": ["none", "none"]}
    told = play(**given, steps=500, rate=0.1)
    assert np.ravel(told["outputs"]) == pytest.approx([0.5] * 4, abs=0.01)
    rows = np.array(told["field"])
    assert np.abs(np.diff(rows, 2, axis=0)).max() < 1e-9, "a plane has no bend"
    assert rows.shape == (R, R)


def test_a_step_is_the_one_of_a_published_example() -> None:
    before = play(**MAZUR)
    assert before["losses"] == [pytest.approx(0.298371109, abs=1e-9)]
    (first, _), (third, _) = before["layers"]
    assert (first["a"], third["a"]) == pytest.approx((0.593269992, 0.751365070), abs=1e-9)
    after = play(**MAZUR, steps=1)
    assert after["weights"][1][0] == pytest.approx([0.35891648, 0.408666186], abs=1e-9)
    assert after["weights"][0][0] == pytest.approx([0.149780716, 0.19956143], abs=5e-9)
    assert third["w_next"] == after["weights"][1][0]
    assert first["b_next"] == after["biases"][0][0]
    assert after["field"] is None


def test_a_neuron_is_written_out_with_its_proof() -> None:
    told = play(**MAZUR, opened=(1, 0))["opened"]
    assert told["proved"]
    assert "0.751365" in told["text"]


def test_one_point_moves_all_weights_by_the_gradient_that_is_told() -> None:
    told = play(sizes=[2, 3, 1], activations=["relu", "sigmoid"], **XOR)
    x = np.array(XOR["points"][0], float)
    for neuron in told["layers"][0]:
        assert neuron["z"] == pytest.approx(np.dot(neuron["w"], x) + neuron["b"])
        assert neuron["a"] == max(0, neuron["z"])


def test_what_does_not_fit_is_refused() -> None:
    usual = {"sizes": [2, 1], "activations": ["sigmoid"], "points": [[0, 0]], "targets": [[1]]}
    wrong: list[dict[str, Any]] = [
        {"activations": ["tanh", "tanh"]},
        {"points": [[0]]},
        {"targets": [[1, 1]]},
        {"shown": 1},
        {"weights": [[[1, 2, 3]]], "biases": [[0]]},
        {"opened": (0, 1)},
        {"opened": (1, 0)},
    ]
    for change in wrong:
        with refused("option.conflict", "[2, 1]"):
            play(**{**usual, **change})
    with refused("option.conflict", "sigmoid"):
        play(**{**usual, "activations": ["relu"], "loss": "log"})
    with pytest.raises(ValueError, match="less than or equal to 8"):
        play(**{**usual, "sizes": [2, 9]})


def test_numbers_that_grow_without_bound_are_said() -> None:
    given = {**XOR, "loss": "half-squares", "sizes": [2, 4, 1], "activations": ["none", "none"]}
    with refused("option.range", "smaller rate"):
        play(**given, steps=500, rate=100)
