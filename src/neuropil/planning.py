"""From a request to jobs: which files are meant, and what those that are made are called.

old.jpg                 old-colorize.jpg             beside the input
old.bmp                 old-colorize.png             where the input's kind can't be written
old.jpg    -o new.png   new.png
album      -o new       new/1925/old-colorize.jpg    with the folders of album
a.bmp and a.png         a-bmp-colorize.png ...       where both would have one name
a.bmp beside a done one a-bmp-colorize.png           and a.png's stays a-colorize.png
scan.tif of two pages   scan-1-colorize.tif ...      pages are done one by one
"""

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, groupby
from pathlib import Path

from neuropil import registry
from neuropil.checks import (
    count_inputs,
    empty_folder,
    is_asked_for,
    is_done,
    outputs_of,
    planned_files,
    takes_files,
    type_of,
)
from neuropil.contract import Verb
from neuropil.job import Job, Settings
from neuropil.kit.errors import UserError, wrong_ending
from neuropil.kit.folders import list_files
from neuropil.signature import Input, Json, Output


@dataclass(frozen=True)
class Request:
    """What a person asked for: one verb on any number of sources.

    outputs: as many names as were given, each for the output whose endings include its own; one
        that is a folder, or has no ending, takes all files
    keeps_done: what is done already keeps its names, whatever lies beside it by now
    """

    verb: str
    sources: Iterable[str] = ()
    options: Mapping[str, Json] = field(default_factory=dict)
    outputs: tuple[str, ...] = ()
    settings: Settings = field(default_factory=Settings)
    keeps_done: bool = False


@dataclass(frozen=True)
class SourcePage:
    """A file to work on, the folder or file of the request that it was found in, and its page."""

    root: Path
    path: Path
    page: int | None = None

    def stem(self, *, apart: bool) -> str:
        """Begin the name of what is made of it: scan-2, or scan-tif-2 to tell it from others."""
        parts = self.path.name.rsplit(".", 1) if apart else [self.path.stem]
        return "-".join([*parts, *([] if self.page is None else [str(self.page)])])


def plan(request: Request) -> Iterator[Job]:
    """Turn a request into jobs, one after the other, folder by folder.

    Raises UserError where names are no good: none or too many sources, two of a folder that would
    become one file.
    """
    verb = registry.find_verb(request.verb)
    job = Job(verb.command, (), dict(request.options), {}, request.settings)
    if takes_files(verb):
        yield from plan_files(request, verb, job)
        return
    sources = tuple(request.sources)
    count_inputs(verb, sources)
    to = choose_output_folder(request.outputs, many=False)
    stem = str(to / verb.command) if to else verb.command
    yield replace(job, inputs=sources, outputs=name_outputs(request, verb, stem, None, to))


def plan_files(request: Request, verb: Verb, job: Job) -> Iterator[Job]:
    """Make a job for each file that is named, or lies in a folder that is."""
    (given,) = verb.signature.inputs
    once: dict[str, Path] = {}  # who names one twice gets it once
    for name in request.sources:
        once.setdefault(os.path.realpath(name), Path(name))
    roots = list(once.values())
    if not roots:
        raise UserError("input.required", f"name a file or a folder, as in: {verb.example}")
    many = len(roots) > 1 or roots[0].is_dir() or len(split_pages(roots[0], roots[0], given)) > 1
    to = choose_output_folder(request.outputs, many=many)
    for group in group_sources(roots, given, verb):
        yield from name_apart(request, verb, job, group, to)


def group_sources(roots: Sequence[Path], given: Input, verb: Verb) -> Iterator[list[SourcePage]]:
    """List all sources in groups to be named together.

    Of a single root these are its folders; several may have the same names, so they are one group.
    """
    if len(roots) > 1:
        yield list(find_sources(roots, given, verb))
        return
    pairs = list_sources(roots[0], given, verb.app)
    first = next(pairs, None)
    if first is None:
        raise empty_folder(roots[0], verb)
    for _, files in groupby(chain([first], pairs), key=lambda path: path.parent):
        yield [source for path in files for source in split_pages(roots[0], path, given)]


