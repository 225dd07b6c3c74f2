"""A network with one run through it: every number that it produced, and how others follow.

    activations = record_activations(graph, {"lightness": ..., "hints": ...})
    activations.values["logits"]                    as ONNX Runtime computed it
    recompute(activations, "lightness", "logits", x)  the same by `neuropil.core`
    gradients(activations, goal, "lightness")         dL/dtensor of all on the way

Values come from one run of ONNX Runtime with every tensor exposed. `core` computes again only what
lies between the tensors that are asked about.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from neuropil.core.probe import Goal, Unit
from neuropil.core.tensor import Tensor
from neuropil.kit.errors import UserError
from neuropil.kit.networks.network import OnnxNetwork
from neuropil.microscope.graph import Graph, with_all_outputs
from neuropil.microscope.nodes import Array, Node
from neuropil.microscope.operator_table import Run, find_operator
from neuropil.microscope.operators import UNKNOWN, UnsupportedOperator

# What core says of shapes and settings that it wasn't made for; others' networks may have any.
FORM = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
NOISE = re.compile(  # codes of ONNX Runtime, and the files of its source
    r"\[ONNXRuntimeError\] : \d+ : \w+ : |\S*/onnxruntime/\S+:\d+\s?"
)


@dataclass(frozen=True)
class Activations:
    """A graph and the value of each of its tensors in one run.

    others: what else came out, in words by name: sequences, maps, texts
    """

    graph: Graph
    values: dict[str, Array]
    others: dict[str, str] = field(default_factory=dict)

    def value(self, unit: Unit) -> float:
        """Read the value of a unit; raises UserError where there is no such unit."""
        if self.graph.require_tensor(unit.tensor) not in self.values:
            kind = self.others.get(unit.tensor, "nothing")
            raise UserError(
                "network.no_neuron", f"{unit.tensor} is {kind}, of which no unit can be opened"
            )
        shape = self.values[unit.tensor].shape
        if len(unit.index) != len(shape) or any(
            not 0 <= i < n for i, n in zip(unit.index, shape, strict=True)
        ):
            places = (
                ", ".join(f"0..{n - 1}" if n else "over nothing" for n in shape)
                or "no index at all"
            )
            place = ", ".join(map(str, unit.index))
            fault = f"has no unit {place}" if place else "is a whole tensor: name a unit of it"
            raise UserError(
                "option.range",
                f"{unit.tensor} {fault}; its {len(shape)} axes go {places}",
                name="unit",
                value=unit.index,
                low=(0,) * len(shape),
                high=tuple(n - 1 for n in shape),
            )
        return float(self.values[unit.tensor][unit.index])

    def largest(self, name: str) -> Unit | None:
        """Find the unit of a tensor that is furthest from 0; None where there is no number."""
        size = np.abs(np.nan_to_num(self.values[name].astype(np.float64)))
        if not size.size:
            return None
        return Unit(name, tuple(int(i) for i in np.unravel_index(size.argmax(), size.shape)))

    def is_float(self, name: str) -> bool:
        """Tell whether a tensor holds numbers that can change a little."""
        if name in self.others:
            return "float" in self.others[name]  # of 16 or 8 bits, which NumPy doesn't know
        return name in self.values and bool(np.issubdtype(self.values[name].dtype, np.floating))

    def is_float_operation(self, node: Node) -> bool:
        """Tell a node that makes such numbers of such numbers: shapes and zeros are no work."""
        return any(map(self.is_float, node.outputs)) and any(map(self.is_float, node.inputs))


def record_activations(
    graph: Graph, feeds: Mapping[str, Array], *, threads: int | None = None
) -> Activations:
    """Run a network once and keep every tensor; raises UserError where the inputs don't fit."""
    missing = [name for name in graph.inputs if name not in feeds]
    extra = [name for name in feeds if name not in graph.inputs]
    if missing or extra:
        wanted, given = ", ".join(graph.inputs) or "nothing", ", ".join(feeds) or "nothing"
        raise UserError(
            "network.inputs",
            f"the network takes {wanted}; given was {given}: --input NAME=FILE.npy",
        )
    try:
        network = OnnxNetwork(with_all_outputs(graph), threads=threads)
    except Exception as error:  # ONNX Runtime has a class per mishap, and no common one
        raise UserError(
            "network.damaged", f"ONNX Runtime can't run this network: {shorten(error)}"
        ) from None
    try:
        made = network.run(**feeds)
    except Exception as error:
        raise UserError(
            "network.inputs", f"the network can't run on these inputs: {shorten(error)}"
        ) from None
    found = {**graph.constants, **feeds, **made}
    others = {name: kind for name, value in found.items() if (kind := name_kind(value))}
    values = {name: np.asarray(value) for name, value in found.items() if name not in others}
    others |= {name: f"a tensor of {kind}" for name, kind in graph.unseen.items()}
    return Activations(graph, values, others)


