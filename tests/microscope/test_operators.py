"""Every operator beside ONNX Runtime, with the settings that exporters use, and its derivative."""

from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper
from operator_cases import CASES, RNG, WHOLE, Shape, built, filled, floats
from refusals import refused
from zoo import OPENED, operators_in

from neuropil.core.formatting import to_text
from neuropil.core.probe import Goal, Unit
from neuropil.core.tensor import Tensor
from neuropil.microscope.activations import (
    apply_node,
    gradients,
    record_activations,
    to_operand,
)
from neuropil.microscope.graph import parse_model
from neuropil.microscope.nodes import Array
from neuropil.microscope.open_unit import OpeningContext, open_unit
from neuropil.microscope.operator_table import OPERATORS, find_operator
from neuropil.microscope.operators import UnsupportedOperator, arange
from neuropil.microscope.recurrences import refuse_unusual


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_operators_are_those_of_onnx(case: tuple[str, Shape, list[Any], dict[str, Any]]) -> None:
    op, shape, constants, settings = case
    x = floats(*(shape if shape != (0,) else (2, 9)), low=-1.0 if shape != (0,) else 0.1)
    graph = built(op, x.shape, constants, settings)
    activations = record_activations(graph, {"x": x})
    (node,) = graph.nodes
    others = [to_operand(activations.values.get(name), np.float64) for name in node.inputs[1:]]
    begin = Tensor(x.astype(np.float64), requires_grad=True)
    made = apply_node(node, [begin, *others])
    for name, y in zip(node.outputs, made, strict=False):
        assert y.shape == activations.values[name].shape
        assert y.value == pytest.approx(activations.values[name], rel=1e-4, abs=2e-6)
    assert made[0].requires_grad
    sway = RNG(1).normal(size=made[0].shape)
    made[0].backward(seed=sway)
    step = 1e-6 * RNG(2).normal(size=x.shape)
    up, down = (
        apply_node(node, [Tensor(begin.value + s), *others])[0].value for s in (step, -step)
    )
    assert begin.grad is not None
    assert float((begin.grad * step).sum()) == pytest.approx(
        float(((up - down) / 2 * sway).sum()), rel=1e-4, abs=1e-11
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_their_units_open(case: tuple[str, Shape, list[Any], dict[str, Any]]) -> None:
    """Open every unit: what it says is what ran, and the proof holds."""
    op, shape, constants, settings = case
    x = floats(*(shape if shape != (0,) else (2, 9)), low=-1.0 if shape != (0,) else 0.1)
    activations = record_activations(built(op, x.shape, constants, settings), {"x": x})
    name = activations.graph.outputs[0]
    for index in list(np.ndindex(activations.values[name].shape))[:40]:
        unit = Unit(name, index)
        goal = Goal.of_unit(unit, "y")
        context = OpeningContext(goal, gradients(activations, goal, "x"), str)
        if settings.get("approximate") == "tanh":
            with refused("network.no_neuron", op):
                open_unit(activations, unit, context)
            continue
        stages = open_unit(activations, unit, context)
        assert stages[0].record.observed.a == float(activations.values[name][index])
        for stage in stages:
            assert stage.record.check().passed, stage.record
            for source, term in zip(stage.sources, stage.record.terms, strict=False):
                if source:
                    assert term.x == float(activations.values[source.tensor][source.index])


def test_every_operator_has_a_case() -> None:
    assert {case[0] for case in (*CASES, *WHOLE)} | operators_in(OPENED) >= set(OPERATORS)


@pytest.mark.parametrize("case", WHOLE, ids=lambda case: case[0])
def test_shapes_and_whole_numbers_are_those_of_onnx(
    case: tuple[str, list[Any], dict[str, Any]],
) -> None:
    op, given, settings = case
    feeds = {f"x{i}": np.asarray(value) for i, value in enumerate(given)}
    values = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(x.dtype), x.shape)
        for name, x in feeds.items()
    ]
    node = helper.make_node(op, list(feeds), ["y"], **settings)
    y = helper.make_empty_tensor_value_info("y")
    proto = helper.make_graph([node], op, values, [y])
    model = helper.make_model(proto, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    activations = record_activations(parse_model(model), feeds)
    (made,) = apply_node(activations.graph.nodes[0], [to_operand(x) for x in feeds.values()])
    assert made.value.tolist() == activations.values["y"].tolist()
    assert made.shape == activations.values["y"].shape


def test_a_range_of_floats_has_the_slopes_of_its_start_and_step() -> None:
    start, step = (Tensor(np.float64(v), requires_grad=True) for v in (0.5, 0.75))
    made = arange({}, start, Tensor(3.0), step)
    assert isinstance(made, Tensor)
    made.backward(seed=np.array([1, 10, 100, 1000]))
    assert start.grad == pytest.approx(1111)
    assert step.grad == pytest.approx(10 + 200 + 3000)


def test_a_constant_of_a_computed_shape_opens_as_a_number_alone() -> None:
    nodes = [
        helper.make_node("Shape", ["x"], ["shape"], start=1),
        helper.make_node("ConstantOfShape", ["shape"], ["c"], **filled(np.array([2], np.float32))),
        helper.make_node("Mul", ["x", "c"], ["y"]),
    ]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [2, 3])
    y = helper.make_empty_tensor_value_info("y")
    model = helper.make_model(
        helper.make_graph(nodes, "shapes", [x], [y]),
        opset_imports=[helper.make_opsetid("", 20)],
        ir_version=9,
    )
    activations = record_activations(parse_model(model), {"x": floats(2, 3)})
    goal = Goal.of_unit(Unit("y", (1, 2)), "y")
    found = gradients(activations, goal, "x")
    assert found["x"].tolist() == [[0, 0, 0], [0, 0, 2]]
    assert found.keys() == {"x", "y"}
    context = OpeningContext(goal, found, str)
    (stage,) = open_unit(activations, Unit("c", (1,)), context)
    assert (stage.record.terms, stage.record.bias) == ((), 2.0)
    assert stage.record.check().passed
    assert "2" in to_text(stage.record)
    with refused("network.no_neuron", "shape,0", "whole number"):
        open_unit(activations, Unit("shape", (0,)), context)