def split_pages(root: Path, path: Path, given: Input) -> list[SourcePage]:
    """Make a source of each page of a TIFF or frame of an animation; of other files one."""
    kind = type_of(given, path)
    n = kind.count_pages(path) if hasattr(kind, "count_pages") else 1
    return [SourcePage(root, path, page if n > 1 else None) for page in range(1, n + 1)]


def find_sources(roots: Sequence[Path], given: Input, verb: Verb) -> Iterator[SourcePage]:
    """List the sources of several roots, each once; an empty folder is refused by its own job."""
    done: set[str] = set()
    for root in roots:
        for path in list(list_sources(root, given, verb.app)) or [root]:
            real = os.path.realpath(path)
            if real not in done:
                done.add(real)
                yield from split_pages(root, path, given)


def name_apart(
    request: Request, verb: Verb, job: Job, group: Sequence[SourcePage], to: Path | None
) -> Iterator[Job]:
    """Name the outputs of every source; those that would share one get the source's ending too.

    a.heic and a.png, both written as PNG, become a-heic-colorize.png and a-png-colorize.png: what a
    file becomes depends on what lies beside it, not on which comes first. What is done already
    keeps its names where that was asked for.
    """

    def name(source: SourcePage, *, apart: bool) -> Job:
        outputs: dict[str, str] = {}
        if not source.path.is_dir():
            path = choose_folder(source, to) / f"{source.stem(apart=apart)}-{verb.command}"
            outputs = name_outputs(request, verb, str(path), source.path, to)
        return replace(job, inputs=(str(source.path),), outputs=outputs, page=source.page)

    plain = [name(source, apart=False) for source in group]
    uses = count_names(plain)
    done: dict[int, Job] = {}
    if request.keeps_done:
        done = find_done(verb, plain, [name(source, apart=True) for source in group])
    taken: dict[str, SourcePage] = {}
    for i, source in enumerate(group):
        is_shared = any(uses[path] > 1 for path in plain[i].outputs.values())
        named = done.get(i) or (name(source, apart=True) if is_shared else plain[i])
        refuse_collision(source, named.outputs, taken)
        yield named


def count_names(jobs: Iterable[Job]) -> Counter[str]:
    """Count how many jobs would write each file."""
    return Counter(path for job in jobs for path in job.outputs.values())


def find_done(verb: Verb, plain: Sequence[Job], apart: Sequence[Job]) -> dict[int, Job]:
    """Find jobs, by their number, whose results are there under either of their names.

    Of a name that several share only the files tell whose it is: that of the one source that lay
    there when the result was made. Where that is none or several, none counts as done.
    """
    uses = count_names(plain)
    done = {
        i: job
        for i, job in enumerate(apart)
        if is_done(verb, job) and not any(path in uses for path in job.outputs.values())
    }
    older = {
        i: job
        for i, job in enumerate(plain)
        if is_done(verb, job) and is_older_than_results(verb, job)
    }
    claims = count_names(older.values())
    for i, job in older.items():
        if all(claims[path] == 1 for path in job.outputs.values()):
            done[i] = job
    return done


def is_older_than_results(verb: Verb, job: Job) -> bool:
    """Tell whether the source of a job that is done lay in its place before its results did.

    Not by the time of its content, which a copy of an old file keeps.
    """
    source = Path(job.inputs[0])
    made = min(path.stat().st_mtime_ns for path in planned_files(verb, job))
    return source.exists() and source.stat().st_ctime_ns <= made


def choose_output_folder(outputs: Sequence[str], *, many: bool) -> Path | None:
    """Find the folder that takes all results, where one was named by `-o`; None for their own."""
    folders = [Path(name) for name in outputs if is_folder(name)]
    files = [name for name in outputs if not is_folder(name)]
    if files and folders:
        words = f"{files[0]} is a file and {folders[0]} a folder; name files, or one folder"
        raise UserError("option.conflict", words)
    if many and files:
        raise UserError(
            "output.collision",
            f"{files[0]} names one file, and there can be several; name a folder",
        )
    if len(folders) > 1:
        named = " and ".join(map(str, folders))
        raise UserError("option.conflict", f"{named} are two folders; name one by -o")
    return folders[0] if folders else None


