"""Every node of every shipped network: three engines, one truth."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from refusals import refused

from neuropil import registry
from neuropil.core.probe import Goal, Unit
from neuropil.core.tensor import Tensor
from neuropil.microscope.activations import (
    Activations,
    apply_node,
    gradients,
    recompute,
    record_activations,
    to_operand,
)
from neuropil.microscope.graph import Graph, load_graph
from neuropil.microscope.nodes import Array, Node
from neuropil.microscope.open_unit import OpeningContext, open_unit
from neuropil.microscope.operator_table import OPERATORS

TOLERANCE = 1e-4  # of a tensor's largest value
EXACT = 1e-6
INPUTS: dict[str, dict[str, tuple[int, ...]]] = {  # of each shipped network, small
    "handwrite pen": {
        **{"point": (1, 4), "text": (1, 72, 96), "style": (1, 48)},
        **{"kappa": (1, 8), "seen": (1, 96)},
        **{"h1": (1, 256), "c1": (1, 256), "h2": (1, 320), "c2": (1, 320)},
    },
    "handwrite reader": {"strokes": (2, 24, 4)},
    "handwrite hand": {"strokes": (1, 40, 4), "there": (1, 40)},
    "handwrite judge": {"strokes": (1, 40, 4)},
    "colorize colorizer": {
        "lightness": (1, 1, 32, 64),
        "hints": (1, 9, 8, 16),
        "stride_4": (1, 24, 8, 16),
        "stride_8": (1, 40, 4, 8),
        "stride_16": (1, 112, 2, 4),
        "stride_32": (1, 320, 1, 2),
        "mean_features": (1, 1280),
    },
    "classify classifier": {"picture": (1, 3, 32, 32)},
    "drive driver": {"picture": (1, 3, 96, 96)},
    "eye eye": {"picture": (1, 3, 64, 96)},
    "translate detector": {
        "picture": (1, 3, 64, 96),
        "stride_4": (1, 24, 16, 24),
        "stride_8": (1, 40, 8, 12),
        "stride_16": (1, 112, 4, 6),
        "stride_32": (1, 320, 2, 3),
    },
    "translate reader": {"line": (2, 1, 32, 64)},
    "translate speller": {"before": (2, 12)},
    "translate encoder": {"tokens": (2, 5), "cases": (2, 5)},
    "translate step": {
        "token": (2,),
        "state": (2, 2, 256),
        "keys": (2, 2, 8, 5, 32),
        "values": (2, 2, 8, 5, 32),
        "padding": (2, 5),
    },
    "lipsync finder": {"picture": (1, 3, 64, 96)},
    "lipsync landmarks": {"crop": (2, 1, 128, 128)},
    "lipsync speech": {"heard": (2, 80), **dict.fromkeys(("h1", "c1", "h2", "c2"), (2, 128))},
    "lipsync speech-unseen": {
        "heard": (2, 80),
        **dict.fromkeys(("h1", "c1", "h2", "c2"), (2, 128)),
    },
    "lipsync judge-sound": {"heard": (1, 80, 60)},
    "lipsync judge-mouth": {"seen": (1, 3, 60)},
    "translate language": {"runs": (2, 16384)},
    "foley scene": {"features": (2, 1, 1280), "h": (1, 1, 96), "c": (1, 1, 96)},
    "foley onset": {"motion": (2, 30, 18, 24), "h": (1, 1, 96), "c": (1, 1, 96)},
    "foley tagger": {"spectrogram": (1, 1, 50, 64)},
}
RESIZING = {"linear": "bilinear", "nearest": "nearest"}  # as torch calls them
FLOAT = 1  # the number of float32 among the types of ONNX
NUMBERS = {"token": 8000, "tokens": 8000, "cases": 3, "before": 120}  # rows that inputs choose
SHIPPED = {
    f"{name} {role}": weights
    for name in registry.NAMES + registry.MADE_PARTS
    for role, weights in registry.networks_of(name).items()
    if registry.is_own(name, weights)
}


def random_feeds(name: str) -> dict[str, Array]:
    rng = np.random.default_rng(0)
    feeds: dict[str, Array] = {
        k: rng.normal(size=shape).astype(np.float32) for k, shape in INPUTS[name].items()
    }
    if "there" in feeds:  # which points of a line there are; by noise a mean would have no size
        feeds["there"][:] = 1
    for number, below in NUMBERS.items():
        if number in feeds:
            feeds[number] = rng.integers(below, size=feeds[number].shape)
    if "padding" in feeds:  # adds nothing where a token is, and much where there is none
        feeds["padding"][:] = 0
    return feeds


def test_every_shipped_file_has_an_owner() -> None:
    """And has small inputs above, so that three engines are compared on it."""
    package = Path(registry.__file__).parent
    assert {w.path for w in SHIPPED.values()} == {*package.rglob("weights/*.onnx")}
    assert INPUTS.keys() == SHIPPED.keys()


@pytest.mark.parametrize("name", SHIPPED)
def test_the_table_knows_every_operator_of_every_shipped_network(name: str) -> None:
    graph = load_graph(SHIPPED[name].path)
    assert {node.op for node in graph.nodes} <= OPERATORS.keys()


@pytest.fixture(scope="module", params=INPUTS)
def activations(request: pytest.FixtureRequest) -> Activations:
    return record_activations(load_graph(SHIPPED[request.param].path), random_feeds(request.param))


def off(ours: Array, theirs: Array) -> float:
    assert ours.shape == theirs.shape
    return float(np.abs(ours - theirs).max() / max(float(np.abs(theirs).max()), 1e-12))


def end(graph: Graph) -> str:
    return graph.outputs[0]


def test_core_computes_every_node_as_onnx_runtime_does(activations: Activations) -> None:
    for node in activations.graph.nodes:
        made = apply_node(node, [to_operand(activations.values.get(name)) for name in node.inputs])
        for name, y in zip(node.outputs, made, strict=False):  # later ones may be left out
            assert off(y.value, activations.values[name]) < TOLERANCE, name


def test_core_computes_the_whole_as_onnx_runtime_does(activations: Activations) -> None:
    for start in activations.graph.inputs:
        made = recompute(
            activations, start, end(activations.graph), Tensor(activations.values[start])
        )
        for name, y in made.items():
            assert off(y.value, activations.values[name]) < TOLERANCE, name


def in_torch(node: Node, inputs: list[Any]) -> Any:
    """Compute a node by torch: those operations that shipped networks have."""
    import torch
    from torch.nn import functional as F

    s = node.attributes
    match node.op:
        case "Conv":
            pads, n, (x, w, *b) = s["pads"], len(s["pads"]) // 2, inputs
            x = F.pad(x, [side for axis in range(n)[::-1] for side in pads[axis::n]])
            how = (b[0] if b else None, s["strides"], 0, s["dilations"], s["group"])
            return (F.conv1d if n == 1 else F.conv2d)(x, w, *how)
        case "Relu":
            return torch.relu(*inputs)
        case "Clip":
            return torch.clamp(*inputs)
        case "MaxPool" | "AveragePool":
            assert not any(s["pads"])
            pool = F.max_pool2d if node.op == "MaxPool" else F.avg_pool2d
            return pool(inputs[0], s["kernel_shape"], s["strides"])
        case "ReduceMax":
            return inputs[0].amax(dim=inputs[1].tolist(), keepdim=bool(s["keepdims"]))
        case "Add":
            return torch.add(*inputs)
        case "Gemm":
            assert s["transB"]
            return F.linear(*inputs)
        case "ReduceMean":
            return inputs[0].mean(dim=inputs[1].tolist(), keepdim=bool(s["keepdims"]))
        case "Resize":
            return F.interpolate(inputs[0], scale_factor=2.0, mode=RESIZING[s["mode"]])
        case "Sub":
            return torch.sub(*inputs)
        case "Mul":
            return torch.mul(*inputs)
        case "Neg":
            return torch.neg(*inputs)
        case "Exp":
            return torch.exp(*inputs)
        case "MatMul":
            return torch.matmul(*inputs)
        case "Sigmoid" | "Tanh":
            return getattr(torch, node.op.lower())(*inputs)
        case "LSTM":
            return lstm_in_torch(s, *inputs)
        case "ReduceSum":
            return inputs[0].sum(dim=inputs[1].tolist(), keepdim=bool(s["keepdims"]))
        case "Div":
            return torch.div(*inputs)
        case "LayerNormalization":
            x, scale, bias = inputs
            return F.layer_norm(x, scale.shape, scale, bias, s["epsilon"])
        case "Softmax":
            return torch.softmax(inputs[0], dim=s.get("axis", -1))
        case "Cast":
            return inputs[0].to(torch.float32 if s["to"] == FLOAT else torch.int64)
        case "BatchNormalization":
            x, scale, bias, mean, variance = inputs
            return F.batch_norm(x, mean, variance, scale, bias, eps=s["epsilon"])
    return arranged_in_torch(node, inputs)


def arranged_in_torch(node: Node, inputs: list[Any]) -> Any:
    """Compute a node that only cuts, joins and reshapes, by torch."""
    import torch

    s = node.attributes
    match node.op:
        case "Unsqueeze":
            (axis,) = inputs[1].reshape(-1).tolist()
            return inputs[0].unsqueeze(axis)
        case "Concat":
            return torch.cat(inputs, dim=s["axis"])
        case "Flatten":
            assert s.get("axis", 1) == 1
            return inputs[0].flatten(1)
        case "Gather":
            return gather_in_torch(s.get("axis", 0), *inputs)
        case "Shape":
            return torch.tensor(inputs[0].shape)
        case "ConstantOfShape":
            return torch.full(inputs[0].tolist(), s["value"].item())
        case "Reshape":
            x, sizes = inputs
            return x.reshape([n or x.shape[i] for i, n in enumerate(sizes.tolist())])
        case "Split":
            return torch.split(inputs[0], inputs[1].tolist(), dim=s["axis"])
        case "Squeeze":
            return inputs[0].squeeze(tuple(inputs[1].tolist()))
        case "Transpose":
            return inputs[0].permute(*s["perm"])
        case "Slice":
            x, starts, ends, axes, *steps = inputs
            (axis,) = axes.tolist()
            step = int(steps[0]) if steps else 1
            places = range(x.shape[axis])[slice(int(starts), int(ends), step)]
            return x.index_select(axis, torch.tensor(places))
    raise AssertionError(f"say in this test how torch computes {node.op}")


def gather_in_torch(axis: int, x: Any, places: Any) -> Any:
    """Take rows of a table, or one that is then no axis any more."""
    found = x.index_select(axis, places.reshape(-1) % x.shape[axis])
    return found.reshape([*x.shape[:axis], *places.shape, *x.shape[axis + 1 :]])


def lstm_in_torch(s: dict[str, Any], x: Any, w: Any, r: Any, b: Any, *more: Any) -> Any:
    """Run an LSTM from a given state, its gates brought from ONNX's order, i o f c, to torch's."""
    import torch

    def reordered(rows: Any) -> Any:
        i, o, f, g = rows.chunk(4)
        return torch.cat([i, f, g, o])

    h, c = more[-2:]
    both = s.get("direction") == "bidirectional"
    flat = [
        reordered(rows)
        for d in range(len(w))
        for rows in (w[d], r[d], *b[d].chunk(2))  # torch has two biases too
    ]
    y, *last = torch.lstm(x, (h, c), flat, True, 1, 0.0, False, both, False)
    T, N, _ = x.shape
    return y.reshape(T, N, len(w), -1).transpose(1, 2), *last


def first_floats(activations: Activations) -> list[str]:
    """Name where gradients end: inputs, or rows of a table where those are whole numbers."""
    given = [name for name in activations.graph.inputs if activations.is_float(name)]
    made = (name for node in activations.graph.nodes for name in node.outputs)
    return given or [next(filter(activations.is_float, made))]


def test_gradients_are_torchs(activations: Activations) -> None:
    torch = pytest.importorskip("torch")
    graph = activations.graph
    made: dict[str, Any] = {k: torch.from_numpy(np.array(v)) for k, v in graph.constants.items()}
    for name in graph.inputs:
        made[name] = torch.from_numpy(activations.values[name])
    starts = first_floats(activations)
    for name in made.keys() & starts:
        made[name].requires_grad_()
    for node in graph.nodes:
        given = in_torch(node, [made[name] for name in node.inputs if name])
        several = given if isinstance(given, tuple) else (given,)
        for name, tensor in zip(node.outputs, several, strict=True):
            if name in starts:
                tensor.requires_grad_()
            elif tensor.requires_grad:
                tensor.retain_grad()
            made[name] = tensor
    shape = activations.values[end(graph)].shape
    unit = Unit(end(graph), tuple(n // 2 for n in shape))
    made[unit.tensor][unit.index].backward()
    for start in starts:
        found = gradients(activations, Goal.of_unit(unit, "y"), start)
        assert start in found
        for name, slope in found.items():
            assert off(slope, made[name].grad.numpy()) < TOLERANCE, name


def test_random_units_are_proven(activations: Activations) -> None:
    """Open units of every kind of node and check them, their sums also in float64."""
    rng = np.random.default_rng(1)
    graph = activations.graph
    shape = activations.values[end(graph)].shape
    goal = Goal.of_unit(Unit(end(graph), tuple(n // 3 for n in shape)), "y")
    slope = gradients(activations, goal, graph.inputs[0])
    context = OpeningContext(goal, slope, str)
    exact = recomputed_in_double(activations)
    for node in graph.nodes:
        name = node.outputs[0]
        unit = Unit(name, tuple(int(rng.integers(n)) for n in activations.values[name].shape))
        if not activations.is_float(name):
            with refused("network.no_neuron", "whole number"):
                open_unit(activations, unit, context)
            continue
        for stage in open_unit(activations, unit, context):
            assert stage.record.check().passed, stage.record.name
        for stage in open_unit(exact, unit, context):
            record = stage.record
            size = sum(abs(t.product) for t in record.terms) + abs(record.bias)
            if record.observed.z is not None:  # of an LSTM's output it is a itself
                assert abs(record.z - record.observed.z) <= EXACT * max(size, 1e-12)
            assert abs(record.a - record.observed.a) <= EXACT * max(size, 1e-12)


def test_cells_of_an_lstm_are_proven_and_a_wrong_one_is_seen() -> None:
    """Open cells at any time, whose state is core's alone; then one whose run came out wrong."""
    network = load_graph(SHIPPED["handwrite reader"].path)
    activations = record_activations(network, {"strokes": np.full((1, 160, 4), 0.3, np.float32)})
    rng = np.random.default_rng(2)
    for node in (node for node in network.nodes if node.op == "LSTM"):
        name = node.outputs[0]
        shape = activations.values[name].shape
        wrong = Activations(
            network, {**activations.values, name: activations.values[name] + np.float32(0.01)}
        )
        for _ in range(40):
            unit = Unit(name, tuple(int(rng.integers(n)) for n in shape))
            context = OpeningContext(Goal.of_unit(unit, "y"), {}, str)
            assert all(
                stage.record.check().passed for stage in open_unit(activations, unit, context)
            )
            top, *_ = open_unit(wrong, unit, context)
            assert not top.record.check().passed