GEMMS = [floats(5), floats(1), floats(4, 1), floats(1, 5), floats(4, 5), np.float32(0.7)]


@pytest.mark.parametrize("added", GEMMS, ids=lambda added: str(np.shape(added)))
def test_biases_of_every_shape_are_found(added: Array) -> None:
    graph = built("Gemm", (4, 3), [floats(3, 5), added], {"beta": 0.5})
    activations = record_activations(graph, {"x": floats(4, 3)})
    for index in np.ndindex(4, 5):
        unit = Unit("y0", index)
        (stage,) = open_unit(activations, unit, OpeningContext(Goal.of_unit(unit, "y"), {}, str))
        assert stage.record.check().passed
        spread = np.broadcast_to(added, (4, 5))[index]
        assert stage.record.bias == pytest.approx(0.5 * float(spread), rel=1e-6)


def test_logits_of_any_size_and_limits_on_one_side() -> None:
    for op, constants, x in (
        ("Softmax", [], [[1000.0, 999.0, -1000.0]]),
        ("Clip", [np.float32(-0.5)], [[-1.0, 0.2, 9.0]]),
        ("Clip", [None, np.float32(0.5)], [[-1.0, 0.2, 9.0]]),
    ):
        activations = record_activations(
            built(op, (1, 3), constants, {}), {"x": np.array(x, np.float32)}
        )
        for i in range(3):
            for stage in open_unit(
                activations,
                Unit("y0", (0, i)),
                OpeningContext(Goal.of_unit(Unit("y0", (0, i)), "y"), {}, str),
            ):
                assert stage.record.check().passed


@pytest.mark.parametrize("op", ["Log", "Sqrt"])
def test_where_there_is_no_slope_it_is_said(op: str) -> None:
    activations = record_activations(
        built(op, (1, 3), [], {}), {"x": np.array([[-1.0, 0.0, 1.0]], np.float32)}
    )
    context = OpeningContext(Goal.of_unit(Unit("y0", (0, 2)), "y"), {}, str)
    for i in (0, 1):
        with refused("network.no_neuron", f"y0,0,{i}", op):
            open_unit(activations, Unit("y0", (0, i)), context)
    assert open_unit(activations, Unit("y0", (0, 2)), context)[0].record.check().passed


def test_old_softmax_over_several_axes_is_refused() -> None:
    node = helper.make_node("Softmax", ["x"], ["y"])
    model = helper.make_model(
        helper.make_graph(
            [node],
            "old",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2, 3, 4])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        ),
        opset_imports=[helper.make_opsetid("", 11)],
        ir_version=7,
    )
    activations = record_activations(parse_model(model), {"x": floats(2, 3, 4)})
    with refused("network.no_neuron", "13"):
        open_unit(
            activations,
            Unit("y", (0, 0, 0)),
            OpeningContext(Goal.of_unit(Unit("y", (0, 0, 0)), "y"), {}, str),
        )