def shorten(error: Exception) -> str:
    """Bring what a library says to one line."""
    return " ".join(NOISE.sub("", str(error)).split())[:400]


def name_kind(value: Any) -> str:
    """Say what a value is that is no tensor of numbers; "" of one that is."""
    if isinstance(value, list):
        inside = name_kind(value[0]) if value else ""
        return f"a sequence of {inside.removeprefix('a ') or 'tensor'}s"
    if isinstance(value, dict):
        return "a map"
    if value is None:
        return "an optional value that is left out"
    if not isinstance(value, np.ndarray | np.generic):
        return f"a {type(value).__name__}"
    return "" if value.dtype.kind in "biuf" else f"a tensor of {value.dtype.name}"


def apply_node(node: Node, inputs: Iterable[Any], run: Run | None = None) -> tuple[Tensor, ...]:
    """Compute one operation by core; raises UnsupportedOperator where core has none for it.

    Whole numbers come as floats, which hold each up to 2^53. An output that core can't compute is
    UNKNOWN. `run` computes it in another way than the table says.
    """
    run = run or find_operator(node.op).run
    if run is None:
        raise UnsupportedOperator(node.op)
    try:
        made = run(node.attributes, *inputs)
    except FORM as fault:
        raise UnsupportedOperator(f"{node.op}, in a form that isn't known here") from fault
    several = made if isinstance(made, tuple) else (made,)
    return tuple(y if isinstance(y, Tensor) else Tensor(y) for y in several)


def to_operand(value: Array | None, dtype: Any = None) -> Any:
    """Give floats as a constant tensor and whole numbers as they are."""
    if value is None or not np.issubdtype(value.dtype, np.floating):
        return value
    return Tensor(value.astype(dtype or value.dtype, copy=False))


def recompute(activations: Activations, start: str, end: str, begin: Tensor) -> dict[str, Tensor]:
    """Compute everything between two tensors by core, from the value of the first.

    All else comes from the run, also whole numbers, such as shapes. In the dtype of `begin`; its
    gradient can be asked for.
    """
    made = {start: begin}
    for node in activations.graph.nodes_between(start, end):
        if not activations.is_float_operation(node):
            continue
        inputs = [
            made[name] if name in made else to_operand(activations.values.get(name), begin.dtype)
            for name in node.inputs
        ]
        outputs = dict(zip(node.outputs, apply_node(node, inputs), strict=False))
        for name in filter(None, node.outputs):
            y = outputs.get(name, UNKNOWN)
            ran = activations.values.get(name, y.value)
            if y is not UNKNOWN and y.shape == ran.shape:
                made[name] = y
            elif activations.is_float(name) and (
                name == end or name in activations.graph.consumers
            ):
                raise UnsupportedOperator(activations.graph.describe_output(name))
    return made


def gradients(activations: Activations, goal: Goal, start: str) -> dict[str, Array]:
    """Differentiate the goal by every tensor between `start` and the goal's own, in float64."""
    begin = Tensor(activations.values[start].astype(np.float64), requires_grad=True)
    made = recompute(activations, start, goal.tensor, begin)
    end = made.get(goal.tensor)
    if end is None or not end.requires_grad:
        return {}  # nothing leads from the one to the other
    end.backward(seed=goal.gradient(end.value).astype(end.dtype))
    return {name: tensor.grad for name, tensor in made.items() if tensor.grad is not None}


def perturb(activations: Activations, goal: Goal, unit: Unit, by: float) -> float:
    """Move one unit and let the rest of the network follow, in float64: the goal's new value."""
    value = activations.values[unit.tensor].astype(np.float64)
    value[unit.index] += by
    made = recompute(activations, unit.tensor, goal.tensor, Tensor(value))
    return goal.value(made[goal.tensor].value)
