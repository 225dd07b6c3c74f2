"""A network at a glance, before anything runs: operators, inputs, outputs, parameters.

    summarize(graph).parameters                 26_970
    first_commands(graph, Path("net.onnx"))     ["python3 -c ...", "neuropil open net.onnx ..."]

What a file doesn't say, such as the length of a free axis, is left open.
"""

import re
import shlex
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import onnx
from onnx import helper, shape_inference

from neuropil.core.probe import Unit
from neuropil.microscope.graph import Graph
from neuropil.microscope.nodes import Node
from neuropil.microscope.operator_table import find_operator

WHOLE = "int64", "int32", "bool"  # of shapes and axes: no parameters
COEFFICIENTS = "coefficients", "intercepts"  # attributes of ai.onnx.ml that are parameters
KINDS = {
    "sequence_type": "a sequence",
    "map_type": "a map",
    "optional_type": "an optional value",
    "sparse_tensor_type": "a sparse tensor",
}


@dataclass(frozen=True)
class Summary:
    """What a file says of its network.

    operators: how many there are of each kind, in the order in which each is first run
    inputs, outputs: by name the type and shape, or what they are instead of tensors
    """

    operators: dict[str, int]
    inputs: dict[str, str]
    outputs: dict[str, str]
    parameters: int


def summarize(graph: Graph) -> Summary:
    """Sum a network up."""
    proto = graph.model.graph
    given = {value.name: describe_type(value.type) for value in proto.input}
    return Summary(
        dict(Counter(node.op for node in graph.nodes)),
        {name: given[name] for name in graph.inputs},
        {value.name: describe_type(value.type) for value in proto.output},
        count_parameters(graph),
    )


def count_parameters(graph: Graph) -> int:
    """Count the numbers that were learned, as far as a file shows it: all that are no shapes."""
    stored = [graph.constants[tensor.name] for tensor in graph.model.graph.initializer]
    stored += [graph.constants[each.values.name] for each in graph.model.graph.sparse_initializer]
    n = sum(value.size for value in stored if value.dtype.name not in WHOLE)
    return n + sum(
        len(node.attributes.get(name, ())) for node in graph.nodes for name in COEFFICIENTS
    )


def describe_type(kind: onnx.TypeProto) -> str:
    """Say what a value is: `float32 (1, 3, H, W)`, or `a sequence`."""
    word = KINDS.get(kind.WhichOneof("value") or "")
    if word or not kind.tensor_type.elem_type:
        return word or "of a type that isn't said"
    dtype = helper.tensor_dtype_to_string(kind.tensor_type.elem_type).removeprefix("TensorProto.")
    name = {"FLOAT": "float32", "DOUBLE": "float64"}.get(dtype, dtype.lower())
    axes = axes_of(kind)
    return name if axes is None else f"{name} ({', '.join(map(str, axes))})"


def axes_of(kind: onnx.TypeProto) -> list[int | str] | None:
    """List the lengths of axes, the name or "?" of one that is free; None where none is said."""
    if not kind.tensor_type.HasField("shape"):
        return None
    axes = kind.tensor_type.shape.dim
    return [d.dim_value if d.HasField("dim_value") else d.dim_param or "?" for d in axes]


def to_lines(summary: Summary, path: Path) -> list[str]:
    """Write a summary as text."""
    many = sum(summary.operators.values())
    counts = (f"{op} {n}" if n > 1 else op for op, n in summary.operators.items())
    return [
        f"{path}: {many} operator{'s' * (many != 1)}, {summary.parameters:,} parameters",
        f"operators: {', '.join(counts) or 'none, all follows from constants'}",
        *(f"input: {name}  {kind}" for name, kind in summary.inputs.items()),
        *(f"output: {name}  {kind}" for name, kind in summary.outputs.items()),
    ]


def to_json(summary: Summary) -> dict[str, Any]:
    """List a summary for other programs."""
    return asdict(summary)


def explain_closed_inputs(graph: Graph) -> str:
    """Say which input no file of NumPy can hold, and what to do; "" where there is none."""
    for name in graph.inputs:
        if getattr(graph.dtypes.get(name), "kind", "") not in tuple("biuf"):
            return (
                f"{name} is {summarize(graph).inputs[name]}, which no .npy file can hold: this"
                " network can be listed, but not run here; cut out a part whose inputs are tensors"
                " of numbers, by onnx.utils.extract_model, and open that"
            )
    return ""


def first_commands(graph: Graph, path: Path) -> list[str]:
    """Write what to type to open a number: how to make inputs that aren't there, then `open`."""
    if explain_closed_inputs(graph):
        return []
    kinds = {value.name: value.type for value in graph.model.graph.input}
    words, made = ["neuropil", "open", str(path)], []
    for number, name in enumerate(graph.inputs):
        file = f"{name}.npy" if re.fullmatch(r"\w[\w.-]*", name) else f"input{number}.npy"
        shape = tuple(n if isinstance(n, int) else 1 for n in axes_of(kinds[name]) or [])
        numbers = f'r.random({shape}).astype("{graph.dtypes[name].name}")'
        made += [] if Path(file).exists() else [f'numpy.save("{file}", {numbers})']
        words += ["--input", f"{name}={file}"]
    unit = choose_unit(graph)
    if unit:
        words += [f"--unit={unit}"] if unit.tensor.startswith("-") else ["--unit", str(unit)]
    code = "; ".join(["import numpy", "r = numpy.random.default_rng(0)", *made])
    return [*([shlex.join(["python3", "-c", code])] if made else []), shlex.join(words)]


def choose_unit(graph: Graph) -> Unit | None:
    """Find the last tensor of known axes whose units can be opened, an output if there is one."""
    known = infer_axes(graph)
    tensors = [*graph.outputs, *reversed(graph.names)]
    for name in tensors:
        node = graph.producer.get(name)
        if node and name in known and opens(node, name):
            return Unit(name, (0,) * known[name])
    return None


def opens(node: Node, name: str) -> bool:
    """Tell whether units of an output of an operation can be opened, as far as its kind shows."""
    spec = find_operator(node.op)
    is_known = spec.linear or spec.activation or spec.recurrent or node.op == "Softmax"
    return bool(is_known) and name in node.outputs[: 1 + spec.recurrent]


def infer_axes(graph: Graph) -> dict[str, int]:
    """Count the axes of the tensors, as far as that follows without a run."""
    try:
        proto = shape_inference.infer_shapes(graph.model).graph
    except Exception:  # of a model that ONNX's checks don't like; it may run all the same
        proto = graph.model.graph
    values = (*proto.value_info, *proto.output)
    axes = {value.name: axes_of(value.type) for value in values}
    floats = {v.name for v in values if v.type.tensor_type.elem_type in (1, 10, 11)}
    return {name: len(each) for name, each in axes.items() if each is not None and name in floats}
