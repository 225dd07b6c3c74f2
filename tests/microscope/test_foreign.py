"""Networks that others made: their nodes, their units, and what can't be opened."""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from refusals import refused

from neuropil.core.probe import Goal, Probe, Unit
from neuropil.kit.errors import UserError
from neuropil.microscope import formatting, page, saliency, targets
from neuropil.microscope import graph as graph_module
from neuropil.microscope.activations import (
    Activations,
    apply_node,
    gradients,
    record_activations,
    to_operand,
)
from neuropil.microscope.graph import Graph, load_graph, parse_model
from neuropil.microscope.open_unit import OpeningContext, open_unit
from neuropil.microscope.operator_table import OPERATORS, find_operator
from neuropil.microscope.receptive_field import Span, receptive_field
from neuropil.microscope.targets import ArrayInput, largest_output, parse_unit, probe_file
from neuropil.microscope.walk import Walk, first_unit, largest_input, walk_back

torch = pytest.importorskip("torch")

SHAPES = {
    "Residual": (1, 3, 32, 32),
    "Recurrent": (1, 7, 4),
    "Gated": (7, 1, 4),
    "Mobile": (1, 2, 24, 24),
}


@pytest.fixture(scope="module", params=SHAPES)
def probe(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Probe:
    """Export a network and look at its largest output."""
    import foreign

    torch.manual_seed(1)
    x = torch.randn(SHAPES[request.param])
    path = tmp_path_factory.mktemp("onnx") / "net.onnx"
    foreign.exported(getattr(foreign, request.param)(), x, path)
    graph = load_graph(path)
    feed = ArrayInput("", x.numpy())
    unit = largest_output(record_activations(graph, {"x": x.numpy()}))
    return probe_file(graph, path, (feed,), str(unit), None)


@pytest.fixture(scope="module")
def activations(probe: Probe) -> Activations:
    return record_activations(load_graph(probe.network), probe.inputs)


def test_core_computes_every_node(activations: Activations) -> None:
    n = 0
    for node in activations.graph.nodes:
        if activations.is_float(node.outputs[0]) and node.op in OPERATORS:
            made = apply_node(
                node, [to_operand(activations.values.get(name)) for name in node.inputs]
            )
            for name, y in zip(node.outputs, made, strict=False):
                if name:
                    assert y.value == pytest.approx(activations.values[name], rel=1e-4, abs=1e-5), (
                        name
                    )
                    n += 1
    assert n > 5


def test_random_units_are_proven(activations: Activations, probe: Probe) -> None:
    rng = np.random.default_rng(0)
    context = OpeningContext(probe.goal, gradients(activations, probe.goal, "x"), str)
    n = 0
    for node in activations.graph.nodes:
        shape = activations.values[node.outputs[0]].shape
        unit = Unit(node.outputs[0], tuple(int(rng.integers(n)) for n in shape))
        with contextlib.suppress(UserError):
            stages = open_unit(activations, unit, context)
            ran = stages[0].record.observed
            assert ran.a == activations.value(unit)
            if ran.z is not None and stages[0].record.activation.name != "identity":
                assert ran.z == activations.value(Unit(node.inputs[0], unit.index))
            for stage in stages:
                assert stage.record.check().passed, stage.record.name
                n += 1
    assert n > 5


def test_a_walk_goes_down_to_the_inputs(probe: Probe) -> None:
    walk = walk_back(load_graph(probe.network), probe, depth=50)
    assert walk.next is None
    for stage in walk.steps:
        maker = walk.activations.graph.producer.get(stage.unit.tensor) if stage.unit else None
        assert not (maker and find_operator(maker.op).moves), (
            "what only carries a number is passed over"
        )
    assert all(stage.record.check().passed for stage in walk.steps)
    for upper in walk.steps:
        for term, lower in upper.children.items():
            made = walk.steps[lower].record.observed.a
            assert upper.record.terms[term].x == pytest.approx(made, rel=1e-5, abs=1e-6)
    if walk.receptive_boxes[-1]:
        first, *_ = walk.steps[-1].sources
        assert first
        assert first.tensor == "x"


def test_a_field_holds_everything_that_matters(activations: Activations) -> None:
    """Outside of a unit's field no input moves it, and at its edges some input does."""
    places = [
        name
        for name in activations.graph.names
        if activations.values[name].ndim == 4 and name != "x"
    ]
    if activations.values["x"].ndim != 4 or not places:
        pytest.skip("no pictures")
    for name in places[:4]:
        shape = activations.values[name].shape
        unit = Unit(name, (0, 0, shape[2] // 2, shape[3] // 2))
        box = receptive_field(activations, unit, "x")
        seen = gradients(activations, Goal.of_unit(unit, "y"), "x")["x"][0].any(axis=0)
        rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
        if len(rows):
            assert box
            (top, bottom), (left, right) = box
            assert top <= rows[0] <= rows[-1] <= bottom
            assert left <= columns[0] <= columns[-1] <= right
            if (
                activations.graph.producer[name].op != "MaxPool"
            ):  # which the largest input alone moves
                edges = (rows[0], rows[-1]), (columns[0], columns[-1])
                assert edges == box


FIELDS = [  # settings of a layer on 20 x 20 pixels, a place of its output, rows that it sees
    ("Conv", {"kernel_shape": [3, 3], "dilations": [2, 2], "strides": [2, 2]}, 4, (8, 12)),
    ("Conv", {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}, 0, (0, 1)),
    ("Conv", {"kernel_shape": [5, 3], "pads": [2, 1, 2, 1]}, 10, (8, 12)),
    ("MaxPool", {"kernel_shape": [2, 2], "strides": [2, 2]}, 3, (6, 7)),
    ("AveragePool", {"kernel_shape": [3, 3], "strides": [3, 3]}, 2, (6, 8)),
    ("Resize", {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}, 15, (7, 8)),
    ("GlobalAveragePool", {}, 0, (0, 19)),
    ("Relu", {}, 7, (7, 7)),
    ("Transpose", {"perm": [0, 1, 3, 2]}, 7, (0, 19)),
    ("InstanceNormalization", {}, 7, (0, 19)),
]


@pytest.mark.parametrize(("op", "settings", "place", "rows"), FIELDS)
def test_fields_by_hand(op: str, settings: dict[str, Any], place: int, rows: Span) -> None:
    kernel = np.ones((1, 1, *settings.get("kernel_shape", [1, 1])), np.float32)
    scales = np.array([1, 1, 2, 2], np.float32)
    every: dict[str, list[tuple[str, Any]]] = {
        "Conv": [("w", kernel)],
        "Resize": [("", None), ("s", scales)],
        "InstanceNormalization": [("w", np.ones(1, np.float32)), ("b", np.zeros(1, np.float32))],
    }
    constants = every.get(op, [])
    node = helper.make_node(op, ["x", *(name for name, _ in constants)], ["y"], **settings)
    shape = [1, 1, 20, 20]
    graph = helper.make_graph(
        [node],
        op,
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [onnx.numpy_helper.from_array(value, name) for name, value in constants if name],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    activations = record_activations(parse_model(model), {"x": x})
    box = receptive_field(activations, Unit("y", (0, 0, place, 0)), "x")
    assert box
    assert box[0] == rows


def test_a_field_of_two_ways_is_both_together() -> None:
    """y = x + what a kernel far wider sees of it."""
    kernel = onnx.numpy_helper.from_array(np.ones((1, 1, 7, 7), np.float32), "w")
    nodes = [
        helper.make_node("Relu", ["x"], ["near"]),
        helper.make_node("Conv", ["near", "w"], ["far"], pads=[3, 3, 3, 3]),
        helper.make_node("Add", ["near", "far"], ["y"]),
    ]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, 20, 20])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    model = helper.make_model(
        helper.make_graph(nodes, "two", [x], [y], [kernel]),
        opset_imports=[helper.make_opsetid("", 18)],
        ir_version=8,
    )
    activations = record_activations(parse_model(model), {"x": np.ones((1, 1, 20, 20), np.float32)})
    assert receptive_field(activations, Unit("y", (0, 0, 10, 2)), "x") == ((7, 13), (0, 5))
    (stage,) = open_unit(
        activations,
        Unit("y", (0, 0, 10, 2)),
        OpeningContext(Goal.of_unit(Unit("y", (0, 0, 0, 0)), "y"), {}, str),
    )
    assert len(stage.record.terms) == 7 * 6 + 1


def test_a_size_is_taken_from_a_picture_without_seeing_it() -> None:
    """Resize what one kernel saw to the size of the whole picture, which is computed."""
    scales = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric"}
    nodes = [
        helper.make_node("MaxPool", ["x"], ["small"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Shape", ["x"], ["size"]),
        helper.make_node(
            "Resize", ["small", "", "", "size"], ["y"], nearest_mode="floor", **scales
        ),
    ]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, 20, 20])
    y = helper.make_empty_tensor_value_info("y")
    model = helper.make_model(
        helper.make_graph(nodes, "sized", [x], [y]),
        opset_imports=[helper.make_opsetid("", 18)],
        ir_version=8,
    )
    picture = np.random.default_rng(0).normal(size=(1, 1, 20, 20)).astype(np.float32)
    activations = record_activations(parse_model(model), {"x": picture})
    box = receptive_field(activations, Unit("y", (0, 0, 10, 10)), "x")
    assert box
    assert all(8 <= first <= 10 <= last <= 13 for first, last in box)
    assert receptive_field(activations, Unit("size", (2,)), "x") is None


def made(op: str, *, inputs: int = 1) -> Graph:
    """Make a network of one operation under a tanh."""
    names = [f"x{i}" for i in range(inputs)]
    nodes = [
        helper.make_node(op, names, ["y"]),
        helper.make_node("Tanh", ["y"], ["z"]),
    ]
    values = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["N", 3]) for n in names]
    output = helper.make_tensor_value_info("z", TensorProto.FLOAT, None)
    graph = helper.make_graph(nodes, "one", values, [output])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return parse_model(model)


