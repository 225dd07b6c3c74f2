"""The receptive field: which part of a picture a unit can see.

Boxes are followed from a unit back to an input: a kernel widens them, a stride spreads them, and
where everything is averaged the whole picture is seen.
"""

from neuropil.core.probe import Unit
from neuropil.microscope.activations import Activations
from neuropil.microscope.nodes import Node
from neuropil.microscope.operator_table import find_operator
from neuropil.microscope.spatial import window

Span = tuple[float, float]  # along one axis: from, to (both inside)
Box = tuple[Span, ...]  # one span for each spatial axis; empty where there is no space left


def receptive_field(activations: Activations, unit: Unit, view: str) -> Box | None:
    """Find the box of the picture `view` (1, C, H, W) that a unit depends on; None if on nothing.

    In pixels of the view: ((top, bottom), (left, right)).
    """
    boxes: dict[str, Box] = {unit.tensor: tuple((i, i) for i in unit.index[2:])}
    for node in reversed(activations.graph.nodes):
        found = [boxes[name] for name in node.outputs if name in boxes]
        is_blind = find_operator(node.op).spatial == "nothing"
        for name in node.inputs if found and not is_blind else ():
            if name in activations.values and name not in activations.graph.constants:
                seen = trace_back(activations, node, name, found[0])
                boxes[name] = box_union(boxes[name], seen) if name in boxes else seen
    if view not in boxes:
        return None
    sizes = activations.values[view].shape[2:]
    box = boxes[view] or full_box(sizes)
    return tuple((max(0, a), min(n - 1, b)) for (a, b), n in zip(box, sizes, strict=True))


def trace_back(activations: Activations, node: Node, name: str, box: Box) -> Box:
    """Follow a box from the output of an operation to one of its inputs."""
    sizes = activations.values[name].shape[2:]
    after = activations.values[node.outputs[0]].shape[2:]
    if not sizes or not box:
        return full_box(sizes)
    spatial = find_operator(node.op).spatial
    if spatial == "window":
        kernel = node.attributes.get("kernel_shape") or activations.values[node.inputs[1]].shape[2:]
        how = window(node.attributes, sizes, tuple(kernel))
        spans = zip(box, kernel, how["stride"], how["padding"], how["dilation"], strict=True)
        return tuple((a * s - p[0], b * s - p[0] + d * (k - 1)) for (a, b), k, s, p, d in spans)
    if spatial == "resized":
        ratios = [n / m for n, m in zip(sizes, after, strict=True)]
        return tuple(
            (int((a + 0.5) * r - 0.5), int((b + 0.5) * r + 0.5))
            for (a, b), r in zip(box, ratios, strict=True)
        )
    channels = node.op == "Concat" and node.attributes["axis"] == 1
    if sizes == after and (spatial == "place" or channels):
        return box
    return full_box(sizes)


def full_box(sizes: tuple[int, ...]) -> Box:
    """Make the box of everything."""
    return tuple((0, n - 1) for n in sizes)


def box_union(one: Box, other: Box) -> Box:
    """Make the smallest box around two."""
    if not one or not other:
        return ()
    return tuple((min(a, c), max(b, d)) for (a, b), (c, d) in zip(one, other, strict=True))
