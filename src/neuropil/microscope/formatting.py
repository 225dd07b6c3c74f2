"""A walk told: as text, as a table for a spreadsheet, as numbers for other programs."""

import math
from typing import Any

from neuropil.microscope.activations import Slide
from neuropil.microscope.graph import Graph
from neuropil.microscope.receptive_field import Box
from neuropil.microscope.stage import Stage
from neuropil.microscope.walk import Walk, on_picture


def text(walk: Walk, digits: int | None, most: int) -> list[str]:
    """Write every stage of a walk, the last one after the network numbered before its units."""
    n = len(walk.stages)
    told = []
    for number, (stage, box) in enumerate(zip(walk.stages, walk.fields, strict=True), 1):
        head, _, rest = stage.worked.text(digits, most).partition("\n")
        told.append(f"[{number} of {n}] {head}")
        told += [f"  unit {stage.unit}"] if stage.unit else []
        told += [f"  sees {seen(box)} of the network's input{pixels(walk, box)}"] if box else []
        told.append(rest)
    return told


def seen(box: tuple[tuple[float, float], ...]) -> str:
    """Word a receptive field."""
    names = ("rows", "columns") if len(box) == 2 else ("places",) * len(box)
    return ", ".join(f"{name} {a:g} to {b:g}" for name, (a, b) in zip(names, box, strict=True))


def pixels(walk: Walk, box: Box) -> str:
    """Word where that is on the picture, where the network sees a part of it only."""
    sight = walk.probe.sight
    if not sight or sight.whole:
        return ""
    height, width, _ = sight.pixels.shape
    left, top, right, bottom = on_picture(walk, box)
    return (
        f": x {left * width:.0f} to {right * width:.0f},"
        f" y {top * height:.0f} to {bottom * height:.0f} of the picture"
    )


def numbers(walk: Walk, most: int) -> dict[str, Any]:
    """List what a walk found as plain values for JSON: the `most` largest terms of every stage."""
    return {
        "stages": [of_stage(stage, most) for stage in walk.stages],
        "next": str(walk.next) if walk.next else None,
    }


def of_stage(stage: Stage, most: int) -> dict[str, Any]:
    """List the numbers of one neuron; terms, rest and bias add up to z."""
    worked = stage.worked
    largest = [worked.terms[i] for i in worked.largest(most)]
    return {
        "name": worked.name,
        "unit": str(stage.unit) if stage.unit else None,
        "inputs": len(worked.terms),
        "bias": worked.bias,
        "z": worked.z,
        "activation": worked.curve.name,
        "a": worked.a,
        "ran": worked.ran.a,
        "slope": worked.slope,
        "dL_dz": worked.dL_dz if worked.backward else None,
        "checked": worked.check().passed,
        "terms": [{"name": term.name, "x": term.x, "w": term.w} for term in largest],
        "rest": math.fsum([worked.z, -worked.bias, *(-term.product for term in largest)]),
    }


def contents(graph: Graph, slide: Slide | None) -> list[str]:
    """List the tensors of a network: name, operation, shape where a run has shown it."""
    lines = [f"{name}  input" for name in graph.inputs]
    for node in graph.nodes:
        for name in filter(None, node.outputs):
            shape = f"  {slide.values[name].shape}" if slide else ""
            lines.append(f"{name}  {node.op}{shape}")
    return lines
