"""A verb done for many files by many processes, on this machine or on a cluster.

    neuropil map colorize album -o new --workers 8

The plan is a stream: sources are found while others are worked on. What is done stands in the
manifest, by which a run that was stopped in any way goes on.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import Any

from neuropil import __version__, registry
from neuropil.checks import check_settings, is_divisible, takes_folder
from neuropil.contract import Verb
from neuropil.job import Job
from neuropil.kit import progress
from neuropil.kit.errors import UserError
from neuropil.planning import Request
from neuropil.surfaces.cluster.addresses import make_absolute, to_path
from neuropil.surfaces.cluster.engine import connect, run_tasks
from neuropil.surfaces.cluster.manifest import Line, Manifest
from neuropil.surfaces.cluster.sources import MapSource, find_sources, refuse_words
from neuropil.surfaces.cluster.work import Task, clear_desks, write_failure

SAID = 10.0  # seconds between two lines about how far it is


@dataclass(frozen=True)
class MapSummary:
    """What a run has come to.

    seconds: of the run, without the start of Ray
    """

    done: int
    failed: int
    skipped: int
    seconds: float
    manifest: str

    def __str__(self) -> str:
        """Say it in a sentence."""
        parts = [f"{self.done:,} done in {self.seconds:.0f} s"]
        parts += [f"{self.done / self.seconds:.3g} a second"] if self.done and self.seconds else []
        parts += [f"{self.skipped:,} were done before"] if self.skipped else []
        parts += [f"{self.failed:,} failed, see their error in the manifest"] if self.failed else []
        return ", ".join(parts)


def map_files(request: Request, workers: int | None, *, resume: bool) -> MapSummary:
    """Do a verb for all sources of a request, and keep the manifest; raises UserError.

    workers: how many processes; as many as there are cores where it is None
    """
    verb = registry.find_verb(request.verb)
    refuse_verb(verb)
    words = tuple(map(to_path, request.sources))
    refuse_words(verb, words)
    verb.signature.parse(request.options)
    check_settings(request.settings)
    if request.settings.networks:  # a mistake about them is said once
        registry.load_app(verb.app, request.settings.networks, request.settings.threads)
    out = choose_place(request.outputs)
    if read := [word for word in words if make_absolute(word) == out]:
        sentence = f"{read[0]} is read, and kept; name another folder by -o"
        raise UserError("output.same_as_input", sentence, path=out)
    if next(find_sources(verb, words, out), None) is None:
        sentence = f"{' '.join(words)} holds nothing that {verb.command} reads"
        raise UserError("input.empty", f"{sentence}; name other files or folders")
    manifest = Manifest(out, describe_run(request), resume=resume)
    try:
        with closing(manifest), connect(workers) as n:
            return MapRun(verb, request, words, out, manifest).work(n)
    except KeyboardInterrupt:
        if manifest.is_begun:
            progress.message(f"to go on, type the same with --resume; done is: {manifest.name}")
        raise
    finally:
        clear_desks(out)  # all workers are gone


def refuse_verb(verb: Verb) -> None:
    """Refuse a verb that is done once, or for a text or a folder."""
    inputs = verb.signature.inputs
    if not is_divisible(verb):
        takes = "a folder as a whole" if any(map(takes_folder, inputs)) else "no files"
        words = f"{verb.command} takes {takes}, so there is nothing to divide"
        raise UserError("name.unsupported", f"{words}; run neuropil {verb.command}", name="verb")


def choose_place(outputs: Sequence[str]) -> str:
    """Find the folder of results; raises UserError where it is none."""
    if len(outputs) != 1 or not outputs[0]:
        words = "name one folder or address for the results by -o, as in: -o new"
        raise UserError("option.missing", words, name="output")
    return make_absolute(outputs[0])


def describe_run(request: Request) -> dict[str, Any]:
    """Tell what a run does: it goes on as this, or not at all."""
    settings = {**asdict(request.settings), "networks": list(request.settings.networks)}
    about = {"verb": request.verb, "options": dict(request.options), "settings": settings}
    return {"neuropil": __version__, **about}


@dataclass(eq=False)
class MapRun:
    """A run at work."""

    verb: Verb
    request: Request
    words: tuple[str, ...]
    out: str
    manifest: Manifest
    done: int = 0
    failed: int = 0
    skipped: int = 0
    total: int | None = None  # once they have been counted

    def work(self, workers: int) -> MapSummary:
        """Do everything that is left."""
        started = said = monotonic()
        stopped = Event()
        Thread(target=self.count, args=(stopped,), daemon=True).start()
        try:
            for lines in run_tasks(self.plan(), workers, str(Path.cwd())):
                self.take(lines)
                progress.listener().at(self.verb.command, self.n_seen, self.total)
                if monotonic() - said > SAID:
                    said = monotonic()
                    progress.message(self.word_pace(said - started))
        finally:
            stopped.set()
        name = self.manifest.name
        return MapSummary(self.done, self.failed, self.skipped, monotonic() - started, name)

    @property
    def n_seen(self) -> int:
        """Count the sources of which it is known what became of them."""
        return self.done + self.failed + self.skipped

    def plan(self) -> Iterator[Task]:
        """Turn sources into tasks, but for those that are done."""
        for source in find_sources(self.verb, self.words, self.out):
            if self.manifest.has(source.names):
                self.skipped += 1
            elif source.error:
                self.take([write_failure(source.names, "input.damaged", source.error)])
            else:
                yield self.make_task(source)

    def make_task(self, source: MapSource) -> Task:
        """Make the task of a source."""
        given = self.request
        settings = replace(given.settings, threads=given.settings.threads or 1)  # a core each
        job = Job(self.verb.command, source.names, given.options, {}, settings)
        return Task(job, self.out, source.place)

    def take(self, lines: Sequence[Line]) -> None:
        """Write lines down, and count them."""
        if lines:
            self.manifest.add(lines)
        n_failed = sum(line["error"] is not None for line in lines)
        self.done, self.failed = self.done + len(lines) - n_failed, self.failed + n_failed

    def count(self, stopped: Event) -> None:
        """Count all sources, beside the work, which doesn't wait for it."""
        total = 0
        try:
            for _ in find_sources(self.verb, self.words, self.out):
                total += 1
                if stopped.is_set():
                    return
        except UserError:  # the work meets it too, and says it
            return
        self.total = total

    def word_pace(self, seconds: float) -> str:
        """Say how far it is, how fast, and how long it may take."""
        done = self.done + self.failed
        total = "" if self.total is None else f" of {self.total:,}"
        words = f"{self.n_seen:,}{total}, {self.failed:,} failed, {done / seconds:.3g} a second"
        if self.total is None or not done:
            return words
        left = (self.total - self.n_seen) * seconds / done
        return f"{words}, {word_time(left)} left"


def word_time(seconds: float) -> str:
    """Say a time as people do: 40 s, 5 min, 3.2 h."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
