"""A walk: from what a person sees, neuron by neuron along the largest terms, down to the inputs.

    walk = walk_back(graph, probe, depth=3)

Every step is a worked neuron; `walk.next` is the unit that the next step would open.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from neuropil.core.neuron import NeuronRecord
from neuropil.core.probe import WHOLE, Goal, Probe, Step, Unit
from neuropil.kit.errors import UserError
from neuropil.microscope.activations import Activations, gradients, record_activations
from neuropil.microscope.graph import SEQUENCE, Graph
from neuropil.microscope.nodes import Array
from neuropil.microscope.open_unit import OpeningContext, open_unit
from neuropil.microscope.operator_table import find_operator
from neuropil.microscope.operators import UnsupportedOperator
from neuropil.microscope.receptive_field import Box, receptive_field
from neuropil.microscope.sums import argmax_unit, decompose
from neuropil.microscope.targets import largest_output


@dataclass(frozen=True)
class Walk:
    """The steps of a walk, from the top down, and what each can see of the picture.

    next: the unit behind the largest term of the last step, or what can be opened below it; None
        where there are only inputs
    no_gradients: why no unit of the walk has a gradient; nothing where they have
    """

    probe: Probe
    activations: Activations
    steps: tuple[Step, ...]
    receptive_boxes: tuple[Box | None, ...]
    next: Unit | None
    no_gradients: str = ""


def walk_back(graph: Graph, probe: Probe, *, depth: int = 1, threads: int | None = None) -> Walk:
    """Open up to `depth` units of a network, from the probe's on along the largest terms.

    Raises UserError where the inputs don't fit, the unit isn't there or can't be opened.
    """
    activations = record_activations(graph, probe.inputs, threads=threads)
    graph.require_tensor(probe.goal.tensor)
    plain = OpeningContext(probe.goal, {}, lambda unit: unit_name(activations, probe, unit))
    try:
        units = list(largest_path(activations, probe.unit, depth, plain))
    except UserError as error:
        if error.code == "network.no_neuron":
            below = find_below(activations, probe.unit.tensor, plain)
            raise UserError(error.code, error.message, below=below) from None
        raise
    slopes, no_gradients = available_gradients(activations, probe, units[-1].tensor)
    context = replace(plain, slopes=slopes)
    steps = [replace(s, record=mark_as_application(s.record)) for s in probe.steps]
    for unit in units:
        n = len(steps)
        if steps:
            steps[-1] = link(activations, steps[-1], n)
        new = open_unit(activations, unit, context)
        steps += [replace(s, children={t: n + i for t, i in s.children.items()}) for s in new]
    boxes = tuple(receptive_box(activations, probe, step.unit) for step in steps)
    following = next_unit(activations, steps[-1], plain)
    return Walk(probe, activations, tuple(steps), boxes, following, no_gradients)


def next_unit(activations: Activations, step: Step, context: OpeningContext) -> Unit | None:
    """Find the unit behind the largest term, or the nearest one below it that can be opened."""
    deeper = largest_input(activations, step)
    if deeper is None or can_open(activations, deeper[1], context):
        return deeper[1] if deeper else None
    return find_below(activations, deeper[1].tensor, context)


def can_open(activations: Activations, unit: Unit, context: OpeningContext) -> bool:
    """Tell whether a unit can be opened."""
    try:
        open_unit(activations, unit, context)
    except UserError:
        return False
    return True


def first_unit(activations: Activations) -> Unit | None:
    """Choose what to open first: the largest output, or the nearest below it that can be opened."""
    unit = largest_output(activations)
    if unit is None:
        return None
    plain = OpeningContext(Goal.of_unit(unit, str(unit)), {}, str)
    return (
        unit if can_open(activations, unit, plain) else find_below(activations, unit.tensor, plain)
    )


def find_below(activations: Activations, name: str, context: OpeningContext) -> Unit | None:
    """Find a unit that can be opened among all that leads to a tensor, the nearest first.

    Other outputs of the same operation are the nearest of all.
    """
    ahead, seen = [name], {name}
    while ahead:
        node = activations.graph.producer.get(ahead.pop(0))
        for other in dict.fromkeys((*node.outputs, *node.inputs) if node else ()):
            if other in seen or other not in activations.graph.producer:
                continue
            unit = activations.largest(other) if other in activations.values else None
            if unit and can_open(activations, unit, context):
                return unit
            seen.add(other)
            ahead.append(other)
    return None


def mark_as_application(record: NeuronRecord) -> NeuronRecord:
    """Mark arithmetic that comes after the network as the application's."""
    return replace(record, observed=replace(record.observed, source="the application"))


