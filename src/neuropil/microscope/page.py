"""A walk as a page: one file, offline, in which a number can be changed and the rest follows.

The page itself is walk.html.jinja; what stands here gives it its numbers. Every step carries all
its terms, so that the page can add them up again, and its curve as a formula of JavaScript.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Picture

from neuropil.core.formatting import DIGITS, number
from neuropil.core.neuron import NeuronRecord
from neuropil.core.probe import Goal, ProbedImage, Step
from neuropil.kit.html.page import data_uri
from neuropil.kit.html.templates import render
from neuropil.kit.media.image import Image
from neuropil.microscope import saliency
from neuropil.microscope.javascript import to_javascript
from neuropil.microscope.receptive_field import Box
from neuropil.microscope.walk import Walk, receptive_box, to_image_box

TEMPLATE = Path(__file__).with_name("walk.html.jinja")
SEEN = 12  # inputs of a neuron, the largest, whose view of the picture can be shown
SIDE = 900  # pixels of the picture's longer side in the page
AFTER, INSIDE = "What you see, and how it was put together", "Inside the network"


def render_walk(walk: Walk, command: str) -> str:
    """Write the page; `command` opens what lies deeper."""
    return render_told(walk_json(walk), command)


def render_told(told: Mapping[str, Any], command: str) -> str:
    """Write the page of what `walk_json` gives."""
    data = json.dumps({"steps": told["steps"], "image": told["image"]}, allow_nan=False)
    return render(
        TEMPLATE,
        title=told["title"],
        no_gradients=told["no_gradients"],
        command=command,
        data=data.replace("<", "\\u003c"),  # so that no text ends the script
    )


def walk_json(walk: Walk) -> dict[str, Any]:
    """Give what a page shows of a walk: title, steps, what is seen, what lies deeper."""
    probed_image = walk.probe.probed_image
    first = walk.steps[0].record.name
    seen = image_json(probed_image) if probed_image else None
    if probed_image and seen and walk.probe.image_inputs and walk.probe.saliency:
        words = saliency_legend(probed_image, walk.probe.goal)
        seen |= {"saliency": data_uri(saliency.overlay(walk)), "legend": words}
    return {
        "title": f"Behind {probed_image.caption}" if probed_image else f"Inside {first}",
        "steps": steps_json(walk),
        "image": seen,
        "next": str(walk.next) if walk.next else "",
        "no_gradients": walk.no_gradients or "",
    }


def saliency_legend(probed_image: ProbedImage, goal: Goal) -> str:
    """Word what the saliency picture shows."""
    part = "" if probed_image.covers_image else "; only what is in the frame is seen"
    return f"Yellow: the pixels that move L most, |dL/dx| of each{part}. L: {goal.text}."


def steps_json(walk: Walk) -> list[dict[str, Any]]:
    """List what the page needs to know of each step."""
    n_after = len(walk.probe.steps)
    return [
        step_json(n, step, box, walk) | {"part": AFTER if n < n_after else INSIDE}
        for n, (step, box) in enumerate(zip(walk.steps, walk.receptive_boxes, strict=True))
    ]


def step_json(n: int, step: Step, box: Box | None, walk: Walk) -> dict[str, Any]:
    """Take a step apart."""
    record = step.record
    proof = record.check()
    return {
        "n": n,
        "name": record.name,
        "unit": str(step.unit) if step.unit else "",
        "names": [term.name for term in record.terms],
        "x": [term.x for term in record.terms],
        "w": [term.w for term in record.terms],
        "bias": record.bias,
        "z": record.z,
        "a": record.a,
        "curve": record.activation.name,
        "formula": record.activation.formula,
        "js": to_javascript(record.activation),
        "below": {str(term): lower for term, lower in step.children.items()},
        "shares": step.constant_sum,
        "field": relative_box(box, walk) if box else None,
        "fields": receptive_boxes(step, walk),
        "back": chain_rule_text(record),
        "sources": source_units(step),
        "proved": proof.passed,
        "proofText": check_text(record),
    }


def source_units(step: Step) -> dict[str, str]:
    """Name the units behind the inputs with the largest products."""
    if not step.sources:
        return {}
    named = {term: step.sources[term] for term in step.record.largest(SEEN)}
    return {str(term): str(unit) for term, unit in named.items() if unit}


def receptive_boxes(step: Step, walk: Walk) -> dict[str, list[float]]:
    """Find what the inputs with the largest products can see of the picture."""
    if not step.sources:
        return {}
    made: dict[str, list[float]] = {}
    for term in step.record.largest(SEEN):
        box = receptive_box(walk.activations, walk.probe, step.sources[term])
        made |= {str(term): relative_box(box, walk)} if box else {}
    return made


def relative_box(box: Box, walk: Walk) -> list[float]:
    """Give a box as parts of the picture: left, top, width, height."""
    left, top, right, bottom = to_image_box(walk, box)
    return [left, top, right - left, bottom - top]


def chain_rule_text(record: NeuronRecord) -> str:
    """Word the chain rule for a step, where there is one."""
    if record.backward is None:
        return ""
    da, slope, dz = (number(v, DIGITS) for v in (record.dL_da, record.derivative, record.dL_dz))
    return f"L = {record.backward.loss}; dL/dz = dL/da · da/dz = {da} · {slope} = {dz}"


def check_text(record: NeuronRecord) -> str:
    """Word what the check has found."""
    proof, ran = record.check(), record.observed
    name, run, exact = ("a", ran.a, record.a) if ran.z is None else ("z", ran.z, record.z)
    mark = "✓ checked" if proof.passed else "✗ check failed"
    return (
        f"{mark}: {ran.source} ran {name} = {number(run, 9)}, the exact sum gives"
        f" {number(exact, 9)}; largest deviation {proof.largest:.0e}"
    )


def image_json(probed_image: ProbedImage) -> dict[str, Any]:
    """Encode the picture, with the place as parts of its width and height."""
    pixels = np.asarray(probed_image.pixels)
    height, width, _ = pixels.shape
    bytes_ = (pixels >> 8).astype(np.uint8) if pixels.dtype == np.uint16 else pixels
    small = Picture.fromarray(bytes_)
    small.thumbnail((SIDE, SIDE))
    made: dict[str, Any] = {
        "picture": data_uri(Image(np.asarray(small))),
        "words": probed_image.caption,
    }
    if probed_image.pixel:
        x, y = probed_image.pixel
        made["at"] = [(x + 0.5) / width, (y + 0.5) / height]
        made |= {"rgb": [int(v) for v in bytes_[y, x]]} if probed_image.is_pixel_color else {}
    return made
