"""From a request to written results: what is to be done as plain data, checked, done whole or not.

    for job in plan(Request("colorize", ["album"], {"strength": 1.2}, ("colored",))):
        done = run(job, Sessions())

A job holds texts and numbers alone: it can be written down, sent elsewhere and done twice, with the
same files as a result. Everything that can be refused is refused by `check`, before the work. All
outputs are written beside their places before the first takes its own. The command line runs jobs
in its own process, the studio in worker processes, the cluster in Ray's tasks, all by `run`.
Nothing is printed: progress and messages are events.
"""

import hashlib
import json
import tempfile
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from neuropil import registry
from neuropil.contract import Media, ResultParts, Verb, format_value, split_result
from neuropil.kit import progress
from neuropil.kit.atomic import written
from neuropil.kit.errors import UserError
from neuropil.kit.formats import MAX_PIXELS, QUALITY
from neuropil.signature import Input, Json, Output, to_json

ID_DIGITS = 16


@dataclass(frozen=True)
class Settings:
    """What stands beside a verb's own options."""

    force: bool = False
    quality: int = QUALITY
    max_pixels: int = MAX_PIXELS
    threads: int | None = None
    networks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Job:
    """One piece of work as plain data.

    inputs: a path for each input of the verb, or the text itself
    outputs: field of the result -> path; what is not named here is not written
    """

    verb: str
    inputs: tuple[str, ...]
    options: Mapping[str, Json] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    settings: Settings = Settings()

    @property
    def id(self) -> str:
        """Name the job by what it says: the same work, the same id."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:ID_DIGITS]

    def to_json(self) -> str:
        """Write the job down, always in the same form."""
        return json.dumps(asdict(self), sort_keys=True, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> "Job":
        """Read a job that was written down."""
        kept = json.loads(text)
        settings = kept["settings"]
        settings["networks"] = tuple(settings["networks"])
        return cls(**kept | {"inputs": tuple(kept["inputs"]), "settings": Settings(**settings)})


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
    """Files written, by output; values by name, also in words; seconds.

    files: the paths of each output of the verb; several of alternatives or of pages
    values: documents that no file was named for are among them, as texts
    texts: of the values that say something, for people
    """

    files: Mapping[str, tuple[str, ...]]
    values: Mapping[str, Json]
    texts: Mapping[str, str]
    seconds: float

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
class Forward:
    """Turns reports of progress into events, and asks whether to stop."""

    emit: Emit
    cancel: Cancel | None

    def at(self, title: str, done: int, total: int | None) -> None:
        """Report so many done."""
        self.ask()
        self.emit(Progress(title, done, total))

    def say(self, line: str) -> None:
        """Report a line."""
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
        key = app, settings.networks, settings.threads
        if key not in self._apps:
            self._apps[key] = registry.load_app(app, settings.networks, settings.threads)
        self._apps.move_to_end(key)
        while len(self._apps) > self._limit:
            self._apps.popitem(last=False)
        return self._apps[key]


# --- what goes in and what comes out ------------------------------------------------------------


def takes_folder(given: Input) -> bool:
    """Tell an input that is a folder itself, not a file of many."""
    return any(getattr(kind, "IS_FOLDER", False) for kind in given.types)


def empty_folder(folder: Path, verb: Verb) -> UserError:
    """Say that a folder holds nothing to work on."""
    words = f"{folder} holds nothing that {verb.command} reads; name another folder"
    return UserError("input.empty", words, path=folder)


def outputs_of(verb: Verb, source: Path | None) -> Sequence[Output]:
    """Give what comes of a source."""
    first = type_of(verb.signature.inputs[0], source) if source else None
    return verb.signature.outputs_for(first)


def type_of(given: Input, path: Path) -> type:
    """Tell by its ending which of an input's types a file is; the first where none fits."""
    for kind in given.types:
        if path.suffix.lower() in getattr(kind, "READS", ()):
            return kind
    return given.types[0]


