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


def outputs(told: dict[str, Any], **given: Any) -> list[float]:
    kept = {"weights": told["weights"], "biases": told["biases"]}
    each = [play(**{**given, **kept, "shown": n}) for n in range(4)]
    return [one["layers"][-1][0]["a"] for one in each]


def test_one_hidden_layer_learns_xor() -> None:
    told = trained([2, 4, 1], ["tanh", "sigmoid"])
    given = {**XOR, "sizes": [2, 4, 1], "activations": ["tanh", "sigmoid"]}
    assert np.round(outputs(told, **given)).tolist() == [0, 1, 1, 0]
    assert told["losses"][-1] < 0.3


def test_without_activation_it_is_a_straight_line_and_fails() -> None:
    given = {**XOR, "loss": "mean-squares", "sizes": [2, 4, 1], "activations": ["none", "none"]}
    told = play(**given, steps=500, rate=0.1)
    assert outputs(told, **given) == pytest.approx([0.5] * 4, abs=0.01)
    rows = np.array(told["field"]["value"])
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
    for change in ({"points": []}, {"points": [[0, 0], [1]]}, {"held_out": 1}):
        with refused("option.conflict", "each point needs a target"):
            play(**{**usual, **change})
    for change in ({"loss": "classes"}, {"sizes": [2, 2], "targets": [[0, 1]], "loss": "classes"}):
        with refused("option.conflict", "no activation at the end"):
            play(**{**usual, **change})
    with refused("option.conflict", "read as a digit"):
        play(**usual, strokes=[[(0, 0)]])
    with refused("option.conflict", "sigmoid"):
        play(**{**usual, "activations": ["relu"], "loss": "log"})
    with pytest.raises(ValueError, match="less than or equal to 64"):
        play(**{**usual, "sizes": [2, 65]})


def test_numbers_that_grow_without_bound_are_said() -> None:
    given = {**XOR, "loss": "half-squares", "sizes": [2, 4, 1], "activations": ["none", "none"]}
    with refused("option.range", "smaller rate"):
        play(**given, steps=500, rate=100)


DIGITS: dict[str, Any] = {
    "data": "digits",
    "sizes": [64, 16, 10],
    "activations": ["tanh", "none"],
    "loss": "classes",
    "rate": 0.5,
}
DRAWN: dict[int, list[list[tuple[float, float]]]] = {  # as a hand draws them, anywhere
    0: [[(0.5, 0.1), (0.3, 0.3), (0.3, 0.7), (0.5, 0.9), (0.7, 0.7), (0.7, 0.3), (0.5, 0.1)]],
    1: [[(0.4, 0.3), (0.52, 0.1), (0.5, 0.9)]],
    2: [[(0.3, 0.3), (0.5, 0.1), (0.7, 0.3), (0.5, 0.6), (0.3, 0.9), (0.7, 0.9)]],
    4: [[(0.55, 0.1), (0.3, 0.6), (0.75, 0.6)], [(0.6, 0.4), (0.55, 0.9)]],
    7: [[(0.3, 0.1), (0.7, 0.1), (0.5, 0.5), (0.4, 0.9)], [(0.35, 0.5), (0.65, 0.5)]],
}


@pytest.fixture(scope="module")
def learned_digits() -> dict[str, Any]:
    told = play(**DIGITS)
    for _ in range(8):
        told = play(**DIGITS, weights=told["weights"], biases=told["biases"], steps=50)
    return told


def test_digits_are_learned_from_and_judged_by_others(learned_digits: dict[str, Any]) -> None:
    classes = learned_digits["classes"]
    assert classes["right"]["learned"] > 0.93
    assert classes["right"]["held_out"] > 0.9
    assert np.sum(classes["confusion"]) == 360
    assert sum(classes["shares"]) == pytest.approx(1)
    assert learned_digits["field"] is None


@pytest.mark.parametrize("digit", DRAWN)
def test_a_drawn_digit_is_read(learned_digits: dict[str, Any], digit: int) -> None:
    kept = {"weights": learned_digits["weights"], "biases": learned_digits["biases"]}
    told = play(**DIGITS, **kept, strokes=DRAWN[digit], opened=(0, 3))
    assert int(np.argmax(told["classes"]["shares"])) == digit
    assert told["target"] is None
    assert told["opened"]["proved"]
    assert "64 inputs" in told["opened"]["text"]
    small = [[(0.2 + 0.1 * x, 0.7 + 0.1 * y) for x, y in line] for line in DRAWN[digit]]
    again = play(**DIGITS, **kept, strokes=small)
    assert again["layers"][0][0]["x"] == pytest.approx(told["layers"][0][0]["x"], abs=0.02)


def test_a_dot_is_a_drawing_too() -> None:
    (neuron, *_), _ = play(**DIGITS, strokes=[[(0.3, 0.3)]])["layers"]
    pixels = np.reshape(neuron["x"], (8, 8))
    assert pixels[3:5, 3:5].min() == 1
    assert pixels[0].max() == 0


def test_too_much_at_once_is_refused() -> None:
    with refused("option.range", "take fewer"):
        play(
            **{**DIGITS, "sizes": [64, 64, 64, 10], "activations": ["tanh", "tanh", "none"]},
            steps=500,
        )


def test_classes_of_points_are_separated() -> None:
    rng = np.random.default_rng(0)
    centers = np.array([[-1, 0], [1, 0], [0, 1.5]])
    labels = np.arange(60) % 3
    points = centers[labels] + 0.2 * rng.normal(size=(60, 2))
    told = play(
        sizes=[2, 4, 3],
        activations=["tanh", "none"],
        points=points.tolist(),
        targets=np.eye(3)[labels].tolist(),
        loss="classes",
        held_out=12,
        steps=200,
        rate=1,
        edge=3,
    )
    assert told["classes"]["right"] == {"learned": 1, "held_out": 1}
    assert np.array(told["field"]["kind"]).shape == (R, R)
    assert set(np.ravel(told["field"]["kind"])) == {0, 1, 2}
    assert np.min(told["field"]["value"]) >= 1 / 3