def recomputed_in_double(activations: Activations) -> Activations:
    """Run a network once more, in float64, by core."""
    given = {name: activations.values[name] for name in activations.graph.inputs}
    values = {
        name: value.astype(np.float64) if is_float(value) else value
        for name, value in (given | dict(activations.graph.constants)).items()
    }
    for node in activations.graph.nodes:
        made = apply_node(node, [to_operand(values.get(name)) for name in node.inputs])
        for name, y in zip(node.outputs, made, strict=False):
            whole = None if activations.is_float(name) else activations.values[name].dtype
            values[name] = y.value.astype(whole)  # None is float64
    return Activations(activations.graph, values)


def is_float(value: Array) -> bool:
    return bool(np.issubdtype(value.dtype, np.floating))


def test_a_wrong_weight_is_seen(activations: Activations) -> None:
    """Change one weight behind the back of the run: the arithmetic no longer fits."""
    node = next(node for node in activations.graph.nodes if node.op in ("Conv", "Gemm", "MatMul"))
    weight = activations.values[node.inputs[1]].copy()
    x = activations.values[node.inputs[0]]
    row = int(np.abs(x[0, 0]).argmax()) if node.op == "MatMul" else 0  # of an input that counts
    weight[row] += 0.01 * np.abs(weight).max()
    changed = Activations(activations.graph, {**activations.values, node.inputs[1]: weight})
    shape = activations.values[node.outputs[0]].shape
    unit = Unit(node.outputs[0], (0, 0, *(n // 2 for n in shape[2:])))
    context = OpeningContext(Goal.of_unit(unit, "y"), {}, str)
    (stage,) = open_unit(changed, unit, context)
    assert not stage.record.check().passed
