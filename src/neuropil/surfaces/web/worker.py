"""What a worker process does: jobs, and neurons opened; its applications stay loaded.

Everything goes in and out as plain data. Whatever happens is told, never raised.
"""

import json
import multiprocessing
import os
import shlex
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuropil import registry
from neuropil.job import Job, Settings
from neuropil.jobs import Done, Failed, Sessions, attempt, explain, open_input
from neuropil.signature import Json, Signature
from neuropil.surfaces.web.status import StatusWriter

if TYPE_CHECKING:
    from neuropil.microscope.walk import Walk

WALK = "walk.html"  # a file in the folder of a neuron that was opened
SHEET = "sheet.html"  # the same as homework
STARTED = "started"  # a file that a worker leaves once it has begun
SESSIONS: list[Sessions] = []  # of this worker: one, made when it starts


@dataclass(frozen=True)
class OpenTask:
    """A neuron to open: behind a place of an application's result, or any unit of its networks.

    options: those of the application's probe
    unit: "" for the one behind the place
    depth: how many neurons, each the one behind the largest term of the last
    """

    app: str
    inputs: tuple[str, ...]
    options: dict[str, Json]
    unit: str = ""
    depth: int = 1

    def to_json(self) -> str:
        """Write it down."""
        return json.dumps(asdict(self))


@dataclass(frozen=True)
class Opened:
    """A walk, as a page shows it."""

    walk: dict[str, Any]


@dataclass(frozen=True)
class Listed:
    """What an ONNX file holds, as a page shows it."""

    network: dict[str, Any]


def begin_worker() -> None:
    """Make ready to keep applications loaded."""
    SESSIONS.append(Sessions())
    threading.Thread(target=end_with_parent, daemon=True).start()


def end_with_parent() -> None:
    """End this process as soon as the one that started it has, which may be killed at any time."""
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)


def run_job(job: str, folder: str) -> Done | Failed:
    """Do a job."""
    place = Path(folder)
    try:
        (place / STARTED).touch()
        return attempt(Job.from_json(job), SESSIONS[0], emit=StatusWriter(place))
    except Exception as error:
        return explain(error)


def open_neuron(task: str, folder: str) -> Opened | Failed:
    """Open a neuron, and those behind it."""
    try:
        (Path(folder) / STARTED).touch()
        kept = json.loads(task)
        given = OpenTask(**{**kept, "inputs": tuple(kept["inputs"])})
        walk = walk_from(given)
        return Opened(tell_walk(walk, word_deeper(walk, given), Path(folder)))
    except Exception as error:
        return explain(error)


def walk_from(task: OpenTask) -> "Walk":
    """Walk from a place of a result towards the inputs."""
    from neuropil.microscope import targets
    from neuropil.microscope.chain import load_chain
    from neuropil.microscope.walk import walk_back

    settings = Settings(threads=1)
    signature = Signature.of(registry.find_app(task.app).probe, has_outputs=False)
    app = SESSIONS[0].get(task.app, settings)
    pairs = zip(signature.inputs, task.inputs, strict=True)
    inputs = [open_input(given, source, settings) for given, source in pairs]
    probe = app.probe(*inputs, **signature.parse(task.options))
    graph = load_chain(probe.networks)
    if task.unit:
        probe = targets.with_unit(probe, targets.parse_unit(task.unit, graph))
    return walk_back(graph, probe, depth=task.depth, threads=1)


def tell_walk(walk: "Walk", command: str, folder: Path) -> dict[str, Any]:
    """Give what the studio shows of a walk, each step also in forms to be copied.

    Also writes it as a page that needs nothing else, in which numbers can be changed, and as a
    sheet of homework; `command` is what opens what lies deeper.
    """
    from neuropil.core.formatting import to_csv, to_latex, to_text
    from neuropil.microscope.homework import render_homework
    from neuropil.microscope.page import render_told, walk_json

    told = walk_json(walk)
    (folder / WALK).write_text(render_told(told, command), encoding="utf-8")
    sheet = render_homework(told["title"], [step.record for step in walk.steps])
    (folder / SHEET).write_text(sheet, encoding="utf-8")
    for shown, step in zip(told["steps"], walk.steps, strict=True):
        record = step.record
        copies = {"text": to_text(record), "LaTeX": to_latex(record), "CSV": to_csv(record)}
        shown["copies"] = copies
    return told


def word_deeper(walk: "Walk", task: OpenTask) -> str:
    """Word the command that opens what lies deeper, nothing where that is inputs alone."""
    words = ["neuropil", "open", task.app, "FILE"]
    words += [f"--{name}={value}" for name, value in task.options.items()]
    return shlex.join([*words, f"--unit={walk.next}"]) if walk.next else ""
