"""A walk told: as text, as a table for a spreadsheet, as numbers for other programs."""

import math
from typing import Any

from neuropil.core.formatting import to_text
from neuropil.core.probe import Step
from neuropil.microscope.activations import Activations
from neuropil.microscope.graph import Graph
from neuropil.microscope.receptive_field import Box
from neuropil.microscope.walk import Walk, to_image_box


def to_lines(walk: Walk, digits: int | None, most: int) -> list[str]:
    """Write every step of a walk, the last one after the network numbered before its units."""
    n = len(walk.steps)
    told = []
    for number, (step, box) in enumerate(zip(walk.steps, walk.receptive_boxes, strict=True), 1):
        head, _, rest = to_text(step.record, digits, most).partition("\n")
        told.append(f"[{number} of {n}] {head}")
        told += [f"  unit {step.unit}"] if step.unit else []
        told += (
            [f"  sees {format_box(box)} of the network's input{format_image_region(walk, box)}"]
            if box
            else []
        )
        told.append(rest)
    return [*told, f"no gradients: {walk.no_gradients}"] if walk.no_gradients else told


def format_box(box: tuple[tuple[float, float], ...]) -> str:
    """Word a receptive field."""
    names = ("rows", "columns") if len(box) == 2 else ("places",) * len(box)
    return ", ".join(f"{name} {a:g} to {b:g}" for name, (a, b) in zip(names, box, strict=True))


def format_image_region(walk: Walk, box: Box) -> str:
    """Word where that is on the picture, where the network sees a part of it only."""
    probed_image = walk.probe.probed_image
    if not probed_image or probed_image.covers_image:
        return ""
    height, width, _ = probed_image.pixels.shape
    left, top, right, bottom = to_image_box(walk, box)
    return (
        f": x {left * width:.0f} to {right * width:.0f},"
        f" y {top * height:.0f} to {bottom * height:.0f} of the picture"
    )


def to_json(walk: Walk, most: int) -> dict[str, Any]:
    """List what a walk found as plain values for JSON: the `most` largest terms of every step."""
    return {
        "stages": [step_to_json(step, most) for step in walk.steps],
        "next": str(walk.next) if walk.next else None,
        "no_gradients": walk.no_gradients or None,
    }


def step_to_json(step: Step, most: int) -> dict[str, Any]:
    """List the numbers of one neuron; terms, rest and bias add up to z."""
    record = step.record
    largest = [record.terms[i] for i in record.largest(most)]
    return {
        "name": record.name,
        "unit": str(step.unit) if step.unit else None,
        "inputs": len(record.terms),
        "bias": record.bias,
        "z": record.z,
        "activation": record.activation.name,
        "a": record.a,
        "ran": record.observed.a,
        "slope": record.derivative,
        "dL_dz": record.dL_dz if record.backward else None,
        "checked": record.check().passed,
        "terms": [{"name": term.name, "x": term.x, "w": term.w} for term in largest],
        "rest": math.fsum([record.z, -record.bias, *(-term.product for term in largest)]),
    }


def list_tensors(graph: Graph, activations: Activations | None) -> list[str]:
    """List the tensors of a network: name, operation, shape where a run has shown it."""
    lines = [f"{name}  input" for name in graph.inputs]
    for node in graph.nodes:
        for name in filter(None, node.outputs):
            value = activations.values.get(name) if activations else None
            told = activations.others.get(name, "nothing") if activations else ""
            shape = f"  {told if value is None else value.shape}" if activations else ""
            lines.append(f"{name}  {node.op}{shape}")
    return lines