def test_what_is_not_known_is_said_and_the_rest_still_opens() -> None:
    graph = made("Celu")
    x = np.array([[0.5, -0.4, 0.1]], np.float32)
    activations = record_activations(graph, {"x0": x})
    context = OpeningContext(Goal.of_unit(Unit("z", (0, 1)), "z"), {}, str)
    with refused("network.no_neuron", "Celu", "x0"):
        open_unit(activations, Unit("y", (0, 1)), context)
    (stage,) = open_unit(activations, Unit("z", (0, 2)), context)
    assert stage.record.check().passed
    assert stage.record.terms[0].x == pytest.approx(0.1)


@pytest.mark.parametrize("op", ["Exp", "Sqrt", "Abs", "Neg", "Erf", "HardSigmoid", "Sin"])
def test_single_operations(op: str) -> None:
    graph = made(op)
    activations = record_activations(graph, {"x0": np.array([[0.5, 0.4, 0.1]], np.float32)})
    context = OpeningContext(Goal.of_unit(Unit("z", (0, 1)), "z"), {}, str)
    try:
        stages = open_unit(activations, Unit("y", (0, 1)), context)
    except UserError as error:
        assert error.code == "network.no_neuron"  # noqa: PT017
        assert op in error.message  # noqa: PT017
    else:
        assert all(stage.record.check().passed for stage in stages)
        assert op != "Sin"


