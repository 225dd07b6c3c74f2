"""What a worker process does: jobs one after the other, with its applications kept loaded.

    worker = VerbWorker(folder)
    worker.perform([task.to_json()])        # a line of the manifest for each, as JSON

Inputs at addresses are copied here first, and results are uploaded once they are complete. A task
may be done twice: it leaves the same bytes under the same names.
"""

import json
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from neuropil import registry
from neuropil.checks import outputs_of
from neuropil.contract import Verb
from neuropil.job import Job
from neuropil.jobs import Done, Failed, Sessions, attempt, explain
from neuropil.kit.provenance import file_sha256
from neuropil.planning import Request, default_suffix, name_outputs, split_pages
from neuropil.signature import Json
from neuropil.surfaces.cluster.addresses import (
    fetch,
    is_address,
    is_of_store,
    send,
    word_store_error,
)
from neuropil.surfaces.cluster.manifest import Line

DESKS = ".neuropil"  # folder of what is not complete, in that of the results


@dataclass(frozen=True)
class Task:
    """A job whose files may lie elsewhere, and where its results go.

    job: its inputs are paths or addresses; it names no outputs yet, which may depend on content
    out: folder or address of all results
    place: folders and name of the source below it: "1925/old.jpg"
    """

    job: Job
    out: str
    place: str

    @property
    def folder(self) -> str:
        """Name the folder or address of its results."""
        above = PurePosixPath(self.place).parent
        return self.out if above == PurePosixPath() else f"{self.out}/{above}"

    def to_json(self) -> str:
        """Write it down."""
        return json.dumps({**vars(self), "job": self.job.to_json()})

    @classmethod
    def from_json(cls, text: str) -> "Task":
        """Read it."""
        kept = json.loads(text)
        return cls(Job.from_json(kept["job"]), kept["out"], kept["place"])


class VerbWorker:
    """One process with its applications loaded.

    folder: where relative names of options begin; of other machines it may be missing
    """

    def __init__(self, folder: str) -> None:
        with suppress(OSError):
            os.chdir(folder)
        self.sessions = Sessions()

    def begin(self) -> int:
        """Say that it is there: the number of the process."""
        return os.getpid()

    def perform(self, tasks: Sequence[str]) -> list[str]:
        """Do tasks, and give the line of each."""
        return [json.dumps(self.perform_one(Task.from_json(text))) for text in tasks]

    def perform_one(self, task: Task) -> Line:
        """Do a task; whatever happens is told, never raised."""
        started = time.monotonic()
        with make_desk(task.out) as folder:
            outcomes = list(attempt_pages(task, self.sessions, folder))
        return write_line(task, outcomes, time.monotonic() - started)


@contextmanager
def make_desk(out: str) -> Iterator[Path]:
    """Make a folder for the files of a task while it is done, from which results can be moved.

    It lies on the disk of the results. One that a killed process leaves goes with the run.
    """
    above = None if is_address(out) else Path(out, DESKS)
    if above:
        above.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="neuropil-", dir=above) as folder:
        yield Path(folder)


def clear_desks(out: str) -> None:
    """Remove what killed processes have left in a folder of results."""
    if not is_address(out):
        shutil.rmtree(Path(out, DESKS), ignore_errors=True)


@dataclass(frozen=True)
class Delivery:
    """What became of one page of a source: where its results are, and what their bytes are."""

    outcome: Done | Failed
    outputs: tuple[str, ...] = ()
    sha256: tuple[str, ...] = ()


def attempt_pages(task: Task, sessions: Sessions, folder: Path) -> Iterator[Delivery]:
    """Fetch the inputs of a task, then do each page of it, and bring the results to their place."""
    (inputs := folder / "in").mkdir()
    try:
        verb = registry.find_verb(task.job.verb)
        paths = [fetch(name, make_folder(inputs, i)) for i, name in enumerate(task.job.inputs)]
        for job in name_pages(verb, task, paths, folder):
            yield deliver(attempt(job, sessions), task, folder)
    except Exception as error:
        yield Delivery(explain_store(error))


