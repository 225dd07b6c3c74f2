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
import os
import tempfile
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from neuropil import registry
from neuropil.contract import Media, ResultParts, Verb, format_value, split_result
from neuropil.kit import progress
from neuropil.kit.atomic import written
from neuropil.kit.between import MAX_PIXELS, QUALITY
from neuropil.kit.errors import UserError
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


@dataclass(frozen=True)
class Request:
    """What a person asked for: one verb on any number of sources.

    outputs: as many names as were given, each for the output whose endings include its own; one
        that is a folder, or has no ending, takes all files
    """

    verb: str
    sources: Iterable[str] = ()
    options: Mapping[str, Json] = field(default_factory=dict)
    outputs: tuple[str, ...] = ()
    settings: Settings = Settings()


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
    """Files written, in the order of the outputs; values by name, also in words; seconds.

    texts: of the values that say something, for people; documents that were not written whole
    """

    outputs: tuple[str, ...]
    values: Mapping[str, Json]
    texts: Mapping[str, str]
    seconds: float


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


# --- from a request to jobs ---------------------------------------------------------------------


def plan(request: Request) -> Iterator[Job]:
    """Turn a request into jobs, one after the other, folder by folder.

    Raises UserError where names are no good: none or too many sources, two of a folder that would
    become one file.
    """
    verb = registry.find_verb(request.verb)
    inputs = verb.signature.inputs
    job = Job(verb.command, (), dict(request.options), {}, request.settings)
    if len(inputs) == 1 and not inputs[0].is_text and not takes_folder(inputs[0]):
        yield from plan_files(request, verb, job)
        return
    sources = tuple(request.sources)
    if len(sources) != len(inputs):
        wanted = ", ".join(each.name for each in inputs) or "nothing"
        raise UserError(
            "input.required" if len(sources) < len(inputs) else "input.kind",
            f"{verb.command} takes {wanted}, and was given {len(sources)}; as in: {verb.example}",
        )
    yield replace(job, inputs=sources, outputs=name_outputs(request, verb, verb.command, None))


def takes_folder(given: Input) -> bool:
    """Tell an input that is a folder itself, not a file of many."""
    return any(getattr(kind, "IS_FOLDER", False) for kind in given.types)


def plan_files(request: Request, verb: Verb, job: Job) -> Iterator[Job]:
    """Make a job for each file that is named, or lies in a folder that is."""
    (given,) = verb.signature.inputs
    roots = [Path(source) for source in dict.fromkeys(request.sources)]
    if not roots:
        raise UserError("input.required", f"name a file or a folder, as in: {verb.example}")
    many = len(roots) > 1 or roots[0].is_dir()
    to = Path(request.outputs[0]) if request.outputs else None
    if many and to and not is_folder(to):
        raise UserError(
            "output.collision", f"{to} names one file, and there can be several; name a folder"
        )
    taken: dict[str, Path] = {}
    for root in roots:
        folder = None
        for source in list_files(root, given, verb.app):
            if source.parent != folder and len(roots) == 1:  # a folder's names are enough
                folder, taken = source.parent, {}
            place = source.parent if to is None else to
            if to is not None and is_folder(to):
                place = to / source.parent.relative_to(root if root.is_dir() else root.parent)
            stem = str(place / f"{source.stem}-{verb.command}")
            outputs = name_outputs(request, verb, stem, source)
            for path in outputs.values():
                other = taken.setdefault(path, source)
                if other != source:
                    raise UserError(
                        "output.collision",
                        f"{other} and {source} would both become {path}; rename one",
                    )
            yield replace(job, inputs=(str(source),), outputs=outputs)


def list_files(root: Path, given: Input, app: str) -> Iterator[Path]:
    """List a file, or those of a folder and of folders below that can be read; our own left out."""
    if not root.is_dir():
        yield root
        return
    known = {suffix for kind in given.types for suffix in kind.READS}  # type: ignore[attr-defined]
    empty = True
    for here, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for path in (Path(here, name) for name in sorted(files) if not name.startswith(".")):
            if path.suffix.lower() in known and f"-{app}-" not in f"{path.stem}-":
                empty = False
                yield path
    if empty:
        raise UserError(
            "input.empty", f"{root} holds nothing that {app} reads; name another folder"
        )


def is_folder(path: Path) -> bool:
    """Tell whether a path is meant as a folder: it is one, or has no ending and is nothing yet."""
    return path.is_dir() or not (path.suffix or path.exists())


def name_outputs(request: Request, verb: Verb, stem: str, source: Path | None) -> dict[str, str]:
    """Name the file of each output: as asked for by `-o`, else by the stem and the field's name."""
    outputs = [
        o for o in outputs_of(verb, source) if o.role != "value" and is_wanted(o, verb, request)
    ]
    asked = [Path(name) for name in request.outputs if not is_folder(Path(name))]
    named: dict[str, str] = {}
    for path in asked:
        fitting = [o for o in outputs if path.suffix.lower() in o.suffixes and o.name not in named]
        if not fitting:
            possible = [suffix for o in outputs for suffix in o.suffixes] or [
                "nothing: leave out -o"
            ]
            raise UserError(
                "output.ending", f"{path} can't be written; end the name in {', '.join(possible)}"
            )
        named[fitting[0].name] = str(path)
    if asked:
        stem = str(asked[0].with_suffix(""))
    for output in outputs:
        if output.name in named or output.printed or output.named_only:
            continue
        suffix = default_suffix(output, source)
        tail = "" if output.role == "primary" else f"-{output.name}"
        named[output.name] = f"{stem}{tail}{suffix}"
    return named