@pytest.mark.parametrize(
    ("last", "opened"), [("Tanh", Unit("y", (0, 2))), ("Celu", Unit("a", (0, 2)))]
)
def test_what_is_opened_first_can_be_opened(last: str, opened: Unit) -> None:
    nodes = [helper.make_node("Relu", ["x"], ["a"]), helper.make_node(last, ["a"], ["y"])]
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, 3]) for n in ("x", "y")]
    model = helper.make_model(
        helper.make_graph(nodes, "two", ends[:1], ends[1:]),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )
    x = np.array([[0.5, 0.1, 0.9]], np.float32)
    assert first_unit(record_activations(parse_model(model), {"x": x})) == opened


def test_above_what_is_not_known_units_open_without_a_gradient() -> None:
    nodes = [
        helper.make_node("Relu", ["x"], ["a,b"]),  # a comma in a name is allowed
        helper.make_node("Celu", ["a,b"], ["c"]),
        helper.make_node("Tanh", ["c"], ["z"]),
    ]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3])
    z = helper.make_tensor_value_info("z", TensorProto.FLOAT, None)
    model = helper.make_model(
        helper.make_graph(nodes, "three", [x], [z]),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )
    graph = parse_model(model)
    feed = ArrayInput("", np.array([[0.5, 0.1, 0.9]], np.float32))
    walk = walk_back(graph, probe_file(graph, Path("n"), (feed,), "a,b,0,1", None))
    assert walk.steps[0].record.backward is None
    assert walk.steps[0].record.check().passed
    reason = "Celu, on the way to L, can't be differentiated here"
    assert formatting.to_lines(walk, 6, 5)[-1] == f"no gradients: {reason}"
    assert formatting.to_json(walk, 5)["no_gradients"] == reason
    assert "No gradients: Celu, on the way to L" in page.render_walk(walk, "")
    with refused("option.conflict", "Celu"):
        saliency.overlay(replace(walk, probe=replace(walk.probe, image_inputs=("x",))))
    whole = walk_back(graph, probe_file(graph, Path("n"), (feed,), "z,0,1", None), depth=9)
    assert len(whole.steps) == 1  # below it is what can't be opened
    assert not whole.no_gradients
    assert "o gradients:" not in page.render_walk(whole, "")