# --- a job checked and done ---------------------------------------------------------------------


def check(job: Job) -> None:
    """Refuse what can be refused before any work: raises UserError."""
    verb = registry.find_verb(job.verb)
    verb.signature.parse(job.options)
    count_inputs(verb, job.inputs)
    for given, name in zip(verb.signature.inputs, job.inputs, strict=True):
        if not given.is_text:
            check_input(given, Path(name), verb)
    check_outputs(verb, job)
    for path in planned_files(verb, job):
        refuse_inputs(path, [*files_of(verb, job), *map(Path, job.settings.networks)])
        check_place(path, job.settings.force)


def count_inputs(verb: Verb, inputs: Sequence[str]) -> None:
    """Refuse too many or too few inputs."""
    n = len(verb.signature.inputs)
    if len(inputs) != n or not all(isinstance(each, str) for each in inputs):
        wanted = ", ".join(each.name for each in verb.signature.inputs) or "nothing"
        raise UserError(
            "input.required" if len(inputs) < n else "input.kind",
            f"{verb.command} takes {wanted}, and was given {len(inputs)}; as in: {verb.example}",
        )


def check_outputs(verb: Verb, job: Job) -> None:
    """Refuse outputs that the verb doesn't give, and endings that they can't be written to."""
    files = files_of(verb, job)
    outputs = outputs_of(verb, files[0] if files else None)
    known = {output.name: output for output in outputs if output.role != "value"}
    for name, path in job.outputs.items():
        if name not in known:
            raise UserError(
                "name.unknown",
                f"{verb.command} gives no {name}; it gives {', '.join(known) or 'values alone'}",
                name=name,
            )
        if Path(path).suffix.lower() not in known[name].suffixes:
            endings = ", ".join(known[name].suffixes)
            raise UserError(
                "output.ending", f"{path} can't be written; end the name in {endings}", path=path
            )


def files_of(verb: Verb, job: Job) -> list[Path]:
    """List the inputs that are files or folders."""
    pairs = zip(verb.signature.inputs, job.inputs, strict=True)
    return [Path(source) for given, source in pairs if not given.is_text]


def refuse_inputs(path: Path, inputs: Iterable[Path]) -> None:
    """Refuse an output that is one of the inputs, or a file of a folder that is read."""
    for source in inputs if path.exists() else ():
        is_inside = source.is_dir() and source.resolve() in path.resolve().parents
        if is_inside or (source.exists() and path.samefile(source)):
            raise UserError(
                "output.same_as_input",
                f"{path} is an input itself, which is kept; name another file",
                path=path,
            )


def check_input(given: Input, path: Path, verb: Verb) -> None:
    """Refuse a file that is not there, or whose kind the verb doesn't take."""
    kind = "folder" if takes_folder(given) else "file"
    if not path.exists():
        raise UserError("input.missing", f"there is no {kind} {path}; check the name", path=path)
    if path.is_dir() and not takes_folder(given):
        raise empty_folder(path, verb)
    if takes_folder(given) and not path.is_dir():
        raise UserError("input.kind", f"{path} is no folder; as in: {verb.example}", path=path)
    if not takes_folder(given):
        refuse_kind(given, path, verb)


def refuse_kind(given: Input, path: Path, verb: Verb) -> None:
    """Refuse a file whose ending is that of another kind; content is looked at when it is read."""
    from neuropil.kit.media.film import Film
    from neuropil.kit.media.image import Image

    suffix = path.suffix.lower()
    others = {kind for each in verb.signature.inputs for kind in each.types} | {Image, Film}
    if any(suffix in getattr(kind, "READS", ()) for kind in given.types):
        return
    for other in others:
        if suffix in getattr(other, "READS", ()):
            is_kind = f"{path} is {with_article(other.KIND)} file"  # type: ignore[attr-defined]
            wanted = " or ".join(map(with_article, given.kinds))
            raise UserError(
                "input.kind", f"{is_kind}; {verb.command} takes {wanted} file", path=path
            )