def largest_path(
    activations: Activations, unit: Unit, depth: int, context: OpeningContext
) -> Iterator[Unit]:
    """Go down along the largest terms, as far as units can be opened."""
    steps = open_unit(activations, unit, context)
    yield unit
    for _ in range(depth - 1):
        deeper = largest_input(activations, steps[-1])
        try:
            steps = open_unit(activations, deeper[1], context) if deeper else []
        except UserError:
            return
        if not deeper:
            return
        yield deeper[1]


def available_gradients(
    activations: Activations, probe: Probe, start: str
) -> tuple[dict[str, Array], str]:
    """Differentiate the goal from a tensor on; where that can't be, say why."""
    if not math.isfinite(probe.goal.value(activations.values[probe.goal.tensor])):
        return {}, "L is no finite number, so that nothing has a slope"
    try:
        found = gradients(activations, probe.goal, start)
    except UnsupportedOperator as unknown:
        return {}, f"{unknown}, on the way to L, can't be differentiated here"
    return found, "" if found else f"L doesn't depend on {activations.graph.label(start)}"


def largest_input(activations: Activations, step: Step) -> tuple[int, Unit] | None:
    """Find the largest term of a step that another unit makes: its number, and that unit."""
    for number in step.record.largest(len(step.record.terms)):
        unit = step.sources[number] if step.sources else None
        if unit and step.record.terms[number].product:
            unit = skip_moves(activations, unit)
            if unit.tensor in activations.graph.producer:
                return number, unit
    return None


def skip_moves(activations: Activations, unit: Unit) -> Unit:
    """Find where a number was made that has only been carried here."""
    node = activations.graph.producer.get(unit.tensor)
    while node and find_operator(node.op).moves:
        sources = decompose(activations, unit).sources
        if len(sources) != 1:
            break
        unit = sources[0].unit
        node = activations.graph.producer.get(unit.tensor)
    return unit


def link(activations: Activations, step: Step, n: int) -> Step:
    """Note that the next step, number n, makes the term that the walk follows."""
    found = largest_input(activations, step)
    number = found[0] if found else 0  # of steps after the network, the unit makes the first
    return replace(step, children={**step.children, number: n})


def receptive_box(activations: Activations, probe: Probe, unit: Unit | None) -> Box | None:
    """Find what a unit can see of the picture, by the first input through which it sees it."""
    if not unit:
        return None
    opened = argmax_unit(activations, unit)
    boxes = (receptive_field(activations, opened, view) for view in probe.image_inputs)
    return next(filter(None, boxes), None)


def to_image_box(walk: Walk, box: Box) -> tuple[float, float, float, float]:
    """Find a box of the network's input on the picture: left, top, right, bottom, 0 to 1."""
    height, width = walk.activations.values[walk.probe.image_inputs[0]].shape[2:]
    (top, bottom), (left, right) = box
    probed_image = walk.probe.probed_image
    x, y, x_end, y_end = probed_image.crop if probed_image else WHOLE
    across, down = (x_end - x) / width, (y_end - y) / height
    return (
        x + across * left,
        y + down * top,
        x + across * (right + 1),
        y + down * (bottom + 1),
    )


def name_cell(activations: Activations, unit: Unit) -> str:
    """Name a cell of a recurrence by its time; "" for what is none."""
    graph, name = activations.graph, unit.tensor
    maker = graph.producer.get(name)  # of whose outputs the third is an LSTM's state
    makers = [maker] if maker and name in maker.outputs[:2] else []
    begun = [node for node in graph.consumers.get(name, ()) if name in node.inputs[5:6]]
    node = next((n for n in (*makers, *begun) if find_operator(n.op).recurrent), None)
    if node is None or len(unit.index) not in (3, 4):
        return ""
    *times, d, _, cell = unit.index
    end = "the end" if node in makers else "the start"
    when = f"time {times[0]}" if times else end
    label = graph.label(node.outputs[0]).removesuffix(SEQUENCE)
    return f"cell {cell} at {when}{', backwards' * d} of {label}"


def unit_name(activations: Activations, probe: Probe, unit: Unit) -> str:
    """Name a unit as people would: `channel 3 at row 20, column 31 of widen.0 relu`."""
    own = probe.describe_unit(unit)
    if own:
        best = argmax_unit(activations, unit)
        if best == unit:
            return own
        if len(best.index) != 4:  # the largest of a vector
            return f"{own}, {unit_name(activations, probe, best)}"
        return f"{own}, found at row {best.index[2]}, column {best.index[3]}"
    if cell := name_cell(activations, unit):
        return cell
    label, index = activations.graph.label(unit.tensor), unit.index
    if len(index) == 4:
        return f"channel {index[1]} at row {index[2]}, column {index[3]} of {label}"
    short = index[1:] if len(index) > 1 and activations.values[unit.tensor].shape[0] == 1 else index
    return f"{label} {', '.join(map(str, short))}"
