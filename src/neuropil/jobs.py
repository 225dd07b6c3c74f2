"""A job done: its results are written whole or not at all, and what it says meanwhile are events.

    for job in plan(Request("colorize", ["album"], {"strength": 1.2}, ("colored",))):
        done = run(job, Sessions())

The same job gives the same files wherever and how often it is done. All outputs are written beside
their places before the first takes its own. The command line runs jobs in its own process; nothing
here prints, so that others can run them in worker processes: progress and messages are events.
"""

import errno
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from neuropil import registry
from neuropil.checks import check, check_place, identify, number_path, type_of
from neuropil.contract import Media, ResultParts, Verb, format_value, has_words, split_result
from neuropil.job import Job, Settings
from neuropil.kit import progress
from neuropil.kit.atomic import make_folders, write_together
from neuropil.kit.errors import UserError
from neuropil.kit.networks.network import listed_files
from neuropil.signature import Input, Json, to_json

OF_CONTENT = ("input.content", "input.no_text")  # codes of what an application finds in an input
SHOWN = 60  # characters of a name that is too long

# --- what a job says while it runs --------------------------------------------------------------


@dataclass(frozen=True)
class Progress:
    """So many done, of so many where that is known."""

    title: str
    done: int
    total: int | None


@dataclass(frozen=True)
class Message:
    """A line for people."""

    text: str


@dataclass(frozen=True)
class Done:
    """Files written, by output; values by name, also in words; seconds; what was said.

    files: the paths of each output of the verb; none where it was not written, several of
        alternatives or of pages
    values: documents that no file was named for are among them, as texts
    texts: of the values that say something, for people
    messages: what a person should know: what could not be kept as it was
    """

    files: Mapping[str, tuple[str, ...]]
    values: Mapping[str, Json]
    texts: Mapping[str, str]
    seconds: float
    messages: tuple[str, ...] = ()

    @property
    def outputs(self) -> tuple[str, ...]:
        """List all files, the primary output's first."""
        return tuple(path for paths in self.files.values() for path in paths)


@dataclass(frozen=True)
class Failed:
    """Why not: a code and a sentence; `ours` where it is a fault of the package."""

    code: str
    message: str
    ours: bool = False


Event = Progress | Message | Done | Failed
Emit = Callable[[Event], None]


class Cancel(Protocol):
    """Asked at every step of the work; an Event of threading or multiprocessing will do."""

    def is_set(self) -> bool:
        """Tell whether the work is to stop."""


def ignore(event: Event) -> None:
    """Let an event pass."""


@dataclass(frozen=True)
class ProgressForwarder:
    """Turns reports of progress into events, and asks whether to stop."""

    emit: Emit
    cancel: Cancel | None
    said: list[str] = field(default_factory=list)

    def at(self, title: str, done: int, total: int | None) -> None:
        """Report so many done."""
        self.ask()
        self.emit(Progress(title, done, total))

    def say(self, line: str) -> None:
        """Report a line, and keep it; what is met again on a second way through is said once."""
        if line not in self.said:
            self.said.append(line)
            self.emit(Message(line))

    def ask(self) -> None:
        """Stop the work where that was asked for."""
        if self.cancel is not None and self.cancel.is_set():
            raise progress.Cancelled


class Sessions:
    """Applications kept loaded in this process; of more than `limit` the least used go first."""

    def __init__(self, limit: int = 4) -> None:
        self._limit = limit
        self._apps: OrderedDict[tuple[object, ...], Any] = OrderedDict()

    def get(self, app: str, settings: Settings) -> Any:
        """Give an application with these networks and threads, loaded once."""
        listed = listed_files()
        files = tuple(map(identify, map(Path, (*settings.networks, *listed))))
        key = app, settings.networks, listed, files, settings.threads
        if key not in self._apps:
            self._apps[key] = registry.load_app(app, settings.networks, settings.threads)
        self._apps.move_to_end(key)
        while len(self._apps) > self._limit:
            self._apps.popitem(last=False)
        return self._apps[key]


# --- a job done ---------------------------------------------------------------------------------