def choose_folder(source: SourcePage, to: Path | None) -> Path:
    """Choose where what is made of a source goes: beside it, or into a folder as it lay in its."""
    folder, root = source.path.parent, source.root
    if to is None:
        return folder
    return to / folder.relative_to(root if root.is_dir() else root.parent)


def refuse_collision(
    source: SourcePage, outputs: Mapping[str, str], taken: dict[str, SourcePage]
) -> None:
    """Refuse an output that another source has taken, and take note of this one's."""
    for path in outputs.values():
        other = taken.setdefault(path, source)
        if other != source:
            raise UserError(
                "output.collision",
                f"{other.path} and {source.path} would both become {path}; rename one",
            )


def list_sources(root: Path, given: Input, app: str) -> Iterator[Path]:
    """List a file, or those of a folder and of folders below that can be read; our own left out."""
    if not root.is_dir():
        yield root
        return
    known = {suffix for kind in given.types for suffix in kind.READS}  # type: ignore[attr-defined]
    ours = own_stems(app)
    for path in list_files(root, known):
        if not ours.search(path.stem):
            yield path


def own_stems(app: str) -> re.Pattern[str]:
    """Make a pattern of the names that our results have: old-colorize, old-colorize-explore-map-2.

    A batch that is run again doesn't take its own results as inputs.
    """
    verbs = registry.find_app(app).verbs()
    outputs = {
        o.name for v in verbs.values() for all_of in v.signature.outputs.values() for o in all_of
    }
    return re.compile(f"-({'|'.join(verbs)})(-({'|'.join(outputs)}))?(-[0-9]+)?$")


def is_folder(name: str) -> bool:
    """Tell whether a name is meant as a folder: it is one, ends in /, or has no ending so far."""
    path = Path(name)
    return path.is_dir() or name.endswith(("/", os.sep)) or not (path.suffix or path.exists())


def name_outputs(
    request: Request, verb: Verb, stem: str, source: Path | None, to: Path | None
) -> dict[str, str]:
    """Name the file of each output: as asked for by `-o`, else by the stem and the field's name.

    to: the folder that takes all of them, where `-o` named one
    """
    outputs = [o for o in outputs_of(verb, source) if o.role != "value"]
    wanted = [output for output in outputs if is_asked_for(output, verb, request.options)]
    asked = [] if to else [Path(name) for name in request.outputs]
    named: dict[str, str] = {}
    for path in asked:
        fitting = [o for o in wanted if path.suffix.lower() in o.suffixes and o.name not in named]
        if not fitting:
            raise explain_mismatch(path, verb, outputs, wanted)
        by_name = [output for output in fitting if path.stem.endswith(f"-{output.name}")]
        named[(by_name or fitting)[0].name] = str(path)
    if asked:
        stem = str(asked[0].with_suffix(""))
    for output in wanted:
        if output.name in named or ((output.printed or output.named_only) and not to):
            continue
        suffix = default_suffix(output, source)
        tail = "" if output.role == "primary" else f"-{output.name}"
        named[output.name] = f"{stem}{tail}{suffix}"
    return named


def explain_mismatch(
    path: Path, verb: Verb, outputs: Sequence[Output], wanted: Sequence[Output]
) -> UserError:
    """Say why a file named by `-o` is none of what a verb makes."""
    fitting = [output for output in outputs if path.suffix.lower() in output.suffixes]
    if any(output in wanted for output in fitting):
        made = ", ".join(f"{output.name} ({' '.join(output.suffixes)})" for output in wanted)
        words = f"{path} is one name too many: {verb.command} makes {made}"
        return UserError("option.conflict", f"{words}; leave out one -o", path=path)
    if fitting:
        words = f"{path} can't be written: its content is only made with --{fitting[0].name}"
        return UserError("output.ending", words, path=path)
    if possible := [suffix for output in wanted for suffix in output.suffixes]:
        return wrong_ending(path, possible)
    words = f"{path} can't be written: {verb.command} makes no file; leave out -o"
    return UserError("output.ending", words, path=path)


def default_suffix(output: Output, source: Path | None) -> str:
    """Choose the ending of a file: that of the source where it can be written."""
    own = source.suffix if source and output.role == "primary" else ""
    return own if own.lower() in output.suffixes else output.suffixes[0]