def test_what_a_unit_does_not_move_is_said() -> None:
    nodes = [
        helper.make_node("Relu", ["x"], ["y"]),
        helper.make_node("Tanh", ["x"], ["z"]),
    ]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3])
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in "yz"]
    model = helper.make_model(
        helper.make_graph(nodes, "two ends", [x], ends),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )
    graph = parse_model(model)
    feed = ArrayInput("", np.array([[0.5, 0.1, 0.9]], np.float32))
    walk = walk_back(graph, probe_file(graph, Path("n"), (feed,), "y,0,1", "z,0,1"))
    assert walk.steps[0].record.backward is None
    assert walk.no_gradients == "L doesn't depend on y"


def test_feeds_that_are_no_numbers(tmp_path: Path) -> None:
    np.savez(tmp_path / "z.npz", x=np.zeros(3))
    np.save(tmp_path / "text.npy", np.array(["a"]))
    np.save(tmp_path / "complex.npy", np.zeros(3, complex))
    np.save(tmp_path / "nan.npy", np.full((1, 3), np.nan))
    for name, code in (
        ("z.npz", "input.kind"),
        ("text.npy", "input.kind"),
        ("complex.npy", "input.kind"),
        ("nan.npy", "input.content"),
    ):
        with refused(code, name):
            ArrayInput.parse(str(tmp_path / name))


def test_an_input_is_where_it_ends() -> None:
    graph = made("Neg")
    activations = record_activations(graph, {"x0": np.zeros((1, 3), np.float32)})
    context = OpeningContext(Goal.of_unit(Unit("z", (0, 1)), "z"), {}, str)
    with refused("network.no_neuron", "x0,0,1"):
        open_unit(activations, Unit("x0", (0, 1)), context)


BAD: list[tuple[Callable[[Graph], object], str, str]] = [
    (lambda g: parse_unit("q,0", g), "network.unknown_tensor", "q"),
    (lambda g: parse_unit("z,a", g), "option.syntax", "z,a"),
    (lambda g: parse_unit("z,0,²", g), "option.syntax", "z,0,²"),
    (lambda g: record_activations(g, {}), "network.inputs", "x0"),
    (lambda g: record_activations(g, {"x0": np.zeros((1, 9), np.float32)}), "network.inputs", "x0"),
    (lambda g: probe_file(g, Path("n"), (ok(),), "z,0,7", None), "option.range", "0, 7"),
    (lambda g: probe_file(g, Path("n"), (ok(),), "z,0", None), "option.range", "0"),
    (
        lambda g: probe_file(g, Path("n"), (ArrayInput("w", ok().value),), "z,0,0", None),
        "network.inputs",
        "w",
    ),
    (lambda g: ArrayInput.parse("nothing.npy"), "input.missing", "nothing.npy"),
]


