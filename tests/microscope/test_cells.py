"""Cells of GRU and RNN layers: their gates, where they begin and end, their gradients."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from operator_cases import RNG, built
from zoo import numbers_for, parse

from neuropil.core.probe import Goal, Step, Unit
from neuropil.core.tensor import Tensor
from neuropil.microscope.activations import (
    Activations,
    apply_node,
    gradients,
    record_activations,
    to_operand,
)
from neuropil.microscope.graph import parse_model
from neuropil.microscope.nodes import Array
from neuropil.microscope.open_unit import OpeningContext, open_unit
from neuropil.microscope.targets import ArrayInput, probe_file
from neuropil.microscope.walk import walk_back

T, N, F, H = 12, 2, 6, 24
ROWS = {"GRU": 3 * H, "RNN": H}
RECURRENCES: list[tuple[str, dict[str, Any]]] = [
    ("GRU", {}),
    ("GRU", {"linear_before_reset": 1}),
    ("RNN", {}),
    ("RNN", {"activations": ["Relu", "Relu"]}),
]
IDS = ["GRU", "GRU, linear before reset", "RNN", "RNN of relu"]


def run(op: str, settings: dict[str, Any], size: float = 1.0) -> Activations:
    """Run both directions of a random layer, from a state that is given."""
    rng = RNG(3)
    shapes = ((2, ROWS[op], F), (2, ROWS[op], H), (2, 2 * ROWS[op]), (2, N, H))
    w, r, b, h = (rng.normal(0, 0.2 * size, shape).astype(np.float32) for shape in shapes)
    settings = {"hidden_size": H, "direction": "bidirectional", **settings}
    x = rng.normal(size=(T, N, F)).astype(np.float32)
    return record_activations(built(op, x.shape, [w, r, b, None, h], settings), {"x": x})


def opened(activations: Activations, unit: Unit) -> list[Step]:
    """Open a unit with its gradients, of which L is the unit itself."""
    goal = Goal.of_unit(unit, "y")
    return open_unit(
        activations, unit, OpeningContext(goal, gradients(activations, goal, "x"), str)
    )


@pytest.mark.parametrize("size", [0.1, 1.0, 10.0])
@pytest.mark.parametrize(("op", "settings"), RECURRENCES, ids=IDS)
def test_cells_are_proven_and_a_wrong_one_is_seen(
    op: str, settings: dict[str, Any], size: float
) -> None:
    if settings.get("activations") and size == 10:
        size = 2.0  # relu over relu grows beyond all numbers
    activations = run(op, settings, size)
    y = activations.values["y0"]
    rng = RNG(4)
    for _ in range(20):
        unit = Unit("y0", tuple(int(rng.integers(n)) for n in y.shape))
        steps = opened(activations, unit)
        assert len(steps) == (1 if op == "RNN" else 4)
        assert all(step.record.check().passed for step in steps)
        assert steps[0].record.backward
        assert steps[0].record.backward.perturb, "dL/dz is proven, too"
        off = y.copy()
        off[unit.index] += np.float32(0.002 * max(1.0, abs(off[unit.index])))
        wrong = Activations(activations.graph, {**activations.values, "y0": off})
        assert not opened(wrong, unit)[0].record.check().passed


def sigmoid(z: Array) -> Array:
    made: Array = 1 / (1 + np.exp(-z))
    return made


@pytest.mark.parametrize("is_linear", [0, 1])
def test_gates_of_a_gru_are_those_of_the_equations(is_linear: int) -> None:
    """Calculate one step in float64 as ONNX describes it, and find the same in the gates."""
    activations = run("GRU", {"linear_before_reset": is_linear})
    x, w, r, b, y = (
        activations.values[name].astype(np.float64) for name in ("x", "c0", "c1", "c2", "y0")
    )
    t, d, n, k = 5, 1, 1, 7
    before = y[t + 1, d, n]  # the second direction goes backwards
    of_x, of_h = np.split(b[d], 2)
    (xz, xr, xh), (hz, hr, _) = (
        np.split(part, 3) for part in (w[d] @ x[t, n] + of_x, r[d] @ before + of_h)
    )
    update, reset = sigmoid(xz + hz), sigmoid(xr + hr)
    rh, bh = r[d][2 * H :], of_h[2 * H :]
    past = reset * (rh @ before + bh) if is_linear else rh @ (reset * before) + bh
    candidate = np.tanh(xh + past)
    top, *gates = opened(activations, Unit("y0", (t, d, n, k)))
    for step, value in zip(gates, (update, reset, candidate), strict=True):
        assert step.record.a == pytest.approx(value[k], abs=1e-6)
        assert len(step.record.terms) == F + H
    assert top.record.a == pytest.approx(y[t, d, n, k], abs=1e-6)
    assert [term.w for term in top.record.terms] == pytest.approx([1 - update[k], update[k]])
    assert top.sources[1] == Unit("y0", (t + 1, d, n, k))
    assert top.record.terms[0].x == gates[top.children[0] - 1].record.observed.a
    through = reset[k] if is_linear else reset[3]  # what lets cell 3 through
    assert gates[2].record.terms[F + 3].w == pytest.approx(through * rh[k, 3], rel=1e-5)
    assert gates[2].record.terms[F + 3].name.endswith("by the reset gate")
    assert not gates[2].record.terms[F + 3].learned
    assert gates[2].record.terms[0].learned


@pytest.mark.parametrize(("op", "settings"), RECURRENCES, ids=IDS)
def test_a_sequence_begins_with_the_state_that_is_given(op: str, settings: dict[str, Any]) -> None:
    activations = run(op, settings)
    for unit, begin in (
        (Unit("y0", (0, 0, 1, 2)), Unit("c4", (0, 1, 0))),
        (Unit("y0", (T - 1, 1, 0, 2)), Unit("c4", (1, 0, 0))),
    ):
        step = opened(activations, unit)[-1]
        assert step.sources[F] == begin
        assert step.record.terms[F].x == activations.value(begin)


def test_cells_are_named_by_their_time() -> None:
    text = (
        "(float[2,1,1] x, float[1,1,1] begin) => (float[] h) <float[1,1,1] w = {1}>"
        " { , h = RNN <hidden_size=1> (x, w, w, , , begin) }"
    )
    model = parse(text)
    graph, feeds = parse_model(model), [ArrayInput(n, x) for n, x in numbers_for(model).items()]
    walk = walk_back(graph, probe_file(graph, Path("n"), feeds, "h,0,0,0", None), depth=2)
    upper, lower = (step.record for step in walk.steps)
    assert [upper.name, *(term.name for term in upper.terms)] == [
        "cell 0 at the end of h",
        "x 1, 0, 0",
        "cell 0 at time 0 of h",
    ]
    assert lower.name == "cell 0 at time 0 of h"
    assert lower.terms[1].name == "cell 0 at the start of h"
    assert model.graph.node[0].output[0] == "", "the model that is read stays as it is"


@pytest.mark.parametrize("op", ["GRU", "LSTM", "RNN"])
def test_the_end_opens_as_the_last_of_all_times_does(op: str) -> None:
    gates = {"GRU": 3, "LSTM": 4, "RNN": 1}[op]
    text = (
        f"(float[3,1,2] x) => (float[] y, float[] h) <float[2,{gates},2] w, float[2,{gates},1] r>"
        f' {{ y, h = {op} <hidden_size=1, direction="bidirectional"> (x, w, r) }}'
    )
    text = text.replace("] w,", "] w = {" + ",".join("0.5" for _ in range(4 * gates)) + "},")
    text = text.replace("] r>", "] r = {" + ",".join("0.7" for _ in range(2 * gates)) + "}>")
    x = np.linspace(-1, 1, 6, dtype=np.float32).reshape(3, 1, 2)
    activations = record_activations(parse_model(parse(text)), {"x": x})
    for d, t in ((0, 2), (1, 0)):
        end = opened(activations, Unit("h", (d, 0, 0)))
        last = opened(activations, Unit("y", (t, d, 0, 0)))
        assert all(step.record.check().passed for step in end)
        assert [s.record.terms[0].x for s in end] == [s.record.terms[0].x for s in last]
        assert [s.record.z for s in end] == [s.record.z for s in last]


@pytest.mark.parametrize(("number", "weight", "place"), [(2, 0, (0, 3, 2)), (F + 5, 1, (0, 3, 5))])
def test_weights_of_an_rnn_have_the_gradient_of_all_times(
    number: int, weight: int, place: tuple[int, ...]
) -> None:
    """Compare dL/dw with what a change of w, which all times share, does to L."""
    activations = run("RNN", {})
    unit = Unit("y0", (4, 0, 1, 3))
    goal = replace(Goal.of_unit(unit, "y"), learning_rate=0.1)
    slopes = gradients(activations, goal, "x")
    (step,) = open_unit(activations, unit, OpeningContext(goal, slopes, str))
    assert step.record.check().passed
    (node,) = activations.graph.nodes
    inputs = [to_operand(activations.values.get(name), np.float64) for name in node.inputs]
    moved = []
    for by in (1e-5, -1e-5):
        value = inputs[1 + weight].value.copy()
        value[place] += by
        given = [Tensor(value) if i == 1 + weight else x for i, x in enumerate(inputs)]
        moved.append(apply_node(node, given)[0].value[unit.index])
    slope = (moved[0] - moved[1]) / 2e-5
    assert step.record.dL_dw[number] == pytest.approx(slope, rel=1e-5)
    assert step.record.dL_dw[number] != pytest.approx(
        step.record.dL_dz * step.record.terms[number].x
    )


def test_shares_of_a_linear_classifier_are_proven_and_a_wrong_one_is_seen() -> None:
    rng = RNG(5)
    n_classes, n_features = 5, 30
    w, b = rng.normal(size=(n_classes, n_features)), rng.normal(size=n_classes)
    numbers = [", ".join(f"{value:.6f}" for value in each.ravel()) for each in (w, b)]
    text = (
        f"(float[3,{n_features}] x) => (int64[] l, float[] p)"
        " { a = Tanh (x)  l, p = ai.onnx.ml.LinearClassifier"
        f" <coefficients=[{numbers[0]}], intercepts=[{numbers[1]}],"
        ' classlabels_ints=[0,1,2,3,4], post_transform="SOFTMAX"> (a) }'
    )
    x = rng.normal(size=(3, n_features)).astype(np.float32)
    activations = record_activations(parse_model(parse(text)), {"x": x})
    p = activations.values["p"]
    wrong = Activations(activations.graph, {**activations.values, "p": p + np.float32(1e-4)})
    for index in np.ndindex(p.shape):
        share, power = opened(activations, Unit("p", index))
        assert share.record.check().passed
        assert power.record.check().passed
        assert share.record.terms[index[1]].x == power.record.observed.a
        assert [term.w for term in power.record.terms] == pytest.approx(w[index[1]], abs=1e-5)
        assert power.sources[4] == Unit("a", (index[0], 4))
        assert not opened(wrong, Unit("p", index))[0].record.check().passed
    goal = Goal.of_unit(Unit("p", (1, 2)), "p")
    (step,) = open_unit(
        activations, Unit("a", (1, 4)), OpeningContext(goal, gradients(activations, goal, "x"), str)
    )
    assert step.record.backward
    assert step.record.dL_da == pytest.approx(float(p[1, 2] * (w[2, 4] - p[1] @ w[:, 4])), rel=1e-4)
    assert step.record.check().passed