def make_folder(above: Path, number: int) -> Path:
    """Make a folder for one input, so that two of one name don't meet."""
    (folder := above / str(number)).mkdir()
    return folder


def name_pages(verb: Verb, task: Task, paths: Sequence[Path], folder: Path) -> Iterator[Job]:
    """Make a job for each page of the first input, its outputs named by the source alone.

    old.jpg becomes old-colorize.jpg; where the result can't end as its source, the source's ending
    comes after the verb: old.bmp becomes old-colorize-bmp.png. So no two sources share a name.
    """
    source = paths[0]
    (to := folder / "out").mkdir()
    media = [o for o in outputs_of(verb, source) if o.role == "primary"]
    ending = PurePosixPath(task.place).suffix
    is_same = not media or default_suffix(media[0], source).lower() == ending.lower()
    stem = f"{PurePosixPath(task.place).stem}-{verb.command}"
    stem += "" if is_same else f"-{ending.removeprefix('.')}"
    request = Request(verb.command, options=task.job.options)
    for page in split_pages(source, source, verb.signature.inputs[0]):
        name = stem if page.page is None else f"{stem}-{page.page}"
        outputs = name_outputs(request, verb, str(to / name), source, to)
        settings = replace(
            task.job.settings, force=True
        )  # the same bytes, where it was done before
        named = replace(task.job, inputs=tuple(map(str, paths)), outputs=outputs, page=page.page)
        yield replace(named, settings=settings)


def deliver(outcome: Done | Failed, task: Task, folder: Path) -> Delivery:
    """Bring the results of a job, which are complete, to their place."""
    if isinstance(outcome, Failed):
        return Delivery(hide_copies(outcome, task, folder))
    hashes = tuple(file_sha256(Path(path)) for path in outcome.outputs)
    names = tuple(f"{task.folder}/{Path(path).name}" for path in outcome.outputs)
    if names and not is_address(task.out):
        Path(task.folder).mkdir(parents=True, exist_ok=True)
    for path, name in zip(map(Path, outcome.outputs), names, strict=True):
        if is_address(name):
            send(path, name)
        else:
            path.replace(name)
    return Delivery(outcome, names, hashes)


def hide_copies(failed: Failed, task: Task, folder: Path) -> Failed:
    """Name files in a sentence by where they come from, not by their copies here."""
    words = failed.message
    for number, name in enumerate(task.job.inputs):
        copy = folder / "in" / str(number) / PurePosixPath(name).name
        words = words.replace(str(copy), name)
    return replace(failed, message=words.replace(str(folder / "out"), task.folder))


def explain_store(error: Exception) -> Failed:
    """Say why a file could not be copied: errors of stores are of the machine, not ours."""
    if is_of_store(error):
        return Failed("machine", word_store_error(error))
    return explain(error)


def write_line(task: Task, outcomes: Sequence[Delivery], seconds: float) -> Line:
    """Write the line of a task: of several pages the values are a list."""
    names = task.job.inputs
    done = [each.outcome for each in outcomes if isinstance(each.outcome, Done)]
    failed = [each.outcome for each in outcomes if isinstance(each.outcome, Failed)]
    values: list[Json] = [dict(each.values) for each in done]
    line: Line = {
        "input": names[0] if len(names) == 1 else list(names),
        "output": [name for each in outcomes for name in each.outputs],
        "sha256": [digest for each in outcomes for digest in each.sha256],
        "values": values[0] if len(values) == 1 else values,
        "seconds": round(seconds, 4),
        "error": tell_failure(failed[0]) if failed else None,
    }
    said = list(dict.fromkeys(text for each in done for text in each.messages))
    return line | ({"messages": said} if said else {})


def tell_failure(failed: Failed) -> dict[str, Any]:
    """Tell why something failed: a code and a sentence."""
    told = asdict(failed)
    return {"code": told["code"], "message": told["message"]}


def write_failure(names: Sequence[str], code: str, message: str) -> Line:
    """Write the line of a source that nothing came of."""
    failed = Failed(code, message)
    return write_line(Task(Job("", tuple(names)), "", ""), [Delivery(failed)], 0.0)
