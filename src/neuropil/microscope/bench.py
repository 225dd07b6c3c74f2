"""What is measured of the microscope: how fast a unit opens, and how true its numbers are.

    neuropil bench microscope

Times are of the shipped network of `colorize` at its working size, from reading the file to the
proven arithmetic, everything in one process; the first opening in a process imports onnx and ONNX
Runtime besides, which is told apart. Every node of every shipped network is computed by core beside
ONNX Runtime, and units of all of them are opened and checked.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import numpy as np

from neuropil.core.probe import Goal, Probe, Unit
from neuropil.kit.progress import track
from neuropil.kit.report import Metrics, Report, Table
from neuropil.microscope.activations import (
    Activations,
    apply_node,
    record_activations,
    to_operand,
)
from neuropil.microscope.graph import Graph, load_graph
from neuropil.microscope.nodes import Array
from neuropil.microscope.walk import walk_back

# of axes that are named, not numbered
SIZES = {
    **{"H": 128, "W": 256, "h": 32, "w": 64, "B": 1, "T": 96, "S": 12, "L": 96},
    **{"H4": 32, "W4": 64, "H8": 16, "W8": 32, "H16": 8, "W16": 16, "H32": 4, "W32": 8},
    **{"h4": 32, "w4": 64, "h8": 16, "w8": 32, "h16": 8, "w16": 16, "h32": 4, "w32": 8},
}
INT64 = 7  # its number among the types of ONNX
NUMBERS = 3  # below which whole numbers are drawn, that choose a row of a table
UNITS = 24  # opened for the time
WALK = 30  # steps of a walk, more than it takes from the last layer down to the picture
PACKAGE = Path(__file__).parents[1]


def measure(data: Path | None) -> Report:
    """Measure; there is no data to take."""
    files = sorted(PACKAGE.rglob("weights/*.onnx"))
    rows, nodes, worst, seconds = [], 0, 0.0, []
    for file in track(files, total=len(files), title="networks"):
        graph = load_graph(file)
        activations = record_activations(graph, random_feeds(graph))
        errors = list(node_errors(activations))
        times, checked = openings(file, graph, activations)
        nodes, worst = nodes + len(errors), max(worst, *errors)
        seconds += times
        rows.append((file.stem, len(errors), max(errors), len(times), checked, median(times)))
    names = ("network", "nodes", "worst relative error", "units", "proven", "seconds a unit")
    table = Table("Every node by core beside ONNX Runtime, and units opened", names, tuple(rows))
    colorizer = next(f for f in files if f.stem.startswith("colorize"))
    figures: Metrics = {
        "seconds_open_unit": median(seconds),
        "seconds_open_unit_slowest": max(seconds),
        "seconds_open_unit_fresh_process": in_a_fresh_process(colorizer, 1),
        "seconds_walk_fresh_process": in_a_fresh_process(colorizer, WALK),
        "nodes_checked": nodes,
        "worst_relative_error": worst,
    }
    return Report((table,), figures)


def random_feeds(graph: Graph) -> dict[str, Array]:
    """Draw inputs of the working size."""
    rng = np.random.default_rng(0)
    feeds = {}
    for value in graph.model.graph.input:
        axes = value.type.tensor_type.shape.dim
        shape = [axis.dim_value or SIZES[axis.dim_param] for axis in axes]
        is_number = value.type.tensor_type.elem_type == INT64
        drawn = rng.integers(NUMBERS, size=shape) if is_number else rng.normal(size=shape)
        feeds[value.name] = drawn.astype(np.int64 if is_number else np.float32)
    return feeds


def node_errors(activations: Activations) -> Iterator[float]:
    """Compute each node by core from the run's inputs to it: the largest deviation, relative."""
    for node in filter(activations.is_float_operation, activations.graph.nodes):
        made = apply_node(node, [to_operand(activations.values.get(name)) for name in node.inputs])
        for name, y in zip(node.outputs, made, strict=False):  # later ones may be left out
            run = activations.values[name]
            yield float(np.abs(y.value - run).max() / max(float(np.abs(run).max()), 1e-12))


def openings(file: Path, graph: Graph, activations: Activations) -> tuple[list[float], int]:
    """Open units of nodes spread over the network, from the file on: seconds, how many proven."""
    rng = np.random.default_rng(1)
    end = graph.outputs[0]
    goal = Goal.of_unit(
        Unit(end, tuple(n // 2 for n in activations.values[end].shape)), "an output"
    )
    inputs = {name: activations.values[name] for name in graph.inputs}
    able = list(filter(activations.is_float_operation, graph.nodes))
    nodes = [able[i] for i in np.linspace(0, len(able) - 1, UNITS).astype(int)]
    seconds, proven = [], 0
    for node in nodes:
        name = node.outputs[0]
        unit = Unit(name, tuple(int(rng.integers(n)) for n in activations.values[name].shape))
        start = time.perf_counter()
        walk = walk_back(load_graph(file), Probe(file, inputs, unit, goal))
        proven += all(step.record.check().passed for step in walk.steps)
        seconds.append(time.perf_counter() - start)
    return seconds, proven


def in_a_fresh_process(file: Path, depth: int) -> float:
    """Walk on the command line of a fresh process, as a person does, so many steps: seconds."""
    graph = load_graph(file)
    with tempfile.TemporaryDirectory() as folder:
        words = ["open", str(file)]
        for name, value in random_feeds(graph).items():
            np.save(Path(folder, f"{name}.npy"), value)
            words += ["--input", f"{name}={Path(folder, name)}.npy"]
        words += ["--unit", f"{graph.outputs[0]},0,17,18,24", "--depth", str(depth)]
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "neuropil", *words], check=True, capture_output=True)
        return time.perf_counter() - start
