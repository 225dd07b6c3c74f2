"""What a worker does with an ONNX file that was dropped in: lists it, and opens its neurons.

    list_network(task.to_json(), folder)    operations, tensors, their shapes, what runs
    open_unit(task.to_json(), folder)       a neuron of it, and those behind it

An input that nobody gave is drawn: normal numbers, or small whole ones, the same for a seed.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from neuropil.jobs import Failed, explain
from neuropil.kit.bounded import too_large
from neuropil.kit.errors import UserError
from neuropil.kit.media.image import Image
from neuropil.surfaces.web.worker import STARTED, Listed, Opened, tell_walk

if TYPE_CHECKING:
    from neuropil.core.probe import Probe, Unit
    from neuropil.microscope.activations import Activations
    from neuropil.microscope.graph import Graph
    from neuropil.microscope.targets import ArrayInput
    from neuropil.microscope.walk import Walk

Array = NDArray[Any]

MOST_VALUES = 4_000_000  # of an input that is drawn
MOST_AXES = 8
MOST_MEMORY = 4_000_000_000  # bytes that a network may take
MEMORY = Path("/proc/self/statm")  # pages of this process, the first number of all
SIDE, FEW = 64, 16  # lengths of free axes: of a picture's sides, and of others
NAMED = {"h": FEW, "w": FEW}  # sides of a picture that was reduced to a quarter
BELOW = 3  # whole numbers that are drawn are less: they choose a row of a table


@dataclass(frozen=True)
class NetworkTask:
    """An ONNX file, and what is to be done with it.

    unit: "" for the largest output
    shapes: of inputs that are drawn, by name
    files: of inputs that were sent, arrays or pictures, by name
    """

    path: str
    unit: str = ""
    depth: int = 1
    seed: int = 0
    shapes: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> str:
        """Write it down."""
        return json.dumps(asdict(self))


def list_network(task: str, folder: str) -> Listed | Failed:
    """Say what a file holds, and what shapes its tensors have in a run on inputs that are drawn."""
    from neuropil.microscope.graph import load_graph

    try:
        (Path(folder) / STARTED).touch()
        given = NetworkTask(**json.loads(task))
        with bounded_memory():
            graph = load_graph(Path(given.path))
            run, fault = try_run(graph, given)
            return Listed(describe_network(graph, run, fault))
    except Exception as error:
        return explain(error)


def open_unit(task: str, folder: str) -> Opened | Failed:
    """Open a neuron of a file, and those behind it."""
    from neuropil.microscope.graph import load_graph
    from neuropil.microscope.walk import walk_back

    try:
        (Path(folder) / STARTED).touch()
        given = NetworkTask(**json.loads(task))
        with bounded_memory():
            graph = load_graph(Path(given.path))
            walk = walk_back(graph, make_probe(graph, given), depth=given.depth, threads=1)
            return Opened(tell_walk(walk, word_command(walk), Path(folder)))
    except UserError as error:
        return explain(with_nearest(error))
    except Exception as error:
        return explain(error)


@contextmanager
def bounded_memory() -> Iterator[None]:
    """Let a network take so much memory and no more, where the system sees to that (Linux).

    A small file can ask for a tensor of any size; without a bound others would be killed for it.
    """
    if not MEMORY.exists():
        yield
        return
    import resource

    pages = int(MEMORY.read_text(encoding="utf-8").split()[0])
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = pages * resource.getpagesize() + MOST_MEMORY
    resource.setrlimit(
        resource.RLIMIT_AS, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard)
    )
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def word_command(walk: "Walk") -> str:
    """Word the command that opens what lies deeper, nothing where that is inputs alone."""
    return f"neuropil open FILE.onnx --input NAME=FILE.npy --unit={walk.next}" if walk.next else ""


def with_nearest(error: UserError) -> UserError:
    """Say of a unit that can't be opened which one that leads to it can be."""
    below = cast("Unit | None", error.facts.get("below"))
    if below is None:
        return error
    return UserError(error.code, f"{error.message}; what can be opened nearest to it: {below}")


# --- a file listed ------------------------------------------------------------------------------


def try_run(graph: "Graph", task: NetworkTask) -> tuple["Activations | None", str]:
    """Run a network once, or say why that can't be."""
    from neuropil.microscope import targets

    try:
        return targets.record(graph, make_inputs(graph, task)), ""
    except UserError as error:
        return None, error.message


def describe_network(graph: "Graph", run: "Activations | None", fault: str) -> dict[str, Any]:
    """Tell all that a page shows of a network.

    fault: why it did not run
    """
    from neuropil.microscope import summary
    from neuropil.microscope.walk import first_unit

    first = first_unit(run) if run else None
    return {
        **summary.to_json(summary.summarize(graph)),
        "tensors": describe_tensors(graph, run),
        "unknown": unknown_operators(graph),
        "given": {name: shape_of(graph, name) for name in graph.inputs},
        "pictures": [name for name in graph.inputs if takes_picture(graph, name)],
        "first": str(first) if first else "",
        "fault": fault,
    }


def describe_tensors(graph: "Graph", run: "Activations | None") -> list[dict[str, Any]]:
    """List the tensors that operations make, each with its largest unit where it can be opened."""
    from neuropil.microscope.summary import opens

    found = []
    for node in graph.nodes:
        for name in filter(None, node.outputs):
            value = run.values.get(name) if run else None
            unit = run.largest(name) if run and value is not None and opens(node, name) else None
            shape = "" if value is None else " × ".join(map(str, value.shape)) or "one number"
            label = graph.label(name)
            told = {"name": name, "op": node.op, "shape": shape, "unit": str(unit or "")}
            found.append(told | {"label": label if label != name else ""})
    return found


