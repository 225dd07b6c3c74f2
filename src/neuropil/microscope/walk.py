"""A walk: from what a person sees, neuron by neuron along the largest terms, down to the inputs.

walk = walked(graph, probe, depth=3)
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from neuropil.core.neuron import Worked
from neuropil.core.probe import Probe, Unit
from neuropil.kit.errors import UserError
from neuropil.microscope.activations import Slide, prepared, slopes
from neuropil.microscope.graph import Array, Graph
from neuropil.microscope.open_unit import Context, opened
from neuropil.microscope.operators import Unknown
from neuropil.microscope.receptive_field import Box, field
from neuropil.microscope.stage import Stage
from neuropil.microscope.sums import taken_apart, winner

MOVES = (  # operations that only carry a number somewhere else
    *("Cast", "Concat", "Dropout", "Expand", "Flatten", "Gather", "Identity", "Pad", "Reshape"),
    *("Slice", "Split", "Squeeze", "Tile", "Transpose", "Unsqueeze"),
)


@dataclass(frozen=True)
class Walk:
    """The stages of a walk, from the top down, and what each can see of the picture.

    next: the unit behind the largest term of the last stage; None where that is an input
    """

    probe: Probe
    slide: Slide
    stages: tuple[Stage, ...]
    fields: tuple[Box | None, ...]
    next: Unit | None


def walked(graph: Graph, probe: Probe, *, depth: int = 1, threads: int | None = None) -> Walk:
    """Open up to `depth` units of a network, from the probe's on along the largest terms.

    Raises UserError where the inputs don't fit, the unit isn't there or can't be opened.
    """
    slide = prepared(graph, probe.feeds, threads=threads)
    slide.unit(probe.unit)
    graph.checked(probe.goal.tensor)
    plain = Context(probe.goal, {}, lambda unit: name(slide, probe, unit))
    units = list(path(slide, probe.unit, depth, plain))
    context = replace(plain, slopes=known_slopes(slide, probe, units[-1].tensor))
    stages = [Stage(by_application(s.worked), None, (), s.below, s.shares) for s in probe.steps]
    for unit in units:
        n = len(stages)
        if stages:
            stages[-1] = linked(slide, stages[-1], n)
        new = opened(slide, unit, context)
        stages += [replace(s, below={t: n + i for t, i in s.below.items()}) for s in new]
    deeper = follow(slide, stages[-1])
    return Walk(
        probe,
        slide,
        tuple(stages),
        tuple(seen(slide, probe, stage) for stage in stages),
        deeper[1] if deeper else None,
    )


def by_application(worked: Worked) -> Worked:
    """Mark arithmetic that comes after the network as the application's."""
    return replace(worked, ran=replace(worked.ran, by="the application"))


def path(slide: Slide, unit: Unit, depth: int, context: Context) -> Iterator[Unit]:
    """Go down along the largest terms, as far as units can be opened."""
    stages = opened(slide, unit, context)
    yield unit
    for _ in range(depth - 1):
        deeper = follow(slide, stages[-1])
        try:
            stages = opened(slide, deeper[1], context) if deeper else []
        except UserError:
            return
        if not deeper:
            return
        yield deeper[1]


def known_slopes(slide: Slide, probe: Probe, start: str) -> dict[str, Array]:
    """Differentiate the goal, as far as the operations on the way are known."""
    try:
        return slopes(slide, probe.goal, start)
    except Unknown:
        return {}


def follow(slide: Slide, stage: Stage) -> tuple[int, Unit] | None:
    """Find the largest term of a stage that another unit makes: its number, and that unit."""
    for number in stage.worked.largest(len(stage.worked.terms)):
        unit = stage.sources[number] if stage.sources else None
        if unit and stage.worked.terms[number].product:
            unit = origin(slide, unit)
            if unit.tensor in slide.graph.maker:
                return number, unit
    return None


def origin(slide: Slide, unit: Unit) -> Unit:
    """Find where a number was made that has only been carried here."""
    node = slide.graph.maker.get(unit.tensor)
    while node and node.op in MOVES:
        sources = taken_apart(slide, unit).sources
        if len(sources) != 1:
            break
        unit = sources[0].unit
        node = slide.graph.maker.get(unit.tensor)
    return unit


def linked(slide: Slide, stage: Stage, n: int) -> Stage:
    """Note that the next stage, number n, makes the term that the walk follows."""
    found = follow(slide, stage)
    number = found[0] if found else 0  # of steps after the network, the unit makes the first
    return replace(stage, below={**stage.below, number: n})


def seen(slide: Slide, probe: Probe, stage: Stage) -> Box | None:
    """Find what a stage can see of the picture."""
    if not stage.unit or not probe.views:
        return None
    return field(slide, winner(slide, stage.unit), probe.views[0])


def on_picture(walk: Walk, box: Box) -> tuple[float, float, float, float]:
    """Find a box of the network's input on the picture: left, top, right, bottom, 0 to 1."""
    height, width = walk.slide.values[walk.probe.views[0]].shape[2:]
    (top, bottom), (left, right) = box
    sight = walk.probe.sight
    x, y, x_end, y_end = sight.window if sight else (0.0, 0.0, 1.0, 1.0)
    across, down = (x_end - x) / width, (y_end - y) / height
    return (
        x + across * left,
        y + down * top,
        x + across * (right + 1),
        y + down * (bottom + 1),
    )


def name(slide: Slide, probe: Probe, unit: Unit) -> str:
    """Name a unit as people would: `channel 3 at row 20, column 31 of widen.0 relu`."""
    own = probe.named(unit)
    if own:
        best = winner(slide, unit)
        found = "" if best == unit else f", found at row {best.index[2]}, column {best.index[3]}"
        return own + found
    label, index = slide.graph.label(unit.tensor), unit.index
    node = slide.graph.maker.get(unit.tensor)
    if node and node.op == "LSTM" and len(index) == 4:
        return f"cell {index[3]} at time {index[0]}{', backwards' * index[1]} of {label}"
    if len(index) == 4:
        return f"channel {index[1]} at row {index[2]}, column {index[3]} of {label}"
    short = index[1:] if len(index) > 1 and slide.values[unit.tensor].shape[0] == 1 else index
    return f"{label} {', '.join(map(str, short))}"