def ok() -> ArrayInput:
    return ArrayInput("", np.zeros((1, 3), np.float32))


@pytest.mark.parametrize("number", range(len(BAD)))
def test_mistakes_are_said(number: int) -> None:
    act, code, given = BAD[number]
    graph = made("Neg")
    with refused(code, given):
        walk_back(graph, cast(Probe, act(graph)))


def test_files_that_are_no_networks(tmp_path: Path) -> None:
    broken, text = tmp_path / "broken.onnx", tmp_path / "x.npy"
    broken.write_bytes(b"nonsense")
    text.write_text("nonsense", encoding="utf-8")
    for path, code in ((broken, "network.damaged"), (tmp_path / "no.onnx", "input.missing")):
        with refused(code, path):
            load_graph(path)
    with refused("input.kind", text):
        ArrayInput.parse(str(text))


def test_a_product_and_a_difference_of_two_tensors() -> None:
    for op, w in (("Mul", (2.0,)), ("Sub", (1.0, -1.0)), ("Div", (0.5,))):
        graph = made(op, inputs=2)
        feeds = {"x0": np.full((1, 3), 3, np.float32), "x1": np.full((1, 3), 2, np.float32)}
        activations = record_activations(graph, feeds)
        goal = Goal.of_unit(Unit("z", (0, 1)), "z")
        (stage,) = open_unit(
            activations,
            Unit("y", (0, 1)),
            OpeningContext(goal, gradients(activations, goal, "x0"), str),
        )
        assert tuple(term.w for term in stage.record.terms) == w
        assert stage.record.check().passed
        assert largest_input(activations, stage) is None  # both are inputs


def test_half_precision_weights_are_read_as_they_run(tmp_path: Path) -> None:
    half = helper.make_tensor("w16", TensorProto.FLOAT16, [3, 2], [1, 2, 3, 4, 5, 6])
    nodes = [
        helper.make_node("Cast", ["w16"], ["w"], to=TensorProto.FLOAT),
        helper.make_node("MatMul", ["x", "w"], ["y"]),
    ]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 2])
    model = helper.make_model(
        helper.make_graph(nodes, "half", [x], [y], [half]),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )
    path = tmp_path / "half.onnx"
    onnx.save(model, path)
    graph = load_graph(path)
    walk: Walk = walk_back(
        graph,
        probe_file(graph, path, (ArrayInput("", np.ones((1, 3), np.float32)),), "y,0,1", None),
    )
    (stage,) = walk.steps
    assert [term.w for term in stage.record.terms] == [2, 4, 6]
    assert stage.record.name == "y 1", "a weight whose name ends in .weight gives a layer its name"


def test_a_network_with_weights_in_another_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "parted.onnx"
    onnx.save(made("Neg").model, path)
    assert load_graph(path).nodes
    monkeypatch.setattr(graph_module, "MOST_BYTES", path.stat().st_size - 1)
    with refused("input.too_large", path):
        load_graph(path)
    monkeypatch.undo()
    model = made("Neg").model
    model.graph.initializer.append(numpy_helper.from_array(np.ones(2), "w"))
    onnx.save(model, path, save_as_external_data=True, location="w.bin", size_threshold=0)
    for _ in range(2):  # also where the other file is gone
        with refused("network.damaged", path, "(w)", "one file"):
            load_graph(path)
        (tmp_path / "w.bin").unlink(missing_ok=True)


def test_inputs_are_read_up_to_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.npy"
    for shape in ((), (0, 3), (5, 2)):
        np.save(path, np.ones(shape))
        assert np.array_equal(ArrayInput.parse(str(path)).value, np.ones(shape))
    monkeypatch.setattr(targets, "MOST_BYTES", 79)
    with refused("input.too_large", path):
        ArrayInput.parse(str(path))
    with path.open("wb") as file:  # says that it has 8 TB
        np.lib.format.write_array_header_1_0(
            file, {"descr": "<f8", "fortran_order": False, "shape": (10**12,)}
        )
    with refused("input.kind", path):
        ArrayInput.parse(str(path))
