"""What to open: a unit named by a person, in a network of ours or in any ONNX file.

    probe = probe_file(graph, path, (ArrayInput.parse("x.npy"),), "conv1,0,3,5,5", None)

What can't be opened is a UserError, a sentence that says what can.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np

from neuropil.core.probe import Goal, Probe, Unit
from neuropil.kit.bounded import too_large
from neuropil.kit.errors import UserError, suggest
from neuropil.microscope.activations import Activations, record_activations
from neuropil.microscope.graph import Graph
from neuropil.microscope.nodes import Array
from neuropil.microscope.summary import explain_closed_inputs

MOST_BYTES = 1_000_000_000  # of an input


@dataclass(frozen=True)
class ArrayInput:
    """An input of a network, from a file."""

    SYNTAX: ClassVar[str] = "NAME=FILE.npy"

    name: str  # empty where the network has one input only
    value: Array

    @classmethod
    def parse(cls, text: str, inputs: Sequence[str] = ()) -> "ArrayInput":
        """Read "x=x.npy" or "x.npy"; raises UserError where the file is no array.

        inputs: the names of the network's inputs, which tell a = in a name from one in a path
        """
        name, file = split_input(text, inputs)
        try:
            value = np.load(file, mmap_mode="r", allow_pickle=False)  # what is in is not read yet
        except (OSError, ValueError, EOFError):
            value = None
        if not isinstance(value, np.ndarray) or value.dtype.kind not in "biuf":
            raise UserError(
                "input.kind",
                f"{file} is no array of numbers; save one by np.save, as .npy",
                path=Path(file),
            )
        if value.nbytes > MOST_BYTES:
            raise too_large(f"{file} has", MOST_BYTES, "name a smaller input", path=Path(file))
        value = np.array(value)
        if not np.isfinite(value).all():
            raise UserError(
                "input.content",
                f"{file} holds NaN or infinity; a worked example needs numbers",
                path=Path(file),
            )
        return cls(name, value)


def split_input(text: str, inputs: Sequence[str]) -> tuple[str, str]:
    """Part NAME=FILE where NAME is an input and FILE is there; the whole may be a file alone."""
    named = [name for name in inputs if text.startswith(f"{name}=")]
    ways = [(name, text[len(name) + 1 :]) for name in sorted(named, key=len, reverse=True)]
    for name, file in (*ways, ("", text)):
        if Path(file).is_file():
            return name, file
    name, has_name, file = text.partition("=")
    if not ways and has_name:
        raise UserError(
            "network.inputs",
            f"there is no file {text}, and no input {name}{suggest(name, inputs)}; the network"
            f" takes {', '.join(inputs) or 'nothing'}: --input {ArrayInput.SYNTAX}",
        )
    file = ways[0][1] if ways else text
    raise UserError(
        "input.missing",
        f"there is no file {file}; an input reads {ArrayInput.SYNTAX}",
        path=Path(file),
    )


def parse_unit(text: str, graph: Graph, activations: Activations | None = None) -> Unit:
    """Read "NAME,I,J"; raises UserError where it is not of that form or names no tensor.

    A name may have commas and numbers of its own: of several readings the longest name counts whose
    tensor has, as a run shows, as many axes as there are numbers.
    """
    known = (name for name in (*graph.names, *graph.constants) if text.startswith(name))
    readings = []
    for name in sorted(known, key=len, reverse=True):
        rest = text[len(name) :]
        numbers = rest[1:].split(",") if rest else []
        if rest[:1] in ("", ",") and all(number.strip().isdecimal() for number in numbers):
            readings.append(Unit(name, tuple(map(int, numbers))))
    if not readings:
        raise misread_unit(text, graph)
    shapes = activations.values if activations else {}
    fitting = (u for u in readings if u.tensor in shapes and shapes[u.tensor].ndim == len(u.index))
    return next(fitting, readings[0])


def misread_unit(text: str, graph: Graph) -> UserError:
    """Say why a text names no unit."""
    name = text.split(",")[0]
    if not any(text == known or text.startswith(f"{known},") for known in graph.names):
        try:
            graph.require_tensor(name)
        except UserError as unknown:
            return unknown
    return UserError(
        "option.syntax",
        f"unit {text}: it reads NAME,I,J,... with whole numbers, for example conv1,0,3,5",
        name="unit",
        value=text,
    )


def with_unit(probe: Probe, unit: Unit) -> Probe:
    """Open another unit than the one behind the place that was pressed."""
    return probe if unit == probe.unit else replace(probe, unit=unit, steps=())


def bind_inputs(graph: Graph, feeds: Sequence[ArrayInput]) -> dict[str, Array]:
    """Give the inputs their names, and the types that the network takes."""
    if closed := explain_closed_inputs(graph):
        raise UserError("network.inputs", closed)
    if len(feeds) == 1 and not feeds[0].name and len(graph.inputs) == 1:
        feeds = [ArrayInput(graph.inputs[0], feeds[0].value)]
    nameless = [feed for feed in feeds if not feed.name]
    if nameless:
        raise UserError(
            "network.inputs",
            f"name each input: {', '.join(f'--input {i}=FILE.npy' for i in graph.inputs)}",
        )
    names = [feed.name for feed in feeds]
    if twice := [name for name in names if names.count(name) > 1]:
        raise UserError("option.conflict", f"{twice[0]} is given twice; name each input once")
    for feed in feeds:
        wanted = np.dtype(graph.dtypes.get(feed.name, feed.value.dtype))
        if wanted.kind in "iu" and feed.value.dtype.kind == "f":
            raise UserError(
                "network.inputs",
                f"{feed.name} takes whole numbers ({wanted}); given are {feed.value.dtype}",
            )
    return {feed.name: feed.value.astype(graph.dtypes.get(feed.name, np.float32)) for feed in feeds}


def record(graph: Graph, feeds: Sequence[ArrayInput]) -> Activations | None:
    """Run a network once, if there is anything to run it on."""
    return record_activations(graph, bind_inputs(graph, feeds)) if feeds else None


def probe_file(
    graph: Graph, path: Path, feeds: Sequence[ArrayInput], unit: str, output: str | None
) -> Probe:
    """Make a probe of a file that is not ours.

    What is looked at is the unit itself where it is an output, else the largest output.
    """
    values = bind_inputs(graph, feeds)
    activations = record_activations(graph, values)
    opened = parse_unit(unit, graph, activations)
    is_goal = opened.tensor in graph.outputs and opened.tensor in activations.values
    goal = opened if is_goal else largest_output(activations) or opened
    goal = parse_unit(output, graph, activations) if output else goal
    if output or is_goal:
        activations.value(goal)
    text = f"{graph.label(goal.tensor)} at {', '.join(map(str, goal.index))}, what is looked at"
    views = tuple(
        name
        for name in graph.inputs
        if name in activations.values and activations.values[name].ndim == 4
    )
    return Probe(path, values, opened, Goal.of_unit(goal, text), image_inputs=views)


def largest_output(activations: Activations) -> Unit | None:
    """Find the largest number of the first output that has numbers, floats if there are any."""
    names = [name for name in activations.graph.outputs if name in activations.values]
    names = [name for name in names if activations.values[name].size]
    name = next(filter(activations.is_float, names), names[0] if names else None)
    if name is None:
        return None
    value = np.nan_to_num(activations.values[name].astype(np.float64), nan=-np.inf)
    return Unit(name, tuple(int(i) for i in np.unravel_index(value.argmax(), value.shape)))