def is_wanted(output: Output, verb: Verb, request: Request) -> bool:
    """Tell whether an optional output, or several of a kind, are asked for by their option."""
    if not (output.optional or output.repeated):
        return True
    defaults = {option.name: option.default for option in verb.signature.options}
    return bool(request.options.get(output.name, defaults.get(output.name)))


def outputs_of(verb: Verb, source: Path | None) -> Sequence[Output]:
    """Give what comes of a source."""
    first = type_of(verb.signature.inputs[0], source) if source else None
    return verb.signature.outputs_for(first)


def default_suffix(output: Output, source: Path | None) -> str:
    """Choose the ending of a file: that of the source where it can be written."""
    own = source.suffix if source and output.role == "primary" else ""
    return own if own.lower() in output.suffixes else output.suffixes[0]


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
    for given, name in zip(verb.signature.inputs, job.inputs, strict=True):
        if not given.is_text:
            check_input(given, Path(name), verb)
    for path in planned_files(verb, job):
        check_place(path, job.settings.force)
        for source in map(Path, job.inputs):
            if path.exists() and source.exists() and path.samefile(source):
                raise UserError(
                    "output.same_as_input",
                    f"{path} is the input itself, which is kept; name another file",
                )


def check_input(given: Input, path: Path, verb: Verb) -> None:
    """Refuse a file that is not there, or whose kind the verb doesn't take."""
    from neuropil.kit.film import Film
    from neuropil.kit.image import Image

    if not path.exists():
        raise UserError("input.missing", f"there is no file {path}; check the name", path=path)
    for kind, words in ((Image, "an image"), (Film, "a film")):
        is_read = any(path.suffix.lower() in known.READS for known in given.types)  # type: ignore[attr-defined]
        if path.suffix.lower() in kind.READS and not is_read and not takes_folder(given):
            raise UserError(
                "input.kind", f"{path} is {words}, which {verb.command} doesn't take", path=path
            )
    if takes_folder(given) and not path.is_dir():
        raise UserError("input.kind", f"{path} is no folder; as in: {verb.example}", path=path)


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
        files = place_outputs(parts, job)
        write_all(files, job.settings.quality)
    seconds = time.monotonic() - started
    values = {name: to_json(value) for name, value in parts.values.items()}
    said = {name: v for name, v in parts.values.items() if v is not None and v != ()}
    texts = {name: format_value(value) for name, value in said.items()}
    return Done(tuple(map(str, files)), values, printed_texts(parts, job) | texts, seconds)


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
    except UserError as error:
        return Failed(error.code, error.message)
    except progress.Cancelled:
        return Failed("cancelled", "stopped; nothing half-written")
    except Exception as error:
        return Failed("internal", f"{type(error).__name__}: {error}", ours=True)


def open_input(given: Input, source: str, settings: Settings) -> Any:
    """Open what an input names: a file by its ending, or the text itself."""
    if given.is_text:
        return source
    kind: Any = type_of(given, Path(source))
    return kind.open(Path(source), max_pixels=settings.max_pixels)


def printed_texts(parts: ResultParts, job: Job) -> dict[str, str]:
    """Give the documents that are shown, since no file was named for them."""
    media: Mapping[str, Any] = {**parts.primary, **parts.secondary}
    is_shown = {
        name: getattr(m, "PRINTED", False) and name not in job.outputs for name, m in media.items()
    }
    return {name: media[name].text for name, shown in is_shown.items() if shown}


def place_outputs(parts: ResultParts, job: Job) -> dict[Path, Media]:
    """Give each media value of a result its path; of several of a kind, a numbered one."""
    placed: dict[Path, Media] = {}
    for name, media in {**parts.primary, **parts.secondary}.items():
        output, _, number = name.rpartition("-")
        if name in job.outputs:
            path = Path(job.outputs[name])
        elif output in job.outputs:
            path = numbered(Path(job.outputs[output]), int(number))
        else:
            continue
        placed |= media.split(path) if hasattr(media, "split") else {path: media}
    for path in placed:
        check_place(path, job.settings.force)  # again, and files of further pages
    return placed


def numbered(path: Path, number: int) -> Path:
    """Number one of several files of a kind: alternatives-2.png."""
    return path.with_name(f"{path.stem}-{number}{path.suffix}")


def write_all(files: Mapping[Path, Media], quality: int) -> None:
    """Write all files beside their places, then let them take these, one right after the other."""
    for path in files:
        path.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        places = [stack.enter_context(written(path)) for path in files]
        for place, media in zip(places, files.values(), strict=True):
            media.save(place, quality=quality)