REFUSED: list[tuple[str, Shape, list[Any], dict[str, Any]]] = [
    (
        "LSTM",
        (5, 2, 3),
        [floats(1, 16, 3), floats(1, 16, 4)],
        {"hidden_size": 4, "activations": ["Relu"] * 3},
    ),
    (
        "LSTM",
        (5, 2, 3),
        [floats(1, 16, 3), floats(1, 16, 4), None, None, None, None, floats(1, 12)],
        {"hidden_size": 4},
    ),
    ("LSTM", (5, 2, 3), [floats(1, 16, 3), floats(1, 16, 4)], {"hidden_size": 4, "clip": 0.1}),
    (
        "LSTM",
        (5, 2, 3),
        [floats(1, 16, 3), floats(1, 16, 4), None, np.array([5, 3], np.int32)],
        {"hidden_size": 4},
    ),
    (
        "GRU",
        (5, 2, 3),
        [floats(1, 12, 3), floats(1, 12, 4)],
        {"hidden_size": 4, "activations": ["Sigmoid", "Relu"]},
    ),
    (
        "GRU",
        (5, 2, 3),
        [floats(1, 12, 3), floats(1, 12, 4), None, np.array([5, 3], np.int32)],
        {"hidden_size": 4},
    ),
    (
        "RNN",
        (5, 2, 3),
        [floats(1, 4, 3), floats(1, 4, 4)],
        {"hidden_size": 4, "activations": ["Softsign"]},
    ),
    (
        "RNN",
        (5, 2, 3),
        [floats(2, 4, 3), floats(2, 4, 4)],
        {"hidden_size": 4, "activations": ["Tanh", "Relu"], "direction": "bidirectional"},
    ),
    ("RNN", (5, 2, 3), [floats(1, 4, 3), floats(1, 4, 4)], {"hidden_size": 4, "clip": 0.1}),
    ("Dropout", (2, 3), [np.float32(0.5), np.array(True)], {}),
    ("Einsum", (3, 3), [], {"equation": "ii->i"}),
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case[0])
def test_settings_that_are_not_known_are_refused(
    case: tuple[str, Shape, list[Any], dict[str, Any]],
) -> None:
    graph = built(*case)
    activations = record_activations(graph, {"x": floats(*case[1])})
    (node,) = graph.nodes
    with pytest.raises(UnsupportedOperator):
        apply_node(node, [to_operand(activations.values.get(name)) for name in node.inputs])
    if find_operator(case[0]).recurrent:
        with refused("network.no_neuron", case[0]):
            open_unit(
                activations,
                Unit("y0", (1, 0, 0, 0)),
                OpeningContext(Goal.of_unit(Unit("y0", (0,) * 4), "y"), {}, str),
            )


def test_a_softmax_is_told_as_applications_tell_theirs() -> None:
    x = np.log([[1.0, 2.0, 5.0]]).astype(np.float32)
    activations = record_activations(built("Softmax", (1, 3), [], {"axis": -1}), {"x": x})
    unit = Unit("y0", (0, 1))
    share, power = open_unit(activations, unit, OpeningContext(Goal.of_unit(unit, "y"), {}, str))
    assert "a = its own term / z = 0.39999" in to_text(share.record)
    assert "da/dz = -a / z, its own term held = -0.25 / 1.6 = -0.15625\n" in to_text(share.record)
    assert share.record.terms[1].x == power.record.a


@pytest.mark.parametrize(
    ("op", "settings", "reason"),
    [
        ("LSTM", {"activations": [b"Sigmoid", b"Relu", b"Tanh"]}, "an LSTM with activations of"),
        ("LSTM", {"activations": ["Sigmoid", "Tanh"]}, "an LSTM with activations of its own"),
        ("LSTM", {"clip": 3.0, "layout": 1}, "an LSTM with layout and clip"),
        ("GRU", {"activations": ["Sigmoid", "Tanh", "Tanh"]}, "a GRU with activations of its own"),
        ("RNN", {"layout": 1}, "an RNN with layout"),
    ],
)
def test_unusual_recurrences_are_refused(op: str, settings: dict[str, Any], reason: str) -> None:
    with pytest.raises(UnsupportedOperator, match=reason):
        refuse_unusual(op, settings)


def test_usual_recurrences_are_not_refused() -> None:
    with pytest.raises(UnsupportedOperator, match="an LSTM with peepholes"):
        refuse_unusual("LSTM", {}, has_peepholes=True)
    refuse_unusual("LSTM", {"activations": [b"Sigmoid", b"Tanh", b"Tanh"] * 2})
    refuse_unusual("GRU", {"activations": ["Sigmoid", "Tanh"] * 2})
    refuse_unusual("RNN", {"activations": ["Relu"]})
