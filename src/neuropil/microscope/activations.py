"""A network with one run through it: every number that it produced, and how others follow.

    slide = record_activations(graph, {"lightness": ..., "hints": ...})
    slide.values["logits"]                          as ONNX Runtime computed it
    recompute(activations, "lightness", "logits", x)      the same by `neuropil.core`
    gradients(activations, goal, "lightness")             dL/dtensor of all on the way

Values come from one run of ONNX Runtime with every tensor exposed. `core` computes again only what
lies between the tensors that are asked about.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from neuropil.core.probe import Goal, Unit
from neuropil.core.tensor import Tensor
from neuropil.kit.errors import UserError
from neuropil.kit.networks.network import OnnxNetwork
from neuropil.microscope.graph import Array, Graph, Node, with_all_outputs
from neuropil.microscope.operator_table import find_operator
from neuropil.microscope.operators import UnsupportedOperator


@dataclass(frozen=True)
class Activations:
    """A graph and the value of each of its tensors in one run."""

    graph: Graph
    values: dict[str, Array]

    def value(self, unit: Unit) -> float:
        """Read the value of a unit; raises UserError where there is no such unit."""
        shape = self.values[self.graph.require_tensor(unit.tensor)].shape
        if len(unit.index) != len(shape) or any(
            not 0 <= i < n for i, n in zip(unit.index, shape, strict=True)
        ):
            places = ", ".join(f"0..{n - 1}" for n in shape) or "no index at all"
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

    def is_float(self, name: str) -> bool:
        """Tell whether a tensor holds numbers that can change a little."""
        return name in self.values and bool(np.issubdtype(self.values[name].dtype, np.floating))

    def is_float_operation(self, node: Node) -> bool:
        """Tell a node that makes such numbers of such numbers: shapes and zeros are no work."""
        return self.is_float(node.outputs[0]) and any(map(self.is_float, node.inputs))


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
        values = OnnxNetwork(with_all_outputs(graph), threads=threads).run(**feeds)
    except Exception as error:  # ONNX Runtime has a class per mishap, and no common one
        told = " ".join(str(error).split())[:400]
        raise UserError(
            "network.inputs", f"the network can't run on these inputs: {told}"
        ) from None
    return Activations(graph, {**graph.constants, **feeds, **values})


def apply_node(node: Node, inputs: Iterable[Any]) -> tuple[Tensor, ...]:
    """Compute one operation by core; raises UnsupportedOperator where core has none for it.

    Whole numbers come as floats, which hold each up to 2^53.
    """
    run = find_operator(node.op).run
    if run is None:
        raise UnsupportedOperator(node.op)
    made = run(node.attributes, *inputs)
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
        outputs = apply_node(node, inputs)
        made |= {name: y for name, y in zip(node.outputs, outputs, strict=False) if name}
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