def with_article(noun: str) -> str:
    """Put a or an before a noun."""
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def planned_files(verb: Verb, job: Job) -> Iterator[Path]:
    """List the files that a job will write, as far as that is known before."""
    options = {option.name: option.default for option in verb.signature.options} | {**job.options}
    for all_of in verb.signature.outputs.values():
        for output in all_of:
            if output.name in job.outputs:
                path = Path(job.outputs[output.name])
                n = int(options[output.name]) if output.repeated else 0
                yield from [numbered(path, i + 1) for i in range(n)] if output.repeated else [path]


def check_place(path: Path, force: bool) -> None:
    """Refuse a place where a file can't or must not be written."""
    if path.is_dir():
        raise UserError("output.place", f"{path} is a folder; name a file in it")
    if path.exists() and not force:
        raise UserError("output.exists", f"{path} is there already; overwrite it with --force")
    folder = next(folder for folder in path.absolute().parents if folder.exists())
    try:
        tempfile.TemporaryFile(dir=folder).close()  # rights alone don't tell what is possible
    except OSError:
        raise UserError(
            "output.place", f"{path} can't be written in {folder}; name another place by --output"
        ) from None


def run(job: Job, sessions: Sessions, *, emit: Emit = ignore, cancel: Cancel | None = None) -> Done:
    """Open the inputs, call the verb, write all outputs or none; raises UserError, Cancelled."""
    verb = registry.find_verb(job.verb)
    forward = Forward(emit, cancel)
    with progress.shown(forward):
        started = time.monotonic()
        forward.ask()
        options = verb.signature.parse(job.options)
        app = sessions.get(verb.app, job.settings)
        pairs = zip(verb.signature.inputs, job.inputs, strict=True)
        inputs = [open_input(given, source, job.settings) for given, source in pairs]
        result = getattr(app, verb.method)(*inputs, **options)
        first = type(inputs[0]) if inputs else None
        parts = split_result(result, verb.signature.outputs_for(first))
        placed = place_outputs(parts, job)
        write_all({p: media for of in placed.values() for p, media in of.items()}, job.settings)
    seconds = time.monotonic() - started
    values = {name: to_json(value) for name, value in parts.values.items()}
    values |= printed_texts(parts, job)
    said = {name: v for name, v in parts.values.items() if v is not None and v != ()}
    texts = {name: format_value(value) for name, value in said.items()}
    files = {name: tuple(map(str, paths)) for name, paths in placed.items()}
    return Done(files, values, texts, seconds)


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
        case OSError():  # of the machine; those that can be foreseen are UserErrors
            who = error.filename or "the machine"
            return Failed("machine", f"{who} says: {error.strerror or error}")
        case _:
            return Failed("internal", f"{type(error).__name__}: {error}", ours=True)


def open_input(given: Input, source: str, settings: Settings) -> Any:
    """Open what an input names: a file by its ending, or the text itself."""
    if given.is_text:
        return source
    kind: Any = type_of(given, Path(source))
    return kind.open(Path(source), max_pixels=settings.max_pixels)


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
            path = numbered(Path(job.outputs[output]), int(number))
        else:
            continue
        files = media.split(path) if hasattr(media, "split") else {path: media}
        for each in files:
            check_place(each, job.settings.force)  # again, and files of further pages
        placed[output] = placed.get(output, {}) | files
    return placed


def numbered(path: Path, number: int) -> Path:
    """Number one of several files of a kind: alternatives-2.png."""
    return path.with_name(f"{path.stem}-{number}{path.suffix}")


def write_all(files: Mapping[Path, Media], settings: Settings) -> None:
    """Write all files beside their places, then let them take these, one right after the other."""
    for path in files:
        path.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        places = [stack.enter_context(written(path)) for path in files]
        for place, media in zip(places, progress.ticking(files.values()), strict=True):
            media.save(place, quality=settings.quality)
