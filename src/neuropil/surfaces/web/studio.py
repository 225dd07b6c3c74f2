"""What requests share: the jobs that were taken, and what is told of them."""

import asyncio
import json
import re
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from fastapi.responses import JSONResponse

from neuropil import registry
from neuropil.checks import outputs_of
from neuropil.contract import Verb
from neuropil.jobs import Done, Failed
from neuropil.kit.errors import UserError
from neuropil.signature import Json
from neuropil.surfaces.web.live import LiveSessions
from neuropil.surfaces.web.pool import Outcome, QueueFullError, TaskPool, Work
from neuropil.surfaces.web.status import read_status
from neuropil.surfaces.web.store import INPUT, OUTPUT, JobStore
from neuropil.surfaces.web.worker import Listed, Opened

ALONE = 60.0  # seconds after which a job that nobody asks about is stopped
LONELY = f"stopped, since nobody had asked about it for {ALONE:.0f} seconds; start it again"
RETRY = "2"  # seconds after which a full line may be tried again
ACCEPTED, FULL = 202, 503
TYPED = (  # what a sentence says to type, and what it is on a page
    ("`neuropil open FILE.onnx` lists them all", "they stand in the list above"),
    ("name an .onnx file or an application", "choose another file"),
    ("name an .onnx file", "choose another file"),
)
FLAG = re.compile(r"(?<!\S)--(\w[\w-]*)")  # an option as it is typed


@dataclass(eq=False)
class KnownJob:
    """A job that was taken: what it is, and when somebody last asked about it.

    verb: None of a neuron that is opened
    labels: by the name or path of a file as it is kept here, what it was called where it came from
    is_lonely: stopped, since nobody had asked about it
    """

    command: str
    inputs: tuple[str, ...]
    options: dict[str, Json]
    folder: Path
    verb: Verb | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    seen: float = field(default_factory=time.monotonic)
    is_lonely: bool = False

    def to_json(self) -> str:
        """Write down what another process needs to answer for the job."""
        told = {"command": self.command, "inputs": self.inputs, "options": self.options}
        return json.dumps(told | {"labels": dict(self.labels)})

    @classmethod
    def from_json(cls, text: str, folder: Path) -> "KnownJob":
        """Read it."""
        told = json.loads(text)
        command, inputs = told["command"], tuple(told["inputs"])
        verb = registry.find_verb(command) if command in registry.commands() else None
        return cls(command, inputs, told["options"], folder, verb, told["labels"])


@dataclass(eq=False)
class Studio:
    """Everything that requests share."""

    pool: TaskPool
    store: JobStore
    jobs: dict[str, KnownJob] = field(default_factory=dict)
    sessions: LiveSessions = field(default_factory=LiveSessions)

    async def take(self, known: KnownJob, work: Work, task: str) -> JSONResponse:
        """Keep a job and put it into the line, and answer what it is; raises QueueFullError.

        What may ask a store that is far away runs in a thread.
        """
        name = known.folder.name
        await asyncio.to_thread(self.store.keep, name, known.to_json())
        await self.pool.submit(name, work, task, known.folder)
        self.jobs[name] = known
        return JSONResponse(await asyncio.to_thread(describe_job, self, name), ACCEPTED)

    def find(self, name: str) -> KnownJob:
        """Find a job, and note that it was asked for; raises UserError where there is none."""
        if name not in self.jobs:
            record = self.store.recall(name)
            if record is None:
                words = "there is no such job any more: results are kept for an hour"
                raise UserError("name.unknown", f"{words}; start it again", name=name)
            self.jobs.setdefault(name, KnownJob.from_json(record, self.store.root / name))
        known = self.jobs[name]
        known.seen = time.monotonic()
        return known

    def forget(self, name: str) -> None:
        """Forget a job whose folder goes."""
        self.pool.forget(name)
        self.jobs.pop(name, None)

    def stop_lonely(self) -> None:
        """Stop jobs that nobody asks about."""
        now = time.monotonic()
        for name, known in list(self.jobs.items()):
            if now - known.seen > ALONE and self.pool.outcome(name) is None:
                known.is_lonely = True
                self.pool.cancel(name)


def refuse_full(error: BaseException) -> JSONResponse:
    """Answer that the line is full; raises every other error."""
    if not isinstance(error, QueueFullError):
        raise error
    words = "too much goes on already; try again in a moment"
    told = {"code": "queue.full", "message": words}
    return JSONResponse(told, FULL, headers={"Retry-After": RETRY})


def describe_job(studio: Studio, name: str) -> dict[str, Any]:
    """Tell all about a job."""
    known = studio.find(name)
    outcome, place = studio.pool.outcome(name), studio.pool.place(name)
    told = {
        "name": name,
        "command": known.command,
        "options": known.options,
        "state": word_state(outcome, place),
        "place": place,
        **describe_status(known),
    }
    if isinstance(outcome, Failed):
        message = for_page(LONELY if known.is_lonely else outcome.message, known)
        told["error"] = {"code": outcome.code, "message": message}
    if isinstance(outcome, Done):
        told |= {"seconds": outcome.seconds, "values": outcome.values, "texts": outcome.texts}
        told["files"] = describe_files(studio, known, outcome, name)
    if isinstance(outcome, Opened):
        told["walk"] = outcome.walk | {
            "page": f"/api/walks/{name}",
            "sheet": f"/api/sheets/{name}",
        }
    if isinstance(outcome, Listed):
        told["network"] = outcome.network
    return told


def word_state(outcome: Outcome | None, place: int) -> str:
    """Name the state of a job."""
    if outcome is None:
        return "waiting" if place else "running"
    if isinstance(outcome, Failed):
        return "cancelled" if outcome.code == "cancelled" else "failed"
    return "done"


def describe_status(known: KnownJob) -> dict[str, Any]:
    """Tell how far a job is, and what it has said."""
    told = asdict(read_status(known.folder))
    told["title"] = for_page(told["title"], known)
    told["messages"] = [for_page(sentence, known) for sentence in told["messages"]]
    return told


def for_page(sentence: str, known: KnownJob) -> str:
    """Word a sentence as a page says it: files by their own names, nothing that is typed."""
    for kept, label in known.labels.items():
        sentence = sentence.replace(kept, label)
    for part in (INPUT, OUTPUT):
        sentence = sentence.replace(f"{known.folder / part}/", "")
    sentence = sentence.replace(str(known.folder), "the studio's folder")
    for typed, instead in TYPED:
        sentence = sentence.replace(typed, instead)
    return FLAG.sub(r"\1", sentence)


def describe_files(studio: Studio, known: KnownJob, done: Done, name: str) -> list[dict[str, Any]]:
    """List the files that were made, with what they are and where to get them."""
    assert known.verb, "files are made by verbs alone"
    given = known.verb.signature.inputs
    is_text = not given or given[0].is_text
    source = None if is_text else Path(known.inputs[0])
    kinds = {o.name: o.type for o in outputs_of(known.verb, source)}
    pairs = [(output, path) for output, paths in done.files.items() for path in paths]
    return [
        {
            "output": output,
            "kind": kinds[output].KIND,
            "file": f"{known.command}-{Path(path).name}",
            "address": f"/api/results/{name}/{number}",
            "bytes": studio.store.size(Path(path)),
        }
        for number, (output, path) in enumerate(pairs)
    ]


def files_of(studio: Studio, name: str) -> list[str]:
    """List the paths of the files that a job made."""
    studio.find(name)
    outcome = studio.pool.outcome(name)
    return (
        [path for of in outcome.files.values() for path in of] if isinstance(outcome, Done) else []
    )
