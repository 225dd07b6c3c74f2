"""An ONNX file read: which operation makes which tensor from which others.

    graph = load_graph(Path("colorize-base-v1.onnx"))
    graph.producer["logits"].op           "Conv"
    graph.label("logits")                 "colors", after its weight `colors.weight`

A tensor is known by its name, a unit by its tensor and its index in it. What follows from
constants alone (weights kept in 16 bits or 8, shapes) is computed once, while reading.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper, inliner, numpy_helper, shape_inference

from neuropil.kit.bounded import read_bytes
from neuropil.kit.errors import UserError, suggest
from neuropil.kit.networks.onnx_file import MOST_BYTES, check_whole
from neuropil.microscope.nodes import STANDARD, Array, Node, read_node, to_dense
from neuropil.microscope.operator_table import find_operator

SEQUENCE = ".sequence"  # after the name of an end: the output of all times that a file leaves out


@dataclass(frozen=True)
class Graph:
    """A network: operations in an order in which they can be run, constants, inputs and outputs."""

    model: onnx.ModelProto
    nodes: tuple[Node, ...]
    constants: dict[str, Array]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    @cached_property
    def producer(self) -> dict[str, Node]:
        """Find the operation that makes a tensor."""
        return {name: node for node in self.nodes for name in node.outputs if name}

    @cached_property
    def consumers(self) -> dict[str, tuple[Node, ...]]:
        """Find the operations that take a tensor."""
        found: dict[str, tuple[Node, ...]] = {}
        for node in self.nodes:
            for name in dict.fromkeys(node.inputs):
                found[name] = (*found.get(name, ()), node)
        return found

    @cached_property
    def dtypes(self) -> dict[str, Any]:
        """Find which numbers each input takes; one that is no tensor takes none."""
        return {
            value.name: helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type)
            for value in self.model.graph.input
            if value.type.tensor_type.elem_type
        }

    @cached_property
    def names(self) -> tuple[str, ...]:
        """List all tensors that are computed or given, in the order of the run."""
        return (*self.inputs, *(name for node in self.nodes for name in node.outputs if name))

    @cached_property
    def unseen(self) -> dict[str, str]:
        """Find tensors of numbers that NumPy lacks (bfloat16, ...), as far as that is told."""
        try:
            proto = shape_inference.infer_shapes(self.model).graph
        except Exception:  # of a model that ONNX's checks don't like; it may run all the same
            proto = self.model.graph
        kinds = {v.name: v.type.tensor_type.elem_type for v in (*proto.value_info, *proto.output)}
        named = {
            name: helper.tensor_dtype_to_np_dtype(kind) for name, kind in kinds.items() if kind
        }
        return {name: dtype.name for name, dtype in named.items() if dtype.kind not in "biufOSUc"}

    def require_tensor(self, name: str) -> str:
        """Return the name of a tensor; raises UserError where there is none of that name."""
        if name not in self.names and name not in self.constants:
            raise UserError(
                "network.unknown_tensor",
                f"the network has no tensor {name}{suggest(name, self.names)};"
                " `neuropil open FILE.onnx` lists them all",
                value=name,
            )
        return name

    def describe_output(self, name: str) -> str:
        """Say which output of which operation a tensor is."""
        node = self.producer[name]
        return f"output {node.outputs.index(name) + 1} of {node.op}, which isn't taken apart here"

    def nodes_between(self, start: str, end: str) -> list[Node]:
        """List the operations on the ways from one tensor to another, in the order of the run."""
        reached, needed = {start}, {end}
        forward = [node for node in self.nodes if _meets(node.inputs, reached, node.outputs)]
        ways = [node for node in reversed(forward) if _meets(node.outputs, needed, node.inputs)]
        return ways[::-1]

    def label(self, name: str) -> str:
        """Name a tensor as people would: after the weight of the layer that makes it."""
        node = self.producer.get(name)
        if node is None:
            return name
        spec = find_operator(node.op)
        if spec.weighted:
            weight = next((i for i in node.inputs[1:] if i in self.constants), None)
            if weight and weight.endswith(".weight"):  # as torch names them: W is no layer
                return weight.removesuffix(".weight")
        if node.op == "Add":
            layers = [name for name in node.inputs if self._is_layer(name)]
            if layers:
                return " + ".join([*map(self.label, layers), *["…"] * (2 - len(layers))])
        if spec.label == "input" and node.inputs[0] in self.producer:
            return f"{self.label(node.inputs[0])} {node.op.lower()}"
        return name.strip("/").removesuffix("_output_0").removesuffix(f"/{node.op}")

    def _is_layer(self, name: str) -> bool:
        """Tell a tensor that a layer of weights makes."""
        return name in self.producer and find_operator(self.producer[name].op).weighted


def _meets(ends: Iterable[str], known: set[str], others: Iterable[str]) -> bool:
    """Tell whether an operation touches what is known; then what lies behind it is known too."""
    if known.isdisjoint(ends):
        return False
    known.update(name for name in others if name)
    return True


def load_graph(path: Path) -> Graph:
    """Read an ONNX file; raises UserError where it is none."""
    return parse_model(read_model(path))


def read_model(path: Path) -> onnx.ModelProto:
    """Read an ONNX file as it stands; raises UserError where it is none."""
    if not path.is_file():
        raise UserError(
            "input.missing",
            f"there is no file {path}; name an .onnx file or an application",
            path=path,
        )
    content = read_bytes(path, MOST_BYTES, "name a network of one file")
    try:
        model = onnx.load_from_string(content)
    except Exception as error:  # protobuf, onnx and the disk have exceptions of their own
        line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise UserError(
            "network.damaged",
            f"{path} is not an ONNX network ({line[:120]}); name an .onnx file",
            path=path,
        ) from None
    check_whole(path, content)
    if not model.graph.node:
        raise UserError(
            "network.damaged",
            f"{path} is not an ONNX network, or an empty one; name an .onnx file",
            path=path,
        )
    return model


def parse_model(model: onnx.ModelProto) -> Graph:
    """Take a model apart, and compute what follows from its constants alone.

    Functions of the model's own are written out where they are called, as ONNX Runtime does it.
    """
    if model.functions:
        model = inliner.inline_local_functions(model)
    model = name_sequences(model)
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    constants |= {each.values.name: to_dense(each) for each in model.graph.sparse_initializer}
    opset = max((o.version for o in model.opset_import if o.domain in STANDARD), default=1)
    nodes = []
    for proto in model.graph.node:
        node, made = read_node(proto, opset)
        constants |= made
        if all(name in constants or not name for name in node.inputs) and _folds(node, constants):
            continue
        nodes.append(node)
    inputs = tuple(i.name for i in model.graph.input if i.name not in constants)
    outputs = tuple(o.name for o in model.graph.output)
    return Graph(model, tuple(nodes), constants, inputs, outputs)


def name_sequences(model: onnx.ModelProto) -> onnx.ModelProto:
    """Name what recurrences leave out of all times, of which their last output is made."""
    left_out = [i for i, node in enumerate(model.graph.node) if _leaves_sequence_out(node)]
    if not left_out:
        return model
    named = onnx.ModelProto()
    named.CopyFrom(model)
    for i in left_out:
        outputs = named.graph.node[i].output
        outputs[0] = next(filter(None, outputs)) + SEQUENCE
    return named


def _leaves_sequence_out(node: onnx.NodeProto) -> bool:
    """Tell a recurrence of which only the end is asked for."""
    is_recurrent = node.domain in STANDARD and find_operator(node.op_type).recurrent
    return is_recurrent and not node.output[0]


def _folds(node: Node, constants: dict[str, Array]) -> bool:
    """Compute an operation on constants, if it is one of those that weights are stored by."""
    if node.op == "Constant":
        (value,) = node.attributes.values()
        constants[node.outputs[0]] = np.asarray(value)
    elif node.op == "Cast":
        kind = helper.tensor_dtype_to_np_dtype(node.attributes["to"])
        constants[node.outputs[0]] = constants[node.inputs[0]].astype(kind)
    elif node.op == "Mul":  # kernels kept as whole numbers times a scale
        constants[node.outputs[0]] = constants[node.inputs[0]] * constants[node.inputs[1]]
    elif node.op == "Identity":
        constants[node.outputs[0]] = constants[node.inputs[0]]
    elif node.op == "Transpose":
        axes = node.attributes.get("perm")
        constants[node.outputs[0]] = constants[node.inputs[0]].transpose(axes)
    else:
        return False
    return True


def with_all_outputs(graph: Graph) -> bytes:
    """Write the model again with every tensor as an output, so that a run shows its inside.

    Without those that NumPy has no numbers for; also where they are outputs of their own.
    """
    model = onnx.ModelProto()
    model.CopyFrom(graph.model)
    shown = {output.name for output in model.graph.output} | set(graph.unseen)
    for output in [each for each in model.graph.output if each.name in graph.unseen]:
        model.graph.output.remove(output)
    for name in graph.names:
        if name not in shown and name not in graph.inputs:
            model.graph.output.append(onnx.ValueInfoProto(name=name))
    file: bytes = model.SerializeToString()
    return file
