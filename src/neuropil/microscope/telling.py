"""A walk told: as text, as a table for a spreadsheet, as numbers for other programs."""

from typing import Any

from neuropil.microscope.field import Box
from neuropil.microscope.graph import Graph
from neuropil.microscope.slide import Slide
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


def numbers(walk: Walk) -> dict[str, Any]:
    """List what a walk found as plain values for JSON."""
    return {
        "stages": [
            {
                "name": stage.worked.name,
                "unit": str(stage.unit) if stage.unit else None,
                "inputs": len(stage.worked.terms),
                "bias": stage.worked.bias,
                "z": stage.worked.z,
                "activation": stage.worked.curve.name,
                "a": stage.worked.a,
                "ran": stage.worked.ran.a,
                "slope": stage.worked.slope,
                "dL_dz": stage.worked.dL_dz if stage.worked.backward else None,
                "checked": stage.worked.check().passed,
                "terms": [
                    {"name": t.name, "x": t.x, "w": t.w}
                    for t in (stage.worked.terms[i] for i in stage.worked.largest(12))
                ],
            }
            for stage in walk.stages
        ],
        "next": str(walk.next) if walk.next else None,
    }


def contents(graph: Graph, slide: Slide | None) -> list[str]:
    """List the tensors of a network: name, operation, shape where a run has shown it."""
    lines = [f"{name}  input" for name in graph.inputs]
    for node in graph.nodes:
        for name in filter(None, node.outputs):
            shape = f"  {slide.values[name].shape}" if slide else ""
            lines.append(f"{name}  {node.op}{shape}")
    return lines
