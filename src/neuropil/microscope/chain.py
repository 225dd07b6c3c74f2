"""Networks one behind the other read as one graph, so that a walk goes on from one into the next.

    graph = load_chain((Path("eye-lite0-v1.onnx"), Path("colorize-decoder-v1.onnx")))
    graph.inputs                             ("picture", "hints")

An output of a network is the input of that name of the next. All other tensors of those before the
last are renamed by the first word of their file, so that no two have one name.
"""

from collections.abc import Sequence
from functools import reduce
from pathlib import Path

import onnx

from neuropil.microscope.graph import Graph, parse_model, read_model


def load_chain(paths: Sequence[Path]) -> Graph:
    """Read ONNX files that follow each other; raises UserError where one is none."""
    *before, last = ((path, read_model(path)) for path in paths)
    models = [*(apart(model, path.stem.partition("-")[0]) for path, model in before), last[1]]
    return parse_model(reduce(join, models))


def apart(model: onnx.ModelProto, name: str) -> onnx.ModelProto:
    """Rename every node, and every tensor but inputs and outputs of a network: "eye/stem.0"."""
    renamed = onnx.ModelProto()
    renamed.CopyFrom(model)
    graph = renamed.graph
    kept = {"", *(value.name for value in (*graph.input, *graph.output))}
    for node in graph.node:
        node.name = f"{name}/{node.name.strip('/')}" if node.name else ""
        for names in (node.input, node.output):
            names[:] = [n if n in kept else f"{name}/{n.strip('/')}" for n in names]
    for tensor in graph.initializer:
        tensor.name = f"{name}/{tensor.name.strip('/')}"
    del graph.value_info[:]
    return renamed


def join(first: onnx.ModelProto, second: onnx.ModelProto) -> onnx.ModelProto:
    """Let one network feed another; of the first only what the second needs is left."""
    joined = onnx.ModelProto()
    joined.CopyFrom(second)
    given = {value.name for value in first.graph.output}
    needed = given & {value.name for value in second.graph.input}
    nodes = []
    for node in reversed(first.graph.node):
        if not needed.isdisjoint(node.output):
            needed.update(node.input)
            nodes.append(node)
    inputs = [value for value in second.graph.input if value.name not in given]
    del joined.graph.input[:], joined.graph.node[:]
    joined.graph.input.extend([*first.graph.input, *inputs])
    joined.graph.node.extend([*reversed(nodes), *second.graph.node])
    joined.graph.initializer.extend(t for t in first.graph.initializer if t.name in needed)
    return joined