def unknown_operators(graph: "Graph") -> list[str]:
    """Name the operations that can be run here, but not taken apart."""
    from neuropil.microscope.operator_table import OPERATORS

    return sorted({node.op for node in graph.nodes if node.op not in OPERATORS})


# --- inputs -------------------------------------------------------------------------------------


def make_probe(graph: "Graph", task: NetworkTask) -> "Probe":
    """Choose the unit that is to be opened, with the picture where one was sent."""
    from neuropil.core.probe import ProbedImage
    from neuropil.microscope import targets
    from neuropil.microscope.activations import record_activations
    from neuropil.microscope.walk import first_unit

    feeds = make_inputs(graph, task)
    unit = task.unit
    if not unit:
        first = first_unit(record_activations(graph, targets.bind_inputs(graph, feeds)))
        if first is None:
            words = "nothing in this network can be opened: no neuron that is known here"
            raise UserError("network.no_neuron", words)
        unit = str(first)
    probe = targets.probe_file(graph, Path(task.path), feeds, unit, None)
    shown = [name for name in probe.image_inputs if is_picture(task.files.get(name, ""))]
    if not shown:
        return probe
    seen = ProbedImage(
        Image.open(task.files[shown[0]]).pixels, None, "the picture that it is given"
    )
    return replace(probe, probed_image=seen, image_inputs=(shown[0],))


def make_inputs(graph: "Graph", task: NetworkTask) -> tuple["ArrayInput", ...]:
    """Read the inputs that were sent, and draw the others."""
    from neuropil.microscope.summary import explain_closed_inputs
    from neuropil.microscope.targets import ArrayInput

    if closed := explain_closed_inputs(graph):
        raise UserError("network.inputs", closed)
    rng = np.random.default_rng(task.seed)
    feeds = []
    for name in graph.inputs:
        file, shape = task.files.get(name), read_shape(graph, task.shapes, name)
        if file and is_picture(file):
            feeds.append(ArrayInput(name, fit_picture(Image.open(file), shape, name)))
        elif file:
            feeds.append(replace(ArrayInput.parse(file), name=name))
        else:
            feeds.append(ArrayInput(name, draw(rng, shape, np.dtype(graph.dtypes[name]))))
    return tuple(feeds)


def draw(rng: np.random.Generator, shape: tuple[int, ...], dtype: "np.dtype[Any]") -> Array:
    """Draw an input of a shape."""
    if dtype.kind in "iub":
        return rng.integers(BELOW if dtype.kind != "b" else 2, size=shape).astype(dtype)
    return rng.normal(size=shape).astype(dtype)


def read_shape(graph: "Graph", shapes: Mapping[str, str], name: str) -> tuple[int, ...]:
    """Read the shape that an input is to have; raises UserError for one that can't be."""
    text = shapes.get(name, "").strip() or shape_of(graph, name)
    parts = re.findall(r"\d{1,9}", text)
    if not re.fullmatch(r"[\d\s,×x]*", text) or len(parts) > MOST_AXES:
        words = f"{name}: {text[:40]} is no shape; it reads as in 1, 3, 64, 64"
        raise UserError("option.syntax", words, name="shapes", value=text[:40])
    shape = tuple(map(int, parts))
    if np.prod(shape, dtype=float) > MOST_VALUES:
        words = f"{name}: {text} are more than {MOST_VALUES:,} numbers; take fewer"
        raise UserError("input.too_large", words, name="shapes", high=MOST_VALUES)
    return shape


def shape_of(graph: "Graph", name: str) -> str:
    """Give the shape of an input, free axes by a guess: "1, 3, 64, 64"."""
    from neuropil.microscope.summary import axes_of

    (kind,) = (value.type for value in graph.model.graph.input if value.name == name)
    axes = axes_of(kind) or []
    return ", ".join(str(guess(axis, place, len(axes))) for place, axis in enumerate(axes))


def guess(axis: int | str, place: int, axes: int) -> int:
    """Guess the length of an axis: 1 of the first, a side of a picture, a part of it as in W8."""
    if isinstance(axis, int):
        return axis
    if part := re.fullmatch(r"[HWhw](\d+)", axis):
        return max(1, SIDE // int(part[1]))
    if place == 0:
        return 1
    return NAMED.get(axis, SIDE if axes == 4 and place > 1 else FEW)


def takes_picture(graph: "Graph", name: str) -> bool:
    """Tell an input that a picture can be given for: (1, 1 or 3, H, W)."""
    shape = [part.strip() for part in shape_of(graph, name).split(",")]
    is_float = np.dtype(graph.dtypes.get(name, np.int64)).kind == "f"
    return is_float and len(shape) == 4 and shape[1] in ("1", "3")


def is_picture(path: str) -> bool:
    """Tell a file that is no array."""
    return bool(path) and not path.endswith(".npy")


def fit_picture(picture: Image, shape: tuple[int, ...], name: str) -> Array:
    """Bring a picture to the form of an input, 0 to 1, grey where that has one channel."""
    from PIL import Image as Picture

    if len(shape) != 4 or shape[0] != 1 or shape[1] not in (1, 3):
        words = f"{name} takes numbers of the shape {shape}, which no picture has; send a .npy file"
        raise UserError("input.kind", words, name=name)
    if shape[2] * shape[3] * shape[1] > MOST_VALUES:
        raise too_large(f"{name} has", 4 * MOST_VALUES, "take a smaller shape", name=name)
    pixels = picture.pixels if picture.pixels.dtype == np.uint8 else picture.pixels >> 8
    small = Picture.fromarray(pixels.astype(np.uint8)).resize((shape[3], shape[2]))
    values = np.asarray(small, np.float32).transpose(2, 0, 1)[None] / 255
    return values.mean(axis=1, keepdims=True) if shape[1] == 1 else values