def run(job: Job, sessions: Sessions, *, emit: Emit = ignore, cancel: Cancel | None = None) -> Done:
    """Open the inputs, call the verb, write all outputs or none; raises UserError, Cancelled."""
    verb = registry.find_verb(job.verb)
    forward = ProgressForwarder(emit, cancel)
    with progress.report_to(forward):
        started = time.monotonic()
        forward.ask()
        options = verb.signature.parse(job.options)
        app = sessions.get(verb.app, job.settings)
        pairs = zip(verb.signature.inputs, job.inputs, strict=True)
        inputs = [open_input(given, source, job.settings, job.page) for given, source in pairs]
        try:
            result = getattr(app, verb.method)(*inputs, **options)
        except UserError as error:
            raise name_input(error, verb, job) from error
        first = type(inputs[0]) if inputs else None
        parts = split_result(result, verb.signature.outputs_for(first))
        placed = place_outputs(parts, job)
        write_all({p: media for of in placed.values() for p, media in of.items()}, job.settings)
    seconds = time.monotonic() - started
    values = {name: to_json(value) for name, value in parts.values.items()}
    values |= printed_texts(parts, job)
    said = {name: v for name, v in parts.values.items() if v is not None and v != ()}
    texts = {name: format_value(value) for name, value in said.items()}
    if has_words(result) and not parts.primary:
        texts = {"": str(result)}  # figures that make a sentence together
    files = {
        output.name: tuple(map(str, placed.get(output.name, ())))
        for output in verb.signature.outputs_for(first)
        if output.role != "value"
    }
    return Done(files, values, texts, seconds, tuple(forward.said))


def name_input(error: UserError, verb: Verb, job: Job) -> UserError:
    """Name the one file that an error can be about where it names none.

    Of a picture's pixels nothing tells any more what the file was called.
    """
    pairs = zip(verb.signature.inputs, job.inputs, strict=True)
    files = [source for given, source in pairs if not given.is_text]
    if error.code not in OF_CONTENT or len(files) != 1 or files[0] in error.message:
        return error
    return error.wrap(f"{files[0]}: {error.message}", Path(files[0]))


def attempt(
    job: Job,
    sessions: Sessions,
    *,
    emit: Emit = ignore,
    cancel: Cancel | None = None,
) -> Done | Failed:
    """Check and run a job, and never raise: for pools and manifests."""
    try:
        check(job)
        return run(job, sessions, emit=emit, cancel=cancel)
    except (Exception, progress.Cancelled) as error:
        return explain(error)


def explain(error: BaseException) -> Failed:
    """Say why something failed: a code and a sentence, and whether it is a fault of ours."""
    match error:
        case UserError():
            return Failed(error.code, error.message)
        case KeyboardInterrupt():
            return Failed("cancelled", "stopped; nothing half-written")
        case MemoryError():
            words = "there is too little memory for this; give it something smaller"
            return Failed("memory", words)
        case OSError(errno=errno.ENOSPC | errno.EDQUOT):
            return Failed("disk.full", "the disk is full; nothing half-written is left: make room")
        case OSError(errno=errno.ENAMETOOLONG):
            start = str(error.filename)[:SHOWN]
            words = f"{start}... is too long for the name of a file; give a shorter one"
            return Failed("machine", words)
        case OSError():  # of the machine; those that can be foreseen are UserErrors
            who = error.filename or "the machine"
            return Failed("machine", f"{who} says: {error.strerror or error}")
        case _:
            return Failed("internal", f"{type(error).__name__}: {error}", ours=True)


def open_input(given: Input, source: str, settings: Settings, page: int | None = None) -> Any:
    """Open what an input names: a file by its ending, one of its pages, or the text itself."""
    if given.is_text:
        return source
    kind: Any = type_of(given, Path(source))
    which = {} if page is None else {"page": page}  # pictures alone have pages
    return kind.open(Path(source), max_pixels=settings.max_pixels, **which)


def printed_texts(parts: ResultParts, job: Job) -> dict[str, Json]:
    """Give the documents that are shown, since no file was named for them."""
    media: Mapping[str, Any] = {**parts.primary, **parts.secondary}
    is_shown = {
        name: getattr(m, "PRINTED", False) and name not in job.outputs for name, m in media.items()
    }
    return {name: media[name].text for name, shown in is_shown.items() if shown}


def place_outputs(parts: ResultParts, job: Job) -> dict[str, dict[Path, Media]]:
    """Give each media value its path, by output; of several of a kind, a numbered one."""
    placed: dict[str, dict[Path, Media]] = {}
    for name, media in {**parts.primary, **parts.secondary}.items():
        output, _, number = name.rpartition("-")
        if name in job.outputs:
            output, path = name, Path(job.outputs[name])
        elif output in job.outputs:
            path = number_path(Path(job.outputs[output]), int(number))
        else:
            continue
        files = media.split(path) if hasattr(media, "split") else {path: media}
        for each in files:
            check_place(each, job.settings.force)  # again, and files of further pages
        placed[output] = placed.get(output, {}) | files
    return placed


def write_all(files: Mapping[Path, Media], settings: Settings) -> None:
    """Write all files beside their places, then let them take these, one right after the other."""
    with make_folders(files), write_together(list(files)) as places:
        for place, (path, media) in zip(places, progress.ticking(files.items()), strict=True):
            try:
                media.save(place, quality=settings.quality)
            except UserError as error:  # of the file that was asked for, not of the one beside it
                raise error.wrap(error.message.replace(str(place), str(path)), path) from error
