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
from neuropil.kit.errors import UserError
from neuropil.microscope.activations import Activations, record_activations
from neuropil.microscope.graph import Array, Graph

MOST_BYTES = 1_000_000_000  # of an input


@dataclass(frozen=True)
class ArrayInput:
    """An input of a network, from a file."""

    SYNTAX: ClassVar[str] = "NAME=FILE.npy"

    name: str  # empty where the network has one input only
    value: Array

    @classmethod
    def parse(cls, text: str) -> "ArrayInput":
        """Read "x=x.npy" or "x.npy"; raises UserError where the file is no array."""
        name, _, file = text.rpartition("=")
        if not Path(file).is_file():
            raise UserError(
                "input.missing",
                f"there is no file {file}; an input reads {cls.SYNTAX}",
                path=Path(file),
            )
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


def parse_unit(text: str, graph: Graph) -> Unit:
    """Read "NAME,I,J"; raises UserError where it is not of that form or names no tensor."""
    known = [name for name in graph.names if text == name or text.startswith(f"{name},")]
    name = max(known, key=len, default=text.split(",")[0])
    numbers = text[len(name) + 1 :].split(",") if len(text) > len(name) else []
    if not all(number.strip().isdecimal() for number in numbers):
        raise UserError(
            "option.syntax",
            f"unit {text}: it reads NAME,I,J,... with whole numbers, for example conv1,0,3,5",
            name="unit",
            value=text,
        )
    return Unit(graph.require_tensor(name), tuple(int(number) for number in numbers))


def with_unit(probe: Probe, unit: Unit) -> Probe:
    """Open another unit than the one behind the place that was pressed."""
    return probe if unit == probe.unit else replace(probe, unit=unit, steps=())


def bind_inputs(graph: Graph, feeds: Sequence[ArrayInput]) -> dict[str, Array]:
    """Give the inputs their names, and the types that the network takes."""
    if len(feeds) == 1 and not feeds[0].name and len(graph.inputs) == 1:
        feeds = [ArrayInput(graph.inputs[0], feeds[0].value)]
    nameless = [feed for feed in feeds if not feed.name]
    if nameless:
        raise UserError(
            "network.inputs",
            f"name each input: {', '.join(f'--input {i}=FILE.npy' for i in graph.inputs)}",
        )
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
    opened = parse_unit(unit, graph)
    goal = opened if opened.tensor in graph.outputs else largest_output(activations)
    goal = parse_unit(output, graph) if output else goal
    activations.value(goal)
    text = f"{graph.label(goal.tensor)} at {', '.join(map(str, goal.index))}, what is looked at"
    views = tuple(name for name in graph.inputs if activations.values[name].ndim == 4)
    return Probe(path, values, opened, Goal.of_unit(goal, text), image_inputs=views)


def largest_output(activations: Activations) -> Unit:
    """Find the largest number of the first output."""
    name = activations.graph.outputs[0]
    value = activations.values[name]
    return Unit(name, tuple(int(i) for i in np.unravel_index(value.argmax(), value.shape)))
