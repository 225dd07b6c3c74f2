"""One operation of an ONNX file: its kind, the tensors that it takes and makes, its settings.

    node, constants = read_node(proto, opset=9)

Operators have changed with ONNX's versions: what was an attribute of Pad, Slice or Squeeze is an
input today. Every operation is brought to its newest form here, so that nothing else need know the
older ones; what was an attribute becomes a constant of its own name.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from neuropil.microscope.operators import BEFORE_OPSET_13, BEFORE_OPSET_21

Array = NDArray[Any]

STANDARD = ("", "ai.onnx")  # the domains of ONNX's own operations
REDUCTIONS = (
    *("ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean"),
    *("ReduceMin", "ReduceProd", "ReduceSum", "ReduceSumSquare"),
)
BECAME_INPUTS: dict[str, dict[str, int]] = {  # op -> attribute -> place of the input
    "Clip": {"min": 1, "max": 2},
    "Dropout": {"ratio": 1},
    "Pad": {"pads": 1, "value": 2},
    "Reshape": {"shape": 1},
    "Slice": {"starts": 1, "ends": 2, "axes": 3},
    "Split": {"split": 1},
    "TopK": {"k": 1},
    "Upsample": {"scales": 1},
    **{op: {"axes": 1} for op in (*REDUCTIONS, "Squeeze", "Unsqueeze")},
}
FLAGS: dict[str, tuple[int, str]] = {  # the version before which an operator meant something else
    "Softmax": (13, BEFORE_OPSET_13),
    "LogSoftmax": (13, BEFORE_OPSET_13),
    "GroupNormalization": (21, BEFORE_OPSET_21),
}
OLD_RESIZE = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}


@dataclass(frozen=True)
class Node:
    """One operation: its kind, the tensors that it takes and makes, and its settings."""

    op: str  # with its domain before it where that is not ONNX's own
    inputs: tuple[str, ...]  # "" where an optional one is left out; last what its subgraphs take
    outputs: tuple[str, ...]
    attributes: dict[str, Any]


def read_node(proto: onnx.NodeProto, opset: int) -> tuple[Node, dict[str, Array]]:
    """Read an operation of a version of ONNX, and the constants that its attributes became."""
    settings = {a.name: _plain(helper.get_attribute_value(a)) for a in proto.attribute}
    inputs = [*proto.input, *dict.fromkeys(_captured(proto))]
    if proto.domain not in STANDARD:
        kind = f"{proto.domain}.{proto.op_type}"
        return Node(kind, tuple(inputs), tuple(proto.output), settings), {}
    node = Node(proto.op_type, tuple(inputs), tuple(proto.output), settings)
    return _attributes_to_inputs(_mark_version(node, opset))


def _mark_version(node: Node, opset: int) -> Node:
    """Note where an operator meant something else, and put the inputs of Resize in their places."""
    before, flag = FLAGS.get(node.op, (0, ""))
    if opset < before:
        return replace(node, attributes=node.attributes | {flag: True})
    if node.op == "Split":  # a file that gives no sizes has said since 18 into how many parts
        return replace(node, attributes={"num_outputs": len(node.outputs)} | node.attributes)
    if node.op == "Upsample" or (node.op == "Resize" and opset < 11):
        return replace(node, attributes=node.attributes | OLD_RESIZE)
    return node


def _attributes_to_inputs(node: Node) -> tuple[Node, dict[str, Array]]:
    """Turn attributes that newer versions take as inputs into constants."""
    settings, constants = dict(node.attributes), {}
    inputs = list(node.inputs)
    for attribute, place in BECAME_INPUTS.get(node.op, {}).items():
        if attribute in settings:
            name = f"{next(filter(None, node.outputs))}.{attribute}"
            value = np.asarray(settings.pop(attribute))
            constants[name] = value.astype(np.float32) if value.dtype.kind == "f" else value
            inputs += [""] * (place + 1 - len(inputs))
            inputs[place] = name
    if node.op == "Upsample" or (node.op == "Resize" and len(inputs) == 2):
        inputs.insert(1, "")  # the region of interest came with version 11
    return replace(node, inputs=tuple(inputs), attributes=settings), constants


def _captured(proto: onnx.NodeProto) -> Iterator[str]:
    """List the tensors that the subgraphs of If, Loop and Scan take from around them."""
    for attribute in proto.attribute:
        for graph in (*attribute.graphs, *([attribute.g] if attribute.HasField("g") else [])):
            own = {value.name for value in (*graph.input, *graph.initializer)}
            own |= {name for node in graph.node for name in node.output}
            taken = [name for node in graph.node for name in (*node.input, *_captured(node))]
            taken += [value.name for value in graph.output]
            yield from (name for name in taken if name and name not in own)


def _plain(setting: Any) -> Any:
    """Turn a setting into a text, a number or an array."""
    if isinstance(setting, onnx.TensorProto):
        return numpy_helper.to_array(setting)
    if isinstance(setting, onnx.SparseTensorProto):
        return to_dense(setting)
    if isinstance(setting, list):
        return [_plain(each) for each in setting]
    return setting.decode() if isinstance(setting, bytes) else setting


def to_dense(sparse: onnx.SparseTensorProto) -> Array:
    """Write a sparse tensor out; its indices count all places, or are one for each axis."""
    values, at = numpy_helper.to_array(sparse.values), numpy_helper.to_array(sparse.indices)
    dense = np.zeros(tuple(sparse.dims), values.dtype)
    dense[np.unravel_index(at, dense.shape) if at.ndim == 1 else tuple(at.T)] = values
    return dense
